"""What could not be recorded yet: held in memory until the ledger takes it."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable

from bot.ledger.errors import LedgerUnavailable

RETRY_S = 3.0
"""How soon it is tried again."""

MOST = 1_000
"""So many are held; then the oldest is lost, and the log says so."""

log = logging.getLogger(__name__)


class PendingWrites:
    """Writes that a locked, full or unreachable database refused, tried again in the background.

    While anything waits here, new writes had better join it than wait for the database, each of
    them as long as the last.
    """

    def __init__(self, *, retry_s: float = RETRY_S) -> None:
        """Begin with nothing; the thread that tries again starts with the first write."""
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._writes: OrderedDict[str, Callable[[], None]] = OrderedDict()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        """Return how many writes wait."""
        return len(self._writes)

    def holds(self, name: str) -> bool:
        """Whether something waits under that name."""
        with self._lock:
            return name in self._writes

    def add(self, name: str, write: Callable[[], None]) -> None:
        """Keep a write; another one of the same name takes its place."""
        with self._lock:
            self._writes[name] = write
            while len(self._writes) > MOST:
                lost, _ = self._writes.popitem(last=False)
                log.error("%s is lost: more than %d wait to be recorded", lost, MOST)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="later", daemon=True)
                self._thread.start()

    def drop(self, name: str) -> None:
        """Forget what waits under that name."""
        with self._lock:
            self._writes.pop(name, None)
            self._writes.pop(f"sent {name}", None)

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._retry_s)
            self._try_all()
            with self._lock:
                if not self._writes:
                    self._thread = None
                    return

    def _try_all(self) -> None:
        with self._lock:
            waiting = list(self._writes.items())
        done = 0
        for name, write in waiting:
            try:
                write()
            except LedgerUnavailable:
                break
            except Exception:
                log.exception("%s cannot be recorded", name)
            with self._lock:
                if self._writes.get(name) is write:
                    del self._writes[name]
            done += 1
        if done:
            log.warning("%d records that had to wait are in the ledger now", done)
