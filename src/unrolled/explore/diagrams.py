"""Marks of things: a small network, a text. See :mod:`.marks`."""
from dataclasses import dataclass

import numpy as np

from . import pictures
from .marks import TEXTS, Mark, span


@dataclass
class Network(Mark):
    """A small network: edges as wide as their weights, units shaded by their activations.

    Parameters
    ----------
    weights : field or list of fields of shape (n, m), one between each layer of n units and the next of m.
        Negative weights are dashed and have the other colour.
    units : list of fields of shape (n,), one per layer, with the units' values, which are printed in them;
        None for a layer without.
    labels : a list of texts for each layer, beside the units.
    layers : a text above each layer.
    at : field with the index of the layer to highlight, or NaN for none.
    wlim : the weight of the widest edge; by default the largest at all settings.
    zlim : the values of the palest and the strongest shade; two signs as in :class:`Matrix`.
    digits : decimals of the values.
    """

    weights: str | list
    units: tuple = ()
    labels: tuple = ()
    layers: tuple = ()
    at: str | None = None
    wlim: float | None = None
    zlim: tuple | None = None
    digits: int = 2
    reads, lists = ("at",), ("weights", "units")
    exact = True
    fits = {"labels": (lambda v: isinstance(v, list | tuple) and all(map(TEXTS[0], v)), " as a list of texts for each layer")}

    def check(self, at):
        for name in self.weights:
            wanted = "a row for each unit of a layer, a column for each of the next"
            self._expect(at[name].ndim == 2, name, wanted, at)
        for name, after in zip(self.weights, self.weights[1:], strict=False):
            n = at[name].shape[1]
            self._expect(at[after].shape[0] == n, after, f"a row for each of the {n} columns of {name!r}", at)
        sizes = self._sizes(at)
        if not self.weights or max(sizes) > 12 or len(sizes) > 6:
            raise ValueError(f"Network draws two to six layers of up to 12 units; got {sizes}.")
        for name, n in zip(self.units, sizes, strict=False):
            if name:
                wanted = f"one number for each of the {n} units of its layer"
                self._expect(at[name].shape == (n,), name, wanted, at)
        for what in ("units", "labels", "layers"):
            if len(getattr(self, what)) not in (0, len(sizes)):
                raise ValueError(f"Network needs {what} for each of its {len(sizes)} layers, or none; "
                                 f"got {len(getattr(self, what))}.")
        if wrong := [n for n, texts in zip(sizes, self.labels, strict=False) if len(texts) not in (0, n)]:
            raise ValueError(f"Network needs a label for each of the {wrong[0]} units of a layer, or none.")

    def _sizes(self, at):
        return [len(at[name]) for name in self.weights] + [at[name].shape[1] for name in self.weights[-1:]]

    def packing(self, name, many):
        return {} if name == self.at else dict(digits=self.digits)

    def spec(self, at, many):
        wlim, zlim, names = self.wlim, self.zlim, [n for n in self.units if n]
        if many:
            every = np.concatenate([many[n].ravel() for n in self.weights])
            wlim = wlim or float(f"{np.abs(every[np.isfinite(every)]).max(initial=1e-12):.4g}")
            if names and not zlim:
                zlim = span(None, {"": np.concatenate([many[n].ravel() for n in names])}, "")
        sizes = self._sizes(at)
        high = 3.2 * max(sizes) + (1.5 if self.layers else 0) + 0.5
        return self._spec(f"clamp(9rem, {high:.3g}rem, 24rem)", sizes=sizes, digits=self.digits, wlim=wlim,
                          zlim=zlim and [float(v) for v in zlim], layers=[str(t) for t in self.layers],
                          labels=[[str(t) for t in some] for some in self.labels])

    picture = pictures.network


@dataclass
class Text(Mark):
    """Words, shaded by numbers: attention over a sentence, memory over a story.

    Parameters
    ----------
    words : list of texts, words or whole sentences; one that ends in a newline ends the line. Or several such
        lists, of which ``which`` chooses.
    z : field of shape (N,), a number for each word (for the longest list, if there are several); NaN is none.
    at : field with the index of the word to frame, or NaN for none.
    which : field with the index of the list.
    zlim : the values of the palest and the strongest shade.
    digits : decimals of the numbers printed after the words; None prints none.
    """

    words: tuple
    z: str | None = None
    at: str | None = None
    which: str | None = None
    zlim: tuple | None = None
    digits: int | None = None
    reads = ("z", "at", "which")

    @property
    def blanks(self):
        return [n for n in (self.z, self.at) if n]

    def _texts(self):
        if not isinstance(self.words, list | tuple | np.ndarray):
            raise ValueError(f'Text needs a list of words, ["to", "be"], or several such lists; got {self.words!r}.')
        words = list(self.words)
        flat = not all(isinstance(w, list | tuple | np.ndarray) for w in words)
        return [words] if words and flat else [list(w) for w in words]

    def check(self, at):
        texts = self._texts()
        if not texts or not all(texts) or not all(isinstance(w, str) for words in texts for w in words):
            raise ValueError('Text needs a list of words, ["to", "be"], or several such lists.')
        if (len(texts) > 1) != bool(self.which):
            raise ValueError("Text needs which, the field that chooses, for several lists of words, "
                             f"and only then; got {len(texts)} and which={self.which!r}.")
        if self.which:
            k = at[self.which].min()
            self._expect(0 <= k < len(texts), self.which, f"the index of one of the {len(texts)} lists, not {k:g}", at)
        longest = max(map(len, texts))
        if self.z:
            wanted = f"one number for each of the {longest} words"
            self._expect(at[self.z].shape == (longest,), self.z, wanted, at)

    def packing(self, name, many):
        if name != self.z:
            return {}
        if self.digits is not None:
            return dict(digits=self.digits)
        return dict(levels=255, between=span(self.zlim, many, name))

    def spec(self, at, many):
        texts = self._texts()
        more = 0 if self.digits is None else self.digits + 2
        high = {w: 2 * max(_lines(t, w, more) for t in texts) + 0.5 for w in (16, 19, 23, 28, 36, 46)}
        steps = [f"min({high[w]:g}rem, ({after}rem - 100cqw) * 999)"       # for a box narrower than `after`
                 for w, after in zip(high, [*high][1:], strict=False)]
        return self._spec(f"max({high[46]:g}rem, {', '.join(steps)})", texts=texts, digits=self.digits,
                          zlim=span(self.zlim, many, self.z) if self.z else None)

    picture = pictures.text


def _lines(words, width, more):
    """How many lines the words take in ``width`` rem, a little on the safe side."""
    lines, used = 1, 0
    for k, word in enumerate(words):
        size = 0.56 * (len(word.strip()) + more) + 0.6
        if used and used + size > width:
            lines, used = lines + 1, 0
        lines += int(size // width)
        used += size
        if word.endswith("\n") and k + 1 < len(words):
            lines, used = lines + 1, 0
    return lines
