"""Editions, articles and places in an order: 第2.0版, 第18条の2第3項, 第3回, Article 18-2."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.language.figure import Figure, Kind
from ingest.language.numerals import NUMERAL, PLAIN, era_year, value

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
