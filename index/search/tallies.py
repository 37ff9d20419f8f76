"""How often each word, phrase of two words and pair of characters stands in each chunk.

A generation keeps one for each edition, and the next one takes it over: the lexical indexes are
made of them without looking at a text again.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix, vstack

from index.search.lexical import keys_of
from ingest import arrays
from ingest.language.words import meant, pairs, phrases, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.search.parts import Part

Kind: TypeAlias = Literal["words", "pairs", "phrases"]

KINDS: tuple[Kind, ...] = ("words", "pairs", "phrases")

_NAMED = "named"


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of one kind of unit in one edition.

    *pages* are the first page of each chunk. *text* and *context* say how often each unit stands
    in each chunk's text and context, shape (chunks, units), int32. *keys* are those of the units;
    *units* themselves are kept of words, which an embedder is fitted to, and of nothing else.
    """

    pages: NDArray[np.int32]
    keys: NDArray[np.uint64]
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
    units = tuple(vocabulary) if kind == "words" else ()
    return Tally(pages, keys_of(vocabulary), units, *counts)


def _units(parts: Sequence[Part], kind: Kind) -> tuple[Iterator[Sequence[str]], ...]:
    """Return the units of each part's text, and of each one's context."""
    if kind == "pairs":
        return (pairs(part.chunk.text) for part in parts), (pairs(p.chunk.context) for p in parts)
    texts, contexts = (
        (tokens(p.chunk.text) for p in parts),
        (tokens(p.chunk.context) for p in parts),
    )
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
    """Count the units of every kind of an edition's parts into a new file, and name their words."""
    stored: dict[str, NDArray[np.generic]] = {}
    for kind in KINDS:
        tally = tallied(parts, kind)
        stored["pages"] = tally.pages
        stored[f"{kind}-keys"] = tally.keys
        said = "\n".join(tally.units).encode()
        stored[f"{kind}-units"] = np.frombuffer(said, dtype=np.uint8)
        for of, counts in (("text", tally.text), ("context", tally.context)):
            stored[f"{kind}-{of}-counts"] = _small(counts.data)
            stored[f"{kind}-{of}-at"] = _small(counts.indices)
            stored[f"{kind}-{of}-starts"] = counts.indptr.astype(np.int32)
    texts = (f"{part.chunk.context}\n{part.chunk.text}" for part in parts)
    named = {word for text in texts for word in meant(text, parts=True)}
    stored[_NAMED] = np.frombuffer("\n".join(sorted(named)).encode(), dtype=np.uint8)
    with path.open("xb") as file:
        np.savez_compressed(file, allow_pickle=False, **stored)


def load(path: Path, kind: Kind) -> Tally:
    """Read the counts of one kind that `save` wrote.

    Raises:
        OSError, ValueError, KeyError: the file is missing or damaged.
    """
    with arrays.opened(path) as stored:
        pages = stored["pages"]
        said = stored[f"{kind}-units"].tobytes().decode()
        units = tuple(said.split("\n")) if said else ()
        keys = stored[f"{kind}-keys"]
        text, context = (
            csr_matrix(
                (
                    stored[f"{kind}-{of}-counts"].astype(np.int32),
                    stored[f"{kind}-{of}-at"].astype(np.int32),
                    stored[f"{kind}-{of}-starts"],
                ),
                shape=(len(pages), len(keys)),
            )
            for of in ("text", "context")
        )
    return Tally(pages, keys, units, text, context)


def named(path: Path) -> list[str]:
    """Return the words of an edition that have synonyms; none of a tally that is older than they.

    Raises:
        OSError, ValueError: the file is missing or damaged.
    """
    with arrays.opened(path) as stored:
        try:
            said = stored[_NAMED].tobytes().decode()
        except KeyError:
            return []
    return said.split("\n") if said else []


def _small(numbers: NDArray[np.int32]) -> NDArray[np.generic]:
    """Return the same numbers in as few bytes as hold the largest."""
    return numbers.astype(np.min_scalar_type(int(numbers.max(initial=0))))


def of_words(
    tallies: Iterable[Tally], most: int, chunks: int
) -> tuple[csr_matrix, tuple[str, ...]]:
    """Return the counts of words in at most *most* of *chunks* chunks, evenly taken, and the words.

    Words keep the order in which they first appear.
    """
    vocabulary: dict[str, int] = {}
    found: list[csr_matrix] = []
    every, first = -(-chunks // most) if chunks else 1, 0
    for tally in tallies:
        counts = (tally.text + tally.context)[-first % every :: every]
        first += len(tally.pages)
        at = np.full(len(tally.units), -1, dtype=np.int32)
        for unit in np.unique(counts.indices).tolist():
            at[unit] = vocabulary.setdefault(tally.units[unit], len(vocabulary))
        found.append(
            csr_matrix((counts.data, at[counts.indices], counts.indptr), shape=counts.shape)
        )
    width = len(vocabulary)
    for one in found:
        one.resize(one.shape[0], width)
    return (vstack(found, format="csr") if found else csr_matrix((0, 0))), tuple(vocabulary)
