"""Sections: what counts as a heading, and under which other headings it stands."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.headings import sections
from ingest.pages import Block, BlockKind, EditionText, OutlineEntry, Page, Quality

BODY = 10.5


def page(number: int, *lines: tuple[str, float] | str) -> Page:
    """A page of blocks, each a text and its size (10.5 points where none is given)."""
    blocks: list[Block] = []
    text = ""
    for line in lines:
        words, size = (line, BODY) if isinstance(line, str) else line
        text += "\n" if text else ""
        blocks.append(Block(len(text), len(text) + len(words), BlockKind.TEXT, size))
        text += words
    source = np.arange(len(text), dtype=np.int32)
    boxes = np.zeros((len(text), 4), np.float32)
    quality = Quality("pdfium", 1.0)
    return Page(number, None, text, source, boxes, 595, 842, quality, tuple(blocks))


FILLER = "この段落は本文であり、見出しよりも長く、文として終わる。"


def paths(*pages: Page, outline: tuple[OutlineEntry, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all sections, in order."""
    return [one.path for one in sections(EditionText(pages, outline))]


def test_sections_cover_the_text_without_gaps() -> None:
    """Sections follow each other from the first character to the last."""
    text = EditionText((page(1, FILLER, ("第１章 総則", 16), FILLER), page(2, FILLER)))

    found = sections(text)

    assert 0 == found[0].start
    assert len(text.text) == found[-1].end
    assert [one.end for one in found[:-1]] == [one.start for one in found[1:]]


def test_a_text_without_headings_is_one_section() -> None:
    """Where nothing looks like a heading the path is empty."""
    assert [()] == paths(page(1, FILLER, FILLER))


def test_numbering_nests() -> None:
    """Chapters hold sections, sections hold numbered points."""
    found = paths(
        page(
            1,
            "第１章 総則",
            FILLER,
            "第１節 目的",
            FILLER,
            "（１）対象",
            FILLER,
            "第２章 手続",
            FILLER,
        )
    )

    assert [
        ("第１章 総則",),
        ("第１章 総則", "第１節 目的"),
        ("第１章 総則", "第１節 目的", "（１）対象"),
        ("第２章 手続",),
    ] == found


@pytest.mark.parametrize("gap", ["", " ", "\u3000"], ids=["no space", "a space", "a wide space"])
def test_circled_numbers_stand_below_brackets(gap: str) -> None:
    """第1章 › １． › （１） › ①, whatever stands between number and words."""
    chapter, point, part = "第1章 窓口", "１．受付", "（１）申請"
    found = paths(
        page(
            1,
            chapter,
            FILLER,
            point,
            FILLER,
            part,
            FILLER,
            f"①{gap}申請者",
            FILLER,
            "（２）審査",
            FILLER,
        )
    )

    assert [
        (chapter,),
        (chapter, point),
        (chapter, point, part),
        (chapter, point, part, " ".join(f"①{gap}申請者".split())),
        (chapter, point, "（２）審査"),
    ] == found


def test_rings_and_brackets_head_in_the_size_of_the_text() -> None:
    """○ and 【】 alone on a line stand below the numbered heading, 【】 below ○."""
    found = paths(
        page(
            1,
            "１．受付",
            FILLER,
            "【留意事項】",
            FILLER,
            "○ 代理人の場合",
            FILLER,
            "【様式】",
            FILLER,
        )
    )

    assert [
        ("１．受付",),
        ("１．受付", "【留意事項】"),
        ("１．受付", "○ 代理人の場合"),
        ("１．受付", "○ 代理人の場合", "【様式】"),
    ] == found


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("【様式１】に記入して提出する", id="brackets within a sentence"),
        pytest.param("○ 申請書を窓口に提出すること", id="a ring before a sentence"),
    ],
)
def test_marks_before_sentences_head_nothing(line: str) -> None:
    """A mark alone makes no heading of a sentence."""
    assert [("１．受付",)] == paths(page(1, "１．受付", FILLER, line, FILLER))


def test_a_list_is_no_row_of_headings() -> None:
    """Numbers without a word between them are items; those with text below are headings."""
    found = paths(page(1, "（１）申請", "（２）審査", "（３）交付", FILLER, "（４）返納", FILLER))

    assert [(), ("（４）返納",)] == found


def test_a_list_of_rings_is_no_row_of_headings() -> None:
    """Lines with rings that follow each other are items."""
    assert [()] == paths(page(1, FILLER, "○ 申請書", "○ 同意書", "○ 住民票の写し"))


def test_the_cover_heads_nothing_behind_it() -> None:
    """The title on the cover is no part of the paths of later pages."""
    cover = page(1, ("窓口業務の手引", 28), "総務課")
    body = [page(number, f"第{number - 1}章 手続", FILLER) for number in (2, 3, 4)]

    assert [("窓口業務の手引",), ("第1章 手続",), ("第2章 手続",), ("第3章 手続",)] == paths(
        cover, *body
    )


def test_larger_type_stands_above_smaller() -> None:
    """Unnumbered headings are ranked by their size."""
    found = paths(page(1, ("窓口の改革", 24), ("進め方", 16), FILLER, ("効果の測定", 16), FILLER))

    assert [
        ("窓口の改革",),
        ("窓口の改革", "進め方"),
        ("窓口の改革", "効果の測定"),
    ] == found


def test_bookmarks_rank_before_looks() -> None:
    """A bookmark that is found on its page sets the level, whatever the size."""
    outline = (OutlineEntry("概要", 0, 1), OutlineEntry("背景", 1, 1), OutlineEntry("別の話", 0, 2))

    found = paths(
        page(1, "概要", FILLER, "背景", FILLER), page(2, "別の話", FILLER), outline=outline
    )

    assert [("概要",), ("概要", "背景"), ("別の話",)] == found


def test_a_bookmark_matches_in_any_width() -> None:
    """Bookmarks are often typed in other widths than the page."""
    outline = (OutlineEntry("1. DXの推進", 0, 1),)

    assert [("1. DXの推進",)] == paths(page(1, "１．ＤＸの推進", FILLER), outline=outline)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("第１章 総則……………………３", id="a line of a table of contents"),
        pytest.param("１．職員は規律を守らなければならないこと。", id="a numbered sentence"),
        pytest.param("（出典）総務省", id="a source"),
        pytest.param("２０２５年４月１日", id="a date"),
        pytest.param("図１ 推進体制", id="a caption"),
    ],
)
def test_what_is_no_heading(line: str) -> None:
    """Numbers and short lines alone do not make a heading."""
    assert [()] == paths(page(1, FILLER, line, FILLER))


@pytest.mark.parametrize("bullet", ["\uf09f", "\uf0d8", "➢", "⚫", "✓", "•"])
def test_a_bullet_in_larger_type_heads_nothing(bullet: str) -> None:
    """Slides set their bullets larger than their notes, and they stay items of a list."""
    assert [()] == paths(page(1, (f"{bullet}仕入数量の強制", 14), FILLER, FILLER))


@pytest.mark.parametrize(
    "title", ["○国の取組と財政支援", "・基本方針の策定", "構成例は次のとおりである。"]
)
def test_a_slide_begins_a_section_whatever_its_title_looks_like(title: str) -> None:
    """What stands in the largest type at the top of a page ends the section of the page before."""
    found = paths(
        page(1, ("手順書の概要", 16), FILLER, FILLER),
        page(2, (title, 16), "○うち市町村の手続", "○うち県の手続", FILLER),
    )

    assert (title,) in found


def test_a_large_line_between_others_tops_no_slide() -> None:
    """Only the first line of a page does, and only where nothing else is as large."""
    found = paths(
        page(1, ("手順書の概要", 16), FILLER, FILLER),
        page(2, ("・任用の注意である。", 16), ("・服務の規律である。", 16), FILLER),
    )

    assert [("手順書の概要",)] == found


def test_a_table_of_contents_heads_nothing() -> None:
    """Neither its lines nor the word above them stand over what comes later."""
    found = paths(
        page(1, ("目次", 16), ("１．受付", 13), ("２．審査 3", 13), ("３．交付", 13)),
        page(2, ("１．受付", 13), FILLER, ("２．審査", 13), FILLER),
        page(3, ("３．交付", 13), FILLER),
    )

    assert [("目次",), ("１．受付",), ("２．審査",), ("３．交付",)] == found


def test_chapters_that_follow_each_other_closely_are_no_contents() -> None:
    """A chapter's name may come again; two of them on a page are no table of contents."""
    found = paths(
        page(1, ("第１章 総則", 16), ("第１節 目的", 13), FILLER),
        page(2, ("第１章 総則", 16), FILLER),
    )

    assert [("第１章 総則",), ("第１章 総則", "第１節 目的"), ("第１章 総則",)] == found


def test_what_marks_an_item_heads_its_page_and_the_next() -> None:
    """Behind that only what stands above it heads the text."""
    found = paths(
        page(1, "１．受付", FILLER, "①本人の確認", FILLER), *(page(at, FILLER) for at in (2, 3, 4))
    )

    assert [("１．受付",), ("１．受付", "①本人の確認"), ("１．受付",)] == found


def test_forms_and_enactments_behind_a_manual_begin_anew() -> None:
    """様式第１号 and an ordinance with its number are no part of the manual's last point."""
    found = paths(
        page(1, "１．報告", FILLER, "（１）報告書の提出", FILLER),
        page(2, "みなと市手数料条例", "平成28年みなと市条例第23号", FILLER),
        page(3, ("様式第１号（第２条関係）", 10), FILLER),
    )

    assert [
        ("１．報告",), ("１．報告", "（１）報告書の提出"), ("みなと市手数料条例",),
        ("みなと市手数料条例", "様式第１号（第２条関係）"),
    ] == found  # fmt: skip


def test_caption_above_an_article_is_its_heading() -> None:
    """（使用料） is what 第２条 is called; its paragraphs and items head nothing."""
    found = paths(
        page(
            1,
            "第１章 総則",
            "（目的）",
            "第１条 この規程は、会議室の使用について定める。",
            "（使用料）",
            "第２条 使用料は、次のとおりとする。",
            "(1) 前号の費用に付随する費用",
            "（委任）",
            "第３条 " + FILLER,
        )
    )

    assert [
        ("第１章 総則",),
        ("第１章 総則", "第１条（目的）"),
        ("第１章 総則", "第２条（使用料）"),
        ("第１章 総則", "第３条（委任）"),
    ] == found


def test_brackets_that_stand_above_no_article_are_no_caption() -> None:
    """A remark in brackets above a paragraph names no article."""
    assert [()] == paths(page(1, FILLER, "（単位：千円）", FILLER))
