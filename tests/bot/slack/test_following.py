"""Those who chose to be told when an answer's sources change, in the small Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.slack import add_slack
from bot.answers import Question
from bot.ledger import database
from bot.ledger.database import Database
from bot.ledger.ledger import FILE
from bot.slack.app import Colleague
from bot.slack.followers import Follower, Followers
from bot.slack.following import Following
from tests.fakes import FakeLibrary, edition, edition_text
from tests.slack_colleague import HELD, LIBRARY, TEXT, Scripted
from tests.slack_office import Office, acknowledged, buttons, opened, until
from tests.slack_server import FakeSlack, Fault, Json

NEW = edition("leave", label="第4版", title="休暇の手引き", in_force_from=date(2026, 4, 2))
AFTER = edition_text("第4版で改めた。", "年次有給休暇は、一年につき25日とする。", labels=["", "1"])
REVISED = FakeLibrary({HELD: TEXT, NEW: AFTER}, id="g2")
AGAIN = replace(REVISED, id="g3")
FURTHER = FakeLibrary(
    {HELD: TEXT, NEW: edition_text("年次有給休暇は、一年につき30日とする。")}, id="g4"
)


class Town:
    """An office whose index a test replaces; every colleague looks at the same one."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.slack = office.slack
        self.library = LIBRARY

    def hire(self) -> Colleague:
        """Let one more colleague begin."""
        return self.office.hire(library=lambda: self.library)

    def direct(self) -> list[str]:
        """Return the direct messages there are."""
        return [channel for channel in self.slack.messages if channel.startswith("D")]

    def follow(self, user: str, said: Json, **where: object) -> None:
        """Let somebody choose to be told about an answer."""
        button = buttons(said)["follow"]
        before = len(self.slack.responses)
        acknowledged(
            self.slack,
            self.slack.click(user, "follow", button["value"], ts=said["ts"], **where),  # type: ignore[arg-type]
        )
        until(lambda: len(self.slack.responses) > before)

    def refresh(self, library: FakeLibrary) -> None:
        """Publish an index, and wait until every followed answer was compared with it."""
        self.library = library
        followers = Followers(self.office.ledger.database)
        until(lambda: not [f for f in followers.due(f"{library.id}@{date.today()}")])  # noqa: DTZ011, C416
        self.office.settled()

    def told(self, channel: str) -> list[str]:
        """Return the news that somebody got."""
        said = [json.dumps(m["blocks"], ensure_ascii=False) for m in self.slack.ours(channel)]
        return [text for text in said if "出典が改定され" in text]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Return an office with nobody in it."""
    with FakeSlack().running() as slack, ExitStack() as stack:
        yield Town(Office(slack, tmp_path, stack))


def test_who_chose_so_is_told_once_for_a_change_by_replicas(town: Town) -> None:
    """Three colleagues, two followers, two new indexes with the same change: one message each."""
    for _ in range(3):
        town.hire()
    said = town.office.ask()
    for user in ("U1", "U2"):
        town.follow(user, said)
    assert "あなたにだけお知らせします" in json.dumps(town.slack.responses, ensure_ascii=False)

    town.refresh(REVISED)
    town.refresh(AGAIN)

    opened = [each["users"] for each in town.slack.called("conversations.open")]
    assert ["U1", "U2"] == opened
    for channel in town.direct():
        (news,) = town.told(channel)
        assert "20日とする" in news
        assert "25日とする" in news
        assert "/view?document=leave&edition=%E7%AC%AC3%E7%89%88&page=1" in news
        assert "/view?document=leave&edition=%E7%AC%AC4%E7%89%88&page=2" in news
        assert "休暇は何日？" in news
    assert 2 == len(town.direct())
    assert [said["ts"]] == [m["ts"] for m in town.slack.ours("C1")]


@pytest.mark.parametrize("late", [REVISED, AGAIN], ids=["the same index", "the next one"])
def test_who_compared_second_tells_nothing(tmp_path: Path, late: FakeLibrary) -> None:
    """Two replicas read the list at the same moment, each before the other wrote."""
    with opened(tmp_path) as office:
        ledger, queue = office.ledger, office.queue
        answer = Scripted().answer(Question("休暇は何日？", "休暇は何日？"))
        ledger.keep(answer)
        Followers(ledger.database).follow(answer.id, "D1", "1.0")

        class Slow(Followers):
            """Another replica comes between reading the list and writing it."""

            def due(self, against: str) -> tuple[Follower, ...]:
                found = super().due(against)
                watching(Followers(ledger.database), REVISED).look()
                return found

        def watching(followers: Followers, library: FakeLibrary) -> Following:
            return Following(None, queue, ledger, followers, lambda: library)  # type: ignore[arg-type]

        watching(Slow(ledger.database), late).look()

        assert {"waiting": 1} == queue.counts()


def test_nobody_else_is_told(town: Town) -> None:
    """Who did not choose so hears nothing, and nothing is posted where the answer stands."""
    town.hire()
    town.office.ask()

    town.refresh(REVISED)

    assert [] == town.direct()
    assert 1 == len(town.slack.ours("C1"))


def test_a_private_answer_is_told_in_private(town: Town) -> None:
    """Asked and followed in direct messages, the news comes there, and nowhere else."""
    town.hire()
    said = town.office.ask("休暇は何日？", channel="D7")
    town.follow("U1", said, channel="D7", thread=said["thread_ts"])

    town.refresh(REVISED)

    places = {c for c in town.slack.messages if town.told(c)}
    assert 1 == len(places)
    assert all(place.startswith("D") for place in places)


def test_a_further_change_is_told_again_until_nobody_wants_to_know(town: Town) -> None:
    """25 days, then 30; after that the follower leaves."""
    town.hire()
    said = town.office.ask()
    town.follow("U1", said)
    town.refresh(REVISED)
    (channel,) = town.direct()

    town.refresh(FURTHER)
    assert [True, False] == ["25日" in news for news in town.told(channel)]
    (first, _) = town.slack.ours(channel)
    button = buttons(first)["unfollow"]
    acknowledged(
        town.slack,
        town.slack.click("U1", "unfollow", button["value"], channel=channel, ts=first["ts"]),
    )
    until(lambda: "お知らせしません" in json.dumps(town.slack.responses[-1], ensure_ascii=False))
    town.refresh(replace(REVISED, id="g5"))

    assert 2 == len(town.told(channel))


def test_the_question_can_be_asked_again_from_the_news(town: Town) -> None:
    """A click answers it from what holds now, under the news."""
    town.hire()
    said = town.office.ask()
    town.follow("U1", said)
    town.refresh(REVISED)
    (channel,) = town.direct()
    (news,) = town.slack.ours(channel)

    button = buttons(news)["ask:0"]
    acknowledged(
        town.slack, town.slack.click("U1", "ask:0", button["value"], channel=channel, ts=news["ts"])
    )
    town.office.settled()

    assert 1 == len([m for m in town.slack.ours(channel) if m.get("thread_ts") == news["ts"]])


def test_what_changed_while_nobody_was_there_is_told_at_the_start(town: Town) -> None:
    """The list is in the ledger."""
    colleague = town.hire()
    said = town.office.ask()
    town.follow("U1", said)
    colleague.close()
    town.library = REVISED

    town.hire()

    until(lambda: [c for c in town.slack.messages if town.told(c)])


def test_news_that_slack_took_without_saying_so_are_not_sent_twice(town: Town) -> None:
    """The reply was lost: what is there already is found by its metadata."""
    town.hire()
    said = town.office.ask()
    town.follow("U1", said)
    failed: list[str] = []

    def fault(method: str, arguments: Json) -> Fault | None:
        if (
            method == "chat.postMessage"
            and "改定" in json.dumps(arguments, ensure_ascii=False)
            and not failed
        ):
            failed.append(method)
            return Fault(500, after=True)
        return None

    town.slack.fault = fault
    town.refresh(REVISED)

    (channel,) = town.direct()
    assert (1, 1) == (len(failed), len(town.told(channel)))


def test_an_answer_that_was_taken_back_is_followed_no_more(town: Town) -> None:
    """Its question was deleted."""
    town.hire()
    ts = town.slack.say("U1", "<@U0TEBIKI> 休暇は何日？")
    until(lambda: town.slack.ours("C1", ts))
    town.office.settled()
    town.follow("U1", town.slack.ours("C1", ts)[0])
    town.office.ledger.withdraw(buttons(town.slack.ours("C1", ts)[0])["follow"]["value"])

    town.refresh(REVISED)

    assert [] == [c for c in town.slack.messages if town.told(c)]


def test_a_declined_answer_has_nothing_to_follow(town: Town) -> None:
    """There is no source that could change."""
    town.office.hire(Scripted(declined=True), library=lambda: town.library)

    assert "follow" not in buttons(town.office.ask())


def test_an_application_with_slack_watches_from_its_start(town: Town) -> None:
    """Also before Slack sends anything: the colleague starts and ends with the application."""
    colleague = town.hire()
    said = town.office.ask()
    town.follow("U1", said)
    colleague.close()
    town.library = REVISED
    app = FastAPI()
    add_slack(app, town.office.assemble(library=lambda: town.library))

    with TestClient(app):
        until(lambda: [c for c in town.slack.messages if town.told(c)])


def test_a_ledger_of_the_first_version_gets_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that were kept before can be followed afterwards."""
    path = tmp_path / FILE
    with monkeypatch.context() as earlier:
        earlier.setattr(database, "HEAD", "0001")
        from alembic import command

        real = command.upgrade
        earlier.setattr(command, "upgrade", lambda config, _head: real(config, "0001"))
        old = Database(path)
    assert not sa.inspect(old.engine).has_table("followers")
    old.close()

    new = Database(path)

    assert () == Followers(new).due("g1@2026-04-01")
    new.close()
