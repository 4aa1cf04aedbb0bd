"""Open the chapters in JupyterLab:  python tools/lab.py [--edit] [options of jupyter lab: --no-browser, …]

Without ``--edit`` it works on copies in the git-ignored folder ``lab``, where no file is ever overwritten. It opens
the notebook that was open last, or the book's first page.
"""
import hashlib
import json
import pathlib
import sys
import urllib.parse

from unrolled.utils import replacing

ROOT = pathlib.Path(__file__).resolve().parent.parent
VIEW = "application/vnd.jupyter.widget-view+json"
QUIET = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]


def copy_chapters(book, lab):
    """Copy what ``lab`` lacks, chapters and the data that they read; return the names of newer editions in ``book``."""
    lab.mkdir(exist_ok=True)
    record = lab / ".editions.json"  # the edition that each copy was made from
    try:
        editions = json.loads(record.read_text("utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        editions = None
    editions = editions if isinstance(editions, dict) else {}
    newer = []
    for chapter in sorted([*book.glob("*.ipynb"), *book.glob("*.toml")]):
        content, copy = chapter.read_bytes(), lab / chapter.name
        edition = hashlib.sha256(content).hexdigest()
        if not copy.exists():
            with replacing(copy, "wb") as file:
                file.write(content)
            editions[chapter.name] = edition
        elif editions.get(chapter.name) != edition and copy.read_bytes() != content:
            newer.append(chapter.name)
    with replacing(record, encoding="utf-8") as file:
        json.dump(editions, file, indent=1)
    return newer


def last_opened(folder, workspaces):
    """Return which notebook in ``folder`` JupyterLab's record of its tabs shows in front, or the book's first page."""
    for record in sorted(workspaces.glob("*.jupyterlab-workspace"), key=lambda file: file.stat().st_mtime, reverse=True):
        try:
            front = json.loads(record.read_text("utf-8"))["data"]["layout-restorer:data"]["main"]["current"]
            kind, name = front.split(":", 1)
            if kind == "notebook" and (folder / name).is_file():
                return name
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue                       # another version's record, or nothing in front
    return "index.ipynb"


def drop_live_state(model, **kwargs):
    """Drop from a notebook to be saved what needs a kernel: figures opened again then show their pictures."""
    if model["type"] != "notebook" or model.get("content") is None:
        return
    notebook = model["content"]
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output["data"].pop(VIEW, None)


def main(arguments):
    edit = "--edit" in arguments
    folder = ROOT / ("book" if edit else "lab")
    if not edit:
        try:
            newer = copy_chapters(ROOT / "book", folder)
        except OSError as error:
            raise SystemExit(f"The chapters cannot be copied to {folder}: {error.strerror}.") from error
        for name in newer:
            print(f"The book has a newer {name}. Yours is kept; rename or remove it to get the new one.")
    try:
        from jupyterlab.labapp import LabApp
    except ImportError as error:
        raise SystemExit("JupyterLab is missing: run `pip install -r requirements.txt` first.") from error
    options = [argument for argument in arguments if argument != "--edit"]
    workspaces = ROOT / "lab" / ".workspaces"  # not the user's: their tabs are other projects'
    page = urllib.parse.quote(last_opened(folder, workspaces))
    server = LabApp.initialize_server([f"--ServerApp.root_dir={folder}", f"--LabApp.workspaces_dir={workspaces}",
                                       f"--LabApp.default_url=/lab/tree/{page}", *QUIET, *options])
    server.contents_manager.register_pre_save_hook(drop_live_state)
    server.start()


if __name__ == "__main__":
    main(sys.argv[1:])
