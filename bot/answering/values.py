"""A value on top of the quotations is a claim: it leads only where everything asked stands with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.answering.candidates import Candidate
from bot.answering.lines import GAPS, Reader, dated, unit_of_head
from bot.answering.signals import Asked, fits
from bot.asking.intent import VALUES, Kind
from ingest.language.numbers import Bound, Figure, figures
from ingest.language.spelling import normalise
from ingest.language.tables import table
from ingest.sentences import Kind as Line

if TYPE_CHECKING:
    from bot.answering.lines import Line as Read

_BOUNDING = re.compile("|".join(table("answers")["bounding"]))
"""What beside a figure bounds it without being part of it: an exception, a denial, a plan."""

_KANA = re.compile(r"[ぁ-ゖ]")
"""A verb that is written with them can be said in many ways, one without is a term (施行, 公布)."""

_EACH = re.compile(r"(?:毎|各|隔|翌|前|当|同|次)(?:会計)?(?:年度?|月|週)の?\s*[(（]?\s*\Z")
"""Of which year, month or week a day is: 毎年8月, 翌年度の4月30日, 翌月10日."""

_REACH = 10
"""Characters before a figure in which that stands."""

_CLAUSE = re.compile(r"[。、；;]|\t|　")


@dataclass(frozen=True, slots=True)
class Value:
    """A figure with every word that bounds it: *start* and *end* are offsets in the edition's text."""

    text: str
    start: int
    end: int


def value_of(
    question: Asked, candidate: Candidate, rivals: Sequence[Candidate], reader: Reader
) -> Value | None:
    """Return the value that was asked for, None unless it is plain.

    It is plain where one line, row or item with its heads says every thing that is asked about, what is
    said of it and each condition, and holds one figure of the wanted kind and unit that the
    question does not say itself; and where no line of the *rivals* gives another one as well.
    """
    intent = question.intent
    kinds = [want for want in intent.wanted if want.kind in VALUES]
    if not kinds or intent.negative or intent.parts or set(intent.kinds) & _SEVERAL:
        return None
    found = _given(question, candidate.lines, reader)
    if not found:
        return None
    line, figure = found[0]
    names = _named(question, line)
    # Runs of lines share them: each is looked at once.
    lines = {(each.edition.key, each.at): each for one in rivals for each in one.lines}
    named = [each for each in lines.values() if names <= _named(question, each)]
    others = _given(question, named, reader)
    if len({_said(*pair) for pair in (*found, *others)}) != 1:
        return None
    first, last = _bounded(question, line, figure)
    if first is None or last is None:
        return None
    start = line.stored.start
    said = line.text[first:last]
    cell = line.cell_at(first)
    # The head or the table gives the unit of a bare figure; a share may be one of 1 or of 100.
    unit = (cell.unit or unit_of_head(cell.head)) if cell is not None else ""
    if unit != "%" and unit not in said:
        said += unit
    return Value(said, start + first, start + last)


_SEVERAL = frozenset({Kind.COMPARISON, Kind.LIST, Kind.TOTAL, Kind.EXTREME, Kind.STEPS})
"""Kinds of answer that more than one figure makes."""


def _given(question: Asked, lines: Iterable[Read], reader: Reader) -> list[tuple[Read, Figure]]:
    """Return the figures of the wanted kind in lines that say all that is asked about.

    A number of a unit that no other kind has (何番) is one with that unit.
    """
    values = [want for want in question.intent.wanted if want.kind in VALUES]
    least = 1.0 if any(w.kind is not Kind.NUMBER or not w.unit for w in values) else 2.0
    return [
        (line, figure)
        for line in lines
        if _whole(question, line, reader)
        for figure in line.figures
        if fits(question.intent, figure) >= least
        and _said(line, figure) not in question.plain
        and all(not want.bound or _bound(want.bound) & set(figure.bounds) for want in values)
    ]


@cache
def _bound(said: str) -> frozenset[Bound]:
    """Return what a word behind a figure makes of it (以内: at most), nothing where it makes none."""
    told = frozenset(bound for figure in figures(f"3日{said}") for bound in figure.bounds)
    return told | {Bound.AT_MOST} if Bound.UNTIL in told else told


def _named(question: Asked, line: Read) -> frozenset[str]:
    """Return which of the things that are asked about a line says itself."""
    things = question.intent.subjects
    return frozenset(
        one.said for one in things
        if set(one.words) <= line.words or GAPS.sub("", one.said) in line.flat
    )  # fmt: skip


def _said(line: Read, figure: Figure) -> str:
    return normalise(line.text[figure.start : figure.end])


def _whole(question: Asked, line: Read, reader: Reader) -> bool:
    """Whether a line with its heads says all that the question asks about."""
    intent = question.intent
    heads = reader.above(line.under)
    leaf = reader.above(line.section[-1] if line.section else "")
    words = line.words | heads.words | leaf.words
    over = line.flat + heads.flat
    path = reader.above("\n".join((*line.section, line.edition.document.title)))
    # What is asked for is of something (施行 of 施行日), and what is said of it is done (公布される).
    said = {word for thing in intent.things if thing.asks for word in thing.words[:-1]}
    said |= {word for word in intent.predicate if not _KANA.search(word)}
    if not said <= words:
        return False
    for thing in intent.subjects:
        # A thing that headings or the title name is meant by the lines under them.
        name = GAPS.sub("", thing.said)
        if not set(thing.words) <= words | path.words and name not in over + path.flat:
            return False
    near = (set(one.words) <= words or GAPS.sub("", one.said) in over for one in intent.subjects)
    if intent.subjects and not said and not any(near):
        return False
    for period in intent.conditions.periods:
        told = dated(period, line) or dated(period, heads)
        if not told and line.edition.key not in question.then:
            return False
    return all(town.name in over + path.flat for town in intent.conditions.towns)


def _bounded(question: Asked, line: Read, figure: Figure) -> tuple[int | None, int | None]:
    """Return the span of a figure with the words that bound it, (None, None) where it cannot be cut.

    An exception, a denial or a day in the figure's own clause goes with it (令和5年3月までは500円);
    an exception or a denial elsewhere in the sentence makes the figure alone untrue.
    """
    text = line.text
    first = figure.first if figure.first >= 0 else figure.start
    last = figure.last if figure.last >= 0 else figure.end
    each = _EACH.search(text, max(0, first - _REACH), first)
    if each:
        first = each.start()
        last += text[each.end() - 1] in "(（" and text[last : last + 1] in {")", "）"}
    if line.stored.kind is Line.ROW:
        cell = _clause(text, first, last)
        return (first, last) if not _BOUNDING.search(text[slice(*cell)]) else cell
    begin, end = _clause(text, first, last)
    if _BOUNDING.search(text[:begin]) or _BOUNDING.search(text[end:]):
        return None, None
    dated = figure.day is None and any(
        one.day is not None and begin <= one.start < end and _said(line, one) not in question.plain
        for one in line.figures
    )
    if dated or _BOUNDING.search(text[begin:first]) or _BOUNDING.search(text[last:end]):
        return begin, end
    return first, last


def _clause(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the clause or the cell around a span."""
    begin = max((match.end() for match in _CLAUSE.finditer(text, 0, first)), default=0)
    after = _CLAUSE.search(text, last)
    return begin, after.start() if after else len(text)
