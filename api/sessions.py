"""The one-time link to the admin page that `serve` prints, and the sessions that it opens."""

from __future__ import annotations

import hmac
import secrets
import time
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LINK_LASTS_S = 3600
"""How long after the start the link opens."""

SESSION_LASTS_S = 12 * 3600
"""How long a browser that was let in by it stays so."""


class Sessions:
    """Lets in whoever holds the word that was printed where the server was started.

    The word opens one session and no more; words and sessions end with the process.
    """

    MOST = 100
    """Sessions remembered; the oldest is forgotten."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        """Begin without a word and without sessions."""
        self._clock = clock
        self._lock = Lock()
        self._word = ""
        self._word_until = 0.0
        self._until: OrderedDict[str, float] = OrderedDict()

    def word(self) -> str:
        """Return a new word; the one before opens nothing any more."""
        with self._lock:
            self._word = f"tbo_{secrets.token_urlsafe(32)}"
            self._word_until = self._clock() + LINK_LASTS_S
            return self._word

    def exchange(self, word: str) -> str | None:
        """Return the secret of a new session for the word, None for anything else."""
        with self._lock:
            good = self._word and hmac.compare_digest(self._word.encode(), word.encode())
            if not good or self._clock() > self._word_until:
                return None
            self._word = ""
            secret = f"tbs_{secrets.token_urlsafe(32)}"
            self._until[secret] = self._clock() + SESSION_LASTS_S
            while len(self._until) > self.MOST:
                self._until.popitem(last=False)
            return secret

    def open(self, secret: str) -> bool:
        """Whether a secret is that of a session that has not ended."""
        with self._lock:
            return self._until.get(secret, 0.0) > self._clock()

    def end(self, secret: str) -> None:
        """End a session; an unknown one is none."""
        with self._lock:
            self._until.pop(secret, None)
