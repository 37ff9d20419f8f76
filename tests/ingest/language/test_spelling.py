"""What is written many ways is folded to one, and can be found again on the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.language.spelling import aligned, bare, folded, normalise


@pytest.mark.parametrize(
    "expected, written",
    [
        ("高橋", "髙橋"),
        ("山崎", "山﨑"),
        ("渡辺", "渡邉"),
        ("渡辺", "渡邊"),
        ("斎藤", "齋藤"),
        ("斉藤", "齊藤"),
        ("広島県", "廣島縣"),
        ("国竜", "國龍"),
        ("桧原村", "檜原村"),
        ("塩釜市", "塩竈市"),
        ("葛飾区", "葛\U000e0100飾区"),
        ("辻", "辻\ufe00"),
        ("茅ヶ崎市", "茅ケ崎市"),
        ("茅ヶ崎市", "茅が崎市"),
        ("霞ヶ関", "霞が関"),
        ("住民が申請", "住民が申請"),
        ("ガイド", "ｶﾞｲﾄﾞ"),
        ("cio", "ＣＩＯ"),
    ],
)
def test_folded(expected: str, written: str) -> None:
    """Variants of a character, widths and case are one; a particle stays."""
    assert expected == folded(written)


@pytest.mark.parametrize(
    "expected, written",
    [
        ("2024年4月", "令和六年四月"),
        ("17業務", "十七業務"),
        ("3か月", "三ヶ月"),
        ("数か所", "数ヶ所"),
    ],
)
def test_normalised(expected: str, written: str) -> None:
    """Numerals and eras become western figures."""
    assert expected == normalise(written)


def test_bare_leaves_no_space() -> None:
    """Two texts that differ in white space and widths only are the same."""
    assert bare("市　長\nは Ａ b") == bare("市長は Ab")


def test_aligned_leads_back() -> None:
    """Each folded character knows where it came from, also behind one that became several."""
    text = "㈱髙ｶﾞ…"
    plain = aligned(text)

    assert "(株)高ガ..." == plain.text
    assert "髙" == text[slice(*plain.span(3, 4))]
    assert "ｶﾞ" == text[slice(*plain.span(4, 5))]


@given(st.text(max_size=60))
def test_aligned_keeps_the_whole_text(text: str) -> None:
    """Places go up, from the beginning to the end, one for each character and one for the end."""
    plain = aligned(text)

    assert len(plain.text) + 1 == len(plain.places)
    assert len(text) == plain.places[-1]
    assert sorted(plain.places) == list(plain.places)


def test_the_mark_of_a_note_is_no_digit() -> None:
    """12² is not 122: a raised digit behind a figure or a word marks a note; behind a unit it counts."""
    assert "申請は12月に締め切る" == normalise("申請は12²月に締め切る")
    assert "120人であり" == normalise("120人¹であり")
    assert "30m2" == normalise("30m²")
    assert "12²月" == aligned("１２²月").text
