"""`tebiki refresh`: read the PDFs and make the index current, once or whenever they change."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from tebiki.building import configured_embedder, hold_current, note, place_of
from tebiki.commands.options import Common
from tebiki.commands.output import (
    LEFT_OUT,
    UNUSABLE,
    err,
    fail,
    fail_with,
    out,
    print_json,
    progress,
    spoken,
    told_as_words,
)
from tebiki.places import BUNDLED
from tebiki.refreshing import deeds, reader, refreshed
from tebiki.settings import Settings

if TYPE_CHECKING:
    from index.refresh.plan import Plan
    from index.refresh.reports import RefreshReport
    from ingest.catalog.catalog import Catalog


def refresh(
    *,
    given: Common,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Build everything anew.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Publish whatever the evaluation says; recorded.")
    ] = False,
    reason: Annotated[
        str, typer.Option(help="Why it is published all the same (--accept); recorded.")
    ] = "",
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Go on, and refresh whenever the folder has changed (--full: the first time).",
        ),
    ] = False,
) -> None:
    """Read the PDFs and make the index current; answers go on from the old one meanwhile."""
    chosen = given.settings()
    from index.generations import manifests, pointers
    from index.refresh.plan import embedder_name, plan, recipe
    from index.refresh.resources import GLOSSARY, READINGS
    from index.search import glossary
    from ingest.catalog import catalog

    if dry_run:
        listed = catalog.read(chosen.corpus, kept=chosen.home / READINGS)
        common = glossary.read(BUNDLED / GLOSSARY)
        hold_current(chosen)
        name = pointers.current(chosen.home)
        manifest = manifests.read_manifest(manifests.folder_of(chosen.home, name)) if name else None
        wanted = recipe(
            embedder_name(configured_embedder(chosen)),
            glossary.hash_of(common.joined(glossary.read(chosen.corpus / GLOSSARY))),
            reader(),
            place_of(chosen),
        )
        _say_plan(plan(listed, manifest, wanted), listed, as_json=given.as_json)
        if listed.problems:
            raise typer.Exit(LEFT_OUT)
        return
    if watch:
        from index.refresh.watching import watch as watched

        everything = full

        def again() -> bool:
            nonlocal everything
            done = _refresh_and_say(chosen, full=everything, accept=accept, as_json=given.as_json)
            everything = everything and not done
            return done

        watched(chosen.corpus, again)
        return
    with progress(show=not given.as_json) as told:
        report = refreshed(chosen, told, full=full, accept=accept)
    _note(chosen, report, reason)
    _say_report(report, as_json=given.as_json)
    if report.poor_pages and not given.as_json:
        _say_what_ocr_would_do()
    if report.generation is None:
        raise typer.Exit(UNUSABLE)
    if report.problems:
        raise typer.Exit(LEFT_OUT)


def _refresh_and_say(chosen: Settings, *, full: bool, accept: bool, as_json: bool) -> bool:
    """Refresh once; what goes wrong is told, and the watch goes on.

    Returns:
        Whether there is nothing to try again: what the gate refused, it would refuse again.
    """
    from index.refresh.resources import NotAllowed

    refused = False
    with suppress(typer.Exit), told_as_words(), progress(show=not as_json) as told:
        try:
            report = refreshed(chosen, told, full=full, accept=accept)
            _note(chosen, report, "")
        except NotAllowed:
            refused = True
            raise
        _say_report(report, as_json=as_json)
        return True
    return refused


def _note(chosen: Settings, report: RefreshReport, reason: str) -> None:
    """Record a refresh that published something, and the gate's reasons where it overrode them."""
    for deed, what in deeds(chosen, report, reason):
        note(chosen, deed, **what)


def _say_plan(plan: Plan, listed: Catalog, *, as_json: bool) -> None:
    from index.refresh import reports

    if as_json:
        print_json(reports.plan_json(plan, listed))
        return
    for line in reports.plan_lines(plan):
        out.print(line, markup=False)
    for problem in listed.problems:
        fail_with(problem)


def _say_what_ocr_would_do() -> None:
    from ingest.pdf import ocr_engines

    if lacking := ocr_engines.missing():
        err.print(spoken(lacking), markup=False, soft_wrap=True)


def _say_report(report: RefreshReport, *, as_json: bool) -> None:
    from index.refresh import reports

    if as_json:
        print_json(reports.report_json(report))
        return
    if said := reports.outcome(report):
        out.print(spoken(said))
    else:
        fail("No PDF could be read, so there is no index.")
    for line in reports.remarks(report):
        err.print(spoken(line), markup=False)
    for problem in report.problems:
        fail_with(problem)
