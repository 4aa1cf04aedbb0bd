"""What every layer is, and how to write one.

A layer computes ``y = forward(x)`` and, from the derivative ``dy`` of a loss by y, its derivative by x,
``dx = backward(dy)``. A variable written ``dv`` is always the derivative of the loss by ``v``, in v's shape.

To write a layer, subclass `Layer` and define

``__init__``
    Keep every argument in an attribute of the same name, by which the layer is stored; pass ``**kwargs`` on.
    ``self.keep(kernel_initializer=...)`` does so for what says how a weight starts, is penalised and limited.
``build(input_shape)``
    Check the shape (None is the batch's length), raise ``self.mismatch(...)`` if it cannot be, and create the
    weights: ``self.add_weight("kernel", shape)`` makes ``self.kernel`` and its gradient ``self.dkernel``.
``compute_output_shape(input_shape)``
    Where it differs from the input's.
``forward(x, training=False)``
    One line per equation. Keep in attributes what `backward` will need.
``backward(dy)``
    *Add* the weights' gradients (``self.dkernel += ...``), because a weight may be used more than once, and
    return dx. Never write into what `forward` kept, so that calling it twice gives the same. Where dx is
    expensive, return None when ``self.needs_dx`` is False: a model's first layer has nobody to hand it to.

Both get arrays of the layer's type and the right shape: `Sequential` and ``layer(x)`` see to that.

A layer of several inputs names them in ``input_names``. It is given a list of arrays of N examples each (or a
dictionary by these names). ``cast_input(name, x)`` may return each in the type it needs; `build`, `check` and
`compute_output_shape` get a tuple of shapes; `forward` gets the arrays (``query, value = x``), and `backward`
returns a list of their derivatives.

A layer that finds steps of sequences to be skipped sets ``makes_mask`` and defines `compute_mask`; one that skips
them sets ``takes_mask``, and its `forward` has an argument ``mask``.

Weights and gradients are views into one vector of the model: ``layer.kernel[...] = w`` changes one in place.

A layer that ends in an activation y = f(z) keeps f in ``activation`` and z in ``z``, and leaves what follows
dz to ``backward_logits(dz)``. A model that ends in a softmax and is trained with cross-entropy then starts
from dz = y - t, the derivative of the two together (see `unrolled.losses`).

A layer that contains layers keeps them in attributes (or in a list) without a leading underscore: their
weights are found there. A layer that draws random numbers keeps ``self.rng = own_generator(seed)``, whose
state is stored with the model.
"""

import copy

import numpy as np

from .. import batches, config, constraints, initializers, regularizers
from ..utils import Configurable, snake_case

# How a weight starts, is penalised and limited.
HOW = {"initializer": initializers, "regularizer": regularizers, "constraint": constraints}


class Parameter:
    """The place of one weight: `value` is the array ``layer.<name>``, `gradient` is ``layer.d<name>``."""

    def __init__(self, layers, name, trainable, regularizer, constraint):
        self.layers, self.name, self.trainable = layers, name, trainable          # layers: all that share it
        self.regularizer, self.constraint = regularizer, constraint

    @property
    def value(self):
        return getattr(self.layers[0], self.name)

    @property
    def gradient(self):
        return getattr(self.layers[0], "d" + self.name)

    @property
    def path(self):
        return f"{self.layers[0].name}/{self.name}"

    @property
    def is_trained(self):
        return self.trainable and self.layers[0].trainable

    def bind(self, value, gradient):
        """Let all layers that share this weight use these arrays from now on."""
        for layer in self.layers:
            setattr(layer, self.name, value)
            if gradient is not None:
                setattr(layer, "d" + self.name, gradient)


class Layer(Configurable):
    """Base of all layers.

    Parameters
    ----------
    trainable : bool
        Whether training changes the weights.
    dtype : {"float32", "float64"}, optional
        The type of weights and outputs, by default `unrolled.config.floatx`.
    name : str, optional
        By default made from the class's name.
    """

    activation = None            # the function that the layer ends in, if any; its input is then kept in z
    needs_dx = True              # whether anybody wants what backward returns
    input_names = ()             # of several inputs
    makes_mask = takes_mask = False        # whether steps to be skipped begin here, whether `forward` has a mask
    rng = None                   # the layer's own random numbers, if it draws any
    built = False

    def __init__(self, trainable=True, dtype=None, name=None):
        self.trainable = trainable
        self.dtype = config.float_type(dtype or config.floatx())
        self.name = name or snake_case(type(self).__name__)
        self.named = name is not None
        self._parameters, self._places = [], [self]          # both shared with the layers tied to this one

    @property
    def trainable(self):
        """Whether training changes the weights; setting it also sets it for all layers in this one."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        for layer in self.sublayers:
            layer.trainable = value

    def build(self, input_shape):
        """Create the weights for inputs of this shape."""

    def compute_output_shape(self, input_shape):
        """Return the shape of the output for an input of this shape."""
        return tuple(input_shape)

    def compute_mask(self, x, mask):
        """Return the mask of the output, (N, T) and False where a step is to be skipped, or None."""
        return mask

    def forward(self, x, training=False):
        """Return y for x."""
        raise NotImplementedError

    def backward(self, dy):
        """Add to the weights' gradients and return dx."""
        raise NotImplementedError

    def __call__(self, x, training=False):
        """Cast and check x, build the layer if this is its first input, and return `forward(x)`."""
        return self.forward(self.ready(self.cast(x)), training)

    def ready(self, x):
        """Check inputs that are cast, build the layer if they are its first, and return them."""
        self.build_once(batches.any_length(x.shape))
        self.check(x.shape)
        return x

    def cast(self, x):
        """Return x as `forward` expects it: an array of its type, or several."""
        if not self.input_names:
            return self.cast_input("input", x)
        given = batches.by_name(self.input_names, x)
        return batches.Arrays([self.cast_input(name, array) for name, array in given.items()])

    def cast_input(self, name, x):
        """Return an input, or one of several, as an array of the type that `forward` expects."""
        try:
            array = np.asarray(x)
            if array.dtype.kind not in "fiubO":
                raise TypeError
            array = array.astype(self.dtype, copy=False)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"Layer {self.name!r} needs an array of numbers, but got {type(x).__name__} "
                             "that cannot be turned into one (rows of different lengths, text, complex numbers).") from None
        if array.ndim == 0:
            raise ValueError(f"Layer {self.name!r} needs examples along the first axis, but got a single number.")
        return array

    def build_once(self, input_shape):
        """Build the layer unless it is built."""
        if not self.built:
            self.build(tuple(input_shape))
            self.input_shape, self.built = tuple(input_shape), True

    def check(self, shape):
        """Raise a ValueError if inputs of this shape do not fit the layer that was built."""
        inputs = [("inputs", self.input_shape, shape)]
        if self.input_names:
            inputs = zip(self.input_names, self.input_shape, shape, strict=True)
        for name, expected, given in inputs:
            fits = [e in (None, s) for e, s in zip(expected[1:], given[1:], strict=False)]
            if len(given) != len(expected) or not all(fits):
                raise self.mismatch(f"{name} of shape {shape_text((None, *expected[1:]))}", given)

    def mismatch(self, expected, shape):
        """Return the ValueError that says what this layer expected and which shape it got."""
        return ValueError(f"Layer {self.name!r} ({type(self).__name__}) expects {expected}, "
                          f"but got {shape_text(shape)}.")

    # Weights

    def keep(self, **options):
        """Keep options such as ``kernel_initializer="zeros"`` as attributes, a name as what it stands for."""
        for name, value in options.items():
            setattr(self, name, HOW[name.rpartition("_")[2]].get(value))

    def add_weight(self, name, shape, initializer=None, trainable=True, regularizer=None, constraint=None):
        """Create the weight ``self.<name>`` and, if it is trainable, its gradient ``self.d<name>``.

        What is not given is the layer's own ``<name>_initializer`` and so on. If it has none, the initializer is
        Glorot's, uniform, and there is no regularizer or constraint.
        """
        shared = next((p for p in self._parameters if p.name == name), None)
        if shared is not None:                               # made by the layer that this one is tied to
            if shared.value.shape != tuple(shape):
                raise ValueError(f"Layer {self.name!r} shares {name!r} of shape {shared.value.shape}, "
                                 f"but its inputs need {tuple(shape)}.")
            return
        given = {"initializer": initializer, "regularizer": regularizer, "constraint": constraint}
        how = {k: HOW[k].get(getattr(self, f"{name}_{k}", None) if v is None else v) for k, v in given.items()}
        start = how["initializer"] or initializers.get("glorot_uniform")
        value = np.asarray(start(tuple(shape), dtype=self.dtype), self.dtype)
        if value.shape != tuple(shape):
            raise ValueError(f"The initializer of {self.name}/{name} returned an array of shape "
                             f"{value.shape} instead of {tuple(shape)}.")
        parameter = Parameter(self._places, name, trainable, how["regularizer"], how["constraint"])
        parameter.bind(value, np.zeros_like(value) if trainable else None)
        self._parameters.append(parameter)

    @property
    def sublayers(self):
        """The layers that this one contains."""
        public = [value for name, value in vars(self).items() if not name.startswith("_")]
        values = [v for value in public for v in (value if isinstance(value, list) else [value])]
        return [v for v in values if isinstance(v, Layer)]

    def random_layers(self):
        """Return this layer and those in it that draw random numbers, in order."""
        own = [self] if self.rng is not None else []
        return own + [inner for layer in self.sublayers for inner in layer.random_layers()]

    @property
    def parameters(self):
        """The places of all weights, in Keras's order: per layer the trainable ones, then the others."""
        own = sorted(self._parameters, key=lambda p: not p.trainable)
        return list(dict.fromkeys(own + [p for layer in self.sublayers for p in layer.parameters]))

    @property
    def weights(self):
        """All weights, as a list of arrays; changing one in place changes the layer."""
        return [p.value for p in self.parameters]

    @property
    def trainable_weights(self):
        """The weights that training changes, as a list of arrays."""
        return [p.value for p in self.parameters if p.is_trained]

    @property
    def non_trainable_weights(self):
        """The weights that training leaves alone, as a list of arrays."""
        return [p.value for p in self.parameters if not p.is_trained]

    def get_weights(self):
        """Return copies of all weights, in Keras's order."""
        return [w.copy() for w in self.weights]

    def set_weights(self, weights):
        """Replace all weights, or none if they do not fit.

        Parameters
        ----------
        weights : list of array_like
            In the order and shapes of `get_weights`.

        Raises
        ------
        ValueError
            If their number or a shape differs.
        """
        if not np.iterable(weights):
            raise ValueError(f"The weights must be a list of arrays, but {weights!r} was given.")
        parameters, weights = self.parameters, list(weights)
        if not parameters and not self.built and weights:
            raise ValueError(f"{self.name!r} has no weights yet. Give its input shape first, "
                             "by Input(shape) at the start of the model or by calling it on data.")
        if len(weights) != len(parameters):
            raise ValueError(f"{self.name!r} has {len(parameters)} weights, but {len(weights)} were given. "
                             "Are they the weights of another model?")
        arrays = [batches.numbers(f"values of {p.path}", w) for p, w in zip(parameters, weights, strict=True)]
        for p, w in zip(parameters, arrays, strict=True):
            if np.shape(w) != p.value.shape:
                raise ValueError(f"Weight {p.path} has shape {p.value.shape}, but an array of shape "
                                 f"{np.shape(w)} was given. Are they another model's weights?")
        for p, w in zip(parameters, arrays, strict=True):
            p.value[...] = w

    def count_params(self):
        """Return the number of weights."""
        return sum(w.size for w in self.weights)

    def zero_gradients(self):
        """Clear the gradients, which otherwise go on accumulating."""
        for p in self.parameters:
            if p.trainable:
                p.gradient[...] = 0

    def tied(self):
        """Return this layer for a second place: the same weights, its own memory of `forward`."""
        twin = copy.copy(self)
        twin.named = False
        self._places.append(twin)
        for name, value in list(vars(self).items()):
            if isinstance(value, Layer):
                setattr(twin, name, value.tied())
            elif isinstance(value, list) and not name.startswith("_"):
                setattr(twin, name, [v.tied() if isinstance(v, Layer) else v for v in value])
        return twin


def shape_text(shape):
    """Return a shape as text, the batch's length as N and other open lengths as a question mark."""
    if shape and isinstance(shape[0], tuple):                # those of several inputs
        return ", ".join(map(shape_text, shape))
    axes = [("?" if k else "N") if s is None else str(s) for k, s in enumerate(shape)]
    return f"({', '.join(axes)}{',' if len(axes) == 1 else ''})"
