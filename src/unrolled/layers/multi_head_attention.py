"""Attention with several heads."""

import math

from .attention import BaseAttention, seen_keys
from .base import HOW, Layer
from .core import _is_positive


class MultiHeadAttention(BaseAttention):
    r"""Several attentions side by side, each in a small space of its own (Vaswani et al., 2017).

    From a query x, a key x' and a value x'' each head j makes its own,

    .. math:: q^j = x W_q^j + b_q^j, \quad k^j = x' W_k^j + b_k^j, \quad v^j = x'' W_v^j + b_v^j \quad (7) \qquad
              s^j_{t\tau} = q_t^j \cdot k^j_\tau / \sqrt{d} \quad (1)

    then (2) and (3) of `unrolled.layers.attention` give :math:`y^j`, and

    .. math:: y = \textstyle\sum_j y^j W_o^j + b_o \quad (8)

    Parameters
    ----------
    num_heads : int
    key_dim : int
        d, the length of a head's queries and keys.
    value_dim : int, optional
        The length of its values, by default `key_dim`.
    dropout : float
        The share of weights α set to 0 in training.
    use_bias : bool
        Whether there are vectors b.
    output_shape : int, optional
        The length of y, by default that of the query.
    kernel_initializer, bias_initializer : str or Initializer
    kernel_regularizer, bias_regularizer : str or Regularizer, optional
    kernel_constraint, bias_constraint : str or Constraint, optional
    seed : int, optional
        Of the dropout.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    query_dense, key_dense, value_dense, output_dense : Layer
        With the weights ``kernel``, shapes (D, heads, d) and (heads, d, D), and ``bias``.
    scores, attention_scores : numpy.ndarray, shape (N, heads, Tq, Tv)
        s and α of the last `forward`.
    """

    def __init__(self, num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None,
                 kernel_initializer="glorot_uniform", bias_initializer="zeros", kernel_regularizer=None,
                 bias_regularizer=None, kernel_constraint=None, bias_constraint=None, seed=None, **kwargs):
        super().__init__(dropout, seed, **kwargs)
        if not (_is_positive(num_heads) and _is_positive(key_dim) and (value_dim is None or _is_positive(value_dim))):
            raise ValueError("MultiHeadAttention needs positive whole numbers num_heads, key_dim and value_dim, but "
                             f"{num_heads!r}, {key_dim!r} and {value_dim!r} were given.")
        if output_shape is not None and not _is_positive(output_shape):
            raise ValueError(f"output_shape must be a positive whole number of features, but {output_shape!r} was given.")
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.use_bias, self.output_shape = use_bias, output_shape
        self.keep(kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
                  kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
                  kernel_constraint=kernel_constraint, bias_constraint=bias_constraint)
        roles = ("query", (num_heads, key_dim)), ("key", (num_heads, key_dim)), ("value", (num_heads, self.value_dim))
        self.query_dense, self.key_dense, self.value_dense = (self.projection(name, out) for name, out in roles)

    def projection(self, name, features, axes=1):
        how = {f"{weight}_{kind}": getattr(self, f"{weight}_{kind}") for weight in ("kernel", "bias") for kind in HOW}
        return _Projection(features, axes, self.use_bias, how, dtype=self.dtype, name=name)

    def check(self, shape):
        query, value, key = (*shape, shape[1])[:3]
        if not len(query) == len(value) == len(key) == 3 or value[1] != key[1]:
            raise self.mismatch("a query (N, Tq, Dq), a value (N, Tv, Dv) and a key (N, Tv, Dk), "
                                "for which the value serves if it is left out", shape)
        if self.built:
            for layer, one in (self.query_dense, query), (self.key_dense, key), (self.value_dense, value):
                layer.check(one)

    def build(self, input_shape):
        self.check(input_shape)
        query, value, key = (*input_shape, input_shape[1])[:3]
        self.query_dense.build_once(query)
        self.key_dense.build_once(key)
        self.value_dense.build_once(value)
        self.output_dense = self.projection("attention_output", (self.output_shape or query[-1],), axes=2)
        self.output_dense.build_once((None, None, self.num_heads, self.value_dim))

    def compute_output_shape(self, input_shape):
        return (*input_shape[0][:-1], self.output_shape or input_shape[0][-1])

    def __call__(self, query, value, key=None, query_mask=None, value_mask=None, key_mask=None, attention_mask=None,
                 return_attention_scores=False, training=False, use_causal_mask=False):
        """Return the attention of a query to values.

        Parameters
        ----------
        query, value : array_like, shapes (N, Tq, Dq) and (N, Tv, Dv)
        key : array_like, shape (N, Tv, Dk), optional
            By default the value.
        query_mask, value_mask, key_mask : array_like of bool, shapes (N, Tq), (N, Tv) and (N, Tv), optional
            Where they are False, a step sees nothing, or is not seen.
        attention_mask : array_like of bool, shape (N, Tq, Tv), optional
            Whether step t sees step τ.
        return_attention_scores : bool
            Whether to return the weights α too, shape (N, heads, Tq, Tv).
        training : bool
            Whether to drop weights at random.
        use_causal_mask : bool
            Whether step t sees only the steps up to t.

        Returns
        -------
        numpy.ndarray, shape (N, Tq, Dq), or as `output_shape` says
        """
        inputs = self.ready(self.cast([query, value] if key is None else [query, value, key]))
        y = self.forward(inputs, training, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        return (y, self.attention_scores) if return_attention_scores else y

    def forward(self, inputs, training=False, query_mask=None, value_mask=None, key_mask=None, attention_mask=None,
                use_causal_mask=False):
        query, value, *key = inputs
        self.own_key = bool(key)
        seen = seen_keys(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        q = self.query_dense.forward(query).swapaxes(1, 2)                # (N, heads, Tq, d)            (7)
        k = self.key_dense.forward(key[0] if key else value).swapaxes(1, 2)
        v = self.value_dense.forward(value).swapaxes(1, 2)
        y = self.attend(q, v, k, None if seen is None else seen[..., None, :, :], training)
        return self.output_dense.forward(y.swapaxes(1, 2))                # (N, Tq, D)                   (8)

    def backward(self, dy):
        dy = self.output_dense.backward(dy).swapaxes(1, 2)                # (N, heads, Tq, d)
        dq, dv, dk = (d.swapaxes(1, 2) for d in self.attend_backward(dy))
        dquery, dvalue, dkey = self.query_dense.backward(dq), self.value_dense.backward(dv), self.key_dense.backward(dk)
        return [dquery, dvalue, dkey] if self.own_key else [dquery, dvalue + dkey]

    def score(self, query, key):
        return (query / math.sqrt(self.key_dim)) @ key.mT                 # (N, heads, Tq, Tv)           (1)

    def score_backward(self, ds):
        ds = ds / math.sqrt(self.key_dim)
        return ds @ self.key, ds.mT @ self.query


class _Projection(Layer):
    """y = x W + b where x or y, and so W, have several axes of features: those of the heads and of each head."""

    def __init__(self, features, axes, use_bias, how, **kwargs):
        super().__init__(**kwargs)
        self.features, self.axes, self.use_bias = features, axes, use_bias         # axes: how many the product sums over
        self.keep(**how)

    def build(self, input_shape):
        self.add_weight("kernel", (*input_shape[-self.axes:], *self.features))
        if self.use_bias:
            self.add_weight("bias", self.features)

    def check(self, shape):
        if shape[-1] != self.kernel.shape[self.axes - 1]:
            raise self.mismatch(f"inputs with {self.kernel.shape[self.axes - 1]} features", shape)

    def forward(self, x, training=False):
        self.shape, outputs = x.shape, math.prod(self.features)
        self.x = x.reshape(-1, math.prod(x.shape[-self.axes:]))           # (N·T, inputs)
        y = self.x @ self.kernel.reshape(-1, outputs)                     # (N·T, outputs)
        if self.use_bias:
            y += self.bias.ravel()
        return y.reshape(*x.shape[:-self.axes], *self.features)

    def backward(self, dy):
        dy = dy.reshape(len(self.x), -1)
        self.dkernel += (self.x.T @ dy).reshape(self.kernel.shape)
        if self.use_bias:
            self.dbias += dy.sum(axis=0).reshape(self.features)
        return (dy @ self.kernel.reshape(-1, dy.shape[1]).T).reshape(self.shape)
