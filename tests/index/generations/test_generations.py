"""Generations on disk, and the pointer that says which one is current."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from index.errors import GenerationBroken, IndexMissing
from index.generations.folder_locks import remove
from index.generations.manifests import folder_of, read_manifest
from index.generations.pointers import current, kept_in, listed, publish, roll_back
from index.generations.shelf import Shelf
from index.passages import Filters
from index.search.fitted import Fitted
from ingest.catalog.editions import Kind, Original
from tests.fakes import edition
from tests.shelves import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with one indexed edition."""
    made = Desk(tmp_path)
    made.put(edition("manual"), "標準化の期限は令和7年度である。", "補助金の対象は移行費である。")
    made.refresh()
    return made


def test_without_a_generation_the_error_names_the_command(tmp_path: Path) -> None:
    """A new user is told what to do."""
    with pytest.raises(IndexMissing, match="tebiki refresh"):
        Desk(tmp_path).shelf()()


def test_a_manifest_survives_being_written_and_read(tmp_path: Path) -> None:
    """Every particular of an edition comes back, kind, dates and original included."""
    desk = Desk(tmp_path)
    original = Original("zentai", "1.0", "全体手順書", "総務省")
    held = desk.put(edition("digest", kind=Kind.DIGEST, digest_of=original), "本文")
    desk.refresh()

    manifest = read_manifest(folder_of(desk.home, str(current(desk.home))))

    assert (held,) == manifest.editions


def test_a_reader_sees_the_new_generation_at_its_next_question(desk: Desk) -> None:
    """No restart: the pointer is looked at before each question."""
    shelf = desk.shelf()
    before = shelf()
    desk.put(edition("cases"), "酒田市はワークショップを開いた。")
    desk.refresh()

    assert "g000002" == shelf().id
    assert ["cases"] == [
        p.chunk.edition.document.id
        for p in shelf().retrieve("酒田市のワークショップ", k=1, filters=Filters())
    ]
    assert "g000001" == before.id
    assert "標準化の期限は令和7年度である。" in before.text(before.editions[0]).text


def test_rolling_back_is_repointing(desk: Desk) -> None:
    """The earlier generation answers again, as it was."""
    desk.put(edition("cases"), "酒田市はワークショップを開いた。")
    desk.refresh()

    assert "g000001" == roll_back(desk.home)
    assert ["manual"] == [e.document.id for e in desk.shelf()().editions]
    assert ("g000001", "g000002") == listed(desk.home)


def test_there_is_nothing_before_the_first(desk: Desk) -> None:
    """Rolling back the only generation is refused, and it stays current."""
    with pytest.raises(GenerationBroken, match="no earlier generation"):
        roll_back(desk.home)

    assert "g000001" == current(desk.home)


def test_rolling_back_to_what_is_not_there_is_refused(desk: Desk) -> None:
    """A name that is no generation changes nothing."""
    with pytest.raises(GenerationBroken, match="no such generation"):
        roll_back(desk.home, "g000009")

    assert "g000001" == current(desk.home)


def test_a_damaged_pointer_is_named(desk: Desk) -> None:
    """The error names the file and the way out."""
    (desk.home / "current").write_text("{", encoding="utf-8")

    with pytest.raises(GenerationBroken, match="the pointer is damaged") as caught:
        desk.shelf()()

    assert "tebiki rollback" in str(caught.value)


def test_publishing_leaves_nothing_but_the_pointer(desk: Desk) -> None:
    """The pointer is replaced in one step; no draft stays."""
    publish(desk.home, "g000001")

    assert {"generation": "g000001"} == json.loads((desk.home / "current").read_text())
    assert [] == list(desk.home.glob(".current*"))


def test_stored_text_and_chunks_agree(desk: Desk) -> None:
    """Each chunk's text is the stored text between its offsets."""
    generation = desk.shelf()()
    for held in generation.editions:
        text = generation.text(held)
        chunks = generation.chunks(held)
        assert chunks
        for chunk in chunks:
            assert text.text[chunk.start : chunk.end] == chunk.text


def test_rolling_back_leads_out_of_a_damaged_pointer(desk: Desk) -> None:
    """The error names this way, so it must work: the newest complete generation answers."""
    (desk.home / "current").write_text("{", encoding="utf-8")

    assert "g000001" == roll_back(desk.home)
    assert "g000001" == desk.shelf()().id


def test_generations_are_listed_with_what_they_hold(desk: Desk) -> None:
    """The current one is marked; a damaged one is listed without particulars."""
    desk.put(edition("cases"), "酒田市はワークショップを開いた。")
    desk.refresh()
    (folder_of(desk.home, "g000001") / "manifest.json").write_text("{", encoding="utf-8")

    assert [("g000001", False, None), ("g000002", True, 3)] == [
        (kept.name, kept.current, kept.manifest and kept.manifest.pages)
        for kept in kept_in(desk.home)
    ]


def test_a_generation_that_disappears_while_it_is_opened_is_passed_over(desk: Desk) -> None:
    """Between the look at the pointer and the opening another one became current."""

    def slow(_: Mapping[str, str], folder: Path) -> Fitted:
        if folder.name == "g000001":
            desk.put(edition("cases"), "酒田市はワークショップを開いた。")
            desk.refresh()
            remove(folder)
        return Fitted.load(folder / "embedder")

    assert "g000002" == Shelf(desk.home, slow)().id
