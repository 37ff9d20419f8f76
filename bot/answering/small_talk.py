"""The reply to a message that asks nothing: no search, no citation, nothing that was missing."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from bot.answers import Answer
from bot.telling.phrases import phrase

if TYPE_CHECKING:
    from datetime import date

    from bot.answers import Question
    from index.passages import Library


def reply(question: Question, library: Library, on: date) -> Answer:
    """Return a sentence in answer to a greeting or to thanks.

    Raises:
        ValueError: the question is no small talk.
    """
    if question.small_talk is None:
        message = f"{question.text}: this asks something"
        raise ValueError(message)
    return Answer(
        id=secrets.token_hex(8),
        question=question,
        text=phrase(question.language, question.small_talk),
        mode="extractive",
        citations=(),
        consulted=(),
        declined=None,
        generation=library.id,
        recipe=library.recipe,
        asked_on=on,
    )
