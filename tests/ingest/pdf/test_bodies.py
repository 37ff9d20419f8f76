"""Tables whose rules are not all drawn, or drawn in pieces; signs far from their figures."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.pages import BlockKind
from ingest.pdf import documents
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.pages import Block, Page

EDGES = [72, 152, 252, 352, 452]
HEADS = ["施設", "大人", "子ども", "団体"]
ROWS = [
    ["体育館", "1,200", "600", "900"],
    ["市民プール", "480", "240", "360"],
    ["天文台", "310", "150", "230"],
]


def read(path: Path, sheet: Sheet) -> Page:
    """Read a page."""
    return documents.read(write(path / "page.pdf", [sheet])).pages[0]


def rows(page: Page) -> list[str]:
    """Return what the rows of a page say."""
    return [page.text[one.start : one.end] for one in _rows(page)]


def _rows(page: Page) -> list[Block]:
    return [one for one in page.blocks if one.kind is BlockKind.ROW]


def said(sheet: Sheet, cells: list[str], y: int) -> None:
    """Write the cells of a row, figures close to the right of their column."""
    for cell, left, right in zip(cells, EDGES[:-1], EDGES[1:], strict=True):
        figure = cell[-1].isdigit()
        sheet.say(cell, right - 8 - 10.5 * len(cell) if figure else left + 6, y)


def statistics(titles: tuple[str, ...] = ()) -> Sheet:
    """A box of heads, its columns ruled, and a rule at the foot of what they head."""
    sheet = Sheet()
    sheet.rule(72, 720, 452, 720).rule(72, 700, 452, 700)
    for edge in EDGES[1:-1]:
        sheet.rule(edge, 700, edge, 720)
    said(sheet, HEADS, 705)
    y = 700
    for title in titles or ("",):
        if title:
            y -= 24
            sheet.say(title, 240, y)
        for row in ROWS:
            y -= 20
            said(sheet, row, y)
    return sheet.rule(72, y - 12, 452, y - 12)


def test_figures_below_a_ruled_head_know_their_columns(tmp_path: Path) -> None:
    """The columns of the head go on though no rule is drawn through the figures."""
    page = read(tmp_path, statistics())

    assert ["\t".join(HEADS), *("\t".join(row) for row in ROWS)] == rows(page)
    assert [tuple(HEADS)] * 3 == [one.heads for one in _rows(page)[1:]]


def test_line_across_the_columns_says_what_the_rows_below_are_about(tmp_path: Path) -> None:
    """A title between rows parts the body; it heads each row below it."""
    page = read(tmp_path, statistics(("平日の利用者数", "休日の利用者数")))

    found = [one.context for one in _rows(page) if one.context]
    assert ["平日の利用者数"] * 3 + ["休日の利用者数"] * 3 == [
        context.split(" / ")[0] for context in found
    ]
    assert all("大人" in context for context in found)


def test_text_in_columns_below_a_box_is_no_table(tmp_path: Path) -> None:
    """Lines that run across the rules of the head stay text."""
    sheet = Sheet()
    sheet.rule(72, 720, 452, 720).rule(72, 700, 452, 700)
    for edge in EDGES[1:-1]:
        sheet.rule(edge, 700, edge, 720)
    said(sheet, HEADS, 705)
    words = "施設の利用料金は規則で定める額とし利用の日までに納める。"
    for at in range(4):
        sheet.say(words, 80, 680 - 16 * at)
    page = read(tmp_path, sheet.rule(72, 600, 452, 600))

    assert words in page.text
    assert not any(words in row for row in rows(page))


def test_rules_drawn_cell_by_cell_are_one_table(tmp_path: Path) -> None:
    """Spreadsheets draw a rule once for each of their own columns, however narrow.

    Between the rules at the sides of a cell stand pieces that touch none of them.
    """
    sheet = Sheet()
    for y in (720, 690, 660, 630):
        for left, right in pairwise((72, 192, 312)):
            for piece in range(left + 4, right - 4, 28):
                sheet.rule(piece, y, piece + 28, y)
            sheet.rule(left, y, left + 4, y).rule(right - 4, y, right, y)
    for edge in (72, 192, 312):
        sheet.rule(edge, 630, edge, 720)
    for at, row in enumerate(
        (["窓口", "受付時間"], ["市民課", "朝８時半から"], ["税務課", "朝９時から"])
    ):
        sheet.say(row[0], 80, 701 - 30 * at).say(row[1], 200, 706 - 30 * at)
    sheet.say("（平日のみ）", 200, 665)

    page = read(tmp_path, sheet)

    assert ["窓口\t受付時間", "市民課\t朝８時半から（平日のみ）", "税務課\t朝９時から"] == rows(
        page
    )


def written_down(sheet: Sheet, words: str, right: float, top: float, length: int) -> None:
    """Write words down a cell character by character, the second column left of the first."""
    for at, character in enumerate(words):
        column, place = divmod(at, length)
        sheet.say(character, right - 9.2 * (column + 1), top - 9.2 * (place + 1), 8)


def test_heads_that_are_written_down_the_cell_are_read_from_the_right(tmp_path: Path) -> None:
    """Columns of characters that stand as close beside as below each other are not mixed."""
    sheet = Sheet().say("問２　制度の導入で、期待することは何ですか。", 72, 780)
    sheet.say("あてはまるものを選んで、番号に○をつけてください。", 72, 760)
    heads = ["証明書が窓口でなくても取れること", "手続きのときの待ち時間が短いこと"]
    for y in (720, 620, 600, 580):
        sheet.rule(72, y, 372, y)
    for x in (72, 172, 272, 372):
        sheet.rule(x, 580, x, 720)
    sheet.say("区分", 80, 665)
    for at, head in enumerate(heads):
        written_down(sheet, head, 250 + 100 * at, 715, 8)
    for at, row in enumerate((["全体", "54.4", "33.2"], ["男性", "53.3", "35.6"])):
        for cell, x in zip(row, (80, 200, 300), strict=True):
            sheet.say(cell, x, 605 - 20 * at)

    page = read(tmp_path, sheet)

    assert [("区分", *heads)] * 2 == [one.heads for one in _rows(page)[1:]]


def test_sign_belongs_to_the_figure_after_it(tmp_path: Path) -> None:
    """△ at the left of a column is close to the figure of the one before."""
    sheet = Sheet()
    for at, (label, one, other) in enumerate(
        (("東区", "512", "53"), ("西区", "430", "191"), ("南区", "268", "6"))
    ):
        y = 700 - 18 * at
        sheet.say(label, 72, y)
        sheet.say(one, 180 - 10.5 * len(one), y)
        sheet.say("△", 185, y).say(other, 235 - 10.5 * len(other), y)

    page = read(tmp_path, sheet)

    assert ["東区\t512\t△ 53", "西区\t430\t△ 191", "南区\t268\t△ 6"] == rows(page)
