"""An edition's pages as sentences: what each is, what it depends on, and what it stands beside."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.commands import addresses_a_machine
from ingest.language import marks
from ingest.language.figures import unit_at
from ingest.language.sentences import (
    WRAPPED_LINE,
    announces,
    is_whole,
    points_back,
    qualifies,
    spans,
)
from ingest.language.spelling import folded, normalise
from ingest.pages import Block, BlockKind
from ingest.sentences import NO_FLAGS, Cell, Flag, Kind, Sentence, Sentences

if TYPE_CHECKING:
    from ingest.headings import Section
    from ingest.pages import EditionText, Page

_SAYS_SOMETHING, _WORD = 4, 2
"""Letters and digits below which a line is a mark, a page number or the tick of a chart; letters
below which it is a mere figure."""

_SHORT = 40
"""Characters up to which a line of text without a full stop is a title rather than a statement."""

_FEW_PAGES, _COVER_TEXT = 3, 400
"""Pages from which on a document has a cover, and characters up to which its first page is one."""


_LEADERS = re.compile(r"[.．・…‥]{5,}|(?:[.．・…‥]\s){4,}|[-－‐―─_＿]{5,}\s{0,3}[0-9０-９]")
_UNIT_SAID = re.compile(
    r"単位\s?[:：]?\s?(?P<unit>[^）)\s、,;]{1,12})|\b(?:unit|in)s?:\s?(?P<en>[\w ]{1,16})",
    re.IGNORECASE,
)
_UNIT_IN_HEAD = re.compile(r"[（(\[](?:単位\s?[:：]?\s?)?(?P<unit>[^（）()\[\]]{1,12})[）)\]]\s*$")
_FIGURE = re.compile(r"[0-9０-９]")
_WHOLE_HEADS = (BlockKind.HEADING, BlockKind.ROW, BlockKind.CAPTION)


def parse(text: EditionText, sections: Sequence[Section]) -> Sentences:
    """Return the sentences of an edition's text, which *sections* cut without gaps."""
    reader = _Reader(text, sections)
    for page, base in zip(text.pages, text.starts, strict=True):
        reader.read(page, base)
    found = reader.found
    plain = [" ".join(normalise(text.text[one.start : one.end]).split()) for one in found]
    paths = [section.path for section in sections]
    return Sentences.of(found, plain, paths)


def guessed(page: Page) -> tuple[Block, ...]:
    """Read runs of lines off a page whose layout is not known."""
    blocks: list[Block] = []
    at = 0
    for line in page.text.splitlines(keepends=True):
        start, at = at, at + len(line)
        if not line.strip():
            continue
        if blocks and _continues(page.text[blocks[-1].start : blocks[-1].end], line):
            blocks[-1] = replace(blocks[-1], end=at)
        else:
            kind = BlockKind.TEXT if marks.mark(line) is None else BlockKind.ITEM
            blocks.append(Block(start, at, kind))
    return tuple(blocks)


def _continues(before: str, line: str) -> bool:
    """Whether *line* goes on with the sentence that *before* left open."""
    last = before.rstrip("\n").rsplit("\n", 1)[-1].rstrip()
    return len(last) >= WRAPPED_LINE and marks.mark(line) is None and not is_whole(last)


@dataclass(slots=True)
class _List:
    """A list that is open: how its items are marked, the last of them, and their group."""

    mark: str
    group: int
    over: int
    last: int


@dataclass(slots=True)
class _Table:
    """A table that is open: the heads of its columns, its unit, its group, and what announces it.

    *units* are those of its columns, where a row below the heads gives them.
    """

    heads: tuple[str, ...]
    unit: str
    group: int
    over: int
    row: int = -1
    units: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    """Reads the pages one after the other; lists and tables go on overleaf."""

    text: EditionText
    sections: Sequence[Section]
    found: list[Sentence] = field(default_factory=list)
    _lists: list[_List] = field(default_factory=list)
    _table: _Table | None = None
    _groups: int = 0
    _begins: list[int] = field(init=False)
    _titles: frozenset[str] = field(init=False)
    _heads: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        """Know where the sections begin and what they are called."""
        self._begins = [section.start for section in self.sections]
        self._titles = frozenset(
            _flat(title) for section in self.sections for title in section.path
        )
        self._heads = {one.start: _flat(one.path[-1]) for one in self.sections if one.path}

    def read(self, page: Page, base: int) -> None:
        """Add the sentences of a page."""
        cover = (
            page.may_be_cover and len(self.text.pages) > _FEW_PAGES and len(page.text) < _COVER_TEXT
        )
        blocks = page.blocks or guessed(page)
        for order, block in enumerate(blocks):
            first = len(self.found)
            heading_rows = heads_others(page.text, block, blocks[order + 1 : order + 2])
            for start, end in pieces(page.text, block):
                self._add(page, base, block, order, (start, end), heads=heading_rows, cover=cover)
            if addresses_a_machine(page.text[block.start : block.end]):
                for at in range(first, len(self.found)):
                    self._mark(at, Flag.MACHINE)

    def _add(
        self,
        page: Page,
        base: int,
        block: Block,
        order: int,
        span: tuple[int, int],
        *,
        heads: bool,
        cover: bool,
    ) -> None:
        start, end = base + span[0], base + span[1]
        said = self.text.text[start:end]
        # A bullet is no part of the sentence, but tells what it is.
        mark = marks.mark(page.text[block.start : block.end]) if span[0] - block.start < 8 else None
        goes_on = self._same_block(page.number, order)
        kind = _kind(said, block, mark, goes_on=goes_on)
        if kind is Kind.ROW and (heads or self._gives_units(page.text, block)):
            kind = Kind.HEAD
        elif kind not in {Kind.ROW, Kind.CONTENTS} and (
            _flat(said) in self._titles or _flat(said) in self._heads.get(start, "")
        ):
            kind = Kind.HEADING
        elif cover and kind not in {Kind.HEADING, Kind.CONTENTS}:
            kind = Kind.COVER
        section = max(0, bisect_right(self._begins, start) - 1)
        one = Sentence(start, end, page.number, order, kind, section, context=block.context)
        flags = _flags(said, kind, mark)
        if kind in {Kind.ROW, Kind.HEAD}:
            one = self._in_table(one, block, page.text, base)
        elif kind is Kind.ITEM:
            one = self._in_list(one, mark)
        else:
            one = self._beside(one, flags, same_block=goes_on)
        self.found.append(replace(one, flags=flags))

    def _same_block(self, page: int, order: int) -> bool:
        return bool(self.found) and (self.found[-1].page, self.found[-1].block) == (page, order)

    def _in_list(self, one: Sentence, mark: marks.Mark | None) -> Sentence:
        """Return an item with its list: a sibling of the last of its mark, or below the last item."""
        self._table = None
        way = mark.kind.value if mark is not None else ""
        open_ = next((at for at, held in enumerate(self._lists) if held.mark == way), None)
        if open_ is None:
            over = self._lists[-1].last if self._lists else self._announcing()
            self._groups += 1
            self._lists.append(_List(way, self._groups - 1, over, len(self.found)))
        else:
            del self._lists[open_ + 1 :]
            self._lists[-1].last = len(self.found)
        held = self._lists[-1]
        return replace(one, over=held.over, group=held.group)

    def _announcing(self, *, titles: bool = False) -> int:
        """Return the sentence directly before, if it may lead in to what begins; mark it so.

        A table is also led in by a short line without an end: *titles*.
        """
        at = len(self.found) - 1
        if at < 0 or self.found[at].kind not in {
            Kind.STATEMENT,
            Kind.CAPTION,
            Kind.ITEM,
            Kind.NOTE,
        }:
            return -1
        said = self.text.text[self.found[at].start : self.found[at].end]
        title = titles and len(said) < 2 * _SHORT and not is_whole(said)
        if self.found[at].kind is not Kind.CAPTION and not title and not announces(said):
            return -1
        self._mark(at, Flag.LEAD_IN)
        return at

    def _in_table(self, one: Sentence, block: Block, page: str, base: int) -> Sentence:
        """Return a row with its cells, its table and the row that heads it."""
        self._lists.clear()
        spans_of = list(_cells(page, block))
        table = self._table
        if one.kind is Kind.HEAD and table is not None and self._gives_units(page, block):
            heads = table.heads
            table.units = tuple(page[start:end].strip() for start, end in spans_of)
        elif one.kind is Kind.HEAD:
            heads = tuple(page[start:end].strip() for start, end in spans_of)
            if table is None or (table.row >= 0 and self.found[-1].kind is Kind.ROW):
                table = self._new_table(heads)
            table.row, table.heads = len(self.found), heads
        elif table is None or (block.heads and table.heads and not _same_heads(block, table)):
            table = self._new_table(block.heads)
        known = table.heads if len(table.heads) == len(spans_of) else ()
        heads = () if one.kind is Kind.HEAD else block.heads or known
        none = ("",) * len(spans_of)
        units = table.units if len(table.units) == len(spans_of) else none
        cells = tuple(
            Cell(base + start, base + end, head, self._unit(page[start:end], head, unit, table))
            for (start, end), head, unit in zip(spans_of, heads or none, units, strict=False)
        )
        return replace(
            one,
            over=table.over,
            heads=table.row if one.kind is Kind.ROW else -1,
            group=table.group,
            cells=cells,
        )

    @staticmethod
    def _unit(said: str, head: str, below: str, table: _Table) -> str:
        """Return the unit of a cell that holds a figure: its head's, else the table's.

        *below* is what a row of units says below the head.
        """
        if not _FIGURE.search(said):
            return ""
        return _unit_of(head) or (below if _is_unit(below) else "") or table.unit

    def _gives_units(self, page: str, block: Block) -> bool:
        """Whether a row of the open table gives nothing but the units of its columns."""
        if block.kind is not BlockKind.ROW or self._table is None:
            return False
        said = [page[start:end].strip() for start, end in _cells(page, block)][1:]
        given = [cell for cell in said if cell]
        return len(given) > 1 and all(map(_is_unit, given))

    def _new_table(self, heads: tuple[str, ...]) -> _Table:
        self._groups += 1
        over = self._announcing(titles=True)
        before = "" if not self.found else self.text.text[self.found[-1].start : self.found[-1].end]
        found = _UNIT_SAID.search(before) if len(before) < 2 * _SHORT else None
        unit = (found["unit"] or found["en"] or "") if found else ""
        self._table = _Table(heads, unit, self._groups - 1, over)
        return self._table

    def _beside(self, one: Sentence, flags: Flag, *, same_block: bool) -> Sentence:
        """Return a statement with the one before that it qualifies, speaks of or explains."""
        if one.kind is Kind.NOTE and self._table is not None:
            return replace(one, over=self._table.over, group=-1)
        if not (same_block and self._lists):
            self._lists.clear()
        if one.kind is not Kind.LABEL:
            self._table = None
        if not self.found or one.kind not in {Kind.STATEMENT, Kind.NOTE}:
            return one
        last = self.found[-1]
        if same_block and last.kind is Kind.ITEM:
            return replace(one, over=len(self.found) - 1)
        if same_block and self._lists and last.over >= 0:
            return replace(one, over=last.over)
        depends = flags & (Flag.QUALIFIES | Flag.POINTS_BACK) or one.kind is Kind.NOTE
        speaks = last.kind in {Kind.STATEMENT, Kind.ITEM, Kind.NOTE, Kind.ROW}
        return replace(one, over=len(self.found) - 1) if depends and speaks else one

    def _mark(self, at: int, flag: Flag) -> None:
        self.found[at] = replace(self.found[at], flags=self.found[at].flags | flag)


def _kind(said: str, block: Block, mark: marks.Mark | None, *, goes_on: bool) -> Kind:
    """Return what a sentence is by itself; *goes_on* when its block has begun with another."""
    tells = (
        (Kind.ROW, block.kind is BlockKind.ROW),
        (Kind.CONTENTS, _LEADERS.search(said) is not None),
        (Kind.HEADING, block.kind is BlockKind.HEADING),
        (Kind.LABEL, block.kind is BlockKind.IMAGE or not _says_something(said, block)),
        (Kind.CAPTION, block.kind is BlockKind.CAPTION or _is_caption(said, mark)),
        (Kind.NOTE, said.startswith("※") or (mark is not None and mark.kind is marks.Kind.NOTE)),
        (Kind.ITEM, block.kind is BlockKind.ITEM and not goes_on),
    )
    return next((kind for kind, told in tells if told), Kind.STATEMENT)


def _is_caption(said: str, mark: marks.Mark | None) -> bool:
    return mark is not None and mark.kind is marks.Kind.CAPTION and not is_whole(said)


def _flags(said: str, kind: Kind, mark: marks.Mark | None) -> Flag:
    flags = NO_FLAGS
    whole = is_whole(said)
    if not whole and kind not in {Kind.ROW, Kind.HEAD}:
        flags |= Flag.OPEN
    if kind is Kind.STATEMENT and not whole and len(said) < _SHORT:
        flags |= Flag.SHORT
    if mark is not None and mark.kind not in {marks.Kind.BULLET, marks.Kind.LABEL, marks.Kind.NOTE}:
        flags |= Flag.NUMBERED
    if qualifies(said):
        flags |= Flag.QUALIFIES
    elif points_back(said):
        flags |= Flag.POINTS_BACK
    return flags


def pieces(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each sentence of a block, without bullets and space around it."""
    if block.kind in _WHOLE_HEADS:
        pieces: Iterator[tuple[int, int]] = iter([(block.start, block.end)])
    else:
        pieces = spans(text, block.start, block.end)
    for start, end in pieces:
        piece = text[start:end]
        lead, tail = marks.lead(piece), len(piece.rstrip())
        if tail > lead and any(map(str.isalnum, piece)):
            yield start + lead, start + tail


def _cells(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each cell of a row, empty ones too, white space left out."""
    at = block.start
    for piece in text[block.start : block.end].split("\t"):
        lead = len(piece) - len(piece.lstrip())
        yield at + lead, at + max(lead, len(piece.rstrip()))
        at += len(piece) + 1


def heads_others(text: str, block: Block, following: Sequence[Block]) -> bool:
    """Whether a row only heads the next one's columns: it says nothing by itself."""
    if block.kind is not BlockKind.ROW or not following or block.context:
        return False
    under = following[0]
    if under.kind is not BlockKind.ROW and not under.context:
        return False
    heads = _flat("".join(under.heads) or under.context.replace(" / ", ""))
    cells = [_flat(text[start:end]) for start, end in _cells(text, block)]
    said = [cell for cell in cells if cell]
    return len(said) > 1 and all(cell in heads for cell in said)


def _same_heads(block: Block, table: _Table) -> bool:
    return any(_flat(head) in map(_flat, table.heads) for head in block.heads if head) or any(
        _flat(mine) in _flat(head) for head in block.heads if head for mine in table.heads if mine
    )


def _says_something(said: str, block: Block) -> bool:
    """Whether a line is more than a mark, a page number or the tick of a chart."""
    least = 1 if block.kind is BlockKind.ITEM else _SAYS_SOMETHING
    letters = sum(map(str.isalpha, said))
    return sum(map(str.isalnum, said)) >= least and letters >= min(least, _WORD)


def _unit_of(head: str) -> str:
    """Return the unit that a column's head gives in brackets (千円); "" where they hold another word."""
    found = _UNIT_IN_HEAD.search(head)
    said = found["unit"].strip() if found else ""
    return said if _is_unit(said) else ""


def _is_unit(said: str) -> bool:
    plain = folded(said).lstrip("十百千万億兆")
    unit = unit_at(plain, 0) if plain else None
    return unit is not None and unit.end == len(plain)


def _flat(said: str) -> str:
    return "".join(said.split()).lstrip(marks.BULLETS)
