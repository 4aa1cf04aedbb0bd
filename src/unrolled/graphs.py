"""A drawing of the graph behind a `unrolled.autodiff.Variable`, as in chapter 02."""

import operator

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch

from .autodiff import Variable
from .plots import INK, PALETTE, SOFT


def draw(y):
    """Draw the graph that ends in y: a ring for each operation, its value above and its `grad` below.

    Parameters
    ----------
    y : Variable

    Returns
    -------
    matplotlib.figure.Figure
        What was given stands on the left of where it is used, under its name if it has one.

    Raises
    ------
    ValueError
        If the graph has more than 60 nodes.
    """
    if not isinstance(y, Variable):
        raise TypeError(f"draw needs a Variable that was computed from others, but got {y!r}.")
    texts, edges = _graph(y)
    places = _layout(edges) or {y: (0, 0)}
    columns, rows = np.max(list(places.values()), axis=0) + 1
    figure = Figure(figsize=(1.25 * columns, 1.25 * rows), facecolor="none", layout="none")
    ax = figure.add_axes((0, 0, 1, 1), xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5))
    ax.set_axis_off()
    for k, (a, b) in enumerate(edges):
        start, end = np.array(places[a]), np.array(places[b])
        twins = edges.count((a, b)) - 1                      # x * x has two arrows, bent apart
        bend = 0.5 * (edges[:k].count((a, b)) - twins / 2) + 0.4 * _is_barred(start, end, places.values())
        ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, color=SOFT, shrinkA=17,
                                     shrinkB=17, connectionstyle=f"arc3,rad={bend}"))
    for v, (symbol, value, grad) in texts.items():
        c, r = places[v]
        ring = {"boxstyle": "circle,pad=0.35", "facecolor": "none", "edgecolor": PALETTE[0], "linewidth": 1.6}
        computed = isinstance(v, Variable) and v.function is not None
        ax.text(c, r, symbol, ha="center", va="center", color=INK, bbox=ring if computed else None)
        if isinstance(v, Variable):
            ax.text(c, r - 0.22, value, ha="center", va="bottom", color=INK, size=10)
            ax.text(c, r + 0.22, grad, ha="center", va="top", color=PALETTE[1], size=10)
    return figure


SYMBOLS = {np.add: "+", np.subtract: "−", np.multiply: "×", np.divide: "÷", np.power: "^", np.matmul: "@",
           np.negative: "−", np.absolute: "abs", operator.getitem: "[ ]"}


def _graph(y):
    """Return each node's symbol, value and derivative as texts, and the edges, earliest first."""
    texts, edges, history = {}, [], y.history()
    if len(history) > 60:
        raise ValueError(f"This graph has {len(history)} nodes. No more than 60 can be drawn.")
    for v in reversed(history):
        for k, x in enumerate(v.inputs):
            if not isinstance(x, Variable) and isinstance(v.function, np.ufunc):
                texts[v, k] = _number(x), "", ""
            if isinstance(x, Variable) or isinstance(v.function, np.ufunc):
                edges.append((x if isinstance(x, Variable) else (v, k), v))
        symbol = v.name or "" if v.function is None else SYMBOLS.get(v.function, v.function.__name__)
        texts[v] = symbol, _number(v.value), _number(v.grad)
    return texts, edges


def _layout(edges):
    """Return a (column, row) for each node: right of all that it needs, in line with what came before."""
    needs, column, places = {}, {}, {}
    for a, b in edges:
        needs.setdefault(b, {})[a] = None
    for v in needs:
        column[v] = 1 + max(column.get(a, 0) for a in needs[v])
    for a in {a for a, _ in edges if a not in needs}:
        column[a] = min(column[v] for v in needs if a in needs[v]) - 1

    def put(v, row):
        while any(c == column[v] and abs(r - row) < 0.9 for c, r in places.values()):
            row += 0.5
        places[v] = column[v], row

    for v in needs:
        before = [places[a][1] for a in needs[v] if a in places]
        for a in needs[v]:
            if a not in places:
                put(a, np.mean(before) + 1 if before else 0)
        put(v, np.mean(before or [places[a][1] for a in needs[v]]))
    return places


def _is_barred(start, end, places):
    """Return whether a node stands on the straight line between two others."""
    along = (end - start) / np.linalg.norm(end - start)
    return any(start[0] < c < end[0] and abs(along[0] * (r - start[1]) - along[1] * (c - start[0])) < 0.35
               for c, r in places)


def _number(v):
    """Return a number as text, of a larger array its shape."""
    return f"{float(np.reshape(v, ())):.4g}" if np.size(v) == 1 else "×".join(map(str, np.shape(v)))
