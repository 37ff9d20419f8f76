"""A claim on what several machines may change, kept where all of them look: on the server.

Each claim has a number, and the highest counts. The next number can be made only once, so of two
who find a claim ended one gets it. A claim ends when it is released, or by itself when its holder
no longer renews it; times are the server's, so that clocks may differ.
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from index.errors import AnotherRefresh, ClaimLost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = logging.getLogger(__name__)

LASTS_S = 120.0
"""How long a claim outlives a holder that no longer renews it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who changes something, until when (the server's time, in seconds since 1970).

    *owner* is for people. *home* names the home from which it is done: whoever has locked that
    home knows that an earlier claim from there is over.
    """

    owner: str
    home: str
    until_s: float


class Claims(Protocol):
    """A server that keeps numbered claims. All raise OSError when it is away."""

    @property
    def address(self) -> str:
        """Where it is, for people."""
        ...

    def now_s(self) -> float:
        """Return the server's time, in seconds since 1970."""
        ...

    def claims(self) -> Mapping[int, Claim]:
        """Return the claims there are, by number."""
        ...

    def make_claim(self, number: int, claim: Claim) -> bool:
        """Make a claim in one step; False when there is one of that number."""
        ...

    def set_claim(self, number: int, claim: Claim) -> bool:
        """Let a claim of that number say something else; False when it is gone."""
        ...

    def drop_claim(self, number: int) -> None:
        """Forget a claim, if it is there."""
        ...


class Lease:
    """A claim that is held."""

    def __init__(self, server: Claims, number: int, claim: Claim, lasts_s: float) -> None:
        """Take a claim that was just made; use `held`."""
        self._server = server
        self._number = number
        self._claim = claim
        self._lasts_s = lasts_s

    def renew(self) -> None:
        """Let it last on from now.

        Raises:
            ClaimLost: it had ended, and somebody else took over.
            OSError: the server is away.
        """
        until_s = self._server.now_s() + self._lasts_s
        longer = replace(self._claim, until_s=until_s)
        newest = max(self._server.claims(), default=0)
        if newest > self._number or not self._server.set_claim(self._number, longer):
            raise ClaimLost(self._server.address)

    def release(self) -> None:
        """Let it end now; its number stays taken until the next claim is made."""
        self._server.set_claim(self._number, replace(self._claim, until_s=0.0))


@contextmanager
def held(server: Claims, owner: str, home: str, *, lasts_s: float = LASTS_S) -> Iterator[Lease]:
    """Hold the claim, renewed as long as the block runs; *home* is locked by the caller.

    Raises:
        AnotherRefresh: somebody else holds it; it says who, and when the claim ends.
        OSError: the server is away.
    """
    lease = _claimed(server, owner, home, lasts_s)
    over = threading.Event()

    def renew() -> None:
        while not over.wait(lasts_s / 4):
            try:
                lease.renew()
            except ClaimLost:
                return  # whoever publishes is told
            except OSError as problem:
                log.warning("the claim on %s could not be renewed: %s", server.address, problem)

    renewing = threading.Thread(target=renew, name="lease", daemon=True)
    renewing.start()
    try:
        yield lease
    finally:
        over.set()
        renewing.join()
        with suppress(OSError):
            lease.release()


def _claimed(server: Claims, owner: str, home: str, lasts_s: float) -> Lease:
    there = server.claims()
    last = max(there, default=0)
    now_s = server.now_s()
    if last and there[last].until_s > now_s and there[last].home != home:
        raise _taken(server, there[last])
    number, claim = last + 1, Claim(owner, home, now_s + lasts_s)
    made = server.make_claim(number, claim)
    there = server.claims()
    last = max(there)
    if not made or last != number:
        if made:  # others were quicker by more than one claim
            server.drop_claim(number)
        raise _taken(server, there[last])
    for ended in there:
        if ended < number:
            server.drop_claim(ended)
    return Lease(server, number, claim, lasts_s)


def _taken(server: Claims, claim: Claim) -> AnotherRefresh:
    until = datetime.fromtimestamp(claim.until_s, UTC).isoformat(sep=" ", timespec="seconds")
    return AnotherRefresh(
        f"{server.address}: another refresh is under way, by {claim.owner}. Wait until it ends; if "
        f"it was broken off, its claim ends by itself at {until}."
    )
