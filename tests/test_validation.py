"""The proof of the notebooks is itself proved: what must pass, and what must fail."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import compare
import execute
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from unrolled.explore import grid

ROOT = Path(__file__).resolve().parent.parent


def out(text, name="stdout"):
    return [new_output("stream", name=name, text=text)]


def shows(mime, data, text="shown"):
    return [new_output("display_data", {"text/plain": text, mime: data})]


def bundle(mime, data, text="shown"):
    return f"display({{'text/plain': {text!r}, {mime!r}: {data!r}}}, raw=True)"


def shown(text):
    return [new_output("display_data", {"text/plain": text})]


def error(name, message):
    return [new_output("error", ename=name, evalue=message, traceback=[])]


def explorable(x):
    """Three settings of a curve, as an explorable stores them; ``x`` disturbs one step of one of them."""
    rate = np.array([0.25, 0.5, 0.75])
    y = rate[:, None] ** np.arange(20)
    y[1, 7] *= 1 + x
    field = grid.pack(y, (3,), [1e-3, 1], log=True)
    return {"title": "decay", "grid": {"fields": {"y": field}, "say": ["rate 0.25", "rate 0.5", "rate 0.75"]}}


CURVE = """
import numpy as np; from matplotlib.figure import Figure; from unrolled import plots
x = np.linspace(0, 6, 50); figure = Figure(); figure.subplots().plot(x, np.sin({0} * x))
print(plots.describe(figure))"""
JSON = "application/json"
MIME = "application/vnd.unrolled.explore+json"
NUMPY = "import numpy as np; print(np.array({0}))"
TABLE = "print('model   loss\\n------------\\n{0}  0.99999')"
INSIDE = "from ipywidgets import Output; inside = Output()\nwith inside:\n    print('{0}')\ndisplay(inside)"
FLOAT32 = ["rtol-5e-2-float32-sums"]
CASES = {  # name: (code, stored outputs, whether it passes, tags)
    "same": ("print('loss 0.12345')", out("loss 0.12345\n"), True),
    "digit within": ("print('loss 0.123451')", out("loss 0.123459\n"), True),
    "digit beyond": ("print('loss 0.12345')", out("loss 0.12545\n"), False),
    "last digit flips": ("print('loss 0.124')", out("loss 0.123\n"), True),
    "two units": ("print('loss 0.125')", out("loss 0.123\n"), False),
    "few digits do not flip": ("print('accuracy 0.97')", out("accuracy 0.98\n"), False),
    "nor to a rounder one": ("print('accuracy 0.99')", out("accuracy 1.00\n"), False),
    "word": ("print('loss 0.5 bits')", out("loss 0.5 nats\n"), False),
    "word with digits": ("print('layer2 0.5')", out("layer1 0.5\n"), False),
    "unit at the number": ("print('12.5ms')", out("12.6ms\n"), False),
    "version": ("print('2.21.0')", out("2.21.1\n"), False),
    "date": ("print('2016-01-02')", out("2016-01-03\n"), False),
    "integer": ("print('correct 9871')", out("correct 9872\n"), False),
    "integer ends sentence": ("print('after 20000.')", out("after 20001.\n"), False),
    "integer became float": ("print(5.0)", out("5\n"), False),
    "sign": ("print(-0.5)", out("0.5\n"), False),
    "negative zero": (NUMPY.format("[-0., 1.5]"), out("[0.  1.5]\n"), True),
    "negative zero float": ("print(-0.0)", out("0.0\n"), True),
    "exponent within": ("print('1.23451e-07')", out("1.23456e-07\n"), True),
    "exponent changed": ("print('1.2345e-07')", out("1.2345e-08\n"), False),
    "nan": (NUMPY.format("[np.nan, .25]"), out("[ nan 0.25]\n"), True),
    "nan became number": ("print(0.5)", out("nan\n"), False),
    "inf": ("print(float('inf'))", out("inf\n"), True),
    "inf sign": ("print(-float('inf'))", out("inf\n"), False),
    "percentage within": ("print('97.513 %, 97.5%')", out("97.514 %, 97.5%\n"), True),
    "percentage beyond": ("print('97.5%')", out("96.5%\n"), False),
    "complex": ("print(complex(.5000001, .25))", out("(0.5+0.25j)\n"), True),
    "padding": (NUMPY.format("[[.99999999, .5], [.25, 1.]]"), out("[[1.   0.5 ]\n [0.25 1.  ]]\n"), True),
    "wrap": (NUMPY.format("np.linspace(.1, 1, 12).round(6)"), out(f"{np.linspace(.1, 1, 12)}\n"), True),
    "wrap before the type": ("import numpy as np; print(repr(np.array([.123456789, .2], 'f')))",
                             out("array([0.12345679, 0.2],\n      dtype=float32)\n"), True),
    "semicolon": ("5;", [], True),
    "printed in a widget": (INSIDE.format("half 0.5000001"), [*out("half 0.5\n"), *shown("Output()")], True),
    "printed in a widget, another": (INSIDE.format("half 0.6"), [*out("half 0.5\n"), *shown("Output()")], False),
    "entry beyond": (NUMPY.format("[[1., .5], [.25, 1.]]"), out("[[1.   0.51]\n [0.25 1.  ]]\n"), False),
    "array shape": (NUMPY.format("[[1., .5, .25, 1.]]"), out("[[1.   0.5 ]\n [0.25 1.  ]]\n"), False),
    "table width": (TABLE.format("LSTM"), out("model  loss\n-----------\nLSTM  1.0000\n"), True),
    "table word": (TABLE.format("GRU "), out("model  loss\n-----------\nLSTM  1.0000\n"), False),
    "lines joined": ("print('a b')", out("a\nb\n"), False),
    "colours": ("print('\\x1b[1mloss\\x1b[0m 0.5')", out("loss 0.5\n"), True),
    "printed over": ("print('10 %\\r20 %\\rdone')", out("done\n"), True),
    "address": ("print(object())", out("<object object at 0x7f0000000000>\n"), False),
    "curve": (CURVE.format(1), None, True),
    "changed curve": (CURVE.format(1.001), None, False),
    "html": (bundle("text/html", "<td>0.50001</td>"), shows("text/html", "<td>0.5</td>"), True),
    "html tag": (bundle("text/html", "<th>0.5</th>"), shows("text/html", "<td>0.5</td>"), False),
    "json": (bundle(JSON, {"a": [0.5000001, "x"]}), shows(JSON, {"a": [0.5, "x"]}), True),
    "json beyond": (bundle(JSON, {"a": [0.51, "x"]}), shows(JSON, {"a": [0.5, "x"]}), False),
    "json key": (bundle(JSON, {"b": [0.5]}), shows(JSON, {"a": [0.5]}), False),
    "json list": (bundle(JSON, [1e-17, 0.5000001]), shows(JSON, [0.0, 0.5]), True),
    "json list beyond": (bundle(JSON, [1e-3, 0.5]), shows(JSON, [0.0, 0.5]), False),
    "grid": (bundle(MIME, explorable(1e-9)), shows(MIME, explorable(0)), True),
    "grid, one step of one setting": (bundle(MIME, explorable(0.05)), shows(MIME, explorable(0)), False),
    "picture": (bundle("image/png", "AAAA"), shows("image/png", "BBBB"), True),
    "no picture": ("print(1)", shows("image/png", "AAAA"), False),
    "picture without a text": (bundle("image/png", "AAAA", "<F>"), shows("image/png", "AAAA", "<F>"), False),
    "stored output missing": ("print(1)", [], False),
    "computed output missing": ("pass", out("1\n"), False),
    "extra output": ("print(1); 2", out("1\n"), False),
    "extra display": ("display(1); display(2)", shown("1"), False),
    "exception": ("print(0.5); raise ValueError('x')", out("0.5\n"), False),
    "stored exception": ("raise ValueError('.50001')", error("ValueError", ".5"), True, ["raises-exception"]),
    "another exception": ("raise TypeError('x')", error("ValueError", "x"), False, ["raises-exception"]),
    "another message": ("raise ValueError('y')", error("ValueError", "x"), False, ["raises-exception"]),
    "no exception": ("pass", error("ValueError", "x"), False, ["raises-exception"]),
    "exception allowed for nothing": ("pass", [], False, ["raises-exception"]),
    "stderr": ("import sys; print('x', file=sys.stderr)", [], False),
    "tag widens": ("print(0.51)", out("0.5\n"), True, FLOAT32),
    "tag widens so far": ("print(0.61)", out("0.5\n"), False, FLOAT32),
    "atol": ("print(1.2e-17)", out("3.4e-17\n"), True, ["atol-1e-12-rounding-noise"]),
    "noise without atol": ("print(1.2e-17)", out("3.4e-17\n"), False),
    "tag without reason": ("print(0.5)", out("0.5\n"), False, ["rtol-5e-2"]),
    "ignore tag": ("print(1)", out("2\n"), False, ["nbval-ignore-output"]),
    "skip tag": ("print(1)", out("1\n"), False, ["nbval-skip"]),
    "tag of the executor": ("print(1)", out("1\n"), False, ["skip-execution"]),
    "ignore comment": ("# NBVAL_IGNORE_OUTPUT\nprint(1)", out("2\n"), False),
    "skip comment": ("  #  NBVAL_SKIP\nprint(1)", out("1\n"), False),
    "old comment": ("1\n# PYTEST_VALIDATE_IGNORE_OUTPUT\nprint(1)", out("2\n"), False),
    "other tags": ("print(1)", out("1\n"), True, ["hide-input"]),
    "never run": ("print(1)", [], False),
    "no code": ("", [], True),
    "environment": ("import os; print(os.environ['UNROLLED_GRID'], 'UNROLLED_DATA' in os.environ, "
                    "os.path.exists(os.environ['XDG_CACHE_HOME']))", out("1 False False\n"), True),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder that loads the plugin as the repository does, and a user's settings that must not matter."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "pytest.ini").write_text(f"[pytest]\npythonpath = '{(ROOT / 'tools').as_posix()}'\n")
    kernel = folder / "share" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {"argv": ["no-such-python"], "display_name": "x", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    settings = {"JUPYTER_PATH": str(folder / "share"), "UNROLLED_DATA": str(folder), "MPLBACKEND": "svg"}
    return folder, settings


def store(path, cells):
    path.parent.mkdir(exist_ok=True)
    spec = {"name": "no-such-kernel", "display_name": "x", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_every_case_passes_or_fails_as_it_should(project, tmp_path, options):
    """In two notebooks, each with a name that its first cell sets and its last one uses."""
    folder, settings = project
    scope = {}
    exec(CURVE.format(1).replace("print(", "text = ("), scope)
    notebooks = [{"set": (f"part = {part}", [], True), **dict(list(CASES.items())[part::2]),
                  "used": ("print(part)", out(f"{part}\n"), True)} for part in (0, 1)]
    for part, cases in enumerate(notebooks):
        store(folder / "book" / f"part{part}.ipynb", [
            new_code_cell(code, outputs=out(scope["text"] + "\n") if outputs is None else outputs,
                          execution_count=None if name in ("never run", "no code") else 1,
                          metadata={"tags": tags[0]} if tags else {})
            for name, (code, outputs, _, *tags) in cases.items()])
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-q", "-rA", "--color=no"]
    run = subprocess.run([*command, *options, str(folder / "book")], capture_output=True, text=True,
                         cwd=tmp_path, env={**os.environ, **settings})
    wrong = []
    for part, cases in enumerate(notebooks):
        for k, name in enumerate(cases):
            where = rf"\S*part{part}\.ipynb::Cell {k}( |$)"
            passed, failed = (bool(re.search(f"^({word}) {where}", run.stdout, re.M))
                              for word in ("PASSED", "FAILED|ERROR"))
            if passed is failed or passed is not cases[name][2]:
                wrong.append((name, f"{passed = }", f"{failed = }"))
    assert not wrong, run.stdout[-5000:] + run.stderr[-2000:]
    assert run.returncode == 1


def test_a_tag_says_which_tolerance_how_much_and_why():
    tags = ["x", "rtol-5e-2-float32-sums", "atol-0.5-few-samples"]
    assert compare.tolerance(tags) == {"rtol": 0.05, "atol": 0.5}
    for tag in ("rtol", "rtol-1e-2", "atol-1e-2-why", "rtol-much-float32-sums", "rtol-1e-2-12345678"):
        with pytest.raises(ValueError, match="and why"):
            compare.tolerance([tag])


def test_grids_are_compared_by_value():
    def same(a, b, *between, **scale):
        a, b = (grid.pack(values, (len(values),), *between, **scale) for values in (a, b))
        assert compare.same(a, b) is compare.same(b, a)
        return compare.same(a, b)

    y = np.linspace(0, 1, 60).reshape(3, 20) ** 2
    wild = np.where(np.arange(60).reshape(3, 20) == 30, np.nan, y)
    for between, scale in (([0, 1], {}), ([1e-6, 1], {"log": True}), ([0, 1], {"digits": 3})):
        assert same(y, y, between, **scale) and same(wild, wild, between, **scale)
        assert same(y, y * (1 + 1e-9), between, **scale)
        assert not same(y, y * np.where(np.isnan(wild), 1.02, 1), between, **scale)
        assert not same(y, y[:2], between, **scale)
        assert not same(y, wild, between, **scale)
    assert same(y, y + 1e-3, [0, 1], levels=1000) and not same(y, y + 4e-3, [0, 1], levels=1000)
    classes = np.arange(60).reshape(3, 20) % 10
    assert same(classes, classes) and not same(classes, np.where(classes == 3, 4, classes))


def test_pictures_are_compared_by_eye():
    import base64
    import io

    from matplotlib.image import imsave

    def png(pixels):
        imsave(file := io.BytesIO(), pixels, format="png")
        return base64.b64encode(file.getvalue()).decode()

    pixels = np.full((40, 60, 4), 200, np.uint8)
    smoothed, dot = pixels + np.uint8(9), pixels.copy()
    dot[3, 4] = 0
    assert compare.same_picture(png(pixels), png(smoothed))
    assert not compare.same_picture(png(pixels), png(dot))
    assert not compare.same_picture(png(pixels), png(pixels[1:]))


KEPT = {"tags": ["hide-input"], "mystnb": {"x": 1}, "jupyter": {"source_hidden": True}}
CHAPTER = [
    new_markdown_cell("# A chapter"),
    new_code_cell("import os, sys\nprint(os.listdir(), os.environ['UNROLLED_GRID'])\n"
                  "assert 'UNROLLED_DATA' not in os.environ", metadata={"scrolled": True, **KEPT}),
    new_code_cell("print('out', flush=True); print('err', file=sys.stderr); print(2 / 3); 1 / 3"),
    new_code_cell("import ipywidgets; ipywidgets.FloatSlider()"),
    new_code_cell("ipywidgets.interact(lambda x: print('x is', x), x=(0, 10));"),
    new_code_cell("raise ValueError('as expected')", metadata={"tags": ["raises-exception"]}),
    new_code_cell(" "),
    new_code_cell("import numpy as np, matplotlib.pyplot as plt; from unrolled import plots; plots.use()\n"
                  "plt.plot(np.sin(np.arange(9)), label='sine');"),
]


@pytest.fixture(scope="module")
def chapter(project):
    """A notebook that was executed twice, and what it was after the first time."""
    folder, settings = project
    spec = {"name": "x", "display_name": "x"}
    raw = new_notebook(cells=CHAPTER, metadata={"kernelspec": spec, "widgets": {}})
    for cell in raw.cells:
        del cell["id"]
    path = folder / "chapter" / "01.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps({**raw, "nbformat_minor": 4}))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        assert execute.main([str(path)]) == 0
        first = path.read_bytes()
        assert execute.main(["--fresh", str(path)]) == 0
    return path, first


@pytest.mark.slow
def test_executing_twice_gives_the_same_bytes(chapter):
    path, first = chapter
    assert path.read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["01.ipynb"]


@pytest.mark.slow
def test_what_is_stored(chapter):
    path, first = chapter
    nb = nbformat.reads(first.decode(), 4)
    nbformat.validate(nb)
    assert nb.metadata == execute.METADATA
    assert len({cell.id for cell in nb.cells}) == len(CHAPTER)
    assert [cell.get("execution_count") for cell in nb.cells] == [None, 1, 2, 3, 4, 5, None, 6]
    _, listing, printed, widget, interactive, raised, empty, figure = nb.cells
    assert listing.metadata == KEPT
    assert listing.outputs[0].text == "['01.ipynb'] 1\n"
    assert [o.get("text", o.get("data")) for o in printed.outputs] == [
        "out\n0.6666666666666666\n", "err\n", {"text/plain": "0.3333333333333333"}]
    assert list(widget.outputs[0].data) == ["text/plain"]
    assert interactive.outputs[0].text == "x is 5\n" and list(interactive.outputs[1].data) == ["text/plain"]
    assert raised.outputs[0].traceback == ["ValueError: as expected"]
    assert set(figure.outputs[0].data) == {"image/png", "text/plain"}
    assert "line 'sine'" in figure.outputs[0].data["text/plain"]
    assert str(path.parent).encode() not in first


@pytest.mark.slow
def test_a_stored_output_stays_while_it_compares_equal(tmp_path, capsys):
    """Another machine's digits stay, stale ones do not, ``--check`` names them, ``--fresh`` renews all."""
    path = store(tmp_path / "x.ipynb", [new_code_cell("print(2 / 3)"), new_code_cell("1 / 3")])
    assert execute.main([str(path)]) == 0
    text = path.read_text().replace("0.3333333333333333", "0.3333333333334444")
    path.write_text(stale := text.replace("0.6666666666666666", "0.6766666666666666"))
    capsys.readouterr()
    assert execute.main(["--check", str(path)]) == 1
    assert "would change: In [1]\n" in capsys.readouterr().out
    assert path.read_text() == stale
    assert execute.main([str(path)]) == 0
    assert "changed: In [1]\n" in capsys.readouterr().out
    assert path.read_text() == text
    assert execute.main(["--check", str(path)]) == 0
    assert "unchanged\n" in capsys.readouterr().out
    assert execute.main(["--fresh", str(path)]) == 0
    assert "0.3333333333333333" in path.read_text()


@pytest.mark.slow
@pytest.mark.parametrize("code, message", [
    ("pass\n1 / 0", "In [2] raises ZeroDivisionError: division by zero\n    pass\n    1 / 0\n"),
    ("import os; os._exit(3)", "In [2] the kernel ended.\n    import os; os._exit(3)\n"),
    (bundle("image/png", "AAAA", "<Figure>"), "In [2] cannot be validated. Its picture"),
])
def test_a_cell_that_fails_leaves_the_file_as_it_was(tmp_path, capsys, code, message):
    path = store(tmp_path / "x.ipynb", [new_markdown_cell("a"), new_code_cell("1"), new_code_cell(code)])
    before = path.read_bytes()
    assert execute.main([str(path)]) == 1
    assert f"{path} {message}" in capsys.readouterr().err
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["x.ipynb"]


@pytest.mark.parametrize("text, message", [
    (None, "cannot be read: No such file or directory."),
    ("", "is not a notebook, or was cut short"),
    ('{"cells": [{"cell_type": "code", "sou', "is not a notebook, or was cut short"),
    ("[]", "is not a notebook, or was cut short"),
    ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "is not a notebook, or was cut short"),
    ('{"nbformat": 3, "worksheets": []}', "is in notebook format 3; open it in JupyterLab"),
    ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "poem", "source": ""}]}',
     "is not a valid notebook: "),
])
def test_a_malformed_notebook_gets_a_sentence(tmp_path, capsys, text, message):
    path = tmp_path / "x.ipynb"
    if text is not None:
        path.write_text(text)
    assert execute.main([str(path)]) == 1
    assert f"{path} {message}" in (err := capsys.readouterr().err)
    assert err.count("\n") == 1


def test_a_folder_without_notebooks_gets_a_sentence(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        execute.main([str(tmp_path)])
    assert f"There is no notebook in {tmp_path}." in capsys.readouterr().err


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    (path := tmp_path / "x.ipynb").write_text("old")
    execute.replace(path, "new\n")
    assert path.read_bytes() == b"new\n"

    def fail(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(execute.Problem, match="cannot be written: No space left on device."):
        execute.replace(path, "newer\n")
    assert path.read_bytes() == b"new\n" and os.listdir(tmp_path) == ["x.ipynb"]


def test_ids_given_to_cells_do_not_depend_on_where_they_stand(tmp_path):
    def ids(*sources):
        cells = [new_code_cell(source, id="kept") for source in sources]
        for cell in cells:
            if cell.source != "c":
                del cell["id"]
        (tmp_path / "x.ipynb").write_text(json.dumps({**new_notebook(), "nbformat_minor": 4, "cells": cells}))
        return [cell.id for cell in execute.read(tmp_path / "x.ipynb").cells]

    a, again, c, b = ids("a", "a", "c", "b")
    assert len({a, again, b}) == 3 and c == "kept"
    assert ids("b", "a", "a") == [b, a, again]
