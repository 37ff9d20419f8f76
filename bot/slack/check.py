"""What an installation in Slack lacks, found out by asking Slack."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.slack.settings import Settings

MANIFEST = Path(__file__).parent / "manifest.yaml"

_SAID: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "no-token": {
        "ja": (
            "ボットのトークンがありません",
            "TEBIKI_SLACK_BOT_TOKEN（xoxb- で始まるもの）を設定してください。",
        ),
        "en": ("no bot token", "Set TEBIKI_SLACK_BOT_TOKEN (it begins xoxb-)."),
    },
    "token-refused": {
        "ja": (
            "ボットのトークンが受け付けられません（{code}）",
            "「Bot User OAuth Token」を TEBIKI_SLACK_BOT_TOKEN に写し直してください。",
        ),
        "en": (
            "the bot token is refused ({code})",
            'Copy the "Bot User OAuth Token" anew into TEBIKI_SLACK_BOT_TOKEN.',
        ),
    },
    "unreachable": {
        "ja": (
            "Slack に届きません（{code}）",
            "slack.com へ出られるか確かめてください（プロキシ HTTPS_PROXY、ファイアウォール、名前解決）。",
        ),
        "en": (
            "Slack cannot be reached ({code})",
            "Check the way out to slack.com: proxy (HTTPS_PROXY), firewall, name service.",
        ),
    },
    "token": {
        "ja": ("ボットは {team} の {user} です", ""),
        "en": ("the bot token is {user} in {team}", ""),
    },
    "scopes-missing": {
        "ja": (
            "権限（scope）が足りません: {missing}",
            "「OAuth & Permissions」で加え、「Reinstall to Workspace」を押してください。",
        ),
        "en": (
            "scopes are missing: {missing}",
            'Add them under "OAuth & Permissions", then "Reinstall to Workspace".',
        ),
    },
    "scopes": {"ja": ("権限はそろっています", ""), "en": ("every scope is there", "")},
    "socket-refused": {
        "ja": (
            "Socket Mode が受け付けられません（{code}）",
            (
                "「App-Level Tokens」で connections:write のトークンを作り、TEBIKI_SLACK_APP_TOKEN に"
                "設定し、「Socket Mode」を有効にしてください。"
            ),
        ),
        "en": (
            "Socket Mode is refused ({code})",
            (
                'Make an "App-Level Token" with the scope connections:write, set it as '
                'TEBIKI_SLACK_APP_TOKEN, and switch "Socket Mode" on.'
            ),
        ),
    },
    "socket-unreachable": {
        "ja": (
            "Socket Mode に届きません（{code}）",
            "プロキシとファイアウォールを確かめてください。",
        ),
        "en": ("Socket Mode cannot be reached ({code})", "Check proxy and firewall."),
    },
    "socket": {"ja": ("Socket Mode でつながります", ""), "en": ("Socket Mode opens", "")},
    "http": {
        "ja": ("出来事は署名つきで /slack/events に届きます", ""),
        "en": ("events come to /slack/events, signed", ""),
    },
    "no-way-in": {
        "ja": (
            "出来事を受け取る口がありません",
            (
                "Socket Mode なら TEBIKI_SLACK_APP_TOKEN（xapp-）、HTTP なら "
                "TEBIKI_SLACK_SIGNING_SECRET を設定してください。"
            ),
        ),
        "en": (
            "no way for events to come in",
            (
                "Set TEBIKI_SLACK_APP_TOKEN (xapp-) for Socket Mode, or TEBIKI_SLACK_SIGNING_SECRET "
                "for events over HTTP."
            ),
        ),
    },
    "channels-unlisted": {
        "ja": (
            "チャンネルの一覧を取れません（{code}）",
            "channels:read と groups:read を加え、入れ直してください。",
        ),
        "en": (
            "channels cannot be listed ({code})",
            "Add channels:read and groups:read, then reinstall.",
        ),
    },
    "no-channel": {
        "ja": (
            "まだどのチャンネルにも参加していません",
            (
                "使うチャンネルで /invite @tebiki と入力してください。"
                "ダイレクトメッセージは招かなくても使えます。"
            ),
        ),
        "en": (
            "a member of no channel yet",
            "Type /invite @tebiki in a channel. Direct messages work without.",
        ),
    },
    "channels": {
        "ja": ("{count} 個のチャンネルに参加しています: {names}（うち非公開 {hidden}）", ""),
        "en": ("a member of {count} channels: {names} ({hidden} of them private)", ""),
    },
    "no-links": {
        "ja": (
            "引用のページへのリンクはつきません（TEBIKI_PUBLIC_URL がありません）",
            "職員のブラウザーから開ける tebiki serve の住所を TEBIKI_PUBLIC_URL に書くと、つきます。",
        ),
        "en": (
            "citations carry no links (TEBIKI_PUBLIC_URL is not set)",
            "Set TEBIKI_PUBLIC_URL to the address at which your staff reach tebiki serve.",
        ),
    },
    "links": {
        "ja": ("引用のページへのリンク: {address}", ""),
        "en": ("citations link to {address}", ""),
    },
    "events": {
        "ja": (
            "受け取る出来事は、Slack がボットに教えないため確かめられません",
            "アプリの画面の「Event Subscriptions」に、次の {count} つがあるか見比べてください: {events}",
        ),
        "en": (
            "Slack does not tell a bot which events it gets, so this is not checked",
            (
                'Compare with "Event Subscriptions" on the app\'s page; these {count} must be there: '
                "{events}"
            ),
        ),
    },
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; *fine* is None for what only a person can see or choose."""

    fine: bool | None
    name: str
    values: Mapping[str, object] = field(default_factory=dict)

    def what(self, language: str) -> str:
        """Return what was found, in "ja" or "en"."""
        return _SAID[self.name][language][0].format(**self.values)

    def advice(self, language: str) -> str:
        """Return what to do about it, "" for nothing."""
        return _SAID[self.name][language][1].format(**self.values)


def listed(name: str) -> tuple[str, ...]:
    """Return the entries under a key of the manifest (``bot`` for scopes, ``bot_events``)."""
    text = MANIFEST.read_text(encoding="utf-8")
    found = re.search(rf"^ *{name}:\n((?: +- .*\n)+)", text, re.MULTILINE)
    if found is None:
        message = f"{MANIFEST}: no list {name!r}"
        raise LookupError(message)
    return tuple(line.strip().removeprefix("- ") for line in found[1].splitlines())


TIMEOUT_S = 15


def check(settings: Settings, *, timeout_s: float = TIMEOUT_S) -> tuple[Finding, ...]:
    """Return what was found: tokens, scopes, connection, channels, links, events; in that order.

    Nothing is posted, and no answer of Slack's is waited for longer than *timeout_s*. Whether every event is subscribed only a person can see: Slack does not
    tell a bot, so that finding is the list to compare with.
    """
    patience = math.ceil(timeout_s)
    client = WebClient(settings.bot_token, base_url=settings.api_url, timeout=patience)
    found = [*_token(client), *_connection(settings, patience)]
    if found[0].fine:
        found.append(_channels(client))
    if settings.public_url:
        found.append(_finding("links", fine=True, address=settings.public_url))
    else:
        found.append(_finding("no-links", fine=None))
    events = listed("bot_events")
    found.append(_finding("events", fine=None, count=len(events), events=", ".join(events)))
    return tuple(found)


def _finding(name: str, *, fine: bool | None, **values: object) -> Finding:
    return Finding(fine, name, values)


def _token(client: WebClient) -> Sequence[Finding]:
    if not client.token:
        return [_finding("no-token", fine=False)]
    try:
        told = client.auth_test()
    except SlackApiError as problem:
        return [_finding("token-refused", fine=False, code=problem.response.get("error", ""))]
    except (SlackClientError, OSError) as problem:
        return [_finding("unreachable", fine=False, code=type(problem).__name__)]
    who = _finding("token", fine=True, user=told.get("user"), team=told.get("team"))
    headers = {name.lower(): value for name, value in told.headers.items()}
    held = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")}
    missing = [scope for scope in listed("bot") if scope not in held]
    if missing:
        return [who, _finding("scopes-missing", fine=False, missing=", ".join(missing))]
    return [who, _finding("scopes", fine=True)]


def _connection(settings: Settings, patience: int) -> Sequence[Finding]:
    if settings.app_token:
        client = WebClient(base_url=settings.api_url, timeout=patience)
        try:
            client.apps_connections_open(app_token=settings.app_token)
        except SlackApiError as problem:
            code = problem.response.get("error", "")
            return [_finding("socket-refused", fine=False, code=code)]
        except (SlackClientError, OSError) as problem:
            return [_finding("socket-unreachable", fine=False, code=type(problem).__name__)]
        return [_finding("socket", fine=True)]
    if settings.signing_secret:
        return [_finding("http", fine=True)]
    return [_finding("no-way-in", fine=False)]


def _channels(client: WebClient) -> Finding:
    try:
        found = list(_joined(client))
    except (SlackApiError, SlackClientError, OSError) as problem:
        code = problem.response.get("error", "") if isinstance(problem, SlackApiError) else ""
        return _finding("channels-unlisted", fine=False, code=code or type(problem).__name__)
    if not found:
        return _finding("no-channel", fine=False)
    # The names of private channels stay out of what is printed and may be passed on.
    public = [f"#{each['name']}" for each in found if not each.get("is_private")]
    names = ", ".join(public[:20]) + (" …" if len(public) > 20 else "")  # noqa: PLR2004 - a line
    hidden = len(found) - len(public)
    return _finding("channels", fine=True, count=len(found), names=names, hidden=hidden)


def _joined(client: WebClient) -> Iterator[dict[str, Any]]:
    """Yield every channel we are a member of, page by page."""
    cursor = ""
    while True:
        told = client.users_conversations(
            types="public_channel,private_channel", limit=200, cursor=cursor or None
        )
        yield from told.get("channels", [])
        cursor = str((told.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return
