"""Data that are made: truth tables, clouds in the plane, a curve with noise."""

import numpy as np

from ..batches import number, whole
from ..utils import random_state, unknown

TRUTH = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0], "nor": [1, 0, 0, 0],
         "xor": [0, 1, 1, 0], "not": [1, 0]}


def gate(name):
    """Return the truth table of a logic gate.

    Parameters
    ----------
    name : {"and", "or", "nand", "nor", "xor", "not"}
        In capitals or not.

    Returns
    -------
    x : ndarray of shape (4, 2), float64
        The inputs 00, 01, 10, 11; of NOT the inputs 0, 1, of shape (2, 1).
    t : ndarray of shape (4,) or (2,), int64
        What the gate answers.

    Raises
    ------
    ValueError
        If there is no gate of that name.
    """
    key = str(name).lower()
    if key not in TRUTH:
        raise unknown("gate", name, TRUTH)
    t = np.array(TRUTH[key], dtype=np.int64)
    inputs = [[0], [1]] if key == "not" else [[0, 0], [0, 1], [1, 0], [1, 1]]
    return np.array(inputs, dtype=float), t


def two_gaussians(n=10, mean=5.0, seed=123):
    """Return points of two classes in the plane, normally distributed with unit variance.

    The defaults give the twenty points of the perceptron experiment in chapter 5, digit for digit.

    Parameters
    ----------
    n : int, default 10
        Points of each class.
    mean : float, default 5
        Class 0 lies around (0, 0), class 1 around (`mean`, `mean`).
    seed : int, default 123
        Of NumPy's ``RandomState``, whose numbers never change.

    Returns
    -------
    x : ndarray of shape (2n, 2), float64
        First the points of class 0.
    t : ndarray of shape (2n,), int64
        Their classes, 0 or 1.

    Raises
    ------
    ValueError
        If there would be no point.
    """
    _check("two_gaussians", n)
    number("mean", mean)
    rng = random_state(seed)
    x = np.concatenate([rng.randn(n, 2) + [0, 0], rng.randn(n, 2) + [mean, mean]])
    return x, np.repeat(np.arange(2, dtype=np.int64), n)


def three_gaussians(n=100, seed=0):
    """Return points of three classes in the plane, normally distributed with unit variance (chapter 6).

    Parameters
    ----------
    n : int, default 100
        Points of each class.
    seed : int, default 0

    Returns
    -------
    x : ndarray of shape (3n, 2), float64
        Around (0, 10), (5, 5) and (10, 0), in this order.
    t : ndarray of shape (3n,), int64
        Their classes, 0, 1 or 2.

    Raises
    ------
    ValueError
        If there would be no point.
    """
    _check("three_gaussians", n)
    means = np.array([[0, 10], [5, 5], [10, 0]])
    x = random_state(seed).randn(3, n, 2) + means[:, None]
    return x.reshape(-1, 2), np.repeat(np.arange(3, dtype=np.int64), n)


def moons(n=300, noise=0.3, seed=0):
    """Return points of two classes that no line parts: two half moons, one inside the bend of the other (chapter 7).

    Parameters
    ----------
    n : int, default 300
        Points in all.
    noise : float, default 0.3
        Standard deviation of the normal noise around the moons.
    seed : int, default 0

    Returns
    -------
    x : ndarray of shape (n, 2), float64
        In random order.
    t : ndarray of shape (n,), int64
        Their classes, 0 or 1.

    Raises
    ------
    ValueError
        If there would be no point, or the noise is negative.
    """
    from sklearn.datasets import make_moons

    _check("moons", n, noise)
    x, t = make_moons(n, noise=noise, random_state=random_state(seed))
    return x, t.astype(np.int64)


def cosine(n=30, noise=0.1, seed=0):
    r"""Return noisy samples of a curve, for fitting polynomials (chapter 9).

    .. math::  t = \cos(\tfrac{3\pi}{2} x) + \varepsilon

    Parameters
    ----------
    n : int, default 30
    noise : float, default 0.1
        Standard deviation of the normal noise.
    seed : int, default 0

    Returns
    -------
    x, t : ndarrays of shape (n,), float64
        x uniform in [0, 1), in random order.

    Raises
    ------
    ValueError
        If there would be no point, or the noise is negative.
    """
    _check("cosine", n, noise)
    rng = random_state(seed)
    x = rng.rand(n)
    return x, np.cos(1.5 * np.pi * x) + noise * rng.randn(n)


def _check(name, n, noise=0):
    if not isinstance(n, int | np.integer) or n < 1:
        raise ValueError(f"{name} needs at least one point, but n is {n!r}.")
    whole("n", n)
    if not number("noise", noise) >= 0:
        raise ValueError(f"The noise of {name} is a standard deviation, 0 or more, but is {noise!r}.")
