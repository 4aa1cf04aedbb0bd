"""Where weights start: the distributions by their formulas, repeatability, shapes."""
import numpy as np
import pytest

from unrolled import initializers, utils

SHAPE = (300, 200)
STDDEV = {
    "glorot_uniform": (2 / 500) ** 0.5, "glorot_normal": (2 / 500) ** 0.5, "he_uniform": (2 / 300) ** 0.5,
    "he_normal": (2 / 300) ** 0.5, "lecun_uniform": (1 / 300) ** 0.5, "lecun_normal": (1 / 300) ** 0.5,
    "random_normal": 0.05, "random_uniform": 0.05 / 3**0.5,
    "truncated_normal": 0.05 * initializers.TRUNCATED_STDDEV,
}


@pytest.mark.parametrize("name", STDDEV)
def test_mean_and_standard_deviation(name):
    """Within five standard errors of the formula."""
    w = initializers.get(name)
    w.seed = 1
    w = w(SHAPE, "float64")
    n = w.size
    assert abs(w.mean()) < 5 * STDDEV[name] / n**0.5
    assert abs(w.std() / STDDEV[name] - 1) < 5 / (2 * n) ** 0.5
    if "uniform" in name:
        assert np.abs(w).max() <= STDDEV[name] * 3**0.5
    elif name != "random_normal":
        assert np.abs(w).max() <= 2 * STDDEV[name] / initializers.TRUNCATED_STDDEV


def test_a_normal_distribution_that_is_not_cut():
    w = initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal", seed=1)(SHAPE, "float64")
    stddev = (2 / 200) ** 0.5
    assert abs(w.std() / stddev - 1) < 5 / (2 * w.size) ** 0.5 and np.abs(w).max() > 3 * stddev


def test_the_constant_of_the_truncated_normal():
    """The standard deviation of a standard normal cut at ±2, by numerical integration."""
    z = np.linspace(-2, 2, 200_001)
    p = np.exp(-z * z / 2)
    assert np.isclose(np.sqrt(np.trapezoid(z * z * p, z) / np.trapezoid(p, z)),
                      initializers.TRUNCATED_STDDEV, atol=1e-9)


def test_orthogonal():
    for shape in (5, 3), (3, 5), (3, 3, 2, 4):
        q = initializers.Orthogonal(gain=2.0, seed=0)(shape, "float64").reshape(-1, shape[-1])
        gram = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
        assert np.allclose(gram, 4 * np.eye(len(gram)), atol=1e-12)


def test_orthogonal_matrices_point_in_all_directions():
    """A plain QR decomposition would give the first entry always the same sign."""
    assert {np.sign(initializers.Orthogonal(seed=k)((3, 3))[0, 0]) for k in range(20)} == {-1, 1}


def test_the_plain_ones():
    assert initializers.Identity(3.0)((2, 3)).tolist() == [[3, 0, 0], [0, 3, 0]]
    assert initializers.Constant(2.5)((2,)).tolist() == [2.5, 2.5]
    assert initializers.get("zeros")((2,)).tolist() == [0, 0]
    assert initializers.get("ones")((1,)).tolist() == [1]


def test_seeds():
    a, b = initializers.HeNormal(seed=3), initializers.HeNormal(seed=3)
    assert np.array_equal(a((4, 4)), b((4, 4))) and np.array_equal(a((4, 4)), a((4, 4)))
    utils.set_random_seed(5)
    first, second = initializers.HeNormal()((4, 4)), initializers.HeNormal()((4, 4))
    utils.set_random_seed(5)
    assert np.array_equal(first, initializers.HeNormal()((4, 4))) and not np.array_equal(first, second)


def test_fans():
    assert initializers.fans((3, 4)) == (3, 4) and initializers.fans((5,)) == (5, 5)
    assert initializers.fans((3, 3, 2, 8)) == (18, 72) and initializers.fans(()) == (1, 1)


@pytest.mark.parametrize("make, sentence", [
    (lambda: initializers.get("glorot"), "Did you mean 'glorot_normal'?"),
    (lambda: initializers.VarianceScaling(0), "greater than 0"),
    (lambda: initializers.VarianceScaling(mode="fan"), "'fan_in', 'fan_out' or 'fan_avg'"),
    (lambda: initializers.VarianceScaling(distribution="cauchy"), "'uniform'"),
    (lambda: initializers.Identity()((2, 2, 2)), "is a matrix"),
    (lambda: initializers.Orthogonal()((2,)), "two axes"),
])
def test_wrong_arguments(make, sentence):
    with pytest.raises(ValueError) as raised:
        make()
    assert sentence in str(raised.value)
