"""Wrong answers, told to whoever answers for the documents that they quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import AnswerUnknown
from bot.ledger.audit import Deed
from bot.ledger.errors import LedgerUnavailable
from index.errors import IndexingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

    from api.admin import Office
    from api.answer_records import Shown
    from index.passages import Library


class Reports:
    """Writes a line into the audit stream for each owner; nothing of what was asked is in it."""

    def __init__(self, library: Callable[[], Library], office: Office | None) -> None:
        """Look owners up in *library*, and write by *office*; without one nobody is told."""
        self._library = library
        self._office = office

    def __call__(self, request: Request, name: str, kept: Shown) -> None:
        """Tell the owners of what an answer quotes that a reader found it wrong."""
        if self._office is None:
            return
        try:
            answer = kept.find(name, None, private=True)
            editions = self._library().editions
        except (AnswerUnknown, LedgerUnavailable, IndexingError):
            return  # the rating waits for its answer, and the questions page lists it
        declined = answer.declined.nearest if answer.declined else []
        cited = {each.document for each in (*answer.citations, *declined)}
        owners: dict[str, set[str]] = {}
        for edition in editions:
            if edition.document.owner and edition.document.id in cited:
                owners.setdefault(edition.document.owner, set()).add(edition.document.id)
        for owner, documents in owners.items():
            told = {"answer": name, "owner": owner, "documents": sorted(documents)}
            self._office.noted(request, Deed.REPORTED, **told)
