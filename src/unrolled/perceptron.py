"""The perceptron (感知机): a neuron with a threshold that learns by correcting its errors (chapter 5)."""

from typing import NamedTuple

import numpy as np

from .batches import array, whole


def step(z, strict=False):
    """Fire or not: 1 where ``z >= 0``, else 0; with ``strict``, 1 only where ``z > 0``.

    The two conventions differ only for an input that lies exactly on the decision line, but a perceptron that starts at
    zero weights meets that case first, so its whole course depends on the choice.

    Parameters
    ----------
    z : array_like of any shape
        Net input ``w·x + b``.
    strict : bool, default False
        Whether a net input of exactly zero stays silent.

    Returns
    -------
    ndarray of int, the shape of ``z``
    """
    z = array("net input", z)
    return (z > 0 if strict else z >= 0).astype(int)


class Presentation(NamedTuple):
    """One sample shown to a learning perceptron: the state before it, the answer, and what follows from it.

    Attributes
    ----------
    k : int
        Number of the presentation, counted from 1.
    x : ndarray of shape (D,)
    t : int
        Target, 0 or 1.
    w : ndarray of shape (D,)
        Weights before the correction.
    b : float
        Bias before the correction; the threshold is ``-b``.
    y : int
        The answer, 0 or 1.
    """

    k: int
    x: np.ndarray
    t: int
    w: np.ndarray
    b: float
    y: int

    @property
    def error(self):
        """``t - y``: 1, 0 or -1."""
        return self.t - self.y

    @property
    def dw(self):
        """Correction of the weights, ``(t - y) x``."""
        return self.error * self.x

    @property
    def db(self):
        """Correction of the bias, ``t - y``; of the threshold, minus that."""
        return self.error


class Perceptron:
    r"""A neuron that fires when its net input reaches zero, and learns by correcting its errors.

    .. math::  y = f(w \cdot x + b), \qquad \Delta w = (t - y)\, x, \qquad \Delta b = t - y

    It starts at ``w = 0, b = 0``, is shown the samples in their order, corrects itself after each, and stops after a whole
    pass without a correction. If a line (a hyperplane) separates the two classes, that happens after finitely many
    corrections (Novikoff 1962); if none does, it never happens.

    Parameters
    ----------
    strict : bool, default False
        Fire only above the threshold, not at it; see :func:`step`.

    Attributes
    ----------
    w : ndarray of shape (D,)
    b : float
    presentations : list of Presentation
        Everything :meth:`fit` did, in order.
    converged : bool
        Whether the last pass needed no correction.

    References
    ----------
    F. Rosenblatt, *The perceptron*, Psychological Review 65 (1958); A. Novikoff, *On convergence proofs on perceptrons* (1962).
    Equations (5.5) to (5.7) of chapter 5.
    """

    def __init__(self, strict=False):
        self.strict = strict
        self.w, self.b = None, 0.0
        self.presentations, self.converged = [], False

    def predict(self, x):
        """Answers 0 or 1, of shape (N,), to inputs of shape (N, D), or one answer to one input of shape (D,)."""
        if self.w is None:
            raise RuntimeError("This perceptron has not learned anything yet: call fit first.")
        x = array("inputs", x).astype(float)
        if x.ndim not in (1, 2) or x.shape[-1] != len(self.w):
            raise ValueError(f"This perceptron has {len(self.w)} inputs; it was given an array of shape {x.shape}.")
        return step(x @ self.w + self.b, self.strict)

    def fit(self, x, t, epochs=1000):
        """Learn from the samples until a whole pass needs no correction, or for ``epochs`` passes.

        Parameters
        ----------
        x : array_like of shape (N, D)
            Inputs, one sample per row.
        t : array_like of shape (N,)
            Targets, 0 or 1.
        epochs : int, default 1000
            Most passes over the samples.

        Returns
        -------
        Perceptron
            Itself, with ``converged`` telling how it ended.

        Raises
        ------
        ValueError
            If shapes do not match, there are no samples, targets are not 0 or 1, or inputs are not finite.
            The perceptron is then as it was before.
        """
        x, t = samples(x, t)
        epochs = whole("epochs", epochs)
        w, b, seen, converged = np.zeros(x.shape[1]), 0.0, [], False
        for _ in range(epochs):
            for x_n, t_n in zip(x, t, strict=True):
                y = int(step(w @ x_n + b, self.strict))                # y = f(w·x + b)
                now = Presentation(len(seen) + 1, x_n, int(t_n), w, b, y)
                w, b = w + now.dw, b + now.db                          # Δw = (t − y) x,  Δb = t − y
                seen.append(now)
            converged = not any(p.error for p in seen[-len(x):])
            if converged:
                break
        self.w, self.b, self.presentations, self.converged = w, b, seen, converged
        return self


def samples(x, t):
    """Inputs as floats of shape (N, D) and targets as integers of shape (N,), or a ValueError that says what is wrong."""
    x, t = array("inputs", x).astype(float), array("targets", t)
    if x.ndim != 2 or t.ndim != 1 or len(x) != len(t):
        raise ValueError(f"Expected inputs of shape (N, D) and N targets of shape (N,); got shapes {x.shape} and {t.shape}.")
    if not x.size:
        raise ValueError(f"There is nothing to learn from: the inputs have shape {x.shape}.")
    if not np.isfinite(x).all():
        raise ValueError("Inputs must be finite numbers; some are NaN or infinite.")
    if not np.isin(t, (0, 1)).all():
        wrong = t[~np.isin(t, (0, 1))][0]
        raise ValueError(f"Targets must be 0 or 1; found {wrong}.")
    return x, t.astype(int)
