"""The day a question is about, read off its words."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.extractive import Extractive
from bot.answers import Certainty, Turn
from bot.asking.conversation import day_in, without_day
from bot.asking.question import read
from index.passages import Filters
from tests.fakes import FakeLibrary, edition, edition_text

ASKED = "年次休暇の繰越しは何日までですか。"
OLD = edition(label="第1.0版", title="休暇の手引き", in_force_from=date(2021, 4, 1))
NEW = edition(label="第2.0版", title="休暇の手引き", in_force_from=date(2023, 4, 1))
LIBRARY = FakeLibrary(
    {
        OLD: edition_text("# 繰越し\n年次休暇の繰越しは二十日までとする。"),
        NEW: edition_text("# 繰越し\n年次休暇の繰越しは四十日までとする。"),
    }
)


@pytest.mark.parametrize(
    "text, day, rest",
    [
        (f"令和4年3月時点で、{ASKED}", date(2022, 3, 31), ASKED),
        (f"令和４年３月１日時点では{ASKED}", date(2022, 3, 1), ASKED),
        (f"令和四年三月一日現在の{ASKED}", date(2022, 3, 1), ASKED),
        (f"令和元年10月の時点で{ASKED}", date(2019, 10, 31), ASKED),
        (f"平成三十一年四月現在、{ASKED}", date(2019, 4, 30), ASKED),
        (f"西暦2021年7月の時点で、{ASKED}", date(2021, 7, 31), ASKED),
        (f"２０２２年２月末時点の{ASKED}", date(2022, 2, 28), ASKED),
        (f"2022年時点で{ASKED}", date(2022, 12, 31), ASKED),
        (f"令和3年度当時、{ASKED}", date(2022, 3, 31), ASKED),
        (f"2021年度末時点で{ASKED}", date(2022, 3, 31), ASKED),
        (f"2022/3/1時点の{ASKED}", date(2022, 3, 1), ASKED),
        (f"R4.3.1現在の{ASKED}", date(2022, 3, 1), ASKED),
        ("繰越しは、令和4年3月時点で何日か", date(2022, 3, 31), "繰越しは、何日か"),
        ("As of 2022-03-01, how many days?", date(2022, 3, 1), "how many days?"),
        ("As of 1 March 2022 how many days?", date(2022, 3, 1), "how many days?"),
        ("How many days, as of March 1st, 2022?", date(2022, 3, 1), "How many days, ?"),
        ("How many days as of March 2022?", date(2022, 3, 31), "How many days ?"),
        ("How many as of the end of Feb. 2024?", date(2024, 2, 29), "How many ?"),
        ("How many as it stood in 2021?", date(2021, 12, 31), "How many ?"),
        ("As at FY2021, how many?", date(2022, 3, 31), "how many?"),
    ],
)  # fmt: skip
def test_day_is_read_and_stays_among_the_words(text: str, day: date, rest: str) -> None:
    """Widths, eras, numerals and orders vary; of a month, year or fiscal year the last day counts."""
    question = read(text)

    assert (day, rest) == (question.filters.as_of, without_day(text))
    assert text == question.standalone


@pytest.mark.parametrize(
    "text",
    [
        "第1.0版の時点では何事務だったか",
        "令和4年2月30日時点で何日か",
        "令和4年13月時点で何日か",
        "3025年4月時点で何日か",
        "令和7年度までに移行する団体は",
        "現在地の届出は",
        "現在の繰越しは何日か",
        "Is it as of right?",
        "As of 2022-13-01, how many?",
        "令和4年3月に申請した休暇は",
    ],
)
def test_words_that_name_no_such_day_stay(text: str) -> None:
    """A day that is none, a day that is only told, and other times set no filter."""
    assert (None, text) == (day_in(text), read(text).standalone)


def test_a_day_alone_asks_the_last_question_again() -> None:
    """After nothing, the words are all there is to search for."""
    alone = "令和4年3月時点では？"

    assert "" == without_day(alone)
    assert alone == read(alone).standalone
    assert f"令和4年3月時点、{ASKED}" == read(alone, history=[Turn(ASKED)]).standalone
    assert (
        f"令和4年3月時点、{ASKED[:-1]}、それはなぜ"
        == read("それはなぜ", history=[Turn(ASKED), Turn(alone)]).standalone
    )


def test_a_given_day_wins() -> None:
    """The caller knows what they set."""
    given = Filters(as_of=date(2024, 1, 1))

    question = read(f"令和4年3月時点で、{ASKED}", filters=given)

    assert (given, "") == (question.filters, question.day_said)


@pytest.mark.parametrize(
    "before, text, day",
    [
        ((f"令和4年3月時点で、{ASKED}",), "その理由は？", date(2022, 3, 31)),
        ((ASKED,), "令和4年3月時点ではどうでしたか", date(2022, 3, 31)),
        ((f"令和4年3月時点で、{ASKED}",), "では2024年時点では？", date(2024, 12, 31)),
        ((f"令和4年3月時点で、{ASKED}", "その理由は？"), "では、今は？", None),
        ((f"令和4年3月時点で、{ASKED}",), "印刷機の賃借料を教えてください", None),
        ((f"As of March 2022, {ASKED}",), "And why?", date(2022, 3, 31)),
    ],
)
def test_a_follow_up_is_about_the_same_day(
    before: tuple[str, ...], text: str, day: date | None
) -> None:
    """Until another day, the present, or another thing is asked about."""
    question = read(text, history=[Turn(one) for one in before])

    told = day_in(question.standalone)
    assert day == question.filters.as_of
    assert day == (told and told.day)


def test_what_was_in_force_then_answers_and_the_day_is_told() -> None:
    """Twenty days in March 2022, forty today; a month means its last day, and the answer says so."""
    answerer = Extractive(lambda: LIBRARY, today=lambda: date(2026, 4, 1))

    then = answerer.answer(read(f"令和4年3月時点で、{ASKED}"))
    now = answerer.answer(read(ASKED))

    assert [(OLD, True)] == [(one.edition, one.in_force) for one in then.citations]
    assert [NEW] == [one.edition for one in now.citations]
    told = "「令和4年3月時点」を月末の2022年3月31日と読み、その日に効力のあった版から探しました。"
    assert told in then.notices
    assert not any("とのお尋ねと読みました" in notice for notice in then.notices)
    assert date(2022, 3, 31) == then.asked_on


def test_a_day_that_no_edition_is_of_is_a_condition() -> None:
    """「平成27年4月1日現在の…」 asks for a figure of that day: the text has to say it."""
    answerer = Extractive(lambda: LIBRARY, today=lambda: date(2026, 4, 1))

    answer = answerer.answer(read(f"2015年4月1日現在の{ASKED}"))

    shown = answer.declined.nearest if answer.declined else answer.citations
    assert [NEW] == [one.edition for one in shown]
    assert None is answer.question.filters.as_of
    assert Certainty.ANSWERED is not answer.certainty
    assert "year" in {one.kind for one in answer.missing}


def test_what_came_out_later_may_speak_of_the_day() -> None:
    """A year's figures are printed in the next; that another manual has an old edition hides none."""
    figures = edition("figures", title="葵町の統計", in_force_from=date(2022, 9, 1))
    text = edition_text("# 人口\n令和4年4月1日現在の人口は、4,310人である。")
    library = FakeLibrary({OLD: LIBRARY.text(OLD), NEW: LIBRARY.text(NEW), figures: text})
    answerer = Extractive(lambda: library, today=lambda: date(2026, 4, 1))

    answer = answerer.answer(read("令和4年4月1日現在の人口は何人ですか"))

    assert [figures] == [one.edition for one in answer.citations]
    assert not {one.kind for one in answer.missing} & {"year"}
