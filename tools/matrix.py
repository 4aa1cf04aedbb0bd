"""Does the book compute the same elsewhere? Validate its notebooks under other settings and with other versions.

    python tools/matrix.py settings|versions|canary [--only TEXT] [--number N] [--seed 0] [--jobs 2] [notebook ...]

A row of the matrix is a surrounding, a cell one notebook executed in it (all of book/ without names; ``--number``
draws as many cells). Numbers may move as far as the validation lets them; pictures are compared by the data they draw.
``settings``: twelve rows, in which every two values of what may change a sum meet, and every other value occurs.
``versions``: the locked, the lowest and the highest allowed dependencies with every Python that can be found.
``canary``: each direct dependency that has a newer release, this one alone upgraded, whatever pyproject.toml allows.
The last two install into _build/matrix with uv (``pip install uv``).

Each cell gets a line, with the numbers that moved furthest; the exit status is 1 if one failed. What cannot be
tried here, a locale or a name space that the system lacks, is said and counted.
"""

import argparse
import functools
import importlib.util
import itertools
import json
import locale
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import compare
import execute
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / "_build" / "matrix"
PYTHONS = "3.11", "3.12", "3.13"
LOCKED = ["-r", "requirements.txt"]
CHANGED = "OPENBLAS_", "OMP_", "NPY_", "TF_", "ONEDNN_", "LC_", "LANG"     # what the matrix sets, and nothing else may

# Of each axis its values, each as a name and what it sets in the environment
VECTORS = {"Haswell": "AVX2", "SkylakeX": "AVX512_SKX", "Sandybridge": "AVX"}             # what these kernels need
BLAS = {"own kernels": {}} | {f"{core} kernels": {"OPENBLAS_CORETYPE": core} for core in VECTORS}
ONEDNN = {"no oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "0"}, "oneDNN": {"TF_ENABLE_ONEDNN_OPTS": "1"},
          "oneDNN with AVX2": {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": "AVX2"}}
THREADS = {f"{n} thread{'s' * (n > 1)}": {"UNROLLED_THREADS": str(n)} for n in (1, 2)}
NUMPY = {"": {}, "NumPy without AVX-512": {"NPY_DISABLE_CPU_FEATURES": "AVX-512"}}
HASHES = {f"hashes {seed}": {"PYTHONHASHSEED": seed} for seed in ("0", "1", "4294967295")}
LOCALES = {f"locale {name}": {"LC_ALL": name} for name in ("C", "de_DE.UTF-8", "zh_CN.UTF-8")}
ZONES = {zone: {"TZ": zone} for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")}
PLACES = ["as it is", "from another folder", "in 一个 path with spaces", "read-only", "no home", "no network"]
COPIED = "in 一个 path with spaces", "read-only"
MOUNTED = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
WRAPPED = {
    "read-only": ["unshare", "-rm", "sh", "-c", MOUNTED, "{root}"],
    "no network": ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"],
}


@dataclass
class Row:
    """A surrounding in which notebooks are executed."""

    name: str
    settings: dict = field(default_factory=dict)
    place: str = "as it is"
    python: str = sys.executable
    packages: list = field(default_factory=list)     # what uv installs, one after another, for an environment of its own
    missing: str = ""                # why it cannot be tried here


def rows_of_settings():
    """Return twelve rows: all pairs of kernels and oneDNN, and with each of these both numbers of threads and both NumPys."""
    rows = []
    for k, ((i, blas), (j, onednn)) in enumerate(itertools.product(enumerate(BLAS), enumerate(ONEDNN))):
        def turn(axis, number):
            return list(axis)[number % len(axis)]
        threads, numpy = turn(THREADS, i + j), turn(NUMPY, i // 2 + j)
        hashes, language, zone = turn(HASHES, k), turn(LOCALES, i + j), turn(ZONES, k // 2)
        settings = (BLAS[blas] | ONEDNN[onednn] | THREADS[threads] | NUMPY[numpy] | HASHES[hashes] | LOCALES[language]
                    | ZONES[zone])
        place = turn(PLACES, k)
        missing = unavailable(place, settings)
        if "NPY_DISABLE_CPU_FEATURES" in settings:
            settings["NPY_DISABLE_CPU_FEATURES"] = wide_vectors()
        names = blas, onednn, threads, numpy, hashes, language, zone, place
        rows.append(Row(", ".join(filter(None, names)), settings, place, missing=missing))
    return rows


def wide_vectors():
    """Return what NumPy calls the AVX-512 that it would use on this processor."""
    return " ".join(name for name in __cpu_dispatch__ if re.match("AVX512|X86_V4", name) and __cpu_features__[name])


def unavailable(place, settings):
    """Return why such a row cannot be tried on this system, or an empty text."""
    kept = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, settings["LC_ALL"])
    except locale.Error:
        return f"The locale {settings['LC_ALL']} is not installed."
    finally:
        locale.setlocale(locale.LC_ALL, kept)
    core = settings.get("OPENBLAS_CORETYPE")
    if core and not __cpu_features__.get(VECTORS[core]):
        return f"This processor cannot run kernels for {core}."
    if place in WRAPPED:
        kind = WRAPPED[place][1]
        if not shutil.which("unshare") or subprocess.run(["unshare", kind, "true"], capture_output=True).returncode:
            return f"The system does not let this user 'unshare {kind}'."
    return ""


# Versions

def uv(*words, **options):
    """Run uv, and return what it prints."""
    run = subprocess.run([sys.executable, "-m", "uv", *words], cwd=ROOT, capture_output=True, text=True, **options)
    if run.returncode:
        raise OSError(f"'uv {' '.join(words)}' fails: {run.stderr.strip()}")
    return run.stdout


def installed(row):
    """Return the Python of a new environment with the packages of a row."""
    folder = KEPT / re.sub(r"[^\w.]+", "-", row.name)
    uv("venv", "--clear", "--python", row.python, str(folder))
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    for packages in row.packages:
        uv("pip", "install", "--python", python, *packages)
    return python


@functools.cache
def python_of(version):
    """Return the Python of this version on this machine, or an empty text."""
    try:
        return uv("python", "find", "--no-python-downloads", version).strip()
    except OSError:
        return ""


def rows_of_versions():
    """Return a row for each Python with the locked, the lowest and the highest versions."""
    project = ["-r", "pyproject.toml", "--extra", "book", "--extra", "test", "--resolution"]
    kinds = {"locked": LOCKED, "lowest": [*project, "lowest-direct"], "highest": [*project, "highest"]}
    return [Row(f"Python {version}, {kind} versions", python=python_of(version), packages=[packages],
                missing="" if python_of(version) else f"uv finds no Python {version}.")
            for version in PYTHONS for kind, packages in kinds.items()]


def rows_of_canary():
    """Return a row for each direct dependency that has a newer release than the locked one, for the newest Python here."""
    python = next(filter(None, map(python_of, PYTHONS[::-1])))
    lock = dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.match(r"[\w.-]+", requirement)[0].lower()
             for requirement in project["dependencies"] + project["optional-dependencies"]["book"]]
    newest = dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", "".join(
        uv("pip", "compile", "--no-deps", "--python", python, "-", input=name) for name in names), re.MULTILINE))
    return [Row(f"{name} {lock[name]} → {newest[name]}", python=python, packages=[LOCKED, [f"{name}=={newest[name]}"]])
            for name in names if newest[name] != lock[name]]


# Cells

def validate(path, settings):
    """Execute one notebook here, and return what the comparison with its stored outputs finds."""
    numbers, failed, moved, where = [], [], [], 0
    compare.moved = lambda old, new, share: numbers.append([old, new, share])
    try:
        old, new = execute.executed(path, settings)
        for a, b in zip(old.cells, new.cells, strict=True):
            if b.get("execution_count"):
                where, numbers[:] = where + 1, []
                limits = compare.tolerance(b.metadata.get("tags", []))
                pairs = list(itertools.zip_longest(a.outputs, b.outputs, fillvalue={}))
                same = [compare.same_output(p, q, **limits, pictures=False) for p, q in pairs]
                failed += [f"In [{where}]: {difference(*pairs[same.index(False)])}"] if False in same else []
                moved += [[f"In [{where}]", *number] for number in numbers]
    except execute.Problem as problem:
        failed.append(str(problem))
    finally:
        compare.moved = None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"failed": failed, "moved": moved, "peak": peak}


def difference(old, new):
    """Return where the words of two outputs part."""
    words = [json.dumps(o.get("data", o) | {"image/png": ""}, ensure_ascii=False, sort_keys=True) for o in (old, new)]
    k = max(0, len(os.path.commonprefix(words)) - 30)
    return " became ".join(text[k:k + 120] for text in words)


def tried(row, path, copy):
    """Return what comes out of one cell of the matrix."""
    root = copy if row.place in COPIED else ROOT
    words = [word.format(root=root) for word in WRAPPED.get(row.place, [])]
    words += [row.python, str(root / "tools" / "matrix.py"), "one"]
    words += [str(root / path.relative_to(ROOT)), json.dumps(row.settings)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(CHANGED)}
    if row.place == "no home":
        clean = {k: v for k, v in clean.items() if not k.startswith("XDG_")} | {"HOME": "/dev/null/home"}
    run = subprocess.run(words, env=clean | row.settings | {"PYTHONPATH": str(root / "src")}, capture_output=True, text=True,
                         encoding="utf-8", cwd=copy.parent if row.place == "from another folder" else root)
    last = run.stdout.strip().rpartition("\n")[2]
    if run.returncode or not last.startswith("{"):
        return {"failed": [f"the program ended: {run.stderr.strip()[-600:]}"], "moved": [], "peak": 0}
    return json.loads(last)


def told(outcome):
    """Return a cell's outcome in words."""
    numbers = sorted((m for m in outcome["moved"] if m[1] != "field"), key=lambda m: m[3])
    words = [f"{len(numbers)} numbers moved"] if numbers else ["no number moved"]
    words += [f"{where} {a} → {b}" for where, a, b, _ in numbers[::-1][:3]]
    return ", ".join(words) + f"; {outcome['peak'] / 2**30:.1f} GB"


def summary(outcomes, missing):
    """Return what the whole run shows."""
    good = [o for o in outcomes if not o["failed"]]
    moved = [m for o in good for m in o["moved"]]
    within = max((m for m in moved if m[1] != "field" and m[3] <= 1), key=lambda m: m[3], default=None)
    flipped = sum(m[1] != "field" and m[3] > 1 for m in moved)
    fields = max((m[3] for m in moved if m[1] == "field"), default=0)
    lines = [f"{len(outcomes)} cells tried, {len(outcomes) - len(good)} failed, {missing} cannot be tried here.",
             f"Largest move of a number: {within[3]:.1%} of its tolerance ({within[1]} → {within[2]})." if within
             else "No number moved within its tolerance.",
             f"Last digits that flipped at a rounding edge: {flipped}. "
             f"Largest move of an explorable's field: {fields:.0%} of its tolerance.",
             f"Largest process: {max((o['peak'] for o in outcomes), default=0) / 2**30:.2f} GB."]
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", choices=["settings", "versions", "canary"])
    parser.add_argument("--only", default="", metavar="TEXT", help="rows whose name contains this")
    parser.add_argument("--number", type=int, help="how many cells to draw (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="notebook")
    given = parser.parse_intermixed_args(arguments)
    notebooks = [path.resolve() for path in given.notebooks] or sorted((ROOT / "book").glob("*.ipynb"))
    if wrong := [path for path in notebooks if not (path.is_file() and path.is_relative_to(ROOT))]:
        parser.error(f"There is no notebook {wrong[0]} in this project.")

    if given.rows != "settings" and not importlib.util.find_spec("uv"):
        parser.error("Other versions are installed with uv: python -m pip install uv.")
    rows = {"settings": rows_of_settings, "versions": rows_of_versions, "canary": rows_of_canary}[given.rows]()
    rows = [row for row in rows if given.only in row.name]
    cells = list(itertools.product(rows, notebooks))
    if given.number is not None:
        random.Random(given.seed).shuffle(cells)
        cells = cells[:given.number]
    for row in rows:
        try:
            row.python = installed(row) if row.packages and not row.missing else row.python
        except OSError as problem:
            row.missing = str(problem)
        print(f"{row.name}: {row.missing or 'ready'}", flush=True)
    possible = [(row, path) for row, path in cells if not row.missing]
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(given.jobs) as workers:
        copy = Path(temporary).resolve() / "一个 path with spaces"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(
            ".git", ".venv", "_build", "node_modules", ".*cache", ".hypothesis", "__pycache__"))
        outcomes = []
        for (row, path), outcome in zip(possible, workers.map(lambda cell: tried(*cell, copy), possible), strict=True):
            outcomes.append(outcome)
            what = f"FAILED: {'; '.join(outcome['failed'])}" if outcome["failed"] else "same"
            print(f"{row.name} · {path.stem}: {what}, {told(outcome)}", flush=True)
    print(summary(outcomes, len(cells) - len(possible)))
    return int(any(outcome["failed"] for outcome in outcomes))


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(validate(Path(sys.argv[2]), json.loads(sys.argv[3]))))
    else:
        sys.exit(main())
