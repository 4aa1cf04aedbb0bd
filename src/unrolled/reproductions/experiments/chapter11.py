"""Experiments of chapter 11, engineering a model."""

import numpy as np

from ... import Input, Sequential, callbacks, datasets, initializers, layers, losses, optimizers, utils
from . import experiment


def thirty_thousand(seed):
    """30 000 pictures of MNIST as the first source splits them: 16 000 to train, 4000 to validate; shades 0 to 255."""
    (x, y), _ = datasets.digits(source="mnist")
    order = np.random.RandomState(seed).permutation(len(x))[:20_000]
    x, t = 255 * x[order].reshape(-1, 784), np.eye(10, dtype=np.float32)[y[order]]
    return x[:16_000], t[:16_000], x[16_000:], t[16_000:]


def dnn(initializer):
    """The first source's network: three hidden layers of 200 ReLUs, each followed by dropout."""
    hidden = [layer for _ in range(3) for layer in (layers.Dense(200, "relu", kernel_initializer=initializer),
                                                    layers.Dropout(0.5))]
    return Sequential([Input((784,)), *hidden, layers.Dense(10, "softmax", kernel_initializer=initializer)])


LOSSES = {  # the derivative by the probabilities y, as a framework takes it from the formula for the loss
    "as printed": (lambda t, y: t * np.log(y), lambda t, y: t * (1 / y)),
    "clipped": (lambda t, y: t * np.log(np.clip(y, 1e-10, 1)), lambda t, y: t / np.clip(y, 1e-10, 1) * (y >= 1e-10)),
}


@experiment("SYS-25", seeds=3, data=datasets.mnist_file)
def mnist_without_and_with_clipping(seed, quick):
    x, t, x_val, t_val = thirty_thousand(seed)
    result = {}
    for name, (log, slope) in LOSSES.items():
        utils.set_random_seed(seed)
        model, order = dnn(initializers.TruncatedNormal(stddev=0.01)), np.random.RandomState(seed)
        curves = {"validation accuracy": [], "validation loss": []}
        first = None                                         # the step whose loss is no number any more
        with np.errstate(all="ignore"):
            for epoch in range(2 if quick else 50):
                for step, k in enumerate(np.split(order.permutation(len(x)), len(x) // 200)):
                    y = model.forward(x[k], training=True)
                    if first is None and np.isnan(log(t[k], y)).any():
                        first = [epoch + 1, step + 1]
                    model.grads[...] = 0
                    model.backward_to_weights(-slope(t[k], y) / len(k))
                    model.params -= np.float32(0.01) * model.grads
                y = model.predict(x_val)
                curves["validation accuracy"].append(float(np.mean(y.argmax(axis=1) == t_val.argmax(axis=1))))
                curves["validation loss"].append(float(-np.mean(log(t_val, y).sum(axis=1))))
        result |= {f"{name}, {what}": [round(v, 4) if np.isfinite(v) else str(v) for v in curve]
                   for what, curve in curves.items()}
        result |= {f"{name}, last accuracy": curves["validation accuracy"][-1], f"{name}, not a number from": first}
    return result


class _OfProbabilities(losses.CategoricalCrossentropy):
    """Cross-entropy of the probabilities, kept between 1e-7 and 1 - 1e-7, as Keras 2.0 computed it."""

    link = None                                              # never from the logits


@experiment("SYS-26", seeds=3, data=datasets.mnist_file)
def mnist_two_starts(seed, quick):
    x, t, x_val, t_val = thirty_thousand(seed)
    small, result = initializers.TruncatedNormal(stddev=0.01), {}
    for name, initializer, loss in (("default start, clipped", "glorot_uniform", _OfProbabilities()),
                                    ("default start, fused", "glorot_uniform", "categorical_crossentropy"),
                                    ("small start, clipped", small, _OfProbabilities())):
        utils.set_random_seed(seed)
        model = dnn(initializer)
        model.compile(optimizers.SGD(0.01), loss, metrics=["accuracy"])
        seen = model.fit(x, t, epochs=2 if quick else 50, batch_size=200, validation_data=(x_val, t_val), verbose=0,
                         callbacks=[callbacks.TerminateOnNaN()]).history
        result[f"{name}, validation accuracy"] = [round(v, 4) for v in seen["val_accuracy"]]
        result[f"{name}, last accuracy"] = seen["val_accuracy"][-1]
    return result


@experiment("S0-A.3", seeds=3, data=datasets.mnist_file)
def mnist_high_level(seed, quick):
    (x, y), (x_test, y_test) = datasets.digits(source="mnist")
    x, x_test = x.reshape(-1, 784), x_test.reshape(-1, 784)
    x, x_test = (pictures - pictures.mean(axis=1, keepdims=True) for pictures in (x, x_test))
    utils.set_random_seed(seed)
    model = Sequential([Input((784,)), *(layers.Dense(200, "relu") for _ in range(3)), layers.Dense(10, "softmax")])
    model.compile(optimizers.Adagrad(0.05, initial_accumulator_value=0.1), "sparse_categorical_crossentropy",
                  metrics=["accuracy"])
    order = np.concatenate([np.random.RandomState(2 * seed + k).permutation(len(x)) for k in (0, 1)])
    for k in order[: 250 * (20 if quick else 300)].reshape(-1, 250):
        model.train_on_batch(x[k], y[k])
    return {"samples seen": 250 * model.optimizer.iterations, "accuracy": model.evaluate(x_test, y_test)[1]}
