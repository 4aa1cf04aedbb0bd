"""Mutation testing: break a line of the library, see whether a test notices.

    python tools/mutate.py [--number 250] [--seed 0] [--survivors] [--notebooks] [file or folder of src/unrolled ...]

A mutant is the library with one change: a sign flipped, a term or a transpose dropped, an axis or a comparison
swapped, a constant changed, a slice moved by one. It lives in a temporary copy. The tests (of "not slow") that
run its line try it, the fastest first, up to a minute of them. Those that survive are listed; the exit status
is 1 if there are any. ``--survivors`` tries again those of the last call. With ``--notebooks`` the book is asked as
well: the first twenty survivors are tried by validating the notebooks that name most often what they change, for at
most two minutes each.

Which test runs which line is measured once for each file of tests, and kept in _build/mutate until it, what tests
share or the library changes.
"""

import argparse
import ast
import bisect
import collections
import contextlib
import functools
import gc
import hashlib
import importlib
import itertools
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "_build" / "mutate"
CORE = ["layers", "losses", "metrics", "datasets", "optimizers.py", "models.py", "training.py", "batches.py",
        "boltzmann.py", "seq2seq.py", "memory.py", "transformer.py", "autodiff.py", "gradcheck.py", "perceptron.py",
        "schedules.py", "regularizers.py", "constraints.py", "text.py", "activations.py", "initializers.py"]
SECONDS = 60                     # of CPU time for one mutant
LOAD = 40                        # seconds of tests at most, as they take without it
MEMORY = 8 << 30                 # bytes
ASKED = 20                       # survivors that notebooks try
VALIDATION = 120                 # seconds of it for one of them
STRAY = 99                       # exit status: the tests did not run the copy
PLUGINS = ["nbval.plugin", "nbclient", "ipykernel.kernelspec", "xdist.plugin", "pytest_cov.plugin", "hypothesis"]
LIBRARIES = ["keras", "hypothesis.extra.numpy", "matplotlib.pyplot", "sklearn.datasets"]      # imported once, not in each child
QUIET = ["-q", "-p", "no:cacheprovider", "--disable-warnings", "--tb=short", "-m", "not slow"]
SILENT = (ast.Raise, ast.JoinedStr, ast.Assert)          # these, and zip's strict, change no result

FLIPPED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
SWAPPED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
           ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}


# Mutants

def changed(value):
    """Another constant of the same kind."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else 2 * value or 1.0


def variants(node):
    """Yield what may stand in the node's place."""
    match node:
        case ast.BinOp(left, op, right) if type(op) in FLIPPED:
            yield ast.BinOp(left, FLIPPED[type(op)](), right)
            yield left
            yield ast.UnaryOp(ast.USub(), right) if isinstance(op, ast.Sub) else right
        case ast.BinOp(left, ast.MatMult(), right):
            yield ast.BinOp(right, ast.MatMult(), left)
        case ast.BinOp(left, ast.Pow(), right):
            yield left
        case ast.AugAssign(target, op, value) if type(op) in FLIPPED:
            yield ast.AugAssign(target, FLIPPED[type(op)](), value)
            yield ast.Assign([target], value, lineno=0)
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.Attribute(value, "T"):
            yield value
        case ast.Call(ast.Attribute(value, "transpose" | "swapaxes")):
            yield value
        case ast.keyword("axis", ast.Constant(int(axis))):
            yield ast.keyword("axis", ast.Constant(1 - axis))
        case ast.keyword("axis", ast.UnaryOp(ast.USub(), ast.Constant(axis))):
            yield ast.keyword("axis", ast.Constant(-1 - axis))
        case ast.Constant(bool() | int() | float() as value):
            yield ast.Constant(changed(value))
        case ast.Compare(left, [op], [right]):
            yield ast.Compare(left, [SWAPPED[type(op)]()], [right])
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            yield from values
        case ast.Slice(lower, upper, step) if lower or upper:
            one = ast.Constant(1)
            if lower and not isinstance(lower, ast.Constant):
                yield ast.Slice(ast.BinOp(lower, ast.Add(), one), upper, step)
            if upper:
                yield ast.Slice(lower, ast.BinOp(upper, ast.Sub(), one), step)


def inside(node):
    """Yield all nodes in this one, but for those in sentences."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, SILENT) and getattr(child, "arg", None) != "strict":
            yield child
            yield from inside(child)


def written(new, old):
    """The new node as text, in brackets if the old one's neighbours might take it apart."""
    text = ast.unparse(ast.fix_missing_locations(new))
    composed = isinstance(old, ast.expr) and isinstance(new, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp,
                                                              ast.Lambda, ast.Tuple))
    return f"({text})" if composed and not isinstance(old, ast.Slice) else text


def mutants_of(path):
    """Yield each mutant of a file: where it is, whether it is run on import only, and the lines before and after."""
    source = path.read_bytes()
    tree = ast.parse(source)
    begins = [0]
    for line in source.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    called = {id(node) for f in ast.walk(tree) if isinstance(f, (ast.FunctionDef, ast.Lambda))
              for part in (f.body if isinstance(f.body, list) else [f.body]) for node in ast.walk(part)}
    for node in inside(tree):
        for new in variants(node):
            first, last = node.lineno, node.end_lineno
            begin, end = begins[first - 1] + node.col_offset, begins[last - 1] + node.end_col_offset
            line, rest = begins[first - 1], begins[last]
            after = source[line:begin] + written(new, node).encode() + source[end:rest]
            yield {"file": str(path.relative_to(ROOT)), "lines": [first, last], "on import": id(node) not in called,
                   "before": source[line:rest].decode(), "after": after.decode()}


# Tests, each file or choice of them in a process of its own, which has Keras already

class Lines:
    """A plugin that measures which lines each test runs, and how much CPU time it takes."""

    def __init__(self, folder, kept, key):
        self.folder, self.kept, self.key = folder, kept, key
        self.measured = coverage.Coverage(data_file=None, source=[str(folder / "src" / "unrolled")])
        self.seconds, self.failed, self.now = {}, set(), ""

    def pytest_configure(self):
        self.measured.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.now = item.nodeid
        self.measured.switch_context(self.now)
        began = time.process_time()
        result = yield
        self.seconds[self.now] = time.process_time() - began
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        if fixturedef.scope == "function":
            return (yield)
        self.measured.switch_context("every")            # what it runs, it runs for every test of the file
        try:
            return (yield)
        finally:
            self.measured.switch_context(self.now)

    def pytest_runtest_logreport(self, report):
        if not report.passed:
            self.failed.add(report.nodeid)

    def pytest_unconfigure(self):
        self.measured.stop()
        data, lines = self.measured.get_data(), {}
        for file in data.measured_files():
            name = str(Path(file).relative_to(self.folder))
            for line, tests in data.contexts_by_lineno(file).items():
                for test in tests:
                    lines.setdefault(test, {}).setdefault(name, []).append(line)
        every = lines.get("every", {})
        tests = {test: {"seconds": seconds, "lines": [lines.get(test, {}), every]}
                 for test, seconds in self.seconds.items() if test not in self.failed}
        self.kept.write_text(json.dumps({"key": self.key, "tests": tests}))


class Chosen:
    """A plugin that runs these tests, in this order, and writes down which one runs."""

    def __init__(self, tests, note):
        self.order, self.note = {test: i for i, test in enumerate(tests)}, note

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda i: self.order[i.nodeid])

    def pytest_runtest_logstart(self, nodeid):
        self.note.write_text(nodeid)


def in_child(folder, options, *plugins, cpu=10 * SECONDS, wall=None):
    """Run pytest in a child process on the library in this folder; return its exit status, None if it was stopped."""
    child = os.fork()
    if not child:
        code = STRAY
        try:
            os.setsid()
            os.chdir(folder)
            sys.path[:1] = [str(folder / name) for name in ("src", "tools", "tests")]
            os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:3])
            log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
            status = int(pytest.main([*QUIET, *options], plugins=plugins))
            library = sys.modules.get("unrolled")
            if status or library is None or library.__file__.startswith(str(folder)):
                code = status
        finally:
            sys.stdout.flush()
            os._exit(code)
    began, done = time.monotonic(), 0
    while not done:
        time.sleep(0.02)
        if time.monotonic() - began > (wall or 10 * cpu):          # it waits for something
            os.killpg(child, signal.SIGKILL)
        done, status = os.waitpid(child, os.WNOHANG)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def passes(folder, tests, *options):
    """Run tests of one file: whether they pass, and the last that began, with -x the one that failed."""
    note = folder / "note"
    note.write_text("collection")
    code = in_child(folder, [*options, tests[0].split("::")[0]], Chosen(tests, note), cpu=SECONDS)
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED, STRAY):
        sys.exit((folder / "log").read_text(errors="replace") + f"\nThis says nothing of the mutant (status {code}).")
    return code == 0, note.read_text()


def digest(*paths):
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def measured(folder):
    """Return, for each test, what it runs and how long it takes."""
    shared = [path for path in sorted((folder / "tests").rglob("*.py")) if not path.name.startswith("test_")]
    library = digest(*sorted((folder / "src").rglob("*.py")), *shared)
    tests = {}
    for path in sorted((folder / "tests").glob("test_*.py")):
        kept = KEPT / f"{path.stem}.json"
        key = digest(path) + library
        if not kept.exists() or json.loads(kept.read_text())["key"] != key:
            in_child(folder, [f"tests/{path.name}"], Lines(folder, kept, key))
            print(f"tests/{path.name} measured", flush=True)
        tests |= json.loads(kept.read_text())["tests"]
    return tests


def trying(mutant, tests):
    """The tests that run the mutant's lines, by file; what is run on import, any may try."""
    first, last = mutant["lines"]
    chosen = [t for t, of in tests.items() if mutant["on import"] or
              any(first <= line <= last for lines in of["lines"] for line in lines.get(mutant["file"], []))]
    chosen.sort(key=lambda t: tests[t]["seconds"])
    seconds = list(itertools.accumulate(tests[t]["seconds"] for t in chosen))
    files = {}
    for test in chosen[:max(1, bisect.bisect(seconds, LOAD))]:
        files.setdefault(test.split("::")[0], []).append(test)
    return list(files.values())


@contextlib.contextmanager
def broken(folder, mutant):
    """The library in this folder is the mutant for a while."""
    path = folder / mutant["file"]
    sound = path.read_bytes()
    lines = sound.decode().splitlines(keepends=True)
    first, last = mutant["lines"]
    assert "".join(lines[first - 1:last]) == mutant["before"]
    try:
        path.write_text("".join([*lines[:first - 1], mutant["after"], *lines[last:]]))
        yield
    finally:
        path.write_bytes(sound)


def caught_by(folder, mutant, files):
    """Run its tests on the mutant, file by file; return the one that fails, or None."""
    with broken(folder, mutant):
        return next((by for ok, by in (passes(folder, tests, "-x") for tests in files) if not ok), None)


# Notebooks

def telling(mutant):
    """The notebooks whose code names most often what the mutant changes, or else what stands beside it; a minute of them."""
    own, others = [], []
    for node in ast.parse((ROOT / mutant["file"]).read_bytes()).body:
        names = [getattr(part, "id", "") for part in getattr(node, "targets", [])] + [getattr(node, "name", "")]
        (own if node.lineno <= mutant["lines"][0] <= node.end_lineno else others).extend(filter(None, names))
    chapters = tomllib.loads((ROOT / "book/chapters.toml").read_text())["chapters"]
    seconds = {path: chapters.get(path.stem, {"seconds": 30})["seconds"] for path in ROOT.glob("*/*.ipynb")}

    def rank(path):
        cells = json.loads(path.read_text())["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        return [-len(re.findall(rf"\b({'|'.join(names) or '$^'})\b", code)) for names in (own, others)] + [seconds[path], path]

    ranked = sorted(seconds, key=rank)
    total = list(itertools.accumulate(seconds[path] for path in ranked))
    return [str(path.relative_to(ROOT)) for path in ranked[:max(1, bisect.bisect(total, VALIDATION // 2))]]


def contradicted_by(folder, mutant, sound):
    """Validate notebooks on the mutant; return the one that fails, and is sound without it, or None."""
    end = time.monotonic() + VALIDATION
    for notebook in telling(mutant):
        with broken(folder, mutant):
            status = in_child(folder, ["--nbval", "-x", notebook], wall=end - time.monotonic())
        if status is None:                               # the time was up, which says nothing
            return None
        if status and sound(notebook):
            return notebook


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--survivors", action="store_true", help="try again those of the last call")
    parser.add_argument("--notebooks", action="store_true", help="let notebooks try the first twenty survivors")
    parser.add_argument("files", nargs="*", default=CORE)
    given = parser.parse_args(arguments)
    library = ROOT / "src" / "unrolled"
    if unknown := [name for name in given.files if not (library / name).exists()
                   or not (library / name).resolve().is_relative_to(library)]:
        parser.error(f"There is no file or folder {unknown[0]!r} in {library}.")
    if given.number < 1:
        parser.error(f"--number is at least 1, but {given.number} was given.")

    KEPT.mkdir(parents=True, exist_ok=True)
    last = KEPT / "survivors.json"
    paths = [library / name for name in given.files]
    every = [m for path in paths for p in (sorted(path.rglob("*.py")) if path.is_dir() else [path]) for m in mutants_of(p)]
    if given.survivors:
        try:
            known = {(m["file"], m["before"], m["after"]) for m in json.loads(last.read_text())}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            parser.error("There is no list of survivors of a last call.")
        chosen = [m for m in every if (m["file"], m["before"], m["after"]) in known]
    else:
        chosen = random.Random(given.seed).sample(every, min(given.number, len(every)))

    keras = any("keras" in path.read_text() for path in (ROOT / "tests").glob("*.py"))
    for module in PLUGINS + keras * LIBRARIES:
        importlib.import_module(module)
    gc.freeze()                                          # children need not look through all that for garbage
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve() / "copy"
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", ".venv", "_build", "node_modules", ".*cache",
                                                                    ".hypothesis", "__pycache__"))
        tests = measured(folder)

        def cost(of_file):
            return 0.5 + sum(tests[t]["seconds"] for t in of_file)

        survivors, reliable, successes = [], {None, "collection"}, collections.Counter()
        for i, mutant in enumerate(chosen, 1):
            by = ""
            while by not in reliable:
                files = sorted(trying(mutant, tests), key=lambda of: cost(of) / (1 + successes[of[0].split("::")[0]]))
                by = caught_by(folder, mutant, files)
                if by in reliable or passes(folder, [by])[0]:
                    reliable.add(by)
                else:
                    print(f"left out, as it may fail without a mutant: {by}", flush=True)
                    del tests[by]
            if by is None:
                survivors.append(mutant)
                print(f"{mutant['file']}:{mutant['lines'][0]}  survives {sum(map(len, files))} tests", flush=True)
                for sign, text in ("-", mutant["before"]), ("+", mutant["after"]):
                    print("".join(f"  {sign} {line}\n" for line in text.splitlines()), end="", flush=True)
            else:
                successes[by.split("::")[0]] += 1        # files that catch much come early
            if i % 25 == 0:
                print(f"... {i} of {len(chosen)} tried", flush=True)

        @functools.cache
        def sound(notebook):
            found = in_child(folder, ["--nbval", "-x", notebook]) == 0
            print(end="" if found else f"left out, as it fails without a mutant: {notebook}\n", flush=True)
            return found

        for mutant in survivors[:ASKED] if given.notebooks else []:
            if by := contradicted_by(folder, mutant, sound):
                survivors.remove(mutant)
                print(f"{mutant['file']}:{mutant['lines'][0]}  is caught by {by}", flush=True)
        last.write_text(json.dumps(survivors))
    print(f"{len(chosen) - len(survivors)} of {len(chosen)} mutants caught, drawn from {len(every)} with seed {given.seed}")
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main())
