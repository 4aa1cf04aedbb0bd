"""Experiments that take longer than a chapter may run: real data, all epochs, several seeds. A module for each chapter."""

import importlib
import pkgutil
from collections.abc import Callable
from typing import NamedTuple


class Experiment(NamedTuple):
    """What the runner calls once per seed: ``run(seed, quick)`` returns a dict of numbers (or lists, or texts).

    ``file`` is a function that returns the path of the real data, whose checksum is stored with the result. An experiment may
    fall into ``parts``, trainings that do not depend on each other: then ``run(seed, quick, part)`` is called for each of
    their names, and the dicts are put together.
    """

    run: Callable
    seeds: int
    file: Callable | None
    parts: tuple = ()


EXPERIMENTS = {}


def experiment(id, seeds=1, data=None, parts=()):
    """Register the decorated function as the experiment of a result."""

    def register(run):
        EXPERIMENTS[id] = Experiment(run, seeds, data, tuple(parts))
        return run

    return register


for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")
