"""What bounds a question: places, kinds of body, years, editions, amounts."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from bot.asking import days
from bot.asking.intent import Bound, Conditions, Period, Relation, Town, Whole
from bot.asking.lexicon import Phrases, table
from bot.asking.wants import TOP
from ingest.language.places import PREFECTURES
from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.asking.things import Spoken

_WORDS = table("words")
_BODIES = frozenset(_WORDS["bodies"])
_RELATIONS = Phrases(_WORDS["relations"])
_BEFORE = Phrases(_WORDS["relations_before"])
_YEAR = re.compile(
    r"(?<!\d)(?P<y>(?:18|19|20|21)\d{2})"
    r"(?:\s?年(?:(?P<fiscal>度)末?|(?:\s?(?P<m>\d{1,2})\s?月(?:\s?(?P<d>\d{1,2})\s?日)?)?)|[./-](?P<m2>\d{1,2})[./-](?P<d2>\d{1,2})(?!\d)|(?=[の、は?\s]|$))"
)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_ENGLISH_YEAR = re.compile(
    rf"(?:\b(?P<fiscal>fiscal(?: year)?|fy)\s?)?(?:\b(?P<m>{'|'.join(_MONTHS)})\s)?\b(?P<y>(?:19|20)\d{{2}})(?:年度)?(?![\d年-])"
)
_EDITION = re.compile(
    r"第?\s?(?P<a>\d+(?:\.\d+)*)\s?版|\b(?:version|edition|ver\.?|v)\s?(?P<b>\d+(?:\.\d+)*)"
)
_WORK = re.compile(r"[『“]([^『』“”]+)[』”]")
_VALUE = re.compile(
    r"(?<![\d.第])(?P<n>\d+(?:\.\d+)?)\s?(?P<scale>[千万億兆]|百万|千万|million|billion)?(?P<unit>[^\W\d_]{1,14}|%)?"
)
_SCALES = {
    "千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "億": 10**8, "兆": 10**12,
    "million": 10**6, "billion": 10**9,
}  # fmt: skip
_WANTS = table("wants")
_UNITS = {unit for kind in _WANTS["counters"].values() for unit in kind["units"]}
_UNITS |= _WANTS["counted"].keys()
_SPELT = _WANTS["spelt"] | _WANTS["counted"]
_BEHIND = 8


def find(text: str, plain: str) -> tuple[Conditions, list[tuple[int, int]]]:
    """Return what bounds a question, and where in *plain* the years, editions and values stand.

    *text* is the question as asked, *plain* the same normalised, without the day whose editions
    are meant.
    """
    said = days.find(text)
    periods = list(_periods(plain))
    editions = list(_EDITION.finditer(plain))
    taken = [(start, end) for _, start, end in periods] + [one.span() for one in editions]
    bounds = list(_bounds(plain, taken))
    taken += [(start, end) for _, start, end in bounds]
    found = Conditions(
        towns=tuple(dict.fromkeys(_towns(text, plain))),
        periods=tuple(dict.fromkeys(period for period, *_ in periods)),
        bounds=tuple(dict.fromkeys(bound for bound, *_ in bounds)),
        as_of=said.day if said else None,
        as_of_said=said.words if said else "",
        as_of_whole=Whole(said.whole) if said else Whole.DAY,
        editions=tuple(one["a"] or one["b"] for one in editions),
        works=tuple(one[1] for one in _WORK.finditer(text)),
    )
    return found, taken


def bodies(phrases: Iterable[Spoken]) -> tuple[str, ...]:
    """Return the kinds of local government that are named by themselves: 町の場合, 都道府県は."""
    return tuple(dict.fromkeys(one.said for one in phrases if one.said in _BODIES))


def _towns(text: str, plain: str) -> Iterator[Town]:
    """Yield the places that the dictionary knows as such, with the kind of body behind them."""
    if not is_japanese(plain):
        yield from (Town(normalise(found[1])) for found in _ENGLISH_TOWN.finditer(text))
        return
    every = units(plain)
    prefecture, ends, at = "", -1, 0
    while at < len(every):
        start = at
        while at < len(every) and every[at].use == "地名":
            at += 1
        suffix = every[at] if at < len(every) else None
        if at > start and suffix is not None and suffix.surface in _BODIES:
            name = plain[every[start].begin : suffix.end]
            if name in PREFECTURES:
                prefecture, ends = name, suffix.end
                following = every[at + 1] if at + 1 < len(every) else None
                if following is None or following.use != "地名":
                    yield Town(name)
            else:
                yield Town(name, prefecture if ends == every[start].begin else "")
        at += 1


_ENGLISH_TOWN = re.compile(
    r"\b(?!Which|What|The|A |Any)([A-Z][a-z]+) (?:City|Town|Village|Prefecture|Ward)\b"
)


def _periods(plain: str) -> Iterator[tuple[Period, int, int]]:
    japanese = is_japanese(plain)
    for found in (_YEAR if japanese else _ENGLISH_YEAR).finditer(plain):
        said = found.group().strip()
        if japanese:
            month = int(found["m"] or found["m2"] or 0)
            day = int(found["d"] or found["d2"] or 0)
        else:
            month, day = _MONTHS.index(found["m"]) + 1 if found["m"] else 0, 0
        fiscal = bool(found["fiscal"]) or said.endswith(("年度", "年度末"))
        period = _period(said, int(found["y"]), month, day, fiscal=fiscal)
        if period is not None:
            yield period, found.start(), found.end()


def _period(said: str, year: int, month: int, day: int, *, fiscal: bool) -> Period | None:
    if fiscal:
        return Period(said, date(year, 4, 1), date(year + 1, 3, 31), Whole.FISCAL_YEAR)
    if not month:
        return Period(said, date(year, 1, 1), date(year, 12, 31), Whole.YEAR)
    if not 1 <= month <= 12:  # noqa: PLR2004 - months
        return None
    last = monthrange(year, month)[1]
    if not day:
        return Period(said, date(year, month, 1), date(year, month, last), Whole.MONTH)
    if day > last:
        return None
    return Period(said, date(year, month, day), date(year, month, day), Whole.DAY)


def _bounds(plain: str, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[Bound, int, int]]:
    """Yield the values with a unit, that are no part of a date or an edition."""
    for found in _VALUE.finditer(plain):
        if any(start < found.end() and found.start() < end for start, end in taken):
            continue
        unit = _unit(found["unit"] or "")
        if not unit or plain.startswith("目", found.start("unit") + len(unit)):
            continue
        end = found.start("unit") + len(unit)
        behind = next(_RELATIONS.find(plain[end : end + _BEHIND]), None)
        before = next(
            _BEFORE.find(plain[max(0, found.start() - _BEHIND * 2) : found.start()]), None
        )
        if TOP.match(plain, found.start()):
            # 3つ挙げて says how many are wanted, not what is true of them.
            continue
        close = behind is not None and behind.start <= 1
        relation = behind.meaning if behind and close else before.meaning if before else "="
        value = Decimal(found["n"]) * _SCALES.get(found["scale"] or "", 1)
        end += behind.end if behind and close else 0
        said = plain[found.start() : end]
        start = found.start()
        yield Bound(Relation(relation), value, _SPELT.get(unit, unit), said), start, end


def _unit(letters: str) -> str:
    """Return the longest unit that *letters* begin with, "" when with none."""
    lengths = range(len(letters), 0, -1)
    return next((letters[:n] for n in lengths if letters[:n] in _UNITS), "")
