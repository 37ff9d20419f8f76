"""An answer written by a language model over numbered passages, every sentence of it checked."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from bot.answering.extractive import Extractive
from bot.answering.understanding import heard, names_in
from bot.answers import Answer, Delta, Event, Lead, Question, spoken
from bot.asking.conversation import written_day
from bot.errors import BudgetSpent, ModelFailed
from bot.guard import Guard
from bot.telling.phrases import phrase
from bot.telling.quotations import cases_in, notices
from bot.writing.checking import Checker
from bot.writing.lines import Line, lines_of
from bot.writing.model import (
    LONGEST_DEADLINE_S,
    LanguageModel,
    Message,
    fence_of,
    prompt,
    prompt_hash,
)
from bot.writing.points import NO_ANSWER, SCHEMA, Point, Points
from bot.writing.rewriting import rewritten
from ingest.language.words import tokens

if TYPE_CHECKING:
    from index.passages import Library

_LONGEST_REPLY = 20_000
"""Characters after which a reply is given up: six points need a tenth of it."""

_ATTEMPTS = 2
_PAUSE_S = 0.5
_MAY_PASS = frozenset({"slow", "busy", "failed", "unreachable", "cut"})
"""Kinds of failure that another try may not meet; a refused key or request stays refused."""

log = logging.getLogger(__name__)


@dataclass
class _Draft:
    """What a model has said so far and what is shown of it."""

    checker: Checker
    text: str = ""
    said: int = 0
    silent: bool = False

    def holds(self, question: str) -> bool:
        """Whether what is shown is an answer: half of what was said, and about the question."""
        checker = self.checker
        cited = frozenset[str]().union(*(tokens(one.quote) for one in checker.citations))
        return checker.kept * 2 >= max(self.said, 1) and bool(cited.intersection(tokens(question)))


class Generative:
    """Answers in a model's own words, as far as the documents support them.

    Whatever the model does (slow, down, cut off, nonsense, other languages, orders that it
    found in a document), the answer is either wordings with the sentences they rest on under each,
    or the extractive one of *fallback* with a line that says why.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        model: LanguageModel,
        fallback: Extractive,
        *,
        guard: Guard | None = None,
        vetoed: Callable[[str, str], bool] = lambda _source, _said: False,
        attempts: int = _ATTEMPTS,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the parts.

        *guard* decides what of a question the model may see; *vetoed* may refuse a wording that
        the check let pass (`bot.writing.entailment`).
        """
        self._library = library
        self._model = model
        self._fallback = fallback
        self._guard = guard or Guard()
        self._vetoed = vetoed
        self._attempts = attempts
        self._pause = pause
        self._clock = clock

    def answer(self, question: Question) -> Answer:
        """Return a checked answer, or the extractive one."""
        for event in self.stream(question):
            if isinstance(event, Answer):
                return event
        message = "a stream ends with its answer"
        raise AssertionError(message)

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield checked points as they come, each citation before it, at last the Answer.

        Only what was checked is ever yielded. The Answer at the end counts: after a failure in
        mid-reply it is the extractive answer and replaces what was told.
        """
        begun, since = time.perf_counter(), self._clock()
        library = self._library().seen_by(question.filters.groups)
        whole = rewritten(question, self._model, self._guard)
        question = self._fallback.about(replace(question, standalone=whole), library)
        passages = self._fallback.passages(question, library)
        quoted = self._fallback.from_passages(question, passages, library)
        if quoted.declined is not None:
            yield from spoken(_timed(quoted, begun))
            return
        guarded = self._guard.for_model(question.standalone, question.language)
        told = [guarded.notice] if guarded.notice else []
        lines = lines_of(passages, library)
        if not guarded.allowed or not lines:
            yield from spoken(_timed(_noted(quoted, told), begun))
            return
        draft = _Draft(
            Checker(
                lines,
                library,
                language=question.language,
                on=quoted.asked_on,
                expand=lambda text: _other_names(text, library),
                vetoed=self._vetoed,
                question=question.standalone,
            )
        )
        try:
            said = messages(guarded.text, question.language, lines)
            yield from self._told(draft, said, since + LONGEST_DEADLINE_S)
        except ModelFailed as failure:
            log.warning("%s", failure)
            told.append(_why(failure, question.language))
            yield from _instead(_timed(_noted(quoted, told), begun), draft)
            return
        checker = draft.checker
        if not draft.holds(question.standalone):
            silent = "model-silent" if draft.silent else "model-unsupported"
            told.append(phrase(question.language, silent))
            yield from _instead(_timed(_noted(quoted, told), begun), draft)
            return
        if checker.removed:
            told.append(phrase(question.language, "model-removed", count=len(checker.removed)))
        yield _timed(
            replace(
                quoted,
                text=draft.text.strip(),
                mode="generative",
                citations=tuple(checker.citations),
                lead=Lead(checker.citations[0].quote, checker.citations[0].marker),
                further=(),
                further_text="",
                notices=(
                    *heard(question),
                    *told,
                    *notices(checker.citations, question.language, cases_in(library)),
                ),
                recipe={**quoted.recipe, "model": self._model.name},
                prompt=prompt_hash(f"answer.{question.language}"),
            ),
            begun,
        )

    def _told(self, draft: _Draft, said: Sequence[Message], until: float) -> Iterator[Event]:
        """Yield what of the model's reply stands; try again while nothing was told.

        Raises:
            ModelFailed: the model failed for good, or after something had been told.
        """
        for attempt in range(1, self._attempts + 1):
            points = Points()
            try:
                for piece in self._bounded(said, until):
                    for point in points.feed(piece):
                        yield from _checked(draft, point)
                for point in points.rest():
                    yield from _checked(draft, point)
            except ModelFailed as failure:
                hopeless = failure.kind not in _MAY_PASS or self._clock() > until
                if hopeless or draft.text or attempt == self._attempts:
                    raise
                draft.checker.removed.clear()
                draft.said = 0
                self._pause(_PAUSE_S * 2 ** (attempt - 1))
            else:
                return

    def _bounded(self, said: Sequence[Message], until: float) -> Iterator[str]:
        """Yield the reply's pieces, up to the length that an answer may need.

        All that one question asks of the model has one deadline: the follow-up made whole, the
        reply and another try. So quotations come before the server gives the caller up.

        Raises:
            ModelFailed: the model failed, does not stop, or the question's time is over.
        """
        length = 0
        self._in_time(until)
        for piece in self._model.stream(said, schema=SCHEMA):
            length += len(piece)
            if length > _LONGEST_REPLY:
                raise ModelFailed(self._model.name, "the reply does not end", "cut")
            self._in_time(until)
            yield piece

    def _in_time(self, until: float) -> None:
        if self._clock() > until:
            raise ModelFailed(self._model.name, "the time for one question is over", "slow")


def _other_names(text: str, library: Library) -> Iterator[str]:
    for match in names_in(text, library):
        yield from match.others


def _why(failure: ModelFailed, language: str) -> str:
    """Return the line that says why quotations answer instead of the model."""
    if isinstance(failure, BudgetSpent):
        day = written_day(failure.anew.date(), language)
        return phrase(language, "model-spent", day=day, zone=failure.anew.tzname())
    return phrase(language, "model-failed", reason=phrase(language, failure.kind))


def _checked(draft: _Draft, point: Point) -> Iterator[Event]:
    if point.wording.strip(".。 ") == NO_ANSWER:
        draft.silent = True
        return
    known = len(draft.checker.citations)
    draft.said += 1
    stands = draft.checker.check(point)
    yield from draft.checker.citations[known:]
    draft.text += stands
    if stands:
        yield Delta(stands)


def _instead(answer: Answer, draft: _Draft) -> Iterator[Event]:
    """Yield another answer than the one begun; told anew unless something was told already."""
    if draft.text.strip():
        yield answer
    else:
        yield from spoken(answer)


def _noted(answer: Answer, told: Sequence[str]) -> Answer:
    return replace(answer, notices=(*told, *answer.notices))


def _timed(answer: Answer, begun: float) -> Answer:
    return replace(answer, took_ms=round((time.perf_counter() - begun) * 1000, 1))


def messages(question: str, language: str, lines: Sequence[Line]) -> tuple[Message, Message]:
    """Return what the model is sent: the prompt, then the fenced sentences and the question."""
    fence = fence_of(question, *(line.text for line in lines))
    blocks = []
    for (edition, section), group in groupby(lines, key=lambda line: (line.edition, line.section)):
        said = [f"[{line.number}] {' '.join(line.text.split())}" for line in group]
        title = f"{edition.document.title} ({edition.label}) {' > '.join(section)}".strip()
        blocks.append("\n".join([title, fence, *said, fence]))
    asked = "質問" if language == "ja" else "Question"
    return (
        Message("system", prompt(f"answer.{language}").replace("{fence}", fence)),
        Message("user", "\n\n".join([*blocks, f"{asked}: {question}"])),
    )
