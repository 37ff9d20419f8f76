"""`tebiki check`: a text of one's own, held to the documents sentence by sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tebiki.building import build
from tebiki.commands.options import Bounds, Common, warn_of_another_corpus
from tebiki.commands.output import out, print_json

_WORDS = {
    "supported": "裏付けあり supported",
    "contradicted": "食い違い contradicted",
    "partial": "一部のみ partial",
    "unfounded": "記載なし unfounded",
}


def check(
    file: Annotated[str, typer.Argument(help='A text file in UTF-8, or "-" for standard input.')],
    *,
    bounds: Bounds,
    given: Common,
) -> None:
    """Hold a text to the documents: per sentence what they say, say otherwise, or do not say."""
    chosen = given.settings()
    warn_of_another_corpus(chosen)
    text = _text(file)
    from api.drafts import checked
    from api.schemas.drafts import CheckRequest
    from api.schemas.passages import WireFilters

    library = build(chosen).generation()
    filters = bounds.filters(library)
    told = checked(
        library,
        CheckRequest(
            text=text,
            filters=WireFilters(
                documents=list(filters.documents),
                kinds=list(filters.kinds),
                editions=list(filters.editions),
                language=filters.language,
                municipality=filters.municipality,
                as_of=filters.as_of,
                folders=list(filters.folders),
            ),
        ),
        filters.groups,
    )
    if given.as_json:
        print_json(told.model_dump(mode="json"))
        return
    for one in told.sentences:
        out.print(f"[{_WORDS[one.verdict]}] {one.text}", markup=False)
        for difference in one.differences:
            sides = f"{difference.draft or '-'} / {difference.source or '-'}"
            out.print(f"    {difference.kind}: {sides}", markup=False)
        for citation in one.citations:
            quoted = " ".join(citation.quote.split())
            out.print(f"    「{quoted}」 {citation.named('ja')}", markup=False)


def _text(file: str) -> str:
    """Return what the file says.

    Raises:
        typer.BadParameter: it cannot be read, is empty, or is longer than what is checked at once.
    """
    from bot.writing.drafts import LONGEST

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise typer.BadParameter(f"{file} cannot be read as UTF-8 text: {problem}") from problem
    if not text.strip():
        raise typer.BadParameter(f"{file} is empty; give a text to check")
    if len(text) > LONGEST:
        raise typer.BadParameter(
            f"{file} has {len(text):,} characters; at most {LONGEST:,} are checked at once"
        )
    return text
