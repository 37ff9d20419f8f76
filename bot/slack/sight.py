"""Whose documents are seen where in Slack: by the channel, and in direct messages by the person."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from bot.slack.web_api import SlackBusy, SlackRefused

if TYPE_CHECKING:
    from bot.slack.web_api import WebApi

log = logging.getLogger(__name__)

KNOWN_S = 300.0
"""How long it is remembered who is in a user group, or that Slack does not say."""


class Sight:
    """Says which groups see what is said in a place of Slack.

    What is answered in a channel is read by all who are in it, so that only the groups count to
    which the channel is bound, whoever asks. In direct messages, and on somebody's home tab,
    those count to which that person's user groups are bound.
    """

    def __init__(
        self, calls: WebApi, bound: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    ) -> None:
        """Take the groups of each channel (``C…``, ``G…``) and each user group (``S…``)."""
        self._calls = calls
        self._bound = bound
        self._lock = threading.Lock()
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    @property
    def by_person(self) -> bool:
        """Whether anything is bound to a user group, so that it matters who asks."""
        return any(name.startswith("S") for name in self._bound)

    def of(self, channel: str, user: str = "") -> frozenset[str]:
        """Return the groups of a place, of its direct messages ("" or ``D…``) those of *user*.

        Where Slack does not say who is in a user group, it has nobody.
        """
        if channel and not channel.startswith("D"):
            return frozenset(self._bound.get(channel, ()))
        return frozenset(
            group
            for name, groups in self._bound.items()
            if name.startswith("S") and user and user in self._in(name)
            for group in groups
        )

    def _in(self, name: str) -> frozenset[str]:
        now = time.monotonic()
        with self._lock:
            until, members = self._members.get(name, (0.0, frozenset()))
        if now < until:
            return members
        try:
            told = self._calls.form("usergroups.users.list", {"usergroup": name})
        except SlackBusy as problem:
            log.warning("user group %s is taken for empty: %s", name, problem)
            members, known_s = frozenset[str](), problem.delay_s
        except SlackRefused as problem:
            log.warning("user group %s is taken for empty: %s", name, problem)
            members, known_s = frozenset[str](), KNOWN_S
        else:
            members, known_s = frozenset(map(str, told.get("users", ()))), KNOWN_S
        with self._lock:
            self._members[name] = (now + known_s, members)
        return members
