"""Adding to and withdrawing from the catalog: what is understood, written, refused and kept."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO

import pytest

from ingest.catalog import catalog
from ingest.catalog.editing import Entry
from ingest.catalog.editions import Kind
from ingest.catalog.entries import add, correct, free_label, understood, withdraw
from ingest.errors import AlreadyHeld, BrokenCatalog, EntryMissing, FactsMissing, UnreadablePdf
from tests.pdfs import Sheet, write

LISTED = """\
# Our manuals. Ask Tanaka (内線 2104) before changing this.

[[documents]]
id = "madoguchi"          # the counter
title = "窓口業務の要領"
publisher = "企画課"
kind = "guideline"

[[documents.editions]]
label = "第1.0版"
published = 2021-07-07   # the mayor signed it
url = "https://example.com/1.pdf"

# ── the rest ──

[[documents]]
id = "chosha"
title = "庁舎管理の要領"

[[documents.editions]]
label = "1"
"""


def _pdf(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    sheet = Sheet()
    for at, line in enumerate(lines):
        sheet.say(line, 60, 700 - 40 * at, 24 if at == 0 else 12)
    return write(path, [sheet])


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus folder with a commented catalog and no file."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / catalog.CATALOG).write_text(LISTED, encoding="utf-8")
    return folder


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The second edition of a listed document, somewhere else on the disk."""
    return _pdf(tmp_path / "file.pdf", "窓口業務の要領", "第2.0版", "令和4年3月31日")


def test_the_first_page_says_what_a_file_is(corpus: Path, second: Path) -> None:
    """Title, edition and a date in the Japanese era; the title leads to the listed document."""
    assert Entry(
        "madoguchi", "窓口業務の要領", "第2.0版", date(2022, 3, 31), date(2022, 3, 31),
        "企画課", Kind.GUIDELINE, known=True,
    ) == understood(corpus, second)  # fmt: skip


def test_an_edition_in_brackets_is_no_part_of_the_title(corpus: Path, tmp_path: Path) -> None:
    """窓口業務の要領（第2.0版） is one more edition of 窓口業務の要領."""
    file = _pdf(tmp_path / "v2.pdf", "窓口業務の要領（第2.0版対応）", "第2.0版", "令和5年4月1日")

    entry = understood(corpus, file)

    assert ("madoguchi", True) == (entry.document, entry.known)


def test_an_unknown_title_is_a_new_document(corpus: Path, tmp_path: Path) -> None:
    """Its id comes from the file's name."""
    entry = understood(corpus, _pdf(tmp_path / "防災 計画.pdf", "地域防災の計画", "第3版"))

    assert ("防災-計画", "地域防災の計画", "第3版", False) == (
        entry.document, entry.title, entry.label, entry.known,
    )  # fmt: skip


def test_one_more_edition_is_listed_under_its_document(corpus: Path, second: Path) -> None:
    """Every comment and every other line stays as it was."""
    edition = add(corpus, second, understood(corpus, second))

    written = (corpus / catalog.CATALOG).read_text(encoding="utf-8")
    assert ("madoguchi@第2.0版", "madoguchi/第2.0版.pdf") == (edition.key, edition.path)
    assert [line for line in LISTED.splitlines() if line not in written.splitlines()] == []
    held = catalog.read(corpus)
    assert ((), ()) == (held.problems, held.notices)
    assert ["madoguchi@第1.0版", "madoguchi@第2.0版", "chosha@1"] == [
        e.key for e in held.editions
    ]  # fmt: skip
    assert second.read_bytes() == (corpus / str(edition.path)).read_bytes()


def test_a_listed_edition_without_a_file_gets_the_file(corpus: Path, tmp_path: Path) -> None:
    """The entry is completed, not repeated; its address stays."""
    file = _pdf(tmp_path / "first.pdf", "窓口業務の要領", "第1.0版")

    edition = add(corpus, file, understood(corpus, file))

    assert ("https://example.com/1.pdf", date(2021, 7, 7), True) == (
        edition.url, edition.published, edition.held,
    )  # fmt: skip
    assert 2 == len(catalog.read(corpus).editions)


@pytest.mark.parametrize(
    "listed,printed,flag,dates",
    [
        pytest.param("", "令和4年3月31日", None, ("2022-03-31", "2022-03-31"), id="the cover fills"),
        pytest.param(
            "published = 2021-07-07", "令和4年3月31日", None, ("2021-07-07", "None"),
            id="a listed day is not moved by the cover",
        ),
        pytest.param(
            "in_force_from = 2021-08-01", "令和4年3月31日", None, ("2022-03-31", "2021-08-01"),
            id="a missing day is filled beside a listed one",
        ),
        pytest.param(
            "in_force_from = 2021-08-01", "", "2023-05-01", ("None", "2023-05-01"),
            id="a day that is named wins over all",
        ),
    ],
)  # fmt: skip
def test_dates_of_a_listed_edition_are_completed(
    tmp_path: Path, listed: str, printed: str, flag: str | None, dates: tuple[str, str]
) -> None:
    """What is shown before it is added is what the catalog says afterwards."""
    (tmp_path / catalog.CATALOG).write_text(
        f'[[documents]]\nid = "chosha"\ntitle = "庁舎管理の要領"\n\n'
        f'[[documents.editions]]\nlabel = "第2版"\n{listed}\n',
        encoding="utf-8",
    )
    file = _pdf(
        tmp_path / "outside" / "new.pdf", "庁舎管理の要領", "第2版", *filter(None, [printed])
    )
    entry = understood(tmp_path, file, in_force_from=date.fromisoformat(flag) if flag else None)

    edition = add(tmp_path, file, entry)

    assert dates == (str(edition.published), str(edition.in_force_from))
    assert (entry.published, entry.in_force_from) == (edition.published, edition.in_force_from)


def test_a_document_that_is_named_brings_its_own_particulars(corpus: Path, second: Path) -> None:
    """Not those of the document that the title would have led to."""
    entry = understood(corpus, second, document="chosha")
    new = understood(corpus, second, document="entirely new")

    assert ("chosha", "庁舎管理の要領", "", True) == (
        entry.document, entry.title, entry.publisher, entry.known,
    )  # fmt: skip
    assert ("entirely-new", "窓口業務の要領", "", False) == (
        new.document, new.title, new.publisher, new.known,
    )  # fmt: skip


def test_an_edition_that_would_never_answer_is_not_added(corpus: Path, tmp_path: Path) -> None:
    """Without a day it would count as older than the one that is held."""
    first = _pdf(tmp_path / "first.pdf", "窓口業務の要領", "第1.0版")
    add(corpus, first, understood(corpus, first))
    file = _pdf(tmp_path / "plain.pdf", "窓口業務の要領", "第3版")

    with pytest.raises(FactsMissing, match="--in-force-from"):
        add(corpus, file, understood(corpus, file))
    named = understood(corpus, file, in_force_from=date(2026, 4, 1))
    assert date(2026, 4, 1) == add(corpus, file, named).in_force_from


def test_a_copy_that_breaks_off_leaves_nothing(
    corpus: Path, second: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PDF cut short would be taken for a document of its own at the next refresh."""

    def full(_: object, target: IO[bytes]) -> None:
        target.write(second.read_bytes()[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copyfileobj", full)

    with pytest.raises(OSError, match="No space left"):
        add(corpus, second, understood(corpus, second))
    assert [catalog.CATALOG] == [path.name for path in corpus.rglob("*")]
    assert LISTED == (corpus / catalog.CATALOG).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "moment", ["shutil.copyfileobj", "os.link", "ingest.catalog.editing.Edited.enter"]
)
def test_a_kill_while_adding_is_made_good_by_the_next_command(
    corpus: Path, second: Path, moment: str
) -> None:
    """Half a copy is never counted and soon gone; a whole one is listed, not copied again."""
    program = f"""
import os, signal, sys
from importlib import import_module
from pathlib import Path
from ingest.catalog import entries

corpus, file = map(Path, sys.argv[1:])
where, _, name = "{moment}".rpartition(".")
held = entries.Edited if where.endswith("Edited") else import_module(where)
setattr(held, name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
entries.add(corpus, file, entries.understood(corpus, file))
"""
    killed = subprocess.run(
        [sys.executable, "-c", program, corpus, second],
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert -signal.SIGKILL == killed.returncode
    assert 1 == len(list(corpus.rglob("*.pdf")))

    if moment != "ingest.catalog.editing.Edited.enter":
        assert [False, False] == [e.held for e in catalog.read(corpus).editions]
    add(corpus, second, understood(corpus, second))

    assert [catalog.CATALOG, "madoguchi", "第2.0版.pdf"] == sorted(
        path.name for path in corpus.rglob("*")
    )
    assert ["madoguchi@第2.0版"] == [e.key for e in catalog.read(corpus).editions if e.held]


def test_a_copy_that_goes_on_is_left_alone(corpus: Path, second: Path) -> None:
    """Somebody else's draft is removed only when nobody writes it any more."""
    (corpus / "chosha").mkdir()
    draft = corpus / "chosha" / ".4711.pdf"
    with draft.open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        add(corpus, second, understood(corpus, second))
        assert draft.exists()

    withdraw(corpus, "madoguchi", None, date(2024, 1, 1))

    assert not draft.parent.exists()


def test_a_file_in_the_corpus_stays_where_it_is(corpus: Path) -> None:
    """A stray is listed in place."""
    file = _pdf(corpus / "防災.pdf", "地域防災の計画", "第3版")

    assert "防災.pdf" == add(corpus, file, understood(corpus, file)).path
    assert () == catalog.read(corpus).notices


def test_a_folder_without_a_catalog_gets_one(tmp_path: Path, second: Path) -> None:
    """The first entry makes the file."""
    folder = tmp_path / "new"
    folder.mkdir()

    add(folder, second, understood(folder, second))

    assert ["file@第2.0版"] == [e.key for e in catalog.read(folder).editions]


def test_the_same_bytes_are_not_added_twice(corpus: Path, second: Path) -> None:
    """Whatever name they are given."""
    entry = understood(corpus, second)
    add(corpus, second, entry)
    before = (corpus / catalog.CATALOG).read_bytes()

    with pytest.raises(AlreadyHeld, match="madoguchi@第2"):
        add(corpus, second, replace(entry, label="第2.1版"))
    assert before == (corpus / catalog.CATALOG).read_bytes()
    assert 1 == len(list(corpus.rglob("*.pdf")))


def test_an_edition_is_never_overwritten(corpus: Path, second: Path, tmp_path: Path) -> None:
    """Other bytes under a label that is held are refused; a file in the way is left alone."""
    (corpus / "madoguchi").mkdir()
    (corpus / "madoguchi" / "第2.0版.pdf").write_bytes(b"in the way")
    entry = understood(corpus, second)

    assert "madoguchi/第2.0版-2.pdf" == add(corpus, second, entry).path
    assert b"in the way" == (corpus / "madoguchi" / "第2.0版.pdf").read_bytes()
    other = _pdf(tmp_path / "other.pdf", "窓口業務の要領", "第2.0版", "訂正")
    with pytest.raises(AlreadyHeld):
        add(corpus, other, entry)


def test_without_a_label_the_option_is_named(corpus: Path, tmp_path: Path) -> None:
    """A file that says nothing about itself is not given an invented edition."""
    file = _pdf(tmp_path / "plain.pdf", "覚え書き")

    with pytest.raises(FactsMissing, match="--edition"):
        add(corpus, file, understood(corpus, file))
    assert "覚書" == add(corpus, file, replace(understood(corpus, file), label="覚書")).label


def test_what_is_no_pdf_is_not_added(corpus: Path, tmp_path: Path) -> None:
    """A web page saved under the name of a PDF, for instance."""
    file = tmp_path / "page.pdf"
    file.write_text("<html>not found</html>", encoding="utf-8")

    with pytest.raises(UnreadablePdf):
        add(corpus, file, Entry("a", "b", "c"))


def test_a_broken_catalog_is_left_as_it_is(corpus: Path, second: Path) -> None:
    """Somebody is in the middle of editing it; nothing of theirs is lost, no file is left over."""
    entry = understood(corpus, second)
    (corpus / catalog.CATALOG).write_text(LISTED + "[[documents", encoding="utf-8")

    with pytest.raises(BrokenCatalog):
        add(corpus, second, entry)
    assert LISTED + "[[documents" == (corpus / catalog.CATALOG).read_text(encoding="utf-8")
    assert [catalog.CATALOG] == [path.name for path in corpus.iterdir()]


def test_a_withdrawn_edition_no_longer_counts_from_its_day(corpus: Path, second: Path) -> None:
    """Only the day is written; file, address and comments stay."""
    add(corpus, second, understood(corpus, second))

    withdraw(corpus, "madoguchi", None, date(2026, 4, 1))
    withdraw(corpus, "madoguchi", "第1.0版", date(2022, 3, 31))

    written = (corpus / catalog.CATALOG).read_text(encoding="utf-8")
    assert [date(2022, 3, 31), date(2026, 4, 1), None] == [
        e.withdrawn_on for e in catalog.read(corpus).editions
    ]  # fmt: skip
    assert [line for line in LISTED.splitlines() if line not in written.splitlines()] == []


def test_days_are_corrected_where_they_stand(corpus: Path) -> None:
    """The comment beside a day stays; a day that is not named does, too."""
    now = correct(corpus, "madoguchi", "第1.0版", published=date(2021, 7, 8))
    later = correct(corpus, "madoguchi", None, in_force_from=date(2021, 8, 1))

    assert (date(2021, 7, 8), None) == (now.published, now.in_force_from)
    assert (date(2021, 7, 8), date(2021, 8, 1)) == (later.published, later.in_force_from)
    written = (corpus / catalog.CATALOG).read_text(encoding="utf-8")
    assert "published = 2021-07-08   # the mayor signed it" in written
    with pytest.raises(EntryMissing, match="gets its dates when"):
        correct(corpus, "madoguchi", "第9版", published=date(2021, 7, 8))


def test_what_is_not_listed_cannot_be_withdrawn(corpus: Path) -> None:
    """The error says what is listed, and what to do with a file that is not."""
    with pytest.raises(EntryMissing, match="taking it out of the folder"):
        withdraw(corpus, "madoguchi", "第9版", date(2026, 4, 1))


def test_a_label_that_is_taken_gets_a_number(corpus: Path) -> None:
    """Two editions of a document never share a name."""
    listed = catalog.listed(corpus / catalog.CATALOG)

    assert ("第1.0版 (2)", "第2.0版") == (
        free_label(listed, "madoguchi", "第1.0版"), free_label(listed, "madoguchi", "第2.0版"),
    )  # fmt: skip
