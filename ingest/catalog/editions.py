"""Which works we hold, which issue of each is which, and what is in force on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import file_digest
from pathlib import Path
from typing import TypeAlias

Groups: TypeAlias = frozenset[str] | None
"""Whose documents somebody sees beside those that are open to all; None: every document."""

ENTERED = "登録 "
"""How the label of an edition begins that is only known by the day on which its file came."""


class Kind(StrEnum):
    """What authority a sentence of the document has, strongest first."""

    LAW = "law"
    NOTICE = "notice"
    MANUAL = "manual"
    GUIDELINE = "guideline"
    CASE = "case"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Original:
    """The official work and edition that a digest restates.

    *title* and *publisher* are those of the catalog's entry of that work, or the bare id and
    an empty string when the catalog has none.
    """

    document: str
    edition: str
    title: str
    publisher: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One work, whatever its editions. *owner* is who answers for it and hears of mistakes, or ""."""

    id: str
    title: str
    publisher: str = ""
    kind: Kind = Kind.MANUAL
    language: str = "ja"
    digest_of: Original | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One issue of a work: one PDF, known by its bytes.

    *path* is relative to the corpus folder, with forward slashes; None when the work is listed
    but not held. *sha256* is the hash of the file's bytes, in hex, set for every held edition.
    *withdrawn_on* is the first day on which the edition no longer counts. *groups* are those who
    may see it; none: everybody who may ask.
    """

    document: Document
    label: str
    published: date | None = None
    in_force_from: date | None = None
    withdrawn_on: date | None = None
    path: str | None = None
    sha256: str | None = None
    url: str | None = None
    groups: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The document and the label, as people and logs name an edition."""
        return f"{self.document.id}@{self.label}"

    @property
    def held(self) -> bool:
        """Whether its PDF is in the corpus."""
        return self.path is not None

    @property
    def folder(self) -> str:
        """The folder of the corpus in which its file lies, "" for the corpus folder itself."""
        return (self.path or "").rpartition("/")[0]


def visible(edition: Edition, groups: Groups) -> bool:
    """Whether somebody of *groups* may see an edition."""
    return groups is None or not edition.groups or not groups.isdisjoint(edition.groups)


def lies_in(edition: Edition, folder: str) -> bool:
    """Whether an edition's file lies in a folder of the corpus or below it."""
    return f"{edition.folder}/".startswith(f"{folder}/")


def _since(edition: Edition) -> date:
    return edition.in_force_from or edition.published or date.min


def in_force(editions: Iterable[Edition], on: date) -> tuple[Edition, ...]:
    """Return the held editions in force on a day: of each document the latest that had begun.

    An edition without dates counts as in force since ever. Of two that began on the same day
    the one listed later wins. The order of *editions* is kept.
    """
    ordered = [edition for edition in editions if edition.held]
    latest: dict[str, Edition] = {}
    for edition in ordered:
        if _since(edition) > on:
            continue
        rival = latest.get(edition.document.id)
        if rival is None or _since(edition) >= _since(rival):
            latest[edition.document.id] = edition
    return tuple(
        edition
        for edition in ordered
        if latest.get(edition.document.id) is edition
        and (edition.withdrawn_on is None or on < edition.withdrawn_on)
    )


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
