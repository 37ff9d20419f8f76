"""The legs of the search, what each scores by, and a question as they see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ingest import arrays
from ingest.language.spelling import is_japanese
from ingest.language.words import loanwords, pairs, phrases, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.search.embedding import Embedder
    from index.search.glossary import Glossary, Match
    from index.search.lexical import Bm25
    from index.search.tallies import Kind

_MAPPED = 4_096
"""Files that stay mapped; the system allows some 65,000."""

_HELD = 10_000
"""Up to so many vectors are held when they were read once, 10 MB: picking 200 of them out of twenty
files takes 0.9 ms of a search of 4."""

_SAMPLED = 4_096
"""So many vectors tell how the cosines of all are spread; where there are no more, all do."""


class StoredVectors:
    """Unit vectors, by the number of their chunk from 0."""

    def __init__(
        self, paths: Sequence[Path], starts: NDArray[np.int64], check: Callable[[Path], None]
    ) -> None:
        """Take the file of each edition, and the number of its first chunk and past the last.

        *check* looks at each file before it is first read. An edition without chunks has none.
        """
        self._starts = starts
        self._whole: NDArray[np.float32] | None = None
        self._map = lru_cache(maxsize=_MAPPED)(
            lambda at: _mapped(paths[at], int(starts[at + 1] - starts[at]), check)
        )

    def at(self, chunks: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of chunks whose numbers ascend, shape (len(chunks), d).

        Raises:
            OSError, ValueError: a file is missing or damaged.
        """
        if self._starts[-1] > _HELD:
            return self._read(chunks)
        if self._whole is None:
            self._whole = self._read(np.arange(self._starts[-1]))
        return self._whole[chunks]

    def _read(self, chunks: NDArray[np.int64]) -> NDArray[np.float32]:
        editions = np.searchsorted(self._starts, chunks, side="right") - 1
        bounds = [0, *(np.flatnonzero(np.diff(editions)) + 1).tolist(), len(chunks)]
        found = [
            self._map(int(editions[first]))[chunks[first:last] - self._starts[editions[first]]]
            for first, last in pairwise(bounds)
            if first < last
        ]
        return np.concatenate(found).astype(np.float32) if found else np.zeros((0, 1), np.float32)


class Spread:
    """How the cosines of some vectors with any question are spread: their mean and deviation."""

    def __init__(self, vectors: StoredVectors, chunks: NDArray[np.int64]) -> None:
        """Look at the vectors of these chunks, or at as many of them as tell it, evenly taken."""
        step = -(-len(chunks) // _SAMPLED) if len(chunks) else 1
        sample = vectors.at(chunks[::step]).astype(np.float64)
        self._mean = sample.mean(axis=0)
        sample -= self._mean
        self._covariance = sample.T @ sample / len(sample)

    def of(self, question: NDArray[np.float32]) -> tuple[float, float]:
        """Return the mean and the standard deviation of the cosines with a question's vector."""
        asked = question.astype(np.float64)
        variance = float(np.vecdot(np.vecdot(self._covariance, asked), asked))
        return float(self._mean @ asked), max(variance, 0.0) ** 0.5


def _mapped(path: Path, size: int, check: Callable[[Path], None]) -> NDArray[np.generic]:
    check(path)
    found = arrays.mapped(path)
    if len(found) != size:
        raise ValueError(f"{path.name} holds {len(found)} vectors instead of {size}")
    return found


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
        names = match.others if english else match.japanese
        if match.looked_up and not english:
            # Only as words: with their pairs, or those behind the first at _FURTHER, fewer right
            # pages of six sets of questions come first.
            synonyms = (word for name in names for word in tokens(name))
            words |= dict.fromkeys((word for word in synonyms if word not in words), _SYNONYM)
        elif match.looked_up:
            for found in (words, couples):
                found.update((stem, _FOREIGN) for stem in tokens(match.said) if stem in found)
        added.extend(zip(names, _weights(match, english=english), strict=False))
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


def _weights(match: Match, *, english: bool) -> list[float]:
    """Return how much each other name counts; none of a synonym, which counts by its words."""
    if match.looked_up:
        return [_LOOKED_UP, *[_LOOKED_UP_FURTHER] * len(match.others)] if english else []
    first = _TRANSLATED if english else _SYNONYM
    return [first, *[_FURTHER * first] * len(match.others)]


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
