"""Callbacks. (`test_parity` compares those that steer training with Keras's.)"""
import builtins
import csv

import numpy as np
import pytest

import unrolled as dl
from unrolled import callbacks, layers


def model():
    dl.utils.set_random_seed(0)
    model = dl.Sequential([dl.Input((2,)), layers.Dense(3, "tanh"), layers.Dense(1, "sigmoid")])
    model.compile(dl.optimizers.SGD(0.5), "bce", metrics=["accuracy"])
    return model


X = np.random.default_rng(0).standard_normal((40, 2))
Y = (X[:, 0] > 0).astype(float)


def fit(*used, epochs=4, **options):
    m = model()
    return m, m.fit(X, Y, epochs=epochs, verbose=0, callbacks=used, **options).history


class Replay(callbacks.Callback):
    """Reports these numbers as `score`, and weights that count epochs."""

    def __init__(self, *scores):
        self.scores = scores

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = self.scores[epoch]
        self.model.layers[0].bias[:] = epoch


@pytest.mark.usefixtures("float64")
def test_rounded_weights_forget_what_another_order_of_sums_changes():
    """This training is chaotic: what begins as a rounding error is seen within a hundred epochs."""
    def trained(disturb, *used):
        dl.utils.set_random_seed(0)
        m = dl.Sequential([dl.Input((2,)), layers.Dense(16, "tanh"), layers.Dense(16, "tanh"), layers.Dense(1, "tanh")])
        m.compile(dl.optimizers.SGD(0.2, momentum=0.9), "mse")
        m.params *= 1 + disturb
        m.fit(X, np.sin(5 * X[:, :1]), epochs=100, batch_size=8, verbose=0, callbacks=used)
        return m.params

    assert np.abs(trained(1e-15) - trained(0)).max() > 0.1
    one, other = (trained(disturb, callbacks.RoundWeights()) for disturb in (1e-15, 0))
    assert np.array_equal(one, other) and np.array_equal(one * 2**20, np.rint(one * 2**20)) and np.ptp(one) > 0.1
    for step in (0, 1, "a"):
        with pytest.raises(ValueError, match="step must"):
            callbacks.RoundWeights(step)


@pytest.mark.parametrize("patience, stopped", [(0, 3), (1, 3), (2, 4), (3, 0)])
def test_patience_counts_epochs_without_improvement(patience, stopped):
    """Best at epoch 2 (from 0), then 3, 4 without improvement, then better again."""
    stop = callbacks.EarlyStopping("score", patience=patience, mode="min", restore_best_weights=True)
    m, history = fit(Replay(5, 4, 3, 3, 3.5, 2), stop, epochs=6)
    assert stop.stopped_epoch == stopped and stop.best_epoch == (2 if stopped else 5)
    assert len(history["score"]) == (stopped + 1 if stopped else 6)
    assert set(m.layers[0].bias) == {stop.best_epoch}


def test_a_greater_score_is_better_when_told_so():
    stop = callbacks.EarlyStopping("score", mode="max", min_delta=0.5, verbose=1)
    _, history = fit(Replay(1, 2, 2.4, 3), stop)
    assert history["score"] == [1, 2, 2.4]


def test_too_little_better_is_not_better():
    stop = callbacks.EarlyStopping("score", mode="min", min_delta=0.5)
    _, history = fit(Replay(3, 2.4, 2, 1), stop)
    assert history["score"] == [3, 2.4, 2] and stop.best_epoch == 1


def test_directions_are_known_or_asked_for():
    stop = callbacks.EarlyStopping("val_accuracy", patience=9)
    fit(stop, validation_split=0.25)
    assert stop._mode() == "max"
    with pytest.raises(ValueError, match="mode='min' or mode='max'"):
        fit(Replay(1, 2, 3, 4), callbacks.EarlyStopping("score"))
    with pytest.warns(UserWarning, match="watches 'val_loss', but training reports only accuracy, loss"):
        fit(callbacks.EarlyStopping(), epochs=1)


def test_checkpoints_of_every_epoch_and_of_the_best(tmp_path):
    every = callbacks.ModelCheckpoint(tmp_path / "new" / "m-{epoch:02d}-{score:.1f}.keras")
    best = callbacks.ModelCheckpoint(tmp_path / "best.keras", "score", mode="min", save_best_only=True)
    last = callbacks.ModelCheckpoint(tmp_path / "last.w", save_weights_only=True)
    m, _ = fit(Replay(3, 1, 2, 4), every, best, last)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [
        "m-01-3.0.keras", "m-02-1.0.keras", "m-03-2.0.keras", "m-04-4.0.keras"]
    assert set(dl.saving.load_model(tmp_path / "best.keras").layers[0].bias) == {1}
    other = model()
    other.load_weights(tmp_path / "last.w")
    assert all(map(np.array_equal, m.get_weights(), other.get_weights()))
    with pytest.raises(ValueError,
                       match="asks for 'val_loss', but training reports only epoch, accuracy, loss"):
        fit(callbacks.ModelCheckpoint(tmp_path / "{val_loss}"))


def test_the_learning_rate_is_scheduled_reported_and_reduced(capsys):
    _, history = fit(callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1))
    assert history["learning_rate"] == [0.25, 0.125, 0.0625, 0.03125]
    assert capsys.readouterr().out.count("\n") == 4
    _, history = fit(Replay(1, 1, 1, 1, 1, 1), callbacks.ReduceLROnPlateau(
        "score", factor=0.1, patience=2, mode="min", min_lr=0.01), epochs=6)
    assert np.allclose(history["learning_rate"], [0.5, 0.5, 0.5, 0.05, 0.05, 0.01])
    _, history = fit(Replay(1, 1, 1), callbacks.ReduceLROnPlateau("score", patience=0, mode="min"), epochs=3)
    assert np.allclose(history["learning_rate"], [0.5, 0.5, 0.05])


def test_what_is_done_is_said(tmp_path, capsys):
    path = tmp_path / "m"
    fit(Replay(1, 1), callbacks.ModelCheckpoint(path, verbose=1), callbacks.ReduceLROnPlateau(
        "score", patience=1, mode="min", verbose=1), epochs=2)
    assert capsys.readouterr().out.splitlines() == [
        f"Stored epoch 1 in {path}.", f"Stored epoch 2 in {path}.", "Epoch 2: learning rate 0.05."]
    with pytest.warns(UserWarning, match="ReduceLROnPlateau watches 'val_loss'"):
        _, history = fit(callbacks.ReduceLROnPlateau(patience=1), epochs=1)
    assert history["learning_rate"] == [0.5]


def test_wrong_arguments():
    with pytest.raises(ValueError, match="no mode named 'maximum'"):
        callbacks.EarlyStopping(mode="maximum")
    with pytest.raises(ValueError, match="factor must be less than 1, but 2"):
        callbacks.ReduceLROnPlateau(factor=2)


def test_after_a_reduction_epochs_of_rest_do_not_count():
    _, history = fit(Replay(*[1] * 6), callbacks.ReduceLROnPlateau(
        "score", factor=0.5, patience=1, mode="min", cooldown=2), epochs=6)
    assert history["learning_rate"] == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


def test_csv(tmp_path):
    path = tmp_path / "log.csv"
    _, history = fit(callbacks.CSVLogger(path, separator=";"), epochs=2)
    _, more = fit(callbacks.CSVLogger(path, separator=";", append=True), epochs=1)
    rows = list(csv.DictReader(open(path), delimiter=";"))
    assert [row["epoch"] for row in rows] == ["0", "1", "0"]
    assert [float(row["loss"]) for row in rows] == history["loss"] + more["loss"]


def test_lambda_callback_and_its_hooks():
    seen = []
    hooks = ("train_begin", "train_end", "epoch_begin", "epoch_end", "train_batch_begin", "train_batch_end")
    fit(callbacks.LambdaCallback(**{f"on_{h}": lambda *_, h=h: seen.append(h) for h in hooks}), epochs=2,
        batch_size=20)
    batch = ["train_batch_begin", "train_batch_end"]
    epoch = ["epoch_begin", *batch, *batch, "epoch_end"]
    assert seen == ["train_begin", *epoch, *epoch, "train_end"]
    with pytest.raises(ValueError, match="Did you mean 'on_epoch_end'"):
        callbacks.LambdaCallback(on_epoch_ends=print)


def test_hooks_may_be_called_without_logs():
    history = callbacks.History()
    history.on_train_begin()
    history.on_epoch_end(3)
    assert history.epoch == [3] and history.history == {}


def test_a_callback_may_stop_training_within_an_epoch():
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1
            assert 0 < logs["loss"] < 10

    m, history = fit(Stop(), batch_size=4)
    assert m.optimizer.iterations == 2 and len(history["loss"]) == 1


def test_tensorboard_files_read_back(tmp_path):
    """TensorBoard's own reader finds the numbers of the history."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
    _, history = fit(callbacks.TensorBoard(tmp_path, histogram_freq=2), validation_split=0.25)
    for place, prefix in ("train", ""), ("validation", "val_"):
        file, = (tmp_path / place).iterdir()
        events = list(EventFileLoader(str(file)).Load())
        losses = [v.tensor.float_val[0] for e in events for v in e.summary.value if v.tag == "epoch_loss"]
        assert np.allclose(losses, history[prefix + "loss"])
        tags = {v.tag for e in events for v in e.summary.value}
        assert ("dense/kernel" in tags) == any(e.graph_def for e in events) == (place == "train")


def test_tensorboard_without_its_package(tmp_path, monkeypatch):
    def missing(name, *rest, real=builtins.__import__):
        if name.startswith("tensorboard"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match="needs the package tensorboard"):
        fit(callbacks.TensorBoard(tmp_path))


def test_what_was_learned_stays_when_a_callback_cannot_write():
    """An error of its own undoes a training, for the model was never the better for it; a full disk does not."""
    class Full(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise error("Nothing can be written.")

    before = model().get_weights()
    for error, stays in ((OSError, True), (ValueError, False)):
        m = model()
        with pytest.raises(error, match="Nothing can be written."):
            m.fit(X, Y, epochs=4, verbose=0, callbacks=[Full()])
        assert stays != all(map(np.array_equal, m.get_weights(), before))
