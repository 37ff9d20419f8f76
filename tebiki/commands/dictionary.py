"""`tebiki dictionary`: the dictionary for English questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.translations import Bilingual
from tebiki.commands.options import Printed
from tebiki.commands.output import UNUSABLE, err, fail, spoken


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
    from tebiki.fetched import NotFetched

    def told(step: str) -> None:
        err.print(f"{spoken(step)} …", markup=False)

    try:
        kept = take(file) if file else at_hand() or fetch(told)
    except NotFetched as problem:
        fail(problem.sentence)
        raise typer.Exit(UNUSABLE) from problem
    size = f"{kept.stat().st_size / 1e6:.0f} MB"
    given.tell(
        {"file": str(kept), "bytes": kept.stat().st_size},
        Bilingual(
            f"English questions are now looked up in {kept} ({size}; JMdict/EDICT, CC BY-SA, "
            "EDRDG). Restart a server that is running.",
            f"英語の質問の語を {kept} で調べます（{size}。JMdict/EDICT、CC BY-SA、EDRDG）。"
            "動いているサーバーは再起動してください。",
        ),
    )
