"""Right and wrong answers to the exercises of chapter 6, logistic regression."""

import numpy as np


def miss(w, b, x, t):
    return t - 1 / (1 + np.exp(-(x @ w + b)))


RIGHT = {
    "06.1": 1.5, "06.2": np.log(11), "06.5": 1 / 3, "06.3": lambda z, t: np.mean(np.logaddexp(0, z) - t * z),
    "06.4": lambda w, b, x, t, rate: (w + rate * miss(w, b, x, t) @ x / len(x), b + rate * miss(w, b, x, t).mean()),
    "06.6": lambda W, b, j, k: (*(W[:, j] - W[:, k]), b[j] - b[k]),
}

WRONG = [
    ("06.1", 1.0, "one in the middle"), ("06.1", 2, "make together"), ("06.2", np.log(99), "for 0.9"),
    ("06.2", 11, "logarithm"), ("06.2", 0.09, "as odds"),
    ("06.3", lambda z, t: -np.mean(np.logaddexp(0, z) - t * z), "minus sign"), ("06.3", 1, "function itself"),
    ("06.3", lambda z, t: np.sum(np.logaddexp(0, z) - t * z), "mean is asked for"),
    ("06.3", lambda z, t: 0.0, "it gives 0.0000"),
    ("06.3", lambda z, t: -np.mean(t * np.log(1 / (1 + np.exp(-z))) + (1 - t) * np.log(1 - 1 / (1 + np.exp(-z)))), "logaddexp"),
    ("06.4", lambda w, b, x, t, rate: (w - rate * miss(w, b, x, t) @ x / 7, b), "uphill"), ("06.4", 1, "function itself"),
    ("06.4", lambda w, b, x, t, rate: (w + rate * miss(w, b, x, t) @ x, b), "mean is asked for"),
    ("06.4", lambda w, b, x, t, rate: (w + rate * miss(w, b, x, t) @ x / 7, b), "w is right"),
    ("06.4", lambda w, b, x, t, rate: (w.__iadd__(1), b), "changes the array"),
    ("06.4", lambda *a: (a[0], a[1]), "should become"), ("06.5", 1.0, "derivative of 3x²"),
    ("06.5", 1 / 6, "changing sides"), ("06.5", 2, "one step multiply"),
    ("06.6", lambda W, b, j, k: (*(W[:, k] - W[:, j]), b[k] - b[j]), "sides exchanged"), ("06.6", 1, "function itself"),
    ("06.6", lambda W, b, j, k: (1, 2, 3), "Classes have columns"), ("06.6", lambda W, b, j, k: (1, 2), "three numbers"),
    ("06.7", ([1, 1], -5), "Take more steps"), ("06.7", ([1], 0), "two weights"),
]
