"""A sentence stands on the lines it is about, not on whatever else the passage says."""

from __future__ import annotations

from datetime import date

import pytest

from bot.writing.checking import Verified, verify
from bot.writing.support import Source
from index.passages import Filters
from tests.fakes import FakeLibrary, edition, edition_text

TEXT = edition_text(
    "# 目標時期\n"
    "標準化・共通化の目標時期は、令和7年度である。\n"
    "行政手続のオンライン化の目標時期は、令和4年度末である。\n"
    "# 事例\n"
    "北見市は、書かない窓口を実現した。\n"
    "呉市は、学童保育の手続をオンライン化した。\n"
    "# 注意\n"
    "要綱を定めることが望ましい。"
    "議会の承認を得る必要がある。\n"
    "点検の観点は二点ある。\n"
    "# 開館\n"
    "図書館は、原則として毎日開館する。ただし、蔵書点検の期間は休館する。\n",
)
HELD = edition(title="手引き")


def check(draft: str, question: str = "目標時期と事例と注意") -> Verified:
    """Verify a draft against one source that holds the whole text."""
    held = FakeLibrary({HELD: TEXT})
    hit = held.retrieve("目標時期", k=1, filters=Filters())[0]
    source = Source(1, HELD, 0, len(TEXT.text), (), hit)
    return verify(draft, [source], held, question=question, language="ja", on=date(2026, 4, 1))


@pytest.mark.parametrize(
    "draft, reason",
    [
        pytest.param(
            "標準化の目標時期は令和4年度末である[1]。", "number", id="the next row's year"
        ),
        pytest.param(
            "標準化の目標時期は令和4年度末、オンライン化の目標時期は令和7年度である[1]。",
            "number",
            id="two years changed places",
        ),
        pytest.param(
            "北見市は学童保育の手続をオンライン化した[1]。", "name", id="another town's case"
        ),
        pytest.param("要綱を定める必要がある[1]。", "obligation", id="advice made a duty"),
        pytest.param("議会の承認を得ることが望ましい[1]。", "obligation", id="a duty made advice"),
        pytest.param("手引きは「要綱必須」とする[1]。", "quote", id="a short invented quotation"),
        pytest.param("図書館は毎日開館する[1]。", "exception", id="in principle left out"),
    ],
)
def test_a_wrong_fact_from_the_same_passage_is_removed(draft: str, reason: str) -> None:
    """All its words stand in the passage; only not together."""
    verified = check(draft)

    assert ([reason], "") == ([one.reason for one in verified.removed], verified.text)


@pytest.mark.parametrize(
    "draft",
    [
        "標準化・共通化の目標時期は令和7年度である[1]。",
        "標準化の目標時期は令和7年度、オンライン化の目標時期は令和4年度末である[1]。",
        "標準化の目標時期は2025年度である[1]。",
        "呉市は学童保育の手続をオンライン化した[1]。",
        "要綱を定めることが望ましい[1]。",
        "議会の承認を得る必要がある[1]。",
        "「二点」の観点がある[1]。",
    ],
)
def test_a_right_sentence_stays(draft: str) -> None:
    """Strict is not deaf: what the lines say may be said."""
    assert () == check(draft).removed


def test_a_town_of_the_question_needs_the_text_too() -> None:
    """The asker's town does not lend itself to another town's case."""
    verified = check(
        "北見市は学童保育の手続をオンライン化した[1]。", question="北見市の学童保育は？"
    )

    assert ["name"] == [one.reason for one in verified.removed]


def test_an_exception_that_was_not_told_is_added_as_a_quotation() -> None:
    """What follows with ただし belongs to the sentence before it."""
    verified = check("図書館は、原則として毎日開館する[1]。")

    assert verified.text.endswith("ただし、蔵書点検の期間は休館する。[2]")
    assert "ただし、蔵書点検の期間は休館する。" == verified.citations[1].quote


def test_an_exception_that_was_told_is_not_told_again() -> None:
    """The model's own sentence about it is enough."""
    verified = check("図書館は、原則として毎日開館する[1]。ただし、蔵書点検の期間は休館する[1]。")

    assert 1 == verified.text.count("蔵書点検")
