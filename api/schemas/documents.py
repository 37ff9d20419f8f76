"""Documents, their editions and pages over HTTP, and the addresses under which they are had."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

from api.schemas.wire import Wire, below
from ingest.catalog.editions import Kind
from ingest.pages import BlockKind, Place, PlaceKind

if TYPE_CHECKING:
    from api.page_summaries import PageSummary
    from ingest.catalog.editions import Document, Edition, Original
    from ingest.pages import Block, Box, Page


class WireOriginal(Wire):
    """The official work that a digest restates."""

    document: str
    edition: str
    title: str
    publisher: str
    url: str | None

    @classmethod
    def of(cls, original: Original) -> WireOriginal:
        """Translate."""
        return cls(
            document=original.document,
            edition=original.edition,
            title=original.title,
            publisher=original.publisher,
            url=original.url,
        )


class WireEdition(Wire):
    """One issue of a work. *held* says whether its PDF is in the corpus.

    *poor_pages* counts the pages of a held one that could not be read well.
    """

    label: str
    published: date | None
    in_force_from: date | None
    withdrawn_on: date | None
    in_force: bool
    held: bool
    file: str | None
    pages: int | None
    poor_pages: int | None = None
    sha256: str | None
    url: str | None
    file_url: str | None

    @classmethod
    def of(cls, edition: Edition, *, in_force: bool, pages: PageSummary | None) -> WireEdition:
        """Translate."""
        return cls(
            label=edition.label,
            published=edition.published,
            in_force_from=edition.in_force_from,
            withdrawn_on=edition.withdrawn_on,
            in_force=in_force,
            held=edition.held,
            file=edition.path,
            pages=len(pages.labels) if pages else None,
            poor_pages=len(pages.poor) if pages else None,
            sha256=edition.sha256,
            url=edition.url,
            file_url=f"{edition_url(edition)}/file" if edition.held else None,
        )


class WireDocument(Wire):
    """One work and its editions, in the catalog's order."""

    document: str
    title: str
    publisher: str
    kind: Kind
    language: str
    digest_of: WireOriginal | None
    editions: list[WireEdition]

    @classmethod
    def of(cls, document: Document, editions: list[WireEdition]) -> WireDocument:
        """Translate."""
        return cls(
            document=document.id,
            title=document.title,
            publisher=document.publisher,
            kind=document.kind,
            language=document.language,
            digest_of=None if document.digest_of is None else WireOriginal.of(document.digest_of),
            editions=editions,
        )


class DocumentsResponse(Wire):
    """Every work of the catalog, held or only listed."""

    documents: list[WireDocument]
    generation: str


class WireBox(Wire):
    """A rectangle on the page image, in fractions of its width and height from the top left."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, box: Box, page: Page) -> WireBox:
        """Translate from points, counted from the bottom, to fractions, counted from the top."""
        return cls(
            left=box.left / page.width,
            top=1 - box.top / page.height,
            width=(box.right - box.left) / page.width,
            height=(box.top - box.bottom) / page.height,
        )


class WireLine(Wire):
    """A piece of a page's text and where it stands, as shares of the page; *rows* lines high."""

    text: str
    left: float
    top: float
    width: float
    height: float
    rows: int


class WirePlace(Wire):
    """Where something stands, as people find it in the file.

    *label* is the number of a page or slide, the name of a sheet, the heading of a section. *range*
    narrows it down: cells (B4:D9), paragraphs (¶12), lines (L3-L5) or an anchor (#a3); "" else.
    """

    kind: PlaceKind
    label: str
    range: str

    @classmethod
    def of(cls, place: Place) -> WirePlace:
        """Translate."""
        return cls(kind=place.kind, label=place.label, range=place.range)

    def named(self, language: str) -> str:
        """Return it in words."""
        return Place(self.kind, self.label, self.range).named(language)


class WireBlock(Wire):
    """A paragraph, heading, list item or table row: *start* and *end* are offsets in the edition.

    The cells of a row are apart by tabs; *heads* are those of their columns, or none.
    """

    start: int
    end: int
    kind: BlockKind
    heads: list[str]
    context: str

    @classmethod
    def of(cls, block: Block, base: int) -> WireBlock:
        """Translate; the page begins at *base*."""
        return cls(
            start=base + block.start,
            end=base + block.end,
            kind=block.kind,
            heads=list(block.heads),
            context=block.context,
        )


class WirePage(Wire):
    """One page: its text, its place among the others, where its image is, and what is marked.

    *lines* are the pieces of the text that stand together, in reading order. In a file without pages *page* counts the stretches in which it is read, there is no image, and
    *blocks* say how its text is shown.
    """

    document: str
    title: str
    edition: str
    kind: Kind
    in_force: bool
    digest_of: WireOriginal | None
    page: int
    page_label: str | None
    place: WirePlace
    page_count: int
    width: float
    height: float
    text: str
    start: int
    end: int
    quality: float
    note: str
    boxes: list[WireBox]
    lines: list[WireLine]
    blocks: list[WireBlock]
    image_url: str | None
    file_url: str


def edition_url(edition: Edition) -> str:
    """Return the address of an edition, relative to the server."""
    document = quote(edition.document.id, safe="")
    return below(f"/v1/documents/{document}/editions/{quote(edition.label, safe='')}")


def place_of(edition: Edition, start: int, end: int) -> str:
    """Return the query that names a span of an edition, and the file that it was read from."""
    return f"start={start}&end={end}{held_as(edition, '&')}"


def held_as(edition: Edition, mark: str) -> str:
    """Return the part of a query that names the file of an edition, *mark* before it."""
    return f"{mark}sha256={edition.sha256}" if edition.sha256 else ""


def view_url_of(edition: Edition, page: int, where: str) -> str:
    """Return the address of the viewer's page, relative to the server."""
    return below(
        f"/view?document={quote(edition.document.id, safe='')}"
        f"&edition={quote(edition.label, safe='')}&page={page}&{where}"
    )
