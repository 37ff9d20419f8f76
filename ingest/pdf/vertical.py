"""Characters that stand one below the other: vertical text and labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf.lines import together

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.pdf.lines import Glyphs, Line, Shapes

_KANA_OR_KANJI = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u3400-\u9fff\uf900-\ufaff]")
_IN_VERTICAL = re.compile(
    r"[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\u3001-\u3017（）！？：～〜|｜︙︰-﹄０-９]"
)


def stacked(runs: list[Line], glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Join single characters that stand closely one below the other: vertical text and labels."""
    singles = [run for run in runs if len(run.text) == 1 and _IN_VERTICAL.match(run.text)]
    if len(singles) < 2:
        return runs
    singles.sort(key=lambda run: run.left + run.right)
    columns: list[list[Line]] = []
    for run in singles:
        last = columns[-1][0] if columns else None
        if last and run.left + run.right - last.left - last.right < 0.5 * run.size:
            columns[-1].append(run)
        else:
            columns.append([run])
    stacks: list[list[Line]] = []
    for column in columns:
        column.sort(key=lambda run: -run.top)
        stacks.append([column[0]])
        for run in column[1:]:
            if _below(stacks[-1][-1], run, shapes):
                stacks[-1].append(run)
            else:
                stacks.append([run])
    places = np.array([(run.left, run.right, run.top + run.bottom) for run in runs]).T
    stacks = [
        stack
        for stack in stacks
        if len(stack) > 1
        and sum(bool(_KANA_OR_KANJI.match(run.text)) for run in stack) > 0.6 * len(stack)
        and not _side_by_side(stack, places)
    ]
    joined = {id(run) for stack in stacks for run in stack}
    kept = [run for run in runs if id(run) not in joined]
    return kept + together(stacks, glyphs, upright=False)


def _side_by_side(stack: list[Line], places: NDArray[np.float64]) -> bool:
    """Whether most of a stack's characters touch a character beside them on their line.

    *places* holds left, right and twice the middle height of every run of the page.
    """
    left, right, middle = places
    touching = 0
    for run in stack:
        level = np.abs(middle - run.top - run.bottom) < 0.6 * run.size
        gap = np.maximum(left - run.right, run.left - right)
        # The run itself is one of those at no distance.
        touching += int((level & (gap < 0.2 * run.size)).sum()) > 1
    return touching > 0.5 * len(stack)


def _below(above: Line, run: Line, shapes: Shapes) -> bool:
    size = max(above.size, run.size)
    center = abs((above.left + above.right) - (run.left + run.right)) / 2
    pitch = (above.top + above.bottom - run.top - run.bottom) / 2
    if center > 0.3 * size or not 0.5 * size < pitch < 1.6 * size:
        return False
    middle = (run.left + run.right) / 2
    return not shapes.ruled(
        (run.top + run.bottom) / 2, (above.top + above.bottom) / 2, middle, middle
    )
