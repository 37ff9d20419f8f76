"""Refreshes that are killed, and refreshes while others read: what a reader gets all the time."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from index.generations import Generation, current, listed
from index.passages import Filters
from tests.fakes import edition
from tests.shelves import Desk

KILLS = int(os.environ.get("TEBIKI_KILLS", "10"))
DOCUMENTS = 8

# Processes are forked from one that has imported everything and opened nothing.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.test_life", "sklearn.utils.extmath"])


def _stocked(folder: Path, version: int) -> Desk:
    """Return a desk whose every document says which version it is of."""
    desk = Desk(folder)
    for number in range(DOCUMENTS):
        pages = (
            f"手順{number}の期限は第{version}次計画による。",
            f"手順{number}は第{version}次計画で定める。",
        )
        desk.put(edition(f"m{number}"), *pages)
    return desk


def _refresh(folder: Path, version: int) -> None:
    _stocked(folder, version).refresh()


def _versions(generation: Generation) -> set[str]:
    """Return the versions that one answer speaks of, each text checked against what is stored."""
    found = generation.retrieve("手順3の期限はどの計画によるか。", k=6, filters=Filters())
    for passage in found:
        chunk = passage.chunk
        assert chunk.text == generation.text(chunk.edition).text[chunk.start : chunk.end]
    return set(re.findall(r"第(\d+)次", "".join(passage.chunk.text for passage in found)))


def _debris(desk: Desk) -> list[str]:
    hidden = [path.name for path in desk.home.rglob("*") if path.name.startswith(".")]
    drafts = [path.name for path in (desk.home / "pdfs").iterdir() if path.suffix != ".pdf"]
    return hidden + drafts


def test_a_kill_at_any_moment_costs_nothing(tmp_path: Path) -> None:
    """The old index (or, after the last step, the new one) answers; the next refresh succeeds.

    TEBIKI_KILLS=100 kills a hundred times.
    """
    chance = random.Random(8)  # noqa: S311 - moments that can be repeated, not a secret
    desk = _stocked(tmp_path, 0)
    desk.refresh()
    for version in (1, 2):  # the first one waits until everything is imported
        began = time.monotonic()
        worker = processes.Process(target=_refresh, args=(tmp_path, version))
        worker.start()
        worker.join()
        took = time.monotonic() - began
        assert ({str(version)}, 0) == (_versions(desk.shelf()()), worker.exitcode)
    cut_off = 0
    for version in range(3, KILLS + 3):
        before = current(desk.home)
        worker = processes.Process(target=_refresh, args=(tmp_path, version))
        worker.start()
        worker.join(chance.uniform(0, took))
        if worker.is_alive() and worker.pid is not None:
            os.kill(worker.pid, signal.SIGKILL)
        worker.join()
        cut_off += worker.exitcode == -signal.SIGKILL
        stands = version - 1 if current(desk.home) == before else version

        assert {str(stands)} == _versions(desk.shelf()())

        _stocked(tmp_path, version).refresh()

        assert {str(version)} == _versions(desk.shelf()())
        assert ([], True) == (_debris(desk), len(listed(desk.home)) <= 3)
    assert cut_off >= KILLS // 2


def test_searches_during_ten_refreshes_never_fail_or_mix(tmp_path: Path) -> None:
    """Each answer is of one generation, whole, from the first refresh to the last."""
    desk = _stocked(tmp_path, 0)
    desk.refresh()
    shelf = desk.shelf()
    over = threading.Event()
    answers: list[tuple[str, set[str]]] = []
    problems: list[BaseException] = []

    def search() -> None:
        while not over.is_set():
            try:
                generation = shelf()
                answers.append((generation.id, _versions(generation)))
            except BaseException as problem:  # noqa: BLE001 - whatever it is, the test tells it
                problems.append(problem)
                return

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for version in range(1, 11):
        _stocked(tmp_path, version).refresh()
    over.set()
    for thread in threads:
        thread.join()

    assert [] == problems
    assert [] == [a for a in answers if a[1] != {str(int(a[0][1:]) - 1)}]
    assert 5 <= len({name for name, _ in answers})


def _read_on(folder: Path, told: Connection) -> None:
    """Tell each change of what is served, as soon as a question is answered from it."""
    shelf, last = Desk(folder).shelf(), ""
    while not told.poll(0.05):
        generation = shelf()
        if generation.id != last:
            last = generation.id
            told.send((last, sorted(_versions(generation)), time.monotonic()))


@pytest.fixture
def readers(tmp_path: Path) -> Iterator[list[Connection]]:
    """Two processes that serve version 0."""
    _stocked(tmp_path, 0).refresh()
    ends: list[Connection] = []
    started = []
    for _ in range(2):
        here, there = processes.Pipe()
        process = processes.Process(target=_read_on, args=(tmp_path, there))
        process.start()
        there.close()
        started.append(process)
        ends.append(here)
    yield ends
    for here, process in zip(ends, started, strict=True):
        here.send("stop")
        process.join(20)
        here.close()


def test_two_processes_switch_while_a_third_refreshes(
    tmp_path: Path, readers: list[Connection]
) -> None:
    """Both answer from the new generation within two seconds of its publication."""
    assert [("g000001", ["0"])] * 2 == [here.recv()[:2] for here in readers]

    _stocked(tmp_path, 1).refresh()
    published = time.monotonic()

    for here in readers:
        assert here.poll(10)
        name, versions, at = here.recv()
        assert ("g000002", ["1"]) == (name, versions)
        assert 2.0 > at - published
