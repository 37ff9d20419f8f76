"""A value on top is a claim: it leads only where everything that was asked stands with it."""

from __future__ import annotations

import pytest

from bot.answering.candidates import runs
from bot.answering.lines import Reader
from bot.answering.signals import asked
from bot.answering.values import value_of
from bot.asking.reading import read
from index.passages import Filters
from tests.fakes import FakeLibrary, edition, edition_text

RULES = edition("rules", title="葵町給付要綱")


def value(question: str, text: str) -> str | None:
    """Return the value that the best single line of a page gives to a question, "" for none."""
    library = FakeLibrary({RULES: edition_text(text)})
    passages = library.retrieve(question, k=3, filters=Filters())
    reader = Reader()
    found = runs(passages, library, reader).found
    compared = asked(read(question), library)
    for one in found:
        if len(one.lines) == 1:
            given = value_of(compared, one, found, reader)
            if given is not None:
                return given.text
    return None


@pytest.mark.parametrize(
    "question, text, said",
    [
        ("医療費の申請は何日以内ですか", "医療費の申請は、受診から30日以内に行う。", "30日以内"),
        ("給付金はいくらまでですか", "給付金は、上限20千円とする。", "上限20千円"),
        ("現況届の提出は何月ですか", "現況届の提出は、毎年8月に行う。", "毎年8月"),
        ("指針の改定は何月ですか", "指針は、毎年（10月）改定する。", "毎年（10月）"),
        (
            "登録の手数料はいくらですか",
            "登録の手数料は、令和5年3月までは500円であった。",
            "令和5年3月までは500円であった",
        ),
        ("実績報告の提出期限は", "実績報告の提出期限は、翌年度の4月30日とする。", "翌年度の4月30日"),
        ("給付要綱の施行日は", "この要綱の施行は、令和7年4月1日とする。", "令和7年4月1日"),
        ("給付人数 葵町", "# 葵町の給付\n給付人数は、12人である。", "12人"),
    ],
    ids=["bound that is asked", "limit", "each year", "in brackets", "of a time", "the year after", "act", "words apart"],
)  # fmt: skip
def test_value_keeps_what_bounds_it(question: str, text: str, said: str) -> None:
    """Every word that makes another value of it is part of it."""
    assert said == value(question, text)


@pytest.mark.parametrize(
    "question, text",
    [
        ("給付要綱の施行日は", "給付要綱 令和7年3月4日提出"),
        ("給付要綱が公布されたのはいつですか", "給付要綱は、令和7年3月4日に提出された。"),
        ("医療費の申請は何日以内ですか", "医療費の申請は、30日前から行う。"),
        ("電話は何番ですか", "電話は、問6-17による。"),
        (
            "会長の給付はいくらですか",
            "会長の給付は、50,000円とする。\n会長の給付は、年の途中からは20,000円とする。",
        ),
        ("令和6年4月1日現在の給付の人数は何人ですか", "令和5年4月1日の給付の人数は、12人である。"),
    ],
    ids=["another act", "another verb", "no such bound", "no such unit", "two values", "day"],
)  # fmt: skip
def test_another_value_is_none(question: str, text: str) -> None:
    """What is of another act, unit, bound or day does not answer, and of two neither does."""
    assert None is value(question, text)


def test_line_that_names_what_is_asked_about_counts_before_others_under_its_heading() -> None:
    """The heading names the mayor's pay; one of its lines is the deputy's."""
    text = "# 町長及び副町長の給料\n副町長の給料は、月額49万円とする。\n町長は、月額80万円とする。"

    assert "49万円" in (value("副町長の給料は月いくらですか", text) or "")
