"""Text as numbers: vocabularies, and questions about stories in the form of the bAbI tasks."""

import re
from typing import NamedTuple

import numpy as np

from .batches import numbers as batch_numbers
from .batches import whole
from .utils import pad_sequences, unknown


def _listed(what, several):
    if not np.iterable(several):
        raise ValueError(f"Expected a list of {what}, but got {several!r}.")
    return list(several)


class Vocabulary:
    """The symbols of a language, characters or words, and the whole number of each.

    Parameters
    ----------
    symbols : iterable of str
        All different; numbered in this order, from 1 if there is a padding symbol, from 0 otherwise.
    padding : str or None, default ""
        The symbol with number 0, which fills up what is shorter than the rest. None: there is none.

    Attributes
    ----------
    symbols : list of str
        Of all numbers; ``len(vocabulary)`` is how many there are.

    Raises
    ------
    ValueError
        If there are no symbols, or two are the same.

    Examples
    --------
    >>> vocabulary = Vocabulary("0123456789+ ", padding=None)
    >>> vocabulary.encode(["12+7", "5+88"])
    array([[ 1,  2, 10,  7],
           [ 5, 10,  8,  8]])
    """

    def __init__(self, symbols, padding=""):
        self.symbols = ([] if padding is None else [padding]) + _listed("symbols", symbols)
        if not all(isinstance(s, str) for s in self.symbols):
            raise ValueError(f"Symbols are texts, but got {next(s for s in self.symbols if not isinstance(s, str))!r}.")
        self.padding, self.numbers = padding, {symbol: k for k, symbol in enumerate(self.symbols)}
        if not self.symbols or len(self.numbers) < len(self.symbols):
            twice = next((s for k, s in enumerate(self.symbols) if self.numbers[s] != k), None)
            raise ValueError("A vocabulary needs symbols that all differ, but "
                             + ("none were given." if twice is None else f"{twice!r} is there twice."))

    @classmethod
    def of(cls, texts, padding=""):
        """Return the vocabulary of all symbols in these texts (strings, or lists of words), sorted."""
        found = [symbol for text in _listed("texts", texts) for symbol in _listed("text", text)]
        if not all(isinstance(symbol, str) for symbol in found):
            raise ValueError(f"Texts consist of texts, but one holds {next(s for s in found if not isinstance(s, str))!r}.")
        return cls(sorted(set(found) - {padding}), padding)

    def __len__(self):
        return len(self.symbols)

    def number(self, symbol):
        """Return the number of a symbol.

        Raises
        ------
        ValueError
            If it is not in the vocabulary; the message names the nearest one that is.
        """
        if not isinstance(symbol, str) or symbol not in self.numbers:
            raise unknown("symbol in this vocabulary", symbol, filter(None, self.symbols))
        return self.numbers[symbol]

    def encode(self, texts, maxlen=None, padding="post"):
        """Return the numbers of texts, filled up with 0 to equal lengths.

        Parameters
        ----------
        texts : list of str or of lists of words
        maxlen : int, optional
            By default the length T of the longest.
        padding : {"post", "pre"}
            Whether the zeros come after or before.

        Returns
        -------
        numpy.ndarray of int, shape (N, T)

        Raises
        ------
        ValueError
            If a symbol is unknown, a text is too long, or one is too short and there is no padding symbol.
        """
        if isinstance(texts, str):
            raise ValueError(f"encode takes a list of texts; for a single one write encode([{texts!r}]).")
        rows = [[self.number(symbol) for symbol in _listed("text", text)] for text in _listed("texts", texts)]
        if maxlen is not None:
            whole("maxlen", maxlen, 0)
        lengths = {len(row) for row in rows}
        if maxlen is not None and lengths and max(lengths) > maxlen:
            raise ValueError(f"A text has {max(lengths)} symbols, but there is room for {maxlen}.")
        if self.padding is None and len(lengths | ({maxlen} - {None})) > 1:
            raise ValueError("Without a padding symbol all texts must have the same length, but these have "
                             f"{min(lengths)} to {max(lengths)} symbols{f', not {maxlen}' if maxlen else ''}.")
        return pad_sequences(rows, maxlen, dtype=int, padding=padding)

    def decode(self, numbers, joint=""):
        """Return the texts of rows of numbers, as strings.

        Parameters
        ----------
        numbers : array_like of int, shape (N, T)
        joint : str
            What to put between the symbols: nothing between characters, a blank between words.

        Returns
        -------
        list of str
        """
        numbers = batch_numbers("numbers", () if numbers is None else numbers)
        if not isinstance(joint, str):
            raise ValueError(f"joint must be a text to put between the symbols, but {joint!r} was given.")
        if numbers.ndim != 2 or numbers.dtype.kind not in "iu":
            raise ValueError(f"decode takes rows of whole numbers (N, T), but got type {numbers.dtype} "
                             f"and shape {numbers.shape}.")
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(self):
            raise ValueError(f"This vocabulary has the numbers 0 to {len(self) - 1}, but these range from "
                             f"{numbers.min()} to {numbers.max()}.")
        return [joint.join(self.symbols[k] for k in row if k or self.padding != "") for row in numbers]

    def __repr__(self):
        shown = self.symbols if len(self) <= 12 else [*self.symbols[:11], "..."]
        return f"<Vocabulary of {len(self)}: {' '.join(map(repr, shown))}>"


# Stories with questions

class Question(NamedTuple):
    """A question about a story: all but the answer in words, punctuation being words too."""

    story: list                   # the statements told so far, each a list of words
    question: list                # of words
    answer: str
    support: int                  # which statement of the story the answer follows from, counted from 0


def words(sentence):
    """Return the words of a sentence; each punctuation mark is a word."""
    if not isinstance(sentence, str):
        raise ValueError(f"A sentence is a text, but got {sentence!r}.")
    return re.findall(r"\w+|[^\w\s]", sentence)


def parse_stories(lines):
    r"""Read questions in the form of the bAbI tasks with one supporting fact (Weston et al. 2015).

    Each line begins with its number in the story. A statement follows, or a question, its answer and the
    number of the line from which that follows, parted by tabs; line 1 begins a new story::

        1 Mary moved to the bathroom.
        2 John went to the hallway.
        3 Where is Mary? \tbathroom\t1

    Parameters
    ----------
    lines : iterable of str

    Returns
    -------
    list of Question

    Raises
    ------
    ValueError
        If a line has not this form.
    """
    questions, story, place = [], [], {}                     # place: from a line's number to that in the story
    if not np.iterable(lines):
        raise ValueError(f"Expected the lines of stories, but got {lines!r}.")
    for k, line in enumerate(lines, 1):
        if not isinstance(line, str):
            raise ValueError(f"Line {k} is not a text, but {line!r}.")
        form = re.fullmatch(r"(\d{1,9}) ([^\t]+)(?:\t([^\t]+)\t(\d{1,9}))?", line.rstrip("\r\n"), re.ASCII)
        number, text, answer, support = form.groups() if form else (None,) * 4
        if number == "1":
            story, place = [], {}
        if not form or int(number) != len(place) + 1 or answer and place.get(int(support)) is None:
            raise ValueError(f"Line {k} is not one of a bAbI story in the right order: {line.rstrip()[:200]!r}.")
        place[int(number)] = None if answer else len(story)
        if answer:
            questions.append(Question(story.copy(), words(text), answer, place[int(support)]))
        else:
            story.append(words(text))
    return questions


def _questions(part):
    """Return the questions, or raise a ValueError if they are something else."""
    if not isinstance(part, list | tuple) or not all(isinstance(q, Question) for q in part):
        raise ValueError(f"Expected a list of Questions, as parse_stories returns it, but got {type(part).__name__}.")
    return part


def story_vocabulary(*parts):
    """Return the vocabulary of all words in these lists of questions; number 0 is the padding."""
    for part in parts:
        _questions(part)
    return Vocabulary.of([sentence for part in parts for q in part for sentence in (*q.story, q.question, [q.answer])])


def story_arrays(questions, vocabulary, flat=False, shape=None):
    """Return questions about stories as numbers.

    Parameters
    ----------
    questions : list of Question
    vocabulary : Vocabulary
    flat : bool
        Whether a story is one sequence of all its words, with the padding in front so that its end is in one
        place, instead of a sequence of sentences.
    shape : tuple of int, optional
        The size of a story: (sentences S, words L), or (words T,) if flat. By default as the longest needs.

    Returns
    -------
    stories : numpy.ndarray of int, shape (N, S, L) or (N, T)
        Missing sentences and words are 0; both are missing at the end (if flat, words at the beginning).
    questions : numpy.ndarray of int, shape (N, Q)
    answers : numpy.ndarray of int, shape (N,)

    Raises
    ------
    ValueError
        If a word is unknown or `shape` has no room for a story.
    """
    if not _questions(questions) or not isinstance(vocabulary, Vocabulary):
        raise ValueError("story_arrays needs a list of at least one Question, and their Vocabulary.")
    if shape is not None and (not isinstance(shape, list | tuple) or len(shape) != 2 - bool(flat)):
        raise ValueError(f"shape must be {'(words,)' if flat else '(sentences, words)'}, but {shape!r} was given.")
    for length in shape or ():
        whole("A length of shape", length)
    asked = vocabulary.encode([q.question for q in questions])
    answers = np.array([vocabulary.number(q.answer) for q in questions])
    if flat:
        together = [[word for sentence in q.story for word in sentence] for q in questions]
        return vocabulary.encode(together, None if shape is None else shape[0], padding="pre"), asked, answers
    need = max(len(q.story) for q in questions), max(len(s) for q in questions for s in q.story)
    size, length = shape or need
    if size < need[0] or length < need[1]:
        raise ValueError(f"The longest story has {need[0]} sentences and the longest sentence {need[1]} words, "
                         f"but there is room for {size} and {length}.")
    stories = np.zeros((len(questions), size, length), int)
    for story, q in zip(stories, questions, strict=True):
        story[:len(q.story)] = vocabulary.encode(q.story, length)
    return stories, asked, answers
