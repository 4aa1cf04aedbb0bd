"""The repository as a whole: its style, its version, and that it speaks of itself alone."""

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
    direct = project["dependencies"] + sum(project["optional-dependencies"].values(), [])
    lock = (ROOT / "requirements.txt").read_text()
    pinned = dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", lock, re.MULTILINE))
    for requirement in direct:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("_", "-")
        assert name in pinned, name
    assert lock.count("--hash=sha256:") > len(pinned) and "http" not in re.sub(r"httpx?\w*|httpcore", "", lock)
