"""The gated recurrent unit."""

import numpy as np

from .. import activations
from .recurrent import Recurrent


class GRU(Recurrent):
    r"""A gated recurrent unit (Cho et al., 2014).

    The state itself remembers. The update gate u says how much of it stays, the reset gate r how much of it
    the candidate for the rest gets to see:

    .. math:: u = \sigma(x(t)\,W_u + h(t-1)\,U_u + b_u) \quad (1) \qquad
              r = \sigma(x(t)\,W_r + h(t-1)\,U_r + b_r) \quad (2)

    .. math:: \tilde h = g(x(t)\,W_h + b_h + p) \quad (3) \qquad
              h(t) = u \odot h(t-1) + (1 - u) \odot \tilde h \quad (4)

    The reset comes before the product with the recurrent kernel, as in the paper, or after it, as in Keras:

    .. math:: p = (r \odot h(t-1))\,U_h \quad (5a) \qquad p = r \odot q, \quad q = h(t-1)\,U_h + b'_h \quad (5b)

    u near 1 *keeps* the old state. Keras calls this gate z. In other texts an update gate near 1 lets in the new
    one. Since :math:`1 - \sigma(v) = \sigma(-v)`, changing the sign of all weights of u turns one form into the
    other.

    Backward, dh being the derivative by h(t) that comes from the output at step t and from step t + 1, and z with a
    letter what goes into that letter's σ or g,

    .. math:: dz_h = g'(\cdot) \odot (1 - u) \odot dh \quad (6) \qquad
              dz_u = \sigma'(\cdot) \odot (h(t-1) - \tilde h) \odot dh \quad (7)

    and through the reset, where :math:`v = r \odot h(t-1)`,

    .. math:: dv = dz_h\,U_h^\top, \qquad dz_r = \sigma'(\cdot) \odot h(t-1) \odot dv, \qquad
              dh(t-1) \leftarrow r \odot dv \quad (8a)

    .. math:: dq = r \odot dz_h, \qquad dz_r = \sigma'(\cdot) \odot q \odot dz_h, \qquad
              dh(t-1) \leftarrow dq\,U_h^\top \quad (8b)

    .. math:: dh(t-1) \mathrel{+}= u \odot dh + dz_u\,U_u^\top + dz_r\,U_r^\top + dy(t-1) \quad (9)

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
        W, in blocks of H columns for u, r, h, and its gradient ``dkernel``.
    recurrent_kernel : numpy.ndarray, shape (H, 3 H)
        U, and its gradient ``drecurrent_kernel``.
    bias : numpy.ndarray, shape (3 H,), or (2, 3 H) with `reset_after`
        b, in the second row b' (that of u and r is simply added to b), and the gradient ``dbias``.

    Notes
    -----
    Inputs have shape (N, T, D). In code features come first, see `unrolled.layers.recurrent`. Derived in chapter 16.
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

    def parts(self, B):
        """Return the parts of B, or of dB, that are multiplied by s for u and r, and for the candidate by x and 1, and by h."""
        h, d = 2 * self.units, len(self.kernel)
        return B[:h], B[h:, :d + 1], B[h:, d + 1:]

    def allocate(self, length, n):
        h = self.units
        self.B_ur, self.B_h, self.U_h = self.parts(self.B)
        self.bias_after = self.bias[1, 2 * h:, None] if self.use_bias and self.reset_after else 0      # b'_h
        self.z_ur, self.z_h = self.passing("z_ur", length, 2 * h, n), self.passing("z_h", length, h, n)
        self.ur = self.room("ur", length, 2 * h, n)                              # (T, 2 H, N)
        self.q = self.room("q", length, h, n) if self.reset_after else None      # (T, H, N)
        self.new = self.room("new", length, h, n)                                # (T, H, N)
        return []

    def step(self, t):
        s, h, z_ur, z_h = self.s[t], self.h[t], self.z_ur[t % len(self.z_ur)], self.z_h[t % len(self.z_h)]
        np.matmul(self.B_ur, s, out=z_ur)
        self.ur[t] = self.recurrent_activation(z_ur)
        u, r = np.split(self.ur[t], 2)                                           # (H, N)          (1), (2)
        if self.reset_after:
            self.q[t] = self.U_h @ h + self.bias_after
            p = r * self.q[t]                                                    # (H, N)          (5b)
        else:
            p = self.U_h @ (r * h)                                               # (H, N)          (5a)
        z_h[...] = self.B_h @ s[:self.B_h.shape[1]] + p
        self.new[t] = self.activation(z_h)                                       # (H, N)          (3)
        self.h[t + 1] = u * h + (1 - u) * self.new[t]                            # (H, N)          (4)

    def step_back(self, t, dh):
        s, h, new = self.s[t], self.h[t], self.new[t]
        z_ur, z_h = self.z_ur[t % len(self.z_ur)], self.z_h[t % len(self.z_h)]
        u, r = np.split(self.ur[t], 2)
        dB_ur, dB_h, dU_h = self.parts(self.dB)
        dz_h = self.activation.backward((1 - u) * dh, z_h, new)                  # (H, N)          (6)
        du = (h - new) * dh
        if self.reset_after:
            dq = r * dz_h
            dr, through = self.q[t] * dz_h, self.U_h.T @ dq                      # (H, N)          (8b)
            dU_h += dq @ h.T                                                     # (H, H)
            if self.use_bias:
                self.dbias[1, 2 * self.units:] += dq.sum(axis=1)
        else:
            dv = self.U_h.T @ dz_h
            dr, through = h * dv, r * dv                                         # (H, N)          (8a)
            dU_h += dz_h @ (r * h).T                                             # (H, H)
        dz_ur = self.recurrent_activation.backward(np.concatenate([du, dr]), z_ur, self.ur[t])           # (7), (8)
        d = len(self.kernel)
        dB_ur += dz_ur @ s.T                                                     # (2 H, D + 1 + H)
        dB_h += dz_h @ s[:d + 1].T                                               # (H, D + 1)
        if self.needs_dx:
            self.dx[t] = self.B_ur[:, :d].T @ dz_ur + self.B_h[:, :d].T @ dz_h   # (D, N)
        return [u * dh + through + self.B_ur[:, d + 1:].T @ dz_ur]               # (H, N)          (9)
