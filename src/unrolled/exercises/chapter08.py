"""Judges of the exercises of chapter 8, going deep."""

import numpy as np

from .. import datasets
from . import exercise, expect


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@exercise("08.1")
def connections(answer):
    if answer == 784 * 200 + 200 * 200 + 200 * 10 + 410:
        return "The biases are to be left out."
    if answer == 784 * 200 + 200 * 10:
        return "That is one hidden layer. Between the two of them there are weights too."
    if answer == 784 * 200 * 200 * 10:
        return "The layers' weights add up; they do not multiply."
    return expect(answer == 198_800, "Layer by layer: units below times units above. There are three such products.")


@exercise("08.2")
def factor(answer):
    answer = float(answer)
    if np.isclose(answer, 0.75**5):
        return "From the fifth layer to the first it passes four times through a layer, not five."
    if np.isclose(answer, 0.25**4):
        return "That is the bound without the weights, each of which is 3."
    if np.isclose(answer, 3.0**4):
        return "Each passage also has a slope, and the sigmoid's at 0 is a quarter."
    if np.isclose(answer, 4 * 0.75):
        return "Factors along a chain multiply."
    return expect(np.isclose(answer, 0.75**4, rtol=2e-3), "How many passages are there, and what do one weight and one slope "
                                                          "contribute?")


@exercise("08.3")
def swish(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    z = np.array([-3.0, -1.0, 0.0, 0.5, 2.0])
    found, s = np.asarray(answer(z), dtype=float), sigmoid(z)
    if found.shape != z.shape:
        return f"For an array of shape {z.shape} it should return one of that shape, not {found.shape}."
    if np.allclose(found, z * s):
        return "That is the function; its derivative is asked for."
    if np.allclose(found, s * (1 - s)):
        return "That is the derivative of the sigmoid. It is multiplied by z: use the product rule."
    if np.allclose(found, s) or np.allclose(found, z * s * (1 - s)):
        return "The product rule has two terms; one is missing."
    right = s + z * s * (1 - s)
    return expect(np.allclose(found, right, atol=1e-5), "It does not agree with differences of z σ(z): at z = 0.5 the slope "
                                                        f"is {right[3]:.4f}; you have {found[3]:.4f}.")


@exercise("08.4")
def prelu(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    z = np.array([[1.0, -2.0, 0.5], [-1.0, -0.5, 2.0]])
    alpha, dh = np.array([0.1, -0.2, 0.3]), np.array([[1.0, 2.0, -1.0], [3.0, -1.0, 0.5]])
    given = [a.copy() for a in (z, alpha, dh)]
    dz, dalpha = (np.asarray(a, dtype=float) for a in answer(z, alpha, dh))
    if not all(map(np.array_equal, given, (z, alpha, dh))):
        return "It changes the arrays that it is given. Work on copies, or compute new ones."
    if dz.shape != z.shape or not np.allclose(dz, np.where(z > 0, dh, alpha * dh)):
        return "dz is not right: dh where z > 0, and alpha times dh elsewhere."
    each = dh * np.minimum(z, 0)
    if dalpha.shape == each.shape and np.allclose(dalpha, each):
        return "dalpha still has a row for each sample. All samples share the slopes: sum over them."
    if np.shape(dalpha) == (3,) and np.allclose(dalpha, each.mean(axis=0)):
        return "dalpha is a sum over the samples, not a mean; dh already contains a division, if there is one."
    if np.size(dalpha) == 1 and np.allclose(dalpha, each.sum()):
        return "Each unit has a slope of its own: sum over the samples only."
    if dalpha.size == 3 and np.allclose(dalpha.ravel(), (dh * z).sum(axis=0)):
        return "Where z > 0 the slope is not used, and its derivative is 0."
    if dalpha.size == 3 and np.allclose(dalpha.ravel(), np.minimum(z, 0).sum(axis=0)):
        return "dalpha lacks the factor dh of (8.13)."
    same = dalpha.size == 3 and np.allclose(dalpha.ravel(), each.sum(axis=0))
    return expect(same, "dz is right; dalpha is not. Look at (8.13).")


@exercise("08.5")
def distance(answer):
    if len(answer) != 2:
        return f"W and b are asked for; you gave {len(answer)} things."
    W, b = (np.asarray(a, dtype=float) for a in answer)
    if W.shape != (2, 2) or b.size != 2:
        return f"The shapes should be (2, 2) and (2,); yours are {W.shape} and {b.shape}."
    x = np.array([[3.0, 1.0], [1.0, 4.0], [-2.0, 0.5], [2.0, 2.0], [-1.0, -3.0]])
    says, right = (x @ W + b.ravel()).max(axis=1), np.abs(x[:, 0] - x[:, 1])
    if np.allclose((x @ W.T + b.ravel()).max(axis=1), right) and not np.allclose(says, right):
        return "Rows and columns are exchanged: column k holds the weights of function k."
    if np.allclose(says, x.max(axis=1)):
        return "That is the larger of the two, not their distance."
    wrong = ~np.isclose(says, right)
    return expect(not wrong.any(), f"For {x[wrong][:1].tolist()} it says {says[wrong][:1].round(3).tolist()} instead of "
                                   f"{right[wrong][:1].tolist()}. Of x₁ − x₂ and x₂ − x₁, which is the distance?")


@exercise("08.6")
def dead(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    z = np.array([[-1.0, 2.0, -3.0, 0.0, -1.0], [-2.0, -1.0, 0.5, -1.0, 3.0],
                  [-0.5, -2.0, -1.0, 0.0, 2.0], [-1.0, -2.0, -1.0, -1.0, 2.0]])
    found = np.asarray(answer(z), dtype=float)
    if found.size != 1:
        return f"One number is asked for, the share of the dead units; it returns {found.size}."
    found = found.item()
    hints = {2.0: "That is their number; the share is asked for.",
             np.mean(z <= 0): "That is the share of the silent entries. A dead unit is silent for all samples.",
             1.0: "A unit is dead if it is silent for all samples, not for any.",
             0.2: "A unit whose z is 0 at most is dead too: the slope at 0 is 0.",
             np.mean(np.all(z <= 0, axis=1)): "That is the share of samples for which all are silent. Samples are the rows."}
    if np.isclose(found, 0.4):
        return expect(np.isclose(float(answer(np.ones((3, 2)))), 0), "Where all net inputs are positive, nothing is dead.")
    other = f"For an example in which 2 of 5 units are dead it says {found:g}."
    return next((hint for value, hint in hints.items() if np.isclose(found, value)), other)


@exercise("08.7")
def deep_sigmoids(answer):
    if not hasattr(answer, "predict") or not hasattr(answer, "layers"):
        return "Hand in the trained model itself."
    functions = [getattr(layer, "activation", None) for layer in answer.layers]
    bends = [name for f in functions if f is not None and (name := getattr(f, "__name__", str(f))) != "linear"]
    last = getattr(functions[-1], "__name__", "linear") if functions else "linear"
    hidden = bends if last == "linear" else bends[:-1]
    if len(hidden) < 6:
        return f"It has {len(hidden)} hidden layers with a bend; at least six are asked for."
    if set(hidden) != {"sigmoid"}:
        return f"All hidden bends should be sigmoids; yours are {', '.join(sorted(set(hidden)))}."
    _, (x, t) = datasets.digits()
    scores = np.asarray(answer.predict(x.reshape(-1, 64), verbose=0))
    if scores.shape != (360, 10):
        return f"For 360 digits it should give 360 rows of 10; it gives an array of shape {scores.shape}."
    right = np.mean(scores.argmax(axis=1) == t)
    return expect(right >= 0.8, f"It reads {right:.0%} of the test digits. What arrives at its first layer? Larger weights at "
                                "the start, a larger rate, or more epochs?")
