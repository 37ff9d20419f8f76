"""A column of lines as paragraphs and list items."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest.language import marks
from ingest.pdf.lines import LONG_LINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pdf.lines import Glyphs, Line

_NEAR, _INDENT = 4, 1.5
_OPEN, _MOST_BRACKETS = 1.6, 6
_NARROW = str.maketrans("（）", "()")
_LISTING = {marks.Kind.BULLET, marks.Kind.CIRCLED, marks.Kind.BRACKETED}
_LABEL = re.compile(r"[^\s：:。、]{1,10}[：:](?!//)")
_CANNOT_BEGIN = re.compile(
    r"[、。，．,.）)」』】〉》］\]”’ぁぃぅぇぉっゃゅょァィゥェォッャュョーゝゞ々？！?!〜ん・をん]"
)
_BEGINS_SMALL = re.compile(r"(?!https?:|[ivx]+[.)])[a-z]{2}")
_OPEN_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9,;’”\")\-]*$")
_LATIN_WORD = re.compile(r"[“\"(]?[A-Za-z0-9][!-~’”]*")
# A line of its own in brackets heads what follows it: （目的） above an article.
_CAPTION = re.compile(r"[（(][^（()）。]{1,30}[）)]")
_MORE_FOLLOWS = re.compile(
    r"(?:[、，,（(「『・をはがのにとへやもでし]|から|まで|ため|より|など|及び|又は)$"
)


def paragraphs(stack: Sequence[Line], glyphs: Glyphs) -> list[list[Line]]:
    """Cut a column into paragraphs and list items; a hard-wrapped line joins the one before.

    *glyphs* are those that the lines are made of.
    """
    if not stack:
        return []
    if not stack[0].upright:
        return _vertical_paragraphs(stack)
    pitches = sorted(a.top - b.top for a, b in pairwise(stack))
    column = _Column(
        min(line.left for line in stack),
        max(line.right for line in stack),
        pitches[len(pitches) // 3] if pitches else 0.0,
    )
    found: list[list[Line]] = [[stack[0]]]
    for at, line in enumerate(stack[1:], 1):
        near = max(other.right for other in stack[max(0, at - _NEAR) : at + 1])
        if _goes_on(found[-1], line, column, near, glyphs):
            found[-1].append(line)
        else:
            found.append([line])
    return found


@dataclass(frozen=True, slots=True)
class _Column:
    """The edges of a column in points, and how far its lines usually stand apart."""

    left: float
    right: float
    pitch: float


def _vertical_paragraphs(stack: Sequence[Line]) -> list[list[Line]]:
    """Cut vertical lines into paragraphs: after a line that ends early with a full stop."""
    bottom = min(line.bottom for line in stack)
    found: list[list[Line]] = [[stack[0]]]
    for before, line in pairwise(stack):
        early = before.bottom > bottom + 1.5 * before.size
        if (early and before.text[-1] in "。．」") or line.item:
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _goes_on(
    paragraph: list[Line], line: Line, column: _Column, near: float, glyphs: Glyphs
) -> bool:
    """Whether *line* continues the sentence or item that *paragraph* holds so far.

    *near* is how far right the lines before it reach.
    """
    above = paragraph[-1]
    pitch = above.top - line.top
    mark = marks.mark(line.text)
    listing = mark and mark.kind in _LISTING and not marks.counts_on(above.text)
    if above.text[-1] in "、，（(「" and not listing:
        return pitch < 2.2 * max(column.pitch, above.size)
    if line.item or _CAPTION.fullmatch(line.text):
        return False
    inside = _open_bracket(paragraph) and pitch < _OPEN * max(column.pitch, above.size)
    if inside or _CANNOT_BEGIN.match(line.text):
        return True
    open_ended = bool(_MORE_FOLLOWS.search(above.text))
    if pitch > column.pitch + 0.6 * above.size and not open_ended:
        return False
    if _latin_goes_on(above, line, column, glyphs):
        return True
    return _looks_joined(paragraph, line, column, near, open_ended=open_ended)


def _open_bracket(paragraph: list[Line]) -> bool:
    """Whether a bracket is still open at the end of what *paragraph* holds so far."""
    said = "".join(line.text for line in paragraph[-_NEAR:]).translate(_NARROW)
    return said.rfind("(") > said.rfind(")") or (
        said.count("(") > said.count(")") and said.count("(") <= _MOST_BRACKETS
    )


def _latin_goes_on(above: Line, line: Line, column: _Column, glyphs: Glyphs) -> bool:
    """Whether a line in Latin letters was wrapped: the next word had no room, or begins small.

    Ragged lines before a long word leave more room than any Japanese line does.
    """
    if not _OPEN_LATIN.search(above.text) or abs(line.left - above.left) > _INDENT * above.size:
        return False
    if _BEGINS_SMALL.match(line.text):
        return True
    word = _first_word(line, glyphs)
    return 0 < word and column.right - above.right < word + 0.4 * above.size


def _first_word(line: Line, glyphs: Glyphs) -> float:
    """The width of the Latin word a line begins with, in points; 0 where it is no such word."""
    word = _LATIN_WORD.match(line.text)
    if word is None:
        return 0.0
    spaces = np.flatnonzero(glyphs.spaced[line.glyphs[1 : word.end()]])
    last = int(spaces[0]) if len(spaces) else word.end() - 1
    return float(glyphs.boxes[line.glyphs[last], 2]) - line.left


def _looks_joined(
    paragraph: list[Line], line: Line, column: _Column, near: float, *, open_ended: bool
) -> bool:
    """Whether the shape of a paragraph lets *line* belong to it: indents and how full lines are.

    *open_ended* text cannot end where it does.
    """
    above = paragraph[-1]
    size = above.size
    slack = column.right - above.right
    indent = line.left - above.left
    item = paragraph[0].item
    if above.text.endswith("。"):
        # A full stop in the middle of a paragraph is followed by more on the same line.
        return slack < 1.5 * size and indent < 0.6 * size and not (item and indent < -0.6 * size)
    centred = abs((line.left + line.right) - (above.left + above.right)) < 0.8 * size
    if open_ended or (centred and abs(indent) >= 0.4 * size):
        return True
    hanging = above.left - paragraph[0].left > 0.6 * size
    if item and hanging and indent < -0.6 * size:
        return False
    if item:
        if line.left < paragraph[0].left - 0.6 * size or slack > 0.45 * (
            column.right - column.left
        ):
            return False
        return slack <= 2 * size or not _LABEL.match(line.text)
    if len(above.text) >= LONG_LINE and abs(indent) < 0.4 * size:
        # Ragged lines: what counts is how far their neighbours reach.
        slack = near - above.right
    return slack < 2.6 * size and (indent <= 0.6 * size or len(paragraph) == 1)
