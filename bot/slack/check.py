"""What an installation in Slack lacks, found out by asking Slack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.app import Settings

MANIFEST = Path(__file__).parent / "manifest.yaml"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. *advice* says what to do where it is not *fine*."""

    fine: bool
    what: str
    advice: str = ""


def listed(name: str) -> tuple[str, ...]:
    """Return the entries under a key of the manifest (``bot`` for scopes, ``bot_events``)."""
    text = MANIFEST.read_text(encoding="utf-8")
    found = re.search(rf"^ *{name}:\n((?: +- .*\n)+)", text, re.MULTILINE)
    if found is None:
        message = f"{MANIFEST}: no list {name!r}"
        raise LookupError(message)
    return tuple(line.strip().removeprefix("- ") for line in found[1].splitlines())


def check(settings: Settings) -> tuple[Finding, ...]:
    """Return what was found: tokens, scopes, connection, channels; in that order.

    Nothing is posted. Whether every event is subscribed only a person can see: Slack does not
    tell a bot, so that finding is the list to compare with.
    """
    client = WebClient(settings.bot_token, base_url=settings.api_url, timeout=15)
    found = [*_token(client), *_connection(settings)]
    if found[0].fine:
        found.extend(_channels(client))
    events = ", ".join(listed("bot_events"))
    found.append(
        Finding(
            fine=True,
            what=f"Slack does not tell a bot its events. They must be: {events}",
            advice='Compare with "Event Subscriptions" on the app\'s page.',
        )
    )
    return tuple(found)


def _token(client: WebClient) -> Sequence[Finding]:
    if not client.token:
        return [
            Finding(
                fine=False,
                what="no bot token",
                advice="Set TEBIKI_SLACK_BOT_TOKEN (it begins xoxb-).",
            )
        ]
    try:
        told = client.auth_test()
    except SlackApiError as problem:
        code = problem.response.get("error", "")
        advice = 'Copy the "Bot User OAuth Token" anew into TEBIKI_SLACK_BOT_TOKEN.'
        return [Finding(fine=False, what=f"the bot token is refused ({code})", advice=advice)]
    except (SlackClientError, OSError) as problem:
        what = f"Slack cannot be reached ({type(problem).__name__})"
        advice = "Check the way out to slack.com: proxy (HTTPS_PROXY), firewall, name service."
        return [Finding(fine=False, what=what, advice=advice)]
    who = f"the bot token is {told.get('user')} in {told.get('team')}"
    headers = {name.lower(): value for name, value in told.headers.items()}
    held = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")}
    missing = [scope for scope in listed("bot") if scope not in held]
    if missing:
        what = f"scopes are missing: {', '.join(missing)}"
        advice = 'Add them under "OAuth & Permissions", then "Reinstall to Workspace".'
        return [Finding(fine=True, what=who), Finding(fine=False, what=what, advice=advice)]
    return [Finding(fine=True, what=who), Finding(fine=True, what="every scope is there")]


def _connection(settings: Settings) -> Sequence[Finding]:
    if settings.app_token:
        client = WebClient(base_url=settings.api_url, timeout=15)
        try:
            client.apps_connections_open(app_token=settings.app_token)
        except SlackApiError as problem:
            code = problem.response.get("error", "")
            advice = (
                'Make an "App-Level Token" with the scope connections:write, set it as '
                'TEBIKI_SLACK_APP_TOKEN, and switch "Socket Mode" on.'
            )
            what = f"Socket Mode is refused ({code})"
            return [Finding(fine=False, what=what, advice=advice)]
        except (SlackClientError, OSError) as problem:
            what = f"Socket Mode cannot be reached ({type(problem).__name__})"
            return [Finding(fine=False, what=what, advice="Check proxy and firewall.")]
        return [Finding(fine=True, what="Socket Mode opens")]
    if settings.signing_secret:
        return [Finding(fine=True, what="events come to /slack/events, signed")]
    advice = (
        "Set TEBIKI_SLACK_APP_TOKEN (xapp-) for Socket Mode, or TEBIKI_SLACK_SIGNING_SECRET for "
        "events over HTTP."
    )
    return [Finding(fine=False, what="no way for events to come in", advice=advice)]


def _channels(client: WebClient) -> Sequence[Finding]:
    try:
        told = client.users_conversations(types="public_channel,private_channel", limit=200)
    except (SlackApiError, SlackClientError, OSError) as problem:
        code = problem.response.get("error", "") if isinstance(problem, SlackApiError) else ""
        what = f"channels cannot be listed ({code or type(problem).__name__})"
        advice = "Add channels:read and groups:read, then reinstall."
        return [Finding(fine=False, what=what, advice=advice)]
    found: list[dict[str, Any]] = told.get("channels", [])
    # The names of private channels stay out of what is printed and may be passed on.
    public = [f"#{each['name']}" for each in found if not each.get("is_private")]
    hidden = len(found) - len(public)
    if not found:
        advice = "Type /invite @tebiki in a channel. Direct messages work without."
        return [Finding(fine=False, what="a member of no channel yet", advice=advice)]
    names = ", ".join(public[:20]) + (f" and {hidden} private" if hidden else "")
    return [Finding(fine=True, what=f"a member of {len(found)} channels: {names}")]
