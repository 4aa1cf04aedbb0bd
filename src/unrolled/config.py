"""Settings that hold for everything created afterwards, as in ``keras.config``."""

import numpy as np

from . import batches

_floatx = "float32"
_epsilon = 1e-7


def floatx():
    """Return the name of the default floating-point type, ``"float32"`` unless it was set."""
    return _floatx


def set_floatx(value):
    """Set the default floating-point type of layers created from now on.

    Parameters
    ----------
    value : {"float32", "float64"}
        ``"float32"`` to train, ``"float64"`` to check gradients.

    Raises
    ------
    ValueError
        If `value` is neither.
    """
    global _floatx
    _floatx = float_type(value)


def float_type(value):
    """Return the name of a floating-point type, given as a name or as NumPy's type."""
    try:
        name = value if isinstance(value, str) else np.dtype(value).name
    except (TypeError, ValueError):
        name = None
    if name not in ("float32", "float64"):
        raise ValueError(f"The floating-point type must be 'float32' or 'float64', but {value!r} was given.")
    return name


def epsilon():
    """Return the small number that keeps logarithms and quotients finite, 1e-7 unless it was set."""
    return _epsilon


def set_epsilon(value):
    """Set the small number that keeps logarithms and quotients finite.

    Parameters
    ----------
    value : float
        Between 0 and 0.5, both excluded.

    Raises
    ------
    ValueError
        If `value` lies outside.
    """
    global _epsilon
    if not 0 < batches.number("epsilon", value) < 0.5:
        raise ValueError(f"epsilon must lie between 0 and 0.5, but {value!r} was given.")
    _epsilon = float(value)
