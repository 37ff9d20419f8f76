"""Numbers with what they count, prices and shares: 17業務, 3万5千円, ¥1,200, 百分の五, half."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from ingest.language.figure import Figure, Kind
from ingest.language.numerals import ARABIC, COUNTERS, FREE, NUMERAL, PLAIN, value
from ingest.language.tables import alternatives, table

# Looking ahead first spares what looks behind at every other character.
_MIXED = (
    rf"(?=[0-9△▲])(?<![\dA-Za-z])(?<!\d[.,])(?:[△▲]\s?)?{ARABIC}(?:[百千万億兆]+(?:{ARABIC})?)*"
)
_CHINESE = (
    rf"(?={NUMERAL})(?:(?<![第\d]){NUMERAL}[〇一二三四五六七八九十百千万億兆]{{1,30}}"
    rf"|{FREE}[一二三四五六七八九十百千](?={COUNTERS})"
    rf"|{FREE}[二三四五六七八九十百](?=円))"
)
_NUMBER = re.compile(rf"(?:{_MIXED}|{_CHINESE})(?:\s(?P<times>thousand|million|billion))?")


@cache
def _in_words() -> re.Pattern[str]:
    words = alternatives(list(table("units")["words"]))
    return re.compile(rf"\b(?:{words})(?=[ -][A-Za-z])", re.IGNORECASE)


TENTHS = "割"
_TIMES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_COUNTED_KINDS = (
    Kind.MONEY, Kind.PEOPLE, Kind.SHARE, Kind.COUNT, Kind.MEASURE, Kind.AGE, Kind.DURATION,
)  # fmt: skip


@cache
def _words_of_units() -> tuple[tuple[str, Kind, str], ...]:
    """Return each word of each unit with its kind and unit, the longest first."""
    units = table("units")
    found = [
        (word, kind, unit)
        for kind in _COUNTED_KINDS
        for unit, words in units[kind.value].items()
        for word in words
    ]
    return tuple(sorted(found, key=lambda one: -len(re.sub(r"\(\?!.*", "", one[0]))))


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit that stands behind a number: where it ends, its kind, and its own name."""

    end: int
    kind: Kind
    name: str


_ADJECTIVE = re.compile("[a-z]+ ", re.IGNORECASE)


def unit_at(text: str, at: int) -> Unit | None:
    """Return the unit that begins at *at*, behind a space or an English adjective; None for none."""
    place = at + (text[at : at + 1] in {" ", "-"})
    found = _unit_from(text, place)
    if found is None and text[place : place + 1].isascii():
        adjective = _ADJECTIVE.match(text, place)
        found = _unit_from(text, adjective.end()) if adjective else None
    return found


def _unit_from(text: str, at: int) -> Unit | None:
    told = _by_initial().get(text[at : at + 1].lower())
    match = told[0].match(text, at) if told else None
    if told is None or match is None:
        return None
    kind, name = told[1][(match.lastindex or 1) - 1]
    return Unit(match.end(), kind, name)


@cache
def _by_initial() -> dict[str, tuple[re.Pattern[str], tuple[tuple[Kind, str], ...]]]:
    """Return by the first character what finds the units that begin with it, and those in order.

    One pattern of a hundred units would try each of them behind every number.
    """
    found: dict[str, list[tuple[str, Kind, str]]] = {}
    for word, kind, unit in _words_of_units():
        for initial in _initials(word):
            found.setdefault(initial, []).append((word, kind, unit))
    return {
        initial: (
            re.compile("|".join(f"({_inner(_bounded(w))})" for w, _, _ in ones), re.IGNORECASE),
            tuple((kind, unit) for _, kind, unit in ones),
        )
        for initial, ones in found.items()
    }


def _initials(pattern: str) -> set[str]:
    """Return the characters with which what a pattern finds may begin, in lower case."""
    if pattern.startswith("["):
        return set(pattern[1 : pattern.index("]")].lower())
    if not pattern.startswith("(?:"):
        return {pattern[0].lower()}
    found, depth = {pattern[3].lower()}, 0
    for at, one in enumerate(pattern):
        depth += (one == "(") - (one == ")")
        if not depth:
            break
        if one == "|" and depth == 1:
            found.add(pattern[at + 1].lower())
    return found


def _bounded(word: str) -> str:
    return rf"{word}\b" if re.match("[a-z]", word) else word


def _inner(pattern: str) -> str:
    """Return a pattern without groups that count."""
    return re.sub(r"\((?!\?)", "(?:", pattern)


@cache
def _parts() -> re.Pattern[str]:
    words = alternatives(list(table("units")["share_words"]))
    return re.compile(
        rf"(?<![\d.])(?P<of>{PLAIN})分の(?P<n>{PLAIN})"
        rf"|(?P<tenths>{PLAIN})割(?P<more>{PLAIN})分"
        r"|(?<![\d/.])(?P<a>\d{1,3})/(?P<b>\d{1,3})(?![\d/.])"
        rf"|(?P<word>{words})",
        re.IGNORECASE,
    )


def shares(text: str) -> Iterator[Figure]:
    """Yield the parts of a whole: 百分の五, 8割5分, 1/2, 半額."""
    for match in _parts().finditer(text):
        if match["word"]:
            percent = Fraction(table("units")["share_words"][match["word"].lower()])
        elif match["tenths"]:
            percent = 10 * value(match["tenths"]) + value(match["more"])
        else:
            whole = value(match["of"] or match["b"])
            part = value(match["n"] or match["a"])
            if not whole or part > whole:
                continue
            percent = 100 * part / whole
        yield Figure(match.start(), match.end(), Kind.SHARE, percent, "%")


_PRICE = re.compile(
    rf"(?P<sign>[¥$]|\b(?:JPY|USD)\s)\s?(?P<n>{ARABIC})(?:\s(?P<times>thousand|million|billion)\b)?"
)


def prices(text: str) -> Iterator[Figure]:
    """Yield the sums whose sign stands before them: ¥1,200, JPY 5 million."""
    for match in _PRICE.finditer(text):
        sum_of_money = value(match["n"]) * _TIMES.get(match["times"] or "", 1)
        unit = "円" if match["sign"][0] in "¥J" else "ドル"
        yield Figure(match.start(), match.end(), Kind.MONEY, sum_of_money, unit)


def counts(text: str) -> Iterator[Figure]:
    """Yield the numbers with a unit, and the bare ones in western figures."""
    for match in _NUMBER.finditer(text):
        said, times = match[0], match["times"]
        if times:
            said = said.removesuffix(times).rstrip()
        many = worth(said) * _TIMES.get(times or "", 1)
        unit = unit_at(text, match.end())
        if unit is not None:
            yield _counted(match.start(), many, unit)
        elif said[-1].isdigit() or said[0] in "△▲0123456789":
            yield Figure(match.start(), match.end(), Kind.NUMBER, many)
    if not text.isascii() and not _LATIN.search(text):
        return
    for match in _in_words().finditer(text):
        unit = unit_at(text, match.end())
        if unit is not None:
            yield _counted(match.start(), worth(match[0]), unit)


_LATIN = re.compile("[A-Za-z]{3}")


def _counted(start: int, many: Fraction, unit: Unit) -> Figure:
    if unit.name == TENTHS:
        return Figure(start, unit.end, unit.kind, 10 * many, "%")
    return Figure(start, unit.end, unit.kind, many, unit.name)


def worth(said: str) -> Fraction:
    """Return what a number is worth, in figures, Chinese numerals or an English word."""
    word = table("units")["words"].get(said.lower())
    if word is not None:
        return Fraction(word)
    return -value(said[1:].strip()) if said[0] in "△▲" else value(said)
