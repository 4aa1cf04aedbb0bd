"""Right and wrong answers to the exercises of chapter 16, GRU."""

import numpy as np

import unrolled as dl

HOLD = [[[0, 0, 1], [-40, 0, 0]], [[0, 0, 0]], [20, 0, 0]]


def adder(units=1, alpha=0.05):
    """The unit of (16.5), set by hand as a GRU; further units do nothing."""
    layer = dl.layers.GRU(units, reset_after=False)
    model = dl.Sequential([dl.Input((20, 2)), layer, dl.layers.Dense(1)])
    kernel, recurrent, bias = (np.zeros_like(w) for w in layer.get_weights())
    kernel[1, 0], kernel[0, 2 * units], recurrent[0, 2 * units] = -40, alpha, 1
    bias[[0, units]] = 20
    readout = np.zeros((units, 1))
    readout[0] = 1 / alpha
    model.set_weights([kernel, recurrent, bias, readout, np.zeros(1)])
    return model


def plain():
    return dl.Sequential([dl.Input((20, 2)), dl.layers.SimpleRNN(2), dl.layers.Dense(1)])


def turned(which):
    """The weights with the signs of these blocks changed."""
    def change(*weights):
        signs = np.array([-1 if k in which else 1 for k in "urh"])
        return [w * signs.repeat(w.shape[-1] // 3) for w in weights]
    return change


def in_place(*weights):
    for w in weights:
        w[..., :w.shape[-1] // 3] *= -1
    return weights


def kernel_only(kernel, recurrent_kernel, bias):
    return turned("u")(kernel)[0], recurrent_kernel, bias


def way_back(gate="q", candidate=True):
    def back(dh, h, u, r, new, q, U):
        Uu, Ur, Uh = np.split(U, 3, axis=1)
        d_u, d_h = (h - new) * dh * u * (1 - u), (1 - u) * dh * (1 - new**2)
        d_r = (q if gate == "q" else h) * d_h * r * (1 - r)
        return u * dh + (r * d_h if candidate else d_h) @ Uh.T + d_u @ Uu.T + d_r @ Ur.T
    return back


def before(dh, h, u, r, new, q, U):
    Uu, Ur, Uh = np.split(U, 3, axis=1)
    d_u, dv = (h - new) * dh * u * (1 - u), ((1 - u) * dh * (1 - new**2)) @ Uh.T
    return u * dh + r * dv + d_u @ Uu.T + (h * dv * r * (1 - r)) @ Ur.T


RIGHT = {
    "16.1": (14400, 14592), "16.2": 1.25, "16.3": lambda k: 1 - 1 / k, "16.4": HOLD, "16.5": (-1, 0, 0.5), "16.6": turned("u"),
    "16.7": way_back(), "16.8": adder(),
}


ALSO_RIGHT = [
    ("16.1", [14400.0, 14592.0]), ("16.8", adder(2)), ("16.4", [[[0, 5, 1], [-60, 0, 0]], [[0, 3, 0]], [30, 0, 0]]),
    ("16.5", (-3, 0.5, 0.75)), ("16.6", lambda *w: tuple(turned("u")(*w))),
]


WRONG = [
    ("16.1", (14208, 14208), "biases are missing"), ("16.1", (14400, 14400), "more biases"),
    ("16.1", (14400, 14464), "second bias"), ("16.1", (14592, 14400), "exchanged"),
    ("16.1", (19200, 19456), "four blocks"), ("16.1", (14400, 1), r"Look again at \(b\)"),
    ("16.1", 14400, "Two numbers"),
    ("16.2", 0.75, "straight path alone"), ("16.2", 1.0, "two gates"), ("16.2", 1.15, "reset gate has seen"),
    ("16.2", 1.1, "update gate has seen"), ("16.2", 0.25, "gates alone"),
    ("16.2", 1.5, "stands between"), ("16.2", 3, "four terms"),
    ("16.3", 0.5, "function itself"), ("16.3", lambda k: 0.5, "first mark"), ("16.3", lambda k: 1 - 1 / k**2, "second mark"),
    ("16.3", lambda k: 0 if k == 1 else 0.5, "After 3 marks"),
    ("16.4", HOLD[:2], "you gave 2"), ("16.4", [np.zeros((3, 2)), *HOLD[1:]], "shapes should be"),
    ("16.4", [np.zeros((2, 3)), np.zeros((1, 3)), [20, 0, 0]], "stays at 0"),
    ("16.4", [[[0, 0, 1], [0, 0, 0]], [[0, 0, 0]], [-20, 0, 0]], "marked or not"),
    ("16.4", [[[0, 0, 1], [-40, 0, 0]], [[1e5, 0, 0]], [20, 0, 0]], "first marked"),
    ("16.4", [[[0, 0, 1], [-4, 0, 0]], [[0, 0, 0]], [2, 0, 0]], "should be"),
    ("16.5", 1, "Three numbers"), ("16.5", (-1, 0, 1.5), "between 0 and 1"), ("16.5", (-1, 0, 0), "should cancel"),
    ("16.5", (1, 0, 0.5), "it should become"), ("16.6", 1, "function itself"), ("16.6", turned("urh"), "turned the reset"),
    ("16.6", turned(""), "Nothing has changed"),
    ("16.6", turned("ur"), "stay as they are"), ("16.6", kernel_only, "In the recurrent kernel"),
    ("16.6", in_place, "Copy them"),
    ("16.6", lambda *w: w[:2], "three arrays"),
    ("16.7", way_back("h", False), "line by line"), ("16.7", way_back("q", False), "pass the reset gate"),
    ("16.7", way_back("h"), "What does r multiply"), ("16.7", before, "form before"), ("16.7", 1, "function itself"),
    ("16.7", lambda *a: 0.0, "should have the shape"),
    ("16.8", 1, "model itself"), ("16.8", plain(), "no GRU"), ("16.8", adder(3), "58 parameters"),
    ("16.8", adder(alpha=3.0), "squared error"),
]
