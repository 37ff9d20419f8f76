"""How far apart the characters of a page stand: each line by its own measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.pdf.lines import Glyphs

# In heights of a character: what two neighbours on one line share, the widest gap inside a word,
# and between which widths a gap is one empty cell.
_LEVEL, _WORD, _CELL = 0.5, 0.6, (0.6, 1.4)
_FEW, _FULL_FROM, _TALLEST = 3, 0x3041, 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Pitch:
    """What is usual between the characters of a page, in the order the file gives them.

    *letter* is the gap between two characters of one word in heights of a character, shape (n,),
    by the line that each stands on: 0 where type is set solid, about 0.2 on a grid of cells.
    *bare* tells that the file has no space characters where cells are empty.
    """

    letter: NDArray[np.float32]
    bare: bool

    def cell(self) -> NDArray[np.float32]:
        """The widest gap that still is one empty cell, for each character, in heights."""
        return np.asarray(_CELL[1] - 0.1 + 2 * self.letter, np.float32)


def pitch(glyphs: Glyphs, *, down: bool = False) -> Pitch:
    """Measure a page along its lines, or *down* its columns where it is written vertically."""
    count = len(glyphs.codes)
    left, bottom, right, top = (_turned(glyphs.boxes) if down else glyphs.boxes).T
    if count <= 1:
        return Pitch(np.zeros(count, np.float32), bare=False)
    height = np.maximum(top - bottom, 0.5)
    low = np.minimum(height[:-1], height[1:])
    gap = (left[1:] - right[:-1]) / low
    shared = np.minimum(top[:-1], top[1:]) - np.maximum(bottom[:-1], bottom[1:])
    level = (shared > _LEVEL * low) & (gap > -_WORD) & (gap < 8)
    full = glyphs.codes >= _FULL_FROM
    inside = level & full[:-1] & full[1:] & (np.abs(gap) < _WORD)
    line = np.append(0, np.cumsum(~level))
    letter = _by_line(gap, inside, line, np.minimum(np.rint(height), _TALLEST).astype(np.int64))
    empty = gap - letter[:-1] * 2
    cells = level & (empty > _CELL[0]) & (empty < _CELL[1])
    real = int(np.count_nonzero(glyphs.spaced[1:][cells] > 0))
    return Pitch(letter, bare=2 * real < int(np.count_nonzero(cells)))


def _turned(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes with the way down the page as the way to the right."""
    left, bottom, right, top = boxes.T
    return np.stack([-top, left, -bottom, right], axis=1)


def _by_line(
    gap: NDArray[np.floating],
    inside: NDArray[np.bool_],
    line: NDArray[np.int64],
    height: NDArray[np.int64],
) -> NDArray[np.float32]:
    """The median gap inside the words of each line; a line with few of them is like its size."""
    gaps = gap[inside]
    if not len(gaps):
        return np.zeros(len(line), np.float32)
    letter = _medians(gaps, line[:-1][inside], int(line[-1]) + 1, _FEW)[line]
    few = np.isnan(letter)
    if few.any():
        usual = _medians(gaps, height[:-1][inside], int(height.max()) + 1, 1)
        letter[few] = usual[height[few]]
        letter[np.isnan(letter)] = np.median(gaps)
    return np.asarray(np.maximum(letter, 0), np.float32)


def _medians(
    values: NDArray[np.floating], groups: NDArray[np.int64], most: int, least: int
) -> NDArray[np.float64]:
    """The median of each group's values, shape (most,); NaN for groups of fewer than *least*."""
    order = np.lexsort((values, groups))
    values, groups = values[order], groups[order]
    begins = np.flatnonzero(np.append(True, groups[1:] != groups[:-1]))
    counts = np.diff(np.append(begins, len(groups)))
    found = np.full(most, np.nan)
    found[groups[begins]] = np.where(counts >= least, values[begins + counts // 2], np.nan)
    return found
