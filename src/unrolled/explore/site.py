"""How the Jupyter Book shows a stored explorable: a still figure of the same size, and the data from which the page's script
makes it move."""
import json
from html import escape
from math import prod

from docutils import nodes

from .widget import MIME, STATIC


def style():
    return f"<style>{(STATIC / 'explore.css').read_text('utf-8')}</style>"


def still(content):
    """The figure as the script will lay it out, so that nothing moves when it does: HTML before and after the picture."""
    text = lambda t: escape(t.replace("$", ""))  # noqa: E731
    select = lambda c: f'<select disabled>{"".join(f"<option>{text(str(g))}</option>" for g in c["grid"])}</select>'  # noqa: E731
    controls = "".join(f'<div class="ux-control ux-{c["kind"]}"><span class="ux-name">{text(c["label"])}</span>'
                       f'{select(c) if c["kind"] == "choice" else ""}</div>' for c in content["controls"])
    panels = "".join(f'<div class="ux-panel ux-{p["mark"]}">' + (f'<p class="ux-panel-title">{text(p["title"])}</p>' if p["title"] else "")
                     + f'<div class="ux-body" style="height:{p["height"]}"></div></div>' for p in content["panels"])
    says = content["grid"]["say"]
    caption = f'<figcaption class="ux-caption">{text(content["caption"])}</figcaption>' if content["caption"] else ""
    return (f'<figure class="ux ux-still"><div class="ux-head"><p class="ux-title">{text(content["title"])}</p>'
            '<span class="ux-actions"><button disabled>Link</button><button disabled>Reset</button></span></div>'
            f'<div class="ux-controls">{controls}</div><div class="ux-panels">{panels}<div class="ux-picture">',
            f'</div></div><div class="ux-foot"><p class="ux-say"><span>{text(says[default(content)])}</span>'
            f'<span class="ux-ghost" aria-hidden="true">{text(max(says, key=len))}</span></p><span class="ux-state">Precomputed at {len(says)} settings</span></div>{caption}</figure>'
            f'<script type="{MIME}">{json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", chr(92) + "u003c")}</script>')


def default(content):
    """The index of the default setting in the grid."""
    sizes = [len(c["grid"]) for c in content["controls"]]
    return sum(c["grid"].index(c["value"]) * prod(sizes[k + 1:]) for k, c in enumerate(content["controls"]))


class Stored:
    """A myst-nb mime renderer (entry point group ``myst_nb.mime_renderers``)."""

    mime_priority_overrides = [("html", MIME, 0)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != MIME or inline:
            return None
        _, outputs = renderer.renderer.nb_client.code_cell_outputs(data.cell_index)
        png = type(data)("image/png", outputs[data.output_index]["data"]["image/png"], data.cell_metadata, data.output_metadata,
                         data.cell_index, data.output_index, data.line)
        picture = renderer.render_image(png)
        says = data.content["grid"]["say"]
        picture[0]["alt"] = f"{data.content['title']}. {says[default(data.content)]}".replace("$", "")
        before, after = still(data.content)
        document = renderer.renderer.document
        if not getattr(document, "explorable", False):             # once a page
            document.explorable, before = True, style() + before
        renderer.add_js_file("unrolled-explore", "explore.js", {"loading_method": "defer"})
        return [nodes.container("", nodes.raw("", before, format="html"), *picture, nodes.raw("", after, format="html"),
                                classes=["explorable"])]
