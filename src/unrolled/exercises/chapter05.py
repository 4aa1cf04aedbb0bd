"""Judges of the exercises of chapter 5, perceptrons."""

from itertools import product

import numpy as np

from ..datasets import gate, two_gaussians
from ..perceptron import Perceptron, step
from . import exercise, expect


def wrong_rows(answers, targets, inputs):
    rows = [tuple(int(v) for v in x) for x, y, t in zip(inputs, answers, targets, strict=True) if y != t]
    return ", ".join(map(str, rows))


@exercise("05.1")
def one_correction(answer):
    answer = tuple(float(v) for v in np.ravel(answer))
    if len(answer) != 3:
        return f"Give three numbers, w1, w2 and the threshold; you gave {len(answer)}."
    if answer == (3.0, 2.0, 1.0):
        return "The neuron fired although it should not: t − y is −1, so the weights of active inputs go down."
    if answer[:2] == (1.0, 0.0) and answer[2] == 1.0:
        return "The weights are right. The threshold moves the other way: Δθ = −(t − y)."
    if answer == (2.0, 1.0, 2.0):
        return "Is 2·1 + 1·1 ≥ 2? Then it fires, and t = 0 says that it should not."
    return expect(answer == (1.0, 0.0, 3.0), "Work out y first, then t − y, then the three corrections (5.3).")


@exercise("05.2")
def nand_by_hand(answer):
    w1, w2, threshold = (float(v) for v in answer)
    x, t = gate("NAND")
    y = step(x @ [w1, w2] - threshold)
    return expect((y == t).all(), f"Your neuron is wrong at {wrong_rows(y, t, x)}. NAND fires unless both inputs are on, "
                                  "so more input must make it less willing to fire.")


@exercise("05.3")
def how_many_functions(answer):
    hints = {16: "There are 16 functions in all. Is there none that a line cannot separate?",
             15: "XOR is one that is out of reach. Turn all its answers round: can a line do that?",
             12: "Do not forget the two that always answer the same; a neuron can be that stubborn."}
    return expect(answer == 14, hints.get(answer, "Try all 16 with a loop: train a perceptron on each and count."))


@exercise("05.4")
def correct_once(answer):
    if not callable(answer):
        return "Give the function itself, without calling it: exercises.check(\"05.4\", correct)."
    rng = np.random.default_rng(4)
    for dim, sign in product((1, 2, 5), (1, -1)):
        w, x = rng.normal(size=dim), rng.normal(size=dim)
        b = sign - w @ x                                        # net input exactly 1 or −1
        for t in (0, 1):
            before = w.copy()
            new_w, new_b = answer(w, b, x, t)
            if not np.array_equal(w, before):
                return "Your function changes the array w that it was given (w += … works in place). Return a new one."
            error = t - (sign > 0)
            if np.allclose(new_w, w - error * x) and error:
                return "The sign is turned round: after a correction the same mistake should be smaller, not larger."
            if np.allclose(new_w, w + error * x) and not np.isclose(new_b, b + error):
                return "The weights are right, the bias is not: Δb = t − y."
            if not (np.shape(new_w) == (dim,) and np.allclose(new_w, w + error * x)):
                return (f"For w = {w.round(2)}, b = {b:.2f}, x = {x.round(2)}, t = {t} the weights should become "
                        f"{(w + error * x).round(2)}.")
    return None


@exercise("05.5")
def majority(answer):
    w, b = np.ravel(answer[0]).astype(float), float(answer[1])
    if w.shape != (3,):
        return f"Three inputs need three weights; you gave {w.size}."
    x = np.array(list(product((0, 1), repeat=3)))
    y, t = step(x @ w + b), (x.sum(axis=1) >= 2).astype(int)
    return expect((y == t).all(), f"Wrong at {wrong_rows(y, t, x)}. No input is more important than another: what does that "
                                  "say about the weights? Then only b is left to choose.")


@exercise("05.6")
def learning_rate(answer):
    x, t = two_gaussians()
    p = Perceptron(strict=True).fit(x, t)
    right = np.r_[p.w, p.b] / 2
    answer = np.ravel(np.asarray([*np.ravel(answer[0]), answer[1]], dtype=float))
    if np.allclose(answer, 2 * right):
        return "These are the weights of the text, with a rate of 1. Put the factor 0.5 in front of both corrections."
    return expect(answer.shape == (3,) and np.allclose(answer, right),
                  "Put the rate in front of both corrections, of w and of b, and start at zero. Do you fire only above zero?")


@exercise("05.7")
def parity(answer):
    if not callable(answer):
        return "Give a function of three inputs that returns 0 or 1."
    x = np.array(list(product((0, 1), repeat=3)))
    y = np.array([int(answer(*(int(v) for v in row))) for row in x])
    t = x.sum(axis=1) % 2
    if (y == t).all():
        return None
    if (y == (x.sum(axis=1) == 1)).all():
        return "It answers 1 to exactly one input that is on. Three inputs on are an odd number, too."
    return f"Wrong at {wrong_rows(y, t, x)}. XOR tells whether two are different; what does XOR of that with the third tell?"


@exercise("05.8")
def best_line(answer):
    w, b = np.ravel(answer[0]).astype(float), float(answer[1])
    x, t = two_gaussians(n=50, mean=2.0)
    if w.shape != (2,):
        return f"Two inputs need two weights; you gave {w.size}."
    wrong = int((step(x @ w + b) != t).sum())
    return expect(wrong <= 12, f"Your line gets {wrong} of the 100 points wrong; 12 or fewer is possible. Keep the best line "
                               "that the perceptron passes on its way, not its last.")
