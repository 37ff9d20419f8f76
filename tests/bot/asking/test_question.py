"""What is taken as a question, and what is understood of it."""

from __future__ import annotations

import pytest

from bot.answers import SmallTalk, Turn
from bot.asking.question import LONGEST, language_of, read
from bot.errors import BadQuestion
from index.passages import Filters


def test_question_keeps_its_words_and_gets_single_spaces() -> None:
    """White space of any kind becomes one space; nothing else of the text changes."""
    question = read("  ガバクラとは\n 何ですか\u3000？ ")

    assert "ガバクラとは 何ですか ？" == question.text
    assert question.text == question.standalone


def test_invisible_characters_are_removed() -> None:
    """Zero-width, direction and tag characters, which hide words from a reader, are dropped."""
    hidden = "補助金\u200bはい\u202eくら\U000e0041？"

    assert "補助金はいくら？" == read(hidden).text


@pytest.mark.parametrize("text", ["", "   \n", "？！…", "\u200b\u200b"])
def test_question_without_a_word_is_refused(text: str) -> None:
    """Nothing to search for is a bad question, said in a sentence."""
    with pytest.raises(BadQuestion, match="The question is empty"):
        read(text)


def test_longest_question_is_taken_and_one_more_is_not() -> None:
    """The bound is 2,000 characters, and the error names both numbers."""
    assert LONGEST == len(read("あ" * LONGEST).text)
    with pytest.raises(BadQuestion, match=r"2,001 characters; at most 2,000"):
        read("あ" * (LONGEST + 1))


@pytest.mark.parametrize("text", ["a\x00b", "%PDF-1.7\x01\x02", "\ud800問", "\ufffd\ufffdPK"])
def test_binary_is_refused(text: str) -> None:
    """Control characters and broken text are a file, not a question."""
    with pytest.raises(BadQuestion, match="not text"):
        read(text)


def test_filters_and_conversation_travel_with_the_question() -> None:
    """What the caller sets is kept as it is."""
    filters = Filters(documents=("zentai",))

    question = read("DXとは", filters=filters, conversation="c1")

    assert filters == question.filters
    assert "c1" == question.conversation


@pytest.mark.parametrize(
    "text, language",
    [
        ("補助金はいくらですか", "ja"),
        ("CIO補佐官の任用は？", "ja"),
        ("How do we hire a CIO aide?", "en"),
        ("How do we hire a CIO補佐官?", "en"),
        ("DX", "en"),
    ],
)
def test_answer_speaks_the_language_of_the_question(text: str, language: str) -> None:
    """A Latin abbreviation does not make a Japanese question English, nor a name the reverse."""
    assert language == language_of(text)


def test_manners_are_no_part_of_what_is_searched() -> None:
    """The question as typed stays; what is searched and answered is what it asks."""
    question = read("総務課の佐藤です。標準化の目標時期は？\n\n--\n佐藤\nTEL 03-1234-5678")

    assert question.text.startswith("総務課の佐藤です。")
    assert ("標準化の目標時期は？",) * 2 == (question.core, question.standalone)


def test_follow_up_follows_what_was_asked_and_not_how_politely() -> None:
    """Thanks around an earlier question are not carried along."""
    before = Turn("お世話になっております。CIO補佐官の任期は？")

    question = read("ありがとうございます。その費用は誰が負担しますか？", history=[before])

    assert "CIO補佐官の任期の費用は誰が負担しますか？" == question.standalone


def test_greeting_asks_nothing() -> None:
    """Nothing is searched for it."""
    assert SmallTalk.GREETING is read("こんにちは").small_talk
    assert None is read("補助金はいくらですか").small_talk
