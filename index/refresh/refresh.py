"""A refresh: what differs between the catalog and the current generation, and a new generation.

`plan` only compares; `carry_out` writes a new folder beside the old one and publishes it in one
step, so that whoever asks meanwhile is answered from the old one, whole.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from index.errors import GenerationBroken, HomeUnusable
from index.generations import manifests, pointers
from index.generations.manifests import (
    Manifest,
    pdf_of,
    text_of,
)
from index.generations.shared import PLACE
from index.refresh import unusable
from index.refresh.draft import Draft
from index.refresh.plan import STAYS_BACK, embedder_name, plan, recipe
from index.refresh.reports import RefreshReport
from index.refresh.resources import GLOSSARY, Resources
from index.refresh.superseding import superseded_of, with_superseded
from index.refresh.tidying import only_one, remove_debris, remove_old
from index.search import glossary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.catalog.catalog import Catalog


def carry_out(catalog: Catalog, resources: Resources, *, full: bool = False) -> RefreshReport:
    """Bring the home up to date with the catalog.

    A PDF that cannot be read is named in the report; its former edition, where there is one,
    stays in force. With *full* everything is built anew, and so is what the current generation
    has lost or damaged. Nothing is published when nothing
    changed, when no edition at all can be read, or when what would be published is what
    somebody rolled back from.

    Raises:
        AnotherRefresh: another process is refreshing the same home, or another machine the same
            documents that are shared.
        LockLost: the connection that held the lock on what is shared broke.
        ChangedMeanwhile: a PDF was replaced while it was read.
        NotAllowed: the candidate may not go live; the former generation stays current.
        BadGlossary: an entry of the glossary cannot be used.
        GenerationBroken: what was taken over is damaged (*full* takes nothing over).
        HomeUnusable: the disk is full or may not be written; nothing was changed.
    """
    home = resources.home
    with _written(home):
        home.mkdir(parents=True, exist_ok=True)
        with only_one(home), resources.shared.alone() if resources.shared else nullcontext():
            remove_debris(home)
            remove_old(home)
            if resources.shared is not None:
                resources.shared.sync(home, pdfs=True)
                resources.shared.tidy()
            report = _refreshed(catalog, resources, full=full)
            unusable.record(home, report.problems)
            return report


def _refreshed(catalog: Catalog, resources: Resources, *, full: bool) -> RefreshReport:
    home = resources.home
    name, manifest = _former(home)
    folder = manifests.folder_of(home, name) if name else None
    damaged = manifests.damaged(folder, manifest) if folder and manifest else ()
    words = resources.common.joined(glossary.read(resources.corpus / GLOSSARY))
    wanted = recipe(
        embedder_name(resources.embedder), glossary.hash_of(words), resources.reader,
        PLACE if resources.shared else "",
    )  # fmt: skip
    asked = catalog
    if manifest is not None:
        catalog = with_superseded(catalog, manifest.editions, resources.today())
        catalog = _without_lost(catalog, home, folder)
        catalog = replace(catalog, notices=(*catalog.notices, *_clock(manifest)))
    compared = plan(catalog, manifest, wanted)
    if damaged:
        named = ", ".join(damaged[:3]) + (" and more" if len(damaged) > 3 else "")  # noqa: PLR2004 - as listed
        reason = f"files of {name} are damaged or missing ({named})"
        compared = replace(compared, reasons=(*compared.reasons, reason))
    refused = () if resources.accept or full or damaged else _refused(home)
    if manifest is not None and not full:
        back = next((left for left in refused if plan(asked, left, wanted).empty), None)
        if compared.empty or back is not None:
            if name is not None and pointers.pointed(home) != name:
                pointers.publish(home, name)
            notices = catalog.notices
            if back is not None and not compared.empty:
                notices = (*notices, STAYS_BACK.format(back.id, manifest.id))
            # What could not be read then cannot be read now, unless the file was replaced.
            return RefreshReport(
                compared, manifest.id, published=False, pages=manifest.pages,
                chunks=manifest.chunks, problems=catalog.problems, notices=notices,
                kept=manifest.kept,
            )  # fmt: skip
    draft = Draft(resources, folder, manifest, wanted, damaged=damaged, full=full)
    try:
        return draft.make(catalog, compared, words, asked, refused)
    finally:
        draft.clear()


def _former(home: Path) -> tuple[str | None, Manifest | None]:
    """Return the generation to go on from: the current one, or the newest where none is named.

    One whose manifest is damaged is passed over for the newest whose is not, so that the
    editions it knew are not forgotten.
    """
    names = pointers.listed(home)
    name = pointers.pointed(home) or (names[-1] if names else None)
    if name is None:
        return None, None
    with suppress(GenerationBroken):
        return name, manifests.read_manifest(manifests.folder_of(home, name))
    for held in reversed(pointers.kept_in(home)):
        if held.manifest is not None:
            return held.name, held.manifest
    return None, None


def _refused(home: Path) -> tuple[Manifest, ...]:
    """Return the generations that somebody rolled back from, the newest first."""
    with suppress(GenerationBroken):
        found = pointers.pointer(home)
        names = pointers.listed(home) if found else ()
        return tuple(
            one.manifest
            for one in reversed(pointers.kept_in(home))
            if found and one.name in found.rolled_back(names) and one.manifest is not None
        )
    return ()


def _without_lost(catalog: Catalog, home: Path, former: Path | None) -> Catalog:
    """Leave out superseded editions of which neither the PDF nor the text is left, and say so."""
    lost = [
        edition
        for edition in catalog.editions
        if edition.sha256 in superseded_of(catalog)
        and not pdf_of(home, edition).exists()
        and not (former and text_of(former, edition).exists())
    ]
    notices = tuple(f"{edition.key} is superseded and no longer kept." for edition in lost)
    left = tuple(edition for edition in catalog.editions if edition not in lost)
    return replace(catalog, editions=left, notices=(*catalog.notices, *notices))


def _clock(manifest: Manifest) -> tuple[str, ...]:
    """Say so when the clock runs behind: what is in force depends on the day."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if manifest.created <= now:
        return ()
    notice = (
        f"The clock of this machine says {now}, but {manifest.id} was made {manifest.created}. "
        f"Set the clock: which edition is in force depends on the day."
    )
    return (notice,)


@contextmanager
def _written(home: Path) -> Iterator[None]:
    """Say in our words what the system says when it cannot write."""
    try:
        yield
    except OSError as problem:
        raise HomeUnusable(str(home), problem) from problem
