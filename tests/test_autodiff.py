"""The tape: every line of its table, its walk through the graph, and as an oracle for the layers."""
import operator

import cases
import numpy as np
import parity
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import activations, autodiff, layers
from unrolled.autodiff import Variable, grad
from unrolled.gradcheck import numerical_gradient

few = cases.few(20)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def positive(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2.0, shape)


def error_of(f, *args):
    """The greatest relative difference of the tape's derivatives of sum(v·f) from finite differences."""
    v = normal(*np.shape(f(*args)), seed=9)
    found = grad(lambda *xs: np.sum(v * f(*xs)))(*args)
    found = found if len(args) > 1 else (found,)
    worst = 0.0
    for k, (x, dx) in enumerate(zip(args, found, strict=True)):
        def number(x, k=k):
            return np.sum(v * f(*args[:k], x, *args[k + 1:]))

        assert dx.shape == np.shape(x)
        expected = numerical_gradient(number, x)
        worst = max(worst, np.max(np.abs(dx - expected)) / max(1, np.max(np.abs(expected))))
    return worst


# The table

SAMPLES = {
    np.add: [lambda a, b: a + b, normal(2, 3), normal(3)],
    np.subtract: [lambda a, b: a - b, normal(2, 3), normal(2, 1)],
    np.multiply: [lambda a, b: a * b, normal(2, 3), normal()],
    np.divide: [lambda a, b: a / b, normal(2, 3), positive(3)],
    np.power: [lambda a, b: a ** b, positive(2, 3), normal(3)],
    np.matmul: [lambda a, b: a @ b, normal(2, 3), normal(3, 4)],
    np.maximum: [np.maximum, normal(4, 3), normal(3, seed=1)],
    np.minimum: [np.minimum, normal(4, 3), normal(3, seed=1)],
    np.logaddexp: [np.logaddexp, normal(4, 3), normal(3, seed=1)],
    np.negative: [lambda a: -a, normal(3)],
    np.absolute: [abs, normal(3)],
    np.sqrt: [np.sqrt, positive(3)],
    np.square: [np.square, normal(3)],
    np.exp: [np.exp, normal(3)],
    np.expm1: [np.expm1, normal(3)],
    np.log: [np.log, positive(3)],
    np.sin: [np.sin, normal(3)],
    np.cos: [np.cos, normal(3)],
    np.tanh: [np.tanh, normal(3)],
    np.clip: [lambda a: np.clip(a, -0.5, 0.5), normal(9)],
    np.where: [lambda a, b: np.where([True, False, True], a, b), normal(2, 3), normal()],
    np.sum: [np.sum, normal(2, 3)],
    np.mean: [np.mean, normal(2, 3)],
    np.max: [np.max, normal(2, 3)],
    np.reshape: [lambda a: a.reshape(3, -1), normal(2, 6)],
    np.transpose: [lambda a: a.T, normal(2, 3, 4)],
    np.concatenate: [lambda a, b: np.concatenate([a, b]), normal(2, 3), normal(1, 3)],
    operator.getitem: [lambda a: a[1:, ::2], normal(3, 4)],
}
MORE = {
    "power of a number": [lambda a: a ** 3 + a ** -2, -positive(3)],
    "number to a power": [lambda a: 2 ** a, normal(3)],
    "vector @ vector": [lambda a, b: a @ b, normal(3), normal(3, seed=1)],
    "vector @ matrix": [lambda a, b: a @ b, normal(3), normal(3, 4)],
    "matrix @ vector": [lambda a, b: a @ b, normal(2, 3), normal(3)],
    "batch @ matrix": [lambda a, b: a @ b, normal(5, 2, 3), normal(3, 4)],
    "batch @ vector": [lambda a, b: a @ b, normal(5, 2, 3), normal(3)],
    "vector @ batch": [lambda a, b: a @ b, normal(3), normal(5, 3, 2)],
    "batch @ broadcast batch": [lambda a, b: a @ b, normal(4, 1, 2, 3), normal(5, 3, 2)],
    "array @ variable": [lambda a: np.ones((4, 2)) @ a, normal(2, 3)],
    "array - variable": [lambda a: np.ones((4, 3)) - a, normal(3)],
    "number / variable": [lambda a: np.float64(2) / a + 1 / a, positive(3)],
    "softmax": [lambda a: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True), normal(4, 3)],
    "transpose, axes": [lambda a: a.transpose(1, 2, 0), normal(2, 3, 4)],
    "transpose, a tuple": [lambda a: np.transpose(a, (2, 0, 1)), normal(2, 3, 4)],
    "reshape, a tuple": [lambda a: a.reshape((6, 2)), normal(3, 4)],
    "concatenate, other axis": [lambda a, b: np.concatenate((a, np.ones((2, 2)), b), axis=1),
                                normal(2, 3), normal(2, 1)],
    "where, a variable's sign": [lambda a: np.where(a > 0, a * a, -a), normal(9)],
    "comparisons": [lambda a: a * ((a > 0) & (a <= 1)) + a * (a < -1) + a * (0.5 >= a), normal(9)],
    "repeated index": [lambda a: a[[0, 0, 2, 0]], normal(3, 2)],
    "mask": [lambda a: a[np.array([True, False, True])], normal(3, 2)],
    "iteration": [lambda a: sum(k * row for k, row in enumerate(a)), normal(3, 2)],
    "new axis": [lambda a: a[:, None] * a, normal(3)],
}


def test_every_line_of_the_table_has_a_sample():
    assert set(SAMPLES) == set(autodiff.DERIVATIVES)


@pytest.mark.parametrize("function", SAMPLES, ids=lambda f: f.__name__)
def test_derivatives(function):
    assert error_of(*SAMPLES[function]) < 1e-8


@pytest.mark.parametrize("name", MORE)
def test_uses(name):
    assert error_of(*MORE[name]) < 1e-8


@pytest.mark.parametrize("reduction", [np.sum, np.mean, np.max])
@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions(reduction, axis, keepdims):
    a = normal(2, 3, 4)
    assert error_of(lambda a: reduction(a, axis=axis, keepdims=keepdims), a) < 1e-8
    method = getattr(Variable(a), reduction.__name__)(axis, keepdims)
    assert np.array_equal(method.value, reduction(a, axis=axis, keepdims=keepdims))


@few
@given(shape=st.lists(st.integers(1, 3), max_size=3), cut=st.integers(0, 3),
       ones=st.lists(st.booleans(), min_size=3, max_size=3),
       function=st.sampled_from([np.add, np.multiply, np.divide, np.maximum, np.logaddexp]))
def test_broadcasting(shape, cut, ones, function):
    """A second argument with fewer axes, some of length 1, in both orders."""
    other = [1 if one else n for n, one in zip(shape[cut:], ones, strict=False)]
    a, b = positive(*shape), positive(*other, seed=1)
    assert error_of(function, a, b) < 1e-8
    assert error_of(function, b, a) < 1e-8


def test_equal_ones():
    """The greatest share. ReLU and abs are flat at 0, and max(x, 0) + min(x, 0) is x there too."""
    assert grad(lambda a: a.max())([1.0, 3.0, 3.0]).tolist() == [0, 0.5, 0.5]
    assert grad(np.maximum)(2.0, 2.0) == (0, 1) and grad(np.minimum)(2.0, 2.0) == (1, 0)
    assert grad(lambda x: np.maximum(x, 0))(0.0) == grad(abs)(0.0) == 0


def test_powers_at_zero():
    assert [grad(lambda x, n=n: x ** n)(0.0) for n in (0, 1, 2)] == [0, 1, 0]


# The walk

def test_uses_add_up():
    """x·x + x gives 7 at 3."""
    x = Variable(3.0)
    y = x * x + x
    y.backward()
    assert y.value == 12 and x.grad == 7
    y.backward()                                             # and calls add up
    assert x.grad == 14


def test_an_apple_costs():
    price, count, tax = Variable(100), Variable(2), Variable(1.1)
    y = price * count * tax
    y.backward()
    assert np.allclose([float(v) for v in (y, price.grad, count.grad, tax.grad)], [220, 2.2, 110, 200])


def test_a_long_chain():
    """100 000 operations, without recursion: y = q x + 1 again and again."""
    q = 1 - 2.0**-17
    x = y = Variable(3.0)
    for _ in range(50_000):
        y = q * y + 1
    y.backward()
    assert np.isclose(x.grad, q**50_000, rtol=1e-10)
    del x, y                                                 # neither does Python overflow cleaning up


def test_sharing_costs_nothing():
    """There are 2^64 ways from the result to x, but 64 operations."""
    x = y = Variable(1.0)
    for _ in range(64):
        y = y + y
    y.backward()
    assert x.grad == 2.0**64


def test_variables_that_are_not_used_get_nothing():
    x, z = Variable(2.0), Variable(3.0)
    x.backward()
    assert (x.grad, z.grad) == (1, 0)
    assert grad(lambda a, b: a * a)(3.0, 5.0) == (6, 0)
    assert grad(lambda a: 4.0)(3.0) == 0


def test_grad_of_composed_functions():
    def f(x):
        return np.exp(x) / x

    def g(x):
        return np.sin(f(x)) ** 2

    x = 1.3
    df = np.exp(x) * (x - 1) / x**2
    assert np.isclose(grad(f)(x), df, rtol=1e-14)
    assert np.isclose(grad(g)(x), 2 * np.sin(f(x)) * np.cos(f(x)) * df, rtol=1e-14)
    assert g(x) == np.sin(np.exp(x) / x) ** 2                # the same function of numbers


def test_backward_from_an_array():
    a, v = Variable(normal(2, 3)), normal(2, 4)
    b = normal(3, 4)
    (a @ b).backward(v)
    assert np.allclose(a.grad, v @ b.T)


def test_nothing_that_was_given_is_changed():
    start = normal(3)
    x = Variable(start)
    y = x
    y += 1                                                   # a new variable
    (y * y).sum().backward()
    x.value -= x.grad
    assert np.array_equal(start, normal(3)) and np.allclose(y.value, start + 1)


def test_a_function_of_ones_own(monkeypatch):
    """The sigmoid as one operation."""
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    monkeypatch.setitem(autodiff.DERIVATIVES, sigmoid, lambda dy, y, x: [dy * y * (1 - y)])
    x = Variable(normal(3))
    y = autodiff.apply(sigmoid, x)
    assert y.history() == [y, x]
    y.backward(np.ones(3))
    assert np.allclose(x.grad, grad(lambda x: np.sum(sigmoid(x)))(x.value), rtol=1e-14)


# As an oracle: the functions and layers of the library run on variables as they are

@pytest.mark.parametrize("name", sorted(set(activations.ALL) - {"probit", "gelu", "step", "sign"}))
def test_activations(name):
    f = activations.ALL[name]
    x, dy = 3 * normal(5, 4), normal(5, 4, seed=1)
    x[0] = 0
    v = Variable(x)
    y = f(v)
    (y * dy).sum().backward()
    assert np.allclose(v.grad, f.backward(dy, x, y.value), rtol=1e-12, atol=1e-14)


LAYERS = {
    "dense": lambda: layers.Dense(3, "softmax"),
    "prelu": lambda: layers.PReLU(alpha_initializer="random_normal"),
    "activation": lambda: layers.Activation("log_softmax"),
    "elu": lambda: layers.ELU(0.5),
    "relu": lambda: layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2),
    "reshape": lambda: layers.Reshape((2, 2)),
    "a model": lambda: dl.Sequential([dl.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(3, "relu")]),
}


@pytest.fixture
def float64():
    dl.config.set_floatx("float64")
    dl.utils.set_random_seed(0)
    yield
    dl.config.set_floatx("float32")


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name, float64):
    """The derivative of a layer's own `forward` is what its `backward` returns and adds up."""
    layer, x = LAYERS[name](), normal(6, 4)
    dy = normal(*layer(x).shape, seed=1)
    dx = layer.backward(dy)
    expected = [p.gradient.copy() for p in layer.parameters]
    inputs, weights = Variable(x), [Variable(p.value) for p in layer.parameters]
    for p, w in zip(layer.parameters, weights, strict=True):
        p.bind(w, None)
    (layer.forward(inputs) * dy).sum().backward()
    for ours, tape in zip([dx, *expected], [inputs, *weights], strict=True):
        assert np.allclose(ours, tape.grad, rtol=1e-12, atol=1e-14)


# Layers whose own `forward` works in place or draws numbers are written out once more, as equations on the tape.

def batch_normalization(x, gamma, beta, layer):
    mean = x.mean(axis=0)
    variance = ((x - mean) ** 2).mean(axis=0)
    return gamma * (x - mean) / np.sqrt(variance + layer.epsilon) + beta


def normalized_by_the_past(x, gamma, beta, layer):
    return gamma * (x - layer.moving_mean) / np.sqrt(layer.moving_variance + layer.epsilon) + beta


def patches(x, layer, k, fill=0.0):
    """The k x k windows two apart of a padded image, as variables (N, 1, C), by rows of places."""
    n, height, width, channels = x.shape
    pad = np.full((n, 1, width, channels), fill)
    x = np.concatenate([x, pad], axis=1)
    x = np.concatenate([x, np.full((n, height + 1, 1, channels), fill)], axis=2)
    return [[x[:, i:i + k, j:j + k] for j in range(0, width - k + 2, 2)] for i in range(0, height - k + 2, 2)]


def convolution(x, kernel, bias, layer):
    rows = [[(w.reshape(len(x), -1) @ kernel.reshape(-1, kernel.shape[-1]) + bias).reshape(len(x), 1, 1, -1) for w in row]
            for row in patches(x, layer, 3)]
    return np.concatenate([np.concatenate(row, axis=2) for row in rows], axis=1)


def pooling(reduce):
    def pooled(x, layer):
        rows = [[reduce(x[:, i:i + 2, j:j + 2], axis=(1, 2), keepdims=True) for j in range(0, x.shape[2] - 1, 2)]
                for i in range(0, x.shape[1] - 1, 2)]
        return np.concatenate([np.concatenate(row, axis=2) for row in rows], axis=1)
    return pooled


EQUATIONS = {
    "batch normalization": (lambda: layers.BatchNormalization(), (6, 4), True, batch_normalization),
    "batch normalization, later": (lambda: layers.BatchNormalization(), (6, 4), False, normalized_by_the_past),
    "convolution": (lambda: layers.Conv2D(2, 3, strides=2, padding="same"), (2, 6, 4, 3), True, convolution),
    "max pooling": (lambda: layers.MaxPooling2D(2), (2, 5, 4, 3), True, pooling(np.max)),
    "average pooling": (lambda: layers.AveragePooling2D(2), (2, 5, 4, 3), True, pooling(np.mean)),
    "flatten": (lambda: layers.Flatten(), (3, 2, 4), True, lambda x, layer: x.reshape(3, 8)),
    "dropout": (lambda: layers.Dropout(0.4, seed=1), (6, 4), True, lambda x, layer: layer.mask * x),
    "noise": (lambda: layers.GaussianNoise(0.3, seed=1), (6, 4), True, lambda x, layer: x + (layer.seen - x.value)),
    "leaky relu": (lambda: layers.LeakyReLU(0.2), (6, 4), True, lambda x, layer: np.maximum(x, 0) + 0.2 * np.minimum(x, 0)),
    "rrelu": (lambda: layers.RReLU(seed=1), (6, 4), True, lambda x, layer: layer.slope * x),
    "softmax": (lambda: layers.Softmax(), (6, 4), True, lambda x, layer: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)),
    "maxout": (lambda: layers.Maxout(3, 2), (6, 4), True,
               lambda x, w, b, layer: (x @ w + b).reshape(6, 2, 3).max(axis=1)),
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_layers_against_their_equations(name, float64):
    """A layer's output and derivatives are those of its equations, differentiated by the tape."""
    make, shape, training, equation = EQUATIONS[name]
    layer, x = make(), normal(*shape)
    layer(x)                                                  # builds it
    for p in layer.parameters:
        if p.trainable:
            p.value[...] = normal(*p.value.shape, seed=2)
        elif p.name.startswith("moving"):
            p.value[...] = 0.5 + np.abs(normal(*p.value.shape, seed=3))
    before = [Variable(p.value) for p in layer.parameters if p.trainable]
    layer.seen = y = layer(x, training=training)
    dy = normal(*y.shape, seed=1)
    layer.zero_gradients()
    dx = layer.backward(dy)
    inputs = Variable(x)
    expected = equation(inputs, *before, layer=layer)
    assert np.allclose(y, expected.value, rtol=1e-12, atol=1e-14)
    (expected * dy).sum().backward()
    ours = [p.gradient for p in layer.parameters if p.trainable]
    for a, tape in zip([dx, *ours], [inputs, *before], strict=True):
        assert np.allclose(a, tape.grad, rtol=1e-10, atol=1e-12)


def test_embedding_against_the_tape(float64):
    layer, symbols = layers.Embedding(5, 3), np.array([[0, 2, 2], [4, 0, 2]])
    y = layer(symbols)
    dy = normal(*y.shape, seed=1)
    layer.backward(dy)
    table = Variable(layer.embeddings)
    (table[symbols] * dy).sum().backward()
    assert np.allclose(layer.dembeddings, table.grad, rtol=1e-12)


def test_a_training_step(float64):
    """The gradient of a model with softmax and cross-entropy, written out once more on the tape."""
    x, t = normal(6, 4), np.eye(3)[[0, 1, 2, 2, 1, 0]]
    model = dl.Sequential([dl.Input((4,)), layers.Dense(5, "tanh"), layers.Dense(3, "softmax")])
    w, b, v, c = start = model.get_weights()

    def loss(w, b, v, c):
        return -np.mean(np.sum(t * np.log(activations.softmax(np.tanh(x @ w + b) @ v + c)), axis=1))

    model.compile(dl.optimizers.SGD(0.5), "categorical_crossentropy")
    assert np.isclose(model.train_on_batch(x, t), loss(*start), rtol=1e-12)
    for before, after, g in zip(start, model.get_weights(), grad(loss)(w, b, v, c), strict=True):
        assert np.allclose(after, before - 0.5 * g, rtol=1e-12, atol=1e-15)


def test_the_tape_of_tensorflow():
    """The same functions, written with NumPy and with TensorFlow."""
    parity.keras()
    import tensorflow as tf

    a, b = normal(4, 3), positive(3, 5)
    pairs = [
        (lambda a, b: np.sum(np.tanh(a @ b) ** 2),
         lambda a, b: tf.reduce_sum(tf.tanh(a @ b) ** 2)),
        (lambda a, b: np.mean(np.log(b)) + np.max(np.exp(a)) * np.sum(abs(a)),
         lambda a, b: tf.reduce_mean(tf.math.log(b)) + tf.reduce_max(tf.exp(a)) * tf.reduce_sum(abs(a))),
        (lambda a, b: np.sum(np.concatenate([a, b.T[:4]])[[0, 0, 7]] ** 3),
         lambda a, b: tf.reduce_sum(tf.gather(tf.concat([a, tf.transpose(b)[:4]], 0), [0, 0, 7]) ** 3)),
        (lambda a, b: np.sum(np.where(a > 0, a, a * a) * np.sqrt(b[:, 0])),
         lambda a, b: tf.reduce_sum(tf.where(a > 0, a, a * a) * tf.sqrt(b[:, 0]))),
        (lambda a, b: np.sum((a.max(axis=0) ** 2) / b.reshape(5, 3).mean(axis=0)),
         lambda a, b: tf.reduce_sum(tf.reduce_max(a, 0) ** 2 / tf.reduce_mean(tf.reshape(b, (5, 3)), 0))),
    ]
    for ours, theirs in pairs:
        variables = [tf.Variable(a), tf.Variable(b)]
        with tf.GradientTape() as tape:
            y = theirs(*variables)
        expected = tape.gradient(y, variables, unconnected_gradients="zero")
        expected = [tf.convert_to_tensor(d).numpy() for d in expected]
        parity.assert_close(list(grad(ours)(a, b)), expected, "derivative", 1e-12)


# Errors

@pytest.mark.parametrize("wrong, error, sentence", [
    (lambda x: np.dot(x, x), TypeError, "The derivative of dot is not known here. Known are absolute, add"),
    (lambda x: np.arctan(x), TypeError, "The derivative of arctan is not known"),
    (lambda x: np.tanh(x, out=np.zeros(2)), TypeError, "tanh of a Variable takes no options"),
    (lambda x: np.add.reduce(x), TypeError, "add of a Variable takes no options"),
    (lambda x: np.asarray(x), TypeError, "A Variable is not an array. Its numbers are in .value"),
    (lambda x: Variable(x), TypeError, "cannot hold another one"),
    (lambda x: grad(grad(np.sum))(x), TypeError, "derivatives of derivatives are not recorded"),
    (lambda x: Variable("a"), TypeError, "array of numbers, but got 'a'"),
    (lambda x: Variable([[1], [2, 3]]), TypeError, "array of numbers"),
    (lambda x: x.backward(), ValueError, "in its shape (2,), but got shape (). Sum it up first"),
    (lambda x: x.sum().backward(np.ones(2)), ValueError, "in its shape (), but got shape (2,)"),
    (lambda x: grad(lambda x: 2 * x)(np.ones(2)), ValueError, "Sum it up first"),
])
def test_errors(wrong, error, sentence):
    with pytest.raises(error) as raised:
        wrong(Variable([1.0, 2.0]))
    assert sentence in str(raised.value)


def test_adding_to_an_array_in_place_is_refused_and_changes_nothing():
    a = np.ones(2)
    with pytest.raises(TypeError, match="nothing in place"):
        a += Variable([1.0, 2.0])
    assert a.tolist() == [1, 1]


def test_what_one_sees():
    assert repr(Variable(3.0, name="x") + 1) == "Variable(4.0)"
    assert repr(Variable([1, 2], name="x")) == "Variable([1. 2.], name='x')"
    x = Variable(normal(2, 3))
    assert (x.shape, x.ndim, x.size, len(x), x.T.shape, x.dtype) == ((2, 3), 2, 6, 2, (3, 2), "float64")
    assert float(Variable(2)) == 2.0


# The drawing

def drawn(y):
    ax, = y.draw().axes
    return [t.get_text() for t in ax.texts], len(ax.patches)


def test_drawing():
    x = Variable(3.0, name="x")
    y = x * x + x
    y.backward()
    texts, arrows = drawn(y)
    assert texts == ["x", "3", "7", "×", "9", "1", "+", "12", "1"] and arrows == 4


def test_a_drawing_runs_from_left_to_right_and_fills_its_figure():
    """Each thing stands right of all that it needs, what is given just left of its first use; values above, `grad` below."""
    x, c = Variable(3.0, name="x"), Variable(5.0, name="c")
    figure = (np.exp(x * x) * c).draw()
    ax, = figure.axes
    places = [t.get_position() for t in ax.texts]
    at = dict(zip([t.get_text() for t in ax.texts[::3]], places[::3], strict=True))
    assert {name: column for name, (column, _) in at.items()} == {"x": 0, "×": 3, "exp": 2, "c": 2}
    for k, below in (1, -0.22), (2, 0.22):
        assert np.allclose(np.subtract(places[k::3], places[::3]), [0, below])
    assert ax.get_position().bounds == (0, 0, 1, 1) and ax.get_xlim() == (-0.5, 3.5)
    assert np.allclose(figure.get_size_inches(), 1.25 * np.array([4, -np.diff(ax.get_ylim())[0]]))
    assert np.allclose(places[0], 0) and at["×"][1] == at["exp"][1] == 0 and at["c"][1] == 1


def test_arrows_of_a_drawing_are_straight_unless_something_is_in_the_way():
    x, c = Variable(3.0, name="x"), Variable(5.0, name="c")
    for y, bends in (np.exp(x * x) * c, [-0.25, 0.25, 0, 0, 0]), (np.exp(np.exp(x)) * x, [0, 0, 0, 0.4]):
        assert [arrow.get_connectionstyle().rad for arrow in y.draw().axes[0].patches] == bends


def test_drawing_of_arrays_and_constants():
    w = Variable(normal(2, 3), name="w")
    texts, arrows = drawn(np.tanh(0.5 * (np.ones((4, 2)) @ w))[0, 1])
    assert texts.count("4×3") == 6 and {"w", "@", "0.5", "4×2", "tanh", "[ ]"} <= set(texts)
    assert arrows == 6
    assert drawn(Variable(2.0, name="alone")) == (["alone", "2", "0"], 0)


def test_nodes_of_a_drawing_do_not_overlap():
    a, b, c, d = (Variable(k, name=n) for k, n in enumerate("abcd", start=1))
    ax, = ((a * b + c * d) / a - np.exp(a * c * d * 2)).draw().axes
    places = np.array([t.get_position() for t in ax.texts])
    gaps = np.abs(places[:, None] - places[None]).max(axis=2)
    assert gaps[~np.eye(len(gaps), dtype=bool)].min() >= 0.2
    (x0, x1), (y1, y0) = ax.get_xlim(), ax.get_ylim()
    assert places[:, 0].min() > x0 and places[:, 0].max() < x1
    assert places[:, 1].min() > y0 and places[:, 1].max() < y1


def test_large_graphs_are_not_drawn():
    y = Variable(1.0)
    for _ in range(60):
        y = y + 1
    with pytest.raises(ValueError, match="has 61 nodes. No more than 60"):
        y.draw()
