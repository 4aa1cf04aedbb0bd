"""The site, built once for all the tests that look at it, and how they visit it."""
import html.parser
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

import pytest
import serve
from pdf import ready

ROOT = pathlib.Path(__file__).resolve().parent.parent
NEEDED = ["_config.yml", "_toc.yml", "book", "tools", "src/unrolled/explore/static"]
BUILD_LIMIT = 300  # seconds; five times the goal
quiet = ready      # wait until a page has loaded, drawn its figures and set its formulas


def sources(folder):
    """A copy of what the site is built from."""
    for name in NEEDED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


def build(folder, *options):
    """Build the site in ``folder`` and return where it is and how many seconds that took."""
    command = [shutil.which("jupyter-book", path=pathlib.Path(sys.executable).parent), "build", ".", *options]
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env={**os.environ, "NO_COLOR": "1"})
    assert done.returncode == 0, f"The site does not build without warnings:\n{done.stderr[-2000:]}"
    return folder / "_build" / "html", time.perf_counter() - start


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The folder of the site, built from the notebooks as they are, and the seconds; a warning of the build is an error.

    Where tests run side by side, one of the processes builds, and the others wait.
    """
    shared = os.environ.get("PYTEST_XDIST_WORKER") is not None
    folder = (tmp_path_factory.getbasetemp().parent if shared else tmp_path_factory.mktemp("built")) / "site"
    try:
        folder.mkdir()
    except FileExistsError:
        wait = time.monotonic() + 2 * BUILD_LIMIT
        while not (folder / "seconds").exists():
            assert time.monotonic() < wait, "The site was not built by the process that began to."
            time.sleep(0.2)
    else:
        try:
            _, seconds = build(sources(folder), "-W", "-n", "--keep-going")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        (folder / "draft").write_text(str(seconds), "utf-8")
        (folder / "draft").rename(folder / "seconds")
    return folder / "_build" / "html", float((folder / "seconds").read_text("utf-8"))


@pytest.fixture(scope="session")
def site(built):
    return built[0]


@pytest.fixture(scope="module")
def address(site):
    """``address("book/index.html")`` is where a server of the site has that page."""
    with serve.server(site, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield lambda page: f"http://{serve.HOST}:{server.server_port}/{page}"
        server.shutdown()
        thread.join()


def chapters(site):
    return sorted(page.relative_to(site).as_posix() for page in (site / "book").glob("*.html"))


def pages(site):
    return [*chapters(site), "search.html", "genindex.html"]


def with_figures(site):
    found = [page for page in chapters(site) if 'class="explorable' in (site / page).read_text("utf-8")]
    assert found, "No page has an explorable."
    return found


def until(page, condition):
    """Wait for what an expression of the page says; Playwright's own way is forbidden by the pages' policy."""
    page.evaluate(f"""async () => {{
        for (const end = Date.now() + 20000; !({condition}); await new Promise(r => setTimeout(r, 20)))
            if (Date.now() > end) throw new Error("In vain: " + {condition!r});
    }}""")


class Reader(html.parser.HTMLParser):
    """What a page refers to, what can be referred to in it, its pictures' texts, what it says of itself."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids, self.pictures, self.language = [], set(), {}, None
        self.says, self.inline, self.abroad = {}, [], []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes[a] for a in ("id", "name") if attributes.get(a)}
        self.links += [attributes[a] for a in ("href", "src") if attributes.get(a)]
        if tag == "img":
            self.pictures[attributes["src"]] = attributes.get("alt")
        if tag == "html":
            self.language = attributes.get("lang")
        if tag == "meta":
            name = next((attributes[a] for a in ("name", "property", "http-equiv") if a in attributes), None)
            self.says[name] = attributes.get("content")
        if tag == "script" and "src" not in attributes and not (attributes.get("type") or "").endswith("json"):
            self.inline.append("script")
        self.inline += [a for a in attributes if a.startswith("on")]
        if tag == "a" and (attributes.get("href") or "").startswith("http"):
            self.abroad.append((attributes["href"], attributes.get("rel")))
