"""Which cell of the book checks what, read from its notebooks."""

import json
import re
from typing import NamedTuple

CALL = re.compile(r'reproductions\.(check|correct)\(\s*"([^"]+)"')
LOOP = re.compile(r"for id, (\w+) in \{(.*?)\}\.items\(\):\s+reproductions\.check\(id, \1\)", re.DOTALL)


class Claim(NamedTuple):
    """A cell that checks a result or proves a correction, and what it printed about it."""

    kind: str           # check or correct
    id: str
    page: str           # the notebook's name without its ending
    printed: str

    @property
    def chapter(self):
        return self.page.partition("-")[0]


def ids(source):
    """The results and corrections that a cell's code claims, as pairs of kind and id."""
    looped = [id for _, group in LOOP.findall(source) for id in re.findall(r'"([^"]+)":', group)]
    return [*CALL.findall(source), *(("check", id) for id in looped)]


def claims(book):
    """All claims of the notebooks in a folder, in the order of the book."""
    found = []
    for path in sorted(book.glob("*-*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                printed = "".join("".join(o.get("text", "")) for o in cell["outputs"])
                found += [Claim(kind, id, path.stem, block(printed, id)) for kind, id in ids("".join(cell["source"]))]
    return found


def block(printed, id):
    """The part of a cell's output that is about this id: its line, and the indented ones after it."""
    found = re.search(rf"^{re.escape(id)} · .*(?:\n .*)*", printed, re.MULTILINE)
    return found[0] if found else ""


def fields(printed):
    """What a block says under its title: theirs, ours, agrees or holds, note."""
    lines = re.sub(r"\n {10}", " ", printed).splitlines()[1:]
    return {name: text for name, _, text in (re.sub(r"\s+", " ", line.strip()).partition(" ") for line in lines)}
