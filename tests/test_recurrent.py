"""Recurrent layers against finite differences, the tape and the sources' equations; long sequences; what they learn."""
import itertools
import tracemalloc

import cases
import numpy as np
import pytest
from cases import normal
from hypothesis import given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import activations, gradcheck, layers
from unrolled.autodiff import Variable
from unrolled.layers import GRU, LSTM, SimpleRNN
from unrolled.layers.recurrent import BY_OUTPUT

pytestmark = pytest.mark.usefixtures("float64")
few = cases.few(6)
sizes, seeds = st.integers(1, 4), st.integers(0, 1000)


def error(ours, theirs):
    return np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs))


def same(a, b):
    return np.allclose(a, b, rtol=0, atol=1e-14)


CELLS = {
    "simple": lambda units, **k: SimpleRNN(units, **k),
    "simple, gelu": lambda units, **k: SimpleRNN(units, "gelu", **k),
    "gru, reset after": lambda units, **k: GRU(units, **k),
    "gru, reset before": lambda units, **k: GRU(units, reset_after=False, **k),
    "gru, softplus": lambda units, **k: GRU(units, "softplus", "hard_sigmoid", **k),
    "lstm, softplus": lambda units, **k: LSTM(units, "softplus", "hard_sigmoid", peepholes="full", **k),
    **{f"lstm {gates!r}, {p} peepholes": (lambda units, gates=gates, p=p, **k: LSTM(units, gates=gates, peepholes=p, **k))
       for gates in ("ifo", "io", "f", "") for p in (None, "diagonal", "full")},
}


def ready(name, units, x, seed=0, **options):
    """A layer whose weights are all drawn at random, also those that start at 0."""
    layer = CELLS[name](units, **options)
    layer(x)
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.uniform(-0.8, 0.8, w.shape) for w in layer.get_weights()])
    return layer


@pytest.mark.parametrize("name", CELLS)
@few
@given(n=sizes, length=sizes, features=sizes, units=sizes, sequences=st.booleans(), backwards=st.booleans(),
       bias=st.booleans(), seed=seeds)
def test_gradients(name, n, length, features, units, sequences, backwards, bias, seed):
    x = normal(n, length, features, seed=seed)
    layer = ready(name, units, x, seed, return_sequences=sequences, go_backwards=backwards, use_bias=bias)
    assert gradcheck.check(layer, x, seed=seed) < 1e-7
    assert gradcheck.check_direction(layer, x, seed=seed) < 1e-7


# The same equations on the tape, row by row: the oracle for what Keras lacks, and for masks and states with it

def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def blocks(z, names, units):
    return {name: z[..., k * units:(k + 1) * units] for k, name in enumerate(names)}


def step_of(layer, w, x, h, c=None):
    """The states after a step, by the docstrings' equations."""
    units = layer.units
    if isinstance(layer, SimpleRNN):
        return (np.tanh(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"]),)
    if isinstance(layer, GRU):
        U = blocks(w["recurrent_kernel"], "zrh", units)
        b = blocks(w["bias"][0] if layer.reset_after else w["bias"], "zrh", units)
        more = blocks(w["bias"][1], "zrh", units) if layer.reset_after else dict.fromkeys("zrh", 0.0)
        K = blocks(w["kernel"], "zrh", units)
        z, r = (sigmoid(x @ K[k] + h @ U[k] + b[k] + more[k]) for k in "zr")
        q = r * (h @ U["h"] + more["h"]) if layer.reset_after else (r * h) @ U["h"]
        return (z * h + (1 - z) * np.tanh(x @ K["h"] + b["h"] + q),)
    z = blocks(x @ w["kernel"] + h @ w["recurrent_kernel"] + w["bias"], [k for k in "ifao" if k in layer.gates + "a"], units)

    def gate(name, cell):
        if name not in layer.gates:
            return 1.0
        if layer.peepholes is None:
            return sigmoid(z[name])
        v = blocks(w["peephole_kernel"], layer.gates, units)[name]
        return sigmoid(z[name] + (cell @ v if layer.peepholes == "full" else cell * v))

    c_new = gate("f", c) * c + gate("i", c) * np.tanh(z["a"])
    return gate("o", c_new) * np.tanh(c_new), c_new


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", [name for name in CELLS if "softplus" not in name and "gelu" not in name])
def test_the_tape_agrees(name, masked):
    """Outputs of all steps, last states and their derivatives by all weights, inputs and initial states."""
    x, rng = normal(3, 5, 2), np.random.default_rng(1)
    layer = ready(name, 4, x, return_sequences=True, return_state=True)
    start = [rng.standard_normal((3, 4)) for _ in layer.state_size]
    mask = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 1, 0], [1, 1, 0, 0, 1]], bool) if masked else None
    y, *states = layer(x, mask=mask, initial_state=start)
    vs = [rng.standard_normal(a.shape) for a in (y, *states)]
    layer.zero_gradients()
    dx = layer.backward(vs[0], vs[1:])

    w = {p.name: Variable(p.value) for p in layer.parameters}
    tape_x, now = Variable(x), [Variable(s) for s in start]
    tape_start, number = list(now), 0.0
    for t in range(5):
        after = step_of(layer, w, tape_x[:, t], *now)
        now = [a if mask is None else np.where(mask[:, t, None], a, b) for a, b in zip(after, now, strict=True)]
        assert np.allclose(now[0].value, y[:, t], rtol=0, atol=1e-14)
        number = number + (now[0] * vs[0][:, t]).sum()
    number = number + sum((s * v).sum() for s, v in zip(now, vs[1:], strict=True))
    number.backward()
    for ours, theirs in zip(states, now, strict=True):
        assert np.allclose(ours, theirs.value, rtol=0, atol=1e-14)
    for p in layer.parameters:
        assert error(p.gradient, w[p.name].grad) < 1e-12, p.name
    assert error(dx, tape_x.grad) < 1e-12
    for ours, theirs in zip(layer.dinitial_state, tape_start, strict=True):
        assert error(ours, theirs.grad) < 1e-12


# Backpropagation through time as the book prints it, and as it must be. Columns, as in the book.

def simple_run(seed=0, n_x=3, n_h=5, n_o=2, length=7):
    """A SimpleRNN and a linear output with squared errors at all steps, for one sequence."""
    x, target, V = normal(1, length, n_x, seed=seed), normal(length, n_o, seed=seed + 1), normal(n_o, n_h, seed=seed + 2)
    layer = ready("simple", n_h, x, seed, return_sequences=True)
    h = layer(x)[0]
    return x[0], h, layer, V, h @ V.T - target                                   # V, and e_o(t) = y(t) - t(t)


def by_recursion(recursion, x, h, layer, V, e_o):
    """The gradient of U, the book's name for the kernel, with e_h(t - 1) = recursion(...)."""
    W, slope = layer.recurrent_kernel.T, 1 - h**2                                # f'(p(t))
    e_h = slope[-1] * (V.T @ e_o[-1])
    dU = np.outer(e_h, x[-1])
    for t in range(len(x) - 1, 0, -1):
        e_h = recursion(e_h, W, slope[t - 1], V.T @ e_o[t - 1])
        dU += np.outer(e_h, x[t - 1])
    return dU


@pytest.mark.parametrize("seed", range(3))
def test_errors_3_and_4_of_the_book(seed):
    """(5.22), with its product in the wrong order, fails; so does the right one where each step has a loss (5.16)."""
    x, h, layer, V, e_o = run = simple_run(seed)
    forms = {
        "printed": lambda e, W, slope, own: e * (W @ slope),
        "right, last loss only": lambda e, W, slope, own: slope * (W.T @ e),
        "right, every loss": lambda e, W, slope, own: slope * (W.T @ e + own),
    }
    for all_steps in False, True:
        layer.zero_gradients()
        layer.backward((e_o @ V * (all_steps | (np.arange(7) == 6))[:, None])[None])
        off = {name: error(by_recursion(form, *run), layer.dkernel.T) for name, form in forms.items()}
        right = "right, every loss" if all_steps else "right, last loss only"
        assert off.pop(right) < 1e-12
        assert min(off.values()) > 0.1, off


def test_error_8_of_the_book():
    """(5.29) is an ordered product of matrices: diag(f') Wᵀ, the latest step at the right."""
    x, h, layer, *_ = simple_run()
    e = normal(5, seed=9)
    layer(x[None])
    layer.backward(None, [e[None]])
    W, slope = layer.recurrent_kernel.T, 1 - h**2
    ordered, other = np.eye(5), np.eye(5)
    for t in range(len(x)):
        ordered, other = ordered @ W.T @ np.diag(slope[t]), other @ (W @ np.diag(slope[t]))
    assert error(layer.dinitial_state[0][0], ordered @ e) < 1e-12
    assert error(layer.dinitial_state[0][0], other @ e) > 0.1


def lstm_recursion(layer, x, dh_out, out_peephole=True, in_peepholes=True, forget=True, through_h=True):
    """The derivatives by z of all gates, (T, 4, H), by the complete recursion of the LSTM or with parts of it left out.

    `layer` has run on one sequence x (T, D); `dh_out` (T, H) is the derivative by the outputs.
    """
    units, (g, c) = layer.units, (layer.g[..., 0], layer.c[..., 0])
    U = blocks(layer.recurrent_kernel, "ifao", units)
    V = blocks(layer.peephole_kernel, "ifo", units)
    e = np.zeros((len(x), 4, units))
    e_c, later = np.zeros(units), np.zeros((4, units))
    for t in reversed(range(len(x))):
        (i, f, a, o), shown = g[t], np.tanh(c[t + 1])
        e_h = dh_out[t] + (sum(U[k] @ later[m] for m, k in enumerate("ifao")) if through_h else 0)
        e_o = e_h * shown * o * (1 - o)
        f_later = g[t + 1, 1] if t + 1 < len(x) else 0
        e_c = (f_later * e_c if forget else e_c) + e_h * o * (1 - shown**2)
        if out_peephole:
            e_c = e_c + V["o"] @ e_o
        if in_peepholes:
            e_c = e_c + V["i"] @ later[0] + V["f"] @ later[1]
        later = e[t] = np.array([e_c * a * i * (1 - i), e_c * c[t] * f * (1 - f), e_c * i * (1 - a**2), e_o])
    return e


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("error_of_the_book, left_out", [
    ("E12, (5.86): the output gate's peephole", ["out_peephole"]),
    ("E13, (5.88): the peepholes of the step after", ["in_peepholes"]),
    ("E13, footnote 15: the forget gate too", ["out_peephole", "in_peepholes", "forget"]),
    ("E14: what comes through h of the step after", ["through_h"]),
])
def test_errors_12_to_14_of_the_book(error_of_the_book, left_out, seed):
    x = normal(1, 7, 3, seed=seed)
    layer = ready("lstm 'ifo', full peepholes", 5, x, seed, return_sequences=True)
    dh = normal(*layer(x).shape, seed=seed + 1)
    layer.zero_gradients()
    layer.backward(dh)

    def dK(**parts):
        return np.einsum("td,tgh->dgh", x[0], lstm_recursion(layer, x[0], dh[0], **parts)).reshape(3, -1)

    assert error(dK(), layer.dkernel) < 1e-12
    assert error(dK(**dict.fromkeys(left_out, False)), layer.dkernel) > 0.02


def test_the_carousel_alone_keeps_the_error_constant():
    """(5.31), (5.33): without gates, and without the way through h, dc(t - 1) = dc(t)."""
    x = normal(1, 50, 3)
    layer = ready("lstm '', None peepholes", 4, x)
    layer.recurrent_kernel[...] = 0
    layer(x)
    dc = normal(1, 4)
    layer.backward(None, [None, dc])
    assert np.array_equal(layer.dinitial_state[1], dc)
    forgetful = ready("lstm 'f', None peepholes", 4, x)
    forgetful.recurrent_kernel[...] = 0
    forgetful(x)
    forgetful.backward(None, [None, dc])
    assert np.allclose(forgetful.dinitial_state[1], dc * forgetful.g[:, 1, :, 0].prod(axis=0), rtol=1e-12)


def test_error_18_of_the_book():
    """The block matrix (5.97) with its indices put right gives the GRU's pre-activations; r and z exchanged do not."""
    x, h = normal(1, 1, 3), normal(1, 4, seed=1)
    layer = ready("gru, reset before", 4, x, return_state=True)
    after = layer(x, initial_state=h)[1][0]
    W, U = (blocks(w, "zrh", 4) for w in (layer.kernel, layer.recurrent_kernel))
    b, zero = blocks(layer.bias, "zrh", 4), np.zeros((4, 4))

    def by_block_matrix(first, second):
        r = sigmoid(np.hstack([W[first].T, U[first].T, zero, b[first][:, None]]) @ column(np.zeros(4)))
        M = np.block([[W[first].T, U[first].T, zero, b[first][:, None]],
                      [W[second].T, U[second].T, zero, b[second][:, None]],
                      [W["h"].T, zero, U["h"].T, b["h"][:, None]]])
        hats = M @ column(r * h[0])
        z, new = sigmoid(hats[4:8]), np.tanh(hats[8:])
        return z * h[0] + (1 - z) * new

    def column(reset):
        return np.concatenate([x[0, 0], h[0], reset, [1]])

    assert np.allclose(by_block_matrix("r", "z"), after, rtol=0, atol=1e-14)
    assert error(by_block_matrix("z", "r"), after) > 0.05


def test_both_meanings_of_the_update_gate():
    """u = 1 - z: the same layer once the signs of all weights of z are changed."""
    x = normal(2, 5, 3)
    layer = ready("gru, reset before", 4, x)
    y = layer(x)
    z = np.s_[..., :4]
    for w in (layer.kernel, layer.recurrent_kernel, layer.bias):
        w[z] *= -1
    h = np.zeros((2, 4))
    for t in range(5):
        u, r = (sigmoid(v) for v in np.split((x[:, t] @ layer.kernel + h @ layer.recurrent_kernel + layer.bias)[:, :8], 2, 1))
        new = np.tanh(x[:, t] @ layer.kernel[:, 8:] + (r * h) @ layer.recurrent_kernel[:, 8:] + layer.bias[8:])
        h = (1 - u) * h + u * new
    assert np.allclose(h, y, rtol=0, atol=1e-14)


# Exact numbers

def test_forward_example_of_the_survey():
    """S3-5.4.3, to every printed digit."""
    model = dl.Sequential([dl.Input((2, 1)), SimpleRNN(2, return_sequences=True), layers.Dense(1)])
    model.set_weights([[[0.5, 0.6]], [[0.1, 0.2], [0.3, 0.4]], [0.1, -0.1], [[1], [2]], [0.1]])
    y = model(np.array([[[1], [2]]]))
    rnn = model.layers[0]
    z = np.arctanh(rnn.h[1:, :, 0])
    assert [f"{v:.8g}" for v in z.ravel()] == ["0.6", "0.5", "1.2923401", "1.3922568"]
    assert [f"{v:.8f}" for v in z[1]] == ["1.29234010", "1.39225678"]
    assert [f"{v:.8f}" for v in rnn.h[1:, :, 0].ravel()] == ["0.53704957", "0.46211716", "0.85973818", "0.88366641"]
    assert [f"{v:.8f}" for v in y.ravel()] == ["1.56128388", "2.72707101"]
    assert rnn.count_params() == (2 + 1) * 2 + 2 == 8


@pytest.mark.parametrize("layer, features, count", [
    (SimpleRNN(20), 1, 440), (SimpleRNN(100), 2, 10_300),
    (LSTM(30), 1, 3840), (LSTM(100), 2, 41_200),
    (GRU(100, reset_after=False), 2, 30_900), (GRU(100), 2, 31_200),
    (layers.Bidirectional(LSTM(128)), 28, 160_768),
])
def test_parameter_counts(layer, features, count):
    layer.build_once((None, None, features))
    assert layer.count_params() == count


def test_blocks_of_weights():
    """12 blocks of the LSTM, 15 with peepholes, 9 of the GRU."""
    def count(layer):
        layer.build_once((None, None, 3))
        return sum(w.size / {"kernel": 3 * 5, "bias": 5}.get(p.name, 5 * 5)
                   for p, w in zip(layer.parameters, layer.weights, strict=True))
    assert [count(layer) for layer in (LSTM(5), LSTM(5, peepholes="full"), GRU(5, reset_after=False))] == [12, 15, 9]
    assert count(LSTM(5, gates="io")) == 9 and count(LSTM(5, gates="")) == 3


# States, masks, truncation

STANDARD = ["simple", "lstm 'ifo', None peepholes", "gru, reset after", "gru, reset before"]


@pytest.mark.parametrize("name", STANDARD)
def test_going_on_from_a_state_equals_never_stopping(name):
    x = normal(3, 8, 2)
    whole = ready(name, 4, x, return_sequences=True, return_state=True)
    y, *last = whole(x)
    states, parts = None, []
    for part in (x[:, :3], x[:, 3:4], x[:, 4:]):
        y_part, *states = whole(part, initial_state=states)
        parts.append(y_part)
    assert all(map(same, [np.concatenate(parts, axis=1), *states], [y, *last]))
    kept = ready(name, 4, x, return_sequences=True, stateful=True)
    kept.reset_state()
    parts = [kept(x[:, :3]), kept(x[:, 3:])]
    assert all(map(same, [np.concatenate(parts, axis=1), *kept.last_state], [y, *last]))
    assert not same(kept(x), y)
    kept.reset_state()
    assert same(kept(x), y)
    with pytest.raises(ValueError, match="has kept the states of 3 sequences, but got 2"):
        kept(x[:2])
    assert same(kept.kept_state[0], last[0])


@pytest.mark.parametrize("name", STANDARD)
def test_derivatives_pass_through_the_states_between_two_calls(name):
    """An encoder and a decoder with the same weights are one layer on one long sequence."""
    x, v = normal(3, 8, 2), normal(3, 4, seed=1)
    whole = ready(name, 4, x)
    whole(x)
    dx = whole.backward(v)
    first = ready(name, 4, x, return_state=True)
    second = first.tied()
    y, *states = first(x[:, :5])
    second(x[:, 5:], initial_state=states)
    dx_second = second.backward(v)
    dx_first = first.backward(None, second.dinitial_state)
    assert np.allclose(np.concatenate([dx_first, dx_second], axis=1), dx, rtol=1e-12)
    for a, b in zip(first.parameters, whole.parameters, strict=True):
        assert np.allclose(a.gradient, b.gradient, rtol=1e-10)


@pytest.mark.parametrize("name", STANDARD)
def test_skipped_steps_are_as_if_they_were_not_there(name):
    x, mask = normal(1, 7, 2), np.array([[0, 1, 1, 0, 0, 1, 0]], bool)
    layer = ready(name, 4, x)
    short = x[:, mask[0]]
    y, v = layer(short), normal(1, 4, seed=1)
    layer.zero_gradients()
    dx = layer.backward(v)
    gradients = [p.gradient.copy() for p in layer.parameters]
    layer.zero_gradients()
    assert np.array_equal(layer(x, mask=mask), y)
    dx_masked = layer.backward(v)
    assert np.allclose(dx_masked[:, mask[0]], dx, rtol=1e-12) and not dx_masked[:, ~mask[0]].any()
    for a, b in zip(gradients, layer.parameters, strict=True):
        assert np.allclose(a, b.gradient, rtol=1e-12)


@pytest.mark.parametrize("name", STANDARD)
def test_truncation(name):
    """Derivatives as if each piece, counted from the end, began with a given state; outputs as ever."""
    x, v = normal(2, 7, 3), normal(2, 7, 4, seed=1)
    whole, cut = ready(name, 4, x, return_sequences=True), ready(name, 4, x, return_sequences=True, truncate=3)
    assert np.array_equal(whole(x), cut(x))
    dx = cut.backward(v)
    pieces, state = [], None
    for part in (np.s_[:, :1], np.s_[:, 1:4], np.s_[:, 4:]):
        whole(x[part], initial_state=state)
        pieces.append(whole.backward(v[part]))
        state = whole.last_state
    assert np.allclose(dx, np.concatenate(pieces, axis=1), rtol=1e-12)
    for a, b in zip(cut.parameters, whole.parameters, strict=True):
        assert np.allclose(a.gradient, b.gradient, rtol=1e-10)


@pytest.mark.parametrize("truncate", [1, 3, 6, 7, 8])
def test_truncation_of_a_single_loss(truncate):
    """(5.24)-(5.28) with τ = truncate - 1: the last steps only get a derivative, and these the full one."""
    x, v = normal(2, 7, 3), normal(2, 4, seed=1)
    full, cut = ready("simple", 4, x), ready("simple", 4, x, truncate=truncate)
    dx = [(layer(x), layer.backward(v))[1] for layer in (full, cut)]
    assert np.allclose(dx[1][:, -truncate:], dx[0][:, -truncate:], rtol=1e-12) and not dx[1][:, :-truncate].any()
    assert cut.dinitial_state[0].any() == (truncate >= 7)


@pytest.mark.parametrize("name", CELLS)
def test_backward_twice_gives_the_same(name):
    x = normal(3, 4, 2)
    layer = ready(name, 3, x, return_sequences=True)
    layer(x)
    v = normal(3, 4, 3)
    layer.zero_gradients()
    first, once = layer.backward(v), [p.gradient.copy() for p in layer.parameters]
    assert np.array_equal(first, layer.backward(v))
    for gradient, p in zip(once, layer.parameters, strict=True):
        assert np.allclose(p.gradient, 2 * gradient, rtol=1e-14, atol=0)
    layer.needs_dx = False
    layer.zero_gradients()
    assert layer.backward(v) is None
    for gradient, p in zip(once, layer.parameters, strict=True):
        assert np.allclose(p.gradient, gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", STANDARD)
def test_results_stay_as_they_were_returned(name):
    """Memory is used again by the next call, but not that of outputs, states and derivatives."""
    x = normal(1, 1, 1)
    layer = ready(name, 1, x, return_state=True)
    results = [*layer(x), layer.backward(np.ones((1, 1))), *layer.dinitial_state, *layer.last_state]
    copies = [a.copy() for a in results]
    layer(x + 1, mask=[[False]])
    layer.backward(np.full((1, 1), 3.0))
    assert all(map(np.array_equal, results, copies))


@pytest.mark.parametrize("function", sorted(BY_OUTPUT, key=lambda f: f.__name__), ids=lambda f: f.__name__)
def test_functions_whose_pre_activations_are_not_kept(function):
    z = normal(50)
    assert np.array_equal(function.backward(z, z, function(z)), function.backward(z, np.full(50, np.nan), function(z)))
    assert {activations.sigmoid, activations.tanh} <= BY_OUTPUT


# Long sequences

@pytest.fixture
def float32():
    dl.config.set_floatx("float32")


LONG = {"simple": SimpleRNN, "lstm": LSTM, "gru": GRU, "lstm without forgetting": lambda units: LSTM(units, gates="io")}


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("kind", ["random", "large", "empty after a while"])
def test_a_thousand_steps(name, kind, float32, monkeypatch):
    """Nothing overflows, and hardly any of the numbers that come back is subnormal: they cost processors much time."""
    x = normal(8, 1000, 2) * (100 if kind == "large" else 1)
    if kind == "empty after a while":
        x[:, 20:] = 0
    layer = LONG[name](16)
    found, back = [], layer.step_back
    monkeypatch.setattr(layer, "step_back", lambda t, *d: found.extend(d) or back(t, *d))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        layer(x)
        dx = layer.backward(np.ones((8, 16), "float32"))
    tiny = np.finfo("float32").tiny

    def subnormal(arrays):
        return np.mean([((a != 0) & (np.abs(a) < tiny)).mean() for a in arrays])

    assert np.isfinite(dx).all() and np.isfinite(layer.dkernel).all()
    assert subnormal(found) < 0.05 and subnormal(layer.memory) < 0.05
    if name == "simple" and kind != "empty after a while":
        assert len(found) < 500                              # nothing is left after some hundred steps: it stops


@pytest.mark.parametrize("name", ["simple", "lstm", "gru"])
def test_backward_takes_no_more_than_five_times_forward(name, float32):
    """The goal is three. CPU times, the best of some, on vanishing derivatives."""
    import time

    layer, x = LONG[name](32), normal(20, 1000, 2)
    y = layer(x)

    def cpu_time(f, argument):
        start = time.process_time()
        f(argument)
        return time.process_time() - start

    forward, backward = zip(*((cpu_time(layer, x), cpu_time(layer.backward, np.ones_like(y))) for _ in range(10)), strict=True)
    assert min(backward) < 5 * min(forward)


def test_memory_of_a_training_step(float32):
    """Batch 100, T = 200, hidden 128: at most 400 MB."""
    x, y = normal(100, 200, 2), normal(100, 1)
    model = dl.Sequential([dl.Input((200, 2)), LSTM(128), layers.Dense(1)])
    model.compile("adam", "mse")
    tracemalloc.start()
    try:
        model.train_on_batch(x, y)
        model.train_on_batch(x, y)
        assert tracemalloc.get_traced_memory()[1] < 400e6
    finally:
        tracemalloc.stop()


# Learning

def learned(layer, length, epochs):
    """Validation errors on the adding problem over the epochs, in those of always answering 1."""
    x, t = dl.datasets.adding(2500, length)
    model = dl.Sequential([dl.Input((length, 2)), layer, layers.Dense(1)])
    model.compile(dl.optimizers.Adam(0.01, global_clipnorm=1.0), "mse")
    run = model.fit(x[:2000], t[:2000], batch_size=50, epochs=epochs, verbose=0, validation_data=(x[2000:], t[2000:]))
    return np.array(run.history["val_loss"]) / np.mean((t[2000:] - 1) ** 2)


@pytest.mark.parametrize("kind", [GRU, LSTM])
def test_gated_layers_solve_the_adding_problem(kind, float32):
    errors = learned(kind(32), 30, 15)
    assert errors[0] > 0.8 and errors[-1] < 0.05


def test_a_simple_layer_does_not_where_the_marks_lie_far_apart(float32):
    assert learned(SimpleRNN(32), 100, 10).min() > 0.9
    assert learned(GRU(32), 100, 10)[-1] < 0.2


# What is refused

@pytest.mark.parametrize("make, sentence", [
    (lambda: LSTM(0), "LSTM needs a positive whole number of units, but 0 was given."),
    (lambda: GRU(2.5), "GRU needs a positive whole number of units, but 2.5"),
    (lambda: SimpleRNN(2, "tan"), "Did you mean 'tanh'?"),
    (lambda: SimpleRNN(2, truncate=0), "truncated after a positive whole number of steps, but 0"),
    (lambda: LSTM(2, peepholes=True), "peepholes must be None, 'diagonal' or 'full', but True was given."),
    (lambda: LSTM(2, gates="oif"), "gates must be 'ifo' or a part of it"),
    (lambda: LSTM(2, gates=None), "gates must be 'ifo' or a part of it"),
    (lambda: SimpleRNN(2)(normal(3, 4)), "expects sequences (N, steps, features) with a known number of features"),
    (lambda: dl.Sequential([dl.Input((None, None)), GRU(2)]), "a known number of features, but got (N, ?, ?)"),
    (lambda: ready("simple", 2, normal(3, 4, 5))(normal(3, 4, 6)), "expects sequences (N, steps, 5) of at least one"),
    (lambda: GRU(2)(np.zeros((3, 0, 5))), "of at least one step, but got (3, 0, 5)"),
    (lambda: GRU(2)(normal(3, 4, 5), mask=np.ones((3, 5))), "each sequence, (3, 4), but the mask has shape (3, 5)"),
    (lambda: LSTM(2)(normal(3, 4, 5), initial_state=normal(3, 2)), "of shapes [(3, 2), (3, 2)], but got [(3, 2)]"),
    (lambda: GRU(2)(normal(3, 4, 5), initial_state=[normal(1, 2)]), "but got [(1, 2)]"),
    (lambda: dl.Sequential([dl.Input((4, 5)), LSTM(2, return_state=True)]), "Layer 'lstm' returns several arrays"),
])
def test_errors(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)


def test_sequences_of_any_length():
    layer = GRU(3, return_sequences=True)
    assert [layer(normal(2, length, 4)).shape for length in (5, 1, 9)] == [(2, 5, 3), (2, 1, 3), (2, 9, 3)]
    model = dl.Sequential([dl.Input((None, 4)), LSTM(3, return_sequences=True), layers.Dense(2)])
    assert [model(normal(2, length, 4)).shape for length in (5, 1)] == [(2, 5, 2), (2, 1, 2)]
    assert model.output_shape == (None, None, 2)


@pytest.mark.parametrize("name", STANDARD)
def test_output_shapes_are_foretold(name):
    for sequences, state in itertools.product((False, True), repeat=2):
        layer = CELLS[name](3, return_sequences=sequences, return_state=state)
        y = layer(normal(2, 4, 5))
        shapes = tuple(a.shape for a in y) if state else y.shape
        assert layer.compute_output_shape((2, 4, 5)) == shapes
