"""What differs between two workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.slack.following import LOOK_S


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs between two workspaces.

    *bot_token* (``xoxb-``) is always needed; *app_token* (``xapp-``) for Socket Mode;
    *signing_secret* for events over HTTP. *public_url* is where the web pages are, for links.
    *per_minute* bounds the questions of one person. *streaming*: answers are shown while they
    are written. *groups* are those whose documents a channel (``C…``) or, in direct messages, a
    user group (``S…``) sees.
    """

    bot_token: str
    app_token: str = ""
    signing_secret: str = ""
    public_url: str = ""
    api_url: str = "https://slack.com/api/"
    command: str = "/tebiki"
    per_minute: int = 10
    streaming: bool = False
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    threads: int = 4
    lease_s: float = 30.0
    look_s: float = LOOK_S
