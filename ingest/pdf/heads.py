"""What heads the columns of a table: short words above it, or years and months that count on."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.tables import Table

_LEAST_LINES, _LEAST_ROWS, _SEVERAL = 3, 2, 2
_LONGEST_HEAD, _LONGEST_OVER_FIGURES = 40, 100
_DEEPEST_HEAD = 4
_FIGURES = re.compile(r"[\d０-９,，.．%％△▲\-－―~〜～()（）円件人社万億千\s]+")
_DIGIT = re.compile(r"\d")
_COUNTED = re.compile(
    r"(?:令和|平成|昭和|[RHS])?(\d{1,4}|元)(?:年度?|月|期|回|人|等級|級)?(?:末|[(（][^()（）]{1,8}[)）])?"
)


def heads(table: Table, said: Sequence[str]) -> tuple[dict[int, str], frozenset[int]]:
    """Return the head of each column, and the rows that only head others.

    *said* is the text of each cell. The first row with two cells or more heads the columns when
    they are short words, not figures; below a head that spans columns the next row says more.
    """
    rows: dict[int, list[int]] = {}
    for at, cell in enumerate(table.cells):
        if said[at]:
            rows.setdefault(cell.top_row, []).append(at)
    taken = _head_rows(table, said, rows)
    if not taken or len(rows) <= len(taken) + (not _tells_apart(rows, taken, said)):
        return {}, frozenset()
    found: dict[int, list[str]] = {}
    for at in (at for row in taken for at in rows[row]):
        cell = table.cells[at]
        for column in range(cell.left_column, cell.right_column + 1):
            found.setdefault(column, []).append(said[at])
    return {column: " ".join(words) for column, words in found.items()}, frozenset(taken)


def _tells_apart(rows: dict[int, list[int]], taken: list[int], said: Sequence[str]) -> bool:
    """Whether a single row below the heads is told from them by figures, or by three columns."""
    below = [at for row, members in rows.items() if row > taken[-1] for at in members]
    return len(below) >= _LEAST_LINES or any(_DIGIT.search(said[at]) for at in below)


def _head_rows(table: Table, said: Sequence[str], rows: dict[int, list[int]]) -> list[int]:
    """The rows at the top that head columns; a title across the table may stand above them."""
    taken: list[int] = []
    headed: set[int] = set()
    spanned = False
    for row in sorted(rows)[:_DEEPEST_HEAD]:
        members = [table.cells[at] for at in rows[row]]
        columns = {
            column for cell in members for column in range(cell.left_column, cell.right_column + 1)
        }
        if len(members) == 1 and not taken:
            continue
        words = [said[at] for at in rows[row] if not _over_figures(table, said, at)]
        if len(members) == 1 or not _heading_row(words):
            break
        # Below a row that heads each column by itself only what stands in columns without a head.
        if taken and not spanned and headed & columns:
            break
        taken.append(row)
        headed |= columns
        spanned = any(cell.left_column < cell.right_column for cell in members)
    return taken


def _over_figures(table: Table, said: Sequence[str], at: int) -> bool:
    """Whether a cell says more than a short head, and nothing but figures stand in its column."""
    head = table.cells[at]
    if not _LONGEST_HEAD < len(said[at]) <= _LONGEST_OVER_FIGURES or "。" in said[at]:
        return False
    below = [
        said[other]
        for other, cell in enumerate(table.cells)
        if cell.top_row > head.bottom_row
        and cell.left_column <= head.right_column
        and cell.right_column >= head.left_column
        and said[other]
    ]
    return len(below) >= _LEAST_ROWS and all(map(_FIGURES.fullmatch, below))


def _heading_row(words: list[str]) -> bool:
    """Whether the words of a row may head columns: no figures, unless they count on behind a word.

    区分, 2023, 2024 heads columns; 申請, 1,200, 1,350 is a row like any other.
    """
    if all(may_head(word) for word in words):
        return True
    return may_head(words[0]) and count_on(words[1:])


def count_on(words: Sequence[str]) -> bool:
    """Whether words are years, months or the like, each the next of the one before."""
    found = [_COUNTED.fullmatch(word) for word in words]
    numbers = [1 if one.group(1) == "元" else int(one.group(1)) for one in found if one]
    return len(numbers) == len(words) >= _SEVERAL and (
        {after - before for before, after in pairwise(numbers)} in ({1}, {-1})
    )


def may_head(text: str) -> bool:
    """Whether words are short enough to head others, and neither figures nor a sentence."""
    return len(text) <= _LONGEST_HEAD and not _FIGURES.fullmatch(text) and "。" not in text
