"""What a route may know of who calls: the gate left it in the request."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request

    from api.access import Access, Caller
    from api.keys import Scope
    from ingest.catalog.editions import Groups


def groups_of(request: Request) -> Groups:
    """Return the groups of a caller; none of one of whom nothing is known."""
    caller: Caller | None = request.state.caller
    return frozenset() if caller is None else caller.groups


def may(request: Request, scope: Scope) -> bool:
    """Whether who calls may do what *scope* covers; a page asks before it shows the way."""
    access: Access = request.app.state.access
    return access.may(
        scope,
        headers=request.headers,
        source=request.state.source,
        on=date.today(),  # noqa: DTZ011 - keys end by the local calendar
    )
