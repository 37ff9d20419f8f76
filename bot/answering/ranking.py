"""From passages to evidence: which sentences answer, best first, and the spans they grow to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from bot.answering.readings import Readings, size
from bot.answering.relevance import Need, need, shape_weight
from bot.answering.spans import Evidence, Page, grow
from bot.asking.question import Wants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from index.passages import Library, Passage
    from index.search.glossary import Match
    from ingest.catalog.editions import Edition

_LOOKED_AT, _POOL = 16, 14
"""Passages that are read sentence by sentence, and that say which words are rare."""

MOST = 4
"""Spans that are shown at once."""

_ROOM, _LONG = 900, 8
"""Characters from which on a round of spans is enough; things said from which on a question is
long, and asks for half as much again."""

_NEAR_BEST, _LESS_NEAR = 0.58, 0.35
_MAIN, _AS_GOOD = 3, 0.86
_ALIKE = 0.75
_PRIOR, _LAST, _OUTSIDE = 0.5, 0.1, 0.85
"""What a sentence's passage counts beside its own words, the least for the last passage of those
read, and for a sentence that stands beside a passage."""

_OTHER_LANGUAGE, _OWN_LANGUAGE = 0.85, 0.75
_DIGEST_BESIDE_ORIGINAL = 0.97
_MARKED = 0.8
_CASE_AS_RULE, _TITLE, _COVER = 0.7, 0.95, 0.75
"""What a case counts where a rule is asked for, a title beside a statement, and what stands under
the document's own title."""

_RULES = frozenset({Wants.STEPS, Wants.MEANING})
_ASKS_CASE = re.compile(
    r"事例|取組例|先進|都道府県|市町村|自治体|[市町村県][のはがで]|\bcases?\b|\bexamples?\b|municipalit",
    re.IGNORECASE,
)


@dataclass
class Evidences:
    """What was found: the *need* it was weighed by, and the spans, best first."""

    need: Need
    spans: list[Evidence] = field(default_factory=list)


def find(
    question: str,
    passages: Sequence[Passage],
    library: Library,
    *,
    language: str = "ja",
    matches: Sequence[Match] = (),
    readings: Readings | None = None,
    shapes: frozenset[Wants] | None = None,
    rounds: int = 0,
    marks: Sequence[re.Pattern[str]] = (),
) -> Evidences:
    """Return the spans of *passages* that answer best, best first, none overlapping another.

    *marks* find what only a sentence that answers has: a number of what the question counts, the
    name it asks the meaning of at the beginning of a line. What answers in the first place is
    short; each of *rounds* gives as much again of what has not been shown before, and less near.

    Spans grow from the best sentence to what a reader needs with it: its paragraph when short,
    the lead-in of an item, the list a sentence announces, the exception that follows. *shapes*
    are what is asked for, where it is not to be read off *question*.
    """
    readings = readings or Readings()
    pool = [readings.pool(hit.chunk) for hit in passages[:_POOL]]
    weighed = need(question, pool, matches)
    if shapes is not None:
        weighed = replace(weighed, shapes=shapes)
    result = Evidences(weighed)
    rule = _asks_rule(question, weighed.shapes)
    pages = _read(passages[:_LOOKED_AT], library, weighed, language, readings, marks, rule=rule)
    seeds = _seeds(pages, language)
    told: list[frozenset[str]] = []
    shown = used = 0
    most, room = (MOST, _ROOM) if len(weighed.terms) < _LONG else (MOST + 1, round(1.5 * _ROOM))
    for page, at in seeds:
        best = seeds[0][0].score[seeds[0][1]]
        enough = len(result.spans) - shown >= most or used >= room
        if result.spans and page.score[at] < (_LESS_NEAR if rounds else _NEAR_BEST) * best:
            break
        if enough or (not shown and result.spans and page.score[at] < _NEAR_BEST * best):
            if not rounds:
                break
            rounds, shown, used = rounds - 1, len(result.spans), 0
        start = page.reading.units[at].start
        if any(
            span.edition is page.edition and span.start <= start < span.end for span in result.spans
        ):
            continue
        main = len(result.spans) < _MAIN and page.score[at] >= _AS_GOOD * best
        grown = grow(page, at, result.spans, weighed, main=bool(main))
        said = library.text(grown.edition).text[grown.start : grown.end]
        shingles = _shingles(said)
        if any(_alike(shingles, other) for other in told):
            continue
        result.spans.append(grown)
        told.append(shingles)
        used += size(said)
    # What is left when fewer rounds were reached than asked for: nothing that was not shown.
    result.spans = result.spans[len(result.spans) if rounds else shown :]
    return result


def _seeds(pages: Sequence[Page], language: str) -> list[tuple[Page, int]]:
    """Return the sentences at which an answer may begin, best first.

    Across languages the search may know what no shared word shows, so there its word counts.
    """
    if not pages:
        return []
    speaks = [page.edition.document.language == language for page in pages]
    may = [
        page.reading.may_lead & ((page.covered > 0) | ((page.of >= 0) & (not own))) & _between(page)
        for page, own in zip(pages, speaks, strict=True)
    ]
    places = [
        (page, int(at)) for page, ok in zip(pages, may, strict=True) for at in np.flatnonzero(ok)
    ]
    if not places:
        return []
    scores = np.concatenate([page.score[ok] for page, ok in zip(pages, may, strict=True)])
    own = np.concatenate([np.full(int(ok.sum()), one) for ok, one in zip(may, speaks, strict=True)])
    order = np.argsort(-scores, kind="stable")
    spoken = order[own[order]]
    if len(spoken) and scores[spoken[0]] >= _OWN_LANGUAGE * scores[order[0]]:
        order = spoken
    return [places[int(at)] for at in order]


def _between(page: Page) -> NDArray[np.bool_]:
    """Tell which sentences stand near a passage and in no paragraph that addresses a machine."""
    found = np.zeros(len(page.reading.units), dtype=bool)
    for first, end in page.reading.runs:
        found[max(first, page.first) : min(end, page.end)] = True
    return found


def _read(
    passages: Sequence[Passage],
    library: Library,
    weighed: Need,
    language: str,
    readings: Readings,
    marks: Sequence[re.Pattern[str]] = (),
    *,
    rule: bool = False,
) -> list[Page]:
    """Score the sentences of every page that a passage touches."""
    if not passages:
        return []
    touched: dict[tuple[str, int], list[Passage]] = {}
    for hit in passages:
        for number in hit.pages:
            touched.setdefault((hit.chunk.edition.key, number), []).append(hit)
    read = (
        Page(readings.page(library, hits[0].chunk.edition, number), hits)
        for (_, number), hits in touched.items()
    )
    pages = [page for page in read if page.reading.units]
    if not pages:
        return []
    starts: list[int] = []
    offset = 0
    for page in pages:
        starts.extend([offset + start for start in page.reading.starts])
        offset += len(page.reading.joined) + 1
    held = weighed.held("\n".join(page.reading.joined for page in pages), starts)
    base = 0
    for page in pages:
        count = len(page.reading.units)
        page.said = held[base : base + count]
        around = held[base + page.reading.context]
        around[1:] = np.maximum(around[1:], page.said[:-1])
        around[:-1] = np.maximum(around[:-1], page.said[1:])
        page.covered = weighed.covered(page.said, around)
        page.answers = _answers(page, weighed, marks)
        base += len(page.reading.starts)
    _score(pages, passages, library, language, readings, rule=rule)
    return pages


def _answers(page: Page, weighed: Need, marks: Sequence[re.Pattern[str]]) -> NDArray[np.float32]:
    """Return how well each sentence answers by its own words: what it covers, and its shape."""
    reading = page.reading
    fit = np.ones(len(reading.units), dtype=np.float32)
    for shape in weighed.shapes:
        fit += shape_weight(shape) * reading.fits(shape)
    for mark in marks:
        there = [
            mark.search(f"{text}\n{unit.context}") is not None
            for text, unit in zip(reading.texts, reading.units, strict=True)
        ]
        fit += _MARKED * np.array(there, dtype=np.float32)
    found: NDArray[np.float32] = page.covered * fit
    return found


def _score(
    pages: Sequence[Page],
    passages: Sequence[Passage],
    library: Library,
    language: str,
    readings: Readings,
    *,
    rule: bool,
) -> None:
    """Weigh the sentences of *pages* against each other: their words, and their passage's place.

    The search knows best which passage answers; the words tell which of its sentences does.
    """
    best, worst = passages[0].score, min(hit.score for hit in passages)
    if len(passages) < _LOOKED_AT:
        # Whatever else there is was not found at all.
        worst = min(worst, 0.0)
    spread = (best - worst) or 1.0
    most = max(float(page.answers[page.reading.may_lead].max(initial=0.0)) for page in pages)
    for page in pages:
        places = [_LAST + (1 - _LAST) * (hit.score - worst) / spread for hit in page.hits]
        prior = np.array(places, dtype=np.float32)[np.maximum(page.of, 0)]
        prior *= np.where(page.of >= 0, 1.0, _OUTSIDE).astype(np.float32)
        scored = page.answers / (most or 1.0) * (1 - _PRIOR) + prior * _PRIOR
        scored = np.where(page.reading.label, _TITLE * scored, scored)
        scored = np.where(page.reading.cover, _COVER * scored, scored)
        if rule:
            case = page.reading.case | (page.edition.document.id in readings.cases(library))
            scored = np.where(case, _CASE_AS_RULE * scored, scored)
        factor = _factor(page.edition, library, readings, language)
        page.score = (factor * scored).astype(np.float32)


def _asks_rule(question: str, shapes: frozenset[Wants]) -> bool:
    """Whether what holds for everybody is asked for, rather than what some town did."""
    if Wants.YES_NO in shapes:
        return True
    return bool(not shapes or shapes & _RULES) and _ASKS_CASE.search(question) is None


def _factor(edition: Edition, library: Library, readings: Readings, language: str) -> float:
    """Return what a document's sentences count: less in another language, or beside the original."""
    document = edition.document
    factor = 1.0 if document.language == language else _OTHER_LANGUAGE
    if document.digest_of is not None and document.digest_of.document in readings.held(library):
        factor *= _DIGEST_BESIDE_ORIGINAL
    return factor


def _shingles(text: str) -> frozenset[str]:
    """Return the runs of four characters in *text*, white space left out."""
    flat = "".join(text.split())
    return frozenset(flat[at : at + 4] for at in range(max(1, len(flat) - 3)))


def _alike(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two spans say the same in nearly the same words."""
    return len(mine & theirs) >= _ALIKE * max(1, min(len(mine), len(theirs)))
