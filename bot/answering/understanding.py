"""A question as it is understood beside what is held: names put right, days, works, editions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from bot.answers import Question
from bot.asking.conversation import day_in, written_day
from bot.asking.intent import Kind
from bot.asking.reading import TITLE, read
from bot.telling.phrases import phrase
from ingest.language.spelling import normalise
from ingest.language.tables import table
from ingest.language.words import tokens
from ingest.personal import people

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.passages import Library
    from index.search.glossary import Match

_WORDS = table("bot/asking/words")["people"]
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
    for start, after in sorted(_named_people(question, known)):
        if start >= end:
            rest += question[end:start]
            end = after
    rest += question[end:]
    if not end or not (intent := read(rest, language="ja")).subjects:
        return question
    return question if _OF_THEM.intersection(intent.kinds) else rest


def _named_people(question: str, known: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Return from where to where each person is named, with what joins the name to the rest."""
    found: list[tuple[int, int]] = []
    for one in people.find(question):
        honorific = _first_of(_HONORIFICS, question, one.end)
        # A word of the name that no document has: the person is in none.
        if honorific and not all(map(known, tokens(question[one.start : one.end]))):
            end = one.end + len(honorific)
            found.append((one.start, end + len(_first_of(_PARTICLES, question, end))))
    return found


def _first_of(words: tuple[str, ...], text: str, at: int) -> str:
    return next((word for word in words if text.startswith(word, at)), "")


def heard(question: Question) -> tuple[str, ...]:
    """Return the question's notices, and how a follow-up was understood."""
    if question.standalone == question.text:
        return question.notices
    read_as = phrase(question.language, "notice-read-as", question=question.standalone)
    return (*question.notices, read_as)


def mended(question: Question, library: Library) -> Question:
    """Return the question put right; `heard` tells how it was read."""
    return replace(question, standalone=put_right(question.standalone, library))


def put_right(said: str, library: Library) -> str:
    """Return a question with misspelt names put right, and without people whom no text names."""
    unknown = library.rarity("")
    return without_people(library.mended(said), lambda word: library.rarity(word) < unknown)


def settled(question: Question, library: Library, today: date) -> Question:
    """Return the question with a notice of the day it was understood to be about.

    The day is a filter only where an edition that was in force then is no longer: what came out
    later may speak of that day, and is searched with it.
    """
    day = question.filters.as_of
    if not question.day_said or day is None:
        return question
    if set(library.in_force(day)) <= set(library.in_force(today)):
        return replace(question, filters=replace(question.filters, as_of=None))
    said = day_in(question.day_said)
    name = f"notice-as-of-{said.whole}" if said else "notice-as-of-day"
    language = question.language
    told = phrase(language, name, said=question.day_said, day=written_day(day, language))
    return replace(
        question,
        filters=replace(question.filters, later=True),
        notices=(*question.notices, told),
    )


def with_work(question: Question, library: Library) -> Question:
    """Return the question with the works as filter whose whole titles it quotes, if it does."""
    if question.filters.documents:
        return question
    titles = {match[1] for match in TITLE.finditer(question.standalone)}
    named = {
        edition.document.id
        for edition in library.editions
        if edition.held and edition.document.title in titles
    }
    if not named:
        return question
    return replace(question, filters=replace(question.filters, documents=tuple(sorted(named))))


def with_edition(question: Question, library: Library, on: date) -> Question:
    """Return the question with the superseded edition that it names, if it names one, as filter.

    Of editions that are a filter already it keeps those that it names, if it names any.
    """
    said = normalise(question.standalone)
    if question.filters.editions:
        kept = tuple(label for label in question.filters.editions if _names(said, label))
        return replace(
            question,
            filters=replace(question.filters, editions=kept or question.filters.editions),
        )
    current = {edition.label for edition in library.in_force(on)}
    named = {
        edition.label
        for edition in library.editions
        if edition.held and edition.label not in current and _names(said, edition.label)
    }
    if not named:
        return question
    return replace(question, filters=replace(question.filters, editions=tuple(sorted(named))))


def _names(said: str, label: str) -> bool:
    """Whether a question says an edition's label, as whole figures (第1版 is not in 第11版)."""
    plain = re.escape(normalise(label))
    return len(label) > 1 and re.search(rf"(?<![\d.]){plain}(?![\d.])", said) is not None


def names_in(question: str, library: Library) -> Sequence[Match]:
    """Return the glossary's names in *question*."""
    return library.glossary.expand(question)
