"""Cells between rules, and the heads of columns."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.tables import Table, heads, tables


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
        pytest.param(("区分", "対象となる経費は次のとおりである。"), {}, id="sentences do not"),
    ],
)
def test_what_heads_a_column(first_row: tuple[str, str], expected: dict[int, str]) -> None:
    """The first row heads the columns when it is made of short words."""
    said = [*first_row, "Ａ", "対象", "Ｂ", "対象外"]

    assert expected == heads(grid(2, 3), said)[0]


def test_a_title_across_the_table_is_no_head() -> None:
    """Where the first row has one filled cell, the second row heads the columns."""
    said = ["補助の一覧", "", "方式", "補助対象", "Ａ", "対象", "Ｂ", "対象外"]

    found, rows = heads(grid(2, 4), said)

    assert ({0: "方式", 1: "補助対象"}, frozenset({1})) == (found, rows)
