"""A generation in the making: read, counted, embedded and put to the gate."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from index.errors import GenerationBroken
from index.generations import manifests, pointers
from index.generations.manifests import (
    Manifest,
    embedded_of,
    parts_of,
    pdf_of,
    sentences_of,
    tally_of,
    text_of,
)
from index.refresh.plan import NOTHING, STAYS_BACK, Plan, standing
from index.refresh.reports import RefreshReport
from index.refresh.resources import GLOSSARY, ChangedMeanwhile, NotAllowed, Resources
from index.refresh.superseding import superseded_of, with_superseded
from index.refresh.text_summaries import TextSummary, documents_of, engines_of, poor_of
from index.refresh.tidying import BUILDING, remove_old
from index.search import glossary, lexical_indexes, parts, synonyms, tallies
from index.search.fitted import Fitted, fit
from ingest.atomic_files import replacing
from ingest.catalog.editions import hash_of
from ingest.errors import IngestError, UnreadablePdf
from ingest.headings import sections
from ingest.language.words import tokens
from ingest.pages import load, save
from ingest.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from index.search.embedding import Embedder
    from index.search.parts import Part
    from index.search.tallies import Kind, Tally
    from ingest.catalog.catalog import Catalog
    from ingest.catalog.editions import Edition
    from ingest.pages import EditionText

LEARNED = 30_000
"""From so many chunks at most, evenly taken, the embedder is fitted: the memory that it takes does not
grow beyond some 300 MB."""

DRIFT = 0.1
"""The fitted embedder is kept while no more than this share of the chunks came or went."""


class Draft:
    """A generation in the making: a folder that no reader looks at."""

    def __init__(
        self,
        resources: Resources,
        former: Path | None,
        manifest: Manifest | None,
        wanted: dict[str, str],
        *,
        damaged: Sequence[str],
        full: bool,
    ) -> None:
        self._damaged = frozenset(damaged)
        self._resources = resources
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
        others = resources.shared.names() if resources.shared else ()
        self._name = pointers.next_name(resources.home, others)
        self._folder = resources.home / "generations" / f"{BUILDING}{self._name}"

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
        now = self._manifest or NOTHING
        editions, kept = standing(catalog, read, now, self._stands)
        held = [edition for edition in editions if edition.held]
        report = RefreshReport(
            compared, now.id or None, published=False, pages=now.pages, chunks=now.chunks,
            problems=tuple(problems), notices=catalog.notices, kept=kept,
        )  # fmt: skip
        if not held or (self._manifest and self._same(editions, now)):
            return report
        if back := next((one for one in refused if self._is_again(asked, read, one)), None):
            notice = STAYS_BACK.format(back.id, now.id)
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
            files=manifests.hashed(self._folder),
            former=manifests.formerly_bound(self._manifest, editions),
        )
        manifests.write_manifest(manifest, self._folder)
        self._publish(manifest)
        return replace(
            report, generation=self._name, published=True, pages=manifest.pages,
            chunks=manifest.chunks, poor_pages=tuple(poor_of(held, read)), engines=engines_of(read),
            documents=tuple(documents_of(held, read)),
        )  # fmt: skip

    def _publish(self, manifest: Manifest) -> None:
        self._resources.progress("checking", 0.0)
        reasons = tuple(self._resources.allow(self._folder))
        if reasons and not self._resources.accept:
            raise NotAllowed(self._name, reasons)
        if reasons:
            manifests.write_manifest(
                replace(manifest, accepted=tuple(map(str, reasons))), self._folder
            )
        home = self._resources.home
        final = manifests.folder_of(home, self._name)
        sync(self._folder)
        self._folder.rename(final)
        if self._resources.shared is not None:
            self._resources.shared.publish(home, self._name)
        pointers.publish(home, self._name)
        remove_old(home)

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
        self, asked: Catalog, read: Mapping[str, TextSummary | UnreadablePdf], refused: Manifest
    ) -> bool:
        """Whether a refresh would change nothing if a refused generation were the current one."""
        folder = manifests.folder_of(self._resources.home, refused.id)
        catalog = with_superseded(asked, refused.editions, self._resources.today())
        editions, _ = standing(catalog, read, refused, lambda e: text_of(folder, e).exists())
        return self._same(editions, refused)

    def _read(self, catalog: Catalog) -> Mapping[str, TextSummary | UnreadablePdf]:
        """Read and cut the PDFs whose text the former generation does not hold.

        Each text is put away before the next is taken: memory does not grow with their number.
        """
        replaced = superseded_of(catalog)
        home, corpus = self._resources.home, self._resources.corpus
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
            for digest, text in self._resources.reading(files)
        }
        return {digest: found[digest] for digest in wanted}

    def _put_away(
        self, edition: Edition, text: EditionText | UnreadablePdf
    ) -> TextSummary | UnreadablePdf:
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
        return TextSummary(len(text.pages), tuple(poor), tuple(how))

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
        self, held: Sequence[Edition], read: Mapping[str, TextSummary | UnreadablePdf]
    ) -> dict[str, int]:
        """Take over what was not read, and return the number of chunks by hash, in order."""
        counts: dict[str, int] = {}
        for edition in held:
            if not isinstance(read.get(str(edition.sha256)), TextSummary):
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
            link(place(self._former, edition), target)

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
        told = self._resources.progress
        told("indexing", 0.0)
        table = parts.tabled(held, [parts_of(self._folder, edition) for edition in held])
        np.save(self._folder / parts.TABLE, table, allow_pickle=False)
        lexical_indexes.build(
            self._folder,
            lambda kind: (self._tally(edition, kind) for edition in held),
            partial(told, "indexing"),
        )
        named = (word for e in held for word in tallies.named(tally_of(self._folder, e)))
        synonyms.save(named, self._folder / synonyms.FILE)
        told("embedding", 0.0)
        learned = self._embed(held, counts, words)
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
        configured = self._resources.embedder
        kept = self._keep_fitted(counts) if configured is None else {}
        learned = counts if kept is None else kept
        before = (self._manifest or NOTHING).recipe.get("embedder")
        if self._reusable and kept is not None and before == self._wanted["embedder"]:
            for edition in held:
                self._take_over(embedded_of, edition)
        if configured is not None:
            embed = partial(self._embedded_by, configured)
        else:
            if kept is None:
                said = (self._tally(edition, "words") for edition in held)
                read = tallies.of_words(said, LEARNED, sum(counts[str(e.sha256)] for e in held))
                fit(*read, [tokens(line) for line in words.lines()]).save(self._folder / "embedder")
            embed = partial(self._embedded_fitting, Fitted.load(self._folder / "embedder"))
        for edition in held:
            path = embedded_of(self._folder, edition)
            if counts[str(edition.sha256)] and not path.exists():
                with path.open("xb") as file:
                    np.save(file, embed(edition).astype(np.float16), allow_pickle=False)
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
        shutil.copytree(former / "embedder", self._folder / "embedder", copy_function=link)
        return learned

    def _keep_files(self, held: Sequence[Edition], catalog: Catalog) -> None:
        """Keep each PDF by its hash.

        Raises:
            ChangedMeanwhile: a file is no longer the one that was read.
        """
        (self._resources.home / "pdfs").mkdir(exist_ok=True)
        fresh = {edition.sha256 for edition in catalog.editions} - superseded_of(catalog)
        for edition in held:
            kept = pdf_of(self._resources.home, edition)
            if not kept.exists() and edition.sha256 in fresh:
                with replacing(kept) as draft:
                    shutil.copyfile(self._resources.corpus / str(edition.path), draft)
                    if hash_of(draft) != edition.sha256:
                        raise ChangedMeanwhile(str(edition.path))

    def _page_counts(
        self, held: Sequence[Edition], read: Mapping[str, TextSummary | UnreadablePdf]
    ) -> dict[str, int]:
        """Return the number of pages of each held edition, by hash."""
        known = (self._manifest or NOTHING).page_counts
        found: dict[str, int] = {}
        for edition in held:
            digest = str(edition.sha256)
            seen = read.get(digest)
            if isinstance(seen, TextSummary):
                found[digest] = seen.pages
            else:
                found[digest] = known.get(digest) or len(load(text_of(self._folder, edition)).pages)
        return found


def link(source: str | Path, target: str | Path) -> None:
    """Make *target* the same file as *source*, or a copy where links are not to be had."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sync(folder: Path) -> None:
    """Have the system write a folder's files down before the pointer names them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
