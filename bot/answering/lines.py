"""The lines of found pages as answering compares them: stored sentences, cut into words once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from sys import intern
from typing import TYPE_CHECKING

import numpy as np

from ingest.language.figures import unit_at
from ingest.language.numbers import Figure, figures
from ingest.language.numbers import Kind as Figures
from ingest.language.spelling import normalise
from ingest.language.words import pairs, tokens
from ingest.sentences import Cell, Flag, Kind, Sentence

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from bot.asking.intent import Period
    from index.passages import Library
    from ingest.catalog.editions import Edition

_REMEMBERED = 1_500
"""Pages that are kept read; when there are more, reading begins anew."""

GAPS = re.compile(r"\s+")
_STOPS = tuple("。.！？!?")
_STATEMENT = 40
"""Characters from which a line of prose without a full stop was cut off or goes on elsewhere."""

_SHARES, _NUMBER_OF, _UNIT_LENGTHS = ("率", "割合", "構成比", "シェア"), "数", (3, 2, 1)

_REMARK = re.compile(r"[(（※].*$")
"""What stands behind the words of a head: how it is worked out, a note."""

_SCRAP = 4
"""Letters below which a line names nothing."""

MAKE = (
    "heading", "row", "head", "item", "caption", "note", "contents", "label", "cover", "scrap",
    "stop", "cut", "lead_in", "points_back",
)  # fmt: skip
"""What a line is by itself, whatever is asked: signals of the same names."""

_KINDS = {
    "heading": Kind.HEADING, "row": Kind.ROW, "head": Kind.HEAD, "item": Kind.ITEM,
    "caption": Kind.CAPTION, "note": Kind.NOTE, "contents": Kind.CONTENTS, "label": Kind.LABEL,
    "cover": Kind.COVER,
}  # fmt: skip
_FLAGS = {"lead_in": Flag.LEAD_IN, "points_back": Flag.POINTS_BACK}


@dataclass(frozen=True, eq=False)
class Line:
    """A stored sentence with its text, as answering compares it.

    *at* is its place among the edition's sentences, *section* the path it stands under, *over* the
    lead-in, the caption or the sentence that it depends on, "" for none.
    """

    edition: Edition
    at: int
    stored: Sentence
    text: str
    plain: str
    section: tuple[str, ...]
    over: str = ""

    @property
    def heads(self) -> str:
        """The column heads or the caption that stand over it, "" where none do."""
        return self.stored.context

    @property
    def under(self) -> str:
        """Everything that heads it on its page: what it depends on, and its heads."""
        return f"{self.over}\n{self.heads}" if self.over else self.heads

    @property
    def harmful(self) -> bool:
        """Whether it addresses a machine, so that it is never quoted."""
        return Flag.MACHINE in self.stored.flags

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that it says."""
        return frozenset(tokens(self.text))

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Its pairs of characters."""
        return frozenset(map(intern, pairs(self.text)))

    @cached_property
    def flat(self) -> str:
        """Its text as it is compared, without gaps."""
        return GAPS.sub("", self.plain)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures that it holds, with offsets into its text; a cell's counts what its head says."""
        found = figures(self.text)
        if not self.stored.cells:
            return found
        return tuple(self._in_cell(one) if one.kind is Figures.NUMBER else one for one in found)

    @cached_property
    def days(self) -> frozenset[tuple[date | None, date | None]]:
        """The first and last day of what it names of the calendar, however that is written."""
        return days_in(self.figures)

    def cell_at(self, at: int) -> Cell | None:
        """The cell of a row that the character *at* of its text stands in."""
        place = self.stored.start + at
        return next((one for one in self.stored.cells if one.start <= place < one.end), None)

    def _in_cell(self, figure: Figure) -> Figure:
        cell = self.cell_at(figure.start)
        unit = (cell.unit or unit_of_head(cell.head)) if cell else ""
        if not unit:
            return figure
        whole = figures(self.text[figure.start : figure.end] + unit)
        if len(whole) != 1 or whole[0].start or whole[0].kind is Figures.NUMBER:
            return figure
        return replace(figure, kind=whole[0].kind, unit=whole[0].unit, value=whole[0].value)

    @cached_property
    def make(self) -> tuple[float, ...]:
        """What it is by itself: 1 or 0 for each of `MAKE`."""
        kind, flags = self.stored.kind, self.stored.flags
        last = self.text.rstrip()[-1:]
        also = {
            "scrap": sum(map(str.isalpha, self.text)) < _SCRAP,
            "stop": last in _STOPS,
            "cut": kind is Kind.STATEMENT and len(self.text) >= _STATEMENT and last not in _STOPS,
            **{name: kind is one for name, one in _KINDS.items()},
            **{name: one in flags for name, one in _FLAGS.items()},
        }
        return tuple(float(also[name]) for name in MAKE)

    @property
    def size(self) -> float:
        """The logarithm of its length."""
        return math.log1p(len(self.text))


@dataclass(frozen=True, eq=False)
class Above:
    """What stands above lines: column heads, a section's path, a title; as it is compared."""

    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that it says."""
        return frozenset(tokens(self.text)) if self.text else frozenset()

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Its pairs of characters."""
        return frozenset(map(intern, pairs(self.text))) if self.text else frozenset()

    @cached_property
    def flat(self) -> str:
        """Its text without gaps."""
        return GAPS.sub("", normalise(self.text)) if self.text else ""

    @cached_property
    def days(self) -> frozenset[tuple[date | None, date | None]]:
        """The first and last day of what it names of the calendar."""
        return days_in(figures(self.text))


class Reader:
    """The pages of one generation, read as lines; what was read once is kept."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pages: dict[tuple[str, int], tuple[Line, ...]] = {}
        self._above: dict[str, Above] = {}

    def page(self, library: Library, edition: Edition, number: int) -> tuple[Line, ...]:
        """Return the lines of a page (from 1) in reading order."""
        key = (edition.key, number)
        found = self._pages.get(key)
        if found is None:
            if len(self._pages) >= _REMEMBERED:
                self._pages.clear()
            stored = library.sentences(edition)
            text = library.text(edition).text
            found = self._pages[key] = tuple(
                Line(
                    edition,
                    at,
                    (one := stored[at]),
                    text[one.start : one.end],
                    stored.lines[at],
                    stored.paths[one.section] if one.section >= 0 else (),
                    text[(over := stored[one.over]).start : over.end] if one.over >= 0 else "",
                )
                for at in stored.on(number)
            )
        return found

    def front(self, library: Library, edition: Edition) -> Above:
        """Return an edition's first page, which says whose it is."""
        return self.above("\n".join(line.text for line in self.page(library, edition, 1)))

    def above(self, text: str) -> Above:
        """Return what stands above a line, cut into words once."""
        found = self._above.get(text)
        if found is None:
            if len(self._above) >= _REMEMBERED:
                self._above.clear()
            found = self._above[text] = Above(text)
        return found


def days_in(found: Sequence[Figure]) -> frozenset[tuple[date | None, date | None]]:
    """Return the first and last day of each figure that is a day, a month or a year."""
    told = ((one.day, one.until or one.day) for one in found if one.day is not None)
    return frozenset((day.first, until.last) for day, until in told)


def dated(period: Period, text: Line | Above) -> bool:
    """Whether a line or what stands above it names a stretch of the calendar, in whatever form."""
    return period.said in text.flat or (period.first, period.last) in text.days


@lru_cache(maxsize=2_048)
def unit_of_head(head: str) -> str:
    """Return the unit of the bare figures under a column head: 件 of 登録件数, % of 割合; "" for none."""
    plain = _REMARK.sub("", GAPS.sub("", normalise(head)))
    if plain.endswith(_SHARES):
        return "%"
    if not plain.endswith(_NUMBER_OF):
        return ""
    for length in _UNIT_LENGTHS:
        word = plain[-1 - length : -1]
        unit = unit_at(word, 0)
        if unit is not None and unit.end == len(word) == length:
            return word
    return ""


def held(units: Sequence[str], among: Sequence[frozenset[str]]) -> NDArray[np.bool_]:
    """Return which units each set holds, shape (len(among), len(units))."""
    found = np.zeros((len(among), len(units)), dtype=np.bool_)
    for row, one in enumerate(among):
        for column, unit in enumerate(units):
            if unit in one:
                found[row, column] = True
    return found
