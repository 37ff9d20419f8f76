"""What stands at /mcp until somebody knocks: the MCP door costs a second to load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.schemas.answers import WireAnswer
from api.schemas.documents import DocumentsResponse, WirePage
from api.schemas.drafts import CheckResponse
from api.schemas.passages import SearchResponse, WireFilters

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

    from api.access import Caller
    from ingest.catalog.editions import Groups


@dataclass(frozen=True, slots=True)
class Tools:
    """What an agent may do: search (question, how many, where), ask (question, where, who asks), check a text, read a page, and list the documents.

    A page is named by document, edition and number. Each raises what the routes raise.
    """

    search: Callable[[str, int, WireFilters], SearchResponse]
    ask: Callable[[str, WireFilters, Caller | None], WireAnswer]
    check: Callable[[str, WireFilters], CheckResponse]
    page: Callable[[str, str, int], WirePage]
    documents: Callable[[], DocumentsResponse]


_SEEN: ContextVar[Groups] = ContextVar("seen", default=frozenset())


def groups_here() -> Groups:
    """Return the groups of whoever called /mcp; none outside of such a call."""
    return _SEEN.get()


class McpMount:
    """Opens on the first request and stays open until `close`.

    The application behind it has a lifespan of its own, which has to begin and end in one task:
    that task is started with the first request.
    """

    def __init__(self, build: Callable[[], Starlette]) -> None:
        """Stand for the application that *build* makes."""
        self._build = build
        self._opened: asyncio.Future[Starlette] | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, opening first when nobody has come before."""
        if self._opened is None:
            self._opened = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._stay_open(self._opened))
        app = await asyncio.shield(self._opened)
        # What the tools do happens in tasks and threads that take this along.
        caller = scope.get("state", {}).get("caller")
        _SEEN.set(caller.groups if caller is not None else frozenset())
        # The application is mounted, so its own path is what is left of the address: all of it.
        await app({**scope, "path": "/mcp", "root_path": ""}, receive, send)

    async def close(self) -> None:
        """End what the application has running."""
        self._closing.set()
        if self._task is not None:
            await self._task

    async def _stay_open(self, opened: asyncio.Future[Starlette]) -> None:
        try:
            app = await asyncio.to_thread(self._build)
        except BaseException as error:
            self._opened = None
            opened.set_exception(error)
            raise
        async with app.router.lifespan_context(app):
            opened.set_result(app)
            await self._closing.wait()
