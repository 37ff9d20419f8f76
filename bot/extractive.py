"""An answer made only of quotations: the default, and what every other answer falls back to."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

from bot import days
from bot.answers import Answer, Citation, Delta, Event, Question, cite
from bot.declining import decline, doubts
from bot.evidence import Evidence, find
from bot.figures import figure
from bot.phrases import opening, phrase
from bot.question import Wants, wants
from bot.quotations import body, cases_in, escaped, notices
from bot.readings import Readings
from bot.sentences import shown
from ingest.japanese import normalise, tokens

if TYPE_CHECKING:
    from index.glossary import Match
    from index.passages import Library, Passage

PASSAGES = 24
"""How many passages are asked for; the first few are read, more say which words are rare."""

_SUGGESTED = 3
_VAGUE, _RIVALS, _EQUALLY = 2, 2, 0.93
"""Words up to which a question is vague; works that rival; from what share of the best score."""

_MORE = re.compile(
    r"もっと|詳し|続き|ほかにも|すべて見|\b(?:more|detail|details|go on)\b", re.IGNORECASE
)
_NUMBERING = re.compile(
    r"^\s*(?:第\s*[\d０-９一二三四五六七八九十]+\s*[章節部編]|[（(]?[\d０-９]+(?:[.．][\d０-９]+)*[)）.．、]?|[①-⑳]|[【】])\s*"
)


class Extractive:
    """Answers with the sentences that answer, quoted word for word.

    *library* is called once for each question and gives the current generation.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        """Keep where texts come from and what day it is."""
        self._library = library
        self._today = today
        self._readings: tuple[ReferenceType[Library] | None, Readings] = (None, Readings())

    def answer(self, question: Question) -> Answer:
        """Return quotations with their sources, or an answer that declines and says what is near."""
        begun = time.perf_counter()
        library = self._library()
        asked = self.about(question, library)
        passages = library.retrieve(asked.standalone, k=PASSAGES, filters=asked.filters)
        return replace(
            self.from_passages(asked, passages, library),
            took_ms=round((time.perf_counter() - begun) * 1000, 1),
        )

    def _read_of(self, library: Library) -> Readings:
        """Return what was read of a generation so far; another one begins anew."""
        whose, readings = self._readings
        if whose is None or whose() is not library:
            # Without holding on to the generation, so that it goes with its last reader.
            readings = Readings()
            self._readings = (ref(library), readings)
        return readings

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the answer line by line: text, each citation before its text, at last the Answer."""
        yield from spoken(self.answer(question))

    def about(self, question: Question, library: Library) -> Question:
        """Return the question with the day, or the superseded edition, that it names as filter."""
        question = settled(question, library)
        return with_edition(question, library, question.filters.as_of or self._today())

    def from_passages(
        self, question: Question, passages: Sequence[Passage], library: Library
    ) -> Answer:
        """Return the answer that *passages* of *library* give, without searching again."""
        language = question.language
        evidences = find(
            question.standalone,
            passages,
            library,
            language=language,
            matches=names_in(question.standalone, library),
            readings=self._read_of(library),
        )
        on = question.filters.as_of or self._today()
        citations, parts = cited(evidences.spans, library, on)
        blank = Answer(
            id=secrets.token_hex(8),
            question=question,
            text="",
            mode="extractive",
            citations=(),
            consulted=tuple(passages),
            declined=None,
            generation=library.id,
            recipe=library.recipe,
            asked_on=on,
        )
        doubt = doubts(question, passages, evidences, library)
        if doubt is not None:
            return decline(blank, doubt, citations, parts, library)
        cases = cases_in(library)
        choices = clarify(question, evidences.spans)
        return replace(
            blank,
            text=_told(question, evidences.spans, citations, parts, library, choices),
            citations=tuple(citations),
            notices=(*heard(question), *notices(citations, language, cases)),
            suggestions=suggestions(citations, library, language, self._read_of(library)),
            clarify=choices,
        )


def _told(
    question: Question,
    spans: Sequence[Evidence],
    citations: Sequence[Citation],
    parts: Mapping[int, Sequence[tuple[int, int]]],
    library: Library,
    choices: Sequence[str],
) -> str:
    """Return the answer's Markdown: a line to begin with, what answers, what stands beside it."""
    language = question.language
    shapes = wants(question.standalone)
    cases = cases_in(library)
    # `cited` puts the main evidence first, so that many citations are main.
    main = sum(span.main for span in spans)
    pieces = [
        _opening(question, shapes, citations[:main], cases),
        body(citations[:main], parts, language, cases),
    ]
    if citations[main:]:
        pieces.append(f"**{phrase(language, 'beside')}**")
        pieces.append(body(citations[main:], parts, language, cases))
    if choices:
        asked = [f"- {escaped(choice)}" for choice in choices]
        pieces.append("\n".join([phrase(language, "clarify"), "", *asked]))
    return "\n\n".join(pieces)


def _opening(
    question: Question,
    shapes: frozenset[Wants],
    main: Sequence[Citation],
    cases: Collection[str],
) -> str:
    """Return the first line: the figure that was asked for when it is plain, else what follows."""
    language = question.language
    found = figure(question.standalone, sorted(shapes), [one.quote for one in main])
    if found:
        return phrase(language, "found", found=escaped(shown(found))) + f"[{main[0].marker}]"
    if all(one.edition.document.id in cases for one in main):
        return phrase(language, "opening-case")
    return opening(language, shapes)


def heard(question: Question) -> tuple[str, ...]:
    """Return the question's notices, and how a follow-up was understood."""
    if question.standalone in {question.text, days.without(question.text)}:
        return question.notices
    read_as = phrase(question.language, "notice-read-as", question=question.standalone)
    return (*question.notices, read_as)


def settled(question: Question, library: Library) -> Question:
    """Return the question with a notice of the day it was understood to be about.

    When nothing was in force on that day, the editions in force now are searched, for the words
    as they were asked, and the notice says so.
    """
    day = question.filters.as_of
    if not question.day_said or day is None:
        return question
    language = question.language
    told = {"said": question.day_said, "day": days.written(day, language)}
    if library.in_force(day):
        said = days.find(question.day_said)
        name = f"notice-as-of-{said.whole}" if said else "notice-as-of-day"
        notices = (*question.notices, phrase(language, name, **told))
        return replace(question, notices=notices)
    join = "、" if language == "ja" else ", "
    return replace(
        question,
        standalone=f"{question.day_said}{join}{question.standalone}",
        filters=replace(question.filters, as_of=None),
        day_said="",
        notices=(*question.notices, phrase(language, "notice-as-of-none", **told)),
    )


def with_edition(question: Question, library: Library, on: date) -> Question:
    """Return the question with the superseded edition that it names, if it names one, as filter."""
    if question.filters.editions:
        return question
    said = normalise(question.standalone)
    current = {edition.label for edition in library.in_force(on)}
    named = {
        edition.label
        for edition in library.editions
        if edition.held and edition.label not in current and _names(said, edition.label)
    }
    if not named:
        return question
    return replace(question, filters=replace(question.filters, editions=tuple(sorted(named))))


def _names(said: str, label: str) -> bool:
    """Whether a question says an edition's label, as whole figures (第1版 is not in 第11版)."""
    plain = re.escape(normalise(label))
    return len(label) > 1 and re.search(rf"(?<![\d.]){plain}(?![\d.])", said) is not None


def suggestions(
    citations: Sequence[Citation], library: Library, language: str, readings: Readings
) -> tuple[str, ...]:
    """Return up to three questions about the sections next to the cited ones, nearest first."""
    found: dict[str, None] = {}
    for citation in citations[:_SUGGESTED]:
        paths = readings.sections(library, citation.edition)
        cited_here = {one.section for one in citations if one.edition == citation.edition}
        if citation.section not in paths:
            continue
        at = paths.index(citation.section)
        for near in (*paths[at + 1 : at + 3], *reversed(paths[max(0, at - 2) : at])):
            if near and near not in cited_here:
                title = _NUMBERING.sub("", " ".join(near[-1].split()))
                if title:
                    found[phrase(language, "suggest", section=title)] = None
    return tuple(found)[:_SUGGESTED]


def clarify(question: Question, spans: Sequence[Evidence]) -> tuple[str, ...]:
    """Return choices when a short question fits several works equally well, else none.

    At most one question is asked back: never to somebody who has just been asked.
    """
    if len(tokens(question.standalone)) > _VAGUE or question.filters.documents:
        return ()
    asked_back = phrase(question.language, "clarify")
    if question.history and asked_back in question.history[-1].answer:
        return ()
    rivals = [span for span in spans if span.score >= _EQUALLY * spans[0].score]
    titles = dict.fromkeys(span.edition.document.title for span in rivals)
    if len(titles) < _RIVALS:
        return ()
    return tuple(
        phrase(question.language, "choice", title=title, question=question.standalone)
        for title in titles
    )


def names_in(question: str, library: Library) -> Sequence[Match]:
    """Return the glossary's names in *question*."""
    return library.glossary.expand(question)


def cited(
    spans: Sequence[Evidence], library: Library, on: date
) -> tuple[list[Citation], dict[int, tuple[tuple[int, int], ...]]]:
    """Turn spans into citations numbered from 1: main ones first, documents kept together.

    The second value maps each marker to the (start, end) of its sentences.
    """
    valid = set(library.in_force(on))
    documents = list(dict.fromkeys(span.edition for span in spans))
    ordered = sorted(spans, key=lambda span: (not span.main, documents.index(span.edition)))
    citations: list[Citation] = []
    parts: dict[int, tuple[tuple[int, int], ...]] = {}
    for marker, span in enumerate(ordered, start=1):
        citations.append(
            cite(
                marker,
                span.edition,
                library.text(span.edition),
                span.start,
                span.end,
                section=_section(span, library),
                in_force=span.edition in valid,
                context=span.context,
            )
        )
        parts[marker] = span.parts
    return citations, parts


def _section(span: Evidence, library: Library) -> tuple[str, ...]:
    """Return the section in which a span begins; it may lie beside the passage that led to it."""
    chunk = span.passage.chunk
    if chunk.start <= span.start < chunk.end:
        return chunk.section
    chunks = library.chunks(span.edition)
    holding = [one.section for one in chunks if one.start <= span.start < one.end]
    return holding[0] if holding else chunk.section


def spoken(answer: Answer) -> Iterator[Event]:
    """Yield a finished answer as a stream: its lines, each citation before the line that names it."""
    told: set[int] = set()
    for line in answer.text.splitlines(keepends=True):
        for citation in answer.citations:
            if citation.marker not in told and f"[{citation.marker}]" in line:
                told.add(citation.marker)
                yield citation
        yield Delta(line)
    yield answer
