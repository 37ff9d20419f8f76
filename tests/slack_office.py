"""An office with Slack and Tebiki in it, for scenarios over real HTTP and a real websocket."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bot.ledger.ledger import Ledger, open_ledger
from bot.slack.app import Colleague
from bot.slack.queue import QuestionQueue
from tests.slack_colleague import Scripted, hire
from tests.slack_server import ME, Envelope, FakeSlack, Json


def until(holds: Callable[[], Any], *, within_s: float = 120.0) -> None:
    """Wait until something holds, and fail when it does not."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


class Office:
    """A small Slack with Tebiki in it."""

    def __init__(self, slack: FakeSlack, home: Path, stack: ExitStack) -> None:
        self.slack = slack
        self.home = home
        self.answerer = Scripted()
        self._stack = stack

    def hire(self, answerer: Scripted | None = None, **rest: Any) -> Colleague:  # noqa: ANN401
        """Let a colleague begin; it ends with the test."""
        self.answerer = answerer or self.answerer
        colleague = self.assemble(**rest)
        colleague.connect()
        return colleague

    def assemble(self, **rest: Any) -> Colleague:  # noqa: ANN401 - as hire takes it
        """Put a colleague together who waits for events over HTTP."""
        colleague = hire(self.home, self.slack.api_url, self.answerer, **rest)
        self._stack.callback(colleague._ledger.database.close)  # noqa: SLF001
        self._stack.callback(colleague.close)
        return colleague

    @property
    def ledger(self) -> Ledger:
        ledger = open_ledger(self.home)
        self._stack.callback(ledger.database.close)
        return ledger

    @property
    def queue(self) -> QuestionQueue:
        return QuestionQueue(self.ledger.database)

    def settled(self) -> None:
        """Wait until everything that was sent is acknowledged and nothing waits."""
        until(lambda: all(e.acknowledged for e in self.slack.envelopes.values()))
        queue = self.queue
        until(lambda: not {"waiting", "taken"} & set(queue.counts()))

    def ask(self, text: str = f"<@{ME}> 休暇は何日？", **rest: Any) -> Json:  # noqa: ANN401
        """Ask as U1 and return the answer's message."""
        ts = self.slack.say("U1", text, **rest)
        channel = rest.get("channel", "C1")
        thread = rest.get("thread") or ts
        count = len(self.slack.ours(channel, thread))
        until(lambda: len(self.slack.ours(channel, thread)) > count)
        self.settled()
        return self.slack.ours(channel, thread)[-1]


@contextmanager
def opened(home: Path) -> Iterator[Office]:
    """Open an empty office while the block runs."""
    with FakeSlack().running() as slack, ExitStack() as stack:
        yield Office(slack, home, stack)


def acknowledged(slack: FakeSlack, envelope: Envelope) -> None:
    """Wait for an acknowledgement, and see that each sending met Slack's three seconds."""
    until(lambda: envelope.acknowledged)
    assert max(slack.waits(envelope)) < 3.0


def parts(message: Json, kind: str) -> list[Json]:
    """Return a message's blocks of one type."""
    return [block for block in message["blocks"] if block["type"] == kind]


def buttons(message: Json) -> dict[str, Json]:
    """Return a message's buttons by action id."""
    return {e["action_id"]: e for block in parts(message, "actions") for e in block["elements"]}
