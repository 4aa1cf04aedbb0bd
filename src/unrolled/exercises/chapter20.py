"""Judges of the exercises of chapter 20, memory networks."""

import numpy as np

from .. import datasets, text
from . import exercise, expect


def softmax(s):
    e = np.exp(s - np.max(s, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


@exercise("20.1")
def one_look(answer):
    if len(answer) != 2:
        return f"The weights and what is read are asked for, (p, o); you gave {len(answer)} things."
    p, o = (np.asarray(a, dtype=float) for a in answer)
    if p.shape != (3,) or o.shape != (2,):
        return f"p has three numbers and o two; yours have the shapes {p.shape} and {o.shape}."
    right, c = np.array([2, 3, 6]) / 11, np.array([[4, 0], [0, 4], [2, 2]])
    if np.allclose(p, [0.2, 0.3, 0.5]):
        return "e to the third score, ln 2 + ln 3, is 2 times 3, not 2 plus 3."
    if np.allclose(p, [2, 3, 6]):
        return "These are the powers of e. Divide them by their sum."
    if np.allclose(p, np.log([2, 3, 6])):
        return "These are the scores. The softmax is missing."
    if not np.allclose(p, right, atol=1e-3):
        return "Look at p again: the scores are ln 2, ln 3 and ln 2 + ln 3. What is e to each of them?"
    return expect(np.allclose(o, right @ c, atol=1e-2), "p is right. o is the mean of the three c, weighted by p.")


def told(story):
    """Statements as lists of words, or a sentence that says what is wrong with them."""
    parts = [text.words(str(s)) for s in story]
    for words in parts:
        if len(words) < 5 or words[-3] != "the" or words[-1] != ".":
            return f"{' '.join(words)!r} is not of the form 'Mary went to the garden.'"
    return parts


@exercise("20.2")
def twins(answer):
    if len(answer) != 3:
        return f"Two stories and a question are asked for; you gave {len(answer)} things."
    first, second, question = told(answer[0]), told(answer[1]), text.words(str(answer[2]))
    for story in (first, second):
        if isinstance(story, str):
            return story
    if len(question) != 4 or question[:2] != ["Where", "is"]:
        return "The question should read like 'Where is Mary?'"
    rooms = [[s[-2] for s in story if s[0] == question[2]] for story in (first, second)]
    if not all(rooms):
        return f"{question[2]} does not occur in both stories."
    if sorted(map(sorted, first)) != sorted(map(sorted, second)):
        return "The two stories do not have the same sentences, so their bags differ."
    return expect(rooms[0][-1] != rooms[1][-1], f"In both stories {question[2]} ends in the {rooms[0][-1]}.")


@exercise("20.3")
def unmasked(answer):
    a, told = np.asarray(answer, dtype=float).item(), np.exp(2) + np.exp(-1)
    hints = {0: "Without a mask they are looked at, too: their score is 0, not −∞.",
             told / (8 + told): "That is the share of the two.",
             1 / (8 + told): "That is one of the eight.", 0.8: "All scores the same? The two that are told have 2 and −1."}
    if (hint := next((h for v, h in hints.items() if np.isclose(a, v, atol=1e-4)), None)) is not None:
        return hint
    return expect(np.isclose(a, 8 / (8 + told), atol=1e-3),
                  "The score of an empty bag is 0. Eight times e to that, over the sum of all ten.")


@exercise("20.4")
def weights(answer):
    if np.shape(answer) != (2,):
        return "Two numbers are asked for."
    adjacent, layer_wise = answer
    if (adjacent, layer_wise) == (14100, 14400):
        return "Adjacent first, then layer-wise."
    hints = {10800: "three hops need four tables", 12000: "the tables have rows for the ages, too",
             17400: "W is one of the tables, transposed", 18000: "B is the first table"}
    if adjacent != 14400:
        return f"Adjacent: {hints.get(adjacent, 'K + 1 tables, each with a row of d for every word and every age')}."
    hints = {13200: "between the hops there is the matrix H", 14700: "the question has no age",
             12900: "the ages are missing, in A and C", 15000: "H is shared, like the tables"}
    return expect(layer_wise == 14100, f"Layer-wise: {hints.get(layer_wise, 'A, B, C; ages for A and C; W; and H')}.")


@exercise("20.5")
def sharpness(answer):
    if not callable(answer):
        return "Give the function itself, without calling it."
    rng = np.random.default_rng(0)
    for beta in (1.0, 2.5):
        s, c, dv = rng.standard_normal(4), rng.standard_normal((4, 3)), rng.standard_normal(3)
        found = np.asarray(answer(s.copy(), c.copy(), dv.copy(), beta), dtype=float)
        if found.shape != ():
            return f"It should return one number; it returns an array of shape {found.shape}."
        p = softmax(beta * s)
        ds = p * ((c - p @ c) @ dv)
        if np.isclose(found, ds @ s):
            continue
        if np.isclose(found, ds @ s * beta):
            return "The net input of the softmax is βs. Its derivative by β is s, not βs."
        if np.isclose(found, p * (c @ dv) @ s):
            return "The softmax's own sum is missing: all weights share."
        if np.isclose(found, np.sum(ds)):
            return "The derivatives by the net inputs always sum to 0. How does each net input depend on β?"
        q = softmax(s)
        if np.isclose(found, q * ((c - q @ c) @ dv) @ s):
            return "The weights are those of βs."
        return "With ds as in (20.10) for the net inputs βs, each of them passes its blame on, times s."
    return None


def questions(n=60, silent=None):
    """Questions about everybody in new stories of ten sentences; the silent, the others, or both."""
    persons = ("Daniel", "John", "Mary", "Sandra")
    stories = [q.story for q in datasets.stories(n_train=n, n_test=1, seed=20)[0] if len(q.story) == 10]
    found = []
    for story in stories:
        for person in persons:
            places = [k for k, s in enumerate(story) if s[0] == person]
            if places and silent in (None, places[-1] < 5):
                found.append(text.Question(story, ["Where", "is", person, "?"], story[places[-1]][-2], places[-1]))
    return found


def vocabulary():
    return text.story_vocabulary(datasets.stories(n_train=100, n_test=1)[0])


@exercise("20.6")
def by_hand(answer):
    if len(answer) != 4:
        return f"Four matrices are asked for, (A, B, C, W); you gave {len(answer)} things."
    A, B, C, W = (np.asarray(a, dtype=float) for a in answer)
    d = B.shape[-1]
    for name, w, shape in (("A", A, (32, d)), ("B", B, (22, d)), ("C", C, (32, d)), ("W", W, (d, 22))):
        if w.shape != shape:
            return f"{name} should have the shape {shape}, as B has {d} columns; it has {w.shape}."
    asked, known = questions(), vocabulary()
    stories, words, right = text.story_arrays(asked, known, shape=(10, 7))
    r = np.eye(22)[stories].sum(axis=2)
    r[..., 0] = 0
    q = np.eye(22)[words].sum(axis=1)
    r = np.concatenate([r, np.broadcast_to(np.eye(10)[::-1], (len(r), 10, 10))], axis=2)
    m, c, u = r @ A, r @ C, q @ B
    p = softmax((m @ u[..., None])[..., 0])
    z = (u + (p[:, None] @ c)[:, 0]) @ W
    share = np.mean(z.argmax(axis=1) == right)
    if share == 1:
        return None
    mine = np.array([[s[0] == k.question[2] for s in k.story] for k in asked])
    if not mine[np.arange(len(p)), p.argmax(axis=1)].all():
        return (f"{share:.0%} are right. It does not always look at a sentence about the person in question: let the name "
                "weigh more than nine steps of age.")
    if not np.array_equal(p.argmax(axis=1), [k.support for k in asked]):
        return f"{share:.0%} are right. It finds the person, but not the latest sentence: what do the ages add to the score?"
    if p.max(axis=1).min() < 0.6:
        return f"{share:.0%} are right. It looks at the right sentence most, but at others, too: make the scores larger."
    return f"{share:.0%} are right. It looks where it should; do C and W tell the room, and nothing else?"


@exercise("20.7")
def fair(answer):
    if not hasattr(answer, "predict"):
        return "Hand in the trained model itself."
    known, shares = vocabulary(), []
    for silent in (False, True):
        *x, y = text.story_arrays(questions(silent=silent), known, shape=(10, 7))
        said = np.asarray(answer.predict(x, verbose=0))
        if said.shape != (len(y), 22):
            return f"It should give 22 chances for each question; for {len(y)} it gives an array of shape {said.shape}."
        shares.append(np.mean(said.argmax(axis=1) == y))
    others, silent = shares
    if others < 0.9:
        return f"Of the questions about people who moved lately it answers {others:.0%}. Practise longer?"
    return expect(silent >= 0.9, f"Of the questions about the silent it answers {silent:.0%}. Has it ever been asked such a "
                                 "question?")
