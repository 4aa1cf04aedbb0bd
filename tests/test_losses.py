"""Losses by hand and against finite differences. (`test_parity` compares them with Keras.)"""
import numpy as np
import pytest

import unrolled as dl
from unrolled import gradcheck, losses

ALL = [losses.MeanSquaredError(), losses.MeanAbsoluteError(), losses.Huber(0.5), losses.LogCosh(),
       losses.Hinge(),
       losses.SquaredHinge(), losses.CategoricalHinge(), losses.KLDivergence(), losses.Poisson(),
       losses.BinaryCrossentropy(), losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1),
       losses.CategoricalCrossentropy(),
       losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
       losses.SparseCategoricalCrossentropy(),
       losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=1)]


@pytest.mark.parametrize("inner", [(), (3,)])
@pytest.mark.parametrize("loss", ALL, ids=repr)
def test_derivatives(loss, inner):
    """The derivative of the weighted mean, for outputs (N, C) and (N, T, C)."""
    rng = np.random.default_rng(0)
    y = np.exp(rng.standard_normal((4, *inner, 5)))
    y /= y.sum(axis=-1, keepdims=True)
    labels = rng.integers(0, 5, y.shape[:-1])
    t = loss.prepare(labels if "Sparse" in repr(loss) else np.eye(5)[labels], y.shape, y.dtype)
    for w in (None, rng.uniform(0, 2, 4), rng.uniform(0, 2, y.shape[:-1])):
        _, dy = loss.value_and_gradient(t, y, w)
        expected = gradcheck.numerical_gradient(lambda p, w=w: loss.value_and_gradient(t, p, w)[0], y)
        assert np.abs(dy - expected).max() < 1e-7


def test_cross_entropy_of_logits_is_y_minus_t_exactly():
    z = np.array([[1000.0, 0.0, -1000.0]])
    for label, expected in (0, [0, 0, 0]), (1, [1, -1, 0]), (2, [1, 0, -1]):
        for loss, t in ((losses.CategoricalCrossentropy(from_logits=True), np.eye(3)[[label]]),
                        (losses.SparseCategoricalCrossentropy(from_logits=True), np.array([label]))):
            value, dz = loss.value_and_gradient(t, z)
            assert dz.tolist() == [expected] and value == 1000 * label
    value, dz = losses.BinaryCrossentropy(from_logits=True).value_and_gradient(np.array([[1.0, 0.0]]),
                                                                               z[:, :2] - 500)
    assert np.isfinite(value) and np.allclose(dz, [[0, 0]])


def test_probabilities_and_logits_agree():
    z = np.random.default_rng(1).standard_normal((6, 4))
    y = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    t = np.eye(4)[[0, 1, 2, 3, 0, 1]]
    a = losses.CategoricalCrossentropy()(t, y)
    assert np.isclose(a, losses.CategoricalCrossentropy(from_logits=True)(t, z), atol=1e-12)
    assert np.isclose(a, losses.SparseCategoricalCrossentropy()(t.argmax(1), y), atol=1e-12)
    assert np.isclose(a, -np.log(y[t == 1]).mean(), atol=1e-12)


def test_reductions():
    t, y, w = np.zeros((2, 2)), np.array([[1.0, 1.0], [3.0, 3.0]]), [1.0, 3.0]
    for reduction, plain, weighted in (("sum_over_batch_size", 5, 14), ("sum", 10, 28),
                                       (None, [1, 9], [1, 27]),
                                       ("mean_with_sample_weight", 5, 7)):
        loss = losses.MeanSquaredError(reduction=reduction)
        assert np.array_equal(loss(t, y), plain) and np.array_equal(loss(t, y, w), weighted)


def test_a_single_class_is_certain():
    assert losses.categorical_crossentropy([[1], [1]], np.ones((2, 1))) == pytest.approx(0, abs=1e-6)


def test_clipping_begins_beyond_the_ends():
    """A certain output still learns that it is wrong; one that was clipped does not."""
    one, e = np.ones((1, 1)), dl.config.epsilon()
    for y, slope in (1.0, -1), (1.0 + 1e-9, 0), (e, -1 / e), (e / 2, 0):
        assert losses.KLDivergence().gradient(one, np.array([[y]])) == slope


def test_weights_of_masked_steps():
    """By how much the steps that count weigh more, so that their sum over all steps is their mean; also if few or none do."""
    for counted, share in (4, 1.5), (2, 3), (1, 6), (0, 6):
        mask = np.arange(6).reshape(2, 3) < counted
        assert losses.MeanSquaredError().share(mask) == share
        assert losses.MeanSquaredError(reduction="sum").share(mask) == 1


def test_ignored_class_counts_nothing():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    z = np.random.default_rng(0).standard_normal((3, 4))
    t = loss.prepare([2, -1, 0], z.shape, z.dtype)
    assert loss.call(t, z)[1] == 0 and not loss.gradient(t, z)[1].any()


def test_hinge_takes_both_kinds_of_labels():
    y = np.array([[0.3, -0.2]])
    assert losses.hinge([[0, 1]], y) == losses.hinge([[-1, 1]], y) == (1.3 + 1.2) / 2


@pytest.mark.parametrize("make, sentence", [
    (lambda: losses.MeanSquaredError(reduction="average"), "no reduction named 'average'"),
    (lambda: losses.BinaryCrossentropy(label_smoothing=2), "from 0 to 1"),
    (lambda: losses.CategoricalCrossentropy(axis=1), "last axis"),
    (lambda: losses.get("mean_square_error"), "Did you mean 'mean_squared_error'?"),
    (lambda: losses.get(3), "a name or an object"),
    (lambda: losses.mean_squared_error(np.ones((2, 3)), np.ones((2, 2))),
     "(2, 3), but the outputs have shape (2, 2)"),
    (lambda: losses.mean_squared_error(["a", "b"], np.ones(2)), "must be numbers"),
    (lambda: losses.sparse_categorical_crossentropy([[0, 1, 2]], np.ones((3, 3)) / 3),
     "shape (1, 3), but outputs of shape (3, 3) need class numbers of shape (3,)"),
    (lambda: losses.categorical_crossentropy(np.zeros((2, 4)), np.ones((2, 4, 3)) / 3),
     "one-hot targets of shape (2, 4, 3), but got class numbers of shape (2, 4)"),
    (lambda: losses.mean_squared_error(np.ones(4), np.ones((4, 2))), "the outputs have shape (4, 2)"),
])
def test_wrong_arguments(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)


def test_an_axis_of_length_one_may_be_missing_or_too_many():
    y = np.array([[0.5], [0.25]])
    assert losses.mean_squared_error([1, 0], y).tolist() == losses.mean_squared_error([[1], [0]], y).tolist()
    assert losses.mean_squared_error([[1], [0]], y[:, 0]) == (0.25 + 0.0625) / 2
    assert losses.sparse_categorical_crossentropy([[1], [0]], np.eye(2)[[1, 0]]).shape == (2,)


def test_a_vector_of_targets_is_never_broadcast_against_a_column():
    assert losses.MeanSquaredError()(np.array([1.0, 2.0]), np.array([[1.0], [2.0]])) == 0
