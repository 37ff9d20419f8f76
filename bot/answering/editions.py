"""An answerer that knows of editions: it tells what changed, and what counts now."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from bot.answering.articles import article_of
from bot.answering.changes import changes_of, years_in
from bot.answers import Answer, Certainty, Citation, blank, spoken, streamed
from bot.telling.phrases import phrase
from index.revisions.following import State, follow
from index.revisions.matching import Comparisons

if TYPE_CHECKING:
    from bot.answers import Answerer, Event, Question
    from index.passages import Library
    from index.revisions.following import Followed

_REVISED = re.compile(r"改[定訂正]|変更|追加|見直|revis|chang|updat", re.IGNORECASE)


class AcrossEditions:
    """Answers as *answerer* does; citations of superseded editions say where they stand today.

    A question for what changed between two editions is answered by comparing them, one for an
    article with that article.
    """

    def __init__(
        self,
        answerer: Answerer,
        library: Callable[[], Library],
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        """Look at the present editions of *library*, which gives the current generation."""
        self._answerer = answerer
        self._library = library
        self._today = today
        self._comparisons = Comparisons()

    def answer(self, question: Question) -> Answer:
        """Return the answer, what was superseded in it with its present place."""
        if question.small_talk is not None:
            return reply(question, self._seen(question), self._today())
        changes, library = self._changes(question)
        if changes is not None and changes.declined is None:
            # What holds now stands beside what held then, unless both are superseded.
            told = any(citation.in_force for citation in changes.citations)
            return changes if told else self._pointed(changes, library)
        article = None if changes else self._article(question, library)
        answer = article or self._answerer.answer(question)
        return self._pointed(_better(changes, answer), library)

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield what the answerer yields, its citations and its answer with present places."""
        if question.small_talk is not None:
            yield from spoken(self.answer(question))
            return
        changes, library = self._changes(question)
        if changes is not None or self._article(question, library) is not None:
            yield from spoken(self.answer(question))
            return
        for event in streamed(self._answerer, question):
            if isinstance(event, Answer):
                yield self._pointed(event, library)
            elif isinstance(event, Citation):
                yield to_now(event, library, self._today())
            else:
                yield event

    def _seen(self, question: Question) -> Library:
        return self._library().seen_by(question.filters.groups)

    def _changes(self, question: Question) -> tuple[Answer | None, Library]:
        library = self._seen(question)
        begun = time.perf_counter()
        answer = changes_of(question, library, self._comparisons, self._today())
        took = round((time.perf_counter() - begun) * 1000, 1)
        return (None if answer is None else replace(answer, took_ms=took)), library

    def _article(self, question: Question, library: Library) -> Answer | None:
        return article_of(question, library, question.filters.as_of or self._today())

    def _pointed(self, answer: Answer, library: Library) -> Answer:
        return pointed(answer, library, self._today())


def _better(changes: Answer | None, answer: Answer) -> Answer:
    """Return *answer*, or that nothing can be compared where it does not speak of a revision.

    A manual may tell itself what its edition changed, of the year that was asked about.
    """
    if changes is None:
        return answer
    years = years_in(answer.question.core)
    told = any(
        _REVISED.search(citation.quote) and (not years or years & years_in(citation.quote))
        for citation in answer.citations
    )
    if answer.certainty is not Certainty.ANSWERED or not told:
        return changes
    return replace(answer, notices=(*answer.notices, changes.text))


def pointed(answer: Answer, library: Library, today: date) -> Answer:
    """Return the answer, each citation of a superseded edition with where it stands today."""
    declined = answer.declined
    return replace(
        answer,
        citations=tuple(to_now(each, library, today) for each in answer.citations),
        further=tuple(to_now(each, library, today) for each in answer.further),
        declined=declined
        and replace(
            declined, nearest=tuple(to_now(each, library, today) for each in declined.nearest)
        ),
    )


def to_now(citation: Citation, library: Library, today: date) -> Citation:
    """Return a citation with where its text stands today; as it is while its edition counts.

    An edition that has yet to come into force has no later place to point to.
    """
    edition = citation.edition
    begins = edition.in_force_from or edition.published
    if edition in library.in_force(today) or (begins is not None and begins > today):
        return citation
    return replace(citation, now=follow(library, edition, citation.quote, today))


def overtaken(
    answer: Answer, library: Library, today: date
) -> tuple[tuple[Citation, Followed], ...]:
    """Return the citations of an answer whose words changed or vanished since, and what is there.

    An answer about a day is compared with what was in force on that day, any other with what is
    in force *today*. What was quoted from an edition because it was asked for, or although it
    was superseded, is what it was.
    """
    asked = answer.question.filters
    day = answer.asked_on if asked.as_of else today
    found: list[tuple[Citation, Followed]] = []
    for citation in answer.citations:
        if not citation.in_force or citation.edition.label in asked.editions:
            continue
        now = follow(library, citation.edition, citation.quote, day)
        if now.state in {State.CHANGED, State.GONE}:
            found.append((citation, now))
    return tuple(found)


def reply(question: Question, library: Library, on: date) -> Answer:
    """Return a sentence in answer to a greeting or to thanks.

    Raises:
        ValueError: the question is no small talk.
    """
    if question.small_talk is None:
        message = f"{question.text}: this asks something"
        raise ValueError(message)
    said = phrase(question.language, question.small_talk)
    return replace(blank(question, library, on), text=said)
