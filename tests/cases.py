"""Cases for tests of layers: random numbers, how many of them hypothesis tries, and inputs that are refused."""
import numpy as np
import pytest
from hypothesis import settings


def few(n):
    """So many cases, the same ones each time."""
    return settings(derandomize=True, max_examples=n, deadline=None, database=None)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def assert_refused(layer, x, sentence):
    """The layer answers these inputs, the last of several, with an error that says so."""
    with pytest.raises(ValueError) as raised:
        for data in x if isinstance(x, tuple) else (x,):
            layer(data)
    assert sentence in str(raised.value)
