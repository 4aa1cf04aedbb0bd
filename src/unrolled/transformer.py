r"""The parts of a small transformer: positions, and a block of self-attention and a feed-forward network."""

import numpy as np

from . import activations, initializers
from .batches import number, whole
from .layers.base import Layer
from .layers.core import Dense
from .layers.multi_head_attention import MultiHeadAttention
from .layers.normalization import LayerNormalization
from .layers.regularization import Dropout


def sine_positions(steps, features, max_wavelength=10000):
    r"""Return a vector for each position, of sines and cosines of ever longer waves (Vaswani et al., 2017).

    .. math:: P_{t,2k} = \sin(t\,\lambda^{-2k/D}), \qquad P_{t,2k+1} = \cos(t\,\lambda^{-2k/D}), \qquad \lambda = 10000

    The vector of t + s is a rotation of that of t by angles that depend on s alone.

    Parameters
    ----------
    steps, features : int
        How many positions, and the length D of the vectors.
    max_wavelength : float
        λ.

    Returns
    -------
    numpy.ndarray of float64, shape (steps, D)
    """
    k = np.arange(whole("features", features))
    if not number("max_wavelength", max_wavelength) > 0:
        raise ValueError(f"max_wavelength must be greater than 0, but {max_wavelength!r} was given.")
    angles = np.arange(whole("steps", steps))[:, None] * float(max_wavelength) ** (-(k - k % 2) / features)    # (T, D)
    return np.where(k % 2 == 0, np.sin(angles), np.cos(angles))


class Positions(Layer):
    r"""Add to each step a vector that tells its place: :math:`y_t = x_t + P_t`, with :math:`dP = \sum_n dy_n`.

    Without it a transformer would take its inputs for a set: attention does not know any order.

    Parameters
    ----------
    learned : bool
        Whether the P are learned, for as many steps as the first input has at most, or those of `sine_positions`.
    initializer : str or Initializer
        How learned ones begin.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    embeddings : numpy.ndarray, shape (T, D)
        P.
    """

    def __init__(self, learned=False, initializer="glorot_uniform", **kwargs):
        super().__init__(**kwargs)
        self.learned, self.initializer = learned, initializers.get(initializer)

    def build(self, input_shape):
        if len(input_shape) != 3 or input_shape[2] is None or self.learned and input_shape[1] is None:
            raise self.mismatch("sequences (N, T, features)" + " of known length" * bool(self.learned), input_shape)
        self.features = input_shape[2]
        if self.learned:
            self.add_weight("embeddings", input_shape[1:], self.initializer)
        else:
            self.embeddings = sine_positions(input_shape[1] or 1, self.features).astype(self.dtype)

    def check(self, shape):
        if len(shape) != 3 or shape[2] != self.features or self.learned and shape[1] > len(self.embeddings):
            most = f"at most {len(self.embeddings)}" if self.learned else "T"
            raise self.mismatch(f"sequences (N, T, {self.features}) of {most} steps", shape)

    def forward(self, x, training=False):
        self.steps = x.shape[1]
        if self.steps > len(self.embeddings):
            self.embeddings = sine_positions(self.steps, self.features).astype(self.dtype)
        return x + self.embeddings[:self.steps]                               # (N, T, D)

    def backward(self, dy):
        if self.learned:
            self.dembeddings[:self.steps] += dy.sum(axis=0)
        return dy


class TransformerBlock(Layer):
    r"""Self-attention and a feed-forward network, each with a way past it and a normalization.

    With A for `MultiHeadAttention` of x to itself, N for `LayerNormalization` and :math:`F(x) = f(x W_1 + b_1) W_2 + b_2`,

    .. math:: h = N_1(x + A(x)), \qquad y = N_2(h + F(h)) \quad (1)

    as published (Vaswani et al., 2017), or with the normalization first, which leaves a straight way through all blocks and
    is easier to train deep,

    .. math:: h = x + A(N_1(x)), \qquad y = h + F(N_2(h)) \quad (2)

    Parameters
    ----------
    num_heads : int
        Inputs (N, T, D) have a D that is a multiple of it: each head works in D / heads dimensions.
    intermediate_dim : int
        The number of hidden units of F.
    dropout : float
        The share of zeros that training puts into A(.), F(.) and the weights of attention.
    activation : str or function
        f.
    layer_norm_epsilon : float
    normalize_first : bool
        (2) instead of (1).
    causal : bool
        Whether a step sees only itself and what came before: for predicting what comes next.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    attention, norm1, hidden, output, norm2 : Layer
        A, N₁, the two layers of F, N₂. After `forward`, ``attention.attention_scores`` holds the weights (N, heads, T, T).
    """

    takes_mask = True

    def __init__(self, num_heads, intermediate_dim, dropout=0.0, activation="relu", layer_norm_epsilon=1e-5,
                 normalize_first=False, causal=False, **kwargs):
        super().__init__(**kwargs)
        self.num_heads, self.intermediate_dim = whole("num_heads", num_heads), whole("intermediate_dim", intermediate_dim)
        self.dropout, self.activation = dropout, activations.get(activation)
        self.layer_norm_epsilon, self.normalize_first, self.causal = layer_norm_epsilon, normalize_first, causal
        options = {"dtype": self.dtype}
        self.norm1, self.norm2 = (LayerNormalization(epsilon=layer_norm_epsilon, name=f"norm{k}", **options) for k in (1, 2))
        self.hidden = Dense(intermediate_dim, activation, name="hidden", **options)
        self.drop1, self.drop2 = Dropout(dropout, **options), Dropout(dropout, **options)

    def build(self, input_shape):
        if len(input_shape) != 3 or input_shape[2] is None or input_shape[2] % self.num_heads:
            raise self.mismatch(f"sequences (N, T, features) whose features divide into {self.num_heads} heads", input_shape)
        features, options = input_shape[2], {"dtype": self.dtype}
        self.attention = MultiHeadAttention(self.num_heads, features // self.num_heads, dropout=self.dropout,
                                            name="attention", **options)
        self.output = Dense(features, name="output", **options)
        self.attention.build_once((input_shape, input_shape))
        for layer in self.norm1, self.norm2, self.hidden:
            layer.build_once(input_shape)
        self.output.build_once((*input_shape[:2], self.intermediate_dim))

    def check(self, shape):
        if len(shape) != 3 or shape[2] != self.output.units:
            raise self.mismatch(f"sequences (N, T, {self.output.units})", shape)

    def attend(self, x, training, mask):
        y = self.attention.forward([x, x], training, query_mask=mask, value_mask=mask, use_causal_mask=self.causal)
        return self.drop1.forward(y, training)                                # (N, T, D)

    def attend_backward(self, dy):
        return sum(self.attention.backward(self.drop1.backward(dy)))          # x is both query and value

    def feed(self, h, training):
        return self.drop2.forward(self.output.forward(self.hidden.forward(h)), training)      # (N, T, D)

    def feed_backward(self, dy):
        return self.hidden.backward(self.output.backward(self.drop2.backward(dy)))

    def forward(self, x, training=False, mask=None):
        if self.normalize_first:
            h = x + self.attend(self.norm1.forward(x), training, mask)        # (N, T, D)    (2)
            return h + self.feed(self.norm2.forward(h), training)
        h = self.norm1.forward(x + self.attend(x, training, mask))            # (N, T, D)    (1)
        return self.norm2.forward(h + self.feed(h, training))

    def backward(self, dy):
        if self.normalize_first:
            dh = dy + self.norm2.backward(self.feed_backward(dy))             # the straight way, and the other
            return dh + self.norm1.backward(self.attend_backward(dh))
        dh = self.norm2.backward(dy)
        dh = self.norm1.backward(dh + self.feed_backward(dh))
        return dh + self.attend_backward(dh)
