"""A model as one file, to be carried into a network that has no way out.

An archive is a zip archive, its files stored as they are::

    manifest.json      name, kind, prefixes and, for each file, its size and sha256
    files/…            the model's files

The hashes find what was damaged on the way. Whoever wants to know that nobody changed the
archive compares its own hash, which packing and unpacking print.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp
from typing import IO, TYPE_CHECKING, Any

from index.errors import ArchiveUnusable, ModelMissing
from index.search.models import NOTE, ModelKind, fetched, files_of, kind_of, prefixes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION = 1
_MANIFEST = "manifest.json"
_FILES = "files/"
_LONGEST_MANIFEST = 4_000_000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelArchive:
    """What an archive holds. *sha256* is the hash of the whole file, *size* its bytes unpacked."""

    name: str
    kind: ModelKind
    prefixes: tuple[str, str]
    files: int
    size: int
    sha256: str


def pack(
    name: str, packed: Path, progress: Callable[[float], None] = lambda _: None
) -> ModelArchive:
    """Write a model, by name or folder, into a new file; it appears when it is complete.

    A model that is not on this machine is fetched. *progress* is told how much of it is
    written, from 0 to 1.

    Raises:
        ModelMissing: there is no such model, or its folder holds none.
        ArchiveUnusable: the file is there already, or cannot be written.
    """
    folder = fetched(name)
    files = dict(files_of(folder))
    files.pop(NOTE, None)
    if not {"config.json", "modules.json"} & set(files):
        raise ModelMissing(name, "the folder holds no sentence-transformers model")
    sizes = {inside: path.stat().st_size for inside, path in files.items()}
    whole = sum(sizes.values())
    if packed.exists():
        raise ArchiveUnusable(str(packed), "it is there already", "Name another file.")
    draft = packed.with_name(f".{packed.name}.{os.getpid()}")
    listed: dict[str, dict[str, Any]] = {}
    done = 0
    try:
        with zipfile.ZipFile(draft, "x", zipfile.ZIP_STORED) as archive:
            for inside, path in files.items():
                told = sha256()
                with (
                    path.open("rb") as source,
                    archive.open(_entry(f"{_FILES}{inside}"), "w", force_zip64=True) as target,
                ):
                    while piece := source.read(_PIECE):
                        told.update(piece)
                        target.write(piece)
                        done += len(piece)
                        progress(done / max(whole, 1))
                listed[inside] = {"size": sizes[inside], "sha256": told.hexdigest()}
            said = {
                "version": VERSION,
                "name": Path(name).resolve().name if Path(name).is_dir() else name,
                "kind": kind_of(folder),
                "prefixes": prefixes_of(name),
                "files": listed,
            }
            archive.writestr(_entry(_MANIFEST), json.dumps(said, ensure_ascii=False, indent=1))
        draft.rename(packed)
    except OSError as problem:
        raise ArchiveUnusable(
            str(packed), f"it cannot be written ({problem})", "See to the disk."
        ) from problem
    finally:
        draft.unlink(missing_ok=True)
    return _archive(said, packed)


def unpack(
    packed: Path, folder: Path, progress: Callable[[float], None] = lambda _: None
) -> ModelArchive:
    """Write an archive's model into a new folder; it appears when every file is as it was packed.

    Raises:
        ArchiveUnusable: it is no archive, is damaged, or holds what no model needs (paths that
            lead out, links); or *folder* is there already or cannot be written.
    """
    if folder.exists() or folder.is_symlink():
        raise ArchiveUnusable(str(folder), "it is there already", "Name a new folder.")
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        with zipfile.ZipFile(packed) as archive:
            said = _said(archive, packed)
            whole = sum(one["size"] for one in said["files"].values())
            done = 0
            for inside, one in said["files"].items():
                target = draft / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(f"{_FILES}{inside}") as source, target.open("xb") as file:
                    if _copied(source, file, one["size"]) != one["sha256"]:
                        raise ArchiveUnusable(
                            str(packed), f"{inside} is not as it was packed", _AGAIN
                        )
                done += one["size"]
                progress(done / max(whole, 1))
        note = {"name": said["name"], "kind": said["kind"], "prefixes": said["prefixes"]}
        (draft / NOTE).write_text(json.dumps(note, ensure_ascii=False), encoding="utf-8")
        draft.chmod(0o755)
        draft.rename(folder)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as problem:
        raise ArchiveUnusable(str(packed), f"it cannot be read ({problem})", _AGAIN) from problem
    except OSError as problem:
        reason = f"it cannot be unpacked into {folder} ({problem})"
        raise ArchiveUnusable(str(packed), reason, "See to the disk.") from problem
    finally:
        if draft is not None:
            with suppress(FileNotFoundError):
                shutil.rmtree(draft)
    return _archive(said, packed)


_AGAIN = 'Copy it again, or make it again with "tebiki models pack".'


def _copied(source: IO[bytes], target: IO[bytes], size: int) -> str:
    """Copy no more than one byte over *size* and return the hash of what was copied."""
    told = sha256()
    left = size + 1
    while left and (piece := source.read(min(_PIECE, left))):
        told.update(piece)
        target.write(piece)
        left -= len(piece)
    target.flush()
    os.fsync(target.fileno())
    return told.hexdigest()


def _said(archive: zipfile.ZipFile, packed: Path) -> dict[str, Any]:
    """Return the manifest, after checking that the archive holds what it lists and no more."""
    try:
        if archive.getinfo(_MANIFEST).file_size > _LONGEST_MANIFEST:
            raise ArchiveUnusable(str(packed), "its manifest is far too long", _AGAIN)
        said = json.loads(archive.read(_MANIFEST))
        kind = ModelKind(said["kind"])
        files: Mapping[str, Any] = said["files"]
        sizes = {str(name): int(one["size"]) for name, one in files.items()}
        hashes = {str(name): str(one["sha256"]) for name, one in files.items()}
        question, passage = map(str, said["prefixes"])
        name, version = str(said["name"]), int(said["version"])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        reason = f"it is no model that was packed ({type(problem).__name__}: {problem})"
        raise ArchiveUnusable(str(packed), reason, _AGAIN) from problem
    if version > VERSION:
        raise ArchiveUnusable(str(packed), "a newer Tebiki packed it", "Unpack it with that one.")
    entries = archive.infolist()
    for entry in entries:
        inside = entry.filename
        if not _is_safe(inside) or _is_link(entry) or entry.is_dir():
            raise ArchiveUnusable(str(packed), f"{inside!r} is no file of a model", _STRANGE)
    held = [entry.filename for entry in entries if entry.filename != _MANIFEST]
    if sorted(held) != sorted(f"{_FILES}{inside}" for inside in sizes):
        raise ArchiveUnusable(str(packed), "it does not hold the files that it lists", _AGAIN)
    checked = {inside: {"size": sizes[inside], "sha256": hashes[inside]} for inside in sizes}
    return {"name": name, "kind": kind, "prefixes": (question, passage), "files": checked}


_STRANGE = "Somebody made it by other means: do not use it."


def _is_safe(name: str) -> bool:
    """Whether a path stays inside the folder that it is unpacked into, on any system."""
    parts = PurePosixPath(name).parts
    return (
        bool(parts)
        and not name.startswith("/")
        and name == str(PurePosixPath(name))
        and not any(part in {".", ".."} or set(part) & set("\\:\0") for part in parts)
    )


def _is_link(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is anything but a plain file, as Unix notes it in the upper half."""
    kind = (entry.external_attr >> 16) & 0o170000
    return kind not in (0, 0o100000)


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry without a time, so that the same model makes the same archive."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o100644 << 16
    return entry


def _archive(said: Mapping[str, Any], packed: Path) -> ModelArchive:
    told = sha256()
    with packed.open("rb") as file:
        while piece := file.read(_PIECE):
            told.update(piece)
    files = said["files"].values()
    question, passage = said["prefixes"]
    return ModelArchive(
        name=said["name"],
        kind=ModelKind(said["kind"]),
        prefixes=(question, passage),
        files=len(files),
        size=sum(one["size"] for one in files),
        sha256=told.hexdigest(),
    )
