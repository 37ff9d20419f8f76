"""Rows of a ruled table that no rule parts: figures below each other are a row each."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.lines import Line
    from ingest.pdf.tables import Cell, Table

_FIGURE = re.compile(
    r"(?:[△▲()（）+\-－―−‐~〜～]*\d[\d,，.．]*[%％()（）]*|[―－\-○×△◯〇〃])(?:[(（]?[注※*＊]\d*[)）]?)?"
)
_UNIT = re.compile(r"[千百万億]*円|人|件|戸|個|年|月|日|[%％]|m?[gℓlL]|㎖|㎡|㎥")
_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_AMOUNT = re.compile(r"\d(?:[%％]|[千百万億]*円|人|件|個|k?g|m[gm]|cm|㎡)?[)）]?$")
# In heights of a line: how exactly lines stand on one level.
_LEVEL, _TIED, _SHORT, _MOSTLY, _USUAL, _MANY = 0.6, 1.0, 12, 0.8, 0.6, 3


def parted(table: Table, cells: list[list[Line]]) -> tuple[Table, list[list[Line]]]:
    """Part the rows of *table* that hold several rows of figures; *cells* are the lines of each.

    What stands in a cell beside them goes to the row that it is level with; a label that is not
    level with each of them spans them all.
    """
    levels = {
        row: found
        for row in {cell.top_row for cell in table.cells}
        if (found := _levels_of(_band(table, cells, row)))
    }
    if not levels:
        return table, cells
    count = max(cell.bottom_row for cell in table.cells) + 1
    sizes = [max(1, len(levels.get(row, ()))) for row in range(count)]
    begins = np.cumsum([0, *sizes]).tolist()
    made: list[Cell] = []
    lines: list[list[Line]] = []
    for cell, held in zip(table.cells, cells, strict=True):
        row, first, last = cell.top_row, begins[cell.top_row], begins[cell.bottom_row + 1] - 1
        own = levels.get(row)
        if own is None or cell.bottom_row > row or not _goes_by(held, own):
            made.append(replace(cell, top_row=first, bottom_row=last))
            lines.append(held)
            continue
        between = [(above + below) / 2 for above, below in pairwise(own)]
        edges = [cell.top, *between, cell.bottom]
        dealt = _dealt(held, own)
        for at in range(len(own)):
            made.append(
                replace(
                    cell,
                    top_row=first + at,
                    bottom_row=first + at,
                    top=edges[at],
                    bottom=edges[at + 1],
                )
            )
            lines.append(dealt[at])
    order = sorted(range(len(made)), key=lambda at: (made[at].top_row, made[at].left_column))
    return replace(table, cells=tuple(made[at] for at in order)), [lines[at] for at in order]


def has_rows(table: Table, cells: Sequence[list[Line]]) -> bool:
    """Whether *table* has rows by its rules, or by what stands in them."""
    if any(cell.top_row for cell in table.cells):
        return True
    return len(_levels_of(_band(table, cells, 0))) >= _MANY


def _band(table: Table, cells: Sequence[list[Line]], row: int) -> list[list[Line]]:
    """The lines of the cells that fill just this row and hold something."""
    return [
        held
        for cell, held in zip(table.cells, cells, strict=True)
        if cell.top_row == row == cell.bottom_row and held
    ]


def _levels_of(band: Sequence[list[Line]]) -> list[float]:
    """The heights of the rows in a band, from the top; none where it is one row."""
    if sum(len(held) > 1 for held in band) < 2:
        return []
    figures = [_heights(held) for held in band if all(_is_figure(line.text) for line in held)]
    figures = [heights for heights in figures if heights]
    longest = max(figures, key=len, default=[])
    size = min(line.height for held in band for line in held)
    if len(longest) > 1 and sum(len(heights) > 1 for heights in figures) > 1:
        every = all(
            min(abs(height - other) for other in longest) < _LEVEL * size
            for heights in figures
            for height in heights
        )
        if every and min(a - b for a, b in pairwise(longest)) > size:
            return longest
    # Columns of as many short lines with digits each, even if they are not quite level.
    alike = [
        heights
        for held in band
        if len(heights := _heights(held)) >= _MANY
        and all(len(line.text) <= _SHORT for line in held)
        and np.mean([any(map(str.isdecimal, line.text)) for line in held]) >= _MOSTLY
    ]
    if len(alike) > 1 and len({len(heights) for heights in alike}) == 1:
        return [float(height) for height in np.mean(alike, axis=0)]
    return _beside_labels(band, size)


def _beside_labels(band: Sequence[list[Line]], size: float) -> list[float]:
    """The heights of amounts that each stand level with a label in another cell."""
    for at, held in enumerate(band):
        heights = _heights(held)
        amounts = [_AMOUNT.search(line.text.translate(_DIGITS)) is not None for line in held]
        if len(heights) < _MANY or len(held) > len(heights) or np.mean(amounts) < _USUAL:
            continue
        if any(len(line.text) > _SHORT for line in held):
            continue
        labels = [line for other in band[:at] for line in other]
        if all(
            min((abs(_middle(line) - height) for line in labels), default=size) < _TIED * size
            for height in heights
        ):
            return heights
    return []


def _is_figure(text: str) -> bool:
    plain = text.translate(_DIGITS)
    return _FIGURE.fullmatch(plain) is not None or _UNIT.fullmatch(plain) is not None


def _middle(line: Line) -> float:
    return (line.top + line.bottom) / 2


def _heights(held: Sequence[Line]) -> list[float]:
    """The heights at which lines stand, from the top, each level once."""
    found: list[float] = []
    for line in sorted(held, key=_middle, reverse=True):
        if not found or found[-1] - _middle(line) > _LEVEL * line.height:
            found.append(_middle(line))
    return found


def _goes_by(held: Sequence[Line], levels: Sequence[float]) -> bool:
    """Whether a cell's lines belong to one row each: figures do, and labels for most of the rows."""
    if not held:
        return True
    if all(_is_figure(line.text) for line in held):
        return True
    reached = {_nearest(line, levels) for line in held}
    heights = _heights(held)
    if 1 < len(heights) == len(reached) and all(
        min(abs(height - other) for other in levels) < _LEVEL * held[0].height for height in heights
    ):
        return True
    return len(reached) >= _MOSTLY * len(levels)


def _dealt(held: Sequence[Line], levels: Sequence[float]) -> list[list[Line]]:
    """The lines of a cell for each row: wrapped ones so that each row's stand around its level."""
    heights = _heights(held)
    rows: list[list[Line]] = [[] for _ in levels]
    if len(heights) <= len(levels):
        for line in held:
            rows[_nearest(line, levels)].append(line)
        return rows
    # The least sum of squares between the middle of what a row takes and its level, each at least
    # one; `least[n]` is that of the first n heights over the rows so far.
    total = np.cumsum([0.0, *heights])
    least = np.full(len(heights) + 1, np.inf)
    least[0] = 0.0
    taken: list[list[int]] = []
    for level in levels:
        begins, ends = np.arange(len(heights))[:, None], np.arange(1, len(heights) + 1)[None, :]
        size = np.maximum(ends - begins, 1)
        off = ((total[ends] - total[begins]) / size - level) ** 2
        cost = np.where(ends > begins, least[:-1, None] + off, np.inf)
        taken.append([0, *cost.argmin(axis=0).tolist()])
        least = np.concatenate([[np.inf], cost.min(axis=0)])
    end = len(heights)
    row_of = np.zeros(end, np.int64)
    for at in range(len(levels) - 1, -1, -1):
        begin = taken[at][end]
        row_of[begin:end] = at
        end = begin
    for line in held:
        near = min(range(len(heights)), key=lambda at: abs(heights[at] - _middle(line)))
        rows[int(row_of[near])].append(line)
    return rows


def _nearest(line: Line, levels: Sequence[float]) -> int:
    middle = _middle(line)
    return min(range(len(levels)), key=lambda at: abs(levels[at] - middle))
