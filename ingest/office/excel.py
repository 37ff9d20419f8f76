"""A workbook as it is printed: sheets in order, cells as shown, what is hidden left out and named."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.office import tables
from ingest.office.packages import Package, R
from ingest.office.pieces import Leaf, Piece, composed, heading, paragraph, placed
from ingest.office.shown import BUILT_IN, shown
from ingest.office.tables import NOTE, Cell
from ingest.office.text import cut, letters
from ingest.pages import BlockKind, EditionText, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from xml.etree.ElementTree import Element

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_NAME = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LONG_NOTE = 25
_LONGEST_TITLE = 60
_MOST_NAMED = 10
_HIDDEN = "Hidden sheets were left out: {}."
_LINES = "Hidden rows or columns were left out on: {}."
_REMARKS = "Cell notes were left out on: {}."


def read(path: Path) -> EditionText:
    """Read a workbook.

    Raises:
        UnreadablePdf: it cannot be read.
    """
    with Package.opened(path) as package:
        name = package.main()
        book = package.part(name)
        links = package.links(name)
        properties = book.find(f"{_S}workbookPr")
        since_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
        forms = _Forms.of(_linked(package, name, "styles"), since_1904=since_1904)
        strings = list(_strings(package, name))
        leaves: list[Leaf] = []
        hidden: list[str] = []
        lined: list[str] = []
        remarked: list[str] = []
        for each in book.iter(f"{_S}sheet"):
            title, part = each.get("name", ""), links.get(each.get(f"{{{R}}}id", ""), "")
            if each.get("state") in {"hidden", "veryHidden"}:
                hidden.append(title)
                continue
            if part not in package or "/worksheets/" not in f"/{part}":
                continue  # a sheet that is nothing but a chart
            sheet = _Sheet.of(package, part, strings, forms)
            lined += [title] * sheet.hides
            remarked += [title] * bool(package.linked(part, "comments"))
            found = [*laid_out(sheet.cells()), *_boxes(package, part)]
            leaves += cut(title, found)
        said = ((_HIDDEN, hidden), (_LINES, lined), (_REMARKS, remarked))
        notes = [form.format(_some(names)) for form, names in said if names]
        return composed(leaves, PlaceKind.SHEET, title=package.title(), notes=notes)


def rows(path: Path) -> list[list[str]]:
    """Return the cells of the first sheet that is shown, row by row as they are shown; empty rows left out.

    Raises:
        UnreadablePdf: it cannot be read.
    """
    with Package.opened(path) as package:
        name = package.main()
        links, strings = package.links(name), list(_strings(package, name))
        forms = _Forms.of(_linked(package, name, "styles"), since_1904=False)
        for each in package.part(name).iter(f"{_S}sheet"):
            part = links.get(each.get(f"{{{R}}}id", ""), "")
            if each.get("state") in {"hidden", "veryHidden"} or part not in package:
                continue
            found: dict[int, dict[int, str]] = {}
            for cell in _Sheet.of(package, part, strings, forms).found:
                found.setdefault(cell.row, {})[cell.column] = cell.text
            return [
                [row.get(column, "") for column in range(1, max(row) + 1)]
                for row in (found[number] for number in sorted(found))
            ]
    return []


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f", … +{more}" if more > 0 else "")


def _linked(package: Package, name: str, kind: str) -> Element | None:
    found = package.linked(name, kind)
    return package.part(found[0]) if found else None


def _strings(package: Package, name: str) -> Iterator[str]:
    """Yield the strings that cells share, without the readings over them."""
    for part in package.linked(name, "sharedStrings")[:1]:
        for each in package.pieces(part, "si"):
            yield _said(each)


def _said(element: Element) -> str:
    found = (
        placed(each.text or "", _where(child))
        for child in element
        if child.tag != f"{_S}rPh" and not _is_struck(child)
        for each in child.iter(f"{_S}t")
    )
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), "".join(found)).replace("\r", "")


def _where(run: Element) -> str:
    found = run.find(f"{_S}rPr/{_S}vertAlign")
    return "" if found is None else found.get("val", "")


def _is_struck(run: Element) -> bool:
    found = run.find(f"{_S}rPr/{_S}strike")
    return found is not None and found.get("val", "1") not in {"0", "false"}


@dataclass(frozen=True, slots=True)
class _Forms:
    """How cells are shown, by the number of their style: the form, and whether they stand out."""

    codes: tuple[str, ...]
    strong: tuple[bool, ...]
    since_1904: bool

    @classmethod
    def of(cls, root: Element | None, *, since_1904: bool) -> _Forms:
        """Read xl/styles.xml."""
        if root is None:
            return cls((), (), since_1904)
        own = {
            each.get("numFmtId", ""): each.get("formatCode", "")
            for each in root.iter(f"{_S}numFmt")
        }
        bold = [each.find(f"{_S}b") is not None for each in root.findall(f"{_S}fonts/{_S}font")]
        filled = [
            any(one.get("patternType") not in {None, "none", "gray125"} for one in each)
            for each in root.findall(f"{_S}fills/{_S}fill")
        ]
        codes: list[str] = []
        strong: list[bool] = []
        for each in root.findall(f"{_S}cellXfs/{_S}xf"):
            number = each.get("numFmtId", "0")
            code = own.get(number) or BUILT_IN.get(_whole(number), "")
            codes.append("" if code == "General" else code)
            strong.append(
                _at(bold, _whole(each.get("fontId"))) or _at(filled, _whole(each.get("fillId")))
            )
        return cls(tuple(codes), tuple(strong), since_1904)

    def number(self, said: str, style: int) -> str:
        """Return a number as its cell shows it."""
        try:
            value = float(said)
        except ValueError:
            return said
        code = self.codes[style] if style < len(self.codes) else ""
        return shown(value, code, since_1904=self.since_1904)


def _at(found: Sequence[bool], number: int) -> bool:
    return number < len(found) and found[number]


def _whole(said: str | None) -> int:
    return int(said) if said and said.isdigit() else 0


@dataclass(slots=True)
class _Sheet:
    """The cells of a sheet that are shown; rows and columns count from 1, as in their names."""

    found: list[Cell] = field(default_factory=list)
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)
    hides: bool = False

    @classmethod
    def of(cls, package: Package, part: str, strings: Sequence[str], forms: _Forms) -> _Sheet:
        """Read a sheet row by row."""
        sheet = cls()
        shut: set[int] = set()
        number = 0
        for each in package.pieces(part, "col", "row", "mergeCell"):
            kind = each.tag.removeprefix(_S)
            if kind == "col" and each.get("hidden") in {"1", "true"}:
                last = min(_whole(each.get("max")), _whole(each.get("min")) + 1_000)
                shut |= set(range(_whole(each.get("min")), last + 1))
            elif kind == "row":
                number = _whole(each.get("r")) or number + 1
                sheet._row(each, number, shut, strings, forms)
            elif kind == "mergeCell":
                sheet._merge(each.get("ref", ""))
        sheet.hidden_columns = sorted(shut)
        return sheet

    def _row(
        self, row: Element, number: int, shut: set[int], strings: Sequence[str], forms: _Forms
    ) -> None:
        hidden = row.get("hidden") in {"1", "true"}
        if hidden:
            self.hidden_rows.append(number)
        column = 0
        for each in row:
            column = _column(each.get("r", "")) or column + 1
            text = _cell(each, strings, forms)
            if not text:
                continue
            if hidden or column in shut:
                self.hides = True
                continue
            style = _whole(each.get("s"))
            strong = style < len(forms.strong) and forms.strong[style]
            name = f"{letters(column - 1)}{number}"
            self.found.append(Cell(number, column, text, at=name, strong=strong))

    def _merge(self, ref: str) -> None:
        first, _, last = ref.partition(":")
        begin, end = _place(first), _place(last)
        if begin and end:
            self.merged[begin] = end

    def cells(self) -> list[Cell]:
        """Return what is shown, its place counted without hidden rows and columns."""
        covered = [(begin, end) for begin, end in self.merged.items() if begin != end]
        tall = [(begin, end) for begin, end in covered if end[0] > begin[0]]
        found: list[Cell] = []
        for cell in self.found:
            place = (cell.row, cell.column)
            end = self.merged.get(place, place)
            if place not in self.merged and any(_within(place, *one) for one in tall[:200]):
                continue
            row, column = self._shown(*place)
            last_row, last_column = self._shown(*end)
            name = cell.at
            if end != place:
                name += f":{letters(end[1] - 1)}{end[0]}"
            found.append(
                replace(
                    cell, row=row, column=column, rows=max(1, last_row - row + 1),
                    columns=max(1, last_column - column + 1), at=name,
                )
            )  # fmt: skip
        return found

    def _shown(self, row: int, column: int) -> tuple[int, int]:
        return (
            row - bisect_left(self.hidden_rows, row),
            column - bisect_left(self.hidden_columns, column),
        )


def _within(place: tuple[int, int], begin: tuple[int, int], end: tuple[int, int]) -> bool:
    return begin[0] <= place[0] <= end[0] and begin[1] <= place[1] <= end[1]


def _place(name: str) -> tuple[int, int] | None:
    found = _NAME.fullmatch(name.replace("$", ""))
    return (int(found[2]), _column(name)) if found else None


def _column(name: str) -> int:
    number = 0
    for sign in name.replace("$", "").upper():
        if not "A" <= sign <= "Z":
            break
        number = number * 26 + ord(sign) - ord("A") + 1
    return number


def _cell(element: Element, strings: Sequence[str], forms: _Forms) -> str:
    """Return what a cell shows: of a formula the value that was stored with it."""
    kind = element.get("t", "n")
    if kind == "inlineStr":
        inside = element.find(f"{_S}is")
        return "" if inside is None else _said(inside).strip()
    value = element.find(f"{_S}v")
    said = "" if value is None else (value.text or "")
    if not said or kind == "e":
        return ""
    if kind == "s":
        at = _whole(said)
        return strings[at].strip() if at < len(strings) else ""
    if kind == "b":
        return "TRUE" if said == "1" else "FALSE"
    if kind == "n":
        return forms.number(said, _whole(element.get("s"))).strip()
    return _ESCAPED.sub(lambda code: chr(int(code[1], 16)), said).strip()


def laid_out(cells: Sequence[Cell]) -> Iterator[Piece]:
    """Yield a sheet's cells as titles, notes and tables.

    An empty row between the rows of a table is layout: what follows goes on under the same heads
    unless it has its own. What stands apart to the right is a note, or a table beside.
    """
    heads: tables.Heads = {}
    for band in _bands(cells):
        for group in _groups(band):
            if len({cell.column for cell in group}) == 1 and not heads:
                yield from _titled([paragraph(cell.text, cell.at) for cell in group])
                continue
            if _is_note(group):
                yield from (paragraph(cell.text, cell.at) for cell in group)
                continue
            columns = {cell.column for cell in group}
            goes_on = columns <= set(heads) and not tables.tells_itself(group)
            if not goes_on:
                heads = tables.heads_of(group)
            yield from _titled(list(tables.pieces(group, heads if goes_on else None)))


def _titled(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces, a short line over a table as its heading."""
    if not pieces or pieces[0].kind is BlockKind.ROW or len(pieces[0].text) > _LONGEST_TITLE:
        return pieces
    first = pieces[0]
    if NOTE.match(first.text) or "。" in first.text or "\n" in first.text:
        return pieces
    return [replace(heading(first.text, 1, first.at), kind=BlockKind.HEADING), *pieces[1:]]


def _bands(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Yield the cells between wholly empty rows."""
    held: list[Cell] = []
    reach = -1
    for row, own in tables.rows_of(cells).items():
        if held and row > reach + 1:
            yield held
            held = []
        held += own
        reach = max(reach, row, *(cell.last_row for cell in own))
    if held:
        yield held


def _groups(band: Sequence[Cell]) -> list[list[Cell]]:
    """Return a band's table, and what stands beside it behind an empty column."""
    spans = sorted({(cell.column, cell.last_column) for cell in band})
    edges: list[int] = []
    reach = spans[0][1]
    for first, last in spans:
        if first > reach + 1:
            edges.append(first)
        reach = max(reach, last)
    if not edges:
        return [list(band)]
    bounds = [*edges, 1 << 20]
    found = [[cell for cell in band if cell.column < edges[0]]]
    for first, end in pairwise(bounds):
        group = [cell for cell in band if first <= cell.column < end]
        alike = _first_words(group) and _first_words(group) == _first_words(found[0])
        if _is_note(group) or alike:
            found.append(group)
        else:
            # An empty column inside a table is layout.
            found[0] += group
    found[0].sort(key=lambda cell: (cell.row, cell.column))
    return found


def _first_words(cells: Sequence[Cell]) -> list[str]:
    """Return the words of the first row that has several."""
    rows = tables.rows_of(cells).values()
    return next(([cell.text for cell in row] for row in rows if len(row) > 1), [])


def _is_note(cells: Sequence[Cell]) -> bool:
    """Whether cells are remarks: they say so, or are sentences one below the other."""
    if NOTE.match(cells[0].text):
        return True
    return len({cell.column for cell in cells}) == 1 and any(
        len(cell.text) > _LONG_NOTE and "。" in cell.text for cell in cells
    )


def _boxes(package: Package, part: str) -> Iterator[Piece]:
    """Yield the words of text boxes that lie on a sheet."""
    for drawing in package.linked(part, "drawing"):
        for each in package.part(drawing).iter(f"{_A}p"):
            said = "".join(one.text or "" for one in each.iter(f"{_A}t")).strip()
            if said:
                yield paragraph(said)
