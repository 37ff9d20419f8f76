"""Tables whose head alone is ruled into columns: its rules go on, undrawn, through what it heads.

Statistics are printed so: a box for the heads, a rule at the foot, and nothing between the figures.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SNAP = 3.0
# Vertical rules that end with the head, lines below it, and shares: of the vertical rules, and of
# the lines of the body that may stand across one.
_SEVERAL, _LEAST_LINES, _MOSTLY, _FEW = 2, 3, 0.6, 0.03
# In heights of a line: what stands on one level.
_LEVEL = 0.4


def bodied(
    across: NDArray[np.float32],
    down: NDArray[np.float32],
    every: NDArray[np.float32],
    texts: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the rules of a table with those that its body lacks, or as they are.

    *across* and *down* are the rules that touch each other, *every* all horizontal ones of the
    page, *texts* its lines; shape (n, 4) each. A line across the columns, as those that say what
    the rows below are about, gets rules above and below.
    """
    head = _head(across, down)
    if head is None or not len(texts):
        return across, down
    left, right, level = head
    foot = _foot(every, left, right, level)
    if foot is None:
        return across, down
    inside = _inside(texts, left, right, foot, level)
    ending = down[np.abs(down[:, 1] - level) < 2 * _SNAP]
    xs = np.unique(np.rint((ending[:, 0] + ending[:, 2]) / 2))
    xs = xs[(xs > left + _SNAP) & (xs < right - _SNAP)]
    crossed = (inside[:, 0] < xs[:, None] - _SNAP) & (inside[:, 2] > xs[:, None] + _SNAP)
    lone = _lone(inside)
    clear = (crossed & ~lone).sum(axis=1) <= _FEW * len(inside)
    if len(inside) - lone.sum() < _LEAST_LINES or clear.sum() < _SEVERAL:
        return across, down
    if (crossed[clear].any(axis=0) & ~lone).sum() > _FEW * len(inside):
        return across, down
    titles = inside[lone & crossed[clear].any(axis=0)]
    bands = _bands(titles, inside, foot, level)
    edges = sorted({foot, level, *(edge for band in bands for edge in band)})
    rules = [[left, edge, right, edge] for edge in edges[:-1]]
    walls = [
        [x, low, x, high]
        for low, high in pairwise(edges)
        if (low, high) not in bands
        for x in xs[clear].tolist()
    ]
    highest = float(across[:, 3].max())
    walls += [[edge, foot, edge, highest] for edge in (left, right)]
    return (
        np.concatenate([across, np.array(rules, np.float32)]),
        np.concatenate([down, np.array(walls, np.float32)]),
    )


def _head(
    across: NDArray[np.float32], down: NDArray[np.float32]
) -> tuple[float, float, float] | None:
    """Left, right and foot of the head: a rule along the table at which most vertical ones end."""
    left, right = float(across[:, 0].min()), float(across[:, 2].max())
    whole = (across[:, 0] < left + 2 * _SNAP) & (across[:, 2] > right - 2 * _SNAP)
    for level in np.unique((across[whole, 1] + across[whole, 3]) / 2)[::-1].tolist():
        ends = np.abs(down[:, 1] - level) < 2 * _SNAP
        if ends.sum() > _SEVERAL and ends.sum() >= _MOSTLY * (down[:, 3] > level).sum():
            return left, right, level
    return None


def _foot(every: NDArray[np.float32], left: float, right: float, level: float) -> float | None:
    """The height of the next rule below *level*, if it is as long as the table."""
    middle = (every[:, 1] + every[:, 3]) / 2
    shared = np.minimum(every[:, 2], right) - np.maximum(every[:, 0], left)
    below = (middle < level - 2 * _SNAP) & (shared > 0)
    if not below.any():
        return None
    at = int(np.where(below, middle, -np.inf).argmax())
    whole = abs(every[at, 0] - left) < 2 * _SNAP and abs(every[at, 2] - right) < 2 * _SNAP
    return float(middle[at]) if whole else None


def _inside(
    texts: NDArray[np.float32], left: float, right: float, foot: float, level: float
) -> NDArray[np.float32]:
    middle = (texts[:, 1] + texts[:, 3]) / 2
    return texts[
        (middle > foot)
        & (middle < level)
        & (texts[:, 0] > left - 2 * _SNAP)
        & (texts[:, 2] < right + 2 * _SNAP)
    ]


def _lone(texts: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which lines stand alone on their level."""
    middle, height = (texts[:, 1] + texts[:, 3]) / 2, texts[:, 3] - texts[:, 1]
    level = np.abs(middle[:, None] - middle) < _LEVEL * np.minimum(height[:, None], height)
    return np.asarray(level.sum(axis=1) == 1)


def _bands(
    titles: NDArray[np.float32], inside: NDArray[np.float32], foot: float, level: float
) -> list[tuple[float, float]]:
    """From where to where the band of each title reaches: half way to what stands around it."""
    found = []
    for title in titles:
        low, high = float(title[1]), float(title[3])
        middle = (low + high) / 2
        heights = (inside[:, 1] + inside[:, 3]) / 2
        under = inside[heights < middle - 1, 3].max(initial=foot)
        over = inside[heights > middle + 1, 1].min(initial=level)
        bottom = foot if under <= foot else min(middle, (float(under) + low) / 2)
        top = level if over >= level else max(middle, (float(over) + high) / 2)
        found.append((bottom, top))
    return found
