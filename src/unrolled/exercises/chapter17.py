"""Judges of the exercises of chapter 17, bidirectional networks."""

import math

import numpy as np

from . import exercise, expect


def readers(x, W, U, b):
    """The states of a reader with tanh after every step, (N, T, H)."""
    h = [np.zeros((len(x), len(U)))]
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ W + h[-1] @ U + b))
    return np.stack(h[1:], axis=1)


@exercise("17.1")
def parameters(answer):
    a = tuple(np.asarray(answer).ravel().tolist())
    if len(a) != 2:
        return f"Two numbers are asked for, for concat and for sum; you gave {len(a)}."
    if a == (162058, 163338):
        return "The one for concat comes first."
    if a[0] == 160768:
        return "That is the layer alone. The last one has parameters, too."
    if a[0] in (82954, 81674):
        return "There are two readers, with weights of their own, and the last layer hears both."
    if a[0] == 42762:
        return "An LSTM has four blocks: three gates and the candidate."
    if a[0] in (162314, 159744 + 2560):
        return "Each reader has four blocks, with 128 biases each."
    if a == (163338, 163338):
        return "After adding, the last layer gets 128 numbers, not 256."
    return expect(a == (163338, 162058), "Each reader: four blocks of 128 units, each unit with 28 + 128 weights and a bias. "
                                         "Then the last layer.")


@exercise("17.2")
def by_pencil(answer):
    a = np.asarray(answer, dtype=float)
    if a.shape == (2, 3):
        a = a.T
    if a.shape != (3, 2):
        return f"Three pairs are asked for, one for each step; yours has the shape {a.shape}."
    if np.allclose(a, [(2, 3), (1, 2), (4.5, 4)]):
        return None
    if np.allclose(a, [(2, 4), (1, 2), (4.5, 3)]):
        return "The backward states stand in the order in which they were computed: the first of them belongs to step 3."
    if np.allclose(a[:, ::-1], [(2, 3), (1, 2), (4.5, 4)]):
        return "The forward state comes first in each pair."
    if np.allclose(a[:, 0], (2, 1, 4.5)):
        return "Forward is right. The backward reader begins with the 4, at step 3."
    return "A state is its input plus half of the state before it, or, backward, after it."


@exercise("17.3")
def fair(answer):
    given = set("".join(answer).lower()) - set(" ,()")
    if unknown := given - set("abcdef"):
        return f"The letters go from a to f; {min(unknown)!r} is none of them."
    wrong = {"b": "(b): what comes after the next word has not been typed yet.",
             "c": "(c): the sales of the day after it stand among the thirty, for all days but the last.",
             "f": "(f): an alarm in the middle of the night cannot wait for the morning."}
    for letter in sorted(given & wrong.keys()):
        return wrong[letter]
    missing = {"a": "(a): a printed page is there from its first word to its last.",
               "d": "(d): yesterday is over; what came after the gap is known.",
               "e": "(e): all thirty days are there when the one number is needed, and it is not among them."}
    for letter in sorted(missing.keys() - given):
        return missing[letter]
    return None


@exercise("17.4")
def merging(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    a, b, wide = rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 3, 8))
    dh = wide[..., :4]
    cases = {"concat": (wide, (wide[..., :4], wide[..., 4:])), "sum": (dh, (dh, dh)), "ave": (dh, (dh / 2, dh / 2)),
             "mul": (dh, (dh * b, dh * a))}
    for mode, (given, right) in cases.items():
        found = answer(given.copy(), a.copy(), b.copy(), mode)
        if found is None or len(found) != 2:
            return f"For {mode!r} it should return two arrays, the derivatives by a and by b."
        found = [np.asarray(d) for d in found]
        if [d.shape for d in found] != [a.shape, b.shape]:
            return f"For {mode!r} the two should have the shape {a.shape}; they have {[d.shape for d in found]}."
        if all(np.allclose(d, r) for d, r in zip(found, right, strict=True)):
            continue
        if all(np.allclose(d, r) for d, r in zip(found, right[::-1], strict=True)):
            more = " The derivative by one factor is the other." if mode == "mul" else ""
            return f"For {mode!r} the two are exchanged.{more}"
        if mode == "ave" and np.allclose(found[0], dh):
            return "In an average each has a share of one half."
        return f"For {mode!r} the derivatives are not yet right."
    return None


@exercise("17.5")
def way_back(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    H, x, dh = 3, rng.standard_normal((2, 4, 2)), rng.standard_normal((2, 4, 6))
    ahead, back = [[rng.standard_normal(s) / 2 for s in ((2, H), (H, H), (H,))] for _ in range(2)]

    def run(dh, x, W, U, b):
        h, dx, later = readers(x, W, U, b), np.zeros_like(x), 0
        for t in reversed(range(x.shape[1])):
            delta = (1 - h[:, t] ** 2) * (dh[:, t] + later)
            dx[:, t], later = delta @ W.T, delta @ U.T
        return dx

    one = run(dh[..., :H], x, *ahead)
    dx = answer(dh.copy(), x.copy(), ahead, back)
    dx = np.asarray(dx[0] if isinstance(dx, tuple) else dx)
    if dx.shape != x.shape:
        return f"dx has the shape of x, {x.shape}; yours has {dx.shape}."
    as_given, turned = run(dh[..., H:], x[:, ::-1], *back), run(dh[:, ::-1, H:], x[:, ::-1], *back)
    hints = [(one + as_given, "The backward reader works on a turned sequence: turn what you hand it, and what it returns."),
             (one + turned, "What comes out of the backward reader is in its own order. Turn it before adding."),
             (one + as_given[:, ::-1], "dh is in the order of the sequence. Turn it before the backward reader gets it."),
             (one, "The backward reader's share is missing.")]
    for wrong, hint in hints:
        if np.allclose(dx, wrong):
            return hint
    return expect(np.allclose(dx, one + turned[:, ::-1]), "Compare with finite differences, first with dh = 0 in the backward "
                                                          "half, then in the forward half.")


@exercise("17.6")
def turning(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    x, lengths = rng.standard_normal((4, 5, 2)), np.array([5, 3, 1, 4])
    x *= (np.arange(5) < lengths[:, None])[..., None]
    kept, right = x.copy(), np.zeros_like(x)
    for k, n in enumerate(lengths):
        right[k, :n] = x[k, :n][::-1]
    found = answer(x, lengths)
    if not np.array_equal(x, kept):
        return "Your function changes the batch that it is given. Work on a copy."
    found = np.asarray(found)
    if found.shape != x.shape:
        return f"The result should have the batch's shape, {x.shape}; it has {found.shape}."
    if np.array_equal(found, x[:, ::-1]):
        return "That turns the blanks to the front. Turn each sequence within its own length."
    if np.array_equal(found, x):
        return "Nothing was turned."
    if np.array_equal(found, x[..., ::-1]):
        return "You turned the features; the steps are the second axis."
    if np.array_equal(found[0], right[0]) and not np.array_equal(found[1], right[1]):
        return f"A sequence of {lengths[1]} real steps in {x.shape[1]} is wrong: its step {lengths[1]} should come first."
    return expect(np.array_equal(found, right), "For a sequence of n real steps, step k should hold step n + 1 - k, and the "
                                                "blanks stay.")


@exercise("17.7")
def most(answer):
    if not callable(answer):
        return "Give the function itself, which takes T."

    def opening(T, last=1.0):
        return [last] + [1 - math.comb(n, n // 2) / 2**n for n in range(1, T)]

    for T in (10, 1, 2, 5, 60):
        found, right = float(answer(T)), (1 + np.mean(opening(T))) / 2
        if np.isclose(found, right, rtol=1e-9):
            continue
        if np.isclose(found, np.mean(opening(T))):
            return "That is the limit for opening brackets. Half of all brackets are closing ones, and those are certain."
        if np.isclose(found, (1 + np.mean(opening(T, 0.0))) / 2):
            return "The last bracket of a row: what does the best bet say if it is an opening one?"
        if np.isclose(found, (1 + 1 - math.comb(T - 1, (T - 1) // 2) / 2 ** (T - 1)) / 2):
            return "That is right about the first place only. Each place has another number of brackets to its right: a mean."
        return f"For T = {T} the limit is {right:.4f}; yours gives {found:.4f}."
    return None


@exercise("17.8")
def twenty(answer):
    if not hasattr(answer, "predict"):
        return "Hand in the trained model itself."
    rows = np.random.default_rng(17).integers(2, size=(1000, 20))
    has = np.zeros(rows.shape, bool)
    for row, found in zip(rows, has, strict=True):
        waiting = []
        for t, closing in enumerate(row):
            if not closing:
                waiting.append(t)
            elif waiting:
                found[[waiting.pop(), t]] = True
    says = np.asarray(answer.predict(np.eye(2)[rows], verbose=0))
    if says.shape != (1000, 20, 1):
        return f"For 1000 rows it should give an array of shape (1000, 20, 1); yours has the shape {says.shape}."
    right = (says[..., 0] > 0.5) == has
    closing, opening = right[rows == 1].mean(), right[rows == 0].mean()
    if closing > 0.97 and opening < 0.85:
        return f"It is right about {closing:.0%} of the closing and {opening:.0%} of the opening ones. Who reads from the end?"
    return expect(right.mean() >= 0.99, f"It is right about {right.mean():.1%} of the brackets of other rows. Longer training, "
                                        "more rows, or more units?")
