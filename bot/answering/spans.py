"""From the sentence that answers to the span worth quoting: what a reader needs with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.answering.readings import Reading
from bot.answering.relevance import Need, plain
from bot.asking.question import Wants
from ingest.pages import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.passages import Passage
    from ingest.catalog.editions import Edition

_PARAGRAPH, _LIST, _SCRAP = 400, 520, 140
"""Characters up to which a paragraph or a list is quoted whole, and below which it says too little."""

_FILLED, _FILLED_BESIDE, _SCRAPS_FILLED, _ROW_FILLED, _OVER = 360, 200, 200, 30, 60
"""Characters to which a quotation that answers is filled up from its own passage, to which one that
stands beside it, rows that are mere scraps of a table, and whole rows; how many more a last
sentence may bring."""

_DANGLED = 160
"""Characters up to which a sentence is quoted because the next one points back at it."""

_ANNOUNCED = 390
"""Characters up to which what a lead-in announces is quoted with it."""

_ONWARD = 0.02
"""What it counts for a sentence to follow a quotation rather than stand before it."""

_SENTENCE_ENDS = "。.！？!?"

_WORD = 2
"""Letters below which a line is a mark or a number."""

_LABEL = 24
"""Characters up to which a line without a full stop is taken for a label."""

_MARGIN = 8
"""Sentences beside a passage that are read with it."""

_WHOLE_TABLE = frozenset({Wants.LIST, Wants.STEPS})
_ROW_BESIDE = 0.85
_ROW_OF_THE_LIST = 0.4

_QUALIFIES = re.compile(
    r"\s*(?:ただし|但し|なお|ただ、|この場合|その場合|また、|※|(?:注|注意|留意)|例外|However|Note|Except|In this case)"
)
_POINTS_BACK = re.compile(
    r"\s*(?:これ|この|その|それ|当該|同|こうした|そのため|したがって|This|That|These|Those|It |They )"
)
_ANNOUNCES = re.compile(
    r"(?:[:：]|次の(?!年|月|日|週|期|回|世代|会計).{0,24}|以下の.{0,24}|下記の.{0,24}|following.{0,40})[。.:：]?\s*$"
    r"|^\s*[【（(]?(?:図表?|表|資料|Figure|Table)\s?[0-9０-９][^。]{0,60}$"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of an edition's text that helps to answer, and how much it does.

    *parts* are the (start, end) of its sentences, items or rows in reading order; the span
    from the first start to the last end is what a citation quotes. *passage* is the search
    hit it grew from, *best* the (start, end) of the sentence it grew from, and *told* its
    sentences: start, end, and the shares of what is asked about and of the asking words
    that each says itself. *main* evidence answers; the rest is
    worth reading beside it.
    """

    edition: Edition
    start: int
    end: int
    parts: tuple[tuple[int, int], ...]
    score: float
    passage: Passage
    kind: BlockKind
    context: str = ""
    best: tuple[int, int] = (0, 0)
    main: bool = True
    told: tuple[tuple[int, int, float, float], ...] = ()


class Page:
    """A page with how well each of its sentences answers a question.

    *score*, *answers* and *covered* are by sentence; *covered* is the share of the question that it
    and its context speak of, *said* what it says itself of each term, *answers* weighs in whether
    it has the shape that is asked for. *hits* are the passages on the
    page, and *of* tells for each sentence which of them holds it (-1: none; then the first counts).
    """

    def __init__(self, reading: Reading, hits: Sequence[Passage]) -> None:
        self.reading = reading
        self.hits = hits
        units = reading.units
        places = {(hit.chunk.start, hit.chunk.end): at for at, hit in enumerate(hits)}
        found = [places.get((chunk.start, chunk.end), -1) for chunk in reading.chunks]
        self.of = np.array([*found, -1], dtype=np.int64)[reading.chunk]
        self.score = self.answers = self.covered = np.zeros(len(units), dtype=np.float32)
        self.said = np.zeros((len(units), 0), dtype=np.float32)
        inside = np.flatnonzero(self.of >= 0)
        first, last = (inside[0], inside[-1]) if len(inside) else (0, len(units) - 1)
        self.first = max(0, int(first) - _MARGIN)
        self.end = min(len(units), int(last) + 1 + _MARGIN)

    @property
    def edition(self) -> Edition:
        """Return the edition that the page is of."""
        return self.reading.edition

    def hit(self, at: int) -> Passage:
        """Return the passage that holds a sentence, or the best of the page."""
        return self.hits[max(0, int(self.of[at]))]


class Line:
    """A run of a page's sentences within which a quotation may grow."""

    def __init__(self, page: Page, first: int, end: int) -> None:
        self.page = page
        self.units = page.reading.units
        self.texts = page.reading.texts
        self.heading = page.reading.heading
        self.covered = page.covered
        self.score = page.score
        self.first = first
        self.end = end

    def length(self, first: int, last: int) -> int:
        """Return how long a quotation from one sentence to another is."""
        return sum(self.page.reading.sizes[first : last + 1])

    def is_title(self, at: int) -> bool:
        """Whether a line is a section's heading, which a citation names anyway."""
        return self.heading[at] and not self.is_row(at)

    def is_row(self, at: int) -> bool:
        """Whether a line is a row of a table."""
        return self.units[at].kind is BlockKind.ROW

    def is_scrap(self, at: int) -> bool:
        """Whether a line is a label or a number rather than a sentence or an item."""
        return self.units[at].kind in {BlockKind.TEXT, BlockKind.CAPTION} and (
            len(self.texts[at]) < _LABEL and self.texts[at][-1] not in "。.！？!?：:"
        )


def _inside(line: Line, at: int, span: Evidence) -> bool:
    return span.edition is line.page.edition and span.start <= line.units[at].start < span.end


def grow(page: Page, at: int, taken: Sequence[Evidence], weighed: Need, *, main: bool) -> Evidence:
    """Return the span to quote around the sentence *at* of a page, beside those *taken* before.

    It grows to the sentence's paragraph when that is short, to the lead-in of an item or the list
    that a sentence announces, to the exception that follows; it is filled up from its own
    passage, *main* evidence more than what stands beside it, and crosses no heading.
    """
    low, high = next(run for run in page.reading.runs if run[0] <= at < run[1])
    line = Line(page, max(low, page.first), min(high, page.end))
    at = _row_announced(line, at, weighed)
    first, last = _paragraph(line, at)
    first, last = _with_list(line, first, last, weighed)
    if not _stands_alone(line, at, weighed):
        first, last = _filled(line, at, first, last, weighed.shapes, main=main)
        if line.length(first, last) < _SCRAP and not line.is_row(at):
            first, last = _padded(line, first, last)
        if first > line.first and _dangles(line, first):
            first -= 1
        if _ANNOUNCES.search(line.texts[last]) and not line.is_row(last):
            first, last = _announced(line, first, last, _ANNOUNCED)
            if last > at and _ANNOUNCES.search(line.texts[last]):
                last -= 1
    while first < at and any(_inside(line, first, span) for span in taken):
        first += 1
    while last > at and any(_inside(line, last, span) for span in taken):
        last -= 1
    while last > at and (line.heading[last] or not _letters(line.texts[last])):
        last -= 1
    while first < at and (line.is_title(first) or not _letters(line.texts[first])):
        first += 1
    parts = tuple(_lines(line, first, last))
    unit = line.units[at]
    contexts = dict.fromkeys(one.context for one in line.units[first : last + 1] if one.context)
    return Evidence(
        page.edition,
        parts[0][0],
        parts[-1][1],
        parts,
        float(page.score[at]),
        page.hit(at),
        unit.kind,
        " / ".join(contexts),
        (unit.start, unit.end),
        told=tuple(
            (
                one.start,
                one.end,
                *weighed.subject_in(page.said[order], plain(f"{line.texts[order]} {one.context}")),
            )
            for order, one in enumerate(line.units[first : last + 1], start=first)
        ),
        main=main,
    )


def _lines(line: Line, first: int, last: int) -> Iterable[tuple[int, int]]:
    """Yield the (start, end) of what is shown on one line.

    The sentences of one paragraph share a line; so do the scraps of a chart or a form, which
    would otherwise stand one word a line.
    """
    start, end = line.units[first].start, line.units[first].end
    for at in range(first + 1, last + 1):
        before, unit = line.units[at - 1], line.units[at]
        if unit.block != before.block and not (line.is_scrap(at - 1) and line.is_scrap(at)):
            yield start, end
            start = unit.start
        end = unit.end
    yield start, end


def _letters(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _WORD


def _paragraph(line: Line, at: int) -> tuple[int, int]:
    """Return the first and last sentence to quote of the seed's own paragraph."""
    first = last = at
    block = line.units[at].block
    low, high = at, at
    while low > line.first and line.units[low - 1].block == block:
        low -= 1
    while high + 1 < line.end and line.units[high + 1].block == block:
        high += 1
    if line.length(low, high) <= _PARAGRAPH:
        return low, high
    if first > low and _POINTS_BACK.match(line.texts[first]):
        first -= 1
    while last < high and _QUALIFIES.match(line.texts[last + 1]):
        last += 1
    while True:
        ways = []
        if first > low:
            ways.append((line.score[first - 1], first - 1, last))
        if last < high:
            ways.append((line.score[last + 1] + 0.05, first, last + 1))
        ways = [way for way in ways if line.length(way[1], way[2]) <= _PARAGRAPH]
        if not ways:
            return first, last
        _, first, last = max(ways)


def _with_list(line: Line, first: int, last: int, weighed: Need) -> tuple[int, int]:
    """Join a lead-in with the items it announces, and items with their lead-in."""
    limit = _LIST if weighed.shapes & {Wants.LIST, Wants.STEPS} else round(_LIST * 0.75)
    units, items = line.units, {BlockKind.ITEM, BlockKind.ROW}
    if line.is_row(last) and not _whole_table(line, last, weighed):
        return _beside(line, first, last, BlockKind.ROW)
    if units[last].kind is BlockKind.ITEM and _stands_alone(line, last, weighed):
        return _beside(line, first, last, BlockKind.ITEM)
    if units[last].kind in items:
        while (
            first > line.first
            and units[first - 1].kind in items
            and not line.heading[first - 1]
            and line.length(first - 1, last) <= limit
        ):
            first -= 1
        if (
            first > line.first
            and units[first - 1].kind is BlockKind.TEXT
            and not line.heading[first - 1]
            and line.length(first - 1, last) <= limit
        ):
            first -= 1
    elif not (
        _ANNOUNCES.search(line.texts[last])
        or (last + 1 < line.end and units[last + 1].kind in items)
    ):
        return first, last
    elif not weighed.shapes & _WHOLE_TABLE and last + 1 < line.end and line.is_row(last + 1):
        # The row that answers stands for itself; the table would only hide it.
        return first, last
    if _ANNOUNCES.search(line.texts[last]):
        return _announced(line, first, last, limit)
    while (
        last + 1 < line.end
        and not line.heading[last + 1]
        and (units[last + 1].kind in items or _QUALIFIES.match(line.texts[last + 1]))
        and line.length(first, last + 1) <= limit
    ):
        last += 1
    return first, last


def _dangles(line: Line, first: int) -> bool:
    """Whether a quotation begins with a word that points back at the sentence before."""
    return (
        _POINTS_BACK.match(line.texts[first]) is not None
        and not line.heading[first - 1]
        and line.units[first - 1].kind is not BlockKind.ROW
        and line.length(first - 1, first - 1) <= _DANGLED
    )


def _announced(line: Line, first: int, lead: int, limit: int) -> tuple[int, int]:
    """Add to a quotation that ends in a lead-in what it announces, up to *limit* characters of it.

    Whatever follows is announced, set as a list or not, up to the next heading. A lead-in that
    nothing follows is left out where something else is quoted.
    """
    last = lead
    while (
        last + 1 < line.end
        and (not line.heading[last + 1] or last == lead)
        and line.length(lead, last + 1) <= limit
    ):
        last += 1
    if line.heading[last] and last > lead:
        last -= 1
    return first, last


def _stands_alone(line: Line, at: int, weighed: Need) -> bool:
    """Whether an item or row answers for itself, so that its neighbours would only hide it.

    So does one town of a list of cases, and a sentence that says yes or no.
    """
    if line.units[at].kind not in {BlockKind.ITEM, BlockKind.ROW}:
        return False
    if Wants.PLACE in weighed.shapes:
        return True
    return weighed.shapes == {Wants.YES_NO} and line.texts[at][-1] in _SENTENCE_ENDS


def _row_announced(line: Line, at: int, weighed: Need) -> int:
    """Return the best row of the table that a sentence announces, where the whole is not asked."""
    if weighed.shapes & _WHOLE_TABLE or line.is_row(at) or not _ANNOUNCES.search(line.texts[at]):
        return at
    first = last = at + 1
    while last < line.end and line.is_row(last):
        last += 1
    rows = [row for row in range(first, last) if not line.heading[row]]
    return max(rows, key=lambda row: (line.score[row], -row), default=at)


def _whole_table(line: Line, at: int, weighed: Need) -> bool:
    """Whether a row is quoted with its table: a list is asked for, and most rows speak of it."""
    if not weighed.shapes & _WHOLE_TABLE or Wants.PLACE in weighed.shapes:
        return False
    first = last = at
    while first > line.first and line.is_row(first - 1):
        first -= 1
    while last + 1 < line.end and line.is_row(last + 1):
        last += 1
    rows = line.covered[first : last + 1]
    return 2 * int((rows >= _ROW_OF_THE_LIST * line.covered[at]).sum()) > len(rows)


def _beside(line: Line, first: int, last: int, kind: BlockKind) -> tuple[int, int]:
    """Add the rows or items beside one that answer about as well; the others only hide it."""
    bar = _ROW_BESIDE * line.covered[first]
    units = line.units
    while first > line.first and units[first - 1].kind is kind and line.covered[first - 1] >= bar:
        first -= 1
    while last + 1 < line.end and units[last + 1].kind is kind and line.covered[last + 1] >= bar:
        last += 1
    return first, last


def _filled(
    line: Line, at: int, first: int, last: int, shapes: frozenset[Wants], *, main: bool
) -> tuple[int, int]:
    """Add the rest of the passage that holds a sentence, up to a readable length."""
    chunk, size_to = line.page.reading.chunk, _FILLED if main else _FILLED_BESIDE
    if line.is_row(at):
        if not (line.units[at].context and "\t" in line.texts[at]):
            size_to = _SCRAPS_FILLED
        else:
            size_to = 0 if Wants.MEANING in shapes else _ROW_FILLED
    while chunk[at] >= 0 and line.length(first, last) < size_to:
        ways = []
        if first > line.first and chunk[first - 1] == chunk[at] and not line.is_title(first - 1):
            ways.append((line.score[first - 1], first - 1, last))
        if last + 1 < line.end and chunk[last + 1] == chunk[at] and not line.is_title(last + 1):
            ways.append((line.score[last + 1] + _ONWARD, first, last + 1))
        ways = [way for way in ways if line.length(way[1], way[2]) <= size_to + _OVER]
        if not ways:
            break
        _, first, last = max(ways)
    if not line.is_row(at):
        last = _to_the_end(line, at, last)
    return first, last


def _to_the_end(line: Line, at: int, last: int) -> int:
    """Take along what is left of a passage where it is too little to be left out."""
    chunk, end = line.page.reading.chunk, last
    while end + 1 < line.end and chunk[end + 1] == chunk[at] >= 0 and not line.is_title(end + 1):
        end += 1
    return end if end > last and line.length(last + 1, end) <= _OVER else last


def _padded(line: Line, first: int, last: int) -> tuple[int, int]:
    """Add what stands around a scrap, up to a readable length, without crossing a heading."""
    while line.length(first, last) < _SCRAP:
        ways = []
        if first > line.first and not line.heading[first - 1]:
            ways.append((line.score[first - 1], first - 1, last))
        if last + 1 < line.end and not line.heading[last + 1]:
            ways.append((line.score[last + 1] + 0.02, first, last + 1))
        ways = [way for way in ways if line.length(way[1], way[2]) <= _PARAGRAPH]
        if not ways:
            break
        _, first, last = max(ways)
    return first, last
