"""The simple recurrent layer."""

import numpy as np

from .recurrent import Recurrent


class SimpleRNN(Recurrent):
    r"""A fully connected layer that also sees its own last output (Elman, 1990).

    .. math:: z(t) = x(t)\,W + h(t-1)\,U + b \quad (1) \qquad h(t) = f(z(t)) \quad (2)

    Backpropagation through time: dh(t) comes from the output at step t and from step t + 1.

    .. math:: dz(t) = f'(z(t)) \odot dh(t) \quad (3) \qquad
              dh(t-1) = dz(t)\,U^\top + dy(t-1) \quad (4)

    .. math:: dW = \textstyle\sum_t x(t)^\top dz(t), \qquad dU = \sum_t h(t-1)^\top dz(t), \qquad
              db = \sum_{t,n} dz_n(t), \qquad dx(t) = dz(t)\,W^\top \quad (5)

    Parameters
    ----------
    units : int
        The length H of the state.
    activation : str or function, optional
        f.
    **kwargs
        Those of `unrolled.layers.recurrent.Recurrent`: bias, initializers, what is returned, truncation, and
        so on.

    Attributes
    ----------
    kernel : numpy.ndarray, shape (D, H)
        W, and its gradient ``dkernel``.
    recurrent_kernel : numpy.ndarray, shape (H, H)
        U, and its gradient ``drecurrent_kernel``.
    bias : numpy.ndarray, shape (H,)
        b, and its gradient ``dbias``.

    Notes
    -----
    Inputs have shape (N, T, D). In code features come first, see `unrolled.layers.recurrent`. Derived in chapter 14.
    """

    def step(self, t):
        z = self.z[t % len(self.z)]
        np.matmul(self.B, self.s[t], out=z)                                      # (H, N)          (1)
        self.h[t + 1] = self.activation(z)                                       # (H, N)          (2)

    def step_back(self, t, dh):
        z = self.z[t % len(self.z)]
        dz = self.activation.backward(dh, z, self.h[t + 1])                      # (H, N)          (3)
        return [self.step_back_to_inputs(t, dz)]                                 # (H, N)          (4), (5)
