"""`tebiki generations`, `rollback` and `diff`: which index answers, and what a revision changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from tebiki.building import build, generations_of, note, roll_back_to
from tebiki.commands.options import Common
from tebiki.commands.output import out, print_json, write


def list_generations(
    *,
    given: Common,
) -> None:
    """List the generations that are kept: the newest three, the current one, and those in use."""
    from index.refresh import reports

    kept = generations_of(given.settings())
    if given.as_json:
        print_json(reports.generations_json(kept))
        return
    for line in reports.generation_lines(kept):
        out.print(line, markup=False)


def rollback(
    to: Annotated[
        str | None, typer.Argument(help="A generation (g000007 or 7); without it the one before.")
    ] = None,
    *,
    given: Common,
) -> None:
    """Answer from an earlier generation again, at once; a refresh does not undo it."""
    chosen = given.settings()
    name = f"g{int(to):06d}" if to and to.isdigit() else to
    current = roll_back_to(chosen, name)
    note(chosen, "ROLLED_BACK", generation=current)
    given.tell({"generation": current}, f"{current} is current.")


def diff(
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
    given: Common,
) -> None:
    """Say what changed between two editions, section by section, with both pages."""
    generation = build(given.settings()).generation()
    from index.revisions import redline
    from index.revisions.changes import editions_of
    from index.revisions.matching import compare

    before, after = editions_of(generation.editions, document, old, new)
    held = generation.sentences(before), generation.sentences(after)
    revision = compare(before, generation.text(before), after, generation.text(after), held)
    language: Literal["ja", "en"] = "en" if english else "ja"
    if html:
        write(html, redline.page(revision, language))
    if given.as_json:
        print_json(redline.as_json(revision, language))
        return
    for line in redline.lines(revision, language):
        out.print(line, markup=False)
