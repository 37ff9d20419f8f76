"""A corpus folder becomes editions, and what does not fit is named."""

from __future__ import annotations

import os
from datetime import date
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from ingest import file_facts
from ingest.catalog import catalog
from ingest.catalog.catalog import CATALOG, read
from ingest.catalog.editions import Kind, hash_of
from ingest.errors import BrokenCatalog, MissingCorpus, UnreadablePdf
from ingest.file_facts import facts_of
from ingest.reading_processes import Bounds
from tests.pdfs import Sheet, bomb, write

ENTRY = """\
[[documents]]
id = "manual"
title = "手順書"
publisher = "総務省"
kind = "guideline"

[[documents.editions]]
label = "第1.0版"
published = 2021-07-07
path = "manual.pdf"
"""
BYTES = b"%PDF-1.4 not much of a PDF"


def _corpus(folder: Path, listed: str = ENTRY, **files: bytes) -> Path:
    (folder / CATALOG).write_text(listed, encoding="utf-8")
    for stem, content in (files or {"manual": BYTES}).items():
        (folder / f"{stem}.pdf").write_bytes(content)
    return folder


def _cover(path: Path, *lines: str) -> Path:
    sheet = Sheet()
    for at, line in enumerate(lines):
        sheet.say(line, 60, 700 - 40 * at, 24 if at == 0 else 12)
    return write(path, [sheet])


def test_a_listed_file_becomes_an_edition(tmp_path: Path) -> None:
    """Every particular comes from the catalog, the hash from the file."""
    held = read(_corpus(tmp_path))

    (edition,) = held.editions
    assert ("manual", "手順書", "総務省", Kind.GUIDELINE) == (
        edition.document.id, edition.document.title, edition.document.publisher,
        edition.document.kind,
    )  # fmt: skip
    assert ("第1.0版", date(2021, 7, 7), "manual.pdf") == (
        edition.label, edition.published, edition.path,
    )  # fmt: skip
    assert sha256(BYTES).hexdigest() == edition.sha256
    assert ((), (), frozenset()) == (held.notices, held.problems, held.strays)


def test_a_listed_file_that_is_absent_is_a_problem(tmp_path: Path) -> None:
    """It is named with its edition and with what can be done; the rest is read."""
    other = ENTRY.replace("manual", "cases")
    held = read(_corpus(tmp_path, ENTRY + other, cases=BYTES))

    assert ["cases@第1.0版"] == [edition.key for edition in held.editions]
    (problem,) = held.problems
    assert isinstance(problem, UnreadablePdf)
    assert ("manual.pdf", True) == (problem.path, "manual@第1.0版" in str(problem))


def test_a_file_with_other_bytes_than_recorded_is_a_problem(tmp_path: Path) -> None:
    """A file that was replaced under a listed name does not pass for the listed edition."""
    listed = ENTRY + f'sha256 = "{"0" * 64}"\n'

    held = read(_corpus(tmp_path, listed))

    assert () == held.editions
    assert "its bytes are not those" in str(held.problems[0])


def test_a_file_with_the_recorded_bytes_is_taken(tmp_path: Path) -> None:
    """The recorded hash is that of the file's bytes."""
    listed = ENTRY + f'sha256 = "{sha256(BYTES).hexdigest()}"\n'

    assert 1 == len(read(_corpus(tmp_path, listed)).editions)


def test_a_work_without_a_path_is_listed_but_not_held(tmp_path: Path) -> None:
    """An official work that nobody has put there yet is known by its address."""
    listed = ENTRY.replace('path = "manual.pdf"', 'url = "https://example.com/manual.pdf"')

    (edition,) = read(_corpus(tmp_path, listed, other=BYTES)).editions[:1]

    assert (False, "https://example.com/manual.pdf") == (edition.held, edition.url)


def test_a_stray_is_taken_and_named(tmp_path: Path) -> None:
    """A file that somebody just dropped there is searched, and the report says so."""
    _cover(_corpus(tmp_path) / "要領 2022.pdf", "窓口業務の要領", "第2.1版", "令和4年3月31日")

    held = read(tmp_path)

    edition = held.editions[-1]
    assert ("要領-2022-cfed10", "窓口業務の要領", "第2.1版", date(2022, 3, 31)) == (
        edition.document.id, edition.document.title, edition.label, edition.in_force_from,
    )  # fmt: skip
    assert frozenset({"要領-2022-cfed10"}) == held.strays
    assert "要領 2022.pdf is not in catalog.toml" in held.notices[0]


def test_without_a_catalog_nobody_is_told_that_files_are_not_listed(tmp_path: Path) -> None:
    """A folder of PDFs is a corpus too."""
    _cover(tmp_path / "a.pdf", "窓口業務の要領")
    _cover(tmp_path / "b.pdf", "庁舎管理の要領")

    held = read(tmp_path)

    assert (["a", "b"], ()) == ([e.document.id for e in held.editions], held.notices)


def test_a_stray_without_edition_or_date_is_called_by_the_day_it_came(tmp_path: Path) -> None:
    """Readers see a day, never a hash of bytes."""
    file = write(tmp_path / "memo.pdf", [Sheet().say("職員駐車場の利用料", 72, 700, 16)])
    os.utime(file, (1_780_000_000, 1_780_000_000))

    (held,) = catalog.read(tmp_path).editions

    assert ("職員駐車場の利用料", "登録 2026-05-28") == (held.document.title, held.label)


def test_what_a_stray_says_is_noted_for_the_next_time(tmp_path: Path) -> None:
    """A file is opened once for its title; a note that is damaged is made anew."""
    folder, notes = tmp_path / "corpus", tmp_path / "notes"
    folder.mkdir()
    write(folder / "memo.pdf", [Sheet().say("職員寮の利用料", 72, 700, 16)])
    first = catalog.read(folder, kept=notes).editions
    (note,) = notes.glob("*.facts.json")
    file_facts._known_facts.clear()  # noqa: SLF001 - as a new process begins
    note.write_text(note.read_text().replace("職員寮", "庁用車"))

    assert "庁用車の利用料" == catalog.read(folder, kept=notes).editions[0].document.title

    file_facts._known_facts.clear()  # noqa: SLF001
    note.write_text("{")
    assert first == catalog.read(folder, kept=notes).editions


def test_two_strays_of_one_name_get_two_ids(tmp_path: Path) -> None:
    """Folders may repeat a file's name; the documents are told apart."""
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        _cover(tmp_path / name / "manual.pdf", f"要領 {name}")

    held = read(tmp_path)

    assert ["new--manual", "old--manual"] == [e.document.id for e in held.editions]


def test_a_stray_does_not_take_the_id_of_an_absent_document(tmp_path: Path) -> None:
    """Otherwise the text of one work would pass for an edition of another."""
    held = read(_corpus(tmp_path, ENTRY.replace("manual.pdf", "gone.pdf"), manual=BYTES))

    (edition,) = held.editions
    assert edition.document.id.startswith("manual-")


def test_a_stray_that_is_no_pdf_is_left_to_the_reading(tmp_path: Path) -> None:
    """It stays an edition here, so that reading it names it and says what is wrong."""
    _corpus(tmp_path, junk=b"hello", manual=BYTES)

    assert ["manual", "junk"] == [e.document.id for e in read(tmp_path).editions]


def test_the_same_bytes_twice_are_one_edition(tmp_path: Path) -> None:
    """The listed one stays; the copy is named and left out."""
    held = read(_corpus(tmp_path, manual=BYTES, copy=BYTES))

    assert ["manual"] == [edition.document.id for edition in held.editions]
    assert "copy.pdf has the same bytes as manual.pdf and was left out." in held.notices


def test_hidden_files_are_no_documents(tmp_path: Path) -> None:
    """What an office program or a version control leaves behind is not searched."""
    (_corpus(tmp_path) / ".trash").mkdir()
    (tmp_path / ".trash" / "old.pdf").write_bytes(b"%PDF-old")
    (tmp_path / "._manual.pdf").write_bytes(b"%PDF-mac")

    assert 1 == len(read(tmp_path).editions)


def test_a_file_that_may_not_be_opened_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file without permission does not keep the others out."""
    _corpus(tmp_path, ENTRY + ENTRY.replace("manual", "cases"), manual=BYTES, cases=b"%PDF-cases")

    def denied(path: Path) -> str:
        if path.name == "cases.pdf":
            raise PermissionError(13, "Permission denied", str(path))
        return hash_of(path)

    monkeypatch.setattr(catalog, "hash_of", denied)

    held = read(tmp_path)

    assert ["manual"] == [edition.document.id for edition in held.editions]
    assert "cases.pdf: it cannot be opened (Permission denied)" in str(held.problems[0])


def test_a_digest_knows_the_work_it_restates(tmp_path: Path) -> None:
    """Its original's title and address come from the catalog's entry of that work."""
    official = ENTRY.replace('path = "manual.pdf"', 'url = "https://example.com/1"')
    digest = """
[[documents]]
id = "digest"
title = "手順書の要約"
kind = "digest"
digest_of = { document = "manual", edition = "第1.0版" }
[[documents.editions]]
label = "1"
path = "digest.pdf"
"""
    original = read(_corpus(tmp_path, digest + official, digest=BYTES)).editions[0].document
    assert original.digest_of is not None

    assert ("手順書", "総務省", "https://example.com/1") == (
        original.digest_of.title, original.digest_of.publisher, original.digest_of.url,
    )  # fmt: skip


BAD = {
    "a line that is not TOML": ('[[documents]]\nid = "a\n', 2, "Illegal character"),
    "an unknown field": (ENTRY.replace("publisher", "publsher"), 1, "unknown field 'publsher'"),
    "an unknown kind": (ENTRY.replace("guideline", "leaflet"), 1, "unknown kind 'leaflet'"),
    "an id with a space": (ENTRY.replace('"manual"', '"the manual"'), 1, "may hold letters"),
    "a date in quotation marks": (
        ENTRY.replace("2021-07-07", '"2021-07-07"'), 1, "without quotation marks",
    ),
    "a date with a time": (
        ENTRY.replace("2021-07-07", "2021-07-07T00:00:00"), 1, "without quotation marks",
    ),
    "a number for a label": (ENTRY.replace('"第1.0版"', "1.0"), 1, "label must be a text"),
    "no title": (ENTRY.replace('title = "手順書"\n', ""), 1, "title must be a text"),
    "no editions": ('[[documents]]\nid = "a"\ntitle = "b"\n', 1, "has no [[documents.editions]]"),
    "a path out of the folder": (
        ENTRY.replace("manual.pdf", "../manual.pdf"), 1, "leads out of the corpus folder",
    ),
    "an absolute path": (
        ENTRY.replace("manual.pdf", "/etc/manual.pdf"), 1, "leads out of the corpus folder",
    ),
    "an edition twice": (ENTRY + ENTRY, None, "is listed twice"),
    "one table instead of many": ('[documents]\nid = "a"\n', None, "[[documents]]"),
    "a table of another name": (
        ENTRY.replace("[[documents]]", "[[document]]").replace("documents.", "document."),
        1, "'document' is not known",
    ),
    "the second document is wrong": (
        ENTRY + ENTRY.replace("guideline", "leaflet"), 11, "unknown kind",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_a_bad_catalog_is_named_with_its_line(
    tmp_path: Path, case: tuple[str, int | None, str]
) -> None:
    """The line is that of the document's first one, or where TOML breaks off."""
    text, line, reason = case

    with pytest.raises(BrokenCatalog) as caught:
        read(_corpus(tmp_path, text))

    assert (line, True) == (caught.value.line, reason in str(caught.value)), str(caught.value)
    assert str(tmp_path / CATALOG) in str(caught.value)


def test_a_catalog_in_another_encoding_is_named(tmp_path: Path) -> None:
    """A file saved as Shift_JIS is a mistake to tell, not a crash."""
    (tmp_path / CATALOG).write_bytes('title = "手順書"'.encode("shift_jis"))

    with pytest.raises(BrokenCatalog, match="utf-8"):
        read(tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A wrong setting is told apart from an empty folder."""
    with pytest.raises(MissingCorpus, match="there is no such folder"):
        read(tmp_path / "nowhere")
    with pytest.raises(MissingCorpus, match="no document in this folder"):
        read(tmp_path)


def test_a_bomb_in_a_folder_without_a_catalog_is_listed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What bursts its reader does not burst whoever lists the folder; the file beside it is known."""
    bounded = partial(facts_of, bounds=Bounds(memory_mb=640))
    monkeypatch.setattr(catalog, "facts_of", bounded)
    bomb(tmp_path / "bomb.pdf", megabytes=100)
    write(tmp_path / "good.pdf", [Sheet().say("窓口業務の手引", 72, 600, 28)])

    held = catalog.read(tmp_path).editions

    assert ["bomb", "窓口業務の手引"] == [edition.document.title for edition in held]
