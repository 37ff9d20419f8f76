"""Entries of the catalog written for a person: added and withdrawn, every comment kept."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import unicodedata
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, Self

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ingest import file_facts, formats, private
from ingest.catalog import catalog, files
from ingest.catalog.editions import Kind, hash_of
from ingest.catalog.fields import folder_named
from ingest.errors import (
    AlreadyHeld,
    BrokenCatalog,
    EntryMissing,
    FactsMissing,
    MissingCorpus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from ingest.catalog.editions import Document, Edition


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
    language: str = "ja"

    @property
    def key(self) -> str:
        """The document and the label, as people and logs name an edition."""
        return f"{self.document}@{self.label}"

    @property
    def since(self) -> date | None:
        """The first day on which it counts; None: since ever."""
        return self.in_force_from or self.published


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
    _clear_out(corpus)
    file = _left_behind(corpus, entry, digest) or file
    placed = _placed(corpus, file, entry)
    path = placed.relative_to(corpus.resolve()).as_posix()
    try:
        with _Edited(corpus) as edited:
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
    with _Edited(corpus) as edited:
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
    with _Edited(corpus) as edited:
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
    with _Edited(corpus) as edited:
        issue = edited.edition(document, chosen.label)
        for name, day in (("published", published), ("in_force_from", in_force_from)):
            if day is not None and issue.get(name) != day:
                issue[name] = day
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
    with _Edited(corpus) as edited:
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
    with _Edited(corpus) as edited:
        edited.describe(document, title=title, kind=kind and kind.value, publisher=publisher)
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
        with _locked(draft) as target, source.open("rb") as content:
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


@contextmanager
def _locked(draft: Path) -> Iterator[IO[bytes]]:
    """Write a new file that is known to be in the making as long as this process lives."""
    with draft.open("xb") as file:
        private.shared(draft)  # the corpus belongs to all who care for it
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _clear_out(corpus: Path) -> None:
    """Remove the drafts of commands that were killed, and folders that hold nothing else."""
    ours = rf"\.[0-9]+\.[a-z]+|\.{re.escape(catalog.CATALOG)}\.[0-9]+"
    for draft in (*corpus.glob("*/.*.*"), *corpus.glob(f".{catalog.CATALOG}.*")):
        if not re.fullmatch(ours, draft.name):
            continue
        with suppress(OSError), draft.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # else somebody is writing it
            draft.unlink()
            if draft.parent != corpus:
                draft.parent.rmdir()


_EDITING = Lock()
"""Held by the one thread that edits a catalog, from reading it to writing it."""


class _Edited:
    """The catalog file open for editing; written in one step, and only if it can be read back."""

    def __init__(self, corpus: Path) -> None:
        self._path = corpus / catalog.CATALOG
        self._draft = corpus / f".{catalog.CATALOG}.{os.getpid()}"
        self._content: Any = None

    def __enter__(self) -> Self:
        with ExitStack() as held:
            held.enter_context(_EDITING)
            try:
                text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
                self._content = tomlkit.parse(text)
            except (TOMLKitError, UnicodeDecodeError) as problem:
                raise BrokenCatalog(str(self._path), str(problem)) from problem
            _clear_out(self._path.parent)
            self._held = held.pop_all()
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        with self._held:
            if failed is None:
                self._write()

    def _write(self) -> None:
        try:
            with _locked(self._draft) as file:
                file.write(tomlkit.dumps(self._content).encode())
                file.flush()
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

    def work(self, document: str) -> Any:  # noqa: ANN401 - tomlkit's tables
        """Return the table of a document that is listed."""
        return next(w for w in self._content.get("documents", ()) if w["id"] == document)

    def bind(self, folder: str, groups: Sequence[str]) -> None:
        """Bind a folder to groups, or open it where there are none."""
        folders = self._content.get("folders")
        if folders is None:
            folders = self._content["folders"] = tomlkit.aot()
        found = next((each for each in folders if folder_named(each["path"]) == folder), None)
        if found is None:
            found = _table(path=folder)
            folders.append(found)
        found["groups"] = list(groups)

    def describe(self, document: str, **facts: str | None) -> None:
        """Change what a work's table says; what is the same keeps its comment."""
        work = self.work(document)
        for name, value in facts.items():
            if value is not None and work.get(name) != value:
                work[name] = value

    def enter(self, entry: Entry, path: str, digest: str) -> None:
        """List an edition, or complete the entry of one that was listed without a file."""
        works = self._content.get("documents")
        if works is None:
            works = self._content["documents"] = tomlkit.aot()
        work = next((work for work in works if work["id"] == entry.document), None)
        if work is None:
            work = _table(
                id=entry.document, title=entry.title, publisher=entry.publisher or None,
                kind=entry.kind.value, language=None if entry.language == "ja" else entry.language,
            )  # fmt: skip
            work["editions"] = tomlkit.aot()
            works.append(work)
        issue = next((i for i in work["editions"] if i["label"].strip() == entry.label), None)
        if issue is None:
            work["editions"].append(_table(label=entry.label))
            issue = work["editions"][-1]
        fields = {
            "published": entry.published, "in_force_from": entry.in_force_from,
            "path": path, "sha256": digest, "url": entry.url,
        }  # fmt: skip
        for name, value in fields.items():
            # What stands there already keeps its comment.
            if value is not None and issue.get(name) != value:
                issue[name] = value


def _table(**fields: object) -> Any:  # noqa: ANN401 - tomlkit's table
    made = tomlkit.table()
    for name, value in fields.items():
        if value is not None:
            made[name] = value
    return made
