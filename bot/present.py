"""From what was superseded to what counts now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from index.following import follow

if TYPE_CHECKING:
    from datetime import date

    from bot.answers import Answer, Citation
    from index.passages import Library


def pointed(answer: Answer, library: Library, today: date) -> Answer:
    """Return the answer, each citation of a superseded edition with where it stands today."""
    declined = answer.declined
    return replace(
        answer,
        citations=tuple(to_now(each, library, today) for each in answer.citations),
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
