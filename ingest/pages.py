"""Pages as they were read, and an edition's pages joined once, with offsets that lead back."""

from __future__ import annotations

import json
import zlib
from bisect import bisect_right
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

PAGE_BREAK = "\n"
"""What stands between two pages in an `EditionText`; it has no box and belongs to the first."""


class BlockKind(StrEnum):
    """What a run of lines is on its page."""

    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    ROW = "row"
    CAPTION = "caption"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Block:
    """A run of a page's text that belongs together, in reading order.

    *start* and *end* are offsets into `Page.text`; *size* is the font size in points (0 when
    unknown). *context* is searched and shown but never quoted: the column heads of a table
    row, the caption of a figure. *heads* are the heads of a row's cells, one for each; empty
    where no column has one.
    """

    start: int
    end: int
    kind: BlockKind
    size: float = 0.0
    context: str = ""
    heads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """How a page was read: the engine, and how plausible its text is, from 0 to 1.

    *note* says in a sentence why the page is empty or poor, and what would help. *again* tells
    that reading it again may give more: an engine broke down or took too long.
    """

    engine: str
    score: float
    note: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page: an ordered selection of its characters, plus separators without a box.

    *number* counts from 1 in the file; *label* is the number printed on the page, else the
    file's own page label, else None. *source* holds, for each character of *text*, its index
    among the engine's characters of that page, or -1 for a separator; shape (n,), int32.
    *boxes* holds left, bottom, right, top in points from the lower left corner of the page as
    it is shown (rotation applied), NaN for a separator; shape (n, 4), float32. *width* and
    *height* are the shown page's, in points.
    """

    number: int
    label: str | None
    text: str
    source: NDArray[np.int32]
    boxes: NDArray[np.float32]
    width: float
    height: float
    quality: Quality
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark of the file: *level* from 0, *page* from 1, *top* in points from the bottom."""

    title: str
    level: int
    page: int
    top: float | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from the lower left corner of the page as shown."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True, eq=False)
class EditionText:
    """The text of one edition: its pages joined once, in order.

    Every quotation and every chunk is a slice of `text`; pages and boxes are derived from
    offsets, never carried by hand.
    """

    pages: tuple[Page, ...]
    outline: tuple[OutlineEntry, ...] = ()
    title: str = ""
    text: str = field(init=False)
    starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Join the pages and note where each begins."""
        starts: list[int] = []
        offset = 0
        for page in self.pages:
            starts.append(offset)
            offset += len(page.text) + len(PAGE_BREAK)
        object.__setattr__(self, "text", "".join(page.text + PAGE_BREAK for page in self.pages))
        object.__setattr__(self, "starts", tuple(starts))

    def page_at(self, offset: int) -> Page:
        """Return the page on which the character at *offset* stands.

        Raises:
            ValueError: the offset lies outside the text.
        """
        if not 0 <= offset < len(self.text):
            message = f"offset {offset} lies outside a text of {len(self.text)} characters"
            raise ValueError(message)
        return self.pages[bisect_right(self.starts, offset) - 1]

    def pages_of(self, start: int, end: int) -> tuple[int, ...]:
        """Return the numbers of the pages that the span touches, in order; (start) if empty."""
        first = self.page_at(start).number
        last = self.page_at(max(start, end - 1)).number
        return tuple(range(first, last + 1))

    def start_of(self, number: int) -> int:
        """Return the offset at which page *number* (from 1) begins."""
        return self.starts[number - 1]

    def boxes(self, start: int, end: int) -> tuple[Box, ...]:
        """Return the rectangles that cover the span, one for each run of a line, in order."""
        found: list[Box] = []
        for number in self.pages_of(start, end):
            page = self.pages[number - 1]
            base = self.starts[number - 1]
            rows = page.boxes[max(0, start - base) : max(0, min(len(page.text), end - base))]
            found.extend(_lines(number, rows[~np.isnan(rows[:, 0])]))
        return tuple(found)


def _lines(number: int, rows: NDArray[np.float32]) -> Iterable[Box]:
    """Merge the boxes of neighbouring characters that share a line."""
    if not len(rows):
        return
    breaks = [0]
    for at in range(1, len(rows)):
        if not _same_line(rows[breaks[-1] : at], rows[at]):
            breaks.append(at)
    for first, last in pairwise([*breaks, len(rows)]):
        run = rows[first:last]
        left, bottom = run[:, 0].min(), run[:, 1].min()
        right, top = run[:, 2].max(), run[:, 3].max()
        yield Box(number, float(left), float(bottom), float(right), float(top))


def _same_line(run: NDArray[np.float32], box: NDArray[np.float32]) -> bool:
    """Whether *box* continues *run*: beside it on a horizontal line, or below or above it."""
    last = run[-1]
    height = max(float(last[3] - last[1]), float(box[3] - box[1]), 1.0)
    width = max(float(last[2] - last[0]), float(box[2] - box[0]), 1.0)
    overlap_y = min(last[3], box[3]) - max(last[1], box[1])
    overlap_x = min(last[2], box[2]) - max(last[0], box[0])
    beside = overlap_y > 0.3 * min(last[3] - last[1], box[3] - box[1]) and (
        -height < box[0] - last[2] < 3 * height
    )
    below = overlap_x > 0.5 * min(last[2] - last[0], box[2] - box[0]) and (
        -0.5 * width < max(last[1] - box[3], box[1] - last[3]) < width
    )
    vertical = len(run) > 1 and abs(float(run[0, 0] - run[-1, 0])) < 0.5 * width
    return bool(beside or (below and (vertical or len(run) == 1) and width < 1.6 * height))


def save(text: EditionText, path: Path) -> None:
    """Write an edition's text to a new file, so that `load` gives it back whole."""
    pages = text.pages
    told = {
        "title": text.title,
        "outline": [astuple(entry) for entry in text.outline],
        "pages": [
            {
                "number": page.number,
                "label": page.label,
                "text": page.text,
                "width": page.width,
                "height": page.height,
                "quality": astuple(page.quality),
                "blocks": [astuple(block) for block in page.blocks],
            }
            for page in pages
        ],
    }
    # surrogatepass: a page may hold half a surrogate pair, and a quotation keeps it.
    said = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
    with path.open("xb") as file:
        np.savez_compressed(
            file,
            told=np.frombuffer(said, dtype=np.uint8),
            source=np.concatenate([*(page.source for page in pages), np.zeros(0, np.int32)]),
            boxes=np.concatenate([*(page.boxes for page in pages), np.zeros((0, 4), np.float32)]),
        )


def load(path: Path) -> EditionText:
    """Read an edition's text that `save` wrote.

    Raises:
        OSError, ValueError, KeyError: the file is missing or damaged.
    """
    try:
        # NumPy leaves a damaged file open when it is given only its name.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            told = json.loads(stored["told"].tobytes().decode("utf-8", "surrogatepass"))
            source = stored["source"].astype(np.int32, copy=False)
            boxes = stored["boxes"].astype(np.float32, copy=False)
    except (BadZipFile, zlib.error) as problem:
        raise ValueError(str(problem)) from problem
    ends = np.cumsum([len(page["text"]) for page in told["pages"]], dtype=np.int64)
    if len(told["pages"]) and ends[-1] != len(source):
        message = f"{path}: {len(source)} characters stored instead of {ends[-1]}"
        raise ValueError(message)
    pages = tuple(
        Page(
            number=page["number"],
            label=page["label"],
            text=page["text"],
            source=source[end - len(page["text"]) : end],
            boxes=boxes[end - len(page["text"]) : end],
            width=page["width"],
            height=page["height"],
            quality=Quality(*page["quality"]),
            blocks=tuple(
                Block(start, stop, BlockKind(kind), size, context, *map(tuple, heads))
                for start, stop, kind, size, context, *heads in page["blocks"]
            ),
        )
        for page, end in zip(told["pages"], ends, strict=True)
    )
    outline = tuple(OutlineEntry(*entry) for entry in told["outline"])
    return EditionText(pages, outline, told["title"])
