"""The tables of appendices D and E: what was reproduced, and what was corrected."""

import collections
import html
import re
import tomllib
from importlib import resources

from IPython.display import HTML, Markdown

from .claims import claims, fields
from .corrections import KINDS, corrections
from .experiments import EXPERIMENTS
from .register import register, stored

VERDICTS = ("the same", "the same, corrected", "as claimed", "differs", "quoted", "redrawn", "ours")     # see appendix D
LONG = 160      # characters of theirs or ours that a row shows


def verdict(entry):
    """The one of ``VERDICTS`` for an entry of the register whose check has passed."""
    if entry["source"] == "U":
        return "ours"
    if "differs" in entry:
        return "differs"
    if entry["kind"] == "exact":
        return "the same, corrected" if entry.get("corrections") else "the same"
    return {"trend": "as claimed", "fact": "quoted", "figure": "redrawn"}[entry["kind"]]


def number(page):
    """A notebook's chapter as the text names it: 8, not 08."""
    return page.partition("-")[0].lstrip("0")


def sources():
    """The books that the results come from, and what the chapters call them."""
    with (resources.files(__package__) / "register.toml").open("rb") as file:
        rows = [[id, of["called"], html.escape(of["title"])] for id, of in tomllib.load(file)["sources"].items()]
    return table(["", "in the chapters", ""], rows)


def overview(book, **only):
    """Every result: theirs, ours, the verdict, and where it is checked.

    Parameters
    ----------
    book : pathlib.Path
        The folder of the notebooks.
    only : str
        Of which rows: ``chapter="8"``, ``source="S0"``, ``verdict="differs"``.
    """
    rows = []
    for claim in claims(book):
        if claim.kind != "check":
            continue
        entry, said = register()[claim.id], fields(claim.printed)
        row = dict(chapter=number(claim.page), source=entry["source"], verdict=verdict(entry))
        if any(row[name] != value for name, value in only.items()):
            continue
        ours = said.get("ours") or ("drawn" if entry["kind"] == "figure" else said.get("agrees", ""))
        cut = (lambda text: text) if only else short
        values = {"theirs": cut(said.get("theirs", "")), "ours": cut(ours)}
        what = f'{html.escape(entry["title"])} <small>{html.escape(entry["source"] + ", " + entry["where"])}</small>'
        command = f"<br><code>run {claim.id}</code>" if claim.id in EXPERIMENTS else ""
        rows.append([
            f'<a href="{claim.page}.ipynb#{claim.id}">{claim.id}</a> {what}{command}', row["chapter"], row["verdict"],
            "<br>".join(f"<em>{name}</em> {html.escape(value)}" for name, value in values.items() if value),
            html.escape(entry.get("differs") or entry.get("note", ""))])
    return table(["result", "chapter", "verdict", "theirs and ours", "note"], rows, "chapter verdict" if not only else None)


def summary(book):
    """How many results of each chapter have which verdict."""
    counts = collections.defaultdict(collections.Counter)
    for claim in claims(book):
        if claim.kind == "check":
            counts[claim.page][verdict(register()[claim.id])] += 1
    rows = [[f'<a href="{page}.ipynb">{number(page)}</a>', *(str(of[v] or "") for v in VERDICTS), str(of.total())]
            for page, of in counts.items()]
    total = sum(counts.values(), collections.Counter())
    rows.append(["all", *(str(total[v]) for v in VERDICTS), str(total.total())])
    return table(["chapter", *VERDICTS, "all"], rows)


def short(text):
    return text if len(text) <= LONG else text[:LONG].rpartition(" ")[0] + " …"


def table(head, rows, filters=None):
    """A table whose rows the page can filter, by text and by the columns named in ``filters``; each cell names its column."""
    marker = f'<div data-filter="{filters}"></div>' if filters is not None else ""
    body = ["".join(f'<td data-label="{name}">{cell}</td>' for name, cell in zip(head, row, strict=True)) for row in rows]
    lines = [f"<tr>{cells}</tr>" for cells in ["".join(f"<th>{name}</th>" for name in head), *body]]
    rows = "\n".join(lines[1:])
    return HTML(f'{marker}<table class="results"><thead>{lines[0]}</thead>\n<tbody>{rows}</tbody></table>')


def slug(heading):
    """The anchor that the site gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def corrected(prefix, book):
    """The corrections whose ids begin so: where the source errs, what is right, and the proof, as Markdown."""
    names = {path.stem.partition("-")[0]: path.stem for path in book.glob("*-*.ipynb")}
    lines = ['<div data-filter=""></div>', "", "| where | printed, and right |", "|:--|:--|"]
    for id, entry in corrections().items():
        if id.startswith(prefix):
            chapter, _, heading = entry.get("proof", "").partition("#")
            proof = f'<a href="#{id}">below</a>'
            if chapter:
                proof = f"[chapter {chapter.lstrip('0')}]({names[chapter]}.ipynb#{heading})"
            lines.append(f"| **{id}** {entry['where']} <br>{KINDS[entry['kind']]} "
                         f"| *printed:* {entry['printed']} <br>*right:* {entry['right']} <br>proof: {proof} |")
    return Markdown("\n".join(lines))


def experiments():
    """The experiments with a stored result: over how many seeds, how long each took, and on which data."""
    rows = []
    for id in EXPERIMENTS:
        result = stored(id)
        seconds = [run["seconds"] for run in result["runs"]]
        data = ", ".join(result["data"]) or "made by the book"
        rows.append([f"<code>{id}</code>", html.escape(register()[id]["title"]), str(len(seconds)), spell(max(seconds)), data])
    return table(["experiment", "what", "seeds", "longest run", "data"], rows)


def spell(seconds):
    """A time in the unit that fits, in two digits."""
    return f"{seconds / 60:.2g} min" if seconds >= 90 else f"{seconds:.2g} s"
