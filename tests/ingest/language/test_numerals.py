"""Numbers in Chinese numerals, figures or both are worth what they say."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.language.numerals import era_year, value, western

_DIGITS = "〇一二三四五六七八九"


def in_numerals(number: int) -> str:
    """Write a number below 100 million as offices do: 12,305 is 一万二千三百五."""
    great, small = divmod(number, 10_000)
    if great:
        return f"{in_numerals(great)}万{in_numerals(small) if small else ''}"
    said = ""
    for worth, sign in ((1000, "千"), (100, "百"), (10, "十")):
        many, number = divmod(number, worth)
        if many:
            said += f"{_DIGITS[many] if many > 1 else ''}{sign}"
    return said + (_DIGITS[number] if number else "")


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_number_is_read_as_it_is_written(number: int) -> None:
    """In numerals, in figures, with commas, and as digits in their places."""
    assert number == value(in_numerals(number))
    assert number == value(str(number)) == value(f"{number:,}")
    assert number == value("".join(_DIGITS[int(digit)] for digit in str(number)))


@pytest.mark.parametrize(
    "written, worth",
    [
        ("3万5千", 35_000),
        ("1.5億", 150_000_000),
        ("2千", 2_000),
        ("十", 10),
        ("万", 10_000),
        ("1兆5,000億", 1_500_000_000_000),
        ("0.25", Fraction(1, 4)),
    ],
)
def test_mixed(written: str, worth: Fraction) -> None:
    """Figures and the great units go together."""
    assert worth == value(written)


@pytest.mark.parametrize("written", ["", "三重", "12a", "一.五"])
def test_no_number(written: str) -> None:
    """What is no number is said to be none."""
    with pytest.raises(ValueError, match="no number"):
        value(written)


@pytest.mark.parametrize(
    "era, year, expected",
    [
        ("令和", "元", 2019),
        ("令和", "六", 2024),
        ("平成", "31", 2019),
        ("R", "7", 2025),
        ("h", "1", 1989),
    ],
)
def test_era(era: str, year: str, expected: int) -> None:
    """The first year of an era is its 元年."""
    assert expected == era_year(era, year)


@pytest.mark.parametrize(
    "folded, expected",
    [
        ("令和六年四月一日", "2024年4月1日"),
        ("同年五月", "同年5月"),
        ("年一回", "年1回"),
        ("三重県四日市市", "三重県四日市市"),
        ("第三者", "第三者"),
        ("1,234,567円", "1234567円"),
        ("fy25", "2025年度"),
        ("r7", "2025"),
        ("r2d2", "r2d2"),
    ],
)
def test_western(folded: str, expected: str) -> None:
    """Numbers become figures; numerals that are part of a word stay."""
    assert expected == western(folded)
