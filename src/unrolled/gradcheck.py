r"""Checks of backward passes against finite differences, in float64.

For a layer y = f(x, w) and a random v, the number :math:`L = \sum v \odot y` has the derivatives that
``backward(v)`` returns and adds up. A *central difference* :math:`(L(w + h u) - L(w - h u)) / 2h` measures
the derivative in a direction u: one entry at a time (`check`), or, much cheaper, once in a random direction
for everything together (`check_direction`).
"""

import numpy as np

from .batches import Arrays, array, number
from .layers import Layer
from .utils import generator


def numerical_gradient(f, x, h=1e-5):
    """Return the derivative of the number f(x) by each entry of x, by central differences.

    Parameters
    ----------
    f : function
        From an array like `x` to a number.
    x : numpy.ndarray of float64
    h : float
        The step.

    Returns
    -------
    numpy.ndarray
        In the shape of `x`.
    """
    if not callable(f):
        raise TypeError(f"f must be a function of an array, but {f!r} was given.")
    h, x = _step(h), array("point x", x).astype(np.float64)
    gradient = np.empty_like(x)

    def value():
        y = array("result of f", f(x))
        if y.size != 1:
            raise ValueError(f"f must return a single number, but what it returned has shape {y.shape}.")
        return y.astype(np.float64).reshape(())

    for index in np.ndindex(x.shape):
        kept = x[index]
        x[index] = kept + h
        above = value()
        x[index] = kept - h
        gradient[index] = (above - value()) / (2 * h)
        x[index] = kept
    return gradient


def check(layer, x, training=True, seed=None, h=1e-5):
    """Compare every derivative of a layer or model with a finite difference.

    Parameters
    ----------
    layer : Layer
        Of type float64. Its random draws are repeated, so that dropout can be checked.
    x : array_like, or a list of them for a layer of several inputs
        Inputs; where they are not whole numbers their derivative is checked too.
    training : bool
        Passed on to `forward`.
    seed : int, optional
        Of the random v.
    h : float
        The step.

    Returns
    -------
    float
        The greatest difference, relative to the greatest derivative if that exceeds 1.
    """
    probe, points = _probe(layer, x, training, seed)
    worst = 0.0
    for point, derivative in points:
        start = point.copy()

        def f(w, point=point):
            point[...] = w
            return probe()

        try:
            worst = max(worst, _error(derivative, numerical_gradient(f, start, h)))
        finally:
            point[...] = start
    return worst


def check_direction(layer, x, training=True, seed=None, h=1e-5):
    """Compare the derivative in one random direction, of inputs and weights, with a finite difference.

    Takes the arguments of `check` and returns the same, at the cost of two forward passes.
    """
    (probe, points), h = _probe(layer, x, training, seed), _step(h)
    rng = generator(seed)
    directions = [rng.standard_normal(point.shape) for point, _ in points]
    starts = [point.copy() for point, _ in points]
    values = []
    try:
        for sign in (1, -1):
            for (point, _), start, u in zip(points, starts, directions, strict=True):
                point[...] = start + sign * h * u
            values.append(probe())
    finally:
        for (point, _), start in zip(points, starts, strict=True):
            point[...] = start
    expected = sum((derivative * u).sum() for (_, derivative), u in zip(points, directions, strict=True))
    return _error(expected, (values[0] - values[1]) / (2 * h))


def _probe(layer, x, training, seed):
    """Return L as a function of the present inputs and weights, and these with their derivatives."""
    if not isinstance(layer, Layer) or layer.dtype != "float64":
        raise ValueError(f"Finite differences need a layer or model of type float64, but got {layer!r}.")
    x = layer.cast(x)
    inputs = [a.copy() for a in (x if isinstance(x, Arrays) else [x])]
    x = Arrays(inputs) if isinstance(x, Arrays) else inputs[0]
    if not all(a.size for a in inputs):
        raise ValueError(f"A check needs at least one number as input, but the input has shape {x.shape}.")
    layer(x)                                                 # builds it
    kept = [(p.value, p.value.copy()) for p in layer.parameters if not p.trainable]
    states = [(inner.rng, inner.rng.bit_generator.state) for inner in layer.random_layers()]

    def forward():
        for rng, state in states:
            rng.bit_generator.state = state
        y = layer.forward(x, training)
        for w, value in kept:                                # running statistics change at every forward
            w[...] = value
        return y

    y = forward()
    v = generator(seed).standard_normal(y.shape)
    layer.zero_gradients()
    dx = layer.backward(v)
    points = [(p.value, p.gradient.copy()) for p in layer.parameters if p.trainable]
    points += [(a, da) for a, da in zip(inputs, dx if isinstance(x, Arrays) else [dx], strict=True)
               if a.dtype.kind == "f"]
    return lambda: float((v * forward()).sum()), points


def _step(h):
    if not number("h", h) > 0:
        raise ValueError(f"The step h must be greater than 0, but {h!r} was given.")
    return h


def _error(derivative, difference):
    return float(np.max(np.abs(derivative - difference)) / max(1.0, np.max(np.abs(difference))))
