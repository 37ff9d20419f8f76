"""When something breaks: the asker learns of it, and nothing is answered twice or lost."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.answers import Delta, Event, Question
from bot.ledger.errors import LedgerUnavailable
from bot.ledger.ledger import Ledger
from bot.slack import app, workers
from bot.slack.delivery import Delivery
from tests.slack_colleague import Scripted, Streamed
from tests.slack_office import Office, acknowledged, buttons, until
from tests.slack_server import BOT, ME, FakeSlack, Fault, Json


def once(office: Office, method: str, fault: Fault) -> list[Fault]:
    """Let the next call of a method fail; the list is empty once it did."""
    faults = [fault]
    office.slack.fault = lambda called, _: faults.pop() if called == method and faults else None
    return faults


def told(office: Office) -> str:
    """Return what a click was told, once it is."""
    until(lambda: office.slack.responses)
    said = office.slack.responses[0]
    return str(said["text"] if not said.get("blocks") else said["blocks"][0]["text"])


# The asker learns of it.


def test_message_that_slack_refuses_becomes_a_plain_sentence(office: Office) -> None:
    """Blocks that Slack does not take leave a sentence with the answer's id in their place."""
    office.slack.fault = lambda method, given: (
        Fault(200, error="invalid_blocks")
        if method == "chat.postMessage" and given.get("blocks")
        else None
    )
    office.hire()

    said = office.ask()

    payload = said["metadata"]["event_payload"]
    assert payload["answer"] in said["text"]
    assert f"C1:{said['thread_ts']}" == payload["question"]
    assert 1 == len(office.slack.ours())
    assert {"failed": 1} == office.queue.counts()


def test_bug_that_stays_becomes_a_plain_sentence(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last try the asker is told, instead of waiting for ever."""
    monkeypatch.setattr(workers, "MOST_BUGS", 0)
    post = Delivery.post

    def broken(self: Delivery, work: Any, rendered: Any, mark: Any, **rest: Any) -> str:  # noqa: ANN401
        if rendered.blocks:
            raise RuntimeError("a bug")
        return post(self, work, rendered, mark, **rest)

    monkeypatch.setattr(Delivery, "post", broken)
    office.hire()

    said = office.ask()

    assert said["metadata"]["event_payload"]["answer"] in said["text"]
    assert {"failed": 1} == office.queue.counts()


def test_connection_that_does_not_end_holds_nothing_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack's client may wait for itself; we finish without it."""
    monkeypatch.setattr(app, "LEAVE_S", 0.1)
    never = threading.Event()
    colleague = office.assemble()
    colleague._socket = SimpleNamespace(client=SimpleNamespace(close=never.wait))  # type: ignore[assignment]  # noqa: SLF001

    closing = threading.Thread(target=colleague.close, daemon=True)
    closing.start()
    closing.join(30)

    assert not closing.is_alive()
    never.set()


def test_shortcut_where_we_are_not_says_how_to_invite_us(office: Office) -> None:
    """The clicker learns it; the channel sees nothing."""
    office.slack.outside.add("C7")
    office.hire()
    ts = office.slack.say("U2", "年次休暇は何日でしたっけ", channel="C7")

    acknowledged(office.slack, office.slack.shortcut("U1", "C7", ts))

    assert "/invite @tebiki" in told(office)
    assert [] == office.slack.ours("C7")


def test_share_where_we_are_not_says_how_to_invite_us(office: Office) -> None:
    """The command works everywhere; showing its answer to a channel does not."""
    office.slack.outside.add("C7")
    office.hire()
    office.slack.command("U1", "休暇は何日？", channel="C7")
    until(lambda: office.slack.responses)
    value = buttons(office.slack.responses.pop())["share"]["value"]

    office.slack.click("U1", "share", value, channel="C7", ts="9.0", ephemeral=True)

    assert "/invite @tebiki" in told(office)


def test_shortcut_on_a_bots_message_says_what_to_choose(office: Office) -> None:
    """Nothing happens in silence."""
    office.hire()
    office.slack.messages["C1"] = [
        {"type": "message", "user": ME, "bot_id": BOT, "ts": "5.0", "text": "答え"}
    ]

    office.slack.shortcut("U1", "C1", "5.0")

    assert "人が文字で書いた質問" in told(office)


@pytest.mark.parametrize("scope", ["files:write", "channels:history"])
def test_page_that_cannot_be_uploaded_is_told_with_the_answers_id(
    office: Office, scope: str
) -> None:
    """A click whose interaction fails is answered with the number under which the log has it."""
    office.hire()
    said = office.ask()
    name = said["metadata"]["event_payload"]["answer"]
    office.slack.scopes = office.slack.scopes.replace(scope, "")
    if scope != "files:write":
        once(office, "files.completeUploadExternal", Fault(200, error="internal_error"))

    value = buttons(said)["page:1"]["value"]
    office.slack.click("U1", "page:1", value, ts=said["ts"], thread=said["thread_ts"])

    if scope == "files:write":
        assert name in told(office)
    else:  # nobody can look whether it is there, and the same file is not shown twice
        until(lambda: office.slack.files)
        assert 1 == len(office.slack.files)


def test_error_names_the_answer_that_the_message_and_the_log_name(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """One number: in the sentence, in the metadata, in the log."""
    office.hire(Scripted(problem=RuntimeError("x")))

    said = office.ask()

    name = said["metadata"]["event_payload"]["answer"]
    assert f"受付番号 {name} " in said["blocks"][0]["text"]
    assert any(name in record.getMessage() for record in caplog.records)


# Exactly once.


def test_picture_is_uploaded_once_though_the_reply_is_lost(office: Office) -> None:
    """A 500 after the picture is there uploads no second one."""
    colleague = office.hire()
    said = office.ask()
    faults = once(office, "files.completeUploadExternal", Fault(500, after=True))

    value = buttons(said)["page:1"]["value"]
    office.slack.click("U1", "page:1", value, ts=said["ts"], thread=said["thread_ts"])
    until(lambda: not faults)
    colleague.close()  # when all interactions are done

    assert 1 == len(office.slack.files)


def test_answer_is_not_posted_again_where_the_thread_may_not_be_read(office: Office) -> None:
    """When nobody can know whether it is there, a sentence follows instead of a second answer."""
    office.slack.scopes = office.slack.scopes.replace("channels:history", "")
    once(office, "chat.postMessage", Fault(500, after=True))
    office.hire()

    office.slack.say("U1", f"<@{ME}> 休暇は何日？")
    until(lambda: office.queue.counts() == {"failed": 1})

    answer, sentence = office.slack.ours()
    assert "「休暇は何日？」の答え" in answer["blocks"][0]["text"]
    assert "受付番号" in sentence["text"]


def test_old_question_that_is_edited_meets_a_limit_and_is_answered(office: Office) -> None:
    """Patience counts from the edit, not from the day the question was asked."""
    office.hire()
    said = office.ask()
    with office.ledger.database.write() as connection:
        connection.exec_driver_sql("UPDATE waiting SET arrived_at = arrived_at - 20000")
    faults = once(office, "chat.update", Fault(200, error="service_unavailable"))
    office.slack.edit("C1", said["thread_ts"], f"<@{ME}> 病気休暇は何日？")
    until(lambda: not faults)

    until(lambda: "病気休暇" in office.slack.message("C1", said["ts"])["blocks"][0]["text"])
    office.settled()

    assert {"done": 1} == office.queue.counts()


def test_question_is_answered_after_the_ledger_failed_for_a_moment(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process lives on, and the question it dropped is taken up when its lease ends."""
    failures = [1]
    keep = Ledger.keep

    def failing(self: Ledger, *args: Any, **rest: Any) -> None:  # noqa: ANN401
        if failures:
            failures.pop()
            raise LedgerUnavailable("ledger", "disk full")
        keep(self, *args, **rest)

    monkeypatch.setattr(Ledger, "keep", failing)
    office.hire(lease_s=1.0)

    office.ask()

    assert not failures
    assert 1 == len(office.slack.ours())


# Streams.


class Dying(Streamed):
    """A model that breaks off."""

    def stream(self, question: Question) -> Iterator[Event]:
        yield Delta("裏付けのない文" * 60)
        raise RuntimeError("the model died")


def test_model_that_dies_while_it_speaks_leaves_one_sentence(office: Office) -> None:
    """What it had said is replaced, in the same message."""
    office.hire(Dying(), streaming=True)

    said = office.ask()

    assert office.slack.called("chat.startStream")
    assert 1 == len(office.slack.ours())
    assert "受付番号" in said["blocks"][0]["text"]


def test_stream_whose_beginning_got_no_reply_is_adopted(office: Office) -> None:
    """The message is there: it is found in the thread, and no second one is begun."""
    once(office, "chat.startStream", Fault(500, after=True))
    office.hire(Streamed(pieces=("あ" * 300, "い" * 300)), streaming=True)

    said = office.ask()

    assert 1 == len(office.slack.ours())
    assert "「休暇は何日？」の答え[1]" == said["blocks"][0]["text"]


@pytest.mark.parametrize("late", [False, True], ids=["heard of", "not heard of yet"])
def test_stream_of_another_question_is_not_adopted(
    office: Office, monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    """Two questions in one thread: each keeps its own message, also when one is not begun.

    The second finds the message of the first in the thread, even (*late*) before the first has
    heard from Slack that it is there.
    """
    there, heard, went_on = threading.Event(), threading.Event(), threading.Event()
    count = itertools.count(1)
    carry_out = office.slack.carry_out

    def second(method: str, _: Json) -> Fault | None:
        if method == "chat.appendStream":
            heard.set()
            went_on.set()
        elif method == "chat.startStream" and (at := next(count)) > 1:
            if at > 2:
                went_on.set()
            (there if late else heard).wait(10)
            return Fault(500) if at == 2 else None
        return None

    def slowly(method: str, given: Json, token: str) -> tuple[int, Json, Mapping[str, str]]:
        reply = carry_out(method, given, token)
        if method == "chat.startStream" and not there.is_set():
            there.set()
            if late:
                went_on.wait(10)
        return reply

    office.slack.fault = second
    monkeypatch.setattr(office.slack, "carry_out", slowly)
    pieces = ("あ" * 300, "い" * 300)
    office.hire(Streamed(pieces=pieces, between=lambda at: time.sleep(at / 2)), streaming=True)
    first = office.slack.next_ts()
    office.slack.messages["D1"] = [{"type": "message", "user": "U2", "text": "続き", "ts": first}]
    for text in ("一つ目は何日？", "二つ目は何日？"):
        office.slack.say("U1", text, channel="D1", thread=first)
    until(lambda: sum(office.queue.counts().values()) == 2)
    office.settled()

    said = [m["blocks"][0]["text"] for m in office.slack.ours("D1")]
    assert ["「一つ目は何日？」の答え[1]", "「二つ目は何日？」の答え[1]"] == sorted(said)


@pytest.mark.parametrize(
    "fault", [Fault(500), Fault(200, error="invalid_arguments")], ids=["busy", "refused"]
)
def test_stream_that_is_not_ended_at_first_is_ended_before_its_update(
    office: Office, fault: Fault
) -> None:
    """Slack takes no update of a message that is still growing."""
    faults = once(office, "chat.stopStream", fault)
    office.hire(Streamed(pieces=("あ" * 300,)), streaming=True)

    said = office.ask()

    assert not faults
    assert 1 == len(office.slack.ours())
    assert "「休暇は何日？」の答え[1]" == said["blocks"][0]["text"]


def test_stream_leaves_slack_alone_while_it_must(office: Office) -> None:
    """After a 429 no piece is sent until Retry-After has passed, and the model is not held up."""
    faults = once(office, "chat.appendStream", Fault(429, retry_after=20))
    office.hire(Streamed(pieces=("あ" * 300,) * 6), streaming=True)

    office.ask()

    assert not faults
    assert [] == office.slack.limited
    assert [] == office.slack.called("chat.appendStream")


def test_stream_shows_no_mention_or_link_that_comes_in_two_pieces(office: Office) -> None:
    """What is harmless piece by piece must be so when put together."""
    pieces = ("あ" * 250 + "<", "!channel> " + "い" * 250 + "]", "(https://evil.example) " * 20)
    office.hire(Streamed(pieces=pieces), streaming=True)

    office.ask()

    shown = "".join(
        each["markdown_text"]
        for method in ("chat.startStream", "chat.appendStream")
        for each in office.slack.called(method)
    )
    assert "channel>" in shown
    assert "<!channel>" not in shown.replace("\\<", "")
    assert "](" not in shown


def test_status_is_shown_before_a_stream_begins(office: Office) -> None:
    """A model takes its time until the first word."""
    office.hire(Streamed(pieces=("あ" * 300,)), streaming=True)

    office.ask("休暇は何日？", channel="D1")

    assert ["D1"] == [status["channel_id"] for status in office.slack.statuses]
    assert 1 < len(office.slack.statuses[0]["loading_messages"]) <= 10


def test_answer_is_there_once_after_a_kill_during_its_stream(office: Office) -> None:
    """The next process finds the message that the dead one began, and finishes it."""
    slack, home = office.slack, office.home
    with _process(home, slack) as first:
        until(lambda: slack.opened == 1 and slack._connections, within_s=60)  # noqa: SLF001
        ts = slack.say("U1", f"<@{ME}> 休暇は何日？")
        until(lambda: slack.called("chat.appendStream"), within_s=60)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert 1 == len(slack.ours("C1", ts))
    with office.ledger.database.write() as connection:  # died before it could note where
        connection.exec_driver_sql("UPDATE waiting SET posted = ''")
    with _process(home, slack):
        until(lambda: office.queue.counts() == {"done": 1}, within_s=60)

    assert 1 == len(slack.called("chat.startStream"))
    assert ["「休暇は何日？」の答え[1]"] == [m["blocks"][0]["text"] for m in slack.ours("C1", ts)]


class _process:  # noqa: N801 - reads as a verb in a with statement
    """A colleague that streams, in a process of its own."""

    def __init__(self, home: Path, slack: FakeSlack) -> None:
        names = ("SLACK_", "TEBIKI_")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(names)}
        command = [sys.executable, "-m", "tests.slack_colleague", str(home), slack.api_url]
        self._running = subprocess.Popen(
            [*command, "stream"],
            cwd=Path(__file__).parents[3],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._running

    def __exit__(self, *_: object) -> None:
        self._running.kill()
        self._running.wait()
