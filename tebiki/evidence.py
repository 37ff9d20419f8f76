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
    from bot.telling.evidence_sheet import Exhibit, shown_citations

    return tuple(
        Exhibit(citation, tuple(_pictures(parts, citation))) for citation in shown_citations(answer)
    )


def _pictures(parts: Parts, citation: Citation) -> Iterator[Picture]:
    """Yield the pages of a citation as they look, its quotation marked; none without the PDF."""
    from bot.telling.evidence_sheet import Picture
    from ingest.errors import UnreadablePdf

    for number in citation.pages:
        with suppress(UnreadablePdf, FileNotFoundError):
            image = page_image(parts, citation.edition, number, citation.start, citation.end)
            yield Picture(number, image)


def page_image(parts: Parts, edition: Edition, number: int, start: int, end: int) -> bytes:
    """Return a page as a PNG, the span between two offsets of its edition's text marked."""
    from ingest.rendering import draw

    library = parts.generation()
    # An old answer shows its page from the kept PDF, though its text is no longer indexed.
    marked = library.text(edition).boxes(start, end) if edition in library.editions else ()
    boxes = [box for box in marked if box.page == number]
    return draw(parts.page_file(edition), number, width=1_000, boxes=boxes)
