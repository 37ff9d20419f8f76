"""`tebiki ocr`: what reads scans and text in pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.translations import Bilingual
from tebiki.commands.options import Printed
from tebiki.commands.output import UNUSABLE, err, fail, spoken


def ocr(
    file: Annotated[
        Path | None, typer.Argument(help="The wheel of rapidocr, where it was carried here.")
    ] = None,
    *,
    given: Printed,
) -> None:
    """Fetch what reads scans and text in pictures (PP-OCRv6 small, 27 MB)."""
    from tebiki.fetched import NotFetched
    from tebiki.ocr import at_hand, fetch, take

    def told(step: str) -> None:
        err.print(f"{spoken(step)} …", markup=False)

    try:
        kept = take(file) if file else at_hand() or fetch(told)
    except NotFetched as problem:
        fail(problem.sentence)
        raise typer.Exit(UNUSABLE) from problem
    size = sum(one.stat().st_size for one in kept.iterdir())
    given.tell(
        {"folder": str(kept), "bytes": size},
        Bilingual(
            f"Scans and text in pictures are now read by PP-OCRv6 small ({kept}, "
            f"{size / 1e6:.0f} MB; PaddleOCR, Apache-2.0), from the next refresh on.",
            f"スキャンや図の文字をPP-OCRv6 small（{kept}、{size / 1e6:.0f}MB。PaddleOCR、"
            "Apache-2.0）で読みます。次の「tebiki refresh」から使われます。",
        ),
    )
