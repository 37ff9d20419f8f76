"""The lines of one page as columns, boxes and table rows, in reading order.

Coordinates are points from the lower left corner of the page as shown.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf import charts
from ingest.pdf.bands import has_rows, parted
from ingest.pdf.columns import Unit, around, around_lines, columns, ordered
from ingest.pdf.drafts import BLANK, gaps_in, needs_space, spelled
from ingest.pdf.heads import heads, may_head
from ingest.pdf.lines import LONG_LINE, made, together
from ingest.pdf.rows import is_value, leveled, rows
from ingest.pdf.tables import Columns, charted, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.pdf.lines import Glyphs, Line, Shapes
    from ingest.pdf.tables import Cell, Table

_LEAST_VERTICAL = 8
_LARGER = 1.15
_TOUCH, _GAP = 0.5, 0.25
_WHOLE_ROW = 0.9
_LONGEST_HEAD = 40
_LONGEST_ROW = 220
_ALIKE = 1.25


def units(
    found: Sequence[Line], shapes: Shapes, glyphs: Glyphs, before: Columns | None = None
) -> list[Unit]:
    """Return the page's columns, labels, framed boxes and table rows in reading order.

    A frame is read as a whole: what stands in it is never mixed with what stands beside it. A
    ruled table is read row by row, and each row knows the heads of its columns. *before* is the
    table at the end of the page before, as `unfinished` gives it: one at the top of this page
    with the same columns goes on with its heads. *glyphs* are those that the lines are made of.
    """
    grids = tables(shapes.across, shapes.down, _places(found))
    in_grid, free = _in_grids(found, grids)
    drawn = [
        charted(grid, [[is_value(line.text) for line in cell] for cell in cells])
        for grid, cells in zip(grids, in_grid, strict=True)
    ]
    bars = [
        chart or not has_rows(grid, cells)
        for chart, grid, cells in zip(drawn, grids, in_grid, strict=True)
    ]
    diagrams = [
        (grid.left, grid.bottom, grid.right, grid.top)
        for grid, chart in zip(grids, drawn, strict=True)
        if chart
    ]
    grids = [grid for grid, bar in zip(grids, bars, strict=True) if not bar]
    if any(bars) or grids:
        in_grid, free = _in_grids(_cut(found, grids, glyphs), grids)
    charts.label(free, diagrams, shapes)
    highest = max([line.top for line in free] + [grid.top for grid in grids], default=0.0)
    made_tables = []
    for grid, cells in zip(grids, in_grid, strict=True):
        if any(cells):
            goes_on = before is not None and grid.top >= highest and before.fit(grid)
            made_tables.append(
                (grid, _table(grid, cells, shapes, glyphs, before if goes_on else None))
            )
    held: dict[int, list[Line]] = {}
    for line in free:
        held.setdefault(line.frame, []).append(line)
    homes = [_home(grid, shapes.frames) for grid, _ in made_tables]
    used = sorted({frame for frame in [*held, *homes] if frame >= 0})
    within = _nesting(used, shapes.frames)
    _let_out(held, within)
    whole: dict[int, Unit] = {}
    for frame in [*within, -1]:
        lines, inside = _unruled(held.get(frame, []))
        inside.extend(columns(lines, shapes))
        inside.extend(whole[child] for child, parent in within.items() if parent == frame)
        inside.extend(
            unit for (_, unit), home in zip(made_tables, homes, strict=True) if home == frame
        )
        whole[frame] = around(ordered([unit for unit in inside if unit.lines or unit.inside]))
    return whole[-1].inside


def _let_out(held: dict[int, list[Line]], within: dict[int, int]) -> None:
    """Count an amount alone in its frame, as the bars of charts are, to what is around it."""
    for frame, parent in within.items():
        lines = held.get(frame, ())
        if len(lines) == 1 and is_value(lines[0].text) and frame not in within.values():
            held.setdefault(parent, []).extend(held.pop(frame))


def _unruled(found: list[Line]) -> tuple[list[Line], list[Unit]]:
    """What stands in no table without rules, and those tables."""
    units: list[Unit] = []
    taken: set[int] = set()
    for table in rows(found):
        taken.update(id(line) for row in table for line in row.lines())
        units.append(around([_row(row.cells, _heading(*row.head), row.head) for row in table]))
    return [line for line in found if id(line) not in taken], units


def unfinished(found: Sequence[Unit]) -> Columns | None:
    """The columns of the table that a page ends with, if it does: it may go on overleaf."""
    last = found[-1] if found else None
    while last is not None and last.columns is None and last.inside:
        last = last.inside[-1]
    return last.columns if last is not None else None


def _places(found: Sequence[Line]) -> NDArray[np.float32]:
    places = [(line.left, line.bottom, line.right, line.top) for line in found]
    return np.array(places, np.float32).reshape(-1, 4)


def _cut(found: Sequence[Line], grids: Sequence[Table], glyphs: Glyphs) -> list[Line]:
    """The lines, with figures of several cells that were read as one line cut at their edges."""
    cut: list[Line] = []
    for line in found:
        pieces = _pieces(line, grids, glyphs) if line.upright and not line.pictured else [line]
        cut.extend(pieces)
    return cut


def _pieces(line: Line, grids: Sequence[Table], glyphs: Glyphs) -> list[Line]:
    middle = (line.bottom + line.top) / 2
    reach = _TOUCH * line.size
    edges = [
        cell.left
        for grid in grids
        if grid.left < line.right and grid.right > line.left and grid.bottom < middle < grid.top
        for cell in grid.cells
        if cell.bottom < middle < cell.top and line.left + reach < cell.left < line.right - reach
    ]
    if not edges:
        return [line]
    left, _, right, _ = glyphs.boxes[line.glyphs].T
    column = np.searchsorted(sorted(edges), (left + right) / 2)
    begins = np.flatnonzero(np.diff(column, prepend=-1))
    if len(begins) < 2 or (left[begins[1:]] - right[begins[1:] - 1] < _GAP * line.size).any():
        return [line]
    pieces = made(line.glyphs, begins, glyphs)
    if not all(is_value(piece.text) for piece in pieces):
        return [line]
    for piece in pieces:
        piece.frame = line.frame
    return pieces


def _in_grids(
    found: Sequence[Line], grids: list[Table]
) -> tuple[list[list[list[Line]]], list[Line]]:
    """Sort lines into the cells of tables; the rest stands free."""
    cells: list[list[list[Line]]] = [[[] for _ in grid.cells] for grid in grids]
    free: list[Line] = []
    for line in found:
        x, y = (line.left + line.right) / 2, (line.bottom + line.top) / 2
        place = next(
            (
                cells[at][index]
                for at, grid in enumerate(grids)
                if grid.left < x < grid.right and grid.bottom < y < grid.top
                for index, cell in enumerate(grid.cells)
                if cell.left < x < cell.right and cell.bottom < y < cell.top
            ),
            None,
        )
        (free if place is None else place).append(line)
    return cells, free


def _home(grid: Table, frames: NDArray[np.float32]) -> int:
    """The smallest frame that is clearly larger than a table and holds it, or -1."""
    if not len(frames):
        return -1
    holds = (
        (frames[:, 0] < grid.left + 2)
        & (frames[:, 1] < grid.bottom + 2)
        & (frames[:, 2] > grid.right - 2)
        & (frames[:, 3] > grid.top - 2)
    )
    area = (frames[:, 2] - frames[:, 0]) * (frames[:, 3] - frames[:, 1])
    holds &= area > _LARGER * (grid.right - grid.left) * (grid.top - grid.bottom)
    return int(np.where(holds, area, np.inf).argmin()) if holds.any() else -1


def _table(
    grid: Table,
    cells: list[list[Line]],
    shapes: Shapes,
    glyphs: Glyphs,
    before: Columns | None,
) -> Unit:
    """A table: its rows as units, or its cells where a row says too much for one breath.

    *before* is the table that it goes on with.
    """
    grid, cells = parted(grid, cells)
    cells = [_along(lines, glyphs) for lines in cells]
    units_of = [ordered(columns(lines, shapes)) for lines in cells]
    in_order = [[line for unit in units for line in unit.lines] for units in units_of]
    said = [_written(lines, glyphs) for lines in in_order]
    head_of, head_rows = heads(grid, said)
    # Where the heads are said again the page has its own; no other row may stand for them.
    if before is not None and set(head_of.values()).isdisjoint(before.heads.values()):
        head_of, head_rows = before.heads, frozenset()
    table = around(_rows(grid, units_of, in_order, said, head_of, head_rows))
    table.columns = Columns(grid.edges, head_of) if head_of else None
    return table


def _along(cell: list[Line], glyphs: Glyphs) -> list[Line]:
    """The lines of a cell, with what stands on one level as one line, but for columns of text."""
    if len(cell) < 2 or not all(line.upright for line in cell):
        return cell
    levels = leveled(cell)
    if len(levels) == len(cell) or any(
        sum(len(line.text) >= LONG_LINE for line in level) > 1 for level in levels
    ):
        return cell
    for level in levels:
        for line in level[1:]:
            glyphs.spaced[line.glyphs[0]] = max(1, glyphs.spaced[line.glyphs[0]])
    whole = [level[0] for level in levels if len(level) == 1]
    joined = together([level for level in levels if len(level) > 1], glyphs)
    for line, level in zip(joined, (level for level in levels if len(level) > 1), strict=True):
        line.frame = level[0].frame
    return whole + joined


def _written(cell: Sequence[Line], glyphs: Glyphs) -> str:
    """The words of a cell, with the spaces between them where it is short enough to head others."""
    raw = "".join(line.text for line in cell)
    if not raw or len(raw) > _LONGEST_HEAD or _FULL_ONLY.fullmatch(raw):
        return raw
    if not any(glyphs.spaced[line.glyphs[1:]].any() for line in cell) and not any(
        needs_space(above.text, line.text) for above, line in pairwise(cell)
    ):
        return raw
    order = [cell[0].glyphs]
    begins = [0]
    length = len(cell[0].glyphs)
    for above, line in pairwise(cell):
        if needs_space(above.text, line.text):
            order.append(BLANK)
            length += 1
        begins.append(length)
        order.append(line.glyphs)
        length += len(line.glyphs)
    whole = np.concatenate(order)
    gaps = gaps_in(glyphs, whole, np.array(begins), np.array([line.upright for line in cell]))
    return spelled(glyphs, whole, gaps).text


_FULL_ONLY = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]+|[0-9.,%]+")


def _rows(
    grid: Table,
    units_of: list[list[Unit]],
    in_order: list[list[Line]],
    said: list[str],
    head_of: dict[int, str],
    head_rows: frozenset[int],
) -> list[Unit]:
    """The rows of a table in order, each under its heads."""
    found: list[Unit] = []
    under = ""
    for row in sorted({cell.top_row for cell in grid.cells}):
        own = [at for at, cell in enumerate(grid.cells) if cell.top_row == row and in_order[at]]
        if not own:
            continue
        if row in head_rows:
            found.append(_row([in_order[at] for at in own], ""))
            continue
        alone = grid.cells[own[0]]
        whole = alone.right - alone.left > _WHOLE_ROW * (grid.right - grid.left)
        if len(own) == 1 and whole and may_head(said[own[0]]):
            under = said[own[0]]
            found.append(_row([in_order[own[0]]], ""))
            continue
        # What spans rows counts for each of them, and is said in each.
        members = sorted(
            {
                *own,
                *(
                    at
                    for at, cell in enumerate(grid.cells)
                    if cell.top_row < row <= cell.bottom_row
                    and cell.top_row not in head_rows
                    and 0 < len(said[at]) <= _LONGEST_HEAD
                ),
            },
            key=lambda at: grid.cells[at].left_column,
        )
        over = [_over_cell(grid.cells[at], head_of) for at in members]
        if sum(len(said[at]) for at in members) <= _LONGEST_ROW and not any(
            _has_items(in_order[at]) for at in members
        ):
            context = _heading(under, *over)
            found.append(_row([in_order[at] for at in members], context, over))
            continue
        first = said[members[0]] if len(said[members[0]]) <= _LONGEST_HEAD else ""
        for at, column in zip(members, over, strict=True):
            if at not in own:
                continue
            above = first if at != members[0] else ""
            for unit in units_of[at]:
                unit.context = _heading(under, above, column)
                found.append(unit)
    return found


def _over_cell(cell: Cell, head_of: dict[int, str]) -> str:
    """What heads a cell: each of the columns that it spans."""
    every = (head_of.get(at, "") for at in range(cell.left_column, cell.right_column + 1))
    return "・".join(dict.fromkeys(word for word in every if word))


def _heading(*words: str) -> str:
    """What heads a row or cell, from the outside in; the same twice in a row counts once."""
    said = [word for word in words if word]
    return " / ".join(word for at, word in enumerate(said) if not at or word != said[at - 1])


def _row(cells: list[list[Line]], context: str, heads: Sequence[str] = ()) -> Unit:
    unit = around_lines([line for cell in cells for line in cell])
    unit.row, unit.context = cells, context
    unit.heads = tuple(heads) if any(heads) else ()
    return unit


def _has_items(lines: Sequence[Line]) -> bool:
    return sum(line.item for line in lines) > 1


def _nesting(used: list[int], frames: NDArray[np.float32]) -> dict[int, int]:
    """Map each used frame to the smallest used frame around it, or -1; inner frames first."""
    area = {f: float((frames[f, 2] - frames[f, 0]) * (frames[f, 3] - frames[f, 1])) for f in used}
    inner_first = sorted(used, key=lambda f: area[f])
    parents: dict[int, int] = {}
    for at, f in enumerate(inner_first):
        parents[f] = next(
            (
                g
                for g in inner_first[at + 1 :]
                if frames[g, 0] < frames[f, 0] + 2
                and frames[g, 1] < frames[f, 1] + 2
                and frames[g, 2] > frames[f, 2] - 2
                and frames[g, 3] > frames[f, 3] - 2
            ),
            -1,
        )
    return parents
