"""An answer made only of quotations: the default, and what every other answer falls back to."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

from bot.answering.declining import decline, doubts, follows
from bot.answering.figures import CONTACT, Told, counted, figure, towns
from bot.answering.ranking import Evidences, find
from bot.answering.readings import Readings
from bot.answering.relevance import fitting, plain
from bot.answering.spans import Evidence
from bot.answers import Answer, Citation, Declined, Delta, Event, Question, cite
from bot.asking import days
from bot.asking.conversation import is_choice, times_more
from bot.asking.question import Wants, wants
from bot.asking.stepping import beside
from bot.telling.phrases import opening, phrase
from bot.telling.quotations import body, escaped, notices
from index.kinds import definition, subject
from ingest.japanese import normalise, tokens
from ingest.language.sentences import shown
from ingest.splitting import BULLETS, NUMBERING

if TYPE_CHECKING:
    from index.passages import Library, Passage
    from index.search.glossary import Match

PASSAGES = 24
"""How many passages are asked for; the first few are read, more say which words are rare."""

_SUGGESTED = 3
_VAGUE, _RIVALS, _EQUALLY = 2, 2, 0.93
"""Words up to which a question is vague; works that rival; from what share of the best score."""

_NEAR, _AS_NEAR, _CHOICES = 6, 0.75, 4
"""Passages that show which works are near, from what share of the best; choices at most."""

_STEP = re.compile(
    r"[①-⑳]|(?:ステップ|手順|step)\s?[0-9０-９]|^[（(]?[0-9０-９]{1,2}[)）.．\t]", re.IGNORECASE
)
_ASSERTED = 0.6
"""Confidence below which no figure or town is put on top of the quotations."""

_OF_IT = 0.7
"""From what share of the most that a quotation says of what is asked about its towns are named."""

_STEPS_TOLD = re.compile(
    r"次の[^。]{0,16}(?:ステップ|段階|手順|作業|フェーズ)|(?:ステップ|段階|フェーズ)に分かれ"
    r"|(?:ステップ|段階|手順|作業|フェーズ)(?:は|が)、?次の"
    r"|\bfollowing (?:\w+ )?(?:steps|phases|stages)\b",
    re.IGNORECASE,
)
"""What announces steps in their order."""

_STEPS, _STEPS_NEAR, _ANNOUNCED_NEAR = 3, 0.86, 0.65
"""Numbered lines from which on they are steps, and from what share of the best they lead: the
same where they are announced as steps."""

_TITLE = re.compile(r"[『“]([^『』“”]+)[』”]")


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
        """Return the question as it is understood.

        Misspelt names are put right, and a day or a superseded edition that it names is a filter.
        """
        stepped = self._stepped(surer(question, library), library)
        question = settled(mended(stepped, library), library)
        on = question.filters.as_of or self._today()
        return with_edition(with_work(question, library), library, on)

    def _stepped(self, question: Question, library: Library) -> Question:
        """Return a question about the next section as one about that section by its name."""
        if not question.history:
            return question
        readings, on = self._read_of(library), question.filters.as_of or self._today()
        # Looked at only for a question that does step on.
        documents = (
            readings.sections(library, edition)
            for edition in library.in_force(on)
            if edition.held and edition.document.language == question.language
        )
        meant = beside(question.core, question.history, documents)
        return replace(question, standalone=meant) if meant else question

    def from_passages(
        self, question: Question, passages: Sequence[Passage], library: Library
    ) -> Answer:
        """Return the answer that *passages* of *library* give, without searching again."""
        language = question.language
        readings = self._read_of(library)
        shapes = _shapes(question)
        again = times_more(question.core, question.history)
        evidences = find(
            question.standalone,
            passages,
            library,
            language=language,
            matches=names_in(question.standalone, library),
            readings=readings,
            shapes=shapes,
            rounds=again,
            marks=_marks(question.standalone, shapes, library),
        )
        on = question.filters.as_of or self._today()
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
        if again and not evidences.spans:
            said = phrase(language, "no-more", question=escaped(question.standalone))
            return replace(blank, text=said, declined=Declined("not-found", said))
        sure = 1.0 if again else library.confidence(question.standalone, passages)
        doubt = None if again else doubts(question, passages, evidences, library, sure)
        spans = evidences.spans
        head = _Head() if again or doubt else _head(question.standalone, shapes, spans, library)
        if sure < _ASSERTED:
            # Quotations may be near the mark; a name or figure on top would say that they hit it.
            head = _Head()
        leads = 0 if doubt else head.span if head.figure else _leading(spans, shapes, library)
        if leads:
            # The figure leads, and so does the statement that gives it; likewise steps, contacts.
            chosen = replace(spans[leads], main=True)
            spans = [chosen, *spans[:leads], *spans[leads + 1 :]]
            head = replace(head, span=0)
        citations, parts, markers = cited(spans, library, on)
        if doubt is not None:
            understood = replace(blank, notices=heard(question))
            return decline(understood, doubt, citations, parts, library)
        cases = readings.cases(library)
        choices = () if again else clarify(question, evidences, passages, library)
        main = citations[: sum(span.main for span in spans)]
        first = (
            phrase(language, "opening-more")
            if again
            else phrase(language, "opening-unsure")
            if sure < _ASSERTED
            else _opening(question, shapes, head, markers, main, cases)
        )
        return replace(
            blank,
            text=_told(question, spans, citations, parts, first, choices, cases),
            citations=tuple(citations),
            notices=(*heard(question), *notices(citations, language, cases)),
            suggestions=suggestions(citations, library, language, readings),
            clarify=choices,
        )


def _shapes(question: Question) -> frozenset[Wants]:
    """Return what shape of answer is asked for: by a follow-up itself, where it says one."""
    return (follows(question) and wants(question.core)) or wants(question.standalone)


def _marks(question: str, shapes: frozenset[Wants], library: Library) -> list[re.Pattern[str]]:
    """Return what finds a number of the thing counted, and where a name's meaning is told."""
    found = [
        counted(question, shapes),
        CONTACT if Wants.CONTACT in shapes else None,
        _STEPS_TOLD if Wants.STEPS in shapes else None,
    ]
    if name := subject(normalise(question)):
        same = (
            other
            for match in names_in(name, library)
            if normalise(match.said) == name
            for other in match.others
        )
        found.append(definition([name, *same]))
    return [one for one in found if one is not None]


def _told(
    question: Question,
    spans: Sequence[Evidence],
    citations: Sequence[Citation],
    parts: Mapping[int, Sequence[tuple[int, int]]],
    first: str,
    choices: Sequence[str],
    cases: Collection[str],
) -> str:
    """Return the answer's Markdown: a line to begin with, what answers, what stands beside it."""
    language = question.language
    # `cited` puts the main evidence first, so that many citations are main.
    main = sum(span.main for span in spans)
    pieces = [first, body(citations[:main], parts, language, cases)]
    if citations[main:]:
        if main:
            pieces.append(f"**{phrase(language, 'beside')}**")
        pieces.append(body(citations[main:], parts, language, cases))
    if choices:
        asked = [f"- {escaped(choice)}" for choice in choices]
        pieces.append("\n".join([phrase(language, "clarify"), "", *asked]))
    return "\n\n".join(pieces)


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands first: the *figure* or the *towns* asked for, and which span has the figure."""

    span: int = 0
    figure: str = ""
    towns: tuple[tuple[int, str], ...] = ()


def _head(
    question: str, shapes: frozenset[Wants], spans: Sequence[Evidence], library: Library
) -> _Head:
    """Find the figure or the towns that were asked for, where they are plain."""
    told = [
        [
            Told(
                said := library.text(span.edition).text[start:end],
                subject,
                asked,
                deadline=bool(fitting(Wants.DEADLINE, plain(f"{said} {span.context}"))),
            )
            for start, end, subject, asked in span.told
        ]
        for span in spans
    ]
    if Wants.PLACE in shapes:
        main = [(at, one) for at, one in enumerate(told) if spans[at].main]
        most = max((one.subject for _, quote in main for one in quote), default=0.0)
        named = [(at, town) for at, quote in main for town in towns(quote, _OF_IT * most)]
        return _Head(towns=tuple({town: (at, town) for at, town in reversed(named)}.values())[::-1])
    if days.find(question) is not None:
        # Nothing held was in force on that day, so no date of today's editions is its answer.
        return _Head()
    at, found = figure(question, sorted(shapes), told)
    return _Head(at, found)


def _leading(spans: Sequence[Evidence], shapes: frozenset[Wants], library: Library) -> int:
    """Return which span gives a contact, or the steps in their order, where asked for; else 0."""
    if Wants.CONTACT in shapes:
        for at, span in enumerate(spans):
            said = normalise(library.text(span.edition).text[span.start : span.end])
            if CONTACT.search(said):
                return at
    if Wants.STEPS not in shapes:
        return 0
    for at, span in enumerate(spans):
        said = library.text(span.edition).text
        numbered = sum(_STEP.search(said[start:end]) is not None for start, end, *_ in span.told)
        announced = _STEPS_TOLD.search(said[span.start : span.end]) is not None
        near = _ANNOUNCED_NEAR if announced else _STEPS_NEAR
        if numbered >= _STEPS and span.score >= near * spans[0].score:
            return at
    return 0


def _opening(
    question: Question,
    shapes: frozenset[Wants],
    head: _Head,
    markers: Sequence[int],
    main: Sequence[Citation],
    cases: Collection[str],
) -> str:
    """Return the first line: what was asked for when it is plain, else what follows."""
    language = question.language
    if head.figure:
        found = phrase(language, "found", found=escaped(shown(head.figure)))
        return f"{found}[{markers[head.span]}]"
    if head.towns:
        between = "、" if language == "ja" else ", "
        named = between.join(escaped(shown(town)) for _, town in head.towns)
        cited_at = "".join(f"[{markers[at]}]" for at in dict.fromkeys(at for at, _ in head.towns))
        return phrase(language, "found-towns", towns=named) + cited_at
    if main and all(one.edition.document.id in cases for one in main):
        return phrase(language, "opening-case")
    return opening(language, shapes)


def heard(question: Question) -> tuple[str, ...]:
    """Return the question's notices, and how a follow-up was understood."""
    if question.standalone in {question.text, days.without(question.text)}:
        return question.notices
    read_as = phrase(question.language, "notice-read-as", question=question.standalone)
    return (*question.notices, read_as)


def surer(question: Question, library: Library) -> Question:
    """Return a question that may follow up or not as what the documents answer more surely."""
    if not question.alone:
        return question
    sure = {
        text: library.confidence(text, library.retrieve(text, k=PASSAGES, filters=question.filters))
        for text in (question.standalone, question.alone)
    }
    return replace(question, standalone=max(sure, key=lambda text: sure[text]), alone="")


def mended(question: Question, library: Library) -> Question:
    """Return the question with misspelt names put right; `heard` tells how it was read."""
    return replace(question, standalone=library.mended(question.standalone))


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


def with_work(question: Question, library: Library) -> Question:
    """Return the question with the works as filter whose whole titles it quotes, if it does."""
    if question.filters.documents:
        return question
    titles = {match[1] for match in _TITLE.finditer(question.standalone)}
    named = {
        edition.document.id
        for edition in library.editions
        if edition.held and edition.document.title in titles
    }
    if not named:
        return question
    return replace(question, filters=replace(question.filters, documents=tuple(sorted(named))))


def with_edition(question: Question, library: Library, on: date) -> Question:
    """Return the question with the superseded edition that it names, if it names one, as filter.

    Of editions that are a filter already it keeps those that it names, if it names any.
    """
    said = normalise(question.standalone)
    if question.filters.editions:
        kept = tuple(label for label in question.filters.editions if _names(said, label))
        return replace(
            question,
            filters=replace(question.filters, editions=kept or question.filters.editions),
        )
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
                title = NUMBERING.sub("", " ".join(near[-1].split()).lstrip(BULLETS))
                if title:
                    found[phrase(language, "suggest", section=title)] = None
    return tuple(found)[:_SUGGESTED]


def clarify(
    question: Question, evidences: Evidences, passages: Sequence[Passage], library: Library
) -> tuple[str, ...]:
    """Return choices when a short question fits several things equally well, else none.

    The things are works, editions of one work, municipalities or sections, in this order. At
    most one question is asked back: never to somebody who has just been asked, or who chose.
    """
    if is_choice(question.core) or question.filters.documents:
        return ()
    if len(tokens(question.standalone)) > _VAGUE:
        return ()
    language = question.language
    asked_back = phrase(language, "clarify")
    if question.history and asked_back in question.history[-1].answer:
        return ()
    rivals = [span for span in evidences.spans if span.score >= _EQUALLY * evidences.spans[0].score]
    shapeless = not evidences.need.shapes
    titles = dict.fromkeys(span.edition.document.title for span in rivals)
    if len(titles) >= _RIVALS or shapeless:
        titles |= dict.fromkeys(_near_titles(passages, language))
    if len(titles) >= _RIVALS:
        return tuple(
            phrase(language, "choice", title=title, question=question.standalone)
            for title in list(titles)[:_CHOICES]
        )
    ways = [dict.fromkeys(span.edition.label for span in rivals)]
    if shapeless:
        ways.append(dict.fromkeys(town for span in rivals for town in _towns_in(span, library)))
        paths = [path for span in rivals if (path := _section(span, library))]
        ways.append(dict.fromkeys(NUMBERING.sub("", shown(path[-1])) for path in paths))
    parts = next((way for way in ways if len(way) >= _RIVALS), {})
    return tuple(
        phrase(language, "choice-part", part=shown(part), question=question.standalone)
        for part in list(parts)[:_CHOICES]
    )


def _near_titles(passages: Sequence[Passage], language: str) -> list[str]:
    """Return the titles of the works in the asker's language that a search finds about as near."""
    return [
        hit.chunk.edition.document.title
        for hit in passages[:_NEAR]
        if hit.score >= _AS_NEAR * passages[0].score
        and hit.chunk.edition.document.language == language
    ]


def _towns_in(span: Evidence, library: Library) -> list[str]:
    text = library.text(span.edition).text
    return towns([Told(text[start:end], share) for start, end, share, _ in span.told])


def names_in(question: str, library: Library) -> Sequence[Match]:
    """Return the glossary's names in *question*."""
    return library.glossary.expand(question)


def cited(
    spans: Sequence[Evidence], library: Library, on: date
) -> tuple[list[Citation], dict[int, tuple[tuple[int, int], ...]], list[int]]:
    """Turn spans into citations numbered from 1: main ones first, documents kept together.

    The second value maps each marker to the (start, end) of its sentences, the third tells for
    each span its marker.
    """
    valid = set(library.in_force(on))
    documents = list(dict.fromkeys(span.edition for span in spans))
    order = sorted(
        range(len(spans)),
        key=lambda at: (not spans[at].main, documents.index(spans[at].edition)),
    )
    markers = [0] * len(spans)
    citations: list[Citation] = []
    parts: dict[int, tuple[tuple[int, int], ...]] = {}
    for marker, at in enumerate(order, start=1):
        span = spans[at]
        markers[at] = marker
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
    return citations, parts, markers


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
