"""Comparisons of editions, each pair made once."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from index.revisions.changes import Revision
from index.revisions.matching import compare

if TYPE_CHECKING:
    from index.passages import Library
    from ingest.catalog.editions import Edition

KEPT = 16
"""How many comparisons are kept; one of two long manuals takes seconds to make."""


class Comparisons:
    """Compares editions of a generation, each pair once, and one pair at a time."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = Lock()
        self._made: OrderedDict[tuple[str, str, str], Revision] = OrderedDict()

    def between(self, library: Library, old: Edition, new: Edition) -> Revision:
        """Return what changed from *old* to *new*, both held in *library*."""
        name = (library.id, old.key, new.key)
        with self._lock:
            found = self._made.pop(name, None)
            if found is None:
                held = library.sentences(old), library.sentences(new)
                found = compare(old, library.text(old), new, library.text(new), held)
            self._made[name] = found
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return found
