"""The exercises: every hidden solution is right, an empty answer is no error, wrong answers get a hint of their own."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from unrolled import exercises
from unrolled.datasets import gate, two_gaussians
from unrolled.perceptron import Perceptron, step

BOOK = Path(__file__).parent.parent / "book"
CHECK = re.compile(r'^exercises\.check\("([0-9.]+)", (.*)', re.MULTILINE)


def cells():
    for path in sorted(BOOK.glob("[0-9][0-9]-*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for number, answer in CHECK.findall("".join(cell["source"])):
                yield number, answer, cell


def test_each_exercise_has_a_stub_and_a_hidden_solution_that_is_right():
    found = {}
    for number, answer, cell in cells():
        printed = "".join("".join(o.get("text", "")) for o in cell["outputs"])
        solution = "solution" in cell["metadata"].get("tags", [])
        assert solution is not answer.startswith("...)")
        assert (f"Exercise {number}: right." if solution else "is waiting for your answer") in printed
        assert not solution or "hide-cell" in cell["metadata"]["tags"]
        found.setdefault(number, []).append(solution)
    assert found and all(kinds == [False, True] for kinds in found.values()), found


def test_unanswered_and_unknown(capsys):
    exercises.check("05.1")
    assert "waiting for your answer" in capsys.readouterr().out
    with pytest.raises(KeyError, match="'99.1'"):
        exercises.check("99.1", 0)
    with pytest.raises(KeyError, match="did you mean '05.1'"):
        exercises.check("05.10", 0)


def majority_perceptron():
    x, t = two_gaussians()
    return Perceptron(strict=True).fit(x, t)


def miss(w, b, x, t):
    return t - 1 / (1 + np.exp(-(x @ w + b)))


def fit_line(x, t, w, rate, epochs, batch_size, scale=lambda n, size: 2 / n, end=None):
    for _ in range(epochs):
        for k in range(0, end or len(x), batch_size):
            x_k, t_k = x[k:k + batch_size], t[k:k + batch_size]
            w = w - rate * scale(len(x_k), batch_size) * x_k.T @ (x_k @ w - t_k)
    return w


LARGER = [[1, 0, 0], [-1, 1, -1]], [0, 0, 0], [[1], [1], [-1]], [0]


class TanhLayer:
    def forward(self, z):
        self.y = np.tanh(z)
        return self.y

    def backward(self, dy):
        return dy * (1 - self.y**2)


class Forgetful(TanhLayer):
    def backward(self, dy):
        self.y = super().backward(dy)
        return self.y


def relu_gradients(x, t, W, b, V, c, mean=False, slope=True):
    h = np.maximum(x @ W + b, 0)
    dz2 = 1 / (1 + np.exp(-(h @ V + c))) - t
    dz1 = dz2 @ V.T * ((h > 0) if slope else 1)
    return x.T @ dz1, dz1.mean(0) if mean else dz1.sum(0), h.T @ dz2, dz2.sum(0)


def ratios(t, y, no_precision=0, no_recall=0):
    return np.mean(t == y), np.mean(t[y == 1]) if y.any() else no_precision, np.mean(y[t == 1]) if t.any() else no_recall


class Model:
    def __init__(self, predict):
        self.predict = predict


RIGHT = {
    "01.2": 2410, "01.3": 105, "01.4": lambda outputs, labels: (outputs.argmax(1) == labels).mean(), "01.5": (0.9, 0.1),
    "01.1": lambda image: int(image[2:6, 3:5].mean() > 0.4),
    "05.1": (1, 0, 3), "05.2": (-1, -1, -1.5), "05.3": 14, "05.5": ([1, 1, 1], -1.5),
    "05.4": lambda w, b, x, t: (w + (t - step(w @ x + b)) * x, b + t - step(w @ x + b)),
    "05.7": lambda p, q, r: (p + q + r) % 2,
    "02.1": 12, "02.2": (20, 7), "02.4": 2 * np.cos(1), "02.5": (30, 20, 10), "02.7": np.sqrt(0.5),
    "02.3": lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h**2,
    "02.6": lambda dz, x, y: (dz / y, -dz * x / y**2),
    "03.1": [[0, 1], [-1, 0]], "03.2": [[2, 8], [1, 7]], "03.3": [(2352, 100), (100,), (32, 100)],
    "03.4": lambda X: (X - X.mean(0)) / np.maximum(X.std(0), 1e-9), "03.5": (118400, 52480),
    "03.6": lambda X, M: (X ** 2).sum(1)[:, None] - 2 * X @ M.T + (M ** 2).sum(1), "03.7": [4.5, 2.5, 1.5],
    "04.1": ((32, 3), (1, 2)), "04.2": 2**24, "04.3": lambda x: x - x.mean(axis=0), "04.4": 2 * np.cos(1) - 4 * np.sin(1),
    "04.5": 5, "04.6": fit_line, "04.7": LARGER,
    "06.1": 1.5, "06.2": np.log(11), "06.5": 1 / 3,
    "06.3": lambda z, t: np.mean(np.logaddexp(0, z) - t * z),
    "06.4": lambda w, b, x, t, rate: (w + rate * miss(w, b, x, t) @ x / len(x), b + rate * miss(w, b, x, t).mean()),
    "06.6": lambda W, b, j, k: (*(W[:, j] - W[:, k]), b[j] - b[k]),
    "07.1": ([[2, -2], [2, -2]], [-1, 3], [[-2], [-2]], 3), "07.2": 45360, "07.3": (-0.125, 0.16), "07.4": TanhLayer,
    "07.5": relu_gradients, "07.6": ratios,
    "07.7": Model(lambda x: x.sum(axis=1, keepdims=True) % 2),
}
WRONG = [
    ("01.1", lambda image: 1 - int(image[2:6, 3:5].mean() > 0.4), "exchange the two answers"),
    ("01.1", lambda image: 0, "Plot the mean image"), ("01.1", lambda image: 7, "answered 7"), ("01.1", 3, "Give a function"),
    ("01.2", 2368, "has a bias"), ("01.2", 650, "without its hidden layer"), ("01.2", 7, "Count layer by layer"),
    ("01.3", 98, "last 37 images"), ("01.3", 1, "How many batches"),
    ("01.4", lambda outputs, labels: (outputs.argmax(1) == labels).sum(), "divide it by"),
    ("01.4", lambda outputs, labels: 0.123, "it returned 0.123"), ("01.4", lambda o: 0, "TypeError"),
    ("01.4", 1, "function itself"),
    ("01.5", (0.9, 0.9), "too good for random labels"), ("01.5", (0.2, 0.1), "Train longer"), ("01.5", (90, 10), "shares"),
    ("01.6", 3, "this is a int"),
    ("05.1", (3, 2, 1), "t − y is −1"), ("05.1", (1, 0, 1), "threshold moves the other way"),
    ("05.1", (2, 1, 2), "Then it fires"),
    ("05.1", (1, 2), "you gave 2"), ("05.1", (9, 9, 9), "Work out y"),
    ("05.2", (1, 1, 1.5), r"wrong at \(0, 0\), \(0, 1\), \(1, 0\), \(1, 1\)"),
    ("05.2", 3, "could not be tried: TypeError"),
    ("05.3", 16, "16 functions"), ("05.3", 15, "Turn all its answers"), ("05.3", 12, "stubborn"), ("05.3", 3, "Try all 16"),
    ("05.4", lambda w, b, x, t: (w - (t - step(w @ x + b)) * x, b - t + step(w @ x + b)), "sign is turned round"),
    ("05.4", lambda w, b, x, t: (w + (t - step(w @ x + b)) * x, b), "bias is not"),
    ("05.4", lambda w, b, x, t: (w.__iadd__((t - step(w @ x + b)) * x), b), "changes the array"),
    ("05.4", lambda w, b, x, t: (w, b), "weights should become"), ("05.4", 3, "function itself"),
    ("05.5", ([1, 1, 1], -0.5), "Wrong at"), ("05.5", ([1, 1], -0.5), "three weights"),
    ("05.6", (majority_perceptron().w, -9), "factor 0.5"), ("05.6", ([1, 1], -5), "in front of both corrections"),
    ("05.7", lambda p, q, r: int(p + q + r == 1), "odd number"), ("05.7", lambda p, q, r: 0, "Wrong at"),
    ("05.7", 0, "function"),
    ("05.8", ([1, 0], -20), "points wrong"), ("05.8", ([1], 0), "two weights"),
    ("02.1", 8, r"That is f\(2\)"), ("02.1", 6, "you have 3a"), ("02.1", 4, "derivative of x²"), ("02.1", 1, "Expand"),
    ("02.2", (7, 20), "exchanged"), ("02.2", (20, 3), "Hold y fixed"), ("02.2", 20, "2 numbers are asked for"),
    ("02.3", lambda f, x, h: (f(x + h) - f(x - h)) / 2 / h, "first derivative"), ("02.3", 1, "function itself"),
    ("02.3", lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h, "by h²"), ("02.3", lambda f, x, h: 0.0, "it gives 0.00000"),
    ("02.4", np.cos(1), "inner one is missing"), ("02.4", 1, "times that of x²"),
    ("02.5", (20, 30, 10), "swaps"), ("02.5", (3, 2, 1), "square is missing"), ("02.5", (1, 1, 1), "Forwards first"),
    ("02.6", lambda dz, x, y: (dz / y, dz * x / y**2), "sign is missing"),
    ("02.6", lambda dz, x, y: (dz * y, 0), "should be −0.25"),
    ("02.6", lambda dz, x, y: (dz / y, 0), "should be −0.375"), ("02.6", 1, "function itself"),
    ("02.7", -np.sqrt(0.5), "smallest"), ("02.7", 1, "slope zero"),
    ("03.1", [[0, -1], [1, 0]], "turns to the left"), ("03.1", np.eye(2), "Where should they go"), ("03.1", 1, "2 × 2"),
    ("03.2", [[6, 12], [1, 3]], "other order"), ("03.2", [[2, 0], [0, 3]], "entry by entry"),
    ("03.2", np.eye(2), "row of the left"),
    ("03.2", [[2, 1], [8, 7]], "transpose"), ("03.2", [1, 2], "yours has shape"),
    ("03.3", [(100, 2352), (100,), (32, 100)], "stand on the left"), ("03.3", [(784, 100), (100,), (32, 100)], "28 · 28 · 3"),
    ("03.3", [(2352, 100), (32, 100), (32, 100)], "broadcasting"), ("03.3", [(2352, 100), (100,), (100, 32)], "One row"),
    ("03.3", [(2352, 100), (100,)], "Three shapes"),
    ("03.4", lambda X: (X - X.mean(0)) / X.std(0), "standard deviation, 0"),
    ("03.4", lambda X: X.__isub__(1), "changes the table"),
    ("03.4", lambda X: (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True), "rows"),
    ("03.4", lambda X: X - X.mean(0), "should be 0 and 1"),
    ("03.4", lambda X: X.mean(0), "came back"), ("03.4", 1, "function itself"),
    ("03.5", (52480, 118400), "exchanged"), ("03.5", (118400, 1), "second"), ("03.5", (1, 52480), "first"),
    ("03.5", 1, "Two numbers"),
    ("03.6", lambda X, M: ((X[:, None] - M) ** 2).sum(-1).T, "other way round"),
    ("03.6", lambda X, M: X @ M.T, "numbers are not"),
    ("03.6", lambda X, M: ((X[:, None] - M) ** 2).sum(-1) ** 0.5, "squared"), ("03.6", lambda X, M: X, "should have shape"),
    ("03.6", 1, "function itself"), ("03.6", lambda X, M: ((X[:, None] - M) ** 2).sum(-1), "three axes"),
    ("03.4", lambda X: (X - X.mean(0)) / np.maximum(X.std(0, ddof=1), 1e-9), "N − 1"),
    ("03.7", [4.55, 2.5, 1.5], "one would need"),
    ("03.7", [4], "lie on each other"), ("03.7", [4.5], "4 cuts"), ("03.7", [4.5, 2.5, 1.5, 1.4], "Fewer"),
    ("04.1", (32, 3), "two tuples"), ("04.1", ((28, 28), (0, 3)), "that should stay"),
    ("04.1", ((32, 28), (2, 3)), "name the other two"),
    ("04.1", ((32, 1, 1, 3), (1, 2)), "keepdims"), ("04.1", ((3, 32), (1, 2)), "Cross them out"),
    ("04.2", 2**24 + 1, "does not exist"), ("04.2", 2**24 - 1, "One more"), ("04.2", 2**23, "still leads"),
    ("04.2", 2**53, "64 bits"),
    ("04.2", 2048, "16 bits"), ("04.2", 2**31 - 1, "only 24"), ("04.2", 1e6, "2 apart"),
    ("04.3", 1, "function itself"), ("04.3", lambda x: x.__isub__(x.mean(axis=0)), "in place"),
    ("04.3", lambda x: x.mean(axis=0), "should have that shape"), ("04.3", lambda x: x - x.mean(), "one mean from everything"),
    ("04.3", lambda x: x - x.mean(axis=1, keepdims=True), "mean of each row"), ("04.3", lambda x: x, "the mean 0"),
    ("04.3", lambda x: x - x.mean(axis=0).astype(x.dtype), "for uint8"),
    ("04.4", None, "must be watched"), ("04.4", 2 * np.cos(1), "first derivative"), ("04.4", -np.sin(1), "counts twice"),
    ("04.4", np.sin(1), "function itself"), ("04.4", float(np.float32(2 * np.cos(1) - 4 * np.sin(1))), "dtype=tf.float64"),
    ("04.4", 7, "by hand"),
    ("04.5", 7, "finds one"), ("04.5", 6, "share a graph"), ("04.5", 4, "one axis"), ("04.5", 3, "Shapes count"),
    ("04.5", 1, "already"),
    ("04.6", 1, "function itself"), ("04.6", lambda x, t, w, *rest: w.__imul__(2), "changes the weights"),
    ("04.6", lambda x, t, w, *rest: np.ones((3, 3)), r"shape \(3,\)"),
    ("04.6", lambda *a: fit_line(*a, end=8), "is missing"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 2 / size), "length of the batch"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 2 / 10), "all samples"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 2), "on the sum"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: 1 / n), "factor 2"),
    ("04.6", lambda *a: fit_line(*a, lambda n, size: -2 / n), "uphill"),
    ("04.6", lambda x, t, w, rate, epochs, size: fit_line(x, t, w, rate, epochs, len(x)), "one step for each epoch"),
    ("04.6", lambda x, t, w, rate, epochs, size: fit_line(x, t, w, rate, 1, size), "one epoch"),
    ("04.6", lambda x, t, w, rate, epochs, size: fit_line(x, t, w, rate, epochs, 1), "one sample a step"),
    ("04.6", lambda x, t, w, *rest: w, "it should be"),
    ("04.7", 3, "four arrays"), ("04.7", ([[1, 0], [-1, 1]], [0, 0, 0], [[1], [1]], [0]), "shapes should be"),
    ("04.7", (np.zeros((2, 4)), np.zeros(4), np.zeros((4, 1)), [0]), "are for 4"),
    ("04.7", ([[1, 0], [-1, 1]], [0, 99], [[1], [1]], [-99]), "switched on"),
    ("04.7", ([[1, 0], [-1, 1]], [0, 0], [[1], [1]], [0]), "both are negative"),
    ("04.7", ([[1, 0], [0, 1]], [0, 0], [[1], [1]], [0]), "Begin with the excess"),
    ("06.1", 1.0, "one in the middle"), ("06.1", 2, "make together"),
    ("06.2", np.log(99), "for 0.9"), ("06.2", 11, "logarithm"), ("06.2", 0.09, "as odds"),
    ("06.3", lambda z, t: -np.mean(np.logaddexp(0, z) - t * z), "minus sign"), ("06.3", 1, "function itself"),
    ("06.3", lambda z, t: np.sum(np.logaddexp(0, z) - t * z), "mean is asked for"),
    ("06.3", lambda z, t: 0.0, "it gives 0.0000"),
    ("06.3", lambda z, t: -np.mean(t * np.log(1 / (1 + np.exp(-z))) + (1 - t) * np.log(1 - 1 / (1 + np.exp(-z)))), "logaddexp"),
    ("06.4", lambda w, b, x, t, rate: (w - rate * miss(w, b, x, t) @ x / 7, b), "uphill"), ("06.4", 1, "function itself"),
    ("06.4", lambda w, b, x, t, rate: (w + rate * miss(w, b, x, t) @ x, b), "mean is asked for"),
    ("06.4", lambda w, b, x, t, rate: (w + rate * miss(w, b, x, t) @ x / 7, b), "w is right"),
    ("06.4", lambda w, b, x, t, rate: (w.__iadd__(1), b), "changes the array"),
    ("06.4", lambda *a: (a[0], a[1]), "should become"),
    ("06.5", 1.0, "derivative of 3x²"), ("06.5", 1 / 6, "changing sides"), ("06.5", 2, "one step multiply"),
    ("06.6", lambda W, b, j, k: (*(W[:, k] - W[:, j]), b[k] - b[j]), "sides exchanged"), ("06.6", 1, "function itself"),
    ("06.6", lambda W, b, j, k: (1, 2, 3), "Classes have columns"), ("06.6", lambda W, b, j, k: (1, 2), "three numbers"),
    ("06.7", ([1, 1], -5), "Take more steps"), ("06.7", ([1], 0), "two weights"),
    ("07.1", ([[2, -2], [2, -2]], [-1, 3], [[2], [2]], -3), "That is XOR"), ("07.1", (np.eye(2), [0, 0], [1, 1], 0), "it says"),
    ("07.1", (np.eye(3), [0, 0], [1, 1], 0), "shapes should be"), ("07.1", (1, 2), "2 things"),
    ("07.2", 45200, "biases are missing"), ("07.2", 45200 + 934, "not inputs"), ("07.2", 1, "Layer by layer"),
    ("07.3", (0.125, -0.16), "sign"), ("07.3", (-0.5, 1), "slope of the bend"), ("07.3", (1, 1), "First the output"),
    ("07.3", (-0.0234375, 0.03), "without the factor"), ("07.3", 1, "2 numbers"),
    ("07.4", TanhLayer(), "class itself"), ("07.4", Forgetful, "second call"),
    ("07.4", type("A", (TanhLayer,), {"forward": lambda self, z: z}), "does not return"),
    ("07.4", type("A", (TanhLayer,), {"backward": lambda self, dy: 1 - self.y**2}), "returns the slope"),
    ("07.4", type("A", (TanhLayer,), {"backward": lambda self, dy: dy * (1 - np.tanh(self.y) ** 2)}), "twice"),
    ("07.4", type("A", (TanhLayer,), {"backward": lambda self, dy: dy}), "forward is right"),
    ("07.5", lambda *a: relu_gradients(*a, mean=True), "derivative by b"),
    ("07.5", lambda *a: relu_gradients(*a, slope=False), "derivative by W"),
    ("07.5", 1, "function itself"),
    ("07.6", lambda t, y: (0.625, 1 / 3, 0.5), "exchanged"), ("07.6", lambda t, y: (1, 1, 1), "it gives"),
    ("07.6", 1, "function itself"),
    ("07.6", lambda t, y: ratios(t, y, no_precision=1), "precision has"),
    ("07.6", lambda t, y: ratios(t, y, no_recall=1), "recall"),
    ("07.7", 1, "model itself"), ("07.7", Model(lambda x: x), "eight chances"),
    ("07.7", Model(lambda x: x[:, 0]), "wrong about"),
]


@pytest.mark.parametrize("number", RIGHT)
def test_right_answers(number):
    assert exercises.judge(number, RIGHT[number]) is None


@pytest.mark.parametrize("number, answer, hint", WRONG)
def test_wrong_answers_get_their_hint(number, answer, hint, capsys):
    exercises.check(number, answer)
    assert re.search(f"Exercise {number}: not yet. .*{hint}", capsys.readouterr().out)


def test_learned_answers():
    neuron = majority_perceptron()
    assert exercises.judge("05.6", (neuron.w / 2, neuron.b / 2)) is None
    x, t = two_gaussians(n=50, mean=2.0)
    best = min(Perceptron(strict=True).fit(x, t, epochs=200).presentations, key=lambda p: np.sum(step(x @ p.w + p.b) != t))
    assert exercises.judge("05.8", (best.w, best.b)) is None
    assert gate("XOR")[1].tolist() == [0, 1, 1, 0]


def test_small_models():
    import unrolled as dl
    from unrolled.datasets import digits

    (x, y), _ = digits()
    dl.utils.set_random_seed(0)
    model = dl.Sequential([dl.Input((64,)), dl.layers.Dense(10, activation="softmax")])
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy")
    assert "long enough" in exercises.judge("01.6", model)
    model.fit(x.reshape(len(x), -1), y, epochs=40, verbose=0)
    assert exercises.judge("01.6", model) is None
    large = dl.Sequential([dl.Input((64,)), dl.layers.Dense(20), dl.layers.Dense(10)])
    assert "1510 parameters" in exercises.judge("01.6", large)
