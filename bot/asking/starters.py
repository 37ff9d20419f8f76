"""Questions made of headings, as people would ask them: to begin with, and to go on."""

from __future__ import annotations

from bot.asking.lexicon import table
from ingest.language.spelling import normalise

_FORMS = table("starters")
_KINDS: dict[str, str] = {
    normalise(word): kind for kind, words in table("wants")["heads"].items() for word in words
}
_LONGEST = max(map(len, _KINDS))


def question_about(heading: str, language: str) -> str:
    """Return what somebody would ask to read what stands under a heading.

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
    form = forms.get(_kind(heading), forms["whole"])
    return str(form.format(heading=heading))


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
