"""What the book adds to Jupyter Book: labels of hidden cells, page descriptions, search for Chinese terms."""
import html
import re

import sphinx.search
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode

HAN = r"\u3400-\u9fff"


class SearchEnglishAndChinese(sphinx.search.SearchEnglish):
    """English words as ever; Chinese, which has no blanks, in overlapping pairs of characters, in the index and in the query."""

    def split(self, text):
        pairs = [run[i:i + 2] for run in re.findall(f"[{HAN}]{{2,}}", text) for i in range(len(run) - 1)]
        return super().split(re.sub(f"[{HAN}]+", " ", text)) + pairs

    js_splitter_code = r"""
function splitQuery(query) {
  const words = query.replace(/[\u3400-\u9fff]+/g, " ").split(/[^\p{Letter}\p{Number}_]+/u).filter(word => word);
  const pairs = (query.match(/[\u3400-\u9fff]+/g) || []).flatMap(run => run.length < 2 ? [run] : [...run.slice(1)].map((c, i) => run[i] + c));
  return [...words, ...pairs];
}
"""


LABELS = {"all": "Code and output", "input": "Code", "output": "Output"}


def label_hidden_cells(app, doctree):
    """A disclosure says what it hides."""
    for cell in doctree.findall(nodes.container):
        if mode := cell.get("hide_mode"):
            cell["prompt_show"] = "Solution" if "tag_solution" in cell["classes"] else LABELS.get(mode, "Hidden {type}")


def open_details(translator, node):
    classes, label = " ".join(node["classes"]), html.escape(node["prompt_show"])
    translator.body.append(f'<details class="hide {classes}">\n<summary>{label}</summary>\n')


def close_details(translator, node):
    translator.body.append("</details>\n")


def describe_page(app, pagename, templatename, context, doctree):
    """The first long paragraph without a formula describes the page to search engines and in previews."""
    if doctree is None:
        return
    texts = (" ".join(p.astext().split()) for p in doctree.findall(nodes.paragraph) if not any(p.findall(nodes.math)))
    text = next((t for t in texts if len(t) >= 60), app.config.html_title)
    text = text if len(text) <= 200 else text[:200].rpartition(" ")[0] + " …"
    context["metatags"] += f'<meta name="description" content="{html.escape(text)}">\n'


def setup(app):
    sphinx.search.languages["en"] = SearchEnglishAndChinese
    app.add_node(HideCodeCellNode, override=True, html=(open_details, close_details))
    app.connect("doctree-read", label_hidden_cells)
    app.connect("html-page-context", describe_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
