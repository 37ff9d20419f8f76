"""What a refresh is given to work with, and what it raises when it cannot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

from index.errors import IndexingError
from index.search import glossary
from ingest.errors import UnreadablePdf
from ingest.formats import READER_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from index.generations.shared import SharedGenerations
    from index.search.embedding import Embedder
    from ingest.pages import EditionText


GLOSSARY = "glossary.toml"
READINGS = "readings"
"""Where the home keeps what was read from each file, so that it is not read twice."""


class Reading(Protocol):
    """Reads many PDFs; what could not be read comes back as the error that says why."""

    def __call__(
        self, files: Mapping[str, Path], /
    ) -> Iterable[tuple[str, EditionText | UnreadablePdf]]:
        """Take paths by hash and give the hash of each with its text or error, in any order."""
        ...


class ChangedMeanwhile(IndexingError):
    """A PDF was replaced while it was read; *path* names it."""

    def __init__(self, path: str) -> None:
        """Say which file, and that nothing was published."""
        super().__init__(
            f"{path}: the file was replaced while it was read, so nothing was published. "
            f'Run "tebiki refresh" again.'
        )
        self.path = path


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that carrying out a refresh needs.

    *reader* names what *reading* reads with: another one reads everything anew. *embedder* is
    the configured one, or None for the one that is fitted to the corpus.
    *allow* is asked about the finished candidate before it is published; it returns the
    reasons against it, none if there are none; with *accept* it is published all the same, and
    the reasons are recorded. *progress* is told of each step in words, with
    how much of it is done, from 0 to 1. *common* are terms known whatever the corpus; those of
    its own glossary come on top. *shared* is where generations are published for many homes; None:
    in this home only.
    """

    corpus: Path
    home: Path
    reading: Reading
    reader: str = READER_VERSION
    embedder: Embedder | None = None
    allow: Callable[[Path], Sequence[str]] = lambda _: ()
    progress: Callable[[str, float], None] = lambda _step, _share: None
    accept: bool = False
    today: Callable[[], date] = date.today
    shared: SharedGenerations | None = None
    common: glossary.Glossary = field(default_factory=glossary.Glossary)


class NotAllowed(IndexingError):
    """The finished generation may not go live; *reasons* say why."""

    def __init__(self, generation: str, reasons: Sequence[str]) -> None:
        """Name the candidate and what speaks against it."""
        said = "\n".join(f"- {reason}" for reason in reasons)
        super().__init__(
            f"{generation} was not published; the old index stays.\n{said}\n"
            'Correct the documents, or run "tebiki refresh --accept" to publish it all the same.'
        )
        self.reasons = tuple(reasons)
