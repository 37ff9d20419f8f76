"""What an evidence sheet shows besides the words: the cited pages, drawn."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tebiki.building import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.answers import Answer, Citation
    from bot.ledger.ledger import Ledger
    from bot.telling.evidence_sheet import Exhibit, Picture
    from ingest.catalog.editions import Edition


def sheet(parts: Parts, ledger: Ledger, name: str, form: str) -> bytes:
    """Return the sheet of a recorded answer, *form* "pdf" or "docx".

    Raises:
        AnswerUnknown: none is recorded under that name.
    """
    from bot.telling.evidence_docx import docx
    from bot.telling.evidence_pdf import pdf

    answer = ledger.answer(name)
    return (pdf if form == "pdf" else docx)(answer, exhibits_of(parts, answer))


def exhibits_of(parts: Parts, answer: Answer) -> tuple[Exhibit, ...]:
    """Return what an answer shows, with the pages as they look and the quotations marked."""
    from bot.telling.evidence_sheet import shown_citations

    return tuple(_exhibit(parts, citation) for citation in shown_citations(answer))


def _exhibit(parts: Parts, citation: Citation) -> Exhibit:
    """Return a citation with its pages, or with what stands around it where there are none."""
    from bot.telling.evidence_sheet import Exhibit, Picture

    if citation.paged:
        return Exhibit(citation, tuple(_pictures(parts, citation)))
    png = printed_image(parts, citation.edition, citation.start, citation.end)
    pictures = () if png is None else (Picture(1, png),)
    return Exhibit(citation, pictures, () if pictures else tuple(_around(parts, citation)))


def _pictures(parts: Parts, citation: Citation) -> Iterator[Picture]:
    """Yield the pages of a citation as they look, its quotation marked; none without the PDF."""
    from bot.telling.evidence_sheet import Picture
    from ingest.errors import UnreadablePdf

    for number in citation.pages:
        with suppress(UnreadablePdf, FileNotFoundError):
            image = page_image(parts, citation.edition, number, citation.start, citation.end)
            yield Picture(number, image)


def _around(parts: Parts, citation: Citation) -> Iterator[tuple[tuple[str, bool], ...]]:
    """Yield what stands around a quotation in a file without pages, as far as it is still held."""
    from bot.telling.evidence_sheet import surroundings

    library = parts.generation()
    if citation.edition not in library.editions:
        return
    text = library.text(citation.edition)
    page = text.page_at(citation.start)
    yield from surroundings(page, text.start_of(page.number), citation.start, citation.end)


def printed_image(parts: Parts, edition: Edition, start: int, end: int) -> bytes | None:
    """Return the page on which a file without pages is printed at a span, as a PNG, the span marked.

    None where it is not printed here, or the place is not found on its pages.
    """
    from ingest import printing
    from ingest.errors import UnreadablePdf

    library, path = parts.generation(), parts.page_file(edition)
    if edition not in library.editions or not printing.offered(path):
        return None
    text = library.text(edition).text
    with suppress(UnreadablePdf, FileNotFoundError):
        return printing.draw(path, text[start:end], start / len(text), width=1_000)
    return None


def page_image(parts: Parts, edition: Edition, number: int, start: int, end: int) -> bytes:
    """Return a page as a PNG, the span between two offsets of its edition's text marked."""
    from ingest.rendering import draw

    library = parts.generation()
    # An old answer shows its page from the kept PDF, though its text is no longer indexed.
    marked = library.text(edition).boxes(start, end) if edition in library.editions else ()
    boxes = [box for box in marked if box.page == number]
    return draw(parts.page_file(edition), number, width=1_000, boxes=boxes)
