"""`Model`, what all models share, and `Sequential`, layers one after another."""

import numpy as np

from . import saving
from .layers.base import Layer, shape_text
from .layers.core import InputLayer
from .saving import load_model as load_model
from .training import Trainer
from .utils import deserialize, own_generator, serialize, unknown


class Model(Trainer, Layer):
    r"""A layer that can be trained: all its weights lie in one vector, which an optimizer changes.

    To write a model, subclass it, and define what every layer defines (see `unrolled.layers.base`): ``__init__``
    makes the layers that the model contains and keeps them in attributes, `build` builds them by their
    ``build_once``, `forward` and `backward` call theirs. All that is said there of several inputs and of layers
    that end in an activation holds for models: one that keeps its last ``activation`` and ``z`` and defines
    ``backward_logits(dz)`` is trained with cross-entropy from z.

    Parameters
    ----------
    trainable : bool
        Whether training changes the weights; False freezes all layers.
    dtype : {"float32", "float64"}, optional
    name : str, optional

    Attributes
    ----------
    params, grads : numpy.ndarray, shape (P,)
        All trained weights, and their gradients, as one vector each; the layers' weights are views into it.
    """

    def __init__(self, trainable=True, dtype=None, name=None):
        super().__init__(trainable=trainable, dtype=dtype, name=name)
        self.input_shape = None
        self.rng = own_generator()                           # shuffles the batches

    def build_once(self, input_shape):
        if not self.built:
            super().build_once(input_shape)
            self.pack()

    def pack(self):
        """Lay all trained weights and gradients into one vector each, of which the layers then hold views."""
        self.trained = [p for p in self.parameters if p.is_trained]
        dtypes = {p.value.dtype for p in self.trained}
        if len(dtypes) > 1:
            raise ValueError("All layers of a model must have one type, but these have "
                             f"{' and '.join(sorted(map(str, dtypes)))}.")
        size = sum(p.value.size for p in self.trained)
        self.params = np.empty(size, dtypes.pop() if dtypes else self.dtype)
        self.grads = np.zeros_like(self.params)
        end = 0
        for p in self.trained:
            start, end, shape = end, end + p.value.size, p.value.shape
            value, gradient = self.params[start:end].reshape(shape), self.grads[start:end].reshape(shape)
            value[...] = p.value
            p.bind(value, gradient)
        self.gradients = [p.gradient for p in self.trained]
        self.penalized = [p for p in self.trained if p.regularizer is not None]
        self.constrained = [p for p in self.trained if p.constraint is not None]

    def repack(self):
        """Pack again if since the last time a weight was replaced, or a layer frozen or freed."""
        trained = [p for p in self.parameters if p.is_trained]
        if trained != self.trained or any(p.value.base is not self.params for p in trained):
            if trained != self.trained and self.optimizer is not None:
                self.optimizer.state = None                  # it belongs to other weights
            self.pack()

    @property
    def output_layer(self):
        """What ends in the model's activation, if it has one: this model itself, unless a subclass says otherwise."""
        return self

    def backward_to_weights(self, dy, from_logits=False):
        """Add the weights' gradients; `from_logits`: dy is the derivative by z, before the last activation."""
        self.backward_logits(dy) if from_logits else self.backward(dy)

    # What a person sees, and what is stored

    def summary(self, print_fn=None):
        """Print the layers with their output shapes and numbers of weights.

        Parameters
        ----------
        print_fn : function, optional
            Called with the text, by default ``print``.
        """
        if print_fn is not None and not callable(print_fn):
            raise ValueError(f"print_fn must be a function that takes a text, but {print_fn!r} was given.")
        if not self.built:
            raise ValueError("The model's shapes are not known yet. Begin it with Input(shape), "
                             "or call it on data first.")
        rows = [("Layer (type)", "Output shape", "Weights")]
        rows += [(name, shape, f"{count:,}") for name, shape, count in self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        lines = [f"{a:<{widths[0]}}   {b:<{widths[1]}}   {c:>{widths[2]}}" for a, b, c in rows]
        rule, trained = "─" * len(lines[0]), sum(p.value.size for p in self.parameters if p.is_trained)
        total = self.count_params()
        (print_fn or print)("\n".join([f"Model {self.name!r}", rule, lines[0], rule, *lines[1:], rule,
                            f"Weights: {total:,}, of which {trained:,} are trained"]))

    def _rows(self):
        """Return for each part of the model its name, the shape of its output and the number of its weights."""
        for p in self._parameters:
            yield f"{p.name} (weight)", "", p.value.size
        for layer in dict.fromkeys(self.sublayers):
            shape = getattr(layer, "input_shape", None)
            one = shape and not isinstance(shape[0], tuple)
            text = shape_text(layer.compute_output_shape(shape)) if one else ""
            yield f"{layer.name} ({type(layer).__name__})", text, layer.count_params()

    def get_config(self):
        return super().get_config() | {"input_shape": serialize(self.input_shape)}

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        shape = config.pop("input_shape", None)
        model = cls(**config)
        if shape is not None:
            model.build_once(tuple(tuple(s) if isinstance(s, list) else s for s in shape))
        return model

    def save(self, filepath, overwrite=True):
        """Store the model with its weights and the state of its training; see `unrolled.saving`."""
        saving.save_model(self, filepath, overwrite)

    def save_weights(self, filepath, overwrite=True):
        """Store the weights alone."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath):
        """Replace the weights by stored ones, or none if they do not fit."""
        saving.load_weights(self, filepath)


class Sequential(Model):
    r"""A stack of layers: the output of each is the input of the next.

    .. math:: y = f_L(\dots f_2(f_1(x))), \qquad dx = f_1'(\dots f_{L-1}'(f_L'(dy)))

    The second equation is backpropagation: the layers' `backward` in reverse order.

    Parameters
    ----------
    layers : list, optional
        `Input(shape)`, if given, then layers. Without it the model is built by the first data it sees.
    trainable : bool
        Whether training changes the weights; False freezes all layers.
    name : str, optional

    Attributes
    ----------
    layers : list of Layer
    params, grads : numpy.ndarray, shape (P,)
        All trained weights, and their gradients, as one vector each; the layers' weights are views into it.
    """

    def __init__(self, layers=None, trainable=True, name=None):
        super().__init__(trainable=trainable, name=name)
        self.layers = []
        if not isinstance(layers, list | tuple | None):
            raise ValueError(f"Sequential needs a list of layers, but {layers!r} was given.")
        for layer in layers or []:
            self._append(layer)
        if not trainable:
            self.trainable = False                           # and with it that of all layers
        self._build_if_possible()

    def add(self, layer):
        """Add a layer at the end."""
        self._append(layer)
        self.built = False
        self._build_if_possible()

    def _append(self, layer):
        if isinstance(layer, InputLayer):
            if self.layers or self.input_shape is not None:
                raise ValueError("Input can only be the first element of a model.")
            self.input_shape = (None, *layer.shape)
            return
        if not isinstance(layer, Layer):
            raise ValueError(f"A model is made of layers, but {layer!r} is not one.")
        if any(layer is other for other in self.layers):
            raise ValueError(f"The layer {layer.name!r} is already in this model. To use the same weights "
                             "in a second place, add layer.tied().")
        names = {other.name for other in self.layers}
        if layer.name in names and layer.named:
            raise ValueError(f"This model already has a layer named {layer.name!r}. Choose another name.")
        base, k = layer.name, 0
        while layer.name in names:
            layer.name = f"{base}_{(k := k + 1)}"
        self.layers.append(layer)

    # Building: shapes, and one vector for all weights

    def _build_if_possible(self):
        if self.layers and self.input_shape is not None:
            self.build_once(self.input_shape)

    def build(self, input_shape):
        shape = tuple(input_shape)
        for layer in self._not_empty():
            layer.build_once(shape)
            shape = tuple(layer.compute_output_shape(shape))
            if isinstance(shape[0], tuple):
                raise ValueError(f"Layer {layer.name!r} returns several arrays, but each layer of a Sequential hands on "
                                 "one. Use layers with return_state=True by calling them yourself.")
        self.input_shape, self.output_shape = tuple(input_shape), shape
        self._chain = self._flat()
        self._masks = any(layer.makes_mask for layer in self._chain)

    @property
    def output_layer(self):
        return self._chain[-1]

    def _not_empty(self):
        if not self.layers:
            raise ValueError(f"Model {self.name!r} has no layers. Add some before you use it.")
        return self.layers

    def _flat(self):
        """Return the layers in order, those of inner models in place of the models."""
        return [leaf for layer in self.layers
                for leaf in (layer._flat() if isinstance(layer, Sequential) else [layer])]

    def tied(self):
        twin = super().tied()
        twin._chain = twin._flat()
        return twin

    def pack(self):
        super().pack()
        trains = [any(p.is_trained for p in layer.parameters) for layer in self._chain]
        self.lowest = trains.index(True) if True in trains else len(trains)  # nothing below needs gradients

    def cast(self, x):
        return self._not_empty()[0].cast(x)

    def check(self, shape):
        self.layers[0].check(shape)
        if len(shape) != len(self.input_shape):
            raise self.mismatch(f"inputs with {len(self.input_shape)} axes, the first for the batch", shape)
        for layer in self.layers:                            # lengths that were open may be too short for a later one
            layer.check(shape)
            shape = layer.compute_output_shape(shape)

    def compute_output_shape(self, input_shape):
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return tuple(input_shape)

    # Forward and backward

    def forward(self, x, training=False):
        if self._masks:
            return self._forward_masked(x, training)
        for layer in self._chain:
            x = layer.forward(x, training)
        return x

    def _forward_masked(self, x, training):
        """Return y, and keep the mask that belongs to it; the mask of x goes along from layer to layer."""
        mask = None
        for layer in self._chain:
            y = layer.forward(x, training, mask=mask) if layer.takes_mask else layer.forward(x, training)
            x, mask = y, layer.compute_mask(x, mask)
        self.output_mask = mask
        return x

    def backward(self, dy):
        for layer in reversed(self._chain):
            layer.needs_dx = True
            dy = layer.backward(dy)
        return dy

    def backward_to_weights(self, dy, from_logits=False):
        """Go back only as far as there are weights to train; `from_logits`: dy is the last layer's dz."""
        for k in range(len(self._chain) - 1, self.lowest - 1, -1):
            layer = self._chain[k]
            layer.needs_dx = k > self.lowest
            dy = layer.backward_logits(dy) if from_logits else layer.backward(dy)
            from_logits = False

    # What a person sees, and what is stored

    def __repr__(self):
        return f"<Sequential {self.name!r}: {', '.join(type(layer).__name__ for layer in self.layers)}>"

    def get_layer(self, name=None, index=None):
        """Return the layer of this name or of this place in `layers`."""
        if index is not None:
            if not isinstance(index, int) or not -len(self.layers) <= index < len(self.layers):
                raise ValueError(f"The places of the {len(self.layers)} layers count from 0, but {index!r} was given.")
            return self.layers[index]
        found = {layer.name: layer for layer in self.layers}
        if not isinstance(name, str) or name not in found:
            raise unknown("layer", name, found)
        return found[name]

    def _rows(self):
        shape = self.input_shape
        for layer in self.layers:
            shape = layer.compute_output_shape(shape)
            yield f"{layer.name} ({type(layer).__name__})", shape_text(shape), layer.count_params()

    def get_config(self):
        shape = self.input_shape
        return {"name": self.name, "trainable": self.trainable,
                "input_shape": None if shape is None else list(shape[1:]),
                "layers": [self._first_place(layer) or serialize(layer) for layer in self.layers]}

    def _first_place(self, layer):
        """Return the name of the earlier layer that this one is tied to, if there is one."""
        first = next(other for other in self.layers if other._places is layer._places)
        return None if first is layer else first.name

    @classmethod
    def from_config(cls, config):
        needed = ("layers", "input_shape", "trainable", "name")
        if not isinstance(config, dict) or any(name not in config for name in needed) or not isinstance(config["layers"], list):
            raise ValueError(f"A model's config is a dictionary of {', '.join(needed)}, as get_config returns it, "
                             f"but got {config!r}.")
        layers = []
        for stored in config["layers"]:
            tied = [layer for layer in layers if layer.name == stored]
            layers.append(tied[0].tied() if tied else deserialize(Layer, stored))
        first = [] if config["input_shape"] is None else [InputLayer(config["input_shape"])]
        return cls(first + layers, config["trainable"], config["name"])
