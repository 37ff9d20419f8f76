"""The figure or day in a quotation that a question asks for, as it stands there."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.question import Wants
from ingest.japanese import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDE = r"[0-9０-９]"
_DAY = re.compile(
    rf"(?:(?:令和|平成|昭和)?(?:{_WIDE}{{1,4}}|元)(?:年度?)(?:[（(][^（）()]{{2,12}}[）)])?"
    rf"(?:{_WIDE}{{1,2}}月(?:{_WIDE}{{1,2}}日)?|[春夏秋冬]頃?)?(?:末|中|頃|まで)*)"
    r"|\b(?:(?:early|mid|late|summer|spring|autumn|winter|end of)\s+(?:of\s+)?)?"
    r"(?:(?:\d{1,2}\s+)?(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\s+(?:\d{1,2},?\s+)?)?(?:fiscal(?: year)?\s+|FY\s?)?(?:19|20)\d{2}\b"
)
_COUNT_ASKED = re.compile(
    r"何\s*(件|個|つ|人|名|回|割|%|％|手続|業務|事務|団体|種類|時間|日間|か月|番目|円|ページ|社|か所)"
)
_COUNT = r"[0-9０-９][0-9０-９,，.．]*\s?(?:{unit})"
_TELEPHONE = re.compile(rf"{_WIDE}{{2,5}}[-－‐−ー]{_WIDE}{{1,4}}[-－‐−ー]{_WIDE}{{3,4}}")


def figure(question: str, shapes: Iterable[Wants], quotes: Sequence[str]) -> str:
    """Return the one figure in the first of *quotes* that *question* asks for, or "".

    It is a slice of the first quotation, and plain: none of *quotes*, best first, names
    another day, another number of the thing counted, or another telephone number.
    """
    asked = unicodedata.normalize("NFKC", question)
    for shape in shapes:
        pattern = _pattern(shape, asked)
        if pattern is not None:
            found = [match[0].strip() for quote in quotes for match in pattern.finditer(quote)]
            plain = len({normalise(one) for one in found}) == 1
            return found[0] if plain and found[0] in quotes[0] else ""
    return ""


def _pattern(shape: Wants, asked: str) -> re.Pattern[str] | None:
    if shape is Wants.CONTACT:
        return _TELEPHONE
    if shape is Wants.DATE:
        return _DAY
    unit = _COUNT_ASKED.search(asked) if shape is Wants.NUMBER else None
    return re.compile(_COUNT.format(unit=re.escape(unit[1]))) if unit else None
