"""What changed between two editions of a work, as it is told: a list of changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from index.errors import EditionUnknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.catalog.editions import Edition
    from ingest.pages import Place


class Kind(StrEnum):
    """What happened."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"
    RENUMBERED = "renumbered"
    RETITLED = "retitled"
    SPLIT = "split"
    MERGED = "merged"


class What(StrEnum):
    """What it happened to."""

    SECTION = "section"
    SENTENCE = "sentence"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Spot:
    """A stretch of one edition: its text, its section, and the page (from 1) it begins on.

    *text* is ``EditionText.text[start:end]``; of a section that is changed as a whole, all of it.
    *label* is the number printed on the page, or None.
    """

    section: tuple[str, ...]
    text: str
    page: int
    label: str | None
    start: int
    end: int
    place: Place | None = field(default=None, compare=False)  # follows from the offsets


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was. *also* are the further parts of a split or merger."""

    kind: Kind
    what: What
    before: Spot | None
    after: Spot | None
    also: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Revision:
    """All changes from *old* to *new*, in the new edition's order; removals at their old place.

    *same* counts the sentences and rows that stayed as they were, wherever they stand.
    """

    old: Edition
    new: Edition
    changes: tuple[Change, ...]
    same: int

    def count(self, kind: Kind) -> int:
        """Return how many changes are of a kind."""
        return sum(change.kind is kind for change in self.changes)


def editions_of(
    editions: Iterable[Edition], document: str, old: str | None = None, new: str | None = None
) -> tuple[Edition, Edition]:
    """Return the two held editions of a document to compare, the earlier first.

    Without labels, the last two; with *old* alone, that one and the last.

    Raises:
        EditionUnknown: the document has no such held edition, or only one.
    """
    held = [e for e in editions if e.document.id == document and e.held]
    held.sort(key=_since)
    labels = tuple(e.label for e in held)
    for wanted in (old, new):
        if wanted is not None and wanted not in labels:
            raise EditionUnknown(document, labels, wanted)
    chosen_new = held[labels.index(new)] if new else (held[-1] if held else None)
    if old:
        chosen_old: Edition | None = held[labels.index(old)]
    else:
        earlier = held[: held.index(chosen_new)] if chosen_new else []
        chosen_old = earlier[-1] if earlier else None
    if chosen_old is None or chosen_new is None or chosen_old is chosen_new:
        raise EditionUnknown(document, labels)
    return chosen_old, chosen_new


def _since(edition: Edition) -> int:
    """Return the day from which an edition counts, as a number that sorts; 0 where unknown."""
    day = edition.in_force_from or edition.published
    return day.toordinal() if day else 0
