"""The gate on the way of a refresh: the candidate and what is in force answer the same questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice
from pathlib import Path

from evals.comparison import Change
from evals.errors import MeasuresMissing
from evals.gate import Limits, Verdict, coverage, decide
from evals.questions import QuestionSet, load
from evals.runs import Run, retrieval
from evals.transfer import carried
from index.errors import GenerationBroken, IndexingError
from index.generations import manifests, pointers
from index.generations.generation import Generation, opened
from index.search.embedding import Embedder
from ingest.translations import Bilingual

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
    noted: Callable[[Bilingual], None] = lambda _: None,
) -> Callable[[Path], Sequence[Bilingual]]:
    """Return what a refresh asks about its finished candidate: the reasons against it.

    The bundled questions and the user's own (``questions.jsonl`` in the corpus folder) are put
    to the candidate and to what is in force, as far as both hold an edition in force of a
    document that can answer them. Where the current generation is damaged, the newest that is
    not takes its place; the first one has nothing to fall from, but is to be read all the same.
    *told* is called with the share of the work that is done, *noted* with sentences that are
    worth reading though they are no reason.

    Raises:
        BadQuestionSet: the user's own set cannot be used; nothing is published then.
    """

    def reasons(folder: Path) -> Sequence[Bilingual]:
        sets = asked(corpus)
        after = opened(folder, embedder_for, today)
        before = _before(home, embedder_for, today)
        verdict = _judged(before, after, sets, today(), limits, told)
        for note in verdict.notes:
            noted(note)
        titles = {e.key: f"{e.document.title}（{e.label}）" for e in after.editions}
        return said(verdict, titles)

    return reasons


def _before(
    home: Path,
    embedder_for: EmbedderFor,
    today: Callable[[], date],
) -> Generation | None:
    """Return what is in force, or the newest generation that can be opened; None: there is none."""
    try:
        current = pointers.current(home)
    except GenerationBroken:
        current = None
    older = [name for name in reversed(pointers.listed(home)) if name != current]
    for name in (*((current,) if current else ()), *older):
        try:
            return opened(manifests.folder_of(home, name), embedder_for, today)
        except IndexingError:
            continue
    return None


def asked(corpus: Path) -> tuple[QuestionSet, ...]:
    """Return the sets that a candidate is asked: the bundled one, and the user's own if any.

    Raises:
        BadQuestionSet: a line of the user's own cannot be used.
    """
    own = corpus / OWN
    return (load(BUNDLED), *((load(own),) if own.is_file() else ()))


def said(verdict: Verdict, titles: Mapping[str, str]) -> tuple[Bilingual, ...]:
    """Return the verdict's reasons in sentences, with the questions that got worse.

    *titles* are what people call editions, by their keys.
    """
    if verdict.allowed:
        return ()
    lost = tuple(_worse(change, titles) for change in islice(verdict.lost, _NAMED))
    more = len(verdict.lost) - len(lost)
    rest = Bilingual(f"and {more} more questions", f"ほかに質問{more}件")
    return (*verdict.reasons, *lost, *((rest,) if more > 0 else ()))


def _worse(change: Change, titles: Mapping[str, str]) -> Bilingual:
    """Say which question got worse, where its answer stands, and what comes first instead."""
    question, found = change.after.question, change.after.found()
    expected = [_called(name, titles) for name in change.after.expected]
    if not found:
        en, ja = "nothing is found now", "いまは何も見つかりません"
    elif found[0] in change.after.expected:
        en, ja = "only a part of it comes first now", "いまは一部だけが先に出ます"
    else:
        first = _called(found[0], titles)
        en, ja = f"{first} comes first now", f"いまは{first}が先に出ます"
    return Bilingual(
        f"worse: “{question}” is answered by {', '.join(expected)}; {en} ({change.after.id})",
        f"悪くなる質問「{question}」: 答えは{'、'.join(expected)}にあるはずですが、{ja}"
        f"（{change.after.id}）",
    )


def _called(name: str, titles: Mapping[str, str]) -> str:
    """Return a judged page's name, such as manual@2.0 p.3, with the title of its edition."""
    edition, _, page = name.rpartition(" p.")
    return f"{titles[edition]} p.{page}" if edition in titles else name


def _judged(
    before: Generation | None,
    after: Generation,
    sets: Sequence[QuestionSet],
    today: date,
    limits: Limits | None,
    told: Callable[[float], None],
) -> Verdict:
    now = after.in_force(today)
    if before is None:
        first = decide(None, None, read_after=coverage(after, now), limits=limits)
        return replace(first, notes=())
    was = before.in_force(today)
    questions = carried(sets, before, after, today)
    try:
        runs: tuple[Run | None, Run | None] = (
            retrieval(before, questions.before, told=lambda n, of: told(n / of / 2)),
            retrieval(after, questions.after, told=lambda n, of: told(0.5 + n / of / 2)),
        )
    except MeasuresMissing:
        runs = (None, None)
    verdict = decide(
        *runs,
        read_before=coverage(before, was),
        read_after=coverage(after, now),
        withdrawn={e.document.id for e in was} - {e.document.id for e in now},
        limits=limits,
    )
    return replace(verdict, notes=(*questions.notes, *verdict.notes))
