"""Layers around layers, for sequences."""

import numpy as np

from ..utils import deserialize
from .base import Layer
from .core import _is_positive
from .recurrent import Recurrent, SequenceLayer

MERGE_MODES = "concat", "sum", "mul", "ave", None


class Bidirectional(SequenceLayer):
    r"""Two recurrent layers, of which one reads the sequence from its end (Schuster and Paliwal, 1997).

    .. math:: y(t) = \begin{pmatrix} \overrightarrow h(t) \\ \overleftarrow h(t) \end{pmatrix} \quad (1)

    so that each output knows the whole sequence. Without ``return_sequences`` y holds what each layer knows at
    its own end of the sequence.

    Parameters
    ----------
    layer : SimpleRNN, LSTM or GRU
        The one that reads forward. The wrapper gives it a new name, and lets it and the other return zeros for
        masked steps of sequences.
    merge_mode : {"concat", "sum", "mul", "ave", None}
        How the outputs of the two are put together: side by side as in (1), or added, multiplied, averaged.
        None: not at all, y is a tuple.
    backward_layer : SimpleRNN, LSTM or GRU, optional
        The other, with ``go_backwards``. By default it has the arguments of `layer`.
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    forward_layer, backward_layer : Recurrent

    Notes
    -----
    It is called and returns as other recurrent layers do, see `unrolled.layers.recurrent`; the list of its
    states is that of the forward layer, then that of the backward layer.
    """

    def __init__(self, layer, merge_mode="concat", *, backward_layer=None, **kwargs):
        for one in (layer, layer if backward_layer is None else backward_layer):
            if not isinstance(one, Recurrent):
                raise ValueError(f"Bidirectional needs a recurrent layer, such as LSTM(8), but got {one!r}.")
        if merge_mode not in MERGE_MODES:
            raise ValueError(f"merge_mode must be one of {', '.join(map(repr, MERGE_MODES))}, but {merge_mode!r} was given.")
        super().__init__(**{"dtype": layer.dtype, **kwargs})
        name = layer.name.removeprefix("forward_")
        layer.name = f"forward_{name}"
        if backward_layer is None:
            changed = {"go_backwards": not layer.go_backwards, "name": f"backward_{name}"}
            backward_layer = type(layer).from_config(layer.get_config() | changed)
        for argument in ("stateful", "return_sequences", "return_state"):
            if getattr(layer, argument) != getattr(backward_layer, argument):
                raise ValueError(f"The two layers of Bidirectional must have the same {argument}.")
        if layer.go_backwards or not backward_layer.go_backwards:
            raise ValueError("Of the layers of Bidirectional, backward_layer must have go_backwards=True, "
                             "and the other must not.")
        self.forward_layer, self.backward_layer, self.merge_mode = layer, backward_layer, merge_mode
        self.return_sequences, self.return_state = layer.return_sequences, layer.return_state
        for one in self.sublayers:
            one.zero_output_for_mask = layer.return_sequences
        if not self.trainable:
            self.trainable = False                           # and with it that of both layers

    @property
    def layer(self):
        return self.forward_layer

    @property
    def state_size(self):
        return self.forward_layer.state_size + self.backward_layer.state_size

    @property
    def last_state(self):
        """The states after the last step of each layer, as a list of arrays (N, H)."""
        return self.forward_layer.last_state + self.backward_layer.last_state

    def reset_state(self):
        """Forget what stateful layers have kept."""
        for layer in self.sublayers:
            layer.reset_state()

    @classmethod
    def from_config(cls, config):
        made = {name: deserialize(Layer, config[name]) for name in ("layer", "backward_layer")}
        return cls(**config | made)

    def build(self, input_shape):
        for layer in self.sublayers:
            layer.build_once(input_shape)

    def check(self, shape):
        self.forward_layer.check(shape)

    def compute_output_shape(self, input_shape):
        shapes = [layer.compute_output_shape(input_shape) for layer in self.sublayers]
        ys, states = shapes, ()
        if self.return_state:
            ys, states = [y for y, *_ in shapes], tuple(size for _, *sizes in shapes for size in sizes)
        if self.merge_mode == "concat":
            ys = [(*ys[0][:-1], ys[0][-1] + ys[1][-1])]
        elif self.merge_mode is not None:
            ys = ys[:1]
        return (*ys, *states) if len(ys) + len(states) > 1 else ys[0]

    def forward(self, x, training=False, mask=None, initial_state=None):
        k, states = len(self.forward_layer.state_size), ()
        first, second = (None, None) if initial_state is None else (initial_state[:k], initial_state[k:])
        y = self.forward_layer.forward(x, training, mask, first)
        y_back = self.backward_layer.forward(x, training, mask, second)
        if self.return_state:
            (y, *states), (y_back, *states_back) = y, y_back
            states = (*states, *states_back)
        if self.return_sequences:
            y_back = y_back[:, ::-1]
        self.ys = y, y_back                                            # (N, T, H) or (N, H) each
        merged = self.merge(y, y_back)
        if self.merge_mode is None:
            return (*merged, *states)
        return (merged, *states) if self.return_state else merged

    def merge(self, y, y_back):
        if self.merge_mode is None:
            return y, y_back
        if self.merge_mode == "concat":
            return np.concatenate([y, y_back], axis=-1)                # (1)
        if self.merge_mode == "mul":
            return y * y_back
        return y + y_back if self.merge_mode == "sum" else (y + y_back) / 2

    def merge_back(self, dy):
        """Return the derivatives by both outputs."""
        y, y_back = self.ys
        if self.merge_mode is None or dy is None:
            return (None, None) if dy is None else dy
        if self.merge_mode == "concat":
            return np.split(dy, [y.shape[-1]], axis=-1)
        if self.merge_mode == "mul":
            return dy * y_back, dy * y
        return (dy, dy) if self.merge_mode == "sum" else (dy / 2, dy / 2)

    def backward(self, dy, dstate=None):
        k, (dy, dy_back) = len(self.forward_layer.state_size), self.merge_back(dy)
        first, second = (None, None) if dstate is None else (dstate[:k], dstate[k:])
        if self.return_sequences and dy_back is not None:
            dy_back = dy_back[:, ::-1]
        for layer in self.sublayers:
            layer.needs_dx = self.needs_dx
        dx = self.forward_layer.backward(dy, first)
        dx_back = self.backward_layer.backward(dy_back, second)
        self.dinitial_state = self.forward_layer.dinitial_state + self.backward_layer.dinitial_state
        return dx + dx_back if self.needs_dx else None


class TimeDistributed(Layer):
    """One layer at every step: an input (N, T, ...) is handed to it as N·T examples (...).

    Parameters
    ----------
    layer : Layer
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Notes
    -----
    `Dense` does this by itself. Statistics of a batch, as in `BatchNormalization`, are taken over all steps.
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(f"TimeDistributed needs a layer, but got {layer!r}.")
        super().__init__(**{"dtype": layer.dtype, **kwargs})
        self.layer = layer
        if not self.trainable:
            self.trainable = False                           # and with it that of the layer

    @classmethod
    def from_config(cls, config):
        return cls(**config | {"layer": deserialize(Layer, config["layer"])})

    def cast(self, x):
        return self.layer.cast(x)

    def build(self, input_shape):
        if len(input_shape) < 3:
            raise self.mismatch("sequences (N, steps, ...)", input_shape)
        self.layer.build_once((input_shape[0], *input_shape[2:]))

    def check(self, shape):
        if len(shape) < 3:
            raise self.mismatch("sequences (N, steps, ...)", shape)
        self.layer.check((shape[0], *shape[2:]))

    def compute_output_shape(self, input_shape):
        n, *shape = self.layer.compute_output_shape((input_shape[0], *input_shape[2:]))
        return (n, input_shape[1], *shape)

    def forward(self, x, training=False):
        self.steps = x.shape[:2]
        return self.by_step(self.layer.forward(self.flat(x), training))

    def backward(self, dy):
        self.layer.needs_dx = self.needs_dx
        dx = self.layer.backward(self.flat(dy))
        return None if dx is None else self.by_step(dx)

    def flat(self, x):
        """Return (N, T, ...) as (N·T, ...)."""
        return x.reshape(x.shape[0] * x.shape[1], *x.shape[2:])

    def by_step(self, y):
        """Return (N·T, ...) as (N, T, ...)."""
        return y.reshape(*self.steps, *y.shape[1:])

    # The activation that the layer ends in is also this one's.

    @property
    def activation(self):
        return self.layer.activation

    @property
    def z(self):
        return self.by_step(self.layer.z)

    @property
    def backward_logits(self):
        back = self.layer.backward_logits
        return lambda dz: self.by_step(back(self.flat(dz)))


class RepeatVector(Layer):
    """Hand a vector on n times, as a sequence: (N, D) becomes (N, n, D).

    Parameters
    ----------
    n : int
    **kwargs
        ``dtype``, ``name``.
    """

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        if not _is_positive(n):
            raise ValueError(f"RepeatVector needs a positive whole number of repetitions, but {n!r} was given.")
        self.n = int(n)

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise self.mismatch("vectors (N, features)", input_shape)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.n, input_shape[1])

    def forward(self, x, training=False):
        return np.repeat(x[:, None], self.n, axis=1)                   # (N, n, D)

    def backward(self, dy):
        return dy.sum(axis=1)
