"""Metrics that are means over the examples: accuracies, and losses reported as metrics."""

import numpy as np

from .. import losses
from ..batches import number, whole
from ..losses.base import class_numbers, same_shape
from .base import _MeanOf


class Accuracy(_MeanOf):
    """The share of outputs that equal their target."""

    better = "max"

    def call(self, t, y):
        return same_shape(t, y.shape, y.dtype) == y


class BinaryAccuracy(_MeanOf):
    """The share of outputs on the right side of `threshold`, for targets 0 and 1."""

    better = "max"

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(name, dtype)
        self.threshold = number("threshold", threshold)

    def call(self, t, y):
        return (same_shape(t, y.shape, y.dtype) == (y > self.threshold)).mean(axis=-1)


class CategoricalAccuracy(_MeanOf):
    """The share of examples whose greatest output is at the one-hot target's 1."""

    better = "max"

    def call(self, t, y):
        return same_shape(t, y.shape, y.dtype).argmax(axis=-1) == y.argmax(axis=-1)


class SparseCategoricalAccuracy(_MeanOf):
    """The share of examples whose greatest output is at the target's class number."""

    better = "max"

    def call(self, t, y):
        return class_numbers(t, y.shape) == y.argmax(axis=-1)


class TopKCategoricalAccuracy(_MeanOf):
    """The share of examples whose one-hot target is among the `k` greatest outputs."""

    better = "max"

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype)
        self.k = whole("k", k)

    def call(self, t, y):
        return in_top_k(same_shape(t, y.shape, y.dtype).argmax(axis=-1), y, self.k)


class SparseTopKCategoricalAccuracy(_MeanOf):
    """The share of examples whose class number is among the `k` greatest outputs."""

    better = "max"

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype)
        self.k = whole("k", k)

    def call(self, t, y):
        return in_top_k(class_numbers(t, y.shape), y, self.k)


def in_top_k(classes, y, k):
    """Return whether fewer than k outputs exceed the output of the given class."""
    chosen = np.take_along_axis(y, classes[..., None], -1)
    return (y > chosen).sum(axis=-1) < k


class _MeanLoss(_MeanOf):
    """The mean over all examples of a loss; its options are the loss's."""

    loss, better = None, "min"

    def __init__(self, name=None, dtype=None, **options):
        super().__init__(name, dtype)
        self.options, self.function = options, self.loss(reduction=None, **options)

    def call(self, t, y):
        return self.function(t, y)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype, **self.options}


class MeanSquaredError(_MeanLoss):
    """The mean squared difference."""

    aliases, loss = ("mse",), losses.MeanSquaredError


class RootMeanSquaredError(_MeanLoss):
    """The square root of the mean squared difference over all batches."""

    aliases, loss = ("rmse",), losses.MeanSquaredError

    def result(self):
        return super().result() ** 0.5


class MeanAbsoluteError(_MeanLoss):
    """The mean absolute difference."""

    aliases, loss = ("mae",), losses.MeanAbsoluteError


class BinaryCrossentropy(_MeanLoss):
    """The mean binary cross-entropy."""

    aliases, loss = ("bce",), losses.BinaryCrossentropy


class CategoricalCrossentropy(_MeanLoss):
    """The mean cross-entropy of one-hot targets."""

    aliases, loss = ("cce",), losses.CategoricalCrossentropy


class SparseCategoricalCrossentropy(_MeanLoss):
    """The mean cross-entropy of class numbers."""

    aliases, loss = ("scce",), losses.SparseCategoricalCrossentropy


class Hinge(_MeanLoss):
    """The mean hinge loss."""

    loss = losses.Hinge
