"""An edition cut into searchable chunks, as a generation keeps it and the next one reuses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.chunks import Chunk, split
from ingest.headings import sections

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
