"""A PDF becomes pages: text with character boxes, printed labels, outline, page images.

PDFium and pypdf are used here and nowhere else. PDFium crashes when two threads enter it, so
every call holds the one lock.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise, repeat
from typing import TYPE_CHECKING

import numpy as np
import pypdf
import pypdfium2 as pdfium
import pypdfium2.raw as c
from PIL import Image, ImageChops, ImageDraw

from ingest import headings, layout, plausible
from ingest.errors import OcrFailed, UnreadablePdf
from ingest.facts import Facts, understood
from ingest.layout import Glyphs, Shapes
from ingest.margins import margins
from ingest.ocr import DPI
from ingest.pages import Block, BlockKind, EditionText, OutlineEntry, Page, Quality
from ingest.tables import distinct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.margins import Margin
    from ingest.ocr import Ocr, Word
    from ingest.pages import Box
    from ingest.tables import Columns

READER_VERSION = "11"
"""Changes when the same file would be read differently: what was read before is read again."""

_LOCK = threading.Lock()

_PASSWORD = 4
POINTS = 72.0
_COVER_PAGES = 3
_MUCH = 0.2
_SOME_TEXT = 4
_LEAST_PICTURE = 60.0
_PICTURE_SHARE = 0.04
_FIRST_FULL_WIDTH = 0x3000
# What PDFium gives for a hyphen at the end of a line.
_BREAK_MARKS = (0x02, 0xFFFE)
_DRAWN = frozenset({c.FPDF_PAGEOBJ_PATH, c.FPDF_PAGEOBJ_IMAGE})
_MAX_PAGES = 20_000
_MAX_GLYPHS = 200_000
_MAX_PIXELS = 40_000_000
_MAX_OBJECTS = 6_000
_MAX_SEGMENTS = 4_000
_MAX_FRAMES = 400
_THIN = 2.5
_LEAST_RULE = 5.0
_LEAST_FRAME = (12.0, 7.0)
_NEARLY = 0.92
_CORNERS = 4
_AS_IT_IS = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
_EXACT = 1e-4
_LONGEST_PATH = 400
_PLAIN_RECTANGLE = frozenset({4, 5})

# The same functions with bare addresses: a tenth of the time where a page needs thousands of calls.
_P, _I = ctypes.c_void_p, ctypes.c_int


def _bare(function: object, result: type, *arguments: type) -> Callable[..., int]:
    address = ctypes.cast(function, _P).value or 0  # type: ignore[arg-type]
    # Python's lock stays held: letting it go costs as much as the call.
    return ctypes.PYFUNCTYPE(result, *arguments)(address)


_loose_box = _bare(c.FPDFText_GetLooseCharBox, _I, _P, _I, _P)
_object_at = _bare(c.FPDFPage_GetObject, _P, _P, _I)
_kind_of = _bare(c.FPDFPageObj_GetType, _I, _P)
_segment_count = _bare(c.FPDFPath_CountSegments, _I, _P)
_segment_at = _bare(c.FPDFPath_GetPathSegment, _P, _P, _I)
_segment_kind = _bare(c.FPDFPathSegment_GetType, _I, _P)
_segment_point = _bare(c.FPDFPathSegment_GetPoint, _I, _P, _P, _P)
_segment_closes = _bare(c.FPDFPathSegment_GetClose, _I, _P)
_matrix_of = _bare(c.FPDFPageObj_GetMatrix, _I, _P, _P)
_bounds = _bare(c.FPDFPageObj_GetBounds, _I, _P, _P, _P, _P, _P)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What the file says about one page, before anything is put in order.

    *rows* are the positions at which OCR saw lines begin, where it read the page; *pictured* is
    what it read from the page's pictures, with their rows. *plain* is pypdf's text, where that was
    better, and has no boxes.
    """

    number: int
    label: str | None
    width: float
    height: float
    glyphs: Glyphs
    shapes: Shapes
    quality: Quality
    rows: NDArray[np.int64] | None = None
    pictured: tuple[Glyphs, NDArray[np.int64]] | None = None
    plain: str = ""


def read(
    path: Path, *, ocr: Ocr | None = None, progress: Callable[[int], None] | None = None
) -> EditionText:
    """Read every page of a PDF: text in reading order, boxes, labels, outline.

    A page whose text is not plausible is asked of pypdf, then of *ocr*, which also reads the
    pictures on pages. *progress* is told the number of each page that was read.

    Raises:
        UnreadablePdf: the file is missing, empty, not a PDF, cut short, locked with a password
            or without a single page; the message says what to do.
    """
    with _opened(path) as document:
        sheets: list[Sheet] = []
        for at in range(len(document)):
            sheets.append(_improved(_sheet(document, at), document, path, ocr))
            if progress is not None:
                progress(at + 1)
        outline = _outline(document, sheets)
        title = _title(document)
    pages = _pages(sheets)
    return EditionText(pages, outline, title)


def facts(path: Path) -> Facts:
    """Return title, edition and date as the file's metadata and first pages give them.

    Raises:
        UnreadablePdf: see `read`.
    """
    with _opened(path) as document:
        sheets = [_sheet(document, at) for at in range(min(len(document), _COVER_PAGES))]
        title = _title(document)
    return understood(title, _pages(sheets), today=datetime.now(tz=UTC).date())


def check(path: Path) -> None:
    """Look at the bytes before an engine does.

    Raises:
        UnreadablePdf: the file is missing, empty, not a PDF or cut short.
    """
    name = str(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
            file.seek(max(0, size - 65536))
            tail = file.read()
    except FileNotFoundError as error:
        raise UnreadablePdf(
            name, "there is no such file", "Put it back, or take it out of the catalog."
        ) from error
    except OSError as error:
        raise UnreadablePdf(
            name,
            f"the file cannot be opened ({error.strerror})",
            "Check that it is a file and that Tebiki may read it.",
        ) from error
    if not size:
        raise UnreadablePdf(name, "the file is empty (0 bytes)", "Copy or download it again.")
    if b"%PDF-" not in head:
        raise UnreadablePdf(
            name,
            f"this is not a PDF but {_what(head)}",
            "Export it as a PDF and put that in its place.",
        )
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise UnreadablePdf(
            name,
            f"the end of the file is missing after {size:,} bytes, so it was probably cut short",
            "Copy or download it again.",
        )


def _what(head: bytes) -> str:
    """Name what the first bytes of a file look like."""
    if head.startswith(b"PK"):
        return "a ZIP or Office file (Word, Excel, PowerPoint)"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "an old Office file"
    if head.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8", b"II*\0", b"MM\0*")):
        return "a picture"
    if b"<html" in head.lower() or b"<!doctype html" in head.lower():
        return "a web page; the download may have been an error page"
    return "something else"


@contextmanager
def _opened(path: Path) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF in PDFium and close it again.

    Raises:
        UnreadablePdf: see `read`.
    """
    check(path)
    name = str(path)
    with _LOCK:
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
        with _LOCK:
            document.close()


def _sheet(document: pdfium.PdfDocument, at: int) -> Sheet:
    """Take glyphs and shapes of the page at position *at* (from 0)."""
    with _LOCK:
        page = c.FPDF_LoadPage(document.raw, at)
        if not page:
            note = "The page is damaged and cannot be opened."
            return Sheet(
                at + 1, None, 0.0, 0.0, _no_glyphs(), Shapes(), Quality("pdfium", 0.0, note)
            )
        try:
            width = float(c.FPDF_GetPageWidthF(page))
            height = float(c.FPDF_GetPageHeightF(page))
            view = _view(page, width, height)
            glyphs, unprintable = _glyphs(page, view, width, height)
            shapes = _shapes(page, view, width, height)
            blank = not len(glyphs.codes) and not c.FPDFPage_CountObjects(page)
            label = _label(document, at)
        finally:
            c.FPDF_ClosePage(page)
    if blank:
        quality = Quality("pdfium", 1.0, "The page is blank.")
    else:
        quality = Quality("pdfium", round(plausible.score(glyphs.codes, unprintable), 3))
    return Sheet(at + 1, label, width, height, glyphs, shapes, quality)


def _improved(sheet: Sheet, document: pdfium.PdfDocument, path: Path, ocr: Ocr | None) -> Sheet:
    """Read a sheet again with the other engines, if it needs that."""
    if sheet.quality.score < plausible.BAR:
        if len(sheet.glyphs.codes):
            sheet = _by_pypdf(sheet, path)
        if sheet.quality.score < plausible.BAR:
            return _by_ocr(sheet, document, ocr)
    elif ocr is not None and _pictures(sheet):
        return _with_pictures(sheet, document, ocr)
    return sheet


def _by_pypdf(sheet: Sheet, path: Path) -> Sheet:
    """What pypdf makes of a page, if that is much more plausible; it gives no boxes."""
    try:
        said = pypdf.PdfReader(path).pages[sheet.number - 1].extract_text()
    except Exception:  # noqa: BLE001 - a broken file breaks pypdf in any way it likes
        return sheet
    codes = np.array([ord(character) for character in said], np.uint32)
    printed = np.flatnonzero(~_is_blank(codes))
    better = plausible.score(codes[printed])
    if better < plausible.BAR or better < sheet.quality.score + _MUCH:
        return sheet
    return replace(
        sheet, glyphs=_no_glyphs(), plain=said, quality=Quality("pypdf", round(better, 3))
    )


def _by_ocr(sheet: Sheet, document: pdfium.PdfDocument, ocr: Ocr | None) -> Sheet:
    """What tesseract makes of a page that no engine reads, unless that is worse still."""
    if ocr is None:
        note = "No usable text; OCR was not used."
        return replace(sheet, quality=replace(sheet.quality, note=note))
    try:
        words = ocr.words(_picture(document, sheet))
    except OcrFailed as problem:
        return replace(sheet, quality=replace(sheet.quality, note=f"No usable text: {problem}."))
    glyphs, rows = _seen(words, sheet, len(sheet.glyphs.codes))
    score = plausible.score(glyphs.codes)
    if not len(glyphs.codes) and not len(sheet.glyphs.codes):
        note = "No text was found on the page, not by OCR either: probably a picture."
        return replace(sheet, quality=Quality("tesseract", 1.0, note))
    note = "" if score >= plausible.BAR else "The page is hard to read, also by OCR."
    if score < sheet.quality.score:
        return replace(sheet, quality=replace(sheet.quality, note=note))
    quality = Quality("tesseract", round(score, 3), note)
    return replace(sheet, glyphs=glyphs, rows=rows, quality=quality)


def _with_pictures(sheet: Sheet, document: pdfium.PdfDocument, ocr: Ocr) -> Sheet:
    """Add what stands in the pictures of a page that has text of its own."""
    picture = _picture(document, sheet)
    pen = ImageDraw.Draw(picture)
    scale = DPI / POINTS
    for left, bottom, right, top in (sheet.glyphs.boxes * scale).tolist():
        pen.rectangle((left, picture.height - top, right, picture.height - bottom), fill="white")
    try:
        words = ocr.words(picture, sparse=True)
    except OcrFailed as problem:
        note = f"The pictures were not read: {problem}."
        return replace(sheet, quality=replace(sheet.quality, note=note))
    glyphs, rows = _seen(words, sheet, 1 + int(sheet.glyphs.source.max(initial=0)))
    if len(glyphs.codes) < _SOME_TEXT or plausible.score(glyphs.codes) < plausible.BAR:
        return sheet
    return replace(
        sheet, pictured=(glyphs, rows), quality=replace(sheet.quality, engine="pdfium+tesseract")
    )


def _pictures(sheet: Sheet) -> bool:
    """Whether pictures cover enough of a page to hold text, but do not lie under all of it."""
    left, bottom, right, top = sheet.shapes.images.T
    width = np.minimum(right, sheet.width) - np.maximum(left, 0)
    height = np.minimum(top, sheet.height) - np.maximum(bottom, 0)
    large = (width > _LEAST_PICTURE) & (height > _LEAST_PICTURE)
    area = (width * height)[large].sum()
    return bool(area > _PICTURE_SHARE * sheet.width * sheet.height)


def _picture(document: pdfium.PdfDocument, sheet: Sheet) -> Image.Image:
    """The page as it is printed, at `DPI` dots an inch."""
    scale = DPI / POINTS
    if sheet.width * sheet.height * scale * scale > _MAX_PIXELS:
        raise OcrFailed("the page is too large to be read as a picture")
    with _LOCK:
        page = document[sheet.number - 1]
        try:
            picture: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
            return picture
        finally:
            page.close()


def _seen(words: Sequence[Word], sheet: Sheet, first: int) -> tuple[Glyphs, NDArray[np.int64]]:
    """Turn words on a picture into glyphs on the page; a word's characters share its width.

    Their sources count from *first*, after those of the page's own text. The second value holds
    the positions at which lines begin.
    """
    scale = POINTS / DPI
    codes: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    spaced: list[int] = []
    rows: list[int] = []
    last = None
    for word in words:
        count = len(word.text)
        for at, character in enumerate(word.text):
            if word.vertical:
                step = (word.bottom - word.top) / count
                top, bottom = word.top + at * step, word.top + (at + 1) * step
                left, right = word.left, word.right
            else:
                step = (word.right - word.left) / count
                left, right = word.left + at * step, word.left + (at + 1) * step
                top, bottom = word.top, word.bottom
            codes.append(ord(character))
            boxes.append(
                (
                    left * scale,
                    sheet.height - bottom * scale,
                    right * scale,
                    sheet.height - top * scale,
                )
            )
            spaced.append(-1 if at == 0 and last == word.line else 0)
            rows.append(word.line)
        last = word.line
    found = np.array(codes, np.uint32)
    kept = np.flatnonzero(~_is_blank(found))
    glyphs = Glyphs(
        found[kept],
        (first + kept).astype(np.int32),
        np.array(boxes, np.float32).reshape(-1, 4)[kept],
        np.array(spaced, np.int8)[kept],
    )
    line = np.array(rows, np.int64)[kept]
    return glyphs, np.flatnonzero(np.diff(line, prepend=-1))


def _no_glyphs() -> Glyphs:
    nothing = np.zeros(0, np.int32)
    return Glyphs(
        nothing.astype(np.uint32), nothing, np.zeros((0, 4), np.float32), nothing.astype(np.int8)
    )


def _view(page: c.FPDF_PAGE, width: float, height: float) -> NDArray[np.float64]:
    """The affine map from the page's own coordinates to those of the page as shown, shape (2, 3).

    Crop box and rotation are in it. PDFium gives whole numbers, hence the large scale.
    """
    scale = 1_000_000
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for at in ((0.0, 0.0), (100.0, 0.0), (0.0, 100.0)):
        c.FPDF_PageToDevice(page, 0, 0, scale, scale, 0, *at, x, y)
        corners.append((x.value / scale * width, height - y.value / scale * height))
    (ox, oy), (ax, ay), (bx, by) = corners
    return np.array(
        [[(ax - ox) / 100, (bx - ox) / 100, ox], [(ay - oy) / 100, (by - oy) / 100, oy]]
    )


def _shown(boxes: NDArray[np.float32], view: NDArray[np.float64]) -> NDArray[np.float32]:
    """Map boxes (left, bottom, right, top) into the page as shown; most pages are as they are."""
    if np.abs(view - _AS_IT_IS).max() < _EXACT:
        return boxes
    first = boxes[:, :2] @ view[:, :2].T + view[:, 2]
    second = boxes[:, 2:] @ view[:, :2].T + view[:, 2]
    return np.concatenate([np.minimum(first, second), np.maximum(first, second)], 1).astype(
        np.float32
    )


def _glyphs(
    page: c.FPDF_PAGE, view: NDArray[np.float64], width: float, height: float
) -> tuple[Glyphs, int]:
    """The printed characters of a page that lie on it, in PDFium's order.

    And how many characters the page has that no text can hold: controls and unmapped glyphs.
    """
    text_page = c.FPDFText_LoadPage(page)
    if not text_page:
        return _no_glyphs(), 0
    try:
        count = min(int(c.FPDFText_CountChars(text_page)), _MAX_GLYPHS)
        if count <= 0:
            return _no_glyphs(), 0
        codes = _codes(text_page, count)
        for at in np.flatnonzero((codes == _BREAK_MARKS[0]) | (codes == _BREAK_MARKS[1])).tolist():
            if c.FPDFText_IsHyphen(text_page, at) == 1:
                codes[at] = ord("-")
        blank = _is_blank(codes)
        printed = np.flatnonzero(~blank)
        unprintable = int((~_is_space(codes[blank])).sum())
        if not len(printed):
            return _no_glyphs(), unprintable
        raw = np.zeros((count, 4), np.float32)
        handle = ctypes.cast(text_page, ctypes.c_void_p).value
        base = raw.ctypes.data
        places = (base + 16 * printed).tolist()
        deque(map(_loose_box, repeat(handle), printed.tolist(), places), maxlen=0)
        _mend_flat(text_page, raw, printed)
        spaced = _spaced(text_page, codes, blank)
    finally:
        c.FPDFText_ClosePage(text_page)
    # FS_RECTF is left, top, right, bottom.
    boxes = _shown(raw[printed][:, [0, 3, 2, 1]], view)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    on_page = (x > 0) & (x < width) & (y > 0) & (y < height)
    kept = printed[on_page]
    glyphs = Glyphs(codes[kept], kept.astype(np.int32), boxes[on_page], spaced[kept])
    return glyphs, unprintable


def _mend_flat(
    text_page: c.FPDF_TEXTPAGE, raw: NDArray[np.float32], printed: NDArray[np.int64]
) -> None:
    """Give flat glyphs (・ and 一 in some fonts) the full box that their neighbours have.

    PDFium falls back to the ink of a glyph where it finds no advance box, and then supposes a
    line break before and after it.
    """
    height = raw[printed, 1] - raw[printed, 3]
    beside = np.maximum(np.roll(height, 1), np.roll(height, -1))
    matrix, x, y = c.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    for at in printed[height < 0.6 * beside].tolist():
        if not (
            c.FPDFText_GetMatrix(text_page, at, matrix)
            and c.FPDFText_GetCharOrigin(text_page, at, x, y)
        ):
            continue
        size = c.FPDFText_GetFontSize(text_page, at) * abs(matrix.d)
        flat = raw[at, 1] - raw[at, 3]
        if abs(matrix.b) + abs(matrix.c) > 0.01 * abs(matrix.d) or flat > 0.6 * size:
            continue
        full = c.FPDFText_GetUnicode(text_page, at) >= _FIRST_FULL_WIDTH
        raw[at, 3], raw[at, 1] = y.value - 0.12 * size, y.value + 0.88 * size
        if full:
            raw[at, 0] = min(raw[at, 0], x.value)
            raw[at, 2] = max(raw[at, 2], x.value + 0.98 * size)


def _codes(text_page: c.FPDF_TEXTPAGE, count: int) -> NDArray[np.uint32]:
    """The code point of every character, shape (count,).

    The page's whole text is one call; only where it skips characters or needs surrogates do
    its positions differ from PDFium's own, and each character is asked for.
    """
    buffer = (ctypes.c_ushort * (2 * count + 1))()
    written = int(c.FPDFText_GetText(text_page, 0, count, buffer)) - 1
    codes = np.frombuffer(bytes(buffer), np.uint16)[: max(written, 0)].astype(np.uint32)
    if written == count and not ((codes >= 0xD800) & (codes < 0xE000)).any():
        return codes
    return np.array([c.FPDFText_GetUnicode(text_page, at) for at in range(count)], np.uint32)


def _is_blank(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """White space, controls and non-characters: what leaves no ink and says nothing."""
    return np.asarray(
        (codes <= 0x20)
        | ((codes >= 0x7F) & (codes <= 0xA0))
        | (codes == 0xAD)
        | (codes == 0x3000)
        | ((codes >= 0x2000) & (codes <= 0x200F))
        | ((codes >= 0x2028) & (codes <= 0x202F))
        | (codes == 0xFEFF)
        | (codes == 0xFFFE)
        | (codes == 0xFFFF)
        | ((codes >= 0xD800) & (codes < 0xE000))
        | (codes > 0x10FFFF)
    )


def _is_space(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """White space and the marks that break or join lines: nothing is missing where they stand."""
    return np.asarray(
        (codes == 0x20)
        | (codes == 0x0A)
        | (codes == 0x0D)
        | (codes == 0x09)
        | (codes == 0x02)
        | (codes == 0xA0)
        | (codes == 0xAD)
        | (codes == 0x3000)
        | (codes == 0xFEFF)
        | (codes == 0xFFFE)
        | ((codes >= 0x2000) & (codes <= 0x202F))
    )


def _spaced(
    text_page: c.FPDF_TEXTPAGE, codes: NDArray[np.uint32], blank: NDArray[np.bool_]
) -> NDArray[np.int8]:
    """How many real spaces stand before each character; -1 where PDFium only supposed one."""
    spaced = np.zeros(len(codes), np.int8)
    for at in np.flatnonzero(
        blank & ((codes == 0x20) | (codes == 0x3000) | (codes == 0xA0))
    ).tolist():
        if at + 1 >= len(codes):
            break
        if c.FPDFText_IsGenerated(text_page, at) == 1:
            spaced[at + 1] = spaced[at] if spaced[at] > 0 else -1
        else:
            spaced[at + 1] = min(max(int(spaced[at]), 0) + (2 if codes[at] == 0x3000 else 1), 100)
    return spaced


def _shapes(page: c.FPDF_PAGE, view: NDArray[np.float64], width: float, height: float) -> Shapes:
    """The page's rules, frames and pictures, as shown; nothing on a page with too many of them."""
    count = int(c.FPDFPage_CountObjects(page))
    if not 0 < count <= _MAX_OBJECTS:
        return Shapes()
    handle = ctypes.cast(page, _P).value
    bounds = np.zeros((count, 4), np.float32)
    base = bounds.ctypes.data
    every = list(map(_object_at, repeat(handle), range(count)))
    things: list[int] = []
    kinds: list[int] = []
    for thing, kind in zip(every, map(_kind_of, every), strict=True):
        if kind in _DRAWN:
            here = base + 16 * len(things)
            if _bounds(thing, here, here + 4, here + 8, here + 12):
                things.append(thing)
                kinds.append(kind)
    own = bounds[: len(things)]
    path = np.array(kinds, np.int8) == c.FPDF_PAGEOBJ_PATH
    images = _shown(own[~path], view)
    wide, high = own[:, 2] - own[:, 0] > _THIN, own[:, 3] - own[:, 1] > _THIN
    plain = own[path & ~(wide & high)]
    drawn = [plain]
    budget = _MAX_SEGMENTS
    for at in np.flatnonzero(path & wide & high).tolist():
        if budget <= 0:
            break
        pieces, used = _pieces(things[at], own[at], budget)
        budget -= used
        drawn.append(pieces)
    boxes = _shown(np.concatenate(drawn), view)
    w, h = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    page_sized = (w > _NEARLY * width) & (h > _NEARLY * height)
    frames = boxes[(w > _LEAST_FRAME[0]) & (h > _LEAST_FRAME[1]) & ~page_sized]
    across = boxes[(h <= _THIN) & (w > _LEAST_RULE)]
    down = boxes[(w <= _THIN) & (h > _LEAST_RULE)]
    if len(frames):
        frames = distinct(frames)[:_MAX_FRAMES]
        left, bottom, right, top = frames.T
        lower, upper = (left, bottom, right, bottom), (left, top, right, top)
        first, last = (left, bottom, left, top), (right, bottom, right, top)
        across = np.concatenate([across, np.stack(lower, 1), np.stack(upper, 1)])
        down = np.concatenate([down, np.stack(first, 1), np.stack(last, 1)])
    return Shapes(frames, across, down, images)


def _pieces(path: int, bounds: NDArray[np.float32], budget: int) -> tuple[NDArray[np.float32], int]:
    """Take a path apart into upright rectangles and straight rules, shape (n, 4).

    What is curved or slanted counts as the rectangle around it. The second value is how many
    segments were looked at, at most *budget*.
    """
    count = _segment_count(path)
    matrix = c.FS_MATRIX()
    if count in _PLAIN_RECTANGLE or not 0 < count <= min(budget, _LONGEST_PATH):
        return bounds[None], 1
    if not _matrix_of(path, ctypes.addressof(matrix)):
        return bounds[None], 1
    x, y = ctypes.c_float(), ctypes.c_float()
    here, there = ctypes.addressof(x), ctypes.addressof(y)
    trails: list[list[tuple[float, float]]] = []
    for at in range(count):
        segment = _segment_at(path, at)
        kind = _segment_kind(segment)
        if kind == c.FPDF_SEGMENT_BEZIERTO or not _segment_point(segment, here, there):
            return bounds[None], at + 1
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        if kind == c.FPDF_SEGMENT_MOVETO:
            trails.append([point])
        elif trails:
            trails[-1].append(point)
            if _segment_closes(segment):
                trails[-1].append(trails[-1][0])
    found = _straightened(trails)
    return (bounds[None] if found is None else found), count


def _straightened(trails: list[list[tuple[float, float]]]) -> NDArray[np.float32] | None:
    """Upright rectangles and straight rules along *trails*, or None where one is slanted."""
    found: list[tuple[float, float, float, float]] = []
    for trail in trails:
        steps = list(pairwise(trail))
        if any(abs(a[0] - b[0]) > 1 and abs(a[1] - b[1]) > 1 for a, b in steps):
            return None
        xs, ys = [point[0] for point in trail], [point[1] for point in trail]
        closed = len(trail) > _CORNERS and abs(xs[0] - xs[-1]) + abs(ys[0] - ys[-1]) < 1
        if closed and len(trail) <= _CORNERS + 2:
            found.append((min(xs), min(ys), max(xs), max(ys)))
        else:
            found.extend(
                (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
                for a, b in steps
            )
    return np.array(found, np.float32).reshape(-1, 4)


def _label(document: pdfium.PdfDocument, at: int) -> str | None:
    """The label that the file itself gives a page, or None."""
    needed = int(c.FPDF_GetPageLabel(document.raw, at, None, 0))
    if not 2 < needed <= 256:
        return None
    buffer = ctypes.create_string_buffer(needed)
    c.FPDF_GetPageLabel(document.raw, at, buffer, needed)
    return buffer.raw[: needed - 2].decode("utf-16-le", "replace").strip() or None


def _outline(document: pdfium.PdfDocument, sheets: Sequence[Sheet]) -> tuple[OutlineEntry, ...]:
    """The file's bookmarks that lead to a page, in order."""
    found: list[OutlineEntry] = []
    with _LOCK:
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


def _title(document: pdfium.PdfDocument) -> str:
    with _LOCK:
        return " ".join(document.get_metadata_value("Title").split())


def _pages(sheets: Sequence[Sheet]) -> tuple[Page, ...]:
    """Put every page's glyphs in order; what repeats in the margins is left out."""
    lines = [_lines(sheet) for sheet in sheets]
    around = margins(lines, [sheet.height for sheet in sheets])
    pages: list[Page] = []
    before = None
    for sheet, found, margin in zip(sheets, lines, around, strict=True):
        page, before = _page(sheet, found, margin, before)
        pages.append(page)
    return headings.marked(pages)


def _lines(sheet: Sheet) -> list[layout.Line]:
    if sheet.rows is None:
        return layout.lines(sheet.glyphs, sheet.shapes)
    return layout.given(sheet.glyphs, sheet.rows, Shapes())


def _page(
    sheet: Sheet, lines: list[layout.Line], margin: Margin, before: Columns | None
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
            for line in layout.given(pictured, rows, Shapes(), pictured=True)
        )
        glyphs = glyphs.followed_by(pictured)
    units = layout.units(body, sheet.shapes, glyphs, before)
    draft = layout.compose(glyphs, units)
    page = Page(
        sheet.number,
        label,
        draft.text,
        draft.source,
        draft.boxes,
        sheet.width,
        sheet.height,
        sheet.quality,
        draft.blocks,
    )
    return page, layout.unfinished(units)


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
        with _LOCK:
            page = document[number - 1]
            try:
                scale = width / max(page.get_width(), 1.0)
                if width * page.get_height() * scale > _MAX_PIXELS:
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
