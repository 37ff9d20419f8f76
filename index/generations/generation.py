"""One open generation: what can be searched, and the texts that quotations are checked in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import ReferenceType, ref

import numpy as np

from index.errors import GenerationBroken
from index.generations.folder_locks import hold
from index.generations.manifests import (
    TEXTS,
    Manifest,
    damaged,
    embedded_of,
    is_as_written,
    parts_of,
    read_manifest,
)
from index.generations.searching import Indexes
from index.search import glossary as glossaries
from index.search import parts, synonyms, tallies
from index.search.hybrid import DOCUMENT
from index.search.legs import StoredVectors
from index.search.lexical import Bm25
from ingest import arrays
from ingest.catalog.editions import Edition, Groups, in_force, visible
from ingest.headings import sections
from ingest.pages import EditionText, load
from ingest.parsing import parse
from ingest.sentences import Sentences
from ingest.sentences import load as load_sentences

if TYPE_CHECKING:
    from index.passages import Filters, Passage, Reranker
    from index.search.embedding import Embedder
    from index.search.glossary import Glossary
    from index.search.hybrid import Hybrid
    from ingest.chunks import Chunk

log = logging.getLogger(__name__)

Stored = TypeVar("Stored")

_TEXTS_KEPT, _SENTENCES_KEPT, _CHUNKS_KEPT = 64, 256, 16
"""Editions whose texts, sentences and chunks stay in memory: of one of thirty pages half a megabyte,
a tenth of one, and a fifth."""


DAMAGE = (OSError, ValueError, KeyError, TypeError, IndexError)
"""What reading stored chunks, postings and vectors raises where they are damaged."""

_VIEWS = 16
"""Sets of editions that some see and others do not whose search stays open."""


# Chosen on one half of the questions of several sets and reported on the other half, in five
# random halves (evals/tuning.py). The document's evidence (which counted the dense leg then): right page first 0.891 to 0.901 and
# among ten 0.988 to 1.000 on our own questions, and no figure of either set worse in any half.
# Neighbouring pages, section titles, whole sections and titles as legs of their own gained on
# one set or measure what they lost on another, and were left out. Phrases: first 0.809 to 0.834
# on gov-pdf-qa and 0.913 to 0.925 on our own; over 40 random halves, each with the weight chosen
# on its other half, a gain of 1.8 and 1.1 questions, and nothing lost among five and ten.
WEIGHTS = {
    "words": 1.0,
    "pairs": 1.0,
    "page-words": 0.5,
    "page-pairs": 0.5,
    "phrases": 0.15,
    "page-phrases": 0.15,
    "dense": 0.2,
    DOCUMENT: 0.5,
}


class Generation:
    """One open generation: what can be searched, and the texts quotations are checked in."""

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        today: Callable[[], date] = date.today,
        reranker: Reranker | None = None,
        manifest: Manifest | None = None,
    ) -> None:
        """Open a generation's folder with the embedder its recipe names.

        *reranker* puts the best passages of each search into a new order. *manifest* is the
        folder's, where it was read already.

        Raises:
            GenerationBroken: a file is missing or damaged.
        """
        self._folder = folder
        self._today = today
        self._reranker = reranker
        # Held open as long as this object lives, so that no refresh removes the folder.
        self._hold = hold(folder)
        self.manifest = manifest or read_manifest(folder)
        try:
            self._open(embedder)
        # What damaged bytes provoke depends on who reads them.
        except Exception as problem:
            raise GenerationBroken(str(folder), f"it cannot be opened ({problem})") from problem
        self._parsed: dict[str | None, Sentences] = {}
        # Without a reference to this object, so that it goes, and its hold, with its last reader.
        self._text = lru_cache(maxsize=_TEXTS_KEPT)(
            partial(_load_text, folder, self.manifest.files)
        )
        self._sentences = lru_cache(maxsize=_SENTENCES_KEPT)(
            partial(_load_sentences, folder, self.manifest.files)
        )
        self._chunks = lru_cache(maxsize=_CHUNKS_KEPT)(
            partial(_load_chunks, folder, self.manifest.files)
        )

    def _open(self, embedder: Embedder) -> None:
        held = [edition for edition in self.manifest.editions if edition.held]
        written = [parts_of(self._folder, edition) for edition in held]
        # What is as written is looked at once.
        check = lru_cache(maxsize=None)(partial(_check, self._folder, self.manifest.files))
        if (self._folder / parts.TABLE).exists():
            table = arrays.load(self._folder / parts.TABLE)
        else:  # a generation of before index version 2
            table = parts.tabled(held, written)
        if len(table) != self.manifest.chunks:
            raise ValueError(f"{len(table)} chunks are listed instead of {self.manifest.chunks}")
        chunks = parts.stored(held, written, table, check)
        self._sizes = dict(zip((e.key for e in held), np.diff(chunks.starts).tolist(), strict=True))
        units: dict[tallies.Kind, tuple[Bm25, Bm25]] = {}
        for kind in tallies.KINDS:
            # A generation older than phrases is searched without them.
            if (self._folder / kind).is_dir():
                by_chunk = Bm25.load(self._folder / kind)
                units[kind] = (by_chunk, Bm25.load(self._folder / f"page-{kind}", by_chunk))
        vectors = None
        # A generation that has vectors in Chroma alone is searched without them.
        if (self._folder / "embedded").is_dir():
            embedded = [embedded_of(self._folder, edition) for edition in held]
            vectors = StoredVectors(embedded, chunks.starts, check)
        self._indexes = Indexes(
            chunks,
            units,
            embedder,
            vectors,
            glossaries.read(self._folder / "glossary.toml"),
            synonyms.load(self._folder / synonyms.FILE),
            WEIGHTS,
            self._today,
            self._reranker,
        )
        self._valid: Callable[[date], Sequence[Edition]] = partial(in_force, self.manifest.editions)
        self._search = self._indexes.search(held, self._valid)
        self._hidden: frozenset[str] = frozenset()
        self._views = lru_cache(maxsize=_VIEWS)(partial(_narrowed, ref(self)))

    @property
    def id(self) -> str:
        """The generation's name."""
        return self.manifest.id

    @property
    def recipe(self) -> Mapping[str, str]:
        """What the generation was made with, and what it is searched with."""
        if self._reranker is None:
            return self.manifest.recipe
        return {**self.manifest.recipe, "reranker": self._reranker.name}

    @property
    def editions(self) -> Sequence[Edition]:
        """Every edition of the catalog as it was indexed, held or only listed."""
        return self.manifest.editions

    def in_force(self, on: date) -> Sequence[Edition]:
        """Return the held editions in force on a day."""
        return self._valid(on)

    @property
    def glossary(self) -> Glossary:
        """The words that mean the same: everyday, official, English."""
        return self._search.glossary

    @property
    def hybrid(self) -> Hybrid:
        """What scores every passage, before any re-ranker."""
        return self._search.hybrid

    def seen_by(self, groups: Groups) -> Generation:
        """Return the same as somebody of *groups* sees it: without what is bound to others.

        Where that is nothing, it is the generation itself. What is in force is decided by every
        edition: one that a hidden edition superseded does not count any more.
        """
        hidden = [edition for edition in self.manifest.editions if not visible(edition, groups)]
        former = {
            name
            for name, bound in self.manifest.former.items()
            if groups is not None and groups.isdisjoint(bound)
        }
        if not hidden and former <= self._hidden:
            return self
        keys = frozenset(edition.key for edition in hidden)
        return self._views(keys, frozenset(former | {e.sha256 for e in hidden if e.sha256}))

    def hides(self, sha256: str) -> bool:
        """Whether bytes are, or once were, those of an edition that is not seen here."""
        return sha256 in self._hidden

    def narrowed(self, keys: frozenset[str], hidden: frozenset[str]) -> Generation:
        """Return the generation without the editions with those *keys*; *hidden* are bytes it hides."""
        view = copy(self)
        editions = tuple(e for e in self.manifest.editions if e.key not in keys)
        seen = {edition.sha256 for edition in editions}
        counts = {name: n for name, n in self.manifest.page_counts.items() if name in seen}
        view.manifest = replace(
            self.manifest,
            editions=editions,
            pages=sum(counts.values()),
            chunks=sum(self._sizes.get(edition.key, 0) for edition in editions),
            kept={key: why for key, why in self.manifest.kept.items() if key not in keys},
            page_counts=counts,
        )
        view._hidden = self._hidden | hidden  # noqa: SLF001 - of this very class, as below
        view._valid = partial(_valid_without, self._valid, keys)  # noqa: SLF001
        view._views = lru_cache(maxsize=_VIEWS)(partial(_narrowed, ref(view)))  # noqa: SLF001
        if keys:
            held = [edition for edition in editions if edition.held]
            try:
                view._search = self._indexes.search(held, view._valid, whole=False)  # noqa: SLF001
            except DAMAGE as problem:
                message = f"it cannot be read ({problem})"
                raise GenerationBroken(str(self._folder), message) from problem
        return view

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        """Return up to *k* passages, best first; ties keep reading order.

        Of what *filters* do not let whoever asks see, nothing is scored.

        Raises:
            GenerationBroken: something that is looked at for the first time is damaged.
        """
        search = self.seen_by(filters.groups)._search  # noqa: SLF001 - of this very class
        try:
            return search.retriever.retrieve(question, k=k, filters=filters)
        except DAMAGE as problem:
            raise GenerationBroken(str(self._folder), f"it cannot be read ({problem})") from problem

    def text(self, edition: Edition) -> EditionText:
        """Return the stored text of a held edition.

        Raises:
            GenerationBroken: its file is missing or damaged.
        """
        return self._text(edition.sha256 or "")

    def chunks(self, edition: Edition) -> Sequence[Chunk]:
        """Return the chunks of a held edition in reading order.

        Raises:
            GenerationBroken: their file is missing or damaged.
        """
        return self._chunks(edition)

    def sentences(self, edition: Edition) -> Sentences:
        """Return the stored sentences of a held edition.

        A generation older than they are has them read from its texts.

        Raises:
            GenerationBroken: their file is damaged, or the text is missing.
        """
        found = self._sentences(edition.sha256 or "")
        if found is None:
            found = self._parsed.get(edition.sha256)
        if found is None:
            text = self.text(edition)
            found = self._parsed[edition.sha256] = parse(text, sections(text))
        return found

    def rarity(self, word: str) -> float:
        """Return a word's inverse document frequency; of an unknown word, the highest there is."""
        return self._search.words.rarity(word)

    def mended(self, question: str) -> str:
        """Return *question* with misspelt names put right; itself where none is."""
        return self._search.spelling.mended(question)


def _narrowed(
    whole: ReferenceType[Generation], keys: frozenset[str], hidden: frozenset[str]
) -> Generation:
    """Return a generation narrowed; without holding on to it, so that it goes with its last reader."""
    generation = whole()
    if generation is None:  # its own method asks
        raise RuntimeError("the generation is gone")
    return generation.narrowed(keys, hidden)


def _valid_without(
    valid: Callable[[date], Sequence[Edition]], keys: frozenset[str], on: date
) -> tuple[Edition, ...]:
    return tuple(edition for edition in valid(on) if edition.key not in keys)


def _check(folder: Path, files: Mapping[str, str], path: Path) -> None:
    """See that a file is as it was written; an old manifest does not say how it was.

    Raises:
        ValueError: it is not.
    """
    name = path.relative_to(folder).as_posix()
    if name in files and not is_as_written(path, files[name]):
        raise ValueError(f"{name} is damaged or missing")


def _load_chunks(folder: Path, files: Mapping[str, str], edition: Edition) -> tuple[Chunk, ...]:
    path = parts_of(folder, edition)
    try:
        _check(folder, files, path)
        return tuple(part.chunk for part in parts.load(edition, path))
    except DAMAGE as problem:
        raise GenerationBroken(str(path), f"its chunks are damaged ({problem})") from problem


def _load_sentences(folder: Path, files: Mapping[str, str], sha256: str) -> Sentences | None:
    """Return the sentences that a generation keeps of a text, None when it is older than they are."""
    name = f"sentences/{sha256}.npz"
    if name not in files:
        return None
    return _loaded(folder, files, name, load_sentences, "stored sentences are")


def _load_text(folder: Path, files: Mapping[str, str], sha256: str) -> EditionText:
    return _loaded(folder, files, f"{TEXTS}{sha256}.npz", load, "a stored text is")


def _loaded(
    folder: Path,
    files: Mapping[str, str],
    name: str,
    load: Callable[[Path], Stored | None],
    what: str,
) -> Stored:
    try:
        whole = is_as_written(folder / name, files[name]) if name in files else True
        found = load(folder / name) if whole else None
    except Exception as problem:  # as when a generation is opened
        raise GenerationBroken(str(folder / name), f"{what} damaged ({problem})") from problem
    if found is None:
        raise GenerationBroken(str(folder / name), f"{what} damaged or missing")
    return found


def opened(
    folder: Path,
    embedder_for: Callable[[Mapping[str, str], Path], Embedder],
    today: Callable[[], date] = date.today,
    reranker: Reranker | None = None,
) -> Generation:
    """Open a generation whose files are as they were written, with the embedder it names.

    What only a search reads is looked at when it is read, so that opening does not take longer
    for a larger corpus.

    Raises:
        GenerationBroken: a file is missing or damaged.
    """
    manifest = read_manifest(folder)
    if bad := damaged(folder, manifest, every=False):
        raise GenerationBroken(str(folder), f"{bad[0]} is damaged or missing")
    embedder = embedder_for(manifest.recipe, folder)
    return Generation(folder, embedder, today, reranker, manifest)
