r"""Restricted Boltzmann machines, and deep belief networks that are stacked from them.

They learn which data are probable, without labels. Chapter 13 derives the equations.
"""

import itertools
import math

import numpy as np

from . import batches, config
from . import callbacks as cb
from .activations import sigmoid, softplus
from .layers import Dense, Input
from .layers.core import _is_positive
from .models import Sequential
from .optimizers import SGD
from .utils import own_generator


class RBM:
    r"""A restricted Boltzmann machine: binary visible and hidden units, joined only with each other.

    .. math:: E(v, h) = -v a - h b - v W h^\top \quad (1) \qquad p(v, h) = e^{-E(v, h)} / Z \quad (2)

    Given one layer, the units of the other are independent:

    .. math:: p(h_j = 1 \mid v) = \sigma(b + v W)_j \quad (3) \qquad
              p(v_i = 1 \mid h) = \sigma(a + h W^\top)_i \quad (4)

    Summed over all h, what remains of the energy is the *free energy*:

    .. math:: p(v) = e^{-F(v)} / Z, \qquad F(v) = -v a - \textstyle\sum_j \ln(1 + e^{(b + v W)_j}) \quad (5)

    Learning climbs the mean log-likelihood of the data. Its gradient says how much more the data show each
    pair of units at 1 together than the machine does when left to itself:

    .. math:: \frac{\partial}{\partial W} \langle \ln p(v) \rangle =
              \langle v^\top p(h \mid v) \rangle_{\text{data}} - \langle v^\top p(h \mid v) \rangle_p \quad (6)

    with v for a, and p(h | v) for b. The second mean, over p, is out of reach. Contrastive divergence (CD-k)
    takes in its place what k steps of Gibbs sampling, (3) and (4) in turn, make of the data; persistent CD
    lets its chains run on from batch to batch.

    Parameters
    ----------
    visible, hidden : int
        The numbers V and H of units.
    seed : int, optional
        Of the first weights and all random draws.
    dtype : {"float32", "float64"}, optional
        By default `unrolled.config.floatx`.

    Attributes
    ----------
    W : numpy.ndarray, shape (V, H)
        At first normal with standard deviation 0.01.
    a : numpy.ndarray, shape (V,)
        The visible units' biases, at first 0.
    b : numpy.ndarray, shape (H,)
        The hidden units' biases, at first 0.

    Notes
    -----
    Smolensky, 1986; Hinton, 2002 (contrastive divergence); Tieleman, 2008 (persistent). Numbers between 0 and
    1 in place of visible bits count as their probabilities.
    """

    stop_training = False

    def __init__(self, visible, hidden, seed=None, dtype=None):
        if not (_is_positive(visible) and _is_positive(hidden)):
            raise ValueError("An RBM needs positive whole numbers of visible and hidden units, "
                             f"but {visible!r} and {hidden!r} were given.")
        self.visible, self.hidden, self.rng = visible, hidden, own_generator(seed)
        self.dtype = np.dtype(config.float_type(dtype or config.floatx()))
        self.W = (0.01 * self.rng.standard_normal((visible, hidden))).astype(self.dtype)
        self.a, self.b = np.zeros(visible, self.dtype), np.zeros(hidden, self.dtype)

    # What it says about given states

    def energy(self, v, h):
        """Return E(v, h) (1) for states v (N, V) and h (N, H), shape (N,)."""
        v, h = self._visible(v), self._hidden(h)
        if v.shape[:-1] != h.shape[:-1]:
            raise ValueError(f"Each visible state needs a hidden one, but they have shapes {v.shape} and {h.shape}.")
        return -(v @ self.a) - h @ self.b - np.sum((v @ self.W) * h, axis=-1)

    def free_energy(self, v):
        """Return F(v) (5) for v (N, V), shape (N,)."""
        v = self._visible(v)
        return -(v @ self.a) - softplus(self.b + v @ self.W).sum(axis=-1)

    def hidden_probabilities(self, v):
        """Return p(h = 1 | v) (3) for v (N, V), shape (N, H)."""
        return sigmoid(self.b + self._visible(v) @ self.W)

    def visible_probabilities(self, h):
        """Return p(v = 1 | h) (4) for h (N, H), shape (N, V)."""
        return sigmoid(self.a + self._hidden(h) @ self.W.T)

    def reconstruct(self, v):
        """Return the visible probabilities of the hidden probabilities of v, shape (N, V)."""
        return self.visible_probabilities(self.hidden_probabilities(v))

    def reconstruction_error(self, v):
        """Return the mean squared difference of v (N, V) from its reconstruction."""
        v = self._visible(v)
        return float(np.mean((v - self.reconstruct(v)) ** 2))

    # Exact results, by summing over all states of the smaller layer

    def log_partition(self):
        """Return ln Z, for at most 20 visible or 20 hidden units.

        Raises
        ------
        ValueError
            If both layers are larger.
        """
        W, own, other = self.W, self.a, self.b
        if self.visible > self.hidden:
            W, own, other = W.T, other, own
        if len(own) > 20:
            raise ValueError(f"ln Z is a sum over 2^{len(own)} states here. It can be computed for at most "
                             "20 visible or hidden units.")
        states = binary_states(len(own))
        return float(np.logaddexp.reduce(states @ own + softplus(other + states @ W).sum(axis=1)))

    def log_likelihood(self, v):
        """Return ln p(v) for v (N, V), shape (N,); as limited as `log_partition`."""
        return -self.free_energy(v) - self.log_partition()

    # Sampling

    def gibbs(self, v, steps=1):
        """Return the visible states (N, V) that so many steps of Gibbs sampling lead to from v."""
        v = self._visible(v)
        for _ in range(batches.whole("steps", steps, 0)):
            h = self._draw(self.hidden_probabilities(v))                         # (N, H)   (3)
            v = self._draw(self.visible_probabilities(h))                        # (N, V)   (4)
        return v

    def sample(self, n, steps=1000):
        """Return n visible states, each from a chain of so many steps that starts at random bits, (n, V)."""
        return self.gibbs(self._draw(np.full((batches.whole("n", n), self.visible), 0.5, self.dtype)), steps)

    def _draw(self, p):
        return (self.rng.random(p.shape, self.dtype) < p).astype(self.dtype)

    # Learning

    def statistics(self, v):
        """Return the means of -∂F/∂W, -∂F/∂a and -∂F/∂b over v (N, V): what (6) compares."""
        v = self._visible(v)
        if v.ndim != 2 or not len(v):
            raise ValueError(f"Means are over states of shape (N, {self.visible}), but got {v.shape}.")
        p = self.hidden_probabilities(v)                                         # (N, H)
        return v.T @ p / len(v), v.mean(axis=0), p.mean(axis=0)                  # (V, H), (V,), (H,)

    def contrastive_divergence(self, v, k=1, chains=None):
        """Estimate the gradient (6) of the mean log-likelihood of v.

        Parameters
        ----------
        v : numpy.ndarray, shape (N, V)
            Data.
        k : int
            Steps of Gibbs sampling.
        chains : numpy.ndarray, shape (M, V), optional
            Where they start; by default at the data.

        Returns
        -------
        list of numpy.ndarray
            The estimates for W, a and b.
        numpy.ndarray
            Where the chains ended.
        """
        chains = self.gibbs(v if chains is None else chains, k)
        return [d - m for d, m in zip(self.statistics(v), self.statistics(chains), strict=True)], chains

    def fit(self, x, batch_size=None, epochs=1, verbose="auto", callbacks=None, learning_rate=0.1,
            momentum=0.0, weight_decay=0.0, k=1, persistent=False, validation_data=None):
        """Learn to give these data a high probability.

        Parameters
        ----------
        x : array_like, shape (N, V)
            Bits, or numbers between 0 and 1.
        batch_size : int, optional
            How many examples make one step, by default 32; also the number of persistent chains.
        epochs : int
            The number of passes through the data.
        verbose : {"auto", 0, 1, 2}
            0 shows nothing, 1 a line that shows how it goes, 2 a line for each epoch. "auto" is 1, but in a notebook the
            line goes when training ends.
        callbacks : list of Callback, optional
        learning_rate : float
        momentum : float
            From 0 to 1.
        weight_decay : float
            λ: the step on W is that of its gradient minus λW.
        k : int
            Steps of Gibbs sampling for each step of learning.
        persistent : bool
            Whether chains go on where the last batch left them.
        validation_data : array_like, shape (M, V), optional
            Data to evaluate after each epoch, which are not learned.

        Returns
        -------
        History
            With the ``reconstruction_error`` of all data after each epoch, and ``val_reconstruction_error``.

        Raises
        ------
        ValueError
            If the data do not fit.
        FloatingPointError
            If the weights became infinite or not a number. After an error they are as before the call.
        """
        x, optimizer = self.check(x), SGD(learning_rate, momentum)
        valid = None if validation_data is None else self.check(validation_data)
        size = batches.check_size(batch_size, len(x))
        epochs = batches.whole("epochs", epochs, 0)
        if not _is_positive(k) or batches.number("weight_decay", weight_decay) < 0:
            raise ValueError("k must be a positive whole number and weight_decay 0 or greater, "
                             f"but {k!r} and {weight_decay!r} were given.")
        params = {"epochs": epochs, "steps": -(-len(x) // size), "verbose": 1 if verbose == "auto" else verbose}
        history, progress = cb.History(), cb.progress.loggers(verbose)
        calls = cb.CallbackList([*cb.base.listed(callbacks), *progress, history], self, params)
        weights, self.stop_training, logs = [self.W, self.a, self.b], False, {}
        before = [w.copy() for w in weights]
        chains = self._draw(np.full((size, self.visible), 0.5, self.dtype)) if persistent else None
        try:
            calls.train_begin()
            for epoch in range(epochs):
                calls.epoch_begin(epoch)
                order = self.rng.permutation(len(x))
                for step, start in enumerate(range(0, len(x), size)):
                    calls.batch_begin(step)
                    v = x[order[start:start + size]]
                    (dW, da, db), end = self.contrastive_divergence(v, k, chains)
                    chains = end if persistent else None
                    optimizer.update([weight_decay * self.W - dW, -da, -db], weights)      # it descends
                    calls.batch_end(step, logs)
                logs = {"reconstruction_error": self.reconstruction_error(x)}
                if not math.isfinite(logs["reconstruction_error"]):
                    raise FloatingPointError("The weights became infinite or not a number in epoch "
                                             f"{epoch + 1}, at a learning rate of {learning_rate:g}. "
                                             "They are as before fit.")
                if valid is not None:
                    logs["val_reconstruction_error"] = self.reconstruction_error(valid)
                calls.epoch_end(epoch, logs)
                if self.stop_training:
                    break
            calls.train_end(logs)
        except Exception:
            for w, value in zip(weights, before, strict=True):
                w[...] = value
            raise
        return history

    def _visible(self, v):
        return self._states("visible", v, self.visible)

    def _hidden(self, h):
        return self._states("hidden", h, self.hidden)

    def _states(self, kind, states, units):
        """Return an array of a number for each unit of a layer, for any number of examples."""
        states = batches.array(f"{kind} states", states)
        if states.shape[-1:] != (units,):
            raise ValueError(f"An RBM with {units} {kind} units needs a number for each along the last axis of their states, "
                             f"but got shape {states.shape}.")
        return states

    def check(self, x):
        """Return data in the machine's type, or raise a ValueError that says why they do not fit."""
        x = batches.array("data", x).astype(self.dtype, copy=False)
        if x.ndim != 2 or x.shape[1] != self.visible or len(x) == 0:
            raise ValueError(f"An RBM with {self.visible} visible units needs data of shape "
                             f"(N, {self.visible}), but got {x.shape}.")
        if not (x.min() >= 0 and x.max() <= 1):                                  # also if one is NaN
            raise ValueError(f"An RBM needs data between 0 and 1, but these range from {x.min():g} to {x.max():g}.")
        return x


class DBN:
    """A deep belief network: restricted Boltzmann machines, each on the hidden units of the one below.

    `fit` trains them one after another, from the lowest: greedy pre-training. For fine-tuning with labels,
    `to_sequential` makes a feed-forward network from them.

    Parameters
    ----------
    units : list of int
        The sizes of the layers, that of the data first.
    seed : int, optional
    dtype : {"float32", "float64"}, optional

    Attributes
    ----------
    rbms : list of RBM
        From the lowest.

    Notes
    -----
    Hinton, Osindero and Teh, 2006. Only the two top layers form an RBM in the model that results; the lower
    weights are directed downward.
    """

    def __init__(self, units, seed=None, dtype=None):
        if not isinstance(units, list | tuple) or len(units) < 2:
            raise ValueError(f"A DBN needs the sizes of at least two layers, but {units!r} was given.")
        rng = own_generator(seed)
        self.rbms = [RBM(v, h, rng, dtype) for v, h in itertools.pairwise(units)]

    def fit(self, x, validation_data=None, **options):
        """Train the machines one after another, each on the hidden probabilities of the one below.

        Parameters
        ----------
        x : array_like, shape (N, V)
        validation_data : array_like, shape (M, V), optional
        **options
            Arguments of `RBM.fit`, the same for each.

        Returns
        -------
        list of History
        """
        histories = []
        for rbm in self.rbms:
            histories.append(rbm.fit(x, validation_data=validation_data, **options))
            x, validation_data = (None if v is None else rbm.hidden_probabilities(rbm.check(v)) for v in (x, validation_data))
        return histories

    def transform(self, x):
        """Return the probabilities of the topmost hidden units for data x (N, V)."""
        for rbm in self.rbms:
            x = rbm.hidden_probabilities(rbm.check(x))
        return x

    def reconstruct(self, x):
        """Return what comes back down, (N, V), from the topmost probabilities of x (N, V)."""
        h = self.transform(x)
        for rbm in reversed(self.rbms):
            h = rbm.visible_probabilities(h)
        return h

    def sample(self, n, steps=1000):
        """Return n visible states (n, V): Gibbs sampling in the topmost machine, then one draw per layer."""
        *lower, top = self.rbms
        v = top.sample(n, steps)
        for rbm in reversed(lower):
            v = rbm._draw(rbm.visible_probabilities(v))
        return v

    def to_sequential(self, *layers):
        """Return a `Sequential` that computes what `transform` does, with further layers on top.

        Parameters
        ----------
        *layers : Layer
            For example ``Dense(10, "softmax")``.

        Returns
        -------
        Sequential
            With copies of the weights: training it leaves the DBN as it is.
        """
        dense = [Dense(rbm.hidden, "sigmoid", dtype=rbm.dtype) for rbm in self.rbms]
        model = Sequential([Input((self.rbms[0].visible,)), *dense, *layers])
        for layer, rbm in zip(dense, self.rbms, strict=True):
            layer.set_weights([rbm.W, rbm.b])
        return model


def binary_states(n):
    """Return all states of n binary units, shape (2^n, n), n at most 20."""
    if batches.whole("n", n) > 20:
        raise ValueError(f"There are 2^{n} states of {n} units. They can be listed for at most 20.")
    return (np.arange(2**n)[:, None] >> np.arange(n) & 1).astype(float)
