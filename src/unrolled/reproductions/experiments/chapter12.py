"""Experiments of chapter 12, convolutional networks."""

import numpy as np

from ... import Input, Sequential, datasets, initializers, layers, optimizers, utils
from . import experiment


@experiment("S4-MNIST-b", data=datasets.mnist_file)
def mnist_convolutional(seed, quick):
    (x, y), (x_test, y_test) = datasets.digits(source="mnist")
    x, y, test = x[5000:, ..., None], y[5000:], (x_test[..., None], y_test)      # the first 5000 validate
    utils.set_random_seed(seed)
    start = dict(kernel_initializer=initializers.TruncatedNormal(stddev=0.1), bias_initializer=initializers.Constant(0.1))
    model = Sequential([
        Input((28, 28, 1)),
        layers.Conv2D(32, 5, padding="same", activation="relu", **start), layers.MaxPooling2D(2, padding="same"),
        layers.Conv2D(64, 5, padding="same", activation="relu", **start), layers.MaxPooling2D(2, padding="same"),
        layers.Flatten(), layers.Dense(1024, activation="relu", **start), layers.Dropout(0.5),
        layers.Dense(10, activation="softmax", **start)])
    model.compile(optimizer=optimizers.Adam(1e-4), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    shuffled = np.random.RandomState(seed)
    found = {}
    for step in range(1, 21 if quick else 20_001):
        if step % 1100 == 1:                                # 1100 batches of 50 are an epoch
            order = shuffled.permutation(len(x))
        k = order[(step - 1) % 1100 * 50:][:50]
        model.train_on_batch(x[k], y[k])
        if step in (20, 500, 1000, 2000, 5000, 10_000, 20_000):
            found[f"test, {step} steps"] = model.evaluate(*test, batch_size=500, verbose=0)[1]
    return found
