"""Experiments of chapter 15, LSTM."""

import time
from contextlib import contextmanager

import numpy as np

from ... import Input, Sequential, callbacks, config, datasets, initializers, layers, optimizers, utils
from ...layers import recurrent
from . import experiment
from .chapter14 import judged

LEARNED = 1e-3          # a validation error below which a network has the answer
EPOCHS = 300


class Report(callbacks.Callback):
    """Print the validation error of every epoch, and stop once it has been below LEARNED for ten epochs."""

    def on_train_begin(self, logs=None):
        self.below = 0

    def on_epoch_end(self, epoch, logs=None):
        print(f"  epoch {epoch + 1:3}: {logs['val_loss']:.5f}", flush=True)
        self.below = self.below + 1 if logs["val_loss"] < LEARNED else 0
        self.model.stop_training = self.below == 10


def adding(cell, seed, quick):
    """Train a network of 100 units of this kind on 9000 sequences of 200 steps; the validation error after each epoch."""
    x, t = datasets.adding(200 if quick else 10_000, length=200, seed=seed)
    (x, t), val = datasets.sequences.split(x, t, order="random", seed=seed)
    utils.set_random_seed(seed)
    model = Sequential([Input((200, 2)), cell(100), layers.Dense(1)])
    model.compile(optimizers.Adam(0.001), "mean_squared_error")
    history = model.fit(x, t, batch_size=100, epochs=2 if quick else EPOCHS, validation_data=val, callbacks=[Report()],
                        verbose=0)
    curve = np.array(history.history["val_loss"])
    low = np.flatnonzero(curve < 0.1)
    return {"answering 1": float(np.mean((val[1] - 1) ** 2)), "first": float(curve[0]), "least": float(curve.min()),
            "first epoch below 0.1": int(low[0]) + 1 if len(low) else None, "curve": [float(f"{v:.4g}") for v in curve]}


@experiment("S0-5.2.7-RNN", seeds=3)
def simple(seed, quick):
    return adding(layers.SimpleRNN, seed, quick)


@experiment("S0-5.2.7-LSTM", seeds=3)
def lstm(seed, quick):
    return adding(layers.LSTM, seed, quick)


LENGTHS = (10, 20, 30, 50, 70, 100, 200)
RATES = {"SimpleRNN": (0.001, 0.002, 0.005), "LSTM": (0.005,), "GRU": (0.005,)}


class Learned(callbacks.Callback):
    """Stop once the validation error has been below LEARNED for three epochs."""

    def on_train_begin(self, logs=None):
        self.below = 0

    def on_epoch_end(self, epoch, logs=None):
        self.below = self.below + 1 if logs["val_loss"] < LEARNED else 0
        self.model.stop_training = self.below == 3


def growing_curve(cell, rate, length, train, val, seed, epochs):
    """Validation errors, epoch by epoch, of a network of 32 such units."""
    utils.set_random_seed(seed)
    model = Sequential([Input((length, 2)), getattr(layers, cell)(32), layers.Dense(1)])
    model.compile(optimizers.Adam(rate, clipnorm=1.0), "mean_squared_error")
    seen = model.fit(*train, batch_size=50, epochs=epochs, validation_data=val, callbacks=[Learned()], verbose=0)
    return seen.history["val_loss"]


@experiment("S3-5.5d", seeds=3)
def growing_lag(seed, quick):
    """The least validation errors on the adding problem, 4500 sequences and up to 40 epochs, as its length grows.

    "LSTM, 100" is the error of the cell at length 100, for the plain network that of its best rate; "SimpleRNN at 0.001, 100"
    is that of one rate. "first, LSTM, 100" is the first epoch with an error below 0.05, or null.
    """
    found = {}
    for length in LENGTHS[:2] if quick else LENGTHS:
        x, t = datasets.adding(500 if quick else 5000, length=length, seed=seed)
        train, val = datasets.sequences.split(x, t, order="random", seed=seed)
        found[f"answering 1, {length}"] = float(np.mean((val[1] - 1) ** 2))
        for cell, rates in RATES.items():
            curves = [growing_curve(cell, rate, length, train, val, seed, 1 if quick else 40) for rate in rates]
            if len(rates) > 1:
                found |= {f"{cell} at {rate:g}, {length}": float(min(curve)) for rate, curve in zip(rates, curves, strict=True)}
            best = min(curves, key=min)
            low = np.flatnonzero(np.array(best) < 0.05)
            found |= {f"{cell}, {length}": float(min(best)), f"first, {cell}, {length}": int(low[0]) + 1 if len(low) else None}
            print(f"  {cell} {length}: {min(best):.5f}", flush=True)
    return found


@contextmanager
def subnormals():
    """Let vanishing derivatives become subnormal numbers, as if nothing put zeros in their place."""
    flush, recurrent.flush = recurrent.flush, lambda v: None
    try:
        yield
    finally:
        recurrent.flush = flush


@experiment("S0-5.2.7-time")
def vanished(seed, quick):
    """Milliseconds of the way back through 200 steps, with subnormal numbers and without: 100 sequences, 100 units, float32.

    "ratio, products" compares matrix products alone, of numbers around 1e-41 and around 1: it is the processor's share.
    """
    floatx = config.floatx()
    config.set_floatx("float32")
    try:
        utils.set_random_seed(seed)
        x, _ = datasets.adding(100, length=20 if quick else 200, seed=seed)
        layer = layers.SimpleRNN(100, recurrent_initializer=initializers.RandomNormal(stddev=0.05))
        y, U, gradients = layer(x), layer.recurrent_kernel, {}

        def back(name):
            layer.zero_gradients()
            layer.backward(np.ones_like(y))
            gradients[name] = layer.drecurrent_kernel.copy()

        def back_with_subnormals():
            with subnormals():
                back("with")

        repeat = 3 if quick else 25
        kept, flushed = spent(back_with_subnormals, repeat), spent(lambda: back("without"), repeat)
        tiny, usual = y * np.float32(1e-41), y * np.float32(1)
        products = spent(lambda: [tiny @ U for _ in range(50)], repeat) / spent(lambda: [usual @ U for _ in range(50)], repeat)
        apart = np.abs(gradients["with"] - gradients["without"]).max() / np.abs(gradients["with"]).max()
        return {"with subnormals, ms": kept, "without, ms": flushed, "ratio": kept / flushed, "ratio, products": products,
                "gradients apart": float(apart)}
    finally:
        config.set_floatx(floatx)


def spent(work, repeat):
    """The median of its CPU times, in milliseconds."""
    times = []
    for _ in range(repeat):
        began = time.process_time()
        work()
        times.append(1000 * (time.process_time() - began))
    return float(np.median(times))


@experiment("S0-5.2.6", seeds=10)
def wave(seed, quick):
    """The first source's sine with an LSTM of 30 units and early stopping, validated on the last windows; then it generates."""
    config.set_floatx("float64")
    x, t = datasets.windows(datasets.sine(seed=seed))
    (x_train, t_train), val = datasets.split(x, t)
    utils.set_random_seed(seed)
    small = initializers.TruncatedNormal(stddev=0.01)
    model = Sequential([Input((25, 1)), layers.LSTM(30), layers.Dense(1, kernel_initializer=small)])
    model.compile(optimizers.Adam(0.001), "mean_squared_error")
    curve = model.fit(x_train, t_train, epochs=5 if quick else 500, batch_size=10, validation_data=val, verbose=0,
                      callbacks=[callbacks.EarlyStopping(patience=10)]).history["val_loss"]
    return {"parameters": model.count_params(), "epochs": float(len(curve)), "first": curve[0], "least": min(curve),
            **judged(model, x, seed)}
