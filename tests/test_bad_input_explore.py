"""Hostile controls, marks, functions and messages: an explorable works, or refuses in a sentence and stays as it was."""
import contextlib

import numpy as np
import pytest
from cases import few
from hypothesis import given
from hypothesis import strategies as st
from refusals import ODD, THINGS, answer, arrays, each

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
    pictures,
)

# Controls

def test_controls():
    each(lambda **given: Linear(**given).spec("a"), lo=0, hi=1, n=3, value=0.5, label="a", unit="m", integer=False)
    each(lambda **given: Log(**given).trait(), lo=0.1, hi=10, n=3, value=1, label="a", unit="m", integer=True)
    each(lambda **given: Player(**given).spec("a"), lo=0, hi=5, every=1, value=2, label="a")
    each(lambda one, other, **given: Choice(one, other, **given).spec("a"), one="a", other=2, value=2, label="a")
    for thing in ODD:
        answer(lambda thing=thing: Choice("a", "b", value=thing))
    for lo, hi in ((-1e308, 1e308), (1e308, 1.7e308), (0, 1e-320), (1, 1 + 1e-9)):
        answer(lambda lo=lo, hi=hi: explore(lambda a: dict(x=[a, 1], y=[a, 1]), dict(a=Linear(lo, hi)), Lines("x", "y")))


def test_as_many_values_as_a_page_holds():
    for make in (lambda: Linear(0, 1, 10**9), lambda: Player(0, 10**12), lambda: Player(-10**30, 10**30)):
        assert "at most 10000" in str(answer(make))


# Marks

XY, TWO, ONE = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]], [[1.0, 0.25], [0.5, -2.0]], [0.0, 1.0, 2.0]
FIELDS = dict(x=ONE, y=[1.0, 0.5, 0.25], z=TWO, xy=XY, kind=[0, 1, 1], line=[1.0, -1.0, 0.5], step=1, three=[TWO, TWO, TWO],
              two=[0.0, 1.0])
BOX = dict(xlim=(0, 1), ylim=(0, 1))
NAMED = dict(title="a", xlabel="b", ylabel="c")
DRAG = dict(drag=("a", "b"))
MARKS = {
    Lines: dict(x="x", y=["y", "x"], labels=("a", "b"), log=False, xlog=False, ylim=(0, 1), rules={"a": 1}, at="step",
                lo=["x", None], hi=["y", None], symlog=0.5, **NAMED),
    Bars: dict(y="y", labels=("a", "b", "c"), ylim=(0, 1), at="step", digits=2, **NAMED),
    Surface: dict(z="z", **BOX, points=("xy", "kind"), classes=("a", "b"), level=0.5, zlim=(0, 1), **DRAG, **NAMED),
    Plane: dict(points=("xy", "kind"), line="line", **BOX, at="step", wrong="kind", classes=("a", "b"), **DRAG, **NAMED),
    Landscape: dict(z="z", **BOX, paths=["xy"], labels=("a",), at="step", log=False, zlim=(0, 1), **DRAG, **NAMED),
    Arrows: dict(xy="xy", uv="xy", **BOX, longest=1.5, paths="xy", labels=("a",), at="step", **NAMED),
    Map: dict(a="z", **BOX, points=("xy", "kind"), classes=("a", "b"), **NAMED),
    Network: dict(weights=["z"], units=["two", None], labels=(["a", "b"], []), layers=("a", "b"), at="step", wlim=1.5,
                  zlim=(0, 1), digits=2, title="a"),
    Text: dict(words=(["a", "b\n", "c"], ["d"]), z="y", at="step", which="step", zlim=(0, 1), digits=2, title="a"),
    Matrix: dict(z="z", rows="ab", cols=("a", "b"), zlim=(0, 1), digits=2, rowlabel="a", collabel="b", title="a"),
    Table: dict(z="z", columns=("a", "b"), rows="ab", at="step", reveal=True, digits=(0, 1), title="a"),
    Images: dict(z="three", label="y", truth="kind", names=("a", "b"), zlim=(0, 1), columns=2, title="a")}


def shown(cls, fields=FIELDS, **given):
    """An explorable with this mark, moved once."""
    e = explore(lambda a, b: fields, dict(a=Linear(0, 1, 2), b=Linear(0, 1, 2)), cls(**given))
    e.a = 0.25
    assert "error" not in e.answer or len(e.answer["error"].split()) > 5
    return e


@pytest.mark.parametrize("grid", ["", "1"], ids=["kernel", "grid"])
@pytest.mark.parametrize("cls", MARKS, ids=lambda cls: cls.__name__)
def test_marks(cls, grid, monkeypatch):
    monkeypatch.setenv("UNROLLED_GRID", grid)
    assert "error" not in shown(cls, **MARKS[cls]).answer
    each(lambda **given: shown(cls, **given), **MARKS[cls])
    for name in (*cls.reads, *cls.lists):
        for thing in [*ODD, *FIELDS, "nope", ["x", "nope"], [None], [None, None], [[]], np.zeros((2, 0))]:
            answer(lambda name=name, thing=thing: shown(cls, **{**MARKS[cls], name: thing}))


@pytest.mark.parametrize("cls", MARKS, ids=lambda cls: cls.__name__)
def test_fields_that_do_not_fit_their_mark(cls):
    """Refused by the mark; or there is a picture, however odd."""
    names = {name for slot in (*cls.reads, *cls.lists) for name in np.atleast_1d(MARKS[cls][slot]) if name}

    @few(12)
    @given(a=arrays(), name=st.sampled_from(sorted(names)))
    def check(a, name):
        e = answer(lambda a: shown(cls, FIELDS | {name: a}, **MARKS[cls]), a)
        if not isinstance(e, Exception):
            answer(lambda: pictures.png(e._marks, e._default, e._specs))
    check()


# Functions

def test_what_is_no_explorable():
    each(explore, fn=lambda a: dict(x=[0, a], y=[a, 1]), controls=dict(a=Linear(0, 1, 2)), draw=[Lines("x", "y")], title="a",
         caption="b", say=lambda r: "Said.")
    for thing in [*THINGS, *ODD]:
        for controls in ({"a": thing}, {1: Linear(0, 1)}, {"": Linear(0, 1)}, {"a": Linear}):
            assert isinstance(answer(lambda c=controls: explore(lambda a: dict(x=[1], y=[1]), c, Lines("x", "y"))), Exception)
        answer(lambda thing=thing: explore(lambda a: thing, dict(a=Linear(0, 1, 2)), Lines("x", "y")))
        name = thing if isinstance(thing, int | str | None) else "z"
        answer(lambda name=name: explore(lambda a: {name: 1, "x": [1], "y": [1]}, dict(a=Linear(0, 1, 2)), Lines("x", "yy")))
        answer(lambda thing=thing: explore(lambda a: dict(x=[1], y=[1]), dict(a=Linear(0, 1, 2)), Lines("x", "y"),
                                           say=lambda r: thing))


def test_a_function_that_breaks_later():
    """A sentence takes the figure's place, and the next setting works."""
    later = []
    e = explore(lambda a: later[-1] if a < 0.5 else dict(x=[0, 1], y=[a, 0]), dict(a=Linear(0, 1, 2, value=1)), Lines("x", "y"),
                say=lambda r: "Said.")
    for thing in [*THINGS, *ODD, {"x": [1]}, {"x": [0, 1], "y": "ab"}, {"x": [0, 1], "y": [object()] * 2}]:
        later.append(thing)
        e.a = 0.0
        assert len(e.answer["error"].split()) > 5 and e.answer["at"] == {"a": 0.0}
        e.a = 1.0
        assert e.answer["say"] == "Said." and "error" not in e.answer


@few(60)
@given(a=arrays())
def test_functions_that_return_something_else(a):
    at = dict(a=Linear(0, 1, 2))
    answer(lambda a_: explore(lambda a: a_, at, Lines("x", "y")), a)
    answer(lambda a_: explore(lambda a: dict(x=np.arange(5), y=a_), at, Lines("x", "y")), a)
    answer(lambda a_: explore(lambda a: dict(z=a_), at, Surface("z", (0, 1), (0, 1))), a)


# Messages

def figure():
    x = np.linspace(0, 1, 5)
    controls = dict(rate=Log(1e-3, 10, 5), act=Choice("a", "b"), n=Player(0, 5))
    return explore(lambda rate, act, n: dict(x=x, y=x * rate), controls,
                   Lines("x", "y"), say=lambda r: "Said.")


def test_messages_from_the_page():
    """Wrong types, unknown names, what is Python's to set: the kernel refuses, and the figure stays as it was."""
    e, limits = figure(), (1e-3, 10)
    spec = dict(e.spec)
    for name in ("rate", "act", "n", "answer", "spec", "nope", "_esm", "_fn", "__class__"):
        for thing in THINGS[:-1] + ["nan", "inf", 1e-9, 1e9, [[]], {"x": 1}]:
            with contextlib.suppress(Exception):
                e.set_state({name: thing})
            assert limits[0] <= e.rate <= limits[1] and e.act in ("a", "b") and e.n in range(6)
            assert e.spec == spec and set(e.answer["at"]) == {"rate", "act", "n"} and callable(e._fn)
    for thing in THINGS:
        e._handle_custom_msg(thing, [])
    e.set_state({"rate": 2.0, "act": "b", "n": 4})
    assert e.answer["at"] == {"rate": 2.0, "act": "b", "n": 4} and e.answer["say"] == "Said."
