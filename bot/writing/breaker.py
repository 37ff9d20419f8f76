"""A model server that fails is left alone for a while, so that one asker waits and not thirty.

What is known of it stands in a small file, so that every process of a machine leaves it alone and
`tebiki status` can tell.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelFailed
from ingest.atomic_files import replacing

if TYPE_CHECKING:
    from bot.writing.model import LanguageModel, Message

FILE = "model-rest.json"
_TELLING = frozenset({"slow", "unreachable", "failed", "busy"})
"""Kinds of failure that say something of the server, not of one request."""

_FIRST_REST_S, _LONGEST_REST_S = 60.0, 600.0
"""How long a server is left alone after a failure; twice as long after each further one."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rest:
    """Until when a server is left alone (seconds of the epoch), after how many failures, and why."""

    until: float
    failures: int
    reason: str
    kind: str


def resting(home: Path, *, now: Callable[[], float] = time.time) -> Rest | None:
    """Return for how long the model is left alone and why, None when it is not."""
    rest = _read(home / FILE)
    return rest if rest and rest.until > now() else None


def _read(path: Path) -> Rest | None:
    try:
        return Rest(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class Sparing:
    """A language model that is not asked while its server is left alone.

    After a failure the next to ask is told at once; when the time is over one asker tries, and
    the others are told meanwhile.
    """

    def __init__(
        self,
        model: LanguageModel,
        home: Path,
        *,
        now: Callable[[], float] = time.time,
        rest_s: float = _FIRST_REST_S,
        told: Callable[[str, float], None] = lambda _failure, _seconds: None,
    ) -> None:
        """Take the model and where what is known of its server is kept.

        *told* hears of each reply: its kind of failure ("" for none) and its seconds.
        """
        self._told = told
        self._model = model
        self._path = home / FILE
        self._now = now
        self._rest_s = rest_s

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def complete(self, messages: Sequence[Message]) -> str:
        """Return the whole reply."""
        return "".join(self.stream(messages))

    def stream(
        self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """Yield the reply piece by piece.

        Raises:
            ModelFailed: the model failed, or is left alone ("resting").
        """
        rest = _read(self._path)
        if rest and rest.until > self._now():
            self._told("resting", 0.0)
            raise ModelFailed(self.name, f"left alone after a failure ({rest.reason})", "resting")
        if rest:
            # One tries; until it is known how that ends, the others leave the server alone.
            self._write(Rest(self._now() + self._rest_s, rest.failures, rest.reason, rest.kind))
        began = time.monotonic()
        try:
            yield from self._model.stream(messages, schema=schema)
        except ModelFailed as failure:
            self._told(failure.kind, time.monotonic() - began)
            if failure.kind in _TELLING:
                failures = rest.failures + 1 if rest else 1
                wait = min(self._rest_s * 2 ** (failures - 1), _LONGEST_REST_S)
                self._write(Rest(self._now() + wait, failures, failure.reason, failure.kind))
            raise
        self._told("", time.monotonic() - began)
        if rest:
            self._path.unlink(missing_ok=True)

    def _write(self, rest: Rest) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as draft:
                draft.write_text(json.dumps(asdict(rest)), encoding="utf-8")
        except OSError:
            log.warning("%s: what is known of the model's server is not kept", self._path)
