"""Which reader a file is for, by its ending: PDFs, Office files, web pages and text, read alike."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ingest.catalog.facts import Facts, in_force_from, regulates, understood
from ingest.errors import UnreadablePdf
from ingest.office import documents as office
from ingest.office import libreoffice
from ingest.pdf import documents as pdf
from ingest.pdf import whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.pages import EditionText
    from ingest.pdf.ocr import Ocr

PDF = ".pdf"

READER_VERSION = f"{pdf.READER_VERSION}+{office.READER_VERSION}"
"""Part of a generation's recipe: changes when some file would be read differently."""

_COVER_PAGES = 3
_SAMPLE = 20_000


def ending(name: str | Path) -> str:
    """Return a name's ending in small letters of ordinary width: ．ＰＤＦ ends a PDF's name too."""
    return PurePosixPath(unicodedata.normalize("NFKC", str(name))).suffix.lower()


def endings() -> frozenset[str]:
    """Return the endings of the files that can be read here."""
    return frozenset({PDF}) | office.endings()


def known() -> frozenset[str]:
    """Return the endings of what would be read if everything that helps were installed."""
    return frozenset({PDF}) | office.ENDINGS


def unread(name: str) -> UnreadablePdf | None:
    """Return why files of such a name are not read here, and what helps; None for those that are."""
    if ending(name) in endings():
        return None
    if ending(name) in office.ENDINGS:
        return libreoffice.missing(name)
    return UnreadablePdf(
        name,
        "files of this kind are not read here",
        "Save it as a PDF, or as a file that is read: Word (.docx), Excel (.xlsx), PowerPoint "
        "(.pptx), web pages (.html), text (.txt, .md, .csv).",
    )


def version(path: Path) -> str:
    """Return what changes when a file of this kind would be read differently."""
    return office.READER_VERSION if _is_office(path) else pdf.READER_VERSION


def check(path: Path) -> None:
    """Look at the bytes before a reader does.

    Raises:
        UnreadablePdf: the file is missing, empty, of another kind than its name says, locked with
            a password or cut short.
    """
    (office if _is_office(path) else whole).check(path)


def read(
    path: Path,
    *,
    ocr: Ocr | None = None,
    opened: Callable[[int], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> EditionText:
    """Read a file as `ingest.pdf.documents.read` does a PDF; *ocr* is for PDFs alone.

    Raises:
        UnreadablePdf: it cannot be read; the message says what to do.
    """
    if not _is_office(path):
        return pdf.read(path, ocr=ocr, opened=opened, progress=progress)
    text = office.read(path)
    if opened is not None:
        opened(len(text.pages))
    for page in text.pages if progress is not None else ():
        progress(page.number)  # type: ignore[misc]
    return text


def facts(path: Path, *, ocr: Ocr | None = None) -> Facts:
    """Return what a file says about itself.

    Raises:
        UnreadablePdf: see `read`.
    """
    if not _is_office(path):
        return pdf.facts(path, ocr=ocr)
    return facts_in(office.read(path))


def tells_facts(path: Path) -> bool:
    """Whether what a file says about itself is found by reading all of it (see `facts_in`)."""
    return _is_office(path)


def facts_in(text: EditionText) -> Facts:
    """Return what the text of a file that is no PDF says about itself."""
    today = datetime.now(tz=UTC).date()
    pages = text.pages[:_COVER_PAGES]
    found = understood(
        text.title, pages, today=today, last=text.pages[-1], text=text.text[:_SAMPLE]
    )
    if not regulates(found.title):
        return found
    begun = in_force_from(text.text, today=today)
    return Facts(found.title, found.edition, found.published, begun, found.language)


def _is_office(path: Path) -> bool:
    return ending(path) in office.ENDINGS
