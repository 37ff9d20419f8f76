"""Messages as people type them: what is asked is kept, the manners around it are not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot.answers import SmallTalk
from bot.asking.question import questions_in, read, unmarked
from evals.questions import load

FORMS = tomllib.loads(Path(__file__).with_name("polite.toml").read_text(encoding="utf-8"))["form"]
PLAIN = {question.id: question.text for question in load("starter")}
ASKED = "標準仕様書を作るのはどこですか。"


def test_there_are_sixty_forms() -> None:
    """Each of another question of the starter set."""
    assert 60 == len({form["of"] for form in FORMS})


@pytest.mark.parametrize("form", FORMS, ids=lambda form: str(form["of"]))
def test_message_is_searched_for_as_its_plain_form(form: dict[str, str]) -> None:
    """What is searched is the same text, so it scores the same whatever the search is."""
    plain = read(PLAIN[form["of"]])

    asked = read(form["text"])

    assert (plain.standalone.rstrip("。"), plain.language) == (
        asked.standalone.rstrip("。"),
        asked.language,
    )


@pytest.mark.parametrize(
    "before",
    [
        "経理の者ですが、",
        "〇〇市の吉田といいます。新任です。",
        "わかる方いますか？",
        "町長に聞かれたので教えてください。",
        "上司から確認するように言われたのですが、",
        "来週の会議で使いたいので、",
        "超初歩的ですみませんが、",
        "ボットさん ",
        "差出人: 田中\n宛先: 山田\n件名: 質問\n\n",
    ],
)
def test_what_stands_before_a_question_comes_off(before: str) -> None:
    """Who asks, why, and of whom is no part of what is asked."""
    assert (ASKED,) == questions_in(f"{before}{ASKED}").parts


@pytest.mark.parametrize(
    "behind",
    [
        "m(_ _)m",
        "（笑）",
        "お返事お待ちしております。",
        "知ってる人いたら教えて〜",
        "\n\n福祉課\u3000主事\u3000大野",
        "\n\n2026年4月1日(水) 10:00 山田 <yamada@example.com>:\n> 期限は令和7年度です。",
        "\n\n-----Original Message-----\nFrom: yamada\n期限は令和7年度です。",
    ],
)
def test_what_stands_behind_a_question_comes_off(behind: str) -> None:
    """Faces, thanks, names, addresses and earlier mails are no part of it either."""
    assert (ASKED,) == questions_in(f"{ASKED}{behind}").parts


@pytest.mark.parametrize(
    "text",
    [
        "下のことを教えてください。\n・標準化の期限は？\n・対象業務はいくつ？",
        "1. 標準化の期限は？\n2. 対象業務はいくつ？",
        "質問が２つあります。①標準化の期限は？ ②対象業務はいくつ？",
    ],
)
def test_listed_questions_are_parts(text: str) -> None:
    """Bullets and numbers part them and are no part of them."""
    assert ("標準化の期限は？", "対象業務はいくつ？") == questions_in(text).parts[-2:]


@pytest.mark.parametrize("text", ["担当 電話", "窓口の電話", "会議 資料", "担当者は？"])
def test_words_of_manners_alone_may_be_a_question(text: str) -> None:
    """Only who greets, thanks or introduces himself asks nothing."""
    assert None is questions_in(text).small_talk


def test_asides_that_tell_what_is_meant_stay() -> None:
    """「…のこと」 says of what the question is."""
    assert (
        "何に基づいて見直すの？業務の流れのこと"
        == questions_in("何に基づいて見直すの？業務の流れのこと").core
    )


def test_alternative_belongs_to_its_question() -> None:
    """それとも… is not asked by itself."""
    text = "専門家に業務委託で頼むのもアリ？それとも公務員として雇わないとダメ？"

    assert (text,) == questions_in(text).parts


@pytest.mark.parametrize(
    "text", ["おはよう", "お世話様です。", "今日は天気がいいですね", "ok thanks"]
)
def test_talk_is_small(text: str) -> None:
    """Greetings and thanks as they are typed."""
    assert isinstance(questions_in(text).small_talk, SmallTalk)


def test_markup_of_a_chat_comes_off() -> None:
    """A link keeps its label, a channel its name; entities are characters again."""
    assert "手順書 は & どこ general" == unmarked(
        "*手順書* は &amp; <https://example.com/x|どこ> <#C01|general>"
    )
