"""A ledger that is damaged, locked or full delays the record and never an answer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from api.schemas.answers import WireAnswer
from bot.answers import Answer, Question
from bot.errors import AnswerUnknown
from bot.ledger import pending_writes
from bot.ledger.ledger import FILE, Ledger, open_ledger
from bot.ledger.record import Recorded, SentRecord
from tests.bot.ledger.test_ledger import answer

UNRECORDED = "まだ記録できていません"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again sooner than in an office."""
    monkeypatch.setattr(pending_writes.PendingWrites.__init__, "__kwdefaults__", {"retry_s": 0.1})


def set_aside(home: Path, since: date) -> Path:
    """Return the one damaged file that was set aside, named by a day since then."""
    (kept,) = home.glob("ledger.damaged-*.sqlite")
    days = (since, since + timedelta(days=1))  # midnight may have passed meanwhile
    assert kept.name in {f"ledger.damaged-{day}.sqlite" for day in days}
    return kept


class Fixed:
    """An answerer with one answer."""

    def answer(self, question: Question) -> Answer:
        """Return it."""
        return answer(question.text)


def ask(ledger: Ledger, name: str) -> tuple[Answer, float]:
    """Ask as the web door does; return the answer, and the seconds that it took."""
    began = time.monotonic()
    given = Recorded(Fixed(), ledger, origin="web").answer(Question(name, name, "ja"))
    SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of).turns("c1")
    return given, time.monotonic() - began


def is_told(given: Answer) -> bool:
    """Whether the reader is told that the answer is not recorded."""
    return any(UNRECORDED in notice for notice in given.notices)


def until(claim: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    end = time.monotonic() + 120
    while not claim():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_recorded(ledger: Ledger, name: str) -> bool:
    """Whether an answer can be opened again."""
    try:
        return ledger.answer(name).id == name
    except AnswerUnknown:
        return False


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the write lock as another process might."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def test_locked_ledger_lets_answers_out_and_takes_them_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first waits two seconds, those behind it with it or not at all; all are recorded later."""
    ledger = open_ledger(tmp_path)
    write = ledger.database.write
    waits: list[tuple[str, float | None]] = []

    def watched(
        *, urgent: bool = False, wait_s: float | None = None
    ) -> AbstractContextManager[sa.Connection]:
        waits.append((threading.current_thread().name, wait_s))
        return write(urgent=urgent, wait_s=wait_s)

    monkeypatch.setattr(ledger.database, "write", watched)
    names = [f"a{number}" for number in range(8)]
    took: dict[str, float] = {}
    with locked(tmp_path / FILE):

        def one(name: str) -> None:
            given, took[name] = ask(ledger, name)
            assert is_told(given)

        asking = [threading.Thread(target=one, args=(name,), name=name) for name in names]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert set(names) == set(took)
        asked = [wait for wait in waits if wait[0] in names]
        assert {2.0} == set(dict(asked).values())
        assert len(dict(asked)) == len(asked)  # nobody waits twice
        assert max(took.values()) < 2 * len(names)  # nor for those before
        assert is_told(ask(ledger, "late")[0])
        assert threading.current_thread().name not in dict(waits)

    until(lambda: all(is_recorded(ledger, name) for name in [*names, "late"]))
    assert not is_told(ledger.answer("a0"))
    assert not is_told(ask(ledger, "next")[0])


def test_ledger_that_is_locked_at_the_start_opens_later(tmp_path: Path) -> None:
    """Whoever starts while another keeps everybody out answers all the same."""
    open_ledger(tmp_path).database.close()
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("PRAGMA journal_mode=DELETE")
    other.execute("BEGIN EXCLUSIVE")

    ledger = open_ledger(tmp_path)
    given, took = ask(ledger, "a1")
    other.close()

    assert is_told(given)
    assert took < 60  # seconds on a busy machine; for ever without a bound
    until(lambda: is_recorded(ledger, "a1"))


def test_damaged_ledger_is_set_aside_at_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It keeps its bytes under its name and the day; a new one begins, and the log says so."""
    since = date.today()  # noqa: DTZ011 - as the file is named
    damaged = b"not a database, but long enough to look like one" * 100
    (tmp_path / FILE).write_bytes(damaged)

    ledger = open_ledger(tmp_path)

    kept = set_aside(tmp_path, since)
    assert damaged == kept.read_bytes()
    assert kept.name in caplog.text
    assert not is_told(ask(ledger, "a1")[0])
    assert is_recorded(ledger, "a1")


def test_ledger_damaged_while_it_is_used_is_set_aside(tmp_path: Path) -> None:
    """The answer goes out, the old file stays for whoever can mend it, and the record goes on."""
    since = date.today()  # noqa: DTZ011 - as the file is named
    ledger = open_ledger(tmp_path)
    ask(ledger, "before")
    ledger.database.close()
    for end in ("-wal", "-shm"):
        (tmp_path / f"{FILE}{end}").unlink(missing_ok=True)
    with (tmp_path / FILE).open("r+b") as file:
        file.write(b"\xff" * 8192)

    given, _ = ask(ledger, "a1")

    assert is_told(given)
    until(lambda: is_recorded(ledger, "a1"))
    assert set_aside(tmp_path, since).exists()


def test_two_processes_set_one_damaged_file_aside_once(tmp_path: Path) -> None:
    """The second finds the new one in its place and goes on with it."""
    first, second = open_ledger(tmp_path), open_ledger(tmp_path)
    for one in (first, second):
        one.database.close()
    (tmp_path / f"{FILE}-wal").unlink(missing_ok=True)
    with (tmp_path / FILE).open("r+b") as file:
        file.write(b"\xff" * 8192)

    ask(first, "a1")
    until(lambda: is_recorded(first, "a1"))
    ask(second, "a2")

    until(lambda: is_recorded(second, "a2") and is_recorded(second, "a1"))
    assert 1 == len(list(tmp_path.glob("ledger.damaged-*.sqlite")))


def test_full_disk_is_told_and_what_was_asked_is_recorded_later(tmp_path: Path) -> None:
    """The reader hears that the answer cannot be printed again, until there is room."""
    ledger = open_ledger(tmp_path)
    room = [1]

    @event.listens_for(ledger.database.engine, "begin")
    def bound(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={room[0]}")

    given = next(given for number in range(200) if is_told(given := ask(ledger, f"a{number}")[0]))
    room[0] = 100_000

    until(lambda: is_recorded(ledger, given.id))


def test_rating_of_an_answer_that_waits_waits_with_it(tmp_path: Path) -> None:
    """What a reader thought is not lost with the record that is late."""
    ledger = open_ledger(tmp_path)
    with locked(tmp_path / FILE):
        ask(ledger, "a1")
        SentRecord(ledger, WireAnswer.model_validate, WireAnswer.of).rate("a1", "down", "")

    until(lambda: bool(is_recorded(ledger, "a1") and ledger.ratings("a1")))
    assert "down" == ledger.ratings("a1")[0].rating
