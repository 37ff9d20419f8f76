"""Ruled tables: the cells that the rules of a page enclose, and what heads each of them.

A table without outer rules, or with horizontal rules only, is closed by rules that are not drawn:
where the horizontal ones end, and between the columns of its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf.bodies import bodied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_SNAP, _ABUTTING = 3.0, 1.0
_LEAST_LINES, _LEAST_ROWS = 3, 2
_MOST_RULES, _MOST_DRAWN = 2_500, 50_000
_MOSTLY, _SEVERAL = 0.7, 2
# A row of a table without vertical rules is no taller than this many lines; a column of text is.
_TALLEST = 6
# In heights of a line: what stands on one level, how far apart rows without a rule may be, how
# wide the gap between their columns is, and how wide a cell. Lines of labels that are wrapped
# side by side stand closer than rows.
_LEVEL, _FAR, _WIDE_GUTTER, _WIDEST_CELL, _LEAST_PITCH = 0.4, 1.6, 1.5, 13, 1.35
_NOTHING = np.zeros((0, 4), np.float32)
_SHIFT, _MASK, _APART = 10_000, 0x7FFF, 100_000.0
_PLACES = np.array([45, 30, 15, 0], np.int64)
_LARGEST_CELL = 0.75
_BARS = (8, 2.5)
# Shares: of a side that is drawn, and of the cells that are enclosed. Of 698 grids on 36 files those
# of tables have more; charts, diagrams and decorated boxes, 300 of them, less.
_ALONG, _FEW = 0.85, 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its rows and columns from 0, the last ones included, and its box in points."""

    top_row: int
    bottom_row: int
    left_column: int
    right_column: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in reading order: from the top row down, in a row from the left."""

    cells: tuple[Cell, ...]
    left: float
    bottom: float
    right: float
    top: float
    diagram: bool = False
    """Whether rules enclose too little of it for a table: boxes that lines lead to, bars, a map."""

    @property
    def edges(self) -> tuple[float, ...]:
        """Where its columns begin and the last one ends, from the left."""
        return (*sorted({cell.left for cell in self.cells}), self.right)


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table are headed by, and their *edges*, as `Table.edges` gives them."""

    edges: tuple[float, ...]
    heads: dict[int, str]

    def fit(self, table: Table) -> bool:
        """Whether *table* has its columns at the same places, as its continuation has."""
        edges = table.edges
        return len(edges) == len(self.edges) and all(
            abs(one - other) < _SNAP for one, other in zip(edges, self.edges, strict=True)
        )


def tables(
    across: NDArray[np.float32], down: NDArray[np.float32], texts: NDArray[np.float32] = _NOTHING
) -> list[Table]:
    """Find the grids that horizontal and vertical rules make, at least two by two.

    What stands between two horizontal rules in columns is a table of one row: `bands.parted` tells
    its rows, or that it has none.

    Rules have shape (n, 4): left, bottom, right, top, and so have *texts*, the places of the
    page's lines of text, which tell columns apart where no vertical rule does. Where no rule
    separates two squares of a grid they are one cell.
    """
    if len(across) < _SEVERAL or len(across) + len(down) > _MOST_DRAWN:
        return []
    # Many programs draw a rule once for each cell beside it.
    across, down = distinct(across), mended(distinct(down))
    if len(across) + len(down) > _MOST_RULES:
        return []
    alone, touching = _touching(across, down)
    found = []
    for drawn, ruled in touching:
        horizontal, vertical = bodied(_footed(drawn, ruled), ruled, across, texts)
        heights = _snapped((horizontal[:, 1] + horizontal[:, 3]) / 2)
        if len(heights) > _LEAST_ROWS:
            table = _grid(horizontal, _closed(horizontal, vertical, heights), heights)
        else:
            table = _standing(vertical, heights)
        if table is not None:
            found.append(table)
    if len(alone) >= _LEAST_LINES and len(texts):
        found.extend(_between_rules(alone, texts, found))
    return found


def _footed(across: NDArray[np.float32], down: NDArray[np.float32]) -> NDArray[np.float32]:
    """The horizontal rules of a table, with one at its foot where the vertical ones end together.

    Its own may be too thick for a rule, as those around a table often are, or not drawn.
    """
    lowest = float((across[:, 1] + across[:, 3]).min()) / 2
    ends = down[:, 1]
    below = ends < lowest - 2 * _SNAP
    if below.sum() <= _SEVERAL or below.mean() < _MOSTLY or np.ptp(ends[below]) > _SNAP:
        return across
    foot = float(np.median(ends[below]))
    rule = [across[:, 0].min(), foot, across[:, 2].max(), foot]
    return np.concatenate([across, np.array([rule], np.float32)])


def _standing(down: NDArray[np.float32], heights: NDArray[np.floating]) -> Table | None:
    """The columns between two horizontal rules, or None: their rows are told by their text."""
    bottom, top = float(heights[0]), float(heights[-1])
    whole = (down[:, 1] < bottom + 2 * _SNAP) & (down[:, 3] > top - 2 * _SNAP)
    if whole.sum() <= _SEVERAL:
        return None
    xs = _snapped((down[whole, 0] + down[whole, 2]) / 2).tolist()
    if len(xs) <= _SEVERAL:
        return None
    cells = tuple(Cell(0, 0, at, at, x, bottom, xs[at + 1], top) for at, x in enumerate(xs[:-1]))
    return Table(cells, xs[0], bottom, xs[-1], top)


def _closed(
    across: NDArray[np.float32], down: NDArray[np.float32], levels: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The vertical rules of a table, with one at each side where its rows end together.

    *levels* are the heights at which it has horizontal rules.
    """
    heights = (across[:, 1] + across[:, 3]) / 2
    bottom, top = heights.min(), heights.max()
    apart = np.abs(heights - levels[:, None]) >= _SNAP
    middles = (down[:, 0] + down[:, 2]) / 2
    sides = [down]
    for ends, edge in (
        (np.where(apart, np.inf, across[:, 0]).min(1), across[:, 0].min()),
        (np.where(apart, -np.inf, across[:, 2]).max(1), across[:, 2].max()),
    ):
        drawn = np.abs(middles - edge) < 2 * _SNAP
        if not drawn.any() and (np.abs(ends - edge) < _SNAP).mean() > _MOSTLY:
            sides.append(np.array([[edge, bottom, edge, top]], np.float32))
    return np.concatenate(sides)


def _between_rules(
    across: NDArray[np.float32], texts: NDArray[np.float32], others: list[Table]
) -> Iterator[Table]:
    """Tables of horizontal rules that begin and end together, their columns told by the text."""
    left = np.ones(len(across), np.bool_)
    while left.any():
        first = across[left.argmax()]
        alike = left & (np.abs(across[:, [0, 2]] - first[[0, 2]]) < _SNAP).all(axis=1)
        left &= ~alike
        heights = _snapped((across[alike, 1] + across[alike, 3]) / 2)
        begin, end = float(first[0]), float(first[2])
        if len(heights) < _LEAST_LINES or any(
            table.bottom < heights[-1]
            and table.top > heights[0]
            and table.left < end
            and table.right > begin
            for table in others
        ):
            continue
        table = _by_columns(begin, end, heights, texts)
        if table is not None:
            yield table


def _by_columns(
    begin: float, end: float, heights: NDArray[np.floating], texts: NDArray[np.float32]
) -> Table | None:
    """The table between horizontal rules at *heights*, or None where its text has no columns."""
    middle = (texts[:, 1] + texts[:, 3]) / 2
    inside = texts[
        (middle > heights[0])
        & (middle < heights[-1])
        & (texts[:, 0] > begin - _SNAP)
        & (texts[:, 2] < end + _SNAP)
    ]
    if not len(inside):
        return None
    size = float(np.median(inside[:, 3] - inside[:, 1]))
    band = np.searchsorted(heights, (inside[:, 1] + inside[:, 3]) / 2) - 1
    lone = np.bincount(band, minlength=len(heights) - 1)[band] == 1
    gaps = _gutters(inside[~lone], size)
    if not gaps or np.median(np.diff(heights)) > _TALLEST * size:
        return None
    edges = np.array([begin, *gaps, end])
    column = np.searchsorted(edges, (inside[:, 0] + inside[:, 2]) / 2)
    filled = [len(set(column[band == at].tolist())) for at in range(len(heights) - 1)]
    # The head, at the top, and most of what it heads have words in several columns.
    if filled[-1] < _SEVERAL or np.mean(np.array(filled) >= _SEVERAL) < _MOSTLY:
        return None
    below = inside[(column == 1) & (band == 0)]
    if len(heights) == _LEAST_LINES and len(below) >= _LEAST_LINES:
        # Rules above and below the head and at the foot: the rows are told by their text.
        return None
    rows = np.array([[begin, height, end, height] for height in heights], np.float32)
    sides = np.array([[edge, heights[0], edge, heights[-1]] for edge in edges], np.float32)
    return _grid(rows, sides, heights)


def _gutters(texts: NDArray[np.float32], size: float) -> list[float]:
    """The middles of the gaps that no text stands in, each at least a character wide."""
    found: list[float] = []
    reach = np.inf
    for begin, end in sorted(texts[:, [0, 2]].tolist()):
        if begin - reach > size:
            found.append((begin + reach) / 2)
        reach = end if reach == np.inf else max(reach, end)
    return found


def distinct(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes in whole points, each once, in the order of their corners; shape (m, 4).

    Hundreds of times as fast as `np.unique` with an axis. Points from -10,000 to 22,767 count.
    """
    whole = np.clip(np.rint(boxes) + _SHIFT, 0, _MASK).astype(np.int64)
    keys = np.sort((whole << _PLACES).sum(axis=1))
    if len(keys):
        keys = keys[np.append(True, keys[1:] != keys[:-1])]
    return ((keys[:, None] >> _PLACES & _MASK) - _SHIFT).astype(np.float32)


def mended(down: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vertical rules drawn piece by piece, as one each: many programs draw them line by line."""
    if len(down) < _SEVERAL:
        return down
    middle = np.rint((down[:, 0] + down[:, 2]) / 2)
    places = np.unique(middle)
    # Places a point apart are one column.
    number = np.cumsum(np.append(False, np.diff(places) > 1)).astype(np.float64)
    column = number[np.searchsorted(places, middle)]
    order = np.lexsort((down[:, 1], column))
    down, column = down[order], column[order]
    # How far up the pieces before this one reach in their column.
    reach = np.maximum.accumulate(down[:, 3] + column * _APART) - column * _APART
    parted = np.append(True, (np.diff(column) > 0) | (down[1:, 1] > reach[:-1] + _SNAP))
    begins = np.flatnonzero(parted)
    low = np.minimum.reduceat(down[:, :2], begins, axis=0)
    high = np.maximum.reduceat(down[:, 2:], begins, axis=0)
    return np.concatenate([low, high], axis=1)


def _touching(
    across: NDArray[np.float32], down: NDArray[np.float32]
) -> tuple[NDArray[np.float32], list[tuple[NDArray[np.float32], NDArray[np.float32]]]]:
    """Gather the rules that touch each other, directly or through others.

    First the horizontal ones that touch none, then the groups with enough of them for a table.
    """
    meets = (
        (across[:, None, 0] < down[None, :, 2] + _SNAP)
        & (across[:, None, 2] > down[None, :, 0] - _SNAP)
        & (across[:, None, 1] < down[None, :, 3] + _SNAP)
        & (across[:, None, 3] > down[None, :, 1] - _SNAP)
    )
    # The vertical rules that each group touches, one bit for each, and its horizontal ones.
    groups: list[tuple[int, list[int]]] = []
    alone: list[int] = []
    for at, touched in enumerate(_along(across, _as_bits(meets))):
        if not touched:
            alone.append(at)
            continue
        met = [group for group in groups if group[0] & touched]
        if len(met) == 1 and not touched & ~met[0][0]:
            met[0][1].append(at)
            continue
        groups = [group for group in groups if not group[0] & touched]
        rows = [row for group in met for row in group[1]]
        groups.append((reduce(or_, (group[0] for group in met), touched), [*rows, at]))
    # A frame, as slides have many, touches two.
    large = sorted(
        sorted(rows)
        for touched, rows in groups
        if len(rows) > _LEAST_ROWS or (len(rows) > 1 and touched.bit_count() > _SEVERAL)
    )
    return across[alone], [(across[rows], down[meets[rows].any(axis=0)]) for rows in large]


def _along(across: NDArray[np.float32], touched: list[int]) -> list[int]:
    """What each horizontal rule touches, itself or as a piece of one that is drawn cell by cell."""
    left, low, right, high = across.T
    order = np.lexsort((left, high, low)).tolist()
    found = list(touched)
    run: list[int] = []
    for at in order:
        if run and not (
            low[at] == low[run[-1]]
            and high[at] == high[run[-1]]
            and left[at] <= right[run].max() + _ABUTTING
        ):
            run = []
        run.append(at)
        whole = found[run[0]] | touched[at]
        for piece in run if whole != found[run[0]] else run[-1:]:
            found[piece] = whole
    return found


def _as_bits(rows: NDArray[np.bool_]) -> list[int]:
    """Each row of truths as one whole number; the first is its lowest bit."""
    packed = np.packbits(rows, axis=1, bitorder="little")
    whole, width = packed.tobytes(), packed.shape[1]
    begins = range(0, width * len(rows), width) if width else [0] * len(rows)
    return [int.from_bytes(whole[at : at + width], "little") for at in begins]


def _snapped(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """The distinct positions among *values*, ascending; those closer than `_SNAP` are one."""
    ordered = np.sort(values)
    steps = np.subtract(ordered[1:], ordered[:-1], dtype=np.float64)
    edges = np.concatenate(([0], np.flatnonzero(steps > _SNAP) + 1, [len(ordered)]))
    return np.asarray(np.add.reduceat(ordered, edges[:-1]) / (edges[1:] - edges[:-1]))


def _grid(
    across: NDArray[np.float32], down: NDArray[np.float32], heights: NDArray[np.floating]
) -> Table | None:
    """The cells between the rules of one table, or None where they enclose too few.

    *heights* are those of its horizontal rules, ascending.
    """
    ys = heights[::-1]
    xs = _snapped((down[:, 0] + down[:, 2]) / 2)
    rows, columns = len(ys) - 1, len(xs) - 1
    if rows < _LEAST_ROWS or columns < 2:
        return None
    middle_y, middle_x = (ys[:-1] + ys[1:]) / 2, (xs[:-1] + xs[1:]) / 2
    walls = np.zeros((columns + 1, rows), np.bool_)
    at = np.abs(xs - (down[:, :1] + down[:, 2:3]) / 2).argmin(axis=1)
    np.logical_or.at(walls, at, (middle_y > down[:, 1:2]) & (middle_y < down[:, 3:]))
    floors = np.zeros((rows + 1, columns), np.bool_)
    at = np.abs(ys - (across[:, 1:2] + across[:, 3:]) / 2).argmin(axis=1)
    # Pieces of a rule may meet just below the middle of a column.
    reach = _ABUTTING / 2
    over = (middle_x > across[:, :1] - reach) & (middle_x < across[:, 2:3] + reach)
    np.logical_or.at(floors, at, over)
    x, y = xs.tolist(), ys.tolist()
    merged = _merged(walls.T, floors)
    cells = tuple(
        Cell(r0, r1, c0, c1, x[c0], y[r1 + 1], x[c1 + 1], y[r0]) for r0, r1, c0, c1 in merged
    )
    if len(cells) < 4 or len({cell.top_row for cell in cells}) < 2:
        return None
    largest = max((cell.right - cell.left) * (cell.top - cell.bottom) for cell in cells)
    if largest > _LARGEST_CELL * (x[-1] - x[0]) * (y[0] - y[-1]):
        return None
    return Table(cells, x[0], y[-1], x[-1], y[0], _is_diagram(cells, across, down))


def _is_diagram(
    cells: Sequence[Cell], across: NDArray[np.float32], down: NDArray[np.float32]
) -> bool:
    """Whether few of *cells* have a rule on each side, along all of it."""
    left, bottom, right, top = np.array(
        [(cell.left, cell.bottom, cell.right, cell.top) for cell in cells], np.float32
    ).T
    heights, middles = (across[:, 1] + across[:, 3]) / 2, (down[:, 0] + down[:, 2]) / 2
    enclosed = np.ones(len(cells), np.bool_)
    for side in (bottom, top):
        along = _overlap(left, right, across[:, 0], across[:, 2])
        along *= np.abs(side[:, None] - heights) < _SNAP
        enclosed &= along.sum(axis=1) > _ALONG * (right - left)
    for side in (left, right):
        along = _overlap(bottom, top, down[:, 1], down[:, 3])
        along *= np.abs(side[:, None] - middles) < _SNAP
        enclosed &= along.sum(axis=1) > _ALONG * (top - bottom)
    area = (right - left) * (top - bottom)
    share, of_area = float(enclosed.mean()), float(area[enclosed].sum() / area.sum())
    return share < _FEW or max(share, of_area) < _MOSTLY


def _overlap(
    low: NDArray[np.float32],
    high: NDArray[np.float32],
    begins: NDArray[np.float32],
    ends: NDArray[np.float32],
) -> NDArray[np.float32]:
    """How far each span from *low* to *high* goes along each rule; shape (spans, rules)."""
    along: NDArray[np.float32] = np.minimum(high[:, None], ends) - np.maximum(low[:, None], begins)
    return np.maximum(along, 0, out=along)


def charted(table: Table, said: Sequence[Sequence[bool]]) -> bool:
    """Whether a grid is a drawing: a diagram, or the bars of a chart.

    Bars have many edges, few words on a level, most of them figures: *said* tells of each line in
    each cell whether it is one.
    """
    if table.diagram:
        return True
    columns = len(table.edges) - 1
    rows: dict[int, int] = {}
    for cell, has in zip(table.cells, said, strict=True):
        rows[cell.top_row] = rows.get(cell.top_row, 0) + bool(has)
    words = [figure for has in said for figure in has]
    return (
        columns > _BARS[0]
        and columns > _BARS[1] * max(rows.values())
        and sum(words) >= _MOSTLY * len(words)
    )


def _merged(walls: NDArray[np.bool_], floors: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Join squares that no rule separates; (first row, last row, first column, last column)."""
    rows, columns = floors.shape[0] - 1, walls.shape[1] - 1
    # One bit for each column, in numbers: a table has hundreds of squares.
    wall, floor = _as_bits(walls), _as_bits(floors)
    taken = [0] * rows
    found = []
    for row in range(rows):
        for column in range(columns):
            if taken[row] >> column & 1:
                continue
            right = column
            barred = (wall[row] | taken[row]) >> 1
            while right + 1 < columns and not barred >> right & 1:
                right += 1
            whole = (2 << right) - (1 << column)
            inner = whole & ~(1 << column)
            bottom = row
            while (
                bottom + 1 < rows and not floor[bottom + 1] & whole and not wall[bottom + 1] & inner
            ):
                bottom += 1
            for under in range(row, bottom + 1):
                taken[under] |= whole
            found.append((row, bottom, column, right))
    return found
