"""Right and wrong answers to the exercises of chapter 2, calculus."""

import numpy as np

RIGHT = {
    "02.1": 12, "02.2": (20, 7), "02.4": 2 * np.cos(1), "02.5": (30, 20, 10), "02.7": np.sqrt(0.5),
    "02.3": lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h**2, "02.6": lambda dz, x, y: (dz / y, -dz * x / y**2),
}

WRONG = [
    ("02.1", 8, r"That is f\(2\)"), ("02.1", 6, "you have 3a"), ("02.1", 4, "derivative of x²"), ("02.1", 1, "Expand"),
    ("02.2", (7, 20), "exchanged"), ("02.2", (20, 3), "Hold y fixed"), ("02.2", 20, "2 numbers are asked for"),
    ("02.3", lambda f, x, h: (f(x + h) - f(x - h)) / 2 / h, "first derivative"), ("02.3", 1, "function itself"),
    ("02.3", lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h, "by h²"),
    ("02.3", lambda f, x, h: 0.0, "it gives 0.00000"), ("02.4", np.cos(1), "inner one is missing"),
    ("02.4", 1, "times that of x²"), ("02.5", (20, 30, 10), "swaps"), ("02.5", (3, 2, 1), "square is missing"),
    ("02.5", (1, 1, 1), "Forwards first"), ("02.6", lambda dz, x, y: (dz / y, dz * x / y**2), "sign is missing"),
    ("02.6", lambda dz, x, y: (dz * y, 0), "should be −0.25"), ("02.6", lambda dz, x, y: (dz / y, 0), "should be −0.375"),
    ("02.6", 1, "function itself"), ("02.7", -np.sqrt(0.5), "smallest"), ("02.7", 1, "slope zero"),
]
