"""Penalties on the size of weights, added to the loss: ``regularizer(w)`` and its gradient."""

import numpy as np

from .batches import number
from .utils import Configurable, find


class Regularizer(Configurable):
    """Base of all regularizers."""

    def __call__(self, w):
        """Return the penalty, a float."""
        raise NotImplementedError

    def gradient(self, w):
        """Return the penalty's derivative by `w`, an array like `w`."""
        raise NotImplementedError


class L1L2(Regularizer):
    r"""Both penalties at once.

    .. math:: \Omega(w) = \lambda_1 \sum_i |w_i| + \lambda_2 \sum_i w_i^2, \qquad
              \nabla\Omega = \lambda_1\,\mathrm{sign}(w) + 2\lambda_2\,w

    Parameters
    ----------
    l1, l2 : float
        The two factors, 0 or greater.
    """

    aliases = ("l1_l2",)

    def __init__(self, l1=0.0, l2=0.0):
        for name, value in (("l1", l1), ("l2", l2)):
            if not 0 <= number(f"The factor {name}", value):
                raise ValueError(f"The factor {name} must be finite and 0 or greater, not {value!r}.")
        self.l1, self.l2 = float(l1), float(l2)

    def __call__(self, w):
        return self.l1 * float(np.abs(w).sum()) + self.l2 * float((w * w).sum())

    def gradient(self, w):
        return self.l1 * np.sign(w) + 2 * self.l2 * w


class L1(L1L2):
    """The penalty l1 Σ|w|, which drives small weights to zero."""

    def __init__(self, l1=0.01):
        super().__init__(l1=l1)

    def get_config(self):
        return {"l1": self.l1}


class L2(L1L2):
    """The penalty l2 Σw², which shrinks all weights in proportion."""

    def __init__(self, l2=0.01):
        super().__init__(l2=l2)

    def get_config(self):
        return {"l2": self.l2}


l1, l2, l1_l2 = L1, L2, L1L2                         # Keras's other names


def get(identifier):
    """Return the regularizer of this name, configuration or object; None stays None."""
    return None if identifier is None else find(Regularizer, identifier)
