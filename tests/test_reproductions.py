"""The register: each result is claimed once, and a wrong value fails."""

import copy
import json
import re
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from unrolled import reproductions
from unrolled.reproductions import __main__ as runner
from unrolled.reproductions import experiments
from unrolled.reproductions.register import KINDS, corrected, trend

BOOK = Path(__file__).parent.parent / "book"
REGISTER = reproductions.register()
CLAIM = re.compile(r'reproductions\.check\("([^"]+)"')
LIST = re.compile(r'for id, shown in \{(.*?)\}\.items\(\):\s+reproductions\.check\(id, shown\)', re.DOTALL)


def claims():
    """Ids that the chapters' cells check, each with the chapter."""
    for path in BOOK.glob("[0-9][0-9]-*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                figures = [id for group in LIST.findall(source) for id in re.findall(r'"([^"]+)":', group)]
                yield from ((id, path.name[:2]) for id in CLAIM.findall(source) + figures)


def test_each_result_is_claimed_by_exactly_one_cell_of_its_chapter():
    claimed = list(claims())
    assert {id: n for id, n in Counter(id for id, _ in claimed).items() if n > 1} == {}
    assert dict(claimed) == {id: entry["chapter"] for id, entry in REGISTER.items()}


@pytest.mark.parametrize("id", REGISTER)
def test_entries_are_complete(id):
    entry = REGISTER[id]
    assert entry["kind"] in KINDS and {"title", "source", "where", "chapter"} <= entry.keys()
    assert ("value" in entry) if entry["kind"] in ("exact", "fact") else True
    assert (entry.get("bounds") or entry.get("ascending")) if entry["kind"] == "trend" else True


def spoiled(value):
    """The same value with one number or text changed."""
    if isinstance(value, dict):
        key = list(value)[-1]
        return {**value, key: spoiled(value[key])}
    if isinstance(value, list):
        return [*value[:-1], spoiled(value[-1])]
    return value + "x" if isinstance(value, str) else value + 1e-4 if isinstance(value, float) else value + 1


@pytest.mark.parametrize("id", [id for id, e in REGISTER.items() if e["kind"] in ("exact", "fact")])
def test_right_values_pass_and_wrong_ones_fail(id, capsys):
    value = corrected(REGISTER[id])
    reproductions.check(id, copy.deepcopy(value))
    assert id in capsys.readouterr().out
    with pytest.raises(reproductions.Mismatch, match=re.escape(id)):
        reproductions.check(id, spoiled(value))
    if isinstance(value, list):
        with pytest.raises(reproductions.Mismatch, match="entries"):
            reproductions.check(id, value[:-1])


def test_misprints_are_not_accepted():
    """The source's own table for OR, misprints included, fails."""
    with pytest.raises(reproductions.Mismatch, match=r"\[5\]\[9\]"):
        reproductions.check("T3.4", REGISTER["T3.4"]["value"])


@pytest.mark.parametrize("id", [id for id, e in REGISTER.items() if e["kind"] == "trend"])
def test_trends_fail_outside_their_bounds(id):
    entry = REGISTER[id]
    inside = {name: (lo + hi) / 2 for name, (lo, hi) in entry.get("bounds", {}).items()}
    for name, (lo, hi) in entry.get("bounds", {}).items():
        for outside in (lo - 0.01, hi + 0.01):
            with pytest.raises(reproductions.Mismatch, match=re.escape(name)):
                reproductions.check(id, {**inside, name: outside})
    for names in entry.get("ascending", []):
        assert "expected" in trend({"ascending": [names]}, dict.fromkeys(names, 0.5), None)
        assert trend({"ascending": [names]}, dict(zip(names, range(len(names)), strict=True)), None) is None
    with pytest.raises(reproductions.Mismatch, match="missing"):
        reproductions.check(id, {})


def test_a_figure_must_show_something():
    figure, ax = plt.subplots()
    with pytest.raises(reproductions.Mismatch, match="expected a figure"):
        reproductions.check("F3.5", figure)
    with pytest.raises(reproductions.Mismatch, match="got str"):
        reproductions.check("F3.5", "figure")
    ax.plot([0, 1])
    reproductions.check("F3.5", figure)
    plt.close(figure)


def test_unknown_names_are_answered_with_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'SYS-02'"):
        reproductions.check("SYS02", 0)
    with pytest.raises(FileNotFoundError, match="python -m unrolled.reproductions run F3.5"):
        reproductions.stored("F3.5")


def test_stored_results_hold(capsys):
    """Whatever is stored agrees with the register, belongs to an experiment, and says how it was made."""
    files = list(runner.STORED.glob("*.json"))
    assert {f.stem for f in files} == set(experiments.EXPERIMENTS)
    for file in files:
        result = reproductions.stored(file.stem)
        assert result["id"] == file.stem and file.stem in result["command"] and result["versions"]["numpy"]
        assert len(result["runs"]) == experiments.EXPERIMENTS[file.stem].seeds
        assert result["value"] == runner.mean(result["runs"])
        reproductions.check(file.stem, result["value"])


@pytest.fixture
def coin(monkeypatch):
    """A small experiment that fails on demand."""
    calls = []

    def run(seed, quick):
        calls.append(seed)
        if run.broken and seed == 1:
            raise ValueError("the coin rolled away")
        return {"heads": 0.25 * (seed + 1), "side": "up"}

    run.broken = False
    monkeypatch.setitem(experiments.EXPERIMENTS, "SYS-02", experiments.Experiment(run, 3, None))
    return run, calls


def test_runner_resumes_where_it_stopped(coin, tmp_path):
    run, calls = coin
    run.broken = True
    with pytest.raises(SystemExit, match="the coin rolled away"):
        runner.main(["run", "SYS-02", "--out", str(tmp_path)])
    assert calls == [0, 1] and not (tmp_path / "SYS-02.json").exists()
    run.broken = False
    runner.main(["run", "SYS-02", "--out", str(tmp_path)])
    assert calls == [0, 1, 1, 2]
    result = json.loads((tmp_path / "SYS-02.json").read_text())
    assert result["value"] == {"heads": 0.5, "side": "up"} and [r["seed"] for r in result["runs"]] == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["SYS-02.json"]


def test_quick_runs_store_nothing(coin, tmp_path):
    runner.main(["run", "SYS-02", "--quick", "--out", str(tmp_path)])
    assert coin[1] == [0] and not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments, sentence", [(["run", "SYS-99"], "no experiment 'SYS-99'"),
                                                 (["run", "S1-2.1c", "--seeds", "0"], "at least one seed")])
def test_runner_refuses_in_a_sentence(arguments, sentence):
    with pytest.raises(SystemExit, match=sentence):
        runner.main(arguments)


