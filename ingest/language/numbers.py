"""The figures of a text: what each is worth, what it counts, and every word that bounds it.

五千円, 3万5千円以内, 百分の五, 原則として2週間, R6.4.1から, 第18条の2 and 年2回 are figures; so are
"at least two steps" and "up to 5 million yen". The finder reads Japanese and English alike, takes
time linear in the length of the text, and gives spans of the text as it stands on the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from ingest.language import days
from ingest.language.figures import (
    TENTHS,
    Bound,
    Figure,
    Kind,
    articles,
    counts,
    editions,
    frequencies,
    ordinals,
    prices,
    shares,
    times,
    unit_at,
)
from ingest.language.spelling import aligned
from ingest.language.tables import alternatives, table

__all__ = ["Asked", "Bound", "Figure", "Kind", "asked", "figures", "same"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure that a question asks for: its kind, the unit where one is said, and the words."""

    kind: Kind
    unit: str
    start: int
    end: int


def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of *text* in order, without overlaps."""
    plain = aligned(text)
    found = _figures(plain.text)
    return tuple(
        replace(
            one,
            start=plain.places[one.start],
            end=plain.places[one.end],
            first=plain.places[one.first],
            last=plain.places[one.last],
        )
        for one in found
        # ① counts nothing: it is the mark of an item.
        if unicodedata.category(text[plain.places[one.start]]) != "No"
    )


def asked(question: str) -> tuple[Asked, ...]:
    """Return the figures that *question* asks for, in order: 何人, いくら, how many steps, いつ."""
    plain = aligned(question)
    found: list[Asked] = []
    for match in _asking().finditer(plain.text):
        start, end = plain.span(match.start(), match.end())
        kind, unit = _KINDS_ASKED[match.lastgroup or ""], ""
        if kind is None:
            counted = unit_at(plain.text, match.end())
            if counted is None:
                continue
            kind, unit = counted.kind, "%" if counted.name == TENTHS else counted.name
            end = plain.places[counted.end]
        found.append(Asked(kind, unit, start, end))
    return tuple(found)


def same(one: Figure, other: Figure) -> bool:
    """Whether two figures say the same, whatever their units are called; bounds do not count.

    A bare number says the same as one with a unit; 1年 and 12か月 are the same.
    """
    if Kind.DAY in {one.kind, other.kind}:
        return one.kind == other.kind and (one.day, one.until) == (other.day, other.until)
    if one.name or other.name:
        return one.name == other.name
    if Kind.NUMBER in {one.kind, other.kind}:
        return (one.value, one.upto) == (other.value, other.upto)
    mine, theirs = _in_base(one), _in_base(other)
    return one.kind == other.kind and mine == theirs


def _in_base(one: Figure) -> tuple[Fraction | None, Fraction | None, str]:
    unit, times = _BASE.get(one.unit, (one.unit, 1))
    return (
        None if one.value is None else one.value * times,
        None if one.upto is None else one.upto * times,
        unit,
    )


_BASE = {
    "年": ("か月", 12),
    "時間": ("分", 60),
    "週": ("日", 7),
    "kg": ("g", 1000),
    "km": ("m", 1000),
}


def _figures(text: str) -> list[Figure]:
    """Return the figures of a folded text, with offsets into it."""
    taken = bytearray(len(text))
    found: list[Figure] = []
    signs = frozenset(text)
    for read, needed in _READERS:
        for one in read(text) if signs & needed else ():
            if not any(taken[one.start : one.end]):
                taken[one.start : one.end] = b"\1" * (one.end - one.start)
                found.append(one)
    found.sort(key=lambda one: one.start)
    joined = _ranges(text, _compounds(found))
    return [_bounded(text, one) for one in joined]


def _day_figures(text: str) -> Iterator[Figure]:
    for said in days.find(text):
        yield Figure(said.start, said.end, Kind.DAY, day=said.day)


# The first that reads a stretch has it. Each is asked only where one of its signs stands.
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_READERS: tuple[tuple[Callable[[str], Iterator[Figure]], frozenset[str]], ...] = (
    (editions, frozenset("版vVンeE")),
    (_day_figures, frozenset("年月日./-" + _LETTERS)),
    (articles, frozenset("第条別様附" + _LETTERS)),
    (frequencies, frozenset("毎回度ごお隔随都常次" + _LETTERS)),
    (times, frozenset("時:正aApPnN")),
    (shares, frozenset("分割/半全過hH")),
    (prices, frozenset("¥$JU")),
    (ordinals, frozenset("第目位級次型tdTD")),
    (counts, frozenset("0123456789〇一二三四五六七八九十百千" + _LETTERS)),
)

_SMALLER = {"年": ("か月", 12), "時間": ("分", 60), "分": ("秒", 60), "か月": ("日", 30)}


def _compounds(found: Sequence[Figure]) -> list[Figure]:
    """Join 1年6か月 and 1時間30分 into one duration, in the smaller unit."""
    joined: list[Figure] = []
    for one in found:
        last = joined[-1] if joined else None
        smaller, times = _SMALLER.get(last.unit, ("", 0)) if last else ("", 0)
        if (
            last is not None
            and one.kind is last.kind is Kind.DURATION
            and last.end == one.start
            and one.unit == smaller
            and last.value is not None
            and one.value is not None
        ):
            joined[-1] = replace(
                last, end=one.end, value=last.value * times + one.value, unit=smaller
            )
        else:
            joined.append(one)
    return joined


@cache
def _joint() -> re.Pattern[str]:
    # A sign before a number that stands apart is its own: 4.2% -1.3%.
    words = alternatives(table("units")["joints"]["words"])
    return re.compile(rf"(?! -$)\s?(?:{words})\s?", re.IGNORECASE)


def _ranges(text: str, found: Sequence[Figure]) -> list[Figure]:
    """Join the two ends of a range: 3~5年, 10人から20人, 4月1日から9月30日."""
    joined: list[Figure] = []
    for one in found:
        last = joined[-1] if joined else None
        between = _joint().fullmatch(text[last.end : one.start]) if last else None
        if last is not None and between is not None and _spans(text, last, one, between[0].strip()):
            joined[-1] = replace(
                one,
                start=last.start,
                value=last.value,
                upto=one.value,
                day=last.day,
                until=one.day.after(last.day) if one.day and last.day else None,
            )
        else:
            joined.append(one)
    return joined


def _spans(text: str, low: Figure, high: Figure, joint: str) -> bool:
    """Whether two figures that follow one another are the ends of one range."""
    if low.upto is not None or low.until is not None or high.name or low.name:
        return False
    if joint == "and" and not text[max(0, low.start - 8) : low.start].lower().endswith("between "):
        return False
    if high.kind is Kind.DAY:
        return low.kind is Kind.DAY and joint != "-"
    if low.kind is Kind.NUMBER:
        return (
            high.kind is not Kind.NUMBER
            and low.value is not None
            and high.value is not None
            and low.value < high.value
        )
    return low.kind is high.kind and low.unit == high.unit and high.kind is not Kind.FREQUENCY


@cache
def _behind() -> re.Pattern[str]:
    groups = "|".join(
        f"(?P<{bound}>{alternatives(words)})"
        for bound, words in table("units")["bounds"]["behind"].items()
    )
    return re.compile(rf"\s?の?(?:{groups})", re.IGNORECASE)


@cache
def _before() -> dict[str, Bound]:
    return {
        word: Bound(bound)
        for bound, words in table("units")["bounds"]["before"].items()
        for word in sorted(words, key=len)
    }


@cache
def _endings() -> tuple[str, ...]:
    return tuple(_before())


@cache
def _signs_behind() -> frozenset[str]:
    """The characters with which a word that bounds a figure before it begins."""
    words = table("units")["bounds"]["behind"].values()
    return frozenset(word.removeprefix("[")[0].lower() for ones in words for word in ones)


def _near(text: str, at: int) -> bool:
    """Whether a bounding word may begin at *at*: looked at before the pattern, which is slow."""
    return any(sign.lower() in _signs_behind() for sign in text[at : at + 3])


_REACH, _MOST_BOUNDS = 24, 3
_BETWEEN = "はをでのにが、,: "
"""What may stand between a bounding word and its figure."""


_AGREED = tuple("契予規条節要制誓解公特")
"""What makes a word for an agreement, or the like, of 約."""


def _bounded(text: str, one: Figure) -> Figure:
    """Return a figure with the words that touch it and bound it."""
    found: list[Bound] = []
    first, last = one.start, one.end
    for _ in range(_MOST_BOUNDS):
        before = text[max(0, first - _REACH) : first].lower().rstrip(_BETWEEN)
        if not before.endswith(_endings()):
            break
        word = max((word for word in _endings() if before.endswith(word)), key=len)
        rest = before[: -len(word)]
        if word.isascii() and rest[-1:].isalpha() and rest[-1:].isascii():
            break
        # 約 ends many words; about something it only is where it touches the figure.
        if word == "約" and (text[first - 1] != word or rest.endswith(_AGREED)):
            break
        found.append(_before()[word])
        first = max(0, first - _REACH) + len(rest)
    for _ in range(_MOST_BOUNDS):
        match = _behind().match(text, last) if _near(text, last) else None
        if match is None or match.lastgroup is None:
            break
        found.append(Bound(match.lastgroup))
        last = match.end()
    return replace(one, bounds=tuple(dict.fromkeys(found)), first=first, last=last)


_KINDS_ASKED: dict[str, Kind | None] = {kind.value: kind for kind in Kind} | {"counted": None}


@cache
def _asking() -> re.Pattern[str]:
    groups = "|".join(
        f"(?P<{kind}>{alternatives(words)})" for kind, words in table("asking").items()
    )
    return re.compile(groups, re.IGNORECASE)
