"""What an explorable draws: a mark names its fields, describes itself to the page, draws a plain picture.

Where a mark reads a field, it takes the field's name in the function's result, or an array that never
changes. Text may hold symbols between dollar signs: ``"weight $w_1$"``.
"""
import sys
from collections.abc import Collection
from dataclasses import MISSING, dataclass, field, fields, replace
from numbers import Real

import numpy as np

from ..batches import array
from . import grid, pictures

SQUARE = "min(100cqw, 24rem)"               # heights are CSS lengths; 100cqw is the panel's width


def _several(value, slot):
    if not isinstance(value, str | np.ndarray | list | tuple | None):
        raise ValueError(f"{slot} must be the name of a field, an array, or a list of these; got {value!r}.")
    one = isinstance(value, str) and value or isinstance(value, np.ndarray) and value.size
    return [value] if one else list(() if value is None else value)


def _spoken(name):
    return name.replace("_", " ")


def _number(value):
    return isinstance(value, Real) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _limits(value):
    return isinstance(value, list | tuple | np.ndarray) and len(value) == 2 and all(map(_number, value)) and value[0] < value[1]


def _texts(value):
    return isinstance(value, Collection) and getattr(value, "ndim", 1) == 1 and all(isinstance(v, str | Real) for v in value)


def _whole(value, most=15):
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and 0 <= value <= most


TEXT, TEXTS = (lambda v: isinstance(v, str), " as a text"), (_texts, " as a list of texts")
FITS = {                                    # parameters by name: what they may be
    **dict.fromkeys(("title", "xlabel", "ylabel", "rowlabel", "collabel"), TEXT),
    **dict.fromkeys(("labels", "layers", "classes", "rows", "cols", "columns", "names"), TEXTS),
    **dict.fromkeys(("xlim", "ylim", "zlim"), (_limits, "=(lo, hi) with lo < hi")),
    **dict.fromkeys(("longest", "wlim", "symlog"), (_number, " as a finite number")),
    "level": (lambda v: v is None or _number(v), " as a finite number or None"),
    **dict.fromkeys(("log", "xlog", "reveal"), (lambda v: isinstance(v, bool | np.bool_), " as True or False")),
    "digits": (_whole, " as a whole number from 0 to 15"),
    "rules": (lambda v: isinstance(v, dict) and _texts(v) and all(map(_number, v.values())), " as {text: number}"),
    "drag": (lambda v: isinstance(v, list | tuple) and all(isinstance(n, str) for n in v), " as the names of two controls")}


@dataclass
class Mark:
    """One panel of an explorable; ``title`` stands above it."""

    title: str = field(default="", kw_only=True)
    reads, lists = (), ()               # parameters that hold one field, or a list of them
    nothing = ("lo", "hi", "units")     # of the lists, those in which None stands for no field
    exact = False                       # whether its numbers are read, not only seen
    fits = {}                           # where a class differs from FITS

    def __post_init__(self):
        for f in fields(self):
            value, (fit, words) = getattr(self, f.name), (FITS | self.fits).get(f.name, (None, ""))
            if fit and not fit(value) and (value is not None or f.default is not None):
                raise ValueError(f"{type(self).__name__} needs {f.name}{words}; got {value!r}.")
            needed = f.name in self.reads and f.default is MISSING and f.type is str
            if needed and value is None or f.name in self.reads and isinstance(value, str) and not value:
                raise ValueError(f"{type(self).__name__} needs {f.name}, the name of a field or an array; got {value!r}.")
        for slot in self.lists:
            value, none = getattr(self, slot), slot in self.nothing
            if not all(isinstance(v, np.ndarray) or isinstance(v, str | list | tuple) and v or v is None and none
                       for v in _several(value, slot)):
                raise ValueError(f"{type(self).__name__} needs {slot} as names of fields or arrays; got {value!r}.")

    def bound(self, k):
        """A copy in which arrays have names, and these arrays: ``(mark, {name: array})``."""
        constants = {}

        def name(value, slot):
            if value is None or isinstance(value, str):
                return value
            numbers = np.array(array(f"array {slot} of {type(self).__name__}", value), np.float64)
            if not numbers.size:
                raise ValueError(f"{type(self).__name__} got an empty array as {slot}, of shape {numbers.shape}.")
            constants[f"{type(self).__name__}{k}.{slot}"] = numbers
            return f"{type(self).__name__}{k}.{slot}"

        changes = {slot: name(getattr(self, slot), slot) for slot in self.reads}
        for slot in self.lists:
            changes[slot] = [name(v, f"{slot}{i}") for i, v in enumerate(_several(getattr(self, slot), slot))]
        return replace(self, **changes), constants

    @property
    def fields(self):
        names = [[getattr(self, slot)] for slot in self.reads] + [getattr(self, slot) for slot in self.lists]
        return [n for some in names for n in some if n]

    @property
    def sequences(self):
        """Curves: a point that diverged ends them."""
        return []

    @property
    def blanks(self):
        """Fields in which NaN means "none"."""
        return [n for n in [getattr(self, "at", None)] if n]

    def check(self, at):
        """Raise a sentence if the fields' shapes do not fit the mark."""

    def packing(self, name, many):
        """Keyword arguments for :func:`grid.pack`."""
        return {}

    def _expect(self, good, name, wanted, at):
        if not good:
            raise ValueError(f"{type(self).__name__} needs {name!r} as {wanted}; "
                             f"it has shape {at[name].shape}.")

    def _spec(self, height, **more):
        slots = {s: getattr(self, s) for s in (*self.reads, *self.lists)}
        if getattr(self, "drag", ()):
            more["drag"] = list(self.drag)
        return dict(mark=type(self).__name__.lower(), title=self.title, height=height, **slots, **more)


def span(given, many, name):
    """The range of colours or of an axis: given, or of all settings, or None: the page follows the data."""
    if given is not None:
        return [float(v) for v in given]
    return list(grid.extent(many[name])) if many else None


@dataclass
class Lines(Mark):
    """Curves over a common ``x``.

    Parameters
    ----------
    x : field of shape (N,), increasing.
    y : field or list of up to four fields of shape (N,). NaN means diverged: nothing is drawn from there on.
    labels : a text for each curve, at its end; the fields' names by default.
    lo, hi : fields of shape (N,), or lists with one, or None, for each curve: the edges of a shaded band.
    log, xlog : logarithmic axes.
    symlog : c, for values of both signs: an axis that is linear from -c to c and logarithmic beyond.
    ylim : (lo, hi), beyond which curves leave the picture; by default what all settings need. Given, it keeps
        the axis still with a kernel, too.
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
    lo: str | list | None = None
    hi: str | list | None = None
    symlog: float | None = None
    reads, lists = ("x", "at"), ("y", "lo", "hi")

    @property
    def sequences(self):
        return [n for n in (*self.y, *self.lo, *self.hi) if n]

    def check(self, at):
        n = at[self.x].size
        self._expect(at[self.x].ndim == 1, self.x, "a list of numbers", at)
        for name in self.sequences:
            self._expect(at[name].shape == (n,), name, f"one number for each of the {n} in {self.x!r}", at)
        bands = [(a is None, b is None) for a, b in zip(self.lo, self.hi, strict=False)]
        if not len(self.lo) == len(self.hi) <= len(self.y) or any(a != b for a, b in bands):
            raise ValueError(f"Lines needs lo and hi together, one of each for a curve's band; "
                             f"got {len(self.y)} curves, lo={self.lo} and hi={self.hi}.")
        if not 1 <= len(self.y) <= 4 or len(self.labels) not in (0, len(self.y)):
            raise ValueError(f"Lines draws one to four curves with a label each; "
                             f"got {len(self.y)} and {len(self.labels)} labels.")
        if self.log and self.ylim and self.ylim[0] <= 0:
            raise ValueError(f"A logarithmic axis needs ylim above 0; got {self.ylim}.")
        if self.xlog and not (at[self.x] > 0).all():
            raise ValueError(f"A logarithmic axis needs {self.x!r} above 0; "
                             f"its smallest is {at[self.x].min():g}.")
        if self.symlog is not None and (self.log or not self.symlog > 0):
            raise ValueError(f"Lines takes symlog above 0, without log; "
                             f"got {self.symlog} and log={self.log}.")

    def _limits(self, many):
        """From the smallest value to ten times the largest first one: curves that explode leave."""
        if self.ylim or not many:
            return span(self.ylim, None, None)
        rules = list(self.rules.values())
        lo, hi = grid.extent(np.concatenate([*(many[n].ravel() for n in self.sequences), rules]), self.log)
        first = np.abs(np.concatenate([*(many[n][:, 0] for n in self.sequences), rules]))
        return list(grid.widened(lo, min(hi, 10 * max(first[np.isfinite(first)], default=hi))))

    def packing(self, name, many):
        if name in self.sequences:
            scale = dict(log=bool(self.log), symlog=self.symlog and float(self.symlog))
            return dict(between=grid.beyond(self._limits(many), **scale), levels=grid.LEVELS, **scale)
        x = many[name]
        fine = self.xlog and name == self.x and (grid.decimals(x) is None or x.min() < 1e-3)
        return dict(log=True) if fine else {}                # else few decimals, which are kept exactly

    def spec(self, at, many):
        labels = list(self.labels) or [_spoken(n) for n in self.y]
        ylabel = self.ylabel or (_spoken(self.y[0]) if len(self.y) == 1 else "")
        spec = self._spec("clamp(13rem, 62cqw, 19rem)", labels=labels, log=self.log, xlog=self.xlog,
                          rules=list(self.rules.items()), ylim=self._limits(many),
                          xlabel=self.xlabel or _spoken(self.x), ylabel=ylabel)
        more = dict(lo=self.lo, hi=self.hi, symlog=self.symlog)
        return {k: v for k, v in spec.items() if k not in more} | {k: v for k, v in more.items() if v}

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
    exact = True

    def check(self, at):
        n = len(self.labels)
        self._expect(at[self.y].shape == (n,), self.y, f"one number for each of the {n} labels", at)

    def packing(self, name, many):
        return dict(digits=self.digits) if name == self.y else {}

    def spec(self, at, many):
        ylim = span(self.ylim, many, self.y)
        return self._spec("clamp(12rem, 50cqw, 16rem)", labels=[str(t) for t in self.labels],
                          digits=self.digits, xlabel=self.xlabel, ylabel=self.ylabel,
                          ylim=ylim and [min(ylim[0], 0), max(ylim[1], 0)])

    picture = pictures.bars


def _points(mark, at):
    if mark.points:
        if len(mark.points) != 2:
            raise ValueError(f"{type(mark).__name__} takes points=(xy, classes); "
                             f"got {len(mark.points)} parts.")
        xy, classes = mark.points
        mark._expect(at[xy].ndim == 2 and at[xy].shape[1] == 2, xy, "one (x, y) per point", at)
        n = len(at[xy])
        mark._expect(at[classes].shape == (n,), classes, f"one class for each of the {n} points", at)


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
    drag : two controls, (x, y), whose values are a place in the plane: a handle there moves both.
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
    drag: tuple = ()
    reads, lists = ("z",), ("points",)

    def check(self, at):
        good = at[self.z].ndim == 2 and min(at[self.z].shape) > 1
        self._expect(good, self.z, "rows of numbers over the rectangle", at)
        _points(self, at)

    def packing(self, name, many):
        return dict(between=span(self.zlim, many, self.z), levels=1023) if name == self.z else {}

    def spec(self, at, many):
        return self._spec(SQUARE, shape=list(at[self.z].shape), xlim=list(self.xlim), ylim=list(self.ylim),
                          zlim=span(self.zlim, many, self.z), level=self.level, classes=list(self.classes),
                          xlabel=self.xlabel, ylabel=self.ylabel)

    picture = pictures.surface


@dataclass
class Plane(Mark):
    """Points with classes in the plane, and the line w1 x1 + w2 x2 + b = 0, its firing side (>= 0) shaded.

    Parameters
    ----------
    points : (xy, classes), fields or arrays of shape (N, 2) and (N,); classes are 0, 1, 2, 3.
    line : field of shape (3,) holding (w1, w2, b), or of shape (K, 3) for several lines. Where both weights
        are 0 there is no line: everything fires, or nothing.
    xlim, ylim : the rectangle.
    at : field with the index of the point to highlight, or NaN for none.
    wrong : field of shape (N,), not 0 where a point is misclassified.
    classes : a name for each class, shown as a key.
    drag : two controls, (x, y), whose values are a place in the plane: a handle there moves both.
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
    drag: tuple = ()
    reads, lists = ("line", "at", "wrong"), ("points",)

    def check(self, at):
        _points(self, at)
        if self.line:
            good = at[self.line].shape[-1:] == (3,) and at[self.line].ndim <= 2
            self._expect(good, self.line, "(w1, w2, b), or rows of them", at)
        if self.at:
            k, n = at[self.at].min(), len(at[self.points[0]]) if self.points else 0
            self._expect(np.isnan(k) or 0 <= k < n, self.at, f"the index of one of the {n} points, not {k:g}", at)
        if self.wrong:
            n = len(at[self.points[1]])
            good = at[self.wrong].shape == (n,)
            self._expect(good, self.wrong, f"one number for each of the {n} points", at)

    def packing(self, name, many):
        if name != self.line:
            return {}
        most = np.abs(many[name][np.isfinite(many[name])]).max(initial=1e-12)
        return dict(between=(-most, most))          # 0 is a level between them: no weight, no line

    def spec(self, at, many):
        return self._spec(SQUARE, xlim=list(self.xlim), ylim=list(self.ylim), classes=list(self.classes),
                          xlabel=self.xlabel, ylabel=self.ylabel)

    picture = pictures.plane
