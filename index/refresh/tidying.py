"""One refresh at a time in a home, and what earlier ones left is cleared away."""

from __future__ import annotations

import fcntl
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from index.errors import AnotherRefresh
from index.generations import folder_locks, manifests, pointers
from index.refresh.resources import READINGS
from ingest.atomic_files import remove_drafts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUILDING = ".building-"


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Lock the home."""
    with (home / "refresh.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            message = f"{home}: another refresh is under way. Wait until it ends."
            raise AnotherRefresh(message) from problem
        yield


def remove_debris(home: Path) -> None:
    """Remove what a refresh that was cut off left behind."""
    folder = home / "generations"
    folder.mkdir(exist_ok=True)
    for draft in (*folder.glob(f"{BUILDING}*"), *folder.glob(f"{folder_locks.LEAVING}*")):
        shutil.rmtree(draft)
    remove_drafts(home)
    remove_drafts(home / "pdfs")
    for draft in (home / READINGS).rglob("*.draft"):
        draft.unlink(missing_ok=True)
    complete = pointers.listed(home)
    for rest in folder.glob("g*"):
        if rest.name not in complete:
            folder_locks.remove(rest)


def remove_old(home: Path) -> None:
    """Remove generations before the newest three, but never the current one or one in use.

    What cannot be removed now is tried again by the next refresh.
    """
    now = pointers.pointed(home)
    for name in pointers.listed(home)[: -pointers.KEPT]:
        if now is not None and name != now:
            with suppress(OSError):
                folder_locks.remove(manifests.folder_of(home, name))
