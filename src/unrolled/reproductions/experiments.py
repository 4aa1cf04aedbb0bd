"""Experiments that take longer than a chapter may run: real data, all epochs, several seeds."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .. import Input, Sequential, datasets, layers, optimizers, utils


class Experiment(NamedTuple):
    """What the runner calls once per seed: ``run(seed, quick)`` returns a dict of numbers (or lists, or texts).

    ``file`` is a function that returns the path of the real data, whose checksum is stored with the result.
    """

    run: Callable
    seeds: int
    file: Callable | None


EXPERIMENTS = {}


def experiment(id, seeds=1, data=None):
    """Register the decorated function as the experiment of a result."""

    def register(run):
        EXPERIMENTS[id] = Experiment(run, seeds, data)
        return run

    return register


@experiment("S1-2.1a", data=datasets.mnist_file)
def mnist_shapes(seed, quick):
    with np.load(datasets.mnist_file(), allow_pickle=False) as file:
        x_train, y_train, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    return {"train": x_train.shape, "test": x_test.shape, "dtype": str(x_train.dtype),
            "first training labels": y_train[:3], "last training labels": y_train[-3:],
            "first test labels": y_test[:3], "last test labels": y_test[-3:]}


@experiment("S1-2.2.5", data=datasets.mnist_file)
def mnist_as_an_array(seed, quick):
    with np.load(datasets.mnist_file(), allow_pickle=False) as file:
        x, t = file["x_train"], file["y_train"]
    return {"axes": x.ndim, "shape": x.shape, "dtype": str(x.dtype), "label at index 4": t[4]}


@experiment("S1-2.1c", seeds=3, data=datasets.mnist_file)
def mnist_dense(seed, quick):
    (x_train, y_train), (x_test, y_test) = datasets.digits(source="mnist")
    n = 2000 if quick else len(x_train)
    x_train, x_test = x_train[:n].reshape(n, -1), x_test.reshape(len(x_test), -1)
    utils.set_random_seed(seed)
    model = Sequential([Input((784,)), layers.Dense(512, activation="relu"), layers.Dense(10, activation="softmax")])
    model.compile(optimizer=optimizers.RMSprop(), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    seen = model.fit(x_train, y_train[:n], epochs=5, batch_size=128, verbose=1).history
    first_two = {f"{name}, epoch {k + 1}": seen[name][k] for k in (0, 1) for name in ("loss", "accuracy")}
    return {**first_two, "train": seen["accuracy"][-1],
            "test": float(np.mean(model.predict(x_test, verbose=0).argmax(axis=1) == y_test))}
