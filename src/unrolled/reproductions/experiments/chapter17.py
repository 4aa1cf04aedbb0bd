"""Experiments of chapter 17, bidirectional networks."""

import numpy as np

from ... import Input, Sequential, callbacks, datasets, initializers, layers, optimizers, utils
from . import experiment

BATCH, EPOCHS = 250, 300


def rows_of_digits(seed, quick):
    """MNIST as the first source splits it, without each picture's mean: 16 000 to train, 4000 to validate, 10 000 to test."""
    x, y = (np.concatenate(parts) for parts in zip(*datasets.digits(source="mnist"), strict=True))
    order = np.random.RandomState(seed).permutation(len(x))[:30_000]
    x, y = x[order] - x[order].mean(axis=(1, 2), keepdims=True), y[order]
    cuts = [500, 1000, 1500] if quick else [16_000, 20_000, 30_000]
    return [(a, b) for a, b in zip(np.split(x, cuts), np.split(y, cuts), strict=True)][:3]


class LastOutput(layers.Layer):
    """Two layers from both ends, of whose outputs the last step is taken: the backward layer has read one row by then."""

    takes_mask = False

    def __init__(self, units):
        super().__init__()
        self.ahead, self.back = layers.LSTM(units), layers.LSTM(units)

    def build(self, input_shape):
        self.ahead.build_once(input_shape)
        self.back.build_once(input_shape)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 2 * self.ahead.units)

    def forward(self, x, training=False):
        return np.concatenate([self.ahead.forward(x), self.back.forward(x[:, -1:])], axis=1)

    def backward(self, dy):
        self.ahead.needs_dx = self.back.needs_dx = self.needs_dx
        dx, dlast = self.ahead.backward(dy[:, :self.ahead.units]), self.back.backward(dy[:, self.ahead.units:])
        if self.needs_dx:
            dx[:, -1:] += dlast
        return dx


class EmptyBatches(callbacks.Callback):
    """After the last batch of an epoch, take the steps of the batches for which no pictures are left: with gradient 0."""

    def __init__(self, last, count):
        self.last, self.count = last, count

    def on_train_batch_end(self, batch, logs=None):
        if batch == self.last:
            for _ in range(self.count):
                self.model.optimizer.apply([np.zeros_like(self.model.params)], [self.model.params])


def read(hidden, seed, quick, patience=10, empty=0):
    """Train a network with this hidden layer; its curves, and how well it reads the digits for the test."""
    train, val, test = rows_of_digits(seed, quick)
    utils.set_random_seed(seed)
    start = initializers.TruncatedNormal(stddev=0.01)
    model = Sequential([Input((28, 28)), hidden(), layers.Dense(10, activation="softmax", kernel_initializer=start)])
    model.compile(optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"])
    watch = [callbacks.EarlyStopping(patience=patience), EmptyBatches(len(train[0]) // BATCH - 1, empty),
             callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print(
                 f"  epoch {epoch + 1:3}: {logs['val_loss']:.4f} {logs['val_accuracy']:.4f}", flush=True))]
    seen = model.fit(*train, batch_size=BATCH, epochs=2 if quick else EPOCHS, validation_data=val, callbacks=watch,
                     verbose=0).history
    return {"parameters": model.count_params(), "epochs": len(seen["val_loss"]),
            "best validation accuracy": max(seen["val_accuracy"]),
            "test accuracy": model.evaluate(*test, batch_size=500, verbose=0)[1],
            "validation accuracy": [round(v, 4) for v in seen["val_accuracy"]],
            "validation loss": [round(v, 4) for v in seen["val_loss"]]}


@experiment("S0-6.1.3-TF", seeds=3, data=datasets.mnist_file)
def as_printed(seed, quick):
    """The source's wiring and early stopping, with its sixteen empty batches; beside it the same without them."""
    found = read(lambda: LastOutput(128), seed, quick, patience=11, empty=16)
    test, _ = rows_of_digits(seed, quick)[2]
    found["pictures with ink in the last row"] = float(np.mean(np.ptp(test[:, -1], axis=1) > 0))
    mended = read(lambda: LastOutput(128), seed, quick, patience=11)
    return found | {f"no empty batches, {name}": value for name, value in mended.items()}


@experiment("S0-6.1.3-Keras", seeds=3, data=datasets.mnist_file)
def both_ends(seed, quick):
    """The network that Keras builds; beside it one that reads forward only."""
    found = read(lambda: layers.Bidirectional(layers.LSTM(128)), seed, quick)
    alone = read(lambda: layers.LSTM(128), seed, quick)
    return found | {f"forward alone, {name}": value for name, value in alone.items()}
