"""Draw the picture that links to the book show elsewhere, book/assets/preview.png:  python tools/preview.py

It is made of the logo and of the title page's figure, as stored in the notebook, by the browser that the tests use.
"""
import argparse
import io
import json
import pathlib
import sys

import chromium

BOOK = pathlib.Path(__file__).resolve().parent.parent / "book"
SIZE = {"width": 1200, "height": 630}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><style>
body {{ margin: 0; width: 1200px; height: 630px; display: flex; align-items: center; background: #fff; color: #1f2328;
       font-family: system-ui, sans-serif; overflow: hidden; }}
main {{ width: 580px; padding-left: 72px; }}
svg {{ width: 260px; display: block; }}
h1 {{ margin: 36px 0 24px; font-size: 68px; line-height: 1.1; letter-spacing: -.02em; }}
p {{ margin: 0; font-size: 29px; line-height: 1.4; color: #57606a; }}
img {{ width: 500px; height: 500px; object-fit: cover; margin-left: -24px; }}
</style><main>{logo}<h1>Deep Learning, Unrolled</h1>
<p>Every model as equations, as NumPy and as Keras. Every figure moves.</p></main>
<img alt="" src="data:image/png;base64,{figure}"></html>"""


def picture():
    """The preview as PNG."""
    try:
        cells = json.loads((BOOK / "index.ipynb").read_text("utf-8"))["cells"]
        figure = next(o["data"]["image/png"] for c in cells for o in c.get("outputs", []) if "image/png" in o.get("data", {}))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration):
        raise SystemExit(f"The picture is made of the figure in {BOOK / 'index.ipynb'}, and there is none.") from None
    logo = (BOOK / "assets" / "logo.svg").read_text("utf-8")
    with chromium.launched(chromium.needed()) as browser:
        page = browser.new_page(viewport=SIZE)
        page.set_content(PAGE.format(logo=logo, figure="".join(figure.split())))
        return page.screenshot()


def main(arguments=None):
    from PIL import Image

    argparse.ArgumentParser(description="Draw the picture that links to the book show elsewhere.").parse_args(arguments)
    few = Image.open(io.BytesIO(picture())).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    few.save(BOOK / "assets" / "preview.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
