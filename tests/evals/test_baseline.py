"""What the bundled questions score today, against the committed baseline."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from evals import baseline, questions, report, runs
from evals.comparison import compare
from evals.errors import BadRun
from evals.gate import decide
from evals.runs import Run
from tebiki.building import Parts, build
from tebiki.settings import settings
from tests.evals.test_report import RUN

NAME = "starter"


@pytest.fixture(scope="module")
def parts(bundled_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """Return the application over the bundled corpus, with no setting but its home."""
    home = shutil.copytree(bundled_home, tmp_path_factory.mktemp("baseline") / "home")
    return build(settings({}, Path(home)))


def refuse_a_fall(before: Run, after: Run) -> None:
    """Fail with the questions that changed where the gate would refuse the run."""
    verdict = decide(before, after)
    assert verdict.allowed, report.verdict_markdown(verdict)


def test_retrieval_has_not_fallen(parts: Parts) -> None:
    """A right page of the bundled corpus is found as often as in the baseline, within noise."""
    run = runs.retrieval(parts.generation(), questions.load(NAME))

    refuse_a_fall(baseline.load()["retrieval"], run)


def test_answers_have_not_fallen(parts: Parts) -> None:
    """Answers cite, cover and decline as well as in the baseline, and every quotation stands."""
    run = runs.answers(parts.answerer, parts.generation(), questions.load(NAME))

    assert {1.0} == set(run.values("QuoteVerified"))
    refuse_a_fall(baseline.load()["answers"], run)


def test_the_baseline_is_of_the_bundled_questions() -> None:
    """Each question that the baseline knows is still asked, and no other."""
    asked = {question.id for question in questions.load(NAME)}

    for run in baseline.load().values():
        assert asked == {result.id for result in run.results}


def test_a_fall_names_its_questions() -> None:
    """Three questions lost and none won are no accident: the failure names them."""

    def run(score: float) -> Run:
        rows = tuple(
            replace(RUN.results[0], id=name, scores={"Success@1": score}) for name in "xyz"
        )
        return replace(RUN, measures=("Success@1",), results=rows)

    with pytest.raises(AssertionError, match=r"x Success@1 1 → 0"):
        refuse_a_fall(run(1.0), run(0.0))


def test_a_baseline_is_written_a_question_a_line(tmp_path: Path) -> None:
    """Read back, it holds both runs with their scores; each question has a line of its own."""
    path = tmp_path / "baseline.json"
    answers = replace(RUN, what="answers")

    baseline.save([RUN, answers], path)

    assert {"retrieval": RUN.slim(), "answers": answers.slim()} == baseline.load(path)
    lines = path.read_text("utf-8").splitlines()
    assert 2 * len(RUN.results) == sum(line.startswith('{"id": ') for line in lines)


def test_an_unchanged_run_differs_nowhere_from_its_baseline(tmp_path: Path) -> None:
    """Written and read back, no score moves: a third stays a third to its last digit."""
    third = replace(RUN.results[0], scores={"RR@10": 1 / 3})
    path = tmp_path / "baseline.json"

    baseline.save([replace(RUN, results=(third,))], path)
    [row] = compare(baseline.load(path)["retrieval"], replace(RUN, results=(third,))).differences

    assert ((), ()) == (row.wins, row.losses)


def test_a_baseline_that_is_none_is_named(tmp_path: Path) -> None:
    """A missing or foreign file is an error with its name."""
    foreign = tmp_path / "other.json"
    foreign.write_text('{"retrieval": 1}', "utf-8")

    for path in (tmp_path / "missing.json", foreign):
        with pytest.raises(BadRun) as raised:
            baseline.load(path)
        assert str(path) == raised.value.path
