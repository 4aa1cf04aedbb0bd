"""Experiments of chapter 9, regularisation."""

import numpy as np

from ... import Input, Sequential, datasets, layers, optimizers, utils
from . import experiment


@experiment("SYS-21", seeds=3, data=datasets.mnist_file)
def mnist_dropout(seed, quick):
    (x_train, y_train), (x_test, y_test) = datasets.digits(source="mnist")
    n = 500 if quick else 10_000
    x_train, x_test = x_train[:n].reshape(n, -1), x_test.reshape(len(x_test), -1)
    found = {}
    for activation, rate in (("relu", 0.0), ("relu", 0.5), ("tanh", 0.0), ("tanh", 0.5)):
        utils.set_random_seed(seed)
        hidden = [layer for _ in range(3) for layer in (layers.Dense(200, activation=activation), layers.Dropout(rate))]
        model = Sequential([Input((784,)), *hidden, layers.Dense(10, activation="softmax")])
        model.compile(optimizer=optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(x_train, y_train[:n], epochs=50, batch_size=100, verbose=1)
        name = f"{activation}, {'dropout' if rate else 'plain'}"
        found[f"{name}, training"] = model.evaluate(x_train, y_train[:n], verbose=0)[1]
        found[f"{name}, test"] = model.evaluate(x_test, y_test, verbose=0)[1]
    return found


def bike_inputs(hours):
    """What the bike predictor is told about each hour: one-hot columns, flags, and three measurements, shape (N, 53)."""
    kinds = {"hour": range(24), "weekday": range(7), "month": range(1, 13), "weather": range(1, 5)}
    one_hot = [hours[name][:, None] == np.array(values) for name, values in kinds.items()]
    rest = [hours[name][:, None] for name in ("year", "holiday", "workingday", "temperature", "humidity", "windspeed")]
    return np.hstack(one_hot + rest).astype(float)


def bike_days(hours):
    """The number of the day of each hour, from 0; an hour of the real data may be missing, a day is not."""
    return np.cumsum(np.diff(hours["weekday"], prepend=hours["weekday"][0]) != 0)


def bike_predictor(hours, seed, epochs, only_time=False):
    """Train on all days but the last 21; return the answers in bikes, what is the test, the weights, and the inputs."""
    x, count, day = bike_inputs(hours), hours["count"].astype(float), bike_days(hours)
    n, test = len(count), day > day[-1] - 21
    learn = ~test
    x[:, -3:] = (x[:, -3:] - x[learn, -3:].mean(axis=0)) / x[learn, -3:].std(axis=0)
    if only_time:
        x = (np.arange(n)[:, None] - n / 2) / n * 10
    mean, spread = count[learn].mean(), count[learn].std()
    t = (count[:, None] - mean) / spread
    utils.set_random_seed(seed)
    model = Sequential([Input((x.shape[1],)), layers.Dense(10, activation="sigmoid"), layers.Dense(1)])
    model.compile(optimizer=optimizers.SGD(0.3), loss="mse")
    model.fit(x[learn], t[learn], epochs=epochs, batch_size=128, verbose=1)
    return mean + spread * model.predict(x, verbose=0)[:, 0], test, model.get_weights(), x


def rms(a, b):
    return float(np.sqrt(np.nanmean((a - b) ** 2)))


def bike_file():
    return datasets.files.given("bike-sharing/hour.csv")


@experiment("S1-8.3", seeds=3, data=bike_file)
def bikes_in_washington(seed, quick):
    hours = datasets.bikes(source="uci")
    count, day = hours["count"].astype(float), bike_days(hours)
    epochs = 2 if quick else 50
    said, test, *_ = bike_predictor(hours, seed, epochs)
    by_time = bike_predictor(hours, seed, epochs, only_time=True)[0]
    calendar = np.full((day[-1] + 1, 24), np.nan)
    calendar[day, hours["hour"]] = count
    week_before = calendar[day[test] - 7, hours["hour"][test]]
    by_day = [rms(said[day == d], count[day == d]) for d in np.unique(day[test])]
    return {"1.0": rms(by_time[test], count[test]), "mean": rms(count[~test].mean(), count[test]),
            "week before": rms(week_before, count[test]), "2.0": rms(said[test], count[test]),
            "2.0, training": rms(said[~test], count[~test]), "2.0, by day": by_day}


@experiment("S1-8.4", seeds=3, data=bike_file)
def bikes_at_christmas(seed, quick):
    hours = datasets.bikes(source="uci")
    said, test, (W, b, V, c), x = bike_predictor(hours, seed, 2 if quick else 50)
    h, count, day = 1 / (1 + np.exp(-(x @ W + b))), hours["count"], bike_days(hours)
    works, eight = hours["workingday"] == 1, hours["hour"] == 8
    commuter = int(np.argmax(V[:, 0] * (h[works & eight].mean(axis=0) - h[~works & eight].mean(axis=0))))
    silent = h.copy()
    silent[:, commuter] = h[~test, commuter].mean()
    without = count[~test].mean() + count[~test].std() * (silent @ V + c)[:, 0]
    found = {"working day, 8 h": float(h[works & eight, commuter].mean()),
             "free day, 8 h": float(h[~works & eight, commuter].mean()), "error": rms(said[test], count[test]),
             "error, unit silenced": rms(without[test], count[test])}
    for date, back in (("17 December", 14), ("24 December", 7)):                       # Mondays, as the last day is
        rows = day == day[-1] - back
        flags = [int(hours[k][rows][0]) for k in ("weekday", "holiday", "workingday")]
        found |= {f"{date}, weekday, holiday, workingday": flags,
                  f"{date}, said": float(said[rows].sum()), f"{date}, hired": int(count[rows].sum()),
                  f"{date}, unit at 8 h": float(h[rows & eight, commuter][0])}
    return found
