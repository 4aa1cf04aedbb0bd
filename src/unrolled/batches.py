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


def class_weights(y, weights):
    """Return each example's weight, that of its class; classes not in `weights` count 1."""
    classes = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] != 1 else y.reshape(len(y), -1)[:, 0]
    return np.array([weights.get(k, 1.0) for k in np.round(classes).astype(int).tolist()])


def check_size(batch_size, n):
    """Return the batch size as a number; warn if there are fewer examples."""
    if batch_size is None:
        return 32
    if isinstance(batch_size, bool) or not isinstance(batch_size, int | np.integer) or batch_size < 1:
        raise ValueError(f"batch_size must be a positive whole number, but {batch_size!r} was given.")
    if batch_size > n:
        warnings.warn(f"batch_size={batch_size} is more than the {n} training examples: "
                      "each epoch is one step on all of them.", stacklevel=3)
    return int(batch_size)


def check_finite(name, array):
    """Raise a ValueError if numbers are infinite or NaN."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"The {name} hold numbers that are infinite or not a number (NaN).")
