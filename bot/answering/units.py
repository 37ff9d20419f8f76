"""Whole units: from the candidate that answers to the span that is quoted, and its first line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.answering.candidates import Run
from bot.asking.intent import Kind as Wanted
from ingest.language.words import tokens
from ingest.sentences import Flag, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.answering.candidates import Candidate
    from bot.answering.lines import Line, Reader
    from bot.answering.signals import Asked
    from index.passages import Library

QUOTED = 380
"""Characters that a quotation may have; a longer sentence or row is quoted alone."""

PRICE = 0.01
"""What 100 characters of a quotation have to bring: so much of the chance that the answer is in it.

At 0, .01, .03 and .06 the first quotation, of up to 380 characters, held the answer to .67, .64, .60
and .58 of clerk's Japanese questions in 356, 215, 183 and 161 characters in the median, to .84, .81,
.81 and .81 of jorei's and .73, .73, .71 and .69 of other's, each left out whole. Filled up from its
own paragraph alone it held .54, .78 and .60."""

LISTED = 360
"""Characters that a list takes when a list is asked for."""

LED = 158
"""Characters of the first line; a longer sentence is shown around what answers.

Filled up without a price, it holds the answer to .49 of clerk's questions and .65 of other's, each left
out; at `PRICE` and 150 characters to .47 and .58."""

ALONE = 0.7
"""Share of its page's chance from which a row is quoted without its neighbours.

At .7 no answer of three corpora was lost by it, each left out; at .5 one of a hundred of clerk's was, and
one of jorei's 32."""

_LEAST = 1e-9
"""By how much more a longer run has to hold to be more."""

_CUT = re.compile(r"(?<=[。、；;，])|(?<=\. )|(?<=, )|(?<=\t)|(?<=\n)")
_CLOSING = ("(", "※", "*", "例)", "例:", "ただし", "但し", "なお書")
"""What begins a line that bounds the one before or shows how it is meant."""

_ENTITLING = Flag.NUMBERED | Flag.OPEN | Flag.SHORT
_NEVER_LAST = frozenset({Kind.HEADING, Kind.HEAD, Kind.CONTENTS, Kind.LABEL})


@dataclass(frozen=True, eq=False)
class Unit(Run):
    """A run worth quoting; *left* items of its list are not in it."""

    left: int = 0


Weighed = tuple["Candidate", float]
"""A candidate, and how likely it is the one among those of its page."""


def unit(
    candidate: Candidate,
    among: Sequence[Weighed],
    question: Asked,
    library: Library,
    reader: Reader,
) -> Unit:
    """Return what is quoted for a candidate: itself, and what it cannot be understood without.

    A lead-in or heading brings what it announces, a sentence that qualifies or points back brings
    the one before. Of what stands around it, it takes in what the answer is likely in by the shares
    of the other candidates of its page, *among*; where a list is asked for, the list first.
    """
    growth = _Growth.around(candidate, library, reader)
    lists = bool({Wanted.LIST, Wanted.STEPS} & set(question.intent.kinds))
    growth.announce(QUOTED)
    growth.lean(QUOTED)
    if lists:
        growth.fill(LISTED)
    if not _alone(candidate, among):
        growth.weigh(among, QUOTED, PRICE)
    begun = growth.begun()
    if begun:
        growth.fill(QUOTED)
    growth.close(QUOTED)
    lines = growth.cut()
    group = lines[-1].stored.group
    rest = growth.page[growth.last + 1 :] if group >= 0 and (lists or begun) else ()
    return Unit(lines, sum(line.stored.group == group for line in rest))


def _alone(candidate: Candidate, among: Sequence[Weighed]) -> bool:
    """Whether a row of a table is plainly the one: it is shown with its heads, without its table."""
    if any(line.stored.kind is not Kind.ROW for line in candidate.lines):
        return False
    inside = sum(
        share for one, share in among if candidate.start <= one.start and one.end <= candidate.end
    )
    return inside >= ALONE


@dataclass(eq=False)
class _Growth:
    """A run of a page's lines, from *first* to *last*, that grows."""

    page: tuple[Line, ...]
    first: int
    last: int

    @classmethod
    def around(cls, candidate: Candidate, library: Library, reader: Reader) -> _Growth:
        """Begin with a candidate's own lines."""
        page = reader.page(library, candidate.first.edition, candidate.first.stored.page)
        at = {line.at: place for place, line in enumerate(page)}
        return cls(page, at[candidate.first.at], at[candidate.lines[-1].at])

    @classmethod
    def within(cls, candidate: Candidate, whole: Unit) -> _Growth:
        """Begin with those of a candidate's own lines that a quotation shows, to grow in it alone."""
        own = {line.at for line in candidate.lines}
        # A heading that announces is named by the source, so that none of its lines may be quoted.
        places = [place for place, line in enumerate(whole.lines) if line.at in own] or [0]
        return cls(whole.lines, places[0], places[-1])

    def _fits(self, place: int, room: int) -> bool:
        if not 0 <= place < len(self.page) or self.page[place].harmful:
            return False
        size = sum(len(line.text) for line in self.page[self.first : self.last + 1])
        return size + len(self.page[place].text) <= room

    def announce(self, room: int) -> None:
        """Take in what the last line announces; something always."""
        begun = self.last
        while self.last + 1 < len(self.page) and _announces(self.page[self.last]):
            if self.page[self.last + 1].harmful:
                break
            if self.last > begun and not self._fits(self.last + 1, room):
                break
            self.last += 1

    def lean(self, room: int) -> None:
        """Take in what the first line points back to."""
        while _leans(self.page[self.first]) and self._fits(self.first - 1, room):
            if not _beside(self.page, self.first, self.first - 1):
                break
            self.first -= 1

    def close(self, room: int) -> None:
        """Take in what follows and bounds the last line: a bracket, ※, an example, a proviso."""
        while self._fits(self.last + 1, room) and _closes(self.page[self.last + 1]):
            if self.page[self.last + 1].section != self.page[self.last].section:
                break
            self.last += 1

    def begun(self) -> bool:
        """Whether it ends within a list whose lead-in it shows: 次の二点 is no answer with one."""
        last = self.page[self.last].stored
        lines = self.page[self.first : self.last]
        return last.kind is Kind.ITEM and any(
            line.at == last.over and Flag.LEAD_IN in line.stored.flags for line in lines
        )

    def fill(self, room: int) -> None:
        """Take in neighbours of the same paragraph or list, what follows first."""
        grown = True
        while grown:
            grown = False
            if self._fits(self.last + 1, room) and _beside(self.page, self.last, self.last + 1):
                self.last += 1
                grown = True
            if self._fits(self.first - 1, room) and _beside(self.page, self.first, self.first - 1):
                self.first -= 1
                grown = True

    def weigh(self, among: Sequence[Weighed], room: int, price: float) -> None:
        """Take in the neighbours that make the run hold the most, at *price* for 100 characters.

        What holds most is the sum of the shares of the candidates that lie in it whole.
        """
        at = {line.at: place for place, line in enumerate(self.page)}
        spans = [
            (at[one.first.at], at[one.lines[-1].at], share)
            for one, share in among
            if one.first.at in at and one.lines[-1].at in at
        ]
        sizes = [0]
        for line in self.page:
            sizes.append(sizes[-1] + len(line.text) + 1)
        lowest, highest = self.first, self.last
        while lowest > 0 and self._may(lowest - 1, room, sizes):
            lowest -= 1
        while highest + 1 < len(self.page) and self._may(highest + 1, room, sizes):
            highest += 1
        best = (0.0, self.first, self.last)
        for first in range(self.first, lowest - 1, -1):
            inside = [(last, share) for begin, last, share in spans if begin >= first]
            for last in range(self.last, highest + 1):
                size = sizes[last + 1] - sizes[first]
                if size > room and (first, last) != (self.first, self.last):
                    break
                held = sum(share for end, share in inside if end <= last) - price * size / 100
                if (first, last) == (self.first, self.last) or held > best[0] + _LEAST:
                    best = (held, first, last)
        _, self.first, self.last = best

    def _may(self, place: int, room: int, sizes: Sequence[int]) -> bool:
        """Whether a neighbour may be reached at all."""
        line = self.page[place]
        if line.harmful or line.stored.kind in {Kind.CONTENTS, Kind.LABEL}:
            return False
        first, last = min(place, self.first), max(place, self.last)
        return sizes[last + 1] - sizes[first] <= room

    def cut(self) -> tuple[Line, ...]:
        """Return the lines without headings in front, which the source names, or behind."""
        first, last = self.first, self.last
        while last > first and (
            self.page[last].stored.kind in _NEVER_LAST or _entitles(self.page[last])
        ):
            last -= 1
        while first < last and self.page[first].stored.kind is Kind.HEADING:
            first += 1
        return self.page[first : last + 1]


def _announces(line: Line) -> bool:
    heads = line.stored.kind in {Kind.HEADING, Kind.HEAD} or _entitles(line)
    return heads or Flag.LEAD_IN in line.stored.flags


def _entitles(line: Line) -> bool:
    """Whether a line is a heading in all but its kind: numbered, short and without a stop."""
    return line.stored.kind is Kind.STATEMENT and _ENTITLING in line.stored.flags


def _leans(line: Line) -> bool:
    return bool(line.stored.flags & (Flag.QUALIFIES | Flag.POINTS_BACK))


def _closes(line: Line) -> bool:
    flags = line.stored.flags
    begins = Flag.NUMBERED not in flags and line.plain.lstrip().startswith(_CLOSING)
    return begins or Flag.QUALIFIES in flags


def _beside(page: tuple[Line, ...], one: int, other: int) -> bool:
    """Whether two neighbours belong together: one paragraph, one list, one table, one lead-in."""
    here, there = page[one].stored, page[other].stored
    if page[one].section != page[other].section or Kind.HEADING in {here.kind, there.kind}:
        return False
    if {here.kind, there.kind} & {Kind.CONTENTS, Kind.LABEL}:
        return False
    return (
        here.block == there.block
        or (here.group >= 0 and here.group == there.group)
        or there.over == page[one].at
        or here.over == page[other].at
    )


def first_line(
    candidate: Candidate,
    whole: Unit,
    among: Sequence[Weighed],
    question: Asked,
    span: tuple[int, int] | None = None,
) -> tuple[int, int]:
    """Return the span of the edition's text that is shown as the first line, at most `LED` long.

    It is the candidate's own text with as much of the *whole* quotation around it as is likely to
    hold the answer; of a longer one the clauses, one after the other, that say most of the question,
    with *span* (a value's) among them.
    """
    growth = _Growth.within(candidate, whole)
    if not _alone(candidate, among):
        growth.weigh(among, LED, 0.0)
    lines = growth.cut()
    start, end = lines[0].stored.start, lines[-1].stored.end
    if end - start <= LED:
        return start, end
    base = max(lines, key=lambda line: len(line.words & question.words.keys()))
    start, text = base.stored.start, base.text
    if len(text) <= LED:
        return start, base.stored.end
    cuts = [0, *(match.start() for match in _CUT.finditer(text)), len(text)]
    cuts = sorted(set(cuts))
    best: tuple[float, int, int] = (-1.0, 0, min(LED, len(text)))
    pieces = [_words_in(text[a:b], question) for a, b in pairwise(cuts)]
    for first in range(len(pieces)):
        for last in range(first, len(pieces)):
            length = cuts[last + 1] - cuts[first]
            if length > LED:
                break
            if span is not None and not (
                start + cuts[first] <= span[0] and span[1] <= start + cuts[last + 1]
            ):
                continue
            said = sum(
                question.words[word] for word in frozenset().union(*pieces[first : last + 1])
            )
            figures = any(map(str.isdigit, text[cuts[first] : cuts[last + 1]]))
            score = said + 0.3 * figures + 0.001 * length
            if score > best[0]:
                best = (score, cuts[first], cuts[last + 1])
    return start + best[1], start + best[2]


def _words_in(text: str, question: Asked) -> frozenset[str]:
    return frozenset(tokens(text)) & frozenset(question.words)
