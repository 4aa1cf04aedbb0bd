"""How long each chapter is and what it builds on: a line under its title, and the overview of all chapters.

The data are in ``book/chapters.toml``; how long reading takes is computed from the text. In a notebook the empty
``<div class="chapters"></div>`` asks for the overview, which on the site takes the place of the list that follows it.
"""
import math
import tomllib
from html import escape
from pathlib import Path

import yaml
from docutils import nodes

WORDS, FORMULA, LINES, FIGURE = 220, 0.4, 25, 1.0       # words and lines of code a minute; minutes for each formula and figure
MARK = '<div class="chapters"></div>'


def read_through(node):
    """Whether a reader of the text reads it: not in a folded cell, not an exercise, no reference."""
    while node := node.parent:
        if isinstance(node, nodes.container) and node.get("hide_mode"):
            return False
        if isinstance(node, nodes.section) and node[0].astext() in ("Exercises", "References"):
            return False
    return True


def minutes(doctree):
    """How long reading takes, in minutes: the words, the formulas, the code and the figures with controls."""
    def all_of(kind):
        return filter(read_through, doctree.findall(kind))

    words = sum(len(p.astext().split()) for p in all_of(nodes.paragraph))
    lines = sum(len(c.astext().splitlines()) for c in all_of(nodes.literal_block) if "cell_input" in c.parent["classes"])
    formulas = sum(1 for _ in all_of(nodes.math_block))
    figures = sum("explorable" in c["classes"] for c in doctree.findall(nodes.container))
    return words / WORDS + lines / LINES + FORMULA * formulas + FIGURE * figures


def read(app):
    """Read the data file once for a build, and note of each page how long reading it takes."""
    path = Path(app.srcdir, "book", "chapters.toml")
    app.env.book_data = tomllib.loads(path.read_text("utf-8")) if path.exists() else {"readers": [], "chapters": {}}
    if not hasattr(app.env, "book_minutes"):
        app.env.book_minutes = {}


def measure(app, doctree):
    app.env.book_minutes[app.env.docname] = minutes(doctree)


def forget(app, env, docname):
    getattr(env, "book_minutes", {}).pop(docname, None)


def merge(app, env, docnames, other):
    env.book_minutes.update({name: other.book_minutes[name] for name in docnames if name in other.book_minutes})


def fives(x):
    """Minutes as one says them: to the next five."""
    return max(5, 5 * math.ceil(x / 5))


def hours(x):
    """Minutes as hours, to the next half."""
    halves = math.ceil(x / 30)
    whole = f"{halves // 2}½" if halves % 2 else str(halves // 2)
    return f"{whole.removeprefix('0')} hour{'s' if halves > 2 else ''}"


def number(docname):
    """15 for ``book/15-lstm``; None for what is not a chapter."""
    head = docname.rpartition("/")[2].partition("-")[0]
    return int(head) if head.isdigit() else None


def name(env, docname):
    """What a chapter is called: its title up to the colon, without its number."""
    return title(env, docname).partition(":")[0]


def title(env, docname):
    return env.titles[docname].astext().partition(" · ")[2]


def chapters(env):
    """The pages of the chapters by their numbers."""
    return {number(d): d for d in sorted(env.found_docs) if number(d) is not None}


def facts(env, docname):
    return env.book_data["chapters"].get(docname.rpartition("/")[2], {})


def byline(app, docname):
    """The line under a chapter's title, as HTML."""
    env, pages = app.env, chapters(app.env)
    about = facts(env, docname)
    needs = [f'<a href="{app.builder.get_relative_uri(docname, pages[k])}">{k}&nbsp;{escape(name(env, pages[k]))}</a>'
             for k in about["builds_on"] if k in pages]
    listed = " and ".join(filter(None, [", ".join(needs[:-1]), needs[-1]])) if needs else "no other chapter"
    return (f'<p class="byline"><span>About {fives(env.book_minutes[docname])} minutes to read</span> '
            f'<span>about {about["seconds"]} seconds to run</span> <span>builds on {listed}</span></p>')


def parts(app):
    """The captions of the table of contents, each with its pages."""
    contents = yaml.safe_load(Path(app.srcdir, "_toc.yml").read_text("utf-8"))
    return [(part["caption"], [entry["file"] for entry in part["chapters"]]) for part in contents["parts"]]


def overview(app, docname):
    """All chapters with their reading times, and arcs from each to those it builds on, as HTML."""
    env, pages = app.env, chapters(app.env)
    readers = [{"name": "All chapters", "chapters": list(pages)}, *env.book_data["readers"]]
    choices = ""
    for k, reader in enumerate(readers):
        time = hours(sum(env.book_minutes[pages[c]] for c in reader["chapters"] if c in pages))
        choices += (f'<label><input type="radio" name="reader" value="{k}"{"" if k else " checked"}> '
                    f'{escape(reader["name"])} <span class="time">{time}</span></label>')
    rows = [(caption, page) for caption, files in parts(app) if any(map(number, files)) for page in (None, *files)]
    row = {number(page): k for k, (_, page) in enumerate(rows) if page}
    items = ""
    for k, (caption, page) in enumerate(rows):
        if page is None:
            items += f'<li class="part"><span>{escape(caption)}</span></li>'
            continue
        me, needs = number(page), [n for n in facts(env, page).get("builds_on", []) if n in row]
        arcs = "".join(arc(row[n] + 0.5, k + 0.5, len(rows)) for n in needs)
        drawn = f'<svg viewBox="0 0 100 {len(rows)}" preserveAspectRatio="none" aria-hidden="true">{arcs}</svg>' if arcs else ""
        ways = " ".join(f"way-{w}" for w, reader in enumerate(readers) if me in reader["chapters"])
        said = f'builds on {", ".join(map(str, needs))}' if needs else "builds on no other"
        topic, _, question = map(escape, title(env, page).partition(": "))
        items += (f'<li class="{ways}">{drawn}<span class="number">{me}</span> '
                  f'<span class="what"><a href="{app.builder.get_relative_uri(docname, page)}">{topic}</a> '
                  f'<span class="asks">{question}</span></span> '
                  f'<span class="length"><span class="time">{fives(env.book_minutes[page])} min</span> '
                  f'<span class="needs">{said}</span></span></li>')
    return (f'<div class="overview"><fieldset><legend>Choose your way</legend>{choices}</fieldset>'
            f'<ul>{items}</ul></div>')


def arc(start, end, rows):
    """A bow from one row to another, wider the further they lie apart; the right border is at 100."""
    left = 100 - 130 * ((end - start) / rows) ** 0.6
    return f'<path d="M100 {start}C{left:.1f} {start} {left:.1f} {end} 100 {end}"/>'


def show(app, doctree, docname):
    """Put both where they belong."""
    if app.builder.format != "html":
        return
    if "builds_on" in facts(app.env, docname):
        heading = next(iter(doctree.findall(nodes.title)), None)
        if heading is not None:
            heading.parent.insert(heading.parent.index(heading) + 1, nodes.raw("", byline(app, docname), format="html"))
    for mark in list(doctree.findall(nodes.raw)):
        if mark.astext().strip() == MARK:
            place, k = mark.parent, mark.parent.index(mark)
            if k + 1 < len(place) and isinstance(place[k + 1], nodes.enumerated_list | nodes.bullet_list):
                del place[k + 1]
            place[k] = nodes.raw("", overview(app, docname), format="html")


def setup(app):
    app.connect("builder-inited", read)
    app.connect("doctree-read", measure)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", show)
