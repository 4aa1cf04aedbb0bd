r"""Activation functions y = f(x), each with the backward pass dx = f'(x) dy beside it.

``f(x)`` takes an array of any shape. ``f.backward(dy, x, y)`` returns :math:`\partial E/\partial x` from
:math:`\partial E/\partial y`, the input x and the output y = f(x), whichever of the two the formula needs.
A function of your own becomes an activation when you give it such a ``backward``.
"""

import math

import numpy as np

from .utils import unknown


def linear(x):
    """f(x) = x, f'(x) = 1."""
    return x


linear.backward = lambda dy, x, y: dy


def sigmoid(x):
    r""":math:`\sigma(x) = 1/(1 + e^{-x}) = (1 + \tanh(x/2))/2`, :math:`\sigma' = \sigma(1 - \sigma)`.

    The second form cannot overflow.
    """
    return 0.5 * (1 + np.tanh(0.5 * x))


sigmoid.backward = lambda dy, x, y: dy * y * (1 - y)


def tanh(x):
    r""":math:`\tanh x`, :math:`\tanh' = 1 - \tanh^2`."""
    return np.tanh(x)


tanh.backward = lambda dy, x, y: dy * (1 - y * y)


def step(x):
    """f(x) = 1 for x > 0, else 0; f'(x) = 0 wherever it exists: nothing below it learns by gradients."""
    return (x > 0).astype(x.dtype)


step.backward = lambda dy, x, y: np.zeros_like(dy)


def sign(x):
    """f(x) = 1 for x > 0, -1 for x < 0, 0 at 0; f'(x) = 0 wherever it exists."""
    return np.sign(x)


sign.backward = lambda dy, x, y: np.zeros_like(dy)


def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """f(x) = max(x, 0); f'(x) = 1 for x > 0, else 0, also at 0.

    Parameters
    ----------
    x : numpy.ndarray
    negative_slope : float
        s: below the threshold, f(x) = s (x - threshold).
    max_value : float, optional
        Where to stop growing.
    threshold : float
        Up to here there is no output (apart from the slope).
    """
    if negative_slope == 0 and max_value is None and threshold == 0:
        return np.maximum(x, 0)
    y = np.where(x > threshold, x, negative_slope * (x - threshold))
    return y if max_value is None else np.minimum(y, max_value)


def _relu_backward(dy, x, y, negative_slope=0.0, max_value=None, threshold=0.0):
    if negative_slope == 0 and max_value is None and threshold == 0:
        return dy * (y > 0)
    slope = np.where(x > threshold, 1, negative_slope).astype(dy.dtype)
    return dy * slope if max_value is None else dy * slope * (y < max_value)


relu.backward = _relu_backward


def relu6(x):
    """f(x) = min(max(x, 0), 6)."""
    return np.clip(x, 0, 6)


relu6.backward = lambda dy, x, y: dy * ((x > 0) & (x < 6))


def leaky_relu(x, negative_slope=0.2):
    """f(x) = x for x > 0, else s x; f'(x) = 1 for x > 0, else s (Maas et al., 2013)."""
    return np.where(x > 0, x, negative_slope * x)


leaky_relu.backward = lambda dy, x, y, negative_slope=0.2: np.where(x > 0, dy, negative_slope * dy)


def elu(x, alpha=1.0):
    r"""f(x) = x for x > 0, else :math:`\alpha(e^x - 1)`; f'(x) = 1, else f(x) + :math:`\alpha`.

    (Clevert et al., 2016.)
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


elu.backward = lambda dy, x, y, alpha=1.0: np.where(x > 0, dy, dy * (y + alpha))

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def selu(x):
    r""":math:`\lambda\,\mathrm{elu}(x, \alpha)` with the two constants that keep mean 0 and variance 1."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


selu.backward = lambda dy, x, y: np.where(x > 0, SELU_SCALE * dy, dy * (y + SELU_SCALE * SELU_ALPHA))


def softplus(x):
    r""":math:`\ln(1 + e^x)`, a smooth rectifier; :math:`f' = \sigma`."""
    return np.logaddexp(x, 0)


softplus.backward = lambda dy, x, y: dy * sigmoid(x)


def softsign(x):
    """f(x) = x / (1 + |x|), f'(x) = 1 / (1 + |x|)²."""
    return x / (1 + np.abs(x))


softsign.backward = lambda dy, x, y: dy / (1 + np.abs(x)) ** 2


def silu(x):
    r""":math:`x\,\sigma(x)`, also called swish; :math:`f' = y + \sigma(1 - y)`."""
    return x * sigmoid(x)


silu.backward = lambda dy, x, y: dy * (y + sigmoid(x) * (1 - y))


def exponential(x):
    """f(x) = f'(x) = exp(x)."""
    return np.exp(x)


exponential.backward = lambda dy, x, y: dy * y


def hard_sigmoid(x):
    """f(x) = x/6 + 1/2, kept between 0 and 1."""
    return np.clip(x / 6 + 0.5, 0, 1)


hard_sigmoid.backward = lambda dy, x, y: dy * ((x > -3) & (x < 3)) / 6


def gaussian(x):
    """f(x) = exp(-x²), f'(x) = -2 x f(x)."""
    return np.exp(-x * x)


gaussian.backward = lambda dy, x, y: dy * -2 * x * y


def probit(x):
    r"""The standard normal distribution function :math:`\Phi(x) = \int_{-\infty}^x \varphi(t)\,dt`.

    Its derivative is the density :math:`\varphi(x) = e^{-x^2/2}/\sqrt{2\pi}`.
    """
    return np.frompyfunc(math.erfc, 1, 1)(-x / math.sqrt(2)).astype(x.dtype) / 2


def _density(x):
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


probit.backward = lambda dy, x, y: dy * _density(x)


def gelu(x, approximate=False):
    r""":math:`x\,\Phi(x)` (Hendrycks and Gimpel, 2016), or its approximation by a hyperbolic tangent."""
    if not approximate:
        return x * probit(x)
    return x * sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def _gelu_backward(dy, x, y, approximate=False):
    if not approximate:
        return dy * (probit(x) + x * _density(x))
    c = 2 * math.sqrt(2 / math.pi)
    s = sigmoid(c * (x + 0.044715 * x**3))
    return dy * (s + x * s * (1 - s) * c * (1 + 3 * 0.044715 * x**2))


gelu.backward = _gelu_backward


def _largest(x, axis):
    if not x.shape[axis]:
        raise ValueError(f"A softmax runs over one number or more, but there is none along axis {axis} of shape {x.shape}.")
    return x.max(axis=axis, keepdims=True)


def softmax(x, axis=-1):
    r""":math:`y_i = e^{x_i} / \sum_j e^{x_j}` along `axis`.

    The largest x is subtracted first, which changes nothing but keeps the exponentials finite.
    Its Jacobian :math:`\partial y_i/\partial x_j = y_i(\delta_{ij} - y_j)` gives
    :math:`dx_i = y_i\,(dy_i - \sum_j dy_j y_j)`.
    """
    e = np.exp(x - _largest(x, axis))
    return e / e.sum(axis=axis, keepdims=True)


softmax.backward = lambda dy, x, y, axis=-1: y * (dy - (dy * y).sum(axis=axis, keepdims=True))


def log_softmax(x, axis=-1):
    r""":math:`\ln\mathrm{softmax}(x)_i = x_i - \ln\sum_j e^{x_j}`."""
    x = x - _largest(x, axis)
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


log_softmax.backward = lambda dy, x, y, axis=-1: dy - np.exp(y) * dy.sum(axis=axis, keepdims=True)

ALL = {f.__name__: f for f in (
    linear, sigmoid, tanh, step, sign, relu, relu6, leaky_relu, elu, selu, softplus, softsign, silu,
    exponential, hard_sigmoid, gaussian, probit, gelu, softmax, log_softmax)}
ALL["swish"] = silu


def get(identifier):
    """Return the activation function of this name; None means `linear`.

    Raises
    ------
    ValueError
        If the name is unknown, or the function has no ``backward``.
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if identifier.lower() not in ALL:
            raise unknown("activation", identifier, ALL)
        return ALL[identifier.lower()]
    if not callable(identifier) or not hasattr(identifier, "backward"):
        raise ValueError("An activation is a name or a function with a backward(dy, x, y), "
                         f"but {identifier!r} is neither.")
    return identifier
