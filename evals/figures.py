"""The figures of a run: means with their intervals, by group, times, and how declining could go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evals.questions import halves
from evals.runs import Result, Run
from evals.significance import Interval, interval

GROUPS: tuple[tuple[str, Callable[[Result], tuple[str, ...]]], ...] = (
    ("language", lambda result: (result.language,)),
    ("kind", lambda result: (result.kind or "–",)),
    ("tag", lambda result: result.tags),
)
"""By what results are told apart, in the order of a report."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The mean of a measure over the *count* questions that it judges, with its 95 % interval."""

    measure: str
    mean: float
    spread: Interval
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of the questions that share a value: `by` is language, kind or tag."""

    by: str
    value: str
    count: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """How long a question took, in milliseconds: half took less than *median_ms*."""

    median_ms: float
    p90_ms: float
    p99_ms: float
    longest_ms: float


@dataclass(frozen=True, slots=True)
class Threshold:
    """What happens when answers below a confidence are declined.

    *answered* is the share of the answerable questions that stay, *declined* the share of the
    unanswerable ones that go.
    """

    confidence: float
    answered: float
    declined: float


@dataclass(frozen=True, slots=True)
class Half:
    """One random half to tune on and the other to test on: the means of a measure on each."""

    measure: str
    tuning: float
    testing: float


def figures(run: Run) -> tuple[Figure, ...]:
    """Return a figure for each measure that judges any question, in the run's order."""
    return tuple(
        Figure(measure, float(np.mean(values)), interval(values), len(values))
        for measure in run.measures
        if (values := run.values(measure))
    )


def groups(run: Run) -> tuple[Group, ...]:
    """Return the figures by language, kind and tag; where all share one value it is left out."""
    found: list[Group] = []
    for by, values_of in GROUPS:
        values = sorted({value for result in run.results for value in values_of(result)})
        if not values[1:]:
            continue
        for value in values:
            results = tuple(held for held in run.results if value in values_of(held))
            part = replace(run, results=results)
            found.append(Group(by, value, len(results), figures(part)))
    return tuple(found)


def times(run: Run) -> Times:
    """Return the percentiles of the times; all 0 for a run without questions."""
    if not run.results:
        return Times(0, 0, 0, 0)
    took = np.asarray([result.took_ms for result in run.results])
    median, p90, p99, longest = np.percentile(took, [50, 90, 99, 100])
    return Times(float(median), float(p90), float(p99), float(longest))


def success_by_rank(run: Run, deepest: int = 10) -> tuple[float, ...]:
    """Return Success@1 … Success@*deepest* over the judged questions; empty without any."""
    ranks = [min(held.ranks, default=0) for held in run.results if held.expected]
    if not ranks:
        return ()
    return tuple(
        sum(1 <= rank <= cutoff for rank in ranks) / len(ranks) for cutoff in range(1, deepest + 1)
    )


def thresholds(run: Run) -> tuple[Threshold, ...]:
    """Return each confidence at which a question is declined, lowest first.

    Empty unless the run holds confidences of both answerable and unanswerable questions.
    """
    right = [held.confidence for held in run.results if held.answerable]
    wrong = [held.confidence for held in run.results if not held.answerable]
    if not right or not wrong or None in right or None in wrong:
        return ()
    cuts = sorted({0.0, *_numbers(right), *_numbers(wrong)})
    return tuple(
        Threshold(
            cut,
            sum(held >= cut for held in _numbers(right)) / len(right),
            sum(held < cut for held in _numbers(wrong)) / len(wrong),
        )
        for cut in cuts
    )


def best_threshold(found: Sequence[Threshold], *, answered: float = 0.95) -> Threshold | None:
    """Return the threshold that declines most while that share of the answerable is answered."""
    allowed = [held for held in found if held.answered >= answered]
    return max(allowed, key=lambda held: (held.declined, held.answered), default=None)


def crossed(
    run: Run, *, answered: float = 0.95, times: int = 5, seed: int = 0
) -> tuple[Threshold, ...]:
    """Return what thresholds do to questions they were not chosen on.

    Each is chosen by `best_threshold` on one random half of the run's questions and then
    applied to the other half, *times* over. Empty where `thresholds` is.
    """
    found: list[Threshold] = []
    for tuning, testing in halves([held.id for held in run.results], times=times, seed=seed):
        chosen = best_threshold(thresholds(_part(run, tuning)), answered=answered)
        rest = _part(run, testing)
        right = _numbers(held.confidence for held in rest.results if held.answerable)
        wrong = _numbers(held.confidence for held in rest.results if not held.answerable)
        if chosen is not None and right and wrong:
            cut = chosen.confidence
            found.append(
                Threshold(
                    cut,
                    sum(held >= cut for held in right) / len(right),
                    sum(held < cut for held in wrong) / len(wrong),
                )
            )
    return tuple(found)


def _part(run: Run, ids: Sequence[str]) -> Run:
    wanted = set(ids)
    return replace(run, results=tuple(held for held in run.results if held.id in wanted))


def separation(run: Run) -> float | None:
    """Return how often an answerable question has the higher confidence of a random pair.

    The area under the ROC curve (ties count half): 0.5 is blind, 1 perfect. None where
    `thresholds` is empty.
    """
    if not thresholds(run):
        return None
    right = np.asarray([held.confidence for held in run.results if held.answerable], dtype=float)
    wrong = np.asarray(
        [held.confidence for held in run.results if not held.answerable], dtype=float
    )
    above = right[:, None] > wrong[None, :]
    equal = right[:, None] == wrong[None, :]
    return float(np.mean(above + 0.5 * equal))


def random_halves(run: Run, measure: str, *, times: int = 5, seed: int = 0) -> tuple[Half, ...]:
    """Return the means of a measure on both sides of *times* random cuts.

    The cuts are those of `QuestionSet.halves` over the questions that the measure judges.
    """
    values = {held.id: held.scores[measure] for held in run.results if measure in held.scores}
    return tuple(
        Half(measure, _mean(values[name] for name in tuning), _mean(values[name] for name in rest))
        for tuning, rest in halves(tuple(values), times=times, seed=seed)
        if tuning
    )


def missed(run: Run) -> tuple[Result, ...]:
    """Return the results that are not right, in the run's order.

    A search is right when a judged page is among the first five; an answer when no measure of
    it is below 1 except where it stands (CitedPage@1) and what a reference would add.
    """
    ignored = {"CitedPage@1", "ReferenceCovered"}
    if run.what == "retrieval":
        return tuple(held for held in run.results if held.scores.get("Success@5") == 0)
    return tuple(
        held
        for held in run.results
        if any(value < 1 for name, value in held.scores.items() if name not in ignored)
    )


def _numbers(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
