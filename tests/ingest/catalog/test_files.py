"""What lies in a corpus folder: ids that hold still, and nothing passed over in silence."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index.generations.manifests import folder_of, read_manifest
from index.refresh.superseding import with_superseded
from index.refresh.unusable import recorded
from ingest.catalog import entries
from ingest.catalog.catalog import CATALOG, Catalog, read
from ingest.catalog.files import id_of, lying_in, shown
from ingest.errors import UnreadablePdf
from tests.fakes import edition
from tests.pdfs import Sheet, write
from tests.refreshing import Town

LONGEST = "手" * 83 + "aa.pdf"  # 255 bytes, as many as a name may have


def _pdf(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet = Sheet()
    for at, line in enumerate(lines or ("窓口の手引き",)):
        sheet.say(line, 60, 700 - 40 * at, 24 if at == 0 else 12)
    return write(path, [sheet])


IDS = {
    "a plain name": ("窓口手引き.pdf", "窓口手引き"),
    "a folder comes before it": ("令和6年度/窓口手引き.pdf", "令和6年度--窓口手引き"),
    "two folders": ("a/b/c.pdf", "a--b--c"),
    "marks beside their letters": (unicodedata.normalize("NFD", "がいど.pdf"), "がいど"),
    "a wide ending": ("手引き．ｐｄｆ", "手引き"),
    "capitals": ("A.PDF", "A"),
}


@pytest.mark.parametrize("path, wanted", IDS.values(), ids=IDS)
def test_id_is_the_path_of_the_file(path: str, wanted: str) -> None:
    """What a person sees in the folder is what commands and addresses call it."""
    assert wanted == id_of(path)


@pytest.mark.parametrize(
    "pair",
    [
        ("a b.pdf", "a-b.pdf"),
        ("a/b.pdf", "a--b.pdf"),
        ("（1）.pdf", "(1).pdf"),
        ("a.pdf", "a .pdf"),
    ],
)
def test_two_paths_never_share_an_id(pair: tuple[str, str]) -> None:
    """Where characters had to go, a hash of the path tells them apart; neither needs the other."""
    first, second = map(id_of, pair)

    assert first != second
    assert all(character.isalnum() or character in "._-" for character in first + second)


def test_id_of_a_long_name_stays_short() -> None:
    """Forms and addresses take it, and two long names that begin alike are told apart."""
    assert 90 > len(id_of(LONGEST))
    assert id_of(LONGEST) != id_of("手" * 82 + "bbbb.pdf")


def test_added_folder_changes_no_id(tmp_path: Path) -> None:
    """The same name in year folders: each keeps its id and is told apart by its folder."""
    for year in ("令和7年度", "令和6年度"):
        _pdf(tmp_path / year / "窓口手引き.pdf", "窓口手引き", f"{year}の受付")
    before = {e.path: e.document.id for e in read(tmp_path).editions}

    _pdf(tmp_path / "令和5年度" / "窓口手引き.pdf", "窓口手引き", "令和5年度の受付")
    after = read(tmp_path).editions

    assert before.items() <= {e.path: e.document.id for e in after}.items()
    assert ["令和5年度", "令和6年度", "令和7年度"] == [e.folder for e in after]
    assert all(e.document.title.endswith(f"（{e.folder}）") for e in after)


def test_work_whose_id_was_made_otherwise_is_known_by_its_path() -> None:
    """A home made before keeps the editions that a file has superseded, under the new id."""
    old = replace(edition("manual-2", label="1"), path="2021/manual.pdf", sha256="1" * 64)
    new = replace(edition("2021--manual", label="2"), path="2021/manual.pdf", sha256="2" * 64)
    asked = Catalog((new,), strays=frozenset({"2021--manual"}))

    held = with_superseded(asked, [old], date(2026, 4, 1)).editions

    assert ["2021--manual@1", "2021--manual@2"] == [e.key for e in held]


def test_everything_that_is_not_read_is_named(tmp_path: Path) -> None:
    """Archives, office files and unknown kinds; settings, hidden files and sources are not."""
    _pdf(tmp_path / "手引き.pdf")
    for name in (
        "手引き.docx", "一式.zip", "様式.xps", "図.jtd", "謎.qqq", "README.md", "Thumbs.db",
        "~$様式.xlsx", ".DS_Store", "glossary.toml",
    ):  # fmt: skip
        (tmp_path / name).write_bytes(b"x")

    lying = lying_in(tmp_path, ())

    assert ("手引き.pdf",) == lying.readable
    assert {
        "document": ("図.jtd", "様式.xps"), "archive": ("一式.zip",), "unknown": ("謎.qqq",),
    } == lying.left_out  # fmt: skip
    assert [
        (
            "2 files cannot be read here and were left out (図.jtd, 様式.xps): save them as PDFs to "
            "have them indexed."
        ),
        "一式.zip is an archive and was left out: unpack it to have the files in it indexed.",
        "謎.qqq is of a kind that Tebiki does not read and was left out.",
    ] == list(read(tmp_path).notices)


def test_many_files_that_are_not_listed_are_one_line(tmp_path: Path) -> None:
    """The first few are named, and how to list them all; listing them changes nothing else."""
    (tmp_path / CATALOG).write_text(
        '# 総務課\n[[documents]]\nid = "act"\ntitle = "条例"\n[[documents.editions]]\nlabel = "1"\n',
        encoding="utf-8",
    )
    for at in range(7):
        _pdf(tmp_path / f"{at}.pdf", f"第{at}の手引き", "第2.0版")
    _pdf(tmp_path / "en.pdf", "Guide to the counter")
    before = read(tmp_path)

    (notice,) = before.notices
    listed = entries.add_unlisted(tmp_path)
    after = read(tmp_path)

    assert "8 files are not in catalog.toml" in notice
    assert "(0.pdf, 1.pdf, 2.pdf, 3.pdf, 4.pdf, … +3)" in notice
    assert "tebiki corpus add --unlisted" in notice
    assert (8, before.editions) == (len(listed), after.editions)
    assert ((), frozenset()) == (after.notices, after.strays)
    assert (tmp_path / CATALOG).read_text(encoding="utf-8").startswith("# 総務課\n")


def test_file_that_lies_in_the_corpus_is_added_under_its_own_id(tmp_path: Path) -> None:
    """`tebiki corpus add corpus/令和6年度/手引き.pdf` lists the document that was searched so far."""
    path = _pdf(tmp_path / "令和6年度" / "手引き.pdf")

    assert read(tmp_path).editions[0].document.id == entries.understood(tmp_path, path).document


# Whole refreshes: whatever a name is, it is read or named.


def _odd(folder: Path) -> None:
    names = (
        unicodedata.normalize("NFD", "がいど.pdf"), LONGEST, "100% #1 & ?=.pdf", "改行\n入り.pdf",
        "😀.pdf", "wide．ｐｄｆ", "'quote\".pdf", "C.PDF",
    )  # fmt: skip
    for at, name in enumerate(names):
        _pdf(folder / name, f"手引きその{at}", f"第{at}の窓口は{at}時に開く。")


def test_odd_names_are_indexed(tmp_path: Path) -> None:
    """Marks apart, 255 bytes, what addresses and shells read, a line break, a wide ending."""
    town = Town(tmp_path)
    _odd(town.corpus)

    report = town.refresh()

    assert ((), 8) == (report.problems, report.pages)
    manifest = read_manifest(folder_of(town.home, str(report.generation)))
    assert all((town.corpus / str(e.path)).is_file() for e in manifest.editions)


def test_name_that_is_no_utf8_is_named_and_the_rest_is_indexed(tmp_path: Path) -> None:
    """Shift_JIS from an old server: the problem says what it would read, the home keeps it."""
    town = Town(tmp_path)
    good = _pdf(town.corpus / "good.pdf", "手引き", "窓口は9時に開く。")
    bad = os.fsencode(town.corpus) + b"/" + "窓口.pdf".encode("cp932")
    Path(os.fsdecode(bad)).write_bytes(good.read_bytes())
    (town.corpus / os.fsdecode("表.zip".encode("cp932"))).write_bytes(b"x")

    report = town.refresh()

    assert ("g000001", True, 1) == (report.generation, report.published, report.pages)
    (problem,) = report.problems
    assert isinstance(problem, UnreadablePdf)
    assert "窓口.pdf" in problem.reason
    assert shown(problem.path) == problem.path
    assert [(problem.path, problem.reason)] == [(p.path, p.reason) for p in recorded(town.home)]
    assert "is an archive" in report.notices[0]


def test_move_and_case_of_a_name_leave_no_old_text(tmp_path: Path) -> None:
    """Renamed, moved into a folder, removed: what is gone is not served, every PDF stays kept."""
    town = Town(tmp_path)
    for name in ("Case.pdf", "move.pdf", "gone.pdf"):
        _pdf(town.corpus / name, name, f"{name}の窓口は9時に開く。")
    town.refresh()
    (town.corpus / "Case.pdf").rename(town.corpus / "case.pdf")
    (town.corpus / "sub").mkdir()
    (town.corpus / "move.pdf").rename(town.corpus / "sub" / "move.pdf")
    (town.corpus / "gone.pdf").unlink()

    report = town.refresh()

    manifest = read_manifest(folder_of(town.home, str(report.generation)))
    assert {"case", "sub--move"} == {e.document.id for e in manifest.editions}
    assert 3 == len(list((town.home / "pdfs").glob("*.pdf")))


def test_file_that_is_put_there_anew_makes_no_generation(tmp_path: Path) -> None:
    """The same bytes copied again on another day are the edition that was entered before."""
    town = Town(tmp_path)
    path = _pdf(town.corpus / "a.pdf", "窓口は9時に開く。")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    town.refresh()
    os.utime(path, (1_750_000_000, 1_750_000_000))

    report = town.refresh()

    assert (False, "g000001") == (report.published, report.generation)


def test_same_content_is_one_copy_and_a_loop_is_no_folder(tmp_path: Path) -> None:
    """Copies and links are named, what a Mac leaves is not."""
    town = Town(tmp_path)
    first = _pdf(town.corpus / "a.pdf")
    (town.corpus / "b.pdf").write_bytes(first.read_bytes())
    (town.corpus / "._a.pdf").write_bytes(b"mac")
    (town.corpus / "link.pdf").symlink_to("a.pdf")
    (town.corpus / "loop").symlink_to(town.corpus, target_is_directory=True)

    report = town.refresh()

    assert (1, 1) == (report.pages, len(report.plan.added))
    assert [
        "b.pdf has the same bytes as a.pdf and was left out.",
        "link.pdf has the same bytes as a.pdf and was left out.",
    ] == list(report.notices)
