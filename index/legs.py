"""The lexical indexes of a generation, made from its parts: over chunks and over whole pages."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, TypeAlias

from index.lexical import Bm25
from ingest.japanese import pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from index.parts import Part

FOLDERS = ("words", "page-words", "pairs", "page-pairs")
"""Their folders in the generation's."""

# A unit's number in a vocabulary, four bytes each: pairs of a large corpus are many.
_NUMBERS = "i"

_Units: TypeAlias = "tuple[array[int], array[int]]"
"""The units of a chunk's text and of its context."""


def build(
    folder: Path,
    parts: Callable[[], Iterator[Part]],
    told: Callable[[float], None] = lambda _: None,
) -> None:
    """Write the four indexes into a generation's folder.

    *parts* gives all parts in order each time it is called; *told* hears the share that is done.
    """
    places: list[tuple[str, int]] = []
    vocabulary: dict[str, int] = {}
    words: list[_Units] = []
    for part in parts():
        places.append((part.chunk.edition.key, part.pages[0]))
        words.append((_numbered(part.words, vocabulary), _numbered(part.context_words, vocabulary)))
    told(0.2)
    _save(folder / "words", folder / "page-words", places, words, vocabulary)
    del words
    told(0.4)
    vocabulary = {}
    couples = [
        (
            _numbered(pairs(part.chunk.text), vocabulary),
            _numbered(pairs(part.chunk.context), vocabulary),
        )
        for part in parts()
    ]
    told(0.6)
    _save(folder / "pairs", folder / "page-pairs", places, couples, vocabulary)
    told(1.0)


def _numbered(units: Sequence[str], vocabulary: dict[str, int]) -> array[int]:
    return array(_NUMBERS, [vocabulary.setdefault(unit, len(vocabulary)) for unit in units])


def _save(
    by_chunk: Path,
    by_page: Path,
    places: Sequence[tuple[str, int]],
    units: Sequence[_Units],
    vocabulary: Mapping[str, int],
) -> None:
    Bm25.of_numbers([text + context for text, context in units], vocabulary).save(by_chunk)
    Bm25.of_numbers(list(_gathered(places, units)), vocabulary).save(by_page)


def _gathered(places: Iterable[tuple[str, int]], units: Iterable[_Units]) -> Iterator[array[int]]:
    """Yield the units of each page: those of its chunks' texts, and of their contexts once.

    Pages come in the order in which their first chunk does, as in `generations.page_rows`;
    the chunks of one page follow each other within an edition.
    """
    found: dict[int, tuple[array[int], set[int]]] = {}
    edition: str | None = None
    for (key, page), (text, context) in zip(places, units, strict=True):
        if key != edition:
            yield from _pages(found)
            found, edition = {}, key
        gathered, also = found.setdefault(page, (array(_NUMBERS), set()))
        gathered.extend(text)
        also.update(context)
    yield from _pages(found)


def _pages(found: Mapping[int, tuple[array[int], set[int]]]) -> Iterator[array[int]]:
    for units, also in found.values():
        yield units + array(_NUMBERS, sorted(also.difference(units)))
