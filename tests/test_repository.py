"""The repository as a whole: its style, its version, and that it speaks of itself alone."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

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
