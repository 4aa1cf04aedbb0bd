"""Figures look as the book's do, and their text tells when what they draw has changed."""

import datetime
import io
import re
import subprocess
import sys
from pathlib import Path

import compare
import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from unrolled import plots

X = np.linspace(0, 2 * np.pi, 60)
CSS = Path(plots.__file__).parent / "explore" / "js" / "src" / "explore.css"


@pytest.fixture(autouse=True)
def untouched():
    """Each test leaves matplotlib as it found it, with no figure open."""
    import matplotlib.pyplot as plt

    with matplotlib.rc_context():
        yield
    plt.close("all")


def png(figure):
    figure.savefig(file := io.BytesIO(), format="png", metadata={"Software": None})
    return file.getvalue()


def differ(draw, other):
    """Whether the validation tells two figures apart by their texts; ``draw(ax)`` draws."""
    texts = []
    for function in (draw, other):
        function((figure := Figure()).subplots())
        texts.append(plots.describe(figure))
    return not compare.same(*texts)


def lines(ax, y=np.sin, labels=("a", "b"), **names):
    ax.plot(X, y(X), label=labels[0])
    ax.plot(X, np.cos(X), label=labels[1])
    ax.set(**({"title": "T", "xlabel": "time", "ylabel": "value"} | names))
    ax.legend()


def test_importing_changes_nothing():
    code = ("import matplotlib; before = dict(matplotlib.rcParams); import unrolled.plots; "
            "assert dict(matplotlib.rcParams) == before; unrolled.plots.use(); "
            "assert matplotlib.rcParams['font.size'] == 11")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_use_sets_the_books_style_whatever_was_set_before():
    matplotlib.rcParams["axes.grid"] = True
    plots.use()
    assert not matplotlib.rcParams["axes.grid"]
    assert {key: matplotlib.rcParams[key] for key in plots.STYLE} == {
        key: matplotlib.rcParams.validate[key](value) for key, value in plots.STYLE.items()}


def test_the_colours_are_those_of_the_explorables():
    light = CSS.read_text().partition("}")[0]
    assert plots.PALETTE == [re.search(rf"--ux-{k}: (#\w+)", light)[1] for k in range(4)]


def test_figures_are_transparent_and_the_same_every_time():
    plots.use()
    pictures = []
    for _ in range(2):
        lines((figure := Figure()).subplots())
        pictures.append(png(figure))
    assert pictures[0] == pictures[1]
    assert b"Software" not in pictures[0] and b"Date" not in pictures[0]
    pixels = matplotlib.image.imread(io.BytesIO(pictures[0]))
    assert (pixels[[0, 0, -1, -1], [0, -1, 0, -1], 3] == 0).all() and (pixels[..., 3] == 0).mean() > 0.8


def test_text_is_legible_on_a_phone():
    """At most 480 pixels wide, shrunk to 328: no text below 9 pixels."""
    plots.use()
    lines((figure := Figure()).subplots())
    figure.canvas.draw()
    shrink = 328 / max(328, figure.get_size_inches()[0] * figure.dpi)
    sizes = [t.get_fontsize() * figure.dpi / 72 * shrink for t in figure.findobj(matplotlib.text.Text)]
    assert min(sizes) >= 9


CHANGES = {
    "stretched": dict(y=lambda x: np.sin(1.001 * x)), "scaled": dict(y=lambda x: 1.001 * np.sin(x)),
    "shifted": dict(y=lambda x: np.sin(x) + 0.001), "reversed": dict(y=lambda x: np.sin(x)[::-1]),
    "cut": dict(y=lambda x: np.where(x > 6, np.nan, np.sin(x))),
    "two exchanged": dict(y=lambda x: np.sin(x[np.r_[:7, 31, 8:31, 7, 32:60]])),
    "labels exchanged": dict(labels=("b", "a")), "label": dict(labels=("a", "c")), "title": dict(title="U"),
    "axes exchanged": dict(xlabel="value", ylabel="time"), "scale of x": dict(xscale="log"),
    "scale of y": dict(yscale="symlog"), "ticks": dict(xticks=[0, 3]),
}


@pytest.mark.parametrize("changed", CHANGES.values(), ids=CHANGES)
def test_a_changed_curve_name_or_scale_changes_the_text(changed):
    assert not differ(lines, lambda ax: lines(ax))
    assert differ(lines, lambda ax: lines(ax, **changed))


def test_rounding_does_not_change_the_text():
    """Another machine's last digits do not count, not even where a number is zero but for rounding."""
    noise = np.random.RandomState(0).standard_normal(60)
    assert not differ(lines, lambda ax: lines(ax, y=lambda x: np.sin(x) * (1 + 1e-7 * noise) + 1e-9 * noise))
    assert 0.3 != 0.1 + 0.2
    assert not differ(lambda ax: ax.bar([1, 2], [0.3, 1]), lambda ax: ax.bar([1, 2], [0.1 + 0.2, 1]))


def test_a_removed_or_hidden_artist_changes_the_text():
    def removed(ax):
        lines(ax)
        ax.lines[1].remove()

    def hidden(ax):
        lines(ax)
        ax.lines[0].set_visible(False)

    def without_legend(ax):
        lines(ax)
        ax.get_legend().remove()

    for change in (removed, hidden, without_legend):
        assert differ(lines, change)


SCATTER = np.random.RandomState(1).standard_normal((30, 2))
K = np.arange(30)
IMAGE = np.random.RandomState(2).random((9, 7))
GRID = np.meshgrid(np.linspace(0, 1, 7), np.linspace(0, 1, 9))
FLAT = dict(  # name: (draw, a changed drawing)
    scatter=(lambda ax: ax.scatter(*SCATTER.T), lambda ax: ax.scatter(*(1.01 * SCATTER).T)),
    classes=(lambda ax: ax.scatter(*SCATTER.T, c=K % 2), lambda ax: ax.scatter(*SCATTER.T, c=K % 3)),
    colours=(lambda ax: ax.scatter(*SCATTER.T, c=["r", "b"] * 15),
             lambda ax: ax.scatter(*SCATTER.T, c=["r", "r", "b"] * 10)),
    sizes=(lambda ax: ax.scatter(*SCATTER.T, s=K), lambda ax: ax.scatter(*SCATTER.T, s=K[::-1])),
    image=(lambda ax: ax.imshow(IMAGE), lambda ax: ax.imshow(IMAGE[:, ::-1])),
    masked=(lambda ax: ax.imshow(IMAGE), lambda ax: ax.imshow(np.ma.masked_greater(IMAGE, 0.95))),
    rgb=(lambda ax: ax.imshow(np.zeros((2, 3, 3))), lambda ax: ax.imshow(np.ones((2, 3, 3)))),
    extent=(lambda ax: ax.imshow(IMAGE), lambda ax: ax.imshow(IMAGE, extent=(0, 1, 0, 1))),
    mesh=(lambda ax: ax.pcolormesh(*GRID, IMAGE), lambda ax: ax.pcolormesh(*GRID, IMAGE + 0.01)),
    bars=(lambda ax: ax.bar(["a", "b"], [1, 2]), lambda ax: ax.bar(["a", "b"], [1, 2.01])),
    categories=(lambda ax: ax.bar(["a", "b"], [1, 2]), lambda ax: ax.bar(["a", "c"], [1, 2])),
    bar_label=(lambda ax: ax.bar([0], [1], label="n"), lambda ax: ax.bar([0], [1], label="m")),
    histogram=(lambda ax: ax.hist(SCATTER[:, 0]), lambda ax: ax.hist(SCATTER[:, 1])),
    contour=(lambda ax: ax.contour(*GRID, IMAGE), lambda ax: ax.contour(*GRID, IMAGE, [0.5])),
    filled=(lambda ax: ax.contourf(*GRID, IMAGE), lambda ax: ax.contourf(*GRID, IMAGE**1.1)),
    between=(lambda ax: ax.fill_between(X, np.sin(X)), lambda ax: ax.fill_between(X, np.cos(X))),
    arrows=(lambda ax: ax.quiver(*GRID, IMAGE, IMAGE), lambda ax: ax.quiver(*GRID, IMAGE, -IMAGE)),
    sloped=(lambda ax: ax.axline((0, 0), slope=1), lambda ax: ax.axline((0, 0), slope=2)),
    through=(lambda ax: ax.axline((0, 0), (1, 1)), lambda ax: ax.axline((0, 0), (1, 2))),
    level=(lambda ax: ax.axhline(1), lambda ax: ax.axhline(2)),
    flow=(lambda ax: ax.streamplot(*GRID, IMAGE, 1 + IMAGE), lambda ax: ax.streamplot(*GRID, IMAGE, 1 - IMAGE)),
    titles=(lambda ax: ax.set_title("a", loc="left"), lambda ax: ax.set_title("b", loc="left")),
    words=(lambda ax: ax.text(0, 0, "here"), lambda ax: ax.text(0, 0, "there")),
    dates=(lambda ax: ax.plot([datetime.date(2020, 1, d) for d in (1, 2, 9)], [1, 2, 3]),
           lambda ax: ax.plot([datetime.date(2020, 1, d) for d in (1, 3, 9)], [1, 2, 3])),
    day=(lambda ax: ax.plot([datetime.date(2020, 1, d) for d in (1, 2, 9)], [1, 2, 3]),
         lambda ax: ax.plot([datetime.date(2020, 1, d) for d in (2, 3, 10)], [1, 2, 3])),
    errors=(lambda ax: ax.errorbar([1, 2], [1, 2], [0.1, 0.1]),
            lambda ax: ax.errorbar([1, 2], [1, 2], [0.1, 0.2])),
    tick_names=(lambda ax: ax.set_xticks([0, 1], ["a", "b"]), lambda ax: ax.set_xticks([0, 1], ["b", "a"])),
    inset=(lambda ax: ax.inset_axes([0, 0, 1, 1]).plot([1, 2]),
           lambda ax: ax.inset_axes([0, 0, 1, 1]).plot([2, 1])),
    wedges=(lambda ax: ax.pie([1, 2]), lambda ax: ax.pie([1, 3])),
    arrow=(lambda ax: ax.arrow(0, 0, 1, 1), lambda ax: ax.arrow(0, 0, 1, 2)),
    nothing=(lambda ax: None, lambda ax: ax.plot([], [])),
    lost=(lambda ax: ax.plot([np.nan]), lambda ax: ax.plot([np.inf, np.nan])),
)
SPACE = dict(
    line=(lambda ax: ax.plot(X, X, np.sin(X)), lambda ax: ax.plot(X, X, np.sin(1.001 * X))),
    points=(lambda ax: ax.scatter(X, X, X), lambda ax: ax.scatter(X, X, 1.01 * X)),
    surface=(lambda ax: ax.plot_surface(*GRID, IMAGE), lambda ax: ax.plot_surface(*GRID, IMAGE**1.1)),
    wires=(lambda ax: ax.plot_wireframe(*GRID, IMAGE), lambda ax: ax.plot_wireframe(*GRID, IMAGE**1.1)),
    z=(lambda ax: ax.set_zlabel("loss"), lambda ax: ax.set_zlabel("error")),
)


@pytest.mark.parametrize("draw, other", FLAT.values(), ids=FLAT)
def test_everything_drawn_has_a_text_of_its_own(draw, other):
    assert not differ(draw, draw)
    assert differ(draw, other)


@pytest.mark.parametrize("draw, other", SPACE.values(), ids=SPACE)
def test_so_has_what_is_drawn_in_space(draw, other):
    texts = []
    for function in (draw, draw, other):
        function((figure := Figure()).add_subplot(projection="3d"))
        texts.append(plots.describe(figure))
        png(figure)
        assert plots.describe(figure) == texts[-1]
    assert compare.same(*texts[:2]) and not compare.same(*texts[1:])


@pytest.mark.parametrize("draw", [draw for draw, _ in FLAT.values()], ids=FLAT)
def test_drawing_does_not_change_the_text(draw):
    plots.use()
    draw((figure := Figure()).subplots())
    text = plots.describe(figure)
    png(figure)
    assert plots.describe(figure) == text


def test_the_first_line_is_an_alternative_text():
    figure = Figure()
    figure.suptitle("Training")
    left, _ = figure.subplots(1, 2)
    lines(left, title="OR", xlabel="epoch", ylabel="$E$")
    assert plots.describe(figure).splitlines()[0] == "Figure: Training; OR: E over epoch: a, b"
    assert plots.describe(Figure()) == "Figure"


def test_the_statistics():
    ax = (figure := Figure()).subplots()
    ax.plot([0, 3, 6, 9], [10, -20, np.nan, 40], label="y")
    a, b, c, d = 1 + np.cos([0, 1, 2, 3]) / 2
    x, y = (3 * b + 6 * c + 9 * d) / (a + b + c + d), (10 * a - 20 * b + 40 * d) / (a + b + d)
    assert plots.describe(figure).splitlines()[2:] == [
        "  line 'y'",
        f"    x: 4 numbers, 0 to 9.000, mean 4.500, weighted {x:.3f}, rms {31.5 ** 0.5:.3f}",
        "    y: 4 numbers, 1 not finite, -20.00 to 40.00, mean 10.00, "
        f"weighted {y:.3f}, rms {700 ** 0.5:.2f}"]


def test_figures_in_a_shell_carry_their_text(tmp_path, monkeypatch):
    """Through IPython's formatter, also after ``use`` was called twice."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        plots.use()
        plots.use()
        lines((figure := Figure()).subplots())
        assert shell.display_formatter.formatters["text/plain"](figure) == plots.describe(figure)
    finally:
        InteractiveShell.clear_instance()


GATES = [[0, 0], [0, 1], [1, 0], [1, 1]]


def colours(ax, points):
    """The colours of pixels at these places of the plane."""
    ax.figure.savefig(file := io.BytesIO(), format="png", dpi=100, facecolor="w")
    file.seek(0)
    pixels = matplotlib.image.imread(file)[::-1]
    columns = np.rint(ax.transData.transform(points)).astype(int)
    return [tuple(np.rint(255 * pixels[y, x, :3]).astype(int)) for x, y in columns]


def test_plane_shades_where_the_neuron_fires():
    matplotlib.rcParams["figure.dpi"] = 100
    ax = plots.plane(GATES, [0, 0, 0, 1], [1, 1], -1.5)
    fires, silent, on_line = colours(ax, [[1.3, 1.3], [-0.3, -0.3], [0.5, 1.0]])
    assert silent == (255, 255, 255) != fires
    assert min(fires) > 200 and max(on_line) < 90
    zero, one = ax.collections[-2:]
    assert zero.get_offsets().tolist() == GATES[:3] and one.get_offsets().tolist() == GATES[3:]
    assert not np.array_equal(zero.get_paths()[0].vertices, one.get_paths()[0].vertices)
    assert not np.array_equal(zero.get_facecolor(), one.get_facecolor())
    assert [t.get_text() for t in ax.figure.legends[0].get_texts()] == ["$t = 0$", "$t = 1$", "$y = 1$"]


@pytest.mark.parametrize("w, b, fires", [
    ([0, 0], 0, False), ([0, 0], 1, True), ([1, 1], -9, False), ([1, 1], 9, True)])
def test_plane_where_all_or_nothing_fires(w, b, fires):
    ax = plots.plane(GATES, [0, 0, 0, 1], w, b)
    shaded, = colours(ax, [[0.5, 0.5]])
    assert (shaded != (255, 255, 255)) is fires


def test_planes_side_by_side_share_one_legend():
    figure = Figure(layout="constrained")
    for ax in figure.subplots(1, 2):
        assert plots.plane(GATES, [0, 1, 1, 1], ax=ax) is ax
    assert len(figure.legends) == 1


@pytest.mark.parametrize("x, t, w, message", [
    ([[0, 0, 1]], [0], None, r"shape \(N, 2\), N at least 1, but x has shape \(1, 3\)"),
    (np.empty((0, 2)), [], None, r"x has shape \(0, 2\)"),
    (GATES, [0, 1], None, "a 0 or a 1 for each of the 4 points"),
    (GATES, [0, 1, 2, 1], None, "a 0 or a 1 for each of the 4 points"),
    (GATES, [0, 1, 1, 1], [1, 2, 3], r"two weights, but w has shape \(3,\)"),
])
def test_plane_refuses(x, t, w, message):
    with pytest.raises(ValueError, match=message):
        plots.plane(x, t, w)


def test_digits_stand_side_by_side():
    images = np.arange(3 * 4 * 5).reshape(3, 4, 5)
    ax = plots.digits(images, captions=["a", 1, "c"], columns=2)
    sheet = np.ma.filled(ax.images[0].get_array(), np.nan)
    tall, wide = sheet.shape[0] // 2, sheet.shape[1] // 2
    for k, image in enumerate(images):
        i, j = divmod(k, 2)
        assert np.array_equal(sheet[i * tall:i * tall + 4, j * wide:j * wide + 5], image)
    assert np.isnan(sheet).sum() == sheet.size - images.size
    assert ax.images[0].get_clim() == (0, 59) and (tall, wide) == (6, 6)
    assert ax.figure.get_size_inches().tolist() == [1.8, 1.8]
    assert [t.get_text() for t in ax.texts] == ["a", "1", "c"]
    assert [t.get_position() for t in ax.texts] == [(2, 4), (wide + 2, 4), (2, tall + 4)]


def test_digits_without_captions_or_ink():
    ax = plots.digits(np.zeros((1, 8, 8)))
    assert not ax.texts and ax.images[0].get_array().shape == (9, 9)
    many = plots.digits(np.zeros((20, 16, 16)))
    assert many.images[0].get_array().shape == (3 * 18, 8 * 18) and many.figure.get_size_inches()[0] == pytest.approx(4.8)


def test_digits_refuses():
    with pytest.raises(ValueError, match=r"shape \(N, H, W\), N at least 1, but these have shape \(8, 8\)"):
        plots.digits(np.zeros((8, 8)))
    with pytest.raises(ValueError, match=r"shape \(0, 8, 8\)"):
        plots.digits(np.zeros((0, 8, 8)))
    with pytest.raises(ValueError, match="Each of the 2 images needs a caption, but there are 3"):
        plots.digits(np.zeros((2, 8, 8)), captions="abc")
