"""A follow-up made whole by a language model, where one is configured; the rules' form otherwise."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from bot.errors import ModelFailed
from bot.writing.model import Message, fence_of, prompt
from ingest.language.spelling import is_japanese, normalise
from ingest.language.words import tokens

if TYPE_CHECKING:
    from bot.answers import Question
    from bot.guard import Guard
    from bot.writing.model import LanguageModel

_LONGEST = 300
_KNOWN, _KEPT = 0.8, 0.5
"""Share of its words that must have been said before, and of the follow-up's that must be there."""

log = logging.getLogger(__name__)


def rewritten(question: Question, model: LanguageModel, guard: Guard) -> str:
    """Return the stand-alone form of *question*: the model's where it can be trusted.

    The model is asked only about a follow-up, and only where nothing would have to be masked.
    What it writes must be one short line of the asker's language that brings in no figure and
    hardly a word that nobody said; whatever else happens, the form that rules made stays.
    """
    if question.standalone == question.core or not question.history:
        return question.standalone
    said = [*(turn.question for turn in question.history), question.core]
    if any(guard.findings(text) for text in said):
        return question.standalone
    fence = fence_of(*said)
    asked = "\n".join([fence, *said, fence])
    system = prompt("standalone").replace("{fence}", fence)
    try:
        reply = model.complete((Message("system", system), Message("user", asked))).strip()
    except ModelFailed as failure:
        log.warning("%s", failure)
        return question.standalone
    return reply if _trusted(reply, question.core, "\n".join(said)) else question.standalone


_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def _numbers(text: str) -> set[str]:
    """Return the figures in *text*, eras as western years."""
    return set(_NUMBER.findall(normalise(text)))


def _trusted(reply: str, last: str, said: str) -> bool:
    """Whether a model's line asks what was asked, in words that were said."""
    mine, known, asked = (frozenset(tokens(one)) for one in (reply, said, last))
    return (
        0 < len(reply) <= _LONGEST
        and "\n" not in reply
        and is_japanese(reply) == is_japanese(last)
        and _numbers(reply) <= _numbers(said)
        and len(mine & known) >= _KNOWN * len(mine)
        and len(mine & asked) >= _KEPT * len(asked)
    )
