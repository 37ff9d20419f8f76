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
# Characters of a stack that the file's order tells, and how far beside its middle, in widths of
# one, others and turned marks may stand.
_SURE, _BESIDE, _ASIDE = 4, 0.3, 0.6
_IN_VERTICAL = re.compile(
    r"[\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff\u3001-\u3017（）！？：～〜|｜︙︰-﹄０-９]"
)


def stacked(runs: list[Line], glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Join single characters that stand closely one below the other: vertical text and labels."""
    singles = [run for run in runs if len(run.text) == 1 and _IN_VERTICAL.match(run.text)]
    if len(singles) < 2:
        return runs
    places = np.array([(run.left, run.right, run.top + run.bottom) for run in runs]).T
    written = _as_written(singles, shapes, places)
    taken = {id(run) for stack in written for run in stack}
    singles = [run for run in singles if id(run) not in taken]
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
    stacks = [
        stack
        for stack in stacks
        if len(stack) > 1 and _is_written(stack) and not _side_by_side(stack, places)
    ]
    stacks += written
    joined = {id(run) for stack in stacks for run in stack}
    kept = [run for run in runs if id(run) not in joined]
    return kept + together(stacks, glyphs, upright=False)


def _as_written(
    singles: list[Line], shapes: Shapes, places: NDArray[np.float64]
) -> list[list[Line]]:
    """The stacks that only the file's order tells: it goes down them character by character.

    Others stand close beside them, or marks that are turned in vertical text, as 、 and ー, aside
    of their middle.
    """
    found: list[list[Line]] = []
    for run in sorted(singles, key=lambda one: int(one.glyphs[0])):
        last = found[-1][-1] if found else None
        if (
            last is not None
            and int(run.glyphs[0]) == int(last.glyphs[-1]) + 1
            and _below(last, run, shapes, aside=_ASIDE)
        ):
            found[-1].append(run)
        else:
            found.append([run])
    kept: list[list[Line]] = []
    for stack in found:
        told = len(stack) >= _SURE and _is_written(stack)
        if (told and (_side_by_side(stack, places) or not _straight(stack))) or (
            kept and _ends(kept[-1], stack)
        ):
            kept.append(stack)
    return kept


def _ends(stack: list[Line], few: list[Line]) -> bool:
    """Whether a few characters are those with which a stack goes on at the top of the next column."""
    last, top, run = stack[-1], stack[0], few[0]
    return (
        int(run.glyphs[0]) == int(last.glyphs[-1]) + 1
        and abs(top.top - run.top) < 0.3 * run.size
        and 0.5 * run.size < top.left - run.left < 2 * run.size
    )


def _straight(stack: list[Line]) -> bool:
    """Whether each character of a stack stands right below the one before."""
    middles = np.array([run.left + run.right for run in stack]) / 2
    return bool((np.abs(np.diff(middles)) < _BESIDE * stack[0].size).all())


def _is_written(stack: list[Line]) -> bool:
    """Whether most characters of a stack are kana or kanji."""
    return sum(bool(_KANA_OR_KANJI.match(run.text)) for run in stack) > 0.6 * len(stack)


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


def _below(above: Line, run: Line, shapes: Shapes, *, aside: float = _BESIDE) -> bool:
    size = max(above.size, run.size)
    center = abs((above.left + above.right) - (run.left + run.right)) / 2
    pitch = (above.top + above.bottom - run.top - run.bottom) / 2
    if center > aside * size or not 0.5 * size < pitch < 1.6 * size:
        return False
    middle = (run.left + run.right) / 2
    return not shapes.ruled(
        (run.top + run.bottom) / 2, (above.top + above.bottom) / 2, middle, middle
    )
