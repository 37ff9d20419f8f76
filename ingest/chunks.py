"""Chunks: the pieces of an edition that are searched, each an exact slice of its text."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from ingest.catalog.editions import Edition
from ingest.language.sentences import ends
from ingest.pages import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.headings import Section
    from ingest.pages import EditionText

CHUNKS_VERSION = "6"
"""Part of a generation's recipe: raise it when the same text is cut otherwise."""

SECTION_SEPARATOR = " › "
"""Stands between the headings of a section's path wherever it is shown."""

# On 157 questions about 36 government manuals, with OCR, success among the first 1, 5 and 10 pages:
# 250 characters 0.790 0.968 0.981, 300 0.809 0.975 0.981, 400 0.822 0.981 0.981,
# 500 0.796 0.975 0.987, 600 0.796 0.975 0.981; 400 with an overlap of 80: 0.815 0.981 0.987.
# On the 241 bundled questions all are alike: 0.892 0.992 0.992 (250: @5 0.988; overlap: @1 0.888).
SIZE = 400
"""How many characters a chunk may have; measured on questions about real manuals."""

SHORTEST = 60
"""Up to this length headings that have been gathered go on into the next section."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A slice of an edition's text.

    *section* is the path of headings above it, outermost first. *text* is always
    ``EditionText.text[start:end]``. *context* (section path, lead-in, column heads) is searched
    and shown, never quoted.
    """

    edition: Edition
    section: tuple[str, ...]
    text: str
    start: int
    end: int
    context: str = ""

    @property
    def id(self) -> str:
        """A name that no other chunk has: two editions share most of their paragraphs."""
        said = f"{self.edition.key}\0{self.edition.sha256}\0{self.start}\0{self.end}\0{self.text}"
        return sha256(said.encode()).hexdigest()[:24]


def split(
    edition: Edition,
    text: EditionText,
    sections: Sequence[Section],
    *,
    size: int = SIZE,
    overlap: int = 0,
) -> tuple[Chunk, ...]:
    """Cut an edition's text into chunks of up to *size* characters, in order.

    A chunk is a run of whole paragraphs, list items and table rows of one page; only what is
    longer than *size* is cut, after a sentence where there is one. Chunks follow sections, but a
    heading never stands alone: it goes with what follows it. With *overlap* a chunk begins up
    to that many characters earlier, with whole pieces of the one before on its page.
    """
    begins = [section.start for section in sections]
    found: list[Chunk] = []
    for pieces in _pieces(text, size):
        for run in _runs(pieces, begins, size, overlap):
            begin, end = run[0].start, run[-1].end
            path = sections[bisect_right(begins, run[-1].start) - 1].path if sections else ()
            said = text.text[begin:end]
            found.append(Chunk(edition, path, said, begin, end, _context(path, run, begin)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph, item, row or sentence: never cut further.

    *lead* is the line that introduces its list, and begins at *lead_start*.
    """

    start: int
    end: int
    context: str = ""
    lead: str = ""
    lead_start: int = -1


_LONGEST_LEAD = 120


def _pieces(text: EditionText, size: int) -> Iterator[list[_Piece]]:
    """Each page's blocks in order, with offsets in the edition's text; long ones as sentences.

    The line that introduces a list introduces what of it stands on the next pages too.
    """
    lead, lead_start = "", -1
    for page, start in zip(text.pages, text.starts, strict=True):
        found: list[_Piece] = []
        for block in page.blocks:
            said = page.text[block.start : block.end]
            if not said.strip():
                continue
            if block.kind not in {BlockKind.ITEM, BlockKind.ROW}:
                short = len(said) <= _LONGEST_LEAD
                lead, lead_start = (said, start + block.start) if short else ("", -1)
            leads = block.kind == BlockKind.ITEM
            found.extend(
                _Piece(
                    start + block.start + begin,
                    start + block.start + end,
                    block.context,
                    lead if leads else "",
                    lead_start if leads else -1,
                )
                for begin, end in _sentences(said, size)
            )
        yield found


def _sentences(said: str, size: int) -> Iterator[tuple[int, int]]:
    """Spans of *said* that are at most *size* long: all of it, or its sentences, or parts."""
    if len(said) <= size:
        yield 0, len(said)
        return
    begin = end = 0
    for stop in (*ends(said), len(said)):
        if stop - begin > size and end > begin:
            yield begin, end
            begin = end
        end = stop
        while end - begin > size:
            comma = max(said.rfind(mark, begin + size // 2, begin + size) for mark in "、，, ")
            cut = comma + 1 if comma > 0 else begin + size
            yield begin, cut
            begin = cut
    if end > begin:
        yield begin, end


def _runs(
    pieces: list[_Piece], begins: list[int], size: int, overlap: int
) -> Iterator[list[_Piece]]:
    """Gather pieces into runs of up to *size* characters that keep to one section."""
    run: list[_Piece] = []
    fresh = 0
    for piece in pieces:
        if run:
            long = piece.end - run[0].start > size
            moved = bisect_right(begins, piece.start) != bisect_right(begins, run[-1].start)
            if long or (moved and not _only_headings(run, begins)):
                yield run
                run = [] if moved else _tail(run, overlap)
                fresh = len(run)
        run.append(piece)
    if len(run) > fresh:
        yield run


def _only_headings(run: list[_Piece], begins: list[int]) -> bool:
    """Whether a run is short and nothing but headings, so that what it heads is still to come."""
    return run[-1].end - run[0].start <= SHORTEST and all(
        begins[bisect_right(begins, piece.start) - 1] == piece.start for piece in run
    )


def _tail(run: list[_Piece], overlap: int) -> list[_Piece]:
    """The last pieces of a run that fit into *overlap* characters."""
    kept: list[_Piece] = []
    for piece in reversed(run):
        if run[-1].end - piece.start > overlap:
            break
        kept.insert(0, piece)
    return kept


def _context(path: tuple[str, ...], run: list[_Piece], begin: int) -> str:
    """What a reader of the chunk alone would miss: headings, lead-in, column heads."""
    lines = [SECTION_SEPARATOR.join(path)] if path else []
    first = run[0]
    if first.lead and first.lead_start < begin and first.lead not in path:
        lines.append(first.lead)
    lines.extend(dict.fromkeys(piece.context for piece in run if piece.context))
    return "\n".join(lines)
