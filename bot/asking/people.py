"""For whom something is asked: a colleague or a citizen by name, who is not what is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.asking.intent import Kind
from bot.asking.lexicon import table
from bot.asking.reading import read
from ingest.language.words import tokens
from ingest.personal import people

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = table("words")["people"]
_HONORIFICS = tuple(_WORDS["honorifics"])
_PARTICLES = tuple(sorted(_WORDS["particles"], key=len, reverse=True))
_OF_THEM = frozenset({Kind.CONTACT, Kind.NAME, Kind.AGE})
"""Kinds of answer that can only be of the person who is named."""


def without_people(question: str, known: Callable[[str], bool]) -> str:
    """Return a question without the people it names politely (山田さんの転出届), whom no text names.

    *known* tells of a word whether the documents hold it. A question that would be about nothing
    without the person, or that asks who somebody is, stays as it is.
    """
    if not any(honorific in question for honorific in _HONORIFICS):
        return question
    rest, end = "", 0
    for start, after in sorted(_people(question, known)):
        if start >= end:
            rest += question[end:start]
            end = after
    rest += question[end:]
    if not end or not (intent := read(rest, language="ja")).subjects:
        return question
    return question if _OF_THEM.intersection(intent.kinds) else rest


def _people(question: str, known: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Return from where to where each person is named, with what joins the name to the rest."""
    found: list[tuple[int, int]] = []
    for one in people.find(question):
        honorific = _first(_HONORIFICS, question, one.end)
        # A word of the name that no document has: the person is in none.
        if honorific and not all(map(known, tokens(question[one.start : one.end]))):
            end = one.end + len(honorific)
            found.append((one.start, end + len(_first(_PARTICLES, question, end))))
    return found


def _first(words: tuple[str, ...], text: str, at: int) -> str:
    return next((word for word in words if text.startswith(word, at)), "")
