"""Print the built site, a file for each chapter, into _build/pdf:  python tools/pdf.py [page …]

Pages are named as in their addresses (``15-lstm``). A browser prints, so that paper shows what the site shows.
"""
import argparse
import sys
import threading

import chromium
import serve

MARGIN = {"top": "22mm", "bottom": "20mm", "left": "20mm", "right": "20mm"}
LINE = '<div style="width: 100%; padding: 0 20mm; font: 8pt system-ui, sans-serif; color: #57606a; text-align: {}">{}</div>'
HEADER = LINE.format("left", '<span class="title"></span>')
FOOTER = LINE.format("center", '<span class="pageNumber"></span>')


def ready(page):
    """Wait until the figures are drawn and the formulas are set."""
    from playwright.sync_api import expect

    page.wait_for_load_state("load")
    page.evaluate("window.MathJax?.startup?.promise")
    expect(page.locator(".explorable .ux-still")).to_have_count(0)


def print_page(browser, address, path):
    """Print one page of the site."""
    page = browser.new_page(color_scheme="light", viewport={"width": 800, "height": 1100}, reduced_motion="reduce")
    try:
        page.goto(address)
        ready(page)
        page.pdf(path=path, format="A4", margin=MARGIN, print_background=True, display_header_footer=True,
                 header_template=HEADER, footer_template=FOOTER, outline=True, tagged=True)
    finally:
        page.close()


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Print the built site, a file for each chapter.")
    parser.add_argument("pages", nargs="*", metavar="page", help="such as 15-lstm (default: all)")
    wanted = parser.parse_args(arguments).pages
    there = [path.stem for path in sorted((serve.SITE / "book").glob("*.html"))]
    there.sort(key=lambda name: name != "index")                  # the title page first
    if not there:
        raise SystemExit(f"There is no site in {serve.SITE} yet: build it first with `jupyter-book build .`")
    if unknown := set(wanted) - set(there):
        raise SystemExit(f"The site has no page {', '.join(sorted(unknown))}. It has {', '.join(there)}.")
    folder = serve.SITE.parent / "pdf"
    folder.mkdir(exist_ok=True)
    path = chromium.needed()
    with serve.server(serve.SITE, 0) as server, chromium.launched(path) as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in wanted or there:
            print_page(browser, f"http://{serve.HOST}:{server.server_port}/book/{name}.html", folder / f"{name}.pdf")
            print(folder / f"{name}.pdf", flush=True)
        server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
