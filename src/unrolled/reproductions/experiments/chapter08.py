"""Experiments of chapter 8, going deep."""

import numpy as np

from ... import Input, Sequential, datasets, initializers, layers, optimizers, utils
from . import experiment


def ten_thousand(seed, quick):
    """Out of all 70 000 pictures, in grey values from 0 to 255: 8000 to train and 2000 to test."""
    (x, t), (x_test, t_test) = datasets.digits(source="mnist")
    chosen = np.random.RandomState(seed).permutation(len(x) + len(x_test))[: 1000 if quick else 10_000]
    x = np.concatenate([x, x_test])[chosen].reshape(-1, 784) * np.float32(255)
    t = np.concatenate([t, t_test])[chosen]
    n = 8 * len(x) // 10
    return (x[:n], t[:n]), (x[n:], t[n:])


def stack(units, depth, activation="sigmoid", start="glorot_uniform"):
    """`depth` hidden layers and a softmax; an activation is a name, or a function that makes a layer."""
    bends = [[layers.Dense(units, kernel_initializer=start), layers.Activation(activation)
              if isinstance(activation, str) else activation()] for _ in range(depth)]
    model = Sequential([Input((784,)), *sum(bends, []), layers.Dense(10, "softmax", kernel_initializer=start)])
    model.compile(optimizers.SGD(0.01), "sparse_categorical_crossentropy")
    return model


def accuracies(model, train, test, epochs):
    """The share of the test digits read correctly after each of these numbers of epochs."""
    done, found = 0, {}
    for until in epochs:
        try:
            model.fit(*train, batch_size=100, initial_epoch=done, epochs=until, verbose=0)
        except FloatingPointError:                       # it diverged: it has no answer, and chance stands for it
            return dict.fromkeys(epochs, 0.1)
        found[until] = float(np.mean(model.predict(test[0], batch_size=1000).argmax(axis=1) == test[1]))
        done = until
    return found


def table(models, seed, quick, epochs):
    """A row for each of the named models, trained on the same pictures."""
    train, test = ten_thousand(seed, quick)
    row = {}
    for name, make in models.items():
        utils.set_random_seed(seed)
        for until, right in accuracies(make(), train, test, epochs[:1] if quick else epochs).items():
            row[f"{name}, {until} epochs"] = right
            print(f"  {name}, {until} epochs: {right:.4f}", flush=True)
    return row


@experiment("SYS-14", data=datasets.mnist_file, parts=[f"width {units}" for units in (200, 400, 2000, 4000)])
def widths(seed, quick, part):
    return table({part: lambda: stack(int(part.split()[1]), 1)}, seed, quick, (50, 200, 1000))


@experiment("SYS-15", data=datasets.mnist_file, parts=[f"depth {depth}" for depth in (4, 1, 3, 2)])
def depths(seed, quick, part):
    return table({part: lambda: stack(200, int(part.split()[1]))}, seed, quick, (10, 50, 200, 500, 1000))


SMALL = initializers.TruncatedNormal(stddev=0.01)


@experiment("SYS-17", seeds=3, data=datasets.mnist_file)
def four_tanh(seed, quick):
    return table({"tanh": lambda: stack(200, 4, "tanh")}, seed, quick, (50,))


@experiment("SYS-18", seeds=3, data=datasets.mnist_file)
def four_relu(seed, quick):
    return table({"as printed": lambda: stack(200, 4, "relu"),
                  "small start": lambda: stack(200, 4, "relu", SMALL)}, seed, quick, (50,))


@experiment("SYS-19", seeds=3, data=datasets.mnist_file)
def four_leaky(seed, quick):
    return table({"leaky": lambda: stack(200, 4, lambda: layers.LeakyReLU(0.01), SMALL)}, seed, quick, (50,))


@experiment("SYS-20", seeds=3, data=datasets.mnist_file)
def four_learned(seed, quick):
    model = []                                       # kept for its slopes, which begin at 0

    def make():
        model.append(stack(200, 4, layers.PReLU, SMALL))
        return model[0]

    row = table({"PReLU": make}, seed, quick, (50,))
    slopes = [layer.alpha for layer in model[0].layers if isinstance(layer, layers.PReLU)]
    return {**row, "largest slope": float(np.abs(slopes).max())}
