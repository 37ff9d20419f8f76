"""What a refresh remembers of the texts that it read and put away, and what it reports of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from index.refresh.reports import ReadDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingest.catalog.editions import Edition
    from ingest.errors import UnreadablePdf


@dataclass(frozen=True, slots=True)
class TextSummary:
    """What is remembered of a text that was read and put away: *read* is engine and score."""

    pages: int
    poor: tuple[tuple[int, str], ...]
    read: tuple[tuple[str, float], ...]


def poor_of(
    held: Iterable[Edition], read: Mapping[str, TextSummary | UnreadablePdf]
) -> Iterator[tuple[str, int, str]]:
    """Yield the pages that could not be read well: path, page, note."""
    for edition in held:
        seen = read.get(str(edition.sha256))
        if isinstance(seen, TextSummary):
            for number, note in seen.poor:
                yield str(edition.path), number, note


def documents_of(
    held: Iterable[Edition], read: Mapping[str, TextSummary | UnreadablePdf]
) -> Iterator[ReadDocument]:
    """Yield how each file was read."""
    for edition in held:
        seen = read.get(str(edition.sha256))
        if isinstance(seen, TextSummary):
            engines = Counter(engine for engine, _ in seen.read)
            lowest = min((score for _, score in seen.read), default=0.0)
            poor = tuple(number for number, _ in seen.poor)
            yield ReadDocument(str(edition.path), dict(sorted(engines.items())), lowest, poor)


def engines_of(read: Mapping[str, TextSummary | UnreadablePdf]) -> dict[str, tuple[int, float]]:
    """Return how many pages each engine read, and their lowest score."""
    found: dict[str, tuple[int, float]] = {}
    for seen in read.values():
        for engine, score in seen.read if isinstance(seen, TextSummary) else ():
            count, lowest = found.get(engine, (0, 1.0))
            found[engine] = (count + 1, min(lowest, score))
    return dict(sorted(found.items()))
