"""How a model is trained: `compile`, `fit`, `evaluate`, `predict`."""

import copy
import math
import warnings

import numpy as np

from . import batches, losses, metrics, optimizers
from . import callbacks as cb


class Trainer:
    """The training of a model with `forward`, `backward_to_weights`, and one vector `params` of weights."""

    optimizer = loss = None
    output_mask = None                                       # of the last outputs, where steps were skipped
    stop_training = False

    def compile(self, optimizer="rmsprop", loss=None, metrics=None, weighted_metrics=None):
        """Say how to train.

        Parameters
        ----------
        optimizer : str or Optimizer
        loss : str or Loss
        metrics, weighted_metrics : list of str or Metric, optional
            What to report besides the loss; the second kind counts examples by their sample weights.

        Raises
        ------
        ValueError
            If a name is unknown.
        """
        optimizer, loss = optimizers.get(optimizer), losses.get(loss)
        given = [list(m) if isinstance(m, list | tuple) else [] if m is None else [m]
                 for m in (metrics, weighted_metrics)]
        for metric in given[0] + given[1]:
            _metric(metric, (None,), (None, 1))              # raises for an unknown name
        self.optimizer, self.loss, self.metrics_given, self.metrics_used = optimizer, loss, given, None

    def fit(self, x=None, y=None, batch_size=None, epochs=1, verbose="auto", callbacks=None,
            validation_split=0.0, validation_data=None, shuffle=True, class_weight=None, sample_weight=None,
            initial_epoch=0, validation_batch_size=None, validation_freq=1):
        """Train for a number of passes through the data.

        Parameters
        ----------
        x, y : array_like, shapes (N, ...)
            Inputs and targets; a model of several inputs takes a list of arrays, or a dictionary, as x.
        batch_size : int, optional
            How many examples make one step, by default 32.
        epochs : int
            The number of the last pass; training starts after pass `initial_epoch`.
        verbose : {"auto", 0, 1, 2}
            0 shows nothing, 1 a line that shows how it goes, 2 a line for each epoch. "auto" is 1, but in a notebook the
            line goes when training ends.
        callbacks : list of Callback, optional
        validation_split : float
            The share of the data, taken from their end, that is only evaluated.
        validation_data : tuple, optional
            (x, y) or (x, y, sample_weight) to evaluate after each epoch, instead of such a share.
        shuffle : bool
            Whether the examples are put into a new random order for each epoch.
        class_weight : dict, optional
            From class numbers to weights; classes not in it count 1.
        sample_weight : array_like, shape (N,), optional
            How much each example counts.
        initial_epoch : int
            The number of passes made before.
        validation_batch_size : int, optional
            By default `batch_size`.
        validation_freq : int
            Evaluate after every so many epochs.

        Returns
        -------
        History
            ``history.history`` maps the name of each metric to a list.

        Raises
        ------
        ValueError
            If the data do not fit the model or the loss. Nothing was changed then.
        FloatingPointError
            If the loss becomes infinite or not a number. The weights are then as before the call.
        OSError
            If a callback cannot write its file. What has been learned until then stays.
        """
        self._check_compiled()
        epochs, initial_epoch = batches.whole("epochs", epochs, 0), batches.whole("initial_epoch", initial_epoch, 0)
        batches.whole("validation_freq", validation_freq)
        val_size = validation_batch_size and batches.whole("validation_batch_size", validation_batch_size)
        callbacks = cb.base.listed(callbacks)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = batches.split(self.cast(x), y, sample_weight, validation_split)
        data, valid = self._data(x, y, sample_weight, class_weight), None
        if validation_data is not None:
            valid = self._data(*batches.validation(validation_data), what="validation")
        size = batches.check_size(batch_size, len(data[0]))
        history, last, progress = cb.History(), {}, cb.progress.loggers(verbose)
        params = {"epochs": epochs, "steps": -(-len(data[0]) // size), "verbose": 1 if verbose == "auto" else verbose}
        calls = cb.CallbackList([*callbacks, *progress, history], self, params)
        self.history, self.stop_training = history, False
        before = self._state()
        try:
            with np.errstate(all="ignore"):                  # an overflow shows in the loss, which is checked
                calls.train_begin()
                for epoch in range(initial_epoch, epochs):
                    calls.epoch_begin(epoch)
                    order = self.rng.permutation(len(data[0])) if shuffle else None
                    last = self._epoch(data, order, size, calls, epoch)
                    if valid is not None and (epoch + 1) % validation_freq == 0:
                        val = self._evaluate(valid, val_size or size)
                        last |= {f"val_{name}": value for name, value in val.items()}
                    calls.epoch_end(epoch, last)
                    if self.stop_training:
                        break
                calls.train_end(last)
        except OSError:                                      # a callback's file
            raise
        except Exception:
            self._restore(before)
            raise
        return history

    def _epoch(self, data, order, size, calls, epoch):
        """Train once on all batches, in this order, and return the epoch's metrics."""
        self._reset_metrics()
        n, total, seen = len(data[0]), 0.0, 0
        for step, start in enumerate(range(0, n, size)):
            index = slice(start, start + size) if order is None else order[start:start + size]
            x, t, y, w = (None if a is None else a[index] for a in data)
            calls.batch_begin(step)
            loss = self._train_step(x, t, y, w)
            if not math.isfinite(loss):
                if any(isinstance(c, cb.TerminateOnNaN) for c in calls.callbacks):
                    self.stop_training = True
                    break
                raise FloatingPointError(
                    f"The loss became {loss} in epoch {epoch + 1}, batch {step + 1}, at a learning rate of "
                    f"{self.optimizer.learning_rate:g}. Try a smaller one. The weights are as before fit.")
            total, seen = total + loss * len(x), seen + len(x)
            if calls.batch_ends:
                calls.batch_end(step, self._logs(total / seen))
            if self.stop_training:
                break
        return self._logs(total / seen if seen else math.nan)

    def train_on_batch(self, x, y=None, sample_weight=None, class_weight=None, return_dict=False):
        """Take one step on these data.

        Returns
        -------
        float, list or dict
            The loss before the step, followed by the metrics if there are any.
        """
        self._check_compiled()
        data = self._data(x, y, sample_weight, class_weight)
        self._reset_metrics()
        before, randoms = [p.value.copy() for p in self.parameters if not p.trainable], self._randoms()
        with np.errstate(all="ignore"):
            loss = self._train_step(*data)
        if not math.isfinite(loss):
            for p, value in zip([p for p in self.parameters if not p.trainable], before, strict=True):
                p.value[...] = value
            self._set_randoms(randoms)
            raise FloatingPointError(f"The loss is {loss}. The weights are as before.")
        return self._results(self._logs(loss), return_dict)

    def test_on_batch(self, x, y=None, sample_weight=None, return_dict=False):
        """Return the loss and the metrics of these data, as one batch."""
        return self.evaluate(x, y, max(1, len(self.cast(x))), sample_weight=sample_weight, return_dict=return_dict)

    def evaluate(self, x=None, y=None, batch_size=None, verbose="auto", sample_weight=None,
                 return_dict=False):
        """Return the loss and the metrics of these data.

        Parameters
        ----------
        x, y : array_like, shapes (N, ...)
        batch_size : int, optional
            How many examples to take at a time; the result does not depend on it.
        verbose
            Accepted as in Keras; nothing is shown.
        sample_weight : array_like, shape (N,), optional
        return_dict : bool
            Whether to return a dictionary from names to values.

        Returns
        -------
        float, list or dict
            The loss, followed by the metrics if there are any.
        """
        self._check_compiled()
        logs = self._evaluate(self._data(x, y, sample_weight, what="evaluation"), self._size(batch_size))
        return self._results(logs, return_dict)

    def predict(self, x, batch_size=None, verbose="auto"):
        """Return the outputs for these inputs.

        Parameters
        ----------
        x : array_like, shape (N, ...)
        batch_size : int, optional
            How many examples to take at a time; the result does not depend on it.
        verbose
            Accepted as in Keras; nothing is shown.

        Returns
        -------
        numpy.ndarray, shape (N, ...)
        """
        x, size = self._input(x, "input"), self._size(batch_size)
        return np.concatenate([self.forward(x[k:k + size]) for k in range(0, len(x), size)])

    # One step

    def _forward_loss(self, x, t, y, w, training):
        """Return the loss, penalties included, and the derivative that backpropagation starts from."""
        y_pred = self.forward(x, training)
        mask, counted = self.output_mask, w
        if mask is not None:                                 # the mean is one over the steps that count
            counted = batches.masked(w, mask)
            w = counted * self.loss_used.share(mask)
        if self.fused:
            loss, dy = self.loss_used.value_and_gradient(t, self.output_layer.z, w, activated=y_pred)
        else:
            loss, dy = self.loss_used.value_and_gradient(t, y_pred, w)
        loss = float(loss)
        for p in self.penalized:
            loss += p.regularizer(p.value)
        for metric, weighted in self.metrics_used:
            metric.update_state(y, y_pred, counted if weighted else mask)
        return loss, dy

    def _train_step(self, x, t, y, w):
        """Take one step, unless the loss is not finite. Return the loss."""
        loss, dy = self._forward_loss(x, t, y, w, training=True)
        if math.isfinite(loss):
            self.grads[...] = 0
            self.backward_to_weights(dy, self.fused)
            for p in self.penalized:
                p.gradient[...] += p.regularizer.gradient(p.value)
            self.optimizer.clip(self.gradients)
            self.optimizer.update([self.grads], [self.params])
            for p in self.constrained:
                p.value[...] = p.constraint(p.value)
        return loss

    def _evaluate(self, data, size):
        self._reset_metrics()
        total, n = 0.0, len(data[0])
        for start in range(0, n, size):
            batch = [None if a is None else a[start:start + size] for a in data]
            total += len(batch[0]) * self._forward_loss(*batch, training=False)[0]
        return self._logs(total / n)

    # What is reported

    def _reset_metrics(self):
        for metric, _ in self.metrics_used:
            metric.reset_state()

    def _logs(self, loss):
        logs = {"loss": loss} | {metric.name: metric.result() for metric, _ in self.metrics_used}
        return dict(sorted(logs.items()))                    # in Keras's order

    def _results(self, logs, return_dict):
        values = [logs["loss"], *(logs[metric.name] for metric, _ in self.metrics_used)]
        return logs if return_dict else values[0] if len(values) == 1 else values

    # Getting ready

    def _size(self, batch_size):
        return batches.whole("batch_size", 256 if batch_size is None else batch_size)

    def _check_compiled(self):
        if self.loss is None:
            raise ValueError("Call compile(optimizer, loss) first: the loss is what training makes small.")

    def _input(self, x, what):
        """Return the inputs in the right type and shape; build the model if they are its first."""
        x = self.cast(x)
        if len(x) == 0:
            raise ValueError(f"The {what} data are empty: x has shape {x.shape}.")
        return self.ready(x)

    def _data(self, x, y, sample_weight=None, class_weight=None, what="training"):
        """Return inputs, prepared targets, targets as given (for metrics, if there are any) and weights."""
        x = self._input(x, what)
        y = batches.numbers(f"{what} targets y", y)
        if y is None or y.ndim == 0:
            raise ValueError(f"The {what} data need targets y beside the inputs x.")
        if len(y) != len(x):
            raise ValueError(f"There are {len(x)} inputs, but {len(y)} targets in the {what} data.")
        batches.check_finite(f"{what} data x", x)
        shape = self.compute_output_shape(x.shape)
        t = self.loss.prepare(y, shape, self.params.dtype)
        batches.check_finite(f"{what} targets y", t)
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("Give class_weight or sample_weight, not both.")
            sample_weight = batches.class_weights(y, class_weight)
        w = batches.numbers("sample weights", sample_weight)
        if w is not None:
            if w.ndim == 0 or w.shape != shape[:w.ndim]:
                raise ValueError(f"There are {len(x)} examples, but sample_weight has shape {w.shape}.")
            if w.ndim == len(shape) and w.shape[-1] == 1:
                w = w[..., 0]                                # as Keras takes it
            w = w.astype(self.params.dtype)
            batches.check_finite("sample weights", w)
        self._resolve(y.shape, shape)
        return x, t, y if self.metrics_used else None, w

    def _resolve(self, t_shape, y_shape):
        """Choose the metrics that fit these shapes and the form of the loss that fits the last activation."""
        self.repack()
        if self.metrics_used is None:
            self.metrics_used = [(_metric(m, t_shape, y_shape), k == 1)
                                 for k in (0, 1) for m in self.metrics_given[k]]
        last, link = self.output_layer, self.loss.link
        self.fused = link is not None and last.activation is link and hasattr(last, "backward_logits")
        self.loss_used = self.loss.of_logits() if self.fused else self.loss
        if self.fused and self.loss.from_logits:
            warnings.warn(f"The loss takes logits, but the model ends in {link.__name__}. "
                          "It is trained on the logits before that.", stacklevel=4)

    def _state(self):
        """Return copies of all that training changes."""
        o = self.optimizer
        return [self.get_weights(), self._randoms(), o.iterations, copy.deepcopy(o.state), o._rate]

    def _restore(self, state):
        self.set_weights(state[0])
        self._set_randoms(state[1])
        self.optimizer.iterations, self.optimizer.state, self.optimizer._rate = state[2:]

    def _randoms(self):
        """Return where the random numbers of all layers, and of the shuffling, have come to."""
        return [layer.rng.bit_generator.state for layer in self.random_layers()]

    def _set_randoms(self, states):
        layers = self.random_layers()
        if not isinstance(states, list) or len(states) != len(layers):
            raise ValueError(f"{len(layers)} layers draw random numbers, but the states of others were stored.")
        for layer, state in zip(layers, states, strict=True):
            layer.rng.bit_generator.state = state


def _metric(given, t_shape, y_shape):
    """Return the metric under the name that histories show: as written, where it was written as a string."""
    metric = metrics.get(given, t_shape, y_shape)
    if isinstance(given, str):
        metric.name = given
    return metric
