"""Figures by what they tell: 17業務, 3万5千円, 百分の五, 午後5時15分, 3年に1回, 第18条の2第3項, 第3回."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache

from ingest.language.days import Day
from ingest.language.numerals import ARABIC, COUNTERS, FREE, NUMERAL, PLAIN, era_year, value
from ingest.language.tables import alternatives, table


class Kind(StrEnum):
    """What a figure tells."""

    MONEY = "money"
    PEOPLE = "people"
    SHARE = "share"
    COUNT = "count"
    MEASURE = "measure"
    DURATION = "duration"
    AGE = "age"
    DAY = "day"
    TIME = "time"
    FREQUENCY = "frequency"
    ORDINAL = "ordinal"
    EDITION = "edition"
    ARTICLE = "article"
    NUMBER = "number"


class Bound(StrEnum):
    """What a word beside a figure makes of it.

    AT_LEAST 以上, AT_MOST 以下 or 最大, ABOVE 超, BELOW 未満, ABOUT 約, UNTIL まで, SINCE 以降,
    EARLIER 前, LATER 後, PRINCIPLE 原則, EACH ごと or 1人当たり.
    """

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    ABOUT = "about"
    UNTIL = "until"
    SINCE = "since"
    EARLIER = "earlier"
    LATER = "later"
    PRINCIPLE = "principle"
    EACH = "each"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure where it stands.

    The text from *start* to *end* is the figure with its unit, both ends of a range included;
    from *first* to *last* it is that with every word that bounds it (原則として2週間以内).

    *value* is what it is worth in *unit*: yen, percent (five per cent is 5, two thirds 200/3),
    minutes since midnight for a TIME; None for a DAY, which is told by *day*. *upto* and *until* are
    the other end of a range. *unit* is the unit's own name, the same for all its words (人 for 名
    and people); "" for a bare NUMBER. A FREQUENCY is *value* times in each *unit* (年, 3年).
    *name* is what an EDITION or ARTICLE is called in western figures: 2.0, 第18条の2第3項.
    """

    start: int
    end: int
    kind: Kind
    value: Fraction | None = None
    unit: str = ""
    name: str = ""
    day: Day | None = None
    upto: Fraction | None = None
    until: Day | None = None
    bounds: tuple[Bound, ...] = ()
    first: int = -1
    last: int = -1


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


_PER = r"年度?|月|週|日|半年|四半期|半期"


@cache
def _frequent() -> re.Pattern[str]:
    words = alternatives(list(table("units")["frequency"]))
    return re.compile(
        rf"(?<![\d年月])(?:毎|各)?(?P<per>{_PER})(?:に|間)?\s?(?P<n>{PLAIN})\s?[回度](?!目|線|答)"
        rf"|(?P<every>{PLAIN}\s?(?:[かヶケカ箇]月|年間?|週間?|日|時間|分)|半年|四半期|半期)(?:に|につき)\s?(?P<m>{PLAIN})\s?[回度](?!目|線|答)"
        rf"|(?P<each>{PLAIN}\s?(?:[かヶケカ箇]月|年|週間?|日|時間|分))(?:ごと|毎|おき)"
        r"|\b(?P<e>once|twice|(?P<times>\w+) times) (?:a|an|per|every|each) (?P<eper>year|month|week|day|quarter|fiscal year)"
        rf"|\bevery (?P<en>\d+|{alternatives(list(table('units')['words']))}) (?P<eu>years|months|weeks|days|hours)"
        rf"|(?P<word>{words})",
        re.IGNORECASE,
    )


_ENGLISH_PER = {
    "year": "年", "fiscal year": "年度", "month": "月", "week": "週", "day": "日", "quarter": "四半期",
    "hour": "時間",
}  # fmt: skip


def frequencies(text: str) -> Iterator[Figure]:
    """Yield how often something happens: so many times in each unit of time."""
    for match in _frequent().finditer(text):
        often: Fraction | None = Fraction(1)
        if match["per"]:
            per, often = match["per"], value(match["n"])
        elif match["every"]:
            per, often = _span_of_time(match["every"]), value(match["m"])
        elif match["each"]:
            per = _span_of_time(match["each"])
        elif match["e"]:
            per = _ENGLISH_PER[match["eper"].lower()]
            often = _how_often(match["e"].lower(), match["times"])
            if often is None:
                continue
        elif match["en"]:
            per = f"{worth(match['en'])}{_ENGLISH_PER[match['eu'].lower()[:-1]]}"
        else:
            per = table("units")["frequency"][match["word"].lower()]
        yield Figure(match.start(), match.end(), Kind.FREQUENCY, often, per)


def _how_often(said: str, times: str | None) -> Fraction | None:
    if times is None:
        return Fraction(2 if said == "twice" else 1)
    known = times.isdigit() or times.lower() in table("units")["words"]
    return worth(times) if known else None


def _span_of_time(said: str) -> str:
    number = re.match(PLAIN, said)
    if number is None:
        return said
    rest = re.sub("[かヶケカ箇]月", "か月", said[number.end() :].strip()).replace("間", "")
    return f"{value(number[0])}{rest}"


_TIME = re.compile(
    rf"(?:(?P<half>午前|午後|\b[ap]\.?m\.?)\s?)?(?<![\d:])(?!(?<!前)(?<!後)一時)(?P<h>\d{{1,2}}|{NUMERAL}{{1,3}})"
    rf"(?:時(?![間点期代節短差])(?:(?P<m>\d{{1,2}}|{NUMERAL}{{1,3}})分|(?P<thirty>半))?|:(?P<m2>\d{{2}})(?![\d:]))"
    r"(?:\s?(?P<after>[ap]\.?m\b\.?))?"
    r"|(?<![\d:.])(?P<h2>\d{1,2})\s?(?P<after2>[ap]\.?m\b\.?)|(?P<noon>正午|\bnoon\b)",
    re.IGNORECASE,
)


def times(text: str) -> Iterator[Figure]:
    """Yield the times of the day, in minutes since midnight."""
    for match in _TIME.finditer(text):
        if match["noon"]:
            yield Figure(match.start(), match.end(), Kind.TIME, Fraction(720))
            continue
        hour = value(match["h"] or match["h2"])
        minute = Fraction(30) if match["thirty"] else value(match["m"] or match["m2"] or "0")
        half = (match["half"] or match["after"] or match["after2"] or "").lower()
        if half.startswith(("午後", "p")) and hour < 12:
            hour += 12
        if hour <= 24 and minute < 60:
            yield Figure(match.start(), match.end(), Kind.TIME, 60 * hour + minute)


_EDITION = re.compile(
    rf"(?:改訂?)?第?\s?(?P<a>\d+(?:\.\d+)*|{NUMERAL}+)\s?版(?![画木権])"
    rf"|(?P<of>(?:令和|平成|昭和)\s?(?:元|\d{{1,2}}|{NUMERAL}{{1,3}})|(?:19|20)\d\d)\s?年度?\s?版(?![画木権])"
    r"|(?:\b(?:version|edition|ver\.?)|バージョン)\s?(?P<b>\d+(?:\.\d+)*)(?![\d年月])"
    r"|(?<![A-Za-z0-9])v\.?\s?(?P<v>\d+(?:\.\d+)+)"
    r"|\b(?P<c>\d+)(?:st|nd|rd|th) edition|(?P<first>初版|\bfirst edition)",
    re.IGNORECASE,
)


def editions(text: str) -> Iterator[Figure]:
    """Yield the editions: 第2.0版, 令和6年度版, Ver. 1.3, the first edition."""
    for match in _EDITION.finditer(text):
        said = match["a"] or match["b"] or match["c"] or match["v"] or "1"
        if match["of"]:
            year = re.sub(r"\s", "", match["of"])
            said = str(era_year(year[:2], year[2:])) if not year[0].isdigit() else year
        name = said if said[0].isdigit() else str(value(said))
        yield Figure(match.start(), match.end(), Kind.EDITION, name=name)


_PART = rf"(?:の{PLAIN})*"
_ARTICLE = re.compile(
    rf"(?:(?P<form>別表|様式|別記様式|別紙様式)\s?)?第\s?{PLAIN}\s?(?:条{_PART}|項|号(?![機車])|章|節|編|款|部(?!門))"
    rf"(?:\s?第?\s?{PLAIN}\s?(?:項|号){_PART})*"
    rf"|(?<![\d第か箇ヶケ]){PLAIN}条{_PART}(?:\s?第?{PLAIN}(?:項|号){_PART})*(?![市件例])"
    rf"|(?:別表|様式|別記様式|別紙様式|別紙|別添|附則)第?{PLAIN}(?:号{_PART})?(?![\d年月])"
    r"|\b(?:article|section|chapter|paragraph|item|appendix|schedule|form)s?\s(?:no\.\s?)?"
    r"\d+(?:[-.]\d+)*(?:\(\d+\))*",
    re.IGNORECASE,
)
_NUMERALS = re.compile(rf"{NUMERAL}+")


def articles(text: str) -> Iterator[Figure]:
    """Yield the parts of a law or a document: 第18条の2第3項, 別表第1, Article 18-2."""
    for match in _ARTICLE.finditer(text):
        name = _NUMERALS.sub(lambda found: str(value(found.group())), "".join(match[0].split()))
        if not match[0][0].isascii() and match[0][0] not in "第別様附":
            name = f"第{name}"
        yield Figure(match.start(), match.end(), Kind.ARTICLE, name=name.casefold())


_ORDINAL = re.compile(
    rf"第\s?(?P<a>{PLAIN})\s?(?P<unit>回目?|期(?!間)|次(?!の)|位|日目|年目|弾|世代|四半期|段階|ステップ|フェーズ|条件|種|類)"
    rf"|(?<![\d.])(?P<b>{PLAIN})(?P<unit2>番目|つ目|位(?![置])|回目|日目|年目|年次|級|等級|類型)"
    r"|\b(?P<c>\d+)(?:st|nd|rd|th)\b(?! (?:of )?[a-z]+ \d)"
)


def ordinals(text: str) -> Iterator[Figure]:
    """Yield the places in an order: 第3回, 2番目, 5th."""
    for match in _ORDINAL.finditer(text):
        said = match["a"] or match["b"] or match["c"]
        unit = match["unit"] or match["unit2"] or ""
        yield Figure(match.start(), match.end(), Kind.ORDINAL, value(said), unit)
