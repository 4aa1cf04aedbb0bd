"""Mutation testing: break a line of the library, see whether a test notices.

    python tools/mutate.py [--number 250] [--seed 0] [--survivors] [file or folder of src/unrolled ...]

A mutant is the library with one change: a sign flipped, a term or a transpose dropped, an axis or a comparison
swapped, a constant changed, a slice moved by one. It lives in a temporary copy. The tests (of "not slow") that
run its line try it, the fastest first, up to a minute of them. Those that survive are listed; the exit status
is 1 if there are any. ``--survivors`` tries again those of the last call.

Which test runs which line is measured once for each file of tests, and kept in _build/mutate until it or the
library changes.
"""

import argparse
import ast
import hashlib
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
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
SILENT = (ast.Raise, ast.JoinedStr, ast.Assert)          # what these say changes no result

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
            if lower:
                yield ast.Slice(ast.BinOp(lower, ast.Add(), one), upper, step)
            if upper:
                yield ast.Slice(lower, ast.BinOp(upper, ast.Sub(), one), step)


def inside(node):
    """Yield all nodes in this one, but for those in sentences."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, SILENT):
            yield child
            yield from inside(child)


def written(new, old):
    """The new node as text, in brackets if the old one's neighbours might take it apart."""
    text = ast.unparse(ast.fix_missing_locations(new))
    composed = isinstance(old, ast.expr) and isinstance(new, (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp,
                                                              ast.Lambda, ast.Tuple))
    return f"({text})" if composed and not isinstance(old, ast.Slice) else text


def mutants_of(path):
    """Yield each mutant of a file: where it is, the lines before and after, and which lines make up the unit it is in."""
    source = path.read_bytes()
    tree = ast.parse(source)
    begins = [0]
    for line in source.splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    units = [(u.lineno, u.end_lineno) for u in inside(tree) if isinstance(u, (ast.FunctionDef, ast.ClassDef))]
    for node in inside(tree):
        for new in variants(node):
            first, last = node.lineno, node.end_lineno
            begin, end = begins[first - 1] + node.col_offset, begins[last - 1] + node.end_col_offset
            line, rest = begins[first - 1], begins[last]
            after = source[line:begin] + written(new, node).encode() + source[end:rest]
            around = [u for u in units if u[0] <= first and last <= u[1]]
            yield {"file": str(path.relative_to(ROOT)), "lines": [first, last], "before": source[line:rest].decode(),
                   "after": after.decode(), "unit": min(around, key=lambda u: u[1] - u[0], default=(1, len(begins)))}


# Tests, each run in a process of its own that has Keras already

class Lines:
    """A plugin that measures which lines each test runs, and how long it takes."""

    def __init__(self, source):
        self.source = source
        self.measured = coverage.Coverage(data_file=None, source=[str(source)], branch=False)
        self.seconds, self.failed = {}, set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.measured.switch_context(item.nodeid)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        shared = fixturedef.scope != "function"          # then it serves all tests of the file
        if shared:
            self.measured.switch_context("all")
        try:
            return (yield)
        finally:
            if shared:
                self.measured.switch_context(request._pyfuncitem.nodeid if hasattr(request, "_pyfuncitem") else "all")

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if not report.passed:
            self.failed.add(report.nodeid)

    def result(self):
        data = self.measured.get_data()
        lines = {}
        for file in data.measured_files():
            for line, contexts in data.contexts_by_lineno(file).items():
                for test in contexts:
                    of_file = lines.setdefault(test, {})
                    of_file.setdefault(str(Path(file).relative_to(self.source.parent.parent)), []).append(line)
        return {"seconds": {t: s for t, s in self.seconds.items() if t not in self.failed}, "lines": lines}


class Chosen:
    """A plugin that runs these tests, in this order, and writes down which one runs."""

    def __init__(self, tests, note):
        self.order, self.note = {test: i for i, test in enumerate(tests)}, note

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((i for i in items if i.nodeid in self.order), key=lambda i: self.order[i.nodeid])

    def pytest_runtest_logstart(self, nodeid):
        self.note.write_text(nodeid)


def in_child(folder, work):
    """Call ``work`` in a child process that imports from this folder; return its exit status, None if it ran too long."""
    child = os.fork()
    if not child:
        try:
            os.setsid()
            os.chdir(folder)
            sys.path[:1] = [str(folder / name) for name in ("src", "tools", "tests")]
            os.environ["PYTHONPATH"] = os.pathsep.join(sys.path[:3])
            with open(folder / "log", "wb") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            code = int(work())
            sys.stdout.flush()
        except BaseException:
            import traceback
            traceback.print_exc()
            code = 99
        os._exit(code)
    began = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() - began > 5 * SECONDS:
            os.killpg(child, 9)
        time.sleep(0.02)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def run(folder, tests, *options):
    """Run tests in the folder; return whether all pass, and the last that began (with -x, the one that failed)."""
    note = folder / "note"
    note.write_text("collection")

    def work():
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))
        resource.setrlimit(resource.RLIMIT_DATA, (8 << 30, 8 << 30))
        files = sorted({test.split("::")[0] for test in tests})
        code = pytest.main([*QUIET, *options, *files], plugins=[Chosen(tests, note)])
        where = sys.modules["unrolled"].__file__ if "unrolled" in sys.modules else "nowhere"
        assert code or where.startswith(str(folder)), f"The tests ran the library in {where}, not the mutant."
        return code

    code = in_child(folder, work)
    if code in (4, 5, 99) and "mutant" in (folder / "log").read_text(errors="replace") or code in (4, 5):
        sys.exit((folder / "log").read_text(errors="replace"))
    return code == 0, note.read_text()


QUIET = ["-q", "-p", "no:cacheprovider", "--disable-warnings", "--tb=short", "-m", "not slow"]


def digest(*paths):
    return hashlib.sha256(b"".join(p.read_bytes() for p in paths)).hexdigest()


def measure(folder, test, library):
    """Return what each test of a file runs, and how long it takes, measured now or before."""
    key = digest(ROOT / test) + library
    kept = KEPT / f"{Path(test).stem}.json"
    if kept.exists():
        stored = json.loads(kept.read_text())
        if stored["key"] == key:
            return stored

    def work():
        plugin = Lines(folder / "src" / "unrolled")
        plugin.measured.start()
        pytest.main([*QUIET, test], plugins=[plugin])
        plugin.measured.stop()
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(plugin.result() | {"key": key}))
        return 0

    began = time.monotonic()
    if in_child(folder, work) != 0:
        sys.exit(f"{test} could not be measured:\n" + (folder / "log").read_text(errors="replace"))
    stored = json.loads(kept.read_text())
    print(f"measured {test}: {len(stored['seconds'])} tests, {time.monotonic() - began:.0f} s", flush=True)
    return stored
