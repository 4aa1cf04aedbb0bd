"""The layers that most models are made of."""

import math

import numpy as np

from .. import activations
from ..batches import LARGEST, number
from ..utils import Configurable
from .base import Layer


class InputLayer(Configurable):
    """What a model's input looks like; made by `Input` and absorbed by the model."""

    def __init__(self, shape, batch_size=None, dtype=None, name=None):
        if not isinstance(shape, list | tuple) or any(s is not None and not _is_positive(s) for s in shape):
            raise ValueError(f"Input needs the shape of one example, such as (64,), but got {shape!r}.")
        self.shape, self.batch_size, self.dtype, self.name = tuple(shape), batch_size, dtype, name


def Input(shape, batch_size=None, dtype=None, name=None):
    """Say what a model's input looks like, as the first element of a `Sequential`.

    Parameters
    ----------
    shape : tuple of int or None
        The shape of one example, without the batch axis; None for an axis of any length.
    batch_size : int, optional
        Accepted as in Keras; batches may have any length all the same.
    dtype : str, optional
        Accepted as in Keras; the first layer decides which type it needs.
    name : str, optional
    """
    return InputLayer(shape, batch_size, dtype, name)


class Dense(Layer):
    r"""A fully connected layer.

    .. math:: z = x W + b \quad (1) \qquad y = f(z) \quad (2)

    .. math:: dz = f'(z) \odot dy \quad (3) \qquad dW = x^\top dz \quad (4) \qquad
              db = \textstyle\sum_n dz_n \quad (5) \qquad dx = dz\,W^\top \quad (6)

    Parameters
    ----------
    units : int
        The number of outputs H.
    activation : str or function, optional
        f; by default linear.
    use_bias : bool
        Whether there is a b.
    kernel_initializer, bias_initializer : str or Initializer
        How W and b start.
    kernel_regularizer, bias_regularizer : str or Regularizer, optional
    kernel_constraint, bias_constraint : str or Constraint, optional
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    kernel : numpy.ndarray, shape (D, H)
        W, and its gradient ``dkernel``.
    bias : numpy.ndarray, shape (H,)
        b, and its gradient ``dbias``.

    Notes
    -----
    Inputs have shape (N, ..., D), outputs (N, ..., H). Derived in chapter 07.
    """

    def __init__(self, units, activation=None, use_bias=True, kernel_initializer="glorot_uniform",
                 bias_initializer="zeros", kernel_regularizer=None, bias_regularizer=None,
                 kernel_constraint=None, bias_constraint=None, **kwargs):
        super().__init__(**kwargs)
        if not _is_positive(units):
            raise ValueError(f"Dense needs a positive whole number of units, but {units!r} was given.")
        self.units, self.use_bias = int(units), use_bias
        self.activation = activations.get(activation)
        self.keep(kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
                  kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
                  kernel_constraint=kernel_constraint, bias_constraint=bias_constraint)

    def build(self, input_shape):
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise self.mismatch("inputs (N, ..., features) with a known number of features", input_shape)
        self.add_weight("kernel", (input_shape[-1], self.units))
        if self.use_bias:
            self.add_weight("bias", (self.units,))

    def check(self, shape):
        if len(shape) < 2 or shape[-1] != len(self.kernel):
            raise self.mismatch(f"inputs with {len(self.kernel)} features", shape)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def forward(self, x, training=False):
        self.x = x                                        # (N, ..., D)
        self.z = x @ self.kernel                          # (N, ..., H)     (1)
        if self.use_bias:
            self.z += self.bias
        self.y = self.activation(self.z)                  # (N, ..., H)     (2)
        return self.y

    def backward(self, dy):
        return self.backward_logits(self.activation.backward(dy, self.z, self.y))       # (3)

    def backward_logits(self, dz):
        x, dz2 = self.x.reshape(-1, self.x.shape[-1]), dz.reshape(-1, self.units)
        self.dkernel += x.T @ dz2                         # (D, H)          (4)
        if self.use_bias:
            self.dbias += dz2.sum(axis=0)                 # (H,)            (5)
        return dz @ self.kernel.T if self.needs_dx else None     # (N, ..., D)     (6)


class Activation(Layer):
    r"""An activation function as a layer: :math:`y = f(x)`, :math:`dx = f'(x) \odot dy`.

    Parameters
    ----------
    activation : str or function
        f.
    **kwargs
        ``dtype``, ``name``.
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def forward(self, x, training=False):
        self.z = x
        self.y = self.activation(x)
        return self.y

    def backward(self, dy):
        return self.activation.backward(dy, self.z, self.y)

    def backward_logits(self, dz):
        return dz


class Flatten(Layer):
    """Turn each example into one row: (N, A, B, ...) becomes (N, A·B·...)."""

    def compute_output_shape(self, input_shape):
        axes = input_shape[1:]
        return (input_shape[0], None if None in axes else math.prod(axes))

    def compute_mask(self, x, mask):
        return None

    def forward(self, x, training=False):
        self.shape = x.shape
        return x.reshape(self.compute_output_shape(x.shape))

    def backward(self, dy):
        return dy.reshape(self.shape)


class Reshape(Layer):
    """Give each example another shape with as many elements.

    Parameters
    ----------
    target_shape : tuple of int
        Without the batch axis; one entry may be -1 and is then computed.
    **kwargs
        ``dtype``, ``name``.
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(target_shape, list | tuple) or not all(s == -1 or _is_positive(s) for s in target_shape):
            raise ValueError("Reshape needs a shape of positive whole numbers, such as (28, 28), in which one may "
                             f"be -1, but {target_shape!r} was given.")
        self.target_shape = tuple(target_shape)
        if self.target_shape.count(-1) > 1:
            raise ValueError(f"Only one axis of a target shape may be -1, but {self.target_shape} was given.")

    def build(self, input_shape):
        size, target = math.prod(s or 1 for s in input_shape[1:]), self.target_shape
        known = math.prod(s for s in target if s != -1)
        fits = size % known == 0 if -1 in target else size == known
        if None not in input_shape[1:] and not fits:
            raise self.mismatch(f"examples that fill the target shape {target}", input_shape)

    def compute_output_shape(self, input_shape):
        axes, known = input_shape[1:], math.prod(s for s in self.target_shape if s != -1)
        rest = None if None in axes else math.prod(axes) // known
        return (input_shape[0], *(rest if s == -1 else s for s in self.target_shape))

    def compute_mask(self, x, mask):
        return None

    def forward(self, x, training=False):
        self.shape = x.shape
        return x.reshape(self.compute_output_shape(x.shape))

    def backward(self, dy):
        return dy.reshape(self.shape)


class Masking(Layer):
    """Skip the steps of sequences in which all features equal `mask_value`; what follows sees zeros there.

    Parameters
    ----------
    mask_value : float
    **kwargs
        ``dtype``, ``name``.
    """

    makes_mask = True

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = number("mask_value", mask_value)

    def compute_mask(self, x, mask=None):
        return (x != self.mask_value).any(axis=-1)                     # (N, T)

    def forward(self, x, training=False):
        self.mask = self.compute_mask(x)[..., None]
        return x * self.mask

    def backward(self, dy):
        return dy * self.mask


def _is_positive(n):
    """Return whether n is a whole number greater than 0, and a size that a computer may hold."""
    return isinstance(n, int | np.integer) and not isinstance(n, bool) and 0 < n <= LARGEST
