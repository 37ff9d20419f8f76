"""Slack's events over HTTP: handed on as they came, answered as the colleague says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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


def add_slack(app: FastAPI, handle: Callable[[Mapping[str, str], bytes], Reply]) -> None:
    """Add the address for Slack's events, commands and clicks; their signature is checked."""

    @app.post("/slack/events", include_in_schema=False)
    async def events(request: Request) -> Response:
        body = await request.body()
        reply = await run_in_threadpool(handle, dict(request.headers), body)
        return Response(reply.body, reply.status, dict(reply.headers))
