"""Right and wrong answers to the exercises of chapter 7, multilayer perceptrons."""

import numpy as np


class TanhLayer:
    def forward(self, z):
        self.y = np.tanh(z)
        return self.y

    def backward(self, dy):
        return dy * (1 - self.y**2)


class Forgetful(TanhLayer):
    def backward(self, dy):
        self.y = super().backward(dy)
        return self.y


def relu_gradients(x, t, W, b, V, c, mean=False, slope=True):
    h = np.maximum(x @ W + b, 0)
    dz2 = 1 / (1 + np.exp(-(h @ V + c))) - t
    dz1 = dz2 @ V.T * ((h > 0) if slope else 1)
    return x.T @ dz1, dz1.mean(0) if mean else dz1.sum(0), h.T @ dz2, dz2.sum(0)


def ratios(t, y, no_precision=0, no_recall=0):
    return np.mean(t == y), np.mean(t[y == 1]) if y.any() else no_precision, np.mean(y[t == 1]) if t.any() else no_recall


class Model:
    def __init__(self, predict):
        self.predict = predict


RIGHT = {
    "07.1": ([[2, -2], [2, -2]], [-1, 3], [[-2], [-2]], 3), "07.2": 45360, "07.3": (-0.125, 0.16), "07.4": TanhLayer,
    "07.5": relu_gradients, "07.6": ratios, "07.7": Model(lambda x: x.sum(axis=1, keepdims=True) % 2),
}

WRONG = [
    ("07.1", ([[2, -2], [2, -2]], [-1, 3], [[2], [2]], -3), "That is XOR"),
    ("07.1", (np.eye(2), [0, 0], [1, 1], 0), "it says"), ("07.1", (np.eye(3), [0, 0], [1, 1], 0), "shapes should be"),
    ("07.1", (1, 2), "2 things"), ("07.2", 45200, "biases are missing"), ("07.2", 45200 + 934, "not inputs"),
    ("07.2", 1, "Layer by layer"), ("07.3", (0.125, -0.16), "sign"), ("07.3", (-0.5, 1), "slope of the bend"),
    ("07.3", (1, 1), "First the output"), ("07.3", (-0.0234375, 0.03), "without the factor"), ("07.3", 1, "2 numbers"),
    ("07.4", TanhLayer(), "class itself"), ("07.4", Forgetful, "second call"),
    ("07.4", type("A", (TanhLayer,), {"forward": lambda self, z: z}), "does not return"),
    ("07.4", type("A", (TanhLayer,), {"backward": lambda self, dy: 1 - self.y**2}), "returns the slope"),
    ("07.4", type("A", (TanhLayer,), {"backward": lambda self, dy: dy * (1 - np.tanh(self.y) ** 2)}), "twice"),
    ("07.4", type("A", (TanhLayer,), {"backward": lambda self, dy: dy}), "forward is right"),
    ("07.5", lambda *a: relu_gradients(*a, mean=True), "derivative by b"),
    ("07.5", lambda *a: relu_gradients(*a, slope=False), "derivative by W"), ("07.5", 1, "function itself"),
    ("07.6", lambda t, y: (0.625, 1 / 3, 0.5), "exchanged"), ("07.6", lambda t, y: (1, 1, 1), "it gives"),
    ("07.6", 1, "function itself"), ("07.6", lambda t, y: ratios(t, y, no_precision=1), "precision has"),
    ("07.6", lambda t, y: ratios(t, y, no_recall=1), "recall"), ("07.7", 1, "model itself"),
    ("07.7", Model(lambda x: x), "eight chances"), ("07.7", Model(lambda x: x[:, 0]), "wrong about"),
]
