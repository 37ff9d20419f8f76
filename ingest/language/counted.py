"""Numbers with what they count, prices and shares: 17業務, 3万5千円, ¥1,200, 百分の五, half."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from ingest.language.figure import Figure, Kind
from ingest.language.numerals import ARABIC, COUNTERS, FREE, NUMERAL, PLAIN, value
from ingest.language.tables import alternatives, table

_MIXED = rf"(?<![\dA-Za-z])(?<!\d[.,])(?:[△▲]\s?)?{ARABIC}(?:[百千万億兆]+(?:{ARABIC})?)*"
_CHINESE = (
    rf"(?<![第\d]){NUMERAL}[〇一二三四五六七八九十百千万億兆]+"
    rf"|{FREE}[一二三四五六七八九十百千](?={COUNTERS})"
    rf"|{FREE}[二三四五六七八九十百](?=円)"
)


@cache
def _number() -> re.Pattern[str]:
    words = alternatives(list(table("units")["words"]))
    return re.compile(
        rf"(?P<n>{_MIXED}|{_CHINESE})(?:\s(?P<times>thousand|million|billion))?"
        rf"|\b(?P<word>{words})(?=[ -][A-Za-z])",
        re.IGNORECASE,
    )


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


@cache
def unit_pattern() -> re.Pattern[str]:
    """Return what finds the unit behind a number; its group tells which of `units` it is."""

    def bounded(word: str) -> str:
        return rf"{word}\b" if re.match("[a-z]", word) else word

    groups = "|".join(f"({_inner(bounded(word))})" for word, _, _ in _words_of_units())
    return re.compile(rf"[ -]?(?:[a-z]+ )??(?:{groups})", re.IGNORECASE)


def _inner(pattern: str) -> str:
    """Return a pattern without groups that count."""
    return re.sub(r"\((?!\?)", "(?:", pattern)


@cache
def units() -> tuple[tuple[Kind, str], ...]:
    """Return the kind and the name of the unit that each group of `unit_pattern` stands for."""
    return ((Kind.NUMBER, ""), *((kind, unit) for _, kind, unit in _words_of_units()))


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
    for match in _number().finditer(text):
        said = match["n"] or match["word"]
        many = worth(said) * _TIMES.get((match["times"] or "").lower(), 1)
        unit = unit_pattern().match(text, match.end())
        if unit is None:
            if said[-1].isdigit() or said[0] in "△▲0123456789":
                yield Figure(match.start(), match.end(), Kind.NUMBER, many)
            continue
        kind, name = units()[unit.lastindex or 0]
        if name == TENTHS:
            many, name = 10 * many, "%"
        yield Figure(match.start(), unit.end(), kind, many, name)


def worth(said: str) -> Fraction:
    """Return what a number is worth, in figures, Chinese numerals or an English word."""
    word = table("units")["words"].get(said.lower())
    if word is not None:
        return Fraction(word)
    return -value(said[1:].strip()) if said[0] in "△▲" else value(said)
