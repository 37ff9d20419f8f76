"""No way out but those that the settings name: every connection of this process is looked at.

Python tells its audit hooks of each look-up of a name and each connection before it is made. The
hook stays for the life of the process, as hooks do; what it lets through is chosen once, at the
start. What libraries in C connect to by themselves (libpq, gRPC) is an address of the settings, too.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from tebiki.settings import FITTED, Settings

_PROBE = ("192.0.2.1", 9)
"""An address that belongs to nobody (RFC 5737)."""

_NOBODY = "tebiki.invalid"

_WATCHED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
            "socket.gethostbyname"}  # fmt: skip
_SLACK = "slack.com"
_REMEMBERED = 100
_HERE = {"", "localhost", "testserver"}


class WayOutClosed(OSError):
    """Something tried to reach an address that no setting names; nothing was sent."""

    def __init__(self, host: str) -> None:
        """Name the address."""
        super().__init__(f"{host} is named by no setting, so nothing is sent there")
        self.host = host


class NotClosed(Exception):
    """Tebiki cannot be closed as it is set up, or the guard does not hold."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """An address that the settings name: *setting* is the name of the first that does."""

    host: str
    setting: str


def ways_out(chosen: Settings) -> tuple[WayOut, ...]:
    """Return the addresses outside this machine that the settings name, each once."""
    usual = {"anthropic": "https://api.anthropic.com"}
    named = [
        ("TEBIKI_LLM_ADDRESS", chosen.llm and (chosen.llm_address or usual.get(chosen.llm, ""))),
        ("TEBIKI_DATABASE_URL", chosen.database_url),
        ("TEBIKI_TRACES", chosen.traces),
        ("TEBIKI_MAIL_SERVER", chosen.mail_server),
    ]
    found = [(setting, urlsplit(address).hostname or "") for setting, address in named if address]
    if chosen.slack_bot_token:
        found.append(("TEBIKI_SLACK_BOT_TOKEN", _SLACK))
    return tuple(
        WayOut(host, setting)
        for host, setting in {host: setting for setting, host in reversed(found)}.items()
        if not is_here(host)
    )


def is_here(host: str) -> bool:
    """Whether a host is this machine."""
    if host in _HERE:
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    return False


def is_inside(host: str) -> bool:
    """Whether a host lies in a network of one's own: a private address, or a name for such alone."""
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_private
    try:
        found = {str(one[4][0]).partition("%")[0] for one in socket.getaddrinfo(host, None)}
    except OSError:
        return "." not in host  # a name that is not known now, and is none of the internet's
    return all(ipaddress.ip_address(address).is_private for address in found)


class Guard:
    """Lets a process reach this machine and some hosts; what else it tries is refused and told."""

    def __init__(self, hosts: Iterable[str]) -> None:
        """Allow *hosts*, by name or address; what is below slack.com with it."""
        self._hosts = frozenset(hosts)
        self._addresses: set[str] = set()
        self.refused: list[str] = []

    def note(self, addresses: Iterable[str]) -> None:
        """Allow the addresses that the name of an allowed host was found to stand for."""
        self._addresses.update(addresses)

    def lets(self, host: str) -> bool:
        """Whether a host may be looked up or reached."""
        below = host.endswith(f".{_SLACK}") and _SLACK in self._hosts
        return is_here(host) or host in self._hosts or host in self._addresses or below

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """Refuse what is not allowed; for `sys.addaudithook`."""
        if event not in _WATCHED:
            return
        host = _host_of(event, args)
        if host is not None and not self.lets(host):
            self.refused.append(host)
            del self.refused[:-_REMEMBERED]
            raise WayOutClosed(host)


def _host_of(event: str, args: tuple[Any, ...]) -> str | None:
    """Return the host of an audit event, None where there is none (a socket of the file system)."""
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = args[0]
    else:
        address = args[1]
        host = address[0] if isinstance(address, tuple) and address else None
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return host if isinstance(host, str) else None


def may_be_closed(chosen: Settings) -> None:
    """Make sure that no setting leads outside one's own network.

    Raises:
        NotClosed: one does.
    """
    for way in ways_out(chosen):
        if not is_inside(way.host):
            raise NotClosed(
                f"{way.setting} leads outside, to {way.host}. Nothing is served. Unset it, or "
                'leave "--closed" out.'
            )
    models = {
        "TEBIKI_EMBEDDING": chosen.embedding,
        "TEBIKI_RERANKER": chosen.reranker,
        "TEBIKI_ENTAILMENT": chosen.entailment,
    }
    for setting, name in models.items():
        _at_hand(setting, name)


def shut(*chosen: Settings) -> Guard:
    """Let this process reach nothing but what some settings name, from now on, and try that.

    Raises:
        NotClosed: the guard does not hold.
    """
    ways = [way for each in chosen for way in ways_out(each)]
    guard = Guard(host for way in ways for host in (way.host, *_proxies()))
    look_up = socket.getaddrinfo

    def noted(host: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - as Python's own
        found = look_up(host, *rest, **named)
        guard.note(str(one[4][0]) for one in found)
        return found

    socket.getaddrinfo = noted
    sys.addaudithook(guard.heard)
    tried(guard)
    return guard


def _proxies() -> list[str]:
    """Return the hosts of the proxies through which what is outside is reached."""
    return [host for one in getproxies().values() if (host := urlsplit(one).hostname)]


def _at_hand(setting: str, name: str) -> None:
    """Refuse a model that would have to be fetched."""
    if not name or name == FITTED:
        return
    from index.search.models import local

    if local(name) is None:
        raise NotClosed(
            f"{setting}={name} is not on this machine and would be fetched. Nothing is served. "
            'Carry it in with "tebiki models unpack".'
        )


def tried(guard: Guard) -> None:
    """Try to get out, by address and by name, and see that nothing was sent.

    Raises:
        NotClosed: one of them got as far as the network.
    """
    before = len(guard.refused)
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe, suppress(WayOutClosed):
            probe.settimeout(0.1)
            with suppress(TimeoutError):
                probe.connect(_PROBE)
    with suppress(WayOutClosed):
        socket.getaddrinfo(_NOBODY, 80)
    if guard.refused[before:] != [_PROBE[0], _PROBE[0], _NOBODY]:
        raise NotClosed("The guard over connections does not hold here. Nothing is served.")
    del guard.refused[before:]
