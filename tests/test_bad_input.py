"""Whatever is put in: it works, or it is refused in a sentence of the library's own, soon, and nothing has changed.

An array where a flag belongs, or an argument of no known name, is answered by NumPy's or Python's own sentence. So are the
formulas behind checked doors when they are called alone: activations, initializers, constraints, `forward` and `backward`.
"""
import contextlib
import copy
import importlib
import inspect
import io
import json
import re
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from cases import few
from hypothesis import given
from hypothesis import strategies as st
from refusals import ODD, SHAPES, SOURCE, THINGS, answer, arrays, each, is_sentence

import unrolled as dl
from unrolled import (
    autodiff,
    boltzmann,
    datasets,
    exercises,
    gradcheck,
    graphs,
    layers,
    perceptron,
    plots,
    reproductions,
    text,
    transformer,
)

ROOT = Path(__file__).parent.parent


def test_what_counts_as_a_sentence():
    assert isinstance(answer(lambda: layers.Dense(0)), ValueError)
    for bare in (lambda: np.ones(2) + np.ones(3), lambda: {}["a"], lambda: [1][2], lambda: 1 / 0, lambda: np.reshape(1, 2)):
        with pytest.raises(AssertionError):
            answer(bare)
    with pytest.raises(AssertionError):
        answer(lambda a: a.fill(1), np.zeros(2))


# Layers

LAYERS = {
    (2, 3): [lambda: layers.Dense(2), lambda: layers.Activation("softmax"), layers.Flatten, lambda: layers.Reshape((-1, 1)),
             layers.Masking, lambda: layers.Embedding(3, 2), lambda: layers.RepeatVector(2), layers.BatchNormalization,
             layers.LayerNormalization, lambda: layers.Dropout(0.5), lambda: layers.GaussianNoise(1.0), layers.ReLU,
             layers.LeakyReLU, layers.ELU, layers.Softmax, layers.PReLU, layers.RReLU, lambda: layers.Maxout(2),
             lambda: dl.Sequential([layers.Embedding(3, 2, mask_zero=True), layers.LSTM(2), layers.Dense(1)])],
    (2, 3, 4): [lambda: layers.SimpleRNN(2), lambda: layers.LSTM(2, peepholes="full"), lambda: layers.GRU(2),
                lambda: layers.Bidirectional(layers.LSTM(2)), lambda: layers.TimeDistributed(layers.Dense(2)),
                lambda: layers.LSTMN(2), dl.transformer.Positions, lambda: dl.transformer.Positions(learned=True),
                lambda: dl.transformer.TransformerBlock(1, 4)],
    (2, 4, 4, 2): [lambda: layers.Conv2D(2, 2), lambda: layers.Conv2D(2, 2, strides=2, padding="same"), layers.MaxPooling2D,
                   lambda: layers.AveragePooling2D(2, padding="same"), layers.GlobalMaxPooling2D,
                   layers.GlobalAveragePooling2D,
                   lambda: dl.Sequential([dl.Input((None, None, 2)), layers.Conv2D(2, 3), layers.MaxPooling2D(2)])]}
ALL = [(shape, make) for shape, makes in LAYERS.items() for make in makes]


@pytest.mark.parametrize("shape, make", ALL, ids=lambda v: type(v()).__name__ if callable(v) else "")
def test_layers(shape, make):
    @few(25)
    @given(x=arrays(), training=st.booleans())
    def check(x, training):
        answer(lambda x: make()(x, training=training), x)
        layer = make()
        layer(np.ones(shape))
        before = layer.get_weights()
        result = answer(layer, x)
        assert isinstance(result, Exception) or len(result) == len(x)
        assert all(np.array_equal(a, b) for a, b in zip(before, layer.get_weights(), strict=True))
    check()


PAIRS = {"Attention": (lambda: layers.Attention(use_scale=True, score_mode="concat"), (2, 3, 4), (2, 5, 4)),
         "AdditiveAttention": (layers.AdditiveAttention, (2, 3, 4), (2, 5, 4)),
         "MemoryNetwork": (lambda: dl.memory.MemoryNetwork(5, 3), (2, 3, 4), (2, 3)),
         "LSTMHeadMemoryNetwork": (lambda: dl.memory.LSTMHeadMemoryNetwork(5, 3), (2, 3, 4), (2, 3)),
         "Seq2Seq": (lambda: dl.seq2seq.Seq2Seq(3, 4, attention="dot"), (2, 3, 5), (2, 3))}


@pytest.mark.parametrize("name", PAIRS)
def test_layers_of_two_inputs(name):
    make, *shapes = PAIRS[name]
    good = [np.ones(shape) for shape in shapes]

    @few(25)
    @given(x=arrays())
    def check(x):
        for both in ([x, good[1]], [good[0], x], [x, x]):
            answer(lambda x, both=both: make()(both), x)
        answer(make(), x)
    check()


# Losses and metrics

@pytest.mark.parametrize("cls", dl.utils.subclasses(dl.losses.Loss), ids=lambda cls: cls.__name__)
def test_losses(cls):
    y = np.full((2, 3), 0.5)
    t = np.zeros(2) if "Sparse" in cls.__name__ else y

    @few(30)
    @given(a=arrays(), reduction=st.sampled_from(["sum_over_batch_size", "mean_with_sample_weight", None]))
    def check(a, reduction):
        loss = cls(reduction=reduction)
        for call in (lambda a: loss(a, y), lambda a: loss(t, a), lambda a: loss(a, a), lambda a: loss(t, y, a)):
            answer(call, a)
    check()


def test_a_column_of_weights_counts_as_their_list():
    """It was spread over all pairs of examples, and the loss 28 instead of 12."""
    t, y, w = np.zeros((3, 1)), np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 3.0])
    assert dl.losses.MeanSquaredError()(t, y, w[:, None]) == dl.losses.MeanSquaredError()(t, y, w) == 12
    model = dl.Sequential([dl.Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile("sgd", "mse", weighted_metrics=["mae"])
    assert model.evaluate(y, t, sample_weight=w[:, None]) == model.evaluate(y, t, sample_weight=w)


METRICS = [cls for cls in dl.utils.subclasses(dl.metrics.Metric) if not cls.__name__.startswith("_") and cls.__name__ != "Mean"]


@pytest.mark.parametrize("cls", METRICS, ids=lambda cls: cls.__name__)
def test_metrics(cls):
    y = np.array([[0.25, 0.25, 0.5], [0.5, 0.25, 0.25]])
    t = np.zeros(2) if "Sparse" in cls.__name__ else y

    @few(30)
    @given(a=arrays())
    def check(a):
        for call in (lambda m, a: m(a, y), lambda m, a: m(t, a), lambda m, a: m(a, a), lambda m, a: m(t, y, a)):
            metric = cls()
            metric(t, y)
            before = repr(vars(metric))
            if isinstance(answer(lambda a, m=metric, call=call: call(m, a), a), Exception):
                assert repr(vars(metric)) == before
    check()


@few(80)
@given(a=arrays(), b=arrays(), thing=st.sampled_from(THINGS))
def test_counting_and_labels(a, b, thing):
    answer(dl.metrics.confusion_matrix, a, b)
    answer(lambda a: dl.metrics.confusion_matrix(a, a, thing), a)
    answer(lambda a: dl.metrics.Mean()(a, b), a)
    answer(dl.utils.to_categorical, a)
    answer(lambda a: dl.utils.to_categorical(a, thing), a)
    answer(dl.utils.pad_sequences, a)
    answer(lambda a: dl.utils.pad_sequences([a, a], 2), a)
    for name in ("maxlen", "padding", "truncating", "value"):
        answer(lambda name=name: dl.utils.pad_sequences([[1], [1, 2]], **{name: thing}))


# Constructors

MADE_WITH = {
    "Dense": dict(units=2), "Activation": dict(activation="relu"), "Reshape": dict(target_shape=(-1, 1)),
    "Embedding": dict(input_dim=3, output_dim=2), "SimpleRNN": dict(units=2), "LSTM": dict(units=2), "GRU": dict(units=2),
    "Bidirectional": dict(layer=layers.LSTM(2)), "TimeDistributed": dict(layer=layers.Dense(2)), "RepeatVector": dict(n=2),
    "Conv2D": dict(filters=2, kernel_size=2), "Dropout": dict(rate=0.5), "GaussianNoise": dict(stddev=1.0),
    "Maxout": dict(units=2), "LSTMN": dict(units=2), "TransformerBlock": dict(num_heads=1, intermediate_dim=4),
    "MultiHeadAttention": dict(num_heads=1, key_dim=2), "MemoryNetwork": dict(vocab_size=5),
    "LSTMHeadMemoryNetwork": dict(vocab_size=5), "Seq2Seq": dict(units=3, symbols=4),
    "ExponentialDecay": dict(initial_learning_rate=0.1, decay_steps=2, decay_rate=0.5),
    "InverseTimeDecay": dict(initial_learning_rate=0.1, decay_steps=2, decay_rate=0.5),
    "PolynomialDecay": dict(initial_learning_rate=0.1, decay_steps=2),
    "CosineDecay": dict(initial_learning_rate=0.1, decay_steps=2),
    "PiecewiseConstantDecay": dict(boundaries=[1], values=[1.0, 2.0])}
FAMILIES = [layers.Layer, dl.losses.Loss, dl.metrics.Metric, dl.optimizers.Optimizer, dl.initializers.Initializer,
            dl.regularizers.Regularizer, dl.constraints.Constraint, dl.optimizers.schedules.LearningRateSchedule]
ABSTRACT = {"Model", "Sequential", "Recurrent", "SequenceLayer", "BaseAttention", "SingleHead", "Mean"}
CLASSES = [cls for family in FAMILIES for cls in dl.utils.subclasses(family)
           if cls.__module__.startswith("unrolled") and not cls.__name__.startswith("_") and cls.__name__ not in ABSTRACT]


def parameters(cls):
    """The names of all arguments of a constructor, those that it hands on included."""
    names = []
    for one in cls.__mro__:
        if "__init__" in vars(one) and one is not object:
            found = inspect.signature(one).parameters.values()
            names += [p.name for p in found if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
            if not any(p.kind == p.VAR_KEYWORD for p in found):
                break
    return list(dict.fromkeys(names))


def use(made):
    """Let an object do once what it is for."""
    w, rows = np.ones((3, 2)), np.ones((2, 3))
    if isinstance(made, layers.MultiHeadAttention):
        made(np.ones((2, 3, 4)), np.ones((2, 5, 4)))
    elif isinstance(made, layers.Layer):
        several = [np.ones((2, 3, 4)), np.ones((2, 5, 4))], [np.ones((2, 3, 4)), np.ones((2, 3))], [np.ones((2, 3, 5)), rows]
        for x in several if made.input_names else (rows, np.ones((2, 3, 4)), np.ones((2, 4, 4, 2))):
            with contextlib.suppress(ValueError) if x is not rows else contextlib.nullcontext():
                made(x, training=True)
                return
    elif isinstance(made, dl.losses.Loss | dl.metrics.Metric):
        made(np.ones((2, 1)) if "Sparse" in type(made).__name__ else rows, rows)
    elif isinstance(made, dl.initializers.Initializer):
        made((3, 2))
    elif isinstance(made, dl.regularizers.Regularizer):
        made(w), made.gradient(w)
    elif isinstance(made, dl.constraints.Constraint):
        made(w)
    else:
        optimizer = made if isinstance(made, dl.optimizers.Optimizer) else dl.optimizers.SGD(made)
        for _ in range(3):
            optimizer.apply([np.ones((3, 2))], [w])


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_constructors(cls):
    for name in parameters(cls):
        for thing in THINGS:
            given = {**copy.deepcopy(MADE_WITH.get(cls.__name__, {})), name: thing}
            if (name, repr(thing)) in (("decay_rate", "1e+308"), ("learning_rate", "<class 'int'>"), ("merge_mode", "None")):
                continue                                      # overflows in time; a function of the user's; a list of outputs
            answer(lambda given=given: use(cls(**given)))


def test_names_and_settings():
    gets = [module.get for module in (dl.losses, dl.metrics, dl.optimizers, dl.initializers, dl.regularizers, dl.constraints,
                                      dl.activations)]
    try:
        for thing in THINGS:
            for call in (*gets, dl.config.set_floatx, dl.config.set_epsilon, dl.utils.set_random_seed, dl.utils.generator,
                         dl.utils.own_generator, dl.Input, dl.Sequential, lambda v: dl.Sequential([v])):
                answer(call, thing)
    finally:
        dl.config.set_floatx("float32")
        dl.config.set_epsilon(1e-7)


# Models

MODELS = {"mse": (np.ones((4, 3)), np.ones((4, 1))), "sparse_categorical_crossentropy": (np.ones((4, 3)), np.arange(4))}


def model_of(loss):
    last = layers.Dense(1) if loss == "mse" else layers.Dense(4, "softmax")
    model = dl.Sequential([dl.Input((3,)), layers.Dense(2), layers.BatchNormalization(), layers.Dropout(0.5, seed=0), last])
    model.compile(dl.optimizers.Adam(), loss, ["mae" if loss == "mse" else "accuracy"])
    model.fit(*MODELS[loss], verbose=0)
    return model


def state(model):
    o = model.optimizer
    return repr(([w.tobytes() for w in model.get_weights()], model._randoms(), o.iterations, o.state, o._rate))


def attempt(model, call, *inputs):
    before = state(model)
    with contextlib.redirect_stdout(io.StringIO()):
        result = answer(call, *inputs)
    assert not isinstance(result, Exception) or state(model) == before
    return result


@pytest.mark.parametrize("loss", MODELS)
def test_data_for_models(loss):
    x, y = MODELS[loss]
    model = model_of(loss)

    @few(60)
    @given(a=arrays())
    def check(a):
        for method in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
            attempt(model, lambda a, f=method: f(a, y), a)
            attempt(model, lambda a, f=method: f(x, a), a)
            attempt(model, lambda a, f=method: f(x, y, sample_weight=a), a)
        for options in (dict(validation_data=(a, y)), dict(validation_data=(x, a)), dict(validation_data=(x, y, a)),
                        dict(validation_data=a), dict(class_weight=a), dict(class_weight={0: a})):
            attempt(model, lambda a, options=options: model.fit(x, y, verbose=0, **options), a)
        attempt(model, lambda a: model.fit(a, y, validation_split=0.5, verbose=0), a)
        attempt(model, lambda a: model.fit(x, a, validation_split=0.5, verbose=0), a)
        attempt(model, model.predict, a)
        attempt(model, model.set_weights, a)
        attempt(model, lambda a: model.set_weights([*model.get_weights()[:-1], a]), a)
    check()


def test_options_of_models():
    x, y = MODELS["mse"]
    model = model_of("mse")
    names = [n for n in inspect.signature(model.fit).parameters if n not in ("x", "y")]
    for thing in THINGS:
        for name in names:
            if not (name == "epochs" and thing == 10**30):
                attempt(model, lambda name=name, thing=thing: model.fit(x, y, **{"verbose": 0, name: thing}))
        attempt(model, lambda thing=thing: model.evaluate(x, y, batch_size=thing))
        attempt(model, lambda thing=thing: model.predict(x, batch_size=thing))
        attempt(model, lambda thing=thing: model.get_layer(thing))
        attempt(model, lambda thing=thing: model.get_layer(index=thing))
        attempt(model, lambda thing=thing: model.add(thing))
        for name in ("optimizer", "loss", "metrics", "weighted_metrics"):
            answer(lambda name=name, thing=thing: model_of("mse").compile(**{"loss": "mse", name: thing}))


@few(60)
@given(a=arrays(), b=arrays())
def test_optimizers_take_only_gradients_that_fit(a, b):
    w = np.ones((2, 3))
    optimizer = dl.optimizers.Adam()
    if isinstance(answer(lambda a: optimizer.apply([a], [w]), a), Exception):
        assert (w == 1).all() and optimizer.iterations == 0


CALLBACKS = {"EarlyStopping": {}, "ModelCheckpoint": {"filepath": "m.keras"},
             "LearningRateScheduler": {"schedule": lambda e, r: r}, "RoundWeights": {},
             "ReduceLROnPlateau": {}, "CSVLogger": {"filename": "x.csv"}, "TensorBoard": {"log_dir": "logs"},
             "LambdaCallback": {"on_epoch_end": lambda e, logs: 0}}


@pytest.mark.parametrize("name", CALLBACKS)
def test_callbacks(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cls, (x, y) = getattr(dl.callbacks, name), MODELS["mse"]
    names = [p.name for p in inspect.signature(cls).parameters.values() if p.kind != p.VAR_KEYWORD] or ["on_epoch_end", "on_x"]
    model = model_of("mse")
    for parameter in names:
        for thing in [v for v in THINGS if v is not int] + ["{x}", "{", "{}", "{epoch.x}", "\0", "/dev/null/x", "."]:
            attempt(model, lambda parameter=parameter, thing=thing: model.fit(
                x, y, epochs=2, verbose=0, validation_split=0.25, callbacks=[cls(**{**CALLBACKS[name], parameter: thing})]))


@pytest.mark.parametrize("make", [
    lambda: dl.callbacks.EarlyStopping("x"), lambda: dl.callbacks.ReduceLROnPlateau("x"),
    lambda: dl.callbacks.ModelCheckpoint("{x:.2f}.keras"), lambda: dl.callbacks.CSVLogger("x.csv"),
    lambda: dl.callbacks.ModelCheckpoint("m.keras", "x", save_best_only=True),
    lambda: dl.callbacks.TensorBoard("logs", 1), dl.callbacks.ProgbarLogger], ids=range(7))
def test_logs_that_are_no_numbers(make, tmp_path, monkeypatch):
    """Another callback has put them there."""
    monkeypatch.chdir(tmp_path)
    model, (x, y) = model_of("mse"), MODELS["mse"]
    for thing in [*THINGS, np.zeros(3), [[1], [1, 2]]]:
        put = dl.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs, thing=thing: logs.update(x=thing))
        attempt(model, lambda put=put: model.fit(x, y, epochs=2, verbose=2, callbacks=[put, make()]))


# Derivatives, and machines without layers

USES = [(lambda x, a: x + a), (lambda x, a: a @ x), (lambda x, a: x ** a), (lambda x, a: np.maximum(a, x)),
        (lambda x, a: np.logaddexp(x, a)), (lambda x, a: np.where(a, x, 1)), (lambda x, a: np.where(x > 0, x, a)),
        (lambda x, a: np.clip(x, a, None)), (lambda x, a: np.clip(0.5, x, a)), (lambda x, a: np.concatenate([x, a])),
        (lambda x, a: np.concatenate([a, x], axis=None)), (lambda x, a: np.concatenate(x)), (lambda x, a: np.where(x, a, x))]
AXES = [(lambda x, axis: np.sum(x, axis)), (lambda x, axis: np.mean(x, axis)), (lambda x, axis: np.max(x, axis, keepdims=True)),
        (lambda x, axis: np.reshape(x, axis)), (lambda x, axis: np.transpose(x, axis)), (lambda x, axis: x[axis]),
        (lambda x, axis: np.concatenate([x, x], axis)), (lambda x, axis: np.sum(x, axis=axis, dtype=float)),
        (lambda x, axis: np.clip(x, axis, axis)), (lambda x, axis: np.clip(x, a_min=autodiff.Variable(0), a_max=axis)),
        (lambda x, axis: np.reshape(x, axis, order="F")), (lambda x, axis: np.sum(a=x, axis=axis)),
        (lambda x, axis: np.where(x))]


@few(150)
@given(shape=st.sampled_from(SHAPES), other=st.sampled_from(SHAPES),
       axis=st.sampled_from([*THINGS, 2, -1, (0, 1), (-1,), (), ...]))
def test_variables_answer_as_arrays_do(shape, other, axis):
    """What NumPy computes of arrays it computes of variables, or a sentence refuses; derivatives have the right shapes."""
    for uses, a in ((USES, np.full(other, 2.0)), (USES, autodiff.Variable(np.ones(other))), (AXES, axis)):
        for use in uses:
            x = autodiff.Variable(np.full(shape, 0.5))
            try:
                expected = use(x.value, a.value if isinstance(a, autodiff.Variable) else a)
            except Exception as error:
                expected = error
            try:
                y = use(x, a)
            except Exception as error:
                assert is_sentence(error) or type(error) is type(expected), error
                continue
            assert np.array_equal(y.value, np.array(expected, float), equal_nan=True)
            before = x.grad
            if not isinstance(answer(y.backward, np.ones(y.shape)), Exception):
                assert all(v.grad.shape == v.shape for v in (x, a) if isinstance(v, autodiff.Variable))
            else:
                assert x.grad is before


def test_derivatives_by_limits_and_by_conditions_that_count():
    """Limits that were variables ended in a KeyError; a condition of 2 counted twice."""
    x, low, high = (autodiff.Variable(v) for v in ([-1.0, 0.5, 3.0], 0.0, 2.0))
    np.clip(x, low, high).sum().backward()
    assert (x.grad.tolist(), float(low.grad), float(high.grad)) == ([0, 1, 0], 1, 1)
    assert autodiff.grad(lambda x: np.where([2, 0], x, 0).sum())(np.ones(2)).tolist() == [1, 0]
    assert autodiff.grad(lambda x: np.concatenate(x).sum())(np.ones((2, 3))).tolist() == [[1] * 3] * 2


@few(30)
@given(a=arrays(), thing=st.sampled_from(THINGS))
def test_derivatives(a, thing):
    x = autodiff.Variable(np.ones((2, 3)))
    kept = x.grad
    if isinstance(answer(x.backward, a), Exception):
        assert x.grad is kept
    answer(autodiff.grad(lambda x: np.sum(x * x)), a)
    answer(autodiff.grad(lambda x: a), np.ones(3))
    for call in (autodiff.Variable, graphs.draw, lambda v: autodiff.apply(v, x), lambda v: autodiff.Variable(1.0, v)):
        answer(call, a)
        answer(call, thing)
    assert thing is int or isinstance(answer(autodiff.grad, thing), Exception)


@few(40)
@given(a=arrays(), thing=st.sampled_from(THINGS))
def test_finite_differences(a, thing):
    layer = layers.Dense(2, dtype="float64")
    layer(np.ones((2, 3)))
    before = layer.get_weights()
    for check in (gradcheck.check, gradcheck.check_direction):
        answer(lambda a, check=check: check(layer, a), a)
        answer(lambda a, check=check: check(a, np.ones((2, 3))), a)
        for name in ("layer", "x", "training", "seed", "h"):
            answer(lambda name=name, check=check: check(**{**dict(layer=layer, x=np.ones((2, 3))), name: thing}))
    answer(lambda a: gradcheck.numerical_gradient(lambda x: x.sum(), a), a)
    answer(lambda a: gradcheck.numerical_gradient(lambda x: a, np.ones(2)), a)
    for name in ("x", "h"):
        answer(lambda name=name: gradcheck.numerical_gradient(**{**dict(f=np.sum, x=np.ones(2)), name: thing}))
    assert all(map(np.array_equal, before, layer.get_weights()))


def test_a_check_that_fails_leaves_the_weights():
    class Broken(layers.Dense):
        calls = 0

        def forward(self, x, training=False):
            self.calls += 1
            if self.calls > 3:
                raise ValueError("This layer breaks when it is called again.")
            return super().forward(x, training)

    for check in (gradcheck.check, gradcheck.check_direction):
        layer = Broken(2, dtype="float64")
        layer(np.ones((2, 3)))
        before = layer.get_weights()
        with pytest.raises(ValueError, match="breaks"):
            check(layer, np.ones((2, 3)))
        assert all(map(np.array_equal, before, layer.get_weights()))


@few(60)
@given(a=arrays(), thing=st.sampled_from(THINGS))
def test_perceptrons(a, thing):
    one = perceptron.Perceptron()
    for call in (perceptron.step, one.predict, lambda a: one.fit(a, [0, 1]), lambda a: one.fit([[0, 1], [1, 1]], a),
                 lambda a: one.fit(a, a)):
        kept = repr(vars(one))
        if isinstance(answer(call, a), Exception):
            assert repr(vars(one)) == kept
    answer(lambda: perceptron.Perceptron(thing).fit([[0, 1], [1, 1]], [0, 1], thing))
    answer(perceptron.step, thing)


def weights_of(machine):
    return [w.tobytes() for rbm in getattr(machine, "rbms", [machine]) for w in (rbm.W, rbm.a, rbm.b)]


@few(60)
@given(a=arrays())
def test_states_of_boltzmann_machines(a):
    rbm, dbn, v = boltzmann.RBM(3, 2, seed=0), boltzmann.DBN([3, 2, 2], seed=0), np.ones((2, 3))
    for call in (rbm.free_energy, rbm.hidden_probabilities, rbm.visible_probabilities, rbm.reconstruct,
                 rbm.reconstruction_error, rbm.log_likelihood, rbm.gibbs, rbm.statistics, rbm.contrastive_divergence, rbm.check,
                 dbn.transform,
                 dbn.reconstruct, lambda a: rbm.energy(a, np.ones((2, 2))), lambda a: rbm.energy(v, a),
                 lambda a: rbm.contrastive_divergence(v, 1, a), boltzmann.DBN, dbn.to_sequential):
        before = weights_of(rbm), weights_of(dbn)
        answer(call, a)
        assert (weights_of(rbm), weights_of(dbn)) == before
    for machine in (rbm, dbn):
        for data in (lambda a, m=machine: m.fit(a, verbose=0), lambda a, m=machine: m.fit(v, validation_data=a, verbose=0)):
            before = weights_of(machine)
            if isinstance(answer(data, a), Exception):
                assert weights_of(machine) == before


def test_boltzmann_machines():
    rbm, dbn, v = boltzmann.RBM(3, 2, seed=0), boltzmann.DBN([3, 2, 2], seed=0), np.ones((2, 3))
    each(boltzmann.RBM, visible=3, hidden=2, seed=0, dtype="float32")
    for thing in THINGS:
        for call in (boltzmann.DBN, lambda n: boltzmann.DBN([3, n]), boltzmann.binary_states, dbn.to_sequential, rbm.sample,
                     lambda n: rbm.sample(2, n), lambda n: dbn.sample(n, 2), lambda n: rbm.gibbs(v, n),
                     lambda n: dbn.fit(v, epochs=n, verbose=0)):
            answer(call, thing)
        for name in ("batch_size", "epochs", "callbacks", "learning_rate", "momentum", "weight_decay", "k", "persistent",
                     "validation_data"):
            before = weights_of(rbm)
            if isinstance(answer(lambda name=name, thing=thing: rbm.fit(v, **{"verbose": 0, name: thing})), Exception):
                assert weights_of(rbm) == before
    assert isinstance(answer(lambda: boltzmann.binary_states(64)), ValueError)


def test_schedules_positions_and_configurations():
    schedules = [cls(**MADE_WITH.get(cls.__name__, {})) for cls in CLASSES if issubclass(cls, FAMILIES[-1])]
    each(transformer.sine_positions, steps=3, features=4, max_wavelength=100)
    model = dl.Sequential([dl.Input((3,)), layers.Dense(2)])
    for thing in THINGS:
        for call in (*schedules, dl.Sequential.from_config, dl.memory.LSTMHeadMemoryNetwork.as_printed):
            answer(call, thing)
        assert thing in (None, int) or isinstance(answer(lambda thing=thing: model.summary(thing)), Exception)
    assert isinstance(answer(lambda: model.from_config(model.get_config())), dl.Sequential)


@few(40)
@given(a=arrays(), thing=st.sampled_from(THINGS))
def test_what_writes_answers(a, thing):
    model, asked = dl.seq2seq.Seq2Seq(3, 4, attention="dot"), np.ones((2, 3, 5))
    assert isinstance(answer(model.greedy, asked, 2), ValueError)
    model([asked, np.ones((2, 2, 4))])
    for call in (lambda a: model.greedy(a, 2), lambda a: model.beam(a, 2), lambda a: model.attention_weights(asked, a),
                 lambda a: model.attention_weights(a, np.ones((2, 2, 4)))):
        answer(call, a)
    answer(lambda: model.greedy(asked, thing))
    for name in ("questions", "length", "width", "end"):
        answer(lambda name=name: model.beam(**{**dict(questions=asked, length=2), name: thing}))


# Pictures

@few(25)
@given(a=arrays(), thing=st.sampled_from(THINGS))
def test_pictures(a, thing):
    """Nothing is left open by what is refused."""
    x = [[0.0, 1.0], [1.0, 0.0]]
    for call in (lambda a: plots.plane(a, [0, 1, 1]), lambda a: plots.plane(x, a), lambda a: plots.plane(x, [0, 1], a),
                 plots.digits, lambda a: plots.digits(np.ones((2, 3, 3)), a), plots.describe,
                 lambda a: plots.plane(x, [0, 1], [1, 1], a), lambda a: plots.plane(x, [0, 1], ax=a),
                 lambda a: plots.digits(np.ones((2, 3, 3)), None, a)):
        for value in (a, thing):
            if isinstance(answer(call, value), Exception):
                assert not plots.plt.get_fignums()
            plots.plt.close("all")
    figure = plots.Figure()
    for draw in ("plot", "imshow"):
        with contextlib.suppress(Exception):
            getattr(figure.subplots(), draw)(a)
    assert isinstance(answer(lambda: plots.describe(figure)), str)


# Files

def npz(members, kind=zipfile.ZIP_STORED):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", kind) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return held.getvalue()


def npy(shape="(60000, 28, 28)", descr="'|u1'", content=b"", order="False", more=""):
    """The bytes of an array whose header says what it likes."""
    head = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, {more}}}".encode()
    head += b" " * (64 - (len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + content


HOSTILE = [b"", b"\x80\x04N.", b"PK\x03\x04", b"\xff\xfe", b"\x93NUMPY", b'"' * 200_000, b"a," * 200_000, npy(),
           npy("(10**12,)"),
           npy("(1000000000000,)"), npy("(-1,)"), npy(descr="'|O'", content=b"\x80\x04N."), npy(descr="[('a', '|O')]"),
           npy(descr="()"), npy("'x'"), npy("(1.5,)"), npy("(" + "1," * 100 + ")", content=b"\1"), npy(more="'x': 1"),
           b"\x93NUMPY\x02\x00\xff\xff\xff\xff", npy(descr="__import__('os')"), npy("(" * 500 + ")" * 500), npy(order="7"),
           npy("(9223372036854775807, 2)"), npy("(99999999999999999999999,)")]


def damaged(good, n, seed=0):
    """A file cut short, and with some bytes changed, n times each."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        yield good[:rng.integers(len(good))]
        changed = bytearray(good)
        for k in rng.integers(0, len(good), rng.integers(1, 8)):
            changed[k] = rng.integers(256)
        yield bytes(changed)


REAL = {"mnist/mnist.npz": (lambda: datasets.digits("mnist"), npz([(f"{name}.npy", npy()) for name in ("x_train", "y_train")])),
        "bike-sharing/hour.csv": (lambda: datasets.bikes("uci"), b"instant,dteday,season,yr,mnth,hr\n1,2,3,4,5,6\n" * 40),
        "babi/qa1_single-supporting-fact_train.txt": (
            lambda: datasets.stories("babi"), b"1 Mary moved to the bathroom.\n2 Where is Mary? \tbathroom\t1\n" * 20)}


@pytest.mark.parametrize("name", REAL)
def test_data_sets_in_files(name, tmp_path, monkeypatch):
    load, good = REAL[name]
    path = tmp_path / name
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    assert isinstance(answer(load), OSError)
    path.parent.mkdir()
    for content in [*HOSTILE, *damaged(good, 100)]:
        for held in (content, npz([(f"{n}.npy", content) for n in ("x_train", "y_train", "x_test", "y_test")])):
            path.write_bytes(held)
            assert isinstance(answer(load), ValueError | OSError)
    path.unlink()
    path.mkdir()
    assert isinstance(answer(load), OSError)
    path.rmdir()
    path.symlink_to(path)
    assert isinstance(answer(load), OSError)
    monkeypatch.setenv("UNROLLED_DATA", "/dev/null")
    assert isinstance(answer(load), OSError)


def test_a_small_file_of_endless_zeros_is_not_unpacked(tmp_path, monkeypatch):
    """60 MB of zeros fit into 60 kB; ten gigabytes into ten megabytes."""
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    bomb = npz([(f"{name}.npy", npy("(60000000,)", content=bytes(60_000_000)))
                for name in ("x_train", "y_train", "x_test", "y_test", "info", "weight/0")], zipfile.ZIP_DEFLATED)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist/mnist.npz").write_bytes(bomb)
    for load in (lambda: datasets.digits("mnist"), lambda: dl.saving.load_model(tmp_path / "mnist/mnist.npz")):
        tracemalloc.start()
        refused = answer(load)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert isinstance(refused, ValueError) and most < 5_000_000


def places(node, path=()):
    """The ways to all entries of a JSON value."""
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield (*path, key)
        yield from places(node[key], (*path, key))


def test_files_of_models(tmp_path):
    model, file = model_of("mse"), tmp_path / "x.keras"
    model.save(file)
    good = file.read_bytes()
    with np.load(file) as archive:
        held = {name: archive[name] for name in archive.files}
    info = json.loads(held.pop("info").tobytes())

    def packed(info, held):
        content = io.BytesIO()
        np.savez(content, **held, info=np.frombuffer(json.dumps(info).encode() if isinstance(info, dict) else info, np.uint8))
        return content.getvalue()

    def changed():
        for path in places(info):
            for value in (None, "abc", -1, 1.5, float("nan"), 10**30, [], {}, [1, 2], {"class_name": "Dense", "config": {}},
                          {"class_name": "_Window", "config": {}}, {"class_name": [], "config": None}, ...):
                new = json.loads(json.dumps(info))
                node = new
                for key in path[:-1]:
                    node = node[key]
                if value is ...:
                    del node[path[-1]]
                else:
                    node[path[-1]] = value
                yield packed(new, held)
        for name in [*held, "state/99/m", "state/0/zz", "state/x/m", "state/0", "state/0/m/x", "weight/99", "weight/x"]:
            for value in (None, np.zeros(0), np.zeros((3, 2)), np.array("abc"), np.zeros((3, 2), complex), np.zeros(1)):
                new = {k: v for k, v in held.items() if k != name} | ({} if value is None else {name: value})
                yield packed(info, new)
        yield from (packed(content, held) for content in (b"[" * 100_000, b"null", b"\xff", b"9" * 10_000))
        yield from (npz([("info.npy", npy("(2,)", content=b"{}")), ("weight/0.npy", content)]) for content in HOSTILE)

    for content in [*HOSTILE, *damaged(good, 60), *changed()]:
        file.write_bytes(content)
        answer(lambda: dl.saving.load_model(file))
        attempt(model, lambda: model.load_weights(file))
    for thing in [*THINGS, "", ".", "/", "\0", "a" * 300, "/dev/null", tmp_path]:
        for call in (dl.saving.load_model, model.load_weights):
            assert isinstance(answer(call, thing), Exception)
        answer(lambda thing=thing: dl.saving.save_model(thing, file))
    for thing in [v for v in THINGS if not isinstance(v, str) or not v] + [".", "/", "\0", "a" * 300, tmp_path]:
        assert isinstance(answer(model.save, thing), Exception)


def test_nothing_is_ever_unpickled():
    """No file is loaded by pickle, and no archive unpacked to where it says."""
    for path in [*(ROOT / "src").rglob("*.py"), *(ROOT / "tools").glob("*.py")]:
        code = path.read_text("utf-8")
        assert not re.search(r"allow_pickle\s*=\s*True|\bimport (pickle|shelve|marshal|dill|cloudpickle)\b|joblib\.load|"
                             r"extractall|unpack_archive|pooch\.(Unzip|Untar)|processor=|\beval\(|\bexec\(", code), path


def test_a_download_cannot_write_outside_the_cache():
    """The one file that is downloaded has a name of ours and a checksum, and is not unpacked."""
    code = (SOURCE / "datasets/files.py").read_text("utf-8")
    assert re.findall(r"pooch\.retrieve\((.*)\)\)", code) == ['url, f"sha256:{sha256}", fname=name, path=folder']
    assert re.findall(r"_fetch\((\".*?)\)", code) == ['"mnist.npz", **MNIST']
    for path in (ROOT / "src").rglob("*.py"):
        assert not re.search(r"urlopen|urlretrieve|requests\.get|httpx", path.read_text("utf-8")), path


# Data that are made, and words

MADE = {name: getattr(datasets, name)
        for name in ("adding", "additions", "bikes", "cosine", "dates", "digits", "gate", "moons", "reversals", "sine",
                     "story_lines", "stories", "three_gaussians", "two_gaussians")}


@pytest.mark.parametrize("name", MADE)
def test_data_that_are_made(name):
    for parameter in inspect.signature(MADE[name]).parameters:
        for thing in THINGS:
            small = {p: 3 for p in ("n", "n_train", "n_test", "days") if p in inspect.signature(MADE[name]).parameters}
            answer(lambda given={**small, parameter: thing}: MADE[name](**given) if given else None)


@few(60)
@given(a=arrays(), thing=st.sampled_from(THINGS))
def test_windows_and_words(a, thing):
    letters = text.Vocabulary("abc")
    questions = text.parse_stories(["1 a b c", "2 where? \tb\t1"])
    words = text.story_vocabulary(questions)
    for call in (lambda a: datasets.windows(a, 1), lambda a: datasets.split(a, a), lambda a: datasets.split(np.arange(9), a),
                 text.Vocabulary, text.Vocabulary.of, letters.encode, letters.decode, letters.number, text.parse_stories,
                 text.words, text.story_vocabulary, lambda a: text.story_arrays(a, words)):
        answer(call, a)
    for call in (lambda v: datasets.windows(np.arange(9), v), lambda v: datasets.split(np.arange(9), np.arange(9), v),
                 lambda v: datasets.split(np.arange(9), np.arange(9), order=v), lambda v: text.Vocabulary("abc", v),
                 lambda v: letters.encode(["ab"], v), lambda v: letters.encode(["ab"], 3, v),
                 lambda v: letters.decode([[1]], v), lambda v: text.story_arrays(questions, v),
                 lambda v: text.story_arrays(questions, words, True, v),
                 lambda v: text.story_arrays(questions, words, False, v)):
        answer(call, thing)


@few(200)
@given(line=st.one_of(st.text(max_size=40), st.from_regex(r"\d+ \w+\t\w+\t\d+", fullmatch=True)))
def test_lines_of_stories(line):
    for lines in ([line], ["1 a b.", line], ["1 a b.", f"2 where?\ta\t{line}"]):
        answer(text.parse_stories, lines)
    answer(text.words, line)


def test_numbers_too_long_for_a_line_of_a_story():
    for line in ("9" * 5000 + " a", "1 a\tb\t" + "9" * 5000, "١ a b", "1 a\tb\t²"):
        assert isinstance(answer(text.parse_stories, [line]), ValueError)


# Exercises and results

@pytest.mark.parametrize("chapter", [f"{k:02}" for k in range(1, 22)] + ["A", "B"])
def test_answers_to_exercises(chapter):
    """Any answer gets a verdict of a line or some; none stops the notebook."""
    functions = [lambda *a, **k: None, lambda *a, **k: 1 / 0, lambda *a, **k: "x", lambda *a: np.full((3, 3), np.nan)]
    for number in exercises.numbers(chapter):
        for thing in [None, "abc", -1, 1.5, np.nan, 10**30, [], (1, 2), {}, object(), np.zeros(3), *functions]:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                assert not isinstance(answer(lambda n=number, t=thing: exercises.check(n, t)), Exception)
            assert said.getvalue().startswith(f"Exercise {number}: ") and len(said.getvalue()) < 2000


class Hostile:
    """Refuses whatever is asked of it, even its name."""

    def fail(self, *args, **kwargs):
        raise RuntimeError(self)

    __eq__ = __len__ = __iter__ = __float__ = __array__ = __repr__ = __str__ = __bool__ = __call__ = __getitem__ = fail
    __hash__, __getattr__ = object.__hash__, fail


def overwrites(*args, **kwargs):
    for a in args:
        if isinstance(a, np.ndarray):
            a[...] = 7
    return args[0]


def leaves(*args, **kwargs):
    raise SystemExit(1)


def returns_hostile(*args, **kwargs):
    return Hostile()


@pytest.mark.parametrize("chapter", [f"{k:02}" for k in range(1, 22)] + ["A", "B"])
def test_hostile_answers(chapter):
    """A line or some say what went wrong; and what a right answer is has not changed."""
    answers = importlib.import_module(f"answers.{'chapter' if chapter.isdigit() else 'appendix'}{chapter}")
    itself = []
    itself.append(itself)
    for number in exercises.numbers(chapter):
        for thing in [Hostile(), Hostile, [Hostile()] * 3, overwrites, leaves, returns_hostile, itself, iter(()),
                      (1 for _ in "ab"), "x" * 10**5, np.zeros(10**4), 10**5000, dict, dl.Sequential(), lambda *a: "x" * 2000]:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                exercises.check(number, thing)
            assert said.getvalue().startswith(f"Exercise {number}: not yet.") and len(said.getvalue()) < 2000
        if number in answers.RIGHT:
            assert exercises.judge(number, answers.RIGHT[number]) is None


def test_numbers_of_exercises():
    for thing in [*THINGS, "05.", ".1", "..", "99.1", "../x.1", "\0.1", "05/../06.1", "٠٥.1", "²³.1", "A" * 5000 + ".1"]:
        if thing is not None:
            assert isinstance(answer(lambda thing=thing: exercises.check(thing, 1)), KeyError)


def test_results_and_corrections():
    register = importlib.import_module("unrolled.reproductions.register").register()
    corrections = importlib.import_module("unrolled.reproductions.corrections").corrections()
    kinds = {(entry["kind"], type(entry.get("value"))): name for name, entry in register.items()}
    first = next(iter(corrections))
    for thing in [*THINGS, *ODD, np.zeros(3)]:
        with contextlib.redirect_stdout(io.StringIO()):
            for call in (lambda v: reproductions.check(v, 1), reproductions.stored,
                         lambda v: reproductions.correct(v, truth=1, printed=2, right=1)):
                assert isinstance(answer(call, thing), KeyError)
            for name in kinds.values():
                bounds = register[name].get("bounds", {})
                answer(lambda v, name=name: reproductions.check(name, v), thing)
                answer(lambda v, name=name, bounds=bounds: reproductions.check(name, dict.fromkeys(bounds, v)), thing)
            for part in ("truth", "printed", "right", "tol"):
                answer(lambda v, part=part: reproductions.correct(
                    first, **{**dict(truth=1.0, printed=2.0, right=1.0), part: v}), thing)
