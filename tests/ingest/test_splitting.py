"""Sentences, items and rows of a page, and how a quotation is shown on one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.language.sentences import shown
from ingest.pages import BlockKind, EditionText
from ingest.splitting import sentences
from tests.fakes import edition_text


def said(*pages: str, number: int = 1) -> list[str]:
    """Return the sentences of a page as strings."""
    text = edition_text(*pages)
    return [text.text[one.start : one.end] for one in sentences(text, number)]


def test_paragraph_is_cut_after_full_stops() -> None:
    """A full stop ends a sentence and belongs to it."""
    assert ["任用できる。", "条件がある。"] == said("任用できる。条件がある。")


def test_full_stop_in_brackets_does_not_end_a_sentence() -> None:
    """A quotation or an aside with its own full stop stays in its sentence."""
    assert [
        "「確認した。」と答える（省略する。）こと。",
        "終わり。",
    ] == said("「確認した。」と答える（省略する。）こと。終わり。")


def test_english_is_cut_at_full_stops_but_not_at_abbreviations() -> None:
    """No. 5, e.g. and U.S. do not end a sentence."""
    assert [
        "See No. 5 of the list, e.g. The U.S. Code applies.",
        "It ends.",
    ] == said("See No. 5 of the list, e.g. The U.S. Code applies. It ends.")


def test_bullet_is_left_out_of_the_span() -> None:
    """The mark of an item is layout; its number would not be."""
    assert ["一つ目", "（２）二つ目"] == said("・一つ目\n（２）二つ目")


def test_note_begins_a_sentence_of_its_own() -> None:
    """What stands behind ※ qualifies the sentence before and can be quoted with or without it."""
    assert ["上限がある。", "※離島を除く。"] == said("上限がある。※離島を除く。")


def test_second_page_has_offsets_of_the_whole_text() -> None:
    """Offsets lead back into the edition's text, whatever the page."""
    text = edition_text("一頁目。", "二頁目。")

    (only,) = sentences(text, 2)

    assert "二頁目。" == text.text[only.start : only.end]
    assert 2 == only.page
    assert only.kind is BlockKind.TEXT


def test_empty_page_has_no_sentences() -> None:
    """A page that could not be read gives nothing, not an error."""
    assert [] == said("", "二頁目。")


@pytest.mark.parametrize(
    "quote, line",
    [
        (
            "この手順書は、標準化の対象となる十七の事務を\n定める。",
            "この手順書は、標準化の対象となる十七の事務を定める。",
        ),
        ("an aide may be hired for the\nproject", "an aide may be hired for the project"),
        ("日本\n米国\n英国", "日本\u3000米国\u3000英国"),
        ("  端に空白 \n", "端に空白"),
    ],
    ids=["inside a sentence", "between English words", "between labels", "at the ends"],
)
def test_quotation_is_shown_on_one_line(quote: str, line: str) -> None:
    """Only white space changes; every other character of the quotation is shown."""
    assert line == shown(quote)
    assert "".join(quote.split()) == "".join(shown(quote).split())


def test_row_that_only_heads_columns_is_no_sentence() -> None:
    """The heads stand beside each row's quotation; alone they say nothing."""
    text = edition_text("| 番号\t作業\n| ①\t体制の立ち上げ")
    page = text.pages[0]
    head, row = page.blocks
    told = EditionText((replace(page, blocks=(head, replace(row, context="番号 / 作業"))),))

    assert ["①\t体制の立ち上げ"] == [told.text[s.start : s.end] for s in sentences(told, 1)]
    assert ["番号\t作業", "①\t体制の立ち上げ"] == [
        text.text[s.start : s.end] for s in sentences(text, 1)
    ]
