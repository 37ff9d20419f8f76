"""What changed between two editions, over HTTP."""

from __future__ import annotations

from api.schemas.wire import Wire


class WireSpot(Wire):
    """A stretch of one edition; *page* counts from 1, *start* and *end* are offsets in its text."""

    section: list[str]
    text: str
    page: int
    page_label: str | None
    start: int
    end: int


class WireChange(Wire):
    """One thing that is not as it was; *also* are further parts of a split or merger."""

    kind: str
    what: str
    sentence: str
    before: WireSpot | None
    after: WireSpot | None
    also: list[WireSpot]


class WireRevision(Wire):
    """What changed from *old* to *new*; *same* counts sentences and rows that did not."""

    document: str
    old: str
    new: str
    same: int
    counts: dict[str, int]
    changes: list[WireChange]
