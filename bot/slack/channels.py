"""What is remembered of channels and their threads: how we behave there, and who may go on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from bot.ledger.database import Database
from bot.ledger.tables import channels, threads


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How Tebiki behaves in one channel.

    *automatic*: answers questions without being mentioned. *ephemeral*: only the asker sees the
    answer at first. *documents*: ids of the works that are searched, and folders, each with a
    slash at its end; all when empty.
    """

    automatic: bool = False
    ephemeral: bool = False
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread in which Tebiki has answered *asker* last.

    *open* until somebody else speaks in it: then people talk to each other.
    """

    asker: str
    open: bool


class Channels:
    """Settings of channels and the threads that were answered in; shared by threads and processes.

    Nobody's id is here, only what the ledger makes of it.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        """Work on *database*; *clock* gives seconds since 1970."""
        self._database = database
        self._clock = clock

    def thread(self, channel: str, thread: str) -> Thread | None:
        """Return what is known of a thread, or None when Tebiki never answered in it."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(threads).where(threads.c.channel == channel, threads.c.thread == thread)
            ).first()
        return None if row is None else Thread(row.asker, bool(row.open))

    def opened(self, connection: sa.Connection, channel: str, thread: str, asker: str) -> None:
        """Note within a transaction that *asker* may go on in a thread without a mention."""
        self._database.put(
            connection,
            threads,
            {
                "channel": channel,
                "thread": thread,
                "asker": asker,
                "open": 1,
                "at": self._clock(),
            },
        )

    def leave(self, channel: str, thread: str) -> None:
        """Note that people talk to each other in a thread: from now on only a mention counts."""
        with self._database.write() as connection:
            connection.execute(
                sa.update(threads)
                .where(threads.c.channel == channel, threads.c.thread == thread)
                .values(open=0)
            )

    def settings(self, channel: str) -> ChannelSettings:
        """Return how Tebiki behaves in a channel; the defaults where nobody chose."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(channels).where(channels.c.channel == channel)
            ).first()
        if row is None:
            return ChannelSettings()
        return ChannelSettings(
            bool(row.automatic), bool(row.ephemeral), tuple(json.loads(row.documents))
        )

    def choose(self, channel: str, chosen: ChannelSettings) -> None:
        """Set how Tebiki behaves in a channel."""
        with self._database.write() as connection:
            self._database.put(
                connection,
                channels,
                {
                    "channel": channel,
                    "automatic": int(chosen.automatic),
                    "ephemeral": int(chosen.ephemeral),
                    "documents": json.dumps(chosen.documents, ensure_ascii=False),
                },
            )

    def forget(self, connection: sa.Connection, before: float) -> None:
        """Forget within a transaction the threads in which nothing was asked since *before*."""
        connection.execute(sa.delete(threads).where(threads.c.at < before))
