"""Words staff use, words manuals use, and their English."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import BadGlossary
from index.search.glossary import Glossary, Term, hash_of, read, written

CLOUD = Term("ガバメントクラウド", ("ガバクラ",), ("government cloud",))
AIDE = Term("CIO補佐官", ("CIO補佐",), ("CIO aide", "deputy CIO"))
CLOUD_ONLY = Term("クラウド", (), ("cloud",))


def _said(question: str, *terms: Term) -> list[tuple[str, tuple[str, ...]]]:
    return [(match.said, match.others) for match in Glossary(terms).expand(question)]


def test_an_everyday_word_brings_the_manuals_word() -> None:
    """ガバクラ is said; ガバメントクラウド is what the manuals say."""
    assert [("ガバクラ", ("ガバメントクラウド", "government cloud"))] == _said(
        "ガバクラって何？", CLOUD
    )


def test_english_matches_any_inflection() -> None:
    """Aides are found under aide."""
    assert [("CIO aide", ("CIO補佐官", "CIO補佐", "deputy CIO"))] == _said(
        "How are CIO aides hired?", AIDE
    )


def test_the_longest_name_wins_where_two_overlap() -> None:
    """Government cloud is one thing, not a cloud of some government."""
    assert ["government cloud"] == [
        said for said, _ in _said("the government cloud", CLOUD_ONLY, CLOUD)
    ]
    assert ["ガバメントクラウド"] == [
        said for said, _ in _said("ガバメントクラウドの費用", CLOUD_ONLY, CLOUD)
    ]
    short, long = Term("標準", en=("standard",)), Term("標準準拠システム", en=("compliant system",))
    assert ["標準準拠システム", "標準"] == [
        said for said, _ in _said("標準準拠システムの標準", short, long)
    ]


def test_a_name_of_two_things_brings_the_names_of_both() -> None:
    """移行 may be a migration and a transition."""
    first, second = Term("移行", en=("migration",)), Term("移行期間", ("移行",), ())

    assert [("移行", ("migration", "移行期間"))] == _said("移行とは", first, second)


def test_a_glossary_survives_being_written_and_read(tmp_path: Path) -> None:
    """What a generation keeps says the same, quotation marks included."""
    glossary = Glossary([CLOUD, AIDE, Term('"引用"', ("引用\\",))])
    (tmp_path / "glossary.toml").write_text(written(glossary), encoding="utf-8")

    assert glossary.terms == read(tmp_path / "glossary.toml").terms
    assert hash_of(glossary) == hash_of(read(tmp_path / "glossary.toml"))


def test_a_corpus_adds_its_own_terms_to_the_common_ones() -> None:
    """A town's own words come first; what both list stands once."""
    assert (AIDE, CLOUD, CLOUD_ONLY) == (
        Glossary([CLOUD, CLOUD_ONLY]).joined(Glossary([AIDE, CLOUD])).terms
    )


def test_without_a_file_the_glossary_is_empty(tmp_path: Path) -> None:
    """A folder of PDFs needs no glossary."""
    assert () == read(tmp_path / "glossary.toml").terms


GOOD = '[[term]]\nja = "標準化"\nen = ["standardization"]\n\n'


@pytest.mark.parametrize(
    "line, entry",
    [
        pytest.param(5, '[[term]]\nen = ["x"]\n', id="no Japanese word"),
        pytest.param(5, '[[term]]\nja = "移行"\n', id="a word alone"),
        pytest.param(7, '[[term]]\nja = "移行"\nen = "migration"\n', id="a word that is no list"),
        pytest.param(7, '[[term]]\nja = "移行"\nalias = ["x"]\n', id="an unknown field"),
        pytest.param(6, '[[term]]\nja = 7\nen = ["x"]\n', id="a Japanese word that is a number"),
        pytest.param(6, '[[term]]\nja = "移行\n', id="an open quotation mark"),
        pytest.param(5, '[[terms]]\nja = "移行"\nen = ["x"]\n', id="a heading with a typo"),
        pytest.param(5, '[term]\nja = "移行"\nen = ["x"]\n', id="a heading of one bracket"),
        pytest.param(5, '[other]\nja = "移行"\n', id="a table of something else"),
        pytest.param(
            7, '[[term]]\nja = "移行"\nen = ["a", "b"\n', id="a list left open at the end"
        ),
        pytest.param(
            7,
            '[[term]]\nja = "[移行]"\nen = ["a", # ]\n "b"\n\n[[term]]\nja = "乙"\n',
            id="a list left open before another entry",
        ),
        pytest.param(6, '[[term]]\nja = "課"\nen = ["section"]\n', id="one character"),
        pytest.param(
            7,
            '[[term]]\nja = "窓口"\nalso = ["カウンター", "窓"]\n',
            id="one character among others",
        ),
        pytest.param(
            7, '[[term]]\nja = "窓口"\nen = ["who", "of the"]\n', id="little English words alone"
        ),
    ],
)
def test_a_bad_entry_is_named_with_its_line(line: int, entry: str, tmp_path: Path) -> None:
    """A user who edits the file is told where to look."""
    path = tmp_path / "glossary.toml"
    path.write_text(GOOD + entry, encoding="utf-8")

    with pytest.raises(BadGlossary) as caught:
        read(path)

    assert line == caught.value.line
    assert f"{path}:{line}:" in str(caught.value)


def test_what_stands_before_the_first_entry_is_named(tmp_path: Path) -> None:
    """A forgotten heading would silently lose its word."""
    path = tmp_path / "glossary.toml"
    path.write_text('# ours\nja = "移行"\nen = ["migration"]\n\n' + GOOD, encoding="utf-8")

    with pytest.raises(BadGlossary, match=r"\[\[term\]\]") as caught:
        read(path)

    assert 2 == caught.value.line


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    """Saved as Shift_JIS from an old editor: the first line that shows it."""
    path = tmp_path / "glossary.toml"
    path.write_bytes(b"# ours\n[[term]]\n" + 'ja = "移行"\n'.encode("cp932"))

    with pytest.raises(BadGlossary, match="UTF-8") as caught:
        read(path)

    assert 3 == caught.value.line


def test_a_mark_before_the_text_is_passed_over(tmp_path: Path) -> None:
    """Windows' editor writes one, and nobody sees it; nor its line ends."""
    path = tmp_path / "glossary.toml"
    path.write_bytes(GOOD.replace("\n", "\r\n").encode("utf-8-sig"))

    assert "標準化" == read(path).terms[0].ja
