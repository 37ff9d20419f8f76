"""Text that is struck through: it is printed and no longer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pypdfium2.raw as c

from ingest.pdf.drawing import shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

# In heights of a character: how far from its middle a line may run, how thick it may be, and how
# far it may begin and end from the words that it strikes. A rule that goes on is no such line.
# PDFium gives a stroke twice its width.
_MIDDLE, _THICK, _BEYOND, _COVERED = 0.2, 0.25, 0.7, 0.7
_EDGE = 0.05
_MOST_LINES, _MOST_NOTES = 3_000, 2_000


def struck(
    page: c.FPDF_PAGE,
    view: NDArray[np.float64],
    boxes: NDArray[np.float32],
    across: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """Whether each character is struck through, by a line of its own or a note, shape (n,).

    *boxes* are the characters', *across* the page's horizontal rules, all as shown, as *view* maps
    the page's own coordinates.
    """
    found = np.zeros(len(boxes), np.bool_)
    if not len(boxes):
        return found
    left, bottom, right, top = boxes.T
    height, middle, centre = top - bottom, (top + bottom) / 2, (left + right) / 2
    # The edge of a frame has no thickness: a marker's colour often begins at half the height.
    lines = across[across[:, 3] - across[:, 1] > _EDGE][:_MOST_LINES]
    levels, level = np.sort(middle), (lines[:, 1] + lines[:, 3]) / 2
    near = _MIDDLE * float(height.max())
    lines = lines[levels.searchsorted(level + near) > levels.searchsorted(level - near)]
    for begin, low, end, high in lines.tolist():
        under = np.flatnonzero(
            (np.abs(middle - (low + high) / 2) < _MIDDLE * height)
            & (centre > begin) & (centre < end) & (high - low < _THICK * height)
        )  # fmt: skip
        if not len(under):
            continue
        slack = _BEYOND * float(height[under].max())
        covered = float((right - left)[under].sum())
        whole = abs(left[under].min() - begin) < slack and abs(right[under].max() - end) < slack
        if whole and covered > _COVERED * (end - begin):
            found[under] = True
    for begin, low, end, high in _notes(page, view).tolist():
        found |= (centre > begin) & (centre < end) & (middle > low) & (middle < high)
    return found


def _notes(page: c.FPDF_PAGE, view: NDArray[np.float64]) -> NDArray[np.float32]:
    """Where notes strike text out, as shown: left, bottom, right, top, shape (n, 4)."""
    found: list[tuple[float, float, float, float]] = []
    for at in range(min(int(c.FPDFPage_GetAnnotCount(page)), _MOST_NOTES)):
        note = c.FPDFPage_GetAnnot(page, at)
        if not note:
            continue
        try:
            if c.FPDFAnnot_GetSubtype(note) != c.FPDF_ANNOT_STRIKEOUT:
                continue
            corners = c.FS_QUADPOINTSF()
            for which in range(int(c.FPDFAnnot_CountAttachmentPoints(note))):
                if c.FPDFAnnot_GetAttachmentPoints(note, which, corners):
                    x = (corners.x1, corners.x2, corners.x3, corners.x4)
                    y = (corners.y1, corners.y2, corners.y3, corners.y4)
                    found.append((min(x), min(y), max(x), max(y)))
        finally:
            c.FPDFPage_CloseAnnot(note)
    return shown(np.array(found, np.float32).reshape(-1, 4), view)
