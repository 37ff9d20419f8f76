"""A glossary with what a dictionary and a thesaurus know behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.passages import Filters
from index.search import synonyms
from index.search.dictionary import Dictionary
from index.search.expanding import Expanding
from index.search.glossary import Glossary, Match, Term
from index.search.legs import read_query
from index.search.reasons import reason
from index.search.synonyms import Synonyms
from ingest.chunks import Chunk
from ingest.language.words import meant, pairs, tokens
from tests.fakes import edition
from tests.index.search.test_dictionary import ENTRIES, SAID
from tests.searched import bm25
from tests.shelves import Desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a dictionary file in EDICT's form and encoding."""
    path = tmp_path / "edict"
    path.write_text(ENTRIES, encoding="euc_jp")
    return path


def expanding(file: Path, glossary: Glossary | None = None) -> Expanding:
    """Return a glossary, an empty one at first, with the dictionary of what SAID says behind it."""
    words = bm25(map(tokens, SAID))
    looked_up = Dictionary(file, words, bm25(map(pairs, SAID)))
    return Expanding(glossary or Glossary(), Synonyms(), words, looked_up)


def thesaurus(folder: Path, *said: str, glossary: Glossary | None = None) -> Expanding:
    """Return a glossary with the synonyms of what a corpus says behind it, stored and read."""
    synonyms.save(
        [word for text in said for word in meant(text, parts=True)], folder / synonyms.FILE
    )
    held = synonyms.load(folder / synonyms.FILE)
    return Expanding(glossary or Glossary(), held, bm25(map(tokens, said)), None)


def test_whole_phrases_come_before_their_words(file: Path) -> None:
    """A tax office is 税務署, neither a tax nor an office."""
    found = expanding(file).expand("Which tax office grants it?")

    assert Match("tax office", ("税務署",), ("税務署",), looked_up=True) in found
    assert all("office" != match.said for match in found)


def test_the_glossary_is_asked_first(file: Path) -> None:
    """The user's own word for a licence stands, and the dictionary adds none."""
    glossary = Glossary([Term("鑑札", en=("licence",))])

    found = expanding(file, glossary).expand("Who needs a licence?")

    assert ["鑑札"] == [name for match in found for name in match.japanese]


def test_an_english_word_in_a_japanese_question_is_not_looked_up(file: Path) -> None:
    """It is meant as it stands."""
    assert () == expanding(file).expand("免許(licence)は要りますか")


def test_what_was_looked_up_counts_more_than_the_word_itself(file: Path) -> None:
    """Japanese pages have English words in bibliographies; what is not known counts as it is."""
    query = read_query("licence wombat", expanding(file))

    assert query.words["免許"] == query.words["wombat"] > query.words[tokens("licence")[0]]


def test_a_synonym_that_the_corpus_says_is_another_name(tmp_path: Path) -> None:
    """給料 and 賃金 are 給与 too; nobody says 給料, nor 給与 itself."""
    found = thesaurus(tmp_path, "賃金台帳を置く。").expand("給与はいつか")

    assert (Match("給与", ("賃金",), ("賃金",), looked_up=True),) == found


def test_the_users_own_word_stands_before_synonyms(tmp_path: Path) -> None:
    """What the glossary names is not looked up."""
    glossary = Glossary([Term("俸給", ("給与",))])

    found = thesaurus(tmp_path, "給与、賃金、俸給", glossary=glossary).expand("給与はいつか")

    assert [("俸給",)] == [match.others for match in found]


def test_a_word_that_is_only_seen_elsewhere_is_no_synonym(tmp_path: Path) -> None:
    """What one may not see brings no names: 賃金 stands in a passage that is not searched."""
    synonyms.save(["給与", "賃金"], tmp_path / synonyms.FILE)
    held = synonyms.load(tmp_path / synonyms.FILE)

    assert () == Expanding(Glossary(), held, bm25([["給与"]]), None).expand("給与はいつか")


def test_a_passage_in_other_words_is_found_and_says_why(tmp_path: Path) -> None:
    """A question about 引っ越し finds 転居, which has no character in common with it."""
    desk = Desk(tmp_path)
    desk.put(edition("moving", title="届出"), "転居した者は届け出る。", "引っ越しごみは出さない。")
    desk.put(edition("school", title="学校"), "学校は四月に始まる。", "校舎は木で造る。")
    desk.refresh()
    library = desk.shelf()()

    found = library.retrieve("引っ越しをした", k=9, filters=Filters())

    texts = [hit.chunk.text for hit in found]
    assert "転居した者は届け出る。" in texts[:2]
    chunk = found[texts.index("転居した者は届け出る。")].chunk
    assert (("引っ越し", "転居"),) == reason("引っ越しをした", chunk, library.glossary).names


def test_a_generation_from_before_has_no_synonyms(tmp_path: Path) -> None:
    """It is searched by what was said."""
    held = synonyms.load(tmp_path / synonyms.FILE)

    assert [] == list(held.of("給与", bm25([["給与"], ["賃金"]])))


def test_a_long_word_is_looked_up_before_what_it_is_made_of(tmp_path: Path) -> None:
    """助成金 is 補助金; what helps otherwise is not asked for."""
    glossary = thesaurus(tmp_path, "補助金を交付する。", "業務を補佐する。")

    assert [("助成金", ("補助金",))] == [(m.said, m.others) for m in glossary.expand("助成金は")]


def test_a_verb_is_found_in_any_form(tmp_path: Path) -> None:
    """In a line 使い says 利用: as words are counted."""
    glossary = thesaurus(tmp_path, "施設を使う。", "設備を利用する。")
    chunk = Chunk(edition(), (), "設備を使い続けるには届け出る。", 0, 15, "")

    assert (("利用", "使う"),) == reason("設備の利用", chunk, glossary).names
