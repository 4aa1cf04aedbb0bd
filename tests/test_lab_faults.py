"""A kernel that dies under a figure in JupyterLab: the figure says so, and the page goes on."""
import json
import os
import signal

import pytest
import test_lab
from nbformat.v4 import new_code_cell, new_notebook
from test_lab import MINUTE, computed, opened, shown, until

jupyterlab = test_lab.jupyterlab                             # a fixture
pytestmark = pytest.mark.slow
FIGURE = """\
import os, signal
from unrolled.explore import Linear, Lines, explore

def line(slope):
    if slope == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"x": [0, 1], "y": [0, slope]}

explore(line, {"slope": Linear(0, 2, n=21, value=1)}, Lines("x", "y", ylim=(0, 2)), title="A line",
        say=lambda r: f"It ends at {r['y'][-1]:.1f}.")"""
CELLS = [new_code_cell(FIGURE), new_code_cell("print(os.getpid())")]
NOTEBOOK = new_notebook(cells=CELLS, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
RUN = "jupyterapp.commands.execute('notebook:run-all-cells')"
SENTENCE = "The kernel has stopped. Run the notebook again to bring this figure back."


def ran(page):
    """Run the notebook; its figure, once Python has drawn it, and the kernel's process."""
    page.wait_for_function(test_lab.KERNEL_READY, timeout=MINUTE)
    page.evaluate(RUN)
    figure = shown(page, 0, ".ux")
    computed(figure)
    return figure, int(shown(page, 1, "pre").inner_text())


@pytest.mark.parametrize("death", ["while it computes", "between two moves"])
def test_a_figure_whose_kernel_dies_says_so_and_comes_back(jupyterlab, open_page, death):
    folder, address = jupyterlab
    (folder / "dying.ipynb").write_text(json.dumps(NOTEBOOK), "utf-8")
    with open_page() as page:
        page.goto(f"{address}/lab/tree/dying.ipynb?reset")
        opened(page)
        figure, process = ran(page)
        slider, sentence = figure.get_by_role("slider", name="slope"), figure.locator(".ux-sentence")
        drawn = figure.locator(".ux-line")
        before = drawn.get_attribute("d")
        if death == "while it computes":
            slider.press("End")
        else:
            os.kill(process, signal.SIGKILL)
        until(lambda: sentence.inner_text() == SENTENCE, 30, figure.inner_text)
        until(lambda: figure.get_attribute("aria-busy") == "false", 5)
        page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()          # JupyterLab tells it, too

        slider.press("Home")                                                         # what is drawn is still the last answer
        assert sentence.inner_text() == SENTENCE and figure.locator(".ux-state").inner_text() == ""
        assert slider.get_attribute("aria-valuetext") == "1" and drawn.get_attribute("d") == before

        figure, _ = ran(page)
        figure.get_by_role("slider", name="slope").press("Home")
        computed(figure)
        assert figure.locator(".ux-sentence").inner_text() == "It ends at 0.0."
