"""Mutants: which changes are made, that they compile, and that the tests that run a line are those that try it."""
import ast
import pathlib
import shutil
import subprocess
import sys

import nbformat
import pytest

pytest.importorskip("resource", reason="Processes cannot be forked, nor their time limited, on this system.")
import mutate  # noqa: E402

ROOT = pathlib.Path(__file__).parent.parent

LIBRARY = '''
def distance(x, y=0):
    if not x > y:
        return y - x
    return x - y


def untested(x):
    return -x
'''
TESTS = '''
import unrolled

def test_far():
    assert unrolled.distance(5, 2) == 3

def test_near():
    assert unrolled.distance(2, 5) == 3
'''


@pytest.fixture
def changes(tmp_path, monkeypatch):
    """From a line of code to what may stand in its place."""
    monkeypatch.setattr(mutate, "ROOT", tmp_path)

    def changes(line):
        (tmp_path / "one.py").write_text(f"é = 0; {line}\n")
        found = [m["after"].split("; ", 1)[1].strip() for m in mutate.mutants_of(tmp_path / "one.py") if "é = 0" in m["after"]]
        for after in found:
            assert ast.dump(ast.parse(after)) != ast.dump(ast.parse(line))
        return set(found)
    return changes


@pytest.mark.parametrize("line, expected", [
    ("a + b", {"(a - b)", "a", "b"}),
    ("a - b", {"(a + b)", "a", "(-b)"}),
    ("a / b", {"(a * b)", "a", "b"}),
    ("c * (a + b)", {"(c / (a + b))", "c", "a + b", "c * ((a - b))", "c * (a)", "c * (b)"}),
    ("a @ b.T", {"(b.T @ a)", "a @ b"}),
    ("a ** b", {"a"}),
    ("a += b", {"a -= b", "a = b"}),
    ("-a", {"a"}),
    ("not a", {"a"}),
    ("a.transpose(1, 0)", {"a", "a.transpose(2, 0)", "a.transpose(1, 1)"}),
    ("a.sum(axis=1)", {"a.sum(axis=0)", "a.sum(axis=2)"}),
    ("a.sum(axis=-1)", {"a.sum(axis=-2)", "a.sum(axis=1)"}),
    ("f(True, 0.5, 0.0)", {"f(False, 0.5, 0.0)", "f(True, 1.0, 0.0)", "f(True, 0.5, 1.0)"}),
    ("a <= b", {"a < b"}),
    ("a is not None", {"a is None"}),
    ("a and b", {"a or b", "a", "b"}),
    ("a[i:n]", {"a[i + 1:n]", "a[i:n - 1]"}),
    ("a[:-1]", {"a[:-1 - 1]", "a[:1]", "a[:-2]"}),
    ("zip(a, b, strict=True)", set()),
    ("raise ValueError(f'{a + 1} is 1')", set()),
])
def test_what_is_changed(changes, line, expected):
    assert {after.replace("(", "").replace(")", "") for after in changes(line)} \
        == {after.replace("(", "").replace(")", "") for after in expected}


def test_brackets_keep_what_belongs_together(changes):
    assert "(a - b) * c" in {after.replace("((", "(").replace("))", ")") for after in changes("(a + b) * c")}
    assert "a - (b - c)" in {after.replace("((", "(").replace("))", ")") for after in changes("a - (b + c)")}


def test_survivors_are_those_that_no_test_sees(tmp_path):
    """In a library of its own: what the tests check is caught; what none does, and what changes nothing, survives."""
    for folder in "tools", "tests", "src/unrolled":
        (tmp_path / folder).mkdir(parents=True)
    for name in "pyproject.toml", "tools/mutate.py", "tools/validation.py", "tools/compare.py", "tools/execute.py":
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "src/unrolled/__init__.py").write_text(LIBRARY)
    (tmp_path / "tests/test_it.py").write_text(TESTS)

    def survivors(*options):
        command = [sys.executable, tmp_path / "tools/mutate.py", *options, "__init__.py"]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == 1, run.stdout + run.stderr
        assert (tmp_path / "src/unrolled/__init__.py").read_text() == LIBRARY
        return run.stdout

    first = survivors()
    lines = {line[4:].strip() for line in first.splitlines() if line.startswith("  +")}
    assert lines == {"def distance(x, y=1):", "if not (x >= y):", "return x"}
    assert "7 of 10 mutants caught" in first
    (tmp_path / "tests/test_it.py").write_text(TESTS + "\ndef test_default():\n    assert unrolled.distance(1) == 1\n")
    assert "1 of 3 mutants caught" in survivors("--survivors")

    (tmp_path / "conftest.py").write_text('pytest_plugins = ["validation"]\n')
    (tmp_path / "src/unrolled/utils.py").write_text("replacing = None\n")               # execute.py asks for it
    (tmp_path / "book").mkdir()
    (tmp_path / "book/chapters.toml").write_text("\n".join(f"[chapters.{n}]\nseconds = 1" for n in ("stale", "told")))
    for name, code, printed in ("stale", "unrolled.untested(unrolled.untested(2))", -2), ("told", "unrolled.untested(2)", -2):
        cell = nbformat.v4.new_code_cell(f"import unrolled\n{code}", execution_count=1, outputs=[
            nbformat.v4.new_output("execute_result", {"text/plain": str(printed)}, execution_count=1)])
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"book/{name}.ipynb")
    said = survivors("--survivors", "--notebooks")
    assert said.count("is caught by book/told.ipynb") == 1 and "1 of 2 mutants caught" in said
    assert said.count("left out, as it fails without a mutant: book/stale.ipynb") == 1
