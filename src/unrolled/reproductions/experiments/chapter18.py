"""Experiments of chapter 18, sequence to sequence."""

import itertools

import numpy as np

from ... import Input, Sequential, callbacks, datasets, layers, optimizers, utils
from ...seq2seq import Seq2Seq
from ...text import Vocabulary
from . import experiment

SYMBOLS = Vocabulary("0123456789+ ", padding=None)               # in the source's order
EPOCHS = 200
WATCHED = 10                                                     # questions whose answers are kept at each stop


def questions(seed, reverse=(False, False), n=20_000):
    """Return additions as text, parted into 18 000 (q, a) to train on and 2000 to validate with."""
    asked, _ = datasets.additions(n, reverse=reverse[0], seed=seed)
    _, right = datasets.additions(n, reverse=reverse[1], seed=seed)
    return datasets.split(asked, right, order="random", seed=seed)


def rows(texts):
    """Return texts as one-hot rows."""
    return np.eye(len(SYMBOLS), dtype=np.float32)[SYMBOLS.encode(texts)]


def write(model, x, length=4):
    """Return what a model answers on its own, as text."""
    numbers = model.greedy(x, length) if isinstance(model, Seq2Seq) else model.predict(x, batch_size=500, verbose=0).argmax(-1)
    return np.array(SYMBOLS.decode(numbers))


def characters(texts):
    """Return texts of one length as rows of characters."""
    return np.array([list(text) for text in texts])


class Answers(callbacks.Callback):
    """Let the model answer at some epochs, and count."""

    def __init__(self, train, val, stops):
        self.train, self.val, self.stops = train, val, stops
        self.found = {"epochs": stops, "exact": [], "exact in training": [], "characters": [], "watched": []}

    def on_epoch_end(self, epoch, logs=None):
        if epoch + 1 not in self.stops:
            return
        (x, right), (xt, rt) = self.val, self.train
        said = write(self.model, x)
        self.found["exact"].append(float(np.mean(said == right)))
        self.found["exact in training"].append(float(np.mean(write(self.model, xt) == rt)))
        self.found["characters"].append(float(np.mean(characters(said) == characters(right))))
        self.found["watched"].append("".join(said[:WATCHED]))
        if epoch + 1 in (50, self.stops[-1]):
            for name in ("exact", "characters", "exact in training"):
                self.found[f"{name}, {epoch + 1}"] = self.found[name][-1]
            self.found[f"all, {epoch + 1}"] = "".join(said)
        print(f"  epoch {epoch + 1:3}: exact {self.found['exact'][-1]:.3f}, in training "
              f"{self.found['exact in training'][-1]:.3f}, loss {logs['val_loss']:.3f}", flush=True)


def additions(make, seed, quick, reverse=(False, False), epochs=EPOCHS):
    """Let a model learn to add, and answer 2000 questions that it was not trained on, on its own, from time to time.

    Parameters
    ----------
    make : function
        Called without arguments, returns a model that is not compiled: a `Seq2Seq`, or one that takes questions alone.
    reverse : pair of bool
        Whether questions, and whether answers, are written backwards.

    Returns
    -------
    dict
        ``exact`` and ``characters`` (shares that are right, in ``exact in training`` of 2000 training questions) and what
        was said to the first ten questions (``watched``, joined), at each of the ``epochs``; after 50 and after all of
        them what was said to all questions (``all, 50``, joined); for every epoch the losses and, where right symbols are
        read, the share of right characters.
    """
    (q, a), (vq, va) = questions(seed, reverse, 2000 if quick else 20_000)
    x, t, xv, tv = rows(q), rows(a), rows(vq), rows(va)
    utils.set_random_seed(seed)
    model = make()
    taught = isinstance(model, Seq2Seq)                          # it reads answers, too
    epochs = 2 if quick else epochs
    stops = [e for e in (1, 2, 3, *range(5, 60, 5), *range(60, epochs, 10)) if e < epochs] + [epochs]
    answers = Answers((x[:2000], a[:2000]), (xv, va), stops)
    model.compile(optimizers.Adam(0.001), "categorical_crossentropy", metrics=["accuracy"])
    logs = model.fit([x, t] if taught else x, t, batch_size=200, epochs=epochs, verbose=0, callbacks=[answers],
                     validation_data=([xv, tv] if taught else xv, tv)).history
    found = answers.found
    for name in ("loss", "val_loss", "val_accuracy"):
        found[name] = [float(f"{v:.4g}") for v in logs[name]]
    if taught:
        found |= led(model, xv, tv, va)
    return found


def led(model, x, t, right):
    """Measure what reading the right symbols helps, what one wrong symbol does, and what a beam finds."""
    p = np.asarray(model.predict([x, t], batch_size=500, verbose=0))
    own = model.greedy(x, t.shape[1])
    found = {"taught, by place": np.mean(p.argmax(-1) == t.argmax(-1), axis=0),
             "alone, by place": np.mean(own == t.argmax(-1), axis=0)}
    # The first symbol is taken from it and another digit put in its place: the next one, 0 after 9.
    wrong = t.copy()
    wrong[:, 0] = np.eye(t.shape[-1])[(t[:, 0].argmax(-1) + 1) % 10]
    q = np.asarray(model.predict([x, wrong], batch_size=500, verbose=0))
    found["misled, by place"] = np.mean(q.argmax(-1) == t.argmax(-1), axis=0)
    greedy = model.beam(x, t.shape[1], 1)[1][:, 0]
    for width in (1, 2, 4, 8):
        said, log_p = model.beam(x, t.shape[1], width)
        found[f"exact, beam {width}"] = float(np.mean(np.array(SYMBOLS.decode(said[:, 0])) == right))
        found[f"more likely, beam {width}"] = float(np.mean(log_p[:, 0] > greedy + 1e-4))
    return found


def plain():
    """The source's wiring: no start symbol, the encoder's last output tells the first symbol."""
    return Seq2Seq(128, len(SYMBOLS), start=False)


def repeated():
    """The source's Keras model."""
    return Sequential([Input((7, len(SYMBOLS))), layers.LSTM(128), layers.RepeatVector(4),
                       layers.LSTM(128, return_sequences=True),
                       layers.TimeDistributed(layers.Dense(len(SYMBOLS), activation="softmax"))])


@experiment("S0-6.2.2-TF", seeds=3)
def teacher_forced(seed, quick):
    return additions(plain, seed, quick)


@experiment("S0-6.2.2-reversed", seeds=3)
def ones_first(seed, quick):
    return additions(plain, seed, quick, reverse=(True, True), epochs=100)


@experiment("S0-6.2.2-Keras", seeds=3)
def repeat_vector(seed, quick):
    return additions(repeated, seed, quick, epochs=100)


def written(question, answer, zeros, question_reversed, answer_reversed):
    """Return a sum of numbers of up to two digits in another way of writing: ``12+07`` with zeros, ``21+7`` ones first."""
    numbers, total = question.split("+"), answer.strip()
    numbers = [n.strip().zfill(2) if zeros else n.strip() for n in numbers]
    total = total.zfill(3) if zeros else total
    asked = "+".join(n[::-1] for n in numbers) if question_reversed else "+".join(numbers)
    return asked.ljust(5), (total[::-1] if answer_reversed else total).ljust(3)


def small(model, pairs, seed, epochs=40, watch=()):
    """Train a model on 2000 of 2500 such pairs; return the other 500 as one-hot rows, and the shares of right answers."""
    train, val = datasets.split(*map(np.array, zip(*pairs, strict=True)), share=0.2, order="random", seed=seed)
    (x, t), (xv, tv) = map(rows, train), map(rows, val)
    model.compile(optimizers.Adam(0.01), "categorical_crossentropy")
    model.fit([x, t], t, batch_size=50, epochs=epochs, verbose=0, callbacks=list(watch))
    return (xv, tv), {"new": float(np.mean(write(model, xv, 3) == val[1])),
                      "training": float(np.mean(write(model, x, 3) == train[1]))}


@experiment("S0-6.2.2-order", seeds=3)
def orders(seed, quick):
    found = {}
    for zeros, question, answer in itertools.product((False, True), repeat=3):
        name = (f"{'zeros' if zeros else 'blanks'}, question {'ones' if question else 'tens'} first, "
                f"answer {'ones' if answer else 'tens'} first")
        pairs = [written(q, a, zeros, question, answer)
                 for q, a in zip(*datasets.additions(2500, digits=2, seed=seed), strict=True)]
        utils.set_random_seed(seed)
        right = small(Seq2Seq(64, len(SYMBOLS), start=False), pairs, seed, epochs=1 if quick else 40)[1]
        found |= {f"{name}: {key}": share for key, share in right.items()}
        print(f"  {name}: {right['new']:.3f}, in training {right['training']:.3f}", flush=True)
    return found


class FourSymbols(Seq2Seq):
    """What the source's program trains: of its own symbols the decoder reads 0 to 3 only, the others as rows of zeros."""

    def rows(self, numbers):
        return super().rows(numbers) * (np.arange(self.symbols) < 4)


class Ramp(callbacks.Callback):
    """Scheduled sampling: the share of its own symbols that the decoder reads grows from 0 to 1."""

    def __init__(self, epochs):
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.sampling_rate = epoch / (self.epochs - 1)


@experiment("S0-6.2.2-reading", seeds=5)
def reading(seed, quick):
    epochs, found = 2 if quick else 40, {}
    pairs = list(zip(*datasets.additions(2500, digits=2, seed=seed), strict=True))
    for name, kind, rate in (("taught", Seq2Seq, 0.0), ("alone", Seq2Seq, 1.0), ("alone, four symbols", FourSymbols, 1.0),
                             ("from one to the other", Seq2Seq, 0.0)):
        utils.set_random_seed(seed)
        model = kind(64, len(SYMBOLS), start=False, sampling_rate=rate)
        watch = [Ramp(epochs)] if name.startswith("from") else []
        (x, t), right = small(model, pairs, seed, epochs, watch)
        second = t.argmax(-1)[:, 1]
        for what, step in (("right", 0), ("wrong", 1)):                          # the next digit, 0 after 9
            read = t.copy()
            read[:, 0] = np.eye(t.shape[-1])[(t[:, 0].argmax(-1) + step) % 10]
            said = model.predict([x, read], verbose=0).argmax(-1)[:, 1]
            right[f"second after a {what} first"] = float(np.mean(said == second))
        found |= {f"{name}: {key}": share for key, share in right.items()}
        print(f"  {name}: " + ", ".join(f"{key} {share:.3f}" for key, share in right.items()), flush=True)
    return found
