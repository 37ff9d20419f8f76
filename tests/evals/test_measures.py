"""Measures: each on cases small enough to work out by hand."""

from __future__ import annotations

from math import log2

import pytest

from evals.measures import ANSWERS, RETRIEVAL, Measure, Outcome, holds, score
from evals.questions import Judgement, Place, Question

JUDGED = Question("q", "休暇は何日ですか", judgements=(Judgement("leave", "1", pages=(3, 4)),))
UNANSWERABLE = Question("n", "料金はいくらですか", unanswerable="Fees are not mentioned.")


def pages(*numbers: int) -> tuple[Place, ...]:
    """Return pages of the judged edition."""
    return tuple(Place("leave", "1", "leave.pdf", number) for number in numbers)


def named(name: str) -> Measure:
    """Return a measure by its name."""
    return next(held for held in (*RETRIEVAL, *ANSWERS) if held.name == name)


@pytest.mark.parametrize(
    "name,found,expected",
    [
        pytest.param("Success@1", (3, 9), 1.0, id="first"),
        pytest.param("Success@1", (9, 3), 0.0, id="second is too late for 1"),
        pytest.param("Success@3", (9, 8, 3), 1.0, id="third is in time for 3"),
        pytest.param("Success@3", (9, 8, 7, 3), 0.0, id="fourth is too late for 3"),
        pytest.param("RR@10", (9, 8, 4, 3), 1 / 3, id="reciprocal of the first right rank"),
        pytest.param("RR@10", (), 0.0, id="nothing found"),
        pytest.param("nDCG@10", (3, 4), 1.0, id="the best order"),
        pytest.param("nDCG@10", (9, 3), (1 / log2(3)) / (1 + 1 / log2(3)), id="one of two, second"),
        pytest.param("Success@5", (), 0.0, id="a question without a result scores 0"),
    ],
)
def test_rankings(name: str, found: tuple[int, ...], expected: float) -> None:
    """Rankings of distinct pages score what the textbook says."""
    value = named(name).of(JUDGED, Outcome(places=pages(*found)))

    assert expected == pytest.approx(value)


def test_equal_ranks_keep_the_order_they_came_in() -> None:
    """The first place is the first, whatever the names of the pages are."""
    places = (Place("zzz", "1", "", 1), Place("leave", "1", "", 3), Place("aaa", "1", "", 1))

    assert 0.5 == named("RR@10").of(JUDGED, Outcome(places=places))


def test_any_of_several_judgements_is_right() -> None:
    """A fact held by two documents is found in either, and each file counts once."""
    asked = Question(
        "q", "?", judgements=(Judgement("a", pages=(1,)), Judgement(file="b.pdf", pages=(2,)))
    )

    assert 1.0 == named("Success@1").of(asked, Outcome((Place("x", "1", "sub/b.pdf", 2),)))
    assert 1.0 == named("Success@1").of(asked, Outcome((Place("a", "9", "a.pdf", 1),)))


def test_a_better_grade_first_is_better() -> None:
    """Grades count in nDCG: the page of grade 2 belongs before that of grade 1."""
    asked = Question(
        "q", "?", judgements=(Judgement("a", pages=(1,), grade=2), Judgement("b", pages=(1,)))
    )
    a, b = Place("a", "1", "", 1), Place("b", "1", "", 1)

    assert 1.0 == pytest.approx(named("nDCG@10").of(asked, Outcome((a, b))))
    worse = (1 + 2 / log2(3)) / (2 + 1 / log2(3))
    assert worse == pytest.approx(named("nDCG@10").of(asked, Outcome((b, a))))


def test_measures_stay_silent_on_questions_they_do_not_judge() -> None:
    """An unanswerable question has no ranking to score, an answerable one no declining."""
    assert {"DeclinedRightly": 1.0} == score(
        (*RETRIEVAL, *ANSWERS), UNANSWERABLE, Outcome(declined=True)
    )
    assert named("DeclinedRightly").of(JUDGED, Outcome(declined=True)) is None


def test_an_answer_to_an_unanswerable_question_is_wrong() -> None:
    """Not declining is the fault."""
    assert 0.0 == named("DeclinedRightly").of(UNANSWERABLE, Outcome(places=pages(1)))


@pytest.mark.parametrize(
    "outcome,expected",
    [
        pytest.param(Outcome(places=pages(9, 8, 3)), 1.0, id="third page cited"),
        pytest.param(Outcome(places=pages(9, 8, 7, 3)), 0.0, id="fourth page cited"),
        pytest.param(Outcome(places=pages(3), declined=True), 0.0, id="declined after all"),
        pytest.param(Outcome(), 0.0, id="no citation"),
    ],
)
def test_cited_page(outcome: Outcome, expected: float) -> None:
    """A judged page has to be among the first three that the answer cites."""
    assert expected == named("CitedPage@3").of(JUDGED, outcome)


@pytest.mark.parametrize(
    "fact,quotes,held",
    [
        pytest.param(("20日",), ["休暇は２０ 日で\nある"], True, id="widths and line breaks"),
        pytest.param(("DX", "手順"), ["ＤＸ", "手順書"], True, id="strings in two quotes"),
        pytest.param(("twenty|二十",), ["二十日"], True, id="an alternative"),
        pytest.param(("Local Government",), ["LOCAL\ngovernment"], True, id="case and spaces"),
        pytest.param(("手順書",), ["手順", "書"], False, id="never across two quotes"),
        pytest.param(("20日", "年次"), ["20日"], False, id="one of two strings"),
    ],
)
def test_facts_are_looked_for_in_the_quotes(
    fact: tuple[str, ...], quotes: list[str], *, held: bool
) -> None:
    """All strings of a fact occur, after NFKC, without white space and case."""
    assert held is holds(fact, quotes)


def test_facts_covered_is_the_share_of_facts() -> None:
    """Of two facts one is quoted: a half. What a declined answer shows does not count."""
    asked = Question("q", "?", facts=(("20日",), ("要綱",)))

    assert 0.5 == named("FactsCovered").of(asked, Outcome(quotes=("20日です",)))
    assert 0.0 == named("FactsCovered").of(asked, Outcome(quotes=("20日、要綱",), declined=True))
    assert named("FactsCovered").of(JUDGED, Outcome(quotes=("20日です",))) is None


def test_reference_covered_leaves_out_what_the_question_said() -> None:
    """Of the reference, 休暇 was asked, 20 is quoted, and of 年次有給 two pairs of three."""
    asked = Question("q", "休暇は何日ですか", answer="休暇は20の年次有給である")

    value = named("ReferenceCovered").of(asked, Outcome(quotes=("20、年次有",)))

    assert (1 + 2 / 3) / 2 == pytest.approx(value)


def test_reference_numbers_count_whole() -> None:
    """2021 does not cover 2025, although they share 20 and 02."""
    asked = Question("q", "いつですか", answer="2025")

    assert 0.0 == named("ReferenceCovered").of(asked, Outcome(quotes=("2021",)))


def test_quote_verified_is_the_share_that_stands() -> None:
    """Three of four quotations stand: 0.75; an answer without any scores 0."""
    verified = (True, True, False, True)

    assert 0.75 == named("QuoteVerified").of(JUDGED, Outcome(verified=verified))
    assert 0.0 == named("QuoteVerified").of(JUDGED, Outcome())
    assert named("QuoteVerified").of(JUDGED, Outcome(declined=True)) is None
    assert 0.0 == named("QuoteVerified").of(JUDGED, Outcome(verified=(False,), declined=True))


def test_answered_rightly_wants_an_answer_with_a_citation() -> None:
    """Declining an answerable question, or answering it with nothing, is wrong."""
    assert 1.0 == named("AnsweredRightly").of(JUDGED, Outcome(places=pages(9)))
    assert 0.0 == named("AnsweredRightly").of(JUDGED, Outcome(places=pages(3), declined=True))
    assert 0.0 == named("AnsweredRightly").of(JUDGED, Outcome())
    assert named("AnsweredRightly").of(UNANSWERABLE, Outcome()) is None
