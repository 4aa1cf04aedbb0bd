"""Callbacks that steer training: stop it, keep the best model, change the learning rate."""

import os
import pathlib
import warnings

import numpy as np

from ..batches import number, whole
from ..utils import unknown
from .base import Callback


class TerminateOnNaN(Callback):
    """End training quietly when the loss becomes infinite or not a number, instead of raising an error."""


class LambdaCallback(Callback):
    """A callback made of functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch))``.

    Parameters
    ----------
    **hooks
        Functions by the name of the method of `Callback` that they are to be.
    """

    def __init__(self, **hooks):
        for name, function in hooks.items():
            if not name.startswith("on_") or not hasattr(Callback, name):
                known = [hook for hook in vars(Callback) if hook.startswith("on_")]
                raise unknown("method of a callback", name, known)
            if not callable(function):
                raise ValueError(f"{name} must be a function, but {function!r} was given.")
            setattr(self, name, function)


class _Monitor(Callback):
    """Watches one metric: which it is, which direction is better, and by how much."""

    def __init__(self, monitor="val_loss", mode="auto", min_delta=0):
        if mode not in ("auto", "min", "max"):
            raise unknown("mode", mode, ("auto", "min", "max"))
        if not isinstance(monitor, str):
            raise ValueError(f"monitor must be the name of a metric, but {monitor!r} was given.")
        self.monitor, self.mode, self.min_delta = monitor, mode, abs(number("min_delta", min_delta))

    def current(self, logs):
        """Return the watched metric, or None, with a warning, if it is not reported."""
        if self.monitor not in (logs or {}):
            warnings.warn(f"{type(self).__name__} watches {self.monitor!r}, but training reports only "
                          f"{', '.join(logs or ())}.", stacklevel=2)
            return None
        return logs[self.monitor]

    def better(self, value, reference):
        """Return whether value is better than reference by more than `min_delta`."""
        if reference is None:
            return True
        if self._mode() == "max":
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def _mode(self):
        name = self.monitor.removeprefix("val_")
        if self.mode != "auto" or name == "loss":
            return "min" if self.mode == "auto" else self.mode
        for metric, _ in self.model.metrics_used:
            if metric.name == name and metric.better is not None:
                return metric.better
        raise ValueError(f"{type(self).__name__} cannot know whether {self.monitor!r} should become smaller "
                         "or greater. Say mode='min' or mode='max'.")


class RoundWeights(Callback):
    """Round the weights to multiples of `step` after each batch, so that every processor learns the same.

    Processors add in different orders, and what they learn differs by some 1e-16 at first. Where training is chaotic,
    that grows within a thousand steps to what can be seen. Rounding forgets it at every step, unless a weight lies
    that near to the middle between two multiples. Not in Keras. Chapter 11.

    Parameters
    ----------
    step : float
        Far below what a step of training changes, far above the rounding errors of its sums.
    """

    def __init__(self, step=2**-20):
        if not 0 < number("step", step) < 1:
            raise ValueError(f"step must lie between 0 and 1, but {step!r} was given.")
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        weights = self.model.params
        np.multiply(np.rint(weights / self.step), self.step, out=weights)


class EarlyStopping(_Monitor):
    """Stop when the watched metric has not become better for `patience` epochs.

    Parameters
    ----------
    monitor : str
    min_delta : float
        How much better counts as better.
    patience : int
        With p, training stops after the p-th epoch in a row without improvement; 0 and 1 mean the same.
    verbose : {0, 1}
        Whether to print when it stops.
    mode : {"auto", "min", "max"}
    baseline : float, optional
        Patience also runs out while the metric is not better than this.
    restore_best_weights : bool
        Whether the model goes back to the weights of its best epoch at the end.
    start_from_epoch : int
        Epochs before this one are not counted.

    Attributes
    ----------
    stopped_epoch, best_epoch : int
        Counted from 0; `stopped_epoch` stays 0 if training was not stopped.
    """

    def __init__(self, monitor="val_loss", min_delta=0, patience=0, verbose=0, mode="auto", baseline=None,
                 restore_best_weights=False, start_from_epoch=0):
        super().__init__(monitor, mode, min_delta)
        self.patience, self.verbose = whole("patience", patience, 0), verbose
        self.baseline = None if baseline is None else number("baseline", baseline)
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, whole("start_from_epoch", start_from_epoch, 0)

    def on_train_begin(self, logs=None):
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch, logs=None):
        current = self.current(logs)
        if current is None or epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self.better(current, self.best):
            self.best, self.best_epoch = current, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.better(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch, self.model.stop_training = epoch, True

    def on_train_end(self, logs=None):
        if self.stopped_epoch and self.verbose:
            print(f"Stopped after epoch {self.stopped_epoch + 1}; the best was epoch {self.best_epoch + 1}.")
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)


class ModelCheckpoint(_Monitor):
    """Store the model after each epoch, or only when it is the best so far.

    Parameters
    ----------
    filepath : str or path
        May hold the number of the epoch and metrics: ``"model-{epoch:02d}-{val_loss:.2f}.keras"``.
    monitor : str
    verbose : {0, 1}
    save_best_only : bool
    save_weights_only : bool
    mode : {"auto", "min", "max"}
    initial_value_threshold : float, optional
        A metric that the first stored model has to beat.
    """

    def __init__(self, filepath, monitor="val_loss", verbose=0, save_best_only=False, save_weights_only=False,
                 mode="auto", initial_value_threshold=None):
        super().__init__(monitor, mode)
        if not isinstance(filepath, str | pathlib.PurePath):
            raise ValueError(f"filepath must be the name of a file, but {filepath!r} was given.")
        self.filepath, self.verbose, self.best = str(filepath), verbose, initial_value_threshold
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only

    def on_epoch_end(self, epoch, logs=None):
        if self.save_best_only:
            current = self.current(logs)
            if current is not None:
                if not self.better(current, self.best):
                    return
                self.best = current
        try:
            path = pathlib.Path(self.filepath.format(epoch=epoch + 1, **logs))
        except KeyError as error:
            raise ValueError(f"The file name {self.filepath!r} asks for {error}, but training reports only "
                             f"epoch, {', '.join(logs)}.") from None
        except (ValueError, TypeError, OverflowError, IndexError, AttributeError) as error:
            raise ValueError(f"The file name {self.filepath!r} cannot be filled in: {error}.") from None
        if os.path.isdir(path):                              # which takes any name
            raise ValueError(f"{path} is a folder: add the name of a file to store the model in.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise ValueError(f"There can be no folder {path.parent} for the model: {error}.") from None
        (self.model.save_weights if self.save_weights_only else self.model.save)(path)
        if self.verbose:
            print(f"Stored epoch {epoch + 1} in {path}.")


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch.

    Parameters
    ----------
    schedule : function
        From the number of the epoch (from 0) and the present rate to the new rate.
    verbose : {0, 1}
    """

    def __init__(self, schedule, verbose=0):
        if not callable(schedule):
            raise ValueError(f"schedule must be a function of epoch and rate, but {schedule!r} was given.")
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch, logs=None):
        optimizer = self.model.optimizer
        optimizer.learning_rate = self.schedule(epoch, optimizer.learning_rate)
        if self.verbose:
            print(f"Epoch {epoch + 1}: learning rate {optimizer.learning_rate:g}.")

    def on_epoch_end(self, epoch, logs=None):
        logs["learning_rate"] = self.model.optimizer.learning_rate


class ReduceLROnPlateau(_Monitor):
    """Multiply the learning rate by `factor` when the watched metric has not become better for a while.

    Parameters
    ----------
    monitor : str
    factor : float
        Less than 1.
    patience : int
        How many epochs without improvement to wait.
    verbose : {0, 1}
    mode : {"auto", "min", "max"}
    min_delta : float
        How much better counts as better.
    cooldown : int
        How many epochs not to count after a reduction.
    min_lr : float
        The least learning rate.
    """

    def __init__(self, monitor="val_loss", factor=0.1, patience=10, verbose=0, mode="auto", min_delta=1e-4,
                 cooldown=0, min_lr=0.0):
        super().__init__(monitor, mode, min_delta)
        if not number("factor", factor) < 1:
            raise ValueError(f"factor must be less than 1, but {factor!r} was given.")
        self.factor, self.patience, self.verbose = factor, whole("patience", patience, 0), verbose
        self.cooldown, self.min_lr = whole("cooldown", cooldown, 0), number("min_lr", min_lr)

    def on_train_begin(self, logs=None):
        self.best, self.wait, self.resting = None, 0, 0

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        current, logs["learning_rate"] = self.current(logs), optimizer.learning_rate
        if current is None:
            return
        if self.resting:
            self.resting, self.wait = self.resting - 1, 0
        if self.better(current, self.best):
            self.best, self.wait = current, 0
        elif not self.resting:
            self.wait += 1
            if self.wait >= self.patience and optimizer.learning_rate > self.min_lr:
                optimizer.learning_rate = max(optimizer.learning_rate * self.factor, self.min_lr)
                self.resting, self.wait = self.cooldown, 0
                if self.verbose:
                    print(f"Epoch {epoch + 1}: learning rate {optimizer.learning_rate:g}.")
