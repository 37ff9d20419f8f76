"""The layer before the routes: request ids, who may pass, limits on bodies, security headers."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders

from api.access import Access, Caller, is_public
from api.problems import MEDIA_TYPE, Refused, language_of, problem_json, unexpected

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_FILE = 300 * 1024 * 1024
"""The most bytes of a PDF that is added on the admin page."""

MAX_BODY = 256 * 1024
"""The most bytes a request may carry. A question is far shorter; a history fits."""

BODY_TIMEOUT_S = 20.0
"""How long each part of a body may take to arrive."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

log = logging.getLogger(__name__)


class Gate:
    """Names each request, admits or refuses its caller, bounds its body, and sets the headers.

    A browser sends *Origin* with every request that could change something or that another
    site's page makes; one that is neither ours nor allowed is refused, so that a page on the
    internet cannot question a Tebiki that runs on the reader's own machine.
    """

    def __init__(self, app: ASGIApp, *, access: Access) -> None:
        """Stand before *app* and ask of callers what *access* says."""
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = secrets.token_hex(8)
        state = scope.setdefault("state", {})
        state["request_id"] = name
        headers = Headers(scope=scope)
        began = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(MutableHeaders(scope=message), name, headers.get("origin"), scope)
            await send(message)

        try:
            state["caller"] = self._admit(scope, headers)
            if scope["method"] == "OPTIONS" and headers.get("origin") in self.access.origins:
                await _preflight(sending)
            else:
                await self.app(scope, _Bounded(receive, _most(scope["path"])), sending)
        except Refused as refused:
            if status:
                raise
            await _refuse(refused, headers, name, sending)
        except Exception:
            # Starlette would answer for us, but outside this layer: without the headers.
            if status:
                raise
            log.exception("request %s failed", name)
            await _refuse(unexpected(name), headers, name, sending)
        finally:
            took_ms = (time.perf_counter() - began) * 1000
            log.info("%s %s %s %d %.1f ms", name, scope["method"], scope["path"], status, took_ms)

    def _admit(self, scope: Scope, headers: Headers) -> Caller | None:
        length = headers.get("content-length", "0")
        most = _most(scope["path"])
        if length.isdigit() and int(length) > most:
            raise _too_large(most)
        client = scope.get("client")
        return self.access.admit(
            method=scope["method"],
            path=scope["path"],
            headers=headers,
            address=client[0] if client else "",
            on=date.today(),  # noqa: DTZ011 - keys end by the local calendar
        )

    def _dress(self, headers: MutableHeaders, name: str, origin: str | None, scope: Scope) -> None:
        for header, value in SECURITY_HEADERS.items():
            headers.setdefault(header, value)
        headers["X-Request-ID"] = name
        public = is_public(scope["path"])
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if public else "same-origin"
        if public:
            headers["Access-Control-Allow-Origin"] = "*"
        elif origin is not None and origin in self.access.origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            headers.append("Vary", "Origin")


class _Bounded:
    """Counts the bytes of a body that did not say how long it is, and waits so long for it."""

    def __init__(self, receive: Receive, most: int) -> None:
        self.receive = receive
        self.most = most
        self.seen = 0
        self.whole = False

    async def __call__(self) -> Message:
        if self.whole:
            return await self.receive()  # now the only message left is that the caller went away
        try:
            message = await asyncio.wait_for(self.receive(), BODY_TIMEOUT_S)
        except TimeoutError as error:
            raise _too_slow() from error
        self.whole = not message.get("more_body", False)
        if message["type"] == "http.request":
            self.seen += len(message.get("body", b""))
            if self.seen > self.most:
                raise _too_large(self.most)
        return message


def _too_slow() -> Refused:
    return Refused(
        HTTPStatus.REQUEST_TIMEOUT,
        f"本文が{BODY_TIMEOUT_S:.0f}秒以内に届きませんでした。もう一度送ってください。",
        f"The body did not arrive within {BODY_TIMEOUT_S:.0f} seconds. Send it again.",
    )


def _most(path: str) -> int:
    """Return how many bytes a body may have: a PDF is larger than a question."""
    return MAX_FILE if path.startswith("/v1/admin/files/") else MAX_BODY


def _too_large(most: int) -> Refused:
    if most == MAX_FILE:
        mib = MAX_FILE // 1024 // 1024
        return Refused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"ファイルが大きすぎます({mib} MiBまで)。分けるか、管理者に置いてもらってください。",
            f"The file is too large (at most {mib} MiB). Put it into the corpus folder by hand.",
        )
    kib = most // 1024
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"本文が大きすぎます({kib} KiBまで)。質問を短くして送り直してください。",
        f"The body is too large (at most {kib} KiB). Shorten the question and send it again.",
    )


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"content-type, accept, accept-language, authorization"),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(refused: Refused, headers: Headers, name: str, send: Send) -> None:
    ja = language_of(headers.get("accept-language")) == "ja"
    more = refused.headers or {}
    body = problem_json(refused.status_code, refused.ja if ja else refused.en, name)
    await send(
        {
            "type": "http.response.start",
            "status": refused.status_code,
            "headers": [
                (b"content-type", MEDIA_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                *((key.lower().encode(), value.encode()) for key, value in more.items()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
