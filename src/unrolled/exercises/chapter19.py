"""Judges of the exercises of chapter 19, attention."""

import numpy as np

from ..text import Vocabulary
from . import exercise, expect
from .chapter02 import three


@exercise("19.1")
def context(answer):
    a = np.asarray(answer, dtype=float)
    if a.shape != (2,):
        return f"c is a mean of pairs, so it is a pair; yours has shape {a.shape}."
    if np.allclose(a, (4, 12)):
        return "The weights have to sum to 1: divide by the sum of the exponentials."
    if np.allclose(a, (4 / 3, 8 / 3)):
        return "That is the mean with equal weights. The second place has a larger score."
    if np.allclose(a, (0, 4 * np.log(2))):
        return "Those are the scores as weights. A softmax comes between."
    return expect(np.allclose(a, (1, 3)), "Take e to the power of each score, divide by the sum of the three, and average.")


@exercise("19.2")
def parameters(answer):
    answer = np.asarray(answer).item()
    hints = {9050: "Joined end to end, the two directions give 160 numbers.",
             13000: "v_a is missing: it turns A numbers into one.",
             13100: "Two of the three have no bias, and neither has the third: (19.5) adds nothing but the two products.",
             13150: "There are no biases in (19.5).", 13051: "v_a has no bias in (19.5).",
             9000: "Joined end to end, the two directions give 160 numbers; and v_a is missing."}
    return expect(answer == 13050, hints.get(answer, "Count W_a, which multiplies the query, U_a, which multiplies a state, "
                                             "and v_a."))


@exercise("19.3")
def blame(answer):
    def hint(a):
        if np.allclose(a, (-0.5, 0.5, 0)):
            return "The signs are turned round: dc is −1."
        if np.allclose(a, (0, -1, 0)):
            return "That is α times dα. The mean of the dα is still to be subtracted."
        if np.allclose(a, (0, -2, -10)):
            return "Those are the dα of (19.6). The way through the softmax is missing."
        if np.allclose(a, (1, -1, -9)):
            return "α is missing in front: the third place has no weight."
        if np.allclose(a, (1, -1, 0)):
            return "α is missing in front of the first two."
        return "c is 1. What are s − c, times dc, times α?"

    return three(answer, (0.5, -0.5, 0), hint)


@exercise("19.4")
def masked(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    w, seen = rng.normal(size=(4, 5)), rng.random((4, 5)) < 0.6
    seen[0], seen[1:, 0] = True, True

    def given(w, seen):
        with np.errstate(all="ignore"):
            return np.asarray(answer(w.copy(), seen.copy()), dtype=float)

    a = given(w, seen)
    e = np.exp(w) * seen
    if a.shape != w.shape:
        return f"For scores of shape {w.shape} it should give as many weights; it gives an array of shape {a.shape}."
    if np.allclose(a, np.exp(w) / np.exp(w).sum(1, keepdims=True) * seen) and not np.allclose(a, e / e.sum(1, keepdims=True)):
        return "The weights of what is seen have to sum to 1: leave the others out before the sum is taken."
    if np.allclose(a, e / e.sum(0)):
        return "The sum goes over the places: along a row."
    if not np.allclose(a, e / e.sum(1, keepdims=True)):
        return "Something is wrong with ordinary scores: e to the score where it is seen, over the sum of these along the row."
    if np.any(a[~seen] != 0):
        return "What is not seen has a small weight left. It should be exactly 0."
    a = given(np.array([[1000.0, 999.0, 5.0], [-1000.0, -1001.0, 0.0]]), np.array([[True, True, True], [True, True, False]]))
    p = 1 / (1 + np.exp(-1))
    if not np.allclose(a, [[p, 1 - p, 0], [p, 1 - p, 0]]):
        return "With scores of 1000 or −1000 it goes wrong. Subtract the largest score that is seen first."
    a = given(w, np.zeros_like(seen))
    return expect(np.all(a == 0), "Where nothing is seen, all weights should be 0.")


@exercise("19.5")
def length(answer):
    answer = np.asarray(answer, dtype=float).item()
    hints = {280: "There are two LSTMs.", 512: "The input counts, too: D + H.",
             256: "There are two LSTMs, and the input counts, too.", 71680: "H stands on both sides and cancels.",
             1120: "A pair costs 2H: H for the score and H for the mean."}
    return expect(np.isclose(answer, 560), hints.get(round(answer), "Set T² · 2H equal to 2T · 4H(D + H) and divide by 2HT."))


@exercise("19.6")
def places(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        return "Give two arrays, (Q, K)."
    Q, K = (np.asarray(a, dtype=float) for a in answer)
    if Q.ndim != 2 or Q.shape != K.shape or len(Q) != 8:
        return f"Q and K should both have 8 rows and the same columns; their shapes are {Q.shape} and {K.shape}."
    if Q.shape[1] > 4:
        return f"At most four columns are allowed; yours have {Q.shape[1]}."
    w = Q @ K.T
    alpha = np.exp(w - w.max(axis=1, keepdims=True))
    alpha /= alpha.sum(axis=1, keepdims=True)
    most = alpha.argmax(axis=1)
    if np.array_equal(most, np.arange(8)):
        return "It reads forwards: step 1 should look at place 8."
    if not np.array_equal(most, np.arange(8)[::-1]):
        k = int(np.flatnonzero(most != np.arange(8)[::-1])[0])
        return (f"Step {k + 1} looks most at place {most[k] + 1}, not at {8 - k}. Which function of τ is largest at τ = 9 − t, "
                "and is a sum of products?")
    least = alpha[np.arange(8), most].min()
    return expect(least >= 0.99, f"The places are right, but one gets only {least:.2f}. Multiply the queries by a larger "
                                  "number.")


LETTERS = Vocabulary("abcdefgh ", padding=None)


@exercise("19.7")
def backwards(answer):
    if not hasattr(answer, "greedy"):
        return "Hand in the trained Seq2Seq itself."
    right = {}
    for n in (4, 8, 12):
        words = np.random.RandomState(100 + n).choice(list("abcdefgh"), (200, n))
        x = np.eye(9)[LETTERS.encode(["".join(w) for w in words])]
        said = np.asarray(answer.greedy(x, n))
        if said.shape != (200, n):
            return f"For 200 words of {n} letters it should write 200 answers of {n}; it gives an array of shape {said.shape}."
        right[n] = np.mean([s == "".join(w[::-1]) for s, w in zip(LETTERS.decode(said), words, strict=True)])
    if right[4] < 0.5:
        return f"Even of words of 4 letters only {right[4]:.0%} are right. Has it been trained, and are blanks rows of zeros?"
    return expect(right[12] >= 0.9, f"Of words of 12 letters {right[12]:.0%} are right, of 8 letters {right[8]:.0%}. "
                                    "Has it seen words of twelve, and for long enough?")
