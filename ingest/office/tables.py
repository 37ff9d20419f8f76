"""A grid of cells becomes rows under their heads, as the rules of a PDF's table do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.office.pieces import Piece, paragraph
from ingest.pages import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LONGEST_HEAD = 40
_LONGEST_ROW = 400
_DEEPEST_HEAD = 4
_DEEPEST_ABOVE, _REACH = 5, 0.6
_SEVERAL = 2
_FIGURES = re.compile(
    r"[-－―ー~〜～,.．:：()（）%％△▲\s]+|"
    r"(?=[^\d０-９]*[\d０-９])[\d０-９,，.．/:：%％△▲\-－―~〜～()（）￥¥円件人社万億千年月日時分\s]+"
)
"""Figures with what counts them; 月日 and 年月日 are words."""

_COUNTED = re.compile(r"(?:令和|平成|昭和|[RHS])?(\d{1,4}|元)(?:年度?|月|回|期)?")
_DAY = re.compile(r"[^\s\d]{0,2}(?:(?:\d{1,4}|元)[年./-]\d{1,2}[月./-]\d{1,2}日?|年月日)")
_AMOUNT = re.compile(r"[￥¥]?[\d,.]+(?:円|千円|百万円|億円)?")
_LETTER = re.compile(r"[一-龥々ぁ-んァ-ヶー]")
_CHOICES = frozenset({"有無", "可否", "要否", "男女", "大小", "正副", "当否", "適否"})
NOTE = re.compile(r"[※＊*]|[（(]?(?:注|備考|出典|資料|単位)")
"""How a remark on a table begins."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with words in it: its place from 0, how far it spans, and its name in the file.

    *strong* tells that it is set in bold type or on a colour.
    """

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1
    at: str = ""
    strong: bool = False

    @property
    def last_row(self) -> int:
        """The last row that it spans."""
        return self.row + self.rows - 1

    @property
    def last_column(self) -> int:
        """The last column that it spans."""
        return self.column + self.columns - 1


Heads = dict[int, str]
"""The head of each column, from 0."""


def rows_of(cells: Sequence[Cell]) -> dict[int, list[Cell]]:
    """Return the cells of each row that has any, rows and columns in order."""
    found: dict[int, list[Cell]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.row, cell.column)):
        found.setdefault(cell.row, []).append(cell)
    return found


def pieces(cells: Sequence[Cell], known: Heads | None = None, *, at: str = "") -> Iterator[Piece]:
    """Yield a table's rows in order, each under its heads; *known* are those of what it continues.

    A cell that spans rows is said in each of them; what stands alone in a row over the heads, or
    is a note, is a paragraph of its own. *at* names what the cells do not name themselves.
    """
    rows = rows_of(cells)
    taken = [] if known else _head_rows(rows)
    heads = _heads(rows, taken) if taken else dict(known or {})
    left = min((cell.column for cell in cells), default=0)
    width = 1 - left + max((cell.last_column for cell in cells), default=0)
    begun = bool(known) and not taken
    spanning: list[Cell] = []
    under = ""
    for row, own in rows.items():
        spanning = [cell for cell in spanning if cell.last_row >= row]
        if row in taken:
            begun = True
            yield _row(own, ("",) * len(own), "", at)
            continue
        alone = own[0] if len(own) == 1 and not spanning else None
        if alone is not None and (not begun or NOTE.match(alone.text)) and width > 1:
            yield _beside(alone, at)
            continue
        if alone is not None and len(heads) > 1 and _heads_group(alone, left, width):
            under = alone.text
            yield _row(own, ("",), "", at)
            continue
        begun = True
        over = heads if not taken or row > taken[0] else {}
        members = sorted(
            (*own, *(cell for cell in spanning if len(cell.text) <= _LONGEST_HEAD)),
            key=lambda cell: cell.column,
        )
        spanning += [cell for cell in own if cell.rows > 1]
        yield from _members(members, own, over, under, at)


def _members(
    members: Sequence[Cell], own: Sequence[Cell], heads: Heads, under: str, at: str
) -> Iterator[Piece]:
    over = tuple(_over(cell, heads) for cell in members)
    if sum(len(cell.text) for cell in members) <= _LONGEST_ROW:
        yield _row(members, over, _joined(under, *over), at)
        return
    first = members[0].text if len(members[0].text) <= _LONGEST_HEAD else ""
    for cell, head in zip(members, over, strict=True):
        if cell in own:
            above = first if cell is not members[0] else ""
            context = _joined(under, above, head)
            for said in filter(None, map(str.strip, cell.text.splitlines())):
                yield paragraph(said, cell.at or at, context=context)


def _row(cells: Sequence[Cell], heads: tuple[str, ...], context: str, at: str) -> Piece:
    said = "\t".join(_flat(cell.text) for cell in cells)
    names = " ".join(cell.at for cell in cells) if any(cell.at for cell in cells) else at
    return Piece(said, BlockKind.ROW, names, context=context, heads=heads)


def _beside(cell: Cell, at: str) -> Piece:
    """Return what stands over a table, or under it, by itself."""
    return paragraph(cell.text.strip(), cell.at or at)


def _flat(text: str) -> str:
    """Return a cell's words in one line, letters that are spread over it together: 合　　計."""
    letters = text.split()
    if len(letters) > 1 and all(map(_LETTER.fullmatch, letters)):
        word = "".join(letters)
        if word not in _CHOICES:
            return word
    return " ".join(text.replace("\t", " ").split("\n")).strip()


def _heads_group(cell: Cell, left: int, width: int) -> bool:
    """Whether a cell alone in its row heads the rows below it."""
    wide = cell.columns >= max(_SEVERAL, width - 1) or cell.strong or cell.column == left
    return wide and may_head(cell.text)


def _heads(rows: Mapping[int, Sequence[Cell]], taken: Sequence[int]) -> Heads:
    """Return what each column is called, words of several rows one after the other."""
    found: dict[int, list[str]] = {}
    for row in taken:
        for cell in rows[row]:
            for column in range(cell.column, cell.last_column + 1):
                found.setdefault(column, []).append(_flat(cell.text))
    return {column: " ".join(dict.fromkeys(words)) for column, words in found.items()}


def heads_of(cells: Sequence[Cell]) -> Heads:
    """Return the heads of a table's columns, empty where it has none."""
    rows = rows_of(cells)
    return _heads(rows, _head_rows(rows))


def _head_rows(rows: Mapping[int, Sequence[Cell]]) -> list[int]:
    """Return the rows at the top that head columns; words alone in a row may stand above them."""
    order = sorted(rows)
    order = order[_first_head(rows, order) :]
    if not order:
        return []  # a table that nobody filled in
    taken: list[int] = []
    reach = -1
    for row, after in zip(order, [*order[1:], None], strict=True):
        members = rows[row]
        if len(members) == 1 and not taken:
            continue
        # What stands beside a head that reaches further down heads columns too: 1日, 1月.
        if len(taken) == _DEEPEST_HEAD or not (row <= reach or _heading_row(members)):
            break
        if taken and row > reach and not any(cell.columns > 1 for cell in rows[taken[-1]]):
            break
        if after is None and not taken:
            break
        taken.append(row)
        reach = max(reach, *(cell.last_row for cell in members))
    below = [row for row in order if taken and row > taken[-1]]
    if not below:
        return []
    if _is_form(rows):
        return []
    # One row under another tells nothing apart, unless figures or type do.
    first = rows[taken[0]]
    strong = all(cell.strong for cell in first) and not all(c.strong for c in rows[below[0]])
    figures = any(_FIGURES.fullmatch(cell.text) for row in below[:8] for cell in rows[row])
    return taken if len(below) > 1 or figures or strong else []


def _first_head(rows: Mapping[int, Sequence[Cell]], order: Sequence[int]) -> int:
    """Return which row may be the first of the heads: narrow ones above it tell of the whole table.

    所管：企画課 and 単位：千円, or 作成日 and a day, stand above heads that reach further.
    """
    wide = [sum(cell.columns for cell in rows[row]) for row in order[: _DEEPEST_ABOVE + 1]]
    most = max((sum(cell.columns for cell in own) for own in rows.values()), default=0)
    for at, width in enumerate(wide):
        narrower = all(before < width for before in wide[:at])
        if narrower and width >= _REACH * most and _heading_row(rows[order[at]]):
            return at
        if width >= _REACH * most and len(rows[order[at]]) > _SEVERAL:
            break
    return 0


def tells_itself(cells: Sequence[Cell]) -> bool:
    """Whether cells have heads of their own, not only those of a table that they may continue."""
    rows = rows_of(cells)
    taken = _head_rows(rows)
    if not taken:
        return False
    first = rows[taken[0]]
    if all(cell.strong for cell in first):
        return True
    below = [cell for row in sorted(rows) if row > taken[-1] for cell in rows[row]][:60]
    return any(_FIGURES.fullmatch(cell.text) for cell in below)


def _heading_row(cells: Sequence[Cell]) -> bool:
    """Whether a row may head columns: short words, or figures that count on behind a word."""
    words = [_flat(cell.text) for cell in cells]
    if all(map(may_head, words)):
        return True
    rest = [_COUNTED.fullmatch(word) for word in words[1:]]
    numbers = [1 if found.group(1) == "元" else int(found.group(1)) for found in rest if found]
    return (
        may_head(words[0])
        and len(numbers) == len(words) - 1 >= _SEVERAL
        and {after - before for before, after in pairwise(numbers)} in ({1}, {-1})
    )


def may_head(text: str) -> bool:
    """Whether words are short enough to head others, and neither figures nor a sentence."""
    figures = _FIGURES.fullmatch(text) or _DAY.fullmatch("".join(text.split()))
    return 0 < len(text) <= _LONGEST_HEAD and not figures and "。" not in text


def _is_form(rows: Mapping[int, Sequence[Cell]]) -> bool:
    """Whether rows are fields, each a label and what was filled in: a day here, an amount there."""
    pairs = [row for row in rows.values() if len(row) > 1]
    if any(len(row) != _SEVERAL for row in pairs) or any(cell.strong for cell in pairs[0]):
        return False
    if len({row[0].column for row in pairs}) > 1:
        return False
    values = ["".join(row[1].text.split()) for row in pairs]
    days = [value for value in values if _DAY.fullmatch(value)]
    amounts = [value for value in values if _AMOUNT.fullmatch(value)]
    words = set(values) - set(days) - set(amounts)
    if days:
        return len(words) + len(amounts) >= _SEVERAL and 2 * len(days) < len(values)
    # One amount among words; 無料 in a column of fees does not make a form of them.
    return len(amounts) == 1 and len(words) > _SEVERAL


def _over(cell: Cell, heads: Heads) -> str:
    every = (heads.get(at, "") for at in range(cell.column, cell.last_column + 1))
    return "・".join(dict.fromkeys(word for word in every if word))


def _joined(*words: str) -> str:
    """Return what heads a row, from the outside in; the same twice in a row counts once."""
    said = [word for word in words if word]
    return " / ".join(word for at, word in enumerate(said) if not at or word != said[at - 1])
