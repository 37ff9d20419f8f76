"""What leaves the record: erased by id, person or period, and what was kept long enough.

What is erased is gone from the file, not only from the tables: SQLite overwrites it, empties its
write-ahead log and writes the file anew. PostgreSQL writes the tables anew; its own log and
backups have their own procedure (docs/security.md).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from bot.ledger.audit import Audit, Deed
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.evidence import load
from bot.ledger.ledger import COUNTED, Ledger
from bot.ledger.tables import answers, feedback, followers, threads, waiting

EVERY_S = 6 * 3600
"""How often it is looked whether something was kept long enough."""

_AT_ONCE = 500
_DAY_S = 86_400

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Which:
    """What is to be erased; what is left empty sets no bound, and not all may be.

    *ids* are those of answers. *person* is the name of a key ("key 窓口"), a signed-on person, a
    Slack user ("T1/U1"), or what the record knows one of them by. *since* and *until* are seconds
    since 1970, the latter no more included.
    """

    ids: tuple[str, ...] = ()
    person: str = ""
    since: float | None = None
    until: float | None = None

    def __post_init__(self) -> None:
        """Refuse to erase everything by saying nothing."""
        if not (self.ids or self.person or self.since is not None or self.until is not None):
            raise ValueError("nothing says what is to be erased")


@dataclass(frozen=True, slots=True)
class Erased:
    """How many answers are gone, and how many follow-ups that carried their questions along.

    *remains* names files that hold earlier records and were not changed.
    """

    answers: int
    follow_ups: int
    remains: tuple[str, ...] = ()


def erase(ledger: Ledger, which: Which) -> Erased:
    """Erase answers with their questions, evidence and feedback; nothing of them is left.

    A follow-up holds the questions before it, and goes with them. Of a person, what they wrote
    about others' answers goes as well, and what waits for an answer.

    Raises:
        LedgerUnavailable: the database refused; or what is erased is still in the file, because
            others are reading: then the same once more finishes it.
    """
    database, people = ledger.database, ledger.known_as(which.person) if which.person else ()
    chosen = [
        *([answers.c.asker.in_(people)] if people else []),
        *([answers.c.asked_at >= which.since] if which.since is not None else []),
        *([answers.c.asked_at < which.until] if which.until is not None else []),
    ]
    with database.write() as connection:
        found = _names(connection, chosen, which.ids)
        carried = _carrying(connection, found)
        for names in _few([*found, *carried]):
            for table in (feedback, followers, waiting):
                connection.execute(sa.delete(table).where(table.c.answer.in_(names)))
            connection.execute(sa.delete(answers).where(answers.c.id.in_(names)))
        if people and which.since is None and which.until is None and not which.ids:
            connection.execute(sa.delete(feedback).where(feedback.c.rater.in_(people)))
            connection.execute(sa.delete(waiting).where(waiting.c.asker.in_(people)))
            connection.execute(sa.delete(threads).where(threads.c.asker.in_(people)))
    for name in (*found, *which.ids):
        ledger.pending.drop(name)
    database.purge()
    return Erased(len(found), len(carried), database.aside())


def told(ledger: Ledger, which: Which, gone: Erased) -> dict[str, object]:
    """Return what the audit stream says of it: of a person only the hash."""
    return {
        "ids": list(which.ids),
        "person": ledger.name("erased", which.person) if which.person else "",
        "since": which.since,
        "until": which.until,
        "answers": gone.answers,
        "follow_ups": gone.follow_ups,
    }


def _names(
    connection: sa.Connection, chosen: Sequence[sa.ColumnElement[bool]], ids: Sequence[str]
) -> dict[str, str]:
    """Return the conversation of each chosen answer, by id."""
    query = sa.select(answers.c.id, answers.c.conversation).where(*chosen)
    if not ids:
        return {row.id: row.conversation for row in connection.execute(query)}
    found: dict[str, str] = {}
    for few in _few(ids):
        rows = connection.execute(query.where(answers.c.id.in_(few)))
        found |= {row.id: row.conversation for row in rows}
    return found


def _carrying(connection: sa.Connection, found: Mapping[str, str]) -> list[str]:
    """Return the other answers of the same conversations whose history holds what is erased."""
    asked: set[str] = set()
    for few in _few([*found]):
        rows = connection.execute(sa.select(answers.c.question).where(answers.c.id.in_(few)))
        asked |= {row.question for row in rows} - {""}
    carrying: list[str] = []
    for few in _few(sorted({talk for talk in found.values() if talk})):
        rows = connection.execute(
            sa.select(answers.c.id, answers.c.evidence).where(
                answers.c.conversation.in_(few), answers.c.evidence.is_not(None)
            )
        )
        for row in rows:
            if row.id not in found:
                turns = load(row.evidence).question.history
                carrying += [row.id] if asked & {turn.question for turn in turns} else []
    return carrying


def expire(ledger: Ledger, days: Mapping[str, int], *, now: float) -> Mapping[str, int]:
    """Let go of what was kept for so many *days*, by kind; return how many of each went.

    Of a question without its words, its day, door and outcome are still counted.
    """
    gone: dict[str, int] = {}
    with ledger.database.write() as connection:
        if "answers" in days:
            whole = sa.or_(answers.c.evidence.is_not(None), answers.c.sent.is_not(None))
            old = sa.and_(answers.c.asked_at < now - days["answers"] * _DAY_S, whole)
            gone["answers"] = _changed(
                connection, old, {"text": "", "evidence": None, "sent": None}
            )
        if "questions" in days:
            words = sa.and_(answers.c.withdrawn == 0, answers.c.question != "")
            old = sa.and_(answers.c.asked_at < now - days["questions"] * _DAY_S, words)
            gone["questions"] = _changed(connection, old, COUNTED)
        if "feedback" in days:
            old = sa.and_(
                feedback.c.rated_at < now - days["feedback"] * _DAY_S,
                sa.or_(feedback.c.comment != "", feedback.c.rater != ""),
            )
            written = sa.select(sa.func.count()).select_from(feedback).where(old)
            gone["feedback"] = connection.execute(written).scalar_one()
            connection.execute(sa.delete(feedback).where(old))
    if any(gone.values()):
        with suppress(LedgerUnavailable):  # somebody reads just now; the next time finishes it
            ledger.database.checkpoint()
    return {kind: count for kind, count in gone.items() if count}


def _changed(
    connection: sa.Connection, old: sa.ColumnElement[bool], values: Mapping[str, object]
) -> int:
    names = connection.execute(sa.select(answers.c.id).where(old)).scalars().all()
    for few in _few(names):
        connection.execute(sa.update(answers).where(answers.c.id.in_(few)).values(**values))
        connection.execute(sa.delete(followers).where(followers.c.answer.in_(few)))
    return len(names)


def _few(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE)]


class Keeping:
    """Lets go, in the background, of what was kept long enough."""

    def __init__(
        self,
        ledger: Ledger,
        audit: Audit,
        days: Mapping[str, int],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep questions, answers, feedback and audit for so many *days*; what is not named is kept for good."""
        self._ledger = ledger
        self._audit = audit
        self._days = days
        self._clock = clock
        self._closing = threading.Event()

    def start(self) -> None:
        """Begin, where anything is to go at all."""
        if self._days:
            threading.Thread(target=self._watch, name="keeping", daemon=True).start()

    def close(self) -> None:
        """Let go of nothing any more."""
        self._closing.set()

    def tidy(self) -> Mapping[str, int]:
        """Let go of it now; return how many of each kind went.

        Raises:
            LedgerUnavailable, AuditUnavailable: not all could go.
        """
        now = self._clock()
        gone = dict(expire(self._ledger, self._days, now=now))
        if gone:
            what = {"why": "kept long enough", "days": dict(self._days), **gone}
            self._audit.note(Deed.ERASED, what)
        if "audit" in self._days:
            trimmed = self._audit.trim(now - self._days["audit"] * _DAY_S)
            gone |= {"audit": trimmed} if trimmed else {}
        return gone

    def _watch(self) -> None:
        while not self._closing.is_set():
            try:
                self.tidy()
            except Exception as problem:  # noqa: BLE001 - the next time may do it
                log.warning("what was kept long enough could not be erased: %s", problem)
            self._closing.wait(EVERY_S)
