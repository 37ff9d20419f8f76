"""Pages as they were read, and an edition's pages joined once, with offsets that lead back."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest import arrays

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PAGE_BREAK = "\n"
"""What stands between two pages in an `EditionText`; it has no box and belongs to the first."""


class PlaceKind(StrEnum):
    """What a `Page` is in its file: a page, or what a file without pages has in their stead.

    A SECTION is a stretch of running text (Word, web pages, plain text), a SHEET a part of a
    worksheet, of which a long one has several.
    """

    PAGE = "page"
    SHEET = "sheet"
    SLIDE = "slide"
    SECTION = "section"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span stands, as people find it in the file.

    *label* is the number of a page or slide, the name of a sheet, the heading of a section ("" where
    it has none). *range* narrows it down: cells (B4:D9), paragraphs (¶12), lines (L3-L5) or an
    anchor (#a3), "" where nothing does.
    """

    kind: PlaceKind
    label: str
    range: str = ""

    def named(self, language: str, *, section: bool = True) -> str:
        """Return it in words; without *section* where that is named beside it."""
        words = _PLACE_WORDS[language]
        if self.kind in {PlaceKind.PAGE, PlaceKind.SLIDE}:
            return words[self.kind].format(label=self.label)
        found = [words[self.kind].format(label=self.label)] if self.label else []
        if self.kind is PlaceKind.SECTION:
            found = found if section else []
        first, _, last = self.range.partition("-")
        if first[:1] in words:
            to = f"{words['to']}{last[1:]}" if last else ""
            found.append(words[first[0]].format(number=first[1:] + to))
        elif self.kind is PlaceKind.SHEET:
            found.append(self.range)
        return " ".join(filter(None, found))


_PLACE_WORDS = {
    "ja": {
        "page": "p.{label}", "slide": "スライド{label}", "sheet": "シート「{label}」",
        "section": "「{label}」", "¶": "第{number}段落", "L": "{number}行目", "to": "〜",
    },
    "en": {
        "page": "p. {label}", "slide": "slide {label}", "sheet": "sheet “{label}”",
        "section": "“{label}”", "¶": "paragraph {number}", "L": "line {number}", "to": "–",
    },
}  # fmt: skip


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
    where no column has one. *at* says where it stands in a file without pages (see `Place`); of a
    worksheet's row it names the cells, one for each, with a space between.
    """

    start: int
    end: int
    kind: BlockKind
    size: float = 0.0
    context: str = ""
    heads: tuple[str, ...] = ()
    at: str = ""


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

    *kind* tells what it is in a file without pages, where *label* is its name and nothing has a box.
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
    kind: PlaceKind = PlaceKind.PAGE

    @property
    def may_be_cover(self) -> bool:
        """Whether it is the first page, or slide; running text begins at once."""
        return self.number == 1 and self.kind in {PlaceKind.PAGE, PlaceKind.SLIDE}


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A bookmark of the file: *level* from 0, *page* from 1, *top* in points from the bottom.

    *at* is the offset in the page's text where its section begins; None where it is to be found.
    """

    title: str
    level: int
    page: int
    top: float | None = None
    at: int | None = None


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

    def place(self, start: int, end: int, section: tuple[str, ...] = ()) -> Place:
        """Return where the span begins, in words of its file.

        *section* is the path it stands under; without it the nearest heading above names it.
        """
        page = self.page_at(start)
        if page.kind is PlaceKind.PAGE:
            return Place(page.kind, page.label or str(page.number))
        label = page.label or ""
        if page.kind is PlaceKind.SECTION:
            label = section[-1] if section else self._headed(start) or label
        base = self.starts[page.number - 1]
        return Place(page.kind, label, _range(page, start - base, end - base))

    def _headed(self, offset: int) -> str:
        """Return the last heading of the outline at or before an offset, "" where there is none."""
        above = (
            entry.title
            for entry in reversed(self.outline)
            if entry.at is not None and self.starts[entry.page - 1] + entry.at <= offset
        )
        return next(above, "")

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


def _range(page: Page, start: int, end: int) -> str:
    """Return what the blocks between two offsets of a page say of their places, from first to last."""
    first = bisect_right(page.blocks, start, key=lambda block: block.end)
    found: list[str] = []
    for block in page.blocks[first:]:
        if block.start >= end:
            break
        names = block.at.split(" ") if block.at else []
        if len(names) > 1:
            before = page.text.count("\t", block.start, max(start, block.start))
            last = page.text.count("\t", block.start, min(end, block.end))
            names = names[before : last + 1]
        found += names
    if page.kind is PlaceKind.SHEET:
        return _cells(found)
    if not found:
        return ""
    begin, finish = found[0].partition("-")[0], found[-1].rpartition("-")[2]
    return begin if begin == finish else f"{begin}-{finish}"


_CELL = re.compile(r"([A-Z]+)([0-9]+)(?::([A-Z]+)([0-9]+))?")


def _cells(names: Iterable[str]) -> str:
    """Return the smallest range of cells that holds all of *names* (B4, C4:D5)."""
    columns: list[str] = []
    rows: list[int] = []
    for found in filter(None, map(_CELL.fullmatch, names)):
        columns += filter(None, found.group(1, 3))
        rows += map(int, filter(None, found.group(2, 4)))
    if not columns:
        return ""
    columns.sort(key=lambda name: (len(name), name))
    first, last = f"{columns[0]}{min(rows)}", f"{columns[-1]}{max(rows)}"
    return first if first == last else f"{first}:{last}"


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
                "kind": page.kind,
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
    with arrays.opened(path) as stored:
        told = json.loads(stored["told"].tobytes().decode("utf-8", "surrogatepass"))
        source = stored["source"].astype(np.int32, copy=False)
        boxes = stored["boxes"].astype(np.float32, copy=False)
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
            blocks=tuple(_block(*block) for block in page["blocks"]),
            kind=PlaceKind(page.get("kind", PlaceKind.PAGE)),
        )
        for page, end in zip(told["pages"], ends, strict=True)
    )
    outline = tuple(OutlineEntry(*entry) for entry in told["outline"])
    return EditionText(pages, outline, told["title"])


def _block(
    start: int,
    end: int,
    kind: str,
    size: float,
    context: str,
    heads: Sequence[str] = (),
    at: str = "",
) -> Block:
    return Block(start, end, BlockKind(kind), size, context, tuple(heads), at)
