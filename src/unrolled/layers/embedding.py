"""Vectors for whole numbers, such as the numbers of words."""

import numpy as np

from .base import Layer
from .core import _is_positive


class Embedding(Layer):
    r"""A table with one vector for each of V symbols.

    .. math:: y_n = E_{x_n} \quad (1) \qquad dE_v = \textstyle\sum_{n:\,x_n = v} dy_n \quad (2)

    Parameters
    ----------
    input_dim : int
        V; inputs are whole numbers from 0 to V - 1.
    output_dim : int
        The length H of the vectors.
    embeddings_initializer : str or Initializer
    embeddings_regularizer : str or Regularizer, optional
    embeddings_constraint : str or Constraint, optional
    mask_zero : bool
        Whether the number 0 stands for no symbol: recurrent layers skip it.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    embeddings : numpy.ndarray, shape (V, H)
        E, and its gradient ``dembeddings``.
    """

    def __init__(self, input_dim, output_dim, embeddings_initializer="uniform", embeddings_regularizer=None,
                 embeddings_constraint=None, mask_zero=False, **kwargs):
        super().__init__(**kwargs)
        if not (_is_positive(input_dim) and _is_positive(output_dim)):
            raise ValueError("Embedding needs positive whole numbers input_dim and output_dim, but "
                             f"{input_dim!r} and {output_dim!r} were given.")
        self.input_dim, self.output_dim = input_dim, output_dim
        self.mask_zero = self.makes_mask = mask_zero
        self.keep(embeddings_initializer=embeddings_initializer, embeddings_regularizer=embeddings_regularizer,
                  embeddings_constraint=embeddings_constraint)

    def build(self, input_shape):
        self.add_weight("embeddings", (self.input_dim, self.output_dim))

    def cast(self, x):
        return as_symbols(self, super().cast(x), self.input_dim)

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.output_dim)

    def compute_mask(self, x, mask=None):
        return x != 0 if self.mask_zero else mask                      # (N, T)

    def forward(self, x, training=False):
        self.x = x                                                     # (N, ...)
        return self.embeddings[x]                                      # (N, ..., H)     (1)

    def backward(self, dy):
        # Sorted by symbol, the rows of each symbol follow one another and are summed in one go.
        symbols, rows = self.x.ravel(), dy.reshape(-1, self.output_dim)
        order = np.argsort(symbols, kind="stable")
        present, starts = np.unique(symbols[order], return_index=True)
        self.dembeddings[present] += np.add.reduceat(rows[order], starts)        # (V, H)          (2)
        return None                                                    # whole numbers have no derivative


def as_symbols(layer, x, count):
    """Return x as whole numbers, which must be from 0 to count - 1."""
    if x.size and not (x.min() >= 0 and x.max() < count and (x == np.floor(x)).all()):
        raise ValueError(f"Layer {layer.name!r} ({type(layer).__name__}) needs whole numbers from 0 to {count - 1}, "
                         f"but got numbers from {x.min():g} to {x.max():g}.")
    return x.astype(np.intp)
