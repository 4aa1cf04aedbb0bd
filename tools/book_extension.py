"""What the book adds to Jupyter Book: formulas, labels of hidden cells, what a page says of itself, a better search.

Numbered equations are in ``book_equations.py``, reading times and the overview of the chapters in ``book_overview.py``,
the cells that check results in ``book_results.py``.
"""
import html
import json
import re
import shutil
import tomllib
from collections import Counter
from pathlib import Path
from urllib.parse import quote, urlsplit

import book_equations
import book_overview
import book_results
import sphinx.search
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from serve import UNFINISHED

HAN = r"\u3400-\u9fff"


class SearchEnglishAndChinese(sphinx.search.SearchEnglish):
    """English words, in either spelling; Chinese, which has no blanks, in overlapping pairs of characters."""

    def split(self, text):
        pairs = [run[i:i + 2] for run in re.findall(f"[{HAN}]{{2,}}", text) for i in range(len(run) - 1)]
        words = super().split(re.sub(f"[{HAN}]+", " ", text))
        return [re.sub(r"(?<=\w{4})iz(?=(ation|ing|e|ed|er)s?$)", "is", word) for word in words] + pairs

    js_splitter_code = r"""
function splitQuery(query) {
  const words = query.replace(/[\u3400-\u9fff]+/g, " ").split(/[^\p{Letter}\p{Number}_]+/u).filter(w => w);
  const british = words.map(w => w.replace(/(?<=\w{4})iz(?=(ation|ing|e|ed|er)s?$)/i, "is"));
  const runs = query.match(/[\u3400-\u9fff]+/g) || [];
  const pairs = run => run.length < 2 ? [run] : [...run.slice(1)].map((c, i) => run[i] + c);
  return [...british, ...runs.flatMap(pairs)];
}
"""


class RankedIndex(sphinx.search.IndexBuilder):
    """Lists the pages of a word in the order of how often their text uses it; ``search.js`` ranks by that."""

    def feed(self, docname, filename, title, doctree):
        super().feed(docname, filename, title, doctree)
        counts = self.env.__dict__.setdefault("book_words", {})
        prose = [p for kind in (nodes.paragraph, nodes.title) for p in doctree.findall(kind)]
        counts[docname] = Counter(self.lang.stem(word).lower() for p in prose for word in self.lang.split(p.astext()))

    def get_terms(self, fn2index):
        pages, counts = {k: page for page, k in fn2index.items()}, self.env.__dict__.get("book_words", {})
        ranked = super().get_terms(fn2index)
        for terms in ranked:
            for word, found in terms.items():
                if isinstance(found, list):
                    found.sort(key=lambda k, word=word: (-counts.get(pages[k], {}).get(word, 0), k))
        return ranked


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
            label = "Set-up" if "notebook.setup(" in cell.astext() and mode == "input" else label
            cell["prompt_show"] = "Solution" if "tag_solution" in cell["classes"] else label


def open_details(translator, node):
    classes, label = " ".join(node["classes"]), html.escape(node["prompt_show"])
    translator.body.append(f'<details class="hide {classes}">\n<summary>{label}</summary>\n')


def close_details(translator, node):
    translator.body.append("</details>\n")


POLICY = ("default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
          "connect-src 'self'; form-action 'self'; base-uri 'none'")      # MathJax and the figures write style elements


def describe_page(app, pagename, templatename, context, doctree):
    """Say in the page's head what it may load, and what search engines and previews show of it."""
    site, base = app.config.html_title, app.config.html_baseurl
    text = describing(doctree, site) if doctree is not None else site
    title = re.sub("<[^>]*>", "", context.get("title") or site)
    picture = (base.rstrip("/") + "/_static/preview.png") if base else context["pathto"]("_static/preview.png", 1)
    kind = "book" if pagename == app.config.root_doc else "article"
    about = [("name", "description", text), ("property", "og:type", kind), ("property", "og:site_name", site),
             ("property", "og:title", html.unescape(title)), ("property", "og:description", text),
             ("property", "og:image", picture), ("property", "og:image:alt", "A loop unrolled into a chain of cells"),
             ("name", "twitter:card", "summary_large_image"), ("name", "color-scheme", "light dark")]
    if context.get("pageurl"):
        about.append(("property", "og:url", context["pageurl"]))
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    head += "".join(f'<meta {kind}="{key}" content="{html.escape(value)}">\n' for kind, key, value in about
                    if doctree is not None or key == "color-scheme")
    for scheme, colour in (("light", "#ffffff"), ("dark", "#14181e")):
        head += f'<meta name="theme-color" media="(prefers-color-scheme: {scheme})" content="{colour}">\n'
    context["metatags"] = head + re.sub(r'<meta name="viewport"[^>]*>', "", context.get("metatags", ""))


def describing(doctree, otherwise):
    """The first long paragraph without a formula, at most 200 characters of it."""
    plain = (p for p in doctree.findall(nodes.paragraph) if not any(p.findall(nodes.math)))
    texts = (" ".join(p.astext().split()) for p in plain)
    text = next((t for t in texts if len(t) >= 60), otherwise)
    return text if len(text) <= 200 else text[:200].rpartition(" ")[0] + " …"


def drop_inline_scripts(app, pagename, templatename, context, doctree):
    """The pages' policy allows scripts in files only; those that the theme writes into pages are not needed here."""
    context["script_files"][:] = [script for script in context["script_files"] if script.filename]


def open_links_safely(app, pagename, templatename, context, doctree):
    """Other hosts learn nothing of the page that led to them."""
    if context.get("body"):
        context["body"] = context["body"].replace('<a class="reference external" href="http',
                                                  '<a class="reference external" rel="noopener" href="http')


def offer_repository(app, pagename, templatename, context, doctree):
    """Where a page can be run and errors be reported, which depends on whether ``repository_url`` is set in _config.yml."""
    address = (context.get("repository_url") or "").rstrip("/").removesuffix(".git")
    branch = context.get("repository_branch") or "main"
    context["launch"], context["report"] = [], context["pathto"](app.config.root_doc).rstrip("#") + "#if-something-is-wrong"
    if not address:
        return
    host, path = urlsplit(address).netloc, urlsplit(address).path.strip("/")
    if host == "github.com":
        context["launch"].append(("Colab", f"https://colab.research.google.com/github/{path}/blob/{branch}/{pagename}.ipynb"))
        context["launch"].append(("Binder", f"https://mybinder.org/v2/gh/{path}/{branch}?urlpath=lab/tree/{pagename}.ipynb"))
    title = quote(f"Error in {pagename.rpartition('/')[2]}")
    context["report"] = f"{address}/issues/new?title={title}"


def add_root_pages(app, pagename, templatename, context, doctree):
    """What the page for missing pages needs: it is shown at any address, so that its links start from the root.

    And the search: in which chapter a term is introduced, those left out that the first chapter only names.
    """
    if pagename == "search":
        path = Path(app.srcdir, "book", "notation.toml")
        terms = tomllib.loads(path.read_text("utf-8"))["term"] if path.exists() else []
        homes = {term[name]: term["chapter"] for term in terms for name in ("en", "zh") if term["chapter"] != "01"}
        for page, about in app.env.book_data["chapters"].items():
            homes.update(dict.fromkeys(about.get("topics", []), page[:2]))
        context["homes"] = json.dumps(homes, ensure_ascii=False).replace("<", "\\u003c")
    if pagename == "404":
        context["base"] = urlsplit(app.config.html_baseurl).path.rstrip("/") + "/"
        context["logo_svg"] = Path(app.srcdir, "book", "assets", "logo.svg").read_text("utf-8").strip()


def list_pages(app, exception):
    """For search engines, once it is known where the site will be."""
    base = app.config.html_baseurl.rstrip("/")
    if exception or not base or app.builder.format != "html":
        return
    found = "".join(f"<url><loc>{html.escape(f'{base}/{page}.html')}</loc></url>\n" for page in sorted(app.env.found_docs))
    sitemap = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{found}</urlset>\n'
    Path(app.outdir, "sitemap.xml").write_text(sitemap, "utf-8")
    Path(app.outdir, "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n", "utf-8")


def begin(app):
    """Mark the site unfinished; of a build that was killed keep nothing, as Sphinx takes half a page for a whole one."""
    around = Path(app.outdir).parent
    if (around / UNFINISHED).exists():
        for folder in (app.outdir, app.doctreedir, around / "jupyter_execute"):
            shutil.rmtree(folder, ignore_errors=True)
    around.mkdir(parents=True, exist_ok=True)
    (around / UNFINISHED).touch()


def finish(app, exception):
    if not exception:
        (Path(app.outdir).parent / UNFINISHED).unlink()


def mark_title_page(app, doctree):
    if app.env.docname == app.config.root_doc:
        next(iter(doctree.findall(nodes.section)))["classes"].append("title-page")


def setup(app):
    begin(app)
    sphinx.search.languages["en"] = SearchEnglishAndChinese
    sphinx.search.IndexBuilder = RankedIndex
    app.add_node(HideCodeCellNode, override=True, html=(open_details, close_details))
    for change in (keep_formulas, bind_punctuation, label_hidden_cells, mark_title_page):
        app.connect("doctree-read", change)
    for addition in (describe_page, offer_repository, open_links_safely, add_root_pages):
        app.connect("html-page-context", addition)
    app.connect("html-page-context", drop_inline_scripts, priority=900)
    app.connect("build-finished", list_pages)
    app.connect("build-finished", finish, priority=900)
    book_overview.setup(app)
    book_equations.setup(app)
    book_results.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
