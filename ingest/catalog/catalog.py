"""The catalog and the files beside it become editions; without a catalog, the files alone do."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, TypedDict

from ingest.catalog import files
from ingest.catalog.editions import ENTERED, Document, Edition, hash_of, in_force
from ingest.catalog.fields import Bindings, Described, folders_bound, lines_of
from ingest.errors import BrokenCatalog, IngestError, MissingCorpus, UnreadablePdf
from ingest.file_facts import facts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from ingest.catalog.facts import Facts

CATALOG = "catalog.toml"


@dataclass(frozen=True, slots=True)
class Catalog:
    """What the corpus holds.

    *editions* are all of them, held or only listed, in the catalog's order. *notices* are
    sentences about things worth knowing (a file that is not listed, a duplicate); *problems*
    are held editions that cannot be used, which make a refresh end with an error. *strays* are
    the ids of the documents that no catalog describes: there a file replaced by another of the
    same name is a new edition of the same work. *unreadable* says of strays, by path, why nothing
    could be understood of them; a refresh tries them all the same, and names them.
    """

    editions: tuple[Edition, ...]
    notices: tuple[str, ...] = ()
    problems: tuple[IngestError, ...] = ()
    strays: frozenset[str] = frozenset()
    unreadable: Mapping[str, UnreadablePdf] = field(default_factory=dict)


def read(folder: Path, *, kept: Path | None = None) -> Catalog:
    """Read the catalog of a corpus folder and check it against the files there.

    *kept* is a folder in which what unlisted files say of themselves is noted, so that they are
    looked at once.

    A file that the catalog does not list is read as a document of its own, and named in a
    notice, as are pictures, archives and what nobody knows, which are not read; a
    listed one that is absent is a problem, and so is a link that leads nowhere or a name that
    is not UTF-8. Two files with the same bytes are one
    edition: the later one is named and left out.

    Raises:
        MissingCorpus: the folder is not there, or holds no document and no catalog.
        BrokenCatalog: the catalog is not usable; it names the line.
    """
    if not folder.is_dir():
        message = f"{folder}: there is no such folder. Name the folder that holds the documents."
        raise MissingCorpus(message)
    entries: tuple[Edition, ...] = ()
    bindings = Bindings()
    if (folder / CATALOG).exists():
        entries, bindings = listing(folder / CATALOG)
    named = {edition.path for edition in entries}
    lying = files.lying_in(folder, named)
    if not lying.readable and not lying.unusable and not entries:
        message = (
            f"{folder}: no document in this folder. Put the files there (PDF, Word, Excel, "
            f"PowerPoint, web pages, text) and run the command again."
        )
        raise MissingCorpus(message)
    editions: list[Edition] = []
    problems: list[IngestError] = []
    for edition in entries:
        found = _checked(edition, folder, lying.readable)
        if isinstance(found, Edition):
            editions.append(found)
        else:
            problems.append(found)
    problems += lying.unusable
    notices = files.notices(lying)
    taken = {edition.document.id for edition in entries}
    beside = [name for name in lying.readable if name not in named]
    said = facts_of({name: folder / name for name in beside}, kept=kept)
    strays: list[Edition] = []
    for stray in beside:
        try:
            strays.append(_stray(stray, folder, taken, said[stray]))
        except OSError as problem:
            problems.append(_closed(stray, problem))
            continue
        taken.add(strays[-1].document.id)
    if entries and strays:
        notices.append(unlisted(strays))
    ids = frozenset(stray.document.id for stray in strays)
    unique, duplicates = _without_duplicates([*editions, *strays])
    unreadable = {
        name: UnreadablePdf(name, why.reason, why.advice)
        for name, why in said.items()
        if isinstance(why, UnreadablePdf)
    }
    return Catalog(
        _with_titles(bindings.bound(_told_apart(unique, ids))),
        (*notices, *duplicates),
        tuple(problems),
        ids,
        unreadable,
    )


def _checked(edition: Edition, folder: Path, there: Sequence[str]) -> Edition | UnreadablePdf:
    """Return a listed edition with its hash, or why its file cannot be used."""
    if edition.path is None:
        return edition
    if edition.path not in there:
        return _absent(edition)
    try:
        digest = hash_of(folder / edition.path)
    except OSError as problem:
        return _closed(edition.path, problem)
    if digest != (edition.sha256 or digest):
        return _altered(edition)
    return replace(edition, sha256=digest)


class Row(TypedDict):
    """An edition as a list of them shows it. *listed*: by the catalog; *readable*: as a PDF."""

    document: str
    title: str
    edition: str
    in_force_from: str
    withdrawn_on: str
    file: str | None
    url: str | None
    held: bool
    in_force: bool
    listed: bool
    readable: bool


def rows(held: Catalog, on: date) -> list[Row]:
    """Return what a corpus holds, in its order, with what is in force on a day."""
    valid = {e.key for e in in_force(held.editions, on) if e.path not in held.unreadable}
    return [
        Row(
            document=edition.document.id,
            title=edition.document.title,
            edition=edition.label,
            in_force_from=str(edition.in_force_from or edition.published or ""),
            withdrawn_on=str(edition.withdrawn_on or ""),
            file=edition.path,
            url=edition.url,
            held=edition.held,
            in_force=edition.key in valid,
            listed=edition.document.id not in held.strays,
            readable=edition.path not in held.unreadable,
        )
        for edition in held.editions
    ]


def state(row: Row) -> str:
    """Say in a word or two how an edition stands."""
    if not row["listed"]:
        return "stray" if row["readable"] else "unreadable"
    return "in force" if row["in_force"] else "held" if row["held"] else "not held"


def _absent(edition: Edition) -> UnreadablePdf:
    return UnreadablePdf(
        str(edition.path),
        f"the catalog lists it as {edition.key}, but the file is not there",
        "Copy the file there, or take its path out of the catalog.",
    )


def _altered(edition: Edition) -> UnreadablePdf:
    return UnreadablePdf(
        str(edition.path),
        f"its bytes are not those that the catalog records for {edition.key}",
        "If it is a new edition, list it as one; if not, copy the file again.",
    )


def _closed(name: str, problem: OSError) -> UnreadablePdf:
    return UnreadablePdf(
        name,
        f"it cannot be opened ({problem.strerror})",
        "Let the person who runs Tebiki read it, or take it out of the folder.",
    )


def _stray(
    name: str, folder: Path, taken: Collection[str], understood: Facts | UnreadablePdf
) -> Edition:
    """Return what can be understood of a file that no catalog describes."""
    path = folder / name
    identity = files.id_of(name, taken)
    digest = hash_of(path)
    if isinstance(understood, UnreadablePdf):
        # The reading that follows names the file and says what is wrong with it.
        return Edition(
            Document(identity, files.name_of(name)), _entered(path), path=name, sha256=digest
        )
    return Edition(
        Document(
            identity,
            understood.title or files.name_of(name),
            language=understood.language,
        ),
        understood.edition or _entered(path),
        published=understood.published,
        in_force_from=understood.in_force_from or understood.published,
        path=name,
        sha256=digest,
    )


def _entered(path: Path) -> str:
    """What an edition is called that nothing names: the day on which its file was put there."""
    day = datetime.fromtimestamp(path.stat().st_mtime).astimezone().date()
    return f"{ENTERED}{day.isoformat()}"


def _told_apart(editions: Sequence[Edition], strays: Collection[str]) -> list[Edition]:
    """Return the editions, strays that share a title named with the folder they lie in."""
    titles = Counter(edition.document.title for edition in editions)

    def told(edition: Edition) -> Edition:
        work = edition.document
        if work.id not in strays or titles[work.title] == 1 or not edition.folder:
            return edition
        return replace(edition, document=replace(work, title=f"{work.title}（{edition.folder}）"))

    return [told(edition) for edition in editions]


def unlisted(strays: Sequence[Edition]) -> str:
    """Say in one sentence which files the catalog does not list."""
    if len(strays) == 1:
        stray = strays[0]
        return (
            f"{stray.path} is not in {CATALOG}; it was taken as a document of its own "
            f'("{stray.document.title}", edition {stray.label}).'
        )
    some = files.some([str(stray.path) for stray in strays])
    return (
        f"{len(strays)} files are not in {CATALOG} and were taken as documents of their own "
        f'({some}). "tebiki corpus add --unlisted" lists them.'
    )


def _without_duplicates(editions: Sequence[Edition]) -> tuple[list[Edition], list[str]]:
    first: dict[str, Edition] = {}
    kept: list[Edition] = []
    notices: list[str] = []
    for edition in editions:
        twin = first.setdefault(edition.sha256, edition) if edition.sha256 else edition
        if twin is edition:
            kept.append(edition)
        else:
            notices.append(f"{edition.path} has the same bytes as {twin.path} and was left out.")
    return kept, notices


def _with_titles(editions: Sequence[Edition]) -> tuple[Edition, ...]:
    """Return the editions, each digest knowing the title and address of what it restates.

    Unless the one is bound to groups that may not see the other: then it keeps the bare id.
    """
    works = {edition.document.id: edition.document for edition in editions}
    bound = {e.document.id: set(e.groups) for e in editions if e.groups}
    addresses = {edition.key: edition.url for edition in editions}

    def complete(edition: Edition) -> Edition:
        original = edition.document.digest_of
        if original is None or original.document not in works:
            return edition
        work = works[original.document]
        secret = bound.get(original.document)
        if secret and not (edition.groups and secret.issuperset(edition.groups)):
            return edition
        told = replace(
            original,
            title=work.title,
            publisher=work.publisher,
            url=addresses.get(f"{original.document}@{original.edition}"),
        )
        return replace(edition, document=replace(edition.document, digest_of=told))

    return tuple(complete(edition) for edition in editions)


def listed(path: Path) -> tuple[Edition, ...]:
    """Return what a catalog file says, without a look at the files it names.

    Raises:
        BrokenCatalog: with the line, where it can be told.
    """
    entries, bindings = listing(path)
    return tuple(bindings.bound(entries))


def listing(path: Path) -> tuple[tuple[Edition, ...], Bindings]:
    """Return the editions of a catalog file, and which groups see what.

    Raises:
        BrokenCatalog: with the line, where it can be told.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        line = re.search(r"line (\d+)", str(problem))
        raise BrokenCatalog(str(path), str(problem), int(line[1]) if line else None) from problem
    entries = content.pop("documents", [])
    folders = content.pop("folders", [])
    if content:
        strange = next(iter(content))
        named = re.compile(rf"\s*\[*\s*{re.escape(strange)}\b")
        places = [at for at, row in enumerate(text.splitlines(), start=1) if named.match(row)]
        reason = f"{strange!r} is not known here; each document begins with a line [[documents]]"
        raise BrokenCatalog(str(path), reason, places[0] if places else None)
    if not isinstance(entries, list):
        raise BrokenCatalog(str(path), "each document begins with a line [[documents]]")
    lines = lines_of(text, "documents")
    found: list[Edition] = []
    documents: dict[str, tuple[str, ...]] = {}
    for at, entry in enumerate(entries):
        place = lines[at] if len(lines) == len(entries) else None
        one = Described(entry, str(path), place)
        issues = one.editions()
        found.extend(issues)
        if "groups" in entry:
            documents[issues[0].document.id] = one.groups(entry)
    keys = [edition.key for edition in found]
    for key in keys:
        if keys.count(key) > 1:
            raise BrokenCatalog(str(path), f"{key} is listed twice")
    return tuple(found), Bindings(documents, folders_bound(folders, text, str(path)))
