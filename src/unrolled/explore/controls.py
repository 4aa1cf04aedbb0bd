"""The controls of an explorable: each names its values on the grid, its default, and what it accepts."""
import numbers
import sys
from dataclasses import dataclass

import numpy as np
import traitlets

from ..batches import number, whole

LARGEST = 10_000                 # values of a grid


def check_text(what, text):
    """Raise a ValueError if that is no text."""
    if not isinstance(text, str):
        raise ValueError(f"The {what} must be a text, but {text!r} was given.")


class Finite(traitlets.CFloat):
    """A number between limits; NaN, which is neither below nor above any, is none."""

    def validate(self, obj, value):
        number = super().validate(obj, value)
        if not np.isfinite(number):
            self.error(obj, value)
        return number


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
        for what, value in (("lo", self.lo), ("hi", self.hi), ("value", self.lo if self.value is None else self.value)):
            if abs(number(f"{what} of {type(self).__name__}", value)) > 1e300:
                raise ValueError(f"{what} of {type(self).__name__} is too large for a control: {value!r}.")
        if whole("n, how many values a control has,", self.n, 0) > LARGEST:
            raise ValueError(f"A control has at most {LARGEST} values, but n={self.n} was given.")
        check_text("label of a control", self.label)
        check_text("unit of a control", self.unit)
        if not (self.lo < self.hi and self.n >= 2 and (not log or self.lo > 0)):
            raise ValueError(f"{type(self).__name__} needs {'0 < ' if log else ''}lo < hi and n >= 2; "
                             f"got lo={self.lo}, hi={self.hi}, n={self.n}.")
        if self.value is not None and not self.lo <= self.value <= self.hi:
            raise ValueError(f"{type(self).__name__} goes from {self.lo} to {self.hi}; "
                             f"value={self.value} is outside.")

    def grid(self):
        values = (np.geomspace if self.kind == "log" else np.linspace)(float(self.lo), float(self.hi), self.n).tolist()
        return list(dict.fromkeys(round(v) if self.integer else float(f"{v:.3g}") for v in values))

    def default(self):
        grid = self.grid()
        return grid[len(grid) // 2] if self.value is None else min(grid, key=lambda v: abs(v - self.value))

    def trait(self):
        kind, grid = traitlets.CInt if self.integer else Finite, self.grid()
        return kind(self.default(), min=grid[0], max=grid[-1])

    def nudged(self, value, by):
        """``value`` disturbed by ``by`` of its size, towards the middle; a whole number stays as it is."""
        inwards = 1 if value < (self.lo + self.hi) / 2 else -1
        size = abs(value) or 1e-3 * (self.hi - self.lo)
        return value if self.integer else value + inwards * by * size

    def spec(self, name):
        return dict(name=name, kind=self.kind, label=self.label or name.replace("_", " "), unit=self.unit,
                    integer=self.integer, grid=self.grid(), value=self.default())


class Log(Linear):
    """A slider of numbers evenly spaced in their logarithm: learning rates. Parameters as in ``Linear``."""

    kind = "log"


class Player(Linear):
    """Whole numbers with play and pause, previous and next: the steps of an algorithm, epochs.

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
        if hi - lo > LARGEST * every:
            raise ValueError(f"A Player has at most {LARGEST} steps; got lo={lo}, hi={hi}, every={every}.")
        steps = range(int(lo), int(hi) + 1, int(every))
        super().__init__(int(lo), int(hi), len(steps), lo if value is None else value, label, integer=True)
        object.__setattr__(self, "_steps", steps)

    def grid(self):
        return list(self._steps)


class Choice:
    """One of the options, strings or numbers; the first is the default unless ``value`` names another."""

    def __init__(self, *options, value=None, label=""):
        if not options:
            raise ValueError('Choice needs at least one option: Choice("AND", "OR").')
        check_text("label of a control", label)
        for option in (*options, options[0] if value is None else value):
            finite = isinstance(option, numbers.Real) and abs(option) <= sys.float_info.max
            if not finite and not isinstance(option, str | np.bool_):
                raise ValueError(f"Choice offers texts and finite numbers; got {option!r}.")
        self.options = [o.item() if isinstance(o, np.generic) else o for o in options]
        self.value, self.label = self.options[0] if value is None else value, label
        if self.value not in self.options:
            offer = ", ".join(map(repr, options))
            raise ValueError(f"Choice offers {offer}; value={value!r} is not among them.")

    def grid(self):
        return self.options

    def default(self):
        return self.value

    def trait(self):
        return traitlets.Enum(self.options, self.value)

    def nudged(self, value, by):
        return value

    def spec(self, name):
        label = self.label or name.replace("_", " ")
        return dict(name=name, kind="choice", label=label, grid=self.options, value=self.value)
