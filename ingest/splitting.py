"""The sentences, items and rows of a page: the smallest spans that are worth quoting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.pages import Block, BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.pages import EditionText, Page

_OPENING = "「『（(【〈《［[“"
_CLOSING = "」』）)】〉》］]”"
_ENDING = "。！？!?．"
_ENGLISH_END = re.compile(
    r"(?<![A-Z])(?<!\b(?:No|Mr|Dr|vs|cf|pp))(?<!\be\.g)(?<!\bi\.e)\.(?=\s+[A-Z“\"(\d])"
)
_ITEM = re.compile(
    r"\s*(?:[・●○◆◇■□▪▶►‣•※➢✓☑–—]|[-*]\s|[（(]?[0-9０-９]{1,2}[)）]|[0-9０-９]{1,2}[.．、]\s?(?![0-9０-９])"
    r"|[①-⑳➀-➓❶-❿㋐-㋾]|[（(][ア-ンa-zァ-ヶ一二三四五六七八九十][)）]|[ア-ン][　\s.．、])"
)
BULLETS = " \t\n\r\u3000・●○◆◇■□▪▶►‣•➢✓☑"
"""White space and marks that stand before an item or a heading and are not quoted with it."""

NUMBERING = re.compile(
    r"^\s*(?:第\s*[\d０-９一二三四五六七八九十]+\s*[章節部編]|[（(]?[\d０-９]+(?:[.．][\d０-９]+)*[)）.．、]?|[①-⑳]|【[^】]*】)\s*"
)
"""What stands before a title: its number, or a label in brackets."""

_NOTE = re.compile(r"(?<=[。）)\s])(?=[※])")
_MAY_END = re.compile(r"[。！？!?．.※]")
_WRAPPED_LINE = 18
"""A line at least this long that ends without a full stop goes on in the next line."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of an edition's text that can be understood, or nearly, on its own.

    *start* and *end* are offsets into `EditionText.text`. *block* numbers the page's runs of
    lines from 0, so that two sentences of one paragraph share it. *context* are the column
    heads of a row or the caption of a figure.
    """

    start: int
    end: int
    page: int
    block: int
    kind: BlockKind
    context: str = ""


def sentences(text: EditionText, number: int) -> tuple[Sentence, ...]:
    """Return the sentences of page *number* (from 1) in reading order; none for an empty page."""
    page = text.pages[number - 1]
    base = text.start_of(number)
    found: list[Sentence] = []
    blocks = page.blocks or _guessed(page)
    for order, block in enumerate(blocks):
        if _heads(page.text, block, blocks[order + 1 : order + 2]):
            continue
        for start, end in _split(page.text, block):
            found.append(
                Sentence(base + start, base + end, number, order, block.kind, block.context)
            )
    return tuple(found)


def each_of(said: str) -> list[str]:
    """Return the sentences of a quotation, as a reader counts them."""
    cuts = [0, *_ends(said, 0, len(said)), len(said)]
    pieces = [said[start:end] for start, end in pairwise(cuts)]
    return [one for one in pieces if any(letter.isalnum() for letter in one)]


def _heads(text: str, block: Block, following: Sequence[Block]) -> bool:
    """Whether a row only heads the next one's columns: it says nothing by itself."""
    if block.kind is not BlockKind.ROW or not following or block.context:
        return False
    cells = "".join(text[block.start : block.end].split())
    heads = "".join(following[0].context.replace(" / ", "").split())
    return following[0].kind is BlockKind.ROW and cells == heads


def shown(quote: str) -> str:
    """Return *quote* as one line: only its white space changes, every other character stays.

    A line break inside a sentence goes, or becomes a space between two ASCII characters;
    between labels that are no sentences it becomes a wide space, so that they stay apart.
    """
    lines = [line.strip() for line in quote.splitlines() if line.strip()]
    joined = lines[0] if lines else ""
    for before, after in pairwise(lines):
        if len(before) < _WRAPPED_LINE and before[-1] not in _ENDING:
            joined += "\u3000"
        elif before[-1].isascii() and after[0].isascii():
            joined += " "
        joined += after
    return joined.replace("\t", "\u3000")


def _split(text: str, block: Block) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of each sentence of a block, without bullets and space around it."""
    if block.kind in {BlockKind.HEADING, BlockKind.ROW, BlockKind.CAPTION}:
        cuts = [block.start, block.end]
    else:
        cuts = [block.start, *_ends(text, block.start, block.end), block.end]
    for start, end in pairwise(cuts):
        piece = text[start:end]
        lead = len(piece) - len(piece.lstrip(BULLETS))
        tail = len(piece.rstrip())
        if tail > lead and any(character.isalnum() for character in piece):
            yield start + lead, start + tail


def _ends(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets behind full stops that end a sentence and stand in no bracket."""
    depth = 0
    if not _MAY_END.search(text, start, end):
        return
    for at in range(start, end):
        character = text[at]
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth = max(0, depth - 1)
        elif (
            character in _ENDING
            and not depth
            and at + 1 < end
            and text[at + 1] not in _ENDING + _CLOSING
        ):
            if character == "．" and (text[at - 1].isdigit() or text[at + 1].isdigit()):
                continue
            yield at + 1
        elif not depth and character == "." and _ENGLISH_END.match(text, at):
            yield at + 1
        elif character == "※" and at > start and _NOTE.match(text, at) and not depth:
            yield at


def _guessed(page: Page) -> tuple[Block, ...]:
    """Read runs of lines off a page whose layout is not known."""
    blocks: list[Block] = []
    at = 0
    for line in page.text.splitlines(keepends=True):
        start, at = at, at + len(line)
        if not line.strip():
            continue
        if blocks and _continues(page.text[blocks[-1].start : blocks[-1].end], line):
            blocks[-1] = Block(blocks[-1].start, at, blocks[-1].kind)
        else:
            kind = BlockKind.ITEM if _ITEM.match(line) else BlockKind.TEXT
            blocks.append(Block(start, at, kind))
    return tuple(blocks)


def _continues(before: str, line: str) -> bool:
    """Whether *line* goes on with the sentence that *before* left open."""
    last = before.rstrip("\n").rsplit("\n", 1)[-1].rstrip()
    if len(last) < _WRAPPED_LINE or _ITEM.match(line):
        return False
    return last[-1] not in _ENDING + ".:：" + "」』"
