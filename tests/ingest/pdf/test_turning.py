"""Pages written vertically are read from the right, column by column, whatever sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.pdf import documents
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.pages import EditionText

ORDINANCE = (
    "みなと市集会所条例",
    "　（目的）",
    "第一条　この条例は、集会所の設置及び管理に関し必要な事項を定",
    "　めるものとする。",
    "　（使用の許可）",
    "第二条　集会所を使用しようとする者は、市長の許可を受けなければ",
    "　ならない。",
    "２　市長は、管理上必要があると認めるときは、前項の許可に条件を",
    "　付することができる。",
)
CLAUSES = [
    "みなと市集会所条例",
    "（目的）",
    "第一条 この条例は、集会所の設置及び管理に関し必要な事項を定めるものとする。",
    "（使用の許可）",
    "第二条 集会所を使用しようとする者は、市長の許可を受けなければならない。",
    "２ 市長は、管理上必要があると認めるときは、前項の許可に条件を付することができる。",
]


def in_columns(
    sheet: Sheet, columns: tuple[str, ...], x: float, y: float, pitch: float = 1.18
) -> Sheet:
    """Set each character into a cell of its own, column by column to the left; 　 stays empty."""
    for at, column in enumerate(columns):
        for place, character in enumerate(column):
            if character != "　":
                sheet.say_down(character, x - 20 * at, round(y - place * pitch * 10.5, 2))
    return sheet


def in_one_cell(sheet: Sheet, parts: tuple[str, ...], x: float, y: float) -> Sheet:
    """Set one column; Latin digits stand side by side in one cell of it."""
    for part in parts:
        if part.isascii():
            sheet.say_latin(part, x - 3 * len(part), y - 9)
            y -= 11.5
            continue
        for character in part:
            sheet.say_down(character, x, round(y, 2))
            y -= 11.5
    return sheet


def paragraphs(text: EditionText) -> list[str]:
    """What each block of the first page says."""
    page = text.pages[0]
    return [page.text[block.start : block.end] for block in page.blocks]


def test_a_vertical_grid_is_read_clause_by_clause(tmp_path: Path) -> None:
    """On a page of cells every number belongs to its clause, and an empty cell is a space."""
    path = write(tmp_path / "grid.pdf", [in_columns(Sheet(), ORDINANCE, 530, 780)])

    assert CLAUSES == paragraphs(documents.read(path))
    assert "みなと市集会所条例" == documents.facts(path).title


def test_vertical_type_with_spaces_is_read_clause_by_clause(tmp_path: Path) -> None:
    """Columns that are one string each come out as those of cells do."""
    sheet = Sheet()
    for at, column in enumerate(ORDINANCE):
        sheet.say_down(column, 530 - 20 * at, 780)

    assert CLAUSES == paragraphs(documents.read(write(tmp_path / "set.pdf", [sheet])))


def test_two_tiers_are_read_one_after_the_other(tmp_path: Path) -> None:
    """The upper tier ends before the lower one begins; what is set across the top heads both."""
    sheet = Sheet().say("みなとだより　第五号", 72, 810, 16)
    in_columns(sheet, ("　庁舎は改修のため来月から仮庁舎に移", "ります。"), 530, 780, 1.05)
    in_columns(sheet, ("　窓口は午前九時に開きます。",), 490, 780, 1.05)
    in_columns(
        sheet, ("　陶器は第三水曜日に回収し、電池は支", "所へ持ちこんでください。"), 530, 400, 1.05
    )
    sheet.say("令和六年五月一日", 72, 40)

    assert [
        "みなとだより 第五号",
        "庁舎は改修のため来月から仮庁舎に移ります。",
        "窓口は午前九時に開きます。",
        "陶器は第三水曜日に回収し、電池は支所へ持ちこんでください。",
        "令和六年五月一日",
    ] == paragraphs(documents.read(write(tmp_path / "tiers.pdf", [sheet])))


def test_digits_in_one_cell_stay_in_their_column(tmp_path: Path) -> None:
    """Two digits side by side are read within their column, and marked where they stand."""
    sheet = Sheet()
    in_one_cell(sheet, ("投票の期日は令和六年", "10", "月", "25", "日とし、投票は"), 530, 780)
    in_one_cell(sheet, ("午前七時から午後八時までとする。",), 510, 780)
    path = write(tmp_path / "cells.pdf", [sheet])

    text = documents.read(path)

    assert "投票の期日は令和六年10月25日とし、投票は午前七時から午後八時までとする。\n" == text.text
    (box,) = text.boxes(10, 12)
    assert (524, 536) == (round(box.left), round(box.right))
    assert documents.facts(path).published is None


@pytest.mark.parametrize(
    "way, place",
    [pytest.param("0 1 -1 0", lambda at: (100 + 18 * at, 100), id="up the page"),
     pytest.param("0 -1 1 0", lambda at: (500 - 18 * at, 740), id="down the page")],
)  # fmt: skip
def test_a_page_set_on_its_side_is_read_along_its_lines(
    tmp_path: Path, way: str, place: Callable[[int], tuple[float, float]]
) -> None:
    """Text that runs up or down an upright page is no row of letters backwards."""
    clauses = (
        "第１条　この要綱は、集会所の使用に関し必要な事項を",
        "定めるものとする。",
        "第２条　使用料は、１時間につき３００円とする。",
    )
    sheet = Sheet()
    for at, clause in enumerate(clauses):
        sheet.say(clause, *place(at))
        sheet.drawn[-1] = sheet.drawn[-1].replace("1 0 0 1", way)
    sheet.say_latin("3", 290, 30)

    text = documents.read(write(tmp_path / "side.pdf", [sheet]))

    assert [
        "第１条 この要綱は、集会所の使用に関し必要な事項を定めるものとする。",
        "第２条 使用料は、１時間につき３００円とする。",
        "3",
    ] == paragraphs(text)
    (box,) = text.boxes(4, 14)
    assert (True, True) == (box.right - box.left < 14, 100 < box.top - box.bottom < 110)


def test_a_table_of_single_characters_is_not_vertical(tmp_path: Path) -> None:
    """A short label that stands upright beside text that is set across turns nothing."""
    sheet = Sheet()
    in_columns(sheet, ("申請者",), 60, 760)
    for at in range(6):
        sheet.say("窓口の受付は午前九時から午後五時までとする。", 90, 760 - 18 * at)

    assert paragraphs(documents.read(write(tmp_path / "label.pdf", [sheet])))[0] == "申請者"


def test_a_turned_page_of_few_words_is_no_row_of_letters_backwards(tmp_path: Path) -> None:
    """One line is enough to tell how a page lies."""
    sheet = Sheet(rotate=270).say("公用車の鍵は総務課で管理する。", 130, 700)

    assert (
        "公用車の鍵は総務課で管理する。\n"
        == documents.read(write(tmp_path / "few.pdf", [sheet])).text
    )
