"""What bounds a question: places, kinds of body, years, editions, values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.asking import days
from bot.asking.intent import Conditions, Period, Town, Whole
from bot.asking.lexicon import table
from bot.asking.wants import TOP
from ingest.language.numbers import Figure, Kind, figures
from ingest.language.places import places
from ingest.language.spelling import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.asking.things import Spoken
    from ingest.language.days import Day

_BODIES = frozenset(table("words")["bodies"])
_WORK = re.compile(r"[『“]([^『』“”]+)[』”]")
_VALUES = frozenset(
    {
        Kind.MONEY,
        Kind.PEOPLE,
        Kind.SHARE,
        Kind.COUNT,
        Kind.MEASURE,
        Kind.DURATION,
        Kind.AGE,
        Kind.TIME,
        Kind.FREQUENCY,
    }
)


def find(text: str, plain: str) -> tuple[Conditions, list[tuple[int, int]]]:
    """Return what bounds a question, and where in *plain* stands what names no thing.

    *text* is the question as asked, *plain* the same normalised, without the day whose editions
    are meant.
    """
    said = days.find(text)
    told = figures(plain)
    values = [one for one in told if one.kind in _VALUES and not TOP.match(plain, one.start)]
    periods = [(one, period) for one in told if (period := _period(one, plain)) is not None]
    editions = [one for one in told if one.kind is Kind.EDITION]
    found = Conditions(
        towns=tuple(dict.fromkeys(_towns(text))),
        periods=tuple(dict.fromkeys(period for _, period in periods)),
        figures=tuple(values),
        as_of=said.day if said else None,
        as_of_said=said.words if said else "",
        as_of_whole=Whole(said.whole) if said else Whole.DAY,
        editions=tuple(dict.fromkeys(one.name for one in editions)),
        works=tuple(one[1] for one in _WORK.finditer(text)),
    )
    # What is counted is a thing as well: 31手続 are asked about.
    bounding = [one for one in values if one.kind is not Kind.COUNT or one.bounds]
    taken = [*bounding, *editions, *(one for one, _ in periods)]
    counted = [one for one in told if TOP.match(plain, one.start)]
    return found, [(one.first, one.last) for one in [*taken, *counted]]


def bodies(phrases: Iterable[Spoken]) -> tuple[str, ...]:
    """Return the kinds of local government that are named by themselves: 町の場合, 都道府県は."""
    return tuple(dict.fromkeys(one.said for one in phrases if one.said in _BODIES))


def _towns(text: str) -> Iterator[Town]:
    for place in places(text):
        where = place.prefectures[0] if len(place.prefectures) == 1 else ""
        yield Town(normalise(place.name), where)


def _period(one: Figure, plain: str) -> Period | None:
    """Return the stretch of the calendar that a day or a range of days of a known year names."""
    if one.kind is not Kind.DAY or one.day is None:
        return None
    first, last = one.day.first, (one.until or one.day).last
    if first is None or last is None:
        return None
    said = plain[one.start : one.end]
    return Period(said.removesuffix(one.day.part), first, last, _whole(one.day))


def _whole(day: Day) -> Whole:
    if day.day is not None:
        return Whole.DAY
    if day.month is not None:
        return Whole.MONTH
    return Whole.FISCAL_YEAR if day.fiscal else Whole.YEAR
