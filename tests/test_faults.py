"""Processes that are killed at random moments, find the disk full, or do the same work at once.

Nothing half-written is ever read, what was there stays or the new is complete, and going on equals never stopping.
Each test kills ten times, twice where kernels are started, once where the site is built; ``pytest tests/test_faults.py
--kills 200`` does it more often.
"""
import csv
import hashlib
import http.server
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import execute
import lab
import numpy as np
import pytest
import serve
from built import sources
from nbformat.v4 import new_code_cell, new_notebook, new_output

import unrolled as dl
from unrolled import callbacks, datasets, layers
from unrolled.exercises import __main__ as marking
from unrolled.reproductions import __main__ as runner
from unrolled.reproductions import experiments

resource = pytest.importorskip("resource", reason="Processes cannot be forked, nor files limited, on this system.")
pytestmark = pytest.mark.slow
FORK = multiprocessing.get_context("fork")           # a process that has imported everything already
LONG = 120                                           # seconds in which anything here ends


def ends(work, *arguments, after=LONG):
    """Do work in a process of its own, killed after some seconds; whether it ended before, which must be without an error."""
    process = FORK.Process(target=work, args=arguments)
    process.start()
    process.join(after)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), "The process failed: see its traceback."
    return process.exitcode == 0


def together(work, *arguments):
    """Do the same work in several processes at once, each with one of the arguments."""
    processes = [FORK.Process(target=work, args=[argument]) for argument in arguments]
    for process in processes:
        process.start()
    return processes


@pytest.fixture
def often(tmp_path, request):
    """``often(work, check)`` kills ``work(folder)``, starts it again and so on, and at last lets it end.

    Before, it runs once undisturbed. After each kill and at the end there is ``check(folder, whole, ended)``, where
    ``whole`` is the folder of that run. Where work ends before it is killed, the next one begins in a new folder.
    """
    def torment(work, check, prepare=lambda folder: None, share=1):
        rng, numbers = random.Random(0), itertools.count()

        def fresh():
            folder = tmp_path / f"{work.__name__} {next(numbers)}"
            folder.mkdir()
            prepare(folder)
            return folder

        whole, start = fresh(), time.perf_counter()
        assert ends(work, whole)
        seconds, kills = time.perf_counter() - start, max(1, request.config.getoption("--kills") // share)
        folder, ended = fresh(), False
        for _ in range(kills):
            folder = fresh() if ended else folder
            ended = ends(work, folder, after=rng.uniform(0, seconds))
            check(folder, whole, ended)
        assert ended or ends(work, folder)
        check(folder, whole, True)
        print(f"{work.__name__}: killed {kills} times within {seconds:.2f} s")
    return torment


def small_model():
    dl.utils.set_random_seed(0)
    model = dl.Sequential([dl.Input((4,)), layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.3),
                           layers.Dense(1, "sigmoid")])
    model.compile(dl.optimizers.Adam(0.01), "bce", metrics=["accuracy"])
    return model


X = np.random.default_rng(0).standard_normal((60, 4))
Y = (X[:, 0] > 0).astype(float)
EPOCHS = 12


def train(folder):
    """Train, or go on from the newest checkpoint."""
    done = sorted(folder.glob("*.keras"), key=lambda path: int(path.stem))
    model = dl.saving.load_model(done[-1]) if done else small_model()
    keep = [callbacks.CSVLogger(folder / "log.csv", append=True), callbacks.ModelCheckpoint(folder / "{epoch}.keras")]
    model.fit(X, Y, batch_size=8, epochs=EPOCHS, initial_epoch=len(done), validation_split=0.2, verbose=0, callbacks=keep)
    model.save(folder / "end")


def test_training_that_is_killed_goes_on_to_the_same_end(often):
    def check(folder, whole, ended):
        stored = [*folder.glob("*.keras"), *folder.glob("end")]
        assert all(path.read_bytes() == (whole / path.name).read_bytes() for path in stored)
        rows, expected = (list(csv.reader(open(log))) if (log := f / "log.csv").exists() else [] for f in (folder, whole))
        assert all(row in expected for row in rows)
        if ended:
            assert len(stored) == EPOCHS + 1
            assert all(row in rows for row in expected)          # an epoch may be there twice, and is then the same

    often(train, check)


def save(folder, numbers=range(1, 60)):
    """Store a model whose weights are all 1, then all 2, and so on, always in the same place."""
    model = small_model()
    for k in numbers:
        model.set_weights([np.full_like(w, k) for w in model.get_weights()])
        model.save(folder / "model.keras")


def stored_number(path):
    number, = {x for w in dl.saving.load_model(path).get_weights() for x in np.unique(w)}
    return number


def test_saving_that_is_killed_leaves_the_old_model_or_the_new(often):
    def check(folder, whole, ended):
        if (path := folder / "model.keras").exists():
            assert stored_number(path) == 59 if ended else 1 <= stored_number(path) <= 59
        assert [p for p in folder.glob("*") if p != path and not (p.name[0] == "." and p.suffix == ".part")] == []

    often(save, check)


def test_who_loads_while_two_processes_save_finds_one_of_the_models(tmp_path):
    save(tmp_path, [0])
    processes = together(lambda numbers: save(tmp_path, numbers), range(1, 60), range(101, 160))
    found = set()
    while any(process.is_alive() for process in processes):
        found.add(stored_number(tmp_path / "model.keras"))
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(found) > 3 and os.listdir(tmp_path) == ["model.keras"]


# Downloading

FILE = random.Random(0).randbytes(200_000)


class Slowly(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(FILE)))
        self.end_headers()
        for start in range(0, len(FILE), 10_000):
            self.wfile.write(FILE[start:start + 10_000])
            time.sleep(0.005)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def served(monkeypatch):
    """A file for MNIST's, on a slow server of this machine."""
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    with serve.Server(("127.0.0.1", 0), Slowly) as server:
        monkeypatch.setitem(datasets.MNIST, "url", f"http://127.0.0.1:{server.server_port}/mnist.npz")
        monkeypatch.setitem(datasets.MNIST, "sha256", hashlib.sha256(FILE).hexdigest())
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def download(folder):
    os.environ["XDG_CACHE_HOME"] = str(folder)
    assert datasets.mnist_file() == cached(folder) and cached(folder).read_bytes() == FILE


def cached(folder):
    return folder / "unrolled" / "mnist.npz"


@pytest.mark.parametrize("before", [None, b"damaged"])
def test_a_download_that_is_killed_leaves_what_was_there_or_the_whole_file(often, served, before):
    def prepare(folder):
        if before:
            cached(folder).parent.mkdir()
            cached(folder).write_bytes(before)

    def check(folder, whole, ended):
        found = cached(folder).read_bytes() if cached(folder).exists() else None
        assert found == FILE or found == before and not ended

    often(download, check, prepare)


def test_processes_that_download_at_once_all_get_the_file(tmp_path, served):
    processes = together(download, *[tmp_path] * 3)
    for process in processes:
        process.join(LONG)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert os.listdir(tmp_path / "unrolled") == ["mnist.npz"]


# Experiments

def coins(seed, quick, part):
    """An experiment that trains."""
    dl.utils.set_random_seed(seed)
    model = small_model()
    return {part: model.fit(X, Y, epochs=3, verbose=0).history["loss"]}


@pytest.fixture
def experiment(monkeypatch):
    monkeypatch.setitem(experiments.EXPERIMENTS, "SYS-02", experiments.Experiment(coins, 2, None, ("left", "right")))


def run_experiment(folder):
    runner.main(["run", "SYS-02", "--out", str(folder)])


def without_seconds(path):
    result = json.loads(path.read_text("utf-8"))
    for run in result["runs"]:
        del run["seconds"]
    return result


def test_an_experiment_that_is_killed_goes_on_to_the_same_result(often, experiment):
    def check(folder, whole, ended):
        if (unfinished := folder / "SYS-02.unfinished.json").exists():
            runs = without_seconds(whole / "SYS-02.json")["runs"]
            assert all(runs[seed][part] == outcome[part] for seed, part, outcome in json.loads(unfinished.read_text())["units"])
        if ended or (folder / "SYS-02.json").exists():
            assert without_seconds(folder / "SYS-02.json") == without_seconds(whole / "SYS-02.json")

    often(run_experiment, check)


def test_a_run_that_was_killed_before_it_removed_its_record_is_not_counted_twice(tmp_path, experiment):
    """The result was stored already; a later one with more seeds has the same times for the first ones."""
    run_experiment(tmp_path)
    result = json.loads((tmp_path / "SYS-02.json").read_text())
    left = [0, "left", {"left": result["runs"][0]["left"], "seconds": 1000.0, "first steps": []}]
    (tmp_path / "SYS-02.unfinished.json").write_text(json.dumps({"fresh": False, "units": [left]}))
    runner.main(["run", "SYS-02", "--seeds", "3", "--out", str(tmp_path)])
    assert json.loads((tmp_path / "SYS-02.json").read_text())["runs"][:2] == result["runs"]
    assert os.listdir(tmp_path) == ["SYS-02.json"]


def test_two_runs_of_an_experiment_at_once(tmp_path, experiment):
    processes = together(run_experiment, tmp_path, tmp_path)
    for process in processes:
        process.join(LONG)
    assert [process.exitcode for process in processes] == [0, 0]
    run_experiment(whole := tmp_path / "whole")
    assert without_seconds(tmp_path / "SYS-02.json") == without_seconds(whole / "SYS-02.json")


def test_processes_that_share_experiments_end_with_the_one_that_started_them(tmp_path):
    """It is killed while they work; they would work on, an experiment's hours long."""
    command = [sys.executable, "-m", "unrolled.reproductions", "run", "S0-5.3.2", "--seeds", "99", "--jobs", "2", "--out", "."]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + LONG
        while not list(tmp_path.glob("*.json")):
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.1)
    finally:
        process.kill()
        process.wait()
    assert_no_process_in(tmp_path)


# Kernels

def assert_no_process_in(folder):
    """Kernels and the like notice within a second or two that the process that started them is gone."""
    end = time.monotonic() + 20
    while left := [p for p in pathlib.Path("/proc").glob("[0-9]*") if works_in(p, folder)]:
        assert time.monotonic() < end, f"Left behind: {[(p / 'cmdline').read_bytes() for p in left]}"
        time.sleep(0.2)


def works_in(process, folder):
    try:
        return pathlib.Path(os.readlink(process / "cwd")).is_relative_to(folder)
    except OSError:
        return False


NOTEBOOK = new_notebook(cells=[new_code_cell("print(6 * 7)", outputs=[new_output("stream", text="41\n")]),
                               new_code_cell("open('file').read()", metadata={"tags": ["raises-exception"]})])


def execute_notebook(folder):
    tempfile.tempdir = str(folder / "temporary")
    execute.update(folder / "n.ipynb")


def store_notebook(folder):
    (folder / "temporary").mkdir()
    (folder / "n.ipynb").write_text(json.dumps(NOTEBOOK), "utf-8")


def test_executing_that_is_killed_leaves_the_old_notebook_or_the_new(often):
    def check(folder, whole, ended):
        found = (folder / "n.ipynb").read_bytes()
        assert found == (whole / "n.ipynb").read_bytes() or found == json.dumps(NOTEBOOK).encode() and not ended
        assert_no_process_in(folder)

    often(execute_notebook, check, store_notebook, share=5)


def test_two_processes_that_write_one_notebook_leave_it_whole(tmp_path):
    """Each time it is read it is one of theirs."""
    path, texts = tmp_path / "n.ipynb", [letter * 300_000 for letter in "ab"]
    path.write_text(texts[0])
    processes = together(lambda text: [execute.replace(path, text) for _ in range(200)], *texts)
    while any(process.is_alive() for process in processes):
        assert path.read_text() in texts
    assert [process.exitcode for process in processes] == [0, 0] and os.listdir(tmp_path) == ["n.ipynb"]


def mark(folder):
    tempfile.tempdir = str(folder / "temporary")
    marking.main([str(folder / "in"), "--out", str(folder / "marks.csv")])


def submit(folder):
    (folder / "in").mkdir()
    (folder / "temporary").mkdir()
    (folder / "marks.csv").write_text("old")
    for name, answer in (("ada", "(1, 0, 3)"), ("bo", "(3, 2, 1)")):
        cell = new_code_cell(f'from unrolled import exercises\nexercises.check("05.1", {answer})')
        (folder / "in" / f"{name}.ipynb").write_text(json.dumps(new_notebook(cells=[cell])), "utf-8")


def test_marking_that_is_killed_leaves_a_table_of_whole_students(often):
    def check(folder, whole, ended):
        found, expected = ((f / "marks.csv").read_text("utf-8-sig") for f in (folder, whole))
        first = expected[:expected.index("bo,")]
        assert found == expected or found in ("old", first) and not ended
        assert_no_process_in(folder)

    often(mark, check, submit, share=5)


# Building

PAGE = "# A page about {}\n\n" + "It says what it says. " * 3000
PICTURE = "import matplotlib.pyplot as plt"


def small_book(folder):
    """The site's settings with two pages of its own, and a picture in one."""
    sources(folder)
    picture = next(o for c in json.loads((folder / "book/05-perceptrons.ipynb").read_text("utf-8"))["cells"]
                   for o in c.get("outputs", []) if "image/png" in o.get("data", {}))
    for path in (folder / "book").glob("*.ipynb"):
        path.unlink()
    cell = new_code_cell(PICTURE, id="picture", outputs=[picture])
    for name in ("one", "two"):
        text = {"cell_type": "markdown", "id": "text", "metadata": {}, "source": PAGE.format(name)}
        (folder / "book" / f"{name}.ipynb").write_text(json.dumps(new_notebook(cells=[text, cell])), "utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/one\nchapters:\n- file: book/two\n", "utf-8")


def build(folder):
    command = [shutil.which("jupyter-book", path=pathlib.Path(sys.executable).parent), "build", "."]
    os.execv(command[0], command) if os.chdir(folder) is None else None


def site(folder):
    """All files of a site by their names, and the pictures that its pages are made with."""
    return {path.relative_to(folder): path.read_bytes() for path in (folder / "_build").rglob("*")
            if path.is_file() and ".doctrees" not in path.parts}


def test_a_build_that_is_killed_leaves_nothing_to_the_next(tmp_path, request, monkeypatch):
    """Killed while it writes pages; then, whatever it has written may be a half."""
    rng, whole, folder = random.Random(0), tmp_path / "whole", tmp_path / "killed"
    for place in (whole, folder):
        place.mkdir()
        small_book(place)
    assert ends(build, whole)
    for _ in range(max(1, request.config.getoption("--kills") // 10)):
        process, = together(build, folder)
        while process.is_alive() and not (folder / "_build/html/book").exists():
            time.sleep(0.01)
        time.sleep(rng.random() / 10)
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL and (folder / "_build" / serve.UNFINISHED).exists()
        for path in filter(pathlib.Path.is_file, (folder / "_build").rglob("*")):
            path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    monkeypatch.setattr(serve, "SITE", folder / "_build/html")
    with pytest.raises(SystemExit, match="is being built, or its last build failed"):
        serve.main([])
    assert ends(build, folder)
    assert site(folder) == site(whole)


# A full disk

def limited(size, work, *arguments):
    """Do work in a process whose files cannot grow beyond a size, as on a full disk."""
    def inside():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        work(*arguments)

    assert ends(inside)


@pytest.mark.parametrize("size", [0, 100, 4000])
def test_a_model_that_finds_the_disk_full_is_as_it_was(tmp_path, size):
    def inside():
        with pytest.raises(OSError, match="model.keras cannot be stored, and is as it was: File too large."):
            save(tmp_path, [2])

    save(tmp_path, [1])
    limited(size, inside)
    assert stored_number(tmp_path / "model.keras") == 1 and os.listdir(tmp_path) == ["model.keras"]


@pytest.mark.parametrize("size", [0, 100])
def test_experiments_marks_notebooks_and_copies_that_find_the_disk_full_are_as_they_were(tmp_path, experiment, size):
    def stops(sentence, error, work, *arguments):
        with pytest.raises(error, match=sentence):
            work(*arguments)

    run_experiment(tmp_path / "runs")
    before = (tmp_path / "runs/SYS-02.json").read_bytes()
    limited(size, stops, "stopped: .*File too large.* What was done is kept", SystemExit,
            runner.main, ["run", "SYS-02", "--fresh", "--out", str(tmp_path / "runs")])
    assert (tmp_path / "runs/SYS-02.json").read_bytes() == before and os.listdir(tmp_path / "runs") == ["SYS-02.json"]

    (notes := tmp_path / "n.ipynb").write_text("old")
    limited(size, stops, "cannot be written: File too large.", execute.Problem, execute.replace, notes, "new" * 100)
    assert notes.read_text() == "old"

    (tmp_path / "in").mkdir()
    (tmp_path / "in/ada.ipynb").write_text("no notebook")
    (marks := tmp_path / "marks.csv").write_text("old")
    limited(0, stops, "The table could not be written: .*File too large", SystemExit,
            marking.main, [str(tmp_path / "in"), "--out", str(marks)])
    assert marks.read_text() == "old"

    (tmp_path / "book").mkdir()
    (tmp_path / "book/01.ipynb").write_text("chapter" * 100)
    limited(size, stops, "File too large", OSError, lab.copy_chapters, tmp_path / "book", tmp_path / "lab")
    assert os.listdir(tmp_path / "lab") == []
    assert sorted(os.listdir(tmp_path)) == ["book", "in", "lab", "marks.csv", "n.ipynb", "runs"]


def test_a_download_that_finds_the_disk_full_says_so(tmp_path, served):
    def inside():
        with pytest.raises(OSError, match="mnist.npz cannot be stored in .*unrolled. Set XDG_CACHE_HOME"):
            download(tmp_path)

    limited(len(FILE) // 2, inside)
    assert os.listdir(tmp_path / "unrolled") == []


def test_chapters_whose_copying_was_killed_are_copied_whole(often):
    def prepare(folder):
        (folder / "book").mkdir()
        for k in range(50):
            (folder / "book" / f"{k:02}.ipynb").write_bytes(FILE)

    def copy(folder):
        lab.copy_chapters(folder / "book", folder / "lab")

    def check(folder, whole, ended):
        found = list((folder / "lab").glob("[!.]*"))
        assert all(path.read_bytes() == FILE for path in found) and (len(found) == 50 or not ended)

    often(copy, check, prepare)
