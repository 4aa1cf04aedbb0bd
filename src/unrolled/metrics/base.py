"""What every metric does: collect over batches."""

import numpy as np

from ..batches import numbers, weights
from ..losses.base import as_float
from ..utils import Configurable, snake_case


class Metric(Configurable):
    """Base of all metrics: `update_state` with each batch, then `result`; `reset_state` starts again.

    Parameters
    ----------
    name : str, optional
        The key in histories, by default made from the class's name.
    dtype : str, optional
        Accepted as in Keras; sums are collected in float64.
    """

    better = None                # "max" if greater values are better, "min" if smaller ones are

    def __init__(self, name=None, dtype=None):
        self.name, self.dtype = name or snake_case(type(self).__name__), dtype
        self.reset_state()

    def reset_state(self):
        """Forget all batches."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take in one batch."""
        raise NotImplementedError

    def result(self):
        """Return the metric over all batches since the last reset."""
        raise NotImplementedError

    def __call__(self, *args, **kwargs):
        self.update_state(*args, **kwargs)
        return self.result()


class Mean(Metric):
    """The mean of all values, by weight."""

    def reset_state(self):
        self.total = self.count = 0.0

    def update_state(self, values, sample_weight=None):
        """Take in `values`, each with its weight."""
        values = numbers("values", values)
        if values is None:
            raise ValueError("A mean is one of numbers, but got None.")
        if sample_weight is None:
            self.total, self.count = self.total + float(values.sum()), self.count + values.size
        else:
            w = np.broadcast_to(weights(sample_weight, values.shape), values.shape)
            self.total, self.count = self.total + float((values * w).sum()), self.count + float(w.sum())

    def result(self):
        return self.total / self.count if self.count else 0.0


class _MeanOf(Mean):
    """The mean over all examples of `call(y_true, y_pred)`."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(self.call(numbers("targets", y_true), as_float(y_pred)), sample_weight)
