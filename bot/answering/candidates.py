"""Candidates: the lines of the found passages, and runs of two or three that follow each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bot.answering.lines import Line, Reader
from ingest.sentences import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index.passages import Library, Passage

LONGEST = 160
"""Characters that a run of lines may have; one line may be longer."""

TOGETHER = 3
"""Lines that make a run at most."""


@dataclass(frozen=True, eq=False)
class Run:
    """Lines of one page that follow each other, at least one."""

    lines: tuple[Line, ...]

    @property
    def first(self) -> Line:
        """The line with which it begins."""
        return self.lines[0]

    @property
    def start(self) -> int:
        """Where it begins in the edition's text."""
        return self.lines[0].stored.start

    @property
    def end(self) -> int:
        """Where it ends in the edition's text."""
        return self.lines[-1].stored.end

    @property
    def text(self) -> str:
        """Its lines' texts, a line feed between them."""
        return "\n".join(line.text for line in self.lines)

    @property
    def heads(self) -> str:
        """What stands over its lines, each once."""
        return " / ".join(dict.fromkeys(line.heads for line in self.lines if line.heads))


@dataclass(frozen=True, eq=False)
class Candidate(Run):
    """What may answer; *rank* is its passage's."""

    rank: int


@dataclass(frozen=True, eq=False)
class Runs:
    """What may answer: *found*, and of each the *spans* in *lines*, shape (candidates, 2).

    *lines* are those of every found page, one page after the other; *pages* has them by page.
    """

    found: tuple[Candidate, ...]
    spans: NDArray[np.int64]
    lines: tuple[Line, ...]
    pages: Mapping[tuple[str, int], tuple[Line, ...]]


def runs(passages: Sequence[Passage], library: Library, reader: Reader) -> Runs:
    """Return each line of *passages* and each run of lines; none that addresses a machine."""
    pages = _pages(passages, library, reader)
    lines = [line for page in pages.values() for line in page]
    place = {(line.edition.key, line.at): number for number, line in enumerate(lines)}
    ranks = _ranks(passages, pages, place)
    found: list[Candidate] = []
    spans: list[tuple[int, int]] = []
    for number, rank in sorted(ranks.items(), key=lambda one: (one[1], one[0])):
        run, size, best = [lines[number]], len(lines[number].text), rank
        if lines[number].harmful:
            continue
        found.append(Candidate((lines[number],), rank))
        spans.append((number, number + 1))
        for beside in range(number + 1, min(number + TOGETHER, len(lines))):
            line = lines[beside]
            size += len(line.text)
            if (
                size > LONGEST
                or line.section != run[0].section
                or line.stored.page != run[0].stored.page
                or line.edition.key != run[0].edition.key
                or line.harmful
                or beside not in ranks
            ):
                break
            run.append(line)
            best = min(best, ranks[beside])
            if line.stored.kind is not Kind.HEADING:
                found.append(Candidate(tuple(run), best))
                spans.append((number, beside + 1))
    return Runs(tuple(found), np.array(spans, dtype=np.int64).reshape(-1, 2), tuple(lines), pages)


def _pages(
    passages: Sequence[Passage], library: Library, reader: Reader
) -> dict[tuple[str, int], tuple[Line, ...]]:
    found: dict[tuple[str, int], tuple[Line, ...]] = {}
    for passage in passages:
        edition = passage.chunk.edition
        for number in passage.pages:
            if (edition.key, number) not in found:
                found[edition.key, number] = reader.page(library, edition, number)
    return found


def _ranks(
    passages: Sequence[Passage],
    pages: Mapping[tuple[str, int], Sequence[Line]],
    place: Mapping[tuple[str, int], int],
) -> dict[int, int]:
    """Return the lines that stand in a passage, each with the rank of the best."""
    ranks: dict[int, int] = {}
    for rank, passage in enumerate(passages):
        chunk = passage.chunk
        for number in passage.pages:
            for line in pages[chunk.edition.key, number]:
                if chunk.start <= line.stored.start < chunk.end:
                    ranks.setdefault(place[line.edition.key, line.at], rank)
    return ranks
