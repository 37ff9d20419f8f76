"""An answer made only of quotations: the default, and what every other answer falls back to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

import numpy as np

from bot.answering.candidates import Candidate
from bot.answering.going_on import beside, choices, questions_next
from bot.answering.lines import Reader
from bot.answering.missing import lacking
from bot.answering.scoring import (
    Ranked,
    Weights,
    about,
    certainty,
    probability,
    ranked,
    standing,
    weights,
)
from bot.answering.signals import Asked, Candidates, asked, candidates
from bot.answering.understanding import heard, mended, put_right, settled, with_edition, with_work
from bot.answering.units import Unit, Weighed, first_line, unit
from bot.answering.values import Value, value_of
from bot.answers import Answer, Certainty, Citation, Declined, Lead, Question, blank, cite
from bot.asking.conversation import carried, is_choice, times_more, without_choice
from bot.asking.intent import Intent
from bot.asking.reading import read
from bot.telling.phrases import phrase
from bot.telling.quotations import (
    Screen,
    cases_in,
    declining,
    first_screen,
    further_screen,
    notices,
)

if TYPE_CHECKING:
    from index.passages import Library, Passage

PASSAGES = 24
"""How many passages are asked for: so many are read line by line."""

_SHOWN, _FURTHER = 2, 5
"""Quotations that follow the first on its screen at most, and those behind it."""

_ALSO = 0.35
"""From what share of the first one's likelihood another quotation adds something."""

_RIVAL = 0.1
"""From what share of the first one's likelihood another candidate may be meant as well.

Chosen on bundled's short questions, where it asks back 6 of 23 times (3 at .35, 7 at .03); on jorei,
other and clerk it asks back once each at all three."""

_TOLD = 400
"""Characters of quotations on the first screen; the first one is shown whatever its length.

For a screen of 350 characters in the median and 700 in 95 of 100, set on clerk (335, 497); other, left
out, has 326 and 473. With 330 characters beside the first one it was 341 and 770, and 376 and 796."""

_FIRM = frozenset({"year", "place", "answer_type"})
"""What an answer has to hold to be firm, whatever else speaks for it."""

_CLEARLY = 0.05
"""By how much surer a question that says little has to be by itself than as one that follows up.

Set on the bundled talks, of which it settles one; no talk was left out."""

_READERS = 8
"""Views of a generation whose lines are kept as they were read."""

_PARTS = 4
"""Questions of one message that are answered."""


class Extractive:
    """Answers with the sentences that answer, quoted word for word.

    *library* is called once for each question and gives the current generation. *fitted* are the
    scorer's weights, those that come with the product unless others are given.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        *,
        today: Callable[[], date] = date.today,
        fitted: Weights | None = None,
    ) -> None:
        """Keep where texts come from, what day it is and what signals are worth."""
        self._library = library
        self._today = today
        self._fitted = fitted
        self._readers: tuple[tuple[ReferenceType[Library], Reader], ...] = ()

    def answer(self, question: Question) -> Answer:
        """Return quotations with their sources, or an answer that declines and says what is near."""
        begun = time.perf_counter()
        library = self._library().seen_by(question.filters.groups)
        understood = self.about(question, library)
        parts = read(understood.core).parts[:_PARTS] if not question.history else ()
        if len(parts) > 1:
            found = self._in_turn(understood, parts, library)
        else:
            found = self._carried(understood, self._at_once(understood, library), library)
        return replace(found, took_ms=round((time.perf_counter() - begun) * 1000, 1))

    def _at_once(self, question: Question, library: Library) -> Answer:
        return self.from_passages(question, self.passages(question, library), library)

    def _carried(self, question: Question, found: Answer, library: Library) -> Answer:
        """Return the answer to a question that looked whole and is declined as to one that follows up.

        Where the documents answer that firmly; else what was *found*.
        """
        if found.declined is None or not question.history or question.standalone != question.core:
            return found
        whole = replace(question, standalone=carried(question.core, question.history))
        again = self._at_once(whole, library)
        return again if again.certainty is Certainty.ANSWERED else found

    def passages(self, question: Question, library: Library) -> Sequence[Passage]:
        """Return the passages that an understood question is answered from, best first."""
        return library.retrieve(question.standalone, k=PASSAGES, filters=question.filters)

    def about(self, question: Question, library: Library) -> Question:
        """Return the question as it is understood.

        Misspelt names are put right, and a day or a superseded edition that it names is a filter.
        """
        stepped = self._stepped(self._surer(question, library), library)
        question = settled(mended(stepped, library), library, self._today())
        on = question.filters.as_of or self._today()
        return with_edition(with_work(question, library), library, on)

    def _surer(self, question: Question, library: Library) -> Question:
        """Return a question that may follow up or not as what the documents answer more surely."""
        if not question.alone:
            return question
        alone = replace(question, standalone=question.alone, alone="")
        clearly = self._sure(alone, library) - self._sure(question, library) > _CLEARLY
        return alone if clearly else replace(question, alone="")

    def _sure(self, question: Question, library: Library) -> float:
        """Return how likely the documents answer a question as it stands, from 0 to 1."""
        fitted = self._fitted or weights()
        compared = asked(read(question.standalone, language=question.language), library)
        passages = self.passages(question, library)
        given = candidates(compared, passages, library, self._read_of(library))
        if not given.found:
            return 0.0
        row = standing(about(compared.intent), given.rows, ranked(given.rows, fitted))
        return probability(row, fitted)

    def _stepped(self, question: Question, library: Library) -> Question:
        """Return a question about the next section as one about that section by its name."""
        if not question.history:
            return question
        on = question.filters.as_of or self._today()
        documents = (
            library.sentences(edition).paths
            for edition in library.in_force(on)
            if edition.held and edition.document.language == question.language
        )
        meant = beside(question.core, question.history, documents)
        return replace(question, standalone=meant) if meant else question

    def _read_of(self, library: Library) -> Reader:
        """Return the lines of a generation, as its readers see it, that were read so far."""
        for whose, reader in self._readers:
            if whose() is library:
                return reader
        # Without holding on to the generation, so that it goes with its last reader.
        alive = [each for each in self._readers if each[0]() is not None]
        self._readers = ((ref(library), Reader()), *alive[: _READERS - 1])
        return self._readers[0][1]

    def _in_turn(self, question: Question, parts: Sequence[Intent], library: Library) -> Answer:
        """Answer the questions of one message one after the other, under the question each."""
        found: list[Answer] = []
        for part in parts:
            asked = put_right(part.core, library)  # read otherwise only where that changes it
            one = replace(question, text=part.core, core=part.core, standalone=asked)
            found.append(self.from_passages(one, self.passages(one, library), library))
        return joined(question, found, [part.core for part in parts])

    def from_passages(
        self, question: Question, passages: Sequence[Passage], library: Library
    ) -> Answer:
        """Return the answer that *passages* of *library* give, without searching again."""
        on = question.filters.as_of or self._today()
        begun = replace(blank(question, library, on), consulted=tuple(passages))
        fitted = self._fitted or weights()
        reader = self._read_of(library)
        compared = asked(read(_said(question), language=question.language), library)
        given = candidates(compared, passages, library, reader)
        again = times_more(question.core, question.history)
        if not given.found:
            return declining(replace(begun, notices=heard(question)), (), cases_in(library))
        order = ranked(given.rows, fitted)
        row = standing(about(compared.intent), given.rows, order)
        likely = probability(row, fitted)
        begun, sure = replace(begun, likely=likely), certainty(likely, fitted)
        picked = _picked(compared, given, order, library, reader)
        if again:
            sure = Certainty.ANSWERED
            for _ in range(again):
                picked = picked[_on_screen(picked) :]
            if not picked:
                said = phrase(question.language, "no-more", question=question.standalone)
                return replace(begun, text=said, declined=Declined("not-found", said))
        rivals = _rivals(given, order)
        return _Telling(begun, compared, picked, rivals, library, reader, on).answer(
            sure, again=bool(again)
        )


def _said(question: Question) -> str:
    """Return what is asked of the works or editions that were chosen; they need not say their name."""
    chosen = question.filters.documents or question.filters.editions
    said = question.standalone
    return without_choice(said) if chosen and is_choice(said) else said


@dataclass(frozen=True, eq=False)
class _Pick:
    """A candidate that is quoted, the unit it grew to, and how likely it is beside the first.

    *among* are the candidates of its page, each with its share.
    """

    candidate: Candidate
    among: Sequence[Weighed]
    unit: Unit
    share: float


def _picked(
    question: Asked, given: Candidates, order: Ranked, library: Library, reader: Reader
) -> list[_Pick]:
    """Return what is quoted, best first: no two that overlap or say the same."""
    found: list[_Pick] = []
    said: set[str] = set()
    best = float(order.share[order.first])
    for at in order.order:
        one = given.found[at]
        edition = one.first.edition
        taken = [pick.unit for pick in found if pick.candidate.first.edition == edition]
        if _overlaps(one, taken) or any(line.flat in said for line in one.lines):
            continue
        beside = np.flatnonzero(order.place == order.place[at])
        among = [(given.found[number], float(order.mass[number])) for number in beside.tolist()]
        whole = unit(one, among, question, library, reader)
        if _overlaps(whole, taken):
            whole = Unit(one.lines)
        found.append(_Pick(one, among, whole, float(order.share[at]) / best))
        said.update(line.flat for line in whole.lines)
        if len(found) == 1 + _SHOWN + _FURTHER:
            break
    return found


def _overlaps(one: Candidate | Unit, others: Sequence[Unit]) -> bool:
    return any(other.start < one.end and one.start < other.end for other in others)


def _rivals(given: Candidates, order: Ranked) -> list[Candidate]:
    """Return the candidates that may be meant as well as the first, which is one of them."""
    least = _RIVAL * order.share[order.first]
    return [given.found[at] for at in order.order if order.share[at] >= least]


def _on_screen(picked: Sequence[_Pick]) -> int:
    """Return how many of what was picked come on one screen; the first always, 0 of none."""
    told = 0
    for at, pick in enumerate(picked):
        told += pick.unit.end - pick.unit.start
        less = pick.share < _ALSO * picked[0].share
        if at and (at > _SHOWN or less or told > _TOLD):
            return at
    return len(picked)


class _Telling:
    """One answer put together from what was picked."""

    def __init__(
        self,
        begun: Answer,
        asked_about: Asked,
        picked: Sequence[_Pick],
        rivals: Sequence[Candidate],
        library: Library,
        reader: Reader,
        on: date,
    ) -> None:
        self._begun = begun
        self._rivals = rivals
        self._asked = asked_about
        self._picked = picked
        self._library = library
        self._reader = reader
        self._valid = set(library.in_force(on))
        self._cases = cases_in(library)

    def answer(self, sure: Certainty, *, again: bool) -> Answer:
        """Return the answer as firmly as it stands."""
        begun, question = self._begun, self._begun.question
        language = question.language
        first = self._picked[0]
        missing = lacking(self._asked, first.candidate, self._library, self._reader)
        if sure is Certainty.ANSWERED and any(one.kind in _FIRM for one in missing):
            sure = Certainty.NEAR
        if sure is Certainty.DECLINED:
            near = self._cited(1, first)
            understood = replace(begun, notices=heard(question), missing=missing)
            return declining(understood, (near,), self._cases)
        others = [*(one for one, _ in first.among), *(one.candidate for one in self._picked)]
        value = (
            value_of(self._asked, first.candidate, others, self._reader)
            if sure is Certainty.ANSWERED and not again
            else None
        )
        shown = self._picked[: _on_screen(self._picked)]
        rest = self._picked[len(shown) : len(shown) + _FURTHER]
        citations = tuple(self._cited(number, one) for number, one in enumerate(shown, start=1))
        further = tuple(
            self._cited(number, one) for number, one in enumerate(rest, start=len(shown) + 1)
        )
        lead = self._lead(first, citations[0], value)
        offered = () if again else choices(question, len(self._asked.words), self._rivals)
        screen = Screen(
            language, lead, citations, sure, missing if sure is Certainty.NEAR else (),
            offered, self._cases, first.unit.left,
        )  # fmt: skip
        told = replace(
            begun,
            text=first_screen(screen),
            citations=citations,
            lead=lead,
            certainty=sure,
            further=further,
            further_text=further_screen(further, language, self._cases),
            missing=missing if sure is Certainty.NEAR else (),
            notices=(*heard(question), *notices(citations, language, self._cases)),
            clarify=offered,
        )
        return replace(told, suggestions=questions_next(told, self._library))

    def _cited(self, marker: int, pick: _Pick) -> Citation:
        edition = pick.candidate.first.edition
        return cite(
            marker,
            edition,
            self._library.text(edition),
            pick.unit.start,
            pick.unit.end,
            section=pick.candidate.first.section,
            paths=self._library.sentences(edition).paths,
            in_force=edition in self._valid,
            context=pick.unit.heads,
        )

    def _lead(self, pick: _Pick, citation: Citation, value: Value | None) -> Lead:
        """Return the first line: what answers, as it stands in the first quotation."""
        start, end = first_line(
            pick.candidate,
            pick.unit,
            pick.among,
            self._asked,
            (value.start, value.end) if value else None,
        )
        said = self._library.text(citation.edition).text[start:end].strip()
        return Lead(said, citation.marker, value.text if value else "")


def joined(question: Question, answers: Sequence[Answer], asked_for: Sequence[str]) -> Answer:
    """Return several answers as one: each under its question, citations numbered through."""
    texts: list[str] = []
    citations: list[Citation] = []
    # A question that cannot stand alone has the one before it in front; that one has its own head.
    heads = [core.removeprefix(before) or core for before, core in pairwise(("", *asked_for))]
    for core, one in zip(heads, answers, strict=True):
        text = one.text
        for citation in reversed(one.citations):
            text = text.replace(f"[{citation.marker}]", f"[{citation.marker + len(citations)}]")
        texts.append(f"**{core}**\n\n{text}")
        citations += [replace(each, marker=each.marker + len(citations)) for each in one.citations]
    told = [one for one in answers if one.declined is None]
    first = told[0] if told else answers[0]
    levels = [one.certainty for one in told]
    sure = (
        Certainty.DECLINED if not told
        else Certainty.ANSWERED if all(one is Certainty.ANSWERED for one in levels)
        else Certainty.NEAR
    )  # fmt: skip
    lead = first.lead
    if lead is not None:
        before = sum(len(one.citations) for one in answers[: answers.index(first)])
        value = lead.value if sure is Certainty.ANSWERED else ""
        lead = replace(lead, marker=lead.marker + before, value=value)
    return replace(
        first,
        question=question,
        text="\n\n".join(texts),
        citations=tuple(citations),
        consulted=tuple(passage for one in answers for passage in one.consulted),
        declined=first.declined if not told else None,
        lead=lead,
        certainty=sure,
        further=(),
        further_text="",
        missing=tuple(missing for one in answers for missing in one.missing),
        notices=tuple(dict.fromkeys(notice for one in answers for notice in one.notices)),
        suggestions=first.suggestions,
        clarify=(),
    )
