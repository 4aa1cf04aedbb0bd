"""The built site in a real browser: nothing missing, nothing from elsewhere, legible, and figures move."""
import collections
import gzip
import html.parser
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import urllib.parse

import pytest
import serve

pytestmark = pytest.mark.slow
ROOT = pathlib.Path(__file__).resolve().parent.parent
NEEDED = ["_config.yml", "_toc.yml", "book", "tools/book_extension.py", "src/unrolled/explore/static"]
PAGE_LIMIT, CODE_LIMIT = 1.2e6, 0.75e6  # bytes gzipped: a page with its pictures; its scripts and styles
FIRST_FIGURE_LIMIT = 5.0  # seconds; five times the goal


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site, built from the notebooks as they are; a warning of the build is an error."""
    folder = tmp_path_factory.mktemp("site")
    for name in NEEDED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    build = shutil.which("jupyter-book", path=pathlib.Path(sys.executable).parent)
    command, environment = [build, "build", ".", "-W", "-n", "--keep-going"], {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env=environment)
    assert done.returncode == 0, f"The site does not build without warnings:\n{done.stderr[-2000:]}"
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def address(site):
    """``address("book/index.html")`` is where a server of the site has that page."""
    with serve.server(site, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield lambda page: f"http://127.0.0.1:{server.server_port}/{page}"
        server.shutdown()
        thread.join()


def chapters(site):
    return sorted(page.relative_to(site).as_posix() for page in (site / "book").glob("*.html"))


def pages(site):
    return [*chapters(site), "search.html", "genindex.html"]


class Reader(html.parser.HTMLParser):
    """What a page refers to, what can be referred to in it, and its pictures' texts."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids, self.pictures, self.language, self.description = [], set(), {}, None, ""
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes[a] for a in ("id", "name") if attributes.get(a)}
        self.links += [attributes[a] for a in ("href", "src") if attributes.get(a)]
        if tag == "img":
            self.pictures[attributes["src"]] = attributes.get("alt")
        if tag == "html":
            self.language = attributes.get("lang")
        if tag == "meta" and attributes.get("name") == "description":
            self.description = attributes["content"]


def test_every_chapter_is_built(site):
    built = {pathlib.PurePath(page).stem for page in chapters(site)}
    assert built == {path.stem for path in (ROOT / "book").glob("*.ipynb")}


def test_links_anchors_and_pictures_resolve(site):
    read = {path: Reader(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    broken = []
    for path, reader in read.items():
        for link in reader.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            anchor = urllib.parse.unquote(parts.fragment)
            if not target.is_file() or (anchor and target in read and anchor not in read[target].ids):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert not broken, "\n".join(broken)


def test_pages_and_pictures_are_described(site):
    for page in ["index.html", *pages(site)]:
        reader, path = Reader(site / page), site / page
        assert reader.language == "en", path
        assert len(reader.description) >= 60 or page not in chapters(site), f"{path}: {reader.description!r}"
        for source, text in reader.pictures.items():
            described = text is not None and not text.startswith(("../", "<Figure"))
            assert described, f"{path}: {source} has the text {text!r}"


def test_a_port_in_use_gets_a_sentence(tmp_path):
    with serve.server(tmp_path, 0) as server, pytest.raises(SystemExit, match="is in use: name another"):
        serve.server(tmp_path, server.server_port)


def test_without_a_port_a_free_one_is_found(tmp_path, monkeypatch):
    with serve.server(tmp_path, 0) as server:
        monkeypatch.setattr(serve, "PORT", server.server_port)
        with serve.server(tmp_path) as another:
            assert another.server_port != server.server_port


@pytest.mark.parametrize("arguments, message", [(["--port=70000"], "to 65535"), ([], "build it first")])
def test_what_cannot_be_served_gets_a_sentence(arguments, message, tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "SITE", tmp_path)
    with pytest.raises(SystemExit, match=message):
        serve.main(arguments)


def test_the_root_leads_to_the_book(page, address):
    page.goto(address(""))
    page.wait_for_url("**/book/index.html")
    assert "Deep Learning, Unrolled" in page.title()


def quiet(page):
    """Wait until a page has loaded, drawn its figures and set its formulas."""
    page.wait_for_load_state("load")
    page.evaluate("window.MathJax?.startup?.promise")
    page.wait_for_function("!document.querySelector('.explorable .ux-still')")


def serious(page):
    """axe's serious and critical findings, one line each."""
    from axe_playwright_python.sync_playwright import Axe
    options = {"resultTypes": ["violations"], "preload": False}  # else it seeks imported styles in vain
    found = Axe().run(page, options=options).response["violations"]
    grave = [(v["id"], node) for v in found if v["impact"] in ("serious", "critical") for node in v["nodes"]]
    return [f"{name}: {node['target']} {node['failureSummary']}" for name, node in grave]


ICONS = """[...document.querySelectorAll(".fa-solid, .fas, .fab, .far")]
    .every(icon => getComputedStyle(icon).maskImage.startsWith("url"))"""
DISTORTED = """[...document.querySelectorAll("article img")]
    .filter(e => Math.abs(e.clientWidth * e.naturalHeight - e.clientHeight * e.naturalWidth)
                 > 0.03 * e.clientHeight * e.naturalWidth).map(e => e.alt)"""


@pytest.mark.parametrize("view", ["dark", "phone"])
def test_every_page_is_complete_and_accessible(view, site, address, open_page):
    findings = []
    for name in pages(site):
        with open_page(view) as page:
            page.goto(address(name))
            quiet(page)
            page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            findings += [f"{name}: {finding}" for finding in serious(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= page.viewport_size["width"], f"{name} is {wide} pixels wide"
            assert page.evaluate(ICONS), f"{name} shows an icon that style.css lacks"
            assert not page.evaluate(DISTORTED), f"{name} distorts pictures"
    assert not findings, "\n".join(findings)


def test_formulas_are_set(site, address, open_page):
    formulas = 0
    for name in chapters(site):
        with open_page() as page:
            page.goto(address(name))
            quiet(page)
            sources = page.locator(".math.notranslate")
            formulas += sources.count()
            assert sources.filter(has=page.locator("mjx-container")).count() == sources.count(), name
            assert not page.locator("mjx-merror").all_inner_texts(), name
            texts = page.locator("article :is(p, li, td, dd)").all_inner_texts()
            raw = [text for text in texts if "$" in text or "\\(" in text]
            assert not raw, f"{name} shows raw TeX: {raw}"
    assert formulas > 0


CUT_OFF = """[...document.querySelectorAll('div.math')].filter(f =>
    f.querySelector('mjx-container').getBoundingClientRect().left < f.getBoundingClientRect().left - 1
    || (f.scrollWidth > f.clientWidth && f.tabIndex !== 0))"""


def test_wide_formulas_can_be_scrolled_to_their_start(site, address, open_page):
    """On a phone, by finger and by keyboard."""
    for name in chapters(site):
        with open_page("phone") as page:
            page.goto(address(name))
            quiet(page)
            page.wait_for_function(f"{CUT_OFF}.length === 0", timeout=5000)


def weights(page):
    """A function that tells how many bytes, gzipped, the page has loaded of each kind."""
    answers = []
    page.on("response", lambda answer: answers.append(answer))

    def gzipped():
        size = collections.Counter()
        for answer in answers:
            size[answer.request.resource_type] += len(gzip.compress(answer.body()))
        return size

    return gzipped


def test_pages_are_light(site, address, open_page):
    for name in chapters(site):
        with open_page() as page:
            size = weights(page)
            page.goto(address(name))
            quiet(page)
            page.wait_for_load_state("networkidle")
            size = size()
        code, total = size["script"] + size["stylesheet"], sum(size.values())
        print(f"{name}: {total / 1e3:.0f} kB gzipped, {code / 1e3:.0f} kB of them scripts and styles")
        assert total <= PAGE_LIMIT and code <= CODE_LIMIT, f"{name}: {size}"


def with_figures(site):
    found = [page for page in chapters(site) if 'class="explorable' in (site / page).read_text("utf-8")]
    assert found, "No page has an explorable."
    return found


def shown(figure):
    """What an explorable draws, and the sentence under it."""
    pixels = figure.locator("canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL()).join()")
    return figure.locator(".ux-panels").inner_html() + pixels, figure.locator(".ux-sentence").inner_text()


def test_figures_move_by_keyboard_and_mouse(site, address, open_page):
    for name in with_figures(site):
        with open_page() as page:
            page.goto(address(name))
            quiet(page)
            for figure in page.locator(".explorable:has(.ux-controls input[type=range])").all():
                slider = figure.locator(".ux-controls input[type=range]").first
                slider.scroll_into_view_if_needed()
                seen = [shown(figure)]
                for move in ("Home", "ArrowRight", "End", 0.1):
                    if isinstance(move, str):
                        slider.press(move)
                    else:
                        box = slider.bounding_box()
                        page.mouse.click(box["x"] + move * box["width"], box["y"] + box["height"] / 2)
                    figure.evaluate("() => new Promise(requestAnimationFrame)")
                    seen.append(shown(figure))
                title = figure.locator(".ux-title").inner_text()
                assert seen[1][0] != seen[2][0] != seen[3][0], f"{name}: keys do not move {title}"
                assert seen[3][0] != seen[4][0], f"{name}: the mouse does not move {title}"
                assert len({said for _, said in seen}) > 1, f"{name}: {title} always says {seen[0][1]!r}"


USABLE = """new MutationObserver((_, observer) => {
    if (!document.querySelector(".ux:not(.ux-still) .ux-panel")) return;
    window.usable = performance.now();
    observer.disconnect();
}).observe(document, { childList: true, subtree: true })"""


def test_the_first_figure_is_soon_usable(site, address, open_page):
    for name in with_figures(site):
        with open_page() as page:
            page.add_init_script(USABLE)
            page.goto(address(name))
            seconds = page.evaluate("window.usable") / 1000
            print(f"{name}: first figure after {seconds:.2f} s")
            assert seconds <= FIRST_FIGURE_LIMIT


def test_without_scripts_there_are_pictures(site, address, open_page):
    for name in with_figures(site):
        with open_page("no script") as page:
            page.goto(address(name))
            figures = page.locator(".explorable")
            assert figures.count() == page.locator(".explorable img").count()
            for picture in page.locator(".explorable img").all():
                assert picture.bounding_box()["width"] > 200


@pytest.mark.parametrize("query, expected", [("perceptron", "05-perceptrons"), ("感知机", "05-perceptrons"),
                                             ("感知", "05-perceptrons"), ("不存在", None)])
def test_search(query, expected, page, address):
    page.goto(address("book/index.html"))
    page.keyboard.press("Control+k")
    page.keyboard.type(query)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?*")
    page.locator(".search-summary").filter(has_text=re.compile("matching|found|did not match")).wait_for()
    found = [a.get_attribute("href") for a in page.locator("#search-results .search a").all()]
    assert any(expected in link for link in found) if expected else not found


def test_notebooks_can_be_downloaded(site, address, page, tmp_path):
    for name in chapters(site):
        page.goto(address(name))
        with page.expect_download() as download:
            page.click(".download-notebook")
        download.value.save_as(tmp_path / "notebook")
        original = (ROOT / name).with_suffix(".ipynb")
        assert (tmp_path / "notebook").read_bytes() == original.read_bytes()


def test_hidden_cells_open_by_keyboard(site, address, page):
    labels = set()
    for name in chapters(site):
        page.goto(address(name))
        hidden = page.locator("div.cell details")
        assert hidden.and_(page.locator("[open]")).count() == 0
        for label in set(hidden.locator("summary").all_inner_texts()):
            labels.add(label)
            first = hidden.filter(has=page.locator(f'summary:text-is("{label}")')).first
            first.locator("summary").press("Enter")
            assert first.get_attribute("open") is not None
    assert labels and labels <= {"Code", "Output", "Code and output", "Solution"}
