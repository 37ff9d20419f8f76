"""Generations in a home or on a server: the same promises, and replicas that hold nothing."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from index.errors import GenerationBroken, ServerAway
from index.generations.manifests import folder_of, parts_of, pdf_of, read_manifest
from index.generations.pointers import current, listed, pointer, roll_back
from index.generations.remote import RemoteGenerations
from index.generations.server import Server
from index.passages import Filters
from tests.fakes import edition
from tests.shelves import Desk, server_of


@pytest.fixture(params=["embedded", "server"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """A desk for each place where generations can be published."""
    made = Desk(tmp_path)
    if request.param == "server":
        made.on(server_of(request.getfixturevalue("chroma_server")))
    return made


@pytest.fixture
def published(tmp_path: Path, chroma_server: str) -> Desk:
    """A desk that has published two generations on a server."""
    made = Desk(tmp_path)
    made.on(server_of(chroma_server))
    for year in (1, 2):
        _due(made, year)
    return made


def _due(desk: Desk, year: int) -> None:
    desk.put(edition("manual"), f"標準化の期限は令和{year}年度である。")
    assert desk.refresh().published


def _says(desk: Desk) -> str:
    generation = desk.shelf()()
    (found,) = generation.retrieve("標準化の期限", k=1, filters=Filters())
    held = found.chunk.edition
    assert generation.text(held).text[found.chunk.start : found.chunk.end] == found.chunk.text
    return found.chunk.text.strip()[8:10]


def _replica(desk: Desk, folder: Path) -> Desk:
    """Return a desk that has nothing but the address of the server."""
    folder.mkdir()
    made = Desk(folder)
    made.remote = desk.remote
    return made


def _back(desk: Desk, to: str | None = None) -> str:
    return desk.remote.roll_back(desk.home, to) if desk.remote else roll_back(desk.home, to)


def test_what_is_published_answers_and_what_is_rolled_back_does_not(desk: Desk) -> None:
    """Refreshed, switched, rolled back and tidied in the same way wherever it is."""
    shelf = desk.shelf()
    for year in range(1, 6):
        _due(desk, year)
        assert f"g00000{year}" == shelf().id
        assert f"和{year}" == _says(desk)

    assert "g000004" == _back(desk)
    assert ("g000004", "和4") == (shelf().id, _says(desk))
    assert not desk.refresh().published
    with pytest.raises(GenerationBroken, match="no such generation"):
        _back(desk, "g000001")
    assert "g000003" == _back(desk, "g000003")
    desk.put(edition("manual"), "標準化の期限は令和9年度である。")
    assert "g000006" == desk.refresh().generation
    kept = desk.remote.names() if desk.remote else listed(desk.home)
    assert {"g000004", "g000005", "g000006"} <= set(kept)


def test_a_replica_with_an_empty_home_serves(published: Desk, tmp_path: Path) -> None:
    """Text, passages, vectors and PDF come from the server, and nothing else is needed."""
    replica = _replica(published, tmp_path / "replica")
    assert "和2" == _says(replica)
    held = published.catalog().editions[0]
    assert replica.remote is not None

    kept = replica.remote.bring_pdf(replica.home, held)

    assert (published.corpus / str(held.path)).read_bytes() == kept.read_bytes()
    assert [] == list(replica.home.rglob(".*"))


def test_every_replica_switches_and_rolls_back(published: Desk, tmp_path: Path) -> None:
    """The pointer is on the server, so what one does counts for all."""
    first = _replica(published, tmp_path / "first").shelf()
    second = _replica(published, tmp_path / "second")
    shelf = second.shelf()
    assert ["g000002"] * 2 == [first().id, shelf().id]

    _due(published, 3)
    assert ["g000003"] * 2 == [first().id, shelf().id]

    assert "g000002" == _back(second)
    assert ["g000002"] * 2 == [first().id, shelf().id]
    assert not published.refresh().published
    assert "g000002" == current(published.home)


def test_a_refresh_from_another_machine_goes_on_from_there(published: Desk, tmp_path: Path) -> None:
    """An empty home takes over what the server holds, also what is no longer in the corpus."""
    other = _replica(published, tmp_path / "other")
    shutil.copytree(published.corpus, other.corpus, dirs_exist_ok=True)
    manual = published.catalog().editions[0]
    other.put(manual, "標準化の期限は令和2年度である。")
    assert not other.refresh().published
    assert [] == other.read

    other.put(edition("plan"), "推進計画の期間を定める。")

    assert "g000003" == other.refresh().generation
    assert ["plan-1.0.pdf"] == other.read
    assert "g000003" == published.shelf()().id
    assert pdf_of(other.home, manual).exists()


def test_what_the_server_lost_is_named(published: Desk, tmp_path: Path) -> None:
    """A replica serves nothing that it cannot check."""
    store = published.server
    assert store is not None
    manifest = read_manifest(folder_of(published.home, "g000002"))
    lost = manifest.files[f"parts/{manifest.editions[0].sha256}.jsonl"]
    store.clear(set(manifest.files.values()) - {lost})

    with pytest.raises(GenerationBroken, match="not there, or not whole"):
        _replica(published, tmp_path / "replica").shelf()()


def test_a_copy_that_was_damaged_is_fetched_again(published: Desk, tmp_path: Path) -> None:
    """The home of a replica may be thrown away, so it may be repaired as well."""
    replica = _replica(published, tmp_path / "replica")
    assert "和2" == _says(replica)
    parts_of(folder_of(replica.home, "g000002"), published.catalog().editions[0]).write_bytes(b"")

    assert "和2" == _says(replica)


def test_while_the_server_is_away_what_is_open_answers_on(
    published: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Only somebody who has nothing yet is told that it cannot be had."""
    shelf = published.shelf()
    assert "g000002" == shelf().id
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = RemoteGenerations(Server(f"http://127.0.0.1:{free.getsockname()[1]}"))
        shelf._remote = away  # noqa: SLF001 - the server cannot be ended, others use it

        assert "g000002" == shelf().id
        assert "answers on" in caplog.text
        published.remote = away
        with pytest.raises(ServerAway, match="TEBIKI_CHROMA_URL"):
            published.shelf()()
        with pytest.raises(ServerAway):
            published.refresh()


def test_a_home_changes_between_its_folder_and_a_server(tmp_path: Path, chroma_server: str) -> None:
    """What is there answers until the first refresh; there is no moment without an index."""
    desk = Desk(tmp_path)
    _due(desk, 1)
    desk.on(server_of(chroma_server))
    assert ("g000001", "和1") == (desk.shelf()().id, _says(desk))

    assert ("the place of publishing changed",) == desk.refresh().plan.reasons
    assert "g000002" == desk.shelf()().id

    desk.remote = None
    assert "g000002" == desk.shelf()().id
    assert ("the place of publishing changed",) == desk.refresh().plan.reasons
    assert "g000003" == desk.shelf()().id
    assert pointer(desk.home) is not None
