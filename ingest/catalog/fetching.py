"""Official addresses fetched: politely, within bounds, and never over what is held."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
import ssl
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from ingest import file_facts
from ingest.atomic_files import replacing
from ingest.catalog import catalog, entries
from ingest.catalog.editions import hash_of
from ingest.errors import FetchFailed, IngestError, UnreadablePdf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from ingest.catalog.editing import Entry
    from ingest.catalog.editions import Edition

STATE = "fetched.json"
_REDIRECTS = 5
_PIECE = 1 << 16
_HEAD = 1024
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_OK, _NOT_MODIFIED = 200, 304
_AGENT = "Tebiki (fetches manuals on behalf of their reader)"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one fetch may cost and where it may go.

    *size_mb* is the largest file; *seconds* bound the whole fetch, redirections included.
    Unless *private* is allowed, every address of the host must be a public one.
    """

    size_mb: int = 200
    seconds: float = 120.0
    private: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server said of the file at an address, for asking only for a newer one."""

    etag: str = ""
    modified: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one address: *edition* is the one that was added, or None.

    *problem* is None where all went well; then nothing added means that nothing was new.
    """

    url: str
    listed: Edition
    edition: Edition | None = None
    problem: IngestError | None = None


def fetch_all(
    corpus: Path,
    home: Path,
    today: date,
    *,
    bounds: Bounds | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Ask each address of the catalog for its file, and list what is new.

    A file for an entry that is not held is entered there; a changed one becomes a new edition
    of its document, in force from the day it names or *today*. What is held is never
    overwritten. An address that fails is an outcome, and the others are asked all the same.
    What servers said is kept in the home, so that an unchanged file is not sent again.

    Raises:
        BrokenCatalog: the catalog cannot be used.
    """
    path = corpus / catalog.CATALOG
    last = {e.url: e for e in (catalog.listed(path) if path.exists() else ()) if e.url}
    known = _known(home)
    outcomes: list[Outcome] = []
    home.mkdir(parents=True, exist_ok=True)
    for url, listed in last.items():
        told(url)
        seen = known.get(url, Seen()) if listed.held else Seen()
        draft = home / f".fetched.{os.getpid()}.pdf"
        try:
            now = fetch(url, draft, seen=seen, bounds=bounds or Bounds())
            added = None if now is None else _listed(corpus, draft, listed, now, today)
            if now is not None:
                known[url] = now
                _remember(home, known)
            outcomes.append(Outcome(url, listed, added))
        except IngestError as problem:
            outcomes.append(Outcome(url, listed, problem=problem))
        finally:
            draft.unlink(missing_ok=True)
    return tuple(outcomes)


def _listed(corpus: Path, draft: Path, listed: Edition, now: Seen, today: date) -> Edition | None:
    """Add what was fetched, or return None where its bytes are held already."""
    held = [e for e in catalog.listed(corpus / catalog.CATALOG) if e.held]
    if any(now.sha256 in (e.sha256, _hash(corpus, e)) for e in held):
        return None
    document = listed.document.id
    if not listed.held:
        entry = entries.understood(
            corpus, draft, document=document, label=listed.label, url=listed.url
        )
        if entries.missing(entry, held):
            entry = replace(entry, in_force_from=today)
        return entries.add(corpus, draft, entry)
    found = entries.understood(corpus, draft, document=document, url=listed.url)
    label = entries.free_label(held, document, found.label or today.isoformat())
    day = found.in_force_from if _later(found, listed) else today
    return entries.add(corpus, draft, replace(found, label=label, in_force_from=day))


def _later(found: Entry, listed: Edition) -> bool:
    before = listed.in_force_from or listed.published
    return found.in_force_from is not None and (before is None or found.in_force_from > before)


def _hash(corpus: Path, edition: Edition) -> str:
    path = corpus / str(edition.path)
    return hash_of(path) if path.is_file() else ""


def fetch(url: str, target: Path, *, seen: Seen, bounds: Bounds) -> Seen | None:
    """Fetch a PDF into a new file and return what the server said; None if it has not changed.

    Raises:
        FetchFailed: the address is not allowed, does not answer with a PDF, or breaks a bound.
    """
    deadline = time.monotonic() + bounds.seconds
    at = url
    for _ in range(_REDIRECTS + 1):
        connection = _connected(at, url, bounds, deadline)
        try:
            with (
                closing(connection),
                _ended(connection.sock, deadline),
                _asked(connection, at, seen) as response,
            ):
                if response.status in _REDIRECTED:
                    at = urljoin(at, response.headers.get("Location", ""))
                    continue
                if response.status == _NOT_MODIFIED:
                    return None
                if response.status != _OK:
                    said = f"{response.status} {response.reason}"
                    raise FetchFailed(url, f"the server answers {said}")
                _save(response, target, url, bounds, deadline)
                headers = response.headers
        except (OSError, HTTPException, ValueError) as problem:
            reason = _reason(problem, deadline)
            raise FetchFailed(url, f"it cannot be fetched ({reason})") from problem
        return Seen(headers.get("ETag", ""), headers.get("Last-Modified", ""), hash_of(target))
    raise FetchFailed(url, f"it is redirected more than {_REDIRECTS} times")


def _reason(problem: Exception, deadline: float) -> str:
    late = isinstance(problem, TimeoutError) or time.monotonic() >= deadline
    return "it took too long" if late else str(problem)


@contextmanager
def _ended(sock: socket.socket, deadline: float) -> Iterator[None]:
    """End a connection at the deadline, whatever is being waited for.

    A timeout of the socket begins anew with every byte, so a server could drip for ever. Not
    the method of a TLS socket: it would take the session from under the reading thread.
    """
    at_last = threading.Timer(deadline - time.monotonic(), _shut_down, (sock,))
    at_last.daemon = True
    at_last.start()
    try:
        yield
    finally:
        at_last.cancel()


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _connected(at: str, url: str, bounds: Bounds, deadline: float) -> HTTPConnection:
    """Connect to an address after it was looked up and checked, and to no other one.

    The name is not looked up a second time: a server of names could give another answer then.
    """
    parts = _checked(at, url)
    secure = parts.scheme == "https"
    host, port = str(parts.hostname), parts.port or (443 if secure else 80)
    try:
        addresses = [row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as problem:
        raise FetchFailed(url, f"the host {host} cannot be found") from problem
    if not bounds.private:
        for address in addresses:
            if not is_public(str(address)):
                raise FetchFailed(
                    url, f"{host} is at {address}, which is no public address (--allow-private)"
                )
    connection = HTTPConnection(host, port)
    try:
        sock = socket.create_connection((str(addresses[0]), port), _left(deadline))
        if secure:
            wrapped = ssl.create_default_context().wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=False
            )
            with _ended(wrapped, deadline):
                wrapped.do_handshake()
            sock = wrapped
    except OSError as problem:
        reason = _reason(problem, deadline)
        raise FetchFailed(url, f"{host} does not answer ({reason})") from problem
    connection.sock = sock
    return connection


def is_public(address: str) -> bool:
    """Whether an address belongs to one machine of the internet, and says no other by a detour.

    Python takes for global what leads on to a private address (NAT64, 6to4, Teredo, an IPv4
    address in IPv6), what belongs to nobody alone (multicast), and 192.0.0.9 and .10.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if found.is_multicast or found.is_reserved or not found.is_global:
        return False
    return not any(found in each for each in _DETOURS if each.version == found.version)


_DETOURS = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("192.0.0.0/24", "192.88.99.0/24"),
        *("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "::ffff:0:0/96", "::/96"),
        *("fec0::/10", "100::/64", "5f00::/16"),
    )
)
"""RFC 6052 and 8215, 3056, 2928 with Teredo and ORCHID, 4291, 6666, 6890, 7526, 9602."""


def _checked(at: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(at)
        usable = parts.port is None or parts.port > 0
    except ValueError as problem:
        raise FetchFailed(url, f"{at} is not an address ({problem})") from problem
    if parts.scheme not in {"http", "https"} or not parts.hostname or not usable:
        raise FetchFailed(url, f"{at or 'the address'} does not begin with http:// or https://")
    if parts.username is not None:
        raise FetchFailed(url, "an address with a name or password in it is not fetched")
    return parts


def _asked(connection: HTTPConnection, at: str, seen: Seen) -> HTTPResponse:
    parts = urlsplit(at)
    headers = {"User-Agent": _AGENT, "Accept": "application/pdf", "Accept-Encoding": "identity"}
    if seen.etag:
        headers["If-None-Match"] = seen.etag
    if seen.modified:
        headers["If-Modified-Since"] = seen.modified
    query = f"?{parts.query}" if parts.query else ""
    connection.request("GET", (parts.path or "/") + query, headers=headers)
    return connection.getresponse()


def _save(response: HTTPResponse, target: Path, url: str, bounds: Bounds, deadline: float) -> None:
    largest = bounds.size_mb * 1_000_000
    if int(response.headers.get("Content-Length") or 0) > largest:
        raise FetchFailed(url, f"the file is larger than {bounds.size_mb} MB")
    size, head = 0, b""
    with target.open("xb") as file:
        for piece in _pieces(response, deadline):
            head = (head + piece)[:_HEAD] if len(head) < _HEAD else head
            if len(head) == _HEAD and b"%PDF-" not in head:
                raise FetchFailed(url, "what is there is not a PDF")
            size += len(piece)
            if size > largest:
                raise FetchFailed(url, f"the file is larger than {bounds.size_mb} MB")
            file.write(piece)
    announced = response.headers.get("Content-Length")
    if announced is not None and int(announced) != size:
        raise FetchFailed(url, f"it broke off after {size:,} of {int(announced):,} bytes")
    if b"%PDF-" not in head:
        raise FetchFailed(url, "what is there is not a PDF")
    try:
        file_facts.facts(target)
    except UnreadablePdf as problem:
        raise FetchFailed(url, f"what is there is not a usable PDF ({problem.reason})") from problem


def _pieces(response: HTTPResponse, deadline: float) -> Iterator[bytes]:
    """Yield what comes, until the end or the deadline, however slowly it drips."""
    while True:
        _left(deadline)
        piece = response.read1(_PIECE)
        if not piece:
            _left(deadline)
            return
        yield piece


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _known(home: Path) -> dict[str, Seen]:
    """Return what servers said before; a damaged record only means that all is asked for again."""
    try:
        stored = json.loads((home / STATE).read_text(encoding="utf-8"))
        return {url: Seen(**said) for url, said in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(home: Path, known: Mapping[str, Seen]) -> None:
    told = {url: asdict(seen) for url, seen in known.items()}
    with replacing(home / STATE) as draft:
        draft.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def added(outcomes: Iterable[Outcome]) -> tuple[Edition, ...]:
    """Return the editions that came in."""
    return tuple(outcome.edition for outcome in outcomes if outcome.edition)
