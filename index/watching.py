"""A corpus folder watched: a refresh follows each change, once it has settled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERY_S = 10.0
"""How long to wait between two looks at the folder."""

Fingerprint = frozenset[tuple[str, int, int]]


def fingerprint(corpus: Path) -> Fingerprint:
    """Return what tells one state of the folder from another: names, sizes and times of change."""
    found: set[tuple[str, int, int]] = set()
    for path in corpus.rglob("*"):
        try:
            told = path.stat()
        except OSError:
            continue  # it was there a moment ago: the next look will tell
        if path.is_file() and not path.name.startswith("."):
            found.add((path.relative_to(corpus).as_posix(), told.st_size, told.st_mtime_ns))
    return frozenset(found)


def watch(
    corpus: Path,
    refresh: Callable[[], None],
    *,
    wait: Callable[[float], object] = time.sleep,
    going: Callable[[], bool] = lambda: True,
    every_s: float = EVERY_S,
) -> None:
    """Refresh now, and again whenever the folder has changed and then kept still for a look.

    A file that is still being copied grows from one look to the next, so it is not read half.
    Errors of *refresh* are its own to tell; one that it raises ends the watch.
    """
    done: Fingerprint | None = None
    before: Fingerprint | None = None
    while going():
        now = fingerprint(corpus)
        if now != done and (done is None or now == before):
            refresh()
            done = now
        before = now
        wait(every_s)
