"""Files of models: nothing is lost, nothing is run, and a crash leaves the old file."""
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

import unrolled as dl
from unrolled import layers, saving


@pytest.fixture(autouse=True)
def seeded():
    dl.utils.set_random_seed(0)


def data(n=50):
    rng = np.random.default_rng(0)
    return rng.standard_normal((n, 4)), rng.integers(0, 3, n)


OPTIMIZERS = {
    "sgd": lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
    "adagrad": lambda o: o.Adagrad(0.1), "adadelta": lambda o: o.Adadelta(1.0),
    "rmsprop": lambda o: o.RMSprop(0.01, momentum=0.5, centered=True),
    "adam": lambda o: o.Adam(0.01, amsgrad=True, epsilon_hat=False, global_clipnorm=1.0),
    "adamw": lambda o: o.AdamW(o.schedules.ExponentialDecay(0.01, 5, 0.5)),
}


def everything(optimizer="adam"):
    """A model with something of each kind to remember."""
    model = dl.Sequential([
        dl.Input((4,)), layers.Dense(8, kernel_regularizer=dl.regularizers.L1L2(1e-3, 1e-3)),
        layers.BatchNormalization(beta_constraint="non_neg"), layers.PReLU(), layers.Dropout(0.3),
        layers.GaussianNoise(0.1), dl.Sequential([layers.Dense(8, "tanh"), layers.RReLU()]),
        layers.Reshape((2, 4)), layers.Flatten(), layers.Maxout(5), layers.Dense(3, "softmax")], name="all")
    model.compile(OPTIMIZERS[optimizer](dl.optimizers), dl.losses.SparseCategoricalCrossentropy(),
                  metrics=["accuracy", dl.metrics.SparseTopKCategoricalAccuracy(k=2)])
    return model


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_saving_loading_and_continuing_equals_never_stopping(optimizer, tmp_path):
    x, y = data()
    model = everything(optimizer)
    model.fit(x, y, epochs=2, batch_size=8, verbose=0)
    model.save(tmp_path / "model.keras")
    other = dl.saving.load_model(tmp_path / "model.keras")
    runs = [m.fit(x, y, epochs=2, batch_size=8, verbose=0).history for m in (model, other)]
    assert runs[0] == runs[1]
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        assert np.array_equal(a, b) and a.dtype == b.dtype
    assert np.array_equal(model.predict(x), other.predict(x))
    assert other.get_config() == model.get_config()
    assert other.optimizer.iterations == model.optimizer.iterations


@pytest.mark.parametrize("stopped", [1, 3])
def test_going_on_from_a_checkpoint_equals_never_stopping(stopped, tmp_path):
    """Training was cut off in a later epoch; what the checkpoint kept goes on to the same end, bit for bit."""
    x, y = data()
    whole = everything()
    calls = dict(batch_size=8, epochs=5, validation_split=0.2, verbose=0)
    keep = dl.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    a = whole.fit(x, y, callbacks=[keep, dl.callbacks.LearningRateScheduler(lambda e, rate: 0.9 * rate)], **calls)
    rest = dl.saving.load_model(tmp_path / f"{stopped}.keras")
    b = rest.fit(x, y, callbacks=[dl.callbacks.LearningRateScheduler(lambda e, rate: 0.9 * rate)],
                 initial_epoch=stopped, **calls)
    assert b.epoch == list(range(stopped, 5))
    assert {k: v[stopped:] for k, v in a.history.items()} == b.history
    assert all(map(np.array_equal, whole.get_weights(), rest.get_weights()))
    for u, v in zip(whole.optimizer.state, rest.optimizer.state, strict=True):
        assert u.keys() == v.keys() and all(np.array_equal(u[name], v[name]) for name in u)


def test_same_model_same_bytes(tmp_path):
    model = everything()
    for name in "ab":
        model.save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_tied_layers_are_tied_after_loading(tmp_path):
    dense = layers.Dense(4)
    model = dl.Sequential([dl.Input((4,)), dense, layers.ReLU(), dense.tied()])
    model.save(tmp_path / "model.keras")
    other = dl.models.load_model(tmp_path / "model.keras")
    assert other.count_params() == 20 and other.layers[0].kernel is other.layers[2].kernel
    assert np.array_equal(model(np.eye(4)), other(np.eye(4)))


def test_a_model_that_is_not_compiled(tmp_path):
    model = dl.Sequential([layers.Dense(2)])
    with pytest.raises(ValueError, match="no weights to store yet"):
        model.save(tmp_path / "model.keras")
    y = model(np.eye(3))
    model.save(tmp_path / "model.keras")
    other = dl.saving.load_model(tmp_path / "model.keras")
    assert np.array_equal(other(np.eye(3)), y) and other.loss is None


def test_weights_alone(tmp_path):
    model, other = everything(), everything()
    model.save_weights(tmp_path / "w")
    other.load_weights(tmp_path / "w")
    assert all(map(np.array_equal, model.get_weights(), other.get_weights()))
    with pytest.raises(ValueError, match="holds only weights"):
        dl.saving.load_model(tmp_path / "w")
    small = dl.Sequential([dl.Input((4,)), layers.Dense(3)])
    before = small.get_weights()
    with pytest.raises(ValueError, match="another model"):
        small.load_weights(tmp_path / "w")
    assert all(map(np.array_equal, before, small.get_weights()))


def test_a_folder_that_does_not_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder .*nowhere to store m.keras in"):
        everything().save(tmp_path / "nowhere" / "m.keras")


def test_how_long_a_name_may_be(tmp_path):
    model = everything()
    model.save(tmp_path / ("m" * 200))
    with pytest.raises(ValueError, match="may have 200 characters, but m+... has 201"):
        model.save(tmp_path / ("m" * 201))
    assert os.listdir(tmp_path) == ["m" * 200]


def test_a_file_that_exists_may_be_protected(tmp_path):
    model = everything()
    model.save(tmp_path / "m")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        model.save(tmp_path / "m", overwrite=False)


@pytest.mark.parametrize("moment", ["while writing", "before moving"])
def test_a_crash_while_saving_leaves_the_old_file(moment, tmp_path, monkeypatch):
    def crash(*_, **__):
        raise OSError("no space left on device")

    model = everything()
    model.save(tmp_path / "m")
    old = (tmp_path / "m").read_bytes()
    model.set_weights([w + 1 for w in model.get_weights()])
    monkeypatch.setattr(*(np, "savez") if moment == "while writing" else (os, "replace"), crash)
    with pytest.raises(OSError, match="no space"):
        model.save(tmp_path / "m")
    assert (tmp_path / "m").read_bytes() == old and os.listdir(tmp_path) == ["m"]


def test_a_file_cut_short_anywhere(tmp_path):
    everything().save(tmp_path / "m")
    whole = (tmp_path / "m").read_bytes()
    for length in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "m").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="damaged"):
            dl.saving.load_model(tmp_path / "m")


def test_a_changed_byte_is_noticed(tmp_path):
    model = everything()
    model.save(tmp_path / "m")
    whole = bytearray((tmp_path / "m").read_bytes())
    start = whole.find(model.get_weights()[0].tobytes())
    whole[start + 5] ^= 1
    (tmp_path / "m").write_bytes(whole)
    with pytest.raises(ValueError, match="a part of it does not read"):
        dl.saving.load_model(tmp_path / "m")


@pytest.mark.parametrize("changed", [lambda v: v.astype("float64"), lambda v: v[:1]], ids=["type", "shape"])
def test_an_optimizer_state_that_does_not_fit_is_refused(changed, tmp_path):
    model = everything()
    model.fit(*data(), verbose=0)
    model.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as archive:
        arrays = dict(archive)
    name = next(name for name in arrays if name.startswith("state/"))
    np.savez(tmp_path / "m.npz", **arrays | {name: changed(arrays[name])})
    with pytest.raises(ValueError, match=f"{name} should have shape"):
        dl.saving.load_model(tmp_path / "m.npz")


def test_foreign_files(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError, match="There is no file"):
        dl.saving.load_model(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(ValueError, match="HDF5"):
        dl.saving.load_model(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
    with pytest.raises(ValueError, match="stored by Keras"):
        dl.saving.load_model(path)
    np.savez(path.with_suffix(".npz"), info=np.frombuffer(b'{"format": "other"}', np.uint8))
    with pytest.raises(ValueError, match="another format"):
        dl.saving.load_model(path.with_suffix(".npz"))


def test_nothing_is_ever_unpickled_or_called(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    path = tmp_path / "bomb.npz"
    np.savez(path, info=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match="damaged"):
        dl.saving.load_model(path)
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="no zip archive"):
        dl.saving.load_model(path)
    # no layers, though some are our classes
    for name in ("Popen", "Optimizer", "SGD", "InputLayer"):
        stored = {"format": saving.FORMAT, "model": {"class_name": name, "config": {}}, "random": []}
        np.savez(path, info=np.frombuffer(json.dumps(stored).encode(), np.uint8))
        with pytest.raises(ValueError, match=f"no Layer of class '{name}'"):
            dl.saving.load_model(path)
    assert not (tmp_path / "exploded").exists()


def test_a_layer_of_ones_own(tmp_path):
    class Scale(layers.Layer):
        def __init__(self, factor, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def forward(self, x, training=False):
            return self.factor * x

    model = dl.Sequential([dl.Input((2,)), Scale(3.0)])
    model.save(tmp_path / "m")
    assert dl.saving.load_model(tmp_path / "m")(np.ones((1, 2))).tolist() == [[3, 3]]
