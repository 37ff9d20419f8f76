"""What a generation says of itself, and where in its folder it keeps what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from index.errors import GenerationBroken
from ingest import formats
from ingest.catalog.editions import Document, Edition, Kind, Original, hash_of

MANIFEST = "manifest.json"
TEXTS = "texts/"
# Opening looks at nothing that grows with the corpus but the table of chunks: the rest is looked
# at when it is read, the postings block by block, and what only a refresh takes over never.
_UNOPENED = (TEXTS, "sentences/", "parts/", "tallies/", "embedded/")
_UNOPENED_ENDS = ("/rows.npy", "/scores.npy")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself.

    *created* is an ISO time with its zone. *recipe* names everything that shaped it. *kept*
    maps the key of an edition that could not be read to the reason why its former text stands.
    *accepted* are the gate's reasons against it that somebody overrode. *fitted* maps the hash
    of each edition that the fitted embedder has learned from to its number of chunks, and
    *page_counts* that of each held edition to its number of pages. *files* maps each file of
    the folder to its hash, by its path in there (none in an old one). *former* maps the hash of
    what earlier generations held and this one does not to the groups it was bound to, so that the
    file of an old answer opens for nobody else.
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
    former: Mapping[str, Sequence[str]] = field(default_factory=dict)


def folder_of(home: Path, generation: str) -> Path:
    """Return the folder of a generation."""
    return home / "generations" / generation


def pdf_of(home: Path, edition: Edition) -> Path:
    """Return where the home keeps the file of a held edition.

    Where nobody says what kind of file it was, it is the one that is kept.
    """
    kept = home / "pdfs" / f"{edition.sha256}{formats.ending(edition.path or formats.PDF)}"
    if edition.path is None and not kept.exists():
        return next((home / "pdfs").glob(f"{edition.sha256}.*"), kept)
    return kept


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
    entry["groups"] = tuple(entry.get("groups", ()))
    return Edition(
        document=Document(
            kind=kind, digest_of=Original(**original) if original else None, **document
        ),
        **entry,
    )


def formerly_bound(
    before: Manifest | None, editions: Sequence[Edition]
) -> dict[str, Sequence[str]]:
    """Return the groups to which bytes were bound that are not among *editions* any more."""
    if before is None:
        return {}
    held = {edition.sha256 for edition in editions}
    bound = {e.sha256: e.groups for e in before.editions if e.sha256 and e.groups}
    return {name: who for name, who in {**before.former, **bound}.items() if name not in held}


def hashed(folder: Path) -> dict[str, str]:
    """Return the hash of each file that a manifest answers for, by its path in the folder."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: hash_of(folder / name) for name in sorted(names) if name != MANIFEST}


def damaged(folder: Path, manifest: Manifest, *, every: bool = True) -> tuple[str, ...]:
    """Return the files of a generation that are missing or not what was written, in order.

    Without *every* those that opening does not read are left out: a text is looked at when it is
    needed, and what the next generation is made of when it is made.
    """
    return tuple(
        name
        for name, digest in manifest.files.items()
        if (every or not (name.startswith(_UNOPENED) or name.endswith(_UNOPENED_ENDS)))
        and not is_as_written(folder / name, digest)
    )


def is_as_written(path: Path, digest: str) -> bool:
    """Whether a file is there with the bytes of that hash."""
    try:
        return hash_of(path) == digest
    except OSError:
        return False


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
