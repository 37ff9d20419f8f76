"""Scans that lie wrong are put straight to be read, and what was read is marked where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.pdf import documents, engines, ocr
from ingest.pdf.straight import Straightened, columnar, slant
from ingest.pdf.tesseract import Tesseract
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path

UPRIGHT = Image.Resampling.BILINEAR


def lines(*, down: bool = False) -> Image.Image:
    """A page of eleven lines of dark blocks, as small type looks from afar."""
    picture = Image.new("L", (595, 842), "white")
    pen = ImageDraw.Draw(picture)
    for line in range(11):
        for at in range(24):
            x, y = 70 + 18 * at, 90 + 55 * line
            box = (x, y, x + 12, y + 12)
            if down:
                box = (70 + 40 * line, 90 + 26 * at, 82 + 40 * line, 102 + 26 * at)
            pen.rectangle(box, fill="black")
    return picture


@pytest.mark.parametrize("down", [False, True], ids=["across", "down"])
@pytest.mark.parametrize("by", [-4.6, -1.4, 0.8, 3.0])
def test_a_slant_is_seen_in_lines_across_and_down(by: float, *, down: bool) -> None:
    """A page laid askew is turned back by as much, within a quarter of a degree."""
    askew = lines(down=down).rotate(by, UPRIGHT, fillcolor="white")

    assert abs(-by - slant(askew)) < 0.26


@pytest.mark.parametrize("picture", [lines(), Image.new("L", (595, 842), "white")])
def test_a_straight_page_and_an_empty_one_have_no_slant(picture: Image.Image) -> None:
    """Nothing is turned that stands straight, or shows no lines."""
    assert 0.0 == slant(picture)


def test_columns_of_ink_are_told_from_rows() -> None:
    """Vertical text, and lines on their side, stand in columns."""
    assert (False, True, True) == (
        columnar(lines()), columnar(lines(down=True)), columnar(lines().rotate(90, expand=True))
    )  # fmt: skip


@pytest.mark.parametrize("by", [0.0, 3.0])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_what_is_read_on_the_straight_page_is_found_on_the_shown_one(turn: int, by: float) -> None:
    """A word's box on the page put straight covers that word on the page as it is shown."""
    shown = Image.new("L", (400, 600), "white")
    ImageDraw.Draw(shown).rectangle((50, 80, 59, 89), fill="black")
    how = Straightened(turn, by, 400, 600)

    straight = how.picture(shown)
    y, x = np.nonzero(np.asarray(straight) < 128)
    box = np.array(
        [[x.min(), straight.height - y.max() - 1, x.max() + 1, straight.height - y.min()]]
    )

    (left, bottom, right, top) = how.back(box)[0].tolist()
    assert how.size == straight.size
    assert (55, 515) == pytest.approx(((left + right) / 2, (bottom + top) / 2), abs=1.5)


@pytest.mark.parametrize(
    "turn, told",
    [(90, "turned by 90 degrees"), (180, "turned by 180 degrees")],
)
def test_a_page_that_lies_wrong_is_turned_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turn: int, told: str
) -> None:
    """What is read surely only when turned is the page's text, in the places where it stands."""
    said = "総務課は報告書を毎月確認し保管する"

    def words(_: ocr.Ocr, picture: Image.Image, *, sparse: bool = False) -> tuple[ocr.Word, ...]:
        del sparse
        upright = picture.height < picture.width if turn == 90 else shown.count(picture.size) > 0
        shown.append(picture.size)
        return (ocr.Word(said, 300, 600, 1200, 640, 0, 95.0 if upright else 30.0),)

    shown: list[tuple[int, int]] = []
    monkeypatch.setattr(ocr.Ocr, "words", words)
    monkeypatch.setattr(ocr.Ocr, "turn", lambda *_: turn)
    monkeypatch.setattr(engines, "columnar", lambda _: turn == 90)
    sheet = Sheet()
    sheet.drawn.append("q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \xff EI Q")

    text = documents.read(write(tmp_path / "scan.pdf", [sheet]), ocr=ocr.Ocr(Tesseract()))

    page = text.pages[0]
    assert (said, (595, 842)) == (page.text, (page.width, page.height))
    assert f"The scan was {told} to be read." == page.quality.note
    left, bottom, right, top = page.boxes[0].tolist()
    # 17 characters from 300 to 1200 pixels from the left and 600 from the top of the page, 200 to the inch.
    expected = (216, 108, 230, 127) if turn == 90 else (468, 216, 487, 230)
    assert expected == pytest.approx((left, bottom, right, top), abs=1.5)
