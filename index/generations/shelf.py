"""The shelf: whoever asks is handed the generation that is current."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import (
    GenerationBroken,
    IndexingError,
    IndexMissing,
    ModelMissing,
    ServerAway,
)
from index.generations.generation import Generation, opened
from index.generations.manifests import folder_of
from index.generations.pointers import current

if TYPE_CHECKING:
    from index.generations.shared import SharedGenerations
    from index.passages import Reranker
    from index.search.embedding import Embedder

log = logging.getLogger(__name__)


class Shelf:
    """Hands out the current generation, looking at the pointer each time it is asked.

    A reader holds what it was given until its answer is done, so no answer mixes generations.
    """

    def __init__(
        self,
        home: Path,
        embedder_for: Callable[[Mapping[str, str], Path], Embedder],
        today: Callable[[], date] = date.today,
        reranker: Reranker | None = None,
        shared: SharedGenerations | None = None,
    ) -> None:
        """Take the home, and what finds the embedder for a recipe and a generation's folder.

        *reranker* puts the best passages of each search into a new order. *shared* is where
        generations are published for many homes; until something is, the home's own is served.
        """
        self._shared = shared
        self._reranker = reranker
        self._home = home
        self._embedder_for = embedder_for
        self._today = today
        self._lock = threading.Lock()
        self._open: Generation | None = None
        self._warming = False
        self._away = False

    def keep_warm(self) -> None:
        """Open the current generation now, and in each read early what a question would wait for.

        It is done in the background: a question that comes meanwhile waits only for the rest.
        """
        self._warming = True
        _in_background(self._begin)

    def _begin(self) -> None:
        with suppress(IndexingError, OSError):  # whoever asks is told
            self()

    def __call__(self) -> Generation:
        """Return the current generation, opened.

        Raises:
            IndexMissing: no generation was published yet.
            GenerationBroken: the current one cannot be opened.
        """
        with self._lock:
            while True:
                name = self._current()
                if name is None:
                    raise IndexMissing(str(self._home))
                if self._open is not None and self._open.id == name:
                    return self._open
                try:
                    self._open = self._opened(name)
                    if self._warming:
                        _in_background(self._open.glossary.warm)
                except (GenerationBroken, ModelMissing):
                    # Another one may have become current while this one was opened.
                    if self._current() == name:
                        raise

    def _current(self) -> str | None:
        if self._shared is None:
            return current(self._home)
        try:
            now = self._shared.pointer()
        except ServerAway as away:
            if self._open is None:
                raise
            if not self._away:  # once, not at every question
                log.warning("%s %s answers on.", away, self._open.id)
            self._away = True
            return self._open.id
        self._away = False
        return current(self._home) if now is None else now.generation

    def _opened(self, name: str) -> Generation:
        folder = folder_of(self._home, name)
        if self._shared is not None and self._shared.pointer() is not None:
            folder = self._shared.bring(self._home, name)
        return opened(
            folder,
            self._embedder_for,
            self._today,
            self._reranker,
        )


_ONE_AT_A_TIME = threading.Lock()
"""Fifty corpora of one server, all read at once, would hold up whoever asks one of them."""


def _in_background(work: Callable[[], None]) -> None:
    def in_turn() -> None:
        with _ONE_AT_A_TIME:
            work()

    threading.Thread(target=in_turn, name="warming", daemon=True).start()
