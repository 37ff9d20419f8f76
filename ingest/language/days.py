"""Days as texts write them: R6.4.1, 令和六年四月一日, 2024/4/1, 4月1日, 令和7年度末, March 2022."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from ingest.language.numerals import era_year, value

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

_FIRST, _LAST = 1868, 2199
"""Years that a text can be about."""

_APRIL = 4


@dataclass(frozen=True, slots=True)
class Day:
    """A day as far as it is told: what is not told is None.

    *fiscal* is true of a fiscal year, which begins in April of *year*. *part* is what of the time
    is meant, as written: 末, 上旬, 春, end, early; "" for all of it.
    """

    year: int | None
    month: int | None = None
    day: int | None = None
    fiscal: bool = False
    part: str = ""

    @property
    def first(self) -> date | None:
        """The first day that is meant; None without a year."""
        if self.year is None:
            return None
        if self.fiscal and self.month is None:
            return date(self.year, _APRIL, 1)
        return date(self._calendar_year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date | None:
        """The last day that is meant; None without a year."""
        if self.year is None:
            return None
        if self.month is None:
            return date(self.year + 1, 3, 31) if self.fiscal else date(self.year, 12, 31)
        year = self._calendar_year
        return date(year, self.month, self.day or monthrange(year, self.month)[1])

    @property
    def _calendar_year(self) -> int:
        year = self.year or _FIRST
        return year + 1 if self.fiscal and self.month and self.month < _APRIL else year

    def after(self, earlier: Day) -> Day:
        """Return the day as the end of a range: with the year of *earlier* where it has none."""
        if self.year is not None or earlier.year is None:
            return self
        turns = bool(self.month and earlier.month and self.month < earlier.month)
        return replace(self, year=earlier.year + turns, fiscal=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A day where a text says it."""

    start: int
    end: int
    day: Day


_KANJI = "[〇一二三四五六七八九十]"
_N = rf"(?:\d{{1,2}}|{_KANJI}{{1,3}})"
_ERA = rf"(?:(?P<era>令和|平成|昭和|大正|明治|(?<![A-Za-z])[RHSrhs]\.?)\s?(?P<of>元|{_N}))"
_YEAR = rf"(?:{_ERA}|(?:西暦\s?)?(?<![\d.,])(?P<year>(?:1[89]|2[01])\d\d|[一二]{_KANJI}{{3}}))"
_WEEKDAY = r"(?:\s?\([日月火水木金土](?:曜日?)?(?:・祝)?\))?"
_AGAIN = r"(?:\s?\((?:(?:令和|平成|昭和)\s?(?:元|\d{1,2})|(?:19|20)\d\d)年?度?\))?"
_INSIDE = r"(?:\s?\((?:令和|平成|昭和)?\s?(?:元|\d{1,4})\)(?=\s?年))?"
_PART = r"(?P<part>(?:の)?(?:末日?|初め|初旬|初頭|上旬|中旬|下旬|前半|後半|上半期|下半期|第[1-4一二三四]四半期|[春夏秋冬])(?!度))?"
_JAPANESE = re.compile(
    # The month may follow the fiscal year: 令和7年度3月.
    rf"{_YEAR}{_INSIDE}\s?年{_AGAIN}(?P<fiscal>度)?{_AGAIN}(?:\s?(?P<month>{_N})\s?月(?:\s?(?P<day>{_N})\s?日{_WEEKDAY})?)?"
    rf"{_AGAIN}{_PART}"
    rf"|(?<![\d.])(?P<month2>{_N})\s?月(?:\s?(?P<day2>{_N})\s?日{_WEEKDAY}|(?![間額例次報刊謝給賦分]|以内|未満|を超え|を経過|前(?:まで|に)))(?P<part2>(?:末日?|初め|初旬|上旬|中旬|下旬)?)"
    rf"|(?<=[毎翌当同前各]月)(?P<day3>{_N})\s?日"
)
_FIGURES = re.compile(
    r"(?<![A-Za-z0-9_.,/-])(?:(?P<era>[RHSrhs])\.?\s?(?P<of>\d{1,2})|(?P<year>(?:19|20)\d\d))"
    r"\s?(?P<sep>[./-])\s?(?P<month>\d{1,2})(?:\s?(?P=sep)\s?(?P<day>\d{1,2}))?(?![\d/]|[.-]\d|[%倍])"
    r"|(?<![A-Za-z])FY\s?'?(?P<fy>(?:19|20)?\d\d)(?!\d)"
    r"|(?<![A-Za-z0-9.&/-])(?P<reiwa>R)\s?(?P<ry>\d{1,2})(?:年(?P<rf>度))?(?![A-Za-z0-9.-])",
)
_MONTH = r"(?P<{0}>" + "|".join(rf"{name[:3]}(?:{name[3:]})?" for name in MONTHS) + r")\.?"
_WHICH = r"(?:(?P<part>end|early|mid|late|beginning|spring|summer|autumn|fall|winter)[ -](?:of )?(?:the )?)?"
_ENGLISH = re.compile(
    rf"\b{_WHICH}(?:"
    rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH.format('m1')}(?:,? (?P<y1>\d{{4}}))?"
    rf"|{_MONTH.format('m2')} (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,? (?P<y2>\d{{4}}))?"
    rf"|{_MONTH.format('m3')},? (?P<y3>\d{{4}})"
    r"|(?P<fiscal>fiscal(?: year)? ?)(?P<y4>\d{4})"
    r"|(?:(?<=\bin )|(?<=\bat )|(?<=\bon )|(?<=\bby )|(?<=\bsince )|(?<=\buntil )|(?<=\bof )|(?<=\bfrom )|(?<=\byear )|(?<=\bthe )|(?<=ng )|(?<=er )|(?<=mn )|(?<=ly )|(?<=id-)|(?<=te ))(?P<y5>(?:19|20)\d\d)(?![\d.,/-]*\d| \w+s\b)"
    r")(?!\d)",
    re.IGNORECASE,
)


def find(text: str) -> Iterator[Said]:
    """Yield the days that *text* (folded) says; those of two ways of writing may overlap."""
    signs = frozenset(text)
    for pattern, read, needed in _WAYS:
        if not signs & needed:
            continue
        for match in pattern.finditer(text):
            day = read(match)
            if day is not None and _there_is(day):
                yield Said(match.start(), match.end(), day)


def dated(text: str) -> tuple[Said, ...]:
    """Return the days of *text* (folded) that name a month of a year at least, without overlaps."""
    found: list[Said] = []
    for one in sorted(find(text), key=lambda said: (said.start, -said.end)):
        told = one.day.year is not None and one.day.month is not None
        if told and (not found or one.start >= found[-1].end):
            found.append(one)
    return tuple(found)


def _in_japanese(match: re.Match[str]) -> Day | None:
    if match["day3"]:
        return Day(None, None, int(value(match["day3"])))
    part = (match["part"] or match["part2"] or "").removeprefix("の")
    year = _year(match["era"], match["of"], match["year"])
    return Day(
        year,
        _int(match["month"] or match["month2"]),
        _int(match["day"] or match["day2"]),
        bool(match["fiscal"]),
        part,
    )


def _in_figures(match: re.Match[str]) -> Day | None:
    if match["fy"]:
        return Day(int(match["fy"]) + (2000 if len(match["fy"]) == 2 else 0), fiscal=True)
    if match["reiwa"]:
        return Day(era_year("R", match["ry"]), fiscal=bool(match["rf"]))
    year = _year(match["era"], match["of"], match["year"])
    return Day(year, _int(match["month"]), _int(match["day"]))


def _in_english(match: re.Match[str]) -> Day | None:
    name = match["m1"] or match["m2"] or match["m3"]
    month = next(
        (n for n, one in enumerate(MONTHS, 1) if name and one.startswith(name[:3].title())), None
    )
    said = match["y1"] or match["y2"] or match["y3"] or match["y4"] or match["y5"]
    return Day(
        _int(said),
        month,
        _int(match["d1"] or match["d2"]),
        bool(match["fiscal"]),
        (match["part"] or "").lower(),
    )


def _year(era: str | None, of: str | None, year: str | None) -> int | None:
    if era and of:
        return era_year(era.removesuffix("."), of)
    return _int(year)


def _int(said: str | None) -> int | None:
    return int(value(said)) if said else None


_WAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Day | None], frozenset[str]], ...] = (
    (_JAPANESE, _in_japanese, frozenset("年月日")),
    (_FIGURES, _in_figures, frozenset("./-RFrf")),
    (_ENGLISH, _in_english, frozenset("abcdefghijlmnoprstuvy")),
)
"""Each way of writing days, what reads it, and the characters of which it has at least one."""


def _there_is(day: Day) -> bool:
    """Whether the calendar has the day."""
    if day.year is not None and not _FIRST <= day.year <= _LAST:
        return False
    if day.month is not None and not 1 <= day.month <= 12:
        return False
    longest = 31 if day.month is None else monthrange(day.year or 2024, day.month)[1]
    return day.day is None or 1 <= day.day <= longest
