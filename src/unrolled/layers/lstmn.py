"""An LSTM that looks back at all its earlier states by attention."""

import numpy as np

from .. import activations
from .base import Layer
from .core import _is_positive


class LSTMN(Layer):
    r"""The long short-term memory network of Cheng, Dong and Lapata (2016).

    An LSTM hands on its last state only. Here each step takes a weighted mean over all earlier ones instead,

    .. math:: w_\tau(t) = \tanh\bigl(x(t)\,W_x + \tilde h(t-1)\,W_{\tilde h} + h(\tau)\,W_h\bigr)\,v \quad (1) \qquad
              \alpha_\tau(t) = \mathrm{softmax}_\tau\, w_\tau(t) \quad (2)

    .. math:: \tilde h(t) = \textstyle\sum_{\tau<t} \alpha_\tau(t)\,h(\tau) \quad (3) \qquad
              \tilde c(t) = \textstyle\sum_{\tau<t} \alpha_\tau(t)\,c(\tau) \quad (4)

    which are 0 at the first step, where there is nothing to sum, and then does what an LSTM does:

    .. math:: (\hat\imath, \hat f, \hat a, \hat o) = x(t)\,W + \tilde h(t)\,U + b \quad (5) \qquad
              i, f, o = \sigma(\hat\imath), \sigma(\hat f), \sigma(\hat o), \quad a = \tanh \hat a \quad (6)

    .. math:: c(t) = i \odot a + f \odot \tilde c(t) \quad (7) \qquad h(t) = o \odot \tanh c(t) \quad (8)

    Backward, h(τ) gets a derivative from every later step, in three ways: as a part of :math:`\tilde h`, through the weights
    :math:`\alpha`, and, because :math:`\tilde h(t-1)` asks, through the questions of the next step.

    Parameters
    ----------
    units : int
        The length H of h and c.
    attention_units : int, optional
        The length A of v, by default H.
    kernel_initializer, recurrent_initializer, bias_initializer : str or Initializer
        How W (also W_x, W_tilde, W_h and v), U and b start.
    unit_forget_bias : bool
        Whether the b of f starts at 1.
    return_sequences : bool
        Whether to return h of all steps instead of the last.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    kernel, recurrent_kernel, bias : numpy.ndarray, shapes (D, 4 H), (H, 4 H), (4 H,)
        W, U, b; the gates in Keras's order i, f, a, o.
    W_x, W_tilde, W_h, v : numpy.ndarray, shapes (D, A), (H, A), (H, A), (A, 1)
    alpha : numpy.ndarray, shape (N, T, T)
        The weights of the last `forward`: row t holds those of the steps before t.

    Notes
    -----
    Not in Keras. Equations (6.19) to (6.24) of the source of chapter 19.
    """

    def __init__(self, units, attention_units=None, kernel_initializer="glorot_uniform", recurrent_initializer="orthogonal",
                 bias_initializer="zeros", unit_forget_bias=True, return_sequences=False, **kwargs):
        super().__init__(**kwargs)
        if not _is_positive(units) or attention_units is not None and not _is_positive(attention_units):
            raise ValueError("LSTMN needs positive whole numbers units and attention_units, but "
                             f"{units!r} and {attention_units!r} were given.")
        self.units, self.attention_units = units, attention_units or units
        self.keep(kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer,
                  bias_initializer=bias_initializer)
        self.unit_forget_bias, self.return_sequences = unit_forget_bias, return_sequences

    def build(self, input_shape):
        if len(input_shape) != 3 or input_shape[2] is None:
            raise self.mismatch("sequences (N, T, features) with a known number of features", input_shape)
        h, a, features = self.units, self.attention_units, input_shape[2]
        self.add_weight("kernel", (features, 4 * h))
        self.add_weight("recurrent_kernel", (h, 4 * h), self.recurrent_initializer)
        self.add_weight("bias", (4 * h,))
        if self.unit_forget_bias:
            self.bias[h:2 * h] = 1
        self.add_weight("W_x", (features, a), self.kernel_initializer)
        self.add_weight("W_tilde", (h, a), self.kernel_initializer)
        self.add_weight("W_h", (h, a), self.kernel_initializer)
        self.add_weight("v", (a, 1), self.kernel_initializer)

    def check(self, shape):
        if len(shape) != 3 or shape[1] == 0 or shape[2] != len(self.kernel):
            raise self.mismatch(f"sequences (N, T, {len(self.kernel)}) of at least one step", shape)

    def compute_output_shape(self, input_shape):
        n, steps, _ = input_shape
        return (n, steps, self.units) if self.return_sequences else (n, self.units)

    def forward(self, x, training=False):
        n, steps, _ = x.shape
        self.x = x                                                             # (N, T, D)
        new = [np.zeros((n, steps, size), self.dtype) for size in (*(self.units,) * 4, *(self.attention_units,) * 2)]
        self.h, self.c, self.h_tilde, self.c_tilde, self.q, self.keys = new    # (N, T, H); q and W_h h: (N, T, A)
        self.gates = np.empty((4, n, steps, self.units), self.dtype)           # i, f, a, o
        self.alpha = np.zeros((n, steps, steps), self.dtype)
        xk, xq = x @ self.kernel + self.bias, x @ self.W_x                     # all steps at once
        for t in range(steps):
            if t > 0:
                self.q[:, t] = xq[:, t] + self.h_tilde[:, t - 1] @ self.W_tilde
                w = self.energies(t) @ self.v                                  # (N, t, 1)      (1)
                alpha = activations.softmax(w, axis=1).mT                      # (N, 1, t)      (2)
                self.alpha[:, t, :t] = alpha[:, 0]
                self.h_tilde[:, t] = (alpha @ self.h[:, :t])[:, 0]             # (N, H)         (3)
                self.c_tilde[:, t] = (alpha @ self.c[:, :t])[:, 0]             # (N, H)         (4)
            z = xk[:, t] + self.h_tilde[:, t] @ self.recurrent_kernel          # (N, 4 H)       (5)
            i, f, a, o = np.split(z, 4, axis=1)
            i, f, a, o = self.gates[:, :, t] = (activations.sigmoid(i), activations.sigmoid(f), np.tanh(a),
                                                activations.sigmoid(o))        # (6)
            self.c[:, t] = i * a + f * self.c_tilde[:, t]                      # (N, H)         (7)
            self.h[:, t] = o * np.tanh(self.c[:, t])                           # (N, H)         (8)
            self.keys[:, t] = self.h[:, t] @ self.W_h                          # (N, A)
        return self.h.copy() if self.return_sequences else self.h[:, -1].copy()

    def energies(self, t):
        """Return the tanh of (1) for all steps before t."""
        return np.tanh(self.q[:, t, None] + self.keys[:, :t])                  # (N, t, A)

    def backward(self, dy):
        n, steps, features = self.x.shape
        dh, dc, dq, dkeys = (np.zeros_like(array) for array in (self.h, self.c, self.q, self.keys))
        dz = np.empty((n, steps, 4 * self.units), self.dtype)
        dh[...] = dy if self.return_sequences else 0
        if not self.return_sequences:
            dh[:, -1] = dy
        asked = 0                                                              # what comes to h~(t) from q(t + 1)
        for t in reversed(range(steps)):
            i, f, a, o = self.gates[:, :, t]                                   # (N, H) each
            tanh_c = np.tanh(self.c[:, t])
            dh_t = dh[:, t] + dkeys[:, t] @ self.W_h.T                         # all later steps have added to both
            dc_t = dc[:, t] + dh_t * o * (1 - tanh_c**2)                       # (8)
            dz[:, t] = np.concatenate([dc_t * a * i * (1 - i), dc_t * self.c_tilde[:, t] * f * (1 - f),
                                       dc_t * i * (1 - a**2), dh_t * tanh_c * o * (1 - o)], axis=1)             # (6), (7)
            if t == 0:
                break
            dh_tilde = (dz[:, t] @ self.recurrent_kernel.T + asked)[:, None]   # (N, 1, H)      (5)
            dc_tilde = (dc_t * f)[:, None]                                     # (N, 1, H)      (7)
            alpha = self.alpha[:, t, :t, None]                                 # (N, t, 1)
            dh[:, :t] += alpha * dh_tilde                                      # (3)
            dc[:, :t] += alpha * dc_tilde                                      # (4)
            dalpha = self.h[:, :t] @ dh_tilde.mT + self.c[:, :t] @ dc_tilde.mT                    # (N, t, 1)
            dw = activations.softmax.backward(dalpha, None, alpha, axis=1)     # (N, t, 1)      (2)
            e = self.energies(t)
            de = dw * self.v[:, 0] * (1 - e**2)                                # (N, t, A)      (1)
            self.dv += (dw * e).sum((0, 1))[:, None]
            dkeys[:, :t] += de
            dq[:, t] = de.sum(1)
            asked = dq[:, t] @ self.W_tilde.T                                  # (N, H)
        x, dz2, dq2 = self.x.reshape(-1, features), dz.reshape(n * steps, -1), dq.reshape(n * steps, -1)
        self.dkernel += x.T @ dz2
        self.drecurrent_kernel += self.h_tilde.reshape(n * steps, -1).T @ dz2
        self.dbias += dz2.sum(0)
        self.dW_x += x.T @ dq2
        self.dW_tilde += self.h_tilde[:, :-1].reshape(-1, self.units).T @ dq[:, 1:].reshape(-1, self.attention_units)
        self.dW_h += self.h.reshape(n * steps, -1).T @ dkeys.reshape(n * steps, -1)
        return (dz2 @ self.kernel.T + dq2 @ self.W_x.T).reshape(self.x.shape)  # (N, T, D)
