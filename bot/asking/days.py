"""The day a question is about: 令和4年3月時点で, as of 1 March 2022."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from bot.asking.conversation import REMEMBERED, follows_up
from ingest.language.spelling import normalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answers import Turn

_FIRST, _LAST = 1868, 2199
"""Years that a question can be about."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_DIGITS = "〇一二三四五六七八九"
_KANJI = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]")
_COUNT = rf"(?:\d{{1,2}}|{_KANJI.pattern})"
_YEAR = rf"(?:(?:西暦\s?)?\d{{4}}|(?:令和|平成|昭和|大正|明治)\s?(?:元|{_COUNT}))\s?年"
_DATE = rf"(?:(?P<fiscal>度)|\s?{_COUNT}\s?月(?:\s?{_COUNT}\s?日)?)?"
_FIGURES = r"(?:[RHSＲＨＳ]\s?[.．]?\s?\d{1,2}|\d{4})(?:[./．／-]\d{1,2}){1,2}"
_JAPANESE = re.compile(
    rf"(?P<said>(?:(?P<long>{_YEAR}{_DATE})|(?<![A-Za-z\d])(?P<short>{_FIGURES}))"
    r"(?:の?末日?)?(?:の|頃の?|ごろの?)?\s?(?:時点|現在(?!地)|当時))"
    r"(?:において|における|では|での|には|で|に|の)?\s?[、,]?\s?"
)
_MONTH = r"(?P<month>" + "|".join(rf"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + r")\.?"
_ENGLISH = re.compile(
    r"\b(?P<said>as (?:of|at|(?:it|they) stood (?:on|in))\s+(?:(?:the )?end of )?"
    r"(?:(?P<iso>\d{4}[-/.]\d{1,2}(?:[-/.]\d{1,2})?)"
    rf"|(?:the )?(?P<before>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH},? (?P<y1>\d{{4}})"
    rf"|{_MONTH.replace('month', 'month2')} (?P<after>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y2>\d{{4}})"
    rf"|{_MONTH.replace('month', 'month3')},? (?P<y3>\d{{4}})"
    r"|(?P<fiscal>(?:fiscal (?:year )?|FY ?))?(?P<y4>\d{4})))(?!\d)\s?,?\s?",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"(?:いま|今|現在|現行|最新)(?:は|では|の|も|だと|なら)"
    r"|\b(?:now|today|currently|at present|nowadays)\b",
    re.IGNORECASE,
)


def timeless(text: str) -> str:
    """Return *text* without the words that ask about now: they say when, not what."""
    return _NOW.sub(" ", text)


@dataclass(frozen=True, slots=True)
class Said:
    """A day that a text names: *words* as said, from *start* to *end* with what goes with them.

    Of a month, a year or a fiscal year the last *day* is meant: who asks about March 2022 wants
    what had come into force by then. *whole* says which: month, year, fiscal-year, or day.
    """

    day: date
    words: str
    start: int
    end: int
    whole: str = "day"


def find(text: str) -> Said | None:
    """Return the day that *text* asks about, None when it names none or none there is."""
    for pattern, read in ((_JAPANESE, _japanese), (_ENGLISH, _english)):
        match = pattern.search(text)
        if match is not None:
            understood = read(match)
            if understood is not None:
                day, whole = understood
                return Said(day, match["said"].strip(), match.start(), match.end(), whole)
    return None


def without(text: str) -> str:
    """Return *text* without the words that name the day; "" when there are no others."""
    said = find(text)
    if said is None:
        return text
    rest = f"{text[: said.start].rstrip()} {text[said.end :]}".strip()
    if not (text[: said.start].isascii() and text[said.end :].isascii()):
        rest = f"{text[: said.start]}{text[said.end :]}".strip()
    return rest if any(character.isalnum() for character in rest) else ""


def carried(text: str, history: Sequence[Turn]) -> Said | None:
    """Return the day that a question is about: its own, or that of what it follows up.

    A question that stands alone, or asks about now, leaves the day of the earlier ones behind.
    """
    found: Said | None = None
    begun = False
    for asked in [*(turn.question for turn in history[-REMEMBERED:]), text]:
        own = find(asked)
        if own is not None:
            found = own
        elif not (begun and follows_up(asked)) or _NOW.search(asked):
            found = None
        begun = True
    return found


def written(day: date, language: str) -> str:
    """Return a day as the language writes it: 2022年3月31日, 31 March 2022."""
    if language == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _japanese(match: re.Match[str]) -> tuple[date, str] | None:
    digits = _KANJI.sub(lambda found: str(_value(found.group())), match["long"] or match["short"])
    # In one spelling: a year of an era is a year of our reckoning.
    numbers = [int(number) for number in re.findall(r"\d+", normalise(digits))]
    return _day(numbers, fiscal=bool(match["fiscal"]))


def _english(match: re.Match[str]) -> tuple[date, str] | None:
    if match["iso"]:
        return _day([int(number) for number in re.split(r"[-/.]", match["iso"])])
    month = match["month"] or match["month2"] or match["month3"]
    year = next(int(match[name]) for name in ("y1", "y2", "y3", "y4") if match[name])
    if not month:
        return _day([year], fiscal=bool(match["fiscal"]))
    at = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month[:3].title()))
    day = match["before"] or match["after"]
    return _day([year, at, *([int(day)] if day else [])])


def _value(kanji: str) -> int:
    """Read 三 as 3, 十一 as 11, 三十 as 30."""
    tens, ten, ones = kanji.rpartition("十")
    units = _DIGITS.index(ones) if ones else 0
    return units + 10 * (_DIGITS.index(tens) if tens else 1) if ten else units


def _day(numbers: Sequence[int], *, fiscal: bool = False) -> tuple[date, str] | None:
    """Return the day that year, month and day mean, and how much of it was said."""
    year, *rest = numbers
    if not _FIRST <= year <= _LAST:
        return None
    if fiscal:
        return date(year + 1, 3, 31), "fiscal-year"
    if not rest:
        return date(year, 12, 31), "year"
    month = rest[0]
    if not 1 <= month <= 12:  # noqa: PLR2004 - months
        return None
    last = monthrange(year, month)[1]
    day = rest[1] if len(rest) > 1 else last
    if not 1 <= day <= last:
        return None
    return date(year, month, day), "day" if len(rest) > 1 else "month"
