"""Learning rates that change with the number of the step, from 0: ``schedule(step)``."""

import math

from .batches import number, whole
from .utils import Configurable, find


class LearningRateSchedule(Configurable):
    """Base of all schedules."""

    def __call__(self, step):
        raise NotImplementedError


class ExponentialDecay(LearningRateSchedule):
    r""":math:`\eta_0\,r^{t/s}`; with `staircase`, t/s is rounded down.

    Parameters
    ----------
    initial_learning_rate : float
        η₀.
    decay_steps : int
        s.
    decay_rate : float
        r.
    staircase : bool
    """

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False):
        self.initial_learning_rate = number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = _positive(decay_steps)
        if not number("decay_rate", decay_rate) >= 0:
            raise ValueError(f"decay_rate must be 0 or greater, but {decay_rate!r} was given.")
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step):
        p = _step(step) / self.decay_steps
        return self.initial_learning_rate * self.decay_rate ** (math.floor(p) if self.staircase else p)


class InverseTimeDecay(ExponentialDecay):
    r""":math:`\eta_0 / (1 + r\,t/s)`, with the arguments of `ExponentialDecay`."""

    def __call__(self, step):
        p = _step(step) / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (math.floor(p) if self.staircase else p))


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[k]`` up to and including step ``boundaries[k]``, and the last value after them.

    Parameters
    ----------
    boundaries : list of int
        Increasing.
    values : list of float
        One more than boundaries.
    """

    def __init__(self, boundaries, values):
        for what, several in (("boundaries", boundaries), ("values", values)):
            if not isinstance(several, list | tuple):
                raise ValueError(f"The {what} must be a list of numbers, but {several!r} was given.")
            for one in several:
                number(f"Each of the {what}", one)
        if len(values) != len(boundaries) + 1:
            raise ValueError("PiecewiseConstantDecay needs one value more than boundaries, "
                             f"but got {len(values)} values and {len(boundaries)} boundaries.")
        self.boundaries, self.values = list(boundaries), list(values)

    def __call__(self, step):
        step = _step(step)
        return self.values[sum(step > b for b in self.boundaries)]


class PolynomialDecay(LearningRateSchedule):
    r""":math:`(\eta_0 - \eta_1)(1 - t/s)^p + \eta_1` up to step s, :math:`\eta_1` from then on.

    Parameters
    ----------
    initial_learning_rate : float
        η₀.
    decay_steps : int
        s.
    end_learning_rate : float
        η₁.
    power : float
        p.
    """

    def __init__(self, initial_learning_rate, decay_steps, end_learning_rate=0.0001, power=1.0):
        self.initial_learning_rate = number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = _positive(decay_steps)
        if not number("power", power) >= 0:
            raise ValueError(f"power must be 0 or greater, but {power!r} was given.")
        self.end_learning_rate, self.power = number("end_learning_rate", end_learning_rate), power

    def __call__(self, step):
        p = min(_step(step), self.decay_steps) / self.decay_steps
        fall = self.initial_learning_rate - self.end_learning_rate
        return fall * (1 - p) ** self.power + self.end_learning_rate


class CosineDecay(LearningRateSchedule):
    r""":math:`\eta_0\,[(1 - a)(1 + \cos(\pi t/s))/2 + a]` up to step s, :math:`a\,\eta_0` from then on.

    Parameters
    ----------
    initial_learning_rate : float
        η₀.
    decay_steps : int
        s.
    alpha : float
        a, the share of the rate that remains.
    warmup_target : float, optional
        With it, the rate first rises from η₀ to this in `warmup_steps` steps, and falls from there.
    warmup_steps : int
    """

    def __init__(self, initial_learning_rate, decay_steps, alpha=0.0, warmup_target=None, warmup_steps=0):
        self.initial_learning_rate = number("initial_learning_rate", initial_learning_rate)
        self.decay_steps = _positive(decay_steps)
        self.alpha = number("alpha", alpha)
        self.warmup_target = None if warmup_target is None else number("warmup_target", warmup_target)
        self.warmup_steps = whole("warmup_steps", warmup_steps, 0)

    def __call__(self, step):
        step, rate = _step(step), self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return rate + (self.warmup_target - rate) * step / self.warmup_steps
            rate, step = self.warmup_target, step - self.warmup_steps
        cosine = (1 + math.cos(math.pi * min(step, self.decay_steps) / self.decay_steps)) / 2
        return rate * ((1 - self.alpha) * cosine + self.alpha)


def _step(step):
    """Return the number of a step, or raise a ValueError if it is none."""
    if not number("step", step) >= 0:
        raise ValueError(f"Steps count from 0, but {step!r} was given.")
    return step


def _positive(steps):
    if not number("decay_steps", steps) > 0:
        raise ValueError(f"decay_steps must be greater than 0, but {steps!r} was given.")
    return steps


def get(identifier):
    """Return the schedule of this configuration or object."""
    return find(LearningRateSchedule, identifier)
