"""English words looked up in a dictionary of Japanese, of the words that the corpus says."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from index.passages import Filters
from index.search.dictionary import Dictionary
from ingest.language.words import pairs, tokens
from tests.fakes import edition
from tests.searched import bm25
from tests.shelves import Desk, warmed

ENTRIES = """\
　？？？ /EDICT, made for the tests/
許可 [きょか] /(n,vs) permission/approval/licence/(P)/
免許 [めんきょ] /(n,vs) (1) licence (e.g. to drive)/(P)/
ライセンス /(n) licence/license/(P)/
税務署 [ぜいむしょ] /(n) tax office/(P)/
税 [ぜい] /(n) tax/(P)/
事務所 [じむしょ] /(n) office/(P)/
届け出る [とどけでる] /(v1,vt) to notify/to file/(P)/
たくさん /(n) many/(P)/
"""
SAID = ("酒類の販売には免許が要る。免許は税務署が与える。", "事務所は許可を届け出る。")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a dictionary file in EDICT's form and encoding."""
    path = tmp_path / "edict"
    path.write_text(ENTRIES, encoding="euc_jp")
    return path


def made(path: Path, *said: str) -> Dictionary:
    """Return the dictionary of what a corpus of some passages says."""
    return Dictionary(path, bm25(map(tokens, said)), bm25(map(pairs, said)))


def test_what_the_corpus_says_often_comes_first_and_what_it_never_says_not_at_all(
    file: Path,
) -> None:
    """Two passages say 免許 and one 許可, of which licence is a later meaning; none ライセンス."""
    dictionary = made(file, *SAID, "免許の更新。")

    assert ("免許", "許可") == dictionary.means(tuple(tokens("licences")))


@pytest.mark.parametrize(
    "said, found",
    [("filed", ("届け出る",)), ("many", ()), ("submarines", ())],
    ids=["another form of a verb", "hiragana names nothing", "no entry"],
)
def test_words_are_looked_up_in_any_form(file: Path, said: str, found: tuple[str, ...]) -> None:
    """By their stems; a meaning's "to" and its remarks do not count."""
    assert found == made(file, *SAID).means(tuple(tokens(said)))


def test_a_file_that_went_away_finds_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A search goes on without it, and the log says so."""
    assert () == made(tmp_path / "edict", *SAID).means(("licenc",))
    assert "English words are not looked up" in caplog.text


def test_who_asks_while_it_is_read_waits_for_the_rest(tmp_path: Path) -> None:
    """The file is read once: a pipe gives its lines to one reader only."""
    os.mkfifo(tmp_path / "edict")
    dictionary = made(tmp_path / "edict", *SAID)
    found: SimpleQueue[tuple[str, ...]] = SimpleQueue()
    asked = threading.Thread(
        target=lambda: found.put(dictionary.means(tuple(tokens("permissions")))), daemon=True
    )
    threading.Thread(target=dictionary.warm, daemon=True).start()
    with (tmp_path / "edict").open("wb") as file:  # opens when it is being read
        asked.start()
        file.write(ENTRIES.encode("euc_jp"))

    assert ("許可",) == found.get(timeout=30)


def test_a_server_reads_it_before_anybody_asks(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the generation it starts with, and for the next one when that is opened."""
    monkeypatch.setattr("index.search.dictionary.KEPT", file)
    desk = Desk(tmp_path)
    desk.put(edition("sake", title="酒類の手引き"), *SAID)
    desk.refresh()
    shelf = desk.shelf()

    shelf.keep_warm()
    warmed()
    file.rename(tmp_path / "away")
    first = shelf().glossary.expand("licence")
    (tmp_path / "away").rename(file)
    desk.put(edition("more"), "免許の更新。")
    desk.refresh()
    shelf()
    warmed()
    file.unlink()
    second = shelf().glossary.expand("licence")

    assert [["免許"], ["免許"]] == [
        [match.japanese[0] for match in each] for each in (first, second)
    ]


def test_an_english_question_finds_a_japanese_page(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the dictionary is installed, a generation looks words up in it."""
    monkeypatch.setattr("index.search.dictionary.INSTALLED", file)
    desk = Desk(tmp_path)
    desk.put(edition("sake", title="酒類の手引き"), *SAID)
    desk.refresh()

    found = desk.shelf()().retrieve("Which tax office?", k=1, filters=Filters())

    assert ["sake"] == [hit.chunk.edition.document.id for hit in found]
    assert "税務署" in found[0].chunk.text
