"""Right and wrong answers to the exercises of chapter 18, sequence to sequence."""

import itertools

import numpy as np

from unrolled.seq2seq import Seq2Seq
from unrolled.text import Vocabulary


class Writer(Seq2Seq):
    """Writes what it is told to, without training."""

    def __init__(self, change, symbols=5):
        super().__init__(2, symbols)
        self.change = change

    def greedy(self, questions, length):
        words = Vocabulary("abcd ", padding=None)
        read = words.decode(questions.argmax(axis=-1))
        return words.encode([self.change(w.rstrip()).ljust(length) for w in read])


def reads(y):
    return np.concatenate([np.zeros_like(y[:, :1]), y[:, :-1]], axis=1)


def last(dz_o, dz, V, U):
    return dz_o[:, 0] @ V.T + dz[:, 0] @ U.T


RIGHT = {
    "18.1": (0.3, 0.21, 0.1), "18.2": 88230, "18.3": (0.8, 0.95), "18.4": reads, "18.5": last,
    "18.6": lambda V, L: V ** (L - 1), "18.7": Writer(lambda w: w[::-1]),
}


ALSO_RIGHT = [
    ("18.1", [0.6 * 0.5, 0.3 * 0.7 * 1, 0.1]), ("18.2", np.int64(88230)), ("18.3", np.array([0.8, 0.95])),
    ("18.4", lambda y: np.pad(y, ((0, 0), (1, 0), (0, 0)))[:, :-1]),
    ("18.6", lambda V, L: len(list(itertools.product(range(V), repeat=L - 1)))),
]


WRONG = [
    ("18.1", (0.6, 0.21, 0.1), "end sign"), ("18.1", (0.3, 0.18, 0.1), "begins with b"),
    ("18.1", (0.3, 0.21, 0.2), "empty one"),
    ("18.1", 0.3, "3 numbers"), ("18.2", 87630, "two biases"), ("18.2", 94230, "does not read the question"),
    ("18.2", 82230, "50 features"), ("18.2", 88200, "has a bias"), ("18.2", 85200, "is missing"),
    ("18.2", 48630, "two recurrent"),
    ("18.2", 1, "three blocks"), ("18.3", 0.8, "two numbers"), ("18.3", (0.95, 0.8), "smallest comes first"),
    ("18.3", (0.95**4, 0.95), "independently"), ("18.3", (0.8, 0.99), "as few answers"), ("18.3", (0.9, 0.95), "of its own"),
    ("18.4", 1, "function itself"), ("18.4", lambda y: y, "very symbol"),
    ("18.4", lambda y: np.roll(y, 1, axis=1), "last symbol"),
    ("18.4", lambda y: y[:, :-1], "at each of its"), ("18.4", lambda y: np.roll(y, -1, axis=1), "shifted to the left"),
    ("18.4", lambda y: np.zeros_like(y), "step t - 1"),
    ("18.5", 1, "function itself"), ("18.5", lambda o, z, V, U: z[:, 0] @ U.T, "18.8"),
    ("18.5", lambda o, z, V, U: o[:, 0] @ V.T, "next state"),
    ("18.5", lambda o, z, V, U: o[:, 0] @ V.T + z[:, 0] @ U, "transposed"),
    ("18.5", lambda o, z, V, U: (o[:, 0] @ V.T).sum(axis=0), "a column for each unit"),
    ("18.5", lambda o, z, V, U: o[:, 1] @ V.T + z[:, 0] @ U.T, "Two blames"),
    ("18.6", 4, "function itself"), ("18.6", lambda V, L: V**L, "Fewer will do"),
    ("18.6", lambda V, L: (V - 1) ** (L - 1), "before the last step"),
    ("18.7", 1, "Seq2Seq itself"), ("18.7", Writer(lambda w: w[::-1], symbols=6), "5 symbols"),
    ("18.7", Writer(lambda w: w), "as they are"), ("18.7", Writer(lambda w: ""), "More units"),
]
