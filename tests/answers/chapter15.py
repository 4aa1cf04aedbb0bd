"""Right and wrong answers to the exercises of chapter 15, LSTM."""

import numpy as np


class Model:
    """Answers with a function of the numbers with the first and with the second bell."""

    def __init__(self, answer, shape=(-1, 1)):
        self.answer, self.shape = answer, shape

    def predict(self, x, verbose=0):
        first, second = x[x[..., 1] == 1][:, 0].reshape(-1, 2).T
        return self.answer(first, second).reshape(self.shape)


def step_back(c0, i, f, a, o, c, dh, dc, early=False, slope_of=None, output=1, straight=1):
    shown, before = np.tanh(c), dc
    dc = dc + dh * o * (1 - shown**2)
    gates = before if early else dc
    slope = 1 - (a if slope_of is None else slope_of(c)) ** 2
    dz = gates * a * i * (1 - i), gates * c0 * f * (1 - f), dc * i * slope, output * dh * shown * o * (1 - o)
    return np.concatenate(dz), straight * dc * f


def wrong_step(**how):
    return lambda *given: step_back(*given, **how)


def cell(i=60, f=-60, bias=(-30, 30, 0, 30)):
    return [[0, 0, 1, 0], [i, f, 0, 0]], np.zeros((1, 4)), bias


HALF = 0.5 ** (1 / 1000)

RIGHT = {
    "15.1": (41200, 41500, 71200), "15.2": (-0.2, 0.2, 0.18, 0, 0.5), "15.3": np.log(HALF / (1 - HALF)),
    "15.4": (0.125, 1 / 27 - 1 / 64), "15.5": cell(), "15.6": step_back, "15.7": Model(lambda a, b: a - b),
}


ALSO_RIGHT = [
    ("15.1", [41200.0, 41500.0, 71200.0]), ("15.3", 7.27), ("15.4", (0.125, 0.0214)), ("15.5", cell(40, -40, [-20, 20, 0, 20])),
]


WRONG = [
    ("15.1", (40800, 41100, 70800), "biases are missing"), ("15.1", (10300, 10600, 40300), "plain network"),
    ("15.1", (30900, 31200, 60900), "four of everything"), ("15.1", (41200, 41600, 81200), "three, not four"),
    ("15.1", (41200, 71200, 41500), r"\(b\) and \(c\)"), ("15.1", (41200, 41500, 7), r"Look again at \(c\)"),
    ("15.1", 41200, "3 numbers"),
    ("15.2", (-0.4, 0.4, 0.36, 0, 1), "is not dh"), ("15.2", (-0.2, 0.2, 0.5, 0, 0.5), "1 - a²"),
    ("15.2", (-0.8, 0.8, 0.18, 0, 0.5), "lies a sigmoid"), ("15.2", (0.2, -0.2, 0.18, 0, 0.5), "meets a"),
    ("15.2", (-0.2, 0.2, 0.18, 0.5, 0.5), r"tanh of c\(t\)"), ("15.2", (-0.2, 0.2, 0.18, 0, 1), r"Look again at dc\(t-1\)"),
    ("15.2", (1, 2), "Five numbers"),
    ("15.3", HALF, "That is the gate"), ("15.3", -np.log(HALF / (1 - HALF)), "The sign"),
    ("15.3", np.log(HALF), "logarithm of f"), ("15.3", 5, "is left after"),
    ("15.4", (1.5, 0.25), "mean of the sum"), ("15.4", (0.125, 1 / 27), "mean of the square"),
    ("15.4", (0.125, (1 / 12) ** 3), "not the product of the variances"), ("15.4", (0.2, 0.1), "best constant is the mean"),
    ("15.4", (0.125, 0.1), "minus the square"), ("15.4", 0.125, "Two numbers"),
    ("15.5", cell(f=0), "adds up"), ("15.5", cell(bias=[-2, 30, 0, 30]), "before the first bell"),
    ("15.5", cell(bias=[-30, 30, 0, 0]), "half of what"), ("15.5", cell(bias=[-30, 0, 0, 30]), "then it forgets"),
    ("15.5", cell(i=33), r"At some step it shows (\S+) in place of (?!\1\.)"), ("15.5", cell()[:2], "2 things"),
    ("15.5", (np.zeros((2, 3)), 0, 0), "shapes should be"),
    ("15.6", wrong_step(early=True), "dz_i is still wrong"), ("15.6", wrong_step(slope_of=lambda c: c), "dz_a is still wrong"),
    ("15.6", wrong_step(output=2), "dz_o was right"), ("15.6", wrong_step(straight=2), "the whole dc"),
    ("15.6", lambda *given: (given[0], given[1]), "in a row"), ("15.6", 1, "function itself"),
    ("15.7", 1, "model itself"), ("15.7", Model(lambda a, b: a - b, (1, -1)), r"\(1000, 1\)"),
    ("15.7", Model(lambda a, b: b - a), "first from the second"), ("15.7", Model(lambda a, b: a + b), "adds the numbers"),
    ("15.7", Model(lambda a, b: 0 * a), "fall comes late"), ("15.7", Model(lambda a, b: a - b + 0.2), "train on"),
]
