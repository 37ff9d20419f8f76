"""Files that replace each other under one name: editions that no catalog tells apart.

Where a catalog lists the editions it also says which follows which. Where it does not, a file
that stands in the place of another of the same name is the next edition of that work, and the
one before stays known: its PDF is kept in the home, so answers "as of" an earlier day still
quote it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from ingest.catalog.editions import ENTERED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ingest.catalog.catalog import Catalog
    from ingest.catalog.editions import Edition


def with_superseded(catalog: Catalog, former: Sequence[Edition], today: date) -> Catalog:
    """Return the catalog with the superseded editions of the works it does not list; pure.

    Done twice it changes nothing more.

    *former* are the editions of the last generation, oldest first within a work. A work is known
    by its id, or where that was made otherwise then, by the path of its file. A new edition
    is in force from its own date if that is later than its predecessor's, else from *today* (or
    the day its predecessor began, where the clock runs behind): of two that began on one day
    the later counts. A label that the work
    has had before gets a number, so that no two editions share a name.
    """
    editions: list[Edition] = []
    known = Counter(edition.document.id for edition in catalog.editions)
    for edition in catalog.editions:
        id_then = _id_then(edition, former, known)
        before = [e for e in former if e.document.id == id_then and e.held]
        alone = known[edition.document.id] == 1
        if edition.document.id in catalog.strays and alone and before:
            editions.extend(_line(edition, before, today))
        else:
            editions.append(edition)
    return replace(catalog, editions=tuple(editions))


def _id_then(edition: Edition, former: Sequence[Edition], known: Collection[str]) -> str:
    """Return the id that the work of an edition had among the *former*."""
    now = edition.document.id
    if any(e.document.id == now for e in former):
        return now
    there = (e.document.id for e in former if e.held and e.path == edition.path)
    return next((then for then in there if then not in known), now)


def _line(edition: Edition, before: Sequence[Edition], today: date) -> list[Edition]:
    """Return the superseded editions of a work and then its present one."""
    old = [e for e in before if e.sha256 != edition.sha256]
    if not old:
        # Nothing precedes it; what its file says of itself is all there is. The day on which the
        # file came is the one seen first: a copy of a copy is no other edition.
        named = edition.label.startswith(ENTERED) and before[-1].label.startswith(ENTERED)
        return [replace(edition, label=before[-1].label) if named else edition]
    superseded = [replace(e, document=edition.document) for e in old]
    taken = {e.label for e in old}
    latest = before[-1]
    if latest.sha256 == edition.sha256:
        # Indexed before, and the last: its label and its day were settled then.
        settled = replace(edition, label=latest.label, in_force_from=latest.in_force_from)
        return [*superseded, settled]
    begun = max(_since(e) for e in old)
    own = _since(edition)
    day = own if own > begun else max(today, begun)
    label = _unused(edition.label, taken)
    return [*superseded, replace(edition, label=label, in_force_from=day)]


def _since(edition: Edition) -> date:
    return edition.in_force_from or edition.published or date.min


def _unused(label: str, taken: Collection[str]) -> str:
    found, number = label, 2
    while found in taken:
        found, number = f"{label} ({number})", number + 1
    return found


def superseded_of(catalog: Catalog) -> frozenset[str]:
    """Return the hashes of the editions whose file in the corpus another one has replaced."""
    last: dict[str, str | None] = {}
    for edition in catalog.editions:
        if edition.document.id in catalog.strays:
            last[edition.document.id] = edition.sha256
    return frozenset(
        str(edition.sha256)
        for edition in catalog.editions
        if edition.document.id in last and last[edition.document.id] != edition.sha256
    )
