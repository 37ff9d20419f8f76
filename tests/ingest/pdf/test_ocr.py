"""OCR: which engine is asked, that it is asked once, and what is said where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from ingest.pdf import ocr_engines, tesseract
from ingest.pdf.ocr import Ocr, Word
from ingest.pdf.ppocr import DETECTOR, RECOGNISER, VERSION

PICTURE = Image.new("L", (200, 100), "white")
PLACED = Word("一度", 10, 10, 40, 30, 0, 95.0, places=((10.0, 24.5), (24.5, 40.0)))


@dataclass
class Counting:
    """An engine that sees another word each time, and counts how often it is asked."""

    reads_with: str = "1"
    asked: list[str] = field(default_factory=list)
    name: ClassVar[str] = "counting"
    lacking: ClassVar[str] = ""
    well_read: ClassVar[float] = 60.0

    def words(self, picture: Image.Image, *, sparse: bool = False) -> tuple[Word, ...]:
        self.asked.append("sparse" if sparse else "page")
        return (PLACED, Word(f"{len(self.asked)}回", 50, 10, 90, 30, 0, 90.0, vertical=True))

    def turn(self, picture: Image.Image) -> int:
        self.asked.append("turn")
        return 90


def test_a_picture_is_read_once(tmp_path: Path) -> None:
    """What was read is kept by picture and way of reading, and comes back as it was."""
    engine = Counting()
    first = Ocr(engine, tmp_path / "kept").words(PICTURE)

    assert first == Ocr(engine, tmp_path / "kept").words(PICTURE)
    assert PLACED == first[0]
    assert "2回" == Ocr(engine, tmp_path / "kept").words(PICTURE, sparse=True)[1].text
    assert (
        "3回" == Ocr(engine, tmp_path / "kept").words(Image.new("L", (200, 100), "black"))[1].text
    )
    assert (90, 90) == tuple(Ocr(engine, tmp_path / "kept").turn(PICTURE) for _ in "12")
    assert ["page", "sparse", "page", "turn"] == engine.asked


@pytest.mark.parametrize("damage", ["", "[[1"])
def test_what_was_kept_and_is_damaged_is_read_again(tmp_path: Path, damage: str) -> None:
    """A full disk once may have cut it short."""
    engine = Counting()
    Ocr(engine, tmp_path).words(PICTURE)
    (kept,) = tmp_path.iterdir()
    kept.write_text(damage)

    assert "2回" == Ocr(engine, tmp_path).words(PICTURE)[1].text
    assert "2回" == Ocr(engine, tmp_path).words(PICTURE)[1].text


def test_another_version_reads_again(tmp_path: Path) -> None:
    """What an older version made of a picture does not count."""
    Ocr(Counting(), tmp_path).words(PICTURE)
    newer = Counting("2")

    Ocr(newer, tmp_path).words(PICTURE)

    assert ["page"] == newer.asked


@pytest.fixture
def installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Let the engines that the parameter names be installed."""
    monkeypatch.setattr(
        tesseract, "languages",
        lambda: frozenset({"jpn", "jpn_vert"} if "tesseract" in request.param else ()),
    )  # fmt: skip
    monkeypatch.setattr("ingest.pdf.ppocr.KEPT", tmp_path)
    if "ppocr" in request.param:
        for name in (DETECTOR, RECOGNISER):
            (tmp_path / name).touch()


@pytest.mark.parametrize(
    "installed, wanted, name, lacking",
    [
        (["tesseract", "ppocr"], "auto", f"ppocr-{VERSION}", ""),
        (["tesseract"], "auto", "tesseract-1+jpn+jpn_vert", ""),
        ([], "auto", "", ocr_engines.MISSING),
        (["tesseract", "ppocr"], "tesseract", "tesseract-1+jpn+jpn_vert", ""),
        (["tesseract"], "ppocr", "", ocr_engines.NOT_HERE.format("ppocr")),
        (["tesseract", "ppocr"], "off", "", ""),
    ],
    indirect=["installed"],
    ids=["the better of both", "the one there is", "none", "the wanted one", "not there", "off"],
)
@pytest.mark.usefixtures("installed")
def test_which_engine_reads(wanted: str, name: str, lacking: str) -> None:
    """The wanted one or, without a wish, the best that is installed; what lacks is a line."""
    ocr_engines.want(wanted)

    assert (name, lacking) == (ocr_engines.reads_with(), ocr_engines.missing())
