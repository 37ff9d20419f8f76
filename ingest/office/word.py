"""A Word file as it reads with all changes accepted: numbers computed, margins left out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.office import numbering, tables
from ingest.office.numbering import W
from ingest.office.packages import Damaged, Package
from ingest.office.pieces import BODY_PT, Piece, heading, paragraph, placed, running
from ingest.office.tables import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from ingest.pages import EditionText

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_THROUGH = frozenset(
    f"{W}{name}"
    for name in (
        "ins", "moveTo", "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml",
        "dir", "bdo",
    )
)  # fmt: skip
_GONE = frozenset({f"{W}del", f"{W}moveFrom"})
_DRAWN = frozenset({f"{W}drawing", f"{W}pict", f"{W}object"})
_SAID = {"tab": " ", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_HEADING = re.compile(r"(?:heading|見出し)\s*([1-9])")
_CONTENTS = re.compile(r"(?:toc|目次)(?:\s|$)|table of figures|図表目次")
_TITLES = frozenset({"title", "表題"})
_OFF = frozenset({"0", "false", "off", "none"})
_DEEPEST_STYLE = 20
_CHANGED = "Tracked changes were read as accepted ({})."
_STRUCK = "{} characters that are struck through were left out."
_COMMENTS = "Comments were left out ({})."


def read(path: Path) -> EditionText:
    """Read a Word file.

    Raises:
        UnreadablePdf: it cannot be read.
    """
    with Package.opened(path) as package:
        name = package.main()
        reader = _Reader(
            _Styles.of(_linked(package, name, "styles")),
            numbering.read(_linked(package, name, "numbering")),
            {kind: _notes(_linked(package, name, f"{kind}s")) for kind in ("footnote", "endnote")},
        )
        body = package.part(name).find(f"{W}body")
        if body is None:
            raise Damaged("its document is empty")
        pieces = list(reader.blocks(body))
        notes = [_CHANGED.format(reader.changes)] if reader.changes else []
        notes += [_STRUCK.format(reader.struck)] if reader.struck else []
        comments = _linked(package, name, "comments")
        if comments is not None and (count := len(comments.findall(f"{W}comment"))):
            notes.append(_COMMENTS.format(count))
        return running(pieces, title=package.title(), notes=notes)


def _linked(package: Package, name: str, kind: str) -> Element | None:
    found = package.linked(name, kind)
    return package.part(found[0]) if found else None


def _notes(root: Element | None) -> dict[str, Element]:
    """Return the footnotes by id, without the lines that part them from the text."""
    return {
        each.get(f"{W}id", ""): each
        for each in (() if root is None else root)
        if each.get(f"{W}type") in {None, "normal"}
    }


@dataclass(frozen=True, slots=True)
class _Style:
    name: str = ""
    based_on: str = ""
    outline: int | None = None
    list_id: str | None = None
    level: int | None = None
    size: float | None = None
    hidden: bool | None = None


@dataclass(frozen=True, slots=True)
class _Styles:
    held: dict[str, _Style]
    usual: str
    size: float

    @classmethod
    def of(cls, root: Element | None) -> _Styles:
        """Read word/styles.xml."""
        held: dict[str, _Style] = {}
        usual, size = "", BODY_PT
        for each in () if root is None else root.iter(f"{W}style"):
            name = each.get(f"{W}styleId", "")
            if each.get(f"{W}default") in {"1", "true"} and each.get(f"{W}type") == "paragraph":
                usual = name
            properties = each.find(f"{W}pPr")
            held[name] = replace(
                _directly(properties, each.find(f"{W}rPr")),
                name=_value(each, "name").lower(),
                based_on=_value(each, "basedOn"),
            )
        defaults = None if root is None else root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        if defaults is not None:
            size = _half_points(defaults) or size
        return cls(held, usual, size)

    def chain(self, name: str) -> Iterator[_Style]:
        """Yield a style and those that it is based on, the nearest first."""
        for _ in range(_DEEPEST_STYLE):
            style = self.held.get(name)
            if style is None:
                return
            yield style
            name = style.based_on


def _directly(paragraph_: Element | None, run: Element | None) -> _Style:
    """Return what properties say themselves, without a style."""
    outline = list_id = level = None
    if paragraph_ is not None:
        said = _value(paragraph_, "outlineLvl")
        outline = int(said) if said.isdigit() else None
        numbered = paragraph_.find(f"{W}numPr")
        if numbered is not None:
            list_id = _value(numbered, "numId") or None
            depth = _value(numbered, "ilvl")
            level = int(depth) if depth.isdigit() else None
    return _Style(
        outline=outline,
        list_id=list_id,
        level=level,
        size=None if run is None else _half_points(run),
        hidden=None if run is None else _switch(run, "vanish"),
    )


def _half_points(run: Element) -> float | None:
    said = _value(run, "sz")
    return int(said) / 2 if said.isdigit() and said != "0" else None


def _value(element: Element, name: str) -> str:
    found = element.find(f"{W}{name}")
    return "" if found is None else found.get(f"{W}val", "")


def _switch(element: Element, name: str) -> bool | None:
    found = element.find(f"{W}{name}")
    return None if found is None else found.get(f"{W}val", "1") not in _OFF


@dataclass(slots=True)
class _Inline:
    """What stands in one paragraph: its words by size, its boxes, its notes."""

    said: list[str] = field(default_factory=list)
    sizes: Counter[float] = field(default_factory=Counter)
    boxes: list[Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    changed: bool = False

    @property
    def text(self) -> str:
        lines = ("".join(self.said)).split("\n")
        return "\n".join(filter(None, (line.strip(" \t") for line in lines))).rstrip("　")


@dataclass(slots=True)
class _Reader:
    """Reads blocks in order.

    *changes* counts what was inserted or deleted, *struck* the characters that are struck through.
    """

    styles: _Styles
    numbers: numbering.Numbers
    notes: dict[str, dict[str, Element]]
    changes: int = 0
    struck: int = 0
    _open: str = ""

    def blocks(self, parent: Element) -> Iterator[Piece]:
        """Yield what stands in a body, a cell, a text box or a note."""
        for each in parent:
            if each.tag == f"{W}p":
                yield from self._paragraph(each)
            elif each.tag == f"{W}tbl":
                yield from self._table(each)
            elif each.tag == f"{_MC}AlternateContent":
                yield from self.blocks(_chosen(each))
            elif each.tag in _THROUGH:
                yield from self.blocks(each)

    def _paragraph(self, element: Element) -> Iterator[Piece]:
        properties = element.find(f"{W}pPr")
        mark = None if properties is None else properties.find(f"{W}rPr")
        direct = _directly(properties, mark)
        name = "" if properties is None else _value(properties, "pStyle")
        chain = list(self.styles.chain(name or self.styles.usual))
        inline = _Inline()
        size = next((one.size for one in chain if one.size), self.styles.size)
        hidden = next((one.hidden for one in chain if one.hidden is not None), False)
        self._inline(element, inline, size, hidden=hidden)
        text = self._open + inline.text
        if mark is not None and (
            mark.find(f"{W}del") is not None or mark.find(f"{W}moveFrom") is not None
        ):
            # Without its mark a paragraph is one with the next.
            self.changes += 1
            self._open = text
            return
        self._open = ""
        number = "" if inline.changed and not text else self._number(direct, chain, name)
        if text and not any(_CONTENTS.match(one.name) for one in chain[:1]):
            yield self._piece(number + text, direct, chain, inline.sizes)
        for box in inline.boxes:
            yield from self.blocks(box)
        for kind, note in inline.notes:
            yield from self._note(kind, note)

    def _piece(
        self, text: str, direct: _Style, chain: list[_Style], sizes: Counter[float]
    ) -> Piece:
        size = sizes.most_common(1)[0][0] if sizes else self.styles.size
        level = _rank(direct, chain)
        if level is None or len(text) > _LONGEST_HEADING:
            return paragraph(text, size=size)
        made = heading(text, level)
        return replace(made, size=max(made.size, size))

    def _note(self, kind: str, name: str) -> Iterator[Piece]:
        found = self.notes[kind].pop(name, None)
        if found is not None:
            for piece in self.blocks(found):
                yield replace(piece, level=None, context=piece.context or "注")

    def _number(self, direct: _Style, chain: list[_Style], style: str) -> str:
        every = (direct, *chain)
        list_id = next((one.list_id for one in every if one.list_id is not None), None)
        if list_id is None:
            return ""
        level = next((one.level for one in every if one.level is not None), None)
        if level is None or direct.list_id is None:
            level = self.numbers.level_of(list_id, style, 0 if level is None else level)
        return self.numbers.next(list_id, level)

    def _inline(self, parent: Element, into: _Inline, size: float, *, hidden: bool) -> None:
        for each in parent:
            if each.tag == f"{W}r":
                self._run(each, into, size, hidden=hidden)
            elif each.tag in _GONE:
                self.changes += 1
                into.changed = True
            elif each.tag in _THROUGH:
                self.changes += each.tag in {f"{W}ins", f"{W}moveTo"}
                self._inline(each, into, size, hidden=hidden)
            elif each.tag == f"{_MC}AlternateContent":
                self._inline(_chosen(each), into, size, hidden=hidden)
            elif each.tag.startswith(_M):
                into.said.append("".join(one.text or "" for one in each.iter(f"{_M}t")))

    def _run(self, run: Element, into: _Inline, size: float, *, hidden: bool) -> None:
        properties = run.find(f"{W}rPr")
        if properties is not None:
            size = _half_points(properties) or size
            own = _switch(properties, "vanish")
            if own is None and (style := _value(properties, "rStyle")):
                said = (one.hidden for one in self.styles.chain(style))
                own = next((one for one in said if one is not None), None)
            hidden = hidden if own is None else own
        if hidden:
            return
        if properties is not None and (
            _switch(properties, "strike") or _switch(properties, "dstrike")
        ):
            self.struck += sum(len(each.text or "") for each in run.findall(f"{W}t"))
            return
        where = "" if properties is None else _value(properties, "vertAlign")
        for each in run:
            self._said(each, into, size, where)

    def _said(self, each: Element, into: _Inline, size: float, where: str = "") -> None:
        name = each.tag.removeprefix(W)
        if name == "t":
            words = placed((each.text or "").replace("\n", " "), where)
            into.said.append(words)
            into.sizes[size] += len(words)
        elif name in _SAID:
            into.said.append(_SAID[name])
        elif name in {"br", "sym"}:
            into.said.append(_sign(each))
        elif name in {"footnoteReference", "endnoteReference"}:
            into.notes.append((name.removesuffix("Reference"), each.get(f"{W}id", "")))
        elif name == "ruby":
            for base in each.findall(f"{W}rubyBase"):
                self._inline(base, into, size, hidden=False)
        elif each.tag == f"{_MC}AlternateContent":
            for one in _chosen(each):
                self._said(one, into, size)
        elif each.tag in _DRAWN:
            into.boxes.extend(_boxes(each))

    def _table(self, table: Element) -> Iterator[Piece]:
        cells: list[Cell] = []
        open_: dict[int, int] = {}
        flows: list[Piece] = []
        for row, element in enumerate(_rows(table)):
            properties = element.find(f"{W}trPr")
            if properties is not None and properties.find(f"{W}del") is not None:
                self.changes += 1
                continue
            head = properties is not None and _switch(properties, "tblHeader") is True
            column = _number_in(properties, "gridBefore") if properties is not None else 0
            for each in _cells(element):
                shape = each.find(f"{W}tcPr")
                across = max(1, _number_in(shape, "gridSpan")) if shape is not None else 1
                merge = None if shape is None else shape.find(f"{W}vMerge")
                inside = list(self.blocks(each))
                flows += inside
                text = "\n".join(_flat(piece) for piece in inside)
                above = open_.get(column)
                if merge is not None and merge.get(f"{W}val") != "restart" and above is not None:
                    one = cells[above]
                    cells[above] = replace(one, rows=row - one.row + 1)
                else:
                    open_.pop(column, None)
                    if text:
                        cells.append(Cell(row, column, text, 1, across, strong=head))
                    if merge is not None and text:
                        open_[column] = len(cells) - 1
                column += across
        if len({cell.column for cell in cells}) <= 1:
            # A frame around text is no table.
            yield from flows
            return
        yield from tables.pieces(cells)


_LONGEST_HEADING = 90


def _flat(piece: Piece) -> str:
    return piece.text.replace("\t", " ")


def _rank(direct: _Style, chain: list[_Style]) -> int | None:
    """Return the level of a heading, None for what is none."""
    if direct.outline is not None:
        return direct.outline + 1 if direct.outline < 9 else None
    for style in chain:
        if style.name in _TITLES:
            return 0
        if found := _HEADING.match(style.name):
            return int(found[1])
        if style.outline is not None:
            return style.outline + 1 if style.outline < 9 else None
    return None


def _number_in(properties: Element, name: str) -> int:
    said = _value(properties, name)
    return min(int(said), 200) if said.isdigit() else 0


def _rows(table: Element) -> Iterator[Element]:
    for each in table:
        if each.tag == f"{W}tr":
            yield each
        elif each.tag in _THROUGH:
            yield from _rows(each)


def _cells(row: Element) -> Iterator[Element]:
    for each in row:
        if each.tag == f"{W}tc":
            yield each
        elif each.tag in _THROUGH:
            yield from _cells(each)


def _chosen(alternate: Element) -> Element:
    """Return the one of several forms of the same content that is read."""
    found = alternate.find(f"{_MC}Choice")
    if found is None:
        found = alternate.find(f"{_MC}Fallback")
    return alternate if found is None else found


def _boxes(drawn: Element) -> Iterable[Element]:
    """Return the text boxes of a drawing, each once: newer forms stand beside older ones."""
    found: list[Element] = []
    waiting = [drawn]
    while waiting:
        each = waiting.pop(0)
        if each.tag == f"{W}txbxContent":
            found.append(each)
        elif each.tag == f"{_MC}AlternateContent":
            waiting[:0] = list(_chosen(each))
        else:
            waiting[:0] = list(each)
    return found


def _sign(each: Element) -> str:
    """Return a line break, or a character of a symbol font: a bullet where nobody knows which."""
    if each.tag == f"{W}br":
        return "\n" if each.get(f"{W}type") in {None, "textWrapping"} else ""
    code = each.get(f"{W}char", "")
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    known = {0xF0FE: "☑", 0xF0A8: "□", 0xF06F: "□", 0xF0FC: "✓", 0xF0A3: "□", 0xF052: "☑"}
    if 0xF000 <= number <= 0xF0FF:
        return known.get(number, "・")
    return chr(number) if 0x20 <= number < 0xD800 else ""
