"""A question finds what a page writes otherwise: characters, names, numbers, eras, articles."""

from __future__ import annotations

from datetime import date

import pytest

from bot.answering.editions import AcrossEditions
from bot.answering.extractive import Extractive
from bot.answers import Answer
from bot.asking.question import read
from tests.fakes import FakeLibrary, edition, edition_text

PAGE = edition_text(
    "# 様式集\n第2.1版では、様式を追加した。\n第2.10版では、桁数を見直した。",
    "# 庁内便\n① 封筒に課名を書く。\n② 封をしないで棚へ置く。\n③ 手渡しとする。",
    "# 区分\n区分Ⅱは公民館へ移る。\n区分Ⅲは町外へ移る。",
    "# 年次計画\n令和７年度は、屋上の防水を行う。\n令和８年度は、昇降機を取り替える。",
    "# 機器\nサ―バ―の保守は五年とする。\nＬＧＷＡＮ接続系は分離する。",
    "# 職員\n髙橋課長は契約を扱う。\n齋藤係長は出納を扱う。\n渡邉主任は旅券を扱う。\n山﨑主事は墓地を扱う。",
    "# 事例\n龍ケ崎市は書かない申請を始めた。\n塩竈市は証明書を電子で交付した。\n檜原村は無線の内容を配信した。",
    "# 事例の二\n鰺ヶ沢町は移住相談を始めた。\n四條畷市は面接をオンラインにした。\n袖ケ浦市は粗大ごみを予約にした。\nつるぎ町は移動役場を走らせた。",
    "# 謝礼\n講師の謝礼は五千円とする。\n通訳の謝礼は3.5千円とする。\n委員の謝礼は1万2千円とする。",
    "# 監査\n監査は、毎年九月に行う。\n廣島縣の検査は、二週間以内に行う。",
)
HELD = FakeLibrary({edition("handbook", title="手引"): PAGE})


def ask(text: str) -> Answer:
    """Ask as a door does, on a day that does not change."""
    today = date(2026, 4, 1)
    inner = Extractive(lambda: HELD, today=lambda: today)
    return AcrossEditions(inner, lambda: HELD, today=lambda: today).answer(read(text))


@pytest.mark.parametrize(
    "question, said",
    [
        ("第2.10版で見直したのは？", "桁数"),
        ("庁内便の②の手順は？", "封をしないで"),
        ("区分IIIはどこへ移る", "町外"),
        ("2025年度に行う工事は？", "屋上"),
        ("Ｒ８に取り替えるものは", "昇降機"),
        ("サーバーの保守は何年？", "五年"),
        ("lgwan接続系の扱い", "分離する"),
        ("高橋課長は何を扱う？", "契約"),
        ("斎藤係長は何を扱う？", "出納"),
        ("渡辺主任は何を扱う？", "旅券"),
        ("山崎主事は何を扱う？", "墓地"),
        ("龍ヶ崎市は何を始めた？", "書かない申請"),
        ("竜ケ崎市は何を始めた？", "書かない申請"),
        ("塩釜市は何を交付した？", "証明書"),
        ("桧原村は何を配信した？", "無線"),
        ("鯵ヶ沢町は何を始めた？", "移住相談"),
        ("四条畷市は何をオンラインにした？", "面接"),
        ("袖ヶ浦市は何を予約にした？", "粗大ごみ"),
        ("つるぎ町は何を走らせた？", "移動役場"),
        ("講師の謝礼は5,000円か", "五千円"),
        ("通訳の謝礼は3,500円ですか", "3.5千円"),
        ("委員の謝礼は12,000円ですか", "1万2千円"),
        ("監査は何月に行うか", "毎年九月"),
        ("広島県の検査は何日以内ですか", "二週間以内"),
    ],
)
def test_page_is_found_in_another_spelling(question: str, said: str) -> None:
    """The first quotation, or the nearest place, is where the page writes it in its own way."""
    answer = ask(question)

    first, *_ = answer.citations or (answer.declined.nearest if answer.declined else ())
    assert said in first.quote


@pytest.mark.parametrize("text", ["こんにちは", "ありがとうございました", "Hello!"])
def test_small_talk_is_answered_and_nothing_is_missing(text: str) -> None:
    """A sentence comes back, without a citation, a search or a gap."""
    answer = ask(text)

    assert None is answer.declined
    assert () == answer.citations
    assert answer.text


def test_polite_question_is_answered_and_says_how_it_was_read() -> None:
    """The signature's telephone and town are not asked about."""
    answer = ask("総務課の佐藤です。監査は何月に行うか\n--\n緑野市役所 総務課\nTEL 03-1234-5678")

    assert "毎年九月" in answer.citations[0].quote
    assert "「監査は何月に行うか」とのお尋ねと読みました。" in answer.notices
