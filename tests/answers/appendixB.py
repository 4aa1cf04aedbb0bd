"""Right and wrong answers to the exercises of appendix B, from TensorFlow 1."""

import numpy as np

from unrolled.exercises.appendixB import softmax_regression


def to_version_1(W, U, b, forget_bias=1.0, order=(0, 2, 1, 3), minus=1.0, swap=False, always=None):
    taken = minus * (forget_bias if always is None else always)
    parts, biases = np.split(np.vstack([U, W] if swap else [W, U]), 4, axis=1), np.split(np.asarray(b), 4)
    biases[1] = biases[1] - taken
    return np.hstack([parts[k] for k in order]), np.hstack([biases[k] for k in order])


def rmsprop(w, slope, rate, steps, r=1.0, decay=0.9):
    w = np.array(w, float)
    for _ in range(steps):
        g = slope(w)
        r = decay * r + (1 - decay) * g * g
        w = w - rate * g / np.sqrt(r + 1e-10)
    return w


def in_place(w, slope, rate, steps):
    w -= rate * slope(w)
    return w


def with_other(**other):
    return lambda x, t: softmax_regression(x, t, **other)


RIGHT = {"B.1": 0.3, "B.2": (0.1, 0.002), "B.3": {2, 6, 8}, "B.4": to_version_1, "B.5": rmsprop, "B.6": softmax_regression}


ALSO_RIGHT = [
    ("B.1", 1 - 0.7), ("B.2", np.array([50 * 0.002, 0.002])), ("B.3", [8, 2, 6]),
    ("B.4", lambda *a: list(to_version_1(*a))), ("B.5", lambda *a: rmsprop(*a).tolist()),
    ("B.6", lambda x, t: [v.astype("float32") for v in softmax_regression(x, t)]),
]


WRONG = [
    ("B.1", 0.7, "the other one"), ("B.1", 0.5, "keep_prob"), ("B.2", 0.1, "two rates"), ("B.2", (0.00004, 0.002), "longer"),
    ("B.2", (0.002, 0.002), "too short"), ("B.2", (1, 1), "rate times the slope"),
    ("B.2", (0.1, 0.1), "The first is right. What"), ("B.2", (0.1, 0.00004), "by their own size"),
    ("B.3", {2, 5, 6, 8}, "with a message"), ("B.3", {2, 4, 6, 8}, "always been"), ("B.3", {2, 6, 7, 8}, "two readings"),
    ("B.3", {9}, "the same in Python 2 and 3"), ("B.3", {1}, "what they did"), ("B.3", {6, 8}, "three numbers"),
    ("B.3", {2, 8}, "Keras has changed it"), ("B.3", {2, 6}, "about Python"), ("B.3", {2, 6, 8, 11}, "from 1 to 10"),
    ("B.3", 3, "could not be tried"), ("B.4", 1, "function itself"), ("B.4", lambda *a: to_version_1(*a)[0], "shapes"),
    ("B.4", lambda *a: to_version_1(*a, order=(0, 1, 2, 3)), "stand as in Keras"),
    ("B.4", lambda *a: to_version_1(*a, minus=0.0), "added twice"),
    ("B.4", lambda *a: to_version_1(*a, always=1.0), "It is an argument"),
    ("B.4", lambda *a: to_version_1(*a, minus=2.0), "where is the forget bias"),
    ("B.4", lambda *a: to_version_1(*a, swap=True), "above"),
    ("B.4", lambda *a: to_version_1(*a, order=(3, 2, 1, 0)), "order of the gates"), ("B.5", 1, "function itself"),
    ("B.5", in_place, "take a copy"), ("B.5", lambda *a: rmsprop(*a)[0], "an array of the shape"),
    ("B.5", lambda *a: rmsprop(*a, r=0.0), "began at 1"), ("B.5", lambda *a: rmsprop(*a, decay=0.1), "weight of the old"),
    ("B.5", lambda *a: rmsprop(*a, r=0.5), "it should be at"), ("B.6", 1, "function itself"),
    ("B.6", lambda x, t: softmax_regression(x, t)[0], "of shapes"), ("B.6", with_other(decay=0.04), "twice too strong"),
    ("B.6", with_other(decay=0.01), "half of what"), ("B.6", with_other(decay=0.0), "second term"),
    ("B.6", with_other(bias_too=True), "not b"), ("B.6", with_other(momentum=0.0), "no momentum"),
    ("B.6", with_other(steps=99), "One step is missing"), ("B.6", with_other(steps=101), "too many"),
    ("B.6", lambda x, t: (np.full((2, 3), np.nan), np.zeros(3)), "not finite"),
    ("B.6", with_other(steps=0), "at their start"), ("B.6", with_other(summed=True), "Compare after one step"),
]
