"""A model's words are kept only as far as the stored text supports them."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.checking import Cutter, Verified, pieces_of, stands, verify
from bot.writing.support import Source
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


def sources(held: FakeLibrary) -> list[Source]:
    """Return the two sections as numbered sources."""
    hits = {
        hit.chunk.start: hit
        for question in ("専門家の任用", "移行の補助金")
        for hit in held.retrieve(question, k=9, filters=Filters())
    }
    return [
        Source(number, HELD, hit.chunk.start, hit.chunk.end, hit.chunk.section, hit)
        for number, (_, hit) in enumerate(sorted(hits.items()), start=1)
    ]


def check(draft: str, *, question: str = "補助金と任用について", language: str = "ja") -> Verified:
    """Verify a draft against the two sections."""
    held = library()
    return verify(
        draft,
        sources(held),
        held,
        question=question,
        language=language,
        on=date(2026, 4, 1),
        expand=GLOSSARY.expand,
    )


def test_supported_sentence_stays_and_cites_the_sentence_behind_it() -> None:
    """The citation is the sentence of the passage that says it, not the whole passage."""
    verified = check("専門家は特別職として任用することができる[1]。")

    assert "専門家は特別職として任用することができる。[1]" == verified.text
    (citation,) = verified.citations
    assert "町は、外部の専門家を特別職として任用することができる。" == citation.quote
    assert (citation.page, citation.page_label) == (1, "7")
    assert () == verified.removed


def test_markers_are_renumbered_in_the_order_of_the_text() -> None:
    """What a model calls [2] is [1] when it comes first; the same span keeps its number."""
    verified = check(
        "移行の補助金は令和2年度の予算に計上された[2]。専門家は特別職として任用することができる[1]。"
        "移行の補助金は予算に計上された[2]。"
    )

    assert ["1", "2", "1"] == re.findall(r"\[(\d)\]", verified.text)
    assert [1, 2] == [one.marker for one in verified.citations]


@pytest.mark.parametrize("marker", ["[1]", "［１］", "【1】", "[^1]", " [1]", "[1, 2]", "[1][2]"])
def test_markers_are_understood_in_the_usual_spellings(marker: str) -> None:
    """Full-width digits, lenticular brackets and lists of numbers all name passages."""
    verified = check(f"専門家は特別職として任用することができる{marker}。")

    assert verified.citations[0].quote.endswith("任用することができる。")
    assert () == verified.removed


@pytest.mark.parametrize(
    "draft, reason",
    [
        ("専門家は特別職として任用することができる[7]。", "marker"),
        ("専門家は特別職として任用することができる[0]。", "marker"),
        ("手引きには「専門家を一般職として任用することができる」とある[1]。", "quote"),
        ("移行の補助金は令和3年度の予算に計上された[2]。", "number"),
        ("申請は全部で32手続ある[2]。", "number"),
        ("札幌市は、専門家を特別職として任用することができる[1]。", "name"),
        ("移行の補助金は予算に計上しなければならない[2]。", "obligation"),
        ("この場合、一般の服務規定は適用される[1]。", "negation"),
        ("町民は庭で犬と猫を自由に飼うことができて楽しい[1]。", "unsupported"),
        ("移行の補助金は令和2年度の予算に計上された。", "uncited"),
        ("詳しくは[こちら](https://evil.example/?q=1)を見る[1]。", "active"),
        ("![図](https://evil.example/a.png) 専門家は任用することができる[1]。", "active"),
        ("<img src=x> 専門家は任用することができる[1]。", "active"),
        ("Experts may be appointed to special positions [1].", "language"),
    ],
)
def test_sentence_without_support_is_removed_and_counted(draft: str, reason: str) -> None:
    """Each way of being wrong is found and named."""
    verified = check(draft)

    assert "" == verified.text
    assert () == verified.citations
    assert [reason] == [one.reason for one in verified.removed]


def test_quotation_is_found_whatever_its_white_space() -> None:
    """A quotation is cited as it is stored, by its own offsets."""
    verified = check("手引きは「規程で服務の 規律を定める必要がある」という[1]。")

    assert ["規程で服務の規律を定める必要がある"] == [one.quote for one in verified.citations]


def test_western_year_supports_an_era_year() -> None:
    """令和2年度 and 2020年度 are one number."""
    assert () == check("移行の補助金は2020年度の予算に計上された[2]。").removed


def test_english_sentence_about_a_japanese_passage_needs_a_translated_word() -> None:
    """Across languages the glossary's names must support the sentence, and its numbers too."""
    good = check("The subsidy was in the budget of 2020 [2].", language="en")
    nonsense = check("Blue bicycles sing loudly at night [2].", language="en")
    wrong = check("The subsidy was in the budget of 2024 [2].", language="en")

    assert () == good.removed
    assert good.citations[0].quote.startswith("移行の補助金")
    assert ["unsupported"] == [one.reason for one in nonsense.removed]
    assert ["number"] == [one.reason for one in wrong.removed]


def test_what_stands_is_kept_when_its_neighbour_fails() -> None:
    """One invented sentence does not take the answer with it."""
    verified = check("専門家は特別職として任用することができる[1]。補助金は99万円である[2]。")

    assert "専門家は特別職として任用することができる。[1]" == verified.text
    assert ["number"] == [one.reason for one in verified.removed]


def test_list_keeps_its_layout() -> None:
    """Items stay items; their numbers are no claims."""
    verified = check(
        "1. 専門家を特別職として任用する[1]。\n2. 規程で服務の規律を定める必要がある[1]。"
    )

    expected = "1. 専門家を特別職として任用する。[1]\n2. 規程で服務の規律を定める必要がある。[2]"
    assert expected == verified.text


@given(
    st.lists(
        st.sampled_from(
            [
                "専門家は特別職として任用することができる",
                "補助金は令和2年度の予算に計上された",
                "「規程で服務の規律を定める必要がある」",
                "「存在しない長い引用文がここにある」",
                "[1]",
                "[2]",
                "[99]",
                "【１】",
                "。",
                "\n",
                "31手続",
                "32手続",
                "No. 5.",
                "- ",
                "「",
                "」",
                "![x](http://e.example)",
                "must",
                "猫",
            ]
        ),
        max_size=14,
    ).map("".join)
)
def test_every_citation_of_any_draft_stands_in_the_stored_text(draft: str) -> None:
    """Whatever a model writes, a shown marker has a citation, and a citation its text."""
    verified = check(draft)
    held = library()

    shown = {int(digits) for digits in re.findall(r"(?<!\\)\[(\d+)\]", verified.text)}
    assert {one.marker for one in verified.citations} == shown
    assert all(stands(one, held) for one in verified.citations)
    assert "http" not in verified.text


@given(st.text(alphabet="ab。.「」 \n[1]】", max_size=30), st.integers(1, 5))
def test_cutting_loses_nothing_however_the_text_arrives(text: str, size: int) -> None:
    """The sentences joined are the text, in one piece or in many."""
    cutter = Cutter()
    pieces = [
        sentence
        for at in range(0, len(text), size)
        for sentence in cutter.feed(text[at : at + size])
    ]
    pieces.extend(cutter.rest())

    assert text == "".join(pieces)
    assert text == "".join(pieces_of(text))


def test_markers_behind_the_full_stop_belong_to_the_sentence_before() -> None:
    """Models put markers on either side of the full stop."""
    assert ["一つ。[1][2]", " 二つ[3]。", "三つ"] == list(pieces_of("一つ。[1][2] 二つ[3]。三つ"))
