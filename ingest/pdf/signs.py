"""Signs of figures (△ 53) that stand at the left of their column, far from the figure.

Spreadsheets print them so, close to the figure of the column before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf.lines import made, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.lines import Glyphs, Line, Shapes

_SIGN_AFTER = re.compile(r"(?<=[0-9０-９%％－―△▲])[△▲]")
_FIGURE = re.compile(r"[0-9０-９]")
# In heights of a line: how far a sign stands from the figure before it, how far its own may be,
# and what stands on one level.
_GAP, _FAR, _LEVEL = 0.2, 4.0, 0.4


def signed(found: list[Line], glyphs: Glyphs, shapes: Shapes) -> list[Line]:
    """Return the lines with each sign at the figure that follows it, not at the one before."""
    if not any("△" in line.text or "▲" in line.text for line in found):
        return found
    lines = [piece for line in found for piece in _parted(line, glyphs)]
    alone = [line for line in lines if line.text in {"△", "▲"}]
    joined: list[list[Line]] = []
    taken: set[int] = set()
    for sign in alone:
        figure = _figure(sign, lines, shapes)
        if figure is not None and id(figure) not in taken:
            taken.update((id(sign), id(figure)))
            joined.append([sign, figure])
            glyphs.spaced[figure.glyphs[0]] = 1
    return [line for line in lines if id(line) not in taken] + together(joined, glyphs)


def _parted(line: Line, glyphs: Glyphs) -> list[Line]:
    """A line cut before each sign that stands apart from a figure before it."""
    at = [found.start() for found in _SIGN_AFTER.finditer(line.text)] if line.upright else []
    left, _, right, _ = glyphs.boxes[line.glyphs].T
    at = [one for one in at if left[one] - right[one - 1] > _GAP * line.height]
    if not at:
        return [line]
    return made(line.glyphs, np.array([0, *at]), glyphs)


def _figure(sign: Line, lines: Sequence[Line], shapes: Shapes) -> Line | None:
    """The figure that a sign belongs to: what follows on its level, no rule between."""
    middle = (sign.top + sign.bottom) / 2
    level = [
        line
        for line in lines
        if line.upright
        and line.left > sign.left
        and abs((line.top + line.bottom) / 2 - middle) < _LEVEL * min(sign.height, line.height)
    ]
    nearest = min(level, key=lambda line: line.left, default=None)
    if nearest is None or not _FIGURE.match(nearest.text):
        return None
    walls = shapes.down
    between = (
        (walls[:, 0] > sign.right - 1)
        & (walls[:, 2] < nearest.left + 1)
        & (walls[:, 1] < middle)
        & (walls[:, 3] > middle)
    )
    near = nearest.left - sign.right < _FAR * sign.height
    return nearest if near and not between.any() else None
