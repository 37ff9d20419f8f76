"""The small Slack refuses what Slack refuses: a fake that takes everything would prove nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bot.slack.web_api import SlackBusy, SlackRefused, WebApi
from tests import slack_server
from tests.slack_server import BOT_TOKEN, FakeSlack, Fault, Json

FORM: Json = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "t"},
    "submit": {"type": "plain_text", "text": "s"},
    "close": {"type": "plain_text", "text": "c"},
    "blocks": [{"type": "divider"}],
}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """Run an empty Slack."""
    with FakeSlack().running() as server:
        yield server


@pytest.fixture
def calls(slack: FakeSlack) -> WebApi:
    """Return Slack's methods as Tebiki calls them."""
    return WebApi(BOT_TOKEN, slack.api_url)


@pytest.mark.parametrize(
    "method,given,code",
    [
        ("chat.postMessage", {"channel": "C9", "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("users.info", {"user": "U1"}, "missing_scope"),
        ("assistant.threads.setStatus", {"channel_id": "D1", "thread_ts": "1"}, "missing_argument"),
        ("chat.update", {"channel": "C1", "ts": "1.0", "text": "x"}, "message_not_found"),
        ("views.open", {"trigger_id": "never", "view": FORM}, "exchanged_trigger_id"),
        ("no.such", {}, "unknown_method"),
    ],
)
def test_calls_that_slack_refuses(
    slack: FakeSlack, calls: WebApi, method: str, given: Json, code: str
) -> None:
    """Membership, scopes, arguments, messages and triggers are looked at."""
    slack.outside.add("C9")
    slack.scopes = slack.scopes.replace("users:read", "")

    with pytest.raises(SlackRefused, match=code):
        calls.once(method, given)


def test_trigger_opens_one_form_and_expires(
    slack: FakeSlack, calls: WebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, and not later than three seconds after the click."""
    slack.command("U1", "settings")
    (trigger,) = slack._triggers  # noqa: SLF001
    calls.once("views.open", {"trigger_id": trigger, "view": FORM})
    with pytest.raises(SlackRefused, match="exchanged"):
        calls.once("views.open", {"trigger_id": trigger, "view": FORM})

    monkeypatch.setattr(slack_server, "TRIGGER_S", -1.0)
    slack.command("U1", "settings")
    (late,) = slack._triggers  # noqa: SLF001
    with pytest.raises(SlackRefused, match="expired"):
        calls.once("views.open", {"trigger_id": late, "view": FORM})


def test_limit_holds_until_its_time_is_over(slack: FakeSlack) -> None:
    """A call during Retry-After is refused as well, whoever makes it."""
    faults = [Fault(429, retry_after=1)]
    slack.fault = lambda *_: faults.pop() if faults else None
    given = {"user": "U1"}

    for _ in range(2):
        with pytest.raises(SlackBusy):
            WebApi(BOT_TOKEN, slack.api_url).once("users.info", given)
    assert 1 == len(slack.limited)
    time.sleep(1.1)

    assert WebApi(BOT_TOKEN, slack.api_url).once("users.info", given)["user"]


def test_growing_message_takes_no_update(slack: FakeSlack, calls: WebApi) -> None:
    """Only what was ended can be replaced, and what was ended grows no more."""
    slack.messages["D1"] = []
    start = {"channel": "D1", "thread_ts": "1.0", "markdown_text": "あ"}
    ts = calls.once("chat.startStream", start)["ts"]
    update = {"channel": "D1", "ts": ts, "text": "い"}

    with pytest.raises(SlackRefused, match="streaming_state_conflict"):
        calls.once("chat.update", update)
    calls.once("chat.stopStream", {"channel": "D1", "ts": ts})
    calls.once("chat.update", update)
    with pytest.raises(SlackRefused, match="not_in_streaming_state"):
        calls.once("chat.appendStream", {"channel": "D1", "ts": ts, "markdown_text": "う"})
