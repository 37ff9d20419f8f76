"""A backup of a home that goes on answering, in one file, and the way back.

Everything in it is of one moment: generations never change and are held while they are copied,
PDFs are only ever added, and the record of answers is copied by its database. What can be made
again (readings, uploads that nobody confirmed, drafts) is left out.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from bot.ledger.audit import Audit
from tebiki.settings import Settings

FORMAT = 1
LISTING = "backup.json"
DUMP = "ledger.pgdump"
KEYS = ("keys.json", "ledger.key")
"""What opens the server, and what makes the same person the same in the record: by choice."""

_SMALL = ("unusable.json", "fetched.json", "models.json")
_SQLITE = (".sqlite", ".sqlite3")
_TRIES = 5
_STAGE = ".backup-"


class BackupFailed(Exception):
    """A backup could not be made or put back; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a backup says of itself. *files* maps each file, by its path, to its hash.

    *audit* is the hash of the audit stream's last line, for "tebiki audit verify".
    """

    created: str
    generation: str
    keys: bool
    files: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT
    audit: str = ""

    @property
    def has_dump(self) -> bool:
        """Whether the record was in PostgreSQL."""
        return DUMP in self.files


def back_up(chosen: Settings, file: Path, *, keys: bool = False) -> Listing:
    """Write the home into *file*, in one step; whoever asks or refreshes meanwhile goes on.

    Raises:
        BackupFailed: there is no index, or the database could not be dumped.
        OSError: there is no room, or something may not be read or written.
    """
    home = chosen.home
    with _stage(home) as stage:
        generation = _generations(home, stage)
        _link_all(home / "pdfs", stage / "pdfs")
        for name in (*_SMALL, *(KEYS if keys else ())):
            if (home / name).is_file():
                shutil.copy2(home / name, stage / name)
        _ledger(chosen, stage)
        audit = Audit(home).copy(stage).hash
        created = datetime.now(UTC).isoformat(timespec="seconds")
        listing = Listing(created, generation, keys, _hashes(stage), audit=audit)
        told = json.dumps(asdict(listing), ensure_ascii=False, indent=1)
        (stage / LISTING).write_text(told, encoding="utf-8")
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            with tarfile.open(draft, "w") as packed:
                for path in sorted(stage.rglob("*"), key=lambda p: (p.name != LISTING, p)):
                    packed.add(path, path.relative_to(stage).as_posix(), recursive=False)
            with draft.open("rb") as written:
                os.fsync(written.fileno())
            draft.replace(file)
        finally:
            draft.unlink(missing_ok=True)
    return listing


@contextmanager
def _stage(home: Path) -> Iterator[Path]:
    """Give a folder on the disk of the home, so that links can be made; it is gone afterwards."""
    for left in home.glob(f"{_STAGE}*"):
        with suppress(OSError):
            shutil.rmtree(left)
    stage = home / f"{_STAGE}{secrets.token_hex(4)}"
    stage.mkdir(parents=True)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _generations(home: Path, stage: Path) -> str:
    """Take the generations that are complete, and the pointer; return which one is current.

    A refresh may publish one and remove another meanwhile: then it is looked at again.
    """
    from index.errors import GenerationBroken
    from index.generations import folder_locks, manifests, pointers

    for _ in range(_TRIES):
        now = pointers.pointer(home)
        if now is None:
            raise BackupFailed(f'{home} holds no index. Run "tebiki refresh" first.')
        with ExitStack() as held:
            taken: list[str] = []
            for name in pointers.listed(home):
                with suppress(GenerationBroken):
                    held.callback(folder_locks.hold(manifests.folder_of(home, name)).release)
                    taken.append(name)
            if now.generation not in taken:
                continue
            for name in taken:
                _link_all(manifests.folder_of(home, name), manifests.folder_of(stage, name))
            pointers.publish(stage, now.generation, instead_of=now.instead_of)
            return now.generation
    raise BackupFailed(f"{home}: the index changed {_TRIES} times meanwhile. Try again.")


def _link_all(source: Path, target: Path) -> None:
    """Make a folder of the same files under second names; what is written to is copied.

    Chroma's files change when they are opened, so each gets a copy, databases by SQLite's own way.
    """
    if not source.is_dir():
        return
    for path in sorted(source.rglob("*")):
        there = target / path.relative_to(source)
        if path.is_dir():
            there.mkdir(parents=True, exist_ok=True)
        elif path.suffix in _SQLITE:
            there.parent.mkdir(parents=True, exist_ok=True)
            _copy_database(path, there)
        elif not path.name.endswith(("-wal", "-shm", "-journal")) and not path.name.startswith("."):
            there.parent.mkdir(parents=True, exist_ok=True)
            changes = "vectors" in path.relative_to(source).parts
            try:
                (shutil.copyfile if changes else os.link)(path, there)
            except OSError:
                shutil.copyfile(path, there)


def _copy_database(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(source, timeout=30)) as opened,
        closing(sqlite3.connect(target)) as made,
    ):
        opened.backup(made)
        made.execute("PRAGMA journal_mode=DELETE")


def _ledger(chosen: Settings, stage: Path) -> None:
    from bot.ledger.ledger import FILE

    if chosen.database_url:
        _run(
            _pg(
                "pg_dump",
                chosen.database_url,
                "--format=custom",
                "--exclude-table=shared_*",
                f"--file={stage / DUMP}",
            )
        )
    elif (chosen.home / FILE).exists():
        _copy_database(chosen.home / FILE, stage / FILE)


def _pg(program: str, address: str, *words: str) -> tuple[Sequence[str], dict[str, str]]:
    """Return a command of PostgreSQL's for a database, and its environment: no password is shown."""
    from bot.ledger.database import Database

    bare, password = Database.for_client(address)
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    return [program, f"--dbname={bare}", *words], environment


def _run(command: tuple[Sequence[str], dict[str, str]]) -> None:
    words, environment = command
    try:
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError as problem:
        raise BackupFailed(
            f"{words[0]} is not installed, and the record of answers is in PostgreSQL: "
            "apt-get install postgresql-client"
        ) from problem
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        raise BackupFailed(f"{words[0]}: {said[0]}")


def _hashes(folder: Path) -> dict[str, str]:
    from ingest.catalog.editions import hash_of

    known: dict[int, str] = {}
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != LISTING:
            inode = path.stat().st_ino
            known[inode] = known.get(inode) or hash_of(path)
            found[path.relative_to(folder).as_posix()] = known[inode]
    return found


def check(file: Path) -> Listing:
    """Read a backup from end to end and compare every file with its hash.

    Raises:
        BackupFailed: it is not one, or something in it is damaged or missing.
    """
    with _unpacked(file, file.parent) as (_, listing):
        return listing


def restore(chosen: Settings, file: Path, *, replace: bool = False) -> Listing:
    """Put a backup back as the home, in one step, after every file was compared with its hash.

    With *replace* a home that is there is kept beside it, as NAME.before-DAY. Keys that a backup
    does not hold are taken over from it.

    Raises:
        BackupFailed: the backup is damaged, the home is there or in use, or the database refused.
    """
    from tebiki.places import is_home

    home = chosen.home
    if is_home(home) and not replace:
        raise BackupFailed(
            f"{home} is a home already. Nothing was changed. Say --replace to keep it beside the "
            "restored one, or name another folder with --home."
        )
    _unused(home)
    home.parent.mkdir(parents=True, exist_ok=True)
    with _unpacked(file, home.parent) as (folder, listing):
        if listing.has_dump and not chosen.database_url:
            raise BackupFailed(
                f"{file} holds a record of answers from PostgreSQL. Set TEBIKI_DATABASE_URL to the "
                "database that it is to go into. Nothing was changed."
            )
        if not listing.keys:
            for name in KEYS:
                if (home / name).is_file():
                    shutil.copy2(home / name, folder / name)
        if listing.has_dump:
            words = (
                "--clean",
                "--if-exists",
                "--no-owner",
                "--single-transaction",
                str(folder / DUMP),
            )
            _run(_pg("pg_restore", chosen.database_url, *words))
        for name in (DUMP, LISTING):
            (folder / name).unlink(missing_ok=True)
        if home.exists():
            home.rename(_free(home))
        folder.rename(home)
    return listing


def _unused(home: Path) -> None:
    """Refuse a home that a process reads or refreshes."""
    from index.generations import pointers

    locked = [
        home / "refresh.lock",
        *(home / "generations" / name for name in pointers.listed(home)),
    ]
    for path in locked:
        if path.exists():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as problem:
                raise BackupFailed(
                    f"{home} is in use. Stop Tebiki first (systemctl stop tebiki). "
                    "Nothing was changed."
                ) from problem
            finally:
                os.close(descriptor)


@contextmanager
def _unpacked(file: Path, beside: Path) -> Iterator[tuple[Path, Listing]]:
    """Unpack a backup into a new folder, and check it; what is left of the folder is removed."""
    folder = beside / f".restoring-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        try:
            with tarfile.open(file) as packed:
                packed.extractall(folder, filter="data")
            listing = Listing(**json.loads((folder / LISTING).read_text(encoding="utf-8")))
        except FileNotFoundError as problem:
            said = "there is no such file" if not file.exists() else "it is no backup of Tebiki's"
            raise BackupFailed(f"{file}: {said}. Nothing was changed.") from problem
        except (tarfile.TarError, OSError, ValueError, TypeError) as problem:
            raise BackupFailed(
                f"{file}: it cannot be read ({problem}). Nothing was changed. Take another backup."
            ) from problem
        _checked(file, folder, listing)
        yield folder, listing
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checked(file: Path, folder: Path, listing: Listing) -> None:
    if listing.format > FORMAT:
        raise BackupFailed(f"{file}: a newer Tebiki made it. Install that version to restore it.")
    found = _hashes(folder)
    wrong = sorted(name for name in listing.files if found.get(name) != listing.files[name])
    strange = sorted(found.keys() - listing.files.keys())
    if wrong or strange:
        raise BackupFailed(
            f"{file}: {len(wrong) + len(strange)} files are damaged or missing "
            f"({PurePosixPath((wrong + strange)[0])}). Nothing was changed. Take another backup."
        )
    for name in listing.files:
        if name.endswith(_SQLITE) and "/" not in name:
            with closing(sqlite3.connect(folder / name)) as opened:
                if opened.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                    raise BackupFailed(f"{file}: {name} is damaged. Nothing was changed.")


def _free(home: Path) -> Path:
    """Return a name beside a home that is free: var.before-2026-11-30, then with -2 behind it."""
    day = f"{datetime.now().astimezone():%Y-%m-%d}"
    names = (f"{home.name}.before-{day}{f'-{at}' if at > 1 else ''}" for at in range(1, 10_000))
    return next(path for path in map(home.with_name, names) if not path.exists())
