"""Many files read at once: bounded, named when they fail, and never read twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import file_facts, reading, reading_processes
from ingest.catalog.facts import Facts
from ingest.errors import UnreadablePdf
from ingest.pages import EditionText
from ingest.pdf import documents, ocr_engines, tesseract
from ingest.reading import read_each, read_one
from ingest.reading_processes import Bounds, Progress, together
from tests.pdfs import Sheet, bomb, write

if TYPE_CHECKING:
    from collections.abc import Mapping

PICTURE = "q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x7f EI Q"
BOUNDS = Bounds(timeout_s=60.0, ocr_page_s=0.0, memory_mb=1_024)


def read(
    files: Mapping[str, Path], cache: Path, **more: object
) -> dict[str, EditionText | UnreadablePdf]:
    """Read without OCR."""
    return dict(read_each(files, cache=cache, with_ocr=False, **{"bounds": BOUNDS, **more}))  # type: ignore[arg-type]


def text_of(outcome: EditionText | UnreadablePdf) -> str:
    """The text that was read; fails where none was."""
    assert isinstance(outcome, EditionText)
    return outcome.text


def refusal(outcome: EditionText | UnreadablePdf) -> str:
    """The sentence of a refusal; fails where there is none."""
    assert isinstance(outcome, UnreadablePdf)
    return str(outcome)


def test_each_file_comes_back_with_its_text(tmp_path: Path) -> None:
    """Each name gets the text of its own file, whichever process read it."""
    files = {
        name: write(tmp_path / f"{name}.pdf", [Sheet().say(f"{name}の本文", 72, 700)])
        for name in ("丙", "甲", "乙")
    }

    found = read(files, tmp_path / "cache", workers=2)

    assert {name: f"{name}の本文\n" for name in files} == {
        n: text_of(one) for n, one in found.items()
    }


def test_reading_apart_gives_what_reading_here_gives(tmp_path: Path) -> None:
    """Text, sources, boxes, blocks and outline survive the way through a process and a file."""
    sheet = Sheet().say("第１章 総則", 72, 760, 16).say("本文。", 72, 700)
    path = write(tmp_path / "a.pdf", [sheet], outline=[("第１章 総則", 1)], title="手引")

    here, apart = documents.read(path), read({"a": path}, tmp_path / "cache")["a"]

    assert isinstance(apart, EditionText)
    assert (here.text, here.title, here.outline) == (apart.text, apart.title, apart.outline)
    assert here.pages[0].blocks == apart.pages[0].blocks
    assert here.pages[0].quality == apart.pages[0].quality
    assert here.boxes(0, 5) == apart.boxes(0, 5)


def test_one_bad_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    """What cannot be read is named with its reason; everything else is read."""
    good = write(tmp_path / "good.pdf", [Sheet().say("良い", 72, 700)])
    cut = tmp_path / "cut.pdf"
    cut.write_bytes(good.read_bytes()[:300])
    files = {"cut": cut, "gone": tmp_path / "gone.pdf", "good": good}

    found = read(files, tmp_path / "cache")

    assert "良い\n" == text_of(found["good"])
    assert f"{cut}: the end of the file is missing" in refusal(found["cut"])
    assert "there is no such file" in refusal(found["gone"])


def test_an_unchanged_file_is_never_read_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second time the text comes from the cache, also under another name."""
    path = write(tmp_path / "a.pdf", [Sheet().say("一度だけ", 72, 700)])
    copy = tmp_path / "b.pdf"
    copy.write_bytes(path.read_bytes())
    read({"a": path}, tmp_path / "cache")

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(reading_processes, "_started", refuse)

    assert "一度だけ\n" == text_of(read({"b": copy}, tmp_path / "cache")["b"])


def test_a_new_reader_reads_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another version of the reader left in the cache is not used."""
    path = write(tmp_path / "a.pdf", [Sheet().say("本文", 72, 700)])
    read({"a": path}, tmp_path / "cache")
    monkeypatch.setattr(documents, "READER_VERSION", "next")

    read({"a": path}, tmp_path / "cache")

    assert 2 == len(list((tmp_path / "cache").glob("*.npz")))


def test_a_damaged_cache_is_replaced(tmp_path: Path) -> None:
    """A half-written entry of the cache is read anew."""
    path = write(tmp_path / "a.pdf", [Sheet().say("本文", 72, 700)])
    read({"a": path}, tmp_path / "cache")
    (entry,) = (tmp_path / "cache").glob("*.npz")
    entry.write_bytes(entry.read_bytes()[:100])

    assert "本文\n" == text_of(read({"a": path}, tmp_path / "cache")["a"])


def test_a_file_that_takes_too_long_is_named(tmp_path: Path) -> None:
    """A process past its time is ended, and the next file gets a new one."""
    path = write(tmp_path / "slow.pdf", [Sheet().say("遅い", 72, 700)])

    found = read({"slow": path}, tmp_path / "c", bounds=replace(BOUNDS, timeout_s=0.0))

    assert "it was not read within 0 s" in refusal(found["slow"])


def test_a_file_that_needs_too_much_memory_is_named(tmp_path: Path) -> None:
    """A few hundred kilobytes that unpack into gigabytes are named; the file after is read."""
    files = {
        "bomb": bomb(tmp_path / "bomb.pdf"),
        "good": write(tmp_path / "good.pdf", [Sheet().say("良い", 72, 700)]),
    }

    found = read(files, tmp_path / "c", workers=1)

    assert files["bomb"].stat().st_size < 1_000_000
    assert str(files["bomb"]) in refusal(found["bomb"])
    assert "良い\n" == text_of(found["good"])


def test_facts_are_bounded_and_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file says about itself is asked in a process too, once; a bomb there is named."""
    cover = Sheet().say("窓口業務の手引", 72, 600, 28).say("第2.1版", 72, 500, 14)
    files = {
        "bomb": bomb(tmp_path / "bomb.pdf"),
        "good": write(tmp_path / "good.pdf", [cover.say("令和６年４月１日", 72, 300)]),
    }

    found = file_facts.facts_of(files, bounds=BOUNDS)

    assert isinstance(found["bomb"], UnreadablePdf)
    assert Facts("窓口業務の手引", "第2.1版", date(2024, 4, 1)) == found["good"]

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(reading_processes, "_started", refuse)
    assert found["good"] == file_facts.facts(files["good"])


def _tesseract(folder: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """Put a program in tesseract's place that knows Japanese and *does* what it is told."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "tesseract").write_text(
        f'#!/bin/sh\n[ "$1" = --list-langs ] && printf "List:\\njpn\\n" && exit\n{does}\n'
    )
    (programs / "tesseract").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setattr(tesseract, "languages", lambda: frozenset({"jpn"}))


def test_what_ocr_gave_up_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that tesseract was too slow for is given once, and read again the next time."""
    _tesseract(tmp_path, monkeypatch, "exit 1")
    path = write(tmp_path / "scan.pdf", [Sheet(drawn=[PICTURE])])

    found = read_one(path, cache=tmp_path / "c", with_ocr=True, bounds=BOUNDS)

    assert "tesseract broke down" in found.pages[0].quality.note
    assert [] == list((tmp_path / "c").glob("*.npz"))


def test_ocr_is_kept_in_the_folder_that_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative folder begins where the command runs, not where the program lies."""
    table = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight"
    _tesseract(tmp_path, monkeypatch, f"printf '{table}\tconf\ttext\n'")
    path = write(tmp_path / "scan.pdf", [Sheet(drawn=[PICTURE])])
    monkeypatch.chdir(tmp_path)

    read_one(path, cache=Path("home", "readings"), with_ocr=True, bounds=BOUNDS)

    assert [] != list((tmp_path / "home" / "readings" / "ocr").glob("*.json"))
    assert not (Path(reading.__file__).parents[1] / "home").exists()


def test_what_ends_a_process_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of a process that broke down says why, instead of vanishing."""
    monkeypatch.setattr(documents, "READER_VERSION", "no/such/folder")
    path = write(tmp_path / "a.pdf", [Sheet().say("本文", 72, 700)])

    found = read({"a": path}, tmp_path / "c")

    assert "FileNotFoundError" in refusal(found["a"])


def test_progress_counts_pages_and_files(tmp_path: Path) -> None:
    """Every page and every file is told once; the last word is that all are done."""
    files = {
        name: write(tmp_path / f"{name}.pdf", [Sheet().say(name, 72, 700)] * 3) for name in "ab"
    }
    told: list[Progress] = []

    read(files, tmp_path / "cache", progress=told.append)

    assert (2, 2, 6) == (told[-1].files_done, told[-1].files, told[-1].pages)
    assert 2 == sum(one.finished for one in told)
    assert {6} == {one.expected for one in told}


def test_an_outcome_is_given_before_the_others_are_known(tmp_path: Path) -> None:
    """Whoever takes the first text of many has not waited for the last, and may stop there."""
    files = {name: write(tmp_path / f"{name}.pdf", [Sheet().say(name, 72, 700)]) for name in "abcd"}
    told: list[Progress] = []

    each = read_each(
        files, cache=tmp_path / "cache", workers=1, with_ocr=False, progress=told.append
    )
    name, text = next(each)
    each.close()

    assert ("a", "a") == (name, text.pages[0].text if isinstance(text, EditionText) else "")
    assert 1 == told[-1].files_done


def test_ocr_is_asked_for_by_its_being_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an engine nothing is said to have been read by it, and the cache knows."""
    monkeypatch.setattr(ocr_engines, "engine", lambda: None)
    path = write(tmp_path / "a.pdf", [Sheet().say("本文", 72, 700)])

    read_one(path, cache=tmp_path / "cache", bounds=BOUNDS)

    (entry,) = (tmp_path / "cache").glob("*.npz")
    assert entry.stem.endswith("-plain")


def test_broken_files_never_break_the_reader() -> None:
    """Of every kind of mutation of our own PDFs some are read and some named, within the bounds.

    In a process of its own, whose children are readers and nothing else: their memory counts.
    """
    command = [sys.executable, "-m", "tests.mutations", "27", "text and OCR", "facts"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    read, named = re.findall(r"(\d+) read, (\d+) named", done.stdout)[0]
    assert int(read) > 0
    assert 27 == int(read) + int(named)


@pytest.mark.parametrize(
    "free_mb, count, memory_mb",
    [
        pytest.param(None, 4, 2_048, id="nobody says what is free"),
        pytest.param(24_000, 4, 2_048, id="enough for all"),
        pytest.param(6_000, 2, 2_048, id="enough for two of four"),
        pytest.param(2_000, 1, 1_400, id="one, with less than a file may have"),
        pytest.param(300, 1, 768, id="hardly anything: one with the least"),
    ],
)
def test_all_readers_together_keep_within_what_is_free(
    free_mb: int | None, count: int, memory_mb: int
) -> None:
    """Four readers of heavy files take no more of the machine than their share."""
    assert (count, memory_mb) == (
        (found := together(4, Bounds(), free_mb))[0], found[1].memory_mb,
    )  # fmt: skip


def test_what_is_read_whole_for_its_facts_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workbook has no cover: its text is kept with what it says of itself."""
    (tmp_path / "a.txt").write_text(
        "備品管理要綱\n\n第１条 備品は総務課が管理する。\n", encoding="utf-8"
    )
    cache = tmp_path / "c"

    found = file_facts.facts_of({"a": tmp_path / "a.txt"}, kept=cache)["a"]

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr(reading_processes, "_started", refuse)
    text = read_one(tmp_path / "a.txt", cache=cache, with_ocr=True)
    assert not isinstance(found, UnreadablePdf)
    assert "備品管理要綱" == found.title
    assert text.text.endswith("備品は総務課が管理する。\n")
