"""What a search asks for and what it gets: filters, passages, and the ports that serve them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index.errors import FilterUnknown
from index.search.glossary import Glossary
from ingest.catalog.editions import Edition, Groups, Kind, lies_in, visible
from ingest.chunks import Chunk
from ingest.pages import EditionText
from ingest.sentences import Sentences


@dataclass(frozen=True, slots=True)
class Filters:
    """Which chunks may be found. An empty tuple or None sets no bound.

    *as_of* is the day whose editions in force are searched (None: today); with *later*, documents
    that had none on that day are searched as they are in force today. *editions* are
    labels; naming one searches it whether or not it is in force. *municipality* keeps the
    chunks that name it, by a Japanese or an English name, with its prefecture where two towns
    share one. *folders* are those of the corpus, each with what lies below it.

    *groups* are those of whoever asks, and are set at the door, never by what a caller sends: what
    is bound to others is as good as not there. Without a word about them nothing bound is seen.
    """

    documents: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    editions: tuple[str, ...] = ()
    language: str | None = None
    municipality: str | None = None
    as_of: date | None = None
    later: bool = False
    folders: tuple[str, ...] = ()
    groups: Groups = frozenset()

    def admit(self, edition: Edition) -> bool:
        """Whether an edition may be found, whatever the day and whichever town it speaks of."""
        document = edition.document
        return (
            visible(edition, self.groups)
            and (not self.documents or document.id in self.documents)
            and (not self.kinds or document.kind in self.kinds)
            and (not self.editions or edition.label in self.editions)
            and (self.language is None or document.language == self.language)
            and (not self.folders or any(lies_in(edition, folder) for folder in self.folders))
        )


def counting(
    in_force: Callable[[date], Sequence[Edition]], filters: Filters, today: date
) -> Sequence[Edition]:
    """Return the editions that count on the day of *filters*; *in_force* returns those of a day."""
    found = in_force(filters.as_of or today)
    if not filters.later:
        return found
    begun = {edition.document.id for edition in found}
    return [*found, *(one for one in in_force(today) if one.document.id not in begun)]


def checked(filters: Filters, editions: Sequence[Edition]) -> Filters:
    """Return *filters*, having seen that what they name is among *editions* and held.

    Raises:
        FilterUnknown: one is not; it lists those that are, of the documents that are named.
    """
    held = [edition for edition in editions if edition.held]
    named = [e for e in held if not filters.documents or e.document.id in filters.documents]
    named = [e for e in named if not filters.folders or any(lies_in(e, f) for f in filters.folders)]
    for what, wanted, known in (
        ("folder", filters.folders, list(folders_of(held))),
        ("document", filters.documents, [e.document.id for e in held]),
        ("kind", filters.kinds, [e.document.kind for e in named]),
        ("edition", filters.editions, [e.label for e in named]),
    ):
        for value in wanted:
            if value not in known:
                raise FilterUnknown(what, value, tuple(dict.fromkeys(known)))
    return filters


def all_seen(editions: Iterable[Edition], library: Library, groups: Groups) -> bool:
    """Whether *groups* may see today every one of *editions*.

    Of what the catalog does not list any more counts what held when it was quoted.
    """
    known = {edition.key: edition for edition in library.editions}
    seen = library.seen_by(groups)
    return all(
        visible(known.get(edition.key, edition), groups) and not seen.hides(edition.sha256 or "")
        for edition in editions
    )


def folders_of(editions: Sequence[Edition]) -> tuple[str, ...]:
    """Return the folders of the corpus in which held editions lie, with those above them, in order."""
    found: dict[str, None] = {}
    for folder in sorted({edition.folder for edition in editions if edition.held}):
        parts = folder.split("/") if folder else []
        found.update(("/".join(parts[:depth]), None) for depth in range(1, len(parts) + 1))
    return tuple(found)


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

    def seen_by(self, groups: Groups) -> Library:
        """Return the same as somebody of *groups* sees it: without what is bound to others.

        Where that is nothing, it is the library itself.
        """
        ...

    def hides(self, sha256: str) -> bool:
        """Whether bytes are, or once were, those of an edition that is not seen here."""
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
