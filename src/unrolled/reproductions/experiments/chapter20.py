"""Experiments of chapter 20, memory networks."""

import time

import numpy as np

from ... import Input, Sequential, callbacks, datasets, layers, optimizers, text, utils
from ...datasets.files import given
from ...memory import LSTMHeadMemoryNetwork, MemoryNetwork
from . import experiment


def file():
    """Return the path of the real training file."""
    return given("babi/qa1_single-supporting-fact_train.txt")


def real(flat=False, part=slice(None)):
    """Return the real questions of task 1 as numbers, to learn from and to be tested on, and the vocabulary."""
    train, test = datasets.stories(source="babi")
    words = text.story_vocabulary(train, test)
    shape = text.story_arrays(train + test, words, flat)[0].shape[1:]
    (*x, y), (*xt, yt) = (text.story_arrays(q, words, flat, shape) for q in (train[part], test))
    return (x, y), (xt, yt), words


class Watch(callbacks.Callback):
    """Print the accuracy on the test questions after every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        print(f"  epoch {epoch + 1:3}: accuracy {logs['val_accuracy']:.3f}, loss {logs['val_loss']:.3f}", flush=True)


def learn(model, train, test, rate, batch_size, epochs):
    """Train a model; its accuracies and losses on the test questions, epoch by epoch."""
    model.compile(optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    seen = model.fit(*train, batch_size=batch_size, epochs=epochs, validation_data=test, callbacks=[Watch()], verbose=0).history
    return {name: [float(f"{v:.4g}") for v in seen[key]] for name, key in (("accuracy", "val_accuracy"), ("loss", "val_loss"))}


@experiment("S0-6.4.3.1", data=file)
def parsed(seed, quick):
    """What the real files hold, and what three who do not learn would answer to the test questions."""
    train, test = datasets.stories(source="babi")
    words = text.story_vocabulary(train, test)
    flat, asked, answers = text.story_arrays(train + test, words, flat=True)
    places = [[s[-2] for s in q.story if s[0] == q.question[2]][-1] for q in test]
    return {"training questions": len(train), "test questions": len(test), "vocabulary": len(words),
            "longest story": flat.shape[1], "question": asked.shape[1],
            "majority": int(np.bincount(answers[len(train):]).max()),
            "last place": sum(q.story[-1][-2] == q.answer for q in test),
            "last place of the asked person": sum(p == q.answer for p, q in zip(places, test, strict=True))}


@experiment("S0-6.4.3.2-port", seeds=5, data=file)
def port(seed, quick):
    """The source's wiring on the real questions: 64 numbers for a word, 120 epochs in batches of 100."""
    train, test, words = real(flat=True, part=slice(1000 if quick else None))
    utils.set_random_seed(seed)
    model = LSTMHeadMemoryNetwork.as_printed(len(words))
    seen = learn(model, train, test, 0.001, 100, 2 if quick else 120)
    low = np.flatnonzero(np.array(seen["accuracy"]) > 0.25)
    return {"parameters": model.count_params(), "at epoch 10": seen["accuracy"][min(9, len(seen["accuracy"]) - 1)],
            "last": seen["accuracy"][-1], "best": max(seen["accuracy"]),
            "epochs below 0.25": float(low[0] if len(low) else len(seen["accuracy"])), **seen}


@experiment("S0-6.4.3.2-steps", seeds=3, data=file)
def steps(seed, quick):
    """From the source's wiring to the right one: best accuracies on the real questions after one, two, three corrections."""
    part, found = slice(1000 if quick else None), {}
    plain = dict(temporal_encoding=False, masking=False)
    for name, options, flat, epochs in (
            ("softmax over the memories", dict(response="add", **plain), True, 120),
            ("and a weighted sum", plain, True, 120),
            ("and sentences with ages for memories", {}, False, 40)):
        train, test, words = real(flat, part)
        utils.set_random_seed(seed)
        seen = learn(LSTMHeadMemoryNetwork(len(words), **options), train, test, 0.001, 100, 2 if quick else epochs)
        found |= {name: max(seen["accuracy"]), f"{name}, accuracy": seen["accuracy"]}
    return found


@experiment("S0-6.4.3.2-right", seeds=3, data=file)
def right(seed, quick):
    """(6.25) to (6.27) on the real questions: a memory for each sentence, ages, one hop, 20 numbers for a word."""
    train, test, words = real(part=slice(1000 if quick else None))
    utils.set_random_seed(seed)
    model = MemoryNetwork(len(words), hops=1, tying="layer_wise")
    seen = learn(model, train, test, 0.01, 32, 2 if quick else 20)
    model.forward(test[0])
    support = [q.support for q in datasets.stories(source="babi")[1]]
    return {"parameters": model.count_params(), "last": seen["accuracy"][-1],
            "least of the last ten": min(seen["accuracy"][-10:]),
            "looks at the right sentence": float(np.mean(model.attention[:, 0].argmax(1) == support)), **seen}


@experiment("S0-6.4.3.2-time", data=file)
def costs(seed, quick):
    """Seconds of processor time for an epoch of 10 000 questions in batches of 100, and how well an LSTM does that reads all.

    The LSTM of 64 units reads story and question word by word, 64 numbers for a word. Times are the least of three epochs.
    """
    part = slice(1000 if quick else None)
    train, test, words = real(part=part)
    (flat, y), (flat_test, yt), _ = real(flat=True, part=part)
    utils.set_random_seed(seed)
    reader = Sequential([Input((flat[0].shape[1] + flat[1].shape[1],)), layers.Embedding(len(words), 64, mask_zero=True),
                         layers.LSTM(64), layers.Dense(len(words), activation="softmax")])
    models = {"memory network": (MemoryNetwork(len(words), hops=1, tying="layer_wise"), *train),
              "memory network, 64 numbers": (MemoryNetwork(len(words), 64, hops=1, tying="layer_wise"), *train),
              "source's wiring": (LSTMHeadMemoryNetwork.as_printed(len(words)), flat, y),
              "LSTM": (reader, np.concatenate(flat, axis=1), y)}
    found = {}
    for name, (model, x, t) in models.items():
        model.compile(optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
        times = []
        for _ in range(3):
            began = time.process_time()
            model.fit(x, t, batch_size=100, epochs=1, verbose=0)
            times.append(time.process_time() - began)
        found |= {f"{name}, seconds": min(times), f"{name}, parameters": model.count_params()}
        print(f"  {name}: {min(times):.2f} s", flush=True)
    found["ratio"] = found["LSTM, seconds"] / found["memory network, seconds"]
    train, test = (np.concatenate(flat, axis=1), y), (np.concatenate(flat_test, axis=1), yt)
    seen = learn(reader, train, test, 0.003, 100, 1 if quick else 27)["accuracy"]
    return found | {"LSTM, epochs": 3 + len(seen), "LSTM, best": max(seen), "LSTM, accuracy": seen}
