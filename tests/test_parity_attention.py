"""Attention, layer normalization, and models made of them compute what Keras's do."""
import bench
import cases
import numpy as np
import parity
import pytest
from cases import normal
from hypothesis import given
from hypothesis import strategies as st

import unrolled
from unrolled import layers
from unrolled.transformer import Positions, TransformerBlock

pytestmark = pytest.mark.usefixtures("both_float64")
few = cases.few(6)
fewer = cases.few(3)
sizes, seeds = st.integers(1, 5), st.integers(0, 1000)


# Layer normalization

@few
@given(n=sizes, inner=st.lists(sizes, max_size=2), features=sizes, center=st.booleans(), scale=st.booleans(), seed=seeds)
def test_layer_normalization(n, inner, features, center, scale, seed):
    parity.assert_same_layer(lambda dl: dl.Sequential([
        dl.Input((*inner, features)), dl.layers.LayerNormalization(epsilon=2**-10, center=center, scale=scale)]),
        normal(n, *inner, features, seed=seed), seed=seed)


@pytest.mark.parametrize("axis", [1, -2, [1, 2], [-1], [3, 1]])
def test_layer_normalization_along_other_axes(axis):
    parity.assert_same_layer(lambda dl: dl.Sequential([
        dl.Input((3, 4, 5)), dl.layers.LayerNormalization(axis=axis, epsilon=2**-10)]), normal(2, 3, 4, 5))


@fewer
@given(n=sizes, length=sizes, features=sizes, seed=seeds)
def test_layer_normalization_in_training(n, length, features, seed):
    parity.assert_same_training(lambda dl: dl.Sequential([
        dl.Input((length, 4)), dl.layers.Dense(features), dl.layers.LayerNormalization(epsilon=2**-6),
        dl.layers.Flatten(), dl.layers.Dense(2)]), normal(2 * n, length, 4, seed=seed), normal(2 * n, 2, seed=seed + 1),
        lambda dl: dict(optimizer=dl.optimizers.SGD(2**-5), loss="mse"), seed=seed)


def test_layer_normalization_in_float32():
    with parity.floatx("float32"):
        parity.assert_same_layer(lambda dl: dl.Sequential([dl.Input((3, 4)), dl.layers.LayerNormalization()]),
                                 normal(5, 3, 4).astype("float32"), tolerance=parity.TOLERANCE_FLOAT32)


# Attention: output, weights of attention, gradients by weights and all inputs

def fill(ours, theirs, seed):
    rng = np.random.default_rng(seed)
    weights = [rng.uniform(-0.7, 0.7, w.shape) for w in theirs.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)


def assert_same_attention(make, call, inputs, seed=0, tolerance=parity.TOLERANCE):
    """`make(library)` gives the layer, `call(layer, inputs)` its output and attention scores."""
    import tensorflow as tf

    ours, theirs = make(unrolled), make(parity.keras())
    call(ours, inputs)
    call(theirs, [tf.constant(x) for x in inputs])
    fill(ours, theirs, seed)
    inputs = [x.astype(ours.dtype) for x in inputs]
    constants = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(constants)
        y, scores = call(theirs, constants)
        v = normal(*y.shape, seed=seed + 1).astype(ours.dtype)
        number = tf.reduce_sum(y * v)
    by_weights, by_inputs = tape.gradient(number, [theirs.trainable_weights, constants])
    found, found_scores = call(ours, inputs)
    parity.assert_close(found, y.numpy(), "output", tolerance)
    parity.assert_close(found_scores, scores.numpy(), "attention", tolerance)
    parity.assert_close(ours.backward(v), [g.numpy() for g in by_inputs], "gradient of input", tolerance)
    parity.assert_close([p.gradient for p in ours.parameters], [g.numpy() for g in by_weights], "gradient", tolerance)
    shape = ours.compute_output_shape(tuple(x.shape for x in inputs))
    assert shape == found.shape and found.dtype == ours.dtype


def masks_of(rng, n, queries, values):
    """Masks of query and value that leave each query something to see, also if it sees only what came before."""
    query, value = rng.random((n, queries)) < 0.7, rng.random((n, values)) < 0.6
    value[:, 0] = True
    return query, value


FORMS = {
    "dot": lambda dl: dl.layers.Attention(), "scaled dot": lambda dl: dl.layers.Attention(use_scale=True),
    "concat": lambda dl: dl.layers.Attention(score_mode="concat"),
    "scaled concat": lambda dl: dl.layers.Attention(use_scale=True, score_mode="concat"),
    "additive": lambda dl: dl.layers.AdditiveAttention(),
    "additive without scale": lambda dl: dl.layers.AdditiveAttention(use_scale=False),
}


@pytest.mark.parametrize("form", FORMS)
@few
@given(n=sizes, queries=sizes, values=sizes, features=sizes, width=sizes, own_key=st.booleans(), masked=st.booleans(),
       causal=st.booleans(), seed=seeds)
def test_attention(form, n, queries, values, features, width, own_key, masked, causal, seed):
    rng = np.random.default_rng(seed)
    inputs = [rng.standard_normal((n, queries, features)), rng.standard_normal((n, values, width if own_key else features))]
    if own_key:
        inputs.append(rng.standard_normal((n, values, features)))
    mask = list(masks_of(rng, n, queries, values)) if masked else None
    assert_same_attention(FORMS[form], lambda layer, x: layer(x, mask=mask, return_attention_scores=True,
                                                              use_causal_mask=causal), inputs, seed)


@few
@given(n=sizes, queries=sizes, values=sizes, heads=sizes, width=st.sampled_from([1, 4]), value_dim=st.sampled_from([None, 3]),
       output_shape=st.sampled_from([None, 4]), bias=st.booleans(), own_key=st.booleans(), masked=st.booleans(),
       causal=st.booleans(), seed=seeds)
def test_multi_head_attention(n, queries, values, heads, width, value_dim, output_shape, bias, own_key, masked, causal, seed):
    """The widths have whole roots: Keras's others pass through float32."""
    rng = np.random.default_rng(seed)
    inputs = [rng.standard_normal((n, queries, 4)), rng.standard_normal((n, values, 3))]
    if own_key:
        inputs.append(rng.standard_normal((n, values, 5)))
    masks = {}
    if masked:
        value_mask = masks_of(rng, n, queries, values)[1]
        seen = rng.random((n, queries, values)) < 0.7                      # may leave a query nothing at all
        masks = {"value_mask": value_mask, "key_mask": np.ones((n, values), bool), "attention_mask": seen}
    assert_same_attention(
        lambda dl: dl.layers.MultiHeadAttention(heads, width, value_dim, use_bias=bias, output_shape=output_shape),
        lambda layer, x: layer(*x, **masks, return_attention_scores=True, use_causal_mask=causal), inputs, seed)


def test_attention_in_float32():
    with parity.floatx("float32"):
        inputs = [normal(2, 3, 4, seed=k).astype("float32") for k in range(3)]
        for make in FORMS.values():
            assert_same_attention(make, lambda layer, x: layer(x, return_attention_scores=True), inputs,
                                  tolerance=parity.TOLERANCE_FLOAT32)
        assert_same_attention(lambda dl: dl.layers.MultiHeadAttention(2, 3), lambda layer, x: layer(
            *x, return_attention_scores=True), inputs, tolerance=parity.TOLERANCE_FLOAT32)


# Ten steps of training, between layers with weights of their own

class Attend(unrolled.Model):
    input_names = ("query", "value")

    def __init__(self, attention, **kwargs):
        super().__init__(**kwargs)
        self.before = [layers.Dense(4, "tanh") for _ in range(2)]
        self.attention, self.after = attention, layers.Dense(2)

    def build(self, shapes):
        for layer, shape in zip(self.before, shapes, strict=True):
            layer.build_once(shape)
        inner = tuple((None, s[1], 4) for s in shapes)
        self.attention.build_once(inner)
        self.after.build_once(self.attention.compute_output_shape(inner))

    def compute_output_shape(self, shapes):
        return (*shapes[0][:2], 2)

    def forward(self, x, training=False):
        return self.after.forward(self.attention.forward([f.forward(a) for f, a in zip(self.before, x, strict=True)]))

    def backward(self, dy):
        inner = self.attention.backward(self.after.backward(dy))
        return [f.backward(d) for f, d in zip(self.before, inner, strict=True)]


def attend(dl, make):
    if dl is unrolled:
        return Attend(make(dl))
    query, value = dl.Input((3, 5)), dl.Input((4, 2))
    q, v = dl.layers.Dense(4, "tanh")(query), dl.layers.Dense(4, "tanh")(value)
    attention = make(dl)
    mixed = attention(q, v) if isinstance(attention, dl.layers.MultiHeadAttention) else attention([q, v])
    return dl.Model([query, value], dl.layers.Dense(2)(mixed))


@pytest.mark.parametrize("form", [*FORMS, "multi-head"])
def test_training(form):
    """The first layer's weights come first in both, then the second's, the attention's, the last's."""
    make = FORMS.get(form, lambda dl: dl.layers.MultiHeadAttention(2, 3))
    ours, theirs = attend(unrolled, make), attend(parity.keras(), make)
    x, y = [normal(6, 3, 5), normal(6, 4, 2, seed=1)], normal(6, 3, 2, seed=2)
    ours(x)
    fill(ours, theirs, 3)
    ours.compile(unrolled.optimizers.SGD(2**-3), "mse")
    theirs.compile(parity.keras().optimizers.SGD(2**-3), "mse", run_eagerly=True)
    for step in range(10):
        a, b = ours.train_on_batch(x, y), theirs.train_on_batch(x, y)
        parity.assert_close(np.array(a), np.asarray(b), f"loss of step {step}")
    parity.assert_close(ours.get_weights(), theirs.get_weights(), "weight")


# A small transformer: embedding, learned positions, two blocks, and what is read from them

SYMBOLS, STEPS, WIDTH, HEADS, HIDDEN = 7, 5, 8, 2, 6


def transformer(first, causal):
    """Ours is a Sequential; Keras's is functional."""
    block = [TransformerBlock(HEADS, HIDDEN, normalize_first=first, causal=causal, layer_norm_epsilon=2**-10) for _ in range(2)]
    return unrolled.Sequential([unrolled.Input((STEPS,)), layers.Embedding(SYMBOLS, WIDTH), Positions(learned=True), *block,
                                layers.Dense(3, "softmax")])


def functional(first, causal):
    keras = parity.keras()
    k = keras.layers

    class Learned(k.Layer):
        def build(self, shape):
            self.p = self.add_weight(shape=shape[1:], name="p")

        def call(self, x):
            return x + self.p

    def attend(x):
        return k.MultiHeadAttention(HEADS, WIDTH // HEADS)(x, x, use_causal_mask=causal)

    def norm(x):
        return k.LayerNormalization(epsilon=2**-10)(x)

    def feed(x):
        return k.Dense(WIDTH)(k.Dense(HIDDEN, "relu")(x))

    x = tokens = keras.Input((STEPS,), dtype="int32")
    x = Learned()(k.Embedding(SYMBOLS, WIDTH)(x))
    for _ in range(2):
        if first:
            x = x + attend(norm(x))
            x = x + feed(norm(x))
        else:
            x = norm(x + attend(x))
            x = norm(x + feed(x))
    return keras.Model(tokens, k.Dense(3, "softmax")(x))


def in_our_order(model):
    """Keras's weights layer by layer in our order: of a block, N₁, N₂, the hidden layer, A, the last layer."""
    kinds = {}
    for layer in model.layers:
        if layer.get_weights():
            kinds.setdefault(type(layer).__name__, []).append(layer.weights)
    found = [*kinds["Embedding"], *kinds["Learned"]]
    for k in range(2):
        norms, dense = kinds["LayerNormalization"][2 * k:2 * k + 2], kinds["Dense"][2 * k:2 * k + 2]
        found += [*norms, dense[0], kinds["MultiHeadAttention"][k], dense[1]]
    return [w for layer in [*found, kinds["Dense"][4]] for w in layer]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_transformer(first, causal):
    """Output, every gradient, and ten steps of training."""
    import tensorflow as tf

    ours, theirs = transformer(first, causal), functional(first, causal)
    rng = np.random.default_rng(0)
    variables = in_our_order(theirs)
    for variable in variables:
        variable.assign(rng.uniform(-0.7, 0.7, variable.shape))
    ours.set_weights([v.numpy() for v in variables])
    x, labels = rng.integers(0, SYMBOLS, (6, STEPS)), rng.integers(0, 3, (6, STEPS))
    v = normal(6, STEPS, 3)
    with tf.GradientTape() as tape:
        y = theirs(x)
        number = tf.reduce_sum(y * v)
    parity.assert_close(ours(x), y.numpy(), "output")
    ours.backward(v)
    expected = [tf.convert_to_tensor(g).numpy() for g in tape.gradient(number, variables)]
    parity.assert_close([p.gradient for p in ours.parameters], expected, "gradient")
    ours.compile(unrolled.optimizers.SGD(2**-4), "sparse_categorical_crossentropy")
    theirs.compile(parity.keras().optimizers.SGD(2**-4), "sparse_categorical_crossentropy")
    for step in range(10):
        a, b = ours.train_on_batch(x, labels), theirs.train_on_batch(x, labels)
        parity.assert_close(np.array(a), np.asarray(b), f"loss of step {step}")
    parity.assert_close(ours.get_weights(), [v.numpy() for v in variables], "weight")


@few
@given(n=sizes, sentences=sizes, length=sizes, asked=sizes, width=sizes, hops=st.integers(1, 3), seed=seeds)
def test_memory_network(n, sentences, length, asked, width, hops, seed):
    """The equations as a layer of Keras: output, every gradient, and ten steps of training."""
    import tensorflow as tf

    keras, words = parity.keras(), 6
    rng = np.random.default_rng(seed)
    story, question = rng.integers(0, words, (n, sentences, length)), rng.integers(0, words, (n, asked))
    story[:, 0, 0] = 1                                                       # Keras's softmax over nothing is not 0
    story[rng.random(n) < 0.5, 1:] = 0
    inputs = [keras.Input(a.shape[1:], dtype="int32") for a in (story, question)]
    theirs = keras.Model(inputs, bench.keras_memory(keras)(words, width, hops)(*inputs))
    ours = unrolled.memory.MemoryNetwork(words, width, hops)
    ours([story, question])
    fill(ours, theirs, seed)
    v = normal(n, words, seed=seed)
    with tf.GradientTape() as tape:
        y = theirs([story, question])
        number = tf.reduce_sum(y * v)
    parity.assert_close(ours([story, question]), y.numpy(), "output")
    ours.backward(v)
    expected = [g.numpy() for g in tape.gradient(number, theirs.trainable_weights)]
    parity.assert_close([p.gradient for p in ours.parameters], expected, "gradient")
    labels = rng.integers(0, words, n)
    ours.compile(unrolled.optimizers.SGD(2**-3), "sparse_categorical_crossentropy")
    theirs.compile(keras.optimizers.SGD(2**-3), "sparse_categorical_crossentropy", run_eagerly=True)
    for step in range(10):
        a, b = (model.train_on_batch([story, question], labels) for model in (ours, theirs))
        parity.assert_close(np.array(a), np.asarray(b), f"loss of step {step}")
    parity.assert_close(ours.get_weights(), theirs.get_weights(), "weight")
