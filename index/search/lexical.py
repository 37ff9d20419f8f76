"""BM25 over the words and over the character pairs of passages (Robertson and Zaragoza 2009).

An index lies in a folder, and what a search does not touch of it stays on the disk: the system
maps the files into memory and shares them between processes. Units are known by their keys only
(`keys_of`), so that no vocabulary has to be read either.
"""

from __future__ import annotations

import json
import zlib
from copy import copy
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_matrix

from ingest import arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

# As in Anserini: short passages want little correction for length. Against 1.2 and 0.75, on
# questions about 36 government PDFs: right page first 0.803 (0.777), among three 0.949 (0.936).
K1 = 0.9
B = 0.4

_BLOCK = 65_536
"""So many postings are checked together, when the first of them is read: 512 kB."""

_FEW = 20_000
"""Below so many postings setting up a sparse matrix takes longer than its product saves."""

_PENDING = 2_000_000
"""So many numbers of passages are gathered before they are summed by unit: 32 MB."""

Counts = tuple["csr_matrix", "NDArray[np.uint64]"]
"""How often passages that follow each other hold each unit, and the units' keys."""


class Bm25:
    """An inverted index over units (words or character pairs) of passages, in their order."""

    def __init__(
        self,
        size: int,
        keys: NDArray[np.uint64],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        scores: NDArray[np.float32],
        checks: NDArray[np.uint32] | None = None,
    ) -> None:
        """Take what `inverted` worked out or `load` found; use those.

        *keys* are those of the units, ascending. *rows* are the passages that hold each unit and
        *scores* its scores in them, one unit after the other, each from its place in *starts*.
        *size* is the number of passages. *checks* are those of the blocks of postings, where they
        are not yet known to be as written.
        """
        self._size = size
        self.keys = keys
        self._beside: Bm25 | None = None
        self._last: tuple[object, NDArray[np.int64]] = (None, np.zeros(0, np.int64))
        self._starts = starts
        self._rows, self._scores = rows, scores
        self._checks = checks
        self._unread = set(range(0 if checks is None else len(checks)))
        self._seen: NDArray[np.bool_] | None = None
        self._there = size
        self._worth: NDArray[np.float32] | None = None

    def within(self, seen: NDArray[np.bool_]) -> Bm25:
        """Return the index as it would be if it held only the passages *seen*; rows keep their numbers.

        A unit that none of them holds is unknown, and how rare one is says nothing of the others.
        Only the mean length of a passage stays that of all.

        Raises:
            ValueError: what is stored is damaged.
        """
        self._check(0, len(self._rows))
        found = copy(self)
        counted = np.zeros(len(self._rows) + 1, dtype=np.int32)
        np.cumsum(seen[self._rows], dtype=np.int32, out=counted[1:])
        holding = np.diff(counted[self._starts]).astype(np.int64)
        found._seen, found._there = seen, int(np.count_nonzero(seen))  # noqa: SLF001 - of this very class, as below
        idf = np.where(holding > 0, _idf(holding, found._there), 0)  # noqa: SLF001
        found._worth = (idf / _idf(np.diff(self._starts), self._size)).astype(np.float32)  # noqa: SLF001
        return found

    def scores(self, units: Mapping[str, float]) -> NDArray[np.float32]:
        """Return the score of every passage for weighted units, shape (passages,), float32.

        A unit that no passage holds adds nothing; a weight of 2 counts a unit twice.

        Raises:
            ValueError: what is stored of a unit is damaged.
        """
        places = self._places(units)
        weights = np.fromiter(units.values(), np.float32, len(units))[places >= 0]
        if self._worth is not None:
            weights *= self._worth[places[places >= 0]]
        spans = self._spans(places[places >= 0])
        if not spans:
            return np.zeros(self._size, dtype=np.float32)
        rows = np.concatenate([self._rows[start:end] for start, end in spans])
        shares = np.concatenate([self._scores[start:end] for start, end in spans])
        many = [end - start for start, end in spans]
        if len(rows) < _FEW:
            shares = shares * np.repeat(weights, many)
            return np.bincount(rows, shares, minlength=self._size).astype(np.float32)
        starts = np.cumsum([0, *many])
        by_unit = csc_matrix((shares, rows, starts), shape=(self._size, len(spans)))
        found: NDArray[np.float32] = by_unit @ weights
        return found

    def holding(self, units: Iterable[str]) -> NDArray[np.int64]:
        """Return the numbers of the passages that hold every one of *units*, in order."""
        places = self._places(dict.fromkeys(units))
        none = np.zeros(0, dtype=np.int64)
        if not len(places) or places.min() < 0:
            return none
        spans = self._spans(places)
        first, *others = sorted((self._rows[start:end] for start, end in spans), key=len)
        for rows in others:
            first = np.intersect1d(first, rows, assume_unique=True)
        found = np.sort(first).astype(np.int64)
        return found if self._seen is None else found[self._seen[found]]

    def rarity(self, unit: str) -> float:
        """Return the unit's inverse document frequency; of an unknown unit, the highest there is."""
        (at,) = self._places((unit,))
        holding = 0 if at < 0 else self._starts[at + 1] - self._starts[at]
        if self._worth is None or not holding or not self._worth[at]:
            return float(_idf(np.array(holding if self._worth is None else 0), self._there))
        return float(_idf(np.array(holding), self._size) * self._worth[at])

    def knows(self, *units: str) -> bool:
        """Whether each of the units stands in some passage."""
        return bool(self._known(units).all())

    def knows_each(self, groups: Sequence[Sequence[str]]) -> NDArray[np.bool_]:
        """Return for each group of units whether every one of them stands in some passage."""
        missing = ~self._known([unit for group in groups for unit in group])
        ends = np.cumsum([0, *map(len, groups)])
        lacking = np.concatenate([[0], np.cumsum(missing)])[ends]
        known: NDArray[np.bool_] = np.diff(lacking) == 0
        return known

    def _known(self, units: Sequence[str]) -> NDArray[np.bool_]:
        places = self._places(units)
        if self._worth is None or not len(self._worth):
            return places >= 0
        return (places >= 0) & (self._worth[places] > 0)

    def _places(self, units: Iterable[str]) -> NDArray[np.int64]:
        """Return where each unit stands among the keys, -1 where it does not."""
        if self._beside is not None:
            return self._beside._places(units)  # noqa: SLF001 - one of us
        # Chunks and pages are asked for the same units, one after the other.
        last, places = self._last
        if units is not last:
            asked = keys_of(units)
            at = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
            places = np.where(self.keys[at] == asked, at, -1) if len(self.keys) else at
            self._last = (units, places)
        return places

    def _spans(self, places: NDArray[np.int64]) -> list[tuple[int, int]]:
        """Return where the postings of units begin and end, having seen that they are whole."""
        spans = list(
            zip(self._starts[places].tolist(), self._starts[places + 1].tolist(), strict=True)
        )
        if self._unread:
            for start, end in spans:
                self._check(start, end)
        return spans

    def _check(self, start: int, end: int) -> None:
        """See that a run of postings is as it was written, each block once."""
        for block in range(start // _BLOCK, (end - 1) // _BLOCK + 1):
            if block in self._unread:
                if self._checks is not None and self._checks[block] != self._sum(block):
                    raise ValueError("the postings of a unit are damaged")
                self._unread.discard(block)

    def _sum(self, block: int) -> int:
        part = slice(block * _BLOCK, (block + 1) * _BLOCK)
        return zlib.crc32(self._scores[part].tobytes(), zlib.crc32(self._rows[part].tobytes()))

    def save(self, folder: Path, *, with_keys: bool = True) -> None:
        """Write the index into a folder, but for the postings that lie there already."""
        folder.mkdir(parents=True, exist_ok=True)
        sums = [self._sum(block) for block in range(-(-len(self._rows) // _BLOCK))]
        written = [
            (name, numbers)
            for name, numbers in (("rows", self._rows), ("scores", self._scores))
            if not isinstance(numbers, np.memmap)
        ]
        stored: dict[str, NDArray[np.generic]] = {
            **dict(written),
            "starts": self._starts,
            "checks": np.array(sums, dtype=np.uint32),
            "size": np.array(self._size),
        }
        if with_keys:
            stored["keys"] = self.keys
        for name, numbers in stored.items():
            np.save(folder / f"{name}.npy", numbers, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path, beside: Bm25 | None = None) -> Bm25:
        """Open an index that `save` wrote; without keys of its own it has those of *beside*.

        Raises:
            OSError, ValueError: a file is missing or damaged.
        """
        if (folder / "units.json").exists():
            return _former(folder)
        rows, scores, starts = (
            arrays.mapped(folder / f"{name}.npy") for name in ("rows", "scores", "starts")
        )
        known = beside.keys if beside else arrays.mapped(folder / "keys.npy")
        checks = arrays.load(folder / "checks.npy")
        if not (len(rows) == len(scores) == starts[-1] and len(starts) == len(known) + 1):
            raise ValueError("its files do not fit each other")
        opened = cls(int(arrays.load(folder / "size.npy")), known, starts, rows, scores, checks)
        opened._beside = beside
        return opened


def inverted(
    blocks: Callable[[], Iterable[Counts]],
    made: Callable[[str, int, type], NDArray[np.generic]],
    keys: NDArray[np.uint64] | None = None,
) -> Bm25:
    """Index passages that come in blocks, each of which is looked at twice and then let go.

    *made* gives an array to write into, by name, length and type; *keys* are those of all units,
    ascending, where they are known. The score of a unit in a passage is Lucene's: idf · tf /
    (tf + k1 · (1 - b + b · l / mean l)), with the number of units in the passage for l.
    """
    holding, lengths = _Holding(), [np.zeros(0, np.float32)]
    for counts, of in blocks():
        holding.add(of, np.bincount(counts.indices, minlength=len(of)))
        lengths.append(np.asarray(counts.sum(axis=1), dtype=np.float32).ravel())
    known, numbers = holding.summed()
    if keys is not None:
        numbers = _at(numbers, np.searchsorted(keys, known), len(keys))
        known = keys
    length = np.concatenate(lengths)
    mean = max(float(length.mean()) if len(length) else 0.0, 1e-9)
    damped = (K1 * (1 - B + B * length / mean)).astype(np.float32)
    idf = _idf(numbers, len(length))
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(numbers)])
    rows, scores = (
        made(name, int(starts[-1]), kind)
        for name, kind in (("rows", np.int32), ("scores", np.float32))
    )
    free, first = starts[:-1].copy(), 0
    for counts, of in blocks():
        by_unit = counts.tocsc()
        at, many = np.searchsorted(known, of), np.diff(by_unit.indptr)
        to = np.repeat(free[at] - by_unit.indptr[:-1], many) + np.arange(by_unit.nnz)
        found = by_unit.data.astype(np.float32)
        found /= found + damped[by_unit.indices + first]
        rows[to] = by_unit.indices + first
        scores[to] = found * np.repeat(idf[at], many)
        free[at] += many
        first += counts.shape[0]
    return Bm25(len(length), known, starts, rows, scores)  # type: ignore[arg-type]


class _Holding:
    """In how many passages each unit stands, summed up block by block."""

    def __init__(self) -> None:
        self._keys = [np.zeros(0, np.uint64)]
        self._numbers = [np.zeros(0, np.int64)]
        self._pending = 0

    def add(self, keys: NDArray[np.uint64], numbers: NDArray[np.int64]) -> None:
        self._keys.append(keys)
        self._numbers.append(numbers)
        self._pending += len(keys)
        if self._pending > _PENDING:
            self.summed()

    def summed(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        keys, at = np.unique(np.concatenate(self._keys), return_inverse=True)
        numbers = _at(np.concatenate(self._numbers), at, len(keys))
        self._keys, self._numbers, self._pending = [keys], [numbers], 0
        return keys, numbers


def _at(numbers: NDArray[np.int64], places: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the sums of the numbers at each place."""
    return np.bincount(places, numbers, minlength=size).astype(np.int64)


def _former(folder: Path) -> Bm25:
    """Open an index of before version 2, which kept its units as text."""
    listed = json.loads((folder / "units.json").read_text(encoding="utf-8"))
    starts = arrays.load(folder / "indptr.npy")
    keys = keys_of(listed["units"])
    order = np.argsort(keys)
    # The postings come in the order of the keys.
    many = np.diff(starts)[order]
    ordered = np.concatenate([np.zeros(1, np.int64), np.cumsum(many)])
    taken = np.repeat(starts[:-1][order] - ordered[:-1], many) + np.arange(ordered[-1])
    rows, scores = (arrays.load(folder / f"{n}.npy") for n in ("indices", "data"))
    return Bm25(int(listed["size"]), keys[order], ordered, rows[taken], scores[taken])


def _idf(holding: NDArray[np.int64], size: int) -> NDArray[np.float32]:
    """Return Lucene's inverse document frequency of units held by so many of *size* passages."""
    found: NDArray[np.float32] = np.log1p((size - holding + 0.5) / (holding + 0.5)).astype(
        np.float32
    )
    return found


def keys_of(units: Iterable[str]) -> NDArray[np.uint64]:
    """Return the number that stands for each unit wherever units are stored.

    Of ten million units two have the same in one of some 370,000 corpora.
    """
    return np.array([_key(unit) for unit in units], dtype=np.uint64)


@lru_cache(maxsize=100_000)
def _key(unit: str) -> int:
    return int.from_bytes(blake2b(unit.encode(), digest_size=8).digest(), "little")
