"""Days are found in every way of writing, and only where the calendar has them."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.language.days import Day, dated, find


@pytest.mark.parametrize(
    "text",
    ["令和4年2月30日", "2024/13/1", "令和4年13月1日", "1.2.3", "第2.1版", "03-1234-5678", "8:30"],
)
def test_no_day_of_a_year(text: str) -> None:
    """A day that the calendar does not have, and other numbers with points, are none."""
    assert () == dated(text)


@pytest.mark.parametrize(
    "text, days",
    [
        ("令和3年7月7日から2022-04-01まで", [date(2021, 7, 7), date(2022, 4, 1)]),
        ("R6.4.1施行、H30.3.31廃止", [date(2024, 4, 1), date(2018, 3, 31)]),
        ("published 7 July 2021, revised March 1, 2022", [date(2021, 7, 7), date(2022, 3, 1)]),
        ("施行日はR6.4.1である", [date(2024, 4, 1)]),
        ("2024年度の計画", []),
    ],
)
def test_dated(text: str, days: list[date]) -> None:
    """The days that name a month of a year come in order, each once."""
    assert days == [one.day.first for one in dated(text)]


@pytest.mark.parametrize(
    "text, day",
    [
        ("毎月15日", Day(None, None, 15)),
        ("翌月10日", Day(None, None, 10)),
        ("9月中旬", Day(None, 9, part="中旬")),
        ("令和7年度末", Day(2025, fiscal=True, part="末")),
        ("令和7年春", Day(2025, part="春")),
        ("early 2025", Day(2025, part="early")),
        ("since 2019", Day(2019)),
        ("fiscal year 2025", Day(2025, fiscal=True)),
    ],
)
def test_as_far_as_it_is_told(text: str, day: Day) -> None:
    """What is not told of a day is left open."""
    assert [day] == [one.day for one in find(text)]


@pytest.mark.parametrize("text", ["2,025 people", "v2025", "12か月", "3月間", "page 2025 of 3000"])
def test_numbers_that_are_no_days(text: str) -> None:
    """A number that counts something is no year, and a span of months no month."""
    assert [] == list(find(text))


def test_the_end_of_a_range_has_the_year_of_its_beginning() -> None:
    """Or the next one, where its month comes earlier in the year."""
    begin = Day(2024, 10, 1)

    assert [2024, 2025, 2030] == [
        Day(year, month, 1).after(begin).year for year, month in ((None, 12), (None, 3), (2030, 1))
    ]


def test_a_fiscal_year_ends_in_march() -> None:
    """From the first of April to the last of March; its January is in the next year."""
    assert (date(2025, 4, 1), date(2026, 3, 31)) == (
        Day(2025, fiscal=True).first,
        Day(2025, fiscal=True).last,
    )
    assert date(2026, 1, 31) == Day(2025, 1, fiscal=True).last
