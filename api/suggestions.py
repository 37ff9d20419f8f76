"""Questions and names for somebody who does not know yet what the corpus holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import islice, zip_longest
from pathlib import PurePath
from typing import TYPE_CHECKING

from bot.answering.going_on import askable, calls_for_an_answer, question_about
from bot.answers import Certainty
from bot.asking.question import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bot.answers import Answerer
    from index.passages import Library
    from ingest.catalog.editions import Edition

MOST = 4
"""How many questions are suggested."""

SHORTEST_HEADING = 5
"""Characters of a heading that still says by itself what it is about."""

MOST_NAMES = 600
"""How many names a page is given to go on from while somebody types."""

LONGEST_NAME = 60
"""Characters of a title that can still be typed on from."""

LONGEST_STARTER = 40
"""Characters of a question that can be read at a glance."""

LOOKED_AT = 12
"""How many questions are tried at most, each some 20 ms, to find those that are answered."""

KEPT = 64
"""For how many sights of a generation the questions are remembered."""

_TELLING = re.compile(r"[一-龠々ァ-ヴー]|[A-Za-z0-9]{3,}")


@dataclass(frozen=True, slots=True)
class Known:
    """A question that people ask, and the *works* that answer it: ids or names of files."""

    text: str
    language: str
    works: frozenset[str]


class Starters:
    """Questions that people really ask, of those that are answered now; headings where none is.

    *asked* is called once; *answerer* must not record what it is asked here.
    """

    def __init__(self, asked: Callable[[], Sequence[Known]], answerer: Answerer) -> None:
        self._asked = asked
        self._answerer = answerer
        self._known: Sequence[Known] | None = None
        self._found: dict[tuple[str, str, frozenset[str]], tuple[str, ...]] = {}

    def __call__(self, library: Library, language: str) -> tuple[str, ...]:
        """Return up to four questions; the same for one generation, as far as the asker sees it."""
        held = _held(library)
        return self._kept(
            library, language, held,
            lambda: tuple(islice(self._choose(library, language, held), MOST)),
        )  # fmt: skip

    def names(self, library: Library) -> tuple[str, ...]:
        """Return what `names` gives, worked out once for what the asker sees of a generation."""
        return self._kept(library, "", _held(library), lambda: names(library))

    def _kept(
        self,
        library: Library,
        what: str,
        held: frozenset[str],
        made: Callable[[], tuple[str, ...]],
    ) -> tuple[str, ...]:
        key = (library.id, what, held)
        found = self._found.get(key)
        if found is None:
            found = made()
            kept = [(k, v) for k, v in self._found.items() if k[0] == library.id]
            self._found = dict([*kept, (key, found)][-KEPT:])
        return found

    def _choose(self, library: Library, language: str, held: frozenset[str]) -> Iterator[str]:
        if self._known is None:
            self._known = self._asked()
        fitting = [
            each
            for each in self._known
            if each.language == language and len(each.text) <= LONGEST_STARTER and each.works & held
        ]
        by_work: dict[frozenset[str], list[str]] = {}
        for each in fitting:
            by_work.setdefault(each.works, []).append(each.text)
        in_turn = (text for turn in zip_longest(*by_work.values()) for text in turn if text)
        yield from (text for text in islice(in_turn, LOOKED_AT) if self._answers(text))
        yield from suggested(library, language)

    def _answers(self, text: str) -> bool:
        answer = self._answerer.answer(read(text))
        return answer.certainty is Certainty.ANSWERED and bool(answer.citations)


def _held(library: Library) -> frozenset[str]:
    """Return the ids and file names of what is in force today, as far as the asker sees it."""
    return frozenset(
        name
        for each in library.in_force(date.today())  # noqa: DTZ011 - the local calendar
        for name in (each.document.id, PurePath(each.path or "").name)
    )


def names(library: Library) -> tuple[str, ...]:
    """Return what may be typed on from: titles, the glossary's words, questions about headings."""
    editions = list(library.in_force(date.today()))  # noqa: DTZ011 - the local calendar
    in_turn = zip_longest(*(_headings(library, each) for each in editions))
    found = dict.fromkeys(
        [
            *(each.document.title for each in editions),
            *(name for term in library.glossary.terms for name in term.names),
            *(
                question_about(heading, each.document.language)
                for turn in in_turn
                for each, heading in zip(editions, turn, strict=True)
                if heading
            ),
        ]
    )
    return tuple(islice((name for name in found if len(name) <= LONGEST_NAME), MOST_NAMES))


def suggested(library: Library, language: str) -> tuple[str, ...]:
    """Return up to four questions, one from each document in turn, made from its headings.

    Headings whose question has a form of its own come first, then the most telling. Documents in the asker's language come first; those in the other only when there are none.
    """
    editions = list(library.in_force(date.today()))  # noqa: DTZ011 - the local calendar
    own = [each for each in editions if each.document.language == language] or editions
    in_turn = zip_longest(*(_headings(library, each) for each in own))
    headings = dict.fromkeys(heading for turn in in_turn for heading in turn if heading)
    return tuple(question_about(heading, language) for heading in islice(headings, MOST))


def _headings(library: Library, edition: Edition) -> list[str]:
    """Return the innermost headings that say what a section is about, the most telling first."""
    found = dict.fromkeys(
        askable(chunk.section[-1]) for chunk in library.chunks(edition) if chunk.section
    )
    fitting = (heading for heading in found if len(heading) >= SHORTEST_HEADING)
    return sorted(
        fitting,
        key=lambda heading: (not calls_for_an_answer(heading), -len(_TELLING.findall(heading))),
    )
