"""Addresses that open by themselves: a cited edition, for as long as they say."""

from __future__ import annotations

import hmac
import re
import secrets
import time
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from api.schemas.answers import WireAnswer, WireCitation, WireNow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PARAMETER = "pass"
"""The parameter that carries it."""

LASTS_S = 24 * 3600
"""How long a reader of a page with the widget may open what was cited there."""

_PLACE = re.compile(r"/v1/documents/([^/]+)/editions/(.+)/(?:pages/\d+(?:/image)?|file)")

_TOKEN = re.compile(r"[0-9]{1,12}-[0-9a-f]{32}")
"""Until when, in seconds since 1970, and the seal."""


def _random_seal() -> Callable[..., str]:
    key = secrets.token_bytes(32)

    def seal(*names: str) -> str:
        return hmac.new(key, "\0".join(names).encode(), sha256).hexdigest()[:32]

    return seal


class SignedLinks:
    """Signs the addresses of citations and knows its own signature.

    A pass opens the pages and the file of one edition, known by its bytes, and nothing else.
    """

    def __init__(
        self,
        seal: Callable[..., str] | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sign with *seal*, a keyed hash of names; without one, with a key of this process."""
        self.seal = seal or _random_seal()
        self._clock = clock

    def answer(self, given: WireAnswer) -> WireAnswer:
        """Return an answer whose citations open without a key."""
        declined = given.declined
        return given.model_copy(
            update={
                "citations": self._all(given.citations),
                "declined": declined
                and declined.model_copy(update={"nearest": self._all(declined.nearest)}),
            }
        )

    def citation(self, given: WireCitation) -> WireCitation:
        """Return a citation whose addresses open without a key."""
        now = given.now
        return given.model_copy(
            update={**self._signed(given), "now": now and now.model_copy(update=self._signed(now))}
        )

    def opens(self, path: str, query: str) -> bool:
        """Whether an address carries a pass of ours that has not run out."""
        place = _PLACE.fullmatch(path)
        said = _said(query)
        token, digest = said.get(PARAMETER, ""), said.get("sha256", "")
        if place is None or not _TOKEN.fullmatch(token):
            return False
        until = token.partition("-")[0]
        if int(until) < self._clock():
            return False
        known = self._token(place[1], place[2], digest, until)
        return hmac.compare_digest(known.encode(), token.encode())

    def _all(self, citations: Sequence[WireCitation]) -> list[WireCitation]:
        return [self.citation(each) for each in citations]

    def _signed(self, place: WireCitation | WireNow) -> dict[str, str]:
        until = str(int(self._clock()) + LASTS_S)
        token = self._token(place.document, place.edition or "", place.sha256 or "", until)
        return {
            name: with_parameter(address, PARAMETER, token)
            for name in ("page_url", "view_url", "file_url")
            if (address := getattr(place, name, None)) is not None
        }

    def _token(self, document: str, label: str, digest: str, until: str) -> str:
        return f"{until}-{self.seal('pass', document, label, digest, until)}"


def is_signed(query: str) -> bool:
    """Whether somebody came with a pass, good or not."""
    return PARAMETER in _said(query)


def _said(query: str) -> dict[str, str]:
    """Return the parameters as the routes read them; the gate lets none through that is there twice."""
    return dict(parse_qsl(query, keep_blank_values=True))


def with_parameter(address: str, name: str, value: str) -> str:
    """Return *address* with one more parameter, which needs no quoting, before its fragment.

    >>> with_parameter("/a/file#page=3", "pass", "x")
    '/a/file?pass=x#page=3'
    """
    before, mark, fragment = address.partition("#")
    return f"{before}{'&' if '?' in before else '?'}{name}={value}{mark}{fragment}"
