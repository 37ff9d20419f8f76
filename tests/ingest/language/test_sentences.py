"""Sentences end where a reader sees them end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.language.sentences import is_whole, spans, split


@pytest.mark.parametrize(
    "text, expected",
    [
        (
            "する。ただし、（例外を除く。）しない。次に",
            ["する。", "ただし、（例外を除く。）しない。", "次に"],
        ),
        ("「します。」と言う。次。", ["「します。」と言う。", "次。"]),
        ("開いた（かっこ。次の文。", ["開いた（かっこ。", "次の文。"]),
        (
            "See Art. 3. The DX. Next is e.g. this. What? Yes.",
            ["See Art. 3.", "The DX.", "Next is e.g. this.", "What?", "Yes."],
        ),
        ("https://a.jp/?q=1を見る。はい", ["https://a.jp/?q=1を見る。", "はい"]),
        ("約3．5倍である。次", ["約3．5倍である。", "次"]),
        ("する。※注意すること。", ["する。", "※注意すること。"]),
        ("本当ですか？はい！", ["本当ですか？", "はい！"]),
        ("。…", []),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    """Brackets, figures, addresses and abbreviations end nothing."""
    assert expected == split(text)


@given(st.text(alphabet="あ。（）「」.A ?！※\n", max_size=40))
def test_spans_are_in_order_and_lose_nothing(text: str) -> None:
    """The spans hold every character but white space, once."""
    found = list(spans(text))

    assert "".join(text.split()) == "".join("".join(text[a:b].split()) for a, b in found)
    assert all(a < b for a, b in found)


@pytest.mark.parametrize(
    "text, whole", [("する。", True), ("次のとおり：", True), ("概要", False), ("（する。）", True)]
)
def test_is_whole(text: str, *, whole: bool) -> None:
    """A title or half a sentence is no whole one."""
    assert whole is is_whole(text)
