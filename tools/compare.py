"""When is a notebook output still the same? Numbers may move as far as another machine's rounding moves them.

Whole numbers, words, signs and shapes are exact. A number with a fraction or an exponent may move by
``rtol`` of its value, or by one unit of its last printed digit where that is at most 1 % of it (a last
digit flips when the value lies at a rounding edge). Blanks around numbers, line breaks after commas and
the length of rules in tables are layout: an array is padded and wrapped by its widest entry. The packed
grids of explorables are compared by the values they draw.
"""

import base64
import io
import re

import numpy as np

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|nan|inf)(?!(?!j\b)\w|\.\d)")
WHOLE = re.compile(r"[-+]?\d+")
TAG = re.compile(r"(?P<kind>[ra]tol)-(?P<size>\d+(?:\.\d+)?(?:e-?\d+)?)-(?P<reason>\D.{7,})")
ESCAPE_TAGS = "nbval-", "pytest-validate-", "skip-execution"
ESCAPE_COMMENT = re.compile(r"^\s*#[#\s]*((?:NBVAL|PYTEST_VALIDATE)_\w+)", re.M)
RTOL, FLIP = 1e-4, 1e-2
NOISE = 1e-9            # what is this much smaller than the largest entry of a list is rounding
PACKED = {"steps", "size", "levels", "lo", "hi"}         # what makes a dict a field of an explorable
PIXEL = 16 / 255        # a picture may differ by anti-aliasing
EDGE = 1 + 1e-6         # decimal limits are not exact in binary

moved = None            # if a function: called with every number that moved, what it became, and the share of the tolerance


def tolerance(tags):
    """Return a cell's tolerances from its tags ``rtol-1e-2-REASON`` or ``atol-1e-9-REASON``."""
    limits = {}
    for tag in tags:
        if tag.startswith(("rtol", "atol")):
            if not (m := TAG.fullmatch(tag)):
                raise ValueError(f"The tag {tag!r} should read like rtol-1e-2-float32-sums: "
                                 "which tolerance, how much, and why.")
            limits[m["kind"]] = float(m["size"])
    return limits


def fault(cell):
    """Return, in a sentence, why the outputs stored in a code cell prove nothing, or None."""
    tags, outputs = cell.metadata.get("tags", []), cell.get("outputs", [])
    if escapes := [t for t in tags if t.startswith(ESCAPE_TAGS)] or ESCAPE_COMMENT.findall(cell.source):
        return f"Outputs are always compared, but {escapes[0]!r} would leave some out."
    try:
        tolerance(tags)
    except ValueError as e:
        return str(e)
    if "raises-exception" in tags and not any(o.output_type == "error" for o in outputs):
        return "The tag 'raises-exception' stands on a cell that stores no error."
    for data in (o.get("data", {}) for o in outputs):
        if {"image/png", "image/jpeg"} & data.keys() and re.fullmatch(r"(<.*>)?", data.get("text/plain", "")):
            return ("Its picture carries no text that says what is drawn, so a changed one would pass: "
                    "call plots.use() before the first figure.")
    return None


def within(apart, limit, a, b):
    """Whether two numbers are no further apart than they may be."""
    if moved and apart:
        moved(a, b, apart / limit if limit else np.inf)
    return apart <= limit


def unit(text):
    """One unit of the last printed digit: 0.01 for 1.25, 1e-5 for 1.25e-3."""
    mantissa, _, exponent = text.lower().partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def same_number(a, b, rtol=RTOL, atol=0.0):
    """Whether two printed numbers are the same."""
    x, y = float(a), float(b)
    if WHOLE.fullmatch(a) or WHOLE.fullmatch(b):
        return x == y and bool(WHOLE.fullmatch(a) and WHOLE.fullmatch(b))
    if not (np.isfinite(x) and np.isfinite(y)):
        return x == y or (np.isnan(x) and np.isnan(y))
    if a.endswith(".") and b.endswith("."):              # "3." of NumPy, or a whole number ending a sentence
        return x == y
    last, small, large = min(unit(a), unit(b)), *sorted((abs(x), abs(y)))
    flip = last if last <= FLIP * small * EDGE else 0.0
    return within(abs(x - y), max(rtol * large, atol), a, b) or abs(x - y) <= flip * EDGE


def shown(text):
    """What a terminal shows of a text in the end: no colours, and no line that another was printed over."""
    return re.sub(r"[^\n]*\r(?=[^\n])", "", re.sub(r"\x1b\[[0-9;]*m", "", text))


def pieces(text):
    """Split a text into what stands between its numbers, and its numbers."""
    text = re.sub(r",\s+", ", ", re.sub(r"[ \t]+", " ", shown(text)))
    text = re.sub(r"([-=─━_])\1{2,}", r"\1\1\1", text)
    between = [part.strip(" ") for part in NUMBER.split(text)]
    between[1:-1] = [part if part.strip() else "" for part in between[1:-1]]     # a wrapped array
    return between, NUMBER.findall(text)


def same_text(a, b, rtol=RTOL, atol=0.0):
    """Whether two texts are the same: what stands between numbers exactly, and the numbers."""
    (p, m), (q, n) = pieces(a), pieces(b)
    return a == b or (p == q and all(same_number(x, y, rtol, atol) for x, y in zip(m, n, strict=True)))


def same(a, b, rtol=RTOL, atol=0.0):
    """Whether two output values are the same: texts, numbers, or JSON made of them."""
    if isinstance(a, str) and isinstance(b, str):
        return same_text(a, b, rtol, atol)
    if isinstance(a, dict) and isinstance(b, dict):
        if PACKED <= a.keys() & b.keys():
            return same_grid(a, b)
        return a.keys() == b.keys() and all(same(a[k], b[k], rtol, atol) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        atol = max([atol] + [NOISE * abs(v) for v in a if isinstance(v, float) and np.isfinite(v)])
        return len(a) == len(b) and all(same(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float):
        if not np.isfinite([a, b]).all():
            return a == b or (a != a and b != b)
        return within(abs(a - b), max(rtol * max(abs(a), abs(b)), atol), a, b)
    return type(a) is type(b) and a == b


def same_grid(a, b):
    """Whether two packed fields of explorables draw the same: no value more than two levels away.

    Where levels are coarse (classes, counts), one level is a difference to see, so all must agree. Where the
    values diverged in either, there is nothing to compare.
    """
    if a.keys() != b.keys() or a["size"] != b["size"] or any(not same(a[k], b[k]) for k in a.keys() - PACKED):
        return False
    x, y = (np.cumsum(np.array(g["steps"].split(","), int).reshape(-1, g["size"]), axis=1) for g in (a, b))
    if x.shape != y.shape:
        return False
    firm = x <= a["levels"], y <= b["levels"]
    step, other = ((g["hi"] - g["lo"]) / g["levels"] for g in (a, b))
    apart = abs(a["lo"] + step * x - b["lo"] - other * y)[firm[0] & firm[1]]
    limit = min(2, a["levels"] // 100, b["levels"] // 100) + 0.01    # one in a hundred, as in printed numbers
    widest = float(apart.max(initial=0))
    return bool((firm[0] == firm[1]).mean() > 0.99) and within(widest, limit * max(step, other), "field", "field")


def same_picture(a, b):
    """Whether two PNGs in base64 look the same: one size, and no pixel changed by more than anti-aliasing."""
    from matplotlib.image import imread

    x, y = (imread(io.BytesIO(base64.b64decode(png))) for png in (a, b))
    return x.shape == y.shape and bool((abs(x - y) <= PIXEL).all())


def same_output(a, b, rtol=RTOL, atol=0.0, pictures=True):
    """Whether two outputs of a cell are the same: pictures (and their size) by eye if at all, all else as the
    validation compares it."""
    def rest(output):
        data = {mime: v for mime, v in output.get("data", {}).items() if mime != "image/png"}
        return {**output, "data": data, "execution_count": None} | ({} if pictures else {"metadata": {}})

    p, q = (o.get("data", {}).get("image/png") for o in (a, b))
    alike = p == q or None not in (p, q) and same_picture(p, q) if pictures else True
    return alike and same(rest(a), rest(b), rtol, atol)
