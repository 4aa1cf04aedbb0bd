"""Judges of the exercises of chapter 18, sequence to sequence."""

import itertools

import numpy as np

from .. import datasets
from ..seq2seq import Seq2Seq
from ..text import Vocabulary
from . import exercise, expect
from .chapter02 import three as numbers


@exercise("18.1")
def three_answers(answer):
    def hint(a):
        if np.isclose(a[0], 0.6):
            return "An answer is complete when the end sign has been written: its chance belongs to the product."
        if np.isclose(a[1], 0.18) or np.isclose(a[1], 0.06):
            return '"ba" begins with b: take the chances of what follows after b.'
        wrong = [name for name, x, y in zip(('"a"', '"ba"', "the empty one"), a, (0.3, 0.21, 0.1), strict=True)
                 if not np.isclose(x, y)]
        return f"Look again at {' and '.join(wrong)}: a factor for each symbol, given what stands before it, the end included."

    return numbers(answer, (0.3, 0.21, 0.1), hint)


@exercise("18.2")
def weights(answer):
    answer = np.asarray(answer).item()
    right = 45600 + 39600 + 3030
    hints = {right - 600: "A GRU has two biases for each of its three blocks: one with the input, one with its own past.",
             45600 + 45600 + 3030: "The decoder does not read the question. What it reads are symbols of the answer, 30 wide.",
             39600 + 39600 + 3030: "The encoder reads the question, which has 50 features.",
             45600 + 39600 + 3000: "The layer that tells the symbols has a bias, too.",
             45600 + 39600: "What makes 30 chances out of 100 numbers is missing.",
             45600 + 3030: "There are two recurrent networks, with weights of their own."}
    general = "Encoder, decoder, and the layer that makes chances. A GRU: three blocks of units · (features + units + 2)."
    return expect(answer == right, hints.get(answer, general))


@exercise("18.3")
def least_and_most(answer):
    a = np.asarray(answer, dtype=float)
    if a.shape != (2,):
        return f"Give the smallest share and the largest, two numbers; you gave {a.size}."
    if np.allclose(a, (0.95, 0.8)):
        return "The smallest comes first."
    if np.isclose(a, 0.95**4).any():
        return "That holds if errors fall independently of each other. Here they may fall as they like."
    if not np.isclose(a[1], 0.95):
        return "Largest: let the 400 wrong characters spoil as few answers as they can."
    return expect(np.isclose(a[0], 0.8), "Smallest: let each of the 400 wrong characters spoil an answer of its own.")


@exercise("18.4")
def reads(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    y = np.eye(4)[np.random.default_rng(0).integers(4, size=(3, 5))]
    y[:, 0, :] = np.eye(4)[[1, 2, 3]]
    found = np.asarray(answer(y.copy()), dtype=float)
    if found.shape != y.shape:
        return f"It reads one row at each of its {y.shape[1]} steps; for answers of shape {y.shape} yours has {found.shape}."
    right = np.concatenate([np.zeros_like(y[:, :1]), y[:, :-1]], axis=1)
    if np.array_equal(found, y):
        return "Then it reads at each step the very symbol that it is asked for."
    if np.array_equal(found, np.roll(y, 1, axis=1)):
        return "At the first step it reads the last symbol of the answer. It should read zeros."
    if np.array_equal(found[:, :-1], y[:, 1:]):
        return "That is the answer shifted to the left: it reads what comes after the symbol that it is asked for."
    return expect(np.array_equal(found, right),
                  "At step t it reads the symbol of step t - 1; before the first there is none, a row of zeros.")


@exercise("18.5")
def last(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    dz_o, dz = rng.standard_normal((4, 3, 6)), rng.standard_normal((4, 2, 5))
    V, U = rng.standard_normal((5, 6)), rng.standard_normal((5, 5))
    found = np.asarray(answer(dz_o, dz, V, U), dtype=float)
    if found.shape != (4, 5):
        return f"ds(T) has a row for each question and a column for each unit, (4, 5) here; yours has shape {found.shape}."
    told, passed = dz_o[:, 0] @ V.T, dz[:, 0] @ U.T
    if np.allclose(found, passed):
        return "That is (18.8). Here the state tells a symbol as well, and is blamed for it."
    if np.allclose(found, told):
        return "That is the blame for the first symbol. What comes back from the next state?"
    if np.allclose(found, told + dz[:, 0] @ U):
        return "On the way back U is transposed."
    return expect(np.allclose(found, told + passed),
                  "Two blames meet in s(T): that of the first symbol, through V, and that of h(2), through U.")


@exercise("18.6")
def enough(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    for v, length in ((2, 1), (2, 2), (3, 2), (3, 4), (12, 4)):
        found = answer(v, length)
        if found == v ** (length - 1):
            continue
        if found == v**length:
            return f"K^L keeps everything. Fewer will do: the last step looks at all extensions (K={v}, L={length})."
        return (f"For K={v} and L={length} it should give {v ** (length - 1)}, not {found}. How many beginnings are there "
                "before the last step, and may one of them be dropped?")
    return None


@exercise("18.7")
def backwards(answer):
    if not isinstance(answer, Seq2Seq):
        return "Hand in the trained Seq2Seq itself."
    vocabulary = Vocabulary("abcd ", padding=None)
    if answer.symbols != 5:
        return f"It should write 5 symbols, the four letters and the blank; yours writes {answer.symbols}."
    shown = set(datasets.reversals(2000, length=6, symbols="abcd")[0])
    words = ["".join(w) for n in range(1, 7) for w in itertools.product("abcd", repeat=n)]
    new = [w for w in words if w.ljust(6) not in shown][::3]
    x = np.eye(5)[vocabulary.encode([w.ljust(6) for w in new])]
    said = vocabulary.decode(answer.greedy(x, 6))
    right = np.mean([s.rstrip() == w[::-1] for s, w in zip(said, new, strict=True)])
    if right < 0.9 and np.mean([s.rstrip() == w for s, w in zip(said, new, strict=True)]) > 0.5:
        return "It writes most words as they are. Did it learn from answers that are written backwards?"
    return expect(right >= 0.9,
                  f"Of the words that are not among the 2000 it gets {right:.0%} right. More units, or more epochs?")
