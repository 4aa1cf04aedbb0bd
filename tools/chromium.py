"""The browser that prints the book, draws its preview and is driven by the tests. It reaches this machine only."""
import contextlib
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def found():
    """Where a Chromium is, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextlib.contextmanager
def launched(path):
    """The browser, closed at the end: while it runs no other event loop may run in this process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


def needed():
    """Where it is, or a sentence."""
    path = found()
    if path is None:
        raise SystemExit(f"This needs a browser: none of {', '.join(NAMES)} is on the PATH.")
    return path
