"""Right and wrong answers to the exercises of chapter 3, linear algebra."""

import numpy as np

RIGHT = {
    "03.1": [[0, 1], [-1, 0]], "03.2": [[2, 8], [1, 7]], "03.3": [(2352, 100), (100,), (32, 100)],
    "03.4": lambda X: (X - X.mean(0)) / np.maximum(X.std(0), 1e-9), "03.5": (118400, 52480),
    "03.6": lambda X, M: (X ** 2).sum(1)[:, None] - 2 * X @ M.T + (M ** 2).sum(1), "03.7": [4.5, 2.5, 1.5],
}

WRONG = [
    ("03.1", [[0, -1], [1, 0]], "turns to the left"), ("03.1", np.eye(2), "Where should they go"), ("03.1", 1, "2 × 2"),
    ("03.2", [[6, 12], [1, 3]], "other order"), ("03.2", [[2, 0], [0, 3]], "entry by entry"),
    ("03.2", np.eye(2), "row of the left"), ("03.2", [[2, 1], [8, 7]], "transpose"), ("03.2", [1, 2], "yours has shape"),
    ("03.3", [(100, 2352), (100,), (32, 100)], "stand on the left"),
    ("03.3", [(784, 100), (100,), (32, 100)], "28 · 28 · 3"), ("03.3", [(2352, 100), (32, 100), (32, 100)], "broadcasting"),
    ("03.3", [(2352, 100), (100,), (100, 32)], "One row"), ("03.3", [(2352, 100), (100,)], "Three shapes"),
    ("03.4", lambda X: (X - X.mean(0)) / X.std(0), "standard deviation, 0"),
    ("03.4", lambda X: X.__isub__(1), "changes the table"),
    ("03.4", lambda X: (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True), "rows"),
    ("03.4", lambda X: X - X.mean(0), "should be 0 and 1"), ("03.4", lambda X: X.mean(0), "came back"),
    ("03.4", 1, "function itself"), ("03.5", (52480, 118400), "exchanged"), ("03.5", (118400, 1), "second"),
    ("03.5", (1, 52480), "first"), ("03.5", 1, "Two numbers"),
    ("03.6", lambda X, M: ((X[:, None] - M) ** 2).sum(-1).T, "other way round"),
    ("03.6", lambda X, M: X @ M.T, "numbers are not"),
    ("03.6", lambda X, M: ((X[:, None] - M) ** 2).sum(-1) ** 0.5, "squared"), ("03.6", lambda X, M: X, "should have shape"),
    ("03.6", 1, "function itself"), ("03.6", lambda X, M: ((X[:, None] - M) ** 2).sum(-1), "three axes"),
    ("03.4", lambda X: (X - X.mean(0)) / np.maximum(X.std(0, ddof=1), 1e-9), "N − 1"),
    ("03.7", [4.55, 2.5, 1.5], "one would need"), ("03.7", [4], "lie on each other"), ("03.7", [4.5], "4 cuts"),
    ("03.7", [4.5, 2.5, 1.5, 1.4], "Fewer"),
]
