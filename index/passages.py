"""What a search asks for and what it gets: filters, passages, and the ports that serve them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import FilterUnknown
from index.search.glossary import Glossary
from ingest.catalog.editions import Edition, Kind
from ingest.chunks import Chunk
from ingest.pages import EditionText
from ingest.sentences import Sentences


@dataclass(frozen=True, slots=True)
class Filters:
    """Which chunks may be found. An empty tuple or None sets no bound.

    *as_of* is the day whose editions in force are searched (None: today). *editions* are
    labels; naming one searches it whether or not it is in force. *municipality* keeps the
    chunks that name it, by a Japanese or an English name, with its prefecture where two towns
    share one.
    """

    documents: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    editions: tuple[str, ...] = ()
    language: str | None = None
    municipality: str | None = None
    as_of: date | None = None


def checked(filters: Filters, editions: Sequence[Edition]) -> Filters:
    """Return *filters*, having seen that the documents, kinds and editions they name are held.

    Raises:
        FilterUnknown: one is not; it lists those that are, of the documents that are named.
    """
    held = [edition for edition in editions if edition.held]
    named = [e for e in held if not filters.documents or e.document.id in filters.documents]
    for what, wanted, known in (
        ("document", filters.documents, [e.document.id for e in held]),
        ("kind", filters.kinds, [e.document.kind for e in named]),
        ("edition", filters.editions, [e.label for e in named]),
    ):
        for value in wanted:
            if value not in known:
                raise FilterUnknown(what, value, tuple(dict.fromkeys(known)))
    return filters


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk somebody asked for: the pages it stands on, its score, and what each leg thought.

    *pages* are numbers from 1 in the file, in order. *score* orders the passages of one
    question and says nothing across questions. *legs* maps a leg's name to its own score.
    """

    chunk: Chunk
    pages: tuple[int, ...]
    score: float
    legs: Mapping[str, float] = field(default_factory=dict)


class Retriever(Protocol):
    """Finds passages."""

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        """Return up to *k* passages, best first; ties keep reading order."""
        ...


class Reranker(Protocol):
    """Reads a question beside each passage and says how well they fit."""

    @property
    def name(self) -> str:
        """What an answer's recipe records."""
        ...

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how well each text answers the question, shape (len(texts),); higher is better."""
        ...


class Library(Retriever, Protocol):
    """One open generation: what can be searched, and the texts that quotations are checked in."""

    @property
    def id(self) -> str:
        """The generation's name."""
        ...

    @property
    def recipe(self) -> Mapping[str, str]:
        """What the generation was made with (embedder, tokenizer, chunking …)."""
        ...

    @property
    def editions(self) -> Sequence[Edition]:
        """Every edition of the catalog as it was indexed, held or only listed."""
        ...

    @property
    def glossary(self) -> Glossary:
        """The words that mean the same: everyday, official, English."""
        ...

    def in_force(self, on: date) -> Sequence[Edition]:
        """The held editions in force on a day."""
        ...

    def text(self, edition: Edition) -> EditionText:
        """The stored text of a held edition."""
        ...

    def chunks(self, edition: Edition) -> Sequence[Chunk]:
        """The chunks of a held edition in reading order."""
        ...

    def sentences(self, edition: Edition) -> Sentences:
        """The stored sentences of a held edition, with what each depends on."""
        ...

    def rarity(self, word: str) -> float:
        """How rare a word is among the passages: its inverse document frequency."""
        ...

    def mended(self, question: str) -> str:
        """*question* with misspelt names put right; itself where none is."""
        ...


def by_page(library: Retriever, question: str, *, k: int, filters: Filters) -> list[Passage]:
    """Return up to *k* passages, best first, each from a page that none before it covers."""
    seen: set[tuple[str, int]] = set()
    found: list[Passage] = []
    for passage in library.retrieve(question, k=8 * k, filters=filters):
        places = {(passage.chunk.edition.key, number) for number in passage.pages}
        if places <= seen:
            continue
        seen |= places
        found.append(passage)
        if len(found) == k:
            break
    return found
