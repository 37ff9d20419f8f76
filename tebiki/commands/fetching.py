"""`tebiki dictionary` and `tebiki ocr`: what is taken from a file, or fetched once, and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ingest.translations import Bilingual
from tebiki.commands.options import Printed
from tebiki.commands.output import UNUSABLE, err, fail, spoken
from tebiki.fetched import NotFetched


def dictionary(
    file: Annotated[
        Path | None,
        typer.Argument(help="A file that was carried here: edict, its .deb, or jamdict-data's."),
    ] = None,
    *,
    given: Printed,
) -> None:
    """Fetch the dictionary (JMdict) by which English questions find Japanese pages."""
    from index.search.dictionary import at_hand
    from tebiki.dictionary import fetch, take

    edict = _kept(file, take=take, at_hand=at_hand, fetch=fetch)
    size = f"{edict.stat().st_size / 1e6:.0f} MB"
    given.tell(
        {"file": str(edict), "bytes": edict.stat().st_size},
        Bilingual(
            f"English questions are now looked up in {edict} ({size}; JMdict/EDICT, CC BY-SA, "
            "EDRDG). Restart a server that is running.",
            f"英語の質問の語を {edict} で調べます（{size}。JMdict/EDICT、CC BY-SA、EDRDG）。"
            "動いているサーバーは再起動してください。",
        ),
    )


def ocr(
    file: Annotated[
        Path | None, typer.Argument(help="The wheel of rapidocr, where it was carried here.")
    ] = None,
    *,
    given: Printed,
) -> None:
    """Fetch what reads scans and text in pictures (PP-OCRv6 small, 27 MB)."""
    from tebiki.ocr import at_hand, fetch, take

    folder = _kept(file, take=take, at_hand=at_hand, fetch=fetch)
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


def _kept(
    file: Path | None,
    *,
    take: Callable[[Path], Path],
    at_hand: Callable[[], Path | None],
    fetch: Callable[[Callable[[str], None]], Path],
) -> Path:
    """Return where it is kept: what *file* holds, what is there already, or what is fetched now."""
    try:
        return take(file) if file else at_hand() or fetch(_told)
    except NotFetched as problem:
        fail(problem.sentence)
        raise typer.Exit(UNUSABLE) from problem


def _told(step: str) -> None:
    err.print(f"{spoken(step)} …", markup=False)
