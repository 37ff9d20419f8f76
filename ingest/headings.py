"""The outline of a document as sections: from its bookmarks, its font sizes and its numbering."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.language import marks
from ingest.pages import BlockKind, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.pages import Block, EditionText, Page


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of an edition's text under one heading.

    *path* holds the headings above and its own, outermost first, empty before the first one.
    The text is ``EditionText.text[start:end]``, and begins with the heading itself.
    """

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading where it stands: *offset* in the edition's text, and what ranks it.

    *size* is in points; *order* is that of its numbering (第1章 before 1. before (1) before ①), 9 without.
    *level* is the bookmark's, or None. What stands *on_cover* names the whole document, so nothing
    on later pages stands under it.
    """

    title: str
    offset: int
    size: float
    order: int
    level: int | None = None
    on_cover: bool = False


_MARKED = 6
"""From this order on a number may as well mark an item of a list."""

# ○ ranks as a heading below every number.
_RING, _RINGED = "○◯〇", 8
_BRACKETED = re.compile(r"【[^【】]{1,30}】$")
_NOT_A_HEADING = re.compile(
    r"[。、，,;；]$|^[\d\s.,%年月日()（）〜~\-−:：/]+$|^(?:図表?|表|出典|資料|注|※|\*|[・･•⚫➢➤✓✔‣–⬧⬥❖\uf000-\uf0ff]|→|https?:)|(?:……|・・・|\.{4,}|．{3,})"
)
_SENTENCE_END = re.compile(r"(?:です|ます|である|ました|された|こと|ください|すること)。?$")
_LONGEST = 60
_LONGEST_TOP = 90
_TOPPING, _SLIDE = 1.4, 3
_TELLING = 1.08
_CROWD = 12
_MAY_LIST = 3
_FEW_PAGES = 3
_COVER_TEXT = 400
_LARGER = 1.18


def sections(text: EditionText) -> tuple[Section, ...]:
    """Cut the whole text into sections, in order and without gaps.

    A document without a single heading is one section with an empty path.
    """
    length = len(text.text)
    heads = sorted(_headings(text), key=lambda heading: heading.offset)
    found: list[Section] = []
    stack: list[Heading] = []
    begin, path = 0, ()  # type: int, tuple[str, ...]
    for heading in heads:
        if heading.offset > begin:
            found.append(Section(path, begin, heading.offset))
        if not heading.on_cover:
            stack = [upper for upper in stack if not upper.on_cover]
        while stack and not _above(stack[-1], heading):
            stack.pop()
        stack.append(heading)
        begin, path = heading.offset, tuple(one.title for one in stack)
    if length > begin or not found:
        found.append(Section(path, begin, length))
    return tuple(found)


def marked(pages: Sequence[Page]) -> tuple[Page, ...]:
    """Return the pages with the kind of every block that looks like a heading set so.

    Here only the look counts, type clearly larger than the text's; numbered lines in the size of
    the text may be items of a list.
    """
    usual = _usual_size(pages)
    return tuple(
        replace(page, blocks=tuple(_marked(page, block, usual) for block in page.blocks))
        if any(block.size > _LARGER * usual for block in page.blocks)
        else page
        for page in pages
    )


def _marked(page: Page, block: Block, usual: float) -> Block:
    large = block.size > _LARGER * usual and block.kind in {BlockKind.TEXT, BlockKind.ITEM}
    if large and _seen(page, block, 0, usual) is not None:
        return replace(block, kind=BlockKind.HEADING)
    return block


def _above(upper: Heading, lower: Heading) -> bool:
    """Whether *lower* stands under *upper*: bookmarks first, then numbering, then size."""
    if upper.level is not None or lower.level is not None:
        return lower.level is None or (upper.level is not None and upper.level < lower.level)
    numbered = marks.UNRANKED not in {upper.order, lower.order}
    if not numbered and not 1 / _TELLING < upper.size / lower.size < _TELLING:
        return upper.size > lower.size
    return upper.order < lower.order


def _headings(text: EditionText) -> Iterator[Heading]:
    """Every heading of the text: bookmarks that are found on their page, then the look of blocks."""
    taken: set[int] = set()
    for heading in _bookmarked(text):
        taken.add(heading.offset)
        yield heading
    usual = _usual_size(text.pages)
    several = len(text.pages) > _FEW_PAGES
    for page, start in zip(text.pages, text.starts, strict=True):
        if page.kind is not PlaceKind.PAGE:
            continue  # its reader has told all of them
        cover = several and page.may_be_cover and len(page.text) < _COVER_TEXT
        crowd = 0
        orders = [
            _order(page.text[block.start : min(block.end, block.start + 20)])
            for block in page.blocks
        ]
        for at, block in enumerate(page.blocks):
            if start + block.start in taken:
                continue
            seen = _seen(page, block, start, usual)
            if _tops_a_slide(page, at, usual) and (seen is None or seen.order >= _MARKED):
                title = page.text[block.start : block.end]
                seen = Heading(_clean(title), start + block.start, block.size, marks.UNRANKED)
            # Numbers that follow each other without a word between them are a list, but for one
            # that is set larger than what follows it.
            listed = (
                orders[at] >= _MAY_LIST
                and block.size <= _LARGER * usual
                and orders[at] in {*orders[max(0, at - 1) : at], *orders[at + 1 : at + 2]}
            )
            if (
                seen is not None
                and crowd < _CROWD
                and not (listed and orders[at] != marks.UNRANKED)
            ):
                crowd += 1
                yield replace(seen, on_cover=cover)


def _tops_a_slide(page: Page, at: int, usual: float) -> bool:
    """Whether a block is the one line in large type at the top of a page, whatever it says.

    A slide begins a section of its own, also when its title is a sentence or an item.
    """
    block = page.blocks[at]
    return (
        at == 0
        and len(page.blocks) >= _SLIDE
        and block.kind in {BlockKind.TEXT, BlockKind.ITEM, BlockKind.HEADING}
        and 2 <= block.end - block.start <= _LONGEST_TOP
        and block.size > _TOPPING * usual
        and all(other.size < block.size / _TELLING for other in page.blocks[1:])
        and _says_something(page.text[block.start : block.end])
    )


def _bookmarked(text: EditionText) -> Iterable[Heading]:
    """Bookmarks whose title stands on their page, where it stands."""
    last = -1
    for entry in text.outline:
        if not 0 < entry.page <= len(text.pages):
            continue
        page = text.pages[entry.page - 1]
        if entry.at is not None:
            last = text.starts[entry.page - 1] + entry.at
            yield Heading(_clean(entry.title), last, 0, _order(entry.title), entry.level)
            continue
        wanted = _plain(entry.title)
        for block in page.blocks:
            offset = text.starts[entry.page - 1] + block.start
            if (
                offset > last
                and len(wanted) > 1
                and _plain(page.text[block.start : block.end]).startswith(wanted)
            ):
                last = offset
                yield Heading(
                    _clean(entry.title), offset, block.size, _order(entry.title), entry.level
                )
                break


def _usual_size(pages: Sequence[Page]) -> float:
    """The size in which most characters are set, in points."""
    counts: dict[float, int] = {}
    for page in pages:
        for block in page.blocks:
            size = round(block.size * 2) / 2
            counts[size] = counts.get(size, 0) + block.end - block.start
    return max(counts, key=lambda size: counts[size], default=0.0)


def _seen(page: Page, block: Block, start: int, usual: float) -> Heading | None:
    """The heading that a block looks like, or None."""
    if block.kind in {BlockKind.ROW, BlockKind.IMAGE, BlockKind.CAPTION}:
        return None
    title = page.text[block.start : block.end]
    if (
        not 2 <= len(title) <= _LONGEST
        or _NOT_A_HEADING.search(title)
        or not _says_something(title)
    ):
        return None
    order = _order(title)
    larger = block.size > _LARGER * usual
    numbered = order <= 5 and block.size > 0.97 * usual and len(title) <= 45
    marked = title[:1] in marks.HEADING_SIGNS and block.size > 1.02 * usual
    inner = 6 <= order < marks.UNRANKED and len(title) <= 30 and block.size > 0.97 * usual
    bracketed = bool(_BRACKETED.match(title)) and block.size > 0.97 * usual
    if (
        block.kind == BlockKind.HEADING
        or larger
        or marked
        or bracketed
        or ((numbered or inner) and not _SENTENCE_END.search(title))
    ):
        return Heading(_clean(title), start + block.start, block.size, order)
    return None


def _says_something(title: str) -> bool:
    return sum(character.isalpha() for character in title) >= 2


def _order(title: str) -> int:
    """Return how high a title stands by what numbers it, the highest 0."""
    found = marks.mark(title)
    if found is None:
        return marks.UNRANKED
    return _RINGED if title[found.start] in _RING else found.rank


def _plain(title: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", title)).casefold()


def _clean(title: str) -> str:
    return " ".join(title.split())
