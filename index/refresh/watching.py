"""A corpus folder watched: a refresh follows each change, once it has settled."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERY_S = 10.0
"""How long to wait between two looks at the folder."""

_FIRST_RETRY, _LAST_RETRY = 6, 360

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
    refresh: Callable[[], bool],
    *,
    wait: Callable[[float], object] = time.sleep,
    going: Callable[[], bool] = lambda: True,
    every_s: float = EVERY_S,
) -> None:
    """Refresh now, and again whenever the folder has changed and then kept still for a look.

    A file that is still being copied grows from one look to the next, so it is not read half.
    *refresh* tells errors itself and returns whether it is done; if not (a full disk, another
    refresh under way), it is tried again though nothing changed, after 6 looks and then after
    twice as many each time, up to 360. One that it raises ends the watch.
    """
    done: Fingerprint | None = None
    before: Fingerprint | None = None
    patience = _FIRST_RETRY
    left: int | None = None
    while going():
        now = fingerprint(corpus)
        left = None if left is None else left - 1
        changed = now != done and (done is None or now == before)
        if changed or left == 0:
            patience = _FIRST_RETRY if changed else min(2 * patience, _LAST_RETRY)
            left = None if refresh() else patience
            done = now
        before = now
        wait(every_s)
