"""How experiments are run: spread over processes, kept when stopped, stored as small JSON."""

import contextlib
import functools
import hashlib
import io
import json
import os
import platform
import re
import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import Parallel, cpu_count, delayed, parallel_config
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from threadpoolctl import threadpool_limits

from .. import config
from ..training import Trainer
from ..utils import replacing
from .experiments import EXPERIMENTS
from .register import plain

STORED = Path(__file__).parent / "results"
ABOUT = ("seed", "seconds", "first steps")          # what a run says of itself, beside its results
STEPS = 3
TURN = threading.Lock()         # a unit seeds generators and sets types for its whole process, which Dask's threads share


class Unit(NamedTuple):
    """The smallest piece of work, done whole or not at all: one part of one experiment with one seed."""

    id: str
    seed: int
    part: str | None


class Enough(Exception):
    """Ends an experiment whose first steps are known."""


@contextlib.contextmanager
def first_steps(stop=False):
    """Collect the losses of the first training steps taken inside; ``stop`` ends them by raising :class:`Enough`."""
    losses, step = [], Trainer._train_step

    def recorded(model, *data):
        loss = step(model, *data)
        if len(losses) < STEPS:
            losses.append(float(f"{loss:.6g}"))
            if stop and len(losses) == STEPS:
                raise Enough
        return loss

    Trainer._train_step = recorded
    try:
        yield losses
    finally:
        Trainer._train_step = step


def beginning(unit, quick=False):
    """The losses of a unit's first training steps, without the rest of it."""
    with first_steps(stop=True) as losses, contextlib.suppress(Enough):
        perform(unit, quick)
    return losses


def perform(unit, quick):
    """Do one unit, in one thread and from the library's default type, and return its results."""
    experiment = EXPERIMENTS[unit.id]
    before = config.floatx()
    config.set_floatx("float32")
    try:
        with threadpool_limits(1):                 # several threads are slower on networks of this size
            return plain(experiment.run(unit.seed, quick, *([unit.part] if experiment.parts else [])))
    finally:
        config.set_floatx(before)


@functools.cache
def end_with(parent):
    """See to it that this process ends soon after its parent, even where that was killed; else it would work on for hours."""
    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def attempt(unit, quick, silent, parent=None):
    """A unit's results with what they cost and how they began; ``parent`` is the process that has started this one."""
    if parent:
        end_with(parent)
    with TURN, first_steps() as losses, contextlib.redirect_stdout(io.StringIO()) if silent else contextlib.nullcontext():
        began = time.perf_counter()
        results = perform(unit, quick)
        seconds = round(time.perf_counter() - began, 1)
    return unit, {**results, "seconds": seconds, "first steps": losses}


def conduct(ids, quick=False, seeds=None, fresh=False, out=STORED, jobs=1, scheduler=None):
    """Run experiments and store their results; what is done already, or was before an interruption, is not repeated.

    Parameters
    ----------
    ids : list of str
    quick : bool
        A small version with one seed, to see that it works; nothing is stored.
    seeds : int, optional
        How many seeds, from 0; by default the experiment's own number.
    fresh : bool
        Whether to begin anew.
    out : pathlib.Path
        The folder for results.
    jobs : int
        How many processes; -1 takes one for each core.
    scheduler : str, optional
        The address of a Dask scheduler, whose workers (with this package and ``$UNROLLED_DATA``) then do the work.
    """
    begun = {id: ({}, fresh) if fresh or quick else kept(id, out) for id in ids}
    done = {id: units for id, (units, _) in begun.items()}
    units = [unit for id in ids for unit in units_of(id, 1 if quick else seeds) if unit not in done[id]]
    for id in ids:
        if not any(unit.id == id for unit in units):
            print(f"{id} is stored; --fresh runs it again.")
    jobs = cpu_count() if jobs == -1 else jobs
    if units and not quick:
        print(estimate(units, jobs))
    bar = Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with bar, engine(scheduler):
        alone = scheduler is None and jobs == 1
        task = bar.add_task(title(units[0]) if alone and units else "runs", total=len(units))
        parent = os.getpid() if scheduler is None and jobs > 1 else None
        parallel = Parallel(n_jobs=jobs if scheduler is None else -1, return_as="generator_unordered", pre_dispatch="all")
        for unit, outcome in parallel(delayed(attempt)(unit, quick, not alone, parent) for unit in units):
            print(f"{title(unit)}: {brief(outcome)}")
            done[unit.id][unit] = outcome
            if not quick:
                keep(unit.id, done[unit.id], out, seeds, begun[unit.id][1])
            bar.advance(task)
            if alone and unit != units[-1]:
                bar.update(task, description=title(units[units.index(unit) + 1]))


@contextlib.contextmanager
def engine(scheduler):
    """How joblib spreads the work: over processes here, or over the workers of a Dask scheduler."""
    if scheduler is None:
        yield
        return
    try:
        from dask.distributed import Client
    except ImportError:
        raise ValueError("a scheduler needs Dask: pip install distributed") from None
    with Client(scheduler, timeout=20), parallel_config(backend="dask"):
        yield


def units_of(id, seeds=None):
    experiment = EXPERIMENTS[id]
    return [Unit(id, seed, part) for seed in range(seeds or experiment.seeds) for part in experiment.parts or (None,)]


def title(unit):
    return f"{unit.id}, seed {unit.seed}" + (f", {unit.part}" if unit.part else "")


def brief(outcome):
    """The numbers among the results, on a line."""
    return json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in outcome.items()
                       if not isinstance(v, list | dict | str)}, ensure_ascii=False)


def estimate(units, jobs):
    """What the stored results tell about the time that these units take."""
    known = {id: json.loads(file.read_text("utf-8"))["runs"] for id in {u.id for u in units}
             if (file := STORED / f"{id}.json").exists()}
    each = {id: np.mean([run["seconds"] for run in runs]) / len(EXPERIMENTS[id].parts or "1") for id, runs in known.items()}
    seconds = [each.get(unit.id, np.nan) for unit in units]
    if not np.isfinite(seconds).all():
        return f"Runs: {len(units)}, processes: {jobs}. How long they take is not known."
    minutes = max(sum(seconds) / jobs, max(seconds)) / 60
    return f"Runs: {len(units)}, processes: {jobs}. By the times of the stored results: about {minutes:.0f} min."


def kept(id, out):
    """What earlier calls have done: whole runs of a stored result, unless one begun anew is unfinished, and its units."""
    try:
        return read(id, out)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        why = f"({type(error).__name__}); move it away, or use --fresh"
        raise ValueError(f"What is stored of {id} in {out} does not read {why}") from error


def read(id, out):
    """What is written of an experiment, done or not."""
    done, fresh, unfinished = {}, False, out / f"{id}.unfinished.json"
    if unfinished.exists():
        state = json.loads(unfinished.read_text("utf-8"))
        fresh = state["fresh"]
        done = {Unit(id, seed, part): outcome for seed, part, outcome in state["units"]}
    if (stored := out / f"{id}.json").exists() and not fresh:
        runs = {run["seed"]: run for run in json.loads(stored.read_text("utf-8"))["runs"]}
        done |= {unit: runs[unit.seed] for unit in units_of(id, len(runs))}
    return done, fresh


def keep(id, done, out, seeds, fresh):
    """Store what is done; once all units are, as the result."""
    wanted, unfinished = units_of(id, seeds), out / f"{id}.unfinished.json"
    if not set(wanted) <= done.keys():
        units = [[unit.seed, unit.part, outcome] for unit, outcome in done.items() if "seed" not in outcome]
        write(unfinished, {"fresh": fresh, "units": units})
        return
    experiment = EXPERIMENTS[id]
    runs = [merged(seed, [done[unit] for unit in wanted if unit.seed == seed]) for seed in sorted({u.seed for u in wanted})]
    write(out / f"{id}.json", {
        "id": id, "value": mean(runs), "runs": runs,
        "command": " ".join(["python -m unrolled.reproductions run", id, *(["--seeds", str(seeds)] if seeds else [])]),
        "data": {(path := experiment.file()).name: hashlib.sha256(path.read_bytes()).hexdigest()} if experiment.file else {},
        "versions": {"python": platform.python_version(), "numpy": np.__version__},
    })
    unfinished.unlink(missing_ok=True)


def merged(seed, parts):
    """One run out of its parts; a run that was stored before stands for each of them."""
    if "seed" in parts[0]:
        return parts[0]
    results = {k: v for part in parts for k, v in part.items() if k not in ABOUT}
    return {"seed": seed, **results, "seconds": round(sum(part["seconds"] for part in parts), 1),
            "first steps": parts[0]["first steps"]}


def mean(runs):
    """Numbers averaged over the seeds; anything else as the first seed gave it."""
    first = {k: v for k, v in runs[0].items() if k not in ABOUT}
    return {k: float(np.mean([r[k] for r in runs])) if isinstance(v, float) else v for k, v in first.items()}


def write(path, value):
    """Write JSON, a list of numbers on one line, so that a crash leaves the old file or the new one, never a part."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([^\[\]{}\"]*?)\s+\]", lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, encoding="utf-8") as file:
        file.write(text + "\n")
