"""An evidence sheet holds what was asked and answered, word for word, and how to check it."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader

from bot.answering.extractive import Extractive
from bot.answers import Answer
from bot.asking.question import read
from bot.telling.evidence_docx import docx
from bot.telling.evidence_pdf import pdf
from bot.telling.evidence_sheet import (
    Exhibit,
    Picture,
    markdown,
    shown_citations,
    surroundings,
)
from ingest import formats
from ingest.pages import EditionText, Place, PlaceKind
from tests.fakes import FakeLibrary, edition, edition_text
from tests.office import para, table, word

QUOTE = "移行の補助金は令和2年度の予算に計上された。"
HELD = replace(edition(title="移行の手引き"), sha256="ab" * 32, path="iko/tebiki.pdf")
LIBRARY = FakeLibrary({HELD: edition_text(f"# 補助金\n{QUOTE}\n", labels=["A-3"])})


def png() -> bytes:
    """Return a small picture."""
    made = BytesIO()
    Image.new("RGB", (60, 90), "white").save(made, "PNG")
    return made.getvalue()


def answered(question: str) -> Answer:
    """Return the answer of a library of one sentence."""
    return Extractive(lambda: LIBRARY, today=lambda: date(2026, 4, 1)).answer(read(question))


def exhibits(answer: Answer, *, drawn: bool = True) -> tuple[Exhibit, ...]:
    """Return an exhibit for each citation, with or without its page."""
    return tuple(
        Exhibit(one, (Picture(one.page, png()),) if drawn else ())
        for one in shown_citations(answer)
    )


def _flat(text: str) -> str:
    return "".join(text.split())


def _read(file: bytes, folder: Path) -> str:
    """Return what our own reader of Word files finds, without spaces."""
    path = folder / "sheet.docx"
    path.write_bytes(file)
    return _flat("".join(page.text for page in formats.read(path).pages))


ANSWER = answered("移行の補助金はいつの予算ですか")


def test_markdown_holds_question_answer_quotation_and_hashes() -> None:
    """Whoever gets the sheet can find the page and see that file and picture are the same."""
    sheet = markdown(ANSWER, exhibits(ANSWER))

    for part in (
        "移行の補助金はいつの予算ですか", ANSWER.text, f"> {QUOTE}", "移行の手引き",
        "印刷されたページ番号 A-3", "iko/tebiki.pdf", "ab" * 32, sha256(png()).hexdigest(),
        "](1-p1.png)", ANSWER.id, "2026-04-01", "引用のみ",
    ):  # fmt: skip
        assert part in sheet


def test_pdf_holds_the_same_and_the_picture() -> None:
    """Its text can be read and searched; the page is a picture in it."""
    made = PdfReader(BytesIO(pdf(ANSWER, exhibits(ANSWER))))
    text = _flat("".join(page.extract_text() for page in made.pages))

    assert _flat(QUOTE) in text
    assert "移行の補助金はいつの予算ですか" in text
    assert "ab" * 32 in text
    assert 1 == sum(len(page.images) for page in made.pages)
    assert all(f"回答番号{ANSWER.id}" in _flat(page.extract_text()) for page in made.pages)


def test_a_table_has_its_heads_beside_it(tmp_path: Path) -> None:
    """They are no part of the quotation, and a figure says nothing without them."""
    answer = replace(ANSWER, citations=(replace(ANSWER.citations[0], context="年度 / 予算"),))

    assert "列:年度/予算" in _read(docx(answer, exhibits(answer)), tmp_path)
    made = PdfReader(BytesIO(pdf(answer, exhibits(answer))))
    assert "列:年度/予算" in _flat("".join(page.extract_text() for page in made.pages))


def test_pdf_brings_its_font_along() -> None:
    """Each font that sets a word is in the file: no reader needs a Japanese one of its own."""
    made = PdfReader(BytesIO(pdf(ANSWER, exhibits(ANSWER))))

    pages: list[Any] = [*made.pages]
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    used = {
        (str(font["/BaseFont"]), "/FontFile2" in font["/FontDescriptor"])
        for font in fonts
        if "/FontDescriptor" in font
    }
    assert used
    assert all(embedded and "NotoSansJP" in name for name, embedded in used)


def test_word_file_holds_the_same_and_the_picture(tmp_path: Path) -> None:
    """It is read as any Word file is: the words in their order, rows as rows, the page as a picture."""
    file = docx(ANSWER, exhibits(ANSWER))
    with zipfile.ZipFile(BytesIO(file)) as archive:
        assert png() == archive.read("word/media/1.png")
    text = _read(file, tmp_path)

    assert _flat(QUOTE) in text
    assert "移行の補助金はいつの予算ですか" in text
    assert "確認した人" in text
    assert file == docx(ANSWER, exhibits(ANSWER))


def test_the_same_answer_makes_the_same_file() -> None:
    """Two exports of one answer do not differ, so that a copy can be compared."""
    assert pdf(ANSWER, exhibits(ANSWER)) == pdf(ANSWER, exhibits(ANSWER))


def test_a_page_that_is_gone_is_said_to_be_gone() -> None:
    """Without the PDF the quotation and its hash stay, and the sheet says what is missing."""
    sheet = markdown(ANSWER, exhibits(ANSWER, drawn=False))

    assert f"> {QUOTE}" in sheet
    assert "ページの画像はない" in sheet


def test_a_file_without_pages_is_said_to_have_none() -> None:
    """A worksheet was never printed: no picture of it is missing."""
    (exhibit,) = exhibits(ANSWER, drawn=False)
    cells = replace(exhibit.citation, place=Place(PlaceKind.SHEET, "手数料", "B4:D9"))

    sheet = markdown(ANSWER, [replace(exhibit, citation=cells)])

    assert "この形式のファイルに印刷のページはない" in sheet
    assert "手元にない" not in sheet


def test_a_declined_answer_shows_what_came_near_as_no_basis() -> None:
    """Nobody takes the nearest sentence for an answer."""
    answer = answered("粗大ごみの収集日")

    sheet = markdown(answer, exhibits(answer))

    assert answer.declined is not None
    assert "回答の根拠ではない" in sheet


@pytest.mark.parametrize(
    "hostile", ["<b>x</b> & <img src=a>", "| a | b | **c** [1](http://e.example)"]
)
def test_markup_in_a_question_is_text(hostile: str, tmp_path: Path) -> None:
    """Neither file takes the asker's characters for its own."""
    answer = replace(ANSWER, question=replace(ANSWER.question, text=hostile))
    made = PdfReader(BytesIO(pdf(answer, exhibits(answer))))
    assert _flat(hostile) in _read(docx(answer, exhibits(answer)), tmp_path)
    assert _flat(hostile) in _flat("".join(page.extract_text() for page in made.pages))
    assert re.search(r"(?<!\\)\]\(http", markdown(answer, exhibits(answer))) is None


def _rules(tmp_path: Path) -> EditionText:
    """Read rules in Word with a table of fees."""
    fees = [["区分", "金額"], ["大型", "300円"], ["中型", "200円"], ["小型", "100円"]]
    path = word(
        tmp_path / "rules.docx",
        para("備品管理要綱", style="T"),
        *(para(f"備品は、第{at}の課が管理する。廃棄は届け出る。") for at in range(6)),
        table(*fees),
    )
    return formats.read(path)


@pytest.mark.parametrize(
    "quoted, before, after",
    [
        pytest.param(
            "第3の課が管理する。", "備品は、", "廃棄は届け出る。", id="within a paragraph"
        ),
        pytest.param("中型\t200円", "", "", id="a row"),
    ],
)
def test_what_stands_around_a_quotation_is_shown(
    tmp_path: Path, quoted: str, before: str, after: str
) -> None:
    """Two paragraphs or rows before it and after it, and only the quoted words are told apart."""
    text = _rules(tmp_path)
    start = text.text.index(quoted)
    lines = list(surroundings(text.pages[0], 0, start, start + len(quoted)))

    (line,) = [line for line in lines if any(marked for _, marked in line)]
    wanted = [(before, False), (quoted.replace("\t", "　"), True), (after, False)]
    assert [run for run in wanted if run[0]] == list(line)
    assert lines.index(line) >= 2
    assert len(lines) <= 5


def test_heads_stand_over_the_rows_around_a_quotation(tmp_path: Path) -> None:
    """Where the first row shown is far below its heads, they are said above it."""
    text = _rules(tmp_path)
    start = text.text.index("100円")

    lines = list(surroundings(text.pages[0], 0, start, start + 4))

    assert ["区分　金額", "大型　300円", "中型　200円", "小型　100円"] == [
        "".join(said for said, _ in line) for line in lines
    ]
    assert [] == list(surroundings(text.pages[0], 0, 9_999, 9_999))


def test_surroundings_go_into_each_form_of_the_sheet(tmp_path: Path) -> None:
    """In Markdown, as PDF and for Word."""
    (exhibit,) = exhibits(ANSWER, drawn=False)
    cells = replace(exhibit.citation, place=Place(PlaceKind.SECTION, "第２条", "¶1"))
    around = ((("前の段落である。", False),), (("引用された文", True), ("の続き。", False)))
    shown = [replace(exhibit, citation=cells, around=around)]

    assert "> 前の段落である。\n>\n> **引用された文**の続き。" in markdown(ANSWER, shown)
    made = PdfReader(BytesIO(pdf(ANSWER, shown)))
    assert "引用された文の続き。" in _flat("".join(page.extract_text() for page in made.pages))
    assert "引用された文の続き。" in _read(docx(ANSWER, shown), tmp_path)
