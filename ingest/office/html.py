"""A web page as it is shown: headings, paragraphs, lists and tables; an article is a section.

The standard library's parser hands over tags as they come and forgives what is not closed, which
pages of 例規集 seldom are. No script runs and nothing that a page names is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from ingest.errors import UnreadablePdf
from ingest.office import tables
from ingest.office.encodings import decoded
from ingest.office.pieces import Piece, heading, paragraph, placed, running
from ingest.office.tables import Cell
from ingest.pages import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.pages import EditionText

_UNREAD = frozenset(
    {"script", "style", "noscript", "template", "svg", "math", "object", "iframe", "select",
     "button", "textarea", "nav", "header", "footer", "aside", "rt", "rp", "dialog", "head",
     "del", "s", "strike"}
)  # fmt: skip
_VOID = frozenset(
    {"br", "hr", "img", "input", "meta", "link", "col", "wbr", "area", "base", "frame"}
)
_BREAKS = frozenset(
    {"p", "div", "section", "article", "main", "body", "ul", "ol", "li", "dl", "dt", "dd", "pre",
     "blockquote", "hr", "form", "fieldset", "figure", "figcaption", "center", "address", "caption",
     "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "td", "th", "details", "summary", "html"}
)  # fmt: skip
_PLACES = {"sup": "superscript", "sub": "subscript"}
_HEADING = re.compile(r"h([1-6])")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f\xa0]+")
_AROUND = " ○◯〇"
_MOST_SPANNED = 200
_DEEPEST = 200
_LONGEST_BESIDE = 80
_LINK_DEEP = 3
_BETWEEN_LINKS = " \t\r\n　|｜/／>＞»・[]［］"


def read(path: Path) -> EditionText:
    """Read a web page.

    Raises:
        UnreadablePdf: it only frames other pages.
    """
    reader = _Reader()
    reader.feed(decoded(path.read_bytes(), declared=True).replace("\0", ""))
    reader.close()
    pieces = reader.ended()
    if not pieces and reader.frames:
        raise UnreadablePdf(
            str(path),
            f"it only shows other pages in frames ({', '.join(reader.frames[:10])})",
            "Put those into the folder too; each is read as a document of its own.",
        )
    return running(pieces, title=_SPACE.sub(" ", reader.title).strip(_AROUND))


@dataclass(slots=True)
class _Table:
    """A table that is open: its cells, what flows in them, and what still reaches down."""

    cells: list[Cell] = field(default_factory=list)
    flow: list[Piece] = field(default_factory=list)
    row: int = -1
    column: int = 0
    down: dict[int, int] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    span: tuple[int, int] = (1, 1)
    head: bool = False
    inside: bool = False
    layout: bool = False


class _Reader(HTMLParser):
    """Takes tags as they come; what is hidden, or stands in menus, is not taken."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.frames: list[str] = []
        self._pieces: list[Piece] = []
        self._said: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._shut = 0
        self._level: int | None = None
        self._in_title = False
        self._kept = False
        self._lists: list[list[int]] = []
        self._mark = ""
        self._term = ""
        self._place = ""
        self._only_links = True
        self._begun = False
        self._tables: list[_Table] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        held = {name: value or "" for name, value in attrs}
        if tag == "title" and not self.title:
            self._in_title = True
        if tag in {"frame", "iframe"} and held.get("src"):
            self.frames.append(held["src"])
        if tag not in _VOID and len(self._open) < _DEEPEST:
            hidden = (
                tag in _UNREAD or "hidden" in held or bool(_HIDDEN.search(held.get("style", "")))
            )
            self._open.append((tag, hidden))
            self._shut += hidden
        if self._shut:
            return
        if tag == "br":
            self._said.append("\n")
        if tag in _BREAKS:
            self._flush()
            self._begin(tag, held)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin and end an element that has nothing in it: <br/>, <a name="…"/>."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End an element, and those in it that were not closed."""
        if tag == "title":
            self._in_title = False
        if tag not in {name for name, _ in self._open}:
            return
        shut = self._shut
        while self._open:
            name, hidden = self._open.pop()
            self._shut -= hidden
            if name == tag:
                break
        if shut:
            return
        if tag in _BREAKS:
            self._flush()
            self._end(tag)

    def handle_data(self, data: str) -> None:
        """Take words."""
        if self._in_title:
            self.title += data
        elif not self._shut:
            where = next((_PLACES[name] for name, _ in self._open[::-1] if name in _PLACES), "")
            self._said.append(placed(data if self._kept else _SPACE.sub(" ", data), where))
            linked = any(name == "a" for name, _ in self._open[-_LINK_DEEP:])
            self._only_links = self._only_links and (linked or not data.strip(_BETWEEN_LINKS))

    def ended(self) -> list[Piece]:
        """Return all there is."""
        self._flush()
        while self._tables:
            self._end("table")
        return self._pieces

    def _begin(self, tag: str, held: dict[str, str]) -> None:
        if found := _HEADING.fullmatch(tag):
            self._level = int(found[1]) - 1
        elif tag == "pre":
            self._kept = True
        elif tag in {"ul", "ol"}:
            start = held.get("start", "")
            counts = tag == "ol"
            self._lists.append([int(start) if counts and start.isdigit() else int(counts)])
        elif tag == "li" and self._lists:
            number = self._lists[-1][0]
            self._mark = f"{number}. " if number else "・"
            self._lists[-1][0] += bool(number)
        elif tag in {"dt", "dd"}:
            self._place = tag
        elif tag == "table":
            if self._tables:
                self._tables[-1].layout = True
            self._tables.append(_Table())
        elif tag in {"tr", "td", "th"} and self._tables:
            self._begin_cell(tag, held)

    def _begin_cell(self, tag: str, held: dict[str, str]) -> None:
        table = self._tables[-1]
        self._end_cell(table)
        if tag == "tr":
            table.row, table.column = table.row + 1, 0
            return
        table.row = max(table.row, 0)
        while table.down.get(table.column, 0) > table.row:
            table.column += 1
        table.span = _span(held.get("rowspan")), _span(held.get("colspan"))
        table.inside, table.head, table.said = True, tag == "th", []

    def _end_cell(self, table: _Table) -> None:
        if not table.inside:
            return
        table.inside = False
        rows, columns = table.span
        text = "\n".join(table.said)
        if text:
            cell = Cell(table.row, table.column, text, rows, columns, strong=table.head)
            table.cells.append(cell)
        for column in range(table.column, table.column + columns):
            table.down[column] = table.row + rows
        table.column += columns

    def _end(self, tag: str) -> None:
        if _HEADING.fullmatch(tag):
            self._level = None
        elif tag == "pre":
            self._kept = False
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag in {"dt", "dd"}:
            self._place = ""
        elif tag == "dl":
            self._term = self._place = ""
        elif tag in {"td", "th", "tr"} and self._tables:
            self._end_cell(self._tables[-1])
        elif tag == "table" and self._tables:
            self._end_cell(self._tables[-1])
            table = self._tables.pop()
            into = self._tables[-1].flow if self._tables else self._pieces
            into.extend(_rows(table))

    def _flush(self) -> None:
        """End the paragraph that is open."""
        said = "".join(self._said)
        lines = (line.strip() for line in said.split("\n"))
        text = "\n".join(filter(None, lines))
        self._said.clear()
        links, self._only_links = self._only_links, True
        # Ways back and onward that stand above a page are no part of it.
        if not text or (links and self._level is None and not self._begun):
            return
        self._begun = True
        mark, self._mark = self._mark, ""
        table = self._tables[-1] if self._tables else None
        if self._level is not None:
            piece = heading(text, self._level)
            if table is not None:
                table.layout = True
        else:
            piece = self._said_of_term(mark + text)
        into = self._pieces if table is None else table.flow
        if self._place == "dd" and piece.kind is BlockKind.ROW:
            into.pop()  # the term, which the row says
        into.append(piece)
        if table is None:
            return
        if table.inside:
            table.said.append(piece.text)

    def _said_of_term(self, text: str) -> Piece:
        """Return a paragraph; what is said of a term (dl) beside it, or under it where it is long."""
        if self._place == "dt":
            self._term = text
            return paragraph(text)
        if self._place != "dd" or not self._term:
            return paragraph(text)
        term, beside = self._term, "\n" not in text and len(text) <= _LONGEST_BESIDE
        last = (self._tables[-1].flow if self._tables else self._pieces)[-1:]
        if beside and last and last[0].text == term:
            self._term = ""
            return Piece(f"{term}\t{text}", BlockKind.ROW)
        return paragraph(text, context=term)


def _rows(table: _Table) -> Iterator[Piece]:
    """Yield a table's rows; one that only lays out a page is what flows in it."""
    several = len({cell.column for cell in table.cells}) > 1
    if table.layout or not several:
        yield from table.flow
        return
    captions = [piece for piece in table.flow if piece.text not in _texts(table)]
    yield from (replace(piece, level=None) for piece in captions)
    yield from tables.pieces(table.cells)


def _texts(table: _Table) -> frozenset[str]:
    return frozenset(line for cell in table.cells for line in (cell.text, *cell.text.split("\n")))


def _span(said: str | None) -> int:
    return max(1, min(int(said), _MOST_SPANNED)) if said and said.strip().isdigit() else 1
