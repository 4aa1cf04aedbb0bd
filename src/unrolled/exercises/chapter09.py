"""Judges of the exercises of chapter 9, regularisation."""

import numpy as np

from .. import datasets
from . import exercise, expect
from .chapter02 import three as numbers


@exercise("09.1")
def two_prices(answer):
    def hint(a):
        if np.allclose(a, (1, 2)):
            return "Exchanged: the first is asked for L1."
        if np.isclose(a[1], 1.5):
            return "The derivative of λw² is 2λw, so L2 divides by 1 + 2λ."
        if np.isclose(a[0], 1.5) or np.isclose(a[0], 3):
            return "L1 takes the same amount λ from every weight, as long as it is there to be taken."
        return "Use (9.6) and (9.7) with a = 3 and λ = 1."

    return numbers(answer, (2, 1), hint)


@exercise("09.2")
def noise_price(answer):
    if np.isclose(answer, 13 / 3):
        return "That is p/(1 − p) with p the share that is kept; here p is the share that is dropped."
    if np.isclose(answer, 13):
        return "That is Σh²v². The factor p/(1 − p) is missing."
    if np.isclose(answer, 3 * 13 / 16):
        return "p(1 − p) is the variance of ones and zeros; the ones are enlarged to 1/(1 − p)."
    if np.isclose(answer, 3):
        return "Variances add, so square each hv before adding: the sum of hv alone is 1."
    return expect(np.isclose(answer, 39), "(9.14): p/(1 − p) times the sum of h²v².")


@exercise("09.3")
def folds(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    for n, k in ((30, 5), (10, 3), (7, 7), (11, 4)):
        parts = [np.asarray(part) for part in answer(n, k)]
        if len(parts) != k:
            return f"folds({n}, {k}) should return {k} parts; it returned {len(parts)}."
        if not all(part.ndim == 1 for part in parts):
            return "Each part should be a row of numbers."
        every = np.concatenate(parts)
        if len(every) != n and len(np.unique(every)) < n:
            return f"folds({n}, {k}): the parts hold {len(np.unique(every))} of the {n} numbers. Nobody may be left out."
        if not np.array_equal(np.sort(every), np.arange(n)):
            return f"folds({n}, {k}): each number from 0 to {n - 1} should occur in exactly one part."
        sizes = [len(part) for part in parts]
        if max(sizes) - min(sizes) > 1:
            return f"folds({n}, {k}): the parts have the sizes {sizes}; they should differ by at most 1."
    return None


@exercise("09.4")
def dropout_layer(answer):
    if not isinstance(answer, type):
        return "Give the class itself, without calling it."
    h, dy = np.full((200, 50), 2.0), np.full((200, 50), 3.0)
    layer = answer(0.2)
    used = np.asarray(layer.forward(h.copy(), training=False))
    if not np.array_equal(used, h):
        return "Outside training, forward should return its input unchanged."
    if not np.array_equal(np.asarray(layer.backward(dy.copy())), dy):
        return "After a forward pass outside training, backward should return dy unchanged: there was no mask."
    d = np.asarray(layer.forward(h.copy(), training=True))
    if d.shape != h.shape:
        return f"forward should keep the shape (200, 50); it returned {d.shape}."
    share = np.mean(d == 0)
    if abs(share - 0.8) < 0.05:
        return "It drops four of five: the rate is the share that is dropped, not kept."
    if abs(share - 0.2) > 0.05:
        return f"About a fifth should be zero; it is {share:.2f}."
    if np.allclose(d[d != 0], 2):
        return "What is left should be enlarged by 1/(1 − p), so that the mean stays."
    if not np.allclose(d[d != 0], 2.5):
        return f"What is left of 2 should become 2/(1 − 0.2) = 2.5; it is {d[d != 0][0]:g}."
    if np.all((d == 0) == (d == 0)[0]) or np.all((d == 0) == (d == 0)[:, :1]):
        return "The mask should be drawn anew for each unit and each sample."
    back = np.asarray(layer.backward(dy.copy()))
    if not np.array_equal(back == 0, d == 0):
        return "The way back should use the same mask as the way there."
    if not np.allclose(back[back != 0], 3 / 0.8):
        return "On the way back the mask has its factor 1/(1 − p), too."
    again = np.asarray(layer.forward(h.copy(), training=True))
    return expect(not np.array_equal(again, d), "The second forward pass used the same mask; it should be a new one.")


def keras_stops(losses, patience):
    best, wait = np.inf, 0
    for epoch, loss in enumerate(losses):
        if loss < best:
            best, wait = loss, 0
        else:
            wait += 1
            if wait >= max(patience, 1):
                return epoch
    return None


@exercise("09.5")
def stopping(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    cases = [([5, 4, 3, 3.5, 3.5, 3.5, 3.5], 2), ([3, 3.5, 3, 3.5, 3.5, 3.5], 2), ([5, 4, 4.5, 4.2, 4.1, 3.0, 3.5], 3),
             ([3, 2, 1], 1), ([1, 2, 3], 1), ([4, 5, 3, 5, 2, 5, 5, 5, 1], 3)]
    hints = ["With a patience of 2, Keras stops at the second epoch without an improvement, and the first epoch is 0.",
             "An epoch that only equals the best is no improvement.",
             "Compare with the best so far, not with the epoch before.",
             "Losses that improve to the end should give None."]
    for k, (losses, patience) in enumerate(cases):
        found, right = answer(list(losses), patience), keras_stops(losses, patience)
        if found != right:
            return (hints[k] if k < len(hints) else "") + f" For {losses} and {patience} it gives {found} instead of {right}."
    return None


@exercise("09.6")
def projection(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    W = np.array([[3.0, 0.1, 0], [4, 0.2, 0]])
    given = W.copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.asarray(answer(given, 2.0), dtype=float)
        rows = W * np.minimum(1, 2 / np.linalg.norm(W, axis=1, keepdims=True))
    if not np.array_equal(given, W):
        return "It changes the weights that it is given. Return a new array."
    if found.shape != W.shape:
        return f"It should return an array of shape {W.shape}, not {found.shape}."
    if np.isnan(found).any():
        return "Where all the weights into a unit are 0, it divides by 0."
    if np.allclose(found, rows, atol=1e-6):
        return "You limit the rows. The weights into a unit are a column."
    if np.allclose(found, W * 2 / np.linalg.norm(W)):
        return "You limit the whole matrix. Each unit has its own limit."
    if np.allclose(np.linalg.norm(found[:, :2], axis=0), 2, atol=1e-6):
        return "Short vectors should stay as they are; you lengthen them."
    if np.allclose(found, np.clip(W, -2, 2)):
        return "You cut each weight by itself. That changes the direction, and another point of the ball is nearer."
    return expect(np.allclose(found, [[1.2, 0.1, 0], [1.6, 0.2, 0]], atol=1e-6),
                  "The column (3, 4) should become (1.2, 1.6), and the others stay.")


@exercise("09.7")
def three_weeks(answer):
    said = np.asarray(answer, dtype=float)
    if said.size != 504:
        return f"504 numbers are asked for, one for each hour of the last three weeks; you gave {said.size}."
    hours = datasets.bikes()
    count = hours["count"].astype(float)
    error = np.sqrt(np.mean((said.ravel() - count[-504:]) ** 2))
    if not np.isfinite(error):
        return "Some of the numbers are not finite."
    if error < 10:
        return f"An error of {error:.1f} bikes is below the chance in the data: are these the answers themselves?"
    scale = count[-1008:-504].std()
    if np.abs(said).max() < 8:
        return "These look like standardised numbers. Turn them back into bikes."
    return expect(error < 43, f"The error is {error:.1f} bikes an hour, and 43 is the mark. Saying the same as a week before "
                              f"has about 60; the counts of the weeks that you have deviate by {scale:.0f} from their mean.")
