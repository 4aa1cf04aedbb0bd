"""The built site in a real browser: nothing missing, nothing from elsewhere, legible, light, quick."""
import collections
import functools
import gzip
import json
import pathlib
import re
import tomllib
import urllib.error
import urllib.parse
import urllib.request

import pytest
import serve
from built import BUILD_LIMIT, ROOT, Reader, address, build, built, chapters, pages, quiet, site, sources, until, with_figures

__all__ = ["address", "built", "site"]      # fixtures
pytestmark = pytest.mark.slow
PAGE_LIMIT, CODE_LIMIT = 1.2e6, 0.75e6  # bytes gzipped: a page with its pictures; its scripts and styles
FIRST_FIGURE_LIMIT = 5.0  # seconds; five times the goal
DATA = tomllib.loads((ROOT / "book" / "chapters.toml").read_text("utf-8"))


def notebook(name):
    return json.loads((ROOT / "book" / f"{name}.ipynb").read_text("utf-8"))["cells"]


def markdown(name):
    return "\n\n".join("".join(c["source"]) for c in notebook(name) if c["cell_type"] == "markdown")


def heading(name):
    return "".join(notebook(name)[0]["source"]).split("\n")[0].removeprefix("# ")


def test_every_chapter_is_built_in_time(built):
    site, seconds = built
    names = {pathlib.PurePath(page).stem for page in chapters(site)}
    assert names == {path.stem for path in (ROOT / "book").glob("*.ipynb")}
    print(f"built in {seconds:.0f} s")
    assert seconds <= BUILD_LIMIT


def test_links_anchors_and_pictures_resolve(site):
    read = {path: Reader(path) for path in site.rglob("*.html") if "_static" not in path.parts}
    broken = []
    for path, reader in read.items():
        for link in reader.links:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            folder = site if parts.path.startswith("/") else path.parent          # 404.html's begin at the root
            target = (folder / urllib.parse.unquote(parts.path).lstrip("/")).resolve() if parts.path else path
            anchor = urllib.parse.unquote(parts.fragment)
            if not target.is_file() or (anchor and target in read and anchor not in read[target].ids):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert not broken, "\n".join(broken)


def test_pages_and_pictures_are_described(site):
    for page in ["index.html", "404.html", *pages(site)]:
        reader, path = Reader(site / page), site / page
        assert reader.language == "en", path
        for source, text in reader.pictures.items():
            described = text is not None and not text.startswith(("../", "<Figure"))
            assert described, f"{path}: {source} has the text {text!r}"


def test_pages_say_what_they_are(site):
    """To search engines and to whoever shows a preview."""
    for page in chapters(site):
        says = Reader(site / page).says
        assert len(says["description"]) >= 60, f"{page}: {says['description']!r}"
        assert says["og:description"] == says["description"] and says["twitter:card"] == "summary_large_image"
        assert says["og:title"] == heading(pathlib.PurePath(page).stem)
        assert (site / page).parent.joinpath(says["og:image"]).resolve().is_file(), "the preview picture is there"
        assert says["theme-color"] and "og:url" not in says, "there is no address to name"
    from PIL import Image
    assert Image.open(site / "_static" / "preview.png").size == (1200, 630)
    assert not (site / "robots.txt").exists() and not (site / "sitemap.xml").exists()


def test_pages_load_nothing_from_elsewhere_and_run_nothing_written_into_them(site):
    for page in pages(site):
        reader = Reader(site / page)
        policy = dict(rule.split(" ", 1) for rule in reader.says["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'" and policy["script-src"] == policy["connect-src"] == "'self'"
        assert not reader.inline, f"{page} has inline scripts: {reader.inline}"
        assert all(rel and "noopener" in rel for _, rel in reader.abroad), f"{page}: {reader.abroad}"


# What chapters.toml tells

def test_every_chapter_says_what_it_builds_on(site):
    found = {path.stem for path in (ROOT / "book").glob("[0-9][0-9]-*.ipynb")}
    assert set(DATA["chapters"]) == found
    names = {int(name[:2]): name for name in found}
    for name, about in DATA["chapters"].items():
        assert all(k in names and k < int(name[:2]) for k in about["builds_on"]), name
        assert 1 <= about["seconds"] <= 60, f"{name} takes {about['seconds']} seconds"
        opening = "".join(re.findall(r"You need .*", markdown(name))[:1])
        needs = re.sub(r";[^.;]*by name|[^.,;]*by name|If you have.*", "", opening)
        asked = {int(a or b) for a, b in re.findall(r"chapters? (\d+)|\((\d+)\.\d+\)", needs)}
        assert asked <= set(about["builds_on"]), f"{name} asks for {asked}"
        line = re.search(r'<p class="byline">(.*?)</p>', (site / "book" / f"{name}.html").read_text("utf-8"), re.DOTALL)[1]
        assert re.search(r"About \d+ minutes", line) and f"about {about['seconds']} seconds" in line
        assert re.findall(r'href="(\d\d)-', line) == [f"{k:02}" for k in about["builds_on"]]


def test_the_title_page_lists_the_chapters(site):
    """In the notebook as a list, on the site as the overview."""
    titles = {name: heading(name).split(" · ")[1] for name in DATA["chapters"]}
    listed = re.findall(r"^(\d+)\. \[(.*)\]\((.*)\.ipynb\)$", markdown("index"), re.MULTILINE)
    assert listed == [(str(int(name[:2])), title, name) for name, title in titles.items()]
    page = (site / "book" / "index.html").read_text("utf-8")
    shown = page[page.index('<div class="overview">'):page.index("Six appendices")]
    rows = re.findall(r'href="(.*?)\.html">(.*?)</a> <span class="asks">(.*?)</span>', shown)
    assert [(name, f"{topic}: {question}") for name, topic, question in rows] == list(titles.items())
    assert shown.count("<path") == sum(len(about["builds_on"]) for about in DATA["chapters"].values())
    minutes = [int(m) for m in re.findall(r"(\d+) min<", shown)]
    ways = [range(1, len(minutes) + 1), *(reader["chapters"] for reader in DATA["readers"])]
    hours = [float(h.replace("½", ".5")) for h in re.findall(r'class="time">([\d½]+) hour', shown)]
    for way, hour in zip(ways, hours, strict=True):
        assert hour * 60 - 30 - 5 * len(way) <= sum(minutes[k - 1] for k in way) <= hour * 60 + 5 * len(way)


# Equations

def test_equations_can_be_referred_to(site):
    ids = {page: Reader(site / page).ids for page in chapters(site)}
    homes = {}
    for page in chapters(site):
        for number in re.findall(r"\\tag\{([\dA-F]+\.\d+)\}", markdown(pathlib.PurePath(page).stem)):
            homes[number] = page
            assert "eq-" + number.replace(".", "-") in ids[page], f"{page} lacks an anchor for ({number})"
    assert len(homes) > 300
    links = collections.Counter()
    for page in chapters(site):
        text = (site / page).read_text("utf-8")
        for to, number in re.findall(r'<a class="eqref[^"]*" href="([^"]*)"[^>]*>(?:<[^>]*>)*\(([\dA-F.]+)\)', text):
            links[page] += 1
            where = urllib.parse.urljoin(page, to)
            assert where == f"{homes[number]}#eq-{number.replace('.', '-')}", f"{page}: ({number}) leads to {to}"
    assert sum(links.values()) > 300 and links["book/15-lstm.html"] > 10


def test_equations_of_the_sources_are_not_taken_for_ours(site):
    """Chapter 17 mentions the equations (6.1) to (6.4) of a source, and ours of that number are others."""
    text = (site / "book" / "17-bidirectional.html").read_text("utf-8")
    assert "(6.1) to (6.4)" in text and "eq-6-" not in text


# The server, the page for missing pages, what depends on settings

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


@pytest.mark.parametrize("wrong", ["no.html", "book/no/such/page.html", "_static/%2e%2e/no", "book/15-lstm.html/"])
def test_a_missing_page_has_links_that_lead_back(wrong, address):
    with pytest.raises(urllib.error.HTTPError, match="404") as missing:
        urllib.request.urlopen(address(wrong))
    said = missing.value.read().decode()
    assert missing.value.headers["Content-Type"].startswith("text/html") and "not in the book" in said
    links = re.findall(r'<a href="(/[^"]*)"', said)
    assert links
    for link in links:
        assert urllib.request.urlopen(address(link[1:])).status == 200


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Two pages of the site, built with an address of the site and of the repository."""
    folder = sources(tmp_path_factory.mktemp("elsewhere"))
    for path in (folder / "book").glob("*.ipynb"):
        if path.stem not in ("index", "14-recurrent-networks"):
            path.unlink()
    (folder / "_toc.yml").write_text("format: jb-book\nroot: book/index\nparts:\n  - caption: Sequences\n    chapters:\n"
                                     "      - file: book/14-recurrent-networks\n", "utf-8")
    settings = (folder / "_config.yml").read_text("utf-8")
    for name, value in (("baseurl", "https://example.org/unrolled/"), ("repository_url", "https://github.com/someone/unrolled")):
        settings, count = re.subn(rf'(\b{name}: )""', rf'\1"{value}"', settings)
        assert count == 1, name
    (folder / "_config.yml").write_text(settings, "utf-8")
    return build(folder)[0]


def test_without_a_repository_pages_tell_how_to_report_an_error(site):
    for page in chapters(site):
        text = (site / page).read_text("utf-8")
        assert re.search(r'href="(index\.html|)#if-something-is-wrong">Report an error', text), page
        assert "btn-sm launch" not in text and "Run this page on" not in text, page


def test_with_a_repository_pages_offer_colab_binder_and_its_issues(elsewhere):
    links = dict(Reader(elsewhere / "book" / "14-recurrent-networks.html").abroad)
    path = "book/14-recurrent-networks.ipynb"
    for start, end in (("https://colab.research.google.com/github/someone/unrolled/blob/main/", path),
                       ("https://mybinder.org/v2/gh/someone/unrolled/main?urlpath=lab/tree/", path),
                       ("https://github.com/someone/unrolled/issues/new?title=", "Error%20in%2014-recurrent-networks")):
        assert links.get(start + end) == "noopener", links


def test_with_an_address_pages_name_it(elsewhere):
    base = "https://example.org/unrolled/"
    page = elsewhere / "book" / "14-recurrent-networks.html"
    says = Reader(page).says
    assert says["og:url"] == f"{base}book/14-recurrent-networks.html" and says["og:image"] == f"{base}_static/preview.png"
    assert f'<link rel="canonical" href="{says["og:url"]}"' in page.read_text("utf-8")
    assert f"<loc>{says['og:url']}</loc>" in (elsewhere / "sitemap.xml").read_text("utf-8")
    assert f"Sitemap: {base}sitemap.xml" in (elsewhere / "robots.txt").read_text("utf-8")
    assert 'href="/unrolled/search.html"' in (elsewhere / "404.html").read_text("utf-8")


# Pictures

def test_pictures_are_drawn_on_nothing(site):
    """Where paper shines through, no picture is a white box in the dark."""
    import numpy as np
    from PIL import Image
    pictures = list((site / "_images").glob("*.png"))
    assert pictures
    for path in pictures:
        ink = np.asarray(Image.open(path).convert("RGBA"))[..., 3]
        border = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
        assert np.mean(border > 0) < 0.05, f"{path.name} has a background"


# Every page in every view, each visited once

ICONS = """[...document.querySelectorAll(".fa-solid, .fas, .fab, .far")]
    .every(icon => getComputedStyle(icon).maskImage.startsWith("url"))"""
DISTORTED = """[...document.querySelectorAll("article img")]
    .filter(e => Math.abs(e.clientWidth * e.naturalHeight - e.clientHeight * e.naturalWidth)
                 > 0.03 * e.clientHeight * e.naturalWidth).map(e => e.alt)"""
BRIGHT = """[...document.querySelectorAll("article div.cell_output img")]
    .filter(e => !getComputedStyle(e).filter.includes("invert(1)")
                 || getComputedStyle(e).backgroundColor !== "rgba(0, 0, 0, 0)").map(e => e.alt)"""
UNSET = """[...document.querySelectorAll(".math.notranslate")].filter(e => !e.querySelector("mjx-container")
    || e.querySelector("mjx-merror")).map(e => e.textContent)"""
RAW = """[...document.querySelectorAll("article :is(p, li, td, dd)")].map(e => e.innerText)
    .filter(text => text.includes("$") || text.includes("\\\\("))"""
CUT_OFF = """[...document.querySelectorAll('div.math')].filter(f =>
    f.querySelector('mjx-container').getBoundingClientRect().left < f.getBoundingClientRect().left - 1
    || (f.scrollWidth > f.clientWidth && f.tabIndex !== 0))"""
LOADED = """[location.pathname, ...performance.getEntriesByType("resource").map(e => new URL(e.name).pathname)]"""
USABLE = """new MutationObserver((_, observer) => {
    if (!document.querySelector(".ux:not(.ux-still) .ux-panel")) return;
    window.usable = performance.now();
    observer.disconnect();
}).observe(document, { childList: true, subtree: true })"""
KEPT = "[document.cookie, Object.keys(localStorage).join()]"


@functools.cache
def axe():
    from axe_playwright_python.sync_playwright import Axe
    return Axe()


def serious(page):
    """axe's serious and critical findings, one line each."""
    options = {"resultTypes": ["violations"], "preload": False}  # else it seeks imported styles in vain
    outside = {"exclude": [["mjx-container > *"]]}     # insides of formulas: thousands of elements in the text's colour
    found = axe().run(page, context=outside, options=options).response["violations"]
    grave = [(v["id"], node) for v in found if v["impact"] in ("serious", "critical") for node in v["nodes"]]
    return [f"{name}: {node['target']} {node['failureSummary']}" for name, node in grave]


def hidden_cells(page):
    """For each label of hidden cells whether the first of them was closed and opens by keyboard."""
    hidden, opens = page.locator("div.cell details"), {}
    for label in set(hidden.locator("summary").all_inner_texts()):
        first = hidden.filter(has=page.locator(f'summary:text-is("{label}")')).first
        closed = first.get_attribute("open") is None
        first.locator("summary").press("Enter")
        opens[label] = closed and first.get_attribute("open") is not None
    return opens


@pytest.fixture(scope="module")
def visits(site, address, open_page):
    """``visits(view)[page]`` is what was found there, by one visit; a complaint of any page fails this."""
    return functools.cache(lambda view: {name: visit(view, address(name), open_page) for name in pages(site)})


def visit(view, url, open_page):
    with open_page(view) as page:
        page.add_init_script(USABLE)
        page.goto(url)
        quiet(page)
        here = {"usable": page.evaluate("window.usable"), "width": overhang(page)}
        if view == "wide":
            page.wait_for_load_state("networkidle")
            return here | {"loaded": page.evaluate(LOADED), "unset": page.evaluate(UNSET), "raw": page.evaluate(RAW),
                           "kept": page.evaluate(KEPT), "formulas": page.locator(".math.notranslate").count(),
                           "hidden": hidden_cells(page)}
        if view == "phone":
            until(page, f"{CUT_OFF}.length === 0")
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        return here | {"serious": serious(page), "icons": page.evaluate(ICONS), "distorted": page.evaluate(DISTORTED),
                       "open": overhang(page), "bright": page.evaluate(BRIGHT) if view == "dark" else []}


def overhang(page):
    """By how many pixels the page is wider than the screen."""
    return page.evaluate("document.documentElement.scrollWidth") - page.viewport_size["width"]


@pytest.mark.parametrize("view", ["dark", "phone"])
def test_every_page_is_complete_and_accessible(view, visits):
    findings = [f"{name}: {finding}" for name, here in visits(view).items() for finding in here["serious"]]
    assert not findings, "\n".join(findings)
    for name, here in visits(view).items():
        assert here["width"] <= 0 and here["open"] <= 0, f"{name} is wider than the screen"
        assert here["icons"], f"{name} shows an icon that style.css lacks"
        assert not here["distorted"], f"{name} distorts pictures"
        assert not here["bright"], f"{name} leaves pictures as they are"


def test_formulas_are_set(visits):
    assert sum(here["formulas"] for here in visits("wide").values()) > 1000
    for name, here in visits("wide").items():
        assert not here["unset"], f"{name}: {here['unset']}"
        assert not here["raw"], f"{name} shows raw TeX: {here['raw']}"


def test_hidden_cells_open_by_keyboard(visits):
    labels = {label for here in visits("wide").values() for label in here["hidden"]}
    assert {"Set-up", "Code", "Solution"} <= labels <= {"Set-up", "Code", "Output", "Code and output", "Solution"}
    for name, here in visits("wide").items():
        assert all(here["hidden"].values()), f"{name}: {here['hidden']}"


def test_pages_are_light(site, visits):
    @functools.cache
    def gzipped(path):
        return len(gzip.compress((site / path.lstrip("/")).read_bytes()))

    for name in chapters(site):
        size = collections.Counter()
        for path in set(visits("wide")[name]["loaded"]):
            size[pathlib.PurePath(path).suffix] += gzipped(path)
        code, total = size[".js"] + size[".css"], sum(size.values())
        print(f"{name}: {total / 1e3:.0f} kB gzipped, {code / 1e3:.0f} kB of them scripts and styles")
        assert size[".html"] and size[".js"] > 1e4 and size[".css"] > 1e4, size      # appendix D has no formulas
        assert total <= PAGE_LIMIT and code <= CODE_LIMIT, f"{name}: {size}"


def test_the_first_figure_is_soon_usable(site, visits):
    for name in with_figures(site):
        seconds = visits("wide")[name]["usable"] / 1000
        print(f"{name}: first figure after {seconds:.2f} s")
        assert seconds <= FIRST_FIGURE_LIMIT


def test_pages_keep_nothing_about_their_readers(visits):
    """No cookie, and in the browser's store nothing but the colour theme."""
    for name, here in visits("wide").items():
        cookie, stored = here["kept"]
        assert not cookie and set(filter(None, stored.split(","))) <= {"mode", "theme"}, f"{name} keeps {here['kept']}"


def test_the_pages_policy_holds(address, open_page):
    """What somebody slipped into a page would not run."""
    with open_page() as page:
        page.goto(address("book/index.html"))
        quiet(page)
    with pytest.raises(AssertionError, match="Content Security Policy"), open_page() as page:
        page.goto(address("book/index.html"))
        page.evaluate("""() => {
            const script = document.createElement("script");
            script.textContent = "window.slipped = 1";
            document.body.append(script);
        }""")
        assert page.evaluate("window.slipped") is None


def test_the_root_leads_to_the_book(page, address):
    page.goto(address(""))
    page.wait_for_url("**/book/index.html")
    assert "Deep Learning, Unrolled" in page.title()


def test_a_site_opened_from_disk_works(site, browser):
    """Without a server: formulas, figures and styles are there."""
    page = browser.new_page()
    page.goto((site / "book" / "15-lstm.html").as_uri())
    quiet(page)
    assert page.locator("mjx-container").count() > 100 and page.locator(".ux:not(.ux-still)").count() > 3
    page.close()


