"""Metrics from counts of what was taken for what: precision, recall, F-scores, the confusion matrix."""

import numpy as np

from ..batches import check_finite, number, numbers, weights, whole
from ..losses.base import as_float, class_numbers, same_shape
from .base import Metric


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
    t, y = (a.argmax(axis=-1) if a.ndim == 2 and a.shape[1] > 1 else a.ravel()
            for a in (numbers(name, () if a is None else a) for name, a in (("targets", y_true), ("predictions", y_pred))))
    if t.shape != y.shape or t.size == 0:
        raise ValueError("A confusion matrix needs as many predictions as targets, "
                         f"but got {y.size} and {t.size}.")
    for name, a in ("targets", t), ("predictions", y):
        check_finite(name, a)
    classes = int(max(t.max(), y.max(), 0)) + 1 if num_classes is None else whole("num_classes", num_classes)
    if classes > 10_000:
        raise ValueError(f"A confusion matrix of {classes} classes would not fit: there may be 10000.")
    t, y = class_numbers(t, (len(t), classes)), class_numbers(y, (len(y), classes))
    return np.bincount(t * classes + y, minlength=classes**2).reshape(classes, classes)


class _Confusion(Metric):
    """Counts of true and false positives and negatives of outputs above `thresholds`."""

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        for threshold in thresholds if isinstance(thresholds, list | tuple) else [0.5 if thresholds is None else thresholds]:
            number("A threshold", threshold)
        self.thresholds, self.top_k = thresholds, None if top_k is None else whole("top_k", top_k)
        self.class_id = None if class_id is None else whole("class_id", class_id, 0)
        super().__init__(name, dtype)

    def reset_state(self):
        self.tp = self.fp = self.fn = self.tn = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        y = as_float(y_pred)
        t = same_shape(y_true, y.shape, y.dtype) > 0.5
        if self.top_k is not None:
            y = y * (np.argsort(np.argsort(-y, axis=-1, kind="stable"), axis=-1) < self.top_k)
        if self.class_id is not None:
            if self.class_id >= y.shape[-1]:
                raise ValueError(f"There is no class {self.class_id} among outputs of {y.shape[-1]}.")
            t, y = t[..., self.class_id, None], y[..., self.class_id, None]
        default = 0.5 if self.top_k is None else 0.0
        thresholds = np.asarray(default if self.thresholds is None else self.thresholds)
        p = y > thresholds.reshape((-1,) + (1,) * y.ndim)
        w = np.ones(1) if sample_weight is None else weights(sample_weight, y.shape)
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

    better = "max"

    def result(self):
        return self._shown(_ratio(self.tp, self.tp + self.fp))


class Recall(_Confusion):
    """Of the targets that are yes, the share that was found: tp / (tp + fn)."""

    better = "max"

    def result(self):
        return self._shown(_ratio(self.tp, self.tp + self.fn))


class FBetaScore(Metric):
    r"""The mean of precision and recall that counts recall `beta` times as much.

    .. math:: F_\beta = (1 + \beta^2)\frac{P R}{\beta^2 P + R}
              = \frac{(1 + \beta^2)\,tp}{(1 + \beta^2)\,tp + \beta^2\,fn + fp}

    Parameters
    ----------
    average : {None, "micro", "macro", "weighted"}
        None gives one score per class; the others their combination over classes.
    beta : float
    threshold : float, optional
        An output counts as yes above it; without one, the greatest output of each row does.
    """

    better = "max"

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        if average not in (None, "micro", "macro", "weighted"):
            raise ValueError("average must be None, 'micro', 'macro' or 'weighted', "
                             f"but {average!r} was given.")
        if not 0 < number("beta", beta) < 1e150:
            raise ValueError(f"beta must be greater than 0, with a finite square, but {beta!r} was given.")
        self.average, self.beta = average, beta
        self.threshold = None if threshold is None else number("threshold", threshold)
        super().__init__(name, dtype)

    def reset_state(self):
        self.tp = self.fp = self.fn = 0.0

    def update_state(self, y_true, y_pred, sample_weight=None):
        y = as_float(y_pred)
        t = same_shape(y_true, y.shape, y.dtype)
        p = y == y.max(axis=-1, keepdims=True) if self.threshold is None else y > self.threshold
        if y.ndim != 2:
            raise ValueError(f"An F-score needs outputs (N, C), but got shape {y.shape}.")
        w = 1.0 if sample_weight is None else weights(sample_weight, y.shape)
        self.tp = self.tp + (w * p * t).sum(axis=0)
        self.fp = self.fp + (w * p * (1 - t)).sum(axis=0)
        self.fn = self.fn + (w * ~p * t).sum(axis=0)

    def result(self):
        tp, fp, fn = map(np.asarray, (self.tp, self.fp, self.fn))
        if self.average == "micro":
            tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
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
