"""Right and wrong answers to the exercises of chapter 8, going deep."""

import numpy as np

import unrolled as dl


def sigma(z):
    return 1 / (1 + np.exp(-z))


def prelu_backward(z, alpha, dh, reduce=lambda a: a.sum(axis=0), factor=True, mask=True, sign=1):
    each = (dh if factor else 1) * (np.minimum(z, 0) if mask else z)
    return np.where(z > 0, dh, alpha * dh), sign * reduce(each)


def changing(z, alpha, dh):
    dz, dalpha = prelu_backward(z, alpha, dh)
    dh[:] = dz
    return dh, dalpha


class Read:
    """What looks like a trained model of so many hidden layers, and reads this share of the test digits."""

    def __init__(self, depth=6, bend="sigmoid", right=1.0, last=None, shape=(360, 10)):
        self.layers, self.right, self.shape = [dl.layers.Dense(5, bend) for _ in range(depth)], right, shape
        self.layers.append(last or dl.layers.Dense(10, "softmax"))

    def predict(self, x, verbose=0):
        t = dl.datasets.digits()[1][1]
        scores = np.eye(10)[t]
        wrong = int(round((1 - self.right) * len(t)))
        scores[:wrong] = np.roll(scores[:wrong], 1, axis=1)
        return scores if self.shape == (360, 10) else np.zeros(self.shape)


RIGHT = {
    "08.1": 198_800, "08.2": 81 / 256, "08.3": lambda z: sigma(z) * (1 + z * (1 - sigma(z))), "08.4": prelu_backward,
    "08.5": (np.array([[-1, 1], [1, -1]]), np.zeros(2)), "08.6": lambda z: 1 - np.mean((z > 0).any(axis=0)), "08.7": Read(),
}


ALSO_RIGHT = [
    ("08.1", 198_800.0), ("08.2", 0.3164),
    ("08.4", lambda z, alpha, dh: (dh * np.where(z > 0, 1, alpha), (dh * (z <= 0) * z).sum(0, keepdims=True))),
    ("08.5", ([[1, -1], [-1, 1]], [0, 0])), ("08.6", lambda z: float((z <= 0).all(0).sum() / z.shape[1])),
    ("08.7", Read(right=0.81)), ("08.7", Read(depth=10, last=dl.layers.Dense(10))),
]


WRONG = [
    ("08.1", 199_210, "biases are to be left out"), ("08.1", 158_800, "one hidden layer"),
    ("08.1", 784 * 200 * 200 * 10, "add up"), ("08.1", 40_000, "three such products"), ("08.1", None, "three such products"),
    ("08.2", 0.75**5, "four times"), ("08.2", 0.25**4, "bound without"), ("08.2", 81, "also has a slope"),
    ("08.2", 3.0, "multiply"), ("08.2", 1, "How many passages"), ("08.3", lambda z: z * sigma(z), "That is the function"),
    ("08.3", lambda z: sigma(z) * (1 - sigma(z)), "derivative of the sigmoid"), ("08.3", sigma, "one is missing"),
    ("08.3", lambda z: z * sigma(z) * (1 - sigma(z)), "one is missing"),
    ("08.3", lambda z: sigma(z) - z * sigma(z) * (1 - sigma(z)), "differences of z"),
    ("08.3", lambda z: 1.0, "of that shape"), ("08.3", 1, "function itself"),
    ("08.4", lambda *a: prelu_backward(*a, reduce=lambda e: e), "row for each sample"),
    ("08.4", lambda *a: prelu_backward(*a, reduce=lambda e: e.mean(axis=0)), "not a mean"),
    ("08.4", lambda *a: prelu_backward(*a, reduce=np.sum), "slope of its own"),
    ("08.4", lambda *a: prelu_backward(*a, mask=False), "Where z > 0"),
    ("08.4", lambda *a: prelu_backward(*a, factor=False), "lacks the factor"),
    ("08.4", lambda *a: prelu_backward(*a, sign=-1), "dalpha is not"),
    ("08.4", lambda z, alpha, dh: (dh, dh.sum(axis=0)), "dz is not right"), ("08.4", changing, "changes the arrays"),
    ("08.4", 1, "function itself"), ("08.5", ([[1, 0], [0, 1]], [0, 0]), "larger of the two"),
    ("08.5", ([[1, 0], [-1, 0]], [0, 0]), "it says"), ("08.5", ([[1, 1], [-1, -1]], [0, 0]), "which is the distance"),
    ("08.5", (np.eye(3), [0, 0]), "shapes should be"), ("08.5", ([[1, -1], [-1, 1]],), "1 things"),
    ("08.5", ([[1, -1], [-1, 1]], [1, 0]), "it says"),
    ("08.6", lambda z: np.sum(np.all(z <= 0, axis=0)), "the share is asked for"),
    ("08.6", lambda z: np.mean(z <= 0), "silent entries"),
    ("08.6", lambda z: np.mean(np.any(z <= 0, axis=0)), "not for any"),
    ("08.6", lambda z: np.mean(np.all(z < 0, axis=0)), "at 0 is 0"),
    ("08.6", lambda z: np.all(z <= 0, axis=0), "One number"), ("08.6", lambda z: 0.4, "nothing is dead"),
    ("08.6", lambda z: 0.9, "2 of 5"), ("08.6", 1, "function itself"),
    ("08.6", lambda z: np.mean(np.all(z <= 0, axis=1)), "2 of 5|amples are the rows"), ("08.7", 1, "model itself"),
    ("08.7", Read(depth=5), "5 hidden layers"), ("08.7", Read(bend="tanh"), "should be sigmoids"),
    ("08.7", Read(right=0.5), "reads 50%"), ("08.7", Read(shape=(360, 1)), "rows of 10"),
    ("08.7", Read(bend=None), "0 hidden layers"),
]
