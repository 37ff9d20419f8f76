"""Whether the server runs and can be asked, and what a caller's pages may offer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.schemas.wire import Asked, Wire, corpus_here


class HealthResponse(Wire):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ReadyResponse(Wire):
    """A generation is open and can be asked."""

    status: Literal["ready"] = "ready"
    generation: str


class SessionRequest(Asked):
    """A key that a browser is to keep, or the word of the one-time link that `serve` printed."""

    key: Annotated[str, Field(min_length=1, max_length=200)]


class SessionResponse(Wire):
    """What this caller's pages may offer. *admin*: there is an admin page, and it may be used.

    *offices* say for what: "questions" (look at what was asked), "curate" (look after documents),
    "admin" (everything). *corpora* are those that the caller may read, where a server has several,
    and *corpus* the one that this is about.
    """

    admin: bool
    offices: list[str]
    corpora: list[str] = []
    corpus: str = Field(default_factory=corpus_here)
