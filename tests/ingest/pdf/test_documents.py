"""What a PDF gives: text in reading order, boxes, labels, outline, pictures, and clear refusals."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter

from ingest.errors import UnreadablePdf
from ingest.pages import BlockKind, Box, EditionText, Page
from ingest.pdf import documents, ocr
from ingest.pdf.ppocr import Ppocr
from ingest.pdf.tesseract import Tesseract
from tests.conftest import SYSTEM_PACKAGES
from tests.pdfs import Sheet, astray, made, write

if TYPE_CHECKING:
    from pathlib import Path


OWNER = "an owner knows this"


def said(page: Page) -> list[str]:
    """The texts of a page's blocks, in order."""
    return [page.text[block.start : block.end] for block in page.blocks]


def only(tmp_path: Path, sheet: Sheet) -> Page:
    """Read a PDF of one page."""
    return documents.read(write(tmp_path / "one.pdf", [sheet])).pages[0]


def locked(path: Path, *, password: str) -> Path:
    """Encrypt a PDF with AES; an empty *password* opens everywhere."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(made([Sheet().say("要綱の内容", 72, 700)]))))
    writer.encrypt(user_password=password, owner_password=OWNER, algorithm="AES-256")
    with path.open("wb") as file:
        writer.write(file)
    return path


def test_hard_wrapped_lines_are_one_sentence(tmp_path: Path) -> None:
    """A line break inside a Japanese sentence leaves nothing behind."""
    sheet = Sheet()
    sheet.say("職員は、この要綱に定めるところにより、服務の規律を守", 72, 700)
    sheet.say("らなければならない。", 72, 684)

    page = only(tmp_path, sheet)

    assert ["職員は、この要綱に定めるところにより、服務の規律を守らなければならない。"] == said(
        page
    )


def test_an_empty_cell_is_no_gutter(tmp_path: Path) -> None:
    """On a grid of cells what is defined stays with its number and its definition."""
    sheet = Sheet()
    sheet.say_in_cells("第２条　次の各号に掲げる用語の意義は、当該各号に定め", 72, 700)
    sheet.say_in_cells("　るところによる。", 72, 680)
    sheet.say_in_cells("　⑴　利用者　広場を使う者として町長に届け出た個人及び団", 72, 660)
    sheet.say_in_cells("　　体をいう。", 72, 640)
    sheet.say_in_cells("　⑵　町民　広場のある地区に住所を有する者をいう。", 72, 620)

    page = only(tmp_path, sheet)

    assert [
        "第２条 次の各号に掲げる用語の意義は、当該各号に定めるところによる。",
        "⑴ 利用者 広場を使う者として町長に届け出た個人及び団体をいう。",
        "⑵ 町民 広場のある地区に住所を有する者をいう。",
    ] == said(page)


@pytest.mark.parametrize("marks", [("２", "３"), ("ア", "イ"), ("一", "二"), ("①", "②")])
def test_a_bare_number_stands_before_its_paragraph(tmp_path: Path, marks: tuple[str, str]) -> None:
    """Numbers that an empty cell sets off each begin a paragraph; a caption in brackets does too."""
    sheet = Sheet()
    sheet.say_in_cells("第７条　広場を使おうとする者は、町長に届け出るものとする。", 72, 700)
    sheet.say_in_cells(f"{marks[0]}　町長は、届出を受けたときは、速やかに台帳に記載する。", 72, 680)
    sheet.say_in_cells(f"{marks[1]}　届出は、使おうとする日の七日前までに行うものとする。", 72, 660)
    sheet.say_in_cells("　（使用料）", 72, 640)
    sheet.say_in_cells("第８条　使用料は、徴収しない。", 72, 620)

    page = only(tmp_path, sheet)

    assert [
        "第７条 広場を使おうとする者は、町長に届け出るものとする。",
        f"{marks[0]} 町長は、届出を受けたときは、速やかに台帳に記載する。",
        f"{marks[1]} 届出は、使おうとする日の七日前までに行うものとする。",
        "（使用料）",
        "第８条 使用料は、徴収しない。",
    ] == said(page)


def test_an_article_named_in_a_sentence_begins_nothing(tmp_path: Path) -> None:
    """A sentence wrapped before 第５条 goes on there: only a set-off number begins an article."""
    sheet = Sheet()
    sheet.say_in_cells("３　次の表に掲げる者のうち届出をしたもの（この章の", 72, 700)
    sheet.say_in_cells("　第５条の規定により名簿に載った者に限る。", 72, 680)
    sheet.say_in_cells("　以下同じ。）は、使用料を納めるものとする。", 72, 660)

    page = only(tmp_path, sheet)

    whole = (
        "３ 次の表に掲げる者のうち届出をしたもの（この章の第５条の規定により名簿に載った者に限る。"
        "以下同じ。）は、使用料を納めるものとする。"
    )
    assert [whole] == said(page)


def test_a_sentence_goes_on_behind_a_blank(tmp_path: Path) -> None:
    """What is left empty for a figure to be filled in does not part the line."""
    sheet = (
        Sheet()
        .say("第９条　使用料は、一月につき", 72, 700)
        .say("円までの範囲内において、町長が", 290, 700)
    )
    sheet.rule(220, 698, 288, 698)
    sheet.say("別に定める額を徴収するものとし、既に納めた額は、還付しないものとする。", 72, 682)

    page = only(tmp_path, sheet)

    whole = (
        "第９条　使用料は、一月につき 円までの範囲内において、町長が"
        "別に定める額を徴収するものとし、既に納めた額は、還付しないものとする。"
    )
    assert [whole.replace("　", " ")] == said(page)


def test_a_sentence_with_a_blank_ends_in_a_short_line(tmp_path: Path) -> None:
    """Its last line runs past no blank: that others of the text are as wide tells it."""
    sheet = Sheet()
    for at in range(3):
        sheet.say(
            f"{at + 1}　職員は、所属長の承認を受けて休暇を取ることができるものとし、その",
            72,
            760 - 16 * at,
        )
    sheet.say("４　精勤手当の計算に当たっては、遅刻又は早退", 72, 700).say(
        "回をもって欠勤一日と", 327, 700
    )
    sheet.say("みなす。", 82, 684)

    page = only(tmp_path, sheet)

    assert "遅刻又は早退 回をもって欠勤一日とみなす。" in page.text


def test_columns_beside_full_lines_stay_columns(tmp_path: Path) -> None:
    """Words that stand below each other are no rest of the lines beside them."""
    sheet = Sheet()
    for at in range(3):
        sheet.say(
            "職員は、所属長の承認を受けて休暇を取ることができるものとし、そのほか",
            72,
            760 - 16 * at,
        )
    for at in range(2):
        sheet.say("左の段の文はこのように途切れず", 72, 690 - 16 * at)
        sheet.say("右の段の文はこのように続く", 290, 690 - 16 * at)

    page = only(tmp_path, sheet)

    assert "途切れず 右の段" not in page.text


def test_a_rule_counts_only_where_it_is_painted(tmp_path: Path) -> None:
    """A rule that is drawn too long and cut off does not part the words below the table."""
    sheet = Sheet()
    sheet.drawn.append("q 70 690 200 60 re W n 0.5 w 85 600 m 85 745 l S Q")
    sheet.say_in_cells("２　広場の通称は、町長が定める。", 72, 660)

    page = only(tmp_path, sheet)

    assert ["２ 広場の通称は、町長が定める。"] == said(page)


def test_wrapped_latin_words_keep_a_space(tmp_path: Path) -> None:
    """Where English is wrapped, a space stands for the line break."""
    sheet = Sheet()
    sheet.say_latin("Special part-time staff are outside the scope of the", 72, 700)
    sheet.say_latin("Local Public Service Act.", 72, 686)

    page = only(tmp_path, sheet)

    whole = "Special part-time staff are outside the scope of the Local Public Service Act."
    assert [whole] == said(page)


@pytest.mark.parametrize(
    "above, below, whole",
    [
        pytest.param(
            "Staff can then concentrate on", "serving", 1, id="the next word begins small"
        ),
        pytest.param(
            "Each policy is then drawn up by the", "Telecommunications", 1, id="it had no room"
        ),
        pytest.param("Each policy is then drawn up by the", "Act on Numbers", 2, id="it had room"),
        pytest.param("Staff can then rest.", "Serving", 2, id="the sentence was at its end"),
        pytest.param("Links", "https://example.jp/a", 2, id="an address is no word"),
    ],
)
def test_ragged_english_lines_are_joined(
    tmp_path: Path, above: str, below: str, whole: int
) -> None:
    """An English line that ends early goes on where the next word had no room or begins small."""
    sheet = Sheet().say_latin("The longest line of this column is as wide as this", 72, 700)
    sheet.say_latin("and as this one.", 72, 686)
    sheet.say_latin(above, 72, 660).say_latin(below, 72, 646)
    sheet.say_latin("Short", 72, 620)

    found = said(only(tmp_path, sheet))

    assert ["The longest line of this column is as wide as this and as this one."] == found[:1]
    assert ([f"{above} {below}"] if whole == 1 else [above, below]) == found[1:-1]


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "the right half first"])
def test_tight_brackets_do_not_cut_a_line(tmp_path: Path, *, backwards: bool) -> None:
    """A comma and a bracket set tightly, as Word does, stand in each other's boxes."""
    parts = [("国と自治体は、", 72.0), ("「推進計画」を踏まえて進める。", 72 + 6 * 10.5)]
    sheet = Sheet()
    for words, x in reversed(parts) if backwards else parts:
        sheet.say(words, x, 700)

    assert ["国と自治体は、「推進計画」を踏まえて進める。"] == said(only(tmp_path, sheet))


def test_a_parted_word_is_whole_again(tmp_path: Path) -> None:
    """A word parted at the end of a line loses its hyphen; part-time and out-of-date keep theirs."""
    sheet = Sheet().say_latin("The plan describes the imple-", 72, 700)
    sheet.say_latin("mentation of special part-", 72, 686).say_latin("time and out-of-", 72, 672)
    sheet.say_latin("date work.", 72, 658)

    page = only(tmp_path, sheet)

    assert [
        "The plan describes the implementation of special part-time and out-of-date work."
    ] == said(page)


def test_large_type_is_a_heading(tmp_path: Path) -> None:
    """A short line in type clearly larger than the text is marked as a heading."""
    sheet = Sheet().say("推進体制", 72, 700, 18)
    for at in range(5):
        sheet.say(f"{at}番目の段落は本文の大きさで組まれている。", 72, 660 - 30 * at)

    page = only(tmp_path, sheet)

    assert [BlockKind.HEADING, *[BlockKind.TEXT] * 5] == [block.kind for block in page.blocks]


def test_list_items_stay_apart(tmp_path: Path) -> None:
    """Each item begins a block of its own, also when its bullet is set off by a tab."""
    sheet = Sheet().say("次の書類を添える。", 72, 720)
    sheet.say("・", 72, 704).say("申請書", 96, 704)
    sheet.say("・", 72, 688).say("同意書", 96, 688)

    page = only(tmp_path, sheet)

    assert ["次の書類を添える。", "・ 申請書", "・ 同意書"] == said(page)
    assert [BlockKind.TEXT, BlockKind.ITEM, BlockKind.ITEM] == [one.kind for one in page.blocks]


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    """On a page of two columns the left one is read to its end, below the heading over both."""
    sheet = Sheet().say("二つの段に組んだ頁の見出しは両方の段にまたがって立つ", 72, 760, 16)
    for row in range(4):
        sheet.say(f"左の段の{row}行目は右の段と関わりなく続き", 72, 700 - 16 * row)
        sheet.say(f"右の段の{row}行目は左の段と関わりなく続き", 330, 700 - 16 * row)

    text = only(tmp_path, sheet).text

    order = ["見出し", "左の段の0", "左の段の3", "右の段の0", "右の段の3"]
    places = [text.index(words) for words in order]
    assert sorted(places) == places


@pytest.mark.parametrize(
    "first, whole",
    [
        pytest.param("左の段の終わりは文の途中であり、そのまま隣", True, id="in mid-sentence"),
        pytest.param("左の段の終わりは文の終わりであるから続かな。", False, id="at a full stop"),
        pytest.param("左の段の終わりは短い", False, id="on a short line"),
    ],
)
def test_a_sentence_goes_on_in_the_next_column(tmp_path: Path, first: str, *, whole: bool) -> None:
    """A paragraph that fills a column to its last line goes on at the top of the next."""
    sheet = Sheet()
    for row, words in enumerate(
        ["左の段の文は右の段に続くことがあるため長い", "と言える。", first]
    ):
        sheet.say(words, 72, 700 - 16 * row)
    for row, words in enumerate(["の段の頭に続いていて、次の行でやっと終わる", "のである。"]):
        sheet.say(words, 330, 700 - 16 * row)

    found = said(only(tmp_path, sheet))

    rest = "の段の頭に続いていて、次の行でやっと終わるのである。"
    assert ([first + rest] if whole else [first, rest]) == found[-1 if whole else -2 :]


def test_an_indent_below_a_label_does_not_cut_a_paragraph(tmp_path: Path) -> None:
    """The first line of a paragraph begins beside the label above it, the second one below it."""
    sheet = Sheet().say("ケ", 72, 716).say("協働を育む", 150, 716)
    sheet.say("成果を出すために、進め方や意見の交わし方のあり", 84, 700)
    sheet.say("方についてより良くしていく機運を高めやすくなる。", 72, 684)

    found = said(only(tmp_path, sheet))

    whole = "成果を出すために、進め方や意見の交わし方のあり方についてより良くしていく機運を高めやすくなる。"
    assert whole == found[-1]


def test_the_colour_behind_a_line_is_no_frame(tmp_path: Path) -> None:
    """A sentence marked with a colour line by line is one sentence."""
    lines = ["色の付いた文は、一行ごとに色の帯を背にして組ま", "れることがある。"]
    sheet = Sheet()
    for row, words in enumerate(lines):
        sheet.box(72, 697 - 16 * row, 10.5 * len(words), 13).say(words, 72, 700 - 16 * row)

    assert ["".join(lines)] == said(only(tmp_path, sheet))


def test_a_frame_is_read_as_a_whole(tmp_path: Path) -> None:
    """What stands in a box is not mixed with what stands beside it."""
    sheet = Sheet().box(60, 600, 220, 100)
    sheet.say("箱の中の一行目", 70, 670).say("箱の中の二行目", 70, 620)
    sheet.say("箱の外の一行目", 300, 670).say("箱の外の二行目", 300, 620)

    text = only(tmp_path, sheet).text

    assert text.index("箱の中の二行目") < text.index("箱の外の一行目")


def test_glyphs_out_of_order_make_one_line(tmp_path: Path) -> None:
    """Characters that a program wrote in any order are read where they stand."""
    sheet = Sheet()
    for at in (3, 1, 4, 0, 2):
        sheet.say("手続の案内"[at], 72 + 10.5 * at, 700)

    assert "手続の案内" == only(tmp_path, sheet).text


def test_vertical_text_is_read_downwards(tmp_path: Path) -> None:
    """Vertical columns are read from the right, each from its top."""
    sheet = Sheet()
    sheet.say_down("縦書きの文章は右の行から始まり、", 400, 700)
    sheet.say_down("左の行へと続いてここで終わる。", 384, 700)

    text = only(tmp_path, sheet).text

    assert "縦書きの文章は右の行から始まり、左の行へと続いてここで終わる。" == text


def test_characters_beside_each_other_at_the_ends_of_vertical_lines(tmp_path: Path) -> None:
    """Where three vertical lines end on one height, their last characters are no spread label."""
    sheet = Sheet()
    for at, words in enumerate(
        ("役場の窓口は、三月の末", "から場所が移る。新しい", "窓口の受付は九時から。")
    ):
        sheet.say_down(words, 400 - 24 * at, 700)

    text = only(tmp_path, sheet).text

    assert "役場の窓口は、三月の末から場所が移る。新しい窓口の受付は九時から。" == text


def test_a_vertical_label_is_one_word(tmp_path: Path) -> None:
    """A label set one character a line is joined."""
    sheet = Sheet()
    for at, character in enumerate("推進体制"):
        sheet.say(character, 72, 700 - 12 * at)
    sheet.say("全庁的な体制を整える。", 120, 690)

    assert "推進体制" in said(only(tmp_path, sheet))


def test_spaced_out_letters_are_joined(tmp_path: Path) -> None:
    """A line spaced out letter by letter is read without the spaces."""
    assert "目的及び趣旨" == only(tmp_path, Sheet().say("目 的 及 び 趣 旨", 72, 700)).text


def test_text_drawn_twice_counts_once(tmp_path: Path) -> None:
    """A shadow, the same words a little aside, is not read again."""
    sheet = Sheet().say("注意事項", 72, 700, 20).say("注意事項", 73, 699, 20)

    assert "注意事項" == only(tmp_path, sheet).text


def test_a_table_row_knows_its_heads(tmp_path: Path) -> None:
    """A row is one block, its cells stand apart, and the column heads are its context."""
    rows = [
        ["方式", "補助対象", "上限"],
        ["方式Ａ", "対象外", "なし"],
        ["方式Ｂ", "対象", "百万円"],
    ]

    page = only(tmp_path, Sheet().table(72, 700, [120, 120, 120], 24, rows))

    assert ["方式\t補助対象\t上限", "方式Ａ\t対象外\tなし", "方式Ｂ\t対象\t百万円"] == said(page)
    assert ["", *["方式 / 補助対象 / 上限"] * 2] == [block.context for block in page.blocks]
    assert {BlockKind.ROW} == {block.kind for block in page.blocks}


def test_a_printed_number_is_the_label(tmp_path: Path) -> None:
    """The number printed at the foot is the page's label and no part of its text."""
    sheets = [Sheet().say("表紙のことば", 72, 700)]
    sheets += [
        Sheet().say(f"本文の{at}枚目である", 72, 700).say(f"- {at} -", 280, 30)
        for at in range(1, 5)
    ]

    text = documents.read(write(tmp_path / "numbered.pdf", sheets))

    assert [None, "1", "2", "3", "4"] == [page.label for page in text.pages]
    assert "本文の3枚目である" == text.pages[3].text


def test_a_page_with_nothing_but_its_number_says_so(tmp_path: Path) -> None:
    """It is empty for everybody, and nobody need look why; the pages around it have no note."""
    sheets = [
        Sheet().say(f"第{n}節の本文である。", 72, 700).say(f"{n}", 290, 30) for n in range(1, 6)
    ]
    sheets[2] = Sheet().say("3", 290, 30)

    pages = documents.read(write(tmp_path / "a.pdf", sheets)).pages

    assert ("", "3") == (pages[2].text, pages[2].label)
    notes = [page.quality.note for page in pages]
    assert "Nothing but a page number" in notes.pop(2)
    assert {""} == set(notes)


def test_a_single_number_is_no_label(tmp_path: Path) -> None:
    """A number at the foot that no neighbour counts along with stays text."""
    sheets = [Sheet().say("一枚目", 72, 700).say("17", 280, 30), Sheet().say("二枚目", 72, 700)]

    text = documents.read(write(tmp_path / "stray.pdf", sheets))

    assert [None, None] == [page.label for page in text.pages]
    assert "17" in text.pages[0].text


def test_labels_of_the_file_stand_in(tmp_path: Path) -> None:
    """Without printed numbers the file's own labels count: iv, A-3, and none on the cover."""
    sheets = [Sheet().say(words, 72, 700) for words in ("表紙", "前書き", "前書き続き", "付録")]
    labels = "0 << /P () >> 1 << /S /r /St 4 >> 3 << /P (A-) /S /D /St 3 >>"

    text = documents.read(write(tmp_path / "labels.pdf", sheets, labels=labels))

    assert [None, "iv", "v", "A-3"] == [page.label for page in text.pages]


def test_running_heads_are_left_out(tmp_path: Path) -> None:
    """A line at the head of every page is no part of their text; digits in it may change."""
    sheets = [
        Sheet().say(f"手順書 第{at}節", 72, 815, 8).say(f"本文の{at}枚目である", 72, 600)
        for at in range(1, 7)
    ]

    text = documents.read(write(tmp_path / "heads.pdf", sheets))

    assert [f"本文の{at}枚目である" for at in range(1, 7)] == [page.text for page in text.pages]


def test_a_rotated_page_is_measured_as_shown(tmp_path: Path) -> None:
    """Width, height and boxes are those of the page as a reader sees it."""
    page = only(tmp_path, Sheet(rotate=90).say("回転", 100, 700, 20))

    assert (842, 595) == (page.width, page.height)
    left, bottom, right, top = page.boxes[0].tolist()
    assert 690 < left < right < 730
    assert 470 < bottom < top < 500


def test_boxes_count_from_the_crop_box(tmp_path: Path) -> None:
    """Text outside the visible part of a page is not read, and boxes are relative to that part."""
    sheet = Sheet(crop=(50, 50, 550, 800)).say("見える", 72, 700).say("見えない", 5, 20)

    page = only(tmp_path, sheet)

    assert "見える" == page.text
    assert (500, 750) == (page.width, page.height)
    assert 22 == pytest.approx(page.boxes[0, 0], abs=2)


def test_every_character_keeps_its_place(tmp_path: Path) -> None:
    """Characters have a source and a box; separators have neither."""
    page = only(tmp_path, Sheet().say("一行目。", 72, 700).say("・項目", 72, 660))

    assert "一行目。\n・項目" == page.text
    assert (8, 4) == page.boxes.shape
    assert [4] == np.flatnonzero(page.source < 0).tolist()
    assert [4] == np.flatnonzero(np.isnan(page.boxes[:, 0])).tolist()
    assert len(set(page.source.tolist())) == len(page.text)


def test_a_span_can_be_drawn(tmp_path: Path) -> None:
    """The marked words are tinted on the picture, and nothing else is."""
    path = write(tmp_path / "drawn.pdf", [Sheet().say("無関係。", 72, 700).say("・引用", 72, 600)])
    text = documents.read(path)
    start = text.text.index("引用")

    plain = documents.draw(path, 1, width=595)
    marked = documents.draw(path, 1, width=595, boxes=text.boxes(start, start + 2))

    before, after = (np.asarray(Image.open(BytesIO(png))).astype(int) for png in (plain, marked))
    rows, columns = np.nonzero((before != after).any(axis=2))
    assert (842, 595, 3) == after.shape
    assert 79 < columns.min() < columns.max() < 108
    assert 842 - 612 < rows.min() < rows.max() < 842 - 594


@pytest.mark.parametrize("number", [0, 2])
def test_a_page_that_is_not_there_cannot_be_drawn(tmp_path: Path, number: int) -> None:
    """Pages count from 1."""
    path = write(tmp_path / "one.pdf", [Sheet().say("一枚", 72, 700)])

    with pytest.raises(ValueError, match="has pages 1 to 1"):
        documents.draw(path, number, width=300)


def test_the_outline_leads_to_pages(tmp_path: Path) -> None:
    """Bookmarks keep title, level, page and height."""
    sheets = [Sheet().say("第１章 総則", 72, 780), Sheet().say("第２章 手続", 72, 780)]

    text = documents.read(
        write(tmp_path / "o.pdf", sheets, outline=[("第１章 総則", 1), ("第２章 手続", 2)])
    )

    assert [("第１章 総則", 0, 1, 800), ("第２章 手続", 0, 2, 800)] == [
        (one.title, one.level, one.page, one.top) for one in text.outline
    ]


def test_facts_are_understood_from_the_cover(tmp_path: Path) -> None:
    """The edition printed on the cover and the latest date on it count."""
    cover = Sheet().say("窓口業務の手引", 72, 600, 28).say("第2.1版", 72, 500, 14)
    cover.say("令和３年７月策定", 72, 300).say("令和６年４月１日改定", 72, 280)

    facts = documents.facts(write(tmp_path / "f.pdf", [cover], title="Microsoft Word - 原稿.docx"))

    assert ("窓口業務の手引", "第2.1版", "2024-04-01") == (
        facts.title,
        facts.edition,
        str(facts.published),
    )


def test_an_empty_password_opens_by_itself(tmp_path: Path) -> None:
    """A file encrypted with an empty user password is read like any other."""
    assert "要綱の内容" == documents.read(locked(tmp_path / "aes.pdf", password="")).pages[0].text


def test_a_password_is_asked_away(tmp_path: Path) -> None:
    """A file that needs a password is refused with what to do."""
    path = locked(tmp_path / "locked.pdf", password=OWNER)

    with pytest.raises(
        UnreadablePdf, match=r"locked with a password.*Save a copy without"
    ) as caught:
        documents.read(path)

    assert str(path) == caught.value.path


WHOLE = made([Sheet().say("本文", 72, 700)])


@pytest.mark.parametrize(
    "content, reason",
    [
        pytest.param(None, "there is no such file", id="a file that is not there"),
        pytest.param(b"", "the file is empty", id="a file without a byte"),
        pytest.param(b"PK\x03\x04" + b"\0" * 99, "not a PDF but a ZIP or Office", id="a Word file"),
        pytest.param(b"<!DOCTYPE html><p>404", "not a PDF but a web page", id="an error page"),
        pytest.param(WHOLE[: len(WHOLE) // 2], "cut short", id="half a file"),
        pytest.param(b"%PDF-1.7\n" + b"?" * 500 + b"\n%%EOF", "damaged", id="noise in a cover"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Each kind of unusable file has its own sentence."""
    path = tmp_path / "bad.pdf"
    if content is not None:
        path.write_bytes(content)

    for use in (documents.read, documents.facts):
        with pytest.raises(UnreadablePdf, match=reason):
            use(path)


def test_a_blank_page_is_no_failure(tmp_path: Path) -> None:
    """A page without a mark on it has no text, and nothing is wrong with it."""
    page = only(tmp_path, Sheet())

    assert ("", 1.0, "The page is blank.") == (page.text, page.quality.score, page.quality.note)


def test_a_scan_says_why_it_is_empty(tmp_path: Path) -> None:
    """Without OCR a scanned page has score 0 and a note."""
    page = documents.read(scan(tmp_path / "scan.pdf")).pages[0]

    assert ("", "pdfium", 0.0) == (page.text, page.quality.engine, page.quality.score)
    assert "OCR was not used" in page.quality.note


ENGINES = pytest.mark.parametrize(
    "engine",
    [
        pytest.param(Tesseract(), marks=pytest.mark.needs("tesseract"), id="tesseract"),
        pytest.param(Ppocr(), marks=pytest.mark.needs("ppocr"), id="ppocr"),
    ],
)


@ENGINES
@pytest.mark.usefixtures("ppocr")
def test_a_scan_is_read_by_ocr(tmp_path: Path, engine: ocr.Engine) -> None:
    """With OCR a scanned page has text, and boxes where the words stand."""
    text = documents.read(scan(tmp_path / "scan.pdf"), ocr=ocr.Ocr(engine))
    page = text.pages[0]

    assert engine.name == page.quality.engine
    start = text.text.replace(" ", "").index("2025")
    assert start >= 0
    here = text.text.index("2025")
    (box,) = text.boxes(here, here + 4)
    assert 1 == box.page
    assert 72 < box.left < box.right < 500
    assert 842 - 200 < box.bottom < box.top < 842 - 90


@ENGINES
@pytest.mark.usefixtures("ppocr")
def test_a_picture_on_a_page_is_read(tmp_path: Path, engine: ocr.Engine) -> None:
    """Words inside a picture belong to the page, as blocks of their own kind."""
    text = documents.read(scan(tmp_path / "scan.pdf"), ocr=None)
    assert "" == text.pages[0].text
    path = tmp_path / "both.pdf"
    writer = PdfWriter(clone_from=PdfReader(tmp_path / "scan.pdf"))
    over = PdfReader(BytesIO(made([Sheet().say("図の説明をここに書き、番号を付ける。", 72, 300)])))
    writer.pages[0].merge_page(over.pages[0])
    with path.open("wb") as file:
        writer.write(file)

    page = documents.read(path, ocr=ocr.Ocr(engine)).pages[0]

    kinds = {page.text[b.start : b.end]: b.kind for b in page.blocks}
    assert BlockKind.TEXT == kinds["図の説明をここに書き、番号を付ける。"]
    assert BlockKind.IMAGE in kinds.values()
    assert "2025" in page.text.replace(" ", "")


PLAIN = "総務課の人事担当職員は、勤務時間管理簿を毎月確認し、任命権者に実績報告書を提出する。"
GARBLED = "査程表員、議項届計が務算簿を係達審。"


def test_pypdf_reads_what_pdfium_cannot(tmp_path: Path) -> None:
    """Where PDFium has private characters only and pypdf has words, those are the page's text."""
    page = documents.read(astray(PLAIN, tmp_path / "unended.pdf", unended=True)).pages[0]

    assert PLAIN == page.text
    assert ("pypdf", 1.0, "") == (page.quality.engine, page.quality.score, page.quality.note)


def test_pypdf_is_not_taken_where_it_is_no_better(tmp_path: Path) -> None:
    """A page that neither engine reads stays PDFium's, has score 0 and says so."""
    page = documents.read(astray(PLAIN, tmp_path / "lie.pdf", unended=False)).pages[0]

    assert ("pdfium", 0.0) == (page.quality.engine, page.quality.score)
    assert "OCR was not used" in page.quality.note


@pytest.mark.parametrize(
    "seen, engine, read",
    [
        pytest.param("職員", "tesseract", "職員", id="good OCR stands in"),
        pytest.param("\ue001", "pdfium", GARBLED, id="worse OCR does not"),
    ],
)
def test_kanji_without_words_are_asked_of_ocr(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seen: str, engine: str, read: str
) -> None:
    """A page of common kanji that make no words counts as unread."""
    word = ocr.Word(seen, 200, 200, 400, 240, 0, 95.0)
    monkeypatch.setattr(ocr.Ocr, "words", lambda *_, **__: (word,))
    sheet = Sheet()
    for at in range(6):
        sheet.say(GARBLED, 72, 700 - 30 * at)
    sheet.say("住民票", 72, 500)

    page = documents.read(write(tmp_path / "g.pdf", [sheet]), ocr=ocr.Ocr(Tesseract())).pages[0]

    assert (engine, read) == (page.quality.engine, said(page)[0])


@ENGINES
@pytest.mark.needs("fonts")
@pytest.mark.usefixtures("ppocr")
def test_vertical_text_is_read_by_ocr(tmp_path: Path, engine: ocr.Engine) -> None:
    """A scan of vertical columns is read downwards and from right to left, with boxes in place."""
    columns = [
        "会計年度任用職員の勤務条件は任命権者が",
        "条例で定める所属長は勤務時間管理簿を毎月",
        "確認し総務課の人事担当に報告書を提出する",
    ]
    found = SYSTEM_PACKAGES["fonts"].find()
    assert found is not None
    font = ImageFont.truetype(found, size=36)
    picture = Image.new("L", (595 * 2, 842 * 2), "white")
    pen = ImageDraw.Draw(picture)
    for at, column in enumerate(columns):
        for row, character in enumerate(column):
            pen.text((950 - 72 * at, 150 + 46 * row), character, font=font, fill="black")
    picture.save(tmp_path / "down.pdf", "PDF", resolution=144)

    text = documents.read(tmp_path / "down.pdf", ocr=ocr.Ocr(engine))

    assert engine.name == text.pages[0].quality.engine
    # Tesseract may take a character for another; the order of what it reads is the fact.
    places = [text.text.index(word) for word in ("任用職員", "勤務時間", "報告書")]
    assert sorted(places) == places
    boxes = [text.boxes(at, at + 3) for at in places]
    for at, column_boxes in enumerate(boxes):
        left = 475 - 36 * at
        assert all(left - 12 < box.left < box.right < left + 30 for box in column_boxes)
    # 報告書 are the 13th to 15th characters of their column, each 23 points high; where one ends
    # on paper without rules, tesseract is wrong by up to a character.
    assert 842 - 75 - 16.5 * 23 < min(box.bottom for box in boxes[2])
    assert max(box.top for box in boxes[2]) < 842 - 75 - 10.5 * 23


def scan(path: Path) -> Path:
    """Write a page that is a picture of English words and digits."""
    picture = Image.new("L", (595 * 2, 842 * 2), "white")
    font = ImageFont.load_default(size=60)
    pen = ImageDraw.Draw(picture)
    pen.text((200, 220), "REPORT 2025", font=font, fill="black")
    pen.text((200, 420), "PAGE OF SCANNED WORDS", font=font, fill="black")
    picture.save(path, "PDF", resolution=144)
    return path


def test_threads_take_turns(tmp_path: Path) -> None:
    """PDFium crashes when two threads enter it, so reading and drawing wait for each other."""
    path = write(tmp_path / "t.pdf", [Sheet().say("並行", 72, 700) for _ in range(6)])
    found: list[EditionText | bytes] = []

    def work() -> None:
        found.append(documents.read(path))
        found.extend(documents.draw(path, at, width=100) for at in range(1, 7))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 4 * 7 == len(found)


def test_boxes_of_a_span_are_one_a_line(tmp_path: Path) -> None:
    """A span over two lines gives two rectangles on its page."""
    sheet = Sheet().say("職員は、この要綱に定めるところにより、服務の規律を守", 72, 700)
    sheet.say("らなければならない。", 72, 684)
    text = documents.read(write(tmp_path / "s.pdf", [sheet]))

    boxes = text.boxes(0, len(text.pages[0].text))

    assert [Box] * 2 == [type(box) for box in boxes]
    assert boxes[0].bottom > boxes[1].bottom
