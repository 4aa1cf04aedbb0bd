"""Judges of the exercises of chapter 4, tools."""

import numpy as np

from . import exercise, expect


@exercise("04.1")
def colours(answer):
    try:
        shape, axes = (tuple(int(v) for v in part) for part in answer)
    except (TypeError, ValueError):
        return "Give two tuples, the shape of the result and the axes that you name: ((…), (…))."
    axes = tuple(sorted(axis % 4 if -4 <= axis < 4 else axis for axis in axes))
    if axes == (0, 3) or shape == (28, 28):
        return "These are the axes that should stay. The axes that are named disappear."
    if axes != (1, 2):
        return "Each picture and each colour keeps a number of its own, so axes 0 and 3 stay; name the other two."
    if shape == (32, 1, 1, 3):
        return "The axes are right. With keepdims=True that would be the shape; without it the named axes are gone."
    return expect(shape == (32, 3), "The axes are right. Cross them out of (32, 28, 28, 3): what is left?")


@exercise("04.2")
def counting(answer):
    p = 24
    hints = {2**p + 1: "That number does not exist in 32 bits: it lies between two neighbours.",
             2**p - 1: "One more still fits: a 1 followed by zeros is short in binary.",
             2**(p - 1): "There neighbours are 1 apart, so adding 1 still leads to the next.",
             2**53: "That is where 64 bits stop.", 2**11: "That is where 16 bits stop.",
             2**31 - 1: "That is the end of whole numbers of 32 bits. Of float32, m has only 24.",
             2**32 - 1: "That is the end of whole numbers of 32 bits. Of float32, m has only 24."}
    answer = float(answer)
    return expect(answer == 2**p, hints.get(answer, "For which numbers are neighbours 2 apart? m has 24 bits."))


@exercise("04.3")
def centred(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    x = np.array([[1.0, 10.0], [2.0, 30.0], [6.0, 20.0]])
    kept = x.copy()
    result = np.asarray(answer(x))
    if not np.array_equal(x, kept):
        return "It changes the table that it is given: -= works in place, and a slice is a view."
    if result.shape != x.shape:
        return f"The result of a table of shape {x.shape} should have that shape; it has {result.shape}."
    if np.allclose(result, x - x.mean()):
        return "That takes one mean from everything. Each column has its own: name the axis that disappears."
    if np.allclose(result, x - x.mean(axis=1, keepdims=True)):
        return "That is the mean of each row. The axis that you name is the one that disappears."
    if not np.allclose(result, x - x.mean(axis=0)):
        return "The columns of the result should have the mean 0, and differ from the table's by a constant."
    grey = np.array([[200, 3], [100, 4]], dtype=np.uint8)
    found = np.asarray(answer(grey), dtype=float)
    return expect(np.allclose(found, [[50, -0.5], [-50, 0.5]]),
                  f"For numbers with a fraction it is right; for uint8 the columns (200, 100) and (3, 4) become "
                  f"{found[:, 0].tolist()} and {found[:, 1].tolist()}. Which type has the mean when you subtract it?")


@exercise("04.4")
def curvature(answer):
    if answer is None:
        return "None: what the outer tape is asked for must be computed while it is open, and x must be watched."
    answer, right = float(answer), 2 * np.cos(1) - 4 * np.sin(1)
    if np.isclose(answer, 2 * np.cos(1), atol=1e-6):
        return "That is the first derivative. Ask the outer tape for the derivative of it."
    if np.isclose(answer, -np.sin(1), atol=1e-6):
        return "That is the second derivative of sin at 1; the inner function x² counts twice."
    if np.isclose(answer, np.sin(1), atol=1e-6):
        return "That is the function itself."
    if np.isclose(answer, right, rtol=0, atol=1e-6) and not np.isclose(answer, right, rtol=0, atol=1e-9):
        return "Right to 32 bits. Give the variable dtype=tf.float64."
    return expect(np.isclose(answer, right, rtol=0, atol=1e-9), "Differentiate by hand to compare: 2x cos x², and once more.")


@exercise("04.5")
def graphs(answer):
    hints = {7: "A graph is kept: the second call with 1 finds one.", 6: "Two tensors of one type and shape share a graph.",
             4: "A Python number counts by its value, and a tensor of one axis is not one of two.",
             3: "Shapes count, and Python numbers count by their value.",
             2: "Shapes count, and Python numbers count by their value."}
    return expect(answer == 5, hints.get(answer, "Go through the calls: is there a graph for it already?"))


@exercise("04.6")
def line(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    draw = np.random.default_rng(4)
    x, w = draw.normal(size=(10, 3)), draw.normal(size=3)
    t = x @ [1.0, -2.0, 0.5]

    def run(epochs, size, scale=lambda n: 2 / n, end=10):
        v = w
        for _ in range(epochs):
            for k in range(0, end, size):
                x_k, t_k = x[k:k + size], t[k:k + size]
                v = v - 0.1 * scale(len(x_k)) * x_k.T @ (x_k @ v - t_k)
        return v

    kept = w.copy()
    found = np.asarray(answer(x, t, w, 0.1, 3, 4), dtype=float)
    if not np.array_equal(w, kept):
        return "It changes the weights that it is given. w = w − … makes new ones."
    if found.shape != (3,):
        return f"The weights should have the shape (3,); they have {found.shape}. Has t the shape of x @ w?"
    slips = {"The last batch, of 2 of the 10 samples, is missing.": run(3, 4, end=8),
             "Divide by the length of the batch; the last one is shorter.": run(3, 4, lambda n: 2 / 4),
             "That divides by the number of all samples. The mean is over the batch.": run(3, 4, lambda n: 2 / 10),
             "That is the step on the sum. The mean is asked for.": run(3, 4, lambda n: 2),
             "The derivative of a square has a factor 2.": run(3, 4, lambda n: 1 / n),
             "That goes uphill.": run(3, 4, lambda n: -2 / n), "That is one step for each epoch, with all samples.": run(3, 10),
             "That is one epoch; three were asked for.": run(1, 4), "That is one sample a step; the batches have 4.": run(3, 1)}
    for hint, slip in slips.items():
        if np.allclose(found, slip):
            return hint
    right = run(3, 4)
    return expect(np.allclose(found, right), f"For a test with 10 samples, batches of 4 and 3 epochs it gives "
                                             f"{found.round(4)}; it should be {right.round(4)}.")


@exercise("04.7")
def larger(answer):
    try:
        W, b, V, c = (np.asarray(a, dtype=float) for a in answer)
    except (TypeError, ValueError):
        return "Give (W, b, V, c), four arrays."
    H = W.shape[-1] if W.ndim else 0
    if W.shape != (2, H) or b.shape != (H,) or V.shape != (H, 1) or c.shape != (1,):
        return (f"The shapes should be (2, 3), (3,), (3, 1) and (1,); "
                f"they are {W.shape}, {b.shape}, {V.shape} and {c.shape}.")
    if H > 3:
        return f"There are three hidden units; these weights are for {H}."
    places = {"both are positive": [[3, 1], [1, 4], [2, 2]], "both are negative": [[-3, -1], [-2, -5], [-1, -1]],
              "their signs differ": [[-2, 3], [4, -1], [0, -2]],
              "both are large": [[9e18, -8e18], [-7e18, -7.1e18], [6e18, 6.1e18]]}
    answers = {place: np.maximum(np.array(x) @ W + b, 0) @ V + c for place, x in places.items()}
    wrong = [place for place, y in answers.items()
             if not np.allclose(y[:, 0], np.max(places[place], axis=1), rtol=1e-9, atol=1e-6)]
    if wrong == ["both are large"]:
        return "Right for small numbers only. A bias keeps a unit switched on there; far out it no longer does."
    if "both are negative" in wrong and "both are positive" not in wrong:
        return "Wrong where both are negative. relu(b) alone is not b: what has to be taken from it where b is below 0?"
    return expect(not wrong, f"Wrong where {', and where '.join(wrong)}. "
                             "Begin with the excess of one over the other: max(a, b) = b + …")
