"""What stands before a heading or an item is told by its kind."""

from __future__ import annotations

import pytest

from ingest.language.marks import UNRANKED, Kind, lead, mark, unmarked


@pytest.mark.parametrize(
    "line, kind, said",
    [
        ("第3章 目的", Kind.CHAPTER, "第3章"),
        ("Ⅰ．総論", Kind.CHAPTER, "Ⅰ．"),
        ("第十八条の二 市長は", Kind.ARTICLE, "第十八条の二"),
        ("１．概要", Kind.NUMBER, "１．"),
        ("1 目的", Kind.NUMBER, "1 "),
        ("1-2 手順", Kind.SECOND, "1-2"),
        ("1.2.3 細目", Kind.THIRD, "1.2.3"),
        ("（ア）い", Kind.LETTER, "（ア）"),
        ("(2) あ", Kind.BRACKETED, "(2)"),
        ("2) あ", Kind.LETTER, "2)"),
        ("①う", Kind.CIRCLED, "①"),
        ("ア 申請", Kind.LETTER, "ア "),
        ("・え", Kind.BULLET, "・"),
        ("○お", Kind.BULLET, "○"),
        ("【概要】本文", Kind.LABEL, "【概要】"),
        ("図表1 推移", Kind.CAPTION, "図表1"),
        ("※1 注", Kind.NOTE, "※1"),
        ("注）ほげ", Kind.NOTE, "注）"),
        ("Q1. 何", Kind.QUESTION, "Q1."),
        ("ステップ1 準備", Kind.STEP, "ステップ1"),
        ("別紙1", Kind.APPENDIX, "別紙1"),
    ],
)
def test_mark(line: str, kind: Kind, said: str) -> None:
    """A mark is found with its kind, whatever its width."""
    found = mark(line)

    assert found is not None
    assert (kind, said) == (found.kind, line[found.start : found.end])


@pytest.mark.parametrize(
    "line", ["○○市は", "3.5%増", "10人が", "2024年", "5年間", "令和6年", "第一に", "目的"]
)
def test_no_mark(line: str) -> None:
    """A figure, a name left open and plain words are no marks."""
    assert mark(line) is None


def test_rank() -> None:
    """A chapter stands above an article, and a bullet numbers nothing."""
    ranks = [
        found.rank
        for line in ("第1章 a", "第1条 b", "(1) c", "① d", "・e")
        if (found := mark(line))
    ]

    assert [1, 3, 6, 7, UNRANKED] == ranks


def test_unmarked() -> None:
    """A title is shown without its numbers and bullets, but never without any word."""
    assert ["目的", "目的", "概要", "第3章"] == [
        unmarked(t) for t in ("第3章 目的", "■ 1. 目的", "（1）概要", "第3章")
    ]


def test_lead() -> None:
    """White space and bullets before an item are not quoted; the circles of a name left open are."""
    assert [1, 3, 0] == [lead(text) for text in ("・あ", "\u3000● い", "○○市は")]


@pytest.mark.parametrize(
    "text, left_out",
    [
        ("☑ 私物端末を禁止する ☐ 許可する", 0),
        ("☐ 許可する", 0),
        ("□ 認めない ■ 認める", 0),
        ("・☑ 禁止する", 1),
        ("■ 庁用車の点検", 2),
        ("□ 庁用車の点検", 2),
        ("● 月次 ○ 年次", 2),
    ],
)
def test_a_box_with_or_without_a_tick_is_no_bullet(text: str, left_out: int) -> None:
    """Which of two is chosen is said by the box alone, so a quotation keeps it."""
    assert left_out == lead(text)
