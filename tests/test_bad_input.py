"""Whatever is put in: it works, or it is refused in a sentence of the library's own, soon, and nothing has changed.

An array where a flag belongs, or an argument of no known name, is answered by NumPy's or Python's own sentence.
"""
import contextlib
import copy
import importlib
import inspect
import io
import json
import opcode
import os
import re
import traceback
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from cases import few
from hypothesis import given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import datasets, exercises, layers, reproductions, text
from unrolled.explore import Choice, Linear, Lines, Log, Player, Surface, explore

SOURCE = Path(dl.__file__).parent
ROOT = SOURCE.parent.parent
REFUSALS = (ValueError, TypeError, KeyError, OSError, FloatingPointError, AssertionError)
THINGS = [None, "abc", "", -1, 0, 1.5, 1e308, float("nan"), float("inf"), 10**30, [], [1, 2], (3, -1), {}, {"class_name": "X"},
          object(), True, b"x", int, 1j, np.float32(2), 10**400]
ODD = [None, "abc", b"abc", [], [[1], [1, 2]], [["a"]], {}, {"x": 1}, object(), 5, 1j, range(3), {1}, 10**400, [10**400],
       np.array([None, 1]), np.array([[1, "a"]], object), np.zeros(2, [("a", int)]), np.ma.masked_array([1.0, 2.0], [0, 1])]
TYPES = [float, np.float16, np.float32, np.longdouble, np.int8, np.uint64, bool, complex, object, "U3", "S2", "M8[s]"]
SHAPES = [(), (0,), (1,), (3,), (2, 3), (2, 1), (0, 3), (2, 0), (2, 3, 4), (2, 0, 4), (0, 3, 4), (2, 5, 5, 3), (2, 0, 0, 3),
          (2, 1, 1, 3), (1,) * 5]


@st.composite
def arrays(draw):
    """Arrays of any kind, shape, order and value, some of them not to be written; and what is no array of numbers at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(ODD))
    shape, kind = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(TYPES))
    a = np.random.default_rng(draw(st.integers(0, 9))).integers(0, 2, shape)
    fill = draw(st.sampled_from([None, None, np.nan, np.inf, 1e308, -1e300, 0.5, -1, 3]))
    with np.errstate(all="ignore"):
        a = a.astype(kind) if fill is None or kind not in (float, np.float16, np.float32) else np.full(shape, fill, kind)
    order = draw(st.sampled_from(["plain", "fortran", "strided", "reversed", "read-only", "broadcast"]))
    if order == "fortran":
        a = np.asfortranarray(a)
    elif order == "strided" and a.ndim:
        a = np.repeat(a, 2, axis=-1)[..., ::2]
    elif order == "reversed" and a.ndim:
        a = a[::-1]
    elif order == "broadcast" and a.ndim and len(a):
        a = np.broadcast_to(a[:1], a.shape)
    if order == "read-only":
        a.setflags(write=False)
    return a


def seen(value):
    """All that could be changed of an input."""
    return value.tobytes() if isinstance(value, np.ndarray) and value.dtype != object else repr(value)


def is_sentence(error):
    """Whether the library itself raised this, in words."""
    said = str(error.args[0]) if error.args else ""
    if isinstance(error, MemoryError):
        return "allocate" in said                             # NumPy's: how much, for which shape
    last = error.__traceback__
    while last.tb_next:
        last = last.tb_next
    code = last.tb_frame.f_code
    raised = Path(code.co_filename).is_relative_to(SOURCE) and code.co_code[last.tb_lasti] == opcode.opmap["RAISE_VARARGS"]
    return raised and isinstance(error, REFUSALS) and len(said.split()) >= 5


def answer(call, *inputs):
    """What the call returns, or the error by which it refuses. Its inputs are as before."""
    before = [seen(a) for a in inputs]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = call(*inputs)
    except Exception as error:
        assert is_sentence(error), "".join(traceback.format_exception(error)[-3:])
        result = error
    assert [seen(a) for a in inputs] == before
    return result


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
             "LearningRateScheduler": {"schedule": lambda e, r: r},
             "ReduceLROnPlateau": {}, "CSVLogger": {"filename": "x.csv"}, "LambdaCallback": {"on_epoch_end": lambda e, logs: 0}}


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


# Explorables

def figure():
    x = np.linspace(0, 1, 5)
    controls = dict(rate=Log(1e-3, 10, 5), act=Choice("a", "b"), n=Player(0, 5))
    return explore(lambda rate, act, n: dict(x=x, y=x * rate), controls,
                   Lines("x", "y"), say=lambda r: "Said.")


def test_messages_from_the_page():
    """Wrong types, unknown names, what is Python's to set: the kernel refuses, and the figure stays as it was."""
    e, limits = figure(), (1e-3, 10)
    spec = dict(e.spec)
    for name in ("rate", "act", "n", "answer", "spec", "nope", "_esm", "_fn", "__class__"):
        for thing in THINGS[:-1] + ["nan", "inf", 1e-9, 1e9, [[]], {"x": 1}]:
            with contextlib.suppress(Exception):
                e.set_state({name: thing})
            assert limits[0] <= e.rate <= limits[1] and e.act in ("a", "b") and e.n in range(6)
            assert e.spec == spec and set(e.answer["at"]) == {"rate", "act", "n"} and callable(e._fn)
    for thing in THINGS:
        e._handle_custom_msg(thing, [])
    e.set_state({"rate": 2.0, "act": "b", "n": 4})
    assert e.answer["at"] == {"rate": 2.0, "act": "b", "n": 4} and e.answer["say"] == "Said."


@few(60)
@given(a=arrays())
def test_functions_that_return_something_else(a):
    at = dict(a=Linear(0, 1, 2))
    answer(lambda a_: explore(lambda a: a_, at, Lines("x", "y")), a)
    answer(lambda a_: explore(lambda a: dict(x=np.arange(5), y=a_), at, Lines("x", "y")), a)
    answer(lambda a_: explore(lambda a: dict(z=a_), at, Surface("z", (0, 1), (0, 1))), a)


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


# Commands

def ends(main, *arguments):
    """What a command says when it refuses."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        raise SystemExit(main([str(a) for a in arguments]))
    assert ended.value.code not in (0, None)
    words = said.getvalue() + (ended.value.code if isinstance(ended.value.code, str) else "")
    assert len(words.split()) >= 4 and "Traceback" not in words
    return words


def test_command_lines(tmp_path):
    import execute
    import serve

    experiments = importlib.import_module("unrolled.reproductions.__main__")
    marking = importlib.import_module("unrolled.exercises.__main__")
    for arguments in ([], ["nope"], ["run"], ["run", "nope"], ["run", "S1-2.1c", "--seeds", "0"],
                      ["run", "all", "--jobs", "-3"], ["run", "all", "--seeds", "x"], ["run", ""], ["run", "../x"], ["--\0"]):
        ends(experiments.main, *arguments)
    for arguments in ([], [tmp_path], [tmp_path / "none"], [tmp_path, "--chapter", "99"], [tmp_path, "--jobs", "x"], ["\0"]):
        ends(marking.main, *arguments)
    for arguments in (["--port", "x"], ["--port", "70000"], ["--port", "-1"], ["--nope"]):
        ends(serve.main, *arguments)
    ends(execute.main, tmp_path)
    notebook = tmp_path / "x.ipynb"
    for content in ("", "{", "[]", "null", '{"nbformat": 4}', '{"nbformat": 4, "cells": 3}', '{"nbformat": 3, "cells": []}',
                    '{"nbformat": 4, "nbformat_minor": "x", "metadata": {}, "cells": []}', "[" * 100_000,
                    '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": 1, "source": []}]}'):
        notebook.write_text(content)
        ends(execute.main, notebook)
        assert notebook.read_text() == content
    notebook.write_bytes(b"\xff\xfe")
    ends(execute.main, notebook)


@pytest.mark.parametrize("content", ["", "[]", "null", "{}", '{"fresh": 1, "units": 3}', '{"fresh": false, "units": [[1]]}',
                                     "[" * 99_999], ids=range(7))
@pytest.mark.parametrize("ending", [".json", ".unfinished.json"])
def test_results_that_are_damaged(tmp_path, content, ending):
    experiments = importlib.import_module("unrolled.reproductions.__main__")
    (tmp_path / f"S1-2.1c{ending}").write_text(content)
    assert "S1-2.1c" in ends(experiments.main, "run", "S1-2.1c", "--out", tmp_path)
    assert os.listdir(tmp_path) == [f"S1-2.1c{ending}"]


@pytest.mark.parametrize("content", ["", "[]", "null", "3", '{"a": []}', "[" * 99_999], ids=range(6))
def test_the_record_of_a_lab_that_is_damaged(tmp_path, content):
    import lab

    (tmp_path / "book").mkdir()
    (tmp_path / "lab").mkdir()
    (tmp_path / "book/a.ipynb").write_text("new")
    (tmp_path / "lab/a.ipynb").write_text("mine")
    (tmp_path / "lab/.editions.json").write_text(content)
    assert lab.copy_chapters(tmp_path / "book", tmp_path / "lab") == ["a.ipynb"]
    assert (tmp_path / "lab/a.ipynb").read_text() == "mine"
