"""The cited page: as text with its boxes, and as an image with the quotation marked."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from api.problems import Refused
from api.schemas import WireBox, WireOriginal, WirePage, edition_url
from ingest.pdf import draw

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from index.passages import Library
    from ingest.editions import Edition
    from ingest.pages import Box, EditionText

WIDTHS = {"normal": 1000, "large": 2000}
"""The two widths, in pixels, in which a page is drawn."""

CACHE_BYTES = 64 * 1024 * 1024
"""How many bytes of page images are kept; a page is some 100 to 400 kB."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A page image and the name under which a browser may keep it."""

    png: bytes
    etag: str


class Viewer:
    """Serves pages of editions in the corpus and of nothing else.

    A page is asked for by document, edition and number, which are looked up in the open
    generation: no part of a path comes from outside.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        page_file: Callable[[Edition], Path],
        *,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """Read texts from *library* and files from *page_file*."""
        self.library = library
        self.page_file = page_file
        self._drawn = _Cache(cache_bytes)

    def file(self, document: str, label: str) -> Path:
        """Return the PDF of a held edition.

        Raises:
            Refused: 404, there is no such edition or its file is gone.
        """
        return self._file(_edition(self.library(), document, label))

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

    def page(self, document: str, label: str, number: int, start: int, end: int) -> WirePage:
        """Return a page's text and the boxes of what *start* to *end* covers on it.

        Raises:
            Refused: 404, there is no such page.
        """
        library = self.library()
        edition = _edition(library, document, label)
        text = library.text(edition)
        _check(edition, text, number)
        page = text.pages[number - 1]
        original = edition.document.digest_of
        base = edition_url(edition)
        keys = {each.key for each in library.in_force(date.today())}  # noqa: DTZ011 - local day
        first = text.start_of(number)
        marked = f"?start={start}&end={end}" if end > start else ""
        return WirePage(
            document=edition.document.id,
            title=edition.document.title,
            edition=edition.label,
            kind=edition.document.kind,
            in_force=edition.key in keys,
            digest_of=None if original is None else WireOriginal.of(original),
            page=number,
            page_label=page.label,
            page_count=len(text.pages),
            width=page.width,
            height=page.height,
            text=page.text,
            start=first,
            end=first + len(page.text),
            quality=page.quality.score,
            note=page.quality.note,
            boxes=[WireBox.of(box, page) for box in _marked(text, number, start, end)],
            image_url=f"{base}/pages/{number}/image{marked}",
            file_url=f"{base}/file#page={number}",
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
        known: str | None = None,
    ) -> Drawing | None:
        """Return the page as PNG, what *start* to *end* covers on it marked.

        None when *known* (an If-None-Match header) already names this drawing.

        Raises:
            Refused: 404, there is no such page or its file is gone.
            UnreadablePdf: the file can no longer be read.
        """
        library = self.library()
        edition = _edition(library, document, label)
        text = library.text(edition)
        _check(edition, text, number)
        boxes = _marked(text, number, start, end)
        width = WIDTHS[size]
        said = f"1\0{edition.sha256}\0{number}\0{width}\0{boxes}"
        etag = f'"{sha256(said.encode()).hexdigest()[:32]}"'
        if known is not None and etag in known:
            return None
        png = self._drawn.get(etag)
        if png is None:
            png = draw(self._file(edition), number, width=width, boxes=boxes)
            self._drawn.put(etag, png)
        return Drawing(png, etag)


def _edition(library: Library, document: str, label: str) -> Edition:
    """Return a held edition.

    Raises:
        Refused: 404, there is no such document or edition, or its PDF is not held.
    """
    for edition in library.editions:
        if (edition.document.id, edition.label) == (document, label):
            if edition.held:
                return edition
            raise Refused(
                404,
                f"「{edition.document.title}」({label})のPDFは、まだ追加されていません。",
                f'The PDF of "{edition.document.title}" ({label}) has not been added yet.',
            )
    raise Refused(
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
