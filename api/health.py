"""How the installation is, for the admin page: what "tebiki doctor" finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from fastapi import Request

from api import problems
from api.schemas.wire import Wire

if TYPE_CHECKING:
    from fastapi import FastAPI


class WireFinding(Wire):
    """One thing that was looked at: its *name*, how it is, and what to do (empty for nothing)."""

    about: str
    name: str
    state: Literal["ok", "look", "broken"]
    what: str
    todo: str


class HealthFindings(Wire):
    """All that was looked at, in the order in which it is best read."""

    findings: list[WireFinding]


Examine = Callable[[str], Sequence[WireFinding]]
"""Looks at everything and tells it in "ja" or "en"."""


def install(app: FastAPI, examine: Examine, responses: dict[int | str, dict[str, Any]]) -> None:
    """Add the route that looks at everything; *examine* may take seconds."""

    @app.get("/v1/admin/doctor", responses=responses, tags=["admin"])
    def doctor(request: Request) -> HealthFindings:
        """Say what is well, what to look at, what is broken, and what to do."""
        return HealthFindings(findings=list(examine(problems.language(request))))
