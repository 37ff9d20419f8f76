"""How fast pages are read, beside bare PDFium: ``python -m tests.rate [FOLDER]``.

Both in this process, file by file in turn, without OCR. The bound is 0.40 of PDFium's rate.
"""

from __future__ import annotations

import ctypes
import sys
import time
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as c

from ingest.pdf import documents

BOUND = 0.40


def bare(path: Path) -> int:
    """Take the text of every page out of PDFium and nothing else; return how many pages."""
    document = pdfium.PdfDocument(path)
    count = len(document)
    for at in range(count):
        page = c.FPDF_LoadPage(document.raw, at)
        text = c.FPDFText_LoadPage(page)
        length = c.FPDFText_CountChars(text)
        buffer = (ctypes.c_ushort * (length + 1))()
        c.FPDFText_GetText(text, 0, length, buffer)
        bytes(buffer).decode("utf-16-le", "replace")
        c.FPDFText_ClosePage(text)
        c.FPDF_ClosePage(page)
    document.close()
    return count


def main(folder: Path) -> float:
    """Print pages a second of both, and return their ratio."""
    pages = 0
    spent = [0.0, 0.0]
    for path in sorted(folder.glob("**/*.pdf")):
        begin = time.perf_counter()
        pages += bare(path)
        middle = time.perf_counter()
        documents.read(path)
        spent[0] += middle - begin
        spent[1] += time.perf_counter() - middle
    ratio = spent[0] / spent[1]
    sys.stdout.write(
        f"{pages} pages: PDFium alone {pages / spent[0]:.0f}/s, read {pages / spent[1]:.0f}/s,"
        f" ratio {ratio:.2f} (bound {BOUND:.2f})\n"
    )
    return ratio


if __name__ == "__main__":
    starter = Path(__file__).parents[1] / "corpus" / "starter"
    reached = main(Path(sys.argv[1]) if len(sys.argv) > 1 else starter)
    sys.exit(0 if reached >= BOUND else 1)
