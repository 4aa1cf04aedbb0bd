r"""Attention: each step of one sequence takes a weighted mean over the steps of another.

The *scores* say how well each query fits each key, and a softmax over the keys turns them into weights:

.. math:: s_{t\tau} = \mathrm{score}(q_t, k_\tau) \quad (1) \qquad
          \alpha_{t\tau} = e^{s_{t\tau}} / \textstyle\sum_\rho e^{s_{t\rho}} \quad (2) \qquad
          y_t = \textstyle\sum_\tau \alpha_{t\tau} v_\tau \quad (3)

.. math:: dv_\tau = \textstyle\sum_t \alpha_{t\tau}\,dy_t \quad (4) \qquad d\alpha_{t\tau} = dy_t \cdot v_\tau \quad (5) \qquad
          ds_{t\tau} = \alpha_{t\tau}\bigl(d\alpha_{t\tau} - \textstyle\sum_\rho \alpha_{t\rho}\,d\alpha_{t\rho}\bigr) \quad (6)

A mask leaves out keys: their weight is exactly 0. Where it leaves out all, the output is 0.
"""

import functools

import numpy as np

from .. import activations, batches
from .base import Layer
from .regularization import Dropout


class BaseAttention(Layer):
    """What all forms share; they define the score (1) and its derivatives."""

    input_names = ("query", "value", "key")

    def __init__(self, dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.dropout, self.seed = dropout, seed
        self.drop = Dropout(dropout, seed=seed, dtype=self.dtype)

    def cast(self, x):
        given = batches.by_name(self.input_names, x, least=2)                  # the key may be left out
        return batches.Arrays([self.cast_input(name, a) for name, a in given.items()])

    def attend(self, query, value, key, seen, training):
        """Return (3); the arrays may have further axes before those of steps and features."""
        self.query, self.value, self.key = query, value, key
        self.scores = self.score(query, key)                              # (N, Tq, Tv)    (1)
        self.attention_scores = masked_softmax(self.scores, seen)         # (N, Tq, Tv)    (2)
        self.kept = self.drop.forward(self.attention_scores, training)
        return self.kept @ value                                          # (N, Tq, Dv)    (3)

    def attend_backward(self, dy):
        """Return the derivatives by query, value and key."""
        alpha = self.attention_scores
        dvalue = self.kept.mT @ dy                                        # (N, Tv, Dv)    (4)
        dalpha = self.drop.backward(dy @ self.value.mT)                   # (N, Tq, Tv)    (5)
        dscores = activations.softmax.backward(dalpha, None, alpha)       # (N, Tq, Tv)    (6)
        dquery, dkey = self.score_backward(dscores)
        return dquery, dvalue, dkey


class SingleHead(BaseAttention):
    """What the forms with one head share."""

    def check(self, shape):
        query, value, key = (*shape, shape[1])[:3]
        if not len(query) == len(value) == len(key) == 3 or value[1] != key[1] or query[2] != key[2]:
            raise self.mismatch("a query (N, Tq, D), a value (N, Tv, Dv) and a key (N, Tv, D), "
                                "for which the value serves if it is left out", shape)

    def build(self, input_shape):
        self.check(input_shape)

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], input_shape[1][-1])

    def __call__(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        """Return the attention of a query to values.

        Parameters
        ----------
        inputs : list of array_like
            The query, shape (N, Tq, D), the value, (N, Tv, Dv), and the key, (N, Tv, D), for which the value
            serves if it is left out.
        mask : list of array_like of bool, optional
            Of the query, (N, Tq): y is 0 where it is False; of the value, (N, Tv): what is left out where it is
            False. Either may be None.
        training : bool
            Whether to drop weights at random.
        return_attention_scores : bool
            Whether to return the weights α too, shape (N, Tq, Tv).
        use_causal_mask : bool
            Whether step t sees only the steps up to t.

        Returns
        -------
        numpy.ndarray, shape (N, Tq, Dv)
        """
        y = self.forward(self.ready(self.cast(inputs)), training, mask, use_causal_mask)
        return (y, self.attention_scores) if return_attention_scores else y

    def forward(self, inputs, training=False, mask=None, use_causal_mask=False):
        query, value, *key = inputs
        self.own_key = bool(key)
        query_mask, value_mask = (None, None) if mask is None else mask[:2]
        self.query_mask = None if query_mask is None else np.asarray(query_mask, bool)[..., None]
        seen = seen_keys(query, value, value_mask=value_mask, use_causal_mask=use_causal_mask)
        y = self.attend(query, value, key[0] if key else value, seen, training)
        return y if query_mask is None else y * self.query_mask

    def backward(self, dy):
        dy = dy if self.query_mask is None else dy * self.query_mask
        dquery, dvalue, dkey = self.attend_backward(dy)
        return [dquery, dvalue, dkey] if self.own_key else [dquery, dvalue + dkey]


class Attention(SingleHead):
    r"""Attention by products of query and key (Luong et al., 2015); the equations of this module with

    .. math:: s_{t\tau} = c\,q_t \cdot k_\tau \qquad \text{or} \qquad
              s_{t\tau} = w \textstyle\sum_i \tanh\bigl(c\,(q_{ti} + k_{\tau i})\bigr)

    Parameters
    ----------
    use_scale : bool
        Whether there is a learned number c; otherwise c = 1.
    score_mode : {"dot", "concat"}
        The first score or the second, which has a learned number w.
    dropout : float
        The share of weights α set to 0 in training.
    seed : int, optional
        Of these draws.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    scores, attention_scores : numpy.ndarray, shape (N, Tq, Tv)
        s and α of the last `forward`.
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(dropout, seed, **kwargs)
        if score_mode not in ("dot", "concat"):
            raise ValueError(f"score_mode must be 'dot' or 'concat', but {score_mode!r} was given.")
        self.use_scale, self.score_mode = use_scale, score_mode

    def build(self, input_shape):
        super().build(input_shape)
        if self.use_scale:
            self.add_weight("scale", (), "ones")
        if self.score_mode == "concat":
            self.add_weight("concat_score_weight", (), "ones")

    def score(self, query, key):
        c = self.scale if self.use_scale else 1
        if self.score_mode == "dot":
            self.product = query @ key.mT                     # (N, Tq, Tv)
            return c * self.product
        self.sum = query[:, :, None] + key[:, None]                       # (N, Tq, Tv, D)
        self.tanh = np.tanh(c * self.sum)
        return self.concat_score_weight * self.tanh.sum(-1)

    def score_backward(self, ds):
        c = self.scale if self.use_scale else 1
        if self.score_mode == "dot":
            if self.use_scale:
                self.dscale += (ds * self.product).sum()
            return c * ds @ self.key, c * ds.mT @ self.query
        self.dconcat_score_weight += (ds[..., None] * self.tanh).sum()
        dz = ds[..., None] * self.concat_score_weight * (1 - self.tanh**2)         # of c (q + k)
        if self.use_scale:
            self.dscale += (dz * self.sum).sum()
        return c * dz.sum(2), c * dz.sum(1)


class AdditiveAttention(SingleHead):
    r"""Attention by a small network (Bahdanau et al., 2015); the equations of this module with

    .. math:: s_{t\tau} = \tanh(q_t + k_\tau) \cdot v_a

    Where query and key are first multiplied by matrices, by `Dense` layers before this one, it is
    :math:`\tanh(q_t W_a + k_\tau U_a) \cdot v_a`.

    Parameters
    ----------
    use_scale : bool
        Whether there is a learned vector v_a; otherwise all its entries are 1.
    dropout : float
        The share of weights α set to 0 in training.
    **kwargs
        ``seed`` of these draws, ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    scores, attention_scores : numpy.ndarray, shape (N, Tq, Tv)
        s and α of the last `forward`.
    """

    def __init__(self, use_scale=True, dropout=0.0, **kwargs):
        super().__init__(dropout, **kwargs)
        self.use_scale = use_scale

    def build(self, input_shape):
        super().build(input_shape)
        if self.use_scale:
            self.add_weight("scale", (input_shape[0][-1],), "glorot_uniform")

    def check(self, shape):
        super().check(shape)
        if self.built and self.use_scale and shape[0][-1] != len(self.scale):
            raise self.mismatch(f"queries with {len(self.scale)} features", shape)

    def score(self, query, key):
        self.tanh = np.tanh(query[:, :, None] + key[:, None])             # (N, Tq, Tv, D)
        return self.tanh @ self.scale if self.use_scale else self.tanh.sum(-1)

    def score_backward(self, ds):
        dz = 1 - self.tanh**2
        dz *= ds[..., None]
        if self.use_scale:
            self.dscale += ds.ravel() @ self.tanh.reshape(ds.size, -1)
            dz *= self.scale
        return dz.sum(2), dz.sum(1)                                       # (N, Tq, D), (N, Tv, D)


def seen_keys(query, value, query_mask=None, value_mask=None, key_mask=None, attention_mask=None, use_causal_mask=False):
    """Return which keys each query sees, as an array of bool that broadcasts to (N, Tq, Tv), or None for all."""
    masks = [np.tri(query.shape[1], value.shape[1], dtype=bool)] if use_causal_mask else []
    masks += [np.asarray(mask, bool)[:, :, None] for mask in (query_mask,) if mask is not None]
    masks += [np.asarray(mask, bool)[:, None, :] for mask in (value_mask, key_mask) if mask is not None]
    masks += [np.asarray(mask, bool) for mask in (attention_mask,) if mask is not None]
    return functools.reduce(np.logical_and, masks) if masks else None


def masked_softmax(scores, seen=None):
    """Return the softmax over the last axis of those scores that are seen, and 0 for the others (2)."""
    if seen is None:
        return activations.softmax(scores)
    return activations.softmax(np.where(seen, scores, -1e9)) * seen
