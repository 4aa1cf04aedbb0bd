"""Judges of the exercises of chapter 7, multilayer perceptrons."""

import itertools

import numpy as np

from ..gradcheck import numerical_gradient
from ..perceptron import step
from . import exercise, expect
from .chapter02 import three as numbers

CASES = np.array(list(itertools.product((0.0, 1.0), repeat=2)))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@exercise("07.1")
def both_or_none(answer):
    if len(answer) != 4:
        return f"W, b, V and c are asked for; you gave {len(answer)} things."
    W, b, V, c = (np.asarray(a, dtype=float) for a in answer)
    if W.shape != (2, 2) or V.size != 2 or b.size != 2 or c.size != 1:
        return f"The shapes should be (2, 2), (2,), (2, 1) and (1,); yours are {W.shape}, {b.shape}, {V.shape} and {c.shape}."
    y = step(step(CASES @ W + b.ravel()) @ V.ravel() + c.ravel())
    if np.array_equal(y, [0, 1, 1, 0]):
        return "That is XOR: the lamp is on where it should be off."
    return expect(np.array_equal(y, [1, 0, 0, 1]), f"For (0, 0), (0, 1), (1, 0), (1, 1) it says {y.astype(int).tolist()} "
                                                   "instead of [1, 0, 0, 1].")


@exercise("07.2")
def weights(answer):
    if answer == 784 * 50 + 50 * 100 + 100 * 10:
        return "The biases are missing: one for each unit that is not an input."
    if answer == 784 * 50 + 784 + 50 * 100 + 50 + 100 * 10 + 100:
        return "A layer has as many biases as it has outputs, not inputs."
    return expect(answer == 45360, "Layer by layer: inputs times units, and one bias for each unit.")


@exercise("07.3")
def blame(answer):
    def hint(a):
        if np.allclose(a, (0.125, -0.16)):
            return "The sign: the output's blame is y − t, not t − y."
        if np.allclose(a, (-0.5, 1)):
            return "That is ∂E/∂h. The slope of the bend, h (1 − h), is missing."
        if np.allclose(a, (-0.125 * 0.1875, 0.16 * 0.1875)):
            return "With cross-entropy the output's blame is y − t, without the factor y (1 − y)."
        return "First the output's blame, (7.5); then (7.7), with h (1 − h) for the slope."

    return numbers(answer, (-0.125, 0.16), hint)


@exercise("07.4")
def tanh_layer(answer):
    if not isinstance(answer, type):
        return "Give the class itself, without calling it."
    layer, z, dy = answer(), np.linspace(-2, 2, 6).reshape(2, 3), np.array([[1.0, -2, 3], [0.5, 1, 1]])
    y = np.array(layer.forward(z))
    if not np.allclose(y, np.tanh(z)):
        return "forward(z) does not return tanh(z)."
    right, twice = dy * (1 - np.tanh(z) ** 2), dy * (1 - np.tanh(np.tanh(z)) ** 2)
    first, second = np.array(layer.backward(dy)), np.array(layer.backward(dy))
    if np.allclose(first, 1 - np.tanh(z) ** 2):
        return "backward(dy) returns the slope. Multiply by what came back, dy."
    if np.allclose(first, twice):
        return "You take tanh twice: if y is kept, the slope is 1 − y²."
    if not np.allclose(first, right):
        return "forward is right; backward should return dy times the slope of tanh, which is 1 − y²."
    return expect(np.allclose(second, right), "The second call of backward gives something else than the first.")


@exercise("07.5")
def mended(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(1)
    x, t = rng.standard_normal((6, 3)), rng.integers(0, 2, (6, 2))
    weights = [rng.standard_normal(shape) for shape in ((3, 4), (4,), (4, 2), (2,))]

    def loss(weights):
        W, b, V, c = weights
        z = np.maximum(x @ W + b, 0) @ V + c
        return np.sum(np.logaddexp(0, z) - t * z)

    for k, (name, found) in enumerate(zip(["W", "b", "V", "c"], answer(x, t, *weights), strict=True)):
        right = numerical_gradient(lambda w, k=k: loss([*weights[:k], w, *weights[k + 1:]]), weights[k])
        if not np.allclose(np.ravel(found), right.ravel(), atol=1e-6):
            return f"The derivative by {name} is not that of the loss."
    return None


@exercise("07.6")
def measures(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    t, y = np.array([1, 1, 1, 0, 0, 0, 0, 0]), np.array([1, 0, 0, 1, 0, 0, 0, 0])
    found = tuple(float(a) for a in answer(t, y))
    if len(found) == 3 and np.allclose(found, (5 / 8, 1 / 3, 1 / 2)):
        return "Precision and recall are exchanged: precision divides by those who are called 1."
    right = (5 / 8, 1 / 2, 1 / 3)
    hint = "With TP 1, FN 2, FP 1, TN 4 it should give 0.625, 0.5, 0.333; it gives"
    if hint := numbers(found, right, lambda a: f"{hint} {a.round(3)}."):
        return hint
    healthy = tuple(float(a) for a in answer(np.zeros(8, dtype=int), y))
    if not np.allclose(healthy, (6 / 8, 0, 0)):
        return f"Where nothing is 1, recall has nothing to divide by and should be 0; it is {healthy[2]:g}."
    nobody = tuple(float(a) for a in answer(t, np.zeros(8, dtype=int)))
    return expect(np.allclose(nobody, (5 / 8, 0, 0)), "Where nothing is called 1, precision has nothing to divide by and "
                                                      f"should be 0; it is {nobody[1]:g}.")


@exercise("07.7")
def parity(answer):
    if not hasattr(answer, "predict"):
        return "Hand in the trained model itself."
    cases = np.array(list(itertools.product((0.0, 1.0), repeat=3)))
    said = np.asarray(answer.predict(cases))
    if said.shape not in ((8,), (8, 1)):
        return f"For eight cases it should give eight chances; it gives an array of shape {said.shape}."
    wrong = (np.ravel(said) > 0.5) != cases.sum(axis=1) % 2
    return expect(not wrong.any(), f"It is wrong about {wrong.sum()} of the eight cases, such as "
                                   f"{cases[wrong][:1].astype(int).tolist()}. Another seed, more units, or more steps?")
