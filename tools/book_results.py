"""The cells that check a result or prove a correction can be linked to; tables of results lead to them, and can be filtered."""
import re

from docutils import nodes

from unrolled.reproductions.claims import ids


def anchor_claims(app, doctree):
    """A cell that claims ``S0-5.2.5`` is where ``#S0-5.2.5`` leads."""
    for cell in doctree.findall(lambda n: isinstance(n, nodes.container) and n.get("nb_element") == "cell_code"):
        for code in cell.findall(nodes.literal_block):
            if "code" not in (code.parent.get("nb_element") or ""):
                continue
            cell["ids"] += [id for _, id in ids(code.astext()) if id not in cell["ids"]]


def link_pages(app, doctree):
    """What cells print links to notebooks; on the site, to their pages."""
    for raw in doctree.findall(nodes.raw):
        if raw.get("format") == "html" and ".ipynb" in raw.astext():
            raw.children = [nodes.Text(re.sub(r'(<a href="[\w-]+)\.ipynb', r"\1.html", raw.astext()))]
            raw.rawsource = raw.astext()


def offer_filter(app, pagename, templatename, context, doctree):
    if "data-filter=" in context.get("body", ""):
        app.add_js_file("filter.js", loading_method="defer")


def setup(app):
    app.connect("doctree-read", anchor_claims)
    app.connect("doctree-read", link_pages)
    app.connect("html-page-context", offer_filter)
