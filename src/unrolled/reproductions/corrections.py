"""What the sources get wrong: each error, the corrected form, and the proof."""

import functools
import tomllib
from importlib import resources

import numpy as np

from ..batches import number
from .register import Mismatch, close_to, plain, wrapped

KINDS = {"formula": "formulas", "number": "numbers", "code": "listings", "statement": "statements",
         "history": "names and dates", "wording": "notation and wording", "conflict": "sources that disagree"}


@functools.cache
def corrections():
    """All corrections: ``{id: entry}``, an entry being a dict with source, where, kind, printed, right and, if a chapter
    holds the proof, ``proof``: chapter and heading, as in ``"14#the-local-error"``. The others are proved in appendix E.
    """
    with (resources.files(__package__) / "corrections.toml").open("rb") as file:
        return {id: {"id": id, **entry} for id, entry in tomllib.load(file)["correction"].items()}


def correct(id, *, truth, printed, right, tol=1e-6):
    """Prove a correction: what the source prints differs from the truth, what we put in its place does not.

    Parameters
    ----------
    id : str
        Name of the correction, such as ``"S0-T03"``.
    truth, printed, right : number, str, list, array or dict of them
        The same quantity found independently (by finite differences, by counting, by running the code), by the source's form,
        and by ours.
    tol : float
        Numbers agree within this share of the largest of them, here 1e-6 by default.

    Raises
    ------
    KeyError
        If there is no such correction.
    Mismatch
        If the printed form agrees with the truth, or the corrected one does not.
    """
    try:
        entry = corrections()[id]
    except (KeyError, TypeError):
        raise KeyError(f"There is no correction {id!r}{close_to(id, corrections())}") from None
    tol = number("tol", tol)
    truth, printed, right = plain(truth), plain(printed), plain(right)
    if (off := distance(truth, right)) > tol:
        raise Mismatch(f"{id}: the corrected form is off by {off:.3g}, more than {tol:g}.")
    if (off := distance(truth, printed)) <= tol:
        raise Mismatch(f"{id}: the printed form is right within {tol:g}.")
    short = isinstance(printed, (int, float, str)) and isinstance(right, (int, float, str))
    lines = ([f"printed  {printed:.6g}" if isinstance(printed, float) else f"printed  {printed}",
              f"right    {right:.6g}" if isinstance(right, float) else f"right    {right}"] if short else
             [f"printed  is off by {off:.2g} of the largest entry" if np.isfinite(off) else "printed  is something else",
              f"right    agrees within {tol:g}"])
    print(wrapped(f"{id} · {entry['source']}, {entry['where']}", *lines, None))


def distance(truth, other):
    """The largest difference as a share of the largest true entry; infinite between things that are not comparable numbers."""
    if isinstance(truth, dict) and isinstance(other, dict) and truth.keys() == other.keys():
        return max((distance(truth[k], other[k]) for k in truth), default=0.0)
    try:
        a, b = np.asarray(truth, float), np.asarray(other, float)
    except (TypeError, ValueError, OverflowError):
        return 0.0 if truth == other else np.inf
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return np.inf
    both = np.isfinite(a)
    return float(np.abs(a - b)[both].max(initial=0.0) / (np.abs(a[both]).max(initial=0.0) or 1.0))


def raised(function, *arguments, **keywords):
    """The exception that a call raises, as one line; it is an error if it raises none."""
    try:
        function(*arguments, **keywords)
    except Exception as error:
        return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}".rstrip(": ")
    raise Mismatch("The call was expected to fail, and did not.")
