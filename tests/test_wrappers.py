"""Bidirectional, TimeDistributed, RepeatVector, Masking, and masks on their way through a model."""
import cases
import numpy as np
import pytest
from cases import normal
from hypothesis import given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import gradcheck, layers
from unrolled.layers import GRU, LSTM, Bidirectional, Dense, Embedding, Masking, RepeatVector, SimpleRNN, TimeDistributed

pytestmark = pytest.mark.usefixtures("float64")
few = cases.few(6)
sizes, seeds = st.integers(1, 4), st.integers(0, 1000)


WRAPPERS = {
    **{f"both directions, {mode}": (lambda mode=mode: Bidirectional(LSTM(2, return_sequences=True), mode))
       for mode in ("concat", "sum", "mul", "ave")},
    "both directions, last outputs": lambda: Bidirectional(GRU(3)),
    "two different directions": lambda: Bidirectional(LSTM(2), backward_layer=SimpleRNN(3, go_backwards=True)),
    "dense at every step": lambda: TimeDistributed(Dense(3, "tanh")),
    "a model at every step": lambda: TimeDistributed(dl.Sequential([Dense(3, "tanh"), Dense(2, "softmax")])),
    "masking": lambda: Masking(0.5),
}


@pytest.mark.parametrize("name", WRAPPERS)
@few
@given(n=sizes, length=sizes, features=sizes, seed=seeds)
def test_gradients(name, n, length, features, seed):
    layer, x = WRAPPERS[name](), normal(n, length, features, seed=seed)
    assert gradcheck.check(layer, x, seed=seed) < 1e-7
    assert gradcheck.check_direction(layer, x, seed=seed) < 1e-7
    assert layer.compute_output_shape(x.shape) == layer(x).shape


def test_gradients_of_repetitions():
    layer, x = RepeatVector(3), normal(4, 5)
    assert gradcheck.check(layer, x, seed=0) < 1e-7
    assert np.array_equal(layer(x)[:, 2], x) and layer.compute_output_shape((None, 5)) == (None, 3, 5)


@pytest.mark.parametrize("name", WRAPPERS)
def test_backward_twice_gives_the_same(name):
    layer, x = WRAPPERS[name](), normal(3, 4, 2)
    v = normal(*layer(x).shape, seed=1)
    layer.zero_gradients()
    first, once = layer.backward(v), [p.gradient.copy() for p in layer.parameters]
    assert np.array_equal(first, layer.backward(v))
    for gradient, p in zip(once, layer.parameters, strict=True):
        assert np.allclose(p.gradient, 2 * gradient, rtol=1e-14, atol=0)


# Two directions

@pytest.mark.parametrize("merge_mode, merge", [
    ("concat", lambda a, b: np.concatenate([a, b], axis=-1)), ("sum", np.add), ("mul", np.multiply),
    ("ave", lambda a, b: (a + b) / 2), (None, lambda a, b: (a, b))])
@pytest.mark.parametrize("sequences", [False, True])
def test_both_directions_are_two_layers(merge_mode, merge, sequences):
    """The second reads the sequence from its end; where all outputs are wanted, its are turned round again."""
    x = normal(3, 5, 2)
    both = Bidirectional(LSTM(4, return_sequences=sequences), merge_mode)
    y = both(x)
    there, back = LSTM(4, return_sequences=sequences), LSTM(4, return_sequences=sequences)
    there(x), back(x)
    there.set_weights(both.get_weights()[:3])
    back.set_weights(both.get_weights()[3:])
    y_back = back(x[:, ::-1])
    expected = merge(there(x), y_back[:, ::-1] if sequences else y_back)
    assert all(map(np.array_equal, y, expected))


def test_both_directions_need_both_ends():
    """The last output of the backward layer has seen one step only: not what a classifier wants (listing of 6.1.3.2)."""
    x = normal(2, 6, 3)
    both = Bidirectional(LSTM(4, return_sequences=True))
    y, changed = both(x), x.copy()
    changed[:, :-1] = 0
    y_changed = both(changed)
    assert np.array_equal(y[:, -1, 4:], y_changed[:, -1, 4:]) and not np.array_equal(y[:, 0, 4:], y_changed[:, 0, 4:])
    last = Bidirectional(LSTM(4))
    last(x)
    last.set_weights(both.get_weights())
    assert np.allclose(last(x), np.concatenate([y[:, -1, :4], y[:, 0, 4:]], axis=1), rtol=0, atol=1e-15)


def test_states_of_both_directions():
    x, states = normal(3, 5, 2), [normal(3, 4, seed=k) for k in range(4)]
    both = Bidirectional(LSTM(4, return_state=True))
    y, *last = both(x, initial_state=states)
    assert len(last) == 4 and all(map(np.array_equal, last, both.last_state))
    assert np.array_equal(y, np.concatenate([last[0], last[2]], axis=1))
    kept = Bidirectional(GRU(4, stateful=True))
    first = kept(x)
    assert not np.array_equal(kept(x), first)
    kept.reset_state()
    assert np.array_equal(kept(x), first)


def test_only_the_last_states_of_both_directions_are_used():
    """As in an encoder: nothing comes back to the outputs, which is as good as zeros."""
    both = Bidirectional(LSTM(4, return_sequences=True, return_state=True))
    y, *last = both(normal(3, 5, 2))
    dstate = [normal(3, 4, seed=k) for k in range(4)]
    assert np.array_equal(both.backward(None, dstate), both.backward(np.zeros_like(y), dstate))


def test_tied_directions_have_their_own_memory():
    x = normal(3, 5, 2)
    both = Bidirectional(GRU(2, return_sequences=True), "sum")
    model = dl.Sequential([dl.Input((5, 2)), both, both.tied()])
    assert model.count_params() == both.count_params()
    assert gradcheck.check(model, x, seed=0) < 1e-7


# Steps

def test_a_layer_at_every_step_is_that_layer():
    x = normal(3, 4, 5)
    timed, plain = TimeDistributed(Dense(2, "softmax")), Dense(2, "softmax")
    y = timed(x)
    plain(x)
    plain.set_weights(timed.get_weights())
    assert np.allclose(y, plain(x), rtol=0, atol=1e-15)
    images = TimeDistributed(layers.Conv2D(2, 3, padding="same"))
    assert images(normal(2, 3, 5, 5, 1)).shape == images.compute_output_shape((2, 3, 5, 5, 1)) == (2, 3, 5, 5, 2)
    words = TimeDistributed(Embedding(5, 3))
    assert words(np.ones((2, 4, 6))).shape == (2, 4, 6, 3)


def test_a_softmax_at_every_step_is_trained_on_its_logits():
    """Large logits: from probabilities, clipped, the derivative would be zero."""
    x, t = 100 * normal(6, 4, 3), np.eye(3)[np.zeros((6, 4), int)]
    last = Dense(3, "softmax"), TimeDistributed(Dense(3, "softmax"))
    models = [dl.Sequential([dl.Input((4, 3)), layer]) for layer in last]
    models[1].set_weights(models[0].get_weights())
    for model in models:
        model.compile(dl.optimizers.SGD(0.1), "categorical_crossentropy")
    losses = [[model.train_on_batch(x, t) for _ in range(3)] for model in models]
    assert np.allclose(losses[0], losses[1], rtol=1e-12) and min(losses[0]) > 20      # clipped ones end at 16


# Masks

def padded(n=6, length=7):
    rng = np.random.default_rng(0)
    x = rng.integers(1, 5, (n, length))
    lengths = rng.integers(1, length + 1, n)
    return x * (np.arange(length) < lengths[:, None]), lengths


TAGGER = [lambda: Embedding(5, 3, mask_zero=True), lambda: GRU(4, return_sequences=True), lambda: layers.Dropout(0.0),
          lambda: Bidirectional(LSTM(2, return_sequences=True)), lambda: TimeDistributed(Dense(3, "tanh"))]


def test_symbols_that_fill_up_change_nothing():
    """Outputs are those of each sentence alone, without what fills it up."""
    x, lengths = padded()
    model = dl.Sequential([dl.Input((None,)), *(make() for make in TAGGER), LSTM(3), Dense(2)])
    y = model.predict(x)
    for row, sentence, n in zip(y, x, lengths, strict=True):
        assert np.allclose(row, model.predict(sentence[None, :n])[0], rtol=0, atol=1e-14)
    plain = dl.Sequential([dl.Input((None,)), Embedding(5, 3), *(make() for make in TAGGER[1:]), LSTM(3), Dense(2)])
    plain.set_weights(model.get_weights())
    assert not np.allclose(plain.predict(x), y)


def test_the_loss_is_the_mean_over_steps_that_count():
    x, lengths = padded()
    model = dl.Sequential([dl.Input((7,)), *(make() for make in TAGGER)])
    model.compile(dl.optimizers.SGD(0.1), "mse", metrics=["mae"], weighted_metrics=["mse"])
    t, real = normal(6, 7, 3), np.arange(7) < lengths[:, None]
    square, absolute = ((model.predict(x) - t)[real] ** 2).mean(), np.abs((model.predict(x) - t)[real]).mean()
    found = model.evaluate(x, t, batch_size=6, return_dict=True)
    assert np.allclose([found["loss"], found["mse"], found["mae"]], [square, square, absolute], rtol=1e-12)
    weights = np.arange(6) / 4
    weighted = (((model.predict(x) - t) ** 2).mean(axis=2) * real * weights[:, None]).sum() / real.sum()
    assert np.isclose(model.evaluate(x, t, batch_size=6, sample_weight=weights)[0], weighted, rtol=1e-12)


def test_masks_end_where_steps_do():
    x, _ = padded()
    assert Embedding(5, 3).compute_mask(x) is None
    for end in (layers.Flatten(), layers.Reshape((21,)), GRU(4)):
        model = dl.Sequential([dl.Input((7,)), Embedding(5, 3, mask_zero=True), end, Dense(1)])
        model.compile("sgd", "mse")
        assert model.train_on_batch(x, np.ones(6)) > 0 and model.output_mask is None


def test_masking():
    x = normal(2, 3, 4)
    x[0, 1] = -1
    x[1, 2, :3] = -1
    layer = Masking(-1)
    y = layer(x)
    assert layer.compute_mask(x).tolist() == [[True, False, True], [True, True, True]]
    assert not y[0, 1].any() and np.array_equal(y[1], x[1])


def test_gradients_of_a_masked_model():
    x = normal(4, 5, 3)
    x[np.random.default_rng(0).random((4, 5)) < 0.4] = 0
    x[2] = 0
    model = dl.Sequential([dl.Input((5, 3)), Dense(3, use_bias=False), Masking(),
                           LSTM(3, return_sequences=True, go_backwards=True), GRU(2), Dense(2)])
    v = normal(4, 2, seed=1)

    def number():
        return float((v * model.forward(x)).sum())

    number()
    model.zero_gradients()
    model.backward(v)
    for p in model.parameters:                               # not by x: a step that is moved off zero is no longer skipped
        start = p.value.copy()
        assert np.allclose(gradcheck.numerical_gradient(lambda w, p=p: p.value.__setitem__(..., w) or number(), start),
                           p.gradient, rtol=0, atol=1e-7)
        p.value[...] = start


# Storing

def test_saving_and_going_on(tmp_path):
    x, _ = padded(40)
    model = dl.Sequential([
        dl.Input((7,)), Embedding(5, 3, mask_zero=True), LSTM(3, gates="io", peepholes="diagonal", return_sequences=True),
        Bidirectional(GRU(4, return_sequences=True, truncate=2), "sum", name="both"), Masking(0.1),
        Bidirectional(LSTM(2), backward_layer=SimpleRNN(3, "relu", go_backwards=True)), RepeatVector(2),
        GRU(3, reset_after=False, return_sequences=True, trainable=False), TimeDistributed(Dense(1, "tanh"))])
    model.compile(dl.optimizers.Adam(0.01, clipnorm=1.0), "mse")
    t = normal(40, 2, 1)
    model.fit(x, t, epochs=2, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    other = dl.saving.load_model(tmp_path / "model.keras")
    assert other.get_config() == model.get_config()
    runs = [m.fit(x, t, epochs=2, batch_size=8, verbose=0).history for m in (model, other)]
    assert runs[0] == runs[1] and all(map(np.array_equal, model.get_weights(), other.get_weights()))


def test_frozen_wrappers():
    for wrapper in (Bidirectional(GRU(2), trainable=False), TimeDistributed(Dense(2), trainable=False)):
        model = dl.Sequential([dl.Input((4, 3)), wrapper])
        assert model.trainable_weights == [] and model.count_params() > 0
        again = dl.Sequential.from_config(model.get_config())
        assert again.trainable_weights == []


@pytest.mark.parametrize("make, sentence", [
    (lambda: Bidirectional(Dense(2)), "needs a recurrent layer, such as LSTM(8), but got Dense(units=2"),
    (lambda: Bidirectional(GRU(2), "max"), "merge_mode must be one of 'concat', 'sum', 'mul', 'ave', None, but 'max'"),
    (lambda: Bidirectional(GRU(2), backward_layer=GRU(2)), "backward_layer must have go_backwards=True"),
    (lambda: Bidirectional(GRU(2, go_backwards=True)), "backward_layer must have go_backwards=True"),
    (lambda: Bidirectional(GRU(2), backward_layer=GRU(2, go_backwards=True, return_state=True)), "the same return_state"),
    (lambda: Bidirectional(GRU(2))(normal(2, 3)), "expects sequences (N, steps, features)"),
    (lambda: Bidirectional(LSTM(2))(normal(2, 3, 4), initial_state=[normal(2, 2)] * 2), "but got [(2, 2), (2, 2)]"),
    (lambda: TimeDistributed("dense"), "TimeDistributed needs a layer, but got 'dense'."),
    (lambda: TimeDistributed(Dense(2))(normal(2, 3)), "expects sequences (N, steps, ...), but got (N, 3)."),
    (lambda: RepeatVector(0), "RepeatVector needs a positive whole number of repetitions, but 0 was given."),
    (lambda: RepeatVector(2)(normal(2, 3, 4)), "expects vectors (N, features), but got (N, 3, 4)."),
    (lambda: dl.Sequential([dl.Input((3, 2)), Bidirectional(GRU(2), None)]), "returns several arrays"),
])
def test_errors(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)
