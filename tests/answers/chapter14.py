"""Right and wrong answers to the exercises of chapter 14, recurrent networks."""

import numpy as np

from unrolled.exercises.chapter14 import bptt

TURN = 2 * np.pi / 100


class Model:
    def __init__(self, predict):
        self.predict = predict


def clip(gradients, limit):
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    return [g * min(1, limit / max(norm, 1e-12)) for g in gradients]


def clip_in_place(gradients, limit):
    for g, new in zip(gradients, clip(gradients, limit), strict=True):
        g[...] = new
    return gradients


def each(gradients, limit):
    return [clip([g], limit)[0] for g in gradients]


def stretch(gradients, limit):
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    return [g * limit / norm for g in gradients]


def stretched(gradients, limit):
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    return [g * limit / max(norm, 1e-12) for g in gradients]


def clock(windows, turn=TURN):
    """Fit a wave of this period to each window, by least squares, and read off its next value."""
    k = np.arange(-24, 2)
    waves = np.stack([np.sin(turn * k), np.cos(turn * k)], axis=1)
    fit = np.linalg.lstsq(waves[:-1], np.asarray(windows)[..., 0].T, rcond=None)[0]
    return (waves[-1] @ fit)[:, None]


RIGHT = {
    "14.1": (952, 48, 5), "14.2": 3103, "14.3": (1.3125, 0.75), "14.4": 66, "14.5": ([[1, 0]], [[0, 1], [0, 0]], [[1], [-1]]),
    "14.6": bptt, "14.7": clip, "14.8": clock,
}


ALSO_RIGHT = [
    ("14.1", [952.0, 48.0, 5.0]), ("14.5", ([[0, 1]], [[0, 0], [1, 0]], [[-1], [1]])), ("14.4", 66.0), ("14.8", Model(clock)),
    ("14.5", ([[2, 0]], [[0, 1], [0, 0]], [[0.5], [-0.5]])),
]


WRONG = [
    ("14.1", (953, 48, 5), "no next hour"), ("14.1", (1000, 48, 5), "cannot begin"), ("14.1", (5, 48, 952), "another order"),
    ("14.1", (20, 48, 5), "overlap"), ("14.1", (952, 49, 5), "How many"), ("14.2", 2950, "output layer is missing"),
    ("14.2", 3100, "left some out"), ("14.2", 3053, "a bias for each unit"), ("14.2", 3050, "Both layers"),
    ("14.2", 603, "50 · 50"), ("14.2", 653, "50 · 50"), ("14.2", 1, "weights and H biases"),
    ("14.3", (1, 0.625), "all three"), ("14.3", (0.75, 1.3125), "w comes first"), ("14.3", (1.75, 0.875), "halves"),
    ("14.3", (1.3125, 0.5), "state before"), ("14.3", (1, 0.75), "heard at that step"), ("14.3", (-1.3125, -0.75), "sign"),
    ("14.3", (2, 2), "First the states"), ("14.3", 1.3125, "Two numbers"), ("14.4", 65, "65th"), ("14.4", 65.6, "whole number"),
    ("14.4", 70, "earlier"), ("14.4", 22, "Solve"), ("14.4", 10, "Solve"),
    ("14.5", ([[1, 0]], [[0, 1], [0, 0]], [[-1], [1]]), "sign"), ("14.5", ([[1]], [[0]], [[1]]), "x\\(t\\) itself"),
    ("14.5", ([[1, 0]], [[0, 1], [0, 0]], [[0], [1]]), "hears now"), ("14.5", ([[1, 0]], [[0, 0], [1, 0]], [[1], [-1]]),
     "exchanged"),
    ("14.5", ([[1]], [[-1]], [[1]]), "two steps"), ("14.5", ([[1]], [[1]], [[1]]), "it should say"),
    ("14.5", ([[1]], [[1]]), "Three matrices"), ("14.5", ([[1], [0]], [[0, 1], [0, 0]], [[1], [-1]]), "shapes"),
    ("14.6", lambda *a: bptt(*a, back=False, before=False), "Both mistakes"),
    ("14.6", lambda *a: bptt(*a, before=False), "Look at dU"),
    ("14.6", lambda *a: bptt(*a, back=False), "Look at dh"), ("14.6", 1, "function itself"),
    ("14.6", lambda *a: bptt(*a)[:2], "in the shapes"), ("14.6", lambda *a: [*bptt(*a)[:2], 2 * bptt(*a)[2]], "db is not"),
    ("14.7", each, "by itself"), ("14.7", lambda g, limit: [np.clip(a, -limit, limit) for a in g], "each entry"),
    ("14.7", clip_in_place, "changes the arrays"), ("14.7", stretched, "short enough"),
    ("14.7", stretch, "short enough"),
    ("14.7", lambda g, limit: clip(g, limit)[:1], "list of arrays"),
    ("14.7", lambda g, limit: clip(g, limit / 2), "should return"),
    ("14.7", lambda g, limit: [a / max(1, np.sqrt(sum(np.sum(b**2) for b in g))) * (1 if any(b.any() for b in g) else np.nan)
                               for a in g], "divides by 0"), ("14.7", 1, "function itself"),
    ("14.8", 1, "function \\(or"), ("14.8", lambda w: w[:, -1], "height"), ("14.8", lambda w: clock(w, TURN / 1.2), "period"),
    ("14.8", lambda w: w[:, -1, 0], "next values"), ("14.8", lambda w: 2 * w[:, -1] + 1, "leaves the picture"),
]
