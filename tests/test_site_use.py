"""The site as its readers use it: by keyboard and by mouse, searching, copying, downloading, printing, without scripts."""
import json
import re

import chromium
import pdf
import pytest
import serve
from built import ROOT, address, built, chapters, quiet, site, with_figures

__all__ = ["address", "built", "site"]      # fixtures
pytestmark = pytest.mark.slow


def shown(figure):
    """What an explorable draws, and the sentence under it."""
    pixels = figure.locator("canvas").evaluate_all("all => all.map(canvas => canvas.toDataURL()).join()")
    return figure.locator(".ux-panels").inner_html() + pixels, figure.locator(".ux-sentence").inner_text()


def test_figures_move_by_keyboard_and_mouse(site, address, open_page):
    for name in with_figures(site):
        with open_page() as page:
            page.goto(address(name))
            quiet(page)
            for figure in page.locator(".explorable:has(.ux-controls input[type=range])").all():
                slider = figure.locator(".ux-controls input[type=range]").first
                slider.scroll_into_view_if_needed()
                seen = [shown(figure)]
                for move in ("Home", "ArrowRight", "End", 0.1):
                    if isinstance(move, str):
                        slider.press(move)
                    else:
                        box = slider.bounding_box()
                        page.mouse.click(box["x"] + move * box["width"], box["y"] + box["height"] / 2)
                    figure.evaluate("() => new Promise(requestAnimationFrame)")
                    seen.append(shown(figure))
                title = figure.locator(".ux-title").inner_text()
                assert seen[1][0] != seen[2][0] != seen[3][0], f"{name}: keys do not move {title}"
                assert seen[3][0] != seen[4][0], f"{name}: the mouse does not move {title}"
                assert len({said for _, said in seen}) > 1, f"{name}: {title} always says {seen[0][1]!r}"


def test_without_scripts_there_are_pictures(site, address, open_page):
    with open_page("no script") as page:
        for name in with_figures(site):
            page.goto(address(name))
            figures = page.locator(".explorable")
            assert figures.count() == page.locator(".explorable img").count()
            for picture in page.locator(".explorable img").all():
                assert picture.bounding_box()["width"] > 200


# Search

def found(page):
    """The addresses that a search has found, the best first."""
    page.locator(".search-summary").filter(has_text=re.compile(r"\w")).wait_for()
    return [a.get_attribute("href") for a in page.locator("#search-results ul.search > li > a").all()]


BEST = {
    "perceptron": 5, "感知机": 5, "感知": 5, "cross-entropy": 6, "softmax": 6, "backpropagation": 7, "反向传播": 7,
    "vanishing gradient": 8, "ReLU": 8, "dropout": 9, "overfitting": 9, "early stopping": 9, "Adam": 10, "momentum": 10,
    "learning rate": 10, "batch normalization": 10, "batch normalisation": 10, "TensorBoard": 11, "convolution": 12, "卷积": 12,
    "Boltzmann": 13, "循环神经网络": 14, "LSTM": 15, "长短期记忆": 15, "peephole": 15, "GRU": 16, "bidirectional": 17,
    "teacher forcing": 18, "seq2seq": 18, "attention": 19, "注意力": 19, "memory network": 20, "transformer": 21,
    "chain rule": 2, "matrix": 3, "GradientTape": 4,
}


def test_search_leads_to_the_chapter_first(page, address):
    """Before the other chapters that use the word, and before the glossary."""
    wrong = {}
    for query, chapter in BEST.items():
        page.goto(address(f"search.html?q={query}"))
        best = found(page)[0]
        if not re.match(rf"book/{chapter:02}-", best):
            wrong[query] = best
    assert not wrong


def test_search_by_keyboard(page, address):
    page.goto(address("search.html"))
    page.keyboard.type("softmax")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=softmax*")
    page.goto(address("book/index.html"))
    page.keyboard.press("Control+k")
    page.keyboard.type("glossary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?*")
    assert found(page)[0] == "book/C-notation-and-glossary.html"


def test_what_is_not_there_is_not_found(page, address):
    page.goto(address("search.html?q=不存在"))
    assert not found(page) and "Nothing was found" in page.locator(".search-summary").inner_text()


def test_search_shows_a_sentence_and_no_code(page, address):
    page.goto(address("search.html?q=dropout"))
    found(page)
    first = page.locator("#search-results li p.context").first
    first.wait_for()
    text = first.inner_text()
    assert "dropout" in text.lower() and 60 < len(text) < 320 and not re.search(r"import |\\\(|\\[a-z]+\{", text)


# Moving about

def test_next_and_previous_follow_the_contents(site, address, page):
    contents = ["book/index", *re.findall(r"file: (\S+)", (ROOT / "_toc.yml").read_text("utf-8"))]
    ways = {"left-prev": [None, *contents[:-1]], "right-next": [*contents[1:], None]}
    for way, others in ways.items():
        for name, other in zip(contents, others, strict=True):
            link = re.search(rf'class="{way}"\s+href="([^"]*)"', (site / f"{name}.html").read_text("utf-8"))
            assert (link and link[1]) == (other and f"{other}.html".removeprefix("book/")), f"{way} of {name}"
    page.goto(address("book/20-memory-networks.html"))
    for way, name in (("right-next", "21-toward-transformers"), ("left-prev", "20-memory-networks")):
        page.locator(f"a.{way}").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{name}.html", wait_until="commit")


def test_an_equation_is_reached_from_another_chapter(page, address):
    page.goto(address("book/15-lstm.html"))
    quiet(page)
    page.locator("a.eqref", has_text="(14.12)").first.press("Enter")
    page.wait_for_url("**/14-recurrent-networks.html#eq-14-12")
    quiet(page)
    assert page.locator("#eq-14-12 mjx-container").is_visible()
    page.locator("#eq-14-12").hover()
    own = page.locator("#eq-14-12 > a.headerlink")
    assert own.is_visible() and own.get_attribute("href") == "#eq-14-12"


def test_a_reader_chooses_a_way(page, address):
    """By keyboard; the chapters that are not on it step back."""
    page.goto(address("book/index.html"))
    weight = "e => getComputedStyle(e).fontWeight"
    on, off = (page.locator(f'.overview a[href="{name}.html"]') for name in ("15-lstm", "11-engineering-a-model"))
    assert on.evaluate(weight) == off.evaluate(weight)
    page.locator(".overview input").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator(".overview input").nth(1).is_checked()
    assert int(on.evaluate(weight)) > int(off.evaluate(weight))


# Taking away

def test_notebooks_can_be_downloaded(site, address, page, tmp_path):
    for name in chapters(site):
        link = re.search(r'<a class="[^"]*download-notebook" href="([^"]*)" download', (site / name).read_text("utf-8"))
        assert (site / name).parent.joinpath(link[1]).resolve().read_bytes() == (ROOT / name).with_suffix(".ipynb").read_bytes()
    page.goto(address("book/15-lstm.html"))
    with page.expect_download() as download:
        page.click(".download-notebook")
    assert download.value.suggested_filename == "15-lstm.ipynb"
    download.value.save_as(tmp_path / "notebook")
    first = json.loads((tmp_path / "notebook").read_text("utf-8"))["cells"][1]
    assert "pip install" in "".join(first["source"]), "a lone notebook says what it needs"


def test_code_is_copied_by_keyboard(browser, address):
    """As it stands, but without the prompts of an interpreter."""
    from playwright.sync_api import expect

    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address("book/04-tools.html"))
    cell = page.locator("div.cell:not(.tag_hide-input) .cell_input").first
    code = cell.locator("pre").inner_text()
    button = cell.locator("button.copybtn")
    button.focus()
    expect(button).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()").strip() == code.strip()
    cell.locator("pre").evaluate("e => { e.textContent = '>>> 1 + 1\\n2\\n'; }")
    button.press("Enter")
    assert page.evaluate("navigator.clipboard.readText()").strip() == "1 + 1"
    context.close()


# On paper

PRINTED = """() => {
    const at = e => e.getClientRects().length > 0;
    return {
        apparatus: [...document.querySelectorAll(".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .copybtn, "
            + ".prev-next-footer, .page-foot, .ux-actions, footer")].filter(at).map(e => e.className),
        code: [...document.querySelectorAll(".tag_hide-input .cell_input")].filter(at).length,
        background: getComputedStyle(document.body).backgroundColor,
        wide: [...document.querySelectorAll("article *")].filter(e => at(e) && e.getBoundingClientRect().right > innerWidth + 1)
            .filter(e => !e.closest("mjx-container, svg, .ux, .pst-scrollable-table-container, [class*=output]"))
            .map(e => e.outerHTML.slice(0, 80)),
        solutions: [...document.querySelectorAll(".tag_solution")].length,
        open: [...document.querySelectorAll(".tag_solution details[open]")].length,
    };
}"""


def test_on_paper_there_is_the_text_alone(address, open_page):
    with open_page("dark") as page:
        page.goto(address("book/15-lstm.html"))
        quiet(page)
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        seen = page.evaluate(PRINTED)
        assert not seen["apparatus"] and not seen["wide"] and not seen["code"], seen
        assert seen["solutions"] == seen["open"] > 3, "solutions are open"
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(PRINTED)["open"] == 0


def test_a_chapter_becomes_a_pdf(site, monkeypatch, tmp_path, browser, address):
    path = tmp_path / "chapter.pdf"
    pdf.print_page(browser, address("book/16-gru.html"), path)
    content = path.read_bytes()
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert 10 <= len(re.findall(rb"/Type /Page\b", content)) <= 60 and b"/StructTreeRoot" in content and b"/Outlines" in content


def test_what_cannot_be_printed_gets_a_sentence(site, monkeypatch, tmp_path):
    monkeypatch.setattr(serve, "SITE", site)
    with pytest.raises(SystemExit, match="no page 15-lsmt. It has index, 01"):
        pdf.main(["15-lsmt"])
    monkeypatch.setattr(serve, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="build it first"):
        pdf.main([])
    monkeypatch.setattr(chromium, "NAMES", ("no-browser",))
    with pytest.raises(SystemExit, match="none of no-browser"):
        chromium.needed()


