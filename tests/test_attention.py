"""Attention, layer normalization, LSTMN and transformer blocks: derivatives, masks, and what they are for."""
import cases
import numpy as np
import pytest
from cases import normal
from hypothesis import given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import gradcheck, layers
from unrolled.autodiff import Variable
from unrolled.transformer import Positions, TransformerBlock, sine_positions

pytestmark = pytest.mark.usefixtures("float64")
few = cases.few(5)
sizes, seeds = st.integers(1, 3), st.integers(0, 1000)


class Fixed(layers.Layer):
    """A layer whose `forward` always gets these options: masks, for example."""

    def __init__(self, layer, **options):
        super().__init__()
        self.layer, self.options = layer, options

    def cast(self, x):
        return self.layer.cast(x)

    def build(self, shapes):
        self.layer.build_once(shapes)

    def check(self, shapes):
        self.layer.check(shapes)

    def forward(self, x, training=False):
        return self.layer.forward(x, training, **self.options)

    def backward(self, dy):
        return self.layer.backward(dy)


# Attention

FORMS = {
    "dot": lambda **o: layers.Attention(**o),
    "scaled dot": lambda **o: layers.Attention(use_scale=True, **o),
    "scaled concat": lambda **o: layers.Attention(use_scale=True, score_mode="concat", **o),
    "additive": lambda **o: layers.AdditiveAttention(**o),
    "multi-head": lambda **o: layers.MultiHeadAttention(2, 3, **o),
}


@pytest.mark.parametrize("form", FORMS)
@few
@given(n=sizes, queries=st.integers(1, 4), values=st.integers(1, 4), own_key=st.booleans(), masked=st.booleans(),
       causal=st.booleans(), dropout=st.sampled_from([0.0, 0.4]), seed=seeds)
def test_gradients(form, n, queries, values, own_key, masked, causal, dropout, seed):
    """With masks that may leave out everything, and with dropped weights, to 1e-7."""
    inputs = [normal(n, queries, 3, seed=seed), normal(n, values, 3, seed=seed + 1)]
    inputs += [normal(n, values, 3, seed=seed + 2)] if own_key else []
    options = {"use_causal_mask": causal}
    if masked:
        rng = np.random.default_rng(seed)
        query_mask, value_mask = rng.random((n, queries)) < 0.7, rng.random((n, values)) < 0.6
        options |= ({"query_mask": query_mask, "value_mask": value_mask} if form == "multi-head"
                    else {"mask": [query_mask, value_mask]})
    layer = Fixed(FORMS[form](dropout=dropout, seed=seed), **options)
    assert gradcheck.check(layer, inputs, seed=seed) < 1e-7
    assert gradcheck.check_direction(layer, inputs, seed=seed + 1) < 1e-7


@pytest.mark.parametrize("form", FORMS)
def test_weights_of_attention(form):
    """They sum to 1 over what is seen, are 0 elsewhere, and do not change when what is not seen does."""
    layer, (q, v) = FORMS[form](), (normal(2, 3, 4), normal(2, 5, 4, seed=1))
    seen = np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0]], bool)
    multi = form == "multi-head"

    def call(v):
        if multi:
            return layer(q, v, value_mask=seen, return_attention_scores=True)
        return layer([q, v], mask=[None, seen], return_attention_scores=True)

    y, alpha = call(v)
    assert alpha.shape == ((2, 2, 3, 5) if multi else (2, 3, 5)) and layer.scores.shape == alpha.shape
    assert np.allclose(alpha[0].sum(-1), 1, rtol=1e-14)
    assert (alpha[0][..., ~seen[0]] == 0).all() and (alpha[0][..., seen[0]] > 0).all()
    assert not alpha[1].any() and (multi or not y[1].any())                  # nothing is seen: nothing is taken
    assert np.array_equal(call(np.where(seen[..., None], v, 99.0))[0], y)


def test_attention_by_hand():
    """Scores 0 and ln 3 are weights 1/4 and 3/4."""
    y, alpha = layers.Attention()([[[[1.0]]], [[[10.0], [20.0]]], [[[0.0], [np.log(3)]]]], return_attention_scores=True)
    assert np.allclose(alpha, [[[0.25, 0.75]]]) and np.allclose(y, [[[17.5]]])
    additive = layers.AdditiveAttention(use_scale=False)
    additive([[[[1.0]]], [[[0.5], [-1.0]]]])
    assert np.allclose(additive.scores, [[[np.tanh(1.5), 0.0]]])


@pytest.mark.parametrize("form", FORMS)
def test_causal_attention_does_not_see_the_future(form):
    layer, x = FORMS[form](), normal(2, 5, 4)
    other = x.copy()
    other[:, 3:] += 1

    def call(x):
        return layer(x, x, use_causal_mask=True) if form == "multi-head" else layer([x, x], use_causal_mask=True)

    assert np.array_equal(call(x)[:, :3], call(other)[:, :3]) and not np.allclose(call(x)[:, 3:], call(other)[:, 3:])


@pytest.mark.parametrize("form", FORMS)
def test_lengths_may_change_from_call_to_call(form):
    layer = FORMS[form]()
    for queries, values in (3, 4), (1, 6):
        inputs = normal(2, queries, 4), normal(2, values, 4)
        y = layer(*inputs) if form == "multi-head" else layer(list(inputs))
        assert y.shape == (2, queries, 4)


@pytest.mark.parametrize("make, call, sentence", [
    (lambda: layers.Attention(), lambda f: f([np.ones((2, 3, 4))]), "The inputs must be 2 arrays, query, value"),
    (lambda: layers.Attention(), lambda f: f(np.float64(1)), "The inputs must be 2 arrays"),
    (lambda: layers.Attention(), lambda f: f([np.ones((2, 3, 4)), np.ones((2, 3, 5))]), "a key (N, Tv, D)"),
    (lambda: layers.Attention(), lambda f: f([np.ones((2, 3, 4)), np.ones((1, 3, 4))]), "there are 2 query, 1 value"),
    (lambda: layers.MultiHeadAttention(2, 3), lambda f: f(np.ones((2, 3, 4)), np.ones((2, 3, 4)), np.ones((2, 5, 4))),
     "but got (N, 3, 4), (N, 3, 4), (N, 5, 4)"),
    (lambda: layers.MultiHeadAttention(2, 3), lambda f: [f(np.ones((2, 3, d)), np.ones((2, 3, 4))) for d in (4, 5)],
     "expects inputs with 4 features, but got (2, 3, 5)"),
    (lambda: layers.AdditiveAttention(), lambda f: [f([np.ones((2, 3, d))] * 2) for d in (4, 5)], "queries with 4 features"),
    (lambda: layers.MultiHeadAttention(0, 3), None, "positive whole numbers num_heads"),
    (lambda: layers.Attention(score_mode="sum"), None, "'dot' or 'concat', but 'sum'"),
    (lambda: layers.LayerNormalization(epsilon=-1), None, "epsilon of 0 or greater"),
    (lambda: layers.LayerNormalization(axis=3), lambda f: f(np.ones((2, 3))), "features along axis 3, but got (N, 3)"),
    (lambda: layers.LayerNormalization(axis=0), lambda f: f(np.ones((2, 3))), "features along axis 0, but got (N, 3)"),
    (lambda: layers.LayerNormalization(axis=1), lambda f: f.build((None, None, 3)), "features along axis 1, but got"),
    (lambda: layers.LayerNormalization(), lambda f: [f(np.ones((2, d))) for d in (3, 4)], "of shape (N, 3), but got (2, 4)"),
    (lambda: layers.LSTMN(3), lambda f: f(np.ones((2, 3))), "sequences (N, T, features)"),
    (lambda: layers.LSTMN(3), lambda f: [f(np.ones((2, 3, d))) for d in (4, 5)], "sequences (N, T, 4)"),
    (lambda: layers.LSTMN(3, 0.5), None, "units and attention_units, but 3 and 0.5"),
    (lambda: TransformerBlock(3, 4), lambda f: f(np.ones((2, 3, 4))), "features divide into 3 heads"),
    (lambda: Positions(True), lambda f: [f(np.ones((2, t, 4))) for t in (3, 5)], "(N, T, 4) of at most 3 steps"),
])
def test_what_is_refused(make, call, sentence):
    with pytest.raises(ValueError) as raised:
        call(make())
    assert sentence in str(raised.value)


# Layer normalization

@few
@given(n=sizes, steps=sizes, features=st.integers(1, 4), seed=seeds)
def test_gradients_of_layer_normalization(n, steps, features, seed):
    layer = layers.LayerNormalization(gamma_initializer="random_normal")
    assert gradcheck.check(layer, normal(n, steps, features, seed=seed), seed=seed) < 1e-7


def test_layer_normalization_by_hand():
    layer = layers.LayerNormalization(epsilon=0.0)
    assert np.allclose(layer([[1.0, 3.0], [10.0, 30.0]]), [[-1, 1], [-1, 1]])
    y = layers.LayerNormalization(epsilon=0.0)(5 + 3 * normal(4, 7, 9))
    assert np.allclose(y.mean(-1), 0, atol=1e-14) and np.allclose(y.var(-1), 1)


# LSTMN

@few
@given(n=sizes, steps=st.integers(1, 5), features=sizes, units=sizes, attention=sizes, sequences=st.booleans(), seed=seeds)
def test_gradients_of_the_lstmn(n, steps, features, units, attention, sequences, seed):
    layer = layers.LSTMN(units, attention, return_sequences=sequences, bias_initializer="random_normal")
    assert gradcheck.check(layer, normal(n, steps, features, seed=seed), seed=seed) < 1e-7
    assert gradcheck.check_direction(layer, normal(n, steps, features, seed=seed), seed=seed) < 1e-7


def lstmn(x, kernel, recurrent_kernel, bias, w_x, w_tilde, w_h, v):
    """Equations (6.19) to (6.24) of the source, written down one by one."""
    h, c, units = [], [], recurrent_kernel.shape[0]
    h_tilde = np.zeros((len(x), units))
    for t in range(x.shape[1]):
        if t > 0:
            w = [np.tanh(x[:, t] @ w_x + h_tilde @ w_tilde + past @ w_h) @ v for past in h]       # (N, 1) each
            e = [np.exp(score) for score in w]
            alpha = [one / sum(e) for one in e]
            h_tilde = sum(a * past for a, past in zip(alpha, h, strict=True))
            c_tilde = sum(a * past for a, past in zip(alpha, c, strict=True))
        else:
            c_tilde = np.zeros((len(x), units))
        z = x[:, t] @ kernel + h_tilde @ recurrent_kernel + bias
        i, f, a, o = (z[:, k * units:(k + 1) * units] for k in range(4))
        i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
        c.append(i * np.tanh(a) + f * c_tilde)
        h.append(o * np.tanh(c[-1]))
    return np.concatenate([one[:, None] for one in h], axis=1)


@few
@given(n=sizes, steps=st.integers(1, 5), features=sizes, units=sizes, seed=seeds)
def test_the_lstmn_and_the_tape(n, steps, features, units, seed):
    layer, x = layers.LSTMN(units, 2, return_sequences=True), normal(n, steps, features, seed=seed)
    layer(x)
    layer.set_weights([normal(*w.shape, seed=seed + k) for k, w in enumerate(layer.weights)])
    variables = [Variable(a) for a in (x, *layer.weights)]
    y = lstmn(*variables)
    v = normal(*y.shape, seed=seed + 9)
    y.backward(v)
    assert np.allclose(layer(x), y.value, atol=1e-12)
    dx = layer.backward(v)
    for found, variable in zip([dx, *(p.gradient for p in layer.parameters)], variables, strict=True):
        assert np.max(np.abs(found - variable.grad)) < 1e-7 * max(1, np.max(np.abs(variable.grad)))


def test_weights_of_the_lstmn():
    layer = layers.LSTMN(3)
    layer(normal(2, 5, 2))
    assert np.allclose(layer.alpha[:, 1:].sum(-1), 1) and not np.triu(layer.alpha).any()
    assert layer.count_params() == 4 * 3 * (2 + 3 + 1) + 3 * (2 + 3 + 3) + 3
    last = layers.LSTMN.from_config(layer.get_config())
    last(normal(2, 5, 2))
    last.set_weights(layer.get_weights())
    layer.return_sequences = True
    assert np.array_equal(last(normal(2, 5, 2)), layer(normal(2, 5, 2))[:, -1])


def test_the_lstmn_with_one_step_to_look_back_to_is_an_lstm():
    """With two steps all weight lies on the first: what a plain LSTM does."""
    layer, plain, x = layers.LSTMN(3), layers.LSTM(3), normal(4, 2, 2)
    layer(x)
    plain(x)
    plain.set_weights(layer.get_weights()[:3])
    assert np.allclose(layer(x), plain(x), rtol=1e-13)


# The transformer's parts

@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("first", [False, True])
def test_gradients_of_a_block(first, causal):
    def block():
        return TransformerBlock(2, 5, 0.2, "tanh", normalize_first=first, causal=causal)

    x, mask = normal(3, 4, 4), np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]], bool)
    for layer in block(), Fixed(block(), mask=mask):
        assert gradcheck.check(layer, x, seed=0) < 1e-7
        assert gradcheck.check_direction(layer, x, seed=1, h=2e-6) < 1e-7


@pytest.mark.parametrize("first", [False, True])
def test_a_block_without_positions_takes_its_input_for_a_set(first):
    """Steps in another order give the same outputs in that order; with positions, or causal, they do not."""
    x, order = normal(2, 5, 4), [3, 0, 4, 1, 2]
    block = TransformerBlock(2, 8, normalize_first=first)
    assert np.allclose(block(x)[:, order], block(x[:, order]))
    placed = dl.Sequential([dl.Input((5, 4)), Positions(), block])
    assert not np.allclose(placed(x)[:, order], placed(x[:, order]))
    causal = TransformerBlock(2, 8, normalize_first=first, causal=True)
    later = x.copy()
    later[:, 3:] += 1
    assert np.array_equal(causal(x)[:, :3], causal(later)[:, :3]) and not np.allclose(causal(x), causal(later))


def test_gradients_of_positions():
    for learned in False, True:
        assert gradcheck.check(Positions(learned), normal(3, 4, 3), seed=0) < 1e-7
    layer = Positions(True)
    layer(normal(3, 4, 2))
    layer(normal(3, 2, 2))                                                   # fewer steps: only they get derivatives
    layer.backward(np.ones((3, 2, 2)))
    assert np.array_equal(layer.dembeddings, [[3, 3], [3, 3], [0, 0], [0, 0]])


def test_positions_turn():
    """Each pair of features is a hand of a clock, which three steps turn by the same angle from anywhere."""
    p = sine_positions(20, 6)
    assert np.allclose(p[0], [0, 1, 0, 1, 0, 1]) and np.allclose(p[1, :2], [np.sin(1), np.cos(1)])
    assert np.allclose((p**2).sum(1), 3) and sine_positions(4, 5).shape == (4, 5)
    for k in range(3):
        hands = p[:, 2 * k + 1] + 1j * p[:, 2 * k]
        assert np.allclose(hands[3:] / hands[:-3], np.exp(3j * 10000 ** (-2 * k / 6)))
    layer = Positions()
    assert np.allclose(layer(np.zeros((1, 3, 6)))[0], p[:3]) and np.allclose(layer(np.zeros((1, 9, 6)))[0], p[:9])


def test_a_causal_transformer_learns_to_copy_what_stood_before(tmp_path):
    """Which symbol stood two steps before? Nothing but attention with positions can know; it is stored, too."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (400, 8))
    y = np.roll(x, 2, axis=1)
    w = np.ones((400, 8))
    w[:, :2] = 0                                                             # nothing stands there
    model = dl.Sequential([dl.Input((8,)), layers.Embedding(4, 16), Positions(), TransformerBlock(
        2, 32, normalize_first=True, causal=True), layers.LayerNormalization(), layers.Dense(4, "softmax")])
    model.compile(dl.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=50, epochs=25, sample_weight=w, verbose=0)
    right = (model.predict(x).argmax(-1) == y)[:, 2:].mean()
    assert right > 0.99, right
    model.save(tmp_path / "m")
    assert np.array_equal(dl.saving.load_model(tmp_path / "m").predict(x[:9]), model.predict(x[:9]))
