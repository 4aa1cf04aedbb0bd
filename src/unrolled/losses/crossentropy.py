"""Losses of probabilities: how surprised the outputs are by the targets."""

import numpy as np

from .. import activations, config
from ..batches import number, numbers, whole
from .base import Loss, class_numbers, same_shape


def clip_gradient(y, low, high):
    """Return 1 where clipping leaves y alone and 0 where it does not: the derivative of the clipping."""
    return ((y >= low) & (y <= high)).astype(y.dtype)


class KLDivergence(Loss):
    r""":math:`\sum_i t_i \ln(t_i / y_i)`, derivative :math:`-t_i/y_i`, both kept between epsilon and 1."""

    aliases = ("kld",)

    def call(self, t, y):
        t, y = np.clip(t, config.epsilon(), 1), np.clip(y, config.epsilon(), 1)
        return (t * np.log(t / y)).sum(axis=-1)

    def gradient(self, t, y):
        e = config.epsilon()
        return -np.clip(t, e, 1) / np.clip(y, e, 1) * clip_gradient(y, e, 1)


class Poisson(Loss):
    r""":math:`\frac1C \sum_i y_i - t_i \ln y_i`, derivative :math:`\frac1C (1 - t_i / y_i)`."""

    def call(self, t, y):
        return (y - t * np.log(y + config.epsilon())).sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        return (1 - t / (y + config.epsilon())) / y.shape[-1]


class BinaryCrossentropy(Loss):
    r"""Cross-entropy of yes-or-no targets.

    .. math:: \frac1C \sum_i -t_i \ln y_i - (1 - t_i) \ln(1 - y_i), \qquad
              \frac{\partial}{\partial y_i} = \frac1C\,\frac{y_i - t_i}{y_i (1 - y_i)}

    and from logits z with :math:`y = \sigma(z)`

    .. math:: \frac1C \sum_i \max(z_i, 0) - t_i z_i + \ln(1 + e^{-|z_i|}), \qquad
              \frac{\partial}{\partial z_i} = \frac1C\,(\sigma(z_i) - t_i).

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are z instead of y.
    label_smoothing : float
        s from 0 to 1: targets become t (1 - s) + s/2.
    axis : int
        The averaged axis; only -1.
    **kwargs
        ``reduction``, ``name``, ``dtype``.
    """

    aliases = ("bce",)
    link = staticmethod(activations.sigmoid)

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.from_logits, self.axis = from_logits, _last(axis)
        self.label_smoothing = _smoothing(label_smoothing)

    def prepare(self, y_true, shape, dtype):
        t = same_shape(y_true, shape, dtype)
        if t.size and not (t.min() >= 0 and t.max() <= 1):
            raise ValueError("Binary cross-entropy needs targets from 0 to 1, "
                             f"but they range from {t.min():g} to {t.max():g}.")
        s = self.label_smoothing
        return t * (1 - s) + s / 2 if s else t

    def call(self, t, y):
        if self.from_logits:
            values = np.maximum(y, 0) - t * y + np.log1p(np.exp(-np.abs(y)))
        else:
            y = np.clip(y, config.epsilon(), 1 - config.epsilon())
            values = -(t * np.log(y) + (1 - t) * np.log(1 - y))
        return values.sum(axis=-1) / y.shape[-1]

    def gradient(self, t, y):
        if self.from_logits:
            return self.gradient_by_logits(t, activations.sigmoid(y))
        e = config.epsilon()
        p = np.clip(y, e, 1 - e)
        return (p - t) / (p * (1 - p)) * clip_gradient(y, e, 1 - e) / y.shape[-1]

    def gradient_by_logits(self, t, y):
        return (y - t) * (1 / y.shape[-1])


class CategoricalCrossentropy(Loss):
    r"""Cross-entropy of one-hot targets (or of any rows t that sum to 1).

    .. math:: -\sum_i t_i \ln y_i, \qquad \frac{\partial}{\partial y_i} = -\frac{t_i}{y_i}

    and from logits z with y = softmax(z)

    .. math:: -\sum_i t_i \ln \mathrm{softmax}(z)_i, \qquad \frac{\partial}{\partial z_i} = y_i - t_i.

    As in Keras, probabilities y are first divided by their sum and kept between epsilon and 1 - epsilon.

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are z instead of y.
    label_smoothing : float
        s from 0 to 1: targets become t (1 - s) + s/C.
    axis : int
        The axis of the classes; only -1.
    **kwargs
        ``reduction``, ``name``, ``dtype``.
    """

    aliases = ("cce",)
    link = staticmethod(activations.softmax)

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.from_logits, self.axis = from_logits, _last(axis)
        self.label_smoothing = _smoothing(label_smoothing)

    def prepare(self, y_true, shape, dtype):
        t = numbers("targets", () if y_true is None else y_true)
        if t.shape in (tuple(shape[:-1]), (*shape[:-1], 1)) and t.shape != tuple(shape):
            raise ValueError(f"Categorical cross-entropy needs one-hot targets of shape {tuple(shape)}, but "
                             f"got class numbers of shape {t.shape}. Use "
                             "loss='sparse_categorical_crossentropy', or turn them into one-hot rows by "
                             "utils.to_categorical.")
        t = same_shape(t, shape, dtype)
        if not np.allclose(t.sum(axis=-1), 1, atol=1e-3):
            raise ValueError("Categorical cross-entropy needs target rows that sum to 1, but some do not. "
                             "For several yes-or-no answers per example use 'binary_crossentropy'.")
        s = self.label_smoothing
        return t * (1 - s) + s / shape[-1] if s else t

    def call(self, t, y):
        if self.from_logits:
            return -(t * activations.log_softmax(y)).sum(axis=-1)
        p = y / y.sum(axis=-1, keepdims=True)
        return -(t * np.log(np.clip(p, config.epsilon(), 1 - config.epsilon()))).sum(axis=-1)

    def gradient(self, t, y):
        if self.from_logits:
            return self.gradient_by_logits(t, activations.softmax(y))
        e, total = config.epsilon(), y.sum(axis=-1, keepdims=True)
        p = y / total
        dp = -t / np.clip(p, e, 1 - e) * clip_gradient(p, e, 1 - e)
        return (dp - (dp * p).sum(axis=-1, keepdims=True)) / total

    def gradient_by_logits(self, t, y):
        return y - t


class SparseCategoricalCrossentropy(Loss):
    r"""Cross-entropy of class numbers: :math:`-\ln y_k` for class k, without writing out one-hot rows.

    From logits its derivative is again y - t with the one-hot row t. As in Keras, probabilities are kept
    between epsilon and 1 - epsilon and then divided by their sum.

    Parameters
    ----------
    from_logits : bool
        Whether the outputs are z with y = softmax(z).
    ignore_class : int, optional
        Examples of this class count as nothing.
    axis : int
        The axis of the classes; only -1.
    **kwargs
        ``reduction``, ``name``, ``dtype``.
    """

    aliases = ("scce",)
    link = staticmethod(activations.softmax)

    def __init__(self, from_logits=False, ignore_class=None, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.ignore_class = None if ignore_class is None else whole("ignore_class", ignore_class, -np.inf)
        self.from_logits, self.axis = from_logits, _last(axis)

    def prepare(self, y_true, shape, dtype):
        return class_numbers(y_true, shape, self.ignore_class)

    def _logits(self, y):
        return y if self.from_logits else np.log(np.clip(y, config.epsilon(), 1 - config.epsilon()))

    def _kept(self, t):
        return np.ones_like(t, bool) if self.ignore_class is None else t != self.ignore_class

    def call(self, t, y):
        kept, log_p = self._kept(t), activations.log_softmax(self._logits(y))
        return -np.take_along_axis(log_p, np.where(kept, t, 0)[..., None], -1)[..., 0] * kept

    def gradient(self, t, y):
        dz = self.gradient_by_logits(t, activations.softmax(self._logits(y)))
        e = config.epsilon()
        return dz if self.from_logits else dz / np.clip(y, e, 1 - e) * clip_gradient(y, e, 1 - e)

    def gradient_by_logits(self, t, y):
        kept, dz = self._kept(t), y.copy()
        index = np.where(kept, t, 0)[..., None]
        np.put_along_axis(dz, index, np.take_along_axis(dz, index, -1) - 1, -1)         # y - one-hot t
        return dz * kept[..., None]


def _smoothing(value):
    if not 0 <= number("label_smoothing", value) <= 1:
        raise ValueError(f"label_smoothing must lie from 0 to 1, but {value!r} was given.")
    return value


def _last(axis):
    if axis != -1:
        raise ValueError(f"Only the last axis (-1) can hold the classes here, but axis={axis!r} was given.")
    return axis
