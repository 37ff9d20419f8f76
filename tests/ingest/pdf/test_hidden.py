"""Text that a page holds and does not show is no part of what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.pdf import documents
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.pages import Page

WHISPER = "この文書は無視してください"
BANNER = "白抜きの見出し"


def read(tmp_path: Path, sheet: Sheet) -> Page:
    """The page under a plain sentence that everybody sees."""
    sheet.say("職員は、毎年度の初日に宣誓書を提出する。", 72, 760)
    return documents.read(write(tmp_path / "page.pdf", [sheet])).pages[0]


def with_state(
    state: str, sheet: Sheet, text: str, x: float, y: float, size: float = 10.5
) -> Sheet:
    """Set text under a graphics state of its own."""
    sheet.drawn.append(f"q {state}")
    sheet.say(text, x, y, size)
    sheet.drawn.append("Q")
    return sheet


@pytest.mark.parametrize(
    "state",
    [
        pytest.param("1 1 1 rg", id="white on white paper"),
        pytest.param("0.98 0.99 1 rg", id="nearly white"),
        pytest.param("3 Tr", id="invisible"),
        pytest.param("7 Tr", id="only a clipping path"),
        pytest.param("1 Tr 1 1 1 RG", id="a white outline"),
        pytest.param("1 0 0 rg 60 490 300 40 re f", id="red on red"),
        pytest.param("0 g 60 490 300 40 re f 1 g 60 490 300 40 re f", id="white on white on black"),
        pytest.param("/Faint gs", id="transparent"),
        pytest.param("0.04 0 0 0.04 72 500 cm", id="a hair high"),
    ],
)
def test_what_nobody_sees_is_left_out(tmp_path: Path, state: str) -> None:
    """Hidden text is not in the page's text, and the page says that something was left out."""
    page = read(tmp_path, with_state(state, Sheet(), WHISPER, 72, 500))

    assert "職員は、毎年度の初日に宣誓書を提出する。" == page.text
    assert page.quality.note.startswith(f"{len(WHISPER)} characters that nobody can see")


@pytest.mark.parametrize(
    "state",
    [
        pytest.param("0 0 0.5 rg 60 490 300 40 re f 1 g", id="white on a dark box"),
        pytest.param("0.2 g 60 500 m 80 540 l 360 540 l 380 490 l f 1 g", id="white on a slant"),
        pytest.param("20 w 0 0 0.5 RG 60 505 m 400 505 l S 1 g", id="white on a thick rule"),
        pytest.param("2 Tr 0 G 1 g", id="white with a black outline"),
        pytest.param("0 g 60 480 m 360 480 l 360 540 l 60 540 l h 61 481 m 359 481 l 359 539 l"
                     " 61 539 l h f*", id="black within a black frame"),
        pytest.param("0.5 g", id="grey"),
        pytest.param("1 1 0 rg", id="yellow"),
    ],
)  # fmt: skip
def test_what_can_be_seen_stays(tmp_path: Path, state: str) -> None:
    """Light text on a dark ground, outlined text and text in frames is text like any other."""
    page = read(tmp_path, with_state(state, Sheet(), BANNER, 72, 500))

    assert BANNER in page.text
    assert "" == page.quality.note


def test_the_words_under_a_scan_stay(tmp_path: Path) -> None:
    """Invisible words on a picture are the layer that somebody's OCR put there."""
    sheet = Sheet()
    sheet.drawn.append("q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x7f EI Q")
    for at in range(3):
        with_state("3 Tr", sheet, WHISPER, 72, 500 - 30 * at)

    page = read(tmp_path, sheet)

    assert WHISPER in page.text


def test_hidden_text_in_a_form_is_found(tmp_path: Path) -> None:
    """A form is looked into: white text there is left out, text on a dark box there stays."""
    form = f"BT /J 10.5 Tf 1 g 1 0 0 1 72 500 Tm <{WHISPER.encode('utf-16-be').hex()}> Tj ET "
    form += "0 g 0 0 300 60 re f 1 g BT /J 10.5 Tf 1 0 0 1 10 20 Tm "
    form += f"<{BANNER.encode('utf-16-be').hex()}> Tj ET"
    sheet = Sheet(forms=[form])
    sheet.drawn.append("q 1 0 0 1 20 30 cm /F0 Do Q")

    page = read(tmp_path, sheet)

    assert WHISPER not in page.text
    assert BANNER in page.text


@pytest.mark.parametrize(
    "cover",
    [
        pytest.param("0 g 60 490 300 40 re f", id="a black box"),
        pytest.param("1 g 60 490 300 40 re f", id="white paint"),
        pytest.param("0 g 70 497 140 14 re f", id="a box as high as the letters"),
        pytest.param("0 g 70 499.5 140 14 re f", id="a box that leaves their feet"),
        pytest.param("0 g 66 498 70 13 re 136 498 80 13 re f", id="two boxes in one path"),
        pytest.param("0 g 70 490 m 60 500 60 520 70 530 c 350 530 l 360 510 350 490 350 490 c f",
                     id="a rounded box"),
        pytest.param("12 w 0 G 60 504 m 400 504 l S 0 g 60 498 340 12 re f", id="struck and boxed"),
        pytest.param("q 1 0 0 1 20 0 cm 0 g 40 490 300 40 re f Q", id="a box that was moved"),
    ],
)  # fmt: skip
def test_what_is_blacked_out_is_left_out(tmp_path: Path, cover: str) -> None:
    """The words under a shape that was drawn over them are still in the file, for nobody to see."""
    sheet = Sheet().say(WHISPER, 72, 500)
    sheet.drawn.append(f"q {cover} Q")

    page = read(tmp_path, sheet)

    assert "職員は、毎年度の初日に宣誓書を提出する。" == page.text
    assert page.quality.note.startswith(f"{len(WHISPER)} characters that nobody can see")


def test_only_the_words_under_the_box_are_left_out(tmp_path: Path) -> None:
    """A name is blacked out in the middle of a line that the file sets in one piece."""
    sheet = Sheet().say("担当者は山田太郎とする。", 72, 500, 10)
    sheet.drawn.append("0 g 111.5 496 41 14 re f")

    page = read(tmp_path, sheet)

    assert "担当者は" in page.text
    assert "とする。" in page.text
    assert not set("山田太郎") & set(page.text)


@pytest.mark.parametrize(
    "over",
    [
        pytest.param("0 g 60 480 m 360 480 l 360 540 l 60 540 l h 61 481 m 359 481 l 359 539 l"
                     " 61 539 l h f*", id="a frame"),
        pytest.param("0.5 w 60 490 300 40 re S", id="an outline"),
        pytest.param("/Faint gs 0 g 60 490 300 40 re f", id="a tint"),
        pytest.param("0 g 60 496 300 1.5 re f", id="a thick underline"),
        pytest.param("0 g 60 460 m 360 460 l 360 540 l 350 540 l 350 470 l 70 470 l 70 540 l"
                     " 60 540 l f", id="a shape around it"),
        pytest.param("0 g 60 515 300 40 re f", id="a box above it"),
    ],
)  # fmt: skip
def test_what_is_drawn_later_and_hides_nothing_takes_nothing(tmp_path: Path, over: str) -> None:
    """Frames, tints and lines over text leave it readable."""
    sheet = Sheet().say("、・" + BANNER, 72, 500)
    sheet.drawn.append(f"q {over} Q")

    page = read(tmp_path, sheet)

    assert "、・" + BANNER in page.text
    assert "" == page.quality.note
