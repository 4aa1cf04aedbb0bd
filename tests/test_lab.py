"""The book in JupyterLab: copies that nothing overwrites, and figures that Python answers in a browser.

Two notebooks are opened, restarted and run; ``pytest tests/test_lab.py --every-notebook`` does it with all of them, a
minute or two each. Two are also run at once, or with that option three. ``pytest -s tests/test_lab.py -k "soon or once"``
prints the time from a slider to its figure, and the memory that notebooks take together.
"""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import lab
import psutil
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOOK = sorted(path.name for path in (ROOT / "book").glob("*.ipynb"))
CHAPTER, WITH_KERAS = "05-perceptrons.ipynb", "04-tools.ipynb"
pytestmark = pytest.mark.slow
VIEW, GRID = "application/vnd.jupyter.widget-view+json", "application/vnd.unrolled.explore+json"


@pytest.fixture
def shelf(tmp_path):
    """A book of two chapters, with a file that they read, and the place for its copies."""
    (tmp_path / "book").mkdir()
    for name in ("01.ipynb", "02.ipynb", "terms.toml"):
        (tmp_path / "book" / name).write_text(f"first edition of {name}")
    (tmp_path / "book" / "notes.txt").write_text("neither")
    return tmp_path / "book", tmp_path / "lab"


def test_chapters_and_their_data_and_nothing_else_are_copied(shelf):
    book, copies = shelf
    assert lab.copy_chapters(book, copies) == []
    assert sorted(path.name for path in copies.glob("[!.]*")) == ["01.ipynb", "02.ipynb", "terms.toml"]
    assert (copies / "01.ipynb").read_text() == "first edition of 01.ipynb"


def test_a_copy_is_never_overwritten(shelf):
    book, copies = shelf
    lab.copy_chapters(book, copies)
    (copies / "01.ipynb").write_text("my work")
    (copies / "02.ipynb").unlink()
    (book / "02.ipynb").write_text("second edition")
    assert lab.copy_chapters(book, copies) == []
    assert (copies / "01.ipynb").read_text() == "my work"
    assert (copies / "02.ipynb").read_text() == "second edition"


def test_a_newer_edition_is_named_until_it_is_taken(shelf):
    book, copies = shelf
    lab.copy_chapters(book, copies)
    (copies / "01.ipynb").write_text("my work")
    (book / "01.ipynb").write_text("second edition")
    for _ in range(2):
        assert lab.copy_chapters(book, copies) == ["01.ipynb"]
        assert (copies / "01.ipynb").read_text() == "my work"
    (copies / "01.ipynb").unlink()
    assert lab.copy_chapters(book, copies) == []
    assert (copies / "01.ipynb").read_text() == "second edition"


def test_a_lost_record_of_editions_costs_nothing(shelf):
    book, copies = shelf
    lab.copy_chapters(book, copies)
    (copies / "01.ipynb").write_text("my work")
    (copies / ".editions.json").write_text("{")
    assert lab.copy_chapters(book, copies) == ["01.ipynb"]
    assert (copies / "01.ipynb").read_text() == "my work"


def test_the_lab_opens_where_the_reader_was(tmp_path):
    """JupyterLab's record of its tabs says where; whatever else it says leads to the first page."""
    def record(name, front):
        (tmp_path / ".tabs").mkdir(exist_ok=True)
        content = front if isinstance(front, str) else {"data": {"layout-restorer:data": front}}
        (tmp_path / ".tabs" / f"{name}.jupyterlab-workspace").write_text(json.dumps(content))
        return lab.last_opened(tmp_path, tmp_path / ".tabs")

    (tmp_path / "05 copy:1.ipynb").touch()
    assert lab.last_opened(tmp_path, tmp_path / ".tabs") == "index.ipynb"
    for front in ("{", {}, {"main": None}, {"main": {"current": None}}, {"main": {"current": "launcher:launcher-0"}},
                  {"main": {"current": "notebook:removed.ipynb"}}, {"main": {"current": "editor:05 copy:1.ipynb"}}):
        assert record("one", front) == "index.ipynb"
    assert record("one", {"main": {"current": "notebook:05 copy:1.ipynb"}}) == "05 copy:1.ipynb"
    os.utime(tmp_path / ".tabs" / "one.jupyterlab-workspace", (0, 0))
    (tmp_path / "06.ipynb").touch()
    assert record("two", {"main": {"current": "notebook:06.ipynb"}}) == "06.ipynb"


def test_a_saved_figure_keeps_its_picture_and_drops_its_widget():
    figure, bare = {"image/png": "…", VIEW: {}}, {"text/plain": "a slider", VIEW: {}}
    outputs = [{"data": figure}, {"data": bare}, {"text": "printed"}]
    cell = {"cell_type": "code", "metadata": {"execution": {}}, "outputs": outputs}
    model = {"type": "notebook", "content": {"metadata": {"widgets": {}, "kernelspec": {}}, "cells": [cell]}}
    lab.drop_live_state(model=model, path="x", contents_manager=None)
    assert set(figure) == {"image/png"} and set(bare) == {"text/plain", VIEW}
    assert cell["metadata"] == {} and set(model["content"]["metadata"]) == {"kernelspec"}
    lab.drop_live_state(model={"type": "notebook", "content": None}, path="x", contents_manager=None)
    lab.drop_live_state(model={"type": "file", "content": "text"}, path="x", contents_manager=None)


# In a real JupyterLab

PLACES = ("HOME", "USERPROFILE", "IPYTHONDIR", "MPLCONFIGDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR",
          "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
OPTIONS = ["--no-browser", "--allow-root", "--expose-app-in-browser", "--IdentityProvider.token=",
           "--ServerApp.port_retries=0", "--ServerApp.disable_check_xsrf=True"]
KERNEL_READY = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
RUN = """command => {
  const panel = jupyterapp.shell.currentWidget;
  jupyterapp.commands.execute(command).finally(() => { panel.ended = true; });
}"""
MINUTE = 60_000  # ms


def pytest_generate_tests(metafunc):
    """A test of ``notebook`` is one of two notebooks, or of all; figures are moved in one of them."""
    if "notebook" in metafunc.fixturenames:
        names = BOOK if metafunc.config.getoption("every_notebook") else [CHAPTER, WITH_KERAS]
        names = [CHAPTER] if "figure" in metafunc.fixturenames else names
        metafunc.parametrize("notebook", names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory):
    """JupyterLab as tools/lab.py starts it, on a copy of the book, with a home of its own: the folder, the address."""
    folder = tmp_path_factory.mktemp("jupyterlab")
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "lab.py", folder / "tools")
    shutil.copytree(ROOT / "book", folder / "book")
    environment = {name: value for name, value in os.environ.items() if name != "UNROLLED_GRID"}
    for name in PLACES:
        environment[name] = str(folder / name.lower())
        (folder / name.lower()).mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, folder / "tools/lab.py", *OPTIONS, f"--port={port}"]
    log = folder / "log"
    with open(log, "w") as output:
        server = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, env=environment)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/api/status") or server.poll() is not None, 60)
        assert server.poll() is None, log.read_text()
        yield folder / "lab", f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def until(condition, seconds, what=str):
    """Wait until the condition holds; ``what`` tells what is there instead."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"Waited for {seconds} s in vain. {what()}"
        time.sleep(0.1)


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False


def stored(name):
    """The cells of a notebook of the book."""
    return json.loads((ROOT / "book" / name).read_text("utf-8"))["cells"]


def cells_with(mime, name):
    """The numbers of the cells that have an output of this kind."""
    return [k for k, cell in enumerate(stored(name)) if any(mime in o.get("data", {}) for o in cell.get("outputs", []))]


def shown(page, cell, what):
    """Scroll a cell into view; return what stands in its output once it is there."""
    page.evaluate("k => jupyterapp.shell.currentWidget.content.scrollToItem(k, 'center')", cell)
    front = ".jp-NotebookPanel:not(.lm-mod-hidden)"
    found = page.locator(f'{front} [data-windowed-list-index="{cell}"] .jp-OutputArea-output {what}')
    found.first.wait_for(timeout=MINUTE)
    return found


def opened(page):
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=MINUTE)
    page.wait_for_function(KERNEL_READY, timeout=MINUTE)


def assert_pictures(page, name):
    """Every picture that is stored is drawn."""
    for cell in cells_with("image/png", name):
        pictures = shown(page, cell, "img")
        assert pictures.evaluate_all("found => found.every(img => img.complete && img.naturalWidth)"), f"cell {cell}"


# JupyterLab says that it has ended at the first exception, also where one is meant and the cells after it go on.
RAN = """name => [...jupyterapp.shell.widgets("main")].filter(panel => panel.context?.path === name).every(panel => panel.ended
    && panel.content.widgets.every(cell => cell.model.type !== "code" || !cell.model.sharedModel.source
        || (cell.model.executionCount && cell.model.executionState !== "running")))"""
EACH = "async () => {{ for (const panel of jupyterapp.shell.widgets('main')) await panel.context?.{}(); }}"
SAVE, SHUT_DOWN = EACH.format("save"), EACH.format("sessionContext.shutdown")


@pytest.fixture(scope="module")
def notebook(request, jupyterlab, open_page):
    """A notebook, its page in JupyterLab after restart, run all and save, and what is then on the disk."""
    folder, address = jupyterlab
    with open_page() as page:
        page.goto(f"{address}/lab/tree/{request.param}?reset")
        opened(page)
        assert_pictures(page, request.param)                 # nothing has run
        page.evaluate(RUN, "notebook:restart-run-all")
        page.locator(".jp-Dialog .jp-mod-accept").click()
        page.wait_for_function(RAN, arg=request.param, timeout=15 * MINUTE)
        page.evaluate(SAVE)
        yield request.param, page, json.loads((folder / request.param).read_text("utf-8"))["cells"]
    for kernel in json.load(urllib.request.urlopen(f"{address}/api/kernels")):
        urllib.request.urlopen(urllib.request.Request(f"{address}/api/kernels/{kernel['id']}", method="DELETE"))


def assert_ran(cells):
    """Every cell has run, in order, without an error but those that are meant. Return the cells with code."""
    code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
    for cell in code:
        errors = [f"{o['ename']}: {o['evalue']}" for o in cell["outputs"] if o["output_type"] == "error"]
        assert bool(errors) == ("raises-exception" in cell["metadata"].get("tags", [])), f"{errors} of {cell['source']}"
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    return code


def test_a_notebook_runs_from_its_first_cell_to_its_last(notebook):
    name, _, cells = notebook
    outputs = [output.get("data", {}) for cell in assert_ran(cells) for output in cell["outputs"]]
    assert [sum("image/png" in o.get("data", {}) for o in cell.get("outputs", [])) for cell in cells] == [
        sum("image/png" in o.get("data", {}) for o in cell.get("outputs", [])) for cell in stored(name)]
    assert not [data for data in outputs if "image/png" in data and VIEW in data]


DRAWN = """f => [f.innerText.split(/\\s+/).join(" "), ...[...f.querySelectorAll("path")].map(p => p.getAttribute("d"))]"""


def test_figures_come_alive(notebook):
    """Each is Python's, answers its first slider, and is what it was when that is set back, whatever ran in between."""
    name, page, _ = notebook
    for cell in cells_with(GRID, name):
        for figure in shown(page, cell, ".ux").all():
            computed(figure)
            slider, drawing = figure.locator("input[type=range]").first, figure.locator(".ux-panels")
            if slider.count():
                number, before = slider.get_attribute("aria-valuetext"), drawing.evaluate(DRAWN)
                slider.press("ArrowLeft" if slider.evaluate("s => s.value === s.max") else "ArrowRight")
                computed(figure)
                assert slider.get_attribute("aria-valuetext") != number, f"cell {cell}"
                figure.get_by_role("button", name="Reset").click()
                computed(figure)
                assert drawing.evaluate(DRAWN) == before, f"cell {cell}: something that its function reads has changed"


def continuous_figure():
    """The cell of the chapter's first explorable whose first slider takes any number; the slider's grid."""
    for k, cell in enumerate(stored(CHAPTER)):
        for output in cell.get("outputs", []):
            controls = output.get("data", {}).get(GRID, {}).get("controls", [])
            sliders = [control for control in controls if control["kind"] != "choice"]
            if sliders and sliders[0]["kind"] in ("linear", "log") and not sliders[0]["integer"]:
                return k, sliders[0]["grid"]
    raise AssertionError(f"{CHAPTER} has no explorable with a continuous slider, or was not executed.")


@pytest.fixture(scope="module")
def figure(notebook):
    """That explorable, scrolled into view."""
    _, page, _ = notebook
    return shown(page, continuous_figure()[0], ".ux")


ANSWERED = "f => f.ariaBusy === 'false'"


def computed(figure):
    """Wait for Python's answer to the last move."""
    figure.evaluate("() => new Promise(requestAnimationFrame)")
    until(lambda: figure.evaluate(ANSWERED), 90, figure.inner_text)
    assert figure.locator(".ux-state").inner_text() == "Computed now", figure.inner_text()


def seen(figure):
    """Return the slider's number and the drawing, once Python has answered."""
    computed(figure)
    number = figure.locator("input[type=range]").first.get_attribute("aria-valuetext").split()[0]
    return float(number.replace("−", "-")), figure.locator(".ux-panels").inner_html()


def test_python_answers_between_the_values_of_the_grid(figure):
    _, grid = continuous_figure()
    slider = figure.locator("input[type=range]").first
    box = slider.bounding_box()
    moves = [seen(figure)]
    figure.page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
    moves.append(seen(figure))
    slider.press("ArrowRight")
    moves.append(seen(figure))
    values, drawings = zip(*moves, strict=True)
    assert len(set(values)) == 3, f"The mouse, then the right arrow key moved the slider to {values[1:]}."
    assert len(set(drawings)) == 3
    assert not {values[1], values[2]} <= set(grid), f"{values} are all on the grid"


MOVES, LIMIT = 40, 500  # ms: five times the goal for 95 of 100 moves
MEASURE = """async (figure, moves) => {
  const slider = figure.querySelector("input[type=range]"), times = [];
  for (let k = 0; k < moves; k++) {
    const start = performance.now();
    await new Promise((done, fail) => {
      let asked = false;
      new MutationObserver((_, observer) => {
        if (figure.ariaBusy === "true") asked = true;
        else if (asked) { observer.disconnect(); done(); }
      }).observe(figure, { attributes: true, attributeFilter: ["aria-busy"] });
      slider.value = (7 + 23 * k) % slider.max;
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      setTimeout(() => fail(new Error("no answer within 5 s")), 5000);
    });
    times.push(performance.now() - start);
    await new Promise(rest => setTimeout(rest, 50));
  }
  return times;
}"""


def test_a_figure_follows_its_slider_soon(figure):
    computed(figure)
    times = figure.evaluate(MEASURE, MOVES)
    middle, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    print(f"slider to figure over {MOVES} moves: median {middle:.0f} ms, 95th percentile {late:.0f} ms")
    assert late <= LIMIT


def test_a_saved_notebook_opens_with_its_pictures(notebook):
    name, page, _ = notebook
    page.reload()
    opened(page)
    assert_pictures(page, name)
    assert not page.locator(".jp-OutputArea-output", has_text="Error displaying widget").count()


def test_the_lab_knows_where_the_reader_was(notebook, jupyterlab):
    name, _, _ = notebook
    folder, address = jupyterlab
    until(lambda: lab.last_opened(folder, folder / ".workspaces") == name, 30)
    assert urllib.request.urlopen(address).url == f"{address}/lab/tree/index.ipynb"      # as it was when it started


# Several notebooks at once

CORES, MEMORY, PATIENCE = 2, 8e9, 2000                       # of a small machine; bytes; ms in which its figures answer
HEAVY = ["12-convolutional-networks.ipynb", "20-memory-networks.ipynb"]     # which take most memory
OPEN = """async path => {
  const panel = await jupyterapp.commands.execute("docmanager:open", { path });
  await panel.sessionContext.ready;
}"""
IN_FRONT = f"path => jupyterapp.shell.currentWidget?.context?.path === path && {KERNEL_READY}"


def memory_of(server):
    """The bytes of a process and all that it started; what they share counts for each."""
    total = 0
    for process in [server, *server.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


@contextlib.contextmanager
def watched(server):
    """``with watched(server) as seen``: the memory of the process and its children, ten times a second."""
    seen, ended = [], threading.Event()

    def watch():
        while not ended.wait(0.1):
            seen.append(memory_of(server))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def test_a_small_machine_runs_several_at_once(request, jupyterlab, open_page):
    """They have room, and while some compute the figures of another follow their sliders."""
    folder, address = jupyterlab
    beside = HEAVY if request.config.getoption("every_notebook") else HEAVY[:1]
    record = next((folder.parent / "jupyter_runtime_dir").glob("jpserver-*.json"))
    server = psutil.Process(json.loads(record.read_text("utf-8"))["pid"])
    with contextlib.suppress(AttributeError):                # a system that does not tie processes to cores
        server.cpu_affinity(server.cpu_affinity()[:CORES])
    ended = {}
    with open_page() as page, watched(server) as memory:
        page.goto(f"{address}/lab?reset")
        page.wait_for_selector(".jp-LabShell", timeout=MINUTE)
        start = time.monotonic()
        for name in [*beside, CHAPTER]:
            page.evaluate(OPEN, name)
            page.wait_for_function(IN_FRONT, arg=name, timeout=MINUTE)
            page.evaluate(RUN, "notebook:run-all-cells")
        page.wait_for_function(RAN, arg=CHAPTER, timeout=5 * MINUTE)
        ended[CHAPTER] = time.monotonic() - start
        figure = shown(page, continuous_figure()[0], ".ux")
        computed(figure)
        times = figure.evaluate(MEASURE, MOVES // 4)
        assert not any(page.evaluate(RAN, name) for name in beside), "One had ended before the slider was moved."
        for name in beside:
            page.wait_for_function(RAN, arg=name, timeout=15 * MINUTE)
            ended[name] = time.monotonic() - start
        idle = figure.evaluate(MEASURE, MOVES // 4)
        page.evaluate(SAVE)
        page.evaluate(SHUT_DOWN)
    print(f"memory at most {max(memory) / 1e9:.2f} GB; ended after {ended} s; slider to figure at most {max(times):.0f} ms "
          f"(median {statistics.median(times):.0f} ms), and {max(idle):.0f} ms ({statistics.median(idle):.0f} ms) afterwards")
    for name in [*beside, CHAPTER]:
        assert_ran(json.loads((folder / name).read_text("utf-8"))["cells"])
    assert max(memory) < MEMORY and max(times) < PATIENCE
