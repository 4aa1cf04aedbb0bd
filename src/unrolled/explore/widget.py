"""The explorable: an anywidget whose controls are traits, and whose saved form needs no kernel."""
import difflib
import gzip
import inspect
import json
import os
import pathlib
import re
import time

import anywidget
import numpy as np
import traitlets

from . import grid, live, pictures
from .controls import Choice, Linear, check_text
from .marks import Mark

MIME = "application/vnd.unrolled.explore+json"
STATIC = pathlib.Path(__file__).parent / "static"
BUDGET = 60_000                                     # bytes of a stored explorable, gzipped
LOST = "Diverged: beyond this point the numbers depend on rounding."
BELOW = str.maketrans("0123456789+-", "₀₁₂₃₄₅₆₇₈₉₊₋")
ABOVE = str.maketrans("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻")


def symbols(text):
    """Text for the page: ``$x_1$`` becomes ``$x₁$``; the page sets letters between the signs in italics."""
    def shift(m):
        return m[2].strip("{}").translate(BELOW if m[1] == "_" else ABOVE)

    return re.sub(r"\$[^$]*\$", lambda m: re.sub(r"([_^])(\{[^}]*\}|.)", shift, m[0]), text)


def translated(spec):
    if isinstance(spec, dict):
        return {k: translated(v) for k, v in spec.items()}
    if isinstance(spec, list | tuple):
        return [translated(v) for v in spec]
    if isinstance(spec, np.generic):
        return spec.item()                           # as JSON can hold it
    return symbols(spec) if isinstance(spec, str) else spec


def weight(data):
    return len(gzip.compress(json.dumps(data, ensure_ascii=False).encode(), 9, mtime=0))


class Explorable(anywidget.AnyWidget):
    """Made by :func:`explore`. Its controls are traits: set them, ``observe`` them, link them to widgets."""

    _esm = (STATIC / "explore.js").read_text("utf-8") + "\nexport default { render: unrolledExplore.render };"
    _css = (STATIC / "explore.css").read_text("utf-8")
    spec = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, fn, controls, draw, title="", caption="", say=None):
        marks = list(draw) if isinstance(draw, list | tuple) else [draw]
        check_text("title", title)
        check_text("caption", caption)
        for what, function in (("explorable", fn), ("sentence, say,", say or fn)):
            try:
                inspect.signature(function)
            except (TypeError, ValueError):          # not to be called, or built in without names of arguments
                raise TypeError(f"The {what} must be a function of named arguments, but {function!r} was given.") from None
        if not isinstance(controls, dict) or not all(
                isinstance(n, str) and isinstance(c, Linear | Choice) for n, c in controls.items()):
            raise ValueError(f"The controls are given by their names, as in {{'rate': Log(0.001, 1)}}; got {controls!r}.")
        if wrong := [mark for mark in marks if not isinstance(mark, Mark)]:
            raise ValueError(f"An explorable draws marks, such as Lines('x', 'y'); got {wrong[0]!r}.")
        if not controls or not marks:
            raise ValueError("An explorable needs at least one control, as in {'rate': Log(0.001, 1)}, "
                             "and one mark to draw.")
        if taken := [n for n in controls if n in self.trait_names() or hasattr(self, n)]:
            raise ValueError(f"A control cannot be called {taken[0]!r}: "
                             f"widgets have an attribute of that name.")
        for drag in filter(None, (getattr(mark, "drag", ()) for mark in marks)):
            kinds = [getattr(controls.get(name), "kind", "") for name in drag]
            if len(kinds) != 2 or not set(kinds) <= {"linear", "log"}:
                raise ValueError(f"drag names two controls that are numbers; got {drag}, "
                                 f"and the controls are {', '.join(controls)}.")
        default = {n: c.default() for n, c in controls.items()}
        try:
            inspect.signature(fn).bind(**default)
        except TypeError:
            raise TypeError(f"{grid.name_of(fn)}{inspect.signature(fn)} does not take the controls "
                            f"{', '.join(default)}.") from None
        self._fn, self._controls, self._say, self._title = fn, dict(controls), say, title
        bound = [mark.bound(k) for k, mark in enumerate(marks)]
        self._marks = [mark for mark, _ in bound]
        self._constants = {n: v for _, constants in bound for n, v in constants.items()}
        self._sequences = [n for m in self._marks for n in m.sequences]
        self._solid = {n for m in self._marks for n in m.fields} - {n for m in self._marks for n in m.blanks}
        start = time.perf_counter()
        first, lost = self._settle(default)
        self._seconds = time.perf_counter() - start
        self._check(first)
        self._default = self._constants | first
        drawn = dict.fromkeys(n for m in self._marks for n in m.fields)
        self._names = [n for n in drawn if n not in self._constants]
        many = None
        if os.environ.get("UNROLLED_GRID"):         # set where notebooks are executed; a reader need not wait
            many, self._firm, self._lost = grid.compute(
                fn, self._controls, self._sequences, self._solid, self._seconds)
        still = {n: v[None] for n, v in self._constants.items()}
        self._specs = [m.spec(self._default, many and still | many) for m in self._marks]
        super().__init__(spec=translated(dict(
            title=title, caption=caption, panels=self._specs,
            controls=[c.spec(n) for n, c in controls.items()],
            constants={n: grid.pack(v, (1,), **self._packing(n, still)) for n, v in still.items()})))
        if many:
            self._store(still, many)
        self.add_traits(**{n: c.trait().tag(sync=True) for n, c in controls.items()})
        self.answer = self._answer(default, first, lost)
        self.observe(lambda change: self._recompute(), list(controls))
        self.on_msg(self._message)

    def _settle(self, at):
        result, _, lost = grid.settle(self._fn, self._controls, at, self._sequences, self._solid)
        return result, lost

    def _check(self, first):
        known = self._constants | first
        for mark in self._marks:
            for name in mark.fields:
                if name not in known:
                    near = difflib.get_close_matches(name, first, 1)
                    hint = f" Did you mean {near[0]!r}?" if near else ""
                    raise ValueError(f"{type(mark).__name__} draws {name!r}, but {grid.name_of(self._fn)} "
                                     f"returns {', '.join(map(repr, first))}.{hint}")
            for name in filter(None, (getattr(mark, slot, None) for slot in ("at", "which"))):
                mark._expect(known[name].size == 1, name, "one number", known)
            mark.check(known)

    def _packing(self, name, many):
        """How a field is packed: as its mark wants it; if marks want different things, with six decimals.

        Where one of them has a logarithmic axis, six decimals would lose the small values.
        """
        wishes = [w for m in self._marks if name in m.fields and (w := m.packing(name, many))]
        if all(w == wishes[0] for w in wishes):
            return (wishes or [{}])[0]
        log = any(w.get("log") for w in wishes) and np.nanmin(many[name], initial=np.inf) > 0
        return dict(log=True) if log else dict(digits=6)

    def _sentence(self, result, at, lost):
        if lost or not self._say:
            return LOST if lost else ""
        settings = (at,) if len(inspect.signature(self._say).parameters) > 1 else ()
        said = self._say(result, *settings)
        check_text("sentence that say returns", said)
        return symbols(said)

    # the grid, for pages without a kernel
    _grid = None

    def _store(self, still, many):
        axes = [len(c.grid()) for c in self._controls.values()]
        fields = {n: grid.pack(many[n], axes, **self._packing(n, still | many)) for n in self._names}
        says = [self._sentence({n: v[k] for n, v in many.items()}, at, self._lost[k])
                for k, at in enumerate(grid.settings(self._controls))]
        self._grid = dict(fields=fields, say=says)
        self._drawn = {n: np.clip(many[n], *grid.limits(f)) for n, f in fields.items()}
        if (size := weight({**self.spec, "grid": self._grid})) > BUDGET:
            largest = max(fields, key=lambda n: weight(fields[n]))
            raise ValueError(f"The grid of {self._title!r} weighs {size / 1000:.1f} kB gzipped, and "
                             f"{BUDGET // 1000} kB is the limit: {len(says)} settings, with "
                             f"{weight(fields[largest]) / 1000:.1f} kB for {largest!r}. "
                             f"Take fewer values per control or fewer points.")

    # the kernel
    _task, _seconds, _asked = None, 0.0, False

    def _answer(self, at, result, lost):
        exact = {n for m in self._marks if m.exact for n in m.fields}
        fields = {n: grid.plain(result[n], 15 if n in exact else 6) for n in self._names}
        return dict(at=at, fields=fields, say=self._sentence(result, at, lost))

    def _compute(self, at):
        """The answer at a setting; what goes wrong in the author's function becomes a sentence."""
        start = time.perf_counter()
        try:
            result, lost = self._settle(at)
            self._check(result)
            return self._answer(at, result, lost)
        except KeyboardInterrupt:
            return dict(at=at, error="Interrupted before this setting was computed.")
        except Exception as e:
            return dict(at=at, error=f"Python could not compute this setting: {e} ({type(e).__name__})")
        finally:
            self._seconds = time.perf_counter() - start

    def _recompute(self):
        at = {n: getattr(self, n) for n in self._controls}
        if self._task:
            if self._task.at == at:
                return
            self._task.stop()
            self._task = None
        if self.answer["at"] == at:
            return
        if self._asked and self._seconds > live.PATIENCE:
            self._task = live.Task(at, lambda: self._compute(at), self._done)
        else:
            self.answer = self._compute(at)

    def _done(self, answer):
        self._task, self.answer = None, answer

    def set_state(self, state):
        """Take settings from the page. It need not wait for a slow answer: its next wish can stop that."""
        self._asked = True
        mine = {name: value for name, value in state.items() if name not in ("spec", "answer")}      # these are Python's to set
        try:
            super().set_state(mine)
        finally:
            self._asked = False

    def _message(self, widget, content, buffers):
        if content == "stop" and self._task:
            at = self._task.at
            self._task.stop()
            self._done(dict(at=at, error="Stopped before this setting was computed."))

    # the stored forms

    def __repr__(self):
        controls = ", ".join(f"{n} ({len(c.grid())})" for n, c in self._controls.items())
        text = f"Explorable of {grid.name_of(self._fn)} over {controls}"
        if self._grid is None:
            return text
        stable = f"{self._firm.sum()} of {len(self._firm)} settings stable"
        return f"{text}; {stable}\n{grid.fingerprint(self._drawn, self._firm)}"

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        data |= {"text/plain": repr(self), "image/png": pictures.png(self._marks, self._default, self._specs)}
        if self._grid is not None:
            data[MIME] = {**self.spec, "grid": self._grid}
        return data, metadata


def explore(fn, controls, draw, title="", caption="", say=None):
    """Show ``fn``, a pure function of the controls, as a figure that moves.

    With a kernel each move of a control calls ``fn``. Where notebooks are executed for the site
    (``UNROLLED_GRID`` is set), ``fn`` is also called at every setting of the controls' grid, and the results
    are stored with the output.

    Parameters
    ----------
    fn : called with one keyword per control; returns a dict of numbers or arrays. It must give the same
        result when it is called again, so it takes its random numbers from a generator that it seeds itself.
        If it takes a keyword ``disturb=0``, it multiplies what a long computation starts from by
        ``1 + disturb``: then what depends on rounding is recognised without a control that is a real number.
    controls : dict of name to :class:`Log`, :class:`Linear`, :class:`Choice` or :class:`Player`.
    draw : a mark, or a list of marks side by side: :class:`Lines`, :class:`Bars`, :class:`Surface`,
        :class:`Plane`, :class:`Landscape`, :class:`Arrows`, :class:`Map`, :class:`Network`, :class:`Matrix`,
        :class:`Table`, :class:`Images`, :class:`Text`. A mark reads the fields of ``fn``'s result by name.
    title, caption : texts; symbols stand between dollar signs.
    say : function of the result, and of the settings if it takes a second argument, giving the sentence under
        the figure, which screen readers speak.

    Returns
    -------
    Explorable

    Raises
    ------
    ValueError, TypeError
        If the controls, the function and the marks do not fit together, or the grid is too large for a page.

    Examples
    --------
    ``explore(train, {"rate": Log(1e-3, 10)}, Lines("epoch", "loss", log=True), title="One rate, one curve")``
    """
    return Explorable(fn, controls, draw, title, caption, say)
