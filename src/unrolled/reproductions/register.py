"""The register of the sources' results, and the check of ours against it."""

import difflib
import functools
import json
import textwrap
import tomllib
from importlib import resources

import numpy as np

KINDS = ("exact", "trend", "fact", "figure")


class Mismatch(AssertionError):
    """Our value does not agree with the register's."""


@functools.cache
def register():
    """The whole register: ``{id: entry}``, an entry being a dict with at least title, source, where, kind and chapter.

    ``value`` is what the source prints. An *exact* entry agrees within ``atol`` (whole numbers and words exactly), after
    ``corrections`` have been put in where the source misprints. A *trend* agrees if every named quantity lies within its
    ``bounds`` and every list in ``ascending`` ascends. A *fact* is quoted as printed. A *figure* has been drawn.
    """
    with (resources.files(__package__) / "register.toml").open("rb") as file:
        entries = tomllib.load(file)
    return {id: {"id": id, **entry} for id, entry in entries["result"].items()}


def entry_of(id):
    try:
        return register()[id]
    except (KeyError, TypeError):
        raise KeyError(f"There is no result {id!r} in the register{close_to(id, register())}") from None


def close_to(id, known):
    """The end of a sentence that says that an id is unknown: the nearest one, or a full stop."""
    near = difflib.get_close_matches(str(id), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "."


def stored(id):
    """The stored result of a full-scale experiment, as its runner wrote it: value, seeds, versions, data, command, seconds."""
    entry_of(id)
    file = resources.files(__package__) / "results" / f"{id}.json"
    if not file.is_file():
        raise FileNotFoundError(f"No result of {id} is stored; compute it with: python -m unrolled.reproductions run {id}")
    return json.loads(file.read_text(encoding="utf-8"))


def check(id, value):
    """Compare our value with the source's; print the verdict, or raise.

    Parameters
    ----------
    id : str
        Name of the result in the register, such as ``"SYS-02"``.
    value
        Ours: numbers, texts, lists, arrays or dicts of them in the form of the register's ``value``; for a figure the
        matplotlib figure or the explorable that shows it.

    Raises
    ------
    KeyError
        If there is no such result.
    Mismatch
        If ours does not agree; the sentence says where.
    """
    entry = entry_of(id)
    ours = plain(value)
    if wrong := VERDICTS[entry["kind"]](entry, ours, value):
        raise Mismatch(f"{id}, {entry['title']}: {wrong}")
    print(report(entry, ours))


def plain(value):
    """Arrays and tuples as lists, NumPy numbers as Python's."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return plain(value.tolist())
    return value


def difference(theirs, ours, atol, at=""):
    """Where two nested values first differ, as a phrase, or None."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if theirs.keys() != ours.keys():
            return f"expected the entries {', '.join(theirs)}; got {', '.join(ours)}"
        found = (difference(theirs[k], ours[k], atol, f"{at}[{k!r}]") for k in theirs)
        return next(filter(None, found), None)
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            return f"expected {len(theirs)} entries{at and ' at ' + at}, got {len(ours)}"
        found = (difference(a, b, atol, f"{at}[{i}]") for i, (a, b) in enumerate(zip(theirs, ours, strict=True)))
        return next(filter(None, found), None)
    number = (int, float)
    if isinstance(theirs, number) and isinstance(ours, number) and not isinstance(theirs, bool):
        same = abs(ours) <= 1e308 and abs(theirs - ours) <= (atol if isinstance(theirs, float) else 0)
    else:
        same = type(theirs) is type(ours) and theirs == ours
    return None if same else f"theirs is {theirs!r}, ours {ours!r}{at and ' at ' + at}"


def corrected(entry):
    """The source's value with its misprints corrected: ``corrections`` maps a path such as ``"5.9"`` to the right entry."""
    value = json.loads(json.dumps(entry["value"]))
    for path, right in entry.get("corrections", {}).items():
        *outer, last = [int(p) if p.isdigit() else p for p in path.split(".")]
        functools.reduce(lambda v, k: v[k], outer, value)[last] = right
    return value


def exact(entry, ours, _):
    return difference(corrected(entry), ours, entry.get("atol", 0))


def trend(entry, ours, _):
    if not isinstance(ours, dict):
        return f"expected a dict of the quantities, got {ours!r}"
    if missing := [n for n in entry.get("bounds", {}) if n not in ours]:
        return f"the quantity {missing[0]!r} is missing"
    for name, (lo, hi) in entry.get("bounds", {}).items():
        if not isinstance(ours[name], (int, float)) or abs(ours[name]) > 1e308:
            return f"{name} should be a number; it is {ours[name]!r}"
        if not lo <= ours[name] <= hi:
            return f"{name} should lie between {lo:g} and {hi:g}; it is {ours[name]:.6g}"
    for names in entry.get("ascending", []):
        if wrong := [n for n in names if not isinstance(ours.get(n), (int, float))]:
            return f"{wrong[0]} should be a number; it is {ours.get(wrong[0])!r}"
        values = [ours[n] for n in names]
        if not all(a < b for a, b in zip(values, values[1:], strict=False)):
            return f"expected {' < '.join(names)}; got {', '.join(f'{v:.6g}' for v in values)}"
    return None


def figure(entry, ours, value):
    drawn = getattr(value, "spec", None) or any(ax.has_data() or ax.texts for ax in getattr(value, "axes", []))
    return None if drawn else f"expected a figure or an explorable that shows it, got {type(value).__name__}"


VERDICTS = dict(exact=exact, trend=trend, fact=exact, figure=figure)


def show(value, digits):
    if isinstance(value, dict):
        return ", ".join(f"{k} {show(v, digits)}" for k, v in value.items())
    if isinstance(value, list):
        return "[" + ", ".join(show(v, digits) for v in value) + "]"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def report(entry, ours):
    """What :func:`check` prints: what was compared, theirs and ours where short, and on what terms they agree."""
    title = f"{entry['id']} · {entry['title']} ({entry['source']} {entry['where']})"
    if entry["kind"] == "figure":
        return wrapped(f"{title}: redrawn above", "", entry.get("note"))
    theirs, digits = show(entry.get("value", ""), 9), entry.get("digits", 9)
    if entry["kind"] == "trend":
        terms = [f"{lo:g} ≤ {n} ≤ {hi:g}" for n, (lo, hi) in entry.get("bounds", {}).items()]
        terms = "; ".join(terms + [" < ".join(names) for names in entry.get("ascending", [])])
    else:
        terms = f"within {entry['atol']:g}" if "atol" in entry else "exactly"
        if n := len(entry.get("corrections", {})):
            terms += f", once {n} misprinted {'entries are' if n > 1 else 'entry is'} corrected"
    if len(theirs) > 250:
        return wrapped(title, f"agrees  {len(entry['value'])} rows, {terms}", entry.get("note"))
    pair = (f"theirs  {theirs}" if theirs else "", f"ours    {show(ours, digits)}")
    return wrapped(title, *pair, ("holds   " if entry["kind"] == "trend" else "agrees  ") + terms, entry.get("note"))


def wrapped(title, *lines):
    """Lines of at most 70 characters, what follows the title indented under its first word."""
    *lines, note = lines
    lines = [line for line in [*lines, note and f"note    {note}"] if line]
    under = [textwrap.fill(line, 70, initial_indent="  ", subsequent_indent=" " * 10) for line in lines]
    return "\n".join([textwrap.fill(title, 70, subsequent_indent=" " * 10), *under])
