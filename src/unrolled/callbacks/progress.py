"""What a person sees while a model is trained."""

import os
import shutil
import sys
import time

from .base import Callback


def loggers(verbose):
    """Return what shows a person what `verbose` asks for: a list of one callback, or of none.

    With "auto" nothing is shown where a notebook is executed to be stored, and nothing is left of the line in others.
    """
    if not verbose or verbose == "auto" and "UNROLLED_GRID" in os.environ:
        return []
    logger = ProgbarLogger()
    logger.keep = verbose != "auto" or not _in_a_notebook()
    return [logger]


def _in_a_notebook():
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return hasattr(shell, "kernel")


class ProgbarLogger(Callback):
    """One line that shows a person how training goes; verbose=2 prints a line for each epoch instead."""

    keep = True                  # whether the line stays when training ends
    width = 0                    # of what was written

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
        if self.params["verbose"] == 1 and logs and self.keep:
            self._show(1, logs, end="\n")
        elif self.width:
            self._write("\r" + " " * self.width + "\r")

    def _show(self, part, logs, end=""):
        self.shown = time.monotonic()
        epochs = self.params["epochs"]
        done = (self.epoch + part) / epochs
        bar = ("━" * round(16 * done)).ljust(16, "╌")
        line = f"Epoch {self.epoch + 1}/{epochs} {bar} {self.shown - self.start:.0f} s  {_text(logs)}"
        self.width = shutil.get_terminal_size((110, 20)).columns - 1
        self._write("\r" + line[:self.width].ljust(self.width) + end)

    def _write(self, text):
        sys.stdout.write(text)
        sys.stdout.flush()


def _text(logs):
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items() if isinstance(value, float))
