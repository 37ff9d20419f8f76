"""Runs and comparisons as one self-contained HTML page: plots, tables, every question.

Nothing is loaded from anywhere and no script runs, so that the page can be mailed or kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from evals import plots
from evals.comparison import Change, Comparison, Difference
from evals.figures import (
    Figure,
    Group,
    figures,
    groups,
    missed,
    random_halves,
    success_by_rank,
    times,
)
from evals.report import HEADLINE, HOW, about, time_line, title, warning
from evals.runs import Result, Run

_STYLE = Path(__file__).parent / "report.css"
_TILES = {
    "retrieval": ("Success@1", "Success@3", "Success@5", "Success@10", "RR@10"),
    "answers": (
        "CitedPage@3",
        "FactsCovered",
        "QuoteVerified",
        "AnsweredRightly",
        "DeclinedRightly",
    ),
}


def page(run: Run) -> str:
    """Return the run as an HTML page."""
    found = figures(run)
    wrong = missed(run)
    return _page(
        title(run),
        [
            _list("about", about(run)),
            _tiles(run, found),
            "<h2>Figures</h2>",
            plots.dots("Means with 95 % intervals", [_mark(held) for held in found]),
            *_ranks(run),
            *_groups(run),
            *_halves(run),
            "<h2>Time</h2>",
            _times(run),
            f"<p>{escape(time_line(run))}</p>",
            f"<h2>Misses ({len(wrong)} of {len(run.results)})</h2>",
            _results(wrong) if wrong else "<p>None.</p>",
            "<h2>Every question</h2>",
            f"<details><summary>Show all {len(run.results)}</summary>{_results(run.results)}</details>",
        ],
    )


def comparison_page(held: Comparison) -> str:
    """Return two runs beside each other as an HTML page."""
    before, after = held.before, held.after
    said = warning(held)
    marks = [
        plots.Mark(row.measure, row.gain, row.spread.low, row.spread.high, f"p = {row.chance:.3f}")
        for row in held.differences
    ]
    return _page(
        f"{title(before)} → {title(after)}",
        [
            _list(
                "about",
                [
                    *(f"before: {line}" for line in about(before)),
                    *(f"after: {line}" for line in about(after)),
                ],
            ),
            f'<p class="warning">{escape(said)}</p>' if said else "",
            "<h2>Gains</h2>",
            plots.gains("Mean gains with 95 % intervals", marks),
            f"<p>{escape(HOW)} A dot is coloured where the interval leaves 0 out.</p>",
            _table(
                ("Measure", "Questions", "Before", "After", "Gain", "p", "Wins", "Losses"),
                [
                    (
                        row.measure,
                        str(row.count),
                        f"{row.before:.3f}",
                        f"{row.after:.3f}",
                        f"{row.gain:+.3f}",
                        f"{row.chance:.3f}",
                        str(len(row.wins)),
                        str(len(row.losses)),
                    )
                    for row in held.differences
                ],
            ),
            *_changes(held.differences),
        ],
    )


def _page(heading: str, parts: Iterable[str]) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(heading)}</title>\n<style>\n{_STYLE.read_text('utf-8')}</style>\n</head>\n"
        f"<body>\n<h1>{escape(heading)}</h1>\n"
        + "\n".join(filter(None, parts))
        + "\n</body>\n</html>\n"
    )


def _mark(held: Figure, label: str = "") -> plots.Mark:
    return plots.Mark(
        label or held.measure, held.mean, held.spread.low, held.spread.high, f"n = {held.count}"
    )


def _tiles(run: Run, found: Sequence[Figure]) -> str:
    shown = [held for name in _TILES[run.what] for held in found if held.measure == name]
    tiles = [
        f"<li><span>{escape(held.measure)}</span><b>{held.mean:.3f}</b>"
        f"<span>{held.spread.low:.3f} – {held.spread.high:.3f}</span></li>"
        for held in shown
    ]
    tiles.append(
        f"<li><span>Median time</span><b>{times(run).median_ms:.0f} ms</b>"
        f"<span>99th {times(run).p99_ms:.0f} ms</span></li>"
    )
    return f'<ul class="tiles">{"".join(tiles)}</ul>'


def _ranks(run: Run) -> Iterable[str]:
    found = success_by_rank(run)
    if run.what != "retrieval" or not found:
        return
    yield "<h2>How deep one has to look</h2>"
    yield plots.curve(
        "Success by rank",
        [(rank, share) for rank, share in enumerate(found, start=1)],
        across="among the first … distinct pages",
        up="share of questions",
        labels=[(rank, str(rank)) for rank in range(1, len(found) + 1)],
    )


def _groups(run: Run) -> Iterable[str]:
    found = groups(run)
    headline = HEADLINE[run.what]
    for by in dict.fromkeys(group.by for group in found):
        same = [group for group in found if group.by == by]
        yield f"<h2>By {by}</h2>"
        marks = [
            _mark(held, group.value)
            for group in same
            for held in group.figures
            if held.measure == headline
        ]
        if marks:
            yield f"<h3>{escape(headline)}</h3>"
            yield plots.dots(f"{headline} by {by}", marks)
        yield f"<details><summary>All measures</summary>{_group_table(by, same, run)}</details>"


def _group_table(by: str, same: Sequence[Group], run: Run) -> str:
    measures = [held.measure for held in figures(run)]
    rows = []
    for group in same:
        means = {held.measure: f"{held.mean:.3f}" for held in group.figures}
        rows.append(
            (group.value, str(group.count), *(means.get(measure, "–") for measure in measures))
        )
    return _table((by.capitalize(), "Questions", *measures), rows)


def _halves(run: Run) -> Iterable[str]:
    cuts = random_halves(run, HEADLINE[run.what])
    if not cuts:
        return
    yield "<h2>Five random halves</h2>"
    yield _table(
        ("Cut", f"{HEADLINE[run.what]} on one half", "on the other"),
        [
            (str(number), f"{cut.tuning:.3f}", f"{cut.testing:.3f}")
            for number, cut in enumerate(cuts, start=1)
        ],
    )


def _times(run: Run) -> str:
    took = times(run)
    return plots.histogram(
        "How long the questions took",
        [result.took_ms for result in run.results],
        lines=[
            (took.median_ms, f"median {took.median_ms:.1f}"),
            (took.p99_ms, f"99th {took.p99_ms:.1f}"),
        ],
    )


def _results(results: Sequence[Result]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(held.id)}</code></td>"
        f'<td class="q">{escape(held.question)}{_said(held)}</td>'
        f"<td>{_lines(held.expected) or _why(held)}</td>"
        f"<td>{_lines(held.found()[:5])}</td>"
        f'<td class="n">{held.ranks[0] if held.ranks else "–"}</td>'
        f"{_low(held)}</tr>"
        for held in results
    )
    heads = "".join(
        f"<th>{head}</th>" for head in ("", "Question", "Expected", "Found", "Rank", "Below 1")
    )
    return f'<div class="scroll wide"><table><tr>{heads}</tr>{rows}</table></div>'


def _why(held: Result) -> str:
    return "not judged" if held.answerable else "no answer"


def _low(held: Result) -> str:
    low = [f"{name} {value:.2g}" for name, value in held.scores.items() if value < 1]
    return f'<td class="low">{_lines(low)}</td>'


def _said(held: Result) -> str:
    """Return what the bot answered, folded away."""
    if not held.text:
        return ""
    quotes = "".join(f"<blockquote>{escape(quote)}</blockquote>" for quote in held.quotes)
    word = f"declined ({held.declined})" if held.declined else "answer"
    return (
        f"<details><summary>{escape(word)}</summary>"
        f"<blockquote>{escape(held.text)}</blockquote>{quotes}</details>"
    )


def _changes(differences: Sequence[Difference]) -> Iterable[str]:
    for row in differences:
        if row.wins or row.losses:
            yield f"<h2>{escape(row.measure)}: {len(row.losses)} worse, {len(row.wins)} better</h2>"
            yield _change_table([*row.losses, *row.wins])


def _change_table(changes: Sequence[Change]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(held.after.id)}</code></td>"
        f'<td class="n">{held.before.scores[held.measure]:.2g} → '
        f"{held.after.scores[held.measure]:.2g}</td>"
        f'<td class="q">{escape(held.after.question)}</td>'
        f"<td>{_lines(held.after.expected)}</td>"
        f"<td>{_lines(held.before.found()[:3])}</td><td>{_lines(held.after.found()[:3])}</td>"
        "</tr>"
        for held in changes
    )
    heads = "".join(
        f"<th>{head}</th>"
        for head in ("", "Score", "Question", "Expected", "Found before", "Found after")
    )
    return f'<div class="scroll wide"><table><tr>{heads}</tr>{rows}</table></div>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table, the first column to the left and the others to the right."""
    head = "".join(
        f"<th{' class=n' if at else ''}>{escape(cell)}</th>" for at, cell in enumerate(heads)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{' class=n' if at else ''}>{escape(cell)}</td>" for at, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def _list(kind: str, lines: Iterable[str]) -> str:
    return f'<ul class="{kind}">' + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _lines(cells: Iterable[str]) -> str:
    return "<br>".join(map(escape, cells))
