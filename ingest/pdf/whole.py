"""What the bytes of a file tell before an engine looks at it: whether it is a PDF, and whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import UnreadablePdf

if TYPE_CHECKING:
    from pathlib import Path


def check(path: Path) -> None:
    """Look at the bytes before an engine does.

    Raises:
        UnreadablePdf: the file is missing, empty, not a PDF or cut short.
    """
    name = str(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(1024)
            file.seek(max(0, size - 65536))
            tail = file.read()
    except OSError as error:
        raise UnreadablePdf.of(name, error) from error
    if not size:
        raise UnreadablePdf(name, "the file is empty (0 bytes)", "Copy or download it again.")
    if b"%PDF-" not in head:
        raise UnreadablePdf(
            name,
            f"this is not a PDF but {_what(head)}",
            "Export it as a PDF and put that in its place.",
        )
    if b"%%EOF" not in tail and b"startxref" not in tail:
        raise UnreadablePdf(
            name,
            f"the end of the file is missing after {size:,} bytes, so it was probably cut short",
            "Copy or download it again.",
        )


def _what(head: bytes) -> str:
    """Name what the first bytes of a file look like."""
    if head.startswith(b"PK"):
        return "a ZIP or Office file (Word, Excel, PowerPoint)"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "an old Office file"
    if head.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8", b"II*\0", b"MM\0*")):
        return "a picture"
    if b"<html" in head.lower() or b"<!doctype html" in head.lower():
        return "a web page; the download may have been an error page"
    return "something else"
