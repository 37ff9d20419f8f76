"""Refreshes that are killed, and refreshes while others read: what a reader gets all the time."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
import pytest

from index.generations.generation import Generation
from index.generations.pointers import current, listed
from index.generations.shelf import Shelf
from index.passages import Filters
from index.refresh.tidying import BUILDING
from tests.databases import database_on
from tests.fakes import edition
from tests.pdfs import Sheet, write
from tests.shelves import Desk

ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("TESTS_KILLS", "8"))
DOCUMENTS = 8
WAIT_S = 200.0
"""How long a busy machine may take for what takes a moment: nothing here is a bound on speed."""

# Processes are forked from one that has imported everything and opened nothing.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.index.refresh.test_life", "sklearn.utils.extmath"])


Place = tuple[str, Path] | None
"""A database and the folder of the files that are shared, or None: in the home itself."""


@pytest.fixture(params=["home", pytest.param("shared", marks=pytest.mark.needs("postgresql"))])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where generations are published."""
    if request.param == "home":
        yield None
        return
    with database_on(request.getfixturevalue("postgresql_server")) as database:
        yield database, tmp_path / "files"


def _desk(folder: Path, place: Place) -> Desk:
    folder.mkdir(exist_ok=True)
    desk = Desk(folder)
    if place:
        desk.share(*place)
    return desk


def _stocked(folder: Path, version: int, place: Place) -> Desk:
    """Return a desk whose every document says which version it is of."""
    desk = _desk(folder, place)
    for number in range(DOCUMENTS):
        pages = (
            f"手順{number}の期限は第{version}次計画による。",
            f"手順{number}は第{version}次計画で定める。",
        )
        desk.put(edition(f"m{number}"), *pages)
    return desk


def _refresh(folder: Path, version: int, place: Place, dies_at: int, told: Connection) -> None:
    """Refresh and tell how many calls that took, or die with no word at one of them."""
    desk, calls = _stocked(folder, version, place), 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}
        if calls == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    desk.refresh()
    sys.setprofile(None)
    told.send(calls)


def _refreshed(folder: Path, version: int, place: Place, dies_at: int = 0) -> int:
    """Refresh in a process of its own; the calls that it took, or 0 where it died."""
    here, there = processes.Pipe(duplex=False)
    worker = processes.Process(target=_refresh, args=(folder, version, place, dies_at, there))
    worker.start()
    there.close()
    worker.join()
    try:
        return int(here.recv()) if worker.exitcode == 0 else 0
    finally:
        here.close()


def _versions(generation: Generation) -> set[str]:
    """Return the versions that one answer speaks of, each text checked against what is stored."""
    found = generation.retrieve("手順3の期限はどの計画によるか。", k=6, filters=Filters())
    for passage in found:
        chunk = passage.chunk
        assert chunk.text == generation.text(chunk.edition).text[chunk.start : chunk.end]
    return set(re.findall(r"第(\d+)次", "".join(passage.chunk.text for passage in found)))


def _debris(home: Path) -> list[str]:
    hidden = [path.name for path in home.rglob("*") if path.name.startswith(".")]
    drafts = [path.name for path in (home / "pdfs").iterdir() if path.suffix != ".pdf"]
    readings = [path.name for path in home.glob("readings/**/*") if path.suffix == ".draft"]
    return hidden + drafts + readings


def _current(desk: Desk) -> str:
    found = desk.shared.pointer() if desk.shared else None
    return str(found.generation if found else current(desk.home))


def _kept(desk: Desk) -> tuple[str, ...]:
    return desk.shared.names() if desk.shared else listed(desk.home)


@contextmanager
def _asking(shelf: Shelf, threads: int = 1) -> Iterator[list[tuple[str, set[str]]]]:
    """Ask all the time; the value fills with each answer's generation and versions.

    Raises:
        Whatever an answer raised.
    """
    over = threading.Event()
    answers: list[tuple[str, set[str]]] = []
    problems: list[BaseException] = []

    def ask() -> None:
        while not over.wait(0.02):
            try:
                generation = shelf()
                answers.append((generation.id, _versions(generation)))
            except BaseException as problem:  # noqa: BLE001 - whatever it is, the test tells it
                problems.append(problem)
                return

    asking = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in asking:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in asking:
            thread.join()
    if problems:
        raise problems[0]


@pytest.mark.timeout(300 + 30 * KILLS)
def test_a_kill_at_any_moment_costs_nothing(tmp_path: Path, place: Place) -> None:
    """The old index (or, after the last step, the new one) answers, during the kill and after it.

    The next refresh succeeds, and no debris grows. The moments are calls of the refresh, so
    that they do not depend on the machine; TESTS_KILLS=100 kills at a hundred.
    """
    chance = random.Random(8)  # noqa: S311 - moments that can be repeated, not a secret
    desk = _stocked(tmp_path, 0, place)
    desk.refresh()
    calls = _refreshed(tmp_path, 1, place)
    assert {"1"} == _versions(desk.shelf()())
    with _asking(desk.shelf()) as answers:
        for version in range(2, KILLS + 2):
            before = _current(desk)
            moment = (version - 2 + chance.random()) / KILLS  # one in each of equal parts

            assert 0 == _refreshed(tmp_path, version, place, max(1, int(0.95 * calls * moment)))
            stands = version - 1 if _current(desk) == before else version
            assert {str(stands)} == _versions(desk.shelf()())

            _stocked(tmp_path, version, place).refresh()

            assert {str(version)} == _versions(desk.shelf()())
            # Beside the newest three, one that is being read may stay for a while.
            assert ([], True) == (_debris(desk.home), len(_kept(desk)) <= 4)
    assert [] == [answer for answer in answers if len(answer[1]) != 1]


def test_searches_during_five_refreshes_never_fail_or_mix(tmp_path: Path, place: Place) -> None:
    """Each answer is of one generation, whole, from the first refresh to the last."""
    desk = _stocked(tmp_path, 0, place)
    desk.refresh()
    with _asking(desk.shelf(), threads=2) as answers:
        for version in range(1, 6):
            _stocked(tmp_path, version, place).refresh()
            until = time.monotonic() + WAIT_S
            while answers[-1:] == [] or answers[-1][0] != f"g{version + 1:06}":
                assert time.monotonic() < until
                time.sleep(0.01)

    assert [] == [a for a in answers if a[1] != {str(int(a[0][1:]) - 1)}]
    assert 5 <= len({name for name, _ in answers})


def _read_on(folder: Path, place: Place, told: Connection) -> None:
    """Tell each change of what is served, as soon as a question is answered from it."""
    shelf, last = _desk(folder, place).shelf(), ""
    while not told.poll(0.05):
        generation = shelf()
        if generation.id != last:
            last = generation.id
            told.send((last, sorted(_versions(generation))))


@pytest.fixture
def readers(tmp_path: Path, place: Place) -> Iterator[list[Connection]]:
    """Two processes that serve version 0: of the same home, or of none."""
    _stocked(tmp_path / "refresher", 0, place).refresh()
    ends: list[Connection] = []
    started = []
    for number in range(2):
        here, there = processes.Pipe()
        folder = tmp_path / (f"replica{number}" if place else "refresher")
        process = processes.Process(target=_read_on, args=(folder, place, there))
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
    tmp_path: Path, place: Place, readers: list[Connection]
) -> None:
    """Both answer from the new generation once it is published, and from nothing between."""
    assert [("g000001", ["0"])] * 2 == [here.recv() for here in readers]

    _stocked(tmp_path / "refresher", 1, place).refresh()

    for here in readers:
        assert here.poll(WAIT_S)
        assert ("g000002", ["1"]) == here.recv()


class Town:
    """A corpus of real PDFs, and Tebiki's real commands over it, each in a process of its own."""

    def __init__(self, folder: Path, place: Place) -> None:
        """Make an empty corpus; *place* is where generations are published."""
        self.folder, self.corpus, self.home = folder, folder / "corpus", folder / "home"
        self.corpus.mkdir()
        self._environment = dict(os.environ)
        if place:
            self._environment |= {"TEBIKI_DATABASE_URL": place[0], "TEBIKI_SHARED": str(place[1])}

    def put(self, version: int) -> None:
        """Let every document say which version it is of."""
        for number in range(3):
            sheet = Sheet()
            sheet.say(f"手順{number}の要領", 60, 700, 24)
            sheet.say(f"手順{number}の期限は第{version}次計画による。", 60, 640, 12)
            draft = self.folder / "draft.pdf"
            write(draft, [sheet]).replace(self.corpus / f"m{number}.pdf")

    def start(self, *words: str, home: Path | None = None) -> subprocess.Popen[bytes]:
        """Begin a command."""
        where = ["--home", str(home or self.home), "--corpus", str(self.corpus)]
        return subprocess.Popen(
            [sys.executable, "-m", "tebiki", *where, *words], cwd=ROOT, env=self._environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def refresh(self) -> None:
        """Refresh, and fail if that fails."""
        with self.start("refresh", "--accept") as process:
            _, said = process.communicate(timeout=WAIT_S)
        assert 0 == process.returncode, said.decode()

    @contextmanager
    def served(self, home: Path) -> Iterator[Callable[[], set[str]]]:
        """Serve; the value asks, and returns the versions that the answer speaks of."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        at = f"http://127.0.0.1:{port}"

        def ask() -> set[str]:
            asked = {"question": "手順1の期限はどの計画によるか", "k": 3}
            told = httpx.post(f"{at}/v1/search", json=asked, timeout=WAIT_S)
            assert told.is_success, told.text
            return set(re.findall(r"第(\d+)次", told.text))

        with self.start("serve", "--port", str(port), home=home) as process:
            try:
                for _ in range(int(10 * WAIT_S)):
                    with suppress(httpx.TransportError):
                        if httpx.get(f"{at}/readyz").is_success:
                            break
                    time.sleep(0.1)
                yield ask
            finally:
                process.terminate()
                process.wait(timeout=WAIT_S)


def _switched(ask: Callable[[], set[str]]) -> None:
    """Ask until the answer is of the second version, and of no other but the first before."""
    until = time.monotonic() + WAIT_S
    while (said := ask()) != {"2"}:
        assert {"1"} == said
        assert time.monotonic() < until
        time.sleep(0.05)


def _seen(refresh: subprocess.Popen[bytes], home: Path, place: str) -> bool:
    """Wait until a refresh has made what stands at *place*; False where it ended without."""
    until = time.monotonic() + WAIT_S
    while refresh.poll() is None and time.monotonic() < until:
        if next(home.glob(place), None):
            return True
        time.sleep(0.01)
    return False


BEGUN, COUNTED, AT_THE_GATE = (
    f"generations/{BUILDING}*/{name}" for name in ("texts", "words", "manifest.json")
)


@pytest.mark.timeout(600)
def test_servers_stand_through_refreshes_and_kills(tmp_path: Path, place: Place) -> None:
    """`tebiki serve` twice and `tebiki refresh`, as somebody runs them.

    Both servers switch while a third process refreshes. Then refreshes are killed with all
    their reading processes: what stood answers, and the next refresh succeeds.
    """
    town = Town(tmp_path, place)
    town.put(1)
    town.refresh()
    homes = [tmp_path / f"replica{n}" if place else town.home for n in range(2)]
    with town.served(homes[0]) as first, town.served(homes[1]) as second:
        assert [{"1"}, {"1"}] == [first(), second()]
        town.put(2)
        with town.start("refresh", "--accept") as process, ThreadPoolExecutor(2) as asking:
            list(asking.map(_switched, (first, second)))
            assert 0 == process.wait(WAIT_S)

        stands = {"2"}
        moments = [AT_THE_GATE] if place else [BEGUN, COUNTED, AT_THE_GATE]
        for version, moment in enumerate(moments, 3):
            town.put(version)
            with town.start("refresh", "--accept") as process:
                assert _seen(process, town.home, moment)
                os.killpg(process.pid, signal.SIGKILL)
            said = first()
            assert said in (stands, {str(version)})
            stands = said

        town.put(9)
        town.refresh()
        assert [{"9"}, {"9"}] == [first(), second()]
        assert [] == _debris(town.home)
