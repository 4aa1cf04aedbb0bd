"""Experiments of chapter 13, energy-based models."""

import numpy as np

from ... import Input, Sequential, datasets, layers, optimizers, utils
from ...activations import sigmoid
from ...boltzmann import DBN
from . import experiment


def bits(images):
    """Pixels above 127 of 255 as 1, the others as 0, one row per picture."""
    return (images.reshape(len(images), -1) > 0.5).astype(np.float32)


def draw(p, rng):
    return (rng.random(p.shape, np.float32) < p).astype(np.float32)


def source_cd1(v, W, a, b, rate, divide, rng):
    """One step of CD-1 as the source means it, with bits at the data and chances at the end; W, a, b change."""
    h0 = draw(sigmoid(v @ W + b), rng)
    v1 = draw(sigmoid(h0 @ W.T + a), rng)
    p1 = sigmoid(v1 @ W + b)
    W += rate / (len(v) if divide else 1) * (v.T @ h0 - v1.T @ p1)
    a += rate * (v - v1).mean(axis=0)
    b += rate * (h0 - p1).mean(axis=0)


def error(x, W, a, b):
    return float(np.mean((x - sigmoid(sigmoid(x @ W + b) @ W.T + a)) ** 2))


def source_rbm(x, hidden, rate, divide, rng, epochs=5, batch=100):
    """Train as the source does; the weights, and the error of one-step reconstructions before and after each epoch."""
    visible = x.shape[1]
    W = 0.01 * rng.standard_normal((visible, hidden), np.float32)
    a, b = np.zeros(visible, np.float32), np.zeros(hidden, np.float32)
    errors = [error(x, W, a, b)]
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for k in range(0, len(x), batch):
            source_cd1(x[order[k:k + batch]], W, a, b, rate, divide, rng)
        errors.append(error(x, W, a, b))
    return (W, a, b), errors


@experiment("S4-RBM", seeds=3, data=datasets.mnist_file)
def mnist_rbm(seed, quick):
    (x_train, _), (x_test, _) = datasets.digits(source="mnist")
    x_train, x_test = bits(x_train[:2000] if quick else x_train), bits(x_test[:2000] if quick else x_test)
    rng, results = np.random.default_rng(seed), {}
    for name, rate, divide in (("divided by N, rate 0.1", 0.1, True), ("not divided, rate 0.1", 0.1, False),
                               ("not divided, rate 0.001", 0.001, False)):
        _, errors = source_rbm(x_test, 64, rate, divide, rng)
        results |= {f"{name}, epoch {k}": e for k, e in enumerate(errors)}
    (W, a, b), errors = source_rbm(x_train, 64, 0.1, True, rng)
    results |= {f"60 000 pictures, epoch {k}": e for k, e in enumerate(errors)}
    results["60 000 pictures, unseen"] = error(x_test, W, a, b)
    return results


@experiment("S4-DBN", seeds=3, data=datasets.mnist_file)
def mnist_dbn(seed, quick):
    (x_train, _), (x_test, _) = datasets.digits(source="mnist")
    rng, results = np.random.default_rng(seed), {}
    for name, images in (("10 000 pictures", x_test), ("60 000 pictures", x_train)):
        x = bits(images[:2000] if quick else images)
        (W, _, b), _ = source_rbm(x, 64, 0.1, True, rng)
        _, errors = source_rbm(draw(sigmoid(x @ W + b), rng), 32, 0.1, True, rng)
        results |= {f"{name}, epoch {k}": e for k, e in enumerate(errors)}
    return results


def stacked(x, sizes, epochs, **fit):
    """Train autoencoders, each on what the one below makes of x; their first layers' weights, and their losses."""
    encoders, losses = [], []
    for hidden in sizes:
        model = Sequential([Input(x.shape[1:]), layers.Dense(hidden, "sigmoid"), layers.Dense(x.shape[1], "sigmoid")])
        model.compile(optimizers.Adam(), "mean_squared_error")
        before = model.evaluate(x, x, verbose=0)
        losses.append([before, *model.fit(x, x, epochs=epochs, verbose=0, **fit).history["loss"]])
        encoders.append(model.get_weights()[:2])
        x = sigmoid(x @ encoders[-1][0] + encoders[-1][1])
    return encoders, losses


@experiment("S3-5.1.3b", seeds=3, data=datasets.mnist_file)
def mnist_pretraining(seed, quick):
    (x_train, y_train), (x_test, y_test) = datasets.digits(source="mnist")
    n = 2000 if quick else len(x_train)
    x_train, y_train, x_test = x_train[:n].reshape(n, -1), y_train[:n], x_test.reshape(-1, 784)
    utils.set_random_seed(seed)
    sizes = [200, 200, 200]
    dbn = DBN([784, *sizes], seed=seed)
    machines = dbn.fit(x_train, batch_size=100, epochs=5, learning_rate=0.1, verbose=0)
    encoders, losses = stacked(x_train, sizes, 5, batch_size=100)
    results = {f"machine {k + 1}, {name} epoch": h.history["reconstruction_error"][j]
               for k, h in enumerate(machines) for name, j in (("first", 0), ("last", -1))}
    results |= {f"autoencoder {k + 1}, {name}": loss[j]
                for k, loss in enumerate(losses) for name, j in (("before", 0), ("last epoch", -1))}
    lower = {"machines": [[m.W, m.b] for m in dbn.rbms], "autoencoders": encoders}
    for step, optimizer in (("SGD", lambda: optimizers.SGD(0.1)), ("Adam", optimizers.Adam)):
        for labels, epochs, batch in ((100, 200, 10), (1000, 60, 10), (n, 5, 100)):
            for start in ("random", "machines", "autoencoders", "random, ReLU"):
                f, initial = ("relu", "he_normal") if "ReLU" in start else ("sigmoid", "glorot_uniform")
                hidden = [layers.Dense(size, f, kernel_initializer=initial) for size in sizes]
                model = Sequential([Input((784,)), *hidden, layers.Dense(10, "softmax")])
                for layer, weights in zip(hidden, lower.get(start, ()), strict=False):
                    layer.set_weights(weights)
                model.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
                model.fit(x_train[:labels], y_train[:labels], epochs=1 if quick else epochs, batch_size=batch, verbose=0)
                results[f"{step}, {labels} labels, {start}"] = model.evaluate(x_test, y_test, verbose=0)[1]
    return results
