"""The layer before the routes: request ids, who may pass, limits on bodies, security headers."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import Counter
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from starlette.datastructures import Headers, MutableHeaders

from api.access import Access, Caller, is_asking, is_public
from api.problems import MEDIA_TYPE, Refused, language_of, problem_json, unexpected
from api.request_source import RequestSource, source_of
from api.stream import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_FILE = 300 * 1024 * 1024
"""The most bytes of a PDF that is added on the admin page."""

MAX_BODY = 256 * 1024
"""The most bytes a request may carry. A question is far shorter; a history fits."""

_LONGEST_LENGTH = 15
"""The digits of a length that is counted; one with more is more than anybody takes."""

BODY_TIMEOUT_S = 20.0
"""How long a body may take to arrive, from its first byte to its last."""

FILE_TIMEOUT_S = 900.0
"""How long a PDF may take to arrive on the admin page."""

ANSWER_TIMEOUT_S = 120.0
"""How long an answer or a search may take, to its last word. A model has a deadline of its own."""

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
    """Names each request, admits or refuses its caller, bounds it, and sets the headers.

    A browser sends *Origin* with every request that could change something or that another
    site's page makes; one that is neither ours nor allowed is refused, so that a page on the
    internet cannot question a Tebiki that runs on the reader's own machine.
    """

    def __init__(
        self, app: ASGIApp, *, access: Access, answer_timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        """Stand before *app* and ask of callers what *access* says."""
        self.app = app
        self.access = access
        self.answer_timeout_s = answer_timeout_s
        self._abandoned: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with a problem."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = secrets.token_hex(8)
        method = scope["method"]
        headers = Headers(scope=scope)
        peer = scope.get("client")
        source = source_of(
            peer[0] if peer else "",
            scope["scheme"],
            headers,
            self.access.proxies,
            version=scope.get("http_version", "1.1"),
        )
        seen = _as_seen(scope, source, name)
        reply = _Reply(
            send,
            lambda made: self._dress(made, name, headers.get("origin"), seen["path"]),
            bodiless=method == "HEAD",
        )
        began = time.perf_counter()
        try:
            caller = seen["state"]["caller"] = self._admit(seen, headers, source)
            seen["state"]["who"] = self.access.known_as(caller)
            if method == "OPTIONS" and headers.get("origin") in self.access.origins:
                await _preflight(reply)
            else:
                await self._pass_on(seen, receive, reply)
        except Refused as refused:
            seen["state"].setdefault("who", refused.who)
            if reply.status and not reply.events:
                raise
            await _refuse(refused, headers, name, reply)
        except Exception:
            # Starlette would answer for us, but outside this layer: without the headers.
            if reply.status:
                raise
            log.exception("request %s failed", name)
            await _refuse(unexpected(name), headers, name, reply)
        finally:
            took_ms = (time.perf_counter() - began) * 1000
            path = quote(seen["path"], safe="/:@,;+=~")
            who = seen["state"].get("who") or "-"
            log.info("%s %s %s %d %.1f ms %s", name, method, path, reply.status, took_ms, who)

    def _admit(self, scope: Scope, headers: Headers, source: RequestSource) -> Caller | None:
        length = headers.get("content-length", "0")
        most = _most(scope["path"])
        if length.isdecimal() and (len(length) > _LONGEST_LENGTH or int(length) > most):
            raise _too_large(most)
        query = scope["query_string"].decode("latin-1")
        _check_once(query)
        return self.access.admit(
            method=scope["method"],
            path=scope["path"],
            query=query,
            headers=headers,
            source=source,
            on=date.today(),  # noqa: DTZ011 - keys end by the local calendar
        )

    async def _pass_on(self, scope: Scope, receive: Receive, reply: _Reply) -> None:
        """Let the application answer; an answer or a search has a deadline.

        A thread cannot be stopped: at the deadline the caller is told, and what the thread says
        later is not heard.
        """
        path = scope["path"]
        body = Bounded(receive, _most(path), FILE_TIMEOUT_S if _is_file(path) else BODY_TIMEOUT_S)
        if not is_asking(scope["method"], path):
            await self.app(scope, body, reply.hear)
            return
        answering = asyncio.ensure_future(self.app(scope, body, reply.hear))
        try:
            await asyncio.wait({answering}, timeout=self.answer_timeout_s)
            if not answering.done():
                raise _too_long(self.answer_timeout_s)
            answering.result()
        finally:
            if not answering.done():
                reply.stop_hearing()
                self._abandoned.add(answering)
                answering.add_done_callback(self._forget)
                answering.cancel()

    def _forget(self, abandoned: asyncio.Future[None]) -> None:
        self._abandoned.discard(abandoned)
        if not abandoned.cancelled() and (error := abandoned.exception()) is not None:
            log.warning("what nobody waited for any more failed: %s", error)

    def _dress(self, headers: MutableHeaders, name: str, origin: str | None, path: str) -> None:
        for header, value in SECURITY_HEADERS.items():
            headers.setdefault(header, value)
        headers["X-Request-ID"] = name
        public = is_public(path)
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if public else "same-origin"
        if public:
            headers["Access-Control-Allow-Origin"] = "*"
        elif origin is not None and origin in self.access.origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            headers.append("Vary", "Origin")


def _as_seen(scope: Scope, source: RequestSource, name: str) -> Scope:
    """Return the request as it looks from the caller's side of the proxy, a HEAD as the GET it is."""
    headers = [(key, value) for key, value in scope["headers"] if key != b"host"]
    if source.host:
        headers.append((b"host", source.host.encode("latin-1")))
    return {
        **scope,
        "method": "GET" if scope["method"] == "HEAD" else scope["method"],
        "scheme": source.scheme,
        "client": (source.address, 0),
        "headers": headers,
        "state": {**scope.get("state", {}), "request_id": name, "source": source},
    }


class _Reply:
    """What goes back to the caller. *status* is 0 until it has begun; *events*: it is a stream."""

    def __init__(
        self, send: Send, dress: Callable[[MutableHeaders], None], *, bodiless: bool
    ) -> None:
        self.status = 0
        self.events = False
        self._send = send
        self._dress = dress
        self._bodiless = bodiless
        self._deaf = False

    async def hear(self, message: Message) -> None:
        """Pass on what the application says, as long as anybody listens."""
        if not self._deaf:
            await self.say(message)

    def stop_hearing(self) -> None:
        """Let the application speak to nobody from now on."""
        self._deaf = True

    async def say(self, message: Message) -> None:
        """Send one message, dressed."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            self._dress(headers)
            self.events = headers.get("content-type", "").startswith("text/event-stream")
        elif self._bodiless and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)


class Bounded:
    """Counts the bytes of a body that did not say how long it is, and waits so long for all of it."""

    def __init__(self, receive: Receive, most: int, timeout_s: float) -> None:
        self.receive = receive
        self.most = most
        self.timeout_s = timeout_s
        self.until_s: float | None = None
        self.seen = 0
        self.whole = False

    async def __call__(self) -> Message:
        """Return the next message of the body.

        Raises:
            Refused: it is longer, or slower, than it may be.
        """
        if self.whole:
            return await self.receive()  # now the only message left is that the caller went away
        now_s = asyncio.get_running_loop().time()
        if self.until_s is None:
            self.until_s = now_s + self.timeout_s
        try:
            message = await asyncio.wait_for(self.receive(), self.until_s - now_s)
        except TimeoutError as error:
            raise _too_slow(self.timeout_s) from error
        self.whole = not message.get("more_body", False)
        if message["type"] == "http.request":
            self.seen += len(message.get("body", b""))
            if self.seen > self.most:
                raise _too_large(self.most)
        return message


def _check_once(query: str) -> None:
    """Refuse a parameter that is there twice: who checks it might read another than who uses it."""
    times = Counter(name for name, _ in parse_qsl(query, keep_blank_values=True))
    if times and max(times.values()) > 1:
        twice = times.most_common(1)[0][0]
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"「{twice[:80]}」が2回以上指定されています。一度だけ指定してください。",
            f'The parameter "{twice[:80]}" is given more than once. Give it once.',
        )


def _too_slow(timeout_s: float) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_TIMEOUT,
        f"本文の全体が{timeout_s:g}秒以内に届きませんでした。もう一度送ってください。",
        f"The whole body did not arrive within {timeout_s:g} seconds. Send it again.",
    )


def _too_long(timeout_s: float) -> Refused:
    return Refused(
        HTTPStatus.GATEWAY_TIMEOUT,
        f"{timeout_s:g}秒以内に回答できませんでした。少し待ってから、もう一度お試しください。",
        f"There was no answer within {timeout_s:g} seconds. Wait a moment and ask again.",
    )


def _is_file(path: str) -> bool:
    return path.startswith("/v1/admin/files/") or path == "/v1/admin/approved/list"


def _most(path: str) -> int:
    """Return how many bytes a body may have: a PDF is larger than a question."""
    return MAX_FILE if _is_file(path) else MAX_BODY


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


async def _preflight(reply: _Reply) -> None:
    headers = [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"content-type, accept, accept-language, authorization"),
        (b"access-control-max-age", b"600"),
    ]
    await reply.say({"type": "http.response.start", "status": 204, "headers": headers})
    await reply.say({"type": "http.response.body", "body": b""})


async def turn_away(refused: Refused, headers: Headers, send: Send) -> None:
    """Say why a request goes no further that no gate has looked at yet."""
    reply = _Reply(send, lambda made: made.update(SECURITY_HEADERS), bodiless=False)
    await _refuse(refused, headers, secrets.token_hex(8), reply)


async def _refuse(refused: Refused, headers: Headers, name: str, reply: _Reply) -> None:
    """Say why a request goes no further; where a stream has begun, as its last event."""
    ja = language_of(headers.get("accept-language")) == "ja"
    more = refused.headers or {}
    body = problem_json(refused.status_code, refused.ja if ja else refused.en, name)
    if reply.status:
        await reply.say({"type": "http.response.body", "body": event("error", body.decode())})
        return
    await reply.say(
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
    await reply.say({"type": "http.response.body", "body": body})
