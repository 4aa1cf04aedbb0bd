"""How weights start: an initializer is a function of the shape.

A layer of fan-in n keeps the variance of its signals when its weights have variance 1/n (LeCun); a rectifier
that drops half of them needs 2/n (He); forward and backward together suggest 2/(n + m) (Glorot).
"""

import math

import numpy as np

from . import config
from .batches import number
from .utils import Configurable, find, generator


class Initializer(Configurable):
    """Base of all initializers: ``initializer(shape, dtype=None)`` returns an array."""

    def __call__(self, shape, dtype=None):
        raise NotImplementedError


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype or config.floatx())


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype or config.floatx())


class Constant(Initializer):
    """The same `value` everywhere."""

    def __init__(self, value=0.0):
        self.value = number("value", value)

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value, dtype or config.floatx())


class Identity(Initializer):
    """`gain` times the identity matrix."""

    aliases = ("identity_initializer", "eye")

    def __init__(self, gain=1.0):
        self.gain = number("gain", gain)

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ValueError(f"The identity is a matrix, but a weight of shape {tuple(shape)} was asked for.")
        return self.gain * np.eye(*shape, dtype=dtype or config.floatx())


class RandomNormal(Initializer):
    """Normal numbers of mean `mean` and standard deviation `stddev`."""

    aliases = ("normal",)

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        if not number("stddev", stddev) >= 0:
            raise ValueError(f"stddev must be 0 or greater, but {stddev!r} was given.")
        self.mean, self.stddev, self.seed = number("mean", mean), stddev, seed

    def __call__(self, shape, dtype=None):
        return generator(self.seed).normal(self.mean, self.stddev, shape).astype(dtype or config.floatx())


class TruncatedNormal(Initializer):
    """Normal numbers, drawn again where they lie more than two standard deviations from the mean."""

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        if not number("stddev", stddev) >= 0:
            raise ValueError(f"stddev must be 0 or greater, but {stddev!r} was given.")
        self.mean, self.stddev, self.seed = number("mean", mean), stddev, seed

    def __call__(self, shape, dtype=None):
        z = _truncated(generator(self.seed), shape)
        return (self.mean + self.stddev * z).astype(dtype or config.floatx())


class RandomUniform(Initializer):
    """Uniform numbers between `minval` and `maxval`."""

    aliases = ("uniform",)

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        if not number("minval", minval) <= number("maxval", maxval):
            raise ValueError(f"minval must not exceed maxval, but {minval!r} and {maxval!r} were given.")
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def __call__(self, shape, dtype=None):
        return generator(self.seed).uniform(self.minval, self.maxval, shape).astype(dtype or config.floatx())


class VarianceScaling(Initializer):
    r"""Random numbers of variance scale / n, where n counts a unit's connections.

    .. math:: \mathrm{Var}(w) = s / n, \qquad
              \text{uniform on } [-a, a] \text{ with } a = \sqrt{3 s / n}

    Parameters
    ----------
    scale : float
        s, greater than 0.
    mode : {"fan_in", "fan_out", "fan_avg"}
        What n is: inputs, outputs, or the mean of both.
    distribution : {"truncated_normal", "untruncated_normal", "uniform"}
    seed : int, optional
        By default the numbers come from the default generator.
    """

    def __init__(self, scale=1.0, mode="fan_in", distribution="truncated_normal", seed=None):
        if not number("scale", scale) > 0:
            raise ValueError(f"scale must be greater than 0, but {scale!r} was given.")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"mode must be 'fan_in', 'fan_out' or 'fan_avg', but {mode!r} was given.")
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise ValueError("distribution must be 'truncated_normal', 'untruncated_normal' or 'uniform', "
                             f"but {distribution!r} was given.")
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = fans(shape)
        n = max(1.0, {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode])
        stddev = math.sqrt(self.scale / n)
        rng = generator(self.seed)
        if self.distribution == "uniform":
            w = rng.uniform(-math.sqrt(3) * stddev, math.sqrt(3) * stddev, shape)
        elif self.distribution == "untruncated_normal":
            w = rng.normal(0.0, stddev, shape)
        else:
            w = stddev / TRUNCATED_STDDEV * _truncated(rng, shape)
        return w.astype(dtype or config.floatx())


class _Named(VarianceScaling):
    """A variance scaling that is known by its author's name."""

    parameters = ()

    def __init__(self, seed=None):
        super().__init__(*self.parameters, seed=seed)

    def get_config(self):
        return {"seed": self.seed}


class GlorotUniform(_Named):
    """Uniform, variance 2 / (n_in + n_out) (Glorot and Bengio, 2010)."""

    parameters = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Truncated normal, variance 2 / (n_in + n_out) (Glorot and Bengio, 2010)."""

    parameters = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform, variance 2 / n_in, for rectifiers (He et al., 2015)."""

    parameters = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Truncated normal, variance 2 / n_in, for rectifiers (He et al., 2015)."""

    parameters = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform, variance 1 / n_in (LeCun et al., 1998)."""

    parameters = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Truncated normal, variance 1 / n_in (LeCun et al., 1998)."""

    parameters = (1.0, "fan_in", "truncated_normal")


class Orthogonal(Initializer):
    """A random matrix with orthonormal columns (rows, if there are more columns than rows), times `gain`.

    Axes before the last are taken together (Saxe et al., 2014).
    """

    def __init__(self, gain=1.0, seed=None):
        self.gain, self.seed = number("gain", gain), seed

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ValueError(f"An orthogonal weight needs two axes, but shape {tuple(shape)} was asked for.")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(generator(self.seed).normal(size=(max(rows, columns), min(rows, columns))))
        q = q * np.sign(np.diag(r))                  # the sign that makes q uniform over all rotations
        q = q if rows >= columns else q.T
        return (self.gain * q.reshape(shape)).astype(dtype or config.floatx())


TRUNCATED_STDDEV = 0.87962566103423978               # of a standard normal cut at two standard deviations


def _truncated(rng, shape):
    """Return standard normal numbers between -2 and 2."""
    z = rng.normal(size=shape)
    while (outside := np.abs(z) > 2).any():
        z[outside] = rng.normal(size=outside.sum())
    return z


def fans(shape):
    """Return how many connections lead into and out of one unit of a weight of this shape.

    A matrix has shape (n_in, n_out); a convolution kernel (height, width, channels_in, channels_out).
    """
    shape = tuple(shape)
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def get(identifier):
    """Return the initializer of this name, configuration or object; None stays None."""
    return None if identifier is None else find(Initializer, identifier)
