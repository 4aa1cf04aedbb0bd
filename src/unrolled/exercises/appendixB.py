"""Judges of the exercises of appendix B, from TensorFlow 1."""

import numpy as np

from . import exercise, expect


@exercise("B.1")
def share_dropped(answer):
    if np.isclose(answer, 0.7):
        return "That is the share that is kept, and Keras asks for the other one."
    return expect(np.isclose(answer, 0.3), "Version 1's second argument was keep_prob, the share that is kept.")


@exercise("B.2")
def two_rates(answer):
    if np.shape(answer) != (2,):
        return "Give two rates: that of plain gradient descent, then that of Adam."
    plain, adam = np.asarray(answer, float)
    if np.isclose(plain, 0.002 / 50):
        return "The mean's slopes are 50 times smaller, so the steps have to be made longer."
    if np.isclose(plain, 0.002):
        return "With the same rate plain descent takes steps that are 50 times too short."
    if not np.isclose(plain, 0.1):
        return "For plain descent a step is the rate times the slope. How do the slopes of the sum and of the mean differ?"
    if np.isclose(adam, 0.1):
        return "The first is right. What does Adam do with a slope that is 50 times smaller, always?"
    return expect(np.isclose(adam, 0.002), "The first is right. Adam divides the slopes by their own size.")


@exercise("B.3")
def silent_lines(answer):
    lines = {int(k) for k in answer}
    for wrong, hint in ({5, 10}, "Some of these fail today, with a message: look for old names of arguments."), \
                       ({4}, "In Keras the number in Dropout has always been the share that is dropped."), \
                       ({7}, "What are the two readings of 0.5?"), \
                       ({9}, "// means the same in Python 2 and 3."), \
                       ({1, 3}, "Some of these do what they did."):
        if lines & wrong:
            return hint
    for number, hint in ((2, "What do the three numbers of a convolution mean?"),
                         (6, "One line leaves a number to Keras, and Keras has changed it."),
                         (8, "One line is about Python, not about networks.")):
        if number not in lines:
            return f"There is another one. {hint}"
    return expect(lines == {2, 6, 8}, "The lines are counted from 1 to 10.")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def version_1_lstm(x, kernel, bias, forget_bias):
    """Last output of ``BasicLSTMCell``: one kernel for input and state, the gates in the order i, a, f, o."""
    c = h = np.zeros((len(x), bias.size // 4))
    for x_t in x.swapaxes(0, 1):
        i, a, f, o = np.split(np.hstack([x_t, h]) @ kernel + bias, 4, axis=1)
        c = sigmoid(f + forget_bias) * c + sigmoid(i) * np.tanh(a)
        h = sigmoid(o) * np.tanh(c)
    return h


@exercise("B.4")
def back_to_version_1(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 6, 3))
    for units, forget_bias in ((2, 1.0), (5, 0.3)):
        kernel, bias = rng.normal(size=(3 + units, 4 * units)), rng.normal(size=4 * units)
        right = version_1_lstm(x, kernel, bias, forget_bias)
        (i, a, f, o), (bi, ba, bf, bo) = np.split(kernel, 4, axis=1), np.split(bias, 4)
        ours = np.hstack([i, f, a, o])
        found = answer(ours[:3].copy(), ours[3:].copy(), np.hstack([bi, bf + forget_bias, ba, bo]), forget_bias)
        if len(found) != 2 or np.shape(found[0]) != kernel.shape or np.shape(found[1]) != bias.shape:
            return f"For {units} units and 3 inputs it should return arrays of shapes {kernel.shape} and {bias.shape}."
        k, b = (np.asarray(v, float) for v in found)
        if np.allclose(version_1_lstm(x, k, b, forget_bias), right):
            continue
        if np.allclose(k, ours):
            return "The gates stand as in Keras; version 1 had the candidate second and the forget gate third."
        if np.allclose(k, kernel) and np.allclose(b, np.hstack([bi, ba, bf + forget_bias, bo])):
            return "The cell adds the forget bias itself, so that now it is added twice."
        if np.allclose(k, kernel) and np.allclose(b, np.hstack([bi, ba, bf + forget_bias - 1, bo])):
            return "Right for a forget bias of 1. It is an argument."
        if np.allclose(k, kernel):
            return "The kernel is right. Are the parts of the bias in the same order, and where is the forget bias?"
        if np.allclose(np.vstack([k[units:], k[:units]]), kernel):
            return "In version 1 the rows for the inputs stood above those for the state."
        return "The cell with these weights gives other outputs. What is the order of the gates here, and there?"
    return None


@exercise("B.5")
def careful_start(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."

    def steps(w, slope, rate, n, r=1.0, small=1e-10, outside=0.0, decay=0.9):
        for _ in range(n):
            g = slope(w)
            r = decay * r + (1 - decay) * g * g
            w = w - rate * g / (np.sqrt(r + small) + outside)
        return w

    start, slope = np.array([1.0, -2.0, 1e-4]), lambda w: np.array([1.0, 10.0, 1e-2]) * w
    given = start.copy()
    for n in (1, 7):
        found = answer(given, slope, 0.05, n)
        if not np.array_equal(given, start):
            return "It changes the array that it is given; take a copy."
        if np.shape(found) != (3,):
            return "It should return the weights after the last step, an array of the shape of w."
        if np.allclose(found, steps(start, slope, 0.05, n), rtol=1e-6):
            continue
        if np.allclose(found, steps(start, slope, 0.05, n, r=0.0), rtol=1e-3):
            return "That is how Keras does it. In version 1 the average of the squares began at 1."
        if np.allclose(found, steps(start, slope, 0.05, n, decay=0.1)):
            return "The decay is the weight of the old average, not of the new square."
        right = steps(start, slope, 0.05, n).round(4).tolist()
        return f"After {n} step{'s' * (n > 1)} from {start.tolist()} it should be at {right}."
    return None


def softmax_regression(x, t, decay=0.02, summed=False, momentum=0.9, steps=100, bias_too=False):
    """What the program of exercise B.6 computes, in NumPy."""
    W, b = np.zeros((2, 3)), np.zeros(3)
    vW, vb = 0 * W, 0 * b
    for _ in range(steps):
        z = x @ W + b
        y = np.exp(z - z.max(axis=1, keepdims=True))
        dz = (y / y.sum(axis=1, keepdims=True) - t) / (1 if summed else len(x))
        vW = momentum * vW + x.T @ dz + decay * W
        vb = momentum * vb + dz.sum(axis=0) + decay * b * bias_too
        W, b = W - 0.2 * vW, b - 0.2 * vb
    return W, b


@exercise("B.6")
def ported(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(12)
    x = rng.normal(size=(40, 2))
    t = np.eye(3)[(x @ [[1.0, -1, 0.3], [0.2, 1, -1]] + 0.3 * rng.normal(size=(40, 3))).argmax(axis=1)]
    found = [np.asarray(v, float) for v in answer(x.copy(), t.copy())]
    if [v.shape for v in found] != [(2, 3), (3,)]:
        return "It should return W and b, of shapes (2, 3) and (3,)."

    def close(**other):
        right = softmax_regression(x, t, **other)
        return all(np.allclose(a, b, rtol=1e-3, atol=1e-4) for a, b in zip(found, right, strict=True))

    if close():
        return None
    for other, hint in (({"decay": 0.04}, "The weight decay is twice too strong: l2_loss is half the sum of squares."),
                        ({"decay": 0.01}, "The weight decay is half of what it was."),
                        ({"decay": 0.0}, "There is a second term in the loss."),
                        ({"bias_too": True}, "Only W is in l2_loss, not b."),
                        ({"momentum": 0.0}, "There is no momentum in it."),
                        ({"steps": 99}, "One step is missing."),
                        ({"steps": 101}, "It takes one step too many.")):
        if close(**other):
            return hint
    if not np.isfinite(np.concatenate([v.ravel() for v in found])).all():
        return "Its weights are not finite."
    if close(steps=0):
        return "W and b are still at their start."
    return ("On other data it arrives elsewhere. Compare after one step first: the mean of the losses, zeros at the start, all "
            "points in one batch, logits and not chances.")
