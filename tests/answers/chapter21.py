"""Right and wrong answers to the exercises of chapter 21, toward transformers."""

import numpy as np

from unrolled.transformer import sine_positions


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def causal(s):
    return softmax(np.where(np.tri(s.shape[-1], dtype=bool), s, -np.inf))


def changes(s):
    s[..., ~np.tri(s.shape[-1], dtype=bool)] = -np.inf
    return softmax(s)


def overflows(s):
    e = np.where(np.tri(s.shape[-1], dtype=bool), np.exp(s), 0)
    return e / e.sum(axis=-1, keepdims=True)


def rms(mean=True, along=True, divide=True, scaled=True):
    def back(dy, x, gamma, eps):
        s = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
        g, x_hat = gamma * dy if scaled else dy, x / s
        dx = g - (x_hat * (x_hat * g).mean(axis=-1, keepdims=True) if along else 0)
        dx = dx if mean else dx - g.mean(axis=-1, keepdims=True)
        return dx / s if divide else dx
    return back


def turn(s, by=40):
    """Solved for from places far apart, without the addition formulas."""
    P = sine_positions(200, 32)
    return by * np.linalg.lstsq(P[10:150], P[10 + s:150 + s], rcond=None)[0], np.eye(32)


class Sorter:
    """Answers by what a function makes of the digits."""

    def __init__(self, change):
        self.change = change

    def predict(self, x, verbose="auto"):
        assert verbose == 0, "A judge says nothing but its verdict."
        return np.eye(10)[self.change(x.argmax(axis=-1))]


RIGHT = {
    "21.1": 7, "21.2": (28272, 28272), "21.3": lambda D: 2 * D, "21.4": causal, "21.5": rms(), "21.6": turn(-3),
    "21.7": ("b", 3**-6), "21.8": Sorter(lambda d: np.sort(d, axis=1)),
}


ALSO_RIGHT = [
    ("21.1", np.array([7.0])), ("21.2", [28272, 28272]), ("21.3", lambda D: (8 * D**2 - 4 * D**2) / (2 * D)),
    ("21.6", (np.eye(32), turn(3)[0])), ("21.7", ["(b)", 0.00137174211]),
]


WRONG = [
    ("21.1", 7.6, "divide the scores by 2"), ("21.1", 6, "two scores differ"), ("21.1", 28, "sum to 1"),
    ("21.1", 5, "first key"),
    ("21.1", 1, "e to each"),
    ("21.2", 28272, "two numbers"), ("21.2", (27840, 27840), "biases"), ("21.2", (28080, 28080), "Each of"),
    ("21.2", (25920, 25920), "four matrices of attention"), ("21.2", (9408, 9408), "That is attention"),
    ("21.2", (28176, 28176), "two normalisations"), ("21.2", (1, 1), "48 to 192 and back"),
    ("21.2", (28272, 56544), "share the same 48 columns"),
    ("21.3", 128, "as a function"), ("21.3", lambda D: 6 * D, "without F"), ("21.3", lambda D: 4 * D, "for the score, and"),
    ("21.3", lambda D: -2 * D, "small T"), ("21.3", lambda D: D, "solve for T"),
    ("21.4", 1, "function itself"), ("21.4", changes, "on a copy"), ("21.4", lambda s: causal(s)[0], "should have the same"),
    ("21.4", lambda s: softmax(np.where(np.tri(4, dtype=bool).T, s, -np.inf)), "below the diagonal"),
    ("21.4", lambda s: softmax(np.where(np.tri(4, dtype=bool), s, 0.5)), "looks? ahead|below the diagonal"),
    ("21.4", lambda s: np.tril(softmax(s)), "sum to 1"), ("21.4", lambda s: causal(2 * s), "not the softmax"),
    ("21.4", overflows, "breaks down"),
    ("21.5", 1, "function itself"), ("21.5", lambda dy, x, g, e: dy[0], "shape of x"),
    ("21.5", rms(along=False), "depends on x"),
    ("21.5", rms(mean=False), "leaves the mean"), ("21.5", rms(divide=False), "Divide by"),
    ("21.5", rms(scaled=False), "γ is missing"),
    ("21.5", lambda dy, x, g, e: dy, "Finite differences"),
    ("21.6", 1, "Give the pair"), ("21.6", (np.eye(3), np.eye(3)), "shape"), ("21.6", turn(-3, 8), "longer query"),
    ("21.6", turn(3), "other way"), ("21.6", (40 * np.eye(32), np.eye(32)), "at itself"),
    ("21.6", turn(-2), "each hand by three steps"),
    ("21.7", "b", "as a pair"), ("21.7", ("a", 0), "which she knows"), ("21.7", ("c", 0), "three times"),
    ("21.7", ("d", 0), "any mean"),
    ("21.7", ("e", 0), "One of"), ("21.7", ("b", 1 - 3**-6), "what is lost"), ("21.7", ("b", 0.5), "letter is right"),
    ("21.8", 1, "model itself"), ("21.8", Sorter(lambda d: d[:, :3]), "should give chances"),
    ("21.8", Sorter(lambda d: d), "as they came"),
    ("21.8", Sorter(lambda d: 9 - d), "knows no places"), ("21.8", Sorter(lambda d: -np.sort(-d, axis=1)), "More epochs"),
]
