"""The legs of the search: each is one way of scoring every chunk or page for a query."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.search.vectors import Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index.search.embedding import Embedder
    from index.search.lexical import Bm25
    from index.search.queries import Query
    from index.search.tallies import Kind
    from index.search.vectors import StoredVectors


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
