"""Digits that stand above or below the line: 12² is not 122, and CO₂ is not CO2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest.language.numerals import ABOVE, BELOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Programs set such digits in 0.5 to 0.7 of the size, their feet a third of it above the line or a
# seventh below it.
_SMALL, _UP, _DOWN, _OFF = 0.8, 0.15, 0.04, 0.05
_ASIDE = 0.6
_MOST = 3


def raised(codes: NDArray[np.uint32], boxes: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Name digits for where they stand: ² for a small 2 above its line, ₂ for one below it.

    Characters and boxes in the order of the file, shapes (n,) and (n, 4); what such a digit is
    small beside stands next to it, before or after.
    """
    height = boxes[:, 3] - boxes[:, 1]
    digit = ((codes >= ord("0")) & (codes <= ord("9"))) | (
        (codes >= ord("０")) & (codes <= ord("９"))
    )
    small = np.zeros(len(codes), np.bool_)
    small[1:] |= height[1:] < _SMALL * height[:-1]
    small[:-1] |= height[:-1] < _SMALL * height[1:]
    found = codes
    at = 0
    for start in np.flatnonzero(digit & small).tolist():
        if start < at:
            continue
        at = start + 1
        while at < len(codes) and digit[at] and _alike(boxes[at - 1], boxes[at]):
            at += 1
        first = start
        while first > 0 and digit[first - 1] and _alike(boxes[first - 1], boxes[first]):
            first -= 1
        if at - first > _MOST:
            continue
        beside = [one for one in (first - 1, at) if 0 <= one < len(codes)]
        names = next(
            (named for one in beside if (named := _place(boxes[first:at], boxes[one]))), None
        )
        if names:
            found = found.copy() if found is codes else found
            for one in range(first, at):
                found[one] = ord(names[chr(int(codes[one]))])
    return found


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether two characters stand side by side, equally high."""
    height = one[3] - one[1]
    return bool(
        abs(one[1] - other[1]) < 0.1 * height
        and abs(one[3] - other[3]) < 0.1 * height
        and -0.2 * height < other[0] - one[2] < _ASIDE * height
    )


def _place(run: NDArray[np.float32], line: NDArray[np.float32]) -> dict[str, str] | None:
    """The names for digits that stand like *run* beside a character of the *line*, if they do."""
    low, high = run[:, 1].min(), run[:, 3].max()
    height = line[3] - line[1]
    gap = max(run[:, 0].min() - line[2], line[0] - run[:, 2].max())
    overlap = min(high, line[3]) - max(low, line[1])
    if high - low > _SMALL * height or not -_ASIDE * height < gap < _ASIDE * height or overlap <= 0:
        return None
    off = (low + high - line[1] - line[3]) / 2
    if low > line[1] + _UP * height and off > _OFF * height:
        return ABOVE
    return BELOW if low < line[1] - _DOWN * height and off < -_OFF * height else None
