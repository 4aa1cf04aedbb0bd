"""Storing models in files and loading them again.

A file is a zip archive of arrays (NumPy's npz) and one JSON text. It can hold numbers and the names of known
classes, but no program, so loading a file from somebody else runs nothing of theirs. A file is written beside
its place and moved there when complete: a crash while saving leaves the old file as it was.
"""

import json
import zipfile

import numpy as np

from . import losses, metrics, optimizers
from .batches import whole
from .layers.base import Layer
from .utils import as_path, deserialize, replacing, serialize

FORMAT = "unrolled 1"


def save_model(model, filepath, overwrite=True):
    """Store a model: layers, weights, and the state of its training (optimizer, random generators).

    Parameters
    ----------
    model : Sequential
    filepath : str or path
        Any name; Keras asks for the ending ``.keras``, so the book uses it too.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    FileExistsError
        If the file exists and may not be replaced.
    ValueError
        If the model has no weights yet.
    """
    if not isinstance(model, Layer) or not hasattr(model, "_randoms"):
        raise ValueError(f"save_model stores a model, but got {model!r}.")
    info = {"model": serialize(model), "random": model._randoms()}
    arrays = _weights(model)
    if model.loss is not None:
        model.repack()
        info["compile"] = {"optimizer": serialize(model.optimizer), "iterations": model.optimizer.iterations,
                           "loss": serialize(model.loss), "metrics": serialize(model.metrics_given)}
        for k, state in enumerate(model.optimizer.state or []):
            arrays |= {f"state/{k}/{name}": value for name, value in state.items()}
    _write(filepath, overwrite, info, arrays)


def load_model(filepath):
    """Return the model stored in a file, ready to continue exactly where it stopped.

    Parameters
    ----------
    filepath : str or path

    Returns
    -------
    Sequential

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or not a model stored by this library.
    """
    info, arrays = _read(filepath)
    if "model" not in info:
        raise ValueError(f"{filepath} holds only weights. Make the model first, then call its load_weights.")
    try:
        return _made(info, arrays)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, MemoryError, RecursionError) as error:
        why = str(error).rstrip(".") if isinstance(error, ValueError) else "what it says of it is incomplete or was changed"
        raise ValueError(f"The model in {filepath} cannot be made: {why}.") from error


def _made(info, arrays):
    """Return the model that a file describes."""
    model = deserialize(Layer, info["model"])
    model.set_weights(_ordered(arrays))
    model._set_randoms(info["random"])
    if "compile" in info:
        stored = info["compile"]
        given = [[m if isinstance(m, str) else deserialize(metrics.Metric, m) for m in group]
                 for group in stored["metrics"]]
        model.compile(deserialize(optimizers.Optimizer, stored["optimizer"]),
                      deserialize(losses.Loss, stored["loss"]), *given)
        model.optimizer.iterations = whole("iterations", stored["iterations"], 0)
        for name, value in arrays.items():
            if name.startswith("state/"):
                if model.optimizer.state is None:
                    model.optimizer.build([model.params])
                _, k, slot = name.split("/")
                place = model.optimizer.state[int(k)][slot]
                if place.shape != value.shape or value.dtype != place.dtype:
                    raise ValueError(f"{name} should have shape {place.shape} and type {place.dtype}, "
                                     f"but has {value.shape} and {value.dtype}.")
                place[...] = value
    return model


def save_weights(model, filepath, overwrite=True):
    """Store the weights of a model alone."""
    _write(filepath, overwrite, {}, _weights(model))


def load_weights(model, filepath):
    """Replace a model's weights by those in a file, or none if they do not fit."""
    model.set_weights(_ordered(_read(filepath)[1]))


def _weights(model):
    if not model.built:
        raise ValueError(f"Model {model.name!r} has no weights to store yet. "
                         "Begin it with Input(shape), or call it on data first.")
    return {f"weight/{k}": w for k, w in enumerate(model.weights)}


def _ordered(arrays):
    names = [f"weight/{k}" for k in range(sum(name.startswith("weight/") for name in arrays))]
    if not set(names) <= arrays.keys():
        raise ValueError("The weights in the file are not numbered from 0: it was changed after it was stored.")
    return [arrays[name] for name in names]


def _write(filepath, overwrite, info, arrays):
    path = as_path(filepath)
    if len(path.name) > 200:
        raise ValueError(f"The name of a file may have 200 characters, but {path.name[:40]}... has {len(path.name)}.")
    if path.is_dir() or not path.name:
        raise IsADirectoryError(f"{path} is a folder: add the name of a file to store the model in.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent} to store {path.name} in.")
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists already. Choose another name, or save with overwrite=True.")
    text = json.dumps({"format": FORMAT, **info}).encode()
    try:
        with replacing(path, "wb") as file:
            np.savez(file, **arrays, info=np.frombuffer(text, np.uint8))
    except OSError as error:
        raise type(error)(f"{path} cannot be stored, and is as it was: {error.strerror or error}.") from error


def _read(filepath):
    path = as_path(filepath)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise type(error)(f"There is no file {str(path)[:200]} ({error.strerror}).") from None
    if not path.is_file():
        raise IsADirectoryError(f"{path} is not a file.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            if sum(part.file_size for part in archive.zip.infolist()) > size:        # a small file can hold endless zeros
                raise ValueError("it is compressed")
            arrays = {name: np.asarray(archive[name]) for name in archive.files}
            info = json.loads(arrays.pop("info").tobytes())
    except (ValueError, TypeError, KeyError, IndexError, EOFError, OSError, AttributeError, OverflowError, MemoryError,
            NotImplementedError, RecursionError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} is damaged or was not stored by this library: {_kind(path)}.") from error
    if not isinstance(info, dict) or info.get("format") != FORMAT:
        raise ValueError(f"{path} was stored in another format than {FORMAT!r}.")
    return info, arrays


def _kind(path):
    """Return in words what a file that cannot be read seems to be."""
    with open(path, "rb") as file:
        start = file.read(8)
    if not start:
        return "it is empty"
    if start.startswith(b"\x89HDF"):
        return "it is an HDF5 file, as Keras stores weights"
    if start.startswith(b"PK") and zipfile.is_zipfile(path):
        try:
            names = zipfile.ZipFile(path).namelist()
        except (zipfile.BadZipFile, NotImplementedError):
            names = []
        return "it was stored by Keras" if "metadata.json" in names else "a part of it does not read"
    return "it is cut short" if start.startswith(b"PK") else "it is no zip archive"
