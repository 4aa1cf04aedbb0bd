"""Exercises that answer back: ``check("05.1", answer)`` judges an answer by what it computes and hints at what is wrong.

A notebook's stub is ``exercises.check("05.1", ...)``, the dots standing for the answer; an appendix has its letter, ``"A.1"``.
Each one's exercises live in a module of this package: functions marked ``@exercise("05.1")`` that take an answer and return
``None`` if it is right, or a hint that depends on what is wrong.

``python -m unrolled.exercises FOLDER`` marks a folder of submissions: see :mod:`unrolled.exercises.marking`.
"""

import difflib
import importlib
import json
import os
from collections.abc import Iterator

JOURNAL = "UNROLLED_JOURNAL"        # the environment variable that names the file in which verdicts are noted
LONGEST = 1000                      # characters of a hint, which may quote the answer
_JUDGES = {}


def exercise(number):
    """Register the decorated function as the judge of an exercise, such as ``"05.1"``."""

    def register(judge):
        if number in _JUDGES:
            raise ValueError(f"Exercise {number} has two judges.")
        _JUDGES[number] = judge
        return judge

    return register


def judge(number, answer):
    """``None`` if the answer is right, else a hint.

    Raises
    ------
    KeyError
        If there is no such exercise.
    """
    numbers(str(number).partition(".")[0])
    try:
        decide = _JUDGES[number]
    except (KeyError, TypeError):                            # TypeError: a list or the like, which names nothing
        near = difflib.get_close_matches(str(number), _JUDGES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ": write the chapter in two digits, as in '05.1'."
        raise KeyError(f"There is no exercise {number!r}{hint}") from None
    if isinstance(answer, Iterator):
        return "Give the values themselves, in a list or an array: your answer is an iterator, which may have no end."
    try:
        hint = decide(answer)
        return hint if hint is None or len(hint) <= LONGEST else f"{hint[:LONGEST]} …"
    except (Exception, SystemExit) as error:  # noqa: BLE001  of the reader's function: say it, keep the notebook running
        try:
            said = str(error)[:LONGEST]
        except Exception:  # noqa: BLE001
            said = "it cannot be shown"
        return f"Your answer could not be tried: {type(error).__name__}: {said}"


def numbers(chapter):
    """The exercises of a chapter, named by two digits, or an appendix, by its letter; none if there is no such chapter."""
    try:
        importlib.import_module(f"{__name__}.{'chapter' if chapter.isdigit() else 'appendix'}{chapter}")
    except ModuleNotFoundError:
        return []
    return [number for number in _JUDGES if number.startswith(f"{chapter}.")]


def check(number, answer=...):
    """Say whether an answer is right, or what to look at again; ``...`` stands for no answer yet.

    Parameters
    ----------
    number : str
        Chapter and exercise, such as ``"05.1"``.
    answer : what the exercise asks for
        A number, a tuple, an array, a function or a model.
    """
    if answer is ...:
        note(number, "unanswered")
        print(f"Exercise {number} is waiting for your answer: put it in place of the dots.")
    elif hint := judge(number, answer):
        note(number, "wrong", hint)
        print(f"Exercise {number}: not yet. {hint}")
    else:
        note(number, "right")
        print(f"Exercise {number}: right.")


def note(number, verdict, hint=""):
    """Write a verdict into the journal, if there is one: so does a run that marks submissions learn it."""
    if path := os.environ.get(JOURNAL):
        with open(path, "a", encoding="utf-8") as journal:
            journal.write(json.dumps([number, verdict, hint]) + "\n")


def expect(condition, hint):
    """``hint`` unless the condition holds: reads well in ``expect(...) or expect(...)``."""
    return None if condition else hint
