"""The catalog's file, edited for a person: written in one step, every comment kept."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, Self

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ingest import private
from ingest.catalog import catalog
from ingest.catalog.editions import Kind
from ingest.catalog.fields import folder_named
from ingest.errors import BrokenCatalog

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path


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


_EDITING = Lock()
"""Held by the one thread that edits a catalog, from reading it to writing it."""


class Edited:
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
            clear_out(self._path.parent)
            self._held = held.pop_all()
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        with self._held:
            if failed is None:
                self._write()

    def _write(self) -> None:
        try:
            with locked(self._draft) as file:
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
        put(
            issue, published=entry.published, in_force_from=entry.in_force_from,
            path=path, sha256=digest, url=entry.url,
        )  # fmt: skip


def put(table: Any, **facts: object) -> None:  # noqa: ANN401 - tomlkit's table
    """Put facts into a table, None for none; what stands there already keeps its comment."""
    for name, value in facts.items():
        if value is not None and table.get(name) != value:
            table[name] = value


def _table(**fields: object) -> Any:  # noqa: ANN401 - tomlkit's table
    made = tomlkit.table()
    put(made, **fields)
    return made


@contextmanager
def locked(draft: Path) -> Iterator[IO[bytes]]:
    """Write a new file that is known to be in the making as long as this process lives."""
    with draft.open("xb") as file:
        private.shared(draft)  # the corpus belongs to all who care for it
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def clear_out(corpus: Path) -> None:
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
