"""Judges of the exercises of chapter 3, linear algebra."""

import tracemalloc

import numpy as np

from . import exercise, expect


def matrix(answer, right, hints):
    """Judge a matrix, with a hint for each wrong one that is known."""
    answer = np.asarray(answer, dtype=float)
    if answer.shape != np.shape(right):
        return f"A matrix of shape {np.shape(right)} is asked for; yours has shape {answer.shape}."
    for wrong, hint in hints:
        if np.allclose(answer, wrong):
            return hint
    return expect(np.allclose(answer, right), "Compute entry by entry: row of the left factor times column of the right one.")


@exercise("03.1")
def clockwise(answer):
    answer = np.asarray(answer, dtype=float)
    if answer.shape != (2, 2):
        return f"A 2 × 2 matrix is asked for; yours has shape {answer.shape}."
    if np.allclose(answer, [[0, -1], [1, 0]]):
        return "That turns to the left. Its columns are where (1, 0) and (0, 1) go."
    to = [f"({x:g}, {y:g})" for x, y in answer.T]
    return expect(np.allclose(answer, [[0, 1], [-1, 0]]),
                  f"Yours sends (1, 0) to {to[0]} and (0, 1) to {to[1]}. Where should they go?")


@exercise("03.2")
def product(answer):
    return matrix(answer, [[2, 8], [1, 7]], [
        ([[6, 12], [1, 3]], "That is the product in the other order."),
        ([[2, 0], [0, 3]], "That is the product entry by entry."),
        ([[2, 1], [8, 7]], "That is its transpose: row times column gives row i, column k.")])


@exercise("03.3")
def shapes(answer):
    answer = [tuple(int(n) for n in np.ravel(shape)) for shape in answer]
    if len(answer) != 3:
        return f"Three shapes are asked for; you gave {len(answer)}."
    weights, bias, output = answer
    if weights == (100, 2352):
        return "Samples are rows and stand on the left of the weights, so the weights have the shape (inputs, units)."
    if weights != (2352, 100):
        return f"Flattened, a picture has 28 · 28 · 3 numbers, so the weights do not have the shape {weights}."
    if bias != (100,):
        return f"One number for each unit, and no axis for samples: broadcasting repeats it. You gave {bias}."
    return expect(output == (32, 100), f"One row for each picture, one column for each unit; you gave {output}.")


@exercise("03.4")
def standardise(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    X = np.array([[1.0, 10.0, 5.0], [2.0, 30.0, 5.0], [6.0, 20.0, 5.0]])
    kept = X.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.asarray(answer(X))
    if not np.array_equal(X, kept):
        return "Your function changes the table that it is given. Return a new one."
    if found.shape != X.shape:
        return f"A table of shape {X.shape} came back with shape {found.shape}."
    if not np.isfinite(found[:, 2]).all():
        return "The third column of the test is the same everywhere, and you divide by its standard deviation, 0."
    if np.allclose(found.mean(axis=1), 0) and not np.allclose(found.mean(axis=0), 0):
        return "You have standardised the rows. To average over the samples is axis=0."
    centred = X - X.mean(axis=0)
    if np.allclose(found[:, :2], centred[:, :2] / X[:, :2].std(axis=0, ddof=1)):
        return "You divided by N − 1 in the standard deviation; a mean square divides by N."
    right = centred / [X[:, 0].std(), X[:, 1].std(), 1]
    mean, spread = found.mean(axis=0).round(3), found.std(axis=0).round(3)
    return expect(np.allclose(found, right), f"The columns of your result have the means {mean} and the standard deviations "
                                             f"{spread}; they should be 0 and 1, and 0 for the last.")


@exercise("03.5")
def multiplications(answer):
    answer = tuple(int(n) for n in np.ravel(answer))
    if len(answer) != 2:
        return f"Two numbers are asked for; you gave {len(answer)}."
    right = (50 * 64 * 32 + 50 * 32 * 10, 64 * 32 * 10 + 50 * 64 * 10)
    if answer == right[::-1]:
        return "They are exchanged."
    wrong = "first" if answer[0] != right[0] else "second"
    return expect(answer == right, f"The {wrong} is not right. A product of shapes (m, n) and (n, l) takes m · n · l "
                                   "multiplications.")


@exercise("03.6")
def distances(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    generator = np.random.default_rng(0)
    X, M = generator.standard_normal((5, 3)), generator.standard_normal((4, 3))
    found = np.asarray(answer(X, M))
    right = ((X[:, None] - M) ** 2).sum(axis=-1)
    if found.shape == (4, 5):
        return "Samples are rows of the result, means its columns; yours is the other way round."
    if found.shape != (5, 4):
        return f"For X of shape (5, 3) and M of shape (4, 3) the result should have shape (5, 4), not {found.shape}."
    if np.allclose(found, np.sqrt(right)):
        return "The squared distances are asked for."
    X, M = generator.standard_normal((60, 50)), generator.standard_normal((40, 50))
    tracemalloc.start()
    answer(X, M)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if np.allclose(found, right) and peak > 20 * 60 * 40 * 8:
        return "Right, but on the way you make an array with three axes, of N · K · D numbers. (3.3) does without."
    return expect(np.allclose(found, right), "The shape is right, the numbers are not. Which of the three terms of (3.3) "
                                             "belongs to a row, which to a column?")


@exercise("03.7")
def creases(answer):
    answer = [float(s) for s in np.ravel(answer)]
    x = np.concatenate([np.arange(0.125, 8, 0.25), np.arange(8) + 1e-3, np.arange(1, 9) - 1e-3])    # close to the edges, too
    kind = np.floor(x) % 2
    for s in answer:
        x = s - np.abs(x - s)
    order = np.argsort(x, kind="stable")
    places, kinds = x[order], kind[order]
    if any(set(kinds[np.isclose(places, p, rtol=0, atol=1e-6)]) == {0, 1} for p in places):
        return "Points of different kinds have come to lie on each other, and no cut separates them any more."
    changes = int(np.sum(kinds[1:] != kinds[:-1]))
    if changes > 1:
        return f"After these folds the kinds still alternate: one would need {changes} cuts."
    return expect(len(answer) <= 3, f"It works, with {len(answer)} folds. Fewer are enough.")
