"""A re-ranker in the search: it puts the best passages into a new order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from index.passages import Filters, Passage, Reranker, Retriever

RERANKED = 50
"""So many of the best passages a re-ranker looks at: it takes time for each."""


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
