"""One document as PDF, Word file, web page and Markdown is read alike, and so is one table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pytest

from bot.answering.extractive import Extractive
from bot.answers import Question
from ingest.formats import read
from ingest.headings import sections
from ingest.parsing import parse
from ingest.sentences import Kind
from tests.fakes import FakeLibrary, edition
from tests.office import book, para, row, sheet, styles, table, word
from tests.pdfs import Sheet, write

if TYPE_CHECKING:
    from pathlib import Path

    from bot.answers import Answer
    from ingest.pages import EditionText

TITLE = "備品管理要綱"
RULES = (
    "（趣旨）",
    "第１条　この要綱は、備品の管理に関し必要な事項を定めるものとする。",
    "（廃棄）",
    "第２条　備品を廃棄するときは、14日前までに管理者の承認を受けなければならない。",
    "２　前項の規定にかかわらず、次に掲げる備品は、承認を受けることを要しない。",
    "(1)　取得価額が1,000円に満たないもの",
    "(2)　災害により使うことができなくなったもの",
    "（貸付け）",
    "第３条　備品は、市民に貸し付けることができる。貸付けの期間は、７日以内とする。",
)
FEES = [
    ["区分", "市内", "市外"],
    ["大会議室", "3,300円", "6,600円"],
    ["小会議室", "1,100円", "2,200円"],
]


def as_pdf(path: Path) -> Path:
    """Set the rules on a page as a word processor does."""
    made = Sheet().say(TITLE, 230, 780, 16)
    for at, line in enumerate(RULES):
        made.say(line, 72, 740 - 22 * at)
    return write(path / "a.pdf", [made])


def as_word(path: Path) -> Path:
    """Write the rules into a Word file, the title in its style."""
    return word(path / "a.docx", para(TITLE, style="T"), *map(para, RULES))


def as_page(path: Path) -> Path:
    """Write the rules into a web page."""
    inside = "".join(f"<p>{escape(line)}</p>" for line in RULES)
    (path / "a.html").write_text(f"<html><body><h1>{TITLE}</h1>{inside}</body></html>", "utf-8")
    return path / "a.html"


def as_markdown(path: Path) -> Path:
    """Write the rules into Markdown."""
    (path / "a.md").write_text("\n\n".join((f"# {TITLE}", *RULES)), "utf-8")
    return path / "a.md"


MAKERS = [as_pdf, as_word, as_page, as_markdown]


def said(text: EditionText) -> list[tuple[str, tuple[str, ...]]]:
    """Return each sentence in plain words with the path of its section."""
    found = parse(text, sections(text))
    return [
        (" ".join(text.text[one.start : one.end].split()), found.paths[one.section])
        for one in found
    ]


@pytest.fixture
def made(tmp_path: Path) -> dict[str, EditionText]:
    """Return what is read of each kind."""
    return {maker.__name__: read(maker(tmp_path)) for maker in MAKERS}


def test_sections_and_sentences_are_the_same(made: dict[str, EditionText]) -> None:
    """Articles by number and caption, items, the exception that follows: none differs by kind."""
    wanted = said(made["as_word"])

    assert ("第２条（廃棄）",) == wanted[4][1][-1:]
    assert dict.fromkeys(made, wanted) == {kind: said(text) for kind, text in made.items()}


@pytest.mark.parametrize(
    "question, words",
    [
        ("備品を廃棄するときは何日前までに承認が必要ですか", "14日前までに管理者の承認"),
        ("承認を受けなくてもよい備品は何ですか", "1,000円に満たないもの"),
        ("備品の貸付けの期間は何日ですか", "７日以内"),
    ],
)
def test_answers_are_the_same_with_citations_of_their_kind(
    made: dict[str, EditionText], question: str, words: str
) -> None:
    """What is quoted begins alike; a PDF names its page, the others the article.

    On a page the article that follows may be quoted with it, where that answers too.
    """
    quoted, places = {}, {}
    for kind, text in made.items():
        (first, *_) = asked(text, question).citations
        quoted[kind] = " ".join(first.quote.split())
        places[kind] = None if first.place is None else first.place.kind.value

    shortest = min(quoted.values(), key=len)
    assert words in shortest
    assert dict.fromkeys(made, shortest) == {
        kind: text[: len(shortest)] for kind, text in quoted.items()
    }
    assert {
        "as_pdf": "page",
        "as_word": "section",
        "as_page": "section",
        "as_markdown": "section",
    } == places


def asked(text: EditionText, question: str) -> Answer:
    """Ask a library that holds nothing else."""
    library = FakeLibrary({edition("rules", title=TITLE): text})
    return Extractive(lambda: library).answer(Question(question, question))


def fees_as_pdf(path: Path) -> Path:
    """Draw the table with rules."""
    return write(path / "t.pdf", [Sheet().table(72, 700, [120, 90, 90], 24, FEES)])


def fees_as_book(path: Path) -> Path:
    """Write the table into a worksheet, its amounts as numbers with a form."""
    rows = [row(1, A=FEES[0][0], B=FEES[0][1], C=FEES[0][2])]
    for at, (name, *amounts) in enumerate(FEES[1:], start=2):
        inside, outside = (int(one.replace(",", "")[:-1]) for one in amounts)
        rows.append(row(at, A=name, B=(inside, 1), C=(outside, 1)))
    form = styles('#,##0"円"')
    return book(path / "t.xlsx", {"使用料": sheet("".join(rows))}, form=form)


def fees_as_word(path: Path) -> Path:
    """Write the table into a Word file."""
    return word(path / "t.docx", table(*FEES))


def fees_as_page(path: Path) -> Path:
    """Write the table into a web page."""
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in one)}</tr>" for one in FEES)
    (path / "t.html").write_text(f"<html><body><table>{rows}</table></body></html>", "utf-8")
    return path / "t.html"


@pytest.mark.parametrize("maker", [fees_as_pdf, fees_as_book, fees_as_word, fees_as_page])
def test_cell_of_a_table_of_fees_has_the_same_heads(tmp_path: Path, maker: object) -> None:
    """市外 heads 6,600円 in the row of 大会議室, whatever the file."""
    assert callable(maker)
    text = read(maker(tmp_path))
    rows = [one for one in parse(text, sections(text)) if one.kind is Kind.ROW]

    cells = [[(text.text[cell.start : cell.end], cell.head) for cell in one.cells] for one in rows]

    assert [
        [("大会議室", "区分"), ("3,300円", "市内"), ("6,600円", "市外")],
        [("小会議室", "区分"), ("1,100円", "市内"), ("2,200円", "市外")],
    ] == cells
