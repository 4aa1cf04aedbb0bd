"""Random numbers, labels, files, and the naming and storing of objects that the whole library shares."""

import contextlib
import difflib
import inspect
import os
import pathlib
import random
import re
import secrets

import numpy as np

_generator = np.random.default_rng()


# Random numbers

def set_random_seed(seed):
    """Seed Python's, NumPy's and this library's random numbers, so that what follows can be repeated.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.

    Raises
    ------
    ValueError
        If `seed` is not such a whole number.
    """
    global _generator
    random_state(seed)                                       # raises if it is none
    random.seed(int(seed))
    np.random.seed(seed)
    _generator = np.random.default_rng(seed)


def generator(seed=None):
    """Return the generator that a random draw with this `seed` uses.

    Parameters
    ----------
    seed : None, int or numpy.random.Generator
        None means the default generator, the one that `set_random_seed` seeds.

    Returns
    -------
    numpy.random.Generator
    """
    return _generator if seed is None else _seeded(seed)


def own_generator(seed=None):
    """Return a generator of its own for an object that keeps one (a model, a dropout layer).

    Its state can be stored with the object. Without `seed` it starts from a number that the default generator
    draws.
    """
    return _seeded(_generator.integers(2**63) if seed is None else seed)


def random_state(seed):
    """Return NumPy's older generator, whose numbers never change: for data that are made."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ValueError(f"A seed must be a whole number from 0 to {2**32 - 1}, but {seed!r} was given.")
    return np.random.RandomState(seed)


def _seeded(seed):
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError):
        raise ValueError(f"A seed must be a whole number, 0 or greater, but {seed!r} was given.") from None


# Labels

def to_categorical(x, num_classes=None):
    """Turn class numbers into one-hot rows.

    Parameters
    ----------
    x : array_like of int, shape (...)
        Class numbers from 0 to `num_classes` - 1; a last axis of length 1 is dropped.
    num_classes : int, optional
        By default the largest class number plus one.

    Returns
    -------
    numpy.ndarray, shape (..., num_classes)
        1 at each class number, 0 elsewhere, in the default floating-point type.

    Raises
    ------
    ValueError
        If `x` is empty or holds something other than such numbers.
    """
    from . import batches, config

    x = batches.numbers("class numbers", x)
    if x is None or x.size == 0:
        raise ValueError("to_categorical needs at least one class number, but the array is empty.")
    if not np.array_equal(x, np.floor(x)):
        raise ValueError("to_categorical needs whole class numbers, but some of these are fractions.")
    if x.ndim > 1 and x.shape[-1] == 1:
        x = x[..., 0]
    batches.check_finite("class numbers", x)
    classes = int(x.max()) + 1 if num_classes is None else batches.whole("num_classes", num_classes)
    if x.min() < 0 or x.max() >= classes:
        raise ValueError(f"Class numbers must lie from 0 to {classes - 1} (num_classes = {classes}), "
                         f"but they range from {x.min():g} to {x.max():g}.")
    if classes > 2**31:
        raise ValueError(f"to_categorical makes a column for each class, but there would be {classes} of them.")
    return (x[..., None] == np.arange(classes)).astype(config.floatx())


# Sequences

def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Turn sequences of different lengths into one array, as Keras does.

    Parameters
    ----------
    sequences : list of array_like, shapes (T_n, ...)
    maxlen : int, optional
        The length T of all rows, by default that of the longest sequence.
    dtype : str
        The type of the array.
    padding, truncating : {"pre", "post"}
        Whether a shorter sequence is filled up, and a longer one cut, at its beginning or its end.
    value : float
        What to fill up with.

    Returns
    -------
    numpy.ndarray, shape (N, T, ...)

    Raises
    ------
    ValueError
        If these are no sequences, or their entries differ in shape.
    """
    from . import batches

    for where in (padding, truncating):
        if not isinstance(where, str) or where not in ("pre", "post"):
            raise unknown("place to pad or cut", where, ("pre", "post"))
    if maxlen is not None:
        maxlen = batches.whole("maxlen", maxlen, 0)
    try:
        rows = [np.asarray(s, dtype) if len(s) else () for s in sequences]
        np.full((), value, dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"pad_sequences needs a list of sequences of numbers ({error}).") from None
    if any(np.ndim(row) == 0 for row in rows):
        raise ValueError("pad_sequences needs a list of sequences of numbers, but some are single numbers.")
    shapes = {row.shape[1:] for row in rows if len(row)}
    if len(shapes) > 1:
        raise ValueError(f"The entries of all sequences must have one shape, but these have {sorted(shapes)}.")
    if not rows and maxlen is None:
        raise ValueError(f"pad_sequences needs a length, or sequences to take it from, but maxlen is {maxlen}.")
    maxlen = max(map(len, rows)) if maxlen is None else maxlen
    padded = np.full((len(rows), maxlen, *(shapes.pop() if shapes else ())), value, dtype)
    for full, row in zip(padded, rows, strict=True):
        row = row[max(0, len(row) - maxlen):] if truncating == "pre" else row[:maxlen]
        start = maxlen - len(row) if padding == "pre" else 0
        if len(row):
            full[start:start + len(row)] = row
    return padded


# Files

def as_path(name):
    """Return the path that a user names."""
    if not isinstance(name, str | os.PathLike) or "\0" in str(name):
        raise ValueError(f"The name of a file or folder must be a text or a path, but {name!r} was given.")
    return pathlib.Path(name)


@contextlib.contextmanager
def replacing(path, mode="w", **options):
    """Open a file that is written beside its place and moved there when complete.

    Whatever happens meanwhile, a crash, a full disk, another process that does the same: who reads `path` finds the old file
    or the new one, never a part.
    """
    path = pathlib.Path(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(draft, mode.replace("w", "x"), **options) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


# Names

def snake_case(name):
    """Return a class name as Keras writes it in strings: ``HeNormal`` becomes ``he_normal``."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z]|\d(?!D$))([A-Z])", r"\1_\2", name).lower()      # but Conv2D: conv2d


def unknown(what, name, known):
    """Return the ValueError for an unknown name, with the nearest known one."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else "Known names are " + ", ".join(map(repr, known)) + "."
    return ValueError(f"There is no {what} named {name!r}. {hint}")


def subclasses(kind):
    """Return every class below `kind`, in order of definition, parents first."""
    found = []
    for cls in kind.__subclasses__():
        found += [cls, *subclasses(cls)]
    return found


def find(kind, identifier):
    """Return the instance of `kind` that a user's argument stands for.

    Parameters
    ----------
    kind : type
        A family such as ``Initializer`` or ``Loss``; its classes may list further names in ``aliases``.
    identifier : object
        An instance (returned as it is), a class, a name (``"he_normal"``, ``"HeNormal"``) or a configuration.

    Raises
    ------
    ValueError
        If the name is unknown; the message offers the nearest one.
    """
    if isinstance(identifier, kind):
        return identifier
    if isinstance(identifier, type) and issubclass(identifier, kind):
        return identifier()
    if isinstance(identifier, dict):
        return deserialize(kind, identifier)
    what = snake_case(kind.__name__).replace("_", " ")
    if not isinstance(identifier, str):
        raise ValueError(f"Expected a name or an object of unrolled's family {kind.__name__} as {what}, "
                         f"but got {identifier!r}.")
    names, shown = {}, set()
    for cls in subclasses(kind):
        if not cls.__name__.startswith("_"):
            lower, snake = cls.__name__.lower(), snake_case(cls.__name__)
            aliases = vars(cls).get("aliases", ())
            names |= dict.fromkeys((lower, snake, *aliases), cls)
            shown |= {lower if lower in aliases else snake, *aliases}
    if identifier.lower() not in names:
        raise unknown(what, identifier, shown)
    return names[identifier.lower()]()


# Storing objects

class Configurable:
    """An object that can be written down and made again.

    The one rule: every constructor argument is kept in an attribute of the same name.
    """

    def get_config(self):
        """Return the constructor's arguments as a dictionary that JSON can hold."""
        names = []
        for cls in reversed(type(self).__mro__):
            if "__init__" in vars(cls) and cls is not object:
                names += [p.name for p in inspect.signature(cls.__init__).parameters.values()
                          if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name != "self"]
        return {name: serialize(getattr(self, name)) for name in dict.fromkeys(names)}

    @classmethod
    def from_config(cls, config):
        """Return a new object from what `get_config` returned."""
        if not isinstance(config, dict):
            raise ValueError(f"The config of a stored {cls.__name__} is a dictionary, but this is {config!r}.")
        return cls(**config)

    def __repr__(self):
        """Show the arguments that differ from their defaults."""
        shown = []
        for p in inspect.signature(type(self)).parameters.values():
            value = getattr(self, p.name, p.default)
            text = getattr(value, "__name__", None) or repr(value)
            named = isinstance(p.default, str) and p.default in (text, snake_case(type(value).__name__))
            if value != p.default and not named and p.kind is not p.VAR_KEYWORD:
                shown.append(f"{p.name}={text}")
        return f"{type(self).__name__}({', '.join(shown)})"


def serialize(value):
    """Return `value` in terms that JSON can hold."""
    if isinstance(value, Configurable):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [serialize(v) for v in value]
    return value.__name__ if callable(value) else value


def deserialize(kind, value):
    """Return the object of this family that `serialize` wrote down.

    Raises
    ------
    ValueError
        If there is no such class; only classes of the family are made, never anything else.
    """
    if not isinstance(value, dict) or set(value) != {"class_name", "config"}:
        raise ValueError(f"A stored {kind.__name__} has a class_name and a config, but this is {value!r}.")
    classes = {cls.__name__: cls for cls in subclasses(kind)}
    if not isinstance(value["config"], dict):
        raise ValueError(f"The config of a stored {kind.__name__} is a dictionary, but this is {value['config']!r}.")
    if str(value["class_name"]) not in classes:
        raise ValueError(f"There is no {kind.__name__} of class {value['class_name']!r}. "
                         "If it is your own, define it before you load the model.")
    return classes[value["class_name"]].from_config(value["config"])
