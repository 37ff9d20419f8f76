"""What is made of the numbers that networks give: lines out of pixels, characters out of steps."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.pdf.text_lines import Span, decoded, in_katakana, spans


def map_of(*boxes: tuple[int, int, int, int], sure: float = 0.9) -> np.ndarray:
    """A map of 200 by 300 pixels, text in the boxes (left, top, right, bottom)."""
    likely = np.zeros((200, 300), np.float32)
    for left, top, right, bottom in boxes:
        likely[top:bottom, left:right] = sure
    return likely


def test_the_core_of_a_line_is_widened_to_the_line() -> None:
    """By its area times 1.6 over its girth: 100 by 10 pixels by 7.27 on each side."""
    (line,) = spans(map_of((50, 40, 150, 50)))

    assert not line.column
    assert (42.73, 157.27, 32.73, 57.27) == pytest.approx(
        (line.begin, line.end, line.low, line.high), abs=0.01
    )
    assert (0.0, 24.55) == pytest.approx((line.slope, line.height), abs=0.01)


def test_what_stands_apart_is_a_line_of_its_own() -> None:
    """Cells of a row are lines; a column is counted from the top, across from the left."""
    found = spans(map_of((10, 10, 60, 20), (80, 10, 130, 20), (200, 20, 210, 120)))

    assert [False, False, True] == [one.column for one in found]
    column = found[2]
    assert (12.73, 127.27, 192.73, 217.27) == pytest.approx(
        (column.begin, column.end, column.low, column.high), abs=0.01
    )


def test_lines_are_measured_in_pixels_of_the_picture() -> None:
    """The map is smaller than the picture, and not by the same share across and down."""
    (line,) = spans(map_of((50, 40, 150, 50)), (2.0, 3.0))

    assert (85.45, 314.55, 98.18, 171.82) == pytest.approx(
        (line.begin, line.end, line.low, line.high), abs=0.01
    )


def test_a_line_that_slants_has_the_height_of_its_type() -> None:
    """One pixel down in ten is the slope; the line stays as low as a straight one."""
    likely = np.zeros((200, 300), np.float32)
    for x in range(50, 250):
        top = 60 + x // 10
        likely[top : top + 12, x] = 0.9

    (line,) = spans(likely)

    assert 0.1 == pytest.approx(line.slope, abs=0.003)
    assert 12 < line.height < 35
    # At its middle, 150 pixels from the left, it is 15 pixels lower than at the edge of the map.
    assert 60 + 15 + 6 == pytest.approx((line.low + line.high) / 2, abs=1)


@pytest.mark.parametrize(
    "likely",
    [
        pytest.param(map_of(), id="nothing"),
        pytest.param(map_of((50, 40, 150, 50), sure=0.4), id="text that the network doubts"),
        pytest.param(map_of((50, 40, 150, 42)), id="a rule"),
    ],
)
def test_what_is_no_line_is_left_out(likely: np.ndarray) -> None:
    """Where nothing is likely, or hardly likely, or too thin for type, there is no line."""
    assert [] == spans(likely)


def steps(*best: int, classes: int = 4, sure: float = 0.8) -> np.ndarray:
    """Chances of which the best is *sure* in each step."""
    chances = np.full((len(best), classes), (1 - sure) / (classes - 1), np.float32)
    chances[np.arange(len(best)), best] = sure
    return chances


def test_steps_become_characters() -> None:
    """Alike on end is one character, alike with nothing between two; each stands in its middle."""
    text, middles, sure = decoded(steps(0, 1, 1, 0, 1, 2, 2, 2, 0), "要綱記")

    assert "要要綱" == text
    assert [2.0, 4.5, 6.5] == middles.tolist()
    assert [0.8, 0.8, 0.8] == pytest.approx(sure.tolist())


def test_a_line_without_characters_is_empty() -> None:
    """Nothing in every step, and no step at all, say nothing."""
    for chances in (steps(0, 0), np.zeros((0, 4), np.float32)):
        text, middles, sure = decoded(chances, "要綱記")
        assert ("", 0, 0) == (text, len(middles), len(sure))


def test_the_beginning_of_a_line_stands_where_it_stood() -> None:
    """Of a line that falls by a tenth the first half is 2.5 pixels higher at its middle."""
    line = Span(0, 100, 30, 42, slope=0.1)

    assert Span(0, 50, 27.5, 39.5, slope=0.1) == line.begun(50)
    assert line == line.begun(500)
    assert 12.0 == line.begun(50).height


@pytest.mark.parametrize(
    "seen, meant",
    [
        ("導入率卜ップ２", "導入率トップ２"),
        ("コ一ドを入力する", "コードを入力する"),
        ("サ一ビスの口ーカル化", "サービスのローカル化"),
        ("八ッ場ダム", "八ッ場ダム"),
        ("データ二次利用", "データ二次利用"),
        ("サービス一覧", "サービス一覧"),
        ("窓口の力", "窓口の力"),
        ("メニュー一つ", "メニュー一つ"),
    ],
)
def test_a_kanji_within_a_katakana_word_is_its_kana(seen: str, meant: str) -> None:
    """Only where kana stand on both sides, or a small one follows that no kanji takes."""
    assert meant == in_katakana(seen)
