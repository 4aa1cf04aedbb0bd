"""Convolution and pooling: by hand, against sums written as loops, the tape, finite differences and Keras."""
import cases
import numpy as np
import parity
import pytest
from cases import normal
from hypothesis import assume, given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import gradcheck, layers
from unrolled.autodiff import Variable

pytestmark = pytest.mark.usefixtures("float64")
few = cases.few(8)


def image(rows):
    """One grey image from strings of digits."""
    return np.array([[int(c) for c in row] for row in rows.split()], float)[None, :, :, None]


# By hand

CROSS = image("11100 01110 00111 00110 01100")


@pytest.mark.parametrize("strides, expected", [(1, [[4, 3, 4], [2, 4, 3], [2, 3, 4]]), (2, [[4, 4], [2, 4]])])
def test_the_worked_example(strides, expected):
    layer = layers.Conv2D(1, 3, strides, activation="relu")
    layer.build_once((None, 5, 5, 1))
    layer.set_weights([image("101 010 101")[0, :, :, :, None], np.zeros(1)])
    assert layer(CROSS)[0, :, :, 0].tolist() == expected


@pytest.mark.parametrize("size, kernel, padding, stride, expected", [
    (5, 3, "valid", 1, 3), (5, 3, "valid", 2, 2), (227, 11, "valid", 4, 55), (224, 11, "valid", 4, 54),
    (28, 5, "same", 1, 28), (28, 2, "valid", 2, 14), (7, 3, "same", 2, 4), (55, 3, "valid", 2, 27)])
def test_output_sizes(size, kernel, padding, stride, expected):
    """floor((W - F + 2P)/S) + 1"""
    layer = layers.Conv2D(2, kernel, stride, padding)
    assert layer.compute_output_shape((None, size, size, 1)) == (None, expected, expected, 2)


def test_pooling_by_hand():
    x = image("1324 5768 4122 9031")
    maximum, mean = layers.MaxPooling2D(), layers.AveragePooling2D()
    assert maximum(x)[0, :, :, 0].tolist() == [[7, 8], [9, 3]]
    assert mean(x)[0, :, :, 0].tolist() == [[4, 5], [3.5, 2]]
    dy = np.array([[1.0, 2.0], [3.0, 4.0]])[None, :, :, None]
    assert np.array_equal(maximum.backward(dy), image("0000 0102 0000 3040"))
    assert np.array_equal(mean.backward(dy), dy.repeat(2, axis=1).repeat(2, axis=2) / 4)


def test_windows_that_reach_over_the_border():
    """Means count only what lies inside; the maximum of negative numbers is not the border's."""
    x = -image("123 456 789")
    assert layers.AveragePooling2D(padding="same")(x)[0, :, :, 0].tolist() == [[-3, -4.5], [-7.5, -9]]
    assert layers.MaxPooling2D(padding="same")(x)[0, :, :, 0].tolist() == [[-1, -3], [-7, -9]]


def test_windows_that_overlap_add_up():
    layer, x = layers.MaxPooling2D(3, 1), image("0000 0900 0000 0000")
    assert layer(x)[0, :, :, 0].tolist() == [[9, 9], [9, 9]]
    assert layer.backward(np.ones((1, 2, 2, 1)))[0, 1, 1, 0] == 4


def test_of_equal_ones_the_first_gets_the_derivative():
    layer, x = layers.MaxPooling2D(), image("2213 2233")
    layer(x)
    assert np.array_equal(layer.backward(np.ones((1, 1, 2, 1))), image("1001 0000"))


def test_convolution_sees_a_shifted_image_shifted():
    layer, x = layers.Conv2D(3, 3), normal(2, 9, 9, 2)
    assert np.allclose(layer(x)[:, :-2, :-1], layer(np.roll(x, (2, 1), axis=(1, 2)))[:, 2:, 1:])


# Against loops, as in the equations, on the tape

def convolved(x, kernel, bias, strides, dilation, pads):
    """Equation (1), one output pixel at a time; pads are rows and columns before and after."""
    (sh, sw), (dh, dw), (kh, kw) = strides, dilation, kernel.shape[:2]
    n, h, w, c = x.shape
    (top, bottom), (left, right) = pads
    x = np.concatenate([np.zeros((n, top, w, c)), x, np.zeros((n, bottom, w, c))], axis=1)
    h += top + bottom
    x = np.concatenate([np.zeros((n, h, left, c)), x, np.zeros((n, h, right, c))], axis=2)
    w += left + right
    rows = []
    for i in range(0, h - dh * (kh - 1), sh):
        pixels = []
        for j in range(0, w - dw * (kw - 1), sw):
            window = x[:, i:i + dh * (kh - 1) + 1:dh, j:j + dw * (kw - 1) + 1:dw]
            pixels.append(window.reshape(n, -1) @ kernel.reshape(kh * kw * c, -1) + bias)
        rows.append(np.concatenate([p[:, None, None] for p in pixels], axis=2))
    return np.concatenate(rows, axis=1)


@pytest.mark.parametrize("c", [1, 2, 3])
@pytest.mark.parametrize("strides, dilation, padding, pads", [
    ((1, 1), (1, 1), "valid", ((0, 0), (0, 0))),
    ((2, 3), (1, 1), "valid", ((0, 0), (0, 0))),
    ((1, 1), (2, 1), "valid", ((0, 0), (0, 0))),
    ((2, 2), (2, 2), "valid", ((0, 0), (0, 0))),
    ((1, 1), (1, 1), "same", ((1, 1), (0, 1))),
    ((2, 2), (1, 1), "same", ((1, 1), (0, 0))),          # 7 by 6 pixels, window 3 by 2
    ((1, 1), (1, 2), "same", ((1, 1), (1, 1))),
])
def test_convolution_on_the_tape(c, strides, dilation, padding, pads):
    layer = layers.Conv2D(2, (3, 2), strides, padding, dilation_rate=dilation, activation="tanh",
                          bias_initializer="random_normal")
    x = normal(4, 7, 6, c)
    y = layer(x)
    dy = normal(*y.shape, seed=1)
    inputs, kernel, bias = Variable(x), Variable(layer.kernel), Variable(layer.bias)
    expected = np.tanh(convolved(inputs, kernel, bias, strides, dilation, pads))
    expected.backward(dy)
    assert np.allclose(y, expected.value, rtol=1e-13, atol=1e-14)
    assert np.allclose(layer.backward(dy), inputs.grad, rtol=1e-12, atol=1e-13)
    assert np.allclose(layer.dkernel, kernel.grad, rtol=1e-12, atol=1e-13)
    assert np.allclose(layer.dbias, bias.grad, rtol=1e-12, atol=1e-13)


# Finite differences, repetition, types

windows = dict(k=st.tuples(st.integers(1, 3), st.integers(1, 3)), s=st.integers(1, 3),
               padding=st.sampled_from(["valid", "same"]))
sizes = dict(n=st.integers(1, 3), h=st.integers(3, 6), w=st.integers(3, 6), c=st.integers(1, 4))


@few
@given(**sizes, **windows, d=st.integers(1, 2), bias=st.booleans(), seed=st.integers(0, 99))
def test_gradients_of_convolution(n, h, w, c, k, s, padding, d, bias, seed):
    assume(padding == "same" or max(k) * d - d + 1 <= min(h, w))
    layer = layers.Conv2D(2, k, s, padding, dilation_rate=d, activation="sigmoid", use_bias=bias)
    x = normal(n, h, w, c, seed=seed)
    assert gradcheck.check(layer, x, seed=seed) < 1e-7
    assert gradcheck.check_direction(layer, x, seed=seed) < 1e-7


@pytest.mark.parametrize("pooling", [layers.MaxPooling2D, layers.AveragePooling2D])
@few
@given(**sizes, **windows, seed=st.integers(0, 99))
def test_gradients_of_pooling(pooling, n, h, w, c, k, s, padding, seed):
    layer, x = pooling(k, s, padding), normal(n, h, w, c, seed=seed)
    assert gradcheck.check(layer, x, seed=seed) < 1e-7
    assert gradcheck.check_direction(layer, x, seed=seed) < 1e-7


GLOBAL = "GlobalMaxPooling2D", "GlobalAveragePooling2D"


def test_global_pooling_by_hand():
    x = image("2213 2233")
    maximum, mean = (getattr(layers, name)() for name in GLOBAL)
    assert maximum(x).tolist() == [[3]] and mean(x).tolist() == [[18 / 8]]
    assert maximum.backward(np.array([[6.0]]))[0, :, :, 0].tolist() == [[0, 0, 0, 2], [0, 0, 2, 2]]
    assert mean.backward(np.array([[8.0]])).tolist() == np.ones((1, 2, 4, 1)).tolist()


@pytest.mark.parametrize("name", GLOBAL)
@pytest.mark.parametrize("keepdims", [False, True])
def test_gradients_of_global_pooling(name, keepdims):
    layer, x = getattr(layers, name)(keepdims=keepdims), normal(2, 3, 4, 5)
    assert layer(x).shape == ((2, 1, 1, 5) if keepdims else (2, 5))
    assert gradcheck.check(layer, x, seed=0) < 1e-7


def network(dl):
    layers = dl.layers
    return dl.Sequential([dl.Input((8, 8, 1)), layers.Conv2D(3, 3, padding="same", activation="relu"),
                          layers.MaxPooling2D(), layers.Conv2D(4, 2, activation="tanh"),
                          layers.AveragePooling2D((3, 2), 1), layers.Flatten(), layers.Dense(3, "softmax")])


def test_gradients_of_a_network():
    assert gradcheck.check(network(dl), normal(4, 8, 8, 1), seed=1) < 1e-7
    assert gradcheck.check_direction(network(dl), normal(4, 8, 8, 1), seed=1) < 1e-7


MADE = {"convolution": lambda: layers.Conv2D(3, 2, padding="same", activation="relu"),
        "of one channel": lambda: layers.Conv2D(3, 3, 2),
        "maximum": lambda: layers.MaxPooling2D(), "mean": lambda: layers.AveragePooling2D(3, 2, "same"),
        "maximum of all": lambda: layers.GlobalMaxPooling2D(),
        "mean of all": lambda: layers.GlobalAveragePooling2D(keepdims=True)}


@pytest.mark.parametrize("name", MADE)
def test_backward_twice_gives_the_same(name):
    layer, x = MADE[name](), normal(2, 5, 5, 1 if "one" in name else 3)
    y = layer(x)
    dy = normal(*y.shape, seed=1)
    kept, given = y.copy(), (x.copy(), dy.copy())
    dx = layer.backward(dy)
    once = [p.gradient.copy() for p in layer.parameters]
    assert np.array_equal(dx, layer.backward(dy)) and np.array_equal(y, kept)
    assert all(map(np.array_equal, (x, dy), given))
    for gradient, p in zip(once, layer.parameters, strict=True):
        assert np.allclose(p.gradient, 2 * gradient, rtol=1e-14, atol=0)
    assert x.shape == dx.shape


@pytest.mark.parametrize("name", MADE)
def test_types_and_shapes(name):
    dl.config.set_floatx("float32")
    layer, x = MADE[name](), normal(2, 5, 6, 1 if "one" in name else 3)
    y = layer(x)
    assert y.shape == (2, *layer.compute_output_shape((None, *x.shape[1:]))[1:])
    assert y.dtype == layer.backward(y).dtype == "float32"
    if "all" not in name:
        assert layer.compute_output_shape((None, None, None, 3))[1:3] == (None, None)


def test_images_of_any_size():
    """The layer is built for unknown sizes and sees two of them."""
    model = dl.Sequential([dl.Input((None, None, 2)), layers.Conv2D(3, 3), layers.MaxPooling2D()])
    assert model(normal(1, 8, 8, 2)).shape == (1, 3, 3, 3) and model(normal(2, 5, 11, 2)).shape == (2, 1, 4, 3)
    with pytest.raises(ValueError, match="at least 3 by 3 pixels"):
        model(normal(1, 2, 8, 2))


def test_training_is_repeatable_and_survives_storing(tmp_path):
    x, y = normal(20, 8, 8, 1), np.arange(20) % 3
    kept = []
    for stop in (False, True):
        dl.utils.set_random_seed(1)
        model = network(dl)
        model.compile(dl.optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size=5, epochs=2, verbose=0)
        if stop:
            model.save(tmp_path / "model.keras")
            model = dl.saving.load_model(tmp_path / "model.keras")
        losses = model.fit(x, y, batch_size=5, epochs=4, initial_epoch=2, verbose=0).history["loss"]
        kept.append((losses, model.get_weights()))
    (a, weights), (b, others) = kept
    assert a == b and all(map(np.array_equal, weights, others))


# Keras

STRIDED = st.tuples(st.integers(1, 3), st.integers(1, 3))


@few
@given(**sizes, **windows, f=st.integers(1, 4), bias=st.booleans(), seed=st.integers(0, 99),
       activation=st.sampled_from([None, "relu", "tanh"]))
def test_convolution_as_in_keras(n, h, w, c, k, s, padding, f, bias, seed, activation):
    with parity.floatx("float64"):
        parity.assert_same_layer(lambda dl: dl.Sequential([
            dl.Input((h, w, c)), dl.layers.Conv2D(f, k, s, padding, activation=activation, use_bias=bias)]),
            normal(n, h, w, c, seed=seed), seed=seed)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_dilated_convolution_as_in_keras(padding):
    with parity.floatx("float64"):
        parity.assert_same_layer(lambda dl: dl.Sequential([
            dl.Input((9, 8, 3)), dl.layers.Conv2D(2, (3, 2), padding=padding, dilation_rate=(2, 3))]),
            normal(2, 9, 8, 3))


@pytest.mark.parametrize("name", ["MaxPooling2D", "AveragePooling2D"])
@few
@given(**sizes, **windows, seed=st.integers(0, 99), few_values=st.booleans())
def test_pooling_as_in_keras(name, n, h, w, c, k, s, padding, seed, few_values):
    """With few values most windows hold equal ones: the same gets the derivative."""
    x = normal(n, h, w, c, seed=seed)
    x = np.round(x) if few_values else x
    with parity.floatx("float64"):
        parity.assert_same_layer(lambda dl: dl.Sequential([
            dl.Input((h, w, c)), getattr(dl.layers, name)(k, s, padding)]), x, seed=seed)


@pytest.mark.parametrize("name", GLOBAL)
@few
@given(**sizes, keepdims=st.booleans(), seed=st.integers(0, 99), few_values=st.booleans())
def test_global_pooling_as_in_keras(name, n, h, w, c, keepdims, seed, few_values):
    """Pixels that are equally great share the derivative."""
    x = normal(n, h, w, c, seed=seed)
    x = np.round(x) if few_values else x
    with parity.floatx("float64"):
        parity.assert_same_layer(lambda dl: dl.Sequential([
            dl.Input((h, w, c)), getattr(dl.layers, name)(keepdims=keepdims)]), x, seed=seed)


def test_a_network_in_float32_as_in_keras():
    with parity.floatx("float32"):
        parity.assert_same_layer(network, normal(4, 8, 8, 1).astype("float32"),
                                 tolerance=parity.TOLERANCE_FLOAT32)


def test_training_as_in_keras():
    with parity.floatx("float64"):
        parity.assert_same_training(network, normal(12, 8, 8, 1), np.eye(3)[np.arange(12) % 3], lambda dl: dict(
            optimizer=dl.optimizers.SGD(2**-3, momentum=0.875), loss="categorical_crossentropy",
            metrics=["accuracy"]))


# Errors

@pytest.mark.parametrize("make, x, sentence", [
    (lambda: layers.Conv2D(2, 5), np.ones((1, 4, 9, 1)),
     "(Conv2D) expects images of at least 5 by 5 pixels, the size of its window (with "
     "padding='same' they may be smaller), but got (N, 4, 9, 1)."),
    (lambda: layers.Conv2D(2, (2, 3), dilation_rate=4), np.ones((1, 8, 8, 1)), "at least 5 by 9 pixels"),
    (lambda: layers.MaxPooling2D(3), np.ones((1, 9, 2, 1)), "(MaxPooling2D) expects images of at least 3 by 3"),
    (lambda: layers.Conv2D(2, 3), np.ones((4, 8, 8)),
     "expects images (N, height, width, channels), but got (N, 8, 8)"),
    (lambda: layers.AveragePooling2D(), np.ones((4, 8)), "images (N, height, width, channels)"),
    (lambda: layers.GlobalMaxPooling2D(), np.ones((4, 8)),
     "(GlobalMaxPooling2D) expects images (N, height, width, channels) of at least one pixel, but got (N, 8)."),
    (lambda: layers.Conv2D(2, 3), (np.ones((1, 8, 8, 3)), np.ones((1, 8, 8, 1))),
     "expects inputs of shape (N, 8, 8, 3), but got (1, 8, 8, 1)"),
    (lambda: layers.GlobalMaxPooling2D(), (np.ones((1, 8, 8, 3)), np.ones((1, 8, 8, 1))),
     "expects inputs of shape (N, 8, 8, 3), but got (1, 8, 8, 1)"),
    (lambda: dl.Sequential([layers.MaxPooling2D(4), layers.Conv2D(2, 3)]), np.ones((1, 8, 8, 1)),
     "(Conv2D) expects images of at least 3 by 3 pixels"),
])
def test_wrong_inputs(make, x, sentence):
    cases.assert_refused(make(), x, sentence)


@pytest.mark.parametrize("make, sentence", [
    (lambda: layers.Conv2D(0, 3), "Conv2D needs a positive whole number of filters, but 0 was given."),
    (lambda: layers.Conv2D(2, 0), "kernel_size must be a positive whole number or two of them, but 0 was given."),
    (lambda: layers.Conv2D(2, (3, 3, 3)), "kernel_size must be"),
    (lambda: layers.Conv2D(2, "3"), "kernel_size must be"),
    (lambda: layers.Conv2D(2, 3, strides=1.5), "strides must be a positive whole number or two"),
    (lambda: layers.Conv2D(2, 3, padding="full"), "padding must be 'valid' or 'same', but 'full' was given."),
    (lambda: layers.Conv2D(2, 3, data_format="channels_first"), "data_format must be 'channels_last'"),
    (lambda: layers.Conv2D(2, 3, activation="rellu"), "Did you mean 'relu'?"),
    (lambda: layers.MaxPooling2D(-1), "pool_size must be a positive whole number"),
    (lambda: layers.GlobalAveragePooling2D("channels_first"), "data_format must be 'channels_last'"),
    (lambda: layers.AveragePooling2D(2, 0), "strides must be a positive whole number"),
])
def test_wrong_arguments(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)
