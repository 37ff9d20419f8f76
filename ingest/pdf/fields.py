"""What is written on a page above its own content: values of form fields and free-text notes."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2.raw as c

from ingest.pdf.drawing import shown
from ingest.pdf.lines import Glyphs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pypdfium2 as pdfium
    from numpy.typing import NDArray

_MOST, _LONGEST = 2_000, 4_000
_UNSEEN = c.FPDF_ANNOT_FLAG_HIDDEN | c.FPDF_ANNOT_FLAG_NOVIEW | c.FPDF_ANNOT_FLAG_INVISIBLE
_TICKED, _OPEN = "☑", "☐"
_LARGEST, _LEAST, _FILLED = 12.0, 4.0, 0.8
_ON_LINE, _REACH, _GAP = 0.3, 300.0, 0.3
_FIRST_FULL_WIDTH = 0x1100
_CHECKED = (c.FPDF_FORMFIELD_CHECKBOX, c.FPDF_FORMFIELD_RADIOBUTTON)
_WRITTEN = (c.FPDF_FORMFIELD_TEXTFIELD, c.FPDF_FORMFIELD_COMBOBOX, c.FPDF_FORMFIELD_LISTBOX)


def filled_in(
    document: pdfium.PdfDocument, page: c.FPDF_PAGE, view: NDArray[np.float64], printed: Glyphs
) -> Glyphs:
    """The *printed* characters of a page and, behind them, those of filled fields, ticks and notes.

    *view* maps the page's coordinates to those of the page as shown. The places of single
    characters are estimated: what a file keeps of a field is only its words.
    """
    count = min(int(c.FPDFPage_GetAnnotCount(page)), _MOST)
    if count <= 0:
        return printed
    found = printed
    for said, box in _said(document, page, count):
        codes: list[int] = []
        places: list[tuple[float, float, float, float]] = []
        spaced: list[int] = []
        spaces = 0
        for character, place in _set(said, box):
            if character.isspace():
                spaces += 1
                continue
            codes.append(ord(character))
            places.append(place)
            spaced.append(spaces)
            spaces = 0
        first = 1 + int(found.source.max(initial=-1))
        run = Glyphs(
            np.array(codes, np.uint32),
            np.arange(first, first + len(codes), dtype=np.int32),
            shown(np.array(places, np.float32), view),
            np.array(spaced, np.int8),
        )
        _set_beside(run, printed)
        found = found.followed_by(run)
    return found


def _set_beside(run: Glyphs, printed: Glyphs) -> None:
    """Let a field of one line begin behind its label: what stands to its left on the same line."""
    low, high = run.boxes[:, 1], run.boxes[:, 3]
    if not len(printed.codes) or np.ptp(low) > 1:
        return
    size = float(high[0] - low[0])
    _, bottom, right, top = printed.boxes.T
    overlap = np.minimum(top, high[0]) - np.maximum(bottom, low[0])
    before = np.flatnonzero(
        (overlap > _ON_LINE * np.minimum(top - bottom, size)) & (right < run.boxes[0, 0] + size)
        & (right > run.boxes[0, 0] - _REACH)
    )  # fmt: skip
    if not len(before):
        return
    label = before[right[before].argmax()]
    run.boxes[:, 1], run.boxes[:, 3] = bottom[label], top[label]
    run.boxes[0, 0] = right[label] + _GAP * size
    run.spaced[0] = 1


def _said(
    document: pdfium.PdfDocument, page: c.FPDF_PAGE, count: int
) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """The words of each field and note with its rectangle: left, bottom, right, top."""
    for at in range(count):
        note = c.FPDFPage_GetAnnot(page, at)
        if not note:
            continue
        try:
            kind = c.FPDFAnnot_GetSubtype(note)
            if kind not in {c.FPDF_ANNOT_WIDGET, c.FPDF_ANNOT_FREETEXT}:
                continue
            box = c.FS_RECTF()
            if c.FPDFAnnot_GetFlags(note) & _UNSEEN or not c.FPDFAnnot_GetRect(note, box):
                continue
            said = _contents(note) if kind == c.FPDF_ANNOT_FREETEXT else _value(document, note)
            low, high = sorted((box.bottom, box.top))
            if said.strip() and box.right > box.left and high > low:
                yield said[:_LONGEST], (box.left, low, box.right, high)
        finally:
            c.FPDFPage_CloseAnnot(note)


def _contents(note: c.FPDF_ANNOTATION) -> str:
    return _text(lambda room, size: c.FPDFAnnot_GetStringValue(note, b"Contents", room, size))


def _value(document: pdfium.PdfDocument, note: c.FPDF_ANNOTATION) -> str:
    """What a field says: its words, or a box with or without a tick."""
    form = document.formenv
    if form is None:
        return ""
    kind = c.FPDFAnnot_GetFormFieldType(form.raw, note)
    if kind in _CHECKED:
        state = _text(lambda room, size: c.FPDFAnnot_GetStringValue(note, b"AS", room, size))
        return _OPEN if state in {"", "Off"} else _TICKED
    if kind not in _WRITTEN:
        return ""
    return _text(lambda room, size: c.FPDFAnnot_GetFormFieldValue(form.raw, note, room, size))


def _text(ask: Callable[[Any, int], int]) -> str:
    """What PDFium writes into a buffer of 16-bit characters when asked twice."""
    size = int(ask(None, 0))
    if not 2 < size <= 8 * _LONGEST:
        return ""
    room = ctypes.create_string_buffer(size)
    ask(ctypes.cast(room, ctypes.POINTER(c.FPDF_WCHAR)), size)
    return room.raw[: size - 2].decode("utf-16-le", "replace")


def _set(
    said: str, box: tuple[float, float, float, float]
) -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Each character of a field's words and about where it is set within the field's *box*."""
    left, bottom, right, top = box
    lines = said.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    size = max(_LEAST, min(_LARGEST, _FILLED * (top - bottom) / len(lines)))
    widths = [sum(_width(one) for one in line) for line in lines]
    while (
        size > _LEAST
        and sum(-(-width * size // (right - left)) for width in widths) * size > top - bottom
    ):
        size -= 1
    y = top - size if len(lines) > 1 else (top + bottom) / 2 - size / 2
    for line in lines:
        x = left
        for character in line:
            wide = _width(character) * size
            if x > left and x + wide > right:
                x, y = left, y - 1.1 * size
            yield character, (x, y, x + wide, y + size)
            x += wide
        y -= 1.1 * size


def _width(character: str) -> float:
    return 1.0 if ord(character) >= _FIRST_FULL_WIDTH else 0.5
