"""What a callback is, and the history that every training keeps."""


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


def listed(callbacks):
    """Return the callbacks that a user gives as a list, or none."""
    if not isinstance(callbacks, list | tuple | None) or not all(isinstance(c, Callback) for c in callbacks or ()):
        raise ValueError(f"callbacks must be a list of callbacks, but {callbacks!r} was given.")
    return list(callbacks or ())


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
    return getattr(getattr(callback, name), "__func__", None) is not getattr(Callback, name)


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
