"""The figures of a run: means with their intervals, by group, times, and how declining could go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
