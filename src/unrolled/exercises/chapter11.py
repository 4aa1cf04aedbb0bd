"""Judges of the exercises of chapter 11, engineering a model."""

import copy
import warnings

import numpy as np

from .. import datasets
from . import exercise, expect
from .chapter02 import three as numbers


@exercise("11.1")
def behind_by_200(answer):
    def hint(a):
        if not np.isfinite(a).all():
            return "The formula as printed says so; (11.2) does not."
        if np.allclose(a, (200, 1, -1), atol=2e-3):
            return "The signs: a slope is y − t."
        if np.allclose(a, (0, 0, 0), atol=2e-3):
            return "That would be so if the second class were right."
        if abs(a[0] - 23.026) < 0.01:
            return "That is the clipped loss."
        return "First (11.2), with m = 200; then y − t, with y = softmax(z)."

    if np.shape(answer) == (3,) and np.allclose(answer, (200, -1, 1), atol=2e-3):
        return None
    return numbers(answer, (200, -1, 1), hint)


@exercise("11.2")
def numbers_of_adam(answer):
    weights = 6_280
    if answer == weights:
        return "Those are the weights. What does Adam remember?"
    if answer == 2 * weights:
        return "Adam keeps two averages for each weight, besides the weight itself."
    if answer in (3 * (weights - 80), weights - 80):
        return "The biases are missing."
    return expect(answer == 3 * weights, "Count the weights, biases included; then what Adam keeps for each.")


@exercise("11.3")
def sigmoid_with_loss(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        z, t = np.array([[0.3, -1.2], [2.0, 0.1]]), np.array([[1, 0], [0, 1]])
        y = 1 / (1 + np.exp(-z))
        loss, slope = -np.mean(np.where(t == 1, np.log(y), np.log(1 - y))), (y - t) / 4
        try:
            found, dz = answer(z.copy(), t.copy())
        except RuntimeWarning as warning:
            return f"Already for moderate z there is a warning: {warning}."
        if np.ndim(found) == 0 and np.isclose(found, 4 * loss):
            return "That is the sum of the losses, not the mean."
        if not (np.ndim(found) == 0 and np.isclose(found, loss)):
            return f"For z = {z.tolist()} and t = {t.tolist()} the loss should be {loss:.4f}."
        if np.shape(dz) == z.shape and np.allclose(dz, 4 * slope):
            return "The loss is right. It is a mean, so its slope has to be divided by the number of entries."
        if np.shape(dz) != z.shape or not np.allclose(dz, slope):
            return "The loss is right, its derivative is not. By each z it is y − t, divided by the number of entries."
        z, t = np.array([-1e4, -800.0, 800, 1e4, 0]), np.array([1, 0, 0, 1, 1])
        try:
            found, dz = answer(z.copy(), t.copy())
        except RuntimeWarning as warning:
            return f"Right for moderate z; for z = {z.tolist()} there is a warning: {warning}."
    right = (1e4 + 800 + np.log(2)) / 5, np.array([-1, 0, 1, 0, -0.5]) / 5
    if not (np.isfinite(found) and np.isfinite(dz).all()):
        return f"Right for moderate z, but not finite for z = {z.tolist()}."
    return expect(np.isclose(found, right[0]) and np.allclose(dz, right[1]),
                  f"Right for moderate z; for z = {z.tolist()}, t = {t.tolist()} the loss should be {right[0]:.2f}. "
                  "Clipping changes it.")


@exercise("11.4")
def walker(answer):
    if not isinstance(answer, type):
        return "Give the class itself, without calling it."
    for name in ("step", "save", "load"):
        if not hasattr(answer, name):
            return f"It should have a method {name}; build it on Walker."

    def parts(walker):
        """w, and what else there is of v and k, and where the generator has come to."""
        return {"w": walker.w, "v": walker.v, "k": walker.k, "the generator": str(walker.rng.bit_generator.state)}

    for before, after in ((7, 6), (0, 3)):
        first = answer(3)
        for _ in range(before):
            first.step()
        state, then = first.save(), parts(first)
        for _ in range(after):
            first.step()
        for seed, wandered in ((8, 0), (3, 2)):
            second = answer(seed)
            for _ in range(wandered):
                second.step()
            second.load(copy.deepcopy(state))
            lost = [name for name, value in parts(second).items() if value != then[name]]
            if len(lost) == 4:
                return ("After loading nothing is as it was when it was saved. Is the state a copy, or does it walk on with "
                        "the walker?")
            if lost:
                return f"After loading, {' and '.join(lost)} {'is' if len(lost) == 1 else 'are'} not as when it was saved."
            for _ in range(after):
                second.step()
            if second.w != first.w:
                return f"After {after} more steps w is {second.w:.4f} instead of {first.w:.4f}."
    return None


@exercise("11.5")
def best_epochs(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    nan = float("nan")
    for losses, right, hint in (
            ([3.0, 2.0, 1.0], [1, 2, 3], "each is the best so far"),
            ([3.0, 2.0, 2.5, 1.0], [1, 2, 4], "the third is worse than the second"),
            ([3.0, 1.0, 2.0, 1.5], [1, 2], "the last is better than the one before it, and not the best so far"),
            ([2.0, 2.0, 1.0, 1.0], [1, 3], "a tie is not better"),
            ([nan, 2.0, nan, 1.0, nan], [2, 4], "nan is never better, and does not spoil what follows"),
            ([], [], "there are no epochs")):
        found = [int(e) for e in answer(list(losses))]
        if found == [r - 1 for r in right] and right:
            return "Epochs in file names count from 1."
        if found != right:
            return f"For {losses} it gives {found} instead of {right}: {hint}."
    for losses, so_far, right in (([3.0, 1.0, 0.5], 1.0, [3]), ([3.0, 2.0], 1.0, []), ([1.0, -1.0], 0.0, [2])):
        found = [int(e) for e in answer(list(losses), so_far)]
        if found != right:
            return f"For {losses} with so_far = {so_far} it gives {found} instead of {right}."
    return None


@exercise("11.6")
def unsmoothed(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    values = np.array([2.0, 1.0, 4.0, 0.5, 0.25])
    for weight in (0.6, 0.9):
        s, means = 0.0, []
        for value in values:
            s = weight * s + (1 - weight) * value
            means.append(s)
        drawn = np.array(means) / (1 - weight ** np.arange(1, 6))
        found = np.asarray(answer(drawn.copy(), weight), dtype=float)
        if found.shape != values.shape:
            return f"For {len(values)} drawn values it should return as many; it returns an array of shape {found.shape}."
        uncorrected = (drawn - weight * np.concatenate([[0], drawn[:-1]])) / (1 - weight)
        if np.allclose(found, uncorrected) or np.allclose(found[1:], uncorrected[1:]):
            return "That would undo the mean if it were drawn without the correction 1 − λᵏ. Undo that first."
        if not np.allclose(found, values):
            return (f"Smoothed with λ = {weight}, {values.tolist()} are drawn as {drawn.round(3).tolist()}; "
                    f"from these it gives {found.round(3).tolist()}.")
    return None


@exercise("11.7")
def two_sittings(answer):
    if not (isinstance(answer, (tuple, list)) and len(answer) == 2):
        return "Hand in two things: (model, history)."
    model, history = answer
    if not hasattr(model, "predict") or not hasattr(history, "epoch"):
        return "Hand in the model itself and the History that its last fit returned, in this order."
    if not history.epoch or history.epoch[0] == 0:
        return "The last sitting begins with epoch 1. Say initial_epoch=... for what lies behind it."
    if model.optimizer is None:
        return "The model is not compiled, so it has not been trained since it was loaded."
    steps, last = int(model.optimizer.iterations), history.params["steps"] * len(history.epoch)
    if steps <= last:
        return (f"The optimiser has counted {steps} steps, and the last sitting alone had {last}. Its state did not "
                "come through the night.")
    _, (x, t) = datasets.digits()
    share = np.mean(np.asarray(model.predict(x.reshape(-1, 64).astype(float))).argmax(axis=1) == t)
    return expect(share >= 0.95, f"It reads {100 * share:.1f} % of the test digits; 95 % are asked for.")
