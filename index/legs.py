"""The lexical indexes of a generation, made from its parts: over chunks and over whole pages."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

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


def build(
    folder: Path,
    parts: Callable[[], Iterator[Part]],
    told: Callable[[float], None] = lambda _: None,
) -> None:
    """Write the four indexes into a generation's folder.

    *parts* gives all parts in order each time it is called; *told* hears the share that is done.
    """
    vocabulary: dict[str, int] = {}
    words = [
        (_numbered(part.words, vocabulary), _numbered(part.context_words, vocabulary))
        for part in parts()
    ]
    told(0.2)
    _save(folder / "words", folder / "page-words", parts, words, vocabulary)
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
    _save(folder / "pairs", folder / "page-pairs", parts, couples, vocabulary)
    told(1.0)


def _numbered(units: Sequence[str], vocabulary: dict[str, int]) -> array[int]:
    return array(_NUMBERS, [vocabulary.setdefault(unit, len(vocabulary)) for unit in units])


def _save(
    by_chunk: Path,
    by_page: Path,
    parts: Callable[[], Iterator[Part]],
    units: Sequence[tuple[array[int], array[int]]],
    vocabulary: Mapping[str, int],
) -> None:
    Bm25.of_numbers([text + context for text, context in units], vocabulary).save(by_chunk)
    pages = _gathered(
        (part.chunk.edition.key, part.pages[0], *both)
        for part, both in zip(parts(), units, strict=True)
    )
    Bm25.of_numbers(list(pages), vocabulary).save(by_page)


def _gathered(
    chunks: Iterable[tuple[str, int, array[int], array[int]]],
) -> Iterator[array[int]]:
    """Yield the units of each page: those of its chunks' texts, and of their contexts once.

    Pages come in the order in which their first chunk does, as in `generations.page_rows`;
    the chunks of one page follow each other within an edition.
    """
    found: dict[int, tuple[array[int], set[int]]] = {}
    edition: str | None = None
    for key, page, text, context in chunks:
        if key != edition:
            yield from _pages(found)
            found, edition = {}, key
        units, also = found.setdefault(page, (array(_NUMBERS), set()))
        units.extend(text)
        also.update(context)
    yield from _pages(found)


def _pages(found: Mapping[int, tuple[array[int], set[int]]]) -> Iterator[array[int]]:
    for units, also in found.values():
        yield units + array(_NUMBERS, sorted(also.difference(units)))
