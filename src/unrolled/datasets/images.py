"""Pictures of handwritten digits."""

import numpy as np

from ..utils import unknown
from .files import mnist_file, read_arrays


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
    if not isinstance(source, str) or source not in SOURCES:
        raise unknown("source of digits", source, SOURCES)
    return SOURCES[source]()


def _embedded():
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.RandomState(0).permutation(1797)
    x, y = (data.images[order] / 16).astype(np.float32), data.target[order].astype(np.int64)
    return (x[:1437], y[:1437]), (x[1437:], y[1437:])


def _mnist():
    path = mnist_file()
    shapes = {"x_train": (60000, 28, 28), "y_train": (60000,), "x_test": (10000, 28, 28), "y_test": (10000,)}
    arrays = read_arrays(path, shapes, np.uint8)
    if max(arrays["y_train"].max(), arrays["y_test"].max()) > 9:
        raise ValueError(f"{path} is not MNIST: it holds labels above 9.")
    return tuple((arrays[f"x_{part}"] / np.float32(255), arrays[f"y_{part}"].astype(np.int64))
                 for part in ("train", "test"))


SOURCES = {"embedded": _embedded, "mnist": _mnist}
