"""What an explorable draws. A mark names the fields it reads, describes itself to the page, and draws a plain picture.

Where a mark reads a field, it takes the field's name in the function's result, or an array that never changes.
Text may hold symbols between dollar signs: ``"weight $w_1$"``.
"""
from dataclasses import dataclass, field, replace

import numpy as np

from . import grid, pictures


def _several(value):
    return [value] if isinstance(value, str) or isinstance(value, np.ndarray) else list(value or ())


def _spoken(name):
    return name.replace("_", " ")


@dataclass
class Mark:
    """One panel of an explorable; ``title`` stands above it."""

    title: str = field(default="", kw_only=True)
    reads, lists = (), ()                   # parameters that hold one field, or a list of them
    exact = False                           # a field that several marks draw is packed as an exact one wants it

    def bound(self, k):
        """A copy in which arrays have names, and these arrays: ``(mark, {name: array})``."""
        constants = {}

        def name(value, slot):
            if value is None or isinstance(value, str):
                return value
            constants[f"{type(self).__name__}{k}.{slot}"] = np.array(value, dtype=np.float64)
            return f"{type(self).__name__}{k}.{slot}"

        changes = {slot: name(getattr(self, slot), slot) for slot in self.reads}
        changes |= {s: [name(v, f"{s}{i}") for i, v in enumerate(_several(getattr(self, s)))] for s in self.lists}
        return replace(self, **changes), constants

    @property
    def fields(self):
        return [n for n in [*(getattr(self, s) for s in self.reads), *(n for s in self.lists for n in getattr(self, s))] if n]

    sequences = property(lambda self: [])                           # curves: a point that diverged ends them
    blanks = property(lambda self: [n for n in [getattr(self, "at", None)] if n])     # where NaN means "none"

    def check(self, at):
        """Raise a sentence if the fields' shapes do not fit the mark."""

    def packing(self, name, many):
        """Keyword arguments for :func:`grid.pack`."""
        return {}

    def _expect(self, good, name, wanted, at):
        if not good:
            raise ValueError(f"{type(self).__name__} needs {name!r} as {wanted}; it has shape {at[name].shape}.")

    def _spec(self, height, **more):
        slots = {s: getattr(self, s) for s in (*self.reads, *self.lists)}
        return dict(mark=type(self).__name__.lower(), title=self.title, height=height, **slots, **more)


def _span(given, many, *names):
    """The range of colours or of an axis: as given, or of all settings; None (the page follows the data) without a grid."""
    if given is not None or many is None:
        return None if given is None else [float(v) for v in given]
    return list(grid.extent(np.concatenate([many[n].ravel() for n in names])))


@dataclass
class Lines(Mark):
    """Curves over a common ``x``.

    Parameters
    ----------
    x : field of shape (N,), increasing.
    y : field or list of up to four fields of shape (N,). NaN means diverged: nothing is drawn from there on.
    labels : a text for each curve, at its end; the fields' names by default.
    log, xlog : logarithmic axes.
    ylim : (lo, hi), beyond which curves are cut; by default what all settings need. A given one keeps the axis still with a
        kernel, too.
    rules : {text: y}, horizontal reference lines.
    at : field with the x at which a vertical line stands (the step of a player), or NaN for none.
    xlabel, ylabel : texts with units; the fields' names by default.
    """

    x: str
    y: str | list
    labels: tuple = ()
    log: bool = False
    xlog: bool = False
    ylim: tuple | None = None
    rules: dict = field(default_factory=dict)
    at: str | None = None
    xlabel: str = ""
    ylabel: str = ""
    reads, lists = ("x", "at"), ("y",)
    sequences = property(lambda self: list(self.y))

    def check(self, at):
        self._expect(at[self.x].ndim == 1, self.x, "a list of numbers", at)
        for name in self.y:
            self._expect(at[name].shape == at[self.x].shape, name, f"one number for each of the {at[self.x].size} in {self.x!r}", at)
        if not 1 <= len(self.y) <= 4 or len(self.labels) not in (0, len(self.y)):
            raise ValueError(f"Lines draws one to four curves with a label each; got {len(self.y)} and {len(self.labels)} labels.")

    def _limits(self, many):
        """From the smallest value to ten times the largest first one: curves that explode leave the figure."""
        if self.ylim:
            return [float(v) for v in self.ylim]
        lo, hi = grid.extent(np.concatenate([*(many[n].ravel() for n in self.y), list(self.rules.values())]), self.log)
        first = np.concatenate([many[n][:, 0] for n in self.y] + [list(self.rules.values())])
        return list(grid.widened(lo, min(hi, 10 * max(np.abs(first[np.isfinite(first)]), default=hi))))

    def packing(self, name, many):
        return dict(limits=self._limits(many), log=self.log, levels=grid.LEVELS) if name in self.y else {}

    def spec(self, at, many):
        labels = list(self.labels) or [_spoken(n) for n in self.y]
        return self._spec("clamp(13rem, 62cqw, 19rem)", labels=labels, log=self.log, xlog=self.xlog, rules=list(self.rules.items()),
                          ylim=self._limits(many) if many or self.ylim else None, xlabel=self.xlabel or _spoken(self.x),
                          ylabel=self.ylabel or (_spoken(self.y[0]) if len(self.y) == 1 else ""))

    picture = pictures.lines


@dataclass
class Bars(Mark):
    """A bar for each number, the value above it.

    Parameters
    ----------
    y : field of shape (N,).
    labels : a text under each bar.
    ylim : (lo, hi) of the axis; 0 belongs to it.
    at : field with the index of the bar to highlight, or NaN for none.
    digits : decimals of the values.
    """

    y: str
    labels: tuple
    ylim: tuple | None = None
    at: str | None = None
    digits: int = 2
    xlabel: str = ""
    ylabel: str = ""
    reads = ("y", "at")

    def check(self, at):
        self._expect(at[self.y].shape == (len(self.labels),), self.y, f"one number for each of the {len(self.labels)} labels", at)

    def packing(self, name, many):
        return dict(digits=self.digits) if name == self.y else {}

    def spec(self, at, many):
        span = _span(self.ylim, many, self.y)
        return self._spec("clamp(12rem, 50cqw, 16rem)", labels=[str(t) for t in self.labels], digits=self.digits,
                          ylim=span and [min(span[0], 0), max(span[1], 0)], xlabel=self.xlabel, ylabel=self.ylabel)

    picture = pictures.bars


def _points(mark, at):
    if mark.points:
        if len(mark.points) != 2:
            raise ValueError(f"{type(mark).__name__} takes points=(xy, classes); got {len(mark.points)} parts.")
        xy, classes = mark.points
        mark._expect(at[xy].ndim == 2 and at[xy].shape[1] == 2, xy, "one (x, y) per point", at)
        mark._expect(at[classes].shape == at[xy].shape[:1], classes, f"one class for each of the {len(at[xy])} points", at)


@dataclass
class Surface(Mark):
    """A function over a rectangle, shaded, with the line where it equals ``level``, and data points over it.

    Parameters
    ----------
    z : field of shape (rows, columns), the first row at the bottom.
    xlim, ylim : the rectangle.
    points : (xy, classes), fields or arrays of shape (N, 2) and (N,); classes are 0, 1, 2, 3.
    classes : a name for each class, shown as a key.
    level : where the boundary runs, or None.
    zlim : the values of the palest and the strongest shade; by default what all settings need.
    """

    z: str
    xlim: tuple
    ylim: tuple
    points: tuple = ()
    classes: tuple = ()
    level: float | None = 0.5
    zlim: tuple | None = None
    xlabel: str = "$x_1$"
    ylabel: str = "$x_2$"
    reads, lists = ("z",), ("points",)

    def check(self, at):
        self._expect(at[self.z].ndim == 2 and min(at[self.z].shape) > 1, self.z, "rows of numbers over the rectangle", at)
        _points(self, at)

    def packing(self, name, many):
        return dict(limits=_span(self.zlim, many, self.z), levels=1023) if name == self.z else {}

    def spec(self, at, many):
        return self._spec("min(100cqw, 24rem)", shape=list(at[self.z].shape), xlim=list(self.xlim), ylim=list(self.ylim),
                          zlim=_span(self.zlim, many, self.z), level=self.level, classes=list(self.classes),
                          xlabel=self.xlabel, ylabel=self.ylabel)

    picture = pictures.surface


@dataclass
class Plane(Mark):
    """Points with classes in the plane, and the line w1 x1 + w2 x2 + b = 0 with its firing side (>= 0) shaded.

    Parameters
    ----------
    points : (xy, classes), fields or arrays of shape (N, 2) and (N,); classes are 0, 1, 2, 3.
    line : field of shape (3,) holding (w1, w2, b), or of shape (K, 3) for several lines; without any weight there is no line.
    xlim, ylim : the rectangle.
    at : field with the index of the point to highlight, or NaN for none.
    wrong : field of shape (N,), not 0 where a point is misclassified.
    classes : a name for each class, shown as a key.
    """

    points: tuple
    line: str | None
    xlim: tuple
    ylim: tuple
    at: str | None = None
    wrong: str | None = None
    classes: tuple = ()
    xlabel: str = "$x_1$"
    ylabel: str = "$x_2$"
    reads, lists = ("line", "at", "wrong"), ("points",)

    def check(self, at):
        _points(self, at)
        if self.line:
            self._expect(at[self.line].shape[-1:] == (3,) and at[self.line].ndim <= 2, self.line, "(w1, w2, b), or rows of them", at)
        if self.wrong:
            n = len(at[self.points[1]])
            self._expect(at[self.wrong].shape == (n,), self.wrong, f"one number for each of the {n} points", at)

    def packing(self, name, many):
        if name != self.line:
            return {}
        most = float(f"{np.abs(many[name][np.isfinite(many[name])]).max(initial=1e-12):.6g}")
        return dict(limits=(-most, most))

    def spec(self, at, many):
        return self._spec("min(100cqw, 24rem)", xlim=list(self.xlim), ylim=list(self.ylim), classes=list(self.classes),
                          xlabel=self.xlabel, ylabel=self.ylabel)

    picture = pictures.plane


@dataclass
class Matrix(Mark):
    """Numbers in labelled rows and columns as a heat-map: attention weights, confusion counts.

    Parameters
    ----------
    z : field of shape (R, C).
    rows, cols : texts.
    zlim : the values of the palest and the strongest shade. Where they have two signs, 0 is pale and negative numbers have the
        other colour.
    digits : decimals of the values.
    rowlabel, collabel : what the rows and the columns are.
    """

    z: str
    rows: tuple
    cols: tuple
    zlim: tuple | None = None
    digits: int = 2
    rowlabel: str = ""
    collabel: str = ""
    reads = ("z",)

    def check(self, at):
        shape = len(self.rows), len(self.cols)
        self._expect(at[self.z].shape == shape, self.z, f"{shape[0]} rows and {shape[1]} columns, as it has labels", at)

    def packing(self, name, many):
        return dict(digits=self.digits)

    def spec(self, at, many):
        rows, cols = [str(t) for t in self.rows], [str(t) for t in self.cols]
        wide = max(map(len, cols))
        turned = wide > 3 and wide * len(cols) > 36
        left, head = 0.75 + 0.5 * max(map(len, [*rows, self.rowlabel])), 0.4 + 0.5 * wide if turned else 1.5
        cell = max(2.9, 0.4 + (0 if turned else 0.55 * wide))
        box = dict(left=f"min({left:.2f}rem, 40cqw)", head=f"{head:.2f}rem", width=f"{left + cell * len(cols):.2f}rem",
                   cell=f"clamp(1.4rem, (min(100cqw, {left + cell * len(cols):.2f}rem) - {left:.2f}rem) / {len(cols)}, 2.2rem)")
        height = f"calc({box['head']} + {1.4 if self.collabel else 0}rem + {len(rows)} * {box['cell']})"
        return self._spec(height, rows=rows, cols=cols, turned=turned, box=box, zlim=_span(self.zlim, many, self.z),
                          digits=self.digits, rowlabel=self.rowlabel, collabel=self.collabel)

    picture = pictures.matrix


@dataclass
class Table(Mark):
    """Rows of numbers under column headings, one of them highlighted.

    Parameters
    ----------
    z : field of shape (R, C); NaN is an empty cell.
    columns : a heading per column.
    rows : a heading per row, or none.
    at : field with the index of the highlighted row, or NaN for none.
    reveal : rows after the highlighted one are empty: a run that a player follows.
    digits : decimals, one number or one per column.
    """

    z: str
    columns: tuple
    rows: tuple = ()
    at: str | None = None
    reveal: bool = False
    digits: int | tuple = 0
    reads = ("z", "at")
    exact = True
    blanks = property(lambda self: [n for n in (self.z, self.at) if n])

    def check(self, at):
        shape = at[self.z].shape
        self._expect(len(shape) == 2 and shape[1] == len(self.columns), self.z, f"rows of {len(self.columns)} numbers, as it has headings", at)
        self._expect(len(self.rows) in (0, shape[0]), self.z, f"{len(self.rows)} rows, as it has row headings", at)

    def _digits(self):
        return [self.digits] * len(self.columns) if isinstance(self.digits, int) else list(self.digits)

    def packing(self, name, many):
        return dict(digits=max(self._digits())) if name == self.z else {}

    def spec(self, at, many):
        return self._spec(f"min(21rem, {len(at[self.z])} * 1.65rem + 3.1rem)", columns=list(self.columns), rows=[str(r) for r in self.rows],
                          reveal=self.reveal, digits=self._digits())

    picture = pictures.table


@dataclass
class Images(Mark):
    """Small grey images in a grid, each with a caption, wrong ones marked.

    Parameters
    ----------
    z : field of shape (N, height, width).
    label : field of shape (N,), what the network says; the caption.
    truth : field of shape (N,); where the label differs from it, the caption says so.
    names : texts for the labels 0, 1, ...; the numbers themselves by default.
    zlim : the values of paper and of ink.
    columns : images in a row.
    """

    z: str
    label: str | None = None
    truth: str | None = None
    names: tuple = ()
    zlim: tuple | None = None
    columns: int = 8
    reads = ("z", "label", "truth")

    def check(self, at):
        self._expect(at[self.z].ndim == 3, self.z, "images of shape (N, height, width)", at)
        for name in filter(None, (self.label, self.truth)):
            n = len(at[self.z])
            self._expect(at[name].shape == (n,), name, f"one number for each of the {n} images", at)

    def packing(self, name, many):
        return dict(limits=_span(self.zlim, many, self.z), levels=255) if name == self.z else {}

    def spec(self, at, many):
        n, high, wide = at[self.z].shape
        rows = -(-n // self.columns)
        cell = f"min(100cqw, {self.columns * 4.25}rem) / {self.columns} * {high / wide:.4g}"
        return self._spec(f"calc({rows} * ({cell} + {1.5 if self.label else 0}rem))", shape=[n, high, wide], names=list(self.names),
                          zlim=_span(self.zlim, many, self.z), columns=self.columns)

    picture = pictures.images
