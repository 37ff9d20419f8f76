"""The lines of one page as columns, boxes and table rows, in reading order.

Coordinates are points from the lower left corner of the page as shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf.drafts import BLANK, gaps_in, needs_space, spelled
from ingest.pdf.lines import LONG_LINE
from ingest.pdf.tables import Columns, aligned, heads, may_head, tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.pdf.lines import Glyphs, Line, Shapes
    from ingest.pdf.tables import Table

_LEAST_VERTICAL = 8
_LARGER = 1.15
_TOUCH = 0.5
_WHOLE_ROW = 0.9
_LONGEST_HEAD = 40
_LONGEST_ROW = 220
_ALIKE = 1.25


@dataclass(slots=True, eq=False)
class Unit:
    """Something with a place in the reading order: a column of lines, or a frame with its content.

    *row* holds a table row's cells, each a list of lines; *context* what heads it, and *heads* what
    heads each of its cells. *columns* are those of a whole table.
    """

    left: float
    bottom: float
    right: float
    top: float
    lines: list[Line] = field(default_factory=list)
    inside: list[Unit] = field(default_factory=list)
    row: list[list[Line]] | None = None
    context: str = ""
    heads: tuple[str, ...] = ()
    columns: Columns | None = None


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
    unruled = aligned(_places(free), np.array([_may_be_cell(line) for line in free], np.bool_))
    if unruled:
        grids = grids + unruled
        in_grid, free = _in_grids(found, grids)
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
    made: dict[int, Unit] = {}
    for frame in [*within, -1]:
        inside = _columns(held.get(frame, []), shapes)
        inside.extend(made[child] for child, parent in within.items() if parent == frame)
        inside.extend(
            unit for (_, unit), home in zip(made_tables, homes, strict=True) if home == frame
        )
        made[frame] = _around(_ordered([unit for unit in inside if unit.lines or unit.inside]))
    return made[-1].inside


def _may_be_cell(line: Line) -> bool:
    """Whether a line may be a cell of a table without rules: no item, no sentence, in no frame."""
    return (
        line.upright
        and not line.pictured
        and not line.item
        and line.frame < 0
        and line.text[-1] not in "。、，"
    )


def unfinished(found: Sequence[Unit]) -> Columns | None:
    """The columns of the table that a page ends with, if it does: it may go on overleaf."""
    last = found[-1] if found else None
    while last is not None and last.columns is None and last.inside:
        last = last.inside[-1]
    return last.columns if last is not None else None


def _places(found: Sequence[Line]) -> NDArray[np.float32]:
    places = [(line.left, line.bottom, line.right, line.top) for line in found]
    return np.array(places, np.float32).reshape(-1, 4)


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
    units_of = [_ordered(_columns(lines, shapes)) for lines in cells]
    in_order = [[line for unit in units for line in unit.lines] for units in units_of]
    said = [_written(lines, glyphs) for lines in in_order]
    head_of, head_rows = heads(grid, said)
    # Where the heads are said again the page has its own; no other row may stand for them.
    if before is not None and set(head_of.values()).isdisjoint(before.heads.values()):
        head_of, head_rows = before.heads, frozenset()
    table = _around(_rows(grid, units_of, in_order, said, head_of, head_rows))
    table.columns = Columns(grid.edges, head_of) if head_of else None
    return table


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
        members = [at for at, cell in enumerate(grid.cells) if cell.top_row == row and in_order[at]]
        if not members:
            continue
        # A cell to the left that reaches down from an earlier row heads this one too.
        beside = [
            said[at]
            for at, cell in enumerate(grid.cells)
            if cell.top_row < row <= cell.bottom_row
            and cell.left_column < grid.cells[members[0]].left_column
            and 0 < len(said[at]) <= _LONGEST_HEAD
        ]
        if row in head_rows:
            found.append(_row([in_order[at] for at in members], ""))
            continue
        alone = grid.cells[members[0]]
        whole = alone.right - alone.left > _WHOLE_ROW * (grid.right - grid.left)
        if len(members) == 1 and whole and may_head(said[members[0]]):
            under = said[members[0]]
            found.append(_row([in_order[members[0]]], ""))
            continue
        columns = [head_of.get(grid.cells[at].left_column, "") for at in members]
        if sum(len(said[at]) for at in members) <= _LONGEST_ROW and not any(
            _has_items(in_order[at]) for at in members
        ):
            context = _heading(under, *beside, *columns)
            found.append(_row([in_order[at] for at in members], context, columns))
            continue
        first = said[members[0]] if len(said[members[0]]) <= _LONGEST_HEAD else ""
        for at, column in zip(members, columns, strict=True):
            above = first if at != members[0] else ""
            for unit in units_of[at]:
                unit.context = _heading(under, *beside, above, column)
                found.append(unit)
    return found


def _heading(*words: str) -> str:
    """What heads a row or cell, from the outside in, each once."""
    return " / ".join(dict.fromkeys(word for word in words if word))


def _row(cells: list[list[Line]], context: str, heads: Sequence[str] = ()) -> Unit:
    unit = _around_lines([line for cell in cells for line in cell])
    unit.row, unit.context = cells, context
    unit.heads = tuple(heads) if any(heads) else ()
    return unit


def _has_items(lines: Sequence[Line]) -> bool:
    return sum(line.item for line in lines) > 1


def _around_lines(lines: list[Line]) -> Unit:
    if len(lines) == 1:
        only = lines[0]
        return Unit(only.left, only.bottom, only.right, only.top, lines=lines)
    return Unit(
        min(line.left for line in lines),
        min(line.bottom for line in lines),
        max(line.right for line in lines),
        max(line.top for line in lines),
        lines=lines,
    )


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


def _around(inside: list[Unit]) -> Unit:
    if not inside:
        return Unit(0, 0, 0, 0)
    return Unit(
        min(unit.left for unit in inside),
        min(unit.bottom for unit in inside),
        max(unit.right for unit in inside),
        max(unit.top for unit in inside),
        inside=inside,
    )


def _columns(found: Sequence[Line], shapes: Shapes) -> list[Unit]:
    """Stack lines that follow each other closely in one column and one size."""
    if len(found) < 2:  # as most cells of tables
        return [_around_lines(list(found))] if found else []
    stacks = _vertical([line for line in found if not line.upright])
    open_stacks: list[list[Line]] = []
    for line in sorted(found, key=lambda one: (-one.top, one.left)):
        if not line.upright:
            continue
        over = [stack for stack in open_stacks if _over(stack[-1], line)]
        above = [stack for stack in over if _continues(stack[-1], line, shapes)]
        # A label that ended higher, beside an indent, is no column beside this one.
        if len(above) == 1 and (
            len(over) == 1 or _past(line, above[0], [one for one in over if one is not above[0]])
        ):
            if len(over) > 1:
                open_stacks = _without(over, open_stacks, above[0])
            above[0].append(line)
            continue
        if over:
            open_stacks = _without(over, open_stacks)
        stacks.append([line])
        open_stacks.append(stacks[-1])
    return [_around_lines(stack) for stack in stacks]


def _without(
    closed: list[list[Line]], stacks: list[list[Line]], kept: list[Line] | None = None
) -> list[list[Line]]:
    """The *stacks* that are not *closed*, or are the one *kept* all the same."""
    return [stack for stack in stacks if stack is kept or not any(stack is gone for gone in closed)]


def _past(line: Line, stack: list[Line], others: list[list[Line]]) -> bool:
    """Whether *line* is running text of *stack* and what else stands over it had ended before."""
    last = stack[-1]
    return min(len(line.text), len(last.text)) >= LONG_LINE and all(
        other[-1].bottom > last.top - _TOUCH * line.size for other in others
    )


def _over(above: Line, line: Line) -> bool:
    """Whether *above* stands higher than *line* and covers a part of its width."""
    return (
        above.right - line.left > _TOUCH
        and line.right - above.left > _TOUCH
        and above.top + above.bottom > line.top + line.bottom + 0.5 * line.size
        and above.right - above.left > _TOUCH
        and line.right - line.left > _TOUCH
    )


def _vertical(found: list[Line]) -> list[list[Line]]:
    """Gather vertical lines that follow each other from the right to the left."""
    stacks: list[list[Line]] = []
    for line in sorted(found, key=lambda one: -one.right):
        for stack in stacks:
            last = stack[-1]
            gap = last.left - line.right
            if (
                -0.3 * line.size < gap < 1.6 * line.size
                and min(last.top, line.top) - max(last.bottom, line.bottom) > 0
                and last.top - line.top > -2.5 * line.size
                and abs(last.size - line.size) < 0.25 * line.size
                and max(len(last.text), len(line.text)) >= _LEAST_VERTICAL
            ):
                stack.append(line)
                break
        else:
            stacks.append([line])
    return stacks


def _continues(above: Line, line: Line, shapes: Shapes) -> bool:
    """Whether *line* may belong to the column whose last line is *above*."""
    if above.pictured != line.pictured or not (above.upright and line.upright):
        return False
    size = max(above.size, line.size)
    if size > _ALIKE * min(above.size, line.size):
        return False
    middle = (above.top + above.bottom - line.top - line.bottom) / 2
    if not 0.6 * size < middle < 2.6 * size:
        return False
    # An underline is no wider than its text; a rule between cells is.
    return not shapes.ruled(
        line.top - 0.3 * size,
        above.bottom + 0.3 * size,
        min(above.left, line.left) - 0.5,
        max(above.right, line.right) + 0.5,
    )


def _ordered(found: list[Unit]) -> list[Unit]:
    """Sort units as people read them: rows of a page downwards, columns from the left.

    A recursive cut along white space: side by side where a gutter runs through, otherwise from
    top to bottom; strips that share a gutter stay together, so that columns are not read across.
    """
    if len(found) < 2:
        return found
    columns = _cut(found, across=True)
    if len(columns) > 1:
        return [unit for column in columns for unit in _ordered(column)]
    strips = _cut(found, across=False)
    if len(strips) == 1:
        return sorted(found, key=lambda unit: (-round(unit.top), unit.left))
    groups: list[list[Unit]] = []
    for strip in strips:
        if (
            groups
            and len(strip) > 1
            and len(_cut(strip, across=True)) > 1
            and len(_cut(groups[-1], across=True)) > 1
            and len(_cut(groups[-1] + strip, across=True)) > 1
        ):
            groups[-1] = groups[-1] + strip
        else:
            groups.append(strip)
    return [unit for group in groups for unit in (_ordered(group) if len(groups) > 1 else group)]


def _cut(found: list[Unit], *, across: bool) -> list[list[Unit]]:
    """Group units whose spans overlap by more than a point, in order of their beginnings.

    *across* the page from the left, or down it from the top.
    """
    if across:
        spans = [(unit.left, unit.right, unit) for unit in found]
    else:
        spans = [(-unit.top, -unit.bottom, unit) for unit in found]
    spans.sort(key=_BEGIN)
    groups: list[list[Unit]] = []
    reach = float("-inf")
    for begin, end, unit in spans:
        if groups and begin < reach - min(2.0, 0.3 * (end - begin)):
            groups[-1].append(unit)
        else:
            groups.append([unit])
        reach = max(reach, end)
    return groups


_BEGIN = itemgetter(0)
