"""What owners of documents are told in Slack: written into the queue, by whichever process knows it."""

from __future__ import annotations

import hashlib
import re
import time
from typing import TYPE_CHECKING

from bot.owners import named
from bot.slack import blocks
from bot.slack.queue import QuestionQueue, Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.ledger.database import Database
    from bot.slack.blocks import Rendered
    from bot.slack.web_api import WebApi

KIND = "notice"
"""How the queue names the work of telling an owner."""

_PERSON = re.compile(r"[UW][A-Z0-9]{8,20}\Z")
_PLACE = re.compile(r"[CDG][A-Z0-9]{8,20}\Z")


def tell(database: Callable[[], Database], owner: str, text: str) -> None:
    """Let Slack tell an owner who is named by the id of a member or channel; each text once.

    Raises:
        LedgerUnavailable: it could not be written down.
    """
    for place in named(owner):
        if _PERSON.match(place) or _PLACE.match(place):
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
            key, at = f"{KIND}:{place}:{digest[:16]}", f"{time.time():.6f}"
            work = Work(key, KIND, place, "", at, private=True, text=text)
            QuestionQueue(database()).take(work)


def rendered(work: Work) -> Rendered:
    """Return the message for an owner."""
    return blocks.sentence(work.text)


def place_of(calls: WebApi, channel: str) -> str:
    """Return where a channel or person is written to: for a person, the direct messages with them.

    Raises:
        SlackBusy, SlackRefused: Slack does not say.
    """
    if not _PERSON.match(channel):
        return channel
    return str(calls.call("conversations.open", {"users": channel})["channel"]["id"])
