"""Right and wrong answers to the exercises of chapter 19, attention."""

import numpy as np


def weights(w, seen, fill=-np.inf, axis=-1, top=True, before=True, empty=True):
    w = np.where(seen, w, fill) if before else w
    high = np.max(w, axis=axis, keepdims=True) if top else 0
    e = np.exp(w - np.where(np.isfinite(high), high, 0))
    a = e / np.maximum(e.sum(axis=axis, keepdims=True), 1e-300 if empty else 0)
    return a if before else a * seen


TAU = np.arange(1.0, 9)
KEYS = np.column_stack([TAU, TAU**2])


def queries(scale, places=TAU[::-1]):
    return scale * np.column_stack([2 * places, -np.ones(8)])


class Writer:
    """Writes words of up to n letters backwards, and nothing but a's beyond."""

    def __init__(self, longest, more=0):
        self.longest, self.more = longest, more

    def greedy(self, x, length):
        said = np.asarray(x).argmax(-1)[:, ::-1]
        said = said if length <= self.longest else np.zeros_like(said)
        return np.pad(said, ((0, 0), (0, self.more)))


RIGHT = {"19.1": (1, 3), "19.2": 13050, "19.3": (0.5, -0.5, 0), "19.4": weights, "19.5": 560, "19.6": (queries(6), KEYS),
         "19.7": Writer(12)}

ALSO_RIGHT = [("19.1", np.array([1.0, 3.0])), ("19.3", np.array([0.5, -0.5, 0.0])),
              ("19.6", [6 * np.column_stack([2 * TAU[::-1], -np.ones(8), 0 * TAU]), np.column_stack([KEYS, TAU])])]

WRONG = [
    ("19.1", (4, 12), "sum to 1"), ("19.1", (4 / 3, 8 / 3), "equal weights"),
    ("19.1", (0, 4 * np.log(2)), "softmax comes between"),
    ("19.1", 3, "a pair"), ("19.1", (3, 1), "Take e"),
    ("19.2", 9050, "160"), ("19.2", 13000, "v_a is missing"), ("19.2", 13150, "no biases"), ("19.2", 13100, "no bias"),
    ("19.2", 13051, "no bias"), ("19.2", 9000, "160"), ("19.2", 1, "Count W_a"),
    ("19.3", (-0.5, 0.5, 0), "signs"), ("19.3", (0, -1, 0), "mean of the dα"), ("19.3", (0, -2, -10), "way through"),
    ("19.3", (1, -1, -9), "third place"), ("19.3", (1, -1, 0), "first two"), ("19.3", (1, 1, 1), "c is 1"),
    ("19.3", 1, "3 numbers"),
    ("19.4", 1, "function itself"), ("19.4", lambda w, seen: w[0], "as many weights"),
    ("19.4", lambda w, seen: weights(w, seen, before=False), "before the sum"),
    ("19.4", lambda w, seen: weights(w, seen, axis=0), "along a row"), ("19.4", lambda w, seen: w, "ordinary scores"),
    ("19.4", lambda w, seen: weights(w, seen, fill=-40), "exactly 0"),
    ("19.4", lambda w, seen: weights(w, seen, top=False), "largest score"),
    ("19.4", lambda w, seen: weights(w, seen, empty=False), "nothing is seen"),
    ("19.5", 280, "two LSTMs"), ("19.5", 512, "D \\+ H"), ("19.5", 256, "two LSTMs, and"), ("19.5", 1120, "2H"),
    ("19.5", 71680, "cancels"), ("19.5", 3, "Set T²"),
    ("19.6", KEYS, "two arrays"), ("19.6", (queries(6)[:4], KEYS), "8 rows"),
    ("19.6", (np.eye(8), np.eye(8)[::-1]), "four columns"),
    ("19.6", (queries(6, TAU), KEYS), "forwards"), ("19.6", (KEYS, KEYS), "looks most at"),
    ("19.6", (queries(1), KEYS), "larger number"),
    ("19.7", 3, "Seq2Seq itself"), ("19.7", Writer(12, 1), "array of shape"), ("19.7", Writer(2), "Even of words of 4"),
    ("19.7", Writer(8), "Of words of 12"),
]
