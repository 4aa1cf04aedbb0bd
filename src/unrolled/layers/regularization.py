"""Noise against overfitting, present only while training."""

from ..batches import number
from ..utils import own_generator
from .base import Layer


class Dropout(Layer):
    r"""Inverted dropout: set entries to zero at random and enlarge the others (Srivastava et al., 2014).

    .. math:: m \sim \mathrm{Bernoulli}(1 - p) / (1 - p), \qquad y = m \odot x, \qquad dx = m \odot dy

    The mean of m is 1, so that nothing needs to change when the layer is used: outside training y = x.

    Parameters
    ----------
    rate : float
        p, the share of zeros, from 0 to 1 (excluded).
    noise_shape : tuple of int or None, optional
        The shape of m where it is to be equal along axes: 1 there, None for the input's length.
    seed : int, optional
    **kwargs
        ``dtype``, ``name``.
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= number("The dropout rate", rate) < 1:
            raise ValueError(f"The dropout rate must be at least 0 and less than 1, but {rate!r} was given.")
        if noise_shape is not None and not isinstance(noise_shape, list | tuple):
            raise ValueError(f"noise_shape must be a tuple of lengths, with None where it is the input's, not {noise_shape!r}.")
        self.rate, self.noise_shape, self.seed, self.rng = rate, noise_shape, seed, own_generator(seed)

    def build(self, input_shape):
        if self.noise_shape is not None and len(self.noise_shape) != len(input_shape):
            raise self.mismatch(f"inputs with {len(self.noise_shape)} axes, like its noise_shape", input_shape)

    def forward(self, x, training=False):
        self.mask = None
        if training and self.rate > 0:
            shape = [s if n is None else n
                     for s, n in zip(x.shape, self.noise_shape or [None] * x.ndim, strict=True)]
            if not all(n in (1, s) for s, n in zip(x.shape, shape, strict=True)):
                raise self.mismatch(f"inputs of its noise_shape, {self.noise_shape}, but for axes of length 1 there", x.shape)
            kept = self.rng.random(shape, dtype=x.dtype) >= self.rate
            self.mask = kept * x.dtype.type(1 / (1 - self.rate))       # (N, ...)
        return x if self.mask is None else self.mask * x

    def backward(self, dy):
        return dy if self.mask is None else self.mask * dy


class GaussianNoise(Layer):
    """Add normal noise of standard deviation `stddev` while training: y = x + ε, dx = dy.

    Parameters
    ----------
    stddev : float
        0 or greater.
    seed : int, optional
    **kwargs
        ``dtype``, ``name``.
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not number("The standard deviation", stddev) >= 0:
            raise ValueError(f"The standard deviation must be 0 or greater, but {stddev!r} was given.")
        self.stddev, self.seed, self.rng = stddev, seed, own_generator(seed)

    def forward(self, x, training=False):
        if not training:
            return x
        return x + self.stddev * self.rng.standard_normal(x.shape, dtype=x.dtype)

    def backward(self, dy):
        return dy
