"""One refresh at a time, however many machines publish on one Chroma server."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from index.errors import AnotherRefresh, ClaimLost, ServerAway
from index.generations.leases import Claim, Lease, held
from index.generations.remote import RemoteGenerations
from index.generations.server import Server
from tests.fakes import edition
from tests.shelves import Desk, server_of

HOUR_S = 3600.0


@pytest.fixture
def server(chroma_server: str) -> Server:
    """A set of documents on the server that nobody used before."""
    return server_of(chroma_server)


@pytest.fixture
def desks(tmp_path: Path, server: Server) -> tuple[Desk, Desk]:
    """Two machines with the same documents and a home each."""
    made = []
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        desk = Desk(folder)
        # Each machine has a connection of its own.
        desk.remote = RemoteGenerations(Server(server.address))
        desk.put(edition("manual"), "標準化の期限は令和7年度である。")
        made.append(desk)
    return made[0], made[1]


def _gone(until_s: float) -> Claim:
    return Claim("process 1 on gone", "another-home", until_s)


def test_a_second_machine_is_told_who_refreshes_and_until_when(desks: tuple[Desk, Desk]) -> None:
    """It publishes nothing meanwhile; when the first is done, it may."""
    one, other = desks
    told: list[str] = []

    def meanwhile(_: Path) -> Sequence[str]:
        with pytest.raises(AnotherRefresh) as caught:
            other.refresh()
        told.append(str(caught.value))
        return ()

    assert "g000001" == one.refresh(allow=meanwhile).generation

    assert f"by process {os.getpid()} on {socket.gethostname()}" in told[0]
    assert "its claim ends by itself at 20" in told[0]
    other.put(edition("plan"), "推進計画の期間を定める。")
    assert "g000002" == other.refresh().generation


def test_the_claim_of_a_machine_that_died_ends_by_itself(
    desks: tuple[Desk, Desk], server: Server
) -> None:
    """Nobody has to remove it by hand, and nothing of it is left."""
    _, other = desks
    server.make_claim(1, _gone(server.now_s() + HOUR_S))
    with pytest.raises(AnotherRefresh, match="by process 1 on gone"):
        other.refresh()

    server.set_claim(1, _gone(server.now_s() - 1))

    assert other.refresh().published
    assert [2] == list(server.claims())


def test_a_refresh_killed_in_the_same_home_keeps_nobody_waiting(
    desks: tuple[Desk, Desk], server: Server
) -> None:
    """The home's lock is free, so whoever held the claim from there is dead."""
    one, _ = desks
    one.home.mkdir()
    (one.home / "refresh.lock").write_text("our-home\n", encoding="utf-8")
    server.make_claim(1, Claim("process 1 on gone", "our-home", server.now_s() + HOUR_S))

    assert one.refresh().published


def test_whoever_lost_the_claim_publishes_nothing(desks: tuple[Desk, Desk], server: Server) -> None:
    """A machine that slept wakes up, and another has published in the meantime."""
    one, other = desks
    other.put(edition("plan"), "推進計画の期間を定める。")

    def meanwhile(_: Path) -> Sequence[str]:
        server.set_claim(1, _gone(server.now_s() - 1))
        assert other.refresh().published
        return ()

    with pytest.raises(ClaimLost, match="nothing was published"):
        one.refresh(allow=meanwhile)

    now = RemoteGenerations(server)
    assert ["g000001"] == [kept.name for kept in now.kept()]
    assert 2 == len(now.kept()[0].manifest.editions)  # type: ignore[union-attr]


def test_a_claim_is_renewed_as_long_as_it_is_held(server: Server) -> None:
    """A refresh may take longer than a claim lasts."""
    with held(server, "me", "home", lasts_s=HOUR_S) as lease:
        server.set_claim(1, _gone(server.now_s() - 1))
        lease.renew()
        assert server.claims()[1].until_s > server.now_s() + HOUR_S / 2

    assert {1: Claim("me", "home", 0.0)} == server.claims()


def test_of_many_who_claim_at_once_one_gets_it(server: Server) -> None:
    """Also where all of them find a claim that has ended."""
    server.make_claim(7, _gone(0.0))
    start = Barrier(8)

    def claim(name: str) -> Lease | AnotherRefresh:
        own = Server(server.address)
        start.wait()
        try:
            with held(own, name, name) as lease:
                start.wait()
                return lease
        except AnotherRefresh as refused:
            start.wait()
            return refused

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(claim, map(str, range(8))))

    assert 1 == sum(isinstance(outcome, Lease) for outcome in outcomes)


def test_a_server_that_is_away_is_named(tmp_path: Path) -> None:
    """Nothing listens there; the claim fails as everything else would."""
    desk = Desk(tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        remote = RemoteGenerations(Server(f"http://127.0.0.1:{free.getsockname()[1]}"))

    with pytest.raises(ServerAway, match="cannot be used"), remote.alone("home"):
        desk.refresh()
