"""A question for an article gets that one, of the document that is meant, whole."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.articles import article_of, heads
from bot.answers import Answer
from bot.asking.question import read
from index.passages import Filters
from tests.fakes import FakeLibrary, edition, edition_text

TODAY = date(2026, 4, 1)
LEAVE = edition("leave", title="葵町休暇条例")
TRAVEL = edition("travel", title="葵町旅費条例")
BOTH = FakeLibrary(
    {
        LEAVE: edition_text(
            "葵町休暇条例\n"
            "第１条　この条例は、休暇を定める。\n"
            "（年次休暇）\n"
            "第２条　年次休暇は、20日とする。\n"
            "２　前項の休暇は、翌年に繰り越すことができる。\n"
            "第２条の２　夏季休暇は、5日とする。\n"
            "第１１条　町長は、規則を定める。\n"
            "附　則\n"
            "第２条　施行の日は、規則で定める。\n"
            "別表第１（第２条関係）\n"
            "勤続年数　日数\n"
        ),
        TRAVEL: edition_text(
            "葵町旅費条例\n第２条　旅費は、実費とする。\n第十八条　町長は、次の場合に旅費を返納させる。\n"
            "（１）　偽りがあるとき。\n（２）　旅行を取りやめたとき。\n"
            "附　則\n１　この条例は、葵町休暇条例の施行の日から施行する。\n（経過措置）\n"
            "２　旅費は、なお従前の例による（端数は切り捨てる。）\n"
            "３　規則は、町長が定める。\n"
        ),
    }
)


def article(text: str, **filters: tuple[str, ...]) -> Answer | None:
    """Ask for an article of the two ordinances."""
    return article_of(read(text, filters=Filters(**filters)), BOTH, TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text, begins, ends",
    [
        ("休暇条例の第2条の内容は", "（年次休暇）", "繰り越すことができる。"),
        ("休暇条例第二条の二を見せて", "第２条の２", "5日とする。"),
        ("休暇条例の附則第2条は", "第２条", "規則で定める。"),
        ("休暇条例の別表第一を見せて", "別表第１", "日数"),
        ("旅費条例の第2条は", "第２条", "実費とする。"),
        ("第18条の内容は", "第十八条", "取りやめたとき。"),
        ("休暇条例第2条第1項", "（年次休暇）", "20日とする。"),
        ("休暇条例第2条第2項を見せて", "２　前項", "繰り越すことができる。"),
        ("旅費条例第18条第1号は", "（１）", "偽りがあるとき。"),
        ("旅費条例の附則第1項は", "１　この条例は", "施行する。"),
        ("旅費条例の附則第2項は", "２　旅費は", "切り捨てる。）"),
        ("休暇条例第2条第9項を見せて", "（年次休暇）", "繰り越すことができる。"),
    ],
)
def test_article_is_quoted_whole(text: str, begins: str, ends: str) -> None:
    """From its caption to the end of its last paragraph, and nothing of the next."""
    answer = article(text)

    assert answer is not None
    (citation,) = answer.citations
    assert citation.quote.startswith(begins)
    assert citation.quote.rstrip().endswith(ends)


@pytest.mark.parametrize(
    "text",
    [
        "第2条の内容は",
        "給与条例の第2条は",
        "休暇条例の第3条は",
        "休暇条例の第2条では年次休暇は何日ですか",
        "年次休暇は何日ですか",
    ],
)
def test_what_is_no_plain_article_is_left_to_the_search(text: str) -> None:
    """Two documents have it, another is named, none has it, a value of it is wanted, none is."""
    assert None is article(text)


def test_filter_says_which_document_is_meant() -> None:
    """Two ordinances have a 第2条; only one is to be searched."""
    answer = article("第2条の内容は", documents=("travel",))

    assert answer is not None
    assert TRAVEL == answer.citations[0].edition


def test_title_says_which_document_is_meant() -> None:
    """Both begin with the words that are asked for; one is called so."""
    other = edition("other", title="葵町給与条例")
    both = FakeLibrary(
        {
            LEAVE: BOTH.text(LEAVE),
            other: edition_text(
                "葵町給与条例（葵町休暇条例の特例）\n第２条　給与は、月額とする。\n"
            ),
        }
    )

    answer = article_of(read("葵町休暇条例の第2条は"), both, TODAY)

    assert answer is not None
    assert LEAVE == answer.citations[0].edition


def test_caption_is_not_the_first_line() -> None:
    """What the article says is, though its caption is quoted too."""
    answer = article("休暇条例の第2条の内容は")

    assert answer is not None
    assert answer.lead is not None
    assert "第２条　年次休暇は、20日とする。" == answer.lead.text


def test_mention_is_no_article() -> None:
    """A line that goes on with an article's number tells of it and is not it."""
    assert [] == list(
        heads("第１８条の規定により、町長は定める。\n第３条第２項の場合\n第２条及び第３条")
    )
