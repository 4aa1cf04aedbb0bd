"""Models to Keras and back: the same arguments, weights, outputs and training."""
import inspect
import sys

import numpy as np
import parity
import pytest
from refusals import THINGS, answer

import unrolled as dl
from unrolled import interop, layers


@pytest.fixture(autouse=True)
def float64():
    dl.utils.set_random_seed(0)
    with parity.floatx("float64"):
        yield


LAYERS = {                        # each with arguments that are not the defaults, and the shape of its input
    "Activation": (lambda: layers.Activation("softplus"), (4,)),
    "AveragePooling2D": (lambda: layers.AveragePooling2D((2, 3), strides=1, padding="same"), (5, 6, 2)),
    "BatchNormalization": (lambda: layers.BatchNormalization(
        axis=1, momentum=0.75, epsilon=2**-10, scale=False, beta_regularizer=dl.regularizers.L1(0.25)), (3, 4)),
    "Bidirectional": (lambda: layers.Bidirectional(
        layers.LSTM(3, return_sequences=True), "sum", backward_layer=layers.LSTM(
            3, "relu", go_backwards=True, return_sequences=True, name="back")), (5, 4)),
    "Conv2D": (lambda: layers.Conv2D(3, (2, 3), strides=(2, 1), padding="same", activation="relu",
                                     kernel_initializer="he_normal"), (5, 6, 2)),
    "Dense": (lambda: layers.Dense(3, "tanh", kernel_initializer=dl.initializers.VarianceScaling(2.0, "fan_avg"),
                                   kernel_constraint=dl.constraints.MaxNorm(3, axis=1), trainable=False), (4,)),
    "Dropout": (lambda: layers.Dropout(0.25, noise_shape=(None, 1, 4), seed=3), (3, 4)),
    "ELU": (lambda: layers.ELU(0.5), (4,)),
    "Embedding": (lambda: layers.Embedding(5, 3, embeddings_constraint="unit_norm", mask_zero=True), (4,)),
    "Flatten": (lambda: layers.Flatten(name="flat"), (3, 4)),
    "GRU": (lambda: layers.GRU(3, "relu", reset_after=False, go_backwards=True, use_bias=False), (5, 4)),
    "GaussianNoise": (lambda: layers.GaussianNoise(0.25, seed=3), (4,)),
    "GlobalAveragePooling2D": (lambda: layers.GlobalAveragePooling2D(keepdims=True), (5, 6, 2)),
    "GlobalMaxPooling2D": (lambda: layers.GlobalMaxPooling2D(name="greatest"), (5, 6, 2)),
    "LSTM": (lambda: layers.LSTM(3, recurrent_activation="hard_sigmoid", unit_forget_bias=False, return_sequences=True,
                                 recurrent_regularizer=dl.regularizers.L2(0.25), zero_output_for_mask=True), (5, 4)),
    "LayerNormalization": (lambda: layers.LayerNormalization(
        axis=[1, 2], epsilon=2**-10, gamma_constraint="non_neg", beta_initializer="ones"), (3, 4)),
    "LeakyReLU": (lambda: layers.LeakyReLU(0.25), (4,)),
    "Masking": (lambda: layers.Masking(2.0), (5, 4)),
    "MaxPooling2D": (lambda: layers.MaxPooling2D(2, strides=(1, 2)), (5, 6, 2)),
    "PReLU": (lambda: layers.PReLU("random_normal", shared_axes=[1]), (3, 4)),
    "ReLU": (lambda: layers.ReLU(max_value=1.5, negative_slope=0.25, threshold=0.5), (4,)),
    "RepeatVector": (lambda: layers.RepeatVector(3), (4,)),
    "Reshape": (lambda: layers.Reshape((2, -1)), (4,)),
    "SimpleRNN": (lambda: layers.SimpleRNN(3, "relu", kernel_initializer="he_normal", bias_constraint="non_neg"), (5, 4)),
    "Softmax": (lambda: layers.Softmax(axis=1), (3, 4)),
    "TimeDistributed": (lambda: layers.TimeDistributed(layers.Dense(3, "relu", use_bias=False)), (5, 4)),
}
PLAIN = ("InputLayer", "Layer")
SEVERAL_INPUTS = ("AdditiveAttention", "Attention", "MultiHeadAttention")          # none for a Sequential


def test_the_table_holds_every_layer_that_both_have():
    both = {name for name in layers.__all__ if inspect.isclass(getattr(layers, name))
            and hasattr(parity.keras().layers, name)}
    assert both - {*PLAIN, *SEVERAL_INPUTS} == set(LAYERS)


def filled(model):
    """The model with weights that no initializer gives: matrices of both signs, positive vectors."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 1.0, w.shape) if w.ndim == 1 else rng.normal(size=w.shape)
                       for w in model.get_weights()])
    return model


@pytest.mark.parametrize("name", LAYERS)
def test_layers_go_there_and_back(name):
    make, shape = LAYERS[name]
    ours = filled(dl.Sequential([dl.Input(shape), make()]))
    theirs = interop.to_keras(ours)
    x = np.random.default_rng(2).integers(0, 5, (6, *shape))
    parity.assert_close(ours(x), np.asarray(theirs(x)), "output")
    parity.assert_close(ours.get_weights(), theirs.get_weights(), "weight", 0)
    assert type(theirs.layers[0]) is getattr(parity.keras().layers, name)
    again = interop.from_keras(theirs)
    assert again.get_config() == ours.get_config()
    parity.assert_close(again.get_weights(), ours.get_weights(), "weight", 0)


def script(library):
    """A compiled model with something of each kind."""
    inner = library.Sequential([library.layers.Dense(5, "tanh"), library.layers.Dropout(0.0)], name="inner")
    model = library.Sequential([
        library.Input((4,)), library.layers.Dense(6, kernel_regularizer=library.regularizers.L1L2(2**-6, 2**-7)),
        library.layers.LeakyReLU(0.25), inner, library.layers.Dense(3, "softmax", kernel_constraint="max_norm")])
    model.layers[0].trainable = False
    schedule = library.optimizers.schedules.ExponentialDecay(0.5, 4, 0.25, staircase=True)
    model.compile(library.optimizers.SGD(schedule, momentum=0.5, clipnorm=0.25),
                  library.losses.CategoricalCrossentropy(label_smoothing=0.25),
                  metrics=["accuracy", library.metrics.F1Score("macro", name="f")], weighted_metrics=["mse"])
    return model


@pytest.mark.parametrize("direction", ["to_keras", "from_keras"])
def test_training_goes_on_alike(direction):
    """Ten steps with penalties, a constraint, a frozen layer, a schedule and clipping."""
    source = filled(script(dl if direction == "to_keras" else parity.keras()))
    made = getattr(interop, direction)(source)
    ours, theirs = (source, made) if direction == "to_keras" else (made, source)
    theirs.run_eagerly = True
    rng = np.random.default_rng(3)
    frozen = ours.layers[0].kernel.copy()
    for _ in range(10):
        x, y = rng.standard_normal((6, 4)), np.eye(3)[rng.integers(0, 3, 6)]
        w = rng.integers(0, 8, 6) / 4
        a, b = (m.train_on_batch(x, y, sample_weight=w, return_dict=True) for m in (ours, theirs))
        assert sorted(a) == sorted(b) == ["accuracy", "f", "loss", "mse"]
        for name in a:
            parity.assert_close(a[name], np.asarray(b[name]), name, 1e-6)      # Keras counts metrics in float32
    parity.assert_close(ours.get_weights(), theirs.get_weights(), "weight")
    assert np.array_equal(ours.layers[0].kernel, frozen) and not np.array_equal(made.layers[2].get_weights()[0], 0)


def test_settings_there_and_back():
    """Names stay names, objects stay objects, whatever the loss was given as."""
    for loss in "mse", dl.losses.Huber(0.5), dl.losses.mean_squared_error:
        ours = script(dl)
        ours.compile("adam", loss, metrics=["acc", "mae"])
        again = interop.from_keras(interop.to_keras(ours))
        assert type(again.loss) is type(ours.loss) and again.loss.get_config() == ours.loss.get_config()
        assert type(again.optimizer) is dl.optimizers.Adam and again.metrics_given == [["acc", "mae"], []]
    theirs = script(parity.keras())
    theirs.compile(loss=parity.keras().losses.mean_squared_error)
    assert type(interop.from_keras(theirs).loss) is dl.losses.MeanSquaredError


def test_what_is_not_built_or_compiled_stays_so():
    for model, move in ((dl.Sequential([layers.Dense(2)]), interop.to_keras),
                        (parity.keras().Sequential([parity.keras().layers.Dense(2)]), interop.from_keras)):
        other = move(model)
        assert not other.built and other.loss is None
        assert np.asarray(other(np.ones((1, 3)))).shape == (1, 2)


def test_types_and_frozen_models_are_kept():
    ours = dl.Sequential([dl.Input((3,)), layers.Dense(2, dtype="float32")], trainable=False)
    theirs = interop.to_keras(ours)
    assert theirs.get_weights()[0].dtype == "float32" and not theirs.trainable
    assert theirs.trainable_variables == []
    again = interop.from_keras(theirs)
    assert again.params.size == 0 and not again.layers[0].trainable and again.layers[0].dtype == "float32"


def tied():
    dense = layers.Dense(3)
    return dl.Sequential([dl.Input((3,)), dense, dl.Sequential([dense.tied()])])


class Mine(layers.Dense):
    pass


Mine.__name__ = "Dense"           # not Keras's Dense, for all its name


def compiled(library, optimizer):
    model = library.Sequential([library.Input((2,)), library.layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def test_what_is_no_model():
    import keras

    for thing in [*THINGS, layers.Dense(2), keras.layers.Dense(2), dl.Sequential, keras.Sequential]:
        for call in (interop.to_keras, interop.from_keras):
            assert isinstance(answer(call, thing), ValueError)


@pytest.mark.parametrize("make, sentence", [
    (lambda keras: dl.Sequential([layers.Maxout(2, name="m")]), "Layer 'm' (Maxout) has no counterpart in keras."),
    (lambda keras: dl.Sequential([dl.Sequential([layers.RReLU()])]), "Layer 'r_re_lu' (RReLU) has no"),
    (lambda keras: dl.Sequential([layers.LSTM(2, peepholes="full")]), "LSTM of keras does not take"),
    (lambda keras: dl.Sequential([layers.GRU(2, truncate=5)]), "GRU of keras does not take"),
    (lambda keras: keras.Sequential([keras.layers.LSTM(2, dropout=0.5)]), "LSTM of unrolled does not take"),
    (lambda keras: dl.Sequential([Mine(2)]), "Layer 'dense' (Dense) has no counterpart in keras."),
    (lambda keras: dl.Sequential([layers.Dense(2, "gaussian")]),
     "Layer 'dense' (Dense) cannot be made in keras: Dense of keras does not take"),
    (lambda keras: tied(), "(Dense) shares its weights with another"),
    (lambda keras: compiled(dl, dl.optimizers.Adam(epsilon_hat=False)), "epsilon_hat"),
    (lambda keras: layers.Dense(2), "an unrolled.Sequential, but got Dense"),
    (lambda keras: keras.Sequential([keras.layers.GroupNormalization(name="n")]),
     "Layer 'n' (GroupNormalization) has no counterpart in unrolled."),
    (lambda keras: keras.Sequential([keras.layers.BatchNormalization(renorm=True)]), "does not take these arguments"),
    (lambda keras: keras.Sequential([keras.layers.Dense(2, "mish")]), "There is no activation named 'mish'"),
    (lambda keras: keras.Sequential([keras.layers.Dense(2, kernel_regularizer=keras.regularizers.OrthogonalRegularizer())]),
     "OrthogonalRegularizer has no counterpart in unrolled"),
    (lambda keras: keras.Sequential([keras.layers.Flatten("channels_first")]), "data_format"),
    (lambda keras: compiled(keras, keras.optimizers.SGD(use_ema=True)), "SGD of unrolled does not take"),
    (lambda keras: compiled(keras, "nadam"), "Nadam has no counterpart in unrolled"),
    (lambda keras: keras.Model(i := keras.Input((2,)), i), "a keras.Sequential, but got Functional"),
])
def test_what_has_no_counterpart(make, sentence):
    keras = parity.keras()
    model = make(keras)
    with pytest.raises(ValueError) as raised:
        (interop.from_keras if isinstance(model, keras.Model) else interop.to_keras)(model)
    assert sentence in str(raised.value)


def test_without_keras(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(ImportError, match="needs the package keras, which is not installed"):
        interop.to_keras(dl.Sequential([layers.Dense(2)]))
