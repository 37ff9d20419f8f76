"""What an event of Slack means to us: a question, a change of one, or nothing."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.asking.reading import read


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody said something. *thread* is where an answer goes: the thread, or a new one.

    *mentioned*: Tebiki is named. *others*: somebody else is named. *reply*: it stands in a
    thread. *direct*: only the two of us read it; *private*: not everybody may, or it is not known.
    """

    channel: str
    ts: str
    thread: str
    user: str
    text: str
    mentioned: bool
    others: bool
    reply: bool
    direct: bool
    private: bool

    @property
    def key(self) -> str:
        """The same for every event about this message."""
        return f"{self.channel}:{self.ts}"


@dataclass(frozen=True, slots=True)
class Edited:
    """Somebody changed the words of a message; *said* is how it stands now.

    *at* orders several edits. *soon*: it was written only minutes before.
    """

    said: Said
    at: str

    @property
    def soon(self) -> bool:
        """Whether Slack may be delivering the message itself still."""
        return float(self.at) - float(self.said.ts) < SOON_S


@dataclass(frozen=True, slots=True)
class Deleted:
    """Somebody deleted a message."""

    channel: str
    ts: str


Heard: TypeAlias = Said | Edited | Deleted | None

SOON_S = 15 * 60
"""Slack's last redelivery comes after some six minutes; an older message had its time."""

_SPOKEN = {None, "file_share", "thread_broadcast", "me_message"}


def understand(event: Mapping[str, Any], *, me: str) -> Heard:
    """Return what an `app_mention` or `message` event says, None when it does not concern us.

    What bots say is ignored, ourselves (*me*, our user id) included.
    """
    subtype = event.get("subtype")
    channel = str(event.get("channel", ""))
    if subtype == "message_deleted":
        before = event.get("previous_message") or {}
        return None if _is_bot(before, me) else Deleted(channel, str(event.get("deleted_ts")))
    if subtype == "message_changed":
        now, before = event.get("message") or {}, event.get("previous_message") or {}
        if now.get("subtype") == "tombstone":
            # So Slack reports the deletion of a message that has replies.
            return None if _is_bot(before, me) else Deleted(channel, str(now["ts"]))
        if _is_bot(now, me) or "edited" not in now or now.get("text") == before.get("text"):
            return None  # a preview was added to a link, say
        kind = event.get("channel_type")
        said = _said({**now, "channel": channel, "channel_type": kind}, me)
        return None if said is None else Edited(said, str(now["edited"]["ts"]))
    return _said(event, me)


def _said(event: Mapping[str, Any], me: str) -> Said | None:
    if event.get("subtype") not in _SPOKEN or _is_bot(event, me) or not event.get("user"):
        return None
    channel, text, ts = str(event.get("channel", "")), str(event.get("text", "")), str(event["ts"])
    # An app_mention does not say whether everybody may read the channel.
    kind = event.get("channel_type") or ("im" if channel.startswith("D") else "unknown")
    named = set(_PERSON.findall(text))
    return Said(
        channel=channel,
        ts=ts,
        thread=str(event.get("thread_ts") or ts),
        user=str(event["user"]),
        text=plain(text),
        mentioned=me in named or event.get("type") == "app_mention",
        others=bool(named - {me}),
        reply=event.get("thread_ts") not in {None, ts},
        direct=kind == "im",
        private=kind != "channel",
    )


def _is_bot(message: Mapping[str, Any], me: str) -> bool:
    return bool(message.get("bot_id")) or message.get("user") in {me, "USLACKBOT"}


_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_REFERENCE = re.compile(r"<(?:[#!][^>|]*|[^>|]+)\|([^>]*)>|<(https?://[^>|]+)>|<[@!#][^>]*>")
# An emoji's name holds a letter, so that 10:30:00 stays a time of day.
_EMOJI = re.compile(
    r"(?<![\w:]):(?=[\d+_-]{0,20}[a-z+])[a-z0-9_+'-]{1,60}:(?::skin-tone-[2-6]:)?(?!\d)"
)


def plain(text: str) -> str:
    """Return the words of a message: without mentions and emoji codes, links by their labels."""
    text = _EMOJI.sub(" ", _PERSON.sub("", text))
    text = _REFERENCE.sub(lambda found: found[1] or found[2] or "", text)
    return html.unescape(text).strip()


def looks_like_question(text: str) -> bool:
    """Whether a post that names nobody asks something."""
    return text.rstrip().endswith(("？", "?")) or (len(text) > 6 and bool(read(text).wanted))  # noqa: PLR2004 - shorter is chatter
