"""Pages that PDFium's text does not do justice to, read once more: by pypdf, then by OCR."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pypdf
import pypdfium2 as pdfium
from PIL import Image, ImageDraw

from ingest.errors import OcrFailed
from ingest.pages import Quality
from ingest.pdf import plausible
from ingest.pdf.characters import LOCK, Sheet, is_blank, no_glyphs
from ingest.pdf.lines import Glyphs, Shapes
from ingest.pdf.margins import BAND
from ingest.pdf.ocr import DPI, certainty
from ingest.pdf.straight import Straightened, columnar, slant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.pdf.lines import Line
    from ingest.pdf.margins import Margin
    from ingest.pdf.ocr import Ocr, Word

POINTS = 72.0
MAX_PIXELS = 40_000_000
_MUCH = 0.2
_SOME_TEXT = 4
_LITTLE_TEXT = 10
_LEAST_PICTURE = 60.0
_PICTURE_SHARE = 0.04
_SCAN_SHARE = 0.5
_CONSISTENT = 0.95
_GLYPH_NAME = re.compile(r"/[A-Za-z.]\w*")
# The fonts of a file are mostly the same on its pages, and pypdf takes ten times PDFium's time.
_TRIES = 2


@dataclass(slots=True, eq=False)
class Engines:
    """What can be asked about the pages of one file; pypdf is only opened when it is needed."""

    document: pdfium.PdfDocument
    path: Path
    ocr: Ocr | None
    _pypdf: pypdf.PdfReader | None = field(default=None, init=False)
    _in_vain: int = field(default=0, init=False)

    def wanted(self, sheet: Sheet) -> bool:
        """Whether a page says too little, or has pictures that can be read."""
        return sheet.quality.score < plausible.BAR or (
            self.ocr is not None and bool(pictures(sheet)) and not sheet.layered
        )

    def improved(self, sheet: Sheet) -> Sheet:
        """Read a page again, if it needs that; *sheet* as it is, if nothing is better."""
        if not (sheet.width > 0 and sheet.height > 0):
            return sheet
        if sheet.scanned:
            return self._by_ocr(sheet)
        if sheet.quality.score >= plausible.BAR:
            # What a scanner's program read is not mixed with fragments of our own reading.
            return self._with_pictures(sheet) if pictures(sheet) and not sheet.layered else sheet
        # pypdf cannot tell what nobody sees.
        glyphs = len(sheet.glyphs.codes) + sheet.unmapped
        if glyphs and not sheet.unseen and self._in_vain < _TRIES:
            sheet = self._by_pypdf(sheet)
            self._in_vain = 0 if sheet.quality.engine == "pypdf" else self._in_vain + 1
        return sheet if sheet.quality.score >= plausible.BAR else self._by_ocr(sheet)

    def _by_pypdf(self, sheet: Sheet) -> Sheet:
        """What pypdf makes of a page, if that is much more plausible.

        It gives no boxes. Where it gives PDFium's characters in PDFium's order, only named
        otherwise, they stand in PDFium's boxes; else no span of the page can be drawn.
        """
        try:
            if self._pypdf is None:
                self._pypdf = pypdf.PdfReader(self.path)
            said = self._pypdf.pages[sheet.number - 1].extract_text()
        except Exception:  # noqa: BLE001 - a broken file breaks pypdf in any way it likes
            return sheet
        if sum(map(len, _GLYPH_NAME.findall(said))) > _MUCH * len(said):
            # It spells the names of glyphs that it has no characters for, as it will overleaf.
            self._in_vain = _TRIES
            return sheet
        codes = np.array([ord(character) for character in said], np.uint32)
        printed = codes[~is_blank(codes)]
        better = plausible.score(printed)
        if better < plausible.BAR or better < sheet.quality.score + _MUCH:
            return sheet
        quality = replace(sheet.quality, engine="pypdf", score=round(better, 3))
        if _renamed(sheet.glyphs.codes, printed):
            return replace(sheet, glyphs=replace(sheet.glyphs, codes=printed), quality=quality)
        return replace(sheet, glyphs=no_glyphs(), plain=said, quality=quality)

    def _by_ocr(self, sheet: Sheet) -> Sheet:
        """What OCR makes of a page that no engine reads, if that is clearly better."""
        if self.ocr is None:
            return sheet.noted(_unread(sheet))
        found = self._words(sheet, self.ocr, "No usable text")
        if isinstance(found, Sheet):
            return found
        count = len(sheet.glyphs.codes)
        read = _reading(sheet, *found)
        glyphs = read.glyphs
        if sheet.scanned:
            return _of_a_scan(sheet, read, self.ocr.engine.name)
        if not len(glyphs.codes) and not count:
            note = "No text was found on the page, not by OCR either: probably a picture."
            return replace(
                sheet, quality=Quality(self.ocr.engine.name, 1.0, sheet.quality.note)
            ).noted(note)
        score = plausible.score(glyphs.codes)
        hard = "The page is hard to read, also by OCR." if score < plausible.BAR else ""
        if score < sheet.quality.score + (_MUCH if sheet.quality.score else 0.0):
            return sheet.noted(hard or _NO_BETTER)
        quality = Quality(self.ocr.engine.name, round(score, 3), read.quality.note)
        return replace(read, quality=quality).noted(hard)

    def _with_pictures(self, sheet: Sheet) -> Sheet:
        """Add what stands in the pictures of a page that has text of its own."""
        if self.ocr is None:
            return sheet.noted(f"{_counted(sheet)} not read; OCR was not used.")
        found = self._words(sheet, self.ocr, "The pictures were not read", beside=True)
        if isinstance(found, Sheet):
            return found
        glyphs, rows = _seen(found[0], sheet.height, 1 + int(sheet.glyphs.source.max(initial=0)))
        if len(glyphs.codes) < _SOME_TEXT or plausible.score(glyphs.codes) < plausible.BAR:
            return sheet
        quality = replace(sheet.quality, engine=f"{sheet.quality.engine}+{self.ocr.engine.name}")
        return replace(sheet, pictured=(glyphs, rows), quality=quality)

    def _words(
        self, sheet: Sheet, ocr: Ocr, failed: str, *, beside: bool = False
    ) -> tuple[tuple[Word, ...], Straightened] | Sheet:
        """What OCR sees on a page, and how that was put straight before.

        Or the sheet with a note that says why nothing was seen: *failed*.

        With *beside* only what stands beside the text that the page has already.
        """
        try:
            picture = self._picture(sheet)
        except OcrFailed as problem:
            return sheet.noted(f"{failed}: {problem}.")
        if beside:
            pen = ImageDraw.Draw(picture)
            boxes = sheet.glyphs.boxes * (DPI / POINTS)
            for left, bottom, right, top in boxes.tolist():
                edges = (left, picture.height - top, right, picture.height - bottom)
                pen.rectangle(edges, fill="white")
        try:
            if beside:
                return ocr.words(picture, sparse=True), Straightened(
                    0, 0, sheet.width, sheet.height
                )
            return self._straight_words(sheet, picture, ocr)
        except OcrFailed as problem:
            return sheet.noted(f"{failed}: {problem}. {_AGAIN}", again=True)

    def _straight_words(
        self, sheet: Sheet, picture: Image.Image, ocr: Ocr
    ) -> tuple[tuple[Word, ...], Straightened]:
        """What OCR sees on a page, put straight where it slants and turned where that is better."""
        size = sheet.width, sheet.height
        found = None
        if not columnar(picture):
            how = Straightened(0, slant(picture), *size)
            found = ocr.words(how.picture(picture)), how
            if certainty(found[0]) >= ocr.engine.well_read:
                return found
        turn = ocr.turn(picture)
        if found is None or turn:
            upright = Straightened(turn, 0, *size).picture(picture)
            how = Straightened(turn, slant(upright), *size)
            turned = ocr.words(how.picture(picture)), how
            if found is None or certainty(turned[0]) > certainty(found[0]):
                return turned
        return found

    def _picture(self, sheet: Sheet) -> Image.Image:
        """The page as it is printed, at `DPI` dots an inch.

        Raises:
            OcrFailed: it is too large, or PDFium cannot paint it.
        """
        scale = DPI / POINTS
        if sheet.width * sheet.height * scale * scale > MAX_PIXELS:
            raise OcrFailed("the page is too large to be read as a picture")
        with LOCK:
            try:
                page = self.document[sheet.number - 1]
                try:
                    picture: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
                finally:
                    page.close()
            except (pdfium.PdfiumError, ValueError, OSError) as problem:
                raise OcrFailed(f"the page cannot be painted ({problem})") from problem
        return picture


_NO_BETTER = "The text is hardly plausible, and OCR reads it no better."
_AGAIN = 'Run "tebiki refresh --full" to try again.'


def _unread(sheet: Sheet) -> str:
    """Say what was not read because there is no OCR."""
    if not sheet.scanned:
        return "No usable text; OCR was not used."
    return f"{_counted(sheet)} not read, and there is hardly any other text; OCR was not used."


def _counted(sheet: Sheet) -> str:
    count = pictures(sheet)
    return "1 picture on this page was" if count == 1 else f"{count} pictures on this page were"


def _reading(sheet: Sheet, words: Sequence[Word], how: Straightened) -> Sheet:
    """The sheet with what OCR read in place of its own glyphs, on the page as it was put straight."""
    glyphs, rows = _seen(words, how.size[1], len(sheet.glyphs.codes))
    read = replace(sheet, glyphs=glyphs, rows=rows)
    if not how.said:
        return read
    width, height = how.size
    straight = replace(read, width=width, height=height, shapes=Shapes(), straightened=how)
    return straight.noted(how.said)


def _of_a_scan(sheet: Sheet, read: Sheet, engine: str) -> Sheet:
    """What OCR read from a page of a picture and a few stamped words, if it read more than those.

    If not, the picture holds no text, and the few words are all that the page says.
    """
    whole = plausible.score(sheet.glyphs.codes)
    glyphs = read.glyphs
    if len(glyphs.codes) < len(sheet.glyphs.codes) + _SOME_TEXT:
        return replace(sheet, quality=replace(sheet.quality, score=round(whole, 3)))
    score = plausible.score(glyphs.codes)
    if score < plausible.BAR:
        return sheet.noted("The picture on this page is hard to read, also by OCR.")
    return replace(read, quality=Quality(engine, round(score, 3), read.quality.note))


def pictures(sheet: Sheet) -> int:
    """How many pictures are large enough to hold text, where they cover enough of the page.

    One that lies under the whole page counts too: a scan, or the ground of a slide.
    """
    sizes = _sizes(sheet)
    share = sizes.sum() / max(sheet.width * sheet.height, 1.0)
    return len(sizes) if share > _PICTURE_SHARE else 0


def _sizes(sheet: Sheet) -> NDArray[np.float32]:
    """The areas of the page's pictures that are large enough to hold text."""
    left, bottom, right, top = sheet.shapes.images.T
    width = np.minimum(right, sheet.width) - np.maximum(left, 0)
    height = np.minimum(top, sheet.height) - np.maximum(bottom, 0)
    large = (width > _LEAST_PICTURE) & (height > _LEAST_PICTURE)
    return np.asarray((width * height)[large])


def may_be_scan(sheet: Sheet) -> bool:
    """Whether pictures cover most of a page that has some text."""
    if not len(sheet.shapes.images) or not len(sheet.glyphs.codes):
        return False
    return bool(_sizes(sheet).sum() >= _SCAN_SHARE * sheet.width * sheet.height)


def is_scan(sheet: Sheet, lines: Sequence[Line], margin: Margin) -> bool:
    """Whether such a page is a picture with a few words stamped above and below it.

    *lines* are those of the page, and *margin* says which of them repeat on other pages.
    """
    body = 0
    for at, line in enumerate(lines):
        middle = (line.top + line.bottom) / 2 / max(sheet.height, 1.0)
        if at not in margin.lines and BAND <= middle <= 1 - BAND:
            body += len(line.text)
    return body < _LITTLE_TEXT


def _renamed(before: NDArray[np.uint32], after: NDArray[np.uint32]) -> bool:
    """Whether *after* are the characters of *before* in the same order, under other names."""
    if not len(before) or len(before) != len(after):
        return False
    pairs, counts = np.unique(np.stack([before, after], 1), axis=0, return_counts=True)
    most: dict[int, int] = {}
    for code, count in zip(pairs[:, 0].tolist(), counts.tolist(), strict=True):
        most[code] = max(most.get(code, 0), count)
    return sum(most.values()) >= _CONSISTENT * len(before)


def _seen(
    words: Sequence[Word], page_height: float, first: int
) -> tuple[Glyphs, NDArray[np.int64]]:
    """Turn words on a picture into glyphs on a page of that height.

    Their sources count from *first*, after those of the page's own text. The second value holds
    the positions at which lines begin.
    """
    scale = POINTS / DPI
    codes: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    spaced: list[int] = []
    rows: list[int] = []
    for word in words:
        along = (word.top, word.bottom) if word.vertical else (word.left, word.right)
        edges = np.linspace(*along, len(word.text) + 1).tolist()
        places = word.places or tuple(pairwise(edges))
        for at, (character, (begin, end)) in enumerate(zip(word.text, places, strict=True)):
            left, top, right, bottom = (
                (word.left, begin, word.right, end)
                if word.vertical
                else (begin, word.top, end, word.bottom)
            )
            codes.append(ord(character))
            boxes.append(
                (
                    left * scale,
                    page_height - bottom * scale,
                    right * scale,
                    page_height - top * scale,
                )
            )
            spaced.append(-1 if at == 0 else 0)
            rows.append(word.line)
    found = np.array(codes, np.uint32)
    kept = np.flatnonzero(~is_blank(found))
    glyphs = Glyphs(
        found[kept],
        (first + kept).astype(np.int32),
        np.array(boxes, np.float32).reshape(-1, 4)[kept],
        np.array(spaced, np.int8)[kept],
    )
    line = np.array(rows, np.int64)[kept]
    return glyphs, np.flatnonzero(np.diff(line, prepend=-1))
