"""Run experiments and store their results:  python -m unrolled.reproductions run S1-2.1c"""

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from .experiments import EXPERIMENTS
from .register import plain, register

STORED = Path(__file__).parent / "results"


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m unrolled.reproductions", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="the experiments, and whether their results are stored")
    run = commands.add_parser("run", help="run experiments; one that was stopped goes on with the next seed")
    run.add_argument("id", nargs="+")
    run.add_argument("--quick", action="store_true", help="a small version, to see that it works; nothing is stored")
    run.add_argument("--seeds", type=int, help="how many seeds, from 0; the experiment's own number by default")
    run.add_argument("--fresh", action="store_true", help="do not continue an earlier run")
    run.add_argument("--out", type=Path, default=STORED, help="the folder for results")
    options = parser.parse_args(arguments)
    if options.command == "list":
        for id in EXPERIMENTS:
            print(f"{id:10} {'stored ' if (STORED / f'{id}.json').exists() else 'missing'}  {register()[id]['title']}")
        return
    if unknown := [id for id in options.id if id not in EXPERIMENTS]:
        raise SystemExit(f"There is no experiment {unknown[0]!r}; there are {', '.join(EXPERIMENTS)}.")
    if options.seeds is not None and options.seeds < 1:
        raise SystemExit(f"An experiment needs at least one seed; --seeds is {options.seeds}.")
    threadpool_limits(1)                # several threads are slower on networks of this size
    for id in options.id:
        try:
            conduct(id, options)
        except (FileNotFoundError, ConnectionError, OSError, ValueError) as error:
            raise SystemExit(f"{id} could not be run: {error}") from error


def conduct(id, options):
    """Run one experiment for all its seeds and store the result; what was done before an interruption is kept."""
    experiment = EXPERIMENTS[id]
    seeds = 1 if options.quick else options.seeds or experiment.seeds
    unfinished = options.out / f"{id}.unfinished.json"
    runs = json.loads(unfinished.read_text()) if unfinished.exists() and not options.fresh and not options.quick else []
    for seed in range(len(runs), seeds):
        print(f"{id}, {register()[id]['title']}, seed {seed} ({seed + 1} of {seeds})", flush=True)
        began = time.perf_counter()
        outcome = plain(experiment.run(seed, options.quick))
        runs.append({"seed": seed, **outcome, "seconds": round(time.perf_counter() - began, 1)})
        print("  " + json.dumps(outcome))
        if not options.quick:
            write(unfinished, runs)
    if options.quick:
        return
    write(options.out / f"{id}.json", {
        "id": id, "value": mean(runs[:seeds]), "runs": runs[:seeds],
        "command": " ".join(["python -m unrolled.reproductions run", id, *(["--seeds", str(seeds)] if options.seeds else [])]),
        "data": {(path := experiment.file()).name: hashlib.sha256(path.read_bytes()).hexdigest()} if experiment.file else {},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    })
    unfinished.unlink()


def mean(runs):
    """Numbers averaged over the seeds; anything else as the first seed gave it."""
    first = {k: v for k, v in runs[0].items() if k not in ("seed", "seconds")}
    return {k: float(np.mean([r[k] for r in runs])) if isinstance(v, float) else v for k, v in first.items()}


def write(path, value):
    """Write JSON so that a crash leaves the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")
    os.replace(file.name, path)


if __name__ == "__main__":
    sys.exit(main())
