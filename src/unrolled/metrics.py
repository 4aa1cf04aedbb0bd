"""Metrics: what is reported while training and evaluating. They collect over batches and are not differentiated."""

import numpy as np

from . import losses
from .utils import Configurable, find, snake_case


class Metric(Configurable):
    """Base of all metrics: `update_state` with each batch, then `result`; `reset_state` starts again.

    Parameters
    ----------
    name : str, optional
        The key in histories, by default made from the class's name.
    dtype : str, optional
        Accepted as in Keras; sums are collected in float64.
    """

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

    def __call__(self, y_true, y_pred, sample_weight=None):
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


class Mean(Metric):
    """The mean of all values, by weight."""

    def reset_state(self):
        self.total = self.count = 0.0

    def update_state(self, values, sample_weight=None):
        """Take in `values`, each with its weight."""
        values = np.asarray(values)
        if sample_weight is None:
            self.total, self.count = self.total + float(values.sum()), self.count + values.size
        else:
            w = np.asarray(sample_weight, dtype=float)
            w = np.broadcast_to(w.reshape(w.shape + (1,) * (values.ndim - w.ndim)), values.shape)
            self.total, self.count = self.total + float((values * w).sum()), self.count + float(w.sum())

    def __call__(self, values, sample_weight=None):
        self.update_state(values, sample_weight)
        return self.result()

    def result(self):
        return self.total / self.count if self.count else 0.0


class _MeanOf(Mean):
    """The mean over all examples of `call(y_true, y_pred)`."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        super().update_state(self.call(np.asarray(y_true), np.asarray(y_pred)), sample_weight)

    def __call__(self, y_true, y_pred, sample_weight=None):
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


# Accuracy

class Accuracy(_MeanOf):
    """The share of outputs that equal their target."""

    def call(self, t, y):
        return losses.same_shape(t, y.shape, y.dtype) == y


class BinaryAccuracy(_MeanOf):
    """The share of outputs on the right side of `threshold`, for targets 0 and 1."""

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(name, dtype)
        self.threshold = threshold

    def call(self, t, y):
        return (losses.same_shape(t, y.shape, y.dtype) == (y > self.threshold)).mean(axis=-1)


class CategoricalAccuracy(_MeanOf):
    """The share of examples whose greatest output is at the one-hot target's 1."""

    def call(self, t, y):
        return losses.same_shape(t, y.shape, y.dtype).argmax(axis=-1) == y.argmax(axis=-1)


class SparseCategoricalAccuracy(_MeanOf):
    """The share of examples whose greatest output is at the target's class number."""

    def call(self, t, y):
        return losses.class_numbers(t, y.shape) == y.argmax(axis=-1)


class TopKCategoricalAccuracy(_MeanOf):
    """The share of examples whose one-hot target is among the `k` greatest outputs."""

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype)
        self.k = k

    def call(self, t, y):
        return in_top_k(losses.same_shape(t, y.shape, y.dtype).argmax(axis=-1), y, self.k)


class SparseTopKCategoricalAccuracy(_MeanOf):
    """The share of examples whose class number is among the `k` greatest outputs."""

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None):
        super().__init__(name, dtype)
        self.k = k

    def call(self, t, y):
        return in_top_k(losses.class_numbers(t, y.shape), y, self.k)


def in_top_k(classes, y, k):
    """Return whether fewer than k outputs exceed the output of the given class."""
    chosen = np.take_along_axis(y, classes[..., None], -1)
    return (y > chosen).sum(axis=-1) < k


# Losses as metrics

class _MeanLoss(_MeanOf):
    """The mean over all examples of a loss; its options are the loss's."""

    loss = None

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


# From the confusion matrix

def confusion_matrix(y_true, y_pred, num_classes=None):
    """Count how often each class was taken for each.

    Parameters
    ----------
    y_true, y_pred : array_like
        Class numbers of shape (N,), or one row per example with the greatest entry at its class.
    num_classes : int, optional
        By default as many as occur.

    Returns
    -------
    numpy.ndarray of int, shape (num_classes, num_classes)
        Entry (i, j) counts examples of class i that were taken for class j.

    Raises
    ------
    ValueError
        If the two differ in length or hold a class number out of range.
    """
    t, y = (a.argmax(axis=-1) if a.ndim == 2 and a.shape[1] > 1 else a.ravel() for a in map(np.asarray, (y_true, y_pred)))
    if t.shape != y.shape or t.size == 0:
        raise ValueError(f"A confusion matrix needs as many predictions as targets, but got {y.size} and {t.size}.")
    classes = num_classes or int(max(t.max(), y.max())) + 1
    t, y = losses.class_numbers(t, (len(t), classes)), losses.class_numbers(y, (len(y), classes))
    return np.bincount(t * classes + y, minlength=classes**2).reshape(classes, classes)


class _Confusion(Metric):
    """Counts of true and false positives and negatives of outputs above `thresholds`."""

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        self.thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        super().__init__(name, dtype)

    def reset_state(self):
        self.tp = self.fp = self.fn = self.tn = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        y = losses.as_float(y_pred)
        t = losses.same_shape(y_true, y.shape, y.dtype) > 0.5
        if self.top_k is not None:
            y = y * (np.argsort(np.argsort(-y, axis=-1, kind="stable"), axis=-1) < self.top_k)
        if self.class_id is not None:
            t, y = t[..., self.class_id, None], y[..., self.class_id, None]
        default = 0.5 if self.top_k is None else 0.0
        p = y > np.asarray(default if self.thresholds is None else self.thresholds).reshape((-1,) + (1,) * y.ndim)
        w = np.ones(1) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        w = w.reshape(w.shape + (1,) * (y.ndim - w.ndim))
        axes = tuple(range(1, p.ndim))
        self.tp = self.tp + (w * (t & p)).sum(axis=axes)
        self.fp = self.fp + (w * (~t & p)).sum(axis=axes)
        self.fn = self.fn + (w * (t & ~p)).sum(axis=axes)
        self.tn = self.tn + (w * (~t & ~p)).sum(axis=axes)

    def _shown(self, values):
        values = np.atleast_1d(values)
        return values if np.ndim(self.thresholds) else float(values[0])


def _ratio(a, b):
    """Return a/b, and 0 where b is 0."""
    return np.divide(a, b, out=np.zeros(np.broadcast(a, b).shape), where=np.asarray(b) != 0)


class Precision(_Confusion):
    """Of the outputs that say yes, the share that is right: tp / (tp + fp)."""

    def result(self):
        return self._shown(_ratio(self.tp, self.tp + self.fp))


class Recall(_Confusion):
    """Of the targets that are yes, the share that was found: tp / (tp + fn)."""

    def result(self):
        return self._shown(_ratio(self.tp, self.tp + self.fn))


class FBetaScore(Metric):
    r"""The mean of precision and recall that counts recall `beta` times as much.

    .. math:: F_\beta = (1 + \beta^2)\frac{P R}{\beta^2 P + R} = \frac{(1 + \beta^2)\,tp}{(1 + \beta^2)\,tp + \beta^2\,fn + fp}

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}
        None gives one score per class; the others their combination over classes.
    beta : float
    threshold : float, optional
        An output counts as yes above it; without one, the greatest output of each row does.
    """

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError(f"average must be None, 'micro', 'macro' or 'weighted', but {average!r} was given.")
        self.average, self.beta, self.threshold = average, beta, threshold
        super().__init__(name, dtype)

    def reset_state(self):
        self.tp = self.fp = self.fn = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        y = losses.as_float(y_pred)
        t = losses.same_shape(y_true, y.shape, y.dtype)
        p = y == y.max(axis=-1, keepdims=True) if self.threshold is None else y > self.threshold
        w = 1.0 if sample_weight is None else np.asarray(sample_weight, dtype=float).reshape(-1, 1)
        self.tp = self.tp + (w * p * t).sum(axis=0)
        self.fp = self.fp + (w * p * (1 - t)).sum(axis=0)
        self.fn = self.fn + (w * ~p * t).sum(axis=0)

    def result(self):
        tp, fp, fn = (v.sum() if self.average == "micro" else v for v in map(np.asarray, (self.tp, self.fp, self.fn)))
        b = self.beta**2
        score = _ratio((1 + b) * tp, (1 + b) * tp + b * fn + fp)
        if self.average == "macro":
            return float(score.mean())
        if self.average == "weighted":
            return float((score * _ratio(tp + fn, (tp + fn).sum())).sum())
        return float(score) if self.average == "micro" else score


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall, `FBetaScore` with beta = 1."""

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average, 1.0, threshold, name, dtype)

    def get_config(self):
        return {key: value for key, value in super().get_config().items() if key != "beta"}


def get(identifier, t_shape=None, y_shape=None):
    """Return the metric of this name, configuration or object.

    ``"accuracy"`` stands for the accuracy that fits the shapes of targets and outputs; its name stays as written.
    """
    if identifier not in ("accuracy", "acc") or y_shape is None:
        return find(Metric, getattr(identifier, "loss", identifier))
    if y_shape[-1] == 1:
        return BinaryAccuracy(name=identifier)
    sparse = len(t_shape) < len(y_shape) or t_shape[-1] == 1
    return (SparseCategoricalAccuracy if sparse else CategoricalAccuracy)(name=identifier)
