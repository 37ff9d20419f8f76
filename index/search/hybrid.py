"""The hybrid retriever: several legs score every chunk, and their standard scores are summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache, partial
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from index.passages import Passage, counting
from index.search.legs import read_query
from ingest.catalog.editions import in_force as valid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from numpy.typing import NDArray

    from index.passages import Filters
    from index.search.glossary import Glossary
    from index.search.legs import DenseLeg, Leg, Spread
    from index.search.municipalities import Municipalities
    from index.search.parts import StoredChunks
    from ingest.catalog.editions import Edition

_BEST_OF_DOCUMENT = 5

DOCUMENT = "document"
"""The name of what a chunk's document adds to its own score."""

_FIRST, _FEWEST = 4, 200
"""The dense leg is first asked about as many times the chunks that are wanted, or about so many."""

_NOTHING = 1e-6
"""Of a variance beside the mean's square, and of a deviation of cosines: zero but for rounding."""


class Scope:
    """The chunks that are searched, and what ranking them needs to know of them."""

    def __init__(self, held: StoredChunks, chunks: NDArray[np.int64]) -> None:
        """Take all chunks there are and the ascending numbers of those that are searched."""
        self.chunks = chunks
        self.whole = len(chunks) == len(held)
        self.page_at = held.page_at[chunks]
        self.on_page = np.bincount(self.page_at).astype(np.float32)
        edition_at = held.edition_at[chunks]
        ends = [*(np.flatnonzero(edition_at[1:] != edition_at[:-1]) + 1).tolist(), len(chunks)]
        self.starts = np.array([0, *ends[:-1]], dtype=np.int64)
        self.lengths = np.diff([0, *ends])
        self._spread: Spread | None = None

    def spread(self, dense: DenseLeg) -> Spread:
        """Return how the cosines of the chunks are spread; looked at once."""
        if self._spread is None:
            self._spread = dense.spread(self.chunks)
        return self._spread


class Sounding:
    """What each leg thinks of the chunks that are searched, so that weights can be tried.

    *legs* maps a leg's name to its scores: of the scope's chunks in their order, or of all pages.
    """

    def __init__(
        self,
        scope: Scope,
        legs: Mapping[str, NDArray[np.float32]],
        of_pages: Collection[str] = (),
        dense: DenseLeg | None = None,
        question: NDArray[np.float32] | None = None,
    ) -> None:
        """Take the scope and its legs' scores, the names of those that score pages, the dense leg.

        *question* is the question's vector, for the dense leg.
        """
        self.scope = scope
        self._legs = legs
        self._of_pages = of_pages
        self._dense = dense
        self._question = np.zeros(1, np.float32) if question is None else question

    def best(self, weights: Mapping[str, float], k: int) -> Best:
        """Return the *k* chunks of the highest weighted sums of standard scores.

        The weight named `DOCUMENT` is that of the evidence: how good the best chunks of the same
        document are by all legs but the dense one, in standard scores on top.

        What the dense leg adds is bounded, for no cosine is above 1: it is asked about the chunks
        that are best without it, and then about those that it can still bring before them.
        """
        total = self._sums(weights)
        evidence = _of_document(total, self.scope.starts, self.scope.lengths)
        mean, factor = _standard(evidence, self.scope.lengths, weights[DOCUMENT])
        total += np.repeat((factor * (evidence - mean)).astype(np.float32), self.scope.lengths)
        middle, near = 0.0, 0.0
        if self._dense is not None and self._question.any():
            middle, deviation = self.scope.spread(self._dense).of(self._question)
            near = weights["dense"] / deviation if deviation > _NOTHING else 0.0
        among = _reaching(total, _lowest_of_best(total, max(_FIRST * k, _FEWEST)))
        sums, cosines = self._with_dense(total, among, middle, near)
        if near:
            least = _lowest_of_best(sums, k) - near * (1 - middle)
            # Sums of 32 bits are rounded; what is asked about once too often does no harm.
            least -= 1e-4 * (1 + abs(least))
            if least < total[among].min():
                among = _reaching(total, least)
                sums, cosines = self._with_dense(total, among, middle, near)
        order = _highest(sums, k)
        where = among[order]
        legs: dict[str, NDArray[np.floating]] = {
            name: scores[self._rows(name, where)] for name, scores in self._legs.items()
        }
        if self._dense is not None:
            legs["dense"] = cosines[order]
        legs[DOCUMENT] = evidence[np.searchsorted(self.scope.starts, where, side="right") - 1]
        return Best(self.scope.chunks[where], sums[order], legs)

    def _sums(self, weights: Mapping[str, float]) -> NDArray[np.float32]:
        """Return the weighted sums of the standard scores of all legs but the dense one."""
        pages, chunks, shift = np.zeros(len(self.scope.on_page), np.float32), [], 0.0
        for name, scores in self._legs.items():
            of_pages = name in self._of_pages
            known = scores[: len(pages)] if of_pages else scores
            mean, factor = _standard(known, self.scope.on_page if of_pages else None, weights[name])
            shift -= factor * mean
            if of_pages:
                pages += np.float32(factor) * known
            else:
                chunks.append((np.float32(factor), known))
        pages += np.float32(shift)
        total = pages[self.scope.page_at]
        for weight, scores in chunks:
            total += weight * scores
        return total

    def _with_dense(
        self, total: NDArray[np.float32], among: NDArray[np.int64], middle: float, near: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        cosines = np.zeros(len(among), np.float32)
        if self._dense is not None:
            cosines = self._dense.cosines(self._question, self.scope.chunks[among])
        return total[among] + near * (cosines.astype(np.float64) - middle), cosines

    def _rows(self, name: str, where: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.scope.page_at[where] if name in self._of_pages else where


@dataclass(frozen=True, slots=True)
class Best:
    """The best chunks by number, best first; their sums, and what each leg thought of them."""

    chunks: NDArray[np.int64]
    sums: NDArray[np.float64]
    legs: Mapping[str, NDArray[np.floating]]


def _highest(scores: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Return where the *k* highest scores stand, best first; ties keep their order."""
    among = _reaching(scores, _lowest_of_best(scores, k))
    return among[np.argsort(-scores[among], kind="stable")[:k]]


def _lowest_of_best(scores: NDArray[np.floating], k: int) -> float:
    """Return the lowest of the *k* highest scores."""
    if k >= len(scores):
        return float(scores.min())
    return float(np.partition(scores, len(scores) - k)[len(scores) - k])


def _reaching(scores: NDArray[np.floating], least: float) -> NDArray[np.int64]:
    """Return where scores of *least* and more stand, in order."""
    return np.flatnonzero(scores >= least)


def _of_document(
    scores: NDArray[np.floating], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return for each document how good its best chunks are: the mean of five.

    *starts* and *lengths* say where the chunks of each stand and how many there are. What a
    document lacks of five counts as the lowest score there is.
    """
    left, lowest = scores.copy(), scores.min()
    total = np.zeros(len(starts))
    for further in range(_BEST_OF_DOCUMENT):
        best = np.maximum.reduceat(left, starts)
        total += best
        if further + 1 < _BEST_OF_DOCUMENT:
            np.copyto(left, lowest, where=left >= np.repeat(best, lengths))
    return total / _BEST_OF_DOCUMENT


def _standard(
    scores: NDArray[np.floating], times: NDArray[np.number] | None, weight: float
) -> tuple[float, float]:
    """Return the mean of scores, and what makes them standard scores times *weight*.

    Each score counts *times*, None: once. Where every score is the same they shall count 0 times.
    """
    number = len(scores) if times is None else float(times.sum())
    counted = scores if times is None else scores * times
    mean = float(counted.sum(dtype=np.float64)) / number
    # Of 32 bits, for NumPy's own deviation takes longer than the sums themselves.
    variance = float(np.dot(counted, scores)) / number - mean * mean
    if variance <= _NOTHING * mean * mean:
        return mean, 0.0
    return mean, weight / math.sqrt(variance)


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
        scope = self._scope(filters, self._today(), others.tobytes())
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
    admitted: Callable[[Filters, date], NDArray[np.int64]],
    filters: Filters,
    today: date,
    without: bytes,
) -> Scope:
    """Return the chunks that filters admit, but for those whose numbers *without* holds as int64."""
    found = admitted(filters, today)
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
    today: date,
) -> NDArray[np.int64]:
    """Return the numbers of the chunks that filters with a day admit, in order.

    *order* numbers the editions that have chunks, *edition_at* has that number for each chunk.
    """
    candidates = editions if filters.editions else counting(in_force, filters, today)
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
