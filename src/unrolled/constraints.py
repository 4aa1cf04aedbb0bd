"""Limits on weights, applied after each step: ``constraint(w)`` returns the nearest allowed weights."""

import numpy as np

from . import config
from .batches import number, whole
from .utils import Configurable, find


class Constraint(Configurable):
    """Base of all constraints."""

    def __call__(self, w):
        raise NotImplementedError


class MaxNorm(Constraint):
    r"""Keep the weights into each unit within a ball: a longer vector is scaled back to length `max_value`.

    .. math:: w \leftarrow w\,\frac{\min(\|w\|, c)}{\varepsilon + \|w\|}

    Parameters
    ----------
    max_value : float
        c, the greatest length.
    axis : int or tuple of int
        The axes that make up one vector; 0 for a kernel of shape (inputs, units).
    """

    def __init__(self, max_value=2, axis=0):
        if not number("max_value", max_value) >= 0:
            raise ValueError(f"max_value must be 0 or greater, but {max_value!r} was given.")
        self.max_value, self.axis = max_value, _axes(axis)

    def __call__(self, w):
        norm = _norm(w, self.axis)
        return w * (np.minimum(norm, self.max_value) / (config.epsilon() + norm))


class UnitNorm(Constraint):
    """Scale the weights into each unit to length 1."""

    def __init__(self, axis=0):
        self.axis = _axes(axis)

    def __call__(self, w):
        return w / (config.epsilon() + _norm(w, self.axis))


class NonNeg(Constraint):
    """Set negative weights to zero."""

    aliases = ("nonneg", "non_neg")

    def __call__(self, w):
        return np.maximum(w, 0)


def _axes(axis):
    """Return an axis, or several, as they were given."""
    for one in axis if isinstance(axis, list | tuple) else [axis]:
        whole("axis", one, -np.inf)
    return axis


def _norm(w, axis):
    axes = tuple(axis) if isinstance(axis, list | tuple) else (axis,)
    if not all(-w.ndim <= k < w.ndim for k in axes):
        raise ValueError(f"A constraint along axis {axis} does not fit a weight of shape {w.shape}.")
    return np.sqrt((w * w).sum(axis=axes, keepdims=True))


def get(identifier):
    """Return the constraint of this name, configuration or object; None stays None."""
    return None if identifier is None else find(Constraint, identifier)
