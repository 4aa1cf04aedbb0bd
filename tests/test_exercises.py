"""The exercises: every hidden solution is right, an empty answer is no error, wrong answers get a hint of their own."""

import importlib
import json
import pkgutil
import re
from pathlib import Path

import numpy as np
import pytest

from unrolled import exercises

ANSWERS = [importlib.import_module(f"answers.{module.name}") for module in pkgutil.iter_modules(exercises.__path__)
           if module.name.startswith(("chapter", "appendix"))]
RIGHT = [right for answers in ANSWERS for right in [*answers.RIGHT.items(), *getattr(answers, "ALSO_RIGHT", ())]]
WRONG = [wrong for answers in ANSWERS for wrong in answers.WRONG]
BOOK = Path(__file__).parent.parent / "book"
CHECK = re.compile(r'^exercises\.check\("([0-9A-Z.]+)", (.*)', re.MULTILINE)


def cells():
    for path in sorted(BOOK.glob("*-*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for number, answer in CHECK.findall("".join(cell["source"])):
                yield number, answer, cell


def test_each_exercise_has_a_stub_and_a_hidden_solution_that_is_right():
    found = {}
    for number, answer, cell in cells():
        printed = "".join("".join(o.get("text", "")) for o in cell["outputs"])
        solution = "solution" in cell["metadata"].get("tags", [])
        assert solution is not answer.startswith("...)")
        assert (f"Exercise {number}: right." if solution else "is waiting for your answer") in printed
        assert not solution or "hide-cell" in cell["metadata"]["tags"]
        found.setdefault(number, []).append(solution)
    assert found and all(kinds == [False, True] for kinds in found.values()), found


def test_unanswered_and_unknown(capsys):
    exercises.check("05.1")
    assert "waiting for your answer" in capsys.readouterr().out
    with pytest.raises(KeyError, match="'99.1'"):
        exercises.check("99.1", 0)
    with pytest.raises(KeyError, match="'Z.1'"):
        exercises.check("Z.1", 0)
    with pytest.raises(KeyError, match="did you mean '05.1'"):
        exercises.check("05.10", 0)


@pytest.mark.parametrize("number, answer", RIGHT)
def test_right_answers(number, answer):
    assert exercises.judge(number, answer) is None


@pytest.mark.parametrize("number, answer, hint", WRONG)
def test_wrong_answers_get_their_hint(number, answer, hint, capsys):
    exercises.check(number, answer)
    assert re.search(f"Exercise {number}: not yet. .*{hint}", capsys.readouterr().out)


MANY_RIGHT = {"01.5", "05.2", "05.5", "05.8", "07.1", "09.7", "12.4", "14.8", "15.5", "16.4", "19.6", "20.6", "21.6"}
ONE_RIGHT = [right for answers in ANSWERS for right in answers.RIGHT.items() if right[0] not in MANY_RIGHT]


def nearby(answer):
    """Yield the answer with one of its numbers or words changed a little; if it is a function, what that returns."""
    if isinstance(answer, bool | np.bool_ | str):
        yield answer + "x" if isinstance(answer, str) else not answer
    elif isinstance(answer, int | float | np.generic):
        yield answer + 1 if isinstance(answer, int | np.integer) else 1.01 * answer + 0.01
    elif isinstance(answer, np.ndarray) and answer.size:
        for place in {0, answer.size - 1}:
            other = answer.copy()
            other.flat[place] = next(nearby(answer.flat[place]))
            yield other
    elif isinstance(answer, list | tuple):
        for k, part in enumerate(answer):
            yield from (type(answer)([*answer[:k], other, *answer[k + 1:]]) for other in nearby(part))
    elif isinstance(answer, dict):
        for name, part in answer.items():
            yield from (answer | {name: other} for other in nearby(part))
    elif callable(answer) and not isinstance(answer, type):
        yield lambda *given, **named: next(nearby(answer(*given, **named)))


@pytest.mark.parametrize("number, answer", ONE_RIGHT)
def test_what_is_nearly_right_is_wrong(number, answer):
    """Where there is one right answer; a judge that overlooks one of its parts is caught."""
    assert [other for other in nearby(answer) if exercises.judge(number, other) is None] == []


def test_small_models():
    import unrolled as dl
    from unrolled.datasets import digits

    (x, y), _ = digits()
    dl.utils.set_random_seed(0)
    model = dl.Sequential([dl.Input((64,)), dl.layers.Dense(10, activation="softmax")])
    model.compile(optimizer="rmsprop", loss="sparse_categorical_crossentropy")
    assert "long enough" in exercises.judge("01.6", model)
    model.fit(x.reshape(len(x), -1), y, epochs=40, verbose=0)
    assert exercises.judge("01.6", model) is None
    large = dl.Sequential([dl.Input((64,)), dl.layers.Dense(20), dl.layers.Dense(10)])
    assert "1510 parameters" in exercises.judge("01.6", large)
