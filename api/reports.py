"""Wrong answers, told to whoever answers for the documents that they quote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import AnswerUnknown
from bot.ledger.errors import LedgerUnavailable
from bot.owners import Owners
from index.errors import IndexingError

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

    from api.admin import Office
    from api.answer_records import Shown
    from index.passages import Library


class Reports:
    """Tells the owners of what an answer quotes; nothing of what was asked is in it."""

    def __init__(self, library: Callable[[], Library], office: Office | None) -> None:
        """Look owners up in *library*, and tell them by *office*; without one nobody is told."""
        self._owners = Owners(library, office.note, office.tell) if office else None

    def __call__(self, request: Request, name: str, kept: Shown) -> None:
        """Tell the owners of what an answer quotes that a reader found it wrong."""
        if self._owners is None:
            return
        try:
            answer = kept.find(name, None, private=True)
            declined = answer.declined.nearest if answer.declined else []
            cited = {each.document for each in (*answer.citations, *declined)}
            state = request.state
            self._owners.wrong(name, cited, state.who, state.source.address)
        except (AnswerUnknown, LedgerUnavailable, IndexingError):
            return  # the rating waits for its answer, and the questions page lists it
