"""A pytest plugin: ``pytest --nbval`` compares numbers in outputs with a tolerance, everything else exactly.

nbval compares with ``stored != computed`` what a cell's ``sanitize`` returns of the two. Here it returns
values whose ``!=`` is that of :mod:`compare`.
"""

import os
import tempfile
from functools import partial
from unittest import mock

import pytest
from compare import fault, same, tolerance
from execute import environment
from nbval.plugin import IPyNbCell


class Tolerant:
    """Mixed into what nbval compares: equal means the same within the cell's tolerances."""

    def __eq__(self, other):
        return same(self.value, getattr(other, "value", other), **self.limits)

    def __ne__(self, other):
        return not self == other

    __hash__ = None


KINDS = {kind: type(f"Tolerant{kind.__name__}", (Tolerant, kind), {}) for kind in (str, dict, list)}


def tolerant(value, limits):
    """Return a copy of a text or of JSON that compares with tolerance."""
    for kind, wrapper in KINDS.items():
        if isinstance(value, kind):
            wrapped = wrapper(value)
            wrapped.value, wrapped.limits = value, limits
            return wrapped
    return value


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if config.getoption("nbval", False):
        config.option.nbval_current_env = True   # the kernel is this Python, whatever kernels are installed
        if config.getoption("dist", "no") == "load":
            config.option.dist = "loadfile"      # a notebook's cells belong to one kernel


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    if item.cell.source.strip():
        if message := fault(item.cell):
            pytest.fail(message, pytrace=False)
        if item.cell.execution_count is None:            # nbval would let it pass unseen
            pytest.fail("This cell was never executed: run tools/execute.py on its notebook.", pytrace=False)
    limits, plain = tolerance(item.cell.metadata.get("tags", [])), item.sanitize
    item.sanitize = lambda value: tolerant(plain(value), limits)
    if item.parent.kernel is not None:
        return (yield)
    folder = tempfile.TemporaryDirectory(prefix="unrolled-", ignore_cleanup_errors=True)
    with mock.patch.dict(os.environ, environment(folder.name), clear=True):
        result = yield                                   # starts the notebook's kernel
    item.parent.addfinalizer(folder.cleanup)
    client = item.parent.kernel.kc                       # nbval stores no history, without which "x;" shows x
    client.execute = partial(remember, client.execute)
    return result


def remember(execute, code, **options):
    return execute(code, **options | {"store_history": True})
