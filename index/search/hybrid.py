"""The hybrid retriever: several legs score every chunk, and their standard scores are summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.passages import Passage
from index.search.vectors import Spread
from ingest.catalog.editions import in_force as valid
from ingest.language.spelling import is_japanese
from ingest.language.words import loanwords, pairs, phrases, tokens

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from index.passages import Filters, Reranker, Retriever
    from index.search.embedding import Embedder
    from index.search.glossary import Glossary
    from index.search.lexical import Bm25
    from index.search.municipalities import Municipalities
    from index.search.stored_chunks import StoredChunks
    from index.search.tallies import Kind
    from index.search.vectors import StoredVectors
    from ingest.catalog.editions import Edition

# How much a name from the glossary counts beside the asker's own words: the manuals' word for
# what an English asker said is as good as said; a synonym is only a hint.
_TRANSLATED = 1.0
_SYNONYM = 0.5
_FURTHER = 0.4
_LOANWORD = 0.4
# What a dictionary says of an English word counts like the glossary's, and the word itself less:
# Japanese pages have it in bibliographies and addresses only. Right page first and among five, of
# 23 and 20 questions about 36 government PDFs and 58 of our own: without 3, 10 and 0, 4 and 49, 57;
# so 11, 17 and 7, 13 and 50, 57; with 1.5 and 0.8 11, 18 and 7, 14 and 46, 57.
_LOOKED_UP = 1.0
_LOOKED_UP_FURTHER = 0.45
_FOREIGN = 0.5

_BEST_OF_DOCUMENT = 5
_SCOPES = 16
"""How many filters are remembered with what they admit: most people set none."""

DOCUMENT = "document"
"""The name of what a chunk's document adds to its own score."""

_FIRST, _FEWEST = 4, 200
"""The dense leg is first asked about as many times the chunks that are wanted, or about so many."""

_NOTHING = 1e-6
"""Of a variance beside the mean's square, and of a deviation of cosines: zero but for rounding."""

RERANKED = 50
"""So many of the best passages a re-ranker looks at: it takes time for each."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question as the legs see it: weighted words, character pairs and phrases of two words.

    *said* is the question itself and the glossary's names that say the same, for embedders.
    """

    said: tuple[str, ...]
    words: Mapping[str, float]
    pairs: Mapping[str, float]
    phrases: Mapping[str, float]


def read_query(question: str, glossary: Glossary) -> Query:
    """Cut a question into weighted units and add the glossary's other names for what it says.

    A unit counts once, however often it is said; where it comes from several sides, the
    highest weight stands.
    """
    said = tokens(question)
    words = dict.fromkeys(said, 1.0)
    couples = dict.fromkeys(pairs(question), 1.0)
    added: list[tuple[str, float]] = []
    english = not is_japanese(question)
    for match in glossary.expand(question):
        if match.looked_up:
            weights = [_LOOKED_UP, *[_LOOKED_UP_FURTHER] * len(match.others)]
            for found in (words, couples):
                found.update((stem, _FOREIGN) for stem in tokens(match.said) if stem in found)
        elif english:
            weights = [_TRANSLATED, *[_FURTHER] * len(match.others)]
        else:
            weights = [_SYNONYM, *[_FURTHER * _SYNONYM] * len(match.others)]
        added.extend(zip(match.others if english else match.japanese, weights, strict=False))
    if english:
        added.extend((word, _LOANWORD) for word in loanwords(question))
    ordered = dict.fromkeys(phrases(said), 1.0)
    for name, weight in added:
        cut = tokens(name)
        # What was said in Japanese has phrases of its own.
        also = phrases(cut) if english else []
        for units, found in ((cut, words), (pairs(name), couples), (also, ordered)):
            for unit in units:
                found[unit] = max(found.get(unit, 0.0), weight)
    same = (name for name, weight in added if weight >= _SYNONYM)
    return Query((question, *same), words, couples, ordered)


class Leg(Protocol):
    """One way of scoring every chunk, or every page, for a query."""

    @property
    def by_page(self) -> bool:
        """Whether the scores are those of pages; a chunk has that of the page it begins on."""
        ...

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Return a score for every chunk or page, float32; higher is better."""
        ...


class UnitLeg:
    """BM25 over words, over pairs or over phrases.

    Character pairs find words that the dictionary cuts otherwise; phrases tell what is said in
    the question's order (Metzler and Croft 2005) from what only has its words.
    """

    def __init__(self, index: Bm25, kind: Kind, *, by_page: bool = False) -> None:
        """Score the index's passages, chunks or pages, for the question's units of a kind."""
        self._index = index
        self._units = attrgetter(kind)
        self.by_page = by_page

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Return a score for every passage of the index."""
        return self._index.scores(self._units(query))


class DenseLeg:
    """The cosine between the question's vector and those of chunks.

    It is worked out only for chunks that it can still bring among the best.
    """

    def __init__(self, embedder: Embedder, vectors: StoredVectors) -> None:
        """Take the embedder that made the vectors."""
        self._embedder = embedder
        self._vectors = vectors
        self.waits = embedder.waits

    def question(self, query: Query) -> NDArray[np.float32]:
        """Return the question's vector."""
        return self._embedder.embed_question(*query.said)

    def cosines(
        self, question: NDArray[np.float32], chunks: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the cosine of each of some chunks, by their ascending numbers."""
        if not len(chunks) or not question.any():
            return np.zeros(len(chunks), dtype=np.float32)
        # Not "@": its threads wait for each other when several people ask at once, which
        # makes a product of 0.1 ms take 30 ms and more. This has none.
        found: NDArray[np.float32] = np.vecdot(self._vectors.at(chunks), question)
        return found

    def spread(self, chunks: NDArray[np.int64]) -> Spread:
        """Return how the cosines of these chunks are spread."""
        return Spread(self._vectors, chunks)


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


class Reranked:
    """Lets a re-ranker put the best passages of another retriever into a new order.

    The passages keep the scores that were given, best to best: what is made of a score (how
    near another is to the best) was learned on those. What the re-ranker thought of a passage
    is its leg "reranker".
    """

    def __init__(self, retriever: Retriever, reranker: Reranker) -> None:
        """Take whose passages are put in order, and what does it."""
        self._retriever = retriever
        self._reranker = reranker

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        """Return up to *k* passages, best first; ties keep the former order.

        Raises:
            ModelMissing: the re-ranker cannot be loaded.
        """
        found = self._retriever.retrieve(question, k=max(k, RERANKED), filters=filters)
        head = found[:RERANKED]
        texts = [f"{p.chunk.context}\n{p.chunk.text}".strip() for p in head]
        scores = self._reranker.scores(question, texts)
        ordered = [
            replace(
                head[int(at)],
                score=given.score,
                legs={**head[int(at)].legs, "reranker": float(scores[at])},
            )
            for at, given in zip(np.argsort(-scores, kind="stable"), head, strict=True)
        ]
        return [*ordered, *found[RERANKED:]][:k]


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
