"""Experiments of chapter 14, recurrent networks."""

import numpy as np

from ... import Input, Sequential, callbacks, config, datasets, initializers, layers, optimizers, utils
from . import experiment


def generate(model, window, steps):
    """Predict one value, append it, drop the oldest, and so on."""
    window, values = window.copy(), []
    for _ in range(steps):
        values.append(float(model.predict(window[None], verbose=0)[0, 0]))
        window = np.vstack([window[1:], [[values[-1]]]])
    return np.array(values)


def period(wave):
    """The mean distance of upward crossings of zero in the last 500 values, as a list; empty if there are fewer than three."""
    wave = wave[-500:]
    k = np.flatnonzero((wave[:-1] < 0) & (wave[1:] >= 0))
    at = k - wave[k] / (wave[k + 1] - wave[k])
    return [float(np.diff(at).mean())] if len(at) > 2 else []


def judged(model, x, seed):
    """What the network generates after the first window, against the wave without noise."""
    clean = datasets.sine(noise=0)[25:]
    wave = generate(model, x[0], 1000)
    off = wave[:176] - clean
    return {"generated, rms error": float(np.sqrt(np.mean(off**2))), "largest": float(np.abs(wave[:176]).max()),
            "off after": [float(f"{abs(off[k - 1]):.4g}") for k in (1, 5, 10, 25, 50, 100, 176)],
            "period": [float(f"{p:.4g}") for p in period(wave)], "wave": [float(f"{v:.4g}") for v in wave[:176]]}


@experiment("S0-5.1.4.2", seeds=40)
def wave(seed, quick):
    """The first source's network and settings, with early stopping and with all epochs; validated on the last windows."""
    floatx = config.floatx()
    config.set_floatx("float64")
    try:
        return both_ways(seed, quick)
    finally:
        config.set_floatx(floatx)


def both_ways(seed, quick):
    x, t = datasets.windows(datasets.sine(seed=seed))
    (x_train, t_train), val = datasets.split(x, t)
    edge, small = np.sqrt(6 / 41), initializers.TruncatedNormal(stddev=0.01)            # Glorot for a matrix of 21 × 20
    found = {}
    for name, patience in {"stopped": 10, "all epochs": 500}.items():
        utils.set_random_seed(seed)
        start = initializers.RandomUniform(-edge, edge)
        model = Sequential([
            Input((25, 1)), layers.SimpleRNN(20, kernel_initializer=start, recurrent_initializer=start),
            layers.Dense(1, kernel_initializer=small)])
        model.compile(optimizers.Adam(0.001), "mean_squared_error")
        curve = model.fit(x_train, t_train, epochs=5 if quick else 500, batch_size=10, validation_data=val, verbose=0,
                          callbacks=[callbacks.EarlyStopping(patience=patience)]).history["val_loss"]
        found |= {f"{name}, {k}": v for k, v in {
            "epochs": float(len(curve)), "first": curve[0], "least": min(curve), "last": curve[-1],
            **judged(model, x, seed)}.items()}
    return found | {"today, error": float(np.mean((val[0][:, -1] - val[1]) ** 2)),
                    "noise": float(np.mean((val[1][:, 0] - datasets.sine(noise=0)[-len(val[1]):]) ** 2))}
