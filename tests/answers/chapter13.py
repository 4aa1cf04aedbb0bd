"""Right and wrong answers to the exercises of chapter 13, energy-based models."""

import numpy as np

from unrolled.boltzmann import RBM
from unrolled.datasets import digits


def sig(z):
    return 1 / (1 + np.exp(-z))


def free_energy(v, W, a, b):
    return -(v @ a) - np.logaddexp(0, b + v @ W).sum(axis=-1)


def overflowing(v, W, a, b):
    with np.errstate(all="ignore"):
        return -(v @ a) - np.log(1 + np.exp(b + v @ W)).sum(axis=-1)


def gibbs(v, W, a, b, u, s):
    return s < sig(a + (u < sig(b + v @ W)) @ W.T)


def cd1(v, W, a, b, u, s, up=0, n=None, end=None, side=1, biases=1):
    """CD-1 with bits (up=0) or chances (up=1) at the data, and what may go wrong."""
    p0 = sig(v @ W + b)
    h0 = (u < p0).astype(float)
    v1 = (s < sig(h0 @ W.T + a)).astype(float)
    p1 = sig((v if end == "data" else v1) @ W + b)
    first = (h0, p0)[up]
    return side * (v.T @ first - v1.T @ p1) / (n or len(v)), biases * (v - v1).mean(0), (first - p1).mean(0)


def classify(x, W, a, b, pick=np.argmin, by=free_energy):
    K = len(a) - x.shape[1]
    return pick([by(np.hstack([x, np.tile(k, (len(x), 1))]), W, a, b) for k in np.eye(K)], axis=0)


def up_and_down(x, W, a, b):
    D = x.shape[1]
    return (a[D:] + sig(b + x @ W[:D]) @ W[D:].T).argmax(axis=1)


def trained(hidden=12, **options):
    (x, _), _ = digits()
    v = (x.reshape(-1, 64) >= 0.5).astype(float)
    rbm = RBM(64, hidden, seed=1, dtype="float64")
    rbm.fit(v, verbose=0, **options)
    return rbm


RIGHT = {
    "13.1": 2 / 3, "13.2": free_energy, "13.3": gibbs, "13.4": cd1, "13.5": classify,
    "13.6": trained(batch_size=50, epochs=90, learning_rate=0.2),
}


ALSO_RIGHT = [
    ("13.4", lambda *a: (*cd1(*a)[:2], cd1(*a, up=1)[2])),
]

WRONG = [
    ("13.1", 0.75, "h may also be 0"), ("13.1", 0.5, "both are 1"), ("13.1", 4, "Divide"), ("13.1", 1 / 3, "v = 0"),
    ("13.1", 0.9, "four states"), ("13.2", lambda *a: -free_energy(*a), "sign"),
    ("13.2", lambda v, W, a, b: free_energy(v, W, 0 * a, b), "visible biases"),
    ("13.2", lambda v, W, a, b: free_energy(v, W, a, 0 * b), "hidden biases"), ("13.2", overflowing, "overflows"),
    ("13.2", lambda *a: free_energy(*a).mean(), "6 numbers"), ("13.2", lambda v, W, a, b: -(v @ a) - (v @ W) @ b, "differs"),
    ("13.2", 3.0, "function itself"),
    ("13.3", lambda v, W, a, b, u, s: sig(a + (u < sig(b + v @ W)) @ W.T), "Draw them with s"),
    ("13.3", lambda v, W, a, b, u, s: s < sig(a + sig(b + v @ W) @ W.T), "Draw them with u"),
    ("13.3", lambda v, W, a, b, u, s: s < sig((u < sig(b + v @ W)) @ W.T), "visible biases"),
    ("13.3", lambda v, W, a, b, u, s: s > sig(a + (u < sig(b + v @ W)) @ W.T), "not above"),
    ("13.3", lambda v, W, a, b, u, s: s < sig(a + (u > sig(b + v @ W)) @ W.T), "not above"),
    ("13.3", lambda v, W, a, b, u, s: u < sig(b + v @ W), "shape"), ("13.3", lambda v, *rest: v, "bits differ"),
    ("13.3", lambda v, *rest: v + 0.5, "zeros and ones"), ("13.3", 1, "function itself"),
    ("13.4", lambda *a: cd1(*a, n=1), "summed"), ("13.4", lambda *a: cd1(*a, side=-1), "wrong sign"),
    ("13.4", lambda *a: cd1(*a, biases=-1), "slope by a"), ("13.4", lambda *a: cd1(*a, end="data"), "chances"),
    ("13.4", lambda v, W, *a: (W, W[:, 0], W[0]), "not that of CD-1"), ("13.4", lambda *a: (*cd1(*a)[:2], 0), "shapes"),
     ("13.4", 1, "function itself"),
    ("13.5", lambda *a: classify(*a, pick=np.argmax), "highest"), ("13.5", up_and_down, "good guess"),
    ("13.5", lambda *a: classify(*a) + 1, "from 0"), ("13.5", lambda *a: classify(*a)[:1], "60 classes"),
    ("13.5", lambda x, *a: np.zeros(len(x), int), "each class in turn"), ("13.5", 1, "function itself"),
    ("13.6", trained(13), "at most 12"), ("13.6", trained(learning_rate=0.01), "worse than pixels"),
    ("13.6", trained(batch_size=50, epochs=15, learning_rate=0.05), "plateau"),
    ("13.6", trained(batch_size=50, epochs=50, learning_rate=0.1), "Go on"), ("13.6", 3, "RBM itself"),
]
