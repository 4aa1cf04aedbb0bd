"""Experiments of chapter 16, GRU, and the cells between an LSTM and a GRU that it tries."""

import statistics
import time

import numpy as np

from ... import Input, Sequential, callbacks, datasets, initializers, layers, optimizers, utils
from ...activations import sigmoid
from ...layers.recurrent import Recurrent
from . import experiment
from .chapter15 import adding


class OpenGates(initializers.Initializer):
    """The bias of a GRU as TensorFlow 1 began with it: 1 for both gates, 0 for the candidate."""

    def __call__(self, shape, dtype=None):
        bias = np.zeros(shape, dtype)
        bias[..., :2 * shape[-1] // 3] = 1
        return bias


def gru(units):
    return layers.GRU(units, reset_after=False, bias_initializer=OpenGates())


@experiment("S0-5.3.2-GRU", seeds=3)
def adding_gru(seed, quick):
    return adding(gru, seed, quick)


# Cells between an LSTM and a GRU. Inside, features come first, as in `unrolled.layers.recurrent`.

class CoupledLSTM(layers.LSTM):
    """An LSTM that lets in as much as it forgets: i = 1 - f. Three blocks: f, a, o."""

    def __init__(self, units, **kwargs):
        super().__init__(units, gates="fo", **kwargs)

    def step(self, t):
        (f, a, o), (i, *_), c = np.matmul(self.B, self.s[t]).reshape(3, self.units, -1), self.g[t], self.c
        self.g[t, 1:] = sigmoid(f), np.tanh(a), sigmoid(o)
        i, f, a, o = self.g[t]
        i[...] = 1 - f
        c[t + 1] = f * c[t] + i * a
        self.h[t + 1] = o * np.tanh(c[t + 1])

    def step_back(self, t, dh, dc):
        (i, f, a, o), c = self.g[t], self.c
        shown = np.tanh(c[t + 1])
        dc = dc + o * (1 - shown**2) * dh
        dz = np.concatenate([f * i * (c[t] - a) * dc, (1 - a**2) * i * dc, o * (1 - o) * shown * dh])
        return [self.step_back_to_inputs(t, dz), f * dc]


class UpdateOnly(Recurrent):
    """A GRU without reset gate: h(t) = u h(t-1) + (1 - u) g(x(t) W + h(t-1) U + b). Two blocks: u, h."""

    blocks = 2

    def allocate(self, length, n):
        self.g = self.room("g", length, 2, self.units, n)
        return []

    def step(self, t):
        z = np.matmul(self.B, self.s[t]).reshape(2, self.units, -1)
        self.g[t] = sigmoid(z[0]), np.tanh(z[1])
        u, new = self.g[t]
        self.h[t + 1] = u * self.h[t] + (1 - u) * new

    def step_back(self, t, dh):
        u, new = self.g[t]
        dz = np.concatenate([u * (1 - u) * (self.h[t] - new) * dh, (1 - new**2) * (1 - u) * dh])
        return [u * dh + self.step_back_to_inputs(t, dz)]


class ResetOnly(Recurrent):
    """A GRU without update gate: h(t) = g(x(t) W + r (h(t-1) U) + b). Two blocks: r, h."""

    blocks = 2

    def allocate(self, length, n):
        self.r, self.q = self.room("r", length, self.units, n), self.room("q", length, self.units, n)
        return []

    def step(self, t):
        d, s = len(self.kernel) + 1, self.s[t]
        self.r[t] = sigmoid(self.B[:self.units] @ s)
        self.q[t] = self.B[self.units:, d:] @ self.h[t]
        self.h[t + 1] = np.tanh(self.B[self.units:, :d] @ s[:d] + self.r[t] * self.q[t])

    def step_back(self, t, dh):
        d, s, r, k = len(self.kernel) + 1, self.s[t], self.r[t], self.units
        dnew = (1 - self.h[t + 1] ** 2) * dh
        dr = r * (1 - r) * self.q[t] * dnew
        self.dB[:k] += dr @ s.T
        self.dB[k:, :d] += dnew @ s[:d].T
        self.dB[k:, d:] += (r * dnew) @ self.h[t].T
        if self.needs_dx:
            self.dx[t] = self.B[:k, :d - 1].T @ dr + self.B[k:, :d - 1].T @ dnew
        return [self.B[:k, d:].T @ dr + self.B[k:, d:].T @ (r * dnew)]


class FirstBlock(initializers.Initializer):
    """A bias that is `value` for the first of so many blocks, and 0 for the others."""

    def __init__(self, value, blocks):
        self.value, self.blocks = value, blocks

    def __call__(self, shape, dtype=None):
        bias = np.zeros(shape, dtype)
        bias[..., :shape[-1] // self.blocks] = self.value
        return bias


def gated(bias, **kwargs):
    return lambda units: layers.GRU(units, bias_initializer=FirstBlock(bias, 3), **kwargs)


# Units chosen so that each has about as many parameters as 32 units of a GRU that resets before: 3360.
PARTS = {
    "LSTM": (layers.LSTM, 27),
    "LSTM, i at -1": (lambda units: layers.LSTM(units, bias_initializer=FirstBlock(-1, 4)), 27),
    "LSTM, i = 1 - f": (CoupledLSTM, 32),
    "GRU": (gated(1, reset_after=False), 32),
    "GRU, reset after": (gated(1), 32),
    "GRU, gates at 0": (gated(0, reset_after=False), 32),
    "no reset gate": (lambda units: UpdateOnly(units, bias_initializer=FirstBlock(1, 2)), 39),
    "no update gate": (ResetOnly, 39),
    "plain": (layers.SimpleRNN, 56),
}


class Enough(callbacks.Callback):
    """Stop once the validation error is below 0.01."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = logs["val_loss"] < 0.01


@experiment("S0-5.3.1-parts", seeds=8)
def parts(seed, quick):
    """Train each cell on the adding problem over 50 steps; the epochs that it needs."""
    x, t = datasets.adding(300 if quick else 3000, length=50, seed=seed)
    (x, t), val = datasets.sequences.split(x, t, order="random", seed=seed)
    found = {}
    for name, (cell, units) in PARTS.items():
        utils.set_random_seed(seed)
        model = Sequential([Input((50, 2)), cell(units), layers.Dense(1)])
        model.compile(optimizers.Adam(0.005), "mean_squared_error")
        curve = model.fit(x, t, batch_size=50, epochs=2 if quick else 50, validation_data=val, callbacks=[Enough()],
                          verbose=0).history["val_loss"]
        low = np.flatnonzero(np.array(curve) < 0.05)
        found |= {f"{name}, least": float(np.min(curve)), f"{name}, parameters": model.layers[0].count_params(),
                  f"{name}, epoch": int(low[0]) + 1 if len(low) else None}
    return found


# The noisy sine, with all three cells

SINE = {"RNN": (lambda: layers.SimpleRNN(20)), "LSTM": (lambda: layers.LSTM(30)), "GRU": (lambda: gru(30))}


@experiment("S0-5.3.2", seeds=20)
def sine(seed, quick):
    """Predict the noisy sine one step ahead, as the source does; then let each network go on by itself."""
    wave, clean = datasets.sine(seed=seed), datasets.sine(noise=0)
    x, t = datasets.sequences.windows(wave)
    (x_train, t_train), val = datasets.sequences.split(x, t, order="random", seed=seed)
    found = {}
    for name, cell in SINE.items():
        utils.set_random_seed(seed)
        model = Sequential([Input((25, 1)), cell(), layers.Dense(1)])
        model.compile(optimizers.Adam(0.001), "mean_squared_error")
        curve = model.fit(x_train, t_train, batch_size=10, epochs=2 if quick else 500, validation_data=val, verbose=0,
                          callbacks=[callbacks.EarlyStopping(patience=10)]).history["val_loss"]
        going_on = generate(model, wave[:25], len(wave) - 25)
        found |= {f"{name}, first": float(curve[0]), f"{name}, least": float(np.min(curve)), f"{name}, epochs": len(curve),
                  f"{name}, off": float(np.sqrt(np.mean((going_on - clean[25:]) ** 2))),
                  f"{name}, wave": [round(v, 3) for v in going_on.tolist()] if seed == 0 else []}
    return found


def generate(model, beginning, steps):
    """Go on from the beginning: predict, append the prediction, drop the oldest value."""
    values = list(beginning)
    for _ in range(steps):
        values.append(float(model(np.array(values[-len(beginning):])[None, :, None])[0, 0]))
    return np.array(values[len(beginning):])


# Time and memory

CELLS = {
    "SimpleRNN": layers.SimpleRNN, "LSTM": layers.LSTM,
    "LSTM, diagonal peepholes": (lambda units: layers.LSTM(units, peepholes="diagonal")),
    "LSTM, full peepholes": (lambda units: layers.LSTM(units, peepholes="full")),
    "GRU, reset before": (lambda units: layers.GRU(units, reset_after=False)), "GRU, reset after": layers.GRU,
}


@experiment("S0-5.3.1-time", seeds=1)
def step_time(seed, quick):
    """Microseconds of CPU time that a training step costs for each step of the sequence; the median of several."""
    import keras

    x, t = (a.astype(np.float32) for a in datasets.adding(100, length=100, seed=seed))
    rounds, models = 1 if quick else 25, {}
    for name, cell in CELLS.items():
        models[f"{name}, ours"] = Sequential([Input((100, 2)), cell(100), layers.Dense(1)])
    for name, cell in {"SimpleRNN": keras.layers.SimpleRNN(100), "LSTM": keras.layers.LSTM(100),
                       "GRU, reset before": keras.layers.GRU(100, reset_after=False), "GRU, reset after": keras.layers.GRU(100),
                       }.items():
        models[f"{name}, Keras"] = keras.Sequential([keras.Input((100, 2)), cell, keras.layers.Dense(1)])
    spent = {name: [] for name in models}
    for model in models.values():
        model.compile("adam", "mean_squared_error")
        model.train_on_batch(x, t)                          # builds, and in Keras compiles
        model.train_on_batch(x, t)
    for _ in range(rounds):
        for name, model in models.items():
            began = time.process_time()
            model.train_on_batch(x, t)
            spent[name].append((time.process_time() - began) / 100 * 1e6)
    return {name: round(statistics.median(v), 1) for name, v in spent.items()}
