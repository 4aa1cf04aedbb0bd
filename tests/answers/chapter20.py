"""Right and wrong answers to the exercises of chapter 20, memory networks."""

import numpy as np

from unrolled.exercises.chapter20 import questions, vocabulary

PERSONS, PLACES = ("Daniel", "John", "Mary", "Sandra"), ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
P, C = np.array([2, 3, 6]) / 11, np.array([[4, 0], [0, 4], [2, 2]])
THERE, BACK = "Mary went to the garden.", "Mary went to the office."


def softmax(s):
    e = np.exp(s - s.max())
    return e / e.sum()


def sharpness(s, c, dv, beta, times=1.0, inner=True, scored=True, used=None):
    p = softmax((beta if used is None else used) * s)
    ds = p * ((c - (p @ c if inner else 0)) @ dv)
    return times * np.sum(ds * (s if scored else 1))


def by_hand(name=60.0, age=5.0, rooms=10.0):
    words = vocabulary()
    A, B, C, W = np.zeros((32, 11)), np.zeros((22, 11)), np.zeros((32, 11)), np.zeros((11, 22))
    for k, person in enumerate(PERSONS):
        A[words.number(person), k], B[words.number(person), k] = name, 1
    A[22:, 4], B[words.number("?"), 4] = -age * np.arange(10), 1
    for k, place in enumerate(PLACES, 5):
        C[words.number(place), k], W[k, words.number(place)] = rooms, 1
    return A, B, C, W


class Model:
    """Knows the answers about the silent, about the others, or both."""

    def __init__(self, silent=True, others=True, width=22):
        self.known, self.width = [kind for kind, knows in ((True, silent), (False, others)) if knows], width

    def predict(self, x, verbose=0):
        words, said = vocabulary(), np.zeros((len(x[0]), self.width))
        for kind in (True, False):
            asked = questions(silent=kind)
            if len(asked) == len(said) and kind in self.known and self.width == 22:
                said[np.arange(len(said)), [words.number(q.answer) for q in asked]] = 1
        return said


RIGHT = {
    "20.1": (P, P @ C), "20.2": ([THERE, BACK], [BACK, THERE], "Where is Mary?"), "20.3": 8 / (8 + np.exp(2) + np.exp(-1)),
    "20.4": (14400, 14100), "20.5": sharpness, "20.6": by_hand(), "20.7": Model(),
}


ALSO_RIGHT = [
    ("20.1", ([0.1818, 0.2727, 0.5455], [1.818, 2.182])), ("20.3", 0.508),
    ("20.2", (["John moved to the hallway.", THERE, BACK], [BACK, "John moved to the hallway.", THERE], "Where is Mary?")),
    ("20.4", np.array([14400, 14100])),
]


WRONG = [
    ("20.1", P, "2 things|3 things"), ("20.1", (P, 1.0), "two; yours"), ("20.1", ([0.2, 0.3, 0.5], P @ C), "not 2 plus 3"),
    ("20.1", ([2, 3, 6], P @ C), "Divide them"), ("20.1", (np.log([2, 3, 6]), P @ C), "softmax is missing"),
    ("20.1", ([0.5, 0.3, 0.2], P @ C), "Look at p again"), ("20.1", (P, [2, 2]), "p is right"),
    ("20.2", ([THERE], [BACK]), "2 things"), ("20.2", ([THERE], ["Mary"], "Where is Mary?"), "not of the form"),
    ("20.2", ([THERE, BACK], [BACK, THERE], "Mary?"), "should read like"),
    ("20.2", ([THERE, BACK], [BACK, THERE], "Where is John?"), "does not occur"),
    ("20.2", ([THERE], [BACK], "Where is Mary?"), "same sentences"),
    ("20.2", ([THERE, BACK], [THERE, BACK], "Where is Mary?"), "ends in the office"),
    ("20.3", 0, "not −∞"), ("20.3", (np.exp(2) + np.exp(-1)) / (8 + np.exp(2) + np.exp(-1)), "share of the two"),
    ("20.3", 1 / (8 + np.exp(2) + np.exp(-1)), "one of the eight"), ("20.3", 0.8, "All scores the same"),
    ("20.3", 0.3, "score of an empty bag"), ("20.4", 14400, "Two numbers"), ("20.4", (14100, 14400), "Adjacent first"),
    ("20.4", (10800, 14100), "four tables"), ("20.4", (12000, 14100), "for the ages"), ("20.4", (1, 14100), "every word"),
    ("20.4", (14400, 13200), "matrix H"), ("20.4", (14400, 14700), "no age"), ("20.4", (14400, 1), "A, B, C; ages"),
    ("20.5", 1, "function itself"), ("20.5", lambda s, c, dv, beta: s, "one number"),
    ("20.5", lambda s, c, dv, beta: sharpness(s, c, dv, beta, times=beta), "not βs"),
    ("20.5", lambda s, c, dv, beta: sharpness(s, c, dv, beta, inner=False), "all weights share"),
    ("20.5", lambda s, c, dv, beta: sharpness(s, c, dv, beta, scored=False), "always sum to 0"),
    ("20.5", lambda s, c, dv, beta: sharpness(s, c, dv, beta, used=1.0), "those of βs"),
    ("20.5", lambda s, c, dv, beta: 7.0, r"as in \(20.10\)"),
    ("20.6", by_hand()[:3], "3 things"), ("20.6", (by_hand()[0][:22], *by_hand()[1:]), "should have the shape"),
    ("20.6", by_hand(name=8.0), "name weigh"), ("20.6", by_hand(age=-5.0), "not the latest"),
    ("20.6", by_hand(age=0.01), "scores larger|not the latest"), ("20.6", by_hand(rooms=0.0), "do C and W"),
    ("20.7", 1, "model itself"), ("20.7", Model(width=5), "22 chances"), ("20.7", Model(others=False), "moved lately"),
    ("20.7", Model(silent=False), "ever been asked"),
]
