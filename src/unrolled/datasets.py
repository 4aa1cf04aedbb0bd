"""The data sets of the book, each in one function; without a named source, none of them needs a network.

`digits` returns what ships with scikit-learn unless its call names real data. That is read from the folder
that the environment variable ``UNROLLED_DATA`` names, or else downloaded once, verified, and cached.
"""

import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

from .utils import unknown

MNIST = {"url": "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
         "sha256": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"}
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
    if n < 1:
        raise ValueError(f"two_gaussians needs at least one point of each class, but n is {n!r}.")
    rng = np.random.RandomState(seed)
    x = np.concatenate([rng.randn(n, 2) + [0, 0], rng.randn(n, 2) + [mean, mean]])
    return x, np.repeat(np.arange(2, dtype=np.int64), n)


def digits(source="embedded"):
    """Return pictures of handwritten digits, for training and for testing.

    Both sources come in the same form, so that code written for one runs with the other: shades of grey from
    0 (paper) to 1 (ink), where Keras's ``mnist.load_data`` has whole numbers up to 255.

    Parameters
    ----------
    source : {"embedded", "mnist"}, default "embedded"
        ``"embedded"``: the 1797 pictures of 8 x 8 pixels in 17 shades that ship with scikit-learn (Alpaydin
        and Kaynak 1998), always split in the same way into 1437 and 360. ``"mnist"``: the 60000 and 10000
        pictures of 28 x 28 pixels in 256 shades of MNIST (LeCun, Cortes and Burges 1998), from
        ``$UNROLLED_DATA/mnist/mnist.npz`` if that variable is set, or else downloaded once (11 MB).

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuples of ndarray
        ``x`` of shape (N, H, W), float32 in [0, 1]; ``y`` of shape (N,), int64 in 0 to 9.

    Raises
    ------
    ValueError
        If there is no such source, or a file does not hold what it should.
    OSError
        If there is no file: ``FileNotFoundError`` in ``$UNROLLED_DATA``, ``ConnectionError`` without a
        network, ``PermissionError`` if the cache cannot be written.
    """
    if source not in SOURCES:
        raise unknown("source of digits", source, SOURCES)
    return SOURCES[source]()


def _embedded():
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.RandomState(0).permutation(1797)
    x, y = (data.images[order] / 16).astype(np.float32), data.target[order].astype(np.int64)
    return (x[:1437], y[:1437]), (x[1437:], y[1437:])


def mnist_file():
    """Return the path of Keras's ``mnist.npz``: in the folder that ``UNROLLED_DATA`` names, or in the cache.

    Raises
    ------
    ValueError, OSError
        As `digits`.
    """
    folder = os.environ.get("UNROLLED_DATA")
    path = Path(folder) / "mnist" / "mnist.npz" if folder else _fetch("mnist.npz", **MNIST)
    if not path.is_file():
        raise FileNotFoundError(f"UNROLLED_DATA is set, but there is no file {path}. Put Keras's mnist.npz "
                                "there, or unset the variable to have it downloaded.")
    return path


def _mnist():
    path = mnist_file()
    shapes = {"x_train": (60000, 28, 28), "y_train": (60000,), "x_test": (10000, 28, 28), "y_test": (10000,)}
    arrays = _read(path, shapes, np.uint8)
    if max(arrays["y_train"].max(), arrays["y_test"].max()) > 9:
        raise ValueError(f"{path} is not MNIST: it holds labels above 9.")
    return tuple((arrays[f"x_{part}"] / np.float32(255), arrays[f"y_{part}"].astype(np.int64))
                 for part in ("train", "test"))


SOURCES = {"embedded": _embedded, "mnist": _mnist}


def _read(path, shapes, dtype):
    """Read the named arrays of an ``.npz`` file, never unpickling anything, and check types and shapes."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in shapes}
    except KeyError as e:
        raise ValueError(f"{path} is not what was expected: {e.args[0]}.") from None
    except (ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as e:
        raise ValueError(f"{path} was cut short, or is not an .npz file of plain numbers: {e}") from None
    for name, a in arrays.items():
        if a.shape != shapes[name] or a.dtype != dtype:
            raise ValueError(f"{path} is not what was expected: {name} should have shape {shapes[name]} and "
                             f"type {np.dtype(dtype)}, but has shape {a.shape} and type {a.dtype}.")
    return arrays


def _fetch(name, url, sha256):
    """Return the path of a file in the user's cache; if missing or damaged, download and verify it first."""
    import pooch
    from requests import RequestException

    folder = pooch.os_cache("unrolled")
    help = "or set UNROLLED_DATA to a folder that has the file (the README says how)."
    try:
        return Path(pooch.retrieve(url, f"sha256:{sha256}", fname=name, path=folder))
    except ValueError as e:
        raise ValueError(f"{url} sent something else than {name}: the checksum differs. It was not kept. "
                         f"Try again later, {help}") from e
    except RequestException as e:
        raise ConnectionError(f"{name} is not in the cache, and {url} cannot be reached. "
                              f"Go online once, {help}") from e
    except OSError as e:
        raise type(e)(f"{name} cannot be stored in {folder}. Set XDG_CACHE_HOME to a folder that can be "
                      f"written, {help}") from e
