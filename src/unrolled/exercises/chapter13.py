"""Judges of the exercises of chapter 13, energy-based models."""

import numpy as np

from ..boltzmann import binary_states
from ..datasets import digits
from . import exercise, expect


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def machine(visible=5, hidden=3, n=6, seed=0):
    """Weights, some pictures, and numbers to draw with."""
    rng = np.random.default_rng(seed)
    W, a, b = rng.standard_normal((visible, hidden)), rng.standard_normal(visible), rng.standard_normal(hidden)
    v = (rng.random((n, visible)) < 0.5).astype(float)
    return (W, a, b), v, rng.random((n, hidden)), rng.random((n, visible))


def energies(v, W, a, b):
    """The free energy by its definition, all hidden states one by one."""
    h = binary_states(len(b))
    return -np.logaddexp.reduce((v @ a)[:, None] + h @ b + v @ W @ h.T, axis=1)


@exercise("13.1")
def one_and_one(answer):
    answer = float(answer)
    if np.isclose(answer, 0.75):
        return "That is p(v = 1 | h = 1). Here h may also be 0."
    if np.isclose(answer, 0.5):
        return "That is the chance that both are 1, or what W = 0 would give. Add up the states in which v is 1."
    if np.isclose(answer, 4):
        return "Divide by Z."
    if np.isclose(answer, 1 / 3):
        return "That is p(v = 0)."
    return expect(abs(answer - 2 / 3) < 0.005, "Write down the four states, e to the minus energy of each, and their sum.")


@exercise("13.2")
def free_energy(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    (W, a, b), v, _, _ = machine()
    found, right = np.asarray(answer(v, W, a, b), dtype=float), energies(v, W, a, b)
    if found.shape != right.shape:
        return f"For 6 pictures it should give 6 numbers; it gives an array of shape {found.shape}."
    if np.allclose(found, -right):
        return "The sign: a likely picture has a low free energy."
    if np.allclose(found, right + v @ a):
        return "The visible biases are missing."
    if np.allclose(found, energies(v, W, a, 0 * b)):
        return "The hidden biases are missing."
    if not np.allclose(found, right):
        return "It differs from the sum over all hidden states. Compare with (13.6)."
    with np.errstate(all="ignore"):
        large = np.asarray(answer(np.ones((1, 5)), np.full((5, 3), 200.0), a, 0 * b), dtype=float)
    return expect(np.allclose(large, -a.sum() - 3000), f"Where each z is 1000 it gives {large[0]:g}: e to the 1000 overflows. "
                                                       "np.logaddexp does not.")


@exercise("13.3")
def gibbs_round(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    (W, a, b), v, u, s = machine(seed=4, n=200)
    found = np.asarray(answer(v, W, a, b, u, s), dtype=float)
    p = sigmoid(b + v @ W)
    h = (u < p).astype(float)
    right = sigmoid(a + h @ W.T)
    if found.shape != v.shape:
        return f"The new v should have the shape {v.shape} of the old; it has {found.shape}."
    if np.allclose(found, right):
        return "These are the chances of the visible units. Draw them with s."
    if not np.isin(found, (0, 1)).all():
        return "A state is made of zeros and ones."
    if np.array_equal(found, s < sigmoid(a + p @ W.T)):
        return "The hidden units go down as chances. Draw them with u first."
    if np.array_equal(found, s >= right) or np.array_equal(found, s < sigmoid(a + (u >= p) @ W.T)):
        return "A unit is on where the random number is below its chance, not above."
    if np.array_equal(found, s < sigmoid(h @ W.T)):
        return "On the way down the visible biases are missing."
    return expect(np.array_equal(found, s < right), "Some bits differ. Up by (13.4), draw; down by (13.5), draw.")


@exercise("13.4")
def estimate(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    (W, a, b), v0, u, s = machine(seed=2)
    found = [np.asarray(f, dtype=float) for f in answer(v0, W, a, b, u, s)]
    p0 = sigmoid(v0 @ W + b)
    h0 = (u < p0).astype(float)
    v1 = (s < sigmoid(h0 @ W.T + a)).astype(float)
    p1 = sigmoid(v1 @ W + b)
    shapes = [f.shape for f in found]
    if shapes != [(5, 3), (5,), (3,)]:
        return f"The three should have the shapes (5, 3), (5,) and (3,) of W, a and b here; yours are {shapes}."
    dW, da, db = found
    for up in (h0, p0):                      # chances at the data are as right as bits
        right = (v0.T @ up - v1.T @ p1) / 6
        if np.allclose(dW, 6 * right):
            return "The slope by W is summed over the batch. Those by a and b are means."
        if np.allclose(dW, -right):
            return "The slope by W has the wrong sign: data minus what came back."
        if np.allclose(da, -(v0 - v1).mean(axis=0)):
            return "The slope by a has the wrong sign."
        if all(map(np.allclose, found, (right, (v0 - v1).mean(axis=0), (up - p1).mean(axis=0)))):
            return None
    if np.allclose(db, (h0 - p0).mean(axis=0)):
        return "The last chances are those of the data. They should be those of what came back."
    wrong = [name for name, f, goods in (("W", dW, [(v0.T @ up - v1.T @ p1) / 6 for up in (h0, p0)]),
                                         ("a", da, [(v0 - v1).mean(axis=0)]),
                                         ("b", db, [(up - p1).mean(axis=0) for up in (h0, p0)]))
             if not any(np.allclose(f, good) for good in goods)]
    if wrong:
        return f"The slope by {wrong[0]} is not that of CD-1."
    return None


@exercise("13.5")
def classify(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    (W, a, b), v, _, _ = machine(visible=9, hidden=6, n=60, seed=3)
    W = 2 * W
    x = v[:, :5]
    F = np.stack([energies(np.hstack([x, np.tile(k, (60, 1))]), W, a, b) for k in np.eye(4)])
    found = np.asarray(answer(x, W, a, b))
    if found.shape != (60,):
        return f"For 60 pictures it should give 60 classes; it gives an array of shape {found.shape}."
    if np.array_equal(found, F.argmax(axis=0)):
        return "You take the class of the highest free energy. Likely is low."
    up = sigmoid(b + x @ W[:5])
    down = (a[5:] + up @ W[5:].T).argmax(axis=1)
    if np.array_equal(found, down):
        return ("One pass up and down is a good guess and not the likeliest class. "
                "Compare the free energies of picture and class together.")
    if np.array_equal(found, F.argmin(axis=0) + 1):
        return "Count the classes from 0."
    return expect(np.array_equal(found, F.argmin(axis=0)), "Put each class in turn beside the picture; "
                                                            "Z is the same for all of them.")


@exercise("13.6")
def twelve_witnesses(answer):
    if not all(hasattr(answer, name) for name in ("W", "a", "b")):
        return "Hand in the trained RBM itself."
    W, a, b = (np.asarray(w, dtype=float) for w in (answer.W, answer.a, answer.b))
    if W.shape[0] != 64 or W.shape[1] > 12:
        return f"An RBM with 64 visible and at most 12 hidden units is asked for; its weights have the shape {W.shape}."
    v = (digits()[1][0].reshape(-1, 64) >= 0.5).astype(float)
    h = binary_states(W.shape[1])
    log_z = np.logaddexp.reduce(h @ b + np.logaddexp(0, a + h @ W.T).sum(axis=1))
    unseen = float(np.mean(v @ a + np.logaddexp(0, b + v @ W).sum(axis=1)) - log_z)
    if not np.isfinite(unseen):
        return "Its weights are not finite. A smaller rate?"
    if unseen < -25.5:
        return (f"Unseen digits have a mean ln p of {unseen:.2f}, worse than pixels by themselves. Is the rate too "
                "high, or the training short?")
    if unseen < -24.5:
        return f"Unseen digits have a mean ln p of {unseen:.2f}: that is the plateau. More epochs, or a higher rate."
    return expect(unseen > -19.5, f"Unseen digits have a mean ln p of {unseen:.2f}. Go on, perhaps with a "
                                    "smaller rate towards the end.")
