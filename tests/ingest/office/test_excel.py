"""Workbooks as people make them: merged, hidden, shown otherwise than stored."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from ingest.formats import read
from ingest.headings import sections
from ingest.office.shown import shown
from ingest.pages import Block, EditionText, Place, PlaceKind
from tests.office import book, row, sheet, styles, write

FEES = sheet(
    row(1, B="令和7年度 手数料一覧")
    + row(2, D="（単位：円）")
    + row(3, B="区分", C="手数料", F="※ 代理人は委任状が必要です。")
    + row(4, C="窓口", D="郵送")
    + row(5, B="住民票の写し", C=(300, 1), D=(350, 1))
    + row(6, C=(200, 1), D=(1250, 1))
    + row(7)
    + row(8, B="戸籍謄本", C=(450, 1), D='<c r="@" t="str"><f>B5&amp;"円"</f><v>500円</v></c>')
    + row(9, hidden=True, B="秘密", C=1)
    + row(10, B="施行日", C=(45748, 2)),
    merged=("C3:D3", "B3:B4", "B5:B6"),
)
FORMS = styles('#,##0"円"', '[$-411]ggge"年"m"月"d"日"')


def _blocks(text: EditionText) -> list[tuple[str, Block]]:
    return [(page.text[b.start : b.end], b) for page in text.pages for b in page.blocks]


@pytest.fixture
def fees(tmp_path: Path) -> EditionText:
    """A table of fees as it lies in many town halls."""
    sheets = {"手数料": FEES, "内部": sheet(row(1, A="内部資料"))}
    return read(book(tmp_path / "a.xlsx", sheets, hidden=("内部",), form=FORMS))


def test_cells_are_read_as_they_are_shown(fees: EditionText) -> None:
    """Merged ones count for every row, a formula by its value, numbers and days in their form."""
    assert [
        "令和7年度 手数料一覧", "（単位：円）", "区分\t手数料", "窓口\t郵送",
        "住民票の写し\t300円\t350円", "住民票の写し\t200円\t1,250円", "※ 代理人は委任状が必要です。",
        "戸籍謄本\t450円\t500円", "施行日\t令和7年4月1日",
    ] == [said for said, _ in _blocks(fees)]  # fmt: skip


def test_heads_over_two_rows_go_on_behind_an_empty_row(fees: EditionText) -> None:
    """手数料 over 窓口 is one head, of the rows below an empty one too."""
    heads = {said: block.heads for said, block in _blocks(fees)}

    assert ("区分", "手数料 窓口", "手数料 郵送") == heads["戸籍謄本\t450円\t500円"]


def test_what_is_hidden_is_left_out_and_named(fees: EditionText) -> None:
    """A sheet by its name, rows by that of their sheet."""
    assert (
        "Hidden sheets were left out: 内部. Hidden rows or columns were left out on: 手数料."
        == fees.pages[0].quality.note
    )


def test_citation_names_sheet_and_cells(fees: EditionText) -> None:
    """Of a whole row, of one cell, and of several rows."""
    start = fees.text.index("住民票")
    end = fees.text.index("円", fees.text.index("1,250")) + 1
    cell = fees.text.index("1,250")

    assert Place(PlaceKind.SHEET, "手数料", "B5:D6") == fees.place(start, end)
    assert "D6" == fees.place(cell, end).range
    assert ("手数料", "令和7年度 手数料一覧") == sections(fees)[0].path
    assert "シート「手数料」 B5:D6" == fees.place(start, end).named("ja")


def test_readings_and_shared_strings(tmp_path: Path) -> None:
    """A reading over a word (フリガナ) is not said; runs of a string are one."""
    shared = (
        "<si><r><t>手数</t></r><r><t>料</t></r><rPh sb='0' eb='3'><t>テスウリョウ</t></rPh></si>"
    )
    said = sheet(row(1, A='<c r="@" t="s"><v>0</v></c>', B='<c r="@" t="e"><v>#N/A</v></c>'))
    text = read(book(tmp_path / "a.xlsx", {"一": said}, shared=shared))

    assert ["手数料"] == [said for said, _ in _blocks(text)]


def test_runs_of_a_string_say_what_they_look_like(tmp_path: Path) -> None:
    """A raised digit is named so, and what is struck through is left out."""
    shared = (
        "<si><r><t>30m</t></r><r><rPr><vertAlign val='superscript'/></rPr><t>2</t></r>"
        "<r><rPr><strike/></rPr><t>以下</t></r><r><t>以上</t></r></si>"
    )
    said = sheet(row(1, A='<c r="@" t="s"><v>0</v></c>'))
    text = read(book(tmp_path / "a.xlsx", {"一": said}, shared=shared))

    assert ["30m²以上"] == [said for said, _ in _blocks(text)]


def test_remarks_beside_a_table_are_none_of_its_columns(tmp_path: Path) -> None:
    """Behind an empty column, （注） and what stands below it leave the table its heads."""
    said = sheet(
        row(1, A="区分", B="町内", E="（注）冷暖房は別料金")
        + row(2, B="昼", C="夜", E="改定日", F="令和8年4月1日")
        + row(3, A="全面", B="1,200円", C="1,800円")
        + row(4, A="半面", B="600円", C="900円"),
        merged=("A1:A2", "B1:C1"),
    )
    rows = dict(_blocks(read(book(tmp_path / "a.xlsx", {"一": said}))))

    assert ("区分", "町内 昼", "町内 夜") == rows["半面\t600円\t900円"].heads


def test_what_stands_beside_a_tall_head_heads_columns(tmp_path: Path) -> None:
    """1日 and 1月 look like figures; below 使用料 and beside 区分, which spans both rows, they head."""
    said = sheet(
        row(1, A="区分", B="使用料")
        + row(2, B="1日", C="1月")
        + row(3, A="行商", B="300円", C="6,000円")
        + row(4, A="競技会", B="1,000円", C="－"),
        merged=("A1:A2", "B1:C1"),
    )
    rows = dict(_blocks(read(book(tmp_path / "a.xlsx", {"一": said}))))

    assert ("区分", "使用料 1日", "使用料 1月") == rows["行商\t300円\t6,000円"].heads


def test_second_table_has_heads_of_its_own(tmp_path: Path) -> None:
    """Below an empty row with other heads, and beside the first one with the same."""
    said = sheet(
        row(1, A="品名", B="単価", D="品名", E="単価")
        + row(2, A="鉛筆", B=50, D="定規", E=120)
        + row(4, A="課", B="内線")
        + row(5, A="総務課", B=101)
        + row(6, A="税務課", B=102)
    )
    rows = dict(_blocks(read(book(tmp_path / "a.xlsx", {"一": said}))))

    assert ("品名", "単価") == rows["定規\t120"].heads
    assert ("課", "内線") == rows["総務課\t101"].heads


def test_group_over_rows_heads_them(tmp_path: Path) -> None:
    """市民課 alone in its row stands over the rows below it."""
    said = sheet(
        row(1, A="証明", B="手数料")
        + row(2, A="市民課")
        + row(3, A="住民票", B=300)
        + row(4, A="税務課")
        + row(5, A="所得証明", B=200)
    )
    rows = dict(_blocks(read(book(tmp_path / "a.xlsx", {"一": said}))))

    assert "税務課 / 証明 / 手数料" == rows["所得証明\t200"].context


@pytest.mark.parametrize(
    "value, code, said",
    [
        (1234, '#,##0"円"', "1,234円"), (45748, '[$-411]ggge"年"m"月"d"日";@', "令和7年4月1日"),
        (45748, "yyyy/m/d", "2025/4/1"), (0.05, "0.0%", "5.0%"), (-0.05, '0.0%;"▲"0.0%', "▲5.0%"),
        (-1234, "#,##0;▲#,##0", "▲1,234"), (0, '#,##0;▲#,##0;"-"', "-"),
        (1230045, r"000\-0000", "123-0045"), (1234567, '#,##0,"千円"', "1,235千円"),
        (0.75, 'h"時"mm"分"', "18時00分"), (1.5, "[h]:mm", "36:00"),
        (45748.354166, "yyyy/m/d h:mm", "2025/4/1 8:30"),
        (43586, '[$-ja-JP-x-gannen]ggge"年"m"月"d"日"', "令和元年5月1日"),
        (43586, "[$-411]ge.m.d", "R1.5.1"), (45748, 'm"月"d"日"(aaa)', "4月1日(火)"),
        (-1200, r'"¥"#,##0_);[Red]\("¥"#,##0\)', "(¥1,200)"),
        (300, '_ "¥"* #,##0_ ;_ "¥"* -#,##0_ ;_ "¥"* "-"_ ;_ @_ ', "¥300"),
        (1, '[=1]"有";[=0]"無";General', "有"), (1500, '[>=1000]#,##0"以上";0', "1,500以上"),
        (2.675, "0.00", "2.68"), (12.5, "0.##", "12.5"), (0.30000000000000004, "", "0.3"),
        (15, "[DBNum3]0", "１５"), (5, "00", "05"), (1, '"第"0"号"', "第1号"),
        (60, "yyyy/m/d", "1900/2/28"), (1, "yyyy/m/d", "1900/1/1"), (-5, "yyyy/m/d", "-5"),
    ],
)  # fmt: skip
def test_number_is_shown_in_its_form(value: float, code: str, said: str) -> None:
    """As Excel in Japanese shows it."""
    assert said == shown(value, code)


def test_what_stands_above_the_heads_is_none(tmp_path: Path) -> None:
    """A narrow row over a wider one tells of the whole table; 月日 heads days, the unit each row."""
    rows = (
        row(1, A="補助金一覧")
        + row(2, A="所管：企画課", D="単位：千円")
        + row(3, A="月日", B="補助金", C="交付先", D="金額")
        + row(4, A=(45748, 2), B="文化祭", C="文化協会", D=800)
        + row(5, A=(45749, 2), B="防犯灯", C="自治会", D=3500)
    )
    text = read(book(tmp_path / "a.xlsx", {"一覧": sheet(rows)}, form=FORMS))

    *_, before, heads, _, last = (block for _, block in _blocks(text))

    assert ((), ()) == (before.heads, heads.heads)
    assert ("月日", "補助金", "交付先", "金額") == last.heads
    assert "単位：千円 / 月日 / 補助金 / 交付先 / 金額" == last.context


def test_fields_of_a_form_head_nothing(tmp_path: Path) -> None:
    """A label and what was filled in: the first field does not stand over the others."""
    rows = (
        row(1, A="件名", B="パソコンの購入")
        + row(2, A="起案日", B=(45748, 2))
        + row(3, A="金　額", B=(198000, 1))
        + row(4, A="納期", B="令和　年　月　日")
        + row(5, A="要否", B="要　否")
    )
    text = read(book(tmp_path / "a.xlsx", {"様式": sheet(rows)}, form=FORMS))

    assert [
        "件名\tパソコンの購入", "起案日\t令和7年4月1日", "金額\t198,000円", "納期\t令和　年　月　日",
        "要否\t要　否",
    ] == [said for said, _ in _blocks(text)]  # fmt: skip
    assert not any(block.heads for _, block in _blocks(text))


@pytest.mark.parametrize(
    "filled",
    [(("大人", "500円"), ("子ども", "無料"), ("団体", "400円")),
     (("敬老会", "令和7年9月15日"), ("成人式", "未定"), ("文化祭", "令和7年11月3日"))],
    ids=["a fee that is none", "a day that is open"],
)  # fmt: skip
def test_words_among_amounts_or_days_leave_a_table_its_heads(
    tmp_path: Path, filled: tuple[tuple[str, str], ...]
) -> None:
    """Two columns are a form only where what is filled in is of several kinds."""
    rows = row(1, A="区分", B="内容") + "".join(
        row(at, A=name, B=value) for at, (name, value) in enumerate(filled, start=2)
    )
    text = read(book(tmp_path / "a.xlsx", {"一覧": sheet(rows)}))

    assert [("区分", "内容")] * 3 == [block.heads for _, block in _blocks(text)][1:]


def test_workbook_of_the_strict_form_is_read(tmp_path: Path) -> None:
    """Excel saves it on demand: the same parts under other names."""
    usual = book(
        tmp_path / "a.xlsx", {"表": sheet(row(1, A="区分", B="額") + row(2, A="甲", B=300))}
    )
    with zipfile.ZipFile(usual) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    office = "http://schemas.openxmlformats.org"
    strict = {
        f"{office}/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
        f"{office}/officeDocument/2006/": "http://purl.oclc.org/ooxml/officeDocument/",
    }
    for name, said in parts.items():
        for old, new in strict.items():
            parts[name] = parts[name].replace(old, new) if old in said else parts[name]

    assert "区分\t額\n甲\t300\n" == read(write(tmp_path / "b.xlsx", parts)).text
