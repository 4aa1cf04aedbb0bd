"""Recurrent layers and Keras's: outputs, states, all gradients and ten steps, over random shapes, masks and forms."""
import cases
import numpy as np
import parity
import pytest
from cases import normal
from hypothesis import given
from hypothesis import strategies as st

import unrolled

pytestmark = pytest.mark.usefixtures("both_float64")
few = cases.few(6)
once = cases.few(1)
sizes, seeds = st.integers(1, 5), st.integers(0, 1000)
options = st.fixed_dictionaries({name: st.booleans() for name in (
    "return_sequences", "go_backwards", "use_bias", "zero_output_for_mask")})


CELLS = {
    "simple": lambda dl, units, **k: dl.layers.SimpleRNN(units, **k),
    "simple, relu": lambda dl, units, **k: dl.layers.SimpleRNN(units, "relu", **k),
    "lstm": lambda dl, units, **k: dl.layers.LSTM(units, **k),
    "lstm, other functions": lambda dl, units, **k: dl.layers.LSTM(units, "softsign", "hard_sigmoid", **k),
    "gru, reset after": lambda dl, units, **k: dl.layers.GRU(units, reset_after=True, **k),
    "gru, reset before": lambda dl, units, **k: dl.layers.GRU(units, reset_after=False, **k),
    "gru, other functions": lambda dl, units, **k: dl.layers.GRU(units, "softsign", "hard_sigmoid", **k),
}


def assert_same_call(make, x, seed, mask=None, states=None):
    """One call of a layer that returns its states: all that comes out, and every derivative."""
    import tensorflow as tf

    rng = np.random.default_rng(seed)
    ours, theirs = make(unrolled), make(parity.keras())
    theirs.build(x.shape)
    theirs.set_weights([rng.uniform(-0.7, 0.7, w.shape) for w in theirs.get_weights()])
    ours(x)
    ours.set_weights(theirs.get_weights())
    ours.zero_gradients()
    points = [tf.Variable(a) for a in (x, *(states or []))]
    with tf.GradientTape() as tape:
        them = theirs(points[0], mask=mask, initial_state=points[1:] if states else None)
        vs = [rng.standard_normal(y.shape) for y in them]
        number = sum(tf.reduce_sum(y * v) for y, v in zip(them, vs, strict=True))
    by_weights, by_points = tape.gradient(number, [theirs.trainable_weights, points])
    us = ours(x, mask=mask, initial_state=states)
    parity.assert_close(list(us), [y.numpy() for y in them], "output")
    several = len(us) - len(ours.state_size)                 # outputs that are not merged come as two
    dx = ours.backward(vs[0] if several == 1 else tuple(vs[:several]), vs[several:])
    parity.assert_close([p.gradient for p in ours.parameters], [g.numpy() for g in by_weights], "gradient")
    by_points = [np.zeros(p.shape) if g is None else g.numpy() for g, p in zip(by_points, points, strict=True)]
    parity.assert_close(dx, by_points[0], "gradient of the input")
    if states:
        parity.assert_close(ours.dinitial_state, by_points[1:], "gradient of the initial state")
    return ours


def random_mask(n, length, seed):
    """Any steps may be skipped: the first, the last, or all of a sequence."""
    return np.random.default_rng(seed).random((n, length)) < np.random.default_rng(seed).random((n, 1))


@pytest.mark.parametrize("name", CELLS)
@few
@given(n=sizes, length=sizes, features=sizes, units=sizes, masked=st.booleans(), started=st.booleans(),
       options=options, seed=seeds)
def test_layers(name, n, length, features, units, masked, started, options, seed):
    def make(dl):
        return CELLS[name](dl, units, return_state=True, **options)

    count = 2 if "lstm" in name else 1
    assert_same_call(make, normal(n, length, features, seed=seed), seed, random_mask(n, length, seed) if masked else None,
                     [normal(n, units, seed=seed + k) for k in range(count)] if started else None)


@pytest.mark.parametrize("name", ["simple", "lstm", "gru, reset after", "gru, reset before"])
def test_masked_steps_before_the_first(name):
    """Nothing was computed that could be repeated: the output is zero, though the state is not."""
    x, mask = normal(2, 4, 3), np.array([[0, 0, 1, 0], [0, 0, 0, 0]], bool)
    states = [normal(2, 5, seed=k) for k in range(2 if name == "lstm" else 1)]
    ours = assert_same_call(lambda dl: CELLS[name](dl, 5, return_sequences=True, return_state=True), x, 0, mask, states)
    y, h, *_ = ours(x, mask=mask, initial_state=states)
    assert not y[0, :2].any() and not y[1].any() and np.array_equal(y[0, 3], y[0, 2])
    assert np.array_equal(h[1], states[0][1])


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
@few
@given(n=sizes, length=sizes, features=sizes, units=sizes, masked=st.booleans(), started=st.booleans(),
       sequences=st.booleans(), cell=st.sampled_from(["simple", "lstm", "gru, reset after"]), seed=seeds)
def test_bidirectional(merge_mode, n, length, features, units, masked, started, sequences, cell, seed):
    def make(dl):
        return dl.layers.Bidirectional(CELLS[cell](dl, units, return_sequences=sequences, return_state=True),
                                       merge_mode=merge_mode)

    count = 4 if cell == "lstm" else 2
    assert_same_call(make, normal(n, length, features, seed=seed), seed, random_mask(n, length, seed) if masked else None,
                     [normal(n, units, seed=seed + k) for k in range(count)] if started else None)


def test_two_different_directions():
    assert_same_call(lambda dl: dl.layers.Bidirectional(
        dl.layers.LSTM(3, return_state=True), merge_mode="concat",
        backward_layer=dl.layers.LSTM(5, "relu", go_backwards=True, return_state=True)), normal(4, 6, 2), 0)


# In models

MODELS = {
    "two layers": lambda dl, cell, units: [
        CELLS[cell](dl, units, return_sequences=True), CELLS[cell](dl, 3, go_backwards=True), dl.layers.Dense(2)],
    "both directions": lambda dl, cell, units: [
        dl.layers.Bidirectional(CELLS[cell](dl, units, return_sequences=True)),
        dl.layers.Bidirectional(CELLS[cell](dl, units), "sum"), dl.layers.Dense(2)],
    "masking": lambda dl, cell, units: [
        dl.layers.Masking(0.5), CELLS[cell](dl, units, return_sequences=True), dl.layers.Dense(3, "tanh"),
        CELLS[cell](dl, 3), dl.layers.Dense(2)],
    "repeated": lambda dl, cell, units: [
        CELLS[cell](dl, units), dl.layers.RepeatVector(4), CELLS[cell](dl, 3, return_sequences=True),
        dl.layers.TimeDistributed(dl.layers.Dense(2, "tanh")), dl.layers.Flatten(), dl.layers.Dense(2)],
}


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru, reset after", "gru, reset before"])
@pytest.mark.parametrize("name", MODELS)
@once
@given(n=st.integers(2, 4), length=sizes, units=sizes, seed=seeds)
def test_models(name, cell, n, length, units, seed):
    """Outputs and gradients, then weights after ten steps."""
    def script(dl):
        return dl.Sequential([dl.Input((length, 3)), *MODELS[name](dl, cell, units)])

    x = normal(2 * n, length, 3, seed=seed)
    x[random_mask(2 * n, length, seed)] = 0.5
    parity.assert_same_layer(script, x, seed=seed)
    parity.assert_same_training(script, x, normal(2 * n, 2, seed=seed + 1), lambda dl: dict(
        optimizer=dl.optimizers.SGD(2**-4, global_clipnorm=1.0), loss="mse"), seed=seed)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("tagger", [False, True])
def test_words_of_sentences(tagger, weighted):
    """Symbol 0 fills up: it is skipped, by the loss and the metrics too where each step has an output."""
    def script(dl):
        last = dl.layers.Dense(3, "softmax")
        return dl.Sequential([
            dl.Input((6,), dtype="int32"), dl.layers.Embedding(5, 4, mask_zero=True),
            dl.layers.Bidirectional(dl.layers.GRU(3, return_sequences=tagger)), dl.layers.Dropout(0.0),
            dl.layers.TimeDistributed(last) if tagger else last])

    rng = np.random.default_rng(0)
    x = rng.integers(1, 5, (12, 6)) * (np.arange(6) < rng.integers(1, 7, (12, 1)))
    y = np.eye(3)[rng.integers(0, 3, (12, 6) if tagger else 12)]
    more = {"sample_weight": rng.integers(0, 8, y.shape[:-1]) / 4} if weighted else {}
    parity.assert_same_training(script, x, y, lambda dl: dict(
        optimizer=dl.optimizers.SGD(2**-2), loss="categorical_crossentropy", metrics=["accuracy"],
        weighted_metrics=["mse"]), tolerance=1e-6, **more)            # Keras counts metrics in float32


@pytest.mark.parametrize("cell", CELLS)
def test_states_kept_from_batch_to_batch(cell):
    def make(dl):
        return dl.Sequential([dl.Input((3, 2), batch_size=4), CELLS[cell](dl, 5, stateful=True)])

    ours, theirs = parity.both(make)
    for k in range(3):
        x = normal(4, 3, 2, seed=k)
        parity.assert_close(ours(x), theirs(x).numpy(), f"batch {k}")
    for model in (ours, theirs):
        model.layers[0].reset_state()
    parity.assert_close(ours(x), theirs(x).numpy(), "after the reset")


@pytest.mark.parametrize("name", ["lstm", "gru, reset after"])
def test_float32(name):
    with parity.floatx("float32"):
        parity.assert_same_layer(lambda dl: dl.Sequential([dl.Input((20, 3)), CELLS[name](dl, 8, return_sequences=True)]),
                                 normal(5, 20, 3).astype("float32"), tolerance=parity.TOLERANCE_FLOAT32)


def test_new_weights():
    """The forget gate's bias starts at 1, recurrent kernels are orthogonal, unless other things are said."""
    for dl in (unrolled, parity.keras()):
        model = dl.Sequential([dl.Input((3, 2)), dl.layers.LSTM(4), dl.layers.RepeatVector(2), dl.layers.GRU(4)])
        _, recurrent, bias, _, _, gru_bias = model.get_weights()
        assert np.asarray(bias).tolist() == [0] * 4 + [1] * 4 + [0] * 8 and gru_bias.shape == (2, 12) and not gru_bias.any()
        assert np.allclose(recurrent @ recurrent.T, np.eye(4))
        plain = dl.Sequential([dl.Input((3, 2)), dl.layers.LSTM(4, unit_forget_bias=False, bias_initializer="ones")])
        assert (plain.get_weights()[2] == 1).all()
