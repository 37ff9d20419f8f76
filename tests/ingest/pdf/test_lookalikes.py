"""Letters that a scanner's program wrote where the page shows digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.pdf import documents
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "said, shown",
    [
        pytest.param("TELO3-358l-l882(直）", "TEL03-3581-1882(直）", id="a telephone number"),
        pytest.param("電話 O82-228-l50l", "電話 082-228-1501", id="behind a word"),
        pytest.param(
            "手数料は 12,5OO円（3O0円引）", "手数料は 12,500円（300円引）", id="an amount"
        ),
        pytest.param("2O2l年l0月に改める", "2021年10月に改める", id="a day"),
    ],
)
def test_letters_in_figures_are_digits(tmp_path: Path, said: str, shown: str) -> None:
    """As the page shows them to whoever looks."""
    file = write(tmp_path / "page.pdf", [Sheet().say(said, 72, 700)])

    assert shown == documents.read(file).pages[0].text


@pytest.mark.parametrize(
    "said",
    ["品番 A1O-358-l882", "型式 IO-24l", "Oil and Ill-conceived", "CO2を2O%減らす", "OO市立l0"],
)
def test_letters_elsewhere_stay_letters(tmp_path: Path, said: str) -> None:
    """A part number may well have an O: only where nothing but a figure stands are they digits."""
    file = write(tmp_path / "page.pdf", [Sheet().say(said, 72, 700)])

    assert said == documents.read(file).pages[0].text
