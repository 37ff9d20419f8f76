"""Questions made of headings, as people would ask them: to begin with, and to go on."""

from __future__ import annotations

import re

from bot.asking.lexicon import table
from ingest.language.marks import unmarked
from ingest.language.spelling import normalise
from ingest.language.words import units

_FORMS = table("starters")
_KINDS: dict[str, str] = {
    normalise(word): kind for kind, words in table("wants")["heads"].items() for word in words
}
_LONGEST = max(map(len, _KINDS))
_HEADINGS = table("starters")["headings"]
_ASIDE = re.compile(r"[（(][^（）()]*[)）]\s*$")
_JAPANESE = re.compile(r"[ぁ-んァ-ヴ一-龠]")
_NAMING = frozenset({"名詞", "接尾辞", "代名詞"})
_SHORTEST, _LONGEST_HEADING = 3, 28
"""Characters of a heading that says by itself what it is about, and that one reads at a glance."""


def askable(heading: str) -> str:
    """Return what of a heading can be asked about by its words alone, "" where it cannot.

    >>> askable("（３）「広告」等について"), askable("の場合）"), askable("3.1 空き店舗が増えました")
    ('「広告」等', '', '')
    """
    said = _ASIDE.sub("", unmarked(" ".join(heading.split()))).strip()
    for left, right in _HEADINGS["brackets"]:
        if said.startswith(left) and said.find(right) == len(said) - 1:
            said = said[1:-1].strip()
        if said.count(left) != said.count(right):
            return ""
    for tail in _HEADINGS["tails"]:
        said = said.removesuffix(tail)
    plain = normalise(said)
    if not _SHORTEST <= len(said) <= _LONGEST_HEADING:
        return ""
    if any(word in plain for word in _HEADINGS["empty"]):
        return ""
    if 2 * sum(each.isdigit() for each in said) > len(said):
        return ""
    if not _JAPANESE.search(said) or said.endswith(("か", "？", "?", "とは")):
        return said
    words = units(said)
    return said if words and words[-1].part in _NAMING else ""


def question_about(heading: str, language: str, *, figures: bool = True) -> str:
    """Return what somebody would ask to read what stands under a heading.

    Without *figures* it asks for no figure: whether one stands there is not known.

    >>> question_about("住居手当の月額", "ja")
    '住居手当の月額はいくらですか'
    """
    heading = heading.rstrip("。．. ")
    if language != "ja":
        return str(_FORMS["english"]["whole"].format(heading=heading))
    if heading.endswith(("か", "？", "?")):
        return heading
    if heading.endswith("とは"):
        return f"{heading}何ですか"
    forms = _FORMS["japanese"]
    kind = _kind(heading)
    if not figures and kind in _FORMS["figures"]:
        kind = "whole"
    return str(forms.get(kind, forms["whole"]).format(heading=heading))


def calls_for_an_answer(heading: str) -> bool:
    """Whether a heading ends in a word that says what kind of answer stands under it."""
    return heading.endswith("とは") or _kind(heading) in _FORMS["japanese"]


def _kind(heading: str) -> str:
    plain = normalise(heading)
    for length in range(min(_LONGEST, len(plain) - 1), 1, -1):
        kind = _KINDS.get(plain[-length:])
        if kind is not None:
            return kind
    return ""
