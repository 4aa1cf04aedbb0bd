"""Judges of the exercises of chapter 15, LSTM."""

import numpy as np

from .. import datasets
from ..layers import LSTM
from . import exercise, expect
from .chapter02 import three as numbers


@exercise("15.1")
def parameters(answer):
    right = (41_200, 41_500, 71_200)

    def hint(a):
        if a[0] == 40_800:
            return "The biases are missing: one for each of the four sums of a cell."
        if a[0] == 10_300:
            return "That is the plain network. An LSTM computes four sums, i, f, a and o."
        if a[0] == 30_900:
            return "Three gates, and the candidate a: four of everything."
        if a[0] == right[0] and a[1] == 41_600 or a[2] == 81_200:
            return "The candidate has no peephole: three, not four."
        if a[0] == right[0] and (a[1], a[2]) == (right[2], right[1]):
            return "Look again at (b) and (c): a diagonal V has H numbers, a full one H²."
        wrong = " and ".join(name for name, x, y in zip("abc", a, right, strict=True) if x != y)
        return f"Look again at ({wrong}): four W of D × H, four U of H × H, four b of H; three V of H or of H × H."

    return numbers(answer, right, hint)


@exercise("15.2")
def by_pencil(answer):
    a = np.asarray(answer, dtype=float)
    if a.shape != (5,):
        return f"Five numbers are asked for: dz_i, dz_f, dz_a, dz_o and dc(t-1); yours have the shape {a.shape}."
    right = np.array([-0.2, 0.2, 0.18, 0, 0.5])
    if np.allclose(a, right):
        return None
    if np.allclose(a[:3], 2 * right[:3]):
        return "dc(t) is not dh(t): between them lies the output gate, 0.5."
    if np.isclose(a[2], 0.5):
        return "The slope of a = tanh(z) is 1 - a²."
    if np.allclose(a[:2], (-0.8, 0.8)):
        return "Between a gate and its sum lies a sigmoid, with the slope 0.5 · (1 - 0.5)."
    if np.allclose(a[:2], right[:2][::-1]):
        return "The input gate meets a, the forget gate meets c(t-1)."
    if not np.isclose(a[3], 0):
        return "dz_o: what is the tanh of c(t)? Compute c(t) first."
    names = ("dz_i", "dz_f", "dz_a", "dz_o", "dc(t-1)")
    wrong = ", ".join(name for name, x, y in zip(names, a, right, strict=True) if not np.isclose(x, y))
    return f"Look again at {wrong}. Compute c(t), then dc(t) = dh · o · g'(c), then (15.22)."


@exercise("15.3")
def forget_bias(answer):
    bias = np.asarray(answer, dtype=float).item()
    f = 0.5 ** (1 / 1000)
    right = np.log(f / (1 - f))
    if np.isclose(bias, f, atol=1e-5):
        return "That is the gate. At which bias does the sigmoid give it?"
    if np.isclose(bias, -right, rtol=1e-3):
        return "The sign: a gate above one half needs a positive bias."
    if np.isclose(bias, np.log(f), atol=1e-5):
        return "That is the logarithm of f. What turns f into the sum in front of the sigmoid is log(f / (1 - f))."
    left = (1 / (1 + np.exp(-bias))) ** 1000
    return expect(abs(left - 0.5) < 0.005, f"With this bias {left:.3g} of the content is left after a thousand steps.")


@exercise("15.4")
def product(answer):
    a = np.asarray(answer, dtype=float)
    if a.shape != (2,):
        return f"Two numbers are asked for, the answer and its error; yours have the shape {a.shape}."
    mean, error = 1 / 8, 1 / 27 - 1 / 64
    if np.isclose(a[0], 1.5):
        return "That is the mean of the sum. The product of independent numbers has the product of their means."
    if np.isclose(a[0], mean) and np.isclose(a[1], 1 / 27, rtol=1e-3):
        return "That is the mean of the square. The variance is less by the square of the mean."
    if np.isclose(a[0], mean) and np.isclose(a[1], (1 / 12) ** 3, rtol=1e-3):
        return "The variance of a product is not the product of the variances. The mean of the square is a product, though."
    if not np.isclose(a[0], mean, rtol=1e-3):
        return "The best constant is the mean: of the product of three independent numbers with mean 1/2."
    return expect(np.isclose(a[1], error, rtol=2e-3), "The error: the mean of the square, minus the square of the mean.")


@exercise("15.5")
def latest(answer):
    if len(answer) != 3:
        return f"A kernel, a recurrent kernel and a bias are asked for; you gave {len(answer)} things."
    given = [np.asarray(w, dtype=float) for w in answer]
    shapes = [w.shape for w in given]
    if shapes != [(2, 4), (1, 4), (4,)]:
        return f"The shapes should be (2, 4), (1, 4) and (4,); yours are {shapes}."
    layer = LSTM(1, activation="linear", return_sequences=True, dtype="float64")
    layer.build((None, None, 2))
    layer.kernel[...], layer.recurrent_kernel[...], layer.bias[...] = given
    rng = np.random.default_rng(0)
    x = np.stack([rng.random((20, 60)), rng.random((20, 60)) < 0.1], axis=2)
    right, sums, now = np.zeros((20, 60)), np.cumsum(x.prod(axis=2), axis=1), np.zeros(20)
    for k in range(60):
        now = np.where(x[:, k, 1] == 1, x[:, k, 0], now)
        right[:, k] = now
    with np.errstate(over="ignore"):
        y = layer(x)[..., 0]
    if np.abs(y - right).max() < 0.02:
        return None
    if np.abs(y - sums).max() < 0.02:
        return "It adds up what comes with a bell. What was there before has to go then: the forget gate must see the mark."
    before = np.cumsum(x[..., 1], axis=1) == 0
    if np.abs(y[before]).max() > 0.02:
        return "It takes in numbers before the first bell. Is the input gate shut without a mark, σ(-30) and not σ(-3)?"
    if np.abs(y - right / 2).max() < 0.02:
        return "It shows half of what it should: is the output gate open? At a bias of 0 it stands at a half."
    bell = x[..., 1] == 1
    if np.abs(y - right)[bell].max() < 0.02:
        return "At a bell it is right, and then it forgets. Without a mark, the forget gate has to stand at 1."
    k = tuple(np.argwhere(np.abs(y - right) > 0.02)[0])
    return f"At some step it shows {y[k]:.2f} in place of {right[k]:.2f}. What should i, f and o be with a bell, and without?"


@exercise("15.6")
def way_back(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    for size in (1, 5):
        c0, a = rng.standard_normal(size), np.tanh(rng.standard_normal(size))
        i, f, o = rng.random((3, size))
        c, dh, dc = f * c0 + i * a, rng.standard_normal(size), rng.standard_normal(size)
        full = dc + dh * o * (1 - np.tanh(c) ** 2)
        right = full * a * i * (1 - i), full * c0 * f * (1 - f), full * i * (1 - a**2), dh * np.tanh(c) * o * (1 - o)
        dz, before = answer(c0.copy(), i.copy(), f.copy(), a.copy(), o.copy(), c.copy(), dh.copy(), dc.copy())
        dz = np.asarray(dz, dtype=float)
        if dz.shape != (4 * size,):
            return f"For {size} cells there should be {4 * size} numbers dz in a row; the shape is {dz.shape}."
        wrong = [name for name, x, y in zip("ifao", np.split(dz, 4), right, strict=True) if not np.allclose(x, y)]
        if "i" in wrong or "f" in wrong:
            return f"dz_{wrong[0]} is still wrong. Does it use the whole dc(t), with what comes from h?"
        if "a" in wrong:
            return "dz_a is still wrong. a is tanh(z_a): what is the slope of tanh, written with a?"
        if "o" in wrong:
            return "dz_o was right, and is no longer."
        if not np.allclose(before, full * f):
            return "dc(t-1) should be the whole dc(t), times f."
    return None


@exercise("15.7")
def difference(answer):
    if not hasattr(answer, "predict"):
        return "Hand in the trained model itself."
    x, sums = datasets.adding(1000, 20, seed=2015)
    sign = np.where(np.cumsum(x[..., 1], axis=1) == 1, 1, -1)
    right = (x.prod(axis=2) * sign).sum(axis=1, keepdims=True)
    y = np.asarray(answer.predict(x, verbose=0), dtype=float)
    if y.shape != (1000, 1):
        return f"For 1000 sequences it should give (1000, 1) numbers; the shape is {y.shape}."
    if np.mean((y + right) ** 2) < 0.01:
        return "It subtracts the first from the second. Asked is the first minus the second."
    if np.mean((y - sums) ** 2) < 0.01:
        return "It adds the numbers. Did you train it on the differences?"
    error = np.mean((y - right) ** 2)
    if error > 0.15:
        return f"Its error is {error:.3f}; always answering 0 makes 1/6. Train on: the fall comes late."
    return expect(error < 0.01, f"Its error is {error:.3f}. It has heard the bells; train on.")
