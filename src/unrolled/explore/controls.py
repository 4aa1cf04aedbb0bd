"""The controls of an explorable: each names its values on the grid, its default, and what it accepts."""
from dataclasses import dataclass

import numpy as np
import traitlets


@dataclass(frozen=True)
class Linear:
    """A slider of numbers from ``lo`` to ``hi``.

    Parameters
    ----------
    lo, hi : the ends, ``lo < hi``.
    n : how many values, evenly spaced, form the grid; between them a slider moves only with a kernel.
    value : the default, moved to the nearest value of the grid; the middle one if not given.
    label, unit : text beside the slider; the control's name by default.
    integer : whole numbers only.
    """

    lo: float
    hi: float
    n: int = 13
    value: float | None = None
    label: str = ""
    unit: str = ""
    integer: bool = False
    kind = "linear"

    def __post_init__(self):
        log = self.kind == "log"
        if not (self.lo < self.hi and self.n >= 2 and (not log or self.lo > 0)):
            raise ValueError(f"{type(self).__name__} needs lo < hi{' with lo > 0' if log else ''} and n >= 2; "
                             f"got lo={self.lo}, hi={self.hi}, n={self.n}.")
        if self.value is not None and not self.lo <= self.value <= self.hi:
            raise ValueError(f"{type(self).__name__} goes from {self.lo} to {self.hi}; value={self.value} is outside.")

    def grid(self):
        values = (np.geomspace if self.kind == "log" else np.linspace)(self.lo, self.hi, self.n).tolist()
        return list(dict.fromkeys(round(v) if self.integer else float(f"{v:.3g}") for v in values))

    def default(self):
        grid = self.grid()
        return grid[len(grid) // 2] if self.value is None else min(grid, key=lambda v: abs(v - self.value))

    def trait(self):
        grid = self.grid()
        return (traitlets.CInt if self.integer else traitlets.CFloat)(self.default(), min=grid[0], max=grid[-1])

    def nudged(self, value, by):
        """``value`` disturbed by ``by`` of its size, towards the middle; a whole number stays as it is."""
        inwards = 1 if value < (self.lo + self.hi) / 2 else -1
        return value if self.integer else value + inwards * by * (abs(value) or self.hi - self.lo)

    def spec(self, name):
        return dict(name=name, kind=self.kind, label=self.label or name.replace("_", " "), unit=self.unit,
                    integer=self.integer, grid=self.grid(), value=self.default())


class Log(Linear):
    """A slider of numbers from ``lo`` to ``hi`` evenly spaced in their logarithm: learning rates. See :class:`Linear`."""

    kind = "log"


class Player(Linear):
    """Whole numbers from ``lo`` to ``hi`` with play and pause, previous and next: the steps of an algorithm, epochs.

    Parameters
    ----------
    lo, hi : the first and the last step.
    every : distance between the steps of the grid; with a kernel the player visits every whole number.
    value : the default; the first step if not given.
    label : text beside the player; the control's name by default.
    """

    kind = "player"

    def __init__(self, lo, hi, every=1, value=None, label=""):
        if not all(isinstance(v, int | np.integer) for v in (lo, hi, every)) or every < 1:
            raise ValueError(f"Player counts whole numbers; got lo={lo}, hi={hi}, every={every}.")
        super().__init__(lo, hi, len(range(lo, hi + 1, every)), lo if value is None else value, label, integer=True)
        object.__setattr__(self, "every", every)

    def grid(self):
        return list(range(self.lo, self.hi + 1, self.every))


class Choice:
    """One of the given options, strings or numbers; the first is the default unless ``value`` names another."""

    def __init__(self, *options, value=None, label=""):
        if not options:
            raise ValueError('Choice needs at least one option: Choice("AND", "OR").')
        self.options, self.value, self.label = list(options), options[0] if value is None else value, label
        if self.value not in self.options:
            raise ValueError(f"Choice offers {', '.join(map(repr, options))}; value={value!r} is not among them.")

    def grid(self):
        return self.options

    def default(self):
        return self.value

    def trait(self):
        return traitlets.Enum(self.options, self.value)

    def nudged(self, value, by):
        return value

    def spec(self, name):
        return dict(name=name, kind="choice", label=self.label or name.replace("_", " "), grid=self.options, value=self.value)
