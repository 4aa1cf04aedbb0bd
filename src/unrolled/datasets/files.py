"""Real data on disk: in the reader's folder, or downloaded once into the cache."""

import math
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

MNIST = {"url": "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
         "sha256": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"}


def mnist_file():
    """Return the path of Keras's ``mnist.npz``: in the folder that ``UNROLLED_DATA`` names, or in the cache.

    Raises
    ------
    ValueError, OSError
        As `digits`.
    """
    path = given("mnist/mnist.npz") or _fetch("mnist.npz", **MNIST)
    if not path.is_file():
        raise FileNotFoundError(f"UNROLLED_DATA is set, but there is no file {path}. Put Keras's mnist.npz "
                                "there, or unset the variable to have it downloaded.")
    return path


def given(name):
    """Return the path that a file has in the folder named by ``UNROLLED_DATA``, or None if that is not set."""
    folder = os.environ.get("UNROLLED_DATA")
    return Path(folder) / name if folder else None


def read_arrays(path, shapes, dtype):
    """Read the named arrays of an ``.npz`` file, never unpickling anything, and check types and shapes."""
    try:
        with np.load(path, allow_pickle=False) as file:
            for name, shape in shapes.items():               # a small file can hold endless zeros
                if name in file and file.zip.getinfo(f"{name}.npy").file_size > 8 * math.prod(shape) + 10_000:
                    raise ValueError(f"{name} is larger than it should be.")
            arrays = {name: file[name] for name in shapes}
    except KeyError as e:
        raise ValueError(f"{path} is not what was expected: {e.args[0]}.") from None
    except OSError as e:
        raise type(e)(f"{path} cannot be read: {e.strerror}.") from None
    except (ValueError, TypeError, AttributeError, IndexError, EOFError, OverflowError, MemoryError, NotImplementedError,
            zipfile.BadZipFile, zlib.error) as e:
        raise ValueError(f"{path} was cut short, or is not an .npz file of plain numbers: {e}") from None
    for name, a in arrays.items():
        if not isinstance(a, np.ndarray):                    # a part that is no array is handed on as it is
            raise ValueError(f"{path} is not what was expected: {name} is no array.")
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
