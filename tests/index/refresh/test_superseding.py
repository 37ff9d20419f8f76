"""Files without a catalog that replace each other: which edition follows which."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index.generations.manifests import folder_of, read_manifest
from index.generations.pointers import current
from index.passages import Filters
from index.refresh.superseding import superseded_of, with_superseded
from ingest.catalog.catalog import Catalog
from ingest.catalog.editions import Edition, in_force
from tests.fakes import edition
from tests.shelves import TODAY, Desk

OLD = replace(edition(label="第1.0版", in_force_from=date(2021, 7, 7)), sha256="1" * 64)
NEW = replace(edition(label="第2.0版", in_force_from=date(2022, 4, 1)), sha256="2" * 64)


def _stray(*editions: Edition) -> Catalog:
    return Catalog(editions, strays=frozenset({"manual"}))


def test_the_replaced_file_stays_known_before_its_successor() -> None:
    """Both are there, oldest first, each with its own day."""
    assert (OLD, NEW) == with_superseded(_stray(NEW), [OLD], TODAY).editions


def test_an_edition_without_a_name_keeps_the_day_on_which_it_was_first_seen() -> None:
    """The same bytes copied anew are no other edition, and no reader sees a hash."""
    first, copied = (replace(OLD, label=f"登録 2026-11-{day}") for day in (10, 30))

    assert (first,) == with_superseded(_stray(copied), [first], TODAY).editions
    assert (NEW,) == with_superseded(_stray(NEW), [replace(NEW, label=first.label)], TODAY).editions


def test_done_twice_it_changes_nothing_more() -> None:
    """The plan and the refresh may both do it."""
    once = with_superseded(_stray(NEW), [OLD], TODAY)

    assert once == with_superseded(once, [OLD], TODAY)
    assert once.editions == with_superseded(_stray(NEW), once.editions, TODAY).editions


def test_a_listed_document_is_left_as_the_catalog_has_it() -> None:
    """Whoever keeps a catalog says there which editions there are."""
    assert (NEW,) == with_superseded(Catalog((NEW,)), [OLD], TODAY).editions


@pytest.mark.parametrize("own", [None, date(2021, 7, 7), date(2020, 1, 1)])
def test_without_a_later_date_it_is_in_force_from_the_day_it_was_seen(own: date | None) -> None:
    """A file whose cover says nothing new still takes the place of the old one."""
    new = replace(NEW, in_force_from=own)

    held = with_superseded(_stray(new), [OLD], TODAY).editions

    assert TODAY == held[1].in_force_from
    assert ("第1.0版", "第2.0版") == (
        in_force(held, date(2026, 3, 31))[0].label, in_force(held, TODAY)[0].label,
    )  # fmt: skip


def test_a_clock_that_runs_behind_does_not_bring_the_old_edition_back() -> None:
    """The successor begins on its predecessor's day at the earliest, and counts from then."""
    new = replace(NEW, in_force_from=None)

    held = with_superseded(_stray(new), [OLD], date(1999, 1, 1)).editions

    assert date(2021, 7, 7) == held[1].in_force_from
    assert (held[1],) == in_force(held, date(2021, 7, 7))


def test_the_second_correction_of_a_day_counts_on_that_day() -> None:
    """A file that is replaced twice in one afternoon is not left at its first correction."""
    today = date(2026, 4, 1)
    first = replace(NEW, in_force_from=None, published=None)
    second = replace(first, label="第3.0版", sha256="3" * 64)

    held = with_superseded(_stray(first), [OLD], today).editions
    again = with_superseded(_stray(second), held, today).editions

    assert (again[-1], "3" * 64) == (in_force(again, today)[0], again[-1].sha256)


def test_two_editions_with_one_label_are_told_apart() -> None:
    """Somebody corrected the file and left the cover as it was."""
    held = with_superseded(_stray(replace(NEW, label="第1.0版")), [OLD], TODAY).editions

    assert ["第1.0版", "第1.0版 (2)"] == [e.label for e in held]


def test_a_file_put_back_is_in_force_again() -> None:
    """The bytes of the first edition in place of the second: the first follows the second."""
    held = with_superseded(_stray(OLD), [OLD, NEW], TODAY).editions

    assert [NEW.sha256, OLD.sha256] == [e.sha256 for e in held]
    assert OLD.sha256 == in_force(held, TODAY)[0].sha256


def test_the_superseded_are_told_by_their_bytes() -> None:
    """Their PDF is no longer in the corpus but in the home."""
    held = with_superseded(_stray(NEW), [OLD], TODAY)

    assert frozenset({OLD.sha256}) == superseded_of(held)


def _answer(desk: Desk, on: date) -> str:
    found = desk.shelf()().retrieve("標準化の期限", k=1, filters=Filters(as_of=on))
    return found[0].chunk.text.strip() if found else ""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk where one file has taken the place of another."""
    made = Desk(tmp_path)
    made.drop("manual", "標準化の期限は令和7年度である。", published=date(2021, 7, 7))
    made.refresh()
    made.drop("manual", "標準化の期限は令和9年度である。")
    made.refresh()
    made.read.clear()
    return made


def test_each_day_is_answered_from_what_was_in_force(desk: Desk) -> None:
    """Today the new text; "as of" an earlier day the old one, though its file is gone."""
    assert "標準化の期限は令和9年度である。" == _answer(desk, TODAY)
    assert "標準化の期限は令和7年度である。" == _answer(desk, date(2022, 3, 1))


def test_a_replaced_file_is_planned_as_revised(desk: Desk) -> None:
    """The report speaks of a revision, not of a new document."""
    desk.drop("manual", "標準化の期限は令和11年度である。")

    report = desk.refresh()

    assert (1, 0, 0) == (
        len(report.plan.revised), len(report.plan.added), len(report.plan.withdrawn),
    )  # fmt: skip


def test_a_superseded_edition_does_not_make_a_refresh_each_hour(desk: Desk) -> None:
    """What was settled once is settled."""
    report = desk.refresh()

    assert (False, True, []) == (report.published, report.plan.empty, desk.read)


def test_another_reader_reads_the_superseded_edition_from_the_home(desk: Desk) -> None:
    """When everything is read anew, the old edition is read from the PDF that the home keeps."""
    report = desk.refresh(reader="better")

    old, new = read_manifest(folder_of(desk.home, str(current(desk.home)))).editions
    assert [f"{old.sha256}.pdf", "manual.pdf"] == desk.read
    assert (True, ()) == (report.published, report.problems)
    assert "標準化の期限は令和7年度である。" == _answer(desk, date(2022, 3, 1))
    assert new.in_force_from == TODAY


def test_a_superseded_edition_that_is_lost_is_left_out_and_named(desk: Desk) -> None:
    """Somebody emptied the home: the present edition is served, and the loss is told."""
    for path in (desk.home / "pdfs").iterdir():
        path.unlink()
    for path in (desk.home / "generations").rglob("texts/*"):
        path.unlink()

    report = desk.refresh(reader="better")

    assert 1 == sum("no longer kept" in notice for notice in report.notices)
    assert "標準化の期限は令和9年度である。" == _answer(desk, TODAY)


def test_an_unreadable_successor_leaves_its_predecessor_in_force(desk: Desk) -> None:
    """The file in its place is broken: the edition before goes on, and the file is named."""
    desk.drop("manual", "破損")
    desk.broken.add("manual.pdf")
    desk.drop("plan", "推進計画の期間を定める。")

    report = desk.refresh()

    assert (1, 1) == (len(report.problems), len(report.kept))
    assert "標準化の期限は令和9年度である。" == _answer(desk, TODAY)


def test_a_file_that_is_taken_away_takes_its_editions_with_it(desk: Desk) -> None:
    """Nothing in the corpus stands for the work any more."""
    desk.drop("plan", "推進計画の期間を定める。")
    desk.withdraw(desk.catalog().editions[0])
    desk.refresh()

    manifest = read_manifest(folder_of(desk.home, str(current(desk.home))))
    assert ["plan"] == [e.document.id for e in manifest.editions]
