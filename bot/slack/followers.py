"""Who wants to know when an answer's sources change, and what they were told last.

Nobody's id is here: a follower is the conversation in which Tebiki writes to them alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from bot.ledger.database import Database
from bot.ledger.tables import followers


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who is to be told.

    *channel* is the direct messages with them; *since* the ts of their choice. *looked* names
    what the answer was compared with last, *told* the outcome of that, "" while all stands.
    """

    answer: str
    channel: str
    since: str
    looked: str = ""
    told: str = ""


class Followers:
    """The list of followers; shared by threads and processes."""

    def __init__(self, database: Database) -> None:
        """Keep the list in *database*."""
        self._database = database

    def follow(self, answer: str, channel: str, since: str) -> bool:
        """Let somebody be told; return whether they were not on the list yet."""
        row = {"answer": answer, "channel": channel, "since": since, "looked": "", "told": ""}
        with self._database.write() as connection:
            return self._database.add_new(connection, followers, row)

    def leave(self, answer: str, channel: str) -> None:
        """Let somebody be told no more."""
        with self._database.write() as connection:
            connection.execute(
                sa.delete(followers).where(
                    followers.c.answer == answer, followers.c.channel == channel
                )
            )

    def due(self, against: str) -> tuple[Follower, ...]:
        """Return whose answers were not compared with *against* yet.

        Nobody follows an answer that was taken back: `Ledger.withdraw` takes it off the list.
        """
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(followers)
                .where(followers.c.looked != against)
                .order_by(followers.c.answer, followers.c.channel)
            )
            return tuple(Follower(r.answer, r.channel, r.since, r.looked, r.told) for r in rows)

    def looked(
        self,
        follower: Follower,
        against: str,
        told: str,
        *,
        news: Callable[[sa.Connection], object] | None = None,
    ) -> bool:
        """Note what an answer was compared with, and the outcome; *news* is told along with it.

        False, and nothing is told, when somebody else compared it meanwhile, or the follower left.
        """
        with self._database.write() as connection:
            noted = connection.execute(
                sa.update(followers)
                .where(
                    followers.c.answer == follower.answer,
                    followers.c.channel == follower.channel,
                    followers.c.looked == follower.looked,
                )
                .values(looked=against, told=told)
            )
            if noted.rowcount and news is not None:
                news(connection)
            return noted.rowcount > 0
