"""What lists need of an edition's pages, without opening its text each time."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.passages import Library
    from ingest.catalog.editions import Edition

POOR = 0.5
"""A page whose text is less plausible than this counts as not read."""


@dataclass(frozen=True, slots=True)
class PageSummary:
    """An edition's pages.

    *labels* are their printed numbers, that of page 1 first; *poor* holds the number and a note
    of each page that could not be read well.
    """

    labels: tuple[str | None, ...]
    poor: tuple[tuple[int, str], ...]


class PageSummaries:
    """Remembers the page summaries of one generation's editions: some bytes a page.

    A text is megabytes and a generation keeps few of them open; a search would open one for
    every passage only to say which number is printed on its page.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = Lock()
        self._generation = ""
        self._held: dict[str, PageSummary] = {}

    def of(self, library: Library, edition: Edition) -> PageSummary:
        """Return the page summaries of a held edition."""
        key = edition.sha256 or edition.key
        with self._lock:
            if library.id == self._generation and key in self._held:
                return self._held[key]
        text = library.text(edition)
        found = PageSummary(
            tuple(page.label for page in text.pages),
            tuple(
                (page.number, page.quality.note)
                for page in text.pages
                if page.quality.score < POOR or page.quality.note
            ),
        )
        with self._lock:
            if library.id != self._generation:
                self._generation, self._held = library.id, {}
            self._held[key] = found
        return found
