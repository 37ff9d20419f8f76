"""An answer written by a language model over numbered passages, every sentence of it checked."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from bot.answering.extractive import PASSAGES, Extractive, heard, names_in, spoken
from bot.answers import Answer, Delta, Event, Question
from bot.asking import days
from bot.errors import BudgetSpent, ModelFailed
from bot.guard import Guard
from bot.telling.phrases import phrase
from bot.telling.quotations import cases_in, notices
from bot.writing.checking import Checker, Cutter, tidied
from bot.writing.model import LanguageModel, Message, fence_of, prompt, prompt_hash
from bot.writing.rewriting import rewritten
from bot.writing.support import Source
from ingest.commands import addresses_a_machine
from ingest.splitting import sentences

if TYPE_CHECKING:
    from index.passages import Library, Passage

NO_ANSWER = "NO_ANSWER"

_SHOWN_PASSAGES = 8
_SHOWN_CHARACTERS = 6_000
_ATTEMPTS = 2
_PAUSE_S = 0.5
_MAY_PASS = frozenset({"slow", "busy", "failed", "unreachable", "cut"})
"""Kinds of failure that another try may not meet; a refused key or request stays refused."""

log = logging.getLogger(__name__)


@dataclass
class _Draft:
    """What a model has said so far and what of it stands."""

    checker: Checker
    text: str = ""
    silent: bool = False


class Generative:
    """Answers in a model's own words, as far as the documents support them.

    Whatever the model does (slow, down, cut off, nonsense, other languages, orders that it
    found in a document), the answer is either supported sentence by sentence, or the
    extractive one of *fallback* with a line that says why.
    """

    def __init__(
        self,
        library: Callable[[], Library],
        model: LanguageModel,
        fallback: Extractive,
        *,
        guard: Guard | None = None,
        attempts: int = _ATTEMPTS,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep the parts; *guard* decides what of a question the model may see."""
        self._library = library
        self._model = model
        self._fallback = fallback
        self._guard = guard or Guard()
        self._attempts = attempts
        self._pause = pause

    def answer(self, question: Question) -> Answer:
        """Return a checked answer, or the extractive one."""
        for event in self.stream(question):
            if isinstance(event, Answer):
                return event
        message = "a stream ends with its answer"
        raise AssertionError(message)

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield checked sentences as they come, each citation before it, at last the Answer.

        Only what was checked is ever yielded. The Answer at the end counts: after a failure in
        mid-reply it is the extractive answer and replaces what was told.
        """
        begun = time.perf_counter()
        library = self._library()
        whole = rewritten(question, self._model, self._guard)
        question = self._fallback.about(replace(question, standalone=whole), library)
        passages = library.retrieve(question.standalone, k=PASSAGES, filters=question.filters)
        quoted = self._fallback.from_passages(question, passages, library)
        if quoted.declined is not None:
            yield from spoken(_timed(quoted, begun))
            return
        guarded = self._guard.for_model(question.standalone, question.language)
        told = [guarded.notice] if guarded.notice else []
        sources = sources_of(passages, library)
        if not guarded.allowed or not sources:
            yield from spoken(_timed(_noted(quoted, told), begun))
            return
        draft = _Draft(
            Checker(
                sources,
                library,
                question=question.text,
                language=question.language,
                on=quoted.asked_on,
                expand=lambda text: names_in(text, library),
            )
        )
        try:
            yield from self._told(
                draft, messages(guarded.text, question.language, sources, library)
            )
        except ModelFailed as failure:
            log.warning("%s", failure)
            told.append(_why(failure, question.language))
            yield from _instead(_timed(_noted(quoted, told), begun), draft)
            return
        checker = draft.checker
        yield from _remaining(draft)
        if not checker.citations:
            silent = "model-silent" if draft.silent else "model-unsupported"
            told.append(phrase(question.language, silent))
            yield from _instead(_timed(_noted(quoted, told), begun), draft)
            return
        if checker.removed:
            told.append(phrase(question.language, "model-removed", count=len(checker.removed)))
        yield _timed(
            replace(
                quoted,
                text=tidied(draft.text),
                mode="generative",
                citations=tuple(checker.citations),
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

    def _told(self, draft: _Draft, said: Sequence[Message]) -> Iterator[Event]:
        """Yield what of the model's reply stands; try again while nothing was told.

        Raises:
            ModelFailed: the model failed for good, or after something had been told.
        """
        for attempt in range(1, self._attempts + 1):
            cutter = Cutter()
            try:
                for piece in self._model.stream(said):
                    for sentence in cutter.feed(piece):
                        yield from _checked(draft, sentence)
                for sentence in cutter.rest():
                    yield from _checked(draft, sentence)
            except ModelFailed as failure:
                hopeless = failure.kind not in _MAY_PASS
                if hopeless or draft.text.strip() or attempt == self._attempts:
                    raise
                draft.checker.removed.clear()
                self._pause(_PAUSE_S * 2 ** (attempt - 1))
            else:
                return


def _why(failure: ModelFailed, language: str) -> str:
    """Return the line that says why quotations answer instead of the model."""
    if isinstance(failure, BudgetSpent):
        day = days.written(failure.anew.date(), language)
        return phrase(language, "model-spent", day=day, zone=failure.anew.tzname())
    return phrase(language, "model-failed", reason=phrase(language, failure.kind))


def _checked(draft: _Draft, sentence: str) -> Iterator[Event]:
    if sentence.strip().strip(".。") == NO_ANSWER:
        draft.silent = True
        return
    known = len(draft.checker.citations)
    stands = draft.checker.check(sentence)
    if not stands.strip() and not draft.text.strip():
        return
    yield from draft.checker.citations[known:]
    draft.text += stands
    if stands:
        yield Delta(stands)


def _remaining(draft: _Draft) -> list[Event]:
    """Return the exceptions that belong to what was told, each behind its citation."""
    known = len(draft.checker.citations)
    more = draft.checker.left_out()
    draft.text += more
    return [*draft.checker.citations[known:], *([Delta(more)] if more else [])]


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


def sources_of(passages: Sequence[Passage], library: Library) -> tuple[Source, ...]:
    """Return the numbered spans a model is given: the best passages, overlaps left out.

    Paragraphs that address a machine are cut out, so that a model neither reads nor cites them.
    """
    found: list[Source] = []
    room = _SHOWN_CHARACTERS
    for hit in passages:
        if len(found) >= _SHOWN_PASSAGES:
            break
        chunk = hit.chunk
        for start, end in _harmless(hit, library):
            taken = any(
                one.edition == chunk.edition and start < one.end and one.start < end
                for one in found
            )
            if taken or end - start > room:
                continue
            room -= end - start
            found.append(Source(len(found) + 1, chunk.edition, start, end, chunk.section, hit))
    return tuple(found)


def _harmless(hit: Passage, library: Library) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of a passage's runs of paragraphs that address a reader."""
    chunk = hit.chunk
    text = library.text(chunk.edition)
    run: tuple[int, int] | None = None
    for number in hit.pages:
        for _, group in groupby(sentences(text, number), key=lambda unit: unit.block):
            paragraph = list(group)
            start = max(paragraph[0].start, chunk.start)
            end = min(paragraph[-1].end, chunk.end)
            if end <= start:
                continue
            if addresses_a_machine(text.text[paragraph[0].start : paragraph[-1].end]):
                if run:
                    yield run
                run = None
            else:
                run = (run[0] if run else start, end)
    if run:
        yield run


def messages(
    question: str, language: str, sources: Sequence[Source], library: Library
) -> tuple[Message, Message]:
    """Return what the model is sent: the prompt, then the fenced passages and the question."""
    texts = [library.text(source.edition).text[source.start : source.end] for source in sources]
    fence = fence_of(question, *texts)
    blocks = []
    for source, text in zip(sources, texts, strict=True):
        title = f"{source.edition.document.title} ({source.edition.label})"
        section = " > ".join(source.section)
        blocks.append(f"[{source.number}] {title} {section}\n{fence}\n{text}\n{fence}")
    asked = "質問" if language == "ja" else "Question"
    return (
        Message("system", prompt(f"answer.{language}").replace("{fence}", fence)),
        Message("user", "\n\n".join([*blocks, f"{asked}: {question}"])),
    )
