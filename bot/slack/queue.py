"""The queue: questions that were acknowledged and still wait for their answer.

Slack sends an event again until it is acknowledged, and never again after that. So a question
is written here before it is acknowledged, and leaves only when its answer is posted. Several
processes may work at one queue: a question is leased to one of them at a time, and a lease that
is not renewed (the process is gone) falls to another.

Nobody's id is here, only what the ledger makes of it (keyed hashes, unless configured), and the
words of a question are erased once it is done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from bot.ledger.database import Database
from bot.ledger.tables import seen, waiting
from bot.slack.channels import Channels

REMEMBERED_S = 24 * 3600
"""How long event ids are remembered; Slack's last redelivery comes after some six minutes."""

KEPT_S = 90 * 24 * 3600
"""How long answered questions and threads are remembered: so long edits and deletions of a
question are followed, and a thread goes on without a mention."""

LATELY_S = 60
"""The time over which the questions of one person are counted."""

WAITING, TAKEN, DONE, FAILED = "waiting", "taken", "done", "failed"


@dataclass(frozen=True, slots=True)
class Work:
    """A question to be answered, or taken back.

    *key* is the same however often and by whatever event the question arrives (channel and ts).
    *kind* says how it was asked: message, command, shortcut, button or share. *thread* is where
    the answer goes. *reply_to* is the address that Slack gave for answering a command or click:
    the answer goes there when it is *hidden* from others, and what goes wrong in any case.
    *limited*: too many questions came before it. *posted* is the ts of the answer's message, once
    there is one. *deleted*: the question was taken back. *version* rises with every edit.
    *attempts* counts earlier tries, also those of other processes. *event* is the id of the event
    that brought it, "" for a command or click. *arrived_at* is when it, or its last edit, came.
    """

    key: str
    kind: str
    channel: str
    thread: str
    ts: str
    asker: str = ""
    private: bool = False
    conversation: str = ""
    text: str = ""
    notices: tuple[str, ...] = ()
    reply_to: str = ""
    hidden: bool = False
    limited: bool = False
    event: str = ""
    deleted: bool = False
    edited: str = ""
    version: int = 0
    answer: str = ""
    posted: str = ""
    attempts: int = 0
    arrived_at: float = 0.0


class QuestionQueue:
    """Questions and seen events, and beside them the channels; shared by threads and processes."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """Work on *database*; *clock* gives seconds since 1970."""
        self.channels = Channels(database, clock=clock)
        self._database = database
        self._clock = clock

    def new(self, event: str) -> bool:
        """Whether this event is seen for the first time; from now on it is seen."""
        with self._database.write(urgent=True) as connection:
            return self._first(connection, event)

    def take(
        self, work: Work, *, event: str = "", opens: bool = False, most: int | None = None
    ) -> bool:
        """Put a question in the queue unless it was there before; return whether it is new.

        In the same transaction *event* becomes seen and, with *opens*, the thread becomes one
        in which *work.asker* may go on without a mention. When *work.asker* has asked *most*
        questions lately, this one is limited. One that was taken for private and now comes by an
        event that knows better is so no longer.
        """
        with self._database.write(urgent=True) as connection:
            if event:
                self._first(connection, event)
            work = replace(work, event=event, limited=self._too_many(connection, work.asker, most))
            fresh = self.add(connection, work)
            if not fresh and not work.private:
                same = sa.and_(waiting.c.key == work.key, waiting.c.private == 1)
                connection.execute(sa.update(waiting).where(same).values(private=0))
            if fresh and opens:
                self.channels.opened(connection, work.channel, work.thread, work.asker)
            return fresh

    def revise(
        self,
        key: str,
        *,
        event: str,
        edited: str,
        text: str,
        notices: Sequence[str] = (),
        most: int | None = None,
    ) -> bool:
        """Replace the words of a question, which is then answered again in the same message.

        One that was limited stays so while *most* others were asked lately.

        False when the question is unknown or taken back, or this edit or a later one was seen.
        """
        with self._database.write(urgent=True) as connection:
            if not self._first(connection, event):
                return False
            limited = connection.execute(
                sa.select(waiting.c.asker).where(waiting.c.key == key, waiting.c.limited == 1)
            ).scalar()
            still = limited is not None and self._too_many(connection, limited, most)
            return self._changed(
                connection,
                sa.and_(
                    waiting.c.key == key,
                    waiting.c.deleted == 0,
                    waiting.c.edited < edited,
                ),
                {
                    "text": text,
                    "notices": json.dumps(list(notices), ensure_ascii=False),
                    "edited": edited,
                    "answer": "",
                    "limited": int(still),
                },
            )

    def take_back(self, work: Work, *, event: str) -> bool:
        """Let a question be taken back: its answer goes too. Also one that has not arrived yet.

        False when this was seen before.
        """
        with self._database.write(urgent=True) as connection:
            if not self._first(connection, event):
                return False
            # By a shortcut others may have asked the same message, each for their own eyes.
            pointed_at = sa.and_(
                waiting.c.kind == "shortcut",
                waiting.c.channel == work.channel,
                waiting.c.ts == work.ts,
            )
            changed = self._changed(
                connection,
                sa.and_(sa.or_(waiting.c.key == work.key, pointed_at), waiting.c.deleted == 0),
                {"deleted": 1, "text": "", "notices": "[]"},
            )
            return changed or self.add(connection, _tombstone(work))

    def claim(self, owner: str, *, lease_s: float) -> Work | None:
        """Lease the question that has waited longest to *owner*, or return None when none waits.

        A question whose lease ran out waits again, with one more attempt counted.
        """
        now = self._clock()
        ready = sa.or_(
            sa.and_(waiting.c.state == WAITING, waiting.c.not_before <= now),
            sa.and_(waiting.c.state == TAKEN, waiting.c.leased_until < now),
        )
        with self._database.read() as connection:
            # Most of the time nothing waits, and a look takes no lock.
            if connection.execute(sa.select(waiting.c.key).where(ready).limit(1)).first() is None:
                return None
        with self._database.write() as connection:
            row = connection.execute(
                sa.select(waiting)
                .where(ready)
                .order_by(waiting.c.arrived_at, waiting.c.key)
                .limit(1)
                .with_for_update(skip_locked=True)
            ).first()
            if row is None:
                return None
            connection.execute(
                sa.update(waiting)
                .where(waiting.c.key == row.key)
                .values(
                    state=TAKEN,
                    owner=owner,
                    leased_until=now + lease_s,
                    attempts=row.attempts + 1,
                )
            )
            return _work(row)

    def renew(self, owner: str, *, lease_s: float, keys: Collection[str]) -> None:
        """Prolong the leases of *owner* on the questions that it still works at.

        A question that it dropped, as when the ledger failed, waits again when the lease ends.
        """
        with self._database.write() as connection:
            connection.execute(
                sa.update(waiting)
                .where(waiting.c.state == TAKEN, waiting.c.owner == owner, waiting.c.key.in_(keys))
                .values(leased_until=self._clock() + lease_s)
            )

    def holds(self, work: Work, owner: str) -> bool:
        """Whether this very lease still holds and the question is unchanged since it was claimed.

        A lease that ran out and was given again, even to the same process, is another lease.
        """
        with self._database.read() as connection:
            found = connection.execute(
                sa.select(waiting.c.key).where(
                    _leased(work, owner), waiting.c.version == work.version
                )
            ).first()
        return found is not None

    def note(self, work: Work, *, answer: str) -> None:
        """Write down an answer's id; one to words that were edited since counts for nothing."""
        current = sa.and_(waiting.c.key == work.key, waiting.c.version == work.version)
        with self._database.write() as connection:
            connection.execute(sa.update(waiting).where(current).values(answer=answer))

    def occupy(self, work: Work, posted: str) -> bool:
        """Let the message *posted* be the one that answers a question.

        False when it answers another question of the channel already: whoever comes first has
        it, and each question has a message of its own.
        """
        with self._database.write() as connection:
            self._database.queue(connection, f"{work.channel} {posted}")
            here = sa.and_(waiting.c.channel == work.channel, waiting.c.posted == posted)
            holders = connection.execute(sa.select(waiting.c.key).where(here)).scalars().all()
            if set(holders) - {work.key}:
                return False
            same = waiting.c.key == work.key
            connection.execute(sa.update(waiting).where(same).values(posted=posted))
            return True

    def finish(
        self, work: Work, owner: str, *, posted: str | None = None, problem: str = ""
    ) -> bool:
        """Close a question and erase its words; with *problem* it failed for good.

        *posted* is noted in any case.

        False when it was edited or taken back meanwhile: then it waits again.
        """
        with self._database.write() as connection:
            if posted:
                same = waiting.c.key == work.key
                connection.execute(sa.update(waiting).where(same).values(posted=posted))
            mine = _leased(work, owner)
            closed = connection.execute(
                sa.update(waiting)
                .where(mine, waiting.c.version == work.version)
                .values(
                    state=FAILED if problem else DONE,
                    problem=problem,
                    text="",
                    notices="[]",
                    reply_to="",
                    owner="",
                )
            )
            if closed.rowcount == 1:
                return True
            connection.execute(
                sa.update(waiting).where(mine).values(state=WAITING, owner="", not_before=0.0)
            )
            return False

    def postpone(self, work: Work, owner: str, *, delay_s: float, problem: str) -> None:
        """Let a question wait *delay_s* seconds before it is tried again."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(waiting)
                .where(_leased(work, owner))
                .values(
                    state=WAITING, owner="", not_before=self._clock() + delay_s, problem=problem
                )
            )

    def find(self, key: str) -> Work | None:
        """Return a question, done or not, or None when it never came."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(waiting).where(waiting.c.key == key)).first()
        return None if row is None else _work(row)

    def shared(self, answer: str) -> tuple[Work, ...]:
        """Return the messages in which an answer that one person saw was shown to the channel."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(waiting).where(waiting.c.kind == "share", waiting.c.answer == answer)
            ).all()
        return tuple(_work(row) for row in rows)

    def age(self, work: Work) -> float:
        """Return how many seconds ago a question, or its last edit, arrived."""
        return self._clock() - work.arrived_at

    def counts(self) -> dict[str, int]:
        """Return how many questions are in each state: waiting, taken, done, failed."""
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(waiting.c.state, sa.func.count()).group_by(waiting.c.state)
            )
            return {state: count for state, count in rows}  # noqa: C416 - rows are not pairs

    def tidy(self) -> None:
        """Forget events that Slack will not send again, and old questions and threads."""
        with self._database.write() as connection:
            connection.execute(sa.delete(seen).where(seen.c.at < self._clock() - REMEMBERED_S))
            old = self._clock() - KEPT_S
            closed = waiting.c.state.in_((DONE, FAILED))
            connection.execute(sa.delete(waiting).where(closed, waiting.c.arrived_at < old))
            self.channels.forget(connection, old)

    def _too_many(self, connection: sa.Connection, asker: str, most: int | None) -> bool:
        """Whether somebody has asked *most* questions lately; counted and added one by one."""
        if most is None or not asker:
            return False
        self._database.queue(connection, asker)
        count = connection.execute(
            sa.select(sa.func.count())
            .select_from(waiting)
            .where(
                waiting.c.asker == asker,
                waiting.c.limited == 0,
                waiting.c.arrived_at > self._clock() - LATELY_S,
            )
        ).scalar_one()
        return int(count) >= most

    def _first(self, connection: sa.Connection, event: str) -> bool:
        return self._database.add_new(connection, seen, {"name": event, "at": self._clock()})

    def add(self, connection: sa.Connection, work: Work) -> bool:
        """Put something in the queue within a transaction; return whether it was not there."""
        row = {
            "key": work.key,
            "kind": work.kind,
            "channel": work.channel,
            "thread": work.thread,
            "ts": work.ts,
            "asker": work.asker,
            "private": int(work.private),
            "conversation": work.conversation,
            "text": work.text,
            "notices": json.dumps(work.notices, ensure_ascii=False),
            "reply_to": work.reply_to,
            "hidden": int(work.hidden),
            "limited": int(work.limited),
            "event": work.event,
            "state": DONE if work.deleted else WAITING,
            "deleted": int(work.deleted),
            "edited": work.edited,
            "version": 0,
            "answer": work.answer,
            "posted": "",
            "attempts": 0,
            "arrived_at": self._clock(),
            "not_before": 0.0,
            "owner": "",
            "leased_until": 0.0,
            "problem": "",
        }
        return self._database.add_new(connection, waiting, row)

    def _changed(
        self, connection: sa.Connection, which: sa.ColumnElement[bool], values: dict[str, Any]
    ) -> bool:
        """Change a question and let it wait again; one that is being answered is left leased."""
        changed = connection.execute(
            sa.update(waiting)
            .where(which)
            .values(
                **values,
                version=waiting.c.version + 1,
                arrived_at=self._clock(),
                not_before=0.0,
                state=sa.case((waiting.c.state == TAKEN, TAKEN), else_=WAITING),
            )
        )
        return changed.rowcount > 0


def _leased(work: Work, owner: str) -> sa.ColumnElement[bool]:
    """Hold for the lease under which *work* was claimed, and for none before or after."""
    return sa.and_(
        waiting.c.key == work.key,
        waiting.c.state == TAKEN,
        waiting.c.owner == owner,
        waiting.c.attempts == work.attempts + 1,
    )


def _tombstone(work: Work) -> Work:
    return Work(work.key, work.kind, work.channel, work.thread, work.ts, deleted=True)


def _work(row: sa.Row[Any]) -> Work:
    return Work(
        key=row.key,
        kind=row.kind,
        channel=row.channel,
        thread=row.thread,
        ts=row.ts,
        asker=row.asker,
        private=bool(row.private),
        conversation=row.conversation,
        text=row.text,
        notices=tuple(json.loads(row.notices)),
        reply_to=row.reply_to,
        hidden=bool(row.hidden),
        limited=bool(row.limited),
        event=row.event,
        deleted=bool(row.deleted),
        edited=row.edited,
        version=row.version,
        answer=row.answer,
        posted=row.posted,
        attempts=row.attempts,
        arrived_at=row.arrived_at,
    )
