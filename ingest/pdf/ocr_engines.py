"""Which engine reads pictures here: what this machine has, and what the installation wants of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.pdf.ocr import Engine

AUTO, OFF = "auto", "off"
CHOICES = (AUTO, "ppocr", "tesseract", OFF)
"""What may be wanted: the best that is installed, one of them, or none."""

ADVICE = "tebiki ocr"
MISSING = (
    "Scans, garbled pages and text in pictures stay unread: no OCR is installed"
    ' ("tebiki ocr" fetches one).'
)
NOT_HERE = (
    "Scans, garbled pages and text in pictures stay unread: TEBIKI_OCR asks for {}, which is not"
    ' installed ("tebiki ocr" fetches ppocr).'
)

# A fact of the installation, like the programs on its PATH: everything that reads files asks for
# it, from the catalog to the viewer, and a reading process is told it on its command line.
_wanted = [AUTO]


def want(choice: str) -> None:
    """Let this process read with one of `CHOICES` from now on."""
    _wanted[0] = choice


@cache
def _engines() -> dict[str, Engine]:
    """The engines by name, the better one first."""
    from ingest.pdf.ppocr import Ppocr
    from ingest.pdf.tesseract import Tesseract

    return {one.name: one for one in (Ppocr(), Tesseract())}


def named(name: str) -> Engine:
    """Return the engine of a name; there must be one."""
    return _engines()[name]


def engine() -> Engine | None:
    """Return the engine that reads here, the better one where both are installed; None without."""
    fitting = (one for name, one in _engines().items() if _wanted[0] in {AUTO, name})
    return next((one for one in fitting if one.reads_with), None)


def reads_with() -> str:
    """Name what pictures are read with, with all that shapes a reading; empty without an engine."""
    found = engine()
    return f"{found.name}-{found.reads_with}" if found else ""


def missing() -> str:
    """Say in a line what is not read here and what would change that; empty where nothing lacks."""
    found, wanted = engine(), _wanted[0]
    if wanted == OFF:
        return ""
    if found is None:
        return MISSING if wanted == AUTO else NOT_HERE.format(wanted)
    return found.lacking
