"""What was asked: checked, cleaned of invisible characters, made whole, and its kind understood."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.answers import Question, Turn
from bot.asking import days
from bot.asking.conversation import condense, may_stand_alone
from bot.asking.messages import questions_in
from bot.errors import BadQuestion
from index.passages import Filters
from ingest.language.spelling import is_japanese

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 2_000
"""Characters of a question; longer texts are pasted documents, not questions."""

_LAYOUT = frozenset("\n\r\t")
_SPACES = re.compile(r"\s+")


def read(
    text: str,
    *,
    filters: Filters | None = None,
    history: Sequence[Turn] = (),
    conversation: str = "",
) -> Question:
    """Take a question as somebody typed it.

    Characters that nobody sees (zero-width, direction marks, tags) are removed, runs of white
    space become one space. Greeting, name, thanks, signature and markup are no part of what is
    asked. A follow-up is made whole from *history*, oldest turn first. A day
    that it or what it follows names ("令和4年3月時点で") is taken out of what is searched and into
    the filters, unless they name a day already.

    Raises:
        BadQuestion: no words, more than `LONGEST` characters, or control characters.
    """
    if (length := length_of(text)) > LONGEST:
        message = (
            f"The question has {length:,} characters; at most {LONGEST:,} can be read. "
            f"Ask for the one thing you need to know."
        )
        raise BadQuestion(message)
    visible = _visible(text)
    cleaned = _SPACES.sub(" ", visible).strip()
    if not any(character.isalnum() for character in cleaned):
        message = "The question is empty. Type what you would like to know."
        raise BadQuestion(message)
    said = questions_in(visible)
    core = _SPACES.sub(" ", said.core).strip()
    chosen = filters or Filters()
    before = [Turn(questions_in(turn.question).core, turn.answer) for turn in history]
    named = days.carried(core, before) if chosen.as_of is None else None
    earlier = [Turn(days.timeless(turn.question), turn.answer) for turn in before]
    asked = days.timeless(core)
    standalone = condense(asked, earlier) or core
    return Question(
        text=cleaned,
        core=core,
        standalone=standalone,
        alone=asked if standalone != asked and may_stand_alone(asked) else "",
        language=language_of(core),
        filters=replace(chosen, as_of=named.day) if named else chosen,
        history=tuple(before),
        conversation=conversation,
        day_said=named.words if named else "",
        small_talk=said.small_talk,
    )


def length_of(text: str) -> int:
    """Return how many characters a text has, counted as they are compared: ﷺ stands for eighteen."""
    return max(len(text), len(unicodedata.normalize("NFKC", text[: LONGEST + 1])))


def _visible(text: str) -> str:
    """Return *text* without invisible characters, its lines kept."""
    seen: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character in _LAYOUT:
            seen.append("\n" if character in "\n\r" else " ")
        elif category in {"Cc", "Cs"} or character == "\ufffd":
            message = (
                "The question contains characters that are not text, as if a file had been "
                "sent. Type the question as plain text."
            )
            raise BadQuestion(message)
        elif category not in {"Cf", "Co", "Cn"}:
            seen.append(character)
    return "".join(seen)


def language_of(text: str) -> str:
    """Return "ja" or "en", the language the answer should speak."""
    return "ja" if is_japanese(text) else "en"
