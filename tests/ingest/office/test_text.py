"""Plain text, Markdown and comma-separated values, as they are saved in town halls."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import UnreadablePdf
from ingest.formats import facts, read
from ingest.headings import sections
from ingest.office.encodings import decoded
from ingest.pages import EditionText, Place, PlaceKind

RULES = """みどり市手数料条例
平成12年3月31日
（目的）
第1条　この条例は、徴収する手数料について必要な事項を定めるものとし、その
適用の範囲を明らかにする。
（減免）
第2条　市長は、第3条の規定にかかわらず、手数料を免除することができる。
(1)　生活保護を受けている者
　　　附　則
この条例は、平成12年4月1日から施行する。
"""


def _text(path: Path, said: str, encoding: str = "utf-8") -> EditionText:
    path.write_bytes(said.encode(encoding))
    return read(path)


def _blocks(text: EditionText) -> list[str]:
    return [page.text[b.start : b.end] for page in text.pages for b in page.blocks]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16", "utf-16-le", "utf-16-be"],
)
def test_text_is_read_in_the_encoding_it_was_saved_in(encoding: str) -> None:
    """With and without a byte order mark."""
    assert RULES == decoded(RULES.encode(encoding))


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp"])
def test_half_width_kana_and_few_words_do_not_mislead(encoding: str) -> None:
    """ﾃｽﾄ among other words is no reason to take Shift_JIS for EUC-JP or the other way round."""
    said = "住所,氏名ｶﾅ\n緑町1-2-3,ﾔﾏﾀﾞ\n"

    assert said == decoded(said.encode(encoding))


def test_damaged_utf8_stays_utf8() -> None:
    """A cut character is shown as such, and the rest is read."""
    assert "手数料は300円です。\ufffd" == decoded("手数料は300円です。".encode() + b"\xe3")


def test_article_of_plain_text_is_a_section(tmp_path: Path) -> None:
    """Its title stands over it in brackets; a reference to an article begins none."""
    text = _text(tmp_path / "条例.txt", RULES, "cp932")

    assert [
        ("みどり市手数料条例",),
        ("みどり市手数料条例", "第1条（目的）"),
        ("みどり市手数料条例", "第2条（減免）"),
        ("みどり市手数料条例", "附 則"),
    ] == [section.path for section in sections(text)]


def test_wrapped_lines_are_one_paragraph_with_their_numbers(tmp_path: Path) -> None:
    """A sentence that goes on in the next line is quoted whole, from line 4 to line 5."""
    text = _text(tmp_path / "条例.txt", RULES)
    start = text.text.index("第1条")

    assert Place(PlaceKind.SECTION, "第1条（目的）", "L4-L5") == text.place(
        start, start + 45, ("第1条（目的）",)
    )


def test_facts_of_text_are_those_of_its_first_lines(tmp_path: Path) -> None:
    """Title, date, and since when it counts."""
    path = tmp_path / "a.txt"
    path.write_text(RULES, encoding="cp932")
    found = facts(path)

    assert "みどり市手数料条例" == found.title
    assert "2000-03-31" == str(found.published)
    assert "2000-04-01" == str(found.in_force_from)


def test_markdown_is_read_as_it_is_shown(tmp_path: Path) -> None:
    """Without signs; its table under its heads; what a comment says is not read."""
    text = _text(
        tmp_path / "a.md",
        "---\ntitle: x\n---\n# 手引き\n\n## 窓口\n\n受付は**平日**の[窓口](http://a.example)です。\n"
        "<!-- 秘密 -->\n\n- 一つ\n- 二つ\n\n|区分|料金|\n|---|--:|\n|大人|300円|\n\n```\n# code\n```\n",
    )

    assert [
        "手引き", "窓口", "受付は平日の窓口です。", "・一つ", "・二つ", "区分\t料金",
        "大人\t300円", "# code",
    ] == _blocks(text)  # fmt: skip
    assert ("区分", "料金") == text.pages[0].blocks[6].heads
    assert [("手引き",), ("手引き", "窓口")] == [section.path for section in sections(text)]


def test_record_of_a_csv_is_a_row_under_its_heads(tmp_path: Path) -> None:
    """A cell may hold line breaks and commas; an empty one is left out; cells have names."""
    path = tmp_path / "備品.csv"
    text = _text(path, '品名,数量,備考\n"発電機, 大",2,\n延長コード,12,"倉庫\n2階"\n', "cp932")
    row = text.text.index("延長")

    assert ["品名\t数量\t備考", "発電機, 大\t2", "延長コード\t12\t倉庫 2階"] == _blocks(text)
    assert ("品名", "数量") == text.pages[0].blocks[1].heads
    assert Place(PlaceKind.SHEET, "備品", "A3:C3") == text.place(row, row + 14)
    assert Place(PlaceKind.SHEET, "備品", "B3") == text.place(row + 6, row + 8)


def test_long_table_is_many_pages_of_one_section(tmp_path: Path) -> None:
    """Every row keeps its heads, and the last one its place."""
    rows = "".join(f"K{number},{number * 3}\n" for number in range(1, 501))
    text = _text(tmp_path / "a.csv", "番号,値\n" + rows)

    assert 13 == len(text.pages)
    assert 1 == len(sections(text))
    assert ("番号", "値") == text.pages[-1].blocks[-1].heads
    assert "A501:B501" == text.place(len(text.text) - 6, len(text.text) - 1).range


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("a.txt", b"", "the file is empty"),
        ("a.txt", b"%PDF-1.7", "but it is a PDF"),
        ("a.csv", b"PK\x03\x04", "but it is a ZIP or Office file"),
        ("a.md", b" \n\n", "there is no text in it"),
        ("a.docx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "a password"),
        ("a.docx", b"\xd0\xcf\x11\xe0old", "but it is an old Office file"),
        ("a.docx", b"PK\x03\x04cut", "its structure is damaged"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    """With what to do about it."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnreadablePdf, match=why):
        read(tmp_path / name)


def test_tables_drawn_by_characters_and_by_gaps_have_heads(tmp_path: Path) -> None:
    """Rules of ─ and │ draw a table, and three lines whose words stand apart are one."""
    text = _text(
        tmp_path / "a.txt",
        "料金のお知らせ\n\n┌───┬───┐\n│口径　│料金　│\n├───┼───┤\n│13mm　│　800円│\n"
        "│20mm　│1,200円│\n└───┴───┘\n\n  区分        金額\n  督促        100円\n  再発行      300円\n"
        "\nここからは文章である。　　続きもある。\n",
    )

    found = [
        (page.text[b.start : b.end], b.heads, b.at) for page in text.pages for b in page.blocks
    ]

    assert ("20mm\t1,200円", ("口径", "料金"), "L7 L7") in found
    assert ("再発行\t300円", ("区分", "金額"), "L12 L12") in found
    assert ("ここからは文章である。　　続きもある。", (), "L14") == found[-1]
