"""PDFs and what is known of them, put into the catalog: added, corrected, withdrawn, bound."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest import file_facts, formats, private
from ingest.catalog import catalog, files
from ingest.catalog.editing import Edited, Entry, clear_out, locked, put
from ingest.catalog.editions import Kind, hash_of
from ingest.catalog.fields import folder_named
from ingest.errors import (
    AlreadyHeld,
    EntryMissing,
    FactsMissing,
    MissingCorpus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from ingest.catalog.editions import Document, Edition


_EDITION_BEHIND = re.compile(r"\s*[（(][^（）()]*(?:版|[Vv]er)[^（）()]*[)）]\s*$")
"""An edition in brackets behind a title: two editions of one work differ in nothing else."""


def understood(
    corpus: Path,
    file: Path,
    *,
    document: str | None = None,
    title: str | None = None,
    label: str | None = None,
    published: date | None = None,
    in_force_from: date | None = None,
    url: str | None = None,
) -> Entry:
    """Return a PDF as an entry to be looked at, just as `add` would list it.

    What the caller names wins; then what the catalog says of the document and of an edition it
    lists without a file; then what the PDF's first pages and metadata say. A document of the
    same title, or the one named like the file, is taken for the same work.

    Raises:
        UnreadablePdf: the file cannot be opened.
        BrokenCatalog: the catalog there is cannot be used.
    """
    facts = file_facts.facts(file)
    listed = _listed(corpus)
    works = {edition.document.id: edition.document for edition in listed}
    called = title or _EDITION_BEHIND.sub("", facts.title) or file.stem
    named = _id_of(document) if document else _id_of_file(corpus, file)
    same = None if document else _titled(works.values(), called)
    work = works.get(same or named)
    found = Entry(
        same or named,
        work.title if work else called,
        (label or facts.edition or "").strip(),
        published or facts.published,
        in_force_from or published or facts.in_force_from or facts.published,
        publisher=work.publisher if work else "",
        kind=work.kind if work else Kind.MANUAL,
        url=url,
        known=work is not None,
    )
    awaited = next((e for e in listed if not e.held and e.key == found.key), None)
    if awaited is None:
        return found
    # A day that somebody wrote down by hand is not moved by one that is printed on a cover.
    said = published or facts.in_force_from or facts.published
    day = awaited.in_force_from or (None if awaited.published else said)
    return replace(
        found,
        published=published or awaited.published or facts.published,
        in_force_from=in_force_from or day,
        url=url or awaited.url,
    )


def _titled(works: Iterable[Document], title: str) -> str | None:
    return next((work.id for work in works if _plain(work.title) == _plain(title)), None)


def add(corpus: Path, file: Path, entry: Entry) -> Edition:
    """Put a PDF into the corpus and list it; return the edition as it is listed.

    A file that lies in the corpus stays where it is, any other is copied beside the others
    under a name that is free: nothing is ever overwritten. Where the catalog lists the edition
    without a file, the file is entered there.

    Raises:
        UnreadablePdf: the file is not a PDF that can be opened.
        AlreadyHeld: these bytes, or an edition of this label, are there already.
        FactsMissing: the entry does not say which edition it is, or not since when it counts
            though another edition of its document is held: then that one would go on answering.
        BrokenCatalog: the catalog cannot be used, before or with the new entry.
    """
    file_facts.facts(file)
    entry = replace(entry, document=_id_of(entry.document), label=entry.label.strip())
    digest = hash_of(file)
    held = [edition for edition in _listed(corpus) if edition.held]
    for one in held:
        if one.key == entry.key or one.sha256 == digest or _has(corpus, one, digest):
            raise AlreadyHeld(str(file), one.key, str(one.path))
    if lacking := missing(entry, held):
        raise FactsMissing(str(file), lacking[0])
    clear_out(corpus)
    file = _left_behind(corpus, entry, digest) or file
    placed = _placed(corpus, file, entry)
    path = placed.relative_to(corpus.resolve()).as_posix()
    try:
        with Edited(corpus) as edited:
            edited.enter(entry, path, digest)
    except BaseException:
        if placed != file.resolve():
            placed.unlink()
            with suppress(OSError):
                placed.parent.rmdir()
        raise
    return next(e for e in _listed(corpus) if e.path == path)


def add_unlisted(corpus: Path) -> tuple[Edition, ...]:
    """List every PDF of the corpus that the catalog does not, as what it is taken for.

    Nothing changes in what is searched; from then on a person may correct what was understood.
    A file that cannot be read is left out.

    Returns:
        The editions that are listed now and were not before.

    Raises:
        MissingCorpus: the folder is not there, or holds no PDF and no catalog.
        BrokenCatalog: the catalog cannot be used, before or with the new entries.
    """
    held = catalog.read(corpus)
    new = tuple(
        edition
        for edition in held.editions
        if edition.document.id in held.strays and edition.path not in held.unreadable
    )
    with Edited(corpus) as edited:
        for edition in new:
            work = edition.document
            entry = Entry(
                work.id, work.title, edition.label, edition.published, edition.in_force_from,
                language=work.language,
            )  # fmt: skip
            edited.enter(entry, str(edition.path), str(edition.sha256))
    return new


def missing(entry: Entry, editions: Iterable[Edition]) -> tuple[str, ...]:
    """Return what an entry has to say and does not: "edition", "day", or both."""
    beside = any(e.held and e.document.id == entry.document for e in editions)
    return (
        *(() if entry.label.strip() else ("edition",)),
        *(("day",) if beside and entry.since is None else ()),
    )


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
    with Edited(corpus) as edited:
        edited.edition(document, chosen.label)["withdrawn_on"] = on
    return replace(chosen, withdrawn_on=on)


def correct(
    corpus: Path,
    document: str,
    label: str | None,
    *,
    published: date | None = None,
    in_force_from: date | None = None,
    groups: Sequence[str] | None = None,
    owner: str | None = None,
) -> Edition:
    """Put other facts into the catalog; without *label*, for the last edition that is listed.

    What is not given stays as it is. *groups* and *owner* are the document's: those who may see
    it (none: everybody), and who answers for it. Return the edition as it is listed then.

    Raises:
        EntryMissing: the catalog lists no such edition.
        BrokenCatalog: the catalog cannot be used.
    """
    listed = _listed(corpus)
    of_it = [e for e in listed if e.document.id == document and label in (None, e.label)]
    if not of_it:
        raise EntryMissing(document, label, tuple(e.key for e in listed))
    chosen = of_it[-1]
    with Edited(corpus) as edited:
        put(
            edited.edition(document, chosen.label),
            published=published,
            in_force_from=in_force_from,
        )
        work = edited.work(document)
        if groups is not None:
            work["groups"] = list(groups)
        if owner is not None:
            work["owner"] = owner
    return next(e for e in _listed(corpus) if e.key == chosen.key)


def bind_folder(corpus: Path, folder: str, groups: Sequence[str]) -> str:
    """Let only *groups* see what lies in a folder of the corpus; none: everybody who may ask.

    Return the folder as the catalog names it then.

    Raises:
        MissingCorpus: there is no such folder.
        BrokenCatalog: the catalog cannot be used, before or with the new entry.
    """
    name = folder_named(folder)
    # Unlike `Path.is_dir`, it takes a name too long for the disk.
    if not name or not os.path.isdir(corpus / name):  # noqa: PTH112
        message = f"{corpus / folder.strip('/')}: there is no such folder in the corpus."
        raise MissingCorpus(message)
    with Edited(corpus) as edited:
        edited.bind(name, groups)
    return name


def retitle(
    corpus: Path,
    document: str,
    *,
    title: str | None = None,
    kind: Kind | None = None,
    publisher: str | None = None,
) -> Edition:
    """Put another title, kind or publisher of a work into the catalog; None leaves it as it is.

    Return the work's last edition as it is listed then.

    Raises:
        EntryMissing: the catalog lists no such work.
        BrokenCatalog: the catalog cannot be used, before or with what is new.
    """
    listed = _listed(corpus)
    if not any(each.document.id == document for each in listed):
        raise EntryMissing(document, None, tuple(each.key for each in listed))
    with Edited(corpus) as edited:
        put(edited.work(document), title=title, kind=kind and kind.value, publisher=publisher)
    return [each for each in _listed(corpus) if each.document.id == document][-1]


def free_label(editions: Sequence[Edition], document: str, label: str) -> str:
    """Return the label, with a number where the document has an edition of that name."""
    taken = {edition.label for edition in editions if edition.document.id == document}
    found, number = label, 2
    while found in taken:
        found, number = f"{label} ({number})", number + 1
    return found


def _has(corpus: Path, held: Edition, digest: str) -> bool:
    path = corpus / str(held.path)
    return path.is_file() and hash_of(path) == digest


def _listed(corpus: Path) -> tuple[Edition, ...]:
    path = corpus / catalog.CATALOG
    return catalog.listed(path) if path.exists() else ()


def _plain(title: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", title)).casefold()


def _id_of(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "document"


def _id_of_file(corpus: Path, file: Path) -> str:
    """Return the id of a file: that which it has unlisted, where it lies in the corpus."""
    inside, there = corpus.resolve(), file.resolve()
    if there.is_relative_to(inside):
        return files.id_of(there.relative_to(inside).as_posix())
    return _id_of(file.stem)


def _placed(corpus: Path, file: Path, entry: Entry) -> Path:
    """Return where the file lies in the corpus, copied there if it was elsewhere."""
    inside, source = corpus.resolve(), file.resolve()
    if source.is_relative_to(inside):
        return source
    folder = inside / entry.document
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        private.shared(folder)
    # Hidden until it is whole: a copy that breaks off leaves no PDF that looks like one.
    draft = folder / f".{os.getpid()}{formats.ending(source)}"
    try:
        with locked(draft) as target, source.open("rb") as content:
            shutil.copyfileobj(content, target)
            target.flush()
            return _named(draft, _id_of(entry.label))
    except BaseException:
        draft.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()
        raise


def _named(draft: Path, stem: str) -> Path:
    """Give a draft a name in its folder that no file has, and return it."""
    number = 1
    while True:
        path = draft.with_name(f"{stem if number == 1 else f'{stem}-{number}'}{draft.suffix}")
        try:
            # Unlike a rename this fails where the name is taken.
            os.link(draft, path)
        except FileExistsError:
            number += 1
        except OSError:  # a file system without links
            with suppress(FileExistsError):
                path.open("xb").close()
                return draft.replace(path)
            number += 1
        else:
            draft.unlink()
            return path


def _left_behind(corpus: Path, entry: Entry, digest: str) -> Path | None:
    """Return the copy of a command that ended before it could list it, if there is one."""
    listed = {edition.path for edition in _listed(corpus)}
    return next(
        (
            path.resolve()
            for path in sorted((corpus / entry.document).glob("*"))
            if formats.ending(path) in formats.endings()
            and path.relative_to(corpus).as_posix() not in listed
            and hash_of(path) == digest
        ),
        None,
    )
