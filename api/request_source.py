"""From where a request came: the machine that sent it, and whom a trusted proxy speaks for."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import Headers


@dataclass(frozen=True, slots=True)
class RequestSource:
    """Where a request came from.

    *address* is the caller's, as the proxies that are trusted tell it, else that of the machine
    at the other end; *trusted* says that this machine is such a proxy. *relayed*: a proxy,
    trusted or not, handed the request on, so that it is not from this machine however near the
    proxy stands. *scheme* and *host* are those under which the caller asked.
    """

    address: str
    scheme: str = "http"
    host: str = ""
    trusted: bool = False
    relayed: bool = False

    @property
    def local(self) -> bool:
        """Whether the caller is on this machine."""
        return not self.relayed and is_loopback(self.address)


_RELAYS = frozenset(
    {
        *("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"),
        *("cf-connecting-ip", "cdn-loop", "x-original-host", "x-original-url", "x-proxyuser-ip"),
    }
)
"""Headers that a proxy adds and no browser or program of a person sends."""


def source_of(
    peer: str, scheme: str, headers: Headers, proxies: Sequence[str], *, version: str = "1.1"
) -> RequestSource:
    """Read where a request came from; what *headers* say counts only when *peer* is a proxy.

    Of HTTP *version* 1.0 is what nginx speaks to a server behind it; browsers have long not.
    *proxies* are addresses and networks. Of a chain of addresses the last one that is no proxy
    of ours is the caller: what stands before it, the caller may have made up.
    """
    host = headers.get("host", "")
    relayed = version in {"1.0", "0.9"} or any(
        name.startswith("x-forwarded-") or name in _RELAYS for name in headers
    )
    if not _is_among(peer, proxies):
        return RequestSource(peer, scheme, host, relayed=relayed)
    said = ",".join(headers.getlist("x-forwarded-for")).split(",")
    chain = [address for each in said if (address := _address(each))]
    strangers = [address for address in chain if not _is_among(address, proxies)]
    told = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return RequestSource(
        strangers[-1] if strangers else chain[0] if chain else peer,
        told if told in {"http", "https"} else scheme,
        headers.get("x-forwarded-host", "").partition(",")[0].strip() or host,
        trusted=True,
        relayed=True,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach *host*."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(said: str) -> str:
    """Return an address without port and brackets, or nothing when it is none."""
    bare = said.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""


def _is_among(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(each, strict=False) for each in networks)
    except ValueError:
        return False
