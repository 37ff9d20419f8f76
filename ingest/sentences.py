"""The sentences of an edition as a generation keeps them: read once, never parsed again.

A sentence is the smallest span worth quoting: a statement, an item, a table row, a heading. It
knows what it depends on to be understood, and which others it stands beside.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest import arrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

SENTENCES_VERSION = "5"
"""Part of a generation's recipe: raise it when the same text gives other sentences."""


class Kind(StrEnum):
    """What a sentence is on its page.

    HEAD is a row that only heads the columns below it; NOTE a remark (※, 注); CONTENTS a line of a
    table of contents; LABEL a scrap that says nothing by itself, such as the tick of a chart;
    COVER a line of the cover.
    """

    HEADING = "heading"
    STATEMENT = "statement"
    ITEM = "item"
    ROW = "row"
    HEAD = "head"
    CAPTION = "caption"
    NOTE = "note"
    CONTENTS = "contents"
    LABEL = "label"
    COVER = "cover"


class Flag(IntFlag):
    """What else is true of a sentence.

    LEAD_IN announces what follows it; MACHINE stands in a paragraph that addresses a language
    model; OPEN breaks off without an end, as titles and labels do; NUMBERED begins with a number or
    letter; QUALIFIES bounds the one before it (ただし); POINTS_BACK speaks of what that names (当該);
    SHORT is a line without an end that is too short to be a statement.
    """

    LEAD_IN = 1
    MACHINE = 2
    OPEN = 4
    NUMBERED = 8
    QUALIFIES = 16
    POINTS_BACK = 32
    SHORT = 64


NO_FLAGS = Flag(0)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table row: its offsets in the edition's text, its column's head, and its unit.

    *head* is "" where no column has one. *unit* is what the head or the table gives for the figure
    in it (千円, 件, %), "" where neither does, and for a cell without a figure.
    """

    start: int
    end: int
    head: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its place, and what it needs to be understood.

    *start* and *end* are offsets into `EditionText.text`, *page* counts from 1, *block* numbers
    the runs of lines of its page from 0. *section* is an index into `Sentences.paths`. *over* is
    the sentence that it depends on: the lead-in or caption that announces it, the item that it belongs
    under, the sentence that it qualifies. *heads* is the row that heads its columns. *group* is
    shared by siblings: the items of one list, the rows of one table. All three are -1 for none.
    *context* are words that head it without standing in it: column heads, a caption.
    """

    start: int
    end: int
    page: int
    block: int
    kind: Kind
    section: int
    over: int = -1
    heads: int = -1
    group: int = -1
    flags: Flag = NO_FLAGS
    context: str = ""
    cells: tuple[Cell, ...] = ()


_KINDS = tuple(Kind)
_COLUMNS = ("start", "end", "page", "block", "kind", "section", "over", "heads", "group", "flags")


class Sentences:
    """The sentences of one edition in reading order, in columns.

    *columns* holds a row for each sentence, shape (n, 11), int32: the fields of `Sentence` in order,
    the kind as its place among `Kind`, the context as an index into *contexts*. *cells* holds a row
    for each cell, shape (m, 5): sentence, start, end, and the head and the unit as indexes into
    *contexts*. *plain* are the normalised sentences, one a line. *paths* are the edition's sections.
    """

    def __init__(
        self,
        columns: NDArray[np.int32],
        cells: NDArray[np.int32],
        plain: str,
        contexts: tuple[str, ...],
        paths: tuple[tuple[str, ...], ...],
    ) -> None:
        self._columns = columns
        self._cells = cells
        self.plain = plain
        self.contexts = contexts
        self.paths = paths

    @classmethod
    def of(
        cls, found: Sequence[Sentence], plain: Sequence[str], paths: Sequence[tuple[str, ...]]
    ) -> Sentences:
        """Put sentences into columns; *plain* holds the normalised text of each."""
        words: dict[str, int] = {"": 0}

        def place(word: str) -> int:
            return words.setdefault(word, len(words))

        columns = np.array(
            [
                (
                    *(
                        _KINDS.index(one.kind) if name == "kind" else int(getattr(one, name))
                        for name in _COLUMNS
                    ),
                    place(one.context),
                )
                for one in found
            ],
            dtype=np.int32,
        ).reshape(-1, len(_COLUMNS) + 1)
        cells = np.array(
            [
                (at, cell.start, cell.end, place(cell.head), place(cell.unit))
                for at, one in enumerate(found)
                for cell in one.cells
            ],
            dtype=np.int32,
        ).reshape(-1, 5)
        return cls(columns, cells, "\n".join(plain), tuple(words), tuple(paths))

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, at: int) -> Sentence:
        *numbers, context = self._columns[at].tolist()
        start, end, page, block, kind, section, over, heads, group, flags = numbers
        return Sentence(
            start, end, page, block, _KINDS[kind], section, over, heads, group, Flag(flags),
            self.contexts[context], self._cells_of(at % len(self)),
        )  # fmt: skip

    def __iter__(self) -> Iterator[Sentence]:
        return (self[at] for at in range(len(self)))

    def column(self, name: str) -> NDArray[np.int32]:
        """Return a field of all sentences, shape (n,): a number, or the place of a kind."""
        return self._columns[:, _COLUMNS.index(name)]

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The normalised text of each sentence."""
        return tuple(self.plain.split("\n")) if len(self) else ()

    def on(self, page: int) -> range:
        """Return which sentences stand on a page (from 1)."""
        pages = self.column("page")
        return range(int(np.searchsorted(pages, page)), int(np.searchsorted(pages, page, "right")))

    def in_block(self, at: int) -> range:
        """Return which sentences stand in the same run of lines as this one."""
        first = last = at
        mine = self._columns[at, 2:4]
        while first and (self._columns[first - 1, 2:4] == mine).all():
            first -= 1
        while last + 1 < len(self) and (self._columns[last + 1, 2:4] == mine).all():
            last += 1
        return range(first, last + 1)

    def within(self, start: int, end: int) -> range:
        """Return which sentences touch the span of the edition's text from *start* to *end*."""
        first = int(np.searchsorted(self.column("end"), start, "right"))
        return range(first, max(first, int(np.searchsorted(self.column("start"), end))))

    def _cells_of(self, at: int) -> tuple[Cell, ...]:
        owners = self._owners
        first, last = bisect_right(owners, at - 1), bisect_right(owners, at)
        return tuple(
            Cell(start, end, self.contexts[head], self.contexts[unit])
            for _, start, end, head, unit in self._cells[first:last].tolist()
        )

    @cached_property
    def _owners(self) -> list[int]:
        return [int(owner) for owner in self._cells[:, 0]]

    def save(self, path: Path) -> None:
        """Write the sentences to a new file, so that `load` gives them back."""
        told = json.dumps([self.plain, self.contexts, self.paths], ensure_ascii=False)
        with path.open("xb") as file:
            np.savez_compressed(
                file,
                columns=self._columns,
                cells=self._cells,
                told=np.frombuffer(told.encode("utf-8", "surrogatepass"), dtype=np.uint8),
            )


def load(path: Path) -> Sentences:
    """Read sentences that `Sentences.save` wrote.

    Raises:
        OSError, ValueError, KeyError: the file is missing or damaged.
    """
    with arrays.opened(path) as stored:
        told = json.loads(stored["told"].tobytes().decode("utf-8", "surrogatepass"))
        columns, cells = (
            stored[name].astype(np.int32, copy=False) for name in ("columns", "cells")
        )
    plain, contexts, paths = told
    if len(columns) and plain.count("\n") + 1 != len(columns):
        message = f"{path}: {len(columns)} sentences and {plain.count(chr(10)) + 1} lines"
        raise ValueError(message)
    return Sentences(columns, cells, plain, tuple(contexts), tuple(map(tuple, paths)))
