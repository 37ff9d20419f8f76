"""A citizen or colleague by name is no thing that is asked about, unless the documents name them."""

from __future__ import annotations

import pytest

from bot.answering.understanding import without_people


@pytest.mark.parametrize(
    "said, rest",
    [
        ("山田さんの転出届の提出期限は？", "転出届の提出期限は？"),
        ("佐藤花子さんが転入したとき、届出はいつまでですか", "転入したとき、届出はいつまでですか"),
        ("鈴木様から聞かれました、手数料の減免の条件は", "聞かれました、手数料の減免の条件は"),
        ("田中さんと高橋さんの児童手当の申請書類は？", "児童手当の申請書類は？"),
        ("児童手当の申請書類は？", "児童手当の申請書類は？"),
        ("皆さんの意見を聞く手続は？", "皆さんの意見を聞く手続は？"),
    ],
    ids=["whose", "who did", "from whom", "two", "nobody", "everybody"],
)
def test_who_is_named_politely_is_left_out(said: str, rest: str) -> None:
    """With the particle that joins the name to the rest."""
    assert rest == without_people(said, lambda _word: False)


@pytest.mark.parametrize(
    "said",
    [
        "山田さんの連絡先は？",
        "山田さんは何歳ですか",
        "山田さんはどうなりましたか",
        "山田課長の担当は？",
    ],
    ids=["their contact", "their age", "nothing else", "a person in office"],
)
def test_a_question_about_a_person_stays(said: str) -> None:
    """Without the name it would be answered of somebody else."""
    assert said == without_people(said, lambda _word: False)


def test_whom_the_documents_name_may_be_asked_about() -> None:
    """A document that tells of 山田さん answers of her."""
    said = "山田さんの移住の体験は？"

    assert said == without_people(said, {"山田"}.__contains__)
