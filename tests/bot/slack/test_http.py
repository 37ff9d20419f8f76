"""Slack's requests over real HTTP, to the application that `tebiki serve` runs."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from api.access import Access
from api.app import create_app
from api.keys import Keys, Scope
from api.schemas.answers import WireAnswer
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.record import SentRecord
from bot.slack.queue import QuestionQueue
from tebiki import building
from tebiki import serving as serving_of
from tebiki.building import Parts, build
from tebiki.serving import web
from tebiki.settings import settings
from tests.served import serving
from tests.slack_colleague import LIBRARY
from tests.slack_office import Office, until
from tests.slack_server import BOT_TOKEN, SECRET, FakeSlack

QUESTION = {
    "type": "message",
    "user": "U1",
    "text": "休暇は何日？",
    "ts": "5.0",
    "channel": "D1",
    "channel_type": "im",
}
EVENT = json.dumps(FakeSlack.wrapped(QUESTION, "Ev1")).encode()


@contextmanager
def served(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, api_url: str = "", **tokens: str
) -> Iterator[str]:
    """Serve what `tebiki serve` would, with Slack's settings; the value is its address."""
    slack = building.slack_of
    monkeypatch.setattr(
        serving_of,
        "slack_of",
        lambda chosen: _at(slack(chosen), api_url or office.slack.api_url),
    )
    environment = {
        "TEBIKI_SLACK_BOT_TOKEN": BOT_TOKEN,
        "TEBIKI_SLACK_SIGNING_SECRET": SECRET,
        **tokens,
    }
    parts = build(settings(environment, home=office.home))
    app = web(Parts(parts.settings, parts.shelf, office.answerer, parts.record))
    with serving(app, lifespan=True) as address:
        yield address


def _at(settings: Any, api_url: str) -> Any:  # noqa: ANN401 - bot.slack.settings.Settings
    return replace(settings, api_url=api_url, lease_s=2.0)


def refused(
    slack: FakeSlack, address: str, body: bytes, *, secret: str = SECRET, at: float | None = None
) -> int:
    """Send a request that is not taken; return the status."""
    with pytest.raises(urllib.error.HTTPError) as raised:
        slack.signed(f"{address}/slack/events", body, secret=secret, at=at)
    raised.value.close()
    return raised.value.code


def test_signed_events_are_answered_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event, Slack's retry of it, and the challenge that proves the address."""
    challenge = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    with served(office, monkeypatch) as address:
        events = f"{address}/slack/events"
        assert (200, "abc") == _challenged(office.slack.signed(events, challenge))
        assert 200 == office.slack.signed(events, EVENT)[0]
        assert 200 == office.slack.signed(events, EVENT, retry=1)[0]
        until(lambda: office.slack.ours("D1"))
        office.settled()

    assert 1 == len(office.slack.ours("D1"))


def _challenged(reply: tuple[int, str]) -> tuple[int, str]:
    status, said = reply
    return status, json.loads(said)["challenge"] if said.startswith("{") else said


def test_command_comes_as_a_form_and_is_answered(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands are form-encoded; the answer goes to the address in them."""
    body = urlencode(
        {
            "command": "/tebiki",
            "text": "休暇は何日？",
            "user_id": "U1",
            "channel_id": "C1",
            "team_id": "T0TOWN",
            "trigger_id": "t",
            "response_url": f"{office.slack.web}/hooks/x",
        }
    ).encode()
    with served(office, monkeypatch) as address:
        kind = "application/x-www-form-urlencoded"
        assert 200 == office.slack.signed(f"{address}/slack/events", body, kind=kind)[0]
        until(lambda: office.slack.responses)

    assert "「休暇は何日？」の答え" in office.slack.responses[0]["blocks"][1]["text"]


def test_unsigned_and_old_requests_are_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another secret, and a signature of yesterday."""
    with served(office, monkeypatch) as address:
        assert 401 == refused(office.slack, address, EVENT, secret="another")  # noqa: S106 - none
        assert 401 == refused(office.slack, address, EVENT, at=1_000_000_000)

    assert {} == office.queue.counts()


def test_question_left_by_the_server_before_is_answered_without_a_request(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was acknowledged before a restart is answered after it, whether or not anybody writes."""
    dead = office.assemble()
    dead._workers.start = lambda: None  # type: ignore[method-assign]  # noqa: SLF001
    dead.connect()
    office.slack.say("U1", "休暇は何日？", channel="D1")
    until(lambda: all(e.acknowledged for e in office.slack.envelopes.values()))
    dead.close()

    with served(office, monkeypatch):
        until(lambda: office.slack.ours("D1"))


def test_server_starts_and_serves_without_slack(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The web pages need no Slack; an event is to be sent again until it is known who we are."""
    with served(office, monkeypatch, api_url="http://127.0.0.1:9/api/") as address:
        assert 503 == refused(office.slack, address, EVENT)

    assert {} == office.queue.counts()
    assert (tmp_path / "ledger.sqlite").exists()


def test_private_answer_is_open_to_an_admins_key_only(office: Office, tmp_path: Path) -> None:
    """Who may ask may read what was asked in public, and nothing of direct messages."""
    office.hire()
    public = office.ask()["metadata"]["event_payload"]["answer"]
    private = office.ask("休暇は何日？", channel="D1")["metadata"]["event_payload"]["answer"]
    keys = Keys(tmp_path / "keys.json")
    headers = {
        scope: {"Authorization": f"Bearer {keys.create(scope, scope)[1]}"}
        for scope in (Scope.ASK, Scope.ADMIN)
    }
    app = create_app(
        library=lambda: LIBRARY,
        answerer=office.answerer,
        page_file=lambda _: tmp_path,
        record=SentRecord(office.ledger, WireAnswer.model_validate, WireAnswer.of),
        access=Access(required=True, keys=keys),
    )

    def statuses(name: str) -> list[int]:
        with TestClient(app) as client:
            return [
                client.get(f"/v1/answers/{name}", headers=headers[scope]).status_code
                for scope in (Scope.ASK, Scope.ADMIN)
            ]

    assert [200, 200] == statuses(public)
    assert [404, 200] == statuses(private)


def test_event_that_cannot_be_written_down_is_503(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then Slack sends it again."""

    def full(*_: object, **__: object) -> bool:
        raise LedgerUnavailable("ledger", "disk full")

    with served(office, monkeypatch) as address:
        until(lambda: office.slack.called("auth.test"))
        monkeypatch.setattr(QuestionQueue, "take", full)
        assert 503 == refused(office.slack, address, EVENT)
