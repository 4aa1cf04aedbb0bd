"""Judges of the exercises of chapter 1, a first look."""

import numpy as np

from ..datasets import digits
from . import exercise, expect


@exercise("01.1")
def zero_or_one(answer):
    if not callable(answer):
        return "Give a function of one picture that returns 0 or 1."
    _, (x, y) = digits()
    x, y = x[y < 2], y[y < 2]
    said = np.array([int(answer(image)) for image in x])
    if not np.isin(said, (0, 1)).all():
        return f"The rule must answer 0 or 1; it answered {said[~np.isin(said, (0, 1))][0]}."
    right = np.mean(said == y)
    if right < 0.2:
        return f"It is right for {right:.0%}: exchange the two answers and you are done."
    return expect(right >= 0.95, f"It is right for {right:.0%} of the zeros and ones. Where do they differ most? "
                                 "Plot the mean picture of each.")


@exercise("01.2")
def parameters(answer):
    hints = {2368: "Those are the weights. Every unit has a bias, too.",
             2400: "The ten outputs have a bias each, too.", 2378: "The hidden units have a bias each, too.",
             650: "That is a network without its hidden layer."}
    return expect(answer == 2410, hints.get(answer, "Count layer by layer: inputs × units weights, and a bias for each unit."))


@exercise("01.3")
def updates(answer):
    hints = {98: "The last 37 pictures of an epoch are a batch, too.", 15: "That is one epoch.", 7: "That is once per epoch."}
    return expect(answer == 105, hints.get(answer, "How many batches cover 1437 pictures, and how many epochs are there?"))


@exercise("01.4")
def accuracy(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(4)
    for n in (1, 7, 200):
        outputs, labels = rng.random((n, 10)), rng.integers(0, 10, n)
        right = np.mean(outputs.argmax(axis=1) == labels)
        share = float(answer(outputs, labels))
        if n > 1 and np.isclose(share, right * n):
            return "That is the number of right answers; divide it by the number of samples."
        if not np.isclose(share, right):
            return f"For {n} samples of which {right * n:.0f} are right it returned {share:g}."
    return None


@exercise("01.5")
def nonsense(answer):
    learned, unseen = (float(v) for v in answer)
    if learned > 1 or unseen > 1:
        return "Give both as shares between 0 and 1."
    if unseen > 0.3:
        return f"A share of {unseen:.2f} of the unseen digits is too good for random labels. Were the training labels random?"
    return expect(learned > 0.7, f"It got {learned:.2f} of the random labels right. Train longer: it can do much better.")


@exercise("01.6")
def small_model(answer):
    if not hasattr(answer, "predict"):
        return f"Hand in a trained model; this is a {type(answer).__name__}."
    size = answer.count_params()
    if size > 1000:
        return f"It has {size} parameters; 1000 are allowed."
    _, (x, y) = digits()
    right = np.mean(np.argmax(answer.predict(x.reshape(len(x), -1), verbose=0), axis=1) == y)
    return expect(right >= 0.92, f"It reads {right:.1%} of the unseen digits; 92 % are asked for. "
                                 "Has it been trained long enough?")
