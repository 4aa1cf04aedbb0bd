"""Mark a folder of submissions:  python -m unrolled.exercises FOLDER --chapter 05 --out marks.csv"""

import argparse
import asyncio
import sys
from collections import Counter
from pathlib import Path

from . import numbers


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m unrolled.exercises", description=__doc__)
    parser.add_argument("folder", type=Path, help="notebooks, one a student, or a folder of them for each student")
    parser.add_argument("--chapter", type=lambda text: text.zfill(2) if text.isdigit() else text.upper(),
                        help="mark the exercises of this chapter, or appendix, only")
    parser.add_argument("--out", type=Path, help="store the table in this CSV file as well")
    parser.add_argument("--jobs", type=int, default=1, help="how many notebooks run at once (1)")
    parser.add_argument("--cell-seconds", type=int, default=60, help="how long a cell may take (60)")
    parser.add_argument("--seconds", type=int, default=600, help="how long a notebook may take (600)")
    parser.add_argument("--memory", type=float, default=4, help="GiB that a notebook may use, on Linux; 0: no limit (4)")
    options = parser.parse_args(arguments)
    try:
        from .marking import submissions
    except ModuleNotFoundError as error:
        raise SystemExit(f"Marking needs the packages of the book's requirements.txt; {error.name} is missing.") from None
    if not options.folder.is_dir():
        raise SystemExit(f"There is no folder {options.folder}.")
    if not submissions(options.folder):
        raise SystemExit(f"There is no notebook in {options.folder}.")
    if options.chapter and not numbers(options.chapter):
        raise SystemExit(f"There are no exercises of a chapter {options.chapter!r}.")
    if options.out and (options.out.is_dir() or not options.out.parent.is_dir()):
        raise SystemExit(f"{options.out} cannot be written: it is a folder, or stands in a folder that does not exist.")
    counts = options.jobs, options.cell_seconds, options.seconds
    if min(counts) < 1 or max(counts) > 10**6 or not 0 <= options.memory < 10**6:
        raise SystemExit("--jobs, --cell-seconds and --seconds are at least 1, --memory is at least 0, none above a million.")
    try:
        asyncio.run(table(options))
    except KeyboardInterrupt:
        raise SystemExit(f"Stopped. What was marked stands above{f' and in {options.out}' if options.out else ''}.") from None
    except OSError as error:
        raise SystemExit(f"The table could not be written: {error}") from None


async def table(options):
    """Print each submission's marks when they are ready, store them, and say at last how the exercises went."""
    from .marking import mark_all, submissions, write

    width = min(24, max(len(student) for student, _ in submissions(options.folder)))
    done, marks = {}, []
    async for place, ready in mark_all(options.folder, options.jobs, options.chapter, cell_seconds=options.cell_seconds,
                                seconds=options.seconds, memory=options.memory):
        for m in ready:
            print(f"{m.student:{width}}  {m.exercise:5}  {m.verdict:10}  {m.hint}".rstrip(), flush=True)
        done[place] = ready
        marks = [m for place in sorted(done) for m in done[place]]
        if options.out:
            write(options.out, marks)
    print()
    of, right = Counter(m.exercise for m in marks), Counter(m.exercise for m in marks if m.verdict == "right")
    for exercise in sorted(filter(None, of)):
        print(f"{exercise}  {right[exercise]} of {of[exercise]} right")


if __name__ == "__main__":
    sys.exit(main())
