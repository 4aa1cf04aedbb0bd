"""Judges of the exercises of chapter 14, recurrent networks."""

import numpy as np

from .. import datasets
from . import exercise, expect
from .chapter02 import three as numbers


@exercise("14.1")
def shape(answer):
    def hint(a):
        if tuple(a) == (953, 48, 5):
            return "There are 953 windows, but the last one has no next hour."
        if a[0] == 1000:
            return "A window of 48 hours cannot begin at every hour: it must end before the record does."
        if sorted(a) == [5, 48, 952]:
            return "The right three numbers, in another order: samples, steps, inputs."
        if a[0] == 20:
            return "Windows overlap: one begins at every hour."
        return "How many windows, how many steps in each, how many numbers at each step?"

    return numbers(answer, (952, 48, 5), hint)


@exercise("14.2")
def parameters(answer):
    answer = np.asarray(answer).item()
    hints = {2950: "That is the recurrent layer. The output layer is missing.",
             3100: "The recurrent layer has biases, or the output layer has; you have left some out.",
             3053: "The recurrent layer has a bias for each unit.",
             3050: "Both layers have biases.", 603: "Each unit hears all states of the step before: 50 · 50 weights.",
             653: "Each unit hears all states of the step before: 50 · 50 weights."}
    general = "(D + H) H weights and H biases, and then a dense layer on H numbers."
    return expect(answer == 3103, hints.get(answer, general))


@exercise("14.3")
def by_pencil(answer):
    answer = np.asarray(answer, dtype=float)
    if answer.shape != (2,):
        return f"Two numbers are asked for, the derivatives by w and by u; yours have the shape {answer.shape}."
    if np.allclose(answer, (1.3125, 0.75)):
        return None
    if np.allclose(answer, (1, 0.625)):
        return "That is the part of the last step. The weights were at work at all three."
    if np.allclose(answer, (0.75, 1.3125)):
        return "Both are there; w comes first."
    if np.allclose(answer, (1.75, 0.875)):
        return "Blame halves at each step back: it goes through u."
    if np.allclose(answer[0], 1.3125):
        return "w is right. For u, the blame of a step meets the state before that step."
    if np.allclose(answer[1], 0.75):
        return "u is right. For w, the blame of a step meets what was heard at that step."
    if np.allclose(answer, (-1.3125, -0.75)):
        return "The sign: the output is larger than the target."
    return "First the states, then the blame 0.25 at the last step, and from there half of it at each step back."


@exercise("14.4")
def steps(answer):
    answer = np.asarray(answer).item()
    hints = {65: "0.9 to the 65th is still a little above a thousandth.",
             22: "That leaves a tenth. Solve 0.9^k < 0.001."}
    if isinstance(answer, float) and not answer.is_integer():
        return "The smallest whole number of steps is asked for."
    larger = "That is certain, but it is certain earlier, too."
    return expect(answer == 66, hints.get(answer, larger if answer > 66 else "Solve 0.9^k < 0.001 for k."))


def walk(x, W, U, V):
    """Outputs (T, K) of a network without bends for one sequence (T, 1)."""
    h, said = np.zeros(len(U)), []
    for value in x:
        h = value @ W + h @ U
        said.append(h @ V)
    return np.array(said)


@exercise("14.5")
def difference(answer):
    if len(answer) != 3:
        return f"Three matrices are asked for, W, U and V; you gave {len(answer)} things."
    W, U, V = (np.asarray(a, dtype=float) for a in answer)
    units = len(np.atleast_1d(U))
    if U.shape != (units, units) or W.shape != (1, units) or V.shape != (units, 1):
        return (f"With H units, W is 1 × H, U is H × H and V is H × 1; yours have the shapes {W.shape}, {U.shape} "
                f"and {V.shape}.")
    x = np.random.default_rng(0).standard_normal((12, 1))
    said, right = walk(x, W, U, V), np.diff(x, axis=0, prepend=0)
    if np.allclose(said, right):
        return None
    if np.allclose(said, -right):
        return "It says x(t − 1) − x(t): the sign."
    if np.allclose(walk(x, W, U.T, V), right):
        return "U has its rows and columns exchanged: entry (i, j) leads from unit i to unit j."
    if np.allclose(said, x):
        return "It says x(t) itself. Something must remember x(t − 1)."
    if np.allclose(said[1:], x[:-1]) or np.allclose(said[1:], -x[:-1]):
        return "It remembers x(t − 1). What it hears now must enter the output, too."
    if np.allclose(said[:2], right[:2]):
        return "Right for two steps. Then something older still sounds: what should a unit keep of itself?"
    first, wanted, found = (v[:3, 0].round(2).tolist() for v in (x, right, said))
    return f"For {first} it should say {wanted}; it says {found}."


def bptt(x, h, dh_out, W, U, back=True, before=True):
    dW, dU, db, dz = np.zeros_like(W), np.zeros_like(U), np.zeros(len(U)), np.zeros_like(h[:, 0])
    for t in reversed(range(x.shape[1])):
        dz = (dh_out[:, t] + dz @ (U.T if back else U)) * (1 - h[:, t + 1] ** 2)
        dW += x[:, t].T @ dz
        dU += h[:, t if before else t + 1].T @ dz
        db += dz.sum(axis=0)
    return dW, dU, db


@exercise("14.6")
def mended(answer):
    if not callable(answer):
        return "Hand in the function itself, without calling it."
    rng = np.random.default_rng(0)
    x, dh_out = rng.standard_normal((3, 6, 2)), rng.standard_normal((3, 6, 4))
    W, U, h = rng.standard_normal((2, 4)), rng.standard_normal((4, 4)), np.zeros((3, 7, 4))
    for t in range(6):
        h[:, t + 1] = np.tanh(x[:, t] @ W + h[:, t] @ U)
    found = answer(x.copy(), h.copy(), dh_out.copy(), W.copy(), U.copy())
    if len(found) != 3 or any(np.shape(a) != b.shape for a, b in zip(found, (W, U, U[0]), strict=False)):
        return "It should return dW, dU and db, in the shapes of W, U and b."

    def like(**how):
        return all(np.allclose(a, b) for a, b in zip(found, bptt(x, h, dh_out, W, U, **how), strict=True))

    if like(back=False, before=False):
        return "Both mistakes are still there. Which matrix carries blame back? And which state does U multiply?"
    if like(before=False):
        return "One is mended. Look at dU: which state does U multiply at step t?"
    if like(back=False):
        return "One is mended. Look at dh: by (14.8), which way does blame go through U?"
    wrong = " and ".join(name for name, a, b in zip(("dW", "dU", "db"), found, bptt(x, h, dh_out, W, U), strict=True)
                         if not np.allclose(a, b))
    return expect(like(), f"Compare with (14.9) and (14.10): {wrong} is not what differences give.")


@exercise("14.7")
def clip(answer):
    if not callable(answer):
        return "Hand in the function itself, without calling it."
    for values, limit in ((([3.0, 4.0], [[12.0]]), 1.0), (([0.3, 0.0], [[0.4]]), 1.0), (([0.0], [[0.0, 0.0]]), 1.0),
                          (([3.0, 4.0], [[12.0]]), 13.0)):
        given = [np.array(v) for v in values]
        kept = [g.copy() for g in given]
        norm = np.sqrt(sum(np.sum(g**2) for g in given))
        right = [g * min(1, limit / norm) if norm else g for g in kept]
        with np.errstate(all="ignore"):
            found = [np.asarray(g, dtype=float) for g in answer(given, limit)]
        if not all(map(np.array_equal, given, kept)):
            return "It changes the arrays that it was given."
        if len(found) != 2 or any(a.shape != b.shape for a, b in zip(found, right, strict=True)):
            return "It should return a list of arrays in the shapes of those given."
        if not all(np.isfinite(g).all() for g in found):
            return "If all gradients are 0, it divides by 0."
        if all(map(np.allclose, found, right)):
            continue
        if norm <= limit:
            return "A gradient that is short enough stays as it is."
        if all(np.allclose(a, g * min(1, limit / np.sqrt(np.sum(g**2)))) for a, g in zip(found, kept, strict=True)):
            return "You clip each array by itself. The norm is that of all together, so that the direction stays."
        if all(np.allclose(a, np.clip(g, -limit, limit)) for a, g in zip(found, kept, strict=True)):
            return "You clip each entry, which changes the direction. Multiply all arrays by one number."
        return f"For {[k.tolist() for k in kept]} and the limit {limit} it should return {[r.tolist() for r in right]}."
    return None


@exercise("14.8")
def alone(answer):
    predict = answer if callable(answer) else getattr(answer, "predict", None)
    if predict is None:
        return "Hand in the function (or the model) itself."
    seeds = np.arange(500, 510)
    clean = datasets.sine(noise=0)
    window = np.stack([datasets.sine(seed=seed)[:25] for seed in seeds])[..., None]
    first = np.asarray(predict(window), dtype=float)
    if first.shape != (len(seeds), 1):
        return f"For windows of shape {window.shape} it should return next values {(len(seeds), 1)}; it returns {first.shape}."
    said = []
    for _ in range(176):
        said.append(np.asarray(predict(window), dtype=float))
        if not np.isfinite(said[-1]).all() or np.abs(said[-1]).max() > 100:
            return f"After {len(said)} steps on its own it leaves the picture."
        window = np.concatenate([window[:, 1:], said[-1][:, None]], axis=1)
    off = np.sqrt(np.mean((np.array(said)[..., 0].T - clean[25:]) ** 2, axis=1))
    return expect(np.median(off) < 0.2, f"Started from ten noisy waves, it is off by {np.median(off):.2f} (median). Is it the "
                                        "height that is wrong, or the period?")
