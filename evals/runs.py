"""Runs: a question set put to a library or an answerer, and everything that came back."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from bot.answers import Answerer, Citation, Turn
from bot.answers import Question as Asked
from bot.asking.question import read as take
from evals.errors import BadRun
from evals.measures import ANSWERS, RETRIEVAL, Measure, Outcome, distinct, score
from evals.questions import Place, Question, QuestionSet
from index.passages import Filters, Library, Passage
from ingest.catalog.editions import Edition

PAGES = 10
"""How many distinct pages of a ranking are kept: the deepest cutoff that is measured."""

PASSAGES = 8 * PAGES
"""How many passages are asked for, as in `by_page`: enough to reach `PAGES` distinct pages."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one question brought, with what is needed to read it without the set.

    *expected* are the judged pages' names; *places* what was found or cited, best first, and
    *ranks* where the judged ones stand among them, from 1.
    *text* and *quotes* are the answer's. *scores* holds the measures that judge this question, by name.
    """

    id: str
    question: str
    language: str
    kind: str
    tags: tuple[str, ...]
    answerable: bool
    expected: tuple[str, ...]
    places: tuple[Place, ...]
    ranks: tuple[int, ...]
    took_ms: float
    scores: Mapping[str, float]
    declined: str = ""
    text: str = ""
    quotes: tuple[str, ...] = ()

    def found(self) -> tuple[str, ...]:
        """Return the names of what was found, best first."""
        return tuple(map(str, self.places))


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement: what was asked of which generation, and the result of each question.

    *generation*, *recipe* and *prompt* (a hash, or empty) say what was measured, *set* and
    *set_sha256* on what. *started* is in UTC, ISO 8601. *askers* is how many asked at once.
    *memory_mb* is the most memory that the process held until the end of the run.
    """

    what: Literal["retrieval", "answers"]
    set: str
    set_sha256: str
    generation: str
    recipe: Mapping[str, str]
    prompt: str
    mode: str
    started: str
    askers: int
    memory_mb: float
    measures: tuple[str, ...]
    results: tuple[Result, ...]
    name: str = ""

    def values(self, measure: str) -> tuple[float, ...]:
        """Return a measure's value for each question it judges, in the set's order."""
        return tuple(result.scores[measure] for result in self.results if measure in result.scores)

    def slim(self) -> Run:
        """Return the run with its scores only, without what differs from day to day."""
        return replace(
            self,
            started="",
            memory_mb=0.0,
            results=tuple(
                replace(
                    result,
                    places=(),
                    took_ms=0.0,
                    text="",
                    quotes=(),
                )
                for result in self.results
            ),
        )

    def to_json(self) -> str:
        """Return the run as JSON with two spaces of indent."""
        return _RUN.dump_json(self, indent=2).decode()


_RUN: TypeAdapter[Run] = TypeAdapter(Run)


def load(path: Path) -> Run:
    """Read a run that was written with `Run.to_json`; its name is the file's stem.

    Raises:
        BadRun: the file is missing or is not a run.
    """
    try:
        run = _RUN.validate_json(path.read_bytes())
    except OSError as problem:
        raise BadRun(str(path), problem.strerror or "it cannot be read") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise BadRun(str(path), f"it is not a run ({where}: {first['msg']})") from problem
    return replace(run, name=run.name or path.stem)


Reader = Callable[[Question], Asked]
"""Makes of a set's question what the bot would make of it."""


def as_asked(question: Question) -> Asked:
    """Return what the bot makes of the question and of the questions before it.

    Raises:
        BadQuestion: the bot would refuse it.
    """
    history = tuple(Turn(earlier) for earlier in question.previous)
    return take(question.text, filters=Filters(groups=None), history=history)


Told = Callable[[int, int], None]
"""Is told after each question how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class _Came:
    """What came back for one question before it is scored."""

    outcome: Outcome
    took_ms: float
    declined: str = ""
    text: str = ""
    quotes: tuple[str, ...] = ()


def retrieval(
    library: Library,
    questions: QuestionSet,
    *,
    read: Reader = as_asked,
    askers: int = 1,
    passages: int = PASSAGES,
    measures: Sequence[Measure] = RETRIEVAL,
    told: Told | None = None,
    name: str = "",
) -> Run:
    """Search for every question and score the ranking of distinct pages.

    A passage that spans pages counts as each of its pages, in order. The time is that of the
    search alone, after one search that is not counted.
    """

    def ask(question: Question) -> _Came:
        asked = read(question)
        began = perf_counter()
        words = library.mended(asked.standalone)
        found = library.retrieve(words, k=passages, filters=asked.filters)
        took_ms = (perf_counter() - began) * 1000
        return _Came(
            Outcome(places=places_of(found)[:PAGES]),
            took_ms,
        )

    return _run("retrieval", library, questions, ask, measures, askers, told, name)


def answers(
    answerer: Answerer,
    library: Library,
    questions: QuestionSet,
    *,
    read: Reader = as_asked,
    askers: int = 1,
    measures: Sequence[Measure] = ANSWERS,
    told: Told | None = None,
    name: str = "",
) -> Run:
    """Ask every question and score the answers; *library* is what quotations are checked in.

    The time is that of the whole answer, after one answer that is not counted.
    """
    prompts: set[str] = set()
    modes: set[str] = set()

    def ask(question: Question) -> _Came:
        asked = read(question)
        began = perf_counter()
        answer = answerer.answer(asked)
        took_ms = (perf_counter() - began) * 1000
        prompts.add(answer.prompt)
        modes.add(answer.mode)
        declined = answer.declined
        nearest = declined.nearest if declined else ()
        return _Came(
            Outcome(
                places=places_cited(answer.citations),
                quotes=tuple(citation.quote for citation in answer.citations),
                verified=tuple(stands(held, library) for held in (*answer.citations, *nearest)),
                declined=declined is not None,
            ),
            took_ms,
            declined=declined.reason if declined else "",
            text=declined.message if declined else answer.text,
            quotes=tuple(held.quote for held in (*answer.citations, *nearest)),
        )

    run = _run("answers", library, questions, ask, measures, askers, told, name)
    return replace(run, prompt="+".join(sorted(prompts - {""})), mode="+".join(sorted(modes)))


def _run(
    what: Literal["retrieval", "answers"],
    library: Library,
    questions: QuestionSet,
    ask: Callable[[Question], _Came],
    measures: Sequence[Measure],
    askers: int,
    told: Told | None,
    name: str,
) -> Run:
    """Ask each question, *askers* at once, and score what comes; the set's order is kept."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    asked = tuple(questions)
    if asked:
        ask(asked[0])  # not counted: whatever loads at first use has loaded
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=askers, thread_name_prefix="asker") as pool:
        for question, came in zip(asked, pool.map(ask, asked), strict=True):
            results.append(_result(question, came, measures))
            if told is not None:
                told(len(results), len(asked))
    return Run(
        what=what,
        set=questions.name,
        set_sha256=questions.sha256,
        generation=library.id,
        recipe=dict(library.recipe),
        prompt="",
        mode="",
        started=started,
        askers=askers,
        memory_mb=memory_mb(),
        measures=tuple(map(str, measures)),
        results=tuple(results),
        name=name,
    )


def _result(question: Question, came: _Came, measures: Sequence[Measure]) -> Result:
    return Result(
        id=question.id,
        question=question.text,
        language=question.language,
        kind=question.kind,
        tags=question.tags,
        answerable=question.answerable,
        expected=question.expected,
        places=came.outcome.places,
        ranks=_ranks(question, came.outcome.places),
        took_ms=round(came.took_ms, 3),
        scores=score(measures, question, came.outcome),
        declined=came.declined,
        text=came.text,
        quotes=came.quotes,
    )


def _ranks(question: Question, places: Sequence[Place]) -> tuple[int, ...]:
    """Return where the judged pages stand, from 1, each where it comes first."""
    expected = set(question.expected)
    named = dict.fromkeys(question.name_of(place) for place in places)
    return tuple(rank for rank, name in enumerate(named, start=1) if name in expected)


def place(edition: Edition, page: int) -> Place:
    """Return where a page of an edition is."""
    return Place(edition.document.id, edition.label, edition.path or "", page)


def places_of(passages: Iterable[Passage]) -> tuple[Place, ...]:
    """Return the distinct pages of a ranking, best first."""
    return distinct(
        place(passage.chunk.edition, page) for passage in passages for page in passage.pages
    )


def places_cited(citations: Iterable[Citation]) -> tuple[Place, ...]:
    """Return the distinct pages of citations, in their order."""
    return distinct(
        place(citation.edition, page) for citation in citations for page in citation.pages
    )


def stands(citation: Citation, library: Library) -> bool:
    """Whether the quote is the stored text between its offsets and begins on the named page."""
    text = library.text(citation.edition)
    return (
        0 <= citation.start < citation.end <= len(text.text)
        and citation.quote == text.text[citation.start : citation.end]
        and citation.page == text.page_at(citation.start).number
    )


def memory_mb() -> float:
    """Return the most memory that this process has held so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # The kernel counts in kilobytes, macOS in bytes.
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
