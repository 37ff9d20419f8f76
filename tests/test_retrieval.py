"""Searching a small corpus: what is found, what is filtered, what is expanded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from index.generations import Generation
from index.glossary import Glossary, Term
from index.passages import Filters, by_page
from index.retrieval import read_query
from ingest.editions import Kind
from tests.fakes import edition
from tests.shelves import Desk

GLOSSARY = """
[[term]]
ja = "CIO補佐官"
also = ["補佐官"]
en = ["CIO aide"]

[[term]]
ja = "任用"
also = ["雇う"]
en = ["hire"]
"""


@pytest.fixture
def generation(tmp_path: Path) -> Generation:
    """A corpus of three works, one of them in two editions, one in English."""
    desk = Desk(tmp_path)
    (desk.corpus / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    desk.put(
        edition("manual", label="1.0", in_force_from=date(2021, 7, 7)),
        "# 人材\n外部人材をCIO補佐官として任用するときは要綱で服務を定める。",
        "# 期限\n標準化の目標時期は令和6年度である。",
    )
    desk.put(
        edition("manual", label="2.0", in_force_from=date(2022, 4, 1)),
        "# 人材\n外部人材をCIO補佐官として任用するときは要綱で服務を定める。",
        "# 期限\n標準化の目標時期は令和7年度である。",
    )
    desk.put(
        edition("cases", label="1.0", kind=Kind.CASE),
        "# 事例\n山形県酒田市はワークショップを開いた。\n# 事例\n北海道北見市は書かない窓口を設けた。",
    )
    desk.put(edition("english", label="1.0", language="en"), "# Staff\nTrain the staff well.")
    desk.refresh()
    return desk.shelf()()


def _found(generation: Generation, question: str, **bounds: object) -> list[str]:
    filters = Filters(**bounds)  # type: ignore[arg-type]
    return [
        f"{p.chunk.edition.key} p.{p.pages[0]}"
        for p in generation.retrieve(question, k=3, filters=filters)
    ]


def test_the_passage_that_says_it_comes_first(generation: Generation) -> None:
    """Of all pages, the one about the subject."""
    assert "manual@2.0 p.1" == _found(generation, "補佐官の服務はどこで定める？")[0]


def test_only_editions_in_force_are_found(generation: Generation) -> None:
    """The superseded edition says almost the same, and stays out."""
    assert not [name for name in _found(generation, "標準化の目標時期") if "@1.0 p.2" in name]


def test_as_of_a_day_the_edition_then_in_force_is_found(generation: Generation) -> None:
    """What applied in 2021 is answered from the edition of 2021."""
    assert "manual@1.0 p.2" == _found(generation, "標準化の目標時期", as_of=date(2021, 12, 1))[0]


def test_a_named_edition_is_found_whether_or_not_in_force(generation: Generation) -> None:
    """Naming a label searches it."""
    found = _found(generation, "標準化の目標時期", editions=("1.0",), documents=("manual",))

    assert "manual@1.0 p.2" == found[0]


@pytest.mark.parametrize(
    "expected, bounds",
    [
        ({"cases"}, {"kinds": (Kind.CASE,)}),
        ({"english"}, {"language": "en"}),
        ({"manual"}, {"documents": ("manual",)}),
        ({"cases"}, {"municipality": "酒田市"}),
        (set(), {"municipality": "那覇市"}),
    ],
)
def test_filters(expected: set[str], bounds: dict[str, object], generation: Generation) -> None:
    """Each filter leaves only what it names."""
    found = _found(generation, "酒田市のワークショップ staff 標準化", **bounds)

    assert expected == {name.split("@")[0] for name in found}


def test_an_english_question_finds_the_japanese_page(generation: Generation) -> None:
    """Through the glossary; no English word stands on that page."""
    assert "manual@2.0 p.1" == _found(generation, "How do we hire CIO aides?", language="ja")[0]


def test_a_question_of_nothing_but_question_words_finds_nothing(generation: Generation) -> None:
    """何ですか says nothing to look for."""
    assert [] == _found(generation, "それは何ですか")


def test_a_list_for_people_names_each_page_once(generation: Generation) -> None:
    """Two chunks of one page make one entry."""
    found = by_page(generation, "酒田市 北見市 事例", k=5, filters=Filters())
    pages = [(p.chunk.edition.key, p.pages) for p in found]

    assert len(set(pages)) == len(pages)
    assert ("cases@1.0", (1,)) in pages


def test_what_was_said_weighs_more_than_a_synonym() -> None:
    """The asker's own word keeps its full weight; the manuals' word is only a hint."""
    query = read_query("人を雇う", Glossary([Term("任用", ("雇う",))]))

    assert 1.0 == query.words["雇う"]
    assert 0 < query.words["任用"] < 1.0


def test_a_translation_weighs_as_much_as_what_was_said() -> None:
    """For an English question the Japanese word is what there is to find."""
    query = read_query("hire", Glossary([Term("任用", ("雇う",), ("hire",))]))

    assert 1.0 == query.words["任用"]
