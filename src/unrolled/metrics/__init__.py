"""Metrics: what is reported while training and evaluating. They are not differentiated."""

import inspect

from ..utils import find
from .base import Mean, Metric
from .confusion import F1Score, FBetaScore, Precision, Recall, confusion_matrix
from .means import (
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    Hinge,
    MeanAbsoluteError,
    MeanSquaredError,
    RootMeanSquaredError,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
)

__all__ = ["Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "CategoricalAccuracy",
           "CategoricalCrossentropy", "F1Score", "FBetaScore", "Hinge", "Mean", "MeanAbsoluteError",
           "MeanSquaredError", "Metric", "Precision", "Recall", "RootMeanSquaredError",
           "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy", "SparseTopKCategoricalAccuracy",
           "TopKCategoricalAccuracy", "confusion_matrix", "get"]


def get(identifier, t_shape=None, y_shape=None):
    """Return the metric of this name, configuration or object.

    ``"accuracy"`` stands for the accuracy that fits the shapes of targets and outputs.
    """
    if inspect.isfunction(identifier) and hasattr(identifier, "loss"):
        identifier = identifier.loss.__name__                # losses.mean_squared_error and its like
    if not isinstance(identifier, str) or identifier not in ("accuracy", "acc") or y_shape is None:
        return find(Metric, identifier)
    if y_shape[-1] == 1:
        return BinaryAccuracy(name=identifier)
    sparse = len(t_shape) < len(y_shape) or t_shape[-1] == 1
    return (SparseCategoricalAccuracy if sparse else CategoricalAccuracy)(name=identifier)
