"""Pages written vertically or on their side: their text is laid so that it is read as any other.

The way down a page becomes the way to the right, and the way to the left the way down; where
text runs up the page, as on a wide table that was turned, the way up becomes the way to the
right. What is set across such a page (its head, its number) stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ingest.pdf import drafts, layout
from ingest.pdf.joining import given, lines_of
from ingest.pdf.lines import Glyphs, Shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ingest.pdf.columns import Unit
    from ingest.pdf.drafts import Draft
    from ingest.pdf.lines import Line

# In sizes of a character: how exactly two stand above or beside each other, and how far apart.
_IN_LINE, _NEXT, _FAR = 0.35, 0.1, 2.6
_LEAST, _SHARE, _MOST_ACROSS = 10, 0.5, 4
_SAMPLE = 100
_FIRST_WIDE = 0x2E80
_DIGITS = (0xFF10, 0xFF19)


@dataclass(frozen=True, slots=True)
class Side:
    """How text is laid: *up* tells that it runs up the page. *width* and *height* are the page's."""

    up: bool
    width: float
    height: float

    def laid(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes as they are when the text is laid along the line."""
        left, bottom, right, top = boxes.T
        if self.up:
            return np.stack([bottom, self.width - right, top, self.width - left], axis=1)
        return np.stack([self.height - top, left, self.height - bottom, right], axis=1)


def downward(glyphs: Glyphs, *, up: bool = False) -> NDArray[np.bool_] | None:
    """Which glyphs stand one below the other, shape (n,); None where a page is not written so.

    With *up* those that stand one above the other.
    """
    count = len(glyphs.codes)
    if count < _LEAST:
        return None
    some = np.arange(0, count - 1, 1 + count // _SAMPLE)
    if _links(glyphs.boxes[some], glyphs.boxes[some + 1], up=up)[0].mean() < _SHARE / 2:
        return None
    below, beside = _links(glyphs.boxes[:-1], glyphs.boxes[1:], up=up)
    if int(below.sum()) < max(_LEAST, _SHARE * (count - 1)):
        return None
    which = np.ones(count, np.bool_)
    for begin, end in _runs(beside):
        which[begin:end] = not up and _within_a_cell(glyphs, begin, end, below)
    linked = np.append(below, False) | np.append(False, below)
    narrow = glyphs.codes < _FIRST_WIDE
    linked |= np.append(beside, False) | np.append(False, beside)
    return np.asarray(which & ~(narrow & ~linked))


def lines(
    glyphs: Glyphs,
    shapes: Shapes,
    which: NDArray[np.bool_],
    side: Side,
    rows: NDArray[np.int64] | None = None,
) -> list[Line]:
    """The lines of such a page: those of *which* glyphs laid on their side, the others as set.

    *rows* are the positions at which OCR saw lines begin, where it read the page.
    """
    found: list[Line] = []
    for wanted, boxes, drawn in (
        (which, laid(glyphs, which, side).boxes, turned(shapes, side)),
        (~which, glyphs.boxes, shapes),
    ):
        places = np.flatnonzero(wanted).astype(np.int32)
        some = Glyphs(
            glyphs.codes[places], glyphs.source[places], boxes[places], glyphs.spaced[places]
        )
        if rows is None:
            seen = lines_of(some, drawn)
        else:
            begins = np.unique(np.searchsorted(places, rows))
            seen = given(some, begins[begins < len(places)], Shapes())
        for line in seen:
            line.glyphs = places[line.glyphs]
            line.laid = wanted is which
            found.append(line)
        glyphs.spaced[places] = some.spaced
    return found


def composed(
    body: list[Line], shapes: Shapes, glyphs: Glyphs, side: Side
) -> tuple[list[Unit], Draft]:
    """The page put together: what is set across above the text, the text, the rest."""
    down = [line for line in body if line.laid]
    which = np.zeros(len(glyphs.codes), np.bool_)
    which[np.concatenate([line.glyphs for line in down])] = True
    laid_down = laid(glyphs, which, side)
    across = [line for line in body if not line.laid]
    highest = float(glyphs.boxes[which, 3].max())
    above = [line for line in across if line.bottom > highest - line.size]
    below = [line for line in across if line.bottom <= highest - line.size]
    units = [
        *layout.units(above, shapes, laid_down),
        *layout.units(down, turned(shapes, side), laid_down),
        *layout.units(below, shapes, laid_down),
    ]
    draft = drafts.compose(laid_down, units)
    return units, replace(draft, boxes=_as_set(draft, glyphs))


def _as_set(draft: Draft, glyphs: Glyphs) -> NDArray[np.float32]:
    """The boxes of a draft's characters as they are among *glyphs*."""
    place = np.zeros(int(glyphs.source.max()) + 1, np.int64)
    place[glyphs.source] = np.arange(len(glyphs.source))
    return np.where(draft.source[:, None] < 0, np.nan, glyphs.boxes[place[draft.source]])


def laid(glyphs: Glyphs, which: NDArray[np.bool_], side: Side) -> Glyphs:
    """The glyphs with the boxes of *which* laid on their side; digits in one cell one by one."""
    boxes = np.where(which[:, None], side.laid(glyphs.boxes), glyphs.boxes)
    if side.up:
        return replace(glyphs, boxes=boxes)
    _, beside = _links(glyphs.boxes[:-1], glyphs.boxes[1:])
    for begin, end in _runs(beside & which[1:] & which[:-1]):
        cell = boxes[begin:end]
        edges = np.linspace(cell[:, 0].min(), cell[:, 2].max(), end - begin + 1)
        cell[:, 1], cell[:, 3] = cell[:, 1].min(), cell[:, 3].max()
        cell[:, 0], cell[:, 2] = edges[:-1], edges[1:]
    return replace(glyphs, boxes=boxes)


def turned(shapes: Shapes, side: Side) -> Shapes:
    """What is drawn on a page, laid on its side with the text."""
    return Shapes(
        side.laid(shapes.frames),
        side.laid(shapes.down),
        side.laid(shapes.across),
        side.laid(shapes.images),
    )


def _links(
    one: NDArray[np.float32], other: NDArray[np.float32], *, up: bool = False
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each of *other* stands right below the same of *one*, and whether right beside it.

    With *up* whether right above it.
    """
    extent = np.maximum(one[:, 2:] - one[:, :2], other[:, 2:] - other[:, :2])
    size = np.maximum(extent.max(axis=1), 0.5)
    way = (other[:, :2] + other[:, 2:] - one[:, :2] - one[:, 2:]) / 2 / size[:, None]
    across, down = way[:, 0], way[:, 1] if up else -way[:, 1]
    below = (np.abs(across) < _IN_LINE) & (down > _NEXT) & (down < _FAR)
    beside = (np.abs(down) < _IN_LINE) & (across > _NEXT) & (across < _FAR)
    return below, beside


def _runs(links: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where glyphs that are linked to the next begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], links.astype(np.int8), [0]])))
    return [(begin, end + 1) for begin, end in edges.reshape(-1, 2).tolist()]


def _within_a_cell(glyphs: Glyphs, begin: int, end: int, below: NDArray[np.bool_]) -> bool:
    """Whether glyphs side by side are digits or letters in one cell of a column."""
    codes = glyphs.codes[begin:end]
    wide_digits = (codes >= _DIGITS[0]) & (codes <= _DIGITS[1])
    if end - begin > _MOST_ACROSS or not ((codes < _FIRST_WIDE) | wide_digits).all():
        return False
    middle = (glyphs.boxes[begin:end, 0].min() + glyphs.boxes[begin:end, 2].max()) / 2
    for at, other in ((begin - 1, begin - 2), (end, end)):
        if 0 <= at < len(glyphs.codes) and 0 <= other < len(below):
            left, bottom, right, top = glyphs.boxes[at].tolist()
            size = max(right - left, top - bottom)
            apart = abs(bottom + top - glyphs.boxes[begin, 1] - glyphs.boxes[begin, 3]) / 2
            if abs(middle - (left + right) / 2) < _IN_LINE * size and apart < _FAR * size:
                return True
    return False
