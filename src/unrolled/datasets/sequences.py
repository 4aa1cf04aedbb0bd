"""Sequences that are made: a wave with noise, the adding problem, and questions with answers, written as text."""

import datetime

import numpy as np

from ..batches import number, numbers, whole
from ..utils import random_state, unknown

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


# Numbers

def sine(period=100, noise=0.05, periods=2, seed=0):
    r"""Return a sine wave with noise (chapter 14).

    .. math:: f(t) = \sin(2\pi t / T) + a\,\varepsilon(t), \qquad \varepsilon \sim U(-1, 1), \qquad t = 0, \dots, kT

    Parameters
    ----------
    period : int, default 100
        T.
    noise : float, default 0.05
        a; 0 gives the wave alone.
    periods : int, default 2
        k.
    seed : int, default 0

    Returns
    -------
    f : ndarray of shape (kT + 1,), float64

    Raises
    ------
    ValueError
        If a length is not positive or the noise is negative.
    """
    t = np.arange(whole("period", period) * whole("periods", periods) + 1)
    if not number("noise", noise) >= 0:
        raise ValueError(f"The noise of sine is an amplitude, 0 or more, but is {noise!r}.")
    return np.sin(2 * np.pi * t / period) + noise * random_state(seed).uniform(-1, 1, len(t))


def windows(series, length=25):
    r"""Cut a series into windows, each with the value that follows it, in the order of time.

    .. math:: x_i = (f_i, \dots, f_{i+\tau-1}), \qquad t_i = f_{i+\tau}

    Parameters
    ----------
    series : array_like of shape (n,)
    length : int, default 25
        τ.

    Returns
    -------
    x : ndarray of shape (n - τ, τ, 1)
    t : ndarray of shape (n - τ, 1)

    Raises
    ------
    ValueError
        If the series is too short for one window and the value after it.
    """
    series = numbers("values of the series", () if series is None else series).astype(float)
    if series.ndim != 1 or len(series) <= whole("length", length):
        raise ValueError(f"A window of {length} values and the one after it need a series of at least {length + 1} "
                         f"values, but its shape is {series.shape}.")
    x = np.lib.stride_tricks.sliding_window_view(series[:-1], length)
    return x[..., None].copy(), series[length:, None].copy()


def split(x, t, share=0.1, order="time", seed=0):
    """Part examples into some to train on and some to validate with.

    Windows of one series overlap: drawn at random, those to validate with consist of values that the others
    were trained to predict, and their error can flatter the model. In the order of time they come after all others.

    Parameters
    ----------
    x, t : ndarrays of shapes (N, ...)
    share : float, default 0.1
        Of the examples to validate with, rounded up.
    order : {"time", "random"}
        Whether these are the last ones or drawn at random.
    seed : int, default 0
        Of the random order.

    Returns
    -------
    (x_train, t_train), (x_val, t_val) : tuples of ndarray

    Raises
    ------
    ValueError
        If a part would be empty, or there is no such order.
    """
    try:
        x, t = np.asarray(x), np.asarray(t)
    except ValueError:
        raise ValueError("split parts arrays of examples, but the rows of these differ in length.") from None
    number("share", share)
    if not x.ndim or not t.ndim:
        raise ValueError(f"split parts arrays of examples, but got shapes {x.shape} and {t.shape}.")
    n = len(x) - int(np.ceil(len(x) * np.clip(share, 0, 1)))
    if not 0 < share < 1 or not 0 < n < len(x) or len(x) != len(t):
        raise ValueError(f"A share of {share!r} does not part {len(x)} examples with {len(t)} targets into two.")
    if order not in ("time", "random"):
        raise unknown("order of splitting", order, ("time", "random"))
    index = np.arange(len(x)) if order == "time" else random_state(seed).permutation(len(x))
    return (x[index[:n]], t[index[:n]]), (x[index[n:]], t[index[n:]])


def adding(n=10_000, length=200, seed=0):
    r"""Return the adding problem: the sum of two marked numbers far apart (Hochreiter and Schmidhuber 1997).

    .. math:: x(t) = (s(t), m(t)), \qquad s(t) \sim U(0, 1), \qquad m(t) \in \{0, 1\}, \qquad
              \textstyle\sum_t m(t) = 2, \qquad y = \sum_t s(t)\,m(t)

    All pairs of marks are equally likely. Who always answers 1 has a mean squared error of
    :math:`\mathrm{Var}(s_1 + s_2) = 2 \cdot \frac1{12} = \frac16`.

    Parameters
    ----------
    n : int, default 10 000
        Sequences.
    length : int, default 200
        T, at least 2.
    seed : int, default 0

    Returns
    -------
    x : ndarray of shape (n, T, 2), float64
        The numbers s and the marks m.
    t : ndarray of shape (n, 1), float64

    Raises
    ------
    ValueError
        If there would be no sequence, or no room for two marks.
    """
    rng = random_state(seed)
    x = np.zeros((whole("n", n), whole("length", length, 2), 2))
    x[..., 0] = rng.rand(n, length)
    first, skip = rng.randint(length, size=n), rng.randint(1, length, size=n)
    x[np.arange(n), first, 1] = x[np.arange(n), (first + skip) % length, 1] = 1
    return x, x.prod(axis=-1).sum(axis=-1, keepdims=True)


# Questions and answers as text

def additions(n=20_000, digits=3, reverse=False, seed=0):
    """Return additions as text: ``"12+7   "`` and ``"19  "`` (Zaremba and Sutskever 2014).

    A number has 1 to `digits` digits with equal chance, each from 0 to 9; zeros in front are dropped. No pair of
    numbers comes twice, in either order: otherwise 7+12, in training, would give away 12+7.

    Parameters
    ----------
    n : int, default 20 000
    digits : int, default 3
        At most, of each number.
    reverse : bool, default False
        Whether question and answer are written backwards, ones first: ``"7+21   "`` and ``"91  "``.
    seed : int, default 0

    Returns
    -------
    questions : ndarray of str, shape (n,)
        All of 2 ``digits`` + 1 characters, blanks at their ends. The 12 characters are ``"0123456789+ "``.
    answers : ndarray of str, shape (n,)
        All of ``digits`` + 1 characters.

    Raises
    ------
    ValueError
        If there are not so many pairs, or half of them would be needed (drawing the rare ones takes too long).
    """
    most = 10 ** min(whole("digits", digits), 18)
    if whole("n", n) > most * (most + 1) // 4:
        raise ValueError(f"There are {most * (most + 1) // 2} pairs of numbers of up to {digits} digits, and at most half of "
                         f"them are drawn, but n is {n}.")
    rng = random_state(seed)

    def draw(size):
        lengths = rng.randint(1, digits + 1, size=(size, 2))
        numbers = (rng.rand(size, 2) * 10 ** lengths).astype(int)
        return zip(numbers.tolist(), map(tuple, np.sort(numbers).tolist()), strict=True)

    pairs = _distinct(draw, n)
    questions, answers = [f"{a}+{b}" for a, b in pairs], [str(a + b) for a, b in pairs]
    return _padded(questions, 2 * digits + 1, reverse), _padded(answers, digits + 1, reverse)


def dates(n=10_000, seed=0):
    """Return dates as people write them, and in the form of ISO 8601: ``"5 march 2024"`` and ``"2024-03-05"``.

    They lie from 1900 to 2099, each in one of six forms; no question comes twice.

    Parameters
    ----------
    n : int, default 10 000
        At most 100 000.
    seed : int, default 0

    Returns
    -------
    questions : ndarray of str, shape (n,)
        All of 28 characters, blanks at their ends.
    answers : ndarray of str, shape (n,)
        All of 10 characters.

    Raises
    ------
    ValueError
        If n is out of range.
    """
    if whole("n", n) > 100_000:
        raise ValueError(f"dates makes at most 100 000 questions, but n is {n}.")
    rng = random_state(seed)
    first, last = datetime.date(1900, 1, 1).toordinal(), datetime.date(2099, 12, 31).toordinal()

    def draw(size):
        for day, form in zip(rng.randint(first, last + 1, size), rng.randint(6, size=size), strict=True):
            date = datetime.date.fromordinal(int(day))
            month, weekday = MONTHS[date.month - 1], DAYS[date.weekday()]
            d, m, y = date.day, date.month, date.year
            question = (f"{d} {month} {y}", f"{month} {d}, {y}", f"{weekday}, {d} {month} {y}", f"{d} {month[:3]} {y}",
                        f"{d}.{m}.{y}", f"{weekday[:3]} {m}/{d}/{y}")[form]
            yield (question, date.isoformat()), question

    questions, answers = zip(*_distinct(draw, n), strict=True)
    return _padded(questions, 28), np.array(answers)


def reversals(n=10_000, length=10, symbols="abcdefgh", seed=0):
    """Return random words and the same backwards: ``"bcad"`` and ``"dacb"``.

    Parameters
    ----------
    n : int, default 10 000
    length : int, default 10
        Of the longest words; all lengths from 1 are equally likely, as long as there are new words of them.
    symbols : str, default "abcdefgh"
        The characters that words are made of.
    seed : int, default 0

    Returns
    -------
    questions, answers : ndarrays of str, shape (n,)
        All of `length` characters, blanks at their ends; no question comes twice.

    Raises
    ------
    ValueError
        If there are not so many words, or half of them would be needed.
    """
    if not isinstance(symbols, str):
        raise ValueError(f"symbols must be a text, but {symbols!r} was given.")
    k = len(set(symbols) - {" "})
    if k < len(symbols) or k < 2:
        raise ValueError(f"reversals needs at least two different characters other than the blank, but got {symbols!r}.")
    if 2 * whole("n", n) > k ** min(whole("length", length), 100):
        raise ValueError(f"There are {k ** length} words of {length} of these characters, and at most half as many are "
                         f"drawn, but n is {n}.")
    rng, characters = random_state(seed), np.array(list(symbols))

    def draw(size):
        for m, row in zip(rng.randint(1, length + 1, size), characters[rng.randint(k, size=(size, length))], strict=True):
            word = "".join(row[:m])
            yield word, word

    found = _distinct(draw, n)
    return _padded(found, length), _padded([word[::-1] for word in found], length)


def _distinct(draw, n):
    """Return n things of those that `draw(size)` yields with a key, the first of each key."""
    found = {}
    while len(found) < n:
        for thing, key in draw(n):
            if len(found) < n:
                found.setdefault(key, thing)
    return list(found.values())


def _padded(texts, length, reverse=False):
    return np.array([text[::-1 if reverse else 1].ljust(length) for text in texts])
