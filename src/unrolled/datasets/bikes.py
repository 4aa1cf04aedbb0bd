"""Hours of a bike-sharing scheme: how many bikes were hired, and what the hour was like."""

import csv

import numpy as np

from ..batches import whole
from ..utils import random_state, unknown
from .files import given

# our name: the column of the UCI file, its type, and its range there
COLUMNS = {"year": ("yr", int, 0, 1), "month": ("mnth", int, 1, 12), "hour": ("hr", int, 0, 23),
           "weekday": ("weekday", int, 0, 6), "holiday": ("holiday", int, 0, 1), "workingday": ("workingday", int, 0, 1),
           "weather": ("weathersit", int, 1, 4), "temperature": ("temp", float, 0, 1), "humidity": ("hum", float, 0, 1),
           "windspeed": ("windspeed", float, 0, 1), "count": ("cnt", int, 0, 10_000)}
ROWS = 17379


def bikes(source="synthetic", days=730, seed=0):
    """Return the hours of a bike-sharing scheme, one array per column.

    Parameters
    ----------
    source : {"synthetic", "uci"}, default "synthetic"
        ``"synthetic"``: made here, with two rush hours on working days, one broad hump on others, seasons, growth,
        weather and noise. ``"uci"``: the 17379 hours of Washington's scheme in 2011 and 2012 (Fanaee-T and Gama 2013, CC BY
        4.0), from ``$UNROLLED_DATA/bike-sharing/hour.csv``.
    days : int, default 730
        Of the synthetic series.
    seed : int, default 0
        Of the synthetic series.

    Returns
    -------
    dict of ndarrays of shape (N,), in the order of time
        Whole numbers: year (0, 1), month (1-12), hour (0-23), weekday (0-6, Sunday first), holiday (0, 1), workingday (0, 1),
        weather (1 clear to 4 storm), count (bikes hired in the hour). Fractions of their largest value: temperature,
        humidity, windspeed.

    Raises
    ------
    ValueError
        If there is no such source, no day, or the file does not hold what it should.
    FileNotFoundError
        If ``"uci"`` is asked for and there is no file.
    """
    if source == "synthetic":
        return _synthetic(days, seed)
    if source == "uci":
        return _uci()
    raise unknown("source of bikes", source, ("synthetic", "uci"))


def _synthetic(days, seed):
    days = whole("days", days)
    rng = random_state(seed)
    day, hour = np.divmod(np.arange(24 * days), 24)
    of_year = day % 365
    month = np.minimum(of_year // 30.42, 11).astype(int) + 1
    weekday = (day + 6) % 7                                          # the first day is a Saturday, as 1 January 2011 was
    holiday = np.repeat(rng.rand(days) < 0.03, 24) & ~np.isin(weekday, (0, 6))
    workingday = ~np.isin(weekday, (0, 6)) & ~holiday
    weather = np.repeat(rng.choice([1, 2, 3, 4], days, p=[0.64, 0.27, 0.08, 0.01]), 24)
    season = np.cos(2 * np.pi * (of_year - 200) / 365)               # 1 in July, -1 in January
    warmth = np.repeat(rng.randn(days), 24)
    daily = np.cos(2 * np.pi * (hour - 15) / 24)                     # 1 in the afternoon
    temperature = np.clip(0.5 + 0.27 * season + 0.06 * daily + 0.06 * warmth, 0.02, 1)
    humidity = np.clip(0.52 + 0.1 * (weather - 1) - 0.12 * daily + 0.1 * rng.randn(len(hour)), 0, 1)
    windspeed = np.clip(0.19 + 0.12 * rng.randn(len(hour)), 0, 1)
    rush = 330 * _hump(hour, 8, 1.1) + 400 * _hump(hour, 17.5, 1.6) + 130 * _hump(hour, 13, 3)
    stroll = 320 * _hump(hour, 14, 3.6)
    expected = (12 + np.where(workingday, rush, stroll)) * (0.55 + 0.45 * day / 365 / 2) * (0.25 + 1.25 * temperature) \
        * np.array([0, 1, 0.85, 0.5, 0.25])[weather]
    count = rng.poisson(expected * rng.gamma(12, 1 / 12, len(hour)))
    return {"year": day // 365 % 2, "month": month, "hour": hour, "weekday": weekday, "holiday": holiday.astype(int),
            "workingday": workingday.astype(int), "weather": weather, "temperature": temperature, "humidity": humidity,
            "windspeed": windspeed, "count": count}


def _hump(hour, at, width):
    return np.exp(-0.5 * ((hour - at) / width) ** 2)


def _uci():
    path = given("bike-sharing/hour.csv")
    if path is None:
        raise FileNotFoundError("The real bike data are not downloaded by themselves. Put hour.csv of the UCI data set Bike "
                                "Sharing into a folder, as bike-sharing/hour.csv, and set UNROLLED_DATA to that folder.")
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise FileNotFoundError(f"UNROLLED_DATA is set, but there is no file {path}.") from None
    except OSError as e:
        raise type(e)(f"{path} cannot be read: {e.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as e:
        raise ValueError(f"{path} is not the hour.csv that was expected: {e}") from None
    if len(rows) != ROWS:
        raise ValueError(f"{path} should hold {ROWS} hours, but holds {len(rows)}: it was cut short, or is another file.")
    return {name: _column(path, rows, *column) for name, column in COLUMNS.items()}


def _column(path, rows, name, kind, low, high):
    """Return one column as numbers within their range."""
    try:
        values = np.array([kind(row[name]) for row in rows])
    except KeyError:
        raise ValueError(f"{path} is not the hour.csv that was expected: it has no column {name!r}.") from None
    except (TypeError, ValueError):
        raise ValueError(f"{path} was cut short or changed: column {name!r} holds something that is not a number.") from None
    if not ((values >= low) & (values <= high)).all():
        raise ValueError(f"{path} is not the hour.csv that was expected: {name!r} should lie between {low} and {high}.")
    return values
