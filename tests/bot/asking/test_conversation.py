"""A follow-up becomes a question that can be understood alone."""

from __future__ import annotations

import pytest

from bot.answers import Turn
from bot.asking.conversation import condense, follows_up, is_choice, times_more
from bot.asking.question import read
from bot.telling.phrases import phrase

FIRST = "CIO補佐官を特別職として任用するには"


@pytest.mark.parametrize(
    "text",
    [
        "その費用は誰が負担？",
        "費用は？",
        "では、期限はいつですか",
        "なぜ必要なの？",
        "ほかに条件はありますか",
        "手続はどうですか",
        "自動車のほうはどうですか。",
        "いつまでですか",
        "締切は",
        "誰に聞けばいいですか",
        "どこに問い合わせればよいですか",
        "メールアドレスは",
        "義務ですか",
        "根拠となる法律は何ですか",
        "町の場合は",
        "町村ではどうですか",
        "What is the deadline?",
        "Who decides?",
        "and for towns?",
        "What about the fee?",
        "Who pays for it?",
        "Why?",
    ],
)
def test_follow_up_is_recognised(text: str) -> None:
    """Pointing back, or naming only a property, shows that something went before."""
    assert follows_up(text)


@pytest.mark.parametrize(
    "text",
    [
        "ガバメントクラウドの利用料は誰が負担しますか",
        "標準化の対象となる17業務をすべて挙げてください",
        "その他の手続はマイナポータルを使いますか",
        "PDCAとOODAはそれぞれ何のために使うのか",
        "申請の手続はマイナポータルではどうなりますか",
        "Which law says municipalities have a duty to take their own digital measures?",
    ],
)
def test_question_with_its_own_subject_stands_alone(text: str) -> None:
    """A change of subject must not drag the old one along."""
    assert not follows_up(text)
    assert text == condense(text, [Turn(FIRST)])


def test_follow_up_gets_what_it_follows() -> None:
    """The question that stood alone comes first, the new words after it."""
    assert f"{FIRST} その費用は？" == condense("その費用は？", [Turn(FIRST)])


def test_chain_of_follow_ups_keeps_its_subject() -> None:
    """The third question still knows what the first was about."""
    history = [Turn(FIRST), Turn("その費用は？")]

    whole = condense("それは誰が払う？", history)

    assert f"{FIRST} その費用は？ それは誰が払う？" == whole


def test_new_subject_in_between_replaces_the_old() -> None:
    """What is followed is the last question that stood alone."""
    history = [Turn(FIRST), Turn("標準化の対象業務の一覧を示してください")]

    assert "補佐官" not in condense("それはいくつ？", history)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", ["choice", "choice-part"])
def test_a_choice_as_it_was_offered_stands_alone(language: str, name: str) -> None:
    """Also where both the thing chosen and what is asked about it are mere properties."""
    asked, part = ("費用は", "連絡先") if language == "ja" else ("the cost", "deadline")
    choice = phrase(language, name, title=part, part=part, question=asked)

    assert is_choice(choice)
    assert choice == condense(choice, [Turn(asked)])
    assert f"{choice} いつまでですか" == condense("いつまでですか", [Turn(asked), Turn(choice)])


def test_first_question_is_left_as_it_is() -> None:
    """Without history nothing is added, even to a question that points somewhere."""
    assert "その費用は？" == condense("その費用は？", [])


def test_long_history_does_not_grow_without_bound() -> None:
    """A standalone question stays short enough to search with."""
    history = [Turn("長い質問" * 100), *[Turn("その費用は？")] * 20]

    assert len(condense("それは？", history)) <= 600


def test_reading_a_follow_up_keeps_both_forms() -> None:
    """The text is as asked; what is searched is the whole."""
    question = read("その費用は？", history=[Turn(FIRST)])

    assert "その費用は？" == question.text
    assert question.standalone.startswith(FIRST)
    assert (Turn(FIRST),) == question.history


@pytest.mark.parametrize(
    "text", ["もっと詳しく", "続きは？", "more details please", "ほかにもありますか"]
)
def test_asking_for_more_asks_the_same_once_more(text: str) -> None:
    """The question that was answered is searched again, not a string of both."""
    history = [Turn("補助金はいつの予算ですか"), Turn("もっと詳しく")]

    assert "補助金はいつの予算ですか" == condense(text, history)
    assert 2 == times_more(text, history)


def test_more_of_another_thing_is_a_new_question() -> None:
    """Who says of what wants that."""
    assert 0 == times_more("補助金について詳しく", [Turn("任用とは")])
    assert 0 == times_more("もっと詳しく", [])
