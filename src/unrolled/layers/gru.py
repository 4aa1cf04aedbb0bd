"""The gated recurrent unit."""

import numpy as np

from .. import activations
from .recurrent import Recurrent


class GRU(Recurrent):
    r"""A gated recurrent unit (Cho et al., 2014).

    The state itself remembers. The update gate u says how much of it stays, the reset gate r how much of it
    the candidate for the rest gets to see:

    .. math:: u = \sigma(K_u^\top x(t) + U_u^\top h(t-1) + b_u) \quad (1) \qquad
              r = \sigma(K_r^\top x(t) + U_r^\top h(t-1) + b_r) \quad (2)

    .. math:: \tilde h = g(K_h^\top x(t) + b_h + q) \quad (3) \qquad
              h(t) = u \odot h(t-1) + (1 - u) \odot \tilde h \quad (4)

    The reset comes before the product with the recurrent kernel, as in the paper, or after it, as in Keras:

    .. math:: q = U_h^\top (r \odot h(t-1)) \quad (5a) \qquad q = r \odot (U_h^\top h(t-1) + b'_h) \quad (5b)

    u near 1 *keeps* the old state. Keras calls this gate z. In other texts an update gate near 1 lets in the new
    one. Since :math:`1 - \sigma(v) = \sigma(-v)`, changing the sign of all weights of u turns one form into the
    other.

    Backward, dh being the derivative by h(t) that comes from the output at step t and from step t + 1,

    .. math:: d\hat h = g'(\cdot) \odot (1 - u) \odot dh \quad (6) \qquad
              d\hat u = \sigma'(\cdot) \odot (h(t-1) - \tilde h) \odot dh \quad (7)

    by the pre-activations, and through the reset

    .. math:: d\hat r = \sigma'(\cdot) \odot h(t-1) \odot U_h\,d\hat h, \qquad
              dh(t-1) \leftarrow r \odot U_h\,d\hat h \quad (8a)

    .. math:: d\hat r = \sigma'(\cdot) \odot (U_h^\top h(t-1) + b'_h) \odot d\hat h, \qquad
              dh(t-1) \leftarrow U_h\,(r \odot d\hat h) \quad (8b)

    .. math:: dh(t-1) \mathrel{+}= u \odot dh + U_u\,d\hat u + U_r\,d\hat r + dy(t-1) \quad (9)

    Parameters
    ----------
    units : int
        The length H of the state.
    activation : str or function, optional
        g.
    recurrent_activation : str or function, optional
        σ.
    reset_after : bool
        Whether to reset after the product (5b) instead of before it (5a).
    **kwargs
        Those of `unrolled.layers.recurrent.Recurrent`: bias, initializers, what is returned, truncation, and
        so on.

    Attributes
    ----------
    kernel : numpy.ndarray, shape (D, 3 H)
        K, in blocks of H columns for u, r, h, and its gradient ``dkernel``.
    recurrent_kernel : numpy.ndarray, shape (H, 3 H)
        U, and its gradient ``drecurrent_kernel``.
    bias : numpy.ndarray, shape (3 H,), or (2, 3 H) with `reset_after`
        b, in the second row b' (that of u and r is simply added to b), and the gradient ``dbias``.

    Notes
    -----
    Inputs have shape (N, T, D). In this file they are columns, examples side by side. Derived in chapter 16, in rows
    and with W for K.
    """

    blocks = 3

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", *, reset_after=True, **kwargs):
        super().__init__(units, activation, **kwargs)
        self.recurrent_activation, self.reset_after = activations.get(recurrent_activation), reset_after

    def bias_shape(self):
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def bias_row(self):
        if not self.reset_after:
            return self.bias
        b, after = self.bias
        return b + np.where(np.arange(len(b)) < 2 * self.units, after, 0)        # b' of u and r belongs to b

    def add_to_bias(self, db):
        if not self.reset_after:
            return super().add_to_bias(db)
        self.dbias[0] += db
        self.dbias[1, :2 * self.units] += db[:2 * self.units]                    # b'_h gets its part in step_back

    def parts(self, W):
        """Return the parts of W, or of dW, that are multiplied by s for u and r, by x and 1, and by h for q."""
        h, d = 2 * self.units, len(self.kernel)
        return W[:h], W[h:, :d + 1], W[h:, d + 1:]

    def allocate(self, length, n):
        h = self.units
        self.W_ur, self.W_x, self.U_h = self.parts(self.W)
        self.bias_after = self.bias[1, 2 * h:, None] if self.use_bias and self.reset_after else 0      # b'_h
        self.v, self.w = self.passing("v", length, 2 * h, n), self.passing("w", length, h, n)     # σ and g are taken of
        self.ur = self.room("ur", length, 2 * h, n)                              # (T, 2 H, N)
        self.q = self.room("q", length, h, n) if self.reset_after else None      # (T, H, N)
        self.new = self.room("new", length, h, n)                                # (T, H, N)
        return []

    def step(self, t):
        s, h, v, w = self.s[t], self.h[t], self.v[t % len(self.v)], self.w[t % len(self.w)]
        np.matmul(self.W_ur, s, out=v)
        self.ur[t] = self.recurrent_activation(v)
        u, r = np.split(self.ur[t], 2)                                           # (H, N)          (1), (2)
        if self.reset_after:
            self.q[t] = self.U_h @ h + self.bias_after
            q = r * self.q[t]                                                    # (H, N)          (5b)
        else:
            q = self.U_h @ (r * h)                                               # (H, N)          (5a)
        w[...] = self.W_x @ s[:self.W_x.shape[1]] + q
        self.new[t] = self.activation(w)                                         # (H, N)          (3)
        self.h[t + 1] = u * h + (1 - u) * self.new[t]                            # (H, N)          (4)

    def step_back(self, t, dh):
        s, h, new, v, w = self.s[t], self.h[t], self.new[t], self.v[t % len(self.v)], self.w[t % len(self.w)]
        u, r = np.split(self.ur[t], 2)
        dW_ur, dW_x, dU_h = self.parts(self.dW)
        dw = self.activation.backward((1 - u) * dh, w, new)                      # (H, N)          (6)
        du = (h - new) * dh
        if self.reset_after:
            dq = r * dw
            dr, through = self.q[t] * dw, self.U_h.T @ dq                        # (H, N)          (8b)
            dU_h += dq @ h.T                                                     # (H, H)
            if self.use_bias:
                self.dbias[1, 2 * self.units:] += dq.sum(axis=1)
        else:
            drh = self.U_h.T @ dw
            dr, through = h * drh, r * drh                                       # (H, N)          (8a)
            dU_h += dw @ (r * h).T                                               # (H, H)
        dv = self.recurrent_activation.backward(np.concatenate([du, dr]), v, self.ur[t])       # (7), (8)
        d = len(self.kernel)
        dW_ur += dv @ s.T                                                        # (2 H, D + 1 + H)
        dW_x += dw @ s[:d + 1].T                                                 # (H, D + 1)
        if self.needs_dx:
            self.dx[t] = self.W_ur[:, :d].T @ dv + self.W_x[:, :d].T @ dw        # (D, N)
        return [u * dh + through + self.W_ur[:, d + 1:].T @ dv]                  # (H, N)          (9)
