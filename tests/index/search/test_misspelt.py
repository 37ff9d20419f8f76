"""A misspelt name is taken for the name it is one slip away from; words that are known stay."""

from __future__ import annotations

import pytest

from index.search.glossary import Glossary, Term
from index.search.misspelt import Spelling
from ingest.language.words import pairs, tokens
from tests.searched import bm25

GLOSSARY = Glossary(
    [
        Term("ガバメントクラウド", en=("government cloud",)),
        Term("標準準拠システム", en=("standard-compliant system",)),
        Term("マイナンバーカード", ("マイナカード",)),
        Term("電子申請システム", ("オンライン申請",)),
        Term("個人情報保護法", ("個情法",)),
        Term("オンライン", ("ネット経由",)),
        Term("町村", en=("towns and villages",)),
    ]
)
PASSAGES = (
    "標準準拠システムをガバメントクラウドに置く。",
    "マイナンバーカードでオンライン申請をする。",
    "The adopted clouds and governments.",
    "個人情報保護課がガバメントクラウズを監査する。",
)


@pytest.fixture
def spelling() -> Spelling:
    """Names of a glossary beside the words of four passages."""
    return Spelling(bm25(map(tokens, PASSAGES)), bm25(map(pairs, PASSAGES)), GLOSSARY)


@pytest.mark.parametrize(
    "said, meant",
    [
        ("ガバメントクラウトって何ですか？", "ガバメントクラウドって何ですか？"),
        ("マイナンバカードの申請", "マイナンバーカードの申請"),
        ("マイナンンバーカードの申請", "マイナンバーカードの申請"),
        ("ガバメントクラドウとは", "ガバメントクラウドとは"),
        ("ｶﾞﾊﾞﾒﾝﾄｸﾗｳﾄとは", "ガバメントクラウドとは"),
        ("標準準処システムを作るのは誰", "標準準拠システムを作るのは誰"),
        ("What is the Goverment cloud?", "What is the government cloud?"),
        ("ガバメント・クラウドとは", "ガバメントクラウドとは"),
    ],
    ids=[
        "another character",
        "one too few",
        "one too many",
        "two that changed places",
        "half-width characters",
        "a Chinese character that makes no word there",
        "a Latin letter too few",
        "a dot within the name",
    ],
)
def test_a_name_one_slip_away_is_meant(spelling: Spelling, said: str, meant: str) -> None:
    """What neither dictionary nor passages know is taken for the name beside it."""
    assert meant == spelling.mended(said)


@pytest.mark.parametrize(
    "question",
    [
        "ガバメントクラウドとは",
        "オフラインでできますか",
        "ガバメントクラウズとは",
        "電子申告システムはありますか",
        "個人情報保護係の仕事",
        "Was it adapted by governments?",
        "ガバメトクラウトとは",
        "オンライン・ガバメントクラウドの違い",
        "Which village is it?",
    ],
    ids=[
        "the name itself",
        "a word of the dictionary",
        "a word that a passage holds",
        "two Chinese words",
        "another last character",
        "another English word",
        "two slips",
        "a dot between two names",
        "another form of a word",
    ],
)
def test_other_words_stay(spelling: Spelling, question: str) -> None:
    """A word somebody may have meant is left as it was typed."""
    assert question == spelling.mended(question)
