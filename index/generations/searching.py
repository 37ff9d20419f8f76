"""What an open generation is searched with: whole, or as if it held only some of its editions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from index.search import dictionary
from index.search.expanding import Expanding
from index.search.fitted import Fitted
from index.search.hybrid import Hybrid
from index.search.legs import DenseLeg, Leg, UnitLeg
from index.search.misspelt import Spelling
from index.search.municipalities import Municipalities
from index.search.reranked import Reranked

if TYPE_CHECKING:
    from datetime import date

    from index.passages import Reranker, Retriever
    from index.search.embedding import Embedder
    from index.search.glossary import Glossary
    from index.search.legs import StoredVectors
    from index.search.lexical import Bm25
    from index.search.parts import StoredChunks
    from index.search.synonyms import Synonyms
    from index.search.tallies import Kind
    from ingest.catalog.editions import Edition


@dataclass(frozen=True, slots=True)
class Search:
    """What searches, and what else knows the words of what is searched."""

    hybrid: Hybrid
    retriever: Retriever
    glossary: Glossary
    words: Bm25
    spelling: Spelling


@dataclass(frozen=True, slots=True)
class Indexes:
    """The opened indexes of a generation: the chunks in order, and what scores them.

    *units* has for each kind the index of chunks and that of pages.
    """

    chunks: StoredChunks
    units: Mapping[Kind, tuple[Bm25, Bm25]]
    embedder: Embedder
    vectors: StoredVectors | None
    glossary: Glossary
    synonyms: Synonyms
    weights: Mapping[str, float]
    today: Callable[[], date]
    reranker: Reranker | None

    def search(
        self,
        editions: Sequence[Edition],
        in_force: Callable[[date], Sequence[Edition]],
        *,
        whole: bool = True,
    ) -> Search:
        """Return what searches *editions*, of which *in_force* gives those that count on a day.

        Unless they are the *whole*, nothing that it gives tells of the others: neither passages
        nor how rare a word is, what it may be a slip of, or what an English one means.
        """
        units, embedder = self.units, self.embedder
        if not whole:
            units = self._within({edition.key for edition in editions})
            if isinstance(embedder, Fitted):
                embedder = embedder.knowing(units["words"][0].knows_each)
        words, couples = units["words"][0], units["pairs"][0]
        legs: dict[str, Leg] = {}
        for kind, (by_chunk, by_page) in units.items():
            legs[kind] = UnitLeg(by_chunk, kind)
            legs[f"page-{kind}"] = UnitLeg(by_page, kind, by_page=True)
        dense = DenseLeg(embedder, self.vectors) if self.vectors else None
        file = dictionary.at_hand()
        looked_up = dictionary.Dictionary(file, words, couples) if file else None
        glossary = Expanding(self.glossary, self.synonyms, words, looked_up)
        towns = Municipalities(self.chunks, couples, self.glossary)
        hybrid = Hybrid(
            self.chunks, legs, dense, self.weights, glossary, editions, self.today, towns,
            in_force=in_force,
        )  # fmt: skip
        retriever = hybrid if self.reranker is None else Reranked(hybrid, self.reranker)
        return Search(hybrid, retriever, glossary, words, Spelling(words, couples, self.glossary))

    def _within(self, keys: set[str]) -> dict[Kind, tuple[Bm25, Bm25]]:
        editions = np.array([edition.key in keys for edition in self.chunks.editions], np.bool_)
        chunks = editions[self.chunks.edition_at]
        pages = np.zeros(int(self.chunks.page_at.max(initial=-1)) + 1, dtype=np.bool_)
        pages[self.chunks.page_at[chunks]] = True
        return {
            kind: (by_chunk.within(chunks), by_page.within(pages))
            for kind, (by_chunk, by_page) in self.units.items()
        }
