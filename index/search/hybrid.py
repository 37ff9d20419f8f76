"""The hybrid retriever: several legs score every chunk, and their standard scores are summed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from operator import attrgetter
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.passages import Passage
from ingest.catalog.editions import in_force as valid
from ingest.language.spelling import is_japanese
from ingest.language.words import loanwords, pairs, phrases, tokens

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    from index.passages import Filters, Reranker, Retriever
    from index.search.embedding import Embedder, VectorStore
    from index.search.glossary import Glossary
    from index.search.lexical import Bm25
    from index.search.municipalities import Municipalities
    from index.search.tallies import Kind
    from ingest.catalog.editions import Edition
    from ingest.chunks import Chunk

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
    """One way of scoring every chunk for a query."""

    @property
    def waits(self) -> bool:
        """Whether scoring waits for what other searches need not wait for: a model, a server."""
        ...

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Return a score for every chunk, shape (chunks,), float32; higher is better."""
        ...


class UnitLeg:
    """BM25 over words, over pairs or over phrases.

    Character pairs find words that the dictionary cuts otherwise; phrases tell what is said in
    the question's order (Metzler and Croft 2005) from what only has its words.
    """

    waits = False

    def __init__(self, index: Bm25, kind: Kind, spread: NDArray[np.int64] | None = None) -> None:
        """Score the index's rows for the question's units of a kind.

        *spread* maps each chunk to its row (that of its page); None: each chunk is one.
        """
        self._index = index
        self._units = attrgetter(kind)
        self._spread = spread

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Return a score for every chunk."""
        found = self._index.scores(self._units(query))
        return found if self._spread is None else found[self._spread]


class DenseLeg:
    """The cosine between the question's vector and each chunk's."""

    def __init__(self, embedder: Embedder, store: VectorStore) -> None:
        """Take the embedder that made the store's vectors."""
        self._embedder = embedder
        self._store = store
        self.waits = embedder.waits or not store.in_memory

    def scores(self, query: Query) -> NDArray[np.float32]:
        """Return a score for every chunk."""
        return self._store.scores(self._embedder.embed_question(*query.said))


@dataclass(frozen=True, slots=True)
class Sounding:
    """What each leg thinks of the chunks that the filters admit.

    *chunks* are their numbers, in reading order, *editions* the number of each one's edition;
    *legs* maps a leg's name to its scores, in the same order.
    """

    chunks: NDArray[np.int64]
    editions: NDArray[np.int64]
    legs: Mapping[str, NDArray[np.floating]]

    def fused(
        self, weights: Mapping[str, float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the weighted sums of the legs' standard scores, and the documents' evidence.

        The weight named `DOCUMENT` is that of the evidence: how good the best chunks of the
        same document are. It counts on top, in standard scores like the legs.
        """
        total = np.zeros(len(self.chunks), dtype=np.float64)
        for name, scores in self.legs.items():
            total += _standard(scores, weights[name])
        evidence = _of_document(total, self.editions)
        return total + _standard(evidence, weights[DOCUMENT]), evidence


class Hybrid:
    """Sums the legs' standard scores (z-scores) over the chunks that the filters admit."""

    def __init__(
        self,
        chunks: Sequence[Chunk],
        pages: Sequence[tuple[int, ...]],
        legs: Mapping[str, Leg],
        weights: Mapping[str, float],
        glossary: Glossary,
        editions: Sequence[Edition],
        today: Callable[[], date],
        municipalities: Municipalities,
        in_force: Callable[[date], Sequence[Edition]] | None = None,
    ) -> None:
        """Take the chunks in reading order, the pages of each, the legs and their weights.

        *editions* are all that may be found, of which those in force on the day are searched;
        *in_force* gives them where that hangs on more than these.
        """
        self._municipalities = municipalities
        self._chunks = chunks
        self._pages = pages
        self._legs = legs
        self._weights = weights
        self._glossary = glossary
        self._today = today
        # One search after the other: Python computes one at a time anyway, and threads that take
        # the interpreter from each other at every NumPy call spend a third more of the processor.
        # Eight who ask at once waited 1.4 times as long (benchmarks/search.py).
        waits = any(leg.waits for leg in legs.values())
        self._turn: AbstractContextManager[object] = nullcontext() if waits else Lock()
        order: dict[str, int] = {}
        for chunk in chunks:
            order.setdefault(chunk.edition.key, len(order))
        self._edition_at = np.array([order[c.edition.key] for c in chunks], dtype=np.int64)
        # Without a reference to this object, so that it goes with its last reader.
        self._scope = lru_cache(maxsize=_SCOPES)(
            partial(
                _scope,
                editions,
                in_force or partial(valid, editions),
                order,
                self._edition_at,
                municipalities,
            )
        )

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        """Return up to *k* passages, best first; ties keep reading order."""
        with self._turn:
            found = self.sound(question, filters)
            if found is None:
                return []
            total, evidence = found.fused(self._weights)
            return self.passages(found, total, evidence, k)

    def sound(self, question: str, filters: Filters) -> Sounding | None:
        """Ask every leg; None where the question says nothing, or the filters admit nothing."""
        admitted = self._admitted(question, filters)
        query = read_query(question, self._glossary)
        if not len(admitted) or not (query.words or query.pairs):
            return None
        legs = {name: leg.scores(query) for name, leg in self._legs.items()}
        if len(admitted) == len(self._chunks):
            return Sounding(admitted, self._edition_at, legs)
        legs = {name: scores[admitted] for name, scores in legs.items()}
        return Sounding(admitted, self._edition_at[admitted], legs)

    def passages(
        self,
        found: Sounding,
        total: NDArray[np.float64],
        evidence: NDArray[np.float64],
        k: int,
    ) -> list[Passage]:
        """Return the *k* chunks of the highest sums that any leg finds anything in."""
        best = _highest(total, k)
        near = np.max([scores[best] for scores in found.legs.values()], axis=0) > 0
        best = best[near]
        legs = {**found.legs, DOCUMENT: evidence}
        columns = [scores[best].tolist() for scores in legs.values()]
        return [
            Passage(self._chunks[at], self._pages[at], score, dict(zip(legs, told, strict=True)))
            for at, score, *told in zip(
                found.chunks[best].tolist(), total[best].tolist(), *columns, strict=True
            )
        ]

    def _admitted(self, question: str, filters: Filters) -> NDArray[np.int64]:
        """Return the numbers of the chunks that are searched, in order."""
        admitted = self._scope(replace(filters, as_of=filters.as_of or self._today()))
        others = self._municipalities.others(question)
        return np.setdiff1d(admitted, others, assume_unique=True) if len(others) else admitted


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


def _highest(scores: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Return where the *k* highest scores stand, best first; ties keep their order."""
    if k < len(scores):
        bound = np.partition(scores, len(scores) - k)[len(scores) - k]
        among = np.flatnonzero(scores >= bound)
    else:
        among = np.arange(len(scores))
    return among[np.argsort(-scores[among], kind="stable")[:k]]


def _of_document(scores: NDArray[np.float64], editions: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return for each chunk how good the best chunks of its document are: the mean of five.

    *editions* numbers the edition of each chunk; the chunks of one edition follow each other.
    What a document lacks of five counts as the lowest score there is.
    """
    bounds = [0, *(np.flatnonzero(editions[1:] != editions[:-1]) + 1).tolist(), len(editions)]
    starts, lengths = bounds[:-1], np.subtract(bounds[1:], bounds[:-1])
    left, lowest = scores.copy(), float(scores.min())
    total = np.zeros(len(starts))
    for _ in range(_BEST_OF_DOCUMENT):
        best = np.maximum.reduceat(left, starts)
        total += best
        np.putmask(left, left >= np.repeat(best, lengths), lowest)
    return np.repeat(total / _BEST_OF_DOCUMENT, lengths)


def _standard(scores: NDArray[np.floating], weight: float) -> NDArray[np.float64]:
    """Return standard scores times *weight*: mean 0; all 0 where every score is the same."""
    # What NumPy's own mean and deviation look at takes longer than the sums themselves.
    found = scores.astype(np.float64)
    found -= np.add.reduce(found) / len(found)
    spread = math.sqrt(np.einsum("i,i->", found, found) / len(found))
    if spread < 1e-9:  # noqa: PLR2004 - zero but for rounding
        return np.zeros(len(found))
    found *= weight / spread
    return found
