"""How often each word, phrase of two words and pair of characters stands in each chunk.

A generation keeps one for each edition, and the next one takes it over: the lexical indexes are
made of them without looking at a text again.
"""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from zipfile import BadZipFile

import numpy as np
from scipy.sparse import csr_matrix

from ingest.language.words import pairs, phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.search.parts import Part

Kind: TypeAlias = Literal["words", "pairs", "phrases"]

KINDS: tuple[Kind, ...] = ("words", "pairs", "phrases")


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one kind of unit in one edition.

    *pages* are the first page of each chunk. *text* and *context* say how often each of *units*
    stands in each chunk's text and context, shape (chunks, units), int32.
    """

    pages: NDArray[np.int32]
    units: tuple[str, ...]
    text: csr_matrix
    context: csr_matrix


def tallied(parts: Sequence[Part], kind: Kind) -> Tally:
    """Count the units of an edition's parts; units come in the order in which they appear."""
    vocabulary: dict[str, int] = {}
    counts = [counted(units, vocabulary) for units in _units(parts, kind)]
    shape = (len(parts), len(vocabulary))
    for one in counts:
        one.resize(shape)
    pages = np.array([part.pages[0] for part in parts], dtype=np.int32)
    return Tally(pages, tuple(vocabulary), *counts)


def _units(parts: Sequence[Part], kind: Kind) -> tuple[Iterator[Sequence[str]], ...]:
    """Return the units of each part's text, and of each one's context."""
    if kind == "pairs":
        return (pairs(part.chunk.text) for part in parts), (pairs(p.chunk.context) for p in parts)
    texts, contexts = (part.words for part in parts), (part.context_words for part in parts)
    if kind == "words":
        return texts, contexts
    return map(phrases, texts), map(phrases, contexts)


def counted(passages: Iterable[Sequence[str]], vocabulary: dict[str, int]) -> csr_matrix:
    """Return how often each unit stands in each passage, and add new units to *vocabulary*."""
    columns, starts = array("i"), array("q", [0])
    for units in passages:
        columns.extend([vocabulary.setdefault(unit, len(vocabulary)) for unit in units])
        starts.append(len(columns))
    found = csr_matrix(
        (np.ones(len(columns), np.int32), np.array(columns, np.int32), np.array(starts, np.int64)),
        shape=(len(starts) - 1, len(vocabulary)),
    )
    found.sum_duplicates()
    return found


def save(parts: Sequence[Part], path: Path) -> None:
    """Count the units of every kind of an edition's parts into a new file."""
    stored: dict[str, NDArray[np.generic]] = {}
    for kind in KINDS:
        tally = tallied(parts, kind)
        stored["pages"] = tally.pages
        said = "\n".join(tally.units).encode()
        stored[f"{kind}-units"] = np.frombuffer(said, dtype=np.uint8)
        for of, counts in (("text", tally.text), ("context", tally.context)):
            stored[f"{kind}-{of}-counts"] = _small(counts.data)
            stored[f"{kind}-{of}-at"] = _small(counts.indices)
            stored[f"{kind}-{of}-starts"] = counts.indptr.astype(np.int32)
    with path.open("xb") as file:
        np.savez(file, allow_pickle=False, **stored)


def load(path: Path, kind: Kind) -> Tally:
    """Read the counts of one kind that `save` wrote.

    Raises:
        OSError, ValueError, KeyError: the file is missing or damaged.
    """
    try:
        # NumPy leaves a damaged file open when it is given only its name.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            pages = stored["pages"]
            said = stored[f"{kind}-units"].tobytes().decode()
            units = tuple(said.split("\n")) if said else ()
            text, context = (
                csr_matrix(
                    (
                        stored[f"{kind}-{of}-counts"].astype(np.int32),
                        stored[f"{kind}-{of}-at"].astype(np.int32),
                        stored[f"{kind}-{of}-starts"],
                    ),
                    shape=(len(pages), len(units)),
                )
                for of in ("text", "context")
            )
    except (BadZipFile, zlib.error) as problem:
        raise ValueError(str(problem)) from problem
    return Tally(pages, units, text, context)


def _small(numbers: NDArray[np.int32]) -> NDArray[np.generic]:
    """Return the same numbers in as few bytes as hold the largest."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def joined(tallies: Iterable[Tally]) -> tuple[Tally, NDArray[np.int64]]:
    """Return the tallies of several editions as one, and the row of each chunk's page.

    Units keep the order in which they first appear. Pages are those on which a chunk begins,
    numbered from 0 in the order in which their first chunk does, edition by edition, as in
    `generations.page_rows`.
    """
    vocabulary: dict[str, int] = {}
    pages: list[NDArray[np.int32]] = []
    rows: dict[tuple[int, int], int] = {}
    on: list[int] = []
    texts: list[csr_matrix] = []
    contexts: list[csr_matrix] = []
    for number, tally in enumerate(tallies):
        places = [vocabulary.setdefault(unit, len(vocabulary)) for unit in tally.units]
        at = np.array(places, dtype=np.int32)
        for counts, all_of in ((tally.text, texts), (tally.context, contexts)):
            counts.indices = at[counts.indices]
            all_of.append(counts)
        pages.append(tally.pages)
        on.extend([rows.setdefault((number, page), len(rows)) for page in tally.pages.tolist()])
    whole = Tally(
        np.concatenate([*pages, np.zeros(0, np.int32)]),
        tuple(vocabulary),
        _stacked(texts, len(vocabulary)),
        _stacked(contexts, len(vocabulary)),
    )
    return whole, np.array(on, dtype=np.int64)


def _stacked(counts: list[csr_matrix], width: int) -> csr_matrix:
    """Return matrices one under the other, and empty the list to free their memory."""
    ends = np.cumsum([0, *(one.nnz for one in counts)])
    starts = [one.indptr[1:] + end for one, end in zip(counts, ends, strict=False)]
    found = csr_matrix(
        (
            np.concatenate([*(one.data for one in counts), np.zeros(0, np.int32)]),
            np.concatenate([*(one.indices for one in counts), np.zeros(0, np.int32)]),
            np.concatenate([np.zeros(1, np.int64), *starts]),
        ),
        shape=(sum(one.shape[0] for one in counts), width),
    )
    counts.clear()
    return found
