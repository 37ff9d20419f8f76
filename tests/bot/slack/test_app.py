"""Tebiki as a colleague: what people do in Slack, and what is called in return.

Over real HTTP and a real websocket, against the small Slack of slack_server.py.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.errors import AnswerUnknown
from bot.slack import web_api
from bot.slack.channels import ChannelSettings
from bot.slack.queue import QuestionQueue
from index.errors import IndexMissing
from index.passages import Library
from tests.slack_colleague import Scripted, Streamed
from tests.slack_office import (
    Office,
    acknowledged,
    buttons,
    parts,
    until,
)
from tests.slack_server import BOT, ME, FakeSlack, Fault

# Being asked.


def test_mention_is_answered_in_its_thread(office: Office) -> None:
    """The mention is not part of the question; the answer hangs under it."""
    office.hire()

    said = office.ask()

    assert ["休暇は何日？"] == [question.text for question in office.answerer.asked]
    assert "「休暇は何日？」の答え[1]" == said["blocks"][0]["text"]
    assert 1 == len(office.slack.ours())


def test_mention_that_arrives_by_two_events_twice_is_answered_once(office: Office) -> None:
    """A mention comes as app_mention and as message, and each may come again."""
    office.hire()

    office.slack.say("U1", f"<@{ME}> 休暇は何日？", times=3)
    office.settled()

    assert 6 == len(office.slack.envelopes)
    assert 1 == len(office.answerer.asked)
    assert 1 == len(office.slack.ours())


def test_direct_message_is_answered_without_a_mention(office: Office) -> None:
    """In a direct message everything is meant for us, and the status says that we are at work."""
    office.hire()

    office.ask("休暇は何日？", channel="D1")

    assert ["D1"] == [status["channel_id"] for status in office.slack.statuses]
    assert "休暇は何日？" == office.answerer.asked[0].text


@pytest.mark.parametrize(
    "text",
    ["みなさん、お疲れさまです", "休暇は何日ですか？", f"<@U2> <{'https://a.example'}|資料>です？"],
)
def test_channel_post_without_a_mention_is_left_alone(office: Office, text: str) -> None:
    """Where nobody set it otherwise, only a mention counts."""
    office.hire()

    office.slack.say("U1", text)
    office.settled()

    assert [] == office.answerer.asked
    assert [] == office.slack.ours()


def test_automatic_channel_answers_questions_and_no_chatter(office: Office) -> None:
    """With the channel's setting, a post that asks something is answered, one to a person not."""
    office.queue.channels.choose("C1", ChannelSettings(automatic=True))
    office.hire()

    office.slack.say("U1", "お疲れさまです")
    office.slack.say("U1", "<@U2> さん、休暇は何日でしたか？")
    office.ask("年次休暇は何日ありますか")

    assert ["年次休暇は何日ありますか"] == [question.text for question in office.answerer.asked]


def test_thread_goes_on_with_its_earlier_turns(office: Office) -> None:
    """The asker needs no second mention, and the first turn is known to the second question."""
    office.hire()
    first = office.ask()

    office.ask("それは繰り越せますか", thread=first["thread_ts"])

    later = office.answerer.asked[1]
    assert "それは繰り越せますか" == later.text
    assert ["休暇は何日？"] == [turn.question for turn in later.history]
    assert office.answerer.asked[0].conversation == later.conversation


def test_people_who_talk_to_each_other_in_a_thread_are_left_alone(office: Office) -> None:
    """Once somebody else has spoken, only a mention brings us back."""
    office.hire()
    thread = office.ask()["thread_ts"]

    office.slack.say("U2", "それはどこに書いてありますか？", thread=thread)
    office.settled()
    office.slack.say("U1", "3ページですよ？", thread=thread)
    office.settled()
    assert 1 == len(office.answerer.asked)

    office.ask(f"<@{ME}> 繰越しは？", thread=thread)
    assert "繰越しは？" == office.answerer.asked[-1].text


def test_bots_and_ourselves_are_ignored(office: Office) -> None:
    """A bot that mentions us, and our own messages, start nothing."""
    office.hire()
    base = {"type": "message", "channel": "D1", "channel_type": "im", "text": "休暇は？"}

    office.slack.event({**base, "ts": "1.0", "user": "U9", "bot_id": "B9"})
    office.slack.event({**base, "ts": "2.0", "user": ME})
    office.slack.event({**base, "ts": "3.0", "subtype": "bot_message", "bot_id": BOT})
    office.slack.event({**base, "ts": "4.0", "subtype": "channel_join", "user": "U1"})
    office.settled()

    assert [] == office.answerer.asked


def test_empty_mention_is_answered_with_help(office: Office) -> None:
    """Who only says our name learns what we can do."""
    office.hire()

    said = office.ask(f"<@{ME}>")

    assert "/tebiki" in said["blocks"][0]["text"]
    assert [] == office.answerer.asked


def test_question_that_is_too_long_gets_a_sentence(office: Office) -> None:
    """A pasted document is declined in words."""
    office.hire()

    said = office.ask(f"<@{ME}> " + "長" * 3_000)

    assert "2,000文字まで" in said["blocks"][0]["text"]


def test_personal_data_is_masked_before_it_is_kept(office: Office) -> None:
    """What is asked, and what is recorded, holds no telephone number; the asker is told."""
    office.hire()

    said = office.ask(f"<@{ME}> 090-1234-5678 の人の休暇は何日？")

    assert "［電話番号］ の人の休暇は何日？" == office.answerer.asked[0].text
    assert any("伏せました" in block["elements"][0]["text"] for block in parts(said, "context"))


def test_nobody_is_named_in_the_ledger(office: Office) -> None:
    """User ids are nowhere in the files of the home, and the words of a done question neither."""
    office.hire()
    office.slack.say("U0NAMELESS", "秘密の言葉は何ですか", channel="D1")
    until(lambda: office.slack.ours("D1"))
    office.settled()

    files = [path.read_bytes() for path in office.home.rglob("*") if path.is_file()]
    assert files
    assert not any(b"U0NAMELESS" in data for data in files)
    assert [] == list(office.ledger.entries())  # a direct message is in no report


# The answer.


def test_answer_has_sources_with_links_buttons_and_feedback(office: Office) -> None:
    """Title, edition, page, badge, the viewer with the quotation marked, and what one can do."""
    office.hire(Scripted(in_force=False, suggestions=("繰越しは？",)))

    said = office.ask()

    sources = said["blocks"][1]["elements"][0]["text"]
    assert "休暇の手引き（第3版）p.1" in sources
    assert "[旧版]" in sources
    assert "https://tebiki.example.lg.jp/view?document=leave" in sources
    assert "&page=1&start=0&end=20" in sources
    assert {"page:1", "ask:0", "follow"} == set(buttons(said))
    assert "feedback_buttons" == parts(said, "context_actions")[0]["elements"][0]["type"]
    told = said["metadata"]["event_payload"]
    assert (f"C1:{said['thread_ts']}", office.ledger.entries()[0].id) == (
        told["question"],
        told["answer"],
    )
    assert told["event"] in {
        envelope.body["payload"]["event_id"] for envelope in office.slack.envelopes.values()
    }


def test_declined_answer_shows_what_is_nearest(office: Office) -> None:
    """Who gets no answer gets the sentence that says so, and the nearest statement."""
    office.hire(Scripted(declined=True))

    said = office.ask()

    assert "見つかりませんでした。" == said["blocks"][0]["text"]
    assert "近い記載" in said["blocks"][1]["elements"][0]["text"]


def test_long_answer_is_short_first_and_whole_on_request(office: Office) -> None:
    """The button shows the rest in the same message, which keeps its metadata."""
    office.hire(Scripted(says=lambda _: "\n".join(f"- 第{n}の記載です。" for n in range(300))))
    said = office.ask()
    assert "第299の" not in said["blocks"][0]["text"]

    more = buttons(said)["more"]
    acknowledged(
        office.slack,
        office.slack.click("U1", "more", more["value"], ts=said["ts"], thread=said["thread_ts"]),
    )
    until(lambda: "第299の" in office.slack.message("C1", said["ts"])["blocks"][0]["text"])

    whole = office.slack.message("C1", said["ts"])
    assert said["metadata"] == whole["metadata"]
    assert "more" not in buttons(whole)
    assert 1 == len(office.slack.ours())


def test_page_is_uploaded_with_the_quotation_marked(office: Office) -> None:
    """The image is of the cited page, and comes into the thread."""
    office.hire()
    said = office.ask()

    value = buttons(said)["page:1"]["value"]
    acknowledged(
        office.slack,
        office.slack.click("U1", "page:1", value, ts=said["ts"], thread=said["thread_ts"]),
    )
    until(lambda: office.slack.files)

    assert "leave@第3版 1 0 20".encode() in office.slack.files[0]["data"]
    assert said["thread_ts"] == office.slack.files[0]["thread_ts"]
    assert "休暇の手引き（第3版）p.1" == office.slack.files[0]["title"]


def test_suggested_question_is_asked_by_its_button(office: Office) -> None:
    """Its answer comes into the thread, begins with the question, and knows the earlier turn."""
    office.hire(Scripted(suggestions=("繰越しは？",)))
    said = office.ask()

    acknowledged(
        office.slack,
        office.slack.click("U1", "ask:0", "繰越しは？", ts=said["ts"], thread=said["thread_ts"]),
    )
    until(lambda: len(office.slack.ours("C1", said["thread_ts"])) == 2)

    later = office.slack.ours("C1", said["thread_ts"])[1]
    assert "質問: 繰越しは？" == later["blocks"][0]["elements"][0]["text"]
    assert ["休暇は何日？"] == [turn.question for turn in office.answerer.asked[1].history]


def test_helpful_is_recorded_and_asks_nothing(office: Office) -> None:
    """One click is enough."""
    office.hire()
    said = office.ask()
    name = said["metadata"]["event_payload"]["answer"]

    acknowledged(
        office.slack,
        office.slack.click("U1", "feedback", f"up|{name}", ts=said["ts"], kind="feedback_buttons"),
    )
    office.settled()

    ratings = office.ledger.ratings(name)
    assert ["up"] == [each.rating for each in ratings]
    assert ratings[0].rater not in {"", "U1"}
    assert [] == office.slack.views


def test_not_helpful_asks_why_and_keeps_the_reason(office: Office) -> None:
    """The rating counts at once; the reason replaces it when the form is sent."""
    office.hire()
    said = office.ask()
    name = said["metadata"]["event_payload"]["answer"]

    click = office.slack.click(
        "U1", "feedback", f"down|{name}", ts=said["ts"], kind="feedback_buttons"
    )
    acknowledged(office.slack, click)
    until(lambda: office.slack.views)
    assert "down" == office.ledger.ratings(name)[0].rating
    acknowledged(
        office.slack,
        office.slack.submit(
            "U1", office.slack.views[0], {"reason": {"reason": {"value": "古い版でした"}}}
        ),
    )

    assert ["古い版でした"] == [each.comment for each in office.ledger.ratings(name)]


def test_rating_of_an_answer_that_is_gone_is_told(office: Office) -> None:
    """Where the record does not know the answer, a sentence says so."""
    office.hire()

    click = office.slack.click("U1", "feedback", "up|gone", ts="1.0", kind="feedback_buttons")
    acknowledged(office.slack, click)
    until(lambda: office.slack.responses)

    assert "記録が見つかりません" in office.slack.responses[0]["blocks"][0]["text"]
    with pytest.raises(AnswerUnknown):
        office.ledger.answer("gone")


# Other ways to ask.


def test_command_answers_for_the_asker_alone_and_can_be_shared(office: Office) -> None:
    """Only the asker sees it, with a button that posts it for all, once."""
    office.hire()

    acknowledged(office.slack, office.slack.command("U1", "休暇は何日？"))
    until(lambda: office.slack.responses)
    shown = office.slack.responses[0]
    assert "ephemeral" == shown["response_type"]
    assert [] == office.slack.ours()

    for _ in range(2):
        acknowledged(
            office.slack,
            office.slack.click(
                "U1", "share", buttons(shown)["share"]["value"], ts="9.0", ephemeral=True
            ),
        )
    until(office.slack.ours)
    office.settled()

    assert 1 == len(office.slack.ours())
    assert "質問: 休暇は何日？" == office.slack.ours()[0]["blocks"][0]["elements"][0]["text"]
    assert [] == list(office.ledger.entries())


def test_command_without_words_explains_itself(office: Office) -> None:
    """Help comes in the language of who asks, whatever word they typed."""
    office.slack.locales["U2"] = "en-GB"
    office.hire()

    for user in ("U1", "U2"):
        acknowledged(office.slack, office.slack.command(user, "help"))
        until(lambda: office.slack.responses)
        office.slack.responses, said = [], office.slack.responses
        assert "/tebiki settings" in said[0]["blocks"][0]["text"]
        assert (user == "U1") == ("質問を編集すると" in said[0]["blocks"][0]["text"])


def test_shortcut_answers_somebody_elses_question_once(office: Office) -> None:
    """The answer goes under the message; the second time a sentence says that it is there."""
    office.hire()
    ts = office.slack.say("U2", "年次休暇は何日でしたっけ")
    office.settled()

    acknowledged(office.slack, office.slack.shortcut("U1", "C1", ts))
    until(lambda: office.slack.ours("C1", ts))
    office.settled()
    acknowledged(office.slack, office.slack.shortcut("U1", "C1", ts))
    until(lambda: office.slack.responses)

    assert ["年次休暇は何日でしたっけ"] == [question.text for question in office.answerer.asked]
    assert "すでに" in office.slack.responses[0]["blocks"][0]["text"]


def test_channel_settings_are_chosen_in_a_form_and_hold(office: Office) -> None:
    """Ephemeral, and one document only: the next answer follows."""
    office.hire()
    acknowledged(office.slack, office.slack.command("U1", "settings"))
    until(lambda: office.slack.views)
    view = office.slack.views[0]
    assert "C1" == view["private_metadata"]
    assert ["leave"] == [o["value"] for o in view["blocks"][2]["element"]["options"]]

    chosen = {"selected_options": [{"value": "leave"}]}
    acknowledged(
        office.slack,
        office.slack.submit(
            "U1",
            view,
            {
                "when": {"when": {"selected_option": {"value": "automatic"}}},
                "who": {"who": {"selected_option": {"value": "ephemeral"}}},
                "documents": {"documents": chosen},
            },
        ),
    )
    until(lambda: office.slack.ephemeral)
    assert ChannelSettings(automatic=True, ephemeral=True, documents=("leave",)) == (
        office.queue.channels.settings("C1")
    )

    office.slack.say("U1", "年次休暇は何日ですか？")
    until(lambda: len(office.slack.ephemeral) == 2)

    assert ("leave",) == office.answerer.asked[0].filters.documents
    assert "U1" == office.slack.ephemeral[1]["user"]
    assert "share" in buttons(office.slack.ephemeral[1])
    assert [] == office.slack.ours()


def test_home_tab_shows_what_is_known_and_own_questions(office: Office) -> None:
    """Documents in force, when the index was made, and one's own questions, not others'."""
    office.hire()
    office.ask()
    office.slack.event({"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"})
    office.slack.event({"type": "app_home_opened", "user": "U2", "channel": "D2", "tab": "home"})
    until(lambda: len(office.slack.homes) == 2)

    mine, theirs = (json.dumps(office.slack.homes[u], ensure_ascii=False) for u in ("U1", "U2"))
    assert "休暇の手引き （第3版）" in mine
    assert "2026-11-23" in mine
    assert "休暇は何日？" in mine
    assert "休暇は何日？" not in theirs


def test_messages_tab_suggests_at_most_four_questions_in_the_users_language(
    office: Office,
) -> None:
    """Slack takes four; with a thread_ts it would show none."""
    office.slack.locales["U1"] = "en-GB"
    office.hire()

    office.slack.event(
        {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages"}
    )
    until(lambda: office.slack.prompts)

    assert ["en 0？", "en 1？", "en 2？", "en 3？"] == [
        prompt["message"] for prompt in office.slack.prompts[0]["prompts"]
    ]
    assert "thread_ts" not in office.slack.prompts[0]


# Changes.


def test_edited_question_is_answered_anew_in_the_same_message(office: Office) -> None:
    """The answer changes, no second one appears, and the old turn is forgotten."""
    office.hire()
    said = office.ask()

    office.slack.edit("C1", said["thread_ts"], f"<@{ME}> 病気休暇は何日？")
    until(lambda: "病気休暇" in office.slack.message("C1", said["ts"])["blocks"][0]["text"])
    office.settled()

    assert 1 == len(office.slack.ours())
    conversation = office.answerer.asked[0].conversation
    assert ["病気休暇は何日？"] == [t.question for t in office.ledger.turns(conversation)]
    assert () == office.answerer.asked[1].history


def test_preview_of_a_link_is_no_edit(office: Office) -> None:
    """Slack reports a change when it unfurls a link; the words are the same."""
    office.hire()
    said = office.ask()
    question = office.slack.message("C1", said["thread_ts"])

    office.slack.event(
        {
            "type": "message",
            "subtype": "message_changed",
            "channel": "C1",
            "message": {**question, "attachments": [{}]},
            "previous_message": question,
            "ts": "9.0",
        }
    )
    office.settled()

    assert 1 == len(office.answerer.asked)


def test_deleted_question_takes_its_answer_along(office: Office) -> None:
    """The message is removed and the turn is forgotten."""
    office.hire()
    said = office.ask()

    office.slack.delete("C1", said["thread_ts"])
    until(lambda: not office.slack.ours())
    office.settled()

    assert () == office.ledger.turns(office.answerer.asked[0].conversation)


def test_question_deleted_while_it_is_answered_leaves_no_answer(office: Office) -> None:
    """Whether the deletion comes before the answer is posted or after: nothing stays."""
    office.hire(Scripted(takes_s=0.5))
    ts = office.slack.say("U1", f"<@{ME}> 休暇は何日？")
    until(lambda: office.answerer.asked)

    office.slack.delete("C1", ts)
    office.settled()

    assert [] == office.slack.ours()


# Faults.


def test_reply_that_is_lost_after_posting_posts_nothing_twice(office: Office) -> None:
    """A 500 may come after the message was posted: the thread is read before the next try."""
    faults = [Fault(500, after=True)]
    office.slack.fault = lambda method, _: (
        faults.pop() if method == "chat.postMessage" and faults else None
    )
    office.hire()

    office.ask()

    assert 1 == len(office.slack.ours())
    assert office.slack.called("conversations.replies")


def test_reply_that_fails_before_posting_is_posted_then(office: Office) -> None:
    """A 500 that did nothing costs a second, not the answer."""
    faults = [Fault(500)]
    office.slack.fault = lambda method, _: (
        faults.pop() if method == "chat.postMessage" and faults else None
    )
    office.hire()

    office.ask()

    assert 1 == len(office.slack.ours())


def test_rate_limit_is_waited_for_by_everybody(office: Office) -> None:
    """After a 429 the method is left alone for as long as Retry-After says."""
    faults = [Fault(429, retry_after=2)]
    office.slack.fault = lambda method, _: (
        faults.pop() if method == "chat.postMessage" and faults else None
    )
    office.hire()
    office.slack.say("U1", "一つ目は何日？", channel="D1")
    until(lambda: not faults)
    office.slack.say("U2", "二つ目は何日？", channel="D2")
    until(lambda: office.slack.ours("D1") and office.slack.ours("D2"))

    posts = [call for call in office.slack.calls if call.method == "chat.postMessage"]
    assert [429, 200, 200] == [call.status for call in posts]
    assert posts[1].at - posts[0].at >= 1.9
    assert posts[2].at - posts[0].at >= 1.9


def test_channel_that_is_closed_to_us_ends_the_question(office: Office) -> None:
    """What Slack refuses for good is given up and written down, and the next one is answered."""
    office.slack.fault = lambda method, given: (
        Fault(200, error="is_archived")
        if method == "chat.postMessage" and given["channel"] == "C9"
        else None
    )
    office.hire()
    office.slack.say("U1", f"<@{ME}> 休暇は何日？", channel="C9")

    office.ask()
    office.settled()

    assert {"done": 1, "failed": 1} == office.queue.counts()


def test_unforeseen_error_is_one_sentence_with_a_number(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """The asker sees a number and no traceback; the log has both under that number."""
    office.hire(Scripted(problem=RuntimeError("内部の事情")))

    said = office.ask()

    text = said["blocks"][0]["text"]
    assert "内部の事情" not in json.dumps(said, ensure_ascii=False)
    assert "Traceback" not in text
    number = text.split("受付番号 ")[1].split(" ")[0]
    assert said["metadata"]["event_payload"]["answer"] == number
    assert any(number in record.getMessage() for record in caplog.records)
    assert "休暇は何日" not in caplog.text


def test_missing_index_names_the_command(office: Office) -> None:
    """Before the first refresh, the answer says what an administrator has to do."""

    def no_library() -> Library:
        raise IndexMissing("var")

    office.hire(Scripted(problem=IndexMissing("var")), library=no_library)

    assert "tebiki refresh" in office.ask()["blocks"][0]["text"]


def test_too_many_questions_of_one_person_are_answered_kindly(office: Office) -> None:
    """The third within a minute is told to wait, for their eyes only; others are not held up."""
    office.hire(per_minute=2)
    office.ask()
    office.ask()

    office.slack.say("U1", f"<@{ME}> 三つ目は何日？")
    until(lambda: office.slack.ephemeral)
    office.slack.say("U2", f"<@{ME}> 別の人は何日？")
    until(lambda: len(office.slack.ours()) == 3)

    assert "待って" in office.slack.ephemeral[0]["blocks"][0]["text"]
    assert "U1" == office.slack.ephemeral[0]["user"]
    assert 3 == len(office.answerer.asked)


def test_connection_that_slack_closes_is_opened_again(office: Office) -> None:
    """Slack renews connections every few hours; what was sent meanwhile arrives."""
    office.hire()
    office.ask()

    office.slack.drop_connections()

    office.ask()
    assert office.slack.opened >= 2


def test_event_that_cannot_be_written_down_is_not_acknowledged(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack sends it again, and then it is answered."""
    colleague = office.hire()
    office.slack._redeliver_s = 0.5  # noqa: SLF001
    failures = [1, 1]
    take = QuestionQueue.take

    def failing(self: QuestionQueue, *args: Any, **rest: Any) -> bool:  # noqa: ANN401
        if failures:
            failures.pop()
            raise OSError("disk full")
        return take(self, *args, **rest)

    monkeypatch.setattr(QuestionQueue, "take", failing)
    office.ask(channel="D1")

    assert not failures
    assert 1 == len(office.slack.ours("D1"))
    assert max(len(e.sent) for e in office.slack.envelopes.values()) >= 2
    assert colleague.settings.lease_s == 2.0


def test_question_left_by_a_process_that_died_is_answered_by_the_next(office: Office) -> None:
    """It was acknowledged and not answered: the next process finds it in the queue."""
    dead = office.assemble()
    dead._workers.start = lambda: None  # type: ignore[method-assign]  # noqa: SLF001
    dead.connect()
    office.slack.say("U1", "休暇は何日？", channel="D1")
    until(lambda: all(e.acknowledged for e in office.slack.envelopes.values()))
    assert office.queue.claim("dead", lease_s=1.0) is not None
    dead.close()

    office.hire()
    until(lambda: office.slack.ours("D1"))

    assert 1 == len(office.slack.ours("D1"))


def test_answer_posted_by_a_process_that_died_before_noting_it_is_found(office: Office) -> None:
    """Between posting and writing that down a process may die: the thread knows."""
    office.hire()
    said = office.ask(channel="D1", text="休暇は何日？")
    work = office.queue.find(said["metadata"]["event_payload"]["question"])
    assert work is not None
    queue = office.queue
    with queue._database.write() as connection:  # noqa: SLF001
        connection.exec_driver_sql(
            "UPDATE waiting SET state = 'taken', owner = 'dead', posted = '', leased_until = 1"
        )

    until(lambda: queue.counts() == {"done": 1})

    assert 1 == len(office.slack.ours("D1"))
    found = queue.find(work.key)
    assert found is not None
    assert said["ts"] == found.posted


def test_two_replicas_answer_each_question_once(office: Office) -> None:
    """Two processes share ledger and workspace; an event may reach either, or both."""
    office.hire()
    office.hire()

    for number in range(20):
        office.slack.say(f"U{number}", f"質問{number}は何日？", channel=f"D{number}", times=2)
    office.settled()

    assert [1] * 20 == [len(office.slack.ours(f"D{number}")) for number in range(20)]


# Streaming.


def test_stream_is_replaced_by_the_verified_answer(office: Office) -> None:
    """What was told piece by piece becomes the answer with its sources, in the same message."""
    streamed = Streamed(pieces=("あ" * 300, "裏付けのない文", "い" * 300))
    office.hire(streamed, streaming=True)

    said = office.ask()

    assert "「休暇は何日？」の答え[1]" == said["blocks"][0]["text"]
    assert "裏付けのない文" not in json.dumps(said["blocks"], ensure_ascii=False)
    started = office.slack.called("chat.startStream")
    assert [("U1", "T0TOWN")] == [
        (each["recipient_user_id"], each["recipient_team_id"]) for each in started
    ]
    assert 1 == len(office.slack.called("chat.stopStream"))
    assert 1 == len(office.slack.ours())


def test_stream_that_dies_ends_as_an_updated_message(office: Office) -> None:
    """Slack ends a stream after minutes; the answer still arrives, once."""
    streamed = Streamed(pieces=("あ" * 300, "い" * 300, "う" * 300))
    streamed.between = lambda at: office.slack.end_streams() if at == 1 else None
    office.hire(streamed, streaming=True)

    said = office.ask()

    assert "「休暇は何日？」の答え[1]" == said["blocks"][0]["text"]
    assert 1 == len(office.slack.ours())


def test_stream_never_exceeds_what_slack_takes(office: Office) -> None:
    """A talkative model fills no more than 12,000 characters."""
    office.hire(Streamed(pieces=("あ" * 3_000,) * 8), streaming=True)

    office.ask()

    shown = [
        len(json.dumps(each, ensure_ascii=False))
        for each in office.slack.called("chat.appendStream")
    ]
    assert sum(shown) < 13_000


# Over HTTP.


def test_signed_event_over_http_is_answered(office: Office) -> None:
    """The same app behind /slack/events: event, retry with its header, and challenge."""
    colleague = office.assemble()
    event = {"type": "message", "user": "U1", "text": "休暇は何日？", "ts": "5.0"}
    body = json.dumps(
        FakeSlack.wrapped({**event, "channel": "D1", "channel_type": "im"}, "Ev1")
    ).encode()

    for retry in ("", "1"):
        headers = _signed(body) | ({"X-Slack-Retry-Num": retry} if retry else {})
        assert 200 == colleague.handle(headers, body).status
    until(lambda: office.slack.ours("D1"))
    office.settled()

    assert 1 == len(office.slack.ours("D1"))
    challenge = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    assert b"abc" in colleague.handle(_signed(challenge), challenge).body


def test_retry_is_answered_when_it_is_the_only_delivery(office: Office) -> None:
    """The retry header alone says nothing about whether we have seen the event."""
    colleague = office.assemble()
    event = {"type": "message", "user": "U1", "text": "休暇は何日？", "ts": "5.0", "channel": "D1"}
    body = json.dumps(FakeSlack.wrapped({**event, "channel_type": "im"}, "Ev1")).encode()

    colleague.handle(_signed(body) | {"X-Slack-Retry-Num": "2"}, body)

    until(lambda: office.slack.ours("D1"))


def test_command_over_http_comes_as_a_form(office: Office) -> None:
    """Commands are form-encoded; the help comes to the address in them."""
    colleague = office.assemble()
    body = urlencode(
        {
            "command": "/tebiki",
            "text": "help",
            "user_id": "U1",
            "channel_id": "C1",
            "team_id": "T0TOWN",
            "trigger_id": "t",
            "response_url": f"{office.slack.web}/hooks/x",
        }
    ).encode()

    reply = colleague.handle(
        _signed(body) | {"Content-Type": "application/x-www-form-urlencoded"}, body
    )

    assert 200 == reply.status
    until(lambda: office.slack.responses)
    assert "settings" in office.slack.responses[0]["blocks"][0]["text"]


@pytest.mark.parametrize(
    "change",
    [
        {"X-Slack-Signature": "v0=0000"},
        {"X-Slack-Request-Timestamp": "1000000000"},
        {"X-Slack-Signature": ""},
    ],
    ids=["another secret", "an old timestamp", "no signature"],
)
def test_unsigned_request_is_refused(office: Office, change: dict[str, str]) -> None:
    """Nothing is written down for somebody who is not Slack."""
    colleague = office.assemble()
    body = json.dumps(FakeSlack.wrapped({"type": "message"}, "Ev1")).encode()

    assert 401 == colleague.handle(_signed(body) | change, body).status
    assert {} == office.queue.counts()


def test_body_that_is_no_text_is_refused(office: Office) -> None:
    """Binary is answered with 400."""
    assert 400 == office.assemble().handle({}, b"\xff\xfe").status


def test_wrong_tokens_are_said_at_once(office: Office) -> None:
    """A token that Slack does not know ends the start with Slack's word for it."""
    office.slack.unready.add("auth.test")

    with pytest.raises(web_api.SlackRefused, match="missing_scope"):
        office.assemble().connect()


def _signed(body: bytes) -> dict[str, str]:
    from slack_sdk.signature import SignatureVerifier

    from tests.slack_server import SECRET

    stamp = str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body)
    assert signature is not None
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature,
    }


def test_logs_hold_no_words_of_a_question(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the level of details of our own modules."""
    with caplog.at_level(logging.DEBUG, logger="bot"):
        office.hire()
        office.ask(f"<@{ME}> 秘密の言葉は何日？")

    assert "秘密の言葉" not in caplog.text
