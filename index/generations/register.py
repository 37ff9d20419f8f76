"""What is current, and what each generation says of itself, in a PostgreSQL that machines share.

One database is one set of documents. Who refreshes holds an advisory lock on a connection of its
own: it ends with the process, however that ends, and what is published is written on that very
connection, so that nobody publishes who no longer holds it.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
import time
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from index.errors import AnotherRefresh, LockLost, ServerAway
from index.generations.pointers import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TABLES = """
CREATE TABLE IF NOT EXISTS shared_generations (name text PRIMARY KEY, manifest text NOT NULL);
CREATE TABLE IF NOT EXISTS shared_pointer (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    folder text NOT NULL,
    generation text REFERENCES shared_generations (name),
    instead_of text
);
"""
_MAKING, _REFRESHING = 0x7465_6273, 0x7465_6274
"""The numbers of the advisory locks for making the tables and for a refresh."""

_WAIT_S, _PAUSE_S = 3, 2.0
"""How long a server may take to answer at first; for how long one that did not is not asked."""

_HOLDER = """
SELECT a.application_name, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ')
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = %s
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Register:
    """The tables of one set of documents."""

    def __init__(self, url: str) -> None:
        """Take the database's address, as the ledger's is given."""
        self._url = re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", url)
        self._turn = threading.Lock()
        self._reading: psycopg.Connection[Any] | None = None
        self._holding: psycopg.Connection[Any] | None = None
        self._away: tuple[float, str] | None = None

    @property
    def address(self) -> str:
        """Where it is, for people: without user and password."""
        try:
            told = conninfo_to_dict(self._url)
        except psycopg.Error:
            return "TEBIKI_DATABASE_URL"
        return f"{told.get('host') or 'localhost'}/{told.get('dbname') or ''}"

    def pointer(self) -> Pointer | None:
        """Return what is current, or None when nothing was published yet."""
        found = self._rows("SELECT generation, instead_of FROM shared_pointer")
        return Pointer(*found[0]) if found and found[0][0] else None

    def names(self) -> tuple[str, ...]:
        """Return the names of the generations, oldest first."""
        return tuple(row[0] for row in self._rows("SELECT name FROM shared_generations ORDER BY 1"))

    def manifest(self, name: str) -> str | None:
        """Return a generation's manifest, None where there is no such generation."""
        found = self._rows("SELECT manifest FROM shared_generations WHERE name = %s", name)
        return found[0][0] if found else None

    def folder(self) -> str:
        """Return the name of the folder of this set's files; no other set has it."""
        found = self._rows("SELECT folder FROM shared_pointer")
        return str(found[0][0]) if found else ""

    def point(self, to: Pointer) -> bool:
        """Make a generation current in one step; False where it is gone."""
        found = self._rows(
            "UPDATE shared_pointer SET generation = g.name, instead_of = %s"
            " FROM shared_generations g WHERE g.name = %s RETURNING g.name",
            to.instead_of, to.generation,
        )  # fmt: skip
        return bool(found)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who refreshes, and have the tables.

        Raises:
            AnotherRefresh: somebody else is; it says who, and since when.
            ServerAway: the server does not answer.
        """
        with self._told():
            connection = self._connected()
            try:
                with connection.transaction():
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
                    connection.execute(_TABLES)
                    connection.execute(
                        "INSERT INTO shared_pointer (folder) VALUES (%s) ON CONFLICT DO NOTHING",
                        [secrets.token_hex(8)],
                    )
                # A machine that lost its power is noticed within a minute.
                connection.execute(
                    "SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10;"
                    "SET tcp_keepalives_count = 3"
                )
                self._locked(connection)
            except BaseException:
                connection.close()
                raise
        self._holding = connection
        try:
            yield
        finally:
            self._holding = None
            connection.close()

    def _locked(self, connection: psycopg.Connection[Any]) -> None:
        if next(connection.execute("SELECT pg_try_advisory_lock(%s)", [_REFRESHING]))[0]:
            return
        holder = connection.execute(_HOLDER, [_REFRESHING]).fetchone()
        by = f", by {holder[0]} since {holder[1]}" if holder else ""
        raise AnotherRefresh(
            f"{self.address}: another refresh is under way{by}. Wait until it ends; if it is "
            f"broken off, the next may begin at once."
        )

    def publish(self, name: str, manifest: str, instead_of: str | None) -> None:
        """Make a new generation current in one step, as the one who is `alone`.

        Raises:
            LockLost: the connection that held the lock is gone, or was never there.
        """
        connection = self._holding
        try:
            if connection is None:
                raise psycopg.OperationalError("no lock is held")
            with connection.transaction():
                connection.execute(
                    "INSERT INTO shared_generations VALUES (%s, %s)", [name, manifest]
                )
                connection.execute(
                    "UPDATE shared_pointer SET generation = %s, instead_of = %s", [name, instead_of]
                )
        except psycopg.Error as problem:
            raise LockLost(self.address, _said(problem)) from problem

    def forget(self, names: Sequence[str]) -> None:
        """Forget generations, but never the current one."""
        self._rows(
            "DELETE FROM shared_generations WHERE name = ANY(%s)"
            " AND name NOT IN (SELECT generation FROM shared_pointer FOR UPDATE) RETURNING name",
            list(names),
        )

    def _rows(self, statement: str, *given: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement; none where the tables are not made yet."""
        with self._turn, self._told():
            if self._away and time.monotonic() < self._away[0]:
                raise ServerAway(self.address, self._away[1])
            for again in (True, False):
                try:
                    if self._reading is None or self._reading.closed:
                        self._reading = self._connected()
                        weakref.finalize(self, self._reading.close)
                    return self._reading.execute(statement, given).fetchall()
                except psycopg.errors.UndefinedTable:
                    return []
                except psycopg.OperationalError as problem:
                    fresh, self._reading = self._reading, None
                    if fresh is None or not again:  # a new connection failed as well
                        self._away = (time.monotonic() + _PAUSE_S, _said(problem))
                        raise
                    fresh.close()
        return []

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url, autocommit=True, connect_timeout=_WAIT_S, tcp_user_timeout=1000 * _WAIT_S,
            application_name=f"process {os.getpid()} on {socket.gethostname()}"[:63],
        )  # fmt: skip

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as problem:
            raise ServerAway(self.address, _said(problem)) from problem


def _said(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]
