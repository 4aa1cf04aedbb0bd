"""Sequences and stories are what the book says they are."""
import collections
import datetime
import os

import numpy as np
import pytest

from unrolled import datasets
from unrolled.text import parse_stories, story_arrays, story_vocabulary


@pytest.mark.parametrize("make", [
    datasets.sine, lambda **k: datasets.adding(50, **k), lambda **k: datasets.additions(50, **k),
    lambda **k: datasets.dates(50, **k), lambda **k: datasets.reversals(50, **k), lambda **k: datasets.story_lines(5, **k)])
def test_the_seed_decides(make):
    a, b, other = make(seed=1), make(seed=1), make(seed=2)
    assert repr(a) == repr(b) != repr(other)


# Numbers

def test_sine():
    t = np.arange(201)
    np.testing.assert_allclose(datasets.sine(noise=0), np.sin(2 * np.pi * t / 100), atol=1e-15)
    noise = datasets.sine() - datasets.sine(noise=0)
    assert noise.shape == (201,) and 0.045 < np.abs(noise).max() <= 0.05
    assert abs(noise.mean()) < 3 * 0.05 / np.sqrt(3 * 201)                        # uniform: variance a²/3
    assert len(datasets.sine(period=30, periods=4)) == 121


def test_windows():
    f = datasets.sine()
    x, t = datasets.windows(f)
    assert x.shape == (176, 25, 1) and t.shape == (176, 1)
    for i in (0, 1, 175):
        np.testing.assert_array_equal(x[i, :, 0], f[i:i + 25])
        assert t[i, 0] == f[i + 25]
    x[0] = 7
    assert f[0] != 7 and x[1, 0, 0] != 7                                          # no views


def test_split():
    """At random, values to be predicted in validation were inputs of training; in the order of time, none."""
    x, t = datasets.windows(datasets.sine())
    (x1, t1), (x2, t2) = datasets.split(x, t)
    assert len(x1) == len(t1) == 158 and len(x2) == len(t2) == 18
    np.testing.assert_array_equal(np.concatenate([x1, x2]), x)
    np.testing.assert_array_equal(np.concatenate([t1, t2]), t)
    assert not np.isin(t2, x1).any() and not np.isin(t2, t1).any()
    (x1, t1), (x2, t2) = datasets.split(x, t, order="random", seed=3)
    assert len(x1) == 158 and np.isin(t2, x1).mean() > 0.5
    np.testing.assert_array_equal(np.sort(np.concatenate([t1, t2]), axis=0), np.sort(t, axis=0))
    assert all(np.isin(b, f) for b, f in zip(t2, [t[(x == a).all(axis=(1, 2))] for a in x2], strict=True))  # pairs stay


def test_adding():
    x, t = datasets.adding(4000, 20)
    s, m = x[..., 0], x[..., 1]
    assert x.shape == (4000, 20, 2) and t.shape == (4000, 1)
    assert set(np.unique(m)) == {0, 1} and (m.sum(axis=1) == 2).all() and 0 <= s.min() < s.max() < 1
    np.testing.assert_allclose(t[:, 0], [row[mark == 1].sum() for row, mark in zip(s, m, strict=True)], rtol=1e-15)
    # who answers 1 has a mean squared error of 1/6, give or take three standard errors
    assert abs(((t - 1) ** 2).mean() - 1 / 6) < 3 * np.sqrt(7 / 180 / 4000)
    pairs = collections.Counter(tuple(np.flatnonzero(row)) for row in m)
    assert len(pairs) == 190 and max(pairs.values()) < 21 + 6 * np.sqrt(21)       # all pairs are equally likely
    assert datasets.adding(3, 2)[0][..., 1].all()


# Questions and answers as text

def test_additions():
    questions, answers = datasets.additions()
    assert questions.shape == answers.shape == (20_000,)
    assert {len(q) for q in questions} == {7} and {len(a) for a in answers} == {4}
    assert set("".join(questions)) == set("0123456789+ ")
    pairs = [tuple(map(int, q.split("+"))) for q in questions]
    assert [a + b for a, b in pairs] == [int(a) for a in answers]
    assert all(q == f"{a}+{b}".ljust(7) for q, (a, b) in zip(questions, pairs, strict=True))      # no zeros in front
    assert len({tuple(sorted(p)) for p in pairs}) == 20_000                       # 7+12 is not there beside 12+7
    lengths = collections.Counter(len(a.strip()) for a in answers)                # 30, 1940, 15 471, 2559 in one draw
    assert 25 <= lengths[1] <= 55 and abs(lengths[2] - 1940) < 150 and abs(lengths[4] - 2559) < 200
    blanks = np.mean([c == " " for a in answers for c in a])
    assert abs(blanks - 0.24) < 0.01


def test_the_law_of_the_numbers():
    """P(0) = 0.037, P(< 10) = 0.370, P(10..99) = 0.330, in draws so small that hardly a pair comes twice."""
    numbers = np.array([int(k) for seed in range(1000) for q in datasets.additions(20, seed=seed)[0] for k in q.split("+")])
    for d in range(4):
        # with m digits, m = 1, 2, 3 with chance 1/3 each, a number is below 10^d with chance 10^(d - m) or 1
        expected = np.mean([min(1, 10.0 ** (d - m)) for m in range(1, 4)])
        assert abs((numbers < 10 ** d).mean() - expected) < 0.01, d


def test_reversed_additions():
    there, back = datasets.additions(200), datasets.additions(200, reverse=True)
    for a, b in zip(there, back, strict=True):
        assert {len(x) for x in b} == {len(a[0])}
        assert [x.strip()[::-1] for x in a] == [x.strip() for x in b] and all(x[0] != " " for x in b)


def test_dates():
    questions, answers = datasets.dates(3000)
    assert len(set(questions)) == 3000 and {len(q) for q in questions} == {28} and {len(a) for a in answers} == {10}
    forms = ("%d %B %Y", "%B %d, %Y", "%A, %d %B %Y", "%d %b %Y", "%d.%m.%Y", "%a %m/%d/%Y")
    used = collections.Counter()
    for q, a in zip(questions, answers, strict=True):
        date = datetime.date.fromisoformat(str(a))
        form = next(f for f in forms if reads(q.strip(), f) == date)
        used[form] += 1
        assert 1900 <= date.year <= 2099
        if "%a" in form.lower():
            assert q.startswith(("mon", "tue", "wed", "thu", "fri", "sat", "sun")[date.weekday()])
    assert len(used) == 6 and min(used.values()) > 400
    _, answers = datasets.dates(100_000, seed=1)                                  # as many as there can be, and both ends
    assert (min(answers), max(answers)) == ("1900-01-01", "2099-12-31")


def reads(text, form):
    try:
        return datetime.datetime.strptime(text, form).date()
    except ValueError:
        return None


def test_reversals():
    questions, answers = datasets.reversals(300, 6, "abc")
    assert len(set(questions)) == 300 and {len(q) for q in (*questions, *answers)} == {6}
    assert [q.strip()[::-1] for q in questions] == [a.strip() for a in answers]
    assert set("".join(questions)) == set("abc ") and {len(q.strip()) for q in questions} == set(range(1, 7))


@pytest.mark.parametrize("call, sentence", [
    (lambda: datasets.sine(noise=-1), "noise of sine is an amplitude, 0 or more, but is -1"),
    (lambda: datasets.sine(period=0), "period must be a positive whole number, but 0"),
    (lambda: datasets.windows([1, 2, 3], 3), r"at least 4 values, but its shape is \(3,\)"),
    (lambda: datasets.windows(np.ones((3, 3)), 1), r"shape is \(3, 3\)"),
    (lambda: datasets.split(np.ones(5), np.ones(5), 1.0), "A share of 1.0 does not part 5 examples"),
    (lambda: datasets.split(np.ones(5), np.ones(4)), "5 examples with 4 targets"),
    (lambda: datasets.split(np.ones(5), np.ones(5), 0.2, "tim"), "order of splitting named 'tim'. Did you mean 'time'?"),
    (lambda: datasets.adding(0), "n must be a positive whole number, but 0"),
    (lambda: datasets.adding(5, 1), "length must be a whole number, 2 or greater, but 1"),
    (lambda: datasets.additions(28, 1), "55 pairs of numbers of up to 1 digits, and at most half of them are drawn"),
    (lambda: datasets.additions(5, 0), "digits must be a positive whole number"),
    (lambda: datasets.dates(100_001), "at most 100 000 questions, but n is 100001"),
    (lambda: datasets.reversals(9, 4, "ab"), "There are 16 words of 4 of these characters"),
    (lambda: datasets.reversals(9, 9, "aa"), "at least two different characters other than the blank, but got 'aa'"),
    (lambda: datasets.reversals(9, 9, "a b"), "other than the blank"),
    (lambda: datasets.stories("bAbI-1"), "no source of stories named 'bAbI-1'. Did you mean 'babi'?"),
    (lambda: datasets.stories(n_train=0), "n_train must be a positive whole number"),
])
def test_what_cannot_be_made(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


# Stories

def back(q):
    """How many statements ago the asked person moved."""
    return len(q.story) - 1 - q.support


def check_stories(train, test):
    """What the files of task 1 keep to, the real ones and ours."""
    v = story_vocabulary(train, test)
    assert v.symbols[1:] == ". ? Daniel John Mary Sandra Where back bathroom bedroom garden hallway is journeyed kitchen " \
                            "moved office the to travelled went".split()
    assert (len(train), len(test)) == (10_000, 1000)
    for part in (train, test):
        assert [len(q.story) for q in part] == len(part) // 5 * [2, 4, 6, 8, 10]
        for q in part:
            last = {s[0]: k for k, s in enumerate(q.story)}
            place = q.story[q.support][-2]
            assert q.question == ["Where", "is", q.story[q.support][0], "?"]
            assert last[q.question[2]] == q.support and place == q.answer         # the last move of the asked person
        for q in part[4::5]:                                                      # whole stories
            at = {}
            for person, *_, place, dot in q.story:
                assert at.get(person) != place and dot == "."                     # nobody moves to where they are
                at[person] = place
    stories, asked, _ = story_arrays(train + test, v)
    assert stories.shape == (11_000, 10, 7) and asked.shape == (11_000, 4)
    shares = np.bincount([back(q) for q in train]) / len(train)
    # the real frequencies, give or take three standard errors of 10 000 questions (those of one story hang together)
    np.testing.assert_allclose(shares, [.452, .289, .133, .086, .040], atol=3 * 0.006)
    statements = [s for q in train[4::5] for s in q.story]
    for k, n in ((0, 4), (-2, 6)):                                                # persons, places: equally often
        counts = collections.Counter(s[k] for s in statements)
        assert len(counts) == n and max(counts.values()) < 1.05 * 20_000 / n
    moves = collections.Counter(" ".join(s[1:-4]) for s in statements)
    assert set(moves) == {"went", "went back", "journeyed", "moved", "travelled"} and min(moves.values()) > 3800
    nearest = np.mean([q.story[-1][-2] == q.answer for q in train])
    assert abs(nearest - 0.542) < 0.02                                            # the place named last is right
    return v


def test_generated_stories():
    train, test = datasets.stories()
    check_stories(train, test)


def test_two_statements_back():
    """Asked about one of two statements: P(the last) = 1/2 (1 + 1/4)."""
    first = [back(q) for q in parse_stories(datasets.story_lines(4000, seed=5))[::5]]
    assert abs(np.mean(np.equal(first, 0)) - 0.625) < 3 * np.sqrt(0.625 * 0.375 / 4000)


def test_generated_stories_look_like_the_file():
    lines = datasets.story_lines(2)
    assert len(lines) == 30 and lines[15].startswith("1 ") and lines[14].startswith("15 Where is ")
    assert lines[2].count("\t") == 2 and "? \t" in lines[2]


REAL = os.path.join(os.environ.get("UNROLLED_DATA") or os.devnull, "babi")


@pytest.mark.skipif(not os.path.isdir(REAL), reason="the real bAbI files are not in $UNROLLED_DATA/babi")
def test_real_stories():
    train, test = datasets.stories("babi")
    v = check_stories(train, test)
    flat = story_arrays(train + test, v, flat=True)[0]
    assert flat.shape == (11_000, 68)
    # what the generator's docstring says of the real file
    np.testing.assert_array_equal(np.bincount([back(q) for q in train]), [4520, 2895, 1325, 857, 403])
    answers = collections.Counter(q.answer for q in test)
    assert answers == dict(garden=187, office=182, bedroom=171, kitchen=157, hallway=154, bathroom=149)
    assert np.mean([q.story[-1][-2] == q.answer for q in test]) == 0.527


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """$UNROLLED_DATA with generated stories in the place of the real ones."""
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    (tmp_path / "babi").mkdir()
    for part, n in (("train", 2000), ("test", 200)):
        lines = datasets.story_lines(n)
        (tmp_path / "babi" / f"qa1_single-supporting-fact_{part}.txt").write_text("\n".join(lines) + "\n")
    return tmp_path / "babi"


def test_files_of_stories(folder):
    train, test = datasets.stories("babi")
    assert len(train) == 10_000 and test == datasets.stories(n_train=200, n_test=1)[0]


@pytest.mark.parametrize("change, sentence", [
    (lambda text: text[:text.index("\t") + 3], "is not one of a bAbI story in the right order"),
    (lambda text: text[:text.index("\n1 ") + 1], "should hold 1000 questions, but holds 5"),
    (lambda text: "", "should hold 1000 questions, but holds 0"),
    (lambda text: "12+7", "is not the file that was expected: Line 1 is not one"),
])
def test_bad_files_of_stories(folder, change, sentence):
    path = folder / "qa1_single-supporting-fact_test.txt"
    path.write_text(change(path.read_text()))
    with pytest.raises(ValueError, match=sentence):
        datasets.stories("babi")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is not the file that was expected"):
        datasets.stories("babi")


def test_no_files_of_stories(folder, monkeypatch):
    (folder / "qa1_single-supporting-fact_test.txt").unlink()
    with pytest.raises(FileNotFoundError, match="UNROLLED_DATA is set, but there is no file .*fact_test.txt"):
        datasets.stories("babi")
    monkeypatch.delenv("UNROLLED_DATA")
    with pytest.raises(FileNotFoundError, match="not downloaded by themselves. Put the two files of task 1"):
        datasets.stories("babi")
