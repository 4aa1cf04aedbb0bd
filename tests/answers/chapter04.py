"""Right and wrong answers to the exercises of chapter 4, tools."""

import numpy as np


def fit_line(x, t, w, rate, epochs, batch_size, scale=lambda n, size: 2 / n, end=None):
    for _ in range(epochs):
        for k in range(0, end or len(x), batch_size):
            x_k, t_k = x[k:k + batch_size], t[k:k + batch_size]
            w = w - rate * scale(len(x_k), batch_size) * x_k.T @ (x_k @ w - t_k)
    return w


LARGER = [[1, 0, 0], [-1, 1, -1]], [0, 0, 0], [[1], [1], [-1]], [0]


RIGHT = {
    "04.1": ((32, 3), (1, 2)), "04.2": 2**24, "04.3": lambda x: x - x.mean(axis=0), "04.4": 2 * np.cos(1) - 4 * np.sin(1),
    "04.5": 5, "04.6": fit_line, "04.7": LARGER,
}

WRONG = [
    ("04.1", (32, 3), "two tuples"), ("04.1", ((28, 28), (0, 3)), "that should stay"),
    ("04.1", ((32, 28), (2, 3)), "name the other two"), ("04.1", ((32, 1, 1, 3), (1, 2)), "keepdims"),
    ("04.1", ((3, 32), (1, 2)), "Cross them out"), ("04.2", 2**24 + 1, "does not exist"), ("04.2", 2**24 - 1, "One more"),
    ("04.2", 2**23, "still leads"), ("04.2", 2**53, "64 bits"), ("04.2", 2048, "16 bits"), ("04.2", 2**31 - 1, "only 24"),
    ("04.2", 1e6, "2 apart"), ("04.3", 1, "function itself"), ("04.3", lambda x: x.__isub__(x.mean(axis=0)), "in place"),
    ("04.3", lambda x: x.mean(axis=0), "should have that shape"),
    ("04.3", lambda x: x - x.mean(), "one mean from everything"),
    ("04.3", lambda x: x - x.mean(axis=1, keepdims=True), "mean of each row"), ("04.3", lambda x: x, "the mean 0"),
    ("04.3", lambda x: x - x.mean(axis=0).astype(x.dtype), "for uint8"), ("04.4", None, "must be watched"),
    ("04.4", 2 * np.cos(1), "first derivative"), ("04.4", -np.sin(1), "counts twice"),
    ("04.4", np.sin(1), "function itself"), ("04.4", float(np.float32(2 * np.cos(1) - 4 * np.sin(1))), "dtype=tf.float64"),
    ("04.4", 7, "by hand"), ("04.5", 7, "finds one"), ("04.5", 6, "share a graph"), ("04.5", 4, "one axis"),
    ("04.5", 3, "Shapes count"), ("04.5", 1, "already"), ("04.6", 1, "function itself"),
    ("04.6", lambda x, t, w, *rest: w.__imul__(2), "changes the weights"),
    ("04.6", lambda x, t, w, *rest: np.ones((3, 3)), r"shape \(3,\)"),
    ("04.6", lambda *a: fit_line(*a, end=8), "is missing"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 2 / size), "length of the batch"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 2 / 10), "all samples"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 2), "on the sum"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 1 / n), "factor 2"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: -2 / n), "uphill"),
    ("04.6", lambda x, t, w, rate, epochs, size: fit_line(x, t, w, rate, epochs, len(x)), "one step for each epoch"),
    ("04.6", lambda x, t, w, rate, epochs, size: fit_line(x, t, w, rate, 1, size), "one epoch"),
    ("04.6", lambda x, t, w, rate, epochs, size: fit_line(x, t, w, rate, epochs, 1), "one sample a step"),
    ("04.6", lambda x, t, w, *rest: w, "it should be"), ("04.7", 3, "four arrays"),
    ("04.7", ([[1, 0], [-1, 1]], [0, 0, 0], [[1], [1]], [0]), "shapes should be"),
    ("04.7", (np.zeros((2, 4)), np.zeros(4), np.zeros((4, 1)), [0]), "are for 4"),
    ("04.7", ([[1, 0], [-1, 1]], [0, 99], [[1], [1]], [-99]), "switched on"),
    ("04.7", ([[1, 0], [-1, 1]], [0, 0], [[1], [1]], [0]), "both are negative"),
    ("04.7", ([[1, 0], [0, 1]], [0, 0], [[1], [1]], [0]), "Begin with the excess"),
]
