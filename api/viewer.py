"""The cited page: as text with its boxes, and as an image with the quotation marked."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from api.problems import Refused
from api.schemas.documents import (
    WireBlock,
    WireBox,
    WireLine,
    WireOriginal,
    WirePage,
    WirePlace,
    edition_url,
)
from ingest import formats, printing, rendering
from ingest.catalog.editions import Document, Edition
from ingest.pages import PlaceKind
from ingest.translations import in_language

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.passages import Library
    from ingest.catalog.editions import Groups
    from ingest.pages import Box, EditionText

WIDTHS = {"small": 240, "normal": 1000, "large": 2000}
"""The widths, in pixels, in which a page is drawn."""

CACHE_BYTES = 64 * 1024 * 1024
"""How many bytes of page images are kept; a page is some 100 to 400 kB."""


_NOTES = re.compile(r"(?<=\.) ")
"""What stands between two notes on a page."""

_FIRST_WORDS = 80
_NO_PICTURE = (
    "この形式のファイルにページの画像はありません。/pages/{number} に本文があります。",
    "A file of this kind has no image of a page; /pages/{number} has its text.",
)
_NOT_FOUND = (
    "印刷した姿では、この箇所が見つかりません。本文で確かめてください。",
    "The place was not found on the printed pages; the text shows it.",
)

KEPT_TEXTS = 4
"""How many texts of editions that are no longer in the corpus are kept open."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page image and the name under which a browser may keep it."""

    png: bytes
    etag: str


class Viewer:
    """Serves pages of editions that are or were in the corpus, and of nothing else.

    A page is asked for by document, edition and number, which are looked up in the open
    generation: no part of a path comes from outside. What an old answer quoted is found by the
    hash of its PDF, which the home keeps, also when the corpus has other bytes or none today.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        page_file: Callable[[Edition], Path],
        *,
        kept_text: Callable[[Path], EditionText] = formats.read,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """Read texts from *library* and files from *page_file*.

        *kept_text* reads the PDF of an edition that the library no longer holds.
        """
        self.library = library
        self.page_file = page_file
        self._kept_text = lru_cache(KEPT_TEXTS)(kept_text)
        self._drawn = _Cache(cache_bytes)

    def seen_by(self, groups: Groups) -> Viewer:
        """Return the same for somebody of *groups*: what is bound to others is not there."""
        view = copy(self)
        view.library = lambda: self.library().seen_by(groups)
        return view

    def file(self, document: str, label: str, sha256: str | None = None) -> Path:
        """Return the PDF of an edition: the one held, or the one of that hash.

        Raises:
            Refused: 404, there is no such edition or its file is gone.
        """
        return self._file(self._edition(self.library(), document, label, sha256))

    def _edition(self, library: Library, document: str, label: str, digest: str | None) -> Edition:
        found = next(
            (e for e in library.editions if (e.document.id, e.label) == (document, label)), None
        )
        if found is not None and found.held and digest in {None, found.sha256}:
            return found
        if digest is not None and not library.hides(digest):
            work = next((e.document for e in library.editions if e.document.id == document), None)
            kept = Edition(work or Document(document, document), label, sha256=digest)
            if self.page_file(kept).is_file():
                return kept
        raise _unknown(found, document, label)

    def _text(self, library: Library, edition: Edition) -> EditionText:
        return library.text(edition) if edition.held else self._kept_text(self.page_file(edition))

    def _file(self, edition: Edition) -> Path:
        path = self.page_file(edition)
        if not path.is_file():
            raise Refused(
                404,
                f"「{edition.document.title}」({edition.label})のファイルが見つかりません。"
                "管理者に「tebiki refresh」の実行を頼んでください。",
                f'The file of "{edition.document.title}" ({edition.label}) is gone. Ask your '
                'administrator to run "tebiki refresh".',
            )
        return path

    def page(  # what a citation's address says
        self,
        document: str,
        label: str,
        number: int,
        start: int,
        end: int,
        sha256: str | None = None,
        *,
        language: str = "en",
    ) -> WirePage:
        """Return a page's text and the boxes of what *start* to *end* covers on it.

        What is noted of the page is in *language*.

        Raises:
            Refused: 404, there is no such page.
        """
        library = self.library()
        edition = self._edition(library, document, label, sha256)
        text = self._text(library, edition)
        _check(edition, text, number)
        page = text.pages[number - 1]
        original = edition.document.digest_of
        base = edition_url(edition)
        keys = {each.key for each in library.in_force(date.today())}  # noqa: DTZ011 - local day
        first = text.start_of(number)
        marked = f"&start={start}&end={end}" if end > start else ""
        which = f"?sha256={edition.sha256}"
        paged = page.kind is PlaceKind.PAGE
        pictured = paged or printing.offered(self.page_file(edition))
        anchor = f"#page={number}" if paged else ""
        spot = max(first, start) if start < first + len(page.text) else first
        return WirePage(
            document=edition.document.id,
            title=edition.document.title,
            edition=edition.label,
            kind=edition.document.kind,
            in_force=edition.held and edition.key in keys,
            digest_of=None if original is None else WireOriginal.of(original),
            page=number,
            page_label=page.label,
            place=WirePlace.of(text.place(spot, max(spot, end))),
            page_count=len(text.pages),
            width=page.width,
            height=page.height,
            text=page.text,
            start=first,
            end=first + len(page.text),
            quality=page.quality.score,
            note=" ".join(in_language(said, language) for said in _NOTES.split(page.quality.note)),
            boxes=[WireBox.of(box, page) for box in _marked(text, number, start, end)],
            lines=_lines(text, number) if paged else [],
            blocks=[] if paged else [WireBlock.of(block, first) for block in page.blocks],
            image_url=f"{base}/pages/{number}/image{which}{marked}" if pictured else None,
            file_url=f"{base}/file{which}{anchor}",
        )

    def image(
        self,
        document: str,
        label: str,
        number: int,
        *,
        start: int = 0,
        end: int = 0,
        size: str = "normal",
        sha256: str | None = None,
        known: str | None = None,
    ) -> Drawing | None:
        """Return the page as PNG, what *start* to *end* covers on it marked.

        None when *known* (an If-None-Match header) already names this drawing.

        Raises:
            Refused: 404, there is no such page, its file is gone, or a file without pages is not
                printed here or not with these words.
            UnreadablePdf: the file can no longer be read.
        """
        library = self.library()
        edition = self._edition(library, document, label, sha256)
        text = self._text(library, edition)
        _check(edition, text, number)
        paged = text.pages[number - 1].kind is PlaceKind.PAGE
        if not paged and not printing.offered(self.page_file(edition)):
            raise Refused(404, *_NO_PICTURE)
        boxes = _marked(text, number, start, end)
        width = WIDTHS[size]
        where = boxes if paged else (start, end)
        said = f"1\0{edition.sha256}\0{number}\0{width}\0{where}"
        etag = f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
        if known is not None and etag in known:
            return None
        png = self._drawn.get(etag)
        if png is None:
            path = self._file(edition)
            if paged:
                png = rendering.draw(path, number, width=width, boxes=boxes)
            else:
                png = _printed(path, text, number, (start, end), width)
            self._drawn.put(etag, png)
        return Drawing(png, etag)


def _printed(
    path: Path, text: EditionText, number: int, span: tuple[int, int], width: int
) -> bytes:
    """Return the printed page on which a span stands, or a page's first words where it is empty."""
    start, end = span
    first = text.start_of(number)
    if end <= start:
        start, end = first, first + min(_FIRST_WORDS, len(text.pages[number - 1].text))
    png = printing.draw(path, text.text[start:end], start / len(text.text), width=width)
    if png is None:
        raise Refused(404, *_NOT_FOUND)
    return png


def _unknown(listed: Edition | None, document: str, label: str) -> Refused:
    """Return the refusal of an edition that is not there, or listed without a PDF."""
    if listed is not None:
        return Refused(
            404,
            f"「{listed.document.title}」({label})のPDFは、まだ追加されていません。",
            f'The PDF of "{listed.document.title}" ({label}) has not been added yet.',
        )
    return Refused(
        404,
        f"文書「{document}」の版「{label}」はありません。/v1/documents に一覧があります。",
        f'There is no edition "{label}" of a document "{document}". See /v1/documents.',
    )


def _check(edition: Edition, text: EditionText, number: int) -> None:
    last = len(text.pages)
    if not 1 <= number <= last:
        raise Refused(
            404,
            f"「{edition.document.title}」({edition.label})は全{last}ページです。"
            f"{number}ページはありません。",
            f'"{edition.document.title}" ({edition.label}) has {last} pages; there is no page '
            f"{number}.",
        )


def _marked(text: EditionText, number: int, start: int, end: int) -> tuple[Box, ...]:
    """Return the boxes of the part of the span that stands on the page; none if it has none."""
    first = text.start_of(number)
    last = first + len(text.pages[number - 1].text)
    start, end = max(start, first), min(end, last)
    return text.boxes(start, end) if start < end else ()


def _lines(text: EditionText, number: int) -> list[WireLine]:
    """Return the pieces of a page's text, each with the box it fills."""
    page, first = text.pages[number - 1], text.start_of(number)
    found = []
    for piece in re.finditer(r"[^\n\t]+", page.text):
        boxes = [
            WireBox.of(box, page) for box in text.boxes(first + piece.start(), first + piece.end())
        ]
        if not boxes:
            continue
        left, top = min(box.left for box in boxes), min(box.top for box in boxes)
        found.append(
            WireLine(
                text=piece[0],
                left=left,
                top=top,
                width=max(box.left + box.width for box in boxes) - left,
                height=max(box.top + box.height for box in boxes) - top,
                rows=len(boxes),
            )
        )
    return found


class _Cache:
    """Keeps what was drawn last, up to a number of bytes; safe to share by threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, name: str) -> bytes | None:
        with self._lock:
            found = self._held.get(name)
            if found is not None:
                self._held.move_to_end(name)
            return found

    def put(self, name: str, data: bytes) -> None:
        with self._lock:
            self._size += len(data) - len(self._held.pop(name, b""))
            self._held[name] = data
            while self._size > self.most and len(self._held) > 1:
                _, dropped = self._held.popitem(last=False)
                self._size -= len(dropped)
