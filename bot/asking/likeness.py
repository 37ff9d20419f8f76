"""Whether two questions ask the same: in the same words, or in the same words put otherwise.

Nothing is guessed: politeness, order, spelling and what surrounds a question may differ, and no
word of what is asked. What is not plainly the same is another question.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from bot.asking.reading import read
from ingest.language.spelling import normalise
from ingest.language.words import tokens

if TYPE_CHECKING:
    from collections.abc import Hashable

    from bot.asking.intent import Conditions

Sameness: TypeAlias = "tuple[Hashable, ...]"


def spelt(question: str, language: str) -> str:
    """Return what asks in a message, so that it is equal for what is asked in the same words."""
    core = normalise(read(question, language=language).core)
    return "".join(letter for letter in core if letter.isalnum() or letter in "-.%")


def asked(question: str, language: str) -> Sameness | None:
    """Return what a message asks, equal for the same; None where that is not plain.

    The same things with the same particles, the same said of them and denied or not, the same
    conditions and kinds of answer, and the very same words, in whatever order.
    """
    intent = read(question, language=language)
    if intent.parts or intent.small_talk is not None or intent.follows_up or not intent.subjects:
        return None
    things = frozenset((thing.words, thing.particle) for thing in intent.things)
    wants = frozenset((w.kind, w.unit, w.bound, w.top) for w in intent.wanted)
    articles = frozenset(
        (a.kind, a.number, a.paragraph, a.item, a.supplementary, a.work) for a in intent.articles
    )
    words = frozenset(Counter(tokens(intent.core)).items())
    return (
        intent.language, things, frozenset(intent.predicate), intent.negative,
        _bounds(intent.conditions), wants, articles, intent.options, words,
    )  # fmt: skip


def _bounds(conditions: Conditions) -> Sameness:
    return (
        frozenset(conditions.towns),
        frozenset(conditions.bodies),
        frozenset((one.first, one.last) for one in conditions.periods),
        frozenset(replace(one, start=0, end=0, first=0, last=0) for one in conditions.figures),
        conditions.as_of,
        frozenset(conditions.editions),
        frozenset(conditions.works),
    )
