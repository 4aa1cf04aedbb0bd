"""The book's figures: one style, two recurring pictures, and a text that says what a figure draws.

`use` is called in a notebook's first cell. From then on figures are dark ink on a transparent ground in the
colours of the explorables, and carry a text that changes with their data; validating a notebook compares it.
"""

import sys
from itertools import groupby

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib import rcdefaults
from matplotlib.axes import Axes
from matplotlib.category import StrCategoryLocator
from matplotlib.collections import Collection, PathCollection
from matplotlib.contour import ContourSet
from matplotlib.dates import DateLocator, num2date
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator

from . import batches

PALETTE = ["#0b62a8", "#b5470b", "#0a7d57", "#8a3f8f"]               # --ux-0 to --ux-3 of the explorables
DASHES = ["-", (0, (3.2, 1.8)), (0, (1, 1.8)), (0, (4, 1.4, 1, 1.4))]      # so that colour is never alone
INK, SOFT = "#1c2024", "#5b6168"
STYLE = {
    "figure.figsize": (4.8, 3.2), "figure.dpi": 100, "figure.constrained_layout.use": True,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none",
    "axes.prop_cycle": cycler(color=PALETTE) + cycler(linestyle=DASHES), "image.cmap": "Blues",
    "lines.linewidth": 2, "lines.markersize": 6, "scatter.edgecolors": "none",
    "font.family": "DejaVu Sans", "font.size": 11, "axes.titlesize": 12, "axes.labelsize": 11,
    "xtick.labelsize": 10, "ytick.labelsize": 10, "legend.fontsize": 10, "legend.frameon": False,
    "text.color": INK, "axes.labelcolor": INK, "axes.titlecolor": INK, "axes.edgecolor": SOFT,
    "xtick.color": SOFT, "ytick.color": SOFT, "xtick.labelcolor": INK, "ytick.labelcolor": INK,
    "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
    "svg.hashsalt": "unrolled",
}


def use():
    """Give all figures from now on the book's style, and in a notebook their text.

    In JupyterLab and the like they become PNGs of twice the resolution, without date or version in them.
    Whatever a user's own matplotlibrc says is set aside, so that a figure looks the same everywhere.
    """
    rcdefaults()
    plt.rcParams.update(STYLE)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    if hasattr(shell, "kernel"):
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        shell.enable_matplotlib("inline")
        set_matplotlib_formats("retina", metadata={"Software": None})
    shell.display_formatter.formatters["text/plain"].for_type(Figure, lambda f, p, cycle: p.text(describe(f)))


def plane(x, t, w=None, b=0.0, ax=None):
    r"""Draw points of two classes and, given weights, where a neuron fires.

    .. math::  w_1 x_1 + w_2 x_2 + b > 0

    Parameters
    ----------
    x : array_like of shape (N, 2)
    t : array_like of shape (N,)
        Targets, 0 (squares) or 1 (discs).
    w : array_like of shape (2,), optional
        Weights; without them there is no line.
    b : float, default 0
        Bias.
    ax : matplotlib.axes.Axes, optional
        By default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If a shape does not fit, there is no point, or a target is neither 0 nor 1.
    """
    x, t, b = batches.array("points", x).astype(float), batches.array("targets", t), batches.number("b", b)
    w = None if w is None else batches.array("weights w", w)
    if ax is not None and not isinstance(ax, Axes):
        raise TypeError(f"ax must be the axes to draw in, but {ax!r} was given.")
    if x.ndim != 2 or x.shape[1] != 2 or not len(x):
        raise ValueError(f"Points in the plane have shape (N, 2), N at least 1, but x has shape {x.shape}.")
    if t.shape != x.shape[:1] or not np.isin(t, (0, 1)).all():
        raise ValueError(f"t needs a 0 or a 1 for each of the {len(x)} points, but is {t!r}.")
    if w is not None and np.shape(w) != (2,):
        raise ValueError(f"A neuron in the plane has two weights, but w has shape {np.shape(w)}.")
    if not all(np.isfinite(a).all() for a in (x, w) if a is not None) or np.abs(x).max() > 1e100:
        raise ValueError("The points and weights must be finite numbers of moderate size, for there to be a picture.")
    ax = ax or plt.subplots(figsize=(3.6, 3.6), layout="constrained")[1]
    low, high = x.min(0), x.max(0)
    pad = np.maximum(0.5, 0.1 * (high - low))
    sides = np.array([low - pad, high + pad]).T                      # (2, 2): from, to of each axis
    handles = []
    if w is not None:
        u = w[0] * sides[0] + w[1] * sides[1][:, None] + b           # at the four corners
        if u.max() > 0:
            ax.contourf(*sides, u, [0, u.max()], colors=[PALETTE[1]], alpha=0.15)
        if u.min() < 0 < u.max():
            ax.contour(*sides, u, [0], colors=[INK], linewidths=1.5)
        handles = [Patch(facecolor=PALETTE[1], alpha=0.15, label="$y = 1$")]
    points = [ax.scatter(*x[t == k].T, s=60, marker=marker, color=PALETTE[k], label=f"$t = {k}$", zorder=3)
              for k, marker in enumerate("so")]
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=sides[0], ylim=sides[1], aspect="equal")
    ax.locator_params(nbins=5, integer=True)
    if not ax.figure.legends:
        ax.figure.legend(handles=points + handles, loc="outside lower center", ncols=3)
    return ax


def digits(images, captions=None, columns=8):
    """Draw small grey images side by side, dark ink where they are large.

    Parameters
    ----------
    images : array_like of shape (N, H, W)
    captions : sequence of N objects, optional
        What to write under each image.
    columns : int, default 8
        Images in a row.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the images have another shape, or there is another number of captions.
    """
    images, columns = batches.array("images", images).astype(float), batches.whole("columns", columns)
    if images.ndim != 3 or not images.size:
        raise ValueError(f"Images have shape (N, H, W), N at least 1, but these have shape {images.shape}.")
    if captions is not None:
        if not np.iterable(captions):
            raise ValueError(f"The captions must be a list, but {captions!r} was given.")
        captions = list(captions)
    if captions is not None and len(captions) != len(images):
        raise ValueError(f"Each of the {len(images)} images needs a caption, but there are {len(captions)}.")
    n, h, w = images.shape
    columns = min(columns, n)
    tall, wide = h + max(1, h // (2 if captions is not None else 8)), w + max(1, w // 8)
    sheet = np.full((-(-n // columns) * tall, columns * wide), np.nan)
    corners = [(k // columns * tall, k % columns * wide) for k in range(n)]
    for image, (i, j) in zip(images, corners, strict=True):
        sheet[i:i + h, j:j + w] = image
    size = min(0.9, STYLE["figure.figsize"][0] / columns)            # inches for one image
    _, ax = plt.subplots(figsize=(columns * size, len(sheet) / wide * size), layout="constrained")
    ax.imshow(sheet, cmap="Greys", vmin=0, vmax=images.max() or 1)
    ax.axis("off")
    for caption, (i, j) in zip(captions if captions is not None else (), corners, strict=False):
        ax.text(j + w / 2 - 0.5, i + h, caption, ha="center", va="top", fontsize=min(11, 24 * size))
    return ax


def describe(figure):
    """Say in a text what a figure draws.

    The first line serves as its alternative text. Then follow title, labels and scales of each axes, and of
    all they hold the label and, for each coordinate, how many numbers it has and their range, mean, weighted
    mean (it changes when entries change places) and root mean square, at four digits. What is less than a
    thousandth of the largest entry may be rounding noise, and reads 0.

    Parameters
    ----------
    figure : matplotlib.figure.Figure

    Returns
    -------
    str
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"describe needs a Matplotlib figure, but got {figure!r}.")
    axes = list(figure.axes)
    for ax in axes:
        axes += ax.child_axes
    parts = [t.get_text() for t in figure.texts] + [_summary(ax) for ax in axes]
    lines = [": ".join(filter(None, ("Figure", "; ".join(filter(None, parts)).replace("$", ""))))]
    lines += [_legend(legend) for legend in figure.legends]
    for number, ax in enumerate(axes, 1):
        parts = [ax.get_title(loc) for loc in ("left", "center", "right")]
        parts += [_axis(name, getattr(ax, f"{name}axis")) for name in "xyz" if hasattr(ax, f"{name}axis")]
        lines.append(f"axes {number}: {'; '.join(filter(None, parts))}")
        lines += [f"  {line}" for line in _content(ax)]
    return "\n".join(lines)


def _summary(ax):
    """Title, what is drawn over what, and what is written at it."""
    labels = [a.get_label() for a in [*ax.lines, *ax.collections, *ax.containers] if _named(a)]
    labels += [t.get_text() for t in ax.texts]
    over = " over ".join(filter(None, (ax.get_ylabel(), ax.get_xlabel())))
    return ": ".join(filter(None, (ax.get_title(), over, ", ".join(labels))))


def _named(artist):
    return not str(artist.get_label() or "_").startswith("_")


def _legend(legend):
    texts = [legend.get_title().get_text(), *(text.get_text() for text in legend.get_texts())]
    return "legend " + ", ".join(filter(None, texts))


def _axis(name, axis):
    text = f"{name} {axis.get_label_text()!r} {axis.get_scale()}"
    locator = axis.get_major_locator()
    if isinstance(locator, FixedLocator | StrCategoryLocator):
        text += f", ticks {', '.join(axis.get_major_formatter().format_ticks(locator()))}"
    return text


def _content(ax):
    """Lines on what the axes hold; neighbours of one kind and without a name share theirs."""
    if ax.texts:
        yield "texts " + ", ".join(t.get_text() for t in ax.texts)
    frame = {ax.patch, ax.xaxis, ax.yaxis, getattr(ax, "zaxis", None), *ax.spines.values(), *ax.child_axes}
    found = []
    for artist in ax.get_children():
        if artist in frame or isinstance(artist, Text) or not artist.get_visible():
            continue
        if isinstance(artist, Legend):
            found.append((_legend(artist), {}))
        else:
            kind = next((k for base, k in KINDS.items() if isinstance(artist, base)), type(artist).__name__)
            found.append((kind + (f" {artist.get_label()!r}" if _named(artist) else ""), _fields(artist)))
    for name, group in groupby(found, key=lambda entry: entry[0]):
        group = [fields for _, fields in group]
        yield f"{name}, {len(group)}" if len(group) > 1 else name
        for field in dict.fromkeys(field for fields in group for field in fields):
            v = np.concatenate([fields[field] for fields in group if field in fields])
            yield f"  {field}: {_numbers(v, getattr(ax, f'{field}axis', None))}"


KINDS = {Line2D: "line", PathCollection: "points", ContourSet: "contours", Collection: "shapes",
         AxesImage: "image", Patch: "shape"}


def _fields(artist):
    """The coordinates and values that an artist draws, ``{name: array}``; nothing that drawing it changes."""
    for name in ("_verts3d", "_offsets3d", "_segments3d", "_faces", "_vec"):            # in space
        if (parts := getattr(artist, name, None)) is not None:
            return {"xyz": _flat(*parts)}
    if isinstance(artist, AxLine):
        second = {"slope": artist.get_slope()} if artist.get_xy2() is None else {"to": artist.get_xy2()}
        return {name: _flat(v) for name, v in {"from": artist.get_xy1(), **second}.items()}
    if isinstance(artist, Line2D):
        x, y = artist.get_data(orig=False)
        return {"x": _flat(x), "y": _flat(y)}
    if isinstance(artist, AxesImage):
        return {"extent": _flat(artist.get_extent()), "value": _flat(artist.get_array())}
    if isinstance(artist, Patch) and not isinstance(artist, FancyArrowPatch):
        return _xy(artist.get_patch_transform().transform(artist.get_path().vertices))
    if not isinstance(artist, Collection):
        return {}
    if hasattr(artist, "get_coordinates"):
        fields = _xy(artist.get_coordinates())
    elif isinstance(artist, PathCollection) or len(artist.get_offsets()) > 1:
        fields = _xy(artist.get_offsets())
    else:
        fields = _xy(np.concatenate([np.empty((0, 2)), *(path.vertices for path in artist.get_paths())]))
    colours = artist.get_facecolor() if artist.get_array() is None else []
    more = {"value": artist.get_array(), "u": getattr(artist, "U", None), "v": getattr(artist, "V", None),
            "size": artist.get_sizes() if hasattr(artist, "get_sizes") else [], "colour": colours}
    return fields | {name: _flat(v) for name, v in more.items()
                     if v is not None and (name not in ("size", "colour") or len(v) > 1)}


def _xy(points):
    return {"x": _flat(points[..., 0]), "y": _flat(points[..., 1])}


def _flat(*arrays):
    """One array of floats, with NaN where masked."""
    arrays = (np.ma.filled(np.ma.asarray(a, dtype=float), np.nan).ravel() for a in arrays)
    return np.concatenate([[], *arrays])


def _numbers(v, axis=None):
    """Statistics of the finite entries; days since the first one on an axis of dates."""
    text, finite = f"{len(v)} numbers", np.isfinite(v)
    weights, v = 1 + np.cos(np.arange(len(v)))[finite] / 2, v[finite]
    if (lost := len(finite) - len(v)):
        text += f", {lost} not finite"
    if not len(v):
        return text
    if axis is not None and isinstance(axis.get_major_locator(), DateLocator):
        text += f", from {num2date(v.min()):%Y-%m-%d %H:%M:%S}, in days"
        v = v - v.min()
    size = np.abs(v).max()

    def digits(number):
        short = f"{number:#.4g}" if abs(number) >= 1e-3 * size > 0 else "0"
        return f"{number:.3e}" if short.endswith(".") else short

    rms = size * np.sqrt(np.mean((v / (size or 1)) ** 2))
    return (f"{text}, {digits(v.min())} to {digits(v.max())}, mean {digits(v.mean())}, "
            f"weighted {digits(np.average(v, weights=weights))}, rms {digits(rms)}")
