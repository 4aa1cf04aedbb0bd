"""Judges of the exercises of chapter 6, logistic regression."""

import numpy as np

from ..activations import sigmoid
from ..datasets import two_gaussians
from . import exercise, expect


def mean_cross_entropy(z, t):
    return np.mean(np.logaddexp(0, z) - t * z)


@exercise("06.1")
def symmetry(answer):
    hints = {1.0: "The first and the last make 1. And the one in the middle?"}
    return expect(np.isclose(answer, 1.5), hints.get(answer, "What do σ(3) and σ(−3) make together?"))


@exercise("06.2")
def surer(answer):
    if np.isclose(answer, np.log(99)):
        return "That is z for 0.99; how much was it for 0.9?"
    if np.isclose(answer, 11):
        return "That is the factor between the odds. z is their logarithm."
    return expect(np.isclose(answer, np.log(11), atol=0.005),
                  "State both chances as odds; z is the logarithm of the odds (6.1).")


@exercise("06.3")
def stable(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    z, t = np.random.default_rng(3).normal(0, 2, 20), np.arange(20) % 2
    with np.errstate(all="ignore"):
        small, large = answer(z, t), answer(np.array([1000.0, -1000.0]), np.array([0, 1]))
    if np.isclose(small, -mean_cross_entropy(z, t)):
        return "The minus sign of (6.9) is missing."
    if np.isclose(small, 20 * mean_cross_entropy(z, t)):
        return "That is the sum over the samples; the mean is asked for."
    if not np.isclose(small, mean_cross_entropy(z, t)):
        return f"For twenty random samples it gives {small:.4f} instead of {mean_cross_entropy(z, t):.4f}."
    return expect(np.isclose(large, 1000), f"For z = ±1000, both wrong, it gives {large}, not 1000. Write ln σ(z) as "
                                           "−ln(1 + e^−z), and look at np.logaddexp.")


@exercise("06.4")
def one_step(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(4)
    x, t, w, b = rng.normal(size=(7, 3)), rng.integers(0, 2, 7), rng.normal(size=3), 0.2
    before, error = w.copy(), t - sigmoid(x @ w + b)
    new_w, new_b = answer(w, b, x, t, 0.3)
    if not np.array_equal(w, before):
        return "Your function changes the array w that it was given. Return a new one."
    if np.allclose(new_w, w - 0.3 * error @ x / 7):
        return "It goes uphill: subtract the gradient, which is (y − t) x."
    if np.allclose(new_w, w + 0.3 * error @ x):
        return "That is the gradient of the sum; the mean is asked for."
    if not np.allclose(new_w, w + 0.3 * error @ x / 7):
        return f"w should become {(w + 0.3 * error @ x / 7).round(4)}; it becomes {np.round(new_w, 4)}."
    return expect(np.isclose(new_b, b + 0.3 * error.mean()), "w is right. b moves by the rate times the mean of t − y, "
                                                            "with y from before the step.")


@exercise("06.5")
def largest_rate(answer):
    hints = {1.0: "That is so for x². What is the derivative of 3x²?",
             1 / 6: "There the first step reaches 0. A little beyond it still converges, changing sides."}
    hint = next((h for value, h in hints.items() if np.isclose(answer, value)), "By which factor does one step multiply x?")
    return expect(np.isclose(answer, 1 / 3, atol=0.001), hint)


@exercise("06.6")
def boundary(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(6)
    W, b = rng.normal(size=(2, 4)), rng.normal(size=4)
    line = np.ravel(answer(W, b, 1, 3)).astype(float)
    right = np.array([*(W[:, 1] - W[:, 3]), b[1] - b[3]])
    if line.shape != (3,):
        return f"A line is three numbers (w1, w2, c); you returned {line.size}."
    ratio = line / right
    if np.allclose(ratio, ratio[0]) and ratio[0] < 0:
        return "It is the right line with its sides exchanged: the sign should be positive on the side of j."
    return expect(np.allclose(ratio, ratio[0]), "Where are z_j and z_k equal? Classes have columns in W.")


@exercise("06.7")
def ever_surer(answer):
    w, b = np.ravel(answer[0]).astype(float), float(answer[1])
    x, t = two_gaussians()
    if w.shape != (2,):
        return f"Two inputs need two weights; you gave {w.size}."
    loss = mean_cross_entropy(x @ w + b, t)
    return expect(loss < 0.001, f"The mean cross-entropy is {loss:.4f}. Take more steps, or larger ones.")
