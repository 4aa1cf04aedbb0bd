"""Small checks and cuts of the data that a model is trained on."""

import math
import warnings

import numpy as np


def split(x, y, sample_weight, share):
    """Cut the data into a first part to train on and a last part, of this share, to evaluate."""
    if not 0 < share < 1:
        raise ValueError(f"validation_split must lie between 0 and 1, but {share!r} was given.")
    n = math.floor(len(x) * (1 - share))
    if n == 0 or n == len(x):
        raise ValueError(f"A validation_split of {share} leaves {n} of {len(x)} examples to train on and "
                         f"{len(x) - n} to evaluate; both must be at least one.")
    arrays = [None if a is None else np.asarray(a) for a in (x, y, sample_weight)]
    first, last = ([None if a is None else a[part] for a in arrays] for part in (slice(n), slice(n, None)))
    return first, last if sample_weight is not None else last[:2]


def validation(data):
    """Return x, y and the sample weights (or None) of a validation set as the user gives it."""
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise ValueError("validation_data must be a tuple (x, y) or (x, y, sample_weight), but got "
                         f"{type(data).__name__} of length {np.size(data) if np.isscalar(data) else len(data)}.")
    return (*data, None)[:3]


def class_weights(y, weights):
    """Return each example's weight, that of its class; classes not in `weights` count 1."""
    if not isinstance(weights, dict) or not all(isinstance(k, int | np.integer) for k in weights):
        raise ValueError(f"class_weight must be a dictionary from class numbers to weights, but got {weights!r}.")
    classes = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] != 1 else y.reshape(len(y), -1)[:, 0]
    return np.array([weights.get(k, 1.0) for k in np.round(classes).astype(int).tolist()])


def whole(name, value, least=1):
    """Return a whole number that is not less than `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        kind = "positive whole number" if least == 1 else f"whole number, {least} or greater"
        raise ValueError(f"{name} must be a {kind}, but {value!r} was given.")
    return int(value)


def check_size(batch_size, n):
    """Return the batch size for training on n examples; warn if these are fewer."""
    size = whole("batch_size", 32 if batch_size is None else batch_size)
    if batch_size is not None and size > n:
        warnings.warn(f"batch_size={batch_size} is more than the {n} training examples: "
                      "each epoch is one step on all of them.", stacklevel=3)
    return size


def numbers(name, array):
    """Return an array of numbers, or None for None."""
    try:
        array = None if array is None else np.asarray(array)
    except ValueError:
        raise ValueError(f"The {name} must be an array of numbers, but their rows differ in length.") from None
    if array is not None and array.dtype.kind not in "fiubO":
        raise ValueError(f"The {name} must be numbers, but their type is {array.dtype}.")
    return array


def check_finite(name, array):
    """Raise a ValueError if numbers are infinite or NaN."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"The {name} hold numbers that are infinite or not a number (NaN).")
