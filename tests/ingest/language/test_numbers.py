"""Figures are found with what they are worth and every word that bounds them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from ingest.language.days import Day
from ingest.language.numbers import Bound, Figure, Kind, asked, figures, same


def only(text: str) -> Figure:
    """Return the one figure of *text*."""
    (found,) = figures(text)
    return found


@pytest.mark.parametrize(
    "written, kind, value, unit",
    [
        ("五千円", Kind.MONEY, 5000, "円"),
        ("5kg", Kind.MEASURE, 5, "kg"),
        ("350mℓ", Kind.MEASURE, 350, "mL"),
        ("0.1ppm", Kind.MEASURE, Fraction(1, 10), "ppm"),
        ("3,500円", Kind.MONEY, 3500, "円"),
        ("3.5千円", Kind.MONEY, 3500, "円"),
        ("３万５千円", Kind.MONEY, 35000, "円"),
        ("1兆5,000億円", Kind.MONEY, 15 * 10**11, "円"),
        ("¥1,200", Kind.MONEY, 1200, "円"),
        ("5 million yen", Kind.MONEY, 5_000_000, "円"),
        ("△1,200千円", Kind.MONEY, -1_200_000, "円"),
        ("千二百人", Kind.PEOPLE, 1200, "人"),
        ("２０名", Kind.PEOPLE, 20, "人"),
        ("3 people", Kind.PEOPLE, 3, "人"),
        ("百分の五", Kind.SHARE, 5, "%"),
        ("3分の2", Kind.SHARE, Fraction(200, 3), "%"),
        ("1/2", Kind.SHARE, 50, "%"),
        ("半額", Kind.SHARE, 50, "%"),
        ("五割", Kind.SHARE, 50, "%"),
        ("8割5分", Kind.SHARE, 85, "%"),
        ("12.5％", Kind.SHARE, Fraction(25, 2), "%"),
        ("十七業務", Kind.COUNT, 17, "業務"),
        ("2ヶ所", Kind.COUNT, 2, "か所"),
        ("two steps", Kind.COUNT, 2, "ステップ"),
        ("100 ㎡", Kind.MEASURE, 100, "㎡"),
        ("3日間", Kind.DURATION, 3, "日"),
        ("２週間", Kind.DURATION, 2, "週"),
        ("5営業日", Kind.DURATION, 5, "営業日"),
        ("三か月", Kind.DURATION, 3, "か月"),
        ("1年6か月", Kind.DURATION, 18, "か月"),
        ("1時間30分", Kind.DURATION, 90, "分"),
        ("65歳", Kind.AGE, 65, "歳"),
        ("第3回", Kind.ORDINAL, 3, "回"),
        ("午後5時15分", Kind.TIME, 17 * 60 + 15, ""),
        ("8:30", Kind.TIME, 510, ""),
        ("年2回", Kind.FREQUENCY, 2, "年"),
        ("3年に1回", Kind.FREQUENCY, 1, "3年"),
        ("年に2度", Kind.FREQUENCY, 2, "年"),
        ("四半期ごと", Kind.FREQUENCY, 1, "四半期"),
        ("three times a week", Kind.FREQUENCY, 3, "週"),
        ("1,234", Kind.NUMBER, 1234, ""),
    ],
)
def test_worth(written: str, kind: Kind, value: int, unit: str) -> None:
    """A figure is worth the same however it is written, and its unit has one name."""
    found = only(f"、{written}。")

    assert (kind, Fraction(value), unit) == (found.kind, found.value, found.unit)
    assert (1, 1 + len(written)) == (found.start, found.end)


@pytest.mark.parametrize(
    "written, day",
    [
        ("R6.4.1", Day(2024, 4, 1)),
        ("令和六年四月一日", Day(2024, 4, 1)),
        ("令和元年5月1日", Day(2019, 5, 1)),
        ("2024/4/1", Day(2024, 4, 1)),
        ("2024年4月1日（月）", Day(2024, 4, 1)),
        ("4月1日", Day(None, 4, 1)),
        ("昭和五十年", Day(1975)),
        ("令和7年度（2025年度）末", Day(2025, fiscal=True, part="末")),
        ("FY2025", Day(2025, fiscal=True)),
        ("R4年度12月", Day(2022, 12, fiscal=True)),
        ("2024（令和６）年３月31日", Day(2024, 3, 31)),
        ("1 March 2022", Day(2022, 3, 1)),
        ("March 1, 2022", Day(2022, 3, 1)),
        ("end of fiscal 2025", Day(2025, fiscal=True, part="end")),
    ],
)
def test_day(written: str, day: Day) -> None:
    """A day is read in every way in which offices write one."""
    found = only(f" {written} ")

    assert (Kind.DAY, day) == (found.kind, found.day)
    assert written == f" {written} "[found.start : found.end]


@pytest.mark.parametrize(
    "day, first, last",
    [
        (Day(2024, 4, 1), date(2024, 4, 1), date(2024, 4, 1)),
        (Day(2024, 2), date(2024, 2, 1), date(2024, 2, 29)),
        (Day(2025, fiscal=True), date(2025, 4, 1), date(2026, 3, 31)),
        (Day(2025, 2, fiscal=True), date(2026, 2, 1), date(2026, 2, 28)),
        (Day(2025), date(2025, 1, 1), date(2025, 12, 31)),
        (Day(None, 4, 1), None, None),
    ],
)
def test_span_of_a_day(day: Day, first: date | None, last: date | None) -> None:
    """A month, year or fiscal year is all of its days; without a year nobody knows."""
    assert (first, last) == (day.first, day.last)


@pytest.mark.parametrize(
    "written, bounds",
    [
        ("原則として2週間以内", (Bound.PRINCIPLE, Bound.AT_MOST)),
        ("約1,200人", (Bound.ABOUT,)),
        ("30日前までに", (Bound.EARLIER, Bound.UNTIL)),
        ("10％を超え", (Bound.ABOVE,)),
        ("人口10万人未満", (Bound.BELOW,)),
        ("少なくとも3人", (Bound.AT_LEAST,)),
        ("R6.4.1から", (Bound.SINCE,)),
        ("1人当たり5,000円", (Bound.EACH,)),
        ("at least two steps", (Bound.AT_LEAST,)),
        ("by March 2026", (Bound.UNTIL,)),
    ],
)
def test_bounds(written: str, bounds: tuple[Bound, ...]) -> None:
    """The words that touch a figure bound it, and its outer span holds them."""
    *_, found = figures(written)

    assert bounds == found.bounds
    assert written.removeprefix("人口") == written[found.first : found.last]


@pytest.mark.parametrize(
    "written, value, upto",
    [
        ("3～5年", 3, 5),
        ("10人から20人", 10, 20),
        ("between 3 and 5 days", 3, 5),
        ("8:30～17:15", 510, 1035),
    ],
)
def test_range(written: str, value: int, upto: int) -> None:
    """A range is one figure with two ends."""
    found = only(written)

    assert (Fraction(value), Fraction(upto)) == (found.value, found.upto)


@pytest.mark.parametrize(
    "written, months", [("三月以内", 3), ("6月を超えない", 6), ("2月前までに", 2)]
)
def test_month_of_a_bound_is_a_span(written: str, months: int) -> None:
    """An ordinance's 三月以内 is three months; 3月31日, 3月以降 and 3月前半 stay in March."""
    found = only(written)

    assert (Kind.DURATION, Fraction(months), "か月") == (found.kind, found.value, found.unit)
    assert {Kind.DAY} == {only(said).kind for said in ("3月31日", "3月以降", "3月前半")}


def test_word_that_ends_in_about_bounds_nothing() -> None:
    """契約は2回まで is no "about", and 約2回 is one."""
    assert (Bound.UNTIL,) == only("契約は2回まで").bounds
    assert (Bound.ABOUT,) == only("予約100件").bounds + only("約100件").bounds


def test_two_figures_side_by_side_are_no_range() -> None:
    """The sign of the second is its own, and so is what stands before a time."""
    assert 2 == len(figures("4.2% -1.3%"))
    assert (1, 6) == (only("\t11:30").start, only("\t11:30").end)


def test_range_of_days_goes_over_the_new_year() -> None:
    """The end of a range of days is in the year of its beginning, or in the next."""
    found = only("令和6年10月1日から3月31日まで")

    assert (Day(2024, 10, 1), Day(2025, 3, 31)) == (found.day, found.until)


@pytest.mark.parametrize(
    "written, name",
    [
        ("第18条の2第3項", "第18条の2第3項"),
        ("第十八条の二", "第18条の2"),
        ("別表第1", "別表第1"),
        ("Article 18-2", "article18-2"),
        ("第2.0版", "2.0"),
        ("Ver. 1.3", "1.3"),
        ("令和元年度版", "2019"),
        ("初版", "1"),
    ],
)
def test_name(written: str, name: str) -> None:
    """An article or an edition is known by its name in western figures."""
    assert name == only(written).name


@pytest.mark.parametrize(
    "words",
    [
        "一部の第三者",
        "三重県の千代田区",
        "十分に一人ひとり",
        "八百屋",
        "A4用紙",
        "四日市市",
        "二酸化炭素",
        "一時的な保管",
        "④ 業務の見直し",
    ],
)
def test_words_that_count_nothing(words: str) -> None:
    """Numerals in words that count nothing are no figures."""
    assert () == figures(words)


@pytest.mark.parametrize(
    "one, other, alike",
    [
        ("3,500円", "3.5千円", True),
        ("12か月", "1年", True),
        ("20名", "２０人", True),
        ("令和6年4月1日", "2024/4/1", True),
        ("5割", "50%", True),
        ("3日", "3週間", False),
        ("2人", "2件", False),
    ],
)
def test_same(one: str, other: str, *, alike: bool) -> None:
    """Two figures are the same when they are worth the same and count the same."""
    assert alike is same(only(one), only(other))


@pytest.mark.parametrize(
    "question, kind, unit",
    [
        ("何人ですか", Kind.PEOPLE, "人"),
        ("いくらですか", Kind.MONEY, ""),
        ("対象は何業務か", Kind.COUNT, "業務"),
        ("何割を負担するか", Kind.SHARE, "%"),
        ("いつまでか", Kind.DAY, ""),
        ("何か月かかるか", Kind.DURATION, "か月"),
        ("How many steps are there?", Kind.COUNT, "ステップ"),
        ("How often is it revised?", Kind.FREQUENCY, ""),
    ],
)
def test_asked(question: str, kind: Kind, unit: str) -> None:
    """A question tells which kind of figure it asks for, and of what."""
    first, *_ = asked(question)

    assert (kind, unit) == (first.kind, first.unit)


def test_spans_are_of_the_page() -> None:
    """A span is of the text as given, also where a character becomes several or none."""
    text = "㈱ｶﾞｲﾄﾞの…５千円"
    found = only(text)

    assert "５千円" == text[found.start : found.end]


def test_a_long_line_takes_no_longer_a_character() -> None:
    """Ten thousand characters without any end are read, and in linear time."""
    assert len(figures("3年に1回、約5,000円、" * 400)) == 800
