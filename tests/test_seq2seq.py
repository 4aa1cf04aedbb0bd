"""Encoder–decoders: derivatives, what they write on their own, and that they learn."""
import itertools

import numpy as np
import pytest

import unrolled
from unrolled import datasets, gradcheck, saving, utils
from unrolled.seq2seq import Seq2Seq
from unrolled.text import Vocabulary

KINDS = list(itertools.product(("lstm", "gru", "simple_rnn"), (None, "dot", "additive"), (True, False)))


def make(cell="lstm", attention=None, start=True, units=4, symbols=3, seed=0, **options):
    utils.set_random_seed(seed)
    return Seq2Seq(units, symbols, cell, attention, start, **options)


def random_data(n=3, length=5, features=2, steps=4, symbols=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, length, features)), np.eye(symbols)[rng.integers(symbols, size=(n, steps))]


def spread(model, seed=1):
    """Large random weights, so that probabilities are far from equal."""
    model.set_weights([2 * np.random.default_rng(seed).standard_normal(w.shape) for w in model.get_weights()])
    return model


def built(*args, **options):
    model = make(*args, dtype="float64", **options)
    model(random_data())
    return spread(model)


# Derivatives

@pytest.mark.parametrize("cell, attention, start", KINDS)
def test_gradients(cell, attention, start):
    model = make(cell, attention, start, dtype="float64")
    questions, answers = random_data()
    assert gradcheck.check(model, [questions, answers + 0.1], seed=0) < 1e-7


def test_training_wants_no_derivatives_by_the_inputs():
    """Afterwards they are there again."""
    model, (questions, answers) = built(), random_data()
    model.compile("sgd", "categorical_crossentropy")
    model.train_on_batch([questions, answers], answers)
    assert model.encoder.needs_dx is False and model.decoder.needs_dx is False
    assert gradcheck.check_direction(model, [questions, answers], seed=0) < 1e-7


@pytest.mark.parametrize("cell, attention, start", KINDS)
def test_gradients_with_padding(cell, attention, start):
    model = make(cell, attention, start, dtype="float64")
    questions, answers = random_data()
    questions[1, 2:] = questions[2, :1] = 0
    model([questions, answers])
    v = np.random.default_rng(1).standard_normal(answers.shape)
    model.zero_gradients()
    dquestions, _ = (model([questions, answers]), model.backward(v))[1]
    assert not dquestions[1, 2:].any() and dquestions[1, :2].all()
    for p in model.parameters:
        def value(w, p=p):
            p.value[...] = w
            return (v * model([questions, answers])).sum()

        start = p.value.copy()
        np.testing.assert_allclose(p.gradient, gradcheck.numerical_gradient(value, start), atol=1e-8)
        p.value[...] = start


@pytest.mark.parametrize("attention", [None, "dot", "additive"])
def test_padding_changes_nothing(attention):
    """Zeros at the end of questions: the same answers, and no look at them."""
    model = built(attention=attention)
    questions, answers = random_data()
    longer = np.concatenate([questions, np.zeros((3, 2, 2))], axis=1)
    np.testing.assert_allclose(model([longer, answers]), model([questions, answers]), rtol=1e-12)
    np.testing.assert_array_equal(model.greedy(longer, 4), model.greedy(questions, 4))
    np.testing.assert_allclose(model.beam(longer, 3)[1], model.beam(questions, 3)[1], rtol=1e-12)
    if attention:
        assert not model.attention_weights(longer, answers)[..., 5:].any()


def test_the_decoder_does_not_see_the_future():
    questions, answers = random_data()
    for attention, start in itertools.product((None, "dot"), (True, False)):
        model = built(attention=attention, start=start)
        before = model([questions, answers])
        for t in range(4):
            changed = answers.copy()
            changed[:, t:] = np.roll(changed[:, t:], 1, axis=-1)
            after = model([questions, changed])
            np.testing.assert_array_equal(after[:, :t + 1], before[:, :t + 1])
            assert t == 3 or (after[:, t + 1] != before[:, t + 1]).all()


def test_attention_weights():
    questions, answers = random_data()
    for attention in ("dot", "additive"):
        alpha = built(attention=attention).attention_weights(questions, answers)
        assert alpha.shape == (3, 4, 5) and (alpha > 0).all()
        np.testing.assert_allclose(alpha.sum(axis=-1), 1, rtol=1e-12)
    with pytest.raises(ValueError, match="has no attention. Make it with attention='dot'"):
        built().attention_weights(questions, answers)


def test_additive_attention_is_its_equation():
    model, (questions, answers) = built("gru", "additive"), random_data()
    alpha = model.attention_weights(questions, answers)
    s, h = (model.encoder.forward(questions), model.decoder.outputs())
    w = np.tanh(h[:, :, None] @ model.query.kernel + s[:, None] @ model.key.kernel) @ model.attend.scale     # (5)
    expected = np.exp(w) / np.exp(w).sum(axis=-1, keepdims=True)                                             # (6)
    np.testing.assert_allclose(alpha, expected, rtol=1e-10)
    o = np.tanh(np.concatenate([h, expected @ s], axis=-1) @ model.combine.kernel)                           # (7), (8)
    y = o @ model.head.kernel + model.head.bias                                                              # (4)
    np.testing.assert_allclose(model([questions, answers]), np.exp(y) / np.exp(y).sum(-1, keepdims=True), rtol=1e-10)


# On its own

@pytest.mark.parametrize("cell, attention, start", KINDS[::2] + KINDS[1:6:2])
def test_beam_is_exhaustive_if_wide(cell, attention, start):
    """All 27 answers in order of their probability, which teacher forcing tells."""
    model, (questions, _) = built(cell, attention, start), random_data()
    everything = np.array(list(itertools.product(range(3), repeat=3)))
    symbols, log_p = model.beam(questions, 3, 27)
    for k in range(3):
        y = model([np.repeat(questions[k:k + 1], 27, axis=0), np.eye(3)[everything]])
        expected = np.log(np.take_along_axis(y, everything[..., None], axis=2)).sum(axis=(1, 2))
        order = np.argsort(-expected)
        np.testing.assert_array_equal(symbols[k], everything[order])
        np.testing.assert_allclose(log_p[k], expected[order], rtol=1e-10)
        assert np.exp(log_p[k]).sum() == pytest.approx(1)


def test_greedy_is_a_beam_of_one():
    for seed, start in itertools.product(range(5), (True, False)):
        model = spread(built(start=start, attention="dot"), seed)
        questions, _ = random_data(20)
        written = model.greedy(questions, 6)
        symbols, log_p = model.beam(questions, 6, 1)
        np.testing.assert_array_equal(written, symbols[:, 0])
        y = model([questions, np.eye(3)[written]])                       # reading what it wrote, it would write it again
        np.testing.assert_array_equal(y.argmax(axis=-1), written)
        np.testing.assert_allclose(np.log(y.max(axis=-1)).sum(axis=1), log_p[:, 0], rtol=1e-10)


def test_a_wider_beam_finds_more_likely_answers():
    model, (questions, _) = built(), random_data(200)
    best = [model.beam(questions, 5, width)[1][:, 0] for width in (1, 4, 81)]
    assert (best[0] <= best[2] + 1e-12).all() and (best[1] <= best[2] + 1e-12).all()       # 81 = 3⁴ is exhaustive
    assert (best[0] < best[1] - 1e-3).any() and (best[1] > best[0] - 1e-12).mean() > 0.9


def test_an_end_symbol():
    model, (questions, _) = built(), random_data()
    symbols, log_p = model.beam(questions, 3, 27, end=2)
    answers = [(2, 2, 2)] + [(a, 2, 2) for a in (0, 1)] + [(a, b, c) for a in (0, 1) for b in (0, 1) for c in range(3)]
    for k in range(3):
        found = {tuple(s): p for s, p in zip(symbols[k].tolist(), log_p[k], strict=True) if p > -np.inf}
        assert found.keys() == {(2, 2, 2), *((a, 2, 2) for a in (0, 1)), *((a, b, 2) for a in (0, 1) for b in (0, 1)), *answers}
        for answer, p in found.items():
            y = model([questions[k:k + 1], np.eye(3)[[answer]]])[0]
            length = answer.index(2) + 1 if 2 in answer else 3
            assert p == pytest.approx(sum(np.log(y[t, answer[t]]) for t in range(length)))
        assert sum(np.exp(list(found.values()))) == pytest.approx(1)


def test_any_lengths():
    model = built()
    for length, steps in ((1, 1), (9, 7)):
        questions, answers = random_data(2, length, steps=steps)
        assert model([questions, answers]).shape == (2, steps, 3)
        assert model.greedy(questions, steps).shape == (2, steps)


# Scheduled sampling

def test_scheduled_sampling():
    """In training, its own symbols are read with the given probability: all of them at 1, as `greedy` does."""
    questions, answers = random_data(300)
    for start in (True, False):
        model = built(start=start, attention="dot")
        teacher = model([questions, answers], training=True)
        model.sampling_rate = 1.0
        own = np.eye(3)[model.greedy(questions, 4)]
        free = model([questions, answers], training=True)
        np.testing.assert_array_equal(free, model([questions, own]))
        np.testing.assert_array_equal(model([questions, answers]), teacher)      # not outside of training
        model.sampling_rate = 0.3
        mixed = model.mixed(model.encode(questions), answers)
        taken = (mixed[:, 0] == own[:, 0]).all(axis=-1)              # the first own symbol depends on nothing mixed
        told = (mixed[:, 0] == answers[:, 0]).all(axis=-1)
        assert (taken | told).all() and (mixed[:, 3] == answers[:, 3]).all()     # the last symbol is not read
        differ = (own[:, 0] != answers[:, 0]).any(axis=-1)
        assert differ.sum() > 100 and abs(taken[differ].mean() - 0.3) < 3 * np.sqrt(0.3 * 0.7 / differ.sum())


def test_scheduled_sampling_is_trained_on_what_was_read():
    """The gradient is that of the loss with the mixed answers as given inputs."""
    questions, answers = random_data(6)
    model = built(sampling_rate=0.5)
    v = np.random.default_rng(0).standard_normal(answers.shape)
    model.rng = np.random.default_rng(5)
    mixed = model.mixed(model.encode(questions), answers)
    assert (mixed != answers).any()
    model.rng = np.random.default_rng(5)
    found = []
    for x, training in (((questions, answers), True), ((questions, mixed), False)):
        model.zero_gradients()
        model(x, training=training)
        model.backward(v)
        found.append([p.gradient.copy() for p in model.parameters])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


# Files, errors

@pytest.mark.parametrize("cell, attention, start", [
    ("lstm", "additive", False), ("gru", None, True), ("simple_rnn", "dot", True)])
def test_training_goes_on_after_loading(tmp_path, cell, attention, start):
    questions, answers = random_data(20)
    model = make(cell, attention, start, sampling_rate=0.25)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.fit([questions, answers], answers, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    other = saving.load_model(tmp_path / "model.keras")
    assert isinstance(other, Seq2Seq) and other.get_config() == model.get_config()
    np.testing.assert_array_equal(other.greedy(questions, 4), model.greedy(questions, 4))
    for m in (model, other):
        m.fit([questions, answers], answers, epochs=2, verbose=0)
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights():
    """The source's model: two LSTMs of 128 units that read 12 symbols, and an output layer."""
    model = make(units=128, symbols=12, start=False)
    model([np.zeros((1, 7, 12)), np.zeros((1, 4, 12))])
    lstm = 4 * 128 * (12 + 128 + 1)
    assert model.count_params() == 2 * lstm + 128 * 12 + 12
    assert make(trainable=False).trainable_weights == []
    shown = []
    model.summary(shown.append)
    assert "encoder (LSTM)" in shown[0] and f"{lstm:,}" in shown[0]


@pytest.mark.parametrize("call, sentence", [
    (lambda m: Seq2Seq(4, 3, "lsmt"), "no cell named 'lsmt'. Did you mean 'lstm'?"),
    (lambda m: Seq2Seq(4, 3, attention="adding"), "no attention named 'adding'. Did you mean 'additive'?"),
    (lambda m: Seq2Seq(4, 3, sampling_rate=2), "sampling_rate is a probability, from 0 to 1, but 2 was given"),
    (lambda m: Seq2Seq(0, 3), "units must be a positive whole number"),
    (lambda m: Seq2Seq(4, 0), "symbols must be a positive whole number"),
    (lambda m: Seq2Seq(4, 3)([np.ones((2, 5, 2)), np.ones((2, 4, 4))]), r"questions \(N, T, D\) and answers \(N, T', 3\)"),
    (lambda m: Seq2Seq(4, 3)([np.ones((2, 5)), np.ones((2, 4, 3))]), r"questions \(N, T, D\)"),
    (lambda m: Seq2Seq(4, 3).greedy(np.ones((2, 5, 2)), 3), "no weights yet. Train it, or call it"),
    (lambda m: m([np.ones((2, 5, 2))]), "2 arrays, questions, answers, in a list or in a dictionary by these names, but got 1"),
    (lambda m: m([np.ones((2, 5, 2)), np.ones((3, 4, 3))]), "equally many examples, but there are 2 questions, 3 answers"),
    (lambda m: m([np.ones((2, 5, 7)), np.ones((2, 4, 3))]), r"questions of shape \(N, \?, 2\), but got \(2, 5, 7\)"),
    (lambda m: m([np.ones((2, 0, 2)), np.ones((2, 4, 3))]), "questions of a symbol or more and answers of 1 or more"),
    (lambda m: built(start=False)([np.ones((2, 5, 2)), np.ones((2, 1, 3))]), "answers of 2 or more"),
    (lambda m: m.greedy(np.ones((2, 5, 7)), 3), r"but got \(2, 5, 7\)"),
    (lambda m: m.greedy(np.ones((2, 5, 2)), 0), "length must be a positive whole number"),
    (lambda m: m.beam(np.ones((2, 5, 2)), 3, 0), "width must be a positive whole number"),
    (lambda m: m.beam(np.ones((2, 5, 2)), 3, end=3), "numbers from 0 to 2, but end is 3"),
])
def test_what_cannot_be(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(built())


# It learns

@pytest.mark.parametrize("cell, attention, start", [
    ("lstm", None, False), ("gru", "additive", True), ("simple_rnn", "dot", True)])
def test_it_learns(cell, attention, start):
    """Words of up to five letters backwards; those that it was not trained on are written without help."""
    v = Vocabulary("abcd", padding=" ")
    q, a = (v.encode(texts) for texts in datasets.reversals(400, 5, "abcd"))
    questions, answers = utils.to_categorical(q, 5)[..., 1:], utils.to_categorical(a, 5)
    model = make(cell, attention, start, units=24, symbols=5)
    model.compile(unrolled.optimizers.Adam(0.02), "categorical_crossentropy")
    history = model.fit([questions[:300], answers[:300]], answers[:300], batch_size=30, epochs=40, verbose=0).history
    right = (model.greedy(questions[300:], 5) == a[300:]).all(axis=1).mean()
    assert history["loss"][-1] < 0.2 * history["loss"][0] and right > 0.8
    if attention == "additive":                              # it looks for the last letter first
        where = model.attention_weights(questions[300:], answers[300:]).argmax(axis=-1)
        lengths = (q[300:] > 0).sum(axis=1)
        looks = [where[n, t] == length - 1 - t for n, length in enumerate(lengths) for t in range(length)]
        assert np.mean(looks) > 0.9
