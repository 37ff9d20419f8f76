"""The question sets ask what the starter corpus holds, and every judged page holds its fact.

The pages are read here with PDFium itself rather than with our own reader, so that a fault of
the reader cannot hide a fault of a question.
"""

import json
import tomllib
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"
QUESTIONS = ROOT / "evals" / "questions"
KINDS = {
    "case",
    "contact",
    "date",
    "follow-up",
    "howto",
    "list",
    "multi",
    "number",
    "paragraph",
    "table",
    "yesno",
}
KEYS = {"id", "question", "language", "kind", "tags", "judgements", "facts"}

# What a near miss asks for must not be in the corpus, or the miss has become a hit. Names only:
# whether a price or a deadline is there has to be read.
ABSENT = {
    "f051": ("第3.0版",),
    "f052": ("函館", "Hakodate"),
    "f053": ("堺市", "Sakai"),
    "s234": ("特定移行支援",),
    "s240": ("福岡市", "Fukuoka"),
    "s241": ("那覇", "Naha"),
    "s242": ("松山", "Matsuyama"),
    "s243": ("高崎", "Takasaki"),
    "s244": ("名古屋", "Nagoya"),
    "s260": ("図書館", "library"),
    "s261": ("マイナポイント",),
    "s264": ("児童手当",),
    "s265": ("要介護認定",),
    "s273": ("粗大ごみ",),
    "s274": ("育児休業",),
}

Row = dict[str, Any]


def _rows(name: str) -> list[Row]:
    lines = (QUESTIONS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


STARTER = _rows("starter")
FROZEN = _rows("frozen")
ROWS = STARTER + FROZEN
ANSWERABLE = [row for row in ROWS if "unanswerable" not in row]
UNANSWERABLE = [row for row in ROWS if "unanswerable" in row]


def _named(row: Row) -> str:
    return str(row["id"])


def _flat(text: str) -> str:
    """NFKC, without white space, case-folded: as facts are compared."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


@cache
def _paths() -> dict[tuple[str, str], Path]:
    """Every held edition of the catalog, by document and label."""
    catalog = tomllib.loads((CORPUS / "catalog.toml").read_text(encoding="utf-8"))
    return {
        (document["id"], edition["label"]): CORPUS / edition["path"]
        for document in catalog["documents"]
        for edition in document["editions"]
        if "path" in edition
    }


@cache
def _pages(document: str, edition: str) -> tuple[str, ...]:
    """The flat text of each page of a held edition; the first page stands at 0."""
    with pdfium.PdfDocument(_paths()[document, edition]) as pdf:
        texts = []
        for page in pdf:
            text = page.get_textpage()
            texts.append(_flat(text.get_text_range()))
            text.close()
            page.close()
        return tuple(texts)


def _says(text: str, words: list[str]) -> bool:
    """Whether *text* holds all *words*; "|" parts the wordings that would do."""
    return all(any(_flat(way) in text for way in word.split("|")) for word in words)


def _page_texts(judgement: Row) -> list[str]:
    pages = _pages(judgement["document"], judgement["edition"])
    return [pages[number - 1] for number in judgement["pages"]]


def test_no_id_is_given_twice() -> None:
    """An id names one question over both sets, so that two runs can be compared by it."""
    assert {1} == set(Counter(map(_named, ROWS)).values())


def test_no_question_is_asked_twice() -> None:
    """A question counts once: the same words after the same conversation are not repeated."""
    asked = Counter((_flat(row["question"]), *row.get("previous", ())) for row in ROWS)

    assert [] == [question for question, times in asked.items() if times > 1]


def test_sets_are_as_large_as_their_purpose_needs() -> None:
    """Sixty questions are frozen; of ours there are 160, 40 in English, 40 without an answer."""
    assert 60 == len(FROZEN)
    assert 160 <= len(STARTER)
    assert 40 <= sum("en" == row["language"] for row in STARTER if "unanswerable" not in row)
    assert 40 <= sum("unanswerable" in row for row in STARTER)


@pytest.mark.parametrize("row", ROWS, ids=_named)
def test_question_has_the_shape_that_is_read(row: Row) -> None:
    """A question has every key, a known language and kind, and previous only where one was."""
    assert KEYS <= row.keys() <= KEYS | {"previous", "unanswerable"}
    assert row["question"].strip() == row["question"] != ""
    assert row["language"] in {"ja", "en"}
    assert row["kind"] in KINDS
    assert ("follow-up" == row["kind"]) == ("previous" in row)
    assert ("follow-up" in row["tags"]) == ("previous" in row)
    assert row.get("previous") != []
    assert all(earlier.strip() for earlier in row.get("previous", ["-"]))


@pytest.mark.parametrize("row", UNANSWERABLE, ids=_named)
def test_unanswerable_question_says_why_and_judges_nothing(row: Row) -> None:
    """A question without an answer has a reason, no page and no fact."""
    assert row["unanswerable"].strip()
    assert ([], []) == (row["judgements"], row["facts"])


@pytest.mark.parametrize("row", ANSWERABLE, ids=_named)
def test_judged_pages_exist_in_a_held_edition(row: Row) -> None:
    """Each judgement names an edition that the catalog holds and pages its PDF has, in order."""
    assert row["judgements"]
    for judgement in row["judgements"]:
        assert {"document", "edition", "pages"} == judgement.keys()
        assert (judgement["document"], judgement["edition"]) in _paths()
        count = len(_pages(judgement["document"], judgement["edition"]))
        assert judgement["pages"]
        assert sorted(set(judgement["pages"])) == judgement["pages"]
        assert set(judgement["pages"]) <= set(range(1, count + 1))


@pytest.mark.parametrize("row", ANSWERABLE, ids=_named)
def test_every_judged_page_holds_a_fact(row: Row) -> None:
    """No page is judged right that says none of the facts: each was read, not guessed."""
    for judgement in row["judgements"]:
        for number, text in zip(judgement["pages"], _page_texts(judgement), strict=True):
            assert any(_says(text, fact) for fact in row["facts"]), (judgement, number)


@pytest.mark.parametrize("row", ANSWERABLE, ids=_named)
def test_one_judged_document_holds_all_facts(row: Row) -> None:
    """The judged pages of at least one document give the whole answer, each fact on one page."""
    assert row["facts"]
    assert any(
        all(any(_says(text, fact) for text in _page_texts(judgement)) for fact in row["facts"])
        for judgement in row["judgements"]
    )


@pytest.mark.parametrize("row", ANSWERABLE, ids=_named)
def test_wordings_of_a_fact_are_words(row: Row) -> None:
    """No wording of a fact is empty or a single character, which almost any quotation holds."""
    wordings = [way for fact in row["facts"] for word in fact for way in word.split("|")]

    assert [] == [way for way in wordings if len(_flat(way)) < 2]


@pytest.mark.parametrize("name", ABSENT)
def test_near_miss_stays_a_miss(name: str) -> None:
    """The names a near miss asks about are nowhere in the corpus."""
    assert name in {_named(row) for row in UNANSWERABLE}
    texts = [text for held in _paths() for text in _pages(*held)]

    assert [] == [word for word in ABSENT[name] if any(_flat(word) in text for text in texts)]
