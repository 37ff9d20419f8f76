"""What an event means: pure, table by table."""

from __future__ import annotations

import pytest

from bot.slack.events import Deleted, Edited, Said, looks_like_question, plain, understand

ME = "U0ME"


@pytest.mark.parametrize(
    "text,expected",
    [
        ("<@U0ME> 休暇は何日？", "休暇は何日？"),
        ("<@U0ME|tebiki>、休暇は？", "、休暇は？"),
        ("<@U2> さんの休暇", "さんの休暇"),
        ("<https://a.example/x|要綱> の意味は", "要綱 の意味は"),
        ("<https://a.example/x> の意味は", "https://a.example/x の意味は"),
        ("<#C1|総務> で聞いた", "総務 で聞いた"),
        ("<!channel> みなさん", "みなさん"),
        ("A &amp; B &lt;3", "A & B <3"),
        ("<!subteam^S1|@総務課> の担当は", "@総務課 の担当は"),
        (":bow::skin-tone-2: 休暇は何日？ :+1:", "休暇は何日？"),
        (":wave:", ""),
        ("受付は9:00:00から17:30:00まで？", "受付は9:00:00から17:30:00まで？"),
        ("次の点:休暇:は何日？", "次の点:休暇:は何日？"),
    ],
)
def test_words_of_a_message(text: str, expected: str) -> None:
    """Mentions and emoji go, links and channels stay as their labels, entities become characters."""
    assert expected == plain(text)


def test_reply_of_somebody_who_names_others() -> None:
    """Where it stands, who is named, and where an answer would go."""
    event = {
        "type": "message",
        "channel": "C1",
        "channel_type": "channel",
        "user": "U1",
        "text": "<@U0ME> <@U2> どう？",
        "ts": "2.0",
        "thread_ts": "1.0",
    }

    assert Said(
        channel="C1",
        ts="2.0",
        thread="1.0",
        user="U1",
        text="どう？",
        mentioned=True,
        others=True,
        reply=True,
        direct=False,
        private=False,
    ) == understand(event, me=ME)


@pytest.mark.parametrize(
    "kind,direct,private",
    [("im", True, True), ("group", False, True), ("mpim", False, True), ("channel", False, False)],
)
def test_who_may_read_a_message(kind: str, direct: bool, private: bool) -> None:  # noqa: FBT001
    """Everything but a public channel is private."""
    event = {
        "type": "message",
        "channel": "X1",
        "channel_type": kind,
        "user": "U1",
        "text": "何？",
        "ts": "2.0",
    }

    said = understand(event, me=ME)

    assert isinstance(said, Said)
    assert (direct, private) == (said.direct, said.private)


def test_mention_event_needs_no_mention_in_its_text() -> None:
    """app_mention says so by its name; whether the channel is public it does not say."""
    said = understand(
        {"type": "app_mention", "channel": "C1", "user": "U1", "text": "何？", "ts": "1.0"}, me=ME
    )

    assert isinstance(said, Said)
    assert (True, False, False) == (said.mentioned, said.direct, said.reply)
    assert said.private


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": "B1"},
        {"user": ME},
        {"user": "USLACKBOT"},
        {"user": None},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"subtype": "reminder_add"},
    ],
)
def test_messages_that_nobody_said_to_us(change: dict[str, str | None]) -> None:
    """Bots, ourselves and Slack's own notices are nothing."""
    event = {
        "type": "message",
        "channel": "D1",
        "user": "U1",
        "text": "何？",
        "ts": "1.0",
        **change,
    }

    assert understand(event, me=ME) is None


def test_edit_has_the_new_words() -> None:
    """Only an edit by a person counts; its time orders several."""
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "message": {
            "user": "U1",
            "ts": "1.0",
            "text": "<@U0ME> 新",
            "edited": {"user": "U1", "ts": "5.0"},
        },
        "previous_message": {"user": "U1", "ts": "1.0", "text": "<@U0ME> 旧"},
    }

    edited = understand(event, me=ME)

    assert isinstance(edited, Edited)
    assert ("C1:1.0", "新", True, "5.0") == (
        edited.said.key,
        edited.said.text,
        edited.said.mentioned,
        edited.at,
    )


@pytest.mark.parametrize("at,soon", [("5.0", True), ("899.0", True), ("902.0", False)])
def test_message_may_still_be_on_its_way_for_some_minutes(at: str, soon: bool) -> None:  # noqa: FBT001
    """An edit of an older message is no question that was overtaken."""
    said = understand({"channel": "D1", "user": "U1", "text": "何？", "ts": "1.0"}, me=ME)

    assert isinstance(said, Said)
    assert soon == Edited(said, at).soon


def test_deletion_of_our_own_answer_is_nothing() -> None:
    """A person's deleted message is named; ours concerns nobody."""
    event = {"type": "message", "subtype": "message_deleted", "channel": "C1", "deleted_ts": "1.0"}

    assert Deleted("C1", "1.0") == understand({**event, "previous_message": {"user": "U1"}}, me=ME)
    assert understand({**event, "previous_message": {"user": ME, "bot_id": "B"}}, me=ME) is None


def test_deletion_of_a_message_with_replies_comes_as_a_tombstone() -> None:
    """Slack leaves a stone in the place of a thread's first message; of ours it says nothing."""
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C1",
        "message": {"subtype": "tombstone", "user": "USLACKBOT", "ts": "1.0", "thread_ts": "1.0"},
    }

    said = {**event, "previous_message": {"user": "U1", "ts": "1.0", "text": "何日？"}}
    ours = {**event, "previous_message": {"user": ME, "bot_id": "B", "ts": "1.0"}}
    assert Deleted("C1", "1.0") == understand(said, me=ME)
    assert understand(ours, me=ME) is None


@pytest.mark.parametrize(
    "text,expected",
    [
        ("年次休暇は何日ありますか", True),
        ("休暇は？", True),
        ("How many days of leave are there?", True),
        ("お疲れさまです", False),
        ("了解", False),
        ("会議は3時からです", False),
        ("進め方を確認しておきます", False),
        ("期限を過ぎたので更新しました", False),
    ],
)
def test_posts_that_look_like_questions(text: str, expected: bool) -> None:  # noqa: FBT001
    """Where we answer without a mention, chatter is left alone."""
    assert expected == looks_like_question(text)
