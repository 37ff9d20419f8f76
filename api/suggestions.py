"""Questions for somebody who does not know yet what the corpus holds."""

from __future__ import annotations

import re
from datetime import date
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from bot.asking.starters import calls_for_an_answer, question_about
from ingest.language.marks import unmarked

if TYPE_CHECKING:
    from index.passages import Library
    from ingest.catalog.editions import Edition

MOST = 4
"""How many questions are suggested."""

LONGEST_HEADING = 28
"""Characters of a heading that still makes a question one can read at a glance."""

SHORTEST_HEADING = 5
"""Characters of a heading that still says by itself what it is about."""

_ASIDE = re.compile(r"[（(][^（）()]*[)）]\s*$")
_EMPTY = re.compile(
    r"目次|はじめに|おわりに|表紙|概要|凡例|要約|この文書|本書|索引|一覧|その他|それ以外|contents"
    r"|introduction|about|preface|summary|digest|index",
    re.IGNORECASE,
)
_TELLING = re.compile(r"[一-龠々ァ-ヴー]|[A-Za-z0-9]{3,}")


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
        _ASIDE.sub("", unmarked(chunk.section[-1])).strip()
        for chunk in library.chunks(edition)
        if chunk.section
    )
    fitting = (
        heading
        for heading in found
        if SHORTEST_HEADING <= len(heading) <= LONGEST_HEADING and not _EMPTY.search(heading)
    )
    return sorted(
        fitting,
        key=lambda heading: (not calls_for_an_answer(heading), -len(_TELLING.findall(heading))),
    )
