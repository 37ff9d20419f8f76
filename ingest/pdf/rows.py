"""Tables without rules: labels, amounts and units that stand on one line, row after row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf.heads import count_on
from ingest.pdf.lines import LONG_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.pdf.lines import Line

# In heights of a line: what stands on one level, how far apart two rows may be, how close a wrapped
# line stands, and how wide the gap between two columns is.
_LEVEL, _FAR, _WRAPPED, _GUTTER = 0.4, 4.5, 1.9, 0.9
# In widths of a character: how alike the ends of running text are, and how exactly the entries of a
# column stand below each other.
_FULL, _INDENT, _EDGE, _RAGGED, _NARROW = 1.3, 2.6, 1.3, 1.1, 8
_SHORT, _ROWS, _MOSTLY, _SEVERAL, _HEADS, _PITCH = 12, 3, 0.8, 2, 3, 1.3
_VALUE = re.compile(
    r"(?:[△▲()（）+\-－―−‐~〜～±]*+\d[\d,，.．/:：]*+(?:[%％‰]|兆|億|百|千|万|円|人|件|戸|個|年|月|日|時間|分"
    r"|kg|km|cm|mm|ha|㎡|㎥|[gtmL㎏㎞㎜㎝])*+[()（）]*+)++|[―－\-〃\"○×△◯〇—–‐]|皆[減増]"
)
_TELEPHONE = re.compile(
    r"(?:TEL|Tel|tel|FAX|Fax|電話|℡|☎)?[:：]?\(?0\d{1,4}[()\-－―‐]{1,2}\d{1,4}[)\-－―‐]\d{3,4}(?:[(（][^()（）]{1,6}[)）])?"
)
_UNIT = re.compile(r"[千百万億]*円|人|件|戸|個|年|月|日|[%％]|㎡|㎥|m3|m2|ha|kg|km")
_LATIN_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(slots=True)
class Row:
    """The cells of one row from the left, each the lines that stand in it, the upper ones first.

    *head* holds what heads each cell, or nothing.
    """

    cells: list[list[Line]]
    head: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[Line]:
        """Every line of the row."""
        for cell in self.cells:
            yield from cell


def rows(found: Sequence[Line]) -> list[list[Row]]:
    """Find tables among lines that stand in no ruled one: each its rows, from the top.

    A row is a label with what stands beside it on its line. Text in two columns is none: what
    goes on at the next line, or ends with a full stop, is no label.
    """
    levels = leveled([line for line in found if line.upright and not line.pictured])
    if not any(len(level) > 1 for level in levels):
        return []
    running = _running(levels)
    taken: list[list[Row]] = []
    block: list[list[Line]] = []
    for level in levels:
        if block and not _near(block[-1], level):
            taken.extend(_tables(block))
            block = []
        if any(id(line) in running for line in level):
            taken.extend(_tables(block))
            block = []
            continue
        block.append(level)
    taken.extend(_tables(block))
    for table in taken:
        _put_heads(table)
    return taken


def _put_heads(table: list[Row]) -> None:
    """Note what heads the cells of each row, if the first row is one of words, or of years.

    The column of the labels may have no head.
    """
    first, below = table[0], table[1:]
    words = ["".join(line.text for line in cell) for cell in first.cells]
    if len(table) < _HEADS:
        return
    bare = first.cells[0][0].left > max(row.cells[0][0].right for row in below) and all(
        is_value(cell[0].text) for row in below for cell in row.cells[1:]
    )
    if len(words) < (_HEADS - bare) or len(words) < max(len(row.cells) for row in below) - bare:
        return
    if any(any(map(str.isdecimal, word)) or is_value(word) for word in words) and not (
        count_on(words if bare else words[1:]) and (bare or not is_value(words[0]))
    ):
        return
    spans = [(cell[0].left, cell[0].right) for cell in first.cells]
    for row in below:
        row.head = [words[_nearest(cell[0], spans)] for cell in row.cells]
        if bare:
            row.head[0] = ""


def _nearest(line: Line, spans: Sequence[tuple[float, float]]) -> int:
    """The span that shares most of *line*'s width, or the one that is nearest to it."""
    shared = [min(right, line.right) - max(left, line.left) for left, right in spans]
    return shared.index(max(shared))


def leveled(found: Sequence[Line]) -> list[list[Line]]:
    """The levels on which lines stand, from the top; those of one level from the left."""
    levels: list[list[Line]] = []
    for line in sorted(found, key=lambda one: -(one.top + one.bottom)):
        last = levels[-1][0] if levels else None
        if last is not None and last.top + last.bottom - line.top - line.bottom < (
            2 * _LEVEL * min(last.height, line.height)
        ):
            levels[-1].append(line)
        else:
            levels.append([line])
    for level in levels:
        level.sort(key=lambda one: one.left)
    return levels


def _running(levels: list[list[Line]]) -> set[int]:
    """The ids of lines of running text: long, and ending where a long line next to it does."""
    found: set[int] = set()
    for at, level in enumerate(levels):
        for line in level:
            if len(line.text) < LONG_LINE or is_value(line.text):
                continue
            for other in (one for beside in levels[at + 1 : at + 3] for one in beside):
                if len(other.text) < LONG_LINE or other.item:
                    continue  # each item of a list may be a label
                if _same_column(line, other):
                    found.update((id(line), id(other)))
    return found


def _same_column(line: Line, other: Line) -> bool:
    size = max(line.size, other.size)
    return (
        abs(line.right - other.right) < _FULL * size
        and abs(line.left - other.left) < _INDENT * size
        and line.top - other.top < _FAR * size
    )


def _near(above: list[Line], level: list[Line]) -> bool:
    height = max(line.height for line in above + level)
    return max(line.top for line in above) - max(line.top for line in level) < _FAR * height


def _tables(block: list[list[Line]]) -> list[list[Row]]:
    """The tables among levels that follow closely and hold no running text."""
    found: list[list[Row]] = []
    open_: list[Row] = []
    for level in block:
        made = _row(level)
        if made is not None:
            open_.append(made)
        elif open_ and not _wrapped(open_[-1], level):
            found.append(open_)
            open_ = []
    if open_:
        found.append(open_)
    return [table for table in found if _is_table(table)]


def _row(level: list[Line]) -> Row | None:
    """A level as a row: two pieces at least, and none of them a sentence."""
    if len(level) < _SEVERAL or any(line.text[-1] in "。、，" for line in level[:-1]):
        return None
    if sum(len(line.text) >= LONG_LINE for line in level[1:]) > 1:
        return None
    return Row([[line] for line in level])


def _wrapped(row: Row, level: list[Line]) -> bool:
    """Put a line that goes on below a cell of *row* into it, if the only one of its level does."""
    if len(level) > 1:
        return False
    (line,) = level
    for cell in row.cells[1:]:
        above = cell[-1]
        if (
            abs(above.left - line.left) < _EDGE * line.size
            and 0 < above.top - line.top < _WRAPPED * max(line.height, above.height)
            and 2 * min(above.size, line.size) > max(above.size, line.size)
            and not is_value(above.text)
        ):
            cell.append(line)
            return True
    return False


def is_value(text: str) -> bool:
    """Whether a piece is a figure, an amount or a mark, which no label and no sentence is."""
    plain = text.translate(_LATIN_DIGITS)
    return any(kind.fullmatch(plain) is not None for kind in (_VALUE, _UNIT, _TELEPHONE))


def _is_table(table: list[Row]) -> bool:
    """Whether rows make a table: by amounts beside labels, or by columns that stand straight."""
    valued = sum(
        any(is_value(cell[0].text) for cell in row.cells[1:])
        and not all(is_value(cell[0].text) for cell in row.cells)
        for row in table
    )
    if valued and valued >= _MOSTLY * len(table) - 1:
        return True
    return len(table) >= _ROWS and _straight(table)


def _straight(table: list[Row]) -> bool:
    """Whether short labels stand below each other, each with what it is about beside it."""
    labels = [row.cells[0][0] for row in table]
    firsts = ([line for row in table for line in row.cells[at]] for at in (0, 1))
    if any("。" in line.text or line.text[-1] in "：:" for line in labels) or all(
        map(_flows, firsts)
    ):
        return False
    beside = (line for row in table for cell in row.cells[1:] for line in cell)
    if max(len(line.text) for line in labels) > _SHORT and any(
        len(line.text) > _SHORT for line in beside
    ):
        return False
    items = sum(sum(cell[0].item for cell in row.cells) > 1 for row in table)
    if items > 1:
        return False
    tops = [line.top for line in labels]
    if np.median(-np.diff(tops)) < _PITCH * np.median([line.height for line in labels]):
        return False
    most = max(len(row.cells) for row in table)
    whole = [row for row in table if len(row.cells) == most]
    if len(whole) < max(_ROWS, 0.5 * len(table)):
        return False
    return all(_aligned([row.cells[at][0] for row in whole]) for at in range(most)) and (
        _parted(table, whole, most)
    )


def _flows(column: list[Line]) -> bool:
    """Whether most lines of a column are full: narrow running text, where labels are ragged."""
    size = float(np.median([line.size for line in column]))
    right = max(line.right for line in column)
    full = [
        right - line.right < _RAGGED * size
        for line in column
        if len(line.text) >= _NARROW and not line.item
    ]
    return sum(full) >= 0.5 * len(column)


def _aligned(column: list[Line]) -> bool:
    """Whether nine of ten entries of a column begin, end or have their middle at one place."""
    size = float(np.median([line.size for line in column]))
    for place in (
        [line.left for line in column],
        [line.right for line in column],
        [(line.left + line.right) / 2 for line in column],
    ):
        off = np.abs(np.array(place) - np.median(place))
        if np.mean(off < _EDGE * size) >= _MOSTLY:
            return True
    return False


def _parted(table: list[Row], whole: list[Row], most: int) -> bool:
    """Whether a gutter runs between every two columns, past every line of the table."""
    size = float(np.median([line.size for row in whole for line in row.lines()]))
    spans = sorted((line.left, line.right) for row in table for line in row.lines())
    gutters, reach = 0, spans[0][1]
    for left, right in spans[1:]:
        gutters += left - reach > _GUTTER * size
        reach = max(reach, right)
    return gutters >= most - 1
