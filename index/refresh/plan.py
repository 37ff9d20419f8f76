"""What a refresh would do and what it would serve: comparisons, and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from index.generations.manifests import (
    Manifest,
)
from index.refresh.superseding import with_superseded
from index.search.fitted import DIMENSIONS
from ingest.chunks import CHUNKS_VERSION
from ingest.errors import UnreadablePdf
from ingest.language.words import TOKENIZER_VERSION
from ingest.sentences import SENTENCES_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from index.refresh.text_summaries import TextSummary
    from index.search.embedding import Embedder
    from ingest.catalog.catalog import Catalog
    from ingest.catalog.editions import Edition

STAYS_BACK = (
    "{0} holds what the corpus asks for, but somebody rolled back from it, so {1} stays current. "
    'Run "tebiki refresh --accept" to publish it again.'
)

INDEX_VERSION = "3"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refresh would do, by edition. *reasons* say why all is built anew, if it is."""

    added: tuple[Edition, ...] = ()
    revised: tuple[Edition, ...] = ()
    withdrawn: tuple[Edition, ...] = ()
    described: tuple[Edition, ...] = ()
    unchanged: tuple[Edition, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the current generation is already what the catalog asks for."""
        return not (self.added or self.revised or self.withdrawn or self.described or self.reasons)


def recipe(embedder: str, glossary_hash: str, reader: str, place: str = "") -> dict[str, str]:
    """Return what a generation made now would be made with.

    *place* is where it is published, empty for the home alone.
    """
    made = {
        "embedder": embedder,
        "tokenizer": TOKENIZER_VERSION,
        "reader": reader,
        "chunks": CHUNKS_VERSION,
        "sentences": SENTENCES_VERSION,
        "index": INDEX_VERSION,
        "glossary": glossary_hash,
    }
    return made | ({"vectors": place} if place else {})


def plan(catalog: Catalog, manifest: Manifest | None, wanted: Mapping[str, str]) -> Plan:
    """Compare the catalog with a generation; pure.

    An edition is known by its document, label and bytes. The same document and label with
    other bytes is *revised*, and so is a file that took the place of another that no catalog
    lists; the same bytes under other particulars (title, dates) are *described*.
    """
    if manifest is None:
        return Plan(added=catalog.editions, reasons=("there is no index yet",))
    catalog = with_superseded(catalog, manifest.editions, date.min)
    before = {edition.key: edition for edition in manifest.editions}
    works = {edition.document.id for edition in manifest.editions if edition.held}
    now = {edition.key for edition in catalog.editions}
    failed = {problem.path for problem in catalog.problems if isinstance(problem, UnreadablePdf)}
    fresh = [edition for edition in catalog.editions if edition.key not in before]
    next_ones = [e for e in fresh if e.document.id in catalog.strays & works]
    names = (
        ("embedder", "embedder"),
        ("tokenizer", "word splitting"),
        ("reader", "PDF reading"),
        ("chunks", "chunking"),
        ("sentences", "cutting of sentences"),
        ("index", "index layout"),
        ("glossary", "glossary"),
        ("vectors", "place of publishing"),
    )
    return Plan(
        added=tuple(edition for edition in fresh if edition not in next_ones),
        revised=tuple(
            e for e in catalog.editions
            if e in next_ones or (e.key in before and before[e.key].sha256 != e.sha256)
        ),
        withdrawn=tuple(
            e for e in manifest.editions if e.key not in now and e.path not in failed
        ),
        described=tuple(
            e for e in catalog.editions
            if e.key in before and before[e.key] != e and before[e.key].sha256 == e.sha256
        ),
        unchanged=tuple(e for e in catalog.editions if before.get(e.key) == e),
        reasons=tuple(
            f"the {spoken} changed"
            for name, spoken in names
            if manifest.recipe.get(name) != wanted.get(name)
        ),
    )  # fmt: skip


def embedder_name(embedder: Embedder | None) -> str:
    """Return what the recipe calls the embedder; None is the fitted one."""
    return f"fitted-{DIMENSIONS}/{TOKENIZER_VERSION}" if embedder is None else embedder.name


NOTHING = Manifest("", "", {}, (), 0, 0, {})


def standing(
    catalog: Catalog,
    read: Mapping[str, TextSummary | UnreadablePdf],
    manifest: Manifest,
    stands: Callable[[Edition], bool],
) -> tuple[tuple[Edition, ...], dict[str, str]]:
    """Return the editions to serve, and why former ones stand for files that failed; pure.

    *stands* tells whether an edition of the former *manifest* can go on being served.
    """
    before = {edition.key: edition for edition in manifest.editions}
    failed = {
        str(problem.path): problem
        for problem in catalog.problems
        if isinstance(problem, UnreadablePdf)
    }
    editions: dict[str, Edition] = {}
    kept: dict[str, str] = {}
    for edition in catalog.editions:
        problem = read.get(str(edition.sha256))
        if not isinstance(problem, UnreadablePdf):
            editions[edition.key] = edition
            continue
        former = before.get(edition.key) or next(
            (e for e in reversed(before.values()) if e.path == edition.path), None
        )
        if former is not None and stands(former):
            editions.setdefault(former.key, former)
            kept[former.key] = str(problem)
    for former in before.values():
        if former.key not in editions and former.path in failed and stands(former):
            editions[former.key] = former
            kept[former.key] = str(failed[str(former.path)])
    return tuple(editions.values()), kept
