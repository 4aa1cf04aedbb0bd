"""Callbacks: what happens around epochs and batches while a model is trained."""

import shutil
import sys
import time


class Callback:
    """Base of all callbacks; define the methods that you need.

    Attributes
    ----------
    model : Sequential
        The model that is trained.
    params : dict
        ``epochs``, ``steps`` (batches per epoch) and ``verbose``.
    """

    model = params = None

    def set_model(self, model):
        self.model = model

    def set_params(self, params):
        self.params = params

    def on_train_begin(self, logs=None):
        """Called when `fit` starts."""

    def on_train_end(self, logs=None):
        """Called when `fit` ends, with the last epoch's metrics."""

    def on_epoch_begin(self, epoch, logs=None):
        """Called before each epoch; epochs count from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """Called after each epoch, with its metrics by name."""

    def on_train_batch_begin(self, batch, logs=None):
        """Called before each batch; batches count from 0."""

    def on_train_batch_end(self, batch, logs=None):
        """Called after each batch, with the metrics of the epoch so far."""


class CallbackList:
    """Several callbacks as one."""

    def __init__(self, callbacks, model, params):
        self.callbacks = callbacks
        for callback in callbacks:
            callback.set_model(model)
            callback.set_params(params)
        # batches come often: call only the methods that were defined
        self.batch_begins = [c.on_train_batch_begin for c in callbacks if _defines(c, "on_train_batch_begin")]
        self.batch_ends = [c.on_train_batch_end for c in callbacks if _defines(c, "on_train_batch_end")]

    def train_begin(self):
        for callback in self.callbacks:
            callback.on_train_begin()

    def train_end(self, logs):
        for callback in self.callbacks:
            callback.on_train_end(logs)

    def epoch_begin(self, epoch):
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch)

    def epoch_end(self, epoch, logs):
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, logs)

    def batch_begin(self, batch):
        for hook in self.batch_begins:
            hook(batch)

    def batch_end(self, batch, logs):
        for hook in self.batch_ends:
            hook(batch, logs)


def _defines(callback, name):
    return getattr(type(callback), name) is not getattr(Callback, name)


class History(Callback):
    """The metrics of all epochs, as returned by `fit`.

    Attributes
    ----------
    history : dict of list
        For each metric its value after each epoch.
    epoch : list of int
        The numbers of the epochs.
    """

    def __init__(self):
        self.history = {}

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class TerminateOnNaN(Callback):
    """End training quietly when the loss becomes infinite or not a number, instead of raising an error."""


class ProgbarLogger(Callback):
    """One line that shows a person how training goes; verbose=2 prints a line for each epoch instead."""

    def on_train_begin(self, logs=None):
        self.start = self.shown = time.monotonic()
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.params["verbose"] == 1 and time.monotonic() - self.shown > 0.2:
            self._show((batch + 1) / self.params["steps"], logs)

    def on_epoch_end(self, epoch, logs=None):
        if self.params["verbose"] == 2:
            print(f"Epoch {epoch + 1}/{self.params['epochs']}  {_text(logs)}")
        else:
            self.last = logs
            if time.monotonic() - self.shown > 0.2:
                self._show(1, logs)

    def on_train_end(self, logs=None):
        if self.params["verbose"] == 1 and logs:
            self._show(1, logs, end="\n")

    def _show(self, part, logs, end=""):
        self.shown = time.monotonic()
        epochs = self.params["epochs"]
        done = (self.epoch + part) / epochs
        bar = ("━" * round(16 * done)).ljust(16, "╌")
        line = f"Epoch {self.epoch + 1}/{epochs} {bar} {self.shown - self.start:.0f} s  {_text(logs)}"
        width = shutil.get_terminal_size((110, 20)).columns - 1
        sys.stdout.write("\r" + line[:width].ljust(width) + end)
        sys.stdout.flush()


def _text(logs):
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items() if isinstance(value, float))
