"""Which passages name a municipality."""

from __future__ import annotations

import pytest

from index.generations.generation import Generation
from index.passages import Filters
from tests.fakes import edition
from tests.shelves import Desk

GLOSSARY = """
[[term]]
ja = "北見市"
en = ["kitami", "kitami city"]

[[term]]
ja = "北海道"
en = ["hokkaido"]

[[term]]
ja = "府中市"
en = ["fuchu"]

[[term]]
ja = "広島県"
en = ["hiroshima"]
"""
CASES = {
    "kitami": "# 北海道北見市\n書かない窓口を設けた。",
    "kitami-en": "# A counter\nKitami City opened a counter where nobody writes. 窓口",
    "otsu": "# 滋賀県大津市\n窓口の予約を始めた。",
    "tsu": "# 津市の窓口\n三重県の津市は窓口を増やした。",
    "ichikawa": "# 千葉県市川市\n窓口でAIを使う。",
    "fuchu-tokyo": "# 東京都府中市の窓口\n府中市は窓口の番号札をやめた。",
    "fuchu-hiroshima": "# 広島県府中市の窓口\n府中市は窓口をオンラインにした。",
    "date-hokkaido": "# 伊達市の窓口\n北海道の伊達市は窓口を広げた。",
    "date-fukushima": "# 伊達市の窓口\n福島県の伊達市は窓口を一つにした。",
    "both": "# 二つの府中市\n東京都府中市と広島県府中市は窓口の協定を結んだ。",
    "nobody": "# 窓口\n窓口の一般的な進め方。",
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """A document for each case, each about a counter (窓口)."""
    desk = Desk(tmp_path_factory.mktemp("towns"))
    (desk.corpus / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    for name, text in CASES.items():
        desk.put(edition(name), text)
    desk.refresh()
    return desk.shelf()()


def _found(generation: Generation, question: str, municipality: str | None = None) -> list[str]:
    filters = Filters(municipality=municipality)
    found = generation.retrieve(question, k=50, filters=filters)
    return list(dict.fromkeys(p.chunk.edition.document.id for p in found))


@pytest.mark.parametrize(
    "expected, name",
    [
        pytest.param({"kitami", "kitami-en"}, "北見市", id="a name, also in English texts"),
        pytest.param({"kitami", "kitami-en"}, "Kitami", id="an English name, as the glossary says"),
        pytest.param({"kitami", "kitami-en"}, "Kitami City, Hokkaido", id="with its prefecture"),
        pytest.param({"kitami", "kitami-en"}, "北見", id="without 市"),
        pytest.param(
            {"kitami", "kitami-en"}, "北海道北見市", id="with its prefecture, in Japanese"
        ),
        pytest.param({"tsu"}, "津市", id="not the town whose name ends so"),
        pytest.param({"tsu"}, "津", id="a name of one character"),
        pytest.param({"otsu"}, "大津市", id="the longer name"),
        pytest.param({"ichikawa"}, "市川市", id="a name that begins with 市"),
        pytest.param(set(), "川市", id="the end of a name names nobody"),
        pytest.param(
            {"fuchu-tokyo", "fuchu-hiroshima", "both"}, "府中市", id="a name of two towns"
        ),
        pytest.param({"fuchu-tokyo", "both"}, "東京都府中市", id="the one in 東京都"),
        pytest.param({"fuchu-hiroshima", "both"}, "府中市（広島県）", id="the one in 広島県"),
        pytest.param({"fuchu-hiroshima", "both"}, "Fuchu, Hiroshima", id="likewise in English"),
        pytest.param({"date-hokkaido"}, "北海道伊達市", id="told by the text around it"),
        pytest.param({"date-fukushima"}, "福島県 伊達市", id="likewise the other"),
        pytest.param(set(), "那覇市", id="a town that nobody names"),
    ],
)
def test_a_filter_keeps_what_names_the_town(
    expected: set[str], name: str, generation: Generation
) -> None:
    """As a whole name, of the prefecture that is meant."""
    assert expected == set(_found(generation, "窓口", name))


@pytest.mark.parametrize(
    "absent, question",
    [
        ("fuchu-tokyo", "広島県府中市の窓口はどうなりましたか"),
        ("fuchu-hiroshima", "東京都府中市の窓口はどうなりましたか"),
        ("date-fukushima", "北海道伊達市の窓口について"),
        ("date-hokkaido", "福島県伊達市の窓口について"),
        ("fuchu-tokyo", "How did the counter (窓口) of Fuchu in Hiroshima change?"),
    ],
)
def test_a_question_that_says_the_prefecture_leaves_out_the_other_town(
    absent: str, question: str, generation: Generation
) -> None:
    """Everything else may still answer it."""
    assert set(CASES) - {absent} >= set(_found(generation, question))
    assert {"both", "nobody"} & set(_found(generation, question))
    assert absent in _found(generation, "窓口")


def test_a_question_without_a_prefecture_leaves_nothing_out(generation: Generation) -> None:
    """Both towns are what it may be about."""
    assert {"fuchu-tokyo", "fuchu-hiroshima", "both"} <= set(_found(generation, "府中市の窓口"))


@pytest.mark.parametrize("name, expected", [("Otsu City", "otsu"), ("Ichikawa", "ichikawa")])
def test_an_english_name_needs_no_entry_in_the_glossary(
    generation: Generation, name: str, expected: str
) -> None:
    """Every municipality is known by its reading in Latin letters."""
    assert [expected] == _found(generation, "窓口", name)
