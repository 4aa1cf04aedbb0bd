"""What the book adds to Jupyter Book: formulas, labels of hidden cells, page descriptions, Chinese search."""
import html
import re

import sphinx.search
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode

HAN = r"\u3400-\u9fff"


class SearchEnglishAndChinese(sphinx.search.SearchEnglish):
    """English words as ever; Chinese, which has no blanks, in overlapping pairs of characters."""

    def split(self, text):
        pairs = [run[i:i + 2] for run in re.findall(f"[{HAN}]{{2,}}", text) for i in range(len(run) - 1)]
        return super().split(re.sub(f"[{HAN}]+", " ", text)) + pairs

    js_splitter_code = r"""
function splitQuery(query) {
  const words = query.replace(/[\u3400-\u9fff]+/g, " ").split(/[^\p{Letter}\p{Number}_]+/u).filter(w => w);
  const runs = query.match(/[\u3400-\u9fff]+/g) || [];
  const pairs = run => run.length < 2 ? [run] : [...run.slice(1)].map((c, i) => run[i] + c);
  return [...words, ...runs.flatMap(pairs)];
}
"""


def keep_formulas(app, doctree):
    """Leave a formula as Jupyter shows it: Sphinx would set several lines in an environment without tags."""
    for formula in doctree.findall(nodes.math_block):
        if not formula.get("nowrap") and not formula.get("label"):
            formula["nowrap"], formula.children = True, [nodes.Text(rf"\[{formula.astext()}\]")]


def bind_punctuation(app, doctree):
    """Keep a formula in the text on one line with its punctuation, from which browsers would part it."""
    for formula in list(doctree.findall(nodes.math)):
        line, k = formula.parent, formula.parent.index(formula)
        before, after = line[k - 1] if k else "", line[k + 1] if k + 1 < len(line) else ""
        opening = re.search(r"[^\s\w]*$", before)[0] if isinstance(before, nodes.Text) else ""
        closing = re.match(r"[^\s\w]*", after)[0] if isinstance(after, nodes.Text) else ""
        if opening:
            line[k - 1] = nodes.Text(before.removesuffix(opening))
        if closing:
            line[k + 1] = nodes.Text(after.removeprefix(closing))
        if opening or closing:
            line[k] = nodes.inline("", opening, formula, nodes.Text(closing), classes=["bound"])


LABELS = {"all": "Code and output", "input": "Code", "output": "Output"}


def label_hidden_cells(app, doctree):
    """A disclosure says what it hides."""
    for cell in doctree.findall(nodes.container):
        if mode := cell.get("hide_mode"):
            label = LABELS.get(mode, "Hidden {type}")
            cell["prompt_show"] = "Solution" if "tag_solution" in cell["classes"] else label


def open_details(translator, node):
    classes, label = " ".join(node["classes"]), html.escape(node["prompt_show"])
    translator.body.append(f'<details class="hide {classes}">\n<summary>{label}</summary>\n')


def close_details(translator, node):
    translator.body.append("</details>\n")


def describe_page(app, pagename, templatename, context, doctree):
    """The first long paragraph without a formula describes the page to search engines and in previews."""
    if doctree is None:
        return
    plain = (p for p in doctree.findall(nodes.paragraph) if not any(p.findall(nodes.math)))
    texts = (" ".join(p.astext().split()) for p in plain)
    text = next((t for t in texts if len(t) >= 60), app.config.html_title)
    text = text if len(text) <= 200 else text[:200].rpartition(" ")[0] + " …"
    context["metatags"] += f'<meta name="description" content="{html.escape(text)}">\n'


def setup(app):
    sphinx.search.languages["en"] = SearchEnglishAndChinese
    app.add_node(HideCodeCellNode, override=True, html=(open_details, close_details))
    app.connect("doctree-read", keep_formulas)
    app.connect("doctree-read", bind_punctuation)
    app.connect("doctree-read", label_hidden_cells)
    app.connect("html-page-context", describe_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
