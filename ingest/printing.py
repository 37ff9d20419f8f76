"""Office files as they look on paper: printed once by LibreOffice, where it is installed.

The pages of a file that has none are those of its printer. A place on them is found by its words,
so there is a picture only where nearly all of them are found.
"""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from bisect import bisect_left
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ingest import rendering
from ingest.errors import UnreadablePdf
from ingest.formats import ending
from ingest.office import libreoffice
from ingest.reading import read_one, sha256_of
from ingest.reading_processes import Bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.pages import EditionText

KINDS = frozenset({".docx", ".docm", ".xlsx", ".xlsm", ".pptx", ".pptm", *libreoffice.BECOMES})
"""Kinds that are printed; web pages and text are shown as they are."""

LARGEST_MB = 20
"""How large a file is printed: thousands of pages help nobody to see one place."""

KEPT = 40
"""How many printed files are kept, the last ones."""

_TIMEOUT_S = 60.0
_FOUND, _ANYWHERE, _PIECE = 0.8, 3, 2
_SPACE = re.compile(r"\s+")


def offered(path: Path) -> bool:
    """Whether a file can be shown as it is printed."""
    return ending(path) in KINDS and libreoffice.installed()


def draw(path: Path, said: str, before: float, *, width: int) -> bytes | None:
    """Return the printed page on which *said* begins as a PNG, the words marked.

    *before* is the share of the file's text before it, from 0 to 1: the nearest of several places
    counts. None where it is not found on one page.

    Raises:
        UnreadablePdf: the file cannot be printed here.
    """
    press = _press()
    pdf = press.printed(path)
    text = press.read(pdf)
    spans = places(text.text, said, before)
    boxes = [box for start, end in spans for box in text.boxes(start, end)]
    if not boxes:
        return None
    return rendering.draw(pdf, boxes[0].page, width=width, boxes=boxes)


def places(text: str, said: str, before: float) -> Sequence[tuple[int, int]]:
    """Return where the words of *said* stand in *text*, in order; nothing where few are found.

    White space does not count. What does not stand there whole is looked for piece by piece, cell
    by cell, around its longest piece.
    """
    kept = [at for at, one in enumerate(text) if not one.isspace()]
    plain = "".join(text[at] for at in kept)
    whole = _SPACE.sub("", said)
    aim = round(before * len(plain))

    def span(at: int, words: str) -> tuple[int, int]:
        return kept[at], kept[at + len(words) - 1] + 1

    if (at := _nearest(plain, whole, aim)) is not None:
        return [span(at, whole)]
    pieces = [one for one in map(_plain, re.split(r"[\t\n]", said)) if len(one) >= _PIECE]
    if not pieces:
        return []
    longest = max(pieces, key=len)
    at = _nearest(plain, longest, aim)
    if at is None:
        return []
    reach = _ANYWHERE * len(whole)
    first, last = max(0, at - reach), at + reach
    around = plain[first:last]
    found = [
        span(first + place, piece)
        for piece in pieces
        if (place := _nearest(around, piece, at - first)) is not None
    ]
    told = sum(len(piece) for piece in pieces if piece in around)
    return sorted(set(found)) if told >= _FOUND * sum(map(len, pieces)) else []


def _plain(words: str) -> str:
    return _SPACE.sub("", words)


def _nearest(text: str, words: str, aim: int) -> int | None:
    """Where *words* begin in *text*, as near to *aim* as they do anywhere."""
    if not words:
        return None
    found: list[int] = []
    at = text.find(words)
    while at >= 0:
        found.append(at)
        at = text.find(words, at + len(words))
    if not found:
        return None
    place = bisect_left(found, aim)
    return min(found[max(0, place - 1) : place + 1], key=lambda one: abs(one - aim))


class _Press:
    """Prints one file at a time, and keeps what it printed last for as long as the process lives."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tebiki-printed-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._lock = Lock()
        self._printed: dict[str, Path | UnreadablePdf] = {}

    def printed(self, path: Path) -> Path:
        if path.stat().st_size > LARGEST_MB << 20:
            raise UnreadablePdf(
                str(path), f"it is larger than {LARGEST_MB} MB", "Its text is shown instead."
            )
        digest = sha256_of(path)
        with self._lock:
            found = self._printed.pop(digest, None)
            if found is None:
                found = self._print(path, digest)
            self._printed[digest] = found
            while len(self._printed) > KEPT:
                gone = self._printed.pop(next(iter(self._printed)))
                if isinstance(gone, Path):
                    gone.unlink(missing_ok=True)
        if isinstance(found, UnreadablePdf):
            raise found
        return found

    def _print(self, path: Path, digest: str) -> Path | UnreadablePdf:
        to = self._folder / f"{digest}.pdf"
        try:
            with libreoffice.printed(path, ending(path)) as made:
                shutil.copyfile(made, to)
        except UnreadablePdf as problem:
            return problem
        return to

    def read(self, pdf: Path) -> EditionText:
        bounds = Bounds(timeout_s=_TIMEOUT_S)
        return read_one(pdf, cache=pdf.parent / "read", with_ocr=False, bounds=bounds)


@cache
def _press() -> _Press:
    return _Press()
