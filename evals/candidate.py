"""The gate on the way of a refresh: the candidate and what is in force answer the same questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path, PurePosixPath

from evals.errors import MeasuresMissing
from evals.gate import Limits, Verdict, coverage, decide
from evals.questions import Judgement, QuestionSet, load
from evals.runs import Run, retrieval
from index import generations
from index.embedding import Embedder
from index.errors import GenerationBroken
from index.generations import Generation
from index.store import Vectors
from ingest.editions import Edition

OWN = "questions.jsonl"
"""The name of the user's own question set, beside the documents."""

BUNDLED = "starter"
_NAMED = 20

EmbedderFor = Callable[[Mapping[str, str], Path], Embedder]


def gate(
    home: Path,
    corpus: Path,
    embedder_for: EmbedderFor,
    *,
    today: Callable[[], date] = date.today,
    limits: Limits | None = None,
    told: Callable[[float], None] = lambda _: None,
    vectors: Vectors | None = None,
) -> Callable[[Path], Sequence[str]]:
    """Return what a refresh asks about its finished candidate: the reasons against it.

    The bundled questions and the user's own (``questions.jsonl`` in the corpus folder) are put
    to the candidate and to what is in force, as far as both hold an edition in force that can
    answer them. The first generation, and one after a damaged one, has nothing to fall from.
    *told* is called with the share of the work that is done; *vectors* is where vectors live.

    Raises:
        BadQuestionSet: the user's own set cannot be used; nothing is published then.
    """

    def reasons(folder: Path) -> Sequence[str]:
        try:
            name = generations.current(home)
        except GenerationBroken:
            return ()
        if name is None:
            return ()
        before_folder = generations.folder_of(home, name)
        try:
            before = _opened(before_folder, embedder_for, today, vectors)
        except GenerationBroken:
            return ()
        after = _opened(folder, embedder_for, today, vectors)
        return said(_judged(before, after, asked(corpus), today(), limits, told))

    return reasons


def asked(corpus: Path) -> tuple[QuestionSet, ...]:
    """Return the sets that a candidate is asked: the bundled one, and the user's own if any.

    Raises:
        BadQuestionSet: a line of the user's own cannot be used.
    """
    own = corpus / OWN
    return (load(BUNDLED), *((load(own),) if own.is_file() else ()))


def said(verdict: Verdict) -> tuple[str, ...]:
    """Return the verdict's reasons in sentences, with the questions that got worse."""
    if verdict.allowed:
        return ()
    lost = tuple(f"worse: {change}" for change in islice(verdict.lost, _NAMED))
    more = len(verdict.lost) - len(lost)
    return (*verdict.reasons, *lost, *((f"and {more} more questions",) if more > 0 else ()))


def _opened(
    folder: Path,
    embedder_for: EmbedderFor,
    today: Callable[[], date],
    vectors: Vectors | None,
) -> Generation:
    recipe = generations.read_manifest(folder).recipe
    place = vectors if "vectors" in recipe else None
    return Generation(folder, embedder_for(recipe, folder), today, place)


def _judged(
    before: Generation,
    after: Generation,
    sets: Sequence[QuestionSet],
    today: date,
    limits: Limits | None,
    told: Callable[[float], None],
) -> Verdict:
    was, now = before.in_force(today), after.in_force(today)
    held = {edition.document.id for edition in now}
    questions = _shared(sets, was, now)
    try:
        runs: tuple[Run | None, Run | None] = (
            retrieval(before, questions, told=lambda n, of: told(n / of / 2)),
            retrieval(after, questions, told=lambda n, of: told(0.5 + n / of / 2)),
        )
    except MeasuresMissing:
        runs = (None, None)
    return decide(
        *runs,
        read_before=coverage(before, was),
        read_after=coverage(after, now),
        withdrawn={edition.document.id for edition in was} - held,
        limits=limits,
    )


def _shared(
    sets: Sequence[QuestionSet], was: Sequence[Edition], now: Sequence[Edition]
) -> QuestionSet:
    """Return the questions that both sides can answer, named by set where an id is used twice."""
    questions = {
        question.id if at == 0 else f"{held.name}/{question.id}": question
        for at, held in enumerate(sets)
        for question in held
        if any(_answers(judgement, was) and _answers(judgement, now)
               for judgement in question.judgements)
    }  # fmt: skip
    return QuestionSet(
        "+".join(held.name for held in sets),
        tuple(replace(question, id=name) for name, question in questions.items()),
    )


def _answers(judgement: Judgement, editions: Sequence[Edition]) -> bool:
    """Whether one of the editions is the one that a judgement speaks of."""
    if judgement.file:
        name = PurePosixPath(judgement.file).name
        return any(PurePosixPath(edition.path or "").name == name for edition in editions)
    return any(
        edition.document.id == judgement.document and judgement.edition in ("", edition.label)
        for edition in editions
    )
