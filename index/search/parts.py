"""The chunks of editions: cut, kept for the next generation, and read when they are shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ingest.chunks import Chunk, split
from ingest.headings import sections

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.catalog.editions import Edition
    from ingest.headings import Section
    from ingest.pages import EditionText


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk with the pages it stands on."""

    chunk: Chunk
    pages: tuple[int, ...]


def cut(
    edition: Edition, text: EditionText, found: Sequence[Section] | None = None
) -> tuple[Part, ...]:
    """Cut an edition's text into parts, in reading order; *found* are its sections, if known."""
    return tuple(
        Part(chunk, text.pages_of(chunk.start, chunk.end))
        for chunk in split(edition, text, sections(text) if found is None else found)
    )


def save(parts: tuple[Part, ...], path: Path) -> None:
    """Write parts to a new file, one JSON object a line."""
    with path.open("x", encoding="utf-8") as file:
        for part in parts:
            line = {
                "start": part.chunk.start,
                "end": part.chunk.end,
                "section": part.chunk.section,
                "context": part.chunk.context,
                "text": part.chunk.text,
                "pages": part.pages,
            }
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def load(edition: Edition, path: Path) -> tuple[Part, ...]:
    """Read parts that `save` wrote, as parts of *edition*.

    Raises:
        OSError, ValueError, KeyError: the file is missing or damaged.
    """
    with path.open(encoding="utf-8") as file:
        return tuple(parsed(edition, line) for line in file)


def parsed(edition: Edition, line: str) -> Part:
    """Read one line that `save` wrote.

    Raises:
        ValueError, KeyError, TypeError: it is damaged.
    """
    told = json.loads(line)
    chunk = Chunk(
        edition, tuple(told["section"]), told["text"], told["start"], told["end"], told["context"]
    )
    return Part(chunk, tuple(told["pages"]))


TABLE = "chunks.npy"
"""Where a generation keeps the table of its chunks."""

_KEPT = 4_096
"""Chunks that stay in memory: 2 kB each."""


class StoredChunks:
    """The chunks of several editions, in reading order, by number from 0."""

    def __init__(
        self,
        editions: Sequence[Edition],
        table: NDArray[np.int64],
        read: Callable[[int, int], Part],
    ) -> None:
        """Take the editions, their `tabled` chunks, and what reads one.

        *read* is given the number of an edition and where in its file the chunk stands.
        """
        self.editions = editions
        self.edition_at = table[:, 0]
        self.page_at = table[:, 1]
        self._offsets = table[:, 2]
        self._read = lru_cache(maxsize=_KEPT)(read)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.edition_at)

    def __getitem__(self, at: int) -> Part:
        """Return a chunk with its pages.

        Raises:
            OSError, ValueError, KeyError, TypeError: what is stored of it is missing or damaged.
        """
        return self._read(int(self.edition_at[at]), int(self._offsets[at]))

    @property
    def starts(self) -> NDArray[np.int64]:
        """The number of each edition's first chunk, and in the end how many chunks there are."""
        return np.searchsorted(self.edition_at, np.arange(len(self.editions) + 1))


def stored(
    editions: Sequence[Edition],
    paths: Sequence[Path],
    table: NDArray[np.int64],
    check: Callable[[Path], None],
) -> StoredChunks:
    """Return chunks that `save` wrote; *check* looks at each file before it is first read."""

    def read(edition: int, offset: int) -> Part:
        check(paths[edition])
        with paths[edition].open("rb") as file:
            file.seek(offset)
            return parsed(editions[edition], file.readline().decode())

    return StoredChunks(editions, table, read)


def tabled(editions: Sequence[Edition], paths: Sequence[Path]) -> NDArray[np.int64]:
    """Return for each chunk its edition, the row of its first page, and its place in the file.

    Pages on which a chunk begins are numbered from 0 in the order of their first chunks.

    Raises:
        OSError, ValueError, KeyError, TypeError: a file is missing or damaged.
    """
    found: list[tuple[int, int, int]] = []
    rows: dict[tuple[int, int], int] = {}
    for at, (edition, path) in enumerate(zip(editions, paths, strict=True)):
        offset = 0
        with path.open("rb") as file:
            for line in file:
                page = parsed(edition, line.decode()).pages[0]
                found.append((at, rows.setdefault((at, page), len(rows)), offset))
                offset += len(line)
    return _table(found)


def _table(rows: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    return np.array(rows, dtype=np.int64).reshape(-1, 3)
