"""Runs and comparisons in words: Markdown for people, JUnit for the machines that build.

The page with plots is made by `evals.webpage`; JSON is `Run.to_json` and `comparison_json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from evals.comparison import Comparison
from evals.figures import (
    Figure,
    figures,
    groups,
    missed,
    random_halves,
    times,
)
from evals.gate import Verdict
from evals.runs import Result, Run

HEADLINE = {"retrieval": "Success@5", "answers": "CitedPage@3"}
"""The measure that stands for a run where only one can."""

HOW = (
    "p: two-sided paired randomisation test (sign flips), not corrected for the number of "
    "measures; the interval is a paired bootstrap of the mean gain."
)
"""How a comparison tells a difference from an accident."""

_SHOWN = 40
_NAMED = 10


def markdown(run: Run) -> str:
    """Return the run as a page of Markdown: figures, groups, times, misses."""
    parts = [
        f"# {title(run)}",
        "\n".join(f"- {line}" for line in about(run)),
        _table(
            ("Measure", "Mean", "95 %", "Questions"),
            [
                (held.measure, _number(held.mean), _spread(held), str(held.count))
                for held in figures(run)
            ],
        ),
        *_by_group(run),
        *_halves(run),
        "## Time\n\n" + time_line(run),
        *_misses(run),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def title(run: Run) -> str:
    """Return what was measured on what, as a heading."""
    what = "Retrieval" if run.what == "retrieval" else "Answers"
    return f"{what} on {run.set}" + (f": {run.name}" if run.name else "")


def about(run: Run) -> tuple[str, ...]:
    """Return the facts that make a run repeatable, one a line."""
    recipe = ", ".join(f"{key} {value}" for key, value in run.recipe.items())
    lines = [
        f"{len(run.results)} questions (set {run.set_sha256[:12] or 'unnamed'}), {run.started}",
        f"generation {run.generation}" + (f" ({recipe})" if recipe else ""),
    ]
    unjudged = sum(result.answerable and not result.expected for result in run.results)
    if unjudged:
        said = "question has" if unjudged == 1 else "questions have"
        lines.append(f"{unjudged} answerable {said} no judged page, so no ranking is scored")
    if run.mode:
        lines.append(f"mode {run.mode}" + (f", prompt {run.prompt[:12]}" if run.prompt else ""))
    return tuple(lines)


def time_line(run: Run) -> str:
    """Return the percentiles and the memory as a sentence."""
    took = times(run)
    asking = "one asker" if run.askers == 1 else f"{run.askers} concurrent askers"
    return (
        f"Median {took.median_ms:.1f} ms, 90th percentile {took.p90_ms:.1f} ms, "
        f"99th {took.p99_ms:.1f} ms, longest {took.longest_ms:.1f} ms, with {asking}; "
        f"at most {run.memory_mb:.0f} MB of memory."
    )


def _by_group(run: Run) -> Iterable[str]:
    found = groups(run)
    for by in dict.fromkeys(group.by for group in found):
        measures = [held.measure for held in figures(run)]
        rows = [
            (
                group.value,
                str(group.count),
                *(_mean_of(group.figures, measure) for measure in measures),
            )
            for group in found
            if group.by == by
        ]
        yield f"## By {by}\n\n" + _table((by.capitalize(), "Questions", *measures), rows)


def _mean_of(found: Sequence[Figure], measure: str) -> str:
    return next((_number(held.mean) for held in found if held.measure == measure), "–")


def _halves(run: Run) -> Iterable[str]:
    cuts = random_halves(run, HEADLINE[run.what])
    if not cuts:
        return
    rows = [
        (str(number), _number(cut.tuning), _number(cut.testing))
        for number, cut in enumerate(cuts, start=1)
    ]
    yield (
        f"## Five random halves\n\n{HEADLINE[run.what]} of this same run on both sides of five "
        "seeded cuts: how far it moves with the questions alone.\n\n"
        + _table(("Cut", "One half", "The other"), rows)
    )


def _misses(run: Run) -> Iterable[str]:
    wrong = missed(run)
    if not wrong:
        yield "## Misses\n\nNone."
        return
    lines = [f"- {miss_line(result)}" for result in wrong[:_SHOWN]]
    if len(wrong) > _SHOWN:
        lines.append(f"- … and {len(wrong) - _SHOWN} more, in the JSON record.")
    yield f"## Misses ({len(wrong)} of {len(run.results)})\n\n" + "\n".join(lines)


def miss_line(result: Result) -> str:
    """Return one miss as a line: what was asked, expected and found."""
    expected = ", ".join(result.expected) or ("no answer" if not result.answerable else "unjudged")
    found = ", ".join(result.found()[:3]) or "nothing"
    rank = f"first at rank {result.ranks[0]}" if result.ranks else "not found"
    low = ", ".join(f"{name} {value:g}" for name, value in result.scores.items() if value < 1)
    declined = f"; declined ({result.declined})" if result.declined else ""
    # Of a ranking the rank says it all.
    low = f"; {low}" if low and "Success@5" not in result.scores else ""
    return (
        f"`{result.id}` {result.question} — expected {expected} ({rank}); "
        f"got {found}{declined}{low}"
    )


def comparison_markdown(held: Comparison) -> str:
    """Return two runs beside each other as Markdown, with the questions that changed."""
    before, after = held.before, held.after
    rows = [
        (
            row.measure,
            str(row.count),
            _number(row.before),
            _number(row.after),
            f"{row.gain:+.3f}",
            f"{row.spread.low:+.3f} … {row.spread.high:+.3f}",
            f"{row.chance:.3f}",
            str(len(row.wins)),
            str(len(row.losses)),
        )
        for row in held.differences
    ]
    parts = [
        f"# {title(before)} → {title(after)}",
        "\n".join(
            f"- {when}: generation {run.generation}, {run.started}"
            for when, run in (("before", before), ("after", after))
        ),
        warning(held),
        _table(
            ("Measure", "Questions", "Before", "After", "Gain", "95 %", "p", "Wins", "Losses"), rows
        ),
        HOW,
        *_changes(held),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def warning(held: Comparison) -> str:
    """Return what a reader of the comparison has to know about the sets, or an empty string."""
    said = []
    if not held.same_set:
        said.append("The two runs did not read the same question file.")
    if held.alone:
        are, were = ("question is", "was") if len(held.alone) == 1 else ("questions are", "were")
        named = ", ".join(held.alone[:_NAMED]) + (" …" if held.alone[_NAMED:] else "")
        said.append(f"{len(held.alone)} {are} in one run only and {were} left out: {named}.")
    return " ".join(said)


def _changes(held: Comparison) -> Iterable[str]:
    for row in held.differences:
        if not row.wins and not row.losses:
            continue
        lines = [f"- worse: {change}" for change in row.losses[:_SHOWN]]
        lines += [f"- better: {change}" for change in row.wins[:_SHOWN]]
        yield f"## {row.measure}\n\n" + "\n".join(lines)


def comparison_json(held: Comparison) -> str:
    """Return the comparison as JSON: the differences, with ids and scores of what changed."""
    said: dict[str, Any] = {
        "before": {"name": held.before.name, "generation": held.before.generation},
        "after": {"name": held.after.name, "generation": held.after.generation},
        "same_set": held.same_set,
        "alone": held.alone,
        "differences": [
            {
                "measure": row.measure,
                "questions": row.count,
                "before": row.before,
                "after": row.after,
                "gain": row.gain,
                "low": row.spread.low,
                "high": row.spread.high,
                "p": row.chance,
                "wins": [change.after.id for change in row.wins],
                "losses": [change.after.id for change in row.losses],
            }
            for row in held.differences
        ],
    }
    return json.dumps(said, ensure_ascii=False, indent=2)


def verdict_markdown(verdict: Verdict) -> str:
    """Return the gate's verdict as a few lines: may it go live, why not, which questions."""
    lines = ["The candidate may go live." if verdict.allowed else "The candidate may not go live."]
    lines += [f"- {reason}." for reason in verdict.reasons]
    lines += [f"  - {change}" for change in verdict.lost]
    lines += [f"- {note}" for note in verdict.notes]
    return "\n".join(lines) + "\n"


def junit(run: Run, verdict: Verdict | None = None) -> str:
    """Return JUnit XML: a case for each measure and for each question.

    With a verdict a measure fails when it is among the reasons and a question when it was
    lost; without one nothing is a failure but a miss, as `figures.missed` has it.
    """
    suites = ET.Element("testsuites", name=f"tebiki eval {run.what}")
    wrong = (
        {change.after.id for change in verdict.lost}
        if verdict is not None
        else {result.id for result in missed(run)}
    )
    if verdict is not None:
        gate = [("gate", 0.0, "\n".join(verdict.reasons))]
        _suite(suites, f"{run.set}: gate", gate)
    cases = [
        (
            f"{result.id} {result.question}",
            result.took_ms / 1000,
            miss_line(result) if result.id in wrong else "",
        )
        for result in run.results
    ]
    _suite(suites, f"{run.set}: questions", cases)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _suite(parent: ET.Element, name: str, cases: Sequence[tuple[str, float, str]]) -> None:
    """Add a suite of (name, seconds, failure or empty) cases."""
    suite = ET.SubElement(
        parent,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(bool(failure) for _, _, failure in cases)),
        errors="0",
        time=f"{sum(seconds for _, seconds, _ in cases):.3f}",
    )
    for case, seconds, failure in cases:
        made = ET.SubElement(suite, "testcase", classname=name, name=case, time=f"{seconds:.3f}")
        if failure:
            ET.SubElement(made, "failure", message=failure.partition("\n")[0]).text = failure


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, the first column to the left and the others to the right."""
    lines = [heads, ["---", *(["---:"] * (len(heads) - 1))], *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _number(value: float) -> str:
    return f"{value:.3f}"


def _spread(held: Figure) -> str:
    return f"{held.spread.low:.3f} … {held.spread.high:.3f}"
