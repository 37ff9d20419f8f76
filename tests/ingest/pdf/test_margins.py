"""Page numbers and running heads among the lines of many pages."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.pdf.lines import Line
from ingest.pdf.margins import margins

HEIGHT = 800.0
FOOT, HEAD, BODY = 30.0, 780.0, 400.0


def line(text: str, y: float, *, size: float = 10.0) -> Line:
    """A line of *text* whose middle is at *y*."""
    glyphs = np.arange(len(text), dtype=np.int32)
    right = 50 + size * len(text)
    return Line(glyphs, 50, y - size / 2, right, y + size / 2, size, text)


def labels(*feet: str | None) -> list[str | None]:
    """The labels of pages with one line of text and these lines at the foot."""
    pages = [
        [line("本文の行である。", BODY), *([line(foot, FOOT)] if foot else [])] for foot in feet
    ]
    return [one.label for one in margins(pages, [HEIGHT] * len(pages))]


@pytest.mark.parametrize(
    "printed, label",
    [
        ("4", "4"),
        ("- 4 -", "4"),
        ("４", "4"),
        ("P.4", "4"),
        ("4/20", "4"),
        ("4 ページ", "4"),
        ("〔4〕", None),
    ],
)
def test_forms_of_a_printed_number(printed: str, label: str | None) -> None:
    """Numbers are printed in many ways; the label is the number alone."""
    feet = [printed.replace("4", str(at)).replace("４", chr(0xFF10 + at)) for at in (3, 4, 5)]

    assert label == labels(*feet)[1]


def test_roman_numbers_count_too() -> None:
    """A preface numbered i, ii, iii keeps its labels, and the body begins again at 1."""
    feet = ("i", "ii", "iii", "iv", "1", "2", "3")

    assert list(feet) == labels(*feet)


def test_numbers_with_a_letter_count_in_their_series() -> None:
    """A-1, A-2 follow each other; B-1 begins anew."""
    feet = ("A-1", "A-2", "A-3", "B-1", "B-2")

    assert list(feet) == labels(*feet)


def test_an_unnumbered_cover_has_no_label() -> None:
    """A page without a number keeps none, whatever its neighbours have."""
    assert [None, "1", "2", "3"] == labels(None, "1", "2", "3")


def test_a_number_beside_a_running_head_counts() -> None:
    """A number at the end of a running line is the label, and the line is left out."""
    pages = [[line("本文。", BODY), line(f"窓口の手引 {at}", FOOT)] for at in range(1, 6)]

    found = margins(pages, [HEIGHT] * 5)

    assert ["1", "2", "3", "4", "5"] == [one.label for one in found]
    assert [frozenset({1})] * 5 == [one.lines for one in found]


def test_a_letter_that_only_looks_roman_is_no_number() -> None:
    """A dotless ı is an i to whoever ignores case; a page with it is read like any other."""
    pages = [[line("本文。", BODY), line("ı", FOOT)] for _ in range(5)]

    assert [None] * 5 == [one.label for one in margins(pages, [HEIGHT] * 5)]


def test_the_title_of_a_slide_stays() -> None:
    """A large line at the top that only a few pages share is their title."""
    titles = ["進め方（続き）"] * 3 + [f"別の題{chr(0x4E00 + at)}" for at in range(9)]
    pages = [[line(title, HEAD, size=24), line("本文の行である。" * 9, BODY)] for title in titles]

    assert {frozenset()} == {one.lines for one in margins(pages, [HEIGHT] * 12)}


def test_a_year_in_the_body_is_no_number() -> None:
    """Only the margins are looked at."""
    pages = [[line(str(2020 + at), BODY)] for at in range(5)]

    assert [None] * 5 == [one.label for one in margins(pages, [HEIGHT] * 5)]
