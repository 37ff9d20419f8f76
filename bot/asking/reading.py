"""Reading a question: once, wholly, into an `Intent`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.asking.conversation import day_in, follows_up
from bot.asking.intent import Article, Conditions, Intent, Kind, Period, Thing, Town
from bot.asking.question import language_of, questions_in
from bot.asking.things import predicate, spoken, things
from bot.asking.wants import TOP, asking, heads, wanted
from ingest.language.numbers import Figure, figures
from ingest.language.numbers import Kind as FigureKind
from ingest.language.places import places
from ingest.language.spelling import normalise
from ingest.language.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.asking.things import Spoken

_JAPANESE = "[\u3041-\u30ff\u3400-\u9fff々〆]"
_BETWEEN_WORDS = re.compile(rf"(?<={_JAPANESE}{{2}})\s+(?={_JAPANESE}{{2}})")
"""White space between words, as in a search box; letters spread over their width stand alone."""


@lru_cache(maxsize=256)
def read(text: str, *, language: str | None = None) -> Intent:
    """Return what *text*, a message as somebody typed it, asks.

    *language* is "ja" or "en", that of the text where none is given.
    """
    spoken_in = language or language_of(text)
    message = questions_in(text)
    if message.small_talk is not None:
        return Intent(text, message.core, spoken_in, small_talk=message.small_talk)
    parts = tuple(_question(text, part, spoken_in) for part in message.parts)
    if len(parts) == 1:
        return parts[0]
    return replace(_question(text, message.core, spoken_in), parts=parts)


def _question(text: str, core: str, language: str) -> Intent:
    core = _BETWEEN_WORDS.sub("、", core)
    plain = normalise(core)
    asked = asking(plain)
    numbered = find_articles(plain)
    bounds, spans = find_conditions(core, plain)
    # What asks, bounds or numbers names no thing.
    spans += [(one.start, one.end) for one in asked]
    spans += [(one.start, one.end) for one in numbered]
    phrases = spoken(plain, spans)
    said, negative = predicate(phrases)
    wants = wanted(plain, asked, phrases, article=bool(numbered))
    kinds = {want.kind for want in wants}
    about = things(phrases, heads(plain, phrases))
    options = _options(about) if kinds & {Kind.COMPARISON, Kind.CHOICE} else ()
    return Intent(
        text=text,
        core=core,
        language=language,
        things=about,
        predicate=said,
        negative=negative,
        conditions=replace(bounds, bodies=bodies(phrases)),
        wanted=wants,
        articles=tuple(one.article for one in numbered),
        options=options,
        follows_up=follows_up(core),
    )


def _options(about: tuple[Thing, ...]) -> tuple[str, ...]:
    """Return the things that are chosen from or compared: those joined by と, か, や, より."""
    found: list[str] = []
    for thing, following in pairwise(about):
        if thing.particle in {"と", "か", "や", "より"}:
            found += [thing.said, following.said]
    return tuple(dict.fromkeys(found))


_NUMERAL = r"[0-9〇一二三四五六七八九十百]+"
_BRANCH = rf"(?:の{_NUMERAL})*"
_ARTICLE = re.compile(
    rf"(?:(?P<supplementary>附則)の?)?(?:第(?P<a>{_NUMERAL})条(?P<ab>{_BRANCH})|(?<![\d第.])(?P<bare>\d+)条(?P<bb>{_BRANCH})(?![件例約]))"
    rf"(?:の?第?(?P<ap>{_NUMERAL})項)?(?:の?第?(?P<ai>{_NUMERAL})号(?P<aib>{_BRANCH}))?"
    rf"|(?P<rest>附則)(?:の?第?(?P<rp>{_NUMERAL})項)?"
    rf"|(?P<form>(?:別記)?第(?P<f1>{_NUMERAL})号(?P<fb1>{_BRANCH})様式|(?:別記)?様式(?:第?(?P<f2>{_NUMERAL})号?(?P<fb2>{_BRANCH})))"
    rf"|(?P<table>別表|別記|別紙)(?:第?(?P<t>{_NUMERAL})(?P<tb>{_BRANCH}))?"
    rf"|第(?P<part>{_NUMERAL})(?P<kind>[章節款編項])"
)
_ENGLISH = re.compile(
    r"\b(?P<kind>article|section|paragraph|appendix|schedule|form)\s+(?:no\.?\s*)?(?P<n>\d+)(?:[-.](?P<b>\d+))?"
)
_ENGLISH_KINDS = {
    "article": "条",
    "section": "節",
    "paragraph": "項",
    "appendix": "別表",
    "schedule": "別表",
    "form": "様式",
}
_RULES: tuple[str, ...] = tuple(table("bot/asking/words")["rules"])
_OF = re.compile(r"([^\s、。,.?？!！「」『』()（）はがをにでとも]+?)[」』]?の?$")


@dataclass(frozen=True, slots=True)
class Named:
    """An article that a text names, from *start* to *end* (normalised)."""

    article: Article
    start: int
    end: int


def find_articles(text: str) -> list[Named]:
    """Return the numbered parts that *text* (normalised) names, in order."""
    found = [Named(_japanese(one, text), one.start(), one.end()) for one in _ARTICLE.finditer(text)]
    found += [Named(_english(one), one.start(), one.end()) for one in _ENGLISH.finditer(text)]
    return found


def _japanese(found: re.Match[str], text: str) -> Article:
    said = found.group()
    blank = Article("", work=_work(text[: found.start()]), said=said)
    if found["a"] or found["bare"]:
        return replace(
            blank,
            kind="条",
            number=_numbers(found["a"] or found["bare"], found["ab"] or found["bb"]),
            paragraph=_value(found["ap"]),
            item=_numbers(found["ai"], found["aib"]),
            supplementary=bool(found["supplementary"]),
        )
    if found["rest"]:
        return replace(blank, kind="附則", paragraph=_value(found["rp"]), supplementary=True)
    if found["form"]:
        number = _numbers(found["f1"] or found["f2"], found["fb1"] or found["fb2"])
        return replace(blank, kind="様式", number=number)
    if found["table"]:
        return replace(blank, kind=found["table"], number=_numbers(found["t"], found["tb"]))
    return replace(blank, kind=found["kind"], number=_numbers(found["part"], ""))


def _english(found: re.Match[str]) -> Article:
    number = (int(found["n"]), *([int(found["b"])] if found["b"] else []))
    return Article(_ENGLISH_KINDS[found["kind"]], number, said=found.group())


def _work(before: str) -> str:
    """Return the rule of which a part is named, as it stands right before it, or ""."""
    found = _OF.search(before)
    return found[1] if found and found[1].endswith(_RULES) else ""


def _numbers(number: str | None, branch: str | None) -> tuple[int, ...]:
    if not number:
        return ()
    return tuple(_value(one) for one in (number, *(branch or "").split("の")) if one)


def _value(numeral: str | None) -> int:
    """Read 18 and 十八 as 18; nothing as 0."""
    if not numeral:
        return 0
    # 第 makes a number of every numeral behind it.
    digits = normalise(f"第{numeral}")[1:]
    return int(digits) if digits.isdigit() else 0


_BODIES = frozenset(table("bot/asking/words")["bodies"])
TITLE = re.compile(r"[『“]([^『』“”]+)[』”]")
_VALUES = frozenset(
    {
        FigureKind.MONEY,
        FigureKind.PEOPLE,
        FigureKind.SHARE,
        FigureKind.COUNT,
        FigureKind.MEASURE,
        FigureKind.DURATION,
        FigureKind.AGE,
        FigureKind.TIME,
        FigureKind.FREQUENCY,
    }
)


def find_conditions(text: str, plain: str) -> tuple[Conditions, list[tuple[int, int]]]:
    """Return what bounds a question, and where in *plain* stands what names no thing.

    *text* is the question as asked, *plain* the same normalised.
    """
    said = day_in(text)
    told = figures(plain)
    values = [one for one in told if one.kind in _VALUES and not TOP.match(plain, one.start)]
    periods = [(one, period) for one in told if (period := _period(one, plain)) is not None]
    editions = [one for one in told if one.kind is FigureKind.EDITION]
    found = Conditions(
        towns=tuple(dict.fromkeys(_towns(text))),
        periods=tuple(dict.fromkeys(period for _, period in periods)),
        figures=tuple(values),
        as_of=said.day if said else None,
        editions=tuple(dict.fromkeys(one.name for one in editions)),
        works=tuple(one[1] for one in TITLE.finditer(text)),
    )
    # What is counted is a thing as well: 31手続 are asked about.
    bounding = [one for one in values if one.kind is not FigureKind.COUNT or one.bounds]
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
    if one.kind is not FigureKind.DAY or one.day is None:
        return None
    first, last = one.day.first, (one.until or one.day).last
    if first is None or last is None:
        return None
    said = plain[one.start : one.end].removeprefix("西暦")
    return Period(said.removesuffix(one.day.part), first, last)
