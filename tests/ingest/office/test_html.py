"""Web pages as the systems of ordinances and town halls write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import UnreadablePdf
from ingest.formats import facts, read
from ingest.headings import sections
from ingest.pages import Block, EditionText

RULES = """<!DOCTYPE html><html><head><meta charset="Shift_JIS"><title>○みどり市手数料条例</title></head>
<body><nav><a href="/">トップ</a></nav><div style="display: none">隠し</div>
<p class="title">○みどり市手数料条例<p>平成12年3月31日<p>条例第5号
<div><p>（目的）</p><p><a name="a1"></a><span>第１条</span>　<ruby>手数料<rt>てすうりょう</rt></ruby>を&nbsp;定める。</p></div>
<div><p>（減免）</p><p>第２条　市長は、免除できる。</p><p>２　前項は例外とする。</p><p>(1)　災害</p></div>
<p>附　則<p>この条例は、平成12年4月1日から施行する。
<script>alert(1)</script><footer>著作権</footer></body></html>"""


def _blocks(text: EditionText) -> list[tuple[str, Block]]:
    return [(page.text[b.start : b.end], b) for page in text.pages for b in page.blocks]


def _page(path: Path, said: str, encoding: str = "utf-8") -> EditionText:
    path.write_bytes(said.encode(encoding))
    return read(path)


def test_article_of_an_ordinance_is_a_section(tmp_path: Path) -> None:
    """Tags left open, readings, menus and scripts do not matter."""
    text = _page(tmp_path / "a.html", RULES, "cp932")

    assert [
        "○みどり市手数料条例", "平成12年3月31日", "条例第5号", "（目的）", "第１条　手数料を 定める。",
        "（減免）", "第２条　市長は、免除できる。", "２　前項は例外とする。", "(1)　災害", "附　則",
        "この条例は、平成12年4月1日から施行する。",
    ] == [said for said, _ in _blocks(text)]  # fmt: skip
    assert ["○みどり市手数料条例", "第１条（目的）", "第２条（減免）", "附 則"] == [
        section.path[-1] for section in sections(text)
    ]
    assert "みどり市手数料条例" == facts(tmp_path / "a.html").title


def test_encoding_that_a_page_claims_counts_only_where_it_fits(tmp_path: Path) -> None:
    """A page that says Shift_JIS and is UTF-8 is read all the same."""
    text = _page(tmp_path / "a.htm", RULES)

    assert "手数料を 定める。" in text.text


def test_table_has_heads_and_a_table_for_layout_has_none(tmp_path: Path) -> None:
    """Cells may span; a table in a table, or with headings, lays out the page."""
    said = (
        "<table><tr><th rowspan=2>区分<th colspan=2>金額<tr><th>窓口<th>郵送"
        "<tr><td rowspan=2>住民票<td>300円<td>350円<tr><td>200円<td>250円</table>"
        "<table><tr><td><h2>問合せ</h2><ul><li>電話 1234<li>2階</ul></td><td>右の欄</td></tr></table>"
    )
    blocks = _blocks(_page(tmp_path / "a.html", said))

    assert ["住民票\t200円\t250円", "問合せ", "・電話 1234", "・2階", "右の欄"] == [
        text for text, _ in blocks[3:]
    ]
    assert ("区分", "金額 窓口", "金額 郵送") == blocks[3][1].heads


def test_page_of_frames_is_named_with_what_it_shows(tmp_path: Path) -> None:
    """Its frames are pages of their own."""
    said = '<frameset cols="20,80"><frame src="menu.html"><frame src="honbun.html"></frameset>'

    with pytest.raises(UnreadablePdf, match=r"in frames \(menu.html, honbun.html\)"):
        _page(tmp_path / "a.html", said)


def test_lists_count_from_one_and_a_term_keeps_what_is_said_of_it(tmp_path: Path) -> None:
    """An ordered list without a start begins at 1; a short description stands beside its term."""
    text = _page(
        tmp_path / "a.html",
        "<h1>粗大ごみ</h1><ol><li>電話する<li>券を買う</ol><dl><dt>たんす<dd>1,000円"
        "<dt>注意<dd>1行目<br>2行目</dl>",
    )

    found = [(said, block.context) for said, block in _blocks(text)]

    assert [
        ("粗大ごみ", ""), ("1. 電話する", ""), ("2. 券を買う", ""), ("たんす\t1,000円", ""), ("注意", ""),
        ("1行目\n2行目", "注意"),
    ] == found  # fmt: skip


def test_lines_of_one_paragraph_are_the_clauses_that_they_begin(tmp_path: Path) -> None:
    """Pages of rules break lines where others begin a paragraph; a way back heads nothing."""
    text = _page(
        tmp_path / "a.html",
        "<table><tr><td><a href='/'>戻る</a></table><center><b>○みどり市規則</b></center>"
        "<p>目次<br>第１章　総則（第１条－第３条）</p><h4>第１章　総則</h4>"
        "<p>（趣旨）<br>第１条　趣旨を定める。<br>２　細目は別に<br>定める。</p>"
        "<p>附　則<br>この規則は、公布の日から施行する。</p>",
    )

    assert ["○みどり市規則", "第１章 総則", "第１条（趣旨）", "附 則"] == [
        section.path[-1] for section in sections(text)
    ]
    assert [
        "（趣旨）", "第１条　趣旨を定める。", "２　細目は別に\n定める。", "附　則",
        "この規則は、公布の日から施行する。",
    ] == [said for said, _ in _blocks(text)][-5:]  # fmt: skip


def test_what_is_struck_is_left_out_and_a_raised_digit_is_no_digit(tmp_path: Path) -> None:
    """As a browser shows them: the old words with a line through them, m² with a small 2."""
    said = "<p>面積は<del>3</del><s>5</s>4m<sup>2</sup>、CO<sub>2</sub>は<sup>※</sup>とする。</p>"

    assert "面積は4m²、CO₂は※とする。\n" == _page(tmp_path / "a.html", said).text
