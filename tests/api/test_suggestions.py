"""Questions offered to somebody who does not know the corpus."""

from __future__ import annotations

import pytest

from api.suggestions import Known, Starters, names, suggested
from bot.answering.extractive import Extractive
from bot.answering.going_on import askable, question_about
from index.search.glossary import Glossary, Term
from tests.fakes import FakeLibrary, edition, edition_text


def test_each_document_gives_its_most_telling_heading_first() -> None:
    """Two documents alternate; headings without content words come late or not at all."""
    library = FakeLibrary(
        {
            edition("one"): edition_text(
                "# 目次\nあ\n# 基本的な考え方\nい\n# 年次有給休暇の繰越し\nう"
            ),
            edition("two"): edition_text("# 第２章　３．窓口業務の委託契約\nえ"),
        }
    )

    assert (
        "年次有給休暇の繰越しについて教えてください",
        "窓口業務の委託契約について教えてください",
        "基本的な考え方について教えてください",
    ) == suggested(library, "ja")


def test_documents_of_the_asker_s_language_are_preferred() -> None:
    """An English reader is offered English headings, Japanese ones only where there are none."""
    japanese = edition("ja")
    english = edition("en", language="en")
    texts = {
        japanese: edition_text("# 年次有給休暇\nあ"),
        english: edition_text("# 2 Carry-over of leave\na"),
    }

    assert ("What should I know about Carry-over of leave?",) == suggested(FakeLibrary(texts), "en")
    assert ("What should I know about 年次有給休暇?",) == suggested(
        FakeLibrary({japanese: texts[japanese]}), "en"
    )


@pytest.mark.parametrize("heading", ["目次", "その他の事項について", "x" * 60, "短い"])
def test_heading_that_says_nothing_makes_no_question(heading: str) -> None:
    """Tables of contents, leftovers, overlong and very short headings are passed over."""
    library = FakeLibrary({edition(): edition_text(f"# {heading}\nあ")})

    assert () == suggested(library, "ja")


def test_heading_that_is_a_question_stays_one() -> None:
    """とは becomes とは何ですか."""
    library = FakeLibrary({edition(): edition_text("# ガバメントクラウドとは\nあ")})

    assert ("ガバメントクラウドとは何ですか",) == suggested(library, "ja")


@pytest.mark.parametrize(
    "heading,asked",
    [
        ("住居手当の月額", "住居手当の月額はいくらですか"),
        ("申請書の提出期限", "申請書の提出期限はいつまでですか"),
        ("育児休業の期間", "育児休業の期間はどのくらいですか"),
        ("必要な書類", "必要な書類には何がありますか"),
        ("制度の目的", "制度の目的は何ですか"),
        ("窓口の所在地", "窓口の所在地はどこですか"),
        ("休暇の特例", "休暇の特例について教えてください"),
        ("誰が申請するのか", "誰が申請するのか"),
    ],
)
def test_heading_becomes_what_people_ask(heading: str, asked: str) -> None:
    """By the kind of answer that its last word calls for; otherwise it is asked for as a whole."""
    assert asked == question_about(heading, "ja")


@pytest.mark.parametrize(
    "heading,said",
    [
        ("（３）「広告」等との関係について", "「広告」等との関係"),
        ("【ベストプラクティス】", "ベストプラクティス"),
        ("産地情報（原産地、原産国名等）", "産地情報"),
        ("の場合）", ""),
        ("３.1 空き店舗が増えました", ""),
        ("ツールとしてご活用ください", ""),
        ("TEL.03-3501-1929", ""),
        ("【メモ】", ""),
    ],
)
def test_a_heading_is_asked_about_where_it_names_something(heading: str, said: str) -> None:
    """Marks, asides and について go; half of a bracket, a sentence and a number name nothing."""
    assert said == askable(heading)


def test_a_question_without_figures_promises_none() -> None:
    """Whether a figure stands under 件数 is not known: it is asked for as a whole."""
    assert "申請の件数について教えてください" == question_about("申請の件数", "ja", figures=False)
    assert "必要な書類には何がありますか" == question_about("必要な書類", "ja", figures=False)


def test_headings_that_call_for_an_answer_come_first() -> None:
    """An amount is a better first question than a principle with more kanji."""
    library = FakeLibrary(
        {edition(): edition_text("# 行政改革推進基本原則\nあ\n# 住居手当の月額\nい")}
    )

    assert "住居手当の月額はいくらですか" == suggested(library, "ja")[0]


def test_questions_that_people_ask_come_first_if_they_are_answered() -> None:
    """What is not answered, too long or about another corpus gives way to the headings."""
    library = FakeLibrary(
        {edition("leave"): edition_text("# 年次有給休暇\n年次有給休暇は、一年につき20日とする。")}
    )
    leave = frozenset({"leave"})
    asked = [
        Known("年次有給休暇は何日ですか", "ja", leave),
        Known("宇宙飛行士の給料はいくらですか", "ja", leave),
        Known("年次有給休暇は一年につき何日ですか", "ja", frozenset({"elsewhere"})),
        Known("年次有給休暇は何日ですか" * 5, "ja", leave),
    ]
    starters = Starters(lambda: asked, Extractive(lambda: library))

    assert (
        "年次有給休暇は何日ですか",
        "年次有給休暇について教えてください",
    ) == starters(library, "ja")


def test_names_are_titles_words_and_questions() -> None:
    """What one may type on from is what stands in the corpus; nothing of what was asked."""
    library = FakeLibrary(
        {edition("leave", title="休暇の手引き"): edition_text("# 年次有給休暇\nあ")},
        glossary=Glossary([Term("年次有給休暇", also=("年休",))]),
    )

    assert (
        "休暇の手引き",
        "年次有給休暇",
        "年休",
        "年次有給休暇について教えてください",
    ) == names(library)
