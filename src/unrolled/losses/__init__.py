r"""Loss functions: a number that says how far the outputs y are from the targets t, and its derivative by y.

Each class gives the loss of one example in ``call(t, y)`` and its derivative by y in ``gradient(t, y)``; the
base class weighs and averages over the batch. ``loss(y_true, y_pred)`` is the averaged number, as in Keras.

**Softmax and cross-entropy.** From probabilities y the derivative of the cross-entropy is -t/y, infinite
where y is 0; Keras therefore keeps y between epsilon and 1 - epsilon. From the logits z, with y = softmax(z),
it is the difference y - t: finite, exact, and simpler. So each cross-entropy exists in both forms
(``from_logits``) and names, in ``link``, the activation whose logits it takes. A model that ends in that
activation is trained on its logits, here as in Keras.
"""

from ..utils import find
from .base import Loss
from .crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    Poisson,
    SparseCategoricalCrossentropy,
)
from .differences import (
    CategoricalHinge,
    Hinge,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanSquaredError,
    SquaredHinge,
)

__all__ = ["BinaryCrossentropy", "CategoricalCrossentropy", "CategoricalHinge", "Hinge", "Huber",
           "KLDivergence", "LogCosh", "Loss", "MeanAbsoluteError", "MeanSquaredError", "Poisson",
           "SparseCategoricalCrossentropy", "SquaredHinge", "binary_crossentropy", "categorical_crossentropy",
           "categorical_hinge", "get", "hinge", "huber", "kl_divergence", "log_cosh", "mean_absolute_error",
           "mean_squared_error", "poisson", "sparse_categorical_crossentropy", "squared_hinge"]


def _function(cls):
    """Return the loss as a function that gives one number per example, as Keras offers it."""
    def function(y_true, y_pred, **options):
        return cls(reduction=None, **options)(y_true, y_pred)

    function.loss, function.__doc__ = cls, cls.__doc__
    return function


mean_squared_error = _function(MeanSquaredError)
mean_absolute_error = _function(MeanAbsoluteError)
huber, log_cosh = _function(Huber), _function(LogCosh)
hinge, squared_hinge = _function(Hinge), _function(SquaredHinge)
categorical_hinge = _function(CategoricalHinge)
kl_divergence, poisson = _function(KLDivergence), _function(Poisson)
binary_crossentropy = _function(BinaryCrossentropy)
categorical_crossentropy = _function(CategoricalCrossentropy)
sparse_categorical_crossentropy = _function(SparseCategoricalCrossentropy)


def get(identifier):
    """Return the loss of this name, function, configuration or object; None stays None."""
    return None if identifier is None else find(Loss, getattr(identifier, "loss", identifier))
