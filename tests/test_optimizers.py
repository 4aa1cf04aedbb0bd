"""Optimizers by hand. (`test_parity` compares them with Keras.)"""
import math

import numpy as np
import pytest

from unrolled import optimizers
from unrolled.optimizers import schedules


def steps(optimizer, gradients, start=1.0):
    """The weight after each of these gradients."""
    w, found = np.array([start]), []
    for g in gradients:
        optimizer.apply([np.array([g])], [w])
        found.append(float(w[0]))
    return found


def test_sgd_momentum_and_nesterov():
    g = [1.0, -2.0, 0.5]
    assert np.allclose(steps(optimizers.SGD(0.1), g), [0.9, 1.1, 1.05])
    m1, m2 = -0.1, 0.9 * -0.1 + 0.2
    assert np.allclose(steps(optimizers.SGD(0.1, momentum=0.9), g[:2]), [1 + m1, 1 + m1 + m2])
    assert np.allclose(steps(optimizers.SGD(0.1, momentum=0.9, nesterov=True), g[:1]), [1 + 0.9 * m1 - 0.1])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_adam_first_step_is_the_learning_rate(scale):
    """Without the power t in its corrections it would be √(1 - β₂)/(1 - β₁) times as long or go on so."""
    for paper in (False, True):
        found = steps(optimizers.Adam(0.01, epsilon=1e-12, epsilon_hat=not paper), [scale] * 5)
        # constant gradients: constant steps
        assert np.allclose(found, 1 - 0.01 * np.arange(1, 6), rtol=1e-6)


def test_where_adam_adds_epsilon():
    """Keras: η·c·m/(√v + ε); Kingma and Ba's Algorithm 1: the same with ε/√(1 - β₂ᵗ) in place of ε."""
    g, eps, b2 = 1e-3, 1e-2, 0.999
    keras, paper = (steps(optimizers.Adam(1.0, epsilon=eps, epsilon_hat=hat), [g])[0] for hat in (True,
                                                                                                  False))
    s = math.sqrt(1 - b2)
    assert np.isclose(1 - keras, s * g / (s * g + eps)) and np.isclose(1 - paper, g / (g + eps))


def test_one_formula_for_arrays_of_any_shape_and_length():
    """A long vector is updated in pieces; the result is that of the same numbers in a matrix, bit for bit."""
    rng = np.random.default_rng(0)
    n = 2 * optimizers.BLOCK + 4
    w, g = rng.standard_normal((2, n)).astype("float32")
    for name in ("SGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW"):
        flat, matrix = w.copy(), w.reshape(4, -1).copy()
        for variable in (flat, matrix):
            optimizer = getattr(optimizers, name)(0.01)
            for _ in range(2):
                optimizer.apply([g.reshape(variable.shape)], [variable])
            assert variable.dtype == "float32" and optimizer.iterations == 2
        assert np.array_equal(flat, matrix.ravel()) and not np.array_equal(flat, w)


def test_clipping_leaves_the_caller_s_gradients_alone():
    for options in (dict(clipnorm=1.0), dict(clipvalue=0.5), dict(global_clipnorm=1.0)):
        g, w = [np.array([3.0, 4.0]), np.array([0.0])], [np.zeros(2), np.zeros(1)]
        optimizers.SGD(1.0, **options).apply(g, w)
        assert g[0].tolist() == [3, 4]
        assert np.allclose(w[0], [-0.5, -0.5] if "clipvalue" in options else [-0.6, -0.8])


def test_a_zero_gradient_is_not_clipped_to_nan():
    for options in (dict(clipnorm=1.0), dict(global_clipnorm=1.0)):
        assert steps(optimizers.SGD(1.0, **options), [0.0]) == [1.0]


def test_schedules_and_rates_that_are_set():
    optimizer = optimizers.SGD(schedules.PiecewiseConstantDecay([0], [1.0, 0.5]))
    assert steps(optimizer, [1.0, 1.0]) == [0.0, -0.5]
    optimizer.learning_rate = 0.25
    assert optimizer.learning_rate == 0.25


def test_apply_gradients_takes_pairs():
    w = np.zeros(2)
    optimizers.SGD(0.5).apply_gradients([(np.ones(2), w)])
    assert w.tolist() == [-0.5, -0.5]


@pytest.mark.parametrize("make, sentence", [
    (lambda: optimizers.SGD(-1), "0 or greater, but -1"), (lambda: optimizers.SGD(math.nan), "finite"),
    (lambda: optimizers.SGD(momentum=2), "momentum must lie from 0 to 1"),
    (lambda: optimizers.SGD(clipnorm=1, clipvalue=1), "at most one of"),
    (lambda: optimizers.Adam(clipnorm=0), "greater than 0"),
    (lambda: optimizers.SGD().apply([np.ones(2)], [np.ones(3)]), "shapes [(2,)], but the variables [(3,)]"),
    (lambda: optimizers.get("sdg"), "Did you mean 'sgd'?"),
    (lambda: optimizers.SGD("fast"), "a finite number, 0 or greater, but 'fast'"),
    (lambda: optimizers.Adam(beta_1=1.0), "beta_1 must be at least 0 and less than 1, but 1.0"),
    (lambda: optimizers.AdamW(beta_2=-0.1), "beta_2 must be at least 0"),
    (lambda: optimizers.RMSprop(rho=2), "rho must be at least 0"),
    (lambda: optimizers.RMSprop(momentum=1.5), "momentum must be at least 0"),
    (lambda: optimizers.Adadelta(rho=1), "rho must be at least 0"),
    (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), "decay_steps must be greater than 0, but 0"),
    (lambda: schedules.CosineDecay(0.1, -1), "decay_steps must be greater than 0"),
    (lambda: schedules.PolynomialDecay(0.1, 0), "decay_steps must be greater than 0"),
    (lambda: schedules.PiecewiseConstantDecay([1], [1.0]), "one value more"),
])
def test_wrong_arguments(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)


def test_an_optimizer_belongs_to_its_variables():
    optimizer = optimizers.Adam()
    optimizer.apply([np.ones(2)], [np.ones(2)])
    with pytest.raises(ValueError, match="Make a new one"):
        optimizer.apply([np.ones(2)] * 2, [np.ones(2)] * 2)
