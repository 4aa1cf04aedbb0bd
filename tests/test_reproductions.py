"""The register: each result is claimed once, and a wrong value fails."""

import copy
import json
import os
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from unrolled import reproductions
from unrolled.reproductions import __main__ as command
from unrolled.reproductions import experiments, runner, tables
from unrolled.reproductions.claims import claims
from unrolled.reproductions.register import KINDS, corrected, trend

BOOK = Path(__file__).parent.parent / "book"
REGISTER = reproductions.register()
CORRECTIONS = reproductions.corrections()


def test_each_result_is_claimed_by_exactly_one_cell_of_its_chapter():
    claimed = [claim for claim in claims(BOOK) if claim.kind == "check"]
    assert {id: n for id, n in Counter(claim.id for claim in claimed).items() if n > 1} == {}
    assert {claim.id: claim.chapter for claim in claimed} == {id: entry["chapter"] for id, entry in REGISTER.items()}
    assert [claim.id for claim in claimed if not claim.printed] == []


def sections(page):
    """The headings of a notebook, as anchors, each with whether code follows it before the next one."""
    found, current = {}, None
    for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            found[current] = True
            continue
        for heading in re.findall(r"^#{1,3} (.+)$", "".join(cell["source"]), re.MULTILINE):
            current = tables.slug(heading)
            found.setdefault(current, False)
    return found


def test_each_correction_is_proved_once():
    proved = Counter(claim.id for claim in claims(BOOK) if claim.kind == "correct")
    pointed = {id: entry["proof"].split("#") for id, entry in CORRECTIONS.items() if "proof" in entry}
    assert {id: n for id, n in proved.items() if n > 1} == {}
    assert proved.keys() | pointed.keys() == CORRECTIONS.keys() and not proved.keys() & pointed.keys()
    code = {page.name.partition("-")[0]: sections(page) for page in BOOK.glob("*-*.ipynb")}
    assert [id for id, (chapter, heading) in pointed.items() if not code[chapter].get(heading)] == []


@pytest.mark.parametrize("id", CORRECTIONS)
def test_corrections_are_complete(id):
    entry = CORRECTIONS[id]
    assert entry["kind"] in tables.KINDS
    assert {"source", "where", "printed", "right"} <= entry.keys() and all("|" not in text for text in entry.values())


@pytest.mark.parametrize("printed, right, complaint", [
    (1.0, 1.0, "printed form is right"), (2.0, 2.0, "corrected form is off by 1,"), ([2.0], [1.0], "off by inf"),
    (2.0, 1.01, "off by 0.01"), ("one", "eins", "off by inf"), (2.0, np.nan, "off by inf")])
def test_a_proof_fails_unless_the_corrected_form_alone_is_right(printed, right, complaint):
    id = next(iter(CORRECTIONS))
    with pytest.raises(reproductions.Mismatch, match=f"{id}.*{complaint}"):
        reproductions.correct(id, truth=1.0, printed=printed, right=right)


def test_a_proof_says_what_it_found(capsys):
    id = next(iter(CORRECTIONS))
    reproductions.correct(id, truth={"a": [1.0, 2.0]}, printed={"a": [1.0, 2.5]}, right={"a": [1.0, 2.0]})
    reproductions.correct(id, truth="IndexError", printed="nothing", right=reproductions.raised(list.pop, []).split(":")[0])
    assert re.search(r"off by 0.25 .*\n.*agrees.*\n.*\n.*nothing\n.*IndexError", capsys.readouterr().out)
    reproductions.correct(id, truth=1.0, printed=[1.0, 2.0], right=1.0)
    assert re.search(r"is something else\n.*agrees", capsys.readouterr().out)
    with pytest.raises(KeyError, match="There is no correction 'S0'"):
        reproductions.correct("S0", truth=1, printed=2, right=1)
    with pytest.raises(reproductions.Mismatch, match="did not"):
        reproductions.raised(int)


def test_tables_name_every_result_and_correction():
    html = tables.overview(BOOK).data
    assert all(f'#{id}">' in html for id in REGISTER)
    assert tables.overview(BOOK, verdict="differs").data.count("<tr>") == 1 + sum("differs" in e for e in REGISTER.values())
    text = "".join(tables.corrected(prefix, BOOK).data for prefix in ("S0-E", "S0-T", "S0-C", "S1", "S2", "S3", "S4", "X"))
    assert all(f"| **{id}** " in text for id in CORRECTIONS)


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
    said = capsys.readouterr().out
    assert id in said and "\n  agrees  " in said
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
            raise ValueError("the coin rolled away.")
        return {"heads": 0.25 * (seed + 1), "side": "up", "tosses": [0.5, 1.0]}

    run.broken = False
    monkeypatch.setitem(experiments.EXPERIMENTS, "SYS-02", experiments.Experiment(run, 3, None))
    return run, calls


def test_runner_resumes_where_it_stopped(coin, tmp_path):
    run, calls = coin
    run.broken = True
    with pytest.raises(SystemExit, match="the coin rolled away. What was done is kept"):
        command.main(["run", "SYS-02", "--out", str(tmp_path)])
    assert calls == [0, 1] and not (tmp_path / "SYS-02.json").exists()
    run.broken = False
    command.main(["run", "SYS-02", "--out", str(tmp_path)])
    assert calls == [0, 1, 1, 2]
    result = json.loads((tmp_path / "SYS-02.json").read_text())
    assert result["value"] == {"heads": 0.5, "side": "up", "tosses": [0.5, 1.0]}
    assert [r["seed"] for r in result["runs"]] == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["SYS-02.json"]


def test_what_is_stored_is_extended_and_never_cut(coin, tmp_path, capsys):
    _, calls = coin
    command.main(["run", "SYS-02", "--seeds", "2", "--out", str(tmp_path)])
    command.main(["run", "SYS-02", "--out", str(tmp_path)])
    assert calls == [0, 1, 2]
    before = (tmp_path / "SYS-02.json").read_text()
    command.main(["run", "SYS-02", "--seeds", "1", "--out", str(tmp_path)])
    assert calls == [0, 1, 2] and (tmp_path / "SYS-02.json").read_text() == before
    assert "SYS-02 is stored" in capsys.readouterr().out


def test_what_is_begun_anew_goes_on_anew(coin, tmp_path):
    run, calls = coin
    command.main(["run", "SYS-02", "--out", str(tmp_path)])
    run.broken = True
    with pytest.raises(SystemExit):
        command.main(["run", "SYS-02", "--fresh", "--out", str(tmp_path)])
    assert len(json.loads((tmp_path / "SYS-02.json").read_text())["runs"]) == 3
    run.broken = False
    command.main(["run", "SYS-02", "--out", str(tmp_path)])
    assert calls == [0, 1, 2, 0, 1, 1, 2]


def test_parts_are_run_one_by_one_and_put_together(monkeypatch, tmp_path):
    calls = []

    def run(seed, quick, part):
        calls.append((seed, part))
        if calls == [(0, "left"), (0, "right")]:
            raise ValueError("stopped.")
        return {part: float(seed)}

    monkeypatch.setitem(experiments.EXPERIMENTS, "SYS-02", experiments.Experiment(run, 2, None, ("left", "right")))
    with pytest.raises(SystemExit):
        command.main(["run", "SYS-02", "--out", str(tmp_path)])
    command.main(["run", "SYS-02", "--out", str(tmp_path)])
    assert calls == [(0, "left"), (0, "right"), (0, "right"), (1, "left"), (1, "right")]
    assert json.loads((tmp_path / "SYS-02.json").read_text())["value"] == {"left": 0.5, "right": 0.5}
    command.main(["run", "SYS-02", "--seeds", "3", "--out", str(tmp_path)])
    runs = json.loads((tmp_path / "SYS-02.json").read_text())["runs"]
    assert [run["left"] for run in runs] == [0, 1, 2] and len(calls) == 7


def test_processes_share_the_work(tmp_path, capsys):
    for jobs in ("1", "2"):
        command.main(["run", "S0-5.3.2", "S0-5.2.6", "--quick", "--jobs", jobs, "--out", str(tmp_path)])
    said = re.findall(r"^(S0.*?): (.*)", capsys.readouterr().out, re.MULTILINE)
    assert len(said) == 4
    results = [{k: v for k, v in json.loads(line).items() if k != "seconds"} for _, line in sorted(said)]
    assert results[0] == results[1] != results[2] == results[3]


def test_threads_of_one_process_take_turns(monkeypatch):
    """Each run seeds the whole process, so that two at once would mix their random numbers."""
    def run(seed, quick):
        np.random.seed(seed)
        time.sleep(0.05)
        return {"draw": np.random.random()}

    monkeypatch.setitem(experiments.EXPERIMENTS, "SYS-02", experiments.Experiment(run, 4, None))
    units = runner.units_of("SYS-02")
    with ThreadPoolExecutor(4) as threads:
        found = [outcome["draw"] for _, outcome in threads.map(runner.attempt, units, [False] * 4, [False] * 4)]
    assert found == [np.random.RandomState(seed).random() for seed in range(4)]


def test_lists_of_numbers_are_stored_on_a_line(tmp_path):
    value = {"curve": [0.5, 1e-9, None], "texts": ["[1, 2]", "a\nb"], "runs": [{"a": [1], "b": []}], "pairs": [[1, 2], [3]]}
    runner.write(tmp_path / "x.json", value)
    text = (tmp_path / "x.json").read_text()
    assert json.loads(text) == value and "[0.5, 1e-09, null]" in text


def test_a_stored_result_tells_how_long_it_takes():
    units = runner.units_of("SYS-15")
    seconds = reproductions.stored("SYS-15")["runs"][0]["seconds"]
    assert f"about {seconds / 60:.0f} min" in runner.estimate(units, 1)
    assert f"about {seconds / 4 / 60:.0f} min" in runner.estimate(units, 8)
    assert "not known" in runner.estimate([runner.Unit("S0-none", 0, None)], 1)


WITHOUT_DATA = sorted(id for id, e in experiments.EXPERIMENTS.items() if e.file is None)
WITH_DATA = sorted(experiments.EXPERIMENTS.keys() - set(WITHOUT_DATA))


@pytest.mark.parametrize("id", WITHOUT_DATA + WITH_DATA)
def test_stored_runs_begin_as_the_experiments_do(id):
    """The losses of the first training steps, computed again; of experiments on real data only where those are."""
    first = reproductions.stored(id)["runs"][0].get("first steps")
    if not first:
        pytest.skip("nothing is trained, or much comes before")
    if id in WITH_DATA and "UNROLLED_DATA" not in os.environ:
        pytest.skip("the real data are not there: set UNROLLED_DATA")
    assert runner.beginning(runner.units_of(id)[0]) == pytest.approx(first, rel=1e-4)


def test_quick_runs_store_nothing(coin, tmp_path):
    command.main(["run", "SYS-02", "--quick", "--out", str(tmp_path)])
    assert coin[1] == [0] and not list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments, sentence", [
    (["run", "SYS-99"], "no experiment 'SYS-99'"),
    (["run", "S1-2.1c", "--seeds", "0"], "at least one seed"),
    (["run", "S0-5.3.2", "--jobs", "0"], "number of processes"),
    (["run", "S0-5.3.2", "--quick", "--scheduler", "tcp://127.0.0.1:1"], "The experiments stopped")])
def test_runner_refuses_in_a_sentence(arguments, sentence):
    with pytest.raises(SystemExit, match=sentence):
        command.main(arguments)
