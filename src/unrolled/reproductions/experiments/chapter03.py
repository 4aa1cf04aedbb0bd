"""Experiments of chapter 3, linear algebra."""

import numpy as np

from ... import datasets
from . import experiment


@experiment("S1-2.2.5", data=datasets.mnist_file)
def mnist_as_an_array(seed, quick):
    with np.load(datasets.mnist_file(), allow_pickle=False) as file:
        x, t = file["x_train"], file["y_train"]
    return {"axes": x.ndim, "shape": x.shape, "dtype": str(x.dtype), "label at index 4": t[4]}
