"""Whether what was found speaks of what is asked about, and what of it is missing."""

from __future__ import annotations

import pytest

from bot.answering.candidates import Candidate, runs
from bot.answering.lines import Reader
from bot.answering.missing import lacking
from bot.answering.signals import Asked, asked
from bot.asking.reading import read
from index.passages import Filters
from index.search.glossary import Glossary, Term
from tests.fakes import FakeLibrary, edition, edition_text

LEAVE = edition("leave", title="休暇の手引き")
TEXT = edition_text("年次休暇の申請は、三日前までに行う。")


Given = tuple[Asked, Candidate, FakeLibrary, Reader]


def given(question: str, *terms: Term, said: str = "", cover: str = "") -> Given:
    """Return a question and the only sentence about leave, which may answer it."""
    text = edition_text(*[page for page in (cover, said) if page]) if cover or said else TEXT
    library = FakeLibrary({LEAVE: text}, glossary=Glossary(terms))
    passages = library.retrieve("年次休暇の申請", k=1, filters=Filters())
    reader = Reader()
    first = runs(passages, library, reader).found[0]
    return asked(read(question), library), first, library, reader


def test_what_is_missing_is_said_as_it_was_typed() -> None:
    """Names keep their capitals, and their width."""
    found = lacking(*given("生成AIで休暇を申請できますか"))

    assert ["生成AI"] == [one.text for one in found if one.kind == "thing"]


def test_what_has_no_name_on_a_page_of_another_language_is_missing() -> None:
    """Annual leave is 年次休暇, which stands there; nothing tells what overtime would be."""
    leave = Term("年次休暇", en=("annual leave",))

    found = lacking(*given("Does overtime count as annual leave?", leave))

    assert any("overtime" in one.text for one in found)
    assert not any("annual leave" == one.text for one in found)
    assert all("answer_type" == one.kind for one in found)


@pytest.mark.parametrize(
    "said, missing",
    [
        ("第6条の2 年次休暇の申請は、三日前までに行う。", []),
        ("年次休暇の申請は、規則第6条の2による。", ["第6条の2"]),
        ("第6条 年次休暇の申請は、三日前までに行う。", ["第6条の2"]),
    ],
    ids=["it begins there", "another text names it", "nothing names it"],
)
def test_an_article_is_held_where_it_begins(said: str, missing: list[str]) -> None:
    """What only refers to one of that number is another law's, as a rule."""
    asked_for = given("休暇の手引きの第6条の2は？", said=said)

    assert missing == [one.text for one in lacking(*asked_for) if one.kind == "answer_type"]


def test_form_is_held_by_the_name_of_its_file() -> None:
    """様式６ is a file of its own as often as a part of another."""
    form = edition("form", title="様式６ 納入実績")
    library = FakeLibrary({form: edition_text("納入の件数は、三件以上とする。")})
    passages = library.retrieve("納入の件数", k=1, filters=Filters())
    reader = Reader()
    first = runs(passages, library, reader).found[0]

    for question, held in (("様式6 納入", True), ("様式7 納入", False)):
        compared = asked(read(question), library)
        numbers = [
            one for one in lacking(compared, first, library, reader) if one.text.startswith("様式")
        ]
        assert held == (not numbers)


@pytest.mark.parametrize("cover, missing", [("つくば市 職員課", []), ("職員課", ["つくば市"])])
def test_a_town_is_held_where_the_first_page_names_it(cover: str, missing: list[str]) -> None:
    """Whose document it is stands on its first page, and seldom in each of its sentences."""
    said = "年次休暇の申請は、三日前までに行う。"
    asked_for = given("つくば市の年次休暇の申請はいつまで", said=said, cover=cover)

    assert said == asked_for[1].text
    assert missing == [one.text for one in lacking(*asked_for) if one.kind == "place"]
