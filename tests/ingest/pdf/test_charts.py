"""What stands in charts, maps and diagrams: labels, and no rows or sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.pages import BlockKind
from ingest.pdf import documents
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.pages import Page


def read(path: Path, sheet: Sheet) -> Page:
    """Read a page."""
    return documents.read(write(path / "page.pdf", [sheet])).pages[0]


def of(page: Page, kind: BlockKind) -> list[str]:
    """Return the texts of the blocks of a kind."""
    return [page.text[one.start : one.end] for one in page.blocks if one.kind is kind]


def bars(sheet: Sheet, values: tuple[float, ...], *, axis: int = 500) -> None:
    """Draw a chart: an axis with ticks, bars with their values above and labels down below."""
    for tick in range(6):
        height = axis + 24 * tick
        sheet.say(str(10 * tick), 84, height - 4, 7)
        sheet.rule(100, height, 460, height)
    for at, value in enumerate(values):
        left, top = 120 + 60 * at, axis + 2.4 * value
        sheet.rule(left, axis, left, top).rule(left + 30, axis, left + 30, top)
        sheet.rule(left, top, left + 30, top)
        sheet.say(f"{value}", left + 8, top + 3, 7)


def test_labels_of_a_chart_are_no_rows(tmp_path: Path) -> None:
    """Ticks, values and labels that are written downwards: none stands in a row with others."""
    sheet = Sheet().say("影響が生じた理由をみると、次の図のとおりである。", 72, 760)
    bars(sheet, (48.5, 31.0, 12.5, 7.0, 3.5))
    sheet.say("②　取組と効果", 84, 632, 9)
    for at, words in enumerate(
        ("行事の中止", "時短の要請", "来客の減少", "販路がない", "そのほか")
    ):
        sheet.say_down(words, 132 + 60 * at, 488, 7)

    page = read(tmp_path, sheet)

    assert [] == of(page, BlockKind.ROW)
    assert ["影響が生じた理由をみると、次の図のとおりである。"] == of(page, BlockKind.TEXT)
    assert ["② 取組と効果"] == of(page, BlockKind.ITEM) + of(page, BlockKind.HEADING)
    labels = "\n".join(of(page, BlockKind.IMAGE))
    assert all(one in labels for one in ("行事の中止", "販路がない", "48.5", "3.5"))


def test_label_down_the_page_is_read_from_the_right(tmp_path: Path) -> None:
    """A label of two short lines stays one, in the order in which people read it."""
    sheet = Sheet()
    bars(sheet, (48.5, 31.0, 12.5))
    for at in range(3):
        sheet.say_down("行事を開い", 140 + 60 * at, 488, 7).say_down(
            "ていない", 131 + 60 * at, 488, 7
        )

    page = read(tmp_path, sheet)

    assert 3 == of(page, BlockKind.IMAGE).count("行事を開いていない")


def test_boxes_that_lines_lead_to_are_read_one_by_one(tmp_path: Path) -> None:
    """A map with boxes around it: each says what it says, and no line goes across."""
    sheet = Sheet()
    for at, (place, thing) in enumerate(
        (("東村", "綿織物"), ("西町", "毛織物"), ("南市", "絹織物"), ("北郡", "麻織物"))
    ):
        x, y = 72 + 260 * (at % 2), 700 - 110 * (at // 2) - 18 * (at % 2)
        sheet.box(x, y - 40, 120, 52).say(place, x + 8, y, 9).say(
            f"特産は{thing}", x + 8, y - 16, 9
        )
        for line in range(3):
            sheet.rule(x + 120 - 120 * (at % 2), y - 6 - 9 * line, 240 + 7 * line, y - 6 - 9 * line)
            sheet.rule(240 + 7 * line, y - 6 - 9 * line, 240 + 7 * line, 600)

    page = read(tmp_path, sheet)

    assert [] == of(page, BlockKind.ROW)
    for place, thing in (
        ("東村", "綿織物"),
        ("西町", "毛織物"),
        ("南市", "絹織物"),
        ("北郡", "麻織物"),
    ):
        assert f"{place}\n特産は{thing}" in page.text


def test_figures_that_go_on_evenly_beside_words_stay_a_table(tmp_path: Path) -> None:
    """Steps of ten in the first column of a table are no axis."""
    sheet = Sheet()
    for at in range(5):
        sheet.say(f"{10 * (at + 1)}", 76, 700 - 24 * at)
        sheet.say(f"勤続{10 * (at + 1)}年の者", 176, 700 - 24 * at)
        sheet.say(f"{3 * at + 5}日", 310, 700 - 24 * at)

    page = read(tmp_path, sheet)

    assert [] == of(page, BlockKind.IMAGE)
    assert "30\t勤続30年の者\t11日" in of(page, BlockKind.ROW)


def test_text_in_a_decorated_box_stays_text(tmp_path: Path) -> None:
    """Rules that only decorate make neither a table nor labels of what they surround."""
    sheet = Sheet()
    for x, y, wide in ((60, 720, 200), (60, 712, 192), (60, 600, 300), (66, 606, 300)):
        sheet.rule(x, y, x + wide, y)
    for x, y in ((60, 600), (66, 606), (260, 640), (252, 632)):
        sheet.rule(x, y, x, y + 80)
    sheet.say("記録の保存方法を決めましょう", 76, 690)
    sheet.say("入荷の記録は三年間保存する。", 76, 670).say("出荷の記録も同じである。", 76, 652)

    page = read(tmp_path, sheet)

    assert [] == of(page, BlockKind.ROW) + of(page, BlockKind.IMAGE)
    assert "入荷の記録は三年間保存する。" in page.text
