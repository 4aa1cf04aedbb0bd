"""Marking: each submitted notebook runs in a kernel of its own, and what ``check`` said of its answers is collected.

``check`` notes its verdicts in a journal, a file outside the notebook. A kernel works in an empty folder, for a limited
time and, on Linux, with limited memory, and is killed at the end, so that no submission waits for, or stumbles over,
another. It does run the submitted code, though, with the rights of whoever marks: code from strangers belongs into a
container. And it can be cheated, since a notebook may write what it likes into the journal. It saves a teacher the
running and the reading; it is no examination.
"""

import asyncio
import csv
import json
import logging
import os
import re
import tempfile
from collections import Counter
from pathlib import Path
from subprocess import DEVNULL
from typing import NamedTuple

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from ..utils import replacing
from . import JOURNAL, numbers

try:
    from resource import RLIMIT_DATA, prlimit
except ImportError:                                     # not Linux: the time is limited, the memory is not
    prlimit = None

CHECK = re.compile(r"\bcheck\(\s*[\"'](\d\d|[A-Z])\.(\d{1,3})[\"']", re.ASCII)
VERDICTS = ("unanswered", "error", "wrong", "right")    # of several for one exercise, the last in this order counts
LARGEST = 50_000_000                                    # bytes of a notebook


class Mark(NamedTuple):
    """One line of the table."""

    student: str
    notebook: str
    exercise: str
    verdict: str
    hint: str


class Cell(NamedTuple):
    """What matters of a cell of code: its text, the exercises it names, and whether it is one of the book's solutions."""

    source: str
    exercises: list
    solution: bool


class ThisPython(KernelSpecManager):
    """Knows one kernel, of the Python that marks, whatever kernels a user has installed."""

    def get_kernel_spec(self, kernel_name):
        return KernelSpec(**get_kernel_dict())


class Client(NotebookClient):
    """Looks at no output: what a submission prints, endlessly perhaps, takes no memory here."""

    def process_message(self, msg, cell, cell_index):
        return super().process_message(msg, cell, cell_index) if msg["msg_type"] == "status" else None


def submissions(folder):
    """Pairs of a student and a notebook: ``folder/student.ipynb``, or any notebook below ``folder/student``."""
    found = []
    for path in sorted(Path(folder).rglob("*.ipynb")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not path.is_symlink() and not any(p.startswith((".", "__MACOSX")) for p in parts):
            found.append((parts[0] if len(parts) > 1 else path.stem, path))
    return found


def read(path):
    """The cells of code of a notebook.

    Raises
    ------
    ValueError
        If it cannot be read; says why.
    """
    try:
        large = path.stat().st_size > LARGEST
        cells = [] if large else json.loads(path.read_text(encoding="utf-8"))["cells"]
        found = [cell(c) for c in cells if c["cell_type"] == "code"]
    except OSError as error:
        raise ValueError(f"The file cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("The file is not a notebook, or was cut short.") from None
    if large:
        raise ValueError(f"The file is larger than {LARGEST // 1_000_000} MB.")
    return found


def cell(stored):
    source = "".join(stored["source"])
    source.encode()                                     # half of a surrogate pair cannot be sent to a kernel
    found = [f"{chapter}.{k}" for chapter, k in CHECK.findall(source)]
    return Cell(source, found, "solution" in stored.get("metadata", {}).get("tags", []))


async def run(cells, journal, home, cell_seconds, seconds, memory):
    """Execute cells in a new kernel, and return for each that failed a sentence that says how."""
    failures, index, kept = {}, 0, Path(home) / "work"
    kept.mkdir()

    def failed(cell, cell_index, execute_reply):
        name, said = execute_reply["content"]["ename"], execute_reply["content"]["evalue"]
        failures[cell_index] = f"interrupted after {cell_seconds} s" if name == "KeyboardInterrupt" else f"{name}: {said}"

    log = logging.getLogger(__name__)
    log.setLevel(logging.CRITICAL)
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython(), log=log)
    client = Client(new_notebook(cells=[new_code_cell(c.source) for c in cells]), km=kernel, log=log, allow_errors=True,
                    timeout=cell_seconds, interrupt_on_timeout=True, on_cell_error=failed, record_timing=False)
    environment = os.environ | {JOURNAL: str(journal), "IPYTHONDIR": str(Path(home) / "ipython")}
    try:
        async with asyncio.timeout(seconds) as clock:
            await client.async_start_new_kernel(cwd=str(kept), env=environment, stdout=DEVNULL, stderr=DEVNULL)
            if prlimit and memory:
                prlimit(kernel.provisioner.pid, RLIMIT_DATA, (int(memory * 2**30),) * 2)
            await client.async_start_new_kernel_client()
            for index, code in enumerate(client.nb.cells):      # noqa: B007  needed below
                await client.async_execute_cell(code, index)
    except (RuntimeError, TimeoutError):
        if asyncio.current_task().cancelling():                 # by Control-C, which nbclient takes for a dead kernel
            raise asyncio.CancelledError from None
        end = f"ended after {seconds} s for the notebook" if clock.expired() else "the kernel ended"
        failures |= dict.fromkeys(range(index, len(cells)), end)
    finally:
        if client.kc:
            client.kc.stop_channels()
        if kernel.has_kernel:
            await kernel.shutdown_kernel(now=True)
    return failures


def entries(journal, first):
    """Exercise, verdict and hint from a journal, which may hold anything; ``first`` keeps the first of each exercise."""
    if not journal.is_file() or journal.is_symlink():
        return
    seen = set()
    with journal.open(encoding="utf-8", errors="replace") as file:
        for line in file.read(1_000_000).splitlines():
            try:
                number, verdict, hint = json.loads(line)
            except (ValueError, TypeError, RecursionError):
                continue
            if verdict in VERDICTS and isinstance(number, str) and not (first and number in seen):
                seen.add(number)
                yield number, verdict, plain(hint)


def plain(text):
    """One line of at most 300 characters, which can neither clear a terminal nor break a table."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())[:300]


async def mark(path, chapter=None, cell_seconds=60, seconds=600, memory=4):
    """Verdict and hint for each exercise of one notebook.

    Parameters
    ----------
    path : path
    chapter : str, optional
        Two digits, or an appendix's letter; by default the chapters whose exercises the notebook names.
    cell_seconds, seconds : int
        How long one cell, and the whole notebook, may take.
    memory : float
        How many GiB of memory the kernel and each process it starts may use (Linux); 0 for no limit.

    Raises
    ------
    ValueError
        If the file cannot be read.
    """
    cells = read(path)
    tagged = any(c.solution for c in cells)             # a program that drops tags would turn solutions into answers
    cells = [c for c in cells if not c.solution]
    times = Counter(number for c in cells for number in set(c.exercises))
    with tempfile.TemporaryDirectory(prefix="unrolled-", ignore_cleanup_errors=True) as home:
        journal = Path(home) / "journal"
        failures = await run(cells, journal, home, cell_seconds, seconds, memory)
        noted = list(entries(journal, first=not tagged))
    noted += [(number, "error", plain(failures[k])) for k, c in enumerate(cells) if k in failures for number in c.exercises]
    chapters = {chapter} if chapter else {number.partition(".")[0] for number in times}
    asked = {number for one in chapters for number in (*numbers(one), *times) if number.startswith(f"{one}.")}
    marks = {}
    for number in sorted(asked, key=lambda number: (number.partition(".")[0], int(number.partition(".")[2]))):
        said = [m[1:] for m in noted if m[0] == number] or [("unanswered", "" if times[number] else "not in the notebook")]
        verdict, hint = max(reversed(said), key=lambda m: VERDICTS.index(m[0]))
        if verdict == "unanswered" and not tagged and times[number] > 1:
            hint = "only its first cell counts: the notebook has lost the tags that tell solutions from answers"
        marks[number] = verdict, hint
    return marks


async def mark_all(folder, jobs=1, chapter=None, **limits):
    """Yield the place of each submission in the list, and its list of :class:`Mark`, when ready; ``jobs`` run at once."""
    free = asyncio.Semaphore(jobs)

    async def one(place, student, path):
        names = plain(student), plain(path.relative_to(folder))
        async with free:
            try:
                marks = await mark(path, chapter, **limits)
            except ValueError as error:
                return place, [Mark(*names, "", "error", str(error))]
        return place, [Mark(*names, number, *m) for number, m in marks.items()] or [
            Mark(*names, "", "error", "There is no exercise in this notebook.")]

    tasks = [asyncio.create_task(one(place, *s)) for place, s in enumerate(submissions(folder))]
    for ready in asyncio.as_completed(tasks):
        yield await ready


def write(path, marks):
    """Store the table as CSV, whole or not at all; no field can be a spreadsheet's formula."""
    with replacing(path, newline="", encoding="utf-8-sig") as file:
        table = csv.writer(file)
        table.writerow(Mark._fields)
        table.writerows([f"'{field}" if field.startswith(("=", "+", "-", "@")) else field for field in m] for m in marks)
