"""Activations with parameters of their own, as layers."""

import numpy as np

from .. import activations
from ..batches import number, whole
from ..utils import own_generator
from .base import Layer
from .core import _is_positive


class _Function(Layer):
    """y = f(x) with options: subclasses name f in `function` and its options in `options`."""

    function, options = None, ()

    def _chosen(self):
        return {name: getattr(self, name) for name in self.options}

    def forward(self, x, training=False):
        self.x = x
        self.y = type(self).function(x, **self._chosen())
        return self.y

    def backward(self, dy):
        return type(self).function.backward(dy, self.x, self.y, **self._chosen())


class ReLU(_Function):
    """max(x, 0), with the options of `unrolled.activations.relu`."""

    function, options = activations.relu, ("negative_slope", "max_value", "threshold")

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else number("max_value", max_value)
        self.negative_slope, self.threshold = number("negative_slope", negative_slope), number("threshold", threshold)


class LeakyReLU(_Function):
    """x for x > 0, else negative_slope · x."""

    function, options = activations.leaky_relu, ("negative_slope",)

    def __init__(self, negative_slope=0.3, **kwargs):
        super().__init__(**kwargs)
        self.negative_slope = number("negative_slope", negative_slope)


class ELU(_Function):
    """x for x > 0, else alpha · (exp(x) - 1)."""

    function, options = activations.elu, ("alpha",)

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = number("alpha", alpha)


class Softmax(_Function):
    """exp(x) divided by its sum along `axis`."""

    function, options = activations.softmax, ("axis",)

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = whole("axis", axis, -np.inf)
        self.activation = activations.softmax if axis == -1 else None

    def build(self, input_shape):
        if not -len(input_shape) <= self.axis < len(input_shape):
            raise self.mismatch(f"inputs with an axis {self.axis}", input_shape)

    @property
    def z(self):
        return self.x

    def backward_logits(self, dz):
        return dz


class PReLU(Layer):
    r"""A rectifier that learns its slope below zero (He et al., 2015).

    .. math:: y = \max(x, 0) + \alpha \min(x, 0), \qquad
              dx = dy \odot (1 \text{ if } x > 0 \text{ else } \alpha), \qquad
              d\alpha = \textstyle\sum_n dy \odot \min(x, 0)

    Parameters
    ----------
    alpha_initializer : str or Initializer
    alpha_regularizer : str or Regularizer, optional
    alpha_constraint : str or Constraint, optional
    shared_axes : list of int, optional
        Axes, counted from 1 after the batch axis, along which all units have one slope.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    alpha : numpy.ndarray
        One slope per unit, and its gradient ``dalpha``.
    """

    def __init__(self, alpha_initializer="zeros", alpha_regularizer=None, alpha_constraint=None,
                 shared_axes=None, **kwargs):
        super().__init__(**kwargs)
        self.keep(alpha_initializer=alpha_initializer, alpha_regularizer=alpha_regularizer,
                  alpha_constraint=alpha_constraint)
        self.shared_axes = shared_axes if shared_axes is None or isinstance(shared_axes, list | tuple) else [shared_axes]
        for axis in self.shared_axes or ():
            whole("A shared axis", axis)

    def build(self, input_shape):
        if not all(k < len(input_shape) for k in self.shared_axes or ()):
            raise self.mismatch(f"inputs with the axes {self.shared_axes} that share a slope", input_shape)
        shape = [1 if k in (self.shared_axes or ()) else s for k, s in enumerate(input_shape)][1:]
        if None in shape:
            raise self.mismatch("axes of known length, or shared ones", input_shape)
        self.add_weight("alpha", shape)

    def forward(self, x, training=False):
        self.x = x                                                     # (N, ...)
        return np.maximum(x, 0) + self.alpha * np.minimum(x, 0)

    def backward(self, dy):
        shared = (0, *(self.shared_axes or ()))
        self.dalpha += (dy * np.minimum(self.x, 0)).sum(axis=shared, keepdims=True)[0]
        return np.where(self.x > 0, dy, self.alpha * dy)


class RReLU(Layer):
    r"""A rectifier whose slope below zero is drawn anew for every entry while training (Xu et al., 2015).

    .. math:: y = x \text{ for } x > 0, \text{ else } a x, \qquad
              a \sim U(l, u) \text{ in training, else } (l + u)/2

    (Not in Keras.)

    Parameters
    ----------
    lower, upper : float
        l and u.
    seed : int, optional
    **kwargs
        ``dtype``, ``name``.
    """

    def __init__(self, lower=1 / 8, upper=1 / 3, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not number("lower", lower) <= number("upper", upper):
            raise ValueError(f"RReLU needs lower <= upper, but got {lower!r} and {upper!r}.")
        self.lower, self.upper, self.seed, self.rng = lower, upper, seed, own_generator(seed)

    def forward(self, x, training=False):
        a = (self.lower + self.upper) / 2
        if training:
            a = self.rng.uniform(self.lower, self.upper, x.shape).astype(x.dtype)
        self.slope = np.where(x > 0, x.dtype.type(1), a)               # (N, ...)
        return self.slope * x

    def backward(self, dy):
        return self.slope * dy


class Maxout(Layer):
    r"""The greatest of several linear functions (Goodfellow et al., 2013).

    .. math:: z_k = x W_k + b_k, \qquad y = \max_k z_k

    Only the greatest passes the derivative on; of equal ones, the first. (Not in Keras.)

    Parameters
    ----------
    units : int
        H.
    pieces : int
        K, how many functions each unit chooses from.
    kernel_initializer, bias_initializer : str or Initializer
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    kernel : numpy.ndarray, shape (D, K·H)
        The matrices W_k side by side, and their gradients ``dkernel``.
    bias : numpy.ndarray, shape (K·H,)
    """

    def __init__(self, units, pieces=2, kernel_initializer="glorot_uniform", bias_initializer="zeros",
                 **kwargs):
        super().__init__(**kwargs)
        if not (_is_positive(units) and _is_positive(pieces)):
            raise ValueError("Maxout needs positive whole numbers of units and pieces, but "
                             f"{units!r} and {pieces!r} were given.")
        self.units, self.pieces = units, pieces
        self.keep(kernel_initializer=kernel_initializer, bias_initializer=bias_initializer)

    def build(self, input_shape):
        if len(input_shape) != 2 or input_shape[-1] is None:
            raise self.mismatch("inputs (N, features) with a known number of features", input_shape)
        self.add_weight("kernel", (input_shape[-1], self.pieces * self.units))
        self.add_weight("bias", (self.pieces * self.units,))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.units)

    def forward(self, x, training=False):
        self.x = x                                                     # (N, D)
        z = (x @ self.kernel + self.bias).reshape(-1, self.pieces, self.units)     # (N, K, H)
        self.winner = z.argmax(axis=1, keepdims=True)                  # (N, 1, H)
        return np.take_along_axis(z, self.winner, 1)[:, 0]             # (N, H)

    def backward(self, dy):
        dz = np.zeros((len(dy), self.pieces, self.units), dy.dtype)    # (N, K, H)
        np.put_along_axis(dz, self.winner, dy[:, None], 1)
        dz = dz.reshape(len(dy), -1)                                   # (N, K·H)
        self.dkernel += self.x.T @ dz
        self.dbias += dz.sum(axis=0)
        return dz @ self.kernel.T
