"""PDFium is asked about any number of things with one small block of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.pdf import documents
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path


def test_every_character_of_a_crowded_page_has_its_own_box(tmp_path: Path) -> None:
    """60 lines of 40 characters are 2,400, more than the 2,048 that are asked about at once."""
    sheet = Sheet()
    for at in range(60):
        sheet.say("職" * 40, 72, 800 - 12 * at, 10)

    page = documents.read(write(tmp_path / "page.pdf", [sheet])).pages[0]

    printed = page.boxes[page.source >= 0]
    assert (2_400, 2_400) == (len(printed), len(set(map(tuple, printed.tolist()))))
    last = printed[printed[:, 1].argsort(kind="stable")[39]].tolist()
    assert [72 + 39 * 10, 72 + 40 * 10] == [round(last[0]), round(last[2])]
    assert last[1] < 800 - 12 * 59 < last[3]


def test_every_rule_of_a_crowded_page_counts(tmp_path: Path) -> None:
    """A table in a page of 2,200 other drawings is still a table: its rules come last."""
    sheet = Sheet()
    for at in range(2_200):
        sheet.rule(40, 20 + at / 100, 42, 20 + at / 100)
    sheet.table(72, 700, [120, 120], 24, [["区分", "金額"], ["甲", "百円"], ["乙", "千円"]])

    page = documents.read(write(tmp_path / "page.pdf", [sheet])).pages[0]

    assert ["区分\t金額", "甲\t百円", "乙\t千円"] == page.text.split("\n")
