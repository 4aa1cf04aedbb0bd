"""What a person sees while a model is trained."""

import shutil
import sys
import time

from .base import Callback


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
