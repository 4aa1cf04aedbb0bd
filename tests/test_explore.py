"""Explorables in Python: controls, grids, sentences, stored forms; and what the built script is made of."""
import asyncio
import base64
import functools
import gzip
import hashlib
import io
import json
import os
import re
import time

import matplotlib.image
import numpy as np
import pytest

from unrolled import config
from unrolled.explore import (
    Arrows,
    Bars,
    Choice,
    Images,
    Landscape,
    Linear,
    Lines,
    Log,
    Map,
    Matrix,
    Network,
    Plane,
    Player,
    Surface,
    Table,
    Text,
    explore,
    grid,
    live,
    pictures,
    site,
    widget,
)
from unrolled.explore.widget import LOST, MIME, STATIC

JS = STATIC.parent / "js"
RATES = Log(0.1, 10, n=5)


def line(rate):
    return {"x": np.arange(4), "y": rate * np.arange(4)}


@pytest.fixture
def with_grid(monkeypatch):
    monkeypatch.setenv("UNROLLED_GRID", "1")


@pytest.fixture
def without_grid(monkeypatch):
    monkeypatch.delenv("UNROLLED_GRID", raising=False)


def stored(figure):
    return figure._repr_mimebundle_()[0]


# Controls

def test_grids_of_controls():
    assert Linear(0, 1, n=5).grid() == [0, 0.25, 0.5, 0.75, 1]
    assert Log(0.01, 100, n=5).grid() == [0.01, 0.1, 1, 10, 100]
    assert Log(8, 128, n=5, integer=True).grid() == [8, 16, 32, 64, 128]
    assert Linear(1, 4, integer=True).grid() == [1, 2, 3, 4]            # no value twice
    assert Player(0, 10, every=4).grid() == [0, 4, 8]
    assert Choice("AND", "OR").grid() == ["AND", "OR"]


def test_controls_are_called_by_their_names_unless_they_have_labels():
    for make in (functools.partial(control, 0, 1) for control in (Linear, Player, Choice)):
        assert make().spec("learning_rate")["label"] == "learning rate" and make(label="η").spec("rate")["label"] == "η"


def test_defaults_lie_on_the_grid():
    assert Linear(0, 1, n=5).default() == 0.5
    assert Linear(0, 1, n=5, value=0.7).default() == 0.75
    assert Player(3, 9).default() == 3
    assert Choice("AND", "OR").default() == "AND"
    assert Choice("AND", "OR", value="OR").default() == "OR"


@pytest.mark.parametrize("make, words", [
    (lambda: Linear(1, 1), "lo < hi"),
    (lambda: Linear(2, 1), "got lo=2, hi=1"),
    (lambda: Linear(0, 1, n=1), "n >= 2"),
    (lambda: Log(0, 1), "0 < lo < hi"),
    (lambda: Log(0.1, 1, value=2), "value=2 is outside"),
    (lambda: Player(0, 2.5), "whole numbers"),
    (lambda: Player(5, 5), "lo < hi"),
    (lambda: Choice(), "at least one option"),
    (lambda: Choice("AND", value="and"), "value='and' is not among them"),
])
def test_controls_refuse_in_sentences(make, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make()


def test_controls_are_traits(without_grid):
    figure = explore(line, {"rate": RATES}, Lines("x", "y"))
    seen = []
    figure.observe(lambda change: seen.append(change.new), "rate")
    figure.rate = 7
    assert seen == [7] and figure.answer["fields"]["y"]["data"] == [0, 7, 14, 21]
    with pytest.raises(Exception, match="rate"):
        figure.rate = 1000
    assert figure.rate == 7 and figure.answer["at"] == {"rate": 7}


# What does not fit together

def returns(**fields):
    return lambda rate: fields


def longer(rate):
    return {"x": [0, 1], "y": np.ones(2 + (rate > 5))}


XY = {"xy": np.zeros((3, 2)), "k": np.zeros(3)}


@pytest.mark.parametrize("fn, controls, draw, words", [
    (line, {}, Lines("x", "y"), "at least one control"),
    (line, {"rate": RATES}, [], "one mark to draw"),
    (line, {"keys": RATES}, Lines("x", "y"), "cannot be called 'keys'"),
    (line, {"speed": RATES}, Lines("x", "y"), "line(rate) does not take the controls speed"),
    (lambda rate: [1, 2], {"rate": RATES}, Lines("x", "y"), "returned list"),
    (returns(x=[1], y=["a"]), {"rate": RATES}, Lines("x", "y"), "'y' as list; expected numbers"),
    (returns(x=[1, 2], y=[[1], [1, 2]]), {"rate": RATES}, Lines("x", "y"), "equally long"),
    (returns(x=[1], y=[]), {"rate": RATES}, Lines("x", "y"), "'y' empty"),
    (line, {"rate": RATES}, Lines("x", "yy"), "draws 'yy', but line returns 'x', 'y'. Did you mean 'y'?"),
    (returns(x=[1, 2], y=[1, 2, 3]), {"rate": RATES}, Lines("x", "y"), "one number for each of the 2 in 'x'"),
    (line, {"rate": RATES}, Lines("x", ["y"] * 5), "one to four curves"),
    (line, {"rate": RATES}, Lines("x", "y", labels=["a", "b"]), "got 1 and 2 labels"),
    (line, {"rate": RATES}, Lines("x", "y", log=True, ylim=(0, 1)), "ylim above 0"),
    (returns(z=[1, 2]), {"rate": RATES}, Surface("z", (0, 1), (0, 1)), "'z' as rows of numbers"),
    (returns(z=np.eye(2), **XY), {"rate": RATES}, Surface("z", (0, 1), (0, 1), points=("k", "k")), "(x, y)"),
    (returns(w=[1, 2], **XY), {"rate": RATES}, Plane(("xy", "k"), "w", (0, 1), (0, 1)), "(w1, w2, b)"),
    (returns(**XY), {"rate": RATES}, Plane(("xy", "k"), None, (0, 1), (0, 1), wrong="xy"), "each of the 3"),
    (returns(z=np.ones((2, 3))), {"rate": RATES}, Matrix("z", "ab", "ab"), "2 rows and 2 columns"),
    (returns(z=np.ones((2, 3))), {"rate": RATES}, Table("z", ["a", "b"]), "rows of 2 numbers"),
    (returns(z=np.ones((2, 3))), {"rate": RATES}, Table("z", "abc", rows="a"), "1 rows, as it has row"),
    (returns(z=np.ones((2, 3))), {"rate": RATES}, Table("z", "abc", digits=[1, 2]), "one per column"),
    (returns(z=np.ones((2, 3))), {"rate": RATES}, Images("z"), "(N, height, width)"),
    (returns(z=np.ones((2, 3, 3)), k=[1]), {"rate": RATES}, Images("z", label="k"), "each of the 2 images"),
    (returns(p=[1, 2]), {"rate": RATES}, Bars("p", "abc"), "each of the 3 labels"),
    (longer, {"rate": RATES}, Lines("x", "y"), "in one shape"),
    (line, {"rate": RATES}, Lines("x", "y", lo="y"), "lo and hi together"),
    (line, {"rate": RATES}, Lines("x", "y", lo=["y", "y"], hi=["y", "y"]), "one of each for a curve's band"),
    (line, {"rate": RATES}, Lines("x", "y", xlog=True), "needs 'x' above 0; its smallest is 0"),
    (line, {"rate": RATES}, Lines("x", "y", symlog=-1), "symlog above 0"),
    (returns(z=[1, 2]), {"rate": RATES}, Landscape("z", (0, 1), (0, 1)), "'z' as rows of numbers"),
    (returns(z=[[1, 2]]), {"rate": RATES}, Landscape("z", (0, 1), (0, 1)), "'z' as rows of numbers"),
    (returns(z=-np.eye(2)), {"rate": RATES}, Landscape("z", (0, 1), (0, 1), log=True), "smallest of 'z' is -1"),
    (returns(z=np.eye(2), p=[1, 2]), {"rate": RATES}, Landscape("z", (0, 1), (0, 1), "p"), "(x, y) per step"),
    (returns(z=np.eye(2), **XY), {"rate": RATES}, Landscape("z", (0, 1), (0, 1), ["xy"] * 5), "up to four"),
    (returns(v=[[1, 2]], **XY), {"rate": RATES}, Arrows("xy", "v", (0, 1), (0, 1)), "each arrow of 'xy'"),
    (returns(**XY), {"rate": RATES}, Plane(("xy", "k"), None, (0, 1), (0, 1), drag=("rate", "x")), "got ('rate', 'x')"),
    (returns(a=[1, 2]), {"rate": RATES}, Map("a"), "two rows and two columns"),
    (returns(w=np.eye(3), v=np.eye(2)), {"rate": RATES}, Network(["w", "v"]), "each of the 3 columns of 'w'"),
    (returns(w=np.eye(13)), {"rate": RATES}, Network("w"), "up to 12 units; got [13, 13]"),
    (returns(w=np.eye(2), h=[1]), {"rate": RATES}, Network("w", ["h", None]), "each of the 2 units"),
    (returns(w=np.eye(2)), {"rate": RATES}, Network("w", layers=["one"]), "layers for each of its 2"),
    (returns(w=np.eye(2)), {"rate": RATES}, Network("w", labels=["a", ""]), "each of the 2 units"),
    (returns(p=[1, 2]), {"rate": RATES}, Text(["to", "be", "or"], "p"), "each of the 3 words"),
    (returns(p=[1, 2]), {"rate": RATES}, Text([], "p"), "a list of words"),
    (returns(p=[1, 2]), {"rate": RATES}, Text([["a", "b"], ["c"]], "p"), "which, the field that chooses"),
])
def test_what_does_not_fit_is_a_sentence(fn, controls, draw, words, with_grid):
    with pytest.raises((TypeError, ValueError), match=re.escape(words)) as caught:
        explore(fn, controls, draw)
    assert str(caught.value).endswith((".", "?"))


@pytest.mark.parametrize("limits", [(1, 0), (0, 1, 2), (1, 1)])
def test_limits_are_ordered(limits):
    with pytest.raises(ValueError, match=r"xlim=\(lo, hi\) with lo < hi"):
        Surface("z", limits, (0, 1))


def test_a_grid_too_large_is_refused_with_its_size(with_grid):
    def noise(rate):
        return {"z": np.random.default_rng(round(100 * rate)).normal(size=(60, 60))}
    message = r"weighs \d+\.\d kB gzipped, and 60 kB is the limit: 13 settings, .* for 'z'\."
    with pytest.raises(ValueError, match=message):
        explore(noise, {"rate": Linear(0, 1)}, Surface("z", (0, 1), (0, 1)))


# Packing

def test_packing_keeps_values_to_half_a_level():
    values = np.random.default_rng(0).normal(size=(6, 50))
    field = grid.pack(values, (2, 3), levels=4095)
    assert field["over"] == [2, 3]
    half = (field["hi"] - field["lo"]) / 4095 / 2
    assert abs(grid.unpack(field) - np.clip(values, field["lo"], field["hi"])).max() <= half * 1.0001


def test_packing_on_a_logarithmic_scale():
    values = 10.0 ** np.random.default_rng(0).uniform(-5, 3, size=(4, 50))
    back = grid.unpack(grid.pack(values, (4,), between=(1e-3, 10), log=True, levels=4095))
    assert abs(np.log10(back / np.clip(values, 1e-3, 10))).max() <= 4 / 4095 / 2 * 1.0001
    assert back.min() == pytest.approx(1e-3) and back.max() == pytest.approx(10)


def test_packing_on_both_sides_of_nothing():
    values = np.array([[0, 1e-3, -1e-3, 1, -1, 1e4, -1e4, 50]])
    back = grid.unpack(grid.pack(values, (1,), between=(-1e4, 1e4), symlog=1e-3))
    np.testing.assert_allclose(back, values, rtol=5e-4, atol=1e-7)


@pytest.mark.parametrize("marks", [
    Lines("x", "y", xlog=True),
    [Lines("x", "y", xlog=True), Lines("y", "x", title="exchanged")],
    [Lines("x", "y", xlog=True, log=True), Table("rows", ["x"], digits=1), Lines("y", "x", log=True)],
])
def test_small_x_on_a_logarithmic_axis_are_kept(marks, with_grid):
    x = np.geomspace(3e-12, 0.7, 30)
    figure = explore(lambda rate: {"x": x * rate, "y": 1 + rate * np.sqrt(x), "rows": [[1]]}, {"rate": RATES}, marks)
    back = grid.unpack(stored(figure)[MIME]["grid"]["fields"]["x"])
    np.testing.assert_allclose(back, np.outer(RATES.grid(), x), rtol=2e-3)


def test_packing_keeps_few_decimals_exactly():
    values = np.array([[-3, 0, 2.25, np.nan], [1e6, 7, 0.5, -0.25]])
    back = grid.unpack(grid.pack(values, (2,)))
    np.testing.assert_allclose(back, values, rtol=0, atol=1e-9)
    assert grid.pack(np.array([[0, 1e20]]), (1,))["levels"] == grid.FINE           # whole, but a float does not hold the steps


def test_packing_rounds_as_the_page_does():
    values = np.array([[0.125, -0.125, 2.14037745, np.nan]])
    np.testing.assert_allclose(grid.unpack(grid.pack(values, (1,), digits=2)), [[0.13, -0.13, 2.14, np.nan]])


def test_packing_leaves_out_controls_without_influence():
    values = np.arange(3.0)[None, :, None, None] + np.zeros((4, 3, 5, 2))    # only the second control matters
    field = grid.pack(values.reshape(60, 2), (4, 3, 5))
    assert field["over"] == [1, 3, 1]
    np.testing.assert_array_equal(grid.unpack(field), np.repeat([[0], [1], [2]], 2, axis=1))
    assert grid.pack(np.full((60, 2), np.nan), (4, 3, 5))["over"] == [1, 1, 1]


def test_no_weight_is_no_weight():
    weights = np.random.default_rng(0).normal(size=(9, 3))
    weights[4] = 0
    figure = Plane((np.zeros((1, 2)), np.zeros(1)), "w", (0, 1), (0, 1))
    back = grid.unpack(grid.pack(weights, (9,), **figure.packing("w", {"w": weights})))
    assert (back[4] == 0).all()


# Grids

def at_every_setting(figure):
    for at in grid.settings(figure._controls):
        for name, value in at.items():
            setattr(figure, name, value)
        yield at, figure.answer


def position(figure, at, over):
    k = 0
    for (name, control), n in zip(figure._controls.items(), over, strict=True):
        k = k * n + (control.grid().index(at[name]) if n > 1 else 0)
    return k


def every_kind(rate, gate, step):
    """Fields of every kind, cheap, each depending on its own controls."""
    rng = np.random.default_rng(gate)
    t = np.arange(20)
    xy = rng.normal(size=(6, 2))
    w = np.array([rate, 1 - rate, 0.1 * step])
    p = np.exp(rng.normal(size=4))
    z = np.tanh(np.add.outer(np.linspace(-2, 2, 7), rate * np.linspace(-1, 1, 5)))
    rows = np.where(t[:8, None] <= step, np.outer(t[:8], [1, 0.25, rate]), np.nan)
    known, fires = xy[:, 0] > 0, xy @ w[:2] + w[2] > 0
    return {"t": t, "loss": np.exp(-rate * t / 5), "error": 2 * np.exp(-rate * t / 9), "step": step,
            "xy": xy, "class": known, "w": w, "wrong": fires != known, "z": z, "rows": rows,
            "p": p / p.sum(), "best": p.argmax(),
            "digit": rng.integers(0, 10, 5), "truth": rng.integers(0, 10, 5)}


INK = np.linspace(0, 1, 5 * 12).reshape(5, 4, 3)
PANELS = [
    Lines("t", ["loss", "error"], log=True, at="step", rules={"chance": 0.5}, ylim=(0.01, 10)),
    Plane(("xy", "class"), "w", (-3, 3), (-3, 3), at="step", wrong="wrong", classes=("$t=0$", "$t=1$")),
    Surface("z", (-1, 1), (-2, 2), points=("xy", "class"), level=0.25, zlim=(-1, 1)),
    Bars("p", ["a", "b", "c", "d"], at="best", ylim=(0, 1)),
    Matrix("z", list("abcdefg"), ["one", "two", "three", "four", "five"], zlim=(-1, 1), collabel="number"),
    Table("rows", ["$k$", "$x_1$", "$x_2$"], at="step", digits=(0, 2, 3)),
    Images(INK, label="digit", truth="truth", columns=5, title="Five images"),
]
CONTROLS = {"rate": Linear(0, 1, n=5, label="rate $η$"), "gate": Choice(1, 2), "step": Player(0, 4)}


def everything():
    return explore(every_kind, CONTROLS, PANELS, "Every <mark>", "What $x_1$ </script> does.", say=words)


def words(result, at):
    return f"Setting {at['rate']:g}, {at['gate']}, {at['step']}: $p_1$ {result['p'][0]:.3f}."


WALK = 8
STORY = ["Mary went to the kitchen.\n", "John took the ball.\n", "Mary picked up the milk.\n", "Where is the milk?"]


def more_kinds(angle, sharp, step):
    """Fields of the marks that draw no classes: maps, networks, words."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    x, y = np.linspace(-2, 2, 9), np.linspace(-1, 3, 11)
    path = [np.array([1.5, 2.0])]
    for _ in range(WALK):
        path.append(0.8 * turn @ path[-1])
    w, v = turn @ [[1, -0.5, 0.25], [0.5, 2, -1]], np.array([[1.0], [-1.5], [0.5]])
    inputs = np.array([1.0, -1.0])
    hidden = np.tanh(inputs @ w)
    p = np.exp(sharp * np.array([2.0, 0.5, 3.0]))
    t = np.linspace(-2, 2, 9)
    grows = np.sinh(sharp * t)
    return {"z": 1 + np.add.outer(y**2, x**2), "path": path, "step": step, "short": path[:3],
            "xy": np.stack(np.meshgrid(x[::4], y[::5]), -1).reshape(-1, 2),
            "uv": np.stack(np.meshgrid(x[::4], y[::5]), -1).reshape(-1, 2) @ turn.T,
            "A": turn * [1, 1 - sharp], "w": w, "v": v, "x": inputs, "h": hidden, "y": np.tanh(hidden @ v),
            "layer": step % 3, "p": [*p / p.sum(), np.nan], "asks": 3, "odd": step % 2,
            "t": t, "grows": grows, "below": grows - 1 - abs(t), "above": grows + 1 + abs(t), "half": grows / 2}


F = np.array([[0.2, 0.2], [0.2, 0.5], [0.2, 0.8], [0.5, 0.8]])
MORE = [
    Landscape("z", (-2, 2), (-1, 3), ["path", "short"], ["long walk", "short walk"], at="step", log=True),
    Arrows("xy", "uv", (-3, 3), (-2, 4), paths="path"),
    Map("A", points=(F, np.zeros(4))),
    Network(["w", "v"], ["x", "h", "y"], [["$x_1$", "$x_2$"], [], ["$y$"]], ["input", "hidden", "output"], at="layer"),
    Text(STORY, "p", at="asks", digits=2, zlim=(0, 1), title="A story"),
    Text([["Whether", "it", "is", "nobler"], ["in", "the mind"]], "p", which="odd", zlim=(0, 1), title="Two sentences"),
    Lines("t", ["grows", "half"], ["the first of two long names", "the second of two long names"],
          lo="below", hi="above", symlog=0.1),
]
ANGLES = {"angle": Linear(0, 1, n=3, label="angle $α$"), "sharp": Linear(0, 2, n=5), "step": Player(0, WALK, every=2)}


def further():
    return explore(more_kinds, ANGLES, MORE, "More marks", "Maps, networks, words.",
                   say=lambda result, at: f"At {at['angle']:g}, {at['sharp']:g}, {at['step']}.")


@pytest.mark.parametrize("make, fn, over", [
    (everything, lambda: every_kind(0, 1, 0), {"t": [1, 1, 1], "p": [1, 2, 1]}),
    (further, lambda: more_kinds(0, 0, 0), {"z": [1, 1, 1], "path": [3, 1, 1], "A": [3, 5, 1]})])
def test_every_grid_point_is_what_the_function_returns_live(make, fn, over, with_grid):
    figure = make()
    content = stored(figure)[MIME]
    fields = {name: (field, grid.unpack(field)) for name, field in content["grid"]["fields"].items()}
    assert set(fields) == set(fn()) and all(fields[name][0]["over"] == axes for name, axes in over.items())
    for k, (at, answer) in enumerate(at_every_setting(figure)):
        assert answer["at"] == at and answer["say"] == content["grid"]["say"][k]
        for name, (field, values) in fields.items():
            lo, hi = grid.limits(field)
            live = np.array([np.nan if v is None else v for v in answer["fields"][name]["data"]])
            level = (field["hi"] - field["lo"]) / field["levels"]
            scale = np.log10 if field["log"] else np.asarray
            if c := field.get("symlog"):
                scale = functools.partial(lambda v, c: np.sign(v) * np.log1p(abs(v) / c), c=c)
            apart = abs(scale(np.clip(live, lo, hi)) - scale(values[position(figure, at, field["over"])]))
            limit = level / 2 * 1.001 + 1e-5                          # the live numbers have six digits
            assert np.nanmax(apart, initial=0) <= limit, (name, at)
            assert (np.isnan(live) == np.isnan(apart)).all(), (name, at)


def test_a_grid_is_the_same_again(with_grid):
    one, two = stored(everything()), stored(everything())
    assert json.dumps(one[MIME]) == json.dumps(two[MIME]) and one["image/png"] == two["image/png"]


ABROAD = """
import os
import numpy as np
from unrolled.layers import Dense

start = np.float64(1)

def abroad(x):
    return {"y": [start * x, x / 3], "exact": Dense(1).dtype == "float64", "process": os.getpid()}

def homebound(x):
    return {"y": [len(open_file.name), x]}
"""


def test_a_grid_shared_among_cores_is_the_same(monkeypatch):
    """Functions of a notebook go to other processes, which use the notebook's type of numbers; or stay if they cannot."""
    notebook, controls = {"__name__": "__main__"}, {"x": Linear(0, 1, n=7)}
    exec(ABROAD, notebook)
    monkeypatch.setattr(grid, "cpu_count", lambda: 2)
    config.set_floatx("float64")
    try:
        (alone, *_), (shared, *_) = (grid.compute(notebook["abroad"], controls, seconds=s) for s in (0, 0.5))
    finally:
        config.set_floatx("float32")
    assert (alone["y"] == shared["y"]).all() and alone["exact"].all() and shared["exact"].all()
    assert (alone["process"] == os.getpid()).all() and (shared["process"] != os.getpid()).all()
    with open(__file__) as notebook["open_file"]:                 # an open file cannot be sent
        assert (grid.compute(notebook["homebound"], controls, seconds=1000)[0]["y"][:, 0] == len(__file__)).all()


def test_a_curve_that_is_cut_off_leaves_the_figure(with_grid):
    """It is stored to a little beyond the axes; else its cut would look like a curve along the border."""
    for more in (dict(ylim=(0.1, 10), log=True), dict(ylim=(-2, 2)), dict(ylim=(-2, 2), symlog=0.1)):
        figure = explore(lambda k: {"t": range(9), "y": k * np.array([1, 2, 0.5, 50, 0.001, 1, 1, 1, 1])},
                         {"k": Linear(1, 2, n=2)}, Lines("t", "y", **more))
        (low, high), y = more["ylim"], grid.unpack(stored(figure)[MIME]["grid"]["fields"]["y"])
        assert (y[:, 3] > high * 1.03).all() and (y[:, 4] < (low * 0.97 if low > 0 else 1)).all()


def chaos(r, x=0.3, n=80):
    """The logistic map: from r = 3.57 on, a disturbance doubles in every step or two."""
    xs = [x]
    for _ in range(n - 1):
        xs.append(r * xs[-1] * (1 - xs[-1]))
    return {"n": np.arange(n), "x": xs}


def test_what_depends_on_rounding_has_diverged(with_grid):
    figure = explore(chaos, {"r": Linear(2.5, 3.9, n=2)}, Lines("n", "x"), say=lambda result: "Settled.")
    content = stored(figure)[MIME]["grid"]
    calm, wild = grid.unpack(content["fields"]["x"])
    assert np.isfinite(calm).all() and content["say"] == ["Settled.", LOST]
    gone = np.isnan(wild).argmax()
    assert 20 < gone < 70 and np.isnan(wild[gone:]).all()
    exact, near = (np.array(chaos(r)["x"]) for r in (3.9, 3.9 * (1 - 1e-12)))
    apart = abs(exact - near) / exact
    assert (apart[:gone] < 0.02).all() and apart[gone] > 0.005        # about where 1 % is reached
    assert "1 of 2 settings stable" in repr(figure)
    figure.r = 3.9
    assert figure.answer["fields"]["x"]["data"][gone] is None and figure.answer["say"] == LOST


def wobbling(r, n=80, disturb=0.0):
    return chaos(r / 10, 0.3 * (1 + disturb), n)


@pytest.mark.parametrize("fn, gone", [(wobbling, [False, True]), (lambda r: chaos(r / 10), [False, False])])
def test_a_function_that_takes_disturb_needs_no_control_that_moves(fn, gone, with_grid):
    figure = explore(fn, {"r": Linear(25, 39, n=2, integer=True)}, Lines("n", "x"))
    values = grid.unpack(stored(figure)[MIME]["grid"]["fields"]["x"])
    assert np.isnan(values).any(axis=1).tolist() == gone
    figure.r = 39
    assert (None in figure.answer["fields"]["x"]["data"]) == gone[1]


@pytest.mark.parametrize("at", [0, 1])
def test_nothing_has_not_diverged(at, with_grid):
    def carried(share):
        return {"x": [0, 1], "y": [share, 1 - share], "share": share}
    figure = explore(carried, {"share": Linear(0, 1, n=5, value=at)}, Lines("x", "y"), say=lambda r: "Fine.")
    assert set(stored(figure)[MIME]["grid"]["say"]) == {"Fine."} and "5 of 5 settings stable" in repr(figure)


def test_an_explosion_has_diverged(without_grid):
    figure = explore(lambda rate: {"x": np.arange(40), "y": 10.0 ** (rate * np.arange(40) ** 2)},
                     {"rate": Linear(0, 1, value=1)}, Lines("x", "y", log=True))
    data = figure.answer["fields"]["y"]["data"]
    assert data[10] is not None and data[-1] is None and figure.answer["say"] == LOST


def test_an_empty_cell_has_not_diverged(with_grid):
    figure = explore(lambda rate: {"rows": [[1, np.nan], [np.nan, rate]], "at": np.nan, "not drawn": np.nan}, {"rate": RATES},
                     Table("rows", ["a", "b"], at="at", digits=1), say=lambda r: "Fine.")
    content = stored(figure)[MIME]["grid"]
    assert set(content["say"]) == {"Fine."}
    assert np.isnan(grid.unpack(content["fields"]["rows"])).tolist() == [[False, True, True, False]] * 5


def test_the_fingerprint_names_what_is_drawn(with_grid):
    def text(change):
        def curve(rate):
            return {"x": np.arange(6), "y": change(rate * np.sqrt(1.0 + np.arange(6)))}
        curve.__name__ = "curve"
        return repr(explore(curve, {"rate": RATES}, Lines("x", "y", ylim=(0, 30))))

    plain = text(lambda y: y)
    assert "Explorable of curve over rate (5); 5 of 5 settings stable" in plain
    assert "y (6,): min 0.1, max 24.49" in plain
    assert text(lambda y: y * (1 + 1e-9)) == plain
    assert text(lambda y: y * 1.01) != plain
    assert text(lambda y: y[[1, 0, 2, 3, 4, 5]]) != plain


def test_axes_have_room_for_every_setting(with_grid):
    def growing(rate):
        return {"x": [0, 1], "y": [1, rate], "z": rate * np.eye(2), "p": [-rate, rate / 2]}
    marks = Lines("x", "y"), Surface("z", (0, 1), (0, 1)), Bars("p", "ab")
    curve, field, bars = explore(growing, {"rate": RATES}, marks).spec["panels"]
    assert curve["ylim"] == [0.1, 10] and field["zlim"] == [0, 10] and bars["ylim"] == [-10, 5]
    exploding = explore(lambda rate: {"x": [0, 1], "y": [1, 1e6 * rate]}, {"rate": RATES}, Lines("x", "y"))
    assert exploding.spec["panels"][0]["ylim"] == [1, 10]              # ten times the first value: it leaves


def test_a_surface_may_have_no_boundary(with_grid):
    figure = explore(returns(z=np.eye(2)), {"rate": RATES}, Surface("z", (0, 1), (0, 1), level=None))
    assert figure.spec["panels"][0]["level"] is None


def test_panels_are_as_high_as_what_they_hold(without_grid):
    def panel(mark, **fields):
        return explore(returns(**fields), {"rate": RATES}, mark).spec["panels"][0]
    assert panel(Network("w"), w=np.ones((2, 3)))["height"] == "clamp(9rem, 10.1rem, 24rem)"
    assert panel(Network("w", layers=["a", "b"]), w=np.ones((2, 3)))["height"] == "clamp(9rem, 11.6rem, 24rem)"
    for columns, turned in (["four"] * 9, False), (["four"] * 10, True), ("a" * 99, False):      # upright where room is short
        assert panel(Matrix("z", "a", columns), z=np.ones((1, len(columns))))["turned"] is turned


# The stored forms

def test_a_notebook_stores_a_picture_a_grid_and_text(with_grid):
    data = stored(everything())
    assert set(data) == {"text/plain", "image/png", MIME, "application/vnd.jupyter.widget-view+json"}
    assert "esm" not in json.dumps(data[MIME]) and widget.weight(data[MIME]) < 8_000
    json.loads(json.dumps(data[MIME], allow_nan=False))


def test_a_reader_waits_for_no_grid(without_grid):
    calls = []
    figure = explore(lambda rate: calls.append(rate) or line(rate), {"rate": RATES}, Lines("x", "y"))
    assert len(calls) <= 2                      # the default, and its disturbed neighbour
    data = stored(figure)
    assert MIME not in data and data["text/plain"] == "Explorable of <lambda> over rate (5)"
    assert figure.spec["panels"][0]["ylim"] is None                     # the axis follows the curve


CASES = [(every_kind, CONTROLS, mark) for mark in PANELS] + [(more_kinds, ANGLES, mark) for mark in MORE]


@pytest.mark.parametrize("fn, controls, mark", CASES)
def test_every_mark_has_a_picture(fn, controls, mark, without_grid):
    figure = explore(fn, controls, mark)
    image = matplotlib.image.imread(io.BytesIO(base64.b64decode(stored(figure)["image/png"])))
    assert image.shape[0] >= 300 and image.shape[1] >= 300 and image.shape[2] == 4
    assert (image[..., 3] == 0).mean() > 0.1 and (image[..., 3] > 0.5).mean() > 0.003      # drawn on nothing


def picture(mark, **fields):
    """The axes on which a mark of these fields is drawn, and the texts with their places."""
    from matplotlib.figure import Figure
    figure = explore(returns(**fields), {"rate": RATES}, mark)
    axes = Figure().subplots()
    figure._marks[0].picture(axes, figure._default, figure._specs[0])
    return axes, {text.get_text(): tuple(np.round(text.get_position(), 9)) for text in axes.texts}


@pytest.mark.parametrize("fn, controls, mark", CASES)
def test_a_picture_shows_all_fields(fn, controls, mark, without_grid):
    """If one of them changes, the picture does; but it frames no layer, and shows of the truth only what is not."""
    figure = explore(fn, controls, mark)
    fields = {name: figure._default[name] for name in set(figure._marks[0].fields) - {"layer", "truth"}}
    changed = [{name: 1 - v if v.max() <= 1 else (v + 1) % 3 if v.ndim == 0 else 0.9 * v + 0.05} for name, v in fields.items()]
    drawn = {pictures.png(figure._marks, figure._default | change, figure._specs) for change in [{}, *changed]}
    assert len(drawn) == 1 + len(fields)


def test_the_picture_of_a_table_has_its_row_headings(without_grid):
    _, texts = picture(Table("rows", ["a", "b"], rows=["first row", "second row"]), rows=np.eye(2))
    assert texts["a"] == (0, -1) and texts["b"] == (1, -1)
    assert texts["first row"] == (-0.6, 0) and texts["second row"] == (-0.6, 1)


def test_the_picture_of_a_long_table_has_what_is_near_the_highlight(without_grid):
    axes, texts = picture(Table("rows", ["a"], at="k"), rows=np.arange(20)[:, None], k=10)
    assert list(texts) == ["a", *map(str, range(4, 17))] and [texts[str(k)][1] for k in range(4, 17)] == list(range(13))
    band, = axes.patches
    assert band.get_y() == texts["10"][1] - 0.5 and band.get_height() == 1


def test_the_picture_of_images_has_captions_under_them(without_grid):
    axes, texts = picture(Images("z", "said", "truth", ["nought", "one"], columns=2), z=np.ones((3, 4, 4)), said=[0, 1, 7],
                          truth=[0, 0, 7])
    places = [image.get_extent() for image in axes.images]
    assert list(texts) == ["nought", "× one", "7"]
    for (left, right, below, above), (x, y) in zip(places, texts.values(), strict=True):
        assert x == pytest.approx((left + right) / 2) and above < below < y < above + 1.4
    assert places[0][2:] == places[1][2:] and places[0][:2] == places[2][:2] and places[1][0] > places[0][1]
    assert [text.get_color() for text in axes.texts] == [pictures.INK, pictures.COLOURS[1], pictures.INK]


def test_the_picture_of_a_network_has_numbers_and_names_where_there_are_some(without_grid):
    w = [[1, -2, 0.5], [3, 0, 1]]
    axes, texts = picture(Network("w"), w=w)
    assert not texts and [len(c.get_offsets()) for c in axes.collections] == [2, 3]
    assert np.allclose([line.get_linewidth() for line in axes.lines], 0.3 + 5 * np.abs(w).ravel() / 3)
    assert [line.get_color() for line in axes.lines] == [pictures.COLOURS[k] for k in (0, 1, 0, 0, 0, 0)]
    _, texts = picture(Network("w", [None, "h"], [["in", "out"], []]), w=w, h=[7, 8, 9])
    assert list(texts) == ["in", "out", "7.00", "8.00", "9.00"]
    assert [texts[f"{v}.00"] for v in (7, 8, 9)] == [(1, 1), (1, 0), (1, -1)]


def test_the_picture_of_a_landscape_has_paths_without_names_and_no_contours_of_what_diverged(without_grid):
    path = np.array([[0.5, 0.5], [0.2, 0.1]])
    axes, _ = picture(Landscape("z", (0, 1), (0, 1), "path"), z=[[1, 2], [3, 4]], path=path)
    assert np.array_equal(axes.lines[-1].get_xydata(), path) and len(axes.collections) == 1 and not axes.get_legend()
    axes, _ = picture(Landscape("z", (0, 1), (0, 1), "path", zlim=(0, 1)), z=[[1, 2], [3, np.nan]], path=path)
    assert len(axes.lines) == 2 and not axes.collections


def test_the_picture_of_a_map_has_the_grid_where_the_matrix_takes_it(without_grid):
    axes, _ = picture(Map("a", (-1, 1), (-2, 2)), a=[[3, 1], [0, 1]])
    upright = [[[3 * x - 2, -2], [3 * x + 2, 2]] for x in (-1, 0, 1)]
    level = [[[y - 3, y], [y + 3, y]] for y in (-2, -1, 0, 1, 2)]
    assert [line.get_xydata().tolist() for line in axes.lines] == [*upright, *level]


def test_the_picture_of_a_surface_has_its_shades_and_its_key_above(without_grid):
    axes, _ = picture(Surface("z", (0, 1), (0, 1), (XY["xy"], XY["k"]), ("one", "two"), zlim=(-2, 5)), z=[[1, 2], [3, 4]])
    assert axes.images[0].get_clim() == (-2, 5)
    axes.figure.draw_without_rendering()
    assert 0 <= axes.get_legend().get_window_extent().y0 - axes.get_window_extent().y1 < 10


@pytest.mark.parametrize("fn, controls, mark", [*CASES, (returns(p=np.ones(60)), {"rate": RATES}, Text(["word"] * 60, "p"))])
def test_words_of_a_picture_stand_apart_and_inside(fn, controls, mark, without_grid):
    figure = explore(fn, controls, mark)
    axes, _ = picture(mark, **figure._default)
    places = [text.get_position() for text in axes.texts if text.get_transform() is axes.transData]
    assert len(set(places)) == len(places)
    for k, limits in enumerate((axes.get_xlim(), axes.get_ylim())):
        assert all(min(limits) <= place[k] <= max(limits) for place in places)


def test_pictures_of_several_panels_are_wide(without_grid):
    mark = Lines("x", "y")
    for marks, inches in ([mark], (5.4, 3)), ([mark] * 2, (7, 3)), ([mark] * 3, (7, 6)):
        data = stored(explore(line, {"rate": RATES}, marks))["image/png"]
        image = matplotlib.image.imread(io.BytesIO(base64.b64decode(data)))
        assert image.shape[1::-1] == tuple(round(110 * n) for n in inches)


def test_a_still_figure_says_what_its_default_setting_is(with_grid):
    for figure in everything(), further():
        content = stored(figure)[MIME]
        assert site.sentence(content) == figure.answer["say"]
        assert site.text(figure.answer["say"]) in site.still(content)[1]


def test_pictures_ignore_and_keep_the_readers_settings(without_grid):
    figure = explore(line, {"rate": RATES}, Lines("x", "y"))
    plain = stored(figure)["image/png"]
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert stored(figure)["image/png"] == plain
        assert matplotlib.rcParams["font.size"] == 30


def test_symbols():
    assert widget.symbols("$x_1$ and $w_{12}^2$, a_1") == "$x₁$ and $w₁₂²$, a_1"


# The kernel

def test_an_error_becomes_a_sentence_and_the_next_setting_works(without_grid):
    def picky(rate):
        if rate > 5:
            raise ZeroDivisionError("no such rate")
        return line(rate)
    figure = explore(picky, {"rate": RATES}, Lines("x", "y"))
    figure.rate = 6
    error = "Python could not compute this setting: no such rate (ZeroDivisionError)"
    assert figure.answer == {"at": {"rate": 6}, "error": error}
    figure.rate = 2
    assert figure.answer["fields"]["y"]["data"] == [0, 2, 4, 6]


def test_an_interrupted_setting_says_so(without_grid):
    def stopped(rate):
        if rate > 5:
            raise KeyboardInterrupt
        return line(rate)
    figure = explore(stopped, {"rate": RATES}, Lines("x", "y"))
    figure.rate = 6
    assert figure.answer["error"].startswith("Interrupted")


class Slow:
    """A function that takes 20 s at rate 6, and remembers what it began and what was stopped."""

    def __init__(self):
        self.begun, self.stopped = [], []

    def __call__(self, rate):
        self.begun.append(rate)
        try:
            for _ in range(20_000 if rate == 6 else 1):
                time.sleep(1e-3)
        except SystemExit:
            self.stopped.append(rate)
            raise
        return line(rate)


async def until(true):
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("Ten seconds, and still not.")


@pytest.mark.parametrize("wish", ["another setting", "stop"])
def test_a_slow_answer_can_be_stopped(wish, without_grid, monkeypatch):
    monkeypatch.setattr(live, "PATIENCE", 0)
    slow = Slow()
    figure = explore(slow, {"rate": RATES}, Lines("x", "y"))

    async def play():
        figure._handle_custom_msg("stop", [])                        # there is nothing to stop
        figure.set_state({"rate": 6})                                # as a message from the page does
        await until(lambda: 6 in slow.begun)
        figure._handle_custom_msg("go on", [])
        assert figure.answer["at"] == {"rate": 1}                    # the kernel has not waited
        if wish == "stop":
            figure._handle_custom_msg("stop", [])
            assert figure.answer == {"at": {"rate": 6}, "error": "Stopped before this setting was computed."}
        figure.set_state({"rate": 2})
        await until(lambda: figure.answer["at"] == {"rate": 2})
        await until(lambda: slow.stopped == [6])
    asyncio.run(play())
    assert figure.answer["fields"]["y"]["data"] == [0, 2, 4, 6]
    figure.rate = 3                                                  # set from Python, it is computed at once
    assert figure.answer["fields"]["y"]["data"] == [0, 3, 6, 9]


def test_an_error_in_a_slow_function_is_a_sentence(without_grid, monkeypatch):
    monkeypatch.setattr(live, "PATIENCE", 0)

    def picky(rate):
        return line(1 / (rate - 6))
    figure = explore(picky, {"rate": RATES}, Lines("x", "y"))

    async def play():
        figure.set_state({"rate": 6})
        await until(lambda: "error" in figure.answer)
        assert figure.answer["at"] == {"rate": 6} and "ZeroDivisionError" in figure.answer["error"]
        figure.set_state({"rate": 7})
        await until(lambda: figure.answer["at"] == {"rate": 7})
    asyncio.run(play())
    assert figure.answer["fields"]["y"]["data"] == [0, 1, 2, 3]


def test_a_shape_that_changes_is_a_sentence(without_grid):
    figure = explore(longer, {"rate": RATES}, Lines("x", "y"))
    figure.rate = 6
    assert "one number for each of the 2 in 'x'" in figure.answer["error"]


# The script

def test_the_bundle_belongs_to_its_sources():
    sources = [p for p in (JS / "src").rglob("*.*") if p.suffix in (".js", ".css")]
    names = ["build.js", "package-lock.json", "package.json"]
    names += [p.relative_to(JS).as_posix() for p in sources]
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(f"{name}\n".encode() + (JS / name).read_bytes().replace(b"\r\n", b"\n"))
    for bundle in ("explore.js", "explore.css"):
        stamp = re.search(r"sources sha256 (\w+)", (STATIC / bundle).read_text("utf-8"))[1]
        assert stamp == digest.hexdigest(), f"{bundle} is older than its sources: npm run build in {JS}"


def test_the_script_is_safe_and_small():
    shapes = r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.on\w+ ?= ?"
    for source in (JS / "src").rglob("*.js"):
        unsafe = re.findall(shapes, source.read_text("utf-8"))
        assert not unsafe, f"{source.name}: {unsafe}"
    text = (STATIC / "explore.js").read_text("utf-8").partition("*/")[2]
    names = ("2000/svg", "1999/xhtml", "1999/xlink", "XML/1998/namespace", "2000/xmlns/")
    assert set(re.findall(r"https?://[\w./-]+", text)) <= {f"http://www.w3.org/{name}" for name in names}
    assert '"resolved"' not in (JS / "package-lock.json").read_text()
    assert len(gzip.compress((STATIC / "explore.js").read_bytes(), 9)) < 40_000
