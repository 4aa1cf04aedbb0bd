r"""Numbered equations that can be referred to: each ``\tag{15.3}`` is a place, and "(15.3)" in the text leads there."""
import re

from docutils import nodes
from sphinx.util.nodes import make_refnode

TAG = re.compile(r"\\tag\{([0-9A-F]+\.\d+)\}")
REFERENCE = re.compile(r"\(([0-9A-F]+\.\d+)\)")
APART = (nodes.reference, nodes.literal, nodes.title, nodes.raw, nodes.math, nodes.math_block, nodes.literal_block)
SOURCES = "From the sources"        # a section where a number of another chapter may be an equation of a source
FOREIGN = ("D-", "E-")              # appendices where any number may be


def anchor(number):
    return f"eq-{number.lower().replace('.', '-')}"


def number_equations(app, doctree):
    """Give each numbered formula an anchor and a link to itself."""
    known = equations(app.env)
    for formula in list(doctree.findall(nodes.math_block)):
        if numbers := TAG.findall(formula.astext()):
            known.update({n: app.env.docname for n in numbers})
            place = formula.parent
            box = nodes.container("", classes=["equation"], ids=[anchor(n) for n in numbers])
            place[place.index(formula)] = box
            link = (f'<a class="headerlink" href="#{anchor(numbers[0])}" title="Link to this equation" '
                    f'aria-label="Link to equation {numbers[0]}">#</a>')
            box += [formula, nodes.raw("", link, format="html")]


def equations(env):
    """The page of each equation."""
    if not hasattr(env, "book_equations"):
        env.book_equations = {}
    return env.book_equations


def forget(app, env, docname):
    env.book_equations = {n: page for n, page in equations(env).items() if page != docname}


def merge(app, env, docnames, other):
    equations(env).update({n: page for n, page in equations(other).items() if page in docnames})


def heading(node):
    """The heading of the section, below the page's own, in which a node stands."""
    found = ""
    while node := node.parent:
        if isinstance(node, nodes.section) and isinstance(node.parent, nodes.section):
            found = node[0].astext()
    return found


def apart(node):
    while node := node.parent:
        if isinstance(node, APART):
            return True
    return False


def link_equations(app, doctree, docname):
    """Turn "(15.3)" into a link, if there is such an equation."""
    known = equations(app.env)
    if app.builder.format != "html" or docname.rpartition("/")[2].startswith(FOREIGN):
        return
    for text in list(doctree.findall(nodes.Text)):
        if not REFERENCE.search(text) or apart(text):
            continue
        pieces, done = [], 0
        for found in REFERENCE.finditer(text):
            page = known.get(found[1])
            if page is None or (page != docname and heading(text) == SOURCES):
                continue
            link = make_refnode(app.builder, docname, page, anchor(found[1]), nodes.Text(found[0]))
            link["classes"] = ["eqref"]
            pieces += [nodes.Text(text[done:found.start()]), link]
            done = found.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text[done:])])


def setup(app):
    app.connect("doctree-read", number_equations)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("doctree-resolved", link_equations)
