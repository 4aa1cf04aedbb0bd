"""How the book shows a stored explorable: a still figure, and the data from which a script moves it."""
import json
from html import escape
from math import prod

from docutils import nodes

from .widget import MIME, STATIC


def style():
    return f"<style>{(STATIC / 'explore.css').read_text('utf-8')}</style>"


def text(words):
    return escape(str(words).replace("$", ""))


def control(c):
    options = "".join(f"<option>{text(g)}</option>" for g in c["grid"])
    box = f"<select disabled>{options}</select>" if c["kind"] == "choice" else ""
    name = f'<span class="ux-name">{text(c["label"])}</span>'
    return f'<div class="ux-control ux-{c["kind"]}">{name}{box}</div>'


def panel(p):
    title = f'<p class="ux-panel-title">{text(p["title"])}</p>' if p["title"] else ""
    body = f'<div class="ux-body" style="height:{p["height"]}"></div>'
    return f'<div class="ux-panel ux-{p["mark"]}">{title}{body}</div>'


def sentence(content):
    """What the figure says at its default setting."""
    sizes = [len(c["grid"]) for c in content["controls"]]
    at = [c["grid"].index(c["value"]) * prod(sizes[k + 1:]) for k, c in enumerate(content["controls"])]
    return content["grid"]["say"][sum(at)]


def still(content):
    """The figure as the script will lay it out, so that nothing jumps then: HTML around the picture."""
    says = content["grid"]["say"]
    before = (
        f'<figure class="ux ux-still"><div class="ux-head"><p class="ux-title">{text(content["title"])}</p>'
        '<span class="ux-actions"><button disabled>Link</button><button disabled>Pin</button>'
        '<button disabled>Reset</button></span></div>'
        f'<div class="ux-controls">{"".join(map(control, content["controls"]))}</div>'
        f'<div class="ux-panels">{"".join(map(panel, content["panels"]))}<div class="ux-picture">')
    after = (
        f'</div></div><div class="ux-foot"><p class="ux-say"><span class="ux-ghost" aria-hidden="true">'
        f'{text(max(says, key=len))}</span><span>{text(sentence(content))}</span></p>'
        f'<span class="ux-state">Precomputed at {len(says)} settings</span></div>')
    if content["caption"]:
        after += f'<figcaption class="ux-caption">{text(content["caption"])}</figcaption>'
    data = json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return before, f'{after}</figure><script type="{MIME}">{data}</script>'


class Stored:
    """A myst-nb mime renderer (entry point group ``myst_nb.mime_renderers``)."""

    mime_priority_overrides = [("html", MIME, 0)]

    @staticmethod
    def handle_mime(renderer, data, inline):
        if data.mime_type != MIME or inline:
            return None
        _, outputs = renderer.renderer.nb_client.code_cell_outputs(data.cell_index)
        png = outputs[data.output_index]["data"]["image/png"]
        picture = renderer.render_image(type(data)("image/png", png, data.cell_metadata, data.output_metadata,
                                                   data.cell_index, data.output_index, data.line))
        picture[0]["alt"] = f"{data.content['title']}. {sentence(data.content)}".replace("$", "")
        before, after = still(data.content)
        document = renderer.renderer.document
        if not getattr(document, "explorable", False):             # the style once a page
            document.explorable, before = True, style() + before
        renderer.add_js_file("unrolled-explore", "explore.js", {"loading_method": "defer"})
        parts = nodes.raw("", before, format="html"), *picture, nodes.raw("", after, format="html")
        return [nodes.container("", *parts, classes=["explorable"])]
