"""Boltzmann machines: exactly, by enumerating tiny ones; by sampling; and on digits."""
import itertools

import numpy as np
import pytest

import unrolled as dl
from unrolled import datasets
from unrolled.boltzmann import DBN, RBM, binary_states
from unrolled.gradcheck import numerical_gradient


def tiny(visible=3, hidden=2, seed=0, scale=1.0):
    """A machine with large random weights, in float64."""
    rbm, rng = RBM(visible, hidden, seed, "float64"), np.random.default_rng(seed)
    for w in (rbm.W, rbm.a, rbm.b):
        w[...] = scale * rng.standard_normal(w.shape)
    return rbm


def weights(rbm):
    return [rbm.W.copy(), rbm.a.copy(), rbm.b.copy()]


def joint(rbm):
    """Every state of a tiny machine and its probability, from the definition alone."""
    states, energies = [], []
    for v in itertools.product([0.0, 1.0], repeat=rbm.visible):
        for h in itertools.product([0.0, 1.0], repeat=rbm.hidden):
            states.append((v, h))
            energies.append(-sum(rbm.a[i] * v[i] for i in range(len(v)))
                            - sum(rbm.b[j] * h[j] for j in range(len(h)))
                            - sum(v[i] * h[j] * rbm.W[i, j] for i in range(len(v)) for j in range(len(h))))
    v, h = (np.array(s) for s in zip(*states, strict=True))
    return v, h, np.array(energies)


# Exactly

def test_energy():
    rbm = tiny()
    v, h, energies = joint(rbm)
    assert np.allclose(rbm.energy(v, h), energies, rtol=1e-14)


@pytest.mark.parametrize("visible, hidden", [(3, 2), (2, 4), (3, 3)])
def test_free_energy_and_partition_function(visible, hidden):
    rbm = tiny(visible, hidden)
    v, h, energies = joint(rbm)
    z = np.exp(-energies).sum()
    assert np.isclose(rbm.log_partition(), np.log(z), rtol=1e-14)
    for state in binary_states(visible):
        there = (v == state).all(axis=1)
        assert np.isclose(np.exp(-rbm.free_energy(state)), np.exp(-energies[there]).sum(), rtol=1e-13)
        assert np.isclose(rbm.log_likelihood(state), np.log(np.exp(-energies[there]).sum() / z), rtol=1e-13)
    assert np.isclose(np.exp(rbm.log_likelihood(binary_states(visible))).sum(), 1)


def test_conditional_probabilities():
    rbm = tiny()
    v, h, energies = joint(rbm)
    p = np.exp(-energies)
    for state in binary_states(rbm.visible):
        there = (v == state).all(axis=1)
        assert np.allclose(rbm.hidden_probabilities(state), p[there] @ h[there] / p[there].sum())
    for state in binary_states(rbm.hidden):
        there = (h == state).all(axis=1)
        assert np.allclose(rbm.visible_probabilities(state), p[there] @ v[there] / p[there].sum())


def exact_gradient(rbm, data):
    """Equation (6), the mean over p by enumeration."""
    model = [0.0, 0.0, 0.0]
    for v in binary_states(rbm.visible):
        p = np.exp(rbm.log_likelihood(v))
        model = [m + p * s for m, s in zip(model, rbm.statistics(v[None]), strict=True)]
    return [d - m for d, m in zip(rbm.statistics(data), model, strict=True)]


DATA = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 0, 0]], float)


def test_gradient_of_the_log_likelihood():
    rbm = tiny()
    for w, gradient in zip((rbm.W, rbm.a, rbm.b), exact_gradient(rbm, DATA), strict=True):
        start = w.copy()

        def mean(value, w=w):
            w[...] = value
            return rbm.log_likelihood(DATA).mean()

        expected = numerical_gradient(mean, start)
        w[...] = start
        assert np.max(np.abs(gradient - expected)) < 1e-8


def test_contrastive_divergence_approaches_the_gradient():
    """With many steps only the noise of 100 000 chains is left; with one step there is a bias beside it."""
    rbm, data = tiny(seed=3), DATA.repeat(25_000, axis=0)
    exact = exact_gradient(rbm, DATA)

    def error(k):
        estimate, _ = rbm.contrastive_divergence(data, k)
        return max(np.abs(e - g).max() for e, g in zip(estimate, exact, strict=True))

    noise = 5 * 0.5 / np.sqrt(len(data))                     # five standard deviations of a mean of bits
    assert error(30) < noise < error(1)


def test_persistent_chains_approach_the_gradient_too():
    """Chains from afar, one step in each batch."""
    rbm, chains = tiny(seed=3), np.ones((100_000, 3))
    for _ in range(30):
        estimate, chains = rbm.contrastive_divergence(DATA, 1, chains)
    noise = 5 * 0.5 / np.sqrt(len(chains))
    assert max(np.abs(e - g).max() for e, g in zip(estimate, exact_gradient(rbm, DATA), strict=True)) < noise


def test_samples_have_the_machines_distribution():
    rbm, n = tiny(seed=1), 50_000
    v = rbm.sample(n, steps=50)
    counts = np.bincount((v @ [1, 2, 4]).astype(int), minlength=8)
    p = np.exp(rbm.log_likelihood(binary_states(3)))
    assert np.sum((counts - n * p) ** 2 / (n * p)) < 30      # chi-squared with 7 degrees: 1e-4 lie above


# One step of learning, with weights so large that nothing is left to chance

def certain():
    """Each hidden unit copies the opposite of one visible unit, and back."""
    rbm = RBM(2, 2, seed=0, dtype="float64")
    rbm.W[...], rbm.a[...], rbm.b[...] = -200 * np.eye(2), 100, 100
    return rbm


def test_steps_by_hand():
    """Chains stay at the data (1, 0), so that only weight decay is left, with momentum in the second step."""
    rbm = certain()
    rbm.fit([[1, 0]], 1, epochs=2, verbose=0, learning_rate=0.5, weight_decay=0.1, momentum=0.5)
    first = -0.05                                            # m = -η λ W
    second = 0.5 * first - 0.05 * (1 + first)                # m = μ m - η λ W
    assert np.allclose(rbm.W, -200 * np.eye(2) * (1 + first + second), rtol=1e-14)
    assert rbm.a.tolist() == rbm.b.tolist() == [100, 100]


def test_persistent_chains_stay_where_they_began():
    """At random bits r: both steps move a by η (x - r), and b, where h = 1 - v, by the opposite."""
    moves = set()
    for seed in range(8):
        rbm = certain()
        rbm.rng = np.random.default_rng(seed)
        rbm.fit([[1, 0]], 1, epochs=2, verbose=0, learning_rate=0.5, persistent=True)
        assert np.array_equal(rbm.a - 100, 100 - rbm.b)
        moves.add(tuple((rbm.a - 100).tolist()))
    assert len(moves) > 1 and moves <= {(0, 0), (1, 0), (0, -1), (1, -1)}


@pytest.mark.parametrize("options", [dict(k=1), dict(k=5), dict(persistent=True), dict(k=5, momentum=0.5)])
def test_a_machine_learns_what_another_says(options):
    """Samples of a teacher become nearly as probable as they are to the teacher (0.02 of a nat each)."""
    for seed in range(4):
        teacher, pupil = tiny(4, 3, seed), RBM(4, 3, seed, "float64")
        data = teacher.sample(2000, steps=50)
        best = teacher.log_likelihood(data).mean()
        assert pupil.log_likelihood(data).mean() < best - 0.1
        pupil.fit(data, 50, epochs=30, verbose=0, **options)
        assert abs(pupil.log_likelihood(data).mean() - best) < 0.02


def test_weight_decay_keeps_weights_small():
    sizes = []
    for weight_decay in (0.0, 0.05):
        rbm = RBM(3, 4, seed=0)
        rbm.fit(DATA, 4, epochs=200, verbose=0, learning_rate=0.5, weight_decay=weight_decay)
        sizes.append(np.abs(rbm.W).sum())
    assert sizes[1] < 0.7 * sizes[0]


# Digits

@pytest.fixture(scope="module")
def digits():
    (x, y), (x_test, y_test) = datasets.digits()
    return x.reshape(len(x), 64), x_test.reshape(len(x_test), 64), y, y_test


def test_digits_are_reconstructed(digits):
    """The error falls in every epoch, to less than half of the first; digits get more probable than noise."""
    x = (digits[0] > 0.5).astype("float32")
    rbm = RBM(64, 64, seed=0)
    first = rbm.reconstruction_error(x)
    errors = rbm.fit(x, 20, epochs=5, verbose=0).history["reconstruction_error"]
    assert np.isclose(first, 0.25, atol=0.01) and (np.diff([first, *errors]) < 0).all()
    assert errors[-1] < 0.5 * first
    assert rbm.W.dtype == rbm.sample(2, 3).dtype == "float32"
    noise = np.random.default_rng(0).permuted(x, axis=1)     # as many bits at other places
    assert rbm.free_energy(x).mean() < rbm.free_energy(noise).mean() - 10


def test_a_deep_belief_network_is_pretrained_and_tuned(digits):
    x, x_test, y, y_test = digits
    dl.utils.set_random_seed(0)
    dbn = DBN([64, 48, 32], seed=0)
    assert [rbm.W.shape for rbm in dbn.rbms] == [(64, 48), (48, 32)]
    lower, upper = (h.history["reconstruction_error"] for h in dbn.fit(x, batch_size=20, epochs=5, verbose=0))
    assert lower[-1] < lower[0] and upper[-1] < upper[0]
    model = dbn.to_sequential(dl.layers.Dense(10, "softmax"))
    assert np.allclose(dl.Sequential(model.layers[:2]).predict(x), dbn.transform(x), atol=1e-6)
    kept = weights(dbn.rbms[0])
    model.compile(dl.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=32, epochs=8, verbose=0)
    assert model.evaluate(x_test, y_test, verbose=0)[1] > 0.9
    assert all(map(np.array_equal, kept, weights(dbn.rbms[0])))
    assert not np.array_equal(model.layers[0].kernel, kept[0])


def test_a_deep_belief_network_generates_and_reconstructs():
    """Two machines that copy: what goes up comes back down, and samples are what the top one says."""
    dbn = DBN([2, 2, 2], seed=0)
    for rbm in dbn.rbms:
        rbm.W[...], rbm.a[...], rbm.b[...] = 40 * np.eye(2), -20, -20
    x = np.array([[1, 0], [0, 1], [1, 1]])
    assert np.allclose(dbn.transform(x), x, atol=1e-6) and np.allclose(dbn.reconstruct(x), x, atol=1e-6)
    samples = dbn.sample(200, steps=3)
    assert samples.shape == (200, 2) and len(np.unique(samples, axis=0)) == 4
    assert DBN([5, 4, 3, 2]).sample(7, steps=2).shape == (7, 5)


# Repetition, progress, errors

@pytest.mark.parametrize("persistent", [False, True])
def test_one_seed_one_result(persistent):
    x = np.random.default_rng(0).integers(0, 2, (50, 6))
    results = []
    for seed in (1, 1, 2):
        dbn = DBN([6, 5, 4], seed)
        dbn.fit(x, batch_size=8, epochs=3, verbose=0, persistent=persistent)
        results.append([w for rbm in dbn.rbms for w in weights(rbm)] + [dbn.sample(5, 10)])
    assert all(map(np.array_equal, results[0], results[1]))
    assert not np.array_equal(results[0][0], results[2][0])


def test_without_a_seed_the_default_generator_decides():
    results = []
    for seed in (3, 3, 4):
        dl.utils.set_random_seed(seed)
        results.append(RBM(3, 2).W)
    assert np.array_equal(results[0], results[1]) and not np.array_equal(results[0], results[2])


def test_progress_and_callbacks(capsys):
    seen = []
    watch = dl.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(logs))
    history = RBM(3, 2, seed=0).fit(DATA, 2, epochs=3, verbose=2, callbacks=[watch])
    RBM(3, 2, seed=0).fit(DATA[:3], 2, verbose=0, callbacks=[other := dl.callbacks.LambdaCallback()])
    assert watch.params == {"epochs": 3, "steps": len(DATA) // 2, "verbose": 2} and other.params["steps"] == 2
    assert [{"reconstruction_error": e} for e in history.history["reconstruction_error"]] == seen
    assert history.epoch == [0, 1, 2]
    assert "Epoch 3/3  reconstruction_error" in capsys.readouterr().out
    RBM(3, 2, seed=0).fit(DATA, 2, verbose=0)
    assert capsys.readouterr().out == ""
    rbm = RBM(3, 2, seed=0)
    stop = dl.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(rbm, "stop_training", True))
    assert rbm.fit(DATA, 2, epochs=9, verbose=0, callbacks=[stop]).epoch == [0]


def test_validation_data_are_evaluated_and_not_learned():
    other = DATA[::-1, ::-1].astype(float) / 2
    seen, alone = DBN([3, 4, 2], seed=0, dtype="float64"), DBN([3, 4, 2], seed=0, dtype="float64")
    options = dict(batch_size=2, epochs=2, verbose=0, learning_rate=0.5)
    histories = seen.fit(DATA, validation_data=other, **options)
    alone.fit(DATA, **options)
    for a, b in zip(seen.rbms, alone.rbms, strict=True):
        assert all(map(np.array_equal, weights(a), weights(b)))
    lower, upper = seen.rbms
    last = [h.history["val_reconstruction_error"][-1] for h in histories]
    assert last == [lower.reconstruction_error(other), upper.reconstruction_error(lower.hidden_probabilities(other))]
    assert len(histories[0].history["val_reconstruction_error"]) == 2


@pytest.mark.parametrize("make, sentence", [
    (lambda rbm: rbm.fit(DATA, validation_data=np.ones((4, 2))), "data of shape (N, 3), but got (4, 2)."),
    (lambda rbm: RBM(0, 3), "positive whole numbers of visible and hidden units, but 0 and 3 were given."),
    (lambda rbm: RBM(3, 2.5), "but 3 and 2.5 were given"),
    (lambda rbm: DBN([3]), "the sizes of at least two layers, but [3] was given."),
    (lambda rbm: DBN([3, 0]), "but 3 and 0 were given"),
    (lambda rbm: rbm.fit(np.ones((4, 2))), "3 visible units needs data of shape (N, 3), but got (4, 2)."),
    (lambda rbm: rbm.fit(np.ones(3)), "shape (N, 3), but got (3,)"),
    (lambda rbm: rbm.fit(np.ones((0, 3))), "but got (0, 3)"),
    (lambda rbm: rbm.fit(np.full((4, 3), 255)), "data between 0 and 1, but these range from 255 to 255."),
    (lambda rbm: rbm.fit(DATA - 1), "but these range from -1 to 0."),
    (lambda rbm: rbm.fit(np.full((4, 3), np.nan)), "but these range from nan to nan"),
    (lambda rbm: rbm.fit(DATA, k=0), "k must be a positive whole number and weight_decay 0 or greater, but 0"),
    (lambda rbm: rbm.fit(DATA, weight_decay=-1), "0 or greater, but 1 and -1 were given."),
    (lambda rbm: rbm.fit(DATA, momentum=2), "momentum must lie from 0 to 1"),
    (lambda rbm: rbm.fit(DATA, batch_size=0), "batch_size must be a positive whole number"),
    (lambda rbm: RBM(30, 21).log_partition(), "a sum over 2^21 states here. It can be computed for at most 20"),
])
def test_errors(make, sentence):
    rbm = tiny()
    before = weights(rbm)
    with pytest.raises(ValueError) as raised:
        make(rbm)
    assert sentence in str(raised.value)
    assert all(map(np.array_equal, before, weights(rbm)))


def test_weights_that_explode_are_taken_back():
    rbm = tiny()
    before = weights(rbm)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="epoch 1, at a learning rate of 1e"):
        rbm.fit(DATA, 4, epochs=3, verbose=0, learning_rate=1e308, weight_decay=1e10)
    assert all(map(np.array_equal, before, weights(rbm)))


def test_an_interrupted_fit_leaves_the_weights():
    rbm = tiny()
    before = weights(rbm)
    fail = dl.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        rbm.fit(DATA, 4, epochs=3, verbose=0, callbacks=[fail])
    assert all(map(np.array_equal, before, weights(rbm)))
