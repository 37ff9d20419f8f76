"""What stands before the words of a line: bullets, numbers, labels, the names of figures.

第3章, 第18条の2, 1., 1-2, (1), ①, ア, ・, 【概要】, 図表1, ※ and Q1. are marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ingest.language.tables import alternatives, table


class Kind(StrEnum):
    """What a mark is: which rank of heading or item it numbers, or what it announces.

    SECOND and THIRD are numbers with so many parts (1-2, 1.2.3); LETTER stands for every mark of an
    item that ranks nothing (ア, a), 2), ⅱ).
    """

    PART = "part"
    CHAPTER = "chapter"
    SECTION = "section"
    ARTICLE = "article"
    NUMBER = "number"
    SECOND = "second"
    THIRD = "third"
    BRACKETED = "bracketed"
    CIRCLED = "circled"
    LETTER = "letter"
    BULLET = "bullet"
    LABEL = "label"
    CAPTION = "caption"
    NOTE = "note"
    QUESTION = "question"
    STEP = "step"
    APPENDIX = "appendix"


RANKS = {
    Kind.PART: 0, Kind.CHAPTER: 1, Kind.APPENDIX: 1, Kind.SECTION: 2, Kind.ARTICLE: 3, Kind.NUMBER: 3,
    Kind.SECOND: 4, Kind.THIRD: 5, Kind.BRACKETED: 6, Kind.CIRCLED: 7,
}  # fmt: skip
"""How high a numbered heading stands, the highest 0; other marks have no rank."""

UNRANKED = 9

_WORDS = table("marks")
BULLETS = " \t\n\r\u3000" + _WORDS["bullets"]
"""White space and marks that stand before an item or a heading and are not quoted with it."""

HEADING_SIGNS = _WORDS["heading"]
"""Signs that head a section as often as an item."""

_N = r"[0-9０-９一二三四五六七八九十百]+"
_D = r"[0-9０-９]{1,2}"
_POINT = r"\s?[.．\-－−‐]\s?"
# A number that counts something is no mark.
_NO_COUNT = r"(?![0-9０-９%％倍万億兆円人件点ポ年月日回歳社時分か所名])"
_FORMS: tuple[tuple[Kind, str], ...] = (
    (Kind.PART, rf"第\s?{_N}\s?[部編](?!門)"),
    (Kind.CHAPTER, rf"第\s?{_N}\s?章|(?:[IVXＩＶＸ]{{1,4}}|[Ⅰ-Ⅻ])[.．、 　]"),
    (Kind.SECTION, rf"第\s?{_N}\s?節"),
    (Kind.ARTICLE, rf"第\s?{_N}\s?[条款](?:の{_N})*"),
    (
        Kind.APPENDIX,
        rf"(?:{alternatives(_WORDS['appendices'])})(?:第?\s?{_N}号?)?(?:の{_N})*(?![一-龥ぁ-ん])",
    ),
    (
        Kind.CAPTION,
        rf"(?:{alternatives(_WORDS['captions'])})\s?[0-9０-９]+(?:[-－‐−.．][0-9０-９]+)*",
    ),
    (
        Kind.QUESTION,
        (
            rf"(?:{alternatives(_WORDS['question_words'])})[0-9０-９]{{0,3}}[.．：:](?!//)"
            r"|[QＱ問AＡ][0-9０-９]{1,3}(?=[\s　])"
        ),
    ),
    (Kind.STEP, rf"(?:{alternatives(_WORDS['steps'])})\s?[0-9０-９①-⑳]+"),
    (
        Kind.NOTE,
        (
            rf"[{_WORDS['notes']}][0-9０-９]{{0,2}}"
            rf"|[（(【]?(?:{alternatives(_WORDS['note_words'])})\s?[0-9０-９]{{0,2}}[）)】：:]"
        ),
    ),
    (
        Kind.THIRD,
        rf"{_D}{_POINT}{_D}{_POINT}{_D}(?:{_POINT}{_D})*{_NO_COUNT}[.．、)）]?",
    ),
    (Kind.SECOND, rf"{_D}{_POINT}{_D}(?!{_POINT}[0-9０-９]){_NO_COUNT}[.．、)）]?"),
    (Kind.NUMBER, rf"{_D}(?:\s?[.．、](?![0-9０-９])|[ 　\t](?=[^\s0-9０-９%％]))"),
    (Kind.BRACKETED, rf"[（(](?:{_D}|[一二三四五六七八九十]{{1,3}})[)）]|[⑴-⒇]"),
    (Kind.CIRCLED, rf"[{_WORDS['circled']}]"),
    (
        Kind.LETTER,
        (
            r"[（(](?:[ア-ンｱ-ﾝa-zａ-ｚA-Zⅰ-ⅹ])[)）]|[0-9０-９]{1,2}[)）](?![0-9０-９])"
            r"|[ア-オカ-コサ-ソ](?:[.．、)）]|[ 　](?=\S))|[a-zA-Zａ-ｚ][.．)）](?=[^a-zA-Z])"
            rf"|[{_WORDS['lettered']}]"
        ),
    ),
    (Kind.LABEL, r"【[^】]{0,40}】?|＜[^＞]{0,40}＞?|\[[^\]]{1,12}\]|参考[0-9０-９]{1,2}"),
    (Kind.BULLET, rf"[{re.escape(_WORDS['bullets'])}\uf000-\uf0ff]|-(?=[\s　])"),
)
_MARK = re.compile(r"[\s　]*(?:" + "|".join(f"(?P<{kind}>{form})" for kind, form in _FORMS) + ")")
_CIRCLED = re.compile(f"[{_WORDS['circled']}]")
_PLACEHOLDER = re.compile("[○◯〇]{2,}|[○◯〇][×市町村区県]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark at the beginning of a line: the text from *start* to *end*, without white space."""

    start: int
    end: int
    kind: Kind

    @property
    def rank(self) -> int:
        """How high the heading stands that it numbers, from 0; `UNRANKED` where it does not."""
        return RANKS.get(self.kind, UNRANKED)

    @property
    def begins_anew(self) -> bool:
        """Whether a line with it begins a paragraph; the name of a step also goes on with one."""
        return self.kind is not Kind.STEP


def mark(text: str, at: int = 0) -> Mark | None:
    """Return the mark that *text* begins with at *at*, white space aside, or None.

    ○○市 is a name left open, and 3.5% a number: neither begins with a mark.
    """
    found = _MARK.match(text, at)
    if found is None or found.lastgroup is None:
        return None
    start, end = found.span(found.lastgroup)
    if _PLACEHOLDER.match(text, start) is not None:
        return None
    return Mark(start, end, Kind(found.lastgroup))


def counts_on(text: str) -> bool:
    """Whether *text* holds circled numbers: a list that is told within a sentence."""
    return _CIRCLED.search(text) is not None


def unmarked(title: str) -> str:
    """Return *title* without the marks before it; a title that is nothing else stays."""
    rest = title
    while (found := mark(rest)) is not None:
        # A label in brackets may be the title itself.
        rest = rest[found.end :].lstrip(" \t\u3000：:")
    return rest.strip() or title.strip()


def lead(text: str) -> int:
    """Return how many characters of white space and bullets *text* begins with.

    A box that is or is not ticked says something, so it is no bullet; ■ and □ are such boxes where
    both stand in the text.
    """
    at = len(text) - len(text.lstrip())
    said = _WORDS["ticks"] + (_WORDS["filled"] if set(_WORDS["filled"]) <= set(text) else "")
    while (found := mark(text, at)) is not None and found.kind is Kind.BULLET:
        if text[at] in said:
            break
        at = found.end + len(text[found.end :]) - len(text[found.end :].lstrip())
    return at
