"""What the file says about one page, taken out of PDFium: characters with boxes, and shapes."""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import pypdfium2.raw as c

from ingest.pages import Quality
from ingest.pdf import hidden, plausible
from ingest.pdf.calls import bare, boxes_in, handle, handle_of
from ingest.pdf.drawing import TEXT, drawn, shapes, shown
from ingest.pdf.fields import filled_in
from ingest.pdf.lines import Glyphs, Shapes
from ingest.pdf.raised import raised
from ingest.pdf.struck import struck

if TYPE_CHECKING:
    from collections.abc import Callable

    import pypdfium2 as pdfium
    from numpy.typing import NDArray

    from ingest.pdf.straight import Straightened

LOCK = threading.Lock()
"""PDFium crashes when two threads enter it: every call holds this."""

_MAX_GLYPHS = 200_000
_FIRST_FULL_WIDTH = 0x3000
_SAME, _SLACK = 0.01, 0.3
# What PDFium gives for a hyphen at the end of a line.
_BREAK_MARKS = (0x02, 0xFFFE)

_loose_box = bare(c.FPDFText_GetLooseCharBox)
_text_of = bare(c.FPDFText_GetText)
_unicode_of = bare(c.FPDFText_GetUnicode, ctypes.c_uint)
_generated = bare(c.FPDFText_IsGenerated)
_matrix_of = bare(c.FPDFText_GetMatrix)
_origin_of = bare(c.FPDFText_GetCharOrigin)
_size_of = bare(c.FPDFText_GetFontSize, ctypes.c_double)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What the file says about one page, before anything is put in order.

    *rows* are the positions at which OCR saw lines begin, where it read the page; *pictured* is
    what it read from the page's pictures, with their rows. *plain* is pypdf's text, where that was
    better, and has no boxes. *unmapped* is how many glyphs stand for no character, *unseen* how
    many characters were left out because nobody can see them. *scanned* tells that the page is a
    picture with a few words stamped on it, *layered* that its words lie unpainted on its picture:
    somebody has read that already. *straightened* tells how a picture was put straight to be read:
    all places and sizes are those of the straight page.
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
    unmapped: int = 0
    unseen: int = 0
    scanned: bool = False
    layered: bool = False
    straightened: Straightened | None = None

    def noted(self, note: str, *, again: bool = False) -> Sheet:
        """The sheet with a sentence more about its quality; *again*: reading it again may help."""
        said = " ".join(filter(None, (self.quality.note, note)))
        quality = replace(self.quality, note=said, again=again or self.quality.again)
        return replace(self, quality=quality)


def taken(
    document: pdfium.PdfDocument, at: int, has_layers: Callable[[], bool] = lambda: False
) -> Sheet:
    """Take glyphs and shapes of the page at position *at* (from 0); *has_layers* as in `drawn`."""
    with LOCK:
        page = c.FPDF_LoadPage(document.raw, at)
        if not page:
            return broken(at, "The page is damaged and cannot be opened.")
        try:
            width = float(c.FPDF_GetPageWidthF(page))
            height = float(c.FPDF_GetPageHeightF(page))
            view = _view(page, width, height)
            things = drawn(page, view, has_layers)
            outlines = shapes(things, width, height)
            doubtful = hidden.doubts(things)
            texts = len(things.of(TEXT))
            layered = doubtful is not None and 2 * len(doubtful.layer) > texts
            seen = (outlines.images, (width, height))
            glyphs, unprintable, unseen = _glyphs(page, view, doubtful, *seen)
            gone = struck(page, view, glyphs.boxes, outlines.across)
            glyphs = filled_in(document, page, view, _without(glyphs, gone))
            blank = not len(glyphs.codes) and not c.FPDFPage_CountObjects(page)
            label = _label(document, at)
        finally:
            c.FPDF_ClosePage(page)
    if blank:
        quality = Quality("pdfium", 1.0, "The page is blank.")
    else:
        quality = Quality("pdfium", round(plausible.score(glyphs.codes, unprintable), 3))
    sheet = Sheet(
        at + 1, label, width, height, glyphs, outlines, quality,
        unmapped=unprintable, unseen=unseen, layered=layered,
    )  # fmt: skip
    sheet = sheet.noted(_UNSEEN.format(unseen)) if unseen else sheet
    return sheet.noted(_STRUCK.format(int(gone.sum()))) if gone.any() else sheet


_UNSEEN = "{} characters that nobody can see on the page (white, transparent, tiny, covered) were left out."


_STRUCK = "{} characters that are struck through were left out."


def _without(glyphs: Glyphs, gone: NDArray[np.bool_]) -> Glyphs:
    """The glyphs that are left; what follows *gone* ones on their line begins where they began."""
    for at in np.flatnonzero(gone[:-1] & ~gone[1:]).tolist():
        first = at
        while (
            first > 0 and gone[first - 1] and _on_line(glyphs.boxes[first - 1], glyphs.boxes[first])
        ):
            first -= 1
        if _on_line(glyphs.boxes[at], glyphs.boxes[at + 1]):
            glyphs.boxes[at + 1, 0] = min(glyphs.boxes[first, 0], glyphs.boxes[at + 1, 0])
    return glyphs.only(~gone)


def _on_line(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether a character follows another directly on a line."""
    height = one[3] - one[1]
    return bool(abs(one[1] - other[1]) < _SLACK * height and abs(other[0] - one[2]) < height)


def broken(at: int, note: str) -> Sheet:
    """A sheet without anything on it, and why: the page at position *at* (from 0)."""
    quality = Quality("pdfium", 0.0, note)
    return Sheet(at + 1, None, 0.0, 0.0, no_glyphs(), Shapes(), quality)


def no_glyphs() -> Glyphs:
    """No characters at all."""
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


def _glyphs(
    page: c.FPDF_PAGE,
    view: NDArray[np.float64],
    doubtful: hidden.Doubts | None,
    images: NDArray[np.float32],
    size: tuple[float, float],
) -> tuple[Glyphs, int, int]:
    """The printed characters of a page that lie on it and can be seen, in PDFium's order.

    Then how many characters the page has that no text can hold (controls and unmapped glyphs),
    and how many that nobody can see.
    """
    text_page = c.FPDFText_LoadPage(page)
    if not text_page:
        return no_glyphs(), 0, 0
    try:
        count = min(int(c.FPDFText_CountChars(text_page)), _MAX_GLYPHS)
        if count <= 0:
            return no_glyphs(), 0, 0
        whole = handle_of(text_page)
        codes = _codes(whole, count)
        for at in np.flatnonzero((codes == _BREAK_MARKS[0]) | (codes == _BREAK_MARKS[1])).tolist():
            if c.FPDFText_IsHyphen(text_page, at) == 1:
                codes[at] = ord("-")
        blank = is_blank(codes)
        printed = np.flatnonzero(~blank)
        unprintable = int((~_is_space(codes[blank])).sum())
        if not len(printed):
            return no_glyphs(), unprintable, 0
        # FS_RECTF is left, top, right, bottom.
        raw = boxes_in(_loose_box, whole, printed.tolist())[:, [0, 3, 2, 1]]
        _mend_flat(whole, raw, printed, codes)
        _part_ligatures(raw)
        spaced = _spaced(whole, codes)
        boxes = shown(raw, view)
        x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
        on_page = (x > 0) & (x < size[0]) & (y > 0) & (y < size[1])
        if not on_page.all():
            printed, boxes = printed[on_page], boxes[on_page]
        unseen = hidden.unseen(page, text_page, doubtful, printed, boxes, images, size)
    finally:
        c.FPDFText_ClosePage(text_page)
    count = int(np.count_nonzero(unseen))
    if count:
        printed, boxes = printed[~unseen], boxes[~unseen]
    said = raised(codes[printed], boxes)
    glyphs = Glyphs(said, printed.astype(np.int32), boxes, spaced[printed])
    return glyphs, unprintable, count


def _mend_flat(
    text_page: object,
    raw: NDArray[np.float32],
    printed: NDArray[np.int64],
    codes: NDArray[np.uint32],
) -> None:
    """Give flat glyphs (・ and 一 in some fonts) the full box that their neighbours have.

    PDFium falls back to the ink of a glyph where it finds no advance box, and then supposes a
    line break before and after it.
    """
    height = raw[:, 3] - raw[:, 1]
    around = np.concatenate([height[-1:], height, height[:1]])
    beside = np.maximum(around[:-2], around[2:])
    flat = np.flatnonzero(height < 0.6 * beside).tolist()
    if not flat:
        return
    matrix, x, y = c.FS_MATRIX(), ctypes.c_double(), ctypes.c_double()
    places = ctypes.byref(x), ctypes.byref(y)
    for at in flat:
        index = int(printed[at])
        if not (
            _matrix_of(text_page, index, ctypes.byref(matrix))
            and _origin_of(text_page, index, *places)
        ):
            continue
        size = _size_of(text_page, index) * abs(matrix.d)
        if abs(matrix.b) + abs(matrix.c) > 0.01 * abs(matrix.d) or height[at] > 0.6 * size:
            continue
        raw[at, 1], raw[at, 3] = y.value - 0.12 * size, y.value + 0.88 * size
        if codes[index] >= _FIRST_FULL_WIDTH:
            raw[at, 0] = min(raw[at, 0], x.value)
            raw[at, 2] = max(raw[at, 2], x.value + 0.98 * size)


def _part_ligatures(raw: NDArray[np.float32]) -> None:
    """Give each letter of a glyph that stands for several (ffi, ㈱) its part of the glyph's box."""
    same = (np.abs(raw[1:] - raw[:-1]) < _SAME).all(axis=1)
    if not same.any():
        return
    begins = np.flatnonzero(same & ~np.concatenate([[False], same[:-1]]))
    for begin in begins.tolist():
        end = begin + 2
        while end < len(raw) and same[end - 1]:
            end += 1
        edges = np.linspace(raw[begin, 0], raw[begin, 2], end - begin + 1)
        raw[begin:end, 0], raw[begin:end, 2] = edges[:-1], edges[1:]


def _codes(text_page: object, count: int) -> NDArray[np.uint32]:
    """The code point of every character, shape (count,).

    The page's whole text is one call; only where it skips characters or needs surrogates do
    its positions differ from PDFium's own, and each character is asked for.
    """
    buffer = np.zeros(2 * count + 1, np.uint16)
    written = _text_of(text_page, 0, count, handle(buffer.ctypes.data)) - 1
    codes = buffer[: max(written, 0)].astype(np.uint32)
    if written == count and not ((codes >= 0xD800) & (codes < 0xE000)).any():
        return codes
    return np.array([_unicode_of(text_page, at) for at in range(count)], np.uint32)


def is_blank(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """White space, controls and non-characters: what leaves no ink and says nothing."""
    return np.asarray(_BLANK.take(codes, mode="clip"))


def _blanks() -> NDArray[np.bool_]:
    """For each code point, and for what lies beyond the last, whether it is blank."""
    blank = np.zeros(0x10FFFF + 2, np.bool_)
    for first, last in (
        (0x00, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x3000, 0x3000), (0x2000, 0x200F),
        (0x2028, 0x202F), (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFFE, 0xFFFF), (0xD800, 0xDFFF),
        (0x110000, 0x110000),
    ):  # fmt: skip
        blank[first : last + 1] = True
    return blank


_BLANK = _blanks()


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
        | ((codes >= 0x2000) & (codes <= 0x206F))
    )


def _spaced(text_page: object, codes: NDArray[np.uint32]) -> NDArray[np.int8]:
    """How many real spaces stand before each character; -1 where PDFium only supposed one."""
    spaced = np.zeros(len(codes), np.int8)
    spaces = np.flatnonzero((codes == 0x20) | (codes == 0x3000) | (codes == 0xA0))
    if len(spaces) and spaces[-1] == len(codes) - 1:
        spaces = spaces[:-1]
    supposed = list(map(_generated, repeat(text_page), spaces.tolist()))
    for at, only, code in zip(spaces.tolist(), supposed, codes[spaces].tolist(), strict=True):
        if only == 1:
            spaced[at + 1] = spaced[at] if spaced[at] > 0 else -1
        else:
            spaced[at + 1] = min(max(int(spaced[at]), 0) + (2 if code == 0x3000 else 1), 100)
    return spaced


def _label(document: pdfium.PdfDocument, at: int) -> str | None:
    """The label that the file itself gives a page, or None."""
    needed = int(c.FPDF_GetPageLabel(document.raw, at, None, 0))
    if not 2 < needed <= 256:
        return None
    buffer = ctypes.create_string_buffer(needed)
    c.FPDF_GetPageLabel(document.raw, at, buffer, needed)
    return buffer.raw[: needed - 2].decode("utf-16-le", "replace").strip() or None
