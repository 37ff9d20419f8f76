"""A follow-up becomes a question that can be understood alone."""

from __future__ import annotations

import pytest

from bot.answers import Turn
from bot.asking.conversation import (
    condense,
    follows_up,
    is_choice,
    may_stand_alone,
    times_more,
)
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


@pytest.mark.parametrize(
    "before, asked, whole",
    [
        ("標準化とは何ですか", "その期限は？", "標準化の期限は？"),
        (
            "標準募集様式はどこに送りますか",
            "それは何のためのものですか",
            "標準募集様式は何のためのものですか",
        ),
        ("標準化の対象は何ですか", "問い合わせ先は？", "標準化の対象の問い合わせ先は？"),
        ("カードの普及の目標はありますか", "いつまでですか", "カードの普及の目標はいつまでですか"),
        ("豊中市の事例のテーマは何か", "磐梯町は？", "磐梯町の事例のテーマは何か"),
        ("市の場合の期限はいつですか", "町の場合は？", "町の場合の期限はいつですか"),
        ("期限はいつですか", "町村ではどうですか", "町村の場合、期限はいつですか"),
        ("PDCAは何のために使いますか", "OODAは？", "OODAは何のために使いますか"),
        ("商品券を電子化した市は？", "その効果は？", "商品券を電子化した市の効果は？"),
        (FIRST, "その費用は？", f"{FIRST}、その費用は？"),
        ("Who writes the manual?", "And by when?", "And by when? (Who writes the manual)"),
    ],
)
def test_follow_up_is_written_out(before: str, asked: str, whole: str) -> None:
    """What was spoken of takes the place of その, or what is named now takes its place."""
    assert whole == condense(asked, [Turn(before)])


def test_all_that_was_named_stays_where_either_may_be_meant() -> None:
    """それ may be the towns or the information; the words that asked are left out."""
    history = [Turn("市区町村はいつ募集情報を出せますか")]

    assert "市区町村は募集情報を出せますか、それはどこで公表されますか" == condense(
        "それはどこで公表されますか", history
    )


def test_chain_of_follow_ups_keeps_its_subject() -> None:
    """The third question still knows what the first was about."""
    history = [Turn("地域活性化起業人とは何ですか"), Turn("その費用は？")]

    assert "地域活性化起業人の費用は誰が払う？" == condense("それは誰が払う？", history)


@pytest.mark.parametrize("text", ["工程表を作る前に何を確認しますか", "職員を育てるやり方を教えて"])
def test_question_that_says_little_may_stand_alone(text: str) -> None:
    """Nothing points back, so both readings are kept; the documents tell which is meant."""
    question = read(text, history=[Turn("標準化の期限はいつですか")])

    assert may_stand_alone(text)
    assert text == question.alone
    assert text != question.standalone


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
    assert condense("いつまでですか", [Turn(asked), Turn(choice)]).startswith(choice[:-1])


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
    assert f"{FIRST}、その費用は？" == question.standalone
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
