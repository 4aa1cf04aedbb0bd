r"""What all recurrent layers share: the walk along time, there and back.

A recurrent layer reads a sequence x(1), ..., x(T) step by step and carries a *state* along: h(t), and for an
LSTM also a cell c(t). Arrays are batch first, as everywhere: x (N, T, D), states (N, H).

``y = layer(x, mask=None, initial_state=None)``, and the same with ``layer.forward``
    `mask` (N, T) is False where a step is to be skipped: the state stays as it is, and the output repeats the
    one before (zero, if there is none). `initial_state` is a list [h] or [h, c], or h alone; zeros by default.
    y is the last h, (N, H), or with ``return_sequences`` all of them, (N, T, H). With ``return_state`` the
    result is a tuple (y, h) or (y, h, c) with the last states, which are also in ``layer.last_state``.
``dx = layer.backward(dy, dstate=None)``
    dy has y's shape; None stands for zero. `dstate` is the list of derivatives by the last states, any of
    them None. What is left for the initial state is then in ``layer.dinitial_state``, a list again. So an
    encoder and a decoder are trained by ::

        _, h, c = encoder(x)
        y = decoder(z, initial_state=[h, c])
        dz = decoder.backward(dy)
        dx = encoder.backward(None, decoder.dinitial_state)

    A layer that is called several times before backward needs a place for each: ``layer.tied()``.

Inside, one array s holds for each step all that is multiplied by weights, and one matrix B all of these,

.. math:: s(t) = \begin{pmatrix} x(t) & 1 & h(t-1) \end{pmatrix}, \qquad
          B = \begin{pmatrix} W \\ b \\ U \end{pmatrix}, \qquad z(t) = s(t)\,B \quad (1)

with the kernel W, the bias b and the recurrent kernel U: one matrix product for all gates, and for the way back

.. math:: dB \mathrel{+}= s(t)^\top dz(t) \quad (2) \qquad ds(t) = dz(t)\,B^\top \quad (3)

In equations samples are rows. In code s, z, B and the states stand transposed, features first and examples last,
so that a gate is one contiguous block of memory; factors then change places, and (1) reads ``z = B @ s[t]``.
``kernel``, ``bias`` and ``recurrent_kernel`` are W, b and U as they stand above.

A class below defines ``step(t)``, which computes the states after a step from those before it, and
``step_back(t, dh, ...)``, which takes the derivatives by the states after it and returns those by the states
before it. In code steps count from 0: ``h[t]`` is the state before step t and ``h[t + 1]`` the one after it.
"""

import numpy as np

from .. import activations
from .base import Layer
from .core import _is_positive


class SequenceLayer(Layer):
    """A layer that is called with sequences, a mask and states; ``state_size`` lists the lengths of the states."""

    takes_mask = True

    def __call__(self, x, training=False, mask=None, initial_state=None):
        """Check x, mask and states, build the layer if this is its first input, and return `forward(x)`."""
        x = self.ready(self.cast(x))
        if mask is not None:
            mask = np.asarray(mask, bool)
            if mask.shape != x.shape[:2]:
                raise ValueError(f"Layer {self.name!r} needs one entry of the mask for each step of each sequence, "
                                 f"{x.shape[:2]}, but the mask has shape {mask.shape}.")
        if initial_state is not None:
            given = initial_state if isinstance(initial_state, list | tuple) else [initial_state]
            initial_state = [self.cast(state) for state in given]
            expected = [(len(x), size) for size in self.state_size]
            if [state.shape for state in initial_state] != expected:
                raise ValueError(f"Layer {self.name!r} ({type(self).__name__}) starts from states of shapes {expected}, "
                                 f"but got {[state.shape for state in initial_state]}.")
        return self.forward(x, training, mask, initial_state)

    def compute_mask(self, x, mask):
        return mask if self.return_sequences else None


class Recurrent(SequenceLayer):
    """Base of all recurrent layers.

    Parameters
    ----------
    units : int
        The length H of the state.
    activation : str or function, optional
    use_bias : bool
        Whether there is a b.
    kernel_initializer, recurrent_initializer, bias_initializer : str or Initializer
        How W, U and b start.
    kernel_regularizer, recurrent_regularizer, bias_regularizer : str or Regularizer, optional
    kernel_constraint, recurrent_constraint, bias_constraint : str or Constraint, optional
    return_sequences : bool
        Whether to return the outputs of all steps, not only the last.
    return_state : bool
        Whether to return the last states too.
    go_backwards : bool
        Whether to read the sequence from its end; outputs come in the order in which they were computed.
    stateful : bool
        Whether each batch begins with the states in which the last one ended, until `reset_state`.
        Derivatives do not pass from batch to batch.
    zero_output_for_mask : bool
        Whether the output of a skipped step is zero.
    truncate : int, optional
        Truncated backpropagation through time: cut the sequence, from its end, into pieces of so many steps.
        States pass from piece to piece, but derivatives do not.
    **kwargs
        ``trainable``, ``dtype``, ``name``.
    """

    blocks = 1                   # how many columns of kernels, of H units each
    states = 1                   # h alone

    def __init__(self, units, activation="tanh", use_bias=True, kernel_initializer="glorot_uniform",
                 recurrent_initializer="orthogonal", bias_initializer="zeros", kernel_regularizer=None,
                 recurrent_regularizer=None, bias_regularizer=None, kernel_constraint=None,
                 recurrent_constraint=None, bias_constraint=None, return_sequences=False, return_state=False,
                 go_backwards=False, stateful=False, zero_output_for_mask=False, truncate=None, **kwargs):
        super().__init__(**kwargs)
        kind = type(self).__name__
        if not _is_positive(units):
            raise ValueError(f"{kind} needs a positive whole number of units, but {units!r} was given.")
        if truncate is not None and not _is_positive(truncate):
            raise ValueError(f"{kind} can be truncated after a positive whole number of steps, "
                             f"but {truncate!r} was given.")
        self.units, self.use_bias, self.truncate = int(units), use_bias, truncate
        self.activation = activations.get(activation)
        self.keep(kernel_initializer=kernel_initializer, recurrent_initializer=recurrent_initializer,
                  bias_initializer=bias_initializer, kernel_regularizer=kernel_regularizer,
                  recurrent_regularizer=recurrent_regularizer, bias_regularizer=bias_regularizer,
                  kernel_constraint=kernel_constraint, recurrent_constraint=recurrent_constraint,
                  bias_constraint=bias_constraint)
        self.return_sequences, self.return_state = return_sequences, return_state
        self.go_backwards, self.stateful, self.zero_output_for_mask = go_backwards, stateful, zero_output_for_mask
        self.kept_state, self._rooms = None, {}

    # Weights and shapes

    def build(self, input_shape):
        if len(input_shape) != 3 or input_shape[2] is None:
            raise self.mismatch("sequences (N, steps, features) with a known number of features", input_shape)
        width = self.blocks * self.units
        self.add_weight("kernel", (input_shape[2], width))
        self.add_weight("recurrent_kernel", (self.units, width), self.recurrent_initializer,
                        regularizer=self.recurrent_regularizer, constraint=self.recurrent_constraint)
        if self.use_bias:
            self.add_weight("bias", self.bias_shape(), self.bias_start())

    def bias_shape(self):
        return (self.blocks * self.units,)

    def bias_start(self):
        return self.bias_initializer

    def check(self, shape):
        if len(shape) != 3 or shape[2] != len(self.kernel) or shape[1] == 0:
            raise self.mismatch(f"sequences (N, steps, {len(self.kernel)}) of at least one step", shape)

    def compute_output_shape(self, input_shape):
        n, length, _ = input_shape
        y = (n, length, self.units) if self.return_sequences else (n, self.units)
        return (y, *[(n, self.units)] * self.states) if self.return_state else y

    # States

    @property
    def state_size(self):
        return [self.units] * self.states

    def get_initial_state(self, batch_size):
        """Return the states that a sequence starts from if none are given: zeros."""
        return [np.zeros((batch_size, self.units), self.dtype) for _ in range(self.states)]

    def reset_state(self):
        """Forget what a stateful layer has kept: the next batch starts from zeros."""
        self.kept_state = None

    @property
    def last_state(self):
        """The states after the last step, as a list of arrays (N, H)."""
        return [state[-1].T.copy() for state in self.memory]

    def start(self, n, initial_state):
        """Return the states that a batch of n sequences starts from."""
        if initial_state is not None:
            return initial_state
        if self.stateful and self.kept_state is not None:
            if len(self.kept_state[0]) != n:
                raise ValueError(f"Layer {self.name!r} is stateful and has kept the states of {len(self.kept_state[0])} "
                                 f"sequences, but got {n}. Batches of one length go on; reset_state() starts anew.")
            return self.kept_state
        return self.get_initial_state(n)

    # Forward

    def forward(self, x, training=False, mask=None, initial_state=None):
        n, length, d = x.shape
        start = self.start(n, initial_state)
        order = slice(None, None, -1 if self.go_backwards else 1)
        self.mask = None if mask is None else mask[:, order]
        self.s = self.room("s", length + 1, d + 1 + self.units, n)               # (T + 1, D + 1 + H, N)
        self.s[:-1, :d] = x[:, order].transpose(1, 2, 0)
        self.s[:, d] = 1
        self.x, self.h = self.s[:-1, :d], self.s[:, d + 1:]                      # (T, D, N), (T + 1, H, N)
        self.B = self.stacked()                                                  # (blocks·H, D + 1 + H)
        self.memory = [self.h, *self.allocate(length, n)]
        for state, first in zip(self.memory, start, strict=True):
            state[0] = first.T
        for t in range(length):
            self.step(t)
            if self.mask is not None:
                for state in self.memory:
                    np.copyto(state[t + 1], state[t], where=~self.mask[:, t])
            if t % FLUSH_EVERY == 0:
                for state in self.memory:
                    flush(state[t + 1])
        if self.stateful:
            self.kept_state = self.last_state
        return self.outputs()

    def stacked(self):
        """Return B of (1), transposed."""
        b = self.bias_row() if self.use_bias else np.zeros_like(self.kernel[0])
        return np.vstack([self.kernel, b, self.recurrent_kernel]).T.copy()

    def bias_row(self):
        """Return b."""
        return self.bias

    def allocate(self, length, n):
        """Make the arrays that `step` fills, and return those of the states other than h, (T + 1, H, N)."""
        self.z = self.passing("z", length, self.blocks * self.units, n)          # (T, blocks·H, N)
        return []

    def room(self, name, *shape):
        """Return an array to be filled: that of the last call if it fits, because new memory costs time."""
        if name not in self._rooms or self._rooms[name].shape != shape:
            self._rooms[name] = np.empty(shape, self.dtype)
        return self._rooms[name]

    def passing(self, name, length, *shape):
        """Make room for pre-activations, for one step only if no derivative needs them: ``z[t % len(z)]`` is that of t."""
        functions = {self.activation, getattr(self, "recurrent_activation", self.activation)}
        return self.room(name, 1 if functions <= BY_OUTPUT else length, *shape)

    def tied(self):
        twin = super().tied()
        twin._rooms = {}
        return twin

    def step(self, t):
        """Compute the states after step t from those before it."""
        raise NotImplementedError

    def outputs(self):
        """Return the outputs, and the last states if they are wanted, batch first."""
        y = self.h[1:].transpose(2, 0, 1) if self.return_sequences else self.h[-1].T
        y = y.copy("C")                                                          # (N, T, H) or (N, H)
        self.shown = None
        if self.mask is not None:
            # A step before the first that counts has no output to repeat.
            shown = self.mask if self.zero_output_for_mask else np.logical_or.accumulate(self.mask, axis=1)
            self.shown = shown[:, :, None] if self.return_sequences else shown[:, -1:]
            y *= self.shown
        return (y, *self.last_state) if self.return_state else y

    # Backward

    def backward(self, dy, dstate=None):
        length, d, n = self.x.shape
        self.dB, self.dx = np.zeros_like(self.B), np.zeros_like(self.x) if self.needs_dx else None
        dy = self.by_steps(dy)
        dstate = [np.zeros((self.units, n), self.s.dtype) if v is None else v.T
                  for v in dstate or [None] * self.states]                       # (H, N) each
        if not self.return_sequences and dy is not None:
            dstate[0] = dstate[0] + dy
        for t in reversed(range(length)):
            if self.return_sequences and dy is not None:
                dstate[0] = dstate[0] + dy[t]
            if self.mask is None:
                dstate = self.step_back(t, *dstate)
            else:                                                                # skipped examples pass it on
                run = self.mask[:, t]
                through = self.step_back(t, *(v * run for v in dstate))
                dstate = [v * ~run + u for v, u in zip(dstate, through, strict=True)]
            if t and self.truncate and (length - t) % self.truncate == 0:
                dstate = [np.zeros_like(v) for v in dstate]
            if t % FLUSH_EVERY == 0:
                for v in dstate:
                    flush(v)
                if (dy is None or not self.return_sequences) and not any(v.any() for v in dstate):
                    break                                                        # nothing is left to carry back
        self.dinitial_state = [v.T.copy() for v in dstate]
        self.add_gradients(d)
        if not self.needs_dx:
            return None
        dx = np.ascontiguousarray(self.dx.transpose(2, 0, 1))                    # (N, T, D)
        return dx[:, ::-1] if self.go_backwards else dx

    def by_steps(self, dy):
        """Return dy with features first and examples last: (T, H, N) or (H, N)."""
        if dy is None:
            return None
        dy = dy if self.shown is None else dy * self.shown
        return np.ascontiguousarray(dy.T if dy.ndim == 2 else dy.transpose(1, 2, 0))

    def step_back(self, t, dh):
        """Return the derivatives by the states before step t, given those by the states after it."""
        raise NotImplementedError

    def step_back_to_inputs(self, t, dz):
        """Add step t to dB (2), keep dx(t), and return the derivative by h before the step (3)."""
        d = self.x.shape[1]
        self.dB += dz @ self.s[t].T                                              # (blocks·H, D + 1 + H)
        if not self.needs_dx:
            return self.B[:, d + 1:].T @ dz                                      # (H, N)
        ds = self.B.T @ dz                                                       # (D + 1 + H, N)
        self.dx[t] = ds[:d]
        return ds[d + 1:]

    def add_gradients(self, d):
        """Add the parts of dB to the gradients of the weights."""
        self.dkernel += self.dB[:, :d].T
        self.drecurrent_kernel += self.dB[:, d + 1:].T
        if self.use_bias:
            self.add_to_bias(self.dB[:, d])

    def add_to_bias(self, db):
        """Add to the gradient of the bias."""
        self.dbias += db


FLUSH_EVERY = 8                  # steps

# Functions y = f(z) whose derivative follows from y alone.
BY_OUTPUT = {activations.linear, activations.sigmoid, activations.tanh, activations.relu, activations.exponential}


def flush(v):
    """Put zeros in place of numbers next to the smallest that their type can hold.

    States that fade and derivatives that vanish over many steps end up there, as subnormal numbers, with which many
    processors compute up to a hundred times more slowly. What they add to other numbers lies far below the last digit.
    """
    v *= np.abs(v) > np.finfo(v.dtype).tiny ** (2 / 3)
