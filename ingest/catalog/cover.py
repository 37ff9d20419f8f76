"""The lines of a first page as one sees them: what stands side by side is one, with its place."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest.pages import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ingest.pages import Page

_BESIDE, _SPACED_OUT, _WORDS_APART, _GAP = 1.3, 3.5, 0.45, 0.3
_LAST_NARROW = "\u2e7f"
_FULL = re.compile(r"[ぁ-ヺ一-鿿]")
_SENTENCE_END = re.compile(r"。|[a-z]\.(?:\s|$)")
_SOME = 1
_BRACKETS = "（）()【】「」［］[]〔〕"
_SAME_HEIGHT, _SMALLEST, _TALLEST = 0.5, 3.0, 1.2
_CENTRED, _WIDE = 0.035, 0.8
_COLUMN = 4


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side on a page: its words and its place, in points from lower left.

    *size* is that of the largest type in it. *tabled* tells that it is part of a table with
    rules, *prose* that it is a line of a paragraph of sentences. Without boxes (pypdf's text) all
    places are 0.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    size: float
    tabled: bool = False
    prose: bool = False

    @property
    def plain(self) -> str:
        """The words in plain widths and without white space."""
        return "".join(unicodedata.normalize("NFKC", self.text).split())

    def centred(self, width: float) -> bool:
        """Whether it stands in the middle of a page that it does not fill."""
        across = self.right - self.left
        middle = (self.left + self.right) / 2
        return 0 < across < _WIDE * width and abs(middle - width / 2) < _CENTRED * width


def rows(page: Page) -> list[Row]:
    """The page's rows from top to bottom; the order of the text where it has no boxes."""
    pieces = list(_pieces(page))
    if all(piece.row.top == piece.row.bottom for piece in pieces):
        return [piece.row for piece in pieces]
    # The largest first: what is set small beside it (の, に向けた) stands on its line.
    pieces.sort(key=lambda piece: -piece.row.size)
    levels: list[list[_Piece]] = []
    for piece in pieces:
        home = next((level for level in levels if _level(level[0].row, piece.row)), None)
        if home is None:
            levels.append([piece])
        else:
            home.append(piece)
    found = [
        row
        for level in levels
        for row in _joined(sorted(level, key=lambda piece: piece.row.left), page.text)
    ]
    return sorted(found, key=lambda row: (-row.top, row.left))


def usual_size(pages: Sequence[Page]) -> float:
    """The size of type in which most of the text of *pages* is set, as `Row.size` has it."""
    counts: Counter[float] = Counter()
    for page in pages:
        for piece in _pieces(page):
            counts[round(2 * piece.row.size) / 2] += len(piece.row.text)
    return counts.most_common(1)[0][0] if counts else 0.0


def right_edge(found: Sequence[Row]) -> float:
    """Where full lines end, in points."""
    return max((row.right for row in found), default=0.0)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the page's text on one line: from *start* to *end* in it."""

    row: Row
    start: int
    end: int


def _pieces(page: Page) -> Iterator[_Piece]:
    """Stretches of the page's text that stand on one line, in the order of the text."""
    for block in page.blocks:
        boxes = page.boxes[block.start : block.end]
        printed = np.flatnonzero(~np.isnan(boxes[:, 0]))
        said = page.text[block.start : block.end]
        tabled = block.kind == BlockKind.ROW
        prose = not tabled and bool(_SENTENCE_END.search(said))
        if not len(printed) or not np.any(boxes[printed]):
            for line in filter(None, map(str.strip, said.splitlines())):
                yield _Piece(
                    Row(line, 0, 0, 0, 0, block.size, tabled, prose), block.start, block.end
                )
            continue
        left, bottom, right, top = _along(boxes[printed], page.height).T
        height = top - bottom
        low = np.minimum(height[1:], height[:-1])
        overlap = np.minimum(top[1:], top[:-1]) - np.maximum(bottom[1:], bottom[:-1])
        gap = left[1:] - right[:-1]
        letter = np.array([bool(_FULL.match(said[at])) for at in printed.tolist()])
        # Something smaller may stand in the gap: 展望 after a small の.
        wide = np.where(letter[1:] & letter[:-1], _GAP, _WORDS_APART) * low
        breaks = (overlap < _SAME_HEIGHT * low) | (gap < -low) | (gap > wide)
        edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(printed)]
        for first, end in pairwise(edges):
            size = float(np.median(height[first:end]))
            letters = letter[first:end]
            if np.count_nonzero(letters) >= _SOME:
                # Some fonts claim twice their height; such a letter is as wide as it is high.
                advance = (right - left)[first:end][letters]
                size = min(size, _TALLEST * float(np.median(advance)))
            start, stop = int(printed[first]), int(printed[end - 1]) + 1
            row = Row(
                said[start:stop], float(left[first:end].min()), float(bottom[first:end].min()),
                float(right[first:end].max()), float(top[first:end].max()), size, tabled, prose,
            )  # fmt: skip
            yield _Piece(row, block.start + start, block.start + stop)


def _along(boxes: NDArray[np.float32], height: float) -> NDArray[np.float32]:
    """The boxes of a block's characters; those of vertical text laid on their side."""
    left, bottom, right, top = boxes.T
    across, down = np.diff(left + right) / 2, -np.diff(bottom + top) / 2
    size = np.maximum(right - left, top - bottom)[1:]
    below = (np.abs(across) < _SAME_HEIGHT * size) & (down > _GAP * size)
    if 2 * int(below.sum()) <= len(below) or len(boxes) < _COLUMN:
        return boxes
    return np.stack([height - top, left, height - bottom, right], axis=1)


def _level(one: Row, other: Row) -> bool:
    """Whether *other*, no larger, stands on the line of *one*."""
    if other.size * _SMALLEST < one.size:
        return False
    overlap = min(one.top, other.top) - max(one.bottom, other.bottom)
    return overlap > _SAME_HEIGHT * min(one.top - one.bottom, other.top - other.bottom)


def _joined(level: Sequence[_Piece], text: str) -> Iterator[Row]:
    """Join the pieces of a level that are one line: letters that are spaced out, sizes that mix."""
    run: list[_Piece] = []
    for piece in level:
        if run:
            last = run[-1].row
            single = len(last.text) == 1 or len(piece.row.text) == 1
            reach = _SPACED_OUT if single else _BESIDE
            if piece.row.left - last.right > reach * min(last.size, piece.row.size):
                yield _whole(run, text)
                run = []
        run.append(piece)
    if run:
        yield _whole(run, text)


def _whole(run: Sequence[_Piece], text: str) -> Row:
    parts = [run[0].row.text]
    for before, piece in pairwise(run):
        if text[before.end : piece.start].strip() or piece.start < before.end:
            gap = piece.row.left - before.row.right
            apart = gap > _WORDS_APART * max(before.row.size, piece.row.size)
        else:
            apart = before.end < piece.start
        parts.append(" " * apart + piece.row.text)
    found = [piece.row for piece in run]
    long = [row.size for row in found if len(row.text) > 1] or [row.size for row in found]
    return Row(
        _closed_up(" ".join("".join(parts).split())), min(row.left for row in found),
        min(row.bottom for row in found), max(row.right for row in found),
        max(row.top for row in found), max(long), all(row.tabled for row in found),
        any(row.prose for row in found),
    )  # fmt: skip


def _closed_up(text: str) -> str:
    """Words whose letters are spaced out (予 算 書) set as usual."""
    found: list[str] = []
    spaced = False
    for token in text.split(" "):
        single = len(token.strip(_BRACKETS)) == 1 and (token > _LAST_NARROW or token.isdigit())
        if spaced and single:
            found[-1] += token
        else:
            found.append(token)
        spaced = single
    return " ".join(found)
