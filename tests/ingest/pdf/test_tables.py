"""Cells between rules, and the heads of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.pages import Block, BlockKind, Page
from ingest.pdf import documents
from ingest.pdf.heads import heads
from ingest.pdf.tables import Table, tables
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [
    ["方式", "補助対象", "上限"],
    ["方式Ａ", "対象外", "なし"],
    ["方式Ｂ", "対象", "百万円"],
    ["方式Ｃ", "対象", "五十万円"],
]
HEADS = "方式 / 補助対象 / 上限"


def rules(
    *found: tuple[float, float, float, float],
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Rules as an array of shape (n, 4)."""
    return np.array(found, np.float32).reshape(-1, 4)


def grid(columns: int, rows: int) -> Table:
    """A table of squares of 100 by 20 points, its lower left corner at the origin."""
    right, top = 100.0 * columns, 20.0 * rows
    across = rules(*[(0, 20.0 * at, right, 20.0 * at) for at in range(rows + 1)])
    down = rules(*[(100.0 * at, 0, 100.0 * at, top) for at in range(columns + 1)])
    (found,) = tables(across, down)
    return found


def test_cells_come_row_by_row_from_the_top() -> None:
    """The first cell is the upper left one."""
    cells = grid(2, 3).cells

    assert [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)] == [
        (cell.top_row, cell.left_column) for cell in cells
    ]
    assert (0, 40, 100, 60) == (cells[0].left, cells[0].bottom, cells[0].right, cells[0].top)


def test_squares_without_a_rule_between_are_one_cell() -> None:
    """A cell may reach over two rows."""
    across = rules((0, 0, 200, 0), (0, 20, 200, 20), (100, 40, 200, 40), (0, 60, 200, 60))
    down = rules((0, 0, 0, 60), (100, 0, 100, 60), (200, 0, 200, 60))

    (table,) = tables(across, down)

    assert [(0, 1), (0, 0), (1, 1), (2, 2), (2, 2)] == [
        (cell.top_row, cell.bottom_row) for cell in table.cells
    ]


def test_rules_that_do_not_touch_are_two_tables() -> None:
    """Two grids on a page stay apart."""
    one = [(0.0, 20.0 * at, 200.0, 20.0 * at) for at in range(3)]
    two = [(0.0, 300 + 20.0 * at, 200.0, 300 + 20.0 * at) for at in range(3)]
    sides = [(100.0 * at, 0.0, 100.0 * at, 40.0) for at in range(3)]
    more = [(100.0 * at, 300.0, 100.0 * at, 340.0) for at in range(3)]

    assert 2 == len(tables(rules(*one, *two), rules(*sides, *more)))


def test_a_single_box_is_no_table() -> None:
    """A frame around text has no columns."""
    assert [] == tables(rules((0, 0, 9, 0), (0, 9, 9, 9)), rules((0, 0, 0, 9), (9, 0, 9, 9)))


@pytest.mark.parametrize(
    "first_row, expected",
    [
        pytest.param(
            ("方式", "補助対象"), {0: "方式", 1: "補助対象"}, id="short words head columns"
        ),
        pytest.param(("2024", "1,200円"), {}, id="figures do not"),
        pytest.param(("申請", "1,200"), {}, id="a word and a figure do not"),
        pytest.param(("区分", "対象となる経費は次のとおりである。"), {}, id="sentences do not"),
    ],
)
def test_what_heads_a_column(first_row: tuple[str, str], expected: dict[int, str]) -> None:
    """The first row heads the columns when it is made of short words."""
    said = [*first_row, "Ａ", "対象", "Ｂ", "対象外"]

    assert expected == heads(grid(2, 3), said)[0]


@pytest.mark.parametrize(
    "first_row, expected",
    [
        pytest.param(
            ("区分", "2023", "2024"), {0: "区分", 1: "2023", 2: "2024"}, id="years that count on"
        ),
        pytest.param(
            ("区分", "6月", "5月"), {0: "区分", 1: "6月", 2: "5月"}, id="months backwards"
        ),
        pytest.param(("申請", "1200", "1350"), {}, id="amounts"),
        pytest.param(("1", "2", "3"), {}, id="numbers without a word before them"),
    ],
)
def test_figures_that_count_on_head_columns(
    first_row: tuple[str, str, str], expected: dict[int, str]
) -> None:
    """Behind a word, years and other numbers that follow each other are heads."""
    said = [*first_row, "申請", "1,200", "1,350", "交付", "980", "1,020"]

    assert expected == heads(grid(3, 3), said)[0]


def test_a_title_across_the_table_is_no_head() -> None:
    """Where the first row has one filled cell, the second row heads the columns."""
    said = ["補助の一覧", "", "方式", "補助対象", "Ａ", "対象", "Ｂ", "対象外"]

    found, rows = heads(grid(2, 4), said)

    assert ({0: "方式", 1: "補助対象"}, frozenset({1})) == (found, rows)


def filled(rows: list[list[str]], *, top: float = 700) -> Sheet:
    """A page with the words of a table, three columns of 120 points, and no rule."""
    sheet = Sheet()
    for at, row in enumerate(rows):
        for cell, x in zip(row, (76, 196, 316), strict=False):
            sheet.say(cell, x, top - 24 * at - 16)
    return sheet


def rows_of(page: Page) -> list[tuple[str, str]]:
    """The text and the context of each row of a page."""
    rows: list[Block] = [block for block in page.blocks if block.kind is BlockKind.ROW]
    return [(page.text[row.start : row.end], row.context) for row in rows]


WANTED = [
    ("方式\t補助対象\t上限", ""),
    ("方式Ａ\t対象外\tなし", HEADS),
    ("方式Ｂ\t対象\t百万円", HEADS),
    ("方式Ｃ\t対象\t五十万円", HEADS),
]


@pytest.mark.parametrize(
    "inner",
    [pytest.param((192, 312), id="open sides"), pytest.param((), id="horizontal rules only")],
)
def test_a_table_without_all_its_rules_has_rows(tmp_path: Path, inner: tuple[int, ...]) -> None:
    """Rules at the sides, or all vertical ones, may be missing: rows know their heads all the same."""
    sheet = filled(ROWS)
    for at in range(5):
        sheet.rule(72, 700 - 24 * at, 432, 700 - 24 * at)
    for x in inner:
        sheet.rule(x, 700 - 24 * 4, x, 700)

    page = documents.read(write(tmp_path / "open.pdf", [sheet])).pages[0]

    assert WANTED == rows_of(page)


def test_a_table_without_any_rule_has_rows(tmp_path: Path) -> None:
    """Short words that stand in columns are read row by row, and the first row heads the others."""
    page = documents.read(write(tmp_path / "bare.pdf", [filled(ROWS)])).pages[0]

    assert WANTED == rows_of(page)


def test_a_table_of_three_rules_has_rows(tmp_path: Path) -> None:
    """Rules around the head and at the foot leave the rows between them apart."""
    sheet = filled(ROWS)
    for at in (0, 1, 4):
        sheet.rule(72, 700 - 24 * at, 432, 700 - 24 * at)

    page = documents.read(write(tmp_path / "three.pdf", [sheet])).pages[0]

    assert WANTED == rows_of(page)


@pytest.mark.parametrize(
    "left, right",
    [
        pytest.param("左の段の{}行目は途切れず続き", "右の段の{}行目は途切れず続き", id="prose"),
        pytest.param("左の段の{}行目が続き", "右の段の{}行目が続き", id="narrow prose"),
        pytest.param("・左の{}", "・右の{}", id="two lists"),
        pytest.param("左の文{}。", "右の文{}。", id="short sentences"),
    ],
)
def test_columns_without_rules_stay_columns(tmp_path: Path, left: str, right: str) -> None:
    """What stands side by side is no table where it is running text, a list or sentences."""
    sheet = Sheet()
    for row in range(5):
        sheet.say(left.format(row), 76, 700 - 20 * row).say(right.format(row), 310, 700 - 20 * row)

    page = documents.read(write(tmp_path / "columns.pdf", [sheet])).pages[0]

    assert [] == rows_of(page)
    assert page.text.index(left.format(4)) < page.text.index(right.format(0))


def test_wrapped_labels_side_by_side_are_no_rows(tmp_path: Path) -> None:
    """Labels of several lines each, as charts have them, stay whole."""
    sheet = Sheet()
    for row in range(3):
        sheet.say("影響がある"[row : row + 2], 76, 700 - 12 * row)
        sheet.say("影響がない"[row : row + 2], 200, 700 - 12 * row)

    page = documents.read(write(tmp_path / "labels.pdf", [sheet])).pages[0]

    assert [] == rows_of(page)


def test_rows_without_rules_and_heads_have_no_context(tmp_path: Path) -> None:
    """Without a rule a first row with figures, or of two words, is a row like the others."""
    sheet = filled([["申請", "10件"], ["交付", "8件"], ["返納", "2件"]])

    page = documents.read(write(tmp_path / "plain.pdf", [sheet])).pages[0]

    assert [("申請\t10件", ""), ("交付\t8件", ""), ("返納\t2件", "")] == rows_of(page)


def test_years_head_columns_without_rules(tmp_path: Path) -> None:
    """Years that count on are heads, though they are figures, and labels need none of their own."""
    sheet = Sheet()
    for at, year in enumerate(("令和5年度", "令和6年度", "令和7年度")):
        sheet.say(year, 250 + 90 * at, 760)
    for at, (label, *figures) in enumerate(
        [
            ("一般行政職", "212", "215", "219"),
            ("消防職", "64", "66", "67"),
            ("計", "276", "281", "286"),
        ]
    ):
        sheet.say(label, 80, 735 - 19 * at)
        for column, figure in enumerate(figures):
            sheet.say(figure, 258 + 90 * column, 735 - 19 * at)

    page = documents.read(write(tmp_path / "years.pdf", [sheet])).pages[0]

    heads = {page.text[b.start : b.end]: b.heads for b in page.blocks}
    assert ("", "令和5年度", "令和6年度", "令和7年度") == heads["消防職\t64\t66\t67"]


def test_a_table_without_a_rule_at_its_foot_has_its_last_row(tmp_path: Path) -> None:
    """What is drawn around a table is often too thick for a rule: its columns end together."""
    sheet = filled(ROWS)
    for at in range(4):
        sheet.rule(72, 700 - 24 * at, 432, 700 - 24 * at)
    for x in (72, 192, 312, 432):
        sheet.rule(x, 700 - 24 * 4, x, 700)

    page = documents.read(write(tmp_path / "foot.pdf", [sheet])).pages[0]

    assert WANTED == rows_of(page)


def test_columns_of_prose_between_rules_are_no_table(tmp_path: Path) -> None:
    """Two columns of running text are read one after the other, though rules stand between them."""
    sheet = Sheet()
    for y in (720, 600, 480):
        sheet.rule(72, y, 520, y)
    for row in range(14):
        for x, side in ((76, "左"), (310, "右")):
            y = (705 if row < 7 else 585) - 15 * (row % 7)
            sheet.say(f"{side}の段の{row:02}行目は途切れず続き", x, y)

    page = documents.read(write(tmp_path / "prose.pdf", [sheet])).pages[0]

    assert [] == rows_of(page)


def test_heads_are_written_with_their_spaces(tmp_path: Path) -> None:
    """The words of an English head stay apart."""
    sheet = Sheet().table(72, 700, [150, 150], 24, [["", ""], ["", ""], ["", ""]])
    for at, (left, right) in enumerate(
        [("Target date", "What it shows"), ("2025", "All"), ("2026", "Some")]
    ):
        sheet.say_latin(left, 76, 684 - 24 * at).say_latin(right, 226, 684 - 24 * at)

    page = documents.read(write(tmp_path / "english.pdf", [sheet])).pages[0]

    assert ("2025\tAll", "Target date / What it shows") == rows_of(page)[1]


def test_a_table_goes_on_overleaf_with_its_heads(tmp_path: Path) -> None:
    """Where a table goes on at the top of the next pages, its first heads still head its rows."""
    widths = [120.0, 120.0, 120.0]
    more = [["方式Ｄ", "対象外", "別に定める"], ["方式Ｅ", "対象", "なし"]]
    last = [["方式Ｆ", "対象外", "なし"], ["方式Ｇ", "対象", "一千万円"]]
    sheets = [
        Sheet().say("補助の対象は次の表のとおりである。", 72, 720).table(72, 700, widths, 24, ROWS),
        Sheet().table(72, 760, widths, 24, more),
        Sheet().table(72, 760, widths, 24, last),
    ]

    pages = documents.read(write(tmp_path / "long.pdf", sheets)).pages

    assert [("方式Ｄ\t対象外\t別に定める", HEADS), ("方式Ｅ\t対象\tなし", HEADS)] == rows_of(
        pages[1]
    )
    assert [("方式Ｆ\t対象外\tなし", HEADS), ("方式Ｇ\t対象\t一千万円", HEADS)] == rows_of(pages[2])


@pytest.mark.parametrize(
    "between, widths",
    [
        pytest.param("次の表は別の表である。", [120.0, 120.0, 120.0], id="words stand between"),
        pytest.param("", [100.0, 140.0, 120.0], id="its columns are others"),
    ],
)
def test_another_table_overleaf_has_its_own_heads(
    tmp_path: Path, between: str, widths: list[float]
) -> None:
    """A table that does not go on with the one before is headed by its own first row."""
    other = [["手順", "担当", "期限"], ["申請", "総務課", "四月"], ["交付", "会計課", "五月"]]
    sheets = [
        Sheet().table(72, 700, [120, 120, 120], 24, ROWS),
        Sheet().say(between, 72, 780).table(72, 760, widths, 24, other),
    ]

    pages = documents.read(write(tmp_path / "two.pdf", sheets)).pages

    assert ("申請\t総務課\t四月", "手順 / 担当 / 期限") == rows_of(pages[1])[1]


def spread(text: str, sheet: Sheet, x: float, y: float, width: float) -> None:
    """Set the characters of a label evenly over *width* points."""
    step = (width - 10.5) / (len(text) - 1)
    for at, character in enumerate(text):
        sheet.say(character, round(x + at * step, 2), y)


def test_labels_spread_over_their_width_stand_with_their_amounts(tmp_path: Path) -> None:
    """均等割付: labels below each other are read along the line, each with its amount and unit."""
    sheet = Sheet().say("第４条　広場の収入及び支出の予定額は、次のとおりと定める。", 72, 740)
    for at, (label, amount) in enumerate(
        [("使用料収入", "４，２００"), ("寄附金", "１５０"), ("雑入", "７３")]
    ):
        y = 716 - 18 * at
        sheet.say(f"第{'１２３'[at]}項", 72, y)
        spread(label, sheet, 130, y, 130)
        sheet.say(amount, 340, y)
    sheet.say("千円", 400, 716)

    page = documents.read(write(tmp_path / "spread.pdf", [sheet])).pages[0]

    assert [
        "第１項\t使用料収入\t４，２００\t千円",
        "第２項\t寄附金\t１５０",
        "第３項\t雑入\t７３",
    ] == [row.replace(" ", "") for row, _ in rows_of(page)]


def test_what_spans_rows_and_columns_counts_for_each(tmp_path: Path) -> None:
    """A fee that spans two rows is said in both, one that spans two columns is headed by both."""
    sheet = Sheet()
    for x in (72, 172, 372):
        sheet.rule(x, 620, x, 700)
    sheet.rule(272, 640, 272, 700)
    for y in (620, 640, 680, 700):
        sheet.rule(72, y, 372, y)
    sheet.rule(72, 660, 272, 660)
    for words, y in (
        (("種類", "窓口", "端末"), 686),
        (("全部", "三百円", ""), 666),
        (("一部", "二百円", ""), 646),
    ):
        for word, x in zip(words, (76, 176, 276), strict=True):
            if word:
                sheet.say(word, x, y)
    sheet.say("百円", 276, 656).say("除籍", 76, 626).say("四百円", 250, 626)

    page = documents.read(write(tmp_path / "spans.pdf", [sheet])).pages[0]

    assert [
        ("種類\t窓口\t端末", ""),
        ("全部\t三百円\t百円", "種類 / 窓口 / 端末"),
        ("一部\t二百円\t百円", "種類 / 窓口 / 端末"),
        ("除籍\t四百円", "種類 / 窓口・端末"),
    ] == rows_of(page)


def test_rows_that_no_rule_parts_are_rows(tmp_path: Path) -> None:
    """Amounts below each other in one ruled cell are a row each, with the label beside them."""
    sheet = Sheet()
    for x in (72, 232, 312, 392):
        sheet.rule(x, 600, x, 700)
    for y in (600, 676, 700):
        sheet.rule(72, y, 392, y)
    for at, row in enumerate(
        [
            ("用具", "貸出数", "残数"),
            ("大型の天幕", "１２", "３"),
            ("折畳机", "４０", "１５"),
            ("いす", "９６", "２０"),
        ]
    ):
        for word, x in zip(row, (76, 236, 316), strict=True):
            sheet.say(word, x, (684, 660, 636, 612)[at])

    page = documents.read(write(tmp_path / "unparted.pdf", [sheet])).pages[0]

    assert [
        ("用具\t貸出数\t残数", ""),
        ("大型の天幕\t１２\t３", "用具 / 貸出数 / 残数"),
        ("折畳机\t４０\t１５", "用具 / 貸出数 / 残数"),
        ("いす\t９６\t２０", "用具 / 貸出数 / 残数"),
    ] == rows_of(page)


def test_a_wrapped_cell_stays_one_row(tmp_path: Path) -> None:
    """Words that are wrapped in several cells of one row make one row, in the order of its cells."""
    sheet = Sheet().table(72, 700, [120, 120, 120], 40, [["担当", "事業", "金額"], ["", "", ""]])
    sheet.say("総務課", 76, 646).say("管財係", 76, 632).say("広場の", 196, 646).say(
        "補修", 196, 632
    )
    sheet.say("８４０", 316, 639)

    page = documents.read(write(tmp_path / "wrapped.pdf", [sheet])).pages[0]

    assert ("総務課管財係\t広場の補修\t８４０", "担当 / 事業 / 金額") == rows_of(page)[-1]


def test_rules_drawn_row_by_row_are_whole(tmp_path: Path) -> None:
    """A program draws the sides of each row, and between two rows a piece of three points."""
    sheet = Sheet()
    for row, (one, other) in enumerate((("区分", "本数"), ("大瓶", "六本"), ("小瓶", "九本"))):
        top = 700 - 24 * row
        for x in (72, 192, 312):
            sheet.rule(x, top - 20, x, top).rule(x, top - 24, x, top - 20)
        sheet.rule(72, top, 312, top).rule(72, top - 24, 312, top - 24)
        sheet.say(one, 76, top - 16).say(other, 196, top - 16)

    page = documents.read(write(tmp_path / "pieces.pdf", [sheet])).pages[0]

    assert [
        ("区分\t本数", ""),
        ("大瓶\t六本", "区分 / 本数"),
        ("小瓶\t九本", "区分 / 本数"),
    ] == rows_of(page)


def test_a_box_of_columns_has_the_rows_of_its_figures(tmp_path: Path) -> None:
    """No rule parts the rows, and a label over three lines stands around its figures."""
    sheet = Sheet().rule(72, 700, 392, 700).rule(72, 560, 392, 560)
    for x in (72, 232, 312, 392):
        sheet.rule(x, 560, x, 700)
    for lines, figures, middle in (
        (["公園の砂場"], ("12", "3"), 684),
        (["河川敷にある", "芝生の広場と", "その駐車場"], ("40", "15（注2）"), 646),
        (["体育館"], ("9.5", "1"), 608),
        (["道の駅の", "展望台"], ("20", "5"), 576),
    ):
        for at, line in enumerate(lines):
            sheet.say(line, 76, middle + 7 * (len(lines) - 1) - 14 * at)
        sheet.say(figures[0], 236, middle).say(figures[1], 316, middle)

    page = documents.read(write(tmp_path / "columns.pdf", [sheet])).pages[0]

    assert [
        "公園の砂場\t12\t3",
        "河川敷にある芝生の広場とその駐車場\t40\t15（注2）",
        "体育館\t9.5\t1",
        "道の駅の展望台\t20\t5",
    ] == [row.replace(" ", "") for row, _ in rows_of(page)]


def test_a_box_of_columns_of_prose_is_no_table(tmp_path: Path) -> None:
    """Words in ruled columns stay columns: nothing in them tells rows."""
    sheet = Sheet().rule(72, 700, 372, 700).rule(72, 600, 372, 600)
    for x in (72, 172, 272, 372):
        sheet.rule(x, 600, x, 700)
    for x, words in ((76, "山の紅葉"), (176, "川の流れ"), (276, "海の夕日")):
        for at, word in enumerate(words):
            sheet.say(word * 9, x, 680 - x / 40 - 20 * at)

    page = documents.read(write(tmp_path / "prose.pdf", [sheet])).pages[0]

    assert [] == rows_of(page)


def test_telephone_numbers_stand_with_whose_they_are(tmp_path: Path) -> None:
    """A list of offices and their numbers has rows, however long the numbers are."""
    sheet = Sheet()
    for at, office in enumerate(
        ("東部支所市民生活係", "西部支所地域振興担当係", "港支所市民生活係")
    ):
        sheet.say(office, 72, 700 - 18 * at).say(
            f"TEL：0120-44-567{at}（直通）", 300, 700 - 18 * at
        )

    page = documents.read(write(tmp_path / "offices.pdf", [sheet])).pages[0]

    assert [
        ("東部支所市民生活係\tTEL：0120-44-5670（直通）", ""),
        ("西部支所地域振興担当係\tTEL：0120-44-5671（直通）", ""),
        ("港支所市民生活係\tTEL：0120-44-5672（直通）", ""),
    ] == rows_of(page)
