"""Experiments of chapter 1, a first look."""

import numpy as np

from ... import Input, Sequential, datasets, layers, optimizers, utils
from . import experiment


@experiment("S1-2.1a", data=datasets.mnist_file)
def mnist_shapes(seed, quick):
    with np.load(datasets.mnist_file(), allow_pickle=False) as file:
        x_train, y_train, x_test, y_test = (file[name] for name in ("x_train", "y_train", "x_test", "y_test"))
    return {"train": x_train.shape, "test": x_test.shape, "dtype": str(x_train.dtype),
            "first training labels": y_train[:3], "last training labels": y_train[-3:],
            "first test labels": y_test[:3], "last test labels": y_test[-3:]}


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
