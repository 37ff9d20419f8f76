"""The web pages, as files that a browser asks for each time it shows one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.responses import FileResponse, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from starlette.types import Receive, Send
    from starlette.types import Scope as ASGIScope

WEB = Path(__file__).parent / "web"


def install(app: FastAPI, *, with_admin: bool) -> None:
    """Add the pages, and the files they are made of."""
    for address, name in (
        ("/", "index.html"),
        ("/documents", "documents.html"),
        ("/check", "check.html"),
        ("/view", "view.html"),
        ("/widget.js", "widget.js"),
        *((("/admin", "admin.html"),) if with_admin else ()),
    ):
        app.router.routes.append(Route(address, GZipMiddleware(_Shown(name)), methods=["GET"]))
    app.mount("/web", GZipMiddleware(_Web(directory=WEB)), name="web")


class _Shown:
    """One file; a browser asks each time whether it changed."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, scope: ASGIScope, receive: Receive, send: Send) -> None:
        answer = FileResponse(WEB / self.name, headers={"Cache-Control": "no-cache"})
        await answer(scope, receive, send)


class _Web(StaticFiles):
    """The page's files, likewise."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 - Starlette's
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer
