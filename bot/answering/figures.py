"""The figure or day in a quotation that a question asks for, as it stands there."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.asking.question import Wants
from ingest.japanese import normalise
from ingest.language.places import PREFECTURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDE = r"[0-9０-９]"
_DAY = re.compile(
    rf"(?:(?:令和|平成|昭和)?(?:{_WIDE}{{1,4}}|元)(?:年度?)(?:[（(][^（）()]{{2,12}}[）)])?"
    rf"(?:{_WIDE}{{1,2}}月(?:{_WIDE}{{1,2}}日)?|[春夏秋冬]頃?)?(?:末|中|頃|まで)*(?!度|第?\d*次?(?:補正|予算|当初)|版))"
    r"|\b(?:(?:early|mid|late|summer|spring|autumn|winter|end of)\s+(?:of\s+)?)?"
    r"(?:(?:\d{1,2}\s+)?(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\s+(?:\d{1,2},?\s+)?)?(?:fiscal(?: year)?\s+|FY\s?)?(?:19|20)\d{2}\b"
)
_COUNTED = r"件|個|つ|人|名|回|割|%|％|手続|業務|事務|団体|種類|時間|日間|か月|番目|円|ページ|社|か所|項目|段階|作業|文書"
_COUNT_ASKED = re.compile(rf"何\s*({_COUNTED})")
_HOW_MANY = re.compile(
    r"(?:([一-龥ァ-ヶー]{2,8})(?:の数)?(?:は|が|って)?(?:全部で|合わせて)?(?:いくつ|何種類))"
)
_ENGLISH_MANY = re.compile(r"how many (?:\w+ ){0,3}?(\w{3,}?)(?:ies|es|s)\b", re.IGNORECASE)
_COUNT = r"[0-9０-９][0-9０-９,，.．]*\s?(?:{unit})|(?<=次の)[二三四五六七八九十百]+(?:つ|点|(?=である|です|で、))"
_ENGLISH_COUNT = r"\b(?:\d[\d,]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?: [a-z-]+)?? {noun}\w*"
_TELEPHONE = re.compile(rf"{_WIDE}{{2,5}}[-－‐−ー]{_WIDE}{{1,4}}[-－‐−ー]{_WIDE}{{3,4}}")
CONTACT = re.compile(rf"{_TELEPHONE.pattern}|[\w.+-]+@[\w-]+\.\w")
"""A telephone number or a mail address."""

_PREFECTURE = "|".join(PREFECTURES)
_KANJI = r"(?![市町村区県])[一-龥ヶケ々ぁ-んァ-ン]"
# Names may begin with 市, 町 or 村 (市川市, 町田市), or hold one (東村山市, 四日市市).
_TOWN_NAME = rf"(?:山県市|[市町村]?(?:{_KANJI}){{1,4}}?(?:[市町村](?:{_KANJI}){{1,3}}?)?[市町村]?(?:市|町|村|区))"
_TOWN = re.compile(
    rf"(?:(?:{_PREFECTURE})|(?<![一-龥])){_TOWN_NAME}(?![町村区場])|(?:{_PREFECTURE})"
    r"|[A-Z][a-z]+ (?:City|Town|Village|Prefecture|Ward)(?:, [A-Z][a-z]+)?"
)
_FISCAL = re.compile(r"(end of (?:the )?)?fiscal (?:year )?((?:19|20)[0-9]{2})")
_BRACKETS = re.compile(r"[（(][^（）()]*[)）]")

_IN_ALL = re.compile(r"全部で|合計|総数|\bin all\b|\bin total\b|altogether", re.IGNORECASE)

_OWN = 0.7
"""From what share on of what is asked about a sentence gives a figure of its own subject."""

_AS_MUCH = 0.05


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence or row, and which shares of what is asked about and how it says itself."""

    text: str
    subject: float
    asked: float = 0.0
    deadline: bool = True


def figure(
    question: str, shapes: Iterable[Wants], quotes: Sequence[Sequence[Told]]
) -> tuple[int, str]:
    """Return the one figure that *question* asks for and which of *quotes* has it, or (0, "").

    It is a slice of a sentence that says what the question is about, and plain: no other
    sentence that says as much names another day, another number of the thing counted, or
    another telephone number. A date beside another subject is nobody's answer, and a deadline
    is a date that is said to be one.
    """
    asked = unicodedata.normalize("NFKC", question)
    shapes = list(shapes)
    for shape in shapes:
        pattern = _pattern(shape, asked)
        if pattern is None:
            continue
        found = [
            (
                one.subject + one.asked,
                -order,
                [match[0].strip() for match in pattern.finditer(one.text)],
                _IN_ALL.search(one.text) is not None,
            )
            for order, quote in enumerate(quotes)
            for one in quote
            if one.subject >= _OWN and (one.deadline or Wants.DEADLINE not in shapes)
        ]
        given = [one for one in found if one[2]]
        if shape is Wants.NUMBER:
            given = [one for one in given if one[3]] or given
        if not given:
            continue
        most, order, figures, _ = max(given, key=lambda one: (one[0], one[1]))
        rivals = {
            _bare(one) for share, _, said, _ in given if share >= most - _AS_MUCH for one in said
        }
        if len(rivals) == 1:
            return -order, figures[0]
    return 0, ""


def _bare(figure: str) -> str:
    """Return a figure as it is compared: 令和7年度（2025年度） and fiscal 2025 are 2025年度."""
    plain = normalise(_BRACKETS.sub("", figure))
    return _FISCAL.sub(lambda found: f"{found[2]}年度{'末' if found[1] else ''}", plain)


def towns(quote: Sequence[Told], least: float = 0.0) -> list[str]:
    """Return the municipalities that the sentences which answer name, each as it stands there.

    A quotation of which no sentence says *least* of what is asked about names none.
    """
    most = max((one.subject for one in quote), default=0.0)
    found: dict[str, None] = {}
    if most < least:
        return []
    for one in quote:
        if one.subject and one.subject >= most - _AS_MUCH:
            cells = [cell for cell in one.text.split("\t") if _TOWN.match(cell.strip())]
            named = _TOWN.search(one.text)
            if "\t" in one.text and cells:
                found[cells[0].strip()] = None
            elif named is not None:
                found[named[0]] = None
    return list(found)


def counted(question: str, shapes: Iterable[Wants]) -> re.Pattern[str] | None:
    """Return what finds a number of the things that *question* counts, None when it counts none."""
    if Wants.NUMBER not in shapes:
        return None
    return _count(unicodedata.normalize("NFKC", question))


def _pattern(shape: Wants, asked: str) -> re.Pattern[str] | None:
    if shape is Wants.CONTACT:
        return _TELEPHONE
    if shape is Wants.DATE:
        return _DAY
    return _count(asked) if shape is Wants.NUMBER else None


def _count(asked: str) -> re.Pattern[str] | None:
    unit = _COUNT_ASKED.search(asked)
    if unit is not None:
        return re.compile(_COUNT.format(unit=re.escape(unit[1])))
    noun = _HOW_MANY.search(asked)
    if noun is not None:
        # What is counted is the last word of a compound: 対象業務 are counted as 業務 or 事務.
        last = re.escape(noun[1][-2:])
        alike = "業務|事務" if noun[1].endswith(("業務", "事務")) else last
        return re.compile(_COUNT.format(unit=alike))
    english = _ENGLISH_MANY.search(asked)
    if english is not None:
        return re.compile(_ENGLISH_COUNT.format(noun=english[1][:6].lower()))
    return re.compile(_COUNT.format(unit="つ|点|件|個|項目|種類")) if "いくつ" in asked else None
