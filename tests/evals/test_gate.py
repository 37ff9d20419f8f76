"""The gate: what is refused, what is not, and that the reasons name questions and pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.comparison import compare
from evals.errors import BadRun
from evals.gate import Coverage, Limits, coverage, decide
from evals.runs import Result, Run
from ingest.pages import EditionText, Quality
from tests.fakes import FakeLibrary, edition, edition_text


def result(name: str, score: float | None, *, expected: str = "leave@1 p.1") -> Result:
    """Return a result with one score, or none."""
    return Result(
        id=name,
        question=f"{name}?",
        language="ja",
        kind="",
        tags=(),
        answerable=True,
        expected=(expected,),
        places=(),
        ranks=(),
        took_ms=1.0,
        scores={} if score is None else {"Success@5": score},
    )


def run_of(*scores: float | None) -> Run:
    """Return a run whose questions q0, q1, … have these scores."""
    return Run(
        what="retrieval",
        set="small",
        set_sha256="abc",
        generation="g1",
        recipe={},
        prompt="",
        mode="",
        started="2026-04-01T00:00:00+00:00",
        askers=1,
        memory_mb=1.0,
        measures=("Success@5",),
        results=tuple(result(f"q{number}", score) for number, score in enumerate(scores)),
    )


def test_an_equal_candidate_goes_live() -> None:
    """Nothing fell, so there is no reason and nothing to note."""
    verdict = decide(run_of(1, 0, 1), run_of(1, 0, 1))

    assert verdict.allowed
    assert ((), (), ()) == (verdict.reasons, verdict.lost, verdict.notes)


def test_a_drop_beyond_the_tolerance_is_refused_with_its_questions() -> None:
    """Three of ten lost and none won is one chance in eight; the lost questions are named."""
    verdict = decide(run_of(*[1] * 10), run_of(*[1] * 7, 0, 0, 0))

    assert not verdict.allowed
    assert (
        "Success@5 falls from 1.000 to 0.700 over 10 questions: 3 got worse, 0 better",
    ) == verdict.reasons
    assert ["q7", "q8", "q9"] == [change.after.id for change in verdict.lost]
    assert "q7 Success@5 1 → 0: q7?" == str(verdict.lost[0])


@pytest.mark.parametrize(
    "before,after",
    [
        pytest.param([1] * 20, [1] * 19 + [0], id="one of twenty"),
        pytest.param(
            [1] * 5 + [0] * 4 + [1] * 11, [0] * 5 + [1] * 4 + [1] * 11, id="four for five"
        ),
    ],
)
def test_a_drop_that_may_be_an_accident_is_only_noted(before: list[int], after: list[int]) -> None:
    """0.05 is more than the tolerance, but one question says nothing; it is named all the same."""
    verdict = decide(run_of(*before), run_of(*after))

    assert verdict.allowed
    assert "q" in verdict.notes[0].rpartition(":")[2]


def test_a_language_that_falls_is_refused_though_the_whole_hardly_does() -> None:
    """Four of 48 English questions are 0.083 of them, and 0.016 of all."""
    english = [replace(held, language="en") for held in run_of(*[1] * 48).results]
    japanese = [replace(held, id=f"ja-{held.id}") for held in run_of(*[1] * 200).results]
    lost = [replace(held, scores={"Success@5": 0.0}) for held in english[:4]]
    before = replace(run_of(), results=(*japanese, *english))

    verdict = decide(before, replace(before, results=(*japanese, *lost, *english[4:])))

    assert (
        "Success@5 falls from 1.000 to 0.917 over 48 questions in English: 4 got worse, 0 better",
    ) == verdict.reasons
    assert 4 == len(verdict.lost)


def test_a_drop_within_the_tolerance_is_only_noted() -> None:
    """One of a hundred lost is 0.01: allowed, and said."""
    verdict = decide(run_of(*[1] * 100), run_of(*[1] * 99, 0))

    assert verdict.allowed
    assert (
        "Success@5 falls from 1.000 to 0.990, which is within the limits. Worse: “q99?”.",
    ) == verdict.notes


def test_a_drop_of_exactly_the_tolerance_is_allowed() -> None:
    """Two of a hundred are 0.02, whatever the subtraction of floats says."""
    assert decide(run_of(*[1] * 100), run_of(*[1] * 98, 0, 0)).allowed


def test_questions_of_a_withdrawn_document_do_not_count() -> None:
    """What was taken out on purpose cannot be found; that is no reason."""
    before, after = run_of(*[1] * 10), run_of(*[1] * 7, 0, 0, 0)
    pay = tuple(
        replace(held, expected=("pay@2 p.3",)) if held.id in {"q7", "q8", "q9"} else held
        for held in before.results
    )

    assert decide(replace(before, results=pay), after, withdrawn={"pay"}).allowed
    assert not decide(replace(before, results=pay), after, withdrawn={"leave"}).allowed


def test_a_first_generation_has_to_be_readable() -> None:
    """It has nothing to fall from, but scans that nobody can read answer nothing."""
    pages = (Coverage("scan", "1", 2, (1, 2), 0),)

    assert decide(None, None, read_after=(Coverage("scan", "1", 2, (), 100),)).allowed
    assert (
        "100% of the pages cannot be read, more than 10% (scans can, where OCR is installed: 'tebiki ocr'): scan@1 p.1, 2",
    ) == decide(None, None, read_after=pages).reasons


def test_too_many_unread_pages_are_refused_and_named() -> None:
    """Three of twenty pages are more than a tenth: document, edition and pages are named."""
    before = (Coverage("leave", "1", 20, (), 1000),)
    after = (Coverage("leave", "2", 20, (4, 5, 9), 1000),)

    verdict = decide(None, None, read_before=before, read_after=after)

    assert (
        "15% of the pages cannot be read, more than 10% (scans can, where OCR is installed: 'tebiki ocr'): leave@2 p.4, 5, 9",
    ) == verdict.reasons


def test_unread_pages_that_were_unread_before_are_no_reason() -> None:
    """A corpus of scans without OCR can still be refreshed."""
    scans = (Coverage("scan", "1", 4, (1, 2, 3), 50),)

    assert decide(None, None, read_before=scans, read_after=scans).allowed


@pytest.mark.parametrize(
    "characters,allowed",
    [pytest.param(700, True, id="by the limit"), pytest.param(699, False, id="by more")],
)
def test_a_shrinking_document_is_refused(characters: int, *, allowed: bool) -> None:
    """A document may lose 30 % of its characters, not more."""
    before = (Coverage("leave", "1", 4, (), 1000),)
    after = (Coverage("leave", "2", 4, (), characters),)

    assert allowed is decide(None, None, read_before=before, read_after=after).allowed


def test_a_vanished_document_is_refused_unless_withdrawn() -> None:
    """A document that is not there has shrunk to nothing."""
    before = (Coverage("leave", "1", 4, (), 1000),)

    verdict = decide(None, None, read_before=before)

    assert ("leave shrinks from 1,000 to 0 characters, by more than 30%",) == verdict.reasons
    assert decide(None, None, read_before=before, withdrawn={"leave"}).allowed


def test_limits_can_be_set() -> None:
    """A wider tolerance lets the same candidate through."""
    before, after = run_of(*[1] * 10), run_of(*[1] * 7, 0, 0, 0)

    assert decide(before, after, limits=Limits(drop=0.3)).allowed


def test_coverage_counts_pages_that_could_not_be_read() -> None:
    """A poor page with a note is unread; a blank page without a note is not."""
    held = edition("leave")
    plain = edition_text("年次休暇は20日です。", "", "")
    first, blank, scanned = plain.pages
    blank = replace(blank, quality=Quality("pdfium", 0.0))
    poor = replace(scanned, quality=Quality("pdfium", 0.0, "only an image"))
    library = FakeLibrary({held: EditionText((first, blank, poor))})

    assert (Coverage("leave", "1.0", 3, (3,), 11),) == coverage(library, [held])


def test_comparing_finds_wins_and_losses_on_shared_questions() -> None:
    """Questions of one run only are listed and left out; unscored ones are not counted."""
    before = run_of(1, 0, 0.5, None)
    after = replace(run_of(0, 1, 0.5, 1), results=run_of(0, 1, 0.5, 1, 1).results)

    held = compare(before, after)
    [row] = held.differences

    assert ("q4",) == held.alone
    assert (3, 0.5, 0.5) == (row.count, row.before, row.after)
    assert (["q1"], ["q0"]) == (
        [change.after.id for change in row.wins],
        [change.after.id for change in row.losses],
    )
    assert 1.0 == row.chance


def test_runs_of_different_things_are_not_compared() -> None:
    """A search is not an answer, and two sets without a common question say nothing."""
    with pytest.raises(BadRun, match="measures answers"):
        compare(run_of(1), replace(run_of(1), what="answers"))
    with pytest.raises(BadRun, match="shares no question"):
        compare(run_of(1), replace(run_of(1), results=(result("other", 1),)))
