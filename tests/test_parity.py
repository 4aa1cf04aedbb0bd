"""One import away: the same scripts under `unrolled` and Keras compute the same numbers."""
import inspect
import re

import cases
import numpy as np
import parity
import pytest
from cases import normal
from hypothesis import given
from hypothesis import strategies as st

import unrolled

pytestmark = pytest.mark.usefixtures("both_float64")
few = cases.few(8)
fewer = cases.few(3)
sizes, seeds = st.integers(1, 6), st.integers(0, 1000)


# Layers: output, gradients by weights and inputs, running statistics

ACTIVATIONS = ["linear", "sigmoid", "tanh", "relu", "relu6", "elu", "selu", "softplus", "softsign",
               "silu", "swish", "exponential", "hard_sigmoid", "gelu", "softmax", "log_softmax"]


@pytest.mark.parametrize("name", ACTIVATIONS)
@few
@given(n=sizes, features=sizes, seed=seeds)
def test_activations(name, n, features, seed):
    x = 3 * normal(n, features, seed=seed)
    tolerance = 1e-7 if name == "gelu" else parity.TOLERANCE       # Keras's √2 passes through float32
    parity.assert_same_layer(lambda dl: dl.Sequential([dl.Input((features,)), dl.layers.Activation(name)]), x,
                             tolerance=tolerance)


@few
@given(n=sizes, inner=st.lists(sizes, max_size=2), features=sizes, units=sizes, bias=st.booleans(),
       activation=st.sampled_from([None, "tanh", "relu", "softmax"]), seed=seeds)
def test_dense(n, inner, features, units, bias, activation, seed):
    x = normal(n, *inner, features, seed=seed)
    parity.assert_same_layer(lambda dl: dl.Sequential([
        dl.Input((*inner, features)), dl.layers.Dense(units, activation, use_bias=bias)]), x, seed=seed)


PLAIN = {
    "relu": lambda dl: dl.layers.ReLU(max_value=1.5, negative_slope=0.25, threshold=0.5),
    "relu without options": lambda dl: dl.layers.ReLU(),
    # Keras's default 0.3 passes through float32
    "leaky relu": lambda dl: dl.layers.LeakyReLU(negative_slope=0.25),
    "elu": lambda dl: dl.layers.ELU(alpha=0.5),
    "softmax": lambda dl: dl.layers.Softmax(),
    "softmax along axis 1": lambda dl: dl.layers.Softmax(axis=1),
    "prelu": lambda dl: dl.layers.PReLU(),
    "prelu with shared slopes": lambda dl: dl.layers.PReLU(shared_axes=[1]),
    "flatten": lambda dl: dl.layers.Flatten(),
    "reshape": lambda dl: dl.layers.Reshape((-1,)),
    "dropout outside training": lambda dl: dl.layers.Dropout(0.5),
}


@pytest.mark.parametrize("name", PLAIN)
@few
@given(n=sizes, a=sizes, b=sizes, seed=seeds)
def test_layers(name, n, a, b, seed):
    x = 2 * normal(n, a, b, seed=seed)
    parity.assert_same_layer(lambda dl: dl.Sequential([dl.Input((a, b)), PLAIN[name](dl)]), x, seed=seed)


@pytest.mark.parametrize("name", [name for name in PLAIN if "dropout" not in name])
@fewer
@given(n=sizes, a=sizes, b=sizes, seed=seeds)
def test_layers_in_training(name, n, a, b, seed):
    """Weights after ten steps, with weights below and above the layer. (Dropout draws other random numbers.)"""
    script, x = between(lambda dl: PLAIN[name](dl), a, b), normal(2 * n, a, 4, seed=seed)
    parity.assert_same_training(script, x, normal(2 * n, 2, seed=seed + 1), squared, seed=seed)


def between(layer, *shape):
    def script(dl):
        return dl.Sequential([dl.Input((shape[0], 4)), dl.layers.Dense(shape[1]), layer(dl), dl.layers.Flatten(),
                              dl.layers.Dense(2)])
    return script


def squared(dl):
    return dict(optimizer=dl.optimizers.SGD(2**-5), loss="mse")


@fewer
@given(n=st.integers(2, 6), a=sizes, b=sizes, seed=seeds)
def test_batch_normalization_in_training(n, a, b, seed):
    """No bias comes before it: its true gradient is zero, and what is left of rounding differs."""
    parity.assert_same_training(lambda dl: dl.Sequential([
        dl.Input((a, 4)), dl.layers.Dense(b, use_bias=False),
        dl.layers.BatchNormalization(momentum=0.75, epsilon=2**-10), dl.layers.Flatten(), dl.layers.Dense(2)]),
        normal(2 * n, a, 4, seed=seed), normal(2 * n, 2, seed=seed + 1), squared, seed=seed)


@fewer
@given(n=sizes, length=sizes, symbols=st.integers(2, 5), width=sizes, seed=seeds)
def test_embedding_in_training(n, length, symbols, width, seed):
    parity.assert_same_training(lambda dl: dl.Sequential([
        dl.Input((length,), dtype="int32"), dl.layers.Embedding(symbols, width), dl.layers.Flatten(),
        dl.layers.Dense(2)]), np.random.default_rng(seed).integers(0, symbols, (2 * n, length)),
        normal(2 * n, 2, seed=seed + 1), squared, seed=seed)


@pytest.mark.parametrize("name", [*PLAIN, *ACTIVATIONS])
def test_layers_in_float32(name):
    with parity.floatx("float32"):
        parity.assert_same_layer(lambda dl: dl.Sequential([dl.Input((3, 4)), PLAIN[name](dl) if name in PLAIN else
                                                           dl.layers.Activation(name)]),
                                 2 * normal(5, 3, 4).astype("float32"), tolerance=parity.TOLERANCE_FLOAT32)


@pytest.mark.parametrize("training", [True, False])
@few
@given(n=st.integers(2, 6), inner=st.lists(sizes, max_size=2), features=sizes, center=st.booleans(),
       scale=st.booleans(), seed=seeds)
def test_batch_normalization(training, n, inner, features, center, scale, seed):
    """Also the running variance, which is the biased one in both."""
    x = normal(n, *inner, features, seed=seed)
    parity.assert_same_layer(lambda dl: dl.Sequential([dl.Input((*inner, features)),
                                                       dl.layers.BatchNormalization(
        momentum=0.75, epsilon=2**-10, center=center, scale=scale)]), x, training, seed)


def test_batch_normalization_along_another_axis():
    parity.assert_same_layer(lambda dl: dl.Sequential([
        dl.Input((3, 4)), dl.layers.BatchNormalization(axis=1, momentum=0.75, epsilon=2**-10)]),
        normal(5, 3, 4), training=True)


@few
@given(n=sizes, length=sizes, symbols=st.integers(2, 5), width=sizes, seed=seeds)
def test_embedding(n, length, symbols, width, seed):
    """Few symbols, so that most repeat: the gradients of all their places add up."""
    x = np.random.default_rng(seed).integers(0, symbols, (n, length))
    parity.assert_same_layer(lambda dl: dl.Sequential([
        dl.Input((length,), dtype="int32"), dl.layers.Embedding(symbols, width)]), x, seed=seed)


def deep(dl):
    layers = dl.layers
    return dl.Sequential([
        dl.Input((4, 3)), layers.Flatten(), layers.Dense(7, use_bias=False), layers.BatchNormalization(
            momentum=0.75, epsilon=2**-10), layers.Activation("relu"), layers.Dense(6), layers.PReLU(),
        layers.Dropout(0.0), layers.Reshape((3, 2)), layers.Dense(5, "tanh"), layers.Flatten(),
        layers.Dense(3, "softmax")])


@pytest.mark.parametrize("training", [True, False])
def test_a_deep_model(training):
    parity.assert_same_layer(deep, normal(8, 4, 3), training)


def test_a_deep_model_in_float32():
    with parity.floatx("float32"):
        x = normal(8, 4, 3).astype("float32")
        parity.assert_same_layer(deep, x, True, tolerance=parity.TOLERANCE_FLOAT32)


# Losses: numbers, their mean with weights, and the derivative by the outputs

def probabilities(n, c, seed):
    y = np.exp(2 * normal(n, c, seed=seed))
    return y / y.sum(axis=1, keepdims=True)


def one_hot(n, c, seed):
    return np.eye(c)[np.random.default_rng(seed).integers(0, c, n)]


LOSSES = {
    "mean squared error": lambda dl: dl.losses.MeanSquaredError(),
    "mean absolute error": lambda dl: dl.losses.MeanAbsoluteError(),
    "huber": lambda dl: dl.losses.Huber(delta=0.5),
    "log cosh": lambda dl: dl.losses.LogCosh(),
    "hinge": lambda dl: dl.losses.Hinge(),
    "squared hinge": lambda dl: dl.losses.SquaredHinge(),
    "categorical hinge": lambda dl: dl.losses.CategoricalHinge(),
    "poisson": lambda dl: dl.losses.Poisson(),
    "kl divergence": lambda dl: dl.losses.KLDivergence(),
    "binary": lambda dl: dl.losses.BinaryCrossentropy(),
    "binary, smoothed": lambda dl: dl.losses.BinaryCrossentropy(label_smoothing=0.25),
    "binary from logits": lambda dl: dl.losses.BinaryCrossentropy(from_logits=True),
    "categorical": lambda dl: dl.losses.CategoricalCrossentropy(),
    "categorical, smoothed": lambda dl: dl.losses.CategoricalCrossentropy(label_smoothing=0.25),
    "categorical from logits": lambda dl: dl.losses.CategoricalCrossentropy(from_logits=True),
    "sparse": lambda dl: dl.losses.SparseCategoricalCrossentropy(),
    "sparse from logits": lambda dl: dl.losses.SparseCategoricalCrossentropy(from_logits=True),
    "sum": lambda dl: dl.losses.MeanSquaredError(reduction="sum"),
    "mean by weight": lambda dl: dl.losses.MeanSquaredError(reduction="mean_with_sample_weight"),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LOSSES)
@few
@given(n=sizes, c=st.integers(2, 5), seed=seeds)
def test_losses(name, weighted, n, c, seed):
    import tensorflow as tf

    ours, theirs = LOSSES[name](unrolled), LOSSES[name](parity.keras())
    y = normal(n, c, seed=seed) if "logits" in name else probabilities(n, c, seed)
    t = one_hot(n, c, seed)
    t = t.argmax(axis=1) if "sparse" in name else t
    w = np.random.default_rng(seed).uniform(0, 2, n) if weighted else None
    with tf.GradientTape() as tape:
        outputs = tf.Variable(y)
        value = theirs(t, outputs, sample_weight=w)
    tolerance = 1e-7 if name == "log cosh" else parity.TOLERANCE   # Keras's ln 2 passes through float32
    parity.assert_close(ours(t, y, sample_weight=w), value.numpy(), "loss", tolerance)
    number, dy = ours.value_and_gradient(ours.prepare(t, y.shape, y.dtype), y, w)
    parity.assert_close(number, value.numpy(), "loss", tolerance)
    parity.assert_close(dy, tape.gradient(value, outputs).numpy(), "derivative")


@pytest.mark.parametrize("name", ["binary", "categorical", "sparse"])
def test_probabilities_of_zero_and_one(name):
    """Clipped as in Keras: finite, and without a derivative where clipped."""
    import tensorflow as tf

    ours, theirs = LOSSES[name](unrolled), LOSSES[name](parity.keras())
    y = np.array([[0.0, 1.0], [1.0, 0.0], [1e-9, 1 - 1e-9]])
    t = np.array([0, 0, 1]) if name == "sparse" else np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    with tf.GradientTape() as tape:
        outputs = tf.Variable(y)
        value = theirs(t, outputs)
    number, dy = ours.value_and_gradient(ours.prepare(t, y.shape, y.dtype), y)
    parity.assert_close(number, value.numpy())
    assert np.isfinite(number)
    parity.assert_close(dy, tape.gradient(value, outputs).numpy())


@pytest.mark.parametrize("name", ["mean_squared_error", "mean_absolute_error", "huber", "log_cosh", "hinge",
                                  "squared_hinge", "categorical_hinge", "poisson", "kl_divergence",
                                  "binary_crossentropy", "categorical_crossentropy"])
def test_loss_functions(name):
    t, y = one_hot(5, 3, 1), probabilities(5, 3, 1)
    theirs = getattr(parity.keras().losses, name)(t, y)
    tolerance = 1e-7 if name == "log_cosh" else parity.TOLERANCE   # Keras's ln 2 passes through float32
    parity.assert_close(getattr(unrolled.losses, name)(t, y), theirs.numpy(), tolerance=tolerance)


# Metrics, over two batches

METRICS = {
    "accuracy": lambda m: m.Accuracy(),
    "binary": lambda m: m.BinaryAccuracy(threshold=0.25),
    "categorical": lambda m: m.CategoricalAccuracy(),
    "sparse": lambda m: m.SparseCategoricalAccuracy(),
    "top 2": lambda m: m.TopKCategoricalAccuracy(k=2),
    "sparse top 2": lambda m: m.SparseTopKCategoricalAccuracy(k=2),
    "squared": lambda m: m.MeanSquaredError(),
    "root": lambda m: m.RootMeanSquaredError(),
    "absolute": lambda m: m.MeanAbsoluteError(),
    "hinge": lambda m: m.Hinge(),
    "binary crossentropy": lambda m: m.BinaryCrossentropy(),
    "categorical crossentropy": lambda m: m.CategoricalCrossentropy(),
    "sparse crossentropy": lambda m: m.SparseCategoricalCrossentropy(),
    "precision": lambda m: m.Precision(),
    "precision at thresholds": lambda m: m.Precision(thresholds=[0.1, 0.25, 0.9]),
    "precision of class 1": lambda m: m.Precision(class_id=1),
    "recall": lambda m: m.Recall(),
    "recall at 2": lambda m: m.Recall(top_k=2),
    "f1": lambda m: m.F1Score(),
    "f1, macro": lambda m: m.F1Score(average="macro"),
    "f1, micro": lambda m: m.F1Score(average="micro"),
    "f1, weighted": lambda m: m.F1Score(average="weighted", threshold=0.25),
    "f2": lambda m: m.FBetaScore(beta=2.0),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", METRICS)
def test_metrics(name, weighted):
    ours, theirs = METRICS[name](unrolled.metrics), METRICS[name](parity.keras().metrics)
    assert ours.name == re.sub(r"_\d+$", "", theirs.name)            # Keras numbers some
    for seed in (1, 2):
        y, t = probabilities(20, 4, seed), one_hot(20, 4, seed)
        # Keras's search for the k greatest needs it
        y = y.astype("float32") if "top" in name else y
        if name == "accuracy":
            y, t = np.round(4 * y), np.round(4 * probabilities(20, 4, seed + 10))
        t = t.argmax(axis=1) if "sparse" in name else t
        w = np.random.default_rng(seed).integers(0, 4, 20) / 4 if weighted else None
        ours.update_state(t, y, sample_weight=w)
        theirs.update_state(t, y, sample_weight=w)
    # Keras counts in float32
    parity.assert_close(ours.result(), np.asarray(theirs.result()), tolerance=1e-6)
    ours.reset_state()
    assert np.all(np.asarray(ours.result()) == 0)


# Training: weights after ten steps. All numbers are exact in float32, through which Keras passes them.

def classifier(dl):
    return dl.Sequential([dl.Input((4,)), dl.layers.Dense(5, "tanh"), dl.layers.Dense(3, "softmax")])


OPTIMIZERS = {
    "sgd": lambda o: o.SGD(2**-3),
    "momentum": lambda o: o.SGD(2**-3, momentum=0.875),
    "nesterov": lambda o: o.SGD(2**-3, momentum=0.875, nesterov=True),
    "adagrad": lambda o: o.Adagrad(2**-3, initial_accumulator_value=2**-3, epsilon=2**-23),
    "adadelta": lambda o: o.Adadelta(0.5, rho=0.875, epsilon=2**-23),
    "rmsprop": lambda o: o.RMSprop(2**-7, rho=0.875, epsilon=2**-23),
    "rmsprop, momentum": lambda o: o.RMSprop(2**-7, rho=0.875, momentum=0.5, epsilon=2**-23),
    "rmsprop, centered": lambda o: o.RMSprop(2**-7, rho=0.875, centered=True, epsilon=2**-10),
    "adam": lambda o: o.Adam(2**-5, beta_1=0.875, beta_2=1 - 2**-10, epsilon=2**-23),
    "amsgrad": lambda o: o.Adam(2**-5, beta_1=0.875, beta_2=1 - 2**-10, epsilon=2**-23, amsgrad=True),
    "adamw": lambda o: o.AdamW(2**-5, weight_decay=2**-4, beta_1=0.875, beta_2=1 - 2**-10, epsilon=2**-23),
    "clipnorm": lambda o: o.SGD(0.5, clipnorm=2**-5),
    "clipvalue": lambda o: o.SGD(0.5, clipvalue=2**-7),
    "global_clipnorm": lambda o: o.SGD(0.5, global_clipnorm=2**-5),
    "weight_decay": lambda o: o.SGD(2**-3, weight_decay=2**-4),
    "schedule": lambda o: o.SGD(o.schedules.PiecewiseConstantDecay([2, 5], [0.5, 0.25, 0.125])),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@fewer
@given(n=sizes, features=sizes, units=sizes, seed=seeds)
def test_optimizers(name, n, features, units, seed):
    parity.assert_same_training(lambda dl: dl.Sequential([
        dl.Input((features,)), dl.layers.Dense(units, "tanh"), dl.layers.Dense(3, "softmax")]),
        normal(2 * n, features, seed=seed), one_hot(2 * n, 3, seed), lambda dl: dict(
            optimizer=OPTIMIZERS[name](dl.optimizers), loss="categorical_crossentropy", metrics=["accuracy"]), seed=seed)


TRAINED = {                       # last activation, loss
    "categorical_crossentropy": ("softmax", "categorical_crossentropy"),
    "from logits": (None, lambda dl: dl.losses.CategoricalCrossentropy(from_logits=True)),
    "sparse_categorical_crossentropy": ("softmax", "sparse_categorical_crossentropy"),
    "binary_crossentropy": ("sigmoid", "binary_crossentropy"),
    "binary of relu": ("hard_sigmoid", "binary_crossentropy"),
    "categorical of exp": ("exponential", "categorical_crossentropy"),
    "mean_squared_error": ("tanh", "mean_squared_error"),
    "mae": (None, "mae"),
    "huber": (None, "huber"),
    "poisson": ("exponential", "poisson"),
    "kl_divergence": ("softmax", "kl_divergence"),
    "hinge": ("tanh", "hinge"),
    "squared_hinge": (None, "squared_hinge"),
    "categorical_hinge": (None, "categorical_hinge"),
    "log_cosh": (None, "log_cosh"),
    "binary from logits": (None, lambda dl: dl.losses.BinaryCrossentropy(from_logits=True)),
    "sparse_categorical from logits": (None, lambda dl: dl.losses.SparseCategoricalCrossentropy(from_logits=True)),
    "smoothed": ("softmax", lambda dl: dl.losses.CategoricalCrossentropy(label_smoothing=0.25)),
    "sum": (None, lambda dl: dl.losses.MeanSquaredError(reduction="sum")),
}


@pytest.mark.parametrize("name", TRAINED)
@fewer
@given(n=sizes, classes=st.integers(2, 5), seed=seeds)
def test_losses_in_training(name, n, classes, seed):
    activation, loss = TRAINED[name]
    y = one_hot(2 * n, classes, seed)
    y = y.argmax(axis=1) if "sparse" in name else y
    parity.assert_same_training(
        lambda dl: dl.Sequential([dl.Input((4,)), dl.layers.Dense(5, "tanh"),
                                  dl.layers.Dense(classes, activation)]),
        normal(2 * n, 4, seed=seed), y,
        lambda dl: dict(optimizer=dl.optimizers.SGD(2**-3), metrics=["mse"] if y.ndim > 1 else [],
                        loss=loss if isinstance(loss, str) else loss(dl)), seed=seed,
        tolerance=1e-7 if name == "log_cosh" else parity.TOLERANCE)       # Keras's ln 2 passes through float32


def test_softmax_as_a_layer_of_its_own_is_trained_on_its_logits():
    """Large logits: from probabilities, clipped, the derivative would be zero."""
    for last in (lambda dl: dl.layers.Activation("softmax"), lambda dl: dl.layers.Softmax()):
        parity.assert_same_training(
            lambda dl, last=last: dl.Sequential([dl.Input((4,)), dl.layers.Dense(3), last(dl)]),
            40 * normal(12, 4),
            one_hot(12, 3, 0),
            lambda dl: dict(optimizer=dl.optimizers.SGD(2**-3), loss="categorical_crossentropy"))


@pytest.mark.parametrize("penalty", ["l1", "l2", "l1l2"])
def test_regularizers(penalty):
    made = {"l1": lambda r: r.L1(2**-6), "l2": lambda r: r.L2(2**-6),
            "l1l2": lambda r: r.L1L2(2**-6, 2**-7)}[penalty]
    parity.assert_same_training(lambda dl: dl.Sequential([
        dl.Input((4,)), dl.layers.Dense(5, "tanh", kernel_regularizer=made(dl.regularizers)),
        dl.layers.Dense(1, bias_regularizer=made(dl.regularizers))]), normal(12, 4), normal(12, 1, seed=1),
        lambda dl: dict(optimizer=dl.optimizers.SGD(2**-3), loss="mse"))


@pytest.mark.parametrize("name", ["MaxNorm", "UnitNorm", "NonNeg"])
def test_constraints(name):
    parity.assert_same_training(lambda dl: dl.Sequential([
        dl.Input((4,)), dl.layers.Dense(5, "tanh", kernel_constraint=getattr(dl.constraints, name)()),
        dl.layers.Dense(1, bias_constraint="non_neg")]), normal(12, 4), normal(12, 1, seed=1),
        lambda dl: dict(optimizer=dl.optimizers.SGD(0.5), loss="mse"))


@pytest.mark.parametrize("more", ["sample_weight", "class_weight"])
def test_weighted_examples(more):
    weights = {"sample_weight": np.arange(12) / 8, "class_weight": {0: 0.25, 2: 4.0}}[more]
    parity.assert_same_training(classifier, normal(12, 4), one_hot(12, 3, 0), lambda dl: dict(
        optimizer=dl.optimizers.SGD(2**-3), loss="categorical_crossentropy", metrics=["accuracy"],
        weighted_metrics=["categorical_accuracy"]), **{more: weights})


def test_a_deep_model_in_training():
    parity.assert_same_training(deep, normal(12, 4, 3), one_hot(12, 3, 0), lambda dl: dict(
        optimizer=dl.optimizers.SGD(2**-3, momentum=0.875), loss="categorical_crossentropy",
        metrics=["accuracy"]))


def test_a_frozen_layer():
    """Its weights stay, and batch normalization that is frozen uses its running statistics."""
    def script(dl):
        model = deep(dl)
        model.layers[1].trainable = model.layers[2].trainable = False
        return model

    ours, _ = parity.assert_same_training(script, normal(12, 4, 3), one_hot(12, 3, 0), lambda dl: dict(
        optimizer=dl.optimizers.SGD(2**-3), loss="categorical_crossentropy"))
    trained = sum(p.value.size for p in ours.parameters if p.is_trained)
    assert ours.params.size == trained < ours.count_params()


# The whole of fit, in the order of the data

def fitted(dl, callbacks=(), **options):
    ours, theirs = parity.both(classifier)
    model = ours if dl is unrolled else theirs
    model.compile(optimizer=dl.optimizers.SGD(0.5), loss="categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(normal(50, 4), one_hot(50, 3, 0), batch_size=8, epochs=12, shuffle=False, verbose=0,
                        callbacks=[c(dl.callbacks) for c in callbacks], **options)
    return history, model


FITS = {
    "validation split": dict(validation_split=0.3),
    "validation data": dict(validation_data=(normal(9, 4, seed=5), one_hot(9, 3, 5)), validation_freq=2),
    "early stopping": dict(validation_split=0.3, callbacks=[lambda c: c.EarlyStopping(patience=2)]),
    "best weights": dict(validation_split=0.3, callbacks=[
        lambda c: c.EarlyStopping(monitor="val_accuracy", patience=1, restore_best_weights=True,
                                  min_delta=0.01)]),
    "baseline": dict(callbacks=[lambda c: c.EarlyStopping(monitor="loss", patience=3, baseline=0.001)]),
    "plateau": dict(validation_split=0.3, callbacks=[
        lambda c: c.ReduceLROnPlateau(factor=0.5, patience=1, min_delta=0.0, cooldown=1)]),
    "scheduler": dict(callbacks=[lambda c: c.LearningRateScheduler(lambda epoch, rate: rate * 0.5)]),
    "weights": dict(sample_weight=np.arange(50) / 32, validation_split=0.3),
    "classes": dict(class_weight={1: 2.0}, initial_epoch=3),
}


@pytest.mark.parametrize("name", FITS)
def test_fit(name):
    """History (names, order and numbers), stopping, restored weights, evaluate and predict."""
    (a, ours), (b, theirs) = (fitted(dl, **FITS[name]) for dl in (unrolled, parity.keras()))
    assert list(a.history) == list(b.history) and a.epoch == b.epoch
    for key, values in a.history.items():
        parity.assert_close(np.array(values), np.array(b.history[key], dtype=float), key, 1e-6)
    parity.assert_close(ours.get_weights(), theirs.get_weights(), "weight")
    x, y = normal(9, 4, seed=6), one_hot(9, 3, 6)
    parity.assert_close(ours.predict(x), theirs.predict(x, verbose=0), "prediction")
    parity.assert_close(np.array(ours.evaluate(x, y, verbose=0)), np.array(theirs.evaluate(x, y, verbose=0)),
                        "evaluation", 1e-6)


@pytest.mark.parametrize("schedule", [
    lambda s: s.ExponentialDecay(0.5, 4, 0.25), lambda s: s.ExponentialDecay(0.5, 4, 0.25, staircase=True),
    lambda s: s.InverseTimeDecay(0.5, 4, 0.25), lambda s: s.PolynomialDecay(0.5, 8, 0.125, power=2.0),
    lambda s: s.CosineDecay(0.5, 8, alpha=0.25),
    lambda s: s.CosineDecay(0.125, 8, warmup_target=0.5, warmup_steps=4),
    lambda s: s.PiecewiseConstantDecay([2, 6], [0.5, 0.25, 0.125])])
def test_schedules(schedule):
    ours, theirs = schedule(unrolled.optimizers.schedules), schedule(parity.keras().optimizers.schedules)
    steps = range(16)
    parity.assert_close(np.array([ours(k) for k in steps]), np.array([float(theirs(k)) for k in steps]),
                        tolerance=1e-6)


# Names, defaults, order

BASES = ("Layer", "InputLayer", "CallbackList", "Optimizer", "Loss", "Metric")      # not made by readers


def shared():
    """Every public class that both libraries have, by module."""
    keras = parity.keras()
    for module in ("layers", "losses", "metrics", "optimizers", "initializers", "regularizers", "constraints",
                   "callbacks"):
        ours, theirs = getattr(unrolled, module), getattr(keras, module)
        for name, cls in vars(ours).items():
            if inspect.isclass(cls) and "__init__" in vars(cls) and hasattr(theirs,
                                                                            name) and name not in BASES:
                yield f"{module}.{name}", cls, getattr(theirs, name)



def test_arguments_have_keras_names_defaults_and_order():
    checked = 0
    for name, ours, theirs in shared():
        known = {p.name: p.default for p in inspect.signature(theirs.__init__).parameters.values()
                 if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"}
        mine = [p for p in inspect.signature(ours.__init__).parameters.values()
                if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]      # what we add is keyword-only
        assert {p.name for p in mine} <= set(known), name
        positions = [list(known).index(p.name) for p in mine]
        assert positions == sorted(positions), f"{name}: another order than {list(known)}"
        for p in mine:
            same = p.default == known[p.name] or str(p.default).lower() == str(known[p.name]).lower()
            assert same or p.name == "name" and p.default is None, f"{name}({p.name}={p.default!r})"
        checked += 1
    assert checked > 40


def test_methods_have_keras_arguments():
    """Apart from those that only data generators and compilation need, `compile`'s third position included."""
    theirs = parity.keras().Sequential
    for name in ("compile", "fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "summary", "get_weights",
                 "set_weights", "get_layer", "save", "save_weights", "load_weights", "add", "get_config"):
        known = {p.name: p.default for p in inspect.signature(getattr(theirs, name)).parameters.values()}
        mine = {p.name: p.default for p in inspect.signature(getattr(unrolled.Sequential, name)).parameters.values()}
        assert mine == {p: known.get(p) for p in mine}, name
        assert list(mine) == [p for p in known if p in mine], name


ONLY_HERE = {"layers": {"LSTMN", "Maxout", "RReLU"}, "metrics": {"confusion_matrix"}, "callbacks": {"RoundWeights"}}


def test_what_keras_has_not():
    """Every public name is Keras's too, but for these, which say so."""
    for module in ("layers", "losses", "metrics", "callbacks"):
        ours, theirs = getattr(unrolled, module), getattr(parity.keras(), module)
        only = {name for name in ours.__all__ if not hasattr(theirs, name)}
        assert only == ONLY_HERE.get(module, set()), module
    for module in ("layers", "callbacks"):
        assert all("Not in Keras" in getattr(getattr(unrolled, module), name).__doc__ for name in ONLY_HERE[module])
    only = {name for name in unrolled.activations.ALL if not hasattr(parity.keras().activations, name)}
    assert only == {"gaussian", "probit", "sign", "step"}
    for module in ("optimizers", "initializers", "regularizers", "constraints"):
        ours, theirs = getattr(unrolled, module), getattr(parity.keras(), module)
        made = {n for n, v in vars(ours).items() if inspect.isclass(v) and v.__module__ == ours.__name__}
        assert all(hasattr(theirs, n) or n[0] == "_" for n in made), module
    both = vars(unrolled.regularizers).keys() & {"l1", "l2", "l1_l2"}
    assert len(both) == 3 and all(hasattr(parity.keras().regularizers, n) for n in both)


def test_a_loss_that_is_not_a_number_ends_training_here():
    """Keras goes on with weights that are lost; we say what happened and keep the weights."""
    x, y = normal(12, 4), one_hot(12, 3, 0)
    ours, theirs = parity.both(lambda dl: dl.Sequential([dl.Input((4,)), dl.layers.Dense(3)]))
    before = ours.get_weights()
    for model, dl in ((ours, unrolled), (theirs, parity.keras())):
        model.compile(dl.optimizers.SGD(1e200), "mse")
    with pytest.raises(FloatingPointError, match=r"epoch \d+, batch \d+, at a learning rate of 1e\+200"):
        ours.fit(x, y, epochs=3, verbose=0)
    assert all(map(np.array_equal, before, ours.get_weights()))
    theirs.fit(x, y, epochs=3, verbose=0)
    assert np.isnan(theirs.get_weights()[0]).all()


def test_activations_have_keras_arguments():
    for name in ACTIVATIONS:
        ours = inspect.signature(getattr(unrolled.activations,
                                         name if name != "swish" else "silu")).parameters
        theirs = inspect.signature(getattr(parity.keras().activations, name)).parameters
        assert [(p.name, p.default) for p in ours.values()] == [(p.name,
                                                                 p.default) for p in theirs.values()], name
