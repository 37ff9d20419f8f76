"""A model server that fails is left alone for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ModelFailed
from bot.writing.breaker import Sparing, resting
from bot.writing.model import Message
from tests.fakes import ScriptedModel

SAID = (Message("user", "?"),)
SLOW = ModelFailed("m", "no answer within 30 seconds", "slow")


class Clock:
    """A clock that stands until it is moved."""

    now = 1_000.0

    def __call__(self) -> float:
        """Return the time it shows."""
        return self.now


def test_one_waits_and_the_next_are_told_at_once(tmp_path: Path) -> None:
    """After a failure the server is not asked again until the time is over."""
    clock, model = Clock(), ScriptedModel([SLOW, "good"])
    sparing = Sparing(model, tmp_path, now=clock)
    other = Sparing(model, tmp_path, now=clock)

    for one in (sparing, sparing, other):
        with pytest.raises(ModelFailed):
            one.complete(SAID)
    assert 1 == len(model.sent)
    rest = resting(tmp_path, now=clock)
    assert rest is not None
    assert (1_060.0, "no answer within 30 seconds") == (rest.until, rest.reason)

    clock.now = 1_061.0
    assert "good" == other.complete(SAID)
    assert resting(tmp_path, now=clock) is None
    assert "good" == sparing.complete(SAID)


def test_each_further_failure_doubles_the_rest(tmp_path: Path) -> None:
    """A server that stays away is asked more and more rarely."""
    clock = Clock()
    sparing = Sparing(ScriptedModel([SLOW]), tmp_path, now=clock)
    rests = []
    for _ in range(6):
        with pytest.raises(ModelFailed):
            sparing.complete(SAID)
        rest = resting(tmp_path, now=clock)
        assert rest is not None
        rests.append(rest.until - clock.now)
        clock.now = rest.until + 1

    assert [60, 120, 240, 480, 600, 600] == rests


def test_refused_request_says_nothing_of_the_server(tmp_path: Path) -> None:
    """A reply that cannot be read, or a spent budget, leaves the server in use."""
    sparing = Sparing(ScriptedModel([ModelFailed("m", "spent", "spent")]), tmp_path)

    with pytest.raises(ModelFailed, match="spent"):
        sparing.complete(SAID)

    assert resting(tmp_path) is None
