"""Answers as they were given, the conversations they belong to, and what readers thought of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.answers import REMEMBERED, Answer, Turn
from bot.errors import AnswerUnknown
from bot.guard import Guard
from bot.ledger import people
from bot.ledger.database import Database
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.evidence import dump, load, masked, unpacked
from bot.ledger.pending_writes import PendingWrites
from bot.ledger.tables import answers, feedback, followers

log = logging.getLogger(__name__)

FILE = "ledger.sqlite"

ANSWER_WAIT_S = 2.0
"""How long an answer waits for its record before it goes out without."""

COUNTED = {
    "withdrawn": 2, "question": "", "text": "", "evidence": None, "sent": None,
    "asker": "", "conversation": "",
}  # fmt: skip
"""What is left of an answer that only counts: when, by which door, with what outcome."""

LONGEST_TURN = 4_000
"""How many characters of an earlier answer a turn holds."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What one reader thought: *rating* is "up" or "down"; *rater* a keyed hash or ""."""

    rating: str
    comment: str
    rater: str
    rated_at: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record, for lists and reports. *declined* is a reason or ""."""

    id: str
    asked_at: float
    origin: str
    question: str
    language: str
    mode: str
    declined: str
    generation: str
    took_ms: float
    ratings: tuple[Rating, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as it was given; *private*: in a message or channel that not everybody reads."""

    answer: Answer
    private: bool


_OF_AN_ENTRY = (
    *(answers.c.id, answers.c.asked_at, answers.c.origin, answers.c.question, answers.c.language),
    *(answers.c.mode, answers.c.declined, answers.c.generation, answers.c.took_ms),
)
"""What a list of questions shows; the evidence is many times as long."""


class Ledger:
    """The record of answers; shared by threads, and with other processes through its database."""

    def __init__(
        self,
        database: Database,
        key: bytes,
        *,
        guard: Guard | None = None,
        plain_ids: bool = False,
        counts_only: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep the record in *database* as *guard* allows.

        People become hashes under *key*, or stay *plain_ids*. With *counts_only* no word of a
        question or an answer is kept, and nobody's name.
        """
        self.counts_only = counts_only
        self.database = database
        self.guard = guard or Guard()
        self._key = key
        self._plain_ids = plain_ids
        self._clock = clock
        self.pending = PendingWrites()

    def person(self, *names: str) -> str:
        """Return what somebody (a team and a user id) is known by: a keyed hash.

        Where the installation keeps plain ids, it is the ids themselves.
        """
        if self._plain_ids and any(names):
            return "/".join(names)[:64]
        return people.alias(self._key, *names)

    def known_as(self, person: str) -> tuple[str, ...]:
        """Return all that somebody may be known by here: a name, a Slack user "T1/U1", a hash."""
        hashes = (people.alias(self._key, person), people.alias(self._key, *person.split("/")))
        return tuple(dict.fromkeys((person[:64], *hashes)))

    def name(self, *about: str) -> str:
        """Return a keyed hash of what a thing is about: the same for the same, and telling nobody."""
        return people.alias(self._key, *about)

    def keep(
        self,
        answer: Answer,
        *,
        origin: str = "",
        asker: str = "",
        private: bool = False,
        at: float | None = None,
        wait_s: float | None = None,
    ) -> None:
        """Record an answer under its id; the same id again replaces it. *at*: when it was asked.

        Personal data in what was asked is masked first, wherever the answer repeats it;
        quotations stay as they are. *private* answers are left out of reports.

        Raises:
            LedgerUnavailable: the database refused.
        """
        shown = masked(answer, self.guard)
        with self.database.write(wait_s=wait_s) as connection:
            self.database.put(
                connection,
                answers,
                {
                    "id": shown.id,
                    "asked_at": self._clock() if at is None else at,
                    "asked_on": shown.asked_on,
                    "origin": origin,
                    "private": int(private),
                    "asker": asker,
                    "conversation": shown.question.conversation,
                    "question": _plain(shown.question.text),
                    "language": shown.language,
                    "mode": shown.mode,
                    "text": _plain(shown.text),
                    "declined": shown.declined.reason if shown.declined else "",
                    "generation": shown.generation,
                    "prompt": shown.prompt,
                    "took_ms": shown.took_ms,
                    "withdrawn": 0,
                    "evidence": None if self.counts_only else dump(shown),
                    "sent": None,
                    **(COUNTED if self.counts_only else {}),
                },
            )

    def record(self, answer: Answer, *, origin: str) -> bool:
        """Record an answer now, or as soon as the database takes it; return whether it is there.

        Nobody waits longer than `ANSWER_WAIT_S` for it.
        """
        at = self._clock()

        def write() -> None:
            self.keep(
                answer, origin=origin, asker=answer.question.asker, at=at, wait_s=ANSWER_WAIT_S
            )

        if not self.pending:
            try:
                write()
            except LedgerUnavailable as problem:
                log.warning("%s is not recorded yet: %s", answer.id, problem)
            else:
                return True
        self.pending.add(answer.id, write)
        return False

    def answer(self, name: str) -> Answer:
        """Return an answer as it was given, with its evidence.

        Raises:
            AnswerUnknown: none is recorded under that id, or only what was sent of it.
        """
        evidence = self._row(name).evidence
        if evidence is None:
            raise unknown(name)
        return load(evidence)

    def sent(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return what an earlier version kept of an answer as it was sent; None of any other.

        Raises:
            AnswerUnknown: none is recorded under that id.
        """
        row = self._row(name)
        return None if row.sent is None else unpacked(row.sent)

    def rate(self, name: str, rating: str, comment: str = "", *, rater: str = "") -> None:
        """Note what somebody thought; a later rating by the same person replaces the earlier.

        Raises:
            AnswerUnknown: none is recorded under that id.
        """
        counted = self._row(name, counted=True).withdrawn == COUNTED["withdrawn"]
        with self.database.write() as connection:
            self.database.put(
                connection,
                feedback,
                {
                    "answer": name,
                    "rater": "" if counted else rater,
                    "rating": rating,
                    "comment": "" if counted else _plain(self.guard.for_record(comment).text),
                    "rated_at": self._clock(),
                },
            )

    def ratings(self, name: str) -> tuple[Rating, ...]:
        """Return what readers thought of an answer, earliest first."""
        with self.database.read() as connection:
            rows = connection.execute(
                sa.select(feedback).where(feedback.c.answer == name).order_by(feedback.c.rated_at)
            )
            return tuple(Rating(r.rating, r.comment, r.rater, r.rated_at) for r in rows)

    def turns(self, conversation: str, *, most: int = REMEMBERED) -> tuple[Turn, ...]:
        """Return the last turns of a conversation, oldest first; none for "" or an unknown one."""
        if not conversation:
            return ()
        with self.database.read() as connection:
            rows = connection.execute(
                sa.select(answers.c.question, answers.c.text)
                .where(answers.c.conversation == conversation, answers.c.withdrawn == 0)
                .order_by(answers.c.asked_at.desc())
                .limit(most)
            ).all()
        return tuple(Turn(row.question, row.text[:LONGEST_TURN]) for row in reversed(rows))

    def withdraw(self, name: str) -> None:
        """Erase an answer whose question was taken back or put otherwise; an unknown id is none.

        Question, text, evidence and what readers wrote about it are gone; that there was one, and
        its ratings, stay.
        """
        with self.database.write() as connection:
            connection.execute(
                sa.update(answers)
                .where(answers.c.id == name)
                .values(withdrawn=1, question="", text="", evidence=None, sent=None)
            )
            connection.execute(
                sa.update(feedback).where(feedback.c.answer == name).values(comment="")
            )
            connection.execute(sa.delete(followers).where(followers.c.answer == name))

    def is_private(self, name: str) -> bool:
        """Whether an answer was given where not everybody reads; False for an unknown one."""
        with self.database.read() as connection:
            found = connection.execute(sa.select(answers.c.private).where(answers.c.id == name))
            return bool(found.scalar())

    def recent(self, asker: str, *, most: int = 5) -> tuple[Entry, ...]:
        """Return somebody's own last questions, latest first; for their eyes only."""
        if not asker:
            return ()
        return self._entries(
            sa.select(*_OF_AN_ENTRY)
            .where(answers.c.asker == asker, answers.c.withdrawn == 0)
            .order_by(answers.c.asked_at.desc())
            .limit(most)
        )

    def entries(
        self, *, since: float = 0.0, until: float | None = None, most: int = 1_000_000
    ) -> tuple[Entry, ...]:
        """Return what was asked between two times (seconds since 1970), earliest first.

        Questions from private channels and direct messages are never among them. Of what only
        counts the question is "".
        """
        end = self._clock() + 1 if until is None else until
        return self._entries(
            sa.select(*_OF_AN_ENTRY)
            .where(
                answers.c.private == 0,
                answers.c.withdrawn.in_((0, COUNTED["withdrawn"])),
                answers.c.asked_at >= since,
                answers.c.asked_at < end,
            )
            .order_by(answers.c.asked_at)
            .limit(most)
        )

    def whole(self, *, at_once: int = 200) -> Iterator[Kept]:
        """Yield every answer that is recorded with its evidence, private ones too, earliest first.

        *at_once* are read together; what is recorded meanwhile may or may not be among them.
        """
        at, name = -1.0, ""
        while True:
            later = sa.or_(
                answers.c.asked_at > at, sa.and_(answers.c.asked_at == at, answers.c.id > name)
            )
            with self.database.read() as connection:
                rows = connection.execute(
                    sa.select(
                        answers.c.id, answers.c.asked_at, answers.c.private, answers.c.evidence
                    )
                    .where(later, answers.c.withdrawn == 0, answers.c.evidence.is_not(None))
                    .order_by(answers.c.asked_at, answers.c.id)
                    .limit(at_once)
                ).all()
            if not rows:
                return
            for row in rows:
                yield Kept(load(row.evidence), bool(row.private))
            at, name = rows[-1].asked_at, rows[-1].id

    def _entries(self, query: sa.Select[Any]) -> tuple[Entry, ...]:
        with self.database.read() as connection:
            rows = connection.execute(query).all()
            rated: dict[str, list[Rating]] = {}
            names = [row.id for row in rows]
            for at in range(0, len(names), 500):
                few = names[at : at + 500]
                found = connection.execute(
                    sa.select(feedback)
                    .where(feedback.c.answer.in_(few))
                    .order_by(feedback.c.rated_at)
                )
                for r in found:
                    rated.setdefault(r.answer, []).append(
                        Rating(r.rating, r.comment, r.rater, r.rated_at)
                    )
        return tuple(
            Entry(
                id=row.id,
                asked_at=row.asked_at,
                origin=row.origin,
                question=row.question,
                language=row.language,
                mode=row.mode,
                declined=row.declined,
                generation=row.generation,
                took_ms=row.took_ms,
                ratings=tuple(rated.get(row.id, ())),
            )
            for row in rows
        )

    def _row(self, name: str, *, counted: bool = False) -> sa.Row[Any]:
        with self.database.read() as connection:
            row = connection.execute(sa.select(answers).where(answers.c.id == name)).first()
        if row is None or (
            row.withdrawn and not (counted and row.withdrawn == COUNTED["withdrawn"])
        ):
            raise unknown(name)
        return row


def open_ledger(
    home: Path,
    *,
    url: str = "",
    key: str = "",
    plain_ids: bool = False,
    guard: Guard | None = None,
    counts_only: bool = False,
    database: Database | None = None,
) -> Ledger:
    """Open the ledger of a home: its SQLite file, or the PostgreSQL database that *url* names.

    A file that is damaged is set aside; one that is locked, or full, is opened when it can be.
    *database* is that of the home, where it is open already.
    *key* hashes people's ids, unless *plain_ids* are kept; with *counts_only*, no words are.

    Raises:
        LedgerUnavailable: it cannot be opened.
        LedgerTooNew: a newer version made its tables.
    """
    return Ledger(
        database or Database(url or home / FILE, patient=True),
        people.key_of(home, key),
        plain_ids=plain_ids,
        counts_only=counts_only,
        guard=guard,
    )


def _plain(text: str) -> str:
    """Return *text* as every database takes it: no NUL, no half surrogate pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def unknown(name: str) -> AnswerUnknown:
    """Return the error that says that no answer is recorded under an id."""
    return AnswerUnknown(f'No answer "{name}" is recorded. Ask the question again.')
