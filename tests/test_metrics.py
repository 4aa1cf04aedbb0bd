"""Metrics by hand. (`test_parity` compares them with Keras.)"""
import numpy as np
import pytest

from unrolled import metrics


def test_confusion_matrix_counts_targets_by_predictions():
    t, y = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2]
    expected = [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    assert metrics.confusion_matrix(t, y).tolist() == expected
    assert metrics.confusion_matrix(np.eye(3)[t], np.eye(3)[y] * 0.6).tolist() == expected
    assert metrics.confusion_matrix(np.transpose([t]), np.transpose([y])).tolist() == expected      # columns of class numbers
    assert metrics.confusion_matrix(t, y, num_classes=4).shape == (4, 4)
    for bad in ([0, 1], []), ([0, -1], [0, 1]), ([], []):
        with pytest.raises(ValueError):
            metrics.confusion_matrix(*bad)


def test_precision_recall_and_f1_from_counts():
    t, y = np.array([1, 1, 1, 0, 0])[:, None], np.array([0.9, 0.6, 0.4, 0.8, 0.1])[:, None]
    precision, recall, f1 = metrics.Precision(), metrics.Recall(), metrics.F1Score(threshold=0.5)
    assert np.isclose(precision(t, y), 2 / 3) and np.isclose(recall(t, y), 2 / 3)
    precision.update_state(t, y)                                             # counts add up over batches
    assert [n.item() for n in (precision.tp, precision.fp, precision.fn, precision.tn)] == [4, 2, 2, 2]
    assert np.isclose(f1(t, y), [2 / 3])
    assert metrics.Precision()(t, np.zeros((5, 1))) == 0                     # nothing said yes: 0, not 0/0
    assert np.allclose(metrics.Recall(thresholds=[0.0, 0.7, 1.0])(t, y), [1, 1 / 3, 0])


def test_the_mean_is_over_all_batches_not_of_batch_means():
    accuracy = metrics.SparseCategoricalAccuracy()
    accuracy.update_state([0], [[1.0, 0.0]])
    accuracy.update_state([0, 0, 0], [[0.0, 1.0]] * 3)
    assert accuracy.result() == 0.25
    accuracy.reset_state()
    assert accuracy.result() == 0


@pytest.mark.parametrize("y_shape, t_shape, expected", [
    ((None, 1), (None,), metrics.BinaryAccuracy), ((None, 3), (None,), metrics.SparseCategoricalAccuracy),
    ((None, 3), (None, 1), metrics.SparseCategoricalAccuracy), ((None, 5, 3), (None, 5, 1), metrics.SparseCategoricalAccuracy),
    ((None, 5, 3), (None, 5), metrics.SparseCategoricalAccuracy), ((None, 1, 3), (None, 1, 3), metrics.CategoricalAccuracy),
    ((None, 3), (None, 3), metrics.CategoricalAccuracy)])
def test_accuracy_fits_the_shapes(y_shape, t_shape, expected):
    assert type(metrics.get("accuracy", t_shape, y_shape)) is expected


def test_losses_as_metrics():
    from unrolled import losses
    metric = metrics.get(losses.mean_squared_error)
    assert type(metric) is metrics.MeanSquaredError and metric([[0.0]], [[3.0]]) == 9


def test_names():
    assert metrics.get("mse").name == "mean_squared_error" and metrics.F1Score().name == "f1_score"
    with pytest.raises(ValueError, match="Did you mean 'precision'"):
        metrics.get("precison")
    with pytest.raises(ValueError, match="average must be"):
        metrics.F1Score(average="mean")
    for name in ("_mean_of", "mean_of", "meanof"):
        with pytest.raises(ValueError):
            metrics.get(name)


@pytest.mark.parametrize("metric",
                         [metrics.F1Score("macro", 0.5), metrics.Precision(thresholds=[0.2]), metrics.Mean(),
                                    metrics.BinaryCrossentropy(label_smoothing=0.1),
                                    metrics.TopKCategoricalAccuracy(3)])
def test_configurations_make_the_same_metric_again(metric):
    again = type(metric).from_config(metric.get_config())
    assert again.get_config() == metric.get_config()
