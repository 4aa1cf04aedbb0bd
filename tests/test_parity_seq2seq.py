"""Encoder–decoders compute what functional Keras models with the same weights compute; padding is Keras's."""
import numpy as np
import parity
import pytest

import unrolled
from unrolled.seq2seq import Seq2Seq

CASES = [("lstm", None, True), ("lstm", None, False), ("lstm", "additive", True), ("lstm", "additive", False),
         ("lstm", "dot", False), ("gru", "dot", True), ("simple_rnn", "additive", False)]
N, T, D, S, V, UNITS = 5, 6, 3, 4, 7, 5                      # S symbols in an answer, V different ones


def functional(cell, attention, start):
    """The same encoder–decoder, put together from Keras's layers."""
    keras = parity.keras()
    layers, ops = keras.layers, keras.ops
    cells = {"lstm": layers.LSTM, "gru": layers.GRU, "simple_rnn": layers.SimpleRNN}
    questions, answers = keras.Input((None, D)), keras.Input((None, V))
    outputs, *state = cells[cell](UNITS, return_sequences=True, return_state=True, name="encoder")(
        layers.Masking()(questions))
    read = answers[:, :-1]
    decoder = cells[cell](UNITS, return_sequences=True, name="decoder")
    if start:
        h = decoder(ops.pad(read, [[0, 0], [1, 0], [0, 0]]), initial_state=state)
    else:
        h = ops.concatenate([state[0][:, None], decoder(read, initial_state=state)], axis=1)
    if attention == "additive":
        query, key = (layers.Dense(UNITS, use_bias=False, name=name) for name in ("query", "key"))
        c, alpha = layers.AdditiveAttention(name="attention")(
            [query(h), outputs, key(outputs)], return_attention_scores=True)
    if attention == "dot":
        c, alpha = layers.Attention(name="attention")([h, outputs], return_attention_scores=True)
    if attention:
        h = layers.Dense(UNITS, "tanh", use_bias=False, name="combine")(ops.concatenate([h, c], axis=-1))
    y = layers.Dense(V, "softmax", name="head")(h)
    return keras.Model([questions, answers], y), keras.Model([questions, answers], alpha) if attention else None


def data(seed=0):
    """Random questions, some of which end in padding, and one-hot answers."""
    rng = np.random.default_rng(seed)
    questions = rng.standard_normal((N, T, D))
    for n, length in enumerate([6, 3, 5, 1, 6]):
        questions[n, length:] = 0
    return questions, np.eye(V)[rng.integers(0, V, (N, S))]


def twins(cell, attention, start):
    """Ours and Keras's, with the same random weights."""
    ours, (theirs, weights) = Seq2Seq(UNITS, V, cell, attention, start), functional(cell, attention, start)
    ours(data())
    rng = np.random.default_rng(1)
    for layer in ours.sublayers:
        values = [rng.uniform(-0.7, 0.7, w.shape) for w in layer.get_weights()]
        layer.set_weights(values)
        theirs.get_layer(layer.name).set_weights(values)
    return ours, theirs, weights


def by_layer(ours, theirs, of_theirs):
    """Lists of arrays of each of our layers, and of Keras's of the same name."""
    found = {w.path: a for w, a in zip(theirs.trainable_weights, of_theirs, strict=True)}
    assert len(found) == len(ours.parameters)
    return [found[w.path] for layer in ours.sublayers for w in theirs.get_layer(layer.name).trainable_weights]


@pytest.fixture(autouse=True)
def float64():
    with parity.floatx("float64"):
        yield


@pytest.mark.parametrize("cell, attention, start", CASES)
def test_outputs_and_gradients(cell, attention, start):
    import tensorflow as tf

    ours, theirs, weights = twins(cell, attention, start)
    questions, answers = data()
    v = np.random.default_rng(2).standard_normal((N, S, V))
    with tf.GradientTape() as tape:
        x = [tf.convert_to_tensor(a) for a in (questions, answers)]
        tape.watch(x)
        y = theirs(x, training=True)
        number = tf.reduce_sum(y * v)
    *by_weights, by_questions, by_answers = tape.gradient(number, [*theirs.trainable_weights, *x])
    parity.assert_close(ours([questions, answers], training=True), y.numpy(), "output")
    dx = ours.backward(v)
    expected = [tf.convert_to_tensor(g).numpy() for g in by_layer(ours, theirs, by_weights)]
    parity.assert_close([p.gradient for p in ours.parameters], expected, "gradient")
    parity.assert_close(dx, [by_questions.numpy(), by_answers.numpy()], "gradient of the input")
    if attention:
        parity.assert_close(ours.attention_weights(questions, answers), weights(x).numpy(), "attention weights")


@pytest.mark.parametrize("cell, attention, start", CASES[1::2])
def test_training(cell, attention, start):
    ours, theirs, _ = twins(cell, attention, start)
    questions, answers = data()
    weight = np.ones((N, S))
    weight[1, 2:] = 0
    for library, model in ((unrolled, ours), (parity.keras(), theirs)):
        # numbers that pass through float32 unchanged
        adam = library.optimizers.Adam(2**-5, 0.875, 1 - 2**-10, 2**-23, global_clipnorm=0.25)
        options = {} if model is ours else {"run_eagerly": True}
        model.compile(adam, "categorical_crossentropy", metrics=["accuracy"], **options)
    for step in range(10):
        x = [questions[:3], answers[:3]] if step % 2 else [questions, answers]
        a, b = (m.train_on_batch(x, x[1], sample_weight=weight[:len(x[0])]) for m in (ours, theirs))
        parity.assert_close(a, [float(k) for k in b], f"loss and accuracy of step {step + 1}")
    parity.assert_close(ours.get_weights(), by_layer(ours, theirs, theirs.get_weights()), "weights after 10 steps")


def test_padding():
    rng = np.random.default_rng(0)
    for trial in range(60):
        shape = [(), (2,)][trial % 2]
        rows = [rng.integers(1, 9, (rng.integers(0, 6), *shape)) for _ in range(rng.integers(1, 5))] + [np.ones((1, *shape))]
        options = dict(maxlen=[None, 3, 7][rng.integers(3)], padding=["pre", "post"][rng.integers(2)],
                       truncating=["pre", "post"][rng.integers(2)], value=float(rng.integers(3)),
                       dtype=["int32", "float32"][rng.integers(2)])
        ours, theirs = (library.utils.pad_sequences(rows, **options) for library in (unrolled, parity.keras()))
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
