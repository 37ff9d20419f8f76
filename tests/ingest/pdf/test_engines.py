"""Which engine reads a page, what it says when none can, and that one page never costs the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from pypdf import PageObject

from ingest.errors import OcrFailed
from ingest.pages import BlockKind
from ingest.pdf import characters, documents, drafts, ocr
from ingest.pdf.tesseract import Tesseract
from tests.pdfs import Sheet, astray, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PIL.Image import Image

    from ingest.pages import Page

SEEN = "総務課は報告書を毎月確認し保管する"
PICTURE = "BI /W 1 /H 1 /CS /G /BPC 8 ID \x7f EI"
BODY = "職員は、毎年度の初日に宣誓書を提出する。"


def scanned(sheet: Sheet | None = None, width: int = 595, height: int = 842) -> Sheet:
    """A sheet under which one picture lies."""
    sheet = sheet or Sheet(width, height)
    sheet.drawn.insert(0, f"q {width} 0 0 {height} 0 0 cm {PICTURE} Q")
    return sheet


def stamped(number: int) -> Sheet:
    """A scanned page with a running head and its number printed on top of it."""
    sheet = Sheet().say("第３回 情報公開審査会", 72, 800)
    return scanned(sheet.say(f"- {number} -", 290, 30))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Tesseract, replaced by one that always sees the same line; the sizes of what it was shown."""
    shown: list[tuple[int, int]] = []

    def words(_: ocr.Ocr, picture: Image, *, sparse: bool = False) -> tuple[ocr.Word, ...]:
        del sparse
        shown.append(picture.size)
        return (ocr.Word(SEEN, 300, 600, 1200, 640, 0, 95.0),)

    monkeypatch.setattr(ocr.Ocr, "words", words)
    return shown


def test_a_scan_with_a_stamped_head_is_named(tmp_path: Path) -> None:
    """Where all but head and foot is a picture, the page counts as unread."""
    text = documents.read(write(tmp_path / "s.pdf", [stamped(at) for at in (1, 2, 3)]))

    assert [("", 0.0)] * 3 == [(page.text, page.quality.score) for page in text.pages]
    assert {
        "1 picture on this page was not read, and there is hardly any other text; OCR was not used."
    } == {page.quality.note for page in text.pages}


@pytest.mark.usefixtures("seen")
def test_a_scan_with_a_stamped_head_is_read_by_ocr(tmp_path: Path) -> None:
    """With OCR such a page has the text of its picture."""
    text = documents.read(
        write(tmp_path / "s.pdf", [stamped(at) for at in (1, 2, 3)]), ocr=ocr.Ocr(Tesseract())
    )

    assert [(SEEN, "tesseract", "")] * 3 == [
        (page.text, page.quality.engine, page.quality.note) for page in text.pages
    ]


@pytest.mark.usefixtures("seen")
def test_a_picture_without_text_leaves_the_title(tmp_path: Path) -> None:
    """A page whose few words are all that OCR finds either keeps them, with their boxes."""
    title = "はじめにご覧いただきたいお知らせと目次について"
    path = write(tmp_path / "t.pdf", [scanned(Sheet().say(title, 72, 800))])

    page = documents.read(path, ocr=ocr.Ocr(Tesseract())).pages[0]

    assert (title, "pdfium", 1.0) == (page.text, page.quality.engine, page.quality.score)


def test_a_scan_that_somebody_has_read_is_not_read_once_more(
    tmp_path: Path, seen: list[tuple[int, int]]
) -> None:
    """Words that lie unpainted on their picture are the page's text, without fragments of ours."""
    sheet = scanned()
    sheet.drawn.append("3 Tr")
    sheet.say(BODY, 72, 500)

    page = documents.read(write(tmp_path / "l.pdf", [sheet]), ocr=ocr.Ocr(Tesseract())).pages[0]

    assert (BODY, "pdfium", "") == (page.text, page.quality.engine, page.quality.note)
    assert [] == seen


def test_a_page_of_text_over_a_picture_is_no_scan(tmp_path: Path) -> None:
    """A slide with a picture as its ground is read; that the picture was not is said."""
    page = documents.read(write(tmp_path / "g.pdf", [scanned(Sheet().say(BODY, 72, 500))])).pages[0]

    assert (BODY, 1.0) == (page.text, page.quality.score)
    assert "1 picture on this page was not read; OCR was not used." == page.quality.note


def test_a_picture_in_a_form_is_read(tmp_path: Path, seen: list[tuple[int, int]]) -> None:
    """A picture within a form within a form belongs to the page like any other."""
    inner = f"q 300 0 0 200 0 0 cm {PICTURE} Q"
    sheet = Sheet(forms=["q 1 0 0 1 50 50 cm /F1 Do Q", inner]).say(BODY, 72, 700)
    sheet.drawn.append("q 1 0 0 1 20 100 cm /F0 Do Q")

    page = documents.read(write(tmp_path / "f.pdf", [sheet]), ocr=ocr.Ocr(Tesseract())).pages[0]

    assert 1 == len(seen)
    assert ("pdfium+tesseract", f"{BODY}\n{SEEN}") == (page.quality.engine, page.text)


def test_a_table_in_a_form_has_its_rows(tmp_path: Path) -> None:
    """Rules that a form draws part cells, wherever the form is put."""
    table = Sheet().table(0, 100, [120, 120], 24, [["方式", "補助対象"], ["方式Ａ", "対象外"]])
    sheet = Sheet(forms=["\n".join(table.drawn)])
    sheet.drawn.append("q 1 0 0 1 72 500 cm /F0 Do Q")

    page = documents.read(write(tmp_path / "t.pdf", [sheet])).pages[0]

    assert BlockKind.ROW in {block.kind for block in page.blocks}


def test_pictures_are_found_among_thousands_of_strokes(
    tmp_path: Path, seen: list[tuple[int, int]]
) -> None:
    """A page with too many strokes to look at still has its pictures read."""
    sheet = Sheet().say(BODY, 72, 700)
    sheet.drawn.append(f"q 300 0 0 200 72 100 cm {PICTURE} Q")
    sheet.drawn.extend(["72 90 m 80 90 l S"] * 6_001)

    documents.read(write(tmp_path / "m.pdf", [sheet]), ocr=ocr.Ocr(Tesseract()))

    assert 1 == len(seen)


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(scanned(None, 2_400, 3_400), id="a scan"),
        pytest.param(
            scanned(Sheet(2_400, 3_400).say(BODY, 72, 1_700), 2_400, 3_400), id="text on a picture"
        ),
    ],
)
@pytest.mark.usefixtures("seen")
def test_a_page_too_large_to_paint_costs_nothing_else(tmp_path: Path, sheet: Sheet) -> None:
    """A poster is named, and the page after it is read."""
    pages = [sheet, Sheet().say(BODY, 72, 700)]

    text = documents.read(write(tmp_path / "p.pdf", pages), ocr=ocr.Ocr(Tesseract()))

    assert "the page is too large to be read as a picture" in text.pages[0].quality.note
    assert not text.pages[0].quality.again
    assert BODY == text.pages[1].text


@pytest.mark.usefixtures("seen")
def test_a_page_that_cannot_be_opened_says_only_that(tmp_path: Path) -> None:
    """OCR is not asked about a page that is not there, and does not talk over the reason."""
    path = write(tmp_path / "d.pdf", [Sheet().say(BODY, 72, 700), Sheet().say(BODY, 72, 700)])
    path.write_bytes(path.read_bytes().replace(b"[10 0 R 12 0 R]", b"[99 0 R 12 0 R]"))

    text = documents.read(path, ocr=ocr.Ocr(Tesseract()))

    assert "The page is damaged and cannot be opened." == text.pages[0].quality.note
    assert BODY == text.pages[1].text


@pytest.mark.parametrize("broken", ["taken", "composed"])
def test_what_goes_wrong_on_a_page_stays_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """A page that breaks the reader is empty and named; the others are read."""
    calls = iter(range(100))
    module, name = {"taken": (documents, "taken"), "composed": (drafts, "compose")}[broken]
    real = getattr(module, name)

    def second_fails(*arguments: object) -> object:
        if next(calls) == 1:
            raise ValueError("no such thing")
        return real(*arguments)

    monkeypatch.setattr(module, name, second_fails)

    text = documents.read(write(tmp_path / "x.pdf", [Sheet().say(BODY, 72, 700)] * 3))

    assert [BODY, "", BODY] == [page.text for page in text.pages]
    assert "ValueError: no such thing" in text.pages[1].quality.note


def test_what_failed_for_now_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that OCR gave up says how to try again, and that trying may help."""

    def late(*_: object, **__: object) -> None:
        raise OcrFailed("tesseract took longer than 90 s")

    monkeypatch.setattr(ocr.Ocr, "words", late)

    page = documents.read(write(tmp_path / "s.pdf", [scanned()]), ocr=ocr.Ocr(Tesseract())).pages[0]

    assert page.quality.again
    assert 'took longer than 90 s. Run "tebiki refresh --full"' in page.quality.note


PLAIN = "総務課の人事担当職員は、勤務時間管理簿を毎月確認し、任命権者に実績報告書を提出する。"


def test_pypdf_names_what_pdfium_has_boxes_for(tmp_path: Path) -> None:
    """Where both see the same characters in the same order, a span of them can be drawn."""
    text = documents.read(astray(PLAIN, tmp_path / "unended.pdf", unended=True))

    (box,) = text.boxes(0, 3)

    assert ("pypdf", PLAIN) == (text.pages[0].quality.engine, text.pages[0].text)
    assert [72, 72 + 3 * 10.5] == pytest.approx([box.left, box.right], abs=1)


def test_pypdf_is_asked_where_pdfium_has_no_characters_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of glyphs that stand for nothing is asked of pypdf too; then it has no boxes."""
    monkeypatch.setattr(characters, "is_blank", lambda codes: codes >= 0)

    text = documents.read(astray(PLAIN, tmp_path / "unended.pdf", unended=True))

    assert ("pypdf", PLAIN) == (text.pages[0].quality.engine, text.pages[0].text)
    assert () == text.boxes(0, 3)


def test_names_of_glyphs_are_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pypdf spells the names of glyphs that it does not know, OCR is asked instead."""
    monkeypatch.setattr(PageObject, "extract_text", lambda _: "/edGj0 /edGj0 /edGj1\n" * 40)

    page = documents.read(astray(PLAIN, tmp_path / "lie.pdf", unended=False)).pages[0]

    assert ("pdfium", 0.0) == (page.quality.engine, page.quality.score)


def test_running_heads_of_pypdf_pages_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First and last lines that repeat on pages without boxes are no part of their text."""
    plain = iter(f"要綱集\n{BODY}\n第{at}条のとおり。\n- {at} -" for at in (1, 2, 3))

    def taken(document: object, at: int, has_layers: Callable[[], bool]) -> characters.Sheet:
        sheet = characters.taken(document, at, has_layers)
        return replace(sheet, glyphs=characters.no_glyphs(), plain=next(plain))

    monkeypatch.setattr(documents, "taken", taken)

    text = documents.read(write(tmp_path / "r.pdf", [Sheet().say(BODY, 72, 700)] * 3))

    def said(page: Page) -> list[str]:
        return page.text.splitlines()

    assert [[BODY, f"第{at}条のとおり。"] for at in (1, 2, 3)] == list(map(said, text.pages))
