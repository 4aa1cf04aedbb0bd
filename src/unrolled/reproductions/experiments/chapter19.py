"""Experiments of chapter 19, attention."""

import re

import numpy as np

from ... import callbacks, datasets, optimizers, utils
from ...activations import softmax
from ...layers.attention import masked_softmax
from ...seq2seq import Seq2Seq
from ...text import Vocabulary
from . import experiment
from .chapter18 import EPOCHS, SYMBOLS, Answers, questions, rows

LETTERS = Vocabulary("abcdefgh ", padding=None)


# Words of growing length, with attention and without

def letters(texts):
    """Return words as one-hot rows; of questions, blanks are rows of zeros, so that they are not read."""
    answers = np.eye(len(LETTERS), dtype=np.float32)[LETTERS.encode(texts)]
    asked = answers.copy()
    asked[..., -1] = 0
    return asked, answers


SHORTEST, LONGEST = 3, 20
SHOWN = 4                                                        # words of each length whose answers are kept


@experiment("S0-6.3.1-words", seeds=3)
def words(seed, quick):
    """Let a network of 64 units write words backwards, or copy them, without attention and with two kinds of it.

    Returns
    -------
    dict
        "reverse, plain": the share of words of 3, 4, ..., 20 letters, not trained on, that are right to the last one
        (``, letters``: the share of letters). "reverse, plain, all" is that of all of these words.
    """
    forward, backward = datasets.reversals(1200 if quick else 12_000, length=LONGEST, seed=seed)
    (q, a), (vq, va) = datasets.split(forward, backward, share=1 / 6, order="random", seed=seed)
    size = np.array([len(w.strip()) for w in vq])
    shown = [i for n in range(SHORTEST, LONGEST + 1) for i in np.flatnonzero(size == n)[:SHOWN]]
    found = {"words": ["|".join(vq[shown])]}
    for task in ("reverse", "copy"):
        answers, right = (a, va) if task == "reverse" else (q, vq)
        for attention in (None, "dot", "additive"):
            utils.set_random_seed(seed)
            model = Seq2Seq(64, len(LETTERS), attention=attention)
            model.compile(optimizers.Adam(0.003), "categorical_crossentropy")
            x, t, xv = letters(q)[0], letters(answers)[1], letters(vq)[0]
            model.fit([x, t], t, batch_size=100, epochs=1 if quick else 25, verbose=0)
            said = np.array(LETTERS.decode(model.greedy(xv, LONGEST)))
            same = np.array([[c == d for c, d in zip(s, r, strict=True)] for s, r in zip(said, right, strict=True)])
            name = f"{task}, {attention or 'plain'}"
            found[f"{name}, all"] = float(np.mean(said == right))
            found[name] = [np.mean(same[size == n].all(axis=1)) for n in range(SHORTEST, LONGEST + 1)]
            found[f"{name}, letters"] = [np.mean(same[size == n][:, :n]) for n in range(SHORTEST, LONGEST + 1)]
            if task == "reverse":
                found[f"{name}, said"] = "|".join(said[shown])
            print(f"  {name}: {found[f'{name}, all']:.3f}, of {LONGEST} letters {found[name][-1]:.3f}", flush=True)
    return found


# Additions

LOOKED = (1, 5, 10, 15, 20, 30, 50, 100, 150, 200)


class Looks(Answers):
    """Keep the weights for some questions, too: where the model looks while it writes its own answers."""

    def __init__(self, train, val, stops, watched):
        super().__init__(train, val, stops)
        self.watched, self.alpha, self.said, self.when = watched, [], [], []

    def on_epoch_end(self, epoch, logs=None):
        super().on_epoch_end(epoch, logs)
        if epoch + 1 in LOOKED and epoch + 1 <= self.stops[-1]:
            own = self.model.greedy(self.watched, 4)
            alpha = self.model.attention_weights(self.watched, self.model.rows(own))
            self.when.append(epoch + 1)
            self.said.append(SYMBOLS.decode(own))
            self.alpha.append(np.round(alpha.astype(float), 3))


def additions(attention, seed, quick, reverse=(False, False), epochs=EPOCHS):
    """Let chapter 18's model learn to add, in the same way, but with attention; return the same, and where it looks.

    Returns
    -------
    dict
        As ``chapter18.additions``; and for four questions (``asked``), what is answered and the weights (4, 4, 7) after the
        epochs ``when``; and what `probed` finds in the end.
    """
    (q, a), (vq, va) = questions(seed, reverse, 2000 if quick else 20_000)
    x, t, xv, tv = rows(q), rows(a), rows(vq), rows(va)
    full = np.flatnonzero([len(w.strip()) == 7 for w in vq])              # three digits and three digits
    utils.set_random_seed(seed)
    model = Seq2Seq(128, len(SYMBOLS), attention=attention, start=False)
    epochs = 2 if quick else epochs
    stops = [e for e in (1, 2, 3, *range(5, 60, 5), *range(60, epochs, 10)) if e < epochs] + [epochs]
    short = np.flatnonzero([len(w.strip()) == 5 for w in vq])[:1]
    looks = Looks((x[:2000], a[:2000]), (xv, va), stops, xv[[*full[:3], *short]])
    model.compile(optimizers.Adam(0.001), "categorical_crossentropy", metrics=["accuracy"])
    logs = model.fit([x, t], t, batch_size=200, epochs=epochs, verbose=0, callbacks=[looks],
                     validation_data=([xv, tv], tv)).history
    found = looks.found
    for name in ("loss", "val_loss", "val_accuracy"):
        found[name] = [float(f"{v:.4g}") for v in logs[name]]
    found |= {"asked": [*vq[[*full[:3], *short]]], "when": looks.when, "said": looks.said, "alpha": looks.alpha}
    return found | probed(model, xv, tv, full)


def probed(model, x, t, full):
    """Measure what the weights say: change them, and change what they point to.

    Returns
    -------
    dict
        Shares of symbols, the right ones being read. ``right``: with the model's own weights, with equal weights, with those of
        another question, and with no c at all. ``changed by hiding``: of symbols that are others once the place with the
        largest weight is left out, that with the second largest, and so on. Of questions of 3 + 3 digits: ``alpha, 3+3``
        (4, 7), the mean weights, and ``changed by another digit`` (4, 7): shares of symbols t that change with digit τ.
    """
    y = model.predict([x, t], batch_size=500, verbose=0).argmax(-1)       # (N, 4)
    model([x, t])
    scores, values = model.attend.scores, model.attend.value              # (N, 4, 7), (N, 7, H)
    h = model.combine.x[..., :model.units]                                # (N, 4, H)
    alpha = softmax(scores)

    def read(weights):
        c = weights @ values
        return model.head.forward(model.combine.forward(np.concatenate([h, c], axis=-1))).argmax(-1)

    right = t.argmax(-1)
    ways = {"own": alpha, "equal": np.full_like(alpha, 1 / x.shape[1]), "another's": np.roll(alpha, 1, axis=0),
            "none": np.zeros_like(alpha)}
    found = {"right": {name: float(np.mean(read(w) == right)) for name, w in ways.items()}}
    order = np.argsort(-alpha, axis=-1, kind="stable")                    # (N, 4, 7)
    hiding = []
    for rank in range(x.shape[1]):
        hidden = scores.copy()
        np.put_along_axis(hidden, order[..., rank:rank + 1], -1e9, axis=-1)
        hiding.append(float(np.mean(read(softmax(hidden)) != y)))
    found |= {"changed by hiding": hiding, "largest": float(alpha.max(-1).mean()),
              "alpha, 3+3": alpha[full].mean(axis=0).round(4).astype(float)}
    changed = np.full((t.shape[1], x.shape[1]), np.nan)
    xf, tf, yf = x[full], t[full], y[full]
    for place in (0, 1, 2, 4, 5, 6):
        other = xf.copy()
        digit = xf[:, place].argmax(-1)
        first = 1 if place in (0, 4) else 0                               # a number does not begin with 0
        other[:, place] = model.rows(first + (digit - first + 1) % (10 - first))
        changed[:, place] = np.mean(model.predict([other, tf], batch_size=500, verbose=0).argmax(-1) != yf, axis=0)
    return found | {"changed by another digit": np.where(np.isnan(changed), -1, changed).round(4)}


@experiment("S0-6.3.1-run", seeds=3)
def additive(seed, quick):
    return additions("additive", seed, quick)


@experiment("S0-6.3.1-dot", seeds=3)
def dot(seed, quick):
    return additions("dot", seed, quick, epochs=100)


@experiment("S0-6.3.1-reversed", seeds=3)
def ones_first(seed, quick):
    return additions("additive", seed, quick, reverse=(True, True), epochs=50)


# Dates

DATES = Vocabulary.of([*datasets.dates(2000)[0], "0123456789-"], padding=None)


@experiment("S0-6.3.1-dates", seeds=3)
def dates(seed, quick):
    """Let a network of 64 units write dates in the form of ISO 8601.

    Returns
    -------
    dict
        ``exact``: shares of 1000 new dates that are right, after each epoch; and for one question of each form (``asked``) the
        answer (``said``) and the weights (6, 10, 28) in the end. ``hidden``: of dates like "5 march 2024", the right ones being
        read, shares whose year, whose month and whose day are right once attention cannot see one of the three words.
    """
    asked, answers = datasets.dates(1500 if quick else 11_000, seed=seed)
    (q, a), (vq, va) = datasets.split(asked, answers, share=1 / 11, order="random", seed=seed)

    def coded(texts):
        x = np.eye(len(DATES), dtype=np.float32)[DATES.encode(texts)]
        if len(texts[0]) == 28:                                           # a question: its end is not read
            for row, text in zip(x, texts, strict=True):
                row[len(text.rstrip()):] = 0
        return x

    x, t, xv = coded(q), coded(a), coded(vq)
    utils.set_random_seed(seed)
    model = Seq2Seq(64, len(DATES), attention="additive")
    found = {"exact": []}

    class Report(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            said = np.array(DATES.decode(self.model.greedy(xv, 10)))
            found["exact"].append(float(np.mean(said == va)))
            print(f"  epoch {epoch + 1}: {found['exact'][-1]:.3f}", flush=True)

    model.compile(optimizers.Adam(0.003), "categorical_crossentropy")
    model.fit([x, t], t, batch_size=100, epochs=1 if quick else 15, verbose=0, callbacks=[Report()])
    found["last"] = found["exact"][-1]
    forms = [next(i for i, w in enumerate(vq) if re.match(form, w)) for form in (
        r"\d+ \w{4,} ", r"[a-z]+ \d+,", r"[a-z]+, ", r"\d+ (?!may)\w{3} ", r"\d+\.", r"[a-z]+ \d+/")]
    own = model.greedy(xv[forms], 10)
    alpha = model.attention_weights(xv[forms], model.rows(own))
    found |= {"asked": [*vq[forms]], "said": DATES.decode(own), "alpha": alpha.astype(float).round(3)}
    said = DATES.decode(model.greedy(xv, 10))
    found["wrong"] = [f"{w.strip()}|{s}" for w, s, r in zip(vq, said, va, strict=True) if s != r][:8]

    # Hide a word of "5 march 2024" from attention, everywhere: how much of year, month and day is still right?
    parts = [(w, re.match(r"(\d+) ([a-z]+) (\d+)", w)) for w in vq]
    these = [i for i, (_, m) in enumerate(parts) if m]
    xw, tw = xv[these], coded(va)[these]
    model([xw, tw])
    scores, values, read = model.attend.scores, model.attend.value, xw.any(axis=-1)
    h = model.combine.x[..., :model.units]
    found["hidden"] = {}
    for name, group in (("nothing", None), ("day", 1), ("month", 2), ("year", 3)):
        seen = read.copy()
        for row, i in zip(seen, these, strict=True):
            if group:
                row[slice(*parts[i][1].span(group))] = False
        c = masked_softmax(scores, seen[:, None]) @ values
        said = model.head.forward(model.combine.forward(np.concatenate([h, c], axis=-1))).argmax(-1)
        right = said == tw.argmax(-1)
        found["hidden"][name] = [float(np.mean(right[:, where].all(axis=1))) for where in ([0, 1, 2, 3], [5, 6], [8, 9])]
    return found
