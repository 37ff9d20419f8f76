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
            "葵町旅費条例\n第２条　旅費は、実費とする。\n第十八条　町長は、旅費を返納させる。\n"
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
        ("第18条の内容は", "第十八条", "返納させる。"),
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


def test_mention_is_no_article() -> None:
    """A line that goes on with an article's number tells of it and is not it."""
    assert [] == list(
        heads("第１８条の規定により、町長は定める。\n第３条第２項の場合\n第２条及び第３条")
    )
