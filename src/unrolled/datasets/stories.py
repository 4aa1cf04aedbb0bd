"""Stories of people who walk from room to room, with questions: task 1 of bAbI, or made in its image."""


from ..batches import whole
from ..text import parse_stories
from ..utils import random_state, unknown
from .files import given

PERSONS = ("Mary", "John", "Daniel", "Sandra")
PLACES = ("bathroom", "bedroom", "garden", "hallway", "kitchen", "office")
MOVES = ("went", "went back", "journeyed", "moved", "travelled")
SIZES = {"train": 10_000, "test": 1_000}                     # questions in the real files


def stories(source="generated", n_train=2000, n_test=200, seed=0):
    """Return questions about where somebody is, and the stories that tell it (chapter 20).

    Parameters
    ----------
    source : {"generated", "babi"}, default "generated"
        ``"generated"``: by `story_lines`. ``"babi"``: the 10 000 and 1 000 questions of task 1 in English (Weston
        et al. 2015, CC BY 3.0), from ``$UNROLLED_DATA/babi/qa1_single-supporting-fact_train.txt`` and ``..._test.txt``.
    n_train, n_test : int, default 2000 and 200
        The number of generated stories, five questions each.
    seed : int, default 0
        Of the generated stories.

    Returns
    -------
    train, test : lists of unrolled.text.Question

    Raises
    ------
    ValueError
        If there is no such source, no story, or a file does not hold what it should.
    FileNotFoundError
        If ``"babi"`` is asked for and there is no file.
    """
    if source == "generated":
        lines = story_lines(whole("n_train", n_train) + whole("n_test", n_test), seed)
        return parse_stories(lines[:15 * n_train]), parse_stories(lines[15 * n_train:])
    if source == "babi":
        return _babi("train"), _babi("test")
    raise unknown("source of stories", source, ("generated", "babi"))


def story_lines(n, seed=0):
    """Return stories as the files of bAbI's task 1 hold them, line by line.

    Four persons walk about six rooms. After every two statements comes a question, five in all. Each statement is
    about any of the four, who goes to any room but the one where he or she is. The question is about the person of any
    of the last five statements: the asked person's last move then lies 0 to 4 statements back with frequencies .4525,
    .2888, .1364, .0844 and .0380; in the real training file they are .4520, .2895, .1325, .0857 and .0403.

    Parameters
    ----------
    n : int
        The number of stories, 15 lines each.
    seed : int, default 0

    Returns
    -------
    list of str
    """
    n, rng, lines = whole("n", n), random_state(seed), []
    for _ in range(n):
        told, at = [], {}                                    # the person of each statement; where each is, and since which line
        for line in range(1, 16):
            if line % 3:
                person, move = PERSONS[rng.randint(4)], MOVES[rng.randint(5)]
                rooms = [place for place in PLACES if person not in at or place != at[person][0]]
                place = rooms[rng.randint(len(rooms))]
                at[person] = place, line
                told.append(person)
                lines.append(f"{line} {person} {move} to the {place}.")
            else:
                recent = told[-5:]
                person = recent[rng.randint(len(recent))]
                lines.append(f"{line} Where is {person}? \t{at[person][0]}\t{at[person][1]}")
    return lines


def _babi(part):
    path = given(f"babi/qa1_single-supporting-fact_{part}.txt")
    if path is None:
        raise FileNotFoundError("The real bAbI stories are not downloaded by themselves. Put the two files of task 1 (folder "
                                "en-10k of the archive tasks_1-20_v1-2), qa1_single-supporting-fact_train.txt and _test.txt, "
                                "into a folder, as babi/qa1_..., and set UNROLLED_DATA to that folder.")
    try:
        with open(path, encoding="utf-8") as file:
            questions = parse_stories(file)
    except FileNotFoundError:
        raise FileNotFoundError(f"UNROLLED_DATA is set, but there is no file {path}.") from None
    except OSError as error:
        raise type(error)(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:                              # among them what is not UTF-8
        raise ValueError(f"{path} is not the file that was expected: {error}") from None
    if len(questions) != SIZES[part]:
        raise ValueError(f"{path} should hold {SIZES[part]} questions, but holds {len(questions)}: it was cut short, or is "
                         "another file.")
    return questions
