"""Generations in a home or shared: the same promises, and replicas that hold nothing."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from index.errors import AnotherRefresh, GenerationBroken, LockLost, ServerAway
from index.generations.manifests import folder_of, parts_of, pdf_of, read_manifest
from index.generations.pointers import current, listed, pointer, roll_back
from index.generations.register import Register
from index.generations.shared import SharedGenerations
from index.generations.shared_files import SharedFiles
from index.passages import Filters
from tests.databases import database_on
from tests.fakes import edition
from tests.shelves import Desk

needs_postgresql = pytest.mark.needs("postgresql")


@pytest.fixture
def database(postgresql_server: str) -> Iterator[str]:
    """The address of an empty database."""
    with database_on(postgresql_server) as url:
        yield url


@pytest.fixture(params=["home", pytest.param("shared", marks=needs_postgresql)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """A desk for each place where generations can be published."""
    made = Desk(tmp_path)
    if request.param == "shared":
        made.share(request.getfixturevalue("database"), tmp_path / "files")
    return made


@pytest.fixture
def published(tmp_path: Path, database: str) -> Desk:
    """A desk that has published two generations for all."""
    made = Desk(tmp_path)
    made.share(database, tmp_path / "files")
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
    """Return a desk that has nothing but what is shared."""
    folder.mkdir()
    made = Desk(folder)
    made.shared = desk.shared
    return made


def _back(desk: Desk, to: str | None = None) -> str:
    return desk.shared.roll_back(desk.home, to) if desk.shared else roll_back(desk.home, to)


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
    kept = desk.shared.names() if desk.shared else listed(desk.home)
    assert {"g000004", "g000005", "g000006"} <= set(kept)


def test_a_replica_with_an_empty_home_serves(published: Desk, tmp_path: Path) -> None:
    """Text, passages, vectors and PDF come from the server, and nothing else is needed."""
    replica = _replica(published, tmp_path / "replica")
    assert "和2" == _says(replica)
    held = published.catalog().editions[0]
    assert replica.shared is not None

    kept = replica.shared.bring_pdf(replica.home, held)

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


def test_a_replica_fetches_only_what_is_new(published: Desk, tmp_path: Path) -> None:
    """What the former generation holds already is linked, so that following takes a moment."""
    replica = _replica(published, tmp_path / "replica")
    shelf = replica.shelf()
    assert "g000002" == shelf().id
    one = published.catalog().editions[0]
    published.put(edition("plan"), "推進計画の期間を定める。")
    assert published.refresh().published

    assert "g000003" == shelf().id

    before, after = (
        parts_of(folder_of(replica.home, name), one) for name in ("g000002", "g000003")
    )
    assert before.samefile(after)


def test_what_was_lost_is_named(published: Desk, tmp_path: Path) -> None:
    """A replica serves nothing that it cannot check."""
    manifest = read_manifest(folder_of(published.home, "g000002"))
    lost = manifest.files[f"parts/{manifest.editions[0].sha256}.jsonl"]
    (kept,) = (tmp_path / "files").glob(f"*/files/{lost}")
    kept.write_bytes(kept.read_bytes()[:-1])

    with pytest.raises(GenerationBroken, match="not there, or not whole"):
        _replica(published, tmp_path / "replica").shelf()()

    published.put(edition("plan"), "推進計画の期間を定める。")
    assert published.refresh().published  # the former half is written whole again
    assert "和2" == _says(_replica(published, tmp_path / "another"))


def test_old_generations_and_their_files_go(published: Desk, tmp_path: Path) -> None:
    """Three are kept, and what only the others were made of is removed; PDFs stay."""
    first = set(read_manifest(folder_of(published.home, "g000001")).files.values())
    for year in (3, 4, 5):
        _due(published, year)
    assert not published.refresh().published  # the one after tidies
    assert published.shared is not None

    kept = published.shared.kept()

    assert ["g000003", "g000004", "g000005"] == [one.name for one in kept]
    needed = {each for one in kept if one.manifest for each in one.manifest.files.values()}
    assert first - needed
    assert needed == {path.name for path in (tmp_path / "files").glob("*/files/*")}
    assert 5 == len(list((tmp_path / "files").glob("*/pdfs/*")))


def test_two_sets_of_documents_lie_side_by_side(
    published: Desk, tmp_path: Path, postgresql_server: str
) -> None:
    """Each has a database, and a folder of its own within the shared one."""
    (tmp_path / "town").mkdir()
    with database_on(postgresql_server) as database:
        other = Desk(tmp_path / "town")
        other.share(database, tmp_path / "files")
        _due(other, 7)
        assert not other.refresh().published

        assert ("g000001", "和7") == (other.shelf()().id, _says(other))
        assert "和2" == _says(_replica(published, tmp_path / "replica"))
        assert 2 == len(list((tmp_path / "files").iterdir()))


def test_a_folder_that_is_not_attached_gets_nothing(published: Desk, tmp_path: Path) -> None:
    """Nothing is published into an empty place under its name."""
    (tmp_path / "files").rename(tmp_path / "elsewhere")

    with pytest.raises(ServerAway, match="is this the folder, and attached"):
        published.refresh()

    assert not (tmp_path / "files").exists()


def test_a_second_machine_is_told_who_refreshes(
    published: Desk, tmp_path: Path, database: str
) -> None:
    """It publishes nothing meanwhile; when the first is done, it may."""
    other = _replica(published, tmp_path / "other")
    other.share(database, tmp_path / "files")
    other.put(edition("plan"), "推進計画の期間を定める。")
    published.put(edition("plan"), "推進計画の期間を定める。")
    told: list[str] = []

    def meanwhile(_: Path) -> Sequence[str]:
        with pytest.raises(AnotherRefresh) as caught:
            other.refresh()
        told.append(str(caught.value))
        return ()

    assert "g000003" == published.refresh(allow=meanwhile).generation

    assert f"by process {os.getpid()} on {socket.gethostname()}"[:50] in told[0]
    assert other.refresh().plan is not None


def test_whoever_lost_the_connection_publishes_nothing(
    published: Desk, tmp_path: Path, database: str
) -> None:
    """A machine that slept wakes up, and another has published in the meantime."""
    other = _replica(published, tmp_path / "other")
    other.share(database, tmp_path / "files")
    other.put(edition("plan"), "別の機械の計画である。")
    published.put(edition("plan"), "推進計画の期間を定める。")

    def meanwhile(_: Path) -> Sequence[str]:
        with psycopg.connect(database, autocommit=True) as own:
            own.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert other.refresh().published
        return ()

    with pytest.raises(LockLost, match="was not published"):
        published.refresh(allow=meanwhile)

    assert published.shared is not None
    assert ["g000001", "g000002", "g000003"] == [one.name for one in published.shared.kept()]
    assert "別の" in _text(published)
    assert published.refresh().published  # its own documents, after the other's
    assert "推進" in _text(other)


def _text(desk: Desk) -> str:
    found = desk.shelf()().retrieve("計画", k=2, filters=Filters())
    return "".join(passage.chunk.text for passage in found)


def test_a_copy_that_was_damaged_is_fetched_again(published: Desk, tmp_path: Path) -> None:
    """The home of a replica may be thrown away, so it may be repaired as well."""
    replica = _replica(published, tmp_path / "replica")
    assert "和2" == _says(replica)
    parts_of(folder_of(replica.home, "g000002"), published.catalog().editions[0]).write_bytes(b"")

    assert "和2" == _says(replica)


def test_while_the_database_is_away_what_is_open_answers_on(
    published: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Only somebody who has nothing yet is told that it cannot be had."""
    shelf = published.shelf()
    assert "g000002" == shelf().id
    away = "postgresql://u:geheim@127.0.0.1:1/town"
    shelf._shared = SharedGenerations(  # noqa: SLF001 - the server cannot be ended, others use it
        Register(away), SharedFiles(str(tmp_path / "files"))
    )

    assert "g000002" == shelf().id
    assert "answers on" in caplog.text
    published.share(away, tmp_path / "files")
    with pytest.raises(ServerAway, match="TEBIKI_DATABASE_URL") as caught:
        published.shelf()()
    assert "geheim" not in str(caught.value)
    with pytest.raises(ServerAway):
        published.refresh()


@needs_postgresql
def test_a_home_changes_between_its_folder_and_what_is_shared(
    tmp_path: Path, database: str
) -> None:
    """What is there answers until the first refresh; there is no moment without an index."""
    desk = Desk(tmp_path)
    _due(desk, 1)
    desk.share(database, tmp_path / "files")
    assert ("g000001", "和1") == (desk.shelf()().id, _says(desk))

    assert ("the place of publishing changed",) == desk.refresh().plan.reasons
    assert "g000002" == desk.shelf()().id

    desk.shared = None
    assert "g000002" == desk.shelf()().id
    assert ("the place of publishing changed",) == desk.refresh().plan.reasons
    assert "g000003" == desk.shelf()().id
    assert pointer(desk.home) is not None
