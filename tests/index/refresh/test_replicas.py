"""Two servers and two refreshers share an index, and one of the four is killed at random moments."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from index.errors import AnotherRefresh
from tests.databases import database_on
from tests.index.refresh.test_life import (
    WAIT_S,
    Place,
    _debris,
    _desk,
    _stocked,
    _versions,
    processes,
)

ROUNDS = int(os.environ.get("TEBIKI_TEST_REPLICAS", "3"))


@pytest.fixture
def place(postgresql_server: str, tmp_path: Path) -> Iterator[Place]:
    """A database and a folder."""
    with database_on(postgresql_server) as database:
        yield database, tmp_path / "files"


def _serve(folder: Path, place: Place, told: Connection) -> None:
    """Answer all the time, tell what was wrong, and answer when asked."""
    shelf = _desk(folder, place).shelf()
    said: tuple[str, list[str]] = ("", [])
    while True:
        generation = shelf()
        said = (generation.id, sorted(_versions(generation)))
        if len(said[1]) != 1:
            told.send(said)
        if told.poll(0.01):
            if told.recv() == "stop":
                return
            generation = shelf()  # begun after the question came
            told.send((generation.id, sorted(_versions(generation))))


def _refresh(folder: Path, version: int, place: Place, told: Connection) -> None:
    """Refresh as soon as nobody else does."""
    desk = _stocked(folder, version, place)
    begun = time.monotonic()
    while time.monotonic() < begun + WAIT_S:
        try:
            report = desk.refresh()
        except AnotherRefresh:
            time.sleep(0.05)
        else:
            told.send(report.published)
            return


class Server:
    """A process that serves from a home of its own, which holds nothing at first."""

    def __init__(self, folder: Path, place: Place) -> None:
        """Start it."""
        shutil.rmtree(folder, ignore_errors=True)
        self._end, there = processes.Pipe()
        self.process = processes.Process(target=_serve, args=(folder, place, there), daemon=True)
        self.process.start()
        there.close()

    def ask(self) -> tuple[str, list[str]]:
        """Return generation and versions of an answer that begins now."""
        self._end.send("ask")
        assert self._end.poll(WAIT_S)
        generation, versions = self._end.recv()
        return generation, versions

    def stop(self) -> None:
        """End it in peace."""
        self._end.send("stop")
        self.process.join(WAIT_S)
        assert 0 == self.process.exitcode


def _kill(process: ForkServerProcess) -> None:
    assert process.pid is not None
    with suppress(ProcessLookupError):  # it had ended
        os.kill(process.pid, signal.SIGKILL)
    process.join()


@pytest.mark.needs("postgresql")
@pytest.mark.timeout(300 + 60 * ROUNDS)
def test_one_of_four_is_killed_at_any_moment(tmp_path: Path, place: Place) -> None:
    """No answer is wrong or mixed, each version is published once, and everybody follows.

    A server that was killed starts again with nothing. TEBIKI_TEST_REPLICAS says how often.
    """
    chance = random.Random(21)  # noqa: S311 - moments that can be repeated, not a secret
    first = time.monotonic()
    _stocked(tmp_path / "refresher0", 0, place).refresh()
    took_s = time.monotonic() - first
    servers = [Server(tmp_path / f"server{n}", place) for n in range(2)]
    ids = defaultdict(set)
    killed: dict[str, int] = defaultdict(int)
    followed_s: list[float] = []
    for version in range(1, ROUNDS + 1):
        refreshers = []
        for n in range(2):
            here, there = processes.Pipe(duplex=False)
            work = (tmp_path / f"refresher{n}", version, place, there)
            process = processes.Process(target=_refresh, args=work, daemon=True)
            process.start()
            there.close()
            refreshers.append((process, here))
        victim = (version + chance.randrange(4)) % 4
        time.sleep(chance.random() * took_s)
        if victim < len(servers):
            _kill(servers[victim].process)
            servers[victim] = Server(tmp_path / f"server{victim}", place)
        else:
            _kill(refreshers[victim - 2][0])
        killed["server" if victim < len(servers) else "refresher"] += 1
        published = 0
        for process, here in refreshers:
            process.join(WAIT_S)
            assert process.exitcode in {0, -signal.SIGKILL}
            published += process.exitcode == 0 and here.recv()
            here.close()
        ended = time.monotonic()
        assert published <= 1
        for server in servers:
            generation, versions = server.ask()
            assert [str(version)] == versions
            ids[version].add(generation)
            followed_s.append(time.monotonic() - ended)
    for server in servers:
        server.stop()

    assert [] == [version for version, names in ids.items() if len(names) != 1]
    last = _stocked(tmp_path / "refresher0", ROUNDS, place)
    assert not last.refresh().published
    assert [] == _debris(last.home)
    assert last.shared is not None
    manifests = [kept.manifest for kept in last.shared.kept()]
    needed = {digest for one in manifests if one for digest in one.files.values()}
    assert place is not None
    assert needed == {path.name for path in place[1].glob("*/files/*")}
    print(f"\n{ROUNDS} rounds, killed: {dict(killed)}; all servers answered from the new index")  # noqa: T201
    print(f"{max(followed_s):.2f} s after the last refresher had ended, at the latest")  # noqa: T201
