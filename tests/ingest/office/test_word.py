"""Word files read with what people put into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import UnreadablePdf
from ingest.formats import read
from ingest.headings import sections
from ingest.office.numbering import spelled
from ingest.pages import Block, EditionText, Place, PlaceKind
from tests.office import (
    cell,
    notes,
    numbers,
    para,
    relations,
    run,
    table,
    word,
    write,
)

LISTED = numbers(("decimalFullWidth", "第%1条"), ("decimal", "(%2)"), ("aiueoFullWidth", "%3"))


def _blocks(text: EditionText) -> list[tuple[str, Block]]:
    return [(page.text[b.start : b.end], b) for page in text.pages for b in page.blocks]


def _said(text: EditionText) -> list[str]:
    return [said for said, _ in _blocks(text)]


def test_numbers_are_those_that_word_shows(tmp_path: Path) -> None:
    """Articles count on, items begin anew under each, and a list may be told to begin anew."""
    text = read(
        word(
            tmp_path / "a.docx",
            para("この要綱は定める。", number=(1, 0)),
            para("甲を定める。", number=(1, 1)),
            para("乙を定める。", number=(1, 1)),
            para("細目を定める。", number=(1, 2)),
            para("次に定める。", number=(1, 0)),
            para("丙を定める。", number=(1, 1)),
            para("再び定める。", number=(2, 0)),
            numbering=LISTED,
        )
    )

    assert [
        "第１条 この要綱は定める。", "(1) 甲を定める。", "(2) 乙を定める。", "ア 細目を定める。",
        "第２条 次に定める。", "(1) 丙を定める。", "第１条 再び定める。",
    ] == _said(text)  # fmt: skip


@pytest.mark.parametrize(
    "number, form, said",
    [
        (21, "japaneseCounting", "二十一"), (10, "japaneseCounting", "十"),
        (21, "japaneseDigitalTenThousand", "二一"), (3, "iroha", "ハ"), (2, "aiueo", "ｲ"),
        (2, "ideographTraditional", "乙"), (21, "decimalEnclosedCircle", "㉑"),
        (4, "lowerRoman", "iv"), (27, "upperLetter", "AA"), (7, "decimalZero", "07"),
        (5, "unknownForm", "5"), (3, "none", ""),
    ],
)  # fmt: skip
def test_number_is_spelled_as_its_form_counts(number: int, form: str, said: str) -> None:
    """Kana, kanji, circles, Roman figures; an unknown form counts in figures."""
    assert said == spelled(number, form)


def test_changes_are_read_as_accepted_and_that_is_said(tmp_path: Path) -> None:
    """What is struck or moved away goes, what came stays, and a struck end joins paragraphs."""
    struck = "<w:del><w:r><w:delText>5万円</w:delText></w:r></w:del>"
    text = read(
        word(
            tmp_path / "a.docx",
            para("上限は", struck, f"<w:ins>{run('10万円')}</w:ins>", "とする。"),
            para("前半と", more="<w:rPr><w:del/></w:rPr>"),
            para("後半。"),
            para(f"<w:moveFrom>{run('移った文。')}</w:moveFrom>"),
            para(f"<w:moveTo>{run('移った文。')}</w:moveTo>"),
        )
    )

    assert ["上限は10万円とする。", "前半と後半。", "移った文。"] == _said(text)
    assert text.pages[0].quality.note.startswith("Tracked changes were read as accepted (")


def test_what_is_not_the_text_is_left_out(tmp_path: Path) -> None:
    """Contents, field codes, hidden words, readings over characters, comments, running heads."""
    ruby = f"<w:r><w:ruby><w:rt>{run('みどり')}</w:rt><w:rubyBase>{run('緑')}</w:rubyBase></w:ruby></w:r>"
    text = read(
        word(
            tmp_path / "a.docx",
            para("第1章 総則 3", style="11"),
            para(run("秘密の指示", "<w:vanish/>"), ruby, "市は定める。"),
            para("<w:r><w:instrText>PAGE</w:instrText></w:r>", "番号を付す。"),
            comments='<w:comments xmlns:w="x"/>',
            header="<x/>",
        )
    )

    assert ["緑市は定める。", "番号を付す。"] == _said(text)


def test_what_is_struck_is_left_out_and_a_raised_digit_is_no_digit(tmp_path: Path) -> None:
    """30m² is not 30m2, and the old amount is not run together with the new one."""
    text = read(
        word(
            tmp_path / "a.docx",
            para("日当は", run("千八百円", "<w:strike/>"), "二千百円、"),
            para("面積は30m", run("2", '<w:vertAlign w:val="superscript"/>'), "とする。"),
        )
    )

    assert ["日当は二千百円、", "面積は30m²とする。"] == _said(text)
    assert "4 characters that are struck through were left out." == text.pages[0].quality.note


def test_notes_and_boxes_stand_behind_what_they_belong_to(tmp_path: Path) -> None:
    """A footnote is told apart by what heads it; a text box that is held twice is read once."""
    inside = f"<w:txbxContent>{para('枠の中の文。')}</w:txbxContent>"
    box = (
        f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{inside}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{inside}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    note = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    text = read(
        word(
            tmp_path / "a.docx",
            para("補助額は10万円", note, "とする。"),
            para(box),
            para("次の文。"),
            footnotes=notes("footnote", n2="消費税を除く。"),
        )
    )

    assert ["補助額は10万円とする。", "消費税を除く。", "枠の中の文。", "次の文。"] == _said(text)
    assert "注" == _blocks(text)[1][1].context


def test_merged_cells_count_for_each_row_and_column(tmp_path: Path) -> None:
    """Heads over two rows are one head; a cell that spans rows is said in each."""
    text = read(
        word(
            tmp_path / "a.docx",
            table(
                [cell("区分", down="restart"), cell("手数料", across=2)],
                [cell("", down="continue"), "窓口", "郵送"],
                [cell("住民票", down="restart"), "300円", "350円"],
                [cell("", down="continue"), "200円", "250円"],
                ["戸籍", "450円", ""],
            ),
        )
    )
    rows = _blocks(text)

    assert ["住民票\t300円\t350円", "住民票\t200円\t250円", "戸籍\t450円"] == _said(text)[2:]
    assert ("区分", "手数料 窓口", "手数料 郵送") == rows[3][1].heads
    assert ("区分", "手数料 窓口") == rows[4][1].heads


def test_frame_of_one_column_is_no_table(tmp_path: Path) -> None:
    """Its paragraphs stay paragraphs."""
    text = read(word(tmp_path / "a.docx", table(["枠の中の文である。"], ["次の文である。"])))

    assert {"text"} == {block.kind.value for _, block in _blocks(text)}


def test_citation_names_article_and_paragraph(tmp_path: Path) -> None:
    """Headings by style and by number make sections, and paragraphs count in them."""
    text = read(
        word(
            tmp_path / "a.docx",
            para("みどり市補助金交付要綱", style="T"),
            para("総則", style="1"),
            para("（目的）"),
            para("この要綱は、補助金について定める。", number=(1, 0)),
            para("補助金は、予算の範囲内で交付する。"),
            numbering=LISTED,
        )
    )
    start = text.text.index("補助金は、予算")
    path = sections(text)[-1].path

    assert ("みどり市補助金交付要綱", "総則", "第１条（目的）") == path
    assert Place(PlaceKind.SECTION, "第１条（目的）", "¶2") == text.place(start, start + 5, path)


def test_parts_from_outside_and_document_types_are_refused(tmp_path: Path) -> None:
    """Nothing is fetched, and no entity is spelled out."""
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><w:document xmlns:w="x"><w:body>&a;</w:body></w:document>'
    path = write(
        tmp_path / "a.docx",
        {
            "_rels/.rels": relations(("r", "officeDocument", "word/document.xml")),
            "word/document.xml": bomb,
        },
    )

    with pytest.raises(UnreadablePdf, match="declares a document type"):
        read(path)


def test_part_that_unpacks_into_too_much_is_refused(tmp_path: Path) -> None:
    """By what the file says of it, before a byte is unpacked."""
    path = write(
        tmp_path / "a.docx",
        {
            "_rels/.rels": relations(("r", "officeDocument", "word/document.xml")),
            "word/document.xml": " " * (65 << 20),
        },
    )

    with pytest.raises(UnreadablePdf, match="unpacks into 68,157,440 bytes"):
        read(path)
