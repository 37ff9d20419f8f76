"""The outline of a document as sections: from its bookmarks, its font sizes and its numbering."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
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
    The text is ``EditionText.text[start:end]``. It begins with the heading itself, but for what
    stands behind that of a mere item: such a one heads its page and the next.
    """

    path: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading where it stands: *offset* in the edition's text, and what ranks it.

    *size* is in points; *order* is that of its numbering (第1章 before 1. before (1) before ①), 9 without.
    *level* is the bookmark's, or None. What stands *on_cover* names the whole document, so nothing
    on later pages stands under it. *large* type is clearly larger than the text's.
    A *captioned* one is an article's, so that the numbers below it are its paragraphs and items.
    """

    title: str
    offset: int
    size: float
    order: int
    level: int | None = None
    on_cover: bool = False
    large: bool = False
    captioned: bool = False

    @property
    def contents(self) -> bool:
        """Whether it stands over a table of contents."""
        return _plain(self.title) in _CONTENTS


_MARKED = 6
"""From this order on a number may as well mark an item of a list."""

# ○ ranks as a heading below every number.
_RING, _RINGED = "○◯〇", 8
_BRACKETED = re.compile(r"【[^【】]{1,30}】$")
_CAPTION = re.compile(r"\s*[(（][^()（）\n]{1,40}[)）]\s*")
_NOT_A_HEADING = re.compile(
    r"[。、，,;；]$|^(?:令和|平成|昭和)?[\d元\s.,%年月日()（）〜~\-−:：/]+$|^(?:図表?|表|出典|資料|注|※|\*|[・･•⚫➢➤✓✔‣–⬧⬥❖\uf000-\uf0ff]|→|https?:)|(?:……|・・・|\.{4,}|．{3,})"
)
_SENTENCE_END = re.compile(r"(?:です|ます|である|ました|された|こと|ください|すること)。?$")
_LONGEST = 60
_LONGEST_TOP = 90
_TOPPING, _SLIDE = 1.4, 3
_TELLING = 1.08
_CROWD = 12
_MAY_LIST = 3
_FEW_PAGES = 3
_LINES_OF_CONTENTS = 3
_CONTENTS = frozenset({"目次", "もくじ", "contents", "tableofcontents"})
# What heads its own page and the next at most: an item, a ring, 【】.
_BRIEF = 7
_FORM = re.compile(
    r"(?:別記)?\s?(?:第[0-9０-９一二三四五六七八九十]{1,3}号)?様式(?:第?[0-9０-９一二三四五六七八九十]{1,3}号?)?"
    r"(?:の[0-9０-９一二三四五六七八九十])?\s?(?:[(（][^()（）]{1,20}[)）])?"
)
_ENACTED = re.compile(
    r"[^。]{2,50}(?:条例|規則|規程|要綱|要領|告示|訓令)\n"
    r"[(（]?(?:令和|平成|昭和)[^\n。]{1,24}第[0-9０-９一二三四五六七八九十百]{1,4}号"
)
_COVER_TEXT = 400
_LARGER = 1.18
# What opens a page may be set a little smaller than the text: 様式第１号.
_OPENING = 0.9


def sections(text: EditionText) -> tuple[Section, ...]:
    """Cut the whole text into sections, in order and without gaps.

    A document without a single heading is one section with an empty path.
    """
    length = len(text.text)
    heads = _told(sorted(_headings(text), key=lambda heading: heading.offset), text)
    found: list[Section] = []
    stack: list[Heading] = []
    begin = 0
    for heading in heads:
        numbered = _MARKED <= heading.order < marks.UNRANKED and not heading.large
        if stack and stack[-1].captioned and numbered:
            continue
        if heading.offset > begin:
            found.extend(_kept_short(stack, text, begin, heading.offset))
        stack = [
            upper
            for upper in stack
            if not upper.contents and (heading.on_cover or not upper.on_cover)
        ]
        while stack and not _above(stack[-1], heading):
            stack.pop()
        stack.append(heading)
        begin = heading.offset
    if length > begin or not found:
        found.extend(_kept_short(stack, text, begin, length))
    return tuple(found)


def _kept_short(
    stack: Sequence[Heading], text: EditionText, begin: int, end: int
) -> Iterator[Section]:
    """Yield the section of the last of *stack*: what is brief heads its own page and the next."""
    path = tuple(one.title for one in stack)
    if stack and stack[-1].level is None and stack[-1].order >= _BRIEF and not stack[-1].large:
        over = text.page_at(begin).number + 2
        cut = text.starts[over - 1] if over <= len(text.pages) else end
        if cut < end:
            yield Section(path, begin, cut)
            upper = [one for one in stack[:-1] if one.order < _BRIEF or one.large]
            begin, path = cut, tuple(one.title for one in upper)
    yield Section(path, begin, end)


def _told(heads: Sequence[Heading], text: EditionText) -> list[Heading]:
    """The *heads*, in order, without the lines of a table of contents: each heads something later.

    Three at least follow each other on a page, with nothing below any but the last of them.
    """
    last = {_listed(one.title): one.offset for one in heads}
    pages = [text.page_at(one.offset).number for one in heads]
    lines: dict[int, list[Heading]] = {}
    goes_on = False
    for at, one in enumerate(heads):
        end = heads[at + 1].offset if at + 1 < len(heads) else len(text.text)
        empty = not text.text[one.offset : end].strip().partition("\n")[2]
        goes_on = goes_on and pages[at] == pages[at - 1]
        if one.level is None and last[_listed(one.title)] > one.offset and (empty or goes_on):
            lines.setdefault(pages[at], []).append(one)
            goes_on = empty
        else:
            goes_on = False
    gone = {
        id(one) for every in lines.values() if len(every) >= _LINES_OF_CONTENTS for one in every
    }
    return [one for one in heads if id(one) not in gone]


def _listed(title: str) -> str:
    """A title as it compares with its line in a table of contents, which ends in a page number."""
    return _plain(title).rstrip("0123456789-−–—―.・…‥ⅰⅱⅲ()")


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
    yield from _named(text, taken)
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
            if seen is None and _ENACTED.match(page.text, block.start):
                title = page.text[block.start : block.end]
                seen = Heading(_clean(title), start + block.start, block.size, 0)
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
                large = block.size > _LARGER * usual
                yield replace(seen, on_cover=cover, large=large)


def _named(text: EditionText, taken: set[int]) -> Iterator[Heading]:
    """Bookmarks, and articles by their captions; adds to *taken* where they and their text begin."""
    for heading in _bookmarked(text):
        taken.add(heading.offset)
        yield heading
    for heading, begins in _articles(text):
        if not taken & {heading.offset, begins}:
            taken |= {heading.offset, begins}
            yield heading


def _articles(text: EditionText) -> Iterator[tuple[Heading, int]]:
    """Yield articles by the caption above them, （目的） above 第１条, and where each itself begins."""
    order = marks.RANKS[marks.Kind.ARTICLE]
    for page, start in zip(text.pages, text.starts, strict=True):
        for above, block in pairwise(page.blocks):
            caption, said = (page.text[one.start : one.end] for one in (above, block))
            found = marks.mark(said) if _CAPTION.fullmatch(caption) else None
            if found is not None and found.kind is marks.Kind.ARTICLE:
                title = _clean(said[found.start : found.end].strip() + caption.strip())
                offset = start + above.start
                yield Heading(title, offset, above.size, order, captioned=True), start + block.start


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
    least = _OPENING if block.start == 0 else 0.97
    numbered = order <= 5 and block.size > least * usual and len(title) <= 45
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
    if _FORM.fullmatch(title):
        return marks.RANKS[marks.Kind.APPENDIX]
    found = marks.mark(title)
    if found is None:
        return marks.UNRANKED
    return _RINGED if title[found.start] in _RING else found.rank


def _plain(title: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", title)).casefold()


def _clean(title: str) -> str:
    return " ".join(title.split())
