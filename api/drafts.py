"""A draft held to the documents, for the page, for programs and for agents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from api.schemas.drafts import CheckRequest, CheckResponse, WireCheckedSentence
from bot.writing import drafts
from index import passages

if TYPE_CHECKING:
    from index.passages import Library
    from ingest.catalog.editions import Groups


def checked(library: Library, asked: CheckRequest, groups: Groups) -> CheckResponse:
    """Return each sentence of a text with what the documents that *groups* see say to it.

    Raises:
        FilterUnknown: a filter names what is not held.
    """
    library = library.seen_by(groups)
    filters = passages.checked(asked.filters.read(groups), library.editions)
    if asked.language:
        filters = replace(filters, language=asked.language)
    on = filters.as_of or _today()
    found = drafts.check(asked.text, library, filters=filters, on=on)
    return CheckResponse(
        sentences=[WireCheckedSentence.of(one) for one in found],
        as_of=on,
        generation=library.id,
    )


def _today() -> date:
    """Return the day it is here: editions come into force by the local calendar."""
    return datetime.now(UTC).astimezone().date()
