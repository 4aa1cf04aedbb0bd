"""Long short-term memory."""

import numpy as np

from .. import activations
from ..initializers import Initializer, get
from .recurrent import Recurrent

BLOCKS = "ifao"                  # the order of the kernels' columns, Keras's; it calls the third c


class LSTM(Recurrent):
    r"""Long short-term memory (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).

    A cell c carries its content from step to step; the gates i, f, o between 0 and 1 decide what enters it,
    what stays in it, and what of it is shown. With :math:`z(t) = x(t)\,W + h(t-1)\,U + b` in four
    blocks, one for each letter,

    .. math:: i = \sigma(z_i + c(t-1)\,V_i) \quad (1) \qquad f = \sigma(z_f + c(t-1)\,V_f) \quad (2)
              \qquad a = g(z_a) \quad (3)

    .. math:: c(t) = f \odot c(t-1) + i \odot a \quad (4) \qquad o = \sigma(z_o + c(t)\,V_o) \quad (5)
              \qquad h(t) = o \odot g(c(t)) \quad (6)

    The V are *peepholes*, through which gates see the cell. Backward, dh and dc being the derivatives by h(t)
    and c(t) that come from the output at step t and from step t + 1,

    .. math:: dz_o = \sigma'(\cdot) \odot g(c(t)) \odot dh \quad (7) \qquad
              dc \mathrel{+}= o \odot g'(c(t)) \odot dh + dz_o\,V_o^\top \quad (8)

    .. math:: dz_i = \sigma'(\cdot) \odot a \odot dc \quad (9) \qquad
              dz_f = \sigma'(\cdot) \odot c(t-1) \odot dc \quad (10) \qquad
              dz_a = g'(z_a) \odot i \odot dc \quad (11)

    .. math:: dc(t-1) = f \odot dc + dz_i\,V_i^\top + dz_f\,V_f^\top \quad (12) \qquad
              dh(t-1) = dz\,U^\top + dy(t-1) \quad (13)

    and the gradients of W, U and b follow from dz as for `SimpleRNN`.

    Parameters
    ----------
    units : int
        The length H of h and c.
    activation : str or function, optional
        g.
    recurrent_activation : str or function, optional
        σ.
    unit_forget_bias : bool
        Whether the bias of the forget gate starts at 1, so that the cell remembers from the beginning.
    peepholes : {None, "diagonal", "full"}
        "full": each V is a matrix, and a gate sees all cells. "diagonal": a gate sees its own cell only, and V
        is the diagonal (Gers and Schmidhuber, 2000).
    gates : str
        Which gates there are; one that is missing is always open, 1, and has no weights. "ifo" are all; "io"
        is the form of 1997, without forgetting; "" leaves the bare cell, c(t) = c(t-1) + a, the constant error
        carousel.
    **kwargs
        Those of `unrolled.layers.recurrent.Recurrent`: bias, initializers, what is returned, truncation, and
        so on.

    Attributes
    ----------
    kernel : numpy.ndarray, shape (D, 4 H)
        W, in blocks of H columns for i, f, a, o without missing gates, and its gradient ``dkernel``.
    recurrent_kernel : numpy.ndarray, shape (H, 4 H)
        U, and its gradient ``drecurrent_kernel``.
    bias : numpy.ndarray, shape (4 H,)
        b, and its gradient ``dbias``.
    peephole_kernel : numpy.ndarray, shape (H, 3 H) or (3 H,)
        The V of the gates i, f, o, without missing ones, or their diagonals, and the gradient ``dpeephole_kernel``.

    Notes
    -----
    Inputs have shape (N, T, D). In code features come first, see `unrolled.layers.recurrent`. Derived in chapter 15.
    """

    states = 2                   # h and c

    def __init__(self, units, activation="tanh", recurrent_activation="sigmoid", *, unit_forget_bias=True,
                 peepholes=None, gates="ifo", **kwargs):
        super().__init__(units, activation, **kwargs)
        if peepholes not in (None, "diagonal", "full"):
            raise ValueError(f"peepholes must be None, 'diagonal' or 'full', but {peepholes!r} was given.")
        if not isinstance(gates, str) or gates not in ("ifo", "if", "io", "fo", "i", "f", "o", ""):
            raise ValueError("gates must be 'ifo' or a part of it, such as 'io' for an LSTM without forget gate, "
                             f"but {gates!r} was given.")
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias, self.peepholes, self.gates = unit_forget_bias, peepholes, gates
        self.present = [block for block in BLOCKS if block in gates + "a"]
        self.blocks = len(self.present)

    def build(self, input_shape):
        super().build(input_shape)
        if self.peepholes and self.gates:
            shape = (len(self.gates) * self.units,)
            self.add_weight("peephole_kernel", (self.units, *shape) if self.peepholes == "full" else shape)

    def bias_start(self):
        return _ForgetBias(self) if self.unit_forget_bias and "f" in self.gates else self.bias_initializer

    def allocate(self, length, n):
        h = self.units
        self.z = self.passing("z", length, self.blocks, h, n)                    # (T, blocks, H, N)
        self.g = self.room("g", length, 4, h, n)                                 # (T, 4, H, N): i, f, a, o
        self.g[:, [k for k, block in enumerate(BLOCKS) if block not in self.present]] = 1
        self.c = self.room("c", length + 1, h, n)                                # (T + 1, H, N)
        return [self.c]

    def step(self, t):
        z, (i, f, a, o), c = self.z[t % len(self.z)], self.g[t], self.c
        np.matmul(self.B, self.s[t], out=z.reshape(len(self.B), -1))             # (blocks·H, N)
        self.gate("i", i, z, c[t])                                               # (H, N)          (1)
        self.gate("f", f, z, c[t])                                               # (H, N)          (2)
        a[...] = self.activation(self.block(z, "a"))                             # (H, N)          (3)
        c[t + 1] = f * c[t] + i * a                                              # (H, N)          (4)
        self.gate("o", o, z, c[t + 1])                                           # (H, N)          (5)
        self.h[t + 1] = o * self.activation(c[t + 1])                            # (H, N)          (6)

    def step_back(self, t, dh, dc):
        z, (i, f, a, o), c = self.z[t % len(self.z)], self.g[t], self.c
        shown, dz = self.activation(c[t + 1]), np.empty_like(z)                  # (blocks, H, N)
        self.gate_back("o", shown * dh, o, z, dz)                                # (7)
        dc = dc + self.activation.backward(o * dh, c[t + 1], shown)              # (H, N)          (8)
        if self.peepholes:
            dc += self.sight_back("o", c[t + 1], dz)
        self.gate_back("i", a * dc, i, z, dz)                                    # (9)
        self.gate_back("f", c[t] * dc, f, z, dz)                                 # (10)
        self.block(dz, "a")[...] = self.activation.backward(i * dc, self.block(z, "a"), a)     # (11)
        dc *= f                                                                  # (H, N)          (12)
        if self.peepholes:
            dc += self.sight_back("i", c[t], dz) + self.sight_back("f", c[t], dz)
        return [self.step_back_to_inputs(t, dz.reshape(len(self.B), -1)), dc]    # (13)

    def block(self, z, name):
        """Return the block of z, or of dz, for this letter."""
        return z[self.present.index(name)]

    def gate(self, name, gate, z, c):
        """Compute a gate, if there is one of this name; with peepholes it sees the cell c."""
        if name in self.gates:
            z = self.block(z, name)
            if self.peepholes:
                v = self.peephole(name, self.peephole_kernel)
                z += v.T @ c if self.peepholes == "full" else v[:, None] * c
            gate[...] = self.recurrent_activation(z)

    def gate_back(self, name, dgate, gate, z, dz):
        """Fill in dz of a gate, if there is one of this name, from the derivative by the gate."""
        if name in self.gates:
            self.block(dz, name)[...] = self.recurrent_activation.backward(dgate, self.block(z, name), gate)

    def sight_back(self, name, c, dz):
        """Add to the gradient of a gate's peephole, and return the derivative by the cell c that it sees."""
        if name not in self.gates:
            return 0
        v, dv, dz = *(self.peephole(name, p) for p in (self.peephole_kernel, self.dpeephole_kernel)), self.block(dz, name)
        if self.peepholes == "full":
            dv += c @ dz.T                                                       # (H, H)
            return v @ dz                                                        # (H, N)
        dv += (c * dz).sum(axis=1)                                               # (H,)
        return v[:, None] * dz                                                   # (H, N)

    def peephole(self, name, v):
        """Return V of this gate in the peephole kernel, or its gradient."""
        start = self.gates.index(name) * self.units
        return v[..., start:start + self.units]


class _ForgetBias(Initializer):
    """An LSTM's bias: 1 for the forget gate, as the layer's own initializer says for the rest."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, shape, dtype=None):
        initializer = self.layer.bias_initializer or get("glorot_uniform")
        bias, start = initializer(shape, dtype), self.layer.present.index("f") * self.layer.units
        bias[start:start + self.layer.units] = 1
        return bias
