"""Layers alone: their gradients against finite differences, what they remember, what they refuse."""
import inspect

import cases
import numpy as np
import pytest
from cases import normal
from hypothesis import given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import activations, gradcheck, layers

pytestmark = pytest.mark.usefixtures("float64")
few = cases.few(6)


SMOOTH = [name for name in activations.ALL if name not in ("step", "sign")]
LAYERS = {
    **{f"dense, {name}": (lambda name=name: layers.Dense(3, name)) for name in SMOOTH},
    "dense without bias": lambda: layers.Dense(3, "tanh", use_bias=False),
    "relu": lambda: layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2),
    "leaky relu": lambda: layers.LeakyReLU(),
    "elu": lambda: layers.ELU(0.5),
    "softmax": lambda: layers.Softmax(),
    "prelu": lambda: layers.PReLU(alpha_initializer="random_normal"),
    "rrelu": lambda: layers.RReLU(),
    "maxout": lambda: layers.Maxout(3, pieces=3),
    "dropout": lambda: layers.Dropout(0.5),
    "dropout of whole features": lambda: layers.Dropout(0.5, noise_shape=(1, None)),
    "noise": lambda: layers.GaussianNoise(0.3),
    "batch normalization": lambda: layers.BatchNormalization(),
    "batch normalization without scale": lambda: layers.BatchNormalization(scale=False, center=False),
    "flatten": lambda: layers.Flatten(),
    "reshape": lambda: layers.Reshape((2, -1)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
@few
@given(n=st.integers(2, 5), features=st.integers(1, 4), seed=st.integers(0, 1000))
def test_gradients(name, training, n, features, seed):
    """Every derivative, and all together in a random direction, to 1e-7."""
    x = normal(n, 2 * features, seed=seed)
    layer = LAYERS[name]()
    assert gradcheck.check(layer, x, training, seed) < 1e-7
    assert gradcheck.check_direction(layer, x, training, seed + 1) < 1e-7


def test_no_layer_trains_unasked():
    kinds = [cls for cls in vars(layers).values() if hasattr(cls, "forward")]
    assert len(kinds) > 30
    for cls in [*kinds, dl.Sequential, dl.memory.MemoryNetwork]:
        assert inspect.signature(cls.forward).parameters["training"].default is False, cls.__name__


@pytest.mark.parametrize("make", [
    layers.ReLU, layers.LeakyReLU, lambda: layers.ELU(0.5), layers.PReLU, layers.RReLU,
    *(lambda name=name: layers.Activation(name) for name in ("relu", "relu6", "leaky_relu", "elu", "selu"))])
def test_the_derivative_in_a_corner_is_that_to_its_left(make):
    layer, dy = make(), np.ones((1, 2))
    layer(np.zeros((1, 2)))
    at = layer.backward(dy)
    layer(np.full((1, 2), -1e-12))
    assert np.allclose(at, layer.backward(dy), rtol=0, atol=1e-9)


def test_gradients_of_an_embedding():
    layer, x = layers.Embedding(4, 3), np.random.default_rng(0).integers(0, 4, (5, 6))
    assert gradcheck.check(layer, x, seed=0) < 1e-7
    assert gradcheck.check_direction(layer, x, seed=0) < 1e-7


def test_gradients_of_a_model_with_a_model_in_it():
    inner = dl.Sequential([layers.Dense(4, "tanh"), layers.BatchNormalization()])
    model = dl.Sequential([dl.Input((3,)), inner, layers.Dropout(0.3), layers.Dense(2, "softmax")])
    assert gradcheck.check(model, normal(5, 3), seed=0) < 1e-7
    assert gradcheck.check_direction(model, normal(5, 3), seed=0) < 1e-7


def test_backward_twice_adds_the_same_for_repeated_symbols():
    layer, v = layers.Embedding(3, 2), normal(2, 4, 2)
    layer(np.array([[0, 2, 0, 0], [2, 0, 2, 0]]))
    layer.backward(v)
    once = layer.dembeddings.copy()
    assert np.allclose(once[0], v[0, 0] + v[0, 2] + v[0, 3] + v[1, 1] + v[1, 3]) and not once[1].any()
    layer.backward(v)
    assert np.allclose(layer.dembeddings, 2 * once, rtol=1e-14)


@pytest.mark.parametrize("name", LAYERS)
def test_backward_twice_gives_the_same(name):
    """`backward` changes nothing of what `forward` kept, nor its argument; weights' gradients add up."""
    layer, x = LAYERS[name](), normal(4, 6)
    y = layer(x, training=True)
    v = normal(*y.shape, seed=1)
    kept = v.copy()
    first = layer.backward(v)
    once = [p.gradient.copy() for p in layer.parameters if p.trainable]
    assert np.array_equal(first, layer.backward(v)) and np.array_equal(v, kept)
    for gradient, p in zip(once, (p for p in layer.parameters if p.trainable), strict=True):
        assert np.allclose(p.gradient, 2 * gradient, rtol=1e-14, atol=0)
    layer.zero_gradients()
    assert not any(p.gradient.any() for p in layer.parameters if p.trainable)


def test_a_layer_used_twice_adds_its_gradients():
    """x·x + x must give 7 at 3: here w·(w·1) + w·1 by w is 2w + 1."""
    first = layers.Dense(1, use_bias=False, kernel_initializer=dl.initializers.Constant(3.0))
    second = first.tied()
    x = np.ones((1, 1))
    h = first(x)
    y = second(h)
    assert y == 9.0 and second.kernel is first.kernel
    dh = second.backward(np.ones((1, 1)))                # of w·h
    first.backward(dh + 1)                               # of h by both ways
    assert first.dkernel == 7.0


def test_a_tied_model_is_its_layers_tied():
    inner = dl.Sequential([dl.Input((3,)), layers.Dense(3, "tanh"), layers.Dense(3)])
    outer = dl.Sequential([dl.Input((3,)), inner, inner.tied()])
    assert outer.count_params() == inner.count_params() == 24
    assert gradcheck.check(outer, normal(4, 3), seed=0) < 1e-7
    x = normal(4, 3)
    assert np.array_equal(inner.tied()(x), inner(x))


def test_tied_layers_need_inputs_of_one_shape():
    dense = layers.Dense(3)
    dense(np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"\(Dense\) expects inputs with 2 features"):
        dense.tied()(np.ones((1, 4)))
    dense = layers.Dense(3)
    twin = dense.tied()
    dense(np.ones((1, 2)))
    with pytest.raises(ValueError, match=r"shares 'kernel' of shape \(2, 3\), but its inputs need \(4, 3\)"):
        twin(np.ones((1, 4)))


def test_tied_layers_stay_tied_in_a_model():
    dense = layers.Dense(3, use_bias=False)
    model = dl.Sequential([dl.Input((3,)), dense, layers.Activation("tanh"), dense.tied()])
    assert model.count_params() == 9
    assert gradcheck.check(model, normal(4, 3), seed=0) < 1e-7
    model.compile(dl.optimizers.SGD(0.1), "mse")
    model.fit(normal(8, 3), normal(8, 3, seed=1), verbose=0)
    assert model.layers[2].kernel is dense.kernel and np.shares_memory(dense.kernel, model.params)


# Single traps

def test_gelu_and_its_approximation():
    x = normal(3, 4)
    for approximate in (False, True):
        y = activations.gelu(x, approximate)
        assert np.allclose(y, activations.gelu(x), atol=1e-3)
        expected = gradcheck.numerical_gradient(lambda x, a=approximate: activations.gelu(x, a).sum(), x)
        assert np.allclose(activations.gelu.backward(np.ones_like(x), x, y, approximate), expected, atol=1e-9)


def test_relu_has_no_slope_at_zero():
    for layer in (layers.Activation("relu"), layers.ReLU()):
        layer(np.array([[-1.0, 0.0, 2.0]]))
        assert layer.backward(np.ones((1, 3))).tolist() == [[0, 0, 1]]


def test_step_and_sign_teach_nothing():
    for name, expected in ("step", [0, 0, 1]), ("sign", [-1, 0, 1]):
        layer = layers.Activation(name)
        assert layer(np.array([[-2.0, 0.0, 2.0]])).tolist() == [expected]
        assert not layer.backward(np.ones((1, 3))).any()


def test_maxout_by_hand():
    """max(x, 1 - 2x) for one unit, max(0, 3) for the other; the kernel holds the pieces side by side."""
    layer = layers.Maxout(2, pieces=2)
    layer(np.zeros((1, 1)))
    layer.set_weights([[[1.0, 0.0, -2.0, 0.0]], [0.0, 0.0, 1.0, 3.0]])
    assert layer(np.array([[2.0], [-1.0]])).tolist() == [[2, 3], [3, 3]]


def test_maxout_of_equal_pieces_passes_the_derivative_on_once():
    layer = layers.Maxout(1, pieces=3, kernel_initializer="ones")
    layer(np.ones((1, 2)))
    layer.backward(np.ones((1, 1)))
    assert layer.dbias.tolist() == [1, 0, 0]


def test_dropout_keeps_the_mean_and_does_nothing_outside_training():
    layer, x = layers.Dropout(0.25, seed=1), np.ones((200, 200))
    y = layer(x, training=True)
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs((y == 0).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / x.size)
    assert np.array_equal(layer.backward(x), y)                          # the same mask
    assert not np.array_equal(layer(x, training=True), y)
    assert np.array_equal(layer(x), x)


def test_noise_has_its_standard_deviation():
    layer, x = layers.GaussianNoise(0.3, seed=1), np.full((200, 200), 5.0)
    noise = layer(x, training=True) - x
    assert abs(noise.mean()) < 5 * 0.3 / 200 and abs(noise.std() / 0.3 - 1) < 5 / (2 * x.size) ** 0.5
    assert np.array_equal(layer(x), x)


def test_rrelu_uses_the_mean_slope_outside_training():
    assert (layers.RReLU().lower, layers.RReLU().upper) == (1 / 8, 1 / 3)          # as in the paper
    layer, x = layers.RReLU(0.1, 0.3, seed=1), -np.ones((50, 50))
    assert np.allclose(layer(x), -0.2)
    slopes = -layer(x, training=True)
    assert slopes.min() >= 0.1 and slopes.max() <= 0.3 and abs(slopes.mean() - 0.2) < 0.01


def test_batch_normalization_by_hand():
    layer = layers.BatchNormalization(momentum=0.9, epsilon=0.0)
    x = np.array([[1.0, 10.0], [3.0, 30.0]])
    assert np.allclose(layer(x, training=True), [[-1, -1], [1, 1]])
    assert np.allclose(layer.moving_mean, [0.2, 2.0])                    # 0.9·0 + 0.1·(2, 20)
    assert np.allclose(layer.moving_variance, [1.0, 10.9])               # 0.9·1 + 0.1·(1, 100), divided by M
    before = layer.get_weights()
    layer(x)
    assert all(map(np.array_equal, before, layer.get_weights()))


def test_batch_normalization_backward_needs_the_statistics_of_its_own_forward():
    """When the running statistics move later, the backward pass of an earlier forward does not."""
    layer, x = layers.BatchNormalization(), normal(4, 2)
    layer(x)
    expected = layer.backward(np.ones((4, 2)))
    layer.moving_variance[...] = 99.0
    layer.moving_mean[...] = 99.0
    assert np.array_equal(layer.backward(np.ones((4, 2))), expected)


def test_prelu_learns_its_slope():
    """Targets of a rectifier with slope 0.3: gradient descent finds 0.3."""
    x = normal(200, 1)
    model = dl.Sequential([dl.Input((1,)), layers.PReLU()])
    model.compile(dl.optimizers.SGD(0.5), "mse")
    model.fit(x, np.where(x > 0, x, 0.3 * x), batch_size=200, epochs=60, verbose=0)
    assert np.allclose(model.layers[0].alpha, 0.3, atol=1e-6)


def test_layers_take_the_type_of_floatx_or_their_own():
    assert layers.Dense(2)(np.ones((1, 3), "float32")).dtype == "float64"
    assert layers.Dense(2, dtype="float32")(np.ones((1, 3), int)).dtype == "float32"
    for name in LAYERS:
        dl.config.set_floatx("float32")
        layer = LAYERS[name]()
        y = layer(normal(4, 6), training=True)
        assert y.dtype == layer.backward(y).dtype == "float32", name


# Shapes

class Wrong(dl.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return np.zeros(7)


def test_axes_of_open_length():
    for layer, shape in ((layers.PReLU(), (None, None)), (layers.BatchNormalization(), (None, None))):
        with pytest.raises(ValueError, match=r"but got \(N, \?\)"):
            layer.build(shape)
    assert layers.Flatten().compute_output_shape((None, None, 3)) == (None, None)
    assert layers.Reshape((-1, 2)).compute_output_shape((None, None)) == (None, None, 2)
    model = dl.Sequential([dl.Input((None, 3)), layers.Dense(2)])      # any number of rows
    assert model(np.ones((4, 5, 3))).shape == (4, 5, 2) and model(np.ones((4, 7, 3))).shape == (4, 7, 2)


@pytest.mark.parametrize("kind, call", [
    (layers.Layer, lambda made: made.forward(1)), (layers.Layer, lambda made: made.backward(1)),
    (dl.initializers.Initializer, lambda made: made((1,))), (dl.constraints.Constraint, lambda made: made(1)),
    (dl.regularizers.Regularizer, lambda made: made(1)), (dl.regularizers.Regularizer, lambda made: made.gradient(1)),
    (dl.losses.Loss, lambda made: made.call(1, 1)), (dl.losses.Loss, lambda made: made.gradient(1, 1)),
    (dl.metrics.Metric, lambda made: made(1, 1)), (dl.metrics.Metric, lambda made: made.result()),
    (lambda: dl.optimizers.Optimizer(0.1), lambda made: made.apply([np.ones(1)], [np.ones(1)])),
    (dl.optimizers.schedules.LearningRateSchedule, lambda made: made(1))])
def test_what_a_class_of_ones_own_must_define(kind, call):
    with pytest.raises(NotImplementedError):
        call(kind())


@pytest.mark.parametrize("name", LAYERS)
def test_output_shapes_are_foretold(name):
    layer = LAYERS[name]()
    assert layer(normal(4, 6)).shape == (4, *layer.compute_output_shape((None, 6))[1:])


@pytest.mark.parametrize("make, x, sentence", [
    (lambda: layers.Dense(2), np.ones(3), "Layer 'dense' (Dense) expects inputs (N, ..., features)"),
    (lambda: layers.Dense(2, name="first"), (np.ones((1, 3)), np.ones((1, 4))),
     "'first' (Dense) expects inputs with 3"),
    (lambda: layers.Reshape((2, 2)), np.ones((1, 5)), "fill the target shape (2, 2), but got (N, 5)"),
    (lambda: layers.BatchNormalization(), (np.ones((2, 3)), np.ones((2, 4))),
     "inputs of shape (N, 3), but got (2, 4)"),
    (lambda: layers.BatchNormalization(axis=3), np.ones((2, 3)), "features along axis 3"),
    (lambda: layers.Maxout(2), np.ones((2, 3, 4)), "(N, features)"),
    (lambda: layers.Embedding(4, 2), np.array([[4]]),
     "whole numbers from 0 to 3, but got numbers from 4 to 4"),
    (lambda: layers.Embedding(4, 2), np.array([[0.5]]), "whole numbers from 0 to 3"),
    (lambda: layers.Dense(2), [[1, 2], [3]], "an array of numbers"),
    (lambda: layers.Dense(2), [["a"]], "an array of numbers"),
    (lambda: layers.Dense(2), [["1"]], "an array of numbers"),
    (lambda: layers.Dense(2), [[1j]], "complex numbers"),
    (lambda: layers.Softmax(axis=2), np.ones((2, 3)), "an axis 2, but got (N, 3)"),
    (lambda: layers.PReLU(shared_axes=[2]), np.ones((2, 3)), "the axes [2] that share a slope"),
    (lambda: layers.Dropout(0.5, noise_shape=(1,)), np.ones((2, 3)), "with 1 axes, like its noise_shape"),
    (lambda: layers.Dense(2, kernel_initializer=Wrong()), np.ones((2, 3)),
     "initializer of dense/kernel returned an array of shape (7,) instead of (3, 2)"),
])
def test_wrong_inputs(make, x, sentence):
    cases.assert_refused(make(), x, sentence)


@pytest.mark.parametrize("make, sentence", [
    (lambda: layers.Dense(0), "positive whole number of units, but 0"),
    (lambda: layers.Dense(2.5), "positive whole number"),
    (lambda: layers.Dense(2, "rellu"), "no activation named 'rellu'. Did you mean 'relu'?"),
    (lambda: layers.Dense(2, kernel_initializer="he_norml"), "Did you mean 'he_normal'?"),
    (lambda: layers.Dense(2, kernel_regularizer="l3"), "no regularizer named 'l3'"),
    (lambda: layers.Dense(2, activation=np.tanh), "with a backward(dy, x, y)"),
    (lambda: layers.Dropout(1.0), "less than 1, but 1.0"),
    (lambda: layers.GaussianNoise(-1), "0 or greater"),
    (lambda: layers.RReLU(0.5, 0.1), "lower <= upper"),
    (lambda: layers.Reshape((-1, -1)), "Only one axis"),
    (lambda: dl.Input(64), "such as (64,), but got 64"),
    (lambda: layers.Reshape(4), "such as (28, 28), in which one may be -1, but 4"),
    (lambda: layers.Reshape((0, -1)), "positive whole numbers"),
    (lambda: layers.Maxout(2, pieces=0), "units and pieces, but 2 and 0"),
    (lambda: layers.Embedding(3, 2.5), "input_dim and output_dim, but 3 and 2.5"),
    (lambda: layers.BatchNormalization(momentum=1.5), "momentum from 0 to 1"),
    (lambda: layers.BatchNormalization(epsilon=-1), "epsilon of 0 or greater"),
    (lambda: layers.Dense(2, dtype="float16"), "must be 'float32' or 'float64', but 'float16'"),
])
def test_wrong_arguments(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)


def test_trained_weights_come_before_the_others():
    """In Keras's order, whatever the order in which a layer makes them."""
    class Counted(layers.Layer):
        def build(self, input_shape):
            self.add_weight("count", (1,), "zeros", trainable=False)
            self.add_weight("kernel", input_shape[1:], "ones")

    layer = Counted()
    layer.build_once((None, 3))
    assert [w.tolist() for w in layer.get_weights()] == [[1, 1, 1], [0]]
    assert [w.size for w in layer.trainable_weights] == [3] and [w.size for w in layer.non_trainable_weights] == [1]


def test_set_weights_takes_all_or_nothing():
    layer = layers.Dense(2)
    layer(np.ones((1, 3)))
    before = layer.get_weights()
    for wrong in ([np.zeros((3, 2))], [np.zeros((3, 2)), np.zeros(3)], [np.zeros((3, 2)), ["a", "b"]]):
        with pytest.raises(ValueError, match="another model|must be numbers"):
            layer.set_weights(wrong)
        assert all(map(np.array_equal, before, layer.get_weights()))
    layer.set_weights([np.ones((3, 2)), np.ones(2)])
    assert layer(np.ones((1, 3))).tolist() == [[4, 4]]
    before[0][:] = 9                                     # get_weights returned copies
    assert layer.kernel.max() == 1


def test_an_activation_of_ones_own():
    def square(x):
        return x * x

    square.backward = lambda dy, x, y: 2 * x * dy
    assert gradcheck.check(layers.Dense(3, square), normal(4, 2), seed=0) < 1e-7
