"""Slack's events over HTTP: handed on as they came, answered as the colleague says."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


class Reply(Protocol):
    """What is answered to Slack."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    @property
    def body(self) -> bytes:
        """The body."""
        ...


class Colleague(Protocol):
    """Who takes Slack's requests, and answers what an earlier process left."""

    def start(self) -> None:
        """Begin to work; Slack need not be in reach."""
        ...

    def handle(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Take one request."""
        ...

    def close(self) -> None:
        """Finish what was begun."""
        ...


def add_slack(app: FastAPI, colleague: Colleague) -> None:
    """Add the address for Slack's events, commands and clicks; their signature is checked.

    The colleague works from the application's start to its end, also before the first event:
    questions may wait from before, and those who follow an answer are to be told.
    """
    inner = app.router.lifespan_context

    @asynccontextmanager
    async def working(app: FastAPI) -> AsyncIterator[Any]:
        await run_in_threadpool(colleague.start)
        try:
            async with inner(app) as state:
                yield state
        finally:
            await run_in_threadpool(colleague.close)

    app.router.lifespan_context = working

    @app.post("/slack/events", include_in_schema=False)
    async def events(request: Request) -> Response:
        body = await request.body()
        reply = await run_in_threadpool(colleague.handle, dict(request.headers), body)
        return Response(reply.body, reply.status, dict(reply.headers))
