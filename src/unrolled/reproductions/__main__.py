"""Run experiments and store their results:  python -m unrolled.reproductions run S1-2.1c"""

import argparse
import sys
from pathlib import Path

from .experiments import EXPERIMENTS
from .register import register
from .runner import STORED, conduct


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m unrolled.reproductions", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the experiments, and whether their results are stored")
    run = commands.add_parser("run", help="run experiments; what is done already, or was before a stop, is not repeated")
    run.add_argument("id", nargs="+", help="names of experiments, or all")
    run.add_argument("--quick", action="store_true", help="a small version, to see that it works; nothing is stored")
    run.add_argument("--seeds", type=int, help="how many seeds, from 0; the experiment's own number by default")
    run.add_argument("--fresh", action="store_true", help="begin anew")
    run.add_argument("--out", type=Path, default=STORED, help="the folder for results")
    run.add_argument("--jobs", type=int, default=1, help="how many processes share the work; -1: one for each core")
    run.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler (tcp://host:8786) whose workers do the work")
    options = parser.parse_args(arguments)
    if options.command == "list":
        for id in EXPERIMENTS:
            print(f"{id:16} {'stored ' if (STORED / f'{id}.json').exists() else 'missing'}  {register()[id]['title']}")
        return
    ids = list(EXPERIMENTS) if options.id == ["all"] else list(dict.fromkeys(options.id))
    if unknown := [id for id in ids if id not in EXPERIMENTS]:
        raise SystemExit(f"There is no experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}.")
    if options.seeds is not None and options.seeds < 1:
        raise SystemExit(f"An experiment needs at least one seed; --seeds is {options.seeds}.")
    if options.jobs < 1 and options.jobs != -1:
        raise SystemExit(f"--jobs is a number of processes, or -1 for one on each core; it is {options.jobs}.")
    try:
        conduct(ids, options.quick, options.seeds, options.fresh, options.out, options.jobs, options.scheduler)
    except (OSError, ValueError) as error:
        why = str(error).rstrip(".")
        raise SystemExit(f"The experiments stopped: {why}. What was done is kept; the same command goes on.") from error


if __name__ == "__main__":
    sys.exit(main())
