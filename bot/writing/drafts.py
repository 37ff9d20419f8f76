"""A text of one's own, or of another program, held to the documents sentence by sentence.

No model is needed: the same comparison that a model's wordings go through (`bot.writing.claims`)
tells what the documents say, say otherwise, say in part, or do not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

from bot.answers import Citation, cite
from bot.writing.claims import Difference, Finding, Verdict, compare
from bot.writing.clauses import read
from bot.writing.lines import Line, lines_of, with_exceptions
from ingest.language.numbers import same
from ingest.language.sentences import split
from ingest.language.spelling import is_japanese
from ingest.language.words import tokens

if TYPE_CHECKING:
    from datetime import date

    from index.passages import Filters, Library

LONGEST = 20_000
"""Characters that a text may have: about fifteen pages."""

_PASSAGES, _CHARACTERS, _NEAREST = 12, 30_000, 6
"""Passages that are looked at for a sentence, their characters, and the lines it is held to."""

_FIRST = 2
"""Lines, nearest first, that may contradict a sentence: others are about something else."""

_SHORTEST = 4
"""Letters below which a line says nothing that could be checked."""


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """A sentence of a draft, the verdict on it, what differs, and the quotations it was held to.

    There are no citations where nothing in the documents is near.
    """

    text: str
    verdict: Verdict
    differences: tuple[Difference, ...]
    citations: tuple[Citation, ...]


def check(
    text: str, library: Library, *, filters: Filters, on: date
) -> tuple[CheckedSentence, ...]:
    """Return the sentences of *text* in order, each held to what *library* has of it.

    Citations are numbered from 1 over the whole text. Headings and lines without a letter are
    left out.
    """
    valid = set(library.in_force(on))
    told: list[CheckedSentence] = []
    marker = 0
    for said in sentences_of(text):
        finding, lines = _found(said, library, filters)
        citations = []
        for line in lines:
            marker += 1
            citations.append(
                cite(
                    marker, line.edition, library.text(line.edition), line.start, line.end,
                    section=line.section, in_force=line.edition in valid,
                    paths=library.sentences(line.edition).paths,
                )
            )  # fmt: skip
        told.append(CheckedSentence(said, finding.verdict, finding.differences, tuple(citations)))
    return tuple(told)


def sentences_of(text: str) -> Iterator[str]:
    """Yield the sentences of a draft; a line that ends without a stop is one of its own."""
    for line in text.splitlines():
        for said in split(line):
            bare = said.strip().lstrip("・●○■□◆-*#> \t\u3000")
            if sum(letter.isalnum() for letter in bare) >= _SHORTEST:
                yield bare


def _found(said: str, library: Library, filters: Filters) -> tuple[Finding, tuple[Line, ...]]:
    """Return the best that the documents have to say about a sentence, and with which lines."""
    passages = library.retrieve(said, k=_PASSAGES, filters=filters)
    lines = lines_of(passages, library, passages_at_most=_PASSAGES, characters=_CHARACTERS)
    lines = tuple(line for line in lines if is_japanese(line.text) == is_japanese(said))
    near = _ranked(said, [line for line in lines if not _names(line)])[:_NEAREST]
    if not near:
        return Finding(Verdict.UNFOUNDED), ()
    singly = [(compare(said, [line.stated]), (line,)) for line in near]
    jointly = compare(said, [line.stated for line in near])
    joined = (jointly, tuple(near[at] for at in jointly.sources))
    # What one sentence says counts before what several say together; the nearest comes first.
    for verdict, among in (
        (Verdict.SUPPORTED, singly if _denied(singly[0][0]) else [*singly, joined]),
        (Verdict.CONTRADICTED, _against(said, singly[:_FIRST], joined, near)),
        (Verdict.PARTIAL, [*singly, joined]),
    ):
        for finding, rests in among:
            if finding.verdict is verdict:
                return finding, with_exceptions(rests, lines)
    return Finding(Verdict.UNFOUNDED), ()


def _denied(nearest: Finding) -> bool:
    """Whether the nearest line says otherwise: two others together do not outweigh it."""
    return nearest.verdict is Verdict.CONTRADICTED


def _against(
    said: str,
    singly: Sequence[tuple[Finding, tuple[Line, ...]]],
    joined: tuple[Finding, tuple[Line, ...]],
    near: Sequence[Line],
) -> list[tuple[Finding, tuple[Line, ...]]]:
    """Return what may contradict: of the nearest lines, where no other of the same things agrees."""
    words = frozenset(tokens(said))
    found = [*singly]
    if set(joined[1]) <= set(near[: _FIRST + 1]):
        found.append(joined)
    return [
        (finding, rests)
        for finding, rests in found
        if not any(
            one.kind == "number" and _counted(one.draft, line, said)
            for one in finding.differences
            for line in near
            if all(words & line.words >= words & held.words for held in rests)
        )
    ]


def _counted(figure: str, line: Line, said: str) -> bool:
    """Whether a line has a figure of a sentence at the same words as the sentence."""
    wanted = [
        (one, beside)
        for clause in read(said).clauses
        for one, text, beside in zip(clause.figures, clause.texts, clause.around, strict=False)
        if text == figure
    ]
    held = [
        pair
        for clause in read(line.stated.text).clauses
        for pair in zip(clause.figures, clause.around, strict=False)
    ]
    return any(same(one, two) and beside & around for one, beside in wanted for two, around in held)


def _names(line: Line) -> bool:
    """Whether a line in brackets only names what follows."""
    said = line.text.strip()
    return said.startswith(("(", "（")) and said.endswith((")", "）"))


def _ranked(said: str, lines: Sequence[Line]) -> list[Line]:
    """Return the lines that share words with a sentence, rare words counting more, best first."""
    words = frozenset(tokens(said))
    held = {word: sum(word in line.words for line in lines) for word in words}
    weight = {word: log(1 + len(lines) / (1 + count)) for word, count in held.items()}

    def near(line: Line) -> float:
        return sum(weight[word] for word in words & line.words) / sqrt(sqrt(2 + len(line.words)))

    found = [line for line in lines if words & line.words]
    return sorted(found, key=near, reverse=True)
