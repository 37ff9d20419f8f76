"""A message that grows while its answer is written; what stays at the end replaces it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from bot.slack.elements import harmless
from bot.slack.web_api import SlackBusy, SlackRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.slack.messages import Mark, Messages

log = logging.getLogger(__name__)

STREAMED = 11_000
"""Characters that a stream shows; Slack takes 12,000. The finished message replaces them."""

PIECE = 200
"""Characters that are sent at a time."""

MISSES = 3
"""How often in a row Slack may fail to take more before no more is shown."""

_OPEN = re.compile(r"[<\]!\\]+\Z")


class Stream:
    """One growing message. Nothing it does can fail the answer: at worst less is shown."""

    def __init__(
        self,
        messages: Messages,
        *,
        channel: str,
        thread: str,
        user: str,
        mark: Mark,
        look: Callable[[], str],
        begun: Callable[[str], bool],
    ) -> None:
        """Grow in a thread for *user*; nothing is sent yet.

        Args:
            messages: how it is shown.
            channel: where.
            thread: where in it.
            user: who asked; Slack wants to know in channels.
            mark: what the message says about itself at its end.
            look: finds the message when Slack's reply to its beginning is lost.
            begun: is told the message's ts before more is shown; False: it is another
                question's by now, and this one begins again.
        """
        self._messages = messages
        self._channel = channel
        self._thread = thread
        self._user = user
        self._mark = mark
        self._look = look
        self._begun = begun
        self._ts = ""
        self._held = ""
        self._shown = 0
        self._missed = 0

    def add(self, text: str) -> None:
        """Show more, in pieces; what could begin a mention or a link waits for what follows."""
        self._held += text
        if len(self._held) < PIECE or self._missed >= MISSES:
            return
        end = _OPEN.search(self._held)
        ready = harmless(self._held[: end.start()] if end else self._held)
        if not ready or not self._messages.may_grow(self._ts):
            return
        if self._shown + len(ready) > STREAMED:
            self._missed = MISSES
            return
        if self._sent(ready):
            self._held = end[0] if end else ""
            self._shown += len(ready)

    def _sent(self, text: str) -> bool:
        try:
            if self._ts:
                self._messages.grow(text, channel=self._channel, ts=self._ts)
            else:
                begun = self._messages.begin(
                    text,
                    channel=self._channel,
                    thread=self._thread,
                    user=self._user,
                    look=self._look,
                )
                if not self._begun(begun):
                    return False
                self._ts = begun
        except SlackRefused as problem:  # Slack ends a stream after some minutes
            log.info("a stream died (%s); the message is updated instead", problem)
            self._missed = MISSES
            return False
        except SlackBusy as problem:
            log.info("a stream waits (%s)", problem)
            self._missed += 1
            return False
        self._missed = 0
        return True

    def close(self) -> None:
        """End the message, if it was begun; where that fails, its update ends it."""
        if not self._ts:
            return
        try:
            self._messages.stop(channel=self._channel, ts=self._ts, mark=self._mark)
        except (SlackBusy, SlackRefused) as problem:
            log.info("a stream could not be stopped (%s)", problem)
