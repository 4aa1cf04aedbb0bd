"""The matrix: which surroundings it tries, that its settings arrive in the kernel, and that it finds what differs."""

import itertools
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

matrix = pytest.importorskip("matrix", reason="This system does not tell how much memory a process took.")

BOOK = Path(__file__).parent.parent / "book"
SETTING = """
import os, time
import numpy as np
from threadpoolctl import threadpool_info
from unrolled import notebook
notebook.setup()
np.ones((9, 9)) @ np.ones((9, 9))
threads = max(pool["num_threads"] for pool in threadpool_info())
print(time.tzname[0], os.environ["PYTHONHASHSEED"], threads, os.environ["OPENBLAS_CORETYPE"])
"""


@pytest.fixture
def validated(tmp_path):
    """From code, the text stored for it, and settings to what the matrix finds."""
    def validated(code, stored, **settings):
        cell = new_code_cell(code, execution_count=1, outputs=[new_output("stream", name="stdout", text=stored)])
        nbformat.write(new_notebook(cells=[cell]), tmp_path / "n.ipynb")
        return matrix.validate(tmp_path / "n.ipynb", settings)
    return validated


def test_every_value_occurs_and_those_that_change_sums_meet_in_pairs():
    rows = [set(row.name.split(", ")) | {""} for row in matrix.rows_of_settings()]
    for axis in (matrix.HASHES, matrix.LOCALES, matrix.ZONES, matrix.PLACES):
        assert all(any(value in row for row in rows) for value in axis)
    for one, other in itertools.combinations((matrix.BLAS, matrix.ONEDNN, matrix.THREADS), 2):
        assert all(any({a, b} <= row for row in rows) for a, b in itertools.product(one, other))
    for axis in (matrix.BLAS, matrix.ONEDNN, matrix.THREADS):
        assert all({"NumPy without AVX-512" in row for row in rows if value in row} == {True, False} for value in axis)


@pytest.mark.slow
def test_settings_arrive_in_the_kernel(validated):
    found = validated(SETTING, "SST 7 2 Haswell\n", TZ="Pacific/Pago_Pago", PYTHONHASHSEED="7", UNROLLED_THREADS="2",
                      OPENBLAS_CORETYPE="Haswell")
    assert not found["failed"] and found["peak"] > 2**25


@pytest.mark.slow
def test_what_moved_and_what_differs_is_told(validated):
    within = validated("print('loss', 0.500004, 'accuracy 0.974')", "loss 0.5 accuracy 0.973\n")
    assert not within["failed"]
    assert [m[:3] for m in within["moved"]] == [["In [1]", "0.5", "0.500004"], ["In [1]", "0.973", "0.974"]]
    beyond = validated("print('loss', 0.51)", "loss 0.5\n")
    assert beyond["failed"][0].endswith('loss 0.5\\n"} became ": "stream", "text": "loss 0.51\\n"}')
    assert "In [1] raises ZeroDivisionError" in validated("1 / 0", "1\n")["failed"][0]
    assert "2 cells tried, 1 failed, 3 cannot be tried here." in (told := matrix.summary([within, beyond], 3))
    assert "8.0% of its tolerance (0.5 → 0.500004)" in told and "rounding edge: 1" in told


@pytest.mark.slow
@pytest.mark.parametrize("kernels", ["own kernels", "Haswell kernels"])       # with these, every place occurs
def test_a_sample(capsys, kernels):
    assert matrix.main(["settings", "--only", kernels, str(BOOK / "03-linear-algebra.ipynb")]) == 0
    told = capsys.readouterr().out
    assert ", 0 failed, " in told and "\n0 cells" not in told


def test_what_this_machine_lacks_is_said(monkeypatch):
    monkeypatch.setitem(matrix.__cpu_features__, "AVX512_SKX", False)
    monkeypatch.setattr(matrix.shutil, "which", lambda name: None)
    lacking = {row.missing for row in matrix.rows_of_settings()}
    assert {"This processor cannot run kernels for SkylakeX.", "The system does not let this user 'unshare -rn'."} <= lacking
    assert matrix.unavailable("as it is", {"LC_ALL": "xx_XX.UTF-8"}) == "The locale xx_XX.UTF-8 is not installed."


def test_bad_input_gets_a_sentence(capsys, monkeypatch):
    monkeypatch.setattr(matrix.importlib.util, "find_spec", lambda name: None)
    for words, sentence in ((["settings", "nowhere.ipynb"], "There is no notebook"), (["versions"], "installed with uv")):
        with pytest.raises(SystemExit):
            matrix.main(words)
        assert sentence in capsys.readouterr().err
