"""Experiments of chapter 16, GRU."""

import numpy as np

from ... import initializers, layers
from . import experiment
from .chapter15 import adding


class OpenGates(initializers.Initializer):
    """The bias of a GRU as TensorFlow 1 began with it: 1 for both gates, 0 for the candidate."""

    def __call__(self, shape, dtype=None):
        bias = np.zeros(shape, dtype)
        bias[..., :2 * shape[-1] // 3] = 1
        return bias


def gru(units):
    return layers.GRU(units, reset_after=False, bias_initializer=OpenGates())


@experiment("S0-5.3.2-GRU", seeds=3)
def adding_gru(seed, quick):
    return adding(gru, seed, quick)
