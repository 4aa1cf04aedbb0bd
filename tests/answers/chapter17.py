"""Right and wrong answers to the exercises of chapter 17, bidirectional networks."""

from math import comb

import numpy as np


class Model:
    def __init__(self, predict):
        self.predict = predict


def merge_back(dh, a, b, mode):
    if mode == "concat":
        return dh[..., :a.shape[-1]], dh[..., a.shape[-1]:]
    if mode == "mul":
        return dh * b, dh * a
    return (dh / 2, dh / 2) if mode == "ave" else (dh, dh)


def whole(dh, a, b, mode):
    return (dh, dh) if mode == "ave" else merge_back(dh, a, b, mode)


def exchanged(dh, a, b, mode):
    return merge_back(dh, b, a, mode)


def run(dh, x, W, U, b):
    """The derivative by the inputs of one reader with tanh."""
    h = [np.zeros((len(x), len(U)))]
    for t in range(x.shape[1]):
        h.append(np.tanh(x[:, t] @ W + h[-1] @ U + b))
    dx, later = np.zeros_like(x), 0
    for t in reversed(range(x.shape[1])):
        delta = (1 - h[t + 1] ** 2) * (dh[:, t] + later)
        dx[:, t], later = delta @ W.T, delta @ U.T
    return dx


def way_back(turn_in=True, turn_out=True, second=True):
    def both_back(dh, x, ahead, back):
        H = len(ahead[1])
        dh_back = dh[:, ::-1, H:] if turn_in else dh[..., H:]
        dx_back = run(dh_back, x[:, ::-1], *back)
        dx = run(dh[..., :H], x, *ahead)
        return dx + second * (dx_back[:, ::-1] if turn_out else dx_back)

    return both_back


def turn(x, lengths, shift=0):
    turned = np.array(x)
    for row, n in zip(turned, lengths, strict=True):
        n = max(1, n - shift * (n < len(row)))
        row[:n] = row[:n][::-1].copy()
    return turned


def in_place(x, lengths):
    for row, n in zip(x, lengths, strict=True):
        row[:n] = row[:n][::-1].copy()
    return x


def most(T, last=1.0):
    return (1 + opening(T, last)) / 2


def opening(T, last=1.0):
    return np.mean([last] + [1 - comb(n, n // 2) / 2**n for n in range(1, T)])


def of_closing(rows):
    """Whether each closing bracket has a partner."""
    found = np.zeros(rows.shape)
    for row, has in zip(rows, found, strict=True):
        depth = 0
        for t, closing in enumerate(row):
            has[t] = closing and depth > 0
            depth = max(0, depth - 1) if closing else depth + 1
    return found


def brackets(x, opening=True):
    rows = np.asarray(x)[..., 1].astype(int)
    found = of_closing(rows)
    if opening:
        found += of_closing(1 - rows[:, ::-1])[:, ::-1]
    else:
        found += 1 - rows
    return found[..., None]


RIGHT = {
    "17.1": (163338, 162058), "17.2": [(2, 3), (1, 2), (4.5, 4)], "17.3": "ade", "17.4": merge_back, "17.5": way_back(),
    "17.6": turn, "17.7": most, "17.8": Model(lambda x, verbose=0: brackets(x)),
}


ALSO_RIGHT = [
    ("17.1", np.array([163338, 162058])), ("17.2", [(2, 1, 4.5), (3, 2, 4)]), ("17.3", "(a), (d), (e)"),
    ("17.3", ["e", "d", "a"]), ("17.5", lambda *args: (way_back()(*args), None)),
]


WRONG = [
    ("17.1", (162058, 163338), "comes first"), ("17.1", 163338, "you gave 1"), ("17.1", (160768, 160768), "layer alone"),
    ("17.1", (82954, 81674), "two readers"), ("17.1", (42762, 41482), "four blocks: three gates"),
    ("17.1", (162314, 161034), "128 biases"), ("17.1", (163338, 163338), "128 numbers"), ("17.1", (1, 2), "Each reader"),
    ("17.2", [(2, 4), (1, 2), (4.5, 3)], "belongs to step 3"),
    ("17.2", [(3, 2), (2, 1), (4, 4.5)], "forward state comes first"),
    ("17.2", [(2, 0), (1, 0), (4.5, 0)], "Forward is right"), ("17.2", [1, 2, 3], "Three pairs"),
    ("17.2", np.zeros((3, 2)), "half of the state"),
    ("17.3", "abde", r"\(b\): what comes"), ("17.3", "acde", r"\(c\): the sales"), ("17.3", "adef", r"\(f\): an alarm"),
    ("17.3", "ad", r"\(e\): all thirty"), ("17.3", "ae", r"\(d\): yesterday"), ("17.3", "de", r"\(a\): a printed"),
    ("17.3", "xyz", "from a to f"),
    ("17.4", whole, "one half"), ("17.4", exchanged, "The derivative by one factor"), ("17.4", 1, "function itself"),
    ("17.4", lambda dh, a, b, mode: (dh, dh), r"should have the shape"), ("17.4", lambda dh, a, b, mode: None, "two arrays"),
    ("17.4", lambda dh, a, b, mode: (0 * a, 0 * b), "not yet right"),
    ("17.5", way_back(False, False), "turn what you hand it, and what it returns"),
    ("17.5", way_back(True, False), "before adding"),
    ("17.5", way_back(False, True), "before the backward reader gets it"), ("17.5", way_back(second=False), "share is missing"),
    ("17.5", lambda dh, x, ahead, back: x, "finite differences"), ("17.5", lambda dh, x, ahead, back: dh, "shape of x"),
    ("17.5", 0, "function itself"),
    ("17.6", lambda x, lengths: x[:, ::-1], "blanks to the front"), ("17.6", lambda x, lengths: x, "Nothing was turned"),
    ("17.6", lambda x, lengths: x[..., ::-1], "features"), ("17.6", in_place, "Work on a copy"),
    ("17.6", lambda x, lengths: turn(x, lengths, shift=1), "should come first"), ("17.6", lambda x, lengths: 0 * x, "step n"),
    ("17.6", lambda x, lengths: x[0], "batch's shape"), ("17.6", 1, "function itself"),
    ("17.7", opening, "Half of all brackets"), ("17.7", lambda T: most(T, 0.0), "last bracket"), ("17.7", 0.8416, "takes T"),
    ("17.7", lambda T: (2 - comb(T - 1, (T - 1) // 2) / 2 ** (T - 1)) / 2, "first place only"),
    ("17.7", lambda T: 0.5, "the limit is"),
    ("17.8", 1, "model itself"), ("17.8", Model(lambda x, verbose=0: brackets(x)[0]), "array of shape"),
    ("17.8", Model(lambda x, verbose=0: brackets(x, opening=False)), "reads from the end"),
    ("17.8", Model(lambda x, verbose=0: 0 * brackets(x)), "Longer training"),
]
