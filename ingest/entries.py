"""Entries of the catalog written for a person: added and withdrawn, every comment kept."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ingest import catalog, pdf
from ingest.editions import Kind
from ingest.errors import AlreadyHeld, BrokenCatalog, EntryMissing, FactsMissing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from ingest.editions import Edition


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written about one PDF. *label* is empty where nothing says which edition it is.

    *known* tells that the document is listed already, so that this is one more edition of it;
    then its title, publisher and kind stay as they are.
    """

    document: str
    title: str
    label: str
    published: date | None = None
    in_force_from: date | None = None
    publisher: str = ""
    kind: Kind = Kind.MANUAL
    url: str | None = None
    known: bool = False


def understood(corpus: Path, file: Path) -> Entry:
    """Return what a PDF's first pages and metadata say, as an entry to be looked at.

    A document of the same title, or the one named like the file, is taken for the same work.

    Raises:
        UnreadablePdf: the file cannot be opened.
        BrokenCatalog: the catalog there is cannot be used.
    """
    facts = pdf.facts(file)
    title = facts.title or file.stem
    listed = _listed(corpus)
    works = {edition.document.id: edition.document for edition in listed}
    named = _id_of(file.stem)
    same = next((id_ for id_, work in works.items() if _plain(work.title) == _plain(title)), None)
    if same is None and named in works:
        same = named
    return Entry(
        same or named,
        works[same].title if same else title,
        facts.edition or "",
        facts.published,
        facts.published,
        publisher=works[same].publisher if same else "",
        kind=works[same].kind if same else Kind.MANUAL,
        known=same is not None,
    )


def add(corpus: Path, file: Path, entry: Entry) -> Edition:
    """Put a PDF into the corpus and list it; return the edition as it is listed.

    A file that lies in the corpus stays where it is, any other is copied beside the others
    under a name that is free: nothing is ever overwritten. Where the catalog lists the edition
    without a file, the file is entered there.

    Raises:
        UnreadablePdf: the file is not a PDF that can be opened.
        AlreadyHeld: these bytes, or an edition of this label, are there already.
        FactsMissing: the entry does not say which edition it is.
        BrokenCatalog: the catalog cannot be used, before or with the new entry.
    """
    pdf.facts(file)
    if not entry.label.strip():
        raise FactsMissing(str(file))
    if not re.fullmatch(r"[\w.-]+", entry.document):
        entry = replace(entry, document=_id_of(entry.document))
    digest = catalog.hash_of(file)
    for held in _listed(corpus):
        same = held.key == f"{entry.document}@{entry.label}"
        if held.held and (held.sha256 == digest or same or _has(corpus, held, digest)):
            raise AlreadyHeld(str(file), held.key, str(held.path))
    placed = _placed(corpus, file, entry)
    path = placed.relative_to(corpus.resolve()).as_posix()
    try:
        with _Edited(corpus) as edited:
            edited.enter(entry, path, digest)
    except BaseException:
        if placed != file.resolve():
            placed.unlink()
        raise
    return next(e for e in _listed(corpus) if e.path == path)


def withdraw(corpus: Path, document: str, label: str | None, on: date) -> Edition:
    """Note the first day on which an edition no longer counts; without *label*, the last one.

    The PDF stays where it is: answers "as of" an earlier day still quote it.

    Raises:
        EntryMissing: the catalog lists no such edition.
        BrokenCatalog: the catalog cannot be used.
    """
    held = [e for e in _listed(corpus) if e.document.id == document and label in (None, e.label)]
    if not held:
        raise EntryMissing(document, label, tuple(e.key for e in _listed(corpus) if e.held))
    chosen = held[-1]
    with _Edited(corpus) as edited:
        edited.edition(document, chosen.label)["withdrawn_on"] = on
    return replace(chosen, withdrawn_on=on)


def free_label(editions: Sequence[Edition], document: str, label: str) -> str:
    """Return the label, with a number where the document has an edition of that name."""
    taken = {edition.label for edition in editions if edition.document.id == document}
    found, number = label, 2
    while found in taken:
        found, number = f"{label} ({number})", number + 1
    return found


def _has(corpus: Path, held: Edition, digest: str) -> bool:
    path = corpus / str(held.path)
    return path.is_file() and catalog.hash_of(path) == digest


def _listed(corpus: Path) -> tuple[Edition, ...]:
    path = corpus / catalog.CATALOG
    return catalog.listed(path) if path.exists() else ()


def _plain(title: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", title)).casefold()


def _id_of(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "document"


def _placed(corpus: Path, file: Path, entry: Entry) -> Path:
    """Return where the file lies in the corpus, copied there if it was elsewhere."""
    inside, source = corpus.resolve(), file.resolve()
    if source.is_relative_to(inside):
        return source
    folder = inside / entry.document
    folder.mkdir(parents=True, exist_ok=True)
    stem, number = _id_of(entry.label), 1
    while True:
        name = f"{stem}.pdf" if number == 1 else f"{stem}-{number}.pdf"
        try:
            with (folder / name).open("xb") as target, source.open("rb") as given:
                shutil.copyfileobj(given, target)
        except FileExistsError:
            number += 1
        else:
            return folder / name


class _Edited:
    """The catalog file open for editing; written in one step, and only if it can be read back."""

    def __init__(self, corpus: Path) -> None:
        self._path = corpus / catalog.CATALOG
        self._draft = corpus / f".{catalog.CATALOG}.{os.getpid()}"
        try:
            text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
            self._content: Any = tomlkit.parse(text)
        except (TOMLKitError, UnicodeDecodeError) as problem:
            raise BrokenCatalog(str(self._path), str(problem)) from problem

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is not None:
            return
        try:
            self._draft.write_text(tomlkit.dumps(self._content), encoding="utf-8")
            catalog.listed(self._draft)
            self._draft.replace(self._path)
        finally:
            self._draft.unlink(missing_ok=True)

    def edition(self, document: str, label: str) -> Any:  # noqa: ANN401 - tomlkit's tables
        """Return the table of an edition that is listed."""
        return next(
            issue
            for work in self._content.get("documents", ())
            if work["id"] == document
            for issue in work["editions"]
            if issue["label"].strip() == label
        )

    def enter(self, entry: Entry, path: str, digest: str) -> None:
        """List an edition, or complete the entry of one that was listed without a file."""
        works = self._content.get("documents")
        if works is None:
            works = self._content["documents"] = tomlkit.aot()
        work = next((work for work in works if work["id"] == entry.document), None)
        if work is None:
            work = _table(
                id=entry.document, title=entry.title, publisher=entry.publisher or None,
                kind=entry.kind.value,
            )  # fmt: skip
            work["editions"] = tomlkit.aot()
            works.append(work)
        issue = next((i for i in work["editions"] if i["label"].strip() == entry.label), None)
        if issue is None:
            issue = _table(
                label=entry.label, published=entry.published, in_force_from=entry.in_force_from
            )
            work["editions"].append(issue)
            issue = work["editions"][-1]
        for name, value in (("path", path), ("sha256", digest), ("url", entry.url)):
            if value is not None:
                issue[name] = value


def _table(**fields: object) -> Any:  # noqa: ANN401 - tomlkit's table
    made = tomlkit.table()
    for name, value in fields.items():
        if value is not None:
            made[name] = value
    return made
