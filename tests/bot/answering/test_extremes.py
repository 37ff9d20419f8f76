"""Figures under their heads, and the rows of a table that decide a superlative or a total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.answering.extremes import deciding
from bot.answering.lines import Line, Reader, unit_of_head
from bot.asking.intent import Kind, Want
from ingest.language.numbers import Kind as Figures
from ingest.pages import Block, BlockKind, EditionText
from tests.fakes import FakeLibrary, edition, page

HEADS = ("施設", "利用者数", "稼働率")
ROWS = (("北会館", "310", "41.5"), ("南会館", "95", "70.2"), ("港会館", "128", "12"))


def lines(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Line, ...]:
    """Return the lines of a page that holds one table."""
    written = ["\t".join(one) for one in (heads, *rows)]
    blocks: list[Block] = []
    at = 0
    for line in written:
        under = tuple(heads) if blocks else ()
        blocks.append(Block(at, at + len(line), BlockKind.ROW, 10.0, " / ".join(under), under))
        at += len(line) + 1
    text = EditionText((replace(page(1, "\n".join(written)), blocks=tuple(blocks)),))
    hall = edition("halls", title="会館の利用")
    return Reader().page(FakeLibrary({hall: text}), hall, 1)


def decided(want: Want, words: Sequence[str], rows: Sequence[Sequence[str]] = ROWS) -> list[str]:
    """Return the labels of the rows that decide."""
    found = lines(HEADS, rows)
    places = deciding(found, dict.fromkeys(words, 1.0), [want], Reader())
    return [found[at].text.split("\t")[0] for at in sorted(places)]


@pytest.mark.parametrize(
    "want, words, expected",
    [
        pytest.param(Want(Kind.EXTREME, "most", top=1), ["利用"], ["北会館"], id="most"),
        pytest.param(Want(Kind.EXTREME, "least", top=1), ["利用"], ["南会館"], id="least"),
        pytest.param(Want(Kind.EXTREME, "most", top=1), ["稼働"], ["南会館"], id="other column"),
        pytest.param(Want(Kind.EXTREME, "most", top=2), ["利用"], ["北会館", "港会館"], id="two"),
        pytest.param(Want(Kind.EXTREME, "most", top=1), ["面積"], [], id="no such column"),
    ],
)
def test_the_utmost_of_the_column_that_is_asked_about(
    want: Want, words: list[str], expected: list[str]
) -> None:
    """The head that says what the question says tells the column."""
    assert expected == decided(want, words)


def test_a_row_without_a_figure_leaves_the_utmost_open() -> None:
    """What was not read as a number might be more."""
    rows = (*ROWS, ("東会館", "調査中", "20"))

    assert [] == decided(Want(Kind.EXTREME, "most", top=1), ["利用"], rows)


@pytest.mark.parametrize("label", ["計", "合　計"])
def test_totals_decide_totals_and_nothing_else(label: str) -> None:
    """The row 計 is the largest, and no hall; its letters may be spread."""
    rows = (*ROWS, (label, "533", "38"))

    assert [label] == decided(Want(Kind.TOTAL), ["利用"], rows)
    assert ["北会館"] == decided(Want(Kind.EXTREME, "most", top=1), ["利用"], rows)


@pytest.mark.parametrize(
    "head, unit",
    [
        ("登録件数", "件"),
        ("世 帯 数", "世帯"),
        ("負担率（②／①）", "%"),
        ("小数", ""),
        ("備考", ""),
    ],
)
def test_a_head_tells_what_its_figures_count(head: str, unit: str) -> None:
    """The word before 数 where it counts something; shares are of a hundred."""
    assert unit == unit_of_head(head)


def test_a_bare_figure_counts_what_its_head_says() -> None:
    """310 under 利用者数（人） are people, 41.5 under 稼働率 is a share."""
    found = lines(("施設", "利用者（人）", "稼働率"), ROWS)[1]

    assert [(Figures.PEOPLE, "人", 310), (Figures.SHARE, "%", 41.5)] == [
        (figure.kind, figure.unit, float(figure.value or 0)) for figure in found.figures
    ]
