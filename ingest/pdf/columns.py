"""Lines gathered to columns, and columns put in the order in which people read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from ingest.pdf.lines import LONG_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.lines import Line, Shapes
    from ingest.pdf.tables import Columns

_LEAST_VERTICAL = 8
_TOUCH, _TIGHT = 0.5, 0.5
_ALIKE = 1.25
_BEGIN = itemgetter(0)


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


def around_lines(lines: list[Line]) -> Unit:
    """A unit of *lines*, one at least."""
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


def around(inside: list[Unit]) -> Unit:
    """A unit around others; one without extent where there are none."""
    if not inside:
        return Unit(0, 0, 0, 0)
    return Unit(
        min(unit.left for unit in inside),
        min(unit.bottom for unit in inside),
        max(unit.right for unit in inside),
        max(unit.top for unit in inside),
        inside=inside,
    )


def columns(found: Sequence[Line], shapes: Shapes) -> list[Unit]:
    """Stack lines that follow each other closely in one column and one size."""
    if len(found) < 2:  # as most cells of tables
        return [around_lines(list(found))] if found else []
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
    return [around_lines(stack) for stack in stacks]


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
            goes_on = int(line.glyphs[0]) == int(last.glyphs[-1]) + 1
            if (
                (-0.8 if goes_on else -0.3) * line.size < gap < 1.6 * line.size
                and min(last.top, line.top) - max(last.bottom, line.bottom) > 0
                and last.top - line.top > -2.5 * line.size
                and abs(last.size - line.size) < 0.25 * line.size
                and last.pictured == line.pictured
                and (
                    (goes_on and gap < _TIGHT * line.size)
                    or line.pictured
                    or max(len(last.text), len(line.text)) >= _LEAST_VERTICAL
                )
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


def ordered(found: list[Unit]) -> list[Unit]:
    """Sort units as people read them: rows of a page downwards, columns from the left.

    A recursive cut along white space: side by side where a gutter runs through, otherwise from
    top to bottom; strips that share a gutter stay together, so that columns are not read across.
    """
    if len(found) < 2:
        return found
    columns = _cut(found, across=True)
    if len(columns) > 1:
        return [unit for column in columns for unit in ordered(column)]
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
    return [unit for group in groups for unit in (ordered(group) if len(groups) > 1 else group)]


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
