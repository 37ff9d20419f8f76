"""Where sentences end, in Japanese and English: the only splitter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from ingest.language.tables import alternatives, table

OPENING = "「『（(【〈《［[“"
CLOSING = "」』）)】〉》］]”"
WRAPPED_LINE = 18
"""A line at least this long that ends without a full stop goes on in the next line."""

ENDING = "。！？!?．"
"""Signs that end a sentence; the English full stop is told apart by what stands around it."""

_PAIRS = dict(zip(CLOSING, OPENING, strict=True))
_SHORT = alternatives([re.escape(word) for word in table("sentences")["abbreviations"]])
_ABBREVIATED = re.compile(rf"(?:\b(?:{_SHORT})|(?<![A-Za-z])[A-Z])$")
_LONGEST_SHORT = 8
_MAY_END = re.compile(r"[。！？!?．.※]")
_OPEN_END = re.compile(r"[.:：。！？!?．][」』）)\]”\"'\s]*$")


def ends(text: str, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Yield the offsets behind each sentence of *text* that another one follows, in order.

    What stands in brackets ends nothing, unless they are never closed. A remark that begins with
    ※ is a sentence of its own. Line breaks do not count.
    """
    end = len(text) if end is None else end
    if _MAY_END.search(text, start, end) is None:
        return
    closed = _closed(text, start, end)
    depth = 0
    for found in _SIGN.finditer(text, start, end):
        at, sign = found.start(), found.group()
        if at in closed:
            depth += 1 if sign in OPENING else -1
        elif depth or at + 1 >= end or sign in OPENING + CLOSING:
            continue
        elif sign == "※":
            if at > start and text[at - 1] in "。）) \t\n\u3000":
                yield at
        elif _ends_here(text, at, sign):
            yield at + 1


_SIGN = re.compile(rf"[{re.escape(OPENING + CLOSING + ENDING)}.※]")


def spans(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each sentence of *text*, white space around it left out."""
    end = len(text) if end is None else end
    for first, last in pairwise([start, *ends(text, start, end), end]):
        piece = text[first:last]
        lead, tail = len(piece) - len(piece.lstrip()), len(piece.rstrip())
        if tail > lead:
            yield first + lead, first + tail


def split(text: str) -> list[str]:
    """Return the sentences of *text* that say something: one letter or figure at least."""
    pieces = (text[start:end] for start, end in spans(text))
    return [one for one in pieces if any(map(str.isalnum, one))]


def is_whole(text: str) -> bool:
    """Whether *text* ends as a sentence does, rather than in the middle of one or as a title."""
    return _OPEN_END.search(text) is not None


def _ends_here(text: str, at: int, sign: str) -> bool:
    """Whether the sign at *at*, which more text follows, ends a sentence."""
    after = text[at + 1]
    if after in ENDING + CLOSING:
        return False
    if sign == ".":
        return _english_end(text, at)
    if sign == "．":
        return not (text[at - 1 : at].isdigit() or after.isdigit())
    # In an address or a formula nothing ends.
    return sign not in "!?" or not after.isascii() or after.isspace()


def _english_end(text: str, at: int) -> bool:
    rest = text[at + 1 : at + 4]
    begins = rest.lstrip()[:1]
    starts = begins.isupper() or begins.isdigit() or not begins.isascii() or begins in '"(['
    if not rest[:1].isspace() or not starts:
        return False
    return bool(begins) and _ABBREVIATED.search(text[max(0, at - _LONGEST_SHORT) : at]) is None


def _closed(text: str, start: int, end: int) -> frozenset[int]:
    """Return the offsets of the brackets that have a counterpart."""
    waiting: list[int] = []
    found: set[int] = set()
    for match in _BRACKET.finditer(text, start, end):
        at, sign = match.start(), match.group()
        if sign in OPENING:
            waiting.append(at)
            continue
        opened = next(
            (n for n in range(len(waiting) - 1, -1, -1) if text[waiting[n]] == _PAIRS[sign]), None
        )
        if opened is not None:
            found |= {waiting[opened], at}
            del waiting[opened:]
    return frozenset(found)


_BRACKET = re.compile(rf"[{re.escape(OPENING + CLOSING)}]")


def shown(quote: str) -> str:
    """Return *quote* as one line: only its white space changes, every other character stays.

    A line break inside a sentence goes, or becomes a space between two ASCII characters;
    between labels that are no sentences it becomes a wide space, so that they stay apart, and two
    between rows of a table.
    """
    lines = [line.strip() for line in quote.splitlines() if line.strip()]
    joined = lines[0] if lines else ""
    for before, after in pairwise(lines):
        if "\t" in before or "\t" in after:
            joined += "\u3000\u3000"
        elif len(before) < WRAPPED_LINE and before[-1] not in ENDING:
            joined += "\u3000"
        elif before[-1].isascii() and after[0].isascii():
            joined += " "
        joined += after
    return joined.replace("\t", "\u3000")


def qualifies(text: str) -> bool:
    """Whether a sentence bounds or explains the one before it: ただし, なお, ※, However."""
    return _beginning("qualifying").match(text) is not None


def points_back(text: str) -> bool:
    """Whether a sentence speaks of what the one before it names: これ, 当該, This."""
    return _beginning("pointing_back").match(text) is not None


def announces(text: str) -> bool:
    """Whether a sentence leads in to a list or a table, as far as its own words tell."""
    return _announcing().search(text[-_LONGEST_ANNOUNCEMENT:]) is not None


_LONGEST_ANNOUNCEMENT = 60


@cache
def _beginning(which: str) -> re.Pattern[str]:
    words = (
        rf"{re.escape(w)}\b" if w.isascii() else re.escape(w) for w in table("sentences")[which]
    )
    return re.compile(rf"\s*(?:{alternatives(list(words))})")


@cache
def _announcing() -> re.Pattern[str]:
    words = alternatives(table("sentences")["announcing"])
    return re.compile(rf"(?:[:：]|(?:{words}))[。.:：]?\s*$", re.IGNORECASE)
