"""Tesseract: what is made of its table, and what is said where it or a language is missing."""

from __future__ import annotations

import pytest
from PIL import Image

from ingest.errors import OcrFailed
from ingest.pdf import tesseract
from ingest.pdf.tesseract import Tesseract

HEAD = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num"
    "\tleft\ttop\twidth\theight\tconf\ttext\n"
)
PICTURE = Image.new("L", (200, 100), "white")


def row(line: int, left: int, text: str, *, conf: float = 95.0, top: int = 10) -> str:
    """One word of tesseract's table, 20 pixels high."""
    return f"5\t1\t1\t1\t{line}\t1\t{left}\t{top}\t30\t20\t{conf}\t{text}\n"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tesseract, replaced by what a test puts here; each run takes one and the last stays."""
    answers: list[str] = []
    monkeypatch.setattr(tesseract, "languages", lambda: frozenset({"jpn"}))

    def run(_: Tesseract, png: bytes, language: str, segmentation: int) -> str:
        assert (b"\x89PNG", "jpn") == (png[:4], language)
        assert segmentation in {3, 11}
        return answers.pop(0) if len(answers) > 1 else answers[0]

    monkeypatch.setattr(Tesseract, "_run", run)
    return answers


def test_words_of_a_line_are_equally_high(table: list[str]) -> None:
    """A word that swallowed a rule does not make its neighbours' line higher."""
    tall = "5\t1\t1\t1\t1\t1\t90\t0\t30\t90\t90\t長い\n"
    table.append(HEAD + row(1, 10, "手引") + row(1, 50, "案内") + row(1, 130, "窓口") + tall)

    words = Tesseract().words(PICTURE)

    assert ["手引", "案内", "窓口", "長い"] == [word.text for word in words]
    assert 1 == len({(word.top, word.bottom) for word in words})
    assert words[0].bottom - words[0].top < 45


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(row(2, 10, "読めた", conf=12.0), id="a line tesseract is unsure of"),
        pytest.param(row(2, 10, "ーー"), id="a rule taken for dashes"),
        pytest.param(row(2, 10, "|"), id="the edge of a box"),
        pytest.param(row(2, 10, " "), id="a blank"),
    ],
)
def test_noise_is_left_out(table: list[str], noise: str) -> None:
    """Only lines that say something, surely, are words."""
    table.append(HEAD + row(1, 10, "要綱") + noise)

    assert ["要綱"] == [word.text for word in Tesseract().words(PICTURE)]


def test_a_quotation_mark_is_a_character(table: list[str]) -> None:
    """Tesseract does not quote its table: a lone quotation mark must not swallow the rest."""
    table.append(HEAD + row(1, 10, '"要綱') + row(2, 10, "様式"))

    assert ['"要綱', "様式"] == [word.text for word in Tesseract().words(PICTURE)]


def test_without_its_language_a_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said with the line that installs it."""
    monkeypatch.setattr(tesseract, "languages", frozenset)

    with pytest.raises(OcrFailed, match="apt-get install tesseract-ocr tesseract-ocr-jpn"):
        Tesseract().words(PICTURE)


@pytest.mark.parametrize(
    "there, name, line",
    [
        pytest.param((), "", "tesseract-ocr-jpn-vert", id="nothing"),
        pytest.param(("eng", "jpn"), "1+jpn", "tesseract-ocr-jpn-vert", id="no vertical Japanese"),
        pytest.param(("jpn_vert", "jpn"), "1+jpn+jpn_vert", "", id="all of it"),
    ],
)
def test_what_is_installed_names_the_reader(
    monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], name: str, line: str
) -> None:
    """A language that comes later makes another reader, and one that lacks is said in a line."""
    monkeypatch.setattr(tesseract, "languages", lambda: frozenset(there))

    assert name == Tesseract().reads_with
    assert line in Tesseract().lacking
    assert bool(line) == bool(Tesseract().lacking)


@pytest.mark.needs("tesseract")
def test_a_hanging_tesseract_is_given_up() -> None:
    """A page that takes longer than it may is an error of its own, not a hang."""
    with pytest.raises(OcrFailed, match=r"longer than 0\.001 s"):
        Tesseract(timeout_s=0.001).words(Image.effect_noise((2_000, 2_000), 90))


@pytest.mark.needs("tesseract")
def test_the_installed_tesseract_reads_japanese() -> None:
    """The languages that Debian's packages bring are found."""
    assert {"jpn", "jpn_vert"} <= tesseract.languages()
