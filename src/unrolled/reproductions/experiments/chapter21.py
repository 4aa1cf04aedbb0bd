"""Experiments of chapter 21, toward transformers."""

import time

import numpy as np

from ... import Input, Sequential, datasets, layers, optimizers, utils
from ...seq2seq import Seq2Seq
from ...transformer import Positions, TransformerBlock
from . import experiment
from .chapter18 import SYMBOLS, additions, plain, questions, rows, written

STOPS = (1, 2, 3, 5, 10, 15, 20, 25, 30)


def transformer(steps, features=64, heads=4, blocks=2, hidden=256, positions="learned", first=True):
    """Return a stack of blocks that reads one-hot rows (N, steps, 12) and says at each step what comes next.

    ``positions`` are "learned", "sines" or "none"; ``first`` says whether blocks normalise before or after.
    """
    places = {"learned": [Positions(learned=True)], "sines": [Positions()], "none": []}[positions]
    table = layers.Dense(features, kernel_initializer="random_normal" if positions == "none" else "glorot_uniform")
    stack = [TransformerBlock(heads, hidden, normalize_first=first, causal=True) for _ in range(blocks)]
    return Sequential([Input((steps, len(SYMBOLS))), table, *places, *stack, layers.LayerNormalization(),
                       layers.Dense(len(SYMBOLS), activation="softmax")])


def joined(x, t):
    """Return question and answer as one text without its last symbol, what comes next, and 1 where that is the answer's."""
    weights = np.zeros((len(x), x.shape[1] + t.shape[1] - 1), x.dtype)
    weights[:, x.shape[1] - 1:] = 1
    return np.concatenate([x, t[:, :-1]], axis=1), np.concatenate([x[:, 1:], t], axis=1), weights


def continued(model, x, length):
    """Return what a causal model writes after questions, (N, length) numbers of symbols; it reads its own symbols."""
    n, steps, symbols = x.shape
    text = np.concatenate([x, np.zeros((n, length - 1, symbols), x.dtype)], axis=1)
    said = np.zeros((n, length), int)
    for t in range(length):
        said[:, t] = model.predict(text, batch_size=500, verbose=0)[:, steps - 1 + t].argmax(axis=-1)
        if t < length - 1:
            text[:, steps + t] = np.eye(symbols)[said[:, t]]
    return said


def exact(said, texts):
    """Return the share of answers that are right to the last symbol."""
    return float(np.mean(np.array(SYMBOLS.decode(said)) == texts))


# Chapter 18's sums

def blocks_of(model):
    return [layer for layer in model.layers if isinstance(layer, TransformerBlock)]


def looks(model, x):
    """Return the weights of all heads of all blocks, (N, blocks, heads, T, T)."""
    model.predict(x, batch_size=len(x), verbose=0)
    return np.stack([block.attention.attention_scores for block in blocks_of(model)], axis=1)


def learn_to_add(seed, quick, reverse, stops):
    (q, a), (vq, va) = questions(seed, reverse, 2000 if quick else 20_000)
    x, t, xv, tv = rows(q), rows(a), rows(vq), rows(va)
    utils.set_random_seed(seed)
    model = transformer(10)
    model.compile(optimizers.Adam(0.001), "categorical_crossentropy")
    read, following, weights = joined(x, t)
    found, done = {"exact": []}, 0
    for stop in (1,) if quick else stops:
        model.fit(read, following, sample_weight=weights, batch_size=200, epochs=stop - done, verbose=0)
        done = stop
        said = continued(model, xv, 4)
        found["exact"].append(exact(said, va))
        print(f"  epoch {stop:2}: {found['exact'][-1]:.3f}", flush=True)
    found |= {"last": found["exact"][-1], "in training": exact(continued(model, x[:2000], 4), a[:2000]),
              "all": "".join(SYMBOLS.decode(said)), "parameters": model.count_params()}
    return model, found, (vq, xv, tv)


@experiment("U-21-sums", seeds=3)
def sums(seed, quick):
    """Let two blocks of four heads learn chapter 18's sums, for 30 epochs, and for 15 with all numbers ones first.

    Returns
    -------
    dict
        ``exact``: shares of 2000 new sums right after `STOPS`; in ``ones first`` the same. ``alpha`` (3, blocks, heads, 4, 10):
        for three sums, from where the four symbols of the answer are written; ``symbols``: share right, the right ones being
        read; ``without`` (blocks, heads): the same once a head is silent.
    """
    model, found, (vq, xv, tv) = learn_to_add(seed, quick, (False, False), STOPS)
    full = np.flatnonzero([len(w.strip()) == 7 for w in vq])[:3]
    said = rows(SYMBOLS.decode(continued(model, xv[full], 4)))
    alpha = looks(model, joined(xv[full], said)[0])[..., 6:, :]
    found |= {"asked": [*vq[full]], "said": SYMBOLS.decode(said.argmax(-1)), "alpha": alpha.astype(float).round(3)}
    read = joined(xv, tv)[0]

    def right():
        return float(np.mean(model.predict(read, batch_size=500, verbose=0)[:, 6:].argmax(-1) == tv.argmax(-1)))

    found |= {"symbols": right(), "without": []}
    for block in blocks_of(model):
        kernel, shares = block.attention.output_dense.kernel, []
        for head in range(block.num_heads):
            kept = kernel[head].copy()
            kernel[head] = 0
            shares.append(right())
            kernel[head] = kept
        found["without"].append(shares)
    _, other, _ = learn_to_add(seed, quick, (True, True), STOPS[:6])
    return found | {"ones first": other["exact"], "ones first, last": other["last"]}


def attentive():
    """Chapter 19's model with additive attention."""
    return Seq2Seq(128, len(SYMBOLS), attention="additive", start=False)


@experiment("U-21-recurrent", seeds=3)
def recurrent(seed, quick):
    """Let chapter 18's and chapter 19's models learn the same sums for 30 epochs: the beginnings of their runs."""
    found = {}
    for name, make in ("one vector", plain), ("attention", attentive):
        run = additions(make, seed, quick, epochs=STOPS[-1])
        found |= {name: run["exact"], f"{name}, last": run["exact"][-1]}
    return found


# Sums of numbers of two digits

HEADS, BLOCKS, SMALL_STOPS = (1, 2, 4), (1, 2, 3), tuple(range(2, 21, 2))


def two_digits(seed, ones_first=True, n=2500, digits=2):
    """Return sums such as ``12+07`` with answers ``910`` (019, ones first), parted into 4/5 and 1/5."""
    asked, right = datasets.additions(n, digits=digits, seed=seed)
    pairs = [written(q, a, True, False, ones_first) for q, a in zip(asked, right, strict=True)]
    return datasets.split(*map(np.array, zip(*pairs, strict=True)), share=0.2, order="random", seed=seed)


def longer(sums, answers):
    """Return the same sums with a zero in front of every number, and at the end of answers that are ones first."""
    return (np.array(["+".join("0" + n for n in s.split("+")) for s in sums]), np.array([a + "0" for a in answers]))


def three_digits(seed, n=500):
    """Return sums of numbers from 100 to 999, and the answers, ones first."""
    rng = np.random.RandomState(seed)
    pairs = rng.randint(100, 1000, size=(n, 2))
    return np.array([f"{a}+{b}" for a, b in pairs]), np.array([f"{a + b:04}"[::-1] for a, b in pairs])


def practise(model, data, stops, callbacks=()):
    """Train on sums of two digits; return the shares of new sums right at the stops."""
    (q, a), (vq, va) = data
    x, t, xv = rows(q), rows(a), rows(vq)
    model.compile(optimizers.Adam(0.003), "categorical_crossentropy")
    read, following, weights = joined(x, t)
    done, found = 0, []
    for stop in stops:
        if isinstance(model, Seq2Seq):
            model.fit([x, t], t, batch_size=50, epochs=stop - done, verbose=0, callbacks=callbacks)
            said = model.greedy(xv, 3)
        else:
            model.fit(read, following, sample_weight=weights, batch_size=50, epochs=stop - done, verbose=0,
                      callbacks=callbacks)
            said = continued(model, xv, 3)
        done = stop
        found.append(exact(said, va))
    return found


def small(positions="learned", heads=4, blocks=2, steps=7, first=True):
    return transformer(steps, features=32, heads=heads, blocks=blocks, hidden=64, positions=positions, first=first)


@experiment("U-21-small", seeds=3)
def small_stacks(seed, quick):
    """Let small stacks learn sums of two digits for 20 epochs; measure heads, blocks, positions, and longer numbers.

    Returns
    -------
    dict
        "ones first, 4 heads, 2 blocks": the share of 500 new sums that is right in the end (``, curve``: after `SMALL_STOPS`).
        "no positions", "sines", "learned": the same for four heads and two blocks; "six blocks, before" and "after": for where
        blocks normalise. "LSTM", "attention", "transformer": for each, ``new`` sums, the same sums with
        a ``zero`` in front, and sums of ``three`` digits.
    """
    stops, found = SMALL_STOPS[:1] if quick else SMALL_STOPS, {}
    for first, order in ((True, "ones first"), (False, "tens first")):
        data = two_digits(seed, first)
        for heads in HEADS:
            for blocks in BLOCKS:
                utils.set_random_seed(seed)
                name = f"{order}, {heads} heads, {blocks} blocks"
                found[f"{name}, curve"] = practise(small(heads=heads, blocks=blocks), data, stops)
                found[name] = found[f"{name}, curve"][-1]
                print(f"  {name}: {found[name]:.3f}", flush=True)
    data = two_digits(seed)
    for name, positions in (("no positions", "none"), ("sines", "sines"), ("learned", "learned")):
        utils.set_random_seed(seed)
        found[name] = practise(small(positions), data, stops[-1:])[-1]
        print(f"  {name}: {found[name]:.3f}", flush=True)
    for name, first in (("before", True), ("after", False)):
        utils.set_random_seed(seed)
        found[f"six blocks, {name}"] = practise(small(blocks=6, first=first), data, stops[-1:])[-1]
        print(f"  six blocks, {name}: {found[f'six blocks, {name}']:.3f}", flush=True)
    zero, three = longer(*data[1]), three_digits(seed)
    for name, make in (("LSTM", lambda: Seq2Seq(64, len(SYMBOLS), start=False)),
                       ("attention", lambda: Seq2Seq(64, len(SYMBOLS), attention="additive", start=False)),
                       ("transformer", lambda: small("sines", steps=None))):
        utils.set_random_seed(seed)
        model = make()
        write = type(model).greedy if isinstance(model, Seq2Seq) else continued
        found[f"{name}, new"] = practise(model, data, (2,) if quick else (40,))[-1]
        for kind, (asked, right) in (("zero", zero), ("three", three)):
            found[f"{name}, {kind}"] = exact(write(model, rows(asked), 4), right)
        print("  " + name, *(f"{k} {found[f'{name}, {k}']:.3f}" for k in ("new", "zero", "three")), flush=True)
    return found


# Time

STEPS = (8, 16, 32, 64, 128, 256, 512, 1024)


def processor_time(work, *arguments, repeats=5, **options):
    """Return the least processor time that one call took, in seconds."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        work(*arguments, **options)
        taken.append(time.process_time() - began)
    return float(f"{min(taken):.3g}")


def there_and_back(layer, x, dy, **options):
    layer.forward(x, True, **options)
    layer.backward(dy)


@experiment("U-21-time")
def times(seed, quick):
    """Measure processor time on one core: there and back through 64 features, and an epoch of chapter 18's sums.

    Returns
    -------
    dict
        ``LSTM``, ``block`` and ``attention``: seconds for a batch of four sequences of `STEPS` steps. ``epoch, LSTM`` and so
        on: seconds for 18 000 sums.
    """
    rng, found = np.random.default_rng(seed), {"LSTM": [], "block": [], "attention": []}
    for steps in STEPS[:3] if quick else STEPS:
        x = rng.standard_normal((4, steps, 64)).astype(np.float32)
        dy = rng.standard_normal(x.shape).astype(np.float32)
        lstm, block = layers.LSTM(64, return_sequences=True), TransformerBlock(4, 256, normalize_first=True, causal=True)
        for layer in lstm, block:
            layer(x)
        found["LSTM"].append(processor_time(there_and_back, lstm, x, dy))
        found["block"].append(processor_time(there_and_back, block, x, dy))
        found["attention"].append(processor_time(there_and_back, block.attention, [x, x], dy, use_causal_mask=True))
        print(f"  {steps:4} steps:", *(f"{name} {v[-1]:.5f}" for name, v in found.items()), flush=True)
    (q, a), _ = questions(seed)
    x, t = rows(q[:2000]), rows(a[:2000])
    read, following, weights = joined(x, t)
    for name, model in (("LSTM", plain()), ("attention", attentive()), ("transformer", transformer(10))):
        model.compile(optimizers.Adam(0.001), "categorical_crossentropy")
        data = (read, following) if name == "transformer" else ([x, t], t)
        options = {"sample_weight": weights} if name == "transformer" else {}
        found[f"epoch, {name}"] = 9 * processor_time(model.fit, *data, batch_size=200, epochs=1, verbose=0, **options)
    return found
