"""Whatever does not fit, to be put into everything, and what counts as a refusal."""
import opcode
import traceback
import warnings
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

SOURCE = Path(__file__).parent.parent / "src" / "unrolled"
REFUSALS = (ValueError, TypeError, KeyError, OSError, FloatingPointError, RuntimeError, ImportError, AssertionError)
THINGS = [None, "abc", "", -1, 0, 1.5, 1e308, float("nan"), float("inf"), 10**30, [], [1, 2], (3, -1), {}, {"class_name": "X"},
          object(), True, b"x", int, 1j, np.float32(2), 10**400]
ODD = [None, "abc", b"abc", [], [[1], [1, 2]], [["a"]], {}, {"x": 1}, object(), 5, 1j, range(3), {1}, 10**400, [10**400],
       np.array([None, 1]), np.array([[1, "a"]], object), np.zeros(2, [("a", int)]), np.ma.masked_array([1.0, 2.0], [0, 1])]
TYPES = [float, np.float16, np.float32, np.longdouble, np.int8, np.uint64, bool, complex, object, "U3", "S2", "M8[s]"]
SHAPES = [(), (0,), (1,), (3,), (2, 3), (2, 1), (0, 3), (2, 0), (2, 3, 4), (2, 0, 4), (0, 3, 4), (2, 5, 5, 3), (2, 0, 0, 3),
          (2, 1, 1, 3), (1,) * 5]


@st.composite
def arrays(draw):
    """Arrays of any kind, shape, order and value, some of them not to be written; and what is no array of numbers at all."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(ODD))
    shape, kind = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(TYPES))
    a = np.random.default_rng(draw(st.integers(0, 9))).integers(0, 2, shape)
    fill = draw(st.sampled_from([None, None, np.nan, np.inf, 1e308, -1e300, 0.5, -1, 3]))
    with np.errstate(all="ignore"):
        a = a.astype(kind) if fill is None or kind not in (float, np.float16, np.float32) else np.full(shape, fill, kind)
    order = draw(st.sampled_from(["plain", "fortran", "strided", "reversed", "read-only", "broadcast"]))
    if order == "fortran":
        a = np.asfortranarray(a)
    elif order == "strided" and a.ndim:
        a = np.repeat(a, 2, axis=-1)[..., ::2]
    elif order == "reversed" and a.ndim:
        a = a[::-1]
    elif order == "broadcast" and a.ndim and len(a):
        a = np.broadcast_to(a[:1], a.shape)
    if order == "read-only":
        a.setflags(write=False)
    return a


def seen(value):
    """All that could be changed of an input."""
    return value.tobytes() if isinstance(value, np.ndarray) and value.dtype != object else repr(value)


def is_sentence(error):
    """Whether the library itself raised this, in words."""
    said = str(error.args[0]) if error.args else ""
    if isinstance(error, MemoryError):
        return "allocate" in said                             # NumPy's: how much, for which shape
    last = error.__traceback__
    while last.tb_next:
        last = last.tb_next
    code = last.tb_frame.f_code
    raised = Path(code.co_filename).is_relative_to(SOURCE) and code.co_code[last.tb_lasti] == opcode.opmap["RAISE_VARARGS"]
    return raised and isinstance(error, REFUSALS) and len(said.split()) >= 5


def answer(call, *inputs):
    """What the call returns, or the error by which it refuses. Its inputs are as before."""
    before = [seen(a) for a in inputs]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = call(*inputs)
    except Exception as error:
        assert is_sentence(error), "".join(traceback.format_exception(error)[-3:])
        result = error
    assert [seen(a) for a in inputs] == before
    return result


def each(call, **arguments):
    """Call it with these arguments, each in turn replaced by whatever does not fit."""
    for name in arguments:
        for thing in THINGS:
            answer(lambda name=name, thing=thing: call(**{**arguments, name: thing}))
