"""Judges of the exercises of appendix A, Python in an hour."""

from . import exercise, expect


def function(answer):
    """What is wrong with an answer that should be a function, or None."""
    return expect(callable(answer), "Give the function itself, its name without brackets.")


def refused(call, *arguments):
    """Whether the call raises a ValueError."""
    try:
        call(*arguments)
    except ValueError:
        return True
    return False


@exercise("A.1")
def expression(answer):
    if not isinstance(answer, (list, tuple)):
        return "It is a list; a slice of a list is a list, too. Give it in brackets."
    answer = list(answer)
    hints = {(1, 4, 16, 25, 49): "That is the whole list. [-2:] leaves the last two.",
             (36, 49): "The if leaves out some n: which of them have n % 3 equal to 0, and what does 0 count as?",
             (9, 36): "It is the other way round: n % 3 counts as true where it is not 0.",
             (49, 64): "range(1, 8) does not reach 8.", (25,): "[-2] would be one entry. [-2:] goes on to the end.",
             (1, 4): "[:2] would be the first two. [-2:] begins two before the end.",
             (5, 7): "These are n; the list holds n * n.",
             (16, 25): "range(1, 8) reaches 7, and the slice goes to the end.", (49, 25): "Right, but the order is kept."}
    general = "Write down n from 1 to 7, strike out what the if refuses, square, and keep the last two."
    return expect(answer == [25, 49], hints.get(tuple(answer), general))


@exercise("A.2")
def products(answer):
    if hint := function(answer):
        return hint
    u, v = [1, 2, 3], [4, -5, 6]
    found = answer(u, v)
    if (u, v) != ([1, 2, 3], [4, -5, 6]):
        return "It changes the lists that it is given."
    if found is None:
        return "It returns nothing. A function hands its result back by return; print only shows it."
    if found in ([4, -10, 18], (4, -10, 18)):
        return "These are the products. Add them up."
    if found == -6:
        return "It adds the first two products only. How many entries has a list?"
    if found == 4:
        return "It returns after the first product: is the return within the loop?"
    if found != 12:
        return f"For [1, 2, 3] and [4, -5, 6] it gives {found}; it should give 4 - 10 + 18 = 12."
    if answer([0.5], [4]) != 2 or answer([], []) != 0:
        return "For lists of three it is right. Try one entry, and none, of which the sum is 0."
    if not refused(answer, [1, 2], [1, 2, 3]):
        return "It takes [1, 2] and [1, 2, 3] without a word. zip has an argument for that."
    return expect(refused(answer, [1, 2, 3], [1, 2]), "It refuses a second list that is too long, not one that is too short.")


@exercise("A.3")
def counts(answer):
    if hint := function(answer):
        return hint
    words = ["the", "cat", "and", "the", "dog", "and", "the", "milk"]
    given, right = list(words), {"the": 3, "cat": 1, "and": 2, "dog": 1, "milk": 1}
    found = answer(given)
    if given != words:
        return "It changes the list that it is given: sort, append, remove and pop work in place."
    if found is None:
        return "It returns nothing: is there a return after the loop?"
    if not isinstance(found, dict):
        return f"It should return a dictionary; it returns a {type(found).__name__}."
    if set(found) != set(right):
        return f"The keys should be the words, each once. Found: {', '.join(map(str, found))}."
    if set(found.values()) == {1}:
        return "Each word is counted once, however often it occurs. What should happen if it is in the dictionary already?"
    if found == {word: n - 1 for word, n in right.items()}:
        return "Each count is one too low: a word's first occurrence counts, too."
    if found != right:
        return f"For {' '.join(words)!r} it gives {dict(found)}."
    if answer(["milk"]) != {"milk": 1}:
        return ("A second call does not begin at zero: it remembers the first. Make the dictionary inside the function, "
                "and not as a default value.")
    return expect(answer([]) == {}, "For no words at all it should return an empty dictionary.")


@exercise("A.4")
def cut(answer):
    if hint := function(answer):
        return hint
    samples = list(range(7))
    found = answer(samples, 3)
    if samples != list(range(7)):
        return "It changes the list that it is given."
    if found is None:
        return "It returns nothing."
    if not isinstance(found, (list, tuple)):
        return f"It should return a list of lists; it returns a {type(found).__name__}. list(…) collects what comes one by one."
    found = [list(batch) if isinstance(batch, (list, tuple)) else batch for batch in found]
    hints = [([[0, 1, 2], [3, 4, 5]], "The last sample is missing: a batch may be shorter."),
             ([[0, 1, 2]], "That is one batch. Where does the next begin?"),
             ([[0, 1], [3, 4], [6]], "One sample of each batch is missing. A slice does not contain its end."),
             ([[0, 1, 2, 3], [3, 4, 5, 6], [6]], "Some samples come twice. A slice does not contain its end, "
                                                 "so the next begins there."),
             ([[0, 3, 6], [1, 4], [2, 5]], "These are every third sample. In order: the first three, then the next three."),
             ([[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6], [5, 6], [6]], "The beginnings should be `size` apart."),
             ([[0, 1], [2, 3], [4, 5, 6]], "That is a number of three batches. `size` is how many samples are in each.")]
    for slip, hint in hints:
        if found == slip:
            return hint
    if found != [[0, 1, 2], [3, 4, 5], [6]]:
        return f"From [0, 1, 2, 3, 4, 5, 6] in threes it makes {found}."
    even = [list(batch) for batch in answer([0, 1, 2, 3], 2)]
    if [] in even:
        return "Where the batches come out even, the last one is empty."
    nothing = answer([], 3)
    good = even == [[0, 1], [2, 3]] and not nothing
    return expect(good, f"From [0, 1, 2, 3] in twos it makes {even}, and from nothing {nothing}.")


class Endless(Exception):
    """The samples have been gone through too often."""


class Samples(list):
    """Samples that lose patience."""

    rounds = 0

    def __iter__(self):
        self.rounds += 1
        if self.rounds > 100:
            raise Endless
        return super().__iter__()


@exercise("A.5")
def neuron(answer):
    if not isinstance(answer, type):
        return "Give the class itself, its name without brackets."
    try:
        one, other = answer(2), answer(3)
    except TypeError as error:
        return f"Neuron(2) should make a neuron of two inputs. It says: {error}. Has __init__ the arguments self and inputs?"
    if missing := [name for name in ("w", "b", "answer", "learn") if not hasattr(one, name)]:
        return f"A neuron has no {missing[0]}. A value is hung on it by self.… = …; a method stands within the class."
    if list(one.w) != [0, 0] or one.b != 0 or list(other.w) != [0, 0, 0]:
        return f"At first all weights are 0, and the bias; of three inputs they are {list(other.w)} and {other.b}."
    if one.answer((0, 1)) != 1:
        return f"With zeros everywhere z is 0, and 0 ≥ 0: the answer should be 1. It is {one.answer((0, 1))}."
    gates = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0)}
    cases = [(0, 0), (0, 1), (1, 0), (1, 1)]
    expected = {"AND": ([2, 1], -3, 6), "OR": ([1, 1], -1, 4), "NAND": ([-2, -1], 2, 6)}
    for name, table in gates.items():
        one = answer(2)
        try:
            passes = one.learn(Samples(zip(cases, table, strict=True)))
        except Endless:
            return f"On {name} it does not stop. Do w and b really change, and does each pass count its corrections from 0?"
        if list(one.w) == [0, 0] and one.b == 0:
            return "learn leaves the weights at 0. Within a method they are self.w and self.b."
        found = [one.answer(x) for x in cases]
        if found != list(table):
            return (f"After learning {name} it answers {found} to the four cases. Does it go on until a whole pass needs "
                    "no correction?")
        if passes is None:
            return "It learns. Now let learn return the number of passes."
        if (list(one.w), one.b) != expected[name][:2]:
            return (f"It answers {name} rightly, with w = {list(one.w)} and b = {one.b}; the program comes to "
                    f"{expected[name][0]} and {expected[name][1]}.")
        if passes != expected[name][2]:
            return (f"It learns {name}, and says that it took {passes} passes; with the last, which needed nothing, "
                    f"it is {expected[name][2]}.")
    three = [((i, j, k), int(i + j + k > 1)) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    try:
        other.learn(Samples(three))
    except (Endless, IndexError):
        return "With two inputs it works. With three it does not: go through as many weights as there are."
    if [other.answer(x) for x, _ in three] != [t for _, t in three]:
        return "With two inputs it works. With three it answers wrongly: go through as many weights as there are."
    return expect(list(answer(2).w) == [0, 0], "A second neuron begins with the weights of the first: make them in __init__.")


@exercise("A.6")
def tables(answer):
    try:
        two, all_three, three = (int(n) for n in answer)
    except (TypeError, ValueError):
        return "Give three numbers: (learnable with two inputs, tables of three inputs, learnable with three)."
    if two == 2:
        return "Two are those that cannot be learned with two inputs. How many can?"
    if two == 16:
        return "Not all sixteen: try (0, 1, 1, 0)."
    if two == 15:
        return "One more cannot be learned: what is to (0, 1, 1, 0) as NAND is to AND?"
    if two != 14:
        return "The first number is not right. Go through all sixteen tables and count those for which learn returns."
    if all_three != 256:
        return "Three inputs have eight cases, and each may be answered by 0 or 1: how many tables is that?"
    hints = {256: "Some of them cannot be learned. Fix the third input at 0: which table of two inputs may be left?",
             152: "That is how many cannot."}
    low = "That is too few. Does learn get enough passes? The slowest tables need more than ten."
    high = "That is too many: a ValueError says that a table was not learned."
    return expect(three == 104, hints.get(three, low if three < 104 else high))
