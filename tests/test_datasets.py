"""The data are what the book says they are, and bad files and networks end in a sentence."""

import hashlib
import io
import os
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from unrolled import datasets

REAL = Path(os.environ.get("UNROLLED_DATA") or "/nowhere", "mnist", "mnist.npz")
SHAPES = {"x_train": (60000, 28, 28), "y_train": (60000,), "x_test": (10000, 28, 28), "y_test": (10000,)}


def mnist(**changed):
    """Four arrays of MNIST's form, their pictures all blank but for one pixel."""
    arrays = {name: np.zeros(shape, np.uint8) for name, shape in SHAPES.items()}
    arrays["x_train"][0, 1, 2] = 255
    arrays["y_test"][:] = 7
    return {name: a for name, a in (arrays | changed).items() if a is not None}


def npz(**changed):
    np.savez_compressed(file := io.BytesIO(), **mnist(**changed))
    return file.getvalue()


@pytest.fixture(scope="module")
def good():
    return npz()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """$UNROLLED_DATA, where a test puts its mnist.npz."""
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    return tmp_path / "mnist"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, without $UNROLLED_DATA."""
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / project)
    return tmp_path / "unrolled"


@pytest.fixture
def server(monkeypatch):
    """A server on this machine in the place of MNIST's: it answers with ``send``, and counts in ``asked``."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked += 1
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(self.server.length or len(self.server.send)))
            self.end_headers()
            self.wfile.write(self.server.send)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.status, server.send, server.length = 0, 200, b"", None
        monkeypatch.setitem(datasets.MNIST, "url", f"http://127.0.0.1:{server.server_port}/mnist.npz")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name, truth", [
    ("AND", "0001"), ("or", "0111"), ("NAND", "1110"), ("Nor", "1000"), ("XOR", "0110")])
def test_gates(name, truth):
    x, t = datasets.gate(name)
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]] and x.dtype == np.float64
    assert "".join(map(str, t)) == truth and t.dtype == np.int64


def test_not():
    x, t = datasets.gate("NOT")
    assert x.tolist() == [[0], [1]] and t.tolist() == [1, 0]


def test_a_gate_belongs_to_its_caller():
    datasets.gate("AND")[1][:] = 9
    assert datasets.gate("AND")[1].tolist() == [0, 0, 0, 1]


def test_unknown_names():
    with pytest.raises(ValueError, match="no gate named 'ANDD'. Did you mean 'and'"):
        datasets.gate("ANDD")
    with pytest.raises(ValueError, match="no source of digits named 'mnits'. Did you mean 'mnist'"):
        datasets.digits("mnits")


def test_two_gaussians_are_the_sources():
    x, t = datasets.two_gaussians()
    printed = {0: (-1.0856306, 0.99734545), 9: (1.0040539, 0.3861864), 10: (5.73736858, 6.49073203),
               19: (4.12046366, 5.28362732)}
    for row, point in printed.items():
        np.testing.assert_allclose(x[row], point, rtol=0, atol=5e-9)
    assert x.shape == (20, 2) and t.tolist() == [0] * 10 + [1] * 10


def test_two_gaussians_of_another_kind():
    x, t = datasets.two_gaussians(3, mean=7)
    near = datasets.two_gaussians(3, mean=0)[0]
    np.testing.assert_allclose(x - near, [[0, 0]] * 3 + [[7, 7]] * 3, atol=1e-12)
    assert not np.array_equal(near, datasets.two_gaussians(3, mean=0, seed=1)[0])
    with pytest.raises(ValueError, match="at least one point"):
        datasets.two_gaussians(0)


def test_embedded_digits_are_scikit_learns(folder):
    """All of them, each once, in the documented split, whatever real data there are."""
    from sklearn.datasets import load_digits

    def rows(pictures, labels):
        return sorted((*picture, label) for picture, label in zip(pictures, labels, strict=True))

    (x, y), (x_test, y_test) = datasets.digits()
    assert x.shape == (1437, 8, 8) and x_test.shape == (360, 8, 8)
    assert x.dtype == x_test.dtype == np.float32 and y.dtype == y_test.dtype == np.int64
    theirs = load_digits()
    ours = np.concatenate([x, x_test]).reshape(1797, 64) * 16
    assert rows(ours, [*y, *y_test]) == rows(theirs.data, theirs.target)
    order = np.random.RandomState(0).permutation(1797)
    assert np.array_equal(y_test, theirs.target[order[1437:]])
    assert np.bincount(y_test).min() > 20


def test_a_file_that_the_reader_points_to(folder, good):
    """Its checksum does not matter, its contents do; the arrays take the form of the embedded ones."""
    (folder / "mnist.npz").write_bytes(good)
    (x, y), (x_test, y_test) = datasets.digits("mnist")
    assert [a.shape for a in (x, y, x_test, y_test)] == list(SHAPES.values())
    assert x.dtype == x_test.dtype == np.float32 and y.dtype == y_test.dtype == np.int64
    assert x.max() == x[0, 1, 2] == 1 and x.sum() == 1 and (y_test == 7).all()


@pytest.mark.parametrize("changed, message", [
    ({"y_test": None}, "not what was expected: y_test is not a file in the archive"),
    ({"x_train": np.zeros((60000, 784), np.uint8)}, r"x_train should have shape \(60000, 28, 28\) and"),
    ({"x_test": np.zeros((10000, 28, 28), np.float32)}, "but has shape .10000, 28, 28. and type float32"),
    ({"y_test": np.zeros((9999,), np.uint8)}, r"y_test should have shape \(10000,\)"),
    ({"y_train": np.full((60000,), 10, np.uint8)}, "not MNIST: it holds labels above 9"),
    ({"y_test": np.array([{}] * 10000)}, "not an .npz file of plain numbers"),
])
def test_a_file_with_other_contents(folder, changed, message):
    (folder / "mnist.npz").write_bytes(npz(**changed))
    with pytest.raises(ValueError, match=message):
        datasets.digits("mnist")


def test_a_file_that_is_cut_short_or_something_else(folder, good, tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    import pickle

    np.save(array := io.BytesIO(), np.zeros(3))
    with zipfile.ZipFile(flawed := io.BytesIO(), "w") as file:
        for name in SHAPES:
            file.writestr(f"{name}.npy", b"\x93NUMPY\x01\x00")
    others = array.getvalue(), flawed.getvalue(), pickle.dumps(Trap())
    for content in (b"", good[:1000], good[:-50], b"<html>", *others):
        (folder / "mnist.npz").write_bytes(content)
        with pytest.raises(ValueError, match="mnist.npz was cut short, or is not an .npz file of plain"):
            datasets.digits("mnist")
    assert not (tmp_path / "sprung").exists()


def test_no_file_where_the_reader_points(folder):
    with pytest.raises(FileNotFoundError, match="UNROLLED_DATA is set, but there is no file .*mnist.npz"):
        datasets.digits("mnist")


def test_a_download_is_verified_and_then_kept(cache, server, monkeypatch, good):
    server.send = good
    monkeypatch.setitem(datasets.MNIST, "sha256", hashlib.sha256(good).hexdigest())
    for _ in range(2):
        assert datasets.digits("mnist")[1][1][0] == 7
    assert server.asked == 1 and [p.name for p in cache.iterdir()] == ["mnist.npz"]
    (cache / "mnist.npz").write_bytes(good[:1000])                   # damaged on disk: downloaded again
    datasets.digits("mnist")
    assert server.asked == 2 and (cache / "mnist.npz").read_bytes() == good


@pytest.mark.parametrize("stored", [None, b"old"])
def test_a_download_with_another_checksum_replaces_nothing(cache, server, stored, good):
    server.send = good                                   # of the right form, but not the right file
    if stored:
        cache.mkdir()
        (cache / "mnist.npz").write_bytes(stored)
    with pytest.raises(ValueError, match="something else than mnist.npz: the checksum differs. It was not"):
        datasets.digits("mnist")
    assert server.asked == 1
    assert [p.read_bytes() for p in cache.iterdir()] == ([stored] if stored else [])


@pytest.mark.parametrize("status, length", [(404, None), (200, 10**6)], ids=["refused", "cut off"])
def test_a_download_that_fails(cache, server, status, length):
    server.status, server.length, server.send = status, length, b"half a fi"
    with pytest.raises(ConnectionError, match="not in the cache, and http://127.* cannot be reached."):
        datasets.digits("mnist")
    assert not list(cache.iterdir())


def test_no_network_and_nothing_cached(cache, monkeypatch):
    monkeypatch.setitem(datasets.MNIST, "url", "http://127.0.0.1:9/mnist.npz")
    with pytest.raises(ConnectionError, match="Go online once, or set UNROLLED_DATA to a folder that has"):
        datasets.digits("mnist")


def test_a_cache_that_cannot_be_written(cache, server, monkeypatch):
    """A mode bit would not stop the superuser, so the system's refusal is played."""
    def refuse(path, **options):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "makedirs", refuse)
    with pytest.raises(PermissionError, match="mnist.npz cannot be stored in .*unrolled. Set XDG_CACHE_HOME"):
        datasets.digits("mnist")
    assert server.asked == 0


if REAL.is_file():
    def test_the_real_mnist(monkeypatch):
        monkeypatch.setenv("UNROLLED_DATA", str(REAL.parent.parent))
        (x, y), (x_test, y_test) = datasets.digits("mnist")
        assert np.bincount(y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
        assert y[:5].tolist() == [5, 0, 4, 1, 9] and y_test[:5].tolist() == [7, 2, 1, 0, 4]
        assert [x.mean(), x_test.mean()] == pytest.approx([0.1307, 0.1325], abs=1e-4)


def test_three_clouds_where_the_source_has_them():
    x, t = datasets.three_gaussians(2000)
    means = np.array([x[t == k].mean(axis=0) for k in range(3)])
    assert np.allclose(means, [[0, 10], [5, 5], [10, 0]], atol=0.1) and np.allclose(x[t == 1].std(axis=0), 1, atol=0.05)
    assert np.array_equal(x, datasets.three_gaussians(2000)[0])
    assert not np.array_equal(x, datasets.three_gaussians(2000, seed=1)[0])


def test_moons_are_two_and_no_line_parts_them():
    from unrolled.perceptron import Perceptron

    x, t = datasets.moons(noise=0)
    assert x.shape == (300, 2) and np.bincount(t).tolist() == [150, 150]
    assert np.allclose(np.linalg.norm(x[t == 0], axis=1), 1)
    assert not Perceptron().fit(x, t, epochs=50).converged


def test_cosine_is_a_curve_with_noise():
    x, t = datasets.cosine(5000)
    residual = t - np.cos(1.5 * np.pi * x)
    assert abs(residual.std() - 0.1) < 0.005 and abs(residual.mean()) < 0.005
    assert x.min() >= 0 and x.max() < 1
    assert np.array_equal(datasets.cosine(7, noise=0)[1], np.cos(1.5 * np.pi * datasets.cosine(7)[0]))


@pytest.mark.parametrize("call, sentence", [
    (lambda: datasets.three_gaussians(0), "three_gaussians needs at least one point"),
    (lambda: datasets.moons(0), "moons needs at least one point"),
    (lambda: datasets.moons(noise=-1), "0 or more, but is -1"),
    (lambda: datasets.cosine(0), "cosine needs at least one point"),
    (lambda: datasets.cosine(noise=float("nan")), "noise must be a finite number, but nan"),
    (lambda: datasets.bikes(days=0), "days must be a positive whole number"),
    (lambda: datasets.bikes("syntetic"), "synthetic"),
])
def test_made_data_refuse_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def fingerprint(data):
    """A number that depends on every value and where it stands; the one of texts is that of their characters."""
    total = 0.0
    for k, array in enumerate(data.values() if isinstance(data, dict) else data if isinstance(data, tuple) else [data], 1):
        array = np.asarray(array).ravel()
        values = np.frombuffer("".join(array).encode(), np.uint8) if array.dtype.kind == "U" else array.astype(float)
        total += k * values @ np.cos(np.arange(len(values)))
    return total


@pytest.mark.parametrize("name, arguments, expected", [
    ("sine", (), 0.37311425297557393),
    ("adding", (), 141.73678292515808),
    ("additions", (), 2937.945916407571),
    ("dates", (), 2251.0746502218926),
    ("reversals", (), -1226.232161542428),
    ("story_lines", (20,), -1806.5821104141203),
    ("two_gaussians", (), -1.7101533171397367),
    ("three_gaussians", (), -18.14545974115992),
    ("moons", (), 14.01138887975624),
    ("cosine", (), -1.1622920925105091),
    ("bikes", (), 27317.257939345698),
])
def test_made_data_are_those_that_the_book_was_written_with(name, arguments, expected):
    """All constants of their makers and all defaults: change one, and every number of the chapters that use them changes."""
    made = getattr(datasets, name)(*arguments)
    assert fingerprint(made) == pytest.approx(expected, rel=1e-9)


def test_made_bikes_have_rush_hours_seasons_and_weather():
    hours = datasets.bikes()

    def mean(*conditions):
        return hours["count"][np.logical_and.reduce(conditions)].mean()

    working, hour = hours["workingday"] == 1, hours["hour"]
    assert {len(v) for v in hours.values()} == {730 * 24} and hours["count"].min() >= 0
    assert mean(working, hour == 8) > 2 * mean(working, hour == 11) > 2 * mean(working, hour == 3)
    assert mean(~working, hour == 14) > 2 * mean(~working, hour == 8)
    assert mean(hours["month"] == 7) > 1.3 * mean(hours["month"] == 1)
    assert mean(hours["weather"] == 1) > mean(hours["weather"] == 2) > mean(hours["weather"] == 3)
    assert mean(hours["year"] == 1) > 1.1 * mean(hours["year"] == 0)
    assert not (working & np.isin(hours["weekday"], (0, 6))).any()
    assert all(np.array_equal(a, b) for a, b in zip(hours.values(), datasets.bikes().values(), strict=True))


HEADER = "instant,dteday,season,yr,mnth,hr,holiday,weekday,workingday,weathersit,temp,atemp,hum,windspeed,casual,registered,cnt"
ROW = "1,1/1/11,1,0,1,0,0,6,0,1,0.24,0.2879,0.81,0,3,13,16"


@pytest.fixture
def bike_file(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    (tmp_path / "bike-sharing").mkdir()
    return tmp_path / "bike-sharing" / "hour.csv"


def test_bikes_of_a_file(bike_file):
    bike_file.write_text("\n".join([HEADER] + [ROW] * 17379))
    hours = datasets.bikes("uci")
    assert hours["count"].tolist() == [16] * 17379 and hours["temperature"][0] == 0.24 and hours["weekday"][0] == 6
    assert list(hours) == list(datasets.bikes(days=1))


@pytest.mark.parametrize("lines, sentence", [
    ([HEADER] + [ROW] * 5, "should hold 17379 hours, but holds 5"),
    ([HEADER.replace("cnt", "n")] + [ROW] * 17379, "has no column 'cnt'"),
    ([HEADER] + [ROW] * 17378 + [ROW[:30]], "was cut short or changed"),
    ([HEADER] + [ROW] * 17378 + [ROW.replace("0.81", "81")], "'hum' should lie between 0 and 1"),
])
def test_another_file_than_the_bikes(bike_file, lines, sentence):
    bike_file.write_text("\n".join(lines))
    with pytest.raises(ValueError, match=sentence):
        datasets.bikes("uci")


def test_no_bike_file(bike_file, monkeypatch):
    with pytest.raises(FileNotFoundError, match="UNROLLED_DATA is set, but there is no file"):
        datasets.bikes("uci")
    bike_file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not the hour.csv"):
        datasets.bikes("uci")
    monkeypatch.delenv("UNROLLED_DATA")
    with pytest.raises(FileNotFoundError, match="set UNROLLED_DATA"):
        datasets.bikes("uci")
