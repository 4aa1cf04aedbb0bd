"""Seeds, labels, names, settings."""
import random

import numpy as np
import pytest

from unrolled import activations, config, constraints, gradcheck, layers, optimizers, regularizers, utils


def test_set_random_seed_seeds_what_keras_seeds():
    drawn = []
    for _ in range(2):
        utils.set_random_seed(11)
        drawn.append((random.random(), np.random.rand(), utils.generator().random()))
    assert drawn[0] == drawn[1]
    for wrong in (-1, 2**32, 1.5, "a", True):
        with pytest.raises(ValueError, match="whole number from 0"):
            utils.set_random_seed(wrong)


def test_generators():
    mine = np.random.default_rng(0)
    assert utils.generator(mine) is mine and utils.generator(3).random() == utils.generator(3).random()
    assert utils.own_generator().random() != utils.own_generator().random()


def test_to_categorical():
    assert utils.to_categorical([2, 0]).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert utils.to_categorical([[1], [0]], 2).shape == (2, 2)
    assert utils.to_categorical([[1, 0]]).shape == (1, 2, 2)
    assert utils.to_categorical([1.0]).dtype == "float32"
    for wrong, sentence in ([], "empty"), ([0.5], "fractions"), ([-1], "from -1 to -1"), ([3], "from 3 to 3"):
        with pytest.raises(ValueError, match=sentence):
            utils.to_categorical(wrong, num_classes=3)
    with pytest.raises(ValueError, match="from -1 to 2"):
        utils.to_categorical([-1, 2])
    with pytest.raises(ValueError, match="their type is <U1"):
        utils.to_categorical(["a"])


def test_snake_case():
    assert [utils.snake_case(n) for n in ("HeNormal", "L1L2", "F1Score", "PReLU", "Dense", "Conv2D")] == [
        "he_normal", "l1_l2", "f1_score", "p_re_lu", "dense", "conv2d"]


def test_floatx():
    assert config.floatx() == "float32"
    for value in (np.float64, "float64"):
        config.set_floatx(value)
        assert config.floatx() == "float64" and layers.Dense(1).dtype == "float64"
    config.set_floatx("float32")
    with pytest.raises(ValueError, match="'float32' or 'float64', but 'float16'"):
        config.set_floatx("float16")


def test_epsilon():
    assert config.epsilon() == 1e-7
    config.set_epsilon(1e-3)
    assert constraints.UnitNorm()(np.ones((1, 1))) == 1 / 1.001
    config.set_epsilon(1e-7)
    with pytest.raises(ValueError, match="between 0 and 0.5"):
        config.set_epsilon(0)


def test_what_was_made_by_arguments_is_made_again_by_its_configuration():
    for made in (layers.Dense(3, "relu", kernel_regularizer=regularizers.L1(0.5),
                              kernel_constraint="max_norm"),
                 layers.PReLU(shared_axes=[1]), layers.Reshape((2, -1)), regularizers.L1L2(0.1, 0.2),
                 constraints.MaxNorm(3),
                 optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 10), momentum=0.5, clipnorm=1.0)):
        again = utils.deserialize(type(made).__mro__[1], utils.serialize(made))
        assert again is not made and again.get_config() == made.get_config()
    with pytest.raises(ValueError, match="has a class_name and a config"):
        utils.deserialize(layers.Layer, {"class_name": "Dense"})
    shown = "Dense(units=3, activation=relu, kernel_initializer=Zeros())"
    assert repr(layers.Dense(3, "relu", kernel_initializer="zeros")) == shown


def test_regularizers():
    w = np.array([[1.0, -2.0]])
    assert regularizers.L1L2(0.1, 0.01)(w) == pytest.approx(0.3 + 0.05)
    assert np.allclose(regularizers.L1L2(0.1, 0.01).gradient(w), [[0.12, -0.14]])
    assert regularizers.get("l2").l2 == 0.01 and regularizers.get(None) is None
    assert regularizers.get(regularizers.L1).l1 == 0.01 and regularizers.l1_l2 is regularizers.L1L2
    again = utils.deserialize(regularizers.Regularizer, utils.serialize(regularizers.l2(0.5)))
    assert type(again) is regularizers.L2 and again.l2 == 0.5
    with pytest.raises(ValueError, match="l1 must be finite and 0 or greater, not -1"):
        regularizers.L1(-1)


def test_constraints():
    w = np.array([[3.0, 0.3], [4.0, 0.4]])
    assert np.allclose(constraints.MaxNorm(1.0)(w), [[0.6, 0.3], [0.8, 0.4]], atol=1e-6)
    assert np.allclose(constraints.UnitNorm()(w), [[0.6, 0.6], [0.8, 0.8]], atol=1e-5)
    assert constraints.NonNeg()(-w).max() == 0
    with pytest.raises(ValueError, match="max_value must be 0 or greater, but -1"):
        constraints.MaxNorm(-1)


def test_sigmoid_and_softmax_do_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        for dtype in ("float32", "float64"):
            x = np.array([[-1e4, 0.0, 1e4]], dtype)
            assert activations.sigmoid(x).tolist() == [[0, 0.5, 1]]
            assert activations.softmax(x).tolist() == [[0, 0, 1]]
            assert activations.softplus(x)[0, 2] == 1e4 and activations.elu(x)[0, 0] == -1


def test_softmax_leaves_its_input_alone():
    x = np.ones((2, 3))
    y = activations.softmax(x)
    activations.softmax.backward(x, x, y)
    assert np.array_equal(x, np.ones((2, 3)))


def test_activations_by_hand():
    assert activations.gaussian(np.array(1.0)) == np.exp(-1)
    assert np.allclose(activations.probit(np.array([-1.96, 0.0, 1.96])), [0.0249979, 0.5, 0.9750021],
                       atol=1e-7)
    assert activations.step(np.array([-1.0, 0, 2])).tolist() == [0, 0, 1]


def test_the_gradient_check_finds_a_wrong_gradient():
    """A bias gradient that overwrites, a missing factor: neither escapes."""
    class Wrong(layers.Dense):
        def backward_logits(self, dz):
            dx = super().backward_logits(dz)
            self.dkernel *= 1 + 1e-5
            return dx

    x = np.random.default_rng(0).standard_normal((4, 3))
    for cls, wrong in (layers.Dense, False), (Wrong, True):
        layer = cls(2, "tanh", dtype="float64")
        assert (gradcheck.check(layer, x, seed=0) > 1e-7) == wrong
        assert (gradcheck.check_direction(layer, x, seed=0) > 1e-7) == wrong


def test_the_gradient_check_changes_nothing():
    layer, x = layers.BatchNormalization(dtype="float64"), np.random.default_rng(0).standard_normal((4, 3))
    layer(x)
    before = layer.get_weights()
    gradcheck.check_direction(layer, x, seed=0)
    gradcheck.check(layer, x, seed=0)
    assert all(map(np.array_equal, before, layer.get_weights()))
