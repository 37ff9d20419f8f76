"""`tebiki corpus`: what the corpus holds, added, listed, corrected, withdrawn, checked, fetched."""

from __future__ import annotations

import sys
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ingest import private
from tebiki.building import note, today
from tebiki.commands.options import Commands, Common
from tebiki.commands.output import LEFT_OUT, err, fail_with, out, print_json, say, spoken
from tebiki.settings import Settings

corpus_app = Commands(
    help="What the corpus holds: add, list, correct, withdraw, check, fetch.", no_args_is_help=True
)

PublishedOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which it was published.")
]
SinceOption = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its first day in force.")
]


@corpus_app.command("add")
def corpus_add(
    source: Annotated[str, typer.Argument(help="A PDF file, or the address of one.")] = "",
    *,
    document: Annotated[
        str | None, typer.Option(help="The id of the document it is an edition of.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The title of a new document.")] = None,
    edition: Annotated[
        str | None, typer.Option(help="The edition's name, such as 第2.0版.")
    ] = None,
    published: PublishedOption = None,
    in_force_from: SinceOption = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Fetch from this network too.")
    ] = False,
    unlisted: Annotated[
        bool, typer.Option("--unlisted", help="List every PDF of the corpus that is not listed.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    given: Common,
) -> None:
    """Put a PDF into the corpus: say what was understood of it, ask, and list it."""
    chosen = given.settings()
    if unlisted == bool(source):
        raise typer.BadParameter("Name a PDF file or an address, or say --unlisted.")
    if unlisted:
        _list_all(given, chosen)
        return
    from tempfile import TemporaryDirectory

    from ingest.catalog.entries import add, understood
    from ingest.catalog.fetching import Bounds, Seen, fetch

    if not chosen.corpus.is_dir():
        chosen.corpus.mkdir(parents=True)
        private.shared(chosen.corpus)
    asking = sys.stdin.isatty() and not yes
    with TemporaryDirectory() as scratch:
        url = source if "://" in source else None
        file = Path(scratch, Path(source).name or "fetched.pdf") if url else Path(source)
        if url:
            fetch(url, file, seen=Seen(), bounds=Bounds(private=allow_private))
        read = partial(
            understood, chosen.corpus, file, document=document, title=title, url=url,
            published=published.date() if published else None,
        )  # fmt: skip
        day = in_force_from.date() if in_force_from else None
        entry = read(label=edition, in_force_from=day)
        if asking and not entry.label:
            edition = typer.prompt("Which edition is it (such as 第2.0版)?")
            entry = read(label=edition, in_force_from=day)
        if asking and entry.since is None:
            entry = read(label=edition, in_force_from=_asked_day())
        new = (
            "one more edition"
            if entry.known
            else "a new document; --document ID makes it an edition of one that is listed"
        )
        (err if given.as_json else out).print(
            f"{entry.document}  {entry.title}（{entry.label or '?'}）  "
            f"in force from {entry.since or '?'}  ({new})",
            markup=False,
        )
        if asking and not typer.confirm("Add it?", default=True):
            raise typer.Exit(LEFT_OUT)
        added = add(chosen.corpus, file, entry)
    note(chosen, "DOCUMENT_ADDED", edition=added.key, file=added.path, sha256=added.sha256, url=url)
    given.tell(
        {"edition": added.key, "file": added.path, "in_force_from": str(entry.since or "")},
        f'{added.key} is listed as {added.path}. Run "tebiki refresh" to index it.',
    )


def _list_all(given: Common, chosen: Settings) -> None:
    from ingest.catalog.entries import add_unlisted

    listed = add_unlisted(chosen.corpus)
    for one in listed:
        note(chosen, "DOCUMENT_ADDED", edition=one.key, file=one.path, sha256=one.sha256)
    lines = [f"{edition.key}  {edition.document.title}  {edition.path}" for edition in listed]
    lines.append(f"{len(listed)} files are listed that were not. Correct what is wrong there.")
    given.tell({"listed": [edition.key for edition in listed]}, "\n".join(lines))


def _asked_day() -> date | None:
    """Ask for a first day in force until one is given, or none is known."""
    while True:
        said = typer.prompt("First day in force (2026-04-01; empty: not known)", default="")
        try:
            return date.fromisoformat(said.strip()) if said.strip() else None
        except ValueError:
            err.print(spoken("A day is written like 2026-04-01."))


@corpus_app.command("list")
def corpus_list(
    *,
    given: Common,
) -> None:
    """Say what the catalog and the folder hold, with what is in force today."""
    chosen = given.settings()
    from ingest.catalog import catalog

    held = catalog.read(chosen.corpus)
    rows = catalog.rows(held, today())
    if given.as_json:
        print_json(rows)
        return
    for row in rows:
        place = row["file"] or row["url"] or ""
        out.print(
            f"{catalog.state(row):<10} {row['document']}@{row['edition']}  {row['title']}  {place}",
            markup=False,
        )


@corpus_app.command("correct")
def corpus_correct(
    document: Annotated[str, typer.Argument(help="DOCUMENT or DOCUMENT@EDITION.")],
    *,
    published: PublishedOption = None,
    in_force_from: SinceOption = None,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="A group that may see it; may be repeated."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Let everybody who may ask see it.")
    ] = False,
    owner: Annotated[
        str | None, typer.Option(help="Who answers for it and hears of mistakes.")
    ] = None,
    given: Common,
) -> None:
    """Put other facts into the catalog; what is not named stays as it is."""
    chosen = given.settings()
    from ingest.catalog.entries import correct

    if group and everybody:
        raise typer.BadParameter("Name groups, or say --everybody.")
    groups = [] if everybody else group
    if all(each is None for each in (published, in_force_from, groups, owner)):
        err.print(
            spoken(
                "Name what is to be corrected: --published, --in-force-from, --group, --everybody "
                "or --owner."
            ),
            style="red",
        )
        raise typer.Exit(2)
    name, _, label = document.partition("@")
    now = correct(
        chosen.corpus,
        name,
        label or None,
        published=published.date() if published else None,
        in_force_from=in_force_from.date() if in_force_from else None,
        groups=groups,
        owner=owner,
    )
    days = {
        "published": str(now.published or ""),
        "in_force_from": str(now.in_force_from or now.published or ""),
        "groups": list(now.groups),
        "owner": now.document.owner,
    }
    note(chosen, "DOCUMENT_CORRECTED", edition=now.key, **days)
    given.tell(
        {"edition": now.key, **days},
        f"{now.key} was published {days['published'] or '?'} and is in force from "
        f"{days['in_force_from'] or '?'}; it is seen by {', '.join(now.groups) or 'everybody'}. "
        'Run "tebiki refresh".',
    )


@corpus_app.command("bind")
def corpus_bind(
    folder: Annotated[str, typer.Argument(help="A folder of the corpus, such as 人事/給与.")],
    *,
    group: Annotated[
        list[str] | None,
        typer.Option("--group", help="A group that may see it; may be repeated (none: everybody)."),
    ] = None,
    given: Common,
) -> None:
    """Let only some groups see what lies in a folder; a document's own groups win over it."""
    chosen = given.settings()
    from ingest.catalog.entries import bind_folder

    folder = bind_folder(chosen.corpus, folder, group or ())
    note(chosen, "DOCUMENT_CORRECTED", folder=folder, groups=group or [])
    given.tell(
        {"folder": folder, "groups": group or []},
        f'{folder} is seen by {", ".join(group or ()) or "everybody"}. Run "tebiki refresh".',
    )


@corpus_app.command("withdraw")
def corpus_withdraw(
    document: Annotated[str, typer.Argument(help="DOCUMENT or DOCUMENT@EDITION.")],
    *,
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="The first day on which it no longer counts (today)."
        ),
    ] = None,
    given: Common,
) -> None:
    """Let an edition no longer count; answers "as of" an earlier day still quote it."""
    chosen = given.settings()
    from ingest.catalog.entries import withdraw

    name, _, label = document.partition("@")
    gone = withdraw(chosen.corpus, name, label or None, on.date() if on else today())
    note(chosen, "DOCUMENT_WITHDRAWN", edition=gone.key, withdrawn_on=gone.withdrawn_on)
    given.tell(
        {"edition": gone.key, "withdrawn_on": str(gone.withdrawn_on)},
        f'{gone.key} no longer counts from {gone.withdrawn_on}. Run "tebiki refresh".',
    )


@corpus_app.command("check")
def corpus_check(
    *,
    given: Common,
) -> None:
    """Compare the catalog with the files: strays, absent ones, other bytes, duplicates."""
    chosen = given.settings()
    from index.refresh.reports import problems_json
    from ingest.catalog import catalog

    held = catalog.read(chosen.corpus)
    problems = (*held.problems, *held.unreadable.values())
    count = sum(edition.held for edition in held.editions) - len(held.unreadable)
    there = (chosen.corpus / catalog.CATALOG).exists()
    if given.as_json:
        told = {"held": count, "catalog": there, "notices": list(held.notices)}
        print_json(told | {"problems": problems_json(problems)})
    for notice in () if given.as_json else held.notices:
        err.print(notice, markup=False)
    for problem in () if given.as_json else problems:
        fail_with(problem)
    if not given.as_json and not there:
        said = (
            f"There is no {catalog.CATALOG} in {chosen.corpus}, so there is nothing to compare "
            f"with: each of {count} PDFs counts as a document of its own. "
            '"tebiki corpus add FILE" lists one with its edition and dates, and writes the catalog.'
        )
        say(spoken(said))
    if problems:
        raise typer.Exit(LEFT_OUT)
    if not given.as_json and there:
        out.print(spoken(f"{count} editions are held and as the catalog says."))


@corpus_app.command("fetch")
def corpus_fetch(
    *,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Fetch from this network too.")
    ] = False,
    given: Common,
) -> None:
    """Ask the official addresses in the catalog for new editions."""
    chosen = given.settings()
    from index.refresh.reports import problems_json
    from ingest.catalog.fetching import Bounds, added, fetch_all

    outcomes = fetch_all(
        chosen.corpus,
        chosen.home,
        today(),
        bounds=Bounds(private=allow_private),
        told=lambda url: err.print(url, markup=False),
    )
    failed = [outcome.problem for outcome in outcomes if outcome.problem]
    new = added(outcomes)
    for one in new:
        note(chosen, "DOCUMENT_ADDED", edition=one.key, file=one.path, url=one.url)
    for problem in failed:
        fail_with(problem)
    lines = [f"{edition.key}  {edition.path}" for edition in new]
    lines.append(
        f"{len(outcomes)} addresses asked, {len(new)} editions new. "
        'Run "tebiki refresh" to index them.'
        if outcomes
        else "The catalog names no address."
    )
    told = {
        "asked": len(outcomes),
        "added": [{"edition": edition.key, "file": edition.path} for edition in new],
        "problems": problems_json(failed),
    }
    given.tell(told, "\n".join(lines))
    if failed:
        raise typer.Exit(LEFT_OUT)
