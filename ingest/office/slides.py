"""A presentation, slide by slide: titles, text from top to bottom, tables; notes left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.office import tables
from ingest.office.packages import Package, R
from ingest.office.pieces import Leaf, Piece, composed, heading, paragraph, placed
from ingest.office.tables import Cell
from ingest.pages import EditionText, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_D = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_TITLES = frozenset({"title", "ctrTitle"})
_MARGINS = frozenset({"dt", "ftr", "sldNum", "hdr"})
_SLIDE_PT = 14.0
_HIDDEN = "Hidden slides were left out: {}."
_SPOKEN = "Notes for the speaker were left out."


def read(path: Path) -> EditionText:
    """Read a presentation.

    Raises:
        UnreadablePdf: it cannot be read.
    """
    with Package.opened(path) as package:
        name = package.main()
        links = package.links(name)
        leaves: list[Leaf] = []
        hidden: list[str] = []
        spoken = False
        for number, each in enumerate(package.part(name).iter(f"{_P}sldId"), start=1):
            part = links.get(each.get(f"{{{R}}}id", ""), "")
            if part not in package:
                continue
            slide = package.part(part)
            if slide.get("show") in {"0", "false"}:
                hidden.append(str(number))
                continue
            spoken = spoken or bool(package.linked(part, "notesSlide"))
            pieces = [*_slide(slide), *_diagrams(package, part)]
            leaves.append(Leaf(str(number), pieces))
        notes = [_HIDDEN.format(", ".join(hidden))] if hidden else []
        notes += [_SPOKEN] if spoken else []
        return composed(leaves, PlaceKind.SLIDE, title=package.title(), notes=notes)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What stands on a slide, and where: from the top and from the left."""

    top: int
    left: int
    title: bool
    pieces: tuple[Piece, ...]


def _slide(slide: Element) -> Iterator[Piece]:
    tree = slide.find(f"{_P}cSld/{_P}spTree")
    shapes = [] if tree is None else list(_shapes(tree, (0, 0)))
    shapes.sort(key=lambda shape: (not shape.title, shape.top, shape.left))
    for shape in shapes:
        yield from shape.pieces


def _shapes(parent: Element, offset: tuple[int, int]) -> Iterator[_Shape]:
    for each in parent:
        if each.tag == f"{_P}sp":
            yield from _words(each, offset)
        elif each.tag == f"{_P}graphicFrame":
            place = _place(each.find(f"{_P}xfrm"), offset)
            for table in each.iter(f"{_A}tbl"):
                yield _Shape(*place, title=False, pieces=tuple(_table(table)))
        elif each.tag == f"{_P}grpSp":
            yield from _shapes(each, _place(each.find(f"{_P}grpSpPr/{_A}xfrm"), offset))
        elif each.tag == f"{_MC}AlternateContent":
            chosen = each.find(f"{_MC}Choice")
            yield from _shapes(each if chosen is None else chosen, offset)


def _place(transform: Element | None, otherwise: tuple[int, int]) -> tuple[int, int]:
    at = None if transform is None else transform.find(f"{_A}off")
    if at is None:
        return otherwise
    try:
        return int(at.get("y", "0")), int(at.get("x", "0"))
    except ValueError:
        return otherwise


def _words(shape: Element, offset: tuple[int, int]) -> Iterator[_Shape]:
    held = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    kind = "" if held is None else held.get("type", "body")
    unseen = shape.find(f"{_P}nvSpPr/{_P}cNvPr")
    if kind in _MARGINS or (unseen is not None and unseen.get("hidden") in {"1", "true"}):
        return
    said = list(_paragraphs(shape))
    if not said:
        return
    place = _place(shape.find(f"{_P}spPr/{_A}xfrm"), offset)
    if kind in _TITLES:
        title = " ".join(" ".join(text.split("\n")) for text in said)
        yield _Shape(*place, title=True, pieces=(heading(title, 0),))
        return
    yield _Shape(
        *place, title=False, pieces=tuple(paragraph(text, size=_SLIDE_PT) for text in said)
    )


def _paragraphs(parent: Element) -> Iterator[str]:
    for each in parent.iter(f"{_A}p"):
        said = "".join(map(_said, each))
        text = "\n".join(filter(None, map(str.strip, said.replace("\v", "\n").split("\n"))))
        if text:
            bullet = each.find(f"{_A}pPr/{_A}buChar")
            yield f"・{text}" if bullet is not None else text


def _said(run: Element) -> str:
    """Return what a run or a field says, without what is struck through."""
    if run.tag == f"{_A}br":
        return "\n"
    form = run.find(f"{_A}rPr")
    if form is not None and form.get("strike", "noStrike") != "noStrike":
        return ""
    rise = "0" if form is None else form.get("baseline", "0")
    where = "" if rise in {"0", "0%"} else "subscript" if rise[0] == "-" else "superscript"
    return placed("".join(one.text or "" for one in run.iter(f"{_A}t")), where)


def _table(table: Element) -> Iterator[Piece]:
    first = table.find(f"{_A}tblPr")
    headed = first is not None and first.get("firstRow") in {"1", "true"}
    cells: list[Cell] = []
    for row, line in enumerate(table.iter(f"{_A}tr")):
        for column, each in enumerate(line.iter(f"{_A}tc")):
            if each.get("hMerge") in {"1", "true"} or each.get("vMerge") in {"1", "true"}:
                continue
            text = "\n".join(_paragraphs(each))
            spans = [each.get(name, "1") for name in ("rowSpan", "gridSpan")]
            rows, columns = (min(int(one), 200) if one.isdigit() else 1 for one in spans)
            if text:
                strong = headed and row == 0
                cells.append(Cell(row, column, text, rows, columns, strong=strong))
    yield from tables.pieces(cells)


def _diagrams(package: Package, part: str) -> Iterator[Piece]:
    """Yield the words of drawn diagrams (SmartArt), in the order in which they were entered."""
    for data in package.linked(part, "diagramData"):
        for point in package.part(data).iter(f"{_D}pt"):
            for text in _paragraphs(point):
                yield paragraph(text, size=_SLIDE_PT)
