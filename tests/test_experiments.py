"""The layers and losses that only experiments have: their equations, samples as rows, and their gradients."""
import numpy as np
import pytest
from cases import normal

from unrolled import gradcheck
from unrolled.activations import sigmoid
from unrolled.layers import LSTM
from unrolled.reproductions.experiments.chapter11 import _OfProbabilities
from unrolled.reproductions.experiments.chapter16 import CoupledLSTM, ResetOnly, UpdateOnly
from unrolled.reproductions.experiments.chapter17 import LastOutput
from unrolled.reproductions.experiments.chapter18 import FourSymbols

pytestmark = pytest.mark.usefixtures("float64")


def coupled(x, h, c, W, U, b):
    f, a, o = np.split(x @ W + h @ U + b, 3, axis=1)
    c = sigmoid(f) * c + (1 - sigmoid(f)) * np.tanh(a)
    return sigmoid(o) * np.tanh(c), c


def update_only(x, h, c, W, U, b):
    u, new = np.split(x @ W + h @ U + b, 2, axis=1)
    return sigmoid(u) * h + (1 - sigmoid(u)) * np.tanh(new), c


def reset_only(x, h, c, W, U, b):
    n = h.shape[1]
    r = sigmoid(x @ W[:, :n] + h @ U[:, :n] + b[:n])
    return np.tanh(x @ W[:, n:] + r * (h @ U[:, n:]) + b[n:]), c


CELLS = {"i = 1 - f": (CoupledLSTM, coupled), "no reset gate": (UpdateOnly, update_only),
         "no update gate": (ResetOnly, reset_only)}


def with_any_weights(layer, x):
    layer(x)
    layer.set_weights([normal(*w.shape, seed=k) for k, w in enumerate(layer.get_weights())])
    return layer


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("bias", [True, False])
def test_cells_compute_their_equations(name, bias):
    (make, step), x = CELLS[name], normal(3, 6, 2)
    layer = with_any_weights(make(4, use_bias=bias, return_sequences=True), x)
    W, U, b = *layer.get_weights()[:2], layer.bias if bias else np.zeros(layer.kernel.shape[1])
    h, c, outputs = np.zeros((3, 4)), np.zeros((3, 4)), []
    for t in range(6):
        h, c = step(x[:, t], h, c, W, U, b)
        outputs.append(h)
    assert np.allclose(layer(x), np.stack(outputs, axis=1), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("sequences", [True, False])
def test_gradients_of_cells(name, sequences):
    x = normal(3, 5, 2)
    for bias in (True, False):
        layer = with_any_weights(CELLS[name][0](4, use_bias=bias, return_sequences=sequences), x)
        assert gradcheck.check(layer, x, seed=0) < 1e-7


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_comes_first_has_the_same_gradients(name):
    x, dy = normal(3, 5, 2), normal(3, 4)
    layer = with_any_weights(CELLS[name][0](4), x)
    layer(x)
    layer.backward(dy)
    gradients = [p.gradient.copy() for p in layer.parameters]
    layer.zero_gradients()
    layer.needs_dx = False
    assert layer.backward(dy) is None
    assert all(np.array_equal(g, p.gradient) for g, p in zip(gradients, layer.parameters, strict=True))


def test_the_last_output_of_a_layer_that_reads_backward_knows_one_step():
    x = normal(3, 5, 2)
    layer = with_any_weights(LastOutput(4), x)
    whole, one = LSTM(4), LSTM(4)
    for lstm, part, weights in (whole, x, layer.get_weights()[:3]), (one, x[:, -1:], layer.get_weights()[3:]):
        lstm(part)
        lstm.set_weights(weights)
    assert np.array_equal(layer(x), np.hstack([whole(x), one(x[:, -1:])]))
    assert gradcheck.check(layer, x, seed=0) < 1e-7
    layer.needs_dx = False
    assert layer.backward(normal(3, 8)) is None


def test_of_its_own_symbols_the_decoder_reads_four_only():
    rows = FourSymbols(4, 6).rows(np.array([[3, 4]]))
    assert rows.tolist() == [[[0, 0, 0, 1, 0, 0], [0] * 6]]


def test_cross_entropy_of_probabilities_is_never_that_of_logits():
    t, y = np.eye(3), np.array([[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    loss = _OfProbabilities()
    assert loss.link is None
    value, slope = loss.value_and_gradient(t, y)
    assert value == pytest.approx(-np.log([0.2, 1 - 1e-7, 1e-7]).mean(), rel=1e-6)
    assert np.allclose(slope[0] * 3, [-4, 1, 1])
    assert not slope[2].any()                                # where the probability is clipped no slope is left
