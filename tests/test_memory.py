"""Memory networks: their equations and derivatives, what each part is for, and that they learn."""
import cases
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import unrolled as dl
from unrolled import datasets, gradcheck, text
from unrolled.autodiff import Variable
from unrolled.memory import LSTMHeadMemoryNetwork, MemoryNetwork

few = cases.few(5)
sizes, seeds = st.integers(1, 3), st.integers(0, 1000)
WIDE = dl.initializers.RandomNormal(stddev=0.7)


@pytest.fixture(autouse=True)
def seeded():
    dl.utils.set_random_seed(0)


def told(n, sentences, length, asked, words, seed):
    """Random stories, some of whose words and last sentences are missing, and questions."""
    rng = np.random.default_rng(seed)
    stories = rng.integers(1, words, (n, sentences, length))
    for story in stories:
        story[:, rng.integers(1, length + 1):] = 0
        story[rng.integers(0, sentences + 1):] = 0
    return [stories, rng.integers(0, words, (n, asked))]


def sentence(table, words, positions):
    """(1) and (2) for one sentence, word by word; d features."""
    known, d = [w for w in words if w], table.shape[-1]
    total = np.zeros(d)
    for j, word in enumerate(known, 1):
        weight = (1 - j / len(known)) - np.arange(1, d + 1) / d * (1 - 2 * j / len(known)) if positions else np.ones(d)
        total = total + weight * table[word]
    return total


def answers(x, hops, tying, positions, ages, linear, embeddings, temporal=None, answer=None, hop=None):
    """The equations of the paper for one example after the other."""
    rows = []
    for story, question in zip(*x, strict=True):
        story = [s for s in story if s.any()]

        def memories(k, story=story):
            return [sentence(embeddings[k], s, positions) + (temporal[k, len(story) - 1 - i] if ages else 0)
                    for i, s in enumerate(story)]

        u = sentence(embeddings[0 if tying == "adjacent" else 2], question, positions)
        for k in range(hops):
            m, c = (memories(k), memories(k + 1)) if tying == "adjacent" else (memories(0), memories(1))
            s = [np.sum(u * one) for one in m]
            e = s if linear else [np.exp(one) for one in s]
            p = e if linear else [one / sum(e) for one in e]
            o = sum((one * reply for one, reply in zip(p, c, strict=True)), np.zeros(u.shape))
            u = (u @ hop if tying == "layer_wise" and k < hops - 1 else u) + o
        e = np.exp(u @ (embeddings[-1].T if tying == "adjacent" else answer))
        rows.append((e / np.sum(e)).reshape(1, -1))
    return np.concatenate(rows, axis=0)


@pytest.mark.parametrize("tying", ["adjacent", "layer_wise"])
@few
@given(n=sizes, sentences=st.integers(1, 4), length=sizes, asked=sizes, width=sizes, hops=sizes, positions=st.booleans(),
       ages=st.booleans(), linear=st.booleans(), seed=seeds)
def test_the_equations_and_the_tape(tying, n, sentences, length, asked, width, hops, positions, ages, linear, seed):
    """Outputs, and every derivative to 1e-7, equal those of the equations written down sentence by sentence."""
    x = told(n, sentences, length, asked, 6, seed)
    model = MemoryNetwork(6, width, hops, tying, positions, ages, linear, WIDE, dtype="float64")
    y = model(x)
    names = [p.name for p in model.parameters]
    variables = dict(zip(names, map(Variable, model.weights), strict=True))
    reference = answers(x, hops, tying, positions, ages, linear, **variables)
    v = np.random.default_rng(seed).standard_normal(y.shape)
    reference.backward(v)
    assert np.allclose(y, reference.value, atol=1e-12)
    model.backward(v)
    for p in model.parameters:
        expected = variables[p.name].grad
        assert np.max(np.abs(p.gradient - expected)) < 1e-7 * max(1, np.max(np.abs(expected))), p.name


@pytest.mark.parametrize("options", [{}, {"tying": "layer_wise"}, {"position_encoding": True}, {"hops": 1, "linear": True},
                                     {"temporal_encoding": False, "tying": "layer_wise", "position_encoding": True}])
def test_gradients(options):
    model, x = MemoryNetwork(6, 4, embeddings_initializer=WIDE, dtype="float64", **options), told(5, 4, 3, 3, 6, 0)
    assert gradcheck.check(model, x, seed=0) < 1e-7
    assert gradcheck.check_direction(model, x, seed=1) < 1e-7


@pytest.mark.parametrize("masking", [True, False])
@pytest.mark.parametrize("ages", [True, False])
@pytest.mark.parametrize("response", ["sum", "add"])
@pytest.mark.parametrize("over", ["memories", "words"])
def test_gradients_with_an_lstm(over, response, ages, masking):
    model = LSTMHeadMemoryNetwork(6, 4, 3, over, response, ages, masking, WIDE, dtype="float64")
    x = told(4, 5, 3, 3, 6, 0)
    assert gradcheck.check(model, x, seed=0) < 1e-7
    words = LSTMHeadMemoryNetwork(6, 4, 3, over, response, ages, masking, WIDE, dtype="float64")
    assert gradcheck.check(words, [x[0][:, :, 0], x[1]], seed=0) < 1e-7


def test_one_hop_is_the_plain_model(float64):
    """p = softmax(u·m), o = Σ p c, softmax(W(o + u)), with A, B, C, W as printed in the source: (6.25) to (6.27)."""
    model = MemoryNetwork(6, 4, 1, "layer_wise", embeddings_initializer=WIDE, temporal_encoding=False)
    x = told(7, 4, 3, 3, 6, 0)
    x[0][:, :, 0] = np.maximum(x[0][:, :, 0], 1)                             # no sentence is missing
    y = model(x)
    (a, c, b), w = model.embeddings.copy(), model.answer
    for table in a, b, c:
        table[0] = 0                                                         # a missing word adds nothing
    m, c, u = a[x[0]].sum(2), c[x[0]].sum(2), b[x[1]].sum(1)
    e = np.exp(np.einsum("nsd,nd->ns", m, u))
    p = e / e.sum(1, keepdims=True)
    o = np.einsum("ns,nsd->nd", p, c)
    assert np.allclose(model.attention[:, 0], p) and np.allclose(y, dl.activations.softmax((o + u) @ w))


def test_missing_words_and_sentences_do_not_count(float64):
    """Not even when they are many: their weight is 0, the answer stays."""
    x = told(6, 4, 3, 3, 6, 0)
    wider = [np.pad(x[0], ((0, 0), (0, 0), (0, 2))), np.pad(x[1], ((0, 0), (0, 1)))]
    for options in {}, {"position_encoding": True}:
        model = MemoryNetwork(6, 4, embeddings_initializer=WIDE, **options)
        y = model(x)
        assert np.allclose(model.attention.sum(2), x[0].any((1, 2))[:, None])
        other = MemoryNetwork(6, 4, **options)
        other(wider)
        other.set_weights(model.get_weights())
        assert np.allclose(other(wider), y)
        assert not model.attention[np.broadcast_to(~x[0].any(2)[:, None], model.attention.shape)].any()


def test_position_encoding_knows_the_order_of_words(float64):
    swapped = [np.array([[[2, 1, 3]]]), np.array([[4]])]
    for positions in True, False:
        model = MemoryNetwork(6, 4, position_encoding=positions, embeddings_initializer=WIDE)
        y = model([np.array([[[1, 2, 3]]]), np.array([[4]])])
        assert np.allclose(model(swapped), y) != positions


def test_parameters_and_storing(tmp_path):
    x = told(5, 10, 7, 4, 22, 0)
    counts = {(3, "adjacent"): 4 * (22 + 10) * 20, (3, "layer_wise"): 3 * 22 * 20 + 2 * 10 * 20 + 20 * 22 + 20 * 20,
              (1, "layer_wise"): 3 * 22 * 20 + 2 * 10 * 20 + 20 * 22}
    for (hops, tying), count in counts.items():
        model = MemoryNetwork(22, hops=hops, tying=tying)
        model(x)
        assert model.count_params() == count
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, [1, 2, 3, 4, 5], verbose=0)
    model.save(tmp_path / "m")
    assert np.array_equal(dl.saving.load_model(tmp_path / "m").predict(x), model.predict(x))
    printed = LSTMHeadMemoryNetwork.as_printed(22)
    for length, count in (68, 24_728), (66, 24_472):                          # of the real stories; of the source
        model = LSTMHeadMemoryNetwork.from_config(printed.get_config())
        model([np.ones((1, length), int), np.ones((1, 4), int)])
        assert model.count_params() == count
    model.save(tmp_path / "m")
    assert dl.saving.load_model(tmp_path / "m").count_params() == count


@pytest.mark.parametrize("make, x, sentence", [
    (lambda: MemoryNetwork(6), [np.ones((2, 3)), np.ones((2, 3))], "stories (N, S, J) of S sentences and questions (N, Q)"),
    (lambda: LSTMHeadMemoryNetwork(6), [np.ones(2), np.ones((2, 3))], "stories (N, S, J), or (N, S) of single words"),
    (lambda: MemoryNetwork(6), [np.ones((2, 3, 4)), np.full((2, 3), 6)], "needs whole numbers from 0 to 5, but got"),
    (lambda: MemoryNetwork(6, tying="both"), None, "'adjacent' or 'layer_wise', but 'both'"),
    (lambda: MemoryNetwork(6, hops=0), None, "hops must be a positive whole number"),
    (lambda: LSTMHeadMemoryNetwork(6, softmax_over="all"), None, "'memories' or 'words'"),
])
def test_what_is_refused(make, x, sentence):
    with pytest.raises(ValueError) as raised:
        make()(x)
    assert sentence in str(raised.value)


# It learns

@pytest.fixture(scope="module")
def babi():
    """Generated questions of task 1 as numbers: 10 000 to learn from, 1000 to be tested on."""
    train, test = datasets.stories()
    words = text.story_vocabulary(train, test)
    *x, y = text.story_arrays(train, words)
    *xt, yt = text.story_arrays(test, words)
    return len(words), (x, y), (xt, yt), test


def train(model, babi, epochs, rate):
    _, (x, y), test, _ = babi
    model.compile(dl.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model.fit(x, y, batch_size=32, epochs=epochs, validation_data=test, verbose=0).history["val_accuracy"]


@pytest.mark.parametrize("options", [{}, {"tying": "layer_wise"}, {"hops": 1, "tying": "layer_wise"},
                                     {"position_encoding": True}])
def test_it_learns_task_1(options, babi):
    """More than 99 % of new questions right (mean of the last three epochs); attention finds the sentence that tells."""
    model = MemoryNetwork(babi[0], **options)
    accuracy = train(model, babi, 5, 0.003)
    assert np.mean(accuracy[-3:]) > 0.99, accuracy
    model(babi[2][0])
    assert (model.attention.sum(1).argmax(1) == [q.support for q in babi[3]]).mean() > 0.95


def test_linear_start(babi):
    """Without the softmax it learns too, and goes on with it."""
    model = MemoryNetwork(babi[0], linear=True)
    first = train(model, babi, 2, 0.003)
    model.linear = False
    assert first[-1] > 0.3 and np.mean(train(model, babi, 4, 0.003)[-3:]) > 0.99


def test_without_ages_it_cannot_know_which_sentence_was_last(babi):
    accuracy = train(MemoryNetwork(babi[0], temporal_encoding=False), babi, 5, 0.003)
    assert max(accuracy) < 0.8, accuracy


def test_a_softmax_over_the_words_is_no_attention(float64):
    """The slip of the listing (C17): weights on the memories then do not sum to 1, and a memory's weight does not depend on
    what else there is to remember."""
    x = told(6, 5, 3, 3, 6, 0)
    x[0][:, 0, 0] = 1                                                        # at least one sentence
    longer = [x[0].copy(), x[1]]
    longer[0][:, 0] = 5                                                      # another first sentence
    weights = {}
    for over in "memories", "words":
        model = LSTMHeadMemoryNetwork(6, 4, softmax_over=over, embeddings_initializer=WIDE, temporal_encoding=False)
        model(x)
        weights[over] = model.p.copy()
        model(longer)
        assert np.allclose(model.p[:, :, 1:], weights[over][:, :, 1:]) == (over == "words")
    assert np.allclose(weights["memories"].sum(2), 1)                        # for each word of the question, over memories
    present = x[0].any(2)[:, None]
    assert np.allclose(weights["words"].sum(1, keepdims=True), present) and not np.allclose(weights["words"].sum(2), 1)


def test_the_corrected_model_with_an_lstm_learns(babi):
    """With p + c for the sum, as printed (C18), the same model on sentences stays far below: it never reads a memory."""
    accuracy = train(LSTMHeadMemoryNetwork(babi[0]), babi, 6, 0.005)
    assert np.mean(accuracy[-2:]) > 0.97, accuracy
    printed = train(LSTMHeadMemoryNetwork(babi[0], response="add"), babi, 5, 0.005)
    assert max(printed) < 0.7, printed
