"""The self-check: it says what is missing, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.check import Finding, check, listed
from bot.slack.settings import Settings
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
    found = check(Settings(**tokens, api_url=slack.api_url))  # type: ignore[arg-type]
    return [each for each in found if each.fine is False]


def test_complete_installation_has_nothing_to_mend(slack: FakeSlack) -> None:
    """Everything is fine, the events to compare are named, private channels are not."""
    settings = Settings(
        BOT_TOKEN, APP_TOKEN, public_url="https://tebiki.example.lg.jp", api_url=slack.api_url
    )

    found = check(settings)

    assert [True] * 5 + [None] == [each.fine for each in found]
    assert "message.im" in found[-1].advice("ja")
    assert "2 channels: #総務 (1 of them private)" in found[3].what("en")
    for language in ("ja", "en"):
        said = " ".join(each.what(language) + each.advice(language) for each in found)
        assert "人事の秘密" not in said
        assert "https://tebiki.example.lg.jp" in said


def test_what_nobody_can_see_is_neither_right_nor_wrong(slack: FakeSlack) -> None:
    """Slack does not tell the events, and links are a choice: no tick, no cross."""
    found = check(Settings(BOT_TOKEN, APP_TOKEN, api_url=slack.api_url))

    assert ["no-links", "events"] == [each.name for each in found if each.fine is None]
    assert "TEBIKI_PUBLIC_URL" in found[-2].advice("ja")


def test_every_channel_is_counted(slack: FakeSlack) -> None:
    """Slack lists two hundred at a time."""
    slack.channels = [{"name": f"課{number}"} for number in range(450)]

    found = check(Settings(BOT_TOKEN, APP_TOKEN, api_url=slack.api_url))

    assert "450" in next(each for each in found if each.name == "channels").what("ja")


def test_findings_are_told_in_japanese_and_english() -> None:
    """Each in both languages, with the same blanks, and with advice in both or neither."""
    from string import Formatter

    from bot.slack.check import _SAID

    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for told in _SAID.values():
        for ja, en in zip(told["ja"], told["en"], strict=True):
            assert blanks(ja) == blanks(en)
            assert bool(ja) == bool(en)
        assert not told["ja"][0].isascii()
        assert told["en"][0].isascii()


def test_missing_scopes_are_named(slack: FakeSlack) -> None:
    """Those of the manifest that the token does not have."""
    slack.scopes = slack.scopes.replace("files:write", "").replace("commands", "")

    said = [each.what("en") for each in faults(slack)]

    assert ["scopes are missing: commands, files:write"] == said


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
    for language in ("ja", "en"):
        assert [True] == [advice in each.advice(language) for each in faults(slack, **change)]


def test_bot_in_no_channel_is_told_how_to_get_in(slack: FakeSlack) -> None:
    """The command that invites it is said."""
    slack.channels = []

    assert "/invite @tebiki" in faults(slack)[0].advice("ja")


def test_unreachable_slack_is_said(slack: FakeSlack) -> None:
    """A closed network is named as such."""
    found = check(Settings(BOT_TOKEN, APP_TOKEN, api_url="http://127.0.0.1:9/api/"))

    assert "cannot be reached" in found[0].what("en")
    assert "HTTPS_PROXY" in found[0].advice("ja")


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
