"""The self-check: it says what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.app import Settings
from bot.slack.check import Finding, check, listed
from tests.slack_server import APP_TOKEN, BOT_TOKEN, FakeSlack


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """Run a Slack in which everything is as it should be."""
    with FakeSlack().running() as server:
        server.scopes = ",".join(listed("bot"))
        server.channels = [{"name": "総務"}, {"name": "人事の秘密", "is_private": True}]
        yield server


def faults(slack: FakeSlack, **change: str) -> list[Finding]:
    """Return what is not fine, with tokens that fit unless changed."""
    tokens = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, **change}
    return [each for each in check(Settings(**tokens, api_url=slack.api_url)) if not each.fine]  # type: ignore[arg-type]


def test_complete_installation_has_nothing_to_mend(slack: FakeSlack) -> None:
    """Everything is fine, the events to compare are named, private channels are not."""
    found = check(Settings(BOT_TOKEN, APP_TOKEN, api_url=slack.api_url))

    assert all(each.fine for each in found)
    said = " ".join(each.what for each in found)
    assert "message.im" in said
    assert "#総務 and 1 private" in said
    assert "人事の秘密" not in said


def test_missing_scopes_are_named(slack: FakeSlack) -> None:
    """Those of the manifest that the token does not have."""
    slack.scopes = slack.scopes.replace("files:write", "").replace("commands", "")

    assert ["scopes are missing: commands, files:write"] == [each.what for each in faults(slack)]


@pytest.mark.parametrize(
    "change,advice",
    [
        ({"bot_token": "xoxb-other"}, "TEBIKI_SLACK_BOT_TOKEN"),
        ({"bot_token": ""}, "TEBIKI_SLACK_BOT_TOKEN"),
        ({"app_token": "xapp-other"}, "connections:write"),
        ({"app_token": ""}, "TEBIKI_SLACK_SIGNING_SECRET"),
    ],
    ids=["wrong bot token", "no bot token", "wrong app token", "no way in"],
)
def test_wrong_or_missing_tokens_say_what_to_set(
    slack: FakeSlack, change: dict[str, str], advice: str
) -> None:
    """Each fault carries its remedy."""
    assert [True] == [advice in each.advice for each in faults(slack, **change)]


def test_bot_in_no_channel_is_told_how_to_get_in(slack: FakeSlack) -> None:
    """The command that invites it is said."""
    slack.channels = []

    assert "/invite @tebiki" in faults(slack)[0].advice


def test_unreachable_slack_is_said(slack: FakeSlack) -> None:
    """A closed network is named as such."""
    found = check(Settings(BOT_TOKEN, APP_TOKEN, api_url="http://127.0.0.1:9/api/"))

    assert "cannot be reached" in found[0].what
    assert "HTTPS_PROXY" in found[0].advice


def test_manifest_lists_what_the_code_uses() -> None:
    """The events that are listened to and the scopes of the methods that are called."""
    assert {
        "app_home_opened",
        "app_mention",
        "message.channels",
        "message.groups",
        "message.im",
    } == set(listed("bot_events"))
    assert {"assistant:write", "chat:write", "commands", "files:write", "users:read"} < set(
        listed("bot")
    )
