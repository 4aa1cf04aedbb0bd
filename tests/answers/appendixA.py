"""Right and wrong answers to the exercises of appendix A, Python in an hour."""

from collections import Counter


def dot(u, v):
    return sum(u_i * v_i for u_i, v_i in zip(u, v, strict=True))


def sloppy(u, v):
    return sum(u_i * v_i for u_i, v_i in zip(u, v, strict=False))


def indexed(u, v):
    """Fails by itself where v is too short, and is given a ValueError to say so."""
    if len(v) < len(u):
        raise ValueError("v is too short.")
    return sum(u[k] * v[k] for k in range(len(u)))


def one_way(u, v):
    if len(v) > len(u):
        raise ValueError("v is too long.")
    return sum(u[k] * v[k] for k in range(min(len(u), len(v))))


def eats(u, v):
    return sum(u.pop() * v.pop() for _ in range(len(u)))


def count(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def remembering(words, counts={}):  # noqa: B006  the mistake that the appendix shows
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


def batches(samples, size):
    return [samples[k:k + size] for k in range(0, len(samples), size)]


def with_empty(samples, size):
    return [samples[k:k + size] for k in range(0, len(samples) + 1, size)]


class Neuron:
    start, fires, returned = 0, staticmethod(lambda z: z >= 0), staticmethod(lambda passes: passes)

    def __init__(self, inputs):
        self.w, self.b = [self.start] * inputs, 0

    def answer(self, x):
        return 1 if self.fires(dot(self.w, x) + self.b) else 0

    def corrected(self, error, x):
        self.w = [w_i + error * x_i for w_i, x_i in zip(self.w, x, strict=True)]
        self.b += error

    def learn(self, samples):
        passes, corrections = 0, 1
        while corrections > 0:
            corrections = 0
            for x, t in samples:
                if error := t - self.answer(x):
                    self.corrected(error, x)
                    corrections += 1
            passes += 1
        return self.returned(passes)


class NoArguments:
    pass


class NoLearn:
    def __init__(self, inputs):
        self.w, self.b = [0] * inputs, 0

    def answer(self, x):
        return 1


class Ones(Neuron):
    start = 1


class Strict(Neuron):
    fires = staticmethod(lambda z: z > 0)


class Stuck(Neuron):
    def corrected(self, error, x):
        pass


class Local(Neuron):
    def learn(self, samples):
        return len(samples)


class OnePass(Neuron):
    def learn(self, samples):
        for x, t in samples:
            self.corrected(t - self.answer(x), x)


class Silent(Neuron):
    returned = staticmethod(lambda passes: None)


class Uncounted(Neuron):
    returned = staticmethod(lambda passes: passes - 1)


class Doubled(Neuron):
    def corrected(self, error, x):
        super().corrected(2 * error, x)


class TwoInputs(Neuron):
    def answer(self, x):
        return 1 if self.w[0] * x[0] + self.w[1] * x[1] + self.b >= 0 else 0


class Shared(Neuron):
    kept = {}

    def __init__(self, inputs):
        self.w, self.b = self.kept.get(inputs, [0] * inputs), 0

    def learn(self, samples):
        fresh = Neuron(len(self.w))
        passes = fresh.learn(samples)
        self.w, self.b = fresh.w, fresh.b
        if len(self.w) == 3:
            self.kept[2] = [1, 1]
        return passes


RIGHT = {"A.1": [25, 49], "A.2": dot, "A.3": count, "A.4": batches, "A.5": Neuron, "A.6": (14, 256, 104)}
ALSO_RIGHT = [("A.3", Counter), ("A.3", lambda words: {word: words.count(word) for word in words}),
              ("A.4", lambda samples, size: [tuple(batch) for batch in batches(samples, size)]), ("A.1", (25, 49))]

WRONG = [
    ("A.1", 25, "in brackets"), ("A.1", [1, 4, 16, 25, 49], "whole list"), ("A.1", [36, 49], "leaves out some"),
    ("A.1", [9, 36], "other way round"), ("A.1", [49, 64], "does not reach 8"), ("A.1", [25], "one entry"),
    ("A.1", [1, 4], "first two"), ("A.1", [5, 7], r"n \* n"), ("A.1", [16, 25], "reaches 7"),
    ("A.1", [49, 25], "order is kept"), ("A.1", [3], "Write down n"),
    ("A.2", 12, "function itself"), ("A.2", lambda u, v: print(end=""), "returns nothing"),
    ("A.2", lambda u, v: [a * b for a, b in zip(u, v, strict=True)], "Add them up"), ("A.2", eats, "changes the lists"),
    ("A.2", lambda u, v: u[0] * v[0] + u[1] * v[1], "first two products"), ("A.2", lambda u, v: u[0] * v[0], "first product"),
    ("A.2", lambda u, v: sum(u) * sum(v), "it gives 30"), ("A.2", lambda u, v: sloppy(u, v) or 12, "one entry, and none"),
    ("A.2", lambda u, v: u[0] * v[0] + u[1] * v[1] + u[2] * v[2], "could not be tried: IndexError"),
    ("A.2", sloppy, "without a word"), ("A.2", indexed, "without a word"), ("A.2", one_way, "not one that is too short"),
    ("A.3", "count", "function itself"), ("A.3", lambda words: words.sort() or count(words), "changes the list"),
    ("A.3", lambda words: None, "returns nothing"), ("A.3", lambda words: sorted(count(words).items()), "returns a list"),
    ("A.3", lambda words: {n: w for w, n in count(words).items()}, "keys should be"),
    ("A.3", lambda words: dict.fromkeys(words, 1), "counted once"),
    ("A.3", lambda words: {w: n - 1 for w, n in count(words).items()}, "one too low"),
    ("A.3", lambda words: {w: 2 * n for w, n in count(words).items()}, "it gives"), ("A.3", remembering, "remembers the first"),
    ("A.3", lambda words: count(words) or None, "for no words|no words at all"),
    ("A.4", [[1]], "function itself"),
    ("A.4", lambda s, n: [[s.pop(0) for _ in range(n)] for _ in range(2)], "changes the list"),
    ("A.4", lambda s, n: None, "returns nothing"),
    ("A.4", lambda s, n: iter(batches(s, n)), "collects"),
    ("A.4", lambda s, n: batches(s[:len(s) // n * n], n), "last sample is missing"), ("A.4", lambda s, n: [s[:n]], "one batch"),
    ("A.4", lambda s, n: [s[k:k + n - 1] for k in range(0, len(s), n)], "does not contain its end"),
    ("A.4", lambda s, n: [s[k:k + n + 1] for k in range(0, len(s), n)], "come twice"),
    ("A.4", lambda s, n: [s[k::n] for k in range(n)], "every third"),
    ("A.4", lambda s, n: [s[k:k + n] for k in range(len(s))], "apart"),
    ("A.4", lambda s, n: [s[:2], s[2:4], s[4:]], "how many samples"), ("A.4", lambda s, n: s, "it makes"),
    ("A.4", with_empty, "last one is empty"), ("A.4", lambda s, n: batches(s, n) or [[]], "and from nothing"),
    ("A.5", Neuron(2), "class itself"), ("A.5", NoArguments, "arguments self and inputs"), ("A.5", NoLearn, "has no learn"),
    ("A.5", Ones, "all weights are 0"), ("A.5", Strict, "answer should be 1"), ("A.5", Stuck, "does not stop"),
    ("A.5", Local, "leaves the weights"), ("A.5", OnePass, "whole pass"), ("A.5", Silent, "number of passes"),
    ("A.5", Doubled, "the program comes to"), ("A.5", Uncounted, "which needed nothing"),
    ("A.5", TwoInputs, "With three it does not"), ("A.5", Shared, "second neuron"),
    ("A.6", 14, "three numbers"), ("A.6", (2, 256, 104), "How many can"), ("A.6", (16, 256, 104), "Not all sixteen"),
    ("A.6", (15, 256, 104), "One more"), ("A.6", (13, 256, 104), "first number"), ("A.6", (14, 64, 104), "eight cases"),
    ("A.6", (14, 256, 256), "Some of them"), ("A.6", (14, 256, 152), "cannot"), ("A.6", (14, 256, 100), "too few"),
    ("A.6", (14, 256, 128), "too many"),
]
