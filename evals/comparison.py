"""Two runs beside each other: what rose, what fell, and which questions did it."""

from __future__ import annotations

from dataclasses import dataclass

from evals.errors import BadRun
from evals.runs import Result, Run
from evals.significance import Interval, interval, sign_flip


@dataclass(frozen=True, slots=True)
class Change:
    """One question whose score under one measure is not what it was."""

    measure: str
    before: Result
    after: Result

    @property
    def gain(self) -> float:
        """How much better the later score is; below 0 where it is worse."""
        return self.after.scores[self.measure] - self.before.scores[self.measure]

    def __str__(self) -> str:
        was, now = self.before.scores[self.measure], self.after.scores[self.measure]
        return f"{self.after.id} {self.measure} {was:g} → {now:g}: {self.after.question}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure in two runs, over the *count* questions that it judges in both.

    *before* and *after* are means. *spread* is the 95 % interval of the mean gain (paired
    bootstrap), *chance* how probable a difference this large is if nothing changed (paired
    randomisation, two-sided, not corrected for the number of measures). *wins* and *losses*
    are largest first.
    """

    measure: str
    count: int
    before: float
    after: float
    spread: Interval
    chance: float
    wins: tuple[Change, ...]
    losses: tuple[Change, ...]

    @property
    def gain(self) -> float:
        """The mean gain."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs over the questions they share. *alone* are the ids that only one of them has."""

    before: Run
    after: Run
    differences: tuple[Difference, ...]
    alone: tuple[str, ...] = ()

    @property
    def same_set(self) -> bool:
        """Whether both runs read the same question file."""
        return self.before.set_sha256 == self.after.set_sha256


def compare(before: Run, after: Run) -> Comparison:
    """Compare two runs question by question.

    Raises:
        BadRun: one is of retrieval and the other of answers, or they share no question.
    """
    if before.what != after.what:
        reason = f"it measures {after.what}, but the other measures {before.what}"
        raise BadRun(after.name or after.set, reason)
    earlier = {result.id: result for result in before.results}
    later = {result.id: result for result in after.results}
    shared = [name for name in earlier if name in later]
    if not shared:
        raise BadRun(after.name or after.set, "it shares no question with the other run")
    pairs = [(earlier[name], later[name]) for name in shared]
    measures = [name for name in before.measures if name in after.measures]
    differences = (_difference(measure, pairs) for measure in measures)
    return Comparison(
        before,
        after,
        tuple(held for held in differences if held is not None),
        tuple(name for name in (*earlier, *later) if name not in later or name not in earlier),
    )


def _difference(measure: str, pairs: list[tuple[Result, Result]]) -> Difference | None:
    changes = [
        Change(measure, was, now)
        for was, now in pairs
        if measure in was.scores and measure in now.scores
    ]
    if not changes:
        return None
    gains = [change.gain for change in changes]
    count = len(changes)
    return Difference(
        measure=measure,
        count=count,
        before=sum(change.before.scores[measure] for change in changes) / count,
        after=sum(change.after.scores[measure] for change in changes) / count,
        spread=interval(gains),
        chance=sign_flip(gains),
        wins=tuple(sorted((c for c in changes if c.gain > 0), key=lambda c: -c.gain)),
        losses=tuple(sorted((c for c in changes if c.gain < 0), key=lambda c: c.gain)),
    )
