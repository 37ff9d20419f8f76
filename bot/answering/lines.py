"""The lines of found pages as answering compares them: stored sentences, cut into words once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ingest.language.numbers import Figure, figures
from ingest.language.spelling import normalise
from ingest.language.words import pairs, tokens
from ingest.sentences import Flag, Kind, Sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index.passages import Library
    from ingest.catalog.editions import Edition

_REMEMBERED = 3_000
"""Pages that are kept read; when there are more, reading begins anew."""

GAPS = re.compile(r"\s+")
_STOPS = tuple("。.！？!?")
_STATEMENT = 40
"""Characters from which a line of prose without a full stop was cut off or goes on elsewhere."""

_SCRAP = 4
"""Letters below which a line names nothing."""

MAKE = (
    "heading", "row", "head", "item", "caption", "note", "contents", "label", "cover", "scrap",
    "stop", "cut", "lead_in", "points_back", "qualifies", "first_page", "first_lines",
)  # fmt: skip
"""What a line is by itself, whatever is asked: signals of the same names."""

_KINDS = {
    "heading": Kind.HEADING, "row": Kind.ROW, "head": Kind.HEAD, "item": Kind.ITEM,
    "caption": Kind.CAPTION, "note": Kind.NOTE, "contents": Kind.CONTENTS, "label": Kind.LABEL,
    "cover": Kind.COVER,
}  # fmt: skip
_FLAGS = {
    "lead_in": Flag.LEAD_IN, "points_back": Flag.POINTS_BACK, "qualifies": Flag.QUALIFIES,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Line:
    """A stored sentence with its text, as answering compares it.

    *at* is its place among the edition's sentences, *section* the path it stands under.
    """

    edition: Edition
    at: int
    stored: Sentence
    text: str
    plain: str
    section: tuple[str, ...]

    @property
    def heads(self) -> str:
        """The column heads or the caption that stand over it, "" where none do."""
        return self.stored.context

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
        return frozenset(pairs(self.text))

    @cached_property
    def flat(self) -> str:
        """Its text as it is compared, without gaps."""
        return GAPS.sub("", self.plain)

    @cached_property
    def figures(self) -> tuple[Figure, ...]:
        """The figures that it holds, with offsets into its text."""
        return figures(self.text)

    @cached_property
    def make(self) -> tuple[float, ...]:
        """What it is by itself: 1 or 0 for each of `MAKE`."""
        kind, flags = self.stored.kind, self.stored.flags
        last = self.text.rstrip()[-1:]
        also = {
            "scrap": sum(map(str.isalpha, self.text)) < _SCRAP,
            "stop": last in _STOPS,
            "cut": kind is Kind.STATEMENT and len(self.text) >= _STATEMENT and last not in _STOPS,
            "first_page": self.stored.page == 1,
            "first_lines": self.stored.block == 0,
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
        return frozenset(pairs(self.text)) if self.text else frozenset()

    @cached_property
    def flat(self) -> str:
        """Its text without gaps."""
        return GAPS.sub("", normalise(self.text)) if self.text else ""


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
                )
                for at in stored.on(number)
            )
        return found

    def above(self, text: str) -> Above:
        """Return what stands above a line, cut into words once."""
        found = self._above.get(text)
        if found is None:
            if len(self._above) >= _REMEMBERED:
                self._above.clear()
            found = self._above[text] = Above(text)
        return found


def held(units: Sequence[str], among: Sequence[frozenset[str]]) -> NDArray[np.bool_]:
    """Return which units each set holds, shape (len(among), len(units))."""
    found = np.zeros((len(among), len(units)), dtype=np.bool_)
    for row, one in enumerate(among):
        for column, unit in enumerate(units):
            if unit in one:
                found[row, column] = True
    return found
