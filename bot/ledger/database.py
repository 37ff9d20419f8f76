"""The database under the ledger: SQLite in the home, or the PostgreSQL that a URL names.

Every write transaction takes SQLite's write lock at its beginning, so that two processes wait
for one another instead of failing half-way.
"""

from __future__ import annotations

import fcntl
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bot.ledger.errors import LedgerDamaged, LedgerTooNew, LedgerUnavailable

HEAD = "0005"
"""The newest step in `migrations/versions`."""

WAIT_S = 10
"""How long one process waits for another that is writing."""

READ_WAIT_S = 2
"""How long a reader waits; in SQLite it does so only for one who keeps everybody out."""

_PAUSE_S = 0.05

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

log = logging.getLogger(__name__)

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x7465_6269
"""The number of PostgreSQL's advisory lock under which the tables are changed."""


class Database:
    """An open database whose tables are up to date; shared by the threads of a process."""

    def __init__(self, where: Path | str, *, patient: bool = False) -> None:
        """Open the SQLite file *where*, or the PostgreSQL URL, and bring its tables up to date.

        Several processes may do so at once: one changes the tables, the others wait. A SQLite
        file that is damaged is set aside, and a new one begins. *patient*: one that is locked, or
        for which the disk has no room, is opened when it can be, and refuses until then.

        Raises:
            LedgerUnavailable: it cannot be opened or changed.
            LedgerTooNew: a newer version made the tables.
        """
        self._file = where if isinstance(where, Path) else None
        self._opening = threading.RLock()
        self._ready = False
        self._inode = 0
        if isinstance(where, Path):
            self.name = str(where)
            self._url = sa.URL.create("sqlite", database=str(where))
        else:
            self._url = _postgresql(where)
            self.name = self._url.render_as_string(hide_password=True)
        self._turns = _Turns() if self._file else None
        try:
            self._open()
        except LedgerUnavailable as problem:
            later = patient and self._file is not None and isinstance(problem.__cause__, DBAPIError)
            if not later:
                raise
            log.warning("%s", problem)

    def _open(self) -> None:
        """Make the engine and the tables; a damaged file is set aside first."""
        with self._opening:
            if self._ready:
                return
            try:
                with self._told():
                    self._connect()
            except LedgerDamaged:
                self._set_aside()
                with self._told():
                    self._connect()
            self._ready = True

    def _connect(self) -> None:
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(self._url)
        try:
            self._bring_up_to_date()
        except BaseException:
            self.engine.dispose()
            raise
        if self._file is not None:
            self._inode = self._file.stat().st_ino

    def _set_aside(self) -> None:
        """Give a damaged file and what belongs to it a name that says so, unless it is gone."""
        file = self._file
        if file is None:
            return
        with self._opening, file.with_name(f"{file.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._ready = False
            self.engine.dispose()
            if self._inode and (not file.exists() or file.stat().st_ino != self._inode):
                return  # another process did it
            kept = _free(file, date.today())  # noqa: DTZ011 - the day of whoever looks for it
            for end in ("-wal", "-shm", ""):
                part = file.with_name(file.name + end)
                if part.exists():
                    part.replace(kept.with_name(kept.name + end))
            self._inode = 0
            log.error(
                "%s was damaged. It is kept as %s, and a new ledger begins: answers given before "
                "cannot be opened, and their conversations begin anew. A backup can be put in "
                "its place while nothing runs.",
                file, kept.name,
            )  # fmt: skip

    @contextmanager
    def write(
        self, *, urgent: bool = False, wait_s: float | None = None
    ) -> Iterator[sa.Connection]:
        """Give a transaction that may write; it is undone when the block raises.

        On SQLite the threads of a process take turns, the *urgent* ones first: somebody waits
        for an acknowledgement. (SQLite itself lets them sleep and try again, in no order.) With
        *wait_s* it is given up after so long.

        Raises:
            LedgerUnavailable: the database refused, or others were writing for longer.
        """
        until_s = time.monotonic() + (wait_s or 0.0)
        turn = (
            self._turns.taken(urgent=urgent, wait_s=wait_s)
            if self._turns
            else nullcontext(enter_result=True)
        )
        with turn as mine, self._told():
            if not mine:
                raise LedgerUnavailable(self.name, "others are writing to it")
            self._open()
            with self.engine.connect() as connection:
                left_s = WAIT_S if wait_s is None else max(0.0, until_s - time.monotonic())
                told = connection.execution_options(wait_s=left_s)
                with told.begin():
                    yield told

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Give a transaction that only reads; on SQLite it waits for no writer.

        Raises:
            LedgerUnavailable: the database refused.
        """
        with self._told():
            self._open()
            with self.engine.connect().execution_options(reads=True) as connection:
                yield connection

    @staticmethod
    def for_client(url: str) -> tuple[str, str]:
        """Return a URL as PostgreSQL's own programs take it, without its password, and that.

        Raises:
            LedgerUnavailable: it is no URL of a database that is understood.
        """
        named = _postgresql(url)
        bare = named.set(drivername="postgresql", password=None)
        return bare.render_as_string(), str(named.password or "")

    @staticmethod
    def server_of(url: str) -> tuple[str, int] | None:
        """Return the host and port that a URL names, None where it names a socket on this machine.

        Raises:
            LedgerUnavailable: it is no URL of a database that is understood.
        """
        named = _postgresql(url)
        host = named.host
        return (host, named.port or 5432) if host and not host.startswith("/") else None

    def checkpoint(self) -> None:
        """Leave nothing in SQLite's write-ahead log, with what stood there before.

        Raises:
            LedgerUnavailable: somebody reads from it for longer than a write may wait.
        """
        if self._file is None:
            return
        until_s = time.monotonic() + WAIT_S
        while True:
            with self._alone() as said:
                busy, *_ = said("PRAGMA wal_checkpoint(TRUNCATE)")
            if not busy:
                return
            if time.monotonic() > until_s:
                raise LedgerUnavailable(self.name, "others read from it, so that its log stays")
            time.sleep(_PAUSE_S)

    def purge(self) -> None:
        """Write the tables anew, so that nothing of what was deleted is left in their files.

        Raises:
            LedgerUnavailable: others use them for too long; the same once more finishes it.
        """
        if self._file is None:
            for table in ("answers", "feedback", "followers", "waiting", "threads"):
                with self._alone() as said:
                    said(f"VACUUM (FULL) {table}")
            return
        self.checkpoint()
        with self._alone() as said:
            said("VACUUM")
        self.checkpoint()

    def aside(self) -> tuple[str, ...]:
        """Return the names of damaged files that were set aside: they hold what stood in them."""
        if self._file is None:
            return ()
        return tuple(sorted(p.name for p in self._file.parent.glob(f"{self._file.stem}.damaged-*")))

    @contextmanager
    def _alone(self) -> Iterator[Callable[[str], tuple[Any, ...]]]:
        """Give what says one statement outside any transaction, and returns its first row."""
        with self._told():
            self._open()
            connection = self.engine.raw_connection()
            try:
                if self._file is None:
                    connection.dbapi_connection.autocommit = True  # type: ignore[union-attr]
                cursor = connection.cursor()
                if self._file is not None:
                    cursor.execute(f"PRAGMA busy_timeout={WAIT_S * 1000}")

                def said(statement: str) -> tuple[Any, ...]:
                    try:
                        cursor.execute(statement)
                        row = cursor.fetchone() if cursor.description else None
                    except self.engine.dialect.dbapi.Error as problem:  # type: ignore[union-attr]
                        raise LedgerUnavailable(self.name, _first_line(problem)) from problem
                    return tuple(row or (0,))

                yield said
                cursor.close()
            finally:
                connection.invalidate()  # it is no longer as the others in the pool are

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def add_new(self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
        """Insert a row unless its key is there; return whether it was inserted."""
        if self.engine.dialect.name == "sqlite":
            made: Any = sqlite.insert(table).values(row).on_conflict_do_nothing()
        else:
            made = postgresql.insert(table).values(row).on_conflict_do_nothing()
        # psycopg does not say how many rows such an insert made; what it returns does.
        first = next(iter(table.primary_key))
        return connection.execute(made.returning(first)).first() is not None

    def put(self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
        """Insert a row, or replace the one with its key."""
        keys = [column.name for column in table.primary_key]
        rest = {name: value for name, value in row.items() if name not in keys}
        if self.engine.dialect.name == "sqlite":
            lite = sqlite.insert(table).values(row)
            connection.execute(lite.on_conflict_do_update(index_elements=keys, set_=rest))
        else:
            post = postgresql.insert(table).values(row)
            connection.execute(post.on_conflict_do_update(index_elements=keys, set_=rest))

    def queue(self, connection: sa.Connection, name: str) -> None:
        """Let transactions that name the same thing follow one another, until they end.

        On SQLite every write does so anyway.
        """
        if self.engine.dialect.name == "postgresql":
            number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as problem:
            if _is_damaged(problem) and self._file is not None:
                if self._ready:
                    self._set_aside()
                raise LedgerDamaged(self.name, _first_line(problem.orig)) from problem
            raise LedgerUnavailable(self.name, _first_line(problem.orig)) from problem
        except (SQLAlchemyError, OSError) as problem:
            raise LedgerUnavailable(self.name, _first_line(problem)) from problem

    def _bring_up_to_date(self) -> None:
        with self.engine.connect() as connection:
            if self._at(connection) == HEAD:
                return
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            at = self._at(connection)
            if at is not None and at not in known:
                raise LedgerTooNew(self.name, at)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @staticmethod
    def _at(connection: sa.Connection) -> str | None:
        """Return the step the tables are at, None when there are none yet."""
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)


class _Turns:
    """One thread at a time, those in a hurry first."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._busy = False
        self._hurried = 0

    @contextmanager
    def taken(self, *, urgent: bool, wait_s: float | None = None) -> Iterator[bool]:
        """Give a turn, and whether it came within *wait_s* seconds (None: whenever it comes)."""
        with self._free:
            self._hurried += urgent
            came = self._free.wait_for(
                lambda: not self._busy and (urgent or not self._hurried), wait_s
            )
            self._hurried -= urgent
            if came:
                self._busy = True
        if not came:
            yield False
            return
        try:
            yield True
        finally:
            with self._free:
                self._busy = False
                self._free.notify_all()


def _postgresql(text: str) -> sa.URL:
    try:
        url = make_url(text)
    except ArgumentError as problem:
        raise LedgerUnavailable("TEBIKI_DATABASE_URL", "it is not a URL") from problem
    if url.get_backend_name() not in {"postgresql", "postgres"}:
        raise LedgerUnavailable(
            "TEBIKI_DATABASE_URL",
            "only postgresql://user@host/database is understood; leave it out for SQLite",
        )
    return url.set(drivername="postgresql+psycopg")


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": WAIT_S})
    engine = sa.create_engine(
        url, connect_args={"timeout": READ_WAIT_S}, pool_size=10, max_overflow=20
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
    connection.isolation_level = None  # BEGIN is said by `_begin_sqlite`, not by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL: what Slack was told we have must be there after a power failure as well.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    told = connection.get_execution_options()
    reads = told.get("reads", False)
    wait_s = READ_WAIT_S if reads else told.get("wait_s", WAIT_S)
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(wait_s * 1000)}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _free(file: Path, day: date) -> Path:
    """Return a name for a damaged file that none has: ledger.damaged-2026-11-30.sqlite."""
    number = 1
    while True:
        more = "" if number == 1 else f"-{number}"
        kept = file.with_name(f"{file.stem}.damaged-{day.isoformat()}{more}{file.suffix}")
        if not kept.exists():
            return kept
        number += 1


def _is_damaged(problem: DBAPIError) -> bool:
    code = getattr(problem.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _DAMAGED


def _first_line(problem: BaseException | None) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0].rstrip(".")
