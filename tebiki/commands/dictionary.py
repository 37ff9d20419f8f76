"""`tebiki dictionary`: the dictionary for English questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ingest.translations import Bilingual
from tebiki.commands.fetching import kept
from tebiki.commands.options import Printed


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

    edict = kept(file, take=take, at_hand=at_hand, fetch=fetch)
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
