"""The figures of a claim beside those of its source: worth, unit, bound, and what they are of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.writing import wordlists
from bot.writing.differences import Difference
from bot.writing.readings import Clause, Reading
from ingest.language.numbers import Bound, Figure, Kind, same
from ingest.language.numbers import figures as read_figures


def figures(clause: Clause, other: Clause, reading: Reading) -> Iterator[Difference]:
    """Yield the figures that the source's clause does not have as the claim has them."""
    lent = [
        one
        for also in reading.clauses
        if also is not other and (also.link or (also.has_topic and not other.has_topic))
        for one in also.figures
        if not any(_of_a_kind(one, two) for two in other.figures)
    ]
    for at, (one, text) in enumerate(zip(clause.figures, clause.texts, strict=True)):
        alike = [
            two
            for two in (*other.figures, *lent, *_beside(clause, at, other, reading))
            if _worth_the_same(one, clause.said, clause.start, two, reading.text)
        ]
        if not alike:
            near = _nearest(one, other.figures) or _nearest(one, reading.figures)
            kind = "number"
            if near is not None and near.value == one.value and near.day == one.day:
                kind = "unit"
            yield Difference(kind, text, reading.text[near.first : near.last] if near else "")
        elif not any(
            _bounds(one, clause) == _bounds(two, other) - _unsaid(one) or _looser(one, two)
            for two in alike
        ):
            two = alike[0]
            yield Difference("bound", text, reading.text[two.first : two.last])
        elif not _of_one_year(one, text):
            yield Difference("number", text, reading.text[alike[0].first : alike[0].last])
        elif _apiece(clause, one) and not _EACH.search(reading.text):
            yield Difference("bound", text, reading.text[alike[0].first : alike[0].last])
    yield from _turned(clause, other)
    for two in other.figures:
        start = reading.text[max(0, two.first - _START) : two.first]
        counted = start.endswith("から") and start in clause.said
        if counted and not any(same(one, two) for one in clause.figures):
            yield Difference("number", "", reading.text[two.first : two.last])


_START = 4
"""Letters before a figure that tell from what it is counted: 納品日から60日."""

_EACH = re.compile("各|それぞれ|ずつ|ごと|毎|当たり|別")


def _of_one_year(one: Figure, text: str) -> bool:
    """Whether a year told in two ways, 令和8年度(2026年度), is one year."""
    _, opened, inner = text.partition("(")
    told = [two.day.year for two in read_figures(inner) if two.day] if opened and one.day else []
    return all(year in {None, one.day.year if one.day else None} for year in told)


def _apiece(clause: Clause, one: Figure) -> bool:
    """Whether a figure is told to be that of each one."""
    at = one.first - clause.start
    return "各" in clause.said[max(0, at - 1) : at + 1]


def _beside(clause: Clause, at: int, other: Clause, reading: Reading) -> Iterator[Figure]:
    """Yield the figures of other clauses of the source that stand beside the same words.

    Not those of a kind that the clause itself has: there are two things counted then.
    """
    around = clause.around[at] if clause.around else frozenset[str]()
    for also in reading.clauses:
        if also is other or not also.around:
            continue
        for two, beside in zip(also.figures, also.around, strict=True):
            if around & beside and not any(_of_a_kind(two, three) for three in other.figures):
                yield two


def _turned(clause: Clause, other: Clause) -> Iterator[Difference]:
    """Yield a figure that stands at the noun of another figure of its kind."""
    theirs = list(zip(other.figures, other.anchors, strict=True)) if other.anchors else []
    mine = list(zip(clause.figures, clause.anchors, strict=True)) if clause.anchors else []
    for (one, anchor), text in zip(mine, clause.texts, strict=False):
        own = [at for two, at in theirs if same(one, two)]
        for two, at in theirs:
            if (
                own
                and anchor
                and anchor not in own
                and at == anchor
                and not same(one, two)
                and one.kind is two.kind
            ):
                yield Difference("number", text, other.texts[other.figures.index(two)])
                return


def _worth_the_same(one: Figure, said: str, start: int, two: Figure, text: str) -> bool:
    if not same(one, two) and not _of_the_year(one, said, two):
        return False
    if Kind.NUMBER not in {one.kind, two.kind}:
        return True
    mine, theirs = _counter(one, said, start), _counter(two, text, 0)
    return not mine or not theirs or mine[0] == theirs[0]


def _of_the_year(one: Figure, said: str, two: Figure) -> bool:
    """Whether a day without a year is the other's, as 同年9月30日 is."""
    if one.day is None or two.day is None or one.until or two.until or "同年" not in said:
        return False
    return one.day.year is None and replace(two.day, year=None) == one.day


def _of_a_kind(one: Figure, two: Figure) -> bool:
    return one.kind is two.kind and one.unit == two.unit


def _counter(figure: Figure, text: str, start: int) -> str:
    """Return the Chinese characters right behind a figure, its own unit with them."""
    last = figure.end - start
    match = _COUNTER.search(text[figure.start - start : last + _LONGEST_COUNTER])
    return match[0] if match else ""


_COUNTER = re.compile(r"(?<=\d)[一-龥]+")
_LONGEST_COUNTER = 3


_IGNORED = frozenset({Bound.EACH, Bound.PRINCIPLE})


def _bounds(figure: Figure, clause: Clause) -> frozenset[str]:
    """Return what bounds a figure, one name for what says the same."""
    found = {bound.value for bound in figure.bounds if bound not in _IGNORED}
    if figure.kind is not Kind.DAY and "until" in found:
        found = (found - {"until"}) | {"at_most"}
    if figure.kind is Kind.DAY and "at_most" in found:
        found = (found - {"at_most"}) | {"until"}
    for name, words in wordlists.table()["bounds"].items():
        if figure.kind is Kind.FREQUENCY:
            break
        if not found and any(wordlists.same(word) in clause.words for word in words):
            found.add("until" if figure.kind is Kind.DAY and name == "at_most" else name)
    return frozenset(found)


def _unsaid(one: Figure) -> frozenset[str]:
    """Return what may be left out of a bound: the "after" that only leads on to an event."""
    return frozenset() if Bound.LATER in one.bounds else frozenset({"later"})


def _looser(one: Figure, two: Figure) -> bool:
    """Whether a day's "from" is left out, which says less and nothing else."""
    return one.kind is Kind.DAY and not one.bounds and set(two.bounds) == {Bound.SINCE}


def _nearest(one: Figure, others: Sequence[Figure]) -> Figure | None:
    """Return the figure that one was most likely made of: same kind, else same worth."""
    of_kind = [two for two in others if two.kind == one.kind]
    of_worth = [two for two in others if two.value is not None and two.value == one.value]
    return next(iter([two for two in of_kind if two.unit == one.unit] or of_worth or of_kind), None)
