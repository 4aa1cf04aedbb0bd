"""Deep Learning, Unrolled: neural networks in readable NumPy that speak Keras's language.

``import unrolled as dl`` and ``import keras as dl`` run the same models.
"""

import importlib

from . import (
    activations,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    memory,
    metrics,
    models,
    optimizers,
    regularizers,
    saving,
    seq2seq,
    text,
    transformer,
    utils,
)
from .layers import Input, Layer
from .models import Model, Sequential

__version__ = "0.1.0"

# These need more than NumPy, or are needed by few: imported at their first use.
_LATER = ("autodiff", "boltzmann", "datasets", "exercises", "explore", "gradcheck", "interop", "notebook", "perceptron",
          "plots", "reproductions")

__all__ = ["Input", "Layer", "Model", "Sequential", "activations", "callbacks", "config", "constraints",
           "initializers", "layers", "losses", "memory", "metrics", "models", "optimizers", "regularizers", "saving",
           "seq2seq", "text", "transformer", "utils", *_LATER]


def __getattr__(name):
    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_LATER})
