"""Grids: a function's results at every setting, what of them is stable, packed small and summarised."""
import inspect
from itertools import product
from pickle import PicklingError

import numpy as np
from joblib import Parallel, cpu_count, delayed

from .. import batches, config

NUDGE, STABLE, DIVERGED = 1e-12, 1e-6, 1e-2      # relative: the disturbance, and what it may grow to
WORTH = 3.0                      # seconds: what takes longer is shared among the machine's cores
LEVELS, FINE = 4095, 65534       # of curves, and of anything else (even: then 0 is a level of [-m, m])


def name_of(fn):
    return getattr(fn, "__name__", "the function")


def evaluate(fn, at):
    """Call ``fn`` and return ``{name: float64 array}``; numbers overflow silently, the marks show where."""
    with np.errstate(all="ignore"):
        result = fn(**at)
    if not isinstance(result, dict):
        raise TypeError(f"An explorable's function returns a dict of arrays; {name_of(fn)} returned "
                        f"{type(result).__name__}.")
    fields = {}
    for name, v in result.items():
        if not isinstance(name, str):
            raise TypeError(f"{name_of(fn)} returned a field named {name!r}; names are texts.")
        try:
            fields[name] = np.array(batches.numbers(name, v), dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"{name_of(fn)} returned {name!r} as {type(v).__name__}; "
                            f"expected numbers, or equally long lists of numbers.") from None
        if not fields[name].size:
            raise ValueError(f"{name_of(fn)} returned {name!r} empty, of shape {fields[name].shape}.")
    return fields


def movement(a, b):
    """How far each entry moved relative to its size; infinite where one of the two is not finite.

    An entry below a millionth of the largest counts as that large: it may be a difference of large numbers.
    """
    with np.errstate(all="ignore"):
        largest = np.abs(np.where(np.isfinite(a), a, 0)).max() or 1
        size = np.maximum(np.abs(a), 1e-6 * largest)
        return np.where(np.isfinite(a) & np.isfinite(b), np.abs(a - b) / size, np.inf)


def settle(fn, controls, at, sequences=(), solid=()):
    """The result at one setting, with NaN from where a disturbance of 1e-12 grows to 1 %.

    Disturbed are the numbers among the controls, and ``disturb`` if ``fn`` takes a keyword of that name.
    Returns ``(fields, firm, lost)``: whether it hardly grows anywhere, and whether something was replaced by
    NaN. In a sequence (a curve over epochs) everything after the first diverged entry has diverged; in any
    other field all of it has. A NaN of the function's own means diverged in ``solid`` fields, elsewhere
    nothing.
    """
    result = evaluate(fn, at)
    nearby = {n: controls[n].nudged(v, NUDGE) for n, v in at.items()}
    if "disturb" not in at and "disturb" in inspect.signature(fn).parameters:
        nearby["disturb"] = NUDGE
    other = evaluate(fn, nearby) if nearby != at else result
    firm, lost = True, False
    for name, v in result.items():
        if other.keys() != result.keys() or other[name].shape != v.shape:
            raise ValueError(f"{name_of(fn)} must return the same fields and shapes when it is called again; "
                             f"{name!r} differed.")
        moved = movement(v, other[name])
        if name not in solid:
            moved[(v == other[name]) | (np.isnan(v) & np.isnan(other[name]))] = 0
        gone = moved > DIVERGED
        firm, lost = firm and bool((moved < STABLE).all()), lost or bool(gone.any())
        v[np.logical_or.accumulate(gone) if name in sequences and gone.ndim else gone | gone.any()] = np.nan
    return result, firm, lost


def _settle_like(floatx, *args):
    """:func:`settle` in a process that computes with the same type of numbers."""
    config.set_floatx(floatx)
    return settle(*args)


def settings(controls):
    """Every setting of the controls' grid, the last control fastest."""
    grids = [c.grid() for c in controls.values()]
    return [dict(zip(controls, values, strict=True)) for values in product(*grids)]


def compute(fn, controls, sequences=(), solid=(), seconds=0.0):
    """Results at every setting: ``({name: array of shape (settings, ...)}, firm, lost)``.

    ``seconds`` is about what one setting takes. Each setting is computed by itself, so how many cores share the work
    changes nothing but the time.
    """
    every = settings(controls)
    calls = [delayed(_settle_like)(config.floatx(), fn, controls, at, sequences, solid) for at in every]
    try:
        rows = Parallel(n_jobs=cpu_count() if seconds * len(every) > WORTH else 1)(calls)
    except (PicklingError, TypeError, AttributeError):          # fn uses something that cannot be sent to another process
        rows = [f(*args) for f, args, _ in calls]
    rows, firm, lost = zip(*rows, strict=True)
    for at, row in zip(every, rows, strict=True):
        for name, first in rows[0].items():
            if name not in row or row[name].shape != first.shape:
                got = f"shape {row[name].shape}" if name in row else "nothing"
                raise ValueError(f"{name_of(fn)} must return {name!r} in one shape at every setting: "
                                 f"{first.shape} at {every[0]}, but {got} at {at}.")
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}, np.array(firm), np.array(lost)


def widened(lo, hi):
    return (lo, hi) if lo < hi else (lo - 0.1 * abs(lo or 1), lo + 0.1 * abs(lo or 1))


def beyond(between, log=False, symlog=None):
    """Limits a little outside these: a curve that is cut off there leaves the figure and does not follow its border."""
    lo, hi = _scaled(np.asarray(between, float), log, symlog)
    return tuple(_unscaled(np.array([lo - 0.04 * (hi - lo), hi + 0.04 * (hi - lo)]), log, symlog).tolist())


def extent(values, log=False):
    """Smallest and largest finite (and, if ``log``, positive) value, to four digits."""
    v = values[np.isfinite(values) & ((values > 0) | (not log))]
    return widened(*(float(f"{q:.4g}") for q in (v.min(), v.max()))) if v.size else (0.1, 1.0)


def decimals(values, most=4):
    """The fewest decimals that write all values exactly, or None."""
    v = values[np.isfinite(values)]
    exact = (d for d in range(most + 1) if (np.abs(v * 10**d - np.rint(v * 10**d)) < 1e-9).all())
    return next(exact, None)


def pack(values, axes, between=None, log=False, levels=FINE, digits=None, symlog=None):
    """A field at every setting as whole levels between two limits, each less its predecessor.

    Values with few decimals (or rounded to ``digits`` of them) are kept exactly; others are clipped to
    ``between`` and take the nearest of ``levels + 1`` values between them (between their logarithms, if
    ``log``; evenly in ±log(1 + abs(v) / ``symlog``), if that is given). ``levels + 1`` stands for NaN.
    Differences of a smooth curve are small numbers, which gzip well; ``js/src/data.js`` adds them up. They are
    one text, since nbformat would write a list as one line per number. A control on which the field does not
    depend is left out (``over``).

    Parameters
    ----------
    values : array of shape (settings, ...).
    axes : how many values each control has, their product being the number of settings.
    """
    values = values.reshape(*axes, -1)
    for axis in range(len(axes)):
        first = values.take([0], axis)
        still = np.array_equal(values, np.broadcast_to(first, values.shape), equal_nan=True)
        values = first if still else values
    over, values = values.shape[:-1], values.reshape(-1, values.shape[-1])
    values = np.where(np.isfinite(values), values, np.nan)
    digits = (None if log or symlog else decimals(values)) if digits is None else digits
    if digits is not None and np.isfinite(values).any():
        unit = 10**digits                                   # half a unit rounds away from 0, as toFixed does
        whole = np.sign(values) * np.floor(np.abs(values * unit) + 0.5)
        lo, hi = int(np.nanmin(whole)), int(np.nanmax(whole))
        if hi - lo <= (levels if between else 2**53):
            hi = max(hi, lo + 1)
            return _steps(whole - lo, hi - lo, over, lo=lo / unit, hi=hi / unit, log=False)
    between = between or extent(values, log)
    lo, hi = (float(f"{_scaled(v, log, symlog):.6g}") for v in between)
    q = (_scaled(np.clip(values, *between), log, symlog) - lo) / (hi - lo) * levels
    return _steps(q, levels, over, lo=lo, hi=hi, log=log, **({"symlog": symlog} if symlog else {}))


def _steps(q, levels, over, **scale):
    q = np.where(np.isnan(q), levels + 1, np.rint(np.clip(q, 0, levels))).astype(np.int64)
    steps = ",".join(map(str, np.diff(q, prepend=0, axis=1).ravel().tolist()))
    return dict(**scale, levels=levels, size=q.shape[1], over=list(over), steps=steps)


def _scaled(v, log=False, symlog=None):
    if symlog:
        return np.sign(v) * np.log1p(np.abs(v) / symlog)
    return np.log10(v) if log else v


def _unscaled(v, log=False, symlog=None):
    if symlog:
        return symlog * np.sign(v) * np.expm1(np.abs(v))
    return 10.0**v if log else v


def _value(field, level):
    return _unscaled(field["lo"] + (field["hi"] - field["lo"]) * level / field["levels"], field["log"], field.get("symlog"))


def limits(field):
    """The smallest and the largest value that a packed field can hold."""
    return _value(field, 0), _value(field, field["levels"])


def unpack(field):
    """The packed values, of shape (settings left in, size): what the page reads."""
    q = np.cumsum(np.array(field["steps"].split(","), np.int64).reshape(-1, field["size"]), axis=1)
    return np.where(q > field["levels"], np.nan, _value(field, q))


def plain(values, digits=6):
    """One setting's field for the live figure: rounded numbers, null where not finite."""
    return dict(data=[float(f"{v:.{digits}g}") if np.isfinite(v) else None for v in values.ravel().tolist()])


def fingerprint(fields, firm):
    """A line per field over the stable settings: range, mean, and a mean that notices exchanged entries.

    A mean that rounding alone keeps from being zero reads 0.
    """
    def mean(v, weights=None):
        found = np.average(v, weights=weights)
        return f"{found if abs(found) > 1e-12 * abs(v).max() else 0:.4g}"

    lines = []
    for name, v in fields.items():
        shape, v = tuple(v.shape[1:]), v[firm]
        w = 1 + np.cos(np.arange(v.size)).reshape(v.shape) / 2
        v, w = v[np.isfinite(v)], w[np.isfinite(v)]
        if v.size:
            lines.append(f"  {name} {shape}: min {v.min():.4g}, max {v.max():.4g}, mean {mean(v)}, weighted {mean(v, w)}")
    return "\n".join(lines)
