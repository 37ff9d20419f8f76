"""Locks on the folders of generations: who reads one keeps it from being removed."""

from __future__ import annotations

import fcntl
import os
import shutil
import weakref
from pathlib import Path

from index.errors import GenerationBroken

LEAVING = ".leaving-"


class FolderLock:
    """A shared lock on a generation's folder, from any number of readers at once.

    It ends with `release`, with the object or with the process, however that ends.
    """

    def __init__(self, descriptor: int) -> None:
        """Take an open folder that is locked already."""
        self.release = weakref.finalize(self, os.close, descriptor)


def hold(folder: Path) -> FolderLock:
    """Keep a generation's folder from being removed.

    Raises:
        GenerationBroken: it is not there, or about to be removed.
    """
    descriptor = -1
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as problem:
        if descriptor >= 0:
            os.close(descriptor)
        raise GenerationBroken(str(folder), f"it is not there ({problem.strerror})") from problem
    return FolderLock(descriptor)


def remove(folder: Path) -> bool:
    """Remove a generation unless somebody holds it; return whether it is gone.

    It loses its name first, so that nobody opens it half removed; what a kill leaves of it is
    debris, which the next refresh removes.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        gone = folder.with_name(f"{LEAVING}{folder.name}")
        folder.rename(gone)
        shutil.rmtree(gone)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
