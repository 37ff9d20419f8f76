"""From what was superseded to what counts now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from index.revisions.following import State, follow

if TYPE_CHECKING:
    from datetime import date

    from bot.answers import Answer, Citation
    from index.passages import Library
    from index.revisions.following import Followed


def pointed(answer: Answer, library: Library, today: date) -> Answer:
    """Return the answer, each citation of a superseded edition with where it stands today."""
    declined = answer.declined
    return replace(
        answer,
        citations=tuple(to_now(each, library, today) for each in answer.citations),
        further=tuple(to_now(each, library, today) for each in answer.further),
        declined=declined
        and replace(
            declined, nearest=tuple(to_now(each, library, today) for each in declined.nearest)
        ),
    )


def to_now(citation: Citation, library: Library, today: date) -> Citation:
    """Return a citation with where its text stands today; as it is while its edition counts.

    An edition that has yet to come into force has no later place to point to.
    """
    edition = citation.edition
    begins = edition.in_force_from or edition.published
    if edition in library.in_force(today) or (begins is not None and begins > today):
        return citation
    return replace(citation, now=follow(library, edition, citation.quote, today))


def overtaken(
    answer: Answer, library: Library, today: date
) -> tuple[tuple[Citation, Followed], ...]:
    """Return the citations of an answer whose words changed or vanished since, and what is there.

    An answer about a day is compared with what was in force on that day, any other with what is
    in force *today*. What was quoted from an edition because it was asked for, or although it
    was superseded, is what it was.
    """
    asked = answer.question.filters
    day = answer.asked_on if asked.as_of else today
    found: list[tuple[Citation, Followed]] = []
    for citation in answer.citations:
        if not citation.in_force or citation.edition.label in asked.editions:
            continue
        now = follow(library, citation.edition, citation.quote, day)
        if now.state in {State.CHANGED, State.GONE}:
            found.append((citation, now))
    return tuple(found)
