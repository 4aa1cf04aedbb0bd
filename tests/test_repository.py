"""The repository as a whole: its style, its version, and that it speaks of itself alone."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_style():
    run = subprocess.run([sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", str(ROOT)],
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_one_version():
    import unrolled

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert unrolled.__version__ == version
    assert f"version: {version}" in (ROOT / "CITATION.cff").read_text()
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_the_lock_holds_every_direct_dependency_with_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    direct = project["dependencies"] + extras["book"] + extras["test"]       # what a cluster needs is not in the lock
    lock = (ROOT / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", lock, re.MULTILINE))
    for requirement in direct:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("_", "-")
        assert name in pinned, name
    assert lock.count("--hash=sha256:") > len(pinned) and "http" not in re.sub(r"httpx?\w*|httpcore", "", lock)


def test_binder_sets_up_as_the_readme_says():
    """Its folder holds nothing of its own: the lock, the README's second step, and a Python that the package takes."""
    folder, readme = ROOT / ".binder", (ROOT / "README.md").read_text()
    assert (folder / "requirements.txt").read_text() == "-r ../requirements.txt\n"
    steps = re.findall(r"^python (-m pip .*)$", (folder / "postBuild").read_text(), re.MULTILINE)
    assert [step.replace("--no-cache-dir ", "") for step in steps] == ["-m pip install --no-deps --no-build-isolation -e ."]
    assert f".venv/bin/python {steps[0].replace('--no-cache-dir ', '')}" in readme and os.access(folder / "postBuild", os.X_OK)
    low, high = re.findall(r"3\.(\d+)", tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    assert int(low) <= int((folder / "runtime.txt").read_text().removeprefix("python-3.")) < int(high)


# Licences

VENDOR, BUNDLE = "book/assets/vendor/", "src/unrolled/explore/static/explore.js"
LISTED = re.compile(r"^\| `([^`]+)` \|.*, `([^`]+)` \|$", re.MULTILINE)                  # a folder, the text of its licence
NOTICE = re.compile(rb"copyright (\(c\)|\d{4})|@licen[sc]e|SPDX-Licen[sc]e", re.IGNORECASE)
BUILT = (".woff", ".woff2", ".ttf", ".otf", ".map", ".min.js", ".min.css")


def others_work(root):
    """The files that are vendored, say whose they are, or are of a kind that nobody writes by hand."""
    for path in (path for part in ("book", "src", "tools", "tests") for path in (root / part).rglob("*.*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not re.search("node_modules/|__pycache__/|_checkpoints/|ipynb$|png$", name):
            if name.startswith(VENDOR) or name.endswith(BUILT) or NOTICE.search(path.read_bytes()):
                yield name


def without_licence(root):
    """Those that neither ``LICENSE`` names nor, by its folder, the table of vendored projects, with a text that is there."""
    table, named = (root / VENDOR / "README.md").read_text("utf-8"), (root / "LICENSE").read_text("utf-8")
    listed = [VENDOR + folder for folder, text in LISTED.findall(table) if (root / VENDOR / text).is_file()]
    return [name for name in others_work(root) if name not in named and name != f"{VENDOR}README.md"
            and not name.startswith(tuple(f"{folder}/" for folder in listed))]


def test_every_file_of_others_has_a_licence():
    found = set(others_work(ROOT))
    assert BUNDLE in found and f"{VENDOR}mathjax/tex-chtml.js" in found
    assert without_licence(ROOT) == [], "Name these in LICENSE, or in the table of book/assets/vendor/README.md."


@pytest.mark.parametrize("place", [f"{VENDOR}katex/katex.js", f"{VENDOR}font.css", "book/assets/icons.woff2", "src/theirs.py"])
def test_a_file_of_others_without_a_licence_is_found(tmp_path, place):
    for path, text in (("LICENSE", f"those in {VENDOR}README.md and {BUNDLE}"), (f"{VENDOR}mathjax/LICENSE", ""),
                       (f"{VENDOR}README.md", "| `mathjax` | MathJax | Apache-2.0, `mathjax/LICENSE` |\n"
                                              "| `katex` | KaTeX | MIT, `katex/LICENSE` |\n"),
                       (f"{VENDOR}mathjax/mathjax.js", ""), ("src/ours.py", ""), (place, f"# {'Copyright'} 2020 Somebody")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    assert without_licence(tmp_path) == [place]


def test_the_bundle_names_what_it_carries():
    """All of d3 that the lock holds. Of the rest, esbuild bundles, and no part of d3 that is bundled needs internmap."""
    lock = json.loads((ROOT / "src/unrolled/explore/js/package-lock.json").read_text("utf-8"))["packages"]
    modules = {name.removeprefix("node_modules/"): (about.get("version"), about.get("license")) for name, about in lock.items()}
    d3 = {name: about for name, about in modules.items() if name.startswith("d3-")}
    assert {name.split("/")[0] for name in modules.keys() - d3.keys()} == {"", "@esbuild", "esbuild", "internmap"}
    notice = (ROOT / BUNDLE).read_text("utf-8").partition("*/")[0]
    named = re.findall(r"^(\S+) (\S+) \((.+)\), Copyright ", notice, re.MULTILINE)
    assert {name: about for name, *about in named} == {name: list(about) for name, about in d3.items()}
    assert "Permission to use, copy, modify" in notice
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"].split(" AND ") == ["MIT", *{licence for *_, licence in named}]
    assert project["license-files"] == ["LICENSE"]
