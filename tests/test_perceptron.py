"""The perceptron: its arithmetic, its end, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.perceptron import Perceptron, step

POSITIONS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def test_step_at_the_threshold():
    assert step([-1, 0, 1]).tolist() == [0, 1, 1]
    assert step([-1, 0, 1], strict=True).tolist() == [0, 0, 1]
    assert step(0.0).shape == ()


@pytest.mark.parametrize("table", range(16))
def test_learns_what_a_line_can_part(table):
    """Of the sixteen tables of two inputs, all but XOR and its opposite."""
    t = [table >> k & 1 for k in range(4)]
    perceptron = Perceptron().fit(POSITIONS, t, epochs=100)
    assert perceptron.converged is (t not in ([0, 1, 1, 0], [1, 0, 0, 1]))
    assert (perceptron.predict(POSITIONS).tolist() == t) is perceptron.converged


def test_record_of_the_course():
    """What is recorded is the state before, and the next state follows from the correction."""
    presentations = Perceptron().fit(POSITIONS, [0, 0, 0, 1]).presentations
    assert [p.k for p in presentations] == list(range(1, len(presentations) + 1))
    for now, after in zip(presentations, presentations[1:], strict=False):
        assert now.y == step(now.w @ now.x + now.b) and now.error == now.t - now.y
        assert np.array_equal(after.w, now.w + now.error * now.x) and after.b == now.b + now.error
    assert not any(p.error for p in presentations[-4:]) and any(p.error for p in presentations[-8:-4])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.booleans())
def test_novikoff_bound(seed, dim, strict):
    """Separable data are learned within R² / γ² corrections."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=dim + 1)
    u /= np.linalg.norm(u)
    x = rng.normal(size=(30, dim))
    margin = np.c_[x, np.ones(30)] @ u
    x, t = x[abs(margin) > 0.1], (margin > 0)[abs(margin) > 0.1].astype(int)
    if not len(x):
        return
    x1 = np.c_[x, np.ones(len(x))]
    bound = (x1**2).sum(axis=1).max() / ((2 * t - 1) * (x1 @ u)).min() ** 2
    perceptron = Perceptron(strict).fit(x, t, epochs=int(bound) + 2)
    assert perceptron.converged and sum(p.error != 0 for p in perceptron.presentations) <= bound


@pytest.mark.parametrize("x, t, sentence", [
    (POSITIONS, [0, 1], "shapes \\(4, 2\\) and \\(2,\\)"),
    (np.empty((0, 2)), [], "nothing to learn from"),
    (POSITIONS, [0, 1, 2, 0], "0 or 1; found 2"),
    (POSITIONS, [-1, 1, 1, -1], "0 or 1; found -1"),
    ([[0, np.nan]], [1], "NaN or infinite"),
    ([1, 2, 3], [0, 1, 0], "shapes \\(3,\\)"),
])
def test_bad_input_changes_nothing(x, t, sentence):
    perceptron = Perceptron().fit(POSITIONS, [0, 0, 0, 1])
    before = perceptron.w.copy(), perceptron.b
    with pytest.raises(ValueError, match=sentence):
        perceptron.fit(x, t)
    assert np.array_equal(perceptron.w, before[0]) and perceptron.b == before[1]


def test_predict_needs_learning_and_fitting_inputs():
    with pytest.raises(RuntimeError, match="call fit first"):
        Perceptron().predict(POSITIONS)
    learned = Perceptron().fit(POSITIONS, [0, 1, 1, 1])
    with pytest.raises(ValueError, match="2 inputs; it was given an array of shape \\(4, 3\\)"):
        learned.predict(np.zeros((4, 3)))
    assert learned.predict([1, 0]) == 1
    with pytest.raises(ValueError, match="epochs must be a positive whole number, but 0"):
        learned.fit(POSITIONS, [0, 1, 1, 1], epochs=0)
