"""The plain pictures: the default setting, drawn by matplotlib for where no script runs.

In mid-tones, since the background is transparent and may be white or black.
"""
import base64
import io

import numpy as np

INK, COLOURS = "#757575", ["#3182c4", "#cf6a1c", "#239a70", "#a565ad"]
SHAPES, DASHES = "so^D", ["-", "--", ":", "-."]
STYLE = {
    "font.size": 8, "axes.titlesize": 8.5, "axes.linewidth": 0.7, "lines.linewidth": 1.5,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
    "savefig.transparent": True, "text.color": INK, "axes.edgecolor": INK, "axes.labelcolor": INK,
    "xtick.color": INK, "ytick.color": INK}


def png(marks, at, specs):
    """All panels as a PNG in base64, two in a row."""
    import matplotlib.style
    from matplotlib.figure import Figure
    with matplotlib.style.context(["default", STYLE]):
        rows, columns = -(-len(marks) // 2), min(len(marks), 2)
        wide = [1.35 if s["mark"] == "table" else 1 for s in specs[:columns]]
        size = 5.4 if columns == 1 else 3.5 * sum(wide), 3 * rows
        figure = Figure(figsize=size, dpi=110, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, width_ratios=wide).ravel()
        for mark, ax, spec in zip(marks, axes, specs, strict=False):
            mark.picture(ax, at, spec)
            ax.set_title(mark.title)
        for ax in axes[len(marks):]:
            ax.axis("off")
        figure.savefig(file := io.BytesIO(), format="png", metadata={"Software": None})
    return base64.b64encode(file.getvalue()).decode()


def fixed(number, digits):
    return f"{round(number, digits) + 0.0:.{digits}f}".replace("-", "\u2212")


def shades(*colours):
    from matplotlib.colors import LinearSegmentedColormap
    return LinearSegmentedColormap.from_list("shades", colours)


def index(mark, at):
    """Where the highlight is, or None."""
    return at[mark.at].item() if mark.at and np.isfinite(at[mark.at]).all() else None


def lines(mark, ax, at, spec):
    for name, label, colour, dash in zip(mark.y, spec["labels"], COLOURS, DASHES, strict=False):
        ax.plot(at[mark.x], at[name], dash, color=colour, label=label)
    for lo, hi, colour in zip(mark.lo, mark.hi, COLOURS, strict=False):
        if lo:
            ax.fill_between(at[mark.x], at[lo], at[hi], color=colour, alpha=0.2, lw=0)
    for words, y in mark.rules.items():
        ax.axhline(y, color=INK, lw=0.8, ls=(0, (2, 2)))
        ax.text(1, y, words, transform=ax.get_yaxis_transform(), ha="right", va="bottom", fontsize=7)
    if (x := index(mark, at)) is not None:
        ax.axvline(x, color=INK, lw=0.8)
    ax.set(xlabel=spec["xlabel"], ylabel=spec["ylabel"], xscale="log" if mark.xlog else "linear",
           yscale="log" if mark.log else "linear")
    if mark.symlog:
        ax.set_yscale("symlog", linthresh=mark.symlog)
    if spec["ylim"]:
        ax.set_ylim(*spec["ylim"])
    if len(mark.y) > 1:
        ax.legend()


def bars(mark, ax, at, spec):
    values = at[mark.y]
    colours = [COLOURS[1] if k == index(mark, at) else COLOURS[0] for k in range(len(values))]
    ax.bar(range(len(values)), np.nan_to_num(values), color=colours, width=0.7)
    for k, v in enumerate(values):
        ax.text(k, v, fixed(v, mark.digits), ha="center", va="bottom", fontsize=7)
    ax.set_xticks(range(len(values)), spec["labels"])
    ax.set(xlabel=mark.xlabel, ylabel=mark.ylabel, ylim=spec["ylim"])


def points(mark, ax, at):
    if mark.points:
        xy, classes = (at[n] for n in mark.points)
        for c in np.unique(classes[np.isfinite(classes)]).astype(int):
            name = dict(enumerate(mark.classes)).get(c)
            ax.scatter(*xy[classes == c].T, s=40 if len(xy) <= 12 else 16, marker=SHAPES[c % 4], label=name,
                       c=COLOURS[c % 4], linewidths=0.5, edgecolors="w", zorder=3)
    if mark.classes:
        columns = len(mark.classes) if sum(map(len, mark.classes)) < 60 else 2
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0)
    ax.set(xlim=mark.xlim, ylim=mark.ylim, xlabel=mark.xlabel, ylabel=mark.ylabel, box_aspect=1)


def surface(mark, ax, at, spec):
    z = at[mark.z]
    if np.isfinite(z).all():
        lo, hi = spec["zlim"] or (z.min(), z.max())
        where = (*mark.xlim, *mark.ylim)
        ax.imshow(z, extent=where, origin="lower", aspect="auto", cmap=shades(*COLOURS[:2]), vmin=lo, vmax=hi,
                  alpha=0.4, interpolation="bilinear")
        if mark.level is not None and z.min() < mark.level < z.max():
            ax.contour(z, [mark.level], extent=where, origin="lower", colors=INK)
    points(mark, ax, at)


def plane(mark, ax, at, spec):
    for w1, w2, b in at[mark.line].reshape(-1, 3) if mark.line else ():
        x, y = np.meshgrid(np.linspace(*mark.xlim, 2), np.linspace(*mark.ylim, 2))
        fires = w1 * x + w2 * y + b
        if np.isfinite(fires).all() and fires.max() >= 0:
            ax.contourf(x, y, fires, [0, np.inf], colors=[COLOURS[1]], alpha=0.15)
            if fires.min() < 0:
                ax.contour(x, y, fires, [0], colors=INK)
    points(mark, ax, at)
    xy = at[mark.points[0]]
    if mark.wrong:
        ax.scatter(*xy[at[mark.wrong] != 0].T, c=INK, marker="x", s=45, lw=1, zorder=4)
    if (k := index(mark, at)) is not None:
        ax.scatter(*xy[int(k)], s=110, facecolors="none", edgecolors=INK, zorder=4)


def matrix(mark, ax, at, spec):
    z = at[mark.z]
    lo, hi = spec["zlim"] or (np.nanmin(z), np.nanmax(z))
    most = max(-lo, hi)
    pale = shades("#ffffff", "#4b97d1") if lo >= 0 else shades("#e0924a", "#ffffff", "#4b97d1")
    ax.imshow(z, cmap=pale, vmin=lo if lo >= 0 else -most, vmax=hi if lo >= 0 else most, aspect="auto")
    for (i, j), v in np.ndenumerate(z):
        ax.text(j, i, fixed(v, mark.digits), ha="center", va="center", color="k", fontsize=7)
    ax.set_xticks(range(len(mark.cols)), mark.cols, rotation=40 if spec["turned"] else 0)
    ax.set_yticks(range(len(mark.rows)), mark.rows)
    ax.set(xlabel=mark.collabel, ylabel=mark.rowlabel)


def table(mark, ax, at, spec, most=13):
    z, row = at[mark.z], index(mark, at)
    first = int(np.clip((row or 0) - most // 2, 0, max(len(z) - most, 0)))
    ax.set(xlim=(-1.5 if mark.rows else -0.5, z.shape[1] - 0.5), ylim=(most - 0.4, -1.4))
    ax.axis("off")
    ax.axhline(-0.5, color=INK, lw=0.8)
    for j, words in enumerate(mark.columns):
        ax.text(j, -1, words, ha="center", va="center")
    for i, values in enumerate(z[first:first + most], first):
        if i == row:
            ax.axhspan(i - first - 0.5, i - first + 0.5, color=COLOURS[1], alpha=0.2, lw=0)
        if mark.rows:
            ax.text(-0.6, i - first, mark.rows[i], ha="right", va="center")
        if mark.reveal and (row is None or i > row):
            continue
        for j, v in enumerate(values):
            if np.isfinite(v):
                ax.text(j, i - first, fixed(v, spec["digits"][j]), ha="center", va="center")


def images(mark, ax, at, spec):
    z, columns = at[mark.z], mark.columns
    lo, hi = spec["zlim"] or (np.nanmin(z), np.nanmax(z))
    ax.set(xlim=(-0.05, columns), ylim=(1.4 * -(-len(z) // columns), 0), aspect="equal", anchor="N")
    ax.axis("off")
    for k, image in enumerate(z):
        x, y = k % columns, 1.4 * (k // columns)
        ax.imshow(image, extent=(x, x + 0.92, y + 0.92, y), cmap="gray_r", vmin=lo, vmax=hi, aspect="equal",
                  interpolation="nearest")
        if mark.label:
            label = at[mark.label][k]
            wrong = mark.truth is not None and label != at[mark.truth][k]
            name = dict(enumerate(mark.names)).get(label, f"{label:g}")
            ax.text(x + 0.46, y + 1.15, f"\u00d7 {name}" if wrong else name, ha="center", va="center",
                    color=COLOURS[1] if wrong else INK)


def landscape(mark, ax, at, spec):
    if "levels" in spec and np.isfinite(at[mark.z]).all():
        rows, columns = spec["shape"]
        x, y = np.linspace(*mark.xlim, columns), np.linspace(*mark.ylim, rows)
        ax.contour(x, y, at[mark.z], spec["levels"], colors=INK, linewidths=0.5)
    for name, label, colour in zip(mark.paths, spec["labels"] or mark.paths, COLOURS, strict=False):
        path, step = at[name], index(mark, at)
        ax.plot(*path.T, color=colour, lw=0.8, alpha=0.4)
        path = path if step is None else path[:int(step) + 1]
        ax.plot(*path.T, "o-", color=colour, ms=2.5, lw=1, label=label)
    if "longest" in spec:
        ax.quiver(*at[mark.xy].T, *at[mark.uv].T, color=INK, angles="xy", width=0.006)
    if spec["labels"]:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    ax.set(xlim=mark.xlim, ylim=mark.ylim, xlabel=mark.xlabel, ylabel=mark.ylabel, box_aspect=1)


def transform(mark, ax, at, spec):
    a, (x, y) = at[mark.a], (np.arange(np.ceil(lim[0]), lim[1] + 0.5) for lim in (mark.xlim, mark.ylim))
    for k, ends in [(x, y[[0, -1]]), (y, x[[0, -1]])]:
        for v in k:
            line = np.array([[v, ends[0]], [v, ends[1]]])
            ax.plot(*a @ (line if k is x else line[:, ::-1]).T, color=COLOURS[0], lw=0.5, alpha=0.6)
    ax.fill(*a @ [[0, 1, 1, 0], [0, 0, 1, 1]], color=COLOURS[2], alpha=0.2, lw=0)
    for arrow, colour in zip(a.T, COLOURS, strict=False):
        ax.annotate("", arrow, (0, 0), arrowprops=dict(arrowstyle="->", color=colour, lw=1.6))
    if mark.points:
        at = at | {mark.points[0]: at[mark.points[0]] @ a.T}
    points(mark, ax, at)


def network(mark, ax, at, spec):
    sizes, colours = spec["sizes"], shades(COLOURS[1], "#ffffff", COLOURS[0])
    ax.set(xlim=(-0.5, len(sizes) - 0.5), ylim=(-max(sizes) / 2, max(sizes) / 2), aspect="auto")
    ax.axis("off")
    places = [[(k, (n - 1) / 2 - i) for i in range(n)] for k, n in enumerate(sizes)]
    for k, name in enumerate(mark.weights):
        for (i, j), v in np.ndenumerate(at[name]):
            if np.isfinite(v):
                most = spec["wlim"] or np.abs(at[name]).max() or 1
                ax.plot(*zip(places[k][i], places[k + 1][j], strict=True), zorder=1,
                        color=COLOURS[int(v < 0)], lw=0.3 + 5 * min(1, abs(v) / most))
    for k, layer in enumerate(places):
        values = at[mark.units[k]] if mark.units and mark.units[k] else np.zeros(len(layer))
        lo, hi = spec["zlim"] or (-1, 1)
        ax.scatter(*zip(*layer, strict=True), s=330, c=values, cmap=colours, vmin=-max(-lo, hi),
                   vmax=max(-lo, hi), edgecolors=INK, zorder=2)
        for i, place in enumerate(layer):
            if mark.units and mark.units[k]:
                words = fixed(values[i], mark.digits)
                ax.text(*place, words, ha="center", va="center", color="k", fontsize=6, zorder=3)
            if k < len(mark.labels) and i < len(mark.labels[k]):
                ax.annotate(mark.labels[k][i], place, (0, -15), textcoords="offset points", ha="center")


def text(mark, ax, at, spec, wide=38):
    words = spec["texts"][int(at[mark.which].item()) if mark.which else 0]
    values = at[mark.z] if mark.z else np.full(len(words), np.nan)
    lo, hi = spec["zlim"] or (0, np.nanmax(values, initial=1e-9))
    ax.axis("off")
    x, y, one = 0, 0.6, index(mark, at)
    for k, word in enumerate(words):
        said, v = word.strip(), values[k]
        if x and x + len(said) > wide:
            x, y = 0, y + 0.9
        strength = float(np.clip((v - lo) / (hi - lo), 0, 1)) if np.isfinite(v) else 0
        box = dict(facecolor=(0.19, 0.51, 0.77, 0.6 * strength), pad=1.5, lw=0.8 * (k == one), edgecolor=INK)
        ax.text(x, y, said, va="center", family="monospace", fontsize=10, bbox=box)
        x += len(said) + 1
        if word.endswith("\n"):
            x, y = 0, y + 0.9
    ax.set(xlim=(0, wide), ylim=(max(9, y + 1), 0))
