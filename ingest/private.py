"""The home is its owner's alone: folders 0700 and files 0600, whatever the umask at the start.

Everything is made so from the first moment, since files are made where many hands write them;
what belongs to others, the corpus and reports that somebody asked for, is given back the rights
that the umask would have given.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OURS = (
    *("current", "generations", "ledger", "keys", "pdfs", "readings", "uploads", "refresh.lock"),
    *("fetch.lock", "fetched", "models", "audit", "backup"),
)
"""What the names in a home begin with, after a dot or without."""

_OTHERS = 0o077
_at_start: int | None = None


def keep(home: Path, *, apart: Path | None = None) -> tuple[str, ...]:
    """Make what this process writes private, put an existing home right, and say what was done.

    Only what Tebiki makes is touched, should the folder hold other things; *apart* (a corpus) is
    never. What cannot be changed is said as well.
    """
    global _at_start  # noqa: PLW0603 - there is one umask in a process
    before = os.umask(_OTHERS)
    _at_start = before if _at_start is None else _at_start
    changed, refused = 0, ""
    for path in _ours(home, apart):
        try:
            changed += _private(path)
        except OSError as problem:
            refused = f"{path}: {problem.strerror or problem}"
    told = []
    if changed:
        told.append(
            f"{home}: {changed} files and folders could be read by others on this machine; now "
            "only their owner can."
        )
    if refused:
        told.append(
            f"{refused}. Others may be able to read it: let the owner of {home} start Tebiki, or "
            f'run "chmod -R go= {home}".'
        )
    return tuple(told)


def exposed(home: Path, *, apart: Path | None = None) -> tuple[Path, ...]:
    """Return what of a home others on this machine may read or change; nothing is put right."""
    return tuple(path for path in _ours(home, apart) if _is_exposed(path))


def shared(path: Path) -> None:
    """Give a file or folder outside the home the rights that the umask at the start allows."""
    if _at_start is not None:
        path.chmod((0o777 if path.is_dir() else 0o666) & ~_at_start)


def _ours(home: Path, apart: Path | None) -> list[Path]:
    """Return what Tebiki made in a home, and the home itself where it holds nothing else."""
    if not home.is_dir():
        return []
    held = [entry for entry in home.iterdir() if apart is None or not _holds(entry, apart)]
    ours = [entry for entry in held if entry.name.lstrip(".").startswith(_OURS)]
    whole = bool(ours) and len(ours) == len(list(home.iterdir()))
    return [*([home] if whole else []), *(path for entry in ours for path in _under(entry))]


def _holds(entry: Path, apart: Path) -> bool:
    return apart.resolve().is_relative_to(entry.resolve())


def _under(entry: Path) -> list[Path]:
    found = [entry]
    if entry.is_dir() and not entry.is_symlink():
        for folder, names, files in os.walk(entry):
            found += [Path(folder, name) for name in (*names, *files)]
    return found


def _private(path: Path) -> bool:
    """Take a path's rights from all but its owner; return whether anybody had some."""
    if not _is_exposed(path):
        return False
    path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~_OTHERS)
    return True


def _is_exposed(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False  # another process has tidied it away
    return not stat.S_ISLNK(mode) and bool(mode & _OTHERS)
