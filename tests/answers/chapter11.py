"""Right and wrong answers to the exercises of chapter 11, engineering a model."""

import copy
from types import SimpleNamespace

import numpy as np

from unrolled import datasets

NAN = float("nan")


def logits_loss(z, t, scale=1.0, slope=1.0, clip=None):
    z = z if clip is None else np.clip(z, -clip, clip)
    behind = np.exp(-np.abs(z))
    y = np.where(z >= 0, 1, behind) / (1 + behind)
    return scale * np.mean(np.maximum(z, 0) - t * z + np.log1p(behind)), slope * (y - t) / z.size


def by_chances(z, t):
    y = 1 / (1 + np.exp(-z))
    return -np.mean(t * np.log(y) + (1 - t) * np.log(1 - y)), (y - t) / z.size


class Walker:
    kept = ("w", "v", "k", "rng")

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)
        self.w, self.v, self.k = 1.0, 0.0, 0

    def step(self):
        slope = 2 * self.w + 0.1 * self.rng.normal()
        self.k += 1
        self.v = 0.9 * self.v - 0.05 / self.k**0.5 * slope
        self.w += self.v

    def save(self):
        return copy.deepcopy({name: vars(self)[name] for name in self.kept})

    def load(self, state):
        vars(self).update(copy.deepcopy(state))


class ByState(Walker):
    def save(self):
        return self.w, self.v, self.k, self.rng.bit_generator.state

    def load(self, state):
        self.w, self.v, self.k, self.rng.bit_generator.state = state


def kept(*names):
    return type("Kept", (Walker,), {"kept": names})


Alias = type("Alias", (Walker,), {"save": lambda self: vars(self)})


Shallow = type("Shallow", (Walker,), {"save": lambda self: dict(vars(self))})


def best_files(losses, so_far=None, better=lambda a, b: a < b, first=1, forget=False):
    best, epochs = np.inf if so_far is None or forget else so_far, []
    for epoch, value in enumerate(losses, first):
        if better(value, best):
            best = value
            epochs.append(epoch)
    return epochs


def improved(losses, so_far=None):
    before = np.inf if so_far is None else so_far
    return [k for k, (a, b) in enumerate(zip(losses, [before, *losses], strict=False), 1) if a < b]


def unsmooth(drawn, weight, corrected=True):
    s = np.asarray(drawn) * (1 - weight ** np.arange(1, len(drawn) + 1) if corrected else 1)
    return (s - weight * np.concatenate([[0], s[:-1]])) / (1 - weight)


def reader(wrong=0):
    _, (_, t) = datasets.digits()
    told = np.eye(10)[np.where(np.arange(len(t)) < wrong, (t + 1) % 10, t)]
    return lambda pictures: told


def night(steps=200, epoch=range(10, 20), wrong=0, optimizer=True):
    model = SimpleNamespace(predict=reader(wrong), optimizer=SimpleNamespace(iterations=steps) if optimizer else None)
    return model, SimpleNamespace(epoch=list(epoch), params={"steps": 10})


RIGHT = {
    "11.1": (200, -1, 1), "11.2": 18_840, "11.3": logits_loss, "11.4": Walker, "11.5": best_files, "11.6": unsmooth,
    "11.7": night(),
}


ALSO_RIGHT = [
    ("11.4", type("Once", (Walker,), {"load": lambda self, state: vars(self).update(state)})),
    ("11.1", [200.0, -1.0, 0.9999]), ("11.1", np.array([200, -1, 1])), ("11.2", 18_840.0), ("11.4", ByState),
    ("11.3", lambda z, t: (np.mean(np.logaddexp(0, z) - t * z), logits_loss(z, t)[1])),
    ("11.5", lambda losses, so_far=None: tuple(best_files(losses, so_far))),
    ("11.6", lambda drawn, weight: unsmooth(drawn, weight).tolist()), ("11.7", list(night(wrong=10))),
]


WRONG = [
    ("11.1", (np.inf, NAN, NAN), "as printed"), ("11.1", (200, 1, -1), "signs"),
    ("11.1", (0, 0, 0), "second class were right"), ("11.1", (23.026, 0, 0), "clipped"), ("11.1", (1, 2, 3), "with m = 200"),
    ("11.1", 200, "3 numbers"), ("11.2", 6_280, "Adam remember"), ("11.2", 12_560, "two averages"),
    ("11.2", 18_600, "biases"), ("11.2", 6_200, "biases"), ("11.2", 7, "Count the weights"),
    ("11.3", 1, "function itself"), ("11.3", lambda z, t: logits_loss(z, t, scale=z.size), "sum of the losses"),
    ("11.3", lambda z, t: (0.0, 0 * z), "the loss should be"),
    ("11.3", lambda z, t: logits_loss(z, t, slope=z.size), "divided by"),
    ("11.3", lambda z, t: logits_loss(z, t, slope=-1), "its derivative is not"), ("11.3", by_chances, "there is a warning"),
    ("11.3", lambda z, t: (np.inf if np.abs(z).max() > 999 else logits_loss(z, t)[0], logits_loss(z, t)[1]), "not finite"),
    ("11.3", lambda z, t: logits_loss(z, t, clip=500), "Clipping"), ("11.4", Walker(), "class itself"),
    ("11.4", kept("w"), "v and k and the generator are"), ("11.4", kept("w", "v", "k"), "the generator is"),
    ("11.4", kept("w", "k", "rng"), "v is"), ("11.4", Alias, "nothing is as it was"), ("11.4", Shallow, "the generator is"),
    ("11.4", type("Empty", (), {}), "method step"), ("11.5", 1, "function itself"),
    ("11.5", improved, "not the best so far"), ("11.5", lambda *a: best_files(*a, first=0), "count from 1"),
    ("11.5", lambda *a: best_files(*a, better=lambda a, b: a <= b), "tie"),
    ("11.5", lambda *a: best_files(*a, better=lambda a, b: not a >= b), "nan"),
    ("11.5", lambda *a: best_files(*a, forget=True), "so_far"),
    ("11.5", lambda losses, so_far=None: best_files(losses, so_far or None), "so_far = 0"), ("11.6", 1, "function itself"),
    ("11.6", lambda d, w: unsmooth(d, w, corrected=False), "without the correction"),
    ("11.6", lambda d, w: d, "are drawn as"), ("11.6", lambda d, w: d[1:], "as many"),
    ("11.6", lambda d, w: unsmooth(d, w) + 1, "are drawn as"), ("11.7", 1, "two things"),
    ("11.7", night()[::-1], "in this order"), ("11.7", night(epoch=range(10)), "initial_epoch"),
    ("11.7", night(steps=100), "did not come through"), ("11.7", night(wrong=100), "% of the test digits"),
    ("11.7", night(optimizer=False), "not compiled"),
]
