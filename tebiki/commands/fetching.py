"""What `tebiki ocr` and `tebiki dictionary` have in common: taken from a file, or fetched once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import typer

from tebiki.commands.output import UNUSABLE, err, fail, spoken
from tebiki.fetched import NotFetched


def kept(
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
