"""Labels whose characters are spread over a fixed width (均等割付), read along their line."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.pdf.lines import together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.pdf.lines import Glyphs, Line, Shapes

_LETTER = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u9fff・々]")
_NUMBERED = re.compile(r"[(（]?[0-9０-９一二三四五六七八九十ア-ン]{1,2}[)）.．]?[\u3400-\u9fff]")
# In widths of a character: how far characters of a label may stand apart where nothing else tells
# that they are one, and where another label is spread over the same width; how much the gaps of
# one label differ; how exactly the two labels end together.
_ALONE, _WITH_ANOTHER, _UNEVEN, _EDGE = 3.4, 14.0, 0.35, 0.7
_FEW, _NEAR = 3, 8.0
# Words in a row that are a cell each, however evenly they stand.
_SERIES = (
    "日月火水木金土日月火水木金土",
    "一二三四五六七八九十",
    "甲乙丙丁戊己",
    "款項目節",
    "春夏秋冬",
    "上中下",
    "大中小",
)


def spread(runs: list[Line], glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Join single characters that stand evenly along one line to the label that they are."""
    singles = [run for run in runs if len(run.text) == 1 and _LETTER.match(run.text)]
    if len(singles) < 2:
        return runs
    rows = list(_even([run for run in singles if not _downwards(run, glyphs)], runs, shapes))
    whole = [row for row in rows if _one_label(row, rows, runs)]
    if not whole:
        return runs
    joined = {id(run) for row in whole for run in row}
    for row in whole:
        for run in row[1:]:
            glyphs.spaced[run.glyphs[0]] = 0
    return [run for run in runs if id(run) not in joined] + together(whole, glyphs)


def _downwards(run: Line, glyphs: Glyphs) -> bool:
    """Whether the file goes on with the character right below, or came from above: vertical text."""
    for other in (int(run.glyphs[0]) - 1, int(run.glyphs[-1]) + 1):
        if not 0 <= other < len(glyphs.codes):
            continue
        left, bottom, right, top = glyphs.boxes[other].tolist()
        aside = abs(left + right - run.left - run.right)
        apart = abs(bottom + top - run.bottom - run.top) / 2
        if aside < 0.6 * run.size and apart < 1.5 * run.size:
            return True
    return False


def _even(singles: Sequence[Line], runs: Sequence[Line], shapes: Shapes) -> Iterator[list[Line]]:
    """Rows of two characters or more on one level with gaps alike and nothing between them."""
    levels: dict[int, list[Line]] = {}
    for run in runs:
        levels.setdefault(round((run.top + run.bottom) / 2 / 3), []).append(run)
    alone = {id(run) for run in singles}
    numbered = [run for run in runs if _NUMBERED.fullmatch(run.text)]
    begins = {id(run) for run in (*singles, *numbered)}
    for run in sorted((*singles, *numbered), key=lambda one: one.left):
        if id(run) not in begins:
            continue
        row = [run]
        while (following := _next(row[-1], levels, shapes)) is not None and id(following) in alone:
            if len(row) > 1:
                usual, gap = row[1].left - row[0].right, following.left - row[-1].right
                if abs(gap - usual) > _UNEVEN * run.size + 0.05 * usual:
                    break
            row.append(following)
        if len(row) > 1:
            alone.difference_update(id(one) for one in row)
            begins.difference_update(id(one) for one in row)
            yield row


def _next(run: Line, levels: dict[int, list[Line]], shapes: Shapes) -> Line | None:
    """The nearest run to the right on the same level, if no rule stands between."""
    middle = (run.top + run.bottom) / 2
    at = round(middle / 3)
    beside = [
        other
        for level in (at - 1, at, at + 1)
        for other in levels.get(level, ())
        if abs(other.top + other.bottom - run.top - run.bottom) < 0.6 * run.size
        and other.left > run.right - 0.3 * run.size
        and other is not run
    ]
    nearest = min(beside, key=lambda other: other.left, default=None)
    if nearest is None or not 0.5 < nearest.size / run.size < 2:
        return None
    if nearest.left - run.right > _WITH_ANOTHER * run.size:
        return None
    walls = shapes.down
    if len(walls) and bool(
        (
            (walls[:, 0] > run.right - 1)
            & (walls[:, 2] < nearest.left + 1)
            & (walls[:, 1] < middle)
            & (walls[:, 3] > middle)
        ).any()
    ):
        return None
    return nearest


def _one_label(row: list[Line], rows: Sequence[list[Line]], runs: Sequence[Line]) -> bool:
    """Whether the characters of *row* are one word, and no cells of a table."""
    said, first, last = "".join(run.text for run in row), row[0], row[-1]
    widest = max(after.left - before.right for before, after in pairwise(row))
    if any(said in series for series in _SERIES):
        return False
    if widest < _ALONE * first.size:
        return True
    return any(
        (other[0] is not first and _same_width(first, last, other[0], other[-1]))
        for other in rows
        if len(other) != len(row) or len(row) == len(other) < _FEW
    ) or any(
        len(run.text) >= _FEW and _same_width(first, last, run, run)
        for run in runs
        if _LETTER.match(run.text[0])
    )


def _same_width(first: Line, last: Line, left: Line, right: Line) -> bool:
    """Whether a label from *left* to *right* begins and ends where one near it does."""
    edge = _EDGE * first.size
    return (
        abs(left.left - first.left) < edge
        and abs(right.right - last.right) < edge
        and 0.5 * first.size < abs(left.top - first.top) < _NEAR * first.size
    )
