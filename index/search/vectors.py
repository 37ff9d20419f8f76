"""The vectors of a generation's chunks: one file an edition, mapped when it is first asked for."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest import arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

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
