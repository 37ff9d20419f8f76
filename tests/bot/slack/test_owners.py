"""Owners of documents hear in Slack of what readers found wrong, and of nothing that was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.ledger.audit import Deed
from bot.owners import Owners, doubted, named
from bot.slack import notices
from index.passages import Library
from tests.bot.ledger.test_approved import ONE
from tests.fakes import FakeLibrary
from tests.slack_colleague import HELD, TEXT, Scripted
from tests.slack_office import Office, acknowledged, opened, until
from tests.slack_server import Json


def owned(owner: str) -> Library:
    """Return the library whose document somebody answers for."""
    return FakeLibrary({replace(HELD, document=replace(HELD.document, owner=owner)): TEXT})


def owners_in(office: Office, owner: str, noted: list[tuple[Deed, Mapping[str, object]]]) -> Owners:
    """Return the owners of that library, told by way of an office's queue."""
    database = office.ledger.database
    return Owners(
        lambda: owned(owner),
        lambda deed, what, who, address: noted.append((deed, {**what, "who": who, "by": address})),
        partial(notices.tell, lambda: database),
    )


def rated_down(office: Office, said: Json) -> str:
    """Let the asker find an answer of no help; return its id."""
    name = str(said["metadata"]["event_payload"]["answer"])
    click = office.slack.click(
        "U1", "feedback", f"down|{name}", ts=said["ts"], kind="feedback_buttons"
    )
    acknowledged(office.slack, click)
    return name


def told(office: Office) -> list[tuple[str, str]]:
    """Return where something was told of answers that were rated down, and what."""
    return [
        (channel, json.dumps(message, ensure_ascii=False))
        for channel in list(office.slack.messages)
        for message in office.slack.ours(channel)
        if "と評価されました" in str(message)
    ]


@pytest.mark.parametrize("declined", [False, True], ids=["an answer", "what was declined"])
@pytest.mark.parametrize("owner", ["C0123ABCD", "U0123ABCD, jinji@example.lg.jp"])
def test_owner_is_told_once_of_an_answer_that_was_rated_down(
    tmp_path: Path, owner: str, *, declined: bool
) -> None:
    """In the channel or the direct messages that the catalog names, also by a second click."""
    noted: list[tuple[Deed, Mapping[str, object]]] = []
    with opened(tmp_path) as office:
        office.hire(Scripted(declined=declined), owners=owners_in(office, owner, noted))
        said = office.ask()

        name = rated_down(office, said)
        rated_down(office, said)
        until(lambda: len(noted) == 2)
        office.settled()

        until(lambda: told(office))
        office.settled()
        ((where, news),) = told(office)
        assert where == "C0123ABCD" if owner == "C0123ABCD" else where.startswith("D")
        assert name in news
        assert "休暇の手引き" in news
        assert "休暇は何日" not in news
    deed, what = noted[0]
    assert Deed.REPORTED == deed
    assert {
        "answer": name,
        "owner": owner,
        "documents": ["leave"],
        "by": "slack",
    }.items() <= what.items()
    assert what["who"] not in {"", "U1"}


def test_without_an_owner_nobody_is_told(tmp_path: Path) -> None:
    """The rating is kept as ever."""
    noted: list[tuple[Deed, Mapping[str, object]]] = []
    with opened(tmp_path) as office:
        office.hire(owners=owners_in(office, "", noted))
        name = rated_down(office, office.ask())
        until(lambda: office.slack.views)
        office.settled()

        assert [] == told(office)
        assert ["down"] == [each.rating for each in office.ledger.ratings(name)]
    assert [] == noted


def test_another_process_lets_slack_tell_an_owner(tmp_path: Path) -> None:
    """A refresh that took the ground from an approved answer leaves word in the queue, once."""
    with opened(tmp_path) as office:
        database = office.ledger.database
        for _ in range(2):
            notices.tell(
                lambda: database, "U0123ABCD", doubted(replace(ONE, doubt="leave@1 「20日」"))
            )
        office.hire()
        office.settled()

        (channel,) = [each for each in office.slack.messages if each.startswith("D")]
        (news,) = office.slack.ours(channel)
        assert "要確認" in json.dumps(news, ensure_ascii=False)
        assert ONE.question in json.dumps(news, ensure_ascii=False)


def test_names_that_slack_does_not_know_are_left_alone(tmp_path: Path) -> None:
    """A department's name, or a mail address, is nobody in Slack."""
    with opened(tmp_path) as office:
        database = office.ledger.database
        notices.tell(lambda: database, "人事課、jinji@example.lg.jp", "…")

        assert {} == office.queue.counts()


def test_several_owners_are_parted_by_commas_and_spaces() -> None:
    """Whatever a clerk types between them."""
    assert ["C0123ABCD", "jinji@a", "人事課"] == list(named("C0123ABCD, jinji@a、人事課 "))
