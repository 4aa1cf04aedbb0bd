"""Marks made of rows and columns: a heat-map, a table, a grid of images. See :mod:`.marks`."""
from dataclasses import dataclass

import numpy as np

from . import pictures
from .marks import Mark, _whole, span


@dataclass
class Matrix(Mark):
    """Numbers in labelled rows and columns as a heat-map: attention weights, confusion counts.

    Parameters
    ----------
    z : field of shape (R, C).
    rows, cols : texts.
    zlim : the values of the palest and the strongest shade. Where they have two signs, 0 is pale and negative
        numbers have the other colour.
    digits : decimals of the values.
    rowlabel, collabel : what the rows and the columns are.
    """

    z: str
    rows: tuple
    cols: tuple
    zlim: tuple | None = None
    digits: int = 2
    rowlabel: str = ""
    collabel: str = ""
    reads = ("z",)
    exact = True

    def check(self, at):
        shape = len(self.rows), len(self.cols)
        wanted = f"{shape[0]} rows and {shape[1]} columns, as it has labels"
        self._expect(at[self.z].shape == shape, self.z, wanted, at)

    def packing(self, name, many):
        return dict(digits=self.digits)

    def spec(self, at, many):
        rows, cols = [str(t) for t in self.rows], [str(t) for t in self.cols]
        long = max(map(len, cols))
        turned = long > 3 and long * len(cols) > 36                     # then headings stand upright
        left, head = 0.75 + 0.5 * max(map(len, [*rows, self.rowlabel])), 0.4 + 0.5 * long if turned else 1.5
        width = left + len(cols) * max(2.9, 0 if turned else 0.4 + 0.55 * long)
        cell = f"clamp(1.4rem, (min(100cqw, {width:.2f}rem) - {left:.2f}rem) / {len(cols)}, 2.2rem)"
        box = dict(left=f"min({left:.2f}rem, 40cqw)", head=f"{head:.2f}rem", width=f"{width:.2f}rem",
                   cell=cell)
        height = f"calc({head + (1.4 if self.collabel else 0):.2f}rem + {len(rows)} * {cell})"
        return self._spec(height, rows=rows, cols=cols, turned=turned, box=box, digits=self.digits,
                          zlim=span(self.zlim, many, self.z), rowlabel=self.rowlabel, collabel=self.collabel)

    picture = pictures.matrix


@dataclass
class Table(Mark):
    """Rows of numbers under column headings, one of them highlighted.

    Parameters
    ----------
    z : field of shape (R, C); NaN is an empty cell.
    columns : a heading per column.
    rows : a heading per row, or none.
    at : field with the index of the highlighted row, or NaN for none.
    reveal : rows after the highlighted one are empty: a run that a player follows.
    digits : decimals, one number or one per column.
    """

    z: str
    columns: tuple
    rows: tuple = ()
    at: str | None = None
    reveal: bool = False
    digits: int | tuple = 0
    reads = ("z", "at")
    exact = True
    fits = {"digits": (lambda v: _whole(v) or isinstance(v, list | tuple) and all(map(_whole, v)),
                       " as a whole number from 0 to 15, or one for each column")}

    @property
    def blanks(self):
        return [self.z, *super().blanks]

    def check(self, at):
        shape, n = at[self.z].shape, len(self.columns)
        good = len(shape) == 2 and shape[1] == n
        self._expect(good, self.z, f"rows of {n} numbers, as it has headings", at)
        good = len(self.rows) in (0, shape[0])
        self._expect(good, self.z, f"{len(self.rows)} rows, as it has row headings", at)
        if len(self._digits()) != n:
            raise ValueError(f"Table needs digits as one number or {n}, one per column; got {self.digits}.")

    def _digits(self):
        return [self.digits] * len(self.columns) if isinstance(self.digits, int | np.integer) else list(self.digits)

    def packing(self, name, many):
        return dict(digits=max(self._digits())) if name == self.z else {}

    def spec(self, at, many):
        return self._spec(f"min(21rem, {len(at[self.z])} * 1.65rem + 3.1rem)", columns=list(self.columns),
                          rows=[str(r) for r in self.rows], reveal=self.reveal, digits=self._digits())

    picture = pictures.table


@dataclass
class Images(Mark):
    """Small grey images in a grid, each with a caption, wrong ones marked.

    Parameters
    ----------
    z : field of shape (N, height, width).
    label : field of shape (N,), what the network says; the caption.
    truth : field of shape (N,); where the label differs from it, the caption says so.
    names : texts for the labels 0, 1, ...; the numbers themselves by default.
    zlim : the values of paper and of ink.
    columns : images in a row.
    """

    z: str
    label: str | None = None
    truth: str | None = None
    names: tuple = ()
    zlim: tuple | None = None
    columns: int = 8
    reads = ("z", "label", "truth")
    fits = {"columns": (lambda v: _whole(v, 1000) and v > 0, " as how many images stand in a row")}

    def check(self, at):
        self._expect(at[self.z].ndim == 3, self.z, "images of shape (N, height, width)", at)
        for name in filter(None, (self.label, self.truth)):
            n = len(at[self.z])
            self._expect(at[name].shape == (n,), name, f"one number for each of the {n} images", at)

    def packing(self, name, many):
        return dict(between=span(self.zlim, many, self.z), levels=255) if name == self.z else {}

    def spec(self, at, many):
        n, high, wide = at[self.z].shape
        rows = -(-n // self.columns)
        width = f"min(100cqw, {max(12, self.columns * 4.25)}rem)"
        caption = 1.5 if self.label else 0
        height = f"calc({rows} * ({width} / {self.columns} * {high / wide:.4g} + {caption}rem))"
        return self._spec(height, width=width, shape=[n, high, wide], names=[str(t) for t in self.names],
                          zlim=span(self.zlim, many, self.z), columns=self.columns)

    picture = pictures.images
