"""A model's words are kept only as far as the stored text supports them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.checking import Checker, stands
from bot.writing.lines import lines_of
from bot.writing.points import Point
from index.passages import Filters
from index.search.glossary import Glossary, Term
from tests.fakes import FakeLibrary, edition, edition_text

TEXT = edition_text(
    "# 任用\n"
    "町は、外部の専門家を特別職として任用することができる。この場合、一般の服務規定は適用されない。"
    "そのため、規程で服務の規律を定める必要がある。\n"
    "# 補助金\n"
    "移行の補助金は令和2年度の予算に計上された。申請は全部で31手続ある。",
    labels=["7"],
)
HELD = edition(title="手引き")
GLOSSARY = Glossary([Term("補助金", en=("subsidy",)), Term("予算", en=("budget",))])


def library() -> FakeLibrary:
    """Return a library of one document with two sections."""
    return FakeLibrary({HELD: TEXT}, glossary=GLOSSARY)


def checked(*points: Point, language: str = "ja") -> tuple[str, Checker]:
    """Return what is shown of points about the two sections, and the checker."""
    held = library()
    hits = [
        hit
        for question in ("専門家の任用", "移行の補助金")
        for hit in held.retrieve(question, k=9, filters=Filters())
    ]
    lines = lines_of(sorted(hits, key=lambda hit: hit.chunk.start), held)
    checker = Checker(
        lines, held, language=language, on=date(2026, 4, 1),
        expand=lambda text: [name for match in GLOSSARY.expand(text) for name in match.others],
    )  # fmt: skip
    return "".join(checker.check(point) for point in points), checker


def test_wording_stands_over_its_sentence() -> None:
    """Under each wording is the sentence that it rests on, word for word, with its source."""
    text, checker = checked(Point("専門家は特別職として任用できます。", (1,)))

    assert (
        "- 専門家は特別職として任用できます。[1]\n"
        "  根拠：「町は、外部の専門家を特別職として任用することができる。」（手引き、1.0、p.7）[1]\n"
    ) == text
    (citation,) = checker.citations
    assert (citation.page, citation.page_label) == (1, "7")
    assert [] == checker.removed


def test_the_same_sentence_keeps_its_number() -> None:
    """Citations are numbered in the order of the text, each sentence once."""
    _, checker = checked(
        Point("移行の補助金は令和2年度の予算に計上されました。", (4,)),
        Point("専門家は特別職として任用できます。", (1,)),
        Point("移行の補助金は令和2年度の予算に計上されました。", (4,)),
    )

    assert 3 == checker.kept
    assert [1, 2] == [one.marker for one in checker.citations]


@pytest.mark.parametrize(
    "wording, number, reason",
    [
        ("専門家は特別職として任用することができる。", 99, "marker"),
        ("手引きには「専門家を一般職として任用することができる」とある。", 1, "quote"),
        ("専門家は、〈一般職として任用する〉ことができる。", 1, "quote"),
        ("《専門家は一般職である》とされている専門家を任用することができる。", 1, "quote"),
        ("専門家は、‘一般職として’任用することができる。", 1, "quote"),
        ("移行の補助金は令和3年度の予算に計上された。", 4, "contradicted"),
        ("申請は全部で32手続ある。", 5, "contradicted"),
        ("札幌市は、専門家を特別職として任用することができる。", 1, "contradicted"),
        ("この場合、一般の服務規定は適用される。", 2, "contradicted"),
        ("町民は庭で犬と猫を自由に飼うことができて楽しい。", 1, "unfounded"),
        ("詳しくは[こちら](https://evil.example/?q=1)を見る。", 1, "active"),
        ("![図](https://evil.example/a.png) 専門家は任用することができる。", 1, "active"),
        ("<img src=x> 専門家は任用することができる。", 1, "active"),
        ("Experts may be appointed to special positions.", 1, "language"),
        ("意味", 4, "fragment"),
    ],
)
def test_wording_that_its_sentence_does_not_say_is_not_shown(
    wording: str, number: int, reason: str
) -> None:
    """Each way of being wrong is named; what it cites stands in its place."""
    text, checker = checked(Point(wording, (number,)))

    assert wording not in text
    assert [reason] == [one.reason for one in checker.removed]
    assert 0 == checker.kept
    assert all(line.startswith("- 「") for line in text.splitlines())


def test_point_without_a_number_is_matched_to_its_sentence() -> None:
    """A correct sentence finds its source; an incorrect one vanishes."""
    text, checker = checked(
        Point("申請は全部で31手続あります。"), Point("申請は全部で32手続あります。")
    )

    assert ["申請は全部で31手続ある。"] == [one.quote for one in checker.citations]
    assert "32" not in text


def test_western_year_supports_an_era_year() -> None:
    """令和2年度 and 2020年度 are one year."""
    _, checker = checked(Point("移行の補助金は2020年度の予算に計上された。", (4,)))

    assert [] == checker.removed


@given(
    st.lists(
        st.builds(
            Point,
            st.text(alphabet="専門家は補助金31手続ある。[]「」ab<>!(", max_size=20),
            st.lists(st.integers(0, 7), max_size=3).map(tuple),
        ),
        max_size=5,
    )
)
def test_every_citation_of_any_draft_stands_in_the_stored_text(points: list[Point]) -> None:
    """Whatever a model writes, a shown marker has a citation, and a citation its text."""
    text, checker = checked(*points)
    held = library()

    shown = {int(digits) for digits in re.findall(r"(?<!\\)\[(\d+)\]", text)}
    assert {one.marker for one in checker.citations} == shown
    assert all(stands(one, held) for one in checker.citations)
