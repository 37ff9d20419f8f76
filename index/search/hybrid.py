"""The hybrid retriever: several legs score every chunk, and their standard scores are summed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import lru_cache, partial
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from index.passages import Passage
from index.search.legs import read_query
from index.search.sounding import DOCUMENT, Scope, Sounding
from ingest.catalog.editions import in_force as valid

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from index.passages import Filters
    from index.search.glossary import Glossary
    from index.search.legs import DenseLeg, Leg
    from index.search.municipalities import Municipalities
    from index.search.parts import StoredChunks
    from index.search.sounding import Best
    from ingest.catalog.editions import Edition

_SCOPES = 16
"""How many filters are remembered with what they admit: most people set none."""


class Hybrid:
    """Sums the legs' standard scores (z-scores) over the chunks that the filters admit."""

    def __init__(
        self,
        chunks: StoredChunks,
        legs: Mapping[str, Leg],
        dense: DenseLeg | None,
        weights: Mapping[str, float],
        glossary: Glossary,
        editions: Sequence[Edition],
        today: Callable[[], date],
        municipalities: Municipalities,
        in_force: Callable[[date], Sequence[Edition]] | None = None,
    ) -> None:
        """Take the chunks in reading order, the legs, the dense one, and the weights of all.

        *editions* are all that may be found, of which those in force on the day are searched;
        *in_force* gives them where that hangs on more than these.
        """
        self._municipalities = municipalities
        self._chunks = chunks
        self._legs = legs
        self._dense = dense
        self._weights = weights
        self._glossary = glossary
        self._today = today
        # One search after the other: Python computes one at a time anyway, and threads that take
        # the interpreter from each other at every NumPy call spend a third more of the processor.
        # Eight who ask at once waited 1.4 times as long (benchmarks/search.py).
        waits = dense is not None and dense.waits
        self._turn: AbstractContextManager[object] = nullcontext() if waits else Lock()
        order = {edition.key: at for at, edition in enumerate(chunks.editions)}
        # Without a reference to this object, so that it goes with its last reader.
        counting = in_force or partial(valid, editions)
        admitted = partial(_scope, editions, counting, order, chunks.edition_at, municipalities)
        self._scope = lru_cache(maxsize=_SCOPES)(partial(_scope_without, chunks, admitted))

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        """Return up to *k* passages, best first; ties keep reading order."""
        with self._turn:
            found = self.sound(question, filters)
            return [] if found is None else self.passages(found.best(self._weights, k))

    def sound(self, question: str, filters: Filters) -> Sounding | None:
        """Ask every leg; None where the question says nothing, or the filters admit nothing."""
        others = self._municipalities.others(question).astype(np.int64)
        scope = self._scope(
            replace(filters, as_of=filters.as_of or self._today()), others.tobytes()
        )
        query = read_query(question, self._glossary)
        if not len(scope.chunks) or not (query.words or query.pairs):
            return None
        legs = {name: leg.scores(query) for name, leg in self._legs.items()}
        of_pages = frozenset(name for name, leg in self._legs.items() if leg.by_page)
        if not scope.whole:
            legs = {
                name: scores if name in of_pages else scores[scope.chunks]
                for name, scores in legs.items()
            }
        vector = None if self._dense is None else self._dense.question(query)
        return Sounding(scope, legs, of_pages, self._dense, vector)

    def passages(self, best: Best) -> list[Passage]:
        """Return the best chunks that any leg finds anything in."""
        near = np.max([s for name, s in best.legs.items() if name != DOCUMENT], axis=0) > 0
        columns = [scores[near].tolist() for scores in best.legs.values()]
        chunks, sums = best.chunks[near].tolist(), best.sums[near].tolist()
        return [
            Passage(part.chunk, part.pages, score, dict(zip(best.legs, told, strict=True)))
            for part, score, *told in zip(
                [self._chunks[at] for at in chunks], sums, *columns, strict=True
            )
        ]


def _scope_without(
    chunks: StoredChunks,
    admitted: Callable[[Filters], NDArray[np.int64]],
    filters: Filters,
    without: bytes,
) -> Scope:
    """Return the chunks that filters admit, but for those whose numbers *without* holds as int64."""
    found = admitted(filters)
    if without:
        found = np.setdiff1d(found, np.frombuffer(without, np.int64), assume_unique=True)
    return Scope(chunks, found)


def _scope(
    editions: Sequence[Edition],
    in_force: Callable[[date], Sequence[Edition]],
    order: Mapping[str, int],
    edition_at: NDArray[np.int64],
    municipalities: Municipalities,
    filters: Filters,
) -> NDArray[np.int64]:
    """Return the numbers of the chunks that filters with a day admit, in order.

    *order* numbers the editions that have chunks, *edition_at* has that number for each chunk.
    """
    day = filters.as_of
    candidates = editions if filters.editions or day is None else in_force(day)
    searched = np.zeros(len(order), dtype=np.bool_)
    for edition in candidates:
        if edition.key in order and filters.admit(edition):
            searched[order[edition.key]] = True
    mask = searched[edition_at]
    if filters.municipality:
        named = np.zeros(len(mask), dtype=np.bool_)
        named[municipalities.naming(filters.municipality)] = True
        mask &= named
    found = np.flatnonzero(mask)
    found.setflags(write=False)
    return found
