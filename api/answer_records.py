"""The answers given lately, and what readers thought of them, while no ledger is kept."""

from __future__ import annotations

import logging
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from api.schemas.answers import WireAnswer
from bot.answers import REMEMBERED, Answer, Turn, streamed
from bot.ledger.ledger import unknown
from index.errors import IndexingError
from index.passages import all_seen
from ingest.catalog.editions import Document, Edition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.answers import Answerer, Event, Question
    from index.passages import Library
    from ingest.catalog.editions import Groups

log = logging.getLogger(__name__)


class AnswerRecord(Protocol):
    """Gives back what an answerer recorded, and remembers what readers thought of it."""

    def turns(self, conversation: str) -> Sequence[Turn]:
        """Return the last turns of a conversation, oldest first; none of "" or an unknown one."""
        ...

    def find(self, name: str, *, private: bool = False) -> WireAnswer:
        """Return the answer as it was given; one given in private only when *private* asks so.

        Raises:
            AnswerUnknown: none is remembered under that id, or none that may be shown.
        """
        ...

    def rate(self, name: str, rating: str, comment: str) -> None:
        """Note what a reader thought; a later rating of the same answer replaces the earlier.

        Raises:
            AnswerUnknown: none is remembered under that id.
        """
        ...


class Shown:
    """A record out of which an answer is given to those only who may see all that it quotes."""

    def __init__(self, kept: AnswerRecord, library: Callable[[], Library]) -> None:
        """Give out of *kept* what *library* says today who may see it."""
        self._kept = kept
        self._library = library
        self.turns, self.rate = kept.turns, kept.rate

    def find(self, name: str, groups: Groups, *, private: bool = False) -> WireAnswer:
        """Return the answer as it was given to whomever.

        Raises:
            AnswerUnknown: none is remembered under that id, or none that *groups* may see.
        """
        found = self._kept.find(name, private=private)
        if groups is None or _seen(found, self._library, groups):
            return found
        raise unknown(name)


def _seen(answer: WireAnswer, library: Callable[[], Library], groups: Groups) -> bool:
    """Whether *groups* may see today every document that an answer quotes or was made from."""
    declined = answer.declined.nearest if answer.declined else []
    cited = [
        Edition(Document(each.document, each.title), each.edition, sha256=each.sha256)
        for each in (*answer.citations, *answer.further, *declined)
    ]
    touched = answer.editions or cited
    try:
        return not touched or all_seen(touched, library(), groups)
    except IndexingError:
        return False  # nobody can say now who may see it


class AnswersInMemory:
    """A record in memory: the last *most* answers, gone when the process ends."""

    def __init__(self, most: int = 2_000) -> None:
        """Remember up to *most* answers."""
        self.most = most
        self.ratings: dict[str, tuple[str, str]] = {}
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = Lock()

    def keep(self, answer: Answer) -> None:
        """Remember an answer; the oldest is forgotten when there are too many."""
        with self._lock:
            self._answers[answer.id] = answer
            self._answers.move_to_end(answer.id)
            while len(self._answers) > self.most:
                oldest, _ = self._answers.popitem(last=False)
                self.ratings.pop(oldest, None)

    def turns(self, conversation: str) -> Sequence[Turn]:
        """Return the last turns of a conversation, oldest first; none of "" or an unknown one."""
        if not conversation:
            return ()
        with self._lock:
            return [
                Turn(answer.question.text, answer.text)
                for answer in self._answers.values()
                if answer.question.conversation == conversation
            ][-REMEMBERED:]

    def find(self, name: str, *, private: bool = False) -> WireAnswer:  # noqa: ARG002 - none is private here
        """Return the answer as it was given.

        Raises:
            AnswerUnknown: none is remembered under that id.
        """
        with self._lock:
            if name not in self._answers:
                raise unknown(name)
            return WireAnswer.of(self._answers[name])

    def rate(self, name: str, rating: str, comment: str) -> None:
        """Note what a reader thought, and log the rating without the question's words.

        Raises:
            AnswerUnknown: none is remembered under that id.
        """
        self.find(name)
        with self._lock:
            self.ratings[name] = (rating, comment)
        log.info("answer %s was rated %s", name, rating)


class Remembered:
    """An answerer whose every answer is in a record in memory before anybody sees it."""

    def __init__(self, answerer: Answerer, kept: AnswersInMemory) -> None:
        """Remember in *kept* what *answerer* says."""
        self._answerer = answerer
        self._kept = kept

    def answer(self, question: Question) -> Answer:
        """Return the answer."""
        answer = self._answerer.answer(question)
        self._kept.keep(answer)
        return answer

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield what the answerer yields."""
        for event in streamed(self._answerer, question):
            if isinstance(event, Answer):
                self._kept.keep(event)
            yield event
