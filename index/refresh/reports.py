"""A refresh in words and for a program: what it would do, and what it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.pdf import ocr_engines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from index.generations.manifests import Manifest
    from index.generations.pointers import Kept
    from index.refresh.plan import Plan
    from ingest.catalog.catalog import Catalog
    from ingest.catalog.editions import Edition
    from ingest.errors import IngestError
    from ingest.pages import EditionText


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """How one file was read: how many pages by which engine, the lowest score, and the poor pages.

    *poor* are the numbers of the pages that have a note.
    """

    path: str
    engines: Mapping[str, int]
    lowest_score: float
    poor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did.

    *generation* is the one current afterwards (None: there is none). *problems* are files that
    could not be used; *kept* maps the key of an edition to the reason why its former text
    stands. *poor_pages* are (path, page, note) of pages that could not be read well. *engines*
    maps what read the pages of this refresh to how many it read and their lowest score;
    *documents* tells the same of each file.
    """

    plan: Plan
    generation: str | None
    published: bool
    pages: int = 0
    chunks: int = 0
    problems: tuple[IngestError, ...] = ()
    notices: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    poor_pages: tuple[tuple[str, int, str], ...] = ()
    engines: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    documents: tuple[ReadDocument, ...] = ()


_GROUPS = ("added", "revised", "withdrawn", "described", "unchanged")
_NAMED_PAGES = 20


def plan_json(plan: Plan, catalog: Catalog) -> dict[str, object]:
    """Return for a program what a refresh would do."""
    return {
        **{name: [edition.key for edition in getattr(plan, name)] for name in _GROUPS},
        "reasons": list(plan.reasons),
        "problems": [str(problem) for problem in catalog.problems],
    }


def plan_lines(plan: Plan) -> Iterator[str]:
    """Say what a refresh would do, one line for each edition, and why all is built anew, if it is."""
    for name in _GROUPS:
        for edition in getattr(plan, name):
            yield f"{name:<10} {edition.key}  {edition.path or '(not held)'}"
    for reason in plan.reasons:
        yield f"everything is built anew: {reason}"
    if plan.empty:
        yield "Nothing to do."


def report_json(report: RefreshReport) -> dict[str, object]:
    """Return for a program what went in, and what could not, with the reasons."""
    failed = {getattr(problem, "path", None) for problem in report.problems}

    def taken(editions: Iterable[Edition]) -> list[str]:
        return [edition.key for edition in editions if edition.path not in failed]

    return {
        "generation": report.generation,
        "published": report.published,
        "pages": report.pages,
        "chunks": report.chunks,
        "added": taken(report.plan.added),
        "revised": taken(report.plan.revised),
        "withdrawn": [edition.key for edition in report.plan.withdrawn],
        "unchanged": [edition.key for edition in report.plan.unchanged],
        "kept": dict(report.kept),
        "problems": [
            {"file": getattr(problem, "path", None), "message": str(problem)}
            for problem in report.problems
        ],
        "notices": list(report.notices),
        "engines": {
            engine: {"pages": count, "lowest_score": round(score, 3)}
            for engine, (count, score) in report.engines.items()
        },
        "documents": [
            {
                "file": one.path,
                "engines": dict(one.engines),
                "lowest_score": round(one.lowest_score, 3),
                "poor_pages": list(one.poor),
            }
            for one in report.documents
        ],
        "poor_pages": [
            {"file": file, "page": page, "note": note} for file, page, note in report.poor_pages
        ],
        "ocr_missing": ocr_engines.missing() if report.poor_pages else "",
    }


def outcome(report: RefreshReport) -> str:
    """Say in one line how a refresh ended; empty where there is no index at all."""
    if report.generation is None:
        return ""
    stands = "is" if report.published else "stays"
    held = f"{report.pages} pages, {report.chunks} passages"
    return f"{report.generation} {stands} current: {held}."


def remarks(report: RefreshReport) -> Iterator[str]:
    """Say what a person should know of a refresh, beside its problems."""
    yield from report.notices
    for engine, (count, score) in report.engines.items():
        yield f"read by {engine}: {count} pages, lowest score {score:.2f}"
    for file, page, note in report.poor_pages[:_NAMED_PAGES]:
        yield f"{file} p.{page}: {note}"
    if (more := len(report.poor_pages) - _NAMED_PAGES) > 0:
        yield f"… and {more} more pages (tebiki refresh --json)."
    yield from kept_lines(report)


def kept_lines(held: RefreshReport | Manifest) -> Iterator[str]:
    """Say which editions stand as they were because their files could not be read."""
    for key, reason in held.kept.items():
        yield f"{key} stays as it was: {reason}"


def problems_json(problems: Sequence[Exception]) -> list[dict[str, str | None]]:
    """Return problems for a program: the file or address, and the sentence about it."""
    return [
        {
            "file": getattr(problem, "path", None) or getattr(problem, "url", None),
            "message": str(problem),
        }
        for problem in problems
    ]


def manifest_json(manifest: Manifest, in_force: Iterable[Edition]) -> dict[str, object]:
    """Return for a program what a generation holds; *in_force* are the editions that are today."""
    valid = {edition.key for edition in in_force}
    return {
        "generation": manifest.id,
        "created": manifest.created,
        "pages": manifest.pages,
        "chunks": manifest.chunks,
        "recipe": dict(manifest.recipe),
        "kept": dict(manifest.kept),
        "editions": [
            {
                "document": edition.document.id,
                "title": edition.document.title,
                "edition": edition.label,
                "kind": edition.document.kind,
                "file": edition.path,
                "held": edition.held,
                "in_force": edition.key in valid,
            }
            for edition in manifest.editions
        ],
    }


def generations_json(kept: Iterable[Kept]) -> list[dict[str, object]]:
    """Return for a program the generations that are kept; of a damaged one, only its name."""
    return [
        {
            "generation": one.name,
            "current": one.current,
            "created": one.manifest and one.manifest.created,
            "pages": one.manifest and one.manifest.pages,
            "chunks": one.manifest and one.manifest.chunks,
            "accepted": list(one.manifest.accepted) if one.manifest else [],
        }
        for one in kept
    ]


def generation_lines(kept: Iterable[Kept]) -> Iterator[str]:
    """Say of each generation that is kept what it is; the current one is marked."""
    for one in kept:
        held = one.manifest
        told = f"made {held.created}, {held.pages} pages" if held else "damaged"
        forced = f", accepted: {'; '.join(held.accepted)}" if held and held.accepted else ""
        yield f"{'*' if one.current else ' '} {one.name}  {told}{forced}"


def pages_json(read: Iterable[tuple[Edition, EditionText]]) -> list[dict[str, object]]:
    """Return for each page of some editions which engine read it, and how plausible it is."""
    return [
        {
            "edition": edition.label,
            "page": page.number,
            "label": page.label,
            "engine": page.quality.engine,
            "score": round(page.quality.score, 3),
            "characters": len(page.text),
            "note": page.quality.note,
        }
        for edition, text in read
        for page in text.pages
    ]
