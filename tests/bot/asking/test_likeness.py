"""Two questions are the same only where nobody could mean two things by them."""

from __future__ import annotations

import pytest

from bot.asking.likeness import asked, spelt

ASKED = "年次有給休暇は何日ですか"


@pytest.mark.parametrize(
    "other",
    [
        "年次有給休暇は何日でしょうか。教えてください。",
        "すみません、年次有給休暇は何日ですか？　よろしくお願いします。",
        "年次有給休暇は、何日ですか",
        "年次有給休暇は何日ですｶ",
    ],
)
def test_politeness_and_marks_make_no_other_question(other: str) -> None:
    """The same words ask the same."""
    same = asked(ASKED, "ja")

    assert same is not None
    assert same == asked(other, "ja")


@pytest.mark.parametrize(
    "one,other",
    [
        (ASKED, "年次有給休暇以外の休暇は何日ですか"),
        (ASKED, "会計年度任用職員の年次有給休暇は何日ですか"),
        (ASKED, "年次有給休暇は何日までですか"),
        (ASKED, "年次有給休暇は最大何日ですか"),
        (ASKED, "年次有給休暇は何時間ですか"),
        ("5万人以上の市は届出が必要ですか", "5万人以下の市は届出が必要ですか"),
        ("5万人以上の市は届出が必要ですか", "6万人以上の市は届出が必要ですか"),
        (ASKED, "令和6年度の年次有給休暇は何日ですか"),
        ("休暇を繰り越せますか", "休暇を繰り越せませんか"),
        ("国から市へ報告する期限は", "市から国へ報告する期限は"),
        ("市長が議会を招集できますか", "議会が市長を招集できますか"),
        ("本人だけが転入届を出せますか", "本人が転入届を出せますか"),
        ("転入届を出す前に必要なものは", "転入届を出した後に必要なものは"),
        ("手当は5万円以上もらえますか", "手当は5万円以下もらえますか"),
        ("北見市の申請窓口はどこですか", "南牧村の申請窓口はどこですか"),
        ("第3条には何と書いてありますか", "第4条には何と書いてありますか"),
        ("How many days of leave are there?", "How many days of sick leave are there?"),
    ],
)
def test_another_word_condition_or_side_is_another_question(one: str, other: str) -> None:
    """Also where most of it is the same."""
    language = "en" if one.startswith("How") else "ja"
    same = asked(one, language)
    assert same is None or same != asked(other, language)
    assert spelt(one, language) != spelt(other, language)


@pytest.mark.parametrize(
    "said", ["こんにちは", "その期限は？", "休暇は何日ですか。手当はいくらですか。", "教えて"]
)
def test_what_is_not_plain_is_like_nothing(said: str) -> None:
    """Greetings, follow-ups, several questions at once, and what names nothing."""
    assert asked(said, "ja") is None


def test_figure_is_the_same_wherever_it_stands() -> None:
    """With its unit and what bounds it."""
    one = asked("届出は5万人以上の市で必要ですか", "ja")
    assert one is not None
    assert one == asked("5万人以上の市で届出は必要ですか", "ja")


def test_order_makes_no_other_question() -> None:
    """Where the particles say who does what to whom."""
    one = asked("住民票を市役所で申請できますか", "ja")

    assert one is not None
    assert one == asked("市役所で住民票を申請できますか", "ja")


def test_a_figure_bounds_what_is_asked() -> None:
    """Thirty are not twenty, wherever they stand; and no figure keeps a question from being read."""
    twenty = asked("20人以上の事業所の届出は必要ですか", "ja")

    assert twenty is not None
    assert twenty == asked("事業所の届出は20人以上で必要ですか", "ja")
    assert twenty != asked("30人以上の事業所の届出は必要ですか", "ja")
