"""Generations: immutable index folders, and the pointer that says which one is current.

A home looks like this::

    current                 the pointer: a small JSON file, replaced in one step
    refresh.lock            held by the one process that refreshes; a name that no other home has
    generations/g0007/      manifest.json, glossary.toml; for each edition its text, sentences and parts, and
                            what the next generation makes its indexes of (tallies, embedded);
                            the lexical indexes (words, pairs, …), vectors/ and, if fitted, embedder/
    pdfs/<sha256>.pdf       every PDF ever indexed, so that an old answer can show its page
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import shutil
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.confidence import Confidence
from index.errors import GenerationBroken, IndexMissing, ModelMissing, NoSuchGeneration, ServerAway
from index.generations import parts as stored_parts
from index.generations.store import Embedded, Vectors
from index.search import glossary as glossaries
from index.search import tallies
from index.search.hybrid import DOCUMENT, DenseLeg, Hybrid, Leg, Reranked, UnitLeg
from index.search.lexical import Bm25
from index.search.misspelt import Spelling
from index.search.municipalities import Municipalities
from ingest.catalog.catalog import hash_of
from ingest.catalog.editions import Document, Edition, Kind, Original, in_force
from ingest.headings import sections
from ingest.pages import EditionText, load
from ingest.parsing import parse
from ingest.sentences import Sentences
from ingest.sentences import load as load_sentences

if TYPE_CHECKING:
    from index.generations.depot import Depot
    from index.passages import Filters, Passage, Reranker, Retriever
    from index.search.embedding import Embedder
    from ingest.chunks import Chunk

log = logging.getLogger(__name__)

POINTER = "current"
MANIFEST = "manifest.json"
LEAVING = ".leaving-"
VECTORS = "vectors/"
_TEXTS = "texts/"
_TEXTS_KEPT, _SENTENCES_KEPT = 64, 256
"""Editions whose texts and sentences stay in memory: half a megabyte and a tenth of one for one of
thirty pages."""
# Opening looks at no text, and never at what only a refresh takes over.
_UNOPENED = (_TEXTS, "sentences/", "tallies/", "embedded/")

# Chosen on one half of the questions of several sets and reported on the other half, in five
# random halves (evals/tuning.py). The document's evidence: right page first 0.891 to 0.901 and
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


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself.

    *created* is an ISO time with its zone. *recipe* names everything that shaped it. *kept*
    maps the key of an edition that could not be read to the reason why its former text stands.
    *accepted* are the gate's reasons against it that somebody overrode. *fitted* maps the hash
    of each edition that the fitted embedder has learned from to its number of chunks, and
    *page_counts* that of each held edition to its number of pages. *files* maps each file of
    the folder but the vectors to its hash, by its path in there (none in an old one).
    """

    id: str
    created: str
    recipe: Mapping[str, str]
    editions: tuple[Edition, ...]
    pages: int
    chunks: int
    kept: Mapping[str, str]
    accepted: tuple[str, ...] = ()
    fitted: Mapping[str, int] = field(default_factory=dict)
    page_counts: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is current. *instead_of* is the newest generation that was rolled back from, or None."""

    generation: str
    instead_of: str | None = None

    def rolled_back(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of some generations that somebody rolled back from, in their order."""
        last = self.instead_of or ""
        return tuple(name for name in names if self.generation < name <= last)


def folder_of(home: Path, generation: str) -> Path:
    """Return the folder of a generation."""
    return home / "generations" / generation


def pdf_of(home: Path, edition: Edition) -> Path:
    """Return where the home keeps the PDF of a held edition."""
    return home / "pdfs" / f"{edition.sha256}.pdf"


def text_of(folder: Path, edition: Edition) -> Path:
    """Return where a generation keeps an edition's text."""
    return folder / "texts" / f"{edition.sha256}.npz"


def sentences_of(folder: Path, edition: Edition) -> Path:
    """Return where a generation keeps an edition's sentences."""
    return folder / "sentences" / f"{edition.sha256}.npz"


def parts_of(folder: Path, edition: Edition) -> Path:
    """Return where a generation keeps an edition's parts."""
    return folder / "parts" / f"{edition.sha256}.jsonl"


def tally_of(folder: Path, edition: Edition) -> Path:
    """Return where a generation keeps how often an edition's parts hold each word and pair."""
    return folder / "tallies" / f"{edition.sha256}.npz"


def embedded_of(folder: Path, edition: Edition) -> Path:
    """Return where a generation keeps the vectors of an edition's parts, as they were embedded."""
    return folder / "embedded" / f"{edition.sha256}.npy"


def current(home: Path) -> str | None:
    """Return the name of the current generation, or None when there is none yet.

    Raises:
        GenerationBroken: the pointer cannot be understood, or is missing beside generations.
    """
    found = pointer(home)
    return found.generation if found else None


def pointer(home: Path) -> Pointer | None:
    """Return what is current, or None when there is no generation yet.

    Raises:
        GenerationBroken: the pointer cannot be understood, or is missing beside generations.
    """
    path = home / POINTER
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Pointer(str(content["generation"]), content.get("instead_of"))
    except FileNotFoundError as problem:
        if names := listed(home):
            reason = f"the pointer is missing, but {names[-1]} is there"
            raise GenerationBroken(str(path), reason) from problem
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise GenerationBroken(str(path), f"the pointer is damaged ({problem})") from problem


def publish(home: Path, generation: str, *, instead_of: str | None = None) -> None:
    """Make a generation current, in one step: readers see the old one or the new one."""
    draft = home / f".{POINTER}.{os.getpid()}"
    content = {"generation": generation} | ({"instead_of": instead_of} if instead_of else {})
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(home / POINTER)


def listed(home: Path) -> tuple[str, ...]:
    """Return the names of the complete generations, oldest first."""
    folder = home / "generations"
    if not folder.is_dir():
        return ()
    return tuple(
        sorted(
            f.name
            for f in folder.iterdir()
            if (f / MANIFEST).is_file() and not f.name.startswith(".")
        )
    )


def next_name(home: Path, others: Iterable[str] = ()) -> str:
    """Return the name of the generation that is made next, above any in the home and *others*."""
    names = (*(path.name for path in (home / "generations").glob("g*")), *others)
    there = (re.fullmatch(r"g(\d+)", name) for name in names)
    return f"g{max((int(name[1]) for name in there if name), default=0) + 1:06d}"


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write a generation's manifest, the last file that makes its folder complete."""
    (folder / MANIFEST).write_text(written(manifest), encoding="utf-8")


def written(manifest: Manifest) -> str:
    """Return a manifest as text, which `parsed` reads."""
    return json.dumps(asdict(manifest), ensure_ascii=False, indent=1, default=str)


def read_manifest(folder: Path) -> Manifest:
    """Read a generation's manifest.

    Raises:
        GenerationBroken: it is missing or damaged.
    """
    try:
        return parsed((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise GenerationBroken(str(folder), f"its manifest is damaged ({problem})") from problem


def parsed(text: str) -> Manifest:
    """Read what `written` wrote.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is not that.
    """
    content = json.loads(text)
    editions = tuple(_edition(entry) for entry in content.pop("editions"))
    content["accepted"] = tuple(content.get("accepted", ()))
    return Manifest(editions=editions, **content)


def _edition(entry: dict[str, Any]) -> Edition:
    document = entry.pop("document")
    original = document.pop("digest_of")
    kind = Kind(document.pop("kind"))
    for name in ("published", "in_force_from", "withdrawn_on"):
        entry[name] = date.fromisoformat(entry[name]) if entry[name] else None
    return Edition(
        document=Document(
            kind=kind, digest_of=Original(**original) if original else None, **document
        ),
        **entry,
    )


def hashed(folder: Path) -> dict[str, str]:
    """Return the hash of each file that a manifest answers for, by its path in the folder.

    Chroma writes into its own files whenever it opens them, so the vectors are left out; they
    are counted when they are opened.
    """
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: hash_of(folder / name)
        for name in sorted(names)
        if name != MANIFEST and not name.startswith(VECTORS)
    }


def damaged(folder: Path, manifest: Manifest, *, every: bool = True) -> tuple[str, ...]:
    """Return the files of a generation that are missing or not what was written, in order.

    Without *every* those that opening does not read are left out: a text is looked at when it is
    needed, and what the next generation is made of when it is made.
    """
    return tuple(
        name
        for name, digest in manifest.files.items()
        if (every or not name.startswith(_UNOPENED)) and not _is(folder / name, digest)
    )


def _is(path: Path, digest: str) -> bool:
    try:
        return hash_of(path) == digest
    except OSError:
        return False


class Hold:
    """A shared lock on a generation's folder, from any number of readers at once.

    It ends with `release`, with the object or with the process, however that ends.
    """

    def __init__(self, descriptor: int) -> None:
        """Take an open folder that is locked already."""
        self.release = weakref.finalize(self, os.close, descriptor)


def hold(folder: Path) -> Hold:
    """Keep a generation's folder from being removed.

    Raises:
        GenerationBroken: it is not there, or about to be removed.
    """
    descriptor = -1
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as problem:
        if descriptor >= 0:
            os.close(descriptor)
        raise GenerationBroken(str(folder), f"it is not there ({problem.strerror})") from problem
    return Hold(descriptor)


def remove(folder: Path) -> bool:
    """Remove a generation unless somebody holds it; return whether it is gone.

    It loses its name first, so that nobody opens it half removed; what a kill leaves of it is
    debris, which the next refresh removes.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        gone = folder.with_name(f"{LEAVING}{folder.name}")
        folder.rename(gone)
        shutil.rmtree(gone)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


class Generation:
    """One open generation: what can be searched, and the texts quotations are checked in."""

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        today: Callable[[], date] = date.today,
        vectors: Vectors | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """Open a generation's folder with the embedder its recipe names.

        *vectors* is where its vectors live; None: in the folder itself. *reranker* puts the
        best passages of each search into a new order.

        Raises:
            GenerationBroken: a file is missing or damaged.
        """
        self._folder = folder
        self._today = today
        self._reranker = reranker
        # Held open as long as this object lives, so that no refresh removes the folder.
        self._hold = hold(folder)
        self.manifest = read_manifest(folder)
        try:
            self._open(embedder, vectors or Embedded())
        # What damaged bytes provoke depends on who reads them: NumPy alone raises EOFError and
        # tokenize.TokenError beside what it documents.
        except Exception as problem:
            raise GenerationBroken(str(folder), f"it cannot be opened ({problem})") from problem
        # Without a reference to this object, so that it goes, and its hold, with its last reader.
        self._parsed: dict[str | None, Sentences] = {}
        self._text = lru_cache(maxsize=_TEXTS_KEPT)(
            partial(_load_text, folder, self.manifest.files)
        )
        self._sentences = lru_cache(maxsize=_SENTENCES_KEPT)(
            partial(_load_sentences, folder, self.manifest.files)
        )

    def _open(self, embedder: Embedder, vectors: Vectors) -> None:
        held = [edition for edition in self.manifest.editions if edition.held]
        self._chunks: dict[str, tuple[Chunk, ...]] = {}
        chunks: list[Chunk] = []
        pages: list[tuple[int, ...]] = []
        for edition in held:
            parts = stored_parts.load(edition, parts_of(self._folder, edition))
            self._chunks[edition.key] = tuple(part.chunk for part in parts)
            chunks.extend(self._chunks[edition.key])
            pages.extend(part.pages for part in parts)
        glossary = glossaries.read(self._folder / "glossary.toml")
        words = Bm25.load(self._folder / "words")
        couples = Bm25.load(self._folder / "pairs")
        on_page = page_rows(chunks, pages)
        legs: dict[str, Leg] = {}
        for kind in tallies.KINDS:
            # A generation older than phrases is searched without them.
            if (self._folder / kind).is_dir():
                known = {"words": words, "pairs": couples}.get(kind)
                by_chunk = known or Bm25.load(self._folder / kind)
                by_page = Bm25.load(self._folder / f"page-{kind}", by_chunk)
                legs[kind] = UnitLeg(by_chunk, kind)
                legs[f"page-{kind}"] = UnitLeg(by_page, kind, on_page)
        legs["dense"] = DenseLeg(embedder, vectors.open(self._folder, len(chunks)))
        self.hybrid = Hybrid(
            chunks,
            pages,
            legs,
            WEIGHTS,
            glossary,
            held,
            self._today,
            Municipalities(chunks, couples, glossary),
        )
        self._retriever: Retriever = (
            self.hybrid if self._reranker is None else Reranked(self.hybrid, self._reranker)
        )
        self._confidence = Confidence(words, glossary, sum(WEIGHTS[name] for name in legs))
        self._spelling = Spelling(words, couples, glossary)
        self.glossary = glossary

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
        return in_force(self.manifest.editions, on)

    def retrieve(self, question: str, *, k: int, filters: Filters) -> list[Passage]:
        """Return up to *k* passages, best first; ties keep reading order."""
        return self._retriever.retrieve(question, k=k, filters=filters)

    def text(self, edition: Edition) -> EditionText:
        """Return the stored text of a held edition.

        Raises:
            GenerationBroken: its file is missing or damaged.
        """
        return self._text(edition.sha256 or "")

    def chunks(self, edition: Edition) -> Sequence[Chunk]:
        """Return the chunks of a held edition in reading order."""
        return self._chunks.get(edition.key, ())

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

    def confidence(self, question: str, passages: Sequence[Passage]) -> float:
        """Return how sure we are, from 0 to 1, that *passages* hold an answer at all."""
        return self._confidence.of(question, passages)

    def mended(self, question: str) -> str:
        """Return *question* with misspelt names put right; itself where none is."""
        return self._spelling.mended(question)


def _load_sentences(folder: Path, files: Mapping[str, str], sha256: str) -> Sentences | None:
    """Return the sentences that a generation keeps of a text, None when it is older than they are."""
    name = f"sentences/{sha256}.npz"
    if name not in files:
        return None
    try:
        whole = _is(folder / name, files[name])
        found = load_sentences(folder / name) if whole else None
    except Exception as problem:  # as when a generation is opened
        reason = f"stored sentences are damaged ({problem})"
        raise GenerationBroken(str(folder / name), reason) from problem
    if found is None:
        raise GenerationBroken(str(folder / name), "stored sentences are damaged or missing")
    return found


def _load_text(folder: Path, files: Mapping[str, str], sha256: str) -> EditionText:
    name = f"{_TEXTS}{sha256}.npz"
    try:
        whole = _is(folder / name, files[name]) if name in files else True
        text = load(folder / name) if whole else None
    except Exception as problem:  # as when a generation is opened
        reason = f"a stored text is damaged ({problem})"
        raise GenerationBroken(str(folder / name), reason) from problem
    if text is None:
        raise GenerationBroken(str(folder / name), "a stored text is damaged or missing")
    return text


def opened(
    folder: Path,
    embedder_for: Callable[[Mapping[str, str], Path], Embedder],
    today: Callable[[], date] = date.today,
    vectors: Vectors | None = None,
    reranker: Reranker | None = None,
) -> Generation:
    """Open a generation whose files are as they were written, with the embedder it names.

    *vectors* is where the vectors of generations live that do not hold their own; the recipe
    says which do.

    Raises:
        GenerationBroken: a file is missing or damaged, or its vectors live where none are named.
    """
    manifest = read_manifest(folder)
    if bad := damaged(folder, manifest, every=False):
        raise GenerationBroken(str(folder), f"{bad[0]} is damaged or missing")
    elsewhere = manifest.recipe.get("vectors")
    if elsewhere and (vectors is None or vectors.name != elsewhere):
        reason = "its vectors are on a Chroma server, and TEBIKI_CHROMA_URL names none"
        raise GenerationBroken(str(folder), reason)
    embedder = embedder_for(manifest.recipe, folder)
    return Generation(folder, embedder, today, vectors if elsewhere else None, reranker)


def page_rows(
    chunks: Sequence[Chunk], pages: Sequence[tuple[int, ...]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for each chunk the row of its first page in the page indexes, from 0."""
    rows: dict[tuple[str, int], int] = {}
    return np.array(
        [
            rows.setdefault((chunk.edition.key, where[0]), len(rows))
            for chunk, where in zip(chunks, pages, strict=True)
        ],
        dtype=np.int64,
    )


class Shelf:
    """Hands out the current generation, looking at the pointer each time it is asked.

    A reader holds what it was given until its answer is done, so no answer mixes generations.
    """

    def __init__(
        self,
        home: Path,
        embedder_for: Callable[[Mapping[str, str], Path], Embedder],
        today: Callable[[], date] = date.today,
        vectors: Vectors | None = None,
        reranker: Reranker | None = None,
        depot: Depot | None = None,
    ) -> None:
        """Take the home, and what finds the embedder for a recipe and a generation's folder.

        *vectors* is where the vectors live; None: in each generation's folder. *reranker* puts
        the best passages of each search into a new order. *depot* is where generations are
        published for many homes; until something is, the home's own is served.
        """
        self._depot = depot
        self._vectors = vectors
        self._reranker = reranker
        self._home = home
        self._embedder_for = embedder_for
        self._today = today
        self._lock = threading.Lock()
        self._open: Generation | None = None

    def __call__(self) -> Generation:
        """Return the current generation, opened.

        Raises:
            IndexMissing: no generation was published yet.
            GenerationBroken: the current one cannot be opened.
        """
        with self._lock:
            while True:
                name = self._current()
                if name is None:
                    raise IndexMissing(str(self._home))
                if self._open is not None and self._open.id == name:
                    return self._open
                try:
                    self._open = self._opened(name)
                except (GenerationBroken, ModelMissing):
                    # Another one may have become current while this one was opened.
                    if self._current() == name:
                        raise

    def _current(self) -> str | None:
        if self._depot is None:
            return current(self._home)
        try:
            now = self._depot.pointer()
        except ServerAway:
            if self._open is None:
                raise
            log.warning("the Chroma server does not answer; %s answers on", self._open.id)
            return self._open.id
        return current(self._home) if now is None else now.generation

    def _opened(self, name: str) -> Generation:
        folder = folder_of(self._home, name)
        if self._depot is not None and self._depot.pointer() is not None:
            folder = self._depot.bring(self._home, name)
        return opened(
            folder,
            self._embedder_for,
            self._today,
            self._vectors,
            self._reranker,
        )


def roll_back(home: Path, to: str | None = None) -> str:
    """Make an earlier generation current again and return its name.

    Without *to*, the one before the current; the newest where the pointer is missing or
    damaged. A refresh does not make again what was rolled back from, unless it is told to.

    Raises:
        GenerationBroken: there is no such complete generation.
    """
    try:
        now = pointer(home)
    except GenerationBroken:
        now = None
    made = earlier(listed(home), now, to, str(home))
    read_manifest(folder_of(home, made.generation))
    publish(home, made.generation, instead_of=made.instead_of)
    return made.generation


def earlier(names: Sequence[str], now: Pointer | None, to: str | None, where: str) -> Pointer:
    """Return the pointer to the generation to go back to; pure.

    Raises:
        NoSuchGeneration: there is none; *where* is named.
    """
    if to is None:
        before = [name for name in names if now is None or name < now.generation]
        if not before:
            raise NoSuchGeneration(where, "there is no earlier generation to return to")
        to = before[-1]
    if to not in names:
        raise NoSuchGeneration(f"{where}: {to}", "there is no such generation")
    left = max(now.generation, now.instead_of or "") if now else ""
    return Pointer(to, left if to < left else None)


def made_from(home: Path, manifest: Manifest, corpus: Path) -> bool:
    """Whether any PDF of a generation lies in a folder as it was indexed; by name and size only."""
    for edition in manifest.editions:
        if edition.held:
            kept, there = pdf_of(home, edition), corpus / str(edition.path)
            if there.is_file() and (
                not kept.exists() or there.stat().st_size == kept.stat().st_size
            ):
                return True
    return False


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation as `kept_in` lists it. *manifest* is None where it is damaged."""

    name: str
    current: bool
    manifest: Manifest | None


def kept_in(home: Path) -> tuple[Kept, ...]:
    """Return every complete generation of a home, oldest first."""
    try:
        now = current(home)
    except GenerationBroken:
        now = None
    found: list[Kept] = []
    for name in listed(home):
        try:
            manifest: Manifest | None = read_manifest(folder_of(home, name))
        except GenerationBroken:
            manifest = None
        found.append(Kept(name, name == now, manifest))
    return tuple(found)
