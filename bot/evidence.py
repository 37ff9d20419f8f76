"""From passages to the spans worth quoting: whole sentences, lists with their lead-in, rows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from bot.commands import addresses_a_machine
from bot.question import Wants
from bot.relevance import Need, need, plain
from bot.sentences import Sentence, sentences
from ingest.pages import BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from index.glossary import Match
    from index.passages import Library, Passage
    from ingest.editions import Edition
    from ingest.pages import EditionText

_LOOKED_AT, _POOL = 8, 14
"""Passages that are read sentence by sentence, and that say which words are rare."""

_PARAGRAPH, _LIST, _SCRAP = 320, 520, 140
"""Characters up to which a paragraph or a list is quoted whole, and below which it says too little."""

_LABEL = 24
"""Characters up to which a line without a full stop is taken for a label."""

_ROOM = 1_000
"""Characters that an answer quotes in all."""

_MARGIN = 8
"""Sentences beside a passage that are read with it."""

_WHOLE_TABLE = frozenset({Wants.LIST, Wants.STEPS})
_ROW_BESIDE = 0.85

_MOST = 6
_NEAR_BEST = 0.62
_MAIN, _AS_GOOD = 3, 0.86
_ALIKE = 0.75
_WESTERN = 2.2
"""An English sentence takes about so many times the characters of a Japanese one."""

_PRIOR, _OUTSIDE = 0.3, 0.85
_OTHER_LANGUAGE, _OWN_LANGUAGE = 0.85, 0.75
_DIGEST_BESIDE_ORIGINAL = 0.97

_QUALIFIES = re.compile(
    r"\s*(?:ただし|但し|なお|ただ、|この場合|その場合|また、|※|(?:注|注意|留意)|例外|However|Note|Except|In this case)"
)
_POINTS_BACK = re.compile(
    r"\s*(?:これ|この|その|それ|当該|同|こうした|そのため|したがって|This|That|These|Those|It |They )"
)
_SAYS_SOMETHING = 4
"""Letters and digits below which a line is a mark, a page number or the tick of a chart."""

_LEADERS = re.compile(r"[.．・…‥]{5,}")
"""The dots of a table of contents."""

_ANNOUNCES = re.compile(
    r"(?:[:：]|次の.{0,24}|以下の.{0,24}|下記の.{0,24}|following.{0,40})[。.:：]?\s*$"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of an edition's text that helps to answer, and how much it does.

    *parts* are the (start, end) of its sentences, items or rows in reading order; the span
    from the first start to the last end is what a citation quotes. *passage* is the search
    hit it grew from, *best* the (start, end) of the sentence it grew from. *main* evidence
    answers; the rest is worth reading beside it.
    """

    edition: Edition
    start: int
    end: int
    parts: tuple[tuple[int, int], ...]
    score: float
    passage: Passage
    kind: BlockKind
    context: str = ""
    best: tuple[int, int] = (0, 0)
    main: bool = True


@dataclass
class _Found:
    """A sentence of a passage's page, with its score."""

    sentence: Sentence
    text: str
    plain: str
    passage: Passage
    inside: bool
    heading: bool
    size: int
    covered: float = 0.0
    score: float = 0.0


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
    factor: int = 1,
) -> Evidences:
    """Return the spans of *passages* that answer best, best first, none overlapping another.

    Spans grow from the best sentence to what a reader needs with it: its paragraph when short,
    the lead-in of an item, the list a sentence announces, the exception that follows.
    """
    weighed = need(
        question, [f"{hit.chunk.context}\n{hit.chunk.text}" for hit in passages[:_POOL]], matches
    )
    pages = _read(passages[: _LOOKED_AT * factor], library, weighed, language)
    seeds = sorted(
        ((found, line) for line in pages for found in line if _may_lead(found, language)),
        key=lambda pair: -pair[0].score,
    )
    spoken = [seed for seed, _ in seeds if _speaks(seed, language)]
    if spoken and spoken[0].score >= _OWN_LANGUAGE * seeds[0][0].score:
        seeds = [(seed, line) for seed, line in seeds if _speaks(seed, language)]
    result = Evidences(weighed)
    told: list[frozenset[str]] = []
    room = _ROOM * factor
    used = 0
    for seed, line in seeds:
        if len(result.spans) >= _MOST * factor or used >= room:
            break
        if result.spans and seed.score < _NEAR_BEST * seeds[0][0].score:
            break
        if any(_inside(seed, span) for span in result.spans):
            continue
        grown = _grow(seed, line, result.spans, weighed)
        said = library.text(grown.edition).text[grown.start : grown.end]
        shingles = _shingles(said)
        if any(_alike(shingles, other) for other in told):
            continue
        size = _size(said)
        if result.spans and used + size > room * 1.15:
            continue
        main = len(result.spans) < _MAIN and seed.score >= _AS_GOOD * seeds[0][0].score
        result.spans.append(replace(grown, main=main))
        told.append(shingles)
        used += size
    return result


def _read(
    passages: Sequence[Passage], library: Library, weighed: Need, language: str
) -> list[list[_Found]]:
    """Score the sentences of every page that a passage touches, one list a page."""
    if not passages:
        return []
    best, worst = passages[0].score, min(hit.score for hit in passages)
    spread = (best - worst) or 1.0
    held = {edition.document.id for edition in library.editions if edition.held}
    pages: dict[tuple[str, int], list[Passage]] = {}
    for hit in passages:
        for number in hit.pages:
            pages.setdefault((hit.chunk.edition.key, number), []).append(hit)
    result: list[list[_Found]] = []
    for (_, number), hits in pages.items():
        edition = hits[0].chunk.edition
        text = library.text(edition)
        factor = 1.0 if edition.document.language == language else _OTHER_LANGUAGE
        original = edition.document.digest_of
        if original is not None and original.document in held:
            factor *= _DIGEST_BESIDE_ORIGINAL
        units = _around(sentences(text, number), hits)
        line = _line(units, text, hits, weighed, _titles(edition, library))
        for found in line:
            prior = 0.35 + 0.65 * (found.passage.score - worst) / spread
            if not found.inside:
                prior *= _OUTSIDE
            fit = 1 + weighed.fits(found.plain)
            found.score = factor * (found.covered * fit * (1 - _PRIOR) + prior * _PRIOR)
        result.extend(_without_commands(line))
    return result


def _without_commands(line: list[_Found]) -> Iterable[list[_Found]]:
    """Cut a page's sentences where a paragraph addresses a machine, and leave that out."""
    run: list[_Found] = []
    for _, group in groupby(line, key=lambda found: found.sentence.block):
        paragraph = list(group)
        if addresses_a_machine("\n".join(found.text for found in paragraph)):
            if run:
                yield run
            run = []
        else:
            run.extend(paragraph)
    if run:
        yield run


def _around(units: Sequence[Sentence], hits: Sequence[Passage]) -> Sequence[Sentence]:
    """Keep the sentences that a passage holds, and a few before the first and after the last."""
    begin = min(hit.chunk.start for hit in hits)
    end = max(hit.chunk.end for hit in hits)
    inside = [at for at, unit in enumerate(units) if unit.start < end and begin < unit.end]
    if not inside:
        return units
    return units[max(0, inside[0] - _MARGIN) : inside[-1] + 1 + _MARGIN]


def _titles(edition: Edition, library: Library) -> frozenset[str]:
    """Return the headings of an edition without white space: a reader may take one for text."""
    paths = {chunk.section for chunk in library.chunks(edition)}
    return frozenset("".join(title.split()) for path in paths for title in path)


def _line(
    units: Sequence[Sentence],
    text: EditionText,
    hits: Sequence[Passage],
    weighed: Need,
    titles: frozenset[str],
) -> list[_Found]:
    """Return a page's sentences with how much of the question each, and its context, covers."""
    if not units:
        return []
    line: list[_Found] = []
    contexts: dict[str, int] = {}
    near: list[int] = []
    for unit in units:
        said = text.text[unit.start : unit.end]
        heading = unit.kind is BlockKind.HEADING or "".join(said.split()) in titles
        hit, inside = _nearest(unit, hits)
        context = f"{hit.chunk.context} {unit.context}"
        near.append(contexts.setdefault(context, len(contexts)))
        line.append(
            _Found(unit, said, plain(said), hit, inside=inside, heading=heading, size=_size(said))
        )
    for row, under in pairwise(line):
        if _is_row(row) and "".join(row.text.split()) == _flat(under.sentence.context):
            row.heading = True
    held = weighed.held([found.plain for found in line])
    around = weighed.held([plain(context) for context in contexts])[near]
    around[1:] = np.maximum(around[1:], held[:-1])
    around[:-1] = np.maximum(around[:-1], held[1:])
    for found, covered in zip(line, weighed.covered(held, around), strict=True):
        found.covered = float(covered)
    return line


def _nearest(unit: Sentence, hits: Sequence[Passage]) -> tuple[Passage, bool]:
    """Return the passage that holds the sentence, or the best of the page, and whether it does."""
    for hit in hits:
        if hit.chunk.start < unit.end and unit.start < hit.chunk.end:
            return hit, True
    return hits[0], False


def _speaks(found: _Found, language: str) -> bool:
    return found.passage.chunk.edition.document.language == language


def _may_lead(found: _Found, language: str) -> bool:
    """Whether an answer may begin here: at no heading, contents line or scrap of a chart.

    Across languages the search may know what no shared word shows, so there its word counts.
    """
    letters = sum(map(str.isalnum, found.text))
    return (
        (found.covered > 0 or (found.inside and not _speaks(found, language)))
        and letters >= _SAYS_SOMETHING
        and not found.heading
        and _LEADERS.search(found.text) is None
    )


def _inside(seed: _Found, span: Evidence) -> bool:
    return (
        span.passage.chunk.edition is seed.passage.chunk.edition
        and span.start <= seed.sentence.start < span.end
    )


def _grow(
    seed: _Found, line: Sequence[_Found], taken: Sequence[Evidence], weighed: Need
) -> Evidence:
    at = line.index(seed)
    first, last = _paragraph(line, at)
    first, last = _with_list(line, first, last, weighed)
    if _length(line, first, last) < _SCRAP and not _is_row(seed):
        first, last = _padded(line, first, last)
    blocked = [span for span in taken if span.passage.chunk.edition is seed.passage.chunk.edition]
    while first < at and any(_inside(line[first], span) for span in blocked):
        first += 1
    while last > at and any(_inside(line[last], span) for span in blocked):
        last -= 1
    while last > at and (line[last].heading or not _letters(line[last].text)):
        last -= 1
    while first < at and not _letters(line[first].text):
        first += 1
    parts = tuple(_lines(line[first : last + 1]))
    contexts = dict.fromkeys(
        found.sentence.context for found in line[first : last + 1] if found.sentence.context
    )
    return Evidence(
        seed.passage.chunk.edition,
        parts[0][0],
        parts[-1][1],
        parts,
        seed.score,
        seed.passage,
        seed.sentence.kind,
        " / ".join(contexts),
        (seed.sentence.start, seed.sentence.end),
    )


def _lines(chosen: Sequence[_Found]) -> Iterable[tuple[int, int]]:
    """Yield the (start, end) of what is shown on one line.

    The sentences of one paragraph share a line; so do the scraps of a chart or a form, which
    would otherwise stand one word a line.
    """
    start = end = None
    before: _Found | None = None
    for found in chosen:
        sentence = found.sentence
        if before is not None and start is not None and end is not None:
            if sentence.block == before.sentence.block or (_scrap(before) and _scrap(found)):
                end = sentence.end
            else:
                yield start, end
                start = None
        if start is None:
            start = sentence.start
        end, before = sentence.end, found
    if start is not None and end is not None:
        yield start, end


def _letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _scrap(found: _Found) -> bool:
    """Whether a line is a label or a number rather than a sentence or an item."""
    return found.sentence.kind in {BlockKind.TEXT, BlockKind.CAPTION} and (
        len(found.text) < _LABEL and found.text[-1] not in "。.！？!?：:"
    )


def _paragraph(line: Sequence[_Found], at: int) -> tuple[int, int]:
    """Return the first and last sentence to quote of the seed's own paragraph."""
    first = last = at
    block = line[at].sentence.block
    low, high = at, at
    while low > 0 and line[low - 1].sentence.block == block:
        low -= 1
    while high + 1 < len(line) and line[high + 1].sentence.block == block:
        high += 1
    if _length(line, low, high) <= _PARAGRAPH:
        return low, high
    if first > low and _POINTS_BACK.match(line[first].text):
        first -= 1
    while last < high and _QUALIFIES.match(line[last + 1].text):
        last += 1
    while True:
        ways = []
        if first > low:
            ways.append((line[first - 1].score, first - 1, last))
        if last < high:
            ways.append((line[last + 1].score + 0.05, first, last + 1))
        ways = [way for way in ways if _length(line, way[1], way[2]) <= _PARAGRAPH]
        if not ways:
            return first, last
        _, first, last = max(ways)


def _with_list(line: Sequence[_Found], first: int, last: int, weighed: Need) -> tuple[int, int]:
    """Join a lead-in with the items it announces, and items with their lead-in."""
    limit = _LIST if weighed.shapes & {Wants.LIST, Wants.STEPS} else round(_LIST * 0.75)
    items = {BlockKind.ITEM, BlockKind.ROW}
    whole = weighed.shapes & _WHOLE_TABLE and Wants.PLACE not in weighed.shapes
    if line[last].sentence.kind is BlockKind.ROW and not whole:
        return _rows(line, first, last)
    if line[last].sentence.kind in items:
        while (
            first > 0
            and line[first - 1].sentence.kind in items
            and _length(line, first - 1, last) <= limit
        ):
            first -= 1
        if (
            first > 0
            and line[first - 1].sentence.kind is BlockKind.TEXT
            and not line[first - 1].heading
            and _length(line, first - 1, last) <= limit
        ):
            first -= 1
    elif not (
        _ANNOUNCES.search(line[last].text)
        or (last + 1 < len(line) and line[last + 1].sentence.kind in items)
    ):
        return first, last
    while (
        last + 1 < len(line)
        and not line[last + 1].heading
        and (line[last + 1].sentence.kind in items or _QUALIFIES.match(line[last + 1].text))
        and _length(line, first, last + 1) <= limit
    ):
        last += 1
    return first, last


def _rows(line: Sequence[_Found], first: int, last: int) -> tuple[int, int]:
    """Add the rows beside one that answer about as well; the others would only hide it."""
    bar = _ROW_BESIDE * line[first].covered
    while first > 0 and _is_row(line[first - 1]) and line[first - 1].covered >= bar:
        first -= 1
    while last + 1 < len(line) and _is_row(line[last + 1]) and line[last + 1].covered >= bar:
        last += 1
    return first, last


def _is_row(found: _Found) -> bool:
    return found.sentence.kind is BlockKind.ROW


def _padded(line: Sequence[_Found], first: int, last: int) -> tuple[int, int]:
    """Add what stands around a scrap, up to a readable length, without crossing a heading."""
    while _length(line, first, last) < _SCRAP:
        ways = []
        if first > 0 and not line[first - 1].heading:
            ways.append((line[first - 1].score, first - 1, last))
        if last + 1 < len(line) and not line[last + 1].heading:
            ways.append((line[last + 1].score + 0.02, first, last + 1))
        ways = [way for way in ways if _length(line, way[1], way[2]) <= _PARAGRAPH]
        if not ways:
            break
        _, first, last = max(ways)
    return first, last


def _length(line: Sequence[_Found], first: int, last: int) -> int:
    return sum(found.size for found in line[first : last + 1])


def _size(text: str) -> int:
    """Return the length of *text* in Japanese characters' worth."""
    western = len(text) if text.isascii() else sum(map(str.isascii, text))
    return round(len(text) - western + western / _WESTERN)


def _flat(context: str) -> str:
    """Return column heads without white space and the strokes between them."""
    return "".join(context.replace(" / ", " ").split())


def _shingles(text: str) -> frozenset[str]:
    """Return the runs of four characters in *text*, white space left out."""
    flat = "".join(text.split())
    return frozenset(flat[at : at + 4] for at in range(max(1, len(flat) - 3)))


def _alike(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two spans say the same in nearly the same words."""
    return len(mine & theirs) >= _ALIKE * max(1, min(len(mine), len(theirs)))
