"""Fixtures: a type for layers, and a real browser. It reaches this machine only; pages that complain fail their test."""
import contextlib
import os

import chromium
import pytest

RESTARTED = "Could not restore the debugger state"      # JupyterLab's question to a kernel that is being restarted
VIEWS = {
    "wide": dict(viewport={"width": 1400, "height": 1000}, color_scheme="light"),
    "dark": dict(viewport={"width": 1400, "height": 1000}, color_scheme="dark"),
    "phone": dict(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True),
    "no script": dict(viewport={"width": 1400, "height": 1000}, java_script_enabled=False),
}


@pytest.fixture
def float64():
    """Layers compute in 64 bits, and draw the same weights each time."""
    import unrolled

    unrolled.config.set_floatx("float64")
    unrolled.utils.set_random_seed(0)
    yield
    unrolled.config.set_floatx("float32")


@pytest.fixture
def both_float64():
    """So do Keras's."""
    import parity

    with parity.floatx("float64"):
        yield


@pytest.fixture(scope="module")
def browser():
    """Chromium, closed with the module: while it runs no other event loop may run in this process."""
    found = chromium.found()
    if found is None:
        message = f"No browser: none of {', '.join(chromium.NAMES)} is on the PATH."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with chromium.launched(found) as started:
        yield started


def complaints_of(page):
    """A list that fills with what goes wrong on the page: errors, requests that fail or leave the machine."""
    found = []

    def requested(request):
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            found.append(f"left the site: {request.url}")

    def failed(request):
        if request.failure != "net::ERR_ABORTED":           # the page was left while it loaded
            found.append(f"failed ({request.failure}): {request.url}")

    def said(message):
        if message.type == "error" and not message.text.startswith(RESTARTED):
            found.append(f"console: {message.text}")

    page.on("console", said)
    page.on("pageerror", lambda error: found.append(f"exception: {error}"))
    page.on("request", requested)
    page.on("requestfailed", failed)
    page.on("response", lambda got: got.status >= 400 and found.append(f"{got.status}: {got.url}"))
    return found


@pytest.fixture(scope="module")
def open_page(browser):
    """``with open_page("phone") as page``: a page in that view, checked for complaints on leaving."""
    @contextlib.contextmanager
    def opened(view="wide"):
        with contextlib.closing(browser.new_context(**VIEWS[view])) as context:
            page = context.new_page()
            found = complaints_of(page)
            yield page
            assert not found, "\n".join(found)
    return opened


@pytest.fixture
def page(open_page):
    with open_page() as page:
        yield page
