"""The rows of tables that decide: the most or the least of a column, and what sums up the others.

It is worked out, not guessed, and seldom asked: as a signal it brings one right line more of 233 on the
bundled questions and changes none on clerk, jorei and other, each left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from bot.answering.lines import GAPS
from bot.asking.intent import Kind
from ingest.language.spelling import normalise
from ingest.language.tables import table
from ingest.sentences import Kind as Sentences

if TYPE_CHECKING:
    from bot.answering.lines import Line, Reader
    from bot.asking.intent import Want

_TOTALS = frozenset(table("answers")["totals"])
"""What a row of a total, or of all together, is called: it decides nothing."""

_FEW = 3
"""Rows below which a column has no extreme worth speaking of."""

DECIDED = frozenset({Kind.EXTREME, Kind.TOTAL})
"""The kinds of answer that a whole column decides."""

Column = Mapping[int, Fraction]
"""What a column gives: by the place of the line, the figure in its cell."""


def deciding(
    lines: Sequence[Line], words: Mapping[str, float], wants: Iterable[Want], reader: Reader
) -> frozenset[int]:
    """Return the places among *lines* of the rows that decide what *wants* ask of a column.

    A total is what a row called one gives. For a superlative the column is the one whose head says
    most of *words*, weighed; without heads a lone column of figures. Every row of the table on its page
    has to give a figure there.
    """
    found: set[int] = set()
    for want in wants:
        if want.kind is Kind.TOTAL:
            found.update(at for at, line in enumerate(lines) if is_row(line) and _is_total(line))
        elif want.kind is Kind.EXTREME:
            found.update(_utmost(lines, words, want, reader))
    return frozenset(found)


def is_row(line: Line) -> bool:
    """Whether a line is a row of a table."""
    return line.stored.kind is Sentences.ROW and line.stored.group >= 0


def _utmost(
    lines: Sequence[Line], words: Mapping[str, float], want: Want, reader: Reader
) -> set[int]:
    """The places of the rows that have the most or the least of what is asked about."""
    tables: dict[tuple[str, int, int], list[int]] = {}
    for at, line in enumerate(lines):
        stored = line.stored
        if is_row(line) and not _is_total(line):
            tables.setdefault((line.edition.key, stored.page, stored.group), []).append(at)
    found: set[int] = set()
    for rows in tables.values():
        column = _column(lines, rows, words, reader) if len(rows) >= _FEW else None
        if column:
            ordered = sorted(column.items(), key=lambda one: one[1], reverse=want.unit != "least")
            bound = ordered[min(want.top, len(ordered)) - 1][1]
            found.update(at for at, value in ordered if _reaches(value, bound, want))
    return found


def _reaches(value: Fraction, bound: Fraction, want: Want) -> bool:
    return value <= bound if want.unit == "least" else value >= bound


def _column(
    lines: Sequence[Line], rows: Iterable[int], words: Mapping[str, float], reader: Reader
) -> Column | None:
    """Return the figures of the column that *words* name, None where that is not plain."""
    columns: dict[str, dict[int, Fraction]] = {}
    every = list(rows)
    for at in every:
        line = lines[at]
        for cell in line.stored.cells[1:]:
            here = [one for one in line.figures if line.cell_at(one.start) == cell]
            if len(here) == 1 and here[0].value is not None:
                columns.setdefault(cell.head, {})[at] = here[0].value
    whole = {head: column for head, column in columns.items() if len(column) == len(every)}
    if not whole:
        return None
    said = {head: sum(words.get(word, 0.0) for word in reader.above(head).words) for head in whole}
    best = max(said.values())
    named = [head for head, share in said.items() if share == best]
    return whole[named[0]] if len(named) == 1 and (best > 0 or len(columns) == 1) else None


def _is_total(line: Line) -> bool:
    """Whether a row sums up the others."""
    first = line.stored.cells[0] if line.stored.cells else None
    label = line.text[: first.end - line.stored.start] if first else ""
    # Letters of a label are often spread over its width.
    return GAPS.sub("", normalise(label)) in _TOTALS
