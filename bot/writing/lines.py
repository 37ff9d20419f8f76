"""The sentences of passages as a model is given them, or a draft is held to: each with a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bot.writing.claims import Stated
from ingest.language.marks import Kind as Mark
from ingest.language.marks import mark
from ingest.language.sentences import shown
from ingest.language.words import tokens
from ingest.sentences import Flag, Kind

if TYPE_CHECKING:
    from index.passages import Library, Passage
    from ingest.catalog.editions import Edition

_NUMBERS = frozenset(
    {Mark.ARTICLE, Mark.NUMBER, Mark.SECOND, Mark.THIRD, Mark.BRACKETED, Mark.CIRCLED, Mark.LETTER}
)
_SHOWN_PASSAGES, _SHOWN_CHARACTERS = 8, 6_000


@dataclass(frozen=True, eq=False)
class Line:
    """A sentence, item or row of a passage: its number from 1, its offsets, and what it says.

    *context* are the title, the sections and the column heads over it.
    """

    number: int
    edition: Edition
    start: int
    end: int
    text: str
    context: str
    section: tuple[str, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the line itself."""
        return frozenset(tokens(self.text))

    @cached_property
    def stated(self) -> Stated:
        """The line as claims are compared with it: the number of an item counts nothing."""
        said = shown(self.text)
        numbered = mark(said)
        if numbered and numbered.kind in _NUMBERS and said[numbered.end :].strip():
            said = said[numbered.end :].strip()
        return Stated(said, self.context)


def lines_of(
    passages: Sequence[Passage],
    library: Library,
    *,
    passages_at_most: int = _SHOWN_PASSAGES,
    characters: int = _SHOWN_CHARACTERS,
) -> tuple[Line, ...]:
    """Return the sentences of the best passages, in their order, none twice.

    Paragraphs that address a machine are left out, so that nothing reads or cites them.
    """
    found: list[Line] = []
    seen: set[tuple[Edition, int]] = set()
    for hit in passages[:passages_at_most]:
        for line in _read(hit, library):
            key = (line.edition, line.start)
            if key in seen or len(line.text) > characters:
                continue
            seen.add(key)
            characters -= len(line.text)
            found.append(
                Line(
                    len(found) + 1, line.edition, line.start, line.end, line.text, line.context,
                    line.section,
                )
            )  # fmt: skip
    return tuple(found)


def _read(hit: Passage, library: Library) -> Iterator[Line]:
    chunk = hit.chunk
    text, held = library.text(chunk.edition).text, library.sentences(chunk.edition)
    over = " ".join((chunk.edition.document.title, *chunk.section))
    for unit in map(held.__getitem__, held.within(chunk.start, chunk.end)):
        said = text[unit.start : unit.end]
        names = unit.kind in {Kind.HEADING, Kind.HEAD} or said.strip() in chunk.section
        if not names and Flag.MACHINE not in unit.flags:
            yield Line(
                0, chunk.edition, unit.start, unit.end, said, f"{over} {unit.context}",
                chunk.section,
            )  # fmt: skip


def nearest(said: str, lines: Sequence[Line], *, most: int) -> tuple[Line, ...]:
    """Return the lines that share the most words with *said*, in their own order.

    Each brings the exception right behind it (ただし …), which belongs to what it says.
    """
    words = frozenset(tokens(said))
    ranked = sorted(lines, key=lambda line: -len(words & line.words))[:most]
    kept = {line.number for line in ranked if words & line.words}
    return tuple(
        line
        for at, line in enumerate(lines)
        if line.number in kept
        or (at and lines[at - 1].number in kept and excepts(line) and adjoins(lines[at - 1], line))
    )


def with_exceptions(chosen: Sequence[Line], lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return *chosen* and the exceptions right behind them."""
    numbers = {line.number for line in chosen}
    return tuple(
        line
        for at, line in enumerate(lines)
        if line.number in numbers
        or (
            at
            and lines[at - 1].number in numbers
            and excepts(line)
            and adjoins(lines[at - 1], line)
        )
    )


def adjoins(before: Line, after: Line) -> bool:
    """Whether a line follows another directly in the same text."""
    return before.edition == after.edition and 0 <= after.start - before.end <= _GAP


def excepts(line: Line) -> bool:
    """Whether a line is the exception to the one before it."""
    return line.text.lstrip().startswith(_EXCEPTING)


_GAP = 4
_EXCEPTING = ("ただし", "但し", "However", "Except")
