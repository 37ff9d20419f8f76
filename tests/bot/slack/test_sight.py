"""Whose documents are seen in Slack: the channel's, and in direct messages the person's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.slack.channels import ChannelSettings
from bot.slack.sight import Sight
from bot.slack.views import settings_modal
from bot.slack.web_api import WebApi
from tests.fakes import edition
from tests.slack_server import BOT_TOKEN, FakeSlack

BOUND = {"C1": ("人事課",), "S1": ("総務課", "秘書課"), "S2": ("人事課",)}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    """A workspace with one user group."""
    with FakeSlack().running() as server:
        server.scopes += ",usergroups:read"
        server.usergroups["S1"] = ["U1", "U2"]
        yield server


def sight_of(slack: FakeSlack) -> Sight:
    """Return what decides over that workspace."""
    return Sight(WebApi(BOT_TOKEN, f"{slack.web}/api/"), BOUND)


def test_channel_counts_whoever_asks_there(slack: FakeSlack) -> None:
    """Others read what is answered, so that the asker's own groups open nothing."""
    sight = sight_of(slack)

    assert frozenset({"人事課"}) == sight.of("C1", "U9")
    assert frozenset() == sight.of("C2", "U1")


def test_user_groups_count_in_direct_messages(slack: FakeSlack) -> None:
    """And on the home tab; a user group that Slack does not tell of has nobody."""
    sight = sight_of(slack)

    assert frozenset({"総務課", "秘書課"}) == sight.of("D7", "U1")
    assert frozenset({"総務課", "秘書課"}) == sight.of("", "U2")
    assert frozenset() == sight.of("D7", "U3")
    assert frozenset() == sight.of("D7")


def test_missing_scope_opens_nothing(slack: FakeSlack) -> None:
    """An app that may not read user groups takes them for empty, and does not ask each time."""
    slack.scopes = slack.scopes.replace("usergroups:read", "")
    sight = sight_of(slack)

    assert [frozenset()] * 2 == [sight.of("D7", "U1") for _ in range(2)]
    assert 2 == len([each for each in slack.calls if each.method == "usergroups.users.list"])


def test_folders_can_be_chosen_for_a_channel() -> None:
    """Before the documents, with what lies below each."""
    held = replace(edition("rules"), path="人事/給与/rules.pdf")

    view = settings_modal(
        "ja", channel="C1", chosen=ChannelSettings(documents=("人事/",)), editions=[held]
    )

    menu = next(block for block in view["blocks"] if block.get("block_id") == "documents")[
        "element"
    ]
    assert ["人事/", "人事/給与/", "rules"] == [one["value"] for one in menu["options"]]
    assert ["人事/"] == [one["value"] for one in menu["initial_options"]]
