"""Telling whether an answer is there at all: near misses are the hard part."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.generations.generation import Generation
from index.kinds import asked_for
from index.passages import Filters
from tests.fakes import edition
from tests.shelves import Desk

GLOSSARY = """
[[term]]
ja = "ガバメントクラウド"
also = ["ガバクラ"]
en = ["government cloud"]
"""


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """Two short works about towns and systems, beside some others that make words rare."""
    desk = Desk(Path(tmp_path_factory.mktemp("confidence")))
    (desk.corpus / "glossary.toml").write_text(GLOSSARY, encoding="utf-8")
    desk.put(
        edition("cases"),
        "# 事例\n北海道北見市は、書かない窓口を設けた。窓口の待ち時間が短くなった。",
        "# 事例\n山形県酒田市は、職員向けのワークショップを開いた。",
        "# 事例\n千葉県船橋市は、手続を段階的にオンライン化した。",
    )
    desk.put(
        edition("manual", label="第1.0版"),
        "# 期限\n標準準拠システムへの移行の目標時期は令和7年度である。",
        "# 基盤\nガバメントクラウドは全国規模のクラウド基盤である。",
        "# 費用\n移行にはデジタル基盤改革支援補助金を使う。",
        "# 連絡先\n問い合わせ先の電話番号は03-0000-0000である。",
        "# 実行\n「OODA※」の枠組みで速やかに決める。\n※「観察」と「判断」の頭文字をつないだ言葉",
        "# 共有\n利用者を中心に考える、いわゆる「サービスデザイン思考」を共有する。",
    )
    desk.put(
        edition("overview", language="en"),
        "# Outlook\nThe sample road map shows the Government Cloud, then work on specifications.",
    )
    desk.refresh()
    return desk.shelf()()


def _sure(generation: Generation, question: str) -> float:
    passages = generation.retrieve(question, k=8, filters=Filters())
    return generation.confidence(question, passages)


@pytest.mark.parametrize(
    "question",
    [
        "北見市の書かない窓口について教えてください",
        "酒田市は何を開きましたか",
        "標準準拠システムへの移行の目標時期はいつですか",
        "2025年度が目標時期のものは？",
        "ガバクラとは何ですか",
        "What is the government cloud?",
        "問い合わせ先の電話番号は？",
        "ガバメントクラウトとは何ですか",
        "ガバメントクラウドは英語だとどういう意味ですか",
        "窓口はきっちり作らないとダメ？",
        "OODAとは",
        "サービスデザイン思考とは何ですか",
    ],
)
def test_what_the_documents_say_is_answered(question: str, generation: Generation) -> None:
    """Plain, abbreviated, in western years and in English."""
    assert _sure(generation, question) >= 0.5


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("酒田市の書かない窓口について教えてください", id="the case of another town"),
        pytest.param("名古屋市の事例を教えてください", id="a town without a case"),
        pytest.param("北見市は書かない窓口にいくらかけましたか", id="a sum that is not told"),
        pytest.param("ワークショップには何人が参加しましたか", id="a number that is not told"),
        pytest.param("問い合わせ先のメールアドレスは？", id="an address where a number stands"),
        pytest.param("第3.5版では移行の目標時期はいつですか", id="an edition that is not held"),
        pytest.param("ワークショップとは何ですか", id="a meaning that is not told"),
        pytest.param(
            "ワークショップの費用は誰が負担しましたか", id="who pays, where no cost is told"
        ),
        pytest.param("粗大ごみの収集を申し込むには", id="another subject"),
        pytest.param("標準準拠システムの動作環境を教えてください", id="figures of a machine"),
        pytest.param(
            "移行の目標時期を過ぎたときの罰則はいつからですか", id="a penalty where a day is told"
        ),
        pytest.param("How much did Kitami pay?", id="a sum, in English"),
    ],
)
def test_a_near_miss_is_declined(question: str, generation: Generation) -> None:
    """The words are there, the answer is not."""
    assert _sure(generation, question) < 0.5


def test_a_misspelt_name_is_told_from_the_words_of_the_generation(generation: Generation) -> None:
    """An open generation mends what its glossary names and its passages do not spell so."""
    assert "ガバメントクラウドとは" == generation.mended("ガバメントクラウトとは")
    assert "北見市とは" == generation.mended("北見市とは")


def test_nothing_found_is_no_confidence(generation: Generation) -> None:
    """Without passages there is nothing to weigh."""
    assert 0.0 == generation.confidence("標準化", [])


@pytest.mark.parametrize(
    "question",
    [
        "ip電話の広告で配慮することは",
        "契約が無期限の場合は",
        "動物の数や年齢などの条件は",
        "酒田市の窓口は",
    ],
)
def test_a_word_in_passing_asks_for_no_kind(question: str) -> None:
    """電話, 期限, 年齢 and 市 ask for a number, a day, an age or a town only where they are asked."""
    assert asked_for(question) is None


def test_when_in_a_plan_asks_for_no_day() -> None:
    """What takes place when in the plan is told by its steps; when alone asks for a day."""
    assert asked_for("when in the work plan is it assessed?") is None
    assert asked_for("when is it assessed?") is not None


@pytest.mark.parametrize(
    "question, unknown",
    [
        pytest.param("ドローンを飛ばした市はどこですか", True, id="a thing nobody here names"),
        pytest.param("酒田市は何を開きましたか", False, id="things that are named"),
        pytest.param("ガバクラの名前を一覧で教えて", False, id="words that name no thing"),
    ],
)
def test_a_thing_that_no_document_names_speaks_against_an_answer(
    question: str, *, unknown: bool, generation: Generation
) -> None:
    """What is asked about must be named somewhere, if only by another of its names."""
    passages = generation.retrieve(question, k=8, filters=Filters())

    signs = generation._confidence.signs(question, passages)  # noqa: SLF001 - what it weighs

    assert signs is not None
    assert unknown == (signs.unknown > 0)
