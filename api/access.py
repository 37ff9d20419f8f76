"""Who may do what: keys, single sign-on by a proxy, sites with the widget, and how often."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.keys import BrokenKeys, Key, Keys, Scope
from api.problems import Refused
from api.refusals import (
    forbidden,
    locked,
    no_key,
    run_out,
    too_often,
    unentered,
    unreadable_keys,
)
from api.request_source import RequestSource, is_loopback
from api.sessions import Sessions
from api.signed_links import SignedLinks, is_signed

if TYPE_CHECKING:
    from starlette.datastructures import Headers

log = logging.getLogger(__name__)

NOBODY = "nobody"
"""The name of a caller of whom nothing is asked."""

COOKIE = "tebiki_key"
"""Where a browser keeps the key that was typed on the page; scripts cannot read it."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""Under these names a server on loopback is reached; any other is a rebound address."""

PER_MINUTE = 60
"""Questions a minute from one caller at one address, unless everybody here may do everything."""

SHARED = 10
"""A key that several people use, and the widget, get so many times the questions of one address."""

PAGES = 5
"""Page images and files for one address: so many times as many as questions."""

REFUSALS_PER_MINUTE = 120
"""Requests of one address that are told to bring a key; more are told to wait."""


class Unprotected(Exception):
    """A public address without protection: the server does not start."""

    def __init__(self, host: str) -> None:
        """Name the address and what to set."""
        super().__init__(
            f"{host} can be reached from other machines, and nothing says who may ask. Make a key "
            'with "tebiki keys create NAME", or set TEBIKI_USER_HEADER and TEBIKI_PROXIES to the '
            "header and the address of a proxy that signs people on; or serve on 127.0.0.1."
        )
        self.host = host


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a name for limits, what it may do, and who that is for people, "" for nobody.

    *groups* are those whose documents it sees beside the ones that are open to all. To administer
    adds none: whoever looks after documents sees all of them where he does that, and nowhere else.
    """

    name: str
    scopes: frozenset[Scope]
    who: str = ""
    groups: frozenset[str] = frozenset()


class Limits:
    """Counts questions by caller: a bucket that fills evenly and holds a minute's worth."""

    MOST = 10_000
    """Callers remembered; the one heard least lately is forgotten."""

    def __init__(self) -> None:
        """Begin with full buckets."""
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, caller: str, per_minute: int, now_s: float) -> float:
        """Take one question; return how many seconds to wait when none is left, else 0."""
        rate = per_minute / 60
        with self._lock:
            left, seen_s = self._left.pop(caller, (float(per_minute), now_s))
            left = min(float(per_minute), left + (now_s - seen_s) * rate)
            wait_s = 0.0 if left >= 1 else (1 - left) / rate
            self._left[caller] = (left if wait_s else left - 1, now_s)
            while len(self._left) > self.MOST:
                self._left.popitem(last=False)
        return wait_s


@dataclass(frozen=True, slots=True)
class Access:
    """What is asked of a caller.

    Without *required* everybody on this machine may ask, until a first key is made; what a proxy
    hands on comes from elsewhere and always needs one. To administer wants a key, or one of
    *sessions* on this machine: a proxy that says nothing of itself makes every caller look as if
    he sat here. *user_header* names the signed-on
    person, *group_header* that person's groups, with commas between them, and both count only from
    an address in *proxies*, as does what a proxy says of the caller's address and scheme. Pages of *origins* embed the widget: they may ask and search, so
    that a widget on a public page is public. *hosts* are the names under which the server may be
    called without a key (none: any). *links* let readers of such a page open what was cited to
    them. *per_minute* bounds the questions of one caller at one
    address (0: no bound); who may ask because he is here is not bounded. *person* says how people
    are known to the record and to the log: by a hash, or plainly.
    """

    required: bool = False
    keys: Keys | None = None
    user_header: str = ""
    group_header: str = ""
    proxies: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    per_minute: int = 0
    person: Callable[[str], str] = str
    links: SignedLinks = field(default_factory=SignedLinks)
    sessions: Sessions = field(default_factory=Sessions)
    limits: Limits = field(default_factory=Limits)

    def admit(  # a request has that many sides
        self,
        *,
        method: str,
        path: str,
        query: str,
        headers: Headers,
        source: RequestSource,
        on: date,
    ) -> Caller | None:
        """Return who calls, None when the address is open to everybody.

        Raises:
            Refused: 401 nobody we know, 403 not allowed to, 421 a strange host, 429 too often.
        """
        if not self._closed(source):
            self._check_host(source.host)
        origin = headers.get("origin")
        self._check_origin(origin, method, path, source.host)
        scope = needed(path)
        if scope is None or method == "OPTIONS":
            return None
        caller = self._known(headers, source, on)
        if caller is None and self.links.opens(path, query):
            caller = Caller("pass", Scope.SEARCH.implied)
        if caller is None:
            self.note_refusal(source)
            raise run_out() if is_signed(query) else locked()
        if scope not in caller.scopes:
            if caller.name == NOBODY:
                self.note_refusal(source)
                raise unentered()
            raise forbidden(scope, self.known_as(caller))
        self._count(caller, source, method, path)
        return caller

    def may(self, scope: Scope, *, headers: Headers, source: RequestSource, on: date) -> bool:
        """Whether who calls may do what *scope* covers."""
        caller = self._known(headers, source, on)
        return caller is not None and scope in caller.scopes

    def signed(self, headers: Headers) -> bool:
        """Whether what a caller is told must open without a key: it embeds the widget."""
        return headers.get("origin") in self.origins

    def owner(self, caller: Caller, source: RequestSource) -> str:
        """Return a keyed hash of a caller, under which its conversations are kept."""
        named = caller.name.startswith("person ")
        # What was told to other groups is not remembered for these.
        seen = sorted(caller.groups)
        return self.links.seal("conversation", caller.name, "" if named else source.address, *seen)

    def known_as(self, caller: Caller | None) -> str:
        """Return who calls as the record and the log name it, "" where that is nobody we know."""
        return self.person(caller.who) if caller is not None and caller.who else ""

    def note_refusal(self, source: RequestSource) -> None:
        """Count a caller who was not known.

        Raises:
            Refused: 429, the address has tried too often.
        """
        self._draw(f"refused {source.address}", REFUSALS_PER_MINUTE, "")

    def _known(self, headers: Headers, source: RequestSource, on: date) -> Caller | None:
        if self.signed(headers):
            return Caller("widget", Scope.ASK.implied)
        secret = secret_of(headers)
        if secret and is_here(source) and self.sessions.open(secret):
            return Caller("session", Scope.ADMIN.implied, "session")
        if secret and (key := self.key(secret, on)) is not None:
            groups = frozenset(key.groups)
            return Caller(f"key {key.id}", key.scope.implied, f"key {key.name}", groups)
        if self.user_header and source.trusted:
            # Where a proxy adds its header to one that the caller sent, neither is believed.
            said = {name.strip() for name in headers.getlist(self.user_header)} - {""}
            if len(said) == 1:
                name = said.pop()
                return Caller(f"person {name}", Scope.ASK.implied, name, self._groups(headers))
        return None if self._closed(source) else Caller(NOBODY, Scope.ASK.implied)

    def _groups(self, headers: Headers) -> frozenset[str]:
        """Return the groups that a trusted proxy names; none where the header is there twice."""
        said = headers.getlist(self.group_header) if self.group_header else []
        if len(said) != 1:
            return frozenset()
        # Starlette reads a header as Latin-1; proxies write names of groups in UTF-8.
        named = said[0].encode("latin-1", "replace").decode("utf-8", "replace")
        return frozenset(name.strip() for name in named.replace(";", ",").split(",")) - {""}

    def key(self, secret: str, on: date) -> Key | None:
        """Return the key that somebody brought, None where it opens nothing.

        Raises:
            Refused: 503 the keys of this home cannot be read.
        """
        try:
            return None if self.keys is None else self.keys.find(secret, on=on)
        except BrokenKeys as broken:
            log.error("%s", broken)  # noqa: TRY400 - the sentence says all
            raise unreadable_keys() from broken

    def enter(self, given: str, source: RequestSource, on: date) -> str:
        """Return what a browser keeps: the key that was *given*, or a session for the link's word.

        Raises:
            Refused: 401 it opens nothing; 429 too often; 503 the keys cannot be read.
        """
        session = self.sessions.exchange(given) if is_here(source) else None
        if session is None and self.key(given, on) is None:
            self.note_refusal(source)
            raise no_key()
        return session or given

    def _closed(self, source: RequestSource) -> bool:
        """Whether callers must say who they are.

        A key that has expired keeps the door shut, as does the list from which the last key was
        taken, and one that cannot be read.
        """
        return self.required or source.relayed or (self.keys is not None and self.keys.kept)

    def _count(self, caller: Caller, source: RequestSource, method: str, path: str) -> None:
        if not self.per_minute or (caller.name == NOBODY and source.local):
            return
        who = self.known_as(caller)
        if is_asking(method, path):
            self._draw(f"{caller.name} {source.address}", self.per_minute, who)
            if caller.name.startswith("key ") or caller.name == "widget":
                self._draw(caller.name, SHARED * self.per_minute, who)
        elif path.endswith(("/image", "/file")):
            self._draw(f"pages {source.address}", PAGES * self.per_minute, who)

    def _draw(self, bucket: str, per_minute: int, who: str) -> None:
        wait_s = self.limits.wait_s(bucket, per_minute, time.monotonic())
        if wait_s:
            raise too_often(wait_s, who)

    def _check_host(self, host: str) -> None:
        # A name of the internet that resolves to 127.0.0.1 would make a foreign page our own.
        if self.hosts and _name(host) not in self.hosts:
            raise Refused(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"このサーバーは {host} という名前では使えません。",
                f'This server does not answer to the name "{host}".',
            )

    def _check_origin(self, origin: str | None, method: str, path: str, host: str) -> None:
        if origin is None or origin in self.origins or is_own(origin, host):
            return
        if method in {"GET", "HEAD"} and is_public(path):
            return
        raise Refused(
            HTTPStatus.FORBIDDEN,
            f"{origin} のページからの利用は許可されていません。"
            "管理者が TEBIKI_ORIGINS に加えると使えるようになります。",
            f"Pages of {origin} may not use this service. Your administrator can allow it by "
            "adding it to TEBIKI_ORIGINS.",
        )


def decide(  # the settings of one server
    host: str,
    *,
    keys: Keys,
    user_header: str = "",
    group_header: str = "",
    proxies: Sequence[str] = (),
    origins: Sequence[str] = (),
    per_minute: int = PER_MINUTE,
    on: date | None = None,
) -> Access:
    """Return what a server that listens on *host* asks of its callers.

    On loopback nothing for a question, until there is a key or a proxy hands requests on;
    elsewhere a key or a signed-on person. To administer always wants a key, or a session that
    the link which was printed on this machine opens.

    Raises:
        Unprotected: others can reach *host*, and there is neither a proxy nor a key that opens
            anything on the day (None: today).
        BrokenKeys: others can reach *host*, and the list of keys cannot be read.
    """
    local = is_loopback(host)
    proxied = bool(user_header and proxies)
    day = on or date.today()  # noqa: DTZ011 - keys end by the local calendar
    if not local and not proxied and not any(key.opens(day) for key in keys.all()):
        raise Unprotected(host)
    return Access(
        required=proxied or not local,
        keys=keys,
        user_header=user_header,
        group_header=group_header,
        proxies=tuple(proxies),
        origins=tuple(origin.rstrip("/") for origin in origins),
        hosts=LOOPBACK_HOSTS if local and not proxied else (),
        per_minute=per_minute,
    )


def needed(path: str) -> Scope | None:
    """Return what a path asks of its caller, None when it is open to everybody."""
    if path.startswith("/v1/admin"):
        return next((scope for begins, scope in _OFFICES if path.startswith(begins)), Scope.ADMIN)
    if path == "/v1/session":
        return None
    asking = ("/v1/answers", "/v1/feedback", "/v1/chat/", "/v1/responses", "/v1/models", "/invoke")
    if path.startswith(asking):
        return Scope.ASK
    # Behind /mcp each tool looks for itself whether its caller may ask.
    return Scope.SEARCH if path.startswith(("/v1/", "/mcp", "/metrics")) else None


_OFFICES = (
    *((f"/v1/admin/{name}", Scope.QUESTIONS) for name in ("questions", "missing.csv")),
    *((f"/v1/admin/{name}", Scope.CURATE) for name in ("files/", "editions", "folder", "refresh")),
    *(
        (f"/v1/admin/{name}", Scope.CURATE)
        for name in ("rollback", "index", "approved", "groups", "glossary")
    ),
)
"""What may be done without administering everything; a route that is not named here may not."""


def is_public(path: str) -> bool:
    """Whether *path* is a file that any site may load: the widget and what it is made of."""
    return path == "/widget.js" or path.startswith("/web/")


def is_own(origin: str, host: str) -> bool:
    """Whether *origin* is the server's own, as the caller names it."""
    return bool(host) and urlsplit(origin).netloc == host


def is_asking(method: str, path: str) -> bool:
    """Whether a request puts a question to the index, or has the pages of an answer drawn.

    Such requests are counted and have a deadline.
    """
    asking = (
        "/v1/answers",
        "/v1/search",
        "/v1/check",
        "/v1/chat/",
        "/v1/responses",
        "/invoke",
        "/mcp",
    )
    if path.startswith("/v1/answers/") and path.endswith("/evidence"):
        return True
    return method == "POST" and path.startswith(asking)


def is_here(source: RequestSource) -> bool:
    """Whether a request looks as if somebody at this machine had made it, by one of its names."""
    return source.local and _name(source.host) in LOOPBACK_HOSTS


def _name(host: str) -> str:
    """Return a host without its port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host


def secret_of(headers: Headers) -> str:
    """Return the key or session that a request brings, "" when it brings none."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    if headers.get("x-api-key", "").strip():  # as 源内 brings it
        return headers["x-api-key"].strip()
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value
