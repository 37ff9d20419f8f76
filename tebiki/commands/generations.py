"""`tebiki generations`, `rollback` and `diff`: which index answers, and what a revision changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tebiki.building import build, generations_of, roll_back_to
from tebiki.commands.options import CorpusOption, HomeOption, JsonOption, chosen_by
from tebiki.commands.output import out, print_json, tell, told_as_words, write


def list_generations(
    context: typer.Context,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the generations that are kept: the newest three, the current one, and those in use."""
    with told_as_words():
        from index.refresh import reports

        kept = generations_of(chosen_by(context, home, corpus))
        if as_json:
            print_json(reports.generations_json(kept))
            return
        for line in reports.generation_lines(kept):
            out.print(line, markup=False)


def rollback(
    context: typer.Context,
    to: Annotated[
        str | None, typer.Argument(help="A generation (g000007 or 7); without it the one before.")
    ] = None,
    *,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer from an earlier generation again, at once; a refresh does not undo it."""
    with told_as_words():
        chosen = chosen_by(context, home, corpus)
        name = f"g{int(to):06d}" if to and to.isdigit() else to
        current = roll_back_to(chosen, name)
        tell({"generation": current}, f"{current} is current.", as_json=as_json)


def diff(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="The document's id.")],
    old: Annotated[
        str | None, typer.Argument(help="The earlier edition; without it, the one before the last.")
    ] = None,
    new: Annotated[
        str | None, typer.Argument(help="The later edition; without it, the last.")
    ] = None,
    *,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with both sides here.")
    ] = None,
    english: Annotated[bool, typer.Option("--english", help="Tell it in English.")] = False,
    home: HomeOption = None,
    corpus: CorpusOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two editions, section by section, with both pages."""
    with told_as_words():
        generation = build(chosen_by(context, home, corpus)).generation()
        from index.revisions import redline
        from index.revisions.revisions import compare, editions_of

        before, after = editions_of(generation.editions, document, old, new)
        revision = compare(before, generation.text(before), after, generation.text(after))
        language: Literal["ja", "en"] = "en" if english else "ja"
        if html:
            write(html, redline.page(revision, language))
        if as_json:
            print_json(redline.as_json(revision, language))
            return
        for line in redline.lines(revision, language):
            out.print(line, markup=False)
