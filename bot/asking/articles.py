"""Numbered parts of a rule that a text names: 第18条, 第3条の2第1項, 附則第2項, 別表第1, 様式第4号."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.asking.intent import Article
from bot.asking.lexicon import table
from ingest.language.spelling import normalise

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
_RULES: tuple[str, ...] = tuple(table("words")["rules"])
_OF = re.compile(r"([^\s、。,.?？!！「」『』()（）はがをにでとも]+?)[」』]?の?$")


@dataclass(frozen=True, slots=True)
class Named:
    """An article that a text names, from *start* to *end* (normalised)."""

    article: Article
    start: int
    end: int


def find(text: str) -> list[Named]:
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
