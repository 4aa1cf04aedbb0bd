"""Experiments of chapter 15, LSTM."""

import numpy as np

from ... import Input, Sequential, callbacks, datasets, layers, optimizers, utils
from . import experiment

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
    history = model.fit(x, t, batch_size=100, epochs=2 if quick else EPOCHS, validation_data=val, callbacks=[Report()], verbose=0)
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
