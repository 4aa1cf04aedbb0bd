"""Right and wrong answers to the exercises of chapter 12, convolutional networks."""

import numpy as np

from unrolled.datasets import digits


class Model:
    def __init__(self, predict):
        self.predict = predict


def average_back(dy, k):
    return dy.repeat(k, axis=1).repeat(k, axis=2) / k**2


def first_only(dy, k):
    dx = np.zeros((dy.shape[0], k * dy.shape[1], k * dy.shape[2], dy.shape[3]))
    dx[:, ::k, ::k] = dy
    return dx


def sees(layers, stride=True, first=1):
    pixels, step = first, 1
    for k, s in layers:
        pixels, step = pixels + (k - 1) * step, step * s if stride else 1
    return pixels


DOT = -np.ones((3, 3)) + 2 * np.eye(3)[1][:, None] * np.eye(3)[1]


def known_digits(x, moved=True, count=10):
    """Chances by the nearest of the test digits themselves, at every push or at none."""
    test, t = digits()[1]
    test = np.pad(test, ((0, 0), (2, 2), (2, 2)))
    pushes = [(d, r) for d in (-1, 0, 1) for r in (-1, 0, 1)] if moved else [(0, 0)]
    said = np.zeros((len(x), count))
    for push in pushes:
        match = np.abs(np.asarray(x)[..., 0] - np.roll(test, push, axis=(1, 2))).max(axis=(1, 2)) < 1e-6
        said[match, t[match]] = 1
    return said


RIGHT = {
    "12.1": (28, 32, 6), "12.2": 18496, "12.3": [[1, 0, 0], [-1, 4, 0], [0, -2, 4]], "12.4": (DOT, 0), "12.5": average_back,
    "12.6": sees, "12.7": Model(lambda x, verbose=0: known_digits(x)),
}


ALSO_RIGHT = [
    ("12.4", (3 * DOT, -1)), ("12.4", (4 * DOT, -3.5)), ("12.1", [28.0, 32.0, 6.0]),
    ("12.3", np.array([[1, 0, 0], [-1, 4, 0], [0, -2, 4]])),
]


WRONG = [
    ("12.1", (28, 32.5, 6), "Round down"), ("12.1", (27, 31, 5), r"\+ 1"), ("12.1", (28, 30, 6), "both sides"),
    ("12.1", 28, "3 numbers"), ("12.1", (28, 32, 7), r"Look again at \(c\)"), ("12.2", 18432, "biases are missing"),
    ("12.2", 640, "as deep as"), ("12.2", 18464, "not for each input"), ("12.2", 18433, "not one for all"),
    ("12.2", 289, "That is one kernel"), ("12.2", 1, "Weights of one kernel"),
    ("12.3", [[1, 0, 0], [-1, 2, 0], [0, -2, 4]], "two windows meet"),
    ("12.3", [[2, -1, 0], [0, 5, -2], [0, 0, 2]], "turned the kernel"),
    ("12.3", [[1, -1, 0], [0, 4, -2], [0, 0, 4]], "exchanged"), ("12.3", [[1, 0, 0], [-1, 3, 0], [0, -1, 2]], "count twice"),
    ("12.3", [[1, 0], [0, 2]], "picture's shape"), ("12.3", np.zeros((3, 3)), "For each entry"),
    ("12.4", (-DOT, 0), "does not answer"), ("12.4", (DOT, 0.5), "empty paper"),
    ("12.4", (DOT + 0.5 * (DOT < 0), 0), "also answers"), ("12.4", (np.eye(2), 0), "3 × 3"), ("12.4", (DOT,), "1 things"),
    ("12.5", lambda dy, k: average_back(dy, k) * k**2, "divide by k²"),
    ("12.5", lambda dy, k: average_back(dy, k) * k, "k² pixels"), ("12.5", first_only, "max pooling"),
    ("12.5", lambda dy, k: dy / k**2, "should have the shape"), ("12.5", 1, "function itself"),
    ("12.5", lambda dy, k: np.tile(dy, (1, k, k, 1)) / k**2, "its own window"),
    ("12.6", lambda layers: sees(layers, stride=False), "Strides count"),
    ("12.6", lambda layers: sum(k for k, _ in layers), "k − 1"),
    ("12.6", lambda layers: sees(layers, first=0), "should give 3"), ("12.6", 10, "function itself"),
    ("12.6", lambda layers: 3, "should give 5"), ("12.7", 1, "model itself"),
    ("12.7", Model(lambda x, verbose=0: x), "ten chances"),
    ("12.7", Model(lambda x, verbose=0: known_digits(x, moved=False)), "Pushed by"),
    ("12.7", Model(lambda x, verbose=0: np.zeros((len(x), 10))), "Train longer"),
    ("12.7", Model(lambda x, verbose=0: known_digits(x, count=10)[:5]), "ten chances"),
]
