"""Judges of the exercises of chapter 10, optimization."""

import numpy as np

from .. import optimizers
from ..gradcheck import numerical_gradient
from . import exercise, expect


def number(answer, right, hints, otherwise, rtol=5e-3):
    """Judge a number; ``hints`` maps values of likely mistakes to what to say."""
    if not np.isscalar(answer) and np.size(answer) != 1:
        return f"One number is asked for; you gave {np.size(answer)}."
    answer = float(np.ravel(answer)[0])
    hint = next((words for value, words in hints if np.isclose(answer, value, rtol=rtol)), otherwise)
    return expect(np.isclose(answer, right, rtol=rtol), hint)


@exercise("10.1")
def largest_rate(answer):
    return number(answer, 2 / 25, [
        (2, "That is the limit for the gentle direction; the steep one throws the walk out long before."),
        (1 / 25, "There the steep direction reaches its bottom in one step. How much further can one go?"),
        (2 / 26, "That is the best rate, (10.2). A little beyond it the walk still converges."),
        (4 / 25, "The curvature is the second derivative: of ½·25·w² it is 25.")],
        "Each direction is multiplied by 1 − ηλ. For which η does one of these factors reach −1?")


@exercise("10.2")
def uniform_limit(answer):
    if np.isscalar(answer) and answer < 0:
        return "The limit a itself is positive."
    return number(answer, np.sqrt(6 / 300), [
        (np.sqrt(2 / 300), "That is the standard deviation. A uniform distribution reaches further than that."),
        (2 / 300, "That is the variance that the weights should have."),
        (6 / 300, "That is a². Take the root."),
        (np.sqrt(3 / 300), "That is LeCun's rule; the ReLU loses half of the mean square."),
        (np.sqrt(6 / 400), "That is Glorot's rule, with the inputs and the outputs. He's counts the inputs."),
        (np.sqrt(6 / 100), "He's rule counts the inputs of a unit, not the units.")],
        "First the variance, by (10.11); then a, by (10.12).")


def adam_path(w, gradient, rate, steps, b1=0.9, b2=0.999, eps=1e-7, stuck=False, squared_m=False):
    m, v = np.zeros_like(w), np.zeros_like(w)
    for t in range(1, steps + 1):
        t, g = (1 if stuck else t), gradient(w)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * (m if squared_m else g) ** 2
        w = w - rate * m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w


@exercise("10.3")
def mended(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    start, slope = np.array([1.0, -2.0]), lambda w: np.array([2.0, 30.0]) * w
    kept = start.copy()
    found = np.asarray(answer(start, slope, 0.05, 12), dtype=float)
    if not np.array_equal(start, kept):
        return "Your function changes the array w that it was given. Return a new one."
    if found.shape != (2,):
        return f"For two weights it should return two; it returns an array of shape {found.shape}."
    for hint, mistakes in {"Both mistakes are still there. Compare (10.23) and (10.25).": {"stuck": True, "squared_m": True},
                           "One is mended. Which number in (10.25) changes from step to step by itself?": {"stuck": True},
                           "One is mended. Of what does (10.23) take the square?": {"squared_m": True}}.items():
        if np.allclose(found, adam_path(start, slope, 0.05, 12, **mistakes), rtol=1e-6):
            return hint
    right = adam_path(start, slope, 0.05, 12)
    return expect(np.allclose(found, right, rtol=1e-5), f"After twelve steps on a test function it is at {found.round(4)} "
                                                        f"instead of {right.round(4)}. Count t from 1.")


@exercise("10.4")
def whiten(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(4)
    X = rng.normal(size=(400, 3)) @ [[2, 1, 0], [0, 0.5, 0.3], [0.4, 0, 3]] + [5, -1, 100]
    kept = X.copy()
    found = np.asarray(answer(X), dtype=float)
    if not np.array_equal(X, kept):
        return "Your function changes the array that it was given. Return a new one."
    if found.shape != X.shape:
        return f"From shape {X.shape} it should make shape {X.shape}; it makes {found.shape}."
    if not np.isfinite(found).all():
        return "Some of what it returns is not a finite number."
    if not np.allclose(found.mean(axis=0), 0, atol=1e-6):
        return "The columns do not have the mean 0. Subtract the mean of each column first."
    C = found.T @ found / len(X)
    if np.allclose(C / (1 - 1 / len(X)), np.eye(3), atol=1e-6):
        return None                                  # divided by N - 1, as some do
    between = C - np.diag(np.diag(C))
    if np.allclose(np.diag(C), 1, atol=1e-6):
        return expect(np.allclose(between, 0, atol=1e-6), "The variances are 1, but the columns still move together: "
                      f"the mean product of two of them is {between.flat[np.abs(between).argmax()]:.2f}. Turn first.")
    return ("The columns no longer move together, but their variances are "
            f"{np.diag(C).round(2)}. Divide each by its root." if np.allclose(between, 0, atol=1e-6 * np.abs(C).max())
            else "The covariance of the result should be the unit matrix. The eigenvectors are the columns of Q.")


@exercise("10.5")
def forgotten(answer):
    hints = {458: "After 458 steps it is 0.01002: one more.", 100: "After 100 steps it is 0.99 to the power of 100, 0.37.",
             99: "The share shrinks by a factor at each step, not by a difference.",
             460: "One step earlier it is already below one per cent."}
    answer = answer.item() if getattr(answer, "size", 0) == 1 else answer
    if isinstance(answer, float) and not answer.is_integer():
        return "Steps are whole: the first number of them for which it holds."
    return expect(answer == 459, hints.get(answer, "For which k is 0.99 to the power of k smaller than 0.01?"))


@exercise("10.6")
def by_rows(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(6)
    z, dy = rng.normal(size=(3, 5)) * [[1], [4], [0.5]] + 1, rng.normal(size=(3, 5))

    def normal(z, axis):
        z0 = z - z.mean(axis=axis, keepdims=True)
        return z0 / np.sqrt((z0**2).mean(axis=axis, keepdims=True))

    by_axis = [numerical_gradient(lambda v, a=a: np.sum(dy * normal(v, a)), z) for a in (0, 1)]
    found = np.asarray(answer(z, dy), dtype=float)
    s = z.std(axis=1, keepdims=True)
    if found.shape != z.shape:
        return f"dz has the shape of z, {z.shape}; yours has {found.shape}."
    if np.allclose(found, by_axis[0], atol=1e-6):
        return "That is batch normalisation: the means go over the samples. Here they go over the units of each."
    if np.allclose(found, dy / s):
        return "You treat the mean and s as constants. Every z of a row takes part in both."
    if np.allclose(found, (dy - dy.mean(axis=1, keepdims=True)) / s):
        return "The way through s is missing: the last term of (10.33)."
    if np.allclose(found * s, by_axis[1], atol=1e-6) or np.allclose(found / s, by_axis[1], atol=1e-6):
        return "It is right but for a power of s."
    return expect(np.allclose(found, by_axis[1], atol=1e-6), "Finite differences disagree. Take (10.33), and let each mean go "
                                                             "over the units of one row.")


@exercise("10.7")
def out_of_the_ravine(answer):
    if isinstance(answer, type) or not isinstance(answer, optimizers.Optimizer):
        return "Hand in an optimizer of unrolled with its settings, such as dl.optimizers.SGD(0.1)."
    optimizer = type(answer).from_config(answer.get_config())         # without what it has seen before
    c, s = np.cos(np.radians(40)), np.sin(np.radians(40))
    Q = np.array([[c, s], [-s, c]])
    H, w = Q.T @ np.diag([0.1, 8.0]) @ Q, np.array([-1.7, -0.7])
    with np.errstate(all="ignore"):
        for _ in range(60):
            optimizer.apply([H @ w], [w])
        loss = w @ H @ w / 2
    if not loss < 10:
        return "It leaves the ravine uphill. A smaller rate?"
    return expect(loss < 1e-7, f"After sixty steps the loss is {loss:.2g}. What does (10.17) say for curvatures of 0.1 and 8?")
