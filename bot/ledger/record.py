"""The ledger seen from outside: an answerer that records, and what was recorded as it is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bot.answers import Answer, streamed
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.ledger import Ledger, unknown
from bot.telling.phrases import phrase

if TYPE_CHECKING:
    from bot.answers import Answerer, Event, Question, Turn

log = logging.getLogger(__name__)


Wire = TypeVar("Wire")


class SentRecord(Generic[Wire]):
    """Gives recorded answers back in the form in which they are sent, and takes ratings of them.

    What `Recorded` wrote is translated again; of answers that an earlier version kept only as
    they were sent, that.
    """

    def __init__(
        self, ledger: Ledger, read: Callable[[Any], Wire], of: Callable[[Answer], Wire]
    ) -> None:
        """Translate by *of* (an answer to what is sent) and *read* (its JSON)."""
        self._ledger = ledger
        self._read = read
        self._of = of

    def turns(self, conversation: str) -> Sequence[Turn]:
        """Return the last turns of a conversation, oldest first; none of "" or an unknown one.

        None, too, while the database refuses: the question is answered without them.
        """
        try:
            return self._ledger.turns(conversation)
        except LedgerUnavailable as problem:
            log.warning("a conversation cannot be read: %s", problem)
            return ()

    def find(self, name: str, *, private: bool = False) -> Wire:
        """Return the answer as it was given; one given in private only when *private* asks so.

        Raises:
            AnswerUnknown: none is remembered under that id, or none that may be shown.
            LedgerUnavailable: the database refused.
        """
        if not private and self._ledger.is_private(name):
            raise unknown(name)
        sent = self._ledger.sent(name)
        return self._of(self._ledger.answer(name)) if sent is None else self._read(sent)

    def rate(self, name: str, rating: str, comment: str) -> None:
        """Note what a reader thought; a later rating of the same answer replaces the earlier.

        That of an answer which waits for its record waits with it.

        Raises:
            AnswerUnknown: none is remembered under that id.
            LedgerUnavailable: the database refused.
        """
        if self._ledger.pending.holds(name):
            self._ledger.pending.add(
                f"rating {name}", lambda: self._ledger.rate(name, rating, comment)
            )
            return
        self._ledger.rate(name, rating, comment)


class Recorded:
    """An answerer whose every answer is in the ledger before anybody sees it."""

    def __init__(self, answerer: Answerer, ledger: Ledger, *, origin: str) -> None:
        """Record what *answerer* says; *origin* names the door: web, cli, api."""
        self._answerer = answerer
        self._ledger = ledger
        self._origin = origin

    def answer(self, question: Question) -> Answer:
        """Return the answer, recorded.

        A ledger that cannot be written delays the record, not the answer, which then says so.
        """
        return self._recorded(self._answerer.answer(question))

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield what the answerer yields; its last event, the answer, is recorded first."""
        for event in streamed(self._answerer, question):
            yield self._recorded(event) if isinstance(event, Answer) else event

    def _recorded(self, answer: Answer) -> Answer:
        """Return the answer with what its reader has to know of the record."""
        masked = self._ledger.guard.for_record(answer.question.text, answer.language).notice
        kept = self._ledger.record(answer, origin=self._origin)
        told = ("" if kept else phrase(answer.language, "not-recorded"), masked)
        new = tuple(each for each in told if each and each not in answer.notices)
        return replace(answer, notices=(*new, *answer.notices)) if new else answer
