"""Normalization over the batch, and over the features of each example."""

import numpy as np

from ..batches import number, whole
from .base import Layer, shape_text


class BatchNormalization(Layer):
    r"""Give each feature mean 0 and variance 1 over the batch, then a learned scale and shift.

    With the mean μ and variance :math:`\sigma^2` of the feature over the batch (M values)

    .. math:: \hat x = (x - \mu) / s, \quad s = \sqrt{\sigma^2 + \varepsilon} \quad (1) \qquad
              y = \gamma \hat x + \beta \quad (2)

    .. math:: d\gamma = \textstyle\sum dy\,\hat x \quad (3) \qquad d\beta = \textstyle\sum dy \quad (4) \qquad
              dx = \frac{\gamma}{s}\Bigl(dy - \frac{d\beta}{M} - \hat x \frac{d\gamma}{M}\Bigr) \quad (5)

    The two terms subtracted in (5) are there because μ and σ depend on every x of the batch. Training also
    keeps running statistics, :math:`\bar\mu \leftarrow m \bar\mu + (1 - m) \mu` and the same for σ² (the
    biased variance, divided by M, as in Keras). Outside training these take the place of μ and σ², and only
    dx = γ dy / s remains.

    Parameters
    ----------
    axis : int
        The axis of the features.
    momentum : float
        m.
    epsilon : float
        ε.
    center, scale : bool
        Whether there are β and γ.
    beta_initializer, gamma_initializer : str or Initializer
    moving_mean_initializer, moving_variance_initializer : str or Initializer
    beta_regularizer, gamma_regularizer : str or Regularizer, optional
    beta_constraint, gamma_constraint : str or Constraint, optional
    **kwargs
        ``trainable``, ``dtype``, ``name``. A layer that is not trainable always uses its running statistics.

    Attributes
    ----------
    gamma, beta : numpy.ndarray, shape (C,)
        γ and β, with the gradients ``dgamma`` and ``dbeta``.
    moving_mean, moving_variance : numpy.ndarray, shape (C,)

    Notes
    -----
    Ioffe and Szegedy, 2015. Derived in chapter 10.
    """

    def __init__(self, axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True,
                 beta_initializer="zeros", gamma_initializer="ones", moving_mean_initializer="zeros",
                 moving_variance_initializer="ones", beta_regularizer=None, gamma_regularizer=None,
                 beta_constraint=None, gamma_constraint=None, **kwargs):
        super().__init__(**kwargs)
        if not (0 <= number("momentum", momentum) <= 1 and number("epsilon", epsilon) >= 0):
            raise ValueError("BatchNormalization needs a momentum from 0 to 1 and an epsilon of 0 or greater, but "
                             f"{momentum!r} and {epsilon!r} were given.")
        self.axis, self.momentum, self.epsilon = whole("axis", axis, -np.inf), momentum, epsilon
        self.center, self.scale = center, scale
        self.keep(beta_initializer=beta_initializer, gamma_initializer=gamma_initializer,
                  moving_mean_initializer=moving_mean_initializer,
                  moving_variance_initializer=moving_variance_initializer, beta_regularizer=beta_regularizer,
                  gamma_regularizer=gamma_regularizer, beta_constraint=beta_constraint,
                  gamma_constraint=gamma_constraint)

    def build(self, input_shape):
        axes, axis = len(input_shape), self.axis
        if not (-axes < axis < axes and axis != 0) or input_shape[axis] is None:
            raise self.mismatch(f"inputs with features along axis {axis}", input_shape)
        features = (input_shape[axis],)
        if self.scale:
            self.add_weight("gamma", features)
        if self.center:
            self.add_weight("beta", features)
        self.add_weight("moving_mean", features, trainable=False)
        self.add_weight("moving_variance", features, trainable=False)
        self.others = tuple(k for k in range(axes) if k != axis % axes)          # the batch's axes
        self.along = tuple(-1 if k == axis % axes else 1 for k in range(axes))   # (1, ..., C, ..., 1)

    def forward(self, x, training=False):
        self.by_batch = training and self.trainable
        if self.by_batch:
            mean, variance = x.mean(axis=self.others), x.var(axis=self.others)             # (C,)
            for moving, now in (self.moving_mean, mean), (self.moving_variance, variance):
                moving *= self.momentum
                moving += (1 - self.momentum) * now
        else:
            mean, variance = self.moving_mean, self.moving_variance
        self.s = np.sqrt(variance + self.epsilon)                                           # (C,)
        self.x_hat = (x - self._spread(mean)) / self._spread(self.s)                        # (N, ..., C)  (1)
        y = self._spread(self.gamma) * self.x_hat if self.scale else self.x_hat
        return y + self._spread(self.beta) if self.center else y                            # (2)

    def backward(self, dy):
        sum_dy, sum_dyx = dy.sum(axis=self.others), (dy * self.x_hat).sum(axis=self.others)     # (C,)
        if self.scale:
            self.dgamma += sum_dyx                                                          # (3)
        if self.center:
            self.dbeta += sum_dy                                                            # (4)
        if self.by_batch:
            m = dy.size // self.s.size
            dy = dy - self._spread(sum_dy / m) - self.x_hat * self._spread(sum_dyx / m)     # (5)
        return self._spread(self.gamma / self.s if self.scale else 1 / self.s) * dy

    def _spread(self, v):
        """Return a vector over the features in a shape that broadcasts over the input."""
        return v.reshape(self.along)


class LayerNormalization(Layer):
    r"""Give the features of each example mean 0 and variance 1, then a learned scale and shift.

    With the mean μ and variance :math:`\sigma^2` over the D features of one example (of one step of a sequence)

    .. math:: \hat x = (x - \mu) / s, \quad s = \sqrt{\sigma^2 + \varepsilon} \quad (1) \qquad
              y = \gamma \odot \hat x + \beta \quad (2)

    .. math:: d\gamma = \textstyle\sum_n dy\,\hat x \quad (3) \qquad d\beta = \textstyle\sum_n dy \quad (4) \qquad
              dx = \frac{1}{s}\bigl(g - \overline{g} - \hat x\,\overline{g \hat x}\bigr), \quad
              g = \gamma \odot dy \quad (5)

    where a bar is a mean over the features: the two terms subtracted are there because μ and σ depend on every x.
    No example depends on another, and nothing differs between training and use.

    Parameters
    ----------
    axis : int or list of int
        The axes of the features.
    epsilon : float
        ε.
    center, scale : bool
        Whether there are β and γ.
    beta_initializer, gamma_initializer : str or Initializer
    beta_regularizer, gamma_regularizer : str or Regularizer, optional
    beta_constraint, gamma_constraint : str or Constraint, optional
    **kwargs
        ``trainable``, ``dtype``, ``name``.

    Attributes
    ----------
    gamma, beta : numpy.ndarray, shape (D,), or the features' several axes
        γ and β, with the gradients ``dgamma`` and ``dbeta``.

    Notes
    -----
    Ba, Kiros and Hinton, 2016.
    """

    def __init__(self, axis=-1, epsilon=1e-3, center=True, scale=True, beta_initializer="zeros",
                 gamma_initializer="ones", beta_regularizer=None, gamma_regularizer=None, beta_constraint=None,
                 gamma_constraint=None, **kwargs):
        super().__init__(**kwargs)
        if not number("epsilon", epsilon) >= 0:
            raise ValueError(f"LayerNormalization needs an epsilon of 0 or greater, but {epsilon!r} was given.")
        several = isinstance(axis, list | tuple)
        for one in axis if several else [axis]:
            whole("axis", one, -np.inf)
        self.axis = axis[0] if several and len(axis) == 1 else list(axis) if several else axis
        self.epsilon, self.center, self.scale = epsilon, center, scale
        self.keep(beta_initializer=beta_initializer, gamma_initializer=gamma_initializer,
                  beta_regularizer=beta_regularizer, gamma_regularizer=gamma_regularizer,
                  beta_constraint=beta_constraint, gamma_constraint=gamma_constraint)

    def build(self, input_shape):
        axes, axis = len(input_shape), self.axis if isinstance(self.axis, list) else [self.axis]
        self.over = tuple(sorted({a % axes for a in axis}))                   # the features' axes
        if not all(-axes <= a < axes for a in axis) or any(k == 0 or input_shape[k] is None for k in self.over):
            raise self.mismatch(f"inputs with features along axis {self.axis}", input_shape)
        features = tuple(input_shape[k] for k in self.over)
        if self.scale:
            self.add_weight("gamma", features)
        if self.center:
            self.add_weight("beta", features)
        self.others = tuple(k for k in range(axes) if k not in self.over)
        self.along = tuple(input_shape[k] if k in self.over else 1 for k in range(axes))    # (1, ..., D)

    def check(self, shape):
        if len(shape) != len(self.along) or any(shape[k] != self.along[k] for k in self.over):
            raise self.mismatch(f"inputs of shape {shape_text(self.input_shape)}", shape)

    def forward(self, x, training=False):
        x = x - x.mean(self.over, keepdims=True)
        variance = (x * x).mean(self.over, keepdims=True)
        self.s = np.sqrt(variance + self.epsilon)                             # (N, ..., 1)
        self.x_hat = x / self.s                                               # (N, ..., D)    (1)
        y = self.gamma.reshape(self.along) * self.x_hat if self.scale else self.x_hat
        return y + self.beta.reshape(self.along) if self.center else y        # (N, ..., D)    (2)

    def backward(self, dy):
        g, x_hat = dy, self.x_hat
        if self.scale:
            self.dgamma += (dy * x_hat).sum(self.others)                      # (D,)           (3)
            g = self.gamma.reshape(self.along) * dy
        if self.center:
            self.dbeta += dy.sum(self.others)                                 # (D,)           (4)
        g_mean, gx_mean = (v.mean(self.over, keepdims=True) for v in (g, g * x_hat))
        return (g - g_mean - x_hat * gx_mean) / self.s                        # (N, ..., D)    (5)
