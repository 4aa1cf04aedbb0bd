"""The first cell of every chapter."""

import os
import subprocess
import sys

import pytest

from unrolled import notebook

THREADS = """
import numpy as np
from threadpoolctl import threadpool_info
from unrolled import notebook
notebook.setup()
print({pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"})
"""


@pytest.mark.parametrize("given, expected", [(None, "{1}"), ("", "{1}"), ("2", "{2}")])
def test_blas_takes_one_thread_or_as_many_as_asked_for(given, expected):
    clean = {k: v for k, v in os.environ.items() if k != "UNROLLED_THREADS"} | {"OPENBLAS_NUM_THREADS": "4"}
    run = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True,
                         env=clean | ({} if given is None else {"UNROLLED_THREADS": given}))
    assert run.stdout.strip() == expected, run.stderr


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", " "])
def test_a_wrong_number_of_threads_gets_a_sentence(monkeypatch, given):
    monkeypatch.setenv("UNROLLED_THREADS", given)
    with pytest.raises(ValueError, match=f"must be a whole number from 1 on, but it is '{given}'"):
        notebook.setup()
