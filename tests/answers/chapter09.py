"""Right and wrong answers to the exercises of chapter 9, regularisation."""

import numpy as np

from unrolled import datasets


def keras_stop(losses, patience, late=0, ties=False, previous=False):
    best, wait = np.inf, 0
    for epoch, loss in enumerate(losses):
        better = loss <= best if ties else loss < best
        wait = 0 if better else wait + 1
        best = loss if better or previous else best
        if wait and wait >= patience + late:
            return epoch


class Inverted:
    factor, keep, fresh, same_way_back = 1.0, False, True, True
    rows = False

    def __init__(self, rate):
        self.rate, self.rng, self.kept = rate, np.random.default_rng(0), None

    def forward(self, h, training):
        self.mask = 1.0
        if training:
            if self.kept is None or self.fresh:
                draw = self.rng.random(h.shape[1:] if self.rows else h.shape)
                self.kept = (draw < self.rate) if self.keep else (draw >= self.rate)
            self.mask = self.kept * np.ones(h.shape) / (1 - self.rate) ** self.factor
        return self.mask * h

    def backward(self, dy):
        return self.mask * dy


def variant(**changes):
    return type("Inverted", (Inverted,), changes)


def project(W, c, axis=0):
    return W * (c / np.maximum(np.linalg.norm(W, axis=axis, keepdims=True), c))


BIKES = datasets.bikes()["count"].astype(float)


RIGHT = {
    "09.1": (2, 1), "09.2": 39, "09.3": lambda n, k: np.array_split(np.arange(n), k), "09.4": Inverted, "09.5": keras_stop,
    "09.6": project, "09.7": BIKES[-504:] + 30 * np.resize([1, -1], 504),
}


WRONG = [
    ("09.1", (1, 2), "Exchanged"), ("09.1", (2, 1.5), r"1 \+ 2λ"), ("09.1", (1.5, 1), "same amount"),
    ("09.1", (3, 3), "same amount"), ("09.1", (0, 0), "a = 3 and λ = 1"), ("09.1", 2, "2 numbers"),
    ("09.2", 13, "is missing"), ("09.2", 13 / 3, "kept"), ("09.2", 39 / 16, "enlarged"), ("09.2", 3, "square each"),
    ("09.2", 1, "h²v²"), ("09.3", lambda n, k: [np.arange(n)] * k, "exactly one part"),
    ("09.3", lambda n, k: [np.arange(n)], "return 5 parts"),
    ("09.3", lambda n, k: [np.arange(n)[j * (n // k):(j + 1) * (n // k)] for j in range(k)], "left out"),
    ("09.3", lambda n, k: [np.arange(n - k + 1)] + [[j] for j in range(n - k + 1, n)], "differ by at most 1"),
    ("09.3", 1, "function itself"), ("09.3", lambda n, k: [[[0]]] * k, "row of numbers"),
    ("09.4", Inverted(0.2), "class itself"), ("09.4", variant(keep=True), "not kept"),
    ("09.4", variant(factor=0), "enlarged by"), ("09.4", variant(factor=2), "should become"),
    ("09.4", variant(fresh=False), "a new one"), ("09.4", variant(rows=True), "each sample"),
    ("09.4", variant(backward=lambda self, dy: dy), "same mask as the way there"),
    ("09.4", variant(backward=lambda self, dy: dy * np.sign(self.mask)), "On the way back"),
    ("09.4", variant(forward=lambda self, h, training: Inverted.forward(self, h, True)), "unchanged"),
    ("09.4", variant(forward=lambda self, h, training: h, backward=lambda self, dy: dy), "About a fifth"),
    ("09.4", variant(backward=lambda self, dy: 0 * dy), "no mask"),
    ("09.5", lambda losses, patience: keras_stop(losses, patience, late=1), "at the second epoch"),
    ("09.5", 4, "function itself"),
    ("09.5", lambda losses, patience: keras_stop(losses, patience, ties=True), "only equals"),
    ("09.5", lambda losses, patience: keras_stop(losses, patience, previous=True), "instead of"),
    ("09.5", lambda losses, patience: keras_stop(losses, patience) or len(losses) - 1, "None"),
    ("09.5", lambda losses, patience: (keras_stop(losses, patience) or -1) + 1 or None, "instead of"),
    ("09.6", lambda W, c: project(W, c, axis=1), "rows"), ("09.6", lambda W, c: W * c / np.linalg.norm(W), "whole matrix"),
    ("09.6", lambda W, c: W * c / np.maximum(np.linalg.norm(W, axis=0), 1e-9), "lengthen"),
    ("09.6", lambda W, c: np.clip(W, -c, c), "by itself"),
    ("09.6", lambda W, c: W * np.minimum(1, c / np.linalg.norm(W, axis=0)) + 0 / np.linalg.norm(W, axis=0),
     "divides by 0"),
    ("09.6", lambda W, c: W.__imul__(0.4), "changes the weights"), ("09.6", lambda W, c: W, r"should become \(1.2"),
    ("09.6", 1, "function itself"), ("09.6", lambda W, c: W[0], "array of shape"),
    ("09.7", BIKES[-504:], "answers themselves"), ("09.7", np.zeros(3), "504 numbers"),
    ("09.7", np.full(504, np.nan), "not finite"), ("09.7", (BIKES[-504:] - 95) / 100, "standardised"),
    ("09.7", np.full(504, 95.0), "is the mark"), ("09.7", BIKES[-504 - 168:-168], "is the mark"),
]
