r"""Optimizers: from gradients g to new weights w.

Each class is one formula, ``update_step``, on arrays of any shape. A model hands over all its weights as one
long vector and all gradients as another. In the formulas w are the weights, g their gradient, :math:`\eta`
the learning rate and t the number of the step, from 1.
"""

import math
import numbers

import numpy as np

from . import schedules
from .batches import number
from .batches import numbers as numbers_of
from .utils import Configurable, find, serialize

BLOCK = 1 << 16              # long vectors are updated in pieces, so that a piece's state stays in the cache


class Optimizer(Configurable):
    """Base of all optimizers.

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    weight_decay : float, optional
        λ: before each step all weights shrink by w ← w - η λ w.
    clipnorm, clipvalue, global_clipnorm : float, optional
        At most one of: the greatest norm of one weight's gradient, the greatest size of one entry, the
        greatest norm of all gradients together.
    name : str, optional

    Attributes
    ----------
    iterations : int
        The number of steps so far.
    """

    def __init__(self, learning_rate, weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None,
                 name=None):
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        given = {k: v for k, v in clips.items() if v is not None}
        if len(given) > 1 or any(not number(k, v) > 0 for k, v in given.items()):
            raise ValueError("Give at most one of clipnorm, clipvalue and global_clipnorm, greater than 0, "
                             f"instead of {', '.join(f'{k}={v!r}' for k, v in given.items())}.")
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.weight_decay, self.name = None if weight_decay is None else number("weight_decay", weight_decay), name
        self.iterations, self.state = 0, None
        self.learning_rate = learning_rate

    @property
    def learning_rate(self):
        """The learning rate of the next step; assign a number or a schedule."""
        return self._rate(self.iterations) if callable(self._rate) else self._rate

    @learning_rate.setter
    def learning_rate(self, value):
        if isinstance(value, dict):
            value = schedules.get(value)
        if not callable(value):
            if not isinstance(value, numbers.Real) or not 0 <= number("The learning rate", value):
                raise ValueError("The learning rate must be a finite number, 0 or greater, "
                                 f"but {value!r} was given.")
            value = float(value)
        self._rate = value

    def _share(self, **values):
        """Keep these arguments; each is the share of the past in a running mean, from 0 to 1 (excluded)."""
        for name, value in values.items():
            if not 0 <= number(name, value) < 1:
                raise ValueError(f"{name} must be at least 0 and less than 1, but {value!r} was given.")
            setattr(self, name, value)

    def slots(self):
        """Return the starting values of the vectors that this optimizer keeps for each weight, by name."""
        return {}

    def update_step(self, g, w, lr, **state):
        """Change w, and the vectors of `slots`, in place."""
        raise NotImplementedError

    def build(self, variables):
        """Make the state for these weights; done by the first step."""
        self.state = [{name: np.full_like(w, start) for name, start in self.slots().items()}
                      for w in variables]

    def apply(self, grads, trainable_variables):
        """Take one step.

        Parameters
        ----------
        grads : list of numpy.ndarray
        trainable_variables : list of numpy.ndarray
            Changed in place; the same list at every step.

        Raises
        ------
        ValueError
            If numbers or shapes differ.
        """
        grads = [numbers_of("gradients", () if g is None else g) for g in grads]
        shapes = [np.shape(g) for g in grads], [w.shape for w in trainable_variables]
        if shapes[0] != shapes[1]:
            raise ValueError(f"The gradients have shapes {shapes[0]}, but the variables {shapes[1]}.")
        if self.state is not None and len(self.state) != len(grads):
            raise ValueError(f"This optimizer has worked on {len(self.state)} variables before, "
                             f"not on {len(grads)}. Make a new one for other variables.")
        grads = [np.array(g, dtype=w.dtype) for g, w in zip(grads, trainable_variables, strict=True)]
        self.clip(grads)
        self.update(grads, trainable_variables)

    def apply_gradients(self, grads_and_vars):
        """Take one step, from pairs of gradient and weight."""
        self.apply(*map(list, zip(*grads_and_vars, strict=True)))

    def clip(self, grads):
        """Shorten these gradients in place, as the three clipping arguments say."""
        if self.clipvalue is not None:
            for g in grads:
                np.clip(g, -self.clipvalue, self.clipvalue, out=g)
        elif self.clipnorm is not None:
            for g in grads:
                g *= self.clipnorm / max(_norm([g]), self.clipnorm)
        elif self.global_clipnorm is not None:
            scale = self.global_clipnorm / max(_norm(grads), self.global_clipnorm)
            for g in grads:
                g *= scale

    def update(self, grads, variables):
        """Change all weights in place, without clipping."""
        if self.state is None:
            self.build(variables)
        lr = self.learning_rate
        for g, w, state in zip(grads, variables, self.state, strict=True):
            if self.weight_decay is not None:
                w -= w * (self.weight_decay * lr)
            if w.ndim == 1 and w.size > BLOCK:
                for k in range(0, w.size, BLOCK):
                    s = slice(k, k + BLOCK)
                    self.update_step(g[s], w[s], lr, **{name: v[s] for name, v in state.items()})
            else:
                self.update_step(g, w, lr, **state)
        self.iterations += 1

    def get_config(self):
        return super().get_config() | {"learning_rate": serialize(self._rate)}


def _norm(arrays):
    return math.sqrt(sum(float((g * g).sum()) for g in arrays))


class SGD(Optimizer):
    r"""Gradient descent, with momentum if wanted.

    .. math:: w \leftarrow w - \eta g

    With momentum :math:`\mu`, a velocity m collects past steps; Nesterov's form looks one step ahead:

    .. math:: m \leftarrow \mu m - \eta g, \qquad
              w \leftarrow w + m \quad\text{or}\quad w \leftarrow w + \mu m - \eta g

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    momentum : float
        μ from 0 to 1.
    nesterov : bool
    **kwargs
        Further arguments of `Optimizer`.
    """

    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **kwargs):
        super().__init__(learning_rate, **kwargs)
        if not 0 <= number("momentum", momentum) <= 1:
            raise ValueError(f"momentum must lie from 0 to 1, but {momentum!r} was given.")
        self.momentum, self.nesterov = momentum, nesterov

    def slots(self):
        return {"m": 0} if self.momentum else {}

    def update_step(self, g, w, lr, m=None):
        if m is None:
            w -= lr * g
            return
        m *= self.momentum
        m -= lr * g
        w += self.momentum * m - lr * g if self.nesterov else m


class Adagrad(Optimizer):
    r"""Rates that fall with the squared gradients so far (Duchi et al., 2011).

    .. math:: v \leftarrow v + g^2, \qquad w \leftarrow w - \eta\,g / \sqrt{v + \varepsilon}
    """

    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self.initial_accumulator_value = number("initial_accumulator_value", initial_accumulator_value)
        self.epsilon = number("epsilon", epsilon)

    def slots(self):
        return {"v": self.initial_accumulator_value}

    def update_step(self, g, w, lr, v):
        v += g * g
        w -= lr * g / np.sqrt(v + self.epsilon)


class Adadelta(Optimizer):
    r"""Steps in the units of past steps (Zeiler, 2012); his form has no rate, :math:`\eta = 1`.

    .. math:: v \leftarrow \rho v + (1 - \rho) g^2, \quad
              \delta = -g \sqrt{u + \varepsilon} / \sqrt{v + \varepsilon}, \quad
              u \leftarrow \rho u + (1 - \rho) \delta^2, \quad w \leftarrow w + \eta\,\delta
    """

    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self._share(rho=rho)
        self.epsilon = number("epsilon", epsilon)

    def slots(self):
        return {"v": 0, "u": 0}

    def update_step(self, g, w, lr, v, u):
        v *= self.rho
        v += (1 - self.rho) * g * g
        d = -g * np.sqrt((u + self.epsilon) / (v + self.epsilon))
        u *= self.rho
        u += (1 - self.rho) * d * d
        w += lr * d


class RMSprop(Optimizer):
    r"""Gradients divided by a running root mean square of themselves (Tieleman and Hinton, 2012).

    .. math:: v \leftarrow \rho v + (1 - \rho) g^2, \qquad w \leftarrow w - \eta\,g / \sqrt{v + \varepsilon}

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    rho : float
        ρ.
    momentum : float
        μ: with it, m ← μ m + η g/√(v + ε) and w ← w - m.
    epsilon : float
        ε.
    centered : bool
        Whether to use the variance of g instead of its mean square: v minus the squared running mean a of g.
    **kwargs
        Further arguments of `Optimizer`.
    """

    aliases = ("rmsprop",)

    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self._share(rho=rho, momentum=momentum)
        self.epsilon, self.centered = number("epsilon", epsilon), centered

    def slots(self):
        return {"v": 0} | ({"m": 0} if self.momentum else {}) | ({"a": 0} if self.centered else {})

    def update_step(self, g, w, lr, v, m=None, a=None):
        v *= self.rho
        v += (1 - self.rho) * g * g
        variance = v
        if a is not None:
            a *= self.rho
            a += (1 - self.rho) * g
            variance = v - a * a
        step = lr * g / np.sqrt(variance + self.epsilon)
        if m is not None:
            m *= self.momentum
            m += step
            step = m
        w -= step


class Adam(Optimizer):
    r"""Momentum and root mean square together, both corrected for starting at zero (Kingma and Ba, 2015).

    .. math:: m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2

    .. math:: w \leftarrow w - \eta\,\frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}\,
              \frac{m}{\sqrt v + \varepsilon} \qquad\text{or}\qquad
              w \leftarrow w - \eta\,\frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}

    Parameters
    ----------
    learning_rate : float or LearningRateSchedule
    beta_1, beta_2 : float
        β₁, β₂.
    epsilon : float
        ε.
    amsgrad : bool
        Whether to divide by the greatest v so far (Reddi et al., 2018).
    epsilon_hat : bool
        True for the first form, Keras's, where ε is added before the correction; False for the second,
        Algorithm 1 of the paper. (Not an argument of Keras.)
    **kwargs
        Further arguments of `Optimizer`.
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, *,
                 epsilon_hat=True, **kwargs):
        super().__init__(learning_rate, **kwargs)
        self._share(beta_1=beta_1, beta_2=beta_2)
        self.epsilon, self.amsgrad, self.epsilon_hat = number("epsilon", epsilon), amsgrad, epsilon_hat

    def slots(self):
        return {"m": 0, "v": 0} | ({"vmax": 0} if self.amsgrad else {})

    def update_step(self, g, w, lr, m, v, vmax=None):
        t = self.iterations + 1
        m += (1 - self.beta_1) * (g - m)
        v += (1 - self.beta_2) * (g * g - v)
        if vmax is not None:
            v = np.maximum(vmax, v, out=vmax)
        unbias_m, unbias_v = 1 / (1 - self.beta_1**t), 1 / math.sqrt(1 - self.beta_2**t)
        if self.epsilon_hat:
            w -= lr * unbias_m / unbias_v * m / (np.sqrt(v) + self.epsilon)
        else:
            w -= lr * unbias_m * m / (np.sqrt(v) * unbias_v + self.epsilon)


class AdamW(Adam):
    """Adam with weight decay beside the gradient instead of in it (Loshchilov and Hutter, 2019)."""

    def __init__(self, learning_rate=0.001, weight_decay=0.004, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
                 **kwargs):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, weight_decay=weight_decay, **kwargs)


def get(identifier):
    """Return the optimizer of this name, configuration or object."""
    return find(Optimizer, identifier)
