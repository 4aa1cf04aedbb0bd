"""Models: building, training, what training must not change, and what they say when something is wrong."""
import contextlib
import subprocess
import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import unrolled as dl
from unrolled import gradcheck, layers


@pytest.fixture(autouse=True)
def seeded():
    dl.utils.set_random_seed(0)


def classifier(loss="categorical_crossentropy", optimizer="rmsprop", last="softmax", **options):
    model = dl.Sequential([dl.Input((4,)), layers.Dense(8, "tanh"), layers.Dense(3, last)])
    model.compile(optimizer, loss, metrics=["accuracy"], **options)
    return model


def data(n=60, seed=0):
    """Three classes of points in four dimensions, far apart."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    return 4 * np.eye(3, 4)[labels] + rng.standard_normal((n, 4)), labels


@contextlib.contextmanager
def unchanged(model):
    """Weights, optimizer and random numbers are the same after the block as before."""
    def state():
        randoms = [layer.rng.bit_generator.state["state"]["state"] for layer in model.random_layers()]
        return [*model.get_weights(), *randoms, model.optimizer.iterations, model.optimizer.learning_rate,
                *(v for slots in model.optimizer.state or [] for v in slots.values())]

    before = [np.copy(v) for v in state()]
    yield
    assert all(map(np.array_equal, before, state()))


# It learns

@pytest.mark.parametrize("loss, targets, last", [
    ("categorical_crossentropy", "one-hot", "softmax"),
    ("sparse_categorical_crossentropy", "labels", "softmax"),
    ("binary_crossentropy", "one-hot", "sigmoid"), ("mean_squared_error", "one-hot", None)])
def test_learning(loss, targets, last):
    x, labels = data(200)
    y = labels if targets == "labels" else dl.utils.to_categorical(labels)
    model = classifier(loss, dl.optimizers.Adam(0.01), last)
    metric = "accuracy" if loss != "binary_crossentropy" else "categorical_accuracy"
    model.compile(model.optimizer, loss, metrics=[metric])
    history = model.fit(x, y, epochs=20, validation_split=0.25, verbose=0).history
    assert list(history) == sorted([metric, "loss"]) + sorted(["val_" + metric, "val_loss"])
    assert history["val_" + metric][-1] > 0.9 and history["loss"][-1] < history["loss"][0] / 2
    assert model.predict(x).shape == (200, 3)


def test_one_batch():
    """Loss and metrics of training are those before the step; of testing, those after it."""
    x, labels = data()
    model = classifier("sparse_categorical_crossentropy", dl.optimizers.SGD(0.1))
    before = model.evaluate(x, labels, return_dict=True)
    assert model.train_on_batch(x, labels, return_dict=True) == pytest.approx(before)
    after = model.test_on_batch(x, labels)
    assert after == pytest.approx(model.evaluate(x, labels, batch_size=7)) and after[0] < before["loss"]


def test_gradients_add_up_until_they_are_cleared():
    """Two half batches give the gradient of the whole one; a step of training starts from zero."""
    model = dl.Sequential([dl.Input((4,)), layers.Dense(3, "tanh", dtype="float64"), layers.Dense(1, dtype="float64")])
    model.compile(dl.optimizers.SGD(0.5), "mse")

    def backward(x):
        return model.backward(np.ones_like(model(x)))

    backward(x0)
    whole = model.grads.copy()
    model.zero_gradients()
    backward(x0[:20]), backward(x0[20:])
    assert np.allclose(model.grads, whole, rtol=1e-12)
    again, before = model.grads.copy(), model.get_weights()
    assert np.array_equal(backward(x0), model.backward(np.ones((60, 1)))) and not np.array_equal(model.grads, again)
    model.train_on_batch(x0, labels0)                        # those gradients do not count
    other = dl.Sequential.from_config(model.get_config())
    other.set_weights(before)
    other.compile(dl.optimizers.SGD(0.5), "mse")
    other.train_on_batch(x0, labels0)
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))


def test_validation_data_with_weights():
    """Examples of weight zero do not count."""
    x, labels = data()
    w = np.where(labels == 2, 0.0, 2.0)
    model = classifier("sparse_categorical_crossentropy", weighted_metrics=["sparse_categorical_accuracy"])
    history = model.fit(x, labels, verbose=0, validation_data=(x, labels, w), validation_batch_size=7).history
    expected = model.evaluate(x, labels, sample_weight=w, return_dict=True)
    for name, value in expected.items():
        assert history["val_" + name][0] == pytest.approx(value, rel=1e-6)
    some = model.evaluate(x[labels != 2], labels[labels != 2], return_dict=True)
    assert expected["sparse_categorical_accuracy"] == pytest.approx(some["sparse_categorical_accuracy"])
    assert expected["loss"] == pytest.approx(some["loss"] * 2 * (labels != 2).mean(), rel=1e-6)


def test_a_class_weight_is_the_weight_of_its_examples():
    """For labels, for a column of labels and for one-hot rows."""
    (x, labels), weights = data(), {0: 0.25, 2: 3.0}
    expected = None
    for y, loss in ((labels, "sparse_categorical_crossentropy"),
                    (labels[:, None], "sparse_categorical_crossentropy"),
                    (np.eye(3)[labels], "categorical_crossentropy")):
        for given in dict(class_weight=weights), dict(sample_weight=np.array([0.25, 1.0, 3.0])[labels]):
            dl.utils.set_random_seed(3)
            model = classifier(loss)
            model.fit(x, y, verbose=0, **given)
            expected = expected or model.get_weights()
            assert all(map(np.array_equal, expected, model.get_weights()))


def test_one_seed_gives_the_same_numbers_bit_for_bit():
    runs = []
    for _ in range(2):
        dl.utils.set_random_seed(7)
        x, labels = data()
        model = dl.Sequential([layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.5),
                               layers.Dense(3, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, labels, epochs=3, batch_size=7, validation_split=0.2, verbose=0).history
        runs.append((history, model.get_weights(), model.predict(x)))
    (a, v, p), (b, w, q) = runs
    assert a == b and all(map(np.array_equal, v, w)) and np.array_equal(p, q)


def test_every_epoch_has_another_order_and_holds_every_example():
    orders = []

    class Spy(layers.Layer):
        def forward(self, x, training=False):
            orders.append(x[:, 0].copy())
            return x

        def backward(self, dy):
            return dy

    model = dl.Sequential([Spy(), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.arange(10.0)[:, None]
    model.fit(x, x, batch_size=4, epochs=2, verbose=0)
    first, second = np.concatenate(orders[:3]), np.concatenate(orders[3:])
    assert sorted(first) == sorted(second) == x[:, 0].tolist()
    assert not np.array_equal(first, second) and [len(o) for o in orders] == [4, 4, 2, 4, 4, 2]
    orders.clear()
    model.fit(x, x, batch_size=4, shuffle=False, verbose=0)
    assert np.concatenate(orders).tolist() == x[:, 0].tolist()


def test_fitting_in_two_parts_equals_fitting_at_once():
    x, labels = data()
    whole, parts = (classifier("sparse_categorical_crossentropy", "adam") for _ in range(2))
    parts.set_weights(whole.get_weights())
    parts.rng.bit_generator.state = whole.rng.bit_generator.state
    a = whole.fit(x, labels, epochs=4, verbose=0).history
    b = parts.fit(x, labels, epochs=2, verbose=0).history
    c = parts.fit(x, labels, epochs=4, initial_epoch=2, verbose=0)
    assert all(a[k] == b[k] + c.history[k] for k in a) and c.epoch == [2, 3]
    assert all(map(np.array_equal, whole.get_weights(), parts.get_weights()))


def test_softmax_with_cross_entropy_survives_what_probabilities_do_not():
    """Logits of ±1000: y - t is exact; through the probabilities all would be 0, infinite, or clipped."""
    model = dl.Sequential([dl.Input((2,)), layers.Dense(2, "softmax", use_bias=False)])
    model.compile(dl.optimizers.SGD(1.0), "categorical_crossentropy")
    model.set_weights([np.eye(2)])
    assert model.train_on_batch([[1000.0, 0.0]], [[0.0, 1.0]]) == 1000.0
    assert model.get_weights()[0].tolist() == [[-999.0, 1000.0], [0.0, 1.0]]


def test_sigmoid_with_cross_entropy_survives_too():
    model = dl.Sequential([dl.Input((1,)), layers.Dense(1, "sigmoid", use_bias=False)])
    model.compile(dl.optimizers.SGD(1.0), "binary_crossentropy")
    model.set_weights([[[1.0]]])
    assert model.train_on_batch([[1000.0]], [[0.0]]) == 1000.0
    assert model.get_weights()[0].tolist() == [[-999.0]]


def test_a_layer_that_only_uses_a_sigmoid_inside_is_trained_on_its_output():
    class Gate(layers.Dense):
        """Ends in something else than its activation, and so has no backward_logits."""
        backward_logits = property()

        def forward(self, x, training=False):
            return super().forward(x) ** 2

        def backward(self, dy):
            dz = 2 * self.y * dy * self.y * (1 - self.y)
            self.dkernel += self.x.T @ dz
            self.dbias += dz.sum(axis=0)
            return dz @ self.kernel.T

    model = dl.Sequential([dl.Input((1,)), Gate(1, "sigmoid", kernel_initializer="ones")])
    model.compile(dl.optimizers.SGD(1.0), "binary_crossentropy")
    y = (1 / (1 + np.exp(-0.5))) ** 2
    assert model.train_on_batch([[0.5]], [[1.0]]) == pytest.approx(-np.log(y), rel=1e-5)
    assert model.layers[0].bias == pytest.approx(2 * (1 - y**0.5), rel=1e-5)


def test_a_softmax_along_another_axis_is_trained_on_its_output():
    """Its rows do not sum to 1, so that y - t is not the derivative by its logits."""
    dl.config.set_floatx("float64")
    model = dl.Sequential([dl.Input((3, 2)), layers.Dense(3), layers.Softmax(axis=1)])
    dl.config.set_floatx("float32")
    x, y = np.random.default_rng(0).standard_normal((5, 3, 2)), np.eye(3)[np.arange(15).reshape(5, 3) % 3]
    model.compile(dl.optimizers.SGD(1.0), "categorical_crossentropy")
    before = model.get_weights()

    def loss(kernel):
        model.set_weights([kernel, before[1]])
        return model.evaluate(x, y)

    gradient = dl.gradcheck.numerical_gradient(loss, before[0])
    model.set_weights(before)
    model.train_on_batch(x, y)
    assert np.allclose(before[0] - model.get_weights()[0], gradient, atol=1e-8) and np.abs(gradient).max() > 0.01


def test_zero_weight_is_absence():
    x, labels = data()
    a, b = (classifier("sparse_categorical_crossentropy", dl.optimizers.SGD(0.1)) for _ in range(2))
    b.set_weights(a.get_weights())
    weights = np.where(labels == 2, 0.0, 1.0)
    a.train_on_batch(x, labels, sample_weight=weights / weights.mean())
    b.train_on_batch(x[labels != 2], labels[labels != 2])
    for u, v in zip(a.get_weights(), b.get_weights(), strict=True):
        assert np.allclose(u, v, atol=1e-6)


# One vector for all weights

def test_weights_and_gradients_are_views_into_one_vector():
    model = classifier()
    assert model.params.size == model.count_params() == 4 * 8 + 8 + 8 * 3 + 3
    model.params[:] = np.arange(model.params.size)
    assert model.layers[0].kernel[0, :3].tolist() == [0, 1, 2]
    assert model.layers[1].bias[-1] == model.params[-1]
    assert np.shares_memory(model.layers[0].dkernel, model.grads)


def test_a_weight_that_is_replaced_is_trained_all_the_same():
    model, (x, labels) = classifier("sparse_categorical_crossentropy"), data()
    model.layers[0].kernel = np.zeros((4, 8), "float32")
    model.fit(x, labels, verbose=0)
    assert np.any(model.layers[0].kernel) and np.shares_memory(model.layers[0].kernel, model.params)


def test_the_first_layer_is_not_asked_for_the_gradient_of_the_data():
    asked = []

    class Spy(layers.Dense):
        def backward_logits(self, dz):
            dx = super().backward_logits(dz)
            asked.append((self.needs_dx, dx is not None))
            return dx

    model = dl.Sequential([layers.Flatten(), Spy(3), Spy(1)])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((2, 2, 2)), np.ones(2))
    assert asked == [(True, True), (False, False)]
    assert model.backward(np.ones((2, 1), "float32")).shape == (2, 2, 2)       # unless one asks oneself


def test_frozen_layers_stay():
    model, (x, labels) = classifier("sparse_categorical_crossentropy"), data()
    model.fit(x, labels, verbose=0)
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(x, labels, verbose=0)
    after = model.get_weights()
    assert np.array_equal(before[0], after[0]) and not np.array_equal(before[2], after[2])
    model.layers[0].trainable = True
    model.fit(x, labels, verbose=0)
    assert not np.array_equal(after[0], model.get_weights()[0])


def test_a_frozen_model_freezes_all_its_layers():
    inner = dl.Sequential([layers.Dense(3), layers.BatchNormalization()])
    model = dl.Sequential([dl.Input((4,)), inner, layers.Dense(1)])
    model.compile("sgd", "mse")
    assert len(model.trainable_weights) == 6 and len(model.non_trainable_weights) == 2
    inner.trainable = False
    before = model.get_weights()
    model.fit(x0, labels0, verbose=0)
    changed = [not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert changed == [False] * 6 + [True] * 2 and len(model.trainable_weights) == 2
    frozen = dl.Sequential([dl.Input((4,)), layers.Dense(1)], trainable=False)
    assert frozen.params.size == 0 and not frozen.layers[0].trainable
    assert not dl.Sequential.from_config(frozen.get_config()).layers[0].trainable


def test_max_norm_holds_after_every_step():
    model = dl.Sequential([layers.Dense(8, kernel_constraint=dl.constraints.MaxNorm(0.5)), layers.Dense(1)])
    model.compile(dl.optimizers.SGD(0.5), "mse")
    x, labels = data()
    model.fit(x, labels, verbose=0)
    assert np.linalg.norm(model.layers[0].kernel, axis=0).max() <= 0.5 + 1e-6


# A model of another shape

class Sum(dl.Model):
    """Softmax of the sum of two matrix products: a model of two inputs."""

    input_names = ("left", "right")

    def __init__(self, units, learned=True, **kwargs):
        super().__init__(**kwargs)
        self.units, self.learned = units, learned
        self.first, self.second = (layers.Dense(units, use_bias=not k, dtype=self.dtype, name=f"dense_{k}")
                                   for k in range(2))
        self.activation = dl.activations.softmax

    def build(self, shapes):
        self.first.build_once(shapes[0])
        self.second.build_once(shapes[1])
        self.add_weight("temperature", (1,), "ones", trainable=self.learned)

    def compute_output_shape(self, shapes):
        return (shapes[0][0], self.units)

    def forward(self, x, training=False):
        left, right = x
        self.h = self.first.forward(left) + self.second.forward(right)
        self.z = self.temperature * self.h
        self.y = self.activation(self.z)
        return self.y

    def backward(self, dy):
        return self.backward_logits(self.activation.backward(dy, self.z, self.y))

    def backward_logits(self, dz):
        if self.learned:
            self.dtemperature += (dz * self.h).sum()
        return [self.first.backward(self.temperature * dz), self.second.backward(self.temperature * dz)]


def halves(x):
    return [x[:, :3], x[:, 3:]]


def test_a_model_of_two_inputs_equals_one_of_both_side_by_side():
    """The same weights, so the same training: order of the examples, validation share, weights of examples."""
    two = Sum(3, learned=False, dtype="float64")
    one = dl.Sequential([dl.Input((4,)), layers.Dense(3, "softmax", dtype="float64")])
    x, labels = data()
    two(halves(x))
    kernel = one.layers[0].kernel
    two.set_weights([np.ones(1), kernel[:3], np.zeros(3), kernel[3:]])
    two.rng = np.random.default_rng(5)
    one.rng = np.random.default_rng(5)
    w = np.arange(60.0) / 30
    runs = []
    for model, inputs in (two, halves(x)), (one, x):
        model.compile(dl.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(inputs, labels, batch_size=7, epochs=5, validation_split=0.25, sample_weight=w,
                            class_weight=None, verbose=0).history
        runs.append([*history.values(), model.evaluate(inputs, labels, batch_size=11), model.predict(inputs, 13),
                     model.test_on_batch(inputs, labels, w), model.train_on_batch(inputs, labels), model(inputs)])
    assert two.fused and runs[0][1][-1] < 0.5 * runs[0][1][0]
    for a, b in zip(*runs, strict=True):
        assert np.allclose(a, b, rtol=1e-12)
    two.fit(dict(zip(Sum.input_names, halves(x), strict=True)), labels, epochs=2, verbose=0,
            validation_data=(halves(x), labels))
    assert two.history.history["val_accuracy"][-1] > 0.8


def test_gradients_of_a_model_of_two_inputs():
    x, _ = data()
    model = Sum(3, dtype="float64")
    assert gradcheck.check(model, halves(x[:5]), seed=0) < 1e-7
    assert gradcheck.check_direction(model, halves(x[:5]), seed=0) < 1e-7
    assert all(np.shares_memory(w, model.params) for w in model.weights) and model.params.size == 3 * 4 + 3 + 1


def test_a_model_of_two_inputs_is_stored(tmp_path):
    x, labels = data()
    model = Sum(3, name="both")
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(halves(x), labels, verbose=0)
    model.save(tmp_path / "m")
    other = dl.saving.load_model(tmp_path / "m")
    assert other.name == "both" and np.array_equal(other.predict(halves(x)), model.predict(halves(x)))
    runs = [m.fit(halves(x), labels, epochs=2, verbose=0).history for m in (model, other)]
    assert runs[0] == runs[1]
    lines = []
    model.summary(print_fn=lines.append)
    assert "temperature (weight)" in lines[0] and "(N, 3)" in lines[0] and "Weights: 16," in lines[0]
    assert Sum.from_config(Sum(4).get_config()).units == 4


@pytest.mark.parametrize("x, sentence", [
    (np.ones((5, 4)), "2 arrays, left, right, in a list or in a dictionary by these names, but got ndarray"),
    ([np.ones((5, 4))], "left, right, in a list or in a dictionary by these names, but got 1"),
    ({"left": np.ones((5, 4)), "write": np.ones((5, 4))}, "but the dictionary's names are 'left', 'write'"),
    ([np.ones((5, 3)), np.ones((4, 1))], "equally many examples, but there are 5 left, 4 right"),
    ([np.ones((0, 3)), np.ones((0, 1))], "The input data are empty"),
    ([np.ones((5, 3)), np.ones((5, 2))], "expects right of shape (N, 1), but got (5, 2)"),
    ([np.ones((5, 3)), [["a"]] * 5], "The right must be numbers"),
    ([np.ones((5, 3)), [[1], [1, 2], [1], [1], [1]]], "The right must be an array of numbers"),
])
def test_wrong_inputs_of_a_model_of_two(x, sentence):
    model = Sum(3)
    model([np.ones((1, 3)), np.ones((1, 1))])
    with pytest.raises(ValueError) as raised:
        model.predict(x)
    assert sentence in str(raised.value)


# Building

def test_names_are_unique_in_a_model():
    model = dl.Sequential([layers.Dense(1), layers.Dense(1), layers.Dense(1, name="last")])
    assert [layer.name for layer in model.layers] == ["dense", "dense_1", "last"]


def test_built_by_its_first_data_or_by_add():
    model = dl.Sequential([layers.Dense(2)])
    assert not model.built and model.weights == []
    assert model(np.ones((5, 3))).shape == (5, 2) and model.count_params() == 8
    model.add(layers.Dense(7))
    assert model.predict(np.ones((5, 3))).shape == (5, 7) and model.params.size == 8 + 21


def test_layers_by_name_and_by_place():
    model = classifier()
    assert model.get_layer("dense_1") is model.get_layer(index=1) is model.layers[1]


def test_summary_counts(capsys):
    text = []
    model = dl.Sequential([dl.Input((4,)), layers.Dense(8, name="hidden"), layers.BatchNormalization(),
                           layers.Dense(3)])
    model.summary(print_fn=text.append)
    assert "hidden (Dense)" in text[0] and "(N, 8)" in text[0]
    assert "Weights: 99, of which 83 are trained" in text[0]
    model.summary()
    assert capsys.readouterr().out == text[0] + "\n"


def test_progress_within_a_long_epoch(capsys, monkeypatch):
    seconds = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    monkeypatch.setenv("COLUMNS", "60")
    x, labels = data()
    classifier("sparse_categorical_crossentropy").fit(x, labels, batch_size=20, epochs=2, verbose=1)
    shown = capsys.readouterr().out.split("\r")[1:]
    assert [line.count("━") for line in shown] == [3, 5, 8, 8, 11, 13, 16, 16, 16] and shown[-1].endswith("\n")
    assert {len(line.rstrip("\n")) for line in shown} == {59}                   # a full line would make the terminal go on


def test_progress_in_a_notebook_goes_when_training_ends(capsys, monkeypatch):
    """Unless it is asked for; and where notebooks are executed to be stored there is none."""
    seconds = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    x, labels = data()
    model = classifier("sparse_categorical_crossentropy")

    def shown(**options):
        model.fit(x, labels, batch_size=20, epochs=2, **options)
        return capsys.readouterr().out

    shell = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert shown().endswith("\n")                            # IPython in a terminal
    shell.kernel = None
    line = shown()
    assert "Epoch 2/2" in line and not line.split("\r")[-2].strip() and line.endswith(" \r")
    assert len(line.split("\r")[-2]) == len(line.split("\r")[-3])
    assert shown(verbose=1).endswith("\n") and shown(verbose=2).count("\n") == 2
    monkeypatch.setenv("UNROLLED_GRID", "1")
    assert shown() == "" and "Epoch 2/2" in shown(verbose=1)


def test_verbose(capsys):
    x, labels = data()
    model = classifier("sparse_categorical_crossentropy")
    model.fit(x, labels, epochs=2, verbose=0)
    assert capsys.readouterr().out == ""
    model.fit(x, labels, epochs=2, verbose=2)
    assert capsys.readouterr().out.count("\n") == 2
    model.fit(x, labels, epochs=2)
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "Epoch 2/2" in out and "accuracy" in out


# What is wrong, said in sentences; nothing has changed afterwards

x0, labels0 = data()
one_hot0 = np.eye(3)[labels0]
WRONG = {
    "features": (dict(x=np.ones((60, 5)), y=one_hot0),
                 "Layer 'dense' (Dense) expects inputs with 4 features, but got (60, 5)"),
    "axes": (dict(x=np.ones((60, 2, 4)), y=one_hot0), "inputs with 2 axes"),
    "lengths": (dict(x=x0, y=one_hot0[:9]), "60 inputs, but 9 targets"),
    "labels for one-hot": (dict(x=x0, y=labels0), "Use loss='sparse_categorical_crossentropy'"),
    "wide targets": (dict(x=x0, y=np.eye(4)[labels0]), "(60, 4), but the outputs have shape (60, 3)"),
    "rows that do not sum to 1": (dict(x=x0, y=2 * one_hot0), "rows that sum to 1"),
    "empty": (dict(x=np.ones((0, 4)), y=np.ones((0, 3))), "data are empty"),
    "one number": (dict(x=np.array(1.0), y=one_hot0), "examples along the first axis, but got a single number"),
    "no targets": (dict(x=x0), "need targets y"),
    "nan inputs": (dict(x=np.where(x0 == x0[3, 1], np.nan, x0), y=one_hot0),
                   "x hold numbers that are infinite"),
    "infinite targets": (dict(x=x0, y=np.where(one_hot0 > 0, np.inf, 0)), "sum to 1"),
    "text": (dict(x=[["a"] * 4] * 60, y=one_hot0), "an array of numbers"),
    "batch size": (dict(x=x0, y=one_hot0, batch_size=0), "batch_size must be a positive whole number, but 0"),
    "split": (dict(x=x0, y=one_hot0, validation_split=1.0), "between 0 and 1"),
    "small split": (dict(x=x0[:3], y=one_hot0[:3], validation_split=0.9), "both must be at least one"),
    "weights": (dict(x=x0, y=one_hot0, sample_weight=np.ones(5)), "sample_weight has shape (5,)"),
    "both weights": (dict(x=x0, y=one_hot0, sample_weight=np.ones(60), class_weight={0: 1.0}), "not both"),
    "validation": (dict(x=x0, y=one_hot0, validation_data=(x0, labels0)), "sparse_categorical_crossentropy"),
    "validation without targets": (dict(x=x0, y=one_hot0, validation_data=(x0,)), "(x, y) or (x, y, sample_weight)"),
    "validation of four": (dict(x=x0, y=one_hot0, validation_data=(x0,) * 4), "but got tuple of length 4"),
    "validation array": (dict(x=x0, y=one_hot0, validation_data=x0), "but got ndarray of length 60"),
    "text targets": (dict(x=x0, y=np.array(["a"] * 60)), "targets y must be numbers, but their type is <U1"),
    "ragged targets": (dict(x=x0, y=[[1], [1, 2]] * 30), "rows differ in length"),
    "complex inputs": (dict(x=1j * x0, y=one_hot0), "complex numbers"),
    "text weights": (dict(x=x0, y=one_hot0, sample_weight=["a"] * 60), "sample weights must be numbers"),
    "infinite weights": (dict(x=x0, y=one_hot0, class_weight={0: np.inf}), "sample weights hold numbers"),
    "class weights by name": (dict(x=x0, y=one_hot0, class_weight={"a": 1.0}), "from class numbers to weights"),
    "class weights in a list": (dict(x=x0, y=one_hot0, class_weight=[1, 2, 3]), "but got [1, 2, 3]"),
    "epochs": (dict(x=x0, y=one_hot0, epochs=1.5), "epochs must be a whole number, 0 or greater, but 1.5"),
    "validation frequency": (dict(x=x0, y=one_hot0, validation_freq=0), "validation_freq must be a positive"),
    "validation batches": (dict(x=x0, y=one_hot0, validation_batch_size=-1), "validation_batch_size must be a pos"),
    "a callback without a list": (dict(x=x0, y=one_hot0, callbacks=dl.callbacks.History()), "a list of callbacks"),
    "the name of a callback": (dict(x=x0, y=one_hot0, callbacks=["early"]), "but ['early'] was given"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_data(name):
    arguments, sentence = WRONG[name]
    model = classifier()
    model.fit(x0, one_hot0, verbose=0)
    with unchanged(model), pytest.raises(ValueError) as raised:
        model.fit(**arguments, verbose=0)
    assert sentence in str(raised.value)


@pytest.mark.parametrize("y, sentence", [
    (one_hot0, "For one-hot rows use loss='categorical_crossentropy'"),
    (labels0 + 1, "from 0 to 2, because the outputs"),
    (labels0 - 1, "range from -1"), (labels0 + 0.5, "whole class numbers"),
    (labels0.reshape(30, 2), "30 targets")])
def test_wrong_labels(y, sentence):
    with pytest.raises(ValueError) as raised:
        classifier("sparse_categorical_crossentropy").fit(x0, y, verbose=0)
    assert sentence in str(raised.value)


def test_binary_targets_lie_from_0_to_1():
    with pytest.raises(ValueError, match="range from -1 to 1"):
        classifier("binary_crossentropy", last="sigmoid").fit(x0, 2 * one_hot0 - 1, verbose=0)


def test_a_loss_that_diverges():
    """The error names epoch and rate; weights and optimizer are as before, running statistics included."""
    model = dl.Sequential([dl.Input((4,)), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(8),
                           layers.Dense(1)])
    model.compile(dl.optimizers.SGD(1e3, momentum=0.9), "mse")
    with warnings.catch_warnings(), unchanged(model):
        warnings.simplefilter("error")                       # no overflow warning from NumPy either
        with pytest.raises(FloatingPointError, match=r"epoch \d+, batch \d+, at a learning rate of 1000"):
            model.fit(x0, labels0, epochs=50, verbose=0)
        with pytest.raises(FloatingPointError, match="as before"):
            model.train_on_batch(3e38 * np.sign(x0), labels0)
    model.fit(x0, labels0, epochs=50, verbose=0, callbacks=[dl.callbacks.TerminateOnNaN()])
    assert model.stop_training and len(model.history.epoch) < 50


def test_a_callback_that_fails_leaves_the_model_as_it_was():
    def fail(epoch, logs):
        raise RuntimeError("no space left")

    model = classifier()
    with unchanged(model), pytest.raises(RuntimeError, match="no space left"):
        model.fit(x0, one_hot0, epochs=3, verbose=0,
                  callbacks=[dl.callbacks.LambdaCallback(on_epoch_end=fail)])


def test_a_batch_larger_than_the_data_is_all_of_them():
    with pytest.warns(UserWarning, match="batch_size=500 is more than the 60 training examples"):
        classifier().fit(x0, one_hot0, batch_size=500, verbose=0)


@pytest.mark.parametrize("make, sentence", [
    (lambda: classifier(optimizer="rmsprob"), "no optimizer named 'rmsprob'. Did you mean 'rmsprop'?"),
    (lambda: classifier("crossentropy"), "Did you mean 'binary_crossentropy'?"),
    (lambda: classifier(weighted_metrics=["acuracy"]), "Did you mean 'accuracy'?"),
    (lambda: dl.Sequential([layers.Dense(1)]).fit(x0, labels0), "Call compile"),
    (lambda: dl.Sequential([layers.Dense(1), "relu"]), "'relu' is not one"),
    (lambda: dl.Sequential([layers.Dense(1), dl.Input((3,))]), "first element"),
    (lambda: dl.Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")]),
     "already has a layer named 'a'"),
    (lambda: dl.Sequential([same := layers.Dense(1), same]), "layer.tied()"),
    (lambda: dl.Sequential().predict(x0), "no layers"),
    (lambda: dl.Sequential([layers.Dense(1)]).summary(), "Begin it with Input(shape)"),
    (lambda: dl.Sequential([layers.Dense(1)]).set_weights([x0]), "no weights yet"),
    (lambda: dl.Sequential([dl.Input((3,)), layers.Dense(1), layers.Dense(1, dtype="float64")]), "one type"),
    (lambda: classifier().set_weights(classifier().get_weights()[:2]), "4 weights, but 2 were given"),
    (lambda: classifier().predict(np.ones((2, 3))), "inputs with 4 features, but got (2, 3)"),
    (lambda: classifier().predict(np.ones((2, 4)), batch_size=-1), "batch_size must be a positive whole number"),
    (lambda: classifier().evaluate(x0, one_hot0, batch_size=0), "batch_size must be a positive whole number"),
    (lambda: classifier().get_layer("dens_1"), "no layer named 'dens_1'. Did you mean 'dense_1'?"),
    (lambda: dl.Sequential(layers.Dense(1)), "a list of layers, but Dense(units=1"),
    (lambda: dl.Sequential([dl.Input((None,)), layers.Dense(1)]), "but got (N, ?)"),
])
def test_wrong_models(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)


def test_logits_that_are_none_are_noticed():
    model = dl.Sequential([dl.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("sgd", dl.losses.CategoricalCrossentropy(from_logits=True))
    with pytest.warns(UserWarning, match="ends in softmax"):
        model.fit(x0, one_hot0, verbose=0)


# Importing

def test_import_is_light_and_changes_nothing():
    script = """
import sys, warnings, os, numpy as np
def state():
    drawn = np.random.get_state()[1].tolist()
    return dict(os.environ), np.geterr(), warnings.filters[:], drawn, np.get_printoptions()
before = state()
import unrolled
assert before == state()
heavy = {"tensorflow", "keras", "matplotlib", "sklearn", "scipy", "ipywidgets", "anywidget", "IPython",
         "pooch"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert "datasets" in dir(unrolled)
try:
    unrolled.dataset
except AttributeError as error:
    assert "dataset" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
