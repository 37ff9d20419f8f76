"""Several corpora behind one address: which of them a request is about, and asking some together.

Each corpus is an application of its own, with its own keys, record and gate, and sees nothing of the
others. `/c/NAME/…` is everything of one; a question may name its `corpus` in its body, and any
request in its query. What names none is about the first. Several names, or "*" for every corpus
that the caller may read, are asked each through its own gate, and the answers merged.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers

from api import stream
from api.access import is_asking
from api.gate import BODY_TIMEOUT_S, MAX_BODY, Bounded, turn_away
from api.keys import Scope
from api.problems import Refused
from api.schemas.answers import WireAnswer
from api.schemas.passages import SearchRequest, SearchResponse
from api.schemas.wire import CORPUS
from api.together import answers_merged, passages_merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastapi import FastAPI
    from starlette.types import Message, Receive, Send

    from api.access import Access
    from api.request_source import RequestSource

ALL = "*"
"""Names every corpus that whoever asks may read."""

_TOGETHER = ("/v1/answers", "/v1/search")
"""What several corpora can be asked at once."""

_SERVER_ERROR = 500

log = logging.getLogger(__name__)


class Corpora:
    """The corpora of one server; each is opened when it is first asked, or one after the other."""

    def __init__(self, accesses: Mapping[str, Access], make: Callable[[str], FastAPI]) -> None:
        """Take who may read each, by name; the first is what a request is about that names none.

        *make* puts the application of one together, which takes a moment.
        """
        self.names = tuple(accesses)
        self._accesses = accesses
        self._make = make
        self._apps: dict[str, FastAPI] = {}
        self._locks = {name: asyncio.Lock() for name in self.names}
        self._living: set[str] = set()
        self._ends = AsyncExitStack()

    def first(self) -> FastAPI:
        """Return the application of the first corpus, put together now if it was not yet."""
        name = self.names[0]
        if name not in self._apps:
            self._apps[name] = self._make(name)
        return self._apps[name]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hand a request to the corpus that it is about, or to several."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            await self.first()(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            asked = await self._asked(scope, receive)
        except Refused as refused:
            await turn_away(refused, headers, send)
            return
        if len(asked.names) == 1:
            app = await self._opened(asked.names[0])
            await _told(asked.names[0], app, asked.scope, asked.receive, send)
        else:
            await self._together(asked, headers, send)

    def readable(self, headers: Headers, source: RequestSource) -> list[str]:
        """Return the names of the corpora that whoever sends a request may read, in order."""
        today = date.today()  # noqa: DTZ011 - keys end by the local calendar
        found = []
        for name, access in self._accesses.items():
            with suppress(Refused):  # its keys cannot be read
                if access.may(Scope.SEARCH, headers=headers, source=source, on=today):
                    found.append(name)
        return found

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        opening = None
        try:
            await self._opened(self.names[0])
            opening = asyncio.create_task(self._open_all())
            await send({"type": "lifespan.startup.complete"})
        except Exception as problem:
            log.exception("%s cannot be served", self.names[0])
            await send({"type": "lifespan.startup.failed", "message": str(problem)})
            return
        await receive()
        opening.cancel()
        await self._ends.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _open_all(self) -> None:
        """Open what nobody asked yet, so that records are kept for as long as they may be."""
        for name in self.names:
            try:
                await self._opened(name)
            except Exception:
                log.exception("%s cannot be served", name)

    async def _opened(self, name: str) -> FastAPI:
        async with self._locks[name]:
            if name not in self._apps:
                self._apps[name] = await run_in_threadpool(self._make, name)
            app = self._apps[name]
            if name not in self._living:
                await self._ends.enter_async_context(app.router.lifespan_context(app))
                self._living.add(name)
        return app

    async def _asked(self, scope: Message, receive: Receive) -> _Asked:
        """Return which corpora a request names, and what is left of it without their names.

        Raises:
            Refused: it names what is no corpus, or more than one where that cannot be.
        """
        path = scope["path"]
        named: object = None
        if path.startswith("/c/"):
            name, _, rest = path.removeprefix("/c/").partition("/")
            named, scope = name, _with(scope, path=f"/{rest}")
        elif b"corpus=" in scope["query_string"]:
            named = parse_qs(scope["query_string"].decode("latin-1")).get("corpus", [""])[0]
        elif scope["method"] == "POST" and is_asking("POST", path):
            named, body = _without_name(await _whole(receive))
            scope, receive = _with(scope, length=len(body)), _once(body, receive)
        names = self._known(named)
        if len(names) > 1 and (scope["method"], scope["path"]) not in [
            ("POST", p) for p in _TOGETHER
        ]:
            if is_asking(scope["method"], scope["path"]):
                raise Refused(
                    422,
                    "この窓口では、資料集は一つだけ指定してください。",
                    "At this door a question is put to one corpus at a time.",
                )
            names = names[:1]
        return _Asked(names, scope, receive, every=named == ALL)

    def _known(self, named: object) -> tuple[str, ...]:
        """Return the corpora that a request names; the first where it names none."""
        listed = named.split(",") if isinstance(named, str) else named
        if not isinstance(listed, list | None) or not all(isinstance(n, str) for n in listed or ()):
            raise _no_such(str(named))
        wanted = [name.strip() for name in listed or () if name.strip()]
        if ALL in wanted:
            return self.names
        for name in wanted:
            if name not in self.names:
                raise _no_such(name)
        return tuple(dict.fromkeys(wanted)) or self.names[:1]

    async def _together(self, asked: _Asked, headers: Headers, send: Send) -> None:
        """Put one question to several corpora, each through its own gate, and answer once.

        Of those that were named a refusal is the answer; of "*" who refuses is left out.
        """
        body = await _whole(asked.receive)
        scope = _with(asked.scope, length=len(body), accept="application/json")
        replies = await asyncio.gather(
            *(self._reply(name, scope, _once(body)) for name in asked.names)
        )
        given = [reply for reply in replies if reply.status == 200]  # noqa: PLR2004 - HTTP
        failed = [reply for reply in replies if reply not in given]
        if not given or (failed and not asked.every):
            await failed[0].repeat(send)
            return
        away = [reply.name for reply in failed if reply.status >= _SERVER_ERROR]
        if asked.scope["path"] == "/v1/search":
            asked_for = json.loads(body).get("k", SearchRequest.model_fields["k"].default)
            parts = [SearchResponse.model_validate_json(reply.body) for reply in given]
            found = passages_merged(parts, asked_for)
            await given[0].repeat(send, found.model_dump_json().encode())
            return
        answers = {reply.name: WireAnswer.model_validate_json(reply.body) for reply in given}
        answer = answers_merged(answers, away)
        if stream.MEDIA_TYPE in headers.get("accept", ""):
            told = b"".join(stream.whole(answer))
            await given[0].repeat(send, told, stream.MEDIA_TYPE)
        else:
            await given[0].repeat(send, answer.model_dump_json().encode())

    async def _reply(self, name: str, scope: Message, receive: Receive) -> _Reply:
        """Return what one corpus says to a request."""
        reply = _Reply(name)
        try:
            app = await self._opened(name)
            await _told(name, app, scope, receive, reply.hear)
        except Exception:
            log.exception("%s cannot be asked", name)
            reply.status = reply.status or 503
        return reply


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request without the names of corpora, and those names."""

    names: tuple[str, ...]
    scope: Message
    receive: Receive
    every: bool


@dataclass(slots=True)
class _Reply:
    """What one corpus said, whole."""

    name: str
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def hear(self, message: Message) -> None:
        """Keep what the application says."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def repeat(self, send: Send, body: bytes | None = None, kind: str = "") -> None:
        """Say it, with another body where one is given."""
        said = self.body if body is None else body
        changed = {b"content-length"} | ({b"content-type"} if kind else set())
        headers = [(key, value) for key, value in self.headers if key.lower() not in changed]
        headers.append((b"content-length", str(len(said)).encode()))
        if kind:
            headers.append((b"content-type", kind.encode()))
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": said})


async def _told(name: str, app: FastAPI, scope: Message, receive: Receive, send: Send) -> None:
    """Let the application of one corpus answer; the addresses that it gives lead to it again."""
    before = CORPUS.set(name)
    try:
        await app(scope, receive, send)
    finally:
        CORPUS.reset(before)


async def _whole(receive: Receive) -> bytes:
    """Return the body of a question, no longer and no slower than the gate lets it be.

    Raises:
        Refused: it is too long or too slow.
    """
    bounded, parts, more = Bounded(receive, MAX_BODY, BODY_TIMEOUT_S), [], True
    while more:
        message = await bounded()
        parts.append(message.get("body", b""))
        more = message["type"] == "http.request" and message.get("more_body", False)
    return b"".join(parts)


def _once(body: bytes, then: Receive | None = None) -> Receive:
    """Return what gives a body that was read already, and *then* what else is heard of the caller."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if left:
            return left.pop()
        if then is not None:
            return await then()
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    return receive


def _without_name(body: bytes) -> tuple[object, bytes]:
    """Return what a body of JSON names as its corpus, and the rest; of another body nothing."""
    try:
        held: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None, body
    if not isinstance(held, dict) or "corpus" not in held:
        return None, body
    named = held.pop("corpus")
    return named, json.dumps(held, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _with(
    scope: Message, *, path: str = "", length: int | None = None, accept: str = ""
) -> Message:
    """Return a request with another path, length of its body or wish for its answer."""
    said: Mapping[bytes, bytes | None] = {
        b"content-length": None if length is None else str(length).encode(),
        b"accept": accept.encode() or None,
    }
    headers = [(key, value) for key, value in scope["headers"] if not said.get(key)]
    headers += [(key, value) for key, value in said.items() if value]
    if length is not None:
        headers = [(key, value) for key, value in headers if key != b"transfer-encoding"]
    changed = {"path": path, "raw_path": quote(path).encode()} if path else {}
    return {**scope, **changed, "headers": headers}


def _no_such(name: str) -> Refused:
    return Refused(
        404,
        f"「{name[:80]}」という資料集はありません。",
        f'There is no corpus named "{name[:80]}".',
    )
