"""Judges of the exercises of chapter 12, convolutional networks."""

import itertools

import numpy as np

from .. import datasets
from . import exercise, expect
from .chapter02 import three as numbers


@exercise("12.1")
def sides(answer):
    def hint(a):
        if np.allclose(a, (28, 32.5, 6)):
            return "(b): half a window does not fit. Round down."
        if np.allclose(a, (27, 31, 5)):
            return "The window's first place counts, too: + 1."
        if np.isclose(a[1], 30) or np.isclose(a[1], 31):
            return "(b): p rows of zeros stand on both sides. Round down after dividing, then add 1."
        wrong = " and ".join(name for name, x, y in zip("abc", a, (28, 32, 6), strict=True) if x != y)
        return f"Look again at ({wrong}): the last place at which the window fits, over s, rounded down, plus 1."

    return numbers(answer, (28, 32, 6), hint)


@exercise("12.2")
def parameters(answer):
    answer = np.asarray(answer).item()
    hints = {18432: "The biases are missing: one for each kernel.",
             640: "A kernel is as deep as the picture has channels.",
             18464: "There is a bias for each kernel, not for each input channel.",
             18433: "There is a bias for each kernel, not one for all.",
             577: "That is one kernel of depth 64. The depth is 32, that of the picture.",
             289: "That is one kernel. There are 64."}
    general = "Weights of one kernel: height times width times channels. How many kernels?"
    return expect(answer == 18496, hints.get(answer, general))


@exercise("12.3")
def way_back(answer):
    a = np.asarray(answer, dtype=float)
    if a.shape != (3, 3):
        return f"dx has the picture's shape, 3 × 3; yours has {a.shape}."
    if np.array_equal(a, [[1, 0, 0], [-1, 2, 0], [0, -2, 4]]):
        return "In the middle two windows meet, and their blame adds up."
    if np.array_equal(a, [[2, -1, 0], [0, 5, -2], [0, 0, 2]]):
        return "You turned the kernel. Laid down as it is, each place gets the weight under which it was seen."
    if np.array_equal(a, [[1, -1, 0], [0, 4, -2], [0, 0, 4]]):
        return "Rows and columns of the kernel are exchanged."
    if np.array_equal(a, [[1, 0, 0], [-1, 3, 0], [0, -1, 2]]):
        return "The second window was blamed with 2: its weights count twice."
    return expect(np.array_equal(a, [[1, 0, 0], [-1, 4, 0], [0, -2, 4]]),
                  "For each entry of dz, lay the kernel where its window stood, times the entry, and add up.")


@exercise("12.4")
def alone(answer):
    if len(answer) != 2:
        return f"A kernel and a bias are asked for; you gave {len(answer)} things."
    w, b = (np.asarray(a, dtype=float) for a in answer)
    if w.shape == () and b.shape == (3, 3):
        return "The kernel comes first, then the bias."
    if w.shape != (3, 3):
        return f"The kernel should be 3 × 3; yours has shape {w.shape}."
    every = np.array(list(itertools.product((0, 1), repeat=9)))
    fires, right = every @ w.ravel() + b > 1e-9, (every[:, 4] == 1) & (every.sum(axis=1) == 1)
    if not fires[right].all():
        return "It does not answer to a 1 that stands alone."
    if fires[0]:
        return "It answers to empty paper."
    wrong = every[fires & ~right]
    return expect(not len(wrong), len(wrong) and f"It also answers to {wrong[0].reshape(3, 3).tolist()}.")


@exercise("12.5")
def average_back(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    for shape, k in (((2, 3, 2, 4), 2), ((1, 2, 2, 3), 3)):
        dy = rng.standard_normal(shape)
        right = np.kron(dy.transpose(0, 3, 1, 2), np.ones((k, k))).transpose(0, 2, 3, 1) / k**2
        dx = np.asarray(answer(dy.copy(), k), dtype=float)
        if dx.shape != right.shape:
            return f"For dy of shape {shape} and k = {k}, dx should have the shape {right.shape}; it has {dx.shape}."
        if np.allclose(dx, right * k**2):
            return "Each pixel has only its share in the mean: divide by k²."
        if np.allclose(dx, right * k):
            return "A window holds k² pixels, not k."
        if np.allclose(dx.sum(axis=(1, 2)), dy.sum(axis=(1, 2))) and np.count_nonzero(dx) < dx.size:
            return "That is the way back of max pooling: in a mean, every pixel has a share."
        if not np.allclose(dx, right):
            return "The shape is right. Does each pixel get the blame of its own window, over k²?"
    return None


@exercise("12.6")
def sees(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    cases = {((3, 1),): 3, ((3, 1), (3, 1)): 5, ((3, 1), (2, 2), (3, 1), (2, 2)): 10, ((11, 4), (3, 2), (5, 1)): 51,
             ((5, 2), (1, 1)): 5}
    for layers, right in cases.items():
        found = answer(list(layers))
        if found != right:
            word = ("Strides count: behind one of s, neighbours lie s pixels apart."
                    if any(s > 1 for _, s in layers) else "A second window of k reaches k − 1 pixels further.")
            return f"For {list(layers)} it should give {right}; it gives {found}. {word}"
    return None


@exercise("12.7")
def pushed(answer):
    if not hasattr(answer, "predict"):
        return "Hand in the trained model itself."
    x, t = datasets.digits()[1]
    x = np.pad(x, ((0, 0), (2, 2), (2, 2)))[..., None].astype(float)
    shares = {}
    for right, down in itertools.product((0, -1, 1), repeat=2):
        said = np.asarray(answer.predict(np.roll(x, (down, right), axis=(1, 2)), verbose=0))
        if said.shape != (len(x), 10):
            return f"For pages of shape {x.shape} it should give ten chances each; it gives an array of shape {said.shape}."
        shares[right, down] = np.mean(said.argmax(axis=1) == t)
    if shares[0, 0] < 0.9:
        return f"Even in the middle it reads only {shares[0, 0]:.0%}. Train longer?"
    (right, down), worst = min(shares.items(), key=lambda entry: entry[1])
    return expect(worst >= 0.9, f"Pushed by {right} to the right and {down} down it reads {worst:.0%}. Does a dense layer or "
                                "a stride know places? Or has it seen too few pushed digits?")
