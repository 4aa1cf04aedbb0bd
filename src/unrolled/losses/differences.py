"""Losses of how far outputs are from numbers (squared, absolute, ...) or from a margin (hinge)."""

import numpy as np

from ..batches import number
from .base import Loss, same_shape


class MeanSquaredError(Loss):
    r""":math:`\frac1C \sum_i (y_i - t_i)^2`, derivative :math:`\frac2C (y_i - t_i)`."""

    aliases = ("mse",)

    def call(self, t, y):
        d = y - t
        return (d * d).sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        return (2 / y.shape[-1]) * (y - t)


class MeanAbsoluteError(Loss):
    r""":math:`\frac1C \sum_i |y_i - t_i|`, derivative :math:`\frac1C \mathrm{sign}(y_i - t_i)`."""

    aliases = ("mae",)

    def call(self, t, y):
        return np.abs(y - t).sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        return np.sign(y - t) / y.shape[-1]


class Huber(Loss):
    r"""Quadratic near the target and linear beyond `delta`: with d = y - t,
    :math:`\frac1C \sum_i d_i^2/2` where :math:`|d_i| \le \delta`, else :math:`\delta|d_i| - \delta^2/2`.
    """

    def __init__(self, delta=1.0, **kwargs):
        super().__init__(**kwargs)
        if not 0 < number("delta", delta) < 1e150:
            raise ValueError(f"delta must be greater than 0, with a finite square, but {delta!r} was given.")
        self.delta = delta

    def call(self, t, y):
        d = np.abs(y - t)
        values = np.where(d <= self.delta, d * d / 2, self.delta * d - self.delta**2 / 2)
        return values.sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        return np.clip(y - t, -self.delta, self.delta) / y.shape[-1]


class LogCosh(Loss):
    r""":math:`\frac1C \sum_i \ln\cosh(y_i - t_i)`, derivative :math:`\frac1C \tanh(y_i - t_i)`."""

    aliases = ("logcosh",)

    def call(self, t, y):
        d = np.abs(y - t)
        return (d + np.log1p(np.exp(-2 * d)) - np.log(2).astype(y.dtype)).sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        return np.tanh(y - t) / y.shape[-1]


class Hinge(Loss):
    r""":math:`\frac1C \sum_i \max(0, 1 - t_i y_i)` for targets -1 and 1 (0 and 1 are turned into these)."""

    def prepare(self, y_true, shape, dtype):
        t = same_shape(y_true, shape, dtype)
        return 2 * t - 1 if ((t == 0) | (t == 1)).all() else t

    def call(self, t, y):
        return np.maximum(1 - t * y, 0).sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        return -t * (t * y < 1) / y.shape[-1]


class SquaredHinge(Hinge):
    r""":math:`\frac1C \sum_i \max(0, 1 - t_i y_i)^2`."""

    def call(self, t, y):
        m = np.maximum(1 - t * y, 0)
        return (m * m).sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        return -2 * t * np.maximum(1 - t * y, 0) / y.shape[-1]


class CategoricalHinge(Loss):
    r""":math:`\max(0,\, 1 + \max_i (1 - t_i) y_i - \sum_i t_i y_i)` for one-hot t.

    Equal maxima share the derivative.
    """

    def call(self, t, y):
        return np.maximum(1 + ((1 - t) * y).max(axis=-1) - (t * y).sum(axis=-1), 0)

    def gradient(self, t, y):
        others = (1 - t) * y
        rivals = others == others.max(axis=-1, keepdims=True)
        wrong = (self.call(t, y) > 0)[..., None]
        return wrong * ((1 - t) * rivals / rivals.sum(axis=-1, keepdims=True) - t)
