"""Twenty files of each kind with the traps that people's files have, and the text to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.formats import read
from tests.office import (
    book,
    cell,
    numbers,
    para,
    row,
    run,
    shape,
    sheet,
    slides,
    styles,
    table,
    word,
)

if TYPE_CHECKING:
    from pathlib import Path

LIST = numbers(("decimalFullWidth", "第%1条"), ("decimal", "(%2)"), ("aiueoFullWidth", "%3"))
FORMS = styles(
    '#,##0"円"', '[$-411]ggge"年"m"月"d"日"', "0.0%", '#,##0;"▲"#,##0', "yyyy/m/d", "h:mm", "@",
    '"第"0"号"', '#,##0,"千円"', "000",
)  # fmt: skip


def struck(text: str) -> str:
    """Return a run with a line through it."""
    return run(text, "<w:strike/>")


def changed(kind: str, *runs: str) -> str:
    """Return what was inserted ("ins") or deleted ("del")."""
    said = "".join(runs)
    if kind == "del":
        said = said.replace("<w:t ", "<w:delText ").replace("</w:t>", "</w:delText>")
    return f'<w:{kind} w:id="1" w:author="a">{said}</w:{kind}>'


def field(code: str, shown: str) -> str:
    """Return a field with its code and what it shows."""
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    code = f"<w:r><w:instrText>{code}</w:instrText></w:r>"
    return mark("begin") + code + mark("separate") + run(shown) + mark("end")


WORD = [
    ("plain paragraphs", [para("要綱"), para("市は定める。")], "要綱\n市は定める。"),
    ("runs of one word", [para(run("手数"), run("料"), run("は300円"))], "手数料は300円"),
    ("a line break", [para(run("上"), "<w:r><w:br/></w:r>", run("下"))], "上\n下"),
    ("a tabulator", [para(run("電話"), "<w:r><w:tab/></w:r>", run("1234"))], "電話 1234"),
    ("empty paragraphs", [para("甲"), para(""), para("乙")], "甲\n乙"),
    ("words struck through", [para(struck("500円"), run("300円"))], "300円"),
    ("hidden words", [para(run("秘", "<w:vanish/>"), run("公開"))], "公開"),
    ("an insertion", [para(run("甲"), changed("ins", run("乙")))], "甲乙"),
    ("a deletion", [para(run("甲"), changed("del", run("乙")), run("丙"))], "甲丙"),
    ("a page's number", [para(run("全"), field("NUMPAGES", "12"), run("頁"))], "全12頁"),
    ("a link", [para("<w:hyperlink>" + run("窓口案内") + "</w:hyperlink>")], "窓口案内"),
    ("a field of a form", [para("<w:sdt><w:sdtContent>" + run("氏名") + "</w:sdtContent></w:sdt>")], "氏名"),
    ("articles that Word counts", [para("目的", number=(1, 0)), para("定義", number=(1, 0))], "第１条 目的\n第２条 定義"),
    ("items below an article", [para("次のとおり", number=(1, 0)), para("本人", number=(1, 1)), para("代理人", number=(1, 1))], "第１条 次のとおり\n(1) 本人\n(2) 代理人"),
    ("a list that begins anew", [para("甲", number=(1, 0)), para("乙", number=(2, 0))], "第１条 甲\n第１条 乙"),
    ("a table", [table(["区分", "金額"], ["大型", "300円"])], "区分\t金額\n大型\t300円"),
    ("cells over rows", [table(["区分", "金額"], [cell("甲", down="restart"), "1円"], [cell("", down="continue"), "2円"])], "区分\t金額\n甲\t1円\n甲\t2円"),
    ("a head over columns", [table([cell("使用料", across=2)], ["午前", "午後"], ["1円", "2円"])], "使用料\n午前\t午後\n1円\t2円"),
    ("a squared metre", [para(run("30m"), run("2", '<w:vertAlign w:val="superscript"/>'))], "30m²"),
    ("full-width figures and spaces", [para("令和　７年　４月")], "令和　７年　４月"),
]  # fmt: skip

EXCEL = [
    ("numbers with commas and a unit", row(1, A="手数料", B=(1234, 1)), (), "手数料\t1,234円"),
    ("a day of an era", row(1, A="期日", B=(45748, 2)), (), "期日\t令和7年4月1日"),
    ("a share", row(1, A="割合", B=(0.125, 3)), (), "割合\t12.5%"),
    ("a loss", row(1, A="増減", B=(-21100, 4)), (), "増減\t▲21,100"),
    ("a day in figures", row(1, A="期日", B=(45748, 5)), (), "期日\t2025/4/1"),
    ("a time", row(1, A="開始", B=(0.4375, 6)), (), "開始\t10:30"),
    ("a number as text", row(1, A="番号", B=("<c r='@' t='str' s='7'><v>0123</v></c>")), (), "番号\t0123"),
    ("a number within words", row(1, A="議案", B=(12, 8)), (), "議案\t第12号"),
    ("thousands", row(1, A="予算", B=(1234567, 9)), (), "予算\t1,235千円"),
    ("leading zeros", row(1, A="課番号", B=(7, 10)), (), "課番号\t007"),
    ("a formula by its value", row(1, A="計", B="<c r='@' s='1'><f>SUM(A1:A9)</f><v>600</v></c>"), (), "計\t600円"),
    ("a formula of words", row(1, A="課", B="<c r='@' t='str'><f>A1</f><v>税務課</v></c>"), (), "課\t税務課"),
    ("yes and no", row(1, A="可否", B="<c r='@' t='b'><v>1</v></c>"), (), "可否\tTRUE"),
    ("a hidden row", row(1, A="甲", B="1") + row(2, A="秘", B="2", hidden=True) + row(3, A="乙", B="3"), (), "甲\t1\n乙\t3"),
    ("empty rows as layout", row(1, A="甲", B="1") + row(5, A="乙", B="2"), (), "甲\t1\n乙\t2"),
    ("cells over rows", row(1, A="区分", B="額") + row(2, A="甲", B="1円") + row(3, B="2円"), ("A2:A3",), "区分\t額\n甲\t1円\n甲\t2円"),
    ("a head over columns", row(1, A="区分", B="使用料") + row(2, B="午前", C="午後") + row(3, A="甲", B="1円", C="2円"), ("A1:A2", "B1:C1"), "区分\t使用料\n午前\t午後\n甲\t1円\t2円"),
    ("a line break in a cell", row(1, A="大会議室\n（２階）", B="300円"), (), "大会議室 （２階）\t300円"),
    ("a title over a table", row(1, A="使用料一覧") + row(3, A="区分", B="額") + row(4, A="甲", B="1円"), (), "使用料一覧\n区分\t額\n甲\t1円"),
    ("a remark below a table", row(1, A="区分", B="額") + row(2, A="甲", B="1円") + row(4, A="※ 税を含む。"), (), "区分\t額\n甲\t1円\n※ 税を含む。"),
]  # fmt: skip


def group(inside: str) -> str:
    """Return a group of shapes."""
    return f"<p:grpSp><p:grpSpPr/>{inside}</p:grpSp>"


def said(runs: str) -> str:
    """Return a shape of a paragraph's XML."""
    return shape("@").replace("<a:r><a:t>@</a:t></a:r>", runs)


def grid(*rows: tuple[str, ...], head: bool = False) -> str:
    """Return a table of a slide."""
    words = "".join(
        "<a:tr>"
        + "".join(
            f"<a:tc><a:txBody><a:p><a:r><a:t>{one}</a:t></a:r></a:p></a:txBody></a:tc>"
            for one in line
        )
        + "</a:tr>"
        for line in rows
    )
    first = '<a:tblPr firstRow="1"/>' if head else ""
    return f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl>{first}{words}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"


SLIDES = [
    ("a title and its words", [shape("説明会", kind="title") + shape("10月に開く。", kind="body", top=9)], "説明会\n10月に開く。"),
    ("a title drawn last", [shape("本文", top=9) + shape("題名", kind="title", top=5)], "題名\n本文"),
    ("boxes out of order", [shape("下", top=9) + shape("上", top=1)], "上\n下"),
    ("a running foot", [shape("本文") + shape("みどり市", kind="ftr")], "本文"),
    ("a slide's number", [shape("本文") + shape("3", kind="sldNum")], "本文"),
    ("a day in the margin", [shape("本文") + shape("2025/4/1", kind="dt")], "本文"),
    ("a subtitle", [shape("題名", kind="ctrTitle") + shape("副題", kind="subTitle", top=9)], "題名\n副題"),
    ("a title of two lines", [shape("題名の\n続き", kind="title")], "題名の 続き"),
    ("several paragraphs", [shape("一つ\n二つ\n三つ")], "一つ\n二つ\n三つ"),
    ("runs of one word", [said("<a:r><a:t>手数</a:t></a:r><a:r><a:t>料</a:t></a:r>")], "手数料"),
    ("a line break", [said("<a:r><a:t>上</a:t></a:r><a:br/><a:r><a:t>下</a:t></a:r>")], "上\n下"),
    ("bullets", [said('<a:pPr><a:buChar char="•"/></a:pPr><a:r><a:t>申請</a:t></a:r>')], "・申請"),
    ("words struck through", [said('<a:r><a:rPr strike="sngStrike"/><a:t>旧</a:t></a:r><a:r><a:t>新</a:t></a:r>')], "新"),
    ("a small two", [said('<a:r><a:t>CO</a:t></a:r><a:r><a:rPr baseline="-25000"/><a:t>2</a:t></a:r>')], "CO₂"),
    ("a group of shapes", [group(shape("下", top=5)) + shape("上", top=0)], "上\n下"),
    ("a table", [grid(("区分", "額"), ("甲", "1円"), head=True)], "区分\t額\n甲\t1円"),
    ("two slides", [shape("一", kind="title"), shape("二", kind="title")], "一\n二"),
    ("an empty slide between", [shape("一"), "", shape("三")], "一\n\n三"),
    ("a shape that is hidden", [shape("公開") + shape("秘密").replace('name="x"', 'name="x" hidden="1"')], "公開"),
    ("alternative content", [f"<mc:AlternateContent><mc:Choice>{shape('新')}</mc:Choice><mc:Fallback>{shape('旧')}</mc:Fallback></mc:AlternateContent>"], "新"),
]  # fmt: skip

PAGES = [
    ("a heading and its words", "<h1>条例</h1><p>市は定める。", "条例\n市は定める。"),
    ("tags left open", "<p>甲<p>乙<p>丙", "甲\n乙\n丙"),
    ("spaces and line breaks of the source", "<p>市は\n   定める。</p>", "市は 定める。"),
    ("a line break", "<p>上<br>下</p>", "上\n下"),
    ("names of characters", "<p>10&nbsp;%&amp;&#12354;&lt;b&gt;</p>", "10 %&あ<b>"),
    ("a reading over a word", "<p><ruby>手数料<rp>(</rp><rt>てすうりょう</rt><rp>)</rp></ruby>は</p>", "手数料は"),
    ("a script", "<p>甲</p><script>document.write('乙')</script>", "甲"),
    ("a style", "<style>p{color:red}</style><p>甲</p>", "甲"),
    ("a comment", "<p>甲<!-- 乙 --></p>", "甲"),
    ("a menu", "<nav><a href=/>トップ</a></nav><main><p>甲</p></main>", "甲"),
    ("a foot", "<p>甲</p><footer>著作権</footer>", "甲"),
    ("hidden words", '<p>甲</p><p style="display:none">乙</p><p hidden>丙</p>', "甲"),
    ("a list", "<ul><li>本人<li>代理人</ul>", "・本人\n・代理人"),
    ("a list with numbers", "<ol><li>申請<li>交付</ol>", "1. 申請\n2. 交付"),
    ("a table", "<table><tr><th>区分<th>額<tr><td>甲<td>1円</table>", "区分\t額\n甲\t1円"),
    ("cells over rows", "<table><tr><th>区分<th>額<tr><td rowspan=2>甲<td>1円<tr><td>2円</table>", "区分\t額\n甲\t1円\n甲\t2円"),
    ("words struck through", "<p><s>500円</s>300円</p>", "300円"),
    ("a squared metre", "<p>30m<sup>2</sup></p>", "30m²"),
    ("words in divisions", "<div>甲<div>乙</div></div>", "甲\n乙"),
    ("words of one line in many tags", "<p><b>手数</b><span>料</span>は<i>300円</i></p>", "手数料は300円"),
]  # fmt: skip

TEXTS = [
    ("a.txt", "甲\n乙\n", "甲\n乙"),
    ("lines of Windows.txt", "甲\r\n乙\r\n", "甲\n乙"),
    ("a mark at the beginning.txt", "\ufeff甲は乙である。", "甲は乙である。"),
    ("empty lines.txt", "甲\n\n\n乙", "甲\n乙"),
    ("wrapped.txt", "職員は、次の各号のいずれかに該当する場合には、所属長の承認を受けて休暇を\n取ることができる。", "職員は、次の各号のいずれかに該当する場合には、所属長の承認を受けて休暇を\n取ることができる。"),
    ("articles.txt", "第１条　目的を定める。\n第２条　定義を定める。", "第１条　目的を定める。\n第２条　定義を定める。"),
    ("items.txt", "次のとおり。\n(1) 本人\n(2) 代理人", "次のとおり。\n(1) 本人\n(2) 代理人"),
    ("a.md", "# 要綱\n\n市は定める。\n", "要綱\n市は定める。"),
    ("strong words.md", "手数料は**300円**です。", "手数料は300円です。"),
    ("a link.md", "[窓口案内](https://example.invalid)を見る。", "窓口案内を見る。"),
    ("code.md", "`tebiki ask` と打つ。", "tebiki ask と打つ。"),
    ("a comment.md", "甲\n\n<!-- 乙 -->\n\n丙", "甲\n丙"),
    ("items.md", "- 本人\n- 代理人\n", "・本人\n・代理人"),
    ("numbers.md", "1. 申請\n2. 交付\n", "1. 申請\n2. 交付"),
    ("a table.md", "| 区分 | 額 |\n| --- | --- |\n| 甲 | 1円 |\n", "区分\t額\n甲\t1円"),
    ("a.csv", "区分,額\n甲,1円\n", "区分\t額\n甲\t1円"),
    ("commas in cells.csv", '区分,額\n甲,"1,000円"\n', "区分\t額\n甲\t1,000円"),
    ("quotes in cells.csv", '区分,名\n甲,"""乙"""\n', '区分\t名\n甲\t"乙"'),
    ("lines in cells.csv", '区分,額\n"甲\n（上）",1円\n', "区分\t額\n甲 （上）\t1円"),
    ("a.tsv", "区分\t額\n甲\t1円\n", "区分\t額\n甲\t1円"),
]  # fmt: skip


def plain(path: Path) -> str:
    """Return what is read, without the last line's end."""
    return read(path).text.rstrip("\n")


@pytest.mark.parametrize("body, wanted", [pytest.param(*rest, id=name) for name, *rest in WORD])
def test_word_file(tmp_path: Path, body: list[str], wanted: str) -> None:
    """As Word shows it with all changes accepted."""
    assert wanted == plain(word(tmp_path / "a.docx", *body, numbering=LIST))


@pytest.mark.parametrize(
    "rows, merged, wanted", [pytest.param(*rest, id=name) for name, *rest in EXCEL]
)
def test_workbook(tmp_path: Path, rows: str, merged: tuple[str, ...], wanted: str) -> None:
    """As Excel in Japanese shows its cells."""
    file = book(tmp_path / "a.xlsx", {"表": sheet(rows, merged=merged)}, form=FORMS)
    assert wanted == plain(file)


@pytest.mark.parametrize("each, wanted", [pytest.param(*rest, id=name) for name, *rest in SLIDES])
def test_presentation(tmp_path: Path, each: list[str], wanted: str) -> None:
    """As its slides show it, from the title down."""
    assert wanted == plain(slides(tmp_path / "a.pptx", *each))


@pytest.mark.parametrize("inside, wanted", [pytest.param(*rest, id=name) for name, *rest in PAGES])
def test_web_page(tmp_path: Path, inside: str, wanted: str) -> None:
    """As a browser shows it, without what frames it."""
    (tmp_path / "a.html").write_text(f"<!DOCTYPE html><html><body>{inside}</body></html>", "utf-8")
    assert wanted == plain(tmp_path / "a.html")


@pytest.mark.parametrize("name, content, wanted", [pytest.param(*one, id=one[0]) for one in TEXTS])
def test_text(tmp_path: Path, name: str, content: str, wanted: str) -> None:
    """As it is meant: signs of Markdown left out, records as rows; wrapped lines keep their places."""
    (tmp_path / name).write_bytes(content.encode())
    assert wanted == plain(tmp_path / name)
