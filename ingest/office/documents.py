"""A file that is no PDF becomes an edition's text: sections, sheets or slides for pages."""

from __future__ import annotations

import unicodedata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ingest.errors import UnreadablePdf
from ingest.office import excel, html, libreoffice, markdown, packages, slides, text, word

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.pages import EditionText

READER_VERSION = "4"
"""Changes when the same file would be read differently: what was read before is read again."""

_READERS: dict[str, Callable[[Path], EditionText]] = {
    ".txt": text.read_text,
    ".md": markdown.read,
    ".csv": text.read_csv,
    ".tsv": text.read_csv,
    ".docx": word.read,
    ".docm": word.read,
    ".xlsx": excel.read,
    ".xlsm": excel.read,
    ".pptx": slides.read,
    ".pptm": slides.read,
    ".html": html.read,
    ".htm": html.read,
}

ENDINGS = frozenset(_READERS) | frozenset(libreoffice.BECOMES)
"""Endings of the files that this room is asked about."""

_PACKED = frozenset({".docx", ".docm", ".xlsx", ".xlsm", ".pptx", ".pptm"})

_OLD = (b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"{\\rtf")
"""How files begin that LibreOffice is given: a web page that is called .xls is not one of them."""

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP or Office file (Word, Excel, PowerPoint)"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_PAGE = (b"<html", b"<!doctype html", b"<table")


def endings() -> frozenset[str]:
    """Return the endings of the files that can be read here."""
    return ENDINGS if libreoffice.installed() else frozenset(_READERS)


def check(path: Path) -> None:
    """Look at the bytes before a reader does.

    Raises:
        UnreadablePdf: the file is missing, empty, of another kind than its name says, or one for
            LibreOffice, which is not there.
    """
    name = str(path)
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as error:
        raise UnreadablePdf.of(name, error) from error
    if not head:
        raise UnreadablePdf(name, "the file is empty (0 bytes)", "Copy or download it again.")
    if _ending(path) in libreoffice.BECOMES:
        _check_old(path, head)
        return
    packed = _ending(path) in _PACKED
    if packed and packages.is_locked(head, path):
        raise UnreadablePdf(
            name,
            "it is locked with a password",
            "Save a copy without a password and put that in its place.",
        )
    if packed and head.startswith(b"PK"):
        return
    what = next((what for sign, what in _SIGNATURES if head.startswith(sign)), "")
    if packed and not what:
        what = "something else"
    if what:
        raise _misnamed(path, what)


def _check_old(path: Path, head: bytes) -> None:
    if not libreoffice.installed():
        raise libreoffice.missing(str(path))
    if not head.startswith(_OLD):
        # Many systems write their lists as a web page and call it .xls.
        page = any(sign in head.lower() for sign in _PAGE)
        found = (what for sign, what in _SIGNATURES if head.startswith(sign))
        raise _misnamed(path, next(found, "a web page" if page else "something else"))


def _misnamed(path: Path, what: str) -> UnreadablePdf:
    return UnreadablePdf(
        str(path),
        f"its name ends with {_ending(path)}, but it is {what}",
        "Give it the ending of what it is, or export it again.",
    )


def read(path: Path) -> EditionText:
    """Read a whole file.

    Raises:
        UnreadablePdf: it cannot be read, or there is nothing to be read in it.
    """
    check(path)
    try:
        found = _found(path)
    except (MemoryError, UnreadablePdf):
        raise
    except Exception as problem:  # a damaged file breaks a reader in any way it likes
        raise UnreadablePdf(
            str(path),
            f"its structure is damaged ({type(problem).__name__}: {problem})",
            "Copy it again, or open it in its program and save it anew.",
        ) from problem
    if not any(page.text.strip() for page in found.pages):
        raise UnreadablePdf(
            str(path), "there is no text in it", "If it holds only pictures, save it as a PDF."
        )
    return found


def _found(path: Path) -> EditionText:
    if _ending(path) not in libreoffice.BECOMES:
        return _READERS[_ending(path)](path)
    with libreoffice.converted(path, _ending(path)) as newer:
        try:
            return _READERS[newer.suffix](newer)
        except UnreadablePdf as problem:
            raise UnreadablePdf(str(path), problem.reason, problem.advice) from problem


def _ending(path: Path) -> str:
    return PurePosixPath(unicodedata.normalize("NFKC", path.name)).suffix.lower()
