"""What Tebiki keeps to itself, how it follows changes, and in whose language it speaks."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from bot.errors import AnswerUnknown
from bot.ledger.ledger import open_ledger
from bot.slack.channels import ChannelSettings
from tests.slack_colleague import Scripted
from tests.slack_office import Office, acknowledged, buttons, until
from tests.slack_server import ME, FakeSlack, Fault, Json

LONG = Scripted(
    says=lambda _: "\n".join(f"- 第{n}の記載です。" for n in range(300)),
    suggestions=("繰越しは？",),
)


def mention(office: Office, channel: str, *, also: bool) -> str:
    """Let a mention arrive by app_mention first, and *also* as a message later; return its ts."""
    ts = office.slack.next_ts()
    message = {"type": "message", "user": "U1", "text": f"<@{ME}> 秘密は何日？", "ts": ts}
    office.slack.messages.setdefault(channel, []).append(message)
    office.slack.event({**message, "type": "app_mention", "channel": channel})
    until(lambda: office.slack.ours(channel))
    if also:
        kind = office.slack.kind(channel)
        office.slack.event({**message, "channel": channel, "channel_type": kind})
    office.settled()
    return ts


# Privacy.


@pytest.mark.parametrize("also", [True, False], ids=["both events", "the mention only"])
def test_mention_in_a_private_channel_is_in_no_report(office: Office, *, also: bool) -> None:
    """app_mention does not say that a channel is private, and its id may be like a public one's."""
    office.slack.private.add("C5")
    office.hire()

    mention(office, "C5", also=also)
    mention(office, "C6", also=also)

    assert 1 == len(office.ledger.entries())


def test_channel_that_cannot_be_asked_for_counts_as_private(office: Office) -> None:
    """Rather one question too few in the report than one too many."""
    office.slack.scopes = office.slack.scopes.replace("channels:read", "")
    office.hire()

    mention(office, "C6", also=False)

    assert [] == list(office.ledger.entries())


@pytest.mark.parametrize("channel,count", [("C1", 2), ("C5", 0), ("D1", 0)])
def test_button_in_a_private_place_is_in_no_report(
    office: Office, channel: str, count: int
) -> None:
    """A click is as private as the place it was made in."""
    office.slack.private.add("C5")
    office.hire(Scripted(suggestions=("繰越しは？",)))
    said = office.ask(channel=channel)

    office.slack.click(
        "U1", "ask:0", "繰越しは？", channel=channel, ts=said["ts"], thread=said["thread_ts"]
    )
    until(lambda: len(office.slack.ours(channel)) == 2)
    office.settled()

    assert count == len(office.ledger.entries())


def test_deleted_question_leaves_no_words_in_the_record(office: Office) -> None:
    """Neither of the question nor of the answer."""
    office.hire()
    said = office.ask()
    name = said["metadata"]["event_payload"]["answer"]
    assert "休暇は何日？" == office.ledger.answer(name).question.text

    office.slack.delete("C1", said["thread_ts"])
    until(lambda: not office.slack.ours())
    office.settled()

    with pytest.raises(AnswerUnknown):
        office.ledger.answer(name)
    assert [("", "")] == _kept(office)


@pytest.mark.parametrize("change", ["edit", "delete"])
def test_question_that_changes_while_it_is_answered_leaves_no_words_either(
    office: Office, change: str
) -> None:
    """An answer that was recorded after the change is erased, too."""
    office.hire(Scripted(takes_s=0.5))
    ts = office.slack.say("U1", f"<@{ME}> 休暇は何日？")
    until(lambda: office.answerer.asked)

    if change == "edit":
        office.slack.edit("C1", ts, f"<@{ME}> 手当はいくら？")
    else:
        office.slack.delete("C1", ts)
    office.settled()

    kept = [question for question, _ in _kept(office)]
    assert (["", "手当はいくら？"] if change == "edit" else [""]) == sorted(kept)


def _kept(office: Office) -> list[tuple[str, str]]:
    with office.ledger.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT question, text FROM answers").all()
    return [(row[0], row[1]) for row in rows]


# Changes.


def test_edit_that_arrives_before_its_question_is_the_question(office: Office) -> None:
    """Slack promises no order; the old words that come later are not answered."""
    office.hire()
    ts = office.slack.next_ts()
    said = {"type": "message", "user": "U1", "text": "休暇は何日？", "ts": ts}
    office.slack.messages["D1"] = [said]
    now = {
        **said,
        "text": "病気休暇は何日？",
        "edited": {"user": "U1", "ts": office.slack.next_ts()},
    }
    rest = {"channel": "D1", "channel_type": "im"}
    changed = {"type": "message", "subtype": "message_changed", "ts": "9.0", **rest}

    office.slack.event({**changed, "message": now, "previous_message": said})
    office.settled()
    office.slack.event({**said, **rest})
    office.settled()

    assert ["病気休暇は何日？"] == [question.text for question in office.answerer.asked]
    assert 1 == len(office.slack.ours("D1"))


def test_edit_that_adds_our_name_asks_us(office: Office) -> None:
    """Slack sends no app_mention for it; whoever forgot the name adds it."""
    office.hire()
    ts = office.slack.say("U1", "休暇は何日？")
    office.settled()

    office.slack.edit("C1", ts, f"<@{ME}> 休暇は何日？")
    until(lambda: office.slack.ours("C1", ts))


def test_limited_question_is_answered_when_it_is_edited_later(office: Office) -> None:
    """Too many now is not too many for ever."""
    office.hire(per_minute=1)
    office.ask()
    ts = office.slack.say("U1", f"<@{ME}> 二つ目は何日？")
    until(lambda: office.slack.ephemeral)
    office.settled()
    with office.ledger.database.write() as connection:
        connection.exec_driver_sql("UPDATE waiting SET arrived_at = arrived_at - 500")

    office.slack.edit("C1", ts, f"<@{ME}> 二つ目の休暇は何日？")
    until(lambda: office.slack.ours("C1", ts))
    office.settled()

    assert 1 == len(office.slack.ephemeral)
    assert "二つ目の休暇" in office.slack.ours("C1", ts)[0]["blocks"][0]["text"]


def test_deleted_question_takes_its_shared_answer_along(office: Office) -> None:
    """Where only the asker saw the answer and showed it to all, what all see goes, too."""
    office.queue.channels.choose("C1", ChannelSettings(ephemeral=True))
    office.hire()
    ts = office.slack.say("U1", f"<@{ME}> 休暇は何日？")
    until(lambda: office.slack.ephemeral)
    office.settled()
    value = buttons(office.slack.ephemeral[0])["share"]["value"]
    office.slack.click("U1", "share", value, ts="9.0", thread=ts, ephemeral=True)
    until(office.slack.ours)
    office.settled()

    office.slack.delete("C1", ts)

    until(lambda: not office.slack.ours())


def test_more_keeps_the_question_above_the_answer(office: Office) -> None:
    """An answer that began with its question does so when it is shown in full."""
    office.hire(LONG)
    said = office.ask()
    office.slack.click("U1", "ask:0", "繰越しは？", ts=said["ts"], thread=said["thread_ts"])
    until(lambda: len(office.slack.ours()) == 2)
    office.settled()
    short = office.slack.ours()[1]

    value = buttons(short)["more"]["value"]
    office.slack.click("U1", "more", value, ts=short["ts"], thread=short["thread_ts"])
    until(lambda: "第299の" in json.dumps(office.slack.ours()[1], ensure_ascii=False))

    whole = office.slack.ours()[1]
    assert "質問: 繰越しは？" == whole["blocks"][0]["elements"][0]["text"]
    assert short["metadata"] == whole["metadata"]


# Settings and forms.


def test_shortcut_in_an_ephemeral_channel_shows_its_answer_to_who_clicked(office: Office) -> None:
    """Each who asks sees it, nobody else, and it can be shared."""
    office.queue.channels.choose("C1", ChannelSettings(ephemeral=True))
    office.hire()
    ts = office.slack.say("U2", "年次休暇は何日でしたっけ")
    office.settled()

    for user in ("U1", "U3"):
        acknowledged(office.slack, office.slack.shortcut(user, "C1", ts))
    until(lambda: len(office.slack.responses) == 2)
    office.settled()

    assert [] == office.slack.ours()
    for response in office.slack.responses:
        assert "ephemeral" == response["response_type"]
        assert "share" in buttons(response)


def test_channel_whose_documents_are_all_gone_is_answered_from_all(office: Office) -> None:
    """And the answer says so; one that is still held is searched alone."""
    office.queue.channels.choose("C1", ChannelSettings(documents=("gone",)))
    office.queue.channels.choose("C2", ChannelSettings(documents=("gone", "leave")))
    office.hire()

    said = office.ask()
    office.ask(channel="C2")

    assert [(), ("leave",)] == [q.filters.documents for q in office.answerer.asked]
    assert "すべての文書から探しました" in json.dumps(said["blocks"], ensure_ascii=False)


def test_deleted_message_is_forgotten_by_those_who_pointed_at_it(office: Office) -> None:
    """What only one person was shown cannot be taken back; the record can."""
    office.queue.channels.choose("C1", ChannelSettings(ephemeral=True))
    office.hire()
    ts = office.slack.say("U2", "年次休暇は何日でしたっけ")
    office.settled()
    office.slack.shortcut("U1", "C1", ts)
    until(lambda: office.slack.responses)
    office.settled()
    assert ["年次休暇は何日でしたっけ"] == [question for question, _ in _kept(office)]

    office.slack.delete("C1", ts)

    until(lambda: _kept(office) == [("", "")])
    office.settled()


def test_settings_in_a_direct_message_are_acknowledged_before_slack_is_asked(
    office: Office,
) -> None:
    """Whose language it is may take Slack a while to say."""
    office.hire()
    gate = _gate(office.slack, "users.info")

    envelope = office.slack.command("U1", "settings", channel="D1")
    until(lambda: envelope.acknowledged)
    assert [] == office.slack.responses
    gate.set()

    until(lambda: office.slack.responses)
    assert "チャンネルの中で" in office.slack.responses[0]["blocks"][0]["text"]


def test_form_opens_before_slack_is_asked_and_then_changes_its_language(office: Office) -> None:
    """A trigger lives three seconds: the form comes first, in the language that is known."""
    office.slack.locales["U1"] = "en-GB"
    office.hire()
    gate = _gate(office.slack, "users.info")

    office.slack.command("U1", "settings")
    until(lambda: office.slack.views)
    assert "答え方の設定" == office.slack.views[0]["title"]["text"]
    gate.set()

    until(lambda: office.slack.views[0]["title"]["text"] == "How I answer here")


def test_form_opens_while_pages_are_drawn(office: Office) -> None:
    """However many pages are being drawn, a form does not wait for them."""
    colleague = office.hire()
    said = office.ask()
    gate = threading.Event()
    colleague._interactions._page_image = lambda *_: gate.wait(60) and b"png"  # type: ignore[assignment]  # noqa: SLF001
    value = buttons(said)["page:1"]["value"]
    for _ in range(6):
        office.slack.click("U1", "page:1", value, ts=said["ts"], thread=said["thread_ts"])

    office.slack.command("U1", "settings")
    until(lambda: office.slack.views)

    assert [] == office.slack.files
    gate.set()


def _gate(slack: FakeSlack, method: str) -> threading.Event:
    """Let a method wait until the gate is opened."""
    gate = threading.Event()

    def fault(called: str, _: Json) -> Fault | None:
        if called == method:
            gate.wait(60)
        return None

    slack.fault = fault
    return gate


# Languages.


def test_empty_mention_is_answered_in_the_askers_language(office: Office) -> None:
    """Where there are no words to tell it by, Slack knows."""
    office.slack.locales["U1"] = "en-GB"
    office.hire()

    said = office.ask(f"<@{ME}>")

    assert "I answer from the manuals" in said["blocks"][0]["text"]


def test_user_ids_stay_plain_where_that_is_configured(office: Office, tmp_path: Path) -> None:
    """An office that must know who asked says so, and the record holds the id."""
    colleague = office.assemble()
    plain = open_ledger(tmp_path, plain_ids=True)
    colleague._listeners._ledger = colleague._answering._ledger = plain  # noqa: SLF001
    colleague.connect()
    office.ask()
    with plain.database.read() as connection:
        askers = [row[0] for row in connection.exec_driver_sql("SELECT asker FROM answers")]
    plain.database.close()

    assert ["T0TOWN/U1"] == askers
