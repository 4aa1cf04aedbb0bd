"""The command that marks a folder of submissions, against answers, mistakes and mischief."""

import csv
import json

import pytest

from unrolled.exercises import __main__ as command
from unrolled.exercises import numbers

RIGHT, WRONG = 'exercises.check("05.1", (1, 0, 3))', 'exercises.check("05.1", (3, 2, 1))'
STUBS = ["from unrolled import exercises", 'exercises.check("05.1", ...)', 'exercises.check("05.3", ...)']


def submit(path, *cells, tag=None):
    """Store a notebook of code cells; the last may carry a tag."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = [{"cell_type": "code", "source": c, "metadata": {}, "outputs": [], "execution_count": None} for c in cells]
    if tag:
        stored[-1]["metadata"] = {"tags": [tag]}
    path.write_text(json.dumps({"cells": stored, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def table(folder, *options):
    """Run the command; the rows of its table as {(student, exercise): (verdict, hint)}."""
    out = folder.parent / "marks.csv"
    command.main([str(folder), "--jobs", "2", "--out", str(out), *options])
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["student", "notebook", "exercise", "verdict", "hint"]
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith(".")] == []
    return {(student, exercise): (verdict, hint) for student, _, exercise, verdict, hint in rows[1:]}


@pytest.mark.slow
def test_answers(tmp_path, capsys):
    folder = tmp_path / "in"
    submit(folder / "ada.ipynb", STUBS[0], RIGHT, 'print("x" * 10**6)', "1 / 0", 'exercises.check("05.3", undefined)',
           'exercises.check("05.2", (-1, -1, -1.5))')
    submit(folder / "=SUM(A1)" / "week 5" / "hand-in.ipynb", STUBS[0], 'exercises.check("05.1", (3, 2, 1))', STUBS[2],
           'exercises.check("05.3", 14)', tag="solution")
    submit(folder / "lost" / "tags.ipynb", *STUBS, RIGHT)
    submit(folder / ".ipynb_checkpoints" / "old.ipynb", STUBS[0], RIGHT)
    (folder / "torn.ipynb").write_text('{"cells": [{"cell_type": "code"', encoding="utf-8")
    marks = table(folder, "--chapter", "5")
    assert {student for student, _ in marks} == {"ada", "'=SUM(A1)", "lost", "torn"}
    assert len(marks) == 3 * len(numbers("05")) + 1

    assert marks["ada", "05.1"] == ("right", "") and marks["ada", "05.2"] == ("right", "")
    assert marks["ada", "05.3"][0] == "error" and "NameError: name 'undefined'" in marks["ada", "05.3"][1]
    assert marks["ada", "05.4"] == ("unanswered", "not in the notebook")
    assert marks["'=SUM(A1)", "05.1"][0] == "wrong" and "t − y is −1" in marks["'=SUM(A1)", "05.1"][1]
    assert marks["'=SUM(A1)", "05.3"] == ("unanswered", "")
    assert marks["lost", "05.1"][0] == "unanswered" and "lost the tags" in marks["lost", "05.1"][1]
    assert marks["torn", ""] == ("error", "The file is not a notebook, or was cut short.")
    shown = capsys.readouterr().out
    assert "05.1  1 of 3 right" in shown and "xxx" not in shown


@pytest.mark.slow
def test_mischief_ends_and_disturbs_nobody(tmp_path):
    folder = tmp_path / "in"
    submit(folder / "endless.ipynb", STUBS[0], "while True: pass", RIGHT)
    submit(folder / "stubborn.ipynb", STUBS[0], RIGHT, "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
           "while True: pass", 'exercises.check("05.3", 14)')
    submit(folder / "dead.ipynb", STUBS[0], WRONG, "import os; os._exit(1)", 'exercises.check("05.3", 14)')
    submit(folder / "greedy.ipynb", STUBS[0], "import numpy as np; a = np.ones(2 * 10**9)", RIGHT)
    submit(folder / "loud.ipynb", STUBS[0], 'raise ValueError("\\x1b[2J=1+1\\n" * 1000)', RIGHT,
           'import os; open(os.environ["UNROLLED_JOURNAL"], "a").write("[1, 2\\n[]\\nnull\\n[[], {}, 3]\\n")',
           'raise ValueError("\\x1b[2J\\n" * 1000); exercises.check("05.3", 14)')
    marks = table(folder, "--cell-seconds", "2", "--seconds", "9", "--memory", "2")
    assert marks["endless", "05.1"] == ("right", "")
    assert marks["stubborn", "05.1"] == ("right", "")
    assert marks["stubborn", "05.3"] == ("error", "ended after 9 s for the notebook")
    assert marks["dead", "05.1"][0] == "wrong" and marks["dead", "05.3"] == ("error", "the kernel ended")
    assert marks["greedy", "05.1"] == ("right", "")
    assert marks["loud", "05.1"] == ("right", "") and marks["loud", "05.3"][0] == "error"
    assert all(hint.isprintable() and len(hint) <= 300 for _, hint in marks.values())


def test_memory_is_limited(tmp_path):
    pytest.importorskip("resource")
    submit(tmp_path / "in" / "greedy.ipynb", STUBS[0], "import numpy as np",
           'exercises.check("05.3", 14 * np.ones(10**9).max())')
    verdict, hint = table(tmp_path / "in", "--memory", "2")["greedy", "05.3"]
    assert verdict == "error" and "MemoryError" in hint


@pytest.mark.parametrize("arguments, sentence", [
    (["nowhere"], "There is no folder nowhere"), (["."], "There is no notebook in"), ([".", "--jobs", "0"], "at least 1"),
    ([".", "--chapter", "99"], "no exercises of a chapter '99'"), ([".", "--out", "nowhere/marks.csv"], "cannot be written"),
])
def test_a_mistake_is_answered_with_a_sentence(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if arguments != ["."]:
        submit(tmp_path / "ada.ipynb", *STUBS)
    with pytest.raises(SystemExit, match=sentence):
        command.main(arguments)
