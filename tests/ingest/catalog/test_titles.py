"""What a first page calls its document, by where it stands and how large: never a wrong name."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from ingest.pdf import documents
from tests.pdfs import A4, Sheet, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.catalog.facts import Facts

BODY = (
    "職員は、年度の初めに庁用車の点検を行い、その結果を課長に報告する。点検の記録は五年間保存する。"
)


def body(sheet: Sheet, y: float, rows: int = 6, size: float = 10.5) -> Sheet:
    """Fill lines of running text from *y* downwards."""
    for at in range(rows):
        sheet.say(BODY[:40], 72 + (size if at == 0 else 0), y - 18 * at, size)
    return sheet.say("以上のとおりとする。", 72, y - 18 * rows, size)


def centred(sheet: Sheet, text: str, y: float, size: float) -> Sheet:
    """Set a line in the middle of the page."""
    return sheet.say(text, (sheet.width - size * len(text)) / 2, y, size)


def facts(tmp_path: Path, *sheets: Sheet, named: str = "") -> Facts:
    """What is understood of a file of these pages that calls itself *named*."""
    return documents.facts(write(tmp_path / "file.pdf", list(sheets), title=named))


def cover(sheet: Sheet) -> Sheet:
    """A cover with the year above and the part below the name, and who publishes it."""
    centred(sheet, "令和６年度", 640, 16)
    centred(sheet, "みなと市窓口業務の", 590, 28)
    centred(sheet, "手引", 550, 28)
    centred(sheet, "概要版", 500, 18)
    centred(sheet, "令和６年４月１日", 160, 14)
    return centred(sheet, "みなと市市民課", 130, 20)


def bill(sheet: Sheet) -> Sheet:
    """A bill as it is put before a council: everything in one size, on a grid."""
    sheet.say("議案第３２号", 85, 760)
    sheet.say("みなと市職員の旅費に関する条例の一部を改正する条例", 97, 738)
    sheet.say("令和６年２月２７日提出", 109, 716)
    sheet.say("みなと市長　海野　浩", 390, 674)
    sheet.say("みなと市職員の旅費に関する条例の一部を改正する条例", 122, 630)
    return body(sheet, 590)


def ordinance(sheet: Sheet) -> Sheet:
    """An ordinance as a collection prints it: a ring before its name, then days and numbers."""
    sheet.say("○みなと市図書館条例", 85, 760)
    sheet.say("平成１０年３月２５日", 380, 738)
    sheet.say("条例第５号", 380, 720)
    sheet.say("（目的）", 97, 690)
    return body(sheet, 672)


def letter(sheet: Sheet) -> Sheet:
    """A notice: number, day, addressee, sender, what it is about, and the text."""
    sheet.say("み総第１２３号", 400, 760)
    sheet.say("令和６年５月７日", 400, 742)
    sheet.say("各課（室）長　殿", 85, 700)
    sheet.say("総務部人事課長", 400, 660)
    centred(sheet, "庁用車の点検の取扱いについて", 610, 10.5)
    return body(sheet, 560)


def slide(sheet: Sheet) -> Sheet:
    """A slide: what it is about stands at the top, larger than the rest."""
    sheet.width, sheet.height = 780, 540
    sheet.say("資料２－４", 680, 500, 14)
    sheet.say("公共施設の再編の進め方", 40, 450, 26)
    for at in range(6):
        sheet.say("施設ごとの利用者数を三年分集める", 60, 390 - 40 * at, 16)
    return sheet


def list_(sheet: Sheet) -> Sheet:
    """A table under a name whose letters are spaced out."""
    for at, letter in enumerate("繰越事業一覧"):
        sheet.say(letter, 200 + 28 * at, 760, 12)
    return sheet.table(
        60, 730, [120, 120, 120], 24,
        [["事業名", "金額", "更新期限"], *[["道路改良", "1,200", "令和6年9月30日"]] * 4],
    )  # fmt: skip


def press(sheet: Sheet) -> Sheet:
    """A press release: those words are larger than what it is about."""
    sheet.say("報道発表", 72, 770, 20)
    sheet.say("みなと市総務部", 400, 770, 12)
    centred(sheet, "災害時の応援協定の締結について", 700, 14)
    return body(sheet, 660)


def draft(sheet: Sheet) -> Sheet:
    """A short rule behind a large pale mark."""
    sheet.drawn.append("q 0.85 g")
    sheet.say("（案）", 150, 520, 130)
    sheet.drawn.append("Q")
    sheet.say("職員駐車場の利用料", 72, 640, 12)
    sheet.say("利用料は月額二千円とする。", 72, 610)
    return sheet.say("通勤距離が二キロ未満の者は利用できない。", 72, 560)


def form(sheet: Sheet) -> Sheet:
    """A form: its name, then what is asked for, all in one size and far apart."""
    for at, line in enumerate(
        ("庁用車使用申請書", "申請者氏名：海野　太郎", "用途：点検", "行先：")
    ):
        sheet.say(line, 72, 760 - 30 * at)
    return sheet


def articles(sheet: Sheet) -> Sheet:
    """An ordinance on a grid: its name, then the caption of the first article, alike in size."""
    sheet.say_in_cells("みなと市集会所条例", 66, 760)
    sheet.say_in_cells("（定義）", 66, 739)
    sheet.say_in_cells("第２条　この条例において、次に掲げる用語の意義は、", 66, 718)
    return sheet.say_in_cells("当該各号に定めるところによる。", 78, 697)


def checked(sheet: Sheet) -> Sheet:
    """A sheet to tick: its name, then lines with boxes, one close below the other."""
    for at, line in enumerate(
        ("在宅勤務の確認票", "□　認めない　■　認める", "■　私物を禁止する　□　許可する", "実施頻度：週（２）回まで")
    ):  # fmt: skip
        sheet.say(line, 72, 760 - 20 * at)
    return sheet


def note(sheet: Sheet) -> Sheet:
    """A name in the size of the text that follows it closely, in two paragraphs."""
    sheet.say("時間外勤務の上限", 72, 760)
    sheet.say("上限は月四十五時間とする。ただし、災害のときは、この限り", 72, 725)
    return sheet.say("でない。", 72, 707)


def part(sheet: Sheet) -> Sheet:
    """Which part of a file this is, and then its name, on one line."""
    return body(sheet.say("表紙　防災倉庫の点検要領", 72, 760), 700)


def schedule(sheet: Sheet) -> Sheet:
    """A schedule to an ordinance: its name, then a table close below in the same type."""
    sheet.say("集会所の使用料", 72, 780)
    return sheet.table(
        72, 772, [100, 90, 90], 24, [["面積", "昼間", "夜間"], ["小", "千円", "二千円"]]
    )


def sentenced(sheet: Sheet) -> Sheet:
    """A bill whose long name reaches as far as the sentence that follows it."""
    sheet.say("議案第３５号", 60, 800)
    sheet.say("みなと市手数料条例の一部を改正する条例の制定について", 120, 770, 13)
    sheet.say("みなと市手数料条例の一部を改正する条例を次のように定める。", 70, 740)
    return body(sheet.say("令和８年１２月３日提出", 90, 710), 650)


def numbered(sheet: Sheet) -> Sheet:
    """An ordinance on a grid below its number, alike in size and close to it."""
    sheet.say_in_cells("みなと市条例第２１号", 66, 760)
    sheet.say_in_cells("みなと市集会所条例の一部を改正する条例", 100, 739)
    return body(sheet, 690)


def telephone(sheet: Sheet) -> Sheet:
    """A work about telephones, with a number below its name."""
    sheet.say("庁舎電話の使い方", 150, 790, 18)
    sheet.say("電話番号　0123-45-6789", 150, 765, 14)
    return body(sheet, 720)


@pytest.mark.parametrize(
    "page, title",
    [
        pytest.param(
            sentenced,
            "みなと市手数料条例の一部を改正する条例の制定について",
            id="a bill's, not its sentence",
        ),
        pytest.param(numbered, "みなと市集会所条例の一部を改正する条例", id="without its number"),
        pytest.param(telephone, "庁舎電話の使い方", id="about telephones, not their number"),
        pytest.param(cover, "令和６年度 みなと市窓口業務の手引 概要版", id="a cover"),
        pytest.param(bill, "みなと市職員の旅費に関する条例の一部を改正する条例", id="a bill"),
        pytest.param(ordinance, "みなと市図書館条例", id="an ordinance"),
        pytest.param(letter, "庁用車の点検の取扱いについて", id="a notice"),
        pytest.param(slide, "公共施設の再編の進め方", id="a slide"),
        pytest.param(list_, "繰越事業一覧", id="a table"),
        pytest.param(press, "災害時の応援協定の締結について", id="a press release"),
        pytest.param(form, "庁用車使用申請書", id="a form, without what was filled in"),
        pytest.param(articles, "みなと市集会所条例", id="without the caption of an article"),
        pytest.param(checked, "在宅勤務の確認票", id="without what is ticked"),
        pytest.param(note, "時間外勤務の上限", id="without the first sentence"),
        pytest.param(part, "防災倉庫の点検要領", id="without the part of the file"),
        pytest.param(schedule, "集会所の使用料", id="without the first cell below it"),
        pytest.param(draft, "職員駐車場の利用料", id="behind a watermark"),
    ],
)
def test_the_first_page_says_the_title(
    tmp_path: Path, page: Callable[[Sheet], Sheet], title: str
) -> None:
    """The name of the document is found by size, place and centring, whatever its kind."""
    assert title == facts(tmp_path, page(Sheet())).title


@pytest.mark.parametrize(
    "named", ["みなと市公園条例", "PowerPoint プレゼンテーション", "本　文", "img07637.pdf"]
)
def test_the_files_own_title_counts_only_when_the_page_says_it(tmp_path: Path, named: str) -> None:
    """A file made from another one still bears that one's name, and programs write their own."""
    page = body(centred(Sheet(), "みなと市窓口業務の手引", 700, 16), 660)

    assert "みなと市窓口業務の手引" == facts(tmp_path, page, named=named).title


def test_number_of_a_heading_is_no_part_of_a_title(tmp_path: Path) -> None:
    """Where a part of a longer file stands by itself, its first heading names it."""
    page = Sheet().say("資料２－４", 480, 800).say("１．ユーザー調査の概要", 60, 760, 20)

    assert "ユーザー調査の概要" == facts(tmp_path, body(page, 700)).title


def test_the_files_own_title_makes_the_printed_one_whole(tmp_path: Path) -> None:
    """Where the first pages say the file's title in full, it is longer than the largest line."""
    page = centred(Sheet(), "校務の改善について", 600, 24)
    centred(page, "働きやすさのために", 560, 12)

    found = facts(tmp_path, page, named="校務の改善について 働きやすさのために")

    assert "校務の改善について 働きやすさのために" == found.title


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["おはようございます。", *[BODY[:40]] * 8], id="a speech"),
        pytest.param(["１．はじめに", *[BODY[:40]] * 8], id="a first section"),
        pytest.param(["目　次", "第１章　総則　・・・・・１"], id="a table of contents"),
        pytest.param(["みなと市教育委員会"], id="a publisher"),
    ],
)
def test_none_is_better_than_a_wrong_title(tmp_path: Path, lines: list[str]) -> None:
    """Where no line is the document's name there is none."""
    page = Sheet()
    for at, line in enumerate(lines):
        page.say(line, 72, 760 - 20 * at)

    assert "" == facts(tmp_path, page).title


def test_half_a_sentence_is_no_title(tmp_path: Path) -> None:
    """Where two columns begin at the top, the first line of neither is the document's name."""
    left = (
        "はじめに",
        "この要領は、住民異動届の",
        "受付に係る事務の標準的な",
        "手順を定めるものとする。",
    )
    right = ("届出に必要な書類は、本人", "確認書類と委任状である。", "委任状には自署を要する。")
    page = Sheet()
    for column, lines in ((72, left), (310, right)):
        for at, line in enumerate(lines):
            page.say(line, column, 760.5 - 15 * at - (column == 72), 10)

    assert "" == facts(tmp_path, page).title


def test_a_list_of_revisions_names_the_current_edition(tmp_path: Path) -> None:
    """Of the editions on a cover the last one is held, not the first."""
    page = centred(Sheet(), "広告表示のガイドライン", 700, 24)
    for at, line in enumerate(
        ("初版　：２００４年（平成１６年）３月", "第２版：２００６年（平成１８年）２月",
         "第３版：２０２０年（令和２年）２月")
    ):  # fmt: skip
        page.say(line, 180, 600 - 24 * at, 14)

    found = facts(tmp_path, page)

    assert ("第3版", date(2020, 2, 1)) == (found.edition, found.published)


@pytest.mark.parametrize(
    "line",
    [
        "提出期限：令和６年９月３０日",
        "令和６年６月２８日（金）必着",
        "調査期間　令和６年７月１日～７月３１日",
        "令和６年５月運用開始",
        "令和元年７月７日現在の内容である",
    ],
)
def test_days_of_other_things_are_no_days_of_publication(tmp_path: Path, line: str) -> None:
    """A deadline, a period, a start of service: the page has a day and the document none."""
    page = body(centred(Sheet(), "防災備蓄の更新計画", 740, 16), 640)
    page.say(line, 72, 700)

    found = facts(tmp_path, page)

    assert (None, None) == (found.edition, found.published)


def test_a_day_in_a_table_is_no_day_of_publication(tmp_path: Path) -> None:
    """What is to be replaced until when says nothing about the list of it."""
    assert facts(tmp_path, list_(Sheet())).published is None


def test_a_bill_is_dated_by_its_submission_and_in_force_by_its_last_article(tmp_path: Path) -> None:
    """The edition of a bill is its submission; the supplementary provisions say since when."""
    last = Sheet().say("附　則", 109, 760)
    last.say("この条例は、令和６年４月１日から施行する。ただし、第二条の規定は、", 97, 740)
    last.say("公布の日から施行する。", 85, 720)

    found = facts(tmp_path, bill(Sheet()), last)

    assert "令和6年2月27日提出" == found.edition
    assert (date(2024, 2, 27), date(2024, 4, 1)) == (found.published, found.in_force_from)


def test_the_last_page_may_date_the_document(tmp_path: Path) -> None:
    """A colophon names the edition where the cover does not."""
    inner = [body(Sheet(), 760) for _ in range(3)]
    last = (
        Sheet()
        .say("平成３０年３月　初版発行", 300, 200)
        .say("令和２年３月　改訂第２版発行", 300, 180)
    )

    found = facts(tmp_path, centred(Sheet(), "衛生管理の手引書", 600, 28), *inner, last)

    assert ("改訂第2版", date(2020, 3, 1)) == (found.edition, found.published)


def test_the_language_is_that_of_all_pages(tmp_path: Path) -> None:
    """A Japanese cover before English pages does not make the document Japanese."""
    pages = [Sheet() for _ in range(4)]
    for page in pages:
        for at in range(20):
            page.say_latin(
                "Residents may hand in the form at any counter of the city.", 72, 760 - 24 * at
            )

    found = facts(tmp_path, centred(Sheet(), "転入の手引", 600, 28), *pages)

    assert "en" == found.language
    assert A4 == (pages[0].width, pages[0].height)
