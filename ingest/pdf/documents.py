"""A PDF becomes pages: text with character boxes, printed labels, outline, page images.

PDFium and pypdf are used here and nowhere else. PDFium crashes when two threads enter it, so
every call holds the one lock.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as c
from PIL import Image, ImageChops, ImageDraw

from ingest import headings
from ingest.catalog.facts import Facts, in_force_from, regulates, understood
from ingest.errors import UnreadablePdf
from ingest.pages import Block, BlockKind, EditionText, OutlineEntry, Page
from ingest.pdf import drafts, layers, layout, lookalikes, plausible, turning, whole
from ingest.pdf.characters import LOCK, broken, is_blank, taken
from ingest.pdf.engines import MAX_PIXELS, Engines, is_scan, may_be_scan, pictures
from ingest.pdf.joining import given, lines_of
from ingest.pdf.lines import Line, Shapes
from ingest.pdf.margins import Margin, margins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ingest.pages import Box
    from ingest.pdf.characters import Sheet
    from ingest.pdf.ocr import Ocr
    from ingest.pdf.tables import Columns

READER_VERSION = "30"
"""Changes when the same file would be read differently: what was read before is read again."""

_PASSWORD = 4
_COVER_PAGES, _SAMPLE = 3, 20
_FEW_WORDS = 700
_MAX_PAGES = 20_000
_RUNNING = 3
_DIGITS = re.compile(r"\d+")


def read(
    path: Path,
    *,
    ocr: Ocr | None = None,
    opened: Callable[[int], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> EditionText:
    """Read every page of a PDF: text in reading order, boxes, labels, outline.

    A page whose text is not plausible is asked of pypdf, then of *ocr*, which also reads the
    pictures on pages. *opened* is told how many pages there are, *progress* the number of each
    page that was read.

    Raises:
        UnreadablePdf: the file is missing, empty, not a PDF, cut short, locked with a password
            or without a single page; the message says what to do.
    """
    with _opened(path) as document:
        if opened is not None:
            opened(len(document))
        engines = Engines(document, path, ocr)
        layered = cache(lambda: layers.held_by(path))
        told = progress or (lambda _: None)
        first: list[Sheet] = []
        for at in range(len(document)):
            first.append(_guarded(at, lambda at=at: taken(document, at, layered)))  # type: ignore[misc]
            if not engines.wanted(first[-1]):
                told(at + 1)
        lines = [_lines(sheet) for sheet in first]
        sheets: list[Sheet] = []
        for at, sheet in enumerate(_scans(first, lines)):
            sheets.append(_guarded(at, lambda one=sheet: engines.improved(one)))  # type: ignore[misc]
            if sheets[at].glyphs is not sheet.glyphs or sheets[at].rows is not None:
                lines[at] = _lines(sheets[at])
            if engines.wanted(first[at]):
                told(at + 1)
        sheets[:1] = [
            sheet.noted(said) if (said := _attached(document)) else sheet for sheet in sheets[:1]
        ]
        outline = _outline(document, sheets)
        title = _title(document)
    pages = _pages(_without_running(sheets), lines)
    return EditionText(pages, outline, title)


def _guarded(at: int, work: Callable[[], Sheet]) -> Sheet:
    """Do what is to be done with the page at position *at*; what goes wrong there stays there."""
    try:
        return work()
    except (MemoryError, UnreadablePdf):
        raise
    except Exception as problem:  # noqa: BLE001 - a broken page breaks a reader in any way it likes
        return broken(at, f"The page could not be read ({type(problem).__name__}: {problem}).")


def _scans(sheets: Sequence[Sheet], lines: Sequence[list[Line]]) -> Sequence[Sheet]:
    """The sheets, those that are pictures with stamped heads and feet counted as unread."""
    if not any(map(may_be_scan, sheets)):
        return sheets
    around = margins(lines, [sheet.height for sheet in sheets])
    return [
        replace(sheet, scanned=True, quality=replace(sheet.quality, score=0.0))
        if may_be_scan(sheet) and is_scan(sheet, found, margin)
        else sheet
        for sheet, found, margin in zip(sheets, lines, around, strict=True)
    ]


def facts(path: Path, *, ocr: Ocr | None = None) -> Facts:
    """Return what the file's metadata, its first pages and its last one say about it.

    A first page of pictures and a few words without a title among them is read by *ocr*.

    Raises:
        UnreadablePdf: see `read`.
    """
    today = datetime.now(tz=UTC).date()
    with _opened(path) as document:
        count = len(document)
        layered = cache(lambda: layers.held_by(path))
        wanted = [*range(min(count, _COVER_PAGES)), *range(max(_COVER_PAGES, count - 1), count)]
        sheets = [_guarded(at, lambda at=at: taken(document, at, layered)) for at in wanted]  # type: ignore[misc]
        sample = _said(document, range(0, count, 1 + count // _SAMPLE))
        pages = [_alone(sheet) for sheet in sheets]

        def asked() -> Facts:
            first, last = pages[:_COVER_PAGES], pages[-1]
            return understood(_title(document), first, today=today, last=last, text=sample)

        found = asked()
        pictured = sheets[0].quality.score < plausible.BAR or pictures(sheets[0])
        if ocr and pictured and not found.title and len(pages[0].text) < _FEW_WORDS:
            seen = Engines(document, path, ocr).improved(replace(sheets[0], scanned=True))
            if seen.quality.engine != sheets[0].quality.engine:
                pages[0] = _alone(seen)
                found = asked()
        if not regulates(found.title):
            return found
        begun = in_force_from(_said(document, range(count)), today=today)
    return replace(found, in_force_from=begun)


def _alone(sheet: Sheet) -> Page:
    """A sheet as a page by itself: what a cover says is no running head of the pages after it."""
    straight = replace(sheet, straightened=None)
    return _composed(straight, _lines(sheet), Margin(None, frozenset()), None)[0]


def _said(document: pdfium.PdfDocument, which: Iterable[int]) -> str:
    """The text of some pages (from 0) as PDFium gives it, but for what no one can read."""
    found = []
    for at in which:
        with LOCK, suppress(pdfium.PdfiumError):
            page = document[at]
            try:
                text = page.get_textpage()
                said = text.get_text_bounded()
                text.close()
                codes = np.array([ord(one) for one in said], np.uint32)
                if plausible.score(codes[~is_blank(codes)]) >= plausible.BAR:
                    found.append(said)
            finally:
                page.close()
    return "\n".join(found)


@contextmanager
def _opened(path: Path) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF in PDFium and close it again.

    Raises:
        UnreadablePdf: see `read`.
    """
    whole.check(path)
    name = str(path)
    with LOCK:
        try:
            document = pdfium.PdfDocument(path)
        except pdfium.PdfiumError as error:
            if getattr(error, "err_code", None) == _PASSWORD or "assword" in str(error):
                raise UnreadablePdf(
                    name,
                    "it is locked with a password",
                    "Save a copy without a password and put that in its place.",
                ) from error
            raise UnreadablePdf(
                name,
                "its structure is damaged, so no page can be found",
                "Copy or download it again, or print it to a new PDF.",
            ) from error
        if c.FPDF_GetFormType(document.raw) != c.FORMTYPE_NONE:
            document.init_forms()  # before any page is loaded, or its fields have no values
        count = len(document)
    try:
        if not count:
            raise UnreadablePdf(name, "it has no pages", "Copy or download it again.")
        if count > _MAX_PAGES:
            raise UnreadablePdf(
                name,
                f"it claims {count:,} pages, more than the {_MAX_PAGES:,} that are read",
                "Split it into parts, or copy it again if it is damaged.",
            )
        yield document
    finally:
        with LOCK:
            document.close()


def _outline(document: pdfium.PdfDocument, sheets: Sequence[Sheet]) -> tuple[OutlineEntry, ...]:
    """The file's bookmarks that lead to a page, in order."""
    found: list[OutlineEntry] = []
    with LOCK:
        for mark in document.get_toc(max_depth=8):
            title = " ".join(mark.get_title().split())
            target = mark.get_dest()
            index = None if target is None else target.get_index()
            if not title or target is None or index is None or not 0 <= index < len(sheets):
                continue
            mode, position = target.get_view()
            top = None
            if mode == c.PDFDEST_VIEW_XYZ and len(position) > 1:
                top = position[1]
            elif mode in {c.PDFDEST_VIEW_FITH, c.PDFDEST_VIEW_FITBH} and position:
                top = position[0]
            found.append(OutlineEntry(title, mark.level, index + 1, top))
            if len(found) >= 5_000:
                break
    return tuple(found)


def _attached(document: pdfium.PdfDocument) -> str:
    """Name the files within the file, which are not read; empty where there are none."""
    with LOCK:
        count = min(document.count_attachments(), _MOST_NAMED)
        names = [_spelled(document.get_attachment(at).get_name()) for at in range(count)]
    return _ATTACHED.format(", ".join(names)) if names else ""


def _spelled(name: str) -> str:
    """A name that some programs store as UTF-16 and PDFium gives byte by byte."""
    if not name.startswith(_BYTE_ORDER):
        return name
    with suppress(UnicodeError):
        return name.encode("latin-1").decode("utf-16")
    return name


_BYTE_ORDER = "\xfe\xff"
_MOST_NAMED = 20
_ATTACHED = "Files attached to this PDF were not read: {}. Save them beside it to have them read."


def _title(document: pdfium.PdfDocument) -> str:
    with LOCK:
        return " ".join(document.get_metadata_value("Title").split())


def _pages(sheets: Sequence[Sheet], lines: Sequence[list[Line]]) -> tuple[Page, ...]:
    """Put every page's glyphs in order; what repeats in the margins is left out."""
    around = margins(lines, [sheet.height for sheet in sheets])
    pages: list[Page] = []
    before = None
    for sheet, found, margin in zip(sheets, lines, around, strict=True):
        page, before = _composed(sheet, found, margin, before)
        pages.append(page)
    return headings.marked(pages)


def _lines(sheet: Sheet) -> list[Line]:
    found = _found_lines(sheet)
    lookalikes.mend(found, sheet.glyphs)
    return found


def _found_lines(sheet: Sheet) -> list[Line]:
    try:
        for up in (False, True):
            if (along := turning.downward(sheet.glyphs, up=up)) is not None:
                side = turning.Side(up, sheet.width, sheet.height)
                return turning.lines(sheet.glyphs, sheet.shapes, along, side, sheet.rows)
        if sheet.rows is None:
            return lines_of(sheet.glyphs, sheet.shapes)
        return given(sheet.glyphs, sheet.rows, Shapes())
    except (ArithmeticError, LookupError, ValueError):
        return []  # boxes without a size: what stands there has no place on a line


def _composed(
    sheet: Sheet, lines: list[Line], margin: Margin, before: Columns | None
) -> tuple[Page, Columns | None]:
    """As `_page`; a page that cannot be put in order is empty and says so."""
    try:
        return _page(sheet, lines, margin, before)
    except (ArithmeticError, LookupError, ValueError) as problem:
        note = f"The page could not be put in order ({type(problem).__name__}: {problem})."
        return _page(broken(sheet.number - 1, note), [], Margin(None, frozenset()), None)


def _without_running(sheets: Sequence[Sheet]) -> list[Sheet]:
    """The sheets, without the first and last lines that repeat on pages that have no boxes."""
    plain = {at: sheet.plain.strip().splitlines() for at, sheet in enumerate(sheets) if sheet.plain}
    if len(plain) < _RUNNING:
        return list(sheets)
    found = list(sheets)
    for end in (0, -1):
        seen = Counter(_DIGITS.sub("#", lines[end]).strip() for lines in plain.values() if lines)
        for lines in plain.values():
            if lines and seen[_DIGITS.sub("#", lines[end]).strip()] >= max(
                _RUNNING, len(plain) / 4
            ):
                del lines[end]
    for at, lines in plain.items():
        found[at] = replace(found[at], plain="\n".join(lines))
    return found


def _page(
    sheet: Sheet, lines: list[Line], margin: Margin, before: Columns | None
) -> tuple[Page, Columns | None]:
    """A page, given the table that the page before ends with, and the table it ends with itself."""
    label = margin.label or sheet.label
    if sheet.plain:
        return _plain_page(sheet, label), None
    body = [line for at, line in enumerate(lines) if at not in margin.lines]
    glyphs = sheet.glyphs
    if sheet.pictured is not None:
        pictured, rows = sheet.pictured
        body.extend(
            replace(line, glyphs=line.glyphs + len(glyphs.codes))
            for line in given(pictured, rows, Shapes(), pictured=True)
        )
        glyphs = glyphs.followed_by(pictured)
    if any(line.laid for line in body):
        up = turning.downward(sheet.glyphs) is None
        side = turning.Side(up, sheet.width, sheet.height)
        units, draft = turning.composed(body, sheet.shapes, glyphs, side)
    else:
        units = layout.units(body, sheet.shapes, glyphs, before)
        draft = drafts.compose(glyphs, units)
    if lines and not draft.text and not sheet.quality.note:
        sheet = sheet.noted(_ONLY_MARGINS)
    boxes, width, height = draft.boxes, sheet.width, sheet.height
    if (how := sheet.straightened) is not None:
        boxes, width, height = how.back(boxes), how.width, how.height
    page = Page(
        sheet.number,
        label,
        draft.text,
        draft.source,
        boxes,
        width,
        height,
        sheet.quality,
        draft.blocks,
    )
    return page, layout.unfinished(units)


_ONLY_MARGINS = "Nothing but a page number or what runs through the margins is on the page."


def _plain_page(sheet: Sheet, label: str | None) -> Page:
    """A page of text without boxes: each line is a block."""
    said = [line.strip() for line in sheet.plain.splitlines() if line.strip()]
    text = "\n".join(said)
    ends = np.cumsum([len(line) + 1 for line in said]).tolist()
    blocks = tuple(
        Block(end - 1 - len(line), end - 1, BlockKind.TEXT)
        for line, end in zip(said, ends, strict=True)
    )
    printed = np.array([character != "\n" for character in text], np.bool_)
    source = np.where(printed, np.arange(len(text)), -1).astype(np.int32)
    boxes = np.full((len(text), 4), np.nan, np.float32)
    return Page(
        sheet.number, label, text, source, boxes, sheet.width, sheet.height, sheet.quality, blocks
    )


_MARK = (255, 213, 0)


def draw(path: Path, number: int, *, width: int, boxes: Sequence[Box] = ()) -> bytes:
    """Return a page (from 1) as a PNG, *width* pixels wide, with *boxes* marked.

    A mark tints the paper and leaves the print readable. Boxes of other pages are ignored.

    Raises:
        UnreadablePdf: see `read`.
        ValueError: there is no such page, or the picture would be too large or too small.
    """
    if not 16 <= width <= 8_000:
        raise ValueError(f"a page can be drawn 16 to 8000 pixels wide, not {width}")
    with _opened(path) as document:
        if not 1 <= number <= len(document):
            raise ValueError(f"{path} has pages 1 to {len(document)}, not {number}")
        with LOCK:
            page = document[number - 1]
            try:
                scale = width / max(page.get_width(), 1.0)
                if width * page.get_height() * scale > MAX_PIXELS:
                    raise ValueError(f"page {number} of {path} is too tall to be drawn")
                picture = page.render(scale=scale).to_pil().convert("RGB")
            finally:
                page.close()
    if picture.width != width:
        picture = picture.resize((width, picture.height))
    picture = _tinted(picture, [box for box in boxes if box.page == number], scale)
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _tinted(picture: Image.Image, boxes: Sequence[Box], scale: float) -> Image.Image:
    """Multiply the colour of the mark into the rectangles, once where they overlap."""
    if not boxes:
        return picture
    margin = 1.5
    paper = Image.new("RGB", picture.size, "white")
    pen = ImageDraw.Draw(paper)
    for box in boxes:
        left, right = box.left * scale - margin, box.right * scale + margin
        top, bottom = (picture.height - y * scale for y in (box.top, box.bottom))
        if left < right and top < bottom:
            pen.rectangle((left, top - margin, right, bottom + margin), fill=_MARK)
    return ImageChops.multiply(picture, paper)
