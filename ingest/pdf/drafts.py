"""A page's text put together from what stands on it in order.

What goes out is an order of glyphs with separators between them; every character keeps its box.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ingest.pages import Block, BlockKind
from ingest.pdf.lines import LONG_LINE
from ingest.pdf.paragraphs import paragraphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from ingest.pdf.columns import Unit
    from ingest.pdf.lines import Glyphs, Line

_AS_WIDE, _ENDS = 0.1, "。．.！？!?：:」』）)】"
_SOME, _LETTER_BY_LETTER = 2, 0.6
_CJK = re.compile(
    r"[\u3000-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u2e80-\u2fdf]"
)
_LOWER = re.compile(r"[a-z]{2}")
_LETTERS = re.compile(r"[A-Za-z]{2}-$")
_WITH_HYPHEN = frozenset(
    [
        "part",
        "full",
        "non",
        "self",
        "well",
        "co",
        "cross",
        "multi",
        "high",
        "low",
        "long",
        "short",
        "real",
        "one",
        "two",
        "three",
        "four",
        "first",
        "second",
        "third",
        "up",
        "to",
        "on",
        "off",
        "in",
        "end",
        "step",
        "day",
        "year",
        "early",
        "large",
        "small",
        "mid",
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A page's text put together: see `ingest.pages.Page` for the shapes."""

    text: str
    source: NDArray[np.int32]
    boxes: NDArray[np.float32]
    blocks: tuple[Block, ...]


# Where a block begins and ends, and what else it is made of: kind, size, context and heads.
_Placed: TypeAlias = tuple[int, int, tuple[BlockKind, float, str, tuple[str, ...]]]
_NEWLINE, _SPACE, _TABULATOR = -1, -2, -3


def compose(glyphs: Glyphs, found: Sequence[Unit]) -> Draft:
    """Put the units into one text: a newline between paragraphs, nothing at a wrapped line.

    A tab stands between the cells of a table row.

    Where a wrapped line ends and the next begins with Latin letters or digits, a space stands.
    """
    parts: list[NDArray[np.int32]] = []
    begins: list[int] = []
    upright: list[bool] = []
    blocks: list[_Placed] = []
    length = 0
    for unit, paragraph in _paragraphs_of(found, glyphs):
        if length:
            parts.append(_BREAK)
            length += 1
        start = length
        cell_starts = {id(cell[0]) for cell in unit.row} if unit.row else frozenset()
        for at, line in enumerate(paragraph):
            if at and id(line) in cell_starts:
                parts.append(_CELL)
                length += 1
            elif at and _hyphenated(paragraph[at - 1], line, glyphs):
                parts[-1] = parts[-1][:-1]
                length -= 1
            elif at and needs_space(paragraph[at - 1].text, line.text):
                parts.append(BLANK)
                length += 1
            parts.append(line.glyphs)
            begins.append(length)
            upright.append(line.upright)
            length += len(line.glyphs)
        kind = _kind(paragraph[0]) if unit.row is None else BlockKind.ROW
        size = paragraph[0].size
        if len(paragraph) > 1:
            size = sorted([line.size for line in paragraph])[len(paragraph) // 2]
        blocks.append((start, length, (kind, round(size, 1), unit.context, unit.heads)))
    if not parts:
        return Draft("", np.zeros(0, np.int32), np.zeros((0, 4), np.float32), ())
    order = np.concatenate(parts)
    gaps = gaps_in(glyphs, order, np.array(begins), np.array(upright))
    return spelled(glyphs, order, gaps, blocks)


_SEPARATED = 3
_SEPARATORS = np.array([ord("\t"), ord(" "), ord("\n")], np.uint32)
_BREAK = np.array([_NEWLINE], np.int32)
BLANK = np.array([_SPACE], np.int32)
_CELL = np.array([_TABULATOR], np.int32)


def _paragraphs_of(found: Sequence[Unit], glyphs: Glyphs) -> Iterator[tuple[Unit, Sequence[Line]]]:
    """Each paragraph with its unit, in order; one that goes on in the next column is whole."""
    open_: tuple[Unit, list[Line]] | None = None
    for unit in _flat(found):
        if not unit.lines:
            continue
        cut = [unit.lines] if unit.row is not None else paragraphs(unit.lines, glyphs)
        if open_ is not None:
            if _over_columns(*open_, unit, cut[0]):
                cut[0] = open_[1] + cut[0]
            else:
                yield open_
        yield from ((unit, paragraph) for paragraph in cut[:-1])
        open_ = unit, cut[-1]
    if open_ is not None:
        yield open_


def _over_columns(before: Unit, paragraph: list[Line], unit: Unit, more: list[Line]) -> bool:
    """Whether a paragraph that ends a column goes on at the top of the next, as wide as it is."""
    last, first = paragraph[-1], more[0]
    width = before.right - before.left
    return (
        before.row is None
        and unit.row is None
        and before.context == unit.context
        and unit.left > before.right
        and first.top > last.top
        and abs(unit.right - unit.left - width) < _AS_WIDE * width
        and abs(first.size - last.size) < _AS_WIDE * last.size
        and min(len(last.text), len(first.text)) >= LONG_LINE
        and last.upright
        and first.upright
        and not first.item
        and before.right - last.right < last.size
        and last.text[-1] not in _ENDS
    )


def spelled(
    glyphs: Glyphs,
    order: NDArray[np.int32],
    gaps: NDArray[np.int64],
    blocks: Sequence[_Placed] = (),
) -> Draft:
    """Turn an order of glyphs and separators into text, with a space before each of *gaps*.

    *blocks* have their places in *order*.
    """
    if len(gaps):
        whole = np.full(len(order) + len(gaps), _SPACE, np.int32)
        kept = np.ones(len(whole), np.bool_)
        kept[gaps + np.arange(len(gaps))] = False
        whole[kept] = order
        order = whole
    edges = np.array([block[:2] for block in blocks], np.int64).reshape(-1, 2)
    edges = (edges + np.searchsorted(gaps, edges, side="left")).tolist()
    made = tuple(
        Block(start, end, *rest) for (start, end), (_, _, rest) in zip(edges, blocks, strict=True)
    )
    apart = np.flatnonzero(order < 0)
    codes = glyphs.codes.take(order, mode="clip").astype("<u4", copy=False)
    codes[apart] = _SEPARATORS[order[apart] + _SEPARATED]
    source = glyphs.source.take(order, mode="clip")
    source[apart] = -1
    boxes = glyphs.boxes.take(order, axis=0, mode="clip")
    boxes[apart] = np.nan
    return Draft(codes.tobytes().decode("utf-32-le"), source, boxes, made)


def gaps_in(
    glyphs: Glyphs,
    order: NDArray[np.int32],
    begins: NDArray[np.int64],
    upright: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """The positions in *order* before which a space belongs.

    Next to a Japanese character only a space of the file counts, and none in a line that is
    spaced out letter by letter. *begins* are the positions at which lines begin.
    """
    at = np.flatnonzero(glyphs.spaced.take(order, mode="clip"))
    line = np.searchsorted(begins, at, side="right") - 1
    inside = (order[at] >= 0) & (at > begins[line]) & upright[line]
    at, line = at[inside], line[inside]
    if not len(at):
        return at
    full = _is_full(glyphs.codes[order[at]]) | _is_full(glyphs.codes[order[at - 1]])
    wanted = (glyphs.spaced[order[at]] > 0) | ~full
    # Letter by letter: more than six in ten places of a line, and at least three.
    many = np.bincount(line, minlength=len(begins))
    places = np.add.reduceat(order >= 0, begins, dtype=np.int64) - 1
    loose = (many > _SOME) & (many > _LETTER_BY_LETTER * places)
    return np.asarray(at[wanted & ~loose[line]])


def _is_full(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Kana, kanji, full-width forms and Japanese punctuation: what is written without spaces."""
    return np.asarray(
        ((codes >= 0x2E80) & (codes <= 0x9FFF))
        | ((codes >= 0xF900) & (codes <= 0xFAFF))
        | ((codes >= 0xFF00) & (codes <= 0xFFEF))
    )


def _kind(first: Line) -> BlockKind:
    if first.pictured:
        return BlockKind.IMAGE
    return BlockKind.ITEM if first.item else BlockKind.TEXT


def _flat(found: Iterable[Unit]) -> Iterator[Unit]:
    for unit in found:
        yield unit
        yield from _flat(unit.inside)


def _hyphenated(before: Line, line: Line, glyphs: Glyphs) -> bool:
    """Whether a word was only parted by the line break, so that its hyphen goes.

    Words such as part-time are written with a hyphen, on one line too, and so is state-of-the-art:
    what has one before has another.
    """
    if before.text[-1] != "-" or not _LOWER.match(line.text) or not _LETTERS.search(before.text):
        return False
    words = np.flatnonzero(glyphs.spaced[before.glyphs])
    begin = int(words[-1]) if len(words) else 0
    word = before.text[begin:-1].lower()
    return "-" not in word and word not in _WITH_HYPHEN


def needs_space(before: str, after: str) -> bool:
    """Whether a space stands where one line ends and the next goes on with another word."""
    return before[-1] != "-" and not (_CJK.match(before[-1]) or _CJK.match(after[0]))
