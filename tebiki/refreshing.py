"""A refresh with the settings of this installation: what it reads with, and who passes it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tebiki.building import (
    build,
    configured_embedder,
    configured_reranker,
    embedder_of,
    have_models,
    shared_of,
    tells_owners,
    today,
)
from tebiki.places import BUNDLED
from tebiki.settings import Settings

if TYPE_CHECKING:
    from index.refresh.reports import RefreshReport
    from ingest.errors import UnreadablePdf
    from ingest.pages import EditionText


log = logging.getLogger(__name__)


def refreshed(
    chosen: Settings,
    told: Callable[[str, float], None],
    *,
    full: bool = False,
    accept: bool = False,
) -> RefreshReport:
    """Bring the index up to date with the corpus; *told* hears of each step.

    The bundled questions and the corpus' own are put to the new index before it goes live. A
    re-ranker is no part of the index, but one that cannot be loaded is found out here.

    Raises:
        IngestError, IndexingError, EvalError: as `index.refresh.refresh.carry_out` and the gate say.
    """
    from evals.candidate import gate
    from index.refresh.refresh import carry_out
    from index.refresh.resources import GLOSSARY, READINGS, Resources
    from index.search import glossary
    from ingest.catalog import catalog

    have_models(chosen)
    if reranker := configured_reranker(chosen):
        told("loading the re-ranker", 0.0)
        reranker.load()
    notes: list[str] = []
    resources = Resources(
        chosen.corpus,
        chosen.home,
        _reading(chosen, told, notes.append),
        reader(),
        configured_embedder(chosen, lambda share: told("embedding", share)),
        gate(
            chosen.home,
            chosen.corpus,
            lambda recipe, folder: embedder_of(chosen, recipe, folder),
            today=today,
            told=lambda share: told("checking", share),
            noted=notes.append,
        ),
        progress=told,
        accept=accept,
        today=today,
        common=glossary.read(BUNDLED / GLOSSARY),
        shared=shared_of(chosen),
    )
    report = carry_out(
        catalog.read(chosen.corpus, kept=chosen.home / READINGS), resources, full=full
    )
    return replace(report, notices=(*report.notices, *notes))


def deeds(
    chosen: Settings, report: RefreshReport, reason: str
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield what the audit stream says of a refresh that published something, by name of deed.

    Where the gate was overridden, its reasons are said and the *reason* that was given for it.
    """
    from index.generations.manifests import folder_of, read_manifest

    if not report.published or report.generation is None:
        return
    plan = report.plan
    told: dict[str, object] = {
        name: [edition.key for edition in editions if edition.held]
        for name, editions in (
            ("added", plan.added), ("revised", plan.revised), ("withdrawn", plan.withdrawn),
        )
    }  # fmt: skip
    yield "REFRESHED", {"generation": report.generation, **told}
    if accepted := read_manifest(folder_of(chosen.home, report.generation)).accepted:
        said = {"gate": list(accepted), "reason": reason}
        yield "OVERRIDDEN", {"generation": report.generation, **said}
    yield from doubted(chosen)


def doubted(chosen: Settings) -> Iterator[tuple[str, dict[str, object]]]:
    """Mark the approved answers that what is current took the ground from, and tell their owners.

    Yields what the audit stream says of each.
    """
    from bot import owners
    from bot.ledger.approved import ApprovedAnswers, checked
    from bot.ledger.errors import LedgerUnavailable

    try:
        parts = build(chosen)
        for one in checked(ApprovedAnswers(parts.record), parts.generation(), today()):
            log.warning(
                "approved answer %s (%s) is to be checked by %s: %s",
                one.id, one.question, one.owner or one.by, one.doubt,
            )  # fmt: skip
            tells_owners(chosen, parts.record)(one.owner, owners.doubted(one))
            yield "APPROVAL_DOUBTED", {"id": one.id, "owner": one.owner or one.by, "why": one.doubt}
    except LedgerUnavailable as problem:
        log.warning("approved answers were not compared with the new index: %s", problem)


def _reading(
    chosen: Settings, told: Callable[[str, float], None], noted: Callable[[str], None]
) -> Callable[[Mapping[str, Path]], Iterator[tuple[str, EditionText | UnreadablePdf]]]:
    """Return what reads many PDFs, in processes of their own, and notes what is personal in them."""
    from bot.guard import remark
    from index.refresh.resources import READINGS
    from ingest.personal.finding import personal_pages
    from ingest.reading import read_each
    from ingest.reading_processes import Progress as Read

    def moved(on: Read) -> None:
        pages = f"{on.pages:,} of {'' if on.opened == on.files else 'about '}{on.expected:,} pages"
        told(f"reading ({pages}, {on.rate:.0f}/s)", on.pages / max(on.expected, 1))

    def reading(files: Mapping[str, Path]) -> Iterator[tuple[str, EditionText | UnreadablePdf]]:
        for name, one in read_each(files, cache=chosen.home / READINGS, progress=moved):
            if not isinstance(one, Exception) and (
                pages := personal_pages(page.text for page in one.pages)
            ):
                noted(remark(name, pages))
            yield name, _named(one, chosen.corpus)

    return reading


def _named(outcome: EditionText | UnreadablePdf, corpus: Path) -> EditionText | UnreadablePdf:
    """Return what was read; a file that could not be is named as the corpus folder names it."""
    from ingest.errors import UnreadablePdf

    if isinstance(outcome, UnreadablePdf) and Path(outcome.path).is_relative_to(corpus):
        name = Path(outcome.path).relative_to(corpus).as_posix()
        return UnreadablePdf(name, outcome.reason, outcome.advice)
    return outcome


def reader() -> str:
    """Return what PDFs are read with here: with OCR, or without where no engine is installed."""
    from ingest.formats import READER_VERSION
    from ingest.pdf import ocr_engines

    return "+".join(filter(None, (READER_VERSION, ocr_engines.reads_with())))
