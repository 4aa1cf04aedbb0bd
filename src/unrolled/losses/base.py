"""What every loss has: weights of the examples, the mean over them, and the shapes of targets."""

import copy

import numpy as np

from .. import batches, config
from ..utils import Configurable, unknown

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss(Configurable):
    """Base of all losses.

    Parameters
    ----------
    reduction : {"sum_over_batch_size", "sum", "mean_with_sample_weight", None}
        Mean over the examples, their sum, their mean by weight, or one number per example.
    name, dtype : str, optional
    """

    link = None

    def __init__(self, reduction="sum_over_batch_size", name=None, dtype=None):
        if not isinstance(reduction, str | None) or reduction not in REDUCTIONS:
            raise unknown("reduction", reduction, [r for r in REDUCTIONS if r])
        self.reduction, self.name, self.dtype = reduction, name, None if dtype is None else config.float_type(dtype)

    def call(self, t, y):
        """Return the loss of each example, shape (N, ...), for y of shape (N, ..., C)."""
        raise NotImplementedError

    def gradient(self, t, y):
        """Return the derivative of each example's loss by its own outputs, in the shape of y."""
        raise NotImplementedError

    def __call__(self, y_true, y_pred, sample_weight=None):
        y = as_float(y_pred, self.dtype)
        values = self.call(self.prepare(y_true, y.shape, y.dtype), y)
        weights, scale = self._weights(values, sample_weight)
        values = values if weights is None else values * weights
        return values if self.reduction in (None, "none") else values.sum() * scale

    def value_and_gradient(self, t, y, sample_weight=None, activated=None):
        """Return the reduced loss and its derivative by y, for targets that `prepare` returned.

        If y are logits whose activation is known already, it can be given as `activated`.
        """
        values = self.call(t, y)
        dy = self.gradient(t, y) if activated is None else self.gradient_by_logits(t, activated)
        weights, scale = self._weights(values, sample_weight)
        if weights is None:
            return values.sum() * scale, dy * scale
        return (values * weights).sum() * scale, dy * np.expand_dims(weights * scale, -1)

    def _weights(self, values, sample_weight):
        """Return the examples' weights (None if equal) and the factor that turns a sum into the reduction."""
        weights = None
        if sample_weight is not None:
            weights = batches.weights(sample_weight, values.shape).astype(values.dtype)
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            total = float(np.broadcast_to(weights, values.shape).sum())
            return weights, 1 / total if total else 0.0
        return weights, 1.0 if self.reduction == "sum" or not values.size else 1 / values.size

    def share(self, mask):
        """Return by what to multiply the weights of the steps that a mask leaves, so that a mean is one over these."""
        return mask.size / max(1, mask.sum()) if self.reduction in ("sum_over_batch_size", "mean") else 1.0

    def prepare(self, y_true, shape, dtype):
        """Return the targets in the shape and type that `call` expects for outputs of this shape.

        Raises
        ------
        ValueError
            If they cannot belong to such outputs.
        """
        return same_shape(y_true, shape, dtype)

    def of_logits(self):
        """Return this loss in the form that takes the logits of the activation `link`."""
        loss = copy.copy(self)
        loss.from_logits = True
        return loss


def as_float(array, dtype=None):
    """Return an array of floating-point numbers; floats keep their type unless another is asked for."""
    array = batches.numbers("outputs", array)
    if array is None or not array.ndim or not array.shape[-1]:
        raise ValueError(f"The outputs must be rows of numbers, (N, ..., C), but their shape is {np.shape(array)}.")
    return array.astype(dtype or (array.dtype if array.dtype.kind == "f" else config.floatx()), copy=False)


def same_shape(y_true, shape, dtype):
    """Return targets as floats in the outputs' shape; an axis of length 1 may be missing or too many."""
    t = batches.numbers("targets", () if y_true is None else y_true)
    if t.ndim + 1 == len(shape) and shape[-1] == 1:
        t = t[..., None]
    elif t.ndim == len(shape) + 1 and t.shape[-1] == 1:
        t = t[..., 0]
    if t.shape != tuple(shape):
        raise ValueError(f"The targets have shape {t.shape}, but the outputs have shape "
                         f"{tuple(shape)}. Both must be the same (a last axis of length 1 may be left out).")
    return t.astype(dtype, copy=False)


def class_numbers(y_true, shape, extra=None):
    """Return targets as whole class numbers, one per row of outputs of this shape."""
    t = batches.numbers("targets", () if y_true is None else y_true)
    if t.shape == tuple(shape) and shape[-1] > 1:
        raise ValueError("Sparse categorical cross-entropy needs class numbers of shape "
                         f"{tuple(shape[:-1])}, but got rows of shape {t.shape}. For one-hot rows use "
                         "loss='categorical_crossentropy'.")
    if t.ndim == len(shape) and t.shape[-1] == 1:
        t = t[..., 0]
    if t.shape != tuple(shape[:-1]):
        raise ValueError(f"The targets have shape {t.shape}, but outputs of shape {tuple(shape)} "
                         f"need class numbers of shape {tuple(shape[:-1])}.")
    if not np.isfinite(t).all() or not np.array_equal(t, np.floor(t)):
        raise ValueError("The targets must be whole class numbers, but some are not.")
    t = t.astype(int)
    known = t if extra is None else t[t != extra]
    if known.size and not (known.min() >= 0 and known.max() < shape[-1]):
        raise ValueError(f"Class numbers must lie from 0 to {shape[-1] - 1}, because the outputs have "
                         f"{shape[-1]} classes, but they range from {known.min()} to {known.max()}.")
    return t
