"""Who may do what: keys, single sign-on by a proxy, sites with the widget, and how often."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.keys import Keys, Scope
from api.problems import Refused

if TYPE_CHECKING:
    from starlette.datastructures import Headers

COOKIE = "tebiki_key"
"""Where a browser keeps the key that was typed on the page; scripts cannot read it."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""Under these names a server on loopback is reached; any other is a rebound address."""

PER_MINUTE = 60
"""Questions a minute from one caller where the server can be reached from elsewhere."""


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
    """Who asks: a name for limits and logs, and what it may do."""

    name: str
    scopes: frozenset[Scope]


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

    Without *required* everybody may do everything, as on one's own machine. *user_header* names
    the signed-on person and counts only from an address in *proxies*. Pages of *origins* embed
    the widget: they may ask and search, so that a widget on a public page is public. *hosts* are
    the names under which the server may be called (none: any). *per_minute* bounds the questions
    of one caller (0: no bound).
    """

    required: bool = False
    keys: Keys | None = None
    user_header: str = ""
    proxies: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    per_minute: int = 0
    limits: Limits = field(default_factory=Limits)

    def admit(
        self, *, method: str, path: str, headers: Headers, address: str, on: date
    ) -> Caller | None:
        """Return who calls, None when the address is open to everybody.

        Raises:
            Refused: 401 nobody we know, 403 not allowed to, 421 a strange host, 429 too often.
        """
        self._check_host(headers.get("host", ""))
        origin = headers.get("origin")
        foreign = origin is not None and origin in self.origins
        self._check_origin(origin, method, path, headers)
        scope = needed(path)
        if scope is None or method == "OPTIONS":
            return None
        caller = self._known(headers, address, on, widget=foreign)
        if caller is None:
            raise _locked()
        if scope not in caller.scopes:
            raise _forbidden(scope)
        if self.per_minute and _counts(method, path):
            wait_s = self.limits.wait_s(caller.name, self.per_minute, time.monotonic())
            if wait_s:
                raise _too_often(wait_s)
        return caller

    def may(self, scope: Scope, *, headers: Headers, address: str, on: date) -> bool:
        """Whether who calls may do what *scope* covers; a page asks before it shows the way."""
        caller = self._known(headers, address, on, widget=headers.get("origin") in self.origins)
        return caller is not None and scope in caller.scopes

    def _known(self, headers: Headers, address: str, on: date, *, widget: bool) -> Caller | None:
        if widget:
            return Caller(f"widget {address}", Scope.ASK.implied)
        secret = _secret(headers)
        if secret and self.keys is not None:
            key = self.keys.find(secret, on=on)
            if key is not None:
                return Caller(f"key {key.id}", key.scope.implied)
        if self.user_header and _is_among(address, self.proxies):
            person = headers.get(self.user_header, "").strip()
            if person:
                return Caller(f"person {person}", Scope.ASK.implied)
        return None if self.required else Caller(f"address {address}", Scope.ADMIN.implied)

    def _check_host(self, host: str) -> None:
        # A name of the internet that resolves to 127.0.0.1 would make a foreign page our own.
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if self.hosts and name not in self.hosts:
            raise Refused(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"このサーバーは {host} という名前では使えません。",
                f'This server does not answer to the name "{host}".',
            )

    def _check_origin(self, origin: str | None, method: str, path: str, headers: Headers) -> None:
        if origin is None or origin in self.origins or is_own(origin, headers):
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
    proxies: Sequence[str] = (),
    origins: Sequence[str] = (),
    per_minute: int | None = None,
) -> Access:
    """Return what a server that listens on *host* asks of its callers.

    On loopback nothing, unless a proxy signs people on; elsewhere a key or a signed-on person.

    Raises:
        Unprotected: others can reach *host*, and there is neither a key nor a proxy.
    """
    local = is_loopback(host)
    proxied = bool(user_header and proxies)
    if not local and not proxied and not keys.all():
        raise Unprotected(host)
    return Access(
        required=proxied or not local,
        keys=keys,
        user_header=user_header,
        proxies=tuple(proxies),
        origins=tuple(origin.rstrip("/") for origin in origins),
        hosts=LOOPBACK_HOSTS if local and not proxied else (),
        per_minute=(0 if local and not proxied else PER_MINUTE)
        if per_minute is None
        else per_minute,
    )


def needed(path: str) -> Scope | None:
    """Return what a path asks of its caller, None when it is open to everybody."""
    if path.startswith("/v1/admin"):
        return Scope.ADMIN
    if path == "/v1/session":
        return None
    if path.startswith(("/v1/answers", "/v1/feedback", "/v1/chat/", "/v1/models", "/mcp")):
        return Scope.ASK
    return Scope.SEARCH if path.startswith("/v1/") else None


def is_public(path: str) -> bool:
    """Whether *path* is a file that any site may load: the widget and what it is made of."""
    return path == "/widget.js" or path.startswith("/web/")


def is_own(origin: str, headers: Headers) -> bool:
    """Whether *origin* is the server's own, as the caller names it."""
    host = headers.get("host", "")
    return bool(host) and urlsplit(origin).netloc == host


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach *host*."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _counts(method: str, path: str) -> bool:
    return method == "POST" and path.startswith(("/v1/answers", "/v1/search", "/v1/chat/", "/mcp"))


def _secret(headers: Headers) -> str:
    kind, _, secret = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret.strip():
        return secret.strip()
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value


def _is_among(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(each, strict=False) for each in networks)
    except ValueError:
        return False


def _locked() -> Refused:
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "利用には鍵が必要です。管理者に鍵を発行してもらってください。",
        "A key is needed. Ask your administrator for one.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def _forbidden(scope: Scope) -> Refused:
    return Refused(
        HTTPStatus.FORBIDDEN,
        f"この操作には「{scope}」の権限を持つ鍵が必要です。",
        f'This needs a key with the scope "{scope}".',
    )


def _too_often(wait_s: float) -> Refused:
    seconds = max(1, round(wait_s))
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"質問が続きすぎています。{seconds}秒ほど待ってからお試しください。",
        f"Too many questions at once. Try again in {seconds} seconds.",
        headers={"Retry-After": str(seconds)},
    )
