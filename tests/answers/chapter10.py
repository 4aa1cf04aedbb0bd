"""Right and wrong answers to the exercises of chapter 10, optimisation."""

import numpy as np

from unrolled import optimizers


def adam(w, gradient, rate, steps, b1=0.9, b2=0.999, eps=1e-7, stuck=False, of=lambda m, g: g, sign=1):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, steps + 1):
        t, g = (1 if stuck else t), gradient(w)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * of(b1 * m + (1 - b1) * g, g) ** 2
        w = w - sign * rate * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w


def in_place(w, gradient, rate, steps):
    w[:] = adam(w, gradient, rate, steps)
    return w


def whitened(X, turn=True, divide=True, mean=True, back=False, transposed=False):
    X = X - X.mean(axis=0) if mean else X
    if not turn:
        return X / X.std(axis=0)
    lengths, Q = np.linalg.eigh(X.T @ X / len(X))
    Y = X @ (Q.T if transposed else Q) / (np.sqrt(lengths) if divide else 1)
    return Y @ Q.T if back else Y


def by_rows(z, dy, axis=1, mean=True, spread=True, scale=1):
    z0 = z - z.mean(axis=axis, keepdims=True)
    s = np.sqrt((z0**2).mean(axis=axis, keepdims=True))
    hat = z0 / s
    shared = mean * dy.mean(axis=axis, keepdims=True) + spread * hat * (dy * hat).mean(axis=axis, keepdims=True)
    return (dy - shared) * s ** (scale - 2)


ROOT = (np.sqrt(80) - 1) / (np.sqrt(80) + 1)


RIGHT = {
    "10.1": 2 / 25, "10.2": np.sqrt(6 / 300), "10.3": adam, "10.4": whitened, "10.5": 459, "10.6": by_rows,
    "10.7": optimizers.SGD((1 + ROOT) ** 2 / 8, momentum=ROOT**2),
}


ALSO_RIGHT = [
    ("10.1", 0.08), ("10.2", 0.1414), ("10.2", np.float64(0.02) ** 0.5), ("10.4", lambda X: whitened(X, back=True)),
    ("10.4", lambda X: np.linalg.svd(X - X.mean(0), full_matrices=False)[0] * np.sqrt(len(X))),
    ("10.4", lambda X: (X - X.mean(0)) @ np.linalg.cholesky(np.linalg.inv(np.cov(X.T)))),
    ("10.5", 459.0), ("10.5", np.int64(459)),
]


WRONG = [
    ("10.1", 2, "gentle direction"), ("10.1", 0.04, "one step"), ("10.1", 2 / 26, "best rate"),
    ("10.1", 0.16, "second derivative"), ("10.1", 0.5, "reach −1"), ("10.1", (1, 2), "One number"),
    ("10.2", np.sqrt(2 / 300), "standard deviation"), ("10.2", 2 / 300, "variance"), ("10.2", 0.02, "Take the root"),
    ("10.2", 0.1, "LeCun"), ("10.2", np.sqrt(6 / 400), "Glorot"), ("10.2", np.sqrt(6 / 100), "not the units"),
    ("10.2", -np.sqrt(6 / 300), "positive"), ("10.2", 1, "First the variance"),
    ("10.3", lambda *a: adam(*a, stuck=True, of=lambda m, g: m), "Both mistakes"),
    ("10.3", lambda *a: adam(*a, stuck=True), "from step to step"),
    ("10.3", lambda *a: adam(*a, of=lambda m, g: m), "the square"),
    ("10.3", lambda *a: adam(*a, sign=-1), "After twelve steps"), ("10.3", in_place, "changes the array"),
    ("10.3", 1, "function itself"), ("10.3", lambda *a: 1.0, "two weights"),
    ("10.4", lambda X: whitened(X, turn=False), "still move together"),
    ("10.4", lambda X: whitened(X, divide=False), "Divide each"), ("10.4", lambda X: whitened(X, mean=False), "mean 0"),
    ("10.4", lambda X: whitened(X, transposed=True), "columns of Q"), ("10.4", lambda X: whitened(X)[:, :2], "shape"),
    ("10.4", lambda X: whitened(X) * np.nan, "finite"), ("10.4", 3, "function itself"),
    ("10.4", lambda X: np.subtract(X, X.mean(0), out=X), "changes the array"), ("10.5", 458, "one more"),
    ("10.5", 100, "0.37"), ("10.5", 99, "by a factor"), ("10.5", 460, "earlier"), ("10.5", 458.2, "whole"),
    ("10.5", 7, "For which k"), ("10.6", lambda z, dy: by_rows(z, dy, axis=0), "batch normalisation"),
    ("10.6", lambda z, dy: by_rows(z, dy, mean=0, spread=0), "constants"),
    ("10.6", lambda z, dy: by_rows(z, dy, spread=0), "way through s"),
    ("10.6", lambda z, dy: by_rows(z, dy, scale=2), "power of s"), ("10.6", lambda z, dy: dy, "differences disagree"),
    ("10.6", lambda z, dy: dy.sum(1), "shape of z"), ("10.6", 1, "function itself"),
    ("10.7", optimizers.SGD(0.1), "loss is"), ("10.7", optimizers.SGD(1.0), "uphill"), ("10.7", optimizers.SGD, "Hand in"),
    ("10.7", optimizers.Adam(0.1), "loss is"), ("10.7", "adam", "Hand in"),
    ("10.7", optimizers.SGD(0.1, momentum=0.9, nesterov=True), "After"),
]
