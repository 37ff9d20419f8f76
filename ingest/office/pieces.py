"""What a file without pages is made of, in order; cut into pages, it is read like a PDF's text."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ingest.language import marks
from ingest.language.numerals import ABOVE, BELOW
from ingest.language.sentences import is_whole
from ingest.pages import Block, BlockKind, EditionText, OutlineEntry, Page, PlaceKind, Quality

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BODY_PT = 10.5
"""The size of type where a file names none: that of Japanese Word."""

HEADING_PT = (20.0, 16.0, 14.0, 12.5)
"""The sizes of a title and of the headings below it, where a file names none."""

_LONGEST_HEADING = 60
_LONGEST_CAPTION = 40

_LONG_PAGE, _LONGER_PAGE = 800, 1_600
"""Characters from which on a page ends before the next heading, and before any paragraph: running
text is searched by pages as long as those of a PDF."""

_UNSTYLED = 10
"""The level of a heading that only its number tells, but for the rank of that number."""

_ARTICLE_ENDS = re.compile(r"[\s　（(]|$")
_CAPTION = re.compile(r"[（(][^（）()]{1,40}[）)]$")
_HEADED = frozenset({marks.Kind.PART, marks.Kind.CHAPTER, marks.Kind.SECTION, marks.Kind.APPENDIX})
_COUNTED = frozenset({marks.Kind.NUMBER, marks.Kind.SECOND, marks.Kind.THIRD})
_CONTENT = re.compile(r"[（(]第[^（）()]{1,30}条[^（）()]{0,20}[）)]$")
_UNIT = re.compile(r"[（(\[［]?[ 　]*単[ 　]*位[ 　]*[:：][ 　]*[^（）()。、]{1,20}[）)\]］]?")
_LARGER, _LONGEST_LOOK = 1.18, 45
_SUPPLEMENT = re.compile(r"附[ 　]*則(?:[ 　]*[（(][^（）()]{1,60}[）)])?[ 　]*(?:抄)?$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph, heading, list item or table row.

    *level* ranks a heading, the highest lowest; None for everything else. *title* is what its section
    is called, where that is more than its own words. The other fields are as in `Block`.
    """

    text: str
    kind: BlockKind = BlockKind.TEXT
    at: str = ""
    level: int | None = None
    size: float = BODY_PT
    context: str = ""
    heads: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The pieces of one page and its name; *opens* is the section that begins with it, or ""."""

    label: str | None
    pieces: Sequence[Piece]
    opens: str = ""


_PLACED = {"superscript": str.maketrans(ABOVE), "subscript": str.maketrans(BELOW)}


def placed(text: str, where: str) -> str:
    """Return words with their digits named for where they stand: "superscript" or "subscript"."""
    return text.translate(_PLACED.get(where, {}))


def heading(text: str, level: int, at: str = "", size: float = 0.0) -> Piece:
    """Return a heading; *level* 0 is a title."""
    usual = HEADING_PT[min(level, len(HEADING_PT) - 1)]
    return Piece(text, BlockKind.HEADING, at, level, size or usual)


def paragraph(text: str, at: str = "", size: float = BODY_PT, context: str = "") -> Piece:
    """Return a paragraph, an item of a list where it begins with a mark."""
    found = marks.mark(text)
    kind = BlockKind.TEXT if found is None else BlockKind.ITEM
    return Piece(text, kind, at, size=size, context=context)


def composed(
    leaves: Sequence[Leaf], kind: PlaceKind, *, title: str = "", notes: Sequence[str] = ()
) -> EditionText:
    """Return the text whose pages are *leaves*; *notes* say what was left out of it."""
    pages: list[Page] = []
    outline: list[OutlineEntry] = []
    for number, leaf in enumerate(leaves, start=1):
        blocks: list[Block] = []
        at = 0
        if leaf.opens:
            outline.append(OutlineEntry(leaf.opens, 0, number, at=0))
        for piece in _with_units(leaf.pieces):
            end = at + len(piece.text)
            heads = piece.heads if any(piece.heads) else ()
            blocks.append(Block(at, end, piece.kind, piece.size, piece.context, heads, piece.at))
            if piece.level is not None:
                name = piece.title or piece.text
                outline.append(OutlineEntry(name, piece.level, number, at=at))
            at = end + 1
        said = "\n".join(piece.text for piece in leaf.pieces)
        note = " ".join(notes) if number == 1 else ""
        pages.append(
            Page(
                number,
                leaf.label,
                said,
                np.full(len(said), -1, np.int32),
                np.full((len(said), 4), np.nan, np.float32),
                0.0,
                0.0,
                Quality("file", 1.0, note),
                tuple(blocks),
                kind,
            )
        )
    return EditionText(tuple(pages), tuple(outline), title)


def _with_units(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces, rows of figures with the unit that stands over their table: 単位：千円."""
    unit = ""
    for piece in pieces:
        said = [] if piece.context else piece.text.split("\t")
        if found := next((one for one in said if _UNIT.fullmatch(one.strip())), ""):
            unit = found.strip(" 　（）()[]［］")
        elif piece.kind is BlockKind.HEADING:
            unit = ""
        elif unit and piece.kind is BlockKind.ROW and piece.context:
            yield replace(piece, context=f"{unit} / {piece.context}")
            continue
        yield piece


def running(pieces: Iterable[Piece], *, title: str = "", notes: Sequence[str] = ()) -> EditionText:
    """Return running text, cut into pages before headings."""
    whole = _counted(_titled(list(ranked(list(_parted(pieces))))))
    return composed(list(_leaves(whole)), PlaceKind.SECTION, title=title, notes=notes)


def _parted(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces, lines of one paragraph apart where a clause, an item or a sentence begins.

    Web pages and letters break lines where others begin a paragraph: （趣旨）, 第１条 …, 附則.
    """
    for piece in pieces:
        lines = piece.text.split("\n")
        if len(lines) == 1 or piece.level is not None or piece.kind is BlockKind.ROW:
            yield piece
            continue
        held = lines[:1]
        for line in lines[1:]:
            before = held[-1].strip()
            own = _CAPTION.match(before) or _SUPPLEMENT.match(before) or is_whole(before)
            if own or marks.mark(line) is not None or _CAPTION.match(line):
                yield _part(piece, held)
                held = []
            held.append(line)
        yield _part(piece, held)


def _part(piece: Piece, lines: Sequence[str]) -> Piece:
    return paragraph("\n".join(lines), piece.at, piece.size, piece.context)


def _counted(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces, those without a place with their number in their section."""
    number = 0
    for at, piece in enumerate(pieces):
        if piece.level is not None:
            number = 0
        if piece.level is None or _says_more(piece):
            number += 1
            pieces[at] = piece if piece.at else replace(piece, at=f"¶{number}")
    return pieces


def _titled(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces, a short first line that no sentence ends as their title."""
    if not pieces or any(piece.level == 0 for piece in pieces):
        return pieces
    first = pieces[0]
    plain = first.text.strip()
    bare = marks.mark(plain)
    numbered = bare is not None and bare.kind not in {marks.Kind.BULLET, marks.Kind.LABEL}
    if (
        len(pieces) > 1
        and first.level is None
        and first.kind in {BlockKind.TEXT, BlockKind.ITEM}
        and 1 < len(plain) <= _LONGEST_HEADING
        and not numbered
        and not any(sign in plain for sign in "。、\n")
    ):
        pieces[0] = replace(
            first, kind=BlockKind.HEADING, level=0, size=max(first.size, HEADING_PT[0])
        )
    return pieces


def ranked(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces, those as headings that only their number makes one: 第3条, 第2章, 附則.

    A title in brackets over an article, as ordinances have it, belongs to the article below.
    """
    following: Sequence[Piece | None] = [*pieces[1:], None] if pieces else []
    legal = any(_article(piece.text) for piece in pieces)
    looks = _Look.of(pieces)
    captioned = False
    for piece, after in zip(pieces, following, strict=True):
        if piece.level is not None or piece.kind in {BlockKind.ROW, BlockKind.CAPTION}:
            captioned = False
            yield piece
            continue
        caption = piece.text.strip()
        number = "" if after is None or after.kind is BlockKind.ROW else _article(after.text)
        if number and len(caption) <= _LONGEST_CAPTION and _CAPTION.match(caption):
            captioned = True
            level = _UNSTYLED + marks.RANKS[marks.Kind.ARTICLE]
            yield replace(piece, kind=BlockKind.HEADING, level=level, title=f"{number}{caption}")
            continue
        found = None if captioned else _unstyled(piece)
        if found is None and not (legal or captioned) and after is not None:
            found = looks.heading(piece, after)
        captioned = False
        yield piece if found is None else found


@dataclass(frozen=True, slots=True)
class _Look:
    """What headings look like where no style tells: larger type, numbers (1. 概要), 【概要】."""

    usual: float
    sizes: tuple[float, ...]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> _Look:
        """Look at the sizes of type."""
        counts: Counter[float] = Counter()
        for piece in pieces:
            counts[piece.size] += len(piece.text)
        usual = counts.most_common(1)[0][0] if counts else BODY_PT
        larger = (size for size in counts if size > _LARGER * usual)
        return cls(usual, tuple(sorted(larger, reverse=True)))

    def heading(self, piece: Piece, after: Piece) -> Piece | None:
        """Return a paragraph as a heading if it looks like one above *after*, else None."""
        text = piece.text.strip()
        if not 1 < len(text) <= _LONGEST_LOOK or text[-1] in "。、，,：:" or "\n" in text:
            return None
        if piece.size in self.sizes:
            level = 1 + min(self.sizes.index(piece.size), _UNSTYLED - 2)
            return replace(piece, kind=BlockKind.HEADING, level=level)
        found = marks.mark(text)
        if found is None or piece.size < self.usual:
            return None
        listed = marks.mark(after.text)
        same = listed is not None and listed.kind is found.kind and after.kind is not BlockKind.ROW
        bracketed = found.kind is marks.Kind.LABEL and found.end == len(text) > 2
        signed = text[0] in marks.HEADING_SIGNS
        numbered = found.kind in _COUNTED and not is_whole(text) and found.end < len(text)
        if same or not (bracketed or signed or numbered):
            return None
        level = _UNSTYLED + (found.rank if numbered else marks.UNRANKED)
        return replace(piece, kind=BlockKind.HEADING, level=level)


def _article(text: str) -> str:
    """Return the number of the article that a paragraph begins, "" where it begins none."""
    found = marks.mark(text)
    if found is None or found.kind is not marks.Kind.ARTICLE:
        return ""
    return text[found.start : found.end] if _ARTICLE_ENDS.match(text, found.end) else ""


def _unstyled(piece: Piece) -> Piece | None:
    """Return a paragraph as what begins a section, if its number says so."""
    text = piece.text.strip()
    if number := _article(text):
        caption = text[len(number) :].strip(" \t　")
        named = _CAPTION.match(caption) or (
            0 < len(caption) <= _LONGEST_CAPTION and "。" not in caption
        )
        # The text of the article may follow its title on the same line.
        if not named and caption[:1] in {"（", "("}:
            inner = caption[: caption.find("）" if caption[0] == "（" else ")") + 1]
            title = f"{number}{inner}" if 1 < len(inner) <= _LONGEST_CAPTION else number
        else:
            title = text if named else number
        kind = BlockKind.HEADING if named or not caption else BlockKind.TEXT
        level = _UNSTYLED + marks.RANKS[marks.Kind.ARTICLE]
        return replace(piece, kind=kind, level=level, title=title)
    if _SUPPLEMENT.match(text):
        level = _UNSTYLED + marks.RANKS[marks.Kind.APPENDIX]
        return replace(piece, kind=BlockKind.HEADING, level=level, title=text.replace("　", " "))
    found = marks.mark(text)
    if found is None or found.kind not in _HEADED or len(text) > _LONGEST_HEADING or "。" in text:
        return None
    if found.kind is not marks.Kind.APPENDIX and _CONTENT.search(text):
        return None  # a line of the table of contents: 第１章　総則（第１条－第３条）
    return replace(piece, kind=BlockKind.HEADING, level=_UNSTYLED + marks.RANKS[found.kind])


def _leaves(pieces: Sequence[Piece]) -> Iterator[Leaf]:
    held: list[Piece] = []
    size = 0
    label: str | None = None
    for piece in pieces:
        ends = size > (_LONGER_PAGE if piece.level is None else _LONG_PAGE)
        # A heading never ends a page.
        if ends and (held[-1].level is None or _says_more(held[-1])):
            yield Leaf(label, tuple(held))
            held, size = [], 0
        if piece.level is not None:
            named = piece.title or piece.text
            label = named if not held or label is None else label
        held.append(piece)
        size += len(piece.text) + 1
    if held:
        yield Leaf(label, tuple(held))


def _says_more(piece: Piece) -> bool:
    """Whether what begins a section is its text already, not only its heading."""
    return piece.kind is not BlockKind.HEADING
