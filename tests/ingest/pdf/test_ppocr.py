"""PP-OCR as it is installed: pictures drawn here, read with the real networks."""

from __future__ import annotations

from pathlib import Path
from unicodedata import normalize

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.errors import OcrFailed
from ingest.pdf import ppocr
from ingest.pdf.ocr import Word
from ingest.pdf.ppocr import Ppocr, is_japanese_type
from tests.conftest import SYSTEM_PACKAGES

needs_it = pytest.mark.needs("ppocr", "fonts")
SAID = ("補助金の交付申請", "申請者は計画書を提出する", "額は12.5%とする")


def page(*, dark: bool = False, down: bool = False) -> Image.Image:
    """Three lines of type, 40 pixels high, black on white or white on blue."""
    found = SYSTEM_PACKAGES["fonts"].find()
    assert found is not None
    font = ImageFont.truetype(found, size=40)
    paper, ink = ("#123a7a", "white") if dark else ("white", "black")
    picture = Image.new("RGB", (760, 760), paper)
    pen = ImageDraw.Draw(picture)
    for at, line in enumerate(SAID):
        if not down:
            pen.text((100, 150 + 130 * at), line, font=font, fill=ink)
            continue
        for row, character in enumerate(line):
            pen.text((560 - 130 * at, 80 + 46 * row), character, font=font, fill=ink)
    return picture


def said(words: tuple[Word, ...]) -> set[str]:
    """What the lines say."""
    lines: dict[int, str] = {}
    for word in words:
        lines[word.line] = lines.get(word.line, "") + word.text
    return {normalize("NFKC", line) for line in lines.values()}


@needs_it
@pytest.mark.usefixtures("ppocr")
@pytest.mark.parametrize("dark", [False, True], ids=["on paper", "white on dark"])
def test_lines_are_read_whole(*, dark: bool) -> None:
    """Kanji, kana, and a figure with its point and its percent sign."""
    words = Ppocr().words(page(dark=dark))

    assert set(SAID) == said(words)
    assert all(word.confidence > 90 for word in words)


@needs_it
@pytest.mark.usefixtures("ppocr")
def test_each_character_has_its_place() -> None:
    """On the page they stand 40 pixels apart, from 100 pixels from the left."""
    (word,) = (one for one in Ppocr().words(page()) if one.text == SAID[0])

    middles = [(begin + end) / 2 for begin, end in word.places]
    assert [120 + 40 * at for at in range(8)] == pytest.approx(middles, abs=8)
    assert all(
        end <= begin for (_, end), (begin, _) in zip(word.places, word.places[1:], strict=False)
    )
    assert 140 < word.top < 170 < word.bottom < 215


@needs_it
@pytest.mark.usefixtures("ppocr")
def test_figures_of_an_axis_are_words_by_themselves() -> None:
    """What stands half a character apart is not run together, however the line was found."""
    found = SYSTEM_PACKAGES["fonts"].find()
    assert found is not None
    picture = Image.new("RGB", (760, 300), "white")
    years = [str(year) for year in range(2015, 2024)]
    for at, year in enumerate(years):
        font = ImageFont.truetype(found, size=24)
        ImageDraw.Draw(picture).text((60 + 66 * at, 140), year, font=font, fill="black")

    assert years == [word.text for word in sorted(Ppocr().words(picture), key=lambda one: one.left)]


@needs_it
@pytest.mark.usefixtures("ppocr")
def test_vertical_lines_are_read_downwards() -> None:
    """A column is a line; its characters' places count from the top."""
    words = Ppocr().words(page(down=True))

    assert set(SAID[:2]) <= said(words)
    (word,) = (one for one in words if one.text == SAID[0])
    assert word.vertical
    assert 550 < word.left < word.right < 610
    middles = [(begin + end) / 2 for begin, end in word.places]
    assert [107 + 46 * at for at in range(8)] == pytest.approx(middles, abs=12)


@needs_it
@pytest.mark.usefixtures("ppocr")
@pytest.mark.parametrize("turned, down, back", [
    (0, False, 0), (90, False, 270), (180, False, 180), (270, False, 90), (0, True, 0),
])  # fmt: skip
def test_how_a_page_lies_is_seen(turned: int, back: int, *, down: bool) -> None:
    """Turned clockwise by so much it is turned on until it stands; vertical text stands already."""
    assert back == Ppocr().turn(page(down=down).rotate(-turned))


@needs_it
@pytest.mark.usefixtures("ppocr")
def test_an_empty_page_says_nothing() -> None:
    """Nothing is read, and nothing turned."""
    empty = Image.new("L", (300, 200), "white")

    assert ((), 0) == (Ppocr().words(empty), Ppocr().turn(empty))


@pytest.mark.parametrize(
    "characters, counts",
    [("査歳項視満①㎡°²é☆髙﨑ゔ", True), ("查歲项视满增黑한", False)],
    ids=["of Japanese type", "simplified, older or foreign"],
)
def test_only_characters_of_japanese_type_count(characters: str, *, counts: bool) -> None:
    """The network knows 18,000; what no Japanese document holds is never its answer."""
    assert {counts} == set(map(is_japanese_type, characters))


def test_without_the_networks_a_picture_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Missing or broken, they are named with the command that fetches them."""
    ppocr.networks.cache_clear()
    monkeypatch.setattr(ppocr, "KEPT", tmp_path)
    picture = Image.new("L", (300, 200), "white")

    with pytest.raises(OcrFailed, match="tebiki ocr"):
        Ppocr().words(picture)
    for name in (ppocr.DETECTOR, ppocr.RECOGNISER):
        (tmp_path / name).write_bytes(b"cut short")
    with pytest.raises(OcrFailed, match="cannot be loaded"):
        Ppocr().words(picture)
