"""What is searched, made in memory: for tests that need no folder of an index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from index.search.lexical import Bm25, inverted, keys_of
from index.search.parts import Part, StoredChunks
from index.search.tallies import counted


def bm25(passages: Iterable[Sequence[str]]) -> Bm25:
    """Index passages given as their units, one sequence a passage."""
    vocabulary: dict[str, int] = {}
    counts = counted(passages, vocabulary)
    keys = keys_of(vocabulary)
    return inverted(lambda: [(counts, keys)], _made)


def _made(_name: str, size: int, kind: type) -> NDArray[np.generic]:
    return np.empty(size, kind)


def in_memory(held: Sequence[Part]) -> StoredChunks:
    """Return chunks that are at hand as they are."""
    editions = list(dict.fromkeys(part.chunk.edition for part in held))
    rows: dict[tuple[str, int], int] = {}
    table = [
        (
            editions.index(part.chunk.edition),
            rows.setdefault((part.chunk.edition.key, part.pages[0]), len(rows)),
            at,
        )
        for at, part in enumerate(held)
    ]
    return StoredChunks(
        editions, np.array(table, dtype=np.int64).reshape(-1, 3), lambda _, at: held[at]
    )
