"""The chapters as texts: their terms obey the notation, their prose the house rules, their figures carry descriptions."""

import gzip
import json
import re
import tomllib
from pathlib import Path

import pytest

BOOK = Path(__file__).parent.parent / "book"
CHAPTERS = {p.stem.partition("-")[0]: json.loads(p.read_text(encoding="utf-8"))["cells"]
            for p in sorted(BOOK.glob("*-*.ipynb"))}
TAUGHT = [name for name in CHAPTERS if name not in "CDEF"]      # the others are for looking things up
NOTEBOOKS = {p.stem: json.loads(p.read_text(encoding="utf-8"))["cells"] for p in sorted(BOOK.glob("*.ipynb"))}
NOTATION = tomllib.loads((BOOK / "notation.toml").read_text(encoding="utf-8"))
TERM = re.compile(r"([A-Za-z*][A-Za-z* -]*?)\s*\(([\u3400-\u9fff]+)\)")
EXPLORABLE = "application/vnd.unrolled.explore+json"


def prose(cells):
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return re.sub(r"`[^`]*`", "", re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", text, flags=re.DOTALL))


def test_terms_of_the_chapters_are_those_of_the_notation():
    """Each Chinese term stands in the file with the English words before it, and in the chapter that the file names."""
    terms = {t["zh"]: t for t in NOTATION["term"]}
    assert len(terms) == len(NOTATION["term"])
    first = {}
    for chapter, cells in CHAPTERS.items():
        for words, chinese in TERM.findall(prose(cells)):
            assert chinese in terms, f"chapter {chapter}: {chinese} is not in notation.toml"
            words = words.replace("*", "").lower()
            singular = words.removesuffix("s")
            english = terms[chinese]["en"].lower()
            assert words.endswith(english) or singular.endswith(english), f"chapter {chapter}: {words!r} for {english!r}"
            first.setdefault(chinese, chapter)
    assert first == {zh: t["chapter"] for zh, t in terms.items()}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_prose_keeps_the_house_rules(name):
    text = prose(NOTEBOOKS[name])
    assert not re.findall(r"(?i)\b(simply|obviously|clearly|powerful|seamless\w*|it is important to note|"
                          r"in this section we will)\b", text)
    assert "!" not in re.sub(r"!\[", "", text)
    assert not re.findall(r"\bTODO\b|\bFIXME\b", text)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_its_parts(name):
    text = "\n".join("".join(c["source"]) for c in CHAPTERS[name])
    assert text.startswith(f"# {name.lstrip('0')} · ")
    assert "notebook.setup(" in "".join(CHAPTERS[name][1]["source"])
    for part in ("## Exercises", "## Summary", "## References", "After (this (chapter|appendix)|it) you can"):
        assert re.search(part, text) or name not in TAUGHT, part
    tags = re.findall(r"\\tag\{(\w+)\.(\d+)\}", text)
    assert [int(k) for _, k in tags] == list(range(1, len(tags) + 1)) and {c for c, _ in tags} <= {name.lstrip("0")}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_picture_has_a_description(name):
    """Explorables describe themselves; a picture says in its cell's metadata what is to be seen."""
    for cell in NOTEBOOKS[name]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and EXPLORABLE not in data:
                alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
                assert len(alt) > 30, "".join(cell["source"])[:200]
            elif EXPLORABLE in data:
                assert data[EXPLORABLE]["title"] and data[EXPLORABLE]["caption"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_explorables_stay_within_their_budget(name):
    """At most 60 kB gzipped each, 250 kB a page."""
    stored = [json.dumps(o["data"][EXPLORABLE]).encode() for c in NOTEBOOKS[name] for o in c.get("outputs", [])
              if EXPLORABLE in o.get("data", {})]
    sizes = [len(gzip.compress(s)) for s in stored]
    assert all(size <= 60_000 for size in sizes) and sum(sizes) <= 250_000, sizes
    assert not name[:2].isdigit() or len(sizes) >= 2


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_stored_warning_or_path_of_a_machine(name):
    for cell in NOTEBOOKS[name]:
        assert all(o.get("name") != "stderr" for o in cell.get("outputs", [])), "".join(cell["source"])[:200]
