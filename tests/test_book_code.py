"""The chapters as programs: a figure still answers when all cells have run."""
import ast
import builtins
import json
from pathlib import Path

import pytest

BOOK = Path(__file__).parent.parent / "book"


def parsed(path):
    """The code cells of a notebook as syntax trees."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [ast.parse("".join(cell["source"])) for cell in cells if cell["cell_type"] == "code"]


def assigned(tree):
    """The names that a cell gives a value to: name → function, import, or None."""
    found = {}

    def visit(node):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update({(name.asname or name.name).partition(".")[0]: node for name in node.names})
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = None
        elif not isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            for child in ast.iter_child_nodes(node):
                visit(child)

    visit(tree)
    return found


def read(function):
    """The names that a function reads and does not make itself."""
    names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    own |= {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    own |= {node.name for node in ast.walk(function) if isinstance(node, ast.FunctionDef) and node is not function}
    return {node.id for node in names if isinstance(node.ctx, ast.Load)} - own - set(dir(builtins))


def changed_later(trees):
    """What explorables' functions read that a later cell gives another value: texts that say so."""
    cells = [assigned(tree) for tree in trees]
    for k, tree in enumerate(trees):
        known = {name: value for cell in cells[:k + 1] for name, value in cell.items()}
        later = {name for cell in cells[k + 1:] for name, value in cell.items()
                 if not (isinstance(value, ast.Import | ast.ImportFrom) and isinstance(known.get(name), type(value)))}
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "explore"):
                continue
            given = [call.args[0], *(word.value for word in call.keywords if word.arg == "say")]
            ways, seen = [known.get(one.id) if isinstance(one, ast.Name) else one for one in given], set()
            while ways:
                function = ways.pop()
                if isinstance(function, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                    fresh = (read(function) & known.keys()) - seen
                    seen |= fresh
                    ways += [known[name] for name in fresh]
            yield from (f"In [{k + 1}] reads {name}" for name in sorted(seen & later))


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_later_cell_changes_what_a_figure_reads(path):
    """A reader who has run all cells moves a figure: its function then reads the names of the notebook as they are."""
    assert not list(changed_later(parsed(path)))


@pytest.mark.parametrize("later, faults", [
    ("rate = 2", 1), ("for rate in range(3): pass", 1), ("with open('x') as rate: pass", 1), ("def rate(): pass", 1),
    ("rates = [rate for rate in range(3)]", 0), ("def g():\n    rate = 2", 0), ("size = 3", 0), ("import numpy as np", 0),
    ("words = 'x'", 1), ("f = None", 0), ("twice = None", 1),
])
def test_what_such_a_change_is(later, faults):
    cells = ["import numpy as np\nrate, size, words = 1, 2, 'a'\ndef twice(x): return 2 * rate * np.sqrt(x)",
             "def f(x):\n    size = 1\n    return {'y': twice(x) + size}\n\n"
             "explore(f, {}, Lines('x', 'y'), say=lambda r: words)", later]
    assert len(list(changed_later([ast.parse(cell) for cell in cells]))) == faults
