"""Pages as answers read them: their sentences and what is compared of them, worked out once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from bot.answering.relevance import fitting, plain
from bot.telling.quotations import cases_in
from ingest.commands import addresses_a_machine
from ingest.pages import BlockKind
from ingest.splitting import BULLETS, Sentence, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bot.asking.question import Wants
    from index.passages import Library
    from ingest.catalog.editions import Edition
    from ingest.chunks import Chunk

_REMEMBERED = 8_000
"""Pages and chunks that are kept; when there are more, reading begins anew."""

_WESTERN = 2.2
"""An English sentence takes about so many times the characters of a Japanese one."""

_SAYS_SOMETHING = 4
"""Letters and digits below which a line is a mark, a page number or the tick of a chart."""

_WORD = 2
"""Letters below which it is a mere figure."""

_LEADERS = re.compile(r"[.．・…‥]{5,}")
"""The dots of a table of contents."""

_LABEL = 40
"""Characters up to which a line of text without a full stop is a title rather than a statement."""

_CASE = re.compile(r"事例|\bcases?\b")
"""What the section or the column heads above a sentence say where it tells a case."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A page's sentences, and of each: its text, what is compared, its size, what it may be.

    *cover* is true beneath the document's own title. *chunks* are those on the page, and *chunk* tells for each sentence which holds it (-1: none).
    *joined* are the compared texts of the sentences, then of their contexts, a line each, and
    *starts* where each line begins; *context* is the line of each sentence's context. *runs* are
    the (first, one past last) of sentences between paragraphs that address a machine.
    """

    edition: Edition
    units: tuple[Sentence, ...]
    texts: tuple[str, ...]
    sizes: tuple[int, ...]
    heading: tuple[bool, ...]
    may_lead: NDArray[np.bool_]
    label: NDArray[np.bool_]
    case: NDArray[np.bool_]
    cover: NDArray[np.bool_]
    chunks: tuple[Chunk, ...]
    chunk: NDArray[np.int64]
    joined: str
    starts: tuple[int, ...]
    context: NDArray[np.int64]
    runs: tuple[tuple[int, int], ...]
    shaped: dict[Wants, NDArray[np.float32]] = field(default_factory=dict)

    def fits(self, shape: Wants) -> NDArray[np.float32]:
        """Return 1 for each sentence that has the shape, else 0."""
        found = self.shaped.get(shape)
        if found is None:
            lines = self.joined.split("\n")[: len(self.units)]
            found = np.array([fitting(shape, line) for line in lines], dtype=np.float32)
            self.shaped[shape] = found
        return found


class Readings:
    """The pages of one generation that were read so far."""

    def __init__(self) -> None:
        """Begin with none."""
        self._pages: dict[tuple[str, int], Reading] = {}
        self._titles: dict[str, frozenset[str]] = {}
        self._sections: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._held: frozenset[str] | None = None
        self._cases: frozenset[str] | None = None
        self._pool: dict[tuple[str, int, int], str] = {}

    def page(self, library: Library, edition: Edition, number: int) -> Reading:
        """Return a page of an edition, read."""
        key = (edition.key, number)
        found = self._pages.get(key)
        if found is None:
            if len(self._pages) >= _REMEMBERED:
                self._pages.clear()
            found = self._pages[key] = self._read(library, edition, number)
        return found

    def pool(self, chunk: Chunk) -> str:
        """Return a chunk's context and text as they are compared."""
        key = (chunk.edition.key, chunk.start, chunk.end)
        found = self._pool.get(key)
        if found is None:
            if len(self._pool) >= _REMEMBERED:
                self._pool.clear()
            found = self._pool[key] = plain(f"{chunk.context}\n{chunk.text}")
        return found

    def sections(self, library: Library, edition: Edition) -> tuple[tuple[str, ...], ...]:
        """Return the paths of an edition's sections in reading order, each once."""
        found = self._sections.get(edition.key)
        if found is None:
            paths = dict.fromkeys(chunk.section for chunk in library.chunks(edition))
            found = self._sections[edition.key] = tuple(paths)
        return found

    def held(self, library: Library) -> frozenset[str]:
        """Return the ids of the documents of which an edition is held."""
        if self._held is None:
            held = (edition.document.id for edition in library.editions if edition.held)
            self._held = frozenset(held)
        return self._held

    def cases(self, library: Library) -> frozenset[str]:
        """Return the ids of the documents that tell cases."""
        if self._cases is None:
            self._cases = cases_in(library)
        return self._cases

    def _read(self, library: Library, edition: Edition, number: int) -> Reading:
        text = library.text(edition)
        units = sentences(text, number)
        titles = self._titles.get(edition.key)
        if titles is None:
            # A reader may take a heading for text.
            titles = frozenset(
                "".join(title.split()).lstrip(BULLETS)
                for path in self.sections(library, edition)
                for title in path
            )
            self._titles[edition.key] = titles
        begin = text.start_of(number)
        end = begin + len(text.pages[number - 1].text)
        chunks = tuple(c for c in library.chunks(edition) if c.start < end and begin < c.end)
        texts = tuple(text.text[unit.start : unit.end] for unit in units)
        chunk = [
            next((at for at, c in enumerate(chunks) if c.start < u.end and u.start < c.end), -1)
            for u in units
        ]
        contexts: dict[str, int] = {}
        context = [
            contexts.setdefault(
                f"{chunks[at].context if at >= 0 else ''} {unit.context}",
                len(units) + len(contexts),
            )
            for unit, at in zip(units, chunk, strict=True)
        ]
        lines = [_line(one) for one in (*texts, *contexts)]
        starts, at = [], 0
        for line in lines:
            starts.append(at)
            at += len(line) + 1
        heading = _headings(units, texts, titles)
        cases = [_CASE.search(line) is not None for line in lines]
        return Reading(
            edition,
            units,
            texts,
            tuple(size(one) for one in texts),
            heading,
            np.array([_leads(t, head=h) for t, h in zip(texts, heading, strict=True)], dtype=bool),
            np.array([_is_label(u, t) for u, t in zip(units, texts, strict=True)], dtype=bool),
            np.array([cases[at] for at in context], dtype=bool),
            np.array([*(_on_cover(c) for c in chunks), False], dtype=bool)[chunk],
            chunks,
            np.array(chunk, dtype=np.int64),
            "\n".join(lines),
            tuple(starts),
            np.array(context, dtype=np.int64),
            tuple(_runs(units, texts)),
        )


def _on_cover(chunk: Chunk) -> bool:
    """Whether a chunk stands under the document's own title: what it is, not what it says."""
    title = plain(chunk.edition.document.title)
    return len(chunk.section) == 1 and plain(chunk.section[0]) == title


def size(text: str) -> int:
    """Return the length of *text* in Japanese characters' worth."""
    western = len(text) if text.isascii() else sum(map(str.isascii, text))
    return round(len(text) - western + western / _WESTERN)


def _line(text: str) -> str:
    return " ".join(plain(text).split("\n"))


def _headings(
    units: Sequence[Sentence], texts: Sequence[str], titles: frozenset[str]
) -> tuple[bool, ...]:
    """Tell which lines are headings of a section or of the columns below them."""
    flat = ["".join(text.split()) for text in texts]
    found = [
        unit.kind is BlockKind.HEADING or said in titles
        for unit, said in zip(units, flat, strict=True)
    ]
    for at, (unit, under) in enumerate(pairwise(units)):
        heads = "".join(under.context.replace(" / ", " ").split())
        found[at] = found[at] or (unit.kind is BlockKind.ROW and flat[at] == heads)
    return tuple(found)


def _leads(text: str, *, head: bool) -> bool:
    """Whether an answer may begin here: at no heading, contents line or scrap of a chart."""
    return (
        not head
        and sum(map(str.isalnum, text)) >= _SAYS_SOMETHING
        and sum(map(str.isalpha, text)) >= _WORD
        and _LEADERS.search(text) is None
    )


def _is_label(unit: Sentence, text: str) -> bool:
    return (
        unit.kind is BlockKind.TEXT
        and len(text) < _LABEL
        and text.rstrip()[-1:] not in tuple("。.！？!?：:")
    )


def _runs(units: Sequence[Sentence], texts: Sequence[str]) -> list[tuple[int, int]]:
    """Cut a page's sentences where a paragraph addresses a machine, and leave that out."""
    found: list[tuple[int, int]] = []
    first = at = 0
    for _, group in groupby(range(len(units)), key=lambda one: units[one].block):
        paragraph = list(group)
        at = paragraph[-1] + 1
        if addresses_a_machine("\n".join(texts[one] for one in paragraph)):
            if first < paragraph[0]:
                found.append((first, paragraph[0]))
            first = at
    if first < at:
        found.append((first, at))
    return found
