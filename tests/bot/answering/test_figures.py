"""The one figure that a question asks for, or none: a wrong one is worse than none."""

from __future__ import annotations

import pytest

from bot.answering.figures import Told, figure, towns
from bot.asking.question import Wants, wants


def lead(question: str, *told: Told) -> str:
    """Return the figure that sentences of one quotation give."""
    return figure(question, sorted(wants(question)), [told])[1]


def test_a_date_beside_another_subject_is_nobodys_answer() -> None:
    """The sentence with the date must say what is asked about."""
    other = Told("セキュリティ対策の目標時期は令和4年度末である。", 0.2)

    assert "" == lead("標準化の目標時期はいつ", other)
    assert "令和7年度" == lead(
        "標準化の目標時期はいつ", Told("標準化は令和7年度である。", 1.0), other
    )


def test_a_deadline_is_a_date_that_is_said_to_be_one() -> None:
    """いつまで is not answered by the day of a subsidy."""
    told = Told("移行の補助金は令和2年度に計上された。", 1.0, deadline=False)

    assert "" == lead("移行はいつまで", told)


def test_the_year_of_a_budget_is_no_date() -> None:
    """令和2年度第3次補正予算 names a budget."""
    assert "" == lead("移行はいつ", Told("移行を支援する（令和2年度第3次補正予算）。", 1.0))


def test_the_sum_stands_before_its_parts() -> None:
    """全部で tells which number counts them all."""
    whole = Told("手続は、全部で31手続ある。", 1.0)
    part = Told("子育て関係の手続は26手続である。", 1.0)

    assert "31手続" == lead("手続はいくつ", whole, part)
    assert "" == lead("手続はいくつ", part, Told("介護関係は11手続である。", 1.0))


def test_the_same_day_in_two_spellings_is_one() -> None:
    """A year in brackets repeats the one before it."""
    told = [Told("期限は令和7年度（2025年度）である。", 1.0), Told("期限は令和7年度である。", 1.0)]

    assert "令和7年度（2025年度）" == lead("期限はいつ", *told)


@pytest.mark.parametrize(
    "expected, said",
    [("31 procedures", "There are 31 procedures."), ("", "2 Consider which procedures.")],
)
def test_the_number_of_a_step_counts_nothing(expected: str, said: str) -> None:
    """In English a count stands right before what it counts."""
    assert expected == lead("How many procedures are there?", Told(said, 1.0))


def test_towns_are_read_off_rows_and_sentences() -> None:
    """A row gives the cell with the town, a sentence the name in it; others are not meant."""
    rows = [
        Told("43\t北見市（北海道）\t書かない窓口を設けた。", 1.0),
        Told("44\t船橋市（千葉県）\t段階的に進めた。", 0.3),
    ]

    assert ["北見市（北海道）"] == towns(rows)
    assert ["北海道北見市"] == towns([Told("書かない窓口は北海道北見市が設けた。", 1.0)])


def test_a_fiscal_year_of_either_calendar_is_one_figure() -> None:
    """Fiscal 2025 and 令和7年度 beside each other are no two answers."""
    told = [
        [Told("The target for standardization is fiscal 2025.", 1.0)],
        [Told("Standardization of systems\tfiscal 2025 (令和7年度)", 1.0)],
    ]

    assert (0, "fiscal 2025") == figure(
        "When is the target date for standardization?", [Wants.DATE], told
    )
