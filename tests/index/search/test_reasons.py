"""Why a passage came: words of the question and other names, as the search itself reads them."""

from __future__ import annotations

import pytest

from index.search.glossary import Glossary, Term
from index.search.reasons import Reason, reason
from ingest.chunks import Chunk
from tests.fakes import edition

GLOSSARY = Glossary(
    [Term("CIO補佐官", ("助言役",), ("CIO aide",)), Term("任用", ("雇う",), ("hire",))]
)


def chunk(text: str, context: str = "") -> Chunk:
    """Return a passage that says *text* under the heads of *context*."""
    return Chunk(edition(), ("人材",), text, 0, len(text), context)


@pytest.mark.parametrize(
    "question,words,names",
    [
        ("CIO補佐官の任期は何年ですか", ("補佐官", "任期", "CIO"), ()),
        ("助言役を雇うには", (), (("助言役", "CIO補佐官"), ("雇う", "任用"))),
        ("hire CIO aides", ("CIO",), (("hire", "任用"), ("CIO aide", "CIO補佐官"))),
        ("火星の賃料", (), ()),
    ],
    ids=["its own words", "other names", "English names", "nothing"],
)
def test_a_passage_says_why_it_came(
    question: str, words: tuple[str, ...], names: tuple[tuple[str, str], ...]
) -> None:
    """Words that follow each other are one; a name counts where the passage has it as written."""
    held = chunk("外部人材をCIO補佐官として任用する。任期は二年とする。")

    found = reason(question, held, GLOSSARY)

    assert set(words) == set(found.words)
    assert set(names) == set(found.names)


def test_words_that_follow_each_other_are_one() -> None:
    """A particle parts them, and what the heads of a table say counts as the index counts it."""
    assert Reason(("酒税負担率", "果実酒"), ()) == reason(
        "酒税負担率、果実酒の", chunk("果実酒\t17.5", context="品目 / 酒税負担率"), Glossary()
    )


def test_a_name_that_only_shares_its_words_is_not_told() -> None:
    """政府クラウド is not found in クラウドを使う政府."""
    glossary = Glossary([Term("ガバメントクラウド", ("政府クラウド",))])

    assert () == reason("ガバメントクラウド", chunk("クラウドを使う政府"), glossary).names
