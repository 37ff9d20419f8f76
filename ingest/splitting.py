"""The sentences of a page, cut anew: for readers that do not yet take the stored ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.language.marks import BULLETS
from ingest.language.sentences import shown
from ingest.parsing import guessed, heads_others, pieces

if TYPE_CHECKING:
    from ingest.pages import BlockKind, EditionText

__all__ = ["BULLETS", "NUMBERING", "Sentence", "sentences", "shown"]

NUMBERING = re.compile(
    r"^\s*(?:第\s*[\d０-９一二三四五六七八九十]+\s*[章節部編]|[（(]?[\d０-９]+(?:[.．][\d０-９]+)*[)）.．、]?|[①-⑳]|【[^】]*】)\s*"
)
"""What stands before a title: its number, or a label in brackets."""


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
    blocks = page.blocks or guessed(page)
    return tuple(
        Sentence(base + start, base + end, number, order, block.kind, block.context)
        for order, block in enumerate(blocks)
        if not heads_others(page.text, block, blocks[order + 1 : order + 2])
        for start, end in pieces(page.text, block)
    )
