"""Charts, maps and diagrams: what stands in them are labels, and no rows or sentences.

A label names a place in a drawing. Read along the page it stands beside others that it has nothing
to do with, so it is kept and searched, but never told as a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ingest.language import marks
from ingest.pdf.lines import LONG_LINE
from ingest.pdf.rows import is_value, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.pdf.lines import Line, Shapes
    from ingest.pdf.rows import Row

Region: TypeAlias = tuple[float, float, float, float]
"""A part of the page: left, bottom, right, top."""

_TICK = re.compile(r"([-−―▲△]?)(\d{1,9}(?:,\d{3}){0,4}(?:\.\d{1,4})?)(?:[%％]|[^\d\s]{1,3})?")
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９．，", "0123456789.,")
_LONGEST_TICK, _LEAST_TICKS, _LEAST_FIGURES, _LEAST_BARS = 12, 4, 3, 3
# Shares of the distance between two ticks, of their numbers, and of a region; then heights of a line.
_EVENLY, _OFTEN, _SMALL, _FEW = 0.15, 0.5, 0.3, 0.2
_LEVEL, _EDGE, _BEYOND, _BELOW, _FOLLOWS = 0.4, 0.7, 1.5, 3.0, 2.5


def label(found: Sequence[Line], diagrams: Sequence[Region], shapes: Shapes) -> None:
    """Note which lines are labels: those in *diagrams*, and at and between the axes of charts.

    Running text, and words in a box of their own, stay what they are.
    """
    regions = [*diagrams]
    for ticks, along in _axes(found):
        for tick in ticks:
            tick.pictured = True
        if along and (plot := _plot(ticks, shapes)) is not None:
            regions.append(plot)
    if not regions:
        return
    tables = rows(found)
    beside = _beside_bars(tables)
    for region in regions:
        inside = [
            line for line in found if _belongs(line, region) and not _boxed(line, region, shapes)
        ]
        if _is_chart(inside):
            for line in inside:
                running = line.upright and len(line.text) >= LONG_LINE
                line.pictured = line.pictured or not (running or id(line) in beside)
    _whole_rows(tables, beside)


def _whole_rows(tables: Sequence[Sequence[Row]], beside: set[int]) -> None:
    """Count what stands level with labels to them: it is no row of what is left."""
    for row in (row for table in tables for row in table):
        if any(line.pictured for line in row.lines()):
            for line in row.lines():
                line.pictured = line.pictured or id(line) not in beside


def _beside_bars(tables: Sequence[Sequence[Row]]) -> set[int]:
    """The ids of words with their figures on a level: bars across the page are rows like others.

    Their words stand below each other; those around a pie do not.
    """
    found: set[int] = set()
    for table in tables:
        barred = [
            row
            for row in table
            if not is_value(row.cells[0][0].text)
            and all(is_value(cell[0].text) for cell in row.cells[1:])
        ]
        for row in barred:
            word = row.cells[0][0]
            if sum(_in_column(word, other.cells[0][0]) for other in barred) >= _LEAST_BARS:
                found.update(map(id, row.lines()))
    return found


def _is_chart(inside: Sequence[Line]) -> bool:
    """Whether lines are figures and short words: what a decorated box holds is running text."""
    running = sum(line.upright and len(line.text) >= LONG_LINE for line in inside)
    measured = sum(not line.upright or is_value(line.text) for line in inside)
    return (
        measured >= _LEAST_FIGURES
        and running <= _FEW * len(inside)
        and not any("。" in line.text for line in inside)
    )


def _belongs(line: Line, region: Region) -> bool:
    """Whether a line is short, or vertical, and stands in a region or at its lower edge."""
    left, bottom, right, top = region
    middle, height = (line.left + line.right) / 2, (line.bottom + line.top) / 2
    if not left - _EDGE * line.size < middle < right + _EDGE * line.size:
        return False
    found = marks.mark(line.text)
    if found is not None and found.kind in {marks.Kind.CAPTION, marks.Kind.NOTE}:
        return False
    if line.item and not is_value(line.text):
        return False
    if line.upright and len(line.text) < LONG_LINE and not line.text.endswith("。"):
        return bottom - _BEYOND * line.size < height < top + _BEYOND * line.size
    if line.upright:
        return bottom < height < top
    return bottom - _BELOW * line.size < line.top < top + _BEYOND * line.size


def _boxed(line: Line, region: Region, shapes: Shapes) -> bool:
    """Whether a line stands in a box within the region; bars hold nothing but figures."""
    if line.frame < 0 or is_value(line.text):
        return False
    left, bottom, right, top = shapes.frames[line.frame].tolist()
    whole = (region[2] - region[0]) * (region[3] - region[1])
    return line.upright and (right - left) * (top - bottom) < _SMALL * whole


def _axes(found: Sequence[Line]) -> Iterator[tuple[list[Line], bool]]:
    """The ticks of each axis, and whether it goes up the page."""
    runs = list(_runs(found))
    ticking = {id(tick) for ticks, _ in runs for tick in ticks}
    others = [line for line in found if id(line) not in ticking]
    return ((ticks, up) for ticks, up in runs if _alone(ticks, others, up=up))


def _runs(found: Sequence[Line]) -> Iterator[tuple[list[Line], bool]]:
    """Figures in a column or on a level that go on evenly, and whether they go up the page."""
    figures = [
        (line, value)
        for line in found
        if line.upright and (value := _number(line.text)) is not None
    ]
    if len(figures) < _LEAST_TICKS:
        return
    size = float(np.median([line.height for line, _ in figures]))
    seen: set[int] = set()
    for up, place in _LANES:
        lanes: dict[int, list[tuple[float, float, Line]]] = {}
        for line, value in figures:
            along = (line.bottom + line.top) / 2 if up else (line.left + line.right) / 2
            lane = lanes.setdefault(round(place(line) / (_EDGE * size)), [])
            lane.append((along, value, line))
        for lane in lanes.values():
            lane.sort(key=itemgetter(0))
            for ticks in _evenly(lane):
                if not seen.issuperset(map(id, ticks)):
                    seen.update(map(id, ticks))
                    yield ticks, up


# Ticks end, begin or have their middle at one place; those of an axis across stand on one level.
_LANES: Sequence[tuple[bool, Callable[[Line], float]]] = (
    (True, lambda line: line.right),
    (True, lambda line: line.left),
    (True, lambda line: (line.left + line.right) / 2),
    (False, lambda line: (line.bottom + line.top) / 2),
)


def _number(text: str) -> float | None:
    if len(text) > _LONGEST_TICK:
        return None
    said = _TICK.fullmatch(text.translate(_WIDE_DIGITS))
    if said is None:
        return None
    value = float(said[2].replace(",", ""))
    return -value if said[1] else value


def _evenly(lane: Sequence[tuple[float, float, Line]]) -> Iterator[list[Line]]:
    """Runs whose figures and places both go on by the same step; 1, 2, 3 are numbers of rows."""
    begin = 0
    for end in range(1, len(lane) + 1):
        if end < len(lane) and (end - begin < 2 or _goes_on(*lane[end - 2 : end + 1])):
            continue
        run = lane[begin:end]
        begin = end - 1
        if len(run) < _LEAST_TICKS:
            continue
        step = run[1][1] - run[0][1]
        if step and (abs(step) != 1 or min(value for _, value, _ in run) == 0):
            yield [line for _, _, line in run]


def _goes_on(
    first: tuple[float, float, Line],
    second: tuple[float, float, Line],
    third: tuple[float, float, Line],
) -> bool:
    pitch, step = second[0] - first[0], second[1] - first[1]
    even = abs(third[0] - second[0] - pitch) < _EVENLY * pitch
    return even and abs(third[1] - second[1] - step) < 0.01 * abs(step)


def _alone(ticks: Sequence[Line], others: Sequence[Line], *, up: bool) -> bool:
    """Whether no column stands beside most ticks (and no row right below them), as in tables."""
    if not up:
        below = sum(
            any(
                line.left < tick.right
                and line.right > tick.left
                and 0 < tick.bottom - line.bottom < _FOLLOWS * tick.height
                for line in others
            )
            for tick in ticks
        )
        return below <= _OFTEN * len(ticks)
    level = [
        [
            line
            for line in others
            if abs(line.bottom + line.top - tick.bottom - tick.top) < 2 * _LEVEL * tick.height
        ]
        for tick in ticks
    ]
    return not any(
        sum(any(_in_column(line, other) for other in beside) for beside in level)
        > _OFTEN * len(ticks)
        for near in level
        for line in near
    )


def _in_column(one: Line, other: Line) -> bool:
    size = min(one.size, other.size)
    return abs(one.left - other.left) < size or abs(one.right - other.right) < size


def _plot(ticks: Sequence[Line], shapes: Shapes) -> Region | None:
    """What a vertical axis measures: as wide as the lines that are drawn from its ticks."""
    size = ticks[0].height
    left, right = min(line.left for line in ticks), max(line.right for line in ticks)
    heights = np.array([(line.bottom + line.top) / 2 for line in ticks])
    rules = shapes.across
    level = np.abs((rules[:, 1] + rules[:, 3])[:, None] / 2 - heights).min(axis=1, initial=np.inf)
    drawn = rules[
        (level < size) & (rules[:, 0] < right + 2 * size) & (rules[:, 2] > right + 5 * size)
    ]
    if not len(drawn):
        return None
    return left, float(heights.min()), float(drawn[:, 2].max()), float(heights.max())
