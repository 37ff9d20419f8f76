"""Refreshing: what is planned, what is built, what stays when something goes wrong."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index.errors import AnotherRefresh, GenerationBroken, HomeUnusable
from index.generations.generation import Generation
from index.generations.manifests import (
    folder_of,
    hashed,
    read_manifest,
    sentences_of,
    write_manifest,
)
from index.generations.pointers import current, listed, roll_back
from index.passages import Filters
from index.refresh.plan import plan
from index.refresh.resources import ChangedMeanwhile, NotAllowed
from ingest.catalog.catalog import Catalog
from ingest.errors import UnreadablePdf
from ingest.pages import EditionText
from tests.fakes import edition
from tests.shelves import TODAY, Desk

RECIPE = {
    "embedder": "e", "tokenizer": "t", "reader": "r", "chunks": "c", "index": "i", "glossary": "g",
    "sentences": "s",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with two indexed editions."""
    made = Desk(tmp_path)
    made.put(edition("manual"), "標準化の期限は令和7年度である。")
    made.put(edition("cases"), "酒田市はワークショップを開いた。")
    made.refresh()
    made.read.clear()
    return made


def _says(desk: Desk, question: str) -> str:
    found = desk.shelf()().retrieve(question, k=1, filters=Filters())
    return found[0].chunk.text.strip() if found else ""


def test_the_plan_tells_what_is_new_changed_and_gone(desk: Desk) -> None:
    """Pure: a catalog and a manifest in, groups of editions out."""
    manifest = replace(read_manifest(folder_of(desk.home, "g000001")), recipe=RECIPE)
    manual, cases = manifest.editions
    revised = replace(manual, sha256="0" * 64)
    added = replace(edition("plan"), sha256="1" * 64)

    made = plan(Catalog((revised, added)), manifest, RECIPE)

    assert ((added,), (revised,), (cases,), ()) == (
        made.added, made.revised, made.withdrawn, made.unchanged,
    )  # fmt: skip


def test_the_plan_is_empty_when_nothing_changed(desk: Desk) -> None:
    """The same catalog and recipe ask for nothing."""
    manifest = read_manifest(folder_of(desk.home, "g000001"))

    assert plan(desk.catalog(), manifest, manifest.recipe).empty


def test_another_date_is_told_apart_from_other_bytes(desk: Desk) -> None:
    """The file is the same; only what the catalog says of it changed."""
    manifest = read_manifest(folder_of(desk.home, "g000001"))
    dated = replace(manifest.editions[0], in_force_from=date(2021, 7, 7))

    made = plan(Catalog((dated, manifest.editions[1])), manifest, manifest.recipe)

    assert ((dated,), ()) == (made.described, made.revised)


def test_another_recipe_names_what_changed(desk: Desk) -> None:
    """A user who wonders why everything is rebuilt is told."""
    manifest = replace(read_manifest(folder_of(desk.home, "g000001")), recipe=RECIPE)

    made = plan(desk.catalog(), manifest, {**RECIPE, "embedder": "other"})

    assert ("the embedder changed",) == made.reasons


def test_the_report_says_what_read_the_pages(desk: Desk) -> None:
    """Only of what this refresh read: the engine, how many pages, their lowest score."""
    desk.put(edition("plan"), "推進計画の期間を定める。", "費用を定める。")

    report = desk.refresh()

    assert {"fake": (2, 1.0)} == report.engines
    assert 2 == sum(sum(one.engines.values()) for one in report.documents)
    assert {("fake", 1.0, ())} == {
        (engine, one.lowest_score, one.poor) for one in report.documents for engine in one.engines
    }
    assert {} == desk.refresh().engines


def test_nothing_changed_nothing_published(desk: Desk) -> None:
    """A second refresh reads no file and makes no generation."""
    report = desk.refresh()

    assert (False, "g000001", []) == (report.published, report.generation, desk.read)


def test_an_unchanged_pdf_is_not_read_again(desk: Desk) -> None:
    """Only what is new is read; the rest is taken over."""
    desk.put(edition("plan"), "推進計画の期間を定める。")

    report = desk.refresh()

    assert ["plan-1.0.pdf"] == desk.read
    assert 3 == report.pages
    assert "標準化の期限は令和7年度である。" == _says(desk, "標準化の期限")


def test_a_withdrawn_edition_is_gone_at_once(desk: Desk) -> None:
    """Its text is found no more."""
    desk.withdraw(edition("cases"))
    desk.refresh()

    assert "酒田市はワークショップを開いた。" != _says(desk, "酒田市のワークショップ")


def test_an_unreadable_revision_keeps_the_former_edition(desk: Desk) -> None:
    """The old text stands, the report says why, and the problem is named."""
    desk.put(edition("manual"), "標準化の期限は令和9年度である。")
    desk.broken.add("manual-1.0.pdf")
    desk.put(edition("plan"), "推進計画の期間を定める。")

    report = desk.refresh()

    assert ["manual-1.0.pdf"] == [p.path for p in report.problems if isinstance(p, UnreadablePdf)]
    assert ["manual@1.0"] == list(report.kept)
    assert "標準化の期限は令和7年度である。" == _says(desk, "標準化の期限")
    assert "推進計画の期間を定める。" == _says(desk, "推進計画の期間")


def test_a_listed_file_that_disappeared_keeps_its_edition(desk: Desk) -> None:
    """The catalog still lists it, so it was not withdrawn: somebody lost the file."""
    desk.withdraw(edition("manual"))
    problem = UnreadablePdf("manual-1.0.pdf", "the file is not there", "Copy it there.")

    report = desk.refresh(problem)

    assert [problem] == list(report.problems)
    assert "標準化の期限は令和7年度である。" == _says(desk, "標準化の期限")


def test_when_nothing_can_be_read_nothing_is_published(tmp_path: Path) -> None:
    """A corpus of broken files makes no index, and says so."""
    desk = Desk(tmp_path)
    desk.put(edition("manual"), "本文")
    desk.broken.add("manual-1.0.pdf")

    report = desk.refresh()

    assert (None, False, 1) == (report.generation, report.published, len(report.problems))
    assert current(desk.home) is None


def test_a_file_that_stays_broken_makes_no_new_generation(desk: Desk) -> None:
    """Refreshing every hour beside one broken file does not fill the disk."""
    desk.put(edition("plan"), "本文")
    desk.broken.add("plan-1.0.pdf")

    reports = [desk.refresh(), desk.refresh()]

    assert [False, False] == [report.published for report in reports]
    assert [1, 1] == [len(report.problems) for report in reports]
    assert ("g000001",) == listed(desk.home)


def test_a_candidate_that_is_not_allowed_stays_unpublished(desk: Desk) -> None:
    """The gate's reasons are told, the old generation answers on, no debris stays."""
    desk.put(edition("plan"), "推進計画の期間を定める。")

    with pytest.raises(NotAllowed, match="questions got worse") as caught:
        desk.refresh(allow=lambda _: ["3 questions got worse"])

    assert ("3 questions got worse",) == caught.value.reasons
    assert "g000001" == current(desk.home)
    assert ["g000001"] == [path.name for path in (desk.home / "generations").iterdir()]


def test_what_a_broken_off_refresh_left_is_removed(desk: Desk) -> None:
    """A half-built folder is no generation, and goes with the next refresh."""
    debris = desk.home / "generations" / ".building-g000002"
    debris.mkdir()
    (debris / "manifest.json").write_text("{}", encoding="utf-8")

    desk.refresh()

    assert not debris.exists()
    assert ("g000001",) == listed(desk.home)


def test_two_refreshes_do_not_meet(desk: Desk) -> None:
    """The second is told to wait, and changes nothing."""
    with (desk.home / "refresh.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(AnotherRefresh, match="another refresh is under way"):
            desk.refresh()


def test_three_generations_are_kept(desk: Desk) -> None:
    """The current one and two to return to; older ones go."""
    for number in range(4):
        desk.put(edition(f"plan{number}"), f"計画その{number}")
        desk.refresh()

    assert ("g000003", "g000004", "g000005") == listed(desk.home)


def test_the_home_keeps_every_pdf_by_its_hash(desk: Desk) -> None:
    """An old answer can always show its page, though the file is replaced."""
    before = desk.catalog().editions[0]
    desk.put(edition("manual"), "標準化の期限は令和9年度である。")
    after = desk.catalog().editions[0]
    desk.refresh()

    kept = {path.stem for path in (desk.home / "pdfs").iterdir()}

    assert {str(before.sha256), str(after.sha256)} <= kept


def test_a_full_refresh_reads_everything_again(desk: Desk) -> None:
    """Whoever distrusts what is stored can have it made anew."""
    report = desk.refresh(full=True)

    assert sorted(["manual-1.0.pdf", "cases-1.0.pdf"]) == sorted(desk.read)
    assert "g000002" == report.generation


def test_the_gates_reasons_can_be_overridden_and_are_recorded(desk: Desk) -> None:
    """Somebody decided; the generation says so for good."""
    desk.put(edition("plan"), "推進計画の期間を定める。")

    report = desk.refresh(allow=lambda _: ["3 questions got worse"], accept=True)

    manifest = read_manifest(folder_of(desk.home, str(report.generation)))
    assert (True, ("3 questions got worse",)) == (report.published, manifest.accepted)


def test_a_generation_that_nobody_objected_to_records_no_override(desk: Desk) -> None:
    """Allowed is not the same as accepted."""
    desk.put(edition("plan"), "推進計画の期間を定める。")
    desk.refresh(accept=True)

    assert () == read_manifest(folder_of(desk.home, "g000002")).accepted


def test_a_refresh_does_not_undo_a_rollback(desk: Desk) -> None:
    """The timer runs every hour; what somebody rolled back from stays back until told otherwise."""
    desk.put(edition("plan"), "推進計画の期間を定める。")
    desk.refresh()
    roll_back(desk.home)

    report = desk.refresh()

    assert (False, "g000001") == (report.published, report.generation)
    assert "somebody rolled back from it" in report.notices[0]
    assert "g000001" == current(desk.home)
    assert (True, "g000003") == ((again := desk.refresh(accept=True)).published, again.generation)


def test_after_a_rollback_something_new_is_published(desk: Desk) -> None:
    """Only the very content that was rolled back from is held back."""
    desk.put(edition("plan"), "推進計画の期間を定める。")
    desk.refresh()
    roll_back(desk.home)
    desk.put(edition("plan"), "推進計画の期間を正しく定める。")

    assert "g000003" == desk.refresh().generation
    assert (False, "g000003") == ((last := desk.refresh()).published, last.generation)


@pytest.mark.parametrize("junk", ["new", "listed", "altered"])
def test_a_rollback_stays_whatever_cannot_be_read(desk: Desk, junk: str) -> None:
    """A file that cannot be read asks for nothing, so nothing but what was rolled back from."""
    desk.put(edition("plan"), "推進計画の期間を定める。")
    desk.refresh()
    roll_back(desk.home)
    problems = []
    if junk == "new":
        desk.put(edition("junk"), "本文")
        desk.broken.add("junk-1.0.pdf")
    elif junk == "listed":
        desk.withdraw(edition("manual"))
        problems.append(UnreadablePdf("manual-1.0.pdf", "the file is not there", "Copy it there."))
    else:
        desk.put(edition("manual"), "標準化の期限は令和9年度である。")
        desk.broken.add("manual-1.0.pdf")

    reports = [desk.refresh(*problems), desk.refresh(*problems)]

    assert [(False, "g000001")] * 2 == [(r.published, r.generation) for r in reports]
    assert all("somebody rolled back from it" in report.notices[0] for report in reports)
    assert ("g000001", "g000002") == listed(desk.home)


def test_going_back_twice_goes_forward_to_neither(desk: Desk) -> None:
    """Whoever goes back from the third to the second and then to the first wants the first."""
    desk.put(edition("plan"), "推進計画の期間を定める。")
    desk.refresh()
    desk.put(edition("more"), "費用を定める。")
    desk.refresh()
    roll_back(desk.home)
    roll_back(desk.home)

    assert (False, "g000001") == ((third := desk.refresh()).published, third.generation)
    desk.withdraw(edition("more"))
    assert (False, "g000001") == ((second := desk.refresh()).published, second.generation)
    assert "g000003" == roll_back(desk.home, "g000003")
    assert (True, "g000004") == ((taken := desk.refresh()).published, taken.generation)


def test_a_rollback_of_a_file_that_no_catalog_lists_stays_on_the_next_day(tmp_path: Path) -> None:
    """Its edition began on the day it was first seen, however often it is seen after that."""
    today = [TODAY]
    desk = Desk(tmp_path, lambda: today[0])
    desk.drop("manual", "標準化の期限は令和7年度である。")
    desk.refresh()
    desk.drop("manual", "標準化の期限は令和9年度である。")
    desk.refresh()
    roll_back(desk.home)
    today[0] = TODAY + timedelta(days=1)

    report = desk.refresh()

    assert (False, "g000001") == (report.published, report.generation)


def test_a_file_that_can_no_longer_be_read_makes_no_generation(desk: Desk) -> None:
    """Its edition stands as it was, and where it stood; the report counts what is served."""
    desk.put(edition("manual"), "標準化の期限は令和9年度である。")
    desk.broken.add("manual-1.0.pdf")

    report = desk.refresh()

    assert (False, "g000001") == (report.published, report.generation)
    assert ["manual@1.0"] == list(report.kept)
    assert (2, 2) == (report.pages, report.chunks)


def test_a_listed_file_that_disappeared_makes_no_generation(desk: Desk) -> None:
    """What is served stays the same, so nothing is made anew."""
    desk.withdraw(edition("manual"))
    problem = UnreadablePdf("manual-1.0.pdf", "the file is not there", "Copy it there.")

    report = desk.refresh(problem)

    assert (False, "g000001", 2) == (report.published, report.generation, report.pages)


def test_the_fitted_embedder_is_kept_until_the_corpus_has_drifted(tmp_path: Path) -> None:
    """One chunk of twelve is no reason to fit again; three of fourteen are."""
    desk = Desk(tmp_path)
    for number in range(11):
        desk.put(edition(f"m{number}"), f"手順その{number}を定める。")
    desk.refresh()
    first = read_manifest(folder_of(desk.home, "g000001")).fitted

    desk.put(edition("new1"), "新しい要領を定める。")
    desk.refresh()
    kept = read_manifest(folder_of(desk.home, "g000002")).fitted
    for number in (2, 3):
        desk.put(edition(f"new{number}"), f"新しい要領その{number}を定める。")
    desk.refresh()
    fitted = read_manifest(folder_of(desk.home, "g000003")).fitted

    assert (11, first, 14) == (len(first), kept, len(fitted))


def test_a_refresh_after_a_change_ranks_as_a_full_one_does(tmp_path: Path) -> None:
    """Documents revised, added and withdrawn: the same passages, in the same order and score."""
    desk = Desk(tmp_path)
    for n in range(12):
        desk.put(
            edition(f"m{n}"), f"手順その{n}は標準化の期限を定める。", f"費用の{n}割を補助する。"
        )
    desk.refresh(embedder=Hashed())
    desk.withdraw(edition("m3"))
    desk.put(edition("m5"), "期限を延ばした。", "手順その5は標準化の期限を定める。")
    desk.put(edition("new"), "新しい費用の手順。")

    desk.refresh(embedder=Hashed())
    changed = _ranked(desk)
    desk.refresh(embedder=Hashed(), full=True)

    assert {"g000003"} == {current(desk.home)}
    assert changed == _ranked(desk)
    assert all(len(found) > 10 for found in changed)


def test_what_is_taken_over_is_not_embedded_again(desk: Desk) -> None:
    """A configured model may take minutes for a document: only what is new is given to it."""
    embedder = Hashed()
    desk.refresh(embedder=embedder)
    embedder.seen.clear()
    desk.put(edition("plan"), "推進計画の期間を定める。")

    desk.refresh(embedder=embedder)

    assert ["推進計画の期間を定める。"] == embedder.seen


def test_another_embedder_embeds_everything_anew(desk: Desk) -> None:
    """Vectors of two models are never mixed."""
    desk.refresh(embedder=Hashed())
    other = Hashed("other")

    desk.refresh(embedder=other)

    assert 2 == len(other.seen)


def test_a_generation_that_counted_other_units_is_searched_and_gone_on_from(desk: Desk) -> None:
    """After an update the index answers as it did; a refresh counts anew and reads no PDF."""
    folder = folder_of(desk.home, "g000001")
    manifest = read_manifest(folder)
    for name in ("phrases", "page-phrases"):
        shutil.rmtree(folder / name)
    for path in (folder / "tallies").iterdir():
        with path.open("rb") as file, np.load(file) as stored:
            counts = {name: stored[name] for name in stored if not name.startswith("phrases")}
        path.unlink()
        np.savez(path, **counts)
    older = {**manifest.recipe, "index": "1.1"}
    write_manifest(replace(manifest, recipe=older, files=hashed(folder)), folder)
    desk.read.clear()

    before = desk.shelf()().retrieve("標準化の期限", k=1, filters=Filters())[0]
    published = desk.refresh().published
    after = desk.shelf()().retrieve("標準化の期限", k=1, filters=Filters())[0]

    assert published
    assert [] == desk.read
    assert before.chunk == after.chunk
    assert "phrases" not in before.legs
    assert 0 < after.legs["phrases"]


def test_a_generation_older_than_its_sentences_is_read_and_gone_on_from(desk: Desk) -> None:
    """Its sentences are cut from its texts when asked for; a refresh keeps them, and reads no PDF."""
    folder = folder_of(desk.home, "g000001")
    manifest = read_manifest(folder)
    shutil.rmtree(folder / "sentences")
    kept = {name: digest for name, digest in manifest.files.items() if (folder / name).exists()}
    recipe = {name: made for name, made in manifest.recipe.items() if name != "sentences"}
    write_manifest(replace(manifest, recipe=recipe, files=kept), folder)

    old = desk.shelf()()
    before = [list(old.sentences(held)) for held in old.editions]
    report = desk.refresh()
    new = desk.shelf()()

    assert ("the cutting of sentences changed",) == report.plan.reasons
    assert [] == desk.read
    assert before == [list(new.sentences(held)) for held in new.editions]
    assert all(before)
    assert sentences_of(folder_of(desk.home, "g000002"), new.editions[0]).exists()


def test_sentences_of_an_edition_that_stays_are_taken_over(desk: Desk) -> None:
    """What did not change is linked, not cut again."""
    desk.put(edition("plan"), "推進計画の期間を定める。")
    held = desk.shelf()().editions[0]

    desk.refresh()

    first, second = (
        sentences_of(folder_of(desk.home, name), held) for name in ("g000001", "g000002")
    )
    assert first.stat().st_ino == second.stat().st_ino


def test_damaged_sentences_are_told(desk: Desk) -> None:
    """A generation whose sentences are cut short says so instead of answering from less."""
    library = desk.shelf()()
    path = sentences_of(folder_of(desk.home, "g000001"), library.editions[0])
    path.write_bytes(path.read_bytes()[:40])

    with pytest.raises(GenerationBroken, match="sentences"):
        library.sentences(library.editions[0])


def test_a_generation_older_than_tallies_is_gone_on_from(desk: Desk) -> None:
    """It answers; what it lacks is counted anew, and no PDF is read again."""
    folder = folder_of(desk.home, "g000001")
    manifest = read_manifest(folder)
    for name in ("tallies", "embedded"):
        shutil.rmtree(folder / name)
    kept = {name: digest for name, digest in manifest.files.items() if (folder / name).exists()}
    write_manifest(replace(manifest, files=kept), folder)
    assert "標準化の期限は令和7年度である。" == _says(desk, "標準化の期限")
    desk.put(edition("plan"), "推進計画の期間を定める。")

    assert desk.refresh().published

    assert ["plan-1.0.pdf"] == desk.read
    assert "標準化の期限は令和7年度である。" == _says(desk, "標準化の期限")
    assert "推進計画の期間を定める。" == _says(desk, "推進計画の期間")


class Hashed:
    """An embedder that draws a text's direction from its hash, and remembers what it was given."""

    waits = False

    def __init__(self, name: str = "hashed") -> None:
        self.name = name
        self.seen: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.seen.extend(texts)
        return np.stack([self.embed_question(text) for text in texts])

    def embed_question(self, text: str, *names: str) -> NDArray[np.float32]:
        said = " ".join((text, *names))
        drawn = np.random.default_rng(list(said.encode())).normal(size=16).astype(np.float32)
        found: NDArray[np.float32] = drawn / np.linalg.norm(drawn)
        return found


def _ranked(desk: Desk) -> list[list[tuple[str, float]]]:
    """Return what three questions find, as chunk ids and scores, best first."""
    folder = folder_of(desk.home, str(current(desk.home)))
    generation = Generation(folder, Hashed(), lambda: TODAY)
    return [
        [(p.chunk.id, p.score) for p in generation.retrieve(question, k=50, filters=Filters())]
        for question in ("標準化の期限", "費用の補助", "新しい手順で期限を延ばす")
    ]


@pytest.mark.parametrize(
    "broken, code",
    [
        ("index.refresh.draft.save", errno.ENOSPC),
        ("index.search.tallies.save", errno.ENOSPC),
        ("index.refresh.draft.np.save", errno.ENOSPC),
        ("index.search.parts.save", errno.ENOSPC),
        ("index.search.lexical.Bm25.save", errno.ENOSPC),
        ("index.search.lexical_indexes.os.posix_fallocate", errno.ENOSPC),
        ("index.refresh.draft.Fitted.save", errno.ENOSPC),
        ("index.refresh.draft.shutil.copyfile", errno.ENOSPC),
        ("index.generations.manifests.write_manifest", errno.ENOSPC),
        ("index.refresh.draft.sync", errno.EIO),
        ("index.generations.pointers.publish", errno.EROFS),
    ],
)
def test_a_disk_that_cannot_be_written_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, broken: str, code: int
) -> None:
    """Whatever file it happens at: the old index answers, and the next refresh succeeds."""
    desk.put(edition("plan"), "推進計画の期間を定める。")

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(broken, fail)
        if "Fitted" in broken:
            patch.setattr("index.refresh.draft.DRIFT", 0.0)
        with pytest.raises(HomeUnusable, match="could not be written") as caught:
            desk.refresh()
        assert os.strerror(code) in str(caught.value)
        assert "標準化の期限は令和7年度である。" == _says(desk, "標準化の期限")

    assert desk.refresh().published
    assert "推進計画の期間を定める。" == _says(desk, "推進計画の期間")
    assert not list((desk.home / "generations").glob(".*"))


def test_a_home_that_may_not_be_written_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only home is told with the setting that names another."""

    def read_only(self: Path, **_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "mkdir", read_only)

    with pytest.raises(HomeUnusable, match="TEBIKI_HOME"):
        desk.refresh()


def test_a_file_that_is_replaced_while_it_is_read_is_not_published(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the home would keep one PDF under the hash of another."""
    desk.put(edition("plan"), "推進計画の期間を定める。")
    real = desk.reading

    def reading(files: Mapping[str, Path]) -> Iterable[tuple[str, EditionText | UnreadablePdf]]:
        found = real(files)
        (desk.corpus / "plan-1.0.pdf").write_bytes(b"other")
        return found

    monkeypatch.setattr(desk, "reading", reading)

    with pytest.raises(ChangedMeanwhile, match=r"plan-1\.0\.pdf: the file was replaced"):
        desk.refresh()
    assert "g000001" == current(desk.home)


def test_every_file_is_asked_for_at_once_and_put_away_before_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So one bar can run over all of them, and memory does not grow with their number."""
    for at in range(40):
        desk.put(edition(f"plan-{at}"), f"第{at}次の推進計画の期間を定める。")
    real = desk.reading
    put_away: list[int] = []

    def reading(files: Mapping[str, Path]) -> Iterable[tuple[str, EditionText | UnreadablePdf]]:
        for found in real(files):
            put_away.append(len(list(desk.home.glob("generations/.building-*/texts/*"))))
            yield found

    monkeypatch.setattr(desk, "reading", reading)
    desk.refresh()

    assert list(range(40)) == put_away


def test_a_missing_pointer_is_put_back(desk: Desk) -> None:
    """A refresh that was cut off before its last step is finished by the next one."""
    (desk.home / "current").unlink()
    with pytest.raises(GenerationBroken, match="the pointer is missing, but g000001 is there"):
        desk.shelf()()

    report = desk.refresh()

    assert (False, "g000001") == (report.published, current(desk.home))
    assert "標準化の期限は令和7年度である。" == _says(desk, "標準化の期限")


def test_a_clock_set_back_is_told(desk: Desk) -> None:
    """Generations are numbered, not dated, so nothing is lost; but days decide what is in force."""
    path = folder_of(desk.home, "g000001") / "manifest.json"
    manifest = read_manifest(path.parent)
    write_manifest(replace(manifest, created="2099-01-01T00:00:00+00:00"), path.parent)
    desk.put(edition("plan"), "推進計画の期間を定める。")

    report = desk.refresh()

    assert (True, "g000002") == (report.published, report.generation)
    assert "g000001 was made 2099-01-01" in report.notices[0]


def test_a_generation_in_use_is_not_removed(desk: Desk) -> None:
    """A reader that holds an old one can still quote from it; it goes once nobody holds it."""
    held: Generation | None = desk.shelf()()
    assert held is not None
    for number in range(3):
        desk.put(edition(f"plan{number}"), f"計画その{number}")
        desk.refresh()

    assert ("g000001", "g000002", "g000003", "g000004") == listed(desk.home)
    assert "標準化の期限は令和7年度である。" in held.text(held.editions[0]).text

    del held
    assert not desk.refresh().published
    assert ("g000002", "g000003", "g000004") == listed(desk.home)
