"""A refresh: what differs between the catalog and the current generation, and a new generation.

`plan` only compares; `carry_out` writes a new folder beside the old one and publishes it in one
step, so that whoever asks meanwhile is answered from the old one, whole.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections import Counter
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from index.errors import AnotherRefresh, GenerationBroken, HomeUnusable, IndexingError
from index.generations import generations, parts
from index.generations.generations import (
    Manifest,
    embedded_of,
    parts_of,
    pdf_of,
    sentences_of,
    tally_of,
    text_of,
)
from index.generations.store import Embedded, Vectors
from index.refresh import unusable
from index.refresh.succession import superseded_of, with_superseded
from index.search import glossary, legs, tallies
from index.search.fitted import DIMENSIONS, Fitted, fit
from ingest.catalog.catalog import hash_of
from ingest.chunks import CHUNKS_VERSION
from ingest.errors import IngestError, UnreadablePdf
from ingest.headings import sections
from ingest.language.words import TOKENIZER_VERSION, tokens
from ingest.pages import load, save
from ingest.parsing import parse
from ingest.pdf.documents import READER_VERSION
from ingest.sentences import SENTENCES_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.generations.depot import Depot
    from index.generations.parts import Part
    from index.search.embedding import Embedder
    from index.search.tallies import Kind, Tally
    from ingest.catalog.catalog import Catalog
    from ingest.catalog.editions import Edition
    from ingest.pages import EditionText

INDEX_VERSION = "1.2"
GLOSSARY = "glossary.toml"
READINGS = "readings"
"""Where the home keeps what was read from each file, so that it is not read twice."""

# The current generation, and two to return to.
_KEPT_GENERATIONS = 3
_BUILDING = ".building-"

DRIFT = 0.1
"""The fitted embedder is kept while no more than this share of the chunks came or went."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refresh would do, by edition. *reasons* say why all is built anew, if it is."""

    added: tuple[Edition, ...] = ()
    revised: tuple[Edition, ...] = ()
    withdrawn: tuple[Edition, ...] = ()
    described: tuple[Edition, ...] = ()
    unchanged: tuple[Edition, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether the current generation is already what the catalog asks for."""
        return not (self.added or self.revised or self.withdrawn or self.described or self.reasons)


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """How one file was read: how many pages by which engine, the lowest score, and the poor pages.

    *poor* are the numbers of the pages that have a note.
    """

    path: str
    engines: Mapping[str, int]
    lowest_score: float
    poor: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did.

    *generation* is the one current afterwards (None: there is none). *problems* are files that
    could not be used; *kept* maps the key of an edition to the reason why its former text
    stands. *poor_pages* are (path, page, note) of pages that could not be read well. *engines*
    maps what read the pages of this refresh to how many it read and their lowest score;
    *documents* tells the same of each file.
    """

    plan: Plan
    generation: str | None
    published: bool
    pages: int = 0
    chunks: int = 0
    problems: tuple[IngestError, ...] = ()
    notices: tuple[str, ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)
    poor_pages: tuple[tuple[str, int, str], ...] = ()
    engines: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    documents: tuple[ReadDocument, ...] = ()


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


def recipe(embedder: str, glossary_hash: str, reader: str, vectors: str = "") -> dict[str, str]:
    """Return what a generation made now would be made with.

    *vectors* is the name of the place where vectors live, empty for the generation's folder.
    """
    made = {
        "embedder": embedder,
        "tokenizer": TOKENIZER_VERSION,
        "reader": reader,
        "chunks": CHUNKS_VERSION,
        "sentences": SENTENCES_VERSION,
        "index": INDEX_VERSION,
        "glossary": glossary_hash,
    }
    return made | ({"vectors": vectors} if vectors else {})


def plan(catalog: Catalog, manifest: Manifest | None, wanted: Mapping[str, str]) -> Plan:
    """Compare the catalog with a generation; pure.

    An edition is known by its document, label and bytes. The same document and label with
    other bytes is *revised*, and so is a file that took the place of another that no catalog
    lists; the same bytes under other particulars (title, dates) are *described*.
    """
    if manifest is None:
        return Plan(added=catalog.editions, reasons=("there is no index yet",))
    catalog = with_superseded(catalog, manifest.editions, date.min)
    before = {edition.key: edition for edition in manifest.editions}
    works = {edition.document.id for edition in manifest.editions if edition.held}
    now = {edition.key for edition in catalog.editions}
    failed = {problem.path for problem in catalog.problems if isinstance(problem, UnreadablePdf)}
    fresh = [edition for edition in catalog.editions if edition.key not in before]
    next_ones = [e for e in fresh if e.document.id in catalog.strays & works]
    names = (
        ("embedder", "embedder"),
        ("tokenizer", "word splitting"),
        ("reader", "PDF reading"),
        ("chunks", "chunking"),
        ("sentences", "cutting of sentences"),
        ("index", "index layout"),
        ("glossary", "glossary"),
        ("vectors", "place of the vectors"),
    )
    return Plan(
        added=tuple(edition for edition in fresh if edition not in next_ones),
        revised=tuple(
            e for e in catalog.editions
            if e in next_ones or (e.key in before and before[e.key].sha256 != e.sha256)
        ),
        withdrawn=tuple(
            e for e in manifest.editions if e.key not in now and e.path not in failed
        ),
        described=tuple(
            e for e in catalog.editions
            if e.key in before and before[e.key] != e and before[e.key].sha256 == e.sha256
        ),
        unchanged=tuple(e for e in catalog.editions if before.get(e.key) == e),
        reasons=tuple(
            f"the {spoken} changed"
            for name, spoken in names
            if manifest.recipe.get(name) != wanted.get(name)
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything that carrying out a refresh needs.

    *reader* names what *reading* reads with: another one reads everything anew. *embedder* is
    the configured one, or None for the one that is fitted to the corpus.
    *allow* is asked about the finished candidate before it is published; it returns the
    reasons against it, none if there are none; with *accept* it is published all the same, and
    the reasons are recorded. *progress* is told of each step in words, with
    how much of it is done, from 0 to 1. *common* are terms known whatever the corpus; those of
    its own glossary come on top. *vectors* is where vectors live, and *depot* where generations
    are published for many homes; None: in this home only.
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
    vectors: Vectors = field(default_factory=Embedded)
    depot: Depot | None = None
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


def embedder_name(embedder: Embedder | None) -> str:
    """Return what the recipe calls the embedder; None is the fitted one."""
    return f"fitted-{DIMENSIONS}/{TOKENIZER_VERSION}" if embedder is None else embedder.name


def carry_out(catalog: Catalog, workshop: Workshop, *, full: bool = False) -> RefreshReport:
    """Bring the home up to date with the catalog.

    A PDF that cannot be read is named in the report; its former edition, where there is one,
    stays in force. With *full* everything is built anew, and so is what the current generation
    has lost or damaged. Nothing is published when nothing
    changed, when no edition at all can be read, or when what would be published is what
    somebody rolled back from.

    Raises:
        AnotherRefresh: another process is refreshing the same home, or another machine the same
            documents on a server.
        ClaimLost: another machine took over meanwhile.
        ChangedMeanwhile: a PDF was replaced while it was read.
        NotAllowed: the candidate may not go live; the former generation stays current.
        BadGlossary: an entry of the glossary cannot be used.
        GenerationBroken: what was taken over is damaged (*full* takes nothing over).
        HomeUnusable: the disk is full or may not be written; nothing was changed.
    """
    home = workshop.home
    with _written(home):
        home.mkdir(parents=True, exist_ok=True)
        with (
            _only_one(home) as name,
            workshop.depot.alone(name) if workshop.depot else nullcontext(),
        ):
            _remove_debris(home)
            _remove_old(home)
            if workshop.depot is not None:
                workshop.depot.sync(home, pdfs=True)
                workshop.vectors.tidy(workshop.depot.tidy())
            else:
                workshop.vectors.tidy(generations.listed(home))
            report = _refreshed(catalog, workshop, full=full)
            unusable.record(home, report.problems)
            return report


def _refreshed(catalog: Catalog, workshop: Workshop, *, full: bool) -> RefreshReport:
    home = workshop.home
    name, manifest = _former(home)
    folder = generations.folder_of(home, name) if name else None
    damaged = _damaged(folder, manifest, workshop.vectors)
    words = workshop.common.joined(glossary.read(workshop.corpus / GLOSSARY))
    wanted = recipe(
        embedder_name(workshop.embedder), glossary.hash_of(words), workshop.reader,
        workshop.vectors.name,
    )  # fmt: skip
    asked = catalog
    if manifest is not None:
        catalog = with_superseded(catalog, manifest.editions, workshop.today())
        catalog = _without_lost(catalog, home, folder)
        catalog = replace(catalog, notices=(*catalog.notices, *_clock(manifest)))
    compared = plan(catalog, manifest, wanted)
    if damaged:
        named = ", ".join(damaged[:3]) + (" and more" if len(damaged) > 3 else "")  # noqa: PLR2004 - as listed
        reason = f"files of {name} are damaged or missing ({named})"
        compared = replace(compared, reasons=(*compared.reasons, reason))
    refused = () if workshop.accept or full or damaged else _refused(home)
    if manifest is not None and not full:
        back = next((left for left in refused if plan(asked, left, wanted).empty), None)
        if compared.empty or back is not None:
            if name is not None and _pointed(home) != name:
                generations.publish(home, name)
            notices = catalog.notices
            if back is not None and not compared.empty:
                notices = (*notices, _STAYS_BACK.format(back.id, manifest.id))
            # What could not be read then cannot be read now, unless the file was replaced.
            return RefreshReport(
                compared, manifest.id, published=False, pages=manifest.pages,
                chunks=manifest.chunks, problems=catalog.problems, notices=notices,
                kept=manifest.kept,
            )  # fmt: skip
    draft = _Draft(workshop, folder, manifest, wanted, damaged=damaged, full=full)
    try:
        return draft.make(catalog, compared, words, asked, refused)
    finally:
        draft.clear()


_STAYS_BACK = (
    "{0} holds what the corpus asks for, but somebody rolled back from it, so {1} stays current. "
    'Run "tebiki refresh --accept" to publish it again.'
)


def _former(home: Path) -> tuple[str | None, Manifest | None]:
    """Return the generation to go on from: the current one, or the newest where none is named.

    One whose manifest is damaged is passed over for the newest whose is not, so that the
    editions it knew are not forgotten.
    """
    names = generations.listed(home)
    name = _pointed(home) or (names[-1] if names else None)
    if name is None:
        return None, None
    with suppress(GenerationBroken):
        return name, generations.read_manifest(generations.folder_of(home, name))
    for held in reversed(generations.kept_in(home)):
        if held.manifest is not None:
            return held.name, held.manifest
    return None, None


def _damaged(folder: Path | None, manifest: Manifest | None, vectors: Vectors) -> tuple[str, ...]:
    """Return what is damaged of a generation, so that it is made anew and not taken over."""
    if folder is None or manifest is None:
        return ()
    found = generations.damaged(folder, manifest)
    if manifest.recipe.get("vectors", "") == vectors.name:
        try:
            vectors.open(folder, manifest.chunks)
        except ValueError:
            found = (*found, generations.VECTORS)
    return found


def _pointed(home: Path) -> str | None:
    try:
        return generations.current(home)
    except GenerationBroken:
        return None


def _refused(home: Path) -> tuple[Manifest, ...]:
    """Return the generations that somebody rolled back from, the newest first."""
    with suppress(GenerationBroken):
        found = generations.pointer(home)
        names = generations.listed(home) if found else ()
        return tuple(
            one.manifest
            for one in reversed(generations.kept_in(home))
            if found and one.name in found.rolled_back(names) and one.manifest is not None
        )
    return ()


def _without_lost(catalog: Catalog, home: Path, former: Path | None) -> Catalog:
    """Leave out superseded editions of which neither the PDF nor the text is left, and say so."""
    lost = [
        edition
        for edition in catalog.editions
        if edition.sha256 in superseded_of(catalog)
        and not pdf_of(home, edition).exists()
        and not (former and text_of(former, edition).exists())
    ]
    notices = tuple(f"{edition.key} is superseded and no longer kept." for edition in lost)
    left = tuple(edition for edition in catalog.editions if edition not in lost)
    return replace(catalog, editions=left, notices=(*catalog.notices, *notices))


def _clock(manifest: Manifest) -> tuple[str, ...]:
    """Say so when the clock runs behind: what is in force depends on the day."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    if manifest.created <= now:
        return ()
    notice = (
        f"The clock of this machine says {now}, but {manifest.id} was made {manifest.created}. "
        f"Set the clock: which edition is in force depends on the day."
    )
    return (notice,)


@contextmanager
def _written(home: Path) -> Iterator[None]:
    """Say in our words what the system says when it cannot write."""
    try:
        yield
    except OSError as problem:
        raise HomeUnusable(str(home), problem) from problem


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is remembered of a text that was read and put away: *read* is engine and score."""

    pages: int
    poor: tuple[tuple[int, str], ...]
    read: tuple[tuple[str, float], ...]


class _Draft:
    """A generation in the making: a folder that no reader looks at."""

    def __init__(
        self,
        workshop: Workshop,
        former: Path | None,
        manifest: Manifest | None,
        wanted: dict[str, str],
        *,
        damaged: Sequence[str],
        full: bool,
    ) -> None:
        self._damaged = frozenset(damaged)
        self._workshop = workshop
        self._former = former
        self._manifest = manifest
        self._wanted = wanted
        same = manifest is not None and all(
            manifest.recipe.get(name) == wanted[name] for name in ("tokenizer", "reader", "chunks")
        )
        self._reusable = same and not full
        before = manifest.recipe.get("index") if manifest else None
        self._counted_alike = before == wanted["index"]
        parsed = manifest.recipe.get("sentences") if manifest else None
        self._parsed_alike = self._reusable and parsed == wanted["sentences"]
        others = workshop.depot.names() if workshop.depot else ()
        self._name = generations.next_name(workshop.home, others)
        self._folder = workshop.home / "generations" / f"{_BUILDING}{self._name}"

    def clear(self) -> None:
        """Remove what is left of a draft that was not published."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def make(
        self,
        catalog: Catalog,
        compared: Plan,
        words: glossary.Glossary,
        asked: Catalog,
        refused: Sequence[Manifest],
    ) -> RefreshReport:
        """Build the generation, ask whether it may go live, and publish it.

        Nothing is built when what can be read is what is served, or what one of the *refused*
        generations was made of; *asked* is the catalog before the present one was looked at.
        """
        for name in ("texts", "sentences", "parts", "tallies", "embedded"):
            (self._folder / name).mkdir(parents=True)
        read = self._read(catalog)
        problems = [*catalog.problems, *(p for p in read.values() if isinstance(p, IngestError))]
        now = self._manifest or _NOTHING
        editions, kept = _standing(catalog, read, now, self._stands)
        held = [edition for edition in editions if edition.held]
        report = RefreshReport(
            compared, now.id or None, published=False, pages=now.pages, chunks=now.chunks,
            problems=tuple(problems), notices=catalog.notices, kept=kept,
        )  # fmt: skip
        if not held or (self._manifest and self._same(editions, now)):
            return report
        if back := next((one for one in refused if self._is_again(asked, read, one)), None):
            notice = _STAYS_BACK.format(back.id, now.id)
            return replace(report, notices=(*report.notices, notice))
        counts = self._parts(held, read)
        fitted = self._index(held, counts, words)
        self._keep_files(held, catalog)
        page_counts = self._page_counts(held, read)
        manifest = Manifest(
            id=self._name,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            recipe=self._wanted,
            editions=editions,
            pages=sum(page_counts[str(edition.sha256)] for edition in held),
            chunks=sum(counts.values()),
            kept=kept,
            fitted=fitted,
            page_counts=page_counts,
            files=generations.hashed(self._folder),
        )
        generations.write_manifest(manifest, self._folder)
        self._publish(manifest)
        return replace(
            report, generation=self._name, published=True, pages=manifest.pages,
            chunks=manifest.chunks, poor_pages=tuple(_poor(held, read)), engines=_engines(read),
            documents=tuple(_documents(held, read)),
        )  # fmt: skip

    def _publish(self, manifest: Manifest) -> None:
        self._workshop.progress("checking", 0.0)
        reasons = tuple(self._workshop.allow(self._folder))
        if reasons and not self._workshop.accept:
            raise NotAllowed(self._name, reasons)
        if reasons:
            generations.write_manifest(
                replace(manifest, accepted=tuple(map(str, reasons))), self._folder
            )
        home = self._workshop.home
        final = generations.folder_of(home, self._name)
        _sync(self._folder)
        self._folder.rename(final)
        if self._workshop.depot is not None:
            self._workshop.depot.publish(home, self._name)
        generations.publish(home, self._name)
        _remove_old(home)

    def _same(self, editions: Sequence[Edition], manifest: Manifest) -> bool:
        """Whether a generation holds these editions, in whatever order, and is as one made now."""
        return (
            {edition.key: edition for edition in editions}
            == {edition.key: edition for edition in manifest.editions}
            and manifest.recipe == self._wanted
            and self._reusable
            and not self._damaged
        )

    def _is_again(
        self, asked: Catalog, read: Mapping[str, _Seen | UnreadablePdf], refused: Manifest
    ) -> bool:
        """Whether a refresh would change nothing if a refused generation were the current one."""
        folder = generations.folder_of(self._workshop.home, refused.id)
        catalog = with_superseded(asked, refused.editions, self._workshop.today())
        editions, _ = _standing(catalog, read, refused, lambda e: text_of(folder, e).exists())
        return self._same(editions, refused)

    def _read(self, catalog: Catalog) -> Mapping[str, _Seen | UnreadablePdf]:
        """Read and cut the PDFs whose text the former generation does not hold.

        Each text is put away before the next is taken: memory does not grow with their number.
        """
        replaced = superseded_of(catalog)
        home, corpus = self._workshop.home, self._workshop.corpus
        wanted = {
            str(edition.sha256): edition
            for edition in catalog.editions
            if edition.held and not self._holds(edition)
        }
        files = {
            digest: pdf_of(home, edition) if digest in replaced else corpus / str(edition.path)
            for digest, edition in wanted.items()
        }
        if not files:
            return {}
        found = {
            digest: self._put_away(wanted[digest], text)
            for digest, text in self._workshop.reading(files)
        }
        return {digest: found[digest] for digest in wanted}

    def _put_away(
        self, edition: Edition, text: EditionText | UnreadablePdf
    ) -> _Seen | UnreadablePdf:
        if isinstance(text, UnreadablePdf):
            return text
        save(text, text_of(self._folder, edition))
        cut = sections(text)
        parse(text, cut).save(sentences_of(self._folder, edition))
        found = parts.cut(edition, text, cut)
        parts.save(found, parts_of(self._folder, edition))
        tallies.save(found, tally_of(self._folder, edition))
        poor = ((page.number, page.quality.note) for page in text.pages if page.quality.note)
        how = ((page.quality.engine, page.quality.score) for page in text.pages)
        return _Seen(len(text.pages), tuple(poor), tuple(how))

    def _stands(self, edition: Edition) -> bool:
        """Whether an edition's former text can go on being served."""
        return self._whole(text_of, edition) and self._whole(parts_of, edition)

    def _holds(self, edition: Edition) -> bool:
        return self._reusable and self._stands(edition)

    def _whole(self, place: Callable[[Path, Edition], Path], edition: Edition) -> bool:
        """Whether the former generation has a file of an edition as it was written."""
        if self._former is None:
            return False
        path = place(self._former, edition)
        name = path.relative_to(self._former).as_posix()
        return path.exists() and name not in self._damaged

    def _parts(
        self, held: Sequence[Edition], read: Mapping[str, _Seen | UnreadablePdf]
    ) -> dict[str, int]:
        """Take over what was not read, and return the number of chunks by hash, in order."""
        counts: dict[str, int] = {}
        for edition in held:
            if not isinstance(read.get(str(edition.sha256)), _Seen):
                same = [sentences_of] if self._parsed_alike else []
                counted = [tally_of] if self._counted_alike else []
                for place in (text_of, parts_of, *same, *counted):
                    self._take_over(place, edition)
            if not sentences_of(self._folder, edition).exists():
                # The former generation kept none, or cut them otherwise.
                text = load(text_of(self._folder, edition))
                parse(text, sections(text)).save(sentences_of(self._folder, edition))
            if not tally_of(self._folder, edition).exists():
                # The former generation counted other units, or its own count is damaged.
                tallies.save(self._loaded(edition), tally_of(self._folder, edition))
            with parts_of(self._folder, edition).open("rb") as file:
                counts[str(edition.sha256)] = sum(1 for _ in file)
        return counts

    def _take_over(self, place: Callable[[Path, Edition], Path], edition: Edition) -> None:
        """Let the draft have the former generation's file of an edition, if that is whole."""
        target = place(self._folder, edition)
        if self._former is not None and self._whole(place, edition) and not target.exists():
            _link(place(self._former, edition), target)

    def _loaded(self, edition: Edition) -> tuple[Part, ...]:
        """Return an edition's parts."""
        try:
            return parts.load(edition, parts_of(self._folder, edition))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise GenerationBroken(
                str(self._former), f"the parts of {edition.key} are damaged ({problem})"
            ) from problem

    def _tally(self, edition: Edition, kind: Kind) -> Tally:
        """Return how often an edition's parts hold each word or pair."""
        try:
            return tallies.load(tally_of(self._folder, edition), kind)
        except (ValueError, KeyError) as problem:
            raise GenerationBroken(
                str(self._former), f"the tally of {edition.key} is damaged ({problem})"
            ) from problem

    def _index(
        self, held: Sequence[Edition], counts: Mapping[str, int], words: glossary.Glossary
    ) -> Mapping[str, int]:
        """Write the lexical indexes and the vectors; return what the embedder learned from."""
        told = self._workshop.progress
        told("indexing", 0.0)
        legs.build(
            self._folder,
            lambda kind: (self._tally(edition, kind) for edition in held),
            partial(told, "indexing"),
        )
        told("embedding", 0.0)
        learned = self._embed(held, counts, words)
        told("embedding", 0.7)
        found = [np.load(embedded_of(self._folder, e)) for e in held if counts[str(e.sha256)]]
        vectors = np.concatenate(found) if found else np.zeros((0, DIMENSIONS), np.float32)
        self._workshop.vectors.write(self._folder, vectors)
        told("embedding", 1.0)
        (self._folder / GLOSSARY).write_text(glossary.written(words), encoding="utf-8")
        return learned

    def _embed(
        self, held: Sequence[Edition], counts: Mapping[str, int], words: glossary.Glossary
    ) -> Mapping[str, int]:
        """Write the vectors of each edition's parts, or take them over if the embedder stayed.

        Returns:
            What the fitted embedder has learned from; nothing, where another is configured.
        """
        configured = self._workshop.embedder
        kept = self._keep_fitted(counts) if configured is None else {}
        learned = counts if kept is None else kept
        before = (self._manifest or _NOTHING).recipe.get("embedder")
        if self._reusable and kept is not None and before == self._wanted["embedder"]:
            for edition in held:
                self._take_over(embedded_of, edition)
        if configured is not None:
            embed = partial(self._embedded_by, configured)
        else:
            if kept is None:
                whole, _ = tallies.joined(self._tally(edition, "words") for edition in held)
                lessons = [tokens(line) for line in words.lines()]
                found = fit(whole.text + whole.context, whole.units, lessons)
                found.save(self._folder / "embedder")
            embed = partial(self._embedded_fitting, Fitted.load(self._folder / "embedder"))
        for edition in held:
            path = embedded_of(self._folder, edition)
            if counts[str(edition.sha256)] and not path.exists():
                with path.open("xb") as file:
                    np.save(file, embed(edition), allow_pickle=False)
        return learned

    def _embedded_by(self, embedder: Embedder, edition: Edition) -> NDArray[np.float32]:
        chunks = (part.chunk for part in self._loaded(edition))
        texts = [f"{chunk.context}\n{chunk.text}".strip() for chunk in chunks]
        return embedder.embed_passages(texts)

    def _embedded_fitting(self, fitted: Fitted, edition: Edition) -> NDArray[np.float32]:
        tally = self._tally(edition, "words")
        return fitted.embed_counts(tally.text + tally.context, tally.units)

    def _keep_fitted(self, counts: Mapping[str, int]) -> Mapping[str, int] | None:
        """Take over the former embedder unless the corpus has drifted too far from it.

        Returns:
            What it learned from, or None when another one has to be fitted.
        """
        manifest, former = self._manifest, self._former
        if not self._reusable or manifest is None or former is None or not manifest.fitted:
            return None
        names = ("embedder", "glossary")
        if any(manifest.recipe.get(name) != self._wanted[name] for name in names):
            return None
        learned = manifest.fitted
        drift = sum(n for digest, n in counts.items() if digest not in learned)
        drift += sum(n for digest, n in learned.items() if digest not in counts)
        whole = not any(name.startswith("embedder/") for name in self._damaged)
        if drift > DRIFT * sum(counts.values()) or not (whole and (former / "embedder").is_dir()):
            return None
        shutil.copytree(former / "embedder", self._folder / "embedder", copy_function=_link)
        return learned

    def _keep_files(self, held: Sequence[Edition], catalog: Catalog) -> None:
        """Keep each PDF by its hash.

        Raises:
            ChangedMeanwhile: a file is no longer the one that was read.
        """
        (self._workshop.home / "pdfs").mkdir(exist_ok=True)
        fresh = {edition.sha256 for edition in catalog.editions} - superseded_of(catalog)
        for edition in held:
            kept = pdf_of(self._workshop.home, edition)
            if not kept.exists() and edition.sha256 in fresh:
                draft = kept.with_suffix(f".{os.getpid()}")
                shutil.copyfile(self._workshop.corpus / str(edition.path), draft)
                if hash_of(draft) != edition.sha256:
                    draft.unlink()
                    raise ChangedMeanwhile(str(edition.path))
                draft.replace(kept)

    def _page_counts(
        self, held: Sequence[Edition], read: Mapping[str, _Seen | UnreadablePdf]
    ) -> dict[str, int]:
        """Return the number of pages of each held edition, by hash."""
        known = (self._manifest or _NOTHING).page_counts
        found: dict[str, int] = {}
        for edition in held:
            digest = str(edition.sha256)
            seen = read.get(digest)
            if isinstance(seen, _Seen):
                found[digest] = seen.pages
            else:
                found[digest] = known.get(digest) or len(load(text_of(self._folder, edition)).pages)
        return found


_NOTHING = Manifest("", "", {}, (), 0, 0, {})


def _standing(
    catalog: Catalog,
    read: Mapping[str, _Seen | UnreadablePdf],
    manifest: Manifest,
    stands: Callable[[Edition], bool],
) -> tuple[tuple[Edition, ...], dict[str, str]]:
    """Return the editions to serve, and why former ones stand for files that failed; pure.

    *stands* tells whether an edition of the former *manifest* can go on being served.
    """
    before = {edition.key: edition for edition in manifest.editions}
    failed = {
        str(problem.path): problem
        for problem in catalog.problems
        if isinstance(problem, UnreadablePdf)
    }
    editions: dict[str, Edition] = {}
    kept: dict[str, str] = {}
    for edition in catalog.editions:
        problem = read.get(str(edition.sha256))
        if not isinstance(problem, UnreadablePdf):
            editions[edition.key] = edition
            continue
        former = before.get(edition.key) or next(
            (e for e in reversed(before.values()) if e.path == edition.path), None
        )
        if former is not None and stands(former):
            editions.setdefault(former.key, former)
            kept[former.key] = str(problem)
    for former in before.values():
        if former.key not in editions and former.path in failed and stands(former):
            editions[former.key] = former
            kept[former.key] = str(failed[str(former.path)])
    return tuple(editions.values()), kept


def _poor(
    held: Iterable[Edition], read: Mapping[str, _Seen | UnreadablePdf]
) -> Iterator[tuple[str, int, str]]:
    for edition in held:
        seen = read.get(str(edition.sha256))
        if isinstance(seen, _Seen):
            for number, note in seen.poor:
                yield str(edition.path), number, note


def _documents(
    held: Iterable[Edition], read: Mapping[str, _Seen | UnreadablePdf]
) -> Iterator[ReadDocument]:
    for edition in held:
        seen = read.get(str(edition.sha256))
        if isinstance(seen, _Seen):
            engines = Counter(engine for engine, _ in seen.read)
            lowest = min((score for _, score in seen.read), default=0.0)
            poor = tuple(number for number, _ in seen.poor)
            yield ReadDocument(str(edition.path), dict(sorted(engines.items())), lowest, poor)


def _engines(read: Mapping[str, _Seen | UnreadablePdf]) -> dict[str, tuple[int, float]]:
    found: dict[str, tuple[int, float]] = {}
    for seen in read.values():
        for engine, score in seen.read if isinstance(seen, _Seen) else ():
            count, lowest = found.get(engine, (0, 1.0))
            found[engine] = (count + 1, min(lowest, score))
    return dict(sorted(found.items()))


def _link(source: str | Path, target: str | Path) -> None:
    """Make *target* the same file as *source*, or a copy where links are not to be had."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _sync(folder: Path) -> None:
    """Have the system write a folder's files down before the pointer names them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


@contextmanager
def _only_one(home: Path) -> Iterator[str]:
    """Lock the home and return a name that no other has, which its lock file keeps."""
    with (home / "refresh.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            message = f"{home}: another refresh is under way. Wait until it ends."
            raise AnotherRefresh(message) from problem
        file.seek(0)
        name = file.read().strip()
        if not name:
            name = secrets.token_hex(8)
            file.write(f"{name}\n")
            file.flush()
        yield name


def _remove_debris(home: Path) -> None:
    """Remove what a refresh that was cut off left behind."""
    folder = home / "generations"
    folder.mkdir(exist_ok=True)
    for draft in (*folder.glob(f"{_BUILDING}*"), *folder.glob(f"{generations.LEAVING}*")):
        shutil.rmtree(draft)
    for draft in (*home.glob(f".{generations.POINTER}.*"), *(home / "pdfs").glob("*.[0-9]*")):
        if draft.suffix != ".pdf":
            draft.unlink(missing_ok=True)
    for draft in (home / READINGS).rglob("*.draft"):
        draft.unlink(missing_ok=True)
    complete = generations.listed(home)
    for rest in folder.glob("g*"):
        if rest.name not in complete:
            generations.remove(rest)


def _remove_old(home: Path) -> None:
    """Remove generations before the newest three, but never the current one or one in use.

    What cannot be removed now is tried again by the next refresh.
    """
    now = _pointed(home)
    for name in generations.listed(home)[:-_KEPT_GENERATIONS]:
        if now is not None and name != now:
            with suppress(OSError):
                generations.remove(generations.folder_of(home, name))
