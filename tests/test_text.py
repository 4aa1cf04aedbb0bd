"""Text becomes numbers and comes back; what cannot is answered with a sentence."""
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled import text, utils
from unrolled.text import Vocabulary, parse_stories, story_arrays, story_vocabulary, words

TOLD = """1 Mary moved to the bathroom.
2 John went back to the hallway.
3 Where is Mary? \tbathroom\t1
4 Daniel went back to the hallway.
5 Where is Daniel? \thallway\t4
1 Sandra moved to the garden.
2 Where is Sandra? \tgarden\t1
""".splitlines(keepends=True)


# Padding

def test_padding():
    rows = [[1], [], [2, 3, 4]]
    np.testing.assert_array_equal(utils.pad_sequences(rows), [[0, 0, 1], [0, 0, 0], [2, 3, 4]])
    np.testing.assert_array_equal(utils.pad_sequences(rows, padding="post", value=-1), [[1, -1, -1], [-1] * 3, [2, 3, 4]])
    np.testing.assert_array_equal(utils.pad_sequences(rows, 2), [[0, 1], [0, 0], [3, 4]])
    np.testing.assert_array_equal(utils.pad_sequences(rows, 2, truncating="post"), [[0, 1], [0, 0], [2, 3]])
    assert utils.pad_sequences(rows).dtype == np.int32


@pytest.mark.parametrize("call, sentence", [
    (lambda: utils.pad_sequences([1, 2]), "needs a list of sequences of numbers"),
    (lambda: utils.pad_sequences(["ab"]), "needs a list of sequences of numbers"),
    (lambda: utils.pad_sequences([[1]], padding="after"), "no place to pad or cut named 'after'"),
    (lambda: utils.pad_sequences([[1]], truncating="Pos"), "Did you mean 'post'?"),
    (lambda: utils.pad_sequences([[1], [[2, 3]]]), r"must have one shape, but these have \[\(\), \(2,\)\]"),
    (lambda: utils.pad_sequences([]), "needs a length, or sequences to take it from, but maxlen is None"),
    (lambda: utils.pad_sequences([[1]], -1), "maxlen must be a whole number, 0 or greater"),
])
def test_what_cannot_be_padded(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


# Vocabulary

def test_characters():
    v = Vocabulary("0123456789+ ", padding=None)
    assert len(v) == 12 and v.number("0") == 0 and v.number("+") == 10 and v.number(" ") == 11
    np.testing.assert_array_equal(v.encode(["12+7", "5+88"]), [[1, 2, 10, 7], [5, 10, 8, 8]])
    assert v.decode([[1, 2, 10, 7], [0, 10, 8, 11]]) == ["12+7", "0+8 "]


def test_words_and_padding():
    v = Vocabulary.of([["we", "go"], ["go", "there", "."]])
    assert v.symbols == ["", ".", "go", "there", "we"]
    np.testing.assert_array_equal(v.encode([["we", "go", "."], ["go"], []]), [[4, 2, 1], [2, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(v.encode([["go"]], 3, padding="pre"), [[0, 0, 2]])
    assert v.decode(v.encode([["we", "go", "."], ["go"]]), " ") == ["we go .", "go"]


def test_a_visible_padding():
    v = Vocabulary("ab", padding=" ")
    np.testing.assert_array_equal(v.encode(["ab", "b"], 3), [[1, 2, 0], [2, 0, 0]])
    assert v.number(" ") == 0 and v.decode([[2, 0, 0]]) == ["b  "]
    assert Vocabulary.of(["a b"], padding=" ").symbols == [" ", "a", "b"]


@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5))
def test_there_and_back(texts):
    v = Vocabulary.of(texts)
    numbers = v.encode(texts)
    assert numbers.shape == (len(texts), max(map(len, texts))) and v.decode(numbers) == texts


@pytest.mark.parametrize("call, sentence", [
    (lambda v: v.number("hallwy"), "no symbol in this vocabulary named 'hallwy'. Did you mean 'hallway'?"),
    (lambda v: v.encode([["Mary", "is"]]), "named 'is'. Known names are 'Mary', 'garden', 'hallway'."),
    (lambda v: v.encode("Mary"), r"a list of texts; for a single one write encode\(\['Mary'\]\)"),
    (lambda v: v.encode([["Mary", "Mary"]], 1), "A text has 2 symbols, but there is room for 1"),
    (lambda v: v.decode([[4]]), "numbers 0 to 3, but these range from 4 to 4"),
    (lambda v: v.decode([[-1]]), "numbers 0 to 3, but these range from -1 to -1"),
    (lambda v: v.decode([1]), r"rows of whole numbers \(N, T\), but got type int64 and shape \(1,\)"),
    (lambda v: v.decode([[0.5]]), "but got type float64"),
    (lambda v: Vocabulary("aba"), "symbols that all differ, but 'a' is there twice"),
    (lambda v: Vocabulary(["", "a"]), "but '' is there twice"),
    (lambda v: Vocabulary("", padding=None), "but none were given"),
    (lambda v: Vocabulary("ab", None).encode(["a", "ab"]), "the same length, but these have 1 to 2 symbols"),
    (lambda v: Vocabulary("ab", None).encode(["a"], 3), "these have 1 to 1 symbols, not 3"),
])
def test_what_a_vocabulary_does_not_know(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call(Vocabulary(["Mary", "garden", "hallway"]))


# Stories

def test_words():
    assert words("Where is Mary? ") == ["Where", "is", "Mary", "?"]
    assert words("Mary went back to the hallway.") == ["Mary", "went", "back", "to", "the", "hallway", "."]


def test_stories_are_read():
    first, second, third = parse_stories(TOLD)
    assert first.story == [words("Mary moved to the bathroom."), words("John went back to the hallway.")]
    assert first.question == ["Where", "is", "Mary", "?"] and first.answer == "bathroom" and first.support == 0
    assert second.story[:2] == first.story and len(second.story) == 3 and second.support == 2
    assert third == text.Question([words("Sandra moved to the garden.")], words("Where is Sandra?"), "garden", 0)


@pytest.mark.parametrize("lines, number", [
    (["1 Mary moved.", "3 John went."], 2),                                   # a line is missing
    (["Mary moved."], 1),                                                     # no number
    (["2 Mary moved."], 1),                                                   # no beginning
    (["1 Mary moved.", "2 Where? \tgarden"], 2),                              # no support
    (["1 Mary moved.", "2 Where? \tgarden\t3"], 2),                           # support from the future
    (["1 Mary moved.", "2 Where? \tgarden\t1", "3 Who? \tMary\t2"], 3),       # support by a question
    (["1 Mary moved.", ""], 2),
])
def test_what_is_no_story(lines, number):
    with pytest.raises(ValueError, match=f"Line {number} is not one of a bAbI story"):
        parse_stories(lines)


def test_stories_as_numbers():
    questions = parse_stories(TOLD)
    v = story_vocabulary(questions[:1], questions[1:])
    assert v.symbols == ["", ".", "?", "Daniel", "John", "Mary", "Sandra", "Where", "back", "bathroom", "garden", "hallway",
                         "is", "moved", "the", "to", "went"]
    stories, asked, answers = story_arrays(questions, v)
    assert stories.shape == (3, 3, 7) and asked.shape == (3, 4) and answers.tolist() == [9, 11, 10]
    assert v.decode(stories[1], " ") == [" ".join(sentence) for sentence in questions[1].story]
    np.testing.assert_array_equal(stories[2, 0], [6, 13, 15, 14, 10, 1, 0])
    assert not stories[0, 2:].any() and not stories[2, 1:].any()
    assert story_arrays(questions, v, shape=(5, 8))[0].shape == (3, 5, 8)


def test_flat_stories_as_numbers():
    questions = parse_stories(TOLD)
    v = story_vocabulary(questions)
    flat, _, answers = story_arrays(questions, v, flat=True)
    assert flat.shape == (3, 20) and not flat[2, :14].any() and v.decode(flat[2:], " ") == ["Sandra moved to the garden ."]
    np.testing.assert_array_equal(answers, story_arrays(questions, v)[2])
    assert story_arrays(questions, v, True, (25,))[0].shape == (3, 25)


def test_stories_need_room():
    questions = parse_stories(TOLD)
    with pytest.raises(ValueError, match="3 sentences and the longest sentence 7 words, but there is room for 2 and 7"):
        story_arrays(questions, story_vocabulary(questions), shape=(2, 7))
    with pytest.raises(ValueError, match="A text has 20 symbols, but there is room for 19"):
        story_arrays(questions, story_vocabulary(questions), True, (19,))
    with pytest.raises(ValueError, match="named 'Sandra'"):
        story_arrays(questions, story_vocabulary(questions[:2]))
