"""Right and wrong answers to the exercises of chapter 5, perceptrons."""

import numpy as np

from unrolled.datasets import two_gaussians
from unrolled.perceptron import Perceptron, step

neuron = Perceptron(strict=True).fit(*two_gaussians())
x, t = two_gaussians(n=50, mean=2.0)
best = min(Perceptron(strict=True).fit(x, t, epochs=200).presentations, key=lambda p: np.sum(step(x @ p.w + p.b) != t))

RIGHT = {
    "05.1": (1, 0, 3), "05.2": (-1, -1, -1.5), "05.3": 14, "05.5": ([1, 1, 1], -1.5),
    "05.4": lambda w, b, x, t: (w + (t - step(w @ x + b)) * x, b + t - step(w @ x + b)),
    "05.6": (neuron.w / 2, neuron.b / 2), "05.7": lambda p, q, r: (p + q + r) % 2, "05.8": (best.w, best.b),
}

WRONG = [
    ("05.1", (3, 2, 1), "t − y is −1"), ("05.1", (1, 0, 1), "threshold moves the other way"),
    ("05.1", (2, 1, 2), "Then it fires"), ("05.1", (1, 2), "you gave 2"), ("05.1", (9, 9, 9), "Work out y"),
    ("05.2", (1, 1, 1.5), r"wrong at \(0, 0\), \(0, 1\), \(1, 0\), \(1, 1\)"), ("05.2", 3, "could not be tried: TypeError"),
    ("05.3", 16, "16 functions"), ("05.3", 15, "Turn all its answers"), ("05.3", 12, "stubborn"), ("05.3", 3, "Try all 16"),
    ("05.4", lambda w, b, x, t: (w - (t - step(w @ x + b)) * x, b - t + step(w @ x + b)), "sign is turned round"),
    ("05.4", lambda w, b, x, t: (w + (t - step(w @ x + b)) * x, b), "bias is not"),
    ("05.4", lambda w, b, x, t: (w.__iadd__((t - step(w @ x + b)) * x), b), "changes the array"),
    ("05.4", lambda w, b, x, t: (w, b), "weights should become"), ("05.4", 3, "function itself"),
    ("05.5", ([1, 1, 1], -0.5), "Wrong at"), ("05.5", ([1, 1], -0.5), "three weights"),
    ("05.6", (neuron.w, -9), "factor 0.5"), ("05.6", ([1, 1], -5), "in front of both corrections"),
    ("05.7", lambda p, q, r: int(p + q + r == 1), "odd number"), ("05.7", lambda p, q, r: 0, "Wrong at"),
    ("05.7", 0, "function"), ("05.8", (best.w, best.b - 5), "gets 17 of the 100 points wrong"),
    ("05.8", ([1], 0), "two weights"), ("05.1", (0, 0, 1), "Work out y first"),
]
