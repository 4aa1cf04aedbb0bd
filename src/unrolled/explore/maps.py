"""Marks over the plane without classes: a landscape with paths, arrows, a linear map. See :mod:`.marks`."""
from dataclasses import dataclass

import numpy as np

from . import grid, pictures
from .marks import SQUARE, Mark, _points, _spoken, span


class _Terrain(Mark):
    """What :class:`Landscape` and :class:`Arrows` share: the rectangle, and paths in it."""

    @property
    def sequences(self):
        return list(self.paths)

    def check(self, at):
        for name in self.paths:
            self._expect(at[name].ndim == 2 and at[name].shape[1] == 2, name, "one (x, y) per step", at)
        if len(self.paths) > 4 or len(self.labels) not in (0, len(self.paths)):
            raise ValueError(f"{type(self).__name__} draws up to four paths with a label each; "
                             f"got {len(self.paths)} and {len(self.labels)} labels.")

    def packing(self, name, many):
        if name not in self.paths:
            return {}
        lo, hi = min(self.xlim[0], self.ylim[0]), max(self.xlim[1], self.ylim[1])
        return dict(between=(2 * lo - hi, 2 * hi - lo))         # with room to leave the picture

    def _draw(self, **more):
        labels = list(self.labels) or ([_spoken(n) for n in self.paths] if len(self.paths) > 1 else [])
        return self._spec(SQUARE, xlim=list(self.xlim), ylim=list(self.ylim), labels=labels,
                          xlabel=self.xlabel, ylabel=self.ylabel, **more)

    picture = pictures.landscape


@dataclass
class Landscape(_Terrain):
    """A function over a rectangle as contour lines, low ground pale, and paths over it: optimisers at work.

    Parameters
    ----------
    z : field of shape (rows, columns), the first row at the bottom.
    xlim, ylim : the rectangle.
    paths : field or list of up to four fields of shape (S, 2), the places visited.
    labels : a text for each path; the fields' names by default.
    at : field with the step to highlight: a dot stands there, and the path beyond it is faint. Without it, or
        where it is NaN, the dot is at the end.
    log : contours at equal ratios instead of equal distances, for values above 0.
    zlim : the values between which contours run; by default what all settings need.
    drag : two controls, (x, y), whose values are a place in the plane: a handle there moves both.
    """

    z: str
    xlim: tuple
    ylim: tuple
    paths: str | list = ()
    labels: tuple = ()
    at: str | None = None
    log: bool = False
    zlim: tuple | None = None
    xlabel: str = "$w_1$"
    ylabel: str = "$w_2$"
    drag: tuple = ()
    reads, lists = ("z", "at"), ("paths",)

    def check(self, at):
        super().check(at)
        good = at[self.z].ndim == 2 and min(at[self.z].shape) > 1
        self._expect(good, self.z, "rows of numbers over the rectangle", at)
        least = self.zlim[0] if self.zlim else np.nanmin(at[self.z])
        if self.log and not least > 0:
            raise ValueError(f"Logarithmic contours need values above 0; "
                             f"the smallest of {self.z!r} is {least:g}.")

    def packing(self, name, many):
        if name == self.z:
            return dict(between=span(self.zlim, many, name), log=self.log, levels=1023)
        return super().packing(name, many)

    def spec(self, at, many):
        lo, hi = span(self.zlim, many, self.z) or grid.extent(at[self.z])
        steps = (np.geomspace if self.log else np.linspace)(lo, hi, 14)[1:-1]
        return self._draw(shape=list(at[self.z].shape), levels=[float(f"{v:.4g}") for v in steps])


@dataclass
class Arrows(_Terrain):
    """Arrows in the plane: a vector field, gradients at points; paths may follow them.

    Parameters
    ----------
    xy : field or array of shape (N, 2), where the arrows begin.
    uv : field of shape (N, 2), their components.
    xlim, ylim : the rectangle.
    longest : the length in ``uv`` that is drawn as long as neighbouring arrows are apart; by default that of
        the longest arrow at all settings.
    paths, labels, at : as in :class:`Landscape`.
    """

    xy: str
    uv: str
    xlim: tuple
    ylim: tuple
    longest: float | None = None
    paths: str | list = ()
    labels: tuple = ()
    at: str | None = None
    xlabel: str = "$x_1$"
    ylabel: str = "$x_2$"
    reads, lists = ("xy", "uv", "at"), ("paths",)

    def check(self, at):
        super().check(at)
        self._expect(at[self.xy].ndim == 2 and at[self.xy].shape[1] == 2, self.xy, "one (x, y) per arrow", at)
        wanted = f"one (u, v) for each arrow of {self.xy!r}"
        self._expect(at[self.uv].shape == at[self.xy].shape, self.uv, wanted, at)

    def packing(self, name, many):
        return dict(levels=grid.LEVELS - 1) if name == self.uv else super().packing(name, many)

    def spec(self, at, many):
        longest = self.longest
        if many and not longest:
            longest = float(f"{np.nanmax(np.linalg.norm(many[self.uv], axis=-1), initial=1e-12):.4g}")
        return self._draw(longest=longest)


@dataclass
class Map(Mark):
    """What a 2×2 matrix does to the plane: to its grid, the unit square, the two unit arrows, and points.

    Parameters
    ----------
    a : field of shape (2, 2). Its columns are where the arrows (1, 0) and (0, 1) go: x' = a x. The map of a
        layer, x' = x w, is that of w's transpose.
    xlim, ylim : the rectangle.
    points : (xy, classes), fields or arrays of shape (N, 2) and (N,): points before the map, drawn after it.
    classes : a name for each class, shown as a key.
    """

    a: str
    xlim: tuple = (-3, 3)
    ylim: tuple = (-3, 3)
    points: tuple = ()
    classes: tuple = ()
    xlabel: str = "$x_1$"
    ylabel: str = "$x_2$"
    reads, lists = ("a",), ("points",)

    def check(self, at):
        self._expect(at[self.a].shape == (2, 2), self.a, "two rows and two columns", at)
        _points(self, at)

    def spec(self, at, many):
        return self._spec(SQUARE, xlim=list(self.xlim), ylim=list(self.ylim), classes=list(self.classes),
                          xlabel=self.xlabel, ylabel=self.ylabel)

    picture = pictures.transform
