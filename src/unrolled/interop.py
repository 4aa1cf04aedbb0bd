"""Models to and from Keras: the same layers, with the same arguments and weights, and compiled alike.

Both libraries write an object down as the name of its class and its arguments, and both use the same names. So an
object is made in the other library by handing its class those arguments that differ from their defaults.
"""

import inspect
import operator

import unrolled

PARTS = ("initializers", "regularizers", "constraints", "optimizers.schedules", "layers")     # that arguments may be


def to_keras(model):
    """Return the Keras model of the same layers and weights, compiled alike if this one is compiled.

    Parameters
    ----------
    model : Sequential
        The state of its optimizer and of its random numbers stays behind.

    Returns
    -------
    keras.Sequential

    Raises
    ------
    ValueError
        If a layer, one of its arguments or a setting has no counterpart, or a layer is used twice.
    ImportError
        If Keras is not installed.
    """
    keras, seen = _keras(), []
    if not isinstance(model, unrolled.Sequential):
        raise ValueError(f"to_keras needs an unrolled.Sequential, but got {type(model).__name__}.")
    for layer in model._flat():
        if any(layer._places is places for places in seen):
            raise ValueError(f"{_name(layer)} shares its weights with another, but a layer can be only once "
                             "in a keras.Sequential.")
        seen.append(layer._places)
    settings = None
    if model.loss is not None:
        settings = unrolled.utils.serialize([model.optimizer, model.loss, *model.metrics_given])
    return _model(model, unrolled, keras, settings)


def from_keras(model):
    """Return the model of the same layers and weights as a Keras model, compiled alike if that is compiled.

    Parameters
    ----------
    model : keras.Sequential
        Its numbers are taken as Keras keeps them: a learning rate of 0.1 is the float32 number next to 0.1.

    Returns
    -------
    Sequential

    Raises
    ------
    ValueError
        If the model is no ``keras.Sequential``, or a layer, one of its arguments or a setting has no counterpart.
    """
    keras, settings = _keras(), None
    if not isinstance(model, keras.Sequential):
        raise ValueError(f"from_keras needs a keras.Sequential, but got {type(model).__name__}.")
    if model.compiled:
        stored = model.get_compile_config()
        if isinstance(model.loss, keras.losses.Loss):        # Keras's Huber does not write its delta down
            stored["loss"]["config"] |= getattr(model.loss, "_fn_kwargs", {})
        settings = [stored[name] for name in ("optimizer", "loss", "metrics", "weighted_metrics")]
    return _model(model, keras, unrolled, settings)


def _keras():
    try:
        import keras
    except ImportError:
        raise ImportError("This needs the package keras, which is not installed: "
                          "pip install keras tensorflow") from None
    return keras


def _model(model, source, target, settings=None):
    """Return the model of library `target` that equals this one of library `source`."""
    layers = [_layer(layer, source, target) for layer in model.layers]
    if model.built:
        layers.insert(0, target.Input(model.input_shape[1:], dtype=model.layers[0].dtype))
    made = target.Sequential(layers, trainable=model.trainable, name=model.name)
    if model.built:
        made.set_weights(model.get_weights())
    if settings is not None:
        families = "optimizers", "losses", "metrics", "metrics"
        optimizer, loss, metrics, weighted_metrics = (
            _object(stored, source, target, (family,)) for stored, family in zip(settings, families, strict=True))
        made.compile(optimizer, loss, metrics=metrics, weighted_metrics=weighted_metrics)
    return made


def _layer(layer, source, target):
    if isinstance(layer, source.Sequential):
        return _model(layer, source, target)
    kind = type(layer).__name__
    if _class(source, kind, ("layers",)) is not type(layer) or _class(target, kind, ("layers",)) is None:
        raise ValueError(f"{_name(layer)} has no counterpart in {target.__name__}.")
    try:
        return _object({"class_name": kind, "config": layer.get_config()}, source, target, ("layers",))
    except ValueError as error:
        raise ValueError(f"{_name(layer)} cannot be made in {target.__name__}: {error}") from error


def _object(stored, source, target, families=PARTS):
    """Return what `stored` stands for in `target`; classes are looked for in these modules."""
    if isinstance(stored, list | tuple):
        return [_object(value, source, target, families) for value in stored]
    if not isinstance(stored, dict) or "class_name" not in stored:
        return stored
    kind, config = stored["class_name"], stored["config"]
    if kind in ("DTypePolicy", "function"):                  # Keras writes such names as objects
        return config["name"] if kind == "DTypePolicy" else config
    there, here = (_class(library, kind, families) for library in (source, target))
    if here is None:
        raise ValueError(f"{kind} has no counterpart in {target.__name__}.")
    known = _defaults(there)
    given = {name: _object(value, source, target) for name, value in config.items()
             if name not in known or value != known[name]}
    try:
        return here(**given)
    except (TypeError, ValueError) as error:                 # an argument, or a value of it, that it does not know
        raise ValueError(f"{kind} of {target.__name__} does not take these arguments ({error})") from error


def _class(library, name, families):
    """Return the class of this name in one of the library's modules, or None."""
    found = (getattr(operator.attrgetter(family)(library), name, None) for family in families)
    return next(filter(inspect.isclass, found), None)


def _defaults(cls):
    """Return the defaults of the arguments that a class takes or hands on to those above it."""
    # The only format of ours, which Keras writes out, and what its LayerNormalization writes but no longer takes by name.
    defaults = {"data_format": "channels_last", "rms_scaling": False}
    for base in reversed(cls.__mro__):
        if "__init__" in vars(base):
            defaults |= {p.name: p.default for p in inspect.signature(base.__init__).parameters.values()
                         if p.name != "data_format"}
    return defaults


def _name(layer):
    return f"Layer {layer.name!r} ({type(layer).__name__})"
