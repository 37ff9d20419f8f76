"""The ledger seen from outside: an answerer that records, and a record of what was sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from bot.answering.extractive import spoken
from bot.answers import Answer
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.ledger import Ledger, unknown
from bot.telling.phrases import phrase

if TYPE_CHECKING:
    from bot.answers import Answerer, Event, Question, Turn

log = logging.getLogger(__name__)


class Sent(Protocol):
    """What goes over the wire: a pydantic model with the facts of an answer."""

    @property
    def id(self) -> str:
        """The answer's id."""
        ...

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """Return it as JSON takes it."""
        ...


Wire = TypeVar("Wire", bound=Sent)


class SentRecord(Generic[Wire]):
    """Remembers answers in the form in which they are sent, and what readers thought of them.

    It gives back what the ledger holds: the recorded answer, translated again, or else the
    very thing that was sent. Used where only that form is known, as in `api`.
    """

    def __init__(
        self, ledger: Ledger, read: Callable[[Any], Wire], of: Callable[[Answer], Wire]
    ) -> None:
        """Translate by *of* (an answer to what is sent) and *read* (its JSON)."""
        self._ledger = ledger
        self._read = read
        self._of = of

    def keep(self, answer: Wire, *, conversation: str = "") -> None:
        """Remember an answer, unless it was recorded while it was made.

        *conversation* is the name under which its turns are kept, where that is not what was sent.

        A ledger that cannot be written now is written later; the log says so.
        """
        told = answer.model_dump(mode="json")
        declined = told["declined"]
        columns = {
            "asked_on": date.fromisoformat(told["asked_on"]),
            "conversation": conversation or told["conversation"],
            "question": told["question"],
            "language": told["language"],
            "mode": told["mode"],
            "text": told["text"],
            "declined": declined["reason"] if declined else "",
            "generation": told["generation"],
            "took_ms": told["took_ms"],
        }
        if self._ledger.pending.holds(answer.id):
            return  # the answer itself is on its way into the ledger
        self._ledger.now_or_later(
            f"sent {answer.id}",
            lambda wait_s: self._ledger.keep_sent(answer.id, columns, told, wait_s=wait_s),
        )

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
        inner = getattr(self._answerer, "stream", None)
        if inner is None:
            yield from spoken(self.answer(question))
            return
        for event in inner(question):
            yield self._recorded(event) if isinstance(event, Answer) else event

    def _recorded(self, answer: Answer) -> Answer:
        """Return the answer with what its reader has to know of the record."""
        masked = self._ledger.guard.for_record(answer.question.text, answer.language).notice
        kept = self._ledger.record(answer, origin=self._origin)
        told = ("" if kept else phrase(answer.language, "not-recorded"), masked)
        new = tuple(each for each in told if each and each not in answer.notices)
        return replace(answer, notices=(*new, *answer.notices)) if new else answer
