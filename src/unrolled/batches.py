"""Small checks and cuts of the data that a model is trained on."""

import math
import numbers as kinds
import sys
import warnings

import numpy as np

LARGEST = 2**40              # of a size


class Arrays:
    """Several arrays of N examples each, which are cut together; to iterate over it gives the arrays."""

    def __init__(self, arrays):
        self.arrays = tuple(arrays)

    @property
    def shape(self):
        """The shapes of all."""
        return tuple(a.shape for a in self.arrays)

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, index):
        return Arrays(a[index] for a in self.arrays)

    def __iter__(self):
        return iter(self.arrays)


def by_name(names, x, least=None):
    """Return several inputs, which the user gives as a list or as a dictionary, by their names; `least` are needed."""
    if least is not None:
        names = names[:max(least, len(list(x)) if np.iterable(x) else 0)]
    expected = f"The inputs must be {len(names)} arrays, {', '.join(names)}, in a list or in a dictionary by these names"
    if isinstance(x, dict):
        if x.keys() != set(names):
            raise ValueError(f"{expected}, but the dictionary's names are {', '.join(map(repr, x))}.")
        x = [x[name] for name in names]
    elif not isinstance(x, list | tuple | Arrays):
        raise ValueError(f"{expected}, but got {type(x).__name__}.")
    arrays = list(x)
    if len(arrays) != len(names):
        raise ValueError(f"{expected}, but got {len(arrays)}.")
    arrays = {name: numbers(name, a) for name, a in zip(names, arrays, strict=True)}
    lengths = {name: len(a) if np.ndim(a) else 0 for name, a in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError("All inputs must hold equally many examples, but there are "
                         f"{', '.join(f'{n} {name}' for name, n in lengths.items())}.")
    return arrays


def any_length(shape):
    """Return the shape of inputs, or of each of several, for batches of any length."""
    return tuple(map(any_length, shape)) if isinstance(shape[0], tuple) else (None, *shape[1:])


def split(x, y, sample_weight, share):
    """Cut the data into a first part to train on and a last part, of this share, to evaluate."""
    if not 0 < number("validation_split", share) < 1:
        raise ValueError(f"validation_split must lie between 0 and 1, but {share!r} was given.")
    n = math.floor(len(x) * (1 - share))
    if n == 0 or n == len(x):
        raise ValueError(f"A validation_split of {share} leaves {n} of {len(x)} examples to train on and "
                         f"{len(x) - n} to evaluate; both must be at least one.")
    named = zip(("inputs x", "targets y", "sample weights"), (x, y, sample_weight), strict=True)
    arrays = [a if isinstance(a, Arrays) else numbers(name, a) for name, a in named]
    if any(a is not None and (not isinstance(a, Arrays) and a.ndim == 0 or len(a) != len(x)) for a in arrays):
        raise ValueError(f"To split the data, there must be a target, and a weight if any, for each of {len(x)} inputs.")
    first, last = ([None if a is None else a[part] for a in arrays] for part in (slice(n), slice(n, None)))
    return first, last if sample_weight is not None else last[:2]


def validation(data):
    """Return x, y and the sample weights (or None) of a validation set as the user gives it."""
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        length = f" of length {len(data)}" if np.iterable(data) and hasattr(data, "__len__") else ""
        raise ValueError("validation_data must be a tuple (x, y) or (x, y, sample_weight), but got "
                         f"{type(data).__name__}{length}.")
    return (*data, None)[:3]


def class_weights(y, weights):
    """Return each example's weight, that of its class; classes not in `weights` count 1."""
    if not isinstance(weights, dict) or not all(
            isinstance(k, int | np.integer) and isinstance(w, kinds.Real) for k, w in weights.items()):
        raise ValueError(f"class_weight must be a dictionary from class numbers to weights, but got {weights!r}.")
    classes = y.argmax(axis=-1) if y.ndim > 1 and y.shape[-1] != 1 else y.reshape(len(y), -1)[:, 0]
    return np.array([weights.get(k, 1.0) for k in np.round(classes).astype(int).tolist()])


def masked(weights, mask):
    """Return the weights of all steps of sequences: 0 where the mask (N, T) is False, elsewhere those given, or 1."""
    if weights is None:
        return mask.astype(float)
    return mask * weights.reshape(weights.shape + (1,) * (mask.ndim - weights.ndim))


def whole(name, value, least=1):
    """Return a whole number that is not less than `least`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        kind = {1: "positive whole number", -np.inf: "whole number"}.get(least, f"whole number, {least} or greater")
        raise ValueError(f"{name} must be a {kind}, but {value!r} was given.")
    if value > LARGEST:
        raise ValueError(f"{name} is {value}, more than any computer holds.")
    return int(value)


def number(name, value):
    """Return a number that is finite."""
    if isinstance(value, bool) or not isinstance(value, kinds.Real) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"{name} must be a finite number, but {value!r} was given.")
    return float(value) if isinstance(value, int) and abs(value) > 2**53 else value


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
    if array is not None and array.dtype.kind == "O":        # such as whole numbers beyond 64 bits
        try:
            array = array.astype(float)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"The {name} must be numbers, but some are something else, or too large.") from None
    if array is not None and array.dtype.kind not in "fiub":
        raise ValueError(f"The {name} must be numbers, but their type is {array.dtype}.")
    return array


def array(name, value):
    """Return an array of numbers; None is none."""
    if value is None:
        raise ValueError(f"The {name} must be an array of numbers, but None was given.")
    return numbers(name, value)


def weights(sample_weight, shape):
    """Return the weights of values of this shape, one for each of their first axes' entries, with as many axes as they."""
    w = numbers("sample weights", sample_weight).astype(float)
    if w.ndim == len(shape) + 1 and w.shape[-1] == 1:
        w = w[..., 0]
    if w.shape != tuple(shape)[:w.ndim]:
        raise ValueError(f"The sample weights have shape {np.shape(sample_weight)}, but the values that they weigh have "
                         f"shape {tuple(shape)}.")
    return w.reshape(w.shape + (1,) * (len(shape) - w.ndim))


def check_finite(name, array):
    """Raise a ValueError if numbers are infinite or NaN."""
    for one in array if isinstance(array, Arrays) else ():
        check_finite(name, one)
    if isinstance(array, np.ndarray) and array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"The {name} hold numbers that are infinite or not a number (NaN).")
