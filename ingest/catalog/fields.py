"""What a catalog file says of a document and of a folder, field by field, and who may see what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ingest.catalog.editions import Document, Edition, Kind, Original, lies_in
from ingest.errors import BrokenCatalog

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DOCUMENT_FIELDS = {
    "id", "title", "publisher", "kind", "language", "digest_of", "editions", "note",
    "groups", "owner",
}  # fmt: skip
_EDITION_FIELDS = {
    "label", "published", "in_force_from", "withdrawn_on", "path", "sha256", "url", "note",
}  # fmt: skip


def folder_named(path: str) -> str:
    """Return a folder of the corpus as the paths of files name it (./a//b/ is a/b), "" for none."""
    name = PurePosixPath(path.strip("/")).as_posix()
    return "" if name == "." or ".." in name.split("/") or "\\" in name else name


@dataclass(frozen=True, slots=True)
class Bindings:
    """Which groups see what: by document as its entry says, else by the innermost folder named.

    An entry whose list is empty opens its document to everybody, whatever its folder.
    """

    documents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def bound(self, editions: Sequence[Edition]) -> list[Edition]:
        """Return the editions with the groups that see them.

        One without a file is seen by those who see its document's files.
        """
        found = [replace(edition, groups=self._groups(edition)) for edition in editions]
        beside = {e.document.id: e.groups for e in found if e.held and e.groups}
        return [
            each if each.held or each.document.id in self.documents
            else replace(each, groups=beside.get(each.document.id, ()))
            for each in found
        ]  # fmt: skip

    def _groups(self, edition: Edition) -> tuple[str, ...]:
        said = self.documents.get(edition.document.id)
        if said is not None:
            return said
        within = [folder for folder in self.folders if lies_in(edition, folder)]
        return self.folders[max(within, key=len)] if within else ()


def folders_bound(entries: object, text: str, path: str) -> dict[str, tuple[str, ...]]:
    """Return the groups of each folder that the catalog binds."""
    if not isinstance(entries, list):
        raise BrokenCatalog(path, "each folder begins with a line [[folders]]")
    lines = lines_of(text, "folders")
    found: dict[str, tuple[str, ...]] = {}
    for at, entry in enumerate(entries):
        one = Described(entry, path, lines[at] if len(lines) == len(entries) else None)
        name, groups = one.folder()
        found[name] = groups
    return found


def lines_of(text: str, table: str) -> list[int]:
    """Return the lines, from 1, on which the tables of an array begin."""
    return [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if re.match(rf"\s*\[\[\s*{table}\s*\]\]", line)
    ]


@dataclass(frozen=True, slots=True)
class Described:
    """One document of the catalog file, with the place that errors name."""

    content: Any
    path: str
    line: int | None

    def editions(self) -> list[Edition]:
        """Return the editions of a document."""
        fields = self._table(self.content, _DOCUMENT_FIELDS)
        document = Document(
            id=self._id(fields),
            title=self._text(fields, "title", required=True),
            publisher=self._text(fields, "publisher"),
            kind=self._kind(fields),
            language=self._text(fields, "language") or "ja",
            digest_of=self._original(fields.get("digest_of")),
            owner=self._text(fields, "owner"),
        )
        issues = fields.get("editions", [])
        if not isinstance(issues, list) or not issues:
            raise self._broken(f"{document.id} has no [[documents.editions]]")
        return [self._edition(document, issue) for issue in issues]

    def folder(self) -> tuple[str, tuple[str, ...]]:
        """Return a folder and the groups that see it."""
        fields = self._table(self.content, {"path", "groups", "note"})
        said = self._text(fields, "path", required=True)
        path = folder_named(said)
        if not path:
            raise self._broken(f"the path {said!r} is no folder of the corpus")
        return path, self.groups(fields)

    def groups(self, fields: dict[str, object]) -> tuple[str, ...]:
        """Return the groups that an entry names."""
        named = fields.get("groups")
        if not isinstance(named, list) or not all(isinstance(n, str) and n.strip() for n in named):
            raise self._broken('the field groups is a list of names, like ["人事課"]')
        return tuple(dict.fromkeys(name.strip() for name in named))

    def _edition(self, document: Document, issue: object) -> Edition:
        fields = self._table(issue, _EDITION_FIELDS)
        path = self._text(fields, "path") or None
        if path is not None and (path.startswith("/") or ".." in path.split("/") or "\\" in path):
            raise self._broken(f"the path {path!r} leads out of the corpus folder")
        return Edition(
            document=document,
            label=self._text(fields, "label", required=True),
            published=self._date(fields, "published"),
            in_force_from=self._date(fields, "in_force_from"),
            withdrawn_on=self._date(fields, "withdrawn_on"),
            path=path,
            sha256=self._text(fields, "sha256") or None,
            url=self._address(fields),
        )

    def _address(self, fields: dict[str, object]) -> str | None:
        """Return the official address, which a page makes a link of."""
        url = self._text(fields, "url")
        if url and not re.match(r"https?://[^\s/]", url, re.IGNORECASE):
            raise self._broken(f"the field url is {url!r}, but must begin with https:// or http://")
        return url or None

    def _original(self, named: object) -> Original | None:
        if named is None:
            return None
        fields = self._table(named, {"document", "edition"})
        document = self._text(fields, "document", required=True)
        return Original(document, self._text(fields, "edition", required=True), title=document)

    def _table(self, content: object, known: set[str]) -> dict[str, object]:
        if not isinstance(content, dict):
            raise self._broken("a table with named fields is expected here")
        if strange := sorted(set(content) - known):
            raise self._broken(f"unknown field {strange[0]!r} (known: {', '.join(sorted(known))})")
        return content

    def _id(self, fields: dict[str, object]) -> str:
        found = self._text(fields, "id", required=True)
        if not re.fullmatch(r"[\w.-]+", found):
            raise self._broken(f"the id {found!r} may hold letters, digits, '.', '-' and '_' only")
        return found

    def _kind(self, fields: dict[str, object]) -> Kind:
        name = self._text(fields, "kind") or Kind.MANUAL.value
        try:
            return Kind(name)
        except ValueError:
            known = ", ".join(kind.value for kind in Kind)
            raise self._broken(f"unknown kind {name!r} (known: {known})") from None

    def _text(self, fields: dict[str, object], name: str, *, required: bool = False) -> str:
        found = fields.get(name, "")
        if not isinstance(found, str) or (required and not found.strip()):
            raise self._broken(f"the field {name} must be a text in quotation marks")
        return found.strip()

    def _date(self, fields: dict[str, object], name: str) -> date | None:
        found = fields.get(name)
        if found is None or type(found) is date:
            return found
        raise self._broken(
            f"the field {name} must be a day like 2021-07-07, without quotation marks"
        )

    def _broken(self, reason: str) -> BrokenCatalog:
        return BrokenCatalog(self.path, reason, self.line)
