"""Asked back: the works, editions or sections that a short question fits equally well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.asking.conversation import is_choice
from bot.telling.phrases import phrase
from ingest.language.marks import unmarked
from ingest.language.sentences import shown

if TYPE_CHECKING:
    from bot.answering.candidates import Candidate
    from bot.answers import Question

_VAGUE = 2
"""Words up to which a question is vague."""

_RIVALS, _CHOICES = 2, 4
"""From how many rivals on it is asked back, and how many are offered."""


def choices(question: Question, words: int, rivals: Sequence[Candidate]) -> tuple[str, ...]:
    """Return questions to choose from, none where the question of so many *words* is plain.

    The choices are works, editions of one work or its sections, in this order. At most one
    question is asked back: never to somebody who has just been asked, or who chose.
    """
    if is_choice(question.core) or question.filters.documents or words > _VAGUE:
        return ()
    language = question.language
    if question.history and phrase(language, "clarify") in question.history[-1].answer:
        return ()
    mine = [one for one in rivals if one.first.edition.document.language == language]
    titles = dict.fromkeys(one.first.edition.document.title for one in mine)
    if len(titles) >= _RIVALS:
        return tuple(
            phrase(language, "choice", title=title, question=question.standalone)
            for title in list(titles)[:_CHOICES]
        )
    ways = (
        dict.fromkeys(one.first.edition.label for one in mine),
        dict.fromkeys(unmarked(shown(one.first.section[-1])) for one in mine if one.first.section),
    )
    parts = next((way for way in ways if len(way) >= _RIVALS), {})
    return tuple(
        phrase(language, "choice-part", part=part, question=question.standalone)
        for part in list(parts)[:_CHOICES]
    )
