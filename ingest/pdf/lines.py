"""The characters of one page, the shapes drawn on it, and lines of characters.

Nothing here knows a PDF library: glyphs and drawn shapes come in as arrays. Coordinates are points
from the lower left corner of the page as shown.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ingest.language import marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONG_LINE = 14
"""From so many characters on a line is running text, and no label."""

_FIRST_KANA, _LAST_KANJI = 0x3041, 0x9FFF
_NOTHING = np.zeros((0, 4), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
    """The printed characters of a page, without white space, in the order the file gives them.

    *codes* are code points, shape (n,). *source* is each glyph's index among the engine's
    characters, shape (n,); *boxes* holds left, bottom, right, top, shape (n, 4): the advance
    box, as high as the font. *spaced* tells how many real spaces stood before the glyph;
    -1 stands for a space that only the engine supposed.
    """

    codes: NDArray[np.uint32]
    source: NDArray[np.int32]
    boxes: NDArray[np.float32]
    spaced: NDArray[np.int8]

    def only(self, which: NDArray[np.bool_]) -> Glyphs:
        """These glyphs as far as *which* says, shape (n,)."""
        if which.all():
            return self
        return Glyphs(self.codes[which], self.source[which], self.boxes[which], self.spaced[which])

    def followed_by(self, more: Glyphs) -> Glyphs:
        """These glyphs and, after them, *more*."""
        return Glyphs(
            np.concatenate([self.codes, more.codes]),
            np.concatenate([self.source, more.source]),
            np.concatenate([self.boxes, more.boxes]),
            np.concatenate([self.spaced, more.spaced]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """What is drawn on a page besides text; each array has shape (n, 4): left, bottom, right, top.

    *frames* are rectangles large enough to hold text, *across* and *down* thin rules,
    *images* the pictures.
    """

    frames: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    across: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    down: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    images: NDArray[np.float32] = field(default_factory=lambda: _NOTHING)
    rules: tuple[list[float], list[float], list[float]] = field(init=False)

    def __post_init__(self) -> None:
        """Keep the horizontal rules once more from the bottom up: heights, lefts and rights."""
        height = (self.across[:, 1] + self.across[:, 3]) / 2
        order = height.argsort()
        rules = height[order], self.across[order, 0], self.across[order, 2]
        object.__setattr__(self, "rules", tuple(column.tolist() for column in rules))

    def ruled(self, low: float, high: float, left: float, right: float) -> bool:
        """Whether a horizontal rule between two heights reaches beyond *left* and *right*."""
        heights, begins, ends = self.rules
        first = bisect_right(heights, low)
        return any(
            begins[at] < left and ends[at] > right
            for at in range(first, bisect_left(heights, high, first))
        )


@dataclass(slots=True, eq=False)
class Line:
    """Glyphs that stand side by side, or one below the other when *upright* is false.

    *glyphs* are indices into `Glyphs`, in reading order; *size* is the width of a full-width
    character in points, estimated where the line has none. *frame* is the index of the smallest
    frame around it, or -1. A *pictured* line was read from a picture, or is a label in a drawing; a *laid* one is vertical
    text laid on its side (`ingest.pdf.turning`).
    """

    glyphs: NDArray[np.int32]
    left: float
    bottom: float
    right: float
    top: float
    size: float
    text: str
    upright: bool = True
    frame: int = -1
    pictured: bool = False
    laid: bool = False
    item: bool = field(init=False)

    def __post_init__(self) -> None:
        """Note whether the line begins like an item, a numbered heading or a caption."""
        found = marks.mark(self.text)
        self.item = found is not None and found.begins_anew

    @property
    def height(self) -> float:
        """From the lowest to the highest point, in points."""
        return self.top - self.bottom


def made(
    order: NDArray[np.int32], begins: NDArray[np.int64], glyphs: Glyphs, *, upright: bool = True
) -> list[Line]:
    """Make one line of each stretch of *order* that starts at one of *begins*.

    A line's size is the mean advance of its full-width characters, kept near the height of the
    font, or what that height suggests.
    """
    boxes = glyphs.boxes[order]
    codes = glyphs.codes[order]
    low = np.minimum.reduceat(boxes[:, :2], begins, axis=0)
    high = np.maximum.reduceat(boxes[:, 2:], begins, axis=0)
    ends = np.append(begins[1:], len(order))
    counts = ends - begins
    height = np.add.reduceat(boxes[:, 3] - boxes[:, 1], begins) / counts
    full = (codes >= _FIRST_KANA) & (codes <= _LAST_KANJI)
    wide = np.add.reduceat(full.astype(np.int32), begins)
    width = np.add.reduceat(np.where(full, boxes[:, 2] - boxes[:, 0], 0), begins)
    advance = np.minimum(np.maximum(width / np.maximum(wide, 1), 0.6 * height), 1.2 * height)
    size = np.where(wide > 0, advance, 0.85 * height)
    text = codes.astype("<u4").tobytes().decode("utf-32-le")
    return [
        Line(order[begin:end], left, bottom, right, top, one, text[begin:end], upright)
        for begin, end, (left, bottom), (right, top), one in zip(
            begins.tolist(), ends.tolist(), low.tolist(), high.tolist(), size.tolist(), strict=True
        )
    ]


def together(groups: list[list[Line]], glyphs: Glyphs, *, upright: bool = True) -> list[Line]:
    """Make one line of the glyphs of each group of lines."""
    if not groups:
        return []
    parts = [line.glyphs for group in groups for line in group]
    lengths = [sum(len(line.glyphs) for line in group) for group in groups]
    begins = np.cumsum([0, *lengths[:-1]])
    return made(np.concatenate(parts), begins, glyphs, upright=upright)
