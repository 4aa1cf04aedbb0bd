"""Execute notebooks and store them so that a diff shows only what has changed.

    python tools/execute.py [--fresh] [--check] [notebook or folder ...]      (without names, all of book/)

Stored outputs that still compare equal are kept, so that another machine's rounding leaves no trace;
``--fresh`` keeps none. ``--check`` writes nothing, and fails if executing would change something.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path
from subprocess import DEVNULL

import nbformat
from compare import fault, same_output, shown, tolerance
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat.v4 import new_output
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager

from unrolled.utils import replacing

BOOK = Path(__file__).resolve().parent.parent / "book"
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}
KEPT = ("tags", "jupyter", "mystnb")                     # of a cell's metadata
VIEW = "application/vnd.jupyter.widget-view+json"
SETTINGS = ("UNROLLED_", "KERAS_", "TF_", "MPL", "JUPYTER_", "IPYTHON", "XDG_", "PYTHONHASHSEED", "PYTHONWARNINGS")
TIMEOUT = 600                                            # seconds for one cell


class Problem(Exception):
    """What is wrong with a notebook, in a sentence that begins after its name."""


def environment(folder):
    """Return a kernel's environment: none of the user's settings, data or caches, and explorables with grids.

    What the kernel stores goes into ``folder``; only Matplotlib's list of fonts is shared, as it is slow to
    build. Strings hash differently in every kernel, as they do for readers: no output may show a set's order.
    """
    import matplotlib.font_manager

    own = {name: os.path.join(folder, name) for name in ("XDG_CACHE_HOME", "IPYTHONDIR", "KERAS_HOME")}
    return {k: v for k, v in os.environ.items() if not k.startswith(SETTINGS)} | own | {
        "MPLCONFIGDIR": matplotlib.get_cachedir(),
        "UNROLLED_GRID": "1", "COLUMNS": "80", "LINES": "24", "TZ": "UTC"}


def read(path):
    """Read a notebook; a cell without an id of its own gets one that depends on its source alone."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        version = raw["nbformat"]
        if version == 4:
            seen = set()
            for cell in raw["cells"]:
                source, k = cell["cell_type"] + "".join(cell["source"]), 0
                while cell.get("id") is None or cell["id"] in seen:
                    cell["id"], k = hashlib.sha256(f"{k} {source}".encode()).hexdigest()[:8], k + 1
                seen.add(cell["id"])
            raw["nbformat_minor"] = max(5, raw["nbformat_minor"])
            nbformat.validate(raw)
    except OSError as e:
        raise Problem(f"cannot be read: {e.strerror}.") from None
    except nbformat.ValidationError as e:
        raise Problem(f"is not a valid notebook: {str(e).partition(chr(10))[0]}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Problem("is not a notebook, or was cut short: JSON with a list of cells.") from None
    if version != 4:
        raise Problem(f"is in notebook format {version}; open it in JupyterLab and save it to get format 4.")
    return nbformat.reads(json.dumps(raw), 4)


def run(nb, folder, settings=None):
    """Execute all cells in a new kernel of this Python that works in ``folder``, its environment with some settings."""
    km = AsyncKernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager())
    client = NotebookClient(nb, km=km, timeout=TIMEOUT, record_timing=False, store_widget_state=False)
    client.widget_registry.clear()                       # what an Output widget catches is an output of its cell
    name, cell = "Before the first cell", None
    try:
        with (tempfile.TemporaryDirectory(prefix="unrolled-", ignore_cleanup_errors=True) as home,
              client.setup_kernel(cleanup_kc=True, cwd=str(folder),
                                  env=environment(home) | (settings or {}), stderr=DEVNULL)):
            for index, cell in enumerate(nb.cells):
                count = client.code_cells_executed + 1
                name = f"In [{count}]"
                client.execute_cell(cell, index, execution_count=count)
    except CellExecutionError as e:
        raise Problem(f"{name} raises {e.ename}: {e.evalue}{head(cell)}") from None
    except CellTimeoutError:
        raise Problem(f"{name} takes longer than {TIMEOUT} seconds.{head(cell)}") from None
    except RuntimeError:
        raise Problem(f"{name} the kernel ended.{head(cell) if cell else ''}") from None


def head(cell):
    return "".join(f"\n    {line}" for line in cell.source.strip().splitlines()[:3])


def normalise(nb):
    """Drop what differs from run to run: timings, versions, paths in tracebacks, ids and state of widgets."""
    nb.metadata = nbformat.from_dict(METADATA)
    for cell in nb.cells:
        cell.metadata = nbformat.from_dict({k: cell.metadata[k] for k in KEPT if k in cell.metadata})
        if cell.cell_type == "code":
            cell.outputs = [o for kind, group in groupby(cell.outputs, key=lambda o: o.output_type)
                            for o in (streams(list(group)) if kind == "stream" else group)]
            for o in cell.outputs:
                if o.output_type == "error":
                    o.traceback = [f"{o.ename}: {o.evalue}"]
                o.get("data", {}).pop(VIEW, None)


def streams(pieces):
    """Join what was printed in pieces; standard output first, since the order of the two is chance."""
    for name in ("stdout", "stderr"):
        if text := shown("".join(o.text for o in pieces if o.name == name)):
            yield new_output("stream", name=name, text=text)


def keep(old, new):
    """Take over the stored outputs that are still the same."""
    for before, cell in zip(old.cells, new.cells, strict=True):
        if cell.cell_type == "code" and len(before.outputs) == len(cell.outputs):
            limits = tolerance(cell.metadata.get("tags", []))
            for k, (a, b) in enumerate(zip(before.outputs, cell.outputs, strict=True)):
                if same_output(a, b, **limits):
                    count = {key: b[key] for key in b if key == "execution_count"}
                    cell.outputs[k] = nbformat.from_dict({**a, **count})


def executed(path, settings=None):
    """Return a notebook as it is stored, and as it comes out when it is executed now."""
    old, new = read(path), read(path)
    for cell in new.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    run(new, path.parent, settings)
    normalise(new)
    return old, new


def update(path, fresh=False, check=False):
    """Execute one notebook, store it (unless ``check``), and return what of it changed."""
    old, new = executed(path)
    cells = [(a, b) for a, b in zip(old.cells, new.cells, strict=True) if b.get("execution_count")]
    for k, (_, cell) in enumerate(cells, 1):
        if message := fault(cell):
            raise Problem(f"In [{k}] cannot be validated. {message}{head(cell)}")
    if not fresh:
        keep(old, new)
    text = nbformat.writes(new) + "\n"
    if text == path.read_text(encoding="utf-8"):
        return []
    if not check:
        replace(path, text)
    return [f"In [{k}]" for k, (a, b) in enumerate(cells, 1) if a != b] or ["metadata"]


def replace(path, text):
    """Write a file whole or not at all."""
    try:
        with replacing(path, encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as e:
        raise Problem(f"cannot be written: {e.strerror}.") from None


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Execute notebooks and store their outputs.")
    parser.add_argument("paths", nargs="*", type=Path, default=[BOOK], metavar="notebook",
                        help="files or folders (default: all of book/)")
    parser.add_argument("--fresh", action="store_true", help="keep no stored output, not even equal ones")
    parser.add_argument("--check", action="store_true", help="write nothing, fail if something would change")
    options = parser.parse_args(arguments)
    notebooks, failed = [], False
    for path in options.paths:
        inside = sorted(p for p in path.rglob("*.ipynb") if not p.parent.name.startswith("."))
        notebooks += inside if path.is_dir() else [path]
    if not notebooks:
        parser.error(f"There is no notebook in {', '.join(map(str, options.paths))}.")
    for path in notebooks:
        start = time.perf_counter()
        try:
            changed = update(path, options.fresh, options.check)
        except Problem as problem:
            print(f"{path} {problem}", file=sys.stderr)
            failed = True
        except KeyboardInterrupt:
            sys.exit(f"{path} interrupted; it stays as it was.")
        else:
            what = ("would change: " if options.check else "changed: ") + ", ".join(changed)
            print(f"{path} {time.perf_counter() - start:.1f} s, {what if changed else 'unchanged'}")
            failed |= options.check and bool(changed)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
