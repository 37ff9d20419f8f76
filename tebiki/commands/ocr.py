"""`tebiki ocr`: what reads scans and text in pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.translations import Bilingual
from tebiki.commands.fetching import kept
from tebiki.commands.options import Printed


def ocr(
    file: Annotated[
        Path | None, typer.Argument(help="The wheel of rapidocr, where it was carried here.")
    ] = None,
    *,
    given: Printed,
) -> None:
    """Fetch what reads scans and text in pictures (PP-OCRv6 small, 27 MB)."""
    from tebiki.ocr import at_hand, fetch, take

    folder = kept(file, take=take, at_hand=at_hand, fetch=fetch)
    size = sum(one.stat().st_size for one in folder.iterdir())
    given.tell(
        {"folder": str(folder), "bytes": size},
        Bilingual(
            f"Scans and text in pictures are now read by PP-OCRv6 small ({folder}, "
            f"{size / 1e6:.0f} MB; PaddleOCR, Apache-2.0), from the next refresh on.",
            f"スキャンや図の文字をPP-OCRv6 small（{folder}、{size / 1e6:.0f}MB。PaddleOCR、"
            "Apache-2.0）で読みます。次の「tebiki refresh」から使われます。",
        ),
    )
