"""Plain text, and tables of comma-separated values."""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING

from ingest.language import marks
from ingest.language.sentences import WRAPPED_LINE, is_whole
from ingest.office import tables
from ingest.office.encodings import decoded
from ingest.office.markdown import line_range
from ingest.office.pieces import Leaf, Piece, composed, paragraph, running
from ingest.office.tables import Cell
from ingest.pages import EditionText, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_UPRIGHT = frozenset("│┃|｜║")
_DRAWN = _UPRIGHT | frozenset("─━-+┌┬┐├┼┤└┴┘┏┳┓┣╋┫┗┻┛┠┨┯┷┿╂┝┥═╔╦╗╠╬╣╚╩╝ 　")
_RULES = re.compile(r"[│┃|｜║]")
_GAP = re.compile(r" {2,}|　[ 　]+")
_LEAST_DRAWN, _LEAST_SPACED, _LONGEST_SPACED = 3, 3, 30

ROWS_A_PAGE = 40
"""How many rows of a long table make one page."""


def read_text(path: Path) -> EditionText:
    """Read plain text: lines that go on are one paragraph, columns apart by tabs are a table."""
    return running(_plain(decoded(path.read_bytes()).splitlines()))


def read_csv(path: Path) -> EditionText:
    """Read comma- or tab-separated values as one table; its first words are its heads."""
    return table_of(path.stem, list(_records(decoded(path.read_bytes()))))


def table_of(name: str, rows: Sequence[tuple[int, Sequence[str]]]) -> EditionText:
    """Return rows, each with the number of its line, as a table of that name."""
    cells = [
        Cell(line, column, text.strip(), at=f"{letters(column)}{line}")
        for line, row in rows
        for column, text in enumerate(row)
        if text.strip()
    ]
    return composed(cut(name, list(tables.pieces(cells))), PlaceKind.SHEET)


def cut(name: str, pieces: Sequence[Piece]) -> list[Leaf]:
    """Return a sheet's pieces as pages of so many rows; the first begins its section."""
    return [
        Leaf(name, pieces[at : at + ROWS_A_PAGE], "" if at else name)
        for at in range(0, max(1, len(pieces)), ROWS_A_PAGE)
    ]


def letters(column: int) -> str:
    """Return the name of a column, counted from 0: A, B, … Z, AA."""
    said = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        said = chr(ord("A") + rest) + said
    return said


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    head = text[:4096]
    first = next((line for line in head.splitlines() if line.strip()), "")
    sign = max(",\t;", key=first.count)
    reader = csv.reader(StringIO(text.replace("\0", ""), newline=""), delimiter=sign)
    number = 1
    try:
        for row in reader:
            yield number, row
            number += 1
    except csv.Error:
        return


def _plain(lines: Sequence[str]) -> Iterator[Piece]:
    """Yield the paragraphs of plain text, each with the numbers of its lines."""
    held: list[str] = []
    begun = 0
    at = 0
    while at < len(lines):
        line = lines[at].replace("\0", "").replace("\f", "").rstrip()
        table = 0 if held else _drawn(lines, at) or _tabbed(lines, at) or _spaced(lines, at)
        if table:
            cells = [
                Cell(row, column, text.strip(" 　"), at=line_range(row, row + 1))
                for row in range(at, at + table)
                for column, text in enumerate(_fields(lines[row]))
                if text.strip(" 　")
            ]
            yield from tables.pieces(cells)
            at += table
            continue
        if held and (not line.strip() or not _goes_on(held[-1], line)):
            yield paragraph("\n".join(held).strip(), line_range(begun, begun + len(held)))
            held = []
        if line.strip() and not _is_rule(line):
            begun = begun if held else at
            held.append(line)
        at += 1
    if held:
        yield paragraph("\n".join(held).strip(), line_range(begun, begun + len(held)))


def _is_rule(line: str) -> bool:
    """Whether a line only draws a rule: -----, =====, ──────."""
    return not any(map(str.isalnum, line)) and len(set(line.strip())) <= 2 < len(line.strip())


def _goes_on(before: str, line: str) -> bool:
    """Whether a line goes on with the paragraph that the one before left open."""
    indented = line.startswith(("　", "  ")) and not before.startswith(("　", "  "))
    return (
        len(before.strip()) >= WRAPPED_LINE
        and not is_whole(before.strip())
        and not indented
        and marks.mark(line) is None
    )


def _fields(line: str) -> list[str]:
    """Return the cells of a line of a table: between tabs, or between rules drawn by characters."""
    if _draws(line):
        return []
    if line.lstrip()[:1] not in _UPRIGHT:
        return line.split("\t") if "\t" in line.strip() else _GAP.split(line.strip(" 　"))
    return _RULES.split(line.strip())[1:-1]


def _draws(line: str) -> bool:
    """Whether a line only draws: ├──┼──┤, +---+---+."""
    said = line.strip()
    return bool(said) and all(sign in _DRAWN for sign in said)


def _drawn(lines: Sequence[str], at: int) -> int:
    """Return how many lines from *at* on draw a table by characters, 0 for fewer than three."""
    if not _draws(lines[at]):
        return 0
    count = 0
    while at + count < len(lines) and (said := lines[at + count].strip()):
        if not (_draws(said) or (said[0] in _UPRIGHT and said[-1] in _UPRIGHT)):
            break
        count += 1
    return count if count >= _LEAST_DRAWN else 0


def _spaced(lines: Sequence[str], at: int) -> int:
    """Return how many lines from *at* on have as many columns each, apart by wide gaps."""
    count, columns = 0, 0
    while at + count < len(lines) and (said := lines[at + count].strip(" 　")):
        fields = _GAP.split(said)
        if len(fields) < 2 or (columns and len(fields) != columns) or marks.mark(said) is not None:
            break
        if any(len(field) > _LONGEST_SPACED or "。" in field for field in fields):
            break
        count, columns = count + 1, len(fields)
    return count if count >= _LEAST_SPACED else 0


def _tabbed(lines: Sequence[str], at: int) -> int:
    """Return how many lines from *at* on have columns apart by tabs; 0 where fewer than two."""
    count = 0
    while at + count < len(lines) and lines[at + count].strip().count("\t"):
        count += 1
    return count if count > 1 else 0
